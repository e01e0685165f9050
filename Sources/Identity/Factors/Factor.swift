public import Rulebook

/// Kinds of second factors.
public enum FactorKind: String, Sendable, CaseIterable, Comparable {
    /// An authenticator program.
    case totp
    /// A security key or passkey (Web Authentication).
    case securityKey = "security-key"
    /// A code from the printed list; each works once.
    case recovery

    /// In the order of the names.
    public static func < (left: FactorKind, right: FactorKind) -> Bool { left.rawValue < right.rawValue }
}

/// A second factor in the list of one's own.
public struct Factor: Sendable, Hashable, Identifiable {
    /// Its number.
    public let id: Int64
    /// What it is.
    public let kind: FactorKind
    /// What the person calls it.
    public let label: String
    /// When it was set up.
    public let createdAt: Instant
    /// When it was last used.
    public let lastUsed: Instant?
    /// When it counted backwards: there may be two of it. It is not accepted any more.
    public let flaggedAt: Instant?
}

/// A proof of a second factor, as a browser sent it.
public enum FactorProof: Sendable, CustomStringConvertible, CustomReflectable {
    /// Six digits of an authenticator program.
    case totp(String)
    /// A code of the printed list.
    case recovery(String)
    /// What a security key answered.
    case securityKey(SecurityKeyAnswer)

    /// Dots.
    public var description: String { "•••" }
    /// Nothing.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What a security key answered to a challenge: the fields of the browser's `AuthenticatorAssertionResponse`.
public struct SecurityKeyAnswer: Sendable, Hashable {
    /// `rawId`.
    public var credential: [UInt8]
    /// `clientDataJSON`.
    public var clientData: [UInt8]
    /// `authenticatorData`.
    public var authenticatorData: [UInt8]
    /// `signature`.
    public var signature: [UInt8]

    /// An answer.
    public init(credential: [UInt8], clientData: [UInt8], authenticatorData: [UInt8], signature: [UInt8]) {
        (self.credential, self.clientData) = (credential, clientData)
        (self.authenticatorData, self.signature) = (authenticatorData, signature)
    }
}

/// What a new security key answered: the fields of the browser's `AuthenticatorAttestationResponse`.
public struct SecurityKeyRegistration: Sendable, Hashable {
    /// `clientDataJSON`.
    public var clientData: [UInt8]
    /// `attestationObject`.
    public var attestation: [UInt8]

    /// An answer.
    public init(clientData: [UInt8], attestation: [UInt8]) { (self.clientData, self.attestation) = (clientData, attestation) }
}

/// What a page needs to ask a security key.
public struct SecurityKeyChallenge: Sendable, Hashable {
    /// The challenge; works once.
    public let challenge: [UInt8]
    /// `rp.id`.
    public let site: String
    /// `user.id`: the account's number as text; says nothing about the person.
    public let user: [UInt8]
    /// Credentials that may answer, or, at registration, those that are there already.
    public let credentials: [[UInt8]]
    /// COSE numbers of the algorithms that are accepted, best first.
    public let algorithms: [Int64]
}

/// What a person needs to set up an authenticator program. Shown once.
public struct TOTPEnrolment: Sendable, CustomStringConvertible, CustomReflectable {
    /// For the QR code.
    public let uri: String
    /// The secret in base32, to be typed where there is no camera.
    public let secret: String
    /// Hands the enrolment back with the first code.
    public let ticket: String

    /// Dots.
    public var description: String { "•••" }
    /// Nothing.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Recovery codes, shown once.
public struct RecoveryCodes: Sendable, CustomStringConvertible, CustomReflectable {
    /// The codes: 24 letters and digits in groups of four.
    public let texts: [String]

    /// Dots.
    public var description: String { "•••" }
    /// Nothing.
    public var customMirror: Mirror { Mirror(self, children: [:]) }

    /// Bytes of randomness in a code: 120 bits, so that a fast hash protects it (ASVS 6.5.2 asks for 112).
    static let length = 15

    /// As people read it: `ABCD-EFGH-…`.
    static func text(_ bytes: [UInt8]) -> String {
        let letters = Array(Encodings.base32(bytes))
        return stride(from: 0, to: letters.count, by: 4).map { String(letters[$0..<min($0 + 4, letters.count)]) }.joined(
            separator: "-")
    }

    /// What a person typed, back to bytes; nil when it cannot be a code. Case, spaces and hyphens do not matter.
    static func bytes(_ typed: String) -> [UInt8]? {
        guard typed.utf8.count <= 64 else { return nil }
        let letters = typed.uppercased().filter { $0 != "-" && $0 != " " }
        guard let bytes: [UInt8] = Encodings.base32(letters), bytes.count == length else { return nil }
        return bytes
    }
}
