import Database
import GRDB
import Glibc
import TestProcesses
import Testing
import Vault

@Suite("kill -9 between and within changes")
struct DatabaseKillTests {
    /// A number from the environment: `make torture` sets it.
    private static func setting(_ name: String, _ usual: Int) -> Int {
        getenv(name).flatMap { Int(String(cString: $0)) } ?? usual
    }

    /// What rounds of kills came to.
    private struct Tally {
        var killed = 0
        /// Openings that found records in the vault which the database did not know to be there.
        var recovered = 0
        var acknowledged = 0
    }

    /// Starts the next server on what is there, and compares database, outbox and trail.
    private static func check(_ path: String, acknowledged: [Int64], _ tally: inout Tally, _ note: Comment) async throws {
        // First as the kill left it, for reading only.
        let left = try DataVerifier(path).run()
        #expect(left.isSound, "\(note): \(left.findings)")
        let next = try await Running(stress, [path, "--changes", "0"]).finish()
        #expect(next.status == 0, "\(note): \(next.output)")
        if !next.output.hasPrefix("open 0\n") { tally.recovered += 1 }
        let file = try DatabaseQueue(path: path + "/plumbline.sqlite")
        let (numbers, waiting) = try await file.read { db in
            (
                try Int64.fetchAll(db, sql: "SELECT number FROM change ORDER BY number"),
                try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM trail_outbox")
            )
        }
        try file.close()
        #expect(waiting == 0, note)
        #expect(numbers == (numbers.isEmpty ? [] : Array(1...Int64(numbers.count))), note)
        #expect(acknowledged.allSatisfy { $0 <= numbers.count }, "\(note): everything acknowledged is there")
        #expect(Set(acknowledged).count == acknowledged.count, "\(note): nothing was acknowledged twice")
        let records = try trailRecords(path + "/vault/trail")
        #expect(records.map(\.sequence) == (records.isEmpty ? [] : Array(1...Int64(records.count))), note)
        // Every change that is there has all its records, in order, and no other change has any.
        var expected: Int64 = 1
        var entry = 1
        for record in records where record.entry.action == "stress.change" {
            let isNext =
                record.entry.object.id == String(expected) && record.entry.details["entry"] == String(entry)
            guard isNext else {
                Issue.record("\(note): record \(record.sequence) is of \(record.entry.object.id), not \(expected), part \(entry)")
                return
            }
            if record.entry.details["of"] == String(entry) { (expected, entry) = (expected + 1, 1) } else { entry += 1 }
        }
        #expect(expected == Int64(numbers.count) + 1 && entry == 1, note)
    }

    @Test(
        "killed at random moments of the first 200 of many random changes: each acknowledged change is in tables and trail, once")
    func kills() async throws {
        let (kills, seed) = (Self.setting("DATABASE_KILLS", 12), UInt64(Self.setting("VAULT_SEED", 5)))
        let scratch = try Scratch()
        var random = Seeded(seed)
        var tally = Tally()
        for round in 0..<kills {
            // Far more changes than are waited for, so that the program is still at work when the signal comes, however busy the machine is.
            // Everything is compared after each kill, so a directory does not grow for ever.
            let path = scratch.path + "/data\(round / 20)"
            let program = try Running(stress, [path, "--changes", "2000", "--seed", String(random.next() >> 1)])
            // So many acknowledgements are read before the kill; more may come while it is on its way.
            let enough = Int.random(in: 0...150, using: &random)
            var acknowledged: [Int64] = []
            while acknowledged.count < enough, let line = await program.line() {
                if line.hasPrefix("a ") { acknowledged += Int64(line.dropFirst(2)).map { [$0] } ?? [] }
            }
            usleep(UInt32.random(in: 0...(enough == 0 ? 60_000 : 3_000), using: &random))
            program.signal(SIGKILL)
            let end = await program.finish()
            for line in end.output.split(separator: "\n") where line.hasPrefix("a ") {
                acknowledged += Int64(line.dropFirst(2)).map { [$0] } ?? []
            }
            #expect(end.status == -SIGKILL || end.status == 0, "round \(round): \(end.output)")
            if end.status == -SIGKILL { tally.killed += 1 }
            tally.acknowledged += acknowledged.count
            // A kill before the directory was made leaves nothing to look at.
            guard access(path + "/format", F_OK) == 0, access(path + "/plumbline.sqlite", F_OK) == 0 else { continue }
            if acknowledged.isEmpty, try await Self.isNew(path) { continue }
            try await Self.check(path, acknowledged: acknowledged, &tally, "round \(round)")
        }
        // Most rounds must really have been ended by the signal, else this shows nothing.
        #expect(tally.killed * 2 > kills, "\(tally)")
        print("\(kills) rounds: \(tally)")
    }

    /// Killed while database and trail were made; the next start finishes.
    private static func isNew(_ path: String) async throws -> Bool {
        guard await code({ _ = try TrailReader(DataDirectory.open(path)) }) != nil else { return false }
        let next = try await Running(stress, [path, "--changes", "0"]).finish()
        #expect(next.status == 0, "\(next.output)")
        return true
    }

    @Test("ended right after each sync of the trail in turn: what is durable there and not known to be is found, not doubled")
    func afterSyncs() async throws {
        let scratch = try Scratch()
        let path = scratch.path + "/data"
        var tally = Tally()
        for syncs in 1...Self.setting("DATABASE_SYNCS", 16) {
            let end = try await Running(
                stress, [path, "--changes", "80", "--tasks", "1", "--seed", "\(syncs)", "--die-after-syncs", "\(syncs)"]
            )
            .finish()
            #expect(end.status == 9 || end.status == 0, "\(syncs): \(end.output)")
            if end.status == 9 { tally.killed += 1 }
            let acknowledged = end.output.split(separator: "\n").filter { $0.hasPrefix("a ") }.compactMap {
                Int64($0.dropFirst(2))
            }
            if acknowledged.isEmpty, try await Self.isNew(path) { continue }
            try await Self.check(path, acknowledged: acknowledged, &tally, "\(syncs) syncs")
        }
        #expect(tally.killed >= 8 && tally.recovered >= 2, "\(tally)")
    }
}

/// SplitMix64, so that a run can be repeated as far as scheduling allows.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
