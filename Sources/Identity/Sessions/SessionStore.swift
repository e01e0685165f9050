internal import Database
internal import GRDB
internal import Rulebook

/// Sessions in the database, by the SHA-256 of their secrets.
enum SessionStore {
    struct Stored: Sendable {
        var hash: [UInt8]
        var reference: String
        var account: AccountID
        var createdAt: Instant
        var seenAt: Instant
        var provenAt: Instant
        var hasFactor: Bool
        var device: String
        var address: String?
        var agent: String

        init(_ row: Row) {
            (hash, reference, account) = (bytes(row["hash"]), row["reference"], AccountID(row["account"]))
            (createdAt, seenAt) = (Instant(seconds: row["created_at"]), Instant(seconds: row["seen_at"]))
            (provenAt, hasFactor, device) = (Instant(seconds: row["proven_at"]), row["has_factor"], row["device"])
            (address, agent) = (row["address"], row["agent"])
        }

        init(
            hash: [UInt8], reference: String, account: AccountID, createdAt: Instant, provenAt: Instant, hasFactor: Bool,
            device: String,
            address: String?, agent: String
        ) {
            (self.hash, self.reference, self.account, self.createdAt, seenAt) = (hash, reference, account, createdAt, provenAt)
            (self.provenAt, self.hasFactor, self.device, self.address, self.agent) = (provenAt, hasFactor, device, address, agent)
        }

        /// Whether it is over, at an instant, when it was last used at `seen`.
        func isOver(at now: Instant, seen: Instant, _ policy: IdentityPolicy) -> Bool {
            now - createdAt >= Int64(policy[.sessionAbsolute]) || now - seen >= Int64(policy[.sessionIdle])
        }
    }

    static func find(_ db: Connection, _ hash: [UInt8]) throws -> Stored? {
        try Row.fetchOne(db, sql: "SELECT * FROM identity_session WHERE hash = ?", arguments: [blob(hash)]).map { Stored($0) }
    }

    static func all(_ db: Connection, of account: AccountID? = nil) throws -> [Stored] {
        let rows =
            try account.map {
                try Row.fetchAll(
                    db, sql: "SELECT * FROM identity_session WHERE account = ? ORDER BY created_at, reference",
                    arguments: [$0.number])
            } ?? Row.fetchAll(db, sql: "SELECT * FROM identity_session ORDER BY created_at, reference")
        return rows.map { Stored($0) }
    }

    static func insert(_ db: Connection, _ session: Stored) throws {
        try db.execute(
            sql: """
                INSERT INTO identity_session (hash, reference, account, created_at, seen_at, proven_at, has_factor, device, address, agent)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                blob(session.hash), session.reference, session.account.number, session.createdAt.seconds, session.seenAt.seconds,
                session.provenAt.seconds, session.hasFactor, session.device, session.address, session.agent,
            ])
    }

    static func setSeen(_ db: Connection, _ hash: [UInt8], _ seen: Instant) throws {
        try db.execute(sql: "UPDATE identity_session SET seen_at = ? WHERE hash = ?", arguments: [seen.seconds, blob(hash)])
    }

    /// Ends sessions and notes each.
    static func end(
        _ db: Connection, _ trail: inout TrailBook, _ sessions: [Stored], reason: String, _ activity: SessionActivity
    ) throws {
        for session in sessions {
            try db.execute(sql: "DELETE FROM identity_session WHERE hash = ?", arguments: [blob(session.hash)])
            activity.forget(session.hash)
            trail.note(
                TrailEntry(
                    "session.end", .init("account", session.account.description), reason: reason,
                    details: ["session": session.reference]))
        }
    }
}
