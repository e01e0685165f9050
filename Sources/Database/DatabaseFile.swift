internal import GRDB
internal import Vault

/// The database's file: who may read it, and how it is opened.
struct DatabaseFile {
    let directory: DataDirectory
    let settings: DatabaseSettings

    init(_ directory: DataDirectory, _ settings: DatabaseSettings) { (self.directory, self.settings) = (directory, settings) }

    /// What every connection is told.
    var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "governance"
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(settings.busySeconds)
        configuration.maximumReaderCount = settings.readers
        configuration.prepareDatabase { db in
            // Removed rows are overwritten; views and triggers of a manipulated file call nothing; broken cells are refused.
            try db.execute(sql: "PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
        }
        return configuration
    }

    /// Opens the pool; an empty file of mode 0600 is made first when there is none, because SQLite would make one that others can read.
    ///
    /// - Throws: `.rolledBack` when the database is missing beside a trail; `.foreign`, `.damaged`, `.busy`, `.full`, `.file`.
    func openPool() throws(StorageError) -> DatabasePool {
        if try Posix.status(directory.database) == nil {
            guard try Posix.status(directory.trail + "/identity") == nil else {
                throw StorageError(
                    .rolledBack, "the database is missing, and there is a trail", at: directory.database,
                    remedy: "restore a backup")
            }
            try Posix.write(directory.database) { _ throws(StorageError) in }
            try Posix.syncDirectory(directory.path)
        }
        do {
            try requireOurs()
            let pool = try DatabasePool(path: directory.database, configuration: configuration)
            try pool.writeWithoutTransaction { db in
                // GRDB chooses NORMAL, with which a power failure may lose what was acknowledged.
                try db.execute(sql: "PRAGMA synchronous = FULL")
                let isSafe =
                    try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2 && Int.fetchOne(db, sql: "PRAGMA foreign_keys") == 1
                guard isSafe else { throw StorageError(.unexpected, "SQLite does not take its settings", at: directory.database) }
            }
            return pool
        } catch {
            throw StorageError(any: error, at: directory.database)
        }
    }

    /// For looking at the file without changing anything, not even its journal mode.
    var readingConfiguration: Configuration {
        var reading = configuration
        reading.readonly = true
        return reading
    }

    /// - Throws: `.foreign` when it is another program's database; `.damaged`.
    func requireOurs() throws {
        let queue = try DatabaseQueue(path: directory.database, configuration: readingConfiguration)
        try queue.read { db in try Migrator.requireOurs(db) }
        try queue.close()
    }

    /// Reads one consistent state, while a server may run. Of a database that nobody has open, nothing is left beside it.
    ///
    /// - Parameter body: may be called twice.
    /// - Returns: what the body gives.
    /// - Throws: `.notFound`, `.foreign`, `.damaged`, `.file`.
    func reading<T>(_ body: (GRDB.Database) throws -> T) throws(StorageError) -> T {
        guard let before = try Posix.status(directory.database) else {
            throw StorageError(.notFound, "there is no database", at: directory.database)
        }
        guard try !hasLog else { return try reading(at: directory.database, body) }
        // Without a write-ahead log nobody has it open. Told that it does not change, SQLite makes no files of its own beside it.
        let result: Result<T, StorageError>
        do throws(StorageError) { result = .success(try reading(at: unchanging, body)) } catch { result = .failure(error) }
        // Unless a server started meanwhile: what was seen then may be two states at once.
        let after = try Posix.status(directory.database)
        guard try !hasLog, after?.modified == before.modified, after?.bytes == before.bytes else {
            return try reading(at: directory.database, body)
        }
        return try result.get()
    }

    private var hasLog: Bool { get throws(StorageError) { try Posix.status(directory.database + "-wal") != nil } }

    /// The file's address for SQLite, as one that does not change.
    private var unchanging: String {
        var text = directory.database.hasPrefix("/") ? "file://" : "file:"
        for byte in directory.database.utf8 {
            let isPlain = byte < 0x80 && (UnicodeScalar(byte).properties.isAlphabetic || (0x30...0x39).contains(byte))
            text += isPlain || "/-._~".utf8.contains(byte) ? String(UnicodeScalar(byte)) : "%" + Hex.encode([byte])
        }
        return text + "?immutable=1"
    }

    private func reading<T>(at path: String, _ body: (GRDB.Database) throws -> T) throws(StorageError) -> T {
        do {
            let queue = try DatabaseQueue(path: path, configuration: readingConfiguration)
            let value = try queue.read { db in
                try Migrator.requireOurs(db)
                return try body(db)
            }
            try queue.close()
            return value
        } catch {
            throw StorageError(any: error, at: directory.database)
        }
    }

    /// Changes it in one transaction beside a server: only for notes in the trail, which the server finds and drains.
    func changing(_ body: (GRDB.Database) throws -> Void) throws(StorageError) {
        do {
            let queue = try DatabaseQueue(path: directory.database, configuration: configuration)
            try queue.inDatabase { db in
                try db.execute(sql: "PRAGMA synchronous = FULL")
                try db.inTransaction(.immediate) {
                    try body(db)
                    return .commit
                }
            }
            try queue.close()
        } catch {
            throw StorageError(any: error, at: directory.database)
        }
    }
}
