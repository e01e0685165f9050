internal import Database
internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Supervision

/// Tiers and classes: what holds, what waits for a second person, deciding anew, and what changed between two days.
struct TierPages: Sendable {
    let services: SupervisorServices
    private var supervision: Supervision { services.supervision }

    /// A decision and the firm it is about.
    struct Row: Sendable {
        var decision: TierDecision
        var short: String
    }

    var routes: [Route] {
        [
            .page("/tiers", .permitted(.marketRead)) { visit in try await list(visit) },
            .form("/tiers/decide", .permitted(.firmsChange)) { visit in
                guard let day = CivilDate(visit.form.text("as_of")) else { throw Failure.bad("parameter", ["name": "as_of"]) }
                let written = try await supervision.tiers.decide(asOf: day, visit.actor)
                services.hub.tell("market")
                return .see("/tiers?" + FormFields.query([("as_of", day.description), ("written", String(written.count))]))
            },
            .page("/tiers/:decision", .permitted(.firmsChange)) { visit in try await ask(visit, wrong: "") },
            .form("/tiers/:decision", .permitted(.firmsChange)) { visit in try await confirm(visit) },
        ]
    }

    /// What a decision says, in words.
    static func value(_ held: TierDecision?, _ decision: Decision, _ wording: Wording) -> String {
        guard let held else { return "—" }
        guard let value = held.value else { return wording("tiers.state.\(held.state.rawValue)") }
        return decision.values.first { $0.value == value }.map { wording($0.title) } ?? value
    }

    private func list(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let day = CivilDate(visit.query.text("as_of")) ?? visit.today
        let names = try await supervision.register.names(on: day)
        let since = CivilDate(visit.query.text("since"))
        let decisions: [TierDecision]
        if let since {
            decisions = try await supervision.tiers.changes(from: since, to: day).filter { $0.state != .notApplicable }.sorted {
                ($0.firm, $0.id) < ($1.firm, $1.id)
            }
        } else {
            decisions = try await supervision.tiers.list(on: day)
        }
        let rows = decisions.map { Row(decision: $0, short: names[$0.firm] ?? $0.firm) }
        var listing = Self.listing(supervision, visit)
        listing.kept = [("as_of", day.description)] + (since.map { [("since", $0.description)] } ?? [])
        if let export = try listing.export(rows, visit) { return export }
        return Page(visit, wording("web.tiers"), .tiers).answer { page in
            if let count = Int(visit.query.text("written")) {
                Shapes.done(wording("tiers.written", ["count": String(count)]), &page)
            }
            page.element("p", ("class", "lead"), text: "\(wording("tiers.as-of")) \(day) (\(day.rocDescription))")
            if visit.may(.firmsChange) {
                page.element("p", text: wording("tiers.decide-why"))
                Form.post("/tiers/decide", visit, &page) { page in
                    Form.Field(
                        name: "as_of", label: wording("tiers.as-of"), value: day.description, type: "date", isRequired: true,
                        limit: 10
                    ).write(&page)
                    Form.actions(wording("tiers.decide"), &page)
                }
            }
            page.element("form", ("method", "get"), ("action", "/tiers"), ("class", "filters")) { page in
                for (name, title, value) in [
                    ("since", wording("tiers.since"), since?.description ?? ""),
                    ("as_of", wording("tiers.as-of"), day.description),
                ] {
                    page.element("label") { page in
                        page.text(title)
                        page.void("input", ("type", "date"), ("name", name), ("value", value))
                    }
                }
                page.element("button", text: wording("tiers.changes"))
            }
            listing.write(rows, visit, &page)
        }
    }

    private static func listing(_ supervision: Supervision, _ visit: Visit) -> Listing<Row> {
        let wording = visit.wording
        var columns: [Listing<Row>.Column] = [
            .init("short", wording("firms.short"), { .text($0.short) }, isBefore: { $0.short.precedes($1.short) }) { row, page in
                page.element("a", ("href", "/firms/" + FormFields.encode(row.decision.firm)), text: row.short)
            }
        ]
        columns += history(supervision, visit).columns.map { column in
            var copy = Listing<Row>.Column(column.id, column.title, isNumber: column.isNumber) { column.value($0.decision) }
            if let cell = column.cell { copy.cell = { cell($0.decision, &$1) } }
            if let isBefore = column.isBefore { copy.isBefore = { isBefore($0.decision, $1.decision) } }
            copy.isShown = column.isShown
            return copy
        }
        var list = Listing<Row>(
            name: "tiers", columns: columns, text: { "\($0.short) \($0.decision.firm) \($0.decision.reason)" },
            schema: "plumbline.tiers/1")
        list.filters = supervision.decisions.map { decision in
            .init(
                id: decision.id, title: wording(decision.title), choices: decision.values.map { ($0.value, wording($0.title)) },
                matches: { $0.decision.decision == decision.id && $0.decision.value == $1 })
        }
        list.filters.append(
            .init(
                id: "status", title: wording("tiers.status"),
                choices: TierDecision.Status.allCases.map { ($0.rawValue, wording("tiers.status.\($0.rawValue)")) },
                matches: { $0.decision.status.rawValue == $1 }))
        return list
    }

    /// Decisions about one firm, as a list.
    static func history(_ supervision: Supervision, _ visit: Visit) -> Listing<TierDecision> {
        let wording = visit.wording
        let decisions = Dictionary(
            supervision.rulebook.packs.flatMap(\.decisions).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        func reason(_ row: TierDecision) -> String {
            decisions[row.decision]?.reasons[row.reason].map { wording($0) }
                ?? (TierDecision.ownReasons.contains(row.reason) ? wording("tiers.reason.\(row.reason)") : row.reason)
        }
        return Listing<TierDecision>(
            name: "decisions",
            columns: [
                .init("decision", wording("tiers.value"), { .text($0.decision) }) { row, page in
                    guard let decision = decisions[row.decision] else { return page.text(row.decision) }
                    page.text("\(wording(decision.title)): \(value(row, decision, wording))")
                },
                .exported("value", wording("tiers.value")) { $0.value.map { .text($0) } ?? Node(.null) },
                .init("status", wording("tiers.status"), { .text($0.status.rawValue) }) { row, page in
                    Shapes.badge(
                        row.status == .proposed ? "warn" : row.status == .inForce ? "good" : "",
                        wording("tiers.status.\(row.status.rawValue)"), &page)
                    if row.status == .proposed, visit.may(.firmsChange) {
                        page.element("a", ("href", "/tiers/\(row.id)"), text: wording("tiers.confirm"))
                    }
                },
                .init("reason", wording("tiers.reason"), { .text($0.reason) }) { row, page in
                    page.text(reason(row))
                    for flag in row.flags {
                        page.element(
                            "p", ("class", "badge warn"),
                            text: decisions[row.decision]?.flags[flag].map { wording($0) } ?? flag)
                    }
                },
                .init("from", wording("tiers.from"), { .text($0.from.description) }, isBefore: { $0.from < $1.from }),
                .init("as_of", wording("tiers.as-of"), { .text($0.asOf.description) }, isBefore: { $0.asOf < $1.asOf }),
                .init("decided_by", wording("tiers.by"), { .text($0.decidedBy) }),
                .init("confirmed_by", wording("tiers.confirmed"), { .text($0.confirmedBy) }),
                .exported("inputs", wording("tiers.inputs")) { $0.inputs },
                .exported("pack", wording("tiers.pack")) { .text($0.pack) },
            ],
            text: { $0.reason }, schema: "plumbline.tiers/1")
    }

    // MARK: The second person

    private func waiting(_ visit: Visit) async throws -> TierDecision {
        let number = try visit.number("decision")
        guard let decision = try await supervision.tiers.waiting().first(where: { $0.id == number }) else {
            throw Failure.notFound("decision \(number)")
        }
        return decision
    }

    private func ask(_ visit: Visit, wrong: String) async throws -> Answer {
        let wording = visit.wording
        let row = try await waiting(visit)
        let (firm, _) = try await supervision.register.firm(row.firm)
        let decision = supervision.decisions.first { $0.id == row.decision }
        var act = ActPage(
            title: "\(wording("tiers.confirm")): \(firm.name(asOf: row.asOf)?.short ?? row.firm)",
            lead: wording("tiers.confirm-why"),
            path: "/tiers/\(row.id)", button: wording("tiers.confirm"), crumbs: [(wording("web.tiers"), "/tiers")], place: .tiers,
            wrong: wrong)
        act.isDanger = false
        return act.answer(visit) { page in
            Shapes.facts(
                (row.inputs.entries ?? []).map { entry in
                    let fact = supervision.rulebook.fact("firm.\(entry.key)")
                    return (
                        fact.map { wording($0.title) } ?? entry.key,
                        entry.node.isNull ? wording("fact.unknown") : FactText.text(entry.node, fact, wording)
                    )
                } + [(wording("tiers.by"), row.decidedBy)], &page)
            for flag in row.flags {
                Shapes.notice("warn", &page) { $0.element("p", text: decision?.flags[flag].map { wording($0) } ?? flag) }
            }
            Form.select(
                "value", wording("tiers.confirm-as"), decision?.values.map { ($0.value, wording($0.title)) } ?? [],
                chosen: row.value ?? "", &page)
            Form.boxes(
                "radio", "outcome", wording("tiers.outcome"),
                [("agree", wording("tiers.agree")), ("reject", wording("tiers.reject"))], chosen: ["agree"], &page)
            Form.Field(name: "note", label: wording("tiers.note"), value: visit.form.text("note"), limit: 160).write(&page)
        }
    }

    private func confirm(_ visit: Visit) async throws -> Answer {
        let row = try await waiting(visit)
        let value = visit.form.text("value")
        do throws(SupervisionError) {
            try await supervision.tiers.confirm(
                row.id, as: value.isEmpty || value == row.value ? nil : value, isAgreed: visit.form.text("outcome") != "reject",
                note: visit.form.text("note"), visit.actor)
        } catch {
            switch error {
            case .refused: return try await ask(visit, wrong: visit.wording("tiers.same-person"))
            case .document(let error):
                return try await ask(visit, wrong: error.key == "note" ? visit.wording("tiers.note") : error.reason)
            default: throw error
            }
        }
        services.hub.tell("market")
        return .see("/firms/\(FormFields.encode(row.firm))")
    }
}
