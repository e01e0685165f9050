internal import Crypto
internal import Glibc
package import Vault

/// A local file, read or written front to back in pieces. Closed when nobody holds it any more.
package final class LocalFile: Sendable {
    private let path: String
    private let file: Int32

    /// Opens a file for reading.
    ///
    /// - Throws: `.notFound`, `.file`.
    package init(reading path: String) throws(VaultError) {
        self.path = path
        file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw Self.error("cannot be read", path) }
    }

    /// Makes a file for writing; it must not exist.
    ///
    /// - Throws: `.exists`, `.file`.
    package init(making path: String) throws(VaultError) {
        self.path = path
        file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard file >= 0 else { throw Self.error("cannot be made", path) }
    }

    deinit { close(file) }

    /// The next bytes, at most so many; empty at the end.
    ///
    /// - Throws: `.file`.
    package func read(_ count: Int) throws(VaultError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        while true {
            let got = Glibc.read(file, &bytes, count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw Self.error("cannot be read", path) }
            bytes.removeLast(count - got)
            return bytes
        }
    }

    /// Writes bytes after those written before.
    ///
    /// - Throws: `.file`.
    package func write(_ bytes: [UInt8]) throws(VaultError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(file, buffer.baseAddress.map { $0 + done }, buffer.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.error("cannot be written", path) }
            done += count
        }
    }

    /// Makes what was written durable.
    ///
    /// - Throws: `.file`.
    package func sync() throws(VaultError) {
        guard fdatasync(file) == 0 else { throw Self.error("cannot be made durable", path) }
    }

    /// Removes a file, if it is there.
    ///
    /// - Throws: `.file`.
    package static func remove(_ path: String) throws(VaultError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw error("cannot be removed", path) }
    }

    /// Gives a file its name, durably.
    ///
    /// - Throws: `.file`.
    package static func rename(_ from: String, _ to: String) throws(VaultError) {
        guard Glibc.rename(from, to) == 0 else { throw error("cannot be renamed", from) }
        let folder = open(to.lastIndex(of: "/").map { String(to[..<$0]) } ?? ".", O_RDONLY | O_CLOEXEC | O_DIRECTORY)
        guard folder >= 0 else { throw error("cannot be opened", to) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw error("its name cannot be made durable", to) }
    }

    /// Length and SHA-256 of a file, read once.
    ///
    /// - Throws: `.notFound`, `.file`.
    package static func digest(_ path: String) throws(VaultError) -> (count: UInt64, hash: MerkleHash) {
        let file = try LocalFile(reading: path)
        var digest = StreamDigest()
        while true {
            let piece = try file.read(1 << 20)
            if piece.isEmpty { return digest.finish() }
            digest.take(piece)
        }
    }

    private static func error(_ what: String, _ path: String) -> VaultError {
        let code: VaultError.Code =
            switch errno {
            case ENOENT: .notFound
            case EEXIST: .exists
            default: .file
            }
        return VaultError(code, "\(what): \(strerror(errno).map { String(cString: $0) } ?? "")", at: path)
    }
}

/// SHA-256 and length of bytes that come in pieces.
package struct StreamDigest: Sendable {
    private var digest = SHA256()
    private var count: UInt64 = 0

    package init() {}

    package mutating func take(_ piece: [UInt8]) {
        digest.update(data: piece)
        count += UInt64(piece.count)
    }

    package func finish() -> (count: UInt64, hash: MerkleHash) {
        // SHA-256 has the length of a hash.
        (count, MerkleHash(Array(digest.finalize())) ?? .empty)
    }
}

/// A file with a secret.
enum SecretFile {
    /// The whole of a file that nobody but its owner may read.
    ///
    /// - Throws: `.badInput` when others may read it or it is longer than `limit`; `.notFound`, `.file`.
    static func read(_ path: String, limit: Int) throws(VaultError) -> [UInt8] {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            throw VaultError(errno == ENOENT ? .notFound : .file, "the credentials cannot be read", at: path)
        }
        guard status.st_mode & 0o077 == 0, status.st_size <= limit else {
            throw VaultError(
                .badInput,
                "others may read the credentials (mode \(String(status.st_mode & 0o7777, radix: 8))), or the file is too long",
                at: path, remedy: "chmod 600, and consider the secret known")
        }
        return try LocalFile(reading: path).read(limit)
    }
}
