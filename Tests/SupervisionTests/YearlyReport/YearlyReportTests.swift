import Database
import Documents
import Rulebook
import Testing

@testable import Supervision

extension SupervisionWorld {
    func draft(_ year: Int = 2017) async throws -> ReportContent { try await supervision.yearlyReports.draft(year) }

    func catalog() throws -> TextCatalog {
        try TextCatalog(ShippedFiles.files(in: "texts").map { try YAMLReader.read($0.bytes) })
    }

    func freeze(_ year: Int = 2017) async throws -> ReportIssue {
        try await supervision.yearlyReports.freeze(year, reason: "decided by the meeting", .system("test")) {
            content, number throws(SupervisionError) in
            ["full.json": CanonicalJSON.bytes(of: content.manifest(.full, number: number))]
        }
    }
}

extension ReportDocument {
    /// Everything that is printed in it, one text after another.
    var texts: [String] {
        lines + imprint
            + sections.flatMap { section in
                [section.title] + section.footnotes
                    + section.blocks.flatMap { block -> [String] in
                        switch block {
                        case .paragraph(let text): [text]
                        case .list(let lines): lines
                        case .table(let table): table.notes + table.rows.flatMap { $0.map(\.text) }
                        case .chart(let chart): chart.table.rows.flatMap { $0.map(\.text) }
                        }
                    }
            }
    }
}

@Suite("Figures of the yearly report")
struct YearlyFigureTests {
    @Test("the demonstration year makes the 44 printed cells, and says so of 42 printed percentages")
    func cells() async throws {
        let world = try await SupervisionWorld.demo()
        let content = try await world.draft()
        let printed = try PrintedSurveyTests.printed()
        #expect(printed.cells.count == 44)
        for cell in printed.cells {
            let share = try #require(content.figures["status.\(cell.item).\(cell.tier).share"])
            #expect(share.numerator == cell.yes && share.denominator == cell.yes + cell.no, "\(share.id)")
            #expect(share.value == Rate(cell.yes, of: cell.yes + cell.no)?.text && share.asOf == "2017-12-31")
        }
        #expect(content.figures["printed.same"]?.numerator == 42 && content.figures["printed.cells"]?.numerator == 44)
        #expect(["1", "2", "3", "4"].map { content.figures["market.tier.\($0).firms"]?.numerator } == [9, 11, 24, 30])
        #expect(content.figures["market.firms"]?.numerator == 74 && content.figures["market.raised"]?.numerator == 4)
        await world.database.close()
    }

    @Test("D-01, D-02, D-03, D-04, D-10 are told in both languages, and D-05 to D-09 and D-11 as limits")
    func oddities() async throws {
        let world = try await SupervisionWorld.demo()
        let content = try await world.draft()
        for language in Language.allCases {
            let document = content.document(.full, language, try world.catalog(), number: nil)
            let texts = document.texts
            func has(_ parts: String...) -> Bool { texts.contains { text in parts.allSatisfy { text.contains($0) } } }
            #expect(has("D-01", "72.72 %", "72.73 % (8/11)"))
            #expect(has("D-02", "33.33 %", "66.67 % (20/30)"))
            #expect(has("D-03", "12", "14"))
            #expect(has("D-04") && has("D-10"))
            for limit in ["D-05", "D-06", "D-07", "D-08", "D-09", "D-11"] { #expect(has(limit), "\(limit)") }
            // No number is typed, and no word is missing.
            #expect(!texts.contains { $0.contains("yearly.") || $0.contains("{") })
        }
        await world.database.close()
    }

    @Test("the follow-up's figures are what its store says of each quarter")
    func gaps() async throws {
        let world = try await SupervisionWorld.demo()
        let content = try await world.draft()
        for number in 1...4 {
            let quarter = try #require(Quarter(year: 2017, number: number))
            let found = try await world.supervision.followUps.differences(
                from: quarter.previous, to: quarter, asOf: quarter.lastDay)
            let figures = content.figures
            #expect(figures["gaps.\(quarter).open"]?.numerator == found.count { $0.after.isOpen })
            #expect(figures["gaps.\(quarter).opened"]?.numerator == found.count { $0.after.isOpen && !$0.before.isOpen })
            #expect(figures["gaps.\(quarter).closed"]?.numerator == found.count { !$0.after.isOpen && $0.before.isOpen })
            #expect(
                figures["gaps.\(quarter).slipping"]?.numerator
                    == found.count { world.supervision.followUps.policy.isSlipping($0) })
        }
        #expect((content.figures["gaps.opened"]?.numerator ?? 0) > 0 && (content.figures["gaps.closed"]?.numerator ?? 0) > 0)
        await world.database.close()
    }

    @Test("every figure has a rule, a unit and a day; every table figure is one of the report's")
    func whole() async throws {
        let world = try await SupervisionWorld.demo()
        let content = try await world.draft()
        #expect(Set(content.figures.list.map(\.id)).count == content.figures.list.count)
        for figure in content.figures.list { #expect(!figure.unit.isEmpty && !figure.asOf.isEmpty, "\(figure.id)") }
        let document = content.document(.full, .english, try world.catalog(), number: nil)
        let known = Set(content.figures.list)
        for table in document.tables {
            for case .figure(let figure) in table.rows.flatMap({ $0 }) { #expect(known.contains(figure)) }
            for row in table.rows { #expect(row.count == table.columns.count, "\(table.id)") }
        }
        #expect(Set(document.tables.map(\.id)).count == document.tables.count)
        await world.database.close()
    }

    @Test("a snapshot is read back as it was written")
    func roundTrip() async throws {
        let world = try await SupervisionWorld.demo()
        let snapshot = try await world.draft().snapshot
        let again = try ReportSnapshot.read(try JSONReader.read(snapshot.bytes))
        let isSame = again == snapshot
        #expect(isSame && again.hash == snapshot.hash)
        await world.database.close()
    }
}

@Suite("A yearly report of little or nothing")
struct YearlyEmptyTests {
    @Test("an empty market says in sentences that there is nothing")
    func empty() async throws {
        let world = try await SupervisionWorld()
        let content = try await world.draft()
        for edition in ReportEdition.allCases {
            let document = content.document(edition, .chinese, try world.catalog(), number: nil)
            #expect(document.sections.count == world.supervision.yearlyReports.template.sections.count)
            for section in document.sections {
                #expect(!section.blocks.isEmpty)
                for case .table(let table) in section.blocks { #expect(!table.rows.isEmpty, "\(table.id)") }
                for case .chart(let chart) in section.blocks { #expect(!chart.categories.isEmpty, "\(chart.id)") }
            }
            #expect(document.texts.contains { $0.contains("不表示已符合標準") })
        }
        await world.database.close()
    }

    @Test("a market without answers has tiers and a standard, and no status")
    func unanswered() async throws {
        let world = try await SupervisionWorld.demo()
        let content = try await world.draft(2016)
        #expect(content.snapshot.quarters.isEmpty && content.figures["status.filed"] == nil)
        let document = content.document(.full, .english, try world.catalog(), number: nil)
        let status = try #require(document.sections.first { $0.id == "status" })
        #expect(status.blocks.count == 1)
        #expect(document.tables.contains { $0.id == "table-standard" })
        await world.database.close()
    }

    @Test("firms without a tier count under all only, and are told")
    func withoutTier() async throws {
        let world = try await SupervisionWorld()
        let firms = try DemoMarket.shipped(world.rulebook).firms
        try await world.supervision.register.save(firms, after: [:], reason: "test", .system("test"))
        let content = try await world.draft()
        #expect(content.figures["market.firms"]?.numerator == 74 && content.figures["market.undecided"]?.numerator == 74)
        let document = content.document(.published, .english, try world.catalog(), number: nil)
        #expect(document.texts.contains("No tier"))
        await world.database.close()
    }
}

@Suite("Templates of the yearly report")
struct ReportTemplateTests {
    @Test("the shipped template is read, and what is frozen of it is read again")
    func shipped() throws {
        let template = try ReportTemplate.shipped()
        #expect(try ReportTemplate.read(template.node) == template)
        #expect(Set(template.sections.map(\.id)).count == template.sections.count)
    }

    static let head = "schema: plumbline.report-template/1\nid: y\ntitle: {zh-TW: 甲, en: a}\nsections:\n"

    @Test(
        "what is wrong is refused with its line",
        arguments: [
            ("  - {id: a, title: {zh-TW: 甲, en: a}, paragraphs: [], blocks: [{table: unknown}]}\n", "blocks[0]"),
            ("  - {id: a, title: {zh-TW: 甲, en: a}, paragraphs: [], blocks: [{chart: heat}, {chart: heat}]}\n", "blocks[1]"),
            (
                "  - {id: a, title: {zh-TW: 甲, en: a}, paragraphs: [{zh-TW: \"{market.secret}\", en: a}], blocks: []}\n",
                "paragraphs[0]"
            ),
            ("  - {id: a, title: {zh-TW: 甲}, paragraphs: [], blocks: []}\n", "title"),
            ("  - {id: \"A B\", title: {zh-TW: 甲, en: a}, paragraphs: [], blocks: []}\n", "id"),
            ("  - {id: a, title: {zh-TW: 甲, en: a}, paragraphs: [], blocks: [], script: x}\n", "script"),
            ("  - {id: a, title: {zh-TW: 甲, en: a}, paragraphs: [], blocks: [{script: x}]}\n", "blocks[0]"),
        ])
    func hostile(_ section: String, _ key: String) {
        let error = #expect(throws: DocumentError.self) {
            try ReportTemplate.read(try YAMLReader.read(Array((Self.head + section).utf8)))
        }
        #expect(error?.position.line == 5 && error?.key.contains(key) == true, "\(String(describing: error))")
    }

    @Test("a section of the same name, no section at all, and another schema are refused")
    func shape() {
        let one = "  - {id: a, title: {zh-TW: 甲, en: a}, paragraphs: [], blocks: []}\n"
        for text in [Self.head + one + one, Self.head.replacing("sections:", with: "sections: []"), "schema: other/1\n"] {
            #expect(throws: DocumentError.self) { try ReportTemplate.read(try YAMLReader.read(Array(text.utf8))) }
        }
    }
}
