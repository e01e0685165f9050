internal import CMinizip
internal import Glibc

@testable internal import Spreadsheets

/// A reader of outside bytes, with inputs to begin with. It must come to an end, and what it gives must agree with itself.
struct TableParser: Sendable {
    var name: String
    var seeds: @Sendable () throws -> [[UInt8]]
    var run: @Sendable ([UInt8]) -> Void

    static let all = [book, part, csv, table, columns, values]

    /// Limits small enough for thousands of inputs a second.
    static let limits: SpreadsheetLimits = {
        var limits = SpreadsheetLimits.upload
        (limits.partBytes, limits.unpackedBytes, limits.cells) = (4 << 20, 8 << 20, 10_000)
        return limits
    }()

    static func require(_ holds: Bool, _ what: String) {
        guard !holds else { return }
        let line = Array("WRONG: \(what)\n".utf8)
        _ = write(2, line, line.count)
        abort()
    }
}

extension TableParser {
    private static let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    private static let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    private static let package = "http://schemas.openxmlformats.org/package/2006/relationships"

    private static let parts: [(name: String, text: String)] = [
        (
            "xl/worksheets/sheet1.xml",
            "<worksheet xmlns=\"\(main)\"><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"C1\" s=\"1\"><v>43100.5</v></c></row><row><c t=\"inlineStr\"><is><r><t>x</t>"
                + "</r></is></c><c t=\"b\"><v>1</v></c></row></sheetData><mergeCells><mergeCell ref=\"A1:B1\"/></mergeCells></worksheet>"
        ),
        (
            "xl/sharedStrings.xml",
            "<sst xmlns=\"\(main)\"><si><t>甲_x0041_</t></si><si><r><t>b</t></r><rPh><t>c</t></rPh></si></sst>"
        ),
        (
            "xl/styles.xml",
            "<styleSheet xmlns=\"\(main)\"><numFmts><numFmt numFmtId=\"164\" formatCode=\"[$-404]e/m/d h:mm\"/></numFmts><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/></cellXfs></styleSheet>"
        ),
        (
            "xl/workbook.xml",
            "<workbook xmlns=\"\(main)\" xmlns:r=\"\(office)\"><workbookPr date1904=\"0\"/><sheets><sheet name=\"a\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
        ),
        (
            "xl/_rels/workbook.xml.rels",
            "<Relationships xmlns=\"\(package)\"><Relationship Id=\"rId1\" Type=\"\(office)/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rId2\" "
                + "Type=\"\(office)/sharedStrings\" Target=\"sharedStrings.xml\"/><Relationship Id=\"rId3\" Type=\"\(office)/styles\" Target=\"/xl/styles.xml\"/></Relationships>"
        ),
    ]

    /// An archive of stored parts.
    private static func archive(_ parts: [(name: String, bytes: [UInt8])]) -> [UInt8] {
        func number(_ value: Int, _ width: Int) -> [UInt8] { (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        var (out, directory): ([UInt8], [UInt8]) = ([], [])
        for (name, bytes) in parts {
            let sum = bytes.withUnsafeBufferPointer { Int(crc32(0, $0.baseAddress, UInt32($0.count))) }
            let head =
                [10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0] + number(sum, 4) + number(bytes.count, 4) + number(bytes.count, 4)
                + number(name.utf8.count, 2) + [0, 0]
            directory +=
                [0x50, 0x4B, 1, 2, 20, 0] + head + [UInt8](repeating: 0, count: 10) + number(out.count, 4) + Array(name.utf8)
            out += [0x50, 0x4B, 3, 4] + head + Array(name.utf8) + bytes
        }
        let counts = number(parts.count, 2) + number(parts.count, 2)
        return out + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + counts + number(directory.count, 4) + number(out.count, 4) + [
            0, 0,
        ]
    }

    private static func read(_ bytes: [UInt8]) {
        guard let content = try? XLSXReader.read(bytes, limits: limits) else { return }
        for sheet in content.sheets {
            var last = CellAddress(row: -1, column: 0)
            for row in sheet.grid.filledRows {
                for cell in row.cells {
                    let address = CellAddress(row: row.number, column: cell.column)
                    require(last < address && address.row < limits.rows && address.column < limits.columns, "cells out of order")
                    require(sheet.grid[address] == cell.value, "a cell is not found again")
                    last = address
                }
            }
            require(CellRange.overlap(sheet.grid.merges) == nil, "merged ranges overlap")
            use(sheet.grid)
        }
    }

    /// A whole archive.
    static let book = TableParser(
        name: "book", seeds: { [archive(parts.map { ($0.name, Array($0.text.utf8)) })] }, run: { read($0) })

    /// One part of a good workbook; the first byte says which.
    static let part = TableParser(
        name: "part", seeds: { parts.indices.map { [UInt8($0)] + Array(parts[$0].text.utf8) } },
        run: { bytes in
            guard let first = bytes.first else { return }
            let chosen = Int(first) % parts.count
            read(
                archive(
                    parts.indices.map { (parts[$0].name, $0 == chosen ? Array(bytes.dropFirst()) : Array(parts[$0].text.utf8)) }))
        })

    private static let registers = [
        "甲級 (1家)\t乙級(3家)\t\n*松\t柏\t梅\n\t竹\t\n\n*說明\n", "名稱,資本額(億元),日期\n松,40,106/12/31\n合計,40,\n註：x\n",
        "\"現況\",證券商,,\n,第一級,,\n問題?,是,否\n,9,0\n,100%,\n",
    ]

    /// A text file, also written and read again.
    static let csv = TableParser(
        name: "csv",
        seeds: { registers.map { Array($0.utf8) } + [[0xFF, 0xFE, 0x61, 0, 0x2C, 0], [0xA5, 0x5C, 0x2C, 0xA6, 0x57]] },
        run: { bytes in
            guard let content = try? CSVReader.read(bytes, limits: limits) else { return }
            var writer = CSVWriter(separator: content.separator)
            for number in 0..<min(content.grid.rowCount, 1_000) {
                let row = content.grid.row(number)
                writer.write((0..<min(content.grid.columnCount, 1_000)).map { row?[$0]?.description ?? "" })
            }
            let options = CSVReader.Options(separator: content.separator, removesGuards: true)
            guard content.grid.rowCount <= 1_000, content.grid.columnCount <= 1_000 else { return }
            // What was guarded by somebody else comes back without its guard only once.
            let again = try? CSVReader.read(writer.bytes, options: options, limits: limits)
            require(again?.grid == content.grid, "what was read is not what is read again")
        })

    private static func grid(_ bytes: [UInt8]) -> Grid? { try? CSVReader.read(bytes, limits: limits).grid }

    private static func use(_ grid: Grid) {
        _ = try? HeadedTable(grid, headings: .first)
        _ = try? HeadedTable(
            grid, headings: .named([ExpectedHeading("name", ["名稱"]), ExpectedHeading("yes", ["第一級/是"], isRequired: false)]))
        _ = try? ColumnList(grid)
    }

    /// Records under headings: every row is somewhere.
    static let table = TableParser(
        name: "table", seeds: { registers.map { Array($0.utf8) } },
        run: { bytes in
            guard let grid = grid(bytes) else { return }
            use(grid)
            guard let table = try? HeadedTable(grid, headings: .first, fillsDown: ["名稱"]) else { return }
            var seen = Set(table.headingRows)
            seen.formUnion((table.records + table.totals).map(\.row))
            seen.formUnion(table.asides.map(\.address.row))
            seen.formUnion(table.unheaded.map(\.row))
            for row in grid.filledRows where row.cells.contains(where: { !$0.value.plainText.isEmpty }) {
                require(seen.contains(row.number), "row \(row.number + 1) is nowhere")
            }
        })

    /// Lists by column: every cell is somewhere.
    static let columns = TableParser(
        name: "columns", seeds: { registers.map { Array($0.utf8) } },
        run: { bytes in
            guard let grid = grid(bytes), let list = try? ColumnList(grid) else { return }
            let row = list.groups.first?.heading.address.row ?? 0
            var seen = Set(list.groups.flatMap(\.entries).map(\.address))
            seen.formUnion(list.notes.map(\.address))
            let keys = Set(list.groups.map(\.heading.text).map { TextFolding.key($0) })
            for found in grid.filledRows where found.number != row {
                for cell in found.cells where !cell.value.plainText.isEmpty {
                    let isThere = seen.contains(CellAddress(row: found.number, column: cell.column))
                    require(isThere || keys.contains(TextFolding.key(cell.value.description)), "a cell is nowhere")
                }
            }
        })

    /// A cell's text as every kind of value.
    static let values = TableParser(
        name: "values",
        seeds: {
            ["1億2,000萬元", "(1,234.5)", "民國106年12月31日 下午 02:05", "■是 □否", "81.82％", "第三級（24家）(億元)", "[$-404]e/m/d h:mm;@", "1e5"]
                .map { Array($0.utf8) }
        },
        run: { bytes in
            let text = String(decoding: bytes.prefix(512), as: UTF8.self)
            let value = CellValue.text(text)
            _ = (
                value.dateTime(), value.tick(), Heading(text, at: CellAddress(row: 0, column: 0)), NumberKind(code: text),
                MeasureUnit(text)
            )
            _ = (
                CellAddress(text), CellRange(text), SerialDay.value(text, .dateTime, from1904: false),
                SheetNames.valid([text, text])
            )
            if let number = value.decimal().value {
                require(ExactDecimal(number.description) == number, "a number changes by being shown")
            }
            if let number = CellNumber(text) { _ = number.decimal }
            let plain = TextFolding.plain(text)
            require(TextFolding.plain(plain) == plain, "folding twice changes something")
            require(unescaped(ExcelText.escaped(text)) == text, "escapes do not come back")
        })
}
