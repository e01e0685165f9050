/// Little-endian numbers of the on-disk structures.
extension [UInt8] {
    mutating func put(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    mutating func put(_ hash: MerkleHash) { hash.withUnsafeBytes { append(contentsOf: $0) } }

    /// The number at an offset; the caller has checked the length.
    func number<Number: FixedWidthInteger>(_ type: Number.Type, at offset: Int) -> Number {
        precondition(offset >= 0 && offset + MemoryLayout<Number>.size <= count)
        return withUnsafeBytes {
            Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self))
        }
    }

    /// The hash at an offset; the caller has checked the length.
    func hash(at offset: Int) -> MerkleHash {
        precondition(offset >= 0 && offset + MerkleHash.byteCount <= count)
        return MerkleHash(self[offset..<offset + MerkleHash.byteCount]) ?? .empty
    }

    /// Sets four bytes at an offset.
    mutating func set(_ value: UInt32, at offset: Int) {
        for place in 0..<4 {
            self[offset + place] = UInt8(truncatingIfNeeded: value >> UInt32(8 * place))
        }
    }
}

/// Records packed one after the other, each with a big-endian 16-bit length before it: the form of a tlog-tiles entry bundle.
enum Entries {
    /// Longest record in bytes: what 16 bits can say (C2SP tlog-tiles, "Log entries").
    static let recordLimit = 65_535

    static func append(_ record: [UInt8], to packed: inout [UInt8]) {
        packed.append(UInt8(record.count >> 8))
        packed.append(UInt8(record.count & 0xFF))
        packed.append(contentsOf: record)
    }

    /// Where each record lies; nil unless there are exactly `count` and nothing else.
    static func ranges(_ packed: [UInt8], count: Int) -> [Range<Int>]? {
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(Swift.min(count, packed.count / 2))
        var offset = 0
        while offset < packed.count {
            guard offset + 2 <= packed.count, ranges.count < count else { return nil }
            let start = offset + 2
            offset = start + Int(packed[start - 2]) << 8 + Int(packed[start - 1])
            guard offset <= packed.count else { return nil }
            ranges.append(start..<offset)
        }
        return ranges.count == count ? ranges : nil
    }
}
