import Database
import Documents
import Rulebook
import Submissions
import Synchronization
import Testing

@testable import Supervision

/// A market of random firms, tiers and answers, and what a slow look at each firm says of it.
private struct RandomMarket {
    let world: SupervisionWorld
    let questionnaire: Questionnaire
    var random: SeededNumbers
    var ids: [String] = []
    let quarters: [Quarter]
    let actor = TrailActor.system("test")

    init(seed: UInt64) async throws {
        world = try await SupervisionWorld()
        random = SeededNumbers(seed)
        questionnaire = world.supervision.questionnaires[Int(seed) % world.supervision.questionnaires.count]
        quarters = try (1...4).map { try #require(Quarter(year: 2017, number: $0)) }
        for _ in 0..<12 { try await addFirm() }
        for text in ["2016-01-01", "2017-05-01"] { try await decide(try date(text)) }
        for _ in 0..<4 { try await answer() }
    }

    private mutating func facts() -> [String: Node] {
        var facts: [String: Node] = [:]
        if !random.isOne(in: 6) {
            facts["entity_kinds"] = [["securities"], ["fcm"], ["securities", "fcm"]].randomElement(using: &random)
        }
        if !random.isOne(in: 6) { facts["capital"] = .integer(Int.random(in: 1...250, using: &random) * 100_000_000) }
        if !random.isOne(in: 4) { facts["fhc_subsidiary"] = .bool(random.isOne(in: 3)) }
        if !random.isOne(in: 4) { facts["online_orders"] = random.isOne(in: 8) ? Node(.null) : .bool(random.isOne(in: 2)) }
        if !random.isOne(in: 4) { facts["custody_businesses"] = random.isOne(in: 2) ? ["own-margin-trading"] : .list([]) }
        return facts
    }

    private mutating func day() -> CivilDate {
        (CivilDate(year: 2016, month: 1, day: 1) ?? CivilDate(day: 0)).adding(days: Int.random(in: 0..<800, using: &random))
    }

    /// Adds a firm with a key that sorts anywhere.
    mutating func addFirm() async throws {
        let letters = (0..<Int.random(in: 1...5, using: &random)).map { _ in
            ["a", "b", "z", "0", "9"].randomElement(using: &random) ?? "a"
        }
        let id = letters.joined() + "\(ids.count)"
        var firm = Firm(id: id, names: [.init(from: CivilDate(day: 0), legal: "甲\(ids.count)", short: "乙\(ids.count)")])
        firm.facts = [.init(from: CivilDate(day: 0), values: facts())]
        if random.isOne(in: 2) { firm.facts.append(.init(from: day(), values: facts())) }
        if random.isOne(in: 5) { firm.events.append(.init(day: day(), kind: random.isOne(in: 2) ? .closed : .founded)) }
        for year in 2014...2017 where !random.isOne(in: 3) {
            firm.ratios[year] = ExactNumber("0.\(Int.random(in: 1...9, using: &random))")
        }
        try await world.supervision.register.save([firm], after: [:], reason: "test", actor)
        ids.append(id)
    }

    /// One firm's facts become others from a day on.
    mutating func changeFirm() async throws {
        let id = try #require(ids.randomElement(using: &random))
        var (firm, version) = try await world.supervision.register.firm(id)
        let from = max(day(), firm.facts.last?.from ?? CivilDate(day: 0))
        firm.facts.append(.init(from: from, values: facts()))
        if random.isOne(in: 3), firm.events.isEmpty { firm.events = [.init(day: day(), kind: .closed)] }
        try await world.supervision.register.save([firm], after: [id: version], reason: "test", actor)
    }

    mutating func decide(_ wanted: CivilDate? = nil) async throws {
        let day = wanted ?? self.day()
        _ = try await world.supervision.tiers.decide(asOf: day, actor)
        for waiting in try await world.supervision.tiers.waiting() where random.isOne(in: 2) {
            try await world.supervision.tiers.confirm(
                waiting.id, isAgreed: random.isOne(in: 2), note: "test", TrailActor.system("second"))
        }
    }

    /// Some firms answer for a quarter, in the questionnaire's own order of items or in another one.
    mutating func answer() async throws {
        let quarter = try #require(quarters.randomElement(using: &random))
        var items = questionnaire.questions.map(\.id)
        if random.isOne(in: 3) { items = Array(items.reversed().dropLast(2)) + ["another"] }
        var rows: [Standing] = []
        for id in ids where !random.isOne(in: 3) {
            rows.append(
                Standing(
                    firm: id, quarter: quarter, layout: 0,
                    declared: (0..<Int.random(in: 0...items.count, using: &random)).map { _ in
                        UInt8.random(in: 0...3, using: &random)
                    }, measured: [], state: StandingState.allCases.randomElement(using: &random) ?? .signed,
                    submission: "s", asOf: quarter.lastDay))
        }
        try await world.supervision.standings.put(
            source: MarketDesk.source(questionnaire), items: items, rows, reason: "test", actor)
    }

    /// What stands of a firm, looked up by itself.
    private struct Slow {
        var tier: String?
        var declared: [String: UInt8]
        var facts: [String: Node]
        var decisions: [String: Node]
    }

    private func slow(_ quarter: Quarter, _ state: StandingState) async throws -> [Slow] {
        let day = quarter.lastDay
        let parameters = world.rulebook.parameters
        var found: [Slow] = []
        var answers: [String: [String: UInt8]] = [:]
        for layout in try await world.supervision.standings.layouts(in: quarter).reversed()
        where layout.source == MarketDesk.source(questionnaire) {
            for row in try await world.supervision.standings.rows(in: quarter, layout: layout.number, atLeast: state) {
                answers[row.firm] = Dictionary(zip(layout.items, row.declared)) { first, _ in first }
            }
        }
        for id in ids.sorted() {
            let firm = try await world.supervision.register.firm(id).firm
            guard firm.isInBusiness(asOf: day) else { continue }
            let facts = firm.facts(asOf: day)
            if let applies = questionnaire.applies {
                let context = ProfileContext(firm: facts, system: [:], decisions: [:], parameters: parameters)
                if Evaluator(context).evaluate(applies).truth == .no { continue }
            }
            var held: [String: TierDecision] = [:]
            for decision in try await world.supervision.tiers.history(id).reversed()
            where decision.status == .inForce && decision.from <= day {
                if let other = held[decision.decision], other.from > decision.from { continue }
                held[decision.decision] = decision
            }
            found.append(
                Slow(
                    tier: held[MarketDesk.tierDecision]?.value, declared: answers[id] ?? [:], facts: facts,
                    decisions: held.compactMapValues { $0.value.map { .text($0) } }))
        }
        return found
    }

    /// Compares every quarter's status and the whole trend with the slow look.
    func compare(_ place: Comment) async throws {
        let market = world.supervision.market
        for state in [StandingState.received, .accepted] {
            let trend = try await market.trend(quarters[0]...quarters[3], questionnaire, atLeast: state)
            for quarter in quarters {
                let slow = try await slow(quarter, state)
                let status = try await market.status(quarter, questionnaire, atLeast: state)
                #expect(status.rows.count == slow.count, place)
                #expect(status.rows.map(\.tier) == slow.map(\.tier), place)
                for (index, question) in questionnaire.questions.enumerated() {
                    for (column, tier) in status.table.tiers.enumerated() {
                        let cell = Self.cell(slow.filter { $0.tier == tier }, question.id)
                        #expect(status.table.cells[index][column] == cell, place)
                    }
                    #expect(status.table.all[index] == Self.cell(slow, question.id), place)
                    let flagged = status.flags.compactMap { flag -> Int? in
                        guard case .answeredThoughNotConcerned(question.id, _, let firms) = flag else { return nil }
                        return firms
                    }.reduce(0, +)
                    #expect(flagged == unconcerned(slow, question), place)
                }
                let table = trend.first { $0.quarter == quarter }?.table
                #expect(table == status.table || table == nil && status.handedIn == 0, place)
            }
        }
    }

    private static func cell(_ firms: [Slow], _ item: String) -> MarketCell {
        var cell = MarketCell()
        for firm in firms { cell.count(DeclaredAnswer(rawValue: firm.declared[item] ?? 0) ?? .none) }
        return cell
    }

    private func unconcerned(_ firms: [Slow], _ question: Questionnaire.Question) -> Int {
        guard let applies = question.applies else { return 0 }
        return firms.count { firm in
            guard [1, 2].contains(firm.declared[question.id] ?? 0) else { return false }
            let context = ProfileContext(
                firm: firm.facts, system: [:], decisions: firm.decisions, parameters: world.rulebook.parameters)
            return Evaluator(context).evaluate(applies).truth == .no
        }
    }
}

extension SeededNumbers {
    fileprivate mutating func isOne(in count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }
}

@Suite("A market that is remembered")
struct MarketScaleTests {
    @Test(
        "is what a slow look at each firm gives, also after each change of register, tiers and answers",
        arguments: [0, 1, 2, 3, 4, 5, 6, 7] as [UInt64])
    func oracle(seed: UInt64) async throws {
        var market = try await RandomMarket(seed: seed)
        try await market.compare("at first")
        for step in 0..<12 {
            switch step % 4 {
            case 0: try await market.changeFirm()
            case 1: try await market.decide()
            case 2: try await market.answer()
            default: try await market.addFirm()
            }
            try await market.compare("after change \(step) of seed \(seed)")
        }
        await market.world.database.close()
    }

    @Test("pages' lists of firms and of tiers follow each change, too")
    func lists() async throws {
        let place = try await FollowUpPlace()
        let supervision = place.supervision
        let on = try day("2018-01-10")
        #expect(try await supervision.register.all().map(\.id) == ["alpha", "beta", "gamma"])
        #expect(try await supervision.tiers.holding(on: on).isEmpty)
        _ = try await supervision.tiers.decide(asOf: on, place.actor)
        let held = try await supervision.tiers.holding(on: on)
        #expect(held.count == 3)
        // Nothing held the day before, though this day is remembered.
        #expect(try await supervision.tiers.holding(on: on.adding(days: -1)).isEmpty)
        for waiting in try await supervision.tiers.waiting() {
            try await supervision.tiers.confirm(waiting.id, note: "", TrailActor.system("second"))
            #expect(try await supervision.tiers.holding(on: on)[waiting.firm]?[waiting.decision]?.id == waiting.id)
        }
        var (firm, version) = try await supervision.register.firm("beta")
        firm.group = "範例金融控股"
        try await supervision.register.save([firm], after: ["beta": version], reason: "test", place.actor)
        #expect(try await supervision.register.all().map(\.group) == ["", "範例金融控股", ""])
        await place.database.close()
    }

    @Test("what is undone was never seen, and leaves no counter behind that a later change could repeat")
    func undone() async throws {
        let place = try await FollowUpPlace()
        let supervision = place.supervision
        let before = try await supervision.standings.generations()
        var (firm, version) = try await supervision.register.firm("beta")
        firm.group = "undone"
        let new = try FollowUpPlace.firm("delta", "丁證", capital: 1)
        // The second of them is there already, so that neither is written.
        await #expect(throws: SupervisionError.self) {
            try await supervision.register.save(
                [firm, new, try FollowUpPlace.firm("gamma", "丙證", capital: 1)], after: ["beta": version], reason: "test",
                place.actor)
        }
        #expect(try await supervision.standings.generations() == before)
        #expect(try await supervision.register.all().map(\.group) == ["", "", ""])
        firm.group = "done"
        try await supervision.register.save([firm], after: ["beta": version], reason: "test", place.actor)
        #expect(try await supervision.standings.generations().firms > before.firms)
        #expect(try await supervision.register.all().map(\.group) == ["", "done", ""])
        await place.database.close()
    }
}

/// Counts how often something was made.
private final class Count: Sendable {
    private let value = Mutex(0)

    func next() -> Int {
        value.withLock { value in
            value += 1
            return value
        }
    }
}

@Suite("Remembering what was made from tables")
struct MarketMemoryTests {
    @Test("many who ask at once get one making; older counters are answered with newer values, never the other way")
    func once() async throws {
        let memory = MarketMemory<String, Int>(limit: 4)
        let made = Count()
        let values = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await memory.value("a", at: [3, 3]) { _ throws(SupervisionError) in
                        await Task.yield()
                        return made.next()
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(values == Array(repeating: 1, count: 50))
        #expect(memory.held("a", at: [2, 3]) == 1 && memory.held("a", at: [3, 4]) == nil)
        #expect(memory.held("b", at: [0, 0]) == nil)
        let last = try await memory.value("a", at: [3, 4]) { last throws(SupervisionError) in (last ?? 0) * 10 }
        #expect(last == 10)
        // Something made from older rows that comes late does not take its place.
        memory.keep(99, "a", at: [3, 3])
        #expect(memory.held("a", at: [3, 3]) == 10)
    }

    @Test("a failure is told to all who wait and is not remembered; what was used longest ago is forgotten first")
    func bounded() async throws {
        let memory = MarketMemory<Int, Int>(limit: 2)
        await #expect(throws: SupervisionError.self) {
            _ = try await memory.value(1, at: [1]) { _ throws(SupervisionError) in throw SupervisionError.notFound("it") }
        }
        #expect(memory.held(1, at: [0]) == nil)
        for key in 1...2 { _ = try await memory.value(key, at: [1]) { _ throws(SupervisionError) in key } }
        #expect(memory.held(1, at: [1]) == 1)
        memory.keep(3, 3, at: [1])
        #expect(memory.held(1, at: [1]) == 1 && memory.held(2, at: [1]) == nil && memory.held(3, at: [1]) == 3)
    }
}
