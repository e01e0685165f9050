public import Rulebook

/// A month of the calendar.
public struct YearMonth: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Months since January of year 0.
    public let index: Int

    /// The month so many months after January of year 0.
    public init(index: Int) { self.index = index }

    /// The month in which a day lies.
    public init(containing day: CivilDate) { index = day.parts.year * 12 + day.parts.month - 1 }

    /// Reads `2026-11`; nil for anything else.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count == 7, let day = CivilDate("\(text)-01") else { return nil }
        self.init(containing: day)
    }

    /// `2026-11`.
    public var description: String {
        let year = String(index / 12)
        let month = index % 12 + 1
        return "\(String(repeating: "0", count: max(0, 4 - year.utf8.count)))\(year)-\(month < 10 ? "0" : "")\(month)"
    }

    /// The earlier one comes first.
    public static func < (left: YearMonth, right: YearMonth) -> Bool { left.index < right.index }
}

/// A share with what it rests on.
public struct CountedShare: Sendable, Hashable {
    /// Those that are so.
    public var numerator: Int
    /// Those of which it can be said.
    public var denominator: Int
    /// Those of which it cannot.
    public var undetermined: Int

    /// In tenths of a percent, half up; nil when there is nothing to divide by.
    public var permille: Int? { denominator == 0 ? nil : (numerator * 2_000 + denominator) / (2 * denominator) }
}

/// Spans of time of several incidents, in seconds.
public struct TimeSpread: Sendable, Hashable {
    /// How many are known.
    public var count: Int
    /// The middle one, or half up the mean of the two in the middle; nil when there is none.
    public var median: Int64?
    /// The smallest that 95 of 100 do not exceed (nearest rank); nil when there is none.
    public var p95: Int64?

    /// Of seconds in any order.
    public init(_ seconds: [Int64]) {
        let sorted = seconds.sorted()
        count = sorted.count
        guard let last = sorted.indices.last else { return }
        let middle = sorted.count / 2
        median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle] + 1) / 2
        p95 = sorted[min(last, (sorted.count * 95 + 99) / 100 - 1)]
    }

    /// Seconds as minutes, half up.
    public static func minutes(_ seconds: Int64) -> Int64 { (seconds + 30) / 60 }
}

/// What happened in a span of months: counted by the month in which firms came to know.
public struct IncidentStatistics: Sendable, Hashable {
    /// What incidents are counted by.
    public enum Dimension: String, Sendable, Hashable, CaseIterable {
        /// The month of knowing.
        case month
        /// The market's class: DDoS or other.
        case `class`
        /// The finer kind.
        case category
        /// What was hit.
        case impact
        /// The firm's tier.
        case tier
    }

    /// How many.
    public struct Count: Sendable, Hashable {
        /// Incidents.
        public var incidents = 0
        /// Firms that had one.
        public var firms: Set<String> = []
    }

    /// The first and the last month.
    public let months: ClosedRange<YearMonth>
    /// Which of two values counts.
    public let basis: ValueBasis
    /// When it was made.
    public let asOf: Instant
    /// Whose months these are.
    public let zone: Zone
    /// What was counted.
    public let incidents: [CountedIncident]
    /// Of the final basis, those that have no final values yet and count as reported.
    public let provisional: Int
    /// First notices in time, of those of which it can be said.
    public let inTime: CountedShare
    /// From knowing to the first notice.
    public let fromAware: TimeSpread
    /// From the occurrence to the first notice.
    public let fromOccurrence: TimeSpread
    /// Minutes of outage, of those incidents that told them.
    public let outage: (incidents: Int, minutes: Int)

    private let taxonomy: Taxonomy

    /// Counts.
    ///
    /// - Parameters:
    ///   - all: incidents; those of other months are left out.
    ///   - months: the first and the last month.
    ///   - basis: which of two values counts.
    ///   - asOf: when it is made.
    ///   - taxonomy: classes of categories.
    ///   - zone: whose months these are.
    public init(
        _ all: [CountedIncident], months: ClosedRange<YearMonth>, basis: ValueBasis, asOf: Instant, taxonomy: Taxonomy,
        zone: Zone = .taipei
    ) {
        let counted = all.filter { months.contains(YearMonth(containing: $0.aware.date(in: zone))) }
        (self.months, self.basis, self.asOf, self.taxonomy, self.zone) = (months, basis, asOf, taxonomy, zone)
        incidents = counted
        provisional = basis == .final ? counted.count { $0.category.final == nil || $0.impact.final == nil } : 0
        inTime = CountedShare(
            numerator: counted.count { $0.isInTime == true }, denominator: counted.count { $0.isInTime != nil },
            undetermined: counted.count { $0.isInTime == nil })
        fromAware = TimeSpread(counted.compactMap { incident in incident.notified.map { $0 - incident.aware } })
        fromOccurrence = TimeSpread(
            counted.compactMap { incident in
                guard let notified = incident.notified, let occurred = incident.occurred else { return nil }
                return notified - occurred
            })
        let outages = counted.compactMap(\.outage)
        outage = (outages.count, outages.reduce(0, +))
    }

    /// What an incident counts as; an empty word where nobody said.
    public func value(_ incident: CountedIncident, _ dimension: Dimension) -> String {
        switch dimension {
        case .month: YearMonth(containing: incident.aware.date(in: zone)).description
        case .class: taxonomy.group(of: incident.category.value(basis)) ?? ""
        case .category: incident.category.value(basis)
        case .impact: incident.impact.value(basis)
        case .tier: incident.tier
        }
    }

    /// Counts by several dimensions at once; combinations without an incident are left out.
    public func counts(by dimensions: [Dimension]) -> [[String]: Count] {
        var counts: [[String]: Count] = [:]
        for incident in incidents {
            let key = dimensions.map { value(incident, $0) }
            counts[key, default: Count()].incidents += 1
            counts[key]?.firms.insert(incident.firm)
        }
        return counts
    }

    /// The words of a dimension in order; tiers are those that occur. An empty word stands last when something has none.
    public func words(_ dimension: Dimension) -> [String] {
        let found = Set(incidents.map { value($0, dimension) })
        let known: [String] =
            switch dimension {
            case .month: (months.lowerBound.index...months.upperBound.index).map { YearMonth(index: $0).description }
            case .class: taxonomy.classes.map(\.id)
            case .category: taxonomy.categories.map(\.id)
            case .impact: taxonomy.impacts.map(\.id)
            case .tier: found.filter { !$0.isEmpty }.sorted()
            }
        let strangers = found.subtracting(known).subtracting([""]).sorted()
        return known + strangers + (found.contains("") ? [""] : [])
    }

    /// Incidents by two dimensions.
    public func table(_ rows: Dimension, _ columns: Dimension) -> IncidentTable {
        let counts = counts(by: [rows, columns])
        let (rowWords, columnWords) = (words(rows), words(columns))
        return IncidentTable(
            rows: rowWords, columns: columnWords,
            cells: rowWords.map { row in columnWords.map { counts[[row, $0]] ?? Count() } })
    }

    /// Whether both count the same.
    public static func == (left: IncidentStatistics, right: IncidentStatistics) -> Bool {
        (left.months, left.basis, left.asOf, left.zone, left.incidents, left.taxonomy)
            == (right.months, right.basis, right.asOf, right.zone, right.incidents, right.taxonomy)
    }

    /// Feeds what tells statistics apart to the hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(months)
        hasher.combine(basis)
        hasher.combine(incidents)
    }
}

/// Incidents by two words.
public struct IncidentTable: Sendable, Hashable {
    /// Words of the rows.
    public var rows: [String]
    /// Words of the columns.
    public var columns: [String]
    /// Row by row.
    public var cells: [[IncidentStatistics.Count]]

    /// A table.
    public init(rows: [String], columns: [String], cells: [[IncidentStatistics.Count]]) {
        (self.rows, self.columns, self.cells) = (rows, columns, cells)
    }
}
