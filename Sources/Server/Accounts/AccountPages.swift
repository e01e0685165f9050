internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook

/// Everybody's accounts: the list, and one account with everything that can be done about it.
struct AccountPages: Sendable {
    let services: Services
    private var identity: IdentityService { services.identity }

    /// A row of the list.
    struct Row: Sendable {
        var account: Account
        var factors: Set<FactorKind>
        var isLocked: Bool
        var isInactive: Bool
    }

    /// What the page of an account shows.
    struct Model: Sendable {
        var account: Account
        var factors: [Factor]
        var locks: [UnlockDesk.Lock]
        var sessions: Int
        var tokens: Int
        var requests: [Request]
        var isInactive: Bool
        var parties: [String: String]
    }

    var routes: [Route] {
        [
            .page("/accounts", .permitted(.accountsRead)) { visit in
                let rows = try await rows(visit)
                let list = listing(visit.wording, try await services.parties.names())
                if let export = try list.export(rows, visit) { return export }
                let (requests, review) = (try await openRequests(visit), try await identity.reviews.status())
                return Page(visit, visit.wording("web.accounts"), .accounts).answer { page in
                    AccountTabs.write("/accounts", visit, &page)
                    news(requests, review, visit, &page)
                    if visit.may(.accountsRequest) { Shapes.links([(visit.wording("request.new"), "/accounts/new")], &page) }
                    list.write(rows, visit, &page)
                }
            },
            .page("/accounts/:id", .permitted(.accountsRead)) { visit in try await draw(model(visit), visit) },
        ]
    }

    // MARK: The list

    private func rows(_ visit: Visit) async throws -> [Row] {
        let principal = try visit.principal()
        let now = Instant(seconds: visit.now / 1_000_000)
        let locked = Set(try await identity.unlocks.list(for: principal).map(\.account))
        var rows: [Row] = []
        for account in try await identity.accounts.list(for: principal) {
            let factors = try await identity.factors.list(account.id).filter { $0.kind != .recovery && $0.flaggedAt == nil }
            rows.append(
                Row(
                    account: account, factors: Set(factors.map(\.kind)), isLocked: locked.contains(account.id),
                    isInactive: account.isInactive(at: now, identity.policy)))
        }
        // Who is gone comes last.
        return rows.filter { $0.account.state != .removed } + rows.filter { $0.account.state == .removed }
    }

    private func openRequests(_ visit: Visit) async throws -> Int {
        try await identity.requests.list(for: try visit.principal()).count
    }

    /// What waits for somebody.
    private func news(_ requests: Int, _ review: ReviewStatus, _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        if requests > 0 {
            Shapes.notice("warn", &page) { page in
                page.element("p") {
                    $0.element("a", ("href", "/accounts/requests"), text: wording("request.waiting", ["count": String(requests)]))
                }
            }
        }
        guard review.isOverdue || review.isNear else { return }
        Shapes.notice(review.isOverdue ? "bad" : "warn", &page) { page in
            page.element("p") {
                $0.element(
                    "a", ("href", "/accounts/reviews"),
                    text: wording(
                        review.isOverdue ? "review.overdue" : "review.near", ["date": "\(review.due.date(in: .taipei))"]))
            }
        }
    }

    private func listing(_ wording: Wording, _ parties: [String: String]) -> Listing<Row> {
        let book = identity.roles
        var list = Listing<Row>(
            name: "accounts",
            columns: [
                .init(
                    "name", wording("account.name"), { .text($0.account.name.text) },
                    isBefore: { $0.account.name < $1.account.name }
                ) {
                    row, page in
                    page.element("a", ("href", "/accounts/\(row.account.id.number)"), text: row.account.name.text)
                },
                .init("display", wording("account.display"), { .text($0.account.displayName) }) {
                    $0.account.displayName < $1.account.displayName
                },
                .init("roles", wording("account.roles"), { .texts($0.account.roles.sorted().map(\.rawValue)) }) { row, page in
                    page.text(IdentityWords.roles(row.account.roles, book, wording))
                },
                .init("party", wording("account.party"), { .text($0.account.party ?? "") }) { row, page in
                    Shapes.short(row.account.party.map { PartyField.title($0, parties) } ?? "", &page)
                },
                .init("state", wording("account.state"), { .text($0.account.state.rawValue) }) { row, page in
                    AccountMarks.write(row.account, isLocked: row.isLocked, isInactive: row.isInactive, wording, &page)
                },
                .init("factors", wording("account.factors"), { .texts($0.factors.sorted().map(\.rawValue)) }) { row, page in
                    page.text(IdentityWords.factors(row.factors, wording))
                },
                .init(
                    "last_sign_in", wording("account.last"), { .text($0.account.lastSignIn?.description ?? "") },
                    isBefore: { ($0.account.lastSignIn?.seconds ?? 0) < ($1.account.lastSignIn?.seconds ?? 0) }
                ) { row, page in
                    if let last = row.account.lastSignIn { Shapes.time(last, &page) } else { page.text(wording("account.never")) }
                },
                .exported("locked", wording("account.locked"), { .bool($0.isLocked) }),
                .exported("inactive", wording("account.inactive"), { .bool($0.isInactive) }),
            ], text: { "\($0.account.name) \($0.account.displayName) \($0.account.person) \($0.account.mail ?? "")" },
            schema: "plumbline.accounts/1")
        list.filters = filters(wording)
        // A firm's installation has no parties, and no column for them.
        if parties.isEmpty { list.columns.removeAll { $0.id == "party" } }
        return list
    }

    private func filters(_ wording: Wording) -> [Listing<Row>.Filter] {
        let answers: [Form.Choice] = [("true", wording("say.yes")), ("false", wording("say.no"))]
        return [
            .init(id: "role", title: wording("account.role"), choices: IdentityWords.choices(identity, wording)) {
                $0.account.roles.contains(RoleName(rawValue: $1))
            },
            .init(
                id: "state", title: wording("account.state"),
                choices: Account.State.allCases.map { ($0.rawValue, IdentityWords.state($0, wording)) }
            ) { $0.account.state.rawValue == $1 },
            .init(
                id: "factor", title: wording("account.factors"),
                choices: [FactorKind.totp, .securityKey].map { ($0.rawValue, IdentityWords.factor($0, wording)) } + [
                    ("none", wording("factor.none"))
                ]
            ) { row, value in value == "none" ? row.factors.isEmpty : row.factors.contains { $0.rawValue == value } },
            .init(id: "inactive", title: wording("account.inactive"), choices: answers) { "\($0.isInactive)" == $1 },
            .init(id: "locked", title: wording("account.locked"), choices: answers) { "\($0.isLocked)" == $1 },
        ]
    }

    // MARK: One account

    private func model(_ visit: Visit) async throws -> Model {
        let (principal, id) = (try visit.principal(), AccountID(try visit.number("id")))
        let account = try await identity.accounts.find(id, for: principal)
        let requests = try await identity.requests.list(for: principal).filter { $0.change.subject == id }
        return Model(
            account: account, factors: try await identity.factors.list(id),
            locks: try await identity.unlocks.list(for: principal).filter { $0.account == id },
            sessions: try await identity.sessions.list(id).count,
            tokens: try await identity.tokens.list(of: id, for: principal).count,
            requests: requests, isInactive: account.isInactive(at: Instant(seconds: visit.now / 1_000_000), identity.policy),
            parties: try await services.parties.names())
    }

    private func draw(_ model: Model, _ visit: Visit) -> Answer {
        let (wording, account) = (visit.wording, model.account)
        var page = Page(visit, account.displayName, .accounts)
        page.crumbs = [(wording("web.accounts"), "/accounts")]
        return page.answer { page in
            let done = visit.query.text("done")
            if AccountActs.deeds.contains(done) { Shapes.done(wording("account.done-\(done)"), &page) }
            page.element("p") {
                AccountMarks.write(account, isLocked: !model.locks.isEmpty, isInactive: model.isInactive, wording, &$0)
            }
            for request in model.requests {
                Shapes.notice("warn", &page) { page in
                    page.element("p") {
                        $0.element("a", ("href", "/accounts/requests/\(request.id)"), text: RequestWords.title(request, wording))
                    }
                }
            }
            page.element("div", ("class", "two")) { page in
                page.element("div") { page in facts(model, wording, &page) }
                page.element("div") { page in acts(model, visit, &page) }
            }
        }
    }

    private func facts(_ model: Model, _ wording: Wording, _ page: inout HTMLWriter) {
        let (account, book) = (model.account, identity.roles)
        func time(_ instant: Instant?) -> String { instant.map { $0.text(in: .taipei) } ?? wording("account.never") }
        page.element("h2", text: wording("account.person-title"))
        Shapes.facts(
            [
                (wording("account.name"), account.name.text), (wording("account.person"), account.person),
                (wording("account.mail"), account.mail ?? wording("account.none")),
                (wording("account.phone"), account.phone ?? wording("account.none")),
                (wording("account.roles"), IdentityWords.roles(account.roles, book, wording)),
                (
                    wording("account.party"),
                    account.party.map { PartyField.title($0, model.parties) } ?? wording("account.no-party")
                ),
                (wording("account.emergency"), wording(account.isBreakGlass ? "say.yes" : "say.no")),
                (wording("account.ends"), account.temporaryUntil.map { $0.text(in: .taipei) } ?? wording("account.lasting")),
                (wording("account.state-reason"), account.stateReason.isEmpty ? wording("account.none") : account.stateReason),
            ] + ConditionsForm.text(account.conditions, wording), &page)
        page.element("h2", text: wording("account.use"))
        let devices = model.factors.filter { $0.kind != .recovery }
        Shapes.facts(
            [
                (wording("account.created"), time(account.createdAt)), (wording("account.last"), time(account.lastSignIn)),
                (wording("account.password"), wording("account.password-\(account.passwordState.rawValue)")),
                (wording("me.password-date"), time(account.passwordSetAt)),
                (
                    wording("account.factors"),
                    devices.isEmpty
                        ? wording("factor.none")
                        : devices.map { "\($0.label) (\(IdentityWords.factor($0.kind, wording)))" }.joined(
                            separator: wording("report.list-separator"))
                ),
                (wording("account.codes"), String(model.factors.count { $0.kind == .recovery && $0.lastUsed == nil })),
                (wording("account.sessions"), String(model.sessions)), (wording("account.tokens"), String(model.tokens)),
            ] + model.locks.map { (wording("account.locked-until"), $0.until.text(in: .taipei)) }, &page)
        page.element("h2", text: wording("account.may"))
        page.element("ul", ("class", "wide")) { page in
            for permission in book.permissions(of: account.roles).sorted() {
                page.element("li", text: IdentityWords.permission(permission, book, wording))
            }
        }
    }

    /// What can be done now, by whoever looks; and what the trail says.
    private func acts(_ model: Model, _ visit: Visit, _ page: inout HTMLWriter) {
        let (wording, account) = (visit.wording, model.account)
        let acts = AccountActs.open(
            for: account, isLocked: !model.locks.isEmpty, hasFactors: !model.factors.isEmpty,
            isAdministrator: identity.roles.administers(account.roles), visit)
        if !acts.isEmpty {
            page.element("section", ("class", "card")) { page in
                page.element("h2", text: wording("account.acts"))
                page.element("ul", ("class", "plain")) { page in
                    for act in acts {
                        page.element("li") {
                            $0.element(
                                "a", ("href", "/accounts/\(account.id.number)/\(act)"), text: wording("account.act-\(act)"))
                        }
                    }
                }
            }
        }
        guard visit.may(.trailRead) else { return }
        page.element("section", ("class", "card")) { page in
            page.element("h2", text: wording("web.trail"))
            page.element("ul", ("class", "plain")) { page in
                for (name, field, value) in [
                    ("account.trail-by", "account", account.id.description),
                    ("account.trail-about", "object", "account:\(account.id)"),
                ] {
                    page.element("li") {
                        $0.element("a", ("href", "/trail?" + FormFields.query([(field, value)])), text: wording(name))
                    }
                }
            }
        }
    }
}

/// The pages about accounts, beside each other.
enum AccountTabs {
    private static let tabs = [
        ("web.accounts", "/accounts"), ("request.title", "/accounts/requests"), ("role.title", "/accounts/roles"),
        ("review.title", "/accounts/reviews"), ("token.title", "/accounts/tokens"),
    ]

    static func write(_ current: String, _ visit: Visit, _ page: inout HTMLWriter) {
        Shapes.tabs(visit.wording("web.accounts"), tabs.map { (visit.wording($0.0), $0.1) }, current: current, &page)
    }
}

/// The state of an account and what is remarkable about it, as small labels.
enum AccountMarks {
    static func write(_ account: Account, isLocked: Bool, isInactive: Bool, _ wording: Wording, _ page: inout HTMLWriter) {
        Shapes.badge(
            account.state == .active ? "good" : account.state == .disabled ? "warn" : "",
            IdentityWords.state(account.state, wording), &page)
        let marks: [(Bool, String, String)] = [
            (isLocked, "bad", wording("account.locked")), (isInactive, "warn", wording("account.inactive")),
            (account.temporaryUntil != nil, "", wording("account.temporary")),
            (account.isBreakGlass, "", wording("account.emergency")),
            (account.passwordState == .initial, "", wording("account.password-initial")),
            (account.passwordState == .compromised, "bad", wording("account.password-compromised")),
        ]
        for (isSo, kind, text) in marks where isSo {
            page.text(" ")
            Shapes.badge(kind, text, &page)
        }
    }
}
