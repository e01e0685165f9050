internal import Crypto

/// The public half of a witness's key: Ed25519 over a checkpoint and a time (C2SP tlog-cosignature 1.0.1, `cosignature/v1`).
public struct WitnessVerifier: Hashable, Sendable, CustomStringConvertible {
    /// The witness's name; not covered by its signatures, so a key serves one witness only.
    public let name: String
    /// First four bytes of SHA-256(name ‖ newline ‖ 0x04 ‖ public key).
    public let keyID: [UInt8]
    /// The 32 bytes of the Ed25519 public key.
    public let publicKey: [UInt8]

    /// Equal bytes, as of `NoteVerifier`.
    public static func == (left: WitnessVerifier, right: WitnessVerifier) -> Bool {
        left.name.utf8.elementsEqual(right.name.utf8) && left.publicKey == right.publicKey
    }

    /// Feeds the key to a hash table.
    public func hash(into hasher: inout Hasher) { hasher.combine(publicKey) }

    /// A key of that name.
    ///
    /// - Throws: `.badInput` when the name is not one or the key has not 32 bytes.
    public init(name: String, publicKey: [UInt8]) throws(VaultError) {
        // The limits of names and keys are those of every note key.
        let key = try NoteVerifier(name: name, publicKey: publicKey)
        (self.name, self.publicKey) = (key.name, key.publicKey)
        keyID = KeyText.keyID(.cosignature, name, publicKey)
    }

    /// Reads the text form `name+hexadecimal key id+base64(0x04 ‖ public key)`.
    ///
    /// - Throws: `.badInput` when it is not that, or the identifier is not that of the key.
    public init(text: String) throws(VaultError) {
        let (name, key) = try KeyText.parse(text, .cosignature)
        try self.init(name: name, publicKey: key)
    }

    /// The text form `name+hexadecimal key id+base64(0x04 ‖ public key)`.
    public var description: String { KeyText.write(.cosignature, name, publicKey) }

    /// When this witness cosigned the text.
    ///
    /// - Parameters:
    ///   - signatures: the signature lines; those of others are passed over.
    ///   - text: the checkpoint's text.
    /// - Returns: the latest time in seconds since 1970; nil when there is no cosignature of this witness.
    /// - Throws: `.notProven` when a line that names this key does not hold: such a note is refused whole.
    public func time(_ signatures: [SignedNote.Signature], over text: String) throws(VaultError) -> UInt64? {
        var latest: UInt64?
        for signature in signatures where signature.isOf(name, keyID) {
            guard let time = Cosignature.time(signature.bytes), holds(signature.bytes, time, text) else {
                throw VaultError(.notProven, "the cosignature of \(name) does not hold")
            }
            latest = max(latest ?? 0, time)
        }
        return latest
    }

    private func holds(_ bytes: [UInt8], _ time: UInt64, _ text: String) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else { return false }
        return key.isValidSignature(Array(bytes.dropFirst(8)), for: Cosignature.message(time, text))
    }
}

/// The private half of a witness's key. Its text form is a secret; `description` is the public one.
public struct WitnessSigner: Sendable, CustomStringConvertible {
    /// The public half.
    public let verifier: WitnessVerifier
    /// The 32-byte seed of RFC 8032.
    private let seed: [UInt8]

    /// A new key from the system's random numbers.
    ///
    /// - Throws: `.badInput` when the name is not one.
    public static func generate(name: String) throws(VaultError) -> WitnessSigner {
        try WitnessSigner(name: name, seed: Array(Curve25519.Signing.PrivateKey().rawRepresentation))
    }

    /// The key that a 32-byte seed gives.
    ///
    /// - Throws: `.badInput` when the name is not one or the seed has not 32 bytes.
    public init(name: String, seed: [UInt8]) throws(VaultError) {
        guard seed.count == 32, let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
            throw VaultError(.badInput, "an Ed25519 seed has 32 bytes, not \(seed.count)")
        }
        self.seed = seed
        verifier = try WitnessVerifier(name: name, publicKey: Array(key.publicKey.rawRepresentation))
    }

    /// Reads the secret text form `PRIVATE+KEY+name+key id+base64(0x04 ‖ seed)`, one line.
    ///
    /// - Throws: `.badInput` when it is not that. The error never holds the key.
    public init(secret: [UInt8]) throws(VaultError) {
        self = try KeyText.parse(secret: secret, .cosignature) { name, seed throws(VaultError) in
            let signer = try WitnessSigner(name: name, seed: seed)
            return (signer, signer.verifier.publicKey)
        }
    }

    /// The secret text form, for the key file only.
    var secret: [UInt8] { KeyText.write(secret: .cosignature, verifier.name, publicKey: verifier.publicKey, seed: seed) }

    /// The public text form, so that a signer that is printed betrays nothing.
    public var description: String { verifier.description }

    /// Cosigns a checkpoint's text at a time, in seconds since 1970.
    ///
    /// - Throws: `.badInput` when the time is none that a cosignature may bear.
    func cosign(_ text: String, time: UInt64) throws(VaultError) -> SignedNote.Signature {
        guard Cosignature.isTime(time), let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed),
            let signature = try? key.signature(for: Cosignature.message(time, text))
        else {
            throw VaultError(.badInput, "the key could not cosign at the time \(time)", remedy: "set the clock")
        }
        let stamp = (0..<8).map { UInt8(truncatingIfNeeded: time >> UInt64(56 - 8 * $0)) }
        return SignedNote.Signature(name: verifier.name, keyID: verifier.keyID, bytes: stamp + Array(signature))
    }
}

/// The bytes of `cosignature/v1`: the time as eight bytes, the highest first, then the Ed25519 signature.
enum Cosignature {
    static let length = 72

    /// What is signed: a line that keeps this apart from every other use of a key, a line of time, the checkpoint's text.
    static func message(_ time: UInt64, _ text: String) -> [UInt8] { Array("cosignature/v1\ntime \(time)\n\(text)".utf8) }

    /// A time that says something: not zero, below 2^63.
    static func isTime(_ time: UInt64) -> Bool { time > 0 && time < 1 << 63 }

    /// The time that a signature bears; nil when the bytes are no cosignature.
    static func time(_ bytes: [UInt8]) -> UInt64? {
        guard bytes.count == length else { return nil }
        let time = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        return isTime(time) ? time : nil
    }
}

/// The file of a witness's key: one line, readable by its owner only.
public enum WitnessKeyFile {
    /// Makes a new key and writes it to a new file of mode 0600.
    ///
    /// - Throws: `.exists` when the file is there already, it is never overwritten; `.badInput` for a name that is not one.
    public static func create(_ path: String, name: String, _ files: FileEffects = .live) throws(VaultError) -> WitnessSigner {
        let signer = try WitnessSigner.generate(name: name)
        try SecretFile.create(path, signer.secret, files)
        return signer
    }

    /// Reads a key file.
    ///
    /// - Throws: `.badInput` when group or others may read it, or it is not a witness's key.
    public static func read(_ path: String, _ files: FileEffects = .live) throws(VaultError) -> WitnessSigner {
        try SecretFile.read(path, files) { secret throws(VaultError) in try WitnessSigner(secret: secret) }
    }
}
