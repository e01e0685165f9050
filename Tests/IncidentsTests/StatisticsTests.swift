import Documents
import Rulebook
import Testing

@testable import Incidents

@Suite("Counting incidents")
struct StatisticsTests {
    private let taxonomy: Taxonomy
    private let clocks: ClockBook
    private let asOf: Instant
    private let year: ClosedRange<YearMonth>

    init() throws {
        (taxonomy, clocks) = (try Taxonomy.shipped(), try ClockBook.shipped())
        asOf = try #require(Instant("2026-12-31T00:00:00+08:00"))
        year = try #require(YearMonth("2026-01"))...(try #require(YearMonth("2026-12")))
    }

    private func counted(
        _ aware: String, after seconds: Int64? = nil, category: String = "ddos", final: String? = nil, impact: String = "trading",
        tier: String = "1", firm: String = "a", outage: Int? = nil
    ) throws -> CountedIncident {
        let known = try #require(Instant(aware))
        return CountedIncident(
            PastIncident(
                reference: aware, firm: firm, tier: tier, title: "", aware: known, occurred: known.adding(seconds: -600),
                notified: seconds.map { known.adding(seconds: $0) }, isInTime: seconds.map { $0 <= 1_800 },
                category: .init(reported: category, final: final),
                impact: .init(reported: impact, final: final == nil ? nil : impact),
                outage: outage))
    }

    private func statistics(_ incidents: [CountedIncident], _ basis: ValueBasis = .reported) -> IncidentStatistics {
        IncidentStatistics(incidents, months: year, basis: basis, asOf: asOf, taxonomy: taxonomy)
    }

    @Test("Drills, near misses and what was no incident make no value that could be counted")
    func excluded() throws {
        let story = try Story.whole()
        #expect(CountedIncident(story.incident, firm: "a", tier: "1", asOf: asOf, clocks) != nil)
        #expect(CountedIncident(try Story(drill: true).incident, firm: "a", tier: "1", asOf: asOf, clocks) == nil)
        #expect(CountedIncident(try Story(nearMiss: true).incident, firm: "a", tier: "1", asOf: asOf, clocks) == nil)
        var withdrawn = try Story()
        for notice in NoticeKind.allCases {
            try withdrawn.act(.proposeExcuse(ObligationID("market", notice), reason: "誤報"))
            try withdrawn.act(.approveExcuse(ObligationID("market", notice)), by: "lin")
        }
        #expect(CountedIncident(withdrawn.incident, firm: "a", tier: "1", asOf: asOf, clocks)?.isInTime == nil)
        try withdrawn.act(.withdraw(reason: "誤報"))
        #expect(CountedIncident(withdrawn.incident, firm: "a", tier: "1", asOf: asOf, clocks) == nil)
    }

    @Test("A case counts as it was told: first and last values, minutes, and whether the first notice was in time")
    func ofCase() throws {
        var story = try Story.whole()
        try story.act("15:00:01", .close)
        try story.act("15:30:00", .write(["category": .text("failure")]))
        try story.act(.file(FilingRequest(.correction(of: 3))))
        let counted = try #require(CountedIncident(story.incident, firm: "a", tier: "1", asOf: asOf, clocks))
        #expect(counted.category == .init(reported: "ddos", final: "failure"))
        #expect((counted.isInTime, counted.outage) == (true, 42))
        #expect(counted.notified.map { $0 - counted.aware } == Int64(1_260))
        // A notice that is owed is late once its deadline has passed, and not before.
        let owed = try Story()
        #expect(CountedIncident(owed.incident, firm: "a", tier: "1", asOf: owed.now, clocks)?.isInTime == nil)
        #expect(CountedIncident(owed.incident, firm: "a", tier: "1", asOf: asOf, clocks)?.isInTime == false)
    }

    @Test("Months are those of Taipei, and other years are left out")
    func months() throws {
        let found = statistics([
            try counted("2026-01-31T23:59:59+08:00"), try counted("2026-01-31T16:00:00Z"), try counted("2025-12-31T15:59:59Z"),
            try counted("2025-12-31T16:00:00Z"), try counted("2026-12-31T16:00:00Z"),
        ])
        #expect(found.incidents.count == 3)
        #expect(found.counts(by: [.month]).mapValues(\.incidents) == [["2026-01"]: 2, ["2026-02"]: 1])
        #expect(found.words(.month).count == 12)
    }

    @Test("Both bases: as first told, and as told last at the end with those that have no end yet")
    func bases() throws {
        let incidents = [
            try counted("2026-03-01T00:00:00Z"), try counted("2026-03-02T00:00:00Z", final: "failure"),
            try counted("2026-03-03T00:00:00Z", category: "failure", final: "ddos"),
            try counted("2026-03-04T00:00:00Z", final: "malware"),
        ]
        #expect(statistics(incidents).counts(by: [.class]).mapValues(\.incidents) == [["ddos"]: 3, ["other"]: 1])
        let final = statistics(incidents, .final)
        #expect(final.counts(by: [.class]).mapValues(\.incidents) == [["ddos"]: 2, ["other"]: 2])
        #expect(final.provisional == 1)
        #expect(statistics(incidents).provisional == 0)
    }

    @Test("Share in time, median and 95th percentile")
    func times() throws {
        let found = statistics(
            try (1...20).map {
                try counted("2026-05-\($0 < 10 ? "0" : "")\($0)T00:00:00Z", after: Int64($0) * 120, outage: $0 > 18 ? $0 : nil)
            }
                + [try counted("2026-05-21T00:00:00Z")])
        #expect(found.inTime == CountedShare(numerator: 15, denominator: 20, undetermined: 1))
        #expect(found.inTime.permille == 750)
        #expect((found.fromAware.count, found.fromAware.median, found.fromAware.p95) == (20, 1_260, 2_280))
        #expect((found.fromOccurrence.median, found.fromOccurrence.p95) == (1_860, 2_880))
        #expect((found.outage.incidents, found.outage.minutes) == (2, 39))
        #expect(TimeSpread([]).median == nil)
        #expect(TimeSpread([7]).p95 == 7)
        #expect(TimeSpread([1, 2]).median == 2)
        #expect(TimeSpread.minutes(1_830) == 31)
        #expect(TimeSpread.minutes(1_829) == 30)
        #expect(CountedShare(numerator: 1, denominator: 8, undetermined: 0).permille == 125)
        #expect(CountedShare(numerator: 2, denominator: 3, undetermined: 0).permille == 667)
        #expect(CountedShare(numerator: 0, denominator: 0, undetermined: 3).permille == nil)
    }

    @Test("Every way of counting adds up to the same", arguments: 0..<20)
    func addsUp(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let found = statistics(
            try (0..<Int.random(in: 0...60, using: &random)).map { index in
                try counted(
                    "2026-\(["01", "06", "11"].randomElement(using: &random) ?? "01")-15T00:00:00Z",
                    category: taxonomy.categories.randomElement(using: &random)?.id ?? "",
                    impact: taxonomy.impacts.randomElement(using: &random)?.id ?? "",
                    tier: ["", "1", "4"].randomElement(using: &random) ?? "",
                    firm: "firm \(index % 7)")
            })
        for first in IncidentStatistics.Dimension.allCases {
            #expect(found.counts(by: [first]).values.reduce(0) { $0 + $1.incidents } == found.incidents.count)
            for second in IncidentStatistics.Dimension.allCases {
                let table = found.table(first, second)
                #expect(table.cells.flatMap(\.self).reduce(0) { $0 + $1.incidents } == found.incidents.count)
            }
        }
    }

    // MARK: Keeping back

    private func someTable(_ random: inout Seeded) -> IncidentTable {
        let (rows, columns) = (Int.random(in: 1...5, using: &random), Int.random(in: 1...4, using: &random))
        let cells = (0..<rows).map { _ in
            (0..<columns).map { _ in
                let incidents =
                    Bool.random(using: &random) ? Int.random(in: 0...4, using: &random) : Int.random(in: 0...30, using: &random)
                return IncidentStatistics.Count(
                    incidents: incidents, firms: Set((0..<incidents).map { _ in "\(Int.random(in: 0...9, using: &random))" }))
            }
        }
        return IncidentTable(rows: (0..<rows).map { "r\($0)" }, columns: (0..<columns).map { "c\($0)" }, cells: cells)
    }

    /// Whether a kept cell follows from the others: Gauss over the equations of rows and columns, modulo a prime.
    private func determined(_ published: [[Int?]]) -> Bool {
        let prime = 1_000_003
        func power(_ base: Int, _ exponent: Int) -> Int {
            exponent == 0
                ? 1 : exponent % 2 == 1 ? base * power(base, exponent - 1) % prime : power(base * base % prime, exponent / 2)
        }
        let (height, width) = (published.count, published[0].count)
        var unknowns: [[Int]: Int] = [:]
        for row in 0..<height {
            for column in 0..<width where published[row][column] == nil { unknowns[[row, column]] = unknowns.count }
        }
        func sign(_ row: Int, _ column: Int) -> Int { (row == height - 1) == (column == width - 1) ? 1 : prime - 1 }
        var matrix: [[Int]] = []
        for row in 0..<height {
            var equation = [Int](repeating: 0, count: unknowns.count)
            for column in 0..<width { if let index = unknowns[[row, column]] { equation[index] = sign(row, column) } }
            matrix.append(equation)
        }
        for column in 0..<width {
            var equation = [Int](repeating: 0, count: unknowns.count)
            for row in 0..<height { if let index = unknowns[[row, column]] { equation[index] = sign(row, column) } }
            matrix.append(equation)
        }
        var lead = 0
        for column in 0..<unknowns.count {
            guard let pivot = (lead..<matrix.count).first(where: { matrix[$0][column] != 0 }) else { continue }
            matrix.swapAt(lead, pivot)
            let inverse = power(matrix[lead][column], prime - 2)
            matrix[lead] = matrix[lead].map { $0 * inverse % prime }
            for row in matrix.indices where row != lead && matrix[row][column] != 0 {
                let factor = matrix[row][column]
                for index in 0..<unknowns.count {
                    matrix[row][index] = (matrix[row][index] + (prime - factor) * matrix[lead][index]) % prime
                }
            }
            lead += 1
            if lead == matrix.count { break }
        }
        return matrix.contains { $0.count { $0 != 0 } == 1 }
    }

    @Test("No kept cell of a published table can be worked out, and no small one is published", arguments: 0..<300)
    func kept(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let table = someTable(&random)
        let rule = Taxonomy.SmallCell(incidents: .random(in: 1...5, using: &random), firms: .random(in: 1...4, using: &random))
        let published = PublishedIncidentTable(table, rule)
        for (row, cells) in table.cells.enumerated() {
            for (column, cell) in cells.enumerated() {
                let isSmall = cell.incidents > 0 && (cell.incidents < rule.incidents || cell.firms.count < rule.firms)
                if isSmall { #expect(published.cells[row][column] == nil) }
                if let shown = published.cells[row][column] { #expect(shown == cell.incidents) }
            }
            if let total = published.cells[row][cells.count] { #expect(total == cells.reduce(0) { $0 + $1.incidents }) }
        }
        #expect(!determined(published.cells))
    }

    @Test("A table without a small cell is published whole; the attack the test makes works on one that keeps back too little")
    func whole() {
        func cell(_ incidents: Int) -> IncidentStatistics.Count {
            .init(incidents: incidents, firms: Set((0..<incidents).map { "\($0)" }))
        }
        let table = IncidentTable(rows: ["a", "b"], columns: ["x", "y"], cells: [[cell(5), cell(6)], [cell(7), cell(0)]])
        let rule = Taxonomy.SmallCell(incidents: 3, firms: 3)
        #expect(PublishedIncidentTable(table, rule).cells == [[5, 6, 11], [7, 0, 7], [12, 6, 18]])
        #expect(determined([[nil, 6, 11], [7, 0, 7], [12, 6, 18]]))
        #expect(determined([[nil, nil, 11], [7, 0, 7], [12, 6, 18]]))
        let none = Taxonomy.SmallCell(incidents: 1, firms: 1)
        var small = table
        small.cells[0][0] = cell(1)
        #expect(PublishedIncidentTable(small, none).cells[0][0] == 1)
        let kept = PublishedIncidentTable(small, rule)
        #expect(kept.cells[0][0] == nil)
        #expect(kept.cells.flatMap(\.self).count { $0 == nil } >= 4)
    }

    @Test("A kept cell that only joins two groups of kept cells is protected, too")
    func joined() {
        func cell(_ incidents: Int) -> IncidentStatistics.Count {
            .init(incidents: incidents, firms: Set((0..<incidents).map { "\($0)" }))
        }
        let small: Set<[Int]> = [[0, 0], [0, 1], [1, 0], [1, 1], [2, 2], [2, 3], [3, 2], [3, 3], [0, 2]]
        let table = IncidentTable(
            rows: ["a", "b", "c", "d"], columns: ["w", "x", "y", "z"],
            cells: (0..<4).map { row in (0..<4).map { small.contains([row, $0]) ? cell(2) : cell(20) } })
        var onlySmall = table.cells.map { row in row.map { Optional($0.incidents) } + [row.reduce(0) { $0 + $1.incidents }] }
        onlySmall.append((0...4).map { column in onlySmall.reduce(0) { $0 + ($1[column] ?? 0) } })
        for place in small { onlySmall[place[0]][place[1]] = nil }
        #expect(determined(onlySmall))
        #expect(!determined(PublishedIncidentTable(table, .init(incidents: 3, firms: 3)).cells))
    }
}
