import Database
import Documents
import HTTPTypes
import Incidents
import Rulebook
import Testing
import Workspace

@testable import Identity
@testable import Server

@Suite("The incidents' pages")
struct IncidentPageTests {
    /// The seven inputs of the first form, known so many seconds ago.
    static func first(_ world: ServerWorld, ago: Int64 = 0, drill: Bool = false) -> [(String, String)] {
        let aware = Instant(seconds: world.clock.microseconds / 1_000_000 - ago)
        return [
            ("csrf", "form-token"), ("aware", LocalTime.second(aware)), ("title", "下單網站 <b>無法連線"), ("description", "流量異常"),
            ("category", "ddos"), ("impact", "trading"), ("severity", "high"), ("state", "清洗中"),
        ] + (drill ? [("drill", "yes")] : [])
    }

    static func world(_ roles: [String] = ["duty-officer"]) async throws -> ServerWorld {
        let world = try await ServerWorld()
        try await world.settle()
        world.impersonate(world.person(roles))
        return world
    }

    static func get(_ world: ServerWorld, _ path: String) async throws -> Reply {
        try await world.send(.get, path, cookies: [Cookie.session: "any"])
    }

    static func post(_ world: ServerWorld, _ path: String, _ form: [(String, String)] = []) async throws -> Reply {
        try await world.send(.post, path, form: [("csrf", "form-token")] + form, cookies: [Cookie.session: "any"])
    }

    static func facts(_ text: String) throws -> Node? { try JSONReader.read(Array(text.utf8)) }

    @Test("the red button stands on every page of whoever handles incidents, and on nobody else's")
    func button() async throws {
        let world = try await Self.world()
        for path in ["/", "/obligations", "/systems", "/incidents", "/incidents/new"] {
            #expect(try await Self.get(world, path).text.contains("class=\"button alarm\" href=\"/incidents/new\""), "\(path)")
        }
        world.impersonate(world.person(["auditor"]))
        #expect(!(try await Self.get(world, "/").text.contains("/incidents/new")))
        #expect(try await Self.get(world, "/incidents/new").status == 403)
        await world.services.database.close()
    }

    @Test("a duty officer gets the first notice out with seven inputs and two presses, without proving again who they are")
    func night() async throws {
        let world = try await Self.world()
        world.impersonate(world.person(["duty-officer"], isFresh: false))
        let form = try await Self.get(world, "/incidents/new").text
        let now = Instant(seconds: world.clock.microseconds / 1_000_000)
        #expect(form.contains("value=\"\(LocalTime.second(now))\"") && form.contains("step=\"1\""))
        let made = try await Self.post(world, "/incidents/new", Self.first(world, ago: 60))
        #expect(made.status == 303 && made.location == "/incidents/1")
        let page = try await Self.get(world, "/incidents/1").text
        for text in ["剩餘 0:29:00", "下單網站 &lt;b&gt;無法連線", "送出初步通報", "data-due=\"\(now.seconds - 60 + 1_800)\"", "不會自動送達主管機關"] {
            #expect(page.contains(text), "\(text)")
        }
        #expect(try await Self.post(world, "/incidents/1/preliminary", [("revision", "3")]).location == "/incidents/1")
        let filed = try await world.services.workspace.incidents.find(1)
        #expect(filed.submissions.count == 1 && filed.submissions.first?.settled.map(\.late) == [0])
        #expect(try await Self.post(world, "/incidents/1/formal").status == 403)
        let after = try await Self.get(world, "/incidents/1").text
        #expect(after.contains(filed.submissions.first?.hash ?? "?") && after.contains("期限內"))
        // Pressing twice files once.
        #expect(try await Self.post(world, "/incidents/1/preliminary", [("revision", "3")]).text.contains("案件已有他人更新"))
        #expect(try await world.services.workspace.incidents.find(1).submissions.count == 1)
        await world.services.database.close()
    }

    @Test("W8 known at 09:38:00: filed at 10:08:00 in time, at 10:08:01 one second late", arguments: [0, 1] as [Int64])
    func boundary(_ over: Int64) async throws {
        let world = try await Self.world()
        _ = try await Self.post(world, "/incidents/new", Self.first(world))
        world.clock.pass(1_800 + over)
        let page = try await Self.get(world, "/incidents/1").text
        #expect(page.contains(over == 0 ? "剩餘 0:00:00" : "已逾 0:00:01"))
        let list = try await Self.get(world, "/incidents?clock=\(over == 0 ? "running" : "overdue")&format=csv").text
        #expect(list.contains("無法連線"))
        _ = try await Self.post(world, "/incidents/1/preliminary")
        let incident = try await world.services.workspace.incidents.find(1)
        #expect(incident.submissions.first?.settled.first?.late == over)
        let sheet = try await Self.get(world, "/incidents/1/submissions/1").text
        #expect(sheet.contains(over == 0 ? "期限內" : "逾 0:00:01") && sheet.contains("class=\"letter\""))
        await world.services.database.close()
    }

    @Test("a drill is said on every page of its case, on its sheet and in the names of its files, and does not end by any form")
    func drill() async throws {
        let world = try await Self.world(["ciso"])
        _ = try await Self.post(world, "/incidents/new", Self.first(world, drill: true))
        _ = try await Self.post(world, "/incidents/1/preliminary")
        let paths = ["", "/fields/first", "/formal", "/mark", "/resolve", "/withdraw", "/excuse", "/submissions/1", "/correct/1"]
        for path in paths {
            #expect(try await Self.get(world, "/incidents/1\(path)").text.contains("class=\"band\""), "\(path)")
        }
        let file = try await Self.get(world, "/incidents/1/submissions/1?format=fire")
        #expect(file.headers[.contentDisposition]?.contains("drill-incident-1-1-fire.json") == true)
        _ = try await Self.post(world, "/incidents/1/fields/first", Self.first(world))
        #expect(try await world.services.workspace.incidents.find(1).isDrill)
        _ = try await Self.post(world, "/incidents/new", Self.first(world))
        #expect(!(try await Self.get(world, "/incidents/2").text.contains("class=\"band\"")))
        await world.services.database.close()
    }

    @Test("what is refused comes back in its form with what was typed, and nothing was begun")
    func refusals() async throws {
        let world = try await Self.world()
        var form = Self.first(world, ago: -60)
        let early = try await Self.post(world, "/incidents/new", form)
        #expect(early.status == 200 && early.text.contains("時間尚未到") && early.text.contains("清洗中"))
        form = Self.first(world).map { $0.0 == "title" ? ("title", "") : $0.0 == "category" ? ("category", "flood") : $0 }
        let wrong = try await Self.post(world, "/incidents/new", form).text
        #expect(wrong.contains("id=\"title-wrong\"") && wrong.contains("流量異常"))
        form = Self.first(world).map { $0.0 == "category" ? ("category", "flood") : $0 }
        #expect(try await Self.post(world, "/incidents/new", form).text.contains("id=\"category-wrong\""))
        #expect(try await world.services.workspace.incidents.all().isEmpty)
        form = Self.first(world).map { $0.0 == "severity" ? ("severity", "") : $0 }
        _ = try await Self.post(world, "/incidents/new", form)
        #expect(try await Self.get(world, "/incidents/1").text.contains("送出前須先填：嚴重程度"))
        let refused = try await Self.post(world, "/incidents/1/preliminary", [("note", "打過電話")]).text
        #expect(refused.contains("尚有必填欄位空白") && refused.contains("打過電話"))
        let given = [("channel", "phone"), ("given", "2020-01-01T00:00:00"), ("note", "x")]
        _ = try await Self.post(world, "/incidents/1/fields/first", Self.first(world))
        #expect(try await Self.post(world, "/incidents/1/preliminary", given).text.contains("先前時間僅限"))
        #expect(
            try await Self.post(world, "/incidents/1/preliminary", [("channel", "api")]).text.contains("id=\"channel-wrong\""))
        #expect(try await Self.post(world, "/incidents/1/close").text.contains("未獲接受"))
        #expect(try await Self.get(world, "/incidents/9").status == 404)
        await world.services.database.close()
    }
}
