/// Bars side by side: upright where all names and numbers fit, else lying, which suits long names.
extension Canvas {
    mutating func drawBars() {
        if !drawUprightBars() { drawLyingBars() }
        let names = looks.enumerated().map { Entry(key: .fill($0.element), text: chart.series[$0.offset].name) }
        writeLegend((names.count > 1 ? names : []) + gapEntries)
    }

    private mutating func drawLyingBars() {
        let looks = looks
        let pitch = looks.count == 1 ? 18.0 : 15
        let numbers = chart.series.map { $0.values.map { $0.magnitude == nil ? "" : words.short($0) } }
        let widest = numbers.joined().map { TextMeasure.width($0, Self.numberSize) }.max() ?? 0
        let frame = drawRows(
            magnitudes, heights: chart.categories.map { _ in pitch * Double(looks.count) }, room: widest + 8)
        for (category, row) in frame.rows.enumerated() {
            for (series, look) in looks.enumerated() {
                let cell = Cell(series: series, category: category)
                let value = chart.series[series].values[category]
                let top = row.y + pitch * Double(series)
                let middle = top + pitch / 2
                if let magnitude = value.magnitude {
                    let length = max(1, frame.length * frame.scale.part(magnitude))
                    add(.box(Box(frame.origin, top + 1, length, pitch - 3)), .fill(look), .value(cell), tip: tip(cell))
                    let x = frame.origin + length + 4
                    write(numbers[series][category], x: x, middle: middle - 0.5, size: Self.numberSize, .start, .rimmed)
                } else if let missing = value.missing {
                    let name = words.named(missing)
                    let fits = TextMeasure.width(name, Self.numberSize) <= right - frame.origin - 4
                    write(
                        fits ? name : missing.sign, x: frame.origin + 4, middle: middle - 0.5, size: Self.numberSize, .start,
                        .dim,
                        .gap([cell]))
                }
            }
        }
    }

    /// Draws upright bars, unless something does not fit.
    private mutating func drawUprightBars() -> Bool {
        let looks = looks
        let values = chart.series.map(\.values)
        let widest = values.joined().map { TextMeasure.width(words.short($0), Self.numberSize) }.max() ?? 0
        let needed = max(10, widest + 3) * Double(looks.count) + 8
        guard let frame = drawColumns(magnitudes, slot: needed, headroom: 16) else { return false }
        let pitch = min(max(44, widest + 3), (frame.slot - 8) / Double(looks.count))
        let thickness = min(40, pitch - 2)
        for category in chart.categories.indices {
            let first = frame.middle(category) - pitch * Double(looks.count) / 2
            for (series, look) in looks.enumerated() {
                let cell = Cell(series: series, category: category)
                let value = values[series][category]
                let middle = first + pitch * (Double(series) + 0.5)
                if let magnitude = value.magnitude {
                    let length = max(1, frame.length * frame.scale.part(magnitude))
                    let box = Box(middle - thickness / 2, frame.bottom - length, thickness, length)
                    add(.box(box), .fill(look), .value(cell), tip: tip(cell))
                    let y = frame.bottom - length - 9
                    write(words.short(value), x: middle, middle: y, size: Self.numberSize, .middle, .rimmed)
                } else if let missing = value.missing {
                    let y = frame.bottom - 9
                    write(missing.sign, x: middle, middle: y, size: Self.nameSize, .middle, .dim, .gap([cell]))
                }
            }
        }
        return true
    }

    /// What is told of a value.
    func tip(_ cell: Cell) -> String { words.tip(chart, series: cell.series, category: cell.category) }
}
