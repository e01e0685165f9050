internal import Crypto
internal import Documents
internal import Glibc

/// Files that observations rest on, each named by the SHA-256 of its bytes: `sha256/ab/abcd…`. What is there is never written again.
///
/// A file is durable before the transaction that names it; one that no transaction came to name stays behind and harms nothing.
package struct EvidenceFiles: Sendable {
    private let folder: String

    package init(_ directory: DataDirectory) { folder = directory.evidence }

    private func path(_ hash: String) -> (folder: String, file: String) {
        let first = folder + "/" + hash.prefix(2)
        return (first, first + "/" + hash)
    }

    /// Stores bytes.
    ///
    /// - Returns: their SHA-256, hexadecimal.
    package func store(_ bytes: [UInt8]) throws(StorageError) -> String {
        let hash = Self.hash(bytes)
        let (folder, file) = path(hash)
        if access(file, F_OK) == 0 { return hash }
        if mkdir(folder, 0o700) != 0, errno != EEXIST { throw Self.failure("mkdir", folder) }
        do throws(DocumentError) {
            try DocumentFile.write(bytes, to: file)
        } catch {
            throw StorageError(.file, "evidence cannot be stored: \(error.reason)", at: file)
        }
        return hash
    }

    /// Reads a file back and rehashes it.
    ///
    /// - Throws: `.notFound`; `.damaged` when its bytes are not those its name promises; `.file`.
    package func read(_ hash: String, limit: Int = DocumentLimits.collected.bytes) throws(StorageError) -> [UInt8] {
        guard hash.utf8.count == 64, hash.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else {
            throw StorageError(.notFound, "there is no such evidence")
        }
        let file = path(hash).file
        let bytes: [UInt8]
        do throws(DocumentError) {
            bytes = try DocumentFile.read(file, limit: limit)
        } catch {
            throw StorageError(error.code == .notFound ? .notFound : .file, "evidence cannot be read: \(error.reason)", at: file)
        }
        guard Self.hash(bytes) == hash else {
            throw StorageError(.damaged, "the evidence is not what was stored", at: file, remedy: "restore it from a backup")
        }
        return bytes
    }

    package static func hash(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in SHA256.hash(data: bytes) { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    private static func failure(_ call: String, _ path: String) -> StorageError {
        StorageError(.file, "\(call): \(strerror(errno).map { String(cString: $0) } ?? "")", at: path)
    }
}
