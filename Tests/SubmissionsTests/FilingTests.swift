import Rulebook
import Testing

@testable import Submissions

@Suite("What is filed: the same events lead to the same state on both sides")
struct FilingTests {
    private let quarter = Quarter(index: 8_000)

    private func hash(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: 64 - text.count) + text
    }

    @Test("submitted, returned, answered, accepted, and opened again")
    func walk() throws {
        let (one, two) = (hash(1), hash(2))
        var filing = try Filing(quarter).after(.submit(sha256: one, version: 1, previous: nil))
        #expect(filing.state == .submitted)
        filing = try filing.after(.ask(of: one, message: "m", questions: ["q1", "q2"]))
        #expect(filing.state == .returned)
        filing = try filing.after(.reply(of: one, to: "m", questions: ["q2"]))
        #expect(filing.state == .returned && filing.open == ["q1"])
        #expect(throws: PackageRefusal.self) { try filing.after(.accept(of: one)) }
        filing = try filing.after(.reply(of: one, to: "m", questions: ["q1"]))
        #expect(filing.state == .answered)
        filing = try filing.after(.accept(of: one))
        #expect(filing.state == .accepted)
        #expect(throws: PackageRefusal.self) { try filing.after(.submit(sha256: two, version: 2, previous: one)) }
        filing = try filing.after(.ask(of: one, message: "n", questions: ["q1"]))
        filing = try filing.after(.submit(sha256: two, version: 2, previous: one))
        #expect(filing.state == .submitted && filing.version == 2 && filing.open.isEmpty)
        #expect(throws: PackageRefusal.self) { try filing.after(.accept(of: one)) }
        #expect(try filing.after(.accept(of: two)).state == .accepted)
    }

    @Test("random events: what is refused changes nothing, and what holds always holds", arguments: 1...20)
    func property(seed: UInt64) {
        var random = Seeded(seed)
        var filing = Filing(quarter)
        var versions: [String] = []
        var messages: [String] = []
        var taken = 0
        for step in 0..<600 {
            let some = versions.randomElement(using: &random) ?? hash(0)
            let asked = messages.randomElement(using: &random) ?? "none"
            let event: Filing.Event
            switch Int.random(in: 0..<6, using: &random) {
            case 0:
                event = .submit(
                    sha256: hash(step + 1), version: filing.version + Int.random(in: 0...2, using: &random),
                    previous: Bool.random(using: &random) ? versions.last : some)
            case 1: event = .submit(sha256: some, version: filing.version + 1, previous: versions.last)
            case 2:
                event = .ask(of: Bool.random(using: &random) ? filing.head : some, message: "m\(step)", questions: ["q1", "q2"])
            case 3, 4:
                event = .reply(
                    of: filing.head, to: Bool.random(using: &random) ? filing.asked : asked,
                    questions: Bool.random(using: &random) ? ["q1"] : ["q2"])
            default: event = .accept(of: Bool.random(using: &random) ? filing.head : some)
            }
            let before = filing
            guard let next = try? filing.after(event) else {
                #expect(filing == before)
                continue
            }
            taken += 1
            check(from: filing, event, to: next, versions)
            switch event {
            case .submit(let sha256, _, _): versions.append(sha256)
            case .ask(_, let message, _): messages.append(message)
            default: break
            }
            filing = next
        }
        #expect(taken > 50)
    }

    private func check(from old: Filing, _ event: Filing.Event, to new: Filing, _ versions: [String]) {
        #expect((new.state == .returned) == !new.open.isEmpty)
        #expect(new.version == old.version || new.version == old.version + 1)
        switch event {
        case .submit(let sha256, let version, let previous):
            #expect(version == old.version + 1 && previous == versions.last && sha256 != versions.last && old.state != .accepted)
            #expect(new.state == .submitted && new.head == sha256)
        case .ask(let of, _, _): #expect(of == versions.last && new.state == .returned && old.state != .returned)
        case .reply(_, let to, let questions):
            #expect(old.state == .returned && to == old.asked && questions.isSubset(of: old.open))
            #expect(new.state == .returned || new.state == .answered)
        case .accept(let of):
            #expect(of == versions.last && old.open.isEmpty && old.state != .accepted && new.state == .accepted)
        }
        if case .submit = event {} else { #expect(new.head == old.head && new.version == old.version) }
    }
}
