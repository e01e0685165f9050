/// Rows under each other, with their names at the left and the axis above.
struct RowFrame {
    /// Where values begin, and how far the axis reaches.
    var origin: Double
    var length: Double
    var scale: Scale
    /// The room of each row.
    var rows: [Box]
}

/// Columns beside each other, with their names under them and the axis at the left.
struct ColumnFrame {
    /// Where the first column begins, and the width of each.
    var origin: Double
    var slot: Double
    /// Where values begin, and how far the axis reaches upwards.
    var bottom: Double
    var length: Double
    var scale: Scale

    /// The middle of a column.
    func middle(_ index: Int) -> Double { origin + slot * (Double(index) + 0.5) }
}

extension Canvas {
    /// Draws names, axis and grid of rows.
    ///
    /// - Parameters:
    ///   - values: all that must find a place.
    ///   - heights: what each row needs.
    ///   - room: kept free at the right, for numbers at the ends of bars.
    /// - Returns: where the rows are.
    mutating func drawRows(_ values: [Double], heights: [Double], room: Double) -> RowFrame {
        let names = chart.categories.map {
            TextMeasure.wrap($0, Self.nameSize, width: width * 0.36, most: 6)
        }
        let origin = left + (names.map(\.width).max() ?? 0) + 8
        let isRate = chart.isRate
        let free = right - origin
        let steps = Scale.steps(along: free - room, chart.axis, values, isRate: isRate, size: Self.smallSize)
        let scale = Scale(chart.axis, values, isRate: isRate, steps: steps, fromZero: true)
        let last = scale.ticks.last.map { TextMeasure.width(scale.text($0), Self.smallSize) / 2 - Self.pad } ?? 0
        let length = free - max(room, last)
        let top = height + (scale.ticks.isEmpty ? 0 : 17)
        var y = top + 3
        var rows: [Box] = []
        for (name, height) in zip(names, heights) {
            let whole = max(height, name.height)
            rows.append(Box(origin, y + (whole - height) / 2, free, height))
            y += whole + 7
        }
        let bottom = y - 3
        height = bottom
        drawTicks(scale, along: { Point(origin + length * $0, top) }, to: { Point(origin + length * $0, bottom) })
        for tick in scale.ticks {
            let x = origin + length * scale.part(Double(tick))
            write(scale.text(tick), x: x, middle: top - 9, size: Self.smallSize, .middle, .dim)
        }
        for (name, row) in zip(names, rows) {
            write(name, x: origin - 8, top: row.middle.y - name.height / 2, .end)
        }
        return RowFrame(origin: origin, length: length, scale: scale, rows: rows)
    }

    /// Draws names, axis and grid of columns; or nothing, when names or what stands in the columns do not fit.
    ///
    /// - Parameters:
    ///   - values: all that must find a place.
    ///   - needed: the width of a column.
    ///   - headroom: kept free above the axis.
    /// - Returns: where the columns are; nil when they do not fit.
    mutating func drawColumns(_ values: [Double], slot needed: Double, headroom: Double) -> ColumnFrame? {
        let isRate = chart.isRate
        let scale = Scale(chart.axis, values, isRate: isRate, steps: 5, fromZero: true)
        let origin = left + (scale.ticks.map { TextMeasure.width(scale.text($0), Self.smallSize) }.max() ?? 0) + 6
        let count = Double(chart.categories.count)
        let slot = min((right - origin) / count, max(90, needed))
        let tries = [Self.nameSize, Self.smallSize].map { size in
            chart.categories.map { TextMeasure.wrap($0, size, width: slot - max(3, slot / 10), most: 2) }
        }
        guard slot >= needed, let names = tries.first(where: { !$0.contains(where: \.isForced) }) else { return nil }
        let length = size == .wide ? 200.0 : 170
        let bottom = height + headroom + length
        let end = origin + slot * count
        drawTicks(scale, along: { Point(origin, bottom - length * $0) }, to: { Point(end, bottom - length * $0) })
        writeTicks(scale, x: origin - 6, bottom: bottom, length: length)
        let frame = ColumnFrame(origin: origin, slot: slot, bottom: bottom, length: length, scale: scale)
        for (index, name) in names.enumerated() {
            write(name, x: frame.middle(index), top: bottom + 5, .middle)
        }
        height = bottom + 5 + (names.map(\.height).max() ?? 0)
        return frame
    }

    /// Lines of the grid; the one at the beginning of the axis is stronger.
    func ticksAndAxis(_ scale: Scale) -> [(part: Double, isAxis: Bool)] {
        let parts = scale.ticks.map { scale.part(Double($0)) }.filter { $0 > 0 }
        return parts.map { ($0, false) } + [(0, true)]
    }

    mutating func drawTicks(_ scale: Scale, along: (Double) -> Point, to end: (Double) -> Point) {
        for (part, isAxis) in ticksAndAxis(scale) {
            add(.path([along(part), end(part)], isClosed: false), isAxis ? .axis : .grid)
        }
    }

    /// Numbers along an upright axis.
    mutating func writeTicks(_ scale: Scale, x: Double, bottom: Double, length: Double) {
        for tick in scale.ticks {
            let y = bottom - length * scale.part(Double(tick))
            write(scale.text(tick), x: x, middle: y, size: Self.smallSize, .end, .dim)
        }
    }
}
