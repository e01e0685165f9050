internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook

/// What is done to somebody else's account without a second person: each act is a page that asks, and the form it sends.
struct AccountActs: Sendable {
    let services: Services
    private var identity: IdentityService { services.identity }

    /// What the page of an account may be told was done.
    static let deeds: Set = [
        "contact", "disable", "enable", "end", "conditions", "emergency", "unlock", "reset-factors", "compromised", "request",
    ]

    /// Acts that are open to whoever looks, in the order they are shown: the last part of their address.
    static func open(for account: Account, isLocked: Bool, hasFactors: Bool, isAdministrator: Bool, _ visit: Visit) -> [String] {
        guard account.state != .removed else { return [] }
        let isOwn = visit.signedIn?.principal.account == account.id
        let isActive = account.state == .active
        let acts: [(name: String, permission: Permission, isOpen: Bool)] = [
            ("roles", .accountsRequest, visit.may(.accountsRead)), ("contact", .accountsChange, true),
            ("conditions", .accountsChange, true),
            ("end", .accountsChange, !account.isBreakGlass), ("emergency", .accountsChange, isAdministrator),
            ("unlock", .accountsUnlock, isLocked && !isOwn), ("replace-password", .accountsChange, isActive && !isOwn),
            ("compromised", .accountsChange, isActive), ("reset-factors", .accountsChange, hasFactors && !isOwn),
            ("disable", .accountsChange, isActive), ("enable", .accountsChange, !isActive && !isOwn),
            ("remove", .accountsRequest, visit.may(.accountsRead)),
        ]
        return acts.filter { $0.isOpen && visit.may($0.permission) }.map(\.name)
    }

    var routes: [Route] {
        let services = services
        func act(
            _ name: String, _ permission: Permission, _ fields: @escaping Fields = { _, _, _, _ in },
            _ body: @escaping @Sendable (Visit, AccountID, Principal) async throws -> Void
        ) -> [Route] {
            services.act("/accounts/:id/\(name)", permission, { visit in try await show(name, visit, "", fields) }) { visit in
                try await send(name, visit, fields, body)
            }
        }
        let (accounts, passwords, unlocks, factors) = (identity.accounts, identity.passwords, identity.unlocks, identity.factors)
        let reasoned: Fields = { visit, _, _, page in Form.reason(visit, &page) }
        let checked: Fields = { visit, _, checkers, page in CheckForm.write(visit, checkers: checkers, &page) }
        var routes: [Route] = []
        routes += act("contact", .accountsChange, { visit, account, _, page in ContactForm.write(account, visit, &page) }) {
            visit, id, principal in
            let values = ContactForm.read(visit.form)
            try await accounts.setContact(id, displayName: values.display, mail: values.mail, phone: values.phone, by: principal)
        }
        routes += act("disable", .accountsChange, reasoned) { visit, id, principal in
            try await accounts.disable(id, reason: visit.form.text("reason"), by: principal)
        }
        routes += act("enable", .accountsChange, reasoned) { visit, id, principal in
            try await accounts.enable(id, reason: visit.form.text("reason"), by: principal)
        }
        routes += act("compromised", .accountsChange, reasoned) { visit, id, principal in
            try await passwords.markCompromised(id, reason: try Self.reason(visit), by: principal)
        }
        routes += act("emergency", .accountsChange, { visit, account, _, page in Self.emergency(account, visit, &page) }) {
            visit, id, principal in
            try await accounts.setBreakGlass(id, visit.form.text("emergency") == "true", by: principal)
        }
        routes += act("end", .accountsChange, { visit, account, _, page in Self.end(account, visit, &page) }) {
            visit, id, principal in
            guard let end = LocalTime.instant(visit.form.text("end"), in: .taipei, endOfDay: true) else {
                throw IdentityError(.badInput, visit.wording("account.end-wrong"))
            }
            try await accounts.setEnd(id, end, by: principal)
        }
        routes += act("conditions", .accountsChange, { visit, account, _, page in Self.conditions(account, visit, &page) }) {
            visit, id, principal in
            try await accounts.setConditions(id, try Self.conditions(visit, id, principal), by: principal)
        }
        routes += act("unlock", .accountsUnlock, checked) { visit, id, principal in
            try await unlocks.unlock(id, after: try Self.check(visit), by: principal)
        }
        routes += act("reset-factors", .accountsChange, checked) { visit, id, principal in
            try await factors.reset(id, after: try Self.check(visit), by: principal)
        }
        return routes
            + services.act(
                "/accounts/:id/replace-password", .accountsChange,
                { visit in try await show("replace-password", visit, "", checked) },
                { visit in try await replacePassword(visit, checked) })
    }

    /// Fields of an act: the account, those who can have recognised its owner, and where to write.
    typealias Fields = @Sendable (Visit, Account, [Account], inout HTMLWriter) -> Void

    // MARK: Asking and doing

    private func show(_ name: String, _ visit: Visit, _ wrong: String, _ fields: Fields) async throws -> Answer {
        let (principal, id) = (try visit.principal(), AccountID(try visit.number("id")))
        let account = try await identity.accounts.find(id, for: principal)
        let checkers = try await identity.accounts.list(for: principal).filter { $0.state == .active && $0.id != id }
        let wording = visit.wording
        let form = ActPage(
            title: wording("account.act-\(name)"), lead: wording("account.why-\(name)"), path: "/accounts/\(id.number)/\(name)",
            button: wording("account.act-\(name)"),
            crumbs: [(wording("web.accounts"), "/accounts"), (account.displayName, "/accounts/\(id.number)")],
            isDanger: ["disable", "compromised", "reset-factors"].contains(name), wrong: wrong)
        return form.answer(visit) { page in
            Shapes.facts(
                [(wording("account.display"), account.displayName), (wording("account.name"), account.name.text)]
                    + (name == "contact" ? [] : [(wording("account.phone"), account.phone ?? wording("account.none"))]), &page)
            fields(visit, account, checkers, &page)
        }
    }

    private func send(
        _ name: String, _ visit: Visit, _ fields: Fields, _ body: @Sendable (Visit, AccountID, Principal) async throws -> Void
    ) async throws -> Answer {
        let (principal, id) = (try visit.principal(), AccountID(try visit.number("id")))
        let wrong = try await IdentityError.refusal { try await body(visit, id, principal) }
        if let wrong { return try await show(name, visit, wrong.text(visit.wording), fields) }
        return .see("/accounts/\(id.number)?done=\(name)")
    }

    private func replacePassword(_ visit: Visit, _ fields: Fields) async throws -> Answer {
        let (principal, id) = (try visit.principal(), AccountID(try visit.number("id")))
        var made: InitialPassword?
        let wrong = try await IdentityError.refusal {
            made = try await identity.passwords.replace(id, after: try Self.check(visit), by: principal)
        }
        guard let made else { return try await show("replace-password", visit, wrong?.text(visit.wording) ?? "", fields) }
        let account = try await identity.accounts.find(id, for: principal)
        return InitialPasswordPage.answer(visit, name: account.name, displayName: account.displayName, made)
    }

    // MARK: Fields

    private static func reason(_ visit: Visit) throws -> String {
        let reason = visit.form.text("reason")
        guard reason.utf8.count >= 3 else { throw IdentityError(.badInput, visit.wording("act.reason-missing")) }
        return reason
    }

    private static func check(_ visit: Visit) throws -> IdentityCheck {
        guard let check = CheckForm.read(visit.form) else { throw IdentityError(.badInput, visit.wording("check.missing")) }
        return check
    }

    private static func emergency(_ account: Account, _ visit: Visit, _ page: inout HTMLWriter) {
        Form.boxes(
            "radio", "emergency", visit.wording("account.emergency"),
            [("true", visit.wording("say.yes")), ("false", visit.wording("say.no"))],
            chosen: [account.isBreakGlass ? "true" : "false"], &page)
    }

    private static func end(_ account: Account, _ visit: Visit, _ page: inout HTMLWriter) {
        let stored = account.temporaryUntil.map { LocalTime.text($0, in: .taipei) } ?? ""
        Form.Field(
            name: "end", label: visit.wording("account.ends"), hint: visit.wording("account.end-hint"),
            value: visit.form["end"] ?? stored,
            type: "datetime-local", isRequired: true, limit: 19
        ).write(&page)
    }

    private static func conditions(_ account: Account, _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        Form.Field(
            name: "addresses", label: wording("account.addresses"), hint: wording("account.addresses-hint"),
            value: visit.form["addresses"] ?? ConditionsForm.addresses(account.conditions), limit: 3_000
        ).write(&page)
        Form.Field(
            name: "hours", label: wording("account.hours"), hint: wording("account.hours-hint"),
            value: visit.form["hours"] ?? ConditionsForm.hours(account.conditions), limit: 2_000
        ).write(&page)
    }

    /// The conditions of a form. Whoever sets their own must still meet them.
    private static func conditions(_ visit: Visit, _ id: AccountID, _ principal: Principal) throws -> UseConditions {
        let conditions: UseConditions
        do {
            conditions = try ConditionsForm.read(addresses: visit.form.text("addresses"), hours: visit.form.text("hours"))
        } catch {
            throw IdentityError(.badInput, visit.wording("account.\(error.field)-wrong", ["text": String(error.text.prefix(60))]))
        }
        let isMet = conditions.allow(visit.client.address, at: Instant(seconds: visit.now / 1_000_000), in: .taipei)
        guard isMet || principal.account != id else { throw IdentityError(.badInput, visit.wording("account.conditions-own")) }
        return conditions
    }
}

/// A first password: shown once, to be handed over.
enum InitialPasswordPage {
    static func answer(_ visit: Visit, name: AccountName, displayName: String, _ password: InitialPassword) -> Answer {
        let wording = visit.wording
        var page = Page(visit, wording("account.initial-title"), .accounts)
        page.crumbs = [(wording("web.accounts"), "/accounts")]
        page.isNarrow = true
        return page.answer { page in
            Shapes.notice("warn", &page) { $0.element("p", text: wording("setup.ready-why")) }
            card(visit, name: name, displayName: displayName, password, &page)
            page.element("div", ("class", "actions")) { page in
                page.element("a", ("class", "button primary"), ("href", "/accounts"), text: wording("account.handed-over"))
                page.element("button", ("type", "button"), ("data-print", ""), ("hidden", ""), text: wording("web.print"))
            }
        }
    }

    /// Name, password, and until when it works.
    static func card(
        _ visit: Visit, name: AccountName, displayName: String, _ password: InitialPassword, _ page: inout HTMLWriter
    ) {
        let wording = visit.wording
        page.element("section", ("class", "card")) { page in
            page.element("h2", text: displayName)
            page.element("dl", ("class", "facts")) { page in
                page.element("dt", text: wording("sign-in.name"))
                page.element("dd") { $0.element("code", text: name.text) }
                page.element("dt", text: wording("setup.password"))
                page.element("dd") { $0.element("code", ("data-password", name.text), text: password.text) }
                page.element("dt", text: wording("setup.until"))
                page.element("dd", text: password.until.text(in: .taipei))
            }
        }
    }
}
