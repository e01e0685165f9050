import HTML
import Rulebook
import Testing

@testable import Reports

@Suite("Charts: figures")
struct ChartWriterTests {
    private static let seeds = Array(1...24)

    private func eachChart(_ seed: Int, _ body: (Chart) throws -> Void) throws {
        for (offset, kind) in Chart.Kind.allCases.enumerated() {
            var random = SeededCharts(UInt64(7000 + seed * 10 + offset))
            try body(try random.chart(kind))
        }
    }

    @Test("A figure is well formed, whatever the labels are; its names are its own and lead somewhere", arguments: seeds)
    func wellFormed(seed: Int) throws {
        try eachChart(seed) { chart in
            for language in Language.allCases {
                let figure = try XMLElement(makeFigure(chart, language))
                let ids = figure.all.compactMap { $0.attributes["id"] }
                #expect(Set(ids).count == ids.count)
                #expect(ids.allSatisfy { $0 == chart.id || $0.hasPrefix(chart.id + "-") })
                for element in figure.all {
                    let names = element.attributes["aria-labelledby"]?.split(separator: " ") ?? []
                    #expect(names.allSatisfy { ids.contains(String($0)) })
                    if let fill = element.attributes["fill"], fill.hasPrefix("url(#") {
                        #expect(ids.contains(String(fill.dropFirst(5).dropLast())))
                    }
                    // The policy of content allows neither.
                    #expect(element.attributes.keys.allSatisfy { $0 != "style" && !$0.hasPrefix("on") })
                    #expect(element.name != "script" && element.name != "style")
                }
            }
        }
    }

    @Test(
        "The reader of these tests refuses what is not well formed",
        arguments: [
            "<a>", "<a></b>", "<a><b></a>", "<a x=\"1\" x=\"2\"/>", "<a>&</a>", "<a>&nbsp;</a>", "<a x=\"<\"/>", "<a>\u{1}</a>",
            "<a/><b/>", "<a x=1/>", "",
        ])
    func reader(text: String) { #expect(throws: XMLElement.Malformed.self) { try XMLElement(text) } }

    @Test("A drawing has a name and a description, a table stands beneath it", arguments: seeds)
    func accessible(seed: Int) throws {
        try eachChart(seed) { chart in
            let figure = try XMLElement(makeFigure(chart))
            #expect(figure.name == "figure" && figure.children.first?.name == "figcaption")
            let drawings = figure.all("svg")
            #expect(drawings.map { $0.attributes["class"] } == ["chart-wide", "chart-narrow"])
            for drawing in drawings {
                #expect(drawing.attributes["role"] == "img" && drawing.attributes["viewBox"]?.hasPrefix("0 0 ") == true)
                #expect(drawing.children.prefix(2).map(\.name) == ["title", "desc"])
                #expect(drawing.children[0].text == chart.title && !drawing.children[1].text.isEmpty)
            }
            #expect(figure.all("table").count == (chart.isEmpty ? 0 : 1))
            #expect(figure.all("details").allSatisfy { $0.attributes["open"] != nil })
            let paper = try XMLElement(makeFigure(chart, for: .paper))
            #expect(paper.all("svg").map { $0.attributes["class"] } == ["chart-wide"])
        }
    }

    @Test("The rows of the table are the values", arguments: seeds)
    func table(seed: Int) throws {
        let words = ChartWords(wording: try Wording.shipped(.chinese))
        try eachChart(seed) { chart in
            guard !chart.isEmpty else { return }
            let table = try #require(try XMLElement(makeFigure(chart)).all("table").first)
            let rows = table.all("tr").map { $0.children.map(\.whole) }
            let hasTotals = chart.kind == .stacked && !chart.totals.isEmpty
            var wanted = [
                [chart.subject.isEmpty ? "項目" : chart.subject] + chart.series.map(\.name) + (hasTotals ? ["合計"] : [])
            ]
            for (index, category) in chart.categories.enumerated() {
                let values = chart.series.map { $0.values[index] } + (hasTotals ? [chart.totals[index]] : [])
                wanted.append([category] + values.map(words.full))
            }
            if chart.kind == .donut, let total = chart.totals.first { wanted.append(["合計", words.full(total)]) }
            #expect(rows == wanted)
            #expect(table.all("th").allSatisfy { $0.attributes["scope"] != nil })
        }
    }

    @Test("What is written of places is inside of the view box", arguments: seeds)
    func places(seed: Int) throws {
        try eachChart(seed) { chart in
            for drawing in try XMLElement(makeFigure(chart)).all("svg") {
                let size = drawing.attributes["viewBox"]?.split(separator: " ").compactMap { Double($0) } ?? []
                try #require(size.count == 4)
                for element in drawing.children where element.name != "defs" {
                    for (key, value) in element.attributes where ["x", "y", "width", "height", "cx", "cy", "r"].contains(key) {
                        let number = try #require(Double(value), "\(key)=\(value)")
                        let isAcross = ["x", "width", "cx"].contains(key)
                        #expect(number >= 0 && number <= (isAcross ? size[2] : size[3]))
                    }
                }
            }
        }
    }

    @Test("The same chart is written the same to the byte", arguments: [3, 17])
    func determinism(seed: Int) throws {
        try eachChart(seed) { chart in
            let first = try makeFigure(chart)
            for _ in 0..<3 { #expect(try makeFigure(chart) == first) }
        }
    }

    @Test("What is missing is named: in the table, in the legend, in the description")
    func missing() throws {
        let chart = try Chart(
            .bars, id: "m", title: "t", categories: ["a", "b", "c", "d"],
            series: [Chart.Series("s", [.count(0), .missing(.noAnswer), .missing(.suppressed), .missing(.notApplicable)])],
            asOf: "")
        let figure = try XMLElement(makeFigure(chart, .english))
        #expect(figure.all("td").map(\.whole) == ["0", "? no answer", "* suppressed", "– not applicable"])
        for drawing in figure.all("svg") {
            let texts = drawing.all("text").map(\.text)
            for name in ["no answer", "suppressed", "not applicable"] { #expect(texts.contains(name)) }
            #expect(drawing.children[1].text.contains("not drawn as zero"))
            // One bar: the zero, which is there.
            #expect(drawing.all("rect").filter { $0.hasClass("c1") }.count == 1)
        }
        let complete = try Chart(
            .bars, id: "m", title: "t", categories: ["a"], series: [Chart.Series("s", [.count(0)])], asOf: "")
        #expect(try !makeFigure(complete, .english).contains("not drawn as zero"))
    }

    @Test("A series is told by its texture or its dashes and sign, not by colour alone")
    func withoutColour() throws {
        func drawing(_ kind: Chart.Kind) throws -> XMLElement {
            let series = (0..<8).map { index in Chart.Series("s\(index)", [.count(index + 1), .count(2), .count(3)]) }
            let chart = try Chart(kind, id: "x", title: "t", categories: ["a", "b", "c"], series: series, asOf: "")
            return try #require(try XMLElement(makeFigure(chart)).all("svg").first)
        }
        for kind in [Chart.Kind.bars, .stacked] {
            let bars = try drawing(kind)
            #expect(Set(bars.all("rect").compactMap { $0.attributes["fill"] }.filter { $0 != "currentColor" }).count == 7)
            #expect(Set(bars.all("pattern").flatMap(\.children).compactMap { $0.attributes["d"] }).count == 7)
        }
        for kind in [Chart.Kind.lines, .radar] {
            let lines = try drawing(kind)
            let strokes = lines.all("path").filter {
                $0.attributes["stroke-width"] == "2" && $0.attributes["d"]?.contains("L") == true
            }
            #expect(Set(strokes.map { $0.attributes["stroke-dasharray"] }).count == 8)
        }
    }

    @Test("No markup comes out of a label")
    func hostile() throws {
        let label = "\"><script>alert(1)</script><svg onload='x'>&amp;\u{0}"
        for kind in Chart.Kind.allCases {
            let chart = try Chart(
                kind, id: "h", title: label, summary: label, subject: label, categories: [label, label, label],
                series: [Chart.Series(label, [.count(1), .count(2), .missing(.noAnswer)])], axis: Chart.Axis(unit: label),
                asOf: label, source: label, notes: [label])
            let text = try makeFigure(chart)
            #expect(!text.contains("<script") && !text.contains("<svg o") && !text.contains("\u{0}"))
            _ = try XMLElement(text)
        }
    }

    /// A small figure, whole, and the drawings of a small line with a gap and a small ring.
    static func goldens() throws -> [(name: String, text: String)] {
        let bars = try Chart(
            .bars, id: "g", title: "每月件數", summary: "四月沒有回覆。", categories: ["3月", "4月"],
            series: [Chart.Series("件數", [.count(4), .missing(.noAnswer)])], axis: Chart.Axis(unit: "件"), asOf: "2026-04-30",
            source: "申報資料", notes: ["備註"])
        let lines = try Chart(
            .lines, id: "l", title: "t", categories: ["Q1", "Q2", "Q3"],
            series: [Chart.Series("s", [.rate(1, of: 2), .missing(.suppressed), .rate(3, of: 4)])], asOf: "")
        let ring = try Chart(
            .donut, id: "d", title: "t", categories: ["a", "b"], series: [Chart.Series("s", [.rate(1, of: 4), .rate(3, of: 4)])],
            asOf: "")
        func drawing(_ chart: Chart) throws -> String {
            let text = try makeFigure(chart, .english, for: .paper)
            let start = try #require(text.firstRange(of: "<svg"))
            let end = try #require(text.firstRange(of: "</svg>"))
            return String(text[start.lowerBound..<end.upperBound])
        }
        return [("bars", try makeFigure(bars, for: .paper)), ("lines", try drawing(lines)), ("ring", try drawing(ring))]
    }

    @Test("Small figures are as they were when they had been looked at")
    func golden() throws {
        for (golden, wanted) in zip(try Self.goldens(), [ChartGolden.bars, ChartGolden.lines, ChartGolden.ring]) {
            #expect(golden.text == wanted, "\(golden.name)")
        }
    }
}
