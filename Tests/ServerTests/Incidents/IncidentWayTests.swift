import Database
import Documents
import Incidents
import Rulebook
import Testing
import Workspace

@testable import Identity
@testable import Server

@Suite("An incident's whole way through the pages")
struct IncidentWayTests {
    typealias Pages = IncidentPageTests

    @Test("from knowing to closing: three notices, changes marked, lessons kept, nothing open at the end")
    func whole() async throws {
        let world = try await Pages.world(["ciso"])
        _ = try await Pages.post(world, "/incidents/new", Pages.first(world))
        _ = try await Pages.post(world, "/incidents/1/preliminary")
        world.clock.pass(600)
        let unknown = try await Pages.post(
            world, "/incidents/1/fields/formal", [("discovery", "dreamt"), ("actions_taken", "啟動")])
        #expect(unknown.text.contains("id=\"discovery-wrong\"") && unknown.text.contains("啟動"))
        let discovery = IncidentDeskWords.first("fire.discovery")
        _ = try await Pages.post(
            world, "/incidents/1/fields/formal",
            [("types", "business-disruption"), ("discovery", discovery), ("actions_taken", "啟動清洗")])
        let preview = try await Pages.get(world, "/incidents/1/formal").text
        #expect(preview.contains("<ins class=\"changed\">啟動清洗</ins>") && !preview.contains("<ins class=\"changed\">流量異常"))
        #expect(try await Pages.post(world, "/incidents/1/formal").location == "/incidents/1")
        #expect(try await Pages.post(world, "/incidents/1/closing").text.contains("案件目前為「處理中」"))
        let now = Instant(seconds: world.clock.microseconds / 1_000_000)
        _ = try await Pages.post(world, "/incidents/1/resolve", [("time", LocalTime.second(now))])
        _ = try await Pages.post(
            world, "/incidents/1/fields/end",
            [
                ("outage_minutes", "10"), ("cause", "ddos"), ("root_cause", "未啟用清洗"), ("lessons.0.description", "預先啟用"),
                ("lessons.0.actions.0.due", "2027-06-30"), ("lessons.0.actions.0.action", "簽約"),
            ])
        #expect(try await Pages.get(world, "/incidents/1/close").text.contains("<li>解除通報"))
        world.clock.pass(1)
        #expect(try await Pages.post(world, "/incidents/1/close").text.contains("尚有未完成：解除通報"))
        #expect(try await Pages.post(world, "/incidents/1/closing").location == "/incidents/1")
        #expect(try await Pages.post(world, "/incidents/1/close").location == "/incidents/1")
        let incident = try await world.services.workspace.incidents.find(1)
        #expect(incident.phase == .closed && incident.submissions.count == 3)
        let lesson = incident.values["lessons"]?.list?.first?.record
        #expect(lesson?["actions"]?.list?.first?.record?["due"] == .text("2027-06-30"))
        for submission in incident.submissions {
            for form in ["json", "fire", "dora"] {
                let reply = try await Pages.get(world, "/incidents/1/submissions/\(submission.number)?format=\(form)")
                #expect(reply.status == 200 && reply.text.hasPrefix("{"), "\(form)")
            }
        }
        await world.services.database.close()
    }

    @Test("that a notice need not be given is decided by a second person")
    func excuse() async throws {
        let world = try await Pages.world(["ciso"])
        _ = try await Pages.post(world, "/incidents/new", Pages.first(world))
        let duty = [("duty", "market preliminary 0")]
        #expect(try await Pages.post(world, "/incidents/1/excuse", duty).text.contains("id=\"reason-wrong\""))
        #expect(try await Pages.post(world, "/incidents/1/excuse", duty + [("reason", "誤報")]).status == 303)
        #expect(try await Pages.get(world, "/incidents/1").text.contains("提議免通報：誤報"))
        let decision = duty + [("decision", "approve")]
        #expect(try await Pages.post(world, "/incidents/1/decide", decision).text.contains("提議者不得自行核可"))
        var other = world.person(["officer"])
        other.principal = Principal(
            kind: .person, account: AccountID(78), permissions: other.principal.permissions, provenAt: nil,
            trailActor: .account(id: "78", name: "other.person"))
        world.impersonate(other)
        #expect(try await Pages.post(world, "/incidents/1/decide", decision).status == 303)
        #expect(try await Pages.get(world, "/incidents/1").text.contains("other.person 核可"))
        await world.services.database.close()
    }

    @Test("the list: nearest clock first, drills apart, the same in every export")
    func list() async throws {
        let world = try await Pages.world(["ciso"])
        _ = try await Pages.post(world, "/incidents/new", Pages.first(world, ago: 900))
        _ = try await Pages.post(world, "/incidents/new", Pages.first(world, drill: true))
        _ = try await Pages.post(world, "/incidents/new", Pages.first(world))
        _ = try await Pages.post(world, "/incidents/3/preliminary")
        func ids(_ query: String) async throws -> [Int?] {
            let rows = try Pages.facts(try await Pages.get(world, "/incidents?format=json\(query)").text)?["rows"]?.list ?? []
            return rows.map { $0["id"]?.integer }
        }
        #expect(try await ids("") == [1, 2, 3])
        #expect(try await ids("&kind=drill") == [2])
        #expect(try await ids("&clock=owed") == [3])
        #expect(try await Pages.get(world, "/incidents?format=csv&kind=real").text.split(whereSeparator: \.isNewline).count == 3)
        world.impersonate(world.person(["auditor"]))
        let page = try await Pages.get(world, "/incidents/1").text
        #expect(!page.contains("送出初步通報</button>") && !page.contains("/incidents/1/fields/"))
        await world.services.database.close()
    }
}

/// Words of the fields' lists.
enum IncidentDeskWords {
    static func first(_ list: String) -> String { (try? IncidentRules.shipped())?.fields.lists[list]?.first ?? "" }
}
