/// A document that is printed: a title page, contents, and sections of texts, tables and charts. It says what stands where and computes nothing.
public struct PrintedDocument: Sendable {
    /// A column of a table.
    public struct Column: Sendable, Hashable {
        /// Its heading.
        public var title: String
        /// Whether its cells are numbers.
        public var isNumber: Bool

        /// A column.
        public init(_ title: String, isNumber: Bool = false) { (self.title, self.isNumber) = (title, isNumber) }
    }

    /// A table.
    public struct Table: Sendable, Hashable {
        /// Its name, once in a document.
        public var id: String
        /// What it shows.
        public var title: String
        /// Its columns.
        public var columns: [Column]
        /// Its rows, a text for each column.
        public var rows: [[String]]
        /// Remarks under it.
        public var notes: [String]

        /// A table.
        public init(id: String, title: String, columns: [Column], rows: [[String]], notes: [String] = []) {
            (self.id, self.title, self.columns, self.rows, self.notes) = (id, title, columns, rows, notes)
        }
    }

    /// A part of a section.
    public enum Block: Sendable, Hashable {
        /// A paragraph.
        case paragraph(String)
        /// A list of remarks.
        case list([String])
        /// A table.
        case table(Table)
        /// A chart, whose writer puts its table beneath.
        case chart(Chart)
    }

    /// A section.
    public struct Section: Sendable, Hashable {
        /// Its name.
        public var id: String
        /// Its heading.
        public var title: String
        /// Its parts.
        public var blocks: [Block]
        /// Its footnotes.
        public var footnotes: [String]

        /// A section.
        public init(id: String, title: String, blocks: [Block], footnotes: [String]) {
            (self.id, self.title, self.blocks, self.footnotes) = (id, title, blocks, footnotes)
        }
    }

    /// What it is called.
    public var title: String
    /// Lines under the title.
    public var lines: [String]
    /// Small print at the foot of the title page.
    public var imprint: [String]
    /// The sections.
    public var sections: [Section]
    /// Heading of the contents.
    public var contents: String
    /// Heading of footnotes.
    public var notes: String

    /// A document.
    public init(
        title: String, lines: [String], imprint: [String], sections: [Section], contents: String, notes: String
    ) {
        (self.title, self.lines, self.imprint) = (title, lines, imprint)
        (self.sections, self.contents, self.notes) = (sections, contents, notes)
    }
}
