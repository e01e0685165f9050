internal import Database
internal import Documents
internal import Rulebook

/// Setting up and removing second factors. Every change wants a fresh proof of identity (S4), ends the other sessions, and is told to the
/// account's address.
public struct FactorDesk: Sendable {
    let context: IdentityContext

    /// The factors of an account; recovery codes one by one.
    ///
    /// - Throws: `.storage`.
    public func list(_ account: AccountID) async throws(IdentityError) -> [Factor] {
        try await context.read { db in try FactorStore.list(db, account) }
    }

    // MARK: Setting up within a session

    /// Begins to set up an authenticator program.
    ///
    /// - Throws: `.notFresh`; `.storage`.
    public func beginTOTP(_ session: Session) async throws(IdentityError) -> TOTPEnrolment {
        try context.demandFresh(session.principal)
        let desk = self
        return try await context.change(session.principal.trailActor) { db, trail in
            try desk.beginTOTP(session.account, db, &trail)
        }
    }

    /// Finishes it with the first code of the program.
    ///
    /// - Returns: recovery codes, when these are the account's first.
    /// - Throws: `.notProven` when the code is wrong or the enrolment is over; `.notFresh`; `.storage`.
    public func finishTOTP(
        _ session: Session, _ enrolment: String, code: String, label: String
    ) async throws(IdentityError) -> RecoveryCodes? {
        try context.demandFresh(session.principal)
        let desk = self
        let codes = try await context.change(session.principal.trailActor) { db, trail -> RecoveryCodes?? in
            guard try desk.finishTOTP(session.account.id, enrolment, code: code, label: label, db, &trail) else { return nil }
            return try desk.changed(session.account, keeping: session.reference, db, &trail)
        }
        guard let codes else { throw IdentityError(.notProven, "the code is wrong, or too old") }
        return codes
    }

    /// Begins to set up a security key.
    ///
    /// - Returns: what the page asks the key, and the ticket that hands the answer back.
    /// - Throws: `.notFresh`; `.storage`.
    public func beginSecurityKey(_ session: Session) async throws(IdentityError) -> (SecurityKeyChallenge, ticket: String) {
        try context.demandFresh(session.principal)
        let desk = self
        return try await context.change(session.principal.trailActor) { db, trail in
            try desk.beginSecurityKey(session.account, db, &trail)
        }
    }

    /// Finishes it with the key's answer.
    ///
    /// - Returns: recovery codes, when these are the account's first.
    /// - Throws: `.notProven` when the answer is not one to this challenge; `.taken` when the key is set up already; `.notFresh`; `.storage`.
    public func finishSecurityKey(
        _ session: Session, _ ticket: String, _ answer: SecurityKeyRegistration, label: String
    ) async throws(IdentityError) -> RecoveryCodes? {
        try context.demandFresh(session.principal)
        let desk = self
        let codes = try await context.change(session.principal.trailActor) { db, trail -> RecoveryCodes?? in
            guard try desk.finishSecurityKey(session.account.id, ticket, answer, label: label, db, &trail) else { return nil }
            return try desk.changed(session.account, keeping: session.reference, db, &trail)
        }
        guard let codes else { throw IdentityError(.notProven, "the security key did not answer this challenge") }
        return codes
    }

    /// New recovery codes; the old ones are void.
    ///
    /// - Throws: `.wrongState` when the account has no second factor; `.notFresh`; `.storage`.
    public func renewRecoveryCodes(_ session: Session) async throws(IdentityError) -> RecoveryCodes {
        try context.demandFresh(session.principal)
        let desk = self
        return try await context.change(session.principal.trailActor) { db, trail in
            guard try FactorStore.hasFactor(db, session.account.id) else {
                throw IdentityError(.wrongState, "recovery codes stand in for a second factor, and there is none")
            }
            return try desk.makeRecoveryCodes(session.account.id, db, &trail)
        }
    }

    /// Removes one of one's own factors.
    ///
    /// - Throws: `.notFound`; `.wrongState` when it is the last one and the roles demand one; `.notFresh`; `.storage`.
    public func remove(_ id: Int64, _ session: Session) async throws(IdentityError) {
        try context.demandFresh(session.principal)
        let context = context
        let account = session.account
        try await context.change(session.principal.trailActor) { db, trail in
            guard try FactorStore.remove(db, account.id, id) > 0 else {
                throw IdentityError(.notFound, "there is no such factor")
            }
            guard try !context.needsFactor(account.roles) || FactorStore.hasUsableFactor(db, account.id) else {
                throw IdentityError(.wrongState, "this is the last second factor, and the account's roles demand one")
            }
            if try !FactorStore.hasFactor(db, account.id) { _ = try FactorStore.remove(db, account.id, nil) }
            trail.note(TrailEntry("factor.remove", .init("account", account.id.description), details: ["factor": "\(id)"]))
            try MessageStore.put(db, .factorsChanged, to: account, context)
        }
    }

    // MARK: By an administrator

    /// Removes all factors of somebody who lost them, after an identity check. Who has to have one sets it up at the next sign-in.
    ///
    /// - Parameters:
    ///   - id: the account.
    ///   - check: how the person was recognised, by whom, and why it is done.
    ///   - principal: who does it.
    /// - Throws: `.forbidden`; `.notFresh`; `.secondPerson` for one's own account; `.notFound`; `.storage`.
    public func reset(_ id: AccountID, after check: IdentityCheck, by principal: Principal) async throws(IdentityError) {
        try context.demand(.accountsChange, of: principal)
        let (context, desk) = (context, SessionDesk(context: context))
        try await context.change(principal.trailActor) { db, trail in
            let account = try AccountStore.require(db, id)
            try check.validate(for: account, by: principal, db)
            let count = try FactorStore.remove(db, id, nil)
            trail.note(
                TrailEntry(
                    "factor.reset", .init("account", id.description), reason: check.reason,
                    details: check.details.merging(["count": "\(count)"]) { own, _ in own }))
            try TicketStore.void(db, id)
            try desk.endAll(id, reason: "factors-reset", db, &trail)
            try MessageStore.put(db, .factorsChanged, to: account, context)
        }
    }
}

// MARK: Within a transaction, for sessions and for sign-ins alike

extension FactorDesk {
    func beginTOTP(_ account: Account, _ db: Connection, _ trail: inout TrailBook) throws -> TOTPEnrolment {
        let secret = context.effects.random(TOTP.secretLength)
        let ticket = context.secret()
        let sealed = try context.keys.seal(secret, .factor, context: "\(account.id) enrol", effects: context.effects)
        try TicketStore.issue(
            db, ticket, .enrol, account.id, .object([("totp", .text(Encodings.base64url(sealed)))]), at: context.now,
            lifetime: context.policy[.tokenLifetime])
        trail.note(
            TrailEntry("factor.enrol", .init("account", account.id.description), details: ["kind": FactorKind.totp.rawValue]))
        return TOTPEnrolment(
            uri: TOTP.uri(secret: secret, issuer: context.configuration.issuer, account: account.name.text),
            secret: Encodings.base32(secret), ticket: ticket)
    }

    /// False when the code is wrong; the enrolment stays open for another try, and the failure counts like that of a factor in use.
    func finishTOTP(
        _ account: AccountID, _ ticket: String, code: String, label: String, _ db: Connection, _ trail: inout TrailBook
    ) throws -> Bool {
        let now = context.now
        func refuse(_ reason: String) -> Bool {
            trail.note(TrailEntry("factor.refuse", .init("account", account.description), .refused, reason: reason))
            return false
        }
        guard let found = try TicketStore.find(db, ticket, .enrol, at: now), found.account == account,
            let sealed: [UInt8] = (found.payload["totp"]?.text).flatMap({ Encodings.base64url($0) })
        else { return refuse("enrolment-over") }
        let secret = try context.keys.open(sealed, .factor, context: "\(account) enrol")
        guard let step = TOTP.match(code, secret: secret, at: now, after: nil) else { return refuse("wrong-code") }
        try TicketStore.use(db, found)
        try FactorStore.addTOTP(db, account, label: label, secret: secret, usedStep: step, context)
        trail.note(TrailEntry("factor.add", .init("account", account.description), details: ["kind": FactorKind.totp.rawValue]))
        return true
    }

    func beginSecurityKey(
        _ account: Account, _ db: Connection, _ trail: inout TrailBook
    ) throws -> (SecurityKeyChallenge, ticket: String) {
        let challenge = context.effects.random(32)
        let ticket = context.secret()
        try TicketStore.issue(
            db, ticket, .enrol, account.id, .object([("challenge", .text(Encodings.base64url(challenge)))]), at: context.now,
            lifetime: context.policy[.signInStep])
        trail.note(
            TrailEntry(
                "factor.enrol", .init("account", account.id.description), details: ["kind": FactorKind.securityKey.rawValue]))
        return (try ask(account.id, challenge, db), ticket)
    }

    func ask(_ account: AccountID, _ challenge: [UInt8], _ db: Connection) throws -> SecurityKeyChallenge {
        SecurityKeyChallenge(
            challenge: challenge, site: context.configuration.site, user: Array(account.description.utf8),
            credentials: try FactorStore.securityKeys(db, account), algorithms: CredentialKey.algorithms)
    }

    func finishSecurityKey(
        _ account: AccountID, _ ticket: String, _ answer: SecurityKeyRegistration, label: String, _ db: Connection,
        _ trail: inout TrailBook
    ) throws -> Bool {
        guard let found = try TicketStore.find(db, ticket, .enrol, at: context.now), found.account == account,
            let challenge: [UInt8] = (found.payload["challenge"]?.text).flatMap({ Encodings.base64url($0) })
        else {
            trail.note(TrailEntry("factor.refuse", .init("account", account.description), .refused, reason: "enrolment-over"))
            return false
        }
        try TicketStore.use(db, found)
        let credential: WebAuthn.Credential
        do throws(WebAuthn.Refusal) {
            credential = try context.webAuthn.credential(
                WebAuthn.Registration(clientData: answer.clientData, attestation: answer.attestation), challenge: challenge)
        } catch {
            trail.note(TrailEntry("factor.refuse", .init("account", account.description), .refused, reason: error.rawValue))
            return false
        }
        try FactorStore.addSecurityKey(db, account, label: label, credential, at: context.now)
        trail.note(
            TrailEntry("factor.add", .init("account", account.description), details: ["kind": FactorKind.securityKey.rawValue]))
        return true
    }

    /// What follows a new factor: first recovery codes, an end to the other sessions, a message.
    func changed(_ account: Account, keeping reference: String?, _ db: Connection, _ trail: inout TrailBook) throws
        -> RecoveryCodes?
    {
        let others = try SessionStore.all(db, of: account.id).filter { $0.reference != reference }
        try SessionStore.end(db, &trail, others, reason: "factors-changed", context.activity)
        try MessageStore.put(db, .factorsChanged, to: account, context)
        let hasCodes = try FactorStore.list(db, account.id).contains { $0.kind == .recovery }
        return hasCodes ? nil : try makeRecoveryCodes(account.id, db, &trail)
    }

    private func makeRecoveryCodes(_ account: AccountID, _ db: Connection, _ trail: inout TrailBook) throws -> RecoveryCodes {
        let codes = (0..<context.policy[.recoveryCodes]).map { _ in context.effects.random(RecoveryCodes.length) }
        try FactorStore.setRecovery(db, account, codes, context)
        trail.note(
            TrailEntry("factor.renew", .init("account", account.description), details: ["kind": FactorKind.recovery.rawValue]))
        return RecoveryCodes(texts: codes.map { RecoveryCodes.text($0) })
    }
}
