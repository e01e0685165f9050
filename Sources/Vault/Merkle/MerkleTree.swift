/// Gives the hashes of perfect subtrees of a log, from wherever they are kept.
public protocol NodeSource {
    /// The hash over the leaves `index << level ..< (index + 1) << level`, all of which must exist.
    ///
    /// - Throws: `.outOfRange` when a leaf of it does not exist; `.file` or `.damaged` when it must be read from disk and cannot be.
    func node(level: Int, index: UInt64) throws(VaultError) -> MerkleHash
}

/// The roots of the perfect subtrees that make up the first `size` leaves, largest first: all that is needed to go on appending
/// (at most 64 hashes). It is the "compact range" from leaf 0.
public struct CompactRange: Hashable, Sendable {
    /// Leaves so far.
    public private(set) var size: UInt64 = 0
    /// One hash for each bit set in `size`, from the highest bit down.
    public private(set) var nodes: [MerkleHash] = []

    /// No leaf.
    public init() {}

    /// Takes the next leaf's hash.
    public mutating func append(_ leaf: MerkleHash) { merge(leaf, level: 0) }

    /// Takes the root of the next `1 << level` leaves at once.
    ///
    /// - Throws: `.badInput` when `size` is not a multiple of `1 << level`, for such a subtree is not a node of the tree.
    public mutating func append(subtree: MerkleHash, level: Int) throws(VaultError) {
        guard (0..<63).contains(level), size & ((1 << UInt64(level)) - 1) == 0 else {
            throw VaultError(.badInput, "a subtree of level \(level) cannot follow \(size) leaves")
        }
        merge(subtree, level: level)
    }

    private mutating func merge(_ hash: MerkleHash, level: Int) {
        var hash = hash
        var rest = size >> UInt64(level)
        while rest & 1 == 1, let left = nodes.popLast() {
            hash = .node(left, hash)
            rest >>= 1
        }
        nodes.append(hash)
        size += 1 << UInt64(level)
    }

    /// The root over all leaves so far (RFC 6962 section 2.1).
    public var root: MerkleHash { Self.root(nodes) }

    /// The root over these leaves and those of another range that follows them: both are built apart, but their nodes make one tree when this
    /// size is a multiple of a power of two that the other does not exceed.
    func root(followedBy other: CompactRange) -> MerkleHash { Self.root(nodes + other.nodes) }

    private static func root(_ nodes: [MerkleHash]) -> MerkleHash {
        guard var root = nodes.last else { return .empty }
        for node in nodes.dropLast().reversed() { root = .node(node, root) }
        return root
    }
}

/// A tree that keeps every perfect subtree in memory: 64 bytes a leaf. For the active segment, for segment roots, and for tests.
public struct MerkleTree: NodeSource, Hashable, Sendable {
    /// `levels[0]` holds the leaves' hashes; each further level half as many.
    public private(set) var levels: [[MerkleHash]] = [[]]

    /// No leaf.
    public init() {}

    /// Leaves so far.
    public var size: UInt64 { UInt64(levels[0].count) }

    /// Takes the next leaf's hash.
    public mutating func append(_ leaf: MerkleHash) {
        var hash = leaf
        var level = 0
        while true {
            levels[level].append(hash)
            let count = levels[level].count
            guard count & 1 == 0 else { return }
            hash = .node(levels[level][count - 2], levels[level][count - 1])
            level += 1
            if level == levels.count { levels.append([]) }
        }
    }

    /// Takes many leaves' hashes: level by level, so that nodes are hashed in batches.
    public mutating func append(contentsOf leaves: [MerkleHash]) {
        var new = leaves
        var level = 0
        while !new.isEmpty {
            if level == levels.count { levels.append([]) }
            // Parents of this level that exist already: whatever comes after their children has none yet.
            let done = level + 1 < levels.count ? levels[level + 1].count : 0
            levels[level] += new
            guard levels[level].count >= 2 * done + 2 else { return }
            new = BatchHash.parents(levels[level], from: 2 * done)
            level += 1
        }
    }

    /// The hash of a perfect subtree.
    ///
    /// - Throws: `.outOfRange` when a leaf of it does not exist.
    public func node(level: Int, index: UInt64) throws(VaultError) -> MerkleHash {
        guard levels.indices.contains(level), index < UInt64(levels[level].count) else {
            throw VaultError(.outOfRange, "the tree of \(size) leaves has no node \(index) of level \(level)")
        }
        return levels[level][Int(index)]
    }
}

extension NodeSource {
    /// The root over the first `size` leaves (RFC 6962 section 2.1).
    ///
    /// - Throws: what `node(level:index:)` throws.
    public func root(size: UInt64) throws(VaultError) -> MerkleHash {
        size == 0 ? .empty : try hash(of: 0..<size)
    }

    /// MTH over leaves in a range that begins at a multiple of the largest power of two within it (RFC 6962 section 2.1).
    func hash(of range: Range<UInt64>) throws(VaultError) -> MerkleHash {
        let count = UInt64(range.count)
        if count & (count - 1) == 0 {
            let level = count.trailingZeroBitCount
            return try node(level: level, index: range.lowerBound >> UInt64(level))
        }
        let middle = range.lowerBound + split(count)
        return .node(try hash(of: range.lowerBound..<middle), try hash(of: middle..<range.upperBound))
    }
}

/// The largest power of two smaller than `count`, which must be at least 2 (`k` of RFC 6962 section 2.1).
func split(_ count: UInt64) -> UInt64 { 1 << UInt64(63 - (count - 1).leadingZeroBitCount) }
