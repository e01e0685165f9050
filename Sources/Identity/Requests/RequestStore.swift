public import Database
internal import Documents
public import GRDB
public import Rulebook

/// Requests in the database.
public enum RequestStore {
    static func find(_ db: Connection, _ id: Int64) throws -> Request? {
        try Row.fetchOne(db, sql: "SELECT * FROM identity_request WHERE id = ?", arguments: [id]).map { try request($0) }
    }

    static func require(_ db: Connection, _ id: Int64) throws -> Request {
        guard let request = try find(db, id) else { throw IdentityError(.notFound, "there is no such request") }
        return request
    }

    static func list(_ db: Connection, _ states: Set<Request.State>) throws -> [Request] {
        try Row.fetchAll(db, sql: "SELECT * FROM identity_request ORDER BY id").map { try request($0) }.filter {
            states.contains($0.state)
        }
    }

    private static func request(_ row: Row) throws -> Request {
        let payload: String = row["payload"]
        let (subject, by, decided): (Int64?, Int64?, Int64?) = (row["subject"], row["requested_by"], row["decided_by"])
        guard let permission = Permission(rawValue: row["permission"]), let state = Request.State(rawValue: row["state"]) else {
            throw IdentityError(.storage, "the row of a request cannot be read")
        }
        return Request(
            id: row["id"],
            change: try RequestedChange(
                permission: permission, object: row["object"], subject: subject.map { AccountID($0) },
                payload: try JSONReader.read(Array(payload.utf8))),
            reason: row["reason"], requestedBy: by.map { AccountID($0) }, requestedAt: Instant(seconds: row["requested_at"]),
            expiresAt: Instant(seconds: row["expires_at"]), state: state, decidedBy: decided.map { AccountID($0) },
            decidedAt: row.instant("decided_at"), note: row["note"])
    }

    static func insert(
        _ db: Connection, _ change: RequestedChange, reason: String, by account: AccountID?, at now: Instant, lifetime: Int
    ) throws -> Int64 {
        try db.execute(
            sql: """
                INSERT INTO identity_request (permission, object, subject, payload, reason, requested_by, requested_at, expires_at, state)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open')
                """,
            arguments: [
                change.permission.rawValue, change.object, change.subject?.number,
                String(decoding: CanonicalJSON.bytes(of: change.payload), as: UTF8.self), tidied(reason, 500), account?.number,
                now.seconds, now.adding(seconds: Int64(lifetime)).seconds,
            ])
        return db.lastInsertedRowID
    }

    static func decide(
        _ db: Connection, _ id: Int64, _ state: Request.State, by account: AccountID?, note: String, at now: Instant
    ) throws {
        try db.execute(
            sql: "UPDATE identity_request SET state = ?, decided_by = ?, decided_at = ?, note = ? WHERE id = ?",
            arguments: [state.rawValue, account?.number, now.seconds, tidied(note, 500), id])
    }

    static func setState(_ db: Connection, _ id: Int64, _ state: Request.State) throws {
        try db.execute(sql: "UPDATE identity_request SET state = ? WHERE id = ?", arguments: [state.rawValue, id])
    }

    /// Marks an approved request of another room as done, within that room's own transaction: what was agreed to is done there, or neither.
    ///
    /// - Parameters:
    ///   - db: the transaction's connection.
    ///   - trail: its trail book; an entry is noted.
    ///   - id: the request.
    ///   - permission: what is about to be done.
    ///   - object: what it is done to; must be what was agreed to.
    ///   - now: the time.
    /// - Returns: the request, with its payload.
    /// - Throws: `IdentityError`: `.notFound`; `.wrongState` when it is not approved, lapsed, or about something else.
    public static func use(
        _ db: GRDB.Database, _ trail: inout TrailBook, _ id: Int64, permission: Permission, object: String, at now: Instant
    ) throws -> Request {
        let request = try require(db, id)
        guard request.state == .approved, now < request.expiresAt, request.change.permission == permission,
            request.change.object == object
        else { throw IdentityError(.wrongState, "this was not agreed to") }
        try setState(db, id, .done)
        trail.note(TrailEntry("request.done", .init("request", "\(id)"), details: ["permission": permission.rawValue]))
        return request
    }
}
