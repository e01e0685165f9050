internal import Checks
internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Workspace

/// The first run of a firm: the firm's facts, what binds it, a look at this host.
struct FirmSetUpPages: Sendable {
    let services: FirmServices
    private var frame: SetUpFrame {
        SetUpFrame(
            services: services.common, steps: ["link", "firm", "binding", "people", "ready"],
            worker: ("officer", RoleName(rawValue: "officer")))
    }

    var routes: [Route] {
        frame.routes + [
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
        ]
    }

    // MARK: The firm

    static func facts(_ document: Node?) -> [String: Node] {
        Dictionary((document?["firm"]?.entries ?? []).map { ($0.key, $0.node) }) { first, _ in first }
    }

    private func firm(_ visit: Visit, name: String, values: [String: Node], wrong: [String: String]) -> Answer {
        let wording = visit.wording
        return frame.page(visit, "setup.firm-title").answer { page in
            frame.steps("firm", wording, &page)
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
        return frame.page(visit, "setup.binding-title").answer { page in
            frame.steps("binding", wording, &page)
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
}
