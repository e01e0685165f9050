internal import Documents
internal import Reports
internal import Rulebook
internal import Submissions
internal import Supervision

/// Drawings of the market's tables. Every figure is the table's own.
struct MarketCharts {
    let status: MarketStatus
    /// What may be published; nil for everything.
    var published: PublishedTable?
    let wording: Wording

    private var asOf: String { MarketText.asOf(status, wording) }
    private var titles: [String] { status.questionnaire.questions.map { wording($0.title) } }

    /// A cell as a chart shows it: a share, or why there is none.
    static func value(_ cell: MarketCell) -> Chart.Value {
        if cell.answered > 0 { return .rate(cell.yes, of: cell.answered) }
        return .missing(cell.noAnswer > 0 ? .noAnswer : .notApplicable)
    }

    /// Controls against tiers.
    func heatMap() throws(ChartError) -> Chart {
        try Chart(
            .heatMap, id: "market-heat", title: wording("market.heat"), summary: wording("market.heat-summary"),
            subject: wording("market.item"), categories: titles, series: series,
            axis: .init(thresholds: [25, 50, 75, 100], emphasis: .low),
            asOf: asOf, source: wording(status.questionnaire.title))
    }

    /// All controls of each tier around a circle.
    func radar() throws(ChartError) -> Chart {
        try Chart(
            .radar, id: "market-radar", title: wording("market.radar"), summary: wording("market.radar-summary"),
            subject: wording("market.item"), categories: titles, series: series, asOf: asOf,
            source: wording(status.questionnaire.title))
    }

    private var series: [Chart.Series] {
        status.tiers.enumerated().map { column, tier in
            Chart.Series(
                wording(tier.title),
                status.table.cells.indices.map { item in
                    guard let published else { return Self.value(status.table.cells[item][column]) }
                    return published.cells[item][column].map(Self.value) ?? .missing(.suppressed)
                })
        }
    }

    /// One item over quarters, a line for each tier.
    static func trend(
        _ item: Int, title: String, _ trend: [(quarter: Quarter, table: MarketTable)], _ tiers: [FactDefinition.Choice],
        _ wording: Wording
    ) throws(ChartError) -> Chart {
        try Chart(
            .lines, id: "market-trend", title: wording("market.trend-of", ["item": title]), subject: wording("market.quarter"),
            categories: trend.map(\.quarter.description),
            series: tiers.enumerated().map { column, tier in
                Chart.Series(wording(tier.title), trend.map { value($0.table.cells[item][column]) })
            }, asOf: trend.last?.quarter.lastDay.description ?? "")
    }
}

/// Words of the market's tables.
enum MarketText {
    static func asOf(_ status: MarketStatus, _ wording: Wording) -> String {
        guard let days = status.asOf else { return wording("market.nothing-handed-in") }
        return days.lowerBound == days.upperBound ? "\(days.lowerBound)" : "\(days.lowerBound) – \(days.upperBound)"
    }

    /// Title of a clause, or of an aspect written as `clause.aspect`.
    private static func title(ofDuty duty: String, _ rulebook: Rulebook, _ wording: Wording) -> String {
        if let clause = rulebook.clause(duty) { return wording(clause.title) }
        let parts = duty.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2, let clause = rulebook.clause(parts[0]) else { return duty }
        let aspect = clause.aspects.first { $0.name == parts[1] }.map { wording($0.title) } ?? parts[1]
        return "\(wording(clause.title)) – \(aspect)"
    }

    /// What must be known of the table, in words.
    static func flag(_ flag: MarketFlag, _ status: MarketStatus, _ rulebook: Rulebook, _ wording: Wording) -> String {
        func title(_ item: String) -> String { status.questionnaire.question(item).map { wording($0.title) } ?? item }
        func tier(_ value: String) -> String {
            status.tiers.first { $0.value == value }.map { wording($0.title) } ?? wording("market.undecided")
        }
        switch flag {
        case .unlikePopulations(let items, let value, let answered):
            return wording(
                "market.flag.populations",
                [
                    "items": items.map(title).joined(separator: wording("report.list-separator")), "tier": tier(value),
                    "counts": answered.map(String.init).joined(separator: wording("report.list-separator")),
                ])
        case .answeredThoughNotConcerned(let item, let value, let firms):
            return wording("market.flag.not-concerned", ["item": title(item), "tier": tier(value), "firms": String(firms)])
        case .declaredAgainstMeasured(let item, let firms):
            return wording("market.flag.contradiction", ["item": title(item), "firms": String(firms)])
        case .missing(let value, let firms):
            return wording("market.flag.missing", ["tier": tier(value), "firms": String(firms)])
        case .neverAsked(let clause):
            return wording("market.flag.never-asked", ["clause": clause, "title": Self.title(ofDuty: clause, rulebook, wording)])
        }
    }
}
