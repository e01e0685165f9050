/// Sizes a writer works with. They need not be the same from one opening to the next.
public struct VaultSettings: Sendable {
    /// Length of a file of the active segment, written full of zeros before use; at least 256 KiB.
    public var activeBytes: Int = 64 << 20
    /// Most packed bytes of one frame, unless a single record is longer; at most 1 MiB.
    public var frameBytes: Int = 1 << 20
    /// Finished files of the active segment that are kept for use again.
    public var spareFiles: Int = 2

    /// The usual sizes.
    public init() {}
}

/// What opening a vault had to put right.
public struct Recovery: Hashable, Sendable {
    /// A torn write at the end was cut: the file and byte where it began. Its records were never acknowledged.
    public var cut: String?
    /// Files of an already sealed segment that were made free.
    public var recycled = 0
    /// Whether a full segment was sealed while opening.
    public var sealed = false
}

/// The one writer of a log. Not for two threads at once: the `VaultLog` actor owns it.
final class LogWriter {
    let files: FileEffects
    let layout: Layout
    let settings: VaultSettings
    let signer: NoteSigner
    let register: CheckpointRegister
    let compressor: Compressor
    private let lock: Int32
    /// The log as it is durable. Changes only after a sync succeeded.
    var image: LogImage
    /// The first failure of a write or sync; from then on nothing is accepted (a failed fsync says nothing about what is on disk).
    private(set) var stopped: VaultError?
    /// Descriptor of the file that takes frames.
    var tailFile: Int32?
    /// Numbers of files ready for use again.
    var spares: [UInt64]
    var highest: UInt64
    /// The second root computation: from bytes read back, never from the ingest buffer.
    var audit = CompactRange()
    /// Note last put in the register.
    var lastNote: [UInt8]
    var lastCheckpoint: Checkpoint
    var recovery = Recovery()

    /// Opens a log for writing: takes the lock, reads the log, checks it against the register, and only then cuts a torn tail, frees stale
    /// files and seals a full segment.
    init(
        directory: String, signer: NoteSigner, register: CheckpointRegister, settings: VaultSettings, files: FileEffects
    ) throws(VaultError) {
        compressor = try Compressor()
        let opened = try Opened(Layout(directory: directory), signer, register, files)
        layout = opened.loaded.image.layout
        lock = opened.lock
        (lastNote, lastCheckpoint) = (opened.note, opened.checkpoint)
        image = opened.loaded.image
        (spares, highest) = (opened.loaded.spares, opened.loaded.highest)
        (self.files, self.settings, self.signer, self.register) = (files, settings, signer, register)
        // From here on a failure runs deinit, which gives the lock back.
        for segment in 0..<image.segments.size {
            try audit.append(subtree: image.segments.node(level: 0, index: segment), level: image.identity.segmentHeight)
        }
        try recover(opened.loaded)
    }

    deinit {
        if let tailFile { files.close(tailFile) }
        files.close(lock)
    }

    private func recover(_ loaded: Loaded) throws(VaultError) {
        for name in try files.list(layout.sealed) where name.hasSuffix(".tmp") {
            try files.remove(layout.sealed + "/" + name)
        }
        if let torn = loaded.torn {
            let file = try files.open(layout.active(torn.file), .write)
            defer { files.close(file) }
            try files.writeAll(file, [UInt8](repeating: 0, count: ActiveHeader.page), at: torn.offset)
            try files.sync(file)
            recovery.cut = "\(layout.active(torn.file)): byte \(torn.offset)"
        }
        if !loaded.stale.isEmpty {
            try checkLastSealed()
            try recycle(loaded.stale)
            recovery.recycled = loaded.stale.count
        }
        if image.leaves.size == image.identity.segmentLeaves {
            try seal()
            recovery.sealed = true
        }
    }

    /// Before the only other copy of its records is given up, the sealed segment is read back whole.
    private func checkLastSealed() throws(VaultError) {
        guard image.segments.size > 0 else { return }
        let segment = try SealedSegment(image, image.segments.size - 1)
        defer { segment.close() }
        guard let tile = try segment.wrongTiles().first else { return }
        throw VaultError(
            .damaged, "the sealed records do not have their hash",
            at: "\(segment.path): records \(segment.footer.first + UInt64(tile) * 256)...",
            remedy: "remove this segment: its records are still in \(layout.active) and are sealed again")
    }

    /// Stops acceptance for good.
    func stop(_ error: VaultError) -> VaultError {
        if stopped == nil { stopped = error }
        return error
    }

    func ensureAccepting() throws(VaultError) {
        guard let stopped else { return }
        throw VaultError(
            .stopped, "nothing is accepted since: \(stopped)", at: layout.directory,
            remedy: "open the vault again in a new process")
    }

    /// Makes records durable, in order, frame by frame. What `image.size` has passed is durable, also when this throws.
    func append(_ records: [[UInt8]]) throws(VaultError) {
        var next = 0
        while next < records.count {
            try ensureAccepting()
            do throws(VaultError) {
                next = try appendFrame(records, from: next)
                if image.leaves.size == image.identity.segmentLeaves { try seal() }
            } catch {
                throw stop(error)
            }
        }
    }

    private func appendFrame(_ records: [[UInt8]], from start: Int) throws(VaultError) -> Int {
        let room = min(FrameHeader.recordLimit, Int(image.identity.segmentLeaves - image.leaves.size))
        var packed: [UInt8] = []
        var leaves: [MerkleHash] = []
        var next = start
        while next < records.count, leaves.count < room,
            leaves.isEmpty || packed.count + records[next].count + 2 <= settings.frameBytes
        {
            Entries.append(records[next], to: &packed)
            leaves.append(.leaf(records[next]))
            next += 1
        }
        let compressed =
            packed.count > FrameHeader.plainLimit ? try compressor.compress(packed) : packed
        let isCompressed = compressed.count < packed.count
        let payload = isCompressed ? compressed : packed
        var header = FrameHeader(
            isCompressed: isCompressed, logID: image.identity.id, nonce: [], first: image.size,
            count: leaves.count, stored: payload.count,
            packed: packed.count, received: max(files.now(), image.lastReceived), previous: image.chain)
        let (file, tail) = try tail(room: header.span)
        header.nonce = tail.header.nonce
        let (bytes, hash) = header.frame(payload)
        try files.writeAll(file, bytes, at: tail.offset)
        try files.sync(file)
        let reference = FrameReference(
            file: tail.header.number, offset: tail.offset, first: header.first, count: header.count,
            received: header.received)
        image.take(reference, leaves: leaves, hash: hash)
        image.tail?.offset += UInt64(header.span)
        return next
    }
}

/// A log that is locked, read and checked, and not changed yet.
private struct Opened {
    let lock: Int32
    let loaded: Loaded
    let note: [UInt8]
    let checkpoint: Checkpoint

    init(_ layout: Layout, _ signer: NoteSigner, _ register: CheckpointRegister, _ files: FileEffects) throws(VaultError) {
        let identity = try Loader.identity(files, layout)
        guard identity.verifier == signer.verifier else {
            throw VaultError(.foreign, "the key is \(signer), the vault belongs to \(identity.verifier)", at: layout.directory)
        }
        let lock = try files.openLock(layout.lock)
        do throws(VaultError) {
            guard try files.lock(lock) else {
                throw VaultError(
                    .locked, "another process writes to this vault", at: layout.lock,
                    remedy: "one writer at a time; reading needs no lock")
            }
            loaded = try Loader(files: files, layout: layout).load()
            (note, checkpoint) = try RegisterCheck.check(loaded.image, register, files)
            self.lock = lock
        } catch {
            files.close(lock)
            throw error
        }
    }
}
