@testable internal import Vault

/// Trees of 1 to 130 leaves, and their roots.
private struct Forest: Sendable {
    static let limit = 130
    var tree = MerkleTree()
    var leaves: [MerkleHash] = []
    var roots: [MerkleHash] = [.empty]

    init() throws {
        var range = CompactRange()
        for number in 0..<Self.limit {
            let leaf = MerkleHash.leaf([UInt8(number)])
            leaves.append(leaf)
            tree.append(leaf)
            range.append(leaf)
            roots.append(range.root)
        }
    }

    func hash(_ number: Int) -> MerkleHash {
        let level = number % tree.levels.count
        let row = tree.levels[level]
        return row.isEmpty ? .empty : row[(number >> 3) % row.count]
    }
}

extension MerkleHash {
    /// The same with one bit changed.
    fileprivate func flipped(_ bit: Int) -> MerkleHash {
        var bytes = bytes
        bytes[bit >> 3 & 31] ^= 1 << UInt8(bit & 7)
        return MerkleHash(bytes) ?? self
    }
}

extension FuzzParser {
    private static let forest = try? Forest()

    /// Changes a path as an input says: bits, steps left out, doubled, exchanged, taken from elsewhere in the tree.
    private static func change(_ path: inout [MerkleHash], _ input: inout Input, _ forest: Forest) {
        let place = Int(input.byte())
        switch input.byte() % 6 {
        case 0: if !path.isEmpty { path[place % path.count] = path[place % path.count].flipped(Int(input.byte())) }
        case 1: if !path.isEmpty { path.remove(at: place % path.count) }
        case 2: path.insert(forest.hash(input.number()), at: place % (path.count + 1))
        case 3: if !path.isEmpty { path[place % path.count] = forest.hash(input.number()) }
        case 4: if !path.isEmpty { path.swapAt(place % path.count, Int(input.byte()) % path.count) }
        default: if let last = path.last { path.append(last) }
        }
    }

    /// Inclusion proofs: accepted exactly when leaf, index, path, size and root are those of a tree. Size and root belong
    /// together, as a checkpoint signs them together; a root says nothing of a size by itself.
    static let inclusion = FuzzParser(
        name: "inclusion",
        seeds: { (0..<24).map { [UInt8($0 * 5), UInt8($0 * 3), 0, 0, 0, 0, 0] } + [[UInt8](repeating: 255, count: 40)] },
        run: { bytes in
            guard let forest else { return }
            var input = Input(bytes)
            let size = Int(input.byte()) % Forest.limit + 1
            var index = UInt64(Int(input.byte()) % size)
            guard let right = try? forest.tree.inclusionProof(index: index, size: UInt64(size)) else {
                fatalError("there is no proof of a leaf of the tree")
            }
            var (leaf, path, root) = (forest.leaves[Int(index)], right, forest.roots[size])
            while !input.isEmpty {
                switch input.byte() % 8 {
                case 0: leaf = forest.hash(input.number())
                case 1: index = UInt64(input.byte()) % UInt64(size + 2)
                case 2: root = root.flipped(Int(input.byte()))
                case 3: leaf = leaf.flipped(Int(input.byte()))
                default: change(&path, &input, forest)
                }
            }
            // One leaf is its own root, whatever it is.
            let isLone = size == 1 && index == 0 && leaf == root && path.isEmpty
            let isTrue =
                isLone
                || index < UInt64(size) && leaf == forest.leaves[Int(index)] && root == forest.roots[size]
                    && path == (try? forest.tree.inclusionProof(index: index, size: UInt64(size)))
            require(
                accepts { try MerkleProof.verifyInclusion(leaf: leaf, index: index, size: UInt64(size), path: path, root: root) }
                    == isTrue, "inclusion of \(index) in \(size): true is \(isTrue)")
            var wild = Input(bytes)
            let (far, huge) = (wild.long(), wild.long())
            _ = accepts { try MerkleProof.verifyInclusion(leaf: leaf, index: far, size: huge, path: path, root: root) }
        })

    /// Consistency proofs: accepted exactly when both roots and the path are those of the two sizes.
    static let consistency = FuzzParser(
        name: "consistency",
        seeds: { (0..<24).map { [UInt8($0 * 5), UInt8($0 * 3), 0, 0, 0, 0, 0] } + [[UInt8](repeating: 255, count: 40)] },
        run: { bytes in
            guard let forest else { return }
            var input = Input(bytes)
            let second = Int(input.byte()) % Forest.limit + 1
            var first = Int(input.byte()) % second + 1
            guard let right = try? forest.tree.consistencyProof(first: UInt64(first), second: UInt64(second)) else {
                fatalError("there is no proof of a prefix of the tree")
            }
            var (path, old, new) = (right, forest.roots[first], forest.roots[second])
            while !input.isEmpty {
                switch input.byte() % 8 {
                case 0: old = forest.roots[Int(input.byte()) % forest.roots.count]
                case 1: first = Int(input.byte()) % (second + 2)
                case 2: old = old.flipped(Int(input.byte()))
                case 3: new = new.flipped(Int(input.byte()))
                default: change(&path, &input, forest)
                }
            }
            // Any tree is a prefix of itself.
            let isSame = first == second && old == new && path.isEmpty
            let isTrue =
                isSame
                || (1...second).contains(first) && old == forest.roots[first] && new == forest.roots[second]
                    && path == (try? forest.tree.consistencyProof(first: UInt64(first), second: UInt64(second)))
            let isAccepted = accepts {
                try MerkleProof.verifyConsistency(
                    first: UInt64(first), firstRoot: old, second: UInt64(second), secondRoot: new, path: path)
            }
            require(isAccepted == isTrue, "consistency of \(first) with \(second): true is \(isTrue)")
            var wild = Input(bytes)
            let (near, huge) = (wild.long(), wild.long())
            _ = accepts {
                try MerkleProof.verifyConsistency(first: near, firstRoot: old, second: huge, secondRoot: new, path: path)
            }
        })

    private static func accepts(_ body: () throws -> Void) -> Bool {
        do { try body() } catch { return false }
        return true
    }

    /// Paths of tiles and the records in bundles: what is read is written again byte for byte.
    static let tile = FuzzParser(
        name: "tile",
        seeds: {
            let paths = ["tile/0/x001/x234/067", "tile/entries/000.p/5", "tile/5/000", "tile/1/x999/999.p/255"]
            var bundle: [UInt8] = []
            for record in [[], [1, 2, 3], [UInt8](repeating: 9, count: 300)] as [[UInt8]] { Entries.append(record, to: &bundle) }
            return paths.map { [0] + $0.utf8 } + [[1, 3] + bundle]
        },
        run: { bytes in
            var input = Input(bytes)
            if input.byte() & 1 == 0 {
                guard let text = String(validating: input.all, as: UTF8.self), let tile = try? Tile(path: text) else { return }
                require(tile.path.utf8.elementsEqual(text.utf8), "a tile's path is written otherwise than it was read")
                guard let forest, let hashes = try? forest.tree.hashes(of: tile) else { return }
                require(hashes.count == tile.width && tile.index == 0, "a tile of a small tree has hashes that are not there")
                return
            }
            let count = Int(input.byte())
            guard let ranges = Entries.ranges(input.all, count: count) else { return }
            var again: [UInt8] = []
            for range in ranges { Entries.append(Array(input.all[range]), to: &again) }
            require(ranges.count == count && again == input.all, "a bundle is written otherwise than it was read")
        })
}
