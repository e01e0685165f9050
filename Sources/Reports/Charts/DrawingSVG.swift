internal import HTML

/// Writes a drawing as SVG. Colours are classes of the style sheet, everything else is an attribute: the policy of content allows no styles in
/// attributes.
struct DrawingSVG {
    /// The drawing.
    let canvas: Canvas
    /// Its name on the page, with which the names of its parts begin.
    let id: String
    /// Whether it is a file of its own: then every element has its colours as attributes, for office programs know little of style sheets.
    var isAlone = false

    /// Writes the element.
    func write(_ page: inout HTMLWriter, description: String) {
        let (width, height) = (Self.number(canvas.width), Self.number(canvas.box.height))
        page.element(
            "svg",
            coloured([
                ("xmlns", isAlone ? "http://www.w3.org/2000/svg" : nil),
                ("class", canvas.size == .wide ? "chart-wide" : "chart-narrow"), ("role", "img"),
                ("aria-labelledby", "\(id)-title \(id)-desc"), ("viewBox", "0 0 \(width) \(height)"), ("width", width),
                ("height", height), ("font-size", Self.number(Canvas.nameSize)), ("fill", isAlone ? Palette.ink : nil),
                ("font-family", isAlone ? "Noto Sans CJK TC, Noto Sans TC, sans-serif" : nil),
            ])
        ) { page in
            page.element("title", ("id", "\(id)-title"), text: canvas.chart.title)
            page.element("desc", ("id", "\(id)-desc"), text: description)
            writePatterns(&page)
            for mark in canvas.marks { write(mark, &page) }
        }
    }

    /// A length or place with one decimal, without it when it is whole. What is not a number, which does not occur, would stand at 0.
    static func number(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e9 else { return "0" }
        let tenths = Int((value * 10).rounded())
        let (whole, part) = tenths.magnitude.quotientAndRemainder(dividingBy: 10)
        return "\(tenths < 0 ? "-" : "")\(whole)\(part == 0 ? "" : ".\(part)")"
    }

    private static func pair(_ point: Point) -> String { "\(number(point.x)) \(number(point.y))" }

    // MARK: Surfaces

    private func pattern(_ look: Look) -> String { "\(id)-\(look.colour)-\(look.texture)" }
    private var hatch: String { "\(id)-hatch" }

    private func writePatterns(_ page: inout HTMLWriter) {
        var looks: [Look] = []
        var seen: Set<String> = []
        var hasHatch = false
        for mark in canvas.marks {
            switch mark.paint {
            case .fill(let look) where look.texture != .plain && seen.insert(pattern(look)).inserted: looks.append(look)
            case .hatch: hasHatch = true
            default: continue
            }
        }
        guard !looks.isEmpty || hasHatch else { return }
        page.element("defs") { page in
            for look in looks {
                let colour = Palette.colour(of: look.colour)
                page.element("pattern", [("id", pattern(look)), ("class", look.colour), units, side, tall]) { page in
                    page.leaf("rect", coloured([("width", "8"), ("height", "8"), ("fill", "currentColor")], colour))
                    page.leaf(
                        "path",
                        coloured([
                            ("class", "chart-weave"), ("d", Self.weave(look.texture)), ("fill", "none"), ("stroke-width", "1.4"),
                        ]))
                }
            }
            if hasHatch {
                page.element("pattern", [("id", hatch), ("class", "chart-hatch"), units, ("width", "5"), ("height", "5")]) {
                    page in
                    page.leaf(
                        "path",
                        coloured(
                            [
                                ("d", "M-1 6L6 -1M-1 1L1 -1M4 6L6 4"), ("fill", "none"), ("stroke", "currentColor"),
                                ("stroke-width", "0.9"),
                            ], Palette.colour(of: "chart-hatch")))
                }
            }
        }
    }

    private var units: (StaticString, String?) { ("patternUnits", "userSpaceOnUse") }
    private var side: (StaticString, String?) { ("width", "8") }
    private var tall: (StaticString, String?) { ("height", "8") }

    private static func weave(_ texture: Look.Texture) -> String {
        switch texture {
        case .plain: ""
        case .rising: "M-2 2L2 -2M-2 10L10 -2M6 10L10 6"
        case .falling: "M-2 6L2 10M-2 -2L10 10M6 -2L10 2"
        case .dots: "M1 2h2M5 6h2"
        case .level: "M0 2h8M0 6h8"
        case .upright: "M2 0v8M6 0v8"
        case .grid: "M0 4h8M4 0v8"
        case .checks: "M0 1h4M0 2.4h4M4 5h4M4 6.4h4"
        }
    }

    // MARK: Marks

    private func write(_ mark: Mark, _ page: inout HTMLWriter) {
        switch mark.shape {
        case .text(let text, let place, let size, let anchor):
            page.element(
                "text",
                coloured([
                    ("class", textClass(mark.paint)), ("x", Self.number(place.x)), ("y", Self.number(place.y)),
                    ("font-size", size == Canvas.nameSize ? nil : Self.number(size)),
                    ("text-anchor", anchor == .start ? nil : anchor.rawValue),
                ])
            ) { $0.text(text) }
        case .box(let box):
            let paint = paint(mark.paint)
            write(
                mark, "rect",
                [
                    ("class", paint.name), ("x", Self.number(box.x)), ("y", Self.number(box.y)),
                    ("width", Self.number(box.width)),
                    ("height", Self.number(box.height)), ("fill", paint.fill), ("stroke", paint.stroke),
                    ("stroke-dasharray", paint.dash),
                ], &page)
        case .circle(let centre, let radius):
            let paint = paint(mark.paint)
            write(
                mark, "circle",
                [
                    ("class", paint.name), ("cx", Self.number(centre.x)), ("cy", Self.number(centre.y)),
                    ("r", Self.number(radius)), ("fill", paint.fill), ("stroke", paint.stroke),
                ], &page)
        case .path(let points, let isClosed): writePath(Self.path(points, isClosed), mark, &page)
        case .sector(let centre, let inner, let outer, let from, let to):
            writePath(Self.sector(centre, inner, outer, from, to), mark, &page)
        case .symbol(let symbol, let place): writePath(Self.symbol(symbol, place), mark, &page)
        }
    }

    private func writePath(_ data: String, _ mark: Mark, _ page: inout HTMLWriter) {
        var paint = paint(mark.paint)
        if case .symbol(let symbol, _) = mark.shape {
            // Signs made of strokes need their colour there; the others have a rim of paper, so that lines crossing them are told apart.
            switch symbol {
            case .cross, .plus: paint = Coat(name: paint.name, fill: "none", stroke: "currentColor", width: "2")
            case .ring: paint = Coat(name: paint.name + " chart-hollow", stroke: "currentColor", width: "1.8")
            default: paint.name += " chart-point"
            }
        }
        write(
            mark, "path",
            [
                ("class", paint.name), ("d", data), ("fill", paint.fill), ("stroke", paint.stroke), ("stroke-width", paint.width),
                ("stroke-dasharray", paint.dash),
            ], &page)
    }

    private func write(_ mark: Mark, _ name: StaticString, _ attributes: [(StaticString, String?)], _ page: inout HTMLWriter) {
        let attributes = coloured(attributes)
        guard let tip = mark.tip else { return page.leaf(name, attributes) }
        page.element(name, attributes) { $0.element("title", text: tip) }
    }

    private func textClass(_ paint: Mark.Paint) -> String? {
        switch paint {
        case .dim: "chart-dim"
        case .rimmed: "chart-rimmed"
        case .onShade(let shade): "on-shade\(shade)"
        default: nil
        }
    }

    /// Class and attributes of a shape.
    private struct Coat {
        var name: String
        var fill: String? = nil
        var stroke: String? = nil
        var width: String? = nil
        var dash: String? = nil
    }

    private func paint(_ paint: Mark.Paint) -> Coat {
        switch paint {
        case .fill(let look):
            let fill = look.texture == .plain ? "currentColor" : "url(#\(pattern(look)))"
            return Coat(name: look.colour, fill: fill, stroke: "currentColor")
        case .stroke(let look): return Coat(name: look.colour, fill: "none", stroke: "currentColor", width: "2", dash: look.dash)
        case .point(let look): return Coat(name: look.colour, fill: "currentColor")
        case .shade(let shade): return Coat(name: "shade\(shade)")
        case .hatch: return Coat(name: "chart-hatch", fill: "url(#\(hatch))", stroke: "currentColor", dash: "2 2")
        case .plate: return Coat(name: "chart-plate")
        case .grid: return Coat(name: "chart-grid", fill: "none")
        case .axis: return Coat(name: "chart-axis", fill: "none")
        case .leader: return Coat(name: "chart-leader", fill: "none")
        case .ink, .dim, .rimmed, .onShade: return Coat(name: "chart-dim")
        }
    }

    // MARK: Colours

    /// Attributes with the colours of their class; as they are within a page, whose style sheet has them.
    private func coloured(
        _ attributes: [(StaticString, String?)], _ inherited: String = Palette.ink
    ) -> [(StaticString, String?)] {
        guard isAlone else { return attributes }
        var classes: [String] = []
        for case ("class", let names?) in attributes.map({ ("\($0.0)", $0.1) }) {
            classes = names.split(separator: " ").map(String.init)
        }
        let rules = classes.map { Palette.rules[$0] ?? [:] }
        let colour = rules.compactMap { $0["color"] }.last ?? inherited
        var result = attributes
        for name in ["fill", "stroke", "stroke-width"] as [StaticString] {
            guard let value = rules.compactMap({ $0["\(name)"] }).last else { continue }
            result.removeAll { "\($0.0)" == "\(name)" }
            result.append((name, value))
        }
        return result.map { ($0.0, $0.1 == "currentColor" ? colour : $0.1) }
    }

    // MARK: Paths

    private static func path(_ points: [Point], _ isClosed: Bool) -> String {
        guard let first = points.first else { return "M0 0" }
        return "M\(pair(first))" + points.dropFirst().map { "L\(pair($0))" }.joined() + (isClosed ? "Z" : "")
    }

    private static func sector(_ centre: Point, _ inner: Double, _ outer: Double, _ from: Double, _ to: Double) -> String {
        // An arc that comes back to its beginning would be none: a whole ring is drawn as two halves.
        guard to - from < 0.9999 else {
            let middle = (from + to) / 2
            return sector(centre, inner, outer, from, middle) + sector(centre, inner, outer, middle, from + 1)
        }
        let isLarge = to - from > 0.5 ? 1 : 0
        let (out, back) = (number(outer), number(inner))
        return "M\(pair(Turn.point(centre, from, outer)))"
            + "A\(out) \(out) 0 \(isLarge) 1 \(pair(Turn.point(centre, to, outer)))"
            + "L\(pair(Turn.point(centre, to, inner)))"
            + "A\(back) \(back) 0 \(isLarge) 0 \(pair(Turn.point(centre, from, inner)))Z"
    }

    /// Signs of about the same area around a point.
    private static func symbol(_ symbol: Look.Symbol, _ place: Point) -> String {
        let corner = { (x: Double, y: Double) in Point(place.x + x, place.y + y) }
        switch symbol {
        case .disc, .ring:
            let radius = symbol == .disc ? 4.0 : 3.4
            let size = number(radius)
            return "M\(pair(corner(-radius, 0)))a\(size) \(size) 0 1 1 \(number(radius * 2)) 0"
                + "a\(size) \(size) 0 1 1 \(number(-radius * 2)) 0Z"
        case .square: return path([corner(-3.6, -3.6), corner(3.6, -3.6), corner(3.6, 3.6), corner(-3.6, 3.6)], true)
        case .triangle: return path([corner(0, -4.8), corner(4.6, 3.4), corner(-4.6, 3.4)], true)
        case .diamond: return path([corner(0, -5), corner(5, 0), corner(0, 5), corner(-5, 0)], true)
        case .dart: return path([corner(0, 4.8), corner(4.6, -3.4), corner(-4.6, -3.4)], true)
        case .cross:
            return path([corner(-3.6, -3.6), corner(3.6, 3.6)], false) + path([corner(-3.6, 3.6), corner(3.6, -3.6)], false)
        case .plus: return path([corner(-4.4, 0), corner(4.4, 0)], false) + path([corner(0, -4.4), corner(0, 4.4)], false)
        }
    }
}
