import Testing

@testable import Spreadsheets

@Suite("Cells: places, numbers, days")
struct CellTests {
    @Test("Columns count A to Z, then AA; places that no sheet has are none")
    func addresses() {
        #expect(
            ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA", "XFD"].map { CellAddress("\($0)1")?.column } == [
                0, 25, 26, 51, 52, 701, 702, 16_383,
            ])
        for column in stride(from: 0, to: CellAddress.columnLimit, by: 7) {
            #expect(CellAddress(CellAddress.letters(column) + "12") == CellAddress(row: 11, column: column))
        }
        #expect(CellAddress("$B$7") == CellAddress(row: 6, column: 1))
        #expect(CellAddress("b7") == CellAddress(row: 6, column: 1))
        for wrong in [
            "", "A", "7", "A0", "A01", "XFE1", "A1048577", "A1B", "ＡＢ1", "A-1", "AAAAAAAAAAAAAAAAAAAAAAA1",
            "A99999999999999999999", "[1", "@1", "`1",
        ] {
            #expect(CellAddress(wrong) == nil, "\(wrong)")
        }
        #expect(CellRange("C3:A1")?.description == "A1:C3")
        #expect(CellRange("B2")?.description == "B2:B2")
        #expect(CellRange("A1:B2:C3") == nil)
        #expect(CellRange("A1:") == nil)
    }

    @Test("Decimals keep what is written, and nothing else")
    func decimals() {
        let forms = [
            "0": "0", "-0": "0", "000": "0", "12": "12", "-12.50": "-12.5", "+0.30": "0.3", ".5": "0.5", "5.": "5", "1e3": "1000",
            "1.5E-3": "0.0015",
            "100000000000000000000": "100000000000000000000", "999999999999999999": "999999999999999999", "1e40": "1e40",
            "1e-40": "1e-40",
            "123456789012345678": "123456789012345678", "0.000000000000000001": "0.000000000000000001",
        ]
        for (text, shown) in forms { #expect(ExactDecimal(text)?.description == shown, "\(text)") }
        for wrong in [
            "", "-", ".", "e5", "1e", "1e+", "0x10", "1 ", " 1", "1,000", "１", "--1", "1.2.3", "1234567890123456789", "1e99999",
            "NaN", "inf",
        ] {
            #expect(ExactDecimal(wrong) == nil, "\(wrong)")
        }
        #expect(ExactDecimal("1000")?.integer == 1_000)
        #expect(ExactDecimal("1.5")?.integer == nil)
        #expect(ExactDecimal("1e18")?.integer == 1_000_000_000_000_000_000)
        #expect(ExactDecimal("1e19")?.integer == nil)
    }

    @Test("Sums, comparisons and powers of ten agree with whole numbers of a hundred-millionth", arguments: [1, 2, 3])
    func arithmetic(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let unit = 100_000_000
        for _ in 0..<20_000 {
            let (one, other) = (random.below(2_000_000_000_000) - 1_000_000_000_000, random.below(20_000) - 10_000)
            let left = try #require(ExactDecimal(Int128(one), exponent: -8))
            let right = try #require(ExactDecimal(Int128(other), exponent: -8))
            #expect(left.adding(right) == ExactDecimal(Int128(one + other), exponent: -8))
            #expect((left < right) == (one < other))
            #expect((right < left) == (other < one))
            #expect(left.negated == ExactDecimal(Int128(-one), exponent: -8))
            #expect(left.shifted(8)?.integer == one)
            #expect(ExactDecimal(left.description) == left)
            #expect(left.integer == (one % unit == 0 ? one / unit : nil))
        }
        let far = try #require(ExactDecimal("1e2000"))
        #expect(try #require(ExactDecimal("-5")) < far)
        #expect(try #require(ExactDecimal("9e-2000")) < far)
        #expect(far.negated < .zero)
        #expect(far.adding(far.negated) == .zero)
        #expect(far.adding(try #require(ExactDecimal("1"))) == nil)
        #expect(far.shifted(1) == nil)
    }

    @Test("What programs write after calculating in binary is what they meant by it")
    func binaryNoise() {
        let meant = [
            "0.30000000000000004": "0.3", "0.28999999999999998": "0.29", "2.2999999999999998": "2.3", "1.1000000000000001": "1.1",
            "8.1818181818181817E-2": "0.0818181818181818", "0.81818181818181823": "0.818181818181818",
            "123456789012345678": "123456789012345678",
            "9007199254740993": "9007199254740993", "1234567890123456.7": "1234567890123460", "-0.30000000000000004": "-0.3",
            "99999999999999.999": "100000000000000", "0.1": "0.1", "1E-3": "0.001", "43100.604166666664": "43100.6041666667",
        ]
        for (written, decimal) in meant {
            #expect(CellNumber(written)?.decimal?.description == decimal, "\(written)")
            #expect(CellNumber(written)?.written == written)
        }
        #expect(CellNumber("1e999999")?.decimal == nil)
        #expect(CellNumber("12abc") == nil)
    }

    @Test("Every day from 1900 to 2100 counts on by one, and comes back from its number")
    func days() throws {
        var day = try #require(CalendarDate(year: 1900, month: 1, day: 1))
        var serial = 1
        while day.year < 2_101 {
            #expect(SerialDay.number(day) == serial)
            #expect(SerialDay.date(serial, from1904: false) == day)
            #expect(CalendarDate(days: day.days) == day)
            day = try #require(CalendarDate(days: day.days + 1))
            serial += serial == 59 ? 2 : 1
        }
    }

    @Test("Days as programs count them, with the 29 February 1900 that never was, and from 1904")
    func serials() throws {
        func date(_ number: Int, _ from1904: Bool = false) -> String? { SerialDay.date(number, from1904: from1904)?.description }
        #expect(date(1) == "1900-01-01")
        #expect(date(59) == "1900-02-28")
        #expect(date(60) == nil)
        #expect(date(61) == "1900-03-01")
        #expect(date(43_100) == "2017-12-31")
        #expect(date(2_958_465) == "9999-12-31")
        #expect(date(2_958_466) == nil)
        #expect(date(0) == nil)
        #expect(date(0, true) == "1904-01-01")
        #expect(date(41_638, true) == "2017-12-31")
        #expect(date(-1, true) == nil)
        #expect(SerialDay.value("43100.604166666664", .dateTime, from1904: false)?.description == "2017-12-31T14:30:00")
        #expect(SerialDay.value("0.999999999", .time, from1904: false)?.description == "24:00:00")
        #expect(SerialDay.value("43100.999999999", .dateTime, from1904: false)?.description == "2018-01-01T00:00:00")
        #expect(SerialDay.value("1.5", .time, from1904: false)?.description == "36:00:00")
        #expect(SerialDay.value("-1", .date, from1904: false) == nil)
        #expect(SerialDay.value("1e300", .date, from1904: false) == nil)
        #expect(SerialDay.value("0.25", .dayOrTime, from1904: false)?.description == "06:00:00")
        #expect(SerialDay.value("43100", .dayOrTime, from1904: false)?.description == "2017-12-31")
    }

    @Test("The calendar has no other days")
    func calendar() {
        for (year, month, day) in [
            (2023, 2, 29), (1900, 2, 29), (2024, 2, 30), (2024, 4, 31), (2024, 13, 1), (2024, 0, 1), (0, 1, 1), (10_000, 1, 1),
        ] {
            #expect(CalendarDate(year: year, month: month, day: day) == nil)
        }
        #expect(CalendarDate(year: 2000, month: 2, day: 29) != nil)
        #expect(CalendarDate(days: Int(Int32.max)) == nil)
        #expect(CalendarDate(days: -1_000_000) == nil)
    }

    @Test("Number formats say whether a number is a day, a time or a number")
    func formats() {
        let kinds: [(String, NumberKind)] = [
            ("General", .number), ("0.00", .number), ("#,##0.00;[Red]-#,##0.00", .number), ("0.00E+00", .number),
            ("##0.0E+0", .number), ("0.00%", .percent),
            ("yyyy-mm-dd", .date), ("m/d/yy", .date), ("[$-404]e/m/d", .date), ("[$-404]e\"年\"m\"月\"d\"日\"", .date),
            ("ggge\"年\"m\"月\"d\"日\"", .date),
            ("[$-zh-TW]e/mm/dd;@", .date), ("mmm-yy", .date), ("mmmm", .date), ("yyyy/m/d h:mm", .dateTime),
            ("d-mmm-yy h:mm:ss AM/PM", .dateTime),
            ("h:mm", .time), ("[h]:mm:ss", .time), ("mm:ss.0", .time), ("上午/下午 hh\"時\"mm\"分\"", .time), ("h:mm a/p", .time),
            ("@", .text),
            ("\"day\" 0", .number), ("0\\d", .number), ("[Red]0", .number), ("[Blue][>100]0.0;0", .number),
            ("_(* #,##0_)", .number), ("_d0", .number),
            ("\"未結束", .number), ("[h", .time), ("\\", .number), ("0 \"家\"", .number), ("General\"人\"", .number),
            ("#,##0;@", .number), ("aaaa", .date),
        ]
        for (code, kind) in kinds { #expect(NumberKind(code: code) == kind, "\(code)") }
        #expect(NumberKind(builtIn: 14) == .date)
        #expect(NumberKind(builtIn: 22) == .dateTime)
        #expect(NumberKind(builtIn: 10) == .percent)
        #expect(NumberKind(builtIn: 46) == .time)
        #expect(NumberKind(builtIn: 164) == nil)
    }

    @Test("Ranges that overlap are found, those that touch are not", arguments: [1, 2, 3, 4])
    func overlaps(_ seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<2_000 {
            let ranges = (0..<random.below(6) + 1).map { _ in
                let (row, column) = (random.below(8), random.below(8))
                return CellRange(
                    CellAddress(row: row, column: column),
                    CellAddress(row: row + random.below(3), column: column + random.below(3)))
            }
            var seen: Set<CellAddress> = []
            var doOverlap = false
            for range in ranges {
                for row in range.first.row...range.last.row {
                    for column in range.first.column...range.last.column {
                        if !seen.insert(CellAddress(row: row, column: column)).inserted { doOverlap = true }
                    }
                }
            }
            #expect((CellRange.overlap(ranges) != nil) == doOverlap, "\(ranges)")
        }
    }
}
