import Database
import GRDB
import Glibc
import TestProcesses
import Testing

@Suite("Migrations, and databases that are refused")
struct MigrationTests {
    private static let second = Migration("things.0002-colour") { db in
        try db.execute(sql: "ALTER TABLE thing ADD COLUMN colour TEXT")
    }

    @Test("each is applied once, in one transaction with its trail record")
    func applied() async throws {
        let data = try TestData()
        var database = try await data.open()
        try await database.add("one")
        await database.close()
        database = try await data.open(things + [Self.second])
        try await database.add("two")
        let colours = try await database.read { db in try String?.fetchAll(db, sql: "SELECT colour FROM thing") }
        #expect(colours == [nil, nil])
        await database.close()
        database = try await data.open(things + [Self.second])
        await database.close()
        let noted = try trailRecords(database.directory.trail).filter { $0.entry.action == "database.migrate" }
        #expect(noted.map(\.entry.object.id) == ["database.0001-trail", "things.0001-make", "things.0002-colour"])
        #expect(noted.map(\.entry.details) == [["database": "new"], ["database": "new"], [:]])
    }

    @Test("one that fails half-way leaves the database as it was, also what came before it")
    func halfWay() async throws {
        let data = try TestData()
        var database = try await data.open()
        try await database.add("one")
        await database.close()
        let bad = Migration("things.0003-bad") { db in
            try db.execute(sql: "CREATE TABLE other (id INTEGER PRIMARY KEY) STRICT")
            try db.execute(sql: "UPDATE thing SET name = 'lost'")
            try db.execute(sql: "INSERT INTO nothing VALUES (1)")
        }
        let error = await failure { _ = try await data.open(things + [Self.second, bad]) }
        #expect(error?.code == .migration && error?.place == "things.0003-bad")
        database = try await data.open()
        #expect(try await database.names() == ["one"])
        let tables = try await database.read { db in try (db.tableExists("other"), db.columns(in: "thing").count) }
        #expect(tables == (false, 2))
        await database.close()
        #expect(try trailRecords(database.directory.trail).count == 3)
    }

    @Test("one that leaves a reference to nothing is undone; foreign keys are on afterwards, and synchronous is FULL")
    func references() async throws {
        let data = try TestData()
        let dangling = Migration("other.0001-make") { db in
            try db.execute(
                sql: "CREATE TABLE other (thing INTEGER NOT NULL REFERENCES thing(id)) STRICT; INSERT INTO other VALUES (7)")
        }
        #expect(await code { _ = try await data.open(things + [dangling]) } == .migration)
        let sound = Migration("other.0001-make") { db in
            try db.execute(sql: "CREATE TABLE other (thing INTEGER NOT NULL REFERENCES thing(id)) STRICT")
        }
        let database = try await data.open(things + [sound])
        let found = await code {
            try await database.change(alice) { db, trail in
                trail.note(TrailEntry("other.add", .init("other")))
                try db.execute(sql: "INSERT INTO other VALUES (7)")
            }
        }
        #expect(found == .constraint)
        let settings = try await database.change(alice) { db, trail in
            trail.note(TrailEntry("settings.read", .init("settings")))
            return try ["synchronous", "foreign_keys", "secure_delete", "journal_mode"].map {
                try String.fetchOne(db, sql: "PRAGMA \($0)")
            }
        }
        #expect(settings == ["2", "1", "1", "wal"])
        await database.close()
    }

    @Test("a database that a newer program wrote is refused")
    func newer() async throws {
        let data = try TestData()
        await (try await data.open(things + [Self.second])).close()
        let error = await failure { _ = try await data.open() }
        #expect(error?.code == .newer && error?.place == "things.0002-colour")
        await (try await data.open(things + [Self.second])).close()
    }

    @Test(
        "identifiers and order are checked",
        arguments: [
            ["things.1-make"], ["Things.0001-make"], ["things.0001"], ["things.0001-"], ["things.0001-Make"], ["0001-make"],
            ["things.0002-make"], ["things.0001-make", "things.0001-again"], ["things.0001-a", "things.0003-b"],
            ["a.b.0001-make"],
            ["things.0001-make", "things.0001-make"], ["database.0002-more"], [""],
        ])
    func identifiers(_ ids: [String]) async throws {
        let data = try TestData()
        #expect(await code { _ = try await data.open(ids.map { Migration($0) { _ in } }) } == .migration)
    }

    @Test("a file that is no database, one that is damaged and another program's are refused and left as they are")
    func damaged() async throws {
        let data = try TestData()
        var database = try await data.open()
        for number in 0..<200 { try await database.add("thing \(number) \(String(repeating: "x", count: 200))") }
        await database.close()
        let path = database.directory.database
        let good = try Files.read(path)

        try Files.write([UInt8](repeating: 0x41, count: 8_192), path, mode: 0o600)
        #expect(await code { _ = try await data.open() } == .damaged)
        #expect(try Files.read(path) == [UInt8](repeating: 0x41, count: 8_192))

        var bad = good
        for place in stride(from: 4_096, to: bad.count, by: 4_096) {
            bad.replaceSubrange(place..<place + 64, with: [UInt8](repeating: 0xEE, count: 64))
        }
        try Files.write(bad, path, mode: 0o600)
        #expect(await code { _ = try await data.open() } == .damaged)
        let report = try DataVerifier(data.path).run()
        #expect(report.findings.contains { $0.contains("plumbline.sqlite") })

        unlink(path)
        let foreign = try DatabaseQueue(path: path)
        try await foreign.write { db in try db.execute(sql: "CREATE TABLE recipe (name TEXT)") }
        try foreign.close()
        chmod(path, 0o600)
        let before = try Files.read(path)
        #expect(await code { _ = try await data.open() } == .foreign)
        #expect(try Files.read(path) == before)

        try Files.write(good, path, mode: 0o600)
        database = try await data.open()
        #expect(try await database.names().count == 200)
        await database.close()
    }

    @Test("a lock that another process holds is waited for, then told; nothing was changed")
    func busy() async throws {
        let data = try TestData()
        let database = try await data.open()
        try await database.flushTrail()
        let holder = try Running(stress, [database.directory.database, "--hold", "1"], isFed: true)
        #expect(await holder.line() == "held")
        #expect(await code { try await database.add("one") } == .busy)
        #expect(try await database.names().isEmpty)
        holder.say("")
        #expect(await holder.finish().status == 0)
        try await database.add("one")
        #expect(try await database.names() == ["one"])
        await database.close()
    }

    @Test("no room in the database: told, undone, and everything goes on when there is room")
    func full() async throws {
        let data = try TestData()
        let database = try await data.open()
        // SQLite's own limit makes the same error as a full disk, in the same places.
        @Sendable func limit(_ pages: Int) async throws {
            try await database.change(alice) { db, trail in
                trail.note(TrailEntry("settings.change", .init("settings")))
                _ = try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(pages)")
            }
        }
        try await limit(1)
        var added = 0
        var found: StorageError.Code?
        while found == nil, added < 1_000 {
            found = await code { try await database.add("thing \(added)", details: ["text": String(repeating: "x", count: 500)]) }
            if found == nil { added += 1 }
        }
        #expect(found == .full)
        #expect(try await database.names().count == added)
        try await { try await limit(1 << 30) }()
        try await database.add("more")
        try await database.flushTrail()
        #expect(try await database.names().count == added + 1)
        #expect(try trailRecords(database.directory.trail).filter { $0.entry.action == "thing.add" }.count == added + 1)
        await database.close()
    }
}
