/// A sealed segment, open for reading; close it after use.
struct SealedSegment {
    let files: FileEffects
    let file: Int32
    let path: String
    let footer: SealedFooter
    /// Whether its records expired and are gone; its hashes are not.
    let isPruned: Bool

    /// Opens a segment and checks that it is the one the image knows.
    init(_ image: LogImage, _ number: UInt64) throws(VaultError) {
        try self.init(
            layout: image.layout, files: image.files, identity: image.identity, number: number)
        guard footer.root == (try image.segments.node(level: 0, index: number)) else {
            close()
            throw VaultError(
                .damaged, "the segment was replaced by another", at: path,
                remedy: "restore this segment from a copy")
        }
    }

    /// Opens a segment, whole or pruned.
    init(layout: Layout, files: FileEffects, identity: LogIdentity, number: UInt64) throws(VaultError) {
        do throws(VaultError) {
            try self.init(path: layout.sealed(number), isPruned: false, files, identity, number)
        } catch  where error.code == .notFound {
            do throws(VaultError) {
                try self.init(path: layout.pruned(number), isPruned: true, files, identity, number)
            } catch  where error.code == .notFound {
                throw VaultError(
                    .notFound, "the sealed segment is missing", at: layout.sealed(number), remedy: "restore it from a copy")
            }
        }
    }

    private init(path: String, isPruned: Bool, _ files: FileEffects, _ identity: LogIdentity, _ number: UInt64) throws(VaultError)
    {
        self.files = files
        self.path = path
        self.isPruned = isPruned
        file = try files.open(path, .read)
        do throws(VaultError) {
            footer = try SealedFooter(files, file, path: path, identity: identity, segment: number, isPruned: isPruned)
        } catch {
            files.close(file)
            throw error
        }
    }

    func close() { files.close(file) }

    /// Reads and expands a block.
    ///
    /// - Throws: `.expired` when the segment was pruned; `.damaged`; `.file`.
    func read(_ block: BlockEntry, _ decompressor: Decompressor? = nil) throws(VaultError) -> (
        packed: [UInt8], ranges: [Range<Int>]
    ) {
        guard !isPruned else {
            let from = footer.first
            throw VaultError(
                .expired, "the records expired and were pruned; their hashes are still in the tree",
                at: "records \(from)...\(from + UInt64(footer.leaves) - 1)")
        }
        return try block.read(files, file, path: path, segmentFirst: footer.first, decompressor)
    }

    /// The 256 records of a tile of the segment, checked against the footer's hash of level 8.
    func tile(_ tile: Int) throws(VaultError) -> [[UInt8]] {
        let wanted = tile * Tile.fullWidth..<(tile + 1) * Tile.fullWidth
        var records: [[UInt8]] = []
        var range = CompactRange()
        while records.count < Tile.fullWidth,
            let block = footer.block(of: wanted.lowerBound + records.count)
        {
            let (packed, ranges) = try read(block)
            for place in ranges.indices where wanted.contains(block.first + place) {
                records.append(Array(packed[ranges[place]]))
                range.append(.leaf(records[records.count - 1]))
            }
        }
        guard records.count == Tile.fullWidth, range.root == footer.tiles[tile] else {
            let from = footer.first + UInt64(wanted.lowerBound)
            throw VaultError(
                .damaged, "the records do not have the hash that was sealed",
                at: "\(path): records \(from)...\(from + 255)",
                remedy: "restore this segment from a copy")
        }
        return records
    }

    /// Rehashes every record and says which tiles do not have their hash.
    func wrongTiles() throws(VaultError) -> [Int] {
        let decompressor = try Decompressor()
        var wrong: [Int] = []
        var leaves: [MerkleHash] = []
        for block in footer.blocks {
            let (packed, ranges) = try read(block, decompressor)
            leaves += BatchHash.leaves(packed, count: ranges.count)
        }
        for (place, tile) in footer.tiles.enumerated()
        where BatchHash.tile(Array(leaves[place * Tile.fullWidth..<(place + 1) * Tile.fullWidth])) != tile {
            wrong.append(place)
        }
        return wrong
    }
}
