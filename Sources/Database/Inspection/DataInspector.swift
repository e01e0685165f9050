public import GRDB
public import Vault

/// Looks into a data directory without serving it: takes no lock, writes nothing, refuses nothing for being readable by others, because how it lies
/// there is part of what is looked for. A server may run meanwhile.
///
/// Of a directory whose server was stopped nothing at all is touched. Beside a running one SQLite uses that server's own shared memory, as every
/// reader does; after a crash it makes that file anew.
public struct DataInspector: Sendable {
    /// The directory.
    public let directory: DataDirectory
    let settings: DatabaseSettings
    let files: FileEffects

    /// A look into the directory at a path.
    ///
    /// - Parameters:
    ///   - path: of a data directory.
    ///   - settings: sizes, and the trail's register where it is kept elsewhere.
    ///   - files: clock, room and file calls.
    /// - Throws: `.notFound`; `.foreign` when it is something else or of another format; `.file`.
    public init(
        _ path: String, settings: DatabaseSettings = DatabaseSettings(), files: FileEffects = .live
    ) throws(StorageError) {
        directory = try DataDirectory.look(path)
        (self.settings, self.files) = (settings, files)
    }

    /// Reads one consistent state of the tables.
    ///
    /// - Parameter body: may be called twice.
    /// - Returns: what the body gives.
    /// - Throws: `.notFound`, `.foreign`, `.damaged`, `.file`; `.unexpected` for any other error of the body.
    public func read<T>(_ body: (GRDB.Database) throws -> T) throws(StorageError) -> T {
        try DatabaseFile(directory, settings).reading(body)
    }

    /// Room on the disk that holds the directory.
    ///
    /// - Throws: `.file`.
    public func space() throws(StorageError) -> DiskSpace {
        do throws(VaultError) { return try files.space(directory.path) } catch { throw StorageError(trail: error) }
    }

    /// What the kernel says of the clock.
    public var clockHealth: ClockHealth { files.clockHealth() }

    /// What lies in the directory and in the folders of keys, certificates and vaults: paths from the directory, the directory itself first. What
    /// the folders of evidence and of a vault hold is left out: the directories above close it.
    ///
    /// - Throws: `.file`.
    public func entries() throws(StorageError) -> [DataEntry] {
        var found: [DataEntry] = []
        try add("", to: &found)
        for name in try Posix.list(directory.path) {
            try add(name, to: &found)
            guard ["keys", "tls", "vault", "evidence"].contains(name), found.last?.kind == .directory else { continue }
            for inner in try Posix.list("\(directory.path)/\(name)") { try add("\(name)/\(inner)", to: &found) }
        }
        return found
    }

    private func add(_ path: String, to found: inout [DataEntry]) throws(StorageError) {
        // What a running server took away since the names were listed is not there.
        guard let status = try Posix.status(path.isEmpty ? directory.path : "\(directory.path)/\(path)") else { return }
        let kind: DataEntry.Kind = status.isLink ? .link : status.isDirectory ? .directory : status.isRegular ? .file : .other
        found.append(
            DataEntry(
                path: path, kind: kind, mode: status.mode, owner: status.owner, bytes: status.bytes, modified: status.modified))
    }

    /// The first bytes of a file of the directory.
    ///
    /// - Parameters:
    ///   - path: from the directory.
    ///   - limit: most bytes.
    /// - Returns: its bytes.
    /// - Throws: `.notFound`; `.damaged` when it is longer; `.file`.
    public func contents(_ path: String, limit: Int) throws(StorageError) -> [UInt8] {
        try Posix.contents("\(directory.path)/\(path)", limit: limit)
    }
}

/// A file or folder of a data directory.
public struct DataEntry: Hashable, Sendable {
    /// Kinds of entry.
    public enum Kind: String, Sendable {
        case directory, file, link, other
    }

    /// Path from the directory; empty for the directory itself.
    public let path: String
    /// What it is.
    public let kind: Kind
    /// Permission bits.
    public let mode: UInt32
    /// User id of its owner.
    public let owner: UInt32
    /// Its length.
    public let bytes: UInt64
    /// Last change of its contents, UTC seconds since 1970.
    public let modified: Int64
}
