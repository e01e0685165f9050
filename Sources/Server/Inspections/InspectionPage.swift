internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Supervision

/// One inspection: its plan, its checklist, its findings and what is done about them; and its report, which prints.
struct InspectionPage: Sendable {
    let services: SupervisorServices
    private var store: InspectionStore { services.supervision.inspections }

    var routes: [Route] {
        [
            .page("/inspections/:id", .permitted(.marketRead)) { visit in try await show(visit) },
            .page("/inspections/:id/report", .permitted(.marketRead)) { visit in try await report(visit) },
        ]
    }

    // MARK: The page

    private func show(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let inspection = try await store.cases.find(try visit.number("id"))
        let history = try await store.cases.history(inspection.id)
        let names = try await FollowUpNames(services.supervision, on: visit.today)
        let list = checklist(inspection, names, visit)
        if let export = try list.export(inspection.rows, visit) { return export }
        var page = Page(
            visit, "\(wording("inspections.one")) #\(inspection.id) \(names.firm(inspection.plan.firm))", .inspections)
        page.crumbs = [(wording("web.inspections"), "/inspections")]
        return page.answer { page in
            page.element("p") { InspectionPages.state(inspection.state, wording, &$0) }
            Self.plan(inspection, names, store.policy, wording, &page)
            acts(inspection, visit, &page)
            if !inspection.rows.isEmpty {
                page.element("h2", text: wording("inspections.checklist"))
                page.element(
                    "p", ("class", "lead"),
                    text: wording(
                        "inspections.progress",
                        [
                            "done": "\(inspection.rows.count - inspection.unanswered)", "all": "\(inspection.rows.count)",
                            "day": FollowUpNames.day(inspection.asOf),
                        ]))
                list.write(inspection.rows, visit, &page)
                findings(inspection, names, visit, &page)
            }
            CaseHistory.write(history, visit, &page)
        }
    }

    private static func plan(
        _ inspection: Inspection, _ names: FollowUpNames, _ policy: InspectionPolicy, _ wording: Wording, _ page: inout HTMLWriter
    ) {
        let plan = inspection.plan
        Shapes.facts(
            [
                (wording("firms.firm"), names.firm(plan.firm)), (wording("firms.tier"), names.tier(plan.firm, wording)),
                (wording("inspections.year"), "\(plan.year)"),
                (wording("inspections.occasion"), wording("inspections.occasion.\(plan.occasion.rawValue)")),
                (wording("inspections.theme"), InspectionPages.theme(plan.theme, policy, wording)),
                (wording("inspections.day"), FollowUpNames.day(plan.day)), (wording("inspections.lead"), plan.lead),
                (wording("inspections.why"), plan.why), (wording("inspections.conclusion"), inspection.conclusion),
                (wording("inspections.signed"), said(inspection.signed)), (wording("inspections.ended"), said(inspection.ended)),
                (wording("inspections.ending"), inspection.ending),
            ].filter { !$0.1.isEmpty }, &page)
    }

    private static func said(_ said: Said?) -> String {
        said.map { "\(Instant(seconds: $0.at / 1_000_000).text(in: .taipei)) \($0.by)" } ?? ""
    }

    private func acts(_ inspection: Inspection, _ visit: Visit, _ page: inout HTMLWriter) {
        let (wording, path) = (visit.wording, "/inspections/\(inspection.id)")
        var links: [(title: String, path: String)] = []
        if visit.may(.inspectionsChange) {
            func add(_ name: String) { links.append((wording("inspections.\(name)"), "\(path)/\(name)")) }
            switch inspection.state {
            case .planned: for name in ["begin", "change", "cancel"] { add(name) }
            case .underWay: for name in ["find", "sign", "cancel"] { add(name) }
            case .signed: add("close")
            case .closed, .cancelled: break
            }
        }
        if inspection.signed != nil { links.append((wording("inspections.report"), "\(path)/report")) }
        Shapes.links(links, &page)
    }

    private func checklist(_ inspection: Inspection, _ names: FollowUpNames, _ visit: Visit) -> Listing<Inspection.Row> {
        let wording = visit.wording
        let rulebook = services.supervision.rulebook
        let mayAnswer = visit.may(.inspectionsChange) && inspection.state == .underWay
        var list = Listing<Inspection.Row>(
            name: "checklist-\(inspection.id)",
            columns: [
                .init("clause", wording("followups.item"), { .text($0.clause) }, isBefore: { $0.clause < $1.clause }) {
                    row, page in
                    if mayAnswer {
                        page.element(
                            "a", ("href", "/inspections/\(inspection.id)/rows/\(FormFields.encode(row.clause))"),
                            text: names.item(row.clause, wording))
                    } else {
                        page.text(names.item(row.clause, wording))
                    }
                    guard !row.isCertain else { return }
                    page.text(" ")
                    Shapes.badge("warn", wording("inspections.uncertain"), &page)
                },
                .exported("certain", wording("inspections.uncertain")) { .bool($0.isCertain) },
                .init("verify", wording("inspections.verify"), { .texts(Self.hints($0.clause, rulebook, wording)) }) {
                    row, page in
                    page.element("ul", ("class", "plain")) { page in
                        for hint in Self.hints(row.clause, rulebook, wording) { page.element("li", text: hint) }
                    }
                },
                .init("answer", wording("inspections.answer"), { $0.answer.map { .text($0.rawValue) } ?? Node(.null) }) {
                    row, page in
                    Self.answer(row.answer, wording, &page)
                },
                .init("note", wording("followups.note"), { .text($0.note) }),
                .init("evidence", wording("inspections.evidence"), { .text($0.evidence) }),
                .init("by", wording("followups.by"), { .text($0.said?.by ?? "") }),
            ],
            text: { "\($0.clause) \(names.item($0.clause, wording)) \($0.note)" }, schema: "plumbline.checklist/1")
        list.filters = [
            .init(
                id: "answer", title: wording("inspections.answer"),
                choices: [("none", wording("inspections.answer.none"))]
                    + Inspection.Answer.allCases.map { ($0.rawValue, wording("inspections.answer.\($0.rawValue)")) },
                matches: { ($0.answer?.rawValue ?? "none") == $1 })
        ]
        list.pageSize = 200
        return list
    }

    /// How a clause can be verified, in words.
    static func hints(_ clause: String, _ rulebook: Rulebook, _ wording: Wording) -> [String] {
        (rulebook.clause(clause)?.verification ?? []).map { "\(wording("method.\($0.method.rawValue)")): \(wording($0.by))" }
    }

    static func answer(_ answer: Inspection.Answer?, _ wording: Wording, _ page: inout HTMLWriter) {
        let kind =
            switch answer {
            case .conforming: "good"
            case .finding: "bad"
            case .notLooked, nil: "warn"
            case .notApplicable: ""
            }
        Shapes.badge(kind, wording("inspections.answer.\(answer?.rawValue ?? "none")"), &page)
    }

    private func findings(_ inspection: Inspection, _ names: FollowUpNames, _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        page.element("h2", text: wording("inspections.findings"))
        if inspection.findings.isEmpty { page.element("p", ("class", "lead"), text: wording("web.empty")) }
        for finding in inspection.findings {
            page.element("section", ("class", "card")) { page in
                page.element("h3") { page in
                    page.text("#\(finding.number) ")
                    severity(finding, wording, &page)
                    page.text(" \(finding.clause.isEmpty ? "" : names.item(finding.clause, wording)) ")
                    if finding.struck.isEmpty {
                        Shapes.badge(
                            finding.state == .open ? "warn" : "good", wording("inspections.finding.\(finding.state.rawValue)"),
                            &page)
                    } else {
                        Shapes.badge("", wording("inspections.struck"), &page)
                    }
                }
                page.element("p", text: finding.text)
                Shapes.facts(
                    [
                        (wording("inspections.struck"), finding.struck), (wording("inspections.response"), finding.response),
                        (wording("act.reason"), finding.reason),
                    ].filter { !$0.1.isEmpty }, &page)
                let rows = actions(finding, inspection, visit)
                if !rows.isEmpty {
                    ActionForm.listing("actions", isAlone: false, visit).table(rows, wording("actions.title"), visit, &page)
                }
                findingActs(finding, inspection, visit, &page)
            }
        }
    }

    private func severity(_ finding: Inspection.Finding, _ wording: Wording, _ page: inout HTMLWriter) {
        let title = store.policy.severities.first { $0.id == finding.severity }.map { wording($0.title) } ?? finding.severity
        Shapes.badge(finding.severity == store.policy.severities.first?.id ? "bad" : "", title, &page)
    }

    private func actions(_ finding: Inspection.Finding, _ inspection: Inspection, _ visit: Visit) -> [ActionForm.Row] {
        let path = "/inspections/\(inspection.id)"
        let maySay = visit.may(.inspectionsChange) && inspection.state == .signed && finding.state == .open
        return inspection.actions.filter { finding.actions.contains($0.number) }.map {
            ActionForm.Row(action: $0, place: "#\(inspection.id)", path: path, say: maySay ? "\(path)/actions/\($0.number)" : nil)
        }
    }

    private func findingActs(
        _ finding: Inspection.Finding, _ inspection: Inspection, _ visit: Visit, _ page: inout HTMLWriter
    ) {
        guard visit.may(.inspectionsChange), finding.struck.isEmpty else { return }
        let path = "/inspections/\(inspection.id)/findings/\(finding.number)"
        let names: [String] =
            switch inspection.state {
            case .underWay: ["strike"]
            case .signed: finding.state == .open ? ["respond", "agree", "settle"] : ["settle"]
            default: []
            }
        Shapes.links(names.map { (visit.wording("inspections.\($0)"), "\(path)/\($0)") }, &page)
    }

    // MARK: The report

    private func report(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let inspection = try await store.cases.find(try visit.number("id"))
        guard let signed = inspection.signed else { throw Failure.notFound("report of inspection \(inspection.id)") }
        let (firm, _) = try await services.supervision.register.firm(inspection.plan.firm)
        let institution = try await services.supervision.institution.current()?.name ?? ""
        let names = try await FollowUpNames(services.supervision, on: inspection.asOf ?? visit.today)
        var page = Page(visit, wording("inspections.report"), .inspections)
        page.crumbs = [(wording("web.inspections"), "/inspections"), ("#\(inspection.id)", "/inspections/\(inspection.id)")]
        return page.answer { page in
            page.element("div", ("class", "actions")) { page in
                page.element("button", ("type", "button"), ("data-print", ""), ("hidden", ""), text: wording("web.print"))
            }
            page.element("article", ("class", "letter")) { page in
                page.element("h2", text: institution)
                page.element("h3", text: wording("inspections.report"))
                Shapes.facts(
                    [
                        (wording("firms.legal"), firm.name(asOf: inspection.asOf ?? visit.today)?.legal ?? firm.id),
                        (wording("firms.tier"), names.tier(firm.id, wording)),
                        (
                            wording("inspections.occasion"),
                            "\(wording("inspections.occasion.\(inspection.plan.occasion.rawValue)")) "
                                + InspectionPages.theme(inspection.plan.theme, store.policy, wording)
                        ),
                        (wording("inspections.begun"), FollowUpNames.day(inspection.asOf)),
                        (wording("inspections.signed"), "\(FollowUpNames.day(signed.day)) \(signed.by)"),
                        ("SHA-256", inspection.reportHash),
                    ], &page)
                page.element("h4", text: wording("inspections.conclusion"))
                page.element("p", text: inspection.conclusion)
                page.element("h4", text: wording("inspections.findings"))
                for finding in inspection.standing {
                    page.element("p") { page in
                        page.text("\(finding.number). ")
                        severity(finding, wording, &page)
                        page.text(" \(finding.clause.isEmpty ? "" : names.item(finding.clause, wording)): \(finding.text)")
                    }
                }
                if inspection.standing.isEmpty { page.element("p", text: wording("inspections.no-findings")) }
                page.element("h4", text: wording("inspections.checklist"))
                counts(inspection, wording, &page)
                page.element(
                    "div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"),
                    ("aria-label", wording("inspections.checklist"))
                ) { table(inspection, names, wording, &$0) }
            }
        }
    }

    private func counts(_ inspection: Inspection, _ wording: Wording, _ page: inout HTMLWriter) {
        let all = inspection.rows.count
        page.element(
            "p",
            text: Inspection.Answer.allCases.map { answer in
                "\(wording("inspections.answer.\(answer.rawValue)")) \(inspection.rows.count { $0.answer == answer })"
            }.joined(separator: " · ") + " · \(wording("inspections.rows", ["count": "\(all)"]))")
    }

    private func table(_ inspection: Inspection, _ names: FollowUpNames, _ wording: Wording, _ page: inout HTMLWriter) {
        page.element("table") { page in
            page.element("thead") { page in
                page.element("tr") { page in
                    for title in ["followups.item", "inspections.answer", "followups.note", "inspections.evidence"] {
                        page.element("th", ("scope", "col"), text: wording(title))
                    }
                }
            }
            page.element("tbody") { page in
                for row in inspection.rows {
                    page.element("tr") { page in
                        page.element("th", ("scope", "row"), text: names.item(row.clause, wording))
                        page.element("td") { Self.answer(row.answer, wording, &$0) }
                        page.element("td", text: row.note)
                        page.element("td", text: row.evidence)
                    }
                }
            }
        }
    }
}
