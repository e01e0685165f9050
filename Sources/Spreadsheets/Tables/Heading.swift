/// A heading, taken apart: `第三級(24家)`, `實收資本額（億元）`.
public struct Heading: Sendable, Hashable {
    /// As written, `TextFolding.plain`.
    public let text: String
    /// Without the count and the unit in parentheses: `第三級`.
    public let name: String
    /// What names are compared by, `TextFolding.key` of `name`.
    public let key: String
    /// How many there are, as the heading says: 24. Compare it with what was found.
    public let statedCount: Int?
    /// What the numbers under it are counted in, as the heading says.
    public let unit: MeasureUnit?
    /// Where it stands; of a merged range the first cell.
    public let address: CellAddress

    /// Words that count what a heading names.
    public static let counters: Set<String> = [
        "家", "間", "筆", "項", "人", "個", "件", "名", "位", "所", "戶", "台", "部", "支", "張", "次", "組", "條", "題", "firms", "firm", "items",
        "item", "rows", "entries", "people", "hosts", "systems",
    ]

    /// Takes a heading apart.
    public init(_ text: String, at address: CellAddress) {
        self.text = TextFolding.plain(text)
        self.address = address
        var name = self.text
        var (count, unit): (Int?, MeasureUnit?) = (nil, nil)
        // Parentheses at the end, of any number; those that are neither count nor unit belong to the name.
        while name.hasSuffix(")") || name.hasSuffix("]"), let open = name.lastIndex(where: { $0 == "(" || $0 == "[" }) {
            let inside = String(name[name.index(after: open)...].dropLast())
            if count == nil, let found = Self.count(inside) {
                count = found
            } else if unit == nil, let found = MeasureUnit(inside) {
                unit = found
            } else {
                break
            }
            let rest = TextFolding.plain(String(name[..<open]))
            if rest.isEmpty { break }
            name = rest
        }
        (self.name, key, statedCount, self.unit) = (name, TextFolding.key(name), count, unit)
    }

    private static func count(_ inside: String) -> Int? {
        var text = Substring(TextFolding.key(inside))
        for word in ["共計", "合計", "共", "計", "n="] where text.hasPrefix(word) {
            text = text.dropFirst(word.count).drop { $0 == " " }
            if word == "n=" { return Int(text) }
            break
        }
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ",") }
        guard counters.contains(String(text[digits.endIndex...].drop { $0 == " " })) else { return nil }
        return NumberText.read(String(digits), .one).value?.integer
    }
}

/// The headings over the columns of a table: one row of them or several, merged or with blanks that go on with what is to the left.
struct HeadingBlock {
    /// A column under headings.
    struct Column {
        var index: Int
        /// From the top.
        var path: [Heading]
        /// 0 for the first column under a heading, 1 for the next that goes on with it.
        var part: Int
    }

    private(set) var columns: [Column] = []

    /// Reads rows as headings.
    ///
    /// - Parameters:
    ///   - grid: the cells.
    ///   - rows: the rows, from 0.
    ///   - limit: columns that are looked at.
    ///   - merges: the range of each cell in these rows that is in one.
    init(_ grid: Grid, rows: ClosedRange<Int>, columns limit: Int, merges: [CellAddress: CellRange]) {
        // Above each column: what stands at each level, and whether it only goes on with the left.
        var left: [Heading?] = Array(repeating: nil, count: rows.count)
        var texts: [Int: [Int: String]] = [:]
        for row in rows {
            if let found = grid.row(row) {
                texts[row] = Dictionary(found.cells.map { ($0.column, $0.value.description) }) { first, _ in first }
            }
        }
        for column in 0..<limit {
            var levels: [Heading?] = Array(repeating: nil, count: rows.count)
            // Whether all levels above go on with the left: then a blank one may too.
            var goesOn = true
            for (level, row) in rows.enumerated() {
                let address = CellAddress(row: row, column: column)
                let origin = merges[address]?.first ?? address
                if origin.row < row {
                    // The heading above reaches down to here.
                    if goesOn { goesOn = origin.column < column }
                    continue
                }
                let text = origin.row < rows.lowerBound ? nil : texts[origin.row]?[origin.column].map(TextFolding.plain)
                if let text, !text.isEmpty {
                    levels[level] = Heading(text, at: origin)
                    if origin.column == column { goesOn = false }
                } else if goesOn {
                    levels[level] = left[level]
                }
            }
            let path = levels.compactMap { $0 }
            if !path.isEmpty {
                let part = self.columns.last.map { $0.path == path ? $0.part + 1 : 0 } ?? 0
                self.columns.append(Column(index: column, path: path, part: part))
            }
            left = levels
        }
    }
}

/// Merged ranges by where they are. Each look costs the same however many there are: files of strangers may have many.
struct MergeIndex {
    private let ranges: [CellRange]
    private let byFirst: [CellAddress: CellRange]

    init(_ grid: Grid) {
        ranges = grid.merges.sorted { $0.first < $1.first }
        byFirst = Dictionary(ranges.map { ($0.first, $0) }) { first, _ in first }
    }

    /// The range whose first cell this is.
    func beginning(at address: CellAddress) -> CellRange? { byFirst[address] }

    /// The range of each cell within these rows, up to a column.
    func covering(_ rows: ClosedRange<Int>, columns: Int) -> [CellAddress: CellRange] {
        var found: [CellAddress: CellRange] = [:]
        for range in ranges where range.first.row <= rows.upperBound && range.last.row >= rows.lowerBound {
            guard range.first.column < columns else { continue }
            for row in max(range.first.row, rows.lowerBound)...min(range.last.row, rows.upperBound) {
                for column in range.first.column...min(range.last.column, columns - 1) {
                    found[CellAddress(row: row, column: column)] = range
                }
            }
        }
        return found
    }

    /// Ranges of more than one row below `row`, by the column they begin in, from the top.
    func tall(below row: Int) -> [Int: [CellRange]] {
        var found: [Int: [CellRange]] = [:]
        for range in ranges where range.first.row > row && range.last.row > range.first.row {
            found[range.first.column, default: []].append(range)
        }
        return found
    }
}
