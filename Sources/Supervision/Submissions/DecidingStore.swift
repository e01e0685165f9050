internal import Database
internal import Documents
internal import GRDB
internal import Rulebook
internal import Submissions

/// What people of the supervisor decide about submissions.
extension InboxStore {
    /// Returns the newest version of a submission with questions.
    func ask(
        _ payload: String, _ questions: [Questions.Question], _ pen: Pen, _ actor: TrailActor
    ) async throws(SupervisionError) {
        let time = now()
        try await decide(payload, pen, actor) { manifest, reference, recipient in
            .questions(Questions(pen.header(time, firm: manifest.firm, to: recipient), reference, questions))
        } then: { message, hash, db, trail in
            guard case .questions(let asked) = message else { return }
            for question in asked.questions {
                try db.execute(
                    sql: "INSERT INTO inbox_questions VALUES (?, ?, ?, ?, ?, ?, ?, '', '', '', NULL)",
                    arguments: [payload, hash, question.id, question.item, question.text, time, actor.who])
            }
        }
    }

    /// Accepts the newest version of a submission.
    func accept(_ payload: String, note: String, _ pen: Pen, _ actor: TrailActor) async throws(SupervisionError) {
        let time = now()
        try await decide(payload, pen, actor) { manifest, reference, recipient in
            .acceptance(Acceptance(pen.header(time, firm: manifest.firm, to: recipient), reference, note: note))
        } then: { _, _, _, _ in
        }
    }

    private func decide(
        _ payload: String, _ pen: Pen, _ actor: TrailActor,
        _ make: @escaping @Sendable (SubmissionManifest, SubmissionReference, String?) -> Message,
        then more: @escaping @Sendable (Message, String, GRDB.Database, inout TrailBook) throws -> Void
    ) async throws(SupervisionError) {
        try await change(actor) { db, trail in
            let manifest = try manifest(payload, db)
            let firm = manifest.firm.id
            let filing = try Self.filing(firm, manifest.quarter, db)
            let reference = SubmissionReference(sha256: payload, quarter: manifest.quarter, version: manifest.version)
            let recipient = try Self.addressee(firm, db)
            let message = make(manifest, reference, recipient)
            let envelope = try message.signed(by: pen.key)
            let event: Filing.Event
            switch message {
            case .questions(let asked):
                event = .ask(of: payload, message: envelope.payloadHash, questions: Set(asked.questions.map(\.id)))
            default: event = .accept(of: payload)
            }
            let next: Filing
            do throws(PackageRefusal) { next = try filing.after(event) } catch {
                throw SupervisionError.conflict(error.detail)
            }
            try more(message, envelope.payloadHash, db, &trail)
            try save(next, of: firm, db)
            // A firm without a key reads it on pages, or in a letter.
            let package = recipient == nil ? try files.store(envelope.bytes) : try post(envelope, to: firm, manifest.quarter, db)
            trail.note(
                Self.entry(
                    message.kind == .questions ? "submission.return" : "submission.accept", firm, next,
                    ["sha256": envelope.payloadHash, "package": package]))
        }
    }

    /// Enters a submission that a named respondent gave in another way than as a package.
    func enter(
        _ manifest: SubmissionManifest, _ envelope: Envelope, key: String, _ actor: TrailActor
    ) async throws(SupervisionError) -> String {
        try await change(actor) { db, trail in
            let firm = manifest.firm.id
            let event = Filing.Event.submit(
                sha256: envelope.payloadHash, version: manifest.version, previous: manifest.previous)
            do {
                let filing = try Self.filing(firm, manifest.quarter, db).after(event)
                let package = try keep(
                    envelope, manifest.header, firm: firm, key: key, origin: manifest.origin.rawValue, db)
                try add(
                    manifest, envelope, package: package, key: key, origin: manifest.origin.rawValue, filing: filing, db, &trail)
            } catch let refusal as PackageRefusal {
                throw refusal.code == .unknownFirm
                    ? SupervisionError.notFound("firm \(firm.clipped)") : SupervisionError.conflict(refusal.detail)
            }
            return envelope.payloadHash
        }
    }

    /// Enters answers that a named respondent gave on pages.
    func enter(_ reply: Reply, _ envelope: Envelope, firm: String, key: String, _ actor: TrailActor)
        async throws(SupervisionError)
    {
        try await change(actor) { db, trail in
            let event = Filing.Event.reply(
                of: reply.submission.sha256, to: reply.questions, questions: Set(reply.entries.map(\.question)))
            let next: Filing
            do throws(PackageRefusal) { next = try Self.state(firm, reply, db).after(event) } catch {
                throw SupervisionError.conflict(error.detail)
            }
            let package = try keep(envelope, reply.header, firm: firm, key: key, origin: "browser", db)
            try answer(reply, db)
            try save(next, of: firm, db)
            trail.note(
                Self.entry(
                    "submission.reply", firm, next, ["sha256": envelope.payloadHash, "package": package, "origin": "browser"]))
        }
    }

    private static func state(_ firm: String, _ reply: Reply, _ db: GRDB.Database) throws(PackageRefusal) -> Filing {
        // An unreadable row is no state from which something could follow.
        guard let filing = try? filing(firm, reply.submission.quarter, db) else { throw PackageRefusal(.outOfOrder) }
        return filing
    }

    /// What was filed by a firm for a quarter.
    func filing(_ firm: String, _ quarter: Quarter) async throws(SupervisionError) -> Filing {
        try await read { db in try Self.filing(firm, quarter, db) }
    }

    /// What a version says.
    func manifest(_ payload: String) async throws(SupervisionError) -> SubmissionManifest {
        try await read { db in try manifest(payload, db) }
    }
}
