internal import Glibc

/// The few file calls that are needed here, with errors that name the path.
enum Posix {
    /// What is known of a file without opening it; links are not followed.
    struct Status {
        let owner: UInt32
        /// Permission bits.
        let mode: UInt32
        let bytes: UInt64
        let isDirectory: Bool
        let isRegular: Bool
        let isLink: Bool
        /// Last change of its contents, UTC seconds since 1970.
        let modified: Int64
    }

    static func failure(_ call: String, _ path: String) -> StorageError {
        let number = errno
        let code: StorageError.Code = number == ENOENT ? .notFound : number == ENOSPC || number == EDQUOT ? .full : .file
        return StorageError(code, "\(call): \(message(number))", at: path)
    }

    private static func message(_ number: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Nil when there is nothing of that name.
    static func status(_ path: String) throws(StorageError) -> Status? {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw failure("lstat", path)
        }
        let kind = status.st_mode & S_IFMT
        return Status(
            owner: status.st_uid, mode: status.st_mode & 0o7777, bytes: UInt64(max(0, status.st_size)),
            isDirectory: kind == S_IFDIR,
            isRegular: kind == S_IFREG, isLink: kind == S_IFLNK, modified: Int64(status.st_mtim.tv_sec))
    }

    /// Makes a directory of mode 0700.
    static func makeDirectory(_ path: String) throws(StorageError) {
        guard mkdir(path, 0o700) == 0 else { throw failure("mkdir", path) }
    }

    static func setMode(_ path: String, _ mode: UInt32) throws(StorageError) {
        guard chmod(path, mode) == 0 else { throw failure("chmod", path) }
    }

    /// Names in a directory, sorted.
    static func list(_ path: String) throws(StorageError) -> [String] {
        guard let folder = opendir(path) else { throw failure("opendir", path) }
        defer { closedir(folder) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw failure("readdir", path) }
        return names.sorted()
    }

    static func syncDirectory(_ path: String) throws(StorageError) {
        let folder = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure("open", path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure("fsync", path) }
    }

    /// The whole of a small file.
    static func contents(_ path: String, limit: Int) throws(StorageError) -> [UInt8] {
        var bytes: [UInt8] = []
        try read(path) { (chunk) throws(StorageError) in
            bytes += chunk
            guard bytes.count <= limit else { throw StorageError(.damaged, "the file is longer than \(limit) bytes", at: path) }
        }
        return bytes
    }

    /// Reads a regular file from its beginning to its end, a MiB at a time.
    static func read(_ path: String, _ each: (ArraySlice<UInt8>) throws(StorageError) -> Void) throws(StorageError) {
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw failure("open", path) }
        defer { close(file) }
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read", path) }
            if count == 0 { return }
            try each(chunk[..<count])
        }
    }

    /// A new file of mode 0600 that did not exist; it is synced, its name is not.
    static func write(_ path: String, _ fill: ((ArraySlice<UInt8>) throws(StorageError) -> Void) throws(StorageError) -> Void)
        throws(StorageError)
    {
        let file = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw failure("open", path) }
        defer { close(file) }
        try fill { (bytes) throws(StorageError) in
            var offset = bytes.startIndex
            while offset < bytes.endIndex {
                let count = bytes[offset...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw failure("write", path) }
                offset += count
            }
        }
        guard fsync(file) == 0 else { throw failure("fsync", path) }
    }

    /// Puts a small file of mode 0600 in place at once: temporary file, sync, rename, sync of the directory.
    static func replace(_ path: String, _ bytes: [UInt8]) throws(StorageError) {
        let temporary = path + ".tmp"
        unlink(temporary)
        try write(temporary) { (put) throws(StorageError) in try put(bytes[...]) }
        try rename(temporary, path)
    }

    static func removeFile(_ path: String) throws(StorageError) {
        guard unlink(path) == 0 else { throw failure("unlink", path) }
    }

    static func removeFolder(_ path: String) throws(StorageError) {
        guard rmdir(path) == 0 else { throw failure("rmdir", path) }
    }

    /// The number of this process.
    static var process: Int32 { getpid() }

    /// The path without links and dots.
    static func real(_ path: String) throws(StorageError) -> String {
        guard let resolved = realpath(path, nil) else { throw failure("realpath", path) }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Renames and makes the new name durable.
    static func rename(_ from: String, _ to: String) throws(StorageError) {
        guard Glibc.rename(from, to) == 0 else { throw failure("rename", from) }
        try syncDirectory(parent(to))
    }

    static func parent(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
