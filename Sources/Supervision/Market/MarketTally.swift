internal import Rulebook
internal import Submissions

/// Which firms of the register count in a quarter, and in which column of its table.
struct MarketPopulation: Sendable {
    /// The column of a firm that does not count.
    static let outside = -1

    let quarter: Quarter
    /// For each firm of the register, by key: its tier; nil when none was decided.
    let tiers: [String?]
    /// For each firm: its column, the last one for firms without a tier; or `outside`.
    let columns: [Int]
    /// The firms' keys one behind the other, and where each ends.
    let keys: [UInt8]
    let ends: [Int]

    init(_ quarter: Quarter, firms: [Firm], tiers: [String?], values: [String], counts: (_ firm: Int) -> Bool) {
        let places = Dictionary(values.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        (self.quarter, self.tiers) = (quarter, tiers)
        columns = firms.indices.map { firm in
            counts(firm) ? tiers[firm].flatMap { places[$0] } ?? values.count : Self.outside
        }
        var (keys, ends): ([UInt8], [Int]) = ([], [])
        for firm in firms {
            keys.append(contentsOf: firm.id.utf8)
            ends.append(keys.count)
        }
        (self.keys, self.ends) = (keys, ends)
    }

    /// Whether a firm's key comes before, is, or comes after a text: negative, 0, positive.
    func compare(_ firm: Int, _ text: UnsafeRawBufferPointer) -> Int {
        let start = firm == 0 ? 0 : ends[firm - 1]
        let length = ends[firm] - start
        return keys.withUnsafeBytes { keys in
            for place in 0..<min(length, text.count) {
                let difference = Int(keys[start + place]) - Int(text[place])
                if difference != 0 { return difference }
            }
            return length - text.count
        }
    }
}

/// Counts the rows of a quarter as they come from the table: by firm, as the register is.
struct MarketTally {
    private let population: MarketPopulation
    private let items: Int
    /// Firms without a tier have a column, too.
    private let columns: Int
    /// Four counters for each column and item.
    private var found: [UInt32]
    private var isCounted: [Bool]
    private var place = 0

    init(_ population: MarketPopulation, items: Int, tiers: Int) {
        (self.population, self.items, columns) = (population, items, tiers + 1)
        found = [UInt32](repeating: 0, count: (tiers + 1) * items * 4)
        isCounted = [Bool](repeating: false, count: population.columns.count)
    }

    /// Counts a firm's answers; a firm that is not in the register, does not count, or was counted is passed over.
    ///
    /// - Parameters:
    ///   - firm: its key; they come in order.
    ///   - declared: digits, one an item of the layout.
    ///   - places: where each of the layout's items stands in the table; nil when they are the same, -1 for one that is not counted.
    mutating func count(_ firm: UnsafeRawBufferPointer, _ declared: UnsafeRawBufferPointer, _ places: [Int]?) {
        while place < isCounted.count, population.compare(place, firm) < 0 { place += 1 }
        guard place < isCounted.count, population.compare(place, firm) == 0, !isCounted[place] else { return }
        isCounted[place] = true
        let column = population.columns[place]
        guard column != MarketPopulation.outside else { return }
        let base = column * items * 4
        let length = min(declared.count, places?.count ?? items)
        found.withUnsafeMutableBufferPointer { found in
            guard let places else {
                for item in 0..<length { found[base + item * 4 + Int(declared[item] & 3)] &+= 1 }
                return
            }
            for item in 0..<length where places[item] >= 0 {
                found[base + places[item] * 4 + Int(declared[item] & 3)] &+= 1
            }
        }
    }

    /// The rows of the next layout begin with the first firm again.
    mutating func endLayout() { place = 0 }

    /// Four counters for each item and column. Whoever is in the market and said nothing of an item has no answer.
    func counts() -> [Int] {
        var firms = [Int](repeating: 0, count: columns)
        for column in population.columns where column != MarketPopulation.outside { firms[column] += 1 }
        var counts = [Int](repeating: 0, count: items * columns * 4)
        for item in 0..<items {
            for column in 0..<columns {
                let (from, to) = ((column * items + item) * 4, (item * columns + column) * 4)
                var answered = 0
                for answer in 1..<4 {
                    counts[to + answer] = Int(found[from + answer])
                    answered += counts[to + answer]
                }
                counts[to] = firms[column] - answered
            }
        }
        return counts
    }
}

extension StandingLayout {
    /// Where each of its items stands among others, -1 for one that is not there; nil when they are the same.
    func places(of items: [String]) -> [Int]? {
        if items == self.items { return nil }
        let places = Dictionary(items.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        return self.items.map { places[$0] ?? -1 }
    }
}

/// What names a table: two questionnaires are the same when they ask the same of the same firms.
struct MarketKey: Sendable, Hashable {
    let source: String
    let quarters: ClosedRange<Quarter>
    let state: StandingState
    private let items: [String]
    private let conditions: [Predicate?]

    init(_ questionnaire: Questionnaire, _ quarters: ClosedRange<Quarter>, _ state: StandingState) {
        (source, self.quarters, self.state) = (MarketDesk.source(questionnaire), quarters, state)
        items = questionnaire.questions.map(\.id)
        conditions = [questionnaire.applies] + questionnaire.questions.map(\.applies)
    }

    func hash(into hasher: inout Hasher) {
        // Questionnaires of one source hardly ever differ in the rest.
        hasher.combine(source)
        hasher.combine(quarters)
        hasher.combine(state)
    }
}

/// What names the tables of several quarters that are counted together.
struct SeriesKey: Sendable, Hashable {
    let table: MarketKey
    let quarters: [Quarter]
}

/// A quarter's table; nil when nobody handed anything in.
struct RememberedTable: Sendable {
    let table: MarketTable?
}

/// What the market's desk remembers. With ten thousand firms and all clauses a status holds some 4 MB, a table 50 kB.
struct MarketRemembered: Sendable {
    let statuses = MarketMemory<MarketKey, MarketStatus>(limit: 8)
    let tables = MarketMemory<MarketKey, RememberedTable>(limit: 160)
    let series = MarketMemory<SeriesKey, [Quarter: MarketTable]>(limit: 8)
    let questionnaires = MarketMemory<String, Questionnaire>(limit: 64)
    let overviews = MarketMemory<MarketOverview.Key, MarketOverview>(limit: 4)
}
