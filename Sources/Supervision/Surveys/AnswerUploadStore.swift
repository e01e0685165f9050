public import Database
internal import Documents
internal import GRDB
public import Submissions

/// Answers that were read from a workbook and wait until whoever sent it has looked at what would change.
extension AnswerStore {
    /// What waits.
    public struct Upload: Sendable {
        /// Every answer of the workbook.
        public var answers: Answers
        /// The version of the draft it is held against.
        public var base: Int
    }

    /// Keeps the answers of a workbook until they are taken; what the same person sent before is forgotten.
    ///
    /// - Throws: `.notFound` when the round is not addressed to the firm; `.conflict` when no answers are taken.
    public func keep(
        _ entries: [Answers.Entry], _ round: Int64, of firm: String, _ actor: TrailActor
    ) async throws(SupervisionError) {
        let time = now()
        try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            let found = try SurveyStore.find(round, of: firm, db)
            try Self.requireOpen(found, firm, db)
            try Self.check(entries, found)
            let draft = try Self.draft(found, firm, db)
            let answers = Self.merged(entries, into: draft.answers, found.questionnaire)
            try db.execute(
                sql: "INSERT OR REPLACE INTO answer_uploads VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [round, firm, actor.who, draft.version, Self.text(answers), time])
            trail.note(
                TrailEntry(
                    "answers.upload", .init("firm", firm),
                    details: ["survey": "\(round)", "base": "\(draft.version)", "entries": "\(entries.count)"]))
        }
    }

    /// What a person sent and has not taken yet; nil when there is nothing.
    ///
    /// - Throws: `.notFound` when the round is not addressed to the firm.
    public func upload(_ round: Int64, of firm: String, _ actor: TrailActor) async throws(SupervisionError) -> Upload? {
        try await database.read(throwing: SupervisionError.self) { db in
            _ = try SurveyStore.find(round, of: firm, db)
            return try Self.upload(round, firm, actor, db)
        }
    }

    /// Makes what was read the newest version of the draft.
    ///
    /// - Throws: `.notFound` when nothing waits; `.conflict` when the draft changed since, or no answers are taken.
    public func take(_ round: Int64, of firm: String, _ actor: TrailActor) async throws(SupervisionError) -> AnswerDraft {
        let time = now()
        return try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            let found = try SurveyStore.find(round, of: firm, db)
            try Self.requireOpen(found, firm, db)
            guard let upload = try Self.upload(round, firm, actor, db) else { throw SupervisionError.notFound("upload") }
            var draft = try Self.draft(found, firm, db)
            guard draft.version == upload.base else {
                throw SupervisionError.conflict("the draft was changed since the workbook was read")
            }
            let changed = upload.answers.entries.filter { draft.answers[$0.question] != $0 }.count
            draft = AnswerDraft(
                version: draft.version + (changed > 0 ? 1 : 0), answers: upload.answers, saved: time, by: actor.who,
                way: .workbook)
            if changed > 0 { try Self.insert(draft, round, firm, db) }
            try db.execute(
                sql: "DELETE FROM answer_uploads WHERE round = ? AND firm = ? AND by_whom = ?",
                arguments: [round, firm, actor.who])
            trail.note(
                TrailEntry(
                    "answers.draft", .init("firm", firm),
                    details: [
                        "survey": "\(round)", "version": "\(draft.version)", "way": AnswerWay.workbook.rawValue,
                        "changed": "\(changed)",
                    ]))
            return draft
        }
    }

    private static func upload(_ round: Int64, _ firm: String, _ actor: TrailActor, _ db: GRDB.Database) throws -> Upload? {
        try Row.fetchOne(
            db, sql: "SELECT document, base FROM answer_uploads WHERE round = ? AND firm = ? AND by_whom = ?",
            arguments: [round, firm, actor.who]
        ).map { Upload(answers: try answers($0["document"], "answer_uploads"), base: $0["base"]) }
    }
}
