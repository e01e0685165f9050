internal import Database
internal import Documents
internal import GRDB
internal import Rulebook
internal import Submissions

/// Taking packages: everything that one changes is one transaction, its receipt included.
extension InboxStore {
    /// What signs the answers: the supervisor's key and what packages say first.
    struct Pen: Sendable {
        var key: SigningKey
        var program: String

        func header(_ now: Int64, firm: MessageHeader.Party?, to recipient: String?) -> MessageHeader {
            var generator = SystemRandomNumberGenerator()
            let id = HexText.encode((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
            return MessageHeader(
                id: id, created: Instant(seconds: now / 1_000_000), program: program, firm: firm, recipient: recipient)
        }
    }

    /// Takes a package whose signature is right, if its turn has come.
    ///
    /// - Returns: its receipt, or why it is refused after all; the trail says so in both cases.
    func take(
        _ opened: OpenedPackage, at side: ExchangeSide, origin: String, address: String, _ pen: Pen, _ actor: TrailActor
    ) async throws(SupervisionError) -> ExchangeAnswer {
        try await change(actor) { db, trail in
            do {
                // What was done before the refusal is undone; the refusal itself stays.
                var noted = trail
                var answer: ExchangeAnswer?
                try db.inSavepoint {
                    answer = try take(opened, side, origin, pen, db, &noted)
                    return .commit
                }
                trail = noted
                if let answer { return answer }
            } catch let refusal as PackageRefusal {
                return try refuse(
                    refusal, package: opened.hash, bytes: opened.envelope.bytes.count, opened, address: address, origin: origin,
                    pen, db, &trail)
            }
            throw SupervisionError.storage(StorageError(.unexpected, "a package was neither taken nor refused"))
        }
    }

    private func take(
        _ opened: OpenedPackage, _ side: ExchangeSide, _ origin: String, _ pen: Pen, _ db: GRDB.Database, _ trail: inout TrailBook
    ) throws -> ExchangeAnswer {
        let (header, firm, time) = (opened.message.header, opened.firm, now())
        // Between reading the keys and this transaction one may have been revoked.
        if opened.message.kind != .registration, try !Self.isRegistered(opened.key.id, db) { throw PackageRefusal(.keyRevoked) }
        let isKnown =
            try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM inbox_packages WHERE package = ? OR firm = ? AND message = ?)",
                arguments: [opened.hash, firm, header.id]) ?? false
        let quarter = Self.quarter(of: opened.message)
        let history = ExchangeHistory(
            isKnown: isKnown, filing: try quarter.map { try Self.filing(firm, $0, db) }, rulePacks: rulePacks)
        let filing = try PackageVerifier.admit(opened, after: history, at: side, now: Instant(seconds: time / 1_000_000))
        if case .registration(let registration) = opened.message {
            return try register(registration, opened, origin, pen, db, &trail)
        }
        let package = try keep(opened.envelope, header, firm: firm, key: opened.key.id, origin: origin, db)
        switch (opened.message, filing) {
        case (.submission(let manifest), .some(let filing)):
            try add(
                manifest, opened.envelope, package: package, key: opened.key.id, origin: origin, filing: filing, db, &trail)
        case (.reply(let reply), .some(let filing)):
            try answer(reply, db)
            try save(filing, of: firm, db)
            trail.note(
                Self.entry(
                    "submission.reply", firm, filing,
                    ["sha256": opened.payloadHash, "package": package, "key": opened.key.id, "origin": origin]))
        case (.revocation(let revocation), _):
            try revoke(revocation.key, of: firm, reason: revocation.reason, by: "firm:\(firm)", db, &trail)
        default: throw PackageRefusal(.unknownKind)
        }
        let reference = filing.map { SubmissionReference(sha256: $0.head, quarter: $0.quarter, version: $0.version) }
        let receipt = Message.receipt(
            Receipt(
                pen.header(time, firm: header.firm, to: opened.key.id), of: opened.payloadHash, package: opened.hash,
                kind: opened.message.kind, submission: reference))
        let envelope = try receipt.signed(by: pen.key)
        let kept = try post(envelope, to: firm, quarter, db)
        trail.note(
            TrailEntry(
                "exchange.receipt", .init("package", opened.hash),
                details: ["receipt": kept, "firm": firm, "of": opened.payloadHash]))
        let isSubmission = opened.message.kind == .submission
        return ExchangeAnswer(bytes: envelope.bytes, refusal: nil, submission: isSubmission ? opened.payloadHash : nil)
    }

    static func quarter(of message: Message) -> Quarter? {
        switch message {
        case .submission(let message): message.quarter
        case .reply(let message): message.submission.quarter
        default: nil
        }
    }

    /// Refuses a package.
    ///
    /// - Parameters:
    ///   - refusal: why.
    ///   - package: SHA-256 of its bytes.
    ///   - bytes: how many there were.
    ///   - opened: the package, when its signature was right: only then is the firm told that it is meant.
    ///   - address: where it came from; empty for a file.
    ///   - origin: https or file.
    ///   - pen: signs the refusal.
    ///   - actor: who brought it.
    /// - Returns: the signed refusal.
    /// - Throws: what the database throws.
    func refuse(
        _ refusal: PackageRefusal, package: String, bytes: Int, _ opened: OpenedPackage?, address: String, origin: String,
        _ pen: Pen,
        _ actor: TrailActor
    ) async throws(SupervisionError) -> ExchangeAnswer {
        try await change(actor) { db, trail in
            try refuse(
                refusal, package: package, bytes: bytes, opened, address: address, origin: origin, pen, db, &trail)
        }
    }

    private func refuse(
        _ refusal: PackageRefusal, package: String, bytes: Int, _ opened: OpenedPackage?, address: String, origin: String,
        _ pen: Pen,
        _ db: GRDB.Database, _ trail: inout TrailBook
    ) throws -> ExchangeAnswer {
        // A registration proves a key and no firm.
        let known = opened?.message.kind == .registration ? nil : opened
        try db.execute(
            sql: "INSERT INTO inbox_refusals (at, code, detail, package, bytes, address, firm) VALUES (?, ?, ?, ?, ?, ?, ?)",
            arguments: [now(), refusal.code.rawValue, refusal.detail, package, bytes, address, known?.firm ?? ""])
        try db.execute(
            sql: "DELETE FROM inbox_refusals WHERE id <= (SELECT max(id) FROM inbox_refusals) - ?",
            arguments: [policy.refusalsKept])
        var details = ["bytes": String(bytes), "origin": origin, "detail": refusal.detail]
        if let known {
            (details["firm"], details["key"], details["kind"]) = (known.firm, known.key.id, known.message.kind.rawValue)
            details["sha256"] = known.payloadHash
        }
        trail.note(
            TrailEntry("exchange.receive", .init("package", package), .refused, reason: refusal.code.rawValue, details: details))
        let notice = Message.refusal(
            RefusalNotice(
                pen.header(now(), firm: known?.message.header.firm, to: opened?.key.id), package: package, code: refusal.code))
        let envelope = try notice.signed(by: pen.key)
        // Whoever carried the file carries the refusal back.
        if origin == "file" { _ = try post(envelope, to: known?.firm ?? "", nil, db) }
        return ExchangeAnswer(bytes: envelope.bytes, refusal: refusal.code, submission: nil)
    }

    // MARK: Mail

    /// What waits for a firm behind a number; what it has is noted.
    func mail(for firm: String, after last: Int, _ actor: TrailActor) async throws(SupervisionError) -> (
        packages: [[UInt8]], last: Int, hasMore: Bool
    ) {
        let (rows, isNews) = try await read { db in
            (
                try Row.fetchAll(
                    db, sql: "SELECT * FROM inbox_outgoing WHERE firm = ? AND number > ? ORDER BY number LIMIT ?",
                    arguments: [firm, last, policy.mailBatch + 1]
                ).map(Self.outgoing),
                try Bool.fetchOne(
                    db,
                    sql: "SELECT EXISTS (SELECT 1 FROM inbox_outgoing WHERE firm = ? AND number <= ? AND fetched IS NULL)",
                    arguments: [firm, last]) ?? false
            )
        }
        if isNews {
            let time = now()
            try await change(actor) { db, trail in
                try db.execute(
                    sql: "UPDATE inbox_outgoing SET fetched = ? WHERE firm = ? AND number <= ? AND fetched IS NULL",
                    arguments: [time, firm, last])
                trail.note(
                    TrailEntry(
                        "exchange.fetched", .init("firm", firm),
                        details: ["last": String(last), "count": String(db.changesCount)]))
            }
        }
        var packages: [[UInt8]] = []
        var (size, end) = (0, last)
        for row in rows.prefix(policy.mailBatch) {
            let package = try bytes(row.package)
            // At least one, however large it is.
            guard packages.isEmpty || size + package.count <= policy.mailBytes else { break }
            packages.append(package)
            (size, end) = (size + package.count, row.number)
        }
        return (packages, end, rows.count > packages.count)
    }
}
