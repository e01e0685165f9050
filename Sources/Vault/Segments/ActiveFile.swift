/// The first page of a file of the active segment.
///
/// Offsets in bytes, numbers little-endian: 0 magic (8), 8 log id (16), 24 nonce (16), 40 file number (8), 48 segment (8),
/// 56 first sequence (8), 64 hash of the frame or footer before (32), 96 CRC-32C of bytes 0..<96 (4), then zeros to 4,096.
struct ActiveHeader: Hashable, Sendable {
    static let magic = Array("PLWAL\0\0\u{1}".utf8)
    /// Frames begin at multiples of this, so that no write ever touches a page that was acknowledged before.
    static let page = 4_096

    var logID: [UInt8]
    var nonce: [UInt8]
    var number: UInt64
    var segment: UInt64
    var first: UInt64
    var previous: MerkleHash

    var bytes: [UInt8] {
        var bytes = Self.magic + logID + nonce
        bytes.put(number)
        bytes.put(segment)
        bytes.put(first)
        bytes.put(previous)
        bytes.put(CRC32C.sum(bytes))
        return bytes + [UInt8](repeating: 0, count: Self.page - bytes.count)
    }

    /// Reads the first page; nil when it is not exactly what `bytes` writes.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.page, bytes.starts(with: Self.magic),
            CRC32C.sum(bytes[..<96]) == bytes.number(UInt32.self, at: 96),
            bytes[100...].allSatisfy({ $0 == 0 })
        else { return nil }
        logID = Array(bytes[8..<24])
        nonce = Array(bytes[24..<40])
        number = bytes.number(UInt64.self, at: 40)
        segment = bytes.number(UInt64.self, at: 48)
        first = bytes.number(UInt64.self, at: 56)
        previous = bytes.hash(at: 64)
    }

    init(
        logID: [UInt8], nonce: [UInt8], number: UInt64, segment: UInt64, first: UInt64,
        previous: MerkleHash
    ) {
        self.logID = logID
        self.nonce = nonce
        self.number = number
        self.segment = segment
        self.first = first
        self.previous = previous
    }
}

/// One write of the active segment: records that became durable together.
///
/// Offsets in bytes, numbers little-endian: 0 magic (4), 4 form (4; 0 plain, 1 zstd), 8 log id (16), 24 nonce (16), 40 first sequence (8),
/// 48 records (4), 52 stored length (4), 56 packed length (4), 60 CRC-32C of header, with this field zero, and payload (4), 64 received,
/// UTC microseconds (8), 72 hash of the frame before (32), 104 payload, then zeros to the next page.
struct FrameHeader: Hashable, Sendable {
    static let magic = Array("PLFR".utf8)
    static let length = 104
    /// Most records of one frame.
    static let recordLimit = 4_096
    /// Payloads up to this many bytes are stored plain.
    static let plainLimit = 4_096

    var isCompressed: Bool
    var logID: [UInt8]
    var nonce: [UInt8]
    var first: UInt64
    var count: Int
    var stored: Int
    var packed: Int
    var received: Int64
    var previous: MerkleHash
    var checksum: UInt32 = 0

    /// Bytes on disk, with the zeros that fill the last page.
    var span: Int {
        (Self.length + stored + ActiveHeader.page - 1) / ActiveHeader.page * ActiveHeader.page
    }

    /// Header and payload, filled up to whole pages, and the hash that the next frame will name.
    func frame(_ payload: [UInt8]) -> (bytes: [UInt8], hash: MerkleHash) {
        var bytes = Self.magic
        bytes.reserveCapacity(span)
        bytes.put(UInt32(isCompressed ? 1 : 0))
        bytes += logID + nonce
        bytes.put(first)
        bytes.put(UInt32(count))
        bytes.put(UInt32(stored))
        bytes.put(UInt32(packed))
        bytes.put(UInt32(0))
        bytes.put(received)
        bytes.put(previous)
        bytes += payload
        bytes.set(CRC32C.sum(bytes), at: 60)
        let hash = MerkleHash.plain(bytes)
        bytes += [UInt8](repeating: 0, count: span - bytes.count)
        return (bytes, hash)
    }

    /// Reads a header alone; nil when its fields are impossible. The checksum is not known yet to hold.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.length, bytes.starts(with: Self.magic) else { return nil }
        let form = bytes.number(UInt32.self, at: 4)
        guard form <= 1 else { return nil }
        isCompressed = form == 1
        logID = Array(bytes[8..<24])
        nonce = Array(bytes[24..<40])
        first = bytes.number(UInt64.self, at: 40)
        count = Int(bytes.number(UInt32.self, at: 48))
        stored = Int(bytes.number(UInt32.self, at: 52))
        packed = Int(bytes.number(UInt32.self, at: 56))
        checksum = bytes.number(UInt32.self, at: 60)
        received = bytes.number(Int64.self, at: 64)
        previous = bytes.hash(at: 72)
        guard (1...Self.recordLimit).contains(count), (1...Decompressor.limit).contains(stored),
            (1...Decompressor.limit).contains(packed),
            isCompressed || stored == packed, first < UInt64.max / 2, received >= 0
        else { return nil }
    }

    init(
        isCompressed: Bool, logID: [UInt8], nonce: [UInt8], first: UInt64, count: Int, stored: Int,
        packed: Int, received: Int64, previous: MerkleHash
    ) {
        self.isCompressed = isCompressed
        self.logID = logID
        self.nonce = nonce
        self.first = first
        self.count = count
        self.stored = stored
        self.packed = packed
        self.received = received
        self.previous = previous
    }
}

/// A frame read and checked in itself: checksum, padding, compression, packing.
struct Frame {
    let header: FrameHeader
    /// Header, payload and padding as they lie on disk.
    let bytes: [UInt8]
    let packed: [UInt8]
    let ranges: [Range<Int>]

    /// Hash of header and payload, which the next frame names. Worked out when asked for: whoever reads a frame back need not know it.
    var hash: MerkleHash {
        bytes.withUnsafeBytes { MerkleHash.plain(UnsafeRawBufferPointer(rebasing: $0[..<(FrameHeader.length + header.stored)])) }
    }

    /// The payload as it is stored.
    var stored: ArraySlice<UInt8> { bytes[FrameHeader.length..<FrameHeader.length + header.stored] }

    /// Reads the frame at an offset; nil when there is no whole, right one there.
    ///
    /// - Throws: `.file` when reading fails.
    static func read(_ files: FileEffects, _ file: Int32, at offset: UInt64, end: UInt64, _ decompressor: Decompressor? = nil)
        throws(VaultError) -> Frame?
    {
        guard offset + UInt64(FrameHeader.length) <= end else { return nil }
        let first = try files.readUpTo(file, ActiveHeader.page, at: offset)
        guard let header = FrameHeader(first), offset + UInt64(header.span) <= end else { return nil }
        var bytes = first
        if header.span > ActiveHeader.page {
            bytes += try files.readUpTo(
                file, header.span - ActiveHeader.page, at: offset + UInt64(ActiveHeader.page))
        }
        guard bytes.count == header.span else { return nil }
        return Frame(header, bytes, decompressor)
    }

    private init?(_ header: FrameHeader, _ bytes: [UInt8], _ decompressor: Decompressor?) {
        let end = FrameHeader.length + header.stored
        guard bytes[end...].allSatisfy({ $0 == 0 }) else { return nil }
        let checksum = bytes.withUnsafeBytes { bytes in
            // The checksum was taken with its own four bytes zero.
            let head = CRC32C.sum(UnsafeRawBufferPointer(rebasing: bytes[..<60]))
            return CRC32C.sum(UnsafeRawBufferPointer(rebasing: bytes[64..<end]), seed: CRC32C.sum([0, 0, 0, 0], seed: head))
        }
        guard checksum == header.checksum else { return nil }
        let payload = FrameHeader.length..<end
        let packed: [UInt8]? =
            header.isCompressed
            ? bytes.withUnsafeBytes {
                let stored = UnsafeRawBufferPointer(rebasing: $0[payload])
                return decompressor.map { $0.expand(stored, count: header.packed) }
                    ?? Decompressor.expand(stored, count: header.packed)
            } : Array(bytes[payload])
        guard let packed, let ranges = Entries.ranges(packed, count: header.count) else { return nil }
        self.header = header
        self.bytes = bytes
        self.packed = packed
        self.ranges = ranges
    }
}
