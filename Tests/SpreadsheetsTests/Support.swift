import CMinizip
import Glibc
import TestProcesses
import Testing

@testable import Spreadsheets

/// A generator that gives the same numbers for the same seed.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }

    /// A text of characters that tables meet, and of those that break them.
    mutating func text(_ longest: Int) -> String {
        let letters: [String] = [
            "a", "Z", "0", "9", " ", "甲", "乙", "證", "😀", "é", "\n", "\t", "\"", "'", ",", ";", "=", "+", "-", "@", "&", "<", ">",
            "_",
            "_x0041_", "_x005F_", "\r", "\u{7}", "\u{1F}", "\u{FFFE}", "\u{FFFF}", "\u{A0}", "\u{3000}", "\u{FEFF}", "\\", "/",
            "%", "e\u{301}", "𠮷",
        ]
        return (0..<below(longest + 1)).map { _ in pick(letters) }.joined()
    }
}

/// A ZIP archive written here, byte by byte, so that it may lie.
struct TestZIP {
    struct Entry {
        var name: String
        var bytes: [UInt8]
        var isPacked = false
        var flags: UInt16 = 0
        var method: UInt16?
        /// What the headers say instead of the truth.
        var claimedSize: Int?
        var claimedCRC: UInt32?
    }

    var entries: [Entry] = []

    init(_ parts: [(String, String)] = []) { entries = parts.map { Entry(name: $0.0, bytes: Array($0.1.utf8)) } }

    mutating func add(_ name: String, _ text: String) { entries.append(Entry(name: name, bytes: Array(text.utf8))) }

    var bytes: [UInt8] {
        var out: [UInt8] = []
        var directory: [UInt8] = []
        for entry in entries {
            let name = Array(entry.name.utf8)
            let packed = entry.isPacked ? Self.deflate(entry.bytes) : entry.bytes
            var head = Self.number(entry.isPacked ? 20 : 10, 2) + Self.number(Int(entry.flags), 2)
            head += Self.number(Int(entry.method ?? (entry.isPacked ? 8 : 0)), 2) + [0, 0, 0x21, 0]
            head += Self.number(Int(entry.claimedCRC ?? Self.crc(entry.bytes)), 4)
            head += Self.number(packed.count, 4) + Self.number(entry.claimedSize ?? entry.bytes.count, 4)
            head += Self.number(name.count, 2) + [0, 0]
            directory += [0x50, 0x4B, 1, 2, 20, 0] + head + [UInt8](repeating: 0, count: 10) + Self.number(out.count, 4) + name
            out += [0x50, 0x4B, 3, 4] + head + name + packed
        }
        let end = Self.number(entries.count, 2)
        return out + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + end + end + Self.number(directory.count, 4)
            + Self.number(out.count, 4) + [0, 0]
    }

    static func number(_ value: Int, _ width: Int) -> [UInt8] { (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

    static func crc(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBufferPointer { UInt32(crc32(0, $0.baseAddress, UInt32($0.count))) }
    }

    static func deflate(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        deflateInit2_(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        defer { deflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: bytes.count + bytes.count / 1_000 + 64)
        let capacity = output.count
        input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(capacity)
                _ = CMinizip.deflate(&stream, Z_FINISH)
            }
        }
        return Array(output[..<(capacity - Int(stream.avail_out))])
    }
}

/// Workbooks written by hand, as programs of others write them.
enum Handmade {
    static let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    static let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    static let package = "http://schemas.openxmlformats.org/package/2006/relationships"
    static let head = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"

    /// A workbook of one sheet with this `sheetData` and what follows it.
    static func zip(
        sheet: String, shared: [String]? = nil, styles: String? = nil, book: String = "", name: String = "表一"
    ) -> TestZIP {
        var relations = "<Relationship Id=\"rId1\" Type=\"\(office)/worksheet\" Target=\"worksheets/sheet1.xml\"/>"
        var zip = TestZIP([
            ("[Content_Types].xml", head + "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>"),
            (
                "_rels/.rels",
                head + "<Relationships xmlns=\"\(package)\"><Relationship Id=\"rId1\" Type=\"\(office)/officeDocument\" "
                    + "Target=\"xl/workbook.xml\"/></Relationships>"
            ),
            (
                "xl/workbook.xml",
                head + "<workbook xmlns=\"\(main)\" xmlns:r=\"\(office)\">\(book)<sheets><sheet name=\"\(name)\" sheetId=\"1\" "
                    + "r:id=\"rId1\"/></sheets></workbook>"
            ),
            (
                "xl/worksheets/sheet1.xml",
                sheet.hasPrefix("<?xml") ? sheet : head + "<worksheet xmlns=\"\(main)\">\(sheet)</worksheet>"
            ),
        ])
        if let shared {
            relations += "<Relationship Id=\"rId2\" Type=\"\(office)/sharedStrings\" Target=\"sharedStrings.xml\"/>"
            zip.add("xl/sharedStrings.xml", head + "<sst xmlns=\"\(main)\">\(shared.map { "<si>\($0)</si>" }.joined())</sst>")
        }
        if let styles {
            relations += "<Relationship Id=\"rId3\" Type=\"\(office)/styles\" Target=\"styles.xml\"/>"
            zip.add("xl/styles.xml", head + "<styleSheet xmlns=\"\(main)\">\(styles)</styleSheet>")
        }
        zip.add("xl/_rels/workbook.xml.rels", head + "<Relationships xmlns=\"\(package)\">\(relations)</Relationships>")
        return zip
    }

    /// The cells of such a workbook.
    static func grid(
        _ sheet: String, shared: [String]? = nil, styles: String? = nil, book: String = "", limits: SpreadsheetLimits = .upload
    ) throws -> Grid {
        let content = try XLSXReader.read(zip(sheet: sheet, shared: shared, styles: styles, book: book).bytes, limits: limits)
        return try #require(content.sheets.first).grid
    }
}

/// Unpacks a part of an archive as a text.
final class PartText: ArchiveSink {
    private let buffer = UnsafeMutableRawPointer.allocate(byteCount: 1 << 18, alignment: 16)
    private(set) var bytes: [UInt8] = []

    deinit { buffer.deallocate() }

    func room(_ count: Int) -> UnsafeMutableRawPointer { buffer }

    func took(_ count: Int, isLast: Bool) {
        bytes += UnsafeRawBufferPointer(start: buffer, count: count)
    }

    static func read(_ name: String, _ archive: [UInt8]) throws -> String {
        let part = PartText()
        #expect(try Archive(archive, limits: .upload).read(name, into: part), "\(name) is not in the archive")
        return String(decoding: part.bytes, as: UTF8.self)
    }
}

/// Why something was refused; nil when it was not.
func refusal<Value>(_ body: () throws -> Value) -> SpreadsheetError? {
    do {
        _ = try body()
        return nil
    } catch let error as SpreadsheetError {
        return error
    } catch {
        Issue.record("another error: \(error)")
        return nil
    }
}

func address(_ text: String) -> CellAddress { CellAddress(text) ?? CellAddress(row: -1, column: -1) }

extension ValueReading {
    var isRefused: Bool { if case .refused = self { true } else { false } }
}
