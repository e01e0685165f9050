/// Makes the indexes of sealed segments. An index is derived from the segment: it can be removed and made again at any time.
public struct VaultIndexer: Sendable {
    private let image: LogImage

    /// An index that was made.
    public struct Summary: Hashable, Sendable {
        /// Records in the segment.
        public let records: Int
        /// Length of the index in bytes.
        public let bytes: Int
    }

    /// For the sealed segments of a view.
    public init(_ reader: VaultReader) { image = reader.image }

    /// Sealed segments that have no index that can be used, oldest first; segments that are gone are left out.
    ///
    /// - Returns: their numbers.
    /// - Throws: `.damaged` for a segment whose footer cannot be used; `.file`.
    public func missing() throws(VaultError) -> [UInt64] {
        var missing: [UInt64] = []
        for number in 0..<image.segments.size {
            guard try image.files.exists(image.layout.sealed(number)) else { continue }
            if try !isPresent(number) { missing.append(number) }
        }
        return missing
    }

    private func isPresent(_ number: UInt64) throws(VaultError) -> Bool {
        do throws(VaultError) {
            let file = try image.files.open(image.layout.index(number), .read)
            defer { image.files.close(file) }
            let segment = try SealedSegment(image, number)
            defer { segment.close() }
            if segment.isPruned { return true }
            return try IndexTables(
                image.files, file, logID: image.identity.id, segment: number, footer: segment.footer.hash,
                blocks: segment.footer.blocks.count) != nil
        } catch  where error.code == .notFound {
            return false
        }
    }

    /// Makes the index of a segment in place of one that is there.
    ///
    /// - Parameter number: a sealed segment.
    /// - Returns: what was made.
    /// - Throws: `.outOfRange`; `.notFound` when the segment is gone; `.damaged` when footer or blocks are not as written; `.file`.
    @discardableResult
    public func index(_ number: UInt64) throws(VaultError) -> Summary {
        guard number < image.segments.size else {
            throw VaultError(.outOfRange, "there are \(image.segments.size) sealed segments, not number \(number)")
        }
        let segment = try SealedSegment(image, number)
        defer { segment.close() }
        var builder = IndexBuilder(logID: image.identity.id, blocks: segment.footer.blocks.count)
        // Checked by the footer's checksums and not rehashed, which would cost a quarter of the whole: the index names the footer it was made
        // under, so bytes that pass for this footer's differ from those sealed only where a checksum fails to see damage.
        for (place, block) in segment.footer.blocks.enumerated() {
            let (packed, ranges) = try segment.read(block)
            packed.withUnsafeBytes { builder.add(block: place, $0, ranges) }
        }
        let bytes = builder.finish(logID: image.identity.id, segment: number, footer: segment.footer.hash)
        do { try image.files.makeDirectory(image.layout.index) } catch  where error.code == .exists {}
        try image.files.replace(image.layout.index(number), bytes)
        return Summary(records: segment.footer.leaves, bytes: bytes.count)
    }
}
