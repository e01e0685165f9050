/// Where the last signed checkpoint is kept outside the data directory, so that a directory rolled back to an older copy is refused.
/// Any store with compare-and-swap can be one; it should not be restorable together with the directory.
public struct CheckpointRegister: Sendable {
    /// The note held; nil when nothing was ever put there.
    public var read: @Sendable () throws(VaultError) -> [UInt8]?
    /// Puts `new` in place of `expected`, at once and durably; false when something else is there.
    public var swap: @Sendable (_ expected: [UInt8]?, _ new: [UInt8]) throws(VaultError) -> Bool

    /// A register of those effects.
    public init(
        read: @escaping @Sendable () throws(VaultError) -> [UInt8]?,
        swap: @escaping @Sendable (_ expected: [UInt8]?, _ new: [UInt8]) throws(VaultError) -> Bool
    ) {
        self.read = read
        self.swap = swap
    }

    /// A file as register; beside it lies a lock file of the same name with the ending `.lock`.
    public static func file(_ path: String, _ files: FileEffects = .live) -> CheckpointRegister {
        @Sendable func current() throws(VaultError) -> [UInt8]? {
            do {
                return try files.contents(path, limit: SignedNote.byteLimit)
            } catch  where error.code == .notFound {
                return nil
            }
        }
        return CheckpointRegister(
            read: { () throws(VaultError) in try current() },
            swap: { (expected, new) throws(VaultError) in
                let lock = try files.openLock(path + ".lock")
                defer { files.close(lock) }
                guard try files.lock(lock) else {
                    throw VaultError(
                        .locked, "another process changes the register", at: path, remedy: "try again")
                }
                guard try current() == expected else { return false }
                try files.replace(path, new)
                return true
            })
    }
}

/// The file of a signing key: one line, readable by its owner only.
public enum KeyFile {
    /// Makes a new key and writes it to a new file of mode 0600.
    ///
    /// - Throws: `.exists` when the file is there already, it is never overwritten; `.badInput` for a name that is not one.
    public static func create(_ path: String, name: String, _ files: FileEffects = .live)
        throws(VaultError) -> NoteSigner
    {
        let signer = try NoteSigner.generate(name: name)
        try SecretFile.create(path, signer.secret, files)
        return signer
    }

    /// Reads a key file.
    ///
    /// - Throws: `.badInput` when group or others may read it, or it is not a key.
    public static func read(_ path: String, _ files: FileEffects = .live) throws(VaultError)
        -> NoteSigner
    {
        try SecretFile.read(path, files) { secret throws(VaultError) in try NoteSigner(secret: secret) }
    }
}

/// A file with a secret of one line, of mode 0600.
enum SecretFile {
    static func create(_ path: String, _ secret: [UInt8], _ files: FileEffects) throws(VaultError) {
        guard try !files.exists(path) else {
            throw VaultError(
                .exists, "there is a key file already", at: path, remedy: "choose another path")
        }
        try files.replace(path, secret, secret: true)
    }

    static func read<Key>(
        _ path: String, _ files: FileEffects, _ parse: ([UInt8]) throws(VaultError) -> Key
    ) throws(VaultError) -> Key {
        let mode = try files.permissions(path)
        guard mode & 0o077 == 0 else {
            throw VaultError(
                .badInput, "others may read the key file (mode \(String(mode, radix: 8)))", at: path,
                remedy: "chmod 600, and consider the key known")
        }
        do {
            return try parse(try files.contents(path, limit: 1_024))
        } catch  where error.code == .badInput {
            throw VaultError(.badInput, error.what, at: path, remedy: error.remedy)
        }
    }
}

extension FileEffects {
    /// Opens a lock file, making it when it is not there.
    func openLock(_ path: String) throws(VaultError) -> Int32 {
        do {
            return try open(path, .write)
        } catch  where error.code == .notFound {
            do {
                return try open(path, .create)
            } catch  where error.code == .exists {
                return try open(path, .write)
            }
        }
    }
}
