import Glibc
import Synchronization
import Testing

@testable import Vault

@Suite("Search: sealed and active records of a log")
struct SearchTests {
    /// A log with records of many shapes, and what they are.
    struct Filled {
        let log: TestLog
        var leaves: [[UInt8]] = []
        var maker: RecordMaker

        /// Three sealed segments of several blocks, and an active one.
        init(_ seed: UInt64, count: Int = 900, filler: Int = 12_000) async throws {
            log = try TestLog()
            maker = RecordMaker(seed)
            maker.filler = filler
            let vault = try log.create()
            while leaves.count < count {
                let batch = (0..<min(Int.random(in: 1...60, using: &maker.random), count - leaves.count)).map {
                    maker.leaf(Int64(leaves.count + $0) * 2_000)
                }
                try await vault.append(leaves: batch)
                leaves += batch
            }
            // A leaf of a broken form lies in the log as the body of a record.
            let reader = try log.reader()
            leaves = try leaves.indices.map { try reader.record(UInt64($0)) }
        }

        func index() throws {
            let indexer = VaultIndexer(try log.reader())
            for number in try indexer.missing() { try indexer.index(number) }
        }

        func expected(_ query: SearchQuery) -> [UInt64] {
            var found = leaves.indices.filter { Naive.holds(query, leaves[$0]) }.map { UInt64($0) }
            if let start = query.start { found.removeAll { query.isNewestFirst ? $0 > start : $0 < start } }
            if query.isNewestFirst { found.reverse() }
            return Array(found.prefix(query.limit))
        }
    }

    static func run(_ searcher: VaultSearcher, _ query: SearchQuery) throws -> (hits: [SearchHit], report: SearchReport) {
        var hits: [SearchHit] = []
        let report = try searcher.search(query) { hit in
            hits.append(hit)
            return true
        }
        return (hits, report)
    }

    @Test("with indexes, with some, and without: every query gives what a slow look at each record gives, in order")
    func agrees() async throws {
        for seed in 0..<setting("VAULT_SEARCHES", 1) {
            var filled = try await Filled(seed + 40)
            let reader = try filled.log.reader()
            #expect(try SealedSegment(reader.image, 0).footer.blocks.count > 1)
            let bare = VaultSearcher(reader)
            var searchers = [bare]
            try VaultIndexer(reader).index(1)
            searchers.append(VaultSearcher(reader))
            for _ in 0..<2 {
                for number in 0..<200 {
                    var query = filled.maker.query(filled.leaves)
                    query.isNewestFirst = number % 2 == 0
                    if number % 3 == 0 { query.limit = Int.random(in: 1...9, using: &filled.maker.random) }
                    if number % 5 == 0 { query.start = filled.maker.random.next() % 1_000 }
                    for searcher in searchers {
                        let (hits, report) = try Self.run(searcher, query)
                        #expect(hits.map(\.index) == filled.expected(query), "\(query)")
                        #expect(hits.allSatisfy { $0.leaf == filled.leaves[Int($0.index)] })
                        #expect(report.hits == UInt64(hits.count) && report.expired.isEmpty && report.refusedIndexes == 0)
                    }
                }
                // The second time all segments have an index, and a searcher that saw none of them finds them.
                try filled.index()
                searchers = [bare, VaultSearcher(reader, threads: 1), VaultSearcher(reader, threads: 5, usesIndex: false)]
            }
        }
    }

    @Test("going on after the limit gives every hit once")
    func paging() async throws {
        let filled = try await Filled(50, count: 600, filler: 0)
        let searcher = VaultSearcher(try filled.log.reader())
        for isNewestFirst in [false, true] {
            var query = SearchQuery()
            query.texts = ["login"]
            query.isNewestFirst = isNewestFirst
            let expected = filled.expected(query)
            #expect(expected.count > 20)
            query.limit = 7
            var found: [UInt64] = []
            repeat {
                let (hits, report) = try Self.run(searcher, query)
                found += hits.map(\.index)
                query.start = report.next
            } while query.start != nil
            #expect(found == expected)
        }
    }

    @Test("the caller can stop, and its own error comes through")
    func stopping() async throws {
        let filled = try await Filled(51, count: 300, filler: 0)
        let reader = try filled.log.reader()
        var seen = 0
        let report = try reader.search(SearchQuery()) { _ in
            seen += 1
            return seen < 5
        }
        #expect(seen == 5 && report.hits == 5 && report.next == 5)
        #expect(
            code { _ = try reader.search(SearchQuery()) { _ throws(VaultError) in throw VaultError(.exists, "mine") } } == .exists
        )
        #expect(try Self.run(VaultSearcher(reader), SearchQuery()).hits.count == 300)
    }

    @Test("an index reads few blocks: a needle costs one, the rest is skipped")
    func skips() async throws {
        let log = try TestLog()
        let vault = try log.create()
        // Blocks of a megabyte: 64 records of 16 KiB.
        for batch in 0..<16 {
            let filler = String(repeating: ".", count: 16_384)
            _ = try await vault.append(
                (0..<64).map { Array("{\"id\":\"id\(batch * 64 + $0)z\",\"kind\":\"k\(batch)\"}\(filler)".utf8) })
        }
        let reader = try log.reader()
        for number in 0..<reader.segments { try VaultIndexer(reader).index(number) }
        #expect(try VaultIndexer(reader).missing().isEmpty)
        var query = SearchQuery()
        query.fields = [.init("id", "id777z")]
        let (hits, report) = try Self.run(VaultSearcher(reader), query)
        #expect(hits.map(\.index) == [777])
        #expect(report.blocksRead <= 2 && report.segmentsWithoutIndex == 0)
        #expect(report.blocks == report.blocksRead + report.blocksSkipped)
        query.fields = [.init("kind", "k3")]
        #expect(try Self.run(VaultSearcher(reader), query).report.blocksRead <= 3)
    }

    @Test("received and occurred ranges; a time of its own against that of the block")
    func times() async throws {
        var files = FileEffects.live
        // Ten minutes for each frame, all within a day.
        let clock = Mutex(Int64(0))
        files.now = { clock.withLock { $0 } }
        files.steady = files.now
        let log = try TestLog(files)
        let vault = try log.create()
        for batch in 0..<40 {
            clock.withLock { $0 += 600_000_000 }
            var record = VaultRecord(source: "s", occurred: Int64(batch), body: Array("own".utf8))
            record.received = Int64(batch + 1) * 600_000_000 + 5
            try await vault.append(leaves: [try record.leaf()] + records(0..<9))
        }
        let reader = try log.reader()
        var query = SearchQuery()
        query.occurred = 30..<33
        #expect(try Self.run(VaultSearcher(reader), query).hits.map(\.index) == [300, 310, 320])
        query = SearchQuery()
        query.source = "s"
        let all = try Self.run(VaultSearcher(reader), query).hits
        #expect(all.count == 40)
        for hit in all {
            query.received = hit.received..<hit.received + 1
            #expect(try Self.run(VaultSearcher(reader), query).hits.map(\.index).contains(hit.index))
        }
        query.source = nil
        query.received = Int64.min..<0
        #expect(try Self.run(VaultSearcher(reader), query).hits.isEmpty)
        query.received = Int64.min..<Int64.max
        #expect(try Self.run(VaultSearcher(reader), query).hits.count == 400)
    }

    @Test("queries beyond the limits are refused")
    func refused() throws {
        func refusal(_ change: (inout SearchQuery) -> Void) -> VaultError.Code? {
            var query = SearchQuery()
            change(&query)
            return code { _ = try SearchPlan(query) }
        }
        #expect(refusal { _ in } == nil)
        #expect(refusal { $0.limit = 0 } == .badInput)
        #expect(refusal { $0.received = 5..<5 } == .badInput)
        #expect(refusal { $0.source = String(repeating: "s", count: 256) } == .badInput)
        #expect(refusal { $0.fields = [.init("", "x")] } == .badInput)
        #expect(refusal { $0.fields = [.init("n", String(repeating: "x", count: 4_097))] } == .badInput)
        #expect(refusal { $0.texts = ["--, ，"] } == .badInput)
        #expect(refusal { $0.texts = [String(repeating: "x", count: 1_025)] } == .badInput)
        #expect(refusal { $0.contains = [[]] } == .badInput)
        #expect(refusal { $0.keys = [[1]] } == .badInput)
        #expect(refusal { $0.texts = .init(repeating: "a", count: 17) } == .badInput)
    }

    // MARK: Damage

    @Test("an index that is damaged, stale or of another segment is passed over and told; no hit is lost")
    func damagedIndexes() async throws {
        var filled = try await Filled(60)
        try filled.index()
        let reader = try filled.log.reader()
        let first = try filled.log.bytes("index/000000000000.index")
        for round in 0..<120 {
            var bytes = first
            switch round % 5 {
            case 0: bytes = try filled.log.bytes("index/000000000001.index")
            case 1: bytes = Array(bytes.prefix(Int.random(in: 0..<bytes.count, using: &filled.maker.random)))
            default:
                bytes[Int.random(in: 0..<bytes.count, using: &filled.maker.random)] ^= 1 << UInt8(filled.maker.random.next() % 8)
            }
            try filled.log.put(bytes, "index/000000000000.index")
            let query = filled.maker.query(filled.leaves)
            let (hits, report) = try Self.run(VaultSearcher(reader), query)
            #expect(hits.map(\.index) == filled.expected(query), "\(query)")
            if round % 5 == 0 {
                #expect(report.refusedIndexes == 1 && report.segmentsWithoutIndex == 1)
                #expect(try VaultIndexer(reader).missing() == [0])
            }
        }
        try filled.log.remove("index/000000000000.index")
        try VaultIndexer(reader).index(0)
        #expect(try filled.log.bytes("index/000000000000.index") == first, "an index is a function of its segment")
    }

    @Test("a record whose bytes are not those sealed is never given out, though checksums are right")
    func damagedSegments() async throws {
        let filled = try await Filled(61, count: 600, filler: 0)
        try filled.index()
        let reader = try filled.log.reader()
        // A footer of its own for other records: blocks and checksums are right, the tree is not.
        let segment = try SealedSegment(reader.image, 1)
        let (block, ranges) = try segment.footer.blocks[0].read(.live, segment.file, path: "", segmentFirst: 256)
        segment.close()
        var forged = block
        let place = try #require(ranges.firstIndex { $0.count > 3 })
        forged.replaceSubrange(ranges[place].prefix(3), with: "zzz".utf8)
        var footer = segment.footer
        let sealed = try filled.log.bytes("sealed/000000000001.segment")
        let stored = try Compressor().compress(forged)
        footer.blocks[0].stored = stored.count
        footer.blocks[0].checksum = CRC32C.sum(stored)
        try filled.log.put(footer.header + stored + footer.end, "sealed/000000000001.segment")
        var query = SearchQuery()
        query.contains = [Array("zzz".utf8)]
        for usesIndex in [true, false] {
            var hits: [SearchHit] = []
            let searcher = VaultSearcher(reader, usesIndex: usesIndex)
            do {
                _ = try searcher.search(query) { hit in
                    hits.append(hit)
                    return true
                }
                Issue.record("the forged record was not noticed")
            } catch {
                #expect(error.code == .damaged && error.place?.contains("000000000001.segment: records 256...511") == true)
            }
            #expect(hits.allSatisfy { $0.leaf == filled.leaves[Int($0.index)] })
        }
        // An index made under the forged footer is refused once the right segment is back.
        let right = try filled.log.bytes("index/000000000001.index")
        try VaultIndexer(reader).index(1)
        let wrong = try filled.log.bytes("index/000000000001.index")
        #expect(wrong != right)
        try filled.log.put(sealed, "sealed/000000000001.segment")
        let (_, report) = try Self.run(VaultSearcher(reader), query)
        #expect(report.refusedIndexes == 1)
    }

    @Test("a flipped bit in a block or frame ends the search with its place; what was found before is right")
    func flipped() async throws {
        var filled = try await Filled(62, count: 600, filler: 0)
        let reader = try filled.log.reader()
        let name = try #require(try filled.log.names("active").first { $0.hasSuffix(".wal") })
        for path in ["sealed/000000000000.segment", "active/\(name)"] {
            let bytes = try filled.log.bytes(path)
            let end = path.hasPrefix("sealed") ? bytes.count : 4_200
            for _ in 0..<40 {
                let place = Int.random(in: path.hasPrefix("sealed") ? 0..<end : 4_096..<end, using: &filled.maker.random)
                try filled.log.flip(path, at: place)
                var hits: [SearchHit] = []
                let failure = code {
                    _ = try VaultSearcher(reader).search(SearchQuery()) { hit in
                        hits.append(hit)
                        return true
                    }
                }
                #expect(failure == .damaged || failure == .foreign, "\(path) byte \(place)")
                #expect(hits.allSatisfy { $0.leaf == filled.leaves[Int($0.index)] })
                try filled.log.put(bytes, path)
            }
        }
        #expect(try Self.run(VaultSearcher(reader), SearchQuery()).hits.count == 600)
    }

    @Test("a segment that is gone is told as expired; the rest is searched")
    func expired() async throws {
        let filled = try await Filled(63, count: 600, filler: 0)
        let reader = try filled.log.reader()
        let searcher = VaultSearcher(reader)
        _ = try Self.run(searcher, SearchQuery())
        try filled.log.remove("sealed/000000000000.segment")
        for searcher in [searcher, VaultSearcher(reader)] {
            let (hits, report) = try Self.run(searcher, SearchQuery())
            #expect(hits.map(\.index) == Array(256..<600) && report.expired == [0..<256])
        }
    }

    // MARK: Together

    @Test("searching while a writer appends and seals: a view always gives all of its records, and only them")
    func concurrent() async throws {
        let log = try TestLog()
        let vault = try log.create()
        _ = try await vault.append(records(0..<200))
        let isDone = Flag()
        let readers = (0..<2).map { number in
            Task.detached {
                var rounds = 0
                while !isDone.isSet || rounds < 3 {
                    let reader = number == 0 ? await vault.snapshot() : try log.reader()
                    if number == 1, reader.segments > 0 { try VaultIndexer(reader).index(UInt64(rounds) % reader.segments) }
                    var query = SearchQuery()
                    query.texts = ["record"]
                    query.isNewestFirst = rounds % 2 == 1
                    // Time for the writer to seal what this view has as active.
                    if rounds % 3 == 0 { try await Task.sleep(for: .milliseconds(3)) }
                    let (hits, report) = try Self.run(VaultSearcher(reader), query)
                    let expected = query.isNewestFirst ? Array((0..<reader.size).reversed()) : Array(0..<reader.size)
                    #expect(hits.map(\.index) == expected && report.expired.isEmpty)
                    #expect(hits.allSatisfy { $0.leaf == record($0.index) })
                    rounds += 1
                }
            }
        }
        for start in stride(from: UInt64(200), to: 4_000, by: 20) { _ = try await vault.append(records(start..<start + 20)) }
        isDone.isSet = true
        for reader in readers { try await reader.value }
    }
}
