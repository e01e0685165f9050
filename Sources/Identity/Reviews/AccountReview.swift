public import Rulebook

/// A half-yearly review of Plumbline's own accounts (cnfa-3.3): all accounts as they were when it began, and a decision on each.
public struct AccountReview: Sendable, Hashable, Identifiable {
    /// What was decided about an account.
    public enum Decision: String, Sendable, CaseIterable {
        /// Account and rights are still right.
        case keep
        /// The rights must change; a request follows.
        case change
        /// The account was disabled at once.
        case disable
    }

    /// One account of it.
    public struct Item: Sendable, Hashable {
        /// The account.
        public let account: AccountID
        /// Its name then.
        public let name: String
        /// The person's name then.
        public let displayName: String
        /// Its state then.
        public let state: String
        /// Its roles then.
        public let roles: [String]
        /// The party it acted for then; nil for none.
        public let party: String?
        /// Its last sign-in before.
        public let lastSignIn: Instant?
        /// Nobody had used it for longer than the policy allows.
        public let isInactive: Bool
        /// It had a second factor.
        public let hasFactor: Bool
        /// When it ends by itself.
        public let temporaryUntil: Instant?
        /// What was decided; nil when nothing was yet.
        public let decision: Decision?
        /// Who decided.
        public let reviewer: AccountID?
        /// When.
        public let decidedAt: Instant?
        /// Why.
        public let note: String
    }

    /// Its number.
    public let id: Int64
    /// Who began it.
    public let openedBy: AccountID
    /// The instant whose accounts it reviews.
    public let openedAt: Instant
    /// Who signed it off.
    public let signedBy: AccountID?
    /// When.
    public let signedAt: Instant?
    /// The accounts, in the order they were made.
    public let items: [Item]

    /// Accounts without a decision.
    public var undecided: Int { items.count { $0.decision == nil } }
}

/// How it stands with reviews.
public struct ReviewStatus: Sendable, Hashable {
    /// When the last one was signed off; nil when none ever was.
    public let lastSigned: Instant?
    /// By when the next one must be signed off.
    public let due: Instant
    /// Whether that is past.
    public let isOverdue: Bool
    /// Whether it is time to begin.
    public let isNear: Bool
    /// The one that is going on.
    public let open: Int64?
}
