import Database
import Rulebook
import Submissions
import Supervision
import Testing
import Workspace

@testable import Server

@Suite("A firm's promises come with its submission")
struct FollowUpFilingTests {
    private static func promise(_ item: String, _ state: String, due: CivilDate?) -> SubmissionManifest.FollowUp {
        .init(item: item, state: state, plan: "導入", owner: "林美", due: due, progress: state == "done-claimed" ? 100 : 10)
    }

    @Test(
        "what a signed submission says of gaps stands in the follow-up as the firm's word; what may not be said is left out and named"
    )
    func filing() async throws {
        let world = try await ExchangeWorld()
        let alpha = try await world.firm("alpha")
        try await alpha.introduce()
        let today = Instant(seconds: world.clock.microseconds / 1_000_000).date(in: .taipei)
        let version = try await alpha.desk.prepare(
            alpha.quarter, signer: .init(name: "林美", role: "資訊安全長"),
            followUps: [
                Self.promise("twse-waf", "in-progress", due: today.adding(days: 30)),
                Self.promise("twse-hc", "verified", due: nil),
                Self.promise("twse-pt", "somehow", due: nil),
            ], world.actor)
        try await alpha.desk.sign(version.id, payload: version.payload, world.actor)
        try await alpha.deliver()
        let records = try await world.supervision.followUps.records(firm: "alpha")
        #expect(records.map(\.item) == ["twse-waf"])
        let word = try #require(records.first?.snapshot(alpha.quarter))
        #expect(word.said.by == "林美" && word.said.party == .firm && word.content.progress == 10)
        #expect(word.origin == "submission \(version.payload.prefix(16))")
        let noted = try await ExchangeWorld.trail(world.supervisor).filter { $0.entry.action == "followup.receive" }
        #expect(noted.map { $0.entry.details["left-out"] } == ["twse-pt", "twse-hc"])
        #expect(noted.map(\.entry.result) == [.refused, .done])
        await alpha.close()
        await world.close()
    }

    @Test("a submission for a quarter that is closed is taken, and the quarter stays as it was")
    func late() async throws {
        let world = try await ExchangeWorld()
        let alpha = try await world.firm("alpha")
        try await alpha.introduce()
        let quarter = alpha.quarter
        let version = try await alpha.desk.prepare(
            quarter, signer: .init(name: "林美", role: "資訊安全長"),
            followUps: [Self.promise("twse-waf", "planned", due: quarter.lastDay.adding(days: 90))], world.actor)
        try await alpha.desk.sign(version.id, payload: version.payload, world.actor)
        let now = Instant(seconds: world.clock.microseconds / 1_000_000).date(in: .taipei)
        world.clock.pass(Int64(quarter.lastDay - now + 1) * 86_400)
        _ = try await world.supervision.followUps.close(quarter, world.actor)
        try await alpha.deliver()
        #expect(try await world.supervision.exchange.versions().map(\.payload) == [version.payload])
        #expect(try await world.supervision.followUps.records().isEmpty)
        let noted = try await ExchangeWorld.trail(world.supervisor).filter { $0.entry.action == "followup.receive" }
        #expect(noted.map(\.entry.reason) == ["closed"])
        await alpha.close()
        await world.close()
    }
}
