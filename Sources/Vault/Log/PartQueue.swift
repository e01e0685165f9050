/// Turns what callers prepared into frames: small parts are put together, parts that do not fit into the segment are cut.
struct PartQueue {
    private var parts: ArraySlice<VaultBatch.Part>
    private let frameBytes: Int

    init(_ parts: [VaultBatch.Part], frameBytes: Int) {
        self.parts = parts[...]
        self.frameBytes = frameBytes
    }

    /// What goes into the next frame; nil when nothing is left. `room` is how many records the segment still takes, at least one.
    mutating func next(room: Int) throws(VaultError) -> VaultBatch.Part? {
        guard var part = parts.popFirst() else { return nil }
        if part.leaves.count > room {
            let (head, rest) = Self.cut(part, at: room)
            parts = [rest] + parts
            part = head
        }
        guard part.compressed == nil else { return part }
        while let more = parts.first, more.compressed == nil, part.packed.count + more.packed.count <= frameBytes,
            part.leaves.count + more.leaves.count <= min(room, FrameHeader.recordLimit)
        {
            parts.removeFirst()
            part.packed += more.packed
            part.leaves += more.leaves
            part.count += more.count
            for (source, count) in more.sources.runs { part.sources.add(source, count) }
        }
        if part.packed.count > FrameHeader.plainLimit { part.compressed = try CompressorPool.compress(part.packed) }
        return part
    }

    private static func cut(_ part: VaultBatch.Part, at count: Int) -> (VaultBatch.Part, VaultBatch.Part) {
        let ranges = Entries.ranges(part.packed, count: part.leaves.count) ?? []
        guard count < ranges.count else { return (part, VaultBatch.Part()) }
        let middle = ranges[count].lowerBound - 2
        var (head, rest) = (VaultBatch.Part(), VaultBatch.Part())
        (head.packed, rest.packed) = (Array(part.packed[..<middle]), Array(part.packed[middle...]))
        (head.leaves, rest.leaves) = (Array(part.leaves[..<count]), Array(part.leaves[count...]))
        (head.count, rest.count) = (count, ranges.count - count)
        head.sources = SourceRuns(part.packed, ranges[..<count])
        rest.sources = SourceRuns(part.packed, ranges[count...])
        return (head, rest)
    }
}
