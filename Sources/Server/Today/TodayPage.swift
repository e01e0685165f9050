internal import Assessment
internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Workspace

/// The first page of the morning: what stands by article, what changed since yesterday, what is not known, what to do next.
struct TodayPage: Sendable {
    let services: FirmServices

    /// What the page shows.
    struct Model: Sendable {
        var board: Board
        var morning: Morning
    }

    /// Most changes that are shown here; the others are in the export of all.
    private static let mostChanges = 15
    private static let mostSteps = 8

    var routes: [Route] {
        [
            .page("/", .signedIn) { visit in
                // Everybody begins here; who has no part in the content goes on to what is theirs.
                guard visit.may(.complianceRead) else { return .see(Page.home(visit)) }
                return draw(try await model(visit), visit)
            },
            .form("/assess", .permitted(.complianceAssess)) { visit in
                try await services.workspace.boards.assess(cause: "asked for", visit.actor)
                services.hub.tell("board")
                return .see("/")
            },
        ]
    }

    private func model(_ visit: Visit) async throws -> Model {
        let workspace = services.workspace
        return Model(board: workspace.boards.board, morning: try await workspace.morning.morning(at: visit.now / 1_000_000))
    }

    private func draw(_ model: Model, _ visit: Visit) -> Answer {
        let wording = visit.wording
        var page = Page(visit, wording("web.today"), .today)
        page.live = "board"
        return page.answer { page in
            head(model, visit, &page)
            guard model.board.at != nil else { return page.element("p", text: wording("today.none")) }
            page.element("div", ("class", "cards")) { cards(model, wording, &$0) }
            page.element("div", ("class", "two")) { page in
                page.element("div") { articles(model, wording, &$0) }
                page.element("div") { page in
                    next(model, wording, &page)
                    changes(model, wording, &page)
                    unknown(model, wording, &page)
                }
            }
        }
    }

    private func head(_ model: Model, _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        let instant = model.board.at.map { Instant(seconds: $0) }
        page.element("p", ("class", "lead")) { page in
            page.text(model.morning.firm)
            if let instant {
                page.text(
                    " · \(wording("report.as-of")) \(instant.text(in: model.morning.zone)) (\(instant.date(in: model.morning.zone).rocDescription))"
                )
            }
        }
        guard visit.may(.complianceAssess) else { return }
        Form.post("/assess", visit, &page) { $0.element("button", text: wording("today.assess")) }
    }

    private func cards(_ model: Model, _ wording: Wording, _ page: inout HTMLWriter) {
        for pack in services.workspace.rulebook.packs {
            let headings = model.board.headings.filter { $0.pack == pack.id }
            let (fulfilled, applicable) = (headings.reduce(0) { $0 + $1.fulfilled }, headings.reduce(0) { $0 + $1.applicable })
            guard applicable > 0 else { continue }
            var counts: [Verdict: Int] = [:]
            for heading in headings { counts.merge(heading.counts) { $0 + $1 } }
            counts[.notApplicable] = nil
            page.element("section", ("class", "card")) { page in
                page.element("h2", text: wording(pack.title))
                page.element("p", ("class", "figure"), text: Wording.rate(fulfilled, of: applicable))
                page.element(
                    "p", ("class", "lead"), text: wording("today.rate", ["done": String(fulfilled), "all": String(applicable)]))
                Shapes.bar(counts, wording, &page)
            }
        }
        for verdict in [Verdict.nonCompliant, .undetermined] {
            let count = model.board.headings.reduce(0) { $0 + $1.counts[verdict, default: 0] }
            page.element("section", ("class", "card")) { page in
                page.element("a", ("class", "whole"), ("href", "/obligations?verdict=\(verdict.rawValue)")) { page in
                    page.element("h2") { Shapes.verdict(verdict, wording, &$0) }
                    page.element("p", ("class", "figure"), text: String(count))
                }
            }
        }
    }

    private func articles(_ model: Model, _ wording: Wording, _ page: inout HTMLWriter) {
        page.element("h2", text: wording("today.articles"))
        page.element("div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", wording("today.articles")))
        { page in
            page.element("table") { page in
                page.element("thead") { page in
                    page.element("tr") { page in
                        page.element("th", ("scope", "col"), text: wording("obligation.article"))
                        page.element("th", ("scope", "col"), text: wording("obligation.verdict"))
                        page.element("th", ("scope", "col"), ("class", "number"), text: wording("today.kept"))
                    }
                }
                page.element("tbody") { page in
                    for heading in model.board.headings where heading.applicable > 0 { article(heading, wording, &page) }
                }
            }
        }
    }

    private func article(_ heading: Board.Heading, _ wording: Wording, _ page: inout HTMLWriter) {
        let pack = services.workspace.rulebook.packs.first { $0.id == heading.pack }
        let title = pack?.groups.first { $0.id == heading.group }.map { wording($0.title) } ?? heading.group
        let parts = Shapes.order.filter { $0 != .notApplicable && heading.counts[$0, default: 0] > 0 }
            .map { "\(Shapes.sign($0)) \(heading.counts[$0, default: 0])" }
        page.element("tr") { page in
            page.element("th", ("scope", "row")) { page in
                page.element(
                    "a", ("href", "/obligations?" + FormFields.query([("heading", "\(heading.pack)/\(heading.group)")])),
                    text: title)
                page.element("div", ("class", "crumbs"), text: heading.pack)
            }
            page.element("td") { page in
                var counts = heading.counts
                counts[.notApplicable] = nil
                Shapes.bar(counts, wording, &page)
                page.element("span", ("class", "crumbs"), ("aria-hidden", "true"), text: parts.joined(separator: "  "))
            }
            page.element(
                "td", ("class", "number"),
                text: "\(heading.fulfilled)/\(heading.applicable) \(Wording.rate(heading.fulfilled, of: heading.applicable))")
        }
    }

    private func next(_ model: Model, _ wording: Wording, _ page: inout HTMLWriter) {
        page.element("h2", text: wording("today.next"))
        if model.board.broken.isEmpty, model.morning.silentHosts.isEmpty {
            return page.element("p", text: wording("today.nothing-next"))
        }
        page.element("ol") { page in
            for item in model.board.broken.prefix(Self.mostSteps) {
                guard let clause = services.workspace.rulebook.clause(item.clause) else { continue }
                page.element("li") { page in
                    page.element("a", ("href", "/clauses/\(item.clause)"), text: "\(item.clause) \(wording(clause.title))")
                    page.text(" " + wording("today.where", ["count": String(item.count)]))
                }
            }
            if !model.morning.silentHosts.isEmpty {
                page.element("li") { page in
                    page.element(
                        "a", ("href", "/systems"),
                        text: wording("today.silent", ["count": String(model.morning.silentHosts.count)]))
                    page.text(" " + model.morning.silentHosts.prefix(5).joined(separator: ", "))
                }
            }
        }
    }

    private func changes(_ model: Model, _ wording: Wording, _ page: inout HTMLWriter) {
        page.element("h2", text: wording("today.changed"))
        if model.morning.changes.isEmpty { return page.element("p", text: wording("today.unchanged")) }
        page.element("ul") { page in
            for change in model.morning.changes.prefix(Self.mostChanges) {
                page.element("li") { page in
                    let query = change.system.isEmpty ? "" : "?" + FormFields.query([("system", change.system)])
                    page.element("a", ("href", "/clauses/\(change.clause)\(query)"), text: change.clause)
                    page.text(" \(change.system.isEmpty ? wording("report.whole-firm") : change.system): ")
                    if let before = change.before { page.text("\(Shapes.sign(before)) → ") }
                    Shapes.verdict(change.after, wording, &page)
                }
            }
        }
        if model.morning.changes.count > Self.mostChanges {
            page.element("p") { $0.element("a", ("href", "/changes"), text: wording("today.all-changes")) }
        }
    }

    private func unknown(_ model: Model, _ wording: Wording, _ page: inout HTMLWriter) {
        page.element("h2", text: wording("today.unknown"))
        if model.board.unknowns.isEmpty { return page.element("p", text: wording("today.all-known")) }
        page.element("ul") { page in
            for item in model.board.unknowns {
                page.element("li") { page in
                    page.element(
                        "a",
                        (
                            "href",
                            "/obligations?" + FormFields.query([("verdict", "undetermined"), ("reason", item.reason.rawValue)])
                        ),
                        text: wording(item.reason))
                    page.text(" \(item.count)")
                }
            }
        }
    }
}
