import Testing

@testable import Spreadsheets

@Suite("Reading workbooks of other programs")
struct XLSXReaderTests {
    private let text = "<c r=\"A1\" t=\"inlineStr\"><is><t>x</t></is></c>"

    @Test("Excel: shared texts plain and rich, readings left out, foreign attributes and elements passed over")
    func excel() throws {
        let sheet =
            Handmade.head
                + """
                <worksheet xmlns="\(Handmade.main)" xmlns:r="\(Handmade.office)" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" \
                mc:Ignorable="x14ac" xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"><dimension ref="A1:Z9"/>\
                <sheetViews><sheetView tabSelected="1" workbookViewId="0"/></sheetViews><sheetFormatPr defaultRowHeight="15" x14ac:dyDescent="0.25"/>\
                <cols><col min="1" max="1" width="20" customWidth="1"/></cols><sheetData>\
                <row r="1" spans="1:3" x14ac:dyDescent="0.25"><c r="A1" s="1" t="s"><v>0</v></c><c r="B1" s="1"/><c r="C1" t="s"><v>1</v></c></row>\
                <row r="3"><c r="A3"><v>0.30000000000000004</v></c><c r="B3" t="b"><v>1</v></c><c r="C3" t="e"><v>#DIV/0!</v></c>\
                <c r="D3" t="str"><f>A1&amp;"x"</f><v>甲x</v></c><c r="E3"><f t="shared" ref="E3:E9" si="0">A3*2</f><v>0.6</v></c></row></sheetData>\
                <mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells><x14ac:c r="Z9"><x14ac:v>5</x14ac:v></x14ac:c>\
                <extLst><ext uri="{x}"><x14:v xmlns:x14="urn:x">9</x14:v></ext></extLst></worksheet>
                """
        let shared = [
            "<t>公司名稱</t>",
            "<r><rPr><b/></rPr><t xml:space=\"preserve\">資本 </t></r><r><t>額</t></r><rPh sb=\"0\" eb=\"2\"><t>シホン</t></rPh><phoneticPr fontId=\"1\"/>",
        ]
        let grid = try Handmade.grid(sheet, shared: shared, styles: "<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"0\"/></cellXfs>")
        #expect(grid["A1"] == .text("公司名稱"))
        #expect(grid["B1"] == nil)
        #expect(grid["C1"] == .text("資本 額"))
        #expect(grid["A3"]?.decimal().value?.description == "0.3")
        if case .number(let number) = grid["A3"] { #expect(number.written == "0.30000000000000004") } else { Issue.record("A3") }
        #expect(grid["B3"] == .boolean(true))
        #expect(grid["C3"] == .error("#DIV/0!"))
        #expect(grid["D3"] == .text("甲x"))
        #expect(grid["E3"] == CellNumber("0.6").map { .number($0) })
        #expect(grid.merges.map(\.description) == ["A1:B1"])
        #expect(grid.cellCount == 7)
        #expect(grid.rowCount == 3)
    }

    @Test("Google Sheets: numbers with a point, styles everywhere, blank cells that only look")
    func google() throws {
        let sheet =
            Handmade.head
                + """
                <worksheet xmlns="\(Handmade.main)" xmlns:r="\(Handmade.office)" xmlns:mx="http://schemas.microsoft.com/office/mac/excel/2008/main" \
                xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><sheetPr><outlinePr summaryBelow="0"/></sheetPr><sheetData>\
                <row r="1"><c r="A1" s="1" t="s"><v>0</v></c><c r="B1" s="1" t="s"><v>1</v></c></row><row r="2"><c r="A2" s="1" t="s"><v>2</v></c>\
                <c r="B2" s="2"><v>43100.0</v></c><c r="C2" s="1"><v>40.0</v></c><c r="D2" s="1"/></row></sheetData><drawing r:id="rId9"/></worksheet>
                """
        let grid = try Handmade.grid(
            sheet, shared: ["<t>名稱</t>", "<t xml:space=\"preserve\">核准日期 </t>", "<t>松證券</t>"],
            styles:
                "<numFmts><numFmt numFmtId=\"164\" formatCode=\"yyyy/mm/dd\"/></numFmts><cellXfs><xf/><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/></cellXfs>"
        )
        let table = try HeadedTable(grid, headings: .first)
        #expect(table.records.first?["核准日期"]?.value.description == "2017-12-31")
        #expect(grid["C2"]?.integer().value == 40)
        #expect(grid.cellCount == 5)
        #expect(table.unheaded == [])
    }

    @Test("Rows and cells without a place are the next ones; there is no dimension")
    func withoutPlaces() throws {
        let grid = try Handmade.grid(
            "<sheetData><row><c t=\"inlineStr\"><is><t>a</t></is></c><c/><c><v>3</v></c></row><row r=\"4\"><c r=\"B4\"><v>1</v></c><c><v>2</v></c></row>"
                + "<row><c><v>9</v></c></row></sheetData>")
        #expect(grid["A1"] == .text("a"))
        #expect(grid["C1"]?.decimal().value?.integer == 3)
        #expect(grid["C4"]?.decimal().value?.integer == 2)
        #expect(grid["A5"]?.decimal().value?.integer == 9)
    }

    @Test("Prefixed namespaces, the strict standard, and no namespace at all")
    func namespaces() throws {
        let prefixed =
            Handmade.head
            + "<x:worksheet xmlns:x=\"\(Handmade.main)\"><x:sheetData><x:row r=\"1\"><x:c r=\"A1\" t=\"inlineStr\"><x:is><x:t>甲</x:t></x:is></x:c></x:row>"
            + "</x:sheetData></x:worksheet>"
        #expect(try Handmade.grid(prefixed)["A1"] == .text("甲"))
        let strict =
            Handmade.head
            + "<worksheet xmlns=\"http://purl.oclc.org/ooxml/spreadsheetml/main\"><sheetData><row r=\"1\"><c r=\"A1\" t=\"d\"><v>2017-12-31</v></c>"
            + "<c r=\"B1\" t=\"d\"><v>2017-12-31T14:05:00Z</v></c></row></sheetData></worksheet>"
        let grid = try Handmade.grid(strict)
        #expect(grid["A1"]?.description == "2017-12-31")
        #expect(grid["B1"]?.description == "2017-12-31T14:05:00")
        let none = Handmade.head + "<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>"
        #expect(try Handmade.grid(none)["A1"] != nil)
        let other = Handmade.head + "<worksheet xmlns=\"urn:other\"><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>"
        #expect(try Handmade.grid(other).cellCount == 0)
    }

    @Test("Targets: absolute, relative with steps, other names, in any case")
    func targets() throws {
        for (target, part) in [
            ("/xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
            ("./worksheets/../worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
            ("../data/T.XML", "data/t.xml"), ("worksheets\\sheet1.xml", "xl/worksheets/sheet1.xml"),
        ] {
            var zip = Handmade.zip(sheet: "<sheetData><row>\(text)</row></sheetData>")
            for index in zip.entries.indices {
                if zip.entries[index].name == "xl/worksheets/sheet1.xml" { zip.entries[index].name = part }
                zip.entries[index].bytes = Array(
                    String(decoding: zip.entries[index].bytes, as: UTF8.self).replacing(
                        "Target=\"worksheets/sheet1.xml\"", with: "Target=\"\(target)\""
                    ).utf8)
            }
            #expect(try XLSXReader.read(zip.bytes).sheets.first?.grid["A1"] == .text("x"), "\(target)")
        }
        #expect(Relations.resolve("../../x", folder: "xl") == nil)
        #expect(Relations.resolve("../x", folder: "xl") == "x")
    }

    @Test("Days by the cell's format, in both ways of counting")
    func days() throws {
        let styles = """
            <numFmts><numFmt numFmtId="164" formatCode="[$-404]e/m/d;@"/><numFmt numFmtId="165" formatCode="yyyy/mm/dd\\ hh:mm"/></numFmts>\
            <cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/>\
            <xf numFmtId="10"/><xf numFmtId="20"/></cellXfs>
            """
        let cells =
            "<sheetData><row r=\"1\"><c r=\"A1\" s=\"0\"><v>43100</v></c><c r=\"B1\" s=\"1\"><v>43100</v></c><c r=\"C1\" s=\"2\"><v>43100</v></c>"
            + "<c r=\"D1\" s=\"3\"><v>43100.604166666664</v></c><c r=\"E1\" s=\"4\"><v>0.81820000000000004</v></c><c r=\"F1\" s=\"5\"><v>0.5</v></c>"
            + "<c r=\"G1\" s=\"1\"><v>60</v></c><c r=\"H1\" s=\"1\"><v>-3</v></c></row></sheetData>"
        let grid = try Handmade.grid(cells, styles: styles)
        #expect(
            ["A1", "B1", "C1", "D1", "E1", "F1", "G1", "H1"].map { grid[$0]?.description } == [
                "43100", "2017-12-31", "2017-12-31", "2017-12-31T14:30:00", "0.8182", "12:00:00", "60", "-3",
            ])
        if case .number(let number) = grid["E1"] { #expect(number.isPercent) } else { Issue.record("E1") }
        let old = try Handmade.grid(cells, styles: styles, book: "<workbookPr date1904=\"1\"/>")
        #expect(old["B1"]?.description == "2022-01-01")
        #expect(old["G1"]?.description == "1904-03-01")
    }

    @Test("Sheets come in order, with who sees them; sheets of charts are left out")
    func sheets() throws {
        var zip = TestZIP([
            (
                "_rels/.rels",
                "<Relationships xmlns=\"\(Handmade.package)\"><Relationship Id=\"a\" Type=\"\(Handmade.office)/officeDocument\" Target=\"/xl/workbook.xml\"/></Relationships>"
            ),
            (
                "xl/workbook.xml",
                "<workbook xmlns=\"\(Handmade.main)\" xmlns:rel=\"\(Handmade.office)\"><sheets><sheet name=\"乙\" sheetId=\"7\" rel:id=\"r2\"/>"
                    + "<sheet name=\"圖\" sheetId=\"9\" rel:id=\"r3\"/><sheet name=\"甲 &amp; b\" sheetId=\"2\" state=\"hidden\" rel:id=\"r1\"/>"
                    + "<sheet name=\"_metadata\" sheetId=\"3\" state=\"veryHidden\" rel:id=\"r4\"/></sheets></workbook>"
            ),
            (
                "xl/_rels/workbook.xml.rels",
                "<Relationships xmlns=\"\(Handmade.package)\">"
                    + ["r1", "r2", "r4"].map {
                        "<Relationship Id=\"\($0)\" Type=\"\(Handmade.office)/worksheet\" Target=\"\($0).xml\"/>"
                    }.joined()
                    + "<Relationship Id=\"r3\" Type=\"\(Handmade.office)/chartsheet\" Target=\"c.xml\"/>"
                    + "<Relationship Id=\"r9\" Type=\"\(Handmade.office)/hyperlink\" Target=\"http://x.invalid/../..\" TargetMode=\"External\"/></Relationships>"
            ),
        ])
        for part in ["r1", "r2"] {
            zip.add(
                "xl/\(part).xml",
                "<worksheet xmlns=\"\(Handmade.main)\"><sheetData><row><c t=\"str\"><v>\(part)</v></c></row></sheetData></worksheet>"
            )
        }
        zip.add(
            "xl/r4.xml",
            "<worksheet xmlns=\"\(Handmade.main)\"><sheetData><row><c t=\"str\"><v>version</v></c><c><v>2</v></c></row></sheetData></worksheet>"
        )
        let content = try XLSXReader.read(zip.bytes)
        #expect(content.sheets.map(\.name) == ["乙", "甲 & b", "_metadata"])
        #expect(content.sheets.map(\.visibility) == [.visible, .hidden, .veryHidden])
        #expect(content.sheets.map { $0.grid["A1"]?.description } == ["r2", "r1", "version"])
        #expect(content.visible.map(\.name) == ["乙"])
        #expect(content.metadata() == ["version": "2"])
    }

    @Test("Characters that XML cannot hold come back from their escapes")
    func escapes() throws {
        let grid = try Handmade.grid(
            "<sheetData><row><c t=\"s\"><v>0</v></c><c t=\"inlineStr\"><is><t>_x005F_x0041_</t></is></c><c t=\"str\"><v>a_x000d_b_x00</v></c></row></sheetData>",
            shared: ["<t>a_x0007_b_xD83D__xDE00_c_xD83D_d</t>"])
        #expect(grid["A1"] == .text("a\u{7}b😀c\u{FFFD}d"))
        #expect(grid["B1"] == .text("_x0041_"))
        #expect(grid["C1"] == .text("a\rb_x00"))
    }

    @Test("Files that are no workbooks are refused with what to do")
    func others() {
        let cases: [([UInt8], String)] = [
            ([], "no workbook"), (Array("PK".utf8), "no workbook"), (Array("名稱,金額\n".utf8), "no workbook"),
            ([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1] + [UInt8](repeating: 0, count: 600), "password"),
            (TestZIP([("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", "<x/>")]).bytes, ".ods"),
            (TestZIP([("xl/workbook.bin", "x")]).bytes, ".xlsb"), (TestZIP([("word/document.xml", "<x/>")]).bytes, "no workbook"),
        ]
        for (bytes, word) in cases {
            let error = refusal { try XLSXReader.read(bytes) }
            #expect(error?.code == .unknownFormat, "\(word)")
            #expect(error?.reason.contains(word) == true, "\(error?.reason ?? "read")")
            #expect(error?.remedy.contains(".xlsx") == true)
        }
        #expect(refusal { try XLSXReader.read(Array("PK\u{3}\u{4}".utf8)) }?.code == .badArchive)
    }

    @Test("What contradicts itself is refused with sheet and cell")
    func contradictions() {
        let cases: [(String, SpreadsheetError.Code, String?)] = [
            ("<row r=\"2\"><c r=\"A2\"><v>1</v></c></row><row r=\"2\"><c r=\"B2\"><v>1</v></c></row>", .badStructure, nil),
            ("<row r=\"2\"><c r=\"B2\"><v>1</v></c><c r=\"A2\"><v>1</v></c></row>", .badStructure, "A2"),
            ("<row r=\"2\"><c r=\"A3\"><v>1</v></c></row>", .badStructure, nil),
            ("<row r=\"0\"/>", .badStructure, nil), ("<row r=\"1048577\"/>", .badStructure, nil),
            ("<row r=\"x\"/>", .badStructure, nil),
            ("<row r=\"1\"><c r=\"XFE1\"><v>1</v></c></row>", .badStructure, nil),
            ("<row r=\"1\"><c r=\"ZZZZZZ1\"><v>1</v></c></row>", .badStructure, nil),
            ("<row r=\"5\"><c r=\"B5\" t=\"s\"><v>1</v></c></row>", .badStructure, "B5"),
            ("<row r=\"5\"><c r=\"B5\" t=\"s\"><v>-1</v></c></row>", .badStructure, "B5"),
            ("<row r=\"5\"><c r=\"B5\" t=\"s\"><v>99999999999999999999</v></c></row>", .badStructure, "B5"),
            ("<row r=\"5\"><c r=\"B5\" s=\"9\"><v>1</v></c></row>", .badStructure, "B5"),
            ("<row r=\"5\"><c r=\"B5\"><v>12abc</v></c></row>", .badCell, "B5"),
            ("<row r=\"5\"><c r=\"B5\" t=\"b\"><v>2</v></c></row>", .badCell, "B5"),
            ("<row r=\"5\"><c r=\"B5\" t=\"zz\"><v>2</v></c></row>", .badCell, "B5"),
            ("<c r=\"A1\"><v>1</v></c>", .badStructure, nil),
            ("<row><c><c><v>1</v></c></c></row>", .badStructure, "A1"),
        ]
        for (rows, code, cell) in cases {
            let error = refusal { try Handmade.grid("<sheetData>\(rows)</sheetData>", shared: ["<t>a</t>"]) }
            #expect(error?.code == code, "\(rows)")
            #expect(error?.sheet == "表一", "\(rows)")
            if let cell { #expect(error?.cell == CellAddress(cell), "\(rows)") }
        }
        for merges in ["A1:B2", "A1:"] {
            let error = refusal {
                try Handmade.grid("<sheetData/><mergeCells><mergeCell ref=\"B2:C3\"/><mergeCell ref=\"\(merges)\"/></mergeCells>")
            }
            #expect(error?.code == .badStructure, "\(merges)")
        }
    }

    @Test("Numbers that are none to anybody become errors of their cell, huge ones stay as written")
    func oddNumbers() throws {
        let long = "1" + String(repeating: "0", count: 400)
        let grid = try Handmade.grid(
            "<sheetData><row><c><v>NaN</v></c><c><v>INF</v></c><c><v> 12 </v></c><c><v/></c><c><v>1E+999</v></c><c><v>\(long)</v></c></row></sheetData>"
        )
        #expect(grid["A1"] == .error("NaN"))
        #expect(grid["A1"]?.decimal().isRefused == true)
        #expect(grid["C1"]?.decimal().value?.integer == 12)
        #expect(grid["D1"] == nil)
        #expect(grid["E1"]?.decimal().value?.description == "1e999")
        #expect(grid["F1"]?.decimal().value == ExactDecimal("1e400"))
    }

    @Test("One way in for workbooks and text files, told apart by their bytes")
    func anyFile() throws {
        let book = try TableFile.read(Handmade.zip(sheet: "<sheetData><row>\(text)</row></sheetData>").bytes)
        #expect(book.sheets.map(\.name) == ["表一"])
        let table = try TableFile.read(Array("a,b\r\n1,2\r\n".utf8))
        #expect(table.sheets.map(\.name) == [""])
        #expect(table.sheets.first?.grid["B2"] == .text("2"))
        #expect(refusal { try TableFile.read([0xD0, 0xCF, 0x11, 0xE0]) }?.code == .unknownFormat)
    }
}
