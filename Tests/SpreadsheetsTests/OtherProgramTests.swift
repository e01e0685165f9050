import Glibc
import TestProcesses
import Testing

@testable import Spreadsheets

private let root = String(#filePath.prefix(#filePath.count - "/Tests/SpreadsheetsTests/OtherProgramTests.swift".count))
private let python = root + "/.build/openpyxl/bin/python"
private let office = "/usr/bin/soffice"

@Suite(
    "Workbooks of Python's libraries",
    .enabled(if: access(python, X_OK) == 0, "openpyxl is not here (Scripts/openpyxl.sh installs it)"), .timeLimit(.minutes(5)))
struct PythonTests {
    @Test("openpyxl reads what was written: cells, merged headings, choices, protection, hidden sheets", arguments: Array(1...6))
    func reads(_ seed: UInt64) async throws {
        let book = Sample.tame(seed: seed)
        let scratch = try Scratch()
        let path = try scratch.write(book.xlsx(), "book.xlsx")
        let run = try await Running(python, [root + "/Tests/Workbooks/dump.py", path]).finish()
        #expect(run.status == 0, "\(run.output)")
        let dump = run.output.split(separator: "\n").map(String.init)
        #expect(dump.first == "title \(hex(book.properties.title))")
        let expected = try ["title \(hex(book.properties.title))"] + book.sheets.flatMap(lines) + metadata(book)
        #expect(dump == expected)
        #expect(!run.output.contains(" formula "))
    }

    private func hex(_ text: String) -> String {
        text.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    private func lines(_ sheet: Workbook.Sheet) throws -> [String] {
        let layout = try SheetLayout(sheet)
        let grid = try Expected.grid(sheet)
        let frozen = sheet.freezesHeadings ? "A\(layout.headings.upperBound + 1)" : "-"
        var lines = ["sheet \(hex(sheet.name)) visible \(sheet.isProtected ? "protected" : "open") \(frozen)"]
        lines += grid.merges.map { "merge \($0)" }
        for (place, column) in layout.columns.enumerated() {
            let choices = sheet.columns[column.index].choices
            if choices.isEmpty || column.part != .whole { continue }
            let range = CellRange(
                CellAddress(row: layout.rows.lowerBound, column: place),
                CellAddress(row: layout.rows.upperBound - 1, column: place))
            lines.append(
                "choices \(range.first == range.last ? range.first.description : range.description) \(hex("\"\(choices.joined(separator: ","))\""))"
            )
        }
        return lines + cells(grid)
    }

    private func cells(_ grid: Grid) -> [String] {
        grid.filledRows.flatMap { row in
            row.cells.map { cell in
                let address = CellAddress(row: row.number, column: cell.column)
                return switch cell.value {
                case .text(let text): "cell \(address) text \(hex(text))"
                case .number(let number): "cell \(address) number \(shown(number.decimal?.approximate ?? 0))"
                case .date(let date): "cell \(address) date \(date)"
                default: "cell \(address) \(cell.value)"
                }
            }
        }
    }

    /// A number as Python shows it; both show the shortest form, with different powers of ten.
    private func shown(_ number: Double) -> String {
        let text = number.description
        let size = abs(number)
        guard size != 0, size < 1e-4 || size >= 1e16 else { return text }
        let parts = text.split(separator: "e")
        let power = Int(parts.last ?? "0") ?? 0
        let mantissa = (parts.first ?? "").hasSuffix(".0") ? String((parts.first ?? "").dropLast(2)) : String(parts.first ?? "")
        return "\(mantissa)e\(power < 0 ? "-" : "+")\(abs(power) < 10 ? "0" : "")\(abs(power))"
    }

    private func metadata(_ book: Workbook) -> [String] {
        ["sheet \(hex("_metadata")) hidden protected -"]
            + book.metadata.enumerated().flatMap { row, entry in
                ["cell A\(row + 1) text \(hex(entry.name))"]
                    + (entry.value.isEmpty ? [] : ["cell B\(row + 1) text \(hex(entry.value))"])
            }
    }

    @Test("What openpyxl, XlsxWriter and pandas write is read, in each of their ways")
    func writes() async throws {
        let scratch = try Scratch()
        let run = try await Running(python, [root + "/Tests/Workbooks/write.py", scratch.path]).finish()
        #expect(run.status == 0, "\(run.output)")
        let names = run.output.split(separator: "\n").map(String.init).filter { $0.hasSuffix(".xlsx") }
        #expect(names.count == 10)
        for name in names {
            let content = try XLSXReader.read(Files.read("\(scratch.path)/\(name)"))
            let grid = try #require(content.sheet("名冊")).grid
            let table = try HeadedTable(
                grid,
                headings: .named([
                    ExpectedHeading("name", ["名稱"]), ExpectedHeading("capital", ["資本額"]), ExpectedHeading("since", ["核准日期"]),
                ]))
            #expect(table.records.count == 3, "\(name)")
            let unit = table.columns.first { $0.id == "capital" }?.heading?.unit ?? .one
            let names = table.records.map { $0["name"]?.value.plainText.replacing("=", with: "") }
            #expect(names == ["松證券", "柏證券 (第二行)", "梅"], "\(name)")
            #expect(
                table.records.map { $0["capital"]?.value.decimal(in: unit).value?.description } == [
                    "4000000000", "30000000", "123456725000000",
                ], "\(name)")
            #expect(
                table.records.map { $0["since"]?.value.date().value?.description } == ["2017-12-31", "1999-01-05", "2024-02-29"],
                "\(name)")
            #expect(table.records.map { $0["導入"]?.value.tick().value } == [true, false, true], "\(name)")
            #expect(table.records.map { $0["符合率"]?.value.decimal().value?.description } == ["0.8182", "1", "0"], "\(name)")
            if name.hasPrefix("pandas") {
                try survey(#require(content.sheet("問卷")).grid)
            } else if name != "openpyxl-stream.xlsx" {
                #expect(content.metadata() == ["version": "3"], "\(name)")
                #expect(content.sheet("_metadata")?.visibility == .veryHidden, "\(name)")
            }
            if ["openpyxl.xlsx", "xlsxwriter.xlsx"].contains(name) { #expect(grid.merges.map(\.description) == ["G1:H2"]) }
        }
    }

    private func survey(_ grid: Grid) throws {
        // pandas gives the name of the first column a row of its own.
        let table = try HeadedTable(grid, headings: .rows(0...2))
        let row = try #require(table.records.first { $0.fields.first?.value == .text("管理系統") })
        #expect(row["第一級/是"]?.value.integer().value == 7)
        #expect(row["第二級/否"]?.value.integer().value == 6)
    }
}

@Suite(
    "Workbooks through LibreOffice", .serialized,
    .enabled(if: access(office, X_OK) == 0, "libreoffice-calc is not installed"), .timeLimit(.minutes(10)))
struct OfficeTests {
    private func convert(_ scratch: Scratch, _ path: String, to format: String, into folder: String) async throws -> [UInt8] {
        let run = try await Running(
            office,
            [
                "--headless", "-env:UserInstallation=file://\(scratch.path)/profile", "--convert-to", format, "--outdir",
                "\(scratch.path)/\(folder)", path,
            ]
        ).finish()
        let name = path.split(separator: "/").last?.split(separator: ".").first ?? ""
        let ending = format.split(separator: ":").first ?? ""
        guard run.status == 0 else { throw Failure("soffice: \(run.output)") }
        return try Files.read("\(scratch.path)/\(folder)/\(name).\(ending)")
    }

    @Test("To OpenDocument and back nothing changes: cells, merged headings, hidden sheets, names", arguments: Array(1...4))
    func andBack(_ seed: UInt64) async throws {
        let book = Sample.tame(seed: seed)
        let scratch = try Scratch()
        let path = try scratch.write(book.xlsx(), "book.xlsx")
        _ = try await convert(scratch, path, to: "ods", into: "one")
        let content = try await XLSXReader.read(convert(scratch, "\(scratch.path)/one/book.ods", to: "xlsx", into: "two"))
        #expect(content.sheets.map(\.name) == book.sheets.map(\.name) + ["_metadata"])
        for (sheet, found) in zip(book.sheets, content.sheets) {
            let expected = try Expected.grid(sheet)
            #expect(Expected.plain(found.grid) == Expected.plain(expected), "seed \(seed), \(sheet.name)")
            #expect(found.grid.merges.sorted { $0.first < $1.first } == expected.merges)
        }
        #expect(content.metadata() == Dictionary(uniqueKeysWithValues: book.metadata.map { ($0.name, $0.value) }))
        #expect(content.sheets.last?.visibility == .hidden)
    }

    @Test("As CSV it says what the cells show")
    func csv() async throws {
        let sheet = Workbook.Sheet(
            name: "名冊",
            columns: [
                .init("名稱"), .init("資本額", .decimal(places: 2)),
                .init(["導入"], .rate(numerator: "是", denominator: "家", percent: "%")), .init("核准", .date),
            ],
            rows: [
                [.text("=1+1"), .decimal(ExactDecimal("1234567.5") ?? .zero), .rate(.init(9, of: 11)), day(2017, 12, 31)],
                [.text("松,\"證券\"\n二"), .decimal(ExactDecimal("-0.25") ?? .zero), .rate(.init(2, of: 3)), day(1900, 3, 1)],
            ])
        let scratch = try Scratch()
        let path = try scratch.write(Workbook(properties: .init(title: "", created: 0), sheets: [sheet]).xlsx(), "book.xlsx")
        let bytes = try await convert(scratch, path, to: "csv:Text - txt - csv (StarCalc):44,34,76,1", into: "out")
        let table = try HeadedTable(CSVReader.read(bytes).grid, headings: .rows(0...1))
        #expect(table.records.map { $0["名稱"]?.value.description } == ["=1+1", "松,\"證券\"\n二"])
        #expect(table.records.map { $0["資本額"]?.value.decimal().value?.description } == ["1234567.5", "-0.25"])
        #expect(table.records.map { $0["導入/%"]?.value.description } == ["81.82%", "66.67%"])
        #expect(table.records.map { $0["核准"]?.value.date().value?.description } == ["2017-12-31", "1900-03-01"])
    }

    private func day(_ year: Int, _ month: Int, _ day: Int) -> Workbook.Cell {
        CalendarDate(year: year, month: month, day: day).map { .date($0) } ?? .blank
    }

    @Test("A register typed in LibreOffice, with merged headings, gives its lists")
    func register() async throws {
        // A page of HTML is opened as a sheet, so that LibreOffice itself makes the merged cells.
        let page = """
            <html><head><meta charset="utf-8"></head><body><table><tr><td>甲級 (1家)</td><td colspan="2">乙級(5家)</td></tr><tr><td>*松證券</td><td>柏證券</td>\
            <td>梅證券</td></tr><tr><td></td><td>竹證券</td><td>蘭證券</td></tr><tr><td></td><td>菊證券</td><td></td></tr></table></body></html>
            """
        let scratch = try Scratch()
        let path = try scratch.write(page, "page.html")
        let run = try await Running(
            office,
            [
                "--headless", "-env:UserInstallation=file://\(scratch.path)/profile", "--infilter=HTML (StarCalc)",
                "--convert-to", "xlsx", "--outdir",
                scratch.path, path,
            ]
        ).finish()
        #expect(run.status == 0, "\(run.output)")
        let grid = try #require(try XLSXReader.read(Files.read("\(scratch.path)/page.xlsx")).sheets.first).grid
        #expect(grid.merges.map(\.description) == ["B1:C1"])
        let list = try ColumnList(grid)
        #expect(list.groups.map(\.entries.count) == [1, 5])
        #expect(list.groups.map(\.agrees) == [true, true])
    }
}
