import Documents
import HTML
import Rulebook
import Testing

@testable import Reports

@Suite("Documents for paper")
struct PrintedTests {
    private func chart() throws -> Chart {
        try Chart(
            .heatMap, id: "shares", title: "甲 & <乙>", categories: ["一", "二"],
            series: [
                .init("第一級", [.rate(8, of: 11), .missing(.suppressed)]), .init("第二級", [.missing(.noAnswer), .rate(1, of: 1)]),
            ],
            axis: .init(thresholds: [25, 50, 75, 100], emphasis: .low), asOf: "2017-12-31")
    }

    private func document() throws -> PrintedDocument {
        PrintedDocument(
            title: "報告 <script>alert(1)</script>", lines: ["甲 & 乙"], imprint: ["\u{1}"],
            sections: [
                .init(
                    id: "one", title: "1　一",
                    blocks: [
                        .paragraph("</text:p><b>"), .list(["]]>"]), .chart(try chart()),
                        .table(
                            .init(id: "t", title: "表", columns: [.init("甲"), .init("數", isNumber: true)], rows: [["<", "1"]])),
                    ], footnotes: ["註 \"引號\""])
            ], contents: "目次", notes: "註")
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test("whatever a text holds, nothing of it becomes markup", arguments: Language.allCases)
    func hostile(language: Language) throws {
        let wording = try Wording.shipped(language)
        let page = text(try document().html(wording))
        #expect(!page.contains("<script>") && !page.contains("<b>") && page.contains("&lt;script&gt;"))
        let writer = ODTWriter(document: try document(), wording: wording)
        let content = text(writer.content())
        #expect(!content.contains("<script>") && !content.contains("<b>") && content.contains("&lt;/text:p&gt;"))
        #expect(!content.contains("]]>") && !content.contains("\u{1}"))
    }

    @Test("a chart's drawing is a file of its own: with its namespace, every colour an attribute, no style sheet")
    func drawing() throws {
        for kind in [Chart.Kind.bars, .radar, .lines, .heatMap] {
            let chart = try Chart(
                kind, id: "c", title: "t", categories: ["a", "b", "c"],
                series: [
                    .init("x", [.rate(1, of: 2), .rate(1, of: 1), .missing(.suppressed)]),
                    .init("y", [.rate(0, of: 2), .rate(1, of: 3), .rate(1, of: 4)]),
                ],
                asOf: "2017")
            let svg = text(ChartWriter(try .shipped(.english), for: .paper).drawing(chart).svg)
            #expect(svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\""))
            #expect(!svg.contains("currentColor") && !svg.contains("var(") && !svg.contains("<style"), "\(kind)")
            #expect(svg.contains("#1f5f99") || kind == .heatMap)
        }
        // Within a page nothing of that is there.
        var page = HTMLWriter()
        ChartWriter(try .shipped(.english), for: .paper).write(try chart(), &page)
        #expect(!text(page.bytes).contains("xmlns") && !text(page.bytes).contains("#1f5f99"))
    }

    @Test("the palette has a colour for every class that drawings use")
    func palette() {
        for name in (1...8).map({ "c\($0)" }) + Chart.Tone.allCases.filter({ $0 != .plain }).map({ "c-\($0.rawValue)" }) {
            #expect(Palette.rules[name]?["color"]?.hasPrefix("#") == true, "\(name)")
        }
        for shade in 1...5 {
            #expect(Palette.rules["shade\(shade)"]?["fill"] != nil && Palette.rules["on-shade\(shade)"]?["fill"] != nil)
        }
        #expect(Palette.read("no rule").isEmpty && Palette.read(".a,.b{color:#123;x}")["b"] == ["color": "#123"])
    }

    @Test("an archive: checksums as ZIP wants them, the type first and readable, the same bytes for the same files")
    func archive() throws {
        #expect(StoredArchive.checksum(Array("123456789".utf8)) == 0xCBF4_3926 && StoredArchive.checksum([]) == 0)
        let wording = try Wording.shipped(.chinese)
        let first = try document().odt(wording)
        let isSame = try document().odt(wording) == first
        #expect(isSame && text(Array(first[30..<77])) == "mimetypeapplication/vnd.oasis.opendocument.text")
    }

    @Test("a style sheet that could end its element is left out")
    func sheet() {
        var page = HTMLWriter()
        page.style(sheet: Array("a{}</style><script>".utf8))
        #expect(page.bytes.isEmpty)
        page.style(sheet: Array("a{b:c}".utf8))
        #expect(text(page.bytes) == "<style>a{b:c}</style>")
    }
}
