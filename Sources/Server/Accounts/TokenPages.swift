internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook

/// Tokens of programs: those of hosts' agents are made here; those of people's own programs are seen.
struct TokenPages: Sendable {
    let services: Services
    private var identity: IdentityService { services.identity }

    var routes: [Route] {
        [
            .page("/accounts/tokens", .permitted(.accountsRead)) { visit in try await list(visit) },
            // To end something wants no fresh proof of identity.
            .form("/accounts/tokens/:reference/revoke", .permitted(.agentsManage)) { visit in
                try await identity.tokens.revoke(visit["reference"], by: try visit.principal())
                return .see("/accounts/tokens?done=token")
            },
        ]
            + services.act(
                "/accounts/tokens/new", .agentsManage, { visit in try await form(visit, "") }, { visit in try await make(visit) })
    }

    private func list(_ visit: Visit) async throws -> Answer {
        let (wording, principal) = (visit.wording, try visit.principal())
        let tokens = try await identity.tokens.list(of: nil, for: principal)
        let people = Dictionary(try await identity.accounts.list(for: principal).map { ($0.id, $0) }) { first, _ in first }
        let list = listing(people, visit)
        if let export = try list.export(tokens, visit) { return export }
        var page = Page(visit, wording("token.title"), .accounts)
        page.crumbs = [(wording("web.accounts"), "/accounts")]
        return page.answer { page in
            AccountTabs.write("/accounts/tokens", visit, &page)
            if visit.query.text("done") == "token" { Shapes.done(wording("me.done-token"), &page) }
            page.element("p", ("class", "lead"), text: wording("token.why"))
            if visit.may(.agentsManage) { Shapes.links([(wording("token.new-agent"), "/accounts/tokens/new")], &page) }
            list.write(tokens, visit, &page)
        }
    }

    private func listing(_ people: [AccountID: Account], _ visit: Visit) -> Listing<AccessToken> {
        let wording = visit.wording
        var list = Listing<AccessToken>(
            name: "tokens", columns: TokenColumns.all(identity.roles, wording),
            text: { "\($0.label) \($0.host ?? "") \($0.reference)" }, schema: "plumbline.tokens/1")
        list.columns.insert(
            contentsOf: [
                .init("kind", wording("token.kind"), { .text($0.kind.rawValue) }) { token, page in
                    page.text(wording("token.kind-\(token.kind.rawValue)"))
                },
                .init("account", wording("token.account"), { .text(RequestWords.person($0.account, people, wording)) }),
            ], at: 1)
        list.columns.append(.init("reference", wording("token.reference"), { .text($0.reference) }, isBefore: nil))
        if visit.may(.agentsManage) {
            list.columns.append(
                .acts(wording("act.action")) { token, page in
                    guard token.kind == .agent || visit.may(.accountsChange) else { return }
                    Form.post("/accounts/tokens/\(FormFields.encode(token.reference))/revoke", visit, &page) { page in
                        page.element(
                            "button", ("aria-label", "\(wording("token.revoke")) \(token.label)"), text: wording("token.revoke"))
                    }
                })
        }
        list.filters = [
            .init(
                id: "kind", title: wording("token.kind"),
                choices: AccessToken.Kind.allCases.map { ($0.rawValue, wording("token.kind-\($0.rawValue)")) }
            ) { $0.kind.rawValue == $1 }
        ]
        return list
    }

    private func crumbs(_ visit: Visit) -> [(title: String, path: String)] {
        [(visit.wording("web.accounts"), "/accounts"), (visit.wording("token.title"), "/accounts/tokens")]
    }

    private func form(_ visit: Visit, _ wrong: String) async throws -> Answer {
        let wording = visit.wording
        let form = ActPage(
            title: wording("token.new-agent"), lead: wording("token.new-agent-why"), path: "/accounts/tokens/new",
            button: wording("token.make"), crumbs: crumbs(visit), wrong: wrong)
        return form.answer(visit) { page in
            Form.Field(
                name: "host", label: wording("token.host"), hint: wording("token.host-hint"),
                value: visit.form["host"] ?? visit.query.text("host"),
                isRequired: true, limit: 253
            ).write(&page)
            TokenLifetime.field(visit, most: identity.policy[.agentTokenLifetime], &page)
        }
    }

    private func make(_ visit: Visit) async throws -> Answer {
        let principal = try visit.principal()
        guard let lifetime = TokenLifetime.seconds(visit.form.text("days"), most: identity.policy[.agentTokenLifetime]) else {
            return try await form(visit, visit.wording("token.days-wrong"))
        }
        var token: NewAccessToken?
        let wrong = try await IdentityError.refusal {
            token = try await identity.tokens.makeAgent(host: visit.form.text("host"), lifetime: lifetime, by: principal)
        }
        guard let token else { return try await form(visit, wrong?.text(visit.wording) ?? "") }
        return TokenPage.made(visit, token, crumbs: crumbs(visit), next: "/accounts/tokens")
    }
}
