import Testing

@testable import Checks

/// libpam's dispatch: stacks written as "level control=>return" and what the program is told.
@Suite("PAM dispatch")
struct PAMDispatchTests {
    private func walk(_ lines: [(Int, String, PAMReturn)]) -> PAMSimulator.Outcome {
        let stack = lines.map { level, control, _ in
            PAMEntry(
                facility: .auth, kind: control == "substack" ? .substack : .module, control: control,
                actions: PAMControl(control),
                module: "m.so", arguments: [], level: level, from: "f:1", via: [])
        }
        return PAMSimulator.run(stack) { lines[$0].2 }
    }

    @Test("required failure is remembered, later success does not heal it")
    func required() {
        #expect(walk([(0, "required", .authErr), (0, "required", .success)]).status == .authErr)
        #expect(walk([(0, "required", .success), (0, "required", .authErr)]).status == .authErr)
    }

    @Test("sufficient ends the walk only when nothing failed before")
    func sufficient() {
        #expect(walk([(0, "sufficient", .success), (0, "required", .authErr)]).isSuccess)
        let refused = walk([(0, "required", .authErr), (0, "sufficient", .success), (0, "required", .success)])
        #expect(refused.status == .authErr)
        #expect(refused.called == [0, 1, 2])
    }

    @Test("requisite ends the walk") func requisite() {
        #expect(walk([(0, "requisite", .authErr), (0, "required", .success)]).called == [0])
    }

    @Test("nothing but ignored answers is a refusal") func allIgnored() {
        #expect(walk([(0, "optional", .authErr), (0, "required", .ignore)]).status == .permDenied)
        #expect(walk([]).status == .permDenied)
    }

    @Test("optional alone decides") func optionalAlone() { #expect(walk([(0, "optional", .success)]).isSuccess) }

    @Test("a jump counts a substack as one line")
    func jumpOverSubstack() {
        let outcome = walk([
            (0, "[success=1 default=bad]", .success), (0, "substack", .success), (1, "required", .authErr),
            (1, "required", .authErr),
            (0, "required", .success),
        ])
        #expect(outcome.called == [0, 4])
        #expect(outcome.isSuccess)
    }

    @Test("a jump past the end is a refusal") func jumpPastEnd() {
        #expect(walk([(0, "[success=3]", .success), (0, "required", .success)]).status == .permDenied)
    }

    @Test("a jump does not leave its substack") func jumpInsideSubstack() {
        let outcome = walk([
            (0, "substack", .success), (1, "[success=2]", .success), (1, "required", .success), (0, "required", .success),
        ])
        #expect(outcome.status == .permDenied)
        #expect(outcome.called == [1, 3])
    }

    @Test("done and die end only the substack they stand in")
    func decisionInSubstack() {
        let done = walk([
            (0, "substack", .success), (1, "sufficient", .success), (1, "required", .authErr), (0, "required", .authErr),
        ])
        #expect(done.called == [1, 3])
        #expect(done.status == .authErr)
        let die = walk([
            (0, "substack", .success), (1, "requisite", .authErr), (1, "required", .success), (0, "required", .success),
        ])
        #expect(die.called == [1, 3])
        #expect(die.status == .authErr)
    }

    @Test("reset returns to the state before the substack") func reset() {
        let outcome = walk([
            (0, "required", .success), (0, "substack", .success), (1, "required", .authErr), (1, "[default=reset]", .authErr),
        ])
        #expect(outcome.isSuccess)
    }

    @Test(
        "bracket lists",
        arguments: [
            ("[success=ok new_authtok_reqd=done default=ignore]", PAMReturn.newAuthtokReqd, PAMAction.done),
            ("[ success = 2  default=die ]", .success, .jump(2)), ("[success=1]", .authErr, .bad),
            ("[default=ignore success=bad]", .success, .bad), ("[default=ignore default=die]", .authErr, .ignore),
            ("[success=0 default=ignore]", .success, .bad), ("[sucess=ok]", .success, .bad),
            ("[success=ok nonsense]", .success, .bad),
            ("[success=99999999999999999999]", .success, .bad), ("REQUIRED", .success, .ok), ("", .success, .bad),
        ])
    func brackets(_ text: String, _ value: PAMReturn, _ action: PAMAction) { #expect(PAMControl(text)[value] == action) }
}
