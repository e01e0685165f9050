internal import Database
internal import Rulebook

/// Requests, decisions of a second person, and carrying out (A2, cnfa-3.1): who asks does not decide, and nobody decides about themselves.
public struct RequestDesk: Sendable {
    let context: IdentityContext

    /// What came of carrying a request out.
    public enum Outcome: Sendable {
        /// A new account, and its first password.
        case created(AccountID, InitialPassword)
        /// It was done.
        case done
    }

    /// Set once a second person who may approve is there: from then on nothing is done alone any more.
    static let secondPersonFlag = "second-person"

    /// Requests in these states, oldest first.
    ///
    /// - Throws: `.forbidden`; `.storage`.
    public func list(
        _ states: Set<Request.State> = [.open, .approved], for principal: Principal
    ) async throws(IdentityError) -> [Request] {
        guard principal.may(.accountsRead) || principal.may(.accountsApprove) || principal.may(.retentionChange) else {
            throw IdentityError(.forbidden, "this takes the permission \(Permission.accountsRead.rawValue)")
        }
        return try await context.read { db in try RequestStore.list(db, states) }
    }

    /// Asks for a change.
    ///
    /// - Returns: the request's number.
    /// - Throws: `.forbidden`; `.badInput` when the change could not be carried out as it is asked; `.taken`; `.lastAdministrator`;
    ///   `.wrongState` when no second person is needed for it; `.notFound`; `.storage`.
    public func ask(_ change: RequestedChange, reason: String, by principal: Principal) async throws(IdentityError) -> Int64 {
        if case .other(let permission, _, _) = change {
            try context.demand(permission, of: principal)
        } else {
            try context.demand(.accountsRequest, of: principal)
        }
        guard context.roles.rules[change.permission]?.approver != nil else {
            throw IdentityError(.wrongState, "nobody has to agree to this")
        }
        guard (3...500).contains(reason.utf8.count) else { throw IdentityError(.badInput, "a reason is needed") }
        let desk = self
        return try await context.change(principal.trailActor) { db, trail in
            try desk.check(change, db)
            let id = try RequestStore.insert(
                db, change, reason: reason, by: principal.account, at: desk.context.now,
                lifetime: desk.context.policy[.requestLifetime])
            trail.note(
                TrailEntry(
                    "request.ask", .init("request", "\(id)"), reason: tidied(reason, 500),
                    details: change.trailDetails))
            return id
        }
    }

    /// Decides on somebody else's request.
    ///
    /// - Throws: `.secondPerson` when it is one's own, or about oneself; `.forbidden`; `.notFresh`; `.wrongState` when it is decided already or
    ///   lapsed; `.notFound`; `.storage`.
    public func decide(_ id: Int64, approve: Bool, note: String = "", by principal: Principal) async throws(IdentityError) {
        let context = context
        let request = try await context.read { db in try RequestStore.require(db, id) }
        guard let approver = context.roles.rules[request.change.permission]?.approver else {
            throw IdentityError(.wrongState, "nobody has to agree to this")
        }
        try context.demand(approver, of: principal)
        guard let account = principal.account, principal.kind == .person, request.requestedBy != account,
            request.change.subject != account
        else { throw IdentityError(.secondPerson, "a second person must decide this") }
        try await context.change(principal.trailActor) { db, trail in
            let request = try RequestStore.require(db, id)
            guard request.state == .open, context.now < request.expiresAt else {
                throw IdentityError(.wrongState, "the request is not open any more")
            }
            try RequestStore.decide(db, id, approve ? .approved : .refused, by: account, note: note, at: context.now)
            try AccountStore.setFlag(db, Self.secondPersonFlag)
            trail.note(
                TrailEntry(
                    approve ? "request.approve" : "request.refuse", .init("request", "\(id)"),
                    reason: note.isEmpty ? nil : tidied(note, 500),
                    details: request.change.trailDetails))
        }
    }

    /// Takes one's own request back.
    ///
    /// - Throws: `.forbidden` when it is somebody else's; `.wrongState`; `.notFound`; `.storage`.
    public func withdraw(_ id: Int64, by principal: Principal) async throws(IdentityError) {
        let context = context
        try await context.change(principal.trailActor) { db, trail in
            let request = try RequestStore.require(db, id)
            guard request.requestedBy == principal.account else {
                throw IdentityError(.forbidden, "this is somebody else's request")
            }
            guard request.state == .open || request.state == .approved else {
                throw IdentityError(.wrongState, "the request is not open any more")
            }
            try RequestStore.setState(db, id, .withdrawn)
            trail.note(TrailEntry("request.withdraw", .init("request", "\(id)")))
        }
    }

    /// Carries out a request about accounts that was agreed to. What it asks is judged again as things are now.
    ///
    /// - Throws: `.forbidden`; `.notFresh`; `.secondPerson` when nobody agreed yet, or it is about oneself; `.wrongState`; what `ask` throws.
    public func carryOut(_ id: Int64, by principal: Principal) async throws(IdentityError) -> Outcome {
        let request = try await context.read { db in try RequestStore.require(db, id) }
        try context.demand(request.change.permission, of: principal)
        guard principal.account == nil || request.change.subject != principal.account else {
            throw IdentityError(.secondPerson, "somebody else must carry this out")
        }
        let (desk, passwords) = (self, PasswordDesk(context: context))
        var initial: (InitialPassword, PasswordHash)?
        if case .create = request.change { initial = try await passwords.makeInitial() }
        let made = initial
        return try await context.change(principal.trailActor) { db, trail in
            let request = try RequestStore.require(db, id)
            try desk.requireAgreement(request, principal, db, &trail)
            try desk.check(request.change, db)
            try RequestStore.setState(db, id, .done)
            trail.note(
                TrailEntry(
                    "request.done", .init("request", "\(id)"), details: ["permission": request.change.permission.rawValue]))
            return try desk.carryOut(request.change, reason: request.reason, made, db, &trail)
        }
    }
}

// MARK: Within a transaction

extension RequestDesk {
    /// Refuses what a second person did not agree to. At the very beginning there is none: until one who may approve has signed in, the first
    /// administrator acts alone, and the trail says so each time.
    private func requireAgreement(_ request: Request, _ principal: Principal, _ db: Connection, _ trail: inout TrailBook) throws {
        guard context.now < request.expiresAt else { throw IdentityError(.wrongState, "the request lapsed") }
        switch request.state {
        case .approved: return
        case .open:
            let isAlone = try !AccountStore.hasFlag(db, Self.secondPersonFlag)
            guard isAlone, request.requestedBy == principal.account else {
                throw IdentityError(.secondPerson, "a second person must agree first")
            }
            trail.note(TrailEntry("request.alone", .init("request", "\(request.id)"), reason: "there is no second person yet"))
        default: throw IdentityError(.wrongState, "the request is not open any more")
        }
    }

    /// Notes that there is a second person from now on.
    func noteSecondPerson(_ account: Account, _ db: Connection, _ trail: inout TrailBook) throws {
        guard try !AccountStore.hasFlag(db, Self.secondPersonFlag) else { return }
        let approvers = try AccountStore.all(db).filter { other in
            other.lastSignIn != nil && other.isUsable(at: context.now)
                && context.roles.permissions(of: other.roles).contains(.accountsApprove)
        }
        guard approvers.count >= 2 else { return }
        try AccountStore.setFlag(db, Self.secondPersonFlag)
        trail.note(TrailEntry("request.second-person", .init("account", account.id.description)))
    }

    /// Refuses a change that cannot be carried out as things are.
    private func check(_ change: RequestedChange, _ db: Connection) throws {
        let now = context.now
        switch change {
        case .create(let new): try context.accountRules.check(new, at: now)
        case .setRoles(let id, let roles, let party):
            try context.accountRules.check(roles: roles, party: party)
            let accounts = try AccountStore.all(db)
            guard let account = accounts.first(where: { $0.id == id }), account.state != .removed else {
                throw IdentityError(.notFound, "there is no such account")
            }
            guard !account.isBreakGlass || context.roles.administers(roles) else {
                throw IdentityError(.badInput, "an account for emergencies stays an administrator")
            }
            try context.accountRules.guardAdministrators(
                before: accounts, after: accounts.changing(id) { $0.roles = roles }, at: now)
        case .remove(let id):
            let accounts = try AccountStore.all(db)
            guard let account = accounts.first(where: { $0.id == id }), account.state != .removed else {
                throw IdentityError(.notFound, "there is no such account")
            }
            try context.accountRules.guardAdministrators(
                before: accounts, after: accounts.changing(id) { $0.state = .removed }, at: now)
        case .other(_, let object, _):
            guard (1...200).contains(object.utf8.count) else {
                throw IdentityError(.badInput, "what it is done to must be named")
            }
        }
    }

    private func carryOut(
        _ change: RequestedChange, reason: String, _ made: (InitialPassword, PasswordHash)?, _ db: Connection,
        _ trail: inout TrailBook
    ) throws -> Outcome {
        let sessions = SessionDesk(context: context)
        switch change {
        case .create(let new):
            guard let (initial, hash) = made else { throw IdentityError(.wrongState, "the request changed meanwhile") }
            return .created(
                try AccountDesk(context: context).create(new, initial, hash, reason: reason, db, &trail), initial)
        case .setRoles(let id, let roles, let party):
            let before = try AccountStore.require(db, id)
            try AccountStore.setRoles(db, id, roles)
            var details = ["before": before.roles.list, "after": roles.list]
            if before.party != party {
                try AccountStore.setParty(db, id, party)
                // A token was given to act for the party of then.
                try TokenStore.removeAll(db, of: id)
                details["party-before"] = before.party ?? ""
                details["party-after"] = party ?? ""
            }
            trail.note(TrailEntry("account.roles", .init("account", id.description), reason: reason, details: details))
            // What a role gives holds from the next request; what it demands, a second factor, from the next sign-in.
            try sessions.endAll(id, reason: "roles-changed", db, &trail)
            try TicketStore.void(db, id)
        case .remove(let id):
            try sessions.endAll(id, reason: "removed", db, &trail)
            try TicketStore.void(db, id)
            try TokenStore.removeAll(db, of: id)
            try AccountStore.remove(db, id, reason: reason)
            trail.note(TrailEntry("account.remove", .init("account", id.description), reason: reason))
        case .other: throw IdentityError(.wrongState, "this is carried out where it was asked for")
        }
        return .done
    }
}

extension RequestedChange {
    /// What the trail says of it.
    var trailDetails: [String: String] {
        var details = ["permission": permission.rawValue, "object": object]
        switch self {
        case .create(let new): details["party"] = new.party
        case .setRoles(_, _, let party): details["party"] = party
        case .remove, .other: break
        }
        return details
    }
}

extension [Account] {
    /// The accounts with one of them changed.
    func changing(_ id: AccountID, _ change: (inout Account) -> Void) -> [Account] {
        map { account in
            guard account.id == id else { return account }
            var changed = account
            change(&changed)
            return changed
        }
    }
}

extension Set<RoleName> {
    /// The names in order, for the trail.
    var list: String { sorted().map(\.rawValue).joined(separator: " ") }
}
