internal import Documents
internal import Vault

/// Makes a data directory from a backup: everything is checked before it gets its name.
public struct DataRestore: Sendable {
    private let backup: DataDirectory
    private let target: DataDirectory
    private let actor: TrailActor
    private let settings: DatabaseSettings
    private let effects: DatabaseEffects
    private let progress: @Sendable (String) -> Void

    /// A restoration.
    ///
    /// - Parameters:
    ///   - backup: the backup's directory.
    ///   - target: the data directory to make; must not exist, or be empty.
    ///   - actor: who restores; the first record of the restored trail says so.
    ///   - settings: sizes.
    ///   - effects: the clock.
    ///   - progress: called with what is being done.
    public init(
        from backup: String, to target: String, actor: TrailActor, settings: DatabaseSettings = DatabaseSettings(),
        effects: DatabaseEffects = .live, progress: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        (self.backup, self.target) = (DataDirectory(unchecked: backup), DataDirectory(unchecked: target))
        (self.actor, self.settings, self.effects, self.progress) = (actor, settings, effects, progress)
    }

    /// Makes the data directory. It is made beside its place and renamed at the end; after a failure nothing is left, after a crash a
    /// directory whose name ends in `.restoring` and a number, which may be removed.
    ///
    /// - Returns: what was in the backup.
    /// - Throws: `.notFound`, `.foreign` when it is no backup; `.damaged` when anything in it is not as it was written; `.exists` when the target
    ///   is not empty; `.full`, `.file`.
    public func run() throws(StorageError) -> BackupManifest {
        let (manifest, digest) = try BackupManifest.read(backup.path)
        if try Posix.status(target.path) != nil, try !Posix.list(target.path).isEmpty {
            throw StorageError(.exists, "the directory is not empty", at: target.path, remedy: "restore into a new directory")
        }
        let stage = DataDirectory(unchecked: "\(target.path).restoring\(Posix.process)")
        try Posix.makeDirectory(stage.path)
        do throws(StorageError) {
            try fill(stage, manifest)
            progress("verify")
            let report = try DataVerifier(stage.path, settings: settings).run()
            if let finding = report.findings.first {
                throw StorageError(.damaged, "the backup is not sound: \(finding)", at: backup.path, remedy: "use another backup")
            }
            try note(stage, manifest, digest)
            try Posix.syncDirectory(stage.path)
            try Posix.rename(stage.path, target.path)
        } catch {
            try? FileTree.remove(stage.path)
            throw error
        }
        return manifest
    }

    /// Copies every file, comparing it with the manifest on the way.
    private func fill(_ stage: DataDirectory, _ manifest: BackupManifest) throws(StorageError) {
        try manifest.requireTree(backup.path)
        for folder in manifest.folders { try Posix.makeDirectory("\(stage.path)/\(folder)") }
        for file in manifest.files {
            progress(file.path)
            guard try FileTree.copy(file.path, from: backup.path, to: stage.path) == file else {
                throw StorageError(
                    .damaged, "the file is not as it was written", at: "\(backup.path)/\(file.path)", remedy: "use another backup"
                )
            }
        }
        try FileTree.seal(stage.path)
    }

    private func note(_ stage: DataDirectory, _ manifest: BackupManifest, _ digest: String) throws(StorageError) {
        let entry = TrailEntry(
            "data.restore", .init("backup", backup.path),
            details: ["manifest-sha-256": digest, "as-of": UTCTime.text(manifest.asOf), "program": manifest.program])
        let now = effects.now()
        try DatabaseFile(stage, settings).changing { db in
            // Whatever waited already: this record must be there.
            try TrailOutbox.put([entry], actor, at: now, limit: .max, db)
        }
    }
}

extension BackupManifest {
    /// The manifest of a backup, and the SHA-256 of its file.
    ///
    /// - Throws: `.notFound` when it is no whole backup; `.foreign`, `.damaged`, `.file`.
    static func read(_ directory: String) throws(StorageError) -> (manifest: BackupManifest, sha256: String) {
        let path = "\(directory)/\(name)"
        guard try Posix.status(path) != nil else {
            throw StorageError(
                .notFound, "there is no manifest: it is no backup, or one that was not finished", at: directory,
                remedy: "use another backup")
        }
        let manifest = try BackupManifest(try Posix.contents(path, limit: limits.bytes), at: path)
        return (manifest, try FileTree.digest(directory, name).sha256)
    }

    /// - Throws: `.damaged` when the backup holds other folders, or files that the manifest does not name.
    func requireTree(_ directory: String) throws(StorageError) {
        let tree = try FileTree.walk(directory)
        let (known, there) = (Set(files.map(\.path) + [Self.name]), Set(tree.folders))
        let stranger = tree.files.first { !known.contains($0) } ?? tree.folders.first { !folders.contains($0) }
        if let stranger {
            throw StorageError(.damaged, "it is not of the backup", at: "\(directory)/\(stranger)", remedy: "use another backup")
        }
        if let missing = folders.first(where: { !there.contains($0) }) {
            throw StorageError(.damaged, "the folder is missing", at: "\(directory)/\(missing)", remedy: "use another backup")
        }
    }
}
