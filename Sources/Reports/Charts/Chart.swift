/// Figures that others computed, ready to be drawn: nothing here adds, divides or rounds them. `ChartWriter` makes the drawing and the table
/// beneath it from the same values.
///
/// A chart that exists is sound: the initialiser refuses what could not be drawn truthfully, and makes labels from outside harmless.
public struct Chart: Sendable, Hashable {
    /// How the figures are drawn.
    public enum Kind: String, Sendable, CaseIterable {
        /// A bar for each series in each category, side by side.
        case bars
        /// One bar for each category, with the series as its parts.
        case stacked
        /// A table of shaded cells: categories are its rows, series its columns.
        case heatMap = "heat-map"
        /// A spoke for each category, a line around for each series. With fewer than three categories it is drawn as bars.
        case radar
        /// A line for each series over categories in order, such as quarters.
        case lines
        /// A ring whose parts are the categories of the one series.
        case donut

        /// Most categories that can be told apart.
        public var mostCategories: Int {
            switch self {
            case .bars, .stacked, .heatMap: 400
            case .lines: 60
            case .radar, .donut: 40
            }
        }

        /// Most series that can be told apart.
        public var mostSeries: Int {
            switch self {
            case .bars, .stacked, .radar, .lines: 8
            case .heatMap: 24
            case .donut: 1
            }
        }
    }

    /// Why there is no figure. Never drawn as a zero.
    public enum Missing: String, Sendable, CaseIterable {
        /// Nobody answered, or nothing was measured.
        case noAnswer = "no-answer"
        /// Known, and kept back so that nobody can be told from it.
        case suppressed
        /// The question does not arise, as for a rate of nothing.
        case notApplicable = "not-applicable"

        /// Its sign in drawings and tables.
        public var sign: String {
            switch self {
            case .noAnswer: "?"
            case .suppressed: "*"
            case .notApplicable: "–"
            }
        }
    }

    /// One exact figure, or why there is none.
    public enum Value: Sendable, Hashable {
        /// How many, in the unit of the axis.
        case count(Int)
        /// So many of so many. Of nothing (0 of 0) it is no figure, and drawn as not applicable.
        case rate(Int, of: Int)
        /// No figure.
        case missing(Missing)

        /// Largest count, numerator and denominator.
        public static let most = 1_000_000_000_000

        /// Why there is no figure; nil when there is one.
        public var missing: Missing? {
            switch self {
            case .missing(let missing): missing
            case .rate(_, of: 0): .notApplicable
            case .count, .rate: nil
            }
        }
    }

    /// What a series means, where colour may say it as well. Each has its own texture.
    public enum Tone: String, Sendable, CaseIterable {
        /// One of several alike: takes the next colour.
        case plain
        /// Fulfilled.
        case good
        /// Fulfilled in part.
        case part
        /// Not known.
        case open
        /// Not fulfilled.
        case bad
        /// Not asked for.
        case none
    }

    /// Values of one kind, one for each category.
    public struct Series: Sendable, Hashable {
        /// What it is called.
        public let name: String
        /// Its values, in the order of the categories.
        public let values: [Value]
        /// What it means.
        public let tone: Tone

        /// A series.
        public init(_ name: String, _ values: [Value], tone: Tone = .plain) {
            self.name = ChartText.clean(name)
            self.values = values
            self.tone = tone
        }
    }

    /// What values are measured against.
    public struct Axis: Sendable, Hashable {
        /// Which end of a heat map stands out most.
        public enum End: Sendable, Hashable {
            /// The highest values.
            case high
            /// The lowest values, where they are what one looks for.
            case low
        }

        /// What is counted, such as `件`; empty says nothing. Rates are in %, whatever stands here.
        public let unit: String
        /// What the axis spans at least, in the unit or in %; nil lets it begin at 0 and end above the highest value (rates: at 100).
        /// Bars begin at 0 in any case, and no value is left outside.
        public let range: ClosedRange<Int>?
        /// Where the shades of a heat map change, in the unit or in %, upwards, four at most; empty for equal parts of the range.
        public let thresholds: [Int]
        /// Which end of a heat map stands out most.
        public let emphasis: End

        /// An axis.
        public init(unit: String = "", range: ClosedRange<Int>? = nil, thresholds: [Int] = [], emphasis: End = .high) {
            self.unit = ChartText.clean(unit)
            self.range = range
            self.thresholds = thresholds
            self.emphasis = emphasis
        }
    }

    /// How it is drawn.
    public let kind: Kind
    /// Its name on the page, from which the names of its parts are made: a small letter, then small letters, digits and `-`.
    public let id: String
    /// What it shows.
    public let title: String
    /// The main content in a sentence; empty when there is nothing to say.
    public let summary: String
    /// What the categories are, as heading of their column; empty takes a general word.
    public let subject: String
    /// The categories in order.
    public let categories: [String]
    /// The series in order.
    public let series: [Series]
    /// The whole of each bar of a stack, or of the ring; empty when it is not given.
    public let totals: [Value]
    /// What values are measured against.
    public let axis: Axis
    /// As of when, as text.
    public let asOf: String
    /// Where the figures come from; empty says nothing.
    public let source: String
    /// Remarks under the table.
    public let notes: [String]

    /// A chart.
    ///
    /// - Parameters:
    ///   - kind: how it is drawn.
    ///   - id: its name, unique on the page.
    ///   - title: what it shows.
    ///   - summary: the main content in a sentence.
    ///   - subject: what the categories are.
    ///   - categories: in order; none is drawn as "no data".
    ///   - series: in order, each with a value for each category.
    ///   - totals: of a stack, one for each category; of a ring, one; or none.
    ///   - axis: what values are measured against.
    ///   - asOf: as of when.
    ///   - source: where the figures come from.
    ///   - notes: remarks.
    /// - Throws: `ChartError` for what could not be drawn truthfully.
    public init(
        _ kind: Kind, id: String, title: String, summary: String = "", subject: String = "", categories: [String],
        series: [Series], totals: [Value] = [], axis: Axis = Axis(), asOf: String, source: String = "", notes: [String] = []
    ) throws(ChartError) {
        self.kind = kind
        self.id = id
        self.title = ChartText.clean(title)
        self.summary = ChartText.clean(summary)
        self.subject = ChartText.clean(subject)
        self.categories = categories.map(ChartText.clean)
        self.series = series
        self.totals = totals
        self.axis = axis
        self.asOf = ChartText.clean(asOf)
        self.source = ChartText.clean(source)
        self.notes = notes.map(ChartText.clean)
        try check()
    }

    /// Whether there is nothing to draw.
    var isEmpty: Bool { categories.isEmpty || series.isEmpty }

    /// Whether the values are rates; nil when none of them is there.
    var isRate: Bool? {
        for series in series {
            for value in series.values {
                switch value {
                case .count: return false
                case .rate: return true
                case .missing: continue
                }
            }
        }
        return nil
    }

    /// Kinds of missing values that occur, in a fixed order.
    var gaps: [Missing] {
        let found = Set((series.flatMap(\.values) + totals).compactMap(\.missing))
        return Missing.allCases.filter(found.contains)
    }
}
