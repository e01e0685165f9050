import HTML
import Rulebook
import Testing

@testable import Reports

/// A small seeded generator (SplitMix64), so that a failing run can be repeated.
struct SeededCharts: RandomNumberGenerator {
    var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func upTo(_ most: Int) -> Int { Int.random(in: 0...most, using: &self) }
    mutating func isOneOf(_ count: Int) -> Bool { upTo(count - 1) == 0 }

    /// A label as people write them, or as nobody should.
    mutating func label() -> String {
        let words = [
            "帳號管理", "存取控制", "網路下單系統之身分驗證強度與異常登入偵測", "Privileged accounts", "WAF", "第3季", "12月", "（含異地備援）",
            "pam.services[login].lockout.deny",
        ]
        switch upTo(11) {
        case 0: return ""
        case 1: return String(repeating: "長", count: upTo(500))
        case 2: return String(repeating: "W", count: upTo(500))
        case 3: return "<script>alert('x')</script> & \"quotes\""
        case 4: return "\u{202E}evil\u{0}\u{1B}[31m\n\u{FFFF}"
        case 5: return "שלום עולם مرحبا ﷽"
        case 6: return "👩‍👩‍👧‍👦🏳️‍🌈🇹🇼 e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}"
        case 7: return (0..<upTo(60)).map { _ in words[upTo(words.count - 1)] }.joined(separator: " ")
        default: return words[upTo(words.count - 1)] + (isOneOf(2) ? words[upTo(words.count - 1)] : "")
        }
    }

    mutating func most() -> Int { [0, 1, 3, 9, 40, 250, 12_345, Chart.Value.most][upTo(7)] }

    /// A chart that is sound: of any kind, size and gaps.
    mutating func chart(_ kind: Chart.Kind) throws -> Chart {
        let categories = upTo(isOneOf(3) ? min(kind.mostCategories, 60) : 8)
        let series = kind == .donut ? 1 : upTo(isOneOf(3) ? kind.mostSeries : 4)
        let isRate = isOneOf(2)
        let gaps = [0, 0, 5, 2, 1][upTo(4)]
        let most = most()
        let wholes = (0..<categories).map { _ in max(1, upTo(most)) }
        var values = (0..<series).map { _ in
            (0..<categories).map { category -> Chart.Value in
                if gaps > 0, isOneOf(gaps) { return .missing(Chart.Missing.allCases[upTo(2)]) }
                // Parts of a bar or ring may not exceed their whole.
                let whole = kind == .donut ? wholes[0] : wholes[category]
                let parts = kind == .donut ? categories : kind == .stacked ? series : 1
                return isRate ? .rate(upTo(whole / parts), of: isOneOf(40) && kind != .donut ? 0 : whole) : .count(upTo(most))
            }
        }
        for (row, column) in (0..<series).flatMap({ row in (0..<categories).map { (row, $0) } }) {
            if case .rate(_, of: 0) = values[row][column] { values[row][column] = .rate(0, of: 0) }
        }
        if kind == .donut, isRate, !values[0].isEmpty { Self.complete(&values[0], wholes[0]) }
        let totals = totals(kind, values, isRate)
        let range = isOneOf(3) ? 0...(1 + upTo(200)) : isOneOf(4) ? 40...100 : nil
        return try Chart(
            kind, id: "c\(upTo(999))", title: label(), summary: isOneOf(2) ? label() : "", subject: isOneOf(2) ? label() : "",
            categories: (0..<categories).map { _ in label() },
            series: values.map { Chart.Series(label(), $0, tone: Chart.Tone.allCases[isOneOf(3) ? upTo(5) : 0]) }, totals: totals,
            axis: Chart.Axis(
                unit: isOneOf(2) ? label() : "", range: range, thresholds: isOneOf(3) ? [60, 75, 90] : [],
                emphasis: isOneOf(2) ? .high : .low),
            asOf: label(), source: isOneOf(2) ? label() : "", notes: isOneOf(3) ? [label(), label()] : [])
    }

    /// A ring of rates without gaps must be whole: the last part takes what is left.
    private static func complete(_ values: inout [Chart.Value], _ whole: Int) {
        guard values.allSatisfy({ $0.missing == nil }) else { return }
        let sum = values.dropLast().reduce(0) { sum, value in
            if case .rate(let part, _) = value { return sum + part }
            return sum
        }
        values[values.count - 1] = .rate(whole - sum, of: whole)
    }

    private mutating func totals(_ kind: Chart.Kind, _ values: [[Chart.Value]], _ isRate: Bool) -> [Chart.Value] {
        guard isOneOf(2), !isRate, kind == .stacked || kind == .donut else { return [] }
        func total(_ parts: [Chart.Value]) -> Chart.Value {
            var sum = 0
            for case .count(let count) in parts { sum += count }
            // What is missing may be any number, or known to be none.
            if parts.contains(where: { $0.missing != nil }) { sum += upTo(50) }
            return sum <= Chart.Value.most ? .count(sum) : .missing(.suppressed)
        }
        if kind == .donut { return [total(values[0])] }
        let categories = values.first?.count ?? 0
        return values.isEmpty ? [] : (0..<categories).map { category in total(values.map { $0[category] }) }
    }
}

/// The shipped words, read once.
enum ChartTestWords {
    private static let chinese = Result { try Wording.shipped(.chinese) }
    private static let english = Result { try Wording.shipped(.english) }

    static func of(_ language: Language) throws -> Wording { try (language == .chinese ? chinese : english).get() }
}

/// A figure as text, in a language and for a medium.
func makeFigure(_ chart: Chart, _ language: Language = .chinese, for medium: ChartWriter.Medium = .screen) throws -> String {
    var page = HTMLWriter()
    ChartWriter(try ChartTestWords.of(language), for: medium).write(chart, &page)
    return String(decoding: page.bytes, as: UTF8.self)
}

/// The drawing of a chart before it is written.
func canvas(_ chart: Chart, _ width: Canvas.Width = .wide) throws -> Canvas {
    Canvas(chart, ChartWords(wording: try ChartTestWords.of(.chinese)), width)
}

/// A reader of well-formed XML without entities of its own: as strict as is needed to see that nothing is left open, unescaped or twice.
struct XMLElement {
    var name: String
    var attributes: [String: String] = [:]
    var children: [XMLElement] = []
    var text = ""

    struct Malformed: Error, CustomStringConvertible { var description: String }

    /// All elements inside, and this one.
    var all: [XMLElement] { [self] + children.flatMap(\.all) }
    /// All text inside.
    var whole: String { children.isEmpty ? text : text + children.map(\.whole).joined() }

    func all(_ name: String) -> [XMLElement] { all.filter { $0.name == name } }
    func hasClass(_ name: String) -> Bool { attributes["class"]?.split(separator: " ").contains(Substring(name)) ?? false }

    /// Reads one element.
    init(_ source: String) throws {
        var reader = Reader(bytes: Array(source.utf8))
        self = try reader.element()
        guard reader.at == reader.bytes.count else { throw Malformed(description: "something follows the element") }
    }

    init(name: String) { self.name = name }

    private struct Reader {
        var bytes: [UInt8]
        var at = 0

        var next: UInt8? { at < bytes.count ? bytes[at] : nil }

        mutating func take(_ wanted: StaticString) throws {
            for offset in 0..<wanted.utf8CodeUnitCount {
                guard next == wanted.utf8Start[offset] else { throw Malformed(description: "\(wanted) is wanted at \(at)") }
                at += 1
            }
        }

        mutating func name() throws -> String {
            let start = at
            while let byte = next, byte == 0x2D || (0x30...0x39).contains(byte) || (0x41...0x7A).contains(byte) { at += 1 }
            guard at > start else { throw Malformed(description: "a name is wanted at \(at)") }
            return String(decoding: bytes[start..<at], as: UTF8.self)
        }

        /// Text up to a byte, with its references resolved.
        mutating func text(until end: UInt8) throws -> String {
            var text: [UInt8] = []
            while let byte = next, byte != end {
                let isControl = byte < 0x20 && byte != 0x0A && byte != 0x09
                let isNoCharacter = byte >= 0xBE && at > 1 && bytes[at - 1] == 0xBF && bytes[at - 2] == 0xEF
                guard byte != UInt8(ascii: "<"), !isControl, !isNoCharacter else {
                    throw Malformed(description: "a character that no document may hold at \(at)")
                }
                if byte == UInt8(ascii: "&") { text.append(try reference()) } else { text.append(byte) }
                at += 1
            }
            return String(decoding: text, as: UTF8.self)
        }

        /// One of the four references that are written; stays at its last byte.
        private mutating func reference() throws -> UInt8 {
            let start = at
            while let byte = next, byte != UInt8(ascii: ";"), at < start + 6 { at += 1 }
            switch String(decoding: bytes[start...min(at, bytes.count - 1)], as: UTF8.self) {
            case "&amp;": return UInt8(ascii: "&")
            case "&lt;": return UInt8(ascii: "<")
            case "&gt;": return UInt8(ascii: ">")
            case "&quot;": return UInt8(ascii: "\"")
            default: throw Malformed(description: "a bare & at \(start)")
            }
        }

        mutating func element() throws -> XMLElement {
            try take("<")
            var element = XMLElement(name: try name())
            while next == UInt8(ascii: " ") {
                try take(" ")
                let key = try name()
                try take("=\"")
                guard element.attributes.updateValue(try text(until: UInt8(ascii: "\"")), forKey: key) == nil else {
                    throw Malformed(description: "\(key) stands twice")
                }
                try take("\"")
            }
            if next == UInt8(ascii: "/") {
                try take("/>")
                return element
            }
            try take(">")
            while true {
                element.text += try text(until: UInt8(ascii: "<"))
                if at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "/") { break }
                element.children.append(try self.element())
            }
            try take("</")
            guard try name() == element.name else { throw Malformed(description: "\(element.name) is not ended at \(at)") }
            try take(">")
            return element
        }
    }
}
