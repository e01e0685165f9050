internal import Documents
internal import Rulebook

/// The report's tables.
extension ReportComposer {
    func table(_ table: ReportTemplate.Table) -> ReportDocument.Table? {
        switch table {
        case .tiers: tiers
        case .firms: firms
        case .changes: changes
        case .standard: standard
        case .controls: controls
        case .printed: printed
        case .gaps: gaps
        case .inspections: inspections
        case .coaching: coaching
        case .meetings: meetings
        case .resolutions: resolutions
        case .programme: programme
        case .services: services
        case .packs: packs
        }
    }

    private func make(
        _ id: ReportTemplate.Table, _ columns: [ReportDocument.Column], _ rows: [[ReportDocument.Cell]], notes: [String] = []
    ) -> ReportDocument.Table {
        ReportDocument.Table(
            id: "table-\(id.rawValue)", title: word("table.\(id.rawValue)"), columns: columns, rows: rows, notes: notes)
    }

    private func text(_ name: String) -> ReportDocument.Column { .text(word("column.\(name)")) }
    private func number(_ name: String) -> ReportDocument.Column { .number(word("column.\(name)")) }
    private func rate(_ name: String) -> ReportDocument.Column { .rate(word("column.\(name)")) }

    private var tiers: ReportDocument.Table {
        guard !snapshot.rows(.firms).isEmpty else { return make(.tiers, [], []) }
        var rows = snapshot.tiers.map { tier -> [ReportDocument.Cell] in
            let id = "market.tier.\(tier)"
            return [
                .text(self.tier(tier)), figure("\(id).firms"), figure("\(id).share"), figure("\(id).raised"),
                figure("\(id).changed"),
            ]
        }
        if (figures["market.undecided"]?.numerator ?? 0) > 0 {
            rows.append([.text(word("undecided")), figure("market.undecided"), .text(""), .text(""), .text("")])
        }
        rows.append([
            .text(word("all")), figure("market.firms"), .text(""), figure("market.raised"), figure("market.changed"),
        ])
        return make(
            .tiers, [text("tier"), number("firms"), rate("share-of-firms"), number("raised"), number("changed")], rows)
    }

    private var firms: ReportDocument.Table {
        let rows = snapshot.rows(.firms).sorted {
            ($0[2].text.isEmpty ? "~" : $0[2].text, $0[0].text) < ($1[2].text.isEmpty ? "~" : $1[2].text, $1[0].text)
        }
        return make(
            .firms, [text("tier"), text("firm"), text("key")],
            rows.map { row in
                [.text(tier(row[2].text)), .text(row[1].text + (row[4].number == 1 ? " *" : "")), .text(row[0].text)]
            }, notes: [word("asterisk")])
    }

    private var changes: ReportDocument.Table {
        make(
            .changes, [text("firm"), text("before"), text("after")],
            snapshot.rows(.firms).filter { $0[6].number == 1 }.map { row in
                [.text(row[1].text), .text(tier(row[5].text)), .text(tier(row[2].text))]
            })
    }

    private var standard: ReportDocument.Table {
        var order: [String] = []
        var cells: [String: [String: String]] = [:]
        for row in snapshot.rows(.standard) {
            if cells[row[0].text] == nil { order.append(row[0].text) }
            cells[row[0].text, default: [:]][row[1].text] = binding(row)
        }
        return make(
            .standard, [text("control")] + snapshot.tiers.map { .text(tier($0)) },
            order.map { clause in
                [.text(title(.standard, clause, chinese: 3))]
                    + snapshot.tiers.map { .text(cells[clause]?[$0] ?? "–") }
            }, notes: [word("standard-signs")])
    }

    /// `V`, with an asterisk where only some firms of the tier are bound, and how often.
    private func binding(_ row: [ReportSnapshot.Value]) -> String {
        guard row[2].text != "no" else { return "–" }
        let sign = row[2].text == "yes" ? "V" : "V*"
        let parts = row[5].text.split(separator: " ").map(String.init)
        let cadence: String =
            switch parts.first {
            case "per-year" where parts.count == 2: word("cadence.per-year", ["number": parts[1]])
            case "gap" where parts.count == 3 && ["month", "year", "d"].contains(parts[2]):
                word("cadence.gap-\(parts[2])", ["number": parts[1]])
            case "gap" where parts.count == 3: "\(parts[1]) \(parts[2])"
            default: ""
            }
        return cadence.isEmpty ? sign : "\(sign) \(cadence)"
    }

    private var controls: ReportDocument.Table {
        let rows = snapshot.items.flatMap { item in
            (snapshot.tiers + [ReportFigures.all]).compactMap { tier -> [ReportDocument.Cell]? in
                let id = "status.\(item).\(tier)"
                guard figures["\(id).share"] != nil else { return nil }
                return [
                    .text(self.item(item)), .text(self.tier(tier)), figure("\(id).yes"), figure("\(id).no"),
                    figure("\(id).not-applicable"), figure("\(id).none"), figure("\(id).share"),
                ]
            }
        }
        return make(
            .controls,
            [
                text("control"), text("tier"), number("yes"), number("no"), number("not-applicable"), number("none"),
                rate("share"),
            ],
            rows,
            notes: [
                word(
                    "as-of-days",
                    ["first": figures["status.as-of-first"]?.text ?? "—", "last": figures["status.as-of"]?.text ?? "—"])
            ])
    }

    private var printed: ReportDocument.Table {
        make(
            .printed, [text("control"), text("tier"), text("printed"), rate("computed"), text("same")],
            snapshot.rows(.printed).map { row in
                let share = figures["printed.\(row[0].text).\(row[1].text).share"]
                let isKept = share?.state == .suppressed
                let isSame = share?.hundredths == row[4].number
                return [
                    .text(item(row[0].text)), .text(tier(row[1].text)), .text(isKept ? "*" : Self.percent(row[4].number ?? 0)),
                    share.map { .figure($0) } ?? .text(""),
                    .text(isKept ? "*" : isSame ? word("same") : word("differs", ["oddity": row[5].text])),
                ]
            })
    }

    /// Hundredths of a per cent as a source printed them.
    static func percent(_ hundredths: Int) -> String {
        let (whole, rest) = hundredths.quotientAndRemainder(dividingBy: 100)
        return "\(whole).\(rest < 10 ? "0" : "")\(rest) %"
    }

    private var gaps: ReportDocument.Table {
        let quarters = snapshot.fact("follow-up-quarters").split(separator: " ").map(String.init)
        return make(
            .gaps, [text("quarter")] + ReportFigures.marks.map { number($0.name) },
            quarters.filter { figures["gaps.\($0).open"] != nil }.map { quarter in
                [.text(quarter)] + ReportFigures.marks.map { figure("gaps.\(quarter).\($0.name)") }
            })
    }

    private var inspections: ReportDocument.Table {
        make(
            .inspections,
            [text("firm"), text("occasion"), text("theme"), text("day"), text("state"), number("findings"), number("open")],
            snapshot.rows(.inspections).map { row in
                [
                    .text(row[2].text), .text(word("occasion.\(row[3].text)")), .text(both(row, 4)), .text(row[6].text),
                    .text(word("state.\(row[7].text)")), .text(row[8].shown), .text(row[9].shown),
                ]
            })
    }

    private var coaching: ReportDocument.Table {
        make(
            .coaching,
            [text("firm"), text("planned"), text("visited"), text("state"), number("items"), number("actions"), number("open")],
            snapshot.rows(.coaching).map { row in
                [.text(row[2].text), .text(row[3].text), .text(row[4].text), .text(word("state.\(row[5].text)"))]
                    + (6...8).map { .text(row[$0].shown) }
            })
    }

    private var meetings: ReportDocument.Table {
        make(
            .meetings, [text("number"), text("title"), text("day"), number("resolutions")],
            snapshot.rows(.meetings).map { row in
                [
                    .text("\(snapshot.year)-\(row[1].shown)"), .text(row[2].text), .text(row[3].text),
                    figure("meeting.\(row[0].shown).resolutions"),
                ]
            })
    }

    private var resolutions: ReportDocument.Table {
        let numbers = Dictionary(snapshot.rows(.meetings).map { ($0[0].shown, $0[1].shown) }, uniquingKeysWith: { $1 })
        return make(
            .resolutions, [text("meeting"), text("what"), text("owner"), text("due"), text("state")],
            snapshot.rows(.resolutions).map { row in
                [
                    .text("\(snapshot.year)-\(numbers[row[0].shown] ?? "?")"), .text(row[2].text), .text(row[3].text),
                    .text(row[4].text), .text(word("state.\(row[5].text)")),
                ]
            })
    }

    private var programme: ReportDocument.Table {
        make(
            .programme,
            [text("day"), text("kind"), text("region"), text("title"), text("place"), number("firms"), number("persons")],
            snapshot.rows(.programme).map { row in
                [
                    .text(row[6].text), .text(both(row, 1)), .text(both(row, 3)), .text(row[5].text), .text(row[7].text),
                    .text(row[8].shown), .text(row[9].shown),
                ]
            })
    }

    private var services: ReportDocument.Table {
        make(
            .services,
            [text("firm"), text("service"), number("required"), number("unknown"), number("outages"), rate("available")],
            snapshot.rows(.services).map { row in
                let known = (row[5].number ?? 0) + (row[6].number ?? 0)
                return [
                    .text(row[2].text), .text(row[3].text), .text(row[4].shown), .text(String((row[4].number ?? 0) - known)),
                    .text(row[7].shown), figure("service.\(row[0].text).share"),
                ]
            })
    }

    private var packs: ReportDocument.Table {
        make(
            .packs, [text("pack"), text("version"), text("sha256")],
            snapshot.rows(.packs).map { row in row.map { .text($0.text) } })
    }
}
