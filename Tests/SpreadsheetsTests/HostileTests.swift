import Testing

@testable import Spreadsheets

@Suite("Files built to harm", .timeLimit(.minutes(5)))
struct HostileTests {
    private func book(_ sheet: String) -> TestZIP { Handmade.zip(sheet: sheet) }

    private func replacing(_ part: String, _ change: (inout TestZIP.Entry) -> Void) -> [UInt8] {
        var zip = book("<sheetData><row><c><v>1</v></c></row></sheetData>")
        for index in zip.entries.indices where zip.entries[index].name == part { change(&zip.entries[index]) }
        return zip.bytes
    }

    @Test("A bomb of zeros is refused by what it says, and by what it does")
    func bombs() {
        let blank = [UInt8](repeating: 0x20, count: 64 << 20)
        let honest = replacing("xl/worksheets/sheet1.xml") { ($0.bytes, $0.isPacked) = (blank, true) }
        #expect(honest.count < 1 << 20)
        #expect(refusal { try XLSXReader.read(honest) }?.code == .tooLarge)
        let modest = replacing("xl/worksheets/sheet1.xml") { ($0.bytes, $0.isPacked, $0.claimedSize) = (blank, true, 1_000) }
        #expect(refusal { try XLSXReader.read(modest) } != nil)
        var limits = SpreadsheetLimits.upload
        limits.growth = .max
        limits.partBytes = 1 << 20
        #expect(refusal { try XLSXReader.read(honest, limits: limits) }?.code == .tooLarge)
        (limits.partBytes, limits.unpackedBytes) = (.max, 1 << 20)
        #expect(refusal { try XLSXReader.read(honest, limits: limits) }?.code == .tooLarge)
    }

    @Test("An archive within an archive within an archive is only a part that is no XML")
    func nested() {
        var inner = book("<sheetData/>").bytes
        for _ in 0..<8 {
            let bytes = inner
            inner = replacing("xl/worksheets/sheet1.xml") { ($0.bytes, $0.isPacked) = (bytes, true) }
        }
        #expect(refusal { try XLSXReader.read(inner) }?.code == .badXML)
    }

    @Test("Sizes and checksums that lie, encrypted entries, unknown packing, names twice, names that climb")
    func lies() {
        let part = "xl/worksheets/sheet1.xml"
        #expect(refusal { try XLSXReader.read(replacing(part) { $0.claimedCRC = 7 }) }?.code == .badArchive)
        #expect(refusal { try XLSXReader.read(replacing(part) { $0.claimedSize = 1 << 30 }) } != nil)
        #expect(refusal { try XLSXReader.read(replacing(part) { ($0.isPacked, $0.claimedSize) = (true, 5) }) } != nil)
        #expect(refusal { try XLSXReader.read(replacing(part) { $0.flags = 1 }) }?.remedy.contains("password") == true)
        #expect(refusal { try XLSXReader.read(replacing(part) { $0.method = 12 }) }?.code == .badArchive)
        for name in [
            "../evil", "/xl/evil", "xl/../../evil", "C:evil", "xl/\u{1}evil", "xl\\..\\evil", "./evil", "XL/WORKBOOK.XML",
            "xl/workbook.xml",
        ] {
            var zip = book("<sheetData/>")
            zip.add(name, "x")
            #expect(refusal { try XLSXReader.read(zip.bytes) }?.code == .badArchive, "\(name)")
        }
        var many = book("<sheetData/>")
        for number in 0..<2_001 { many.add("x\(number)", "") }
        #expect(refusal { try XLSXReader.read(many.bytes) }?.code == .tooLarge)
    }

    @Test("Document types are refused: entities of its own, a billion laughs, files of the host")
    func entities() {
        var laughs = "<!DOCTYPE l [<!ENTITY a0 \"ha\">"
        for level in 1...30 { laughs += "<!ENTITY a\(level) \"\(String(repeating: "&a\(level - 1);", count: 10))\">" }
        let documents = [
            laughs + "]><worksheet><sheetData><row><c t=\"str\"><v>&a30;</v></c></row></sheetData></worksheet>",
            "<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><worksheet/>",
            "<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><worksheet><sheetData><row><c t=\"str\"><v>&f;</v></c></row></sheetData></worksheet>",
            "<!DOCTYPE x [<!ENTITY % p SYSTEM \"http://host.invalid/\"> %p;]><worksheet/>",
        ]
        for document in documents {
            for part in ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "_rels/.rels"] {
                let error = refusal { try XLSXReader.read(replacing(part) { $0.bytes = Array((Handmade.head + document).utf8) }) }
                #expect(error?.code == .badXML, "\(part)")
                #expect(error?.reason.contains("DOCTYPE") == true)
            }
        }
        let undefined = refusal { try Handmade.grid("<sheetData><row><c t=\"str\"><v>&nope;</v></c></row></sheetData>") }
        #expect(undefined?.code == .badXML)
    }

    @Test("Deep nesting, long tags, long texts, many attributes")
    func shapes() {
        let deep = String(repeating: "<a>", count: 100_000)
        #expect(refusal { try Handmade.grid(deep) }?.code == .tooLarge)
        let tag = "<c x=\"\(String(repeating: "y", count: 3 << 20))\"/>"
        #expect(refusal { try Handmade.grid("<sheetData><row>\(tag)</row></sheetData>") }?.code == .tooLarge)
        let long = String(repeating: "長", count: 50_000)
        let text = refusal {
            try Handmade.grid("<sheetData><row r=\"3\"><c r=\"B3\" t=\"str\"><v>\(long)</v></c></row></sheetData>")
        }
        #expect(text?.code == .tooLarge)
        #expect(text?.cell == CellAddress("B3"))
        #expect(refusal { try Handmade.grid("<sheetData/>", shared: ["<t>\(long)</t>"]) }?.code == .tooLarge)
        #expect(
            refusal { try Handmade.grid("<!-- \(String(repeating: "y", count: 3 << 20)) --><sheetData/>") }?.code == .tooLarge)
        let attributes = (0..<20_000).map { "a\($0)=\"1\"" }.joined(separator: " ")
        #expect(throws: Never.self) { try Handmade.grid("<sheetData \(attributes)/>") }
    }

    @Test("Limits of rows, columns, cells, sheets and merged ranges")
    func limits() throws {
        var limits = SpreadsheetLimits.upload
        (limits.cells, limits.rows, limits.columns, limits.merges) = (10, 20, 5, 2)
        func code(_ sheet: String) -> SpreadsheetError.Code? { refusal { try Handmade.grid(sheet, limits: limits) }?.code }
        let row = "<row><c><v>1</v></c><c><v>2</v></c></row>"
        #expect(code("<sheetData>\(String(repeating: row, count: 5))</sheetData>") == nil)
        #expect(code("<sheetData>\(String(repeating: row, count: 6))</sheetData>") == .tooLarge)
        #expect(code("<sheetData><row r=\"21\"/></sheetData>") == .tooLarge)
        #expect(code("<sheetData>\(String(repeating: "<row/>", count: 21))</sheetData>") == .tooLarge)
        #expect(code("<sheetData><row><c r=\"F1\"><v>1</v></c></row></sheetData>") == .tooLarge)
        #expect(code("<sheetData><row>\(String(repeating: "<c/>", count: 6))</row></sheetData>") == .tooLarge)
        let merges = ["A1:A2", "B1:B2", "C1:C2"].map { "<mergeCell ref=\"\($0)\"/>" }.joined()
        #expect(code("<sheetData/><mergeCells>\(merges)</mergeCells>") == .tooLarge)
        #expect(refusal { try XLSXReader.read([UInt8](repeating: 0, count: (32 << 20) + 1)) }?.code == .tooLarge)
    }

    @Test("A range merged over the whole sheet costs nothing, read or used")
    func wholeSheet() throws {
        let grid = try Handmade.grid(
            "<sheetData><row r=\"1\"><c r=\"A1\" t=\"str\"><v>甲</v></c></row><row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row></sheetData>"
                + "<mergeCells><mergeCell ref=\"A1:XFD1048576\"/></mergeCells>")
        #expect(grid.cellCount == 2)
        let table = try HeadedTable(grid, headings: .rows(0...0))
        #expect(table.columns.count == CellAddress.columnLimit)
        #expect(table.asides.map(\.address) == [address("XFD1048576")])
        #expect(throws: Never.self) { try ColumnList(grid, headingRow: 0) }
        #expect(throws: SpreadsheetError.self) { try HeadedTable(grid, headings: .named([ExpectedHeading("x", ["乙"])])) }
    }

    @Test("A hundred thousand merged ranges are looked through in time")
    func manyMerges() throws {
        let merges = (0..<100_000).map {
            "<mergeCell ref=\"\(CellAddress(row: $0 / 8_000 * 3, column: $0 % 8_000 * 2)):\(CellAddress(row: $0 / 8_000 * 3 + 2, column: $0 % 8_000 * 2 + 1))\"/>"
        }
        let rows = (1...60).map { "<row r=\"\($0)\"><c r=\"XFD\($0)\"><v>1</v></c></row>" }.joined()
        let grid = try Handmade.grid("<sheetData>\(rows)</sheetData><mergeCells>\(merges.joined())</mergeCells>")
        #expect(throws: SpreadsheetError.self) { try HeadedTable(grid, headings: .named([ExpectedHeading("x", ["乙"])])) }
        #expect(throws: Never.self) { try HeadedTable(grid, headings: .first) }
        #expect(throws: Never.self) { try ColumnList(grid) }
    }

    @Test("A workbook cut off at every hundredth byte is refused, never half read")
    func truncated() throws {
        let whole = try Sample.workbook(seed: 5).xlsx()
        #expect(throws: Never.self) { try XLSXReader.read(whole) }
        for length in stride(from: 0, to: whole.count - 1, by: 100) {
            #expect(refusal { try XLSXReader.read(Array(whole[..<length])) } != nil, "\(length) of \(whole.count) bytes")
        }
        for length in stride(from: 0, to: whole.count, by: 211) { _ = refusal { try XLSXReader.read(Array(whole[length...])) } }
    }

    @Test("Bits turned over give the same content or an error, and end", arguments: [1, 2, 3, 4])
    func flips(_ seed: UInt64) throws {
        let whole = try Sample.workbook(seed: 6).xlsx()
        let good = try XLSXReader.read(whole)
        var random = Seeded(seed)
        var refused = 0
        for _ in 0..<400 {
            var bytes = whole
            for _ in 0...random.below(3) { bytes[random.below(bytes.count)] ^= 1 << random.below(8) }
            do {
                // Checksums guard what is read; what is not read may differ.
                let content = try XLSXReader.read(bytes)
                #expect(content.sheets.map(\.grid) == good.sheets.map(\.grid))
            } catch {
                refused += 1
            }
        }
        #expect(refused > 100)
    }

    @Test("Parts with anything in them never stop the reader", arguments: [1, 2, 3, 4])
    func garbledParts(_ seed: UInt64) {
        var random = Seeded(seed)
        let pieces = [
            "<row>", "</row>", "<row r=\"3\">", "<c>", "</c>", "<c r=\"B3\" t=\"s\">", "<v>", "</v>", "<v>1</v>", "<is>", "</is>",
            "<t>", "</t>", "<f/>", "1", "甲", "<sheetData>",
            "</sheetData>", "<mergeCell ref=\"A1:B2\"/>", "<rPh>", "</rPh>", "<si>", "</si>", "<xf numFmtId=\"14\"/>",
            "<cellXfs>", "</cellXfs>", "&amp;", "<sheet name=\"a\" r:id=\"rId1\"/>",
            "<x:y xmlns:x=\"urn:z\">", "</x:y>",
        ]
        for _ in 0..<1_500 {
            func soup(_ count: Int) -> String { (0..<random.below(count)).map { _ in random.pick(pieces) }.joined() }
            let (sheet, shared, styles) = (soup(20), [soup(6)], soup(6))
            _ = refusal { try Handmade.grid(sheet, shared: shared, styles: styles) }
        }
    }
}
