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

/// A segment that is not sealed yet: full and on its way to be sealed, or, the last one, still taking records.
struct OpenSegment: Sendable {
    let number: UInt64
    /// Frames, oldest first.
    var frames: [FrameReference] = []
    /// Leaves, hashed at ingest.
    var leaves = MerkleTree()
    /// Bytes of its frames on disk; its sealed form takes no more.
    var bytes: UInt64 = 0
    /// What its footer will say of its end; nil until it is full.
    var end: SegmentEnd?
}

/// What the footer of a segment says of its end.
struct SegmentEnd: Sendable {
    /// Hash of its last frame.
    let chain: MerkleHash
    /// Index of the last control leaf up to there.
    let control: UInt64?
    /// Counts since the last daily seal.
    let tally: Tally
}

/// What is known of a log at one moment: the roots of sealed segments, and of open segments their leaf hashes and where their frames lie.
/// A value: the writer changes its own copy, readers keep theirs. Records and lower nodes are read from disk when asked for, and rehashed.
struct LogImage: NodeSource, Sendable {
    let files: FileEffects
    let layout: Layout
    let identity: LogIdentity
    /// One leaf for each sealed segment: its root.
    var segments = MerkleTree()
    /// Segments at the beginning whose records were pruned.
    var pruned: UInt64 = 0
    /// Hash of the last sealed footer; the log id's hash before the first.
    var footerHash: MerkleHash
    /// Segments that are not sealed; the last one takes records.
    var open: [OpenSegment]
    /// Hash that the next frame names.
    var chain: MerkleHash
    var tail: ActiveTail?
    /// Latest receive time; never decreases.
    var lastReceived: Int64 = 0
    /// What the log says of itself.
    var state: VaultState
    /// Index of the last control leaf.
    var lastControl: UInt64?
    /// False only in a verification that passed over records it could not read: then the last control leaf is not known.
    var knowsControls = true
    /// Counts since the last daily seal.
    var tally = Tally()

    init(_ files: FileEffects, _ layout: Layout, _ identity: LogIdentity) {
        self.files = files
        self.layout = layout
        self.identity = identity
        footerHash = .plain(identity.id)
        chain = footerHash
        open = [OpenSegment(number: 0)]
        state = VaultState(epochKey: identity.epochKey)
    }

    var size: UInt64 { sealedSize + UInt64(open.count - 1) * identity.segmentLeaves + active.leaves.size }
    var sealedSize: UInt64 { segments.size << UInt64(identity.segmentHeight) }

    /// The segment that takes records.
    var active: OpenSegment {
        get { open[open.count - 1] }
        _modify { yield &open[open.count - 1] }
    }

    /// Whether the segment that takes records has all it can hold.
    var isActiveFull: Bool { active.leaves.size == identity.segmentLeaves }

    /// The open segment that holds a leaf.
    private func openPlace(_ index: UInt64) -> Int { Int((index - sealedSize) >> UInt64(identity.segmentHeight)) }

    /// The root over everything; reads no file, for the perfect subtrees of the whole are all held in memory.
    var root: MerkleHash { (try? root(size: size)) ?? .empty }

    func node(level: Int, index: UInt64) throws(VaultError) -> MerkleHash {
        guard (0..<63).contains(level), index < size >> UInt64(level) else {
            throw VaultError(
                .outOfRange, "the log of \(size) records has no node \(index) of level \(level)")
        }
        let first = index << UInt64(level)
        if first >= sealedSize, level <= identity.segmentHeight {
            let place = openPlace(first)
            let start = sealedSize + UInt64(place) * identity.segmentLeaves
            return try open[place].leaves.node(level: level, index: (first - start) >> UInt64(level))
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
    /// - Throws: `.outOfRange` when there is none of that index; `.expired` when it was pruned; `.damaged` when its bytes are not those that
    ///   were hashed.
    func record(_ index: UInt64) throws(VaultError) -> [UInt8] {
        guard index < size else {
            throw VaultError(.outOfRange, "there is no record \(index) in a log of \(size)")
        }
        if index >= sealedSize { return try openRecord(index) }
        let segment = try SealedSegment(self, index >> UInt64(identity.segmentHeight))
        defer { segment.close() }
        let within = Int(index - segment.footer.first)
        return try segment.tile(within >> 8)[within & 255]
    }

    private func openRecord(_ index: UInt64) throws(VaultError) -> [UInt8] {
        let segment = open[openPlace(index)]
        let expected = try node(level: 0, index: index)
        let place = segment.frames.partition(from: 0) { $0.first + UInt64($0.count) > index }
        do {
            let frame = try read(segment.frames[place])
            let record = Array(frame.packed[frame.ranges[Int(index - segment.frames[place].first)]])
            if MerkleHash.leaf(record) == expected { return record }
        } catch  where error.code != .file {
            // The segment may have been sealed since this image was taken; then its file was recycled.
            var isSealed = try files.exists(layout.sealed(segment.number))
            if !isSealed { isSealed = try files.exists(layout.pruned(segment.number)) }
            if isSealed {
                let sealed = try SealedSegment(layout: layout, files: files, identity: identity, number: segment.number)
                defer { sealed.close() }
                let within = Int(index - sealed.footer.first)
                let record = try sealed.tile(within >> 8)[within & 255]
                if MerkleHash.leaf(record) == expected { return record }
            }
        }
        throw VaultError(
            .damaged, "the record is not the one that was hashed", at: "record \(index)",
            remedy: "run plumbline vault verify")
    }

    /// Reads a frame of an open segment again, from disk.
    func read(_ reference: FrameReference) throws(VaultError) -> Frame {
        try FrameReader(files: files, layout: layout, logID: identity.id).read(reference, nil)
    }

    /// Takes a frame that is durable. When everything in it was noted, `openNext` must follow.
    mutating func take(_ reference: FrameReference, span: Int, leaves new: [MerkleHash], hash: MerkleHash) {
        active.frames.append(reference)
        active.bytes += UInt64(span)
        active.leaves.append(contentsOf: new)
        chain = hash
        lastReceived = max(lastReceived, reference.received)
    }

    /// Opens the next segment when this one is full; gives the full one.
    mutating func openNext() -> OpenSegment? {
        guard isActiveFull else { return nil }
        active.end = SegmentEnd(chain: chain, control: lastControl, tally: tally)
        let full = active
        open.append(OpenSegment(number: full.number + 1))
        return full
    }

    /// Counts the records of a frame and takes note of the vault's own.
    ///
    /// - Throws: `.damaged` when a control leaf cannot be read.
    mutating func note(_ packed: [UInt8], _ ranges: [Range<Int>], _ reference: FrameReference) throws(VaultError) {
        var start = 0
        for (place, range) in ranges.enumerated() {
            guard packed.withUnsafeBytes({ Control.isControl(UnsafeRawBufferPointer(rebasing: $0[range])) }) else { continue }
            count(SourceRuns(packed, ranges[start..<place]), reference.received)
            try take(Control(leaf: Array(packed[range])), index: reference.first + UInt64(place))
            start = place + 1
        }
        count(SourceRuns(packed, ranges[start...]), reference.received)
    }

    mutating func count(_ runs: SourceRuns, _ received: Int64) {
        for (source, records) in runs.runs { tally.count(source: source, records, at: received) }
    }

    /// Takes a control leaf that lies at an index.
    ///
    /// - Throws: `.damaged` when it says that it lies elsewhere, or follows another than the last one.
    mutating func take(_ control: Control, index: UInt64) throws(VaultError) {
        guard control.index == index, control.previous == lastControl || !knowsControls else {
            throw VaultError(
                .damaged, "the control record says it is \(control.index) after \(control.previous.map { "\($0)" } ?? "none")",
                at: "record \(index)", remedy: "run plumbline vault verify")
        }
        (lastControl, knowsControls) = (index, true)
        state = control.state
        switch control.event {
        case .seal(let seal): tally = tally.afterSeal(until: seal.period.upperBound)
        case .clockStep(_, let to, let step, _): tally.step(step, to: to)
        default: break
        }
    }
}

/// Reads frames of open segments from disk.
struct FrameReader: Sendable {
    let files: FileEffects
    let layout: Layout
    let logID: [UInt8]

    /// Reads and checks the frame that lies somewhere.
    ///
    /// - Throws: `.damaged` when another frame or none is there; `.notFound` when the file was recycled; `.file`.
    func read(_ reference: FrameReference, _ decompressor: Decompressor?) throws(VaultError) -> Frame {
        var kept: OpenActive?
        defer { if let kept { files.close(kept.file) } }
        return try read(reference, decompressor, &kept)
    }

    /// An active file that is held open for the next frame.
    struct OpenActive {
        var number: UInt64
        var file: Int32
        var length: UInt64
    }

    /// The same with a file that stays open: whoever reads frame after frame would open, measure and close it for each small one.
    func read(_ reference: FrameReference, _ decompressor: Decompressor?, _ kept: inout OpenActive?) throws(VaultError) -> Frame {
        let path = layout.active(reference.file)
        if let open = kept, open.number != reference.file {
            files.close(open.file)
            kept = nil
        }
        if kept == nil { kept = OpenActive(number: reference.file, file: try files.open(path, .read), length: 0) }
        var found = try kept.flatMap { open throws(VaultError) in
            try Frame.read(files, open.file, at: reference.offset, end: open.length, decompressor)
        }
        if found == nil, var open = kept {
            // It grows while it is filled.
            open.length = try files.size(open.file)
            kept = open
            found = try Frame.read(files, open.file, at: reference.offset, end: open.length, decompressor)
        }
        guard let frame = found, frame.header.first == reference.first,
            frame.header.count == reference.count, frame.header.logID == logID
        else {
            throw VaultError(
                .damaged, "the frame at byte \(reference.offset) is damaged",
                at:
                    "\(path): records \(reference.first)...\(reference.first + UInt64(reference.count) - 1)",
                remedy: "run plumbline vault verify")
        }
        return frame
    }
}
