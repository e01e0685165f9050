/// Sizes a writer works with. They need not be the same from one opening to the next.
public struct VaultSettings: Sendable {
    /// Most bytes of a file of the active segment; zeros are written before frames, 8 MiB and then as much again. At least 256 KiB.
    public var activeBytes: Int = 64 << 20
    /// Most packed bytes of one frame, unless a single record is longer; at most 1 MiB.
    public var frameBytes: Int = 1 << 20
    /// Finished files of the active segment that are kept for use again.
    public var spareFiles: Int = 4
    /// Whether roots are computed a second time and segments sealed on a thread of its own while appending goes on.
    public var sealsInBackground = true
    /// Full segments that may wait to be sealed before appending waits for them.
    public var waitingSegments = 3
    /// Hundredths of the disk from which on `VaultLog.alarm` says so.
    public var alarmPercent = 80.0
    /// Hundredths of the disk from which on nothing more is accepted.
    public var refusePercent = 95.0
    /// A jump of the clock by more than so many microseconds, and a thousandth of the time gone by, is recorded.
    public var clockStep: Int64 = 1_000_000

    /// The usual sizes.
    public init() {}
}

/// What opening a vault had to put right.
public struct Recovery: Hashable, Sendable {
    /// A torn write at the end was cut: the file and byte where it began. Its records were never acknowledged.
    public var cut: String?
    /// Files of an already sealed segment that were made free.
    public var recycled = 0
    /// Segments that were full and not sealed when the log was opened; they are sealed now or in the background.
    public var resealed = 0
    /// Segments whose pruning had been interrupted and was finished.
    public var pruned = 0
    /// The key of the epoch was not there: a new epoch was begun under the log's own key, and the log says so.
    public var isEpochRestarted = false
}

/// The one writer of a log. Not for two threads at once: the `VaultLog` actor owns it.
final class LogWriter {
    let files: FileEffects
    let layout: Layout
    let settings: VaultSettings
    let signer: NoteSigner
    let register: CheckpointRegister
    let sealer: Sealer
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
    /// Note last put in the register.
    var lastNote: [UInt8]
    var lastCheckpoint: Checkpoint
    var recovery = Recovery()
    /// The key that signs control leaves in this epoch.
    var epochKey: NoteSigner?
    /// Durable frames that were not given to the second computation yet, and their bytes on disk. Waking its thread for each small commit
    /// would cost as much as the commit.
    private var unaudited: [AuditJob] = []
    private var unauditedBytes = 0
    private static let auditBytes = 256 << 10
    /// When the log was opened: the latest time it had received (the wall clock's when it was empty), and the steady clock.
    let opened: (received: Int64, steady: Int64)
    /// Both clocks when they were last looked at.
    var clocks: (now: Int64, steady: Int64)?

    /// Opens a log for writing: takes the lock, reads the log, checks it against the register, and only then cuts a torn tail, frees stale
    /// files, finishes an interrupted pruning and seals full segments.
    init(
        directory: String, signer: NoteSigner, register: CheckpointRegister, settings: VaultSettings, files: FileEffects
    ) throws(VaultError) {
        let opened = try Opened(Layout(directory: directory), signer, register, files)
        do throws(VaultError) {
            sealer = try Sealer(opened.loaded.image, inBackground: settings.sealsInBackground)
        } catch {
            files.close(opened.lock)
            throw error
        }
        layout = opened.loaded.image.layout
        lock = opened.lock
        (lastNote, lastCheckpoint) = (opened.note, opened.checkpoint)
        image = opened.loaded.image
        self.opened = (image.size == 0 ? files.now() : image.lastReceived, files.steady())
        (spares, highest) = (opened.loaded.spares, opened.loaded.highest)
        (self.files, self.settings, self.signer, self.register) = (files, settings, signer, register)
        // From here on a failure runs deinit, which gives the lock back.
        try recover(opened.loaded)
    }

    deinit {
        // The lock protects what the sealer still does.
        sealer.wait()
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
        try auditAll()
        recovery.pruned = try finishPruning()
        epochKey = try EpochKeys(path: layout.epoch, files: files).current(image.state.epochKey)
    }

    /// Gives everything that is not sealed to the second computation, and full segments to be sealed.
    private func auditAll() throws(VaultError) {
        for segment in image.open {
            for frame in segment.frames {
                let start = Int(frame.first - segment.number << UInt64(image.identity.segmentHeight))
                sealer.audit(
                    AuditJob(
                        segment: segment.number, reference: frame,
                        leaves: Array(segment.leaves.levels[0][start..<start + frame.count])))
            }
            guard let end = segment.end else { continue }
            recovery.resealed += 1
            seal(segment, end)
        }
        if !settings.sealsInBackground { try collect() }
    }

    /// Before the only other copy of its records is given up, the sealed segment is read back whole.
    private func checkLastSealed() throws(VaultError) {
        guard image.segments.size > image.pruned else { return }
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

    /// What comes before records are taken: is there room, and is there something that the vault itself must say first?
    func prepareToAppend() throws(VaultError) {
        try ensureAccepting()
        try ensureRoom()
        try keepHouse()
    }

    /// Makes batches durable, in order, frame by frame. What `image.size` has passed is durable, also when this throws.
    func append(_ batches: [VaultBatch]) throws(VaultError) {
        var queue = PartQueue(batches.flatMap(\.parts), frameBytes: settings.frameBytes)
        do throws(VaultError) {
            while let part = try queue.next(room: Int(image.identity.segmentLeaves - image.active.leaves.size)) {
                let reference = try appendFrame(part)
                image.count(part.sources, reference.received)
                try afterFrame(part, reference)
            }
        } catch {
            throw stop(error)
        }
    }

    /// Makes one part durable as a frame.
    func appendFrame(_ part: VaultBatch.Part) throws(VaultError) -> FrameReference {
        let payload = part.compressed.flatMap { $0.count < part.packed.count ? $0 : nil }
        var header = FrameHeader(
            isCompressed: payload != nil, logID: image.identity.id, nonce: [], first: image.size,
            count: part.leaves.count, stored: payload?.count ?? part.packed.count,
            packed: part.packed.count, received: max(files.now(), image.lastReceived), previous: image.chain)
        let (file, tail) = try tail(room: header.span)
        header.nonce = tail.header.nonce
        let (bytes, hash) = header.frame(payload ?? part.packed)
        try files.writeAll(file, bytes, at: tail.offset)
        try files.sync(file)
        let reference = FrameReference(
            file: tail.header.number, offset: tail.offset, first: header.first, count: header.count,
            received: header.received)
        image.tail?.offset += UInt64(header.span)
        image.take(reference, span: header.span, leaves: part.leaves, hash: hash)
        return reference
    }

    /// Gives a durable frame to the second computation, and its segment to be sealed when it is full.
    func afterFrame(_ part: VaultBatch.Part, _ reference: FrameReference) throws(VaultError) {
        unaudited.append(AuditJob(segment: image.active.number, reference: reference, leaves: part.leaves))
        unauditedBytes += part.packed.count
        if unauditedBytes >= Self.auditBytes || !settings.sealsInBackground { audit() }
        if let full = image.openNext(), let end = full.end {
            audit()
            seal(full, end)
        }
        try collect()
        while image.open.count > settings.waitingSegments + 1 {
            sealer.wait()
            try collect()
        }
    }

    /// Gives what is durable to the second computation.
    func audit() {
        for job in unaudited { sealer.audit(job) }
        (unaudited, unauditedBytes) = ([], 0)
    }

    private func seal(_ segment: OpenSegment, _ end: SegmentEnd) {
        sealer.seal(SealJob(segment: segment.number, tiles: segment.leaves.levels[Tile.height], end: end))
    }

    /// Takes segments that were sealed meanwhile, and frees their files.
    func collect() throws(VaultError) {
        do throws(VaultError) {
            for footer in try sealer.collect() {
                let old = Set(image.open[0].frames.map(\.file)).sorted()
                image.segments.append(footer.root)
                image.footerHash = footer.hash
                image.open.removeFirst()
                try recycle(old)
            }
        } catch {
            throw stop(error)
        }
    }

    /// Waits until everything durable was computed a second time and every full segment is sealed.
    func settle() throws(VaultError) {
        audit()
        sealer.wait()
        try collect()
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
