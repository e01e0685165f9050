/// A place in a drawing; y grows downwards.
struct Point: Hashable {
    var x: Double
    var y: Double

    init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }
}

/// A rectangle in a drawing.
struct Box: Hashable {
    var x: Double
    var y: Double
    var width: Double
    var height: Double

    init(_ x: Double, _ y: Double, _ width: Double, _ height: Double) {
        (self.x, self.y, self.width, self.height) = (x, y, width, height)
    }

    var right: Double { x + width }
    var bottom: Double { y + height }
    var middle: Point { Point(x + width / 2, y + height / 2) }

    /// Whether both cover a common area.
    func overlaps(_ other: Box) -> Bool {
        // Half a tenth of a pixel is what rounding may move each edge.
        x < other.right - 0.1 && other.x < right - 0.1 && y < other.bottom - 0.1 && other.y < bottom - 0.1
    }
}

/// Where along a line of text its place is.
enum Anchor: String { case start, middle, end }

/// How a series or part looks: in colour, and in black and white.
struct Look: Hashable {
    /// Patterns of surfaces.
    enum Texture: Int, CaseIterable { case plain, rising, dots, level, falling, grid, upright, checks }
    /// Signs at points.
    enum Symbol: Int, CaseIterable { case disc, square, triangle, diamond, dart, cross, plus, ring }

    /// Class of the style sheet that gives the colour.
    var colour: String
    var texture: Texture
    var symbol: Symbol
    /// Lengths of strokes and gaps; nil for a whole line.
    var dash: String?

    private static let dashes: [String?] = [nil, "7 3", "2 3", "9 3 2 3", "12 4", "5 2 1 2", "1 2", "14 3 2 3 2 3"]

    /// The look of a series, or of a part of a ring. Colours come round after eight, combinations of colour and texture after sixty-four.
    init(_ index: Int, _ tone: Chart.Tone = .plain) {
        let textures = Texture.allCases
        switch tone {
        case .plain: (colour, texture) = ("c\(index % 8 + 1)", textures[(index + index / 8) % textures.count])
        case .good: (colour, texture) = ("c-good", .plain)
        case .part: (colour, texture) = ("c-part", .rising)
        case .open: (colour, texture) = ("c-open", .dots)
        case .bad: (colour, texture) = ("c-bad", .grid)
        case .none: (colour, texture) = ("c-none", .level)
        }
        symbol = Symbol.allCases[index % Symbol.allCases.count]
        dash = Self.dashes[index % Self.dashes.count]
    }
}

/// One value of a chart.
struct Cell: Hashable {
    var series: Int
    var category: Int
}

/// What is drawn, in the order it is drawn.
struct Mark: Hashable {
    enum Shape: Hashable {
        case box(Box)
        /// A line through points; closed when it returns to the first.
        case path([Point], isClosed: Bool)
        case circle(Point, radius: Double)
        /// A part of a ring, from one angle to the next, in turns clockwise from the top.
        case sector(Point, inner: Double, outer: Double, from: Double, to: Double)
        case symbol(Look.Symbol, Point)
        /// A line of text whose letters stand on y.
        case text(String, Point, size: Double, Anchor)
    }

    /// How it is painted.
    enum Paint: Hashable {
        /// Filled with colour and texture.
        case fill(Look)
        /// Drawn with the line of a series.
        case stroke(Look)
        /// Filled with the colour alone: signs at points.
        case point(Look)
        /// A cell of a heat map, from 1 (weakest) to 5.
        case shade(Int)
        /// A text on such a cell.
        case onShade(Int)
        /// Where a value is missing.
        case hatch
        /// Behind a text that stands on a texture.
        case plate
        case grid, axis, leader
        case ink, dim
        /// A text with a rim, so that lines behind it do not disturb.
        case rimmed
    }

    /// What it stands for.
    enum Role: Hashable {
        case frame
        case words
        case value(Cell)
        case gap([Cell])
    }

    var shape: Shape
    var paint: Paint
    var role: Role
    /// What is told when one points at it.
    var tip: String?

    /// The room a text takes, by our measure; nil for other shapes.
    var textBox: Box? {
        guard case .text(let text, let place, let size, let anchor) = shape else { return nil }
        let width = TextMeasure.width(text, size)
        let left =
            switch anchor {
            case .start: place.x
            case .middle: place.x - width / 2
            case .end: place.x - width
            }
        return Box(left, place.y - size * TextMeasure.ascent, width, size * TextMeasure.box)
    }
}

/// Angles in turns, clockwise from the top: one function for all machines, so that drawings are the same to the byte everywhere.
enum Turn {
    /// The place at an angle and a distance.
    static func point(_ centre: Point, _ turns: Double, _ radius: Double) -> Point {
        Point(centre.x + sine(turns) * radius, centre.y - sine(turns + 0.25) * radius)
    }

    /// Sine of an angle in turns.
    static func sine(_ turns: Double) -> Double {
        var part = turns - turns.rounded(.down)
        var sign = 1.0
        if part >= 0.5 { (part, sign) = (part - 0.5, -1) }
        if part > 0.25 { part = 0.5 - part }
        let x = part * 2 * Double.pi
        // Taylor's series up to the 15th power: the error at a quarter turn is below 1e-11.
        var term = x
        var sum = x
        for power in stride(from: 3.0, through: 15, by: 2) {
            term *= -x * x / (power * (power - 1))
            sum += term
        }
        return sign * sum
    }
}
