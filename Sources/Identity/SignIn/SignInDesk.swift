internal import Database
internal import Rulebook

/// Signing in: password, second factor, a new password where one is due, a second factor where one is missing, and the session.
///
/// Steps hand a ticket on: random, stored as its hash, valid for some minutes, for one account.
public struct SignInDesk: Sendable {
    let context: IdentityContext

    // MARK: The first step

    /// Checks a name and a password.
    ///
    /// - Parameters:
    ///   - name: as typed.
    ///   - password: as typed.
    ///   - client: who asks.
    /// - Returns: how it goes on.
    /// - Throws: `.limited` and `.busy`, before anything is looked up, with the seconds to wait; `.storage`.
    public func signIn(name: String, password: Password, client: Client) async throws(IdentityError) -> SignInAnswer {
        try context.limit(client, account: name)
        let check = PasswordCheck(context: context)
        let attempt = try await check.attempt(password, name: name, client: client)
        let desk = self
        // The name is told only when it is an account's: others may be passwords typed into the wrong field.
        let claimed = attempt.account == nil ? "" : AccountName(name)?.text ?? ""
        return try await context.change(client.actor(claiming: claimed)) { db, trail in
            switch try check.settle(attempt, client: client, claimed: name, action: "sign-in", db, &trail) {
            case .refused: return .refused
            case .right(let account):
                var state = SignInState()
                if case .device(let device) = attempt.bucket { state.device = device }
                return try desk.proceed(account, state, client: client, db, &trail)
            }
        }
    }

    // MARK: Further steps

    /// Shows a second factor.
    ///
    /// - Throws: `.limited`; `.storage`.
    public func showFactor(_ ticket: String, _ proof: FactorProof, client: Client) async throws(IdentityError) -> SignInAnswer {
        try context.limit(client)
        let desk = self
        return try await step(ticket, client: client) { account, state, found, db, trail in
            guard try FactorStore.hasFactor(db, account.id), !state.hasFactor else { return .refused }
            let challenge = state.challenge
            var next = state
            next.challenge = nil
            if challenge != nil { try TicketStore.setPayload(db, found, next.node) }
            guard try FactorStore.prove(db, &trail, account.id, proof, challenge: challenge, desk.context) else {
                return .factorRefused(ticket: ticket, kinds: try desk.kinds(account.id, db))
            }
            next.hasFactor = true
            try TicketStore.use(db, found)
            return try desk.proceed(account, next, client: client, db, &trail)
        }
    }

    /// A challenge for a security key; an earlier one of this ticket is void.
    ///
    /// - Returns: nil when the ticket is none, or the account has no security key.
    /// - Throws: `.limited`; `.storage`.
    public func challenge(_ ticket: String, client: Client) async throws(IdentityError) -> SecurityKeyChallenge? {
        try context.limit(client)
        let desk = self
        let challenge = context.effects.random(32)
        var answer: SecurityKeyChallenge?
        answer = try await context.change(client.actor()) { db, trail in
            guard let (found, account, state) = try desk.open(ticket, client, db, &trail) else { return nil }
            var next = state
            next.challenge = challenge
            try TicketStore.setPayload(db, found, next.node)
            trail.note(TrailEntry("factor.challenge", .init("account", account.id.description)))
            let ask = try FactorDesk(context: desk.context).ask(account.id, challenge, db)
            return ask.credentials.isEmpty ? nil : ask
        }
        return answer
    }

    /// Chooses a new password where one is due.
    ///
    /// - Throws: `.limited`; `.busy`; `.storage`.
    public func choosePassword(_ ticket: String, _ password: Password, client: Client) async throws(IdentityError) -> SignInAnswer
    {
        try context.limit(client)
        let (desk, passwords) = (self, PasswordDesk(context: context))
        let now = context.now
        let account = try await context.read { db throws -> Account? in
            guard let found = try TicketStore.find(db, ticket, .signIn, at: now), let id = found.account else { return nil }
            return try AccountStore.find(db, id)
        }
        guard let account else { return .refused }
        let judged = try await passwords.judge(password, for: account, isForced: true)
        return try await step(ticket, client: client) { account, state, found, db, trail in
            let step = try desk.nextStep(account, state, db)
            guard case .password = step else { return .refused }
            guard let hash = judged.hash else {
                trail.note(TrailEntry("password.refuse", .init("account", account.id.description), .refused, reason: "quality"))
                return .passwordFaults(ticket: ticket, faults: judged.faults)
            }
            try passwords.set(hash, account, reason: "due", db, &trail)
            try TicketStore.use(db, found)
            return try desk.proceed(try AccountStore.require(db, account.id), state, client: client, db, &trail)
        }
    }

    /// Begins to set up the authenticator program that is missing.
    ///
    /// - Returns: nil when the ticket is none, or no factor is missing.
    /// - Throws: `.storage`.
    public func beginTOTP(_ ticket: String, client: Client) async throws(IdentityError) -> TOTPEnrolment? {
        try context.limit(client)
        let (desk, factors) = (self, FactorDesk(context: context))
        return try await context.change(client.actor()) { db, trail in
            guard let (_, account, state) = try desk.open(ticket, client, db, &trail),
                try desk.nextStep(account, state, db) == .enrolment
            else { return nil }
            return try factors.beginTOTP(account, db, &trail)
        }
    }

    /// Finishes it with the first code, and goes on.
    ///
    /// - Returns: how it goes on, and the recovery codes when it was right.
    /// - Throws: `.limited`; `.storage`.
    public func finishTOTP(
        _ ticket: String, _ enrolment: String, code: String, label: String, client: Client
    ) async throws(IdentityError) -> (SignInAnswer, RecoveryCodes?) {
        try await enrol(ticket, client) { factors, account, db, trail in
            try factors.finishTOTP(account, enrolment, code: code, label: label, db, &trail)
        }
    }

    /// Begins to set up the security key that is missing.
    ///
    /// - Returns: nil when the ticket is none, or no factor is missing.
    /// - Throws: `.storage`.
    public func beginSecurityKey(
        _ ticket: String, client: Client
    ) async throws(IdentityError) -> (SecurityKeyChallenge, ticket: String)? {
        try context.limit(client)
        let (desk, factors) = (self, FactorDesk(context: context))
        return try await context.change(client.actor()) { db, trail in
            guard let (_, account, state) = try desk.open(ticket, client, db, &trail),
                try desk.nextStep(account, state, db) == .enrolment
            else { return nil }
            return try factors.beginSecurityKey(account, db, &trail)
        }
    }

    /// Finishes it with the key's answer, and goes on.
    ///
    /// - Returns: how it goes on, and the recovery codes when it was right.
    /// - Throws: `.limited`; `.taken` when the key is set up already; `.storage`.
    public func finishSecurityKey(
        _ ticket: String, _ enrolment: String, _ answer: SecurityKeyRegistration, label: String, client: Client
    ) async throws(IdentityError) -> (SignInAnswer, RecoveryCodes?) {
        try await enrol(ticket, client) { factors, account, db, trail in
            try factors.finishSecurityKey(account, enrolment, answer, label: label, db, &trail)
        }
    }

    private func enrol(
        _ ticket: String, _ client: Client,
        _ finish: @escaping @Sendable (FactorDesk, AccountID, Connection, inout TrailBook) throws -> Bool
    ) async throws(IdentityError) -> (SignInAnswer, RecoveryCodes?) {
        try context.limit(client)
        let (desk, factors) = (self, FactorDesk(context: context))
        return try await context.change(client.actor()) { db, trail in
            guard let (found, account, state) = try desk.open(ticket, client, db, &trail),
                try desk.nextStep(account, state, db) == .enrolment
            else { return (.refused, nil) }
            guard try finish(factors, account.id, db, &trail) else { return (.mustEnrolFactor(ticket: ticket), nil) }
            try TicketStore.use(db, found)
            let codes = try factors.changed(account, keeping: nil, db, &trail)
            var next = state
            next.hasFactor = true
            return (try desk.proceed(account, next, client: client, db, &trail), codes)
        }
    }
}

// MARK: Within a transaction

extension SignInDesk {
    private func step(
        _ ticket: String, client: Client,
        _ body: @escaping @Sendable (Account, SignInState, TicketStore.Ticket, Connection, inout TrailBook) throws -> SignInAnswer
    ) async throws(IdentityError) -> SignInAnswer {
        let desk = self
        return try await context.change(client.actor()) { db, trail in
            guard let (found, account, state) = try desk.open(ticket, client, db, &trail) else { return .refused }
            let answer = try body(account, state, found, db, &trail)
            if case .refused = answer {
                trail.note(TrailEntry("sign-in.refuse", .init("account", account.id.description), .refused, reason: "wrong-step"))
            }
            return answer
        }
    }

    /// The ticket with its account, when that may still be used; a refusal is noted.
    private func open(
        _ ticket: String, _ client: Client, _ db: Connection, _ trail: inout TrailBook
    ) throws -> (TicketStore.Ticket, Account, SignInState)? {
        let now = context.now
        guard let found = try TicketStore.find(db, ticket, .signIn, at: now), let id = found.account,
            let account = try AccountStore.find(db, id), account.isUsable(at: now),
            account.conditions.allow(client.address, at: now, in: context.configuration.zone)
        else {
            trail.note(TrailEntry("sign-in.refuse", .init("account"), .refused, reason: "no-such-ticket"))
            return nil
        }
        return (found, account, SignInState(found.payload))
    }

    private func kinds(_ account: AccountID, _ db: Connection) throws -> Set<FactorKind> {
        Set(try FactorStore.list(db, account).filter { $0.flaggedAt == nil }.map(\.kind))
    }

    func nextStep(_ account: Account, _ state: SignInState, _ db: Connection) throws -> SignInState.Step {
        SignInState.next(
            hasFactor: try FactorStore.hasFactor(db, account.id), factorShown: state.hasFactor, password: dueReason(account),
            needsFactor: context.needsFactor(account.roles))
    }

    private func dueReason(_ account: Account) -> PasswordReason? {
        switch account.passwordState {
        case .initial: return .initial
        case .compromised: return .compromised
        case .none, .chosen: return account.passwordEnds(context.policy).map { context.now >= $0 } == true ? .expired : nil
        }
    }

    /// Goes to the next step: a new ticket, or the session.
    private func proceed(
        _ account: Account, _ state: SignInState, client: Client, _ db: Connection, _ trail: inout TrailBook
    ) throws -> SignInAnswer {
        let step = try nextStep(account, state, db)
        guard step == .done else {
            let ticket = context.secret()
            try TicketStore.issue(
                db, ticket, .signIn, account.id, state.node, at: context.now, lifetime: context.policy[.signInStep])
            let (word, answer): (String, SignInAnswer) =
                switch step {
                case .factor: ("factor", .needsFactor(ticket: ticket, kinds: try kinds(account.id, db)))
                case .password(let reason): ("password", .mustChangePassword(ticket: ticket, reason: reason))
                case .enrolment, .done: ("enrolment", .mustEnrolFactor(ticket: ticket))
                }
            trail.note(TrailEntry("sign-in.step", .init("account", account.id.description), details: ["next": word]))
            return answer
        }
        try AccountStore.signedIn(db, account.id, at: context.now)
        trail.note(TrailEntry("sign-in.done", .init("account", account.id.description)))
        if account.isBreakGlass { try tellOfEmergency(account, db, &trail) }
        try RequestDesk(context: context).noteSecondPerson(account, db, &trail)
        return .signedIn(
            try SessionDesk(context: context).begin(
                account, client: client, hasFactor: state.hasFactor, device: state.device, db, &trail))
    }

    private func tellOfEmergency(_ account: Account, _ db: Connection, _ trail: inout TrailBook) throws {
        trail.note(TrailEntry("sign-in.emergency", .init("account", account.id.description)))
        for other in try AccountStore.all(db) where other.isUsable(at: context.now) && other.id != account.id {
            if context.roles.permissions(of: other.roles).contains(.accountsApprove) {
                try MessageStore.put(db, .emergencySignIn(name: account.name), to: other, context)
            }
        }
    }
}
