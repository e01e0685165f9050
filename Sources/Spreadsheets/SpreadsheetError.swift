/// Why a table was refused, or could not be written: what, where, and what to do about it. Nothing of a refused file is used.
public struct SpreadsheetError: Error, Sendable, Equatable {
    /// The kinds of refusal, for programs; the sentences are for people.
    public enum Code: String, Sendable {
        /// Neither a workbook nor text: an old `.xls`, a file with a password, something else.
        case unknownFormat = "unknown-format"
        /// A limit of `SpreadsheetLimits` was passed.
        case tooLarge = "too-large"
        /// The archive is damaged or built to deceive.
        case badArchive = "bad-archive"
        /// The XML within is damaged, or uses what no workbook needs (a document type, entities).
        case badXML = "bad-xml"
        /// Parts contradict each other: a missing sheet, an index out of range, rows out of order.
        case badStructure = "bad-structure"
        /// A cell says something that its type cannot be.
        case badCell = "bad-cell"
        /// Bytes that are no text in any encoding that is read.
        case badEncoding = "bad-encoding"
        /// Quotes of a CSV file that do not match.
        case badQuoting = "bad-quoting"
        /// The headings asked for are not there, or are there twice.
        case badHeadings = "bad-headings"
        /// What was to be written does not fit a workbook.
        case unwritable
        /// A library or system service that writing needs is not there.
        case unavailable
    }

    /// What kind of refusal.
    public var code: Code
    /// The sheet; empty for a CSV file, or when it concerns the whole file.
    public var sheet: String
    /// The cell, when it concerns one.
    public var cell: CellAddress?
    /// Line and column of a text file, both from 1, the column counted in characters; nil when it concerns no place in one.
    public var place: TextPlace?
    /// What was wrong, in a sentence.
    public var reason: String
    /// What to do about it, in a sentence.
    public var remedy: String

    /// A refusal.
    public init(
        _ code: Code, sheet: String = "", cell: CellAddress? = nil, place: TextPlace? = nil, reason: String, remedy: String
    ) {
        (self.code, self.sheet, self.cell, self.place, self.reason, self.remedy) = (code, sheet, cell, place, reason, remedy)
    }

    /// The same refusal, with the sheet named.
    func inSheet(_ name: String) -> SpreadsheetError {
        var named = self
        if named.sheet.isEmpty { named.sheet = name }
        return named
    }
}

/// A place in a text file.
public struct TextPlace: Sendable, Hashable {
    /// From 1.
    public var line: Int
    /// From 1, in characters (bytes where the text could not be decoded).
    public var column: Int

    /// A place.
    public init(line: Int, column: Int) { (self.line, self.column) = (line, column) }
}

extension SpreadsheetError: CustomStringConvertible {
    /// `'SHEET'!B7: reason; remedy [code]` or `LINE:COLUMN: …`
    public var description: String {
        var place = ""
        if !sheet.isEmpty { place = "'\(sheet)'" }
        if let cell { place += place.isEmpty ? "\(cell)" : "!\(cell)" }
        if let text = self.place { place += "\(text.line):\(text.column)" }
        return "\(place.isEmpty ? "" : place + ": ")\(reason); \(remedy) [\(code.rawValue)]"
    }
}

/// What the readers accept at most. What is beyond a limit is refused before memory is spent on it.
public struct SpreadsheetLimits: Sendable {
    /// Largest file, in bytes.
    public var bytes: Int
    /// Most entries of the archive.
    public var entries: Int
    /// Largest part of the archive once unpacked, in bytes.
    public var partBytes: Int
    /// All parts that are read, unpacked, in bytes.
    public var unpackedBytes: Int
    /// Most times a part may grow when it is unpacked; parts below 1 MiB may grow more.
    public var growth: Int
    /// Deepest nesting of XML elements.
    public var depth: Int
    /// Longest single token of XML (a tag with its attributes), in bytes.
    public var tokenBytes: Int
    /// Most sheets.
    public var sheets: Int
    /// Rows that are understood, at most those of Excel.
    public var rows: Int
    /// Columns that are understood, at most those of Excel.
    public var columns: Int
    /// Most cells with something in them, over all sheets.
    public var cells: Int
    /// Longest text of one cell, in bytes of UTF-8. Excel ends at 32,767 characters.
    public var textBytes: Int
    /// Most merged ranges of a sheet.
    public var merges: Int

    /// For files that people upload: 32 MiB, unpacked 512 MiB, 2 million cells.
    public static let upload = SpreadsheetLimits(
        bytes: 32 << 20, entries: 2_000, partBytes: 256 << 20, unpackedBytes: 512 << 20, growth: 300, depth: 64,
        tokenBytes: 1 << 20, sheets: 256, rows: CellAddress.rowLimit, columns: CellAddress.columnLimit, cells: 2_000_000,
        textBytes: 4 * 32_767, merges: 100_000)
}
