internal import Database
public import Rulebook

/// Ending locks before they run out (L5, L7): by the person with a message and a second factor, by an administrator after an identity check, or
/// at the machine's console.
public struct UnlockDesk: Sendable {
    let context: IdentityContext

    /// A lock, for the administrator's page.
    public struct Lock: Sendable, Hashable {
        /// The account.
        public let account: AccountID
        /// What is locked.
        public let bucket: LockoutBucket
        /// The last second of the lock.
        public let until: Instant
    }

    /// Locks that hold now.
    ///
    /// - Throws: `.forbidden`; `.storage`.
    public func list(for principal: Principal) async throws(IdentityError) -> [Lock] {
        guard principal.may(.accountsUnlock) || principal.may(.accountsRead) else {
            throw IdentityError(.forbidden, "this takes the permission \(Permission.accountsUnlock.rawValue)")
        }
        let now = context.now
        return try await context.read { db in
            try AccountStore.all(db).flatMap { account in
                try LockoutStore.buckets(db, account.id).compactMap { entry in
                    guard entry.machine.isLocked(at: now), let until = entry.machine.lockedUntil else { return nil }
                    return Lock(account: account.id, bucket: entry.bucket, until: until)
                }
            }
        }
    }

    // MARK: By the person

    /// Asks for a link that ends a lock together with a second factor. The same happens, to the eye, for every name.
    ///
    /// - Throws: `.limited`; `.storage`.
    public func request(name: String, client: Client) async throws(IdentityError) {
        try context.limit(client, account: name, kind: .message)
        let context = context
        let ticket = context.secret()
        try await context.change(client.actor()) { db, trail in
            guard let known = AccountName(name), let account = try AccountStore.find(db, name: known),
                account.isUsable(at: context.now),
                account.mail != nil, try FactorStore.hasFactor(db, account.id),
                try LockoutStore.buckets(db, account.id).contains(where: { $0.machine.isLocked(at: context.now) })
            else {
                trail.note(TrailEntry("lockout.ask", .init("account"), .refused, reason: "nothing-to-unlock"))
                return
            }
            try TicketStore.issue(
                db, ticket, .unlock, account.id, at: context.now, lifetime: context.policy[.tokenLifetime])
            try MessageStore.put(db, .unlock(ticket: ticket), to: account, context)
            trail.note(TrailEntry("lockout.ask", .init("account", account.id.description)))
        }
    }

    /// A challenge for a security key, for `confirm`.
    ///
    /// - Returns: nil when the ticket is none.
    /// - Throws: `.limited`; `.storage`.
    public func challenge(_ ticket: String, client: Client) async throws(IdentityError) -> SecurityKeyChallenge? {
        try context.limit(client)
        let context = context
        let challenge = context.effects.random(32)
        return try await context.change(client.actor()) { db, trail in
            guard let found = try TicketStore.find(db, ticket, .unlock, at: context.now), let id = found.account else {
                trail.note(TrailEntry("lockout.refuse", .init("account"), .refused, reason: "no-such-ticket"))
                return nil
            }
            var state = SignInState()
            state.challenge = challenge
            try TicketStore.setPayload(db, found, state.node)
            trail.note(TrailEntry("factor.challenge", .init("account", id.description)))
            return try FactorDesk(context: context).ask(id, challenge, db)
        }
    }

    /// Ends one's own lock. Neither the ticket nor the factor alone does.
    ///
    /// - Returns: whether the lock is gone.
    /// - Throws: `.limited`; `.storage`.
    public func confirm(_ ticket: String, _ proof: FactorProof, client: Client) async throws(IdentityError) -> Bool {
        try context.limit(client)
        let context = context
        return try await context.change(client.actor()) { db, trail in
            guard let found = try TicketStore.find(db, ticket, .unlock, at: context.now), let id = found.account,
                let account = try AccountStore.find(db, id), account.isUsable(at: context.now)
            else {
                trail.note(TrailEntry("lockout.refuse", .init("account"), .refused, reason: "no-such-ticket"))
                return false
            }
            let challenge = SignInState(found.payload).challenge
            if challenge != nil { try TicketStore.setPayload(db, found, SignInState().node) }
            guard try FactorStore.prove(db, &trail, id, proof, challenge: challenge, context) else { return false }
            try TicketStore.use(db, found)
            try LockoutStore.clear(db, id, withFactor: false)
            trail.note(TrailEntry("lockout.unlock", .init("account", id.description), reason: "by-owner"))
            return true
        }
    }

    // MARK: By others

    /// Ends all locks of an account after its owner was recognised.
    ///
    /// - Throws: `.forbidden`; `.secondPerson` for one's own; `.badInput`; `.notFound`; `.storage`.
    public func unlock(_ id: AccountID, after check: IdentityCheck, by principal: Principal) async throws(IdentityError) {
        try context.demand(.accountsUnlock, of: principal)
        try await context.change(principal.trailActor) { db, trail in
            let account = try AccountStore.require(db, id)
            try check.validate(for: account, by: principal, db)
            try LockoutStore.clear(db, id, withFactor: true)
            trail.note(
                TrailEntry("lockout.unlock", .init("account", id.description), reason: check.reason, details: check.details))
        }
    }

    /// Ends all locks of an account from the machine's command line: the way in when every administrator is locked (L7).
    ///
    /// - Parameters:
    ///   - name: the account.
    ///   - reason: why; 3 to 500 bytes.
    ///   - uid: the user of the machine.
    ///   - user: that user's name.
    /// - Throws: `.badInput` without a reason; `.notFound`; `.storage`.
    public func unlockAtConsole(_ name: AccountName, reason: String, uid: UInt32, user: String) async throws(IdentityError) {
        guard (3...500).contains(reason.utf8.count) else { throw IdentityError(.badInput, "a reason is needed") }
        try await context.change(.console(uid: uid, name: user)) { db, trail in
            guard let account = try AccountStore.find(db, name: name) else {
                throw IdentityError(.notFound, "there is no such account")
            }
            try LockoutStore.clear(db, account.id, withFactor: true)
            trail.note(
                TrailEntry(
                    "lockout.unlock", .init("account", account.id.description), reason: tidied(reason, 500),
                    details: ["method": "console"]))
        }
    }

    /// Gives an administrator a new first password from the machine's command line, enabling the account and removing its second factors: the
    /// last way in. Everybody who may approve is told.
    ///
    /// - Throws: `.badInput` without a reason, or when the account is no administrator; `.notFound`; `.storage`.
    public func rescueAtConsole(
        _ name: AccountName, reason: String, uid: UInt32, user: String
    ) async throws(IdentityError) -> InitialPassword {
        guard (3...500).contains(reason.utf8.count) else { throw IdentityError(.badInput, "a reason is needed") }
        let (context, passwords) = (context, PasswordDesk(context: context))
        let (initial, hash) = try await passwords.makeInitial()
        return try await context.change(.console(uid: uid, name: user)) { db, trail in
            guard let account = try AccountStore.find(db, name: name) else {
                throw IdentityError(.notFound, "there is no such account")
            }
            guard context.roles.administers(account.roles), account.state != .removed else {
                throw IdentityError(.badInput, "only an administrator is rescued; others are helped by one")
            }
            try LockoutStore.clear(db, account.id, withFactor: true)
            _ = try FactorStore.remove(db, account.id, nil)
            try AccountStore.setState(db, account.id, .active, reason: reason)
            try passwords.setInitial(
                initial, hash, account, reason: tidied(reason, 500), details: ["method": "console"], db, &trail)
            trail.note(TrailEntry("account.rescue", .init("account", account.id.description), reason: tidied(reason, 500)))
            for other in try AccountStore.all(db) where other.isUsable(at: context.now) {
                if context.roles.permissions(of: other.roles).contains(.accountsApprove) {
                    try MessageStore.put(db, .emergencySignIn(name: account.name), to: other, context)
                }
            }
            return initial
        }
    }
}
