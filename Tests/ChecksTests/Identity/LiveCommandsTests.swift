import Testing

@testable import Checks

@Suite("Commands on this host", .timeLimit(.minutes(1)))
struct LiveCommandsTests {
    private func isTimedOut(_ outcome: CommandOutcome) -> Bool { if case .timedOut = outcome { true } else { false } }

    @Test("work that never ends and does not heed its cancellation does not hold the one who asked")
    func neverEnding() async {
        let outcome = await LiveCommands.answer(within: .milliseconds(10)) {
            await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
            return .notFound
        }
        #expect(isTimedOut(outcome))
    }

    @Test("work that ends because it was cancelled is a time-out, whatever it says")
    func cancelledWork() async {
        let outcome = await LiveCommands.answer(within: .milliseconds(10)) {
            try? await Task.sleep(for: .seconds(600))
            return .failed("ended by a signal")
        }
        #expect(isTimedOut(outcome))
    }

    @Test("cancelling the one who asks ends the waiting")
    func cancelledCaller() async {
        let caller = Task {
            await LiveCommands.answer(within: .seconds(600)) {
                await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
                return .notFound
            }
        }
        caller.cancel()
        #expect(isTimedOut(await caller.value))
    }

    @Test("an answer in time is given as it is")
    func inTime() async {
        let outcome = await LiveCommands.run(["printf", "a b"], seconds: 30)
        guard case .exited(let status, let output, _) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(status == 0)
        #expect(String(decoding: output, as: UTF8.self) == "a b")
    }

    @Test("a program that takes too long is stopped")
    func tooLong() async { #expect(isTimedOut(await LiveCommands.run(["sleep", "600"], seconds: 1))) }
}
