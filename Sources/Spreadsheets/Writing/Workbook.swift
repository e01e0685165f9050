/// A workbook to be written: what it says, not how its cells are made.
public struct Workbook: Sendable {
    /// What a workbook says of itself.
    public struct Properties: Sendable {
        /// Its title.
        public var title: String
        /// What it is about.
        public var subject: String
        /// Who made it.
        public var author: String
        /// For whom, or whose it is.
        public var company: String
        /// Anything else.
        public var comments: String
        /// When it was made, in seconds since 1970-01-01 UTC. It is an argument, so that the same content gives the same bytes.
        public var created: Int64

        /// Properties.
        public init(
            title: String, subject: String = "", author: String = "", company: String = "", comments: String = "", created: Int64
        ) {
            (self.title, self.subject, self.author) = (title, subject, author)
            (self.company, self.comments, self.created) = (company, comments, created)
        }
    }

    /// A name and a value that programs find again, on a sheet that is hidden.
    public struct Metadata: Sendable, Hashable {
        /// The name, once in a workbook.
        public var name: String
        /// The value.
        public var value: String

        /// A name with its value.
        public init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
    }

    /// What it says of itself.
    public var properties: Properties
    /// Its sheets, in order.
    public var sheets: [Sheet]
    /// What programs find again, `WorkbookContent.metadata`.
    public var metadata: [Metadata]

    /// Name of the hidden sheet that `metadata` is written to.
    public static let metadataSheet = "_metadata"
    /// Name of the hidden sheet that long lists of choices are written to.
    static let choicesSheet = "_choices"

    /// A workbook.
    public init(properties: Properties, sheets: [Sheet], metadata: [Metadata] = []) {
        (self.properties, self.sheets, self.metadata) = (properties, sheets, metadata)
    }
}

extension Workbook {
    /// A sheet: titles, a table under headings, notes.
    public struct Sheet: Sendable {
        /// Its name. Signs that Excel does not allow are replaced, long names cut, and names made different when they are not.
        public var name: String
        /// Lines above the table, the first one large.
        public var titles: [String] = []
        /// The columns, from the left.
        public var columns: [Column]
        /// The rows: a cell for each column, fewer when the rest is blank.
        public var rows: [[Cell]]
        /// Lines below the table.
        public var notes: [String] = []
        /// Whether the headings stay in sight.
        public var freezesHeadings = true
        /// How many columns from the left stay in sight.
        public var frozenColumns = 0
        /// Whether the lowest headings have buttons that filter.
        public var filters = true
        /// How it is printed.
        public var print = Print()
        /// Whether only cells of columns that are `isEditable` can be changed, until someone lifts the protection (there is no password).
        public var isProtected = false
        /// Whether people see it.
        public var isHidden = false

        /// A sheet.
        public init(name: String, columns: [Column], rows: [[Cell]]) {
            (self.name, self.columns, self.rows) = (name, columns, rows)
        }
    }

    /// How a sheet is printed: A4, as wide as a page, headings on each page.
    public struct Print: Sendable {
        /// Across the long side.
        public var isLandscape = true
        /// At the bottom left of each page; the page's number is at the right.
        public var footer = ""

        /// The usual way.
        public init() {}
    }

    /// A column of a sheet's table.
    public struct Column: Sendable {
        /// How the cells of a column look.
        public enum Kind: Sendable, Hashable {
            /// Texts, broken into lines where they are long.
            case text
            /// Whole numbers, with commas between thousands.
            case integer
            /// Numbers with so many places behind the point; nil shows those there are.
            case decimal(places: Int?)
            /// Rates, in three columns: numerator, denominator, percent with two places. The texts are the three headings.
            case rate(numerator: String, denominator: String, percent: String)
            /// Days, `2017-12-31`.
            case date
            /// Instants, as the text that is given.
            case instant
        }

        /// Its headings, from the top. Columns side by side whose headings begin alike share those, merged.
        public var headings: [String]
        /// How its cells look.
        public var kind: Kind
        /// Width in characters; nil is by content.
        public var width: Double?
        /// What may be chosen in its cells; empty for anything.
        public var choices: [String] = []
        /// What a person is told who types something else than a choice.
        public var choiceHint = ""
        /// Whether its cells can be changed on a sheet that is protected.
        public var isEditable = false

        /// A column.
        public init(_ headings: [String], _ kind: Kind = .text, width: Double? = nil) {
            (self.headings, self.kind, self.width) = (headings, kind, width)
        }

        /// A column with one heading.
        public init(_ heading: String, _ kind: Kind = .text, width: Double? = nil) { self.init([heading], kind, width: width) }
    }

    /// What a cell says. Texts are texts, whatever they begin with: nothing is a formula.
    public enum Cell: Sendable, Hashable {
        /// Nothing.
        case blank
        /// A text of 32,767 characters at most.
        case text(String)
        /// A whole number.
        case integer(Int)
        /// A number. One of more than 15 significant digits is written as a text, because Excel would change it.
        case decimal(ExactDecimal)
        /// So many of so many; only in a column of that kind.
        case rate(Rate)
        /// A day; one before 1900 is written as a text.
        case date(CalendarDate)
        /// Yes or no of the spreadsheet's own.
        case boolean(Bool)
    }

    /// So many of so many.
    public struct Rate: Sendable, Hashable {
        /// Of these.
        public var numerator: Int
        /// Out of these; 0 when there is nothing to count, and then there is no percentage.
        public var denominator: Int

        /// So many of so many.
        public init(_ numerator: Int, of denominator: Int) { (self.numerator, self.denominator) = (numerator, denominator) }

        /// The ratio with four places, rounded half up, that is percent with two; nil when the denominator is not above 0 or the numerator is
        /// negative.
        public var ratio: ExactDecimal? {
            guard denominator > 0, numerator >= 0 else { return nil }
            let (numerator, denominator) = (Int128(numerator), Int128(denominator))
            return ExactDecimal((numerator * 20_000 + denominator) / (denominator * 2), exponent: -4)
        }
    }

    /// The workbook as a file (`.xlsx`): the same value gives the same bytes.
    ///
    /// - Throws: `SpreadsheetError`: `unwritable` with sheet and cell for what Excel cannot hold, `unavailable` when libxlsxwriter is not
    ///   installed on this host.
    public func xlsx() throws(SpreadsheetError) -> [UInt8] { try XLSXWriter.write(self) }

    /// Whether this host has the library that writes workbooks (Debian's `libxlsxwriter4`); text files need none.
    public static var canWrite: Bool { XLSXLibrary.isHere }
}
