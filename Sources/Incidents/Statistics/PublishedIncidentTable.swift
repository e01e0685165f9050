/// A table of incidents of which cells are kept back, so that no kept cell can be worked out exactly from what is left, and no sum of kept
/// cells of one line is small itself.
///
/// Every row and every column with its total is an equation. A kept cell follows from the others exactly when, in the graph whose lines are its
/// vertices and whose kept cells are its edges, its edge lies on no cycle; so cells are kept back until every edge lies on one.
public struct PublishedIncidentTable: Sendable, Hashable {
    /// Words of the rows.
    public let rows: [String]
    /// Words of the columns.
    public let columns: [String]
    /// Incidents, row by row, with the row's total at its end and the columns' totals in a last row; nil where it is kept back.
    public let cells: [[Int?]]

    /// Keeps back what is small, and as much beside it as is needed.
    public init(_ table: IncidentTable, _ rule: Taxonomy.SmallCell) {
        (rows, columns) = (table.rows, table.columns)
        var counts = table.cells.map { row in row + [Self.sum(row)] }
        counts.append(
            table.columns.indices.map { column in Self.sum(table.cells.map { $0[column] }) } + [
                Self.sum(table.cells.flatMap(\.self))
            ])
        var hidden = counts.map { $0.map { Self.isSmall($0, rule) } }
        while let place = Self.nextToHide(counts, hidden, rule) { hidden[place.row][place.column] = true }
        cells = zip(counts, hidden).map { row, isHidden in zip(row, isHidden).map { $1 ? nil : $0.incidents } }
    }

    private struct Place: Hashable {
        var row: Int
        var column: Int
    }

    private static func sum(_ cells: [IncidentStatistics.Count]) -> IncidentStatistics.Count {
        cells.reduce(into: IncidentStatistics.Count()) { sum, cell in
            sum.incidents += cell.incidents
            sum.firms.formUnion(cell.firms)
        }
    }

    private static func isSmall(_ cell: IncidentStatistics.Count, _ rule: Taxonomy.SmallCell) -> Bool {
        cell.incidents > 0 && (cell.incidents < rule.incidents || cell.firms.count < rule.firms)
    }

    private static func nextToHide(
        _ counts: [[IncidentStatistics.Count]], _ hidden: [[Bool]], _ rule: Taxonomy.SmallCell
    ) -> Place? {
        let rows = counts.indices
        let columns = counts.first?.indices ?? 0..<0
        for row in rows {
            let line = columns.map { Place(row: row, column: $0) }
            if isTelling(line, counts, hidden, rule), let place = smallest(line, counts, hidden) { return place }
        }
        for column in columns {
            let line = rows.map { Place(row: $0, column: column) }
            if isTelling(line, counts, hidden, rule), let place = smallest(line, counts, hidden) { return place }
        }
        guard let bridge = bridge(hidden) else { return nil }
        let across = columns.map { Place(row: bridge.row, column: $0) } + rows.map { Place(row: $0, column: bridge.column) }
        return smallest(across, counts, hidden)
    }

    /// Whether one line alone tells a kept cell, or a small sum of kept ones.
    private static func isTelling(
        _ line: [Place], _ counts: [[IncidentStatistics.Count]], _ hidden: [[Bool]], _ rule: Taxonomy.SmallCell
    ) -> Bool {
        let kept = line.filter { hidden[$0.row][$0.column] }
        guard !kept.isEmpty else { return false }
        if kept.count == 1 { return true }
        guard let total = line.last, !hidden[total.row][total.column] else { return false }
        return kept.reduce(0) { $0 + counts[$1.row][$1.column].incidents } < rule.incidents
    }

    /// The smallest open cell of a line that is not nothing, before its totals; a total, or nothing, when there is no other.
    private static func smallest(_ line: [Place], _ counts: [[IncidentStatistics.Count]], _ hidden: [[Bool]]) -> Place? {
        let (lastRow, lastColumn) = (counts.count - 1, (counts.first?.count ?? 1) - 1)
        func cost(_ place: Place) -> (Int, Int, Int, Int, Int) {
            let isTotal = place.row == lastRow || place.column == lastColumn
            let count = counts[place.row][place.column].incidents
            return (isTotal ? 1 : 0, count == 0 ? 1 : 0, count, place.row, place.column)
        }
        return line.filter { !hidden[$0.row][$0.column] }.min { cost($0) < cost($1) }
    }

    /// A kept cell that lies on no cycle of kept cells: without it, the lines it joins fall apart.
    private static func bridge(_ hidden: [[Bool]]) -> Place? {
        let kept = hidden.indices.flatMap { row in
            hidden[row].indices.filter { hidden[row][$0] }.map { Place(row: row, column: $0) }
        }
        for cell in kept {
            // Rows are vertices 0 and up, columns -1 and down.
            var (seen, waiting): (Set<Int>, [Int]) = ([cell.row], [cell.row])
            while let vertex = waiting.popLast() {
                for edge in kept where edge != cell {
                    let (row, column) = (edge.row, -1 - edge.column)
                    guard row == vertex || column == vertex else { continue }
                    let other = row == vertex ? column : row
                    if seen.insert(other).inserted { waiting.append(other) }
                }
            }
            if !seen.contains(-1 - cell.column) { return cell }
        }
        return nil
    }
}
