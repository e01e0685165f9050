internal import Database
internal import Documents
internal import GRDB
internal import Rulebook
internal import Submissions

/// Keys: the supervisor's own, and those that firms registered.
extension InboxStore {
    // MARK: Own

    /// Ids of the supervisor's keys, newest first, each with its announcement's package.
    func ownKeys() async throws(SupervisionError) -> [(id: String, announcement: String)] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT id, announcement FROM inbox_own_keys ORDER BY created DESC, rowid DESC").map {
                ($0["id"], $0["announcement"])
            }
        }
    }

    /// Keeps a new key of the supervisor's, unless somebody was faster.
    ///
    /// - Returns: whether it is the newest now.
    func add(
        _ key: SigningKey, _ announcement: Envelope, after previous: String?, reason: String, _ actor: TrailActor
    ) async throws(SupervisionError) -> Bool {
        let time = now()
        return try await change(actor) { db, trail in
            let newest = try String.fetchOne(db, sql: "SELECT id FROM inbox_own_keys ORDER BY created DESC, rowid DESC LIMIT 1")
            guard newest == previous else {
                trail.note(TrailEntry("key.make", .init("key", key.id), .refused, reason: "another was made meanwhile"))
                return false
            }
            let package = try files.store(announcement.bytes)
            try db.execute(
                sql: "INSERT INTO inbox_own_keys VALUES (?, ?, ?, ?, ?)",
                arguments: [key.id, PublicKey.text(key.publicKey), time, actor.who, package])
            trail.note(
                TrailEntry(
                    "key.make", .init("key", key.id), reason: reason, details: ["replaces": previous ?? "", "package": package]))
            return true
        }
    }

    // MARK: Firms'

    /// All keys of firms, newest first.
    func keys(firm: String? = nil) async throws(SupervisionError) -> [RegisteredKey] {
        try await read { db in try Self.keys(firm, db) }
    }

    /// Keys to compare, and filings whose newest version waits.
    func waiting() async throws(SupervisionError) -> (keys: Int, submitted: Int, answered: Int) {
        try await read { db in
            func count(_ table: String, _ state: String) throws -> Int {
                try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table) WHERE state = ?", arguments: [state]) ?? 0
            }
            return (
                try count("inbox_keys", RegisteredKey.State.waiting.rawValue),
                try count("inbox_filings", FilingState.submitted.rawValue),
                try count("inbox_filings", FilingState.answered.rawValue)
            )
        }
    }

    private static func keys(_ firm: String?, _ db: GRDB.Database) throws -> [RegisteredKey] {
        let filter = firm == nil ? "" : "WHERE firm = ?"
        return try Row.fetchAll(
            db, sql: "SELECT * FROM inbox_keys \(filter) ORDER BY received DESC, rowid DESC", arguments: firm.map { [$0] } ?? []
        ).map(key)
    }

    private static func key(_ row: Row) -> RegisteredKey {
        RegisteredKey(
            id: row["id"], key: PublicKey.read(row["key"]) ?? [], firm: row["firm"], name: row["name"], contact: row["contact"],
            state: RegisteredKey.State(rawValue: row["state"]) ?? .rejected, replaces: row["replaces"], received: row["received"],
            origin: row["origin"], package: row["package"], from: row["valid_from"], until: row["valid_until"],
            by: row["changed_by"], reason: row["reason"])
    }

    /// One key.
    func key(_ id: String) async throws(SupervisionError) -> RegisteredKey {
        try await read { db in
            guard let row = try Row.fetchOne(db, sql: "SELECT * FROM inbox_keys WHERE id = ?", arguments: [id]) else {
                throw SupervisionError.notFound("key \(id.clipped)")
            }
            return Self.key(row)
        }
    }

    /// Keys that were or are taken, as a book.
    func book() async throws(SupervisionError) -> KeyBook {
        KeyBook(
            try await keys().compactMap { key in
                guard let from = key.from else { return nil }
                return KnownKey(
                    key: key.key, owner: .firm(key.firm), from: Instant(seconds: from),
                    until: key.until.map { Instant(seconds: $0) })
            })
    }

    static func isRegistered(_ id: String, _ db: GRDB.Database) throws -> Bool {
        try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM inbox_keys WHERE id = ? AND state = 'registered')", arguments: [id]) ?? false
    }

    /// The key a firm reads its mail by; nil when it has none.
    static func addressee(_ firm: String, _ db: GRDB.Database) throws -> String? {
        try String.fetchOne(
            db,
            sql: "SELECT id FROM inbox_keys WHERE firm = ? AND state = 'registered' ORDER BY valid_from DESC, rowid DESC LIMIT 1",
            arguments: [firm])
    }

    /// Takes a registration: it waits for somebody to compare the fingerprint. The same answer comes whether or not the register has the firm.
    func register(
        _ registration: KeyRegistration, _ opened: OpenedPackage, _ origin: String, _ pen: Pen, _ db: GRDB.Database,
        _ trail: inout TrailBook
    ) throws -> ExchangeAnswer {
        guard registration.role == .firm else { throw PackageRefusal(.unknownKind) }
        let isThere =
            try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM inbox_keys WHERE id = ?)", arguments: [opened.key.id])
            ?? false
        guard !isThere else { throw PackageRefusal(.replayed) }
        let waiting = try Int.fetchOne(db, sql: "SELECT count(*) FROM inbox_keys WHERE state = 'waiting'") ?? 0
        guard waiting < policy.waitingKeys else { throw PackageRefusal(.busy, "too many keys wait") }
        let package = try files.store(opened.envelope.bytes)
        try db.execute(
            sql: "INSERT INTO inbox_keys VALUES (?, ?, ?, ?, ?, 'waiting', ?, ?, ?, ?, ?, NULL, NULL, '', '')",
            arguments: [
                opened.key.id, PublicKey.text(opened.key.key), opened.firm, registration.name, registration.contact,
                registration.replaces ?? "", now(), origin, package, opened.payloadHash,
            ])
        trail.note(
            TrailEntry(
                "key.receive", .init("key", opened.key.id),
                details: [
                    "firm": opened.firm, "package": package, "sha256": opened.payloadHash,
                    "replaces": registration.replaces ?? "",
                    "origin": origin,
                ]))
        let receipt = Message.receipt(
            Receipt(
                pen.header(now(), firm: registration.header.firm, to: opened.key.id), of: opened.payloadHash, package: package,
                kind: .registration, outcome: .waiting))
        let envelope = try receipt.signed(by: pen.key)
        // In no mailbox: nobody vouched for the key yet. Whoever carried the file carries the receipt back.
        if origin == "file" { _ = try post(envelope, to: "", nil, db) }
        return ExchangeAnswer(bytes: envelope.bytes, refusal: nil, submission: nil)
    }

    /// Registers a key that waits, after somebody compared its fingerprint; it takes the place of the one it names.
    func confirm(_ id: String, reason: String, _ pen: Pen, _ actor: TrailActor) async throws(SupervisionError) {
        let time = now()
        try await change(actor) { db, trail in
            guard let row = try Row.fetchOne(db, sql: "SELECT * FROM inbox_keys WHERE id = ?", arguments: [id]) else {
                throw SupervisionError.notFound("key \(id.clipped)")
            }
            let key = Self.key(row)
            guard key.state == .waiting else { throw SupervisionError.conflict("the key does not wait") }
            let isFirm =
                try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM firms WHERE id = ?)", arguments: [key.firm]) ?? false
            guard isFirm else { throw SupervisionError.conflict("the register has no firm \(key.firm)") }
            try db.execute(
                sql: "UPDATE inbox_keys SET state = 'registered', valid_from = ?, changed_by = ?, reason = ? WHERE id = ?",
                arguments: [time / 1_000_000, actor.who, reason, id])
            trail.note(
                TrailEntry(
                    "key.register", .init("key", id), reason: reason, details: ["firm": key.firm, "replaces": key.replaces]))
            if !key.replaces.isEmpty, try Self.isRegistered(key.replaces, db) {
                try revoke(key.replaces, of: key.firm, reason: "replaced", by: actor.who, db, &trail)
            }
            let receipt = Message.receipt(
                Receipt(
                    pen.header(time, firm: .init(id: key.firm, name: key.name), to: id), of: row["payload"], package: key.package,
                    kind: .registration))
            let kept = try post(try receipt.signed(by: pen.key), to: key.firm, nil, db)
            trail.note(
                TrailEntry("exchange.receipt", .init("package", key.package), details: ["receipt": kept, "firm": key.firm]))
        }
    }

    /// Rejects a key that waits.
    func reject(_ id: String, reason: String, _ actor: TrailActor) async throws(SupervisionError) {
        try await change(actor) { db, trail in
            try db.execute(
                sql: "UPDATE inbox_keys SET state = 'rejected', changed_by = ?, reason = ? WHERE id = ? AND state = 'waiting'",
                arguments: [actor.who, reason, id])
            guard db.changesCount == 1 else { throw SupervisionError.conflict("the key does not wait") }
            trail.note(TrailEntry("key.reject", .init("key", id), reason: reason))
        }
    }

    /// Takes a key out of use.
    func revoke(_ id: String, reason: String, _ actor: TrailActor) async throws(SupervisionError) {
        let key = try await key(id)
        try await change(actor) { db, trail in
            do {
                try revoke(id, of: key.firm, reason: reason, by: actor.who, db, &trail)
            } catch is PackageRefusal {
                throw SupervisionError.conflict("the key is not in use")
            }
        }
    }

    func revoke(
        _ id: String, of firm: String, reason: String, by: String, _ db: GRDB.Database, _ trail: inout TrailBook
    ) throws {
        // From this second on: a package of the same second that was taken before stays taken.
        try db.execute(
            sql: """
                UPDATE inbox_keys SET state = 'ended', valid_until = ?, changed_by = ?, reason = ?
                WHERE id = ? AND firm = ? AND state = 'registered'
                """, arguments: [now() / 1_000_000, by, reason, id, firm])
        guard db.changesCount == 1 else { throw PackageRefusal(.unknownKey) }
        trail.note(TrailEntry("key.revoke", .init("key", id), reason: reason, details: ["firm": firm]))
    }
}
