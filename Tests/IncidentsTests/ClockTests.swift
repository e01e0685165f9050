import Documents
import Rulebook
import Testing

@testable import Incidents

@Suite("Clocks of incidents")
struct ClockTests {
    private let book: ClockBook
    private let market: ClockRegime
    private let preliminary: ClockRule

    init() throws {
        book = try ClockBook.shipped()
        market = try #require(book.regime("market"))
        preliminary = try #require(market.versions.last?[.preliminary])
    }

    private func instant(_ text: String) throws -> Instant { try #require(Instant(text)) }

    private func due(_ rule: ClockRule, _ zone: Zone, _ moments: [Moment: String], filed: [NoticeKind: String] = [:]) throws
        -> Deadline
    {
        book.deadline(
            rule, zone: zone,
            ClockFacts(moments: try moments.mapValues { try instant($0) }, filed: try filed.mapValues { try instant($0) }))
    }

    @Test(
        "W8: thirty minutes from knowing, to the second",
        arguments: [
            ("2018-09-03T10:08:00+08:00", 0), ("2018-09-03T10:08:01+08:00", 1), ("2018-09-03T09:38:00+08:00", -1800),
            ("2018-09-03T02:08:01Z", 1), ("2018-09-02T19:08:00-07:00", 0), ("2018-09-03T07:53:00+05:45", 0),
        ])
    func w8(_ sent: String, _ late: Int64) throws {
        let due = try #require(try due(preliminary, market.zone, [.aware: "2018-09-03T09:38:00+08:00"]).instant)
        #expect(try instant(sent) - due == late)
    }

    @Test("A leap second is the next minute's first second, so the deadline does not move by it")
    func leapSecond() throws {
        let before = try due(preliminary, market.zone, [.aware: "2016-12-31T23:59:60Z"]).instant
        #expect(before == (try instant("2017-01-01T00:30:00Z")))
        // Half an hour that contains one ends at the same reading of the clock as any other.
        #expect(
            try due(preliminary, market.zone, [.aware: "2016-12-31T23:45:00Z"]).instant == (try instant("2017-01-01T00:15:00Z")))
    }

    @Test("A notice without a number has no deadline, and a clock without its base does not run")
    func noNumber() throws {
        let formal = try #require(market.versions.last?[.formal])
        let closing = try #require(market.versions.last?[.closing])
        #expect(try due(formal, market.zone, [.aware: "2018-09-03T09:38:00+08:00"]) == .asSoonAsPossible)
        #expect(try due(closing, market.zone, [.aware: "2018-09-03T09:38:00+08:00"]) == .waiting(.moment(.resolved)))
        #expect(try due(preliminary, market.zone, [:]) == .waiting(.moment(.aware)))
    }

    @Test(
        "DORA: four hours after classification, a day after knowing at most, unless it was classified later than that",
        arguments: [
            ("2026-03-02T10:00:00Z", "2026-03-02T12:00:00Z", "2026-03-02T16:00:00Z"),
            ("2026-03-02T10:00:00Z", "2026-03-03T08:30:00Z", "2026-03-03T10:00:00Z"),
            ("2026-03-02T10:00:00Z", "2026-03-04T08:30:00Z", "2026-03-04T12:30:00Z"),
        ])
    func dora(_ aware: String, _ classified: String, _ expected: String) throws {
        let dora = try #require(book.regime("dora"))
        let rule = try #require(dora.versions.last?[.preliminary])
        #expect(try due(rule, dora.zone, [.aware: aware, .classified: classified]).instant == (try instant(expected)))
        #expect(try due(rule, dora.zone, [.aware: aware]) == .waiting(.moment(.classified)))
    }

    @Test(
        "A month ends on the same day, or on the last of a shorter month, in the regime's zone",
        arguments: [
            ("2026-01-31T09:00:00Z", "2026-02-28T09:00:00Z"), ("2024-01-31T09:00:00Z", "2024-02-29T09:00:00Z"),
            ("2026-12-15T23:59:59Z", "2027-01-15T23:59:59Z"),
        ])
    func months(_ filed: String, _ expected: String) throws {
        let dora = try #require(book.regime("dora"))
        let rule = try #require(dora.versions.last?[.closing])
        #expect(try due(rule, dora.zone, [:], filed: [.formal: filed]).instant == (try instant(expected)))
        #expect(try due(rule, dora.zone, [:]) == .waiting(.filed(.formal)))
    }

    @Test("The version in force is that of the day the firm came to know, in the regime's zone")
    func versions() throws {
        #expect(market.version(knownAt: try instant("2018-06-29T23:59:59+08:00")) == nil)
        #expect(market.version(knownAt: try instant("2018-06-29T16:00:00Z"))?.version == "2018")
        var later = market
        var newer = try #require(later.versions.last)
        (newer.version, newer.from) = ("2027", try #require(CivilDate("2027-01-01")))
        later.versions.append(newer)
        #expect(later.version(knownAt: try instant("2026-12-31T23:59:59+08:00"))?.version == "2018")
        #expect(later.version(knownAt: try instant("2027-01-01T00:00:00+08:00"))?.version == "2027")
    }

    // MARK: Working time

    private func working(_ seconds: Int64, from base: String, opens: Int = 0, closes: Int = 86_400) throws -> Deadline {
        var rule = preliminary
        rule.span = .seconds(seconds)
        rule.business = .init(calendar: "taiwan", opens: opens, closes: closes)
        return try due(rule, market.zone, [.aware: base])
    }

    @Test("Working time skips weekends and days off, and counts make-up work days")
    func workingDays() throws {
        // Friday noon before the nine days of the lunar new year of 2026.
        #expect(try working(86_400, from: "2026-02-13T12:00:00+08:00").instant == (try instant("2026-02-23T12:00:00+08:00")))
        // Saturday 2024-02-17 made up for 8 February.
        #expect(try working(86_400, from: "2024-02-16T12:00:00+08:00").instant == (try instant("2024-02-17T12:00:00+08:00")))
        #expect(try working(1, from: "2026-02-14T12:00:00+08:00").instant == (try instant("2026-02-23T00:00:01+08:00")))
    }

    @Test("Working hours end at closing time; one second more is the next working day's first")
    func workingHours() throws {
        let (opens, closes) = (8 * 3600 + 1800, 17 * 3600 + 1800)
        let friday = "2026-02-13T16:30:00+08:00"
        #expect(
            try working(3600, from: friday, opens: opens, closes: closes).instant == (try instant("2026-02-13T17:30:00+08:00")))
        #expect(
            try working(3601, from: friday, opens: opens, closes: closes).instant == (try instant("2026-02-23T08:30:01+08:00")))
        #expect(
            try working(60, from: "2026-02-13T03:00:00+08:00", opens: opens, closes: closes).instant
                == (try instant("2026-02-13T08:31:00+08:00")))
    }

    @Test("Beyond the calendar's last day nobody knows, and that is said")
    func beyond() throws {
        #expect(try working(86_400, from: "2027-12-30T12:00:00+08:00") == .undetermined(calendar: "taiwan"))
        #expect(try working(3600, from: "2027-12-30T12:00:00+08:00").instant == (try instant("2027-12-30T13:00:00+08:00")))
        #expect(try working(1, from: "2022-12-31T12:00:00+08:00") == .undetermined(calendar: "taiwan"))
        #expect(book.calendars["taiwan"]?.isOpen(try #require(CivilDate("2028-01-03"))) == nil)
        var rule = preliminary
        rule.roll = .init(calendar: "taiwan", at: 43_200)
        #expect(try due(rule, market.zone, [.aware: "2027-12-31T10:00:00+08:00"]) == .undetermined(calendar: "taiwan"))
        #expect(
            try due(rule, market.zone, [.aware: "2026-10-09T10:00:00+08:00"]).instant
                == (try instant("2026-10-12T12:00:00+08:00")))
        #expect(
            try due(rule, market.zone, [.aware: "2026-10-08T23:00:00+08:00"]).instant
                == (try instant("2026-10-08T23:30:00+08:00")))
    }

    @Test(
        "A year has as many days off as was announced",
        arguments: [(2023, 116), (2024, 115), (2025, 118), (2026, 120), (2027, 121)])
    func daysOff(_ year: Int, _ expected: Int) throws {
        let calendar = try WorkCalendar.shipped()
        let first = try #require(CivilDate(year: year, month: 1, day: 1))
        let next = try #require(CivilDate(year: year + 1, month: 1, day: 1))
        #expect((first.day..<next.day).count { calendar.isOpen(CivilDate(day: $0)) == false } == expected)
    }

    @Test("Open seconds agree with counting second by second", arguments: 0..<40)
    func agreesWithCounting(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let calendar = try WorkCalendar.shipped()
        let (opens, closes) = (Int.random(in: 0...43_000, using: &random), Int.random(in: 43_200...86_400, using: &random))
        let base = try instant("2026-02-12T00:00:00+08:00").adding(seconds: .random(in: 0...864_000, using: &random))
        let span = Int64.random(in: 1...200_000, using: &random)
        var (left, time) = (span, base)
        while left > 0 {
            let day = time.date(in: .taipei)
            let second = Int((time.seconds + 28_800) % 86_400)
            if calendar.isOpen(day) == true, (opens..<closes).contains(second) { left -= 1 }
            time = time.adding(seconds: 1)
        }
        #expect(
            ClockBook.adding(openSeconds: span, to: base, .init(calendar: "taiwan", opens: opens, closes: closes), calendar)
                == time)
    }
}

/// A generator whose numbers follow from its seed (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
