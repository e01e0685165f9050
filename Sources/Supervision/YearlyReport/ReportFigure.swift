public import Documents

/// A figure of a yearly report, and how anybody computes it again.
public struct ReportFigure: Sendable, Hashable {
    /// What it is.
    public enum Kind: String, Sendable, CaseIterable {
        /// How many.
        case count
        /// So many of so many.
        case rate
        /// A day.
        case date
    }

    /// Whether it is known.
    public enum State: String, Sendable, CaseIterable {
        /// It is.
        case known
        /// Nobody answered.
        case noAnswer = "no-answer"
        /// The question does not arise, as for a rate of nothing.
        case notApplicable = "not-applicable"
        /// Known, and kept back so that nobody can be told from it.
        case suppressed
    }

    /// A way to compute figures. Names are part of the manifest's format; `Packs/reports/verify.py` knows them all.
    public enum Rule: String, Sendable, CaseIterable {
        /// Rows of a table that agree with the arguments, whose names are columns.
        case rows
        /// Rows that agree, of all rows of the table.
        case share
        /// The sum of the column `column` over rows that agree.
        case sum
        /// The sum of the column `part` over the sum of the columns `whole`, separated by `+`.
        case ratio
        /// Firms that gave an answer to an item in a quarter: `yes`, `no`, `not-applicable`, `none`, or `answered` for yes and no.
        case answers
        /// Yes of yes and no, to an item in a quarter.
        case yes
        /// Firms that answered an item though it does not concern them.
        case outside
        /// Firms whose declaration and measurement contradict each other.
        case contradictions
        /// Firms that handed something in, of all that were asked.
        case filed
        /// The first or last day whose state was told.
        case day
        /// Yes of yes and no as the source printed the counts.
        case printed
        /// Printed percentages that are what their own counts make, of all.
        case printedEqual = "printed-equal"
        /// Different values of a column, empty ones left out.
        case distinct
    }

    /// Its name: words with dots, such as `status.mail.4.share`.
    public var id: String
    /// What it is.
    public var kind: Kind
    /// Whether it is known.
    public var state: State
    /// The count, or the numerator of the rate.
    public var numerator: Int
    /// The denominator; 0 where there is none.
    public var denominator: Int
    /// The day; empty for others.
    public var day: String
    /// What is counted: `firms`, `gaps`, `minutes`, …
    public var unit: String
    /// The day that it is of.
    public var asOf: String
    /// How it is computed.
    public var rule: Rule
    /// What it is computed of.
    public var arguments: [String: String]

    /// The figure in hundredths of a per cent, rounded half up in whole numbers; nil for others and for rates of nothing.
    public var hundredths: Int? {
        guard kind == .rate, state == .known else { return nil }
        return Rate(numerator, of: denominator)?.hundredths
    }

    /// Its value as a text: `67`, `90.54`, `2017-12-31`; empty where it is not known.
    public var value: String {
        guard state == .known else { return "" }
        switch kind {
        case .count: return String(numerator)
        case .rate: return Rate(numerator, of: denominator)?.text ?? ""
        case .date: return day
        }
    }

    /// As it is printed: a rate with its parts.
    public var text: String {
        switch state {
        case .suppressed: return "*"
        case .noAnswer: return "?"
        case .notApplicable: return "–"
        case .known: return kind == .rate ? "\(value) % (\(numerator)/\(denominator))" : value
        }
    }

    /// The same figure, kept back.
    var withheld: ReportFigure {
        var figure = self
        (figure.state, figure.numerator, figure.denominator, figure.day) = (.suppressed, 0, 0, "")
        return figure
    }

    /// Its entry of the manifest. What is kept back stands there by its name only.
    public var node: Node {
        let isKnown = state == .known
        return .object([
            ("id", .text(id)), ("kind", .text(kind.rawValue)), ("state", .text(state.rawValue)),
            ("value", isKnown ? .text(value) : nil), ("numerator", isKnown && kind != .date ? .integer(numerator) : nil),
            ("denominator", isKnown && kind == .rate ? .integer(denominator) : nil), ("unit", .text(unit)),
            ("as_of", .text(asOf)), ("rule", .text(rule.rawValue)),
            ("of", .object(arguments.sorted { $0.key < $1.key }.map { ($0.key, .text($0.value)) })),
        ])
    }
}
