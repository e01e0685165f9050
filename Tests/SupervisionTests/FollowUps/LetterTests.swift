import Database
import Documents
import Rulebook
import Testing

@testable import Supervision

@Suite("Letters: word for word, numbered, never changed")
struct LetterTests {
    /// Two firms with gaps, one without.
    private func settled() async throws -> FollowUpPlace {
        let place = try await FollowUpPlace(on: "2017-08-20")
        let (store, q3, q4) = (place.supervision.followUps, try quarter("2017-Q3"), try quarter("2017-Q4"))
        let gaps = [("alpha", "twse-waf"), ("alpha", "twse-hc"), ("beta", "twse-mail")].map {
            GapStanding(firm: $0.0, item: $0.1, finding: .declared)
        }
        _ = try await store.take(gaps, q3, origin: "answers", place.actor)
        var content = FollowUp.Content(state: .planned, plan: "導入", owner: "林資安", due: try day("2017-10-31"))
        try await store.say(content, firm: "alpha", item: "twse-waf", quarter: q3, after: 0, place.actor)
        try place.box.go(to: "2017-11-20")
        content.due = try day("2017-12-15")
        try await store.say(content, firm: "alpha", item: "twse-waf", quarter: q4, after: 0, place.actor)
        _ = try await store.take(
            gaps + [.init(firm: "gamma", item: "twse-waf", finding: .kept)], q4, origin: "answers", place.actor)
        try place.box.go(to: "2018-01-10")
        return place
    }

    private func order(_ kind: String = "follow-up", again: Bool = false) throws -> LetterStore.Order {
        .init(
            kind: kind, firms: nil, quarter: try quarter("2017-Q4"), day: try day("2018-01-10"), until: try day("2018-02-09"),
            isAgain: again)
    }

    @Test("a letter says exactly this, in both languages")
    func golden() async throws {
        let place = try await settled()
        let letters = try await place.supervision.letters.issue(try order(), render: { _, _ in [] }, place.actor)
        #expect(letters.map(\.firm) == ["alpha", "beta"] && letters.map(\.serial) == [1, 2])
        let chinese = try #require(letters[0].sheets[.chinese])
        #expect(chinese.institution == "範例證券監理中心" && chinese.title == "每季追蹤函")
        #expect(
            chinese.head == ["受文者：甲證股份有限公司", "發文日期：民國107年1月10日（2018-01-10）", "發文字號：追蹤字第1070001號"])
        #expect(
            chinese.subject == "主旨：民國106年第4季資通安全防護標準落實情形，尚有 2 項待改善，請於民國107年2月9日（2018-02-09）前回復。")
        #expect(chinese.paragraphs.count == 3 && chinese.paragraphs[1].hasPrefix("其中 2 項有逾期"))
        #expect(
            chinese.rows == [
                [
                    "1", "網頁應用防禦（twse-waf）", "貴公司填報未符合", "已規劃", "2017-12-15（民國106年12月15日），已逾期 26 日", "1 次，共 45 日",
                    "說明逾期原因，並提出可達成之完成日",
                ], ["2", "資安健診（twse-hc）", "貴公司填報未符合", "未回報", "未提出", "無", "提出改善計畫、負責人與完成日"],
            ])
        let english = try #require(letters[0].sheets[.english])
        #expect(
            english.head == ["To: 甲證股份有限公司", "Date: 2018-01-10 (民國107年1月10日)", "Reference: FU-2018-0001"])
        #expect(english.columns == ["#", "Item", "What is known", "State", "Promised date", "Moved", "What is asked"])
        #expect(english.rows[0][4] == "2017-12-15 (民國106年12月15日), 26 days overdue")
        #expect(english.rows[0][5] == "1 times, 45 days in all")
        for sheet in letters.flatMap(\.sheets.values) {
            #expect(!"\(sheet)".contains("{") && sheet.rows.allSatisfy { $0.count == 7 })
        }
        await place.database.close()
    }

    @Test("letters are numbered without gaps, kept with their hash in the trail, and a firm gets one of a kind and quarter")
    func kept() async throws {
        let place = try await settled()
        let store = place.supervision.letters
        let render: @Sendable (Letter.Sheet, Language) -> [UInt8] = { Array("\($0.title) \($1.rawValue)".utf8) }
        #expect(try await store.drafts(try order()).map(\.isAgain) == [false, false])
        let first = try await store.issue(try order(), render: render, place.actor)
        #expect(try await store.issue(try order(), render: render, place.actor).isEmpty)
        #expect(try await store.issue(try order(again: true), render: render, place.actor).map(\.serial) == [3, 4])
        let reminders = try await store.issue(try order("reminder"), render: render, place.actor)
        #expect(reminders.map(\.firm) == ["alpha", "beta"] && reminders.map(\.serial) == [5, 6])
        let found = try await store.find(year: 2018, serial: 1)
        #expect(found == first[0])
        #expect(try await store.page(year: 2018, serial: 1, .english).html == Array("Quarterly follow-up letter en".utf8))
        let records = try await place.trail("letter.issue")
        #expect(
            records.compactMap { $0.entry.details["sha256"] }
                == (first + (try await store.all().reversed().dropFirst(2))).map(\.sha256))
        #expect(
            records.first?.entry.details["page-en"] == Hash.sha256(Array("Quarterly follow-up letter en".utf8)))
        #expect(await refusal { _ = try await store.find(year: 2018, serial: 99) }?.isNotFound == true)
        await place.database.close()
    }

    @Test("the firm's name is the one it has on the letter's day; a firm that is gone gets none")
    func names() async throws {
        let place = try await settled()
        let (first, version) = try await place.supervision.register.firm("alpha")
        var alpha = first
        alpha.names.append(.init(from: try day("2018-01-10"), legal: "甲新證券股份有限公司", short: "甲新"))
        let (second, other) = try await place.supervision.register.firm("beta")
        var beta = second
        beta.events.append(.init(day: try day("2018-01-01"), kind: .closed))
        try await place.supervision.register.save(
            [alpha, beta], after: ["alpha": version, "beta": other], reason: "test", place.actor)
        let drafts = try await place.supervision.letters.drafts(try order())
        #expect(drafts.map(\.firm) == ["alpha"])
        #expect(drafts[0].sheets[.chinese]?.head[0] == "受文者：甲新證券股份有限公司")
        await place.database.close()
    }

    @Test("an order that cannot be is refused, field by field")
    func refusals() async throws {
        let place = try await settled()
        var wrong = try order("gone")
        wrong.until = wrong.day
        let found = await refusal { _ = try await place.supervision.letters.issue(wrong, render: { _, _ in [] }, place.actor) }
        #expect(found?.problems == ["kind": .unknown, "until": .tooEarly])
        #expect(try await place.supervision.letters.all().isEmpty)
        await place.database.close()
    }

    @Test("templates that name what no letter knows are refused with their key")
    func templates() throws {
        let file = try #require(ShippedFiles.files(in: "supervision").first { $0.name == LetterTemplates.file })
        let text = String(decoding: file.bytes, as: UTF8.self)
        func read(_ text: String) throws -> LetterTemplates { try LetterTemplates.read(try YAMLReader.read(Array(text.utf8))) }
        #expect(try read(text).kinds.map(\.id) == ["follow-up", "reminder"])
        for (old, new) in [
            ("{until}", "{never}"), ("gaps: open", "gaps: all"), ("mark: overdue", "mark: gone"),
            ("serial_digits: 4", "serial_digits: 0"),
            ("  due: {zh-TW", "  dew: {zh-TW"),
        ] {
            #expect(text.contains(old))
            #expect(throws: DocumentError.self) { try read(text.replacing(old, with: new, maxReplacements: 1)) }
        }
    }
}
