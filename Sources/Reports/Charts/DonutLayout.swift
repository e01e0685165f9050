/// A ring with its whole in the middle and the names of its parts outside. What is missing shares the hatched rest of the ring.
extension Canvas {
    /// A part of the ring: angles in turns from the top.
    private struct Part {
        var category: Int
        var from: Double
        var to: Double

        var middle: Double { (from + to) / 2 }
        var isRight: Bool { middle - middle.rounded(.down) < 0.5 }
    }

    mutating func drawDonut() {
        let parts = ringParts()
        let radius = size == .wide ? 96.0 : 72
        let names = parts.map { name($0, radius) }
        let tallest =
            [true, false].map { side in
                zip(parts, names).filter { $0.0.isRight == side }.reduce(0) { $0 + $1.1.height + Self.gap }
            }.max() ?? 0
        if !names.contains(where: \.isForced), tallest <= radius * 2.8 {
            drawNamed(parts, names, radius, height: max(radius * 2 + 24, tallest))
        } else {
            drawNumbered(parts)
        }
    }

    /// The share of the ring that each category has; those that are missing share what is left.
    private func ringParts() -> [Part] {
        let values = chart.series[0].values
        var whole: Double?
        if case .count(let total)? = chart.totals.first { whole = Double(total) }
        let sum = values.reduce(0) { $0 + ($1.magnitude ?? 0) }
        if chart.isRate == true { whole = 100 }
        let missing = values.filter { $0.missing != nil }.count
        // Nobody knows how large a missing part of an unknown whole is: the ring is left open there, always equally wide.
        let open = whole == nil && missing > 0 ? (sum > 0 ? 0.08 : 1) : 0
        let scale = max(whole ?? sum, sum)
        let known = scale > 0 ? sum / scale * (1 - open) : 0
        let rest = missing > 0 ? 1 - known : 0
        let isFlat = sum == 0 && missing == 0
        var at = 0.0
        return values.enumerated().map { category, value in
            // A ring of zeros has no parts; their names stand around it evenly.
            let share =
                isFlat
                ? 1 / Double(values.count)
                : value.magnitude.map { scale > 0 ? $0 / scale * (1 - open) : 0 } ?? rest / Double(missing)
            defer { at += share }
            return Part(category: category, from: at, to: at + share)
        }
    }

    private mutating func drawRing(_ parts: [Part], _ centre: Point, _ radius: Double) {
        let inner = radius * 0.58
        add(.circle(centre, radius: radius), .axis)
        add(.circle(centre, radius: inner), .axis)
        for part in parts {
            let cell = Cell(series: 0, category: part.category)
            let value = chart.series[0].values[part.category]
            let shape = Mark.Shape.sector(centre, inner: inner, outer: radius, from: part.from, to: part.to)
            if let missing = value.missing {
                add(shape, .hatch, .gap([cell]), tip: tip(cell))
                // As wide in the middle of the ring as a sign on its plate.
                if (part.to - part.from) * radius * 0.79 * 2 * Double.pi > 16 {
                    writeOnPlate(missing.sign, at: Turn.point(centre, part.middle, radius * 0.79))
                }
            } else if value.magnitude ?? 0 > 0 {
                add(shape, .fill(Look(part.category)), .value(cell), tip: tip(cell))
            }
        }
    }

    /// The whole, in letters as large as the hole allows.
    private mutating func drawMiddle(_ centre: Point, _ radius: Double) {
        var total = chart.totals.first.map(words.short)
        if total == nil {
            // The denominator is the whole of the parts.
            for case .rate(_, let whole) in chart.series[0].values where whole > 0 { total = String(whole) }
        }
        guard let total else { return }
        let room = radius * 0.58 * 1.7
        let sizes = [24.0, 20, 16, 14, 12, 11, Self.smallSize]
        let number = sizes.first { TextMeasure.width(total, $0) <= room } ?? Self.smallSize
        let unit = [words.wording("chart.total"), chart.axis.unit].filter { !$0.isEmpty }.joined(separator: " · ")
        let name = TextMeasure.wrap(unit, Self.smallSize, width: room, most: 2)
        write(total, x: centre.x, middle: centre.y - name.height / 2, size: number, .middle)
        write(name, x: centre.x, top: centre.y + number * 0.6 - name.height / 2 + 1, .middle, .dim)
    }

    // MARK: Names at both sides

    private static let gap = 4.0

    /// A name with its figure: on one line where that fits, else the figure under the name.
    private func name(_ part: Part, _ radius: Double) -> TextMeasure.Wrapped {
        let room = right - (width / 2 + radius + 27)
        let name = ChartText.isolated(chart.categories[part.category])
        let figure = words.brief(chart.series[0].values[part.category])
        let line = TextMeasure.wrap("\(name) \(figure)", Self.nameSize, width: room, most: 1)
        if !line.isForced { return line }
        var lines = TextMeasure.wrap(name, Self.nameSize, width: room, most: 2)
        let last = TextMeasure.wrap(figure, Self.nameSize, width: room, most: 2)
        lines.lines += last.lines
        lines.width = max(lines.width, last.width)
        lines.isForced = lines.isForced || last.isForced
        return lines
    }

    private mutating func drawNamed(_ parts: [Part], _ names: [TextMeasure.Wrapped], _ radius: Double, height whole: Double) {
        let top = height
        let centre = Point(width / 2, top + whole / 2)
        drawRing(parts, centre, radius)
        drawMiddle(centre, radius)
        for isRight in [true, false] {
            let side = zip(parts, names).filter { $0.0.isRight == isRight }
            // From the top: clockwise on the right, the other way round on the left.
            let order = isRight ? side : side.reversed()
            let wanted = order.map { Turn.point(centre, $0.0.middle, radius + 12).y - $0.1.height / 2 }
            let tops = Self.apart(wanted, heights: order.map { $0.1.height + Self.gap }, from: top, to: top + whole + Self.gap)
            let sign = isRight ? 1.0 : -1
            for ((part, name), top) in zip(order, tops) {
                let end = Point(centre.x + sign * (radius + 22), top + name.height / 2)
                drawLeader(part, centre, radius, to: end)
                write(name, x: centre.x + sign * (radius + 27), top: top, isRight ? .start : .end)
            }
        }
        height += whole
        writeLegend(gapEntries)
    }

    private mutating func drawLeader(_ part: Part, _ centre: Point, _ radius: Double, to end: Point) {
        let points = [radius + 1, radius + 10].map { Turn.point(centre, part.middle, $0) } + [end]
        add(.path(points, isClosed: false), .leader)
    }

    // MARK: Numbers around

    /// Where names are too many or too long they are listed underneath, in the order of the ring. Their numbers stand around it; a part too narrow
    /// for its number does without, between the numbers of its neighbours.
    private mutating func drawNumbered(_ parts: [Part]) {
        let radius = size == .wide ? 104.0 : 90
        let distance = radius + 12
        let centre = Point(width / 2, height + distance + 8)
        drawRing(parts, centre, radius)
        drawMiddle(centre, radius)
        // Two numbers of two digits do not touch at this distance, in whatever direction they stand from each other.
        let apart = 18 / (2 * Double.pi * distance)
        var taken: [Double] = []
        for part in parts.sorted(by: { ($1.to - $1.from, $0.category) < ($0.to - $0.from, $1.category) }) {
            let isFree = taken.allSatisfy { abs($0 - part.middle) >= apart && 1 - abs($0 - part.middle) >= apart }
            guard isFree else { continue }
            taken.append(part.middle)
            let place = Turn.point(centre, part.middle, distance)
            write(String(part.category + 1), x: place.x, middle: place.y, size: Self.smallSize, .middle, .dim)
        }
        height = centre.y + distance + 8
        let values = chart.series[0].values
        writeLegend(
            chart.categories.enumerated().map {
                Entry(key: .number(String($0.offset + 1)), text: words.pair($0.element, values[$0.offset]))
            })
        writeLegend(gapEntries)
    }
}
