import Rulebook
import Testing

@testable import Reports

@Suite("Charts: what may be drawn")
struct ChartModelTests {
    private func reason(_ make: () throws -> Chart) -> ChartError.Reason? {
        do { _ = try make() } catch { return (error as? ChartError)?.reason }
        return nil
    }

    private func chart(
        _ values: [[Chart.Value]], _ kind: Chart.Kind = .bars, id: String = "x", totals: [Chart.Value] = [],
        axis: Chart.Axis = Chart.Axis()
    ) throws -> Chart {
        let categories = (0..<(values.first?.count ?? 0)).map { "k\($0)" }
        return try Chart(
            kind, id: id, title: "t", categories: categories,
            series: values.enumerated().map { Chart.Series("s\($0.offset)", $0.element) }, totals: totals, axis: axis, asOf: "d")
    }

    @Test(
        "An id that could not be an id is refused",
        arguments: ["", "1a", "A", "a b", "a\"", "é", "-a", String(repeating: "a", count: 65)])
    func ids(id: String) { #expect(reason { try chart([[.count(1)]], id: id) } == .badID) }

    @Test func ordinaryIDs() throws { for id in ["a", "a-1", String(repeating: "a", count: 64)] { _ = try chart([], id: id) } }

    @Test(
        "Counts and parts out of bounds are refused",
        arguments: [
            Chart.Value.count(-1), .count(Chart.Value.most + 1), .rate(-1, of: 2), .rate(3, of: 2), .rate(1, of: 0),
            .rate(1, of: Chart.Value.most + 1), .count(.max), .rate(.min, of: .max),
        ])
    func values(value: Chart.Value) { #expect(reason { try chart([[value]]) } == .badValue) }

    @Test("Counts and rates are not drawn on one axis")
    func units() {
        #expect(reason { try chart([[.count(1), .rate(1, of: 2)]]) } == .mixedUnits)
        #expect(reason { try chart([[.missing(.noAnswer), .rate(1, of: 2)], [.count(1), .rate(0, of: 0)]]) } == .mixedUnits)
        #expect(reason { try chart([[.missing(.noAnswer), .rate(1, of: 2)], [.rate(0, of: 0), .rate(1, of: 3)]]) } == nil)
    }

    @Test("Every series has a value for each category, and there are not too many of either")
    func shape() {
        #expect(reason { try chart([[.count(1)], [.count(1), .count(2)]]) } == .unequalLength)
        for kind in Chart.Kind.allCases {
            let row = Array(repeating: Chart.Value.count(1), count: kind.mostCategories)
            #expect(reason { try chart([row], kind) } == nil)
            #expect(reason { try chart([row + [.count(1)]], kind) } == .tooMany)
            #expect(reason { try chart(Array(repeating: [.count(1)], count: kind.mostSeries), kind) } == nil)
            #expect(reason { try chart(Array(repeating: [.count(1)], count: kind.mostSeries + 1), kind) } == .tooMany)
        }
    }

    @Test("Parts of a bar or ring make up the whole that is printed beside them")
    func wholes() {
        let stack = { (totals: [Chart.Value], values: [[Chart.Value]]) in
            reason { try chart(values, .stacked, totals: totals) }
        }
        #expect(stack([.count(3)], [[.count(1)], [.count(2)]]) == nil)
        #expect(stack([.count(4)], [[.count(1)], [.count(2)]]) == .wrongTotal)
        #expect(stack([.count(2)], [[.count(1)], [.missing(.suppressed)]]) == nil)
        #expect(stack([.count(0)], [[.count(1)], [.missing(.suppressed)]]) == .wrongTotal)
        #expect(stack([.missing(.suppressed)], [[.count(1)], [.count(2)]]) == nil)
        #expect(stack([.count(3), .count(3)], [[.count(1)], [.count(2)]]) == .unequalLength)
        #expect(stack([], [[.rate(1, of: 3)], [.rate(1, of: 4)]]) == .unequalWholes)
        #expect(stack([], [[.rate(2, of: 3)], [.rate(2, of: 3)]]) == .wrongTotal)
        #expect(stack([], [[.rate(1, of: 3)], [.rate(1, of: 3)]]) == nil)
        let ring = { (totals: [Chart.Value], values: [Chart.Value]) in reason { try chart([values], .donut, totals: totals) } }
        #expect(ring([.count(3)], [.count(1), .count(2)]) == nil)
        #expect(ring([.count(9)], [.count(1), .count(2)]) == .wrongTotal)
        #expect(ring([], [.rate(1, of: 3), .rate(1, of: 3)]) == .wrongTotal)
        #expect(ring([], [.rate(1, of: 3), .missing(.noAnswer)]) == nil)
        #expect(reason { try chart([[.count(1)]], .lines, totals: [.count(1)]) } == .unequalLength)
    }

    @Test("An axis that goes nowhere is refused")
    func axes() {
        let axis = { (axis: Chart.Axis) in reason { try chart([[.count(1)]], axis: axis) } }
        #expect(axis(Chart.Axis(range: 5...5)) == .badAxis)
        #expect(axis(Chart.Axis(range: -1...5)) == .badAxis)
        #expect(axis(Chart.Axis(range: 0...Int.max)) == .badAxis)
        #expect(axis(Chart.Axis(thresholds: [5, 5])) == .badAxis)
        #expect(axis(Chart.Axis(thresholds: [0])) == .badAxis)
        #expect(axis(Chart.Axis(thresholds: [1, 2, 3, 4, 5])) == .badAxis)
        #expect(axis(Chart.Axis(range: 40...100, thresholds: [1, 2, 3, 4])) == nil)
    }

    @Test("An error names its place")
    func place() {
        #expect(throws: ChartError(.badValue, at: "s1, k0")) { try chart([[.count(1)], [.count(-1)]]) }
        #expect("\(ChartError(.tooMany, at: "series"))" == "series: more than can be told apart")
    }

    @Test("Labels lose what could break a drawing or turn what stands behind them, and nothing else")
    func cleaning() {
        #expect(ChartText.clean("a\nb\tc\r\nd") == "a b c  d")
        #expect(ChartText.clean("\u{0}\u{1B}\u{7F}\u{9F}") == "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}")
        let bad = [UInt32]([0xFFFF, 0xFDD0, 0x10FFFE]).compactMap(Unicode.Scalar.init).map { String(Character($0)) }.joined()
        #expect(bad.unicodeScalars.count == 3 && ChartText.clean(bad) == "\u{FFFD}\u{FFFD}\u{FFFD}")
        #expect(ChartText.clean("a\u{202E}b\u{2066}c\u{200F}d\u{FEFF}") == "abcd")
        #expect(ChartText.clean("e\u{301}\u{301}\u{301}\u{301}\u{301}x") == "e\u{301}\u{301}\u{301}x")
        for text in ["資訊安全長（代理）", "👩‍👩‍👧‍👦", "שלום", "a & <b> \"c\""] { #expect(ChartText.clean(text) == text) }
        #expect(ChartText.isolated("שלום") == "\u{2068}שלום\u{2069}")
        #expect(ChartText.isolated("abc 資安") == "abc 資安")
    }

    @Test("Values are put into words with all their parts, and missing ones by name")
    func words() throws {
        let words = ChartWords(wording: try Wording.shipped(.chinese))
        #expect(words.full(.rate(67, of: 74)) == "67/74 = 90.54 %")
        #expect(words.full(.rate(0, of: 0)) == "0/0 = —")
        #expect(words.full(.count(12)) == "12")
        #expect(words.full(.missing(.suppressed)) == "* 不揭露")
        #expect(words.short(.rate(1, of: 800)) == "0.13 %")
        #expect(words.short(.rate(0, of: 0)) == "–")
        #expect(words.bare(.rate(67, of: 74)) == "90.54")
        #expect(words.bare(.missing(.noAnswer)) == "?")
        let english = ChartWords(wording: try Wording.shipped(.english))
        #expect(english.full(.missing(.noAnswer)) == "? no answer")
    }

    @Test("Everything that charts say is in the catalogue, in both languages")
    func catalogue() throws {
        let names = Chart.Kind.allCases.map(\.rawValue) + Chart.Missing.allCases.map(\.rawValue)
        for language in Language.allCases {
            let wording = try Wording.shipped(language)
            for name in names { #expect(wording("chart.\(name)") != "chart.\(name)") }
        }
    }

    @Test("A value reaches a threshold exactly")
    func thresholds() {
        #expect(Chart.Value.rate(3, of: 5).reaches(60))
        #expect(!Chart.Value.rate(599_999_999_999, of: 1_000_000_000_000).reaches(60))
        #expect(Chart.Value.rate(600_000_000_000, of: 1_000_000_000_000).reaches(60))
        #expect(!Chart.Value.rate(Chart.Value.most, of: Chart.Value.most).reaches(Chart.Value.most))
        #expect(Chart.Value.count(5).reaches(5))
        #expect(!Chart.Value.missing(.noAnswer).reaches(1))
    }
}
