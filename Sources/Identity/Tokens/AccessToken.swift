public import Rulebook

/// A token by which a program acts: for a person, or for the agent of one host.
public struct AccessToken: Sendable, Hashable {
    /// Whose program it is.
    public enum Kind: String, Sendable, CaseIterable {
        /// A person's; it may do at most what the person may.
        case person
        /// The agent of one host; it may hand in that host's facts.
        case agent
    }

    /// Names it in lists and in the trail; opens nothing.
    public let reference: String
    /// Whose program it is.
    public let kind: Kind
    /// Who answers for it.
    public let account: AccountID
    /// What the person calls it.
    public let label: String
    /// The host of an agent.
    public let host: String?
    /// What it may do, at most.
    public let permissions: Set<Permission>
    /// When it was made.
    public let createdAt: Instant
    /// When it ends.
    public let expiresAt: Instant
    /// When it was last used, to the day.
    public let lastUsed: Instant?
}

/// A token that was just made: shown once.
public struct NewAccessToken: Sendable, CustomStringConvertible, CustomReflectable {
    /// The token, to be put where the program reads it.
    public let text: String
    /// What is known of it.
    public let token: AccessToken

    /// The reference only.
    public var description: String { "token \(token.reference)" }
    /// Nothing.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// The text of a token: `plumbline_person_` or `plumbline_agent_`, 52 letters of base32 (256 random bits and four zero ones), and 8 letters of
/// checksum, so that scanners for secrets find it and tell it from an example.
enum TokenText {
    static let length = 32

    private static func prefix(_ kind: AccessToken.Kind) -> String { "plumbline_\(kind.rawValue)_" }

    private static func checksum(_ text: String) -> String { String(Encodings.base32(Digest.sha256(text.utf8).prefix(5))) }

    static func write(_ kind: AccessToken.Kind, _ secret: [UInt8]) -> String {
        let text = prefix(kind) + Encodings.base32(secret)
        return text + checksum(text)
    }

    /// Kind and secret; nil when it is no token.
    static func read(_ text: String) -> (kind: AccessToken.Kind, secret: [UInt8])? {
        guard text.utf8.count <= 96 else { return nil }
        for kind in AccessToken.Kind.allCases where text.hasPrefix(prefix(kind)) {
            guard let secret: [UInt8] = Encodings.base32(text.dropFirst(prefix(kind).count).dropLast(8)), secret.count == length,
                write(kind, secret) == text
            else { return nil }
            return (kind, secret)
        }
        return nil
    }
}
