/// The cells of one sheet (`sheetN.xml`). Of formulas only what they came to is read.
///
/// Programs may leave out where a row or a cell is: it is then the next one. Rows and cells that go backwards are refused, as Excel does.
final class SheetScanner: XMLScanner {
    private let texts: [String]
    private let kinds: [NumberKind]
    private let countsFrom1904: Bool
    /// How many cells may still be read.
    private let room: Int

    private(set) var grid = Grid()
    private(set) var merges: [CellRange] = []

    private var row = -1
    private var column = -1
    private var type = CellType.number
    private var style = 0
    private var buffer: [UInt8] = []
    /// What is being collected into `buffer`.
    private var taking = Taking.nothing
    private var hasValue = false
    private var isInCell = false
    private var isInReading = false

    private enum Taking { case nothing, value, inline }

    private enum CellType {
        case number, shared, inline, formulaText, boolean, error, date

        init?(_ bytes: UnsafeBufferPointer<UInt8>) {
            switch (bytes.count, bytes.first) {
            case (1, UInt8(ascii: "n")): self = .number
            case (1, UInt8(ascii: "s")): self = .shared
            case (1, UInt8(ascii: "b")): self = .boolean
            case (1, UInt8(ascii: "e")): self = .error
            case (1, UInt8(ascii: "d")): self = .date
            case (3, UInt8(ascii: "s")): self = .formulaText
            case (9, UInt8(ascii: "i")): self = .inline
            default: return nil
            }
        }
    }

    init(
        part: String, limits: SpreadsheetLimits, texts: [String], kinds: [NumberKind], countsFrom1904: Bool, room: Int
    ) throws(SpreadsheetError) {
        (self.texts, self.kinds, self.countsFrom1904, self.room) = (texts, kinds, countsFrom1904, room)
        try super.init(part: part, limits: limits)
    }

    override var cell: CellAddress? { isInCell ? CellAddress(row: row, column: column) : nil }

    override func start(_ name: XMLName, _ attributes: XMLAttributes) {
        switch name.letter {
        case UInt8(ascii: "c"): startCell(attributes)
        case UInt8(ascii: "v"): if isInCell { (taking, hasValue) = (.value, true) }
        case UInt8(ascii: "t"): if isInCell, type == .inline, !isInReading { (taking, hasValue) = (.inline, true) }
        case 0: startOther(name, attributes)
        default: break
        }
    }

    override func end(_ name: XMLName) {
        switch name.letter {
        case UInt8(ascii: "c"): if isInCell { endCell() }
        case UInt8(ascii: "v"), UInt8(ascii: "t"): taking = .nothing
        case 0: if name == "rPh" { isInReading = false }
        default: break
        }
    }

    override func text(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard taking != .nothing else { return }
        guard buffer.count + bytes.count <= limits.textBytes else {
            return fail(.tooLarge, "has a text of more than \(limits.textBytes) bytes")
        }
        buffer.append(contentsOf: bytes)
    }

    private func startOther(_ name: XMLName, _ attributes: XMLAttributes) {
        if name == "row" {
            startRow(attributes)
        } else if name == "rPh" {
            isInReading = true
        } else if name == "mergeCell" {
            merge(attributes)
        }
    }

    private func startRow(_ attributes: XMLAttributes) {
        column = -1
        guard let number = attributes.bytes("r") else {
            row += 1
            if row >= limits.rows { fail(.tooLarge, "has more than \(limits.rows) rows") }
            return
        }
        guard let found = CellAddress.parseRow(Slice(base: number, bounds: number.indices)) else {
            return fail(.badStructure, "has a row whose number is none that a sheet has")
        }
        guard found > row else { return fail(.badStructure, "has row \(found + 1) behind row \(row + 1)") }
        guard found < limits.rows else { return fail(.tooLarge, "has more than \(limits.rows) rows") }
        row = found
    }

    private func startCell(_ attributes: XMLAttributes) {
        guard row >= 0 else { return fail(.badStructure, "has a cell outside of any row") }
        guard !isInCell else { return fail(.badStructure, "has a cell within a cell") }
        if let place = attributes.bytes("r") {
            guard let found = CellAddress.parse(place) else {
                return fail(.badStructure, "has a cell at a place that no sheet has")
            }
            guard found.row == row, found.column > column else {
                return fail(
                    .badStructure, "has cell \(found) where it cannot be, in row \(row + 1) behind its cell \(column + 1)",
                    at: found)
            }
            column = found.column
        } else {
            column += 1
        }
        guard column < limits.columns else { return fail(.tooLarge, "has more than \(limits.columns) columns") }
        isInCell = true
        hasValue = false
        buffer.removeAll(keepingCapacity: true)
        type = .number
        if let said = attributes.bytes("t") {
            guard let known = CellType(said) else { return fail(.badCell, "has a cell of an unknown type") }
            type = known
        }
        style = 0
        if let index = attributes.bytes("s") {
            // A style that is not there changes nothing but how the cell looks, except that we could take a day for a number.
            guard let number = smallNumber(index), number < kinds.count || number == 0 else {
                return fail(.badStructure, "has a cell of a style that the workbook does not have")
            }
            style = number
        }
    }

    private func endCell() {
        if hasValue, let value = value() {
            if grid.cellCount >= room {
                fail(.tooLarge, "has more cells than are read: at most \(limits.cells) in a workbook")
            } else {
                grid.append(value, row: row, column: column)
            }
        }
        isInCell = false
        taking = .nothing
    }

    private var kind: NumberKind { style < kinds.count ? kinds[style] : .number }

    private func value() -> CellValue? {
        switch type {
        case .number: return number()
        case .shared:
            if buffer.isEmpty { return nil }
            let index = buffer.withUnsafeBufferPointer { smallNumber(trimmed($0)) }
            guard let index, index < texts.count else {
                fail(.badStructure, "refers to a shared text that is not there")
                return nil
            }
            return texts[index].isEmpty ? nil : .text(texts[index])
        case .inline, .formulaText: return buffer.isEmpty ? nil : .text(unescaped(buffer))
        case .boolean:
            switch String(decoding: buffer, as: UTF8.self) {
            case "1", "true": return .boolean(true)
            case "0", "false": return .boolean(false)
            case "": return nil
            default:
                fail(.badCell, "has a yes or no that is neither")
                return nil
            }
        case .error: return buffer.isEmpty ? nil : .error(String(decoding: buffer, as: UTF8.self))
        case .date:
            let text = String(decoding: buffer, as: UTF8.self)
            return text.isEmpty ? nil : CellDate(iso: text).map { .date($0) } ?? .text(text)
        }
    }

    private func number() -> CellValue? {
        let written: String? = buffer.withUnsafeBufferPointer { buffer in
            let bytes = trimmed(buffer)
            return DecimalDigits(bytes) == nil ? nil : String(decoding: bytes, as: UTF8.self)
        }
        guard let written else {
            if buffer.allSatisfy({ $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) { return nil }
            // `NaN` and `INF` are numbers to XML's schemas; nobody can go on with them. Anything else is damage.
            let text = String(decoding: buffer, as: UTF8.self)
            if ["NaN", "INF", "-INF", "nan", "inf", "-inf"].contains(text) { return .error(text) }
            fail(.badCell, "has a number that is none")
            return nil
        }
        switch kind {
        case .number, .text, .percent: return .number(CellNumber(checked: written, isPercent: kind == .percent))
        case let kind:
            return SerialDay.value(written, kind, from1904: countsFrom1904)
                ?? .number(CellNumber(checked: written, isPercent: false))
        }
    }

    private func merge(_ attributes: XMLAttributes) {
        guard let reference = attributes["ref"], let range = CellRange(reference) else {
            return fail(.badStructure, "has a merged range that is none")
        }
        guard merges.count < limits.merges else { return fail(.tooLarge, "has more than \(limits.merges) merged ranges") }
        if range.first != range.last { merges.append(range) }
    }

    /// What was read, once all of it was.
    func finished() throws(SpreadsheetError) -> Grid {
        if let twice = CellRange.overlap(merges) {
            throw SpreadsheetError(
                .badStructure, cell: twice.first, reason: "\(part) has merged ranges that overlap (\(twice))",
                remedy: "open the file in a spreadsheet program and save it again as .xlsx")
        }
        grid.merges = merges
        return grid
    }
}

/// Bytes without white space at either end.
@inline(__always)
private func trimmed(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    var (low, high) = (0, bytes.count)
    while low < high, bytes[low] <= 0x20 { low += 1 }
    while low < high, bytes[high - 1] <= 0x20 { high -= 1 }
    return UnsafeBufferPointer(rebasing: bytes[low..<high])
}

extension CellRange {
    /// One of two ranges that overlap; nil when none do.
    static func overlap(_ ranges: [CellRange]) -> CellRange? {
        // A line sweeps down; those it crosses are kept sorted by column, and do not overlap, so they are no more than there are columns.
        var active: [CellRange] = []
        for range in ranges.sorted(by: { $0.first < $1.first }) {
            // Those that ended above matter only where the new one wants to be.
            func place() -> Int {
                var (low, high) = (0, active.count)
                while low < high {
                    let middle = low + (high - low) / 2
                    if active[middle].last.column < range.first.column { low = middle + 1 } else { high = middle }
                }
                return low
            }
            let from = place()
            var to = from
            while to < active.count, active[to].first.column <= range.last.column {
                if active[to].last.row >= range.first.row { return range }
                to += 1
            }
            active.replaceSubrange(from..<to, with: [range])
        }
        return nil
    }
}
