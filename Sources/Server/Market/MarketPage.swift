internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Supervision

/// Where a supervisor's day begins: how many firms there are of each tier and class, and what waits.
struct MarketPage: Sendable {
    let services: SupervisorServices

    var routes: [Route] {
        [
            .page("/", .signedIn) { visit in
                // Everybody begins here; who has no part in the content goes on to what is theirs.
                guard visit.may(.marketRead) else { return .see(Page.home(visit)) }
                return draw(try await model(visit), visit)
            }
        ]
    }

    /// What the page shows.
    struct Model: Sendable {
        var institution: String
        var day: CivilDate
        var firms: Int
        /// For each decision of the register: how many firms in business have each value, nil for those without one.
        var counts: [(decision: Decision, values: [(value: String?, count: Int)])]
        var waiting: MarketWaiting
    }

    private func model(_ visit: Visit) async throws -> Model {
        let supervision = services.supervision
        let day = visit.today
        let decisions = supervision.decisions
        let overview = try await supervision.market.overview(on: day, decisions: decisions.map(\.id))
        let counts = decisions.map { decision in
            let found = overview.counts[decision.id] ?? [:]
            let values: [String?] = decision.values.map(\.value) + [nil]
            return (decision: decision, values: values.map { (value: $0, count: found[$0] ?? 0) })
        }
        return Model(
            institution: try await supervision.institution.current()?.name ?? "", day: day, firms: overview.firms,
            counts: counts.filter { $0.values.contains { $0.count > 0 } }, waiting: try await MarketWaiting(services, visit))
    }

    private func draw(_ model: Model, _ visit: Visit) -> Answer {
        let wording = visit.wording
        return Page(visit, wording("web.market"), .market).answer { page in
            page.element(
                "p", ("class", "lead"),
                text: "\(model.institution) · \(wording("report.as-of")) \(model.day) (\(model.day.rocDescription))")
            guard model.firms > 0 else {
                page.element("p", text: wording("market.none"))
                if visit.may(.firmsChange) { Shapes.links([(wording("firms.add"), "/firms/new")], isPrimary: true, &page) }
                return
            }
            page.element("div", ("class", "cards")) { page in
                figure(wording("market.firms"), String(model.firms), "/firms", &page)
                model.waiting.write(wording, &page)
            }
            if model.waiting.items.isEmpty { page.element("p", ("class", "lead"), text: wording("waiting.nothing")) }
            Shapes.links([(wording("market.status"), "/market")], isPrimary: true, &page)
            for (decision, values) in model.counts { table(decision, values, wording, &page) }
        }
    }

    private func figure(_ title: String, _ value: String, _ path: String, _ page: inout HTMLWriter) {
        page.element("section", ("class", "card")) { page in
            page.element("a", ("class", "whole"), ("href", path)) { page in
                page.element("h2", text: title)
                page.element("p", ("class", "figure"), text: value)
            }
        }
    }

    private func table(
        _ decision: Decision, _ values: [(value: String?, count: Int)], _ wording: Wording, _ page: inout HTMLWriter
    ) {
        page.element("h2", text: wording(decision.title))
        page.element("div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", wording(decision.title))) {
            page in
            page.element("table") { page in
                page.element("thead") { page in
                    page.element("tr") { page in
                        page.element("th", ("scope", "col"), text: wording("firms.tier"))
                        page.element("th", ("scope", "col"), ("class", "number"), text: wording("market.firms"))
                    }
                }
                page.element("tbody") { page in
                    for (value, count) in values {
                        let title = value.map { value in
                            decision.values.first { $0.value == value }.map { wording($0.title) } ?? value
                        }
                        page.element("tr") { page in
                            page.element("th", ("scope", "row"), text: title ?? wording("market.undecided"))
                            page.element("td", ("class", "number"), text: String(count))
                        }
                    }
                }
            }
        }
    }
}
