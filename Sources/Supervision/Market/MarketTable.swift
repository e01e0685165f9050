/// How many firms said what of one item.
public struct MarketCell: Sendable, Hashable {
    /// Firms that said yes.
    public var yes = 0
    /// Firms that said no.
    public var no = 0
    /// Firms it does not apply to.
    public var notApplicable = 0
    /// Firms that said nothing, or handed nothing in.
    public var noAnswer = 0

    /// No firm.
    public init(yes: Int = 0, no: Int = 0, notApplicable: Int = 0, noAnswer: Int = 0) {
        (self.yes, self.no, self.notApplicable, self.noAnswer) = (yes, no, notApplicable, noAnswer)
    }

    /// Firms in all.
    public var firms: Int { yes + no + notApplicable + noAnswer }
    /// Firms that answered with yes or no: what a rate is of.
    public var answered: Int { yes + no }
    /// The share of yes among those who answered; nil when nobody did.
    public var rate: Rate? { Rate(yes, of: answered) }
    /// The share of yes among all whom the item may concern, silence counted as not shown: what is known to be in place.
    public var knownRate: Rate? { Rate(yes, of: yes + no + noAnswer) }

    /// Counts one more firm.
    public mutating func count(_ answer: DeclaredAnswer) {
        switch answer {
        case .yes: yes += 1
        case .no: no += 1
        case .notApplicable: notApplicable += 1
        case .none: noAnswer += 1
        }
    }

    /// Both together.
    public static func + (left: MarketCell, right: MarketCell) -> MarketCell {
        MarketCell(
            yes: left.yes + right.yes, no: left.no + right.no, notApplicable: left.notApplicable + right.notApplicable,
            noAnswer: left.noAnswer + right.noAnswer)
    }
}

/// A share as two whole numbers, which are always shown with it.
public struct Rate: Sendable, Hashable {
    /// The part.
    public let numerator: Int
    /// The whole; at least 1.
    public let denominator: Int

    /// A share; nil of nothing.
    public init?(_ numerator: Int, of denominator: Int) {
        guard denominator > 0, numerator >= 0 else { return nil }
        (self.numerator, self.denominator) = (numerator, denominator)
    }

    /// Hundredths of a per cent, rounded half up in whole numbers (D-01): 8 of 11 are 7,273.
    public var hundredths: Int { (20_000 * numerator + denominator) / (2 * denominator) }

    /// As a percentage with two digits: `72.73`.
    public var text: String {
        let (whole, rest) = hundredths.quotientAndRemainder(dividingBy: 100)
        return "\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }
}

/// One firm's answers for a table, with the tier it counts in.
public struct MarketRow: Sendable, Hashable {
    /// The firm.
    public var firm: String
    /// Its tier on the quarter's last day; nil when none was decided. Such firms count under "all" only.
    public var tier: String?
    /// Raw values of `DeclaredAnswer`, one an item of the table; empty for a firm that handed nothing in.
    public var declared: [UInt8]

    /// A firm's answers.
    public init(firm: String, tier: String?, declared: [UInt8]) {
        (self.firm, self.tier, self.declared) = (firm, tier, declared)
    }
}

/// Items against tiers: who said what in a quarter.
public struct MarketTable: Sendable, Hashable {
    /// Ids of the items, in order.
    public let items: [String]
    /// The tiers, strictest first.
    public let tiers: [String]
    /// For each item, for each tier.
    public let cells: [[MarketCell]]
    /// For each item, all firms, also those whose tier was not decided.
    public let all: [MarketCell]

    /// Counts answers.
    ///
    /// - Parameters:
    ///   - items: ids of the items; a row's bytes follow their order.
    ///   - tiers: the tiers, strictest first.
    ///   - rows: one for every firm that did business, also those that handed nothing in.
    public init(items: [String], tiers: [String], rows: some Sequence<MarketRow>) {
        let places = Dictionary(tiers.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        // Counters in one flat array, four for each item and tier and one more column for firms without a tier: a market of ten thousand
        // firms is counted in one pass over bytes.
        let columns = tiers.count + 1
        var counts = [Int](repeating: 0, count: items.count * columns * 4)
        for row in rows {
            let column = row.tier.flatMap { places[$0] } ?? tiers.count
            for item in items.indices {
                let answer = item < row.declared.count ? Int(row.declared[item] & 3) : 0
                counts[(item * columns + column) * 4 + answer] += 1
            }
        }
        self.init(items: items, tiers: tiers, counts: counts)
    }

    /// A table from counters: four for each item and column, of which the last is that of firms without a tier.
    init(items: [String], tiers: [String], counts: [Int]) {
        let columns = tiers.count + 1
        func cell(_ item: Int, _ column: Int) -> MarketCell {
            let at = (item * columns + column) * 4
            return MarketCell(
                yes: counts[at + Int(DeclaredAnswer.yes.rawValue)], no: counts[at + Int(DeclaredAnswer.no.rawValue)],
                notApplicable: counts[at + Int(DeclaredAnswer.notApplicable.rawValue)], noAnswer: counts[at])
        }
        (self.items, self.tiers) = (items, tiers)
        cells = items.indices.map { item in tiers.indices.map { cell(item, $0) } }
        all = items.indices.map { item in (0..<columns).reduce(MarketCell()) { $0 + cell(item, $1) } }
    }

    /// A table of cells that were counted elsewhere: a printed source.
    public init(items: [String], tiers: [String], cells: [[MarketCell]]) {
        (self.items, self.tiers, self.cells) = (items, tiers, cells)
        all = cells.map { $0.reduce(MarketCell()) { $0 + $1 } }
    }

    /// The cell of an item and tier; nil when the table has none.
    public subscript(item: String, tier: String) -> MarketCell? {
        guard let row = items.firstIndex(of: item), let column = tiers.firstIndex(of: tier) else { return nil }
        return cells[row][column]
    }

    /// The cell of an item over all firms; nil when the table has none.
    public subscript(item: String) -> MarketCell? { items.firstIndex(of: item).map { all[$0] } }
}
