public import Assessment
internal import Database
internal import GRDB
internal import Rulebook

/// A stretch of time in which a verdict stood.
public struct VerdictSpan: Sendable, Hashable {
    /// What stood.
    public var standing: Standing
    /// Until when, UTC seconds; nil while it stands.
    public var until: Int64?
}

/// One assessment that was recorded.
public struct AssessmentEntry: Sendable, Hashable {
    /// Counts up.
    public var id: Int64
    /// When, UTC seconds.
    public var at: Int64
    /// The profile's version.
    public var version: Int
    /// What it was made for.
    public var cause: String
    /// How many judgements were made.
    public var judged: Int
    /// How many verdicts changed.
    public var changed: Int
}

/// The history of verdicts: a row for each stretch of time in which one stood, so that three years of days cost what changed in them.
public struct BoardStore: Sendable {
    static let migrations = [
        Migration("board.0001-spans") { db in
            try db.execute(
                sql: """
                    CREATE TABLE assessments (
                        id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, version INTEGER NOT NULL, cause TEXT NOT NULL,
                        judged INTEGER NOT NULL, changed INTEGER NOT NULL
                    ) STRICT;
                    CREATE TABLE verdict_spans (
                        clause TEXT NOT NULL, system TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER, verdict TEXT NOT NULL,
                        reason TEXT NOT NULL, force TEXT NOT NULL, says INTEGER NOT NULL, before TEXT,
                        PRIMARY KEY (clause, system, since)
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX verdict_spans_open ON verdict_spans (clause, system) WHERE until IS NULL;
                    CREATE INDEX verdict_spans_since ON verdict_spans (since);
                    CREATE TABLE day_totals (
                        day TEXT NOT NULL, pack TEXT NOT NULL, grp TEXT NOT NULL, verdict TEXT NOT NULL, count INTEGER NOT NULL,
                        PRIMARY KEY (day, pack, grp, verdict)
                    ) STRICT, WITHOUT ROWID;
                    """)
        }
    ]

    let database: GovernanceDatabase

    /// What stood last.
    func load(_ rulebook: Rulebook) async throws(WorkspaceError) -> Board {
        try await database.read(throwing: WorkspaceError.self) { db in
            guard let last = try Row.fetchOne(db, sql: "SELECT at, version FROM assessments ORDER BY id DESC LIMIT 1") else {
                return Board.empty
            }
            let rows = try Row.fetchCursor(db, sql: "SELECT * FROM verdict_spans WHERE until IS NULL")
            var standings: [Standing] = []
            while let row = try rows.next() { standings.append(Self.span(row).standing) }
            return Board(at: last["at"], version: last["version"], standings: standings, rulebook: rulebook)
        }
    }

    /// Records an assessment: ends what no longer stands, begins what is new.
    ///
    /// - Parameters:
    ///   - old: what stood.
    ///   - new: what stands now; `since` is kept where nothing changed.
    ///   - instant: when it was judged, UTC seconds.
    ///   - day: that day in the firm's zone.
    ///   - version: the profile's version.
    ///   - cause: what it was made for.
    ///   - totals: counts of the day, by pack, heading and verdict.
    ///   - actor: who asked for it.
    /// - Returns: what stands, each with since when, and how many verdicts changed.
    /// - Throws: what changing the database throws.
    func record(
        _ old: Board, _ new: [Standing], at instant: Int64, day: String, version: Int, cause: String, totals: [DayTotal],
        _ actor: TrailActor
    ) async throws(WorkspaceError) -> (standings: [Standing], changed: Int) {
        var before: [Key: Standing] = [:]
        for standing in old.standings { before[Key(standing)] = standing }
        var (kept, begun, changed): ([Standing], [(Standing, Verdict?)], Int) = ([], [], 0)
        for var standing in new {
            let last = before.removeValue(forKey: Key(standing))
            if let last, last.saysTheSame(as: standing) {
                standing.since = last.since
            } else {
                standing.since = instant
                begun.append((standing, last?.verdict))
                if last?.verdict != standing.verdict { changed += 1 }
            }
            kept.append(standing)
        }
        let ended = Array(before.values)
        let (starting, judged, count) = (begun, kept.count, changed)
        try await database.change(actor, throwing: WorkspaceError.self) { db, trail in
            let close = try db.makeStatement(
                sql: "UPDATE verdict_spans SET until = ? WHERE clause = ? AND system = ? AND until IS NULL")
            // Two assessments within a second: the later one takes the place of the earlier.
            let open = try db.makeStatement(
                sql: "INSERT OR REPLACE INTO verdict_spans VALUES (?, ?, ?, NULL, ?, ?, ?, ?, ?)")
            for standing in ended { try close.execute(arguments: [instant, standing.clause, standing.system]) }
            for (standing, last) in starting {
                if last != nil { try close.execute(arguments: [instant, standing.clause, standing.system]) }
                try open.execute(
                    arguments: [
                        standing.clause, standing.system, instant, standing.verdict.rawValue, standing.reason.rawValue,
                        standing.force.rawValue, Self.packed(standing.says), last?.rawValue,
                    ])
            }
            try db.execute(sql: "DELETE FROM day_totals WHERE day = ?", arguments: [day])
            for total in totals {
                try db.execute(
                    sql: "INSERT INTO day_totals VALUES (?, ?, ?, ?, ?)",
                    arguments: [day, total.pack, total.group, total.verdict.rawValue, total.count])
            }
            try db.execute(
                sql: "INSERT INTO assessments (at, version, cause, judged, changed) VALUES (?, ?, ?, ?, ?)",
                arguments: [instant, version, cause, judged, count])
            trail.note(
                TrailEntry(
                    "assessment.record", .init("assessment", String(db.lastInsertedRowID)), reason: cause,
                    details: ["judged": String(judged), "changed": String(count), "profile-version": String(version)]))
        }
        return (kept, changed)
    }

    /// Changes of verdicts from an instant on, newest first.
    public func changes(since instant: Int64, limit: Int = 200) async throws(WorkspaceError) -> [VerdictChange] {
        try await database.read(throwing: WorkspaceError.self) { db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT * FROM verdict_spans WHERE since >= ? AND (before IS NULL OR before <> verdict)
                        ORDER BY since DESC, clause, system LIMIT ?
                        """), arguments: [instant, limit]
            ).map { row in
                let standing = Self.span(row).standing
                return VerdictChange(
                    clause: standing.clause, system: standing.system, before: (row["before"] as String?).flatMap(Verdict.init),
                    after: standing.verdict, at: standing.since)
            }
        }
    }

    /// How a verdict came to be what it is, newest first.
    public func history(clause: String, system: String, limit: Int = 100) async throws(WorkspaceError) -> [VerdictSpan] {
        try await database.read(throwing: WorkspaceError.self) { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM verdict_spans WHERE clause = ? AND system = ? ORDER BY since DESC LIMIT ?",
                arguments: [clause, system, limit]
            ).map(Self.span)
        }
    }

    /// Counts of days, oldest first.
    public func totals(pack: String, from day: String) async throws(WorkspaceError) -> [DayTotal] {
        try await database.read(throwing: WorkspaceError.self) { db in
            try Row.fetchAll(
                db.cachedStatement(sql: "SELECT * FROM day_totals WHERE pack = ? AND day >= ? ORDER BY day, grp"),
                arguments: [pack, day]
            ).compactMap { row in
                Verdict(rawValue: row["verdict"]).map {
                    DayTotal(day: row["day"], pack: row["pack"], group: row["grp"], verdict: $0, count: row["count"])
                }
            }
        }
    }

    /// Assessments, newest first.
    public func assessments(limit: Int = 50) async throws(WorkspaceError) -> [AssessmentEntry] {
        try await database.read(throwing: WorkspaceError.self) { db in
            try Row.fetchAll(db, sql: "SELECT * FROM assessments ORDER BY id DESC LIMIT ?", arguments: [limit]).map { row in
                AssessmentEntry(
                    id: row["id"], at: row["at"], version: row["version"], cause: row["cause"], judged: row["judged"],
                    changed: row["changed"])
            }
        }
    }

    private struct Key: Hashable {
        var clause: String
        var system: String

        init(_ standing: Standing) { (clause, system) = (standing.clause, standing.system) }
    }

    private static func span(_ row: Row) -> VerdictSpan {
        // A value that only a newer program knows is nothing this one may call a pass.
        let standing = Standing(
            clause: row["clause"], system: row["system"], verdict: Verdict(rawValue: row["verdict"]) ?? .undetermined,
            reason: Reason(rawValue: row["reason"]) ?? .unreadable, force: Force(rawValue: row["force"]) ?? .shall,
            says: says(row["says"]), since: row["since"])
        return VerdictSpan(standing: standing, until: row["until"])
    }

    private static func packed(_ says: Standing.Says) -> Int {
        [says.declared, says.measured, says.signed, says.accepted].reduce(0) { $0 << 4 | Int($1.rawValue) }
    }

    private static func says(_ packed: Int) -> Standing.Says {
        func say(_ shift: Int) -> Say { Say(rawValue: UInt8(packed >> shift & 15)) ?? .unknown }
        return Standing.Says(declared: say(12), measured: say(8), signed: say(4), accepted: say(0))
    }
}

/// How often a verdict stood under one heading at the end of a day.
public struct DayTotal: Sendable, Hashable {
    /// The day in the firm's zone.
    public var day: String
    /// The pack.
    public var pack: String
    /// The heading.
    public var group: String
    /// The verdict.
    public var verdict: Verdict
    /// How many.
    public var count: Int
}
