/// The signing key of the epoch: one file of mode 0600 beside the log's directory, written anew at each daily seal, the old key overwritten
/// first. Whoever takes the machine tomorrow cannot sign what today's seal says.
struct EpochKeys {
    let path: String
    let files: FileEffects

    private var nextPath: String { path + ".next" }

    /// Makes the key of the next epoch and puts it beside the current one, durably.
    func prepare(name: String) throws(VaultError) -> NoteSigner {
        let signer = try NoteSigner(name: name, seed: files.random(32))
        try files.replace(nextPath, signer.secret, secret: true)
        return signer
    }

    /// Erases the current key and puts the prepared one in its place. The old file is overwritten before it is replaced, because a file that
    /// is only removed can often be read from the disk; on a disk that writes elsewhere (flash, snapshots) no program can do more.
    func advance() throws(VaultError) {
        do throws(VaultError) {
            let file = try files.open(path, .write)
            defer { files.close(file) }
            try files.writeAll(file, [UInt8](repeating: 0, count: Int(try files.size(file))), at: 0)
            try files.sync(file)
        } catch  where error.code == .notFound {}
        try files.rename(nextPath, path)
        try files.syncDirectory(Path.parent(path))
    }

    /// The key that the log names; nil when neither file holds it. Finishes an interrupted change.
    func current(_ verifier: NoteVerifier) throws(VaultError) -> NoteSigner? {
        if let key = try read(path), key.verifier == verifier {
            do { try files.remove(nextPath) } catch  where error.code == .notFound {}
            return key
        }
        guard let key = try read(nextPath), key.verifier == verifier else { return nil }
        try advance()
        return key
    }

    /// The key in a file; nil when there is none, or none that can be read (overwritten, or torn by a crash).
    private func read(_ path: String) throws(VaultError) -> NoteSigner? {
        do {
            return try KeyFile.read(path, files)
        } catch  where error.code == .notFound {
            return nil
        } catch {
            guard try files.permissions(path) & 0o077 == 0 else { throw error }
            return nil
        }
    }
}
