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
    let surveys: SurveyStore
    let rulebook: Rulebook
    let shipped: [Questionnaire]
    let remembered: MarketRemembered

    /// The tiers, strictest first.
    public var tierChoices: [FactDefinition.Choice] {
        rulebook.packs.flatMap(\.decisions).first { $0.id == Self.tierDecision }?.values ?? []
    }

    /// How a questionnaire is named as a source of standings.
    public static func source(_ questionnaire: Questionnaire) -> String { "\(questionnaire.id) \(questionnaire.version)" }

    /// Quarters for which somebody handed something in, oldest first.
    public func quarters() async throws(SupervisionError) -> [Quarter] { try await standings.quarters() }

    /// Questionnaires whose answers there may be: those that come with the program, and those of rounds that were opened with other versions.
    public func questionnaires() async throws(SupervisionError) -> [Questionnaire] {
        let known = Set(shipped.map(Self.source))
        var found = shipped
        for asked in try await surveys.asked() where !known.contains("\(asked.id) \(asked.version)") {
            found.append(
                try await remembered.questionnaires.value(asked.sha256, at: []) { _ throws(SupervisionError) in
                    try await surveys.questionnaire(asked.sha256)
                })
        }
        return found
    }

    /// The market in a quarter.
    ///
    /// - Parameters:
    ///   - quarter: the quarter.
    ///   - questionnaire: whose questions are the items.
    ///   - state: only submissions that have come at least so far count as answers.
    /// - Returns: tables and flags; firms that handed nothing in are in it with no answer. It is remembered for as long as register, tiers and
    ///   answers stand as they were.
    /// - Throws: `.storage`.
    public func status(
        _ quarter: Quarter, _ questionnaire: Questionnaire, atLeast state: StandingState = .received
    ) async throws(SupervisionError) -> MarketStatus {
        let stamp = Self.stamp(try await standings.generations(), quarter)
        let key = MarketKey(questionnaire, quarter...quarter, state)
        return try await remembered.statuses.value(key, at: stamp) { _ throws(SupervisionError) in
            try await count(quarter, questionnaire, atLeast: state)
        }
    }

    private static func stamp(_ generations: Generations, _ quarter: Quarter) -> [Int64] {
        [generations.firms, generations.tiers, generations.standings[quarter.index] ?? 0]
    }

    private func count(
        _ quarter: Quarter, _ questionnaire: Questionnaire, atLeast state: StandingState
    ) async throws(SupervisionError) -> MarketStatus {
        let day = quarter.lastDay
        let items = questionnaire.questions.map(\.id)
        let everybody = try await register.all()
        let column = try await tiers.column(Self.tierDecision)
        let population = population(everybody, column.values(of: everybody, on: day), questionnaire, quarter)
        let places = everybody.indices.filter { population.columns[$0] != MarketPopulation.outside }
        var found: [String: Standing] = [:]
        // Newest first, and the newest counts.
        for layout in try await standings.layouts(in: quarter) where layout.source == Self.source(questionnaire) {
            for row in try await standings.rows(in: quarter, layout: layout.number, atLeast: state) where found[row.firm] == nil {
                found[row.firm] = Self.aligned(row, layout, items)
            }
        }
        let rows = places.map { place in
            MarketRow(
                firm: everybody[place].id, tier: population.tiers[place],
                declared: found[everybody[place].id]?.declared ?? [])
        }
        let table = MarketTable(items: items, tiers: tierChoices.map(\.value), rows: rows)
        let days = rows.compactMap { found[$0.firm]?.asOf }
        var status = MarketStatus(
            quarter: quarter, questionnaire: questionnaire, tiers: tierChoices, table: table, rows: rows, flags: [],
            names: Dictionary(
                places.map { (everybody[$0].id, everybody[$0].name(asOf: day)?.short ?? everybody[$0].id) },
                uniquingKeysWith: { $1 }),
            asOf: days.min().flatMap { first in days.max().map { first...$0 } }, handedIn: days.count)
        status.flags = try await flags(status, places.map { everybody[$0] }, Array(found.values))
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
        let generations = try await standings.generations()
        let asked = try await standings.quarters().filter(quarters.contains)
        var tables: [Quarter: MarketTable] = [:]
        var missing: [Quarter] = []
        for quarter in asked {
            let key = MarketKey(questionnaire, quarter...quarter, state)
            if let held = remembered.tables.held(key, at: Self.stamp(generations, quarter)) {
                tables[quarter] = held.table
            } else {
                missing.append(quarter)
            }
        }
        if let first = missing.first {
            // One counting for all who ask at once.
            let stamp = missing.reduce(into: [generations.firms, generations.tiers]) {
                $0.append(generations.standings[$1.index] ?? 0)
            }
            let wanted = missing
            let series = SeriesKey(table: MarketKey(questionnaire, first...first, state), quarters: wanted)
            let counted = try await remembered.series.value(series, at: stamp) { _ throws(SupervisionError) in
                try await count(wanted, questionnaire, atLeast: state)
            }
            for quarter in missing {
                let key = MarketKey(questionnaire, quarter...quarter, state)
                remembered.tables.keep(
                    RememberedTable(table: counted[quarter]), key, at: Self.stamp(generations, quarter))
                tables[quarter] = counted[quarter]
            }
        }
        return asked.compactMap { quarter in tables[quarter].map { (quarter, $0) } }
    }

    private func count(
        _ quarters: [Quarter], _ questionnaire: Questionnaire, atLeast state: StandingState
    ) async throws(SupervisionError) -> [Quarter: MarketTable] {
        let firms = try await register.all()
        let column = try await tiers.column(Self.tierDecision)
        let populations = quarters.map {
            population(firms, column.values(of: firms, on: $0.lastDay), questionnaire, $0)
        }
        return try await standings.tables(
            populations, source: Self.source(questionnaire), items: questionnaire.questions.map(\.id),
            tiers: tierChoices.map(\.value), atLeast: state)
    }

    /// The firms that count in a quarter: in business on its last day, and the questionnaire is for them, or it is not known whether.
    private func population(
        _ firms: [Firm], _ tiers: [String?], _ questionnaire: Questionnaire, _ quarter: Quarter
    ) -> MarketPopulation {
        let day = quarter.lastDay
        var conditions = FirmConditions(firms, on: day, parameters: rulebook.parameters)
        let asked = questionnaire.applies.map { conditions.truths(of: $0) }
        return MarketPopulation(quarter, firms: firms, tiers: tiers, values: tierChoices.map(\.value)) {
            firms[$0].isInBusiness(asOf: day) && asked?[$0] != .no
        }
    }

    private func flags(
        _ status: MarketStatus, _ firms: [Firm], _ found: [Standing]
    ) async throws(SupervisionError) -> [MarketFlag] {
        let day = status.quarter.lastDay
        var flags = MarketChecks.populations(status.table, Self.populations(status.questionnaire))
        let applies = status.questionnaire.questions.map(\.applies)
        let paths = applies.compactMap { $0 }.flatMap(\.paths)
        let decided = Set(paths.filter { $0.keys.first == "decision" }.compactMap(\.keys.last))
        var decisions: [String: [String?]] = [:]
        for decision in decided { decisions[decision] = try await tiers.column(decision).values(of: firms, on: day) }
        var conditions = FirmConditions(firms, on: day, decisions: decisions, parameters: rulebook.parameters)
        let truths = applies.map { $0.map { conditions.truths(of: $0) } }
        flags += MarketChecks.notConcerned(status.table.items, status.rows) { item, row in truths[item]?[row] ?? .yes }
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
