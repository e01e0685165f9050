import Documents
import Rulebook
import Testing

@testable import Assessment

private func day(_ text: String) throws -> CivilDate { try #require(CivilDate(text)) }
private func days(_ texts: [String]) throws -> [CivilDate] { try texts.map { try day($0) } }
private let halfYear = Quantity(ExactNumber(6), .month, days: 183)

@Suite("Frequency by count and by gap (vectors W1-W8)")
struct FrequencyTests {
    private func gap2026(_ dates: [String], asOf: String) throws -> Frequency.Gap {
        // The vectors' previous evidence is the last day of 2025.
        Frequency.gap(try days(["2025-12-31"] + dates), limit: halfYear, since: try day("2026-01-01"), asOf: try day(asOf))
    }

    @Test("W1: two dates half a year apart keep both readings")
    func w1() throws {
        let dates = ["2026-03-01", "2026-08-30"]
        #expect(Frequency.count(try days(dates), required: 2, asOf: try day("2026-12-31")).state == .met)
        let gap = try gap2026(dates, asOf: "2026-12-31")
        #expect(gap.state == .within)
        #expect(gap.stretches.map(\.days) == [60, 182, 123])
    }

    @Test("W2: enough by count, but a gap of 344 days")
    func w2() throws {
        let dates = ["2026-01-10", "2026-12-20"]
        #expect(Frequency.count(try days(dates), required: 2, asOf: try day("2026-12-31")).state == .met)
        let gap = try gap2026(dates, asOf: "2026-12-31")
        #expect(gap.state == .exceededBefore)
        #expect(gap.stretches.map(\.days).max() == 344)
    }

    @Test("W3: one date so far is at risk by count and in time by gap")
    func w3() throws {
        let count = Frequency.count(try days(["2026-06-30"]), required: 2, asOf: try day("2026-12-15"))
        #expect(count.state == .atRisk)
        #expect(
            Frequency.count(try days(["2026-06-30"]), required: 2, asOf: try day("2026-12-31")).state == .atRisk,
            "the last day is not over")
        let over = Frequency.count(try days(["2026-06-30"]), required: 2, year: 2026, asOf: try day("2027-01-01"))
        #expect(over.state == .missed)
        let twice = Frequency.count(try days(["2026-06-30", "2026-06-30"]), required: 2, asOf: try day("2026-12-15"))
        #expect(twice.count == 1, "two records of one day are one completion")
        let gap = try gap2026(["2026-06-30"], asOf: "2026-12-15")
        #expect(gap.state == .within)
        #expect(gap.stretches.last?.days == 168)
    }

    @Test("W4: two dates a day apart count twice but look like one campaign; the gap fails after 2026-09-01")
    func w4() throws {
        let dates = ["2026-03-01", "2026-03-02"]
        let count = Frequency.count(try days(dates), required: 2, asOf: try day("2026-12-31"))
        #expect(count.state == .met)
        #expect(count.looksLikeOneCampaign)
        #expect(try gap2026(dates, asOf: "2026-09-01").state == .within)
        let late = try gap2026(dates, asOf: "2026-09-02")
        #expect(late.state == .overdue)
        #expect(late.overdueDays == 1)
    }

    @Test("W5: a Saturday is missing on calendar days and not required on trading days")
    func w5() throws {
        let saturday = try day("2026-11-21")
        #expect(saturday.weekday == 6)
        #expect(Frequency.missingDays([], from: saturday, through: saturday, calendar: .everyDay) == [saturday])
        let trading = BusinessCalendar(closedWeekdays: [6, 7])
        #expect(Frequency.missingDays([], from: saturday, through: saturday, calendar: trading).isEmpty)
        let makeUp = BusinessCalendar(closedWeekdays: [6, 7], open: [saturday])
        #expect(Frequency.missingDays([], from: saturday, through: saturday, calendar: makeUp) == [saturday])
    }

    @Test("W6: a penetration test of 2024-11-19 under 24 months is overdue by one day on 2026-11-20")
    func w6() throws {
        let limit = Quantity(ExactNumber(24), .month)
        let gap = Frequency.gap(try days(["2024-11-19"]), limit: limit, asOf: try day("2026-11-20"))
        #expect(gap.state == .overdue)
        #expect(gap.overdueDays == 1)
        #expect(Frequency.gap(try days(["2024-11-19"]), limit: limit, asOf: try day("2026-11-19")).state == .within)
    }

    @Test("W7: the statement is due three months after the end of the fiscal year")
    func w7() throws {
        let parameters = try ShippedFiles.rulebook().parameters
        let limit = try #require(parameters[ParameterID(clause: "twse-ic-stmt", name: "due")]).quantity
        let due = Deadline.day(limit, after: try day("2026-12-31"))
        #expect(due == (try day("2027-03-31")))
    }

    @Test("W8: thirty minutes to the second")
    func w8() throws {
        let parameters = try ShippedFiles.rulebook().parameters
        let limit = try #require(parameters[ParameterID(clause: "twse-inc-1", name: "notify")]).quantity
        let aware = try #require(Instant("2018-06-30T09:38:00+08:00"))
        let due = try #require(Deadline.instant(limit, after: aware))
        #expect(try #require(Instant("2018-06-30T10:08:00+08:00")) <= due)
        #expect(try #require(Instant("2018-06-30T10:08:01+08:00")) > due)
    }

    @Test("No evidence is no evidence, not a breach and not a pass")
    func nothing() throws {
        #expect(Frequency.gap([], limit: halfYear, asOf: try day("2026-11-20")).state == .noEvidence)
    }

    @Test("Dates after the day asked do not count", arguments: 0..<200)
    func future(seed: Int) throws {
        var generator = Seeded(UInt64(seed))
        let today = CivilDate(day: 20_000)
        let dates = (0..<Int.random(in: 0..<8, using: &generator)).map { _ in
            today.adding(days: Int.random(in: -900...900, using: &generator))
        }
        let past = dates.filter { $0 <= today }
        #expect(Frequency.gap(dates, limit: halfYear, asOf: today) == Frequency.gap(past, limit: halfYear, asOf: today))
        #expect(Frequency.count(dates, required: 2, asOf: today) == Frequency.count(past, required: 2, asOf: today))
        let gap = Frequency.gap(dates, limit: halfYear, asOf: today)
        // Whoever is overdue has waited longer than the limit since the last completion, and nobody else.
        if let last = past.max() {
            #expect((gap.state == .overdue) == (today - last > 183))
        } else {
            #expect(gap.state == .noEvidence)
        }
    }
}

/// A small repeatable source of randomness (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
