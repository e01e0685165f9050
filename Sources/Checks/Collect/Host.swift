public import Rulebook

/// A file as the host gave it.
public struct HostFile: Sendable {
    /// All bytes (never more than the caller's limit).
    public var bytes: [UInt8]
    /// What the file system says of it.
    public var status: HostStatus

    /// A file with content and status.
    public init(bytes: [UInt8], status: HostStatus) {
        self.bytes = bytes
        self.status = status
    }
}

/// What the file system says of a path.
public struct HostStatus: Sendable, Equatable {
    /// Kinds of file that collectors tell apart.
    public enum Kind: String, Sendable { case file, directory, link, other }

    /// What it is.
    public var kind: Kind
    /// Permission bits, set-id and sticky bits included (07777).
    public var mode: UInt32
    /// Owner's user id.
    public var uid: UInt32
    /// Group id.
    public var gid: UInt32
    /// Length in bytes.
    public var size: Int
    /// Last change of the content.
    public var modified: Instant
    /// Number of the device it lies on.
    public var device: UInt64

    /// A status.
    public init(
        kind: Kind, mode: UInt32, uid: UInt32 = 0, gid: UInt32 = 0, size: Int = 0, modified: Instant = Instant(seconds: 0),
        device: UInt64 = 0
    ) {
        self.kind = kind
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.size = size
        self.modified = modified
        self.device = device
    }

    /// Permission bits as four octal digits: `0640`.
    public var modeText: String {
        let digits = String(mode & 0o7777, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

/// Why something of a host could not be read.
public enum AccessFailure: Error, Sendable, Equatable {
    case absent
    case denied
    case tooLarge(Int)
    case notRegular
    case failed(String)

    /// In words, for the facts file.
    public var words: String {
        switch self {
        case .absent: "not there"
        case .denied: "permission denied"
        case .tooLarge(let size): "\(size) bytes is more than is read"
        case .notRegular: "not a regular file"
        case .failed(let reason): reason
        }
    }
}

/// How a read-only command ended.
public enum CommandOutcome: Sendable, Equatable {
    /// It ended by itself; `error` is the beginning of what it wrote to standard error.
    case exited(Int32, output: [UInt8], error: String)
    /// No such program in the system's program folders.
    case notFound
    /// It was stopped after its time was over.
    case timedOut
    /// It could not be run, was killed, or wrote more than is read.
    case failed(String)
}

/// The numbers of a mounted volume.
public struct HostVolume: Sendable, Equatable {
    /// Size in bytes.
    public var bytes: Int
    /// Bytes an ordinary program may still use.
    public var free: Int

    /// Size and free space of a volume.
    public init(bytes: Int, free: Int) {
        self.bytes = bytes
        self.free = free
    }
}

/// Everything a collector may do to a host, as closures: read, list, look, run a named read-only program, ask a local port.
/// There is nothing here that writes. Tests give a folder tree and canned answers instead.
public struct Host: Sendable {
    /// A regular file's bytes, following links, at most the given number.
    public var read: @Sendable (_ path: String, _ limit: Int) -> Result<HostFile, AccessFailure>
    /// Last bytes of a regular file, at most the given number.
    public var readEnd: @Sendable (_ path: String, _ limit: Int) -> Result<HostFile, AccessFailure>
    /// Names in a folder, sorted.
    public var list: @Sendable (_ path: String) -> Result<[String], AccessFailure>
    /// Status of a path, following links.
    public var status: @Sendable (_ path: String) -> Result<HostStatus, AccessFailure>
    /// Target of a symbolic link as written; nil when it is none.
    public var linkTarget: @Sendable (_ path: String) -> String?
    /// Size and free space of the volume a path lies on.
    public var volume: @Sendable (_ path: String) -> HostVolume?
    /// Runs a program by name (looked up in the system's program folders only) with arguments: no shell, no input, a clean
    /// environment, at most `seconds` and 8 MiB of output.
    public var run: @Sendable (_ arguments: [String], _ seconds: Int) async -> CommandOutcome
    /// Sends bytes to a TCP port of this host and gives what comes back until `enough` says so, the peer closes or the time is over.
    /// nil when it cannot be connected to.
    public var exchange:
        @Sendable (_ address: String, _ port: Int, _ bytes: [UInt8], _ milliseconds: Int, _ enough: @Sendable ([UInt8]) -> Bool)
            async -> [UInt8]?
    /// The time.
    public var now: @Sendable () -> Instant
    /// Effective user id of the collector.
    public var user: UInt32
    /// Whether the running system is looked at; false for a mounted image, where commands and ports would speak of another system.
    public var isLive: Bool

    /// A host from its parts.
    public init(
        read: @escaping @Sendable (String, Int) -> Result<HostFile, AccessFailure>,
        readEnd: @escaping @Sendable (String, Int) -> Result<HostFile, AccessFailure>,
        list: @escaping @Sendable (String) -> Result<[String], AccessFailure>,
        status: @escaping @Sendable (String) -> Result<HostStatus, AccessFailure>,
        linkTarget: @escaping @Sendable (String) -> String?,
        volume: @escaping @Sendable (String) -> HostVolume?,
        run: @escaping @Sendable ([String], Int) async -> CommandOutcome,
        exchange: @escaping @Sendable (String, Int, [UInt8], Int, @Sendable ([UInt8]) -> Bool) async -> [UInt8]?,
        now: @escaping @Sendable () -> Instant,
        user: UInt32,
        isLive: Bool
    ) {
        self.read = read
        self.readEnd = readEnd
        self.list = list
        self.status = status
        self.linkTarget = linkTarget
        self.volume = volume
        self.run = run
        self.exchange = exchange
        self.now = now
        self.user = user
        self.isLive = isLive
    }
}
