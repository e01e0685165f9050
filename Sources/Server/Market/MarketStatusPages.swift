internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Submissions
internal import Supervision

/// The whole market in a quarter: each control against each tier, what must be known of the figures, and down to the firms behind a cell.
struct MarketStatusPages: Sendable {
    let services: SupervisorServices
    private var supervision: Supervision { services.supervision }

    /// A control of the table.
    struct Row: Sendable {
        var index: Int
        var question: Questionnaire.Question
        /// For each tier; nil where it is kept back.
        var cells: [MarketCell?]
        var all: MarketCell?
    }

    /// A firm behind a cell.
    struct FirmRow: Sendable {
        var id: String
        var name: String
        var tier: String?
        var answer: DeclaredAnswer
    }

    var routes: [Route] {
        [
            .page("/market", .permitted(.marketRead)) { visit in try await show(visit) },
            .page("/market/:item", .permitted(.marketRead)) { visit in try await item(visit) },
        ]
    }

    /// What was asked for, and what else could be.
    private struct Asked: Sendable {
        var status: MarketStatus
        var quarters: [Quarter]
        var questionnaires: [Questionnaire]
        var isAccepted: Bool
    }

    /// What the address asks for: quarter, questionnaire and which submissions count.
    private func status(_ visit: Visit) async throws -> Asked? {
        let quarters = try await supervision.market.quarters()
        guard let last = quarters.last else { return nil }
        let quarter = Quarter(visit.query.text("quarter")) ?? last
        let wanted = visit.query.text("questionnaire")
        let sources = try await supervision.standings.layouts(in: quarter).map(\.source)
        let known = try await supervision.market.questionnaires()
        guard
            let questionnaire = known.first(where: { $0.id == wanted })
                ?? known.first(where: { sources.contains(MarketDesk.source($0)) }) ?? known.first
        else { return nil }
        let isAccepted = visit.query.text("basis") == "accepted"
        let status = try await supervision.market.status(quarter, questionnaire, atLeast: isAccepted ? .accepted : .received)
        return Asked(status: status, quarters: quarters, questionnaires: known, isAccepted: isAccepted)
    }

    private func kept(_ status: MarketStatus, _ isAccepted: Bool) -> [(String, String)] {
        [("quarter", status.quarter.description), ("questionnaire", status.questionnaire.id)]
            + (isAccepted ? [("basis", "accepted")] : [])
    }

    private func show(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        guard let asked = try await status(visit) else {
            return Page(visit, wording("market.status"), .market).answer {
                $0.element("p", text: wording("market.nothing-handed-in"))
            }
        }
        let (status, isAccepted) = (asked.status, asked.isAccepted)
        let isPublic = visit.query.text("edition") == "public"
        let published = isPublic ? PublishedTable(status.table, supervision.policy.smallCell) : nil
        let rows = status.questionnaire.questions.enumerated().map { index, question in
            Row(
                index: index, question: question, cells: published?.cells[index] ?? status.table.cells[index],
                all: published?.all[index] ?? (isPublic ? nil : status.table.all[index]))
        }
        var list = listing(status, isAccepted, wording)
        list.kept = kept(status, isAccepted) + (isPublic ? [("edition", "public")] : [])
        if let export = try list.export(rows, visit) { return export }
        let charts = MarketCharts(status: status, published: published, wording: wording)
        let drawings = try [charts.heatMap, charts.radar].compactMap { draw in try Self.drawing(draw) }
        let printed = try PrintedFigures.shipped().first {
            $0.questionnaire == status.questionnaire.id && $0.year == status.quarter.year && status.quarter.number == 4
        }
        var page = Page(visit, wording("market.status"), .market)
        page.crumbs = [(wording("web.market"), "/")]
        return page.answer { page in
            page.element(
                "p", ("class", "lead"),
                text:
                    "\(status.quarter) (\(status.quarter.rocDescription)) · \(wording("report.as-of")) \(MarketText.asOf(status, wording)) · "
                    + wording("market.handed-in", ["done": String(status.handedIn), "all": String(status.rows.count)]))
            choices(asked, visit, &page)
            list.write(rows, visit, &page)
            flags(status, wording, &page)
            if let printed { anomalies(printed, status, wording, &page) }
            for chart in drawings { ChartWriter(wording).write(chart, &page) }
            if drawings.count < 2 { page.element("p", text: wording("market.too-many-to-draw")) }
        }
    }

    /// A drawing; nil of more items than can be told apart in it, which the table shows all the same.
    private static func drawing(_ draw: () throws(ChartError) -> Chart) throws(ChartError) -> Chart? {
        do throws(ChartError) { return try draw() } catch {
            if error.reason == .tooMany { return nil }
            throw error
        }
    }

    private func choices(
        _ asked: Asked, _ visit: Visit, _ page: inout HTMLWriter
    ) {
        let wording = visit.wording
        let (status, quarters, isAccepted) = (asked.status, asked.quarters, asked.isAccepted)
        page.element("form", ("method", "get"), ("action", visit.path), ("class", "filters")) { page in
            for (name, title, choices, chosen) in [
                (
                    "quarter", wording("market.quarter"), quarters.reversed().map { ($0.description, $0.description) },
                    status.quarter.description
                ),
                (
                    "questionnaire", wording("market.questionnaire"),
                    asked.questionnaires.map { ($0.id, wording($0.title)) }, status.questionnaire.id
                ),
                (
                    "basis", wording("market.basis"),
                    [("", wording("market.basis-received")), ("accepted", wording("market.basis-accepted"))],
                    isAccepted ? "accepted" : ""
                ),
                (
                    "edition", wording("market.edition"),
                    [("", wording("market.edition-full")), ("public", wording("market.edition-public"))],
                    visit.query.text("edition") == "public" ? "public" : ""
                ),
            ] {
                page.element("label") { page in
                    page.text(title)
                    page.element("select", ("name", name), ("data-send", "")) { page in
                        for (value, text) in choices {
                            page.element("option", ("value", value), ("selected", value == chosen ? "" : nil), text: text)
                        }
                    }
                }
            }
            page.element("button", text: wording("web.show"))
        }
    }

    private func listing(_ status: MarketStatus, _ isAccepted: Bool, _ wording: Wording) -> Listing<Row> {
        let query = FormFields.query(kept(status, isAccepted))
        var columns: [Listing<Row>.Column] = [
            .init("item", wording("market.item"), { .text($0.question.id) }) { row, page in
                page.element("a", ("href", "/market/\(row.question.id)?\(query)"), text: wording(row.question.title))
            },
            .exported("title", wording("market.item")) { .text(wording($0.question.title)) },
            .exported("clause", wording("market.clause")) { .text($0.question.clause) },
        ]
        for (column, tier) in status.tiers.enumerated() {
            columns += Self.columns("tier_\(tier.value)", wording(tier.title), wording, "\(query)&tier=\(tier.value)") {
                $0.cells[column]
            }
        }
        columns += Self.columns("all", wording("market.all"), wording, query) { $0.all }
        columns.append(.exported("as_of", wording("report.as-of")) { _ in .text(MarketText.asOf(status, wording)) })
        return Listing<Row>(
            name: "market-\(status.quarter)", columns: columns,
            text: { "\($0.question.id) \($0.question.clause) \(wording($0.question.title))" }, schema: "plumbline.market/1")
    }

    /// A cell on the page; its four counts and its share in exports.
    private static func columns(
        _ id: String, _ title: String, _ wording: Wording, _ query: String, _ cell: @escaping (Row) -> MarketCell?
    ) -> [Listing<Row>.Column] {
        [
            .init(id, title, isNumber: true, { cell($0)?.rate.map { .text($0.text) } ?? Node(.null) }) {
                (cell($0)?.rate?.hundredths ?? -1) < (cell($1)?.rate?.hundredths ?? -1)
            } cell: { row, page in
                guard let counted = cell(row) else {
                    return page.element("span", ("title", wording("chart.suppressed")), text: "*")
                }
                page.element("a", ("href", "/market/\(row.question.id)?\(query)")) { page in
                    if let rate = counted.rate {
                        page.text("\(rate.numerator)/\(rate.denominator) = \(rate.text)%")
                    } else {
                        page.text(counted.noAnswer > 0 ? "?" : "–")
                    }
                }
                if counted.noAnswer > 0 {
                    Shapes.badge("warn", wording("market.no-answer", ["count": String(counted.noAnswer)]), &page)
                }
            },
            .exported("\(id)_yes", title) { cell($0).map { .integer($0.yes) } ?? Node(.null) },
            .exported("\(id)_no", title) { cell($0).map { .integer($0.no) } ?? Node(.null) },
            .exported("\(id)_not_applicable", title) { cell($0).map { .integer($0.notApplicable) } ?? Node(.null) },
            .exported("\(id)_no_answer", title) { cell($0).map { .integer($0.noAnswer) } ?? Node(.null) },
        ]
    }

    private func flags(_ status: MarketStatus, _ wording: Wording, _ page: inout HTMLWriter) {
        guard !status.flags.isEmpty else { return }
        page.element("h2", text: wording("market.flags"))
        page.element("ul") { page in
            for flag in status.flags { page.element("li", text: MarketText.flag(flag, status, supervision.rulebook, wording)) }
        }
    }

    private func anomalies(
        _ printed: PrintedFigures, _ status: MarketStatus, _ wording: Wording, _ page: inout HTMLWriter
    ) {
        page.element("h2", text: wording("market.printed"))
        page.element(
            "p",
            text: wording(
                "market.printed-equal",
                ["equal": String(printed.cells.count - printed.anomalies.count), "all": String(printed.cells.count)]))
        page.element("ul") { page in
            for anomaly in printed.anomalies {
                let cell = anomaly.printed
                let figure = "\(cell.hundredths / 100).\(cell.hundredths % 100 < 10 ? "0" : "")\(cell.hundredths % 100)"
                page.element(
                    "li",
                    text: wording(
                        "market.anomaly",
                        [
                            "oddity": cell.oddity,
                            "item": status.questionnaire.question(cell.item).map { wording($0.title) } ?? cell.item,
                            "tier": status.tiers.first { $0.value == cell.tier }.map { wording($0.title) } ?? cell.tier,
                            "printed": figure,
                            "computed":
                                "\(anomaly.computed.numerator)/\(anomaly.computed.denominator) = \(anomaly.computed.text)",
                        ]) + (anomaly.isShareOfNo ? wording("market.anomaly-no") : "")
                        + (anomaly.isCutOff ? wording("market.anomaly-cut") : ""))
            }
        }
    }

    // MARK: Behind a cell

    private func item(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        guard let asked = try await status(visit),
            let index = asked.status.questionnaire.questions.firstIndex(where: { $0.id == visit["item"] })
        else { throw Failure.notFound("item \(visit["item"])") }
        let (status, quarters, isAccepted) = (asked.status, asked.quarters, asked.isAccepted)
        let question = status.questionnaire.questions[index]
        let rows = status.rows.map { row in
            FirmRow(
                id: row.firm, name: status.names[row.firm] ?? row.firm, tier: row.tier,
                answer: index < row.declared.count ? DeclaredAnswer(rawValue: row.declared[index] & 3) ?? .none : .none)
        }
        var list = firms(status, wording)
        list.kept = kept(status, isAccepted)
        if let export = try list.export(rows, visit) { return export }
        let first = quarters.first ?? status.quarter
        let trend = try await supervision.market.trend(
            min(first, status.quarter)...status.quarter, status.questionnaire, atLeast: isAccepted ? .accepted : .received)
        let chart = try MarketCharts.trend(index, title: wording(question.title), trend, status.tiers, wording)
        var page = Page(visit, wording(question.title), .market)
        page.crumbs = [
            (wording("web.market"), "/"), (wording("market.status"), "/market?" + FormFields.query(kept(status, isAccepted))),
        ]
        return page.answer { page in
            page.element("p", text: wording(question.text))
            page.element(
                "p", ("class", "lead"),
                text: "\(status.quarter) · \(wording("report.as-of")) \(MarketText.asOf(status, wording)) · \(question.clause)")
            for difference in question.differs {
                Shapes.notice("warn", &page) { $0.element("p", text: "\(difference.reference): \(wording(difference.text))") }
            }
            list.write(rows, visit, &page)
            ChartWriter(wording).write(chart, &page)
        }
    }

    private func firms(_ status: MarketStatus, _ wording: Wording) -> Listing<FirmRow> {
        let titles = Dictionary(status.tiers.map { ($0.value, wording($0.title)) }, uniquingKeysWith: { $1 })
        var list = Listing<FirmRow>(
            name: "market-firms",
            columns: [
                .init("firm", wording("firms.short"), { .text($0.name) }, isBefore: { $0.name.precedes($1.name) }) { row, page in
                    page.element("a", ("href", "/firms/" + FormFields.encode(row.id)), text: row.name)
                },
                .exported("id", wording("firms.id")) { .text($0.id) },
                .init(
                    "tier", wording("firms.tier"),
                    { .text($0.tier.flatMap { titles[$0] } ?? wording("market.undecided")) },
                    isBefore: { ($0.tier ?? "~") < ($1.tier ?? "~") }),
                .init(
                    "answer", wording("market.answer"), { .text(wording("market.answer.\($0.answer)")) },
                    isBefore: { $0.answer.rawValue < $1.answer.rawValue }),
            ],
            text: { "\($0.name) \($0.id)" }, schema: "plumbline.market-firms/1")
        list.filters = [
            .init(
                id: "tier", title: wording("firms.tier"), choices: status.tiers.map { ($0.value, wording($0.title)) },
                matches: { $0.tier == $1 }),
            .init(
                id: "answer", title: wording("market.answer"),
                choices: DeclaredAnswer.allCases.map { ("\($0)", wording("market.answer.\($0)")) },
                matches: { "\($0.answer)" == $1 }),
        ]
        return list
    }
}
