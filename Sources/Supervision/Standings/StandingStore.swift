public import Database
internal import GRDB
public import Rulebook
internal import Submissions

/// What firms declared and what was measured of them, quarter by quarter: the columns that the market's tables are counted from.
public struct StandingStore: Sendable {
    static let migrations = [
        Migration("standings.0001-rows") { db in
            // Answers are digits in a text, one an item: they are read without a copy and stay readable in the table. Rows of a quarter lie
            // side by side.
            try db.execute(
                sql: """
                    CREATE TABLE standing_layouts (
                        number INTEGER PRIMARY KEY, source TEXT NOT NULL, items TEXT NOT NULL, UNIQUE (source, items)
                    ) STRICT;
                    CREATE TABLE standings (
                        quarter INTEGER NOT NULL, layout INTEGER NOT NULL REFERENCES standing_layouts (number),
                        firm TEXT NOT NULL REFERENCES firms (id), declared TEXT NOT NULL, measured TEXT NOT NULL,
                        state INTEGER NOT NULL, submission TEXT NOT NULL, as_of INTEGER NOT NULL,
                        PRIMARY KEY (quarter, layout, firm)
                    ) STRICT, WITHOUT ROWID;
                    """)
        }
    ]

    let database: GovernanceDatabase

    /// Writes what firms declared, each in place of what it declared for the quarter before: an import, or a submission that was received.
    ///
    /// - Parameters:
    ///   - source: what the items come from: id and version of a questionnaire or rule pack.
    ///   - items: ids of the items that each row's bytes follow.
    ///   - standings: the rows; their `layout` is set here.
    ///   - reason: why, for the trail.
    ///   - actor: who writes.
    /// - Throws: `.document` when a row has more bytes than items; `.storage`.
    public func put(
        source: String, items: [String], _ standings: [Standing], reason: String, _ actor: TrailActor
    ) async throws(SupervisionError) {
        try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            let layout = try Self.layout(db, source: source, items: items)
            for standing in standings { try Self.put(db, standing, layout) }
            let quarters = Set(standings.map(\.quarter)).sorted().map(\.description).joined(separator: " ")
            trail.note(
                TrailEntry(
                    "standing.put", .init("market"), reason: reason,
                    details: ["source": source, "rows": "\(standings.count)", "quarters": quarters]))
        }
    }

    static func layout(_ db: GRDB.Database, source: String, items: [String]) throws -> StandingLayout {
        let text = items.joined(separator: " ")
        let known = try Int64.fetchOne(
            db, sql: "SELECT number FROM standing_layouts WHERE source = ? AND items = ?", arguments: [source, text])
        if let known { return StandingLayout(number: known, source: source, items: items) }
        try db.execute(sql: "INSERT INTO standing_layouts (source, items) VALUES (?, ?)", arguments: [source, text])
        return StandingLayout(number: db.lastInsertedRowID, source: source, items: items)
    }

    static func put(_ db: GRDB.Database, _ standing: Standing, _ layout: StandingLayout) throws {
        func digits(_ bytes: [UInt8]) -> String { String(decoding: bytes.map { 0x30 | ($0 & 7) }, as: UTF8.self) }
        // Answers without measurements leave what was measured, and measurements without answers what was declared and how far that has come.
        try db.execute(
            sql: """
                INSERT INTO standings VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
                    measured = iif(excluded.measured = '', standings.measured, excluded.measured),
                    state = iif(excluded.declared = '' AND standings.declared <> '', standings.state, excluded.state),
                    submission = iif(excluded.declared = '' AND standings.declared <> '', standings.submission, excluded.submission),
                    as_of = iif(excluded.declared = '' AND standings.declared <> '', standings.as_of, excluded.as_of),
                    declared = iif(excluded.declared = '', standings.declared, excluded.declared)
                """,
            arguments: [
                standing.quarter.index, layout.number, standing.firm, digits(standing.declared), digits(standing.measured),
                Int(standing.state.rawValue), standing.submission, standing.asOf.day,
            ])
    }

    /// The layouts that have rows in a quarter, newest first.
    public func layouts(in quarter: Quarter) async throws(SupervisionError) -> [StandingLayout] {
        try await database.read(throwing: SupervisionError.self) { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT number, source, items FROM standing_layouts
                    WHERE number IN (SELECT DISTINCT layout FROM standings WHERE quarter = ?) ORDER BY number DESC
                    """, arguments: [quarter.index]
            ).map(Self.layout)
        }
    }

    private static func layout(_ row: Row) -> StandingLayout {
        StandingLayout(
            number: row["number"], source: row["source"], items: (row["items"] as String).split(separator: " ").map(String.init))
    }

    /// The quarters that have rows, oldest first.
    public func quarters() async throws(SupervisionError) -> [Quarter] {
        try await database.read(throwing: SupervisionError.self) { db in
            // A step for each quarter instead of a look at every row.
            try Int.fetchAll(
                db,
                sql: """
                    WITH RECURSIVE q (n) AS (SELECT min(quarter) FROM standings
                        UNION ALL SELECT (SELECT min(quarter) FROM standings WHERE quarter > n) FROM q WHERE n IS NOT NULL)
                    SELECT n FROM q WHERE n IS NOT NULL
                    """
            ).map { Quarter(index: $0) }
        }
    }

    /// The rows of a quarter, by firm.
    ///
    /// - Parameters:
    ///   - quarter: the quarter.
    ///   - layout: number of the layout.
    ///   - state: only those that have come at least so far.
    /// - Returns: the rows.
    /// - Throws: `.storage`.
    public func rows(
        in quarter: Quarter, layout: Int64, atLeast state: StandingState = .received
    ) async throws(SupervisionError) -> [Standing] {
        try await database.read(throwing: SupervisionError.self) { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM standings WHERE quarter = ? AND layout = ? AND state >= ? ORDER BY firm",
                arguments: [quarter.index, layout, Int(state.rawValue)]
            ).map { row in
                Standing(
                    firm: row["firm"], quarter: quarter, layout: layout, declared: Self.values(row["declared"]),
                    measured: Self.values(row["measured"]), state: StandingState(rawValue: row["state"]) ?? .received,
                    submission: row["submission"], asOf: CivilDate(day: row["as_of"]))
            }
        }
    }

    private static func values(_ digits: String) -> [UInt8] { digits.utf8.map { $0 & 7 } }

    /// Only what the tables count: firm and declared answers, of many quarters at once.
    ///
    /// - Parameters:
    ///   - quarters: the quarters.
    ///   - source: rows of layouts of this source.
    ///   - state: only those that have come at least so far.
    ///   - body: called for each row, quarter after quarter.
    /// - Returns: the rows of each quarter and layout.
    /// - Throws: `.storage`.
    func scan(
        _ quarters: ClosedRange<Quarter>, source: String, atLeast state: StandingState,
        _ body:
            @escaping @Sendable (_ quarter: Quarter, _ layout: StandingLayout, _ firm: String, _ declared: [UInt8]) -> MarketRow
    ) async throws(SupervisionError) -> [(quarter: Quarter, layout: StandingLayout, rows: [MarketRow])] {
        try await database.read(throwing: SupervisionError.self) { db in
            let layouts = Dictionary(
                try Row.fetchAll(db, sql: "SELECT * FROM standing_layouts WHERE source = ?", arguments: [source]).map {
                    (($0["number"] as Int64), Self.layout($0))
                }, uniquingKeysWith: { $1 })
            var found: [(quarter: Quarter, layout: StandingLayout, rows: [MarketRow])] = []
            let cursor = try Row.fetchCursor(
                db,
                sql: """
                    SELECT quarter, layout, firm, declared FROM standings WHERE quarter BETWEEN ? AND ? AND state >= ?
                    ORDER BY quarter, layout, firm
                    """,
                arguments: [quarters.lowerBound.index, quarters.upperBound.index, Int(state.rawValue)])
            while let row = try cursor.next() {
                let quarter = Quarter(index: row[0])
                guard let layout = layouts[row[1]] else { continue }
                let declared = row[3] as String
                let value = body(quarter, layout, row[2], Array(declared.utf8))
                if found.last?.quarter == quarter, found.last?.layout.number == layout.number {
                    found[found.count - 1].rows.append(value)
                } else {
                    found.append((quarter, layout, [value]))
                }
            }
            return found
        }
    }
}

extension StandingStore {
    /// Takes answers that a firm handed in, or what was decided about them, into the market's tables: within the transaction that keeps them.
    static func take(_ db: GRDB.Database, _ handedIn: AnswersHandedIn, _ round: SurveyRound) throws {
        let items = round.questionnaire.questions.map(\.id)
        let layout = try layout(db, source: MarketDesk.source(round.questionnaire), items: items)
        let declared = items.map { item -> UInt8 in
            let answer: DeclaredAnswer =
                switch handedIn.answers[item]?.answer {
                case .yes: .yes
                case .no: .no
                case .notApplicable: .notApplicable
                case nil: .none
                }
            return answer.rawValue
        }
        try put(
            db,
            Standing(
                firm: handedIn.firm, quarter: round.quarter, layout: layout.number, declared: declared, measured: [],
                state: handedIn.state == .accepted ? .accepted : .signed, submission: "\(round.id)-\(handedIn.version)",
                asOf: handedIn.answers.asOf), layout)
    }
}
