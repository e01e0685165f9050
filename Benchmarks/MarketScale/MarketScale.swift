internal import Database
internal import Documents
internal import GRDB
internal import Glibc
internal import Identity
internal import Reports
internal import Rulebook
internal import Submissions
internal import Supervision

/// Fills a supervisor's data directory with a large invented market, through the stores: register, tiers, answers to every duty of the rule
/// packs, gaps. Scripts/bench-market.sh measures the server on it.
///
///     market-scale fill DIR FIRMS QUARTERS GAPS ORIGIN     prints the session cookie of an examiner, and what there is
@main
struct MarketScale {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            guard arguments.count == 6, arguments[0] == "fill", let firms = Int(arguments[2]), let quarters = Int(arguments[3]),
                let gaps = Int(arguments[4]), firms > 0, quarters > 0
            else { fail("usage: market-scale fill DIR FIRMS QUARTERS GAPS ORIGIN") }
            try await Filling(path: arguments[1], firms: firms, quarters: quarters, gaps: gaps, origin: arguments[5]).run()
        } catch {
            fail("\(error)")
        }
    }

    static func fail(_ what: String) -> Never {
        let line = Array((what + "\n").utf8)
        _ = write(2, line, line.count)
        exit(1)
    }
}

/// SplitMix64: the same market in every run.
struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func isOne(in count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }
}

struct Filling {
    let path: String
    let firms: Int
    let quarters: Int
    let gaps: Int
    let origin: String

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }

    func run() async throws {
        let rulebook = try ShippedFiles.rulebook()
        var settings = DatabaseSettings()
        // A batch notes more than a server lets wait.
        settings.outboxLimit = 1_000_000
        let database = try await GovernanceDatabase.open(
            try DataDirectory.create(path),
            migrations: InstallationStore.migrations + IdentitySchema.migrations + Supervision.migrations, settings: settings)
        _ = try await InstallationStore(database).settle(Side.supervisor.rawValue, standard: Side.supervisor.rawValue)
        let supervision = try Supervision(database, rulebook: rulebook, now: Self.now)
        let (first, second) = (TrailActor.system("benchmark"), TrailActor.system("benchmark-second"))
        try await supervision.institution.decide(name: "示範證券期貨監理中心", first)
        var generator = Generator(state: 42)
        let today = Instant(seconds: Self.now() / 1_000_000).date(in: .taipei)
        let last = Quarter(containing: today).previous
        let span = (0..<quarters).map { Quarter(index: last.index - quarters + 1 + $0) }
        let register = InventedRegister(count: firms, years: span[0].year...last.year, &generator)
        for start in stride(from: 0, to: firms, by: 2_000) {
            try await supervision.register.save(
                Array(register.firms[start..<min(start + 2_000, firms)]), after: [:], reason: "benchmark", first)
        }
        try await database.flushTrail()
        // Once for all before the first quarter, and in each January after it for those whose facts changed.
        _ = try await supervision.tiers.decide(asOf: span[0].firstDay, first)
        for year in register.changed.keys.sorted() {
            guard let day = CivilDate(year: year, month: 1, day: 1) else { continue }
            _ = try await supervision.tiers.decide(asOf: day, firms: register.changed[year], first)
        }
        for waiting in try await supervision.tiers.waiting() {
            try await supervision.tiers.confirm(waiting.id, note: "benchmark", second)
        }
        try await database.flushTrail()
        let questionnaire = try await everything(rulebook, database, first)
        try await answers(questionnaire, register, span, supervision, first, &generator)
        try await found(questionnaire, register, span, supervision, first, &generator)
        let decisions = try await database.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM tier_decisions") ?? 0 }
        try await database.flushTrail()
        let cookie = try await examiner(database, rulebook)
        await database.close()
        print("cookie \(cookie)")
        print("items \(questionnaire.questions.count)")
        print("clauses \(rulebook.packs.reduce(0) { $0 + $1.leafDuties.count { $0.isOfFirms } })")
        print("decisions \(decisions)")
        print("questionnaire \(questionnaire.id)")
        print("item \(questionnaire.questions[0].id)")
        print("quarter \(last)")
    }

    /// One questionnaire with a question for every duty of firms in every rule pack, as if a round had been opened with it.
    private func everything(
        _ rulebook: Rulebook, _ database: GovernanceDatabase, _ actor: TrailActor
    ) async throws -> Questionnaire {
        let words = try Wording.shipped(.chinese).catalog
        var whole: Questionnaire?
        for pack in rulebook.packs where pack.leafDuties.contains(where: \.isOfFirms) {
            var made = try QuestionnaireGenerator.make(from: pack, rulebook: rulebook, words: words)
            made.sections = made.sections.map { section in
                var section = section
                section.id = "\(pack.prefix)-\(section.id)"
                return section
            }
            made.questions = made.questions.map { question in
                var question = question
                (question.id, question.section) = ("\(pack.prefix)-\(question.id)", "\(pack.prefix)-\(question.section)")
                return question
            }
            whole?.sections += made.sections
            whole?.questions += made.questions
            if whole == nil { whole = made }
        }
        guard var whole else { MarketScale.fail("no rule pack has duties of firms") }
        (whole.id, whole.checks, whole.applies) = ("all-clauses", [], nil)
        let asked = whole
        try await database.change(actor) { db, trail in
            try db.execute(
                sql: "INSERT INTO survey_questionnaires VALUES (?, ?, ?, ?)",
                arguments: [
                    asked.reference.sha256, asked.id, asked.version,
                    String(decoding: CanonicalJSON.bytes(of: asked.node), as: UTF8.self),
                ])
            trail.note(TrailEntry("survey.open", .init("survey", "benchmark")))
        }
        return asked
    }

    /// Nine of ten firms answer in a quarter; an answer changes in one quarter of twelve.
    private func answers(
        _ questionnaire: Questionnaire, _ register: InventedRegister, _ span: [Quarter], _ supervision: Supervision,
        _ actor: TrailActor, _ generator: inout Generator
    ) async throws {
        let items = questionnaire.questions.map(\.id)
        func answer(_ generator: inout Generator) -> UInt8 {
            let number = Int.random(in: 0..<20, using: &generator)
            return number < 12 ? 1 : number < 17 ? 2 : number < 19 ? 3 : 0
        }
        var said = register.firms.map { _ in items.map { _ in answer(&generator) } }
        for quarter in span {
            var rows: [Standing] = []
            for (place, firm) in register.firms.enumerated() where firm.isInBusiness(asOf: quarter.lastDay) {
                for item in items.indices where generator.isOne(in: 12) { said[place][item] = answer(&generator) }
                if generator.isOne(in: 10) { continue }
                rows.append(
                    Standing(
                        firm: firm.id, quarter: quarter, layout: 0, declared: said[place], measured: [],
                        state: generator.isOne(in: 8) ? .signed : .accepted, submission: "bench-\(quarter)",
                        asOf: quarter.lastDay))
            }
            try await supervision.standings.put(
                source: "\(questionnaire.id) \(questionnaire.version)", items: items, rows, reason: "benchmark", actor)
        }
    }

    /// Some gaps of each firm in the last two quarters.
    private func found(
        _ questionnaire: Questionnaire, _ register: InventedRegister, _ span: [Quarter], _ supervision: Supervision,
        _ actor: TrailActor, _ generator: inout Generator
    ) async throws {
        let clauses = Array(Set(questionnaire.questions.map(\.clause))).sorted()
        for quarter in span.suffix(2) {
            var standings: [GapStanding] = []
            for firm in register.firms {
                for number in 0..<gaps {
                    let place = (firm.id.utf8.reduce(0) { $0 &* 31 &+ Int($1) } + number * 7) % clauses.count
                    standings.append(
                        GapStanding(
                            firm: firm.id, item: clauses[abs(place)],
                            finding: generator.isOne(in: 6) ? .kept : .declared))
                }
            }
            _ = try await supervision.followUps.take(standings, quarter, origin: "benchmark", actor)
        }
    }

    /// The first two accounts; the examiner signed in.
    private func examiner(_ database: GovernanceDatabase, _ rulebook: Rulebook) async throws -> String {
        let identity = try IdentityService(
            database: database, keys: try IdentityKeys(path: path + "/keys/identity.key", effects: .live),
            policy: try PolicyReader.shipped(rulebook), roles: try RoleReader.shipped(), guesses: try GuessList.shipped(),
            configuration: try IdentityConfiguration(side: .supervisor, origin: origin))
        let client = Client(address: SourceAddress("127.0.0.1"))
        guard let examiner = AccountName("mei.lin"), let keeper = AccountName("keeper") else { return "" }
        let ticket = String(try await identity.setup.makeLink().split(separator: "#").last ?? "")
        let made = try await identity.setup.finish(
            ticket, administrator: NewPerson(name: keeper, person: "E-1", displayName: "Keeper"),
            worker: NewPerson(name: examiner, person: "E-2", displayName: "林美"), role: RoleName(rawValue: "examiner"),
            client: client)
        let first = try await identity.signIn.signIn(name: "mei.lin", password: Password(made[1].password.text), client: client)
        guard case .mustChangePassword(let next, _) = first else { MarketScale.fail("no new password was asked for: \(first)") }
        let second = try await identity.signIn.choosePassword(next, Password("Larch7-Copper!Vellum_Ox"), client: client)
        guard case .signedIn(let session) = second else { MarketScale.fail("not signed in: \(second)") }
        return session.cookie
    }
}

/// A register of invented firms.
struct InventedRegister {
    let firms: [Firm]
    /// Keys of the firms whose facts change with the first day of a year.
    let changed: [Int: Set<String>]

    private static let syllables = Array("青嶽芷原荻洲泓塘溪堰岑川松柏霖澄晴朗雲岫瀚海磐石桐林楓谷景安凌霄鴻圖澤恩旭陽浩宇錦程")

    init(count: Int, years: ClosedRange<Int>, _ generator: inout Generator) {
        var (firms, changed): ([Firm], [Int: Set<String>]) = ([], [:])
        let began = CivilDate(year: 2000, month: 1, day: 1) ?? CivilDate(day: 0)
        for number in 0..<count {
            let key = String(number + 100_000).dropFirst()
            let length = Self.syllables.count
            let short = [number % length, number / length % length, number / length / length].map { String(Self.syllables[$0]) }
                .joined()
            let isSecurities = !generator.isOne(in: 4)
            var firm = Firm(
                id: "f\(key)", number: String(10_000_000 + number * 7),
                names: [.init(from: began, legal: "\(short)\(isSecurities ? "證券" : "期貨")股份有限公司", short: short)])
            let kinds: [Node] =
                isSecurities ? (generator.isOne(in: 3) ? ["securities", "fcm"] : ["securities"]) : ["fcm"]
            firm.facts = [
                .init(
                    from: began,
                    values: [
                        "entity_kinds": .list(kinds), "capital": Self.capital(&generator),
                        "fhc_subsidiary": .bool(generator.isOne(in: 5)), "online_orders": .bool(!generator.isOne(in: 4)),
                        "fcm_tier": .integer(Int.random(in: 1...4, using: &generator)),
                        "custody_businesses": .list(generator.isOne(in: 2) ? ["own-margin-trading"] : []),
                    ])
            ]
            for year in (years.lowerBound - 2)...years.upperBound {
                firm.ratios[year] = ExactNumber("0.\(Int.random(in: 1_000...9_999, using: &generator))")
            }
            if generator.isOne(in: 5), let year = years.dropFirst().randomElement(using: &generator),
                let day = CivilDate(year: year, month: 1, day: 1)
            {
                firm.facts.append(.init(from: day, values: ["capital": Self.capital(&generator)]))
                changed[year, default: []].insert(firm.id)
            }
            if generator.isOne(in: 50), let year = years.randomElement(using: &generator),
                let day = CivilDate(year: year, month: 6, day: 30)
            {
                firm.events = [.init(day: day, kind: .closed)]
            }
            if generator.isOne(in: 10) { firm.group = "\(Self.syllables[number / 40 % length])岑金融控股" }
            firms.append(firm)
        }
        (self.firms, self.changed) = (firms, changed)
    }

    private static func capital(_ generator: inout Generator) -> Node {
        .integer(Int.random(in: 3...250, using: &generator) * 100_000_000)
    }
}
