internal import Database
internal import Rulebook

/// Changing and resetting passwords.
public struct PasswordDesk: Sendable {
    let context: IdentityContext

    /// How a change of one's own password ended.
    public enum ChangeAnswer: Sendable {
        /// Changed. All sessions are over; this is the new one.
        case changed(NewSession)
        /// The present password was wrong, or the account is locked.
        case refused
        /// The new one is not accepted.
        case faults([PasswordFault])
    }

    /// How a reset ended.
    public enum ResetAnswer: Sendable, Hashable {
        /// The new password holds. Nobody is signed in by it; a second factor is asked as always.
        case done
        /// The ticket is none, used, too old or void.
        case refused
        /// The new one is not accepted; the ticket can be tried again.
        case faults([PasswordFault])
    }

    // MARK: One's own

    /// Changes one's own password. The present one is checked like at a sign-in, and failures count.
    ///
    /// - Throws: `.limited`; `.busy`; `.storage`.
    public func change(
        _ session: Session, from present: Password, to new: Password, client: Client
    ) async throws(IdentityError) -> ChangeAnswer {
        let account = session.account
        try context.limit(client, account: account.name.text)
        let check = PasswordCheck(context: context)
        let device = try await SessionDesk(context: context).device(of: session)
        let attempt = try await check.attempt(present, name: account.name.text, client: client, bucket: .device(device))
        // Judged only after the present password was right, so that a borrowed browser learns nothing about old passwords.
        let judged = attempt.isRight ? try await judge(new, for: account, isForced: false) : (faults: [], hash: nil)
        let desk = self
        return try await context.change(session.principal.trailActor) { db, trail in
            guard
                case .right(let account) = try check.settle(attempt, client: client, claimed: "", action: "password", db, &trail)
            else { return .refused }
            guard let hash = judged.hash else {
                trail.note(TrailEntry("password.refuse", .init("account", account.id.description), .refused, reason: "quality"))
                return .faults(judged.faults)
            }
            try desk.set(hash, account, reason: "own", db, &trail)
            return .changed(
                try SessionDesk(context: desk.context).begin(
                    account, client: client, hasFactor: session.hasFactor, device: device, createdAt: session.createdAt, db,
                    &trail))
        }
    }

    // MARK: Forgotten

    /// Asks for a link by which a new password can be chosen. The same happens, to the eye, for every name; the message is only put into the
    /// outbox (T2).
    ///
    /// - Throws: `.limited`; `.storage`.
    public func requestReset(name: String, client: Client) async throws(IdentityError) {
        try context.limit(client, account: name, kind: .message)
        let context = context
        let ticket = context.secret()
        try await context.change(client.actor()) { db, trail in
            guard let known = AccountName(name), let account = try AccountStore.find(db, name: known),
                account.isUsable(at: context.now),
                account.mail != nil
            else {
                trail.note(TrailEntry("password.ask", .init("account"), .refused, reason: "nobody-to-tell"))
                return
            }
            try TicketStore.issue(
                db, ticket, .reset, account.id, at: context.now, lifetime: context.policy[.tokenLifetime])
            try MessageStore.put(db, .reset(ticket: ticket), to: account, context)
            trail.note(TrailEntry("password.ask", .init("account", account.id.description)))
        }
    }

    /// Chooses a new password with the ticket of a message. Neither a lock nor a second factor goes away by it.
    ///
    /// - Throws: `.limited`; `.busy`; `.storage`.
    public func reset(_ ticket: String, to new: Password, client: Client) async throws(IdentityError) -> ResetAnswer {
        try context.limit(client)
        let (desk, context) = (self, context)
        let now = context.now
        let account = try await context.read { db throws -> Account? in
            guard let found = try TicketStore.find(db, ticket, .reset, at: now), let id = found.account else { return nil }
            return try AccountStore.find(db, id)
        }
        var judged: (faults: [PasswordFault], hash: PasswordHash?) = ([], nil)
        if let account { judged = try await judge(new, for: account, isForced: true) }
        let (faults, hash) = judged
        return try await context.change(client.actor(claiming: account?.name.text ?? "")) { db, trail in
            guard let found = try TicketStore.find(db, ticket, .reset, at: now), let id = found.account, id == account?.id,
                let account = try AccountStore.find(db, id), account.isUsable(at: now)
            else {
                trail.note(TrailEntry("password.refuse", .init("account"), .refused, reason: "no-such-ticket"))
                return .refused
            }
            guard let hash else {
                trail.note(TrailEntry("password.refuse", .init("account", id.description), .refused, reason: "quality"))
                return .faults(faults)
            }
            try desk.set(hash, account, reason: "reset", db, &trail)
            try AccountStore.raiseDeviceEpoch(db, id)
            return .done
        }
    }

    // MARK: By an administrator

    /// Gives somebody who lost the password a new one for one sign-in, after an identity check. Nobody chooses a password for another (K2).
    ///
    /// - Returns: the password, to be handed over.
    /// - Throws: `.forbidden`; `.notFresh`; `.secondPerson` for one's own account; `.notFound`; `.wrongState`; `.storage`.
    public func replace(
        _ id: AccountID, after check: IdentityCheck, by principal: Principal
    ) async throws(IdentityError) -> InitialPassword {
        try context.demand(.accountsChange, of: principal)
        let desk = self
        let (initial, hash) = try await makeInitial()
        return try await context.change(principal.trailActor) { db, trail in
            let account = try AccountStore.require(db, id)
            guard account.state == .active else { throw IdentityError(.wrongState, "the account is not active") }
            try check.validate(for: account, by: principal, db)
            try desk.setInitial(initial, hash, account, reason: check.reason, details: check.details, db, &trail)
            return initial
        }
    }

    /// Demands a new password at the next sign-in, because others may know the present one, and ends the sessions.
    ///
    /// - Throws: `.forbidden`; `.notFresh`; `.notFound`; `.storage`.
    public func markCompromised(_ id: AccountID, reason: String, by principal: Principal) async throws(IdentityError) {
        try context.demand(.accountsChange, of: principal)
        let sessions = SessionDesk(context: context)
        try await context.change(principal.trailActor) { db, trail in
            let account = try AccountStore.require(db, id)
            try AccountStore.markCompromised(db, account.id)
            try AccountStore.raiseDeviceEpoch(db, account.id)
            try TicketStore.void(db, account.id)
            trail.note(TrailEntry("password.compromise", .init("account", id.description), reason: reason))
            try sessions.endAll(id, reason: "password-compromised", db, &trail)
        }
    }
}

// MARK: Shared with other desks

extension PasswordDesk {
    /// What is wrong with a new password, or its hash. At most one hash, and one for each earlier generation, is computed.
    ///
    /// `isForced`: a new password was demanded, so the minimum age does not matter.
    func judge(
        _ password: Password, for account: Account, isForced: Bool
    ) async throws(IdentityError) -> (faults: [PasswordFault], hash: PasswordHash?) {
        let names = [account.name.text, account.displayName, account.mail ?? ""]
        let personal = PasswordContext(personal: names, hasEnforcedFactor: context.needsFactor(account.roles))
        var faults = context.passwordRules.faults(of: password, for: personal)
        if !isForced, account.passwordState == .chosen, let set = account.passwordSetAt {
            let left = Int64(context.policy[.passwordMinAge]) - (context.now - set)
            if left > 0 { faults.append(.tooSoon(seconds: Int(left))) }
        }
        guard faults.isEmpty else { return (faults, nil) }
        let history = context.policy[.passwordHistory]
        let generations = try await context.read { db throws -> [PasswordHash] in
            var all = try AccountStore.generations(db, account.id, limit: history + 1)
            if let present = try AccountStore.credentials(db, account.id).password, !all.contains(present) { all.append(present) }
            return all
        }
        let check = PasswordCheck(context: context)
        for generation in generations where try await check.matches(password, generation) {
            return ([.usedBefore(generations: history)], nil)
        }
        return ([], try await check.make(password))
    }

    /// Sets a password that the person chose, and ends everything that rested on the old one.
    func set(_ hash: PasswordHash, _ account: Account, reason: String, _ db: Connection, _ trail: inout TrailBook) throws {
        try AccountStore.setPassword(
            db, account.id, hash, .chosen, at: context.now, history: context.policy[.passwordHistory])
        try TicketStore.void(db, account.id)
        trail.note(TrailEntry("password.change", .init("account", account.id.description), reason: reason))
        try SessionDesk(context: context).endAll(account.id, reason: "password-changed", db, &trail)
        try MessageStore.put(db, .passwordChanged, to: account, context)
    }

    /// A random password and its hash.
    func makeInitial() async throws(IdentityError) -> (InitialPassword, PasswordHash) {
        let text = RecoveryCodes.text(context.effects.random(15))
        let until = context.now.adding(seconds: Int64(context.policy[.initialPasswordLifetime]))
        return (InitialPassword(text: text, until: until), try await PasswordCheck(context: context).make(Password(text)))
    }

    /// Sets a password that was made here.
    func setInitial(
        _ initial: InitialPassword, _ hash: PasswordHash, _ account: Account, reason: String, details: [String: String] = [:],
        _ db: Connection, _ trail: inout TrailBook
    ) throws {
        try AccountStore.setPassword(
            db, account.id, hash, .initial, at: context.now, until: initial.until, history: context.policy[.passwordHistory])
        try AccountStore.raiseDeviceEpoch(db, account.id)
        try TicketStore.void(db, account.id)
        trail.note(TrailEntry("password.replace", .init("account", account.id.description), reason: reason, details: details))
        try SessionDesk(context: context).endAll(account.id, reason: "password-replaced", db, &trail)
    }
}
