internal import GRDB
internal import Vault

/// What a backup did.
public struct DataBackupReport: Hashable, Sendable {
    /// What is in it.
    public let manifest: BackupManifest
    /// SHA-256 of the manifest's file: whoever keeps it elsewhere can tell this backup from every other.
    public let sha256: String
    /// What whoever keeps the backup should know.
    public let remarks: [String]
}

/// Copies a data directory while its server runs, so that database and trail in the copy agree.
///
/// The trail is copied first, the database after it, from one read transaction. Records that the server took out of the outbox in between are in
/// the running trail, not in the copy of it: they are read there and put back into the outbox of the copy. So the copy is what a crash right after
/// the vault's copy would have left, but with every change up to the database's copy; opening it appends them anew. Nobody has to wait.
public struct DataBackup: Sendable {
    private let source: DataDirectory
    private let target: DataDirectory
    private let program: String
    private let actor: TrailActor
    private let settings: DatabaseSettings
    private let effects: DatabaseEffects
    private let progress: @Sendable (String) -> Void

    /// A backup.
    ///
    /// - Parameters:
    ///   - source: the data directory.
    ///   - target: where to; must not exist, or be empty, and not lie within the data directory.
    ///   - program: version of the program.
    ///   - actor: who makes it; noted in the trail when it is made, for it holds keys.
    ///   - settings: sizes.
    ///   - effects: the clock.
    ///   - progress: called with what is being done.
    public init(
        of source: DataDirectory, to target: String, program: String, actor: TrailActor,
        settings: DatabaseSettings = DatabaseSettings(), effects: DatabaseEffects = .live,
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        (self.source, self.target) = (source, DataDirectory(unchecked: target))
        (self.program, self.actor, self.settings, self.effects, self.progress) = (program, actor, settings, effects, progress)
    }

    /// Makes the backup.
    ///
    /// - Returns: what is in it.
    /// - Throws: `.exists` when something is at the target; `.trailBroken`, `.rolledBack`, `.damaged` when there is nothing consistent to copy;
    ///   `.full`, `.file`. What was copied is left there, without a manifest.
    public func run() throws(StorageError) -> DataBackupReport {
        try prepare()
        var remarks: [String] = []
        let before = try state()
        for name in try vaults() {
            progress("vault \(name)")
            try copyVault(name, &remarks)
        }
        progress("database")
        let asOf = effects.now()
        let copy = try copyDatabase()
        let view = try TrailVault(directory: target, settings: settings, files: .live).view()
        let (state, migrations) = try reconcile(copy, before, view)
        for folder in ["evidence", "keys", "tls"] {
            progress(folder)
            try copyFolder(folder)
        }
        try FileTree.copy("format", from: source.path, to: target.path)
        try FileTree.seal(target.path)
        progress("manifest")
        let tree = try FileTree.walk(target.path)
        let manifest = BackupManifest(
            program: program, asOf: asOf, migrations: migrations, trailRecords: state.allotted, trailSize: view.size,
            trailRoot: view.root.description, folders: tree.folders,
            files: try tree.files.map { path throws(StorageError) in try FileTree.digest(target.path, path) })
        let path = "\(target.path)/\(BackupManifest.name)"
        try Posix.replace(path, manifest.bytes)
        try Posix.syncDirectory(Posix.parent(target.path))
        let digest = try FileTree.digest(target.path, BackupManifest.name).sha256
        try note(digest)
        return DataBackupReport(manifest: manifest, sha256: digest, remarks: remarks)
    }

    private func prepare() throws(StorageError) {
        if try Posix.status(target.path) == nil { try Posix.makeDirectory(target.path) }
        guard try Posix.list(target.path).isEmpty else {
            throw StorageError(.exists, "the directory is not empty", at: target.path, remedy: "choose a new directory")
        }
        guard try !(Posix.real(target.path) + "/").hasPrefix(Posix.real(source.path) + "/") else {
            throw StorageError(.exists, "the backup would lie within the data", at: target.path, remedy: "choose another disk")
        }
        try Posix.setMode(target.path, 0o700)
        for folder in target.folders { try Posix.makeDirectory(folder) }
    }

    // MARK: Vaults

    private func vaults() throws(StorageError) -> [String] {
        var names: [String] = []
        for name in try Posix.list(source.vaults) where try Posix.status("\(source.vaults)/\(name)/identity") != nil {
            names.append(name)
        }
        return names
    }

    /// Copies a vault, the key of its epoch and a register that says what the copy says.
    private func copyVault(_ name: String, _ remarks: inout [String]) throws(StorageError) {
        let (from, to) = ("\(source.vaults)/\(name)", "\(target.vaults)/\(name)")
        do throws(VaultError) {
            var key: [UInt8]?
            // A daily seal between the copies of vault and key would part them; the next copy has only what is new.
            for _ in 0..<4 where key == nil {
                _ = try VaultBackup(of: from, to: to).run()
                key = try epochKey(from, try VaultReader(directory: to).state.epochKey)
            }
            if let key {
                try toVault { () throws(StorageError) in
                    try Posix.write("\(to).epoch") { put throws(StorageError) in try put(key[...]) }
                }
            } else {
                remarks.append(
                    "vault \(name): the key of its epoch is not in the backup; restored, it begins a new epoch and says so")
            }
            let checkpoint = try VaultReader(directory: to).checkpoint().note
            guard try CheckpointRegister.file("\(to).register").swap(nil, checkpoint) else {
                throw VaultError(.exists, "there is a register already", at: "\(to).register")
            }
        } catch {
            throw StorageError(trail: error)
        }
        // Made by writing the register.
        if try Posix.status("\(to).register.lock") != nil { try Posix.removeFile("\(to).register.lock") }
        if try Posix.status("\(from).subjects") != nil {
            remarks.append("vault \(name): keys of data subjects are not in the backup, so that erasing them erases")
        }
    }

    /// The key of the epoch that a copy is in; nil when neither file holds it any more.
    private func epochKey(_ vault: String, _ verifier: NoteVerifier) throws(VaultError) -> [UInt8]? {
        for path in ["\(vault).epoch", "\(vault).epoch.next"] {
            do throws(VaultError) {
                let key = try KeyFile.read(path)
                if key.verifier == verifier {
                    return try toVault { () throws(StorageError) in try Posix.contents(path, limit: 1_024) }
                }
            } catch  where error.code == .notFound || error.code == .badInput {
                // Overwritten or replaced since.
            }
        }
        return nil
    }

    private func toVault<T>(_ body: () throws(StorageError) -> T) throws(VaultError) -> T {
        do throws(StorageError) { return try body() } catch {
            throw VaultError(error.code == .notFound ? .notFound : .file, error.what, at: error.place, remedy: error.remedy)
        }
    }

    // MARK: The database

    private func state() throws(StorageError) -> TrailState {
        try DatabaseFile(source, settings).reading { db in try TrailOutbox.state(db) }
    }

    /// Copies the database through SQLite's online backup, from one read transaction.
    private func copyDatabase() throws(StorageError) -> DatabaseQueue {
        try Posix.write(target.database) { _ throws(StorageError) in }
        do {
            let file = DatabaseFile(source, settings)
            try file.requireOurs()
            let from = try DatabaseQueue(path: source.database, configuration: file.readingConfiguration)
            let to = try DatabaseQueue(path: target.database, configuration: file.configuration)
            try from.backup(to: to)
            try from.close()
            // One file that needs no other, and that reading does not change.
            try to.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = FULL")
                guard try String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE") == "delete" else {
                    throw StorageError(.file, "the copy cannot be closed", at: target.database)
                }
            }
            return to
        } catch {
            throw StorageError(any: error, at: source.database)
        }
    }

    /// Makes the copy of the database agree with the copy of the trail.
    ///
    /// - Parameters:
    ///   - copy: the copy of the database.
    ///   - before: what the database knew before the trail was copied.
    ///   - view: the copy of the trail.
    /// - Returns: what the copy of the database knows of the trail then, and its migrations.
    /// - Throws: `.trailBroken` when they cannot agree; `.damaged`, `.file`.
    private func reconcile(_ copy: DatabaseQueue, _ before: TrailState, _ view: VaultReader) throws(StorageError) -> (
        TrailState, [String]
    ) {
        let running = try TrailVault(directory: source, settings: settings, files: .live).view()
        do {
            let result = try copy.write { db in
                var known = try TrailOutbox.state(db)
                // Everything the database knew to be in the vault before is in the copy of the vault.
                let missing = try TrailRange(view: running, place: source.trail).records(
                    after: before.last?.index, sequences: before.drained + 1..<known.drained + 1)
                try TrailOutbox.putBack(missing, db)
                (known.drained, known.last) = (before.drained, before.last)
                let outcome = try TrailAgreement(vault: view, place: target.trail).compare(known) { record throws(StorageError) in
                    try TrailOutbox.holds(record, db)
                }
                try TrailOutbox.settle(outcome.state, db)
                try TrailOutbox.check(outcome.state, db)
                return (outcome.state, try Migrator.applied(db))
            }
            try copy.close()
            return result
        } catch {
            throw StorageError(any: error, at: target.database)
        }
    }

    // MARK: Files

    private func copyFolder(_ folder: String) throws(StorageError) {
        let root = "\(source.path)/\(folder)"
        // What is being written lies under a temporary name and is no part of the data yet.
        for path in try FileTree.files(root) where !path.hasSuffix(".tmp") && !path.hasSuffix(".part") {
            do throws(StorageError) {
                try FileTree.copy("\(folder)/\(path)", from: source.path, to: target.path)
            } catch  where error.code == .notFound {
                // Removed since the names were listed.
            }
        }
    }

    /// Notes in the running trail that a copy with keys was made.
    private func note(_ digest: String) throws(StorageError) {
        let entry = TrailEntry(
            "data.backup", .init("backup", target.path), details: ["manifest-sha-256": digest, "program": program])
        let now = effects.now()
        do throws(StorageError) {
            try DatabaseFile(source, settings).changing { db in
                try TrailOutbox.put([entry], actor, at: now, limit: settings.outboxLimit, db)
            }
        } catch {
            throw StorageError(
                error.code, "the backup is whole, but the trail does not say that it was made: \(error.what)", at: error.place,
                remedy: error.remedy)
        }
    }
}

/// A stretch of the trail, read from its vault.
struct TrailRange {
    let view: VaultReader
    let place: String

    /// The records of some sequences.
    ///
    /// - Parameters:
    ///   - index: where the record before them lies; nil when there is none.
    ///   - sequences: which.
    /// - Returns: exactly these, in order.
    /// - Throws: `.trailBroken` when one is missing.
    func records(after index: UInt64?, sequences: Range<Int64>) throws(StorageError) -> [TrailRecord] {
        var records: [TrailRecord] = []
        guard !sequences.isEmpty else { return records }
        var query = SearchQuery()
        query.source = TrailRecord.source
        query.start = index.map { $0 + 1 } ?? 0
        query.limit = sequences.count
        var broken: StorageError?
        do throws(VaultError) {
            _ = try view.search(query) { hit in
                do throws(StorageError) {
                    if let record = try TrailRecord(hit.record) { records.append(record) }
                    return true
                } catch {
                    broken = error
                    return false
                }
            }
        } catch {
            throw StorageError(trail: error)
        }
        if let broken { throw broken }
        guard records.map(\.sequence).elementsEqual(sequences) else {
            throw StorageError(
                .trailBroken, "the trail does not hold the records \(sequences.lowerBound)...\(sequences.upperBound - 1)",
                at: place,
                remedy: "run plumbline verify")
        }
        return records
    }
}
