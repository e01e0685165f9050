internal import CHash

/// Many hashes of a tree at once. Where the processor has SHA instructions, two messages are hashed side by side: twice as fast as one after
/// the other (measured with 266-byte records), for one alone waits for itself; elsewhere each goes through the ordinary library. The tests
/// compare both on every length.
enum BatchHash {
    private static let isFast = chash_is_available() != 0

    /// The leaf hashes of packed records, of which there are exactly `count`.
    static func leaves(_ packed: [UInt8], count: Int, fast: Bool = isFast) -> [MerkleHash] {
        guard fast else {
            let ranges = Entries.ranges(packed, count: count) ?? []
            return packed.withUnsafeBytes { bytes in ranges.map { .leaf(UnsafeRawBufferPointer(rebasing: bytes[$0])) } }
        }
        return packed.withUnsafeBufferPointer { packed in
            [MerkleHash](unsafeUninitializedCapacity: count) { hashes, filled in
                if let source = packed.baseAddress, let target = UnsafeMutableRawPointer(hashes.baseAddress), count > 0 {
                    chash_leaves(source, count, target.assumingMemoryBound(to: UInt8.self))
                    filled = count
                }
            }
        }
    }

    /// The parents of hashes, taken in pairs from `start` on; a last one without a partner is left out.
    static func parents(_ hashes: [MerkleHash], from start: Int = 0, fast: Bool = isFast) -> [MerkleHash] {
        let count = (hashes.count - start) / 2
        guard fast else { return (0..<max(0, count)).map { .node(hashes[start + 2 * $0], hashes[start + 2 * $0 + 1]) } }
        return hashes.withUnsafeBufferPointer { all in
            [MerkleHash](unsafeUninitializedCapacity: max(0, count)) { parents, filled in
                guard count > 0, let source = all.baseAddress, let target = UnsafeMutableRawPointer(parents.baseAddress) else {
                    return
                }
                chash_nodes(
                    UnsafeRawPointer(source + start).assumingMemoryBound(to: UInt8.self), count,
                    target.assumingMemoryBound(to: UInt8.self))
                filled = count
            }
        }
    }

    /// The root over 256 leaves.
    static func tile(_ leaves: [MerkleHash]) -> MerkleHash {
        var level = leaves
        while level.count > 1 { level = parents(level) }
        return level.first ?? .empty
    }
}
