public import Rulebook

/// Everything about the platform's own accounts that is no secret, as one read of the tables found it: for judging the platform itself.
public struct IdentitySurvey: Sendable {
    /// A stored password, present or earlier: how it is stored, never what.
    public struct StoredPassword: Sendable, Hashable {
        /// Whose it is.
        public var account: AccountID
        /// Whether it is the one that works.
        public var isCurrent: Bool
        /// How it is stored: `argon2id`, `md5`, …; `unknown` for what has no mark.
        public var scheme: String
        /// Its cost; nil for other schemes than ours.
        public var cost: HashCost?
    }

    /// A count of failures, or a lock.
    public struct Lock: Sendable, Hashable {
        /// Whose it is.
        public var account: AccountID
        /// `shared`, `device` or `factor`.
        public var bucket: String
        /// Failures counted.
        public var failures: Int
        /// Until when it locks; nil when it does not.
        public var until: Instant?
    }

    /// A session that was not ended.
    public struct OpenSession: Sendable, Hashable {
        /// Names it in the trail.
        public var reference: String
        /// Whose it is.
        public var account: AccountID
        /// When it began.
        public var began: Instant
        /// Whether a second factor was shown.
        public var hasFactor: Bool
        /// From where.
        public var address: String?
    }

    /// A one-time proof that was not used.
    public struct OpenTicket: Sendable, Hashable {
        /// What it is for: `reset`, `unlock`, …
        public var purpose: String
        /// When it was made.
        public var made: Instant
        /// Until when it is valid.
        public var expires: Instant
    }

    /// All accounts, also removed ones, in the order they were made.
    public var accounts: [Account]
    /// Their second factors and recovery codes.
    public var factors: [AccountID: [Factor]]
    /// Every stored password.
    public var passwords: [StoredPassword]
    /// Counts and locks.
    public var locks: [Lock]
    /// Sessions.
    public var sessions: [OpenSession]
    /// Tickets.
    public var tickets: [OpenTicket]
    /// Tokens of programs.
    public var tokens: [AccessToken]
    /// Reviews, oldest first.
    public var reviews: [AccountReview]

    /// Kinds of proof that an account has to show: the password, and a second factor when it has one. Recovery codes are none.
    public func authenticationFactors(of account: AccountID) -> Int {
        let hasPassword = passwords.contains { $0.account == account && $0.isCurrent }
        let hasFactor = factors[account]?.contains { $0.kind != .recovery } ?? false
        return (hasPassword ? 1 : 0) + (hasFactor ? 1 : 0)
    }
}

/// By which scheme a stored password is stored, by its mark.
enum PasswordScheme {
    private static let marks: [(mark: String, scheme: String)] = [
        ("$argon2i$", "argon2i"), ("$argon2d$", "argon2d"), ("$1$", "md5"), ("$2", "bcrypt"), ("$5$", "sha256"),
        ("$6$", "sha512"),
        ("$7$", "scrypt"), ("$y$", "yescrypt"), ("{", "ldap"),
    ]

    static func name(_ text: String) -> String {
        if PasswordHash(text) != nil { return "argon2id" }
        if let found = marks.first(where: { text.hasPrefix($0.mark) }) { return found.scheme }
        let isHex = text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }
        // Digests without a mark are told by their length.
        switch (isHex, text.utf8.count) {
        case (true, 32): return "md5"
        case (true, 40): return "sha1"
        case (true, 64): return "sha256"
        default: return "unknown"
        }
    }
}
