import Testing

@testable import Vault

@Suite("Search: the index never loses a hit")
struct SearchIndexTests {
    /// An index on disk and the blocks it was made from.
    private struct Made {
        let scratch: Scratch
        let path: String
        let bytes: [UInt8]
        let blocks: [[[UInt8]]]
        let logID = [UInt8](repeating: 7, count: 16)
        let footer = MerkleHash.plain(Array("footer".utf8))

        init(_ blocks: [[[UInt8]]]) throws {
            self.blocks = blocks
            scratch = try Scratch()
            path = scratch.path + "/one.index"
            var builder = IndexBuilder(logID: logID, blocks: blocks.count)
            for (number, block) in blocks.enumerated() {
                let (bytes, ranges) = try packed(block)
                bytes.withUnsafeBytes { builder.add(block: number, $0, ranges) }
            }
            bytes = builder.finish(logID: logID, segment: 3, footer: footer)
            try put(bytes)
        }

        /// Writes the file without waiting for the disk.
        func put(_ bytes: [UInt8]) throws {
            try? FileEffects.live.remove(path)
            let file = try FileEffects.live.open(path, .create)
            defer { FileEffects.live.close(file) }
            try FileEffects.live.writeAll(file, bytes, at: 0)
        }

        /// The blocks the index leaves; nil when it is refused.
        func candidates(_ query: SearchQuery) throws -> Set<Int>? {
            let file = try FileEffects.live.open(path, .read)
            defer { FileEffects.live.close(file) }
            guard
                let tables = try IndexTables(
                    .live, file, logID: logID, segment: 3, footer: footer, blocks: blocks.count),
                let groups = try IndexQuery(SearchPlan(query), IndexTokens(logID: logID)).groups(tables, .live, file)
            else { return nil }
            return Set(blocks.indices.filter { groups >> UInt64(tables.shape.group(of: $0)) & 1 == 1 })
        }
    }

    private func random(_ seed: UInt64, blocks: Int, records: Int) -> (RecordMaker, [[[UInt8]]]) {
        var maker = RecordMaker(seed)
        let made = (0..<blocks).map { _ in (0..<records).map { _ in maker.leaf(Int64(maker.random.next() % 2_000_000)) } }
        return (maker, made)
    }

    @Test("every block with a hit is left, whatever the records and the query", arguments: [1, 17, 64, 65, 200])
    func neverLost(blocks: Int) throws {
        for seed in 0..<(setting("VAULT_SEARCHES", 1) * 3) {
            var (maker, made) = random(seed * 1_000 + UInt64(blocks), blocks: blocks, records: 6)
            let index = try Made(made)
            let leaves = made.flatMap { $0 }
            var found = 0
            for _ in 0..<400 {
                let query = maker.query(leaves)
                let left = try #require(try index.candidates(query))
                for (number, block) in made.enumerated() where block.contains(where: { Naive.holds(query, $0) }) {
                    found += 1
                    #expect(left.contains(number), "\(query)")
                }
            }
            // Queries that find nothing would show nothing.
            #expect(found > 100)
        }
    }

    @Test("the plan finds in a block what a slow look at each record finds")
    func planAgrees() throws {
        for seed in 0..<(setting("VAULT_SEARCHES", 1) * 4) {
            var (maker, made) = random(seed + 500, blocks: 1, records: 120)
            let (bytes, ranges) = try packed(made[0])
            for _ in 0..<600 {
                let query = maker.query(made[0])
                let plan = try SearchPlan(query)
                let found = bytes.withUnsafeBytes {
                    plan.matches($0, ranges, 0..<ranges.count, received: 0...0, limit: .max)
                }
                #expect(found == made[0].indices.filter { Naive.holds(query, made[0][$0]) }, "\(query)")
            }
        }
    }

    private func json(_ pairs: (String, String)...) -> [UInt8] {
        Array(("{" + pairs.map { "\"\($0)\":\"\($1)\"" }.joined(separator: ",") + "}").utf8)
    }

    private func query(_ fields: (String, String)..., texts: [String] = []) -> SearchQuery {
        var query = SearchQuery()
        query.fields = fields.map { .init($0, $1) }
        query.texts = texts
        return query
    }

    @Test("the index rules out: dictionary values exactly, ids and words nearly always")
    func rulesOut() throws {
        var maker = RecordMaker(3)
        let ids = (0..<20).map { _ in (0..<300).map { _ in maker.hex(16) } }
        let made = ids.enumerated().map { block, ids in
            ids.enumerated().map { place, id in
                json(
                    ("action", block % 2 == 0 ? "login" : "logout"), ("id", id),
                    ("ip", "10.\(block).\(place % 256).\(place / 256)"))
            }
        }
        let index = try Made(made)
        #expect(try index.candidates(query(("action", "login"))) == Set(stride(from: 0, to: 20, by: 2)))
        #expect(try index.candidates(query(("action", "nothing"))) == [])
        #expect(try index.candidates(query(("nobody", "login"))) == [])
        #expect(try index.candidates(query(("id", ids[5][7]), ("action", "login"))) == [])
        var wrong = 0
        for block in 0..<20 {
            for id in ids[block].prefix(20) {
                let left = try #require(try index.candidates(query(texts: [id])))
                #expect(left.contains(block))
                wrong += left.count - 1
            }
            #expect(try #require(try index.candidates(query(("ip", "10.\(block).7.1")))).contains(block))
            wrong += try #require(try index.candidates(query(("ip", "10.\(block).7.1")))).count - 1
        }
        // 420 questions to 20 filters, about one false answer in a thousand.
        #expect(wrong < 60, "\(wrong)")
        #expect(index.bytes.count < 20 * 300 * 12)
    }

    @Test("numbers that count up, times and UUIDs take little room, and are found all the same")
    func countersAndTimes() throws {
        var maker = RecordMaker(4)
        let made = (0..<10).map { block in
            (0..<500).map { place in
                let id = [8, 4, 4, 4, 12].map { maker.hex($0) }.joined(separator: "-")
                let ts = "2026-11-20T12:\(10 + block):\(10 + place / 10).\(maker.digits(6))Z"
                return json(("seq", "\(4_000_000 + block * 500 + place)"), ("ts", ts), ("trace", id))
            }
        }
        let index = try Made(made)
        // The last part of the UUID has a token; of its other parts only those without a letter do.
        #expect(Double(index.bytes.count) / 5_000 < 5, "\(index.bytes.count)")
        for (block, records) in made.enumerated() {
            for leaf in records.prefix(40) {
                let values = namedValues(VaultRecord(source: "", body: leaf))
                for (name, value) in values {
                    #expect(try #require(try index.candidates(query((name, value)))).contains(block))
                    #expect(try #require(try index.candidates(query(texts: [value]))).contains(block))
                }
                let parts = values[2].1.split(separator: "-").map { String($0) }
                for part in parts { #expect(try #require(try index.candidates(query(texts: [part]))).contains(block)) }
                #expect(try #require(try index.candidates(query(texts: [parts[4]]))).count < 4)
            }
        }
    }

    @Test("a field with many values leaves the dictionary, with those it had before")
    func overflow() throws {
        let made = (0..<12).map { block in (0..<50).map { json(("who", "user \(block * 50 + $0)"), ("what", "x")) } }
        let index = try Made(made)
        for block in 0..<12 {
            for place in 0..<50 {
                #expect(try #require(try index.candidates(query(("who", "user \(block * 50 + place)")))).contains(block))
            }
        }
    }

    @Test("more names than are kept, and more words than a group holds: always candidates")
    func saturation() throws {
        let names = [(0..<3_000).map { json(("name\($0)", "a b")) }, (0..<3_000).map { json(("other\($0)", "a b")) }]
        let many = try Made(names)
        for number in [0, 500, 1_500, 2_999] {
            #expect(try #require(try many.candidates(query(("name\(number)", "a b")))).contains(0))
            #expect(try #require(try many.candidates(query(("other\(number)", "a b")))).contains(1))
        }
        var maker = RecordMaker(6)
        let words = (0..<700).map { _ in Array((0..<800).map { _ in maker.hex(7) + "x" }.joined(separator: " ").utf8) }
        let full = try Made([words, [Array("one needle".utf8)]])
        #expect(try full.candidates(query(texts: ["needle"])) == [0, 1])
        #expect(try full.candidates(query(texts: [String(decoding: words[0].prefix(8), as: UTF8.self)])) == [0])
    }

    @Test("a changed index is refused, or answers as before: every byte of header and tables, a seeded choice of the rest")
    func mutated() throws {
        var (maker, made) = random(31, blocks: 5, records: 40)
        let index = try Made(made)
        let leaves = made.flatMap { $0 }
        let queries = (0..<40).map { _ in maker.query(leaves) }
        let expected = queries.map { query in
            Set(made.indices.filter { made[$0].contains { Naive.holds(query, $0) } })
        }
        var places = Array(0..<min(600, index.bytes.count))
        for _ in 0..<1_500 { places.append(Int.random(in: 0..<index.bytes.count, using: &maker.random)) }
        for place in places {
            var bytes = index.bytes
            switch maker.random.next() % 6 {
            case 0: bytes.removeSubrange(place...)
            case 1: bytes.insert(0, at: place)
            // A line that says no to everything.
            case 2: for zero in place..<min(place + 64, bytes.count) { bytes[zero] = 0 }
            default: bytes[place] ^= 1 << UInt8(maker.random.next() % 8)
            }
            try index.put(bytes)
            for (number, query) in queries.enumerated() {
                guard let left = try index.candidates(query) else { continue }
                #expect(left.isSuperset(of: expected[number]), "byte \(place)")
            }
        }
    }
}
