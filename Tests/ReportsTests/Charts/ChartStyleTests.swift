import Rulebook
import Testing

@testable import Reports

/// Contrasts of WCAG 2.2 (1.4.3, 1.4.11), worked out from the style sheet itself.
@Suite("Charts: colours")
struct ChartStyleTests {
    private enum Theme: Int, CaseIterable { case light, dark }

    private let sheet: String
    private let colours: [String: (light: String, dark: String)]

    init() throws {
        let file = try #require(ShippedFiles.files(in: "web").first { $0.name == "web/plumbline.css" })
        sheet = String(decoding: file.bytes, as: UTF8.self)
        var colours: [String: (light: String, dark: String)] = [:]
        for match in sheet.matches(of: /--([a-z0-9-]+):light-dark\((#[0-9a-f]+),(#[0-9a-f]+)\)/) {
            colours[String(match.1)] = (String(match.2), String(match.3))
        }
        self.colours = colours
    }

    private func colour(_ name: String, _ theme: Theme) throws -> String {
        let pair = try #require(colours[name], "--\(name) is not in the style sheet")
        return theme == .light ? pair.light : pair.dark
    }

    private static func luminance(_ colour: String) -> Double {
        var digits = colour.dropFirst().compactMap(\.hexDigitValue)
        if digits.count == 3 { digits = digits.flatMap { [$0, $0] } }
        let parts = stride(from: 0, to: 6, by: 2).map { index -> Double in
            let value = Double(digits[index] * 16 + digits[index + 1]) / 255
            return value <= 0.04045 ? value / 12.92 : Self.power((value + 0.055) / 1.055)
        }
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }

    /// To the power of 2.4, by the fifth root: x^2.4 = (x^12)^(1/5).
    private static func power(_ x: Double) -> Double {
        let twelfth = (0..<12).reduce(1.0) { product, _ in product * x }
        var root = 1.0
        for _ in 0..<60 { root -= (root * root * root * root * root - twelfth) / (5 * root * root * root * root) }
        return root
    }

    private static func contrast(_ one: String, _ other: String) -> Double {
        let (high, low) = (max(luminance(one), luminance(other)), min(luminance(one), luminance(other)))
        return (high + 0.05) / (low + 0.05)
    }

    @Test func arithmetic() {
        #expect(abs(Self.contrast("#000", "#ffffff") - 21) < 0.01)
        #expect(abs(Self.contrast("#777777", "#ffffff") - 4.48) < 0.01)
    }

    private var classes: [String] {
        Array(Set((0..<8).map { Look($0).colour } + Chart.Tone.allCases.map { Look(0, $0).colour })).sorted()
    }

    @Test("Every series stands three to one against what it is drawn on, in both themes and on white paper")
    func series() throws {
        for name in classes {
            #expect(sheet.contains(".chart .\(name){color:var(--\(name))}"))
            for theme in Theme.allCases {
                #expect(Self.contrast(try colour(name, theme), try colour("card", theme)) >= 3, "--\(name), \(theme)")
            }
            #expect(Self.contrast(try colour(name, .light), "#fff") >= 3)
        }
    }

    @Test("The axis stands three to one, and words four and a half to one against what they are drawn on")
    func words() throws {
        for theme in Theme.allCases {
            #expect(Self.contrast(try colour("chart-axis", theme), try colour("card", theme)) >= 3)
            for ink in ["ink", "dim"] {
                for paper in ["card", "paper", "soft"] {
                    #expect(
                        Self.contrast(try colour(ink, theme), try colour(paper, theme)) >= 4.5, "\(ink) on \(paper), \(theme)")
                }
            }
        }
        for ink in ["ink", "dim"] { #expect(Self.contrast(try colour(ink, .light), "#fff") >= 4.5) }
    }

    @Test("Numbers can be read on every shade, and shades go one way")
    func shades() throws {
        for theme in Theme.allCases {
            for shade in 1...5 {
                #expect(sheet.contains(".chart .shade\(shade){fill:var(--shade\(shade))"))
                #expect(sheet.contains(".chart .on-shade\(shade){fill:var(--on-shade\(shade))}"))
                let ratio = Self.contrast(try colour("on-shade\(shade)", theme), try colour("shade\(shade)", theme))
                #expect(ratio >= 4.5, "shade \(shade), \(theme): \(ratio)")
            }
            let steps = try (1...5).map { Self.luminance(try colour("shade\($0)", theme)) }
            for (here, next) in zip(steps, steps.dropFirst()) { #expect(theme == .light ? next < here : next > here) }
        }
    }

    @Test("Textures are woven in the colour they stand on, so they are seen as well as the series")
    func textures() {
        for rule in [".chart-weave{stroke:var(--card)}", ".chart-plate{fill:var(--card)}", ".chart-hatch{color:var(--dim)}"] {
            #expect(sheet.contains(rule))
        }
    }

    @Test("On paper everything is light, whatever theme was chosen, and colours are printed")
    func paper() {
        #expect(sheet.contains("@media print{:root,:root[data-theme]{color-scheme:light}"))
        #expect(sheet.contains("print-color-adjust:exact"))
    }

    @Test("Every class a drawing may have is in the style sheet, and every colour it names is there")
    func names() throws {
        for match in sheet.matches(of: /var\(--([a-z0-9-]+)\)/) {
            #expect(colours[String(match.1)] != nil, "\(match.0)")
        }
        var seen: Set<String> = []
        for (offset, kind) in Chart.Kind.allCases.enumerated() {
            for seed in 1...30 {
                var random = SeededCharts(UInt64(90_000 + seed * 10 + offset))
                let figure = try XMLElement(makeFigure(try random.chart(kind)))
                for drawing in figure.all("svg") {
                    for element in drawing.all {
                        seen.formUnion(element.attributes["class"]?.split(separator: " ").map(String.init) ?? [])
                    }
                }
            }
        }
        #expect(seen.count > 25)
        for name in seen {
            #expect(sheet.contains(".\(name){") || sheet.contains(".\(name),") || sheet.contains(".\(name):"), "\(name)")
        }
    }
}
