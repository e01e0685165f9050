internal import Database
internal import Documents
internal import GRDB
internal import Rulebook
internal import Submissions

/// What leaves the firm and what comes to it.
extension FilingStore {
    // MARK: What leaves

    /// Packages that leave or have left, newest first.
    func outbox() async throws(WorkspaceError) -> [OutboxEntry] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM filing_outbox ORDER BY created DESC, package").map(Self.outgoing)
        }
    }

    /// Packages that have no answer yet, oldest first.
    func waiting() async throws(WorkspaceError) -> [OutboxEntry] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM filing_outbox WHERE state = 'waiting' ORDER BY created, package")
                .map(Self.outgoing)
        }
    }

    /// Notes that no answer came, and when it is tried again.
    func postpone(_ entry: OutboxEntry, trouble: String, next: Int64, _ actor: TrailActor) async throws(WorkspaceError) {
        let said = String(trouble.prefix(200))
        try await change(actor) { db, trail in
            try db.execute(
                sql:
                    "UPDATE filing_outbox SET attempts = attempts + 1, next = ?, trouble = ? WHERE package = ? AND state = 'waiting'",
                arguments: [next, said, entry.package])
            trail.note(
                TrailEntry(
                    "exchange.send", .init("package", entry.package), .failed, reason: said,
                    details: ["kind": entry.kind.rawValue, "attempt": String(entry.attempts + 1)]))
        }
    }

    /// Puts a reply on its way.
    func reply(_ envelope: Envelope, package: String, _ quarter: Quarter, _ actor: TrailActor) async throws(WorkspaceError) {
        let time = now()
        try await change(actor) { db, trail in
            try Self.enqueue(envelope, package, quarter, time, db)
            trail.note(
                TrailEntry(
                    "submission.reply", .init("package", package),
                    details: ["quarter": quarter.description, "sha256": envelope.payloadHash]))
        }
    }

    private static func outgoing(_ row: Row) -> OutboxEntry {
        OutboxEntry(
            package: row["package"], payload: row["payload"], kind: PackageKind(rawValue: row["kind"]) ?? .submission,
            quarter: (row["quarter"] as Int?).map { Quarter(index: $0) },
            state: OutboxEntry.State(rawValue: row["state"]) ?? .waiting, attempts: row["attempts"], next: row["next"],
            trouble: row["trouble"], created: row["created"],
            refusal: (row["refusal"] as String?).flatMap(RefusalCode.init(rawValue:)))
    }

    // MARK: What comes

    /// Packages that came, newest first.
    func mail() async throws(WorkspaceError) -> [MailEntry] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM filing_mail ORDER BY received DESC, package").map { row in
                MailEntry(
                    package: row["package"], kind: PackageKind(rawValue: row["kind"]) ?? .receipt,
                    quarter: (row["quarter"] as Int?).map { Quarter(index: $0) }, received: row["received"], origin: row["origin"]
                )
            }
        }
    }

    /// Whether a file is a package that left or came, or the payload of a version.
    func isKept(_ hash: String) async throws(WorkspaceError) -> Bool {
        try await read { db in
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM filing_outbox WHERE package = :hash)
                        OR EXISTS (SELECT 1 FROM filing_mail WHERE package = :hash)
                        OR EXISTS (SELECT 1 FROM filing_versions WHERE payload = :hash)
                    """, arguments: ["hash": hash]) ?? false
        }
    }

    /// Number of the last message that was fetched.
    func cursor() async throws(WorkspaceError) -> Int {
        try await read { db in try Int.fetchOne(db, sql: "SELECT last FROM filing_cursor") ?? 0 }
    }

    /// Notes up to where mail was fetched.
    func advance(to last: Int, _ actor: TrailActor) async throws(WorkspaceError) {
        try await change(actor) { db, trail in
            try db.execute(sql: "UPDATE filing_cursor SET last = ?", arguments: [last])
            trail.note(TrailEntry("exchange.fetch", .init("mailbox"), details: ["last": String(last)]))
        }
    }

    /// Keeps a package whose signature is right, if its turn has come, and does what it says.
    func take(
        _ opened: OpenedPackage, at side: ExchangeSide, origin: String, _ actor: TrailActor
    ) async throws(WorkspaceError) -> TakenPackage {
        let package = try keep(opened.envelope.bytes)
        let time = now()
        return try await change(actor) { db, trail in
            let header = opened.message.header
            let isKnown =
                try Bool.fetchOne(
                    db, sql: "SELECT EXISTS (SELECT 1 FROM filing_mail WHERE package = ? OR message = ?)",
                    arguments: [package, header.id]) ?? false
            if isKnown {
                trail.note(Self.note(opened, .refused, RefusalCode.replayed.rawValue, origin))
                return .known
            }
            let quarter = opened.quarter
            let history = ExchangeHistory(isKnown: false, filing: try quarter.map { try Self.filing($0, db) })
            let filing: Filing?
            do throws(PackageRefusal) {
                filing = try PackageVerifier.admit(opened, after: history, at: side, now: Instant(seconds: time / 1_000_000))
            } catch {
                trail.note(Self.note(opened, .refused, error.code.rawValue, origin))
                return .refused(error)
            }
            try db.execute(
                sql: "INSERT INTO filing_mail VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [package, header.id, opened.message.kind.rawValue, quarter?.index, time, origin])
            trail.note(Self.note(opened, .done, nil, origin))
            if let filing { try Self.save(filing, db) }
            switch opened.message {
            case .receipt(let receipt): try settle(receipt, db, &trail)
            case .refusal(let notice): try Self.settle(notice, db, &trail)
            default: break
            }
            return .kept(opened.message)
        }
    }

    /// Notes that a package could not be opened.
    func refuse(_ refusal: PackageRefusal, package: String, origin: String, _ actor: TrailActor) async throws(WorkspaceError) {
        try await change(actor) { _, trail in
            trail.note(
                TrailEntry(
                    "exchange.receive", .init("package", package), .refused, reason: refusal.code.rawValue,
                    details: ["origin": origin, "detail": refusal.detail]))
        }
    }

    private static func note(
        _ opened: OpenedPackage, _ result: TrailEntry.Result, _ reason: String?, _ origin: String
    ) -> TrailEntry {
        var details = [
            "kind": opened.message.kind.rawValue, "sha256": opened.payloadHash, "key": opened.key.id, "origin": origin,
        ]
        if let quarter = opened.quarter { details["quarter"] = quarter.description }
        switch opened.message {
        case .receipt(let receipt): (details["of"], details["outcome"]) = (receipt.of, receipt.outcome.rawValue)
        case .refusal(let notice): (details["of-package"], details["code"]) = (notice.package, notice.code.rawValue)
        case .questions(let message): details["of"] = message.submission.sha256
        case .acceptance(let message): details["of"] = message.submission.sha256
        default: break
        }
        return TrailEntry("exchange.receive", .init("package", opened.hash), result, reason: reason, details: details)
    }

    /// The supervisor has a package of ours.
    private func settle(_ receipt: Receipt, _ db: GRDB.Database, _ trail: inout TrailBook) throws {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM filing_outbox WHERE payload = ?", arguments: [receipt.of]) else {
            return
        }
        let entry = Self.outgoing(row)
        let wasDone = entry.state == .done
        try db.execute(
            sql: "UPDATE filing_outbox SET state = 'done', trouble = '', refusal = NULL WHERE package = ?",
            arguments: [entry.package])
        switch entry.kind {
        case .registration:
            let key = try String.fetchOne(
                db, sql: "SELECT id FROM filing_keys WHERE registration = ?", arguments: [entry.package])
            if let key { try Self.mark(key, receipt.outcome == .taken ? .registered : .waiting, db, &trail) }
        case .submission:
            let found = try Row.fetchOne(
                db, sql: "SELECT * FROM filing_versions WHERE payload = ?", arguments: [receipt.of]
            ).map(Self.version)
            guard let version = found, version.state != .received else { return }
            try db.execute(
                sql: "UPDATE filing_versions SET state = 'received', received = ?, refusal = NULL WHERE id = ?",
                arguments: [receipt.header.created.seconds, version.id])
            let event = Filing.Event.submit(sha256: version.payload, version: version.version, previous: version.previous)
            try Self.save(try Self.filing(version.quarter, db).after(event), db)
            trail.note(
                Self.entry("submission.received", version.quarter, version.version, version.payload, ["package": entry.package]))
        case .reply:
            guard !wasDone, let quarter = entry.quarter else { return }
            let envelope = try Envelope.read(try bytes(entry.package), limit: .max)
            let message = try Message.read(envelope.payload, .reply, limits: .authored)
            guard case .reply(let reply) = message else { return }
            let event = Filing.Event.reply(
                of: reply.submission.sha256, to: reply.questions, questions: Set(reply.entries.map(\.question)))
            if let next = try? Self.filing(quarter, db).after(event) { try Self.save(next, db) }
        default: break
        }
    }

    /// The supervisor refused a package of ours.
    private static func settle(_ notice: RefusalNotice, _ db: GRDB.Database, _ trail: inout TrailBook) throws {
        // That it is there, or that there is no room now, is no end: the receipt comes with the mail, or another try.
        guard notice.code != .busy, notice.code != .replayed else { return }
        try db.execute(
            sql: "UPDATE filing_outbox SET state = 'refused', refusal = ? WHERE package = ? AND state = 'waiting'",
            arguments: [notice.code.rawValue, notice.package])
        guard db.changesCount == 1 else { return }
        let found = try Row.fetchOne(db, sql: "SELECT * FROM filing_versions WHERE package = ?", arguments: [notice.package]).map(
            version)
        guard let version = found, version.state == .queued else { return }
        try db.execute(
            sql: "UPDATE filing_versions SET state = 'refused', refusal = ? WHERE id = ?",
            arguments: [notice.code.rawValue, version.id])
        trail.note(
            entry("submission.refused", version.quarter, version.version, version.payload, ["code": notice.code.rawValue]))
    }
}

extension OpenedPackage {
    /// The quarter it is about; nil for none.
    var quarter: Quarter? {
        switch message {
        case .submission(let message): message.quarter
        case .questions(let message): message.submission.quarter
        case .reply(let message): message.submission.quarter
        case .acceptance(let message): message.submission.quarter
        case .receipt(let message): message.submission?.quarter
        case .refusal, .registration, .revocation, .poll, .mail: nil
        }
    }
}
