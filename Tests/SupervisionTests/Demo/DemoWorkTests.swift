import Database
import Documents
import Rulebook
import Submissions
import Testing

@testable import Supervision

@Suite("The demonstration market's year of work")
struct DemoWorkTests {
    @Test("what happened lies within its year, is about firms and clauses that are, and shows what ends and what goes on")
    func shipped() async throws {
        let world = try await SupervisionWorld.demo()
        let supervision = world.supervision
        let year = 2017
        let meetings = try await supervision.meetings.all()
        #expect(meetings.map(\.name) == ["2017-2", "2017-1"])
        let resolutions = meetings.flatMap(\.resolutions)
        #expect(resolutions.contains { $0.current.state == .done } && resolutions.contains { $0.current.state == .open })
        #expect(resolutions.allSatisfy { $0.words.allSatisfy { $0.said.day.parts.year == year } })
        let events = try await supervision.programme.events.all()
        #expect(Set(events.map(\.plan.region)).isSuperset(of: ["north", "centre", "south"]))
        #expect(events.allSatisfy { $0.plan.day.parts.year == year && $0.persons > 0 })
        let inspections = try await supervision.inspections.cases.all()
        #expect(Set(inspections.map(\.state)) == [.closed, .signed])
        for inspection in inspections {
            #expect(inspection.unanswered == 0 && inspection.signed?.day == inspection.plan.day)
            // What is found is what the firm's answers say.
            let market = try await world.status("2017-Q3")
            let row = try #require(market.rows.first { $0.firm == inspection.plan.firm })
            for finding in inspection.standing {
                let item = try #require(market.questionnaire.questions.firstIndex { $0.clause == finding.clause })
                #expect(row.declared[item] == DeclaredAnswer.no.rawValue, "\(inspection.plan.firm) \(finding.clause)")
            }
        }
        let coaching = try await supervision.coaching.cases.all()
        #expect(coaching.map(\.state) == [.visited] && coaching.allSatisfy { $0.actions.count == 1 })
        await world.database.close()
    }

    @Test("a file that is wrong is refused with its place")
    func refusals() throws {
        func read(_ text: String) throws -> DemoWork {
            try DemoWork.read(try YAMLReader.read(Array(("schema: plumbline.demo-work/1\n" + text).utf8)))
        }
        let event = "kind: workshop, title: a, day: 2017-05-01, place: b, persons: 1, from: [f001]"
        #expect(try read("events: [{\(event)}]").events.count == 1)
        let wrong = [
            ("events: [{\(event), more: 1}]", "events[0].more"), ("events: [{kind: workshop}]", "events[0].title"),
            ("events: [{\(event.replacing("2017-05-01", with: "2017-02-30"))}]", "events[0].day"),
            ("events: [{\(event.replacing("persons: 1", with: "persons: some"))}]", "events[0].persons"),
            ("inspections: [{occasion: daily}]", "inspections[0].occasion"), ("meetings: {}", "meetings"), ("other: 1", "other"),
        ]
        for (text, key) in wrong {
            let error = #expect(throws: DocumentError.self, "\(text)") { try read(text) }
            #expect(error?.key == key, "\(text): \(error?.key ?? "")")
        }
    }
}
