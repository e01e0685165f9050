public import Rulebook

/// Something about a table that its reader must know.
public enum MarketFlag: Sendable, Hashable {
    /// Two items address the same firms, and unlike numbers of them answered (D-03).
    case unlikePopulations(items: [String], tier: String, answered: [Int])
    /// Everybody of a tier answered, though by their profiles the item does not concern some of them (D-04).
    case answeredThoughNotConcerned(item: String, tier: String, firms: Int)
    /// Firms declared yes where a check saw a breach, or no where a check saw none.
    case declaredAgainstMeasured(item: String, firms: Int)
    /// Firms handed nothing in.
    case missing(tier: String, firms: Int)
    /// A clause that binds firms was asked by no item (D-10).
    case neverAsked(clause: String)
}

/// Checks a table for what would mislead its reader.
public enum MarketChecks {
    /// Items that address the same firms must have been answered by equally many of each tier.
    ///
    /// - Parameters:
    ///   - table: the table.
    ///   - populations: items that address the same firms, one group each.
    /// - Returns: a flag for each tier and group in which the numbers differ.
    public static func populations(_ table: MarketTable, _ populations: [[String]]) -> [MarketFlag] {
        populations.flatMap { group in
            table.tiers.compactMap { tier in
                let answered = group.compactMap { table[$0, tier]?.answered }
                guard answered.count == group.count, Set(answered).count > 1 else { return nil }
                return MarketFlag.unlikePopulations(items: group, tier: tier, answered: answered)
            }
        }
    }

    /// Firms that answered yes or no to an item which, by what the register knows, does not concern them.
    ///
    /// - Parameters:
    ///   - items: ids of the items.
    ///   - rows: the firms' answers.
    ///   - concerns: whether an item concerns a firm; unknown counts as yes.
    /// - Returns: a flag for each item and tier with such firms.
    public static func notConcerned(
        _ items: [String], _ rows: [MarketRow], concerns: (_ item: String, _ firm: String) -> Truth
    ) -> [MarketFlag] {
        notConcerned(items, rows) { item, row in concerns(items[item], rows[row].firm) }
    }

    /// As `notConcerned`, asked by places of item and row.
    static func notConcerned(
        _ items: [String], _ rows: [MarketRow], concernsAt concerns: (_ item: Int, _ row: Int) -> Truth
    ) -> [MarketFlag] {
        items.enumerated().flatMap { index, item in
            var counts: [String: Int] = [:]
            for (place, row) in rows.enumerated() where index < row.declared.count {
                let answer = DeclaredAnswer(rawValue: row.declared[index] & 3)
                guard answer == .yes || answer == .no, concerns(index, place) == .no else { continue }
                counts[row.tier ?? "", default: 0] += 1
            }
            return counts.sorted { $0.key < $1.key }.map {
                MarketFlag.answeredThoughNotConcerned(item: item, tier: $0.key, firms: $0.value)
            }
        }
    }

    /// Items that firms answered one way and checks saw another way.
    public static func contradictions(_ items: [String], _ standings: [Standing]) -> [MarketFlag] {
        items.indices.compactMap { index in
            let firms = standings.count { standing in
                guard index < standing.declared.count, index < standing.measured.count else { return false }
                let declared = DeclaredAnswer(rawValue: standing.declared[index] & 3)
                switch MeasuredAnswer(rawValue: standing.measured[index]) {
                case .nonCompliant, .partly: return declared == .yes
                case .compliant: return declared == .no
                default: return false
                }
            }
            return firms > 0 ? .declaredAgainstMeasured(item: items[index], firms: firms) : nil
        }
    }
}
