internal import Documents

/// Registration and sign-in with a security key, passkey or platform authenticator (Web Authentication Level 2, sections 7.1 and 7.2).
///
/// Attestation is not asked for ("none"): which maker's authenticator somebody has is not judged, and a statement that is sent all the same
/// is not looked at. So a registration proves that the credential exists, not what it is kept in.
struct WebAuthn: Sendable {
    /// The site: `plumbline.example.com`.
    var site: String
    /// The origin pages come from: `https://plumbline.example.com:8443`.
    var origin: String

    /// What a browser sent after registration.
    struct Registration: Sendable {
        var clientData: [UInt8]
        var attestation: [UInt8]
    }

    /// What a browser sent at sign-in.
    struct Assertion: Sendable {
        var credential: [UInt8]
        var clientData: [UInt8]
        var authenticatorData: [UInt8]
        var signature: [UInt8]
    }

    /// A credential as it is stored.
    struct Credential: Sendable, Hashable {
        var id: [UInt8]
        var key: CredentialKey
        var signCount: UInt32
    }

    /// Why something was refused: for the trail, not for the page.
    enum Refusal: String, Error, Hashable {
        case clientData = "client-data"
        case type
        case challenge
        case origin
        case crossOrigin = "cross-origin"
        case authenticatorData = "authenticator-data"
        case site
        case notPresent = "not-present"
        case credential
        case signature
        /// The authenticator counted backwards: there may be two of it.
        case signCount = "sign-count"
    }

    /// Most bytes of client data that are read.
    static let clientDataLimit = 4_096
    /// Most bytes of an attestation object that are read.
    static let attestationLimit = 16_384

    /// Checks a registration and gives the credential. The challenge is compared, not remembered: whoever issued it uses it up.
    func credential(_ registration: Registration, challenge: [UInt8]) throws(Refusal) -> Credential {
        try check(registration.clientData, type: "webauthn.create", challenge: challenge)
        guard registration.attestation.count <= Self.attestationLimit, let object = CBOR.read(registration.attestation),
            object["fmt"]?.string != nil, case .map? = object["attStmt"], let bytes = object["authData"]?.byteString,
            let data = AuthenticatorData(bytes)
        else { throw .authenticatorData }
        try check(data)
        guard let (id, key) = data.credential else { throw .credential }
        return Credential(id: id, key: key, signCount: data.signCount)
    }

    /// Checks an assertion by a credential of the account, and gives the credential with its new count.
    func check(_ assertion: Assertion, _ credential: Credential, challenge: [UInt8]) throws(Refusal) -> Credential {
        try check(assertion.clientData, type: "webauthn.get", challenge: challenge)
        guard assertion.credential == credential.id else { throw .credential }
        guard let data = AuthenticatorData(assertion.authenticatorData) else { throw .authenticatorData }
        try check(data)
        guard
            credential.key.verifies(assertion.signature, over: assertion.authenticatorData + Digest.sha256(assertion.clientData))
        else { throw .signature }
        // An authenticator that does not count says 0 for ever.
        guard data.signCount > credential.signCount || (data.signCount == 0 && credential.signCount == 0) else {
            throw .signCount
        }
        var next = credential
        next.signCount = data.signCount
        return next
    }

    private func check(_ clientData: [UInt8], type: String, challenge: [UInt8]) throws(Refusal) {
        guard clientData.count <= Self.clientDataLimit, let node = try? JSONReader.read(clientData, limits: .clientData) else {
            throw .clientData
        }
        guard node["type"]?.text == type else { throw .type }
        guard let text = node["challenge"]?.text, let given: [UInt8] = Encodings.base64url(text),
            Encodings.isSame(given, challenge)
        else { throw .challenge }
        guard node["origin"]?.text == origin else { throw .origin }
        guard node["crossOrigin"]?.bool != true else { throw .crossOrigin }
    }

    /// Touch is demanded; that the authenticator also knows who touched it is not, for it is the second factor beside a password.
    private func check(_ data: AuthenticatorData) throws(Refusal) {
        guard data.siteHash == Digest.sha256(site.utf8) else { throw .site }
        guard data.isPresent else { throw .notPresent }
    }
}

extension DocumentLimits {
    fileprivate static let clientData = DocumentLimits(bytes: WebAuthn.clientDataLimit, depth: 4, values: 64)
}
