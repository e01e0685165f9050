/// Writes text files with separators (CSV, RFC 4180), for spreadsheet programs to open.
public struct CSVWriter: Sendable {
    /// The file so far.
    public private(set) var bytes: [UInt8]
    private let separator: UInt8

    /// An empty file.
    ///
    /// - Parameters:
    ///   - marked: whether it begins with the mark that tells spreadsheet programs that it is UTF-8.
    ///   - separator: what separates the cells: `,`, `;` or a tab.
    public init(marked: Bool = true, separator: Character = ",") {
        bytes = marked ? Array("\u{FEFF}".utf8) : []
        self.separator = separator.asciiValue ?? 0x2C
    }

    /// Adds a record.
    public mutating func write(_ cells: [String]) {
        for (index, cell) in cells.enumerated() {
            if index > 0 { bytes.append(separator) }
            bytes.append(contentsOf: Self.cell(cell, separator: Character(Unicode.Scalar(separator))).utf8)
        }
        bytes.append(0x0D)
        bytes.append(0x0A)
    }

    /// A cell; one that a spreadsheet program would take for a formula is made a text by an apostrophe before it.
    ///
    /// - Parameters:
    ///   - text: what the cell says.
    ///   - separator: what separates the cells.
    /// - Returns: the cell, in quotes where it must be.
    public static func cell(_ text: String, separator: Character = ",") -> String {
        let text = isGuarded(text) ? "'" + text : text
        return mustBeQuoted(text, separator) ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
    }

    private static func mustBeQuoted(_ text: String, _ separator: Character) -> Bool {
        if text.contains(where: { $0 == separator || $0 == "\"" || $0.isNewline }) || text.first == " " || text.last == " " {
            return true
        }
        // At the very beginning of a file these would be its mark, or the line that names the separator.
        return text.unicodeScalars.first == "\u{FEFF}" || text.hasPrefix("sep=")
    }

    /// Whether an apostrophe is put before it: before what looks like a formula, and before what would look like one that was guarded.
    static func isGuarded(_ text: String) -> Bool { looksLikeFormula(String(text.drop { $0 == "'" })) }

    /// Whether a spreadsheet program might calculate it: it begins with a sign that formulas begin with, in ASCII or full-width, and is no
    /// number.
    private static func looksLikeFormula(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, starts.contains(first) else { return false }
        return first == "+" || ExactDecimal(text) == nil
    }

    private static let starts: Set<Unicode.Scalar> = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]
}
