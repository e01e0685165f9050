/// The kinds of Ed25519 keys that are written down (C2SP signed-note 1.0.0, "Signature types").
enum KeyKind: UInt8 {
    /// Signs the text of a note.
    case note = 0x01
    /// Signs a checkpoint together with the time: what a witness does.
    case cosignature = 0x04
}

/// The text forms of keys, alike for every kind: `name+hexadecimal key id+base64(kind ‖ key)`.
enum KeyText {
    private static let secretPrefix = Array("PRIVATE+KEY+".utf8)

    /// First four bytes of SHA-256(name ‖ newline ‖ kind ‖ public key).
    static func keyID(_ kind: KeyKind, _ name: String, _ publicKey: [UInt8]) -> [UInt8] {
        Array(MerkleHash.plain(Array(name.utf8) + [0x0A, kind.rawValue] + publicKey).bytes.prefix(4))
    }

    /// The public text form.
    static func write(_ kind: KeyKind, _ name: String, _ publicKey: [UInt8]) -> String {
        "\(name)+\(Hex.encode(keyID(kind, name, publicKey)))+\(Base64.encode([kind.rawValue] + publicKey))"
    }

    /// Reads a public text form strictly.
    ///
    /// - Throws: `.badInput` when it is not one, is of another kind, or the identifier is not that of the key.
    static func parse(_ text: String, _ kind: KeyKind) throws(VaultError) -> (name: String, key: [UInt8]) {
        // Standard base64 may hold plus signs, so only the first two part the fields.
        let parts = text.utf8.split(separator: UInt8(ascii: "+"), maxSplits: 2, omittingEmptySubsequences: false)
        guard text.utf8.count <= 512, parts.count == 3, let key = Base64.decode(parts[2]), let first = key.first else {
            throw VaultError(.badInput, "not a verifier key", remedy: "such as logs.example.com/trading+1a2b3c4d+AV…")
        }
        guard first == kind.rawValue, key.count == 33 else {
            throw VaultError(
                .badInput, "the verifier key is of type \(first), not \(kind.rawValue)",
                remedy: kind == .note
                    ? "a log's key has type 1 and begins with A after the second plus sign"
                    : "a witness's key has type 4 (Ed25519, cosignature/v1) and begins with B after the second plus sign")
        }
        let name = String(decoding: parts[0], as: UTF8.self)
        guard NoteVerifier.isName(name), write(kind, name, Array(key.dropFirst())).utf8.elementsEqual(text.utf8) else {
            throw VaultError(.badInput, "the verifier key does not have the identifier it names", remedy: "copy it again, whole")
        }
        return (name, Array(key.dropFirst()))
    }

    /// The secret text form, one line.
    static func write(secret kind: KeyKind, _ name: String, publicKey: [UInt8], seed: [UInt8]) -> [UInt8] {
        Array("PRIVATE+KEY+\(name)+\(Hex.encode(keyID(kind, name, publicKey)))+\(Base64.encode([kind.rawValue] + seed))\n".utf8)
    }

    /// Reads a secret text form strictly; `make` gives the signer of a name and seed, and its public key.
    ///
    /// - Throws: `.badInput` when it is not one. The error never holds the key.
    static func parse<Signer>(
        secret: [UInt8], _ kind: KeyKind,
        _ make: (_ name: String, _ seed: [UInt8]) throws(VaultError) -> (signer: Signer, publicKey: [UInt8])
    ) throws(VaultError) -> Signer {
        let bad = VaultError(.badInput, "not a signing key", remedy: "one line that begins with PRIVATE+KEY+")
        guard secret.count <= 512, secret.starts(with: secretPrefix) else { throw bad }
        var line = secret.dropFirst(secretPrefix.count)
        if line.last == UInt8(ascii: "\n") { line = line.dropLast() }
        let parts = line.split(separator: UInt8(ascii: "+"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let name = String(validating: parts[0], as: UTF8.self), let key = Base64.decode(parts[2]),
            key.count == 33
        else { throw bad }
        guard key[0] == kind.rawValue else {
            throw VaultError(
                .badInput, "the signing key is of another kind",
                remedy: kind == .note
                    ? "a log's key is made by plumbline vault init" : "a witness's key is made by plumbline vault witness key")
        }
        let (signer, publicKey) = try make(name, Array(key.dropFirst()))
        guard Array(Hex.encode(keyID(kind, name, publicKey)).utf8) == Array(parts[1]) else { throw bad }
        return signer
    }
}

/// Lower-case hexadecimal.
package enum Hex {
    package static func encode(_ bytes: [UInt8]) -> String {
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
