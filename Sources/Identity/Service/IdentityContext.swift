internal import Database
internal import Rulebook

/// What every desk of the room works with.
struct IdentityContext: Sendable {
    let database: GovernanceDatabase
    let policy: IdentityPolicy
    let roles: RoleBook
    let keys: IdentityKeys
    let configuration: IdentityConfiguration
    let effects: IdentityEffects
    let gate: HashingGate
    let limiter: RateLimiter
    let puzzles: Puzzles
    let passwordRules: PasswordRules
    let accountRules: AccountRules
    let activity: SessionActivity
    let cost: HashCost
    /// Hashed against when there is nothing to hash against, so that strangers wait as long as everyone else.
    let dummy: PasswordHash

    var now: Instant { effects.now() }

    /// Changes the database under the name of `actor`; what was refused is a value, what went wrong an error.
    func change<T: Sendable>(
        _ actor: TrailActor, _ body: @escaping @Sendable (Connection, inout TrailBook) throws -> T
    ) async throws(IdentityError) -> T {
        try await database.change(actor, throwing: IdentityError.self, body)
    }

    /// Reads the database.
    func read<T: Sendable>(_ body: @Sendable (Connection) throws -> T) async throws(IdentityError) -> T {
        try await database.read(throwing: IdentityError.self, body)
    }

    /// Refuses whoever lacks a permission, or whose proof of identity is too old for it (S4).
    ///
    /// - Throws: `.forbidden`; `.notFresh`.
    func demand(_ permission: Permission, of principal: Principal) throws(IdentityError) {
        guard principal.may(permission) else {
            throw IdentityError(.forbidden, "this takes the permission \(permission.rawValue)")
        }
        if roles.rules[permission]?.needsFreshAuthentication == true { try demandFresh(principal) }
    }

    /// Refuses whoever did not prove a short while ago who they are. Programs never do.
    func demandFresh(_ principal: Principal) throws(IdentityError) {
        guard let proven = principal.provenAt, now - proven <= Int64(policy[.freshAuthentication]) else {
            throw IdentityError(.notFresh, "prove again who you are")
        }
    }

    /// Takes one attempt of a source, and one on an account when it has a name (R1). A solved puzzle stands for an attempt, once.
    ///
    /// - Throws: `.limited` with the seconds to wait.
    func limit(_ client: Client, account name: String? = nil, kind: RateLimiter.Kind = .account) throws(IdentityError) {
        let source = client.address?.limitKey ?? "unknown"
        var wait = limiter.take(.source, source, at: now)
        // A name is counted as it would be looked up, so that capitals give no further attempts.
        if wait == nil, let name { wait = limiter.take(kind, AccountName(name)?.text ?? name, at: now) }
        if wait != nil, let solution = client.solution, puzzles.accept(solution, at: now) { wait = nil }
        if let wait { throw IdentityError(.limited, "too many attempts", retryAfter: wait) }
    }

    /// Random text with so many bytes of randomness, for tickets, sessions, tokens.
    func secret(_ bytes: Int = 32) -> String { Encodings.base64url(effects.random(bytes)) }

    /// Whether an account with these roles must have a second factor.
    func needsFactor(_ names: Set<RoleName>) -> Bool { configuration.everyoneNeedsFactor || accountRules.needsFactor(names) }
}

/// What is kept of a text that people enter: control characters become spaces, and it is cut at so many bytes.
func tidied(_ text: String, _ limit: Int) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        let shown: Unicode.Scalar = scalar.properties.generalCategory == .control ? " " : scalar
        guard result.utf8.count + String(shown).utf8.count <= limit else { break }
        result.unicodeScalars.append(shown)
    }
    return result
}
