internal import Documents
internal import HTML
internal import Reports
internal import Rulebook
internal import Supervision

/// Lists of one target: each is a page, a CSV and a JSON.
enum WatchLists {
    /// A day and its minutes.
    typealias Day = (day: CivilDate, tally: WatchTally)

    static func days(_ wording: Wording) -> Listing<Day> {
        func number(_ id: String, _ value: @escaping (WatchTally) -> Int64) -> Listing<Day>.Column {
            .init(id, wording("watch.\(id)"), isNumber: true, { .integer(value($0.tally)) }) { value($0.tally) < value($1.tally) }
        }
        return Listing<Day>(
            name: "days",
            columns: [
                .init("day", wording("watch.day"), { .text($0.day.description) }, isBefore: { $0.day < $1.day }) { row, page in
                    Shapes.short("\(row.day) (\(row.day.rocDescription))", &page)
                },
                number("required") { $0.required }, number("up") { $0.up }, number("down") { $0.down },
                number("unknown") { $0.unknown }, number("unconfirmed") { $0.unconfirmed },
                .init("availability", wording("watch.availability"), isNumber: true, { WatchBoard.rate($0.tally) }) { row, page in
                    page.text(row.tally.known > 0 ? Wording.rate(Int(row.tally.up), of: Int(row.tally.known)) : "—")
                },
            ], text: { $0.day.description }, schema: "plumbline.service-days/1")
    }

    static func outages(_ wording: Wording) -> Listing<WatchSight.Outage> {
        var list = Listing<WatchSight.Outage>(
            name: "outages",
            columns: [
                .init("began", wording("watch.began"), { WatchBoard.time($0.outage.began) }) {
                    $0.outage.began < $1.outage.began
                } cell: { row, page in
                    Shapes.time(row.outage.began, &page)
                },
                .init("ended", wording("watch.ended"), { WatchBoard.time($0.outage.ended) }) { row, page in
                    if let ended = row.outage.ended { Shapes.time(ended, &page) } else { page.text(wording("watch.goes-on")) }
                    if row.outage.isCut { Shapes.badge("warn", wording("watch.cut"), &page) }
                },
                .init("down", wording("watch.lasted"), isNumber: true, { .integer($0.measure.down) }) {
                    $0.measure.down < $1.measure.down
                } cell: { row, page in
                    WatchWords.measure(row.measure, wording, &page)
                },
                .exported("unknown", "unknown") { .integer($0.measure.unknown) },
                .exported("tolerance", "tolerance") { .integer($0.measure.tolerance) },
                .exported("verdict", "verdict") { .text($0.measure.verdict.rawValue) },
                .init("reason", wording("watch.cause"), { .text($0.outage.reason.rawValue) }) { row, page in
                    page.text(wording("watch.outcome.\(row.outage.reason.rawValue)"))
                },
                .init("relapses", wording("watch.relapses"), isNumber: true, { .integer($0.outage.relapses) }),
                .exported("cut", "cut") { .bool($0.outage.isCut) },
            ], text: { $0.outage.reason.rawValue }, schema: "plumbline.service-outages/1")
        list.filters = [
            .init(
                id: "verdict", title: wording("watch.verdict"),
                choices: WatchMeasure.Verdict.allCases.map { ($0.rawValue, wording("watch.verdict.\($0.rawValue)")) },
                matches: { $0.measure.verdict.rawValue == $1 })
        ]
        return list
    }

    static func results(_ wording: Wording) -> Listing<WatchResult> {
        var list = Listing<WatchResult>(
            name: "results",
            columns: [
                .init("at", wording("watch.when"), { WatchBoard.time($0.at) }, isBefore: { $0.at < $1.at }) { row, page in
                    Shapes.time(row.at, &page)
                },
                .init("outcome", wording("watch.result"), { .text($0.finding.outcome.rawValue) }) { row, page in
                    let kind = row.finding.outcome.isUp.map { $0 ? "good" : "bad" } ?? "warn"
                    Shapes.badge(kind, WatchWords.outcome(row.finding, wording), &page)
                },
                .exported("status", "status") { row in row.finding.status.map { .integer($0) } ?? Node(.null) },
                .init("milliseconds", wording("watch.milliseconds"), isNumber: true, { .integer($0.finding.milliseconds) }) {
                    $0.finding.milliseconds < $1.finding.milliseconds
                },
                .init("address", wording("watch.connected"), { .text($0.finding.address) }),
            ], text: { "\($0.finding.outcome.rawValue) \($0.finding.address)" }, schema: "plumbline.service-results/1")
        list.filters = [
            .init(
                id: "outcome", title: wording("watch.result"),
                choices: WatchFinding.Outcome.allCases.map { ($0.rawValue, wording("watch.outcome.\($0.rawValue)")) },
                matches: { $0.finding.outcome.rawValue == $1 })
        ]
        return list
    }

    static func hours(_ wording: Wording) -> Listing<WatchHour> {
        Listing<WatchHour>(
            name: "hours",
            columns: [
                .init("hour", wording("watch.hour"), { WatchBoard.time($0.hour) }, isBefore: { $0.hour < $1.hour }) { row, page in
                    Shapes.time(row.hour, &page)
                },
                .init("up", wording("watch.good"), isNumber: true, { .integer($0.up) }),
                .init("failed", wording("watch.failed"), isNumber: true, { .integer($0.failed) }) { $0.failed < $1.failed },
                .init("silent", wording("watch.silent"), isNumber: true, { .integer($0.silent) }) { $0.silent < $1.silent },
                .init("mean", wording("watch.mean"), isNumber: true, { .integer(mean($0)) }) { mean($0) < mean($1) },
                .init("slowest", wording("watch.slowest"), isNumber: true, { .integer($0.slowest) }) { $0.slowest < $1.slowest },
            ], text: { $0.hour.description }, schema: "plumbline.service-hours/1")
    }

    /// Milliseconds of a probe on average, half-up.
    private static func mean(_ hour: WatchHour) -> Int {
        let count = hour.up + hour.failed + hour.silent
        return count > 0 ? (2 * hour.milliseconds + count) / (2 * count) : 0
    }

    static func versions(_ wording: Wording) -> Listing<WatchVersion> {
        Listing<WatchVersion>(
            name: "versions",
            columns: [
                .init("version", "#", isNumber: true, { .integer($0.version) }),
                .init("address", wording("watch.address"), { .text($0.target.address) }),
                .init("tolerance", wording("watch.tolerance"), isNumber: true, { .integer($0.target.tolerance) }),
                .init("changed", wording("watch.when"), { WatchBoard.time($0.changed) }) { row, page in
                    Shapes.time(row.changed, &page)
                },
                .init("by", wording("watch.asked-by"), { .text($0.by) }),
                .init("reason", wording("watch.reason"), { .text($0.reason) }),
                .init("rejected_by", wording("watch.rejected-by"), { .text($0.rejectedBy) }),
            ], text: { $0.reason }, schema: "plumbline.service-versions/1")
    }

    static func approvals(_ wording: Wording) -> Listing<WatchApproval> {
        Listing<WatchApproval>(
            name: "approvals",
            columns: [
                .init("version", "#", isNumber: true, { .integer($0.version) }),
                .init("at", wording("watch.when"), { WatchBoard.time($0.at) }) { row, page in Shapes.time(row.at, &page) },
                .init("by", wording("watch.approved"), { .text($0.by) }),
                .init("until", wording("watch.until"), { .text($0.until.description) }),
                .init("note", wording("watch.day-note"), { .text($0.note) }),
            ], text: { $0.note }, schema: "plumbline.service-approvals/1")
    }
}
