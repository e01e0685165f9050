internal import Crypto

/// The public half of an Ed25519 note key (C2SP signed-note 1.0.0, "Signature types", type 0x01).
public struct NoteVerifier: Hashable, Sendable, CustomStringConvertible {
    /// The name of the key; for a log it is the log's origin.
    public let name: String
    /// First four bytes of SHA-256(name ‖ newline ‖ 0x01 ‖ public key).
    public let keyID: [UInt8]
    /// The 32 bytes of the Ed25519 public key.
    public let publicKey: [UInt8]

    /// Equal bytes: two spellings of a name that Unicode holds to be equivalent are two names.
    public static func == (left: NoteVerifier, right: NoteVerifier) -> Bool {
        left.name.utf8.elementsEqual(right.name.utf8) && left.publicKey == right.publicKey
    }

    /// Feeds the key to a hash table.
    public func hash(into hasher: inout Hasher) { hasher.combine(publicKey) }

    /// Whether a text can name a key: not empty, at most 255 bytes, no space, control character or plus sign.
    public static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 255
            && !name.unicodeScalars.contains { $0.properties.isWhitespace || $0.value < 0x20 || $0.value == 0x7F || $0 == "+" }
    }

    /// A key of that name.
    ///
    /// - Throws: `.badInput` when the name is not one or the key has not 32 bytes.
    public init(name: String, publicKey: [UInt8]) throws(VaultError) {
        guard Self.isName(name) else {
            throw VaultError(
                .badInput, "not a name of a log or key",
                remedy: "1 to 255 bytes, such as logs.example.com/trading; no space, no plus sign")
        }
        guard publicKey.count == 32 else {
            throw VaultError(.badInput, "an Ed25519 public key has 32 bytes, not \(publicKey.count)")
        }
        self.name = name
        self.publicKey = publicKey
        keyID = Array(MerkleHash.plain(Array(name.utf8) + [0x0A, 0x01] + publicKey).bytes.prefix(4))
    }

    /// Reads the text form `name+hexadecimal key id+base64(0x01 ‖ public key)`.
    ///
    /// - Throws: `.badInput` when it is not that, or the identifier is not that of the key.
    public init(text: String) throws(VaultError) {
        let bad = VaultError(.badInput, "not a verifier key", remedy: "such as logs.example.com/trading+1a2b3c4d+AV…")
        // Standard base64 may hold plus signs, so only the first two part the fields.
        let parts = text.utf8.split(separator: UInt8(ascii: "+"), maxSplits: 2, omittingEmptySubsequences: false)
        guard text.utf8.count <= 512, parts.count == 3, let key = Base64.decode(parts[2]), key.count == 33, key[0] == 1 else {
            throw bad
        }
        let read = try NoteVerifier(name: String(decoding: parts[0], as: UTF8.self), publicKey: Array(key.dropFirst()))
        guard read.description == text else { throw bad }
        self = read
    }

    /// The text form `name+hexadecimal key id+base64(0x01 ‖ public key)`.
    public var description: String { "\(name)+\(Hex.encode(keyID))+\(Base64.encode([1] + publicKey))" }

    /// Whether the signature over the text holds.
    func holds(_ signature: [UInt8], _ text: String) -> Bool {
        guard signature.count == 64, let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else {
            return false
        }
        return key.isValidSignature(signature, for: Array(text.utf8))
    }
}

/// The private half of an Ed25519 note key. Its text form is a secret; `description` is the public one.
public struct NoteSigner: Sendable, CustomStringConvertible {
    /// The public half.
    public let verifier: NoteVerifier
    /// The 32-byte seed of RFC 8032.
    private let seed: [UInt8]

    /// A new key from the system's random numbers.
    ///
    /// - Throws: `.badInput` when the name is not one.
    public static func generate(name: String) throws(VaultError) -> NoteSigner {
        try NoteSigner(name: name, seed: Array(Curve25519.Signing.PrivateKey().rawRepresentation))
    }

    /// The key that a 32-byte seed gives.
    ///
    /// - Throws: `.badInput` when the name is not one or the seed has not 32 bytes.
    public init(name: String, seed: [UInt8]) throws(VaultError) {
        guard seed.count == 32, let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
            throw VaultError(.badInput, "an Ed25519 seed has 32 bytes, not \(seed.count)")
        }
        self.seed = seed
        verifier = try NoteVerifier(name: name, publicKey: Array(key.publicKey.rawRepresentation))
    }

    /// Reads the secret text form `PRIVATE+KEY+name+key id+base64(0x01 ‖ seed)`, one line.
    ///
    /// - Throws: `.badInput` when it is not that. The error never holds the key.
    public init(secret: [UInt8]) throws(VaultError) {
        let bad = VaultError(.badInput, "not a signing key", remedy: "one line that begins with PRIVATE+KEY+")
        let prefix = Array("PRIVATE+KEY+".utf8)
        guard secret.count <= 512, secret.starts(with: prefix) else { throw bad }
        var line = secret.dropFirst(prefix.count)
        if line.last == UInt8(ascii: "\n") { line = line.dropLast() }
        let parts = line.split(separator: UInt8(ascii: "+"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let name = String(validating: parts[0], as: UTF8.self), let key = Base64.decode(parts[2]),
            key.count == 33, key[0] == 1
        else { throw bad }
        let read = try NoteSigner(name: name, seed: Array(key.dropFirst()))
        guard Array(Hex.encode(read.verifier.keyID).utf8) == Array(parts[1]) else { throw bad }
        self = read
    }

    /// The secret text form, for the key file only.
    var secret: [UInt8] {
        Array("PRIVATE+KEY+\(verifier.name)+\(Hex.encode(verifier.keyID))+\(Base64.encode([1] + seed))\n".utf8)
    }

    /// The public text form, so that a signer that is printed betrays nothing.
    public var description: String { verifier.description }

    /// Signs a text.
    func sign(_ text: String) throws(VaultError) -> SignedNote.Signature {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed),
            let signature = try? key.signature(for: Array(text.utf8))
        else {
            throw VaultError(.badInput, "the key could not sign")
        }
        return SignedNote.Signature(name: verifier.name, keyID: verifier.keyID, bytes: Array(signature))
    }
}

/// Lower-case hexadecimal.
enum Hex {
    static func encode(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The bytes; nil unless it is lower case and of even length.
    static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in text.utf8 {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil ? bytes : nil
    }
}
