import Testing

@testable import Spreadsheets

@Suite("Workbooks written and read again", .enabled(if: Workbook.canWrite, "libxlsxwriter4 is not installed"))
struct RoundTripTests {
    @Test("What was written is what is read, in the same cells", arguments: Array(1...40))
    func random(_ seed: UInt64) throws {
        let book = Sample.workbook(seed: seed)
        let content = try XLSXReader.read(book.xlsx())
        for (sheet, found) in zip(book.sheets, content.sheets) {
            #expect(found.name == sheet.name)
            let expected = try Expected.grid(sheet)
            #expect(found.grid.merges == expected.merges)
            #expect(Expected.plain(found.grid) == Expected.plain(expected), "seed \(seed), \(sheet.name)")
        }
        #expect(content.metadata() == Dictionary(uniqueKeysWithValues: book.metadata.map { ($0.name, $0.value) }))
        #expect(content.visible.count == book.sheets.count)
    }

    @Test("The same workbook gives the same bytes")
    func deterministic() throws {
        let one = try Sample.workbook(seed: 3).xlsx()
        #expect(try Sample.workbook(seed: 3).xlsx() == one)
        #expect(try PartText.read("docProps/core.xml", one).contains("2017-12-31T00:00:00Z"))
    }

    @Test("Texts are never formulas, whatever they begin with")
    func noFormulas() throws {
        let texts = [
            "=1+1", "=cmd|'/c calc'!A0", "+1", "-1", "@SUM(A1)", "{=1}", "http://x.invalid", "=HYPERLINK(\"http://x.invalid\")",
            "0123", "TRUE", "1e5",
        ]
        let sheet = Workbook.Sheet(name: "a", columns: [.init("=heading")], rows: texts.map { [.text($0)] })
        let bytes = try Workbook(properties: .init(title: "=1", created: 0), sheets: [sheet], metadata: [.init("=a", "=b")])
            .xlsx()
        for part in ["xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"] {
            let xml = try PartText.read(part, bytes)
            #expect(!xml.contains("<f"))
            #expect(!xml.contains("hyperlink"))
        }
        let grid = try #require(try XLSXReader.read(bytes).sheets.first).grid
        #expect(texts.indices.map { grid[CellAddress(row: $0 + 1, column: 0)] } == texts.map { .text($0) })
    }

    @Test("A rate is numerator, denominator and percent, rounded half up; nothing out of nothing has no percent")
    func rates() throws {
        #expect(Workbook.Rate(9, of: 11).ratio?.description == "0.8182")
        #expect(Workbook.Rate(1, of: 8).ratio?.description == "0.125")
        #expect(Workbook.Rate(1, of: 80_000).ratio?.description == "0")
        #expect(Workbook.Rate(1, of: 20_000).ratio?.description == "0.0001")
        #expect(Workbook.Rate(1, of: 16_000).ratio?.description == "0.0001")
        #expect(Workbook.Rate(0, of: 0).ratio == nil)
        #expect(Workbook.Rate(1, of: -1).ratio == nil)
        #expect(Workbook.Rate(Int.max, of: Int.max).ratio?.description == "1")
        var sheet = Workbook.Sheet(
            name: "率", columns: [.init("級"), .init(["導入"], .rate(numerator: "是", denominator: "家", percent: "%"))],
            rows: [[.text("一"), .rate(.init(9, of: 11))], [.text("二"), .rate(.init(0, of: 0))], [.text("三"), .text("未調查")]])
        let grid = try #require(try XLSXReader.read(book(sheet).xlsx()).sheets.first).grid
        #expect((0..<4).map { grid[CellAddress(row: 2, column: $0)]?.description } == ["一", "9", "11", "0.8182"])
        #expect((0..<4).map { grid[CellAddress(row: 3, column: $0)]?.description } == ["二", "0", "0", "–"])
        #expect((0..<4).map { grid[CellAddress(row: 4, column: $0)]?.description } == ["三", nil, nil, "未調查"])
        let table = try HeadedTable(grid, headings: .rows(0...1))
        #expect(table.records[0]["導入/%"]?.value.decimal().value?.description == "0.8182")
        sheet.rows = [[.rate(.init(1, of: 2))]]
        let error = refusal { try book(sheet).xlsx() }
        #expect(error?.code == .unwritable)
        #expect(error?.cell == address("A3"))
    }

    private func book(_ sheets: Workbook.Sheet...) -> Workbook {
        Workbook(properties: .init(title: "t", created: 0), sheets: sheets)
    }

    @Test("Names of sheets become what Excel takes, each its own")
    func names() throws {
        let long = String(repeating: "長", count: 40)
        let made = SheetNames.valid(["a/b:c", "A-B-C", "'x'", "", " ", "History", long, long, "😀" + long, "_metadata", "[1]*?\\"])
        #expect(
            made == [
                "a-b-c", "A-B-C (2)", "x", "Sheet", "Sheet (2)", "History_", String(long.prefix(31)),
                String(long.prefix(27)) + " (2)", "😀" + long.prefix(29),
                "_metadata", "-1----",
            ])
        let sheets = ["年報/一", "年報/一", "_metadata", "_choices"].map { Workbook.Sheet(name: $0, columns: [.init("甲")], rows: []) }
        let read = try XLSXReader.read(
            Workbook(properties: .init(title: "", created: 0), sheets: sheets, metadata: [.init("k", "v")]).xlsx())
        #expect(read.sheets.map(\.name) == ["年報-一", "年報-一 (2)", "_metadata (2)", "_choices (2)", "_metadata"])
        #expect(read.sheets.map(\.visibility) == [.visible, .visible, .visible, .visible, .hidden])
        #expect(read.metadata() == ["k": "v"])
    }

    @Test("A questionnaire: choices, locked and open cells, protection, frozen headings, printing")
    func questionnaire() throws {
        var answer = Workbook.Column("回答")
        (answer.choices, answer.isEditable, answer.choiceHint) = (["是", "否", "不適用"], true, "請選一項")
        var long = Workbook.Column("機關", width: 30)
        (long.choices, long.isEditable) = ((0..<100).map { "第 \($0) 個選項, 有逗號" }, true)
        var sheet = Workbook.Sheet(
            name: "問卷", columns: [.init("題目"), answer, long],
            rows: [[.text("是否導入？"), .blank, .blank], [.text("是否演練？"), .text("是"), .blank]])
        sheet.isProtected = true
        sheet.titles = ["成熟度問卷"]
        sheet.print.footer = "A & B"
        let bytes = try book(sheet).xlsx()
        let xml = try PartText.read("xl/worksheets/sheet1.xml", bytes)
        #expect(xml.contains("<sheetProtection sheet=\"1\""))
        #expect(!xml.contains("password"))
        #expect(xml.contains("<formula1>\"是,否,不適用\"</formula1>"))
        #expect(xml.contains("sqref=\"B4:B5\""))
        #expect(xml.contains("<formula1>'_choices'!$A$1:$A$100</formula1>"))
        #expect(xml.contains("error=\"請選一項\""))
        #expect(xml.contains("<pane ySplit=\"3\""))
        #expect(xml.contains("<autoFilter ref=\"A3:C5\"/>"))
        #expect(
            xml.contains("paperSize=\"9\" ") && xml.contains("orientation=\"landscape\"") && xml.contains("fitToHeight=\"0\""))
        #expect(xml.contains("&amp;LA &amp;&amp; B&amp;R&amp;P / &amp;N"))
        #expect(try PartText.read("xl/workbook.xml", bytes).contains("_xlnm.Print_Titles"))
        #expect(try PartText.read("xl/styles.xml", bytes).contains("<protection locked=\"0\"/>"))
        let content = try XLSXReader.read(bytes)
        #expect(content.sheets.map(\.name) == ["問卷", "_choices"])
        #expect(content.sheets.last?.visibility == .hidden)
        #expect(content.sheets.last?.grid["A100"] == .text("第 99 個選項, 有逗號"))
    }

    @Test("Columns are as wide as what they hold, twice for Chinese characters, within bounds")
    func widths() throws {
        let sheet = Workbook.Sheet(
            name: "寬", columns: [.init("a"), .init("b"), .init("c", width: 12)],
            rows: [[.text("證券商資訊安全防護"), .text(String(repeating: "x", count: 500)), .text("zz")]])
        let xml = try PartText.read("xl/worksheets/sheet1.xml", try book(sheet).xlsx())
        let found = xml.split(separator: "<col ").dropFirst().compactMap { part in
            part.split(separator: "width=\"").last?.split(separator: "\"").first.flatMap { Double($0) }?.rounded(.down)
        }
        #expect(found == [20, 60, 12])
    }

    @Test("What no sheet can hold is refused with its cell, not cut")
    func unwritable() throws {
        let long = String(repeating: "x", count: 32_767)
        let fits = Workbook.Sheet(name: "a", columns: [.init("t")], rows: [[.text(long)]])
        #expect(try XLSXReader.read(book(fits).xlsx()).sheets.first?.grid["A2"] == .text(long))
        let over = refusal { try book(Workbook.Sheet(name: "a", columns: [.init("t")], rows: [[.text(long + "x")]])).xlsx() }
        #expect(over?.code == .unwritable)
        #expect(over?.cell == address("A2"))
        #expect(over?.sheet == "a")
        #expect(
            refusal { try book(Workbook.Sheet(name: "a", columns: [.init("t")], rows: [[.blank, .blank]])).xlsx() }?.cell
                == address("B2"))
        var hidden = fits
        hidden.isHidden = true
        #expect(refusal { try book(hidden).xlsx() }?.code == .unwritable)
        #expect(refusal { try book().xlsx() }?.code == .unwritable)
        let empty = Workbook.Sheet(name: "空", columns: [], rows: [])
        #expect(try XLSXReader.read(book(empty).xlsx()).sheets.first?.grid.cellCount == 0)
    }

    @Test("Numbers of more digits than Excel keeps, and days before its calendar, are written as texts")
    func beyondExcel() throws {
        let sheet = Workbook.Sheet(
            name: "a", columns: [.init("n", .decimal(places: nil)), .init("d", .date), .init("i", .integer)],
            rows: [
                [
                    .decimal(try #require(ExactDecimal("0.123456789012345678"))),
                    .date(try #require(CalendarDate(year: 1899, month: 12, day: 31))), .integer(.max),
                ],
                [
                    .decimal(try #require(ExactDecimal("0.123456789012345"))),
                    .date(try #require(CalendarDate(year: 1900, month: 1, day: 1))), .integer(-999_999_999_999_999),
                ],
            ])
        let grid = try #require(try XLSXReader.read(book(sheet).xlsx()).sheets.first).grid
        #expect(grid["A2"] == .text("0.123456789012345678"))
        #expect(grid["B2"] == .text("1899-12-31"))
        #expect(grid["C2"] == .text("9223372036854775807"))
        #expect(grid["A3"]?.decimal().value?.description == "0.123456789012345")
        #expect(grid["B3"]?.description == "1900-01-01")
        #expect(grid["C3"]?.integer().value == -999_999_999_999_999)
    }

    @Test("Workbooks are written by several tasks at once")
    func atOnce() async throws {
        let alone = try (1...8).map { try Sample.workbook(seed: UInt64($0)).xlsx() }
        try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { group in
            for seed in 1...8 { group.addTask { (seed, try Sample.workbook(seed: UInt64(seed)).xlsx()) } }
            for try await (seed, bytes) in group { #expect(bytes == alone[seed - 1]) }
        }
    }
}

/// What a sheet must read as, worked out apart from the writer.
enum Expected {
    static func grid(_ sheet: Workbook.Sheet) throws -> Grid {
        let layout = try SheetLayout(sheet)
        var cells: [CellAddress: CellValue] = [:]
        for (row, title) in sheet.titles.enumerated() { cells[CellAddress(row: row, column: 0)] = .text(title) }
        for heading in layout.headingCells { cells[heading.range.first] = .text(heading.text) }
        for (number, row) in sheet.rows.enumerated() {
            var column = 0
            for (index, described) in sheet.columns.enumerated() {
                let cell = index < row.count ? row[index] : .blank
                let width = if case .rate = described.kind { 3 } else { 1 }
                for (offset, value) in values(cell, width).enumerated() {
                    if let value { cells[CellAddress(row: layout.rows.lowerBound + number, column: column + offset)] = value }
                }
                column += width
            }
        }
        for (row, note) in sheet.notes.enumerated() { cells[CellAddress(row: layout.notes + row, column: 0)] = .text(note) }
        var grid = Grid()
        for (address, value) in cells.sorted(by: { $0.key < $1.key }) where value != .text("") {
            grid.append(value, row: address.row, column: address.column)
        }
        grid.merges = layout.headingCells.map(\.range).filter { $0.first != $0.last }.sorted { $0.first < $1.first }
        return grid
    }

    private static func values(_ cell: Workbook.Cell, _ width: Int) -> [CellValue?] {
        func number(_ text: String) -> CellValue? { CellNumber(text).map { .number($0) } }
        switch cell {
        case .blank: return [nil]
        case .text(let text): return [CellValue?](repeating: nil, count: width - 1) + [.text(text)]
        case .integer(let integer): return [number(String(integer))]
        case .decimal(let decimal): return [number(decimal.description)]
        case .rate(let rate):
            return [
                number(String(rate.numerator)), number(String(rate.denominator)),
                rate.ratio.flatMap { number($0.description) } ?? .text("–"),
            ]
        case .date(let date): return [date.year < 1900 ? .text(date.description) : .date(CellDate(date))]
        case .boolean(let bool): return [.boolean(bool)]
        }
    }

    /// Numbers by what they are, not by how they are written.
    static func plain(_ grid: Grid) -> [CellAddress: String] {
        var found: [CellAddress: String] = [:]
        for row in grid.filledRows {
            for cell in row.cells {
                let kind =
                    switch cell.value {
                    case .text: "text"
                    case .number: "number"
                    case .date: "date"
                    default: "other"
                    }
                found[CellAddress(row: row.number, column: cell.column)] = "\(kind) \(cell.value.description)"
            }
        }
        return found
    }
}
