internal import GRDB
internal import Vault

/// Brings what waits in the outbox into the trail's vault, in order: the only one that does.
///
/// A batch is appended (durable when that returns), then taken out of the outbox. Whatever goes wrong between or within leaves it in doubt how
/// much is in the vault; then the vault is looked at, as after a crash, before anything is appended.
actor TrailDrain {
    private let pool: DatabasePool
    private let directory: DataDirectory
    private let settings: DatabaseSettings
    private let effects: DatabaseEffects
    private let health: TrailHealthBox
    private var log: VaultLog?
    /// What is known to be in the vault; nil while that is in doubt.
    private var state: TrailState?
    /// Whoever waits until a sequence is in the vault.
    private var waiters: [(sequence: Int64, continuation: CheckedContinuation<Void, any Error>)] = []
    private var isFinished = false
    /// A write or sync of the vault failed since it was last opened well.
    private var hasFailed = false
    /// Records that were found in the vault after a crash or a failure, and were not known to be there.
    private(set) var found: Int64 = 0

    init(
        _ pool: DatabasePool, _ directory: DataDirectory, _ settings: DatabaseSettings, _ effects: DatabaseEffects,
        _ health: TrailHealthBox
    ) {
        (self.pool, self.directory, self.settings, self.effects, self.health) = (pool, directory, settings, effects, health)
    }

    // MARK: Opening

    /// Opens the vault, or makes it when the database never had one, and compares both.
    ///
    /// - Throws: as `TrailAgreement.compare`; what opening a vault throws.
    func open() async throws(StorageError) {
        state = nil
        // The lock of the one before must be free.
        log = nil
        let known = try await run { db in try TrailOutbox.state(db) }
        let vault = TrailVault(directory: directory, settings: settings, files: effects.trailFiles)
        if known.log == nil { try vault.makeIfMissing() }
        try vault.affirm(rewriting: hasFailed)
        hasFailed = false
        let log = try vault.open()
        self.log = log
        try await compare(log)
        try await decideRetention(log)
    }

    /// Tells the vault how long its records are kept, unless it knows as long a time.
    private func decideRetention(_ log: VaultLog) async throws(StorageError) {
        guard let (period, order) = settings.retention else { return }
        let held = await log.snapshot().state.retention
        guard held.map({ $0.days < period.days }) ?? true else { return }
        do throws(VaultError) {
            try await log.keep(period, order)
        } catch {
            (self.log, state, hasFailed) = (nil, nil, true)
            throw StorageError(trail: error)
        }
    }

    /// Takes out of the outbox what the vault holds.
    private func compare(_ log: VaultLog) async throws(StorageError) {
        let view = await log.snapshot()
        let agreement = TrailAgreement(vault: view, place: directory.trail)
        let outcome = try await change { db in
            let known = try TrailOutbox.state(db)
            let outcome = try agreement.compare(known) { record throws(StorageError) in try TrailOutbox.holds(record, db) }
            try TrailOutbox.settle(outcome.state, db)
            try TrailOutbox.check(outcome.state, db)
            return outcome
        }
        found += outcome.found
        state = outcome.state
    }

    // MARK: Draining

    /// Brings everything that waits into the vault and signs a checkpoint. Failures are told by the health, and to whoever waits.
    func pass() async {
        var failure: StorageError?
        do throws(StorageError) {
            var isSigned = true
            while try await step() { isSigned = false }
            if !isSigned { try await sign() }
            health.set()
        } catch {
            failure = error
            state = nil
            health.fail(error)
        }
        resolve(failure)
    }

    /// Brings one batch into the vault; false when nothing waited.
    private func step() async throws(StorageError) -> Bool {
        if log == nil { try await open() }
        guard let log else { return false }
        if state == nil { try await compare(log) }
        guard var state else { return false }
        let (drained, limit) = (state.drained, settings.batch)
        let records = try await run { db in try TrailOutbox.records(after: drained, limit: limit, db) }
        guard let last = records.last else { return false }
        do throws(VaultError) {
            let indices = try await log.append(records.map(\.vaultRecord))
            let index = indices.upperBound - 1
            state.drained = last.sequence
            state.last = .init(index: index, leaf: try await log.snapshot().node(level: 0, index: index).description)
        } catch {
            // A full disk leaves the vault as it was. After any other failure only opening anew tells what is there.
            if error.code != .full { (self.log, hasFailed) = (nil, true) }
            throw StorageError(trail: error)
        }
        let settled = state
        try await change { db in
            // What others noted meanwhile changed what is allotted, and nothing else.
            let known = try TrailOutbox.state(db)
            guard known.drained == drained else {
                throw StorageError(.trailBroken, "somebody else drains the outbox", at: "sequence \(known.drained)")
            }
            try TrailOutbox.settle(settled, db)
        }
        self.state = settled
        return true
    }

    private func sign() async throws(StorageError) {
        do throws(VaultError) {
            _ = try await log?.checkpoint()
        } catch {
            (log, hasFailed) = (nil, true)
            throw StorageError(trail: error)
        }
    }

    // MARK: Waiting

    /// Waits until everything up to a sequence is in the vault.
    func wait(for sequence: Int64, wake: @Sendable () -> Void) async throws(StorageError) {
        if let state, state.drained >= sequence { return }
        do {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                if isFinished {
                    continuation.resume(throwing: StorageError(.closed, "the database was closed"))
                } else {
                    waiters.append((sequence, continuation))
                    wake()
                }
            }
        } catch {
            throw StorageError(any: error)
        }
    }

    private func resolve(_ failure: StorageError?) {
        let drained = state?.drained ?? 0
        let rest = waiters.filter { waiter in
            if let failure {
                waiter.continuation.resume(throwing: failure)
            } else if drained >= waiter.sequence {
                waiter.continuation.resume()
            } else {
                return true
            }
            return false
        }
        waiters = rest
    }

    /// Gives the vault's lock back; nothing is drained after this.
    func finish() {
        isFinished = true
        resolve(StorageError(.closed, "the database was closed"))
        log = nil
        state = nil
    }

    // MARK: Reading

    /// A view of the trail as it is now.
    func reader() async throws(StorageError) -> TrailReader {
        guard let log else { return try TrailReader(directory) }
        do throws(VaultError) {
            // The checkpoint first: the view then holds what it speaks of.
            let (note, checkpoint) = try await log.snapshot().checkpoint()
            return TrailReader(vault: await log.snapshot(), note: note, checkpoint: checkpoint)
        } catch {
            throw StorageError(trail: error)
        }
    }

    // MARK: The database

    private func run<T: Sendable>(_ body: @Sendable (GRDB.Database) throws -> T) async throws(StorageError) -> T {
        do { return try await pool.read(body) } catch { throw StorageError(any: error, at: directory.database) }
    }

    private func change<T: Sendable>(_ body: @Sendable (GRDB.Database) throws -> T) async throws(StorageError) -> T {
        do { return try await pool.write(body) } catch { throw StorageError(any: error, at: directory.database) }
    }
}
