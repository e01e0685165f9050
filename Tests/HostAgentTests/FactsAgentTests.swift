import Checks
import Documents
import Synchronization
import Testing

@testable import HostAgent

@Suite("The agent: what it sends, and how it goes on after a failure")
struct FactsAgentTests {
    /// A server that answers as it is told, and a clock that counts pauses.
    private final class Scene: Sendable {
        let state: Mutex<(answers: [FactsAgent.Outcome], sent: Int, pauses: [Int], lines: [String])>

        init(_ answers: [FactsAgent.Outcome]) { state = Mutex((answers, 0, [], [])) }

        struct Ended: Error {}

        func agent() -> FactsAgent {
            FactsAgent(
                collect: {
                    let text = """
                        {"schema":"plumbline.facts/1","facts_schema":"linux/1","collected":"2026-11-20T00:00:00Z",
                         "collector":{"name":"plumbline","version":"0"},"host":{"name":"host-1"},"sources":{},"facts":{}}
                        """
                    return try HostFacts(try JSONReader.read(Array(text.utf8)), origin: "test")
                },
                send: { _ in
                    self.state.withLock { state in
                        state.sent += 1
                        return state.answers.isEmpty ? .kept(isNew: false) : state.answers.removeFirst()
                    }
                },
                pause: { seconds in
                    let isOver = self.state.withLock { state in
                        state.pauses.append(seconds)
                        return state.pauses.count > 12
                    }
                    if isOver { throw Ended() }
                }, tell: { line in self.state.withLock { $0.lines.append(line) } }, jitter: { _ in 0 })
        }
    }

    @Test(
        "a server that does not answer is tried again sooner, after twice as long each time, and never slower than the schedule")
    func failures() async throws {
        let scene = Scene([.unanswered("x"), .unanswered("x"), .unanswered("x"), .kept(isNew: true), .unanswered("x")])
        await #expect(throws: Scene.Ended.self) { try await scene.agent().run(every: 100) }
        let pauses = scene.state.withLock { $0.pauses }
        #expect(pauses.prefix(6) == [0, 30, 60, 100, 100, 30])
    }

    @Test("a refusal ends it: it would only be refused again")
    func refusal() async throws {
        let scene = Scene([.kept(isNew: true), .refused(status: 401, reason: "token")])
        #expect(try await scene.agent().run(every: 100) == .refused(status: 401, reason: "token"))
        #expect(scene.state.withLock { $0.sent } == 2)
    }

    @Test("what an answer means")
    func outcomes() {
        #expect(AgentTransport.outcome(201, Array("{\"new\":false}".utf8)) == .kept(isNew: false))
        #expect(AgentTransport.outcome(401, Array("{\"message\":\"no\"}".utf8)) == .refused(status: 401, reason: "no"))
        #expect(AgentTransport.outcome(403, Array("<html>".utf8)) == .refused(status: 403, reason: "no reason was given"))
        for status in [408, 429, 500, 503] {
            #expect(AgentTransport.outcome(status, []) == .unanswered("status \(status)"))
        }
    }
}
