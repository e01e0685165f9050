import Glibc
import Testing

@testable import Reports

@Suite("Charts: measures")
struct ChartMeasureTests {
    @Test("East Asian characters are one em wide, Latin letters about half, and nothing is narrower than it is drawn")
    func widths() {
        #expect(TextMeasure.width("資訊安全", 12) == 48)
        #expect(abs(TextMeasure.width("average latin text", 10) / 18 - 5.5) < 0.6)
        #expect(TextMeasure.width("e\u{301}", 10) == TextMeasure.width("e", 10))
        #expect(TextMeasure.width("90.54 %", 10) > 35)
        #expect(TextMeasure.width("", 12) == 0)
    }

    @Test("Wrapped lines keep to the width; what does not fit ends with an ellipsis, and that is said", arguments: 1...40)
    func wrapping(seed: Int) {
        var random = SeededCharts(UInt64(seed))
        for _ in 0..<50 {
            let text = ChartText.clean(random.label())
            let limit = Double(24 + random.upTo(300))
            let most = 1 + random.upTo(3)
            let wrapped = TextMeasure.wrap(text, 12, width: limit, most: most)
            #expect(!wrapped.lines.isEmpty && wrapped.lines.count <= most)
            let isWide = text.contains { TextMeasure.width(String($0), 12) > limit - 12 }
            #expect(isWide || wrapped.width <= limit + 0.1, "\(text) \(limit)")
            let all = wrapped.lines.joined().filter { $0 != " " }
            if !wrapped.isForced { #expect(all == text.filter { $0 != " " }) }
            if all.count < text.filter({ $0 != " " }).count { #expect(all.hasSuffix("…") && wrapped.isForced) }
        }
    }

    @Test("Lines are filled evenly, numbers stay with what they count, and no line begins with what closes")
    func breaking() {
        #expect(TextMeasure.wrap("備份與還原演練", 10, width: 60, most: 3).lines == ["備份與還", "原演練"])
        #expect(TextMeasure.wrap("112年第1季", 10, width: 45, most: 2).lines == ["112年", "第1季"])
        #expect(TextMeasure.wrap("資安（含備援）", 10, width: 60, most: 3).lines.allSatisfy { !$0.hasPrefix("）") && !$0.hasSuffix("（") })
        #expect(TextMeasure.wrap("one two three", 10, width: 45, most: 3).lines == ["one two", "three"])
        #expect(LineBreaker.lines("abcdef", limit: 4) { _ in 1 }.lines == ["abcd", "ef"])
        #expect(LineBreaker.lines("", limit: 4) { _ in 1 }.lines == [""])
        #expect(LineBreaker.lines("資", limit: 1) { _ in 2 }.lines == ["資"])
        #expect(LineBreaker.lines("資安", limit: 1) { _ in 2 }.lines == ["資", "安"])
    }

    @Test("Places on a circle are those of the library")
    func turns() {
        for step in -400...400 {
            let turns = Double(step) / 97
            #expect(abs(Turn.sine(turns) - sin(turns * 2 * .pi)) < 1e-9)
        }
        let top = Turn.point(Point(10, 10), 0, 5)
        #expect(abs(top.x - 10) < 1e-9 && abs(top.y - 5) < 1e-9)
    }

    @Test("Axes begin and end at round numbers around all values, with few steps", arguments: 1...200)
    func scales(seed: Int) {
        var random = SeededCharts(UInt64(seed))
        let isRate = random.isOneOf(2)
        let most = isRate ? 100 : max(1, random.most())
        let values = (0..<random.upTo(9)).map { _ in Double(random.upTo(most)) }
        let range = random.isOneOf(2) ? random.upTo(40)...(50 + random.upTo(50)) : nil
        let steps = 1 + random.upTo(6)
        let fromZero = random.isOneOf(2)
        let scale = Scale(Chart.Axis(range: range), values, isRate: isRate, steps: steps, fromZero: fromZero)
        #expect(scale.lower < scale.upper && scale.lower >= 0)
        #expect(values.allSatisfy { Double(scale.lower) <= $0 && $0 <= Double(scale.upper) })
        if let range { #expect(scale.upper >= range.upperBound && (fromZero || scale.lower <= range.lowerBound)) }
        if fromZero { #expect(scale.lower == 0) }
        if isRate { #expect(scale.upper <= 100 && (range != nil || scale.upper == 100)) }
        #expect(scale.ticks.first == scale.lower && scale.ticks.last == scale.upper && scale.ticks.count <= steps + 1)
        #expect(scale.part(Double(scale.lower)) == 0 && scale.part(Double(scale.upper)) == 1)
    }

    @Test func scalesOfNothing() {
        let scale = Scale(Chart.Axis(), [], isRate: nil, steps: 5, fromZero: false)
        #expect(scale.ticks.isEmpty)
        #expect(Scale(Chart.Axis(), [0, 0], isRate: false, steps: 5, fromZero: true).ticks == [0, 1])
        #expect(Scale(Chart.Axis(), [83], isRate: true, steps: 4, fromZero: true).ticks == [0, 25, 50, 75, 100])
        #expect(
            Scale(Chart.Axis(range: 85...100), [83.2], isRate: true, steps: 4, fromZero: false).ticks == [80, 85, 90, 95, 100])
    }

    @Test("Boxes moved apart keep their order, do not touch and stay in their room", arguments: 1...100)
    func apart(seed: Int) {
        var random = SeededCharts(UInt64(seed))
        let heights = (0..<1 + random.upTo(12)).map { _ in Double(5 + random.upTo(20)) }
        let room = heights.reduce(0, +) + Double(random.upTo(100))
        let wanted = heights.map { _ in Double(random.upTo(Int(room))) }.sorted()
        let tops = Canvas.apart(wanted, heights: heights, from: 3, to: 3 + room)
        #expect(tops[0] >= 3 - 1e-9 && tops[tops.count - 1] + heights[heights.count - 1] <= 3 + room + 1e-9)
        for index in tops.indices.dropLast() { #expect(tops[index] + heights[index] <= tops[index + 1] + 1e-9) }
    }

    @Test func numbers() {
        #expect(DrawingSVG.number(1.04) == "1")
        #expect(DrawingSVG.number(1.05) == "1.1")
        #expect(DrawingSVG.number(-0.04) == "0")
        #expect(DrawingSVG.number(-12.34) == "-12.3")
        #expect(DrawingSVG.number(.nan) == "0" && DrawingSVG.number(.infinity) == "0" && DrawingSVG.number(1e300) == "0")
    }
}
