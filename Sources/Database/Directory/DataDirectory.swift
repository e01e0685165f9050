internal import Glibc

/// Where everything of one installation lies, and the checks that it is ours and nobody else's to read.
///
/// `plumbline.sqlite` (governance data), `vault/trail` (the trail's vault, its epoch's key and register beside it), `evidence/sha256`, `keys`,
/// `tls`, `lock` (held by the one server) and `format`, which says that it is a data directory. Directories have mode 0700, files 0600.
public struct DataDirectory: Hashable, Sendable {
    /// The directory's path.
    public let path: String

    /// The governance database.
    public var database: String { path + "/plumbline.sqlite" }
    /// The folder of all vaults.
    public var vaults: String { path + "/vault" }
    /// The trail's vault.
    public var trail: String { vaults + "/trail" }
    /// The trail's register, where none is kept elsewhere.
    public var trailRegister: String { vaults + "/trail.register" }
    /// The folder of evidence files, each named by its SHA-256 in hexadecimal.
    public var evidence: String { path + "/evidence/sha256" }
    /// The folder of keys.
    public var keys: String { path + "/keys" }
    /// The trail's signing key.
    public var trailKey: String { keys + "/trail.key" }
    /// The folder of the server's certificate and key.
    public var tls: String { path + "/tls" }
    /// The file whose lock the one server holds.
    public var lock: String { path + "/lock" }
    var format: String { path + "/format" }

    static let formatText = "plumbline data 1\n"
    /// Every folder in it.
    var folders: [String] { [vaults, path + "/evidence", evidence, keys, tls] }

    /// The directory at a path that was not looked at yet.
    init(unchecked path: String) {
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// Makes an empty data directory. What an interrupted `create` left is finished.
    ///
    /// - Parameter path: must not exist, or be empty.
    /// - Returns: the directory.
    /// - Throws: `.exists` when it holds something or is a data directory; `.exposed` when it belongs to someone else; `.file`.
    public static func create(_ path: String) throws(StorageError) -> DataDirectory {
        let directory = DataDirectory(unchecked: path)
        if try Posix.status(directory.path) == nil { try Posix.makeDirectory(directory.path) }
        let names = Set(try Posix.list(directory.path))
        guard !names.contains("format") else {
            throw StorageError(.exists, "it is a data directory already", at: directory.path)
        }
        guard names.isSubset(of: ["vault", "evidence", "keys", "tls", "format.tmp"]) else {
            throw StorageError(.exists, "the directory is not empty", at: directory.path, remedy: "choose a new directory")
        }
        try Posix.setMode(directory.path, 0o700)
        try directory.requirePrivate(directory.path)
        for folder in directory.folders where try Posix.status(folder) == nil { try Posix.makeDirectory(folder) }
        try Posix.replace(directory.format, Array(formatText.utf8))
        try Posix.syncDirectory(Posix.parent(directory.path))
        return directory
    }

    /// The data directory at a path.
    ///
    /// - Throws: `.notFound`; `.foreign` when it is something else or of another format; `.exposed` when it, a folder of it, the database or a
    ///   key belongs to another user or can be read or written by others; `.file`.
    public static func open(_ path: String) throws(StorageError) -> DataDirectory {
        let directory = try look(path)
        try directory.requirePrivate(directory.path)
        for folder in directory.folders {
            guard try Posix.status(folder) != nil else {
                throw StorageError(.damaged, "a folder is missing", at: folder, remedy: "restore a backup")
            }
            try directory.requirePrivate(folder)
        }
        for file in [directory.database, directory.trailKey] where try Posix.status(file) != nil {
            try directory.requirePrivate(file)
        }
        return directory
    }

    /// The data directory at a path, whoever can look into it: for saying how it is, never for serving it.
    ///
    /// - Throws: `.notFound`; `.foreign` when it is something else or of another format; `.file`.
    static func look(_ path: String) throws(StorageError) -> DataDirectory {
        let directory = DataDirectory(unchecked: path)
        guard let status = try Posix.status(directory.path) else {
            throw StorageError(
                .notFound, "there is no data directory", at: directory.path, remedy: "plumbline serve makes one")
        }
        guard status.isDirectory else { throw StorageError(.foreign, "it is not a directory", at: directory.path) }
        guard try Posix.status(directory.format) != nil else {
            throw StorageError(
                .foreign, "it is not a data directory of Plumbline", at: directory.path,
                remedy: "name the directory that holds plumbline.sqlite")
        }
        guard try Posix.contents(directory.format, limit: 256) == Array(formatText.utf8) else {
            throw StorageError(
                .foreign, "the data directory has another format", at: directory.format, remedy: "use the program that made it")
        }
        return directory
    }

    /// The directory at a path, made when there is nothing.
    ///
    /// - Throws: as `create` and `open`.
    public static func openOrCreate(_ path: String) throws(StorageError) -> DataDirectory {
        let directory = DataDirectory(unchecked: path)
        // A directory without the format's file is either to be made, also after an interruption, or refused by `create` as not empty.
        if try Posix.status(directory.format) == nil, try Posix.status(directory.database) == nil { return try create(path) }
        return try open(path)
    }

    /// Refuses what others own or may look into: whoever can write here can become anyone.
    private func requirePrivate(_ path: String) throws(StorageError) {
        guard let status = try Posix.status(path) else { return }
        guard !status.isLink else {
            throw StorageError(.exposed, "it is a symbolic link", at: path, remedy: "put the real one here")
        }
        guard status.owner == geteuid() else {
            throw StorageError(
                .exposed, "it belongs to user \(status.owner), this program runs as user \(geteuid())", at: path,
                remedy: "run as its owner")
        }
        guard status.mode & 0o077 == 0 else {
            throw StorageError(
                .exposed, "others may look into it (mode \(String(status.mode, radix: 8)))", at: path,
                remedy: "chmod \(status.isDirectory ? "700" : "600"), and find out who could read it")
        }
    }
}

/// The lock that the one server of a data directory holds as long as this exists.
final class DirectoryLock: Sendable {
    private let file: Int32

    /// Takes the lock without waiting.
    ///
    /// - Throws: `.locked` when another process holds it; `.file`.
    init(_ directory: DataDirectory) throws(StorageError) {
        let file = Glibc.open(directory.lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw Posix.failure("open", directory.lock) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let isHeld = errno == EWOULDBLOCK
            let error =
                isHeld
                ? StorageError(
                    .locked, "another server runs on this data directory", at: directory.path,
                    remedy: "stop it first; a directory has one server") : Posix.failure("flock", directory.lock)
            close(file)
            throw error
        }
        self.file = file
    }

    deinit {
        // A child that was just forked may still hold a copy of the descriptor; closing alone would leave it the lock until it runs.
        flock(file, LOCK_UN)
        close(file)
    }
}
