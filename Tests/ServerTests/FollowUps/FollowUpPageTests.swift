import Database
import Documents
import HTTPTypes
import Identity
import Rulebook
import Supervision
import Testing

@testable import Server

@Suite("The follow-up's pages")
struct FollowUpPageTests {
    @Test("every role at every route of the follow-up, inspections and programme: let in exactly where a permission says so")
    func matrix() async throws {
        let world = try await FollowUpWorld()
        try await world.settleGaps()
        try await world.settleCases()
        var counts: [String: Int] = [:]
        let routes = world.routes.routes.filter(FollowUpRoutes.isOurs)
        for name in world.roles.roles.filter({ $0.sides.contains(.supervisor) }).map(\.name.rawValue) + [""] {
            world.impersonate(name.isEmpty ? [] : [name])
            let held = world.roles.permissions(of: name.isEmpty ? [] : [RoleName(rawValue: name)])
            for route in routes {
                let target = FollowUpRoutes.target(route)
                let reply = try await route.method == .get ? world.get(target) : world.post(target)
                guard case .permitted(let permission) = route.access else {
                    Issue.record("\(route.path) is open")
                    continue
                }
                #expect(
                    (reply.status != 403) == held.contains(permission), "\(name) \(route.method) \(route.path): \(reply.status)")
                #expect(reply.status < 500, "\(name) \(route.method) \(target): \(reply.status) \(world.sink.all.last ?? "")")
                counts[reply.status == 403 ? "refused" : "admitted", default: 0] += 1
            }
        }
        #expect(counts["refused", default: 0] > 200 && counts["admitted", default: 0] > 150, "\(counts)")
        await world.services.database.close()
    }

    @Test("nothing of these pages lacks a word, in either language")
    func words() async throws {
        let world = try await FollowUpWorld()
        try await world.settleGaps()
        try await world.settleCases()
        world.impersonate(["examiner", "secretary"])
        for route in world.routes.routes.filter(FollowUpRoutes.isOurs) where route.method == .get {
            for english in [false, true] {
                let reply = try await world.get(FollowUpRoutes.target(route), english: english)
                let name =
                    /[>"](web|problem|party|followups|letters|inspections|meetings|programme|coaching|consulting|actions)\.[a-z.-]+[<"]/
                if let found = reply.text.firstMatch(of: name) { Issue.record("\(route.path): \(found.0)") }
            }
        }
        await world.services.database.close()
    }

    @Test("the board: slipping promises first, what happened, both calendars, filters and exports")
    func board() async throws {
        let world = try await FollowUpWorld()
        try await world.settleGaps()
        world.impersonate(["examiner"])
        let page = try await world.get("/followups?quarter=2017-Q4")
        #expect(page.status == 200)
        for text in [
            "每季追蹤 2017-Q4", "民國106年第4季", "2017-12-31 (民國106年12月31日)", "與 2017-Q3 比較", "甲證", "twse-waf 網頁應用防禦", "展延",
            "較前季 +59 日", "本季未回報",
        ] { #expect(page.text.contains(text), "\(text)") }
        let rows = try #require(try await world.get("/followups?quarter=2017-Q4&format=json").text.data)
        #expect(rows["schema"]?.text == "plumbline.follow-up-board/1")
        let items = try #require(rows["rows"]?.list)
        #expect(items.map { $0["item"]?.text } == ["twse-waf", "twse-hc", "twse-mail"])
        #expect(items[0]["slips"]?.integer == 1 && items[0]["slipped_days"]?.integer == 59)
        #expect(items[0]["plan"]?.text == "導入 <WAF>")
        for (query, count) in [
            ("&state=planned", 1), ("&state=none", 2), ("&item=twse-mail", 1), ("&securities-tier=1", 2), ("&mark=due-moved", 1),
            ("&slipping=no", 0), ("&q=%E4%B9%99%E8%AD%89", 1),
        ] {
            let found = try await world.get("/followups?quarter=2017-Q4&format=json" + query).text.data
            #expect(found?["rows"]?.list?.count == count, "\(query)")
        }
        let csv = try await world.get("/followups?quarter=2017-Q4&format=csv").text
        #expect(csv.contains("firm,tier,item,finding,state"))
        #expect(try await world.get("/followups?quarter=2017-Q4", english: true).text.contains("nothing reported"))
        let later = try await world.get("/followups?quarter=2018-Q1&as_of=2018-04-02").text
        #expect(later.contains("逾期"))
        await world.services.database.close()
    }

    @Test("a firm with its quarters side by side, one gap through time, and what is missing is not there")
    func firm() async throws {
        let world = try await FollowUpWorld()
        try await world.settleGaps()
        world.impersonate(["auditor"])
        let firm = try await world.get("/followups/firms/alpha").text
        for text in ["甲證股份有限公司", "2017-Q3", "2017-Q4", "2018-01-31 · 0 %", "2018-03-31 · 0 %"] {
            #expect(firm.contains(text), "\(text)")
        }
        let gap = try await world.get("/followups/firms/alpha/twse-waf").text
        for text in ["1 次，共 59 日", "2018-01-31 (民國107年1月31日)", "導入 &lt;WAF&gt;", "system:test", "填報未符合"] {
            #expect(gap.contains(text), "\(text)")
        }
        #expect(!gap.contains("/say\""))
        #expect(try await world.get("/followups/firms/nobody").status == 404)
        #expect(try await world.get("/followups/firms/alpha/twse-pt").status == 404)
        await world.services.database.close()
    }

    @Test("a form is refused whole, with a message beside each field and what was typed; then it is taken, once")
    func say() async throws {
        let world = try await FollowUpWorld()
        try await world.settleGaps()
        world.impersonate(["examiner"])
        let path = "/followups/firms/beta/twse-mail/say"
        let asked = try await world.get(path)
        #expect(asked.text.contains("name=\"version\" value=\"0\"") && asked.text.contains("value=\"2018-Q1\""))
        let wrong = try await world.post(
            path,
            [
                ("quarter", "2018-Q1"), ("version", "0"), ("state", "planned"), ("plan", ""), ("owner", "王"),
                ("due", "2018-02-30"),
                ("progress", "abc"), ("note", "<i>"),
            ])
        #expect(wrong.status == 200 && wrong.text.contains("role=\"alert\""))
        for text in [
            "id=\"plan-wrong\"", "id=\"due-wrong\"", "id=\"progress-wrong\"", "value=\"王\"", "&lt;i&gt;", "aria-invalid=\"true\"",
        ] { #expect(wrong.text.contains(text), "\(text)") }
        #expect(try await world.supervision.followUps.records(firm: "beta").allSatisfy { $0.words.isEmpty })
        let right = [
            ("quarter", "2018-Q1"), ("version", "0"), ("state", "planned"), ("plan", "換新郵件閘道"), ("owner", "王"),
            ("due", "2018-06-30"),
            ("progress", "10"), ("note", ""),
        ]
        let done = try await world.post(path, right)
        #expect(done.status == 303 && done.location == "/followups/firms/beta/twse-mail")
        let again = try await world.post(path, right)
        #expect(again.status == 200 && again.text.contains("資料已有變動"))
        #expect(try await world.supervision.followUps.records(firm: "beta").first?.words.count == 1)
        await world.services.database.close()
    }

    @Test("letters: looked at first, issued for every firm with gaps, read and fetched as they were issued")
    func letters() async throws {
        let world = try await FollowUpWorld()
        try await world.settleGaps()
        world.impersonate(["examiner"])
        let form = [
            ("kind", "follow-up"), ("quarter", "2017-Q4"), ("firm", ""), ("day", "2018-01-10"), ("until", "2018-02-09"),
        ]
        let wrong = try await world.post(
            "/followups/letters/new", [("kind", "follow-up"), ("quarter", "x"), ("day", ""), ("until", "")])
        for name in ["quarter", "day", "until"] { #expect(wrong.text.contains("id=\"\(name)-wrong\""), "\(name)") }
        let preview = try await world.post("/followups/letters/new", form + [("step", "preview")])
        #expect(preview.text.contains("將發 2 份") && preview.text.contains("受文者：甲證股份有限公司"))
        #expect(try await world.supervision.letters.all().isEmpty)
        let issued = try await world.post("/followups/letters/new", form + [("step", "issue")])
        #expect(issued.status == 303 && issued.location == "/followups/letters?issued=2&quarter=2017-Q4")
        let letter = try await world.get("/followups/letters/2018-1").text
        for text in ["追蹤字第1070001號", "範例證券監理中心", "民國107年1月10日（2018-01-10）", "class=\"letter\"", "data-print"] {
            #expect(letter.contains(text), "\(text)")
        }
        let file = try await world.get("/followups/letters/2018-1/file?language=en")
        #expect(file.headers[.contentDisposition] == "attachment; filename=\"2018-1-en.html\"")
        #expect(
            file.text.hasPrefix("<!DOCTYPE html>") && file.text.contains("@page{size:A4") && file.text.contains("FU-2018-0001"))
        #expect(!file.text.contains("<script"))
        let batch = try await world.get("/followups/letters/print?quarter=2017-Q4").text
        #expect(batch.split(separator: "class=\"letter\"").count == 3)
        #expect(try await world.get("/followups/letters/2018-9").status == 404)
        #expect(try await world.get("/followups/letters/x").status == 404)
        let second = try await world.post("/followups/letters/new", form + [("step", "preview")])
        #expect(second.text.contains("將發 0 份；另 2 家"))
        await world.services.database.close()
    }

    @Test("a quarter is closed by whoever may, once it is over")
    func close() async throws {
        let world = try await FollowUpWorld()
        try await world.settleGaps()
        world.impersonate(["secretary"])
        #expect(try await world.get("/followups?quarter=2017-Q4").text.contains("/followups/close?quarter=2017-Q4"))
        #expect(try await world.post("/followups/close", [("quarter", "2018-Q1")]).text.contains("role=\"alert\""))
        #expect(try await world.post("/followups/close", [("quarter", "2017-Q4")]).status == 303)
        let closed = try await world.get("/followups?quarter=2017-Q4").text
        #expect(closed.contains("本季已於") && !closed.contains("/followups/close?"))
        await world.services.database.close()
    }
}

extension String {
    /// As JSON; nil when it is none.
    var data: Node? { try? JSONReader.read(Array(utf8)) }
}
