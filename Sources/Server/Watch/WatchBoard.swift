internal import Assessment
internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Supervision

/// The board: every service that is watched, the worst first.
struct WatchBoard: Sendable {
    let services: SupervisorServices
    private var desk: WatchDesk { services.supervision.watch }

    /// A row.
    struct Row: Sendable {
        var sight: WatchSight
        var firm: String
    }

    var route: Route {
        .page("/watch", .permitted(.marketRead)) { visit in
            let rows = try await rows(visit)
            let listing = listing(visit)
            if let export = try listing.export(rows, visit) { return export }
            return draw(rows, listing, visit)
        }
    }

    private func rows(_ visit: Visit) async throws -> [Row] {
        let names = try await WatchPages.names(services, visit)
        return try await desk.sights(at: Instant(seconds: visit.now / 1_000_000)).map {
            Row(sight: $0, firm: names[$0.target.firm] ?? $0.target.firm)
        }.sorted { left, right in
            (-left.sight.severity, left.firm, left.sight.target.id) < (-right.sight.severity, right.firm, right.sight.target.id)
        }
    }

    private func draw(_ rows: [Row], _ listing: Listing<Row>, _ visit: Visit) -> Answer {
        let wording = visit.wording
        var page = Page(visit, wording("web.watch"), .watch)
        page.live = "watch"
        return page.answer { page in
            if let sight = rows.first?.sight {
                page.element(
                    "p", ("class", "lead"),
                    text: wording("watch.as-of", ["time": WatchPages.time(Instant(minute: sight.asOf))]))
            }
            WatchPages.local(services, visit, &page)
            if WatchSight.allFail(rows.map(\.sight)) {
                Shapes.notice("bad", &page) { $0.element("p", text: wording("watch.all-fail")) }
            }
            if visit.may(.watchChange) {
                Shapes.links([(wording("watch.add"), "/watch/new"), (wording("watch.closed-days"), "/watch/days")], &page)
            }
            guard !rows.isEmpty else { return page.element("p", text: wording("watch.none")) }
            page.element("div", ("class", "cards")) { page in
                for standing in WatchMachine.Standing.allCases {
                    let count = rows.count { $0.sight.standing == standing }
                    if count > 0 {
                        card(wording("watch.standing.\(standing.rawValue)"), count, "standing=\(standing.rawValue)", &page)
                    }
                }
                let breaches = rows.reduce(0) { $0 + $1.sight.breaches }
                if breaches > 0 { card(wording("watch.breaches"), breaches, "breach=yes", &page) }
                let waiting = rows.count { $0.sight.record.waiting != nil }
                if waiting > 0 { card(wording("watch.waiting"), waiting, "waiting=yes", &page) }
            }
            listing.write(rows, visit, &page)
        }
    }

    private func card(_ title: String, _ count: Int, _ query: String, _ page: inout HTMLWriter) {
        page.element("section", ("class", "card")) { page in
            page.element("a", ("class", "whole"), ("href", "/watch?" + query)) { page in
                page.element("h2", text: title)
                page.element("p", ("class", "figure"), text: String(count))
            }
        }
    }

    private func listing(_ visit: Visit) -> Listing<Row> {
        let wording = visit.wording
        var list = Listing<Row>(
            name: "service-watch", columns: shown(visit) + Self.exported(wording),
            text: { "\($0.firm) \($0.sight.target.name) \($0.sight.target.id) \($0.sight.target.firm) \($0.sight.target.host)" },
            schema: "plumbline.service-watch/1")
        list.filters = [
            .init(
                id: "standing", title: wording("watch.state"),
                choices: WatchMachine.Standing.allCases.map { ($0.rawValue, wording("watch.standing.\($0.rawValue)")) },
                matches: { $0.sight.standing.rawValue == $1 }),
            .init(
                id: "breach", title: wording("watch.breaches"), choices: [("yes", wording(Say.yes)), ("no", wording(Say.no))],
                matches: { ($0.sight.breaches > 0) == ($1 == "yes") }),
            .init(
                id: "waiting", title: wording("watch.waiting"), choices: [("yes", wording(Say.yes)), ("no", wording(Say.no))],
                matches: { ($0.sight.record.waiting != nil) == ($1 == "yes") }),
        ]
        return list
    }

    private func shown(_ visit: Visit) -> [Listing<Row>.Column] {
        let (wording, policy, now) = (visit.wording, desk.policy, Instant(seconds: visit.now / 1_000_000))
        return [
            .init("firm_name", wording("watch.firm"), { .text($0.firm) }, isBefore: { $0.firm < $1.firm }) { row, page in
                page.element("a", ("href", "/firms/" + FormFields.encode(row.sight.target.firm)), text: row.firm)
            },
            .init("name", wording("watch.name"), { .text($0.sight.target.name) }) {
                $0.sight.target.name < $1.sight.target.name
            } cell: { row, page in
                page.element("a", ("href", "/watch/" + FormFields.encode(row.sight.target.id)), text: row.sight.target.name)
            },
            .init("standing", wording("watch.state"), { .text($0.sight.standing.rawValue) }) {
                $0.sight.severity < $1.sight.severity
            } cell: { row, page in
                WatchWords.standing(row.sight, wording, &page)
            },
            .init("since", wording("watch.since"), { Self.time($0.sight.since) }) {
                ($0.sight.since?.seconds ?? 0) < ($1.sight.since?.seconds ?? 0)
            } cell: { row, page in
                if let since = row.sight.since { Shapes.time(since, &page) } else { page.text("—") }
            },
            .init("longest_down", wording("watch.longest"), isNumber: true, { .integer($0.sight.longest?.measure.down ?? 0) }) {
                ($0.sight.longest?.measure.down ?? 0) < ($1.sight.longest?.measure.down ?? 0)
            } cell: { row, page in
                WatchWords.measure(
                    row.sight.longest?.measure ?? WatchMeasure(down: 0, unknown: 0, tolerance: Int64(row.sight.target.tolerance)),
                    wording, &page)
            },
            .init("month_down", wording("watch.month-down"), isNumber: true, { .integer($0.sight.month.down) }) {
                $0.sight.month.down < $1.sight.month.down
            },
            .init("quarter_down", wording("watch.quarter-down"), isNumber: true, { .integer($0.sight.quarter.down) }) {
                $0.sight.quarter.down < $1.sight.quarter.down
            },
            .init("availability", wording("watch.availability"), isNumber: true, { Self.rate($0.sight.quarter) }) {
                Self.isLess($0.sight.quarter, $1.sight.quarter)
            } cell: { row, page in
                page.text(WatchWords.availability(row.sight.quarter, wording))
            },
            .init(
                "certificate_days", wording("watch.certificate"), isNumber: true,
                { row in
                    row.sight.certificateDays(at: now).map { .integer($0) } ?? Node(.null)
                }
            ) {
                ($0.sight.certificateDays(at: now) ?? .max) < ($1.sight.certificateDays(at: now) ?? .max)
            } cell: { row, page in
                WatchWords.certificate(row.sight, at: now, policy, wording, &page)
            },
        ]
    }

    private static func exported(_ wording: Wording) -> [Listing<Row>.Column] {
        func number(_ id: String, _ value: @escaping (WatchSight) -> Int64) -> Listing<Row>.Column {
            .exported(id, id) { .integer(value($0.sight)) }
        }
        return [
            .exported("id", "id") { .text($0.sight.target.id) }, .exported("firm", "firm") { .text($0.sight.target.firm) },
            .exported("address", "address") { .text($0.sight.target.address) },
            number("tolerance") { Int64($0.target.tolerance) }, number("breaches") { Int64($0.breaches) },
            number("longest_unknown") { $0.longest?.measure.unknown ?? 0 }, number("month_required") { $0.month.required },
            number("month_up") { $0.month.up }, number("month_unknown") { $0.month.unknown },
            number("quarter_required") { $0.quarter.required }, number("quarter_up") { $0.quarter.up },
            number("quarter_unknown") { $0.quarter.unknown }, number("quarter_unconfirmed") { $0.quarter.unconfirmed },
            .exported("last_outcome", "last_outcome") { row in
                row.sight.last.map { .text($0.finding.outcome.rawValue) } ?? Node(.null)
            },
            .exported("last_at", "last_at") { time($0.sight.last?.at) },
            .exported("certificate_ends", "certificate_ends") { time($0.sight.certificateEnds) },
            .exported("approved_until", "approved_until") { row in
                row.sight.record.approvals.last.map { .text($0.until.description) } ?? Node(.null)
            },
            .exported("as_of", "as_of") { time(Instant(minute: $0.sight.asOf)) },
        ]
    }

    static func time(_ instant: Instant?) -> Node { instant.map { .text($0.description) } ?? Node(.null) }

    /// A rate as a number with two decimals; null where nothing is known.
    static func rate(_ tally: WatchTally) -> Node {
        guard tally.known > 0 else { return Node(.null) }
        let text = Wording.rate(Int(tally.up), of: Int(tally.known)).prefix { $0 != " " }
        return ExactNumber(String(text)).map { Node(.number($0)) } ?? Node(.null)
    }

    /// Compares rates exactly; what is not known comes last.
    private static func isLess(_ left: WatchTally, _ right: WatchTally) -> Bool {
        guard left.known > 0 else { return false }
        guard right.known > 0 else { return true }
        return left.up * right.known < right.up * left.known
    }
}
