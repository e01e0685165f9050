import Testing

@testable import Spreadsheets

@Suite("Tables that people make")
struct TableTests {
    // MARK: Lists by column

    /// The layout of the exchange's list of brokers by tier, with invented names: 9, 11, 14 + 10 and 14 + 14 + 2 names, headings over the first
    /// column of each tier only.
    private static let register: String = {
        func name(_ tier: Int, _ number: Int) -> String {
            let first = Array("青赤白玄黃翠紫丹蒼緋")
            let second = Array("松柏梅竹蘭菊荷桂楓榆")
            return "\(first[number % 10])\(second[(number / 10 + tier * 3) % 10])\(["甲", "乙", "丙", "丁"][tier])"
        }
        var columns = [(0, 0, 9), (1, 0, 11), (2, 0, 14), (2, 14, 10), (3, 0, 14), (3, 14, 14), (3, 28, 2)].map {
            tier, from, count in
            (from..<from + count).map { name(tier, $0) }
        }
        columns[1][1] = "*" + columns[1][1]
        var lines = ["第一級 (9家)\t第二級 (11家)\t第三級(24家)\t\t第四級(30家)\t\t"]
        for row in 0..<14 { lines.append(columns.map { row < $0.count ? $0[row] : "" }.joined(separator: "\t")) }
        return lines.joined(separator: "\n") + "\n\n\\*低於門檻但隸屬於控股公司\n"
    }()

    private func check(_ list: ColumnList) {
        #expect(list.groups.map(\.heading.name) == ["第一級", "第二級", "第三級", "第四級"])
        #expect(list.groups.map(\.heading.statedCount) == [9, 11, 24, 30])
        #expect(list.groups.map(\.entries.count) == [9, 11, 24, 30])
        #expect(list.groups.map(\.agrees) == [true, true, true, true])
        #expect(list.groups.map(\.columns) == [[0], [1], [2, 3], [4, 5, 6]])
        #expect(list.duplicates.isEmpty)
        #expect(Set(list.groups.flatMap(\.entries).map(\.text)).count == 74)
        let marked = list.groups.flatMap(\.entries).filter { !$0.marks.isEmpty }
        #expect(marked.map(\.text) == ["赤竹乙"])
        #expect(marked.first?.marks == ["*"])
        #expect(list.meaning(of: "*") == "低於門檻但隸屬於控股公司")
    }

    @Test("The register of the seed's layout gives all 74, under four headings over seven columns")
    func register() throws {
        let grid = try CSVReader.read(Array(Self.register.utf8)).grid
        let list = try ColumnList(grid)
        check(list)
        #expect(list.groups[2].entries[14].address == address("D2"))
        #expect(list.groups[3].entries[29].address == address("G3"))
    }

    @Test("The same as a workbook: blank headings, merged headings, a title and a date above")
    func registerInWorkbook() throws {
        let lines = try CSVReader.read(Array(Self.register.utf8)).grid
        var rows: [[CellValue?]] = [[.text("證券商分級列表")], []]
        for row in 0..<lines.rowCount { rows.append((0..<7).map { lines[CellAddress(row: row, column: $0)] }) }
        check(try ColumnList(Grid(values: rows)))
        let merged = ["A1:G1", "C3:D3", "E3:G3"].compactMap { CellRange($0) }
        let list = try ColumnList(Grid(values: rows, merges: merged))
        check(list)
        #expect(list.notes.first?.text == "證券商分級列表")
    }

    @Test("Without the blank row, with a merged note, with headings repeated, with a gap")
    func listNotes() throws {
        let tight = try ColumnList(Grid([["甲級(1家)", "乙級(3家)"], ["松", "柏"], ["", "梅"], ["", "竹"], ["*說明的文字", ""]]))
        #expect(tight.groups.map(\.entries.count) == [1, 3])
        #expect(tight.notes.map(\.text) == ["說明的文字"])
        let marked = try ColumnList(Grid([["甲級(1家)", "乙級(3家)"], ["松", "柏"], ["", "梅"], ["", "*竹"]]))
        #expect(marked.groups.map(\.entries.count) == [1, 3])
        #expect(marked.notes.isEmpty)
        let merged = try ColumnList(
            Grid([["甲級", "乙級"], ["松", "柏"], ["以上為核定結果", ""]], merges: [CellRange("A3:B3")].compactMap { $0 }))
        #expect(merged.groups.map(\.entries.count) == [1, 1])
        let repeated = try ColumnList(Grid([["甲級 (2家)", "乙級(2家)"], ["松", "柏"], ["甲級(2家)", "乙級（2家）"], ["梅", "竹"]]))
        #expect(repeated.groups.map(\.agrees) == [true, true])
        let gap = try ColumnList(Grid([["甲級", "乙級"], ["松", "柏"], [], ["梅", "竹"], [], ["製表日期：106/6/30"], ["甲", "乙"]]))
        #expect(gap.groups.map(\.entries.count) == [2, 2])
        #expect(gap.notes.map(\.text) == ["製表日期:106/6/30", "甲", "乙"])
    }

    @Test("Counts that differ are shown, names twice are found, names under no heading are refused")
    func listFaults() throws {
        let list = try ColumnList(Grid([["甲級(3家)", "乙級(共 1 家)", "丙級"], ["松", "臺松", "柏"], ["台松", "", ""]]))
        #expect(list.groups.map(\.agrees) == [false, true, nil])
        #expect(list.duplicates == [TextFolding.key("台松"): [address("A3"), address("B2")]])
        let error = refusal { try ColumnList(Grid([["", "甲級", "乙級"], ["松", "柏", "梅"]])) }
        #expect(error?.code == .badHeadings)
        #expect(error?.cell == address("A2"))
        #expect(refusal { try ColumnList(Grid()) }?.code == .badHeadings)
        #expect(refusal { try ColumnList(Grid([["a", "b"]]), headingRow: 7) }?.code == .badHeadings)
    }

    @Test("Any split of names into columns and tiers comes back", arguments: [1, 2, 3, 4])
    func lists(_ seed: UInt64) throws {
        var random = Seeded(seed)
        for _ in 0..<300 {
            var columns: [(heading: String, names: [String])] = []
            var expected: [[String]] = []
            for tier in 0..<random.below(5) + 2 {
                let parts = (0..<random.below(3) + 1).map { part in (0..<random.below(6) + 1).map { "名\(tier)之\(part)之\($0)" } }
                for (part, names) in parts.enumerated() {
                    columns.append((part == 0 ? "級\(tier)(\(parts.joined().count)家)" : "", names))
                }
                expected.append(Array(parts.joined()))
            }
            let height = columns.map(\.names.count).max() ?? 0
            var rows = [columns.map(\.heading)]
            for row in 0..<height { rows.append(columns.map { row < $0.names.count ? $0.names[row] : "" }) }
            let list = try ColumnList(Grid(rows), headingRow: 0)
            #expect(list.groups.map { $0.entries.map(\.text) } == expected)
            #expect(list.groups.allSatisfy { $0.agrees == true })
        }
    }

    // MARK: Records under headings

    @Test("Headings are taken apart: count, unit, name")
    func headings() {
        func heading(_ text: String) -> Heading { Heading(text, at: CellAddress(row: 0, column: 0)) }
        #expect(heading("第三級(24家)").statedCount == 24)
        #expect(heading("第三級（２４ 家）").name == "第三級")
        #expect(heading("業者\n(共1,024家)").statedCount == 1_024)
        #expect(heading("Tier 1 (9 firms)").statedCount == 9)
        #expect(heading("回覆 (n=74)").statedCount == 74)
        #expect(heading("實收資本額（億元）").unit?.power == 8)
        #expect(heading("資本額(新臺幣千元)(30家)").statedCount == 30)
        #expect(heading("資本額(新臺幣千元)(30家)").unit?.power == 3)
        #expect(heading("資本額(新臺幣千元)(30家)").name == "資本額")
        for text in ["分類分級 (原僅適用網際網路下單業者)", "統計 (2017)", "附表(1)", "(24家)", "甲)", "備註", "民國(106年)"] {
            #expect(heading(text).name == text || heading(text).name == TextFolding.plain(text), "\(text)")
        }
        #expect(heading("統計 (2017)").statedCount == nil)
        #expect(heading("民國(106年)").statedCount == nil)
    }

    /// The seed's survey tables: a question over tiers, each with yes and no.
    private static let survey = [
        ["現況", "證券商", "", "", "", "", "", "", ""], ["", "第一級", "", "第二級", "", "第三級", "", "第四級", ""],
        ["是否導入郵件過濾機制？", "是", "否", "是", "否", "是", "否", "是", "否"], ["", "9", "0", "10", "1", "16", "8", "20", "10"],
        ["", "100%", "", "<b>90.91%</b>", "", "<b>66.67%</b>", "", "<b>33.33%</b>", ""],
    ]

    @Test("Headings of three rows with blanks, numbers under yes and no of each tier")
    func survey() throws {
        let table = try HeadedTable(Grid(Self.survey), headings: .rows(0...2))
        #expect(table.columns.count == 9)
        #expect(table.columns[4].path.map(\.name) == ["證券商", "第二級", "否"])
        #expect(table.records.count == 2)
        let counts = table.records[0]
        #expect(counts["第二級/是"]?.value.integer().value == 10)
        #expect(counts["證券商/第四級/否"]?.value.integer().value == 10)
        #expect(counts["第四級/否"]?.address == address("I4"))
        #expect(counts.all("是").map(\.value.description) == ["9", "10", "16", "20"])
        #expect(table.records[1]["第三級/是"]?.value.decimal().value?.description == "0.6667")
        #expect(table.records[1]["第三級/否"] == nil)
        let found = try HeadedTable(Grid(Self.survey), headings: .first)
        #expect(found.headingRows == 0...2)
        let merges = ["B1:I1", "B2:C2", "D2:E2", "F2:G2", "H2:I2", "A1:A2"].compactMap { CellRange($0) }
        let merged = try HeadedTable(Grid(Self.survey, merges: merges), headings: .rows(0...2))
        #expect(merged.columns.map { $0.path.map(\.name) } == table.columns.map { $0.path.map(\.name) })
    }

    private static let expected = [
        ExpectedHeading("name", ["公司名稱", "名稱", "Name"]), ExpectedHeading("capital", ["資本額", "實收資本額"]),
        ExpectedHeading("since", ["核准日期", "日期"], isRequired: false), ExpectedHeading("waf", ["WAF"], isRequired: false),
    ]

    @Test("A register with titles above, line breaks in headings, totals, notes, headings repeated")
    func register2() throws {
        let grid = Grid([
            ["證券商名冊"], ["製表日期：", "106年6月30日"], [], ["編號", "公司\n名稱", "實收資本額\n（億元）", "核准 日期", "ＷＡＦ", "備註"],
            ["1", "松證券", "40", "106/12/31", "Ｖ", ""], ["2", "柏證券", "3,500萬", "民國99年1月5日", "", "x"],
            ["編號", "公司名稱", "實收資本額(億元)", "核准日期", "WAF", "備註"], ["3", "*梅證券", "-", "2017-01-02", "√", ""],
            ["", "合計", "75", "", "", ""],
            ["註：資本額以實收為準", "", "", "", "", ""], [], ["聯絡人 王小明"],
        ])
        let table = try HeadedTable(grid, headings: .named(Self.expected))
        #expect(table.headingRows == 3...3)
        #expect(table.records.map(\.row) == [4, 5, 7])
        #expect(table.totals.map(\.row) == [8])
        #expect(table.asides.map(\.kind) == [.note, .note, .repeatedHeading, .note, .note])
        #expect(table.unheaded.isEmpty)
        let unit = try #require(table.columns.first { $0.id == "capital" }?.heading?.unit)
        #expect(
            table.records.map { $0["capital"]?.value.decimal(in: unit).value?.description } == ["4000000000", "35000000", nil])
        #expect(table.records[2]["capital"]?.value.decimal(in: unit) == .blank)
        #expect(table.records.map { $0["since"]?.value.date().value?.description } == ["2017-12-31", "2010-01-05", "2017-01-02"])
        #expect(table.records.map { $0["waf"]?.value.tick().value } == [true, nil, true])
        #expect(table.records[1]["name"]?.address == address("B6"))
        #expect(table.records[1]["備註"]?.value == .text("x"))
    }

    @Test("Group headings above are found with the names below, and reach down where they are merged")
    func groups() throws {
        let rows = [
            ["名冊"], ["名稱", "聯絡方式", "", "資本額"], ["", "電話", "信箱", ""], ["松證券", "02-1", "a@x.invalid", "5"],
            ["柏證券", "02-2", "b@x.invalid", "6"],
        ]
        let names = [ExpectedHeading("name", ["名稱"]), ExpectedHeading("phone", ["聯絡方式/電話"]), ExpectedHeading("capital", ["資本額"])]
        for merges in [[], ["A1:D1", "A2:A3", "B2:C2", "D2:D3"].compactMap { CellRange($0) }] {
            let table = try HeadedTable(Grid(rows, merges: merges), headings: .named(names))
            #expect(table.headingRows == 1...2)
            #expect(table.records.map { $0["phone"]?.value.description } == ["02-1", "02-2"])
            #expect(table.records.map { $0["capital"]?.value.integer().value } == [5, 6])
            #expect(table.records[0]["信箱"]?.address == address("C4"))
            #expect(table.columns.map(\.part) == [0, 0, 0, 0])
        }
    }

    @Test("Columns that go on under one heading keep all their values")
    func continued() throws {
        let table = try HeadedTable(
            Grid([["名稱", "聯絡人", "", "電話"], ["松", "王", "李", "1"], ["柏", "", "張", "2"]]), headings: .rows(0...0))
        #expect(table.columns.map(\.part) == [0, 0, 1, 0])
        #expect(table.records[0].all("聯絡人").map(\.value.description) == ["王", "李"])
        #expect(table.records[1]["聯絡人"]?.value == .text("張"))
        #expect(table.records[1]["電話"]?.value == .text("2"))
    }

    @Test("Cells merged downward count for each of their rows; blanks are filled only where it is asked for")
    func fills() throws {
        let rows = [["等級", "名稱", "數"], ["甲", "松", "1"], ["", "柏", "2"], ["", "梅", "3"], ["乙", "竹", ""], ["", "蘭", "5"]]
        let merged = try HeadedTable(Grid(rows, merges: ["A2:A4"].compactMap { CellRange($0) }), headings: .rows(0...0))
        #expect(merged.records.map { $0["等級"]?.value.description } == ["甲", "甲", "甲", "乙", nil])
        #expect(merged.records[2]["等級"]?.address == address("A2"))
        #expect(merged.records.map { $0["數"]?.value.description } == ["1", "2", "3", nil, "5"])
        let filled = try HeadedTable(Grid(rows), headings: .rows(0...0), fillsDown: ["等級"])
        #expect(filled.records.map { $0["等級"]?.value.description } == ["甲", "甲", "甲", "乙", "乙"])
        #expect(filled.records.map { $0["數"]?.value.description } == ["1", "2", "3", nil, "5"])
    }

    @Test("Headings that are missing or ambiguous are refused, cells under none are told")
    func faults() throws {
        let missing = refusal { try HeadedTable(Grid([["名稱", "電話"], ["松", "1"]]), headings: .named(Self.expected)) }
        #expect(missing?.code == .badHeadings)
        #expect(missing?.reason.contains("資本額") == true)
        #expect(missing?.reason.contains("名稱") == false)
        let twice = refusal {
            try HeadedTable(Grid([["名稱", "資本額", "Name"], ["松", "1", "x"]]), headings: .named(Self.expected))
        }
        #expect(twice?.code == .badHeadings)
        #expect(twice?.cell == address("C1"))
        #expect(refusal { try HeadedTable(Grid(), headings: .first) }?.code == .badHeadings)
        #expect(refusal { try HeadedTable(Grid([["a"]]), headings: .rows(0...3)) }?.code == .badHeadings)
        let stray = try HeadedTable(Grid([["", "名稱", "資本額"], ["x", "松", "1"]]), headings: .named(Self.expected))
        #expect(stray.unheaded == [address("A2")])
    }
}
