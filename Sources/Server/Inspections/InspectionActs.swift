internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Supervision

/// What is done in an inspection, each on a page of its own: beginning it, answering a row, findings, signing, what follows, closing.
struct InspectionActs: Sendable {
    let services: SupervisorServices
    private var store: InspectionStore { services.supervision.inspections }

    var routes: [Route] { whole + rows + findings }

    /// Lets something happen and leads back to the inspection.
    private func apply(_ event: Inspection.Event, _ visit: Visit) async throws -> String {
        let id = try visit.number("id")
        try await store.cases.apply(event, to: id, visit.actor)
        services.hub.tell("inspections")
        return "/inspections/\(id)"
    }

    private func find(_ visit: Visit) async throws -> Inspection { try await store.cases.find(try visit.number("id")) }

    private func form(
        _ name: String, _ visit: Visit, path: String, lead: String = "", isDanger: Bool = false, _ fields: [EntryForm.Field]
    ) throws(Failure) -> EntryForm {
        let (wording, id) = (visit.wording, try visit.number("id"))
        return EntryForm(
            title: wording("inspections.\(name)"), lead: lead, path: "/inspections/\(id)/\(path)",
            button: wording("inspections.\(name)"),
            crumbs: [(wording("web.inspections"), "/inspections"), ("#\(id)", "/inspections/\(id)")], place: .inspections,
            fields: fields, isDanger: isDanger)
    }

    // MARK: The inspection as a whole

    private var whole: [Route] {
        let services = services.common
        return services.entry(
            "/inspections/:id/begin", .inspectionsChange,
            { visit in
                _ = try await find(visit)
                return try form(
                    "begin", visit, path: "begin", lead: visit.wording("inspections.begin-why"),
                    [.init("day", visit.wording("inspections.begun"), .day, value: "\(visit.today)", isRequired: true)])
            },
            { visit, reader in
                let day = reader.day("day")
                let wanted = reader.need(day, "day", or: visit.today)
                reader.demand(wanted <= visit.today, "day", .tooEarly)
                try reader.finish()
                let id = try visit.number("id")
                try await store.begin(id, on: wanted, visit.actor)
                return "/inspections/\(id)"
            })
            + services.entry(
                "/inspections/:id/sign", .inspectionsChange,
                { visit in
                    _ = try await find(visit)
                    return try form(
                        "sign", visit, path: "sign", lead: visit.wording("inspections.sign-why"),
                        [.init("conclusion", visit.wording("inspections.conclusion"), .area, isRequired: true)])
                },
                { visit, reader in
                    let id = try visit.number("id")
                    try await store.sign(id, conclusion: reader.text("conclusion"), visit.actor)
                    return "/inspections/\(id)"
                })
            + services.entry(
                "/inspections/:id/close", .inspectionsChange,
                { visit in
                    _ = try await find(visit)
                    return try form(
                        "close", visit, path: "close", lead: visit.wording("inspections.close-why"),
                        [.init("note", visit.wording("followups.note"), .area)])
                }, { visit, reader in try await apply(.close(note: reader.text("note")), visit) })
            + services.entry(
                "/inspections/:id/cancel", .inspectionsChange,
                { visit in
                    _ = try await find(visit)
                    return try form(
                        "cancel", visit, path: "cancel", isDanger: true,
                        [.init("reason", visit.wording("act.reason"), .area, isRequired: true)])
                }, { visit, reader in try await apply(.cancel(reason: reader.text("reason")), visit) })
    }

    // MARK: The checklist

    private var rows: [Route] {
        services.common.entry(
            "/inspections/:id/rows/:clause", .inspectionsChange, { visit in try await row(visit) },
            { visit, reader in
                let answer: Inspection.Answer? = reader.choice("answer")
                let chosen = reader.need(answer, "answer", or: .notLooked, .unknown)
                try reader.finish()
                let clause = visit["clause"]
                let path = try await apply(
                    .answer(clause: clause, answer: chosen, note: reader.text("note"), evidence: reader.text("evidence")), visit)
                // A finding is written down at once; otherwise the next row that nobody answered waits.
                let inspection = try await find(visit)
                if chosen == .finding, !inspection.standing.contains(where: { $0.clause == clause }) {
                    return "\(path)/find?" + FormFields.query([("clause", clause)])
                }
                let next = inspection.rows.first { $0.answer == nil }
                return next.map { "\(path)/rows/\(FormFields.encode($0.clause))" } ?? path
            })
            + services.common.entry(
                "/inspections/:id/find", .inspectionsChange, { visit in try await finding(visit) },
                { visit, reader in
                    let id = try visit.number("id")
                    try await store.find(
                        id, clause: reader.text("clause"), severity: reader.text("severity"), text: reader.text("text"),
                        visit.actor)
                    return "/inspections/\(id)"
                })
    }

    private func row(_ visit: Visit) async throws -> EntryForm {
        let (wording, inspection) = (visit.wording, try await find(visit))
        guard let row = inspection.rows.first(where: { $0.clause == visit["clause"] }) else { throw Failure.notFound("row") }
        let clause = services.supervision.rulebook.clause(row.clause)
        let hints = InspectionPage.hints(row.clause, services.supervision.rulebook, wording).joined(separator: "；")
        return try form(
            "answer", visit, path: "rows/\(FormFields.encode(row.clause))",
            lead: "\(row.clause) \(clause.map { "\(wording($0.title))：\(wording($0.requirement))" } ?? "") \(hints)",
            [
                .init(
                    "answer", wording("inspections.answer"),
                    .choice(Inspection.Answer.allCases.map { ($0.rawValue, wording("inspections.answer.\($0.rawValue)")) }),
                    value: row.answer?.rawValue ?? "conforming", isRequired: true),
                .init("note", wording("followups.note"), .area, value: row.note, hint: wording("inspections.note-hint")),
                .init(
                    "evidence", wording("inspections.evidence"), value: row.evidence, hint: wording("inspections.evidence-hint")),
            ])
    }

    private func finding(_ visit: Visit) async throws -> EntryForm {
        let (wording, inspection) = (visit.wording, try await find(visit))
        let rulebook = services.supervision.rulebook
        let rows: [Form.Choice] = inspection.rows.map { row in
            (row.clause, "\(row.clause) \(rulebook.clause(row.clause).map { wording($0.title) } ?? "")")
        }
        return try form(
            "find", visit, path: "find",
            [
                .init(
                    "clause", wording("followups.item"), .choice([("", "—")] + rows), value: visit.query.text("clause")),
                .init(
                    "severity", wording("inspections.severity"),
                    .choice(store.policy.severities.map { ($0.id, wording($0.title)) }), isRequired: true),
                .init("text", wording("inspections.finding-text"), .area, isRequired: true),
            ])
    }

    // MARK: Findings

    private func finding(_ name: String, _ fields: @escaping @Sendable (Visit, Inspection.Finding) -> [EntryForm.Field])
        -> @Sendable (Visit) async throws -> EntryForm
    {
        { visit in
            let inspection = try await find(visit)
            let number = try visit.number("number")
            guard let finding = inspection.standing.first(where: { Int64($0.number) == number }) else {
                throw Failure.notFound("finding \(number)")
            }
            return try form(name, visit, path: "findings/\(number)/\(name)", lead: finding.text, fields(visit, finding))
        }
    }

    private var findings: [Route] {
        let services = services.common
        @Sendable func number(_ visit: Visit) throws(Failure) -> Int { Int(try visit.number("number")) }
        return services.entry(
            "/inspections/:id/findings/:number/strike", .inspectionsChange,
            finding("strike") { visit, _ in [.init("reason", visit.wording("act.reason"), .area, isRequired: true)] },
            { visit, reader in
                try await apply(.strike(finding: try number(visit), reason: reader.text("reason")), visit)
            })
            + services.entry(
                "/inspections/:id/findings/:number/respond", .inspectionsChange,
                finding("respond") { visit, finding in
                    [.init("response", visit.wording("inspections.response"), .area, value: finding.response, isRequired: true)]
                },
                { visit, reader in
                    try await apply(.respond(finding: try number(visit), text: reader.text("response")), visit)
                })
            + services.entry(
                "/inspections/:id/findings/:number/agree", .inspectionsChange,
                finding("agree") { visit, _ in ActionForm.agreement(visit.wording) },
                { visit, reader in
                    let agreement = try ActionForm.readAgreement(visit, &reader)
                    return try await apply(.agree(finding: try number(visit), agreement), visit)
                })
            + services.entry(
                "/inspections/:id/findings/:number/settle", .inspectionsChange,
                finding("settle") { visit, finding in
                    let states: [Inspection.Finding.State] = finding.state == .open ? [.closed, .accepted] : [.open]
                    return [
                        .init(
                            "state", visit.wording("inspections.state"),
                            .choice(states.map { ($0.rawValue, visit.wording("inspections.finding.\($0.rawValue)")) }),
                            isRequired: true),
                        .init("reason", visit.wording("act.reason"), .area, isRequired: true),
                    ]
                },
                { visit, reader in
                    let state: Inspection.Finding.State? = reader.choice("state")
                    let chosen = reader.need(state, "state", or: .open, .unknown)
                    try reader.finish()
                    return try await apply(.settle(finding: try number(visit), as: chosen, reason: reader.text("reason")), visit)
                })
            + services.entry(
                "/inspections/:id/actions/:action", .inspectionsChange,
                { visit in
                    let action = try ActionForm.find(visit, in: try await find(visit).actions)
                    return try form(
                        "say", visit, path: "actions/\(action.number)", lead: action.what, ActionForm.word(action, visit.wording))
                },
                { visit, reader in
                    let action = try ActionForm.find(visit, in: try await find(visit).actions)
                    let word = try ActionForm.readWord(action, visit, &reader)
                    return try await apply(.say(action: action.number, word), visit)
                })
    }
}
