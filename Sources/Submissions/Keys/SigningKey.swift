internal import Crypto
public import Documents

/// Names and texts of public keys.
public enum PublicKey {
    /// Bytes of an Ed25519 public key.
    public static let length = 32

    /// The id of a key: SHA-256 of its 32 bytes, hexadecimal.
    public static func id(_ bytes: [UInt8]) -> String { HexText.sha256(bytes) }

    /// As it stands in messages.
    public static func text(_ bytes: [UInt8]) -> String { Base64URL.encode(bytes) }

    /// The key of such a text; nil when it is none, or one for which anybody can sign.
    public static func read(_ text: String) -> [UInt8]? {
        guard let bytes = Base64URL.decode(text), isUsable(bytes) else { return nil }
        return bytes
    }

    /// Whether signatures under the key prove something. A point of small order does not: signatures for it can be made without any secret.
    public static func isUsable(_ bytes: [UInt8]) -> Bool {
        guard bytes.count == length, (try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)) != nil else { return false }
        let magnitude = Array(bytes.dropLast()) + [bytes[length - 1] & 0x7F]
        return !smallOrder.contains(magnitude)
    }

    /// Whether a signature is that of the key over the bytes.
    static func isValid(_ signature: [UInt8], over bytes: [UInt8], by key: [UInt8]) -> Bool {
        guard isUsable(key), let key = try? Curve25519.Signing.PublicKey(rawRepresentation: key) else { return false }
        return key.isValidSignature(signature, for: bytes)
    }

    /// Encodings of the points of order 1, 2, 4 and 8, without their sign bit, also those that are not reduced.
    private static let smallOrder: Set<[UInt8]> = {
        func ends(_ first: UInt8, _ middle: UInt8, _ last: UInt8) -> [UInt8] {
            [first] + [UInt8](repeating: middle, count: length - 2) + [last]
        }
        let eight: [UInt8] = [
            0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98, 0xF0, 0xD5, 0xDF, 0xAC,
            0x05,
            0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05,
        ]
        let other: [UInt8] = [
            0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67, 0x0F, 0x2A, 0x20, 0x53,
            0xFA,
            0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A,
        ]
        return [
            ends(0, 0, 0), ends(1, 0, 0), eight, other, ends(0xEC, 0xFF, 0x7F), ends(0xED, 0xFF, 0x7F), ends(0xEE, 0xFF, 0x7F),
        ]
    }()

    /// The fingerprint of a key as people compare it: the whole of its id in groups of four hexadecimal digits, and twelve groups of five
    /// decimal digits of SHA-512 over `plumbline.fingerprint/1`, a line feed and the key, which are read out the same in every language.
    public static func fingerprint(_ key: [UInt8]) -> (hex: [String], spoken: [String]) {
        let hex = Array(id(key))
        let groups = stride(from: 0, to: hex.count, by: 4).map { String(hex[$0..<($0 + 4)]) }
        let digest = Array(SHA512.hash(data: Array("plumbline.fingerprint/1\n".utf8) + key))
        let spoken = (0..<12).map { group in
            let number = digest[(group * 5)..<(group * 5 + 5)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } % 100_000
            let digits = String(number)
            return String(repeating: "0", count: 5 - digits.count) + digits
        }
        return (groups, spoken)
    }
}

/// A private key that signs packages. Its text form shows only which key it is.
public struct SigningKey: Sendable, CustomStringConvertible, CustomReflectable {
    private static let head = "plumbline exchange key 1\n"

    private let key: Curve25519.Signing.PrivateKey
    /// The public key's 32 bytes.
    public let publicKey: [UInt8]
    /// The key's id.
    public let id: String

    /// A new key.
    public init() { self.init(Curve25519.Signing.PrivateKey()) }

    /// The key of a seed; nil when it has not 32 bytes.
    public init?(seed: [UInt8]) {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else { return nil }
        self.init(key)
    }

    private init(_ key: Curve25519.Signing.PrivateKey) {
        self.key = key
        publicKey = Array(key.publicKey.rawRepresentation)
        id = PublicKey.id(publicKey)
    }

    /// Which key it is.
    public var description: String { "signing key \(id.prefix(16))" }
    /// Nothing of the secret: `dump` shows no more than the text.
    public var customMirror: Mirror { Mirror(self, children: ["id": id]) }

    /// Signs bytes; nil when the library cannot, which it has no reason for.
    func sign(_ bytes: [UInt8]) -> [UInt8]? { (try? key.signature(for: bytes)).map { Array($0) } }

    /// Writes the key into a new file of mode 0600, all or nothing.
    ///
    /// - Parameter folder: `keys` of a data directory.
    /// - Throws: `DocumentError` (`write-failed`).
    public func store(in folder: String) throws(DocumentError) {
        let text = Self.head + Base64URL.encode(Array(key.rawRepresentation)) + "\n"
        try DocumentFile.write(Array(text.utf8), to: Self.path(id, in: folder), mode: 0o600)
    }

    /// Reads a key back.
    ///
    /// - Throws: `DocumentError` (`not-found`, `bad-value` when the file is another key's or none).
    public static func load(_ id: String, from folder: String) throws(DocumentError) -> SigningKey {
        let path = path(id, in: folder)
        let text = String(decoding: try DocumentFile.read(path, limit: 256), as: UTF8.self)
        guard text.hasPrefix(head), text.hasSuffix("\n"),
            let seed = Base64URL.decode(String(text.dropFirst(head.count).dropLast())),
            let key = SigningKey(seed: seed), key.id == id
        else { throw DocumentError(.badValue, source: path, reason: "the file does not hold this key") }
        return key
    }

    private static func path(_ id: String, in folder: String) -> String { "\(folder)/exchange-\(id.prefix(32)).key" }
}
