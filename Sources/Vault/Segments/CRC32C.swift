internal import CHash

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4): the processor's instruction where there is one, else eight bytes a step from tables. Every stored
/// byte passes here twice, which from tables was a twentieth of sealing.
enum CRC32C {
    private static let tables: [[UInt32]] = {
        var first = [UInt32](repeating: 0, count: 256)
        for index in 0..<256 {
            var value = UInt32(index)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
            first[index] = value
        }
        var tables = [first]
        for number in 1..<8 {
            tables.append(tables[number - 1].map { $0 >> 8 ^ first[Int($0 & 0xFF)] })
        }
        return tables
    }()

    private static let flat = tables.flatMap { $0 }

    /// The checksum of the bytes; `seed` is the checksum of what came before them.
    private static let hasInstruction = chash_has_crc32c() != 0

    static func sum(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
        guard hasInstruction else { return tabled(bytes, seed: seed) }
        return chash_crc32c(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, seed)
    }

    /// The same without the instruction.
    static func tabled(_ bytes: UnsafeRawBufferPointer, seed: UInt32) -> UInt32 {
        flat.withUnsafeBufferPointer { table in
            var value = ~seed
            var offset = 0
            while offset + 8 <= bytes.count {
                let word =
                    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                    ^ UInt64(value)
                var next: UInt32 = 0
                for lane in 0..<8 {
                    next ^= table[(7 - lane) * 256 + Int(truncatingIfNeeded: word >> UInt64(8 * lane) & 0xFF)]
                }
                value = next
                offset += 8
            }
            while offset < bytes.count {
                value = value >> 8 ^ table[Int(UInt8(truncatingIfNeeded: value) ^ bytes[offset])]
                offset += 1
            }
            return ~value
        }
    }

    static func sum(_ bytes: some Collection<UInt8>, seed: UInt32 = 0) -> UInt32 {
        bytes.withContiguousStorageIfAvailable { sum(UnsafeRawBufferPointer($0), seed: seed) }
            ?? Array(bytes).withUnsafeBytes { sum($0, seed: seed) }
    }
}
