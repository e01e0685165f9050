/// A heading that an importer looks for.
public struct ExpectedHeading: Sendable, Hashable {
    /// What the importer calls it.
    public var id: String
    /// How people write it, compared by `TextFolding.key`; with `/` between the headings of several rows (`第一級/是`).
    public var names: [String]
    /// Whether a table without it is refused.
    public var isRequired: Bool

    /// A heading.
    public init(_ id: String, _ names: [String], isRequired: Bool = true) {
        (self.id, self.names, self.isRequired) = (id, names, isRequired)
    }
}

/// Where the headings of a table are.
public enum HeadingPlace: Sendable, Hashable {
    /// These rows, from 0.
    case rows(ClosedRange<Int>)
    /// The rows in which most of these are found, among the first 50 and of three rows at most; rows above that spread over several
    /// columns belong to them.
    case named([ExpectedHeading])
    /// The first row in which two cells say something, with those below as long as headings above have blanks to their right or reach
    /// down, and texts stand below. A table whose blank headings only go on (`ColumnList`) looks the same: name its rows.
    case first
}

/// Finds the headings of a table.
struct HeadingSearch {
    let grid: Grid
    private let merges: MergeIndex
    private let covered: [CellAddress: CellRange]
    /// Rows that are looked at.
    private static let depth = 50
    /// Most rows of headings that are searched for.
    private static let mostRows = 3

    init(_ grid: Grid, _ merges: MergeIndex) {
        (self.grid, self.merges) = (grid, merges)
        covered = merges.covering(0...Self.depth + Self.mostRows, columns: grid.columnCount)
    }

    private func block(_ rows: ClosedRange<Int>) -> HeadingBlock {
        let covered = rows.upperBound <= Self.depth ? covered : merges.covering(rows, columns: grid.columnCount)
        return HeadingBlock(grid, rows: rows, columns: grid.columnCount, merges: covered)
    }

    /// The rows, the columns under them, and which expected heading each column is.
    func find(_ place: HeadingPlace) throws(SpreadsheetError) -> (ClosedRange<Int>, [HeadedTable.Column]) {
        switch place {
        case .rows(let rows):
            guard rows.lowerBound >= 0, rows.count <= 20, rows.upperBound < grid.rowCount else { throw nothing() }
            return (rows, columns(block(rows), [:]))
        case .first:
            guard let rows = firstRows() else { throw nothing() }
            return (rows, columns(block(rows), [:]))
        case .named(let expected): return try named(expected)
        }
    }

    private func nothing() -> SpreadsheetError {
        SpreadsheetError(
            .badHeadings, reason: "the table has no headings where they are looked for",
            remedy: "put the headings above the table")
    }

    private func columns(_ block: HeadingBlock, _ ids: [Int: String]) -> [HeadedTable.Column] {
        block.columns.map { HeadedTable.Column(index: $0.index, path: $0.path, part: $0.part, id: ids[$0.index]) }
    }

    private func filled(_ row: Int) -> [Grid.Cell] { grid.row(row)?.cells.filter { !$0.value.plainText.isEmpty } ?? [] }

    private func firstRows() -> ClosedRange<Int>? {
        guard
            let top = grid.filledRows.first(where: { filled($0.number).count >= 2 })?.number
                ?? grid.filledRows.first(where: { _ in true })?.number
        else { return nil }
        var bottom = top
        while bottom - top + 1 < Self.mostRows {
            let next = filled(bottom + 1)
            guard !next.isEmpty, next.allSatisfy({ if case .text = $0.value { true } else { false } }), isOpen(top...bottom, next)
            else {
                break
            }
            bottom += 1
        }
        return top...bottom
    }

    /// Whether headings go on below these rows: one reaches down, or texts stand under blanks to the right of one.
    private func isOpen(_ rows: ClosedRange<Int>, _ next: [Grid.Cell]) -> Bool {
        for column in 0..<grid.columnCount {
            let below = CellAddress(row: rows.upperBound + 1, column: column)
            if let range = covered[below], range.first.row <= rows.upperBound, range.last.row > rows.upperBound { return true }
        }
        let said = Set(filled(rows.upperBound).map(\.column))
        return next.contains { !said.contains($0.column) }
    }

    private func named(_ expected: [ExpectedHeading]) throws(SpreadsheetError) -> (ClosedRange<Int>, [HeadedTable.Column]) {
        let names = expected.map { ($0.id, Set($0.names.map { TextFolding.key($0) })) }
        var best: (score: Int, rows: ClosedRange<Int>, block: HeadingBlock)?
        for row in grid.filledRows.prefix(while: { $0.number <= Self.depth }).map(\.number) {
            for top in stride(from: row, through: max(0, row - Self.mostRows + 1), by: -1) {
                let block = block(top...row)
                let score = names.count { name in block.columns.contains { Self.matches($0, name.1) } }
                // Of equals the smallest and highest: a title above is no heading.
                if score > best?.score ?? 0 { best = (score, top...row, block) }
            }
        }
        guard let best else { throw missing(expected.filter(\.isRequired)) }
        let ids = try assign(names, best.block)
        let lacking = expected.filter { wanted in wanted.isRequired && !ids.values.contains(wanted.id) }
        guard lacking.isEmpty else { throw missing(lacking) }
        let rows = withGroups(best.rows)
        return (rows, columns(rows == best.rows ? best.block : block(rows), ids))
    }

    private static func matches(_ column: HeadingBlock.Column, _ names: Set<String>) -> Bool {
        guard let last = column.path.last else { return false }
        if names.contains(last.key) || names.contains(TextFolding.key(last.text)) { return true }
        for start in column.path.indices.dropLast() where names.contains(column.path[start...].map(\.key).joined(separator: "/"))
        {
            return true
        }
        return false
    }

    private func assign(_ names: [(String, Set<String>)], _ block: HeadingBlock) throws(SpreadsheetError) -> [Int: String] {
        var ids: [Int: String] = [:]
        for (id, keys) in names {
            let found = block.columns.filter { Self.matches($0, keys) }
            if let first = found.first, let twice = found.first(where: { $0.path != first.path }) {
                throw SpreadsheetError(
                    .badHeadings, cell: twice.path.last?.address,
                    reason:
                        "\(twice.path.last?.name ?? id) is a heading twice, also at \(first.path.last?.address.description ?? "")",
                    remedy: "leave one of them, or name them differently")
            }
            for column in found { ids[column.index] = id }
        }
        return ids
    }

    private func missing(_ lacking: [ExpectedHeading]) -> SpreadsheetError {
        let names = lacking.map { $0.names.first ?? $0.id }.joined(separator: ", ")
        return SpreadsheetError(
            .badHeadings, reason: "headings that are needed are not there: \(names)",
            remedy: "add them, or use the form that was exported")
    }

    /// Rows above that group the headings: from which a range reaches down, or with two cells or more.
    private func withGroups(_ rows: ClosedRange<Int>) -> ClosedRange<Int> {
        var top = rows.lowerBound
        while top > 0, rows.upperBound - top + 1 < Self.mostRows {
            let above = filled(top - 1)
            let reaches = (0..<grid.columnCount).contains { column in
                covered[CellAddress(row: top, column: column)].map { $0.first.row < top } ?? false
            }
            guard reaches || above.count >= 2 else { break }
            top -= 1
        }
        return top...rows.upperBound
    }
}
