internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook

/// What takes two people: asking for an account, for other roles, for a removal; deciding; carrying out.
struct RequestPages: Sendable {
    let services: Services
    private var identity: IdentityService { services.identity }
    private var desk: RequestDesk { services.identity.requests }

    /// The last part of the address at which each kind of request is carried out.
    static let carried: [(word: String, permission: Permission)] = [
        ("create", .accountsCreate), ("set-roles", .rolesGrant), ("remove", .accountsRemove),
    ]

    var routes: [Route] {
        var routes = services.act("/accounts/new", .accountsRequest, { visit in try await newAccount().page(visit, [:]) }) {
            visit in
            try await ask(visit)
        }
        routes += services.act("/accounts/:id/roles", .accountsRequest, { visit in try await roles(visit, "") }) { visit in
            try await askRoles(visit)
        }
        routes += services.act("/accounts/:id/remove", .accountsRequest, { visit in try await removal(visit, "") }) { visit in
            try await askRemoval(visit)
        }
        routes += [
            .page("/accounts/requests", .permitted(.accountsRead)) { visit in try await list(visit) },
            .page("/accounts/requests/:id", .permitted(.accountsRead)) { visit in try await show(visit) },
            .form("/accounts/requests/:id/withdraw", .permitted(.accountsRequest)) { visit in
                let id = try visit.number("id")
                try await desk.withdraw(id, by: try visit.principal())
                return .see("/accounts/requests/\(id)")
            },
        ]
        routes += services.act("/accounts/requests/:id/decide", .accountsApprove, { visit in try await decision(visit, "") }) {
            visit in
            try await decide(visit)
        }
        for (word, permission) in Self.carried {
            routes += services.act(
                "/accounts/requests/:id/\(word)", permission, { visit in try await carrying(visit, word, permission, "") }
            ) { visit in try await carryOut(visit, word, permission) }
        }
        return routes
    }

    // MARK: Asking

    /// Asks; gives what was wrong when a form can say it.
    private func ask(_ change: RequestedChange, _ visit: Visit) async throws -> (id: Int64?, wrong: String) {
        var id: Int64?
        let principal = try visit.principal()
        let wrong = try await IdentityError.refusal {
            id = try await desk.ask(change, reason: visit.form.text("reason"), by: principal)
        }
        return (id, wrong?.text(visit.wording) ?? "")
    }

    /// Where it goes on once it was asked: whoever may not see requests hears of it from others.
    private func asked(_ id: Int64, _ visit: Visit) -> Answer {
        .see(visit.may(.accountsRead) ? "/accounts/requests/\(id)" : "/me?done=request")
    }

    private func newAccount() async throws -> NewAccountForm {
        NewAccountForm(identity, parties: try await services.parties.list())
    }

    private func ask(_ visit: Visit) async throws -> Answer {
        let form = try await newAccount()
        let (account, wrong) = form.read(visit)
        guard let account else { return form.page(visit, wrong) }
        let (id, refused) = try await ask(.create(account), visit)
        return id.map { asked($0, visit) } ?? form.page(visit, ["": refused])
    }

    private func subject(_ visit: Visit) async throws -> Account {
        try await identity.accounts.find(AccountID(try visit.number("id")), for: try visit.principal())
    }

    private func crumbs(_ account: Account, _ visit: Visit) -> [(title: String, path: String)] {
        [(visit.wording("web.accounts"), "/accounts"), (account.displayName, "/accounts/\(account.id.number)")]
    }

    private func roles(_ visit: Visit, _ wrong: String) async throws -> Answer {
        let (wording, account, parties) = (visit.wording, try await subject(visit), try await services.parties.list())
        let form = ActPage(
            title: wording("account.act-roles"), lead: wording("account.why-roles"), path: "/accounts/\(account.id.number)/roles",
            button: wording("request.ask"), crumbs: crumbs(account, visit), wrong: wrong)
        return form.answer(visit) { page in
            let chosen = visit.method == .get ? account.roles.map(\.rawValue) : visit.form.values("roles")
            Form.boxes(
                "checkbox", "roles", wording("account.roles"), IdentityWords.choices(identity, wording), chosen: chosen, &page)
            PartyField.write(
                parties, chosen: visit.method == .get ? account.party ?? "" : visit.form.text("party"), "", visit, &page)
            Form.reason(visit, &page)
        }
    }

    private func askRoles(_ visit: Visit) async throws -> Answer {
        let account = try await subject(visit)
        let roles = Set(visit.form.values("roles").map { RoleName(rawValue: $0) })
        if let objection = identity.roles.objection(to: roles, on: identity.configuration.side) {
            return try await self.roles(visit, visit.wording(objection))
        }
        let party = visit.form.text("party").isEmpty ? nil : visit.form.text("party")
        if let flaw = PartyField.flaw(party, roles, identity.roles, try await services.parties.list()) {
            return try await self.roles(visit, visit.wording(flaw))
        }
        guard roles != account.roles || party != account.party else {
            return try await self.roles(visit, visit.wording("account.roles-same"))
        }
        let (id, wrong) = try await ask(.setRoles(account.id, roles, party: party), visit)
        if let id { return asked(id, visit) }
        return try await self.roles(visit, wrong)
    }

    private func removal(_ visit: Visit, _ wrong: String) async throws -> Answer {
        let (wording, account) = (visit.wording, try await subject(visit))
        let form = ActPage(
            title: wording("account.act-remove"), lead: wording("account.why-remove"),
            path: "/accounts/\(account.id.number)/remove",
            button: wording("request.ask"), crumbs: crumbs(account, visit), isDanger: true, wrong: wrong)
        return form.answer(visit) { Form.reason(visit, &$0) }
    }

    private func askRemoval(_ visit: Visit) async throws -> Answer {
        let (id, wrong) = try await ask(.remove(AccountID(try visit.number("id"))), visit)
        if let id { return asked(id, visit) }
        return try await removal(visit, wrong)
    }

    // MARK: The list

    private func people(_ visit: Visit) async throws -> [AccountID: Account] {
        Dictionary(try await identity.accounts.list(for: try visit.principal()).map { ($0.id, $0) }) { first, _ in first }
    }

    private func list(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let all = try await desk.list(Set(Request.State.allCases), for: try visit.principal())
        // What waits comes first, the newest before the others.
        let rows = all.filter(RequestWords.isWaiting) + all.filter { !RequestWords.isWaiting($0) }.reversed()
        let list = RequestWords.listing(try await people(visit), wording)
        if let export = try list.export(rows, visit) { return export }
        var page = Page(visit, wording("request.title"), .accounts)
        page.crumbs = [(wording("web.accounts"), "/accounts")]
        return page.answer { page in
            AccountTabs.write("/accounts/requests", visit, &page)
            page.element("p", ("class", "lead"), text: wording("request.why"))
            if visit.may(.accountsRequest) { Shapes.links([(wording("request.new"), "/accounts/new")], &page) }
            list.write(rows, visit, &page)
        }
    }

    // MARK: One request

    private func request(_ visit: Visit) async throws -> Request {
        let id = try visit.number("id")
        let all = try await desk.list(Set(Request.State.allCases), for: try visit.principal())
        guard let request = all.first(where: { $0.id == id }) else { throw Failure.notFound("request") }
        return request
    }

    private func show(_ visit: Visit) async throws -> Answer {
        let (wording, request, people) = (visit.wording, try await request(visit), try await people(visit))
        let parties = try await services.parties.names()
        var page = Page(visit, RequestWords.title(request, wording), .accounts)
        page.crumbs = [(wording("web.accounts"), "/accounts"), (wording("request.title"), "/accounts/requests")]
        page.isNarrow = true
        return page.answer { page in
            page.element("p") { RequestWords.badge(request.state, wording, &$0) }
            RequestWords.facts(request, people, parties, identity, wording, &page)
            next(request, people, visit, &page)
        }
    }

    /// What whoever looks may do with the request.
    private func next(_ request: Request, _ people: [AccountID: Account], _ visit: Visit, _ page: inout HTMLWriter) {
        let (wording, own) = (visit.wording, visit.signedIn?.principal.account)
        let isMine = request.requestedBy == own
        let path = "/accounts/requests/\(request.id)"
        guard RequestWords.isWaiting(request) else { return }
        var links: [(title: String, path: String)] = []
        let mayDecide =
            identity.roles.rules[request.change.permission]?.approver == .accountsApprove && visit.may(.accountsApprove)
        if request.state == .open, mayDecide, !isMine, request.change.subject != own {
            links.append((wording("request.decide"), path + "/decide"))
        }
        if let (word, permission) = Self.carried.first(where: { $0.permission == request.change.permission }),
            visit.may(permission), request.change.subject != own
        {
            let isAlone = request.state == .open && isMine && !hasSecondPerson(people, own)
            if isAlone { Shapes.notice("warn", &page) { $0.element("p", text: wording("request.alone")) } }
            if isAlone || request.state == .approved { links.append((wording("request.carry-out"), path + "/\(word)")) }
        }
        if links.isEmpty, request.state == .open {
            page.element("p", ("class", "lead"), text: wording(isMine ? "request.waits-other" : "request.waits"))
        }
        Shapes.links(links, isPrimary: true, &page)
        guard isMine, visit.may(.accountsRequest) else { return }
        Form.post(path + "/withdraw", visit, &page) { page in
            page.element("button", text: wording("request.withdraw"))
        }
    }

    /// Whether somebody else is there who may agree. The room below decides; this only says what the page offers.
    private func hasSecondPerson(_ people: [AccountID: Account], _ own: AccountID?) -> Bool {
        people.values.contains { account in
            account.id != own && account.state == .active && account.lastSignIn != nil
                && identity.roles.permissions(of: account.roles).contains(.accountsApprove)
        }
    }

    // MARK: Deciding and carrying out

    private func crumbs(_ request: Request, _ visit: Visit) -> [(title: String, path: String)] {
        [
            (visit.wording("web.accounts"), "/accounts"), (visit.wording("request.title"), "/accounts/requests"),
            (RequestWords.title(request, visit.wording), "/accounts/requests/\(request.id)"),
        ]
    }

    private func decision(_ visit: Visit, _ wrong: String) async throws -> Answer {
        let (wording, request, people) = (visit.wording, try await request(visit), try await people(visit))
        let parties = try await services.parties.names()
        let form = ActPage(
            title: wording("request.decide"), lead: wording("request.decide-why"),
            path: "/accounts/requests/\(request.id)/decide",
            button: wording("request.send-decision"), crumbs: crumbs(request, visit), wrong: wrong)
        return form.answer(visit) { page in
            RequestWords.facts(request, people, parties, identity, wording, &page)
            Form.boxes(
                "radio", "decision", wording("request.decision"),
                [("approve", wording("request.approve")), ("refuse", wording("request.refuse"))],
                chosen: [visit.form.text("decision")], &page)
            Form.Field(name: "note", label: wording("request.note"), value: visit.form.text("note"), limit: 160).write(&page)
        }
    }

    private func decide(_ visit: Visit) async throws -> Answer {
        let (id, principal, choice) = (try visit.number("id"), try visit.principal(), visit.form.text("decision"))
        guard ["approve", "refuse"].contains(choice) else { return try await decision(visit, visit.wording("request.undecided")) }
        let wrong = try await IdentityError.refusal {
            try await desk.decide(id, approve: choice == "approve", note: visit.form.text("note"), by: principal)
        }
        if let wrong { return try await decision(visit, wrong.text(visit.wording)) }
        return .see("/accounts/requests/\(id)")
    }

    private func carrying(_ visit: Visit, _ word: String, _ permission: Permission, _ wrong: String) async throws -> Answer {
        let (wording, request, people) = (visit.wording, try await request(visit), try await people(visit))
        let parties = try await services.parties.names()
        guard request.change.permission == permission else { throw Failure.notFound("request of another kind") }
        let form = ActPage(
            title: wording("request.carry-out"), lead: wording("request.carry-out-why"),
            path: "/accounts/requests/\(request.id)/\(word)",
            button: wording("request.carry-out"), crumbs: crumbs(request, visit), isDanger: permission == .accountsRemove,
            wrong: wrong)
        return form.answer(visit) { RequestWords.facts(request, people, parties, identity, wording, &$0) }
    }

    private func carryOut(_ visit: Visit, _ word: String, _ permission: Permission) async throws -> Answer {
        let (request, principal) = (try await request(visit), try visit.principal())
        guard request.change.permission == permission else { throw Failure.notFound("request of another kind") }
        var outcome: RequestDesk.Outcome?
        let wrong = try await IdentityError.refusal { outcome = try await desk.carryOut(request.id, by: principal) }
        switch outcome {
        case .created(let id, let password):
            let account = try await identity.accounts.find(id, for: principal)
            return InitialPasswordPage.answer(visit, name: account.name, displayName: account.displayName, password)
        case .done: return .see("/accounts/requests/\(request.id)")
        case nil: return try await carrying(visit, word, permission, wrong?.text(visit.wording) ?? "")
        }
    }
}
