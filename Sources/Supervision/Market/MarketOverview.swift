public import Rulebook

/// How many firms do business on a day, and how many of them have each tier and class.
public struct MarketOverview: Sendable {
    struct Key: Hashable, Sendable {
        let day: CivilDate
        let decisions: [String]
    }

    /// Firms in business.
    public var firms = 0
    /// For each decision, how many firms have a value; nil for those without one. Firms it does not apply to are not counted.
    public var counts: [String: [String?: Int]] = [:]
}

extension MarketDesk {
    /// How the market stands on a day. It is remembered for as long as register and tiers stand as they were.
    ///
    /// - Parameters:
    ///   - day: the day.
    ///   - decisions: ids of the decisions that are counted.
    /// - Returns: the counts.
    /// - Throws: `.storage`.
    public func overview(on day: CivilDate, decisions: [String]) async throws(SupervisionError) -> MarketOverview {
        let generations = try await standings.generations()
        let key = MarketOverview.Key(day: day, decisions: decisions)
        return try await remembered.overviews.value(key, at: [generations.firms, generations.tiers]) {
            _ throws(SupervisionError) in
            var overview = MarketOverview()
            let held = try await tiers.holding(on: day)
            for firm in try await register.all() where firm.isInBusiness(asOf: day) {
                overview.firms += 1
                for decision in decisions {
                    let holding = held[firm.id]?[decision]
                    if holding?.state == .notApplicable { continue }
                    overview.counts[decision, default: [:]][holding?.value, default: 0] += 1
                }
            }
            return overview
        }
    }
}
