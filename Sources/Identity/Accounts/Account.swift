public import Rulebook

/// One person's account: everything about it but its secrets.
public struct Account: Sendable, Hashable {
    /// Whether it can be used.
    public enum State: String, Sendable, CaseIterable {
        /// It may sign in.
        case active
        /// It may not, and can be enabled again.
        case disabled
        /// It is gone; its name is never given to anyone again, because the trail speaks of it.
        case removed
    }

    /// How the password came to be.
    public enum PasswordState: String, Sendable, CaseIterable {
        /// There is none; nobody can sign in.
        case none
        /// It was made here and told to the person, who changes it at the first sign-in.
        case initial
        /// The person chose it.
        case chosen
        /// It may be known to others; it must be changed at the next sign-in, however young.
        case compromised
    }

    /// Its number.
    public var id: AccountID
    /// The name that is typed at sign-in.
    public var name: AccountName
    /// What identifies the person in the firm: employee number. One person has one account. Empty once removed.
    public var person: String
    /// The person's name.
    public var displayName: String
    /// Where messages go; nil when there is none.
    public var mail: String?
    /// For identity checks by telephone.
    public var phone: String?
    /// Whether it can be used.
    public var state: State
    /// Why it is in that state.
    public var stateReason: String
    /// Its roles.
    public var roles: Set<RoleName>
    /// The party it acts for, by the key that another room gives parties; nil for whoever acts for this installation itself.
    public var party: String?
    /// Kept for emergencies: an administrator who is told of whenever it signs in, and who is not counted as unused.
    public var isBreakGlass: Bool
    /// After this it stops by itself; nil for a lasting account.
    public var temporaryUntil: Instant?
    /// From where and when it may be used.
    public var conditions: UseConditions
    /// When it was made.
    public var createdAt: Instant
    /// When a sign-in last succeeded.
    public var lastSignIn: Instant?
    /// How the password came to be.
    public var passwordState: PasswordState
    /// When the password was set.
    public var passwordSetAt: Instant?
    /// Until when an initial password works.
    public var initialUntil: Instant?

    /// Whether it may be used at an instant.
    public func isUsable(at now: Instant) -> Bool { state == .active && temporaryUntil.map { now < $0 } ?? true }

    /// Whether nobody has used it for longer than the policy allows (cnfa-3.3): to be judged in a review.
    public func isInactive(at now: Instant, _ policy: IdentityPolicy) -> Bool {
        state == .active && !isBreakGlass && now - (lastSignIn ?? createdAt) > Int64(policy[.accountIdle])
    }

    /// When the password must be changed at the latest; nil when there is none.
    public func passwordEnds(_ policy: IdentityPolicy) -> Instant? {
        passwordSetAt.map { $0.adding(seconds: Int64(policy[.passwordMaxAge])) }
    }
}

/// What is needed to make an account.
public struct NewAccount: Sendable, Hashable {
    /// The name that will be typed at sign-in.
    public var name: AccountName
    /// What identifies the person in the firm: employee number; 1 to 64 bytes.
    public var person: String
    /// The person's name; 1 to 128 bytes.
    public var displayName: String
    /// Where messages go.
    public var mail: String?
    /// For identity checks by telephone.
    public var phone: String?
    /// Its roles; at least one.
    public var roles: Set<RoleName>
    /// The party it acts for; there is one exactly when the roles are those of a party.
    public var party: String?
    /// Kept for emergencies; administrators only.
    public var isBreakGlass: Bool
    /// When it stops by itself; nil for a lasting account.
    public var temporaryUntil: Instant?
    /// From where and when it may be used.
    public var conditions: UseConditions

    /// An account to be made.
    public init(
        name: AccountName, person: String, displayName: String, mail: String? = nil, phone: String? = nil, roles: Set<RoleName>,
        party: String? = nil, isBreakGlass: Bool = false, temporaryUntil: Instant? = nil,
        conditions: UseConditions = UseConditions()
    ) {
        (self.name, self.person, self.displayName, self.mail, self.phone) = (name, person, displayName, mail, phone)
        (self.roles, self.party, self.isBreakGlass) = (roles, party, isBreakGlass)
        (self.temporaryUntil, self.conditions) = (temporaryUntil, conditions)
    }
}

/// A password that was made here. It is shown once, to be handed over, and forgotten.
public struct InitialPassword: Sendable, CustomStringConvertible, CustomReflectable {
    /// The password, to be shown.
    public let text: String
    /// Until when it works.
    public let until: Instant

    /// Dots.
    public var description: String { "•••" }
    /// Nothing.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
