import Database
import Documents
import Rulebook
import Submissions
import TestProcesses
import Testing
import Vault

@testable import Supervision

/// A supervisor's rooms on a database of their own.
struct SupervisionWorld {
    let scratch: Scratch
    let database: GovernanceDatabase
    let supervision: Supervision
    let rulebook: Rulebook

    init() async throws {
        scratch = try Scratch()
        var settings = DatabaseSettings()
        settings.vault.activeBytes = 1 << 20
        settings.segmentHeight = 8
        database = try await GovernanceDatabase.open(
            try DataDirectory.openOrCreate(scratch.path + "/data"), migrations: Supervision.migrations, settings: settings)
        rulebook = try ShippedFiles.rulebook()
        supervision = try Supervision(database, rulebook: rulebook, now: { 1_800_000_000_000_000 })
    }

    /// With the demonstration market in it.
    static func demo() async throws -> SupervisionWorld {
        let world = try await SupervisionWorld()
        try await DemoMarket.shipped(world.rulebook).load(into: world.supervision) { _ in }
        return world
    }

    func status(_ quarter: String) async throws -> MarketStatus {
        let questionnaire = try #require(supervision.questionnaires.first { $0.id == "market-2017" })
        return try await supervision.market.status(try #require(Quarter(quarter)), questionnaire)
    }
}

@Suite("The survey of 2017, cell by cell")
struct PrintedSurveyTests {
    static func printed() throws -> PrintedFigures { try #require(try PrintedFigures.shipped().first { $0.id == "twse-2017" }) }

    @Test("all 44 rates are computed from their counts; 42 are as printed, two are not")
    func rates() throws {
        let printed = try Self.printed()
        #expect(printed.cells.count == 44)
        var equal = 0
        for cell in printed.cells {
            let rate = try #require(Rate(cell.yes, of: cell.yes + cell.no))
            if rate.hundredths == cell.hundredths { equal += 1 }
            // Half up, by exact comparison: twice the part of a hundredth that is left is below a whole, or was carried.
            let exact = 10_000 * cell.yes
            let whole = cell.yes + cell.no
            #expect(2 * exact >= (2 * rate.hundredths - 1) * whole && 2 * exact < (2 * rate.hundredths + 1) * whole)
        }
        #expect(equal == 42)
        #expect(printed.anomalies.count == 2)
    }

    @Test("D-01: 8 of 11 is 72.73, printed 72.72: cut off instead of rounded")
    func truncated() throws {
        let anomaly = try #require(try Self.printed().anomalies.first { $0.printed.oddity == "D-01" })
        #expect(anomaly.printed.item == "va" && anomaly.printed.tier == "2")
        #expect(
            anomaly.computed.text == "72.73" && anomaly.printed.hundredths == 7272 && anomaly.isCutOff && !anomaly.isShareOfNo)
    }

    @Test("D-02: 20 of 30 is 66.67, printed 33.33: the share of no, told and not corrected")
    func swapped() throws {
        let anomaly = try #require(try Self.printed().anomalies.first { $0.printed.oddity == "D-02" })
        #expect(anomaly.printed.item == "mail" && anomaly.printed.tier == "4")
        #expect(
            anomaly.computed.text == "66.67" && anomaly.printed.hundredths == 3333 && anomaly.isShareOfNo && !anomaly.isCutOff)
    }

    @Test("D-03: both questions address firms with internet ordering, 12 and 14 of tier 4 answered")
    func populations() throws {
        let printed = try Self.printed()
        let flags = MarketChecks.populations(printed.table(tiers: ["1", "2", "3", "4"]), printed.populations)
        #expect(flags == [.unlikePopulations(items: ["waf", "scrub"], tier: "4", answered: [12, 14])])
    }
}

@Suite("The demonstration market")
struct DemoMarketTests {
    @Test("74 firms in tiers of 9, 11, 24 and 30, decided by the rule pack; the floor of holdings and D-15 among them")
    func tiers() async throws {
        let world = try await SupervisionWorld.demo()
        let day = try #require(CivilDate("2017-12-31"))
        let firms = try await world.supervision.register.all()
        #expect(firms.count == 75 && firms.count { $0.isInBusiness(asOf: day) } == 74)
        let held = try await world.supervision.tiers.holding(on: day)
        var counts: [String: Int] = [:]
        for firm in firms where firm.isInBusiness(asOf: day) {
            counts[held[firm.id]?["securities-tier"]?.value ?? "none", default: 0] += 1
        }
        #expect(counts == ["1": 9, "2": 11, "3": 24, "4": 30])
        let reasons = held.values.compactMap { $0["securities-tier"] }
        #expect(reasons.count { $0.reason == "fhc-floor" } == 4)
        // D-15: listed in tier 4 with the capital of tier 1, confirmed by a second person.
        let confirmed = reasons.filter { $0.flags.contains("confirm-no-ceiling") }
        #expect(
            confirmed.count == 1
                && confirmed.allSatisfy { $0.value == "4" && $0.confirmedBy != "" && $0.confirmedBy != $0.decidedBy })
        await world.database.close()
    }

    @Test("its answers for 2017-Q4 make the 44 printed cells")
    func cells() async throws {
        let world = try await SupervisionWorld.demo()
        let status = try await world.status("2017-Q4")
        let printed = try PrintedSurveyTests.printed()
        for cell in printed.cells {
            let counted = try #require(status.table[cell.item, cell.tier])
            #expect(counted.yes == cell.yes && counted.no == cell.no, "\(cell.item) tier \(cell.tier)")
        }
        // What was not asked of a tier was answered by nobody: 13 questions in 4 tiers less the 44.
        let unanswered = status.table.cells.flatMap { $0 }.count { $0.answered == 0 }
        #expect(unanswered == 13 * 4 - 44)
        #expect(status.flags.contains(.unlikePopulations(items: ["waf", "scrub"], tier: "4", answered: [12, 14])))
        #expect(status.flags.contains(.answeredThoughNotConcerned(item: "waf", tier: "3", firms: 2)))
        #expect(status.asOf == (try #require(CivilDate("2017-12-31")))...(try #require(CivilDate("2017-12-31"))))
        #expect(status.names["f012"] != status.names["f011"] && status.handedIn == 74)
        await world.database.close()
    }

    @Test("a firm that handed nothing in is counted as no answer, never left out and never a yes (missing is not compliant)")
    func missing() async throws {
        let world = try await SupervisionWorld.demo()
        let status = try await world.status("2017-Q1")
        #expect(status.handedIn == 71)
        for item in status.table.items {
            let cell = try #require(status.table[item])
            #expect(cell.firms == 74, "\(item)")
            #expect(cell.noAnswer >= 3, "\(item)")
        }
        #expect(status.flags.contains(.missing(tier: "4", firms: 2)) && status.flags.contains(.missing(tier: "3", firms: 1)))
        await world.database.close()
    }

    @Test("D-10: what no question asks is told")
    func neverAsked() async throws {
        let world = try await SupervisionWorld.demo()
        let flags = try await world.status("2017-Q4").flags
        for clause in ["twse-mon", "twse-func"] { #expect(flags.contains(.neverAsked(clause: clause)), "\(clause)") }
        await world.database.close()
    }

    @Test("the trend holds a table for each quarter, each with the firms of its own last day")
    func trend() async throws {
        let world = try await SupervisionWorld.demo()
        let questionnaire = try #require(world.supervision.questionnaires.first { $0.id == "market-2017" })
        let first = try #require(Quarter("2017-Q1"))
        let trend = try await world.supervision.market.trend(first...(try #require(Quarter("2018-Q4"))), questionnaire)
        #expect(trend.map(\.quarter.description) == ["2017-Q1", "2017-Q2", "2017-Q3", "2017-Q4"])
        for (quarter, table) in trend {
            let status = try await world.supervision.market.status(quarter, questionnaire)
            #expect(table == status.table, "\(quarter)")
        }
        await world.database.close()
    }

    @Test("it needs an empty register, and is loaded whole or not at all")
    func twice() async throws {
        let world = try await SupervisionWorld.demo()
        await #expect(throws: SupervisionError.self) {
            try await DemoMarket.shipped(world.rulebook).load(into: world.supervision) { _ in }
        }
        await world.database.close()
    }
}

@Suite("Counting a market")
struct MarketTableTests {
    struct Random: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }
    }

    @Test("a table is what a slow count by hand gives", arguments: 0..<50)
    func naive(seed: Int) {
        var random = Random(state: UInt64(seed))
        let items = (0..<Int.random(in: 1...20, using: &random)).map { "i\($0)" }
        let tiers = ["1", "2", "3", "4"]
        let rows = (0..<Int.random(in: 0...200, using: &random)).map { number in
            MarketRow(
                firm: "f\(number)", tier: ["1", "2", "3", "4", nil, "9"].randomElement(using: &random) ?? nil,
                declared: (0..<Int.random(in: 0...items.count, using: &random)).map { _ in UInt8.random(in: 0...3, using: &random)
                })
        }
        let table = MarketTable(items: items, tiers: tiers, rows: rows)
        for (index, item) in items.enumerated() {
            for tier in tiers {
                let answers = rows.filter { $0.tier == tier }.map { index < $0.declared.count ? $0.declared[index] : 0 }
                let cell = table[item, tier]
                #expect(cell?.yes == answers.count { $0 == 1 } && cell?.no == answers.count { $0 == 2 })
                #expect(cell?.notApplicable == answers.count { $0 == 3 } && cell?.noAnswer == answers.count { $0 == 0 })
            }
            #expect(table[item]?.firms == rows.count)
        }
    }

    @Test(
        "a share of nothing is none, and rounding is half up",
        arguments: [
            (1, 3, "33.33"), (2, 3, "66.67"), (1, 8, "12.50"), (1, 16, "6.25"), (1, 32, "3.13"), (3, 32, "9.38"), (0, 7, "0.00"),
            (7, 7, "100.00"), (1, 20_000, "0.01"), (1, 20_001, "0.00"),
        ])
    func rounding(part: Int, whole: Int, text: String) {
        #expect(Rate(part, of: whole)?.text == text)
        #expect(Rate(part, of: 0) == nil && MarketCell(noAnswer: 5).rate == nil)
    }
}

@Suite("From the market's answers to follow-up")
struct MarketGapTests {
    @Test("a no and a silence are gaps, a yes is kept, and what was not put to a tier is not asked of it")
    func gaps() async throws {
        let world = try await SupervisionWorld.demo()
        let questionnaire = try #require(world.supervision.questionnaires.first { $0.id == "market-2017" })
        let quarter = try #require(Quarter("2017-Q4"))
        let found = try await MarketGaps(world.supervision.market, questionnaire).standings(of: quarter)
        let printed = try PrintedSurveyTests.printed()
        // Every printed no is a declared gap, and the two firms of tier 4 that left a question open are gaps as well.
        #expect(found.count { $0.finding == .declared } == printed.cells.reduce(0) { $0 + $1.no })
        #expect(found.count { $0.finding == .kept } == printed.cells.reduce(0) { $0 + $1.yes })
        #expect(found.count { $0.finding == .unanswered } == 2)
        #expect(!found.contains { $0.item == "twse-soc" && $0.firm == "f040" })
        let records = try await world.supervision.followUps.records(firm: "f015")
        #expect(!records.isEmpty)
        await world.database.close()
    }
}
