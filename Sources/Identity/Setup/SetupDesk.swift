internal import Database
internal import Rulebook

/// The first start: a one-time link, printed where the program was started, leads to the first administrator's account.
public struct SetupDesk: Sendable {
    let context: IdentityContext

    /// Whether there is no account yet.
    ///
    /// - Throws: `.storage`.
    public func isNeeded() async throws(IdentityError) -> Bool {
        try await context.read { db in try AccountStore.count(db) == 0 }
    }

    /// Makes a set-up link; an earlier one is void.
    ///
    /// - Returns: the link, to be printed and not logged.
    /// - Throws: `.wrongState` when there are accounts; `.storage`.
    public func makeLink() async throws(IdentityError) -> String {
        let context = context
        let ticket = context.secret()
        try await context.change(.system("start")) { db, trail in
            guard try AccountStore.count(db) == 0 else { throw IdentityError(.wrongState, "the platform is set up already") }
            try TicketStore.issue(db, ticket, .setup, nil, at: context.now, lifetime: context.policy[.setupLinkLifetime])
            trail.note(TrailEntry("setup.link", .init("platform")))
        }
        return "\(context.configuration.origin)/setup#\(ticket)"
    }

    /// Whether a ticket opens the set-up.
    ///
    /// - Throws: `.limited`; `.storage`.
    public func isValid(_ ticket: String, client: Client) async throws(IdentityError) -> Bool {
        try context.limit(client)
        let now = context.now
        return try await context.read { db in
            try TicketStore.find(db, ticket, .setup, at: now) != nil && AccountStore.count(db) == 0
        }
    }

    /// Makes the first administrator, kept for emergencies until there are others. The link is used up.
    ///
    /// - Returns: the account and its first password, which is changed at the first sign-in; then a second factor is set up.
    /// - Throws: `.notProven` when the ticket is none; `.badInput`; `.limited`; `.busy`; `.storage`.
    public func finish(
        _ ticket: String, name: AccountName, person: String, displayName: String, mail: String?, client: Client
    ) async throws(IdentityError) -> (account: AccountID, password: InitialPassword) {
        try context.limit(client)
        let context = context
        let roles = context.roles.roles.filter { $0.administers && $0.sides.contains(context.configuration.side) }.map(\.name)
        let new = NewAccount(
            name: name, person: person, displayName: displayName, mail: mail, roles: Set(roles.prefix(1)), isBreakGlass: true)
        try context.accountRules.check(new, at: context.now)
        let (initial, hash) = try await PasswordDesk(context: context).makeInitial()
        let made = try await context.change(client.actor()) { db, trail -> AccountID? in
            guard let found = try TicketStore.find(db, ticket, .setup, at: context.now), try AccountStore.count(db) == 0 else {
                trail.note(TrailEntry("setup.refuse", .init("platform"), .refused, reason: "no-such-ticket"))
                return nil
            }
            try TicketStore.use(db, found)
            return try AccountDesk(context: context).create(new, initial, hash, reason: "setup", db, &trail)
        }
        guard let made else { throw IdentityError(.notProven, "the set-up link is used, too old, or not one") }
        return (made, initial)
    }

    /// Makes the first two accounts: an administrator, kept for emergencies until there are others, and whoever works with the content, which an
    /// administrator may not see. The link is used up.
    ///
    /// - Parameters:
    ///   - ticket: the link's secret.
    ///   - administrator: who keeps accounts and settings.
    ///   - worker: another person, who works with the content.
    ///   - role: the worker's role.
    ///   - client: who asks.
    /// - Returns: both with their first passwords, which are changed at the first sign-in; then a second factor is set up.
    /// - Throws: `.notProven` when the ticket is none; `.badInput`, `.taken`; `.limited`; `.busy`; `.storage`.
    public func finish(
        _ ticket: String, administrator: NewPerson, worker: NewPerson, role: RoleName, client: Client
    ) async throws(IdentityError) -> [(person: NewPerson, password: InitialPassword)] {
        try context.limit(client)
        let context = context
        let administering = context.roles.roles.filter { $0.administers && $0.sides.contains(context.configuration.side) }.map(
            \.name)
        var accounts: [(new: NewAccount, initial: InitialPassword, hash: PasswordHash)] = []
        for (person, roles, isBreakGlass) in [(administrator, Set(administering.prefix(1)), true), (worker, [role], false)] {
            let new = NewAccount(
                name: person.name, person: person.person, displayName: person.displayName, mail: person.mail, roles: roles,
                isBreakGlass: isBreakGlass)
            try context.accountRules.check(new, at: context.now)
            let (initial, hash) = try await PasswordDesk(context: context).makeInitial()
            accounts.append((new, initial, hash))
        }
        let made = accounts
        let isDone = try await context.change(client.actor()) { db, trail -> Bool in
            guard let found = try TicketStore.find(db, ticket, .setup, at: context.now), try AccountStore.count(db) == 0 else {
                trail.note(TrailEntry("setup.refuse", .init("platform"), .refused, reason: "no-such-ticket"))
                return false
            }
            try TicketStore.use(db, found)
            for account in made {
                _ = try AccountDesk(context: context).create(
                    account.new, account.initial, account.hash, reason: "setup", db, &trail)
            }
            return true
        }
        guard isDone else { throw IdentityError(.notProven, "the set-up link is used, too old, or not one") }
        return zip([administrator, worker], made).map { ($0, $1.initial) }
    }
}

/// A person who is given one of the first accounts.
public struct NewPerson: Sendable, Hashable {
    /// The name that will be typed at sign-in.
    public var name: AccountName
    /// What identifies the person in the firm: employee number.
    public var person: String
    /// The person's name.
    public var displayName: String
    /// Where messages go.
    public var mail: String?

    /// A person.
    public init(name: AccountName, person: String, displayName: String, mail: String? = nil) {
        (self.name, self.person, self.displayName, self.mail) = (name, person, displayName, mail)
    }
}
