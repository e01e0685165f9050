internal import Documents
internal import Rulebook

/// All figures of a yearly report: a pure function of its snapshot.
public struct ReportFigures: Sendable {
    /// Column of the whole market in the tables of items against tiers.
    static let all = "all"

    /// The figures, in the order in which they were computed.
    public private(set) var list: [ReportFigure] = []
    /// The tables of items against tiers, by quarter.
    let tables: [String: MarketTable]
    private var places: [String: Int] = [:]

    /// A figure by its name.
    public subscript(id: String) -> ReportFigure? { places[id].map { list[$0] } }

    /// Computes every figure.
    ///
    /// - Parameter snapshot: what it rests on.
    public init(_ snapshot: ReportSnapshot) {
        let rows = Dictionary(grouping: snapshot.rows(.answers)) { $0[0].text }
        tables = rows.mapValues { rows in
            MarketTable(
                items: snapshot.items, tiers: snapshot.tiers,
                rows: rows.lazy.map { row in
                    // Digits: their lowest bits are the answers.
                    MarketRow(firm: row[1].text, tier: row[2].text, declared: Array(row[3].text.utf8))
                })
        }
        let day = snapshot.fact("as_of")
        addMarket(snapshot, day)
        addFilings(snapshot, rows)
        if let table = tables[snapshot.quarter] { addStatus(snapshot, table, asOf: self["status.as-of"]?.day ?? day) }
        for quarter in snapshot.quarters { addTrend(quarter, snapshot) }
        addFlags(snapshot, rows[snapshot.quarter] ?? [])
        addPrinted(snapshot)
        addFollowUp(snapshot, day)
        addWork(snapshot, day)
        addServices(snapshot, day)
    }

    // MARK: Adding

    private mutating func add(_ figure: ReportFigure) {
        places[figure.id] = list.count
        list.append(figure)
    }

    private mutating func count(
        _ id: String, _ number: Int, _ unit: String, _ rule: ReportFigure.Rule, _ arguments: [String: String], _ day: String
    ) {
        add(
            ReportFigure(
                id: id, kind: .count, state: .known, numerator: number, denominator: 0, day: "", unit: unit, asOf: day,
                rule: rule, arguments: arguments))
    }

    private mutating func rate(
        _ id: String, _ part: Int, of whole: Int, _ unit: String, _ rule: ReportFigure.Rule, _ arguments: [String: String],
        _ day: String, none: ReportFigure.State = .notApplicable
    ) {
        add(
            ReportFigure(
                id: id, kind: .rate, state: whole > 0 ? .known : none, numerator: part, denominator: whole, day: "", unit: unit,
                asOf: day, rule: rule, arguments: arguments))
    }

    /// Counts rows of a table that agree with the arguments.
    private mutating func rows(
        _ id: String, _ snapshot: ReportSnapshot, _ table: ReportSnapshot.Table, _ unit: String, _ day: String,
        _ wanted: [String: String] = [:]
    ) {
        let places = wanted.map { (table.place($0.key), $0.value) }
        let number = snapshot.rows(table).count { row in places.allSatisfy { row[$0.0].shown == $0.1 } }
        count(id, number, unit, .rows, wanted.merging(["table": table.rawValue]) { $1 }, day)
    }

    private mutating func sum(
        _ id: String, _ snapshot: ReportSnapshot, _ table: ReportSnapshot.Table, _ column: String, _ unit: String, _ day: String
    ) {
        let place = table.place(column)
        let number = snapshot.rows(table).reduce(0) { $0 + ($1[place].number ?? 0) }
        count(id, number, unit, .sum, ["table": table.rawValue, "column": column], day)
    }

    // MARK: The market

    private mutating func addMarket(_ snapshot: ReportSnapshot, _ day: String) {
        rows("market.firms", snapshot, .firms, "firms", day)
        let all = snapshot.rows(.firms)
        for tier in snapshot.tiers {
            rows("market.tier.\(tier).firms", snapshot, .firms, "firms", day, ["tier": tier])
            rate(
                "market.tier.\(tier).share", all.count { $0[2].text == tier }, of: all.count, "firms", .share,
                ["table": "firms", "tier": tier], day)
            rows("market.tier.\(tier).raised", snapshot, .firms, "firms", day, ["tier": tier, "raised": "1"])
            rows("market.tier.\(tier).changed", snapshot, .firms, "firms", day, ["tier": tier, "changed": "1"])
        }
        rows("market.undecided", snapshot, .firms, "firms", day, ["tier": ""])
        rows("market.raised", snapshot, .firms, "firms", day, ["raised": "1"])
        rows("market.changed", snapshot, .firms, "firms", day, ["changed": "1"])
    }

    private mutating func addFilings(_ snapshot: ReportSnapshot, _ rows: [String: [[ReportSnapshot.Value]]]) {
        for quarter in snapshot.quarters {
            let found = rows[quarter] ?? []
            let days = found.map { $0[7].text }.filter { !$0.isEmpty }
            for (end, day) in [("first", days.min()), ("last", days.max())] {
                guard let day else { continue }
                var figure = ReportFigure(
                    id: "as-of.\(quarter).\(end)", kind: .date, state: .known, numerator: 0, denominator: 0, day: day,
                    unit: "day",
                    asOf: day, rule: .day, arguments: ["quarter": quarter, "end": end])
                add(figure)
                guard quarter == snapshot.quarter else { continue }
                figure.id = end == "last" ? "status.as-of" : "status.as-of-first"
                add(figure)
            }
            rate(
                "filed.\(quarter)", found.count { !$0[3].text.isEmpty }, of: found.count, "firms", .filed, ["quarter": quarter],
                days.max() ?? "")
        }
        guard let last = self["filed.\(snapshot.quarter)"] else { return }
        rate("status.filed", last.numerator, of: last.denominator, "firms", .filed, last.arguments, last.asOf)
    }

    private mutating func addStatus(_ snapshot: ReportSnapshot, _ table: MarketTable, asOf day: String) {
        let shared = Set(snapshot.rows(.populations).map { $0[1].text })
        for (index, item) in table.items.enumerated() {
            for (column, tier) in (table.tiers + [Self.all]).enumerated() {
                let cell = column < table.tiers.count ? table.cells[index][column] : table.all[index]
                var arguments = ["quarter": snapshot.quarter, "item": item]
                if tier != Self.all { arguments["tier"] = tier }
                let id = "status.\(item).\(tier)"
                var counts = [
                    ("yes", cell.yes), ("no", cell.no), ("not-applicable", cell.notApplicable), ("none", cell.noAnswer),
                ]
                if shared.contains(item) { counts.append(("answered", cell.answered)) }
                for (answer, number) in counts {
                    count("\(id).\(answer)", number, "firms", .answers, arguments.merging(["answer": answer]) { $1 }, day)
                }
                rate(
                    "\(id).share", cell.yes, of: cell.answered, "firms", .yes, arguments, day,
                    none: cell.noAnswer > 0 ? .noAnswer : .notApplicable)
            }
        }
    }

    private mutating func addTrend(_ quarter: String, _ snapshot: ReportSnapshot) {
        guard let table = tables[quarter] else { return }
        let day = self["as-of.\(quarter).last"]?.day ?? ""
        for (index, item) in table.items.enumerated() {
            let cell = table.all[index]
            rate(
                "trend.\(quarter).\(item).share", cell.yes, of: cell.answered, "firms", .yes,
                ["quarter": quarter, "item": item], day, none: cell.noAnswer > 0 ? .noAnswer : .notApplicable)
        }
    }

    private mutating func addFlags(_ snapshot: ReportSnapshot, _ rows: [[ReportSnapshot.Value]]) {
        let quarter = snapshot.quarter
        let day = self["status.as-of"]?.day ?? ""
        var outside: [String: Int] = [:]
        var contradictions = [Int](repeating: 0, count: snapshot.items.count)
        for row in rows {
            for (index, digit) in row[5].text.utf8.enumerated() where digit == UInt8(ascii: "1") {
                outside["\(index) \(row[2].text)", default: 0] += 1
            }
            guard !row[4].text.isEmpty else { continue }
            for (index, (declared, measured)) in zip(row[3].text.utf8, row[4].text.utf8).enumerated()
            where index < contradictions.count && Self.isContradiction(declared & 7, measured & 7) {
                contradictions[index] += 1
            }
        }
        for (index, item) in snapshot.items.enumerated() {
            for tier in snapshot.tiers {
                guard let number = outside["\(index) \(tier)"] else { continue }
                count(
                    "outside.\(item).\(tier)", number, "firms", .outside, ["quarter": quarter, "item": item, "tier": tier], day)
            }
            guard contradictions[index] > 0 else { continue }
            count(
                "contradictions.\(item)", contradictions[index], "firms", .contradictions, ["quarter": quarter, "item": item], day
            )
        }
    }

    private static func isContradiction(_ declared: UInt8, _ measured: UInt8) -> Bool {
        switch MeasuredAnswer(rawValue: measured) {
        case .nonCompliant, .partly: declared == DeclaredAnswer.yes.rawValue
        case .compliant: declared == DeclaredAnswer.no.rawValue
        default: false
        }
    }

    private mutating func addPrinted(_ snapshot: ReportSnapshot) {
        let rows = snapshot.rows(.printed)
        guard !rows.isEmpty else { return }
        let day = snapshot.fact("as_of")
        for row in rows {
            rate(
                "printed.\(row[0].text).\(row[1].text).share", row[2].number ?? 0,
                of: (row[2].number ?? 0) + (row[3].number ?? 0),
                "firms", .printed, ["item": row[0].text, "tier": row[1].text], day)
        }
        let equal = rows.count { row in
            Rate(row[2].number ?? 0, of: (row[2].number ?? 0) + (row[3].number ?? 0))?.hundredths == row[4].number
        }
        rate("printed.equal", equal, of: rows.count, "cells", .printedEqual, [:], day)
        count("printed.cells", rows.count, "cells", .rows, ["table": "printed"], day)
        count("printed.same", equal, "cells", .printedEqual, [:], day)
    }

    // MARK: The supervisor's work

    private mutating func addFollowUp(_ snapshot: ReportSnapshot, _ day: String) {
        guard !snapshot.rows(.gaps).isEmpty else { return }
        for quarter in snapshot.fact("follow-up-quarters").split(separator: " ").map(String.init) {
            let last = Quarter(quarter)?.lastDay.description ?? day
            for (name, wanted) in Self.marks {
                rows("gaps.\(quarter).\(name)", snapshot, .gaps, "gaps", last, wanted.merging(["quarter": quarter]) { $1 })
            }
        }
        rows("gaps.opened", snapshot, .gaps, "gaps", day, ["before": "0", "after": "1"])
        rows("gaps.closed", snapshot, .gaps, "gaps", day, ["before": "1", "after": "0"])
    }

    /// What is counted of gaps in a quarter.
    static let marks: [(name: String, wanted: [String: String])] = [
        ("opened", ["before": "0", "after": "1"]), ("closed", ["before": "1", "after": "0"]), ("open", ["after": "1"]),
        ("slipping", ["after": "1", "slipping": "1"]), ("overdue", ["after": "1", "overdue": "1"]),
    ]

    private mutating func addWork(_ snapshot: ReportSnapshot, _ day: String) {
        rows("inspections.count", snapshot, .inspections, "inspections", day)
        rows("inspections.yearly", snapshot, .inspections, "inspections", day, ["occasion": "yearly"])
        rows("inspections.thematic", snapshot, .inspections, "inspections", day, ["occasion": "thematic"])
        distinct("inspections.firms", snapshot, .inspections, "firm", "firms", day)
        sum("inspections.findings", snapshot, .inspections, "findings", "findings", day)
        sum("inspections.open", snapshot, .inspections, "open", "findings", day)
        rows("coaching.count", snapshot, .coaching, "cases", day)
        rows("meetings.count", snapshot, .meetings, "meetings", day)
        rows("meetings.resolutions", snapshot, .resolutions, "resolutions", day)
        sum("meetings.open", snapshot, .meetings, "open", "resolutions", day)
        for row in snapshot.rows(.meetings) {
            let meeting = row[0].shown
            rows("meeting.\(meeting).resolutions", snapshot, .resolutions, "resolutions", day, ["meeting": meeting])
        }
        rows("programme.count", snapshot, .programme, "events", day)
        sum("programme.persons", snapshot, .programme, "persons", "persons", day)
    }

    private mutating func distinct(
        _ id: String, _ snapshot: ReportSnapshot, _ table: ReportSnapshot.Table, _ column: String, _ unit: String, _ day: String
    ) {
        let place = table.place(column)
        let found = Set(snapshot.rows(table).map { $0[place].shown }.filter { !$0.isEmpty })
        count(id, found.count, unit, .distinct, ["table": table.rawValue, "column": column], day)
    }

    private mutating func addServices(_ snapshot: ReportSnapshot, _ day: String) {
        let rows = snapshot.rows(.services)
        guard !rows.isEmpty else { return }
        self.rows("services.count", snapshot, .services, "services", day)
        distinct("services.firms", snapshot, .services, "firm", "firms", day)
        sum("services.outages", snapshot, .services, "outages", "outages", day)
        func minutes(_ place: Int, _ rows: [[ReportSnapshot.Value]]) -> Int { rows.reduce(0) { $0 + ($1[place].number ?? 0) } }
        let ratio = ["table": "services", "part": "up", "whole": "up+down"]
        rate("services.share", minutes(5, rows), of: minutes(5, rows) + minutes(6, rows), "minutes", .ratio, ratio, day)
        for row in rows {
            rate(
                "service.\(row[0].text).share", minutes(5, [row]), of: minutes(5, [row]) + minutes(6, [row]), "minutes", .ratio,
                ratio.merging(["service": row[0].text]) { $1 }, day, none: .noAnswer)
        }
    }

    // MARK: What may be published

    /// The figures of the public edition: what is small is kept back, and what it could be worked out from; what is of one firm is not in it.
    ///
    /// - Parameters:
    ///   - snapshot: what the figures rest on.
    ///   - rule: when a cell is small.
    /// - Returns: the figures; those that are kept back are named and hold nothing.
    public func published(_ snapshot: ReportSnapshot, _ rule: SuppressionRule) -> ReportFigures {
        var hidden: Set<String> = []
        var isTotalHidden = false
        for (quarter, table) in tables {
            let published = PublishedTable(table, rule)
            for (index, item) in table.items.enumerated() {
                if published.all[index] == nil {
                    hidden.formUnion(["trend.\(quarter).\(item)"])
                    isTotalHidden = isTotalHidden || table.all[index].firms > 0
                }
                guard quarter == snapshot.quarter else { continue }
                if published.all[index] == nil { hidden.insert("status.\(item).\(Self.all)") }
                for (column, tier) in table.tiers.enumerated() where published.cells[index][column] == nil {
                    hidden.formUnion(["status.\(item).\(tier)", "printed.\(item).\(tier)", "outside.\(item).\(tier)"])
                }
            }
        }
        let small = Self.isSmallWork(self, rule)
        let areGapsHidden = isTotalHidden || small.contains("gaps")
        var result = self
        result.list = list.compactMap { figure in
            let parts = figure.id.split(separator: ".").map(String.init)
            switch parts[0] {
            case "service": return nil
            case "status", "printed", "outside", "trend":
                if parts[0] == "outside", figure.numerator < rule.answered { return figure.withheld }
                return parts.count > 2 && hidden.contains(parts.prefix(3).joined(separator: ".")) ? figure.withheld : figure
            case "contradictions": return figure.numerator < rule.answered ? figure.withheld : figure
            case "gaps": return areGapsHidden ? figure.withheld : figure
            case "inspections" where ["findings", "open"].contains(parts[1]):
                return small.contains("inspections") ? figure.withheld : figure
            case "services" where parts[1] != "count" && parts[1] != "firms":
                return small.contains("services") ? figure.withheld : figure
            default: return figure
            }
        }
        result.places = Dictionary(result.list.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { $1 })
        return result
    }

    /// Parts of the report whose counts are of too few firms.
    private static func isSmallWork(_ figures: ReportFigures, _ rule: SuppressionRule) -> Set<String> {
        var small: Set<String> = []
        for figure in figures.list where figure.id.hasPrefix("gaps.") && 1..<rule.part ~= figure.numerator {
            small.insert("gaps")
        }
        for part in ["inspections", "services"] where (figures["\(part).firms"]?.numerator ?? 0) < rule.answered {
            small.insert(part)
        }
        return small
    }
}
