/// Every file call a vault makes, the clock and the random numbers, as closures: a test can make each of them fail, and a disk that loses
/// what was not synced can stand in for the real one. All closures throw `VaultError` with code `.file`, or `.notFound` and `.exists` where
/// the system says so.
public struct FileEffects: Sendable {
    /// How a file is opened.
    public enum Mode: Sendable {
        /// Only for reading.
        case read
        /// For reading and writing; it must exist.
        case write
        /// New, for reading and writing, readable by group: it must not exist.
        case create
        /// New and secret (mode 0600): it must not exist.
        case createSecret
    }

    /// Opens a file and gives its descriptor.
    public var open: @Sendable (_ path: String, _ mode: Mode) throws(VaultError) -> Int32
    /// Closes a descriptor. What `close` could report was reported by `sync` before.
    public var close: @Sendable (_ file: Int32) -> Void
    /// Reads at an offset; fewer bytes than asked only at the end of the file.
    public var read:
        @Sendable (_ file: Int32, _ into: UnsafeMutableRawBufferPointer, _ offset: UInt64)
            throws(VaultError) -> Int
    /// Writes at an offset; may write fewer bytes than given.
    public var write:
        @Sendable (_ file: Int32, _ bytes: UnsafeRawBufferPointer, _ offset: UInt64) throws(VaultError)
            -> Int
    /// Makes data and size durable (fdatasync). After a failure nothing is known of what was written.
    public var sync: @Sendable (_ file: Int32) throws(VaultError) -> Void
    /// Length of an open file in bytes.
    public var size: @Sendable (_ file: Int32) throws(VaultError) -> UInt64
    /// Puts a file in the place of another, at once.
    public var rename: @Sendable (_ from: String, _ to: String) throws(VaultError) -> Void
    /// Removes a file.
    public var remove: @Sendable (_ path: String) throws(VaultError) -> Void
    /// Makes a directory (mode 0750).
    public var makeDirectory: @Sendable (_ path: String) throws(VaultError) -> Void
    /// Names in a directory, sorted.
    public var list: @Sendable (_ path: String) throws(VaultError) -> [String]
    /// Makes names in a directory durable (fsync of the directory).
    public var syncDirectory: @Sendable (_ path: String) throws(VaultError) -> Void
    /// Takes the exclusive lock of an open file without waiting; false when another holds it.
    public var lock: @Sendable (_ file: Int32) throws(VaultError) -> Bool
    /// Permission bits of a file.
    public var permissions: @Sendable (_ path: String) throws(VaultError) -> UInt32
    /// Room of the file system a path lies on.
    public var space: @Sendable (_ path: String) throws(VaultError) -> DiskSpace
    /// UTC, microseconds since 1970. May step back; the vault never does.
    public var now: @Sendable () -> Int64
    /// Microseconds since the machine started, sleep included: steady when somebody sets the clock.
    public var steady: @Sendable () -> Int64
    /// What the machine knows of its clock.
    public var clockHealth: @Sendable () -> ClockHealth
    /// Random bytes that nobody can guess.
    public var random: @Sendable (_ count: Int) -> [UInt8]

    /// The effects given.
    public init(
        open: @escaping @Sendable (String, Mode) throws(VaultError) -> Int32,
        close: @escaping @Sendable (Int32) -> Void,
        read:
            @escaping @Sendable (Int32, UnsafeMutableRawBufferPointer, UInt64) throws(VaultError) -> Int,
        write: @escaping @Sendable (Int32, UnsafeRawBufferPointer, UInt64) throws(VaultError) -> Int,
        sync: @escaping @Sendable (Int32) throws(VaultError) -> Void,
        size: @escaping @Sendable (Int32) throws(VaultError) -> UInt64,
        rename: @escaping @Sendable (String, String) throws(VaultError) -> Void,
        remove: @escaping @Sendable (String) throws(VaultError) -> Void,
        makeDirectory: @escaping @Sendable (String) throws(VaultError) -> Void,
        list: @escaping @Sendable (String) throws(VaultError) -> [String],
        syncDirectory: @escaping @Sendable (String) throws(VaultError) -> Void,
        lock: @escaping @Sendable (Int32) throws(VaultError) -> Bool,
        permissions: @escaping @Sendable (String) throws(VaultError) -> UInt32,
        space: @escaping @Sendable (String) throws(VaultError) -> DiskSpace,
        now: @escaping @Sendable () -> Int64, steady: @escaping @Sendable () -> Int64,
        clockHealth: @escaping @Sendable () -> ClockHealth, random: @escaping @Sendable (Int) -> [UInt8]
    ) {
        self.open = open
        self.close = close
        self.read = read
        self.write = write
        self.sync = sync
        self.size = size
        self.rename = rename
        self.remove = remove
        self.makeDirectory = makeDirectory
        self.list = list
        self.syncDirectory = syncDirectory
        self.lock = lock
        self.permissions = permissions
        self.space = space
        self.now = now
        self.steady = steady
        self.clockHealth = clockHealth
        self.random = random
    }
}

/// Room of a file system, in bytes.
public struct DiskSpace: Hashable, Sendable {
    /// All of it.
    public var total: UInt64
    /// What may still be written.
    public var free: UInt64

    /// A file system of that size with that much room.
    public init(total: UInt64, free: UInt64) {
        self.total = total
        self.free = free
    }

    /// Hundredths that are used or reserved for the system's own account; 100 when the size is not known.
    public var percentUsed: Double { total == 0 ? 100 : 100 - 100 * Double(min(free, total)) / Double(total) }
}

/// What a machine knows of its clock (adjtimex(2)).
public struct ClockHealth: Hashable, Sendable {
    /// Whether the kernel holds the clock to be synchronised.
    public var isSynchronized: Bool
    /// Largest error the kernel knows of, microseconds.
    public var maximumError: Int64
    /// Which start of the machine this is (36 characters of a UUID); empty when it is not known.
    public var boot: String

    /// Those values.
    public init(isSynchronized: Bool, maximumError: Int64, boot: String) {
        self.isSynchronized = isSynchronized
        self.maximumError = maximumError
        self.boot = boot
    }
}

extension FileEffects {
    /// Reads exactly that many bytes.
    ///
    /// - Throws: `.damaged` when the file ends before.
    func readExactly(_ file: Int32, _ count: Int, at offset: UInt64, path: String) throws(VaultError)
        -> [UInt8]
    {
        let bytes = try readUpTo(file, count, at: offset)
        guard bytes.count == count else {
            throw VaultError(
                .damaged,
                "the file ends at byte \(offset + UInt64(bytes.count)), \(count) were expected at \(offset)",
                at: path)
        }
        return bytes
    }

    /// Reads that many bytes, fewer at the end of the file.
    func readUpTo(_ file: Int32, _ count: Int, at offset: UInt64) throws(VaultError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            var failure: VaultError?
            let read = bytes.withUnsafeMutableBytes { buffer in
                do throws(VaultError) {
                    return try self.read(
                        file, UnsafeMutableRawBufferPointer(rebasing: buffer[done...]), offset + UInt64(done))
                } catch {
                    failure = error
                    return 0
                }
            }
            if let failure { throw failure }
            guard read > 0 else { break }
            done += read
        }
        bytes.removeLast(count - done)
        return bytes
    }

    /// Writes all bytes, going on after short writes.
    func writeAll(_ file: Int32, _ bytes: [UInt8], at offset: UInt64) throws(VaultError) {
        var done = 0
        while done < bytes.count {
            var failure: VaultError?
            let written = bytes.withUnsafeBytes { buffer in
                do throws(VaultError) {
                    return try self.write(
                        file, UnsafeRawBufferPointer(rebasing: buffer[done...]), offset + UInt64(done))
                } catch {
                    failure = error
                    return 0
                }
            }
            if let failure { throw failure }
            guard written > 0 else {
                throw VaultError(.file, "a write took no byte", remedy: "is the disk full?")
            }
            done += written
        }
    }

    /// The whole of a small file.
    ///
    /// - Throws: `.damaged` when it is longer than `limit`; `.notFound` when there is none.
    func contents(_ path: String, limit: Int) throws(VaultError) -> [UInt8] {
        let file = try open(path, .read)
        defer { close(file) }
        let bytes = try readUpTo(file, limit + 1, at: 0)
        guard bytes.count <= limit else {
            throw VaultError(.damaged, "the file is longer than \(limit) bytes", at: path)
        }
        return bytes
    }

    /// Puts a small file in place at once: temporary file, sync, rename, sync of the directory.
    func replace(_ path: String, _ bytes: [UInt8], secret: Bool = false) throws(VaultError) {
        let temporary = path + ".tmp"
        do { try remove(temporary) } catch  where error.code == .notFound {}
        let file = try open(temporary, secret ? .createSecret : .create)
        do {
            defer { close(file) }
            try writeAll(file, bytes, at: 0)
            try sync(file)
        }
        try rename(temporary, path)
        try syncDirectory(Path.parent(path))
    }

    /// Whether a file or directory can be seen.
    func exists(_ path: String) throws(VaultError) -> Bool {
        do {
            _ = try permissions(path)
            return true
        } catch  where error.code == .notFound {
            return false
        }
    }
}

/// The little that is needed of paths.
enum Path {
    static func parent(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The last part of a path.
    static func name(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }

    /// Numbers in names of files: twelve digits, so that names sort as numbers do.
    static func number(_ value: UInt64) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, 12 - digits.utf8.count)) + digits
    }

    /// The number in `<twelve digits><ending>`; nil for any other name.
    static func number(of name: String, ending: String) -> UInt64? {
        guard name.hasSuffix(ending), let value = UInt64(name.dropLast(ending.count)), value < 1_000_000_000_000,
            number(value) + ending == name
        else { return nil }
        return value
    }
}
