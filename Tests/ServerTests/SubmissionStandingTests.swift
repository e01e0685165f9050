import Database
import Documents
import Rulebook
import Submissions
import Supervision
import Testing

@testable import Server

@Suite("What signed submissions say to the market's tables and to the follow-up")
struct SubmissionStandingTests {
    @Test(
        "what a submission measured stands beside what was declared, and neither takes the other's place; its promises go to the follow-up"
    )
    func standings() async throws {
        let world = try await SupervisorWorld()
        try await world.settle()
        try await world.register("alpha", short: "alpha")
        let supervision = world.supervision
        let questionnaire = try #require(supervision.questionnaires.first { $0.id == "market-2017" })
        let clause = try #require(questionnaire.questions.first).clause
        let quarter = try #require(Quarter("2026-Q4"))
        let at = Instant(seconds: world.clock.microseconds / 1_000_000)
        func enter(_ verdicts: [SubmittedAssessment.Verdict]) async throws -> String {
            try await supervision.exchange.enter(
                for: .init(id: "alpha", name: "alpha"), quarter, origin: .workbook, signer: .init(name: "林", role: "長"),
                .system("test")
            ) { manifest in
                manifest.rulePacks = [.init(id: "twse-2018", version: "1", sha256: String(repeating: "a", count: 64))]
                let entries = verdicts.enumerated().map { number, verdict in
                    SubmittedAssessment.Entry(
                        clause: clause, system: number == 0 ? "" : "s\(number)", verdict: verdict, reason: "measured",
                        force: "shall")
                }
                manifest.assessment = SubmittedAssessment(at: at, profileVersion: 1, verdicts: entries)
                manifest.followUps = [
                    .init(item: clause, state: "planned", plan: "汰換", owner: "林", due: quarter.next.lastDay, progress: 10)
                ]
            }
        }
        func row() async throws -> Standing {
            let layouts = try await supervision.standings.layouts(in: quarter)
            let layout = try #require(layouts.first { $0.source == MarketDesk.source(questionnaire) })
            return try #require(try await supervision.standings.rows(in: quarter, layout: layout.number).first)
        }
        let first = try await enter([.compliant, .partly])
        let measured = try await row()
        #expect(
            measured.declared.isEmpty && measured.measured.first == MeasuredAnswer.partly.rawValue && measured.state == .signed)
        // Nothing was declared: no answer, never a yes.
        var declared = measured
        (declared.declared, declared.measured) = (questionnaire.questions.map { _ in DeclaredAnswer.yes.rawValue }, [])
        (declared.state, declared.submission) = (.accepted, "1-1")
        try await supervision.standings.put(
            source: MarketDesk.source(questionnaire), items: questionnaire.questions.map(\.id), [declared], reason: "test",
            .system("test"))
        #expect(try await row().measured == measured.measured)
        _ = try await enter([.nonCompliant, .compliant])
        let both = try await row()
        #expect(both.measured.first == MeasuredAnswer.nonCompliant.rawValue && both.declared.first == DeclaredAnswer.yes.rawValue)
        #expect(both.state == .accepted && both.submission == "1-1", "\(both)")
        #expect(first.count == 64)
        let trail = try await ExchangeWorld.trail(world.services.database)
        #expect(
            trail.contains { $0.entry.action == "followup.receive" && $0.entry.details["claims"] == "1" },
            "\(trail.map(\.entry.action))")
        await world.close()
    }
}
