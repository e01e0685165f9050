public import Database
internal import Rulebook

/// The platform's own accounts: who may come in, who is in, and what they may do. The one way into this room.
public struct IdentityService: Sendable {
    let context: IdentityContext

    /// Opens the room.
    ///
    /// - Parameters:
    ///   - database: opened with `IdentitySchema.migrations` among its migrations.
    ///   - keys: the installation's secrets.
    ///   - policy: the numbers.
    ///   - roles: the roles.
    ///   - guesses: what no password may consist of.
    ///   - configuration: what the installation says of itself.
    ///   - effects: clock and randomness.
    ///   - hasher: Argon2id.
    /// - Throws: `.badInput` when the policy's cost of hashing is out of range.
    public init(
        database: GovernanceDatabase, keys: IdentityKeys, policy: IdentityPolicy, roles: RoleBook, guesses: GuessList,
        configuration: IdentityConfiguration, effects: IdentityEffects = .live, hasher: PasswordHasher = .argon2
    ) throws(IdentityError) {
        guard let cost = HashCost(memory: policy[.hashMemory], passes: policy[.hashPasses], lanes: policy[.hashLanes]) else {
            throw IdentityError(.badInput, "the cost of hashing is out of range")
        }
        context = IdentityContext(
            database: database, policy: policy, roles: roles, keys: keys, configuration: configuration, effects: effects,
            gate: HashingGate(hasher, width: policy[.hashConcurrency], queue: policy[.hashQueue]), limiter: RateLimiter(policy),
            puzzles: Puzzles(policy, keys, effects),
            passwordRules: PasswordRules(policy: policy, guesses: guesses, firmWords: configuration.firmWords),
            accountRules: AccountRules(policy: policy, roles: roles, side: configuration.side), activity: SessionActivity(),
            cost: cost,
            // Nobody knows a password of this hash: it is random.
            dummy: PasswordHash(
                cost: cost, salt: effects.random(PasswordHash.saltLength), hash: effects.random(PasswordHash.hashLength)))
    }

    /// The numbers in force.
    public var policy: IdentityPolicy { context.policy }
    /// Roles and permissions.
    public var roles: RoleBook { context.roles }
    /// What the installation says of itself.
    public var configuration: IdentityConfiguration { context.configuration }

    /// Signing in.
    public var signIn: SignInDesk { SignInDesk(context: context) }
    /// Sessions.
    public var sessions: SessionDesk { SessionDesk(context: context) }
    /// Passwords.
    public var passwords: PasswordDesk { PasswordDesk(context: context) }
    /// Second factors.
    public var factors: FactorDesk { FactorDesk(context: context) }
    /// Accounts.
    public var accounts: AccountDesk { AccountDesk(context: context) }
    /// What a second person must agree to.
    public var requests: RequestDesk { RequestDesk(context: context) }
    /// Ending locks.
    public var unlocks: UnlockDesk { UnlockDesk(context: context) }
    /// Tokens of programs.
    public var tokens: TokenDesk { TokenDesk(context: context) }
    /// Reviews of accounts.
    public var reviews: ReviewDesk { ReviewDesk(context: context) }
    /// Messages that wait to be sent.
    public var messages: MessageDesk { MessageDesk(context: context) }
    /// The first start.
    public var setup: SetupDesk { SetupDesk(context: context) }

    /// Refuses whoever may not do something, or must first prove again who they are (A1, S4). Routes call it; what a second person must agree
    /// to goes through `requests` besides.
    ///
    /// - Throws: `.forbidden`; `.notFresh`.
    public func require(_ permission: Permission, of principal: Principal) throws(IdentityError) {
        try context.demand(permission, of: principal)
    }

    /// Takes one attempt of a source for a route that guards itself.
    ///
    /// - Throws: `.limited` with the seconds to wait.
    public func limit(_ client: Client) throws(IdentityError) { try context.limit(client) }

    /// A puzzle for whoever was limited: a page computes its solution, which stands for one attempt.
    public func puzzle() -> Puzzle { context.puzzles.make() }

    /// Ends what has run out and notes each: locks, temporary accounts, sessions, tokens, requests, tickets, messages. To be called every
    /// minute; nothing depends on it being punctual, because everything is also judged when it is used.
    ///
    /// - Throws: `.storage`.
    public func sweep() async throws(IdentityError) {
        let context = context
        let now = context.now
        guard try await context.read({ db in try SweepStore.hasWork(db, context, at: now) }) else { return }
        try await context.change(.system("schedule")) { db, trail in
            _ = try LockoutStore.expire(db, &trail, at: now)
            for account in try AccountStore.all(db) where account.state == .active && !account.isUsable(at: now) {
                try AccountDesk(context: context).stop(account.id, reason: "its time is over", db, &trail)
            }
            let over = try SessionStore.all(db).filter {
                $0.isOver(at: now, seen: context.activity.latest($0.hash, stored: $0.seenAt), context.policy)
            }
            try SessionStore.end(db, &trail, over, reason: "over", context.activity)
            try TokenStore.expire(db, &trail, at: now)
            for request in try RequestStore.list(db, [.open, .approved]) where now >= request.expiresAt {
                try RequestStore.setState(db, request.id, .lapsed)
                trail.note(TrailEntry("request.lapse", .init("request", "\(request.id)")))
            }
            let tickets = try TicketStore.removeExpired(db, at: now)
            let messages = try MessageStore.removeExpired(db, at: now)
            if tickets > 0 || messages > 0 {
                trail.note(
                    TrailEntry("ticket.expire", .init("ticket"), details: ["tickets": "\(tickets)", "messages": "\(messages)"]))
            }
            if trail.entries.isEmpty { trail.note(TrailEntry("schedule.idle", .init("schedule"))) }
        }
    }
}
