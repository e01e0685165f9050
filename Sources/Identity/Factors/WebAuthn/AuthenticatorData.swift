/// What an authenticator says and signs (Web Authentication Level 2, section 6.1).
struct AuthenticatorData: Sendable, Hashable {
    /// SHA-256 of the site it speaks to.
    var siteHash: [UInt8]
    /// Somebody touched it.
    var isPresent: Bool
    /// It knows who: PIN, finger, face.
    var isVerified: Bool
    /// How often it signed; 0 when it does not count.
    var signCount: UInt32
    /// A new credential, at registration.
    var credential: (id: [UInt8], key: CredentialKey)?

    /// Reads the bytes whole; nil when they are not such, or the key is of a kind that cannot be checked here.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 37, bytes.count <= 4_096 else { return nil }
        siteHash = Array(bytes[..<32])
        let flags = bytes[32]
        isPresent = flags & 0x01 != 0
        isVerified = flags & 0x04 != 0
        signCount = bytes[33..<37].reduce(0) { $0 << 8 | UInt32($1) }
        var place = 37
        if flags & 0x40 != 0 {
            // AAGUID (16), length of the identifier (2), identifier, key.
            guard bytes.count >= place + 18 else { return nil }
            let length = Int(bytes[place + 16]) << 8 | Int(bytes[place + 17])
            place += 18
            guard (1...1_023).contains(length), bytes.count >= place + length else { return nil }
            let id = Array(bytes[place..<place + length])
            place += length
            guard let (value, end) = CBOR.readFirst(bytes, from: place), let key = CredentialKey(value) else { return nil }
            credential = (id, key)
            place = end
        }
        if flags & 0x80 != 0 {
            guard let (extensions, end) = CBOR.readFirst(bytes, from: place), case .map = extensions else { return nil }
            place = end
        }
        guard place == bytes.count else { return nil }
    }

    static func == (left: Self, right: Self) -> Bool {
        left.siteHash == right.siteHash && left.isPresent == right.isPresent && left.isVerified == right.isVerified
            && left.signCount == right.signCount && left.credential?.id == right.credential?.id
            && left.credential?.key == right.credential?.key
    }

    func hash(into hasher: inout Hasher) { hasher.combine(siteHash) }
}
