internal import Synchronization

/// A log open for appending: the one writer. Callers may append from as many tasks as they like; what waits while one write is being made
/// durable goes into the next write together (group commit). File calls run on a thread of the log's own.
public actor VaultLog {
    /// Guarded by the actor: changed by one job at a time.
    let writer: LogWriter
    private let thread = LogThread()
    /// Appends that wait for the next write, oldest first.
    private let waiting = Mutex<[Ticket]>([])

    /// Runs on the log's own thread, so that a slow disk holds up no other task.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    /// What opening had to put right.
    public nonisolated let recovery: Recovery
    /// Who the log is.
    public nonisolated let identity: LogIdentity
    private nonisolated let frameBytes: Int
    private nonisolated let files: FileEffects

    /// Makes a new, empty log: directory, key of the first epoch, identity, signed checkpoint of size 0 in the register and beside the log.
    ///
    /// The directory must not exist yet, or be what an interrupted `create` left. A sealed segment will hold `1 << segmentHeight` records;
    /// the height is 8...16.
    ///
    /// - Parameters:
    ///   - directory: the log's directory; the epoch's key goes beside it, into a file with the ending `.epoch`.
    ///   - signer: the log's key.
    ///   - register: where the last checkpoint is kept outside.
    ///   - segmentHeight: see above.
    ///   - root: an offline key that vouches for the first epoch; it is not needed again.
    ///   - files: the effects.
    /// - Throws: `.exists` when there is a vault, or the register is in use; `.badInput` for a height outside of the range; `.file`.
    public static func create(
        directory: String, signer: NoteSigner, register: CheckpointRegister, segmentHeight: Int = 16, root: NoteSigner? = nil,
        files: FileEffects = .live
    ) throws(VaultError) {
        guard (8...16).contains(segmentHeight) else { throw VaultError(.badInput, "the segment height must be 8...16") }
        let layout = Layout(directory: directory)
        do { try files.makeDirectory(directory) } catch  where error.code == .exists {}
        let known: Set = ["active", "sealed", "lock", "checkpoint", "checkpoint.tmp", "identity.tmp"]
        guard try known.isSuperset(of: files.list(directory)) else {
            throw VaultError(.exists, "the directory is not empty", at: directory, remedy: "choose a new directory")
        }
        for path in [layout.active, layout.sealed] {
            do { try files.makeDirectory(path) } catch  where error.code == .exists {}
        }
        let lock = try files.openLock(layout.lock)
        defer { files.close(lock) }
        guard try files.lock(lock) else { throw VaultError(.locked, "another process makes this vault", at: layout.lock) }
        let checkpoint = Checkpoint(origin: signer.verifier.name, size: 0, root: .empty)
        let note = try SignedNote(signing: checkpoint.description, with: signer).bytes
        let held = try register.read()
        var isOurs = false
        if let held { isOurs = try Checkpoint.open(held, signer.verifier) == checkpoint }
        if !isOurs { isOurs = try register.swap(nil, note) }
        guard isOurs else {
            throw VaultError(
                .exists, "the register holds a checkpoint already", at: directory, remedy: "one register for each log")
        }
        let epoch = try NoteSigner(name: LogIdentity.epochName(signer.verifier.name), seed: files.random(32))
        let identity = try LogIdentity(
            id: files.random(16), signer: signer, segmentHeight: segmentHeight, epochKey: epoch.verifier, root: root)
        try files.replace(layout.checkpoint, held ?? note)
        try files.replace(layout.epoch, epoch.secret, secret: true)
        try files.replace(layout.identity, identity.bytes)
        try files.syncDirectory(Path.parent(directory))
    }

    /// Opens a log for appending, after checking all of it that is not sealed, the chain of its sealed segments, and the register.
    ///
    /// - Throws: `.notFound`, `.foreign`, `.locked`, `.damaged`, `.rolledBack` (nothing is changed then); `.file`.
    public init(
        directory: String, signer: NoteSigner, register: CheckpointRegister, settings: VaultSettings = VaultSettings(),
        files: FileEffects = .live
    ) throws(VaultError) {
        guard settings.activeBytes >= 256 << 10, settings.activeBytes % ActiveHeader.page == 0,
            (1...1 << 20).contains(settings.frameBytes),
            settings.frameBytes + (8 << 10) <= settings.activeBytes
        else {
            throw VaultError(
                .badInput, "impossible settings",
                remedy: "activeBytes >= 256 KiB in whole pages, frameBytes <= 1 MiB and less than it")
        }
        writer = try LogWriter(directory: directory, signer: signer, register: register, settings: settings, files: files)
        recovery = writer.recovery
        identity = writer.image.identity
        (frameBytes, self.files) = (settings.frameBytes, files)
    }

    /// Appends records in order and gives their indices, once they are durable (fdatasync has returned).
    ///
    /// - Parameter records: each at most 65,535 bytes; at least one.
    /// - Returns: the indices, in the order of the records.
    /// - Throws: `.badInput` when there is none or one is longer, `.full` when the disk is as good as full: then nothing was appended; `.file`
    ///   or `.stopped` when they may or may not be on disk: from then on nothing is accepted, and opening anew tells what is there.
    public nonisolated func append(_ records: [[UInt8]]) async throws(VaultError) -> Range<UInt64> {
        var batch = VaultBatch(frameBytes: frameBytes)
        for record in records { try batch.add(record) }
        return try await append(batch)
    }

    /// Appends records with source, time and fields; the time of reception is now.
    ///
    /// - Returns: the indices, in the order of the records.
    /// - Throws: as `append` of plain records.
    public nonisolated func append(_ records: [VaultRecord]) async throws(VaultError) -> Range<UInt64> {
        var batch = VaultBatch(frameBytes: frameBytes)
        let now = files.now()
        for record in records { try batch.add(record, received: now) }
        return try await append(batch)
    }

    /// Appends what was made ready before: whoever fills the next batch while this one is being made durable loses no time.
    ///
    /// - Returns: the indices, in the order of the records. They follow one another, but for one case: when the vault has something to say
    ///   itself before them, what it says comes first.
    /// - Throws: as `append` of plain records.
    public nonisolated func append(_ batch: VaultBatch) async throws(VaultError) -> Range<UInt64> {
        var batch = batch
        batch.finish()
        guard batch.count > 0 else { throw VaultError(.badInput, "there is no record to append") }
        let ticket = Ticket(batch)
        waiting.withLock { $0.append(ticket) }
        await commit()
        // Whoever drained the list filled in every ticket on it before the actor ran us.
        guard let result = ticket.result else { throw VaultError(.stopped, "the append was not handled") }
        return try result.get()
    }

    /// Makes everything that waits durable.
    private func commit() {
        let tickets = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        guard !tickets.isEmpty else { return }
        do throws(VaultError) {
            try writer.prepareToAppend()
        } catch {
            for ticket in tickets { ticket.finish(.failure(error)) }
            return
        }
        var start = writer.image.size
        var failure: VaultError?
        do throws(VaultError) {
            try writer.append(tickets.map(\.batch))
        } catch {
            failure = error
        }
        for ticket in tickets {
            let range = start..<start + UInt64(ticket.batch.count)
            start = range.upperBound
            // What became durable before a failure is acknowledged: it is there.
            if range.upperBound <= writer.image.size {
                ticket.finish(.success(range))
            } else {
                ticket.finish(.failure(failure ?? writer.stop(.lost)))
            }
        }
    }

    /// Signs a checkpoint of everything durable and puts it in the register; the last one again when the log has not grown.
    ///
    /// - Returns: the bytes of the signed note.
    /// - Throws: `.rootMismatch`, `.rolledBack`, `.file`: after each of them nothing is accepted any more; `.stopped`.
    public func checkpoint() throws(VaultError) -> [UInt8] { try writer.checkpoint() }

    /// A view of the log as it is now; appending goes on without changing it.
    public func snapshot() -> VaultReader {
        // A failure of the sealer is told by the next append.
        try? writer.collect()
        return VaultReader(image: writer.image)
    }

    /// The time of this machine's clock, UTC microseconds since 1970: what `VaultBatch.add` wants to know.
    public static func now() -> Int64 { FileEffects.live.now() }

    /// Records so far, all durable.
    public var size: UInt64 { writer.image.size }

    /// Why nothing is accepted any more; nil while all is well.
    public var stopped: VaultError? { writer.stopped }
}

extension VaultError {
    fileprivate static let lost = VaultError(
        .stopped, "records were left out of the log", remedy: "open the vault again; report this error")
}

/// One append that waits.
private final class Ticket: Sendable {
    let batch: VaultBatch
    /// Guarded by itself; written once, by the actor.
    private let state = Mutex<Result<Range<UInt64>, VaultError>?>(nil)

    init(_ batch: VaultBatch) { self.batch = batch }

    var result: Result<Range<UInt64>, VaultError>? { state.withLock { $0 } }

    func finish(_ result: Result<Range<UInt64>, VaultError>) { state.withLock { $0 = result } }
}
