internal import Documents

/// When a cell is too small to be published (`small_cell` in `Packs/supervision/policy.yaml`).
public struct SuppressionRule: Sendable, Hashable {
    /// Fewest firms that must have answered.
    public var answered: Int
    /// Fewest firms on either side, unless there is none on it.
    public var part: Int

    /// A rule.
    public init(answered: Int, part: Int) { (self.answered, self.part) = (answered, part) }

    /// Whether a cell would tell too much of single firms.
    public func isSmall(_ cell: MarketCell) -> Bool {
        guard cell.answered > 0 else { return false }
        return cell.answered < answered || 1..<part ~= cell.yes || 1..<part ~= cell.no
    }

    static func read(_ node: Node, path: String) throws(DocumentError) -> SuppressionRule {
        var fields = try Fields(node, path: path)
        func number(_ key: String) throws(DocumentError) -> Int {
            guard let number = try fields.optionalInteger(key), (1...1_000).contains(number) else {
                throw fields.error(at: key, "a whole number from 1 is expected")
            }
            return number
        }
        let rule = SuppressionRule(answered: try number("answered"), part: try number("part"))
        try fields.finish()
        return rule
    }
}

/// A table of which cells are kept back so that no kept cell can be worked out from what is left.
public struct PublishedTable: Sendable, Hashable {
    /// Ids of the items.
    public let items: [String]
    /// The tiers.
    public let tiers: [String]
    /// For each item and tier; nil where the cell is kept back.
    public let cells: [[MarketCell?]]
    /// For each item, all firms; nil where it is kept back.
    public let all: [MarketCell?]

    /// Keeps back what is small, and as much beside it as is needed: whoever subtracts the published tiers of an item from its total gets the sum
    /// of those kept back, so at least two are, and their sum is not small itself. Where that cannot be had, the total is kept back too.
    public init(_ table: MarketTable, _ rule: SuppressionRule) {
        (items, tiers) = (table.items, table.tiers)
        var cells: [[MarketCell?]] = []
        var all: [MarketCell?] = []
        for (index, row) in table.cells.enumerated() {
            let (hidden, isTotalHidden) = Self.hidden(row, table.all[index], rule)
            cells.append(row.enumerated().map { hidden.contains($0.offset) ? nil : $0.element })
            all.append(isTotalHidden ? nil : table.all[index])
        }
        (self.cells, self.all) = (cells, all)
    }

    private static func hidden(_ row: [MarketCell], _ total: MarketCell, _ rule: SuppressionRule) -> (Set<Int>, Bool) {
        var hidden = Set(row.indices.filter { rule.isSmall(row[$0]) })
        // Firms without a tier are in the total and in no tier: a part that is never published.
        let rest = MarketCell(
            yes: total.yes - row.reduce(0) { $0 + $1.yes }, no: total.no - row.reduce(0) { $0 + $1.no })
        guard !hidden.isEmpty || rest.answered > 0 else { return (hidden, rule.isSmall(total)) }
        func sum() -> MarketCell { hidden.reduce(rest) { $0 + row[$1] } }
        func isEnough() -> Bool {
            let parts = hidden.count + (rest.answered > 0 ? 1 : 0)
            return parts >= 2 && !rule.isSmall(sum())
        }
        // The smallest of what is left goes first: it costs the least.
        var others = row.indices.filter { !hidden.contains($0) && row[$0].answered > 0 }.sorted {
            (row[$0].answered, $0) < (row[$1].answered, $1)
        }
        while !isEnough(), !others.isEmpty { hidden.insert(others.removeFirst()) }
        return (hidden, !isEnough() || rule.isSmall(total))
    }
}
