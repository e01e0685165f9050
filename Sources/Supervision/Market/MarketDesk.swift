internal import Documents
public import Rulebook
public import Submissions

/// The market's state in a quarter, with everything its reader must know.
public struct MarketStatus: Sendable {
    /// The quarter.
    public var quarter: Quarter
    /// What the items come from.
    public var questionnaire: Questionnaire
    /// The tiers, as the rule pack names them.
    public var tiers: [FactDefinition.Choice]
    /// Who said what.
    public var table: MarketTable
    /// Every firm that did business on the quarter's last day, with its answers.
    public var rows: [MarketRow]
    /// What the reader must know.
    public var flags: [MarketFlag]
    /// Names of the firms on the quarter's last day, by key.
    public var names: [String: String]
    /// Days whose state was told: the earliest and the latest; nil when nobody handed anything in.
    public var asOf: ClosedRange<CivilDate>?
    /// Firms that handed something in.
    public var handedIn: Int
}

/// Answers questions about the whole market from what firms declared.
public struct MarketDesk: Sendable {
    /// The decision whose values are the tiers of the market's tables.
    public static let tierDecision = "securities-tier"

    let standings: StandingStore
    let register: RegisterStore
    let tiers: TierStore
    let rulebook: Rulebook

    /// The tiers, strictest first.
    public var tierChoices: [FactDefinition.Choice] {
        rulebook.packs.flatMap(\.decisions).first { $0.id == Self.tierDecision }?.values ?? []
    }

    /// How a questionnaire is named as a source of standings.
    public static func source(_ questionnaire: Questionnaire) -> String { "\(questionnaire.id) \(questionnaire.version)" }

    /// Quarters for which somebody handed something in, oldest first.
    public func quarters() async throws(SupervisionError) -> [Quarter] { try await standings.quarters() }

    /// The market in a quarter.
    ///
    /// - Parameters:
    ///   - quarter: the quarter.
    ///   - questionnaire: whose questions are the items.
    ///   - state: only submissions that have come at least so far count as answers.
    /// - Returns: tables and flags; firms that handed nothing in are in it with no answer.
    /// - Throws: `.storage`.
    public func status(
        _ quarter: Quarter, _ questionnaire: Questionnaire, atLeast state: StandingState = .received
    ) async throws(SupervisionError) -> MarketStatus {
        let day = quarter.lastDay
        let items = questionnaire.questions.map(\.id)
        let firms = try await register.all().filter { $0.isInBusiness(asOf: day) && isAsked($0, questionnaire, on: day) }
        let held = try await tiers.holding(on: day)
        var found: [String: Standing] = [:]
        for layout in try await standings.layouts(in: quarter) where layout.source == Self.source(questionnaire) {
            for row in try await standings.rows(in: quarter, layout: layout.number, atLeast: state) {
                found[row.firm] = Self.aligned(row, layout, items)
            }
        }
        let rows = firms.map {
            MarketRow(firm: $0.id, tier: held[$0.id]?[Self.tierDecision]?.value, declared: found[$0.id]?.declared ?? [])
        }
        let table = MarketTable(items: items, tiers: tierChoices.map(\.value), rows: rows)
        let days = rows.compactMap { found[$0.firm]?.asOf }
        var status = MarketStatus(
            quarter: quarter, questionnaire: questionnaire, tiers: tierChoices, table: table, rows: rows, flags: [],
            names: Dictionary(firms.map { ($0.id, $0.name(asOf: day)?.short ?? $0.id) }, uniquingKeysWith: { $1 }),
            asOf: days.min().flatMap { first in days.max().map { first...$0 } }, handedIn: days.count)
        status.flags = flags(status, firms, held, Array(found.values))
        return status
    }

    /// How the share of yes changed over quarters: for each quarter, the table.
    ///
    /// - Parameters:
    ///   - quarters: first and last quarter.
    ///   - questionnaire: whose questions are the items.
    ///   - state: only submissions that have come at least so far.
    /// - Returns: a table for each quarter in which somebody handed something in. The firms of each are those of its own last day, so that the
    ///   whole can change from quarter to quarter.
    /// - Throws: `.storage`.
    public func trend(
        _ quarters: ClosedRange<Quarter>, _ questionnaire: Questionnaire, atLeast state: StandingState = .received
    ) async throws(SupervisionError) -> [(quarter: Quarter, table: MarketTable)] {
        let items = questionnaire.questions.map(\.id)
        let values = tierChoices.map(\.value)
        let firms = try await register.all()
        let scanned = try await standings.scan(quarters, source: Self.source(questionnaire), atLeast: state) {
            _, layout, firm, bytes in
            MarketRow(firm: firm, tier: nil, declared: Self.aligned(bytes, layout, items))
        }
        var tables: [(quarter: Quarter, table: MarketTable)] = []
        for quarter in Set(scanned.map(\.quarter)).sorted() {
            let held = try await tiers.holding(on: quarter.lastDay)
            var answers: [String: [UInt8]] = [:]
            for part in scanned where part.quarter == quarter { for row in part.rows { answers[row.firm] = row.declared } }
            let rows = firms.lazy.filter {
                $0.isInBusiness(asOf: quarter.lastDay) && isAsked($0, questionnaire, on: quarter.lastDay)
            }
            .map {
                MarketRow(firm: $0.id, tier: held[$0.id]?[Self.tierDecision]?.value, declared: answers[$0.id] ?? [])
            }
            tables.append((quarter, MarketTable(items: items, tiers: values, rows: rows)))
        }
        return tables
    }

    /// Whether the questionnaire is for the firm at all; where that is not known it is.
    private func isAsked(_ firm: Firm, _ questionnaire: Questionnaire, on day: CivilDate) -> Bool {
        guard let applies = questionnaire.applies else { return true }
        let context = ProfileContext(firm: firm.facts(asOf: day), system: [:], decisions: [:], parameters: rulebook.parameters)
        return Evaluator(context).evaluate(applies).truth != .no
    }

    private func flags(
        _ status: MarketStatus, _ firms: [Firm], _ held: [String: [String: TierDecision]], _ found: [Standing]
    ) -> [MarketFlag] {
        let day = status.quarter.lastDay
        let known = Dictionary(firms.map { ($0.id, $0.facts(asOf: day)) }, uniquingKeysWith: { $1 })
        var flags = MarketChecks.populations(status.table, Self.populations(status.questionnaire))
        flags += MarketChecks.notConcerned(status.table.items, status.rows) { item, firm in
            guard let applies = status.questionnaire.question(item)?.applies else { return .yes }
            let decisions = (held[firm] ?? [:]).compactMapValues { $0.value.map { Node.text($0) } }
            let context = ProfileContext(
                firm: known[firm] ?? [:], system: [:], decisions: decisions, parameters: rulebook.parameters)
            return Evaluator(context).evaluate(applies).truth
        }
        flags += MarketChecks.contradictions(status.table.items, found)
        for tier in status.table.tiers {
            let missing = status.rows.count { $0.tier == tier && $0.declared.isEmpty }
            if missing > 0 { flags.append(.missing(tier: tier, firms: missing)) }
        }
        if let pack = rulebook.packs.first(where: { $0.id == status.questionnaire.pack }) {
            let groups = Set(status.questionnaire.questions.compactMap { rulebook.clause($0.clause)?.group })
            flags += status.questionnaire.unasked(of: pack, groups: groups).map { .neverAsked(clause: $0) }
        }
        return flags
    }

    /// Questions that address the same firms: those whose condition is the same, other than by tier.
    static func populations(_ questionnaire: Questionnaire) -> [[String]] {
        var groups: [(condition: Predicate, items: [String])] = []
        for question in questionnaire.questions {
            guard let applies = question.applies, applies.roots.contains("firm") else { continue }
            if let index = groups.firstIndex(where: { $0.condition == applies }) {
                groups[index].items.append(question.id)
            } else {
                groups.append((applies, [question.id]))
            }
        }
        return groups.map(\.items).filter { $0.count > 1 }
    }

    private static func aligned(_ row: Standing, _ layout: StandingLayout, _ items: [String]) -> Standing {
        var row = row
        row.declared = aligned(row.declared, layout, items)
        row.measured = aligned(row.measured, layout, items)
        return row
    }

    /// Bytes in the order of other items; 0 where there is none.
    static func aligned(_ bytes: [UInt8], _ layout: StandingLayout, _ items: [String]) -> [UInt8] {
        if layout.items == items { return bytes }
        let places = Dictionary(layout.items.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        return items.map { item in places[item].flatMap { $0 < bytes.count ? bytes[$0] : nil } ?? 0 }
    }
}
