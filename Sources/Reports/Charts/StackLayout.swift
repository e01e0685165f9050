/// Bars made of parts: upright where all names and numbers fit, else lying. What is missing stands behind the bar as a hatched cell, because nobody
/// knows how long it would be.
extension Canvas {
    private static let cellWidth = 16.0

    mutating func drawStacks() {
        if !drawUprightStacks() { drawLyingStacks() }
        let names = looks.enumerated().map { Entry(key: .fill($0.element), text: chart.series[$0.offset].name) }
        writeLegend(names + gapEntries)
    }

    /// How long each bar is altogether: for placing only, it is not printed.
    private var lengths: [Double] {
        chart.categories.indices.map { category in
            chart.series.reduce(0) { $0 + ($1.values[category].magnitude ?? 0) }
        }
    }

    /// What stands at the end of each bar: its total, if given; and the zero of a bar of zeros, which could not be seen otherwise.
    private var ends: [String?] {
        chart.categories.indices.map { category in
            if !chart.totals.isEmpty { return words.short(chart.totals[category]) }
            let values = chart.series.map { $0.values[category] }
            return values.allSatisfy { $0.magnitude == 0 } ? values.first.map(words.short) : nil
        }
    }

    /// What is missing in a bar, by kind.
    private func gaps(_ category: Int) -> [(missing: Chart.Missing, cells: [Cell])] {
        Chart.Missing.allCases.compactMap { missing in
            let cells = chart.series.indices.filter { chart.series[$0].values[category].missing == missing }
                .map { Cell(series: $0, category: category) }
            return cells.isEmpty ? nil : (missing, cells)
        }
    }

    private mutating func drawLyingStacks() {
        let looks = looks
        let ends = ends
        let thickness = 20.0
        let widest = ends.compactMap { $0 }.map { TextMeasure.width($0, Self.numberSize) + 6 }.max() ?? 0
        let mostGaps = chart.categories.indices.map { gaps($0).count }.max() ?? 0
        let frame = drawRows(
            lengths, heights: chart.categories.map { _ in thickness }, room: widest + Double(mostGaps) * Self.cellWidth + 4)
        for (category, row) in frame.rows.enumerated() {
            var sum = 0.0
            var x = frame.origin
            for (series, look) in looks.enumerated() {
                guard let magnitude = chart.series[series].values[category].magnitude, magnitude > 0 else { continue }
                sum += magnitude
                let end = frame.origin + frame.length * frame.scale.part(sum)
                drawPart(Box(x, row.y + 1, end - x, thickness - 3), look, Cell(series: series, category: category), isLying: true)
                x = end
            }
            for gap in gaps(category) {
                let box = Box(x + 2, row.y + 1, Self.cellWidth - 3, thickness - 3)
                writeGap(gap.missing, in: box, gap.cells, tip: gap.cells.map(tip).joined(separator: "\n"))
                x += Self.cellWidth
            }
            if let end = ends[category] {
                write(end, x: x + 5, middle: row.middle.y - 0.5, size: Self.numberSize, .start, .rimmed)
            }
        }
    }

    private mutating func drawUprightStacks() -> Bool {
        let looks = looks
        let ends = ends
        let widest = ends.compactMap { $0 }.map { TextMeasure.width($0, Self.numberSize) }.max() ?? 0
        let mostGaps = chart.categories.indices.map { gaps($0).count }.max() ?? 0
        let headroom = (widest > 0 ? 18.0 : 4) + Double(mostGaps) * Self.cellWidth
        guard let frame = drawColumns(lengths, slot: max(26, widest + 6), headroom: headroom) else { return false }
        let thickness = min(44, frame.slot * 0.7)
        for category in chart.categories.indices {
            let x = frame.middle(category) - thickness / 2
            var sum = 0.0
            var y = frame.bottom
            for (series, look) in looks.enumerated() {
                guard let magnitude = chart.series[series].values[category].magnitude, magnitude > 0 else { continue }
                sum += magnitude
                let end = frame.bottom - frame.length * frame.scale.part(sum)
                drawPart(Box(x, end, thickness, y - end), look, Cell(series: series, category: category), isLying: false)
                y = end
            }
            for gap in gaps(category) {
                let box = Box(x, y - Self.cellWidth + 1, thickness, Self.cellWidth - 3)
                writeGap(gap.missing, in: box, gap.cells, tip: gap.cells.map(tip).joined(separator: "\n"))
                y -= Self.cellWidth
            }
            if let end = ends[category] {
                write(end, x: frame.middle(category), middle: y - 9, size: Self.numberSize, .middle, .rimmed)
            }
        }
        return true
    }

    /// A part of a bar, apart from its neighbour by a hair, with its number where that fits.
    private mutating func drawPart(_ box: Box, _ look: Look, _ cell: Cell, isLying: Bool) {
        var inner = box
        let hair = min(1, (isLying ? box.width : box.height) / 4)
        if isLying {
            inner.width -= hair
        } else {
            inner.height -= hair
            inner.y += hair
        }
        add(.box(inner), .fill(look), .value(cell), tip: tip(cell))
        let text = words.bare(chart.series[cell.series].values[cell.category])
        guard TextMeasure.width(text, Self.smallSize) + 10 <= inner.width, inner.height >= 16 else { return }
        writeOnPlate(text, at: inner.middle)
    }
}
