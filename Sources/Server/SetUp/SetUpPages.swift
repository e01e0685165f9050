internal import Checks
internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Workspace

/// The first run: the one-time link, the firm's facts, what binds it, a look at this host, and the first two accounts.
struct SetUpPages: Sendable {
    let services: Services
    private static let steps = ["link", "firm", "binding", "people", "ready"]

    var routes: [Route] {
        [
            .page("/setup", .anyone(because: "the link's secret is shown here first")) { visit in
                guard try await services.identity.setup.isNeeded() else { return .see("/sign-in") }
                return link(visit, wrong: false)
            },
            .form("/setup", .anyone(because: "the link's secret is shown here first")) { visit in
                let ticket = visit.form.text("ticket")
                guard try await services.identity.setup.isValid(ticket, client: visit.client) else {
                    return link(visit, wrong: true)
                }
                var answer = Answer.see("/setup/firm")
                answer.setCookie(Cookie.set(Cookie.setup, ticket, seconds: 3_600))
                return answer
            },
            .page("/setup/firm", .setUp) { visit in
                let current = try await services.workspace.firm.current()
                return firm(visit, name: current?.document["name"]?.text ?? "", values: Self.facts(current?.document), wrong: [:])
            },
            .form("/setup/firm", .setUp) { visit in try await saveFirm(visit) },
            .page("/setup/binding", .setUp) { visit in try await binding(visit) },
            .form("/setup/collect", .setUp) { visit in
                try await collect(visit)
                return .see("/setup/people")
            },
            .page("/setup/people", .setUp) { visit in people(visit, wrong: "") },
            .form("/setup/people", .setUp) { visit in try await makePeople(visit) },
        ]
    }

    private func page(_ visit: Visit, _ title: String) -> Page {
        var page = Page(visit, visit.wording(title))
        page.isNarrow = true
        return page
    }

    private func steps(_ current: String, _ wording: Wording, _ page: inout HTMLWriter) {
        page.element("ol", ("class", "steps")) { page in
            for (number, step) in Self.steps.enumerated() {
                page.element(
                    "li", ("aria-current", step == current ? "step" : nil), text: "\(number + 1) \(wording("setup.step-\(step)"))"
                )
            }
        }
    }

    private func link(_ visit: Visit, wrong: Bool) -> Answer {
        page(visit, "setup.title").answer { page in
            steps("link", visit.wording, &page)
            page.element("p", ("class", "lead"), text: visit.wording("setup.link-why"))
            if wrong {
                Shapes.notice("bad", &page) { $0.element("p", ("role", "alert"), text: visit.wording("setup.link-wrong")) }
            }
            Form.post("/setup", visit, &page) { page in
                Form.Field(
                    name: "ticket", label: visit.wording("setup.ticket"), hint: visit.wording("setup.ticket-hint"),
                    isRequired: true,
                    limit: 200, isFocused: true
                ).write(&page)
                Form.actions(visit.wording("web.continue"), &page)
            }
        }
    }

    // MARK: The firm

    static func facts(_ document: Node?) -> [String: Node] {
        Dictionary((document?["firm"]?.entries ?? []).map { ($0.key, $0.node) }) { first, _ in first }
    }

    private func firm(_ visit: Visit, name: String, values: [String: Node], wrong: [String: String]) -> Answer {
        let wording = visit.wording
        return page(visit, "setup.firm-title").answer { page in
            steps("firm", wording, &page)
            page.element("p", ("class", "lead"), text: wording("setup.firm-why"))
            if !wrong.isEmpty { Shapes.notice("bad", &page) { $0.element("p", ("role", "alert"), text: wording("error.form")) } }
            Form.post("/setup/firm", visit, &page) { page in
                Form.Field(
                    name: "name", label: wording("firm.name"), value: name, wrong: wrong["name"] ?? "", isRequired: true,
                    limit: 200,
                    isFocused: true
                ).write(&page)
                FactForm(facts: FactForm.questions(services.workspace.rulebook, ofFirm: true), wording: wording)
                    .write(values, wrong: wrong, &page)
                Form.actions(wording("web.continue"), &page)
            }
        }
    }

    private func saveFirm(_ visit: Visit) async throws -> Answer {
        let questions = FactForm.questions(services.workspace.rulebook, ofFirm: true)
        var (values, wrong) = FactForm(facts: questions, wording: visit.wording).read(visit.form)
        let name = visit.form.text("name")
        if name.isEmpty { wrong["name"] = visit.wording("web.required") }
        guard wrong.isEmpty else { return firm(visit, name: name, values: values, wrong: wrong) }
        let current = try await services.workspace.firm.current()
        for (key, value) in Self.facts(current?.document) where !questions.contains(where: { $0.name == key }) {
            values[key] = value
        }
        let document: Node = .object([
            ("schema", .text(Profile.schema)), ("name", .text(name)),
            ("firm", .object(values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })),
        ])
        _ = try await services.workspace.firm.decide(
            document, after: current?.version ?? 0, reason: "first run", visit.actor)
        return .see("/setup/binding")
    }

    private func binding(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        guard let scene = try await services.workspace.boards.scene() else { return .see("/setup/firm") }
        return page(visit, "setup.binding-title").answer { page in
            steps("binding", wording, &page)
            page.element("p", ("class", "lead"), text: wording("setup.binding-why"))
            DecisionPanel.write(scene.obligations, wording, &page)
            if !scene.profile.assumed.isEmpty {
                Shapes.notice("warn", &page) { page in
                    let names = scene.profile.assumed.sorted().map { key in
                        services.workspace.rulebook.fact(key).map { wording($0.title) } ?? key
                    }
                    page.element(
                        "p", text: wording("setup.assumed", ["facts": names.joined(separator: wording("report.list-separator"))]))
                }
            }
            page.element("p", text: wording("setup.collect-why"))
            Form.post("/setup/collect", visit, &page) { page in
                Form.actions(wording("setup.collect"), cancel: (wording("web.back"), "/setup/firm"), &page)
            }
        }
    }

    private func collect(_ visit: Visit) async throws {
        let facts = try await services.collect()
        _ = try await services.workspace.hosts.keep(facts, origin: "this host", visit.actor)
        let id = facts.host.lowercased().map { SystemEntry.isIdentifier(String($0)) || $0 == "-" ? String($0) : "-" }.joined()
        let entry = SystemEntry(
            id: SystemEntry.isIdentifier(id) ? id : "this-host", name: facts.host, kind: facts.system, hosts: [facts.host])
        do {
            try await services.workspace.systems.save(entry, isNew: true, visit.actor)
        } catch {
            // The wizard was gone through twice: the system is there.
            guard case .conflict = error else { throw error }
        }
        try await services.workspace.boards.assess(cause: "first run", visit.actor)
    }

    // MARK: The first people

    private func people(_ visit: Visit, wrong: String) -> Answer {
        let wording = visit.wording
        return page(visit, "setup.people-title").answer { page in
            steps("people", wording, &page)
            page.element("p", ("class", "lead"), text: wording("setup.people-why"))
            if !wrong.isEmpty { Shapes.notice("bad", &page) { $0.element("p", ("role", "alert"), text: wrong) } }
            Form.post("/setup/people", visit, &page) { page in
                for kind in ["officer", "administrator"] {
                    page.element("h2", text: wording("setup.\(kind)"))
                    page.element("p", ("class", "lead"), text: wording("setup.\(kind)-why"))
                    for field in ["display", "person", "name"] {
                        Form.Field(
                            name: "\(kind).\(field)", label: wording("account.\(field)"), hint: wording("account.\(field)-hint"),
                            value: visit.form.text("\(kind).\(field)"), isRequired: true, limit: 100
                        ).write(&page)
                    }
                }
                Form.actions(wording("setup.make"), &page)
            }
        }
    }

    private func makePeople(_ visit: Visit) async throws -> Answer {
        func person(_ kind: String) -> NewPerson? {
            AccountName(visit.form.text("\(kind).name")).map {
                NewPerson(name: $0, person: visit.form.text("\(kind).person"), displayName: visit.form.text("\(kind).display"))
            }
        }
        guard let officer = person("officer"), let administrator = person("administrator") else {
            return people(visit, wrong: visit.wording("account.name-wrong"))
        }
        let role = RoleName(rawValue: services.identity.configuration.side == .firm ? "officer" : "examiner")
        do {
            let made = try await services.identity.setup.finish(
                visit.cookie(Cookie.setup) ?? "", administrator: administrator, worker: officer, role: role, client: visit.client)
            var answer = ready(visit, made)
            answer.setCookie(Cookie.remove(Cookie.setup))
            return answer
        } catch {
            guard error.code == .badInput || error.code == .taken else { throw error }
            return people(visit, wrong: error.reason)
        }
    }

    private func ready(_ visit: Visit, _ made: [(person: NewPerson, password: InitialPassword)]) -> Answer {
        let wording = visit.wording
        return page(visit, "setup.ready-title").answer { page in
            steps("ready", wording, &page)
            page.element("p", ("class", "lead"), text: wording("setup.ready-why"))
            for (person, password) in made {
                InitialPasswordPage.card(visit, name: person.name, displayName: person.displayName, password, &page)
            }
            page.element("div", ("class", "actions")) { page in
                page.element("a", ("class", "button primary"), ("href", "/sign-in"), text: wording("sign-in.title"))
                page.element("button", ("type", "button"), ("data-print", ""), ("hidden", ""), text: wording("web.print"))
            }
        }
    }
}
