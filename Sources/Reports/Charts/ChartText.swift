internal import Rulebook

/// Texts of charts: what comes from outside is made harmless, values are put into words.
enum ChartText {
    /// Directions of writing that a text from outside could force on what stands behind it.
    private static let directions: Set<UInt32> = Set([0x061C, 0x200E, 0x200F, 0xFEFF]).union(0x202A...0x202E).union(
        0x2066...0x206F)

    /// A text without what could break a drawing: white space becomes a space, other control characters and what no document may hold a
    /// replacement character; orders of direction are left out, and marks piled on one letter are three at most.
    static func clean(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var marks = 0
        for scalar in text.unicodeScalars {
            let category = scalar.properties.generalCategory
            marks = category == .nonspacingMark || category == .enclosingMark ? marks + 1 : 0
            switch category {
            case _ where directions.contains(scalar.value) || marks > 3: continue
            case .control where scalar.properties.isWhitespace, .lineSeparator, .paragraphSeparator: result.append(" ")
            case .control: result.append("\u{FFFD}")
            case _ where scalar.value & 0xFFFE == 0xFFFE || (0xFDD0...0xFDEF).contains(scalar.value): result.append("\u{FFFD}")
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    /// A text that is about to stand beside others on one line: if it runs from right to left it is kept from reordering them.
    static func isolated(_ text: String) -> String {
        text.unicodeScalars.contains(where: isRightToLeft) ? "\u{2068}\(text)\u{2069}" : text
    }

    private static func isRightToLeft(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0590...0x08FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFC, 0x10800...0x10FFF, 0x1E800...0x1EFFF: true
        default: false
        }
    }
}

/// Values and remarks of a chart in one language.
struct ChartWords {
    let wording: Wording

    /// In the table: every part of it.
    func full(_ value: Chart.Value) -> String {
        switch value {
        case .count(let count): String(count)
        case .rate(let part, let whole): "\(part)/\(whole) = \(Wording.rate(part, of: whole))"
        case .missing(let missing): named(missing)
        }
    }

    /// In the drawing: short. A rate is that of the table without its parts.
    func short(_ value: Chart.Value) -> String {
        if let missing = value.missing { return missing.sign }
        return switch value {
        case .count(let count): String(count)
        case .rate(let part, let whole): Wording.rate(part, of: whole)
        case .missing(let missing): missing.sign
        }
    }

    /// In a cell, where the unit stands beside the drawing.
    func bare(_ value: Chart.Value) -> String {
        let text = short(value)
        return text.hasSuffix(" %") ? String(text.dropLast(2)) : text
    }

    /// The sign of a missing value and what it means.
    func named(_ missing: Chart.Missing) -> String { "\(missing.sign) \(wording("chart.\(missing.rawValue)"))" }

    /// Beside a part of a drawing: a figure as short as it can be, or what is missing by name.
    func brief(_ value: Chart.Value) -> String { value.missing.map(named) ?? short(value) }

    /// Something with its value: `釣魚郵件 12`.
    func pair(_ name: String, _ value: Chart.Value) -> String { "\(ChartText.isolated(name)) \(full(value))" }

    /// What is told when one points at a figure.
    func tip(_ chart: Chart, series: Int, category: Int) -> String {
        let value = full(chart.series[series].values[category])
        let category = ChartText.isolated(chart.categories[category])
        guard chart.series.count > 1 else { return wording("chart.tip", ["name": category, "value": value]) }
        let name = "\(ChartText.isolated(chart.series[series].name)), \(category)"
        return wording("chart.tip", ["name": name, "value": value])
    }
}
