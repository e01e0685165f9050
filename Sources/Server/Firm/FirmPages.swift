internal import Assessment
internal import Documents
internal import HTML
internal import Identity
internal import Reports
internal import Rulebook
internal import Workspace

/// The firm's profile: tier and class with reasons, what another answer would change, and every earlier version.
struct FirmPages: Sendable {
    let services: FirmServices
    private var workspace: Workspace { services.workspace }

    var routes: [Route] {
        [
            .page("/firm", .permitted(.firmRead)) { visit in try await show(visit) },
            .page("/firm/what-if", .permitted(.firmRead)) { visit in try await whatIf(visit) },
            .page("/firm/change", .permitted(.firmChange)) { visit in
                guard let current = try await workspace.firm.current() else { throw Failure.notFound() }
                return form(visit, current, FirmSetUpPages.facts(current.document), wrong: [:])
            },
            .form("/firm/change", .permitted(.firmChange)) { visit in try await change(visit) },
        ]
    }

    private func show(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        guard let current = try await workspace.firm.current(), let scene = try await workspace.boards.scene() else {
            throw Failure.notFound("no profile")
        }
        let history = try await workspace.firm.history()
        let facts = FirmSetUpPages.facts(current.document)
        return Page(visit, current.document["name"]?.text ?? wording("web.firm"), .firm).answer { page in
            page.element(
                "p", ("class", "lead"),
                text: "\(wording("report.as-of")) \(scene.obligations.asOf) (\(scene.obligations.asOf.rocDescription))")
            DecisionPanel.write(scene.obligations, wording, &page)
            page.element("div", ("class", "actions")) { page in
                page.element("a", ("class", "button primary"), ("href", "/firm/what-if"), text: wording("firm.what-if"))
                if visit.may(.firmChange) {
                    page.element("a", ("class", "button"), ("href", "/firm/change"), text: wording("web.change"))
                }
            }
            page.element("h2", text: wording("firm.facts"))
            Shapes.facts(
                FactForm.all(workspace.rulebook, ofFirm: true).map { fact in
                    let assumed = scene.profile.assumed.contains(fact.key)
                    let value = facts[fact.name] ?? (assumed ? scene.profile.firm[fact.name] : nil)
                    return (
                        wording(fact.title), Self.text(value, fact, wording) + (assumed ? " (\(wording("firm.assumed")))" : "")
                    )
                }, &page)
            page.element("h2", text: wording("firm.history"))
            page.element("ul") { page in
                for version in history {
                    page.element(
                        "li",
                        text:
                            "\(version.version) · \(Instant(seconds: version.changed / 1_000_000).text(in: .taipei)) · \(version.by) · \(version.reason)"
                    )
                }
            }
        }
    }

    static func text(_ value: Node?, _ fact: FactDefinition, _ wording: Wording) -> String {
        guard let value else { return wording("fact.unknown") }
        if let bool = SystemPages.yesOrNo(value) { return wording(bool ? Say.yes : .no) }
        func title(_ value: String) -> String { fact.choices.first { $0.value == value }.map { wording($0.title) } ?? value }
        if let items = value.list {
            return items.compactMap(\.text).map(title).joined(separator: wording("report.list-separator"))
        }
        return value.text.map(title) ?? value.plainText + (fact.unit.map { " \($0.rawValue)" } ?? "")
    }

    // MARK: What if

    private func whatIf(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        guard let current = try await workspace.firm.current(), let before = try await workspace.boards.scene() else {
            throw Failure.notFound("no profile")
        }
        let form = FactForm(facts: FactForm.questions(workspace.rulebook, ofFirm: true), wording: wording)
        let isAsked = !visit.query.all.isEmpty
        let (tried, wrong) = isAsked ? form.read(visit.query) : (FirmSetUpPages.facts(current.document), [:])
        var after: BoardKeeper.Scene?
        if isAsked, wrong.isEmpty {
            after = try await workspace.boards.scene(trying: Self.document(current.document, firm: tried))
        }
        var page = Page(visit, wording("firm.what-if"), .firm)
        page.crumbs = [(wording("web.firm"), "/firm")]
        return page.answer { page in
            page.element("p", ("class", "lead"), text: wording("firm.what-if-why"))
            if let after { difference(before.obligations, after.obligations, wording, &page) }
            page.element("form", ("method", "get"), ("action", "/firm/what-if"), ("class", "narrow")) { page in
                form.write(tried, wrong: wrong, &page)
                page.void("input", ("type", "hidden"), ("name", "try"), ("value", "1"))
                Form.actions(wording("firm.try"), cancel: (wording("web.back"), "/firm"), &page)
            }
        }
    }

    private func difference(_ before: ObligationSet, _ after: ObligationSet, _ wording: Wording, _ page: inout HTMLWriter) {
        page.element("h2", text: wording("tier.after"))
        DecisionPanel.write(after, wording, &page)
        let changes = ObligationDifference(from: before, to: after).changes
        page.element(
            "h2", text: changes.isEmpty ? wording("tier.no-changes") : wording("tier.changes", ["count": String(changes.count)]))
        guard !changes.isEmpty else { return }
        page.element("div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", wording("firm.what-if"))) {
            page in
            page.element("table") { page in
                page.element("tbody") { page in
                    for change in changes {
                        page.element("tr") { page in
                            page.element("th", ("scope", "row")) {
                                $0.element("a", ("href", "/clauses/\(change.clause)"), text: change.clause)
                            }
                            page.element("td", text: wording("change.\(change.kind.rawValue)"))
                            page.element("td", text: before.rulebook.clause(change.clause).map { wording($0.title) } ?? "")
                            page.element("td", text: change.system ?? wording("report.whole-firm"))
                        }
                    }
                }
            }
        }
    }

    /// The document with other facts of the firm.
    static func document(_ old: Node, firm: [String: Node]) -> Node {
        .object(
            (old.entries ?? []).filter { $0.key != "firm" }.map { ($0.key, $0.node) }
                + [("firm", .object(firm.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))])
    }

    // MARK: Change

    private func form(_ visit: Visit, _ current: FirmVersion, _ values: [String: Node], wrong: [String: String]) -> Answer {
        let wording = visit.wording
        var page = Page(visit, wording("firm.change"), .firm)
        page.crumbs = [(wording("web.firm"), "/firm")]
        page.isNarrow = true
        return page.answer { page in
            if !wrong.isEmpty {
                Shapes.notice("bad", &page) { $0.element("p", ("role", "alert"), text: wrong[""] ?? wording("error.form")) }
            }
            Form.post("/firm/change", visit, &page) { page in
                page.void("input", ("type", "hidden"), ("name", "version"), ("value", String(current.version)))
                FactForm(facts: FactForm.all(workspace.rulebook, ofFirm: true), wording: wording).write(
                    values, wrong: wrong, &page)
                Form.Field(
                    name: "reason", label: wording("firm.reason"), value: visit.form.text("reason"), wrong: wrong["reason"] ?? "",
                    isRequired: true
                ).write(&page)
                Form.actions(wording("web.save"), cancel: (wording("web.cancel"), "/firm"), &page)
            }
        }
    }

    private func change(_ visit: Visit) async throws -> Answer {
        guard let current = try await workspace.firm.current() else { throw Failure.notFound() }
        let read = FactForm(facts: FactForm.all(workspace.rulebook, ofFirm: true), wording: visit.wording).read(visit.form)
        let reason = visit.form.text("reason")
        var wrong = read.wrong
        if reason.isEmpty { wrong["reason"] = visit.wording("web.required") }
        guard wrong.isEmpty else { return form(visit, current, read.values, wrong: wrong) }
        if let conflict = try await decide(Self.document(current.document, firm: read.values), reason, visit) {
            return form(visit, current, read.values, wrong: ["": conflict])
        }
        try await workspace.boards.assess(cause: "profile changed", visit.actor)
        services.hub.tell("board")
        return .see("/firm")
    }

    /// Decides; gives what stood in the way when somebody else was faster.
    private func decide(_ document: Node, _ reason: String, _ visit: Visit) async throws -> String? {
        do {
            _ = try await workspace.firm.decide(
                document, after: Int(visit.form.text("version")) ?? 0, reason: reason, visit.actor)
            return nil
        } catch {
            guard case .conflict(let what) = error else { throw error }
            return what
        }
    }
}
