public import Database
internal import GRDB
internal import GRDBSQLite
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

    /// Counters of changes, as they stand.
    func generations() async throws(SupervisionError) -> Generations {
        try await database.read(throwing: SupervisionError.self) { db in try GenerationStore.read(db) }
    }

    /// Tables of many quarters, counted straight from the bytes of the rows.
    ///
    /// - Parameters:
    ///   - populations: the quarters with the firms of each.
    ///   - source: rows of layouts of this source; of two rows of a firm that of the newest layout counts.
    ///   - items: what is counted; what a layout does not hold has no answer.
    ///   - tiers: the tiers, strictest first.
    ///   - state: only rows that have come at least so far.
    /// - Returns: a table for each quarter that has such rows.
    /// - Throws: `.storage`.
    func tables(
        _ populations: [MarketPopulation], source: String, items: [String], tiers: [String], atLeast state: StandingState
    ) async throws(SupervisionError) -> [Quarter: MarketTable] {
        try await database.read(throwing: SupervisionError.self) { db in
            let layouts = try Row.fetchAll(
                db, sql: "SELECT number, source, items FROM standing_layouts WHERE source = ? ORDER BY number DESC",
                arguments: [source]
            ).map(Self.layout)
            let statement = try db.cachedStatement(
                sql: "SELECT firm, declared FROM standings WHERE quarter = ? AND layout = ? AND state >= ? ORDER BY firm")
            var tables: [Quarter: MarketTable] = [:]
            for population in populations {
                var tally = MarketTally(population, items: items.count, tiers: tiers.count)
                var isThere = false
                for layout in layouts {
                    let places = layout.places(of: items)
                    try statement.setArguments([population.quarter.index, layout.number, Int(state.rawValue)])
                    try Self.rows(statement) { firm, declared in
                        isThere = true
                        tally.count(firm, declared, places)
                    }
                    tally.endLayout()
                }
                if isThere {
                    tables[population.quarter] = MarketTable(items: items, tiers: tiers, counts: tally.counts())
                }
            }
            return tables
        }
    }

    /// The texts of two columns as they lie in SQLite's pages: valid only within the body.
    private static func rows(
        _ statement: Statement, _ body: (_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Void
    ) throws {
        let raw = statement.sqliteStatement
        defer { sqlite3_reset(raw) }
        func text(_ column: Int32) -> UnsafeRawBufferPointer {
            let start = sqlite3_column_text(raw, column)
            return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(raw, column)))
        }
        while true {
            switch sqlite3_step(raw) {
            case SQLITE_ROW: body(text(0), text(1))
            case SQLITE_DONE: return
            case let code: throw DatabaseError(resultCode: ResultCode(rawValue: code), message: "rows of answers cannot be read")
            }
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
