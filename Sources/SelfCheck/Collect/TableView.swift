internal import Checks
internal import Database
internal import Documents
internal import Identity
internal import Rulebook

/// Tables and trail of one state, side by side, and the groups of facts that are made of them.
struct TableView {
    let survey: IdentitySurvey
    let tally: TrailTally
    let trail: TrailSurvey
    let policy: IdentityPolicy
    let roles: RoleBook
    let side: Side
    let now: Instant

    /// All but removed accounts.
    var present: [Account] { survey.accounts.filter { $0.state != .removed } }
    private var active: [Account] { present.filter { $0.state == .active } }
    /// Whether the trail was read from its first record on, so that what it does not have never was there.
    private var isWhole: Bool { trail.isComplete && trail.pruned == 0 && trail.findings.isEmpty }

    func name(_ id: AccountID) -> String { survey.accounts.first { $0.id == id }?.name.text ?? id.description }

    private func isAdministrator(_ id: AccountID) -> Bool {
        survey.accounts.first { $0.id == id }.map { roles.administers($0.roles) } ?? false
    }

    // MARK: Accounts

    var accounts: PlatformCollector.Group {
        let known = Set(survey.accounts.map(\.id.description))
        let persons = Dictionary(grouping: present.filter { !$0.person.isEmpty }, by: \.person).values.filter { $0.count > 1 }
        let alike = Dictionary(grouping: survey.accounts, by: \.name.likeness).values.filter { $0.count > 1 }
        let withoutFactor = active.filter {
            roles.administers($0.roles) && $0.lastSignIn != nil
                && survey.authenticationFactors(of: $0.id) < policy[.administratorFactors]
        }
        let node = Node.object([
            ("list", .list(present.map(account))),
            ("removed", .integer(survey.accounts.count - present.count)),
            ("duplicate_persons", .texts(persons.flatMap { $0 }.map(\.name.text).sorted())),
            ("look_alikes", .texts(alike.flatMap { $0 }.map(\.name.text).sorted())),
            (
                "not_in_table",
                trail.isComplete ? .texts(tally.accounts.keys.filter { !known.contains($0) }.sorted()) : nil
            ),
            ("without_second_factor", .texts(withoutFactor.map(\.name.text))),
            ("initial_valid", .texts(active.filter(hasInitial).map(\.name.text))),
            ("passwords", .list(survey.passwords.map(password))),
            ("locks", .list(survey.locks.map(lock))),
        ])
        return .facts(node, gaps: trail.isComplete ? [] : ["what the trail says of accounts"])
    }

    private func hasInitial(_ account: Account) -> Bool {
        account.passwordState == .initial && account.initialUntil.map { now < $0 } ?? true
    }

    private func account(_ account: Account) -> Node {
        let kinds = (survey.factors[account.id] ?? []).filter { $0.kind != .recovery }.map(\.kind.rawValue)
        let own: [(String, Node?)] = [
            ("name", .text(account.name.text)), ("id", .text(account.id.description)), ("state", .text(account.state.rawValue)),
            ("roles", .texts(account.roles.sorted().map(\.rawValue))), ("party", account.party.map { .text($0) }),
            ("administers", .bool(roles.administers(account.roles))), ("break_glass", .bool(account.isBreakGlass)),
            ("person_known", .bool(!account.person.isEmpty)),
            ("generic_name", .bool(policy.genericNames.contains(account.name.text))), ("created", time(account.createdAt)),
            ("last_used", time(account.lastSignIn ?? account.createdAt)), ("signed_in", .bool(account.lastSignIn != nil)),
        ]
        let more: [(String, Node?)] = [
            ("password", passwordState(account)),
            ("authentication_factors", .integer(survey.authenticationFactors(of: account.id))),
            ("second_factors", .texts(kinds)),
            ("sessions", .integer(survey.sessions.count { $0.account == account.id })),
            ("sources", .texts(account.conditions.sources.map(\.description))),
            ("hours", .texts(account.conditions.hours.map(\.description))),
            ("from", .text("plumbline.sqlite: identity_account \(account.id.number)")),
        ]
        return .object(own + history(account) + end(account) + more)
    }

    /// What the trail says of an account; where it was not read whole, it may know more than was seen.
    private func history(_ account: Account) -> [(String, Node?)] {
        guard let history = tally.accounts[account.id.description] else {
            return isWhole ? [("creation", "unrecorded"), ("state_recorded", false), ("roles_recorded", false)] : []
        }
        return [
            ("creation", .text(history.creation)), ("state_recorded", .bool(history.state == account.state)),
            (
                "roles_recorded",
                .bool(history.roles == account.roles.map(\.rawValue).sorted() && history.party == (account.party ?? ""))
            ),
        ]
    }

    private func end(_ account: Account) -> [(String, Node?)] {
        guard let end = account.temporaryUntil else { return [] }
        return [
            ("temporary_until", time(end)), ("temporary_span", .integer(end - account.createdAt)), ("ended", .bool(end <= now)),
        ]
    }

    private func passwordState(_ account: Account) -> Node {
        let isInitial = account.passwordState == .initial
        let span = account.initialUntil.flatMap { until in account.passwordSetAt.map { until - $0 } }
        return .object([
            ("state", .text(account.passwordState.rawValue)), ("set", account.passwordSetAt.map(time)),
            ("initial_span", isInitial ? span.map { .integer($0) } : nil),
            ("initial_valid", isInitial ? .bool(hasInitial(account)) : nil),
        ])
    }

    private func password(_ password: IdentitySurvey.StoredPassword) -> Node {
        .object([
            ("user", .text(name(password.account))), ("current", .bool(password.isCurrent)), ("scheme", .text(password.scheme)),
            ("memory", password.cost.map { .integer($0.memory) }), ("passes", password.cost.map { .integer($0.passes) }),
            ("from", .text("plumbline.sqlite: \(password.isCurrent ? "identity_account" : "identity_old_password")")),
        ])
    }

    private func lock(_ lock: IdentitySurvey.Lock) -> Node {
        .object([
            ("user", .text(name(lock.account))), ("bucket", .text(lock.bucket)), ("failures", .integer(lock.failures)),
            ("until", lock.until.map(time)), ("from", "plumbline.sqlite: identity_lockout"),
        ])
    }

    // MARK: Roles

    /// Why an account may not act for the party it names, or needs one; nil when all is well.
    private func partyObjection(_ account: Account) -> Text? {
        guard roles.areOfParty(account.roles) != (account.party != nil) else { return nil }
        return account.party == nil
            ? Text("角色代表單一業者，帳號卻未綁定業者", "The roles act for a party and the account has none")
            : Text("帳號綁定業者，角色卻不受其限制", "The account has a party and the roles are not bound to it")
    }

    var roleFacts: PlatformCollector.Group {
        func isUndefined(_ account: Account) -> Bool {
            account.roles.isEmpty || account.roles.contains { roles[$0].map { !$0.sides.contains(side) } ?? true }
        }
        let objections = present.filter { !isUndefined($0) }.compactMap { account in
            (roles.objection(to: account.roles, on: side) ?? partyObjection(account)).map { (account, $0) }
        }
        let both = present.filter { account in
            roles.administers(account.roles)
                && roles.permissions(of: account.roles).contains { roles.rules[$0]?.area == .content }
        }
        let readers = active.filter { roles.permissions(of: $0.roles).contains(.trailRead) }
        return .facts(
            .object([
                ("undefined", .texts(present.filter(isUndefined).map(\.name.text))),
                (
                    "incompatible",
                    .list(
                        objections.map { account, reason in
                            .object([
                                ("name", .text(account.name.text)), ("roles", .texts(account.roles.sorted().map(\.rawValue))),
                                ("reason", .text(reason[.english])),
                                ("from", .text("plumbline.sqlite: identity_role \(account.id.number)")),
                            ])
                        })
                ),
                ("both_areas", .texts(both.map(\.name.text))), ("trail_readers", .texts(readers.map(\.name.text))),
                ("second_person", .texts(roles.rules.filter { $0.value.approver != nil }.keys.sorted().map(\.rawValue))),
            ]))
    }

    // MARK: Sessions

    var sessions: PlatformCollector.Group {
        let isKnown = trail.isComplete
        let live = survey.sessions.map { session in
            Node.object([
                ("user", .text(name(session.account))), ("began", time(session.began)), ("has_factor", .bool(session.hasFactor)),
                ("administers", .bool(isAdministrator(session.account))), ("address", session.address.map { .text($0) }),
                ("recorded", isKnown ? .bool(tally.sessions.contains(session.reference)) : nil),
                ("from", .text("plumbline.sqlite: identity_session \(session.reference)")),
            ])
        }
        let proofs = survey.tickets.map { ticket in
            Node.object([("name", .text(ticket.purpose)), ("lifetime", .integer(ticket.expires - ticket.made))])
        }
        let tokens = survey.tokens.map { token in
            Node.object([
                ("name", .text(token.reference)), ("kind", .text(token.kind.rawValue)),
                ("lifetime", .integer(token.expiresAt - token.createdAt)), ("expires", time(token.expiresAt)),
            ])
        }
        return .facts(
            .object([
                ("live", .list(live)), ("begun", isKnown ? .integer(tally.begun) : nil),
                ("begun_without_place", isKnown ? .integer(tally.begunWithoutPlace) : nil),
                ("refused", isKnown ? .integer(tally.refused) : nil), ("locked", isKnown ? .integer(tally.locked) : nil),
                ("proofs", .list(proofs)), ("tokens", .list(tokens)),
            ]), gaps: isKnown ? [] : ["what the trail says of sessions"])
    }

    // MARK: Reviews, backups, the server

    var review: PlatformCollector.Group {
        let signed = survey.reviews.compactMap(\.signedAt).max()
        let from = signed ?? survey.accounts.first?.createdAt
        let open = survey.reviews.last { $0.signedAt == nil }
        return .facts(
            .object([
                ("last_signed", signed.map(time)), ("counted_from", from.map(time)),
                ("due", from.map { time($0.adding(seconds: Int64(policy[.reviewGap]))) }), ("open", .bool(open != nil)),
                ("undecided", open.map { .integer($0.undecided) }),
            ]))
    }

    var backup: PlatformCollector.Group {
        guard trail.isComplete else { return .nothing(.failed, "the trail could not be read whole") }
        guard let last = tally.lastBackup else { return .nothing(.absent, "the trail notes no backup") }
        return .facts(.object([("last", stamp(last)), ("count", .integer(tally.backups))]))
    }

    var server: PlatformCollector.Group {
        guard let start = tally.start else { return .nothing(.absent, "the trail notes no start of a server") }
        let everyone = start.entry.details[PlatformDiary.Detail.factorForAll]
        return .facts(
            .object([
                ("started", stamp(start.occurred)),
                ("version", start.entry.details[PlatformDiary.Detail.version].map { .text($0) }),
                ("everyone_needs_factor", everyone.map { .bool($0 == PlatformDiary.Detail.yes) }),
                ("stopped", tally.stop.map { stamp($0.occurred) }),
            ]))
    }

    // MARK: Times

    func time(_ instant: Instant) -> Node { .text(instant.description) }

    /// A time of the trail, in microseconds.
    func stamp(_ microseconds: Int64) -> Node { time(Instant(seconds: microseconds / 1_000_000)) }

    /// Whole seconds since then; 0 when it lies ahead, or there is nothing.
    func age(_ microseconds: Int64?) -> Int64 { microseconds.map { max(0, now.seconds - $0 / 1_000_000) } ?? 0 }
}
