internal import Glibc

/// Reading and writing whole documents: bounded on the way in, all or nothing on the way out.
public enum DocumentFile {
    /// All bytes of a file, at most `limit` of them.
    ///
    /// - Parameters:
    ///   - path: a regular file, or `-` for standard input.
    ///   - limit: a larger file is refused after a look at its size, without being read.
    /// - Returns: the bytes.
    /// - Throws: `DocumentError` naming the path.
    public static func read(_ path: String, limit: Int) throws(DocumentError) -> [UInt8] {
        if path == "-" { return try drain(0, name: "standard input", limit: limit) }
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            throw errno == ENOENT
                ? DocumentError(.notFound, source: path, reason: "there is no such file")
                : DocumentError(.unreadable, source: path, reason: "cannot be opened: \(message(errno))")
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw DocumentError(.notRegularFile, source: path, reason: "not a regular file")
        }
        guard status.st_size <= limit else {
            throw DocumentError(.tooLarge, source: path, reason: "\(status.st_size) bytes; at most \(limit) are read")
        }
        return try drain(file, name: path, limit: limit)
    }

    private static func drain(_ file: Int32, name: String, limit: Int) throws(DocumentError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw DocumentError(.unreadable, source: name, reason: "cannot be read: \(message(errno))")
            }
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= limit else {
                throw DocumentError(.tooLarge, source: name, reason: "more than \(limit) bytes; no more are read")
            }
        }
    }

    /// The YAML or JSON document in a file, by its ending (`.json` is JSON, everything else YAML).
    public static func document(_ path: String, limits: DocumentLimits = .authored) throws(DocumentError) -> Node {
        let bytes = try read(path, limit: limits.bytes)
        do throws(DocumentError) {
            return path.hasSuffix(".json")
                ? try JSONReader.read(bytes, limits: limits) : try YAMLReader.read(bytes, limits: limits)
        } catch {
            throw error.inSource(path)
        }
    }

    /// Writes a file so that either the old or the whole new content is there: temporary file beside it, sync, rename.
    ///
    /// - Parameters:
    ///   - bytes: the content.
    ///   - path: where to; the folder must exist.
    ///   - mode: permissions of the new file.
    /// - Throws: `DocumentError` (`write-failed`); the temporary file is gone then.
    public static func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o600) throws(DocumentError) {
        var existing = stat()
        // Putting a file in the place of a device, a pipe or a link would destroy it.
        if lstat(path, &existing) == 0, existing.st_mode & S_IFMT != S_IFREG {
            throw DocumentError(.writeFailed, source: path, reason: "exists and is not a regular file; nothing was written")
        }
        let temporary = "\(path).\(getpid()).part"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard file >= 0 else {
            throw DocumentError(.writeFailed, source: path, reason: "cannot be written: \(message(errno))")
        }
        func give(up what: String) -> DocumentError {
            let reason = "\(what): \(message(errno))"
            unlink(temporary)
            return DocumentError(.writeFailed, source: path, reason: reason)
        }
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress.map { $0 + offset }, bytes.count - offset) }
            if count < 0 {
                if errno == EINTR { continue }
                let error = give(up: "cannot be written")
                close(file)
                throw error
            }
            offset += count
        }
        guard fsync(file) == 0 else {
            let error = give(up: "cannot be synced")
            close(file)
            throw error
        }
        guard close(file) == 0, rename(temporary, path) == 0 else { throw give(up: "cannot be put in place") }
    }

    private static func message(_ code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
