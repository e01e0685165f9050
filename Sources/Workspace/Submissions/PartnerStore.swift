internal import Database
internal import GRDB
internal import Rulebook
internal import Submissions

/// The supervisor a firm files with, and the keys it signs with.
extension FilingStore {
    /// All versions of who the supervisor is, newest first.
    func partners() async throws(WorkspaceError) -> [Partner] { try await read { db in try Self.partners(db) } }

    static func partners(_ db: GRDB.Database) throws -> [Partner] {
        try Row.fetchAll(db, sql: "SELECT * FROM filing_partners ORDER BY version DESC").map { row in
            Partner(
                version: row["version"], address: row["address"], trust: row["trust"], firm: row["firm"], name: row["name"],
                key: (row["key"] as String?).flatMap(PublicKey.read), keyName: row["key_name"],
                changed: row["changed"], by: row["changed_by"])
        }
    }

    /// Keeps a new version; where another supervisor is meant, its mail is asked for from the beginning.
    func save(_ partner: Partner, action: String, _ actor: TrailActor) async throws(WorkspaceError) {
        let time = now()
        try await change(actor) { db, trail in
            let before = try Self.partners(db).first
            guard (before?.version ?? 0) + 1 == partner.version else {
                throw WorkspaceError.conflict("somebody changed it meanwhile")
            }
            try db.execute(
                sql: "INSERT INTO filing_partners VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                arguments: [
                    partner.version, partner.address, partner.trust, partner.firm, partner.name,
                    partner.key.map { PublicKey.text($0) }, partner.keyName,
                    time, actor.who,
                ])
            if before?.key != partner.key || before?.firm != partner.firm {
                try db.execute(sql: "UPDATE filing_cursor SET last = 0")
            }
            trail.note(
                TrailEntry(
                    action, .init("supervisor"),
                    details: [
                        "address": partner.address, "firm": partner.firm, "key": partner.key.map { PublicKey.id($0) } ?? "",
                    ]))
        }
    }

    /// The supervisor's keys, as a book: the one that is pinned, and those that were, until their end.
    static func book(_ partners: [Partner]) -> KeyBook {
        var keys: [String: KnownKey] = [:]
        var later: Partner?
        for partner in partners {
            if let bytes = partner.key {
                let id = PublicKey.id(bytes)
                let from = Instant(seconds: partner.changed / 1_000_000)
                if var known = keys[id] {
                    known.from = from
                    keys[id] = known
                } else {
                    keys[id] = KnownKey(
                        key: bytes, owner: .supervisor, from: from,
                        until: later.map { Instant(seconds: $0.changed / 1_000_000) })
                }
            }
            later = partner
        }
        return KeyBook(keys.values)
    }

    // MARK: Keys

    /// The firm's keys, newest first.
    func keys() async throws(WorkspaceError) -> [OwnKey] { try await read { db in try Self.keys(db) } }

    static func keys(_ db: GRDB.Database) throws -> [OwnKey] {
        try Row.fetchAll(db, sql: "SELECT * FROM filing_keys ORDER BY created DESC, id").map { row in
            OwnKey(
                id: row["id"], key: PublicKey.read(row["key"]) ?? [], state: OwnKey.State(rawValue: row["state"]) ?? .ended,
                created: row["created"],
                by: row["created_by"], registration: row["registration"], reason: row["reason"])
        }
    }

    /// Keeps a new key and puts its registration on its way.
    func add(_ key: SigningKey, _ envelope: Envelope, package: String, _ actor: TrailActor) async throws(WorkspaceError) {
        let time = now()
        try await change(actor) { db, trail in
            let waiting = try Int.fetchOne(db, sql: "SELECT count(*) FROM filing_keys WHERE state IN ('made', 'waiting')") ?? 0
            guard waiting == 0 else { throw WorkspaceError.conflict("another key waits for its registration") }
            try db.execute(
                sql: "INSERT INTO filing_keys VALUES (?, ?, 'made', ?, ?, ?, '')",
                arguments: [key.id, PublicKey.text(key.publicKey), time, actor.who, package])
            try Self.enqueue(envelope, package, nil, time, db)
            trail.note(
                TrailEntry("key.make", .init("key", key.id), details: ["package": package, "sha256": envelope.payloadHash]))
        }
    }

    /// Takes a key out of use, and puts the word of it on its way where the supervisor knows the key.
    func end(
        _ id: String, reason: String, _ envelope: Envelope?, package: String, _ actor: TrailActor
    ) async throws(WorkspaceError) {
        let time = now()
        try await change(actor) { db, trail in
            try db.execute(
                sql: "UPDATE filing_keys SET state = 'ended', reason = ? WHERE id = ? AND state <> 'ended'",
                arguments: [reason, id])
            guard db.changesCount == 1 else { throw WorkspaceError.notFound("key in use") }
            if let envelope { try Self.enqueue(envelope, package, nil, time, db) }
            trail.note(TrailEntry("key.end", .init("key", id), reason: reason, details: ["package": package]))
        }
    }

    /// Notes how far a key has come.
    static func mark(_ id: String, _ state: OwnKey.State, _ db: GRDB.Database, _ trail: inout TrailBook) throws {
        // A key that ended stays so, and one that the supervisor took does not wait any more.
        try db.execute(
            sql: "UPDATE filing_keys SET state = ? WHERE id = ? AND state <> 'ended' AND state <> 'registered'",
            arguments: [state.rawValue, id])
        guard db.changesCount == 1 else { return }
        trail.note(TrailEntry("key.\(state.rawValue)", .init("key", id)))
        guard state == .registered else { return }
        // A new key takes the place of those before.
        for other in try keys(db) where other.id != id && other.state == .registered {
            try db.execute(
                sql: "UPDATE filing_keys SET state = 'ended', reason = 'replaced' WHERE id = ?", arguments: [other.id])
            trail.note(TrailEntry("key.end", .init("key", other.id), reason: "replaced", details: ["by": id]))
        }
    }

    /// Notes that the supervisor answered what a key signed.
    func markRegistered(_ id: String, _ actor: TrailActor) async throws(WorkspaceError) {
        try await change(actor) { db, trail in
            try Self.mark(id, .registered, db, &trail)
            if trail.entries.isEmpty { trail.note(TrailEntry("key.registered", .init("key", id), reason: "known already")) }
        }
    }
}
