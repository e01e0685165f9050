internal import Documents
internal import HTML
internal import Identity
internal import Reports
internal import Rulebook
internal import Supervision

/// What the follow-up pages share: names of firms, values of tiers, words for marks and states.
struct FollowUpNames: Sendable {
    let short: [String: String]
    let held: [String: [String: TierDecision]]
    let supervision: Supervision

    /// Names as of a day, tiers as they hold on it.
    init(_ supervision: Supervision, on day: CivilDate) async throws {
        self.supervision = supervision
        short = try await supervision.register.names(on: day)
        held = try await supervision.tiers.holding(on: day)
    }

    /// What a firm is called.
    func firm(_ id: String) -> String { short[id] ?? id }

    /// What an item is called, with its name.
    func item(_ id: String, _ wording: Wording) -> String {
        supervision.rulebook.clause(id).map { "\(id) \(wording($0.title))" } ?? id
    }

    /// The firms in business, as a choice.
    var firms: [Form.Choice] {
        short.sorted { ($0.value, $0.key) < ($1.value, $1.key) }.map { ($0.key, "\($0.value) (\($0.key))") }
    }

    /// Items that can be followed up: duties of firms and their systems.
    func items(_ wording: Wording) -> [Form.Choice] {
        supervision.rulebook.clauses.filter { $0.isLeafDuty && [.firm, .system].contains($0.subject) }.map {
            ($0.id, "\($0.id) \(wording($0.title))")
        }
    }

    /// The values of the decisions of a firm, in words.
    func tier(_ firm: String, _ wording: Wording) -> String {
        supervision.decisions.compactMap { decision in
            guard let holding = held[firm]?[decision.id], holding.value != nil else { return nil }
            return TierPages.value(holding, decision, wording)
        }.joined(separator: wording("report.list-separator"))
    }

    /// A filter for each decision that the register keeps.
    func tierFilters<Row>(_ wording: Wording, _ firm: @escaping (Row) -> String) -> [Listing<Row>.Filter] {
        supervision.decisions.map { decision in
            .init(
                id: decision.id, title: wording(decision.title), choices: decision.values.map { ($0.value, wording($0.title)) },
                matches: { held[firm($0)]?[decision.id]?.value == $1 })
        }
    }

    /// The way to a firm's follow-up.
    static func path(_ firm: String, _ item: String? = nil) -> String {
        "/followups/firms/\(FormFields.encode(firm))" + (item.map { "/\(FormFields.encode($0))" } ?? "")
    }

    /// A day as people read it: ISO and the Republic's.
    static func day(_ day: CivilDate?) -> String { day.map { "\($0) (\($0.rocDescription))" } ?? "—" }
}

/// The pages of one place beside each other.
enum FollowUpTabs {
    static func write(_ current: String, _ visit: Visit, _ page: inout HTMLWriter) {
        Shapes.tabs(
            visit.wording("web.followups"),
            [
                (visit.wording("followups.board"), "/followups"), (visit.wording("letters.title"), "/followups/letters"),
                (visit.wording("coaching.title"), "/followups/coaching"),
                (visit.wording("consulting.title"), "/followups/questions"),
            ], current: current, &page)
    }
}

/// The board of a quarter: every gap, what became of it since the quarter before, slipping promises first.
struct FollowUpBoard: Sendable {
    let services: SupervisorServices
    private var supervision: Supervision { services.supervision }

    /// What an address asks for.
    struct Question {
        var quarter: Quarter
        var day: CivilDate

        init(_ visit: Visit) {
            let today = visit.today
            quarter = Quarter(visit.query.text("quarter")) ?? Quarter(containing: today)
            // A quarter that is over is looked at as it was on its last day, unless another day is asked for.
            day = CivilDate(visit.query.text("as_of")) ?? min(today, quarter.lastDay)
        }
    }

    func answer(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let question = Question(visit)
        let names = try await FollowUpNames(supervision, on: min(question.quarter.lastDay, visit.today))
        let sight = try await supervision.followUps.sight(
            from: question.quarter.previous, to: question.quarter, asOf: question.day)
        let rows = sight.rows
        var list = listing(names, visit)
        list.kept = [("quarter", "\(question.quarter)"), ("as_of", "\(question.day)")]
        if let export = try list.export(rows, visit) { return export }
        let closed = try await supervision.followUps.closed().first { $0.quarter == question.quarter }
        let quarters = Set(sight.quarters + [Quarter(containing: visit.today), question.quarter]).sorted(by: >)
        return Page(visit, "\(wording("followups.board")) \(question.quarter)", .followups).answer { page in
            FollowUpTabs.write("/followups", visit, &page)
            page.element(
                "p", ("class", "lead"),
                text:
                    "\(question.quarter.rocDescription) · \(wording("report.as-of")) \(FollowUpNames.day(question.day)) · "
                    + wording("followups.compared", ["quarter": "\(question.quarter.previous)"]))
            if let closed {
                Shapes.done(
                    wording(
                        "followups.closed-text",
                        [
                            "time": Instant(seconds: closed.at / 1_000_000).text(in: .taipei), "person": closed.by,
                            "hash": closed.sha256,
                        ]),
                    &page)
            }
            choose(quarters, question, visit, &page)
            acts(question, closed != nil, visit, &page)
            figures(sight, wording, &page)
            list.write(rows, visit, &page)
        }
    }

    private func choose(_ quarters: [Quarter], _ question: Question, _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        page.element("form", ("method", "get"), ("action", "/followups"), ("class", "filters")) { page in
            page.element("label") { page in
                page.text(wording("followups.quarter"))
                page.element("select", ("name", "quarter")) { page in
                    for quarter in quarters {
                        page.element(
                            "option", ("value", "\(quarter)"), ("selected", quarter == question.quarter ? "" : nil),
                            text: "\(quarter) \(quarter.rocDescription)")
                    }
                }
            }
            page.element("label") { page in
                page.text(wording("report.as-of"))
                page.void("input", ("type", "date"), ("name", "as_of"), ("value", visit.query.text("as_of")))
            }
            page.element("button", text: wording("web.show"))
        }
    }

    private func acts(_ question: Question, _ isClosed: Bool, _ visit: Visit, _ page: inout HTMLWriter) {
        guard visit.may(.followupsChange) else { return }
        let query = "?quarter=\(question.quarter)"
        var links = [(visit.wording("letters.new"), "/followups/letters/new\(query)")]
        if !isClosed {
            links.insert((visit.wording("followups.add"), "/followups/new\(query)"), at: 0)
            links.insert((visit.wording("followups.gather"), "/followups/gather"), at: 0)
            if visit.today > question.quarter.lastDay {
                links.append((visit.wording("followups.close"), "/followups/close\(query)"))
            }
        }
        Shapes.links(links, &page)
    }

    private func figures(
        _ sight: FollowUpSight, _ wording: Wording, _ page: inout HTMLWriter
    ) {
        func count(_ mark: FollowUpDifference.Mark) -> String { "\(sight.marks[mark] ?? 0)" }
        page.element("div", ("class", "cards")) { page in
            for (title, value) in [
                (wording("followups.open"), "\(sight.open)"),
                (wording("followups.slipping"), "\(sight.slipping)"),
                (wording("followups.mark.overdue"), count(.overdue)), (wording("followups.mark.silent"), count(.silent)),
                (wording("followups.mark.new"), count(.new)), (wording("followups.mark.closed"), count(.closed)),
            ] {
                page.element("section", ("class", "card")) { page in
                    page.element("h2", text: title)
                    page.element("p", ("class", "figure"), text: value)
                }
            }
        }
    }

    // MARK: The list

    private func listing(_ names: FollowUpNames, _ visit: Visit) -> Listing<FollowUpDifference> {
        let wording = visit.wording
        let policy = supervision.followUps.policy
        var list = Listing<FollowUpDifference>(
            name: "follow-up", columns: Self.columns(names, visit),
            text: { "\($0.firm) \(names.firm($0.firm)) \(names.item($0.item, wording)) \($0.current?.content.owner ?? "")" },
            schema: "plumbline.follow-up-board/1")
        list.filters = names.tierFilters(wording) { $0.firm }
        list.filters += [
            .init(id: "item", title: wording("followups.item"), choices: names.items(wording), matches: { $0.item == $1 }),
            .init(
                id: "state", title: wording("followups.state"),
                choices: FollowUp.State.allCases.map { ($0.rawValue, wording("followups.state.\($0.rawValue)")) }
                    + [("none", wording("followups.state.none"))],
                matches: { ($0.current?.content.state.rawValue ?? "none") == $1 }),
            .init(
                id: "slipping", title: wording("followups.slipping"),
                choices: [("yes", wording("say.yes")), ("no", wording("say.no"))],
                matches: { policy.isSlipping($0) == ($1 == "yes") }),
            .init(
                id: "mark", title: wording("followups.marks"),
                choices: FollowUpDifference.Mark.allCases.map { ($0.rawValue, wording("followups.mark.\($0.rawValue)")) },
                matches: { row, value in row.marks.contains { $0.rawValue == value } }),
        ]
        return list
    }

    private static func columns(_ names: FollowUpNames, _ visit: Visit) -> [Listing<FollowUpDifference>.Column] {
        let wording = visit.wording
        return [
            .init(
                "firm", wording("firms.firm"), { .text($0.firm) },
                isBefore: { names.firm($0.firm).precedes(names.firm($1.firm)) }
            ) { row, page in
                page.element("a", ("href", FollowUpNames.path(row.firm)), text: names.firm(row.firm))
            },
            .init("tier", wording("firms.tier"), { .text(names.tier($0.firm, wording)) }, isBefore: nil),
            .init("item", wording("followups.item"), { .text($0.item) }, isBefore: { $0.item < $1.item }) { row, page in
                page.element("a", ("href", FollowUpNames.path(row.firm, row.item)), text: names.item(row.item, wording))
            },
            .init("finding", wording("followups.finding"), { $0.finding.map { .text($0.rawValue) } ?? Node(.null) }) {
                row, page in
                page.text(wording("followups.finding.\(row.finding?.rawValue ?? "none")"))
            },
            .init("state", wording("followups.state"), { $0.current.map { .text($0.content.state.rawValue) } ?? Node(.null) }) {
                row, page in state(row.current?.content.state, wording, &page)
            },
            .init("marks", wording("followups.marks"), { .texts($0.marks.map(\.rawValue).sorted()) }) { row, page in
                marks(row.marks, wording, &page)
            },
            .init(
                "due", wording("followups.due"), { $0.current?.content.due.map { .text("\($0)") } ?? Node(.null) },
                isBefore: { ($0.current?.content.due?.day ?? .max) < ($1.current?.content.due?.day ?? .max) }
            ) { row, page in due(row, wording, &page) },
            .init(
                "slips", wording("followups.slips"), isNumber: true, { .integer($0.slips.count) },
                isBefore: { $0.slips.count < $1.slips.count }),
            .init(
                "slipped_days", wording("followups.slipped-days"), isNumber: true, { .integer($0.slips.days) },
                isBefore: { $0.slips.days < $1.slips.days }),
            .init(
                "overdue_days", wording("followups.overdue-days"), isNumber: true, { .integer($0.overdueDays) },
                isBefore: { $0.overdueDays < $1.overdueDays }),
            .init(
                "progress", wording("followups.progress"), isNumber: true,
                { $0.current.map { .integer($0.content.progress) } ?? Node(.null) },
                isBefore: { ($0.current?.content.progress ?? -1) < ($1.current?.content.progress ?? -1) }
            ) { row, page in
                page.text(row.current.map { "\($0.content.progress) %" } ?? "—")
                if row.progressed != 0 { page.text(" (\(row.progressed > 0 ? "+" : "")\(row.progressed))") }
            },
            .init("owner", wording("followups.owner"), { .text($0.current?.content.owner ?? "") }),
            .exported("plan", wording("followups.plan")) { .text($0.current?.content.plan ?? "") },
            .exported("note", wording("followups.note")) { .text($0.current?.content.note ?? "") },
            .exported("said_by", wording("followups.by")) { $0.current.map { .text($0.said.by) } ?? Node(.null) },
            .exported("said_in", wording("followups.quarter")) { $0.current.map { .text("\($0.quarter)") } ?? Node(.null) },
        ]
    }

    /// A state as a label.
    static func state(_ state: FollowUp.State?, _ wording: Wording, _ page: inout HTMLWriter) {
        let kind =
            switch state {
            case .verified, .withdrawn: "good"
            case .planned, .inProgress, .doneClaimed: ""
            case .open, nil: "warn"
            }
        Shapes.badge(kind, wording("followups.state.\(state?.rawValue ?? "none")"), &page)
    }

    /// Marks as labels, in their order.
    static func marks(_ marks: Set<FollowUpDifference.Mark>, _ wording: Wording, _ page: inout HTMLWriter) {
        for mark in FollowUpDifference.Mark.allCases where marks.contains(mark) {
            let kind =
                switch mark {
                case .overdue, .progressBack, .reopened: "bad"
                case .dueMoved, .silent, .unpromised, .contradicted: "warn"
                case .closed: "good"
                case .new, .claimed: ""
                }
            Shapes.badge(kind, wording("followups.mark.\(mark.rawValue)"), &page)
            page.text(" ")
        }
    }

    private static func due(_ row: FollowUpDifference, _ wording: Wording, _ page: inout HTMLWriter) {
        guard let due = row.current?.content.due else { return page.text("—") }
        page.element("time", ("datetime", "\(due)"), ("title", due.rocDescription), text: "\(due)")
        if row.movedDays != 0 {
            page.element("p", text: wording("followups.moved", ["days": (row.movedDays > 0 ? "+" : "") + "\(row.movedDays)"]))
        }
    }
}
