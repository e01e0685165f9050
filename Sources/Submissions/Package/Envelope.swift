internal import Documents
internal import Rulebook

/// A signed package: payload, kind and signatures, in one canonical form (`Documentation/submissions.md`).
public struct Envelope: Sendable, Hashable {
    /// A signature and the id of the key that made it.
    public struct Signature: Sendable, Hashable {
        /// The key's id.
        public var key: String
        /// 64 bytes.
        public var bytes: [UInt8]
    }

    /// The schema of the envelope.
    public static let schema = "plumbline.package/1"
    /// Most signatures of a package: a new key and the one it takes the place of.
    static let signatureLimit = 2

    /// What the payload is.
    public var kind: PackageKind
    /// The payload's bytes, as they were signed.
    public var payload: [UInt8]
    /// Who signed; at least one.
    public var signatures: [Signature]

    /// SHA-256 of the payload: what both trails name.
    public var payloadHash: String { HexText.sha256(payload) }

    /// Signs a payload.
    ///
    /// - Parameters:
    ///   - kind: what it is.
    ///   - payload: its canonical bytes.
    ///   - keys: one key, or a new one and then the one it takes the place of.
    /// - Throws: `.badSignature` when the library refuses to sign, for which it has no reason.
    public init(_ kind: PackageKind, _ payload: [UInt8], by keys: SigningKey...) throws(PackageRefusal) {
        (self.kind, self.payload, signatures) = (kind, payload, [])
        let bytes = Self.signedBytes(kind, payload)
        for key in keys {
            guard let signature = key.sign(bytes) else { throw PackageRefusal(.badSignature, "the key does not sign") }
            signatures.append(Signature(key: key.id, bytes: signature))
        }
    }

    private init(kind: PackageKind, payload: [UInt8], signatures: [Signature]) {
        (self.kind, self.payload, self.signatures) = (kind, payload, signatures)
    }

    /// What is signed: the words and lengths before kind and payload keep a signature for one thing from being one for another.
    ///
    /// `plumbline.package/1 LENGTH KIND LENGTH PAYLOAD`, lengths in decimal bytes.
    static func signedBytes(_ kind: PackageKind, _ payload: [UInt8]) -> [UInt8] {
        let name = kind.rawValue
        return Array("\(schema) \(name.utf8.count) \(name) \(payload.count) ".utf8) + payload
    }

    /// The package's bytes: canonical JSON in one line.
    public var bytes: [UInt8] {
        CanonicalJSON.line(
            of: .object([
                ("schema", .text(Self.schema)), ("kind", .text(kind.rawValue)), ("payload", .text(Base64URL.encode(payload))),
                (
                    "signatures",
                    .list(
                        signatures.map { .object([("key", .text($0.key)), ("signature", .text(Base64URL.encode($0.bytes)))]) })
                ),
            ]))
    }

    /// Reads a package. Nothing is believed yet.
    ///
    /// - Parameters:
    ///   - bytes: a package in its canonical form.
    ///   - limit: longest package in bytes.
    /// - Returns: the package.
    /// - Throws: `.tooLarge`, `.unknownKind`, `.malformed`.
    public static func read(_ bytes: [UInt8], limit: Int) throws(PackageRefusal) -> Envelope {
        guard bytes.count <= limit else { throw PackageRefusal(.tooLarge, "more than \(limit) bytes") }
        let envelope: Envelope
        do throws(DocumentError) {
            envelope = try parse(try JSONReader.read(bytes, limits: DocumentLimits(bytes: limit, depth: 4, values: 32)))
        } catch {
            // The schema of an envelope has one spelling; which kind it is may be one of a newer program.
            throw error.code == .badValue && error.key == "kind"
                ? PackageRefusal(.unknownKind) : PackageRefusal(error.code == .tooLarge ? .tooLarge : .malformed, error.place)
        }
        // Two spellings of one package would be two hashes for the same thing.
        guard envelope.bytes == bytes else { throw PackageRefusal(.malformed, "the package is not in its canonical form") }
        return envelope
    }

    private static func parse(_ node: Node) throws(DocumentError) -> Envelope {
        var fields = try Fields(node, path: "")
        try fields.expectSchema(schema)
        let kind: PackageKind = try fields.choice("kind")
        guard let payload = Base64URL.decode(try fields.text("payload")) else {
            throw fields.error(at: "payload", "base64url without padding is expected")
        }
        var signatures: [Signature] = []
        for (index, item) in try fields.list("signatures").enumerated() {
            var entry = try Fields(item, path: "signatures[\(index)]")
            let (key, text) = (try entry.text("key"), try entry.text("signature"))
            guard HexText.isHex(key), let bytes = Base64URL.decode(text), bytes.count == 64 else {
                throw entry.error(at: "signature", "the id of a key and 64 bytes in base64url are expected")
            }
            try entry.finish()
            signatures.append(Signature(key: key, bytes: bytes))
        }
        guard (1...signatureLimit).contains(signatures.count), Set(signatures.map(\.key)).count == signatures.count else {
            throw fields.error(at: "signatures", "1 to \(signatureLimit) signatures by different keys are expected")
        }
        try fields.finish()
        return Envelope(kind: kind, payload: payload, signatures: signatures)
    }

    /// Whether one of the signatures is that of a key.
    public func isSigned(by key: [UInt8]) -> Bool {
        let id = PublicKey.id(key)
        return signatures.contains {
            $0.key == id && PublicKey.isValid($0.bytes, over: Self.signedBytes(kind, payload), by: key)
        }
    }
}

extension DocumentError {
    /// Where and what, without values of the document.
    var place: String { key.isEmpty ? code.rawValue : "\(key): \(code.rawValue)" }
}
