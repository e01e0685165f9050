internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Supervision

/// One target: how it stands, its line of time, its days, outages and results.
struct WatchTargetPages: Sendable {
    let services: SupervisorServices
    private var desk: WatchDesk { services.supervision.watch }

    /// Results shown one by one.
    private static let resultLimit = 20_000

    var routes: [Route] {
        [
            .page("/watch/:target", .permitted(.marketRead)) { visit in try await show(visit) },
            .page("/watch/:target/days", .permitted(.marketRead)) { visit in
                let sight = try await sight(visit)
                return try await list(sight, "days", WatchLists.days(visit.wording), sight.days, visit)
            },
            .page("/watch/:target/outages", .permitted(.marketRead)) { visit in
                let range =
                    WatchSight.minute(
                        of: visit.today.adding(days: -desk.policy.hourDays))..<Instant(seconds: visit.now / 1_000_000).minute
                let sight = try await sight(visit, range)
                return try await list(sight, "outages", WatchLists.outages(visit.wording), sight.outages.reversed(), visit)
            },
            .page("/watch/:target/results", .permitted(.marketRead)) { visit in
                let sight = try await sight(visit)
                let results = try await desk.latest(sight.target.id, limit: Self.resultLimit)
                return try await list(sight, "results", WatchLists.results(visit.wording), results, visit)
            },
            .page("/watch/:target/hours", .permitted(.marketRead)) { visit in
                let sight = try await sight(visit)
                let hours = try await desk.hours(sight.target.id)
                return try await list(sight, "hours", WatchLists.hours(visit.wording), hours, visit)
            },
        ]
    }

    private func sight(_ visit: Visit, _ range: Range<Int64>? = nil) async throws -> WatchSight {
        let now = Instant(seconds: visit.now / 1_000_000)
        guard let sight = try await desk.sights(at: now, of: visit["target"], range: range).first else {
            throw Failure.notFound()
        }
        return sight
    }

    private func tabs(_ sight: WatchSight, current: String, _ wording: Wording, _ page: inout HTMLWriter) {
        let path = "/watch/\(FormFields.encode(sight.target.id))"
        Shapes.tabs(
            wording("web.watch"),
            [(wording("watch.tab.now"), path)]
                + ["days", "outages", "results", "hours"].map { (wording("watch.tab.\($0)"), "\(path)/\($0)") },
            current: current.isEmpty ? path : "\(path)/\(current)", &page)
    }

    private func list<Row: Sendable>(
        _ sight: WatchSight, _ name: String, _ listing: Listing<Row>, _ rows: [Row], _ visit: Visit
    ) async throws -> Answer {
        var listing = listing
        listing.name = "\(sight.target.id)-\(name)"
        if let export = try listing.export(rows, visit) { return export }
        var page = Page(visit, "\(sight.target.name): \(visit.wording("watch.tab.\(name)"))", .watch)
        page.crumbs = [(visit.wording("web.watch"), "/watch")]
        return page.answer { page in
            tabs(sight, current: name, visit.wording, &page)
            page.element(
                "p", ("class", "lead"),
                text: visit.wording("watch.as-of", ["time": WatchPages.time(Instant(minute: sight.asOf))]))
            listing.write(rows, visit, &page)
        }
    }

    // MARK: The first page

    /// What is asked of a target, in words.
    static func facts(
        _ target: WatchTarget, _ names: [String: String], _ policy: WatchPolicy, _ wording: Wording
    ) -> [(String, String)] {
        var facts = [
            (wording("watch.firm"), names[target.firm] ?? target.firm), (wording("watch.address"), target.address),
            (wording("watch.kind"), wording("watch.kind.\(target.kind.rawValue)")),
        ]
        if target.kind.asks {
            facts.append((wording("watch.status"), "\(target.status.lowerBound)–\(target.status.upperBound)"))
            if !target.text.isEmpty { facts.append((wording("watch.text"), target.text)) }
        }
        return facts + [
            (wording("watch.interval"), wording("watch.minutes", ["count": String(target.interval)])),
            (wording("watch.timeout"), wording("watch.seconds", ["count": String(target.timeout)])),
            (wording("watch.tolerance"), wording("watch.minutes", ["count": String(target.tolerance)])),
            (
                wording("watch.hours"),
                policy.hours(target.hours).map { wording($0.title) }.joined(separator: wording("report.list-separator"))
            ),
        ]
    }

    private func show(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let now = Instant(seconds: visit.now / 1_000_000)
        let span = [1, 7, 31].contains(Int(visit.query.text("days")) ?? 0) ? Int64(visit.query.text("days")) ?? 1 : 1
        let range = now.minute - span * 1_440..<now.minute
        let sight = try await sight(visit, range)
        let names = try await WatchPages.names(services, visit)
        var page = Page(visit, sight.target.name, .watch)
        page.crumbs = [(wording("web.watch"), "/watch")]
        page.live = "watch"
        return page.answer { page in
            tabs(sight, current: "", wording, &page)
            WatchPages.local(services, visit, &page)
            page.element("p") { page in
                WatchWords.standing(sight, wording, &page)
                if let since = sight.since {
                    page.text(" \(wording("watch.since")) ")
                    Shapes.time(since, &page)
                }
            }
            if visit.may(.watchChange), sight.record.retired == nil { Shapes.links(acts(sight, wording), &page) }
            Shapes.facts(Self.facts(sight.target, names, desk.policy, wording) + known(sight, now, wording), &page)
            minutes(sight, wording, &page)
            WatchTimeline(sight: sight, range: range, span: span, visit: visit).write(&page)
            page.element("h2", text: wording("watch.tab.outages"))
            WatchLists.outages(wording).table(
                Array(sight.outages.reversed().prefix(20)), wording("watch.tab.outages"), visit, &page)
            page.element("h2", text: wording("watch.versions"))
            WatchLists.versions(wording).table(sight.record.versions.reversed(), wording("watch.versions"), visit, &page)
            page.element("h2", text: wording("watch.approvals"))
            WatchLists.approvals(wording).table(sight.record.approvals.reversed(), wording("watch.approvals"), visit, &page)
        }
    }

    private func acts(_ sight: WatchSight, _ wording: Wording) -> [(title: String, path: String)] {
        let path = "/watch/\(FormFields.encode(sight.target.id))"
        let isWaiting = sight.record.waiting != nil
        let canRenew = !isWaiting && sight.record.newest.rejectedBy.isEmpty
        return (isWaiting || canRenew ? [(wording(isWaiting ? "watch.approve" : "watch.renew"), path + "/approve")] : [])
            + [(wording("watch.change"), path + "/change"), (wording("watch.retire"), path + "/retire")]
    }

    private func known(_ sight: WatchSight, _ now: Instant, _ wording: Wording) -> [(String, String)] {
        var facts: [(String, String)] = []
        if let approval = sight.record.approvals.last {
            facts.append((wording("watch.approved"), "\(approval.by), \(wording("watch.until")) \(approval.until)"))
        }
        if let last = sight.last {
            facts.append(
                (
                    wording("watch.last"),
                    "\(WatchPages.time(last.at)) · \(WatchWords.outcome(last.finding, wording)) · \(last.finding.milliseconds) ms"
                        + (last.finding.address.isEmpty ? "" : " · \(last.finding.address)")
                ))
        }
        if let ends = sight.certificateEnds, let days = sight.certificateDays(at: now) {
            let text = days < 0 ? wording("watch.certificate-ended") : wording("watch.days", ["count": String(days)])
            facts.append((wording("watch.certificate"), "\(WatchPages.time(ends)) (\(text))"))
        }
        return facts
    }

    /// Month and quarter as a table.
    private func minutes(_ sight: WatchSight, _ wording: Wording, _ page: inout HTMLWriter) {
        page.element("h2", text: wording("watch.counted"))
        page.element(
            "p", ("class", "lead"), text: wording("watch.as-of", ["time": WatchPages.time(Instant(minute: sight.asOf))]))
        page.element("div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", wording("watch.counted")))
        {
            page in
            page.element("table") { page in
                page.element("thead") { page in
                    page.element("tr") { page in
                        page.element("th", ("scope", "col"), text: wording("watch.time"))
                        for name in ["required", "up", "down", "unknown", "availability"] {
                            page.element("th", ("scope", "col"), ("class", "number"), text: wording("watch.\(name)"))
                        }
                    }
                }
                page.element("tbody") { page in
                    for (name, tally) in [("watch.this-month", sight.month), ("watch.this-quarter", sight.quarter)] {
                        page.element("tr") { page in
                            page.element("th", ("scope", "row"), text: wording(name))
                            for number in [tally.required, tally.up, tally.down, tally.unknown] {
                                page.element("td", ("class", "number"), text: String(number))
                            }
                            page.element(
                                "td", ("class", "number"),
                                text: tally.known > 0 ? Wording.rate(Int(tally.up), of: Int(tally.known)) : "—")
                        }
                    }
                }
            }
        }
    }
}
