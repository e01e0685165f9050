public import HTML
internal import Rulebook

/// Writes charts into pages: a figure with its caption, the drawing, and a table of the very same values beneath.
///
/// Styles are in `Packs/web/plumbline.css`. A screen gets the drawing for two widths, of which the style sheet shows the one that suits, so that
/// letters are neither tiny on a telephone nor huge on a desk; a document for paper gets one.
public struct ChartWriter: Sendable {
    /// What is written for.
    public enum Medium: Sendable, Hashable {
        /// A page of any width.
        case screen
        /// A document that will be printed.
        case paper
    }

    let wording: Wording
    /// The words of charts.
    var words: ChartWords { ChartWords(wording: wording) }
    private let medium: Medium

    /// A writer.
    ///
    /// - Parameters:
    ///   - wording: the language, and the words that charts need (`chart.…`).
    ///   - medium: what is written for.
    public init(_ wording: Wording, for medium: Medium = .screen) {
        self.wording = wording
        self.medium = medium
    }

    /// Writes a chart.
    ///
    /// - Parameters:
    ///   - chart: what is drawn; its id must be the only one of that name on the page.
    ///   - page: what it is written into.
    public func write(_ chart: Chart, _ page: inout HTMLWriter) {
        page.element("figure", ("class", "chart"), ("id", chart.id)) { page in
            writeCaption(chart, &page)
            let widths: [Canvas.Width] = medium == .screen ? [.wide, .narrow] : [.wide]
            for width in widths {
                let drawing = DrawingSVG(canvas: Canvas(chart, words, width), id: "\(chart.id)-\(width)")
                drawing.write(&page, description: description(chart))
            }
            if !chart.isEmpty { writeTable(chart, words, &page) }
            if !chart.source.isEmpty {
                page.element("p", ("class", "chart-note"), text: wording("chart.source", ["source": chart.source]))
            }
            for note in chart.notes { page.element("p", ("class", "chart-note"), text: note) }
        }
    }

    private func writeCaption(_ chart: Chart, _ page: inout HTMLWriter) {
        page.element("figcaption") { page in
            page.element("p", ("class", "chart-title"), ("id", "\(chart.id)-title"), text: chart.title)
            if !chart.summary.isEmpty { page.element("p", text: chart.summary) }
            var facts: [String] = []
            let unit = chart.isRate == true ? "%" : chart.axis.unit
            if !unit.isEmpty { facts.append(wording("chart.unit", ["unit": unit])) }
            if !chart.asOf.isEmpty { facts.append(wording("chart.as-of", ["when": chart.asOf])) }
            page.element("p", ("class", "chart-note"), text: facts.joined(separator: " · "))
        }
    }

    /// What the drawing shows, for whoever does not see it.
    func description(_ chart: Chart) -> String {
        guard !chart.isEmpty else { return wording("chart.empty") }
        var sentences = chart.summary.isEmpty ? [] : [chart.summary]
        sentences.append(
            wording(
                "chart.shape",
                [
                    "kind": wording("chart.\(chart.kind.rawValue)"), "categories": String(chart.categories.count),
                    "series": String(chart.series.count),
                ]))
        if !chart.gaps.isEmpty { sentences.append(wording("chart.gaps")) }
        sentences.append(wording("chart.below"))
        return sentences.joined(separator: wording.language == .chinese ? "" : " ")
    }

    private func writeTable(_ chart: Chart, _ words: ChartWords, _ page: inout HTMLWriter) {
        // Open, so that it prints and is read; who looks at the drawing alone may fold it.
        page.element("details", ("class", "chart-table"), ("open", "")) { page in
            page.element("summary", text: wording("chart.numbers"))
            page.element(
                "div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-labelledby", "\(chart.id)-title")
            ) { page in
                page.element("table", ("aria-labelledby", "\(chart.id)-title")) { page in
                    page.element("thead") { writeHead(chart, &$0) }
                    page.element("tbody") { page in
                        for category in chart.categories.indices { writeRow(chart, category, words, &page) }
                        if chart.kind == .donut, let total = chart.totals.first {
                            page.element("tr") { page in
                                page.element("th", ("scope", "row"), text: wording("chart.total"))
                                page.element("td", ("class", "number"), text: words.full(total))
                            }
                        }
                    }
                }
            }
        }
    }

    private func hasColumnOfTotals(_ chart: Chart) -> Bool { chart.kind == .stacked && !chart.totals.isEmpty }

    private func writeHead(_ chart: Chart, _ page: inout HTMLWriter) {
        page.element("tr") { page in
            page.element("th", ("scope", "col"), text: chart.subject.isEmpty ? wording("chart.subject") : chart.subject)
            for series in chart.series {
                let isShort = TextMeasure.width(series.name, 1) <= 9
                page.element("th", ("scope", "col"), ("class", isShort ? "number short" : "number"), text: series.name)
            }
            if hasColumnOfTotals(chart) {
                page.element("th", ("scope", "col"), ("class", "number"), text: wording("chart.total"))
            }
        }
    }

    private func writeRow(_ chart: Chart, _ category: Int, _ words: ChartWords, _ page: inout HTMLWriter) {
        page.element("tr") { page in
            // Short names stay in one piece, long ones have a width of their own: a narrow page would break them to single characters.
            let isShort = TextMeasure.width(chart.categories[category], 1) <= 10
            page.element("th", ("scope", "row"), ("class", isShort ? "short" : "long"), text: chart.categories[category])
            let totals = hasColumnOfTotals(chart) ? [chart.totals[category]] : []
            for value in chart.series.map({ $0.values[category] }) + totals {
                page.element("td", ("class", value.missing == nil ? "number" : "number chart-gap")) { page in
                    // On paper a rate may be broken after its parts, and nowhere else.
                    guard case .rate(let part, let whole) = value else { return page.text(words.full(value)) }
                    page.text("\(part)/\(whole) = ")
                    page.element("span", ("class", "short"), text: Wording.rate(part, of: whole))
                }
            }
        }
    }
}
