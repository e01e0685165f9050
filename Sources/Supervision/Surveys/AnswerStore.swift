internal import Crypto
public import Database
internal import Documents
public import GRDB
public import Rulebook
public import Submissions

/// Takes what was handed in, or decided about it, to whoever keeps it elsewhere: within the same transaction, so that it is there as well or
/// not at all.
public typealias AnswersSink = @Sendable (GRDB.Database, AnswersHandedIn, SurveyRound) throws -> Void

/// Answers of firms: drafts that only the firm sees, versions handed in that nobody changes, and what the supervisor says to them.
public struct AnswerStore: Sendable {
    static let migrations = [
        Migration("answers.0001-versions") { db in
            try db.execute(
                sql: """
                    CREATE TABLE answer_drafts (
                        round INTEGER NOT NULL, firm TEXT NOT NULL, version INTEGER NOT NULL, document TEXT NOT NULL,
                        saved INTEGER NOT NULL, saved_by TEXT NOT NULL, way TEXT NOT NULL, PRIMARY KEY (round, firm, version),
                        FOREIGN KEY (round, firm) REFERENCES survey_addressees (round, firm)
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE answer_versions (
                        round INTEGER NOT NULL, firm TEXT NOT NULL, version INTEGER NOT NULL, document TEXT NOT NULL,
                        sha256 TEXT NOT NULL, previous TEXT, handed_in INTEGER NOT NULL, handed_in_by TEXT NOT NULL, way TEXT NOT NULL,
                        is_late INTEGER NOT NULL CHECK (is_late IN (0, 1)), state TEXT NOT NULL, decided INTEGER, decided_by TEXT,
                        answered INTEGER NOT NULL, no_answer INTEGER NOT NULL, not_applicable INTEGER NOT NULL,
                        remarks INTEGER NOT NULL, PRIMARY KEY (round, firm, version),
                        FOREIGN KEY (round, firm) REFERENCES survey_addressees (round, firm)
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE answer_messages (
                        id INTEGER PRIMARY KEY AUTOINCREMENT, round INTEGER NOT NULL, firm TEXT NOT NULL, version INTEGER NOT NULL,
                        at INTEGER NOT NULL, by_whom TEXT NOT NULL, is_of_firm INTEGER NOT NULL CHECK (is_of_firm IN (0, 1)),
                        text TEXT NOT NULL,
                        FOREIGN KEY (round, firm, version) REFERENCES answer_versions (round, firm, version)
                    ) STRICT;
                    CREATE INDEX answer_messages_version ON answer_messages (round, firm, version);
                    """)
        },
        Migration("answers.0002-uploads") { db in
            try db.execute(
                sql: """
                    CREATE TABLE answer_uploads (
                        round INTEGER NOT NULL, firm TEXT NOT NULL, by_whom TEXT NOT NULL, base INTEGER NOT NULL,
                        document TEXT NOT NULL, uploaded INTEGER NOT NULL, PRIMARY KEY (round, firm, by_whom),
                        FOREIGN KEY (round, firm) REFERENCES survey_addressees (round, firm)
                    ) STRICT, WITHOUT ROWID
                    """)
        },
    ]
    /// Versions of a draft that are kept.
    static let draftLimit = 200

    let database: GovernanceDatabase
    let register: RegisterStore
    let rulebook: Rulebook
    let now: @Sendable () -> Int64
    let sink: AnswersSink

    // MARK: Drafts

    /// What a firm has written so far; the empty draft when it has nothing.
    ///
    /// - Throws: `.notFound` when the round is not addressed to the firm.
    public func draft(_ round: Int64, of firm: String) async throws(SupervisionError) -> AnswerDraft {
        try await database.read(throwing: SupervisionError.self) { db in
            try Self.draft(try SurveyStore.find(round, of: firm, db), firm, db)
        }
    }

    /// Saves some answers of a draft; those to other questions stay.
    ///
    /// - Parameters:
    ///   - entries: the answers that were given; their evidence stays as it was.
    ///   - base: the version that the page they were given on showed.
    ///   - round: the round.
    ///   - firm: the firm; whoever calls has it from the account, never from an address.
    ///   - way: how they came.
    ///   - actor: who saves.
    /// - Returns: the draft as it now is; the same version when nothing is new.
    /// - Throws: `.notFound`; `.conflict` when no answers are taken, or somebody else of the firm changed the same answers meanwhile;
    ///   `.document` when an entry is not as it should be.
    public func save(
        _ entries: [Answers.Entry], over base: Int, _ round: Int64, of firm: String, way: AnswerWay, _ actor: TrailActor
    ) async throws(SupervisionError) -> AnswerDraft {
        let time = now()
        let current = try await draft(round, of: firm)
        // A page that saves by itself asks often: what says nothing new is no change.
        if base == current.version, Self.merged(entries, into: current.answers, nil) == current.answers { return current }
        return try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            let found = try SurveyStore.find(round, of: firm, db)
            try Self.requireOpen(found, firm, db)
            let latest = try Self.draft(found, firm, db)
            try Self.check(entries, found)
            if base != latest.version {
                let before = try Self.draft(found, firm, version: base, db)?.answers
                let changed = entries.filter { entry in
                    let now = latest.answers[entry.question]
                    return before.map { now != $0[entry.question] } ?? true && now.map { !$0.says(entry) } ?? false
                }
                guard changed.isEmpty else {
                    throw SupervisionError.conflict(
                        "changed meanwhile: " + changed.map(\.question).joined(separator: ", ").clipped)
                }
            }
            var next = AnswerDraft(
                version: latest.version + 1, answers: Self.merged(entries, into: latest.answers, found.questionnaire),
                saved: time,
                by: actor.who, way: way)
            if next.answers == latest.answers { next.version = latest.version }
            let changed = next.answers.entries.filter { latest.answers[$0.question] != $0 }.count
            if next.version > latest.version { try Self.insert(next, round, firm, db) }
            trail.note(
                TrailEntry(
                    "answers.draft", .init("firm", firm),
                    details: ["survey": "\(round)", "version": "\(next.version)", "way": way.rawValue, "changed": "\(changed)"]))
            return next
        }
    }

    static func check(_ entries: [Answers.Entry], _ round: SurveyRound) throws {
        for entry in entries {
            guard round.questionnaire.question(entry.question) != nil else {
                throw SurveyStore.refuse(entry.question.clipped, "there is no such question")
            }
            guard AnswersReader.isNote(entry.note) else {
                throw SurveyStore.refuse(
                    entry.question, "a remark has at most \(Answers.noteLimit) bytes and no control characters")
            }
        }
    }

    static func merged(_ entries: [Answers.Entry], into answers: Answers, _ questionnaire: Questionnaire?) -> Answers {
        let kept = entries.map { entry in
            var entry = entry
            if entry.evidence.isEmpty { entry.evidence = answers[entry.question]?.evidence ?? [] }
            return entry
        }
        // Nothing said about a question that had no entry is no entry.
        let said = kept.filter { $0.answer != nil || !$0.note.isEmpty || answers[$0.question] != nil }
        guard let questionnaire else {
            var result = answers
            for entry in said {
                guard let place = result.entries.firstIndex(where: { $0.question == entry.question }) else {
                    result.entries.append(entry)
                    continue
                }
                result.entries[place] = entry
            }
            return result
        }
        return answers.replacing(said, in: questionnaire)
    }

    static func requireOpen(_ round: SurveyRound, _ firm: String, _ db: GRDB.Database) throws {
        guard AnswersHandedIn.State.afterHandingIn(try newest(round.id, firm, db)?.state, isOpen: round.isOpen) != nil else {
            throw SupervisionError.conflict("no answers are taken: the round is closed, or they were accepted")
        }
    }

    static func draft(_ round: SurveyRound, _ firm: String, _ db: GRDB.Database) throws -> AnswerDraft {
        let version = try Int.fetchOne(
            db, sql: "SELECT max(version) FROM answer_drafts WHERE round = ? AND firm = ?", arguments: [round.id, firm])
        return try version.flatMap { try draft(round, firm, version: $0, db) }
            ?? AnswerDraft(
                version: 0, answers: Answers(questionnaire: round.questionnaire.reference, asOf: round.asOf), saved: round.opened,
                by: "", way: .browser)
    }

    private static func draft(_ round: SurveyRound, _ firm: String, version: Int, _ db: GRDB.Database) throws -> AnswerDraft? {
        guard
            let row = try Row.fetchOne(
                db, sql: "SELECT * FROM answer_drafts WHERE round = ? AND firm = ? AND version = ?",
                arguments: [round.id, firm, version])
        else { return nil }
        return AnswerDraft(
            version: version, answers: try answers(row["document"], "answer_drafts"), saved: row["saved"], by: row["saved_by"],
            way: AnswerWay(rawValue: row["way"]) ?? .browser)
    }

    static func insert(_ draft: AnswerDraft, _ round: Int64, _ firm: String, _ db: GRDB.Database) throws {
        try db.execute(
            sql: "INSERT INTO answer_drafts VALUES (?, ?, ?, ?, ?, ?, ?)",
            arguments: [round, firm, draft.version, text(draft.answers), draft.saved, draft.by, draft.way.rawValue])
        try db.execute(
            sql: "DELETE FROM answer_drafts WHERE round = ? AND firm = ? AND version <= ?",
            arguments: [round, firm, draft.version - draftLimit])
    }

    // MARK: Handing in

    /// What is known of a firm on a day, as its answers are held against it.
    public func view(of firm: String, on day: CivilDate) async throws(SupervisionError) -> FirmView {
        try await database.read(throwing: SupervisionError.self) { db in try view(firm, day, db) }
    }

    private func view(_ firm: String, _ day: CivilDate, _ db: GRDB.Database) throws -> FirmView {
        let held = try TierStore.holding(db, on: day)[firm] ?? [:]
        return FirmView(
            facts: try register.find(firm, db).firm.facts(asOf: day), decisions: held.compactMapValues(\.value),
            parameters: rulebook.parameters)
    }

    /// Hands a draft in: a name is put under it, and from then on nobody changes it.
    ///
    /// - Parameters:
    ///   - version: the version of the draft that was looked at last.
    ///   - round: the round.
    ///   - firm: the firm; whoever calls has it from the account.
    ///   - name: who signs.
    ///   - role: what they are in the firm.
    ///   - reply: to what the supervisor asked; may be empty.
    ///   - actor: the account.
    /// - Returns: what was handed in, with its receipt.
    /// - Throws: `.notFound`; `.conflict` when the draft changed meanwhile, nothing was written, or no answers are taken; `.refused` when the
    ///   answers contradict each other or the register; `.document` when name, role or reply is not as it should be.
    public func handIn(
        _ version: Int, _ round: Int64, of firm: String, name: String, role: String, reply: String, _ actor: TrailActor
    ) async throws(SupervisionError) -> AnswersHandedIn {
        let time = now()
        for (key, text) in [("name", name), ("role", role)]
        where text.isEmpty || text.utf8.count > Answers.nameLimit || text.unicodeScalars.contains(where: { $0.value < 0x20 }) {
            throw SurveyStore.refuse(key, "1 to \(Answers.nameLimit) bytes without control characters are expected")
        }
        guard AnswersReader.isNote(reply) else {
            throw SurveyStore.refuse("reply", "at most \(Answers.noteLimit) bytes are expected")
        }
        return try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            let found = try SurveyStore.find(round, of: firm, db)
            let before = try Self.newest(round, firm, db)
            guard let state = AnswersHandedIn.State.afterHandingIn(before?.state, isOpen: found.isOpen) else {
                throw SupervisionError.conflict("no answers are taken: the round is closed, or they were accepted")
            }
            let draft = try Self.draft(found, firm, db)
            guard draft.version == version, version > 0 else {
                throw SupervisionError.conflict("the draft was changed meanwhile: look at it again")
            }
            let check = AnswerCheck(found.questionnaire, firm: try view(firm, found.asOf, db), answers: draft.answers)
            guard check.isConsistent else {
                throw SupervisionError.refused("the answers contradict each other or the register; see the remarks")
            }
            let made = Self.made(draft, check, found, firm, before, state, (name, role), at: time, actor)
            // A form that was sent twice hands in once.
            if let before, before.state.isWaiting, before.answers.entries == made.answers.entries, reply.isEmpty {
                throw SupervisionError.conflict("these answers were handed in already")
            }
            try Self.insert(made, db)
            if !reply.isEmpty { try Self.write(reply, made, at: time, actor, isOfFirm: true, db) }
            try sink(db, made, found)
            trail.note(
                TrailEntry(
                    "answers.hand-in", .init("firm", firm),
                    details: [
                        "survey": "\(round)", "version": "\(made.version)", "sha256": made.sha256, "state": state.rawValue,
                        "late": made.isLate ? "yes" : "no", "way": made.way.rawValue,
                    ]))
            return made
        }
    }

    private static func made(
        _ draft: AnswerDraft, _ check: AnswerCheck, _ round: SurveyRound, _ firm: String, _ before: AnswersHandedIn?,
        _ state: AnswersHandedIn.State, _ signer: (name: String, role: String), at time: Int64, _ actor: TrailActor
    ) -> AnswersHandedIn {
        var answers = draft.answers
        answers.entries = round.questionnaire.questions.map {
            draft.answers[$0.id] ?? Answers.Entry(question: $0.id, answer: nil)
        }
        let instant = Instant(seconds: time / 1_000_000)
        answers.signature = Answers.Signature(name: signer.name, role: signer.role, at: instant)
        let digits = Array("0123456789abcdef".utf8)
        let hash = SHA256.hash(data: CanonicalJSON.bytes(of: answers.node)).flatMap {
            [digits[Int($0 >> 4)], digits[Int($0 & 15)]]
        }
        return AnswersHandedIn(
            round: round.id, firm: firm, version: (before?.version ?? 0) + 1, answers: answers,
            sha256: String(decoding: hash, as: UTF8.self), previous: before?.sha256, at: time, by: actor.who, way: draft.way,
            isLate: instant.date(in: .taipei) > round.due, state: state,
            counts: [
                .answered: check.count(.answered), .noAnswer: check.count(.noAnswer), .notApplicable: check.count(.notApplicable),
            ], remarks: check.remarks.count)
    }

    // MARK: Deciding

    /// The supervisor takes answers as they are, or gives them back with questions.
    ///
    /// - Parameters:
    ///   - decision: which.
    ///   - version: the version that was looked at; the newest one.
    ///   - round: the round.
    ///   - firm: the firm.
    ///   - note: what is asked, or said; at most 2,000 bytes, needed where they are given back.
    ///   - actor: who decides.
    /// - Throws: `.notFound`; `.conflict` when there is a newer version, or nothing to decide; `.document` when the note is missing or too long.
    public func decide(
        _ decision: AnswersHandedIn.Decision, _ version: Int, _ round: Int64, of firm: String, note: String, _ actor: TrailActor
    ) async throws(SupervisionError) {
        let time = now()
        guard AnswersReader.isNote(note), decision == .accept || !note.isEmpty else {
            throw SurveyStore.refuse("note", "what is asked, at most \(Answers.noteLimit) bytes, is expected")
        }
        try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            let found = try SurveyStore.find(round, of: firm, db)
            guard var newest = try Self.newest(round, firm, db) else { throw SupervisionError.notFound("answers of \(firm)") }
            guard newest.version == version, let state = newest.state.deciding(decision) else {
                throw SupervisionError.conflict("the answers were handed in anew or decided about meanwhile")
            }
            (newest.state, newest.decidedAt, newest.decidedBy) = (state, time, actor.who)
            try db.execute(
                sql:
                    "UPDATE answer_versions SET state = ?, decided = ?, decided_by = ? WHERE round = ? AND firm = ? AND version = ?",
                arguments: [state.rawValue, time, actor.who, round, firm, version])
            if !note.isEmpty { try Self.write(note, newest, at: time, actor, isOfFirm: false, db) }
            try sink(db, newest, found)
            trail.note(
                TrailEntry(
                    decision == .accept ? "answers.accept" : "answers.return", .init("firm", firm),
                    details: ["survey": "\(round)", "version": "\(version)", "sha256": newest.sha256]))
        }
    }

    // MARK: Looking

    /// How every firm stands in a round, by key.
    ///
    /// - Throws: `.notFound`.
    public func standings(_ round: Int64) async throws(SupervisionError) -> [SurveyStanding] {
        try await database.read(throwing: SupervisionError.self) { db in
            let found = try SurveyStore.find(round, db)
            let drafts = try Row.fetchAll(
                db, sql: "SELECT firm, max(saved) AS saved FROM answer_drafts WHERE round = ? GROUP BY firm", arguments: [round])
            let saved: [String: Int64] = Dictionary(drafts.map { ($0["firm"], $0["saved"]) }) { first, _ in first }
            var newest: [String: AnswersHandedIn] = [:]
            for version in try Self.list(db, "WHERE round = ? ORDER BY version", [round]) { newest[version.firm] = version }
            return found.firms.map { SurveyStanding(firm: $0, drafted: saved[$0], newest: newest[$0]) }
        }
    }

    /// Versions that a firm handed in, newest first, with what was written about them, oldest first.
    ///
    /// - Throws: `.notFound` when the round is not addressed to the firm.
    public func history(
        _ round: Int64, of firm: String
    ) async throws(SupervisionError) -> (versions: [AnswersHandedIn], messages: [AnswerMessage]) {
        try await database.read(throwing: SupervisionError.self) { db in
            _ = try SurveyStore.find(round, of: firm, db)
            let messages = try Row.fetchAll(
                db, sql: "SELECT * FROM answer_messages WHERE round = ? AND firm = ? ORDER BY id", arguments: [round, firm])
            return (
                try Self.list(db, "WHERE round = ? AND firm = ? ORDER BY version DESC", [round, firm]),
                messages.map {
                    AnswerMessage(
                        version: $0["version"], at: $0["at"], by: $0["by_whom"], isOfFirm: $0["is_of_firm"], text: $0["text"])
                }
            )
        }
    }
}

// MARK: Rows

extension AnswerStore {
    static func newest(_ round: Int64, _ firm: String, _ db: GRDB.Database) throws -> AnswersHandedIn? {
        try list(db, "WHERE round = ? AND firm = ? ORDER BY version DESC LIMIT 1", [round, firm]).first
    }

    private static func list(
        _ db: GRDB.Database, _ rest: String, _ arguments: StatementArguments
    ) throws -> [AnswersHandedIn] {
        try Row.fetchAll(db, sql: "SELECT * FROM answer_versions \(rest)", arguments: arguments).map { row in
            guard let state = AnswersHandedIn.State(rawValue: row["state"]), let way = AnswerWay(rawValue: row["way"]) else {
                throw SupervisionError.storage(
                    StorageError(.damaged, "answers cannot be read", at: "answer_versions \(row["round"] as Int64)"))
            }
            return AnswersHandedIn(
                round: row["round"], firm: row["firm"], version: row["version"],
                answers: try answers(row["document"], "answer_versions"), sha256: row["sha256"], previous: row["previous"],
                at: row["handed_in"], by: row["handed_in_by"], way: way, isLate: row["is_late"], state: state,
                decidedAt: row["decided"], decidedBy: row["decided_by"],
                counts: [.answered: row["answered"], .noAnswer: row["no_answer"], .notApplicable: row["not_applicable"]],
                remarks: row["remarks"])
        }
    }

    private static func insert(_ made: AnswersHandedIn, _ db: GRDB.Database) throws {
        try db.execute(
            sql: "INSERT INTO answer_versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, ?, ?, ?, ?)",
            arguments: [
                made.round, made.firm, made.version, text(made.answers), made.sha256, made.previous, made.at, made.by,
                made.way.rawValue, made.isLate, made.state.rawValue, made.counts[.answered] ?? 0, made.counts[.noAnswer] ?? 0,
                made.counts[.notApplicable] ?? 0, made.remarks,
            ])
    }

    private static func write(
        _ text: String, _ about: AnswersHandedIn, at time: Int64, _ actor: TrailActor, isOfFirm: Bool, _ db: GRDB.Database
    ) throws {
        try db.execute(
            sql: "INSERT INTO answer_messages (round, firm, version, at, by_whom, is_of_firm, text) VALUES (?, ?, ?, ?, ?, ?, ?)",
            arguments: [about.round, about.firm, about.version, time, actor.who, isOfFirm, text])
    }

    static func text(_ answers: Answers) -> String {
        String(decoding: CanonicalJSON.bytes(of: answers.node), as: UTF8.self)
    }

    static func answers(_ document: String, _ table: String) throws -> Answers {
        try AnswersReader.read(Array(document.utf8), origin: table)
    }
}

extension Answers.Entry {
    /// Whether another entry says the same, files aside.
    fileprivate func says(_ other: Answers.Entry) -> Bool { answer == other.answer && note == other.note }
}
