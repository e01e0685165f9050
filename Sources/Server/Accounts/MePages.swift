internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook

/// One's own account: data, password, second factors, sessions, tokens of one's own programs, language and colours.
struct MePages: Sendable {
    let services: Services
    private var identity: IdentityService { services.identity }

    /// What the page shows.
    struct Model: Sendable {
        var session: Session
        var factors: [Factor]
        var sessions: [SessionSummary]
        var tokens: [AccessToken]

        /// Recovery codes stand together.
        var devices: [Factor] { factors.filter { $0.kind != .recovery } }
        var codes: Int { factors.count { $0.kind == .recovery && $0.lastUsed == nil } }
    }

    /// What the page may be told was done: the address is nobody's to write on.
    private static let deeds: Set = [
        "contact", "password", "factor", "factor-removed", "codes", "session", "sessions", "token", "request",
    ]

    var routes: [Route] {
        [
            .page("/me", .signedIn) { visit in draw(try await model(visit), visit) },
            .page("/me/contact", .signedIn, isFresh: true) { visit in try contact(visit, nil) },
            .form("/me/contact", .signedIn, isFresh: true) { visit in try await saveContact(visit) },
            .page("/me/password", .signedIn) { visit in password(visit) },
            .form("/me/password", .signedIn) { visit in try await changePassword(visit) },
            .form("/me/sessions/end-others", .signedIn) { visit in
                try await identity.sessions.end(nil, of: try visit.session())
                return .see("/me?done=sessions")
            },
            .form("/me/sessions/:reference/end", .signedIn) { visit in
                try await identity.sessions.end(visit["reference"], of: try visit.session())
                return .see("/me?done=session")
            },
        ] + MeFactorPages(services: services).routes + MeTokenPages(services: services).routes
    }

    private func model(_ visit: Visit) async throws -> Model {
        let session = try visit.session()
        let account = session.account.id
        return Model(
            session: session, factors: try await identity.factors.list(account),
            sessions: try await identity.sessions.list(account),
            tokens: try await identity.tokens.list(of: account, for: session.principal).filter { $0.kind == .person })
    }

    /// Pages above those of one's own account.
    static func crumbs(_ visit: Visit) -> [(title: String, path: String)] { [(visit.wording("me.title"), "/me")] }

    // MARK: The page

    private func draw(_ model: Model, _ visit: Visit) -> Answer {
        let wording = visit.wording
        return Page(visit, wording("me.title")).answer { page in
            let done = visit.query.text("done")
            if Self.deeds.contains(done) { Shapes.done(wording("me.done-\(done)"), &page) }
            page.element("div", ("class", "two")) { page in
                page.element("div") { page in
                    data(model.session, visit, &page)
                    factors(model, visit, &page)
                    sessions(model, visit, &page)
                    tokens(model, visit, &page)
                }
                page.element("div") { page in
                    password(model.session, visit, &page)
                    preferences(visit, &page)
                }
            }
        }
    }

    private func data(_ session: Session, _ visit: Visit, _ page: inout HTMLWriter) {
        let (wording, account) = (visit.wording, session.account)
        page.element("h2", text: wording("me.data"))
        let roles = account.roles.sorted().map { IdentityWords.role($0, identity.roles, wording) }
        Shapes.facts(
            [
                (wording("account.display"), account.displayName), (wording("account.name"), account.name.text),
                (wording("account.person"), account.person), (wording("account.mail"), account.mail ?? wording("account.none")),
                (wording("account.phone"), account.phone ?? wording("account.none")),
                (wording("account.roles"), roles.joined(separator: wording("report.list-separator"))),
            ] + (account.temporaryUntil.map { [(wording("account.ends"), $0.text(in: .taipei))] } ?? []), &page)
        var links = [(title: wording("me.change-data"), path: "/me/contact")]
        if visit.may(.accountsRequest), !visit.may(.accountsRead) { links.append((wording("request.new"), "/accounts/new")) }
        Shapes.links(links, &page)
    }

    private func password(_ session: Session, _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        page.element("section", ("class", "card")) { page in
            page.element("h2", text: wording("sign-in.password"))
            if let set = session.account.passwordSetAt {
                page.element("p", text: wording("me.password-set", ["time": set.text(in: .taipei)]))
            }
            if let end = session.account.passwordEnds(identity.policy) {
                let text = wording("me.password-ends", ["date": "\(end.date(in: .taipei))"])
                if session.passwordEndsIn == nil {
                    page.element("p", text: text)
                } else {
                    Shapes.notice("warn", &page) { $0.element("p", text: text) }
                }
            }
            Shapes.links([(wording("password.save"), "/me/password")], &page)
        }
    }

    private func preferences(_ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        page.element("section", ("class", "card")) { page in
            page.element("h2", text: wording("me.appearance"))
            Form.post("/me/appearance", visit, &page) { page in
                Form.select(
                    "language", wording("me.language"), [("zh-TW", "中文（臺灣）"), ("en", "English")],
                    chosen: wording.language.rawValue, &page)
                Form.select(
                    "theme", wording("me.theme"),
                    ["auto", "light", "dark"].map { ($0, wording("me.theme-\($0)")) },
                    chosen: visit.cookie(Cookie.theme) ?? "auto", &page)
                Form.actions(wording("web.save"), &page)
            }
        }
    }

    // MARK: Lists

    private func factors(_ model: Model, _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        page.element("h2", text: wording("me.factors"))
        let list = Listing<Factor>(
            name: "factors",
            columns: [
                .init("label", wording("enrol.label"), { .text($0.label) }),
                .init("kind", wording("factor.kind"), { .text($0.kind.rawValue) }) { factor, page in
                    page.text(IdentityWords.factor(factor.kind, wording))
                    if factor.flaggedAt != nil { Shapes.badge("bad", wording("factor.flagged"), &page) }
                },
                .init("created", wording("factor.since"), { .text($0.createdAt.description) }) { factor, page in
                    page.text("\(factor.createdAt.date(in: .taipei))")
                },
                .init("used", wording("factor.used"), { .text($0.lastUsed?.description ?? "") }) { factor, page in
                    if let used = factor.lastUsed { Shapes.time(used, &page) } else { page.text(wording("account.never")) }
                },
                .acts(wording("act.action")) { factor, page in
                    page.element("a", ("href", "/me/factors/\(factor.id)/remove")) { page in
                        page.text(wording("act.remove"))
                        page.element("span", ("class", "hidden"), text: " \(factor.label)")
                    }
                },
            ], text: { $0.label }, schema: "plumbline.factors/1")
        list.table(model.devices, wording("me.factors"), visit, &page)
        page.element("p", text: wording("me.codes-left", ["count": String(model.codes)]))
        Shapes.links(
            [(wording("me.add-factor"), "/me/factors/add")]
                + (model.devices.isEmpty ? [] : [(wording("me.renew-codes"), "/me/codes")]), &page)
    }

    private func sessions(_ model: Model, _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        page.element("h2", text: wording("me.sessions"))
        let list = Listing<SessionSummary>(
            name: "sessions",
            columns: [
                .init("browser", wording("session.browser"), { .text($0.agent) }) { session, page in
                    page.text(BrowserName.short(session.agent) ?? wording("session.unknown"))
                    if session.reference == model.session.reference { Shapes.badge("good", wording("session.this"), &page) }
                },
                .init("address", wording("session.address"), { .text($0.address ?? "") }) { session, page in
                    Shapes.short(session.address ?? "", &page)
                },
                .init("began", wording("session.began"), { .text($0.createdAt.description) }) { session, page in
                    Shapes.time(session.createdAt, &page)
                },
                .init("seen", wording("session.seen"), { .text($0.seenAt.description) }) { session, page in
                    Shapes.time(session.seenAt, &page)
                },
                .acts(wording("act.action")) { session, page in
                    guard session.reference != model.session.reference else { return }
                    Form.post("/me/sessions/\(FormFields.encode(session.reference))/end", visit, &page) { page in
                        page.element("button", text: wording("session.end"))
                    }
                },
            ], text: { $0.agent }, schema: "plumbline.sessions/1")
        list.table(model.sessions, wording("me.sessions"), visit, &page)
        guard model.sessions.count > 1 else { return }
        Form.post("/me/sessions/end-others", visit, &page) { page in
            page.element("div", ("class", "actions")) { $0.element("button", text: wording("session.end-others")) }
        }
    }

    private func tokens(_ model: Model, _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        page.element("h2", text: wording("me.tokens"))
        page.element("p", ("class", "lead"), text: wording("me.tokens-why"))
        let list = Listing<AccessToken>(
            name: "tokens",
            columns: TokenColumns.all(identity.roles, wording) + [
                .acts(wording("act.action")) { token, page in
                    Form.post("/me/tokens/\(FormFields.encode(token.reference))/revoke", visit, &page) { page in
                        page.element(
                            "button", ("aria-label", "\(wording("token.revoke")) \(token.label)"), text: wording("token.revoke"))
                    }
                }
            ], text: { $0.label }, schema: "plumbline.tokens/1")
        list.table(model.tokens, wording("me.tokens"), visit, &page)
        Shapes.links([(wording("token.new"), "/me/tokens/new")], &page)
    }

    // MARK: Data and password

    private func contact(_ visit: Visit, _ wrong: IdentityError?) throws -> Answer {
        let wording = visit.wording
        let account = try visit.session().account
        let form = ActPage(
            title: wording("me.change-data"), lead: wording("me.contact-why"), path: "/me/contact", button: wording("web.save"),
            crumbs: Self.crumbs(visit), place: nil, wrong: wrong?.text(wording) ?? "")
        return form.answer(visit) { ContactForm.write(account, visit, &$0) }
    }

    private func saveContact(_ visit: Visit) async throws -> Answer {
        let session = try visit.session()
        let values = ContactForm.read(visit.form)
        let wrong = try await IdentityError.refusal {
            try await identity.accounts.setContact(
                session.account.id, displayName: values.display, mail: values.mail, phone: values.phone, by: session.principal)
        }
        if let wrong { return try contact(visit, wrong) }
        return .see("/me?done=contact")
    }

    private func password(
        _ visit: Visit, faults: [PasswordFault] = [], isDifferent: Bool = false, isWrong: Bool = false
    ) -> Answer {
        PasswordPage.form(
            visit, action: "/me/password", reason: "", faults: faults, isDifferent: isDifferent, asksCurrent: true,
            isWrong: isWrong,
            policy: identity.policy)
    }

    private func changePassword(_ visit: Visit) async throws -> Answer {
        let new = visit.form["new"] ?? ""
        guard new == visit.form["again"] else { return password(visit, isDifferent: true) }
        let answer = try await identity.passwords.change(
            try visit.session(), from: Password(visit.form["current"] ?? ""), to: Password(new), client: visit.client)
        switch answer {
        case .changed(let session): return SignInPages.entered(session, .see("/me?done=password"))
        case .refused: return password(visit, isWrong: true)
        case .faults(let faults): return password(visit, faults: faults)
        }
    }
}
