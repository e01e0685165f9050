internal import HTML
internal import Identity
internal import Reports
internal import Rulebook
internal import Supervision

/// What waits for a supervisor: where a morning's work is.
struct MarketWaiting: Sendable {
    /// One thing that waits.
    struct Item: Sendable {
        /// Name of its text.
        var text: String
        /// How many there are; nil where it is so or not.
        var count: Int?
        /// Where it is dealt with.
        var path: String
        /// Whether it cannot wait.
        var isUrgent = false
    }

    /// All that waits, most urgent first.
    let items: [Item]

    /// Looks.
    ///
    /// - Throws: what the stores throw.
    init(_ services: SupervisorServices, _ visit: Visit) async throws {
        let supervision = services.supervision
        var items: [Item] = []
        let standings = try await supervision.watch.sights(at: Instant(seconds: visit.now / 1_000_000)).map(\.standing)
        let down = standings.count { $0 == .down }
        if down > 0 { items.append(Item(text: "waiting.down", count: down, path: "/watch?standing=down", isUrgent: true)) }
        let shifts = try await supervision.programme.shifts.all()
        // Whoever keeps no roster has no gap in it.
        if !shifts.isEmpty, DutyRoster(shifts).onDuty(at: visit.now).isEmpty {
            items.append(Item(text: "waiting.nobody", count: nil, path: "/programme/roster", isUrgent: true))
        }
        let counts = try await supervision.exchange.waiting()
        if counts.keys > 0 { items.append(Item(text: "waiting.keys", count: counts.keys, path: "/submissions/keys")) }
        if counts.submitted > 0 {
            items.append(Item(text: "waiting.submitted", count: counts.submitted, path: "/submissions?state=submitted"))
        }
        if counts.answered > 0 {
            items.append(Item(text: "waiting.answered", count: counts.answered, path: "/submissions?state=answered"))
        }
        let tiers = try await supervision.tiers.waitingCount()
        if tiers > 0 { items.append(Item(text: "market.waiting", count: tiers, path: "/tiers?status=proposed")) }
        self.items = items
    }

    /// Writes a card for each.
    func write(_ wording: Wording, _ page: inout HTMLWriter) {
        for item in items {
            page.element("section", ("class", item.isUrgent ? "card urgent" : "card")) { page in
                page.element("a", ("class", "whole"), ("href", item.path)) { page in
                    page.element("h2", text: wording(item.text))
                    page.element("p", ("class", "figure"), text: item.count.map(String.init) ?? "!")
                }
            }
        }
    }
}
