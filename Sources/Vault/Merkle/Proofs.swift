extension NodeSource {
    /// The path that proves leaf `index` in the tree of `size` leaves, nearest sibling first (RFC 6962 section 2.1.1).
    ///
    /// - Throws: `.outOfRange` unless `index < size`; what `node(level:index:)` throws.
    public func inclusionProof(index: UInt64, size: UInt64) throws(VaultError) -> [MerkleHash] {
        guard index < size else { throw VaultError(.outOfRange, "leaf \(index) is not in a tree of \(size) leaves") }
        var path: [MerkleHash] = []
        var range = 0..<size
        while range.count > 1 {
            let middle = range.lowerBound + split(UInt64(range.count))
            if index < middle {
                path.append(try hash(of: middle..<range.upperBound))
                range = range.lowerBound..<middle
            } else {
                path.append(try hash(of: range.lowerBound..<middle))
                range = middle..<range.upperBound
            }
        }
        return path.reversed()
    }

    /// The path that proves that the tree of `first` leaves is a prefix of that of `second` leaves (RFC 6962 section 2.1.2).
    /// It is empty when the sizes are equal.
    ///
    /// - Throws: `.outOfRange` unless `0 < first <= second`; what `node(level:index:)` throws.
    public func consistencyProof(first: UInt64, second: UInt64) throws(VaultError) -> [MerkleHash] {
        guard first > 0, first <= second else {
            throw VaultError(
                .outOfRange, "there is no consistency proof from size \(first) to \(second)",
                remedy: "sizes must satisfy 0 < first <= second")
        }
        var path: [MerkleHash] = []
        var range = 0..<second
        var isWhole = true
        while first != range.upperBound {
            let middle = range.lowerBound + split(UInt64(range.count))
            if first <= middle {
                path.append(try hash(of: middle..<range.upperBound))
                range = range.lowerBound..<middle
            } else {
                path.append(try hash(of: range.lowerBound..<middle))
                range = middle..<range.upperBound
                isWhole = false
            }
        }
        if !isWhole { path.append(try hash(of: range)) }
        return path.reversed()
    }
}

/// Checks proofs without a tree: what an outsider does.
public enum MerkleProof {
    /// Checks that a leaf is in a tree (RFC 9162 section 2.1.3.2).
    ///
    /// - Throws: `.outOfRange` unless `index < size`; `.notProven` when the path has a wrong length or leads to another root.
    public static func verifyInclusion(
        leaf: MerkleHash, index: UInt64, size: UInt64, path: [MerkleHash], root: MerkleHash
    ) throws(VaultError) {
        guard index < size else { throw VaultError(.outOfRange, "leaf \(index) is not in a tree of \(size) leaves") }
        var node = index
        var last = size - 1
        var hash = leaf
        for step in path {
            guard last != 0 else { throw VaultError(.notProven, "the inclusion path is too long") }
            if node & 1 == 1 || node == last {
                hash = .node(step, hash)
                while node & 1 == 0, node != 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                hash = .node(hash, step)
            }
            node >>= 1
            last >>= 1
        }
        guard last == 0 else { throw VaultError(.notProven, "the inclusion path is too short") }
        guard hash == root else { throw VaultError(.notProven, "the inclusion path leads to another root") }
    }

    /// Checks that one tree is a prefix of another (RFC 9162 section 2.1.4.2).
    ///
    /// - Throws: `.outOfRange` unless `0 < first <= second`; `.notProven` when the path has a wrong length or leads to other roots.
    public static func verifyConsistency(
        first: UInt64, firstRoot: MerkleHash, second: UInt64, secondRoot: MerkleHash, path: [MerkleHash]
    ) throws(VaultError) {
        guard first > 0, first <= second else {
            throw VaultError(
                .outOfRange, "there is no consistency from size \(first) to \(second)",
                remedy: "sizes must satisfy 0 < first <= second")
        }
        if first == second {
            guard path.isEmpty else { throw VaultError(.notProven, "the consistency path of equal sizes must be empty") }
            guard firstRoot == secondRoot else { throw VaultError(.notProven, "trees of the same size have different roots") }
            return
        }
        var steps = path[...]
        var node = first - 1
        var last = second - 1
        while node & 1 == 1 {
            node >>= 1
            last >>= 1
        }
        // A first tree that is perfect is itself the seed; its root is left out of the path.
        guard let seed = first & (first - 1) == 0 ? firstRoot : steps.popFirst() else {
            throw VaultError(.notProven, "the consistency path is too short")
        }
        var (old, new) = (seed, seed)
        for step in steps {
            guard last != 0 else { throw VaultError(.notProven, "the consistency path is too long") }
            if node & 1 == 1 || node == last {
                old = .node(step, old)
                new = .node(step, new)
                while node & 1 == 0, node != 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                new = .node(new, step)
            }
            node >>= 1
            last >>= 1
        }
        guard last == 0 else { throw VaultError(.notProven, "the consistency path is too short") }
        guard old == firstRoot else { throw VaultError(.notProven, "the consistency path leads to another first root") }
        guard new == secondRoot else { throw VaultError(.notProven, "the consistency path leads to another second root") }
    }
}
