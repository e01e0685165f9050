import Database
import Documents
import Rulebook
import Supervision
import Testing

@testable import Server

@Suite("The inspections' pages")
struct InspectionPageTests {
    @Test("the plan of the year: every part of the points, and what is planned")
    func ranking() async throws {
        let world = try await FollowUpWorld()
        try await world.settleGaps()
        world.impersonate(["examiner"])
        let rows = try #require(try await world.get("/inspections/plan?format=json").text.data?["rows"]?.list)
        #expect(rows.map { $0["firm"]?.text } == ["alpha", "beta", "gamma"])
        for row in rows {
            let parts = ["tier_points", "gap_points", "slipping_points", "since_points"].compactMap { row[$0]?.integer }
            #expect(parts.count == 4 && parts.reduce(0, +) == row["total"]?.integer)
        }
        #expect(rows[0]["gap_points"]?.integer == 8 && rows[0]["since_points"]?.integer == 36)
        let page = try await world.get("/inspections/plan").text
        #expect(page.contains("未曾查核") && page.contains("/inspections/new?firm=alpha&amp;year=2018&amp;why="))
        await world.services.database.close()
    }

    @Test("an inspection from its plan to its report, through the pages")
    func whole() async throws {
        let world = try await FollowUpWorld()
        try await world.settleGaps()
        world.impersonate(["examiner"])
        let wrong = try await world.post(
            "/inspections/new",
            [("firm", "alpha"), ("year", "x"), ("occasion", "thematic"), ("theme", ""), ("day", ""), ("lead", ""), ("why", "w")])
        for name in ["year", "theme", "day", "lead"] { #expect(wrong.text.contains("id=\"\(name)-wrong\""), "\(name)") }
        let made = try await world.post(
            "/inspections/new",
            [
                ("firm", "alpha"), ("year", "2018"), ("occasion", "thematic"), ("theme", "online-orders"), ("day", "2018-02-01"),
                ("lead", "王查核"), ("why", "承諾落後"),
            ])
        #expect(made.location == "/inspections/1")
        #expect(try await world.post("/inspections/1/begin", [("day", "2018-01-11")]).text.contains("id=\"day-wrong\""))
        #expect(try await world.post("/inspections/1/begin", [("day", "2018-01-10")]).status == 303)
        let page = try await world.get("/inspections/1").text
        for text in ["twse-waf 網頁應用防禦", "查證方式", "已填 0 /", "/inspections/1/rows/twse-waf", "適用與否待查"] {
            #expect(page.contains(text), "\(text)")
        }
        let rows = try await world.supervision.inspections.cases.find(1).rows
        #expect(
            try await world.post("/inspections/1/rows/\(rows[0].clause)", [("answer", "not-looked"), ("note", "")]).text.contains(
                "id=\"note-wrong\""))
        for row in rows {
            let isBad = row.clause == "twse-waf"
            let reply = try await world.post(
                "/inspections/1/rows/\(row.clause)",
                [("answer", isBad ? "finding" : "conforming"), ("note", "看過"), ("evidence", "WP-1")])
            #expect(reply.status == 303)
            if isBad { #expect(reply.location == "/inspections/1/find?clause=twse-waf") }
        }
        #expect(try await world.post("/inspections/1/sign", [("conclusion", "一項缺失")]).text.contains("資料已有變動"))
        #expect(
            try await world.post("/inspections/1/find", [("clause", "twse-waf"), ("severity", "major"), ("text", "未建置 <b>")])
                .status == 303)
        #expect(try await world.get("/inspections/1/report").status == 404)
        #expect(try await world.post("/inspections/1/sign", [("conclusion", "一項缺失")]).status == 303)
        #expect(
            try await world.post("/inspections/1/rows/twse-waf", [("answer", "conforming"), ("note", "")]).text.contains("資料已有變動")
        )
        let report = try await world.get("/inspections/1/report").text
        for text in ["甲證股份有限公司", "範例證券監理中心", "未建置 &lt;b&gt;", "一項缺失", "WP-1", "class=\"letter\"", "SHA-256"] {
            #expect(report.contains(text), "\(text)")
        }
        #expect(
            try await world.post(
                "/inspections/1/findings/1/agree", [("what", "建置"), ("owner", "林"), ("due", "2018-06-30"), ("note", "")]
            )
            .status == 303)
        #expect(
            try await world.post(
                "/inspections/1/actions/1",
                [("state", "done"), ("owner", "林"), ("due", "2018-06-30"), ("progress", "90"), ("note", "")]
            ).text.contains("id=\"progress-wrong\""))
        #expect(
            try await world.post(
                "/inspections/1/actions/1",
                [("state", "done"), ("owner", "林"), ("due", "2018-06-30"), ("progress", "100"), ("note", "")]
            ).status == 303)
        #expect(
            try await world.post("/inspections/1/findings/1/settle", [("state", "closed"), ("reason", "複查")]).status == 303)
        #expect(try await world.post("/inspections/1/close", [("note", "")]).status == 303)
        let closed = try await world.get("/inspections/1").text
        #expect(closed.contains("已結案") && !closed.contains("/inspections/1/close\"") && closed.contains("複查"))
        let list = try await world.get("/inspections?state=closed&format=csv").text
        #expect(list.contains("alpha") && list.contains("online-orders"))
        world.impersonate(["auditor"])
        #expect(!(try await world.get("/inspections").text.contains("/inspections/new")))
        await world.services.database.close()
    }
}
