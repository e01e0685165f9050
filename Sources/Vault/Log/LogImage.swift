/// Where one frame of the active segment lies.
struct FrameReference: Hashable, Sendable {
    var file: UInt64
    var offset: UInt64
    var first: UInt64
    var count: Int
    var received: Int64
}

/// The file that takes the next frame.
struct ActiveTail: Hashable, Sendable {
    var header: ActiveHeader
    /// Where the next frame goes.
    var offset: UInt64
    /// Length of the file.
    var length: UInt64
}

/// What is known of a log at one moment: the roots of sealed segments, and of the active segment its leaf hashes and where its frames lie.
/// A value: the writer changes its own copy, readers keep theirs. Records and lower nodes are read from disk when asked for, and rehashed.
struct LogImage: NodeSource, Sendable {
    let files: FileEffects
    let layout: Layout
    let identity: LogIdentity
    /// One leaf for each sealed segment: its root.
    var segments = MerkleTree()
    /// Hash of the last sealed footer; the log id's hash before the first.
    var footerHash: MerkleHash
    /// Frames of the active segment, oldest first.
    var frames: [FrameReference] = []
    /// Leaves of the active segment.
    var leaves = MerkleTree()
    /// The whole log's edge, from ingest.
    var range = CompactRange()
    /// Hash that the next frame names.
    var chain: MerkleHash
    var tail: ActiveTail?
    /// Latest receive time; never decreases.
    var lastReceived: Int64 = 0

    init(_ files: FileEffects, _ layout: Layout, _ identity: LogIdentity) {
        self.files = files
        self.layout = layout
        self.identity = identity
        footerHash = .plain(identity.id)
        chain = footerHash
    }

    var size: UInt64 { range.size }
    var sealedSize: UInt64 { segments.size << UInt64(identity.segmentHeight) }

    func node(level: Int, index: UInt64) throws(VaultError) -> MerkleHash {
        guard (0..<63).contains(level), index < size >> UInt64(level) else {
            throw VaultError(
                .outOfRange, "the log of \(size) records has no node \(index) of level \(level)")
        }
        let first = index << UInt64(level)
        if first >= sealedSize, level <= identity.segmentHeight {
            return try leaves.node(level: level, index: (first - sealedSize) >> UInt64(level))
        }
        if level >= identity.segmentHeight {
            if (index + 1) << UInt64(level) <= sealedSize {
                return try segments.node(level: level - identity.segmentHeight, index: index)
            }
            return .node(
                try node(level: level - 1, index: index * 2),
                try node(level: level - 1, index: index * 2 + 1))
        }
        let segment = try SealedSegment(self, first >> UInt64(identity.segmentHeight))
        defer { segment.close() }
        let within = first - segment.footer.first
        if level >= Tile.height {
            var tiles = MerkleTree()
            for tile in segment.footer.tiles { tiles.append(tile) }
            return try tiles.node(level: level - Tile.height, index: within >> UInt64(level))
        }
        var tile = MerkleTree()
        for record in try segment.tile(Int(within >> 8)) { tile.append(.leaf(record)) }
        return try tile.node(level: level, index: (within & 255) >> UInt64(level))
    }

    /// One record, rehashed against the tree.
    ///
    /// - Throws: `.outOfRange` when there is none of that index; `.damaged` when its bytes are not those that were hashed.
    func record(_ index: UInt64) throws(VaultError) -> [UInt8] {
        guard index < size else {
            throw VaultError(.outOfRange, "there is no record \(index) in a log of \(size)")
        }
        if index >= sealedSize { return try activeRecord(index) }
        let segment = try SealedSegment(self, index >> UInt64(identity.segmentHeight))
        defer { segment.close() }
        let within = Int(index - segment.footer.first)
        return try segment.tile(within >> 8)[within & 255]
    }

    private func activeRecord(_ index: UInt64) throws(VaultError) -> [UInt8] {
        let expected = try leaves.node(level: 0, index: index - sealedSize)
        let place = frames.partition(from: 0) { $0.first + UInt64($0.count) > index }
        do {
            let frame = try read(frames[place])
            let record = Array(frame.packed[frame.ranges[Int(index - frames[place].first)]])
            if MerkleHash.leaf(record) == expected { return record }
        } catch  where error.code != .file {
            // The segment may have been sealed since this image was taken; then its file was recycled.
            let number = index >> UInt64(identity.segmentHeight)
            if try files.exists(layout.sealed(number)) {
                let segment = try SealedSegment(
                    layout: layout, files: files, identity: identity, number: number)
                defer { segment.close() }
                let within = Int(index - segment.footer.first)
                let record = try segment.tile(within >> 8)[within & 255]
                if MerkleHash.leaf(record) == expected { return record }
            }
        }
        throw VaultError(
            .damaged, "the record is not the one that was hashed", at: "record \(index)",
            remedy: "run plumbline vault verify")
    }

    /// Reads a frame of the active segment again, from disk.
    func read(_ reference: FrameReference) throws(VaultError) -> Frame {
        let path = layout.active(reference.file)
        let file = try files.open(path, .read)
        defer { files.close(file) }
        let length = try files.size(file)
        guard let frame = try Frame.read(files, file, at: reference.offset, end: length),
            frame.header.first == reference.first,
            frame.header.count == reference.count, frame.header.logID == identity.id
        else {
            throw VaultError(
                .damaged, "the frame at byte \(reference.offset) is damaged",
                at:
                    "\(path): records \(reference.first)...\(reference.first + UInt64(reference.count) - 1)",
                remedy: "run plumbline vault verify")
        }
        return frame
    }

    /// Takes a frame that is durable.
    mutating func take(_ reference: FrameReference, leaves new: [MerkleHash], hash: MerkleHash) {
        frames.append(reference)
        for leaf in new {
            leaves.append(leaf)
            range.append(leaf)
        }
        chain = hash
        lastReceived = max(lastReceived, reference.received)
    }
}

/// A sealed segment, open for reading; close it after use.
struct SealedSegment {
    let files: FileEffects
    let file: Int32
    let path: String
    let footer: SealedFooter

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

    init(
        layout: Layout, files: FileEffects, identity: LogIdentity, number: UInt64, path: String? = nil
    ) throws(VaultError) {
        self.files = files
        self.path = path ?? layout.sealed(number)
        file = try files.open(self.path, .read)
        do throws(VaultError) {
            footer = try SealedFooter(files, file, path: self.path, identity: identity, segment: number)
        } catch {
            files.close(file)
            throw error
        }
    }

    func close() { files.close(file) }

    /// The 256 records of a tile of the segment, checked against the footer's hash of level 8.
    func tile(_ tile: Int) throws(VaultError) -> [[UInt8]] {
        let wanted = tile * Tile.fullWidth..<(tile + 1) * Tile.fullWidth
        var records: [[UInt8]] = []
        var range = CompactRange()
        while records.count < Tile.fullWidth,
            let block = footer.block(of: wanted.lowerBound + records.count)
        {
            let (packed, ranges) = try block.read(files, file, path: path, segmentFirst: footer.first)
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
        var wrong: [Int] = []
        var range = CompactRange()
        var tile = 0
        for block in footer.blocks {
            let (packed, ranges) = try block.read(files, file, path: path, segmentFirst: footer.first)
            for leaf in Entries.leaves(packed, ranges) {
                range.append(leaf)
                guard range.size == UInt64(Tile.fullWidth) else { continue }
                if range.root != footer.tiles[tile] { wrong.append(tile) }
                tile += 1
                range = CompactRange()
            }
        }
        return wrong
    }
}
