public import Database
internal import Documents
internal import GRDB
public import Rulebook
public import Submissions

/// Rounds of questions: opened for a quarter, addressed to firms, closed.
public struct SurveyStore: Sendable {
    static let migrations = [
        Migration("survey.0001-rounds") { db in
            try db.execute(
                sql: """
                    CREATE TABLE survey_questionnaires (
                        sha256 TEXT PRIMARY KEY, id TEXT NOT NULL, version TEXT NOT NULL, document TEXT NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE survey_rounds (
                        id INTEGER PRIMARY KEY AUTOINCREMENT, quarter INTEGER NOT NULL,
                        questionnaire TEXT NOT NULL REFERENCES survey_questionnaires (sha256), due INTEGER NOT NULL,
                        note TEXT NOT NULL, opened INTEGER NOT NULL, opened_by TEXT NOT NULL, closed INTEGER, closed_by TEXT,
                        CHECK ((closed IS NULL) = (closed_by IS NULL))
                    ) STRICT;
                    CREATE TABLE survey_addressees (
                        round INTEGER NOT NULL REFERENCES survey_rounds (id), firm TEXT NOT NULL REFERENCES firms (id),
                        PRIMARY KEY (round, firm)
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX survey_addressees_firm ON survey_addressees (firm, round);
                    """)
        }
    ]
    /// Longest note in bytes.
    static let noteLimit = 2_000

    let database: GovernanceDatabase
    let register: RegisterStore
    let rulebook: Rulebook
    let now: @Sendable () -> Int64

    /// Questionnaires that can be asked: those that come with the program.
    ///
    /// - Throws: `.document` when one is wrong, which a test would have shown.
    public func questionnaires() throws(SupervisionError) -> [Questionnaire] {
        do throws(DocumentError) { return try QuestionnaireReader.shipped(rulebook) } catch { throw .document(error) }
    }

    /// What names each questionnaire that a round was ever opened with.
    func asked() async throws(SupervisionError) -> [Questionnaire.Reference] {
        try await database.read(throwing: SupervisionError.self) { db in
            try Row.fetchAll(db, sql: "SELECT id, version, sha256 FROM survey_questionnaires ORDER BY id, version, sha256").map {
                Questionnaire.Reference(id: $0[0], version: $0[1], sha256: $0[2])
            }
        }
    }

    /// A questionnaire that a round was opened with, as it was then.
    ///
    /// - Throws: `.notFound`.
    func questionnaire(_ sha256: String) async throws(SupervisionError) -> Questionnaire {
        try await database.read(throwing: SupervisionError.self) { db in
            let document = try String.fetchOne(
                db, sql: "SELECT document FROM survey_questionnaires WHERE sha256 = ?", arguments: [sha256])
            guard let document else { throw SupervisionError.notFound("questionnaire \(sha256.clipped)") }
            return try QuestionnaireReader.read(
                try JSONReader.read(Array(document.utf8)), rulebook: nil, origin: "survey_questionnaires \(sha256)")
        }
    }

    /// Opens a round.
    ///
    /// - Parameters:
    ///   - quarter: what it is about.
    ///   - questionnaire: id of one of `questionnaires()`.
    ///   - due: the last day in time; not before today.
    ///   - firms: keys of those that must answer; at least one, each in business on the quarter's last day.
    ///   - note: for whoever answers; at most 2,000 bytes.
    ///   - actor: who opens it.
    /// - Returns: its number.
    /// - Throws: `.document` when something of it is not as it should be; `.conflict` when the same is asked about the quarter already.
    public func open(
        _ quarter: Quarter, questionnaire: String, due: CivilDate, firms: [String], note: String, _ actor: TrailActor
    ) async throws(SupervisionError) -> Int64 {
        guard let found = try questionnaires().first(where: { $0.id == questionnaire }) else {
            throw Self.refuse("questionnaire", "there is no questionnaire \"\(questionnaire.clipped)\"")
        }
        let (time, reference) = (now(), found.reference)
        guard due >= Instant(seconds: time / 1_000_000).date(in: .taipei) else { throw Self.refuse("due", "the day is past") }
        guard note.utf8.count <= Self.noteLimit, AnswersReader.isNote(note) else {
            throw Self.refuse("note", "at most \(Self.noteLimit) bytes without control characters are expected")
        }
        let wanted = Set(firms)
        guard !wanted.isEmpty else { throw Self.refuse("firms", "nobody is asked") }
        return try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            for firm in try wanted.sorted().map({ try register.find($0, db).firm })
            where !firm.isInBusiness(asOf: quarter.lastDay) {
                throw Self.refuse("firms", "\(firm.id) is not in business on \(quarter.lastDay)")
            }
            let same = try Int64.fetchOne(
                db, sql: "SELECT id FROM survey_rounds WHERE quarter = ? AND questionnaire = ? AND closed IS NULL",
                arguments: [quarter.index, reference.sha256])
            if let same { throw SupervisionError.conflict("round \(same) asks the same about \(quarter)") }
            try db.execute(
                sql: "INSERT OR IGNORE INTO survey_questionnaires VALUES (?, ?, ?, ?)",
                arguments: [
                    reference.sha256, reference.id, reference.version,
                    String(decoding: CanonicalJSON.bytes(of: found.node), as: UTF8.self),
                ])
            try db.execute(
                sql: "INSERT INTO survey_rounds (quarter, questionnaire, due, note, opened, opened_by) VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [quarter.index, reference.sha256, due.day, note, time, actor.who])
            let id = db.lastInsertedRowID
            for firm in wanted.sorted() {
                try db.execute(sql: "INSERT INTO survey_addressees VALUES (?, ?)", arguments: [id, firm])
            }
            trail.note(
                TrailEntry(
                    "survey.open", .init("survey", "\(id)"),
                    details: [
                        "quarter": quarter.description, "questionnaire": reference.id, "sha256": reference.sha256,
                        "due": due.description, "firms": "\(wanted.count)",
                    ]))
            return id
        }
    }

    /// Addresses a round to further firms.
    ///
    /// - Throws: `.notFound`; `.conflict` when the round is closed; `.document` when a firm is not in business.
    public func add(_ firms: [String], to round: Int64, _ actor: TrailActor) async throws(SupervisionError) {
        try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            let found = try Self.find(round, db)
            guard found.isOpen else { throw SupervisionError.conflict("round \(round) is closed") }
            let new = Set(firms).subtracting(found.firms).sorted()
            for key in new {
                guard try register.find(key, db).firm.isInBusiness(asOf: found.asOf) else {
                    throw Self.refuse("firms", "\(key) is not in business on \(found.asOf)")
                }
                try db.execute(sql: "INSERT INTO survey_addressees VALUES (?, ?)", arguments: [round, key])
            }
            trail.note(
                TrailEntry("survey.address", .init("survey", "\(round)"), details: ["firms": new.joined(separator: " ").clipped]))
        }
    }

    /// Closes a round: no more answers are taken, but those to what was given back.
    ///
    /// - Throws: `.notFound`; `.conflict` when it is closed already.
    public func close(_ round: Int64, _ actor: TrailActor) async throws(SupervisionError) {
        let time = now()
        try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            guard try Self.find(round, db).isOpen else { throw SupervisionError.conflict("round \(round) is closed") }
            try db.execute(
                sql: "UPDATE survey_rounds SET closed = ?, closed_by = ? WHERE id = ?", arguments: [time, actor.who, round])
            trail.note(TrailEntry("survey.close", .init("survey", "\(round)")))
        }
    }

    /// Every round, newest first.
    public func rounds() async throws(SupervisionError) -> [SurveyRound] {
        try await database.read(throwing: SupervisionError.self) { db in try Self.list(db, "", []) }
    }

    /// Rounds that are addressed to a firm, newest first.
    public func rounds(of firm: String) async throws(SupervisionError) -> [SurveyRound] {
        try await database.read(throwing: SupervisionError.self) { db in
            try Self.list(db, "WHERE id IN (SELECT round FROM survey_addressees WHERE firm = ?)", [firm])
        }
    }

    /// A round.
    ///
    /// - Throws: `.notFound`.
    public func round(_ id: Int64) async throws(SupervisionError) -> SurveyRound {
        try await database.read(throwing: SupervisionError.self) { db in try Self.find(id, db) }
    }

    /// A round as a firm to which it is addressed sees it: of the others nothing, not even that there are any.
    ///
    /// - Throws: `.notFound`, also when it is addressed to others.
    public func round(_ id: Int64, of firm: String) async throws(SupervisionError) -> SurveyRound {
        try await database.read(throwing: SupervisionError.self) { db in try Self.find(id, of: firm, db) }
    }

    // MARK: Rows

    static func find(_ id: Int64, _ db: GRDB.Database) throws -> SurveyRound {
        guard let round = try list(db, "WHERE id = ?", [id]).first else { throw SupervisionError.notFound("round \(id)") }
        return round
    }

    static func find(_ id: Int64, of firm: String, _ db: GRDB.Database) throws -> SurveyRound {
        var round = try find(id, db)
        guard round.firms.contains(firm) else { throw SupervisionError.notFound("round \(id)") }
        round.firms = [firm]
        return round
    }

    private static func list(
        _ db: GRDB.Database, _ condition: String, _ arguments: StatementArguments
    ) throws -> [SurveyRound] {
        try Row.fetchAll(db, sql: "SELECT * FROM survey_rounds \(condition) ORDER BY id DESC", arguments: arguments).map { row in
            let (id, sha256): (Int64, String) = (row["id"], row["questionnaire"])
            let document = try String.fetchOne(
                db, sql: "SELECT document FROM survey_questionnaires WHERE sha256 = ?", arguments: [sha256])
            return SurveyRound(
                id: id, quarter: Quarter(index: row["quarter"]),
                questionnaire: try QuestionnaireReader.read(
                    try JSONReader.read(Array((document ?? "").utf8)), rulebook: nil, origin: "survey_questionnaires \(sha256)"),
                due: CivilDate(day: row["due"]), note: row["note"], opened: row["opened"], openedBy: row["opened_by"],
                closed: row["closed"], closedBy: row["closed_by"],
                firms: try String.fetchAll(
                    db, sql: "SELECT firm FROM survey_addressees WHERE round = ? ORDER BY firm", arguments: [id]))
        }
    }

    static func refuse(_ key: String, _ reason: String) -> SupervisionError {
        .document(DocumentError(.badValue, source: "survey", key: key, reason: reason))
    }
}
