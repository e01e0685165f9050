import Database
import Documents
import Rulebook
import Supervision
import Testing

@testable import Server

@Suite("Meetings, programme, coaching and questions, through the pages")
struct ProgrammePageTests {
    @Test("a meeting and its resolutions; the overdue list puts the longest overdue first")
    func meetings() async throws {
        let world = try await FollowUpWorld()
        world.impersonate(["secretary"])
        let form = [
            ("year", "2018"), ("number", "1"), ("title", "資安會議"), ("day", "2018-01-10"), ("place", "臺北"),
            ("participants", "甲\r\n乙"),
            ("agenda", "年度報告"),
        ]
        let wrong = try await world.post(
            "/programme/meetings/new", [("year", "2018"), ("number", "0"), ("title", ""), ("day", "2018-13-01")])
        for name in ["number", "title", "day", "agenda"] { #expect(wrong.text.contains("id=\"\(name)-wrong\""), "\(name)") }
        #expect(try await world.post("/programme/meetings/new", form).location == "/programme/meetings/1")
        #expect(try await world.post("/programme/meetings/new", form).text.contains("資料已有變動"))
        for (what, due) in [("一", "2018-03-01"), ("二", "2018-02-01"), ("三", "2018-12-31")] {
            #expect(
                try await world.post(
                    "/programme/meetings/1/resolve", [("what", what), ("owner", "秘書"), ("due", due), ("note", "")]
                ).status == 303)
        }
        #expect(try await world.post("/programme/meetings/1/minutes", [("minutes", "決議三項")]).status == 303)
        let page = try await world.get("/programme/meetings/1").text
        for text in ["107 年第 1 次會議（2018）", "<li>甲</li>", "決議三項", "2018-03-01 (民國107年3月1日)"] {
            #expect(page.contains(text), "\(text)")
        }
        world.clock.pass(90 * 86_400)
        let rows = try await world.get("/programme/meetings/resolutions?format=json").text.data?["rows"]?.list
        #expect(rows?.map { $0["what"]?.text } == ["二", "一", "三"] && rows?[0]["overdue_days"]?.integer == 68)
        #expect(
            try await world.get("/programme/meetings/resolutions?state=overdue&format=json").text.data?["rows"]?.list?.count == 2)
        #expect(
            try await world.post(
                "/programme/meetings/1/resolutions/2",
                [("state", "done"), ("owner", "秘書"), ("due", "2018-02-01"), ("progress", "100"), ("note", "")]
            ).status == 303)
        #expect(
            try await world.get("/programme/meetings/resolutions?state=overdue&format=json").text.data?["rows"]?.list?.count == 1)
        await world.services.database.close()
    }

    @Test("events with who came, the roster with its gaps, and a request from its call to its answer")
    func programme() async throws {
        let world = try await FollowUpWorld()
        world.impersonate(["analyst"])
        let event = [
            ("kind", "briefing"), ("region", "south"), ("title", "南區說明會"), ("day", "2018-01-09"), ("place", "高雄"), ("note", ""),
        ]
        #expect(try await world.post("/programme/events/new", event).location == "/programme/events/1")
        #expect(
            try await world.post("/programme/events/1/attend", [("attendance", "alpha x")]).text.contains(
                "id=\"attendance-wrong\""))
        #expect(try await world.post("/programme/events/1/attend", [("attendance", "alpha 3\r\nbeta，2")]).status == 303)
        let list = try await world.get("/programme").text
        for text in ["南區說明會", "南部 已辦", "北部 未辦"] { #expect(list.contains(text), "\(text)") }
        #expect(try await world.get("/programme/events/1?format=csv").text.contains("beta,第二級,2"))
        #expect(try await world.get("/programme/roster").text.contains("目前無人值班"))
        let shift = [("person", "王值班"), ("contact", "02-0000-0000"), ("from", "2018-01-10T08:00"), ("until", "2018-01-10T20:00")]
        #expect(try await world.post("/programme/roster/new", shift).status == 303)
        let backward = [("person", "王"), ("contact", "x"), ("from", "2018-01-10T08:00"), ("until", "2018-01-10T07:00")]
        #expect(try await world.post("/programme/roster/new", backward).text.contains("id=\"until-wrong\""))
        let roster = try await world.get("/programme/roster").text
        for text in ["目前值班： 王值班", "2018-01-10 20:00 – 2018-01-24 09:00"] { #expect(roster.contains(text), "\(text)") }
        let call = [
            ("firm", "beta"), ("kind", "incident"), ("title", "遭 <DDoS>"), ("text", "請協助"), ("contact", "陳"),
            ("received", "2018-01-10T08:50"),
        ]
        #expect(try await world.post("/programme/support/new", call).location == "/programme/support/1")
        #expect(try await world.post("/programme/support/1/answer", [("text", "x")]).text.contains("資料已有變動"))
        world.clock.pass(600)
        #expect(try await world.post("/programme/support/1/take", [("person", "林應變")]).status == 303)
        world.clock.pass(3_600)
        #expect(try await world.post("/programme/support/1/answer", [("text", "已導流")]).status == 303)
        let request = try await world.get("/programme/support/1").text
        for text in ["遭 &lt;DDoS&gt;", "0:20", "1:20", "已導流", "/programme/support/1/close"] {
            #expect(request.contains(text), "\(text)")
        }
        #expect(!request.contains("/programme/support/1/take"))
        await world.services.database.close()
    }

    @Test("coaching whose agreed action is seen in the firm's follow-up; an answer for everybody that does not tell who asked")
    func coaching() async throws {
        let world = try await FollowUpWorld()
        try await world.settleGaps()
        world.impersonate(["examiner"])
        let plan = [
            ("firm", "alpha"), ("items", "twse-waf\r\ntwse-hc"), ("reason", "展延"), ("day", "2018-01-10"), ("participants", "王"),
        ]
        #expect(
            try await world.post("/followups/coaching/new", [("firm", "alpha"), ("items", "a b")]).text.contains(
                "id=\"items-wrong\""))
        #expect(try await world.post("/followups/coaching/new", plan).location == "/followups/coaching/1")
        #expect(
            try await world.post("/followups/coaching/1/visit", [("day", "2018-01-10"), ("participants", "王"), ("minutes", "談")])
                .status == 303)
        #expect(
            try await world.post(
                "/followups/coaching/1/agree",
                [("what", "改採雲端服務"), ("item", "twse-waf"), ("owner", "林"), ("due", "2018-05-31"), ("note", "")]
            ).status == 303)
        #expect(try await world.get("/followups/firms/alpha/twse-waf").text.contains("coaching 1"))
        #expect(try await world.post("/followups/coaching/1/close", [("note", "")]).status == 303)
        let question = [("clause", "twse-waf"), ("firm", "alpha"), ("title", "雲端"), ("text", "甲證可否用雲端？")]
        #expect(try await world.post("/followups/questions/new", question).location == "/followups/questions/1")
        #expect(try await world.post("/followups/questions/1/answer", [("text", "可")]).status == 303)
        let told = try await world.post("/followups/questions/1/publish", [("question", "甲證可否用雲端？"), ("answer", "可")])
        #expect(told.text.contains("id=\"question-wrong\"") && told.text.contains("會透露業者身分"))
        #expect(try await world.post("/followups/questions/1/publish", [("question", "可否用雲端？"), ("answer", "可")]).status == 303)
        let answers = try await world.get("/followups/questions/answers").text
        #expect(answers.contains("可否用雲端？") && !answers.contains("甲證"))
        await world.services.database.close()
    }
}
