internal import Database
internal import Documents
internal import Rulebook

/// Sessions: found at every request, renewed at every proof, ended by sign-out, time, and everything that changes who somebody is.
public struct SessionDesk: Sendable {
    let context: IdentityContext

    /// The session of a cookie, with the permissions of this moment.
    ///
    /// - Parameters:
    ///   - cookie: the cookie's value.
    ///   - client: who asks; the account's conditions of use are judged again.
    ///   - isPolling: whether the page asked by itself. That does not keep a session alive.
    /// - Returns: nil when there is no such session, it is over, or the account may not be used (any more, from there, now).
    /// - Throws: `.storage`.
    public func find(_ cookie: String, client: Client, isPolling: Bool) async throws(IdentityError) -> Session? {
        guard let hash = Self.hash(cookie) else { return nil }
        let found = try await context.read { db throws -> (SessionStore.Stored, Account)? in
            guard let session = try SessionStore.find(db, hash), let account = try AccountStore.find(db, session.account) else {
                return nil
            }
            return (session, account)
        }
        let now = context.now
        guard let (stored, account) = found else { return nil }
        let seen = context.activity.latest(hash, stored: stored.seenAt)
        guard !stored.isOver(at: now, seen: seen, context.policy), account.isUsable(at: now),
            account.conditions.allow(client.address, at: now, in: context.configuration.zone)
        else { return nil }
        if !isPolling { context.activity.touch(hash, at: now) }
        return session(stored, account, cookie: cookie, seen: isPolling ? seen : now, client: client)
    }

    private func session(
        _ stored: SessionStore.Stored, _ account: Account, cookie: String, seen: Instant, client: Client
    ) -> Session {
        let (policy, now) = (context.policy, context.now)
        var permissions = context.roles.permissions(of: account.roles)
        // Without the second factor that a role demands, the role gives nothing.
        if context.needsFactor(account.roles), !stored.hasFactor { permissions = [] }
        // Nor to whoever should act for a party and has none, or the other way round.
        if context.roles.areOfParty(account.roles) != (account.party != nil) { permissions = [] }
        let principal = Principal(
            kind: .person, account: account.id, permissions: permissions, party: account.party, provenAt: stored.provenAt,
            trailActor: .account(
                id: account.id.description, name: account.name.text, address: client.address?.description,
                session: stored.reference,
                code: client.code))
        let left = account.passwordEnds(policy).map { Int($0 - now) }
        return Session(
            principal: principal, account: account, reference: stored.reference, formToken: Self.formToken(cookie),
            createdAt: stored.createdAt, endsAt: stored.createdAt.adding(seconds: Int64(policy[.sessionAbsolute])),
            idleEndsAt: seen.adding(seconds: Int64(policy[.sessionIdle])), hasFactor: stored.hasFactor,
            passwordEndsIn: left.flatMap { $0 <= policy[.passwordWarning] ? max(0, $0) : nil })
    }

    private static func hash(_ cookie: String) -> [UInt8]? {
        guard cookie.utf8.count == 43 else { return nil }
        return Digest.sha256(cookie.utf8)
    }

    /// Whoever knows it knows the session's secret, which a page of another site does not.
    private static func formToken(_ cookie: String) -> String {
        Encodings.base64url(Digest.sha256(Array("plumbline form token 1\n\(cookie)".utf8)))
    }

    /// Whether a form's token belongs to the session, compared in a time that does not depend on it.
    public func isFormToken(_ text: String, of session: Session) -> Bool {
        Encodings.isSame(Array(text.utf8), Array(session.formToken.utf8))
    }

    /// Ends a session.
    ///
    /// - Throws: `.storage`. A session that is over already is no error.
    public func signOut(_ session: Session) async throws(IdentityError) {
        let context = context
        try await context.change(session.principal.trailActor) { db, trail in
            let own = try SessionStore.all(db, of: session.account.id).filter { $0.reference == session.reference }
            trail.note(TrailEntry("session.sign-out", .init("account", session.account.id.description)))
            try SessionStore.end(db, &trail, own, reason: "signed-out", context.activity)
        }
    }

    /// The account's sessions that are not over.
    ///
    /// - Throws: `.storage`.
    public func list(_ account: AccountID) async throws(IdentityError) -> [SessionSummary] {
        let context = context
        let now = context.now
        return try await context.read { db in
            try SessionStore.all(db, of: account).compactMap { stored in
                let seen = context.activity.latest(stored.hash, stored: stored.seenAt)
                guard !stored.isOver(at: now, seen: seen, context.policy) else { return nil }
                return SessionSummary(
                    reference: stored.reference, createdAt: stored.createdAt, seenAt: seen, address: stored.address,
                    agent: stored.agent)
            }
        }
    }

    /// Ends one of one's own sessions, or all but the present one.
    ///
    /// - Parameters:
    ///   - reference: the session to end; nil means all others.
    ///   - session: the present one.
    /// - Throws: `.notFound`; `.storage`.
    public func end(_ reference: String?, of session: Session) async throws(IdentityError) {
        let context = context
        try await context.change(session.principal.trailActor) { db, trail in
            let ending = try SessionStore.all(db, of: session.account.id).filter {
                reference.map { [ref = $0.reference] in ref == $0 } ?? ($0.reference != session.reference)
            }
            guard reference == nil || !ending.isEmpty else { throw IdentityError(.notFound, "there is no such session") }
            trail.note(
                TrailEntry(
                    "session.end-others", .init("account", session.account.id.description), details: ["count": "\(ending.count)"])
            )
            try SessionStore.end(db, &trail, ending, reason: "ended-by-owner", context.activity)
        }
    }

    /// Saves when sessions were last used, at an orderly stop, so that people need not sign in again after it.
    ///
    /// - Throws: `.storage`.
    public func saveActivity() async throws(IdentityError) {
        let seen = context.activity.all
        guard !seen.isEmpty else { return }
        try await context.change(.system("stop")) { db, trail in
            for (hash, instant) in seen { try SessionStore.setSeen(db, hash, instant) }
            trail.note(TrailEntry("session.save", .init("session"), details: ["count": "\(seen.count)"]))
        }
    }

    /// Begins a session. The oldest ones over the cap are ended: refusing the new one would let a forgotten browser, or a thief, keep the
    /// owner out; the owner sees how many were displaced.
    func begin(
        _ account: Account, client: Client, hasFactor: Bool, device: String?, createdAt: Instant? = nil, _ db: Connection,
        _ trail: inout TrailBook
    ) throws -> NewSession {
        let now = context.now
        let cookie = context.secret()
        let live = try SessionStore.all(db, of: account.id)
        let over = live.filter {
            $0.isOver(at: now, seen: context.activity.latest($0.hash, stored: $0.seenAt), context.policy)
        }
        try SessionStore.end(db, &trail, over, reason: "over", context.activity)
        let rest = live.filter { session in !over.contains { $0.hash == session.hash } }
        let displaced = Array(rest.prefix(max(0, rest.count + 1 - context.policy[.sessionLimit])))
        try SessionStore.end(db, &trail, displaced, reason: "too-many", context.activity)
        let device = device ?? Encodings.base64url(context.effects.random(16))
        let stored = SessionStore.Stored(
            hash: Digest.sha256(cookie.utf8), reference: Encodings.hex(context.effects.random(8)), account: account.id,
            createdAt: createdAt ?? now, provenAt: now, hasFactor: hasFactor, device: device,
            address: client.address?.description,
            agent: tidied(client.agent, 200))
        try SessionStore.insert(db, stored)
        trail.note(
            TrailEntry(
                "session.begin", .init("account", account.id.description),
                details: ["session": stored.reference, "factor": hasFactor ? "yes" : "no"]))
        let lifetime = context.policy[.deviceCookieLifetime]
        let epoch = try AccountStore.credentials(db, account.id).deviceEpoch
        let deviceCookie = DeviceCookie(
            device: device, account: account.id, epoch: epoch, expires: now.adding(seconds: Int64(lifetime)))
        return NewSession(
            cookie: cookie, device: deviceCookie.text(context.keys), deviceLifetime: lifetime, reference: stored.reference,
            account: account.id, displaced: displaced.count)
    }

    /// Ends every session of an account.
    func endAll(_ account: AccountID, reason: String, _ db: Connection, _ trail: inout TrailBook) throws {
        try SessionStore.end(db, &trail, try SessionStore.all(db, of: account), reason: reason, context.activity)
    }
}

// MARK: Proving again who one is (S4)

extension SessionDesk {
    /// How a renewed proof of identity ended.
    public enum StepUpAnswer: Sendable {
        /// Proven. The session has a new secret; the old one is over.
        case proven(NewSession)
        /// Not proven, or the account is locked.
        case refused
    }

    /// Proves again who one is, before something sensitive. Failures count in the browser's own bucket, as at a sign-in.
    ///
    /// - Parameters:
    ///   - session: the session.
    ///   - password: the account's password.
    ///   - proof: a second factor; needed when the account has one.
    ///   - ticket: the ticket of the challenge a security key answered (`challenge(_:)`).
    ///   - client: who asks.
    /// - Returns: the renewed session, or a refusal.
    /// - Throws: `.limited`; `.busy`; `.storage`.
    public func stepUp(
        _ session: Session, password: Password, proof: FactorProof?, challenge ticket: String? = nil, client: Client
    ) async throws(IdentityError) -> StepUpAnswer {
        let name = session.account.name.text
        try context.limit(client, account: name)
        let (check, desk) = (PasswordCheck(context: context), self)
        let device = try await device(of: session)
        let attempt = try await check.attempt(password, name: name, client: client, bucket: .device(device))
        return try await context.change(session.principal.trailActor) { db, trail in
            guard case .right(let account) = try check.settle(attempt, client: client, claimed: "", action: "step-up", db, &trail)
            else {
                return .refused
            }
            if try FactorStore.hasFactor(db, account.id) {
                var challenge: [UInt8]?
                if let ticket, let found = try TicketStore.find(db, ticket, .challenge, at: desk.context.now),
                    found.account == account.id
                {
                    challenge = (found.payload["challenge"]?.text).flatMap { Encodings.base64url($0) }
                    try TicketStore.use(db, found)
                }
                guard let proof, try FactorStore.prove(db, &trail, account.id, proof, challenge: challenge, desk.context) else {
                    trail.note(TrailEntry("step-up.refuse", .init("account", account.id.description), .refused, reason: "factor"))
                    return .refused
                }
            }
            guard let old = try SessionStore.all(db, of: account.id).first(where: { $0.reference == session.reference }) else {
                trail.note(
                    TrailEntry("step-up.refuse", .init("account", account.id.description), .refused, reason: "session-over"))
                return .refused
            }
            trail.note(TrailEntry("step-up.done", .init("account", account.id.description)))
            try SessionStore.end(db, &trail, [old], reason: "renewed", desk.context.activity)
            let hasFactor = try old.hasFactor || FactorStore.hasFactor(db, account.id)
            return .proven(
                try desk.begin(
                    account, client: client, hasFactor: hasFactor, device: device, createdAt: old.createdAt, db, &trail))
        }
    }

    /// A challenge for a security key within a session, and the ticket that hands it back.
    ///
    /// - Throws: `.storage`.
    public func challenge(_ session: Session) async throws(IdentityError) -> (SecurityKeyChallenge, ticket: String) {
        let context = context
        let (challenge, ticket) = (context.effects.random(32), context.secret())
        return try await context.change(session.principal.trailActor) { db, trail in
            try TicketStore.issue(
                db, ticket, .challenge, session.account.id, .object([("challenge", .text(Encodings.base64url(challenge)))]),
                at: context.now, lifetime: context.policy[.signInStep])
            trail.note(TrailEntry("factor.challenge", .init("account", session.account.id.description)))
            return (try FactorDesk(context: context).ask(session.account.id, challenge, db), ticket)
        }
    }

    /// The device of a session's browser: its failures count there, so that no stranger can keep a person who is in from proving it again.
    func device(of session: Session) async throws(IdentityError) -> String {
        let stored = try await context.read { db in
            try SessionStore.all(db, of: session.account.id).first { $0.reference == session.reference }
        }
        guard let stored else { throw IdentityError(.notFound, "the session is over") }
        return stored.device
    }
}
