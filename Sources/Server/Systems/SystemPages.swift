internal import Assessment
internal import Checks
internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Workspace

/// The inventory of systems, their hosts, and facts over time.
struct SystemPages: Sendable {
    let services: FirmServices
    private var workspace: Workspace { services.workspace }

    /// A row of the inventory.
    struct Row: Sendable {
        var system: SystemEntry
        var counts: [Verdict: Int]
        var newest: Instant?
        var missing: Int
        var isStray = false
    }

    var routes: [Route] {
        [
            .page("/systems", .permitted(.systemsRead)) { visit in
                let rows = try await rows()
                let list = listing(visit.wording)
                if let export = try list.export(rows, visit) { return export }
                return Page(visit, visit.wording("web.systems"), .systems).answer { page in
                    if visit.may(.systemsChange) || visit.may(.factsUpload) {
                        page.element("div", ("class", "actions")) { page in
                            if visit.may(.systemsChange) {
                                page.element(
                                    "a", ("class", "button"), ("href", "/systems/new"), text: visit.wording("system.add"))
                            }
                            if visit.may(.factsUpload) {
                                page.element(
                                    "a", ("class", "button"), ("href", "/facts/upload"), text: visit.wording("facts.upload"))
                            }
                        }
                    }
                    list.write(rows, visit, &page)
                }
            },
            .page("/systems/new", .permitted(.systemsChange)) { visit in
                let host = visit.query.text("host")
                return form(visit, SystemEntry(id: "", name: host, hosts: host.isEmpty ? [] : [host]), isNew: true, wrong: [:])
            },
            .form("/systems/new", .permitted(.systemsChange)) { visit in try await save(visit, isNew: true) },
            .page("/systems/:id", .permitted(.systemsRead)) { visit in try await show(visit) },
            .page("/systems/:id/change", .permitted(.systemsChange)) { visit in
                form(visit, try await workspace.systems.system(visit["id"]), isNew: false, wrong: [:])
            },
            .form("/systems/:id/change", .permitted(.systemsChange)) { visit in try await save(visit, isNew: false) },
            .form("/systems/:id/retire", .permitted(.systemsChange)) { visit in
                let isRetired = visit.form.text("retire") == "true"
                try await workspace.systems.retire(visit["id"], isRetired, reason: visit.form.text("reason"), visit.actor)
                try await changed("system \(isRetired ? "retired" : "restored")", visit)
                return .see("/systems/\(FormFields.encode(visit["id"]))")
            },
        ]
    }

    private func changed(_ cause: String, _ visit: Visit) async throws {
        try await workspace.boards.assess(cause: cause, visit.actor)
        services.hub.tell("board")
    }

    private func rows() async throws -> [Row] {
        var newest: [String: Instant] = [:]
        for entry in try await workspace.hosts.newest() { newest[entry.host] = entry.collected }
        var counts: [String: [Verdict: Int]] = [:]
        for standing in workspace.boards.board.standings {
            counts[standing.system, default: [:]][standing.verdict, default: 0] += 1
        }
        let systems = try await workspace.systems.all()
        var rows = systems.map { system in
            Row(
                system: system, counts: counts[system.id] ?? [:], newest: system.hosts.compactMap { newest[$0] }.min(),
                missing: system.hosts.count { newest[$0] == nil })
        }
        let known = Set(systems.flatMap(\.hosts))
        for host in newest.keys.sorted() where !known.contains(host) {
            rows.append(
                Row(
                    system: SystemEntry(id: host, name: host, hosts: [host]), counts: counts[host] ?? [:], newest: newest[host],
                    missing: 0, isStray: true))
        }
        return rows
    }

    private func listing(_ wording: Wording) -> Listing<Row> {
        var list = Listing<Row>(
            name: "systems",
            columns: [
                .init("id", wording("system.id"), { .text($0.system.id) }, isBefore: { $0.system.id < $1.system.id }) {
                    row, page in
                    let path = row.isStray ? "/hosts/" : "/systems/"
                    page.element("a", ("href", path + FormFields.encode(row.system.id)), text: row.system.id)
                    if row.isStray { page.element("span", ("class", "badge warn"), text: wording("system.stray")) }
                },
                .init("name", wording("system.name"), { .text($0.system.name) }, isBefore: { $0.system.name < $1.system.name }),
                .init(
                    "owner", wording("system.owner"), { .text($0.system.owner) }, isBefore: { $0.system.owner < $1.system.owner }),
                .init("core", wording("system.core"), { $0.system.facts["core"] ?? Node(.null) }) { row, page in
                    page.text(
                        Self.yesOrNo(row.system.facts["core"]).map { wording($0 ? Say.yes : .no) } ?? wording("fact.unknown"))
                },
                .init("hosts", wording("system.hosts"), { .texts($0.system.hosts) }),
                .init("collected", wording("system.oldest"), { $0.newest.map { .text($0.description) } ?? Node(.null) }) {
                    row, page in
                    page.text(row.newest.map { $0.text(in: .taipei) } ?? "—")
                    if row.missing > 0 {
                        page.element(
                            "span", ("class", "badge bad"), text: wording("system.missing", ["count": String(row.missing)]))
                    }
                },
                .init(
                    "non_compliant", wording(Verdict.nonCompliant), isNumber: true,
                    { .integer($0.counts[.nonCompliant, default: 0]) }
                ) {
                    $0.counts[.nonCompliant, default: 0] < $1.counts[.nonCompliant, default: 0]
                } cell: { row, page in
                    page.element(
                        "a",
                        ("href", "/obligations?" + FormFields.query([("system", row.system.id), ("verdict", "non-compliant")])),
                        text: String(row.counts[.nonCompliant, default: 0]))
                },
                .init(
                    "undetermined", wording(Verdict.undetermined), isNumber: true,
                    { .integer($0.counts[.undetermined, default: 0]) }
                ) {
                    $0.counts[.undetermined, default: 0] < $1.counts[.undetermined, default: 0]
                },
                .init(
                    "recovery_time", "RTO (min)", isNumber: true, { $0.system.recoveryTime.map { .integer($0) } ?? Node(.null) }),
                .init(
                    "recovery_point", "RPO (min)", isNumber: true, { $0.system.recoveryPoint.map { .integer($0) } ?? Node(.null) }
                ),
            ],
            text: {
                "\($0.system.id) \($0.system.name) \($0.system.owner) \($0.system.kind) \($0.system.hosts.joined(separator: " "))"
            },
            schema: "plumbline.systems/1")
        list.filters = [
            .init(
                id: "core", title: wording("system.core"), choices: [("true", wording("say.yes")), ("false", wording("say.no"))]
            ) {
                Self.yesOrNo($0.system.facts["core"]).map { "\($0)" } == $1
            }
        ]
        return list
    }

    /// Whether a fact says yes. Not inlined: Swift 6.3.1 stops with an error of its optimiser where the look into a node lands in a closure.
    @inline(never)
    static func yesOrNo(_ node: Node?) -> Bool? { node?.bool }

    // MARK: One system

    private func show(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let system = try await workspace.systems.system(visit["id"])
        var hosts: [(String, FactsEntry?)] = []
        for host in system.hosts { hosts.append((host, try await workspace.hosts.history(host, limit: 1).first)) }
        let standings = workspace.boards.board.standings.filter { $0.system == system.id }
        let definitions = FactForm.all(workspace.rulebook, ofFirm: false)
        var page = Page(visit, system.name, .systems)
        page.crumbs = [(wording("web.systems"), "/systems")]
        page.live = "board"
        return page.answer { page in
            if system.retired != nil { Shapes.notice("warn", &page) { $0.element("p", text: wording("system.retired")) } }
            var counts: [Verdict: Int] = [:]
            for standing in standings { counts[standing.verdict, default: 0] += 1 }
            counts[.notApplicable] = nil
            Shapes.bar(counts, wording, &page)
            page.element("p") { page in
                page.element(
                    "a", ("href", "/obligations?" + FormFields.query([("system", system.id)])),
                    text: wording("system.obligations"))
            }
            Shapes.facts(
                [
                    (wording("system.id"), system.id), (wording("system.kind"), system.kind),
                    (wording("system.owner"), system.owner),
                    ("RTO", system.recoveryTime.map { "\($0) min" } ?? wording("fact.unknown")),
                    ("RPO", system.recoveryPoint.map { "\($0) min" } ?? wording("fact.unknown")),
                ] + definitions.map { fact in (wording(fact.title), text(system.facts[fact.name], fact, wording)) }, &page)
            page.element("h2", text: wording("system.hosts"))
            page.element("ul") { page in
                for (host, entry) in hosts {
                    page.element("li") { page in
                        page.element("a", ("href", "/hosts/\(FormFields.encode(host))"), text: host)
                        page.text(
                            " "
                                + (entry.map { "\($0.system) · \(wording("report.collected")) \($0.collected.text(in: .taipei))" }
                                    ?? wording("reason.host-missing")))
                    }
                }
            }
            guard visit.may(.systemsChange) else { return }
            page.element("div", ("class", "actions")) { page in
                page.element(
                    "a", ("class", "button"), ("href", "/systems/\(FormFields.encode(system.id))/change"),
                    text: wording("web.change"))
                Form.post("/systems/\(FormFields.encode(system.id))/retire", visit, &page) { page in
                    page.void(
                        "input", ("type", "hidden"), ("name", "retire"), ("value", system.retired == nil ? "true" : "false"))
                    page.element("button", text: wording(system.retired == nil ? "system.retire" : "system.restore"))
                }
            }
        }
    }

    private func text(_ value: Node?, _ fact: FactDefinition, _ wording: Wording) -> String {
        guard let value else { return wording("fact.unknown") }
        if let bool = Self.yesOrNo(value) { return wording(bool ? Say.yes : .no) }
        if let choice = fact.choices.first(where: { $0.value == value.text }) { return wording(choice.title) }
        return value.plainText
    }

    // MARK: The form

    private func form(_ visit: Visit, _ system: SystemEntry, isNew: Bool, wrong: [String: String]) -> Answer {
        let wording = visit.wording
        var page = Page(visit, wording(isNew ? "system.add" : "system.change"), .systems)
        page.crumbs = [(wording("web.systems"), "/systems")]
        page.isNarrow = true
        return page.answer { page in
            if !wrong.isEmpty { Shapes.notice("bad", &page) { $0.element("p", ("role", "alert"), text: wording("error.form")) } }
            Form.post(isNew ? "/systems/new" : "/systems/\(FormFields.encode(system.id))/change", visit, &page) { page in
                if isNew {
                    Form.Field(
                        name: "id", label: wording("system.id"), hint: wording("system.id-hint"), value: system.id,
                        wrong: wrong["id"] ?? "",
                        isRequired: true, limit: 63, isFocused: true
                    ).write(&page)
                }
                for (name, value, isRequired) in [
                    ("name", system.name, true), ("kind", system.kind, false), ("owner", system.owner, false),
                ] {
                    Form.Field(
                        name: name, label: wording("system.\(name)"), value: value, wrong: wrong[name] ?? "",
                        isRequired: isRequired
                    ).write(&page)
                }
                Form.Field(
                    name: "hosts", label: wording("system.hosts"), hint: wording("system.hosts-hint"),
                    value: system.hosts.joined(separator: " "), wrong: wrong["hosts"] ?? "", limit: 8_000
                ).write(&page)
                for (name, label, value) in [
                    ("recovery_time", "RTO", system.recoveryTime), ("recovery_point", "RPO", system.recoveryPoint),
                ] {
                    Form.Field(
                        name: name, label: wording("system.minutes", ["name": label]), value: value.map { "\($0)" } ?? "",
                        wrong: wrong[name] ?? "", mode: "numeric", limit: 9
                    ).write(&page)
                }
                FactForm(facts: FactForm.all(workspace.rulebook, ofFirm: false), wording: wording).write(
                    system.facts, wrong: wrong, &page)
                Form.actions(wording("web.save"), cancel: (wording("web.cancel"), "/systems"), &page)
            }
        }
    }

    private func save(_ visit: Visit, isNew: Bool) async throws -> Answer {
        var system = SystemEntry(id: isNew ? visit.form.text("id") : visit["id"], name: visit.form.text("name"))
        (system.kind, system.owner) = (visit.form.text("kind"), visit.form.text("owner"))
        system.hosts = visit.form.text("hosts").split(whereSeparator: { $0.isWhitespace || $0 == "," }).map(String.init)
        var (facts, wrong) = FactForm(facts: FactForm.all(workspace.rulebook, ofFirm: false), wording: visit.wording).read(
            visit.form)
        for name in ["recovery_time", "recovery_point"] where !visit.form.text(name).isEmpty && Int(visit.form.text(name)) == nil
        {
            wrong[name] = visit.wording("web.number")
        }
        (system.recoveryTime, system.recoveryPoint) = (
            Int(visit.form.text("recovery_time")), Int(visit.form.text("recovery_point"))
        )
        // Facts that no form shows stay as they are.
        if !isNew {
            for (key, value) in try await workspace.systems.system(system.id).facts
            where workspace.rulebook.fact("system.\(key)") == nil { facts[key] = value }
        }
        system.facts = facts
        guard wrong.isEmpty else { return form(visit, system, isNew: isNew, wrong: wrong) }
        if let refused = try await refusal(system, isNew: isNew, visit) {
            return form(visit, system, isNew: isNew, wrong: refused)
        }
        try await changed(isNew ? "system added" : "system changed", visit)
        return .see("/systems/\(FormFields.encode(system.id))")
    }

    /// Saves; gives what was wrong, by field, when it was refused.
    private func refusal(_ system: SystemEntry, isNew: Bool, _ visit: Visit) async throws -> [String: String]? {
        do {
            try await workspace.systems.save(system, isNew: isNew, visit.actor)
            return nil
        } catch {
            switch error {
            case .document(let error): return [error.key.split(separator: ".").last.map(String.init) ?? "": error.reason]
            case .conflict(let reason): return ["id": reason]
            default: throw error
            }
        }
    }
}
