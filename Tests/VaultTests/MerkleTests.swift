import Testing

@testable import Vault

/// The definition of RFC 6962 section 2.1, written down as recursively as it stands there.
private func definition(_ leaves: ArraySlice<[UInt8]>) -> MerkleHash {
    if leaves.isEmpty { return .empty }
    if leaves.count == 1 { return .leaf(leaves[leaves.startIndex]) }
    var k = 1
    while k * 2 < leaves.count { k *= 2 }
    return .node(definition(leaves.prefix(k)), definition(leaves.dropFirst(k)))
}

@Suite("Merkle tree (RFC 6962, RFC 9162)")
struct MerkleTests {
    /// The eight inputs that Certificate Transparency implementations have shared since 2013, and the roots they give.
    static let inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"].map(
        unhex)
    static let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    static func tree(_ count: Int) -> (MerkleTree, [[UInt8]]) {
        var tree = MerkleTree()
        let leaves = (0..<count).map { Array("leaf \($0)".utf8) }
        for leaf in leaves { tree.append(.leaf(leaf)) }
        return (tree, leaves)
    }

    @Test("known roots of 0...8 leaves")
    func knownRoots() throws {
        #expect(MerkleHash.empty.bytes == unhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
        var range = CompactRange()
        var tree = MerkleTree()
        #expect(range.root == .empty)
        for (input, root) in zip(Self.inputs, Self.roots) {
            range.append(.leaf(input))
            tree.append(.leaf(input))
            #expect(range.root.bytes == unhex(root))
            #expect(try tree.root(size: tree.size) == range.root)
        }
    }

    @Test("range, tree and the recursive definition agree for every size up to 200")
    func definitionAgrees() throws {
        let (tree, leaves) = Self.tree(200)
        var range = CompactRange()
        for size in 0...200 {
            #expect(range.root == definition(leaves.prefix(size)))
            #expect(try tree.root(size: UInt64(size)) == range.root)
            #expect(range.nodes.count == size.nonzeroBitCount)
            if size < 200 { range.append(.leaf(leaves[size])) }
        }
    }

    @Test("a range takes aligned subtrees and refuses others")
    func subtrees() throws {
        let (tree, _) = Self.tree(64)
        var range = CompactRange()
        for index in 0..<UInt64(4) { try range.append(subtree: tree.node(level: 4, index: index), level: 4) }
        #expect(range.root == (try tree.root(size: 64)))
        range.append(.leaf([1]))
        #expect(code { try range.append(subtree: .empty, level: 1) } == .badInput)
        #expect(range.size == 65)
    }

    @Test("every inclusion proof up to 40 leaves holds, and holds for nothing else")
    func inclusion() throws {
        let (tree, leaves) = Self.tree(40)
        for size in 1...UInt64(40) {
            let root = try tree.root(size: size)
            for index in 0..<size {
                let path = try tree.inclusionProof(index: index, size: size)
                let leaf = MerkleHash.leaf(leaves[Int(index)])
                func holds(_ leaf: MerkleHash, _ index: UInt64, _ size: UInt64, _ path: [MerkleHash], _ root: MerkleHash) -> Bool
                {
                    code { try MerkleProof.verifyInclusion(leaf: leaf, index: index, size: size, path: path, root: root) } == nil
                }
                #expect(holds(leaf, index, size, path, root))
                #expect(!holds(.leaf([9]), index, size, path, root))
                #expect(!holds(leaf, index, size, path + [root], root))
                #expect(!holds(leaf, index, size, path, .empty))
                #expect(!holds(leaf, size, size, path, root))
                if !path.isEmpty { #expect(!holds(leaf, index, size, path.dropLast(), root)) }
                for other in 0..<size where other != index { #expect(!holds(leaf, other, size, path, root)) }
            }
        }
        #expect(code { _ = try tree.inclusionProof(index: 40, size: 40) } == .outOfRange)
        #expect(code { _ = try tree.inclusionProof(index: 3, size: 41) } == .outOfRange)
    }

    @Test("every consistency proof up to 40 leaves holds, and one changed hash breaks it")
    func consistency() throws {
        let (tree, _) = Self.tree(40)
        for second in 1...UInt64(40) {
            for first in 1...second {
                let (old, new) = (try tree.root(size: first), try tree.root(size: second))
                let path = try tree.consistencyProof(first: first, second: second)
                func holds(_ path: [MerkleHash], _ old: MerkleHash, _ new: MerkleHash) -> Bool {
                    code {
                        try MerkleProof.verifyConsistency(
                            first: first, firstRoot: old, second: second, secondRoot: new, path: path)
                    } == nil
                }
                #expect(holds(path, old, new))
                #expect(!holds(path + [.empty], old, new))
                #expect(!holds(path, old, .leaf([1])))
                #expect(!holds(path, .leaf([1]), new))
                for place in path.indices {
                    var changed = path
                    changed[place] = .leaf([2])
                    #expect(!holds(changed, old, new))
                }
            }
        }
        #expect(code { _ = try tree.consistencyProof(first: 0, second: 5) } == .outOfRange)
        #expect(
            code {
                try MerkleProof.verifyConsistency(
                    first: 0, firstRoot: .empty, second: 5, secondRoot: tree.root(size: 5), path: [])
            } == .outOfRange)
    }

    @Test("large sizes: random proofs of a million leaves")
    func large() throws {
        var random = Seeded(6962)
        var tree = MerkleTree()
        for number in 0..<1_000_000 { withUnsafeBytes(of: UInt64(number)) { tree.append(.leaf($0)) } }
        for _ in 0..<500 {
            let second = UInt64.random(in: 1...1_000_000, using: &random)
            let first = UInt64.random(in: 1...second, using: &random)
            let index = UInt64.random(in: 0..<second, using: &random)
            let root = try tree.root(size: second)
            try MerkleProof.verifyInclusion(
                leaf: tree.node(level: 0, index: index), index: index, size: second,
                path: tree.inclusionProof(index: index, size: second), root: root)
            try MerkleProof.verifyConsistency(
                first: first, firstRoot: tree.root(size: first), second: second, secondRoot: root,
                path: tree.consistencyProof(first: first, second: second))
        }
    }
}

@Suite("Tiles (C2SP tlog-tiles)")
struct TileTests {
    @Test(
        "addresses are written and read as the specification shows",
        arguments: [
            (Tile.Content.hashes(level: 0), 1_234_067, 256, "tile/0/x001/x234/067"), (.hashes(level: 0), 0, 256, "tile/0/000"),
            (.hashes(level: 1), 273, 112, "tile/1/273.p/112"), (.entries, 1_000, 1, "tile/entries/x001/000.p/1"),
            (.hashes(level: 5), 999, 255, "tile/5/999.p/255"),
        ])
    func paths(content: Tile.Content, index: UInt64, width: Int, path: String) throws {
        #expect(Tile(content, index: index, width: width)?.path == path)
        #expect(try Tile(path: path) == Tile(content, index: index, width: width))
    }

    @Test(
        "other spellings are refused",
        arguments: [
            "", "tile", "tile/0", "tile/0/", "tile/6/000", "tile/-1/000", "tile/00/000", "tile/0/0", "tile/0/1000", "tile/0/x001",
            "tile/0/001/002", "tile/0/xx1",
            "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p", "tile/0/x000/001", "tile/entry/000",
            "/tile/0/000", "tile/0/+01", "tile/0/000.p/+5",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        ])
    func refused(path: String) { #expect(code { _ = try Tile(path: path) } == .badInput) }

    @Test("the tiles of 70,000 leaves give its root back")
    func tilesGiveRoot() throws {
        var tree = MerkleTree()
        for number in 0..<70_000 { withUnsafeBytes(of: UInt32(number)) { tree.append(.leaf($0)) } }
        let tiles = Tile.all(size: 70_000)
        // 273 full tiles and one of 112 hashes; one full tile and one of 17; one hash of level 2.
        #expect(tiles.map(\.path).suffix(4) == ["tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"])
        #expect(tiles.count == 277)
        var range = CompactRange()
        for hash in try tree.hashes(of: tiles[276]) { try range.append(subtree: hash, level: 16) }
        for hash in try tree.hashes(of: tiles[275]) { try range.append(subtree: hash, level: 8) }
        for hash in try tree.hashes(of: tiles[273]) { range.append(hash) }
        #expect(range.size == 70_000)
        #expect(range.root == (try tree.root(size: 70_000)))
    }
}

@Suite("Hashing many at once")
struct BatchHashTests {
    @Test("leaves of every length, alone and beside another, are what the ordinary library gives")
    func leaves() {
        var random = Seeded(11)
        let other = random.bytes(1_000)
        for length in Array(0...700) + [4_095, 65_535] {
            let record = random.bytes(length)
            for companion in [nil, 0, 54, 55, 63, 64, 119, 500] as [Int?] {
                let records = [record] + (companion.map { [Array(other[..<$0])] } ?? [])
                var packed: [UInt8] = []
                for record in records { Entries.append(record, to: &packed) }
                let expected = records.map { MerkleHash.leaf($0) }
                #expect(BatchHash.leaves(packed, count: records.count) == expected)
                #expect(BatchHash.leaves(packed, count: records.count, fast: false) == expected)
            }
        }
        #expect(BatchHash.leaves([], count: 0) == [])
    }

    @Test("parents, tiles and trees filled in any portions are those filled leaf by leaf")
    func parents() {
        var random = Seeded(12)
        let leaves = (0..<1_000).map { _ in MerkleHash.leaf(random.bytes(8)) }
        for count in 0...9 {
            let some = Array(leaves[..<count])
            #expect(BatchHash.parents(some) == BatchHash.parents(some, fast: false))
            #expect(BatchHash.parents(some).count == count / 2)
        }
        var whole = CompactRange()
        for leaf in leaves[..<256] { whole.append(leaf) }
        #expect(BatchHash.tile(Array(leaves[..<256])) == whole.root)
        for _ in 0..<50 {
            var (one, many) = (MerkleTree(), MerkleTree())
            var start = 0
            while start < leaves.count {
                let end = min(leaves.count, start + Int.random(in: 1...120, using: &random))
                many.append(contentsOf: Array(leaves[start..<end]))
                for leaf in leaves[start..<end] { one.append(leaf) }
                start = end
                #expect(many.levels.filter { !$0.isEmpty } == one.levels.filter { !$0.isEmpty })
            }
        }
    }
}
