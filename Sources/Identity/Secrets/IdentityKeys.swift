internal import Crypto
internal import Documents

/// The secrets of this installation: from one master key in `keys/`, a key for each purpose (HKDF-SHA-256), so that what one purpose leaks
/// helps against no other.
public struct IdentityKeys: Sendable {
    /// What a key is for; part of its derivation.
    enum Purpose: String {
        /// Sealing second factors at rest.
        case factor = "factor secrets"
        /// Sealing messages that wait to be sent.
        case message = "waiting messages"
        /// Signing device cookies.
        case device = "device cookies"
        /// Digests of names nobody has, for the trail.
        case unknownName = "unknown names"
        /// Signing puzzles.
        case puzzle = "puzzles"
        /// Codes that only this installation can check.
        case recovery = "recovery codes"
    }

    /// Bytes of the master key.
    public static let length = 32

    private let master: SymmetricKey

    /// The keys under a master key of 32 bytes.
    ///
    /// - Throws: `.unusableKey` when it has another length.
    public init(master: [UInt8]) throws(IdentityError) {
        guard master.count == Self.length else {
            throw IdentityError(.unusableKey, "the master key of the accounts has \(master.count) bytes, not \(Self.length)")
        }
        self.master = SymmetricKey(data: master)
    }

    /// Reads the master key from a file, making it (mode 0600) when there is none.
    ///
    /// - Parameters:
    ///   - path: the file, in `keys/` of the data directory.
    ///   - effects: randomness for a new key.
    /// - Throws: `.unusableKey` when the file is not one key; `.storage` when it cannot be read or written.
    public init(path: String, effects: IdentityEffects) throws(IdentityError) {
        let bytes: [UInt8]
        do throws(DocumentError) {
            bytes = try DocumentFile.read(path, limit: Self.length)
        } catch {
            guard error.code == .notFound else { throw IdentityError(.storage, "\(error)") }
            let fresh = effects.random(Self.length)
            do throws(DocumentError) { try DocumentFile.write(fresh, to: path) } catch {
                throw IdentityError(.storage, "\(error)")
            }
            bytes = fresh
        }
        try self.init(master: bytes)
    }

    private func key(_ purpose: Purpose) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: master, info: Array("plumbline identity 1\n\(purpose.rawValue)".utf8), outputByteCount: 32)
    }

    /// HMAC-SHA-256 under the key of a purpose.
    func sign(_ bytes: [UInt8], _ purpose: Purpose) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: bytes, using: key(purpose)))
    }

    /// Encrypts (AES-256-GCM): nonce, ciphertext, tag. `context` is not stored and must be the same when it is opened, so that a secret
    /// cannot be moved to another account's row.
    func seal(_ secret: [UInt8], _ purpose: Purpose, context: String, effects: IdentityEffects) throws(IdentityError) -> [UInt8] {
        guard let nonce = try? AES.GCM.Nonce(data: effects.random(12)),
            let box = try? AES.GCM.seal(secret, using: key(purpose), nonce: nonce, authenticating: Array(context.utf8)),
            let combined = box.combined
        else { throw IdentityError(.unusableKey, "a secret could not be sealed") }
        return Array(combined)
    }

    /// Opens what `seal` made.
    ///
    /// - Throws: `.unusableKey` when the key is another, the bytes were changed, or they belong elsewhere.
    func open(_ sealed: [UInt8], _ purpose: Purpose, context: String) throws(IdentityError) -> [UInt8] {
        guard let box = try? AES.GCM.SealedBox(combined: sealed),
            let secret = try? AES.GCM.open(box, using: key(purpose), authenticating: Array(context.utf8))
        else {
            throw IdentityError(.unusableKey, "a sealed secret cannot be opened: the key is another, or the row was changed")
        }
        return Array(secret)
    }
}

/// SHA-256, by which tokens are stored.
enum Digest {
    static func sha256(_ bytes: some Sequence<UInt8>) -> [UInt8] { Array(SHA256.hash(data: Array(bytes))) }
}
