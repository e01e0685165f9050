/// What a text file with separators holds.
public struct CSVContent: Sendable {
    /// Its cells; a record is a row.
    public var grid: Grid
    /// In what encoding it was.
    public var encoding: TextEncoding
    /// What separates the cells: `,`, `;` or a tab.
    public var separator: Character
}

/// Reads text files with separators (CSV, RFC 4180, and TSV) as spreadsheet programs write them.
///
/// Understood beyond the standard: a first line `sep=;`, semicolons and tabs (found by the first record), lines that end with LF or CR, quotes
/// within a cell that does not start with one (`5" disk`).
public enum CSVReader {
    /// How a file is read.
    public struct Options: Sendable {
        /// What separates the cells; nil finds it by the first record.
        public var separator: Character?
        /// Whether the apostrophe goes away that `CSVWriter` puts before what looks like a formula.
        public var removesGuards = false

        /// The usual way.
        public init(separator: Character? = nil, removesGuards: Bool = false) {
            (self.separator, self.removesGuards) = (separator, removesGuards)
        }
    }

    /// The content of a file.
    ///
    /// - Parameters:
    ///   - bytes: the whole file: UTF-8, UTF-16 with a mark, or Big5.
    ///   - options: how it is read.
    ///   - limits: what is accepted at most.
    /// - Returns: the cells with something in them, all texts.
    /// - Throws: `SpreadsheetError` with line and column.
    public static func read(
        _ bytes: [UInt8], options: Options = Options(), limits: SpreadsheetLimits = .upload
    ) throws(SpreadsheetError) -> CSVContent {
        guard bytes.count <= limits.bytes else {
            throw SpreadsheetError(
                .tooLarge, reason: "the file has \(bytes.count) bytes; at most \(limits.bytes) are read", remedy: "split the file"
            )
        }
        switch FileKind(bytes) {
        case .other: break
        case .compound: throw FileKind.oldWorkbook
        case .archive:
            throw SpreadsheetError(
                .unknownFormat, reason: "the file is a workbook or an archive, no text", remedy: "save it as CSV")
        }
        let (text, encoding) = try TextDecoding.decode(bytes)
        var start = 0
        var separator = options.separator?.asciiValue
        if text.starts(with: Array("sep=".utf8)), text.count > 5, text[5] == 0x0A || text[5] == 0x0D {
            separator = separator ?? text[4]
            start = text[5] == 0x0D && text.count > 6 && text[6] == 0x0A ? 7 : 6
        }
        let found = separator ?? detect(text, from: start)
        var reader = CSVParser(text: text, index: start, separator: found, options: options, limits: limits)
        let grid = try reader.grid()
        return CSVContent(grid: grid, encoding: encoding, separator: Character(Unicode.Scalar(found)))
    }

    /// The separator that is most often outside of quotes in the first record with something in it; a comma when there is none.
    private static func detect(_ text: [UInt8], from start: Int) -> UInt8 {
        var counts: [UInt8: Int] = [:]
        var (isQuoted, isEmpty) = (false, true)
        for byte in text[start...] {
            if byte == 0x22 { isQuoted.toggle() }
            if !isQuoted, byte == 0x0A || byte == 0x0D {
                if isEmpty { continue }
                break
            }
            isEmpty = false
            if !isQuoted, byte == 0x2C || byte == 0x3B || byte == 0x09 { counts[byte, default: 0] += 1 }
        }
        return [0x2C, 0x3B, 0x09].max { (counts[$0] ?? 0, $0 == 0x2C ? 1 : 0) < (counts[$1] ?? 0, $1 == 0x2C ? 1 : 0) } ?? 0x2C
    }
}

private struct CSVParser {
    let text: [UInt8]
    var index: Int
    let separator: UInt8
    let options: CSVReader.Options
    let limits: SpreadsheetLimits
    private var row = 0
    private var column = 0
    private var buffer: [UInt8] = []
    private var cells = Grid()

    init(text: [UInt8], index: Int, separator: UInt8, options: CSVReader.Options, limits: SpreadsheetLimits) {
        (self.text, self.index, self.separator, self.options, self.limits) = (text, index, separator, options, limits)
    }

    mutating func grid() throws(SpreadsheetError) -> Grid {
        while index < text.count {
            try cell()
            guard index < text.count else { break }
            let byte = text[index]
            index += 1
            if byte == separator {
                column += 1
                guard column < limits.columns else { throw tooLarge("a record has more than \(limits.columns) cells") }
            } else {
                if byte == 0x0D, index < text.count, text[index] == 0x0A { index += 1 }
                (row, column) = (row + 1, 0)
                guard row < limits.rows || index == text.count else {
                    throw tooLarge("the file has more than \(limits.rows) records")
                }
            }
        }
        return cells
    }

    /// Reads a cell up to what ends it.
    private mutating func cell() throws(SpreadsheetError) {
        buffer.removeAll(keepingCapacity: true)
        if text[index] == 0x22 { try quoted() }
        let from = index
        while index < text.count, text[index] != separator, text[index] != 0x0A, text[index] != 0x0D {
            guard text[index] != 0 else {
                throw error(.badCell, at: index, "a zero byte is in the text", "save the file as text")
            }
            index += 1
        }
        if index > from { buffer.append(contentsOf: text[from..<index]) }
        guard buffer.count <= limits.textBytes else { throw tooLarge("a cell has more than \(limits.textBytes) bytes") }
        if options.removesGuards, buffer.first == 0x27, CSVWriter.isGuarded(String(decoding: buffer.dropFirst(), as: UTF8.self)) {
            buffer.removeFirst()
        }
        guard !buffer.isEmpty else { return }
        guard cells.cellCount < limits.cells else { throw tooLarge("the file has more than \(limits.cells) cells") }
        cells.append(.text(String(decoding: buffer, as: UTF8.self)), row: row, column: column)
    }

    /// Reads from a quote to the one that ends it.
    private mutating func quoted() throws(SpreadsheetError) {
        let opening = index
        index += 1
        while true {
            let from = index
            while index < text.count, text[index] != 0x22, text[index] != 0 { index += 1 }
            buffer.append(contentsOf: text[from..<index])
            guard index < text.count else {
                throw error(
                    .badQuoting, at: opening, "the quote that begins here does not end",
                    "close it, or double quotes within a cell")
            }
            guard text[index] != 0 else {
                throw error(.badCell, at: index, "a zero byte is in the text", "save the file as text")
            }
            index += 1
            guard index < text.count, text[index] == 0x22 else { break }
            buffer.append(0x22)
            index += 1
        }
        guard index == text.count || text[index] == separator || text[index] == 0x0A || text[index] == 0x0D else {
            throw error(
                .badQuoting, at: index, "something stands behind the quote that ends the cell", "double quotes within a cell")
        }
    }

    private func tooLarge(_ reason: String) -> SpreadsheetError { error(.tooLarge, at: index, reason, "split the file") }

    private func error(_ code: SpreadsheetError.Code, at offset: Int, _ reason: String, _ remedy: String) -> SpreadsheetError {
        var (line, start, position) = (1, 0, 0)
        let end = min(offset, text.count)
        while position < end {
            // CR, LF and both together end one line each.
            if text[position] == 0x0D || text[position] == 0x0A {
                if text[position] == 0x0D, position + 1 < end, text[position + 1] == 0x0A { position += 1 }
                (line, start) = (line + 1, position + 1)
            }
            position += 1
        }
        let characters = String(decoding: text[start..<max(start, end)], as: UTF8.self).count
        return SpreadsheetError(
            code, cell: CellAddress(row: row, column: column), place: TextPlace(line: line, column: characters + 1),
            reason: reason,
            remedy: remedy)
    }
}
