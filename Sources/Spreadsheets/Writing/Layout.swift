/// Where everything of a sheet goes, before anything is written.
struct SheetLayout {
    /// A column as the file has it; a column of rates is three.
    struct Column {
        enum Part { case whole, numerator, denominator, percent }

        /// Which of the sheet's columns.
        var index: Int
        var part: Part
        /// Its headings, from the top.
        var path: [String]
    }

    /// A heading: one cell, or several that are merged.
    struct HeadingCell: Equatable {
        var range: CellRange
        var text: String
        /// Whether it has others below it.
        var isGroup: Bool
    }

    let columns: [Column]
    /// Rows of the headings, from 0.
    let headings: Range<Int>
    /// Rows of the table.
    let rows: Range<Int>
    /// First row of the notes.
    let notes: Int

    init(_ sheet: Workbook.Sheet) throws(SpreadsheetError) {
        columns = sheet.columns.enumerated().flatMap { index, column in
            switch column.kind {
            case .rate(let numerator, let denominator, let percent):
                [
                    Column(index: index, part: .numerator, path: column.headings + [numerator]),
                    Column(index: index, part: .denominator, path: column.headings + [denominator]),
                    Column(index: index, part: .percent, path: column.headings + [percent]),
                ]
            default: [Column(index: index, part: .whole, path: column.headings)]
            }
        }
        let depth = columns.map(\.path.count).max() ?? 0
        let top = sheet.titles.isEmpty ? 0 : sheet.titles.count + 1
        headings = top..<top + depth
        rows = headings.upperBound..<headings.upperBound + sheet.rows.count
        notes = rows.upperBound + (sheet.notes.isEmpty ? 0 : 1)
        func refuse(_ reason: String) -> SpreadsheetError {
            SpreadsheetError(
                .unwritable, sheet: sheet.name, reason: reason, remedy: "write fewer, or split them over several sheets")
        }
        guard notes + sheet.notes.count <= CellAddress.rowLimit else { throw refuse("more rows than a sheet can have") }
        guard columns.count <= CellAddress.columnLimit else { throw refuse("more columns than a sheet can have") }
        for (number, row) in sheet.rows.enumerated() where row.count > sheet.columns.count {
            throw SpreadsheetError(
                .unwritable, sheet: sheet.name, cell: CellAddress(row: rows.lowerBound + number, column: columns.count),
                reason: "the row has \(row.count) cells, but there are \(sheet.columns.count) columns",
                remedy: "write a cell for each column")
        }
    }

    /// The headings with their ranges. Columns side by side that begin alike share those headings; a heading without others below reaches
    /// down to the table.
    var headingCells: [HeadingCell] {
        var cells: [HeadingCell] = []
        for level in 0..<headings.count {
            var from = 0
            while from < columns.count {
                guard level < columns[from].path.count else {
                    from += 1
                    continue
                }
                var to = from
                while to + 1 < columns.count, shares(from, to + 1, level) { to += 1 }
                let isLast = level == columns[from].path.count - 1
                let first = CellAddress(row: headings.lowerBound + level, column: from)
                let last = CellAddress(row: isLast ? headings.upperBound - 1 : first.row, column: to)
                cells.append(HeadingCell(range: CellRange(first, last), text: columns[from].path[level], isGroup: !isLast))
                from = to + 1
            }
        }
        return cells
    }

    private func shares(_ one: Int, _ other: Int, _ level: Int) -> Bool {
        let (left, right) = (columns[one].path, columns[other].path)
        return level < right.count && left[...level] == right[...level] && (left.count == level + 1) == (right.count == level + 1)
    }
}
