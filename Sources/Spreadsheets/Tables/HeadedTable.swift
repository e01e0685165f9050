/// A table whose rows are records: each value by its heading, with the cell it came from, so that an importer can say "row 5, column C".
///
/// Understood are titles above, headings of several rows (merged, or with blanks that go on with what is to the left), headings repeated within,
/// values merged over several rows, totals and notes. Nothing is dropped in silence: what is no record is in `totals`, `asides` or `unheaded`.
public struct HeadedTable: Sendable {
    /// A column under headings.
    public struct Column: Sendable, Hashable {
        /// From 0.
        public let index: Int
        /// Its headings, from the top.
        public let path: [Heading]
        /// 0 for the first column under its heading, 1 for the next, which has no heading of its own and goes on with it.
        public let part: Int
        /// Which of the expected headings it is; nil for none of them.
        public let id: String?

        /// The lowest heading.
        public var heading: Heading? { path.last }
    }

    /// A value of a record.
    public struct Field: Sendable, Hashable {
        /// Which of the table's `columns`.
        public let position: Int
        /// What the cell holds.
        public let value: CellValue
        /// The cell that holds it: of a merged range its first, which may be in a row above.
        public let address: CellAddress
    }

    /// A row of the table.
    public struct Record: Sendable {
        /// Its row, from 0.
        public let row: Int
        /// Its values, from the left; cells that hold nothing have none.
        public let fields: [Field]
        fileprivate let names: Names

        /// The value under a heading: an expected one by its id, any by its name or by its path with `/` between. Of several columns under one
        /// heading the first that holds something; nil when none does.
        public subscript(name: String) -> Field? {
            let positions = names.positions(name)
            return fields.first { positions.contains($0.position) }
        }

        /// All values under a heading.
        public func all(_ name: String) -> [Field] {
            let positions = names.positions(name)
            return fields.filter { positions.contains($0.position) }
        }
    }

    /// A row that is no record.
    public struct Aside: Sendable, Hashable {
        /// What it is.
        public enum Kind: String, Sendable {
            /// Above or below the table, or across it.
            case note
            /// The headings once more, as on each page of a long table.
            case repeatedHeading = "repeated-heading"
        }

        /// What it is.
        public let kind: Kind
        /// Its first cell that says something.
        public let address: CellAddress
        /// What its cells say.
        public let texts: [String]
    }

    /// Which rows the headings are in, from 0.
    public let headingRows: ClosedRange<Int>
    /// From the left; only those with headings.
    public let columns: [Column]
    /// The records, from the top.
    public private(set) var records: [Record] = []
    /// Rows that add up others (合計, 小計, total).
    public private(set) var totals: [Record] = []
    /// Rows that are neither.
    public private(set) var asides: [Aside] = []
    /// Cells below the headings that are under none.
    public private(set) var unheaded: [CellAddress] = []
    private let names: Names

    /// Reads the table of a grid.
    ///
    /// - Parameters:
    ///   - grid: the cells.
    ///   - headings: where the headings are.
    ///   - fillsDown: headings whose blank cells repeat the value above, as in lists that say a name only once; cells that are merged do so
    ///     in any column.
    /// - Throws: `SpreadsheetError` when headings are not there, or stand there twice.
    public init(_ grid: Grid, headings: HeadingPlace, fillsDown: [String] = []) throws(SpreadsheetError) {
        let merges = MergeIndex(grid)
        (headingRows, columns) = try HeadingSearch(grid, merges).find(headings)
        names = Names(columns)
        var filler = Filler(columns, merges.tall(below: headingRows.upperBound), fills: fillsDown.flatMap(names.positions))
        let repeated = headingRows.compactMap { grid.row($0) }
        var last = headingRows.upperBound
        for row in grid.filledRows where !headingRows.contains(row.number) {
            let cells = row.cells.filter { !$0.value.plainText.isEmpty }
            guard let first = cells.first else { continue }
            let address = CellAddress(row: row.number, column: first.column)
            if row.number < headingRows.lowerBound {
                asides.append(Aside(kind: .note, address: address, texts: cells.map(\.value.plainText)))
                continue
            }
            let isGap = row.number > last + 1
            last = row.number
            if repeated.contains(where: { Self.repeats($0, cells) }) {
                asides.append(Aside(kind: .repeatedHeading, address: address, texts: cells.map(\.value.plainText)))
            } else if isNote(cells, isGap, merges.beginning(at: address)) {
                asides.append(Aside(kind: .note, address: address, texts: cells.map(\.value.plainText)))
            } else {
                let fields = fields(row, &filler)
                guard !fields.isEmpty else { continue }
                let record = Record(row: row.number, fields: fields, names: names)
                if Self.totalWords.contains(TextFolding.key(first.value.description)) {
                    totals.append(record)
                } else {
                    records.append(record)
                }
            }
        }
    }

    /// Positions in `columns` under a heading, as `Record` finds them.
    public func positions(_ name: String) -> [Int] { names.positions(name) }

    private mutating func fields(_ row: Grid.Row, _ filler: inout Filler) -> [Field] {
        var fields: [Field] = []
        fields.reserveCapacity(columns.count)
        var index = row.cells.startIndex
        for (position, column) in columns.enumerated() {
            while index < row.cells.endIndex, row.cells[index].column < column.index {
                unheaded.append(CellAddress(row: row.number, column: row.cells[index].column))
                index += 1
            }
            if index < row.cells.endIndex, row.cells[index].column == column.index {
                let field = Field(
                    position: position, value: row.cells[index].value, address: CellAddress(row: row.number, column: column.index)
                )
                index += 1
                fields.append(field)
                filler.saw(field, row.number)
            } else if let filled = filler.fill(position, row.number) {
                fields.append(filled)
            }
        }
        while index < row.cells.endIndex {
            unheaded.append(CellAddress(row: row.number, column: row.cells[index].column))
            index += 1
        }
        return fields
    }

    private static let totalWords = Set(
        ["合計", "總計", "小計", "共計", "總和", "加總", "total", "totals", "subtotal", "grand total", "sum"].map { TextFolding.key($0) })

    private static func repeats(_ headings: Grid.Row, _ cells: [Grid.Cell]) -> Bool {
        cells.count >= 2
            && cells.allSatisfy { cell in
                headings[cell.column].map { TextFolding.key($0.description) == TextFolding.key(cell.value.description) } ?? false
            }
    }

    /// Whether a row is a note: one cell beside several columns, which is merged over more than one of them, or begins as notes do, or comes
    /// after a blank row.
    private func isNote(_ cells: [Grid.Cell], _ isGap: Bool, _ merge: CellRange?) -> Bool {
        guard cells.count == 1, columns.count > 1, let text = cells.first?.value.plainText else { return false }
        if let merge, merge.last.column > merge.first.column { return true }
        return isGap || NoteText.beginsWithWord(text)
    }
}

/// Positions by heading.
private struct Names: Sendable {
    private var byKey: [String: [Int]] = [:]

    init(_ columns: [HeadedTable.Column]) {
        for (position, column) in columns.enumerated() {
            var keys: Set<String> = []
            if let id = column.id { keys.insert(id) }
            if let last = column.path.last { keys.formUnion([last.key, TextFolding.key(last.text)]) }
            for start in column.path.indices { keys.insert(column.path[start...].map(\.key).joined(separator: "/")) }
            for key in keys { byKey[key, default: []].append(position) }
        }
    }

    func positions(_ name: String) -> [Int] { byKey[name] ?? byKey[TextFolding.key(name)] ?? [] }
}

/// Gives blank cells the value that stands above them, where it is merged over them or where the importer wants it so.
private struct Filler {
    private let columns: [HeadedTable.Column]
    private var tall: [[CellRange]]
    private let fills: Set<Int>
    private var seen: [HeadedTable.Field?]
    private var next: [Int]

    init(_ columns: [HeadedTable.Column], _ ranges: [Int: [CellRange]], fills: [Int]) {
        self.columns = columns
        tall = columns.map { ranges[$0.index] ?? [] }
        self.fills = Set(fills)
        seen = Array(repeating: nil, count: columns.count)
        next = Array(repeating: 0, count: columns.count)
    }

    mutating func saw(_ field: HeadedTable.Field, _ row: Int) {
        if !tall[field.position].isEmpty || fills.contains(field.position) { seen[field.position] = field }
    }

    mutating func fill(_ position: Int, _ row: Int) -> HeadedTable.Field? {
        if fills.contains(position) { return seen[position] }
        let ranges = tall[position]
        while next[position] < ranges.count, ranges[next[position]].last.row < row { next[position] += 1 }
        guard next[position] < ranges.count, ranges[next[position]].first.row < row, let seen = seen[position],
            seen.address == ranges[next[position]].first
        else { return nil }
        return seen
    }
}
