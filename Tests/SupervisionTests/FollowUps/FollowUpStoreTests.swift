import Database
import Documents
import Rulebook
import Testing

@testable import Supervision

@Suite("The follow-up on a real database")
struct FollowUpStoreTests {
    private static func plan(_ due: String, progress: Int = 0, state: FollowUp.State = .planned) throws -> FollowUp.Content {
        .init(state: state, plan: "導入網頁應用防火牆", owner: "林資安", due: try day(due), progress: progress)
    }

    @Test("standings come in, all or none; the newest of a quarter counts, and the same again changes nothing")
    func standings() async throws {
        let place = try await FollowUpPlace()
        let (store, q4) = (place.supervision.followUps, try quarter("2017-Q4"))
        let given = [
            GapStanding(firm: "alpha", item: "twse-waf", finding: .declared),
            GapStanding(firm: "beta", item: "twse-waf", finding: .kept),
        ]
        #expect(try await store.gather(from: GivenGaps([q4: given]), q4, place.actor) == 2)
        #expect(try await store.take(given, q4, origin: "again", place.actor) == 0)
        let strange = [given[0], GapStanding(firm: "nobody", item: "twse-waf", finding: .declared)]
        #expect(
            await refusal { _ = try await store.take(strange, try quarter("2018-Q1"), origin: "x", place.actor) }?.isNotFound
                == true)
        let bad = [given[0], GapStanding(firm: "alpha", item: "no item", finding: .declared)]
        #expect(await refusal { _ = try await store.take(bad, q4, origin: "x", place.actor) }?.problems == ["item": .unknown])
        #expect(try await store.records().allSatisfy { $0.quarters == [q4] })
        _ = try await store.take([.init(firm: "alpha", item: "twse-waf", finding: .measured)], q4, origin: "check", place.actor)
        #expect(try await store.records(firm: "alpha").first?.standings == [q4: .measured])
        #expect(try await store.differences(from: q4.previous, to: q4, asOf: q4.lastDay).map(\.firm) == ["alpha"])
        #expect(try await place.trail("followup.take").map { $0.entry.details["changed"] } == ["2", "0", "1"])
        await place.database.close()
    }

    @Test("every word is another version with its place in the trail; whoever saw an older one is told")
    func words() async throws {
        let place = try await FollowUpPlace(on: "2017-11-20")
        let (store, q4) = (place.supervision.followUps, try quarter("2017-Q4"))
        let plan = try Self.plan("2018-03-31")
        try await store.say(plan, firm: "alpha", item: "twse-waf", quarter: q4, after: 0, place.actor)
        let late = await refusal {
            try await store.say(plan, firm: "alpha", item: "twse-waf", quarter: q4, after: 0, place.actor)
        }
        #expect(late?.isConflict == true)
        let moved = try Self.plan("2018-06-30", progress: 20, state: .inProgress)
        try await store.say(moved, firm: "alpha", item: "twse-waf", quarter: q4, after: 1, place.actor)
        let record = try #require(try await store.records(firm: "alpha", item: "twse-waf").first)
        #expect(record.words.map(\.content) == [plan, moved] && record.words.map(\.version) == [1, 2])
        #expect(record.snapshot(q4)?.said == Said(at: place.box.now * 1_000_000, by: "mei.lin", party: .supervisor))
        let wrong = await refusal {
            try await store.say(.init(state: .planned), firm: "alpha", item: "x", quarter: q4, after: 0, place.actor)
        }
        #expect(wrong?.problems.count == 3)
        #expect(
            await refusal { try await store.say(plan, firm: "nobody", item: "x", quarter: q4, after: 0, place.actor) }?.isNotFound
                == true)
        #expect(try await place.trail("followup.say").map { $0.entry.details["due"] } == ["2018-03-31", "2018-06-30"])
        await place.database.close()
    }

    @Test("a firm's claims: those that may not be made are left out and named, the others stand as the firm's word")
    func claims() async throws {
        let place = try await FollowUpPlace(on: "2017-11-20")
        let (store, q3, q4) = (place.supervision.followUps, try quarter("2017-Q3"), try quarter("2017-Q4"))
        try await store.say(
            .init(state: .withdrawn, note: "不適用"), firm: "alpha", item: "twse-hc", quarter: q3, after: 0, place.actor)
        let text = """
            [{"item": "twse-waf", "state": "planned", "plan": "導入", "owner": "林資安", "due": "2018-03-31", "progress": 0},
             {"item": "twse-hc", "state": "in-progress", "plan": "導入", "owner": "林資安", "due": "2018-03-31", "progress": 10},
             {"item": "twse-pt", "state": "verified", "plan": "", "owner": "", "due": null, "progress": 100}]
            """
        let read = try FollowUpClaimReader.read(try JSONReader.read(Array(text.utf8)))
        let left = try await store.receive(
            read, firm: "alpha", quarter: q4, by: "王資安長", origin: "submission 1", .system("submissions"))
        #expect(left == ["twse-hc": ["state": .supervisorOnly], "twse-pt": ["state": .supervisorOnly]])
        let record = try #require(try await store.records(firm: "alpha", item: "twse-waf").first)
        #expect(record.words.map(\.said.party) == [.firm] && record.words.map(\.said.by) == ["王資安長"])
        #expect(try await place.trail("followup.receive").first?.entry.details["left-out"] == "twse-hc twse-pt")
        await place.database.close()
    }

    @Test("a closed quarter takes nothing more, and its hash is that of what it says")
    func closing() async throws {
        let place = try await FollowUpPlace(on: "2017-11-20")
        let (store, q4) = (place.supervision.followUps, try quarter("2017-Q4"))
        _ = try await store.take([.init(firm: "alpha", item: "twse-waf", finding: .declared)], q4, origin: "x", place.actor)
        try await store.say(try Self.plan("2018-03-31"), firm: "alpha", item: "twse-waf", quarter: q4, after: 0, place.actor)
        #expect(await refusal { _ = try await store.close(q4, place.actor) }?.isConflict == true)
        try place.box.go(to: "2018-01-02")
        let closed = try await store.close(q4, place.actor)
        let document = CanonicalJSON.bytes(of: FollowUpStore.document(try await store.records(), q4))
        #expect(closed.sha256 == Hash.sha256(document) && closed.count == 1)
        #expect(try await place.trail("followup.close").first?.entry.details["sha256"] == closed.sha256)
        #expect(await refusal { _ = try await store.close(q4, place.actor) }?.isConflict == true)
        let plan = try Self.plan("2018-06-30")
        #expect(
            await refusal { try await store.say(plan, firm: "alpha", item: "twse-waf", quarter: q4, after: 1, place.actor) }?
                .isConflict == true)
        #expect(await refusal { _ = try await store.take([], q4, origin: "x", place.actor) }?.isConflict == true)
        #expect(
            await refusal { _ = try await store.receive([], firm: "alpha", quarter: q4, by: "x", origin: "x", place.actor) }?
                .isConflict
                == true)
        try await store.say(plan, firm: "alpha", item: "twse-waf", quarter: q4.next, after: 0, place.actor)
        #expect(
            CanonicalJSON.bytes(of: FollowUpStore.document(try await store.records().filter { $0.standings[q4] != nil }, q4))
                == document)
        await place.database.close()
    }

    @Test("the reader of claims refuses what it does not know, and no bytes make it fall", arguments: [UInt64](1...8))
    func reader(_ seed: UInt64) throws {
        func read(_ text: String) throws -> [FollowUpClaim] {
            try FollowUpClaimReader.read(try JSONReader.read(Array(text.utf8)))
        }
        #expect(try read("null").isEmpty && read("[]").isEmpty)
        for text in [
            "{}", #"[{"item":"a"}]"#, #"[{"item":"a","state":"gone"}]"#, #"[{"item":"a b","state":"open"}]"#,
            #"[{"item":"a","state":"open","progress":101}]"#, #"[{"item":"a","state":"open","due":"2018-02-30"}]"#,
            #"[{"item":"a","state":"open","more":1}]"#, #"[{"item":"a","state":"open"},{"item":"a","state":"open"}]"#,
            #"[{"item":"a","state":"open","plan":1}]"#,
        ] { #expect(throws: DocumentError.self) { try read(text) } }
        let whole = Array(
            #"[{"item":"twse-waf","state":"planned","plan":"p","owner":"o","due":"2018-03-31","progress":5,"note":"n"}]"#.utf8)
        var numbers = SeededNumbers(seed)
        for _ in 0..<500 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &numbers) {
                bytes[Int.random(in: 0..<bytes.count, using: &numbers)] = UInt8.random(in: 0x20...0x7E, using: &numbers)
            }
            do {
                for claim in try FollowUpClaimReader.read(try JSONReader.read(bytes)) {
                    #expect(FollowUpClaimReader.isItem(claim.item) && (0...100).contains(claim.content.progress))
                }
            } catch { #expect(!error.reason.isEmpty) }
        }
    }

    @Test("a policy that names what nobody knows is refused with its key")
    func policy() throws {
        func read(_ text: String) throws -> FollowUpPolicy { try FollowUpPolicy.read(try YAMLReader.read(Array(text.utf8))) }
        let schema = "schema: plumbline.follow-up/1\n"
        #expect(try read(schema + "slipping: [overdue]\norder: [age, open]").order == [.age, .open])
        for text in [
            "slipping: []\norder: [age]", "slipping: [gone]\norder: [age]", "slipping: [overdue]\norder: [age, age]",
            "order: [age]",
        ] {
            #expect(throws: DocumentError.self) { try read(schema + text) }
        }
    }
}
