/// The cells of a sheet that hold something, row by row, and which ranges are merged.
public struct Grid: Sendable, Hashable {
    /// A cell within its row.
    public struct Cell: Sendable, Hashable {
        /// What it holds.
        public let value: CellValue
        private let place: Int32

        /// From 0.
        public var column: Int { Int(place) }

        init(_ value: CellValue, column: Int) { (self.value, place) = (value, Int32(truncatingIfNeeded: column)) }
    }

    /// A row that holds something.
    public struct Row: Sendable {
        /// From 0.
        public let number: Int
        /// Its cells that hold something, from the left.
        public let cells: ArraySlice<Cell>

        /// What the cell of a column holds; nil for nothing.
        public subscript(column: Int) -> CellValue? {
            var (low, high) = (cells.startIndex, cells.endIndex)
            while low < high {
                let middle = low + (high - low) / 2
                if cells[middle].column < column { low = middle + 1 } else { high = middle }
            }
            return low < cells.endIndex && cells[low].column == column ? cells[low].value : nil
        }
    }

    private var numbers: [Int32] = []
    private var starts: [Int] = []
    private var cells: [Cell] = []
    /// Ranges that are shown as one cell; what such a range holds is in its first cell. They do not overlap.
    public internal(set) var merges: [CellRange] = []
    /// One more than the last column that holds something.
    public private(set) var columnCount = 0

    /// An empty one.
    public init() {}

    /// A grid of rows from the first on; blank texts hold nothing.
    ///
    /// - Parameters:
    ///   - texts: the rows.
    ///   - merges: ranges that are shown as one cell.
    public init(_ texts: [[String]], merges: [CellRange] = []) {
        self.init(values: texts.map { $0.map { $0.isEmpty ? nil : .text($0) } }, merges: merges)
    }

    /// A grid of rows from the first on.
    public init(values: [[CellValue?]], merges: [CellRange] = []) {
        for (row, values) in values.enumerated() {
            for (column, value) in values.enumerated() {
                if let value { append(value, row: row, column: column) }
            }
        }
        self.merges = merges
    }

    /// Adds a cell behind all others; false, and nothing is added, when it does not come behind them.
    @discardableResult
    mutating func append(_ value: CellValue, row: Int, column: Int) -> Bool {
        if let last = numbers.last, Int(last) == row {
            guard let cell = cells.last, cell.column < column else { return false }
        } else {
            guard numbers.last.map({ Int($0) < row }) ?? true else { return false }
            numbers.append(Int32(truncatingIfNeeded: row))
            starts.append(cells.count)
        }
        cells.append(Cell(value, column: column))
        columnCount = max(columnCount, column + 1)
        return true
    }

    /// How many cells hold something.
    public var cellCount: Int { cells.count }

    /// How many rows hold something.
    public var filledRowCount: Int { numbers.count }

    /// One more than the last row that holds something.
    public var rowCount: Int { numbers.last.map { Int($0) + 1 } ?? 0 }

    /// A row among those that hold something.
    ///
    /// - Parameter index: from 0, below `filledRowCount`.
    /// - Returns: the row, with its number in the sheet.
    public func filledRow(_ index: Int) -> Row {
        Row(
            number: Int(numbers[index]),
            cells: cells[starts[index]..<(index + 1 < starts.count ? starts[index + 1] : cells.count)])
    }

    /// The rows that hold something, from the top.
    public var filledRows: some Sequence<Row> { (0..<filledRowCount).lazy.map { filledRow($0) } }

    /// A row by its number; nil when nothing is in it.
    public func row(_ number: Int) -> Row? {
        let index = firstFilled(from: number)
        return index < numbers.count && Int(numbers[index]) == number ? filledRow(index) : nil
    }

    /// The index of the first row that holds something at or below `number`.
    func firstFilled(from number: Int) -> Int {
        var (low, high) = (0, numbers.count)
        while low < high {
            let middle = low + (high - low) / 2
            if Int(numbers[middle]) < number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// What a cell holds; nil for nothing.
    public subscript(address: CellAddress) -> CellValue? { row(address.row)?[address.column] }

    /// What a cell holds; nil for nothing, and for what is no address.
    public subscript(address: String) -> CellValue? { CellAddress(address).flatMap { self[$0] } }
}
