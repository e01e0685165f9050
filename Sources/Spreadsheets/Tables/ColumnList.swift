/// A table in which each column is a list of names and its heading says what they have in common, as registers list firms by tier:
///
///     第一級 (2家)  第二級 (3家)  第三級(4家)
///     甲           *丁          庚           壬
///     乙           戊           辛           癸
///                  己
///
///     *未達門檻但隸屬於控股公司
///
/// A column with a blank heading goes on with the heading to its left. Nothing is dropped in silence: names under no heading are an error.
public struct ColumnList: Sendable, Hashable {
    /// A name in a column.
    public struct Entry: Sendable, Hashable {
        /// Without its marks, `TextFolding.plain`.
        public let text: String
        /// Signs before or behind it that a note explains: `*`.
        public let marks: [String]
        /// Where it stands.
        public let address: CellAddress
    }

    /// What stands under one heading.
    public struct Group: Sendable, Hashable {
        /// The heading, with the count it states.
        public let heading: Heading
        /// Its columns, from the left, from 0.
        public internal(set) var columns: [Int]
        /// The names: its columns from the left, each from the top.
        public internal(set) var entries: [Entry] = []

        /// Whether as many were found as the heading says; nil when it says nothing.
        public var agrees: Bool? { heading.statedCount.map { $0 == entries.count } }
    }

    /// A row that is no part of the lists.
    public struct Note: Sendable, Hashable {
        /// The mark it explains; nil when it begins with none.
        public let mark: String?
        /// What it says, without the mark.
        public let text: String
        /// Where it stands.
        public let address: CellAddress
    }

    /// From the left.
    public private(set) var groups: [Group] = []
    /// What stands above and below the lists.
    public private(set) var notes: [Note] = []

    /// What a mark means, by the first note that begins with it.
    public func meaning(of mark: String) -> String? { notes.first { $0.mark == mark }?.text }

    /// Entries of one text under several headings, or twice under one: each text with its places.
    public var duplicates: [String: [CellAddress]] {
        var places: [String: [CellAddress]] = [:]
        for entry in groups.flatMap(\.entries) { places[TextFolding.key(entry.text), default: []].append(entry.address) }
        return places.filter { $0.value.count > 1 }
    }

    /// Reads the lists of a grid.
    ///
    /// - Parameters:
    ///   - grid: the cells.
    ///   - headingRow: the row of the headings, from 0; nil takes the first in which two cells say something, and what is above is notes.
    ///     Behind a blank row, rows of several cells go on with the lists, one with a single cell is a note, and so is all that follows it.
    /// - Throws: `SpreadsheetError` when there are no headings, or names under none.
    public init(_ grid: Grid, headingRow: Int? = nil) throws(SpreadsheetError) {
        let headings = try Self.headings(grid, headingRow)
        let merges = MergeIndex(grid)
        var groupOfColumn: [Int: Int] = [:]
        let rows = headings.number...headings.number
        let covered = merges.covering(rows, columns: grid.columnCount)
        for column in HeadingBlock(grid, rows: rows, columns: grid.columnCount, merges: covered).columns {
            guard let heading = column.path.last else { continue }
            if column.part == 0 { groups.append(Group(heading: heading, columns: [])) }
            groupOfColumn[column.index] = groups.count - 1
        }
        var columns: [Int: [Entry]] = [:]
        var last = headings.number
        var isOver = false
        for row in grid.filledRows {
            let cells = row.cells.filter { !$0.value.plainText.isEmpty }
            guard row.number != headings.number, let first = cells.first else { continue }
            let isNote = cells.count == 1 && (row.number > last + 1 || Self.isNote(first, row.number, merges, columns))
            if row.number < headings.number || isOver || isNote {
                isOver = row.number > headings.number
                for cell in cells { notes.append(Self.note(cell.value, CellAddress(row: row.number, column: cell.column))) }
                continue
            }
            last = row.number
            if Self.repeats(headings, cells) { continue }
            for cell in cells {
                let address = CellAddress(row: row.number, column: cell.column)
                guard groupOfColumn[cell.column] != nil else {
                    throw SpreadsheetError(
                        .badHeadings, cell: address, reason: "\(first.value.plainText.prefix(40)) stands under no heading",
                        remedy: "give its column a heading")
                }
                let (marks, text) = Marks.split(cell.value.plainText)
                // A mark alone marks nothing, but it is there.
                let entry = Entry(
                    text: text.isEmpty ? cell.value.plainText : text, marks: text.isEmpty ? [] : marks, address: address)
                columns[cell.column, default: []].append(entry)
            }
        }
        for (column, group) in groupOfColumn.sorted(by: { $0.key < $1.key })
        where columns[column] != nil || groups[group].columns.isEmpty {
            groups[group].columns.append(column)
            groups[group].entries += columns[column] ?? []
        }
    }

    private static func headings(_ grid: Grid, _ wanted: Int?) throws(SpreadsheetError) -> Grid.Row {
        let found =
            wanted.map { grid.row($0) } ?? grid.filledRows.first { row in row.cells.count { !$0.value.plainText.isEmpty } >= 2 }
            ?? grid.filledRows.first { _ in true }
        guard let found else {
            throw SpreadsheetError(
                .badHeadings, cell: wanted.map { CellAddress(row: $0, column: 0) }, reason: "there are no headings here",
                remedy: "put the headings into the first row of the table")
        }
        return found
    }

    /// Whether the only cell of a row directly below the lists is a note: it is merged over several columns, or begins as notes do where its
    /// own column has already ended.
    private static func isNote(_ cell: Grid.Cell, _ row: Int, _ merges: MergeIndex, _ columns: [Int: [Entry]]) -> Bool {
        let address = CellAddress(row: row, column: cell.column)
        if let range = merges.beginning(at: address), range.last.column > range.first.column { return true }
        let goesOn = columns[cell.column]?.last?.address.row == row - 1
        return !goesOn && NoteText.begins(cell.value.plainText) && !columns.isEmpty
    }

    private static func note(_ value: CellValue, _ address: CellAddress) -> Note {
        let (marks, text) = Marks.split(value.plainText)
        return Note(mark: marks.first, text: text, address: address)
    }

    private static func repeats(_ headings: Grid.Row, _ cells: [Grid.Cell]) -> Bool {
        cells.count >= 2
            && cells.allSatisfy { cell in
                headings[cell.column].map { TextFolding.key($0.description) == TextFolding.key(cell.value.description) } ?? false
            }
    }
}

/// Signs at a name that a note explains.
public enum Marks {
    private static let signs: Set<Character> = ["*", "※", "#", "†", "‡", "★", "☆", "◎", "△", "▲", "◆", "＊", "＃"]

    /// Marks before and behind a text, and the text without them. `\*` is a `*` that came from a page of Markdown.
    ///
    /// - Parameter text: `TextFolding.plain`.
    /// - Returns: the marks from the left, and the text; a text of marks only has none.
    public static func split(_ text: String) -> (marks: [String], text: String) {
        var rest = Substring(text)
        var (front, back): ([String], [String]) = ([], [])
        while let first = rest.first {
            if signs.contains(first) {
                front.append(String(first))
                rest = rest.dropFirst()
            } else if first == "\\", rest.dropFirst().first.map(signs.contains) ?? false {
                rest = rest.dropFirst()
            } else if first == " ", !front.isEmpty {
                rest = rest.dropFirst()
            } else {
                break
            }
        }
        while let last = rest.last, signs.contains(last) {
            back.insert(String(last), at: 0)
            rest = rest.dropLast()
            if rest.last == "\\" || rest.last == " " { rest = rest.dropLast() }
        }
        return (front + back, String(rest))
    }
}

/// How notes below a table begin.
enum NoteText {
    private static let words = [
        "註", "备注", "備註", "附註", "說明", "資料來源", "來源:", "※", "note:", "notes:", "source:", "remark:", "製表", "列印",
    ]
    .map { TextFolding.key($0) }

    /// With a word or sign that names do not begin with.
    static func beginsWithWord(_ text: String) -> Bool {
        let key = TextFolding.key(text)
        return words.contains { key.hasPrefix($0) }
    }

    /// Also with a mark that names may have.
    static func begins(_ text: String) -> Bool { !Marks.split(text).marks.isEmpty || beginsWithWord(text) }
}
