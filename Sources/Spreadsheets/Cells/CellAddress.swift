/// A cell's place in a sheet, both numbers from 0. Shown as people know it: column letters and row number from 1.
public struct CellAddress: Sendable, Hashable, Comparable {
    /// From 0.
    public var row: Int
    /// From 0.
    public var column: Int

    /// Rows that a sheet of Excel has.
    public static let rowLimit = 1_048_576
    /// Columns that a sheet of Excel has.
    public static let columnLimit = 16_384

    /// A place.
    public init(row: Int, column: Int) { (self.row, self.column) = (row, column) }

    /// Reads `B7` or `$B$7`; nil for anything else, and for places that no sheet has.
    public init?(_ text: some StringProtocol) {
        var text = String(text)
        guard let found = text.withUTF8({ Self.parse($0) }) else { return nil }
        self = found
    }

    /// Reads an address from bytes.
    static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> CellAddress? {
        var index = 0
        var column = 0
        if index < bytes.count, bytes[index] == UInt8(ascii: "$") { index += 1 }
        let lettersFrom = index
        while index < bytes.count {
            let letter = bytes[index] & 0xDF
            guard letter >= 0x41, letter <= 0x5A, bytes[index] >= 0x41 else { break }
            column = column * 26 + Int(letter - 0x40)
            index += 1
            guard column <= columnLimit else { return nil }
        }
        guard index > lettersFrom else { return nil }
        if index < bytes.count, bytes[index] == UInt8(ascii: "$") { index += 1 }
        guard let row = parseRow(bytes[index...]) else { return nil }
        return CellAddress(row: row, column: column - 1)
    }

    /// Reads a row number from 1 into one from 0.
    static func parseRow(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        var row = 0
        guard let first = bytes.first, first != 0x30 else { return nil }
        for byte in bytes {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            row = row * 10 + Int(byte - 0x30)
            guard row <= rowLimit else { return nil }
        }
        return row - 1
    }

    /// The letters of a column: `A` for 0, `AA` for 26.
    public static func letters(_ column: Int) -> String {
        var rest = max(0, column) + 1
        var letters: [UInt8] = []
        while rest > 0 {
            rest -= 1
            letters.append(UInt8(0x41 + rest % 26))
            rest /= 26
        }
        return String(decoding: letters.reversed(), as: UTF8.self)
    }

    /// Row by row, from the left.
    public static func < (left: CellAddress, right: CellAddress) -> Bool { (left.row, left.column) < (right.row, right.column) }
}

extension CellAddress: CustomStringConvertible {
    /// `B7`
    public var description: String { "\(Self.letters(column))\(row + 1)" }
}

/// A rectangle of cells: both corners belong to it.
public struct CellRange: Sendable, Hashable {
    /// The corner at the top left.
    public var first: CellAddress
    /// The corner at the bottom right.
    public var last: CellAddress

    /// A rectangle; the corners may be given in any order.
    public init(_ one: CellAddress, _ other: CellAddress) {
        first = CellAddress(row: min(one.row, other.row), column: min(one.column, other.column))
        last = CellAddress(row: max(one.row, other.row), column: max(one.column, other.column))
    }

    /// Reads `A1:C3`, or `A1` as a rectangle of one cell; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let ends = text.split(separator: ":", omittingEmptySubsequences: false)
        guard ends.count <= 2, let one = ends.first.flatMap({ CellAddress($0) }),
            let other = ends.last.flatMap({ CellAddress($0) })
        else { return nil }
        self.init(one, other)
    }

    /// Whether the cell belongs to it.
    public func contains(_ cell: CellAddress) -> Bool {
        cell.row >= first.row && cell.row <= last.row && cell.column >= first.column && cell.column <= last.column
    }
}

extension CellRange: CustomStringConvertible {
    /// `A1:C3`
    public var description: String { "\(first):\(last)" }
}
