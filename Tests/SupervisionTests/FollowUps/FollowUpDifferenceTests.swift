import Rulebook
import Testing

@testable import Supervision

@Suite("Gaps through the quarters: what is open, what slipped, what comes first")
struct FollowUpDifferenceTests {
    private static func word(
        _ quarter: Quarter, _ version: Int, _ state: FollowUp.State, due: CivilDate? = nil, progress: Int = 0,
        party: Party = .firm
    ) -> FollowUp {
        FollowUp(
            firm: "alpha", item: "twse-waf", quarter: quarter, version: version,
            content: .init(state: state, plan: "plan", owner: "owner", due: due, progress: progress),
            said: Said(at: Int64(quarter.firstDay.day) * 86_400_000_000, by: "x", party: party), origin: "test")
    }

    private static func record(_ standings: [Quarter: GapStanding.Finding], _ words: [FollowUp] = []) -> GapRecord {
        GapRecord(firm: "alpha", item: "twse-waf", standings: standings, words: words)
    }

    private func difference(
        _ record: GapRecord, _ from: String = "2017-Q3", _ to: String = "2017-Q4", on text: String = "2017-12-31"
    ) throws -> FollowUpDifference? {
        FollowUpDifference(record, from: try quarter(from), to: try quarter(to), asOf: try day(text))
    }

    @Test("a quarter that says nothing closes nothing: the gap stays, and is told as not reported")
    func silence() throws {
        let record = Self.record([try quarter("2017-Q2"): .declared])
        #expect(record.state(at: try quarter("2017-Q4")) == .open(since: try quarter("2017-Q2")))
        let found = try #require(try difference(record))
        #expect(found.marks == [.silent, .unpromised])
        #expect(found.finding == nil && found.later == nil)
    }

    @Test("each way a gap ends: kept, no longer binding, verified, withdrawn; and it may begin again")
    func endings() throws {
        let (q2, q3, q4) = (try quarter("2017-Q2"), try quarter("2017-Q3"), try quarter("2017-Q4"))
        for (finding, closing) in [(GapStanding.Finding.kept, GapRecord.Closing.kept), (.notApplicable, .notApplicable)] {
            let record = Self.record([q2: .measured, q4: finding])
            #expect(record.state(at: q3).isOpen)
            #expect(record.state(at: q4) == .closed(closing, in: q4))
            #expect(try #require(try difference(record)).marks == [.closed])
        }
        for (state, closing) in [(FollowUp.State.verified, GapRecord.Closing.verified), (.withdrawn, .withdrawn)] {
            let record = Self.record([q2: .measured, q4: .declared], [Self.word(q3, 1, state, party: .supervisor)])
            #expect(record.state(at: q3) == .closed(closing, in: q3))
            let again = try #require(try difference(record))
            #expect(again.marks.contains(.reopened) && !again.marks.contains(.new))
        }
        #expect(try difference(Self.record([q4: .kept])) == nil)
        let new = try #require(try difference(Self.record([q4: .unanswered])))
        #expect(new.marks == [.new, .silent, .unpromised])
    }

    @Test("an answer of yes beside a word of not done is a contradiction, and no end")
    func contradiction() throws {
        let (q3, q4) = (try quarter("2017-Q3"), try quarter("2017-Q4"))
        let record = Self.record([q3: .declared, q4: .kept], [Self.word(q4, 1, .inProgress, due: q4.lastDay, progress: 50)])
        let found = try #require(try difference(record))
        #expect(found.after.isOpen && found.marks.contains(.contradicted))
        // Done and kept agree.
        let done = Self.record([q3: .declared, q4: .kept], [Self.word(q4, 1, .doneClaimed, due: q4.lastDay, progress: 100)])
        #expect(!done.state(at: q4).isOpen)
    }

    @Test("moves of the promised day: how often, by how many days, and only from then on overdue")
    func slips() throws {
        let (q2, q3, q4) = (try quarter("2017-Q2"), try quarter("2017-Q3"), try quarter("2017-Q4"))
        let record = Self.record(
            [q2: .declared],
            [
                Self.word(q2, 1, .planned, due: try day("2017-09-30")),
                Self.word(q3, 1, .planned, due: try day("2017-10-31"), progress: 60),
                Self.word(q3, 2, .inProgress, due: try day("2017-10-15"), progress: 60),
                Self.word(q4, 1, .inProgress, due: try day("2017-12-20"), progress: 40),
            ])
        let before = try #require(try difference(record, on: "2017-12-20"))
        #expect(before.slips.count == 2 && before.slips.days == 31 + 66)
        #expect(before.slips.first == CivilDate("2017-09-30") && before.slips.last == CivilDate("2017-12-20"))
        #expect(before.movedDays == 66 && before.progressed == -20 && before.overdueDays == 0)
        #expect(before.marks == [.dueMoved, .progressBack])
        let after = try #require(try difference(record, on: "2018-01-04"))
        #expect(after.overdueDays == 15 && after.marks.contains(.overdue))
        // A claim that it is done stops the clock until somebody looked.
        let claimed = Self.record(
            record.standings, record.words + [Self.word(q4, 2, .doneClaimed, due: try day("2017-12-20"), progress: 100)])
        let last = try #require(try difference(claimed, on: "2018-01-04"))
        #expect(last.overdueDays == 0 && last.marks.contains(.claimed))
    }

    // MARK: Against a naive reading

    /// A history drawn at random.
    private static func draw(_ numbers: inout SeededNumbers) -> GapRecord {
        let first = Quarter(year: 2017, number: 1)?.index ?? 0
        var standings: [Quarter: GapStanding.Finding] = [:]
        var words: [FollowUp] = []
        for index in 0..<6 {
            let quarter = Quarter(index: first + index)
            if Int.random(in: 0..<3, using: &numbers) > 0 {
                standings[quarter] = GapStanding.Finding.allCases.randomElement(using: &numbers)
            }
            for version in 0..<Int.random(in: 0..<3, using: &numbers) {
                let due =
                    Bool.random(using: &numbers) ? quarter.firstDay.adding(days: Int.random(in: -60..<300, using: &numbers)) : nil
                words.append(
                    word(
                        quarter, version + 1, FollowUp.State.allCases.randomElement(using: &numbers) ?? .open, due: due,
                        progress: Int.random(in: 0...100, using: &numbers)))
            }
        }
        return record(standings, words.shuffled(using: &numbers))
    }

    /// The same told plainly: one list of what happened, one flag, one list of dates.
    private struct Naive {
        var isOpen = false
        var dues: [CivilDate] = []
        var lastWord: FollowUp?

        init(_ record: GapRecord, until end: Quarter) {
            var quarter = Quarter(index: end.index - 20)
            while quarter <= end {
                let said = record.words.filter { $0.quarter == quarter }.sorted { $0.version < $1.version }
                let word = said.last?.content.state
                let isUnfinished = word == .open || word == .planned || word == .inProgress
                let finding = record.standings[quarter]
                var opens = isOpen
                if let finding, finding.isGap { opens = true }
                if let finding, !finding.isGap, !isUnfinished { opens = false }
                let isKept = finding.map { !$0.isGap } ?? false
                if isUnfinished || word == .doneClaimed && !isKept { opens = true }
                let isSettled = word == .verified || word == .withdrawn
                if opens, !isOpen { dues = []; lastWord = nil }
                for one in said where opens || isOpen {
                    if let due = one.content.due { dues.append(due) }
                    lastWord = one
                }
                isOpen = opens && !isSettled
                quarter = quarter.next
            }
        }
    }

    @Test("two thousand random histories: the same as a naive reading", arguments: [UInt64](1...20))
    func oracle(_ seed: UInt64) throws {
        var numbers = SeededNumbers(seed)
        let policy = try FollowUpPolicy.shipped()
        var differences: [FollowUpDifference] = []
        for number in 0..<100 {
            var record = Self.draw(&numbers)
            record.item = "item-\(number)"
            let to = Quarter(
                index: (record.quarters.last ?? Quarter(index: 8_068)).index - Int.random(in: 0..<3, using: &numbers))
            let naive = Naive(record, until: to)
            #expect(record.state(at: to).isOpen == naive.isOpen, "\(record)")
            let on = to.lastDay.adding(days: Int.random(in: -30..<60, using: &numbers))
            guard let found = FollowUpDifference(record, from: to.previous, to: to, asOf: on), found.after.isOpen else {
                continue
            }
            differences.append(found)
            var (count, days) = (0, 0)
            for (index, due) in naive.dues.enumerated().dropFirst() where due > naive.dues[index - 1] {
                count += 1
                days += due.day - naive.dues[index - 1].day
            }
            #expect(found.slips.count == count && found.slips.days == days, "\(record)")
            #expect(found.current == naive.lastWord)
            let due = naive.lastWord?.content.due
            let isLate = due.map { $0 < on } ?? false && naive.lastWord?.content.state != .doneClaimed
            #expect(found.overdueDays == (isLate ? on.day - (due?.day ?? 0) : 0))
            #expect(found.marks.contains(.silent) == !record.words.contains { $0.quarter == to })
            #expect(found.marks.contains(.closed) == false)
        }
        let sorted = policy.sorted(differences.shuffled(using: &numbers))
        #expect(sorted.map(\.item) == policy.sorted(differences).map(\.item))
        #expect(Set(sorted.map(\.item)).count == differences.count)
        // No promise that holds stands above one that slips, and among slipping ones the longest overdue comes first.
        for (upper, lower) in zip(sorted, sorted.dropFirst()) {
            #expect(policy.isSlipping(upper) || !policy.isSlipping(lower))
            if policy.isSlipping(upper) == policy.isSlipping(lower) { #expect(upper.overdueDays >= lower.overdueDays) }
        }
    }
}

@Suite("What may be said of a gap")
struct FollowUpRuleTests {
    @Test("each rule refuses what it is for, in its field")
    func rules() throws {
        let today = try day("2017-11-20")
        func problems(
            _ content: FollowUp.Content, after before: FollowUp.Content? = nil, _ party: Party = .supervisor
        ) -> [String: FieldProblem] { FollowUpRules.problems(content, after: before, by: party, on: today) }
        let due = try day("2018-03-31")
        let plan = FollowUp.Content(state: .planned, plan: "導入 WAF", owner: "林資安", due: due)
        #expect(problems(plan).isEmpty)
        #expect(problems(.init(state: .planned)) == ["plan": .missing, "owner": .missing, "due": .missing])
        #expect(problems(.init(state: .open)).isEmpty)
        var wrong = plan
        wrong.due = try day("2017-11-19")
        #expect(problems(wrong) == ["due": .tooEarly])
        // What was promised before stands, though its day is gone.
        #expect(problems(wrong, after: wrong).isEmpty)
        wrong = plan
        wrong.progress = 100
        #expect(problems(wrong) == ["progress": .contradiction])
        wrong.progress = 101
        #expect(problems(wrong)["progress"] == .noNumber)
        wrong = plan
        (wrong.state, wrong.progress) = (.doneClaimed, 90)
        #expect(problems(wrong) == ["progress": .contradiction])
        #expect(problems(.init(state: .withdrawn)) == ["note": .reason])
        #expect(problems(.init(state: .verified)) == ["state": .order])
        var done = plan
        (done.state, done.progress) = (.doneClaimed, 100)
        #expect(problems(.init(state: .verified), after: done).isEmpty)
        #expect(problems(.init(state: .verified), after: done, .firm) == ["state": .supervisorOnly])
        #expect(problems(plan, after: .init(state: .withdrawn, note: "x"), .firm) == ["state": .supervisorOnly])
        wrong = plan
        wrong.owner = "a\nb"
        #expect(problems(wrong) == ["owner": .characters])
        wrong.owner = String(repeating: "字", count: 67)
        #expect(problems(wrong) == ["owner": .tooLong])
    }

    @Test(
        "no sequence of words that are let through verifies what nobody claimed, or lets a firm settle anything",
        arguments: [UInt64](1...20))
    func sequences(_ seed: UInt64) throws {
        var numbers = SeededNumbers(seed)
        let today = try day("2017-11-20")
        var (before, said) = (FollowUp.Content?.none, 0)
        for _ in 0..<400 {
            let party = Party.allCases.randomElement(using: &numbers) ?? .firm
            var new = FollowUp.Content(state: FollowUp.State.allCases.randomElement(using: &numbers) ?? .open)
            if Bool.random(using: &numbers) {
                new.plan = "plan"
                new.owner = "owner"
                new.due = today.adding(days: Int.random(in: -3..<30, using: &numbers))
            }
            new.progress = [0, 50, 100].randomElement(using: &numbers) ?? 0
            if Bool.random(using: &numbers) { new.note = "because" }
            guard FollowUpRules.problems(new, after: before, by: party, on: today).isEmpty else { continue }
            said += 1
            if new.state == .verified { #expect(before?.state == .doneClaimed || before?.state == .verified) }
            if new.state.isSettled || before?.state.isSettled == true { #expect(party == .supervisor) }
            if new.state == .doneClaimed { #expect(new.progress == 100 && new.due != nil && !new.owner.isEmpty) }
            before = new
        }
        #expect(said > 20)
    }
}
