/// One compressed block of a sealed segment.
struct BlockEntry: Hashable, Sendable {
    static let length = 48

    var offset: UInt64
    var stored: Int
    var packed: Int
    /// First leaf of the block within the segment.
    var first: Int
    var count: Int
    var checksum: UInt32
    var firstReceived: Int64
    var lastReceived: Int64
}

/// Header, footer and trailer of a sealed segment; the blocks lie between.
///
/// Header, 64 bytes: magic (8), log id (16), segment (8), first sequence (8), leaves (4), height (4), zeros (12), CRC-32C of bytes 0..<60 (4).
/// Blocks: one zstd frame each, without gaps. Footer: hash of the footer before (32), root (32), hash of the last frame (32), index of the last
/// control leaf up to the end of the segment plus one, or zero (8), blocks (4), tiles (4), length of the tally (4), zeros (4), each block (48:
/// offset 8, stored 4, packed 4, first leaf 4, leaves 4, CRC-32C of the stored bytes 4, zeros 4, first and last received 8 + 8), one hash of
/// level 8 for each 256 leaves (32), the running tally at the end of the segment. Trailer, 48 bytes: SHA-256 of header and footer (32), footer
/// length (4), zeros (4), magic (8). A pruned segment is the same file without its blocks.
struct SealedFooter: Hashable, Sendable {
    static let magic = Array("PLSEAL\0\u{1}".utf8)
    static let endMagic = Array("PLEND\0\0\u{1}".utf8)
    static let headerLength = 64
    static let trailerLength = 48
    /// Bytes of the footer before its blocks.
    static let fixedLength = 120
    /// Packed bytes of one block.
    static let blockBytes = 1 << 20

    var logID: [UInt8]
    var segment: UInt64
    var height: Int
    var previous: MerkleHash
    /// Hash of the segment's last frame, which the next segment's first frame names.
    var chain: MerkleHash
    /// Index of the last control leaf of the log up to the end of this segment.
    var control: UInt64?
    var blocks: [BlockEntry]
    /// The hashes of level 8, one for each 256 leaves.
    var tiles: [MerkleHash]
    /// What was counted since the last daily seal, at the end of this segment.
    var tally: Tally

    var leaves: Int { 1 << height }
    /// When its first and last record were received.
    var received: ClosedRange<Int64> {
        let first = blocks.first?.firstReceived ?? 0
        return first...max(first, blocks.last?.lastReceived ?? 0)
    }
    var first: UInt64 { segment << UInt64(height) }

    /// The root of the segment, computed from its tiles.
    var root: MerkleHash {
        var range = CompactRange()
        for tile in tiles { range.append(tile) }
        return range.root
    }

    var header: [UInt8] {
        var bytes = Self.magic + logID
        bytes.put(segment)
        bytes.put(first)
        bytes.put(UInt32(leaves))
        bytes.put(UInt32(height))
        bytes += [UInt8](repeating: 0, count: 12)
        bytes.put(CRC32C.sum(bytes))
        return bytes
    }

    var footer: [UInt8] {
        var bytes: [UInt8] = []
        bytes.put(previous)
        bytes.put(root)
        bytes.put(chain)
        bytes.put(control.map { $0 + 1 } ?? 0)
        bytes.put(UInt32(blocks.count))
        bytes.put(UInt32(tiles.count))
        let tally = tally.bytes
        bytes.put(UInt32(tally.count))
        bytes.put(UInt32(0))
        for block in blocks {
            bytes.put(block.offset)
            bytes.put(UInt32(block.stored))
            bytes.put(UInt32(block.packed))
            bytes.put(UInt32(block.first))
            bytes.put(UInt32(block.count))
            bytes.put(block.checksum)
            bytes.put(UInt32(0))
            bytes.put(block.firstReceived)
            bytes.put(block.lastReceived)
        }
        for tile in tiles { bytes.put(tile) }
        return bytes + tally
    }

    /// What the next segment's footer names.
    var hash: MerkleHash { .plain(header + footer) }

    /// Footer and trailer.
    var end: [UInt8] {
        var bytes = footer
        let length = UInt32(bytes.count)
        bytes.put(hash)
        bytes.put(length)
        bytes.put(UInt32(0))
        return bytes + Self.endMagic
    }

    init(
        logID: [UInt8], segment: UInt64, height: Int, previous: MerkleHash, chain: MerkleHash, control: UInt64?,
        blocks: [BlockEntry], tiles: [MerkleHash], tally: Tally
    ) {
        self.logID = logID
        self.segment = segment
        self.height = height
        self.previous = previous
        self.chain = chain
        self.control = control
        self.blocks = blocks
        self.tiles = tiles
        self.tally = tally
    }

    /// Reads header, footer and trailer of an open file and checks them in themselves: magic, log, number, hash, root, and that the blocks
    /// follow one another and hold every leaf.
    ///
    /// - Throws: `.damaged` saying which part; `.foreign` when it is of another log; `.file` when reading fails.
    init(
        _ files: FileEffects, _ file: Int32, path: String, identity: LogIdentity, segment: UInt64, isPruned: Bool = false
    ) throws(VaultError) {
        func damaged(_ what: String) -> VaultError {
            VaultError(
                .damaged, what, at: path, remedy: "restore this segment from a copy; then verify again")
        }
        let size = try files.size(file)
        guard size >= UInt64(Self.headerLength + Self.trailerLength) else {
            throw damaged("the segment is truncated to \(size) bytes")
        }
        let trailer = try files.readExactly(
            file, Self.trailerLength, at: size - UInt64(Self.trailerLength), path: path)
        let length = UInt64(trailer.number(UInt32.self, at: 32))
        guard Array(trailer[40...]) == Self.endMagic, trailer.number(UInt32.self, at: 36) == 0 else {
            throw damaged(
                "the trailer of the segment is damaged, or the file is truncated or longer than it was")
        }
        let tileCount = identity.segmentLeaves >> 8
        let fixed = UInt64(Self.fixedLength)
        guard length >= fixed + tileCount * 32,
            length <= fixed + tileCount * 32 + identity.segmentLeaves * UInt64(BlockEntry.length) + UInt64(Tally.byteLimit),
            length + UInt64(Self.headerLength + Self.trailerLength) <= size
        else { throw damaged("the footer of the segment has an impossible length") }
        let header = try files.readExactly(file, Self.headerLength, at: 0, path: path)
        let start = size - UInt64(Self.trailerLength) - length
        let footer = try files.readExactly(file, Int(length), at: start, path: path)
        guard header.starts(with: Self.magic),
            CRC32C.sum(header[..<60]) == header.number(UInt32.self, at: 60)
        else {
            throw damaged("the header of the segment is damaged")
        }
        guard MerkleHash.plain(header + footer) == trailer.hash(at: 0) else {
            throw damaged("the footer of the segment is damaged")
        }
        guard Array(header[8..<24]) == identity.id else {
            throw VaultError(.foreign, "the segment is of another log", at: path)
        }
        guard header.number(UInt64.self, at: 24) == segment else {
            throw damaged(
                "the file holds segment \(header.number(UInt64.self, at: 24)): segments were swapped or copied"
            )
        }
        let blockCount = Int(footer.number(UInt32.self, at: 104))
        let tallyLength = Int(footer.number(UInt32.self, at: 112))
        let tilesStart = Self.fixedLength + blockCount * BlockEntry.length
        let tallyStart = tilesStart + Int(tileCount) * 32
        guard footer.number(UInt32.self, at: 108) == tileCount, tallyStart + tallyLength == footer.count,
            let tally = Tally(Array(footer[tallyStart...]))
        else {
            throw damaged("the footer of the segment is damaged")
        }
        let control = footer.number(UInt64.self, at: 96)
        self.init(
            logID: identity.id, segment: segment, height: identity.segmentHeight, previous: footer.hash(at: 0),
            chain: footer.hash(at: 64), control: control == 0 ? nil : control - 1,
            blocks: (0..<blockCount).map { Self.block(footer, at: Self.fixedLength + $0 * BlockEntry.length) },
            tiles: (0..<Int(tileCount)).map { footer.hash(at: tilesStart + $0 * 32) }, tally: tally)
        guard isWhole(blocksEnd: isPruned ? nil : start), !isPruned || start == Self.headerLength, self.header == header,
            self.footer == footer
        else {
            throw damaged("the footer of the segment contradicts itself")
        }
    }

    private static func block(_ footer: [UInt8], at offset: Int) -> BlockEntry {
        BlockEntry(
            offset: footer.number(UInt64.self, at: offset),
            stored: Int(footer.number(UInt32.self, at: offset + 8)),
            packed: Int(footer.number(UInt32.self, at: offset + 12)),
            first: Int(footer.number(UInt32.self, at: offset + 16)),
            count: Int(footer.number(UInt32.self, at: offset + 20)),
            checksum: footer.number(UInt32.self, at: offset + 24),
            firstReceived: footer.number(Int64.self, at: offset + 32),
            lastReceived: footer.number(Int64.self, at: offset + 40))
    }

    /// Whether the blocks follow one another and hold every leaf; without an end when they are no longer there.
    private func isWhole(blocksEnd: UInt64?) -> Bool {
        var offset = UInt64(Self.headerLength)
        var leaf = 0
        for block in blocks {
            guard block.offset == offset, block.first == leaf, block.count > 0,
                block.packed <= Decompressor.limit, block.firstReceived >= 0, block.lastReceived >= block.firstReceived
            else { return false }
            offset += UInt64(block.stored)
            leaf += block.count
        }
        return offset == blocksEnd ?? offset && leaf == leaves
    }

    /// Which block holds a leaf of the segment.
    func block(of leaf: Int) -> BlockEntry? {
        let place = blocks.partition(from: 0) { $0.first + $0.count > leaf }
        return place < blocks.count ? blocks[place] : nil
    }
}

extension Array {
    /// The first place where `isAfter` holds, when it holds from there to the end.
    func partition(from start: Int, _ isAfter: (Element) -> Bool) -> Int {
        var (low, high) = (start, count)
        while low < high {
            let middle = (low + high) / 2
            if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension BlockEntry {
    /// Reads and expands the block, checked by checksum, length and packing.
    ///
    /// - Throws: `.damaged` naming the leaves of the block; `.file` when reading fails.
    func read(_ files: FileEffects, _ file: Int32, path: String, segmentFirst: UInt64, _ decompressor: Decompressor? = nil)
        throws(VaultError) -> (packed: [UInt8], ranges: [Range<Int>])
    {
        let bytes = try files.readExactly(file, stored, at: offset, path: path)
        let from = segmentFirst + UInt64(first)
        let place = "\(path): records \(from)...\(from + UInt64(count) - 1)"
        guard CRC32C.sum(bytes) == checksum,
            let expanded = bytes.withUnsafeBytes({ stored in
                decompressor.map { $0.expand(stored, count: packed) } ?? Decompressor.expand(stored, count: packed)
            }),
            let ranges = Entries.ranges(expanded, count: count)
        else {
            throw VaultError(
                .damaged, "the block at byte \(offset) is damaged", at: place,
                remedy: "restore this segment from a copy")
        }
        return (expanded, ranges)
    }
}
