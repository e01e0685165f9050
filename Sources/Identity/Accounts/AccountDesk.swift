internal import Database
internal import Documents
public import Rulebook

/// Accounts from creation to removal (cnfa-3.1, cnfa-3.2). What needs a second person goes through `RequestDesk`.
public struct AccountDesk: Sendable {
    let context: IdentityContext

    /// All accounts, also removed ones.
    ///
    /// - Throws: `.forbidden`; `.storage`.
    public func list(for principal: Principal) async throws(IdentityError) -> [Account] {
        try context.demand(.accountsRead, of: principal)
        return try await context.read { db in try AccountStore.all(db) }
    }

    /// An account.
    ///
    /// - Throws: `.forbidden`, except for one's own; `.notFound`; `.storage`.
    public func find(_ id: AccountID, for principal: Principal) async throws(IdentityError) -> Account {
        if principal.account != id { try context.demand(.accountsRead, of: principal) }
        return try await context.read { db in try AccountStore.require(db, id) }
    }

    /// How many accounts that can be used act for each party: nothing else about them, so whoever works with the parties may know.
    ///
    /// - Throws: `.storage`.
    public func parties() async throws(IdentityError) -> [String: Int] {
        let now = context.now
        return try await context.read { db in try AccountStore.parties(db, at: now) }
    }

    /// Stops an account at once: sessions, tokens and tickets end. Never needs a second person, because waiting would help whoever misuses it.
    ///
    /// - Throws: `.forbidden`; `.notFresh`; `.lastAdministrator`; `.wrongState`; `.notFound`; `.badInput` without a reason; `.storage`.
    public func disable(_ id: AccountID, reason: String, by principal: Principal) async throws(IdentityError) {
        try context.demand(.accountsChange, of: principal)
        try requireReason(reason)
        let desk = self
        try await context.change(principal.trailActor) { db, trail in
            try desk.disable(id, reason: reason, db, &trail)
        }
    }

    /// Lets a disabled account be used again.
    ///
    /// - Throws: `.forbidden`; `.notFresh`; `.secondPerson` for one's own; `.wrongState` when it is not disabled, or ended by itself; `.notFound`;
    ///   `.badInput`; `.storage`.
    public func enable(_ id: AccountID, reason: String, by principal: Principal) async throws(IdentityError) {
        try context.demand(.accountsChange, of: principal)
        try requireReason(reason)
        guard principal.account != id else { throw IdentityError(.secondPerson, "somebody else must enable this account") }
        let context = context
        try await context.change(principal.trailActor) { db, trail in
            let account = try AccountStore.require(db, id)
            guard account.state == .disabled else { throw IdentityError(.wrongState, "the account is not disabled") }
            guard account.temporaryUntil.map({ context.now < $0 }) ?? true else {
                throw IdentityError(.wrongState, "the account's time is over; ask for a new one")
            }
            try AccountStore.setState(db, id, .active, reason: reason)
            trail.note(TrailEntry("account.enable", .init("account", id.description), reason: tidied(reason, 500)))
        }
    }

    /// Changes the person's name, address and telephone; one's own with a fresh proof (S4), others' with the permission.
    ///
    /// Links sent to the old address are void, and the old address is told.
    ///
    /// - Throws: `.forbidden`; `.notFresh`; `.badInput`; `.wrongState`; `.notFound`; `.storage`.
    public func setContact(
        _ id: AccountID, displayName: String, mail: String?, phone: String?, by principal: Principal
    ) async throws(IdentityError) {
        if principal.account == id {
            try context.demandFresh(principal)
        } else {
            try context.demand(.accountsChange, of: principal)
        }
        guard (1...128).contains(displayName.utf8.count) else {
            throw IdentityError(.badInput, "the person's name is missing or too long")
        }
        try context.accountRules.check(mail: mail, phone: phone)
        let context = context
        try await context.change(principal.trailActor) { db, trail in
            let account = try AccountStore.require(db, id)
            guard account.state != .removed else { throw IdentityError(.wrongState, "the account is removed") }
            var changed: [String] = []
            if account.displayName != displayName { changed.append("name") }
            if account.phone != phone { changed.append("phone") }
            if account.mail != mail {
                changed.append("mail")
                try MessageStore.put(db, .addressChanged, to: account, context)
                try TicketStore.void(db, id)
            }
            try AccountStore.setContact(db, id, displayName: displayName, mail: mail, phone: phone)
            trail.note(
                TrailEntry(
                    "account.contact", .init("account", id.description), details: ["changed": changed.joined(separator: " ")]))
        }
    }

    /// Changes from where and when an account may be used. Sessions outside of it end with their next request.
    ///
    /// - Throws: `.forbidden`; `.notFresh`; `.wrongState`; `.notFound`; `.storage`.
    public func setConditions(_ id: AccountID, _ conditions: UseConditions, by principal: Principal) async throws(IdentityError) {
        try context.demand(.accountsChange, of: principal)
        try await context.change(principal.trailActor) { db, trail in
            let account = try AccountStore.require(db, id)
            guard account.state != .removed else { throw IdentityError(.wrongState, "the account is removed") }
            try AccountStore.setConditions(db, id, conditions)
            let text = String(decoding: CanonicalJSON.bytes(of: conditions.node), as: UTF8.self)
            trail.note(TrailEntry("account.conditions", .init("account", id.description), details: ["after": text]))
        }
    }

    /// Gives an account an end, or an earlier one. A later end, or none, is a new request for an account: what was granted for a job ends with it.
    ///
    /// - Throws: `.badInput` when the end is past, too far, or later than the present one; `.forbidden`; `.notFresh`; `.lastAdministrator`;
    ///   `.wrongState`; `.notFound`; `.storage`.
    public func setEnd(_ id: AccountID, _ end: Instant, by principal: Principal) async throws(IdentityError) {
        try context.demand(.accountsChange, of: principal)
        try context.accountRules.check(end: end, at: context.now)
        let context = context
        try await context.change(principal.trailActor) { db, trail in
            let accounts = try AccountStore.all(db)
            let account = try AccountStore.require(db, id)
            guard account.state != .removed, !account.isBreakGlass else {
                throw IdentityError(.wrongState, "this account cannot be given an end")
            }
            guard account.temporaryUntil.map({ end <= $0 }) ?? true else {
                throw IdentityError(.badInput, "the end can only be made earlier")
            }
            try context.accountRules.guardAdministrators(
                before: accounts, after: accounts.changing(id) { $0.temporaryUntil = end }, at: context.now)
            try AccountStore.setTemporary(db, id, until: end)
            trail.note(TrailEntry("account.end", .init("account", id.description), details: ["until": end.description]))
        }
    }

    /// Keeps an administrator for emergencies, or not any more.
    ///
    /// - Throws: `.forbidden`; `.notFresh`; `.badInput` when it is no lasting administrator; `.lastAdministrator`; `.notFound`; `.storage`.
    public func setBreakGlass(_ id: AccountID, _ isBreakGlass: Bool, by principal: Principal) async throws(IdentityError) {
        try context.demand(.accountsChange, of: principal)
        let context = context
        try await context.change(principal.trailActor) { db, trail in
            let accounts = try AccountStore.all(db)
            let account = try AccountStore.require(db, id)
            guard !isBreakGlass || (context.roles.administers(account.roles) && account.temporaryUntil == nil) else {
                throw IdentityError(.badInput, "only a lasting administrator can be kept for emergencies")
            }
            try context.accountRules.guardAdministrators(
                before: accounts, after: accounts.changing(id) { $0.isBreakGlass = isBreakGlass }, at: context.now)
            try AccountStore.setBreakGlass(db, id, isBreakGlass)
            trail.note(
                TrailEntry(
                    "account.break-glass", .init("account", id.description), details: ["after": isBreakGlass ? "yes" : "no"]))
        }
    }

    private func requireReason(_ reason: String) throws(IdentityError) {
        guard (3...500).contains(reason.utf8.count) else { throw IdentityError(.badInput, "a reason is needed") }
    }
}

// MARK: Within a transaction

extension AccountDesk {
    func create(
        _ new: NewAccount, _ initial: InitialPassword, _ hash: PasswordHash, reason: String, _ db: Connection,
        _ trail: inout TrailBook
    ) throws -> AccountID {
        let id = try AccountStore.insert(db, new, at: context.now)
        try AccountStore.setPassword(
            db, id, hash, .initial, at: context.now, until: initial.until, history: context.policy[.passwordHistory])
        var details = ["name": new.name.text, "person": new.person, "roles": new.roles.list]
        if let party = new.party { details["party"] = party }
        if let end = new.temporaryUntil { details["until"] = end.description }
        trail.note(TrailEntry("account.create", .init("account", id.description), reason: reason, details: details))
        return id
    }

    func disable(_ id: AccountID, reason: String, _ db: Connection, _ trail: inout TrailBook) throws {
        let accounts = try AccountStore.all(db)
        let account = try AccountStore.require(db, id)
        guard account.state == .active else { throw IdentityError(.wrongState, "the account is not active") }
        try context.accountRules.guardAdministrators(
            before: accounts, after: accounts.changing(id) { $0.state = .disabled }, at: context.now)
        try stop(id, reason: reason, db, &trail)
    }

    /// Disables without asking who is left: for accounts that end by themselves.
    func stop(_ id: AccountID, reason: String, _ db: Connection, _ trail: inout TrailBook) throws {
        try AccountStore.setState(db, id, .disabled, reason: reason)
        trail.note(TrailEntry("account.disable", .init("account", id.description), reason: tidied(reason, 500)))
        try SessionDesk(context: context).endAll(id, reason: "disabled", db, &trail)
        try TicketStore.void(db, id)
        try TokenStore.removeAll(db, of: id)
    }
}
