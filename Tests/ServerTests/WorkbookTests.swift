import Database
import Documents
import Glibc
import HTTPTypes
import Reports
import Rulebook
import Spreadsheets
import Submissions
import Supervision
import TestProcesses
import Testing

@testable import Identity
@testable import Server

@Suite("Questionnaires as workbooks", .enabled(if: Workbook.canWrite, "libxlsxwriter is not installed"))
struct WorkbookTests {
    private static let firm = "firm-aaa"
    private typealias Code = AnswerWorkbook.Problem.Code

    private struct Fixture {
        var world: SupervisorWorld
        var round: Int64
        var book: AnswerWorkbook
        var view: FirmView
    }

    private func fixture() async throws -> Fixture {
        let world = try await SupervisorWorld()
        try await world.settle()
        for id in [Self.firm, "firm-bbb"] { try await world.register(id, short: id) }
        _ = try await world.supervision.tiers.decide(asOf: try #require(CivilDate("2026-12-31")), .system("test"))
        let round = try await world.open([Self.firm, "firm-bbb"])
        world.impersonate(world.person(["respondent"], party: Self.firm))
        let found = try await world.supervision.surveys.round(round, of: Self.firm)
        return Fixture(
            world: world, round: round, book: AnswerWorkbook(found, of: Self.firm, words: try Wording.shipped(.chinese).catalog),
            view: try await world.supervision.answers.view(of: Self.firm, on: found.asOf))
    }

    private func make(_ fixture: Fixture, _ entries: [Answers.Entry] = [], _ language: Language = .chinese) -> Workbook {
        let round = fixture.book.round
        let answers = Answers(questionnaire: round.questionnaire.reference, asOf: round.asOf).replacing(
            entries, in: round.questionnaire)
        return fixture.book.make(title: "甲證券", answers: answers, view: fixture.view, language: language, at: 1_800_000_000)
    }

    private static let entries: [Answers.Entry] = [
        .init(question: "class", answer: .yes, note: "第一行\n第二行"), .init(question: "audit", answer: .no, note: "=1+1"),
        .init(question: "va", answer: .notApplicable, note: "無關鍵系統"), .init(question: "mail", answer: nil, note: "導入中"),
    ]

    @Test("what is written out is read back, in either language", arguments: Language.allCases)
    func roundTrip(language: Language) async throws {
        let fixture = try await fixture()
        let reading = try fixture.book.read(try make(fixture, Self.entries, language).xlsx())
        #expect(reading.problems.isEmpty)
        #expect(reading.entries.map(\.question) == fixture.book.round.questionnaire.questions.map(\.id))
        for entry in reading.entries {
            #expect(entry == Self.entries.first { $0.question == entry.question } ?? .init(question: entry.question, answer: nil))
        }
        await fixture.world.close()
    }

    @Test("only answers and remarks are open, answers have a list to choose from, and the same content gives the same bytes")
    func form() async throws {
        let fixture = try await fixture()
        let made = make(fixture, Self.entries)
        let sheet = made.sheets[0]
        #expect(sheet.isProtected && sheet.columns.filter(\.isEditable).map(\.headings) == [["答案"], ["備註"]])
        #expect(sheet.columns[4].choices == ["是", "否", "不適用"])
        #expect(sheet.rows.map { $0[3] }.contains(.text("適用")))
        #expect(
            Set(made.metadata.map(\.name)) == [
                "schema", "questionnaire", "version", "sha256", "firm", "round", "quarter", "checksum",
            ])
        #expect(try made.xlsx() == make(fixture, Self.entries).xlsx())
        await fixture.world.close()
    }

    @Test("people write yes and no in their own way; what is none of the three is told with its cell, and nothing is taken")
    func answers() async throws {
        let fixture = try await fixture()
        var made = make(fixture)
        for (row, text) in ["是", " 否 ", "不適用", "Yes", "NO", "not applicable", "ＹＥＳ", "not-applicable"].enumerated() {
            made.sheets[0].rows[row][4] = .text(text)
        }
        let reading = try fixture.book.read(try made.xlsx())
        #expect(
            reading.entries.prefix(9).map(\.answer)
                == [.yes, .no, .notApplicable, .yes, .no, .notApplicable, .yes, .notApplicable, nil])
        made.sheets[0].rows[2][4] = .text("大概")
        made.sheets[0].rows[3][4] = .boolean(true)
        made.sheets[0].rows[4][5] = .text(String(repeating: "長", count: 700))
        let wrong = try fixture.book.read(try made.xlsx())
        #expect(wrong.entries.isEmpty && wrong.problems.map(\.code) == [.answer, .answer, .note])
        // Three titles, a blank row or none, the heading: the cells are named as people see them.
        let headings = try #require(try XLSXReader.read(try made.xlsx()).visible.first).grid
        let row = try #require(
            headings.filledRows.first { $0[0]?.description == fixture.book.round.questionnaire.questions[2].id })
        #expect(wrong.problems[0].cell == "E\(row.number + 1)" && wrong.problems[0].found == "大概")
        await fixture.world.close()
    }

    @Test("rows that are missing, twice, or of another questionnaire are told, and nothing is taken")
    func rows() async throws {
        let fixture = try await fixture()
        func problems(_ change: (inout Workbook) -> Void) throws -> [Code] {
            var made = make(fixture, Self.entries)
            change(&made)
            let reading = try fixture.book.read(try made.xlsx())
            #expect(reading.entries.isEmpty)
            return reading.problems.map(\.code)
        }
        #expect(try problems { $0.sheets[0].rows.removeLast() } == [.missing])
        #expect(try problems { $0.sheets[0].rows.append($0.sheets[0].rows[0]) } == [.twice])
        #expect(try problems { $0.sheets[0].rows[0][0] = .text("mon") } == [.unknownQuestion, .missing])
        #expect(try problems { $0.sheets[0].rows[0][0] = .text("total") } == [.unknownQuestion, .missing])
        #expect(try problems { $0.sheets[0].columns[4].headings = ["回答"] } == [.noTable])
        // In another order it says the same.
        var turned = make(fixture, Self.entries)
        turned.sheets[0].rows.reverse()
        #expect(
            try fixture.book.read(try turned.xlsx()).entries == fixture.book.read(try make(fixture, Self.entries).xlsx()).entries)
        await fixture.world.close()
    }

    @Test("the hidden data say whose it is and what was asked; whatever differs is refused")
    func identity() async throws {
        let fixture = try await fixture()
        let world = fixture.world
        func problems(_ book: AnswerWorkbook, _ made: Workbook) throws -> [Code] {
            try book.read(try made.xlsx()).problems.map(\.code)
        }
        var bare = make(fixture)
        bare.metadata = []
        #expect(try problems(fixture.book, bare) == [.notOurs])
        for index in make(fixture).metadata.indices.dropFirst() {
            var made = make(fixture)
            made.metadata[index].value += "0"
            #expect(try problems(fixture.book, made) == [.changed])
        }
        let words = fixture.book.words
        let other = AnswerWorkbook(
            try await world.supervision.surveys.round(fixture.round, of: "firm-bbb"), of: "firm-bbb", words: words)
        let answers = Answers(questionnaire: other.round.questionnaire.reference, asOf: other.round.asOf)
        let foreign = other.make(title: "乙", answers: answers, view: fixture.view, language: .chinese, at: 0)
        #expect(try problems(fixture.book, foreign) == [.anotherFirm])
        for (questionnaire, quarter, code) in [
            ("market-2017", "2026-Q3", Code.anotherRound), ("twse-2018-standard", "2026-Q4", .anotherRound),
        ] {
            let id = try await world.open([Self.firm], questionnaire: questionnaire, quarter: quarter)
            let round = try await world.supervision.surveys.round(id, of: Self.firm)
            let book = AnswerWorkbook(round, of: Self.firm, words: words)
            let empty = Answers(questionnaire: round.questionnaire.reference, asOf: round.asOf)
            #expect(
                try problems(fixture.book, book.make(title: "甲", answers: empty, view: fixture.view, language: .chinese, at: 0))
                    == [code])
        }
        var changed = fixture.book.round
        changed.questionnaire.questions[0].text.english += "!"
        let version = AnswerWorkbook(changed, of: Self.firm, words: words)
        #expect(try problems(version, make(fixture)) == [.anotherVersion])
        await world.close()
    }

    @Test("damaged files are refused or read as what they say, and never as something half")
    func damaged() async throws {
        let fixture = try await fixture()
        let bytes = try make(fixture, Self.entries).xlsx()
        let whole = try fixture.book.read(bytes)
        var generator = SplitMix(state: 3)
        var refused = 0
        for _ in 0..<400 {
            var broken = bytes
            for _ in 0..<3 { broken[Int(generator.next() % UInt64(broken.count))] = UInt8(truncatingIfNeeded: generator.next()) }
            if generator.next() % 4 == 0 { broken.removeLast(Int(generator.next() % UInt64(broken.count))) }
            do {
                let reading = try fixture.book.read(broken)
                #expect(reading.entries == whole.entries || !reading.problems.isEmpty && reading.entries.isEmpty)
            } catch { refused += 1 }
        }
        #expect(refused > 100, "\(refused)")
        #expect(throws: SpreadsheetError.self) { try fixture.book.read(Array("<html>".utf8)) }
        #expect(throws: SpreadsheetError.self) { try fixture.book.read([UInt8](repeating: 0x50, count: (4 << 20) + 1)) }
        await fixture.world.close()
    }

    @Test(
        "what another program opened and saved still says whose it is and what was answered",
        .enabled(if: access("/usr/bin/soffice", X_OK) == 0, "LibreOffice is not installed"), .timeLimit(.minutes(5)))
    func saved() async throws {
        let fixture = try await fixture()
        let scratch = try Scratch()
        try DocumentFile.write(try make(fixture, Self.entries).xlsx(), to: scratch.path + "/out.xlsx")
        let run = try await Running(
            "/usr/bin/soffice",
            [
                "-env:UserInstallation=file://\(scratch.path)/profile", "--headless", "--convert-to",
                "xlsx:Calc MS Excel 2007 XML",
                "--outdir", scratch.path + "/saved", scratch.path + "/out.xlsx",
            ]
        ).finish()
        #expect(run.status == 0, "\(run.output)")
        let bytes = try DocumentFile.read(scratch.path + "/saved/out.xlsx", limit: 4 << 20)
        let reading = try fixture.book.read(bytes)
        #expect(
            try reading.problems.isEmpty && reading.entries == fixture.book.read(try make(fixture, Self.entries).xlsx()).entries)
        await fixture.world.close()
    }

    // MARK: Through the pages

    private func upload(_ world: SupervisorWorld, _ round: Int64, _ bytes: [UInt8]) async throws -> Reply {
        let body =
            Array("--mark\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.xlsx\"\r\n\r\n".utf8) + bytes
            + Array("\r\n--mark--\r\n".utf8)
        return try await world.send(
            .post, "/my/\(round)/workbook/file?csrf=form-token", body: body,
            headers: [("Content-Type", "multipart/form-data; boundary=mark")], cookies: [Cookie.session: "any"])
    }

    @Test(
        "taken along, filled in, sent back: first what would change is shown, then it is the draft, and is handed in as any other"
    )
    func pages() async throws {
        let fixture = try await fixture()
        let (world, round, answers) = (fixture.world, fixture.round, fixture.world.supervision.answers)
        let file = try await world.get("/my/\(round)/workbook/file")
        #expect(file.status == 200 && file.headers[.contentDisposition] == "attachment; filename=\"questionnaire-2026-Q4.xlsx\"")
        #expect(try fixture.book.read(file.body).problems.isEmpty)
        let sent = try await upload(world, round, try make(fixture, Self.entries).xlsx())
        #expect(sent.status == 303 && sent.location == "/my/\(round)/workbook")
        let dry = try await world.get("/my/\(round)/workbook")
        #expect(dry.text.contains("將變更 4 題") && dry.text.contains("第二行"))
        #expect(try await answers.draft(round, of: Self.firm).version == 0)
        // A colleague sees nothing of it, and somebody of another firm even less.
        world.impersonate(world.person(["respondent"], party: "firm-bbb"))
        #expect(try await !world.get("/my/\(round)/workbook").text.contains("第二行"))
        #expect(try await world.post("/my/\(round)/workbook", []).status == 404)
        world.impersonate(world.person(["respondent"], party: Self.firm))
        #expect(try await world.post("/my/\(round)/workbook", []).location == "/my/\(round)/preview")
        let draft = try await answers.draft(round, of: Self.firm)
        #expect(
            draft.version == 1 && draft.way == .workbook
                && draft.answers.entries.filter { $0.answer != nil || !$0.note.isEmpty }.count == 4)
        #expect(try await world.post("/my/\(round)/workbook", []).status == 404)
        _ = try await world.post("/my/\(round)/hand-in", [("version", "1"), ("role", "長")])
        #expect(try await answers.history(round, of: Self.firm).versions.first?.way == .workbook)
        await world.close()
    }

    @Test(
        "a workbook with a problem leaves nothing, not even something to be looked at; a draft that changed wants it sent again")
    func refusals() async throws {
        let fixture = try await fixture()
        let (world, round, answers) = (fixture.world, fixture.round, fixture.world.supervision.answers)
        var made = make(fixture, Self.entries)
        made.sheets[0].rows[0][4] = .text("也許")
        let wrong = try await upload(world, round, try made.xlsx())
        #expect(wrong.status == 200 && wrong.text.contains("也許") && wrong.text.contains("未寫入任何答案"))
        #expect(try await answers.upload(round, of: Self.firm, .account(id: "77", name: "test.person")) == nil)
        #expect(try await upload(world, round, Array("no workbook".utf8)).text.contains("檔案無法讀取"))
        _ = try await upload(world, round, try make(fixture, Self.entries).xlsx())
        _ = try await world.post("/my/\(round)/sheets/1", [("version", "0"), ("a-class", "no")])
        let stale = try await world.post("/my/\(round)/workbook", [])
        #expect(stale.status == 200 && stale.text.contains("草稿在上傳後有變更"))
        #expect(try await answers.draft(round, of: Self.firm).answers["class"]?.answer == .no)
        await world.close()
    }
}

/// Random numbers that are the same in every run (SplitMix64).
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
