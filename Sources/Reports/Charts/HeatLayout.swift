/// A table of shaded cells, the number in each: what a shade says is written on it. Where the columns do not fit beside each other, they go on in
/// another block under the first, with the names of the rows again.
extension Canvas {
    mutating func drawHeatMap() {
        let texts = chart.series.map { $0.values.map(words.bare) }
        let isTight = texts.joined().contains { TextMeasure.width($0, Self.numberSize) + 6 > 44 } || size == .narrow
        let numberSize = isTight ? Self.smallSize : Self.numberSize
        let names = chart.categories.map { TextMeasure.wrap($0, Self.nameSize, width: width * 0.36, most: 6) }
        let origin = left + (names.map(\.width).max() ?? 0) + 8
        let widest = texts.joined().map { TextMeasure.width($0, numberSize) }.max() ?? 0
        // A heading may be wrapped, but long words should stay whole as far as that is bearable.
        let parts = chart.series.flatMap { $0.name.split(separator: " ") }.filter { $0.count > 1 }
        let word = parts.map { TextMeasure.wrap(String($0), Self.numberSize, width: 62, most: 9).width }.max() ?? 0
        let needed = max(widest, word, 24) + 6
        let perBlock = max(1, min(chart.series.count, Int((right - origin) / needed)))
        // Blocks of equal numbers of columns, rather than a last one of a single column.
        let blocks = (chart.series.count + perBlock - 1) / perBlock
        let columns = (chart.series.count + blocks - 1) / blocks
        let cell = min(96, (right - origin) / Double(columns))
        for start in stride(from: 0, to: chart.series.count, by: columns) {
            let block = start..<min(start + columns, chart.series.count)
            if start > 0 { height += 12 }
            drawHeatBlock(block, names, origin: origin, width: cell, numberSize: numberSize)
        }
        writeLegend(shadeEntries + gapEntries)
    }

    private mutating func drawHeatBlock(
        _ block: Range<Int>, _ names: [TextMeasure.Wrapped], origin: Double, width: Double, numberSize: Double
    ) {
        let heads = block.map { TextMeasure.wrap(chart.series[$0].name, Self.numberSize, width: width - 4, most: 4) }
        let top = height + (heads.map(\.height).max() ?? 0) + 3
        for (index, head) in heads.enumerated() {
            let x = origin + width * (Double(index) + 0.5)
            write(head, x: x, top: top - 3 - head.height, .middle, .dim)
        }
        var y = top
        for (category, name) in names.enumerated() {
            let tall = max(21, name.height + 4)
            write(name, x: origin - 8, top: y + (tall - name.height) / 2, .end)
            for series in block {
                let box = Box(origin + width * Double(series - block.lowerBound), y, width, tall)
                drawHeatCell(Cell(series: series, category: category), in: box, numberSize: numberSize)
            }
            y += tall
        }
        height = y
    }

    private mutating func drawHeatCell(_ cell: Cell, in box: Box, numberSize: Double) {
        let value = chart.series[cell.series].values[cell.category]
        let inner = Box(box.x + 0.75, box.y + 0.75, box.width - 1.5, box.height - 1.5)
        if let missing = value.missing {
            writeGap(missing, in: inner, [cell], tip: tip(cell))
        } else {
            let shade = shade(value)
            add(.box(inner), .shade(shade), .value(cell), tip: tip(cell))
            write(
                words.bare(value), x: box.middle.x, middle: box.middle.y, size: numberSize, .middle, .onShade(shade), .words)
        }
    }

    /// Where shades change: the caller's thresholds, or fifths of the range.
    private var thresholds: [Int] {
        guard chart.axis.thresholds.isEmpty else { return chart.axis.thresholds }
        let scale = Scale(chart.axis, magnitudes, isRate: chart.isRate, steps: 5, fromZero: false)
        return Array(Set((1...4).map { scale.lower + (scale.upper - scale.lower) * $0 / 5 })).filter { $0 > scale.lower }.sorted()
    }

    /// Shades of the classes between thresholds, lowest class first: spread over the five there are.
    private var shades: [Int] {
        let classes = thresholds.count + 1
        let upwards = (0..<classes).map { classes == 1 ? 3 : 1 + $0 * 4 / (classes - 1) }
        return chart.axis.emphasis == .high ? upwards : upwards.reversed()
    }

    private func shade(_ value: Chart.Value) -> Int { shades[thresholds.filter(value.reaches).count] }

    /// What the shades mean.
    private var shadeEntries: [Entry] {
        guard let isRate = chart.isRate else { return [] }
        let unit = isRate ? " %" : chart.axis.unit.isEmpty ? "" : " \(chart.axis.unit)"
        let thresholds = thresholds
        return shades.enumerated().map { index, shade in
            let from = index > 0 ? thresholds[index - 1] : nil
            let to = index < thresholds.count ? thresholds[index] : nil
            let text =
                switch (from, to) {
                case (let from?, let to?): "\(from) – < \(to)\(unit)"
                case (let from?, nil): "≥ \(from)\(unit)"
                case (nil, let to?): "< \(to)\(unit)"
                case (nil, nil): ""
                }
            return Entry(key: .shade(shade), text: text)
        }
    }
}
