internal import Crypto

/// A SHA-256 value of a Merkle tree: 32 bytes, held in place so that a million of them are one flat array.
public struct MerkleHash: Hashable, Sendable, CustomStringConvertible {
    /// Length in bytes.
    public static let byteCount = 32

    /// The bytes in memory order; never read as numbers.
    private var words: (UInt64, UInt64, UInt64, UInt64)

    /// The hash that these 32 bytes are; nil for any other length.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        words = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
    }

    /// The hash of that canonical base64; nil for any other text.
    package init?(base64 text: String) {
        guard let bytes = Base64.decode(text.utf8) else { return nil }
        self.init(bytes)
    }

    /// Finishes a digest.
    private init(_ digest: SHA256.Digest) {
        words = digest.withUnsafeBytes { $0.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self) }
    }

    /// The root of the tree without leaves: the hash of nothing (RFC 6962 section 2.1).
    public static let empty = MerkleHash(SHA256().finalize())

    /// SHA-256 of plain bytes, without a prefix; for chains and key identifiers, never for tree nodes.
    public static func plain(_ bytes: UnsafeRawBufferPointer) -> MerkleHash {
        var digest = SHA256()
        digest.update(bufferPointer: bytes)
        return MerkleHash(digest.finalize())
    }

    /// SHA-256 of plain bytes, without a prefix.
    public static func plain(_ bytes: [UInt8]) -> MerkleHash { bytes.withUnsafeBytes { plain($0) } }

    /// The hash of a leaf: SHA-256(0x00 ‖ record) (RFC 6962 section 2.1).
    public static func leaf(_ record: UnsafeRawBufferPointer) -> MerkleHash {
        var digest = SHA256()
        var prefix: UInt8 = 0
        Swift.withUnsafeBytes(of: &prefix) { digest.update(bufferPointer: $0) }
        digest.update(bufferPointer: record)
        return MerkleHash(digest.finalize())
    }

    /// The hash of a leaf: SHA-256(0x00 ‖ record) (RFC 6962 section 2.1).
    public static func leaf(_ record: [UInt8]) -> MerkleHash { record.withUnsafeBytes { leaf($0) } }

    /// The hash of an inner node: SHA-256(0x01 ‖ left ‖ right) (RFC 6962 section 2.1).
    public static func node(_ left: MerkleHash, _ right: MerkleHash) -> MerkleHash {
        withUnsafeTemporaryAllocation(byteCount: 65, alignment: 8) { buffer in
            buffer[0] = 1
            left.copy(to: UnsafeMutableRawBufferPointer(rebasing: buffer[1..<33]))
            right.copy(to: UnsafeMutableRawBufferPointer(rebasing: buffer[33..<65]))
            return plain(UnsafeRawBufferPointer(buffer))
        }
    }

    /// The 32 bytes.
    public var bytes: [UInt8] { Swift.withUnsafeBytes(of: words) { Array($0) } }

    /// Lends the 32 bytes without copying.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try Swift.withUnsafeBytes(of: words, body)
    }

    private func copy(to target: UnsafeMutableRawBufferPointer) { withUnsafeBytes { target.copyMemory(from: $0) } }

    /// Base64, as checkpoints write it.
    public var description: String { Base64.encode(bytes) }

    /// Equal bytes.
    public static func == (left: MerkleHash, right: MerkleHash) -> Bool { left.words == right.words }

    /// Feeds the bytes to a hash table.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}
