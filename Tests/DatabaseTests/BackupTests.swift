import Database
import Dispatch
import GRDB
import Glibc
import TestProcesses
import Testing
import Vault

@Suite("Backup, restoration, verification")
struct BackupTests {
    private static let bob = TrailActor.console(uid: 1000, name: "bob")

    private static func backup(
        _ data: TestData, _ name: String, _ progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> DataBackupReport {
        let target = "\(data.scratch.path)/\(name)"
        let (path, effects, settings) = (data.path, data.effects, data.settings)
        // On a thread that may wait: the progress of a test does.
        return try await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    returning: Result {
                        try DataBackup(
                            of: DataDirectory.open(path), to: target, program: "9.9", actor: bob, settings: settings,
                            effects: effects,
                            progress: progress
                        ).run()
                    })
            }
        }.get()
    }

    private static func restore(_ data: TestData, _ name: String, to target: String) throws -> BackupManifest {
        try DataRestore(
            from: "\(data.scratch.path)/\(name)", to: "\(data.scratch.path)/\(target)", actor: bob, settings: data.settings,
            effects: data.effects
        ).run()
    }

    private static func reopen(_ data: TestData, _ name: String) async throws -> GovernanceDatabase {
        try await GovernanceDatabase.open(
            DataDirectory.open("\(data.scratch.path)/\(name)"), migrations: things, settings: data.settings, effects: data.effects
        )
    }

    /// Something of everything.
    private static func fill(_ data: TestData) async throws -> GovernanceDatabase {
        let database = try await data.open()
        for number in 0..<300 { try await database.add("thing \(number)") }
        try await database.flushTrail()
        try Files.write(Array("hello".utf8), "\(data.path)/evidence/sha256/\(hello)", mode: 0o600)
        #expect(mkdir("\(data.path)/evidence/sha256/2c", 0o700) == 0)
        try Files.write(Array("hello".utf8), "\(data.path)/evidence/sha256/2c/\(hello)", mode: 0o600)
        try Files.write(Array("unfinished".utf8), "\(data.path)/evidence/sha256/x.part", mode: 0o600)
        try Files.write(Array("certificate".utf8), "\(data.path)/tls/server.pem", mode: 0o600)
        return database
    }

    private static let hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

    @Test("a copy made while the server runs is consistent, and goes on where it was made")
    func whole() async throws {
        let data = try TestData()
        let database = try await Self.fill(data)
        // Days are sealed, and the key of the epoch changes.
        data.clock.advance(seconds: 90_000)
        try await database.add("next day")
        try await database.flushTrail()
        let report = try await Self.backup(data, "backup")
        #expect(report.remarks.isEmpty && report.manifest.asOf == data.clock.now && report.manifest.program == "9.9")
        #expect(report.manifest.migrations == ["database.0001-trail", "things.0001-make"])
        #expect(!report.manifest.files.contains { $0.path.hasSuffix(".part") || $0.path == "lock" })
        let verified = try DataVerifier("\(data.scratch.path)/backup").run()
        #expect(verified.isSound && verified.isBackup && verified.evidence == 2, "\(verified.findings)")
        #expect(verified.trailRecords == 303 && verified.files == report.manifest.files.count)
        // Verifying changes nothing, not even a file beside the database.
        #expect(try DataVerifier("\(data.scratch.path)/backup").run() == verified)

        let manifest = try Self.restore(data, "backup", to: "restored")
        #expect(manifest == report.manifest)
        #expect(try DataVerifier("\(data.scratch.path)/restored").run().isSound)
        let restored = try await Self.reopen(data, "restored")
        #expect(try await restored.names() == database.names())
        try await restored.add("after")
        try await restored.flushTrail()
        let records = try trailRecords(restored.directory.trail)
        #expect(records.map(\.sequence) == Array(1...305))
        #expect(records.suffix(2).map(\.entry.action) == ["data.restore", "thing.add"])
        #expect(records[303].actor == Self.bob && records[303].entry.details["manifest-sha-256"] == report.sha256)
        // The days of the original went on with the same keys: no new epoch had to be begun.
        let state = try VaultReader(directory: restored.directory.trail).state
        #expect(state.epoch == (try VaultReader(directory: database.directory.trail).state.epoch))
        #expect(try Files.read("\(data.scratch.path)/restored/tls/server.pem") == Array("certificate".utf8))
        await restored.close()
        // The running one noted that a copy with its keys was made.
        try await database.flushTrail()
        let noted = try trailRecords(database.directory.trail).last
        #expect(noted?.entry.action == "data.backup" && noted?.entry.details["manifest-sha-256"] == report.sha256)
        await database.close()
    }

    @Test(
        "changes drained between the copies of trail and database are in the backup, once",
        arguments: ["vault trail", "database", "evidence"])
    func between(_ step: String) async throws {
        let data = try TestData()
        let database = try await data.open()
        for number in 0..<20 { try await database.add("before \(number)") }
        try await database.flushTrail()
        let flag = Flag()
        let report = try await Self.backup(data, "backup") { now in
            guard now == step, !flag.isSet else { return }
            flag.set()
            let done = DispatchSemaphore(value: 0)
            Task.detached {
                for number in 0..<40 { try await database.add("between \(number)") }
                try await database.flushTrail()
                // And some that still wait.
                try await database.add("last")
                done.signal()
            }
            done.wait()
        }
        #expect(flag.isSet)
        await database.close()
        let verified = try DataVerifier("\(data.scratch.path)/backup").run()
        #expect(verified.isSound, "\(verified.findings)")
        if step == "database" { #expect(verified.waiting >= 41) }
        let expected = step == "evidence" ? 20 : 61
        _ = try Self.restore(data, "backup", to: "restored")
        let restored = try await Self.reopen(data, "restored")
        try await restored.flushTrail()
        let names = try await restored.names()
        #expect(names.count == expected)
        let records = try trailRecords(restored.directory.trail)
        #expect(records.map(\.sequence) == Array(1...Int64(records.count)))
        #expect(records.filter { $0.entry.action == "thing.add" }.map(\.entry.object.id) == names)
        #expect(report.manifest.trailRecords == Int64(expected + 2))
        await restored.close()
    }

    @Test("backups one after the other while four tasks write: each is sound and agrees with itself")
    func writer() async throws {
        var data = try TestData()
        // The four leave hardly a moment for anyone else.
        data.settings.busySeconds = 60
        let database = try await data.open()
        let flag = Flag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask {
                    var number = 0
                    while !flag.isSet {
                        try await database.add("\(task)-\(number)")
                        number += 1
                    }
                }
            }
            // The writers end with the round that fails, too.
            defer { flag.set() }
            for round in 0..<5 {
                _ = try await Self.backup(data, "backup-\(round)")
                let live = try DataVerifier(data.path).run()
                #expect(live.isSound, "\(live.findings)")
            }
            flag.set()
            try await group.waitForAll()
        }
        await database.close()
        for round in 0..<5 {
            let verified = try DataVerifier("\(data.scratch.path)/backup-\(round)").run()
            #expect(verified.isSound, "\(verified.findings)")
            _ = try Self.restore(data, "backup-\(round)", to: "restored-\(round)")
            let restored = try await Self.reopen(data, "restored-\(round)")
            try await restored.flushTrail()
            let records = try trailRecords(restored.directory.trail)
            #expect(records.map(\.sequence) == Array(1...Int64(records.count)))
            #expect(try await restored.names() == records.filter { $0.entry.action == "thing.add" }.map(\.entry.object.id))
            await restored.close()
        }
    }

    @Test(
        "a changed byte, a missing file, another file, a changed manifest or none: verify finds it, restore refuses and leaves nothing"
    )
    func damage() async throws {
        let data = try TestData()
        await (try await Self.fill(data)).close()
        let report = try await Self.backup(data, "backup")
        let root = "\(data.scratch.path)/backup"
        func refuses(_ expected: [StorageError.Code], _ what: String) async throws {
            let found = await code { _ = try Self.restore(data, "backup", to: "restored") }
            #expect(found.map { expected.contains($0) } == true, "\(what): \(String(describing: found))")
            #expect(try !FileEffects.live.list(data.scratch.path).contains { $0.hasPrefix("restored") }, "\(what)")
        }
        for file in report.manifest.files {
            let path = "\(root)/\(file.path)"
            let good = try Files.read(path)
            guard !good.isEmpty else { continue }
            var bad = good
            bad[bad.count / 2] ^= 0x10
            try Files.write(bad, path, mode: 0o600)
            #expect(try !DataVerifier(root).run().isSound, "\(file.path)")
            try await refuses([.damaged], file.path)
            #expect(rename(path, path + ".gone") == 0)
            #expect(try !DataVerifier(root).run().isSound, "\(file.path)")
            try await refuses([.damaged, .notFound], file.path)
            unlink(path + ".gone")
            try Files.write(good, path, mode: 0o600)
        }
        try Files.write([1], root + "/keys/other", mode: 0o600)
        #expect(try !DataVerifier(root).run().isSound)
        try await refuses([.damaged], "another file")
        unlink(root + "/keys/other")
        let folder = try #require(report.manifest.folders.first { $0.hasSuffix("trail/sealed") || $0 == "tls" })
        #expect(rename("\(root)/\(folder)", "\(root)/\(folder).gone") == 0)
        try await refuses([.damaged], folder)
        #expect(rename("\(root)/\(folder).gone", "\(root)/\(folder)") == 0)
        let manifest = try Files.read(root + "/manifest.json")
        let text = String(decoding: manifest, as: UTF8.self)
        for (changed, expected) in [
            (text + " ", StorageError.Code.damaged), (text.replacing("backup 1", with: "backup 2"), .foreign), ("{}", .foreign),
            ("", .damaged),
            (text.replacing("\"path\": \"format\"", with: "\"path\": \"../format\""), .damaged),
        ] {
            try Files.write(Array(changed.utf8), root + "/manifest.json", mode: 0o600)
            #expect(await code { _ = try DataVerifier(root).run() } == expected)
            try await refuses([expected], "manifest")
        }
        unlink(root + "/manifest.json")
        try await refuses([.notFound], "no manifest")
        try Files.write(manifest, root + "/manifest.json", mode: 0o600)
        #expect(try DataVerifier(root).run().isSound)
        _ = try Self.restore(data, "backup", to: "restored")
    }

    @Test("nothing is overwritten: a target that is not empty is refused, and a backup within the data")
    func targets() async throws {
        let data = try TestData()
        await (try await Self.fill(data)).close()
        _ = mkdir("\(data.scratch.path)/full", 0o700)
        try Files.write([1], "\(data.scratch.path)/full/file")
        #expect(await code { _ = try await Self.backup(data, "full") } == .exists)
        #expect(await code { _ = try await Self.backup(data, "data/backup") } == .exists)
        rmdir("\(data.path)/backup")
        _ = mkdir("\(data.scratch.path)/backup", 0o755)
        _ = try await Self.backup(data, "backup")
        #expect(await code { _ = try await Self.backup(data, "backup") } == .exists)
        #expect(await code { _ = try Self.restore(data, "backup", to: "full") } == .exists)
        #expect(await code { _ = try Self.restore(data, "backup", to: "data") } == .exists)
        _ = mkdir("\(data.scratch.path)/empty", 0o755)
        _ = try Self.restore(data, "backup", to: "empty")
        await (try await Self.reopen(data, "empty")).close()
    }

    @Test("evidence that does not hash to its name is found")
    func evidence() async throws {
        let data = try TestData()
        await (try await Self.fill(data)).close()
        #expect(try DataVerifier(data.path).run().remarks.contains { $0.contains("never finished") })
        try Files.write(Array("hullo".utf8), "\(data.path)/evidence/sha256/\(Self.hello)", mode: 0o600)
        let report = try DataVerifier(data.path).run()
        #expect(report.findings.count == 1 && report.findings[0].contains(Self.hello))
    }
}
