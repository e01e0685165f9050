/// What a cell holds. A cell without anything is no value at all.
public enum CellValue: Sendable, Hashable {
    /// A text, as written.
    case text(String)
    /// A number that is no date.
    case number(CellNumber)
    /// Yes or no of the spreadsheet's own.
    case boolean(Bool)
    /// A day, perhaps with a time.
    case date(CellDate)
    /// A time of no day, or a length of time, in milliseconds.
    case time(Int)
    /// What a formula came to that failed: `#N/A`, `#DIV/0!`.
    case error(String)
}

/// A number as the file wrote it.
public struct CellNumber: Sendable, Hashable {
    /// The characters in the file: `0.30000000000000004`.
    public let written: String
    /// Whether the cell shows it times a hundred, with %: 0.8182 as 81.82%.
    public let isPercent: Bool

    /// A number; nil when the text is none.
    public init?(_ written: String, isPercent: Bool = false) {
        var text = written
        guard text.withUTF8({ DecimalDigits($0) != nil }) else { return nil }
        (self.written, self.isPercent) = (text, isPercent)
    }

    init(checked: String, isPercent: Bool) { (written, self.isPercent) = (checked, isPercent) }

    /// What was meant: as written, but rounded half up to 15 significant digits when there are more behind a point, because spreadsheet
    /// programs calculate in binary and write what comes out. Nil beyond the range of `ExactDecimal`.
    public var decimal: ExactDecimal? {
        var text = written
        return text.withUTF8 { DecimalDigits($0)?.sensible }
    }
}

extension CellValue: CustomStringConvertible {
    /// The value as a text: texts as written, numbers as meant, days as ISO dates.
    public var description: String {
        switch self {
        case .text(let text): text
        case .number(let number): number.decimal.map(\.description) ?? number.written
        case .boolean(let bool): bool ? "TRUE" : "FALSE"
        case .date(let date): date.description
        case .time(let millisecond): clock(millisecond)
        case .error(let code): code
        }
    }
}
