import Database
import GRDB
import TestProcesses
import Testing
import Vault

@Suite("Reading the trail")
struct TrailReaderTests {
    /// A trail over several sealed segments: who, what, when and how vary with the number.
    private static func make(_ data: TestData, _ count: Int) async throws -> GovernanceDatabase {
        let database = try await data.open()
        for number in 0..<count {
            data.clock.advance(seconds: 60)
            let actor: TrailActor =
                switch number % 3 {
                case 0: .account(id: "a-\(number % 5)", name: "陳小明", address: "192.0.2.1", code: "c-\(number)")
                case 1: .agent(id: "g-1", name: "host-1")
                default: .system("schedule")
                }
            try await database.change(actor) { db, trail in
                trail.note(
                    TrailEntry(
                        number % 2 == 0 ? "thing.add" : "thing.drop", .init("thing", "t-\(number % 7)"),
                        TrailEntry.Result.allCases[number % 3], details: ["note": number % 11 == 0 ? "資安長核准 budget" : "routine"]))
            }
        }
        try await database.flushTrail()
        return database
    }

    /// Everything that a filter finds, page by page.
    private static func all(_ reader: TrailReader, _ filter: TrailFilter, page: Int) throws -> [TrailHit] {
        var hits: [TrailHit] = []
        var start: UInt64?
        repeat {
            let found = try reader.find(filter, from: start, limit: page)
            #expect(found.hits.count <= page)
            hits += found.hits
            start = found.next
        } while start != nil
        return hits
    }

    @Test("filters find exactly what they say, newest first, over pages of any size")
    func filters() async throws {
        let data = try TestData()
        let database = try await Self.make(data, 700)
        let reader = try await database.trail()
        let records = try trailRecords(database.directory.trail)
        func filter(_ change: (inout TrailFilter) -> Void) -> TrailFilter {
            var filter = TrailFilter()
            change(&filter)
            return filter
        }
        let time = records[100].occurred..<records[300].occurred
        let cases: [(TrailFilter, (TrailRecord) -> Bool)] = [
            (filter { _ in }, { _ in true }),
            (filter { $0.who = "陳小明" }, { $0.actor.who == "陳小明" }),
            (filter { $0.who = "agent:host-1" }, { $0.actor.kind == .agent }),
            (filter { $0.account = "a-3" }, { $0.actor.id == "a-3" }),
            (filter { $0.action = "thing.drop" }, { $0.entry.action == "thing.drop" }),
            (filter { $0.kind = "migration" }, { $0.entry.object.kind == "migration" }),
            (filter { $0.object = .init("thing", "t-3") }, { $0.entry.object.id == "t-3" }),
            (filter { $0.result = .refused }, { $0.entry.result == .refused }),
            (filter { $0.code = "c-300" }, { $0.actor.code == "c-300" }),
            (filter { $0.occurred = time }, { time.contains($0.occurred) }),
            (filter { $0.text = "核准" }, { $0.entry.details["note"]?.contains("核准") == true }),
            (filter { $0.text = "BUDGET" }, { $0.entry.details["note"]?.contains("budget") == true }),
            (
                filter { ($0.action, $0.result, $0.who) = ("thing.add", .done, "陳小明") },
                { $0.entry.action == "thing.add" && $0.entry.result == .done && $0.actor.kind == .account }
            ),
            (filter { $0.who = "nobody" }, { _ in false }),
        ]
        for (filter, isWanted) in cases {
            let wanted = Array(records.filter(isWanted).reversed())
            #expect(wanted.isEmpty == (filter.who == "nobody"))
            for page in [1_000, 37] { #expect(try Self.all(reader, filter, page: page).map(\.record) == wanted, "\(filter)") }
        }
        await database.close()
        // The same without a server.
        #expect(try Self.all(TrailReader(database.directory), TrailFilter(), page: 500).count == records.count)
    }

    @Test("a record is proven to whoever has its bytes, the proof and the key; with another record the proof does not hold")
    func proofs() async throws {
        let data = try TestData()
        let database = try await Self.make(data, 300)
        let reader = try await database.trail()
        let page = try reader.find(TrailFilter(), limit: 300)
        for hit in [page.hits[0], page.hits[20], page.hits[299]] {
            #expect(try reader.hit(hit.index) == hit)
            let proof = try reader.proof(hit.index)
            let verifier = try NoteVerifier(text: proof.key)
            let halves = proof.text.split(separator: "\n\n", maxSplits: 1)
            let checkpoint = try Checkpoint.open(Array(halves[1].utf8), verifier)
            let path = halves[0].split(separator: "\n").dropFirst(2).compactMap { MerkleHash(base64: String($0)) }
            func holds(_ leaf: [UInt8]) -> Bool {
                do {
                    try MerkleProof.verifyInclusion(
                        leaf: .leaf(leaf), index: hit.index, size: checkpoint.size, path: path, root: checkpoint.root)
                    return true
                } catch {
                    return false
                }
            }
            #expect(holds(proof.leaf) && !holds(proof.leaf + [0]))
            #expect(try TrailRecord(VaultRecord(leaf: proof.leaf)) == hit.record)
        }
        #expect(await code { _ = try reader.proof(reader.size) } == .notFound)
        #expect(reader.signedSize == reader.size)
        await database.close()
    }

    @Test("a view stays as it was while the trail goes on; a filter beyond the limits is refused")
    func views() async throws {
        let data = try TestData()
        let database = try await Self.make(data, 10)
        let before = try await database.trail()
        let count = try before.find(TrailFilter(), limit: 1_000).hits.count
        try await database.add("later")
        try await database.flushTrail()
        #expect(try before.find(TrailFilter(), limit: 1_000).hits.count == count)
        #expect(try await database.trail().find(TrailFilter(), limit: 1_000).hits.count == count + 1)
        var filter = TrailFilter()
        filter.text = "!!"
        #expect(await code { _ = try before.find(filter) } == .badEntry)
        filter.text = String(repeating: "x", count: 2_000)
        #expect(await code { _ = try before.find(filter) } == .badEntry)
        await database.close()
    }

    @Test("a record changed on disk is not given out")
    func damaged() async throws {
        let data = try TestData()
        let database = try await Self.make(data, 5)
        await database.close()
        let folder = data.path + "/vault/trail/active"
        let name = try #require(FileEffects.live.list(folder).first { $0.hasSuffix(".wal") })
        var bytes = try Files.read("\(folder)/\(name)")
        bytes[4_096 + 300] ^= 1
        try Files.write(bytes, "\(folder)/\(name)", mode: 0o600)
        #expect(
            await code { _ = try TrailReader(database.directory).find(TrailFilter()) } == .damaged)
        #expect(try !DataVerifier(data.path).run().isSound)
        #expect(await code { _ = try await data.open() } == .damaged)
    }
}
