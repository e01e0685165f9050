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
        keyID = KeyText.keyID(.note, name, publicKey)
    }

    /// Reads the text form `name+hexadecimal key id+base64(0x01 ‖ public key)`.
    ///
    /// - Throws: `.badInput` when it is not that, or the identifier is not that of the key.
    public init(text: String) throws(VaultError) {
        let (name, key) = try KeyText.parse(text, .note)
        try self.init(name: name, publicKey: key)
    }

    /// The text form `name+hexadecimal key id+base64(0x01 ‖ public key)`.
    public var description: String { KeyText.write(.note, name, publicKey) }

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
        self = try KeyText.parse(secret: secret, .note) { name, seed throws(VaultError) in
            let signer = try NoteSigner(name: name, seed: seed)
            return (signer, signer.verifier.publicKey)
        }
    }

    /// The secret text form, for the key file only.
    var secret: [UInt8] { KeyText.write(secret: .note, verifier.name, publicKey: verifier.publicKey, seed: seed) }

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
