import Database
import GRDB
import Testing

@Suite("Changes and their trail")
struct ChangeTests {
    /// An error of a feature, as features make them.
    enum ThingError: StorageFailing, Equatable {
        case taken(String)
        case storage(StorageError)
    }

    @Test("a change and what it notes are committed together, and the record reaches the vault")
    func change() async throws {
        let data = try TestData()
        let database = try await data.open()
        try await database.add("one")
        #expect(try await database.names() == ["one"])
        try await database.flushTrail()
        #expect(try await database.trailWaiting() == 0)
        let records = try trailRecords(database.directory.trail)
        #expect(records.map(\.entry.action) == ["database.migrate", "database.migrate", "thing.add"])
        #expect(records.map(\.sequence) == [1, 2, 3])
        #expect(records.last?.actor == alice && records.last?.occurred == data.clock.now)
        await database.close()
    }

    @Test("a change that notes nothing is undone and told")
    func notNoted() async throws {
        let database = try await TestData().open()
        let found = await code {
            try await database.change(alice) { db, _ in try db.execute(sql: "INSERT INTO thing (name) VALUES ('x')") }
        }
        #expect(found == .notNoted)
        #expect(try await database.names().isEmpty)
    }

    @Test("an error of the feature comes back as itself and undoes everything; a refusal that is a value is committed")
    func featureErrors() async throws {
        let database = try await TestData().open()
        await #expect(throws: ThingError.taken("x")) {
            try await database.change(alice, throwing: ThingError.self) { db, trail in
                try db.execute(sql: "INSERT INTO thing (name) VALUES ('x')")
                trail.note(TrailEntry("thing.add", .init("thing", "x")))
                throw ThingError.taken("x")
            }
        }
        #expect(try await database.names().isEmpty)
        let refused: Result<Int, ThingError> = try await database.change(alice) { db, trail in
            try db.execute(sql: "INSERT INTO thing (name) VALUES ('count')")
            trail.note(TrailEntry("thing.add", .init("thing", "y"), .refused, reason: "taken"))
            return .failure(.taken("y"))
        }
        #expect(refused == .failure(.taken("y")))
        #expect(try await database.names() == ["count"])
        await #expect(throws: ThingError.storage(StorageError(.constraint, "", at: database.directory.database))) {
            try await database.change(alice, throwing: ThingError.self) { db, trail in
                try db.execute(sql: "INSERT INTO thing (name) VALUES ('count')")
                trail.note(TrailEntry("thing.add", .init("thing", "z")))
            }
        }
        try await database.flushTrail()
        #expect(
            try trailRecords(database.directory.trail).filter { $0.entry.action == "thing.add" }.map(\.entry.result) == [.refused]
        )
    }
}
