import Rulebook
import Testing

@testable import Incidents

@Suite("Whatever is done with an incident")
struct LifecyclePropertyTests {
    private static let steps = 220

    private func action(_ story: Story, _ random: inout Seeded) -> IncidentAction {
        let incident = story.incident
        let regime = ["market", "personal-data", "dora", "nobody"].randomElement(using: &random) ?? "market"
        let notice = NoticeKind.allCases.randomElement(using: &random) ?? .formal
        let open = incident.obligations(story.rules.clocks).filter(\.isOpen).map(\.id)
        let duty = Bool.random(using: &random) ? open.randomElement(using: &random) : nil
        let duties = duty ?? ObligationID(regime, notice, round: .random(in: 0...1, using: &random))
        let number = Int.random(in: 1...max(1, incident.submissions.count + 1), using: &random)
        let time = story.now.adding(seconds: .random(in: -7_200...60, using: &random))
        let reason = Int.random(in: 0...9, using: &random) == 0 ? "" : "原因"
        // What comes last is tried more often once the case has ended.
        if [.closed, .withdrawn].contains(incident.phase), Bool.random(using: &random) {
            let waiting = incident.submissions.map(\.number).first { !incident.received.contains($0) }
            let question = incident.openQuestions.first
            return waiting.map { .receive(submission: $0) } ?? question.map { .answer(question: $0, text: "答覆") }
                ?? (incident.handling == .accepted ? .closeHandling : .accept)
        }
        switch Int.random(in: 0...30, using: &random) {
        case 0: return .declare
        case 1: return .upgrade(regimes: [])
        case 2: return .bind(regime)
        case 3: return .mark(Moment.allCases.randomElement(using: &random) ?? .aware, at: time, reason: reason)
        case 4: return .write(Story.preliminary)
        case 5: return .write(Story.formal)
        case 6: return .write(Story.closing)
        case 7: return .write(["personal_data": .flag(.random(using: &random))])
        case 8: return .write(["title": nil, "customers": .number(.random(in: -1...9, using: &random))])
        case 9...13: return .file(FilingRequest(.notice(notice), regimes: Bool.random(using: &random) ? nil : [regime]))
        case 14: return .file(FilingRequest(.correction(of: number)))
        case 15: return .file(FilingRequest(.notice(notice), channel: .phone, given: time, note: "電洽"))
        case 16: return .resolve(at: time)
        case 17: return .reopen(reason: reason)
        case 18: return .close
        case 19: return .withdraw(reason: reason)
        case 20: return .proposeExcuse(duties, reason: reason)
        case 21: return .approveExcuse(incident.excuses.keys.sorted().randomElement(using: &random) ?? duties)
        case 22: return .rejectExcuse(duties, reason: reason)
        case 23: return .link(.random(in: 6...9, using: &random))
        case 24: return .receive(submission: number)
        case 25: return Bool.random(using: &random) ? .acknowledge : .ask("問題", answerBy: time)
        case 26: return .answer(question: incident.openQuestions.randomElement(using: &random) ?? 1, text: "答覆")
        case 27: return .accept
        case 28: return .sendBack(reason: reason)
        case 29: return .escalate(reason: reason)
        default: return .closeHandling
        }
    }

    /// Combinations of the axes that mean nothing.
    private func nonsense(_ incident: Incident, _ rules: IncidentRules) -> [String] {
        var found: [String] = []
        func never(_ holds: Bool, _ what: String) { if holds { found.append(what) } }
        let obligations = incident.obligations(rules.clocks)
        never(incident.handling != .none && incident.received.isEmpty, "handled without anything received")
        never(!incident.received.isSubset(of: incident.submissions.map(\.number)), "received what was not filed")
        never((incident.handling == .queried) != !incident.openQuestions.isEmpty, "questions and handling disagree")
        never(incident.handling == .closed && incident.phase != .closed && incident.phase != .withdrawn, "handled but open")
        never([.closed, .withdrawn].contains(incident.phase) && obligations.contains(where: \.isOpen), "ended with a duty open")
        never((incident.moments[.closed] != nil) != (incident.phase == .closed), "closed time and phase disagree")
        never(
            [.draft, .open].contains(incident.phase) && incident.moments[.resolved] != nil
                || incident.phase == .closed && incident.moments[.resolved] == nil, "resolved time and phase disagree")
        never(incident.isNearMiss && (!incident.submissions.isEmpty || !incident.regimes.isEmpty), "a near miss that tells")
        never(incident.phase == .draft && !incident.submissions.isEmpty, "told before it was declared")
        never(Set(incident.regimes).count != incident.regimes.count, "told twice")
        never(Set(obligations.map(\.id)).count != obligations.count, "owed twice")
        never(incident.submissions.map(\.number) != Array(1..<incident.submissions.count + 1), "numbers have gaps")
        never(incident.moments[.aware] == nil, "known at no time")
        never(incident.aware > incident.latest, "known in the future")
        let settled = obligations.filter { incident.settled[$0.id] != nil }.count
        never(settled != incident.settled.count, "a duty that was met is lost")
        return found
    }

    @Test(
        "no sequence loses a submission, thaws a lateness, reaches a combination without a meaning, or closes with a duty open",
        arguments: 0..<150)
    func anySequence(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let (isDrill, isNearMiss) = (Bool.random(using: &random), Int.random(in: 0...5, using: &random) == 0)
        var story = try Story(drill: isDrill, nearMiss: isNearMiss)
        for _ in 0..<Self.steps {
            // Clocks go on, and now and then back.
            story.now = story.now.adding(seconds: .random(in: -30...600, using: &random))
            let (before, action) = (story.incident, action(story, &random))
            let open = before.openDuties(story.rules.clocks)
            do throws(IncidentRefusal) {
                try story.act(action, by: ["chen", "lin"].randomElement(using: &random) ?? "chen")
            } catch {
                #expect(story.incident == before)
                continue
            }
            let after = story.incident
            #expect(Array(after.submissions.prefix(before.submissions.count)) == before.submissions)
            #expect(before.settled.allSatisfy { after.settled[$0.key] == $0.value })
            #expect(after.isDrill == isDrill)
            #expect(after.latest >= before.latest)
            if before.phase != after.phase, [.closed, .withdrawn].contains(after.phase) { #expect(open.isEmpty) }
            let nonsense = nonsense(after, story.rules)
            #expect(nonsense.isEmpty, "\(action): \(nonsense)")
            guard nonsense.isEmpty else { return }
        }
        #expect(Incident(7, story.events) == story.incident)
        let hashes = story.incident.submissions.map(\.hash)
        #expect(story.incident.submissions.map(\.previous) == Array(([""] + hashes).prefix(hashes.count)))
    }

    @Test("the sequences reach what they are to try: every phase, every handling, late notices, second closings")
    func reach() throws {
        var (phases, handlings, late, rounds): (Set<IncidentPhase>, Set<Handling>, Int, Int) = ([], [], 0, 0)
        for seed in UInt64(0)..<150 {
            var random = Seeded(seed)
            var story = try Story(drill: .random(using: &random), nearMiss: Int.random(in: 0...5, using: &random) == 0)
            for _ in 0..<Self.steps {
                story.now = story.now.adding(seconds: .random(in: -30...600, using: &random))
                let action = action(story, &random)
                try? story.act(action, by: ["chen", "lin"].randomElement(using: &random) ?? "chen")
                phases.insert(story.incident.phase)
                handlings.insert(story.incident.handling)
            }
            late += story.incident.settled.values.count { ($0.late ?? 0) > 0 }
            rounds += story.incident.settled.keys.count { $0.round > 0 }
        }
        #expect(phases == Set(IncidentPhase.allCases))
        #expect(handlings == Set(Handling.allCases))
        #expect(late > 10)
        #expect(rounds > 5)
    }
}
