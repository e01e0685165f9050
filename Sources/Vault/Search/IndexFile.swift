/// What a finished index says, before it is written.
///
/// The file, numbers little-endian. Header, 128 bytes: 0 magic (8), 8 log id (16), 24 segment (8), 32 hash of the segment's footer (32), 64 blocks
/// (4), 68 buckets (4), 72 fields (4), 76 values (4), 80 flags (4; bit 0: every name is in the table of fields), 84 zeros (36), 120 CRC-32C of
/// the tables (4), 124 CRC-32C of bytes 0..<124 (4). Tables: for each group of blocks first and last time of events (8 + 8; first > last when
/// there is none); for each field the hash of its name (8) and 1 when its values are in the dictionary (8), by hash; for each value its hash (8)
/// and groups (8), by hash. Buckets: for each group 64 bytes, then CRC-32C (4) of these, seeded with the bucket's number.
///
/// A token's hash chooses a bucket and six of its 512 bits. All groups' lines of a bucket lie together, so that one read of about a kilobyte
/// answers for a whole segment, and each bucket carries its own checksum, so that nothing must be read before it is needed.
struct IndexContent {
    static let magic = Array("PLINDEX\u{1}".utf8)
    static let headerLength = 128
    static let lineLength = 64
    static let bucketLimit = 1 << 15
    /// Bits of the filter for each distinct token: one false answer in some 350 blocks, for less than ten bytes an audit event.
    static let bitsPerToken = 13

    let shape: IndexShape
    let areNamesComplete: Bool
    let occurred: [ClosedRange<Int64>?]
    let fields: [(UInt64, Bool)]
    let values: [(UInt64, UInt64)]
    /// The tokens of each group; nil for a group with too many, which is always a candidate.
    let tokens: [[UInt64]?]

    /// Buckets for the group with most tokens; but groups much beyond the mean get a worse filter instead of making all others larger.
    private var buckets: Int {
        let counts = tokens.compactMap { $0?.count }
        guard let most = counts.max() else { return 1 }
        let enough = min(most, 2 * counts.reduce(0, +) / counts.count)
        return min(max(1, (enough * Self.bitsPerToken + 511) / 512), Self.bucketLimit)
    }

    func bytes(logID: [UInt8], segment: UInt64, footer: MerkleHash) -> [UInt8] {
        var tables: [UInt8] = []
        for range in occurred {
            tables.put(range?.lowerBound ?? Int64.max)
            tables.put(range?.upperBound ?? Int64.min)
        }
        for (name, hasDictionary) in fields {
            tables.put(name)
            tables.put(UInt64(hasDictionary ? 1 : 0))
        }
        for (value, groups) in values {
            tables.put(value)
            tables.put(groups)
        }
        var bytes = Self.magic + logID
        bytes.put(segment)
        bytes.put(footer)
        for number in [shape.blocks, buckets, fields.count, values.count, areNamesComplete ? 1 : 0] { bytes.put(UInt32(number)) }
        bytes += [UInt8](repeating: 0, count: 36)
        bytes.put(CRC32C.sum(tables))
        bytes.put(CRC32C.sum(bytes))
        return bytes + tables + filters(buckets)
    }

    private func filters(_ buckets: Int) -> [UInt8] {
        let lines = shape.groups * Self.lineLength
        var bytes = [UInt8](repeating: 0, count: buckets * (lines + 4))
        bytes.withUnsafeMutableBytes { buffer in
            for (group, list) in tokens.enumerated() {
                let start = group * Self.lineLength
                guard let list else {
                    for bucket in 0..<buckets {
                        for place in 0..<Self.lineLength { buffer[bucket * (lines + 4) + start + place] = 0xFF }
                    }
                    continue
                }
                for token in list {
                    let spot = BloomSpot(token, buckets: buckets)
                    let line = spot.bucket * (lines + 4) + start
                    for number in 0..<BloomSpot.hashes {
                        let bit = spot.bit(number)
                        buffer[line + bit >> 3] |= 1 << UInt8(bit & 7)
                    }
                }
            }
            for bucket in 0..<buckets {
                let start = bucket * (lines + 4)
                let sum = CRC32C.sum(UnsafeRawBufferPointer(rebasing: buffer[start..<start + lines]), seed: UInt32(bucket))
                buffer.storeBytes(of: sum.littleEndian, toByteOffset: start + lines, as: UInt32.self)
            }
        }
        return bytes
    }
}

/// Where a token lies in a filter.
struct BloomSpot {
    static let hashes = 6
    let bucket: Int
    private let bits: UInt64

    @inline(__always)
    init(_ token: UInt64, buckets: Int) {
        bucket = Int(token.multipliedFullWidth(by: UInt64(buckets)).high)
        bits = TokenHash.mix(token, 0xC2B2_AE3D_27D4_EB4F)
    }

    @inline(__always)
    func bit(_ number: Int) -> Int { Int(bits >> UInt64(9 * number) & 511) }

    /// Whether all bits are set in a line.
    @inline(__always)
    func isSet(in bytes: [UInt8], line: Int) -> Bool {
        for number in 0..<Self.hashes {
            let bit = bit(number)
            if bytes[line + bit >> 3] >> UInt8(bit & 7) & 1 == 0 { return false }
        }
        return true
    }
}

/// Header and tables of an index file, checked in themselves and against the segment they are of.
struct IndexTables: Sendable {
    let shape: IndexShape
    let header: [UInt8]
    private let tables: [UInt8]
    private let buckets: Int
    private let fieldCount: Int
    private let valueCount: Int

    /// Reads them from an open file; nil when a byte of them is not as written, or they are of another segment.
    ///
    /// - Throws: `.file` when reading fails.
    init?(_ files: FileEffects, _ file: Int32, logID: [UInt8], segment: UInt64, footer: MerkleHash, blocks: Int)
        throws(VaultError)
    {
        let size = try files.size(file)
        let header = try files.readUpTo(file, IndexContent.headerLength, at: 0)
        guard header.count == IndexContent.headerLength, header.starts(with: IndexContent.magic),
            CRC32C.sum(header[..<124]) == header.number(UInt32.self, at: 124), Array(header[8..<24]) == logID,
            header.number(UInt64.self, at: 24) == segment, header.hash(at: 32) == footer,
            Int(header.number(UInt32.self, at: 64)) == blocks
        else { return nil }
        shape = IndexShape(blocks: blocks)
        buckets = Int(header.number(UInt32.self, at: 68))
        fieldCount = Int(header.number(UInt32.self, at: 72))
        valueCount = Int(header.number(UInt32.self, at: 76))
        let names = IndexBuilder.nameLimit
        guard (1...IndexContent.bucketLimit).contains(buckets), fieldCount <= names,
            valueCount <= names * IndexBuilder.valueLimit
        else { return nil }
        let length = 16 * (shape.groups + fieldCount + valueCount)
        let end = UInt64(IndexContent.headerLength + length)
        let filters = UInt64(buckets * (shape.groups * IndexContent.lineLength + 4))
        guard size == end + filters else { return nil }
        let tables = try files.readUpTo(file, length, at: UInt64(IndexContent.headerLength))
        guard tables.count == length, CRC32C.sum(tables) == header.number(UInt32.self, at: 120) else { return nil }
        (self.header, self.tables) = (header, tables)
    }

    /// Whether a name that is not in the table of fields is in no record.
    var areNamesComplete: Bool { header.number(UInt32.self, at: 80) & 1 == 1 }

    /// Groups with an event in a range of time.
    func groups(occurredIn range: Range<Int64>) -> UInt64 {
        var groups: UInt64 = 0
        for group in 0..<shape.groups {
            let first = tables.number(Int64.self, at: group * 16)
            let last = tables.number(Int64.self, at: group * 16 + 8)
            if first <= last, last >= range.lowerBound, first < range.upperBound { groups |= 1 << UInt64(group) }
        }
        return groups
    }

    /// What is known of a name: nil when it is not in the table, else whether its values are in the dictionary.
    func hasDictionary(_ name: UInt64) -> Bool? {
        entry(name, from: shape.groups, count: fieldCount).map { $0 == 1 }
    }

    /// Groups with a value of the dictionary; none when it is not there.
    func groups(value: UInt64) -> UInt64 { entry(value, from: shape.groups + fieldCount, count: valueCount) ?? 0 }

    /// The second half of the entry whose first half is a hash.
    private func entry(_ hash: UInt64, from start: Int, count: Int) -> UInt64? {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if tables.number(UInt64.self, at: (start + middle) * 16) < hash { low = middle + 1 } else { high = middle }
        }
        guard low < count, tables.number(UInt64.self, at: (start + low) * 16) == hash else { return nil }
        return tables.number(UInt64.self, at: (start + low) * 16 + 8)
    }

    /// Groups whose filter has a token, of those asked for; nil when the bucket is damaged.
    ///
    /// - Throws: `.file` when reading fails.
    func groups(token: UInt64, of wanted: UInt64, _ files: FileEffects, _ file: Int32) throws(VaultError) -> UInt64? {
        let spot = BloomSpot(token, buckets: buckets)
        let lines = shape.groups * IndexContent.lineLength
        let offset = IndexContent.headerLength + tables.count + spot.bucket * (lines + 4)
        let bytes = try files.readUpTo(file, lines + 4, at: UInt64(offset))
        guard bytes.count == lines + 4,
            bytes.withUnsafeBytes({ CRC32C.sum($0.part(0, lines), seed: UInt32(spot.bucket)) })
                == bytes.number(UInt32.self, at: lines)
        else { return nil }
        var groups = wanted
        var rest = wanted
        while rest != 0 {
            let group = rest.trailingZeroBitCount
            rest &= rest &- 1
            if !spot.isSet(in: bytes, line: group * IndexContent.lineLength) { groups &= ~(1 << UInt64(group)) }
        }
        return groups
    }
}
