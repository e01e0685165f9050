import Testing

@testable import Reports

/// Of random charts of every kind, at both widths.
@Suite("Charts: drawings")
struct ChartGeometryTests {
    private static let seeds = Array(1...60)

    private func eachCanvas(_ seed: Int, _ body: (Canvas) throws -> Void) throws {
        for (offset, kind) in Chart.Kind.allCases.enumerated() {
            var random = SeededCharts(UInt64(seed * 10 + offset))
            let chart = try random.chart(kind)
            for width in Canvas.Width.allCases { try body(try canvas(chart, width)) }
        }
    }

    private func place(_ canvas: Canvas) -> Comment {
        "\(canvas.chart.kind) \(canvas.size) \(canvas.chart.categories.count) × \(canvas.chart.series.count)"
    }

    /// Where the parts of a mark reach.
    private func corners(_ mark: Mark) -> [Point] {
        switch mark.shape {
        case .box(let box): [Point(box.x, box.y), Point(box.right, box.bottom)]
        case .path(let points, _): points
        case .circle(let centre, let radius), .sector(let centre, _, let radius, _, _):
            [Point(centre.x - radius, centre.y - radius), Point(centre.x + radius, centre.y + radius)]
        case .symbol(_, let place): [Point(place.x - 5, place.y - 5), Point(place.x + 5, place.y + 5)]
        case .text: mark.textBox.map { [Point($0.x, $0.y), Point($0.right, $0.bottom)] } ?? []
        }
    }

    @Test("Everything is inside of the drawing, and every place is a number", arguments: seeds)
    func inside(seed: Int) throws {
        try eachCanvas(seed) { canvas in
            let box = canvas.box
            #expect(box.height.isFinite && box.height > 20)
            for mark in canvas.marks {
                let isInside = corners(mark).allSatisfy {
                    $0.x.isFinite && $0.y.isFinite && $0.x >= 0 && $0.x <= box.width && $0.y >= 0 && $0.y <= box.height
                }
                #expect(isInside, "\(place(canvas)): \(mark.shape) in \(box)")
                if case .box(let box) = mark.shape { #expect(box.width >= 0 && box.height >= 0, "\(place(canvas))") }
            }
        }
    }

    @Test("No text covers another", arguments: seeds)
    func texts(seed: Int) throws {
        try eachCanvas(seed) { canvas in
            // From the top down, so that each needs to be held only against those that begin before it ends.
            let texts = canvas.marks.compactMap { mark in mark.textBox.map { (mark, $0) } }.sorted { $0.1.y < $1.1.y }
            for (index, (mark, box)) in texts.enumerated() {
                for (other, otherBox) in texts[(index + 1)...].prefix(while: { $0.1.y < box.bottom }) where box.overlaps(otherBox)
                {
                    Issue.record("\(place(canvas)): \(mark.shape) and \(other.shape)")
                }
            }
        }
    }

    @Test("Every value is drawn once where it is, and what is missing is marked as missing and as nothing else", arguments: seeds)
    func values(seed: Int) throws {
        try eachCanvas(seed) { canvas in
            var drawn: [Cell: Int] = [:]
            var gaps: [Cell: Int] = [:]
            for mark in canvas.marks {
                switch mark.role {
                case .value(let cell): drawn[cell, default: 0] += 1
                case .gap(let cells): for cell in cells { gaps[cell, default: 0] += 1 }
                case .frame, .words: continue
                }
            }
            let isPart = canvas.chart.kind == .stacked || canvas.chart.kind == .donut
            for (series, values) in canvas.chart.series.map(\.values).enumerated() {
                for (category, value) in values.enumerated() {
                    let cell = Cell(series: series, category: category)
                    if value.missing != nil {
                        #expect(drawn[cell] == nil, "\(place(canvas)): \(cell) is drawn as a value")
                        #expect((gaps[cell] ?? 0) >= 1, "\(place(canvas)): \(cell) is not marked")
                    } else {
                        // A part of nothing has no surface.
                        #expect(drawn[cell] == (isPart && value.magnitude == 0 ? nil : 1), "\(place(canvas)): \(cell)")
                        #expect(gaps[cell] == nil, "\(place(canvas)): \(cell) is marked as missing")
                    }
                }
            }
        }
    }

    @Test("Lines go through values only, and never across what is missing", arguments: seeds)
    func lines(seed: Int) throws {
        for kind in [Chart.Kind.lines, .radar] {
            var random = SeededCharts(UInt64(seed))
            let chart = try random.chart(kind)
            guard kind == .lines || chart.categories.count >= 3 else { continue }
            let canvas = try canvas(chart)
            var places: [Int: [Point: Int]] = [:]
            var series: [Look: Int] = [:]
            for mark in canvas.marks {
                guard case .symbol(_, let place) = mark.shape, case .value(let cell) = mark.role,
                    case .point(let look) = mark.paint
                else { continue }
                places[cell.series, default: [:]][place] = cell.category
                series[look] = cell.series
            }
            for mark in canvas.marks {
                guard case .path(let points, let isClosed) = mark.shape, case .stroke(let look) = mark.paint,
                    points.count > 2 || points.first?.y != points.last?.y, let line = series[look]
                else { continue }
                let stops = points.compactMap { places[line]?[$0] }
                // Places of equal values in a ring may be one point, so only the number of stops is certain there.
                #expect(stops.count == points.count)
                guard kind == .lines else { continue }
                #expect(!isClosed)
                for (here, next) in zip(stops, stops.dropFirst()) { #expect(next == here + 1) }
            }
        }
    }

    @Test("Bars are as long as their values, from the same beginning", arguments: seeds)
    func lengths(seed: Int) throws {
        var random = SeededCharts(UInt64(seed))
        let chart = try random.chart(.bars)
        for width in Canvas.Width.allCases {
            let canvas = try canvas(chart, width)
            let bars = canvas.marks.compactMap { mark -> (value: Double, box: Box)? in
                guard case .box(let box) = mark.shape, case .value(let cell) = mark.role else { return nil }
                return chart.series[cell.series].values[cell.category].magnitude.map { ($0, box) }
            }
            guard let first = bars.first else { continue }
            let isLying = bars.allSatisfy { $0.box.x == first.box.x }
            if !isLying { #expect(bars.allSatisfy { abs($0.box.bottom - first.box.bottom) < 0.01 }) }
            let most = bars.max { $0.value < $1.value } ?? first
            guard most.value > 0 else { continue }
            let length = { (box: Box) in isLying && bars.count > 1 || box.width > box.height && isLying ? box.width : box.height }
            for bar in bars where bars.count > 1 {
                // A hair at least, so that a zero is seen to be there.
                #expect(abs(length(bar.box) - max(1, length(most.box) * bar.value / most.value)) < 0.02, "\(place(canvas))")
            }
        }
    }

    /// How far one value after another reaches, in the only series of a chart or, for stacks, in its only category.
    private func reaches(_ kind: Chart.Kind, _ values: [Chart.Value], _ reach: (Mark) -> Double?) throws -> [Double] {
        let isStack = kind == .stacked
        let chart = try Chart(
            kind, id: "r", title: "t", categories: isStack ? ["k"] : values.indices.map { "k\($0)" },
            series: isStack ? values.map { Chart.Series("s", [$0]) } : [Chart.Series("s", values)], asOf: "")
        return try canvas(chart).marks.compactMap { mark in
            if case .value = mark.role { return reach(mark) }
            return nil
        }
    }

    @Test("Parts of a stack, points of a line and points of a radar are where their values are")
    func proportions() throws {
        let values: [Chart.Value] = [.count(10), .count(20), .count(40), .count(30)]
        let parts = try reaches(.stacked, values) { mark in
            if case .box(let box) = mark.shape { return box.height }
            return nil
        }
        // Parts are a hair apart; one hundred fills the axis.
        for (part, share) in zip(parts, [0.1, 0.2, 0.4, 0.3]) { #expect(abs(part + 1 - 200 * share) < 0.01) }
        let heights = try reaches(.lines, values) { mark in
            if case .symbol(_, let place) = mark.shape { return place.y }
            return nil
        }
        #expect(abs((heights[0] - heights[1]) - (heights[3] - heights[2])) < 0.01)
        #expect(abs((heights[0] - heights[2]) - 3 * (heights[0] - heights[1])) < 0.01)
        let radii = try reaches(.radar, values) { mark in
            guard case .symbol(_, let place) = mark.shape else { return nil }
            // Four spokes: up, right, down, left of the middle of the drawing.
            return place.x == 360 ? nil : abs(place.x - 360)
        }
        #expect(radii.count == 2 && abs(radii[0] / radii[1] - 20.0 / 30) < 0.001)
    }

    @Test("The parts of a ring are its shares, and a ring of one part is whole")
    func shares() throws {
        func sectors(_ values: [Chart.Value], totals: [Chart.Value] = []) throws -> [(from: Double, to: Double, isGap: Bool)] {
            let chart = try Chart(
                .donut, id: "d", title: "t", categories: values.indices.map { "k\($0)" }, series: [Chart.Series("s", values)],
                totals: totals, asOf: "")
            return try canvas(chart).marks.compactMap { mark in
                guard case .sector(_, _, _, let from, let to) = mark.shape else { return nil }
                return (from, to, mark.paint == .hatch)
            }
        }
        let halves = try sectors([.count(5), .count(0), .count(15)])
        #expect(halves.map { ($0.to - $0.from) } == [0.25, 0.75])
        let rest = try sectors([.rate(1, of: 4), .missing(.noAnswer), .missing(.suppressed)])
        #expect(rest.map(\.isGap) == [false, true, true] && rest.last?.to == 1 && rest[0].to == 0.25)
        let known = try sectors([.count(10), .missing(.suppressed)], totals: [.count(40)])
        #expect(known[0].to == 0.25 && known[1].isGap && known[1].to == 1)
        let open = try sectors([.count(10), .missing(.suppressed)])
        #expect(open[0].to == 0.92 && open[1].isGap)
        #expect(try sectors([.rate(3, of: 3)]).map { $0.to - $0.from } == [1])
        #expect(try sectors([.missing(.noAnswer)]).map(\.isGap) == [true])
        #expect(try sectors([.count(0), .count(0)]).isEmpty)
    }

    @Test("A heat map shades by the thresholds that are given, and the other way round when low values are looked for")
    func shades() throws {
        func shades(_ emphasis: Chart.Axis.End) throws -> [Int] {
            let values = [0, 59, 60, 74, 75, 100].map { Chart.Value.rate($0, of: 100) }
            let chart = try Chart(
                .heatMap, id: "h", title: "t", categories: values.indices.map { "k\($0)" }, series: [Chart.Series("s", values)],
                axis: Chart.Axis(thresholds: [60, 75], emphasis: emphasis), asOf: "")
            return try canvas(chart).marks.compactMap { mark in
                if case .shade(let shade) = mark.paint, case .value = mark.role { return shade }
                return nil
            }
        }
        #expect(try shades(.high) == [1, 1, 3, 3, 5, 5])
        #expect(try shades(.low) == [5, 5, 3, 3, 1, 1])
    }

    @Test("Long names lie beside their bars, short ones stand under them")
    func directions() throws {
        func isLying(_ names: [String]) throws -> Bool {
            let chart = try Chart(
                .bars, id: "b", title: "t", categories: names, series: [Chart.Series("s", names.map { _ in .count(5) })], asOf: ""
            )
            let boxes = try canvas(chart).marks.compactMap { mark -> Box? in
                if case .box(let box) = mark.shape, case .value = mark.role { return box }
                return nil
            }
            return Set(boxes.map(\.x)).count == 1
        }
        #expect(try !isLying((1...12).map { "\($0)月" }))
        #expect(try isLying((1...12).map { "第\($0)項網路下單系統之身分驗證強度" }))
    }

    @Test("Combinations of colour and texture repeat only after sixty-four")
    func looks() {
        let looks = (0..<64).map { Look($0) }
        #expect(Set(looks.map { "\($0.colour) \($0.texture)" }).count == 64)
        #expect(Set(looks.prefix(8).map(\.symbol)).count == 8 && Set(looks.prefix(8).map(\.dash)).count == 8)
        let tones = Chart.Tone.allCases.dropFirst().map { Look(0, $0) }
        #expect(Set(tones.map(\.texture)).count == tones.count && Set(tones.map(\.colour)).count == tones.count)
    }
}
