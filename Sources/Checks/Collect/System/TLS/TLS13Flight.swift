internal import Crypto

/// Reads the certificate of a TLS 1.3 server, which sends it encrypted: our side of the key exchange (RFC 8446 section 7.1), then the
/// server's first records. No handshake is finished.
struct TLS13Flight: Sendable {
    private let key: Curve25519.KeyAgreement.PrivateKey
    private let hello: [UInt8]

    /// The record to send.
    let record: [UInt8]

    init() {
        key = Curve25519.KeyAgreement.PrivateKey()
        var random = SystemRandomNumberGenerator()
        record = ClientHello.record(.tls13, CipherSuite.tls13, share: Array(key.publicKey.rawRepresentation), random: &random)
        hello = Array(record.dropFirst(5))
    }

    /// What has come so far.
    enum Progress: Sendable, Equatable {
        case more
        case failed
        case leaf([UInt8])
    }

    /// Reads the server's bytes; anything unexpected is "failed".
    func read(_ bytes: [UInt8]) -> Progress {
        var reader = ByteReader(bytes)
        var serverHello: [UInt8]?
        var sealed: [(header: [UInt8], content: [UInt8])] = []
        while let header = reader.take(5) {
            let length = Int(header[3]) << 8 | Int(header[4])
            guard length <= 18_432, header[1] == 3 else { return .failed }
            guard let content = reader.take(length) else { break }
            switch header[0] {
            case 22:
                guard serverHello == nil else { return .failed }
                serverHello = content
            case 23: sealed.append((header, content))
            // For the sake of old middle boxes; it means nothing.
            case 20: continue
            default: return .failed
            }
        }
        guard let serverHello else { return .more }
        guard let (suite, share) = Self.choice(serverHello) else { return .failed }
        guard !sealed.isEmpty else { return .more }
        let text: [UInt8]? =
            switch suite {
            case 0x1301: open(SHA256.self, 16, false, serverHello, share, sealed)
            case 0x1302: open(SHA384.self, 32, false, serverHello, share, sealed)
            case 0x1303: open(SHA256.self, 32, true, serverHello, share, sealed)
            default: nil
            }
        return text.map { Self.certificate($0) } ?? .failed
    }

    /// Suite and x25519 share of a ServerHello; nil for a HelloRetryRequest, another group or anything else.
    private static func choice(_ message: [UInt8]) -> (Int, [UInt8])? {
        var reader = ByteReader(message)
        guard reader.byte() == 2, let length = reader.integer(3), length == message.count - 4, reader.take(34) != nil,
            let idLength = reader.byte(), reader.take(Int(idLength)) != nil, let suite = reader.integer(2), reader.byte() == 0,
            let total = reader.integer(2), let extensions = reader.take(total)
        else { return nil }
        var fields = ByteReader(extensions)
        while let type = fields.integer(2), let length = fields.integer(2), let content = fields.take(length) {
            if type == 51, content.count == 36, content[0] == 0, content[1] == 0x1D {
                return (suite, Array(content.dropFirst(4)))
            }
        }
        return nil
    }

    /// The handshake text of the server's sealed records, as far as they have come; nil when they do not open.
    private func open<Hash: HashFunction>(
        _ hash: Hash.Type, _ keyLength: Int, _ isChaCha: Bool, _ serverHello: [UInt8], _ share: [UInt8],
        _ sealed: [(header: [UInt8], content: [UInt8])]
    ) -> [UInt8]? {
        guard let peer = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: share),
            let shared = try? key.sharedSecretFromKeyAgreement(with: peer)
        else { return nil }
        let zeros = [UInt8](repeating: 0, count: Hash.Digest.byteCount)
        let early = HKDF<Hash>.extract(inputKeyMaterial: SymmetricKey(data: zeros), salt: zeros)
        let derived = Self.expand(hash, SymmetricKey(data: early), "derived", Array(Hash.hash(data: [UInt8]())), zeros.count)
        let secret = HKDF<Hash>.extract(
            inputKeyMaterial: SymmetricKey(data: shared), salt: derived.withUnsafeBytes { Array($0) })
        let transcript = Array(Hash.hash(data: hello + serverHello))
        let traffic = Self.expand(hash, SymmetricKey(data: secret), "s hs traffic", transcript, zeros.count)
        let writeKey = Self.expand(hash, traffic, "key", [], keyLength)
        let iv = Self.expand(hash, traffic, "iv", [], 12).withUnsafeBytes { Array($0) }
        var text: [UInt8] = []
        for (index, record) in sealed.enumerated().prefix(64) {
            var nonce = iv
            nonce[11] ^= UInt8(truncatingIfNeeded: index)
            guard record.content.count >= 17, let plain = Self.unseal(record.content, writeKey, nonce, record.header, isChaCha)
            else {
                return text.isEmpty ? nil : text
            }
            // The record's true type stands behind the text, then zeros may follow.
            guard let end = plain.lastIndex(where: { $0 != 0 }), plain[end] == 22 else { return text }
            text += plain[..<end]
        }
        return text
    }

    private static func unseal(_ bytes: [UInt8], _ key: SymmetricKey, _ nonce: [UInt8], _ header: [UInt8], _ isChaCha: Bool)
        -> [UInt8]?
    {
        let (text, tag) = (bytes.dropLast(16), bytes.suffix(16))
        if isChaCha {
            guard let nonce = try? ChaChaPoly.Nonce(data: nonce),
                let box = try? ChaChaPoly.SealedBox(nonce: nonce, ciphertext: text, tag: tag)
            else { return nil }
            return (try? ChaChaPoly.open(box, using: key, authenticating: header)).map { Array($0) }
        }
        guard let nonce = try? AES.GCM.Nonce(data: nonce),
            let box = try? AES.GCM.SealedBox(nonce: nonce, ciphertext: text, tag: tag)
        else { return nil }
        return (try? AES.GCM.open(box, using: key, authenticating: header)).map { Array($0) }
    }

    private static func expand<Hash: HashFunction>(
        _ hash: Hash.Type, _ secret: SymmetricKey, _ label: String, _ context: [UInt8], _ count: Int
    ) -> SymmetricKey {
        var info = TLSBytes()
        info.add16(UInt16(truncatingIfNeeded: count))
        info.vector8(Array("tls13 \(label)".utf8))
        info.vector8(context)
        return HKDF<Hash>.expand(pseudoRandomKey: secret, info: info.bytes, outputByteCount: count)
    }

    /// The leaf in EncryptedExtensions, (CertificateRequest,) Certificate.
    private static func certificate(_ text: [UInt8]) -> Progress {
        var reader = ByteReader(text)
        while let type = reader.byte(), let length = reader.integer(3) {
            guard length <= 200_000 else { return .failed }
            guard let body = reader.take(length) else { return .more }
            guard type == 11 else { continue }
            var fields = ByteReader(body)
            guard let context = fields.byte(), fields.take(Int(context)) != nil, fields.integer(3) != nil,
                let count = fields.integer(3),
                let leaf = fields.take(count), !leaf.isEmpty
            else { return .failed }
            return .leaf(leaf)
        }
        return .more
    }
}
