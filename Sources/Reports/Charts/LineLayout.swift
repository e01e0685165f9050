/// Lines over categories in order. Where a value is missing the line has a gap, and a hatched cell in a strip under the axis says why.
extension Canvas {
    /// Room that points are drawn in.
    private struct Plot {
        var origin: Double
        var slot: Double
        var bottom: Double
        var length: Double
        var scale: Scale

        func place(_ category: Int, _ magnitude: Double) -> Point {
            Point(origin + slot * (Double(category) + 0.5), bottom - length * scale.part(magnitude))
        }
    }

    mutating func drawLines() {
        let scale = Scale(chart.axis, magnitudes, isRate: chart.isRate, steps: 5, fromZero: false)
        let ticks = scale.ticks.map { TextMeasure.width(scale.text($0), Self.smallSize) }.max() ?? 0
        let ends = chart.series.map { $0.values.last.map(words.short) ?? "" }
        let endRoom = (ends.map { TextMeasure.width($0, Self.numberSize) }.max() ?? 0) + 22
        let origin = left + max(ticks, 12) + 6
        let tallest = size == .wide ? 210.0 : 180
        // The numbers at the ends stand under each other; eight of them need this much.
        let length = max(tallest, Double(ends.count) * 14)
        let plot = Plot(
            origin: origin, slot: (right - endRoom - origin) / Double(chart.categories.count), bottom: height + 8 + length,
            length: length, scale: scale)
        let end = right - endRoom
        drawTicks(
            scale, along: { Point(origin, plot.bottom - length * $0) }, to: { Point(end, plot.bottom - length * $0) })
        writeTicks(scale, x: origin - 6, bottom: plot.bottom, length: length)
        height = plot.bottom
        if chart.series.contains(where: { $0.values.contains { $0.missing != nil } }) { height += 5 }
        drawStrip(plot)
        writeCategories(plot)
        for (series, look) in looks.enumerated() { drawLine(series, look, plot) }
        writeEnds(ends, plot, x: end)
        let names = looks.enumerated().map { Entry(key: .line($0.element), text: chart.series[$0.offset].name) }
        writeLegend((names.count > 1 ? names : []) + gapEntries)
    }

    private mutating func drawLine(_ series: Int, _ look: Look, _ plot: Plot) {
        let values = chart.series[series].values
        var run: [Point] = []
        for (category, value) in values.enumerated() {
            guard let magnitude = value.magnitude else {
                if run.count > 1 { add(.path(run, isClosed: false), .stroke(look)) }
                run = []
                continue
            }
            run.append(plot.place(category, magnitude))
        }
        if run.count > 1 { add(.path(run, isClosed: false), .stroke(look)) }
        for (category, value) in values.enumerated() {
            guard let magnitude = value.magnitude else { continue }
            let cell = Cell(series: series, category: category)
            add(.symbol(look.symbol, plot.place(category, magnitude)), .point(look), .value(cell), tip: tip(cell))
        }
    }

    /// A row for each series that misses something: its sign at the left, hatched cells where nothing is known.
    private mutating func drawStrip(_ plot: Plot) {
        for (series, look) in looks.enumerated() {
            let values = chart.series[series].values
            guard values.contains(where: { $0.missing != nil }) else { continue }
            let top = height + 3
            add(.symbol(look.symbol, Point(plot.origin - 9, top + 6)), .point(look))
            var first = 0
            while first < values.count {
                guard let missing = values[first].missing else {
                    first += 1
                    continue
                }
                let next = values[first...].firstIndex { $0.missing != missing } ?? values.count
                let cells = (first..<next).map { Cell(series: series, category: $0) }
                let box = Box(
                    plot.origin + plot.slot * Double(first) + 0.5, top, plot.slot * Double(next - first) - 1, 12)
                let told = cells.map(tip).joined(separator: "\n")
                if box.width >= 12 {
                    writeGap(missing, in: box, cells, tip: told)
                } else {
                    add(.box(box), .hatch, .gap(cells), tip: told)
                    let fits = TextMeasure.width(missing.sign, Self.smallSize) < box.width
                    if fits { write(missing.sign, x: box.middle.x, middle: box.middle.y, size: Self.smallSize, .middle, .rimmed) }
                }
                first = next
            }
            height = top + 12
        }
    }

    /// Names of categories under the axis: all, or every second, third …, counted from the last, which is the newest.
    private mutating func writeCategories(_ plot: Plot) {
        let count = chart.categories.count
        let top = height + 7
        for isPatient in [true, false] {
            for step in 1...count {
                // What never fits as it is may be shortened once there is a bearable room for it.
                let room = min(plot.slot * Double(step), width / 2)
                if !isPatient, room < 72, step < count { continue }
                let shown = stride(from: count - 1, through: 0, by: -step)
                let names = shown.map { ($0, TextMeasure.wrap(chart.categories[$0], Self.numberSize, width: room - 6, most: 2)) }
                if isPatient, names.contains(where: { $0.1.isForced }) { continue }
                let places = names.map { index, name in
                    let wanted = plot.origin + plot.slot * (Double(index) + 0.5)
                    return min(max(wanted, left + name.width / 2), right - name.width / 2)
                }
                let boxes = zip(places, names).map { ($0 - $1.1.width / 2, $0 + $1.1.width / 2) }
                // The places run from right to left.
                guard zip(boxes, boxes.dropFirst()).allSatisfy({ $1.1 + 4 <= $0.0 }) || step == count else { continue }
                for (place, name) in zip(places, names) { write(name.1, x: place, top: top, .middle, .dim) }
                height = top + (names.map(\.1.height).max() ?? 0)
                return
            }
        }
    }

    /// The newest value of each line behind its end, moved apart where they would cover each other.
    private mutating func writeEnds(_ texts: [String], _ plot: Plot, x: Double) {
        let last = chart.categories.count - 1
        let wanted = chart.series.indices.map { series in
            chart.series[series].values.last?.magnitude.map { plot.place(last, $0).y } ?? plot.bottom - 7
        }
        let order = wanted.indices.sorted { (wanted[$0], $0) < (wanted[$1], $1) }
        let tops = Self.apart(order.map { wanted[$0] - 7 }, heights: order.map { _ in 14 }, from: 2, to: plot.bottom + 4)
        for (series, top) in zip(order, tops) {
            let look = looks[series]
            add(.symbol(look.symbol, Point(x + 10, top + 7)), .point(look))
            let isMissing = chart.series[series].values.last?.missing != nil
            write(texts[series], x: x + 18, middle: top + 7, size: Self.numberSize, .start, isMissing ? .dim : .ink)
        }
    }

    /// Tops of boxes in order, moved as little as simply possible so that none covers another.
    static func apart(_ wanted: [Double], heights: [Double], from: Double, to: Double) -> [Double] {
        var tops = wanted
        var free = from
        for index in tops.indices {
            tops[index] = max(tops[index], free)
            free = tops[index] + heights[index]
        }
        free = to
        for index in tops.indices.reversed() {
            tops[index] = min(tops[index], free - heights[index])
            free = tops[index]
        }
        return tops
    }
}
