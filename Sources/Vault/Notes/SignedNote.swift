internal import Crypto

/// A text with signatures below it (C2SP signed-note 1.0.0): the text ends in a newline, then an empty line, then one line for
/// each signature.
public struct SignedNote: Hashable, Sendable {
    /// Longest note that is read, in bytes; far above any checkpoint with its cosignatures.
    public static let byteLimit = 65_536
    /// Most signatures that are read.
    public static let signatureLimit = 64

    /// One signature line: `— name base64(key id ‖ signature)`.
    public struct Signature: Hashable, Sendable, CustomStringConvertible {
        /// Who claims to have signed.
        public let name: String
        /// First four bytes that tell keys of one name apart; a hint, not a proof.
        public let keyID: [UInt8]
        /// The signature; 64 bytes for Ed25519, 8 more in front for a cosignature.
        public let bytes: [UInt8]

        /// The line as it stands in a note, its newline included.
        public var description: String { "\u{2014} \(name) \(Base64.encode(keyID + bytes))\n" }

        /// Whether the line names that key. Names are compared as bytes: two that only look alike are not the same.
        func isOf(_ other: String, _ id: [UInt8]) -> Bool { keyID == id && name.utf8.elementsEqual(other.utf8) }
    }

    /// The signed text, its last newline included.
    public let text: String
    /// The signatures in their order; at least one.
    public private(set) var signatures: [Signature]

    /// Signs a text.
    ///
    /// - Throws: `.badInput` when the text does not end in a newline or holds control characters.
    public init(signing text: String, with key: NoteSigner) throws(VaultError) {
        guard text.utf8.count + 512 <= Self.byteLimit, text.hasSuffix("\n"),
            !text.unicodeScalars.contains(where: Self.isForbidden)
        else {
            throw VaultError(.badInput, "the text of a note ends in a newline and holds no other control character")
        }
        self.text = text
        signatures = [try key.sign(text)]
    }

    /// Reads a note strictly: UTF-8, no control characters but newlines, canonical base64, nothing after the last signature.
    ///
    /// - Throws: `.badInput` with the byte or line at fault. No signature is checked yet: call `verify`.
    public init(_ bytes: some Collection<UInt8>) throws(VaultError) {
        guard bytes.count <= Self.byteLimit else {
            throw VaultError(.badInput, "the note has \(bytes.count) bytes, more than \(Self.byteLimit)")
        }
        guard let all = String(validating: bytes, as: UTF8.self), !all.unicodeScalars.contains(where: Self.isForbidden) else {
            throw VaultError(.badInput, "the note is not UTF-8 text without control characters")
        }
        let utf8 = Array(all.utf8)
        let newline = UInt8(ascii: "\n")
        // The last empty line parts text from signatures.
        guard let gap = utf8.indices.dropLast().last(where: { utf8[$0] == newline && utf8[$0 + 1] == newline }),
            utf8.last == newline
        else {
            throw VaultError(.badInput, "the note has no empty line between text and signatures, or does not end in a newline")
        }
        text = String(decoding: utf8[...gap], as: UTF8.self)
        signatures = []
        guard gap + 2 < utf8.count else { throw VaultError(.badInput, "the note has no signature") }
        let lines = utf8[(gap + 2)...].dropLast().split(separator: newline, omittingEmptySubsequences: false)
        guard lines.count <= Self.signatureLimit else {
            throw VaultError(.badInput, "the note has \(lines.count) signatures, more than \(Self.signatureLimit)")
        }
        for (number, line) in lines.enumerated() { signatures.append(try Self.signature(line, number: number + 1)) }
    }

    /// The text, an empty line and the signature lines.
    public var bytes: [UInt8] {
        var all = text + "\n"
        for signature in signatures { all += signature.description }
        return Array(all.utf8)
    }

    /// Checks that this key signed the text. Signatures by other keys are passed over, as the specification asks.
    ///
    /// - Throws: `.notProven` when there is no signature by this key or one that does not hold.
    public func verify(_ key: NoteVerifier) throws(VaultError) {
        let own = signatures.filter { $0.isOf(key.name, key.keyID) }
        guard !own.isEmpty else { throw VaultError(.notProven, "the note is not signed by \(key.name)") }
        for signature in own where !key.holds(signature.bytes, text) {
            throw VaultError(.notProven, "the signature of \(key.name) does not hold")
        }
    }

    /// Adds the line of another signer (a witness).
    ///
    /// - Throws: `.badInput` when the note has the most signatures already.
    public mutating func add(_ signature: Signature) throws(VaultError) {
        guard signatures.count < Self.signatureLimit else {
            throw VaultError(.badInput, "the note has \(signatures.count) signatures already")
        }
        signatures.append(signature)
    }

    /// A note of that text and those signatures.
    ///
    /// - Throws: `.badInput` when there are more signatures than a note may have.
    init(text: String, signatures: [Signature]) throws(VaultError) {
        guard (1...Self.signatureLimit).contains(signatures.count) else {
            throw VaultError(.badInput, "a note has 1 to \(Self.signatureLimit) signatures, not \(signatures.count)")
        }
        self.text = text
        self.signatures = signatures
    }

    /// Reads signature lines alone, each ended by a newline: what a witness answers.
    ///
    /// - Throws: `.badInput` with the line at fault.
    static func signatureLines(_ bytes: [UInt8]) throws(VaultError) -> [Signature] {
        guard bytes.count <= byteLimit, bytes.last == UInt8(ascii: "\n"), String(validating: bytes, as: UTF8.self) != nil else {
            throw VaultError(.badInput, "not signature lines that end in a newline")
        }
        let lines = bytes.dropLast().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count <= signatureLimit else {
            throw VaultError(.badInput, "there are \(lines.count) signatures, more than \(signatureLimit)")
        }
        var signatures: [Signature] = []
        for (number, line) in lines.enumerated() { signatures.append(try signature(line, number: number + 1)) }
        return signatures
    }

    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 && scalar != "\n"
    }

    private static func signature(_ line: ArraySlice<UInt8>, number: Int) throws(VaultError) -> Signature {
        let bad = VaultError(.badInput, "not a signature line of the form \"— name base64\"", at: "signature \(number)")
        let dash = Array("\u{2014} ".utf8)
        guard line.starts(with: dash) else { throw bad }
        let parts = line.dropFirst(dash.count).split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 2, let bytes = Base64.decode(parts[1]), bytes.count >= 5 else { throw bad }
        let name = String(decoding: parts[0], as: UTF8.self)
        guard NoteVerifier.isName(name) else { throw bad }
        return Signature(name: name, keyID: Array(bytes.prefix(4)), bytes: Array(bytes.dropFirst(4)))
    }
}
