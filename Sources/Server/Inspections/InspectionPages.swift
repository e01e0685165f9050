internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Supervision

/// Inspections: the year's plan with who should be inspected and why, all inspections, and planning one.
struct InspectionPages: Sendable {
    let services: SupervisorServices
    private var store: InspectionStore { services.supervision.inspections }

    var routes: [Route] {
        [
            .page("/inspections", .permitted(.marketRead)) { visit in try await list(visit) },
            .page("/inspections/plan", .permitted(.marketRead)) { visit in try await ranking(visit) },
        ]
            + services.common.entry(
                "/inspections/new", .inspectionsChange, { visit in try await form(visit, nil) },
                { visit, reader in
                    let plan = try Self.read(&reader)
                    return "/inspections/\(try await store.plan(plan, visit.actor))"
                })
            + services.common.entry(
                "/inspections/:id/change", .inspectionsChange,
                { visit in try await form(visit, try await store.cases.find(try visit.number("id"))) },
                { visit, reader in
                    let plan = try Self.read(&reader)
                    let id = try visit.number("id")
                    try await store.change(id, plan, after: Int(visit.form.text("revision")) ?? 0, visit.actor)
                    return "/inspections/\(id)"
                })
    }

    static func tabs(_ current: String, _ visit: Visit, _ page: inout HTMLWriter) {
        Shapes.tabs(
            visit.wording("web.inspections"),
            [(visit.wording("inspections.all"), "/inspections"), (visit.wording("inspections.plan"), "/inspections/plan")],
            current: current, &page)
    }

    /// What a theme is called.
    static func theme(_ id: String, _ policy: InspectionPolicy, _ wording: Wording) -> String {
        policy.themes.first { $0.id == id }.map { wording($0.title) } ?? id
    }

    // MARK: All

    private func list(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let names = try await FollowUpNames(services.supervision, on: visit.today)
        let rows = try await store.cases.all()
        let list = listing(rows, names, visit)
        if let export = try list.export(rows, visit) { return export }
        return Page(visit, wording("web.inspections"), .inspections).answer { page in
            Self.tabs("/inspections", visit, &page)
            if visit.may(.inspectionsChange) {
                Shapes.links([(wording("inspections.new"), "/inspections/new")], isPrimary: true, &page)
            }
            list.write(rows, visit, &page)
        }
    }

    private func listing(_ rows: [Inspection], _ names: FollowUpNames, _ visit: Visit) -> Listing<Inspection> {
        let (wording, policy) = (visit.wording, store.policy)
        var list = Listing<Inspection>(
            name: "inspections",
            columns: [
                .init("id", "#", isNumber: true, { .integer($0.id) }, isBefore: { $0.id < $1.id }) { row, page in
                    page.element("a", ("href", "/inspections/\(row.id)"), text: "\(row.id)")
                },
                .init(
                    "firm", wording("firms.firm"), { .text($0.plan.firm) },
                    isBefore: { names.firm($0.plan.firm) < names.firm($1.plan.firm) }
                ) { row, page in
                    page.element("a", ("href", "/inspections/\(row.id)"), text: names.firm(row.plan.firm))
                },
                .init("tier", wording("firms.tier"), { .text(names.tier($0.plan.firm, wording)) }, isBefore: nil),
                .init(
                    "year", wording("inspections.year"), isNumber: true, { .integer($0.plan.year) },
                    isBefore: { $0.plan.year < $1.plan.year }),
                .init("occasion", wording("inspections.occasion"), { .text($0.plan.occasion.rawValue) }) { row, page in
                    page.text(wording("inspections.occasion.\(row.plan.occasion.rawValue)"))
                    if !row.plan.theme.isEmpty { Shapes.badge("", Self.theme(row.plan.theme, policy, wording), &page) }
                },
                .exported("theme", wording("inspections.theme")) { .text($0.plan.theme) },
                .init("day", wording("inspections.day"), { .text("\($0.plan.day)") }, isBefore: { $0.plan.day < $1.plan.day }) {
                    row, page in page.text(FollowUpNames.day(row.plan.day))
                },
                .init("lead", wording("inspections.lead"), { .text($0.plan.lead) }),
                .init("state", wording("inspections.state"), { .text($0.state.rawValue) }) { row, page in
                    Self.state(row.state, wording, &page)
                },
                .init("findings", wording("inspections.findings"), isNumber: true, { .integer($0.standing.count) }),
                .init("open", wording("inspections.open-findings"), isNumber: true, { .integer($0.openFindings) }),
            ],
            text: { "\($0.plan.firm) \(names.firm($0.plan.firm)) \($0.plan.lead) \($0.plan.why)" },
            schema: "plumbline.inspections-list/1")
        list.filters =
            names.tierFilters(wording) { $0.plan.firm } + [
                .init(
                    id: "year", title: wording("inspections.year"),
                    choices: Set(rows.map(\.plan.year)).sorted(by: >).map { ("\($0)", "\($0)") },
                    matches: { "\($0.plan.year)" == $1 }),
                .init(
                    id: "state", title: wording("inspections.state"),
                    choices: Inspection.State.allCases.map { ($0.rawValue, wording("inspections.state.\($0.rawValue)")) },
                    matches: { $0.state.rawValue == $1 }),
                .init(
                    id: "theme", title: wording("inspections.theme"), choices: policy.themes.map { ($0.id, wording($0.title)) },
                    matches: { $0.plan.theme == $1 }),
            ]
        return list
    }

    /// A state as a label.
    static func state(_ state: Inspection.State, _ wording: Wording, _ page: inout HTMLWriter) {
        let kind =
            switch state {
            case .planned: ""
            case .underWay, .signed: "warn"
            case .closed: "good"
            case .cancelled: ""
            }
        Shapes.badge(kind, wording("inspections.state.\(state.rawValue)"), &page)
    }

    // MARK: Who should be inspected

    private func ranking(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let year = Int(visit.query.text("year")) ?? visit.today.parts.year
        let names = try await FollowUpNames(services.supervision, on: visit.today)
        let scores = try await store.ranking(on: visit.today)
        let planned = Set(
            try await store.cases.all().filter { $0.plan.year == year && $0.state != .cancelled }.map(\.plan.firm))
        var list = ranked(names, planned, year, visit)
        list.kept = [("year", "\(year)")]
        if let export = try list.export(scores, visit) { return export }
        return Page(visit, "\(wording("inspections.plan")) \(year)", .inspections).answer { page in
            Self.tabs("/inspections/plan", visit, &page)
            page.element(
                "p", ("class", "lead"),
                text: "\(wording("inspections.plan-why")) · \(wording("report.as-of")) \(FollowUpNames.day(visit.today))")
            page.element(
                "p", text: wording("inspections.planned-count", ["count": "\(planned.count)", "all": "\(scores.count)"]))
            list.write(scores, visit, &page)
        }
    }

    private func ranked(
        _ names: FollowUpNames, _ planned: Set<String>, _ year: Int, _ visit: Visit
    ) -> Listing<InspectionScore> {
        let wording = visit.wording
        func number(
            _ id: String, _ title: String, _ value: @escaping (InspectionScore) -> Int,
            _ note: @escaping (InspectionScore) -> String
        ) -> Listing<InspectionScore>.Column {
            .init(id, title, isNumber: true, { .integer(value($0)) }, isBefore: { value($0) < value($1) }) { row, page in
                page.text("\(value(row))")
                let text = note(row)
                if !text.isEmpty { page.element("p", text: text) }
            }
        }
        var list = Listing<InspectionScore>(
            name: "inspection-plan",
            columns: [
                .init(
                    "firm", wording("firms.firm"), { .text($0.known.firm) },
                    isBefore: { names.firm($0.known.firm) < names.firm($1.known.firm) }
                ) {
                    row, page in page.element("a", ("href", FollowUpNames.path(row.known.firm)), text: names.firm(row.known.firm))
                },
                number("total", wording("inspections.points")) {
                    $0.total
                } _: { _ in
                    ""
                },
                number("tier_points", wording("firms.tier")) {
                    $0.tier
                } _: {
                    names.tier($0.known.firm, wording)
                },
                number("gap_points", wording("followups.open")) {
                    $0.gaps
                } _: {
                    "\($0.known.gaps)"
                },
                number("slipping_points", wording("followups.slipping")) {
                    $0.slipping
                } _: {
                    "\($0.known.slipping)"
                },
                number("since_points", wording("inspections.since")) {
                    $0.since
                } _: { score in
                    score.months.map { wording("inspections.months", ["count": "\($0)"]) } ?? wording("inspections.never")
                },
                .init("planned", wording("inspections.planned"), { .bool(planned.contains($0.known.firm)) }) { row, page in
                    if planned.contains(row.known.firm) {
                        Shapes.badge("good", wording("inspections.planned"), &page)
                    } else if visit.may(.inspectionsChange) {
                        let why = wording(
                            "inspections.why-text",
                            [
                                "points": "\(row.total)", "gaps": "\(row.known.gaps)", "slipping": "\(row.known.slipping)",
                                "last": row.known.last.map { "\($0)" } ?? wording("inspections.never"),
                            ])
                        let query = FormFields.query([("firm", row.known.firm), ("year", "\(year)"), ("why", why)])
                        page.element("a", ("href", "/inspections/new?\(query)")) { page in
                            page.text(wording("inspections.new"))
                            page.element("span", ("class", "hidden"), text: " \(names.firm(row.known.firm))")
                        }
                    }
                },
            ],
            text: { "\($0.known.firm) \(names.firm($0.known.firm))" }, schema: "plumbline.inspection-plan/1")
        list.filters =
            names.tierFilters(wording) { $0.known.firm } + [
                .init(
                    id: "planned", title: wording("inspections.planned"),
                    choices: [("yes", wording("say.yes")), ("no", wording("say.no"))],
                    matches: { planned.contains($0.known.firm) == ($1 == "yes") })
            ]
        return list
    }

    // MARK: Planning one

    private func form(_ visit: Visit, _ inspection: Inspection?) async throws -> EntryForm {
        let (wording, policy) = (visit.wording, store.policy)
        let names = try await FollowUpNames(services.supervision, on: visit.today)
        let plan = inspection?.plan
        let year = plan.map { "\($0.year)" } ?? visit.query["year"] ?? "\(visit.today.parts.year)"
        return EntryForm(
            title: wording(inspection == nil ? "inspections.new" : "inspections.change"),
            path: inspection.map { "/inspections/\($0.id)/change" } ?? "/inspections/new", button: wording("web.save"),
            crumbs: [(wording("web.inspections"), "/inspections")]
                + (inspection.map { [("#\($0.id)", "/inspections/\($0.id)")] } ?? []),
            place: .inspections,
            fields: [
                .init(
                    "firm", wording("firms.firm"), .choice(names.firms), value: plan?.firm ?? visit.query.text("firm"),
                    isRequired: true),
                .init("year", wording("inspections.year"), .number, value: year, isRequired: true),
                .init(
                    "occasion", wording("inspections.occasion"),
                    .choice(Inspection.Occasion.allCases.map { ($0.rawValue, wording("inspections.occasion.\($0.rawValue)")) }),
                    value: plan?.occasion.rawValue ?? "yearly", isRequired: true),
                .init(
                    "theme", wording("inspections.theme"),
                    .choice([("", "—")] + policy.themes.map { ($0.id, wording($0.title)) }), value: plan?.theme ?? "",
                    hint: wording("inspections.theme-hint")),
                .init("day", wording("inspections.day"), .day, value: plan.map { "\($0.day)" } ?? "", isRequired: true),
                .init("lead", wording("inspections.lead"), value: plan?.lead ?? "", isRequired: true),
                .init("why", wording("inspections.why"), .area, value: plan?.why ?? visit.query.text("why"), isRequired: true),
                .hidden("revision", "\(inspection?.revision ?? 0)"),
            ])
    }

    private static func read(_ reader: inout EntryReader) throws(SupervisionError) -> Inspection.Plan {
        let occasion: Inspection.Occasion? = reader.choice("occasion")
        let (day, year) = (reader.day("day"), reader.number("year"))
        let hasDay = day != nil
        let plan = Inspection.Plan(
            year: reader.need(year, "year", or: 0), occasion: reader.need(occasion, "occasion", or: .yearly, .unknown),
            theme: reader.text("theme"), firm: reader.text("firm"), day: reader.need(day, "day", or: CivilDate(day: 0)),
            lead: reader.text("lead"), why: reader.text("why"))
        var rules = plan.problems
        if !hasDay { rules["day"] = nil }
        try reader.finish(rules)
        return plan
    }
}
