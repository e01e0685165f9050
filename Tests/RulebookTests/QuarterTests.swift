import Rulebook
import Testing

@Suite("Quarters")
struct QuarterTests {
    @Test("a quarter reads as it writes, and follows the one before", arguments: [1, 1911, 1999, 2017, 2024, 9998])
    func order(year: Int) throws {
        for number in 1...4 {
            let quarter = try #require(Quarter(year: year, number: number))
            #expect(Quarter(quarter.description) == quarter && quarter.year == year && quarter.number == number)
            #expect(quarter.next.firstDay == quarter.lastDay.adding(days: 1) && quarter.next.previous == quarter)
            #expect(Quarter(containing: quarter.firstDay) == quarter && Quarter(containing: quarter.lastDay) == quarter)
            #expect((90...92).contains(quarter.lastDay - quarter.firstDay + 1) && quarter < quarter.next)
        }
    }

    @Test("the last days of the quarters of a leap year")
    func days() {
        #expect(Quarter("2024-Q1")?.lastDay == CivilDate("2024-03-31"))
        #expect(Quarter("2017-Q4")?.lastDay == CivilDate("2017-12-31"))
        #expect(Quarter("2017-Q4")?.rocDescription == "民國106年第4季")
    }

    @Test(
        "what is no quarter is refused",
        arguments: ["2017-Q5", "2017-Q0", "2017Q4", "0000-Q1", "2017-q4", "17-Q4", "2017-Q４", ""])
    func refused(text: String) { #expect(Quarter(text) == nil) }
}
