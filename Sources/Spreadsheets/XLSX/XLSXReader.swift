/// What a workbook holds.
public struct WorkbookContent: Sendable {
    /// Its sheets, in order.
    public var sheets: [SheetContent]

    /// A workbook's content.
    public init(sheets: [SheetContent]) { self.sheets = sheets }

    /// The first sheet of a name; upper and lower case are one.
    public func sheet(_ name: String) -> SheetContent? { sheets.first { $0.name.lowercased() == name.lowercased() } }

    /// The sheets that people see.
    public var visible: [SheetContent] { sheets.filter { $0.visibility == .visible } }

    /// What `Workbook.metadata` wrote: names and values from the first two columns of a sheet. Empty when there is no such sheet.
    public func metadata(sheet name: String = Workbook.metadataSheet) -> [String: String] {
        guard let grid = sheet(name)?.grid else { return [:] }
        var found: [String: String] = [:]
        for row in grid.filledRows {
            if let key = row[0], found[key.description] == nil { found[key.description] = row[1]?.description ?? "" }
        }
        return found
    }
}

/// What a sheet holds.
public struct SheetContent: Sendable {
    /// Who sees a sheet.
    public enum Visibility: String, Sendable {
        /// Everyone.
        case visible
        /// Nobody, until someone has it shown.
        case hidden
        /// Nobody, and only a program can show it.
        case veryHidden = "very-hidden"
    }

    /// Its name; empty for a text file.
    public var name: String
    /// Who sees it.
    public var visibility: Visibility
    /// Its cells.
    public var grid: Grid

    /// A sheet's content.
    public init(name: String, visibility: Visibility = .visible, grid: Grid) {
        (self.name, self.visibility, self.grid) = (name, visibility, grid)
    }
}

/// Reads workbooks in the format of Office Open XML (`.xlsx`, ECMA-376, also its strict form), whoever wrote them.
public enum XLSXReader {
    /// The content of a workbook.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - limits: what is accepted at most.
    /// - Returns: all sheets with cells; sheets that only hold charts are left out.
    /// - Throws: `SpreadsheetError`, with sheet and cell where it concerns them.
    public static func read(_ bytes: [UInt8], limits: SpreadsheetLimits = .upload) throws(SpreadsheetError) -> WorkbookContent {
        guard bytes.count <= limits.bytes else {
            throw SpreadsheetError(
                .tooLarge, reason: "the file has \(bytes.count) bytes; at most \(limits.bytes) are read",
                remedy: "split the workbook")
        }
        switch FileKind(bytes) {
        case .archive: break
        case .compound: throw FileKind.oldWorkbook
        case .other:
            throw SpreadsheetError(.unknownFormat, reason: "the file is no workbook", remedy: "save it as .xlsx or as CSV")
        }
        let archive = try Archive(bytes, limits: limits)
        let root = try Relations(of: "", in: archive, limits: limits)
        let main = root.first("officeDocument")?.target ?? "xl/workbook.xml"
        guard archive.has(main), !main.hasSuffix(".bin") else { throw refusal(of: archive, main) }
        let book = try BookScanner(part: main, limits: limits)
        _ = try archive.read(main, into: book)
        guard !book.sheets.isEmpty else { throw structure("the workbook lists no sheets") }
        let relations = try Relations(of: main, in: archive, limits: limits)

        let shared = try SharedTextScanner(part: relations.first("sharedStrings")?.target ?? "", limits: limits)
        if let part = relations.first("sharedStrings")?.target, try !archive.read(part, into: shared) {
            throw structure("the workbook's shared texts (\(part)) are not in the archive")
        }
        let styles = try StylesScanner(part: relations.first("styles")?.target ?? "", limits: limits)
        if let part = relations.first("styles")?.target, try !archive.read(part, into: styles) {
            throw structure("the workbook's styles (\(part)) are not in the archive")
        }
        var content = WorkbookContent(sheets: [])
        var room = limits.cells
        for listed in book.sheets {
            guard let relation = relations.byID[listed.relation] else {
                throw structure("the workbook refers to sheet data that is not there").inSheet(listed.name)
            }
            guard relation.type == "worksheet" else { continue }
            do throws(SpreadsheetError) {
                let scanner = try SheetScanner(
                    part: relation.target, limits: limits, texts: shared.texts, kinds: styles.kinds,
                    countsFrom1904: book.countsFrom1904, room: room)
                guard try archive.read(relation.target, into: scanner) else {
                    throw structure("the sheet's data (\(relation.target)) is not in the archive")
                }
                let grid = try scanner.finished()
                room -= grid.cellCount
                content.sheets.append(SheetContent(name: listed.name, visibility: listed.visibility, grid: grid))
            } catch {
                throw error.inSheet(listed.name)
            }
        }
        return content
    }

    private static func structure(_ reason: String) -> SpreadsheetError {
        SpreadsheetError(
            .badStructure, reason: reason, remedy: "open the file in a spreadsheet program and save it again as .xlsx")
    }

    private static func refusal(of archive: Archive, _ main: String) -> SpreadsheetError {
        let reason =
            if main.hasSuffix(".bin") || archive.has("xl/workbook.bin") {
                "the file is a binary workbook (.xlsb)"
            } else if archive.has("content.xml") {
                "the file is an OpenDocument file (.ods)"
            } else {
                "the archive holds no workbook"
            }
        return SpreadsheetError(.unknownFormat, reason: reason, remedy: "save it as .xlsx or as CSV")
    }
}

/// What a file is, by its first bytes.
enum FileKind {
    /// A ZIP archive, as workbooks are.
    case archive
    /// The container of old Office files, and of new ones with a password.
    case compound
    /// Anything else: perhaps text.
    case other

    init(_ bytes: [UInt8]) {
        if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
            self = .archive
        } else if bytes.starts(with: [0xD0, 0xCF, 0x11, 0xE0]) {
            self = .compound
        } else {
            self = .other
        }
    }

    static var oldWorkbook: SpreadsheetError {
        SpreadsheetError(
            .unknownFormat, reason: "the file is an old workbook (.xls), or one with a password",
            remedy: "save it as .xlsx without a password, or as CSV")
    }
}

/// Reads a table of any format that is understood.
public enum TableFile {
    /// The content of a workbook or of a text file with separators, told apart by their bytes, not by a name.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - limits: what is accepted at most.
    /// - Returns: the sheets; one without a name for a text file.
    /// - Throws: `SpreadsheetError`.
    public static func read(_ bytes: [UInt8], limits: SpreadsheetLimits = .upload) throws(SpreadsheetError) -> WorkbookContent {
        switch FileKind(bytes) {
        case .archive: return try XLSXReader.read(bytes, limits: limits)
        case .compound: throw FileKind.oldWorkbook
        case .other:
            return WorkbookContent(sheets: [SheetContent(name: "", grid: try CSVReader.read(bytes, limits: limits).grid)])
        }
    }
}
