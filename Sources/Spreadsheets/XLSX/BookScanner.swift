/// The list of sheets (`workbook.xml`).
final class BookScanner: XMLScanner {
    /// A sheet as the workbook lists it.
    struct Listed {
        var name: String
        var relation: String
        var visibility: SheetContent.Visibility
    }

    private(set) var sheets: [Listed] = []
    /// Whether days are counted from 1904-01-01, as old programs of Macintosh did.
    private(set) var countsFrom1904 = false

    override func start(_ name: XMLName, _ attributes: XMLAttributes) {
        if name == "workbookPr" {
            countsFrom1904 = attributes.isTrue("date1904")
        } else if name == "sheet" {
            guard let title = attributes["name"], let relation = attributes.qualified("id") else {
                return fail(.badStructure, "lists a sheet without name or reference")
            }
            guard sheets.count < limits.sheets else { return fail(.tooLarge, "lists more than \(limits.sheets) sheets") }
            let visibility: SheetContent.Visibility =
                switch attributes["state"] {
                case "hidden": .hidden
                case "veryHidden": .veryHidden
                default: .visible
                }
            sheets.append(Listed(name: unescaped(title), relation: relation, visibility: visibility))
        }
    }
}

/// The texts that cells share (`sharedStrings.xml`): plain ones, and rich ones whose pieces are put together. Readings that are shown above a
/// text (`rPh`) are not part of it.
final class SharedTextScanner: XMLScanner {
    private(set) var texts: [String] = []
    private var buffer: [UInt8] = []
    private var isInItem = false
    private var isInText = false
    private var isInReading = false

    override func start(_ name: XMLName, _ attributes: XMLAttributes) {
        if name.letter == UInt8(ascii: "t") {
            isInText = isInItem && !isInReading
        } else if name == "si" {
            isInItem = true
            buffer.removeAll(keepingCapacity: true)
        } else if name == "rPh" {
            isInReading = true
        }
    }

    override func end(_ name: XMLName) {
        if name.letter == UInt8(ascii: "t") {
            isInText = false
        } else if name == "si" {
            isInItem = false
            guard texts.count < 2 * limits.cells else { return fail(.tooLarge, "has more than \(2 * limits.cells) texts") }
            texts.append(unescaped(buffer))
        } else if name == "rPh" {
            isInReading = false
        }
    }

    override func text(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard isInText else { return }
        guard buffer.count + bytes.count <= limits.textBytes else {
            return fail(.tooLarge, "has a text of more than \(limits.textBytes) bytes")
        }
        buffer.append(contentsOf: bytes)
    }
}

/// Workbooks write characters that XML cannot hold as `_x0007_`, and such a text itself with its underscore so written (`_x005F_x0007_`).
func unescaped(_ text: String) -> String {
    text.utf8.contains(UInt8(ascii: "_")) ? unescaped(Array(text.utf8)) : text
}

/// The same from bytes of UTF-8.
func unescaped(_ bytes: [UInt8]) -> String {
    guard bytes.contains(UInt8(ascii: "_")) else { return String(decoding: bytes, as: UTF8.self) }
    var units: [UInt8] = []
    units.reserveCapacity(bytes.count)
    var high: UInt16?
    var index = 0
    func flush() {
        guard high != nil else { return }
        high = nil
        units.append(contentsOf: "\u{FFFD}".utf8)
    }
    while index < bytes.count {
        guard let unit = escape(bytes, at: index) else {
            flush()
            units.append(bytes[index])
            index += 1
            continue
        }
        index += 7
        if UTF16.isTrailSurrogate(unit), let lead = high {
            high = nil
            let scalar = 0x10000 + (UInt32(lead & 0x3FF) << 10 | UInt32(unit & 0x3FF))
            units.append(contentsOf: String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8)
        } else {
            flush()
            if UTF16.isLeadSurrogate(unit) {
                high = unit
            } else {
                units.append(contentsOf: String(Unicode.Scalar(UInt32(unit)) ?? "\u{FFFD}").utf8)
            }
        }
    }
    flush()
    return String(decoding: units, as: UTF8.self)
}

/// The unit that `_xHHHH_` at a place stands for.
func escape(_ bytes: [UInt8], at index: Int) -> UInt16? {
    guard index + 7 <= bytes.count, bytes[index] == 0x5F, bytes[index + 1] == 0x78, bytes[index + 6] == 0x5F else { return nil }
    var unit: UInt16 = 0
    for byte in bytes[index + 2..<index + 6] {
        switch byte {
        case 0x30...0x39: unit = unit << 4 | UInt16(byte - 0x30)
        case 0x41...0x46, 0x61...0x66: unit = unit << 4 | UInt16((byte & 0xDF) - 0x37)
        default: return nil
        }
    }
    return unit
}
