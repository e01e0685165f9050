import Database
import GRDB
import Glibc
import Synchronization
import TestProcesses
import Testing
import Vault

@Suite("Database and trail agree, or nothing goes on")
struct AgreementTests {
    /// Copies database and vault aside while the database is closed.
    private static func snapshot(_ data: TestData, _ name: String) async throws {
        for part in ["plumbline.sqlite", "vault"] {
            try await Files.copy("\(data.path)/\(part)", "\(data.scratch.path)/\(name)-\(part)")
        }
    }

    private static func putBack(_ data: TestData, _ name: String, _ part: String) async throws {
        _ = try await Running("/bin/rm", ["-rf", "\(data.path)/\(part)"]).finish()
        try await Files.copy("\(data.scratch.path)/\(name)-\(part)", "\(data.path)/\(part)")
    }

    /// Two states of one installation, the later one in place.
    private static func twoStates() async throws -> TestData {
        let data = try TestData()
        var database = try await data.open()
        try await database.add("early")
        await database.close()
        try await snapshot(data, "early")
        database = try await data.open()
        try await database.add("late")
        await database.close()
        return data
    }

    @Test("an older copy of the database is refused, and nothing in it is changed")
    func olderDatabase() async throws {
        let data = try await Self.twoStates()
        try await Self.putBack(data, "early", "plumbline.sqlite")
        let before = try Files.read(data.path + "/plumbline.sqlite")
        let error = await failure { _ = try await data.open() }
        #expect(error?.code == .rolledBack && error?.remedy != nil)
        #expect(try Files.read(data.path + "/plumbline.sqlite") == before)
        #expect(try DataVerifier(data.path).run().findings.contains { $0.contains("put back to an older state") })
    }

    @Test("an older copy of the trail is refused, with its register and without")
    func olderTrail() async throws {
        let data = try await Self.twoStates()
        try await Self.putBack(data, "early", "vault")
        #expect(await code { _ = try await data.open() } == .trailBroken)
        #expect(try !DataVerifier(data.path).run().isSound)
    }

    @Test("a missing database, trail or key is refused, not made anew")
    func missing() async throws {
        let data = try await Self.twoStates()
        try await Self.snapshot(data, "all")
        unlink(data.path + "/plumbline.sqlite")
        #expect(await code { _ = try await data.open() } == .rolledBack)
        #expect(access(data.path + "/plumbline.sqlite", F_OK) != 0)
        try await Self.putBack(data, "all", "plumbline.sqlite")
        _ = try await Running("/bin/rm", ["-rf", data.path + "/vault/trail"]).finish()
        #expect(await code { _ = try await data.open() } == .trailBroken)
        try await Self.putBack(data, "all", "vault")
        #expect(rename(data.path + "/keys/trail.key", data.path + "/keys/gone") == 0)
        #expect(await code { _ = try await data.open() } == .trailBroken)
        #expect(access(data.path + "/keys/trail.key", F_OK) != 0)
        #expect(rename(data.path + "/keys/gone", data.path + "/keys/trail.key") == 0)
        await (try await data.open()).close()
    }

    @Test("an empty database in the place of the one that was lost is refused")
    func emptyDatabase() async throws {
        let data = try await Self.twoStates()
        try Files.write([], data.path + "/plumbline.sqlite", mode: 0o600)
        #expect(await code { _ = try await data.open() } == .rolledBack)
        // Nothing was made of it, so that it is refused again.
        #expect(await code { _ = try await data.open() } == .rolledBack)
        let file = try DatabaseQueue(path: data.path + "/plumbline.sqlite")
        #expect(try await file.read { db in try db.tableExists("trail_state") } == false)
    }

    @Test("another installation's trail is refused")
    func otherTrail() async throws {
        let (data, other) = (try await Self.twoStates(), try await Self.twoStates())
        for part in ["vault", "keys"] {
            _ = try await Running("/bin/rm", ["-rf", "\(data.path)/\(part)"]).finish()
            try await Files.copy("\(other.path)/\(part)", "\(data.path)/\(part)")
        }
        #expect(await code { _ = try await data.open() } == .trailBroken)
        #expect(try !DataVerifier(data.path).run().isSound)
    }

    @Test("a trail of the same installation that went another way is refused, though it has as many records")
    func forked() async throws {
        let data = try await Self.twoStates()
        try await Self.snapshot(data, "late")
        for part in ["plumbline.sqlite", "vault"] { try await Self.putBack(data, "early", part) }
        let other = try await data.open()
        try await other.add("othr")
        await other.close()
        try await Self.putBack(data, "late", "plumbline.sqlite")
        #expect(await code { _ = try await data.open() } == .trailBroken)
        #expect(try DataVerifier(data.path).run().findings.contains { $0.contains("is not the one the database wrote") })
        try await Self.putBack(data, "late", "vault")
        await (try await data.open()).close()
    }

    @Test("records that wait and were changed, removed or added by hand are found", arguments: 0..<4)
    func outboxChanged(_ how: Int) async throws {
        var data = try TestData()
        let flag = Flag()
        let space = data.effects.trailFiles.space
        data.changeFiles { files in
            files.space = { path throws(VaultError) in flag.isSet ? DiskSpace(total: 100, free: 1) : try space(path) }
        }
        let database = try await data.open()
        try await database.flushTrail()
        flag.set()
        for name in ["a", "b", "c"] { try await database.add(name) }
        await database.close()
        flag.clear()
        let file = try DatabaseQueue(path: database.directory.database)
        let sql = [
            "UPDATE trail_outbox SET body = replace(body, 'alice', 'mallory') WHERE sequence = 4",
            "DELETE FROM trail_outbox WHERE sequence = 4", "DELETE FROM trail_outbox WHERE sequence = 5",
            "UPDATE trail_outbox SET body = body || ' ' WHERE sequence = 4",
        ][how]
        try await file.write { db in try db.execute(sql: sql) }
        try file.close()
        if how == 0 {
            // Well-formed, and nobody could know otherwise: the database's owner wrote it. It is there as it was found.
            let again = try await data.open()
            try await again.flushTrail()
            await again.close()
        } else {
            let found = await code {
                let again = try await data.open()
                try await again.flushTrail()
            }
            #expect(found == .damaged)
        }
    }

    @Test("a record in the vault that is not the one that waits is refused")
    func otherRecord() async throws {
        let data = try await Self.twoStates()
        // As if the vault had taken record 5, which the database gave to something else.
        let signer = try KeyFile.read(data.path + "/keys/trail.key")
        let trail = data.path + "/vault/trail"
        let last = try #require(try trailRecords(trail).last)
        let body = String(decoding: last.body, as: UTF8.self).replacingSequence(last.sequence, by: last.sequence + 1)
        let forged = try TrailRecord(body: Array(body.utf8))
        try await Self.append(forged, trail, signer)
        #expect(await code { _ = try await data.open() } == .rolledBack)
        // With that number allotted, it is still not the record that waits.
        let file = try DatabaseQueue(path: data.path + "/plumbline.sqlite")
        let other = body.replacing("late", with: "other")
        try await file.write { db in
            try db.execute(sql: "UPDATE trail_state SET allotted = allotted + 1")
            try db.execute(
                sql: "INSERT INTO trail_outbox (sequence, occurred, body) VALUES (?, ?, ?)",
                arguments: [forged.sequence, forged.occurred, other])
        }
        #expect(await code { _ = try await data.open() } == .trailBroken)
        // And when it is that record, it is what a crash leaves.
        try await file.write { db in try db.execute(sql: "UPDATE trail_outbox SET body = ?", arguments: [body]) }
        try file.close()
        let database = try await data.open()
        #expect(await database.trailRecovered == 1)
        #expect(try await database.trailWaiting() == 0)
        await database.close()
        #expect(try DataVerifier(data.path).run().isSound)
    }

    @Test("a gap and a doubled number in the vault are refused; what somebody else appended is passed over and told")
    func gapAndStray() async throws {
        let data = try await Self.twoStates()
        let signer = try KeyFile.read(data.path + "/keys/trail.key")
        let trail = data.path + "/vault/trail"
        let last = try #require(try trailRecords(trail).last)
        try await Self.append(VaultRecord(source: "somebody", body: Array("hello".utf8)), trail, signer)
        await (try await data.open()).close()
        let report = try DataVerifier(data.path).run()
        #expect(report.isSound && report.remarks.contains { $0.contains("1 records of the trail's vault are not") })
        try await Self.append(last, trail, signer)
        #expect(await code { _ = try await data.open() } == .trailBroken)
        #expect(try !DataVerifier(data.path).run().isSound)
    }

    private static func append(_ record: TrailRecord, _ trail: String, _ signer: NoteSigner) async throws {
        let reader = try VaultReader(directory: trail)
        // The same fields as the last one: only number and body matter here.
        let before = try (0..<reader.size).reversed().lazy.map { try VaultRecord(leaf: try reader.record($0)) }
            .first { $0.source == TrailRecord.source }
        var copy = try #require(before)
        copy.body = record.body
        try await append(copy, trail, signer)
    }

    private static func append(_ record: VaultRecord, _ trail: String, _ signer: NoteSigner) async throws {
        let log = try VaultLog(directory: trail, signer: signer, register: .file(trail + ".register"))
        _ = try await log.append([record])
        _ = try await log.checkpoint()
    }
}

extension String {
    fileprivate func replacingSequence(_ old: Int64, by new: Int64) -> String {
        replacing("\"sequence\": \(old)", with: "\"sequence\": \(new)")
    }
}

/// A switch that tests turn.
final class Flag: Sendable {
    private let state = Atomic(false)

    var isSet: Bool { state.load(ordering: .sequentiallyConsistent) }
    func set() { state.store(true, ordering: .sequentiallyConsistent) }
    func clear() { state.store(false, ordering: .sequentiallyConsistent) }
}
