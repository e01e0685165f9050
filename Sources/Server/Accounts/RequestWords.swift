internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook

/// Requests as people read them.
enum RequestWords {
    static func isWaiting(_ request: Request) -> Bool { request.state == .open || request.state == .approved }

    static func kind(_ change: RequestedChange, _ wording: Wording) -> String {
        switch change {
        case .create: wording("request.create")
        case .setRoles: wording("request.set-roles")
        case .remove: wording("request.remove")
        case .other: wording("request.other")
        }
    }

    static func title(_ request: Request, _ wording: Wording) -> String {
        wording("request.number", ["number": String(request.id), "what": kind(request.change, wording)])
    }

    static func badge(_ state: Request.State, _ wording: Wording, _ page: inout HTMLWriter) {
        let kind: String =
            switch state {
            case .open: "warn"
            case .approved, .done: "good"
            case .refused, .lapsed: "bad"
            case .withdrawn: ""
            }
        Shapes.badge(kind, wording("request.state-\(state.rawValue)"), &page)
    }

    static func person(_ id: AccountID?, _ people: [AccountID: Account], _ wording: Wording) -> String {
        guard let id else { return wording("request.console") }
        return people[id].map { "\($0.displayName) (\($0.name))" } ?? id.description
    }

    /// What it is done to.
    static func object(_ change: RequestedChange, _ people: [AccountID: Account]) -> String {
        switch change {
        case .create(let new): "\(new.displayName) (\(new.name))"
        case .setRoles(let id, _, _), .remove(let id): people[id].map { "\($0.displayName) (\($0.name))" } ?? id.description
        case .other(_, let object, _): object
        }
    }

    static func listing(_ people: [AccountID: Account], _ wording: Wording) -> Listing<Request> {
        var list = Listing<Request>(
            name: "requests",
            columns: [
                .init("id", wording("request.id"), { .integer($0.id) }, isBefore: { $0.id < $1.id }) { request, page in
                    page.element("a", ("href", "/accounts/requests/\(request.id)"), text: String(request.id))
                },
                .init("what", wording("request.what"), { .text($0.change.permission.rawValue) }) { request, page in
                    page.text(kind(request.change, wording))
                },
                .init("object", wording("request.object"), { .text(object($0.change, people)) }),
                .init("state", wording("account.state"), { .text($0.state.rawValue) }) { request, page in
                    badge(request.state, wording, &page)
                },
                .init("by", wording("request.by"), { .text(person($0.requestedBy, people, wording)) }),
                .init(
                    "at", wording("request.at"), { .text($0.requestedAt.description) },
                    isBefore: { $0.requestedAt < $1.requestedAt }
                ) {
                    request, page in Shapes.time(request.requestedAt, &page)
                },
                .init("reason", wording("act.reason"), { .text($0.reason) }),
            ], text: { "\(object($0.change, people)) \($0.reason) \(person($0.requestedBy, people, wording))" },
            schema: "plumbline.requests/1")
        list.filters = [
            .init(
                id: "state", title: wording("account.state"),
                choices: Request.State.allCases.map { ($0.rawValue, wording("request.state-\($0.rawValue)")) }
            ) { $0.state.rawValue == $1 }
        ]
        return list
    }

    /// Everything about a request.
    static func facts(
        _ request: Request, _ people: [AccountID: Account], _ parties: [String: String], _ identity: IdentityService,
        _ wording: Wording, _ page: inout HTMLWriter
    ) {
        var pairs = [
            (wording("request.what"), kind(request.change, wording)), (wording("request.object"), object(request.change, people)),
        ]
        pairs += change(request.change, people, parties, identity, wording)
        pairs += [
            (wording("act.reason"), request.reason), (wording("request.by"), person(request.requestedBy, people, wording)),
            (wording("request.at"), request.requestedAt.text(in: .taipei)),
            (wording("request.until"), request.expiresAt.text(in: .taipei)),
        ]
        if let decided = request.decidedAt {
            pairs += [
                (wording("request.decided-by"), person(request.decidedBy, people, wording)),
                (wording("request.decided-at"), decided.text(in: .taipei)),
            ]
            if !request.note.isEmpty { pairs.append((wording("request.note"), request.note)) }
        }
        Shapes.facts(pairs, &page)
    }

    private static func change(
        _ change: RequestedChange, _ people: [AccountID: Account], _ parties: [String: String], _ identity: IdentityService,
        _ wording: Wording
    ) -> [(String, String)] {
        func party(_ name: String, _ key: String?) -> [(String, String)] {
            key.map { [(wording(name), PartyField.title($0, parties))] } ?? []
        }
        func list(_ roles: Set<RoleName>) -> String { IdentityWords.roles(roles, identity.roles, wording) }
        switch change {
        case .create(let new):
            return [(wording("account.person"), new.person), (wording("account.roles"), list(new.roles))]
                + party("account.party", new.party) + [
                    (wording("account.mail"), new.mail ?? wording("account.none")),
                    (wording("account.phone"), new.phone ?? wording("account.none")),
                    (wording("account.ends"), new.temporaryUntil.map { $0.text(in: .taipei) } ?? wording("account.lasting")),
                    (wording("account.emergency"), wording(new.isBreakGlass ? "say.yes" : "say.no")),
                ]
        case .setRoles(let id, let roles, let key):
            return [(wording("request.roles-now"), people[id].map { list($0.roles) } ?? wording("account.none"))]
                + party("request.party-now", people[id]?.party) + [(wording("request.roles-then"), list(roles))]
                + party("request.party-then", key)
        case .remove: return []
        case .other(let permission, _, _):
            return [(wording("role.permission"), IdentityWords.permission(permission, identity.roles, wording))]
        }
    }
}

/// The form that asks for a new account.
struct NewAccountForm {
    private let identity: IdentityService
    private let parties: [(key: String, title: String)]

    init(_ identity: IdentityService, parties: [(key: String, title: String)]) {
        (self.identity, self.parties) = (identity, parties)
    }

    /// The account that a form asks for; what was wrong, by field.
    func read(_ visit: Visit) -> (account: NewAccount?, wrong: [String: String]) {
        let (form, wording) = (visit.form, visit.wording)
        var wrong: [String: String] = [:]
        let name = AccountName(form.text("name"))
        if name == nil { wrong["name"] = wording("account.name-wrong") }
        for field in ["display", "person", "reason"] where form.text(field).isEmpty { wrong[field] = wording("web.required") }
        let roles = Set(form.values("roles").map { RoleName(rawValue: $0) })
        if roles.isEmpty { wrong["roles"] = wording("account.roles-missing") }
        if let objection = identity.roles.objection(to: roles, on: identity.configuration.side) {
            wrong["roles"] = wording(objection)
        }
        let party = form.text("party").isEmpty ? nil : form.text("party")
        if wrong["roles"] == nil, let flaw = PartyField.flaw(party, roles, identity.roles, parties) {
            wrong["party"] = wording(flaw)
        }
        let end = LocalTime.instant(form.text("end"), in: .taipei, endOfDay: true)
        if end == nil, !form.text("end").isEmpty { wrong["end"] = wording("account.end-wrong") }
        guard wrong.isEmpty, let name else { return (nil, wrong) }
        let contact = ContactForm.read(form)
        let account = NewAccount(
            // Numbers of people are those of their own firm, so the firm belongs to them.
            name: name, person: (party.map { $0 + "/" } ?? "") + form.text("person"), displayName: contact.display,
            mail: contact.mail, phone: contact.phone,
            roles: roles, party: party,
            isBreakGlass: form.text("emergency") == "true", temporaryUntil: end)
        return (account, [:])
    }

    func page(_ visit: Visit, _ wrong: [String: String]) -> Answer {
        let wording = visit.wording
        let alert = wrong.isEmpty ? "" : wrong[""] ?? wording("error.form")
        let back = visit.may(.accountsRead) ? (wording("web.accounts"), "/accounts") : (wording("me.title"), "/me")
        let form = ActPage(
            title: wording("request.new"), lead: wording("request.new-why"), path: "/accounts/new",
            button: wording("request.ask"),
            crumbs: [back], wrong: alert)
        return form.answer(visit) { page in
            for field in ["display", "person", "name"] {
                Form.Field(
                    name: field, label: wording("account.\(field)"), hint: wording("account.\(field)-hint"),
                    value: visit.form.text(field),
                    wrong: wrong[field] ?? "", isRequired: true, limit: field == "person" ? 64 : 100
                ).write(&page)
            }
            ContactForm.optional(visit, mail: visit.form.text("mail"), phone: visit.form.text("phone"), &page)
            Form.boxes(
                "checkbox", "roles", wording("account.roles"), hint: wording("account.roles-hint"),
                IdentityWords.choices(identity, wording), chosen: visit.form.values("roles"), wrong: wrong["roles"] ?? "", &page)
            PartyField.write(parties, chosen: visit.form.text("party"), wrong["party"] ?? "", visit, &page)
            Form.Field(
                name: "end", label: wording("account.ends"), hint: wording("account.temporary-hint"),
                value: visit.form.text("end"),
                type: "datetime-local", wrong: wrong["end"] ?? "", limit: 19
            ).write(&page)
            Form.boxes(
                "checkbox", "emergency", wording("account.emergency"), hint: wording("account.why-emergency"),
                [("true", wording("account.emergency-keep"))], chosen: visit.form.values("emergency"), &page)
            Form.reason(visit, wrong: wrong["reason"] ?? "", &page)
        }
    }
}

/// The party an account acts for, in forms and lists.
enum PartyField {
    /// The choice; nothing where there are no parties.
    static func write(
        _ parties: [(key: String, title: String)], chosen: String, _ wrong: String, _ visit: Visit, _ page: inout HTMLWriter
    ) {
        guard !parties.isEmpty else { return }
        let wording = visit.wording
        if !wrong.isEmpty { Shapes.alert(wrong, &page) }
        Form.select(
            "party", wording("account.party"), hint: wording("account.party-hint"),
            [("", wording("account.no-party"))] + parties.map { ($0.key, "\($0.title) (\($0.key))") }, chosen: chosen, &page)
    }

    /// The text that says why roles and party do not go together; nil when they do.
    static func flaw(
        _ party: String?, _ roles: Set<RoleName>, _ book: RoleBook, _ parties: [(key: String, title: String)]
    ) -> String? {
        if let party, !parties.contains(where: { $0.key == party }) { return "account.party-unknown" }
        guard book.areOfParty(roles) != (party != nil) else { return nil }
        return party == nil ? "account.party-missing" : "account.party-too-much"
    }

    /// What a party is called.
    static func title(_ key: String, _ parties: [String: String]) -> String { parties[key].map { "\($0) (\(key))" } ?? key }
}
