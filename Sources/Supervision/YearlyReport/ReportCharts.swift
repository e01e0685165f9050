internal import Documents
internal import Rulebook

/// The report's charts and lists of remarks.
extension ReportComposer {
    func chart(_ chart: ReportTemplate.Chart) -> ReportDocument.Chart? {
        switch chart {
        case .tiers:
            guard !snapshot.rows(.firms).isEmpty else { return nil }
            return make(
                chart, .bars, word("column.tier"), snapshot.tiers.map(tier),
                [(word("column.firms"), snapshot.tiers.map { "market.tier.\($0).firms" })], unit: word("unit.firms"),
                asOf: snapshot.fact("as_of"))
        case .heat, .radar:
            guard !snapshot.quarter.isEmpty else { return nil }
            // A radar with more spokes than can be told apart is not drawn; the heat map has the same figures.
            if chart == .radar, snapshot.items.count > 40 { return nil }
            let columns = snapshot.tiers + (chart == .heat ? [ReportFigures.all] : [])
            return make(
                chart, chart == .heat ? .heatMap : .radar, word("column.control"), snapshot.items.map(item),
                columns.map { column in (tier(column), snapshot.items.map { "status.\($0).\(column).share" }) },
                asOf: figures["status.as-of"]?.text ?? "")
        case .trend:
            guard snapshot.quarters.count > 1 else { return nil }
            return make(
                chart, .heatMap, word("column.control"), snapshot.items.map(item),
                snapshot.quarters.map { quarter in (quarter, snapshot.items.map { "trend.\(quarter).\($0).share" }) },
                asOf: figures["status.as-of"]?.text ?? "")
        case .lowest:
            guard snapshot.quarters.count > 1 else { return nil }
            return make(
                chart, .lines, word("column.quarter"), snapshot.quarters,
                lowest.map { item in (self.item(item), snapshot.quarters.map { "trend.\($0).\(item).share" }) },
                asOf: figures["status.as-of"]?.text ?? "")
        case .gaps:
            let quarters = snapshot.fact("follow-up-quarters").split(separator: " ").map(String.init)
            guard quarters.contains(where: { figures["gaps.\($0).open"] != nil }) else { return nil }
            return make(
                chart, .bars, word("column.quarter"), quarters,
                ["opened", "closed", "open"].map { name in
                    (word("column.\(name)"), quarters.map { "gaps.\($0).\(name)" })
                }, unit: word("unit.gaps"), asOf: snapshot.fact("as_of"))
        }
    }

    /// The items with the smallest shares at the end, lowest first: as many lines as can be told apart.
    private var lowest: [String] {
        let known = snapshot.items.compactMap { item -> (item: String, share: Int)? in
            figures["trend.\(snapshot.quarter).\(item).share"]?.hundredths.map { (item, $0) }
        }
        return known.enumerated().sorted { ($0.element.share, $0.offset) < ($1.element.share, $1.offset) }.prefix(6).map(
            \.element.item)
    }

    private func make(
        _ chart: ReportTemplate.Chart, _ kind: ReportDocument.Chart.Kind, _ subject: String, _ categories: [String],
        _ series: [(name: String, figures: [String])], unit: String = "", asOf: String
    ) -> ReportDocument.Chart? {
        var made: [ReportDocument.Chart.Series] = []
        for part in series {
            let found = part.figures.compactMap { figures[$0] }
            guard found.count == part.figures.count else { return nil }
            made.append(.init(name: part.name, figures: found))
        }
        return ReportDocument.Chart(
            kind: kind, id: "chart-\(chart.rawValue)", title: word("chart.\(chart.rawValue)"),
            summary: word("chart.\(chart.rawValue)-summary"), subject: subject, categories: categories, series: made, unit: unit,
            asOf: asOf, source: kind == .bars ? "" : snapshot.fact("questionnaire_\(language.rawValue)"))
    }

    // MARK: Remarks

    func list(_ list: ReportTemplate.List) -> [String] {
        switch list {
        case .flags: flags
        case .anomalies: anomalies
        case .differences:
            snapshot.rows(.differences).map { row in
                word("difference", ["reference": row[1].text, "item": item(row[0].text), "text": both(row, 2)])
            }
        }
    }

    private var separator: String { word("separator") }

    private var flags: [String] {
        var lines: [String] = []
        let groups = Dictionary(grouping: snapshot.rows(.populations)) { $0[0].number ?? 0 }.sorted { $0.key < $1.key }
        for (_, rows) in groups {
            let items = rows.map { $0[1].text }
            for tier in snapshot.tiers {
                let answered = items.compactMap { figures["status.\($0).\(tier).answered"] }
                guard answered.count == items.count else { continue }
                let isKept = answered.contains { $0.state == .suppressed }
                // What is kept back is not told to differ either.
                guard !isKept, Set(answered.map(\.numerator)).count > 1 else { continue }
                lines.append(
                    word(
                        "flag.populations",
                        [
                            "items": items.map(item).joined(separator: separator), "tier": self.tier(tier),
                            "counts": answered.map(\.text).joined(separator: separator),
                        ]))
            }
        }
        for name in snapshot.items {
            for tier in snapshot.tiers {
                guard let figure = figures["outside.\(name).\(tier)"], figure.state == .known else { continue }
                lines.append(
                    word("flag.outside", ["item": item(name), "tier": self.tier(tier), "firms": figure.text]))
            }
            if let figure = figures["contradictions.\(name)"], figure.state == .known {
                lines.append(word("flag.contradictions", ["item": item(name), "firms": figure.text]))
            }
        }
        let unasked = snapshot.rows(.unasked)
        if !unasked.isEmpty, !snapshot.quarter.isEmpty {
            lines.append(
                word("flag.unasked", ["titles": unasked.map { both($0, 1) }.joined(separator: separator)]))
        }
        return lines
    }

    private var anomalies: [String] {
        snapshot.rows(.printed).compactMap { row in
            guard let share = figures["printed.\(row[0].text).\(row[1].text).share"], share.state == .known,
                share.hundredths != row[4].number
            else { return nil }
            let hints = [
                share.denominator > 0
                    && Rate(share.denominator - share.numerator, of: share.denominator)?.hundredths == row[4].number
                    ? word("anomaly-no") : "",
                share.denominator > 0 && 10_000 * share.numerator / share.denominator == row[4].number ? word("anomaly-cut") : "",
            ]
            return word(
                "anomaly",
                [
                    "oddity": row[5].text, "item": item(row[0].text), "tier": tier(row[1].text),
                    "printed": Self.percent(row[4].number ?? 0), "computed": share.text,
                ]) + hints.joined()
        }
    }
}
