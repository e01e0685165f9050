import Database
import Documents
import Rulebook
import Testing

@testable import Supervision

@Suite("The response team's roster, support, events and meetings")
struct ProgrammeTests {
    private static let hour: Int64 = 3_600_000_000
    private static let start: Int64 = 1_510_000_000_000_000

    private func said(_ moment: Int64 = start) -> Said { Said(at: moment, by: "mei.lin", party: .supervisor) }

    @Test("coverage: the same as asking every hour, whatever overlaps", arguments: [UInt64](1...30))
    func coverage(_ seed: UInt64) throws {
        var numbers = SeededNumbers(seed)
        var shifts: [DutyShift] = []
        for id in 1...Int64.random(in: 1...12, using: &numbers) {
            let from = Self.start + Int64.random(in: -30..<200, using: &numbers) * Self.hour
            let plan = DutyShift.Plan(
                person: "p\(id)", contact: "02-0000-0000", from: from,
                until: from + Int64.random(in: 1..<40, using: &numbers) * Self.hour)
            var shift = try DutyShift(id, .plan(plan), said(Self.start - 100 * Self.hour))
            if Int.random(in: 0..<4, using: &numbers) == 0 {
                try shift.apply(.cancel(reason: "ill"), said(Self.start - 99 * Self.hour))
            }
            shifts.append(shift)
        }
        let roster = DutyRoster(shifts.shuffled(using: &numbers))
        let end = Self.start + 168 * Self.hour
        let gaps = roster.uncovered(from: Self.start, until: end)
        for (left, right) in zip(gaps, gaps.dropFirst()) { #expect(left.upperBound < right.lowerBound) }
        for hour in Int64(0)..<168 {
            let moment = Self.start + hour * Self.hour
            let names = Set(
                shifts.filter { $0.cancelled.isEmpty && $0.plan.from <= moment && moment < $0.plan.until }.map(\.id))
            #expect(Set(roster.onDuty(at: moment).map(\.id)) == names)
            #expect(gaps.contains { $0.contains(moment) } == names.isEmpty, "hour \(hour)")
        }
        #expect(gaps.allSatisfy { $0.lowerBound >= Self.start && $0.upperBound <= end && !$0.isEmpty })
    }

    @Test("a shift: refused when it ends before it begins or is too long; what is over stays")
    func shifts() throws {
        let wrong = DutyShift.Plan(person: "", contact: "x", from: 10, until: 10)
        #expect(wrong.problems == ["person": .missing, "until": .tooEarly])
        let long = DutyShift.Plan(person: "a", contact: "x", from: 0, until: 32 * 24 * Self.hour)
        #expect(long.problems == ["until": .noMoment])
        let plan = DutyShift.Plan(person: "a", contact: "x", from: Self.start, until: Self.start + Self.hour)
        var shift = try DutyShift(1, .plan(plan), said())
        #expect(throws: SupervisionError.self) { try shift.apply(.cancel(reason: "late"), said(Self.start + Self.hour)) }
        try shift.apply(.cancel(reason: "ill"), said())
        #expect(throws: SupervisionError.self) { try shift.apply(.plan(plan), said()) }
        #expect(DutyRoster([shift]).onDuty(at: Self.start).isEmpty)
    }

    @Test("support: only along its steps, and its times never shrink or come before the call", arguments: [UInt64](1...20))
    func support(_ seed: UInt64) throws {
        var numbers = SeededNumbers(seed)
        let allowed: [SupportRequest.State: Set<SupportRequest.State>] = [
            .new: [.taken], .taken: [.taken, .waiting, .answered], .waiting: [.taken, .answered], .answered: [.closed, .taken],
            .closed: [.taken],
        ]
        let call = SupportRequest.Call(
            firm: "alpha", kind: "incident", title: "DDoS", text: "help", contact: "02-0000-0000", received: Self.start)
        var request = try SupportRequest(1, .call(call), said())
        var moment = Self.start
        var steps = 0
        for _ in 0..<400 {
            moment += Int64.random(in: 0..<9, using: &numbers) * 1_000_000
            let events: [SupportRequest.Event] = [
                .take(person: "林"), .wait("?"), .resume("!"), .answer("so"), .close(""), .reopen(reason: "again"), .call(call),
                .answer(""),
            ]
            guard let event = events.randomElement(using: &numbers) else { continue }
            let before = request
            do throws(SupervisionError) { try request.apply(event, said(moment)) } catch {
                #expect(request == before)
                continue
            }
            steps += 1
            #expect(allowed[before.state]?.contains(request.state) == true, "\(before.state) \(event)")
            #expect(request.taken == before.taken || before.taken == nil && request.taken == moment)
            #expect(request.answered == before.answered || before.answered == nil && request.answered == moment)
            #expect((request.closed != nil) == (request.state == .closed))
            if let taken = request.secondsToTake, let answered = request.secondsToAnswer {
                #expect(0 <= taken && taken <= answered)
            }
            #expect(SupportRequest.leads(event, from: before.state))
        }
        #expect(steps > 40)
        #expect(call.problems(at: Self.start - 1) == ["received": .tooEarly])
    }

    @Test("an event: regions where the kind has them, attendance only of what was held, by known firms")
    func events() async throws {
        let place = try await FollowUpPlace(on: "2018-05-10")
        let (store, actor) = (place.supervision.programme, place.actor)
        var plan = ProgrammeEvent.Plan(
            kind: "briefing", region: "", title: "分級防護標準說明會", day: try day("2018-05-09"), place: "臺中", note: "")
        #expect(await refusal { try await store.plan(plan, actor) }?.problems == ["region": .missing])
        plan.region = "east"
        #expect(await refusal { try await store.plan(plan, actor) }?.problems == ["region": .unknown])
        (plan.kind, plan.region) = ("workshop", "north")
        #expect(await refusal { try await store.plan(plan, actor) }?.problems == ["region": .contradiction])
        (plan.kind, plan.region) = ("briefing", "centre")
        let id = try await store.plan(plan, actor)
        #expect(
            await refusal { try await store.events.apply(.attend([.init(firm: "nobody", persons: 2)]), to: id, actor) }?.problems
                == ["firm": .unknown])
        #expect(
            await refusal { try await store.events.apply(.attend([.init(firm: "alpha", persons: 0)]), to: id, actor) }?.problems
                == ["attendance": .noNumber])
        try await store.events.apply(.attend([.init(firm: "alpha", persons: 3), .init(firm: "beta", persons: 2)]), to: id, actor)
        #expect(try await store.events.find(id).persons == 5)
        #expect(
            await refusal { try await store.events.apply(.cancel(reason: "x"), to: id, actor) }?.problems == [
                "reason": .contradiction
            ])
        (plan.day, plan.title) = (try day("2018-09-01"), "later")
        let later = try await store.plan(plan, actor)
        #expect(
            await refusal { try await store.events.apply(.attend([.init(firm: "alpha", persons: 1)]), to: later, actor) }?
                .problems
                == ["attendance": .tooEarly])
        #expect(await refusal { try await store.change(later, plan, after: 9, actor) }?.isConflict == true)
        try await store.events.apply(.cancel(reason: "颱風"), to: later, actor)
        #expect(try await place.trail("programme.cancel").map(\.entry.reason) == ["颱風"])
        #expect(try await store.events.all().map(\.id) == [later, id])
        await place.database.close()
    }

    @Test("a meeting: its number is its own, resolutions are followed up, a settled one is taken up only with a reason")
    func meetings() async throws {
        let place = try await FollowUpPlace(on: "2018-01-10")
        let (store, actor) = (place.supervision.meetings, place.actor)
        let plan = Meeting.Plan(
            year: 2018, number: 1, title: "市場資安會議", day: try day("2018-01-10"), place: "臺北", participants: "甲\n乙", agenda: "年度報告")
        let id = try await store.begin(.plan(plan), actor)
        #expect(await refusal { try await store.begin(.plan(plan), actor) }?.isConflict == true)
        var second = plan
        second.number = 2
        let other = try await store.begin(.plan(second), actor)
        #expect(await refusal { try await store.apply(.plan(plan), to: other, actor) }?.isConflict == true)
        let due = try day("2018-03-31")
        let agreement = AgreedAction.Agreement(what: "報告送主管機關", word: .init(owner: "秘書", due: due))
        try await store.apply(.resolve(agreement), to: id, actor)
        #expect(
            await refusal { try await store.apply(.resolve(.init(what: "", word: .init(owner: "", due: nil))), to: id, actor) }?
                .problems
                == ["what": .missing, "owner": .missing, "due": .missing])
        try place.box.go(to: "2018-04-05")
        #expect(try await store.find(id).resolutions[0].overdueDays(on: try day("2018-04-05")) == 5)
        #expect(
            await refusal {
                try await store.apply(
                    .say(action: 1, .init(state: .open, owner: "秘書", due: try day("2018-04-01"))), to: id, actor)
            }?.problems == ["due": .tooEarly])
        try await store.apply(.say(action: 1, .init(state: .done, owner: "秘書", due: due, progress: 100)), to: id, actor)
        let again = AgreedAction.Word(state: .inProgress, owner: "秘書", due: try day("2018-05-31"), progress: 50)
        #expect(await refusal { try await store.apply(.say(action: 1, again), to: id, actor) }?.problems == ["note": .reason])
        var explained = again
        explained.note = "主管機關要求補充"
        try await store.apply(.say(action: 1, explained), to: id, actor)
        let resolution = try await store.find(id).resolutions[0]
        #expect(resolution.slips.count == 1 && resolution.slips.days == 61 && resolution.words.count == 3)
        #expect(await refusal { try await store.apply(.say(action: 2, explained), to: id, actor) }?.isNotFound == true)
        #expect(try await store.history(id).map(\.event.action) == ["plan", "resolve", "say", "say"])
        await place.database.close()
    }

    @Test("the policy of the programme names clauses and kinds that are; one that is wrong is refused")
    func policy() throws {
        let policy = try ProgrammePolicy.shipped()
        let rulebook = try ShippedFiles.rulebook()
        #expect(policy.events.filter { !$0.clause.isEmpty }.allSatisfy { rulebook.clause($0.clause) != nil })
        #expect(policy.regions.map(\.id) == ["north", "centre", "south"])
        func read(_ text: String) throws -> ProgrammePolicy { try ProgrammePolicy.read(try YAMLReader.read(Array(text.utf8))) }
        let rest = "regions: {n: {zh-TW: 北, en: N}}\nsupport: {o: {zh-TW: 他, en: O}}\nroster_days: 3"
        let schema = "schema: plumbline.programme/1\n"
        #expect(try read(schema + "events: {a: {title: {zh-TW: 甲, en: A}}}\n" + rest).rosterDays == 3)
        for text in [
            "events: {}\n" + rest, "events: {a: {title: {zh-TW: 甲, en: A}, more: 1}}\n" + rest,
            "events: {a: {title: {zh-TW: 甲, en: A}}}",
        ] {
            #expect(throws: DocumentError.self) { try read(schema + text) }
        }
    }
}

@Suite("Coaching and questions")
struct CoachingTests {
    @Test(
        "what coaching agrees of an item is said in the quarter's follow-up, in the same transaction; the case closes when nothing is left"
    )
    func coaching() async throws {
        let place = try await FollowUpPlace(on: "2018-01-10")
        let (store, actor) = (place.supervision.coaching, place.actor)
        let plan = CoachingCase.Plan(
            firm: "alpha", items: ["twse-waf"], reason: "連續兩季展延", day: try day("2018-01-09"), participants: "王")
        #expect(
            CoachingCase.Plan(firm: "alpha", items: ["a", "a"], reason: "", day: plan.day, participants: "").problems
                == ["items": .unknown, "reason": .missing, "participants": .missing])
        let id = try await store.cases.begin(.plan(plan), actor)
        let due = try day("2018-06-30")
        let agreement = AgreedAction.Agreement(what: "導入 WAF", item: "twse-waf", word: .init(owner: "林", due: due))
        #expect(await refusal { try await store.agree(agreement, in: id, actor) }?.isConflict == true)
        #expect(
            await refusal {
                try await store.cases.apply(.visit(day: try day("2018-01-11"), participants: "王", minutes: "談"), to: id, actor)
            }?.problems == ["day": .tooEarly])
        try await store.cases.apply(.visit(day: plan.day, participants: "王、林", minutes: "談"), to: id, actor)
        try await store.agree(agreement, in: id, actor)
        let quarter = try quarter("2018-Q1")
        let words = try await place.supervision.followUps.records(firm: "alpha", item: "twse-waf").first?.words
        #expect(words?.map(\.content.state) == [.planned] && words?.map(\.origin) == ["coaching \(id)"])
        #expect(words?.first?.content.due == due && words?.first?.quarter == quarter)
        try await store.agree(.init(what: "補訓練", word: .init(owner: "林", due: due)), in: id, actor)
        #expect(await refusal { try await store.cases.apply(.close(note: ""), to: id, actor) }?.isConflict == true)
        // An action about no item touches no gap.
        try await place.supervision.followUps.say(
            .init(state: .withdrawn, note: "合併"), firm: "alpha", item: "twse-waf", quarter: quarter, after: 1, actor)
        let before = try await store.cases.find(id).revision
        let late = AgreedAction.Word(state: .done, owner: "林", due: due, progress: 100)
        try await store.say(late, of: 2, in: id, actor)
        #expect(try await store.cases.find(id).revision == before + 1)
        #expect(try await place.supervision.followUps.records(firm: "alpha").first?.words.count == 2)
        try await store.cases.apply(.close(note: "餘於追蹤中續辦"), to: id, actor)
        #expect(try await store.cases.find(id).state == .closed)
        #expect(await refusal { try await store.say(late, of: 1, in: id, actor) }?.isConflict == true)
        await place.database.close()
    }

    @Test("in a closed quarter nothing is agreed: neither the case nor the follow-up changes")
    func closed() async throws {
        let place = try await FollowUpPlace(on: "2018-01-10")
        let (store, actor) = (place.supervision.coaching, place.actor)
        let plan = CoachingCase.Plan(
            firm: "alpha", items: ["twse-waf"], reason: "x", day: try day("2018-01-09"), participants: "王")
        let id = try await store.cases.begin(.plan(plan), actor)
        try await store.cases.apply(.visit(day: plan.day, participants: "王", minutes: "談"), to: id, actor)
        // A clock that went wrong once: the quarter was closed from the future.
        try place.box.go(to: "2018-04-02")
        _ = try await place.supervision.followUps.close(try quarter("2018-Q1"), actor)
        try place.box.go(to: "2018-03-30")
        let agreement = AgreedAction.Agreement(what: "x", item: "twse-waf", word: .init(owner: "林", due: try day("2018-06-30")))
        #expect(await refusal { try await store.agree(agreement, in: id, actor) }?.isConflict == true)
        #expect(try await store.cases.find(id).actions.isEmpty)
        #expect(try await place.supervision.followUps.records().isEmpty)
        await place.database.close()
    }

    @Test("a question: asked, answered, made known without telling who asked, closed")
    func consulting() async throws {
        let place = try await FollowUpPlace()
        let (store, actor) = (place.supervision.consulting, place.actor)
        let question = ConsultingThread.Question(clause: "twse-waf", firm: "alpha", title: "雲端 WAF", text: "甲證用雲端服務可否？")
        let id = try await store.cases.begin(.ask(question), party: .firm, actor)
        #expect(await refusal { try await store.publish(id, question: "q", answer: "a", actor) }?.isConflict == true)
        #expect(await refusal { try await store.cases.apply(.close, to: id, actor) }?.isConflict == true)
        try await store.cases.apply(.answer("可，須能提出紀錄。"), to: id, actor)
        for (text, field) in [("甲證可否？", "question"), ("ALPHA 可否？", "question"), ("甲證股份有限公司可。", "answer")] {
            let found = await refusal {
                try await store.publish(
                    id, question: field == "question" ? text : "雲端可否？", answer: field == "answer" ? text : "可。", actor)
            }
            #expect(found?.problems == [field: .names], "\(text)")
        }
        #expect(try await store.published().isEmpty)
        try await store.publish(id, question: "雲端服務可否？", answer: "可，須能提出紀錄。", actor)
        #expect(try await store.published().map(\.publication.question) == ["雲端服務可否？"])
        try await store.cases.apply(.close, to: id, actor)
        #expect(await refusal { try await store.cases.apply(.more("還有"), to: id, actor) }?.isConflict == true)
        try await store.cases.apply(.reopen(reason: "修正"), to: id, actor)
        try await store.cases.apply(.more("還有"), to: id, actor)
        #expect(try await store.cases.find(id).state == .open)
        try await store.cases.apply(.withdraw(reason: "修正"), to: id, actor)
        #expect(try await store.published().isEmpty)
        let thread = try await store.cases.find(id)
        #expect(thread.posts.map(\.isAnswer) == [false, true, false] && thread.posts[0].said.party == .firm)
        await place.database.close()
    }
}
