import Database
import Documents
import Rulebook
import Testing

@testable import Supervision

/// Events drawn at random: sensible ones most of the time, so that cases go far.
struct InspectionEvents {
    static let clauses = ["twse-waf", "twse-hc", "twse-pt"]

    static func draw(_ numbers: inout SeededNumbers, on day: CivilDate) -> Inspection.Event {
        func number() -> Int { Int.random(in: 1...3, using: &numbers) }
        func text() -> String { Int.random(in: 0..<8, using: &numbers) == 0 ? "" : "words" }
        func word() -> AgreedAction.Word {
            let state = AgreedAction.State.allCases.randomElement(using: &numbers) ?? .open
            return .init(
                state: state, owner: "owner", due: day.adding(days: Int.random(in: -1...9, using: &numbers)),
                progress: state == .done ? 100 : 50, note: text())
        }
        let clause = (clauses + [""]).randomElement(using: &numbers) ?? ""
        switch Int.random(in: 0..<24, using: &numbers) {
        case 0: return .plan(plan(day))
        case 1: return .begin(day: day, lines: clauses.map { .init(clause: $0, isCertain: true) })
        case 2...8:
            return .answer(
                clause: clause, answer: Inspection.Answer.allCases.randomElement(using: &numbers) ?? .conforming, note: text(),
                evidence: "")
        case 9...10: return .find(clause: clause, severity: "minor", text: text())
        case 11: return .strike(finding: number(), reason: text())
        case 12...14: return .sign(conclusion: text())
        case 15: return .respond(finding: number(), text: text())
        case 16: return .agree(finding: number(), .init(what: text(), word: .init(owner: "owner", due: day.adding(days: 5))))
        case 17...18: return .say(action: number(), word())
        case 19...21:
            let state = [Inspection.Finding.State.closed, .accepted, .open].randomElement(using: &numbers) ?? .closed
            return .settle(finding: number(), as: state, reason: text())
        case 22: return .close(note: "")
        default: return Int.random(in: 0..<12, using: &numbers) == 0 ? .cancel(reason: "because") : .close(note: "x")
        }
    }

    static func plan(_ day: CivilDate) -> Inspection.Plan {
        .init(year: day.parts.year, occasion: .yearly, firm: "alpha", day: day, lead: "王查核", why: "年度")
    }
}

@Suite("Inspections: planned, carried out, signed, followed until nothing is open")
struct InspectionTests {
    private func said(_ seconds: Int64 = 1_510_000_000) -> Said {
        Said(at: seconds * 1_000_000, by: "mei.lin", party: .supervisor)
    }

    @Test("no sequence closes with an open finding, and after signing checklist and findings stand", arguments: [UInt64](1...40))
    func machine(_ seed: UInt64) throws {
        var numbers = SeededNumbers(seed)
        let said = said()
        var (ends, signings, refusals): ([Inspection.State], Int, Int) = ([], 0, 0)
        for _ in 0..<60 {
            var inspection = try Inspection(1, .plan(InspectionEvents.plan(said.day)), said)
            for _ in 0..<80 {
                let event = InspectionEvents.draw(&numbers, on: said.day)
                let before = inspection
                do throws(SupervisionError) { try inspection.apply(event, said) } catch {
                    // What is refused leaves no trace.
                    #expect(inspection == before)
                    refusals += 1
                    continue
                }
                #expect(before.state != .closed && before.state != .cancelled, "\(event) after the end")
                if before.signed != nil {
                    #expect(inspection.rows == before.rows && inspection.signed == before.signed)
                    #expect(
                        inspection.findings.map(\.text) == before.findings.map(\.text)
                            && inspection.reportHash == before.reportHash)
                }
                if before.state == .underWay, inspection.state == .signed {
                    signings += 1
                    #expect(inspection.rows.allSatisfy { $0.answer != nil })
                    #expect(
                        Set(inspection.rows.filter { $0.answer == .finding }.map(\.clause))
                            == Set(inspection.standing.map(\.clause)).subtracting([""]))
                }
                for finding in inspection.standing where finding.state == .closed {
                    #expect(finding.actions.allSatisfy { inspection.actions[$0 - 1].current.state.isSettled })
                }
                for finding in inspection.standing where finding.state != .open { #expect(!finding.reason.isEmpty) }
                if inspection.state == .closed {
                    #expect(inspection.signed != nil && inspection.openFindings == 0)
                    #expect(inspection.standing.allSatisfy { $0.state == .closed || $0.state == .accepted })
                }
            }
            ends.append(inspection.state)
        }
        #expect(signings > 0 && refusals > 100 && ends.contains(.closed), "\(signings) \(refusals)")
    }

    @Test("everything that can happen is written and read again as it was", arguments: [UInt64](1...5))
    func coding(_ seed: UInt64) throws {
        var numbers = SeededNumbers(seed)
        for _ in 0..<300 {
            let event = InspectionEvents.draw(&numbers, on: said().day)
            let bytes = CanonicalJSON.bytes(of: try NodeEncoder.node(of: event))
            #expect(try NodeDecoder.value(Inspection.Event.self, try JSONReader.read(bytes)) == event)
        }
        // The form that is kept: it never changes.
        let kept = CanonicalJSON.line(
            of: try NodeEncoder.node(
                of: Inspection.Event.answer(clause: "twse-waf", answer: .notLooked, note: "n", evidence: "e")))
        #expect(
            String(decoding: kept, as: UTF8.self)
                == #"{"answer":{"answer":"not-looked","clause":"twse-waf","evidence":"e","note":"n"}}"# + "\n")
        let agreed = Inspection.Event.agree(
            finding: 1, .init(what: "w", item: "", word: .init(owner: "o", due: try day("2018-03-31"))))
        #expect(
            String(decoding: CanonicalJSON.line(of: try NodeEncoder.node(of: agreed)), as: UTF8.self)
                == #"{"agree":{"_1":{"item":"","what":"w","word":{"due":"2018-03-31","note":"","owner":"o","progress":0,"state":"open"}},"finding":1}}"#
                + "\n")
        #expect(throws: (any Error).self) { try NodeEncoder.node(of: 1.5) }
        for text in [#"{"answer":{}}"#, #"{"gone":{}}"#, "[]", #"{"close":{"note":1}}"#] {
            #expect(throws: (any Error).self) {
                try NodeDecoder.value(Inspection.Event.self, try JSONReader.read(Array(text.utf8)))
            }
        }
    }

    @Test("the checklist: what binds the firm on the day, by the tier that was decided; what cannot be told says so")
    func checklist() throws {
        let rulebook = try ShippedFiles.rulebook()
        let firm = try FollowUpPlace.firm("alpha", "甲證", capital: 12_000_000_000)
        let on = try day("2018-01-10")
        func lines(_ tier: String?, _ clauses: Set<String> = []) -> [String: Bool] {
            Dictionary(
                uniqueKeysWithValues: Checklist.lines(
                    of: firm, held: tier.map { ["securities-tier": $0] } ?? [:], clauses: clauses, rulebook, on: on
                ).map { ($0.clause, $0.isCertain) })
        }
        let (first, fourth) = (lines("1"), lines("4"))
        #expect(first["twse-hc"] == true && fourth["twse-hc"] == nil)
        #expect(first["twse-func"] == nil && fourth["twse-func"] == true)
        #expect(first["twse-waf"] == true && first["twse-rpt"] == nil && first["cnfa-6.5"] == nil)
        // Whether a system is a key system, only the inspection shows.
        #expect(first["twse-va"] == false)
        #expect(lines(nil)["twse-hc"] == false)
        #expect(lines("1", ["twse-waf", "twse-func"]) == ["twse-waf": true])
    }

    @Test("points: each part by its weight up to its most, and the ranking is that of a plain sum")
    func score() throws {
        let policy = try InspectionPolicy.shipped()
        let today = try day("2018-01-10")
        let known = InspectionScore.Knowledge(firm: "a", tier: "1", gaps: 3, slipping: 2, last: try day("2016-12-11"))
        let score = InspectionScore(known, policy, on: today)
        #expect(
            [score.tier, score.gaps, score.slipping, score.since] == [40, 12, 16, 12] && score.months == 12 && score.total == 80)
        #expect(
            InspectionScore(.init(firm: "b", tier: nil, gaps: 99, slipping: 99, last: nil), policy, on: today).total == 25 + 40
                + 40 + 36)
        #expect(InspectionScore.months(from: try day("2017-01-31"), to: try day("2017-02-28")) == 1)
        #expect(InspectionScore.months(from: try day("2017-01-31"), to: try day("2017-02-27")) == 0)
        #expect(InspectionScore.months(from: today, to: try day("2017-02-27")) == 0)
        var numbers = SeededNumbers(7)
        let firms = (0..<200).map { index in
            InspectionScore.Knowledge(
                firm: "f\(index)", tier: ["1", "2", "3", "4", nil].randomElement(using: &numbers) ?? nil,
                gaps: Int.random(in: 0..<15, using: &numbers), slipping: Int.random(in: 0..<8, using: &numbers),
                last: Bool.random(using: &numbers) ? today.adding(days: -Int.random(in: 0..<1_500, using: &numbers)) : nil)
        }
        let ranked = InspectionScore.ranked(firms, policy, on: today)
        #expect(Set(ranked.map(\.known.firm)).count == 200)
        for (upper, lower) in zip(ranked, ranked.dropFirst()) {
            #expect(upper.total > lower.total || upper.total == lower.total && upper.known.firm < lower.known.firm)
        }
    }

    @Test(
        "an inspection through its store: begun from the register, signed with its hash in the trail, closed when nothing is open"
    )
    func store() async throws {
        let place = try await FollowUpPlace()
        let (store, actor) = (place.supervision.inspections, place.actor)
        _ = try await place.supervision.tiers.decide(asOf: try day("2018-01-01"), actor)
        var plan = InspectionEvents.plan(try day("2018-02-01"))
        plan.theme = "gone"
        #expect(await refusal { try await store.plan(plan, actor) }?.problems == ["theme": .unknown])
        (plan.theme, plan.firm) = ("", "nobody")
        #expect(await refusal { try await store.plan(plan, actor) }?.problems == ["firm": .unknown])
        (plan.theme, plan.firm, plan.occasion) = ("online-orders", "alpha", .thematic)
        let id = try await store.plan(plan, actor)
        #expect(try await store.ranking(on: try day("2018-01-10")).first?.known.last == nil)
        try await store.begin(id, on: try day("2018-01-10"), actor)
        let begun = try await store.cases.find(id)
        #expect(begun.rows.map(\.clause).contains("twse-waf") && !begun.rows.map(\.clause).contains("twse-hc"))
        #expect(await refusal { try await store.begin(id, on: try day("2018-01-10"), actor) }?.isConflict == true)
        #expect(await refusal { try await store.sign(id, conclusion: "x", actor) }?.isConflict == true)
        for row in begun.rows {
            let isBad = row.clause == "twse-waf"
            try await store.cases.apply(
                .answer(clause: row.clause, answer: isBad ? .finding : .conforming, note: "", evidence: ""), to: id, actor)
        }
        #expect(await refusal { try await store.sign(id, conclusion: "x", actor) }?.isConflict == true)
        #expect(
            await refusal { try await store.find(id, clause: "twse-waf", severity: "awful", text: "x", actor) }?.problems
                == ["severity": .unknown])
        try await store.find(id, clause: "twse-waf", severity: "major", text: "未建置", actor)
        try await store.sign(id, conclusion: "一項重大缺失", actor)
        let signed = try await store.cases.find(id)
        #expect(try await place.trail("inspection.report").last?.entry.details["sha256"] == signed.reportHash)
        #expect(await refusal { try await store.cases.apply(.close(note: ""), to: id, actor) }?.isConflict == true)
        let due = try day("2018-06-30")
        try await store.cases.apply(.agree(finding: 1, .init(what: "建置 WAF", word: .init(owner: "林", due: due))), to: id, actor)
        #expect(
            await refusal { try await store.cases.apply(.settle(finding: 1, as: .closed, reason: "x"), to: id, actor) }?
                .isConflict == true)
        try await store.cases.apply(.say(action: 1, .init(state: .done, owner: "林", due: due, progress: 100)), to: id, actor)
        try await store.cases.apply(.settle(finding: 1, as: .closed, reason: "複查無誤"), to: id, actor)
        try await store.cases.apply(.close(note: ""), to: id, actor)
        let closed = try await store.cases.find(id)
        #expect(closed.state == .closed && closed.reportHash == signed.reportHash)
        #expect(try await store.cases.history(id).map(\.event.action).last == "close")
        #expect(await refusal { try await store.cases.apply(.close(note: ""), to: id, after: 1, actor) }?.isConflict == true)
        #expect(await refusal { _ = try await store.cases.find(99) }?.isNotFound == true)
        #expect(
            try await store.ranking(on: try day("2018-01-10")).first { $0.known.firm == "alpha" }?.known.last
                == CivilDate("2018-01-10"))
        let actions = try await place.trail("inspection.settle")
        #expect(actions.map(\.entry.reason) == ["複查無誤"] && actions[0].entry.details["firms"] == "alpha")
        await place.database.close()
    }

    @Test("a policy that is wrong is refused with its key")
    func policy() throws {
        let file = try #require(ShippedFiles.files(in: "supervision").first { $0.name == InspectionPolicy.file })
        let text = String(decoding: file.bytes, as: UTF8.self)
        func read(_ text: String) throws -> InspectionPolicy { try InspectionPolicy.read(try YAMLReader.read(Array(text.utf8))) }
        let policy = try read(text)
        let rulebook = try ShippedFiles.rulebook()
        #expect(policy.themes.flatMap(\.clauses).allSatisfy { rulebook.clause($0) != nil })
        for (old, new) in [("never: 36", "never: -1"), ("{each: 4, most: 40}", "{each: 4}"), ("undecided: 25", "undecided: x")] {
            #expect(text.contains(old))
            #expect(throws: DocumentError.self) { try read(text.replacing(old, with: new)) }
        }
    }
}
