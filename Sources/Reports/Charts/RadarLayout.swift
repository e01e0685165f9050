/// Lines around a centre: a spoke for each category. Names stand around where they fit; else numbers do, and the names are listed underneath.
extension Canvas {
    mutating func drawRadar() {
        let named = spokeNames(radius: size == .wide ? 130 : 88)
        let radius = named == nil ? (size == .wide ? 150.0 : 135) : (size == .wide ? 130 : 88)
        let names = named ?? spokeNumbers(radius: radius)
        let scale = Scale(chart.axis, magnitudes, isRate: chart.isRate, steps: 4, fromZero: false)
        // The names know where they stand around a centre at 0; now it gets its height.
        let highest = names.map(\.top).min() ?? -radius
        let lowest = names.map { $0.top + $0.text.height }.max() ?? radius
        let centre = Point(width / 2, height + max(radius + 8, -highest))
        drawSpokes(centre, radius, scale)
        for (category, name) in names.enumerated() {
            let gaps = missing(category)
            write(
                name.text, x: centre.x + name.x, top: centre.y + name.top, name.anchor, named == nil ? .dim : .ink,
                gaps.isEmpty ? .words : .gap(gaps))
        }
        for (series, look) in looks.enumerated() { drawRound(series, look, centre, radius, scale) }
        writeRings(centre, radius, scale)
        height = centre.y + max(radius + 8, lowest)
        let lines = looks.enumerated().map { Entry(key: .line($0.element), text: chart.series[$0.offset].name) }
        writeLegend((lines.count > 1 ? lines : []) + gapEntries)
        if named == nil {
            writeLegend(
                chart.categories.enumerated().map {
                    Entry(key: .number(String($0.offset + 1)), text: signed($0.element, $0.offset))
                })
        }
    }

    /// What stands at the end of a spoke, from the centre.
    private struct Name {
        var text: TextMeasure.Wrapped
        var x: Double
        var top: Double
        var anchor: Anchor

        var box: Box {
            let left =
                switch anchor {
                case .start: x
                case .middle: x - text.width / 2
                case .end: x - text.width
                }
            return Box(left, top, text.width, text.height)
        }
    }

    private func missing(_ category: Int) -> [Cell] {
        chart.series.indices.filter { chart.series[$0].values[category].missing != nil }
            .map { Cell(series: $0, category: category) }
    }

    /// A name with the signs of what is missing there.
    private func signed(_ name: String, _ category: Int) -> String {
        let found = Set(chart.series.compactMap { $0.values[category].missing })
        guard !found.isEmpty else { return name }
        let signs = Chart.Missing.allCases.filter(found.contains).map(\.sign).joined(separator: " ")
        return "\(ChartText.isolated(name)) (\(signs))"
    }

    private func place(_ text: TextMeasure.Wrapped, _ category: Int, _ radius: Double) -> Name {
        let turns = Double(category) / Double(chart.categories.count)
        let point = Turn.point(Point(0, 0), turns, radius)
        let across = point.x / radius
        let anchor: Anchor = abs(across) < 0.15 ? .middle : across > 0 ? .start : .end
        return Name(text: text, x: point.x, top: point.y - text.height * (1 - point.y / radius) / 2, anchor: anchor)
    }

    /// Names around; nil when they do not all fit.
    private func spokeNames(radius: Double) -> [Name]? {
        let distance = radius + 9
        let half = (right - left) / 2
        for size in [Self.nameSize, Self.smallSize] {
            let names = chart.categories.enumerated().map { category, name in
                let x = abs(Turn.point(Point(0, 0), Double(category) / Double(chart.categories.count), distance).x)
                let room = x < distance * 0.15 ? min(half * 2, 260) : half - x
                return place(TextMeasure.wrap(signed(name, category), size, width: room, most: 3), category, distance)
            }
            if names.contains(where: \.text.isForced) { continue }
            let boxes = names.map(\.box)
            let isClear = boxes.indices.allSatisfy { first in
                boxes[(first + 1)...].allSatisfy { !$0.overlaps(boxes[first]) }
            }
            if isClear { return names }
        }
        return nil
    }

    private func spokeNumbers(radius: Double) -> [Name] {
        chart.categories.indices.map { category in
            place(TextMeasure.wrap(String(category + 1), Self.smallSize, width: 40, most: 1), category, radius + 7)
        }
    }

    private mutating func drawSpokes(_ centre: Point, _ radius: Double, _ scale: Scale) {
        let count = chart.categories.count
        let parts = ticksAndAxis(scale).map(\.part).filter { $0 > 0 }
        for part in parts.isEmpty ? [1] : parts {
            let ring = (0..<count).map { Turn.point(centre, Double($0) / Double(count), radius * part) }
            add(.path(ring, isClosed: true), part == 1 ? .axis : .grid)
        }
        for category in 0..<count {
            add(.path([centre, Turn.point(centre, Double(category) / Double(count), radius)], isClosed: false), .grid)
        }
    }

    /// Numbers along the upright spoke, below their rings so that they stay inside; over the lines, or lines would cross them out.
    private mutating func writeRings(_ centre: Point, _ radius: Double, _ scale: Scale) {
        for tick in scale.ticks {
            let y = centre.y - radius * scale.part(Double(tick)) + 7
            write(scale.text(tick), x: centre.x - 4, middle: y, size: Self.smallSize, .end, .rimmed)
        }
    }

    /// The line of a series, open where a value is missing.
    private mutating func drawRound(_ series: Int, _ look: Look, _ centre: Point, _ radius: Double, _ scale: Scale) {
        let values = chart.series[series].values
        let count = values.count
        let points = values.enumerated().map { category, value in
            value.magnitude.map { Turn.point(centre, Double(category) / Double(count), radius * scale.part($0)) }
        }
        if let firstGap = points.firstIndex(where: { $0 == nil }) {
            var run: [Point] = []
            // Once around from the gap and back to it, so that the last run is ended, too.
            for step in 1...count {
                if let point = points[(firstGap + step) % count] {
                    run.append(point)
                } else {
                    if run.count > 1 { add(.path(run, isClosed: false), .stroke(look)) }
                    run = []
                }
            }
        } else {
            add(.path(points.compactMap(\.self), isClosed: true), .stroke(look))
        }
        for (category, point) in points.enumerated() {
            guard let point else { continue }
            let cell = Cell(series: series, category: category)
            add(.symbol(look.symbol, point), .point(look), .value(cell), tip: tip(cell))
        }
    }
}
