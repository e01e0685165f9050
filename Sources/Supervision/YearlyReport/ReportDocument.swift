public import Rulebook

/// Who a report is for.
public enum ReportEdition: String, Sendable, CaseIterable {
    /// Everything.
    case full
    /// What may be published: small cells kept back, no firm named.
    case published = "public"
}

/// A yearly report in one edition and language, ready to be written as a page, a document or a workbook: nothing is computed any more.
public struct ReportDocument: Sendable {
    /// A cell of a table.
    public enum Cell: Sendable, Hashable {
        /// A text.
        case text(String)
        /// A figure.
        case figure(ReportFigure)

        /// As it is printed.
        public var text: String {
            switch self {
            case .text(let text): text
            case .figure(let figure): figure.text
            }
        }
    }

    /// What a column holds.
    public enum Column: Sendable, Hashable {
        /// Texts under a heading.
        case text(String)
        /// Counts or days.
        case number(String)
        /// Rates.
        case rate(String)

        /// Its heading.
        public var title: String {
            switch self {
            case .text(let title), .number(let title), .rate(let title): title
            }
        }
    }

    /// A table.
    public struct Table: Sendable, Hashable {
        /// Its name, once in a report.
        public var id: String
        /// What it shows.
        public var title: String
        /// Its columns.
        public var columns: [Column]
        /// Its rows.
        public var rows: [[Cell]]
        /// Remarks under it.
        public var notes: [String]
    }

    /// A chart with its figures; its table is the same figures.
    public struct Chart: Sendable, Hashable {
        /// How it is drawn.
        public enum Kind: String, Sendable, CaseIterable { case bars, heatMap, radar, lines }

        /// A series.
        public struct Series: Sendable, Hashable {
            /// What it is called.
            public var name: String
            /// A figure for each category.
            public var figures: [ReportFigure]
        }

        /// How it is drawn.
        public var kind: Kind
        /// Its name, once in a report.
        public var id: String
        /// What it shows.
        public var title: String
        /// In a sentence.
        public var summary: String
        /// What the categories are.
        public var subject: String
        /// The categories.
        public var categories: [String]
        /// The series.
        public var series: [Series]
        /// What is counted; empty for rates.
        public var unit: String
        /// As of when.
        public var asOf: String
        /// Where the figures come from.
        public var source: String

        /// The same figures as a table.
        public var table: Table {
            let isRate = series.first?.figures.first?.kind == .rate
            return Table(
                id: id, title: title,
                columns: [.text(subject)] + series.map { isRate ? .rate($0.name) : .number($0.name) },
                rows: categories.indices.map { index in [.text(categories[index])] + series.map { .figure($0.figures[index]) } },
                notes: [])
        }
    }

    /// A part of a section.
    public enum Block: Sendable, Hashable {
        case paragraph(String)
        case list([String])
        case table(Table)
        case chart(Chart)
    }

    /// A section.
    public struct Section: Sendable, Hashable {
        /// Its name.
        public var id: String
        /// Its heading, with its number.
        public var title: String
        /// Its parts.
        public var blocks: [Block]
        /// Its footnotes.
        public var footnotes: [String]
    }

    /// The language.
    public var language: Language
    /// Who it is for.
    public var edition: ReportEdition
    /// What the report is called.
    public var title: String
    /// Institution, edition and days, as the title page has them.
    public var lines: [String]
    /// What stands at the foot of the title page.
    public var imprint: [String]
    /// The sections.
    public var sections: [Section]
    /// When its figures were read, UTC seconds.
    public var taken: Int64
    /// Every figure.
    public var figures: [ReportFigure]

    /// Its tables, those of charts included, in order.
    public var tables: [Table] {
        sections.flatMap(\.blocks).compactMap { block in
            switch block {
            case .table(let table): table
            case .chart(let chart): chart.table
            case .paragraph, .list: nil
            }
        }
    }
}

/// What somebody wrote in place of a section's paragraphs.
public struct ReportTexts: Sendable, Hashable {
    /// Paragraphs in Chinese.
    public var chinese: [String]
    /// Paragraphs in English.
    public var english: [String]

    /// Texts of a section.
    public init(chinese: [String], english: [String]) { (self.chinese, self.english) = (chinese, english) }

    /// Paragraphs in a language.
    public subscript(language: Language) -> [String] { language == .chinese ? chinese : english }
}
