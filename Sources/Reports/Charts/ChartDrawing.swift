internal import HTML
internal import Rulebook

extension ChartWriter {
    /// A chart's drawing as a picture of its own, for documents that are no pages.
    ///
    /// - Parameter chart: what is drawn.
    /// - Returns: the SVG, which needs nothing else, and its size in its own units.
    func drawing(_ chart: Chart) -> (svg: [UInt8], width: Double, height: Double) {
        let canvas = Canvas(chart, words, .wide)
        var page = HTMLWriter()
        DrawingSVG(canvas: canvas, id: chart.id, isAlone: true).write(&page, description: description(chart))
        return (page.bytes, canvas.width, canvas.box.height)
    }

    /// A chart's figures as a table.
    func table(_ chart: Chart) -> PrintedDocument.Table {
        PrintedDocument.Table(
            id: chart.id, title: chart.title,
            columns: [.init(chart.subject.isEmpty ? wording("chart.subject") : chart.subject)]
                + chart.series.map { .init($0.name, isNumber: true) },
            rows: chart.categories.indices.map { index in
                [chart.categories[index]] + chart.series.map { words.full($0.values[index]) }
            })
    }
}
