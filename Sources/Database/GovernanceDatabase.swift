public import GRDB
internal import Synchronization
internal import Vault

/// The governance data of one installation, open for its one server: tables in SQLite, and a trail of every change in a vault.
///
/// `change` is the only way to change something, and commits nothing that did not note in the trail what it did. Records wait in the same
/// database, in the same transaction, until they are in the trail's vault: a crash leaves both or neither. Reading never waits for writing.
public final class GovernanceDatabase: Sendable {
    /// Where everything lies.
    public let directory: DataDirectory
    let pool: DatabasePool
    let drain: TrailDrain
    let settings: DatabaseSettings
    private let effects: DatabaseEffects
    private let healthBox: TrailHealthBox
    private let wake: AsyncStream<Void>.Continuation
    private let tasks: [Task<Void, Never>]
    /// The server's lock; given back by `close`.
    private let lock: Mutex<DirectoryLock?>

    // MARK: Opening and closing

    /// Opens the database of a data directory, makes it when there is none, compares it with its trail, and applies the migrations that are
    /// missing.
    ///
    /// - Parameters:
    ///   - directory: the data directory; no other server may run on it.
    ///   - migrations: those of all features, each feature's in order.
    ///   - settings: sizes.
    ///   - effects: the clock and the trail's files.
    /// - Returns: the database, its trail flowing.
    /// - Throws: `.locked` when another server runs; `.rolledBack`, `.trailBroken` when database and trail disagree; `.newer`, `.migration`,
    ///   `.foreign`, `.damaged`, `.busy`, `.full`, `.file`. Nothing is changed then but what an interrupted opening may leave.
    public static func open(
        _ directory: DataDirectory, migrations: [Migration], settings: DatabaseSettings = DatabaseSettings(),
        effects: DatabaseEffects = .live
    ) async throws(StorageError) -> GovernanceDatabase {
        let lock = try DirectoryLock(directory)
        try Migration.validate(migrations)
        let pool = try DatabaseFile(directory, settings).openPool()
        let health = TrailHealthBox()
        let drain = TrailDrain(pool, directory, settings, effects, health)
        let migrator = Migrator(migrations: migrations, now: effects.now())
        do {
            // An older copy of the database is refused before anything in it is changed.
            let isNew = try await pool.read { db in try migrator.check(db) }
            // The trail is made after the first tables: one beside a database without tables belonged to another database.
            guard try !isNew || Posix.status(directory.trail + "/identity") == nil else {
                throw StorageError(
                    .rolledBack, "the database is empty, and there is a trail", at: directory.database, remedy: "restore a backup"
                )
            }
            if !isNew { try await drain.open() }
            try await pool.writeWithoutTransaction { db in try migrator.run(db) }
            if isNew { try await drain.open() }
        } catch {
            await drain.finish()
            try? pool.close()
            throw StorageError(any: error, at: directory.database)
        }
        return GovernanceDatabase(directory, pool, drain, settings, effects, health, lock)
    }

    private init(
        _ directory: DataDirectory, _ pool: DatabasePool, _ drain: TrailDrain, _ settings: DatabaseSettings,
        _ effects: DatabaseEffects, _ health: TrailHealthBox, _ lock: DirectoryLock
    ) {
        (self.directory, self.pool, self.drain, self.settings) = (directory, pool, drain, settings)
        (self.effects, healthBox) = (effects, health)
        self.lock = Mutex(lock)
        // One wake is enough for everything that came until then.
        let (wakes, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.wake = wake
        tasks = [
            Task {
                for await _ in wakes { await drain.pass() }
                await drain.finish()
            },
            Task {
                // Tries again after a failure, and finds what other processes noted.
                while (try? await effects.pause()) != nil { wake.yield() }
            },
        ]
        wake.yield()
    }

    deinit {
        wake.finish()
        tasks.last?.cancel()
    }

    /// Brings what waits into the trail, signs it, and gives everything back. A database that is not closed loses nothing either.
    public func close() async {
        // Without effect when the trail takes nothing now: the records wait.
        try? await flushTrail()
        healthBox.close()
        wake.finish()
        tasks.last?.cancel()
        await tasks.first?.value
        // The writing connection must be the last one: those that read cannot bring the write-ahead log into the database's file.
        pool.invalidateReadOnlyConnections()
        try? pool.close()
        lock.withLock { $0 = nil }
    }

    // MARK: Reading and changing

    /// Reads one consistent state of the database. Does not wait for changes, nor they for it.
    ///
    /// - Throws: `.damaged`, `.file`, `.cancelled`, `.closed`; `.unexpected` for any other error of the body.
    public func read<T: Sendable>(_ body: @Sendable (GRDB.Database) throws -> T) async throws(StorageError) -> T {
        try await read(throwing: StorageError.self, body)
    }

    /// Reads one consistent state of the database; errors of the feature come back as themselves, those of storage as its `.storage`.
    public func read<T: Sendable, Failure: StorageFailing>(
        throwing: Failure.Type, _ body: @Sendable (GRDB.Database) throws -> T
    ) async throws(Failure) -> T {
        if case .closed = trailHealth { throw .storage(StorageError(.closed, "the database was closed")) }
        do {
            return try await pool.read(body)
        } catch {
            throw failure(error)
        }
    }

    /// Changes the database in one transaction, together with what the body notes in the trail: all of it or nothing. Changes come one after
    /// the other, and their trail records follow in the order of their commits.
    ///
    /// To commit a refusal (a failed sign-in that is counted), return it as a value; whatever the body throws undoes everything, also what it
    /// noted. A change that has begun is not given up when its task is cancelled.
    ///
    /// - Parameters:
    ///   - actor: who changes it.
    ///   - body: changes tables and notes at least one entry.
    /// - Returns: what the body returned, once it is committed.
    /// - Throws: `.notNoted` when the body noted nothing, `.badEntry`, `.constraint`, `.trailFull` when too many records wait for the trail,
    ///   `.trailBroken`, `.busy`, `.full`, `.damaged`, `.file`, `.closed`; `.unexpected` for any other error of the body.
    public func change<T: Sendable>(
        _ actor: TrailActor, _ body: @escaping @Sendable (GRDB.Database, inout TrailBook) throws -> T
    ) async throws(StorageError) -> T {
        try await change(actor, throwing: StorageError.self, body)
    }

    /// As `change`; errors of the feature come back as themselves, those of storage as its `.storage`.
    public func change<T: Sendable, Failure: StorageFailing>(
        _ actor: TrailActor, throwing: Failure.Type,
        _ body: @escaping @Sendable (GRDB.Database, inout TrailBook) throws -> T
    ) async throws(Failure) -> T {
        do {
            try healthBox.requireUsable()
            let (limit, now) = (settings.outboxLimit, effects.now)
            // In a task of its own, which nobody cancels: a commit that went through is never told as cancelled.
            let value = try await Task { [pool] in
                try await pool.write { db in
                    var book = TrailBook()
                    let value = try body(db, &book)
                    try TrailOutbox.put(book.entries, actor, at: now(), limit: limit, db)
                    return value
                }
            }.value
            wake.yield()
            return value
        } catch {
            throw failure(error)
        }
    }

    private func failure<Failure: StorageFailing>(_ error: any Error) -> Failure {
        if let own = error as? Failure { return own }
        return .storage(StorageError(any: error, at: directory.database))
    }

    // MARK: The trail

    /// A number that grows with every change, whoever makes it: what was read while it stayed the same is one state.
    ///
    /// - Throws: as reading.
    public func changes<Failure: StorageFailing>(throwing: Failure.Type) async throws(Failure) -> Int64 {
        // Every change notes at least one record, in its own transaction.
        try await read(throwing: Failure.self) { db in try TrailOutbox.state(db).allotted }
    }

    /// How the trail is.
    public var trailHealth: TrailHealth { healthBox.health }

    /// Waits until every change committed so far is in the trail's vault.
    ///
    /// - Throws: why it is not; the records go on waiting.
    public func flushTrail() async throws(StorageError) {
        let allotted = try await read { db in try TrailOutbox.state(db).allotted }
        try await drain.wait(for: allotted) { [wake] in wake.yield() }
    }

    /// Records that opening, or a look after a failure, found in the vault though the database did not know it: what a crash leaves.
    public var trailRecovered: Int64 { get async { await drain.found } }

    /// Records that wait for the trail's vault.
    public func trailWaiting() async throws(StorageError) -> Int64 { try await read { db in try TrailOutbox.state(db).waiting } }
}
