internal import Crypto

/// The public key of a credential: ES256 (every authenticator has it) or Ed25519. Others, RS256 above all, are not offered at registration.
enum CredentialKey: Sendable, Hashable {
    /// P-256, uncompressed point of 65 bytes.
    case es256([UInt8])
    /// 32 bytes.
    case ed25519([UInt8])

    /// COSE numbers of what is offered, best first.
    static let algorithms: [Int64] = [-7, -8]

    /// Reads a COSE key (RFC 9053); nil for other kinds, other curves, and points that are not on the curve.
    init?(_ cose: CBOR) {
        switch (cose[1]?.integer, cose[3]?.integer, cose[-1]?.integer) {
        case (2, -7, 1):
            guard let x = cose[-2]?.byteString, let y = cose[-3]?.byteString, x.count == 32, y.count == 32 else { return nil }
            self.init(stored: [0x04] + x + y)
        case (1, -8, 6):
            guard let x = cose[-2]?.byteString, x.count == 32 else { return nil }
            self.init(stored: x)
        default: return nil
        }
    }

    /// Reads what `stored` gave.
    init?(stored bytes: [UInt8]) {
        switch bytes.count {
        case 65:
            guard (try? P256.Signing.PublicKey(x963Representation: bytes)) != nil else { return nil }
            self = .es256(bytes)
        case 32:
            guard (try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)) != nil else { return nil }
            self = .ed25519(bytes)
        default: return nil
        }
    }

    /// The bytes to store.
    var stored: [UInt8] {
        switch self {
        case .es256(let bytes), .ed25519(let bytes): bytes
        }
    }

    /// Whether the signature over the bytes is genuine. ES256 signatures are DER.
    func verifies(_ signature: [UInt8], over bytes: [UInt8]) -> Bool {
        switch self {
        case .es256(let point):
            guard let key = try? P256.Signing.PublicKey(x963Representation: point),
                let signature = try? P256.Signing.ECDSASignature(derRepresentation: signature)
            else { return false }
            return key.isValidSignature(signature, for: bytes)
        case .ed25519(let raw):
            guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: raw) else { return false }
            return key.isValidSignature(signature, for: bytes)
        }
    }
}
