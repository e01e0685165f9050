/// A drawing while it is made: its width is given, its height grows with what is put on it.
struct Canvas {
    /// Widths that charts are drawn for, at which letters have their proper size: a page or screen, and a telephone.
    enum Width: Double, CaseIterable {
        case wide = 720
        case narrow = 360
    }

    /// Free room at every edge.
    static let pad = 8.0
    /// Sizes of letters: names, numbers, and the smallest that is used at all.
    static let nameSize = 12.0
    static let numberSize = 11.0
    static let smallSize = 10.0

    let chart: Chart
    let words: ChartWords
    let size: Width
    private(set) var marks: [Mark] = []
    /// Where the drawing ends so far.
    var height = Canvas.pad

    var width: Double { size.rawValue }
    /// Where the drawing may begin and end.
    var left: Double { Self.pad }
    var right: Double { width - Self.pad }
    /// The drawing as it is, with free room under it.
    var box: Box { Box(0, 0, width, height + Self.pad) }

    /// The drawing of a chart.
    init(_ chart: Chart, _ words: ChartWords, _ size: Width) {
        (self.chart, self.words, self.size) = (chart, words, size)
        guard !chart.isEmpty else {
            write(words.wording("chart.empty"), at: Point(width / 2, 36), size: Self.nameSize, .middle, .dim)
            height = 52
            return
        }
        switch chart.kind {
        case .bars: drawBars()
        case .stacked: drawStacks()
        case .heatMap: drawHeatMap()
        case .radar where chart.categories.count < 3: drawBars()
        case .radar: drawRadar()
        case .lines: drawLines()
        case .donut: drawDonut()
        }
    }

    /// Looks of the series in order.
    var looks: [Look] { chart.series.enumerated().map { Look($0.offset, $0.element.tone) } }

    /// All values that are there.
    var magnitudes: [Double] { chart.series.flatMap { $0.values.compactMap(\.magnitude) } }

    mutating func add(_ shape: Mark.Shape, _ paint: Mark.Paint, _ role: Mark.Role = .frame, tip: String? = nil) {
        marks.append(Mark(shape: shape, paint: paint, role: role, tip: tip))
    }

    /// One line of text; `at` is where its letters stand.
    mutating func write(
        _ text: String, at place: Point, size: Double, _ anchor: Anchor, _ paint: Mark.Paint = .ink, _ role: Mark.Role = .words
    ) {
        add(.text(text, place, size: size, anchor), paint, role)
    }

    /// One line of text whose box has its middle at a height.
    mutating func write(
        _ text: String, x: Double, middle: Double, size: Double, _ anchor: Anchor, _ paint: Mark.Paint = .ink,
        _ role: Mark.Role = .words
    ) {
        let y = middle + size * (TextMeasure.ascent - TextMeasure.box / 2)
        write(text, at: Point(x, y), size: size, anchor, paint, role)
    }

    /// Lines of text under each other.
    mutating func write(
        _ text: TextMeasure.Wrapped, x: Double, top: Double, _ anchor: Anchor, _ paint: Mark.Paint = .ink,
        _ role: Mark.Role = .words
    ) {
        for (index, line) in text.lines.enumerated() {
            let y = top + text.size * (TextMeasure.ascent + Double(index) * TextMeasure.pitch)
            write(line, at: Point(x, y), size: text.size, anchor, paint, role)
        }
    }

    /// A number on a plate, so that it can be read on any texture.
    mutating func writeOnPlate(_ text: String, at middle: Point) {
        let size = Self.smallSize
        let width = TextMeasure.width(text, size) + 2
        add(.box(Box(middle.x - width / 2, middle.y - 6.5, width, 13)), .plate)
        write(text, x: middle.x, middle: middle.y, size: size, .middle)
    }

    /// A hatched cell with the sign of what is missing.
    mutating func writeGap(_ missing: Chart.Missing, in box: Box, _ cells: [Cell], tip: String?) {
        add(.box(box), .hatch, .gap(cells), tip: tip)
        writeOnPlate(missing.sign, at: box.middle)
    }

    /// An entry of the legend.
    struct Entry {
        enum Key {
            case fill(Look)
            case line(Look)
            case shade(Int)
            case number(String)
            case gap(Chart.Missing)
        }
        var key: Key
        var text: String
    }

    /// What the signs of missing values mean, as far as they occur.
    var gapEntries: [Entry] {
        chart.gaps.map { Entry(key: .gap($0), text: words.wording("chart.\($0.rawValue)")) }
    }

    /// The legend under the drawing: in one row where it fits, else in columns.
    mutating func writeLegend(_ entries: [Entry]) {
        guard !entries.isEmpty else { return }
        let keyWidth = 30.0
        let gap = 16.0
        let room = right - left
        let texts = entries.map {
            TextMeasure.wrap($0.text, Self.nameSize, width: min(320, room - keyWidth), most: 4)
        }
        let widths = texts.map { $0.width + keyWidth }
        let isOneRow = widths.reduce(0, +) + gap * Double(widths.count - 1) <= room
        let widest = widths.max() ?? 0
        let columns = isOneRow ? entries.count : max(1, Int((room + gap) / (widest + gap)))
        let pitch = columns == 1 ? 0 : (widest + gap)
        var top = height + 10
        for start in stride(from: 0, to: entries.count, by: columns) {
            let row = start..<min(start + columns, entries.count)
            var x = left
            for index in row {
                writeKey(entries[index].key, x: x, middle: top + Self.nameSize * TextMeasure.box / 2)
                write(texts[index], x: x + keyWidth, top: top, .start)
                x += isOneRow ? widths[index] + gap : pitch
            }
            top += (row.map { texts[$0].height }.max() ?? 0) + 4
        }
        height = top - 4
    }

    private mutating func writeKey(_ key: Entry.Key, x: Double, middle: Double) {
        let box = Box(x + 1, middle - 6, 24, 12)
        switch key {
        case .fill(let look): add(.box(box), .fill(look))
        case .shade(let shade): add(.box(box), .shade(shade))
        case .line(let look):
            add(.path([Point(x, middle), Point(x + 26, middle)], isClosed: false), .stroke(look))
            add(.symbol(look.symbol, Point(x + 13, middle)), .point(look))
        case .number(let text): write(text, x: x + 24, middle: middle, size: Self.numberSize, .end, .dim)
        case .gap(let missing):
            add(.box(box), .hatch)
            writeOnPlate(missing.sign, at: box.middle)
        }
    }
}
