internal import Database
internal import Documents
internal import GRDB
internal import Rulebook
internal import Submissions

/// Reads everything that a yearly report rests on, in one state of the database and with few queries, none of them for a single firm.
public struct ReportSnapshotStore: Sendable {
    typealias Value = ReportSnapshot.Value
    typealias Row = [Value]

    let database: GovernanceDatabase
    let register: RegisterStore
    let rulebook: Rulebook
    let questionnaires: [Questionnaire]
    let followUps: FollowUpPolicy
    let inspections: InspectionPolicy
    let programme: ProgrammePolicy
    let watch: WatchPolicy

    /// Takes a snapshot.
    ///
    /// - Parameters:
    ///   - year: the year.
    ///   - instant: when, UTC microseconds.
    ///   - salt: random text that keeps anybody from guessing the contents by the hash.
    /// - Returns: the snapshot; a year of which nothing is known has empty tables.
    /// - Throws: `.storage`, `.document`.
    public func snapshot(of year: Int, at instant: Int64, salt: String) async throws(SupervisionError) -> ReportSnapshot {
        guard let first = Quarter(year: year, number: 1), let last = Quarter(year: year, number: 4) else {
            throw .fields(["year": .noNumber])
        }
        let today = Instant(seconds: instant / 1_000_000).date(in: .taipei)
        let packs: [SubmissionManifest.PackReference]
        do throws(DocumentError) { packs = try .init(SubmissionManifest.PackReference.all(of: rulebook)) } catch {
            throw .document(error)
        }
        return try await database.read(throwing: SupervisionError.self) { db in
            var view = View(store: self, db: db, quarters: first...last, today: today)
            try view.read()
            view.facts["year"] = String(year)
            view.facts["roc_year"] = String(year - 1911)
            view.facts["taken"] = String(instant)
            var tables = view.tables
            tables[.facts] = view.facts.sorted { $0.key < $1.key }.map { [.text($0.key), .text($0.value)] }
            tables[.packs] = packs.map { [.text($0.id), .text($0.version), .text($0.sha256)] }
            return ReportSnapshot(salt: salt, tables: tables)
        }
    }

    /// One look at the database.
    struct View {
        let store: ReportSnapshotStore
        let db: GRDB.Database
        let quarters: ClosedRange<Quarter>
        let today: CivilDate
        var tables: [ReportSnapshot.Table: [Row]] = [:]
        var facts: [String: String] = [:]
        /// Short names on the last day, by firm.
        var names: [String: String] = [:]

        /// The report's last day: the year's, or today's when the year is not over.
        var day: CivilDate { min(quarters.upperBound.lastDay, today) }

        mutating func read() throws {
            let firms = try store.register.all(db)
            for firm in firms { names[firm.id] = firm.name(asOf: day)?.short ?? firm.id }
            facts["as_of"] = day.description
            facts["institution"] =
                try String.fetchOne(db, sql: "SELECT name FROM institution_versions ORDER BY version DESC LIMIT 1") ?? ""
            let tiers = try TierBook(db, until: day)
            let choices = store.rulebook.decision(MarketDesk.tierDecision)?.decision.values ?? []
            tables[.tiers] = choices.map { [.text($0.value), .text($0.title.chinese), .text($0.title.english)] }
            readFirms(firms, tiers)
            let asked = try questionnaire()
            if let asked { try readAnswers(firms, tiers, asked.questionnaire, asked.layouts) }
            readStandard(asked?.questionnaire)
            try readPrinted(asked?.questionnaire)
            try readGaps()
            try readWork()
            try readServices()
        }

        // MARK: Firms

        private mutating func readFirms(_ firms: [Firm], _ tiers: TierBook) {
            let before = CivilDate(year: quarters.lowerBound.year - 1, month: 12, day: 31) ?? day
            let (held, holding) = (tiers.held(on: before), tiers.held(on: day))
            tables[.firms] = firms.filter { $0.isInBusiness(asOf: day) }.compactMap { firm in
                guard let now = holding[firm.id], now.state != DecisionOutcome.State.notApplicable.rawValue else {
                    // Firms of which nothing was decided are counted; those that no tier is for are another supervisor's.
                    guard holding[firm.id] == nil else { return nil }
                    return [.text(firm.id), .text(names[firm.id] ?? firm.id), "", "", .number(0), "", .number(0)]
                }
                let was = held[firm.id]?.value
                return [
                    .text(firm.id), .text(names[firm.id] ?? firm.id), .text(now.value ?? ""), .text(now.reason),
                    .number(now.reason == "fhc-floor" ? 1 : 0), was.map { .text($0) } ?? "",
                    .number(was != nil && was != now.value ? 1 : 0),
                ]
            }
        }

        // MARK: Answers

        /// The questionnaire that most firms answered in the year's last quarter with answers, and the layouts of its rows.
        private func questionnaire() throws -> (questionnaire: Questionnaire, layouts: [Int64: StandingLayout])? {
            let found = try GRDB.Row.fetchAll(
                db,
                sql: """
                    SELECT l.number, l.source, l.items, count(*) AS firms FROM standings s JOIN standing_layouts l ON l.number = s.layout
                    WHERE s.declared <> '' AND s.quarter = (SELECT max(quarter) FROM standings WHERE declared <> '' AND quarter BETWEEN ? AND ?)
                    GROUP BY l.number ORDER BY firms DESC, l.number DESC
                    """, arguments: [quarters.lowerBound.index, quarters.upperBound.index])
            for row in found {
                let source: String = row["source"]
                guard let asked = try questionnaire(source) else { continue }
                let layouts = try GRDB.Row.fetchAll(
                    db, sql: "SELECT number, source, items FROM standing_layouts WHERE source = ?", arguments: [source])
                return (
                    asked,
                    Dictionary(
                        layouts.map { row in
                            let items = (row["items"] as String).split(separator: " ").map(String.init)
                            return (row["number"], StandingLayout(number: row["number"], source: source, items: items))
                        }, uniquingKeysWith: { $1 })
                )
            }
            return nil
        }

        /// A questionnaire by its source: one that comes with the program, or one that a round keeps.
        private func questionnaire(_ source: String) throws -> Questionnaire? {
            if let shipped = store.questionnaires.first(where: { MarketDesk.source($0) == source }) { return shipped }
            let document = try String.fetchOne(
                db, sql: "SELECT document FROM survey_questionnaires WHERE id || ' ' || version = ? ORDER BY sha256",
                arguments: [source])
            return try document.map {
                try QuestionnaireReader.read(try JSONReader.read(Array($0.utf8)), rulebook: nil, origin: source)
            }
        }

        private struct Said {
            var declared: [UInt8]
            var measured: [UInt8]
            var state: Int
            var submission: String
            var day: Int
        }

        private mutating func readAnswers(
            _ firms: [Firm], _ tiers: TierBook, _ asked: Questionnaire, _ layouts: [Int64: StandingLayout]
        ) throws {
            let items = asked.questions.map(\.id)
            describe(asked)
            var said: [Int: [String: Said]] = [:]
            let cursor = try GRDB.Row.fetchCursor(
                db,
                sql: """
                    SELECT quarter, layout, firm, declared, measured, state, submission, as_of FROM standings
                    WHERE quarter BETWEEN ? AND ? ORDER BY quarter, layout, firm
                    """, arguments: [quarters.lowerBound.index, quarters.upperBound.index])
            while let row = try cursor.next() {
                guard let layout = layouts[row[1]] else { continue }
                func bytes(_ text: String) -> [UInt8] {
                    let bytes = Array(text.utf8)
                    if bytes.isEmpty || layout.items == items { return bytes }
                    return MarketDesk.aligned(bytes, layout, items).map { 0x30 | ($0 & 7) }
                }
                said[row[0], default: [:]][row[2]] = Said(
                    declared: bytes(row[3]), measured: bytes(row[4]), state: row[5], submission: row[6], day: row[7])
            }
            let documents = try DocumentBook(db, quarters)
            let told = said.keys.filter { quarter in said[quarter]?.values.contains { !$0.declared.isEmpty } == true }.sorted()
            facts["quarters"] = told.map { Quarter(index: $0).description }.joined(separator: " ")
            var rows: [Row] = []
            let view = self
            for index in told {
                let (quarter, answers) = (Quarter(index: index), said[index] ?? [:])
                let held = tiers.held(on: quarter.lastDay)
                for firm in firms where firm.isInBusiness(asOf: quarter.lastDay) {
                    let context = Lazily { view.profile(firm, held, on: quarter.lastDay) }
                    if let applies = asked.applies, Evaluator(context.value).evaluate(applies).truth == .no { continue }
                    let found = answers[firm.id]
                    let isLast = index == told.last
                    let document = found.map { documents.find($0.submission, firm: firm.id, quarter: quarter) }
                    rows.append([
                        .text(quarter.description), .text(firm.id), .text(held[firm.id]?.value ?? ""),
                        .text(String(decoding: found?.declared ?? [], as: UTF8.self)),
                        .text(found.map { Self.measured($0.measured) } ?? ""),
                        .text(isLast ? Self.outside(found?.declared ?? [], asked, context) : ""),
                        found.map { .number($0.state) } ?? .none,
                        .text(found.map { $0.declared.isEmpty ? "" : CivilDate(day: $0.day).description } ?? ""),
                        .text(document?.basis ?? ""), .text(document?.hash ?? ""),
                    ])
                }
            }
            tables[.answers] = rows
        }

        private func profile(_ firm: Firm, _ held: [String: TierBook.Entry], on day: CivilDate) -> ProfileContext {
            let tier = held[firm.id]?.value.map { [MarketDesk.tierDecision: Node.text($0)] } ?? [:]
            return ProfileContext(
                firm: firm.facts(asOf: day), system: [:], decisions: tier, parameters: store.rulebook.parameters)
        }

        private static func measured(_ bytes: [UInt8]) -> String {
            bytes.contains { $0 & 7 != 0 } ? String(decoding: bytes, as: UTF8.self) : ""
        }

        /// For each item, whether the firm answered yes or no though it does not concern it; empty where there is none.
        private static func outside(_ declared: [UInt8], _ asked: Questionnaire, _ context: Lazily) -> String {
            var isAny = false
            let digits = asked.questions.enumerated().map { index, question -> UInt8 in
                guard index < declared.count, [1, 2].contains(declared[index] & 3), let applies = question.applies,
                    Evaluator(context.value).evaluate(applies).truth == .no
                else { return UInt8(ascii: "0") }
                isAny = true
                return UInt8(ascii: "1")
            }
            return isAny ? String(decoding: digits, as: UTF8.self) : ""
        }

        private mutating func describe(_ asked: Questionnaire) {
            facts["questionnaire"] = asked.id
            facts["questionnaire_version"] = asked.version
            facts["questionnaire_sha256"] = asked.reference.sha256
            (facts["questionnaire_zh-TW"], facts["questionnaire_en"]) = (asked.title.chinese, asked.title.english)
            tables[.items] = asked.questions.map {
                [.text($0.id), .text($0.clause), .text($0.title.chinese), .text($0.title.english)]
            }
            tables[.differences] = asked.questions.flatMap { question in
                question.differs.map {
                    [.text(question.id), .text($0.reference), .text($0.text.chinese), .text($0.text.english)]
                }
            }
            tables[.populations] = MarketDesk.populations(asked).enumerated().flatMap { index, items in
                items.map { [.number(index + 1), .text($0)] }
            }
            guard let pack = store.rulebook.packs.first(where: { $0.id == asked.pack }) else { return }
            let groups = Set(asked.questions.compactMap { store.rulebook.clause($0.clause)?.group })
            tables[.unasked] = asked.unasked(of: pack, groups: groups).map { duty in
                let title = title(ofDuty: duty)
                return [.text(duty), .text(title.chinese), .text(title.english)]
            }
        }

        private func title(ofDuty duty: String) -> Text {
            if let clause = store.rulebook.clause(duty) { return clause.title }
            let parts = duty.split(separator: ".", maxSplits: 1).map(String.init)
            guard parts.count == 2, let clause = store.rulebook.clause(parts[0]),
                let aspect = clause.aspects.first(where: { $0.name == parts[1] })
            else { return Text(duty, duty) }
            return Text("\(clause.title.chinese)－\(aspect.title.chinese)", "\(clause.title.english): \(aspect.title.english)")
        }

        // MARK: The standard

        /// Which duties bind which tier: as the rule pack says, facts of systems taken as given. What hangs on a fact of the firm, such as
        /// internet ordering, binds those firms only.
        private mutating func readStandard(_ asked: Questionnaire?) {
            let rulebook = store.rulebook
            guard let pack = rulebook.decision(MarketDesk.tierDecision)?.pack else { return }
            // What was asked may be another pack's questions; the standard is told all the same.
            let own = [asked].compactMap(\.self).filter { $0.pack == pack.id }
            let clauses = (own.isEmpty ? store.questionnaires.filter { $0.pack == pack.id } : own).flatMap(\.questions)
            let groups = Set(clauses.compactMap { rulebook.clause($0.clause)?.group })
            let systems = Self.given(rulebook.facts.filter { !$0.isOfFirm })
            let firm = Self.given(rulebook.facts.filter(\.isOfFirm))
            var rows: [Row] = []
            for clause in pack.leafDuties where clause.isOfFirms && groups.contains(clause.group) {
                for tier in tables[.tiers] ?? [] {
                    func context(_ facts: [String: Node]) -> ProfileContext {
                        ProfileContext(
                            firm: facts, system: systems, decisions: [MarketDesk.tierDecision: .text(tier[0].text)],
                            parameters: rulebook.parameters)
                    }
                    let kinds: [String: Node] = ["entity_kinds": .texts(["securities"])]
                    let truth = clause.scope.map { Evaluator(context(kinds)).evaluate($0).truth } ?? .yes
                    let most = clause.scope.map { Evaluator(context(firm.merging(kinds) { $1 })).evaluate($0).truth } ?? .yes
                    let binds = truth == .yes ? "yes" : truth == .unknown && most != .no ? "some" : "no"
                    rows.append([
                        .text(clause.id), .text(tier[0].text), .text(binds), .text(clause.title.chinese),
                        .text(clause.title.english),
                        .text(binds == "no" ? "" : Self.cadence(clause, context(firm.merging(kinds) { $1 }), rulebook)),
                    ])
                }
            }
            tables[.standard] = rows
        }

        /// Facts that can be true or false, taken as true.
        private static func given(_ facts: [FactDefinition]) -> [String: Node] {
            Dictionary(facts.filter { $0.kind == .bool }.map { ($0.name, Node.bool(true)) }, uniquingKeysWith: { $1 })
        }

        private static func cadence(_ clause: Clause, _ context: ProfileContext, _ rulebook: Rulebook) -> String {
            guard let cadence = clause.cadence else { return "" }
            if let name = cadence.minimumPerYear,
                let number = rulebook.parameters[ParameterID(clause: clause.id, name: name)]?.quantity.number
            {
                return "per-year \(number)"
            }
            if let id = clause.maximumGap(in: context), let quantity = rulebook.parameters[id]?.quantity {
                return "gap \(quantity.number) \(quantity.unit.rawValue)"
            }
            return cadence.kind == .continuous ? "continuous" : ""
        }

        private mutating func readPrinted(_ asked: Questionnaire?) throws {
            guard let asked, facts["quarters"]?.hasSuffix(quarters.upperBound.description) == true else { return }
            let found: PrintedFigures?
            do throws(DocumentError) {
                found = try PrintedFigures.shipped().first {
                    $0.questionnaire == asked.id && $0.year == quarters.lowerBound.year
                }
            } catch { throw SupervisionError.document(error) }
            tables[.printed] = (found?.cells ?? []).map {
                [.text($0.item), .text($0.tier), .number($0.yes), .number($0.no), .number($0.hundredths), .text($0.oddity)]
            }
        }
    }
}

/// A value that is made when it is first wanted.
private final class Lazily {
    private let make: () -> ProfileContext
    private(set) lazy var value = make()

    init(_ make: @escaping () -> ProfileContext) { self.make = make }
}

extension ReportSnapshot.Value: ExpressibleByStringLiteral {
    /// A text.
    public init(stringLiteral value: String) { self = .text(value) }
}

/// Tiers as they were decided, for many days at once.
struct TierBook {
    /// What was decided of a firm.
    struct Entry {
        var from: Int
        var state: String
        var value: String?
        var reason: String
    }

    private var entries: [String: [Entry]] = [:]

    init(_ db: GRDB.Database, until day: CivilDate) throws {
        let cursor = try GRDB.Row.fetchCursor(
            db,
            sql: """
                SELECT firm, from_day, state, value, reason FROM tier_decisions
                WHERE decision = ? AND status = 'in-force' AND from_day <= ? ORDER BY from_day, id
                """, arguments: [MarketDesk.tierDecision, day.day])
        while let row = try cursor.next() {
            entries[row[0], default: []].append(Entry(from: row[1], state: row[2], value: row[3], reason: row[4]))
        }
    }

    /// What holds on a day, by firm.
    func held(on day: CivilDate) -> [String: Entry] { entries.compactMapValues { $0.last { $0.from <= day.day } } }
}

/// The documents that answers rest on, of many firms and quarters at once.
struct DocumentBook {
    private var filed: [String: String] = [:]
    private var answered: [String: String] = [:]

    init(_ db: GRDB.Database, _ quarters: ClosedRange<Quarter>) throws {
        let (first, last) = (quarters.lowerBound.index, quarters.upperBound.index)
        for row in try GRDB.Row.fetchAll(
            db, sql: "SELECT firm, quarter, version, payload FROM inbox_versions WHERE quarter BETWEEN ? AND ?",
            arguments: [first, last])
        {
            filed["\(row["firm"] as String) \(Quarter(index: row["quarter"]))-\(row["version"] as Int)"] = row["payload"]
        }
        for row in try GRDB.Row.fetchAll(
            db,
            sql: """
                SELECT firm, round, version, sha256 FROM answer_versions
                WHERE round IN (SELECT id FROM survey_rounds WHERE quarter BETWEEN ? AND ?)
                """, arguments: [first, last])
        {
            answered["\(row["firm"] as String) \(row["round"] as Int64)-\(row["version"] as Int)"] = row["sha256"]
        }
    }

    /// What a standing rests on: `submission` (a signed package), `answers` (a version that was handed in) or `import` (neither).
    func find(_ submission: String, firm: String, quarter: Quarter) -> (basis: String, hash: String) {
        let key = "\(firm) \(submission)"
        if let hash = filed[key] { return ("submission", hash) }
        if let hash = answered[key] { return ("answers", hash) }
        return ("import", "")
    }
}
