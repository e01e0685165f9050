internal import Assessment
internal import HTML
internal import Reports
internal import Rulebook

/// One chart of every kind with invented figures, gaps among them.
struct ChartSamples {
    let wording: Wording

    func write(_ page: inout HTMLWriter) {
        let writer = ChartWriter(wording)
        for make in [heatMap, radar, lines, lyingBars, uprightBars, stackedVerdicts, stackedMonths, ring, brokenRing, nothing] {
            do throws(ChartError) { writer.write(try make(), &page) } catch { Shapes.alert("\(error)", &page) }
        }
    }

    /// A text that is a list.
    private func list(_ name: String) -> [String] {
        wording("style.chart-\(name)").split(separator: wording("report.list-separator")).map(String.init)
    }

    private func chart(
        _ kind: Chart.Kind, _ id: String, _ categories: [String], _ series: [Chart.Series], totals: [Chart.Value] = [],
        axis: Chart.Axis = Chart.Axis(), notes: [String] = []
    ) throws(ChartError) -> Chart {
        try Chart(
            kind, id: "chart-\(id)", title: wording("chart.\(kind.rawValue)"), summary: wording("style.chart-sample"),
            subject: kind == .heatMap ? wording("style.chart-control") : "", categories: categories, series: series,
            totals: totals,
            axis: axis, asOf: "2026-09-30",
            source: wording("style.chart-source"), notes: notes)
    }

    /// A number below a bound that looks like any other.
    private func number(_ first: Int, _ second: Int, below bound: Int) -> Int {
        (first * 37 + second * 61 + first * second * 13) % bound
    }

    /// So many firms of a tier, some of them unknown.
    private func rate(_ control: Int, _ tier: Int) -> Chart.Value {
        let firms = [12, 74, 31, 23][tier % 4]
        switch number(control + 3, tier + 1, below: 17) {
        case 0: return .missing(.noAnswer)
        case 1: return .missing(.suppressed)
        case 2: return .missing(.notApplicable)
        default: return .rate(firms - number(control, tier, below: firms / 2), of: firms)
        }
    }

    private func byTier(_ controls: Int) -> [Chart.Series] {
        list("tiers").enumerated().map { tier, name in Chart.Series(name, (0..<controls).map { rate($0, tier) }) }
    }

    private func heatMap() throws(ChartError) -> Chart {
        let controls = list("controls")
        return try chart(
            .heatMap, "heat", controls, byTier(controls.count), axis: Chart.Axis(thresholds: [60, 75, 85, 95], emphasis: .low),
            notes: [wording("style.chart-note")])
    }

    private func radar() throws(ChartError) -> Chart {
        let controls = list("controls")
        return try chart(.radar, "radar", controls, byTier(controls.count))
    }

    private func lines() throws(ChartError) -> Chart {
        let quarters = list("quarters")
        let series = list("tiers").enumerated().map { tier, name in
            Chart.Series(
                name,
                quarters.indices.map { quarter in
                    if tier == 3, quarter < 2 { return .missing(.notApplicable) }
                    if tier == 1, quarter == 4 { return .missing(.noAnswer) }
                    return .rate(60 + quarter * 4 + tier * 5 + number(quarter, tier, below: 4), of: 110)
                })
        }
        return try chart(.lines, "lines", quarters, series, axis: Chart.Axis(range: 40...100))
    }

    private func lyingBars() throws(ChartError) -> Chart {
        let controls = list("controls")
        return try chart(.bars, "lying", controls, Array(byTier(controls.count).prefix(2)))
    }

    private func uprightBars() throws(ChartError) -> Chart {
        let months = list("months")
        let counts = months.indices.map { month -> Chart.Value in
            month == 8 ? .missing(.noAnswer) : month == 3 ? .count(0) : .count(number(month + 1, 5, below: 40))
        }
        let unit = wording("style.chart-incidents")
        return try chart(.bars, "upright", months, [Chart.Series(unit, counts)], axis: Chart.Axis(unit: unit))
    }

    private func stackedVerdicts() throws(ChartError) -> Chart {
        let controls = list("controls")
        let kinds: [(verdict: Verdict, tone: Chart.Tone)] = [
            (.compliant, .good), (.partly, .part), (.undetermined, .open), (.nonCompliant, .bad),
        ]
        let counts = controls.indices.map { control in kinds.indices.map { 3 + number(control, $0, below: 24) } }
        let series = kinds.enumerated().map { index, kind in
            Chart.Series(wording(kind.verdict), counts.map { .count($0[index]) }, tone: kind.tone)
        }
        return try chart(
            .stacked, "verdicts", controls, series, totals: counts.map { .count($0.reduce(0, +)) },
            axis: Chart.Axis(unit: wording("style.chart-firms")))
    }

    private func stackedMonths() throws(ChartError) -> Chart {
        let months = list("months")
        let kinds = list("kinds")
        let counts = months.indices.map { month in kinds.indices.map { number(month + 2, $0 + 1, below: 8) } }
        let series = kinds.enumerated().map { kind, name in
            Chart.Series(name, counts.enumerated().map { $0 == 6 && kind == 1 ? .missing(.suppressed) : .count($1[kind]) })
        }
        return try chart(
            .stacked, "months", months, series, totals: counts.map { .count($0.reduce(0, +)) },
            axis: Chart.Axis(unit: wording("style.chart-incidents")))
    }

    private func ring() throws(ChartError) -> Chart {
        let kinds = list("kinds")
        let counts = kinds.indices.map { [34, 5, 12, 21, 1, 8][$0 % 6] }
        let whole = counts.reduce(0, +)
        return try chart(
            .donut, "ring", kinds, [Chart.Series(wording("style.chart-incidents"), counts.map { .rate($0, of: whole) })],
            axis: Chart.Axis(unit: wording("style.chart-incidents")))
    }

    private func brokenRing() throws(ChartError) -> Chart {
        let kinds = list("kinds")
        let counts = kinds.indices.map { index -> Chart.Value in
            index == 1 ? .missing(.suppressed) : index == 4 ? .missing(.noAnswer) : .count(4 + index * 3)
        }
        let unit = wording("style.chart-incidents")
        return try chart(
            .donut, "broken-ring", kinds, [Chart.Series(unit, counts)], totals: [.count(60)], axis: Chart.Axis(unit: unit))
    }

    private func nothing() throws(ChartError) -> Chart { try chart(.radar, "nothing", [], []) }
}
