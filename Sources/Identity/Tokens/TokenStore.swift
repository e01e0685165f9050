internal import Database
internal import GRDB
internal import Rulebook

/// Tokens of programs in the database, by the SHA-256 of their secrets.
enum TokenStore {
    static func find(_ db: Connection, _ hash: [UInt8]) throws -> AccessToken? {
        try Row.fetchOne(db, sql: "SELECT * FROM identity_token WHERE hash = ?", arguments: [blob(hash)]).map { try token($0) }
    }

    static func list(_ db: Connection, _ account: AccountID?) throws -> [AccessToken] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM identity_token WHERE ?1 IS NULL OR account = ?1 ORDER BY created_at, reference",
            arguments: [account?.number]
        ).map { try token($0) }
    }

    private static func token(_ row: Row) throws -> AccessToken {
        let names: String = row["permissions"]
        guard let kind = AccessToken.Kind(rawValue: row["kind"]) else {
            throw IdentityError(.storage, "the row of a token cannot be read")
        }
        return AccessToken(
            reference: row["reference"], kind: kind, account: AccountID(row["account"]), label: row["label"], host: row["host"],
            permissions: Set(names.split(separator: " ").compactMap { Permission(rawValue: String($0)) }),
            createdAt: Instant(seconds: row["created_at"]), expiresAt: Instant(seconds: row["expires_at"]),
            lastUsed: row.instant("last_used"))
    }

    static func insert(_ db: Connection, _ hash: [UInt8], _ token: AccessToken) throws {
        try db.execute(
            sql: """
                INSERT INTO identity_token (hash, reference, kind, account, label, host, permissions, created_at, expires_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                blob(hash), token.reference, token.kind.rawValue, token.account.number, token.label, token.host,
                token.permissions.sorted().map(\.rawValue).joined(separator: " "), token.createdAt.seconds,
                token.expiresAt.seconds,
            ])
    }

    static func setUsed(_ db: Connection, _ reference: String, at now: Instant) throws {
        try db.execute(sql: "UPDATE identity_token SET last_used = ? WHERE reference = ?", arguments: [now.seconds, reference])
    }

    /// Removes a token; false when there is none.
    static func remove(_ db: Connection, _ reference: String) throws -> Bool {
        try db.execute(sql: "DELETE FROM identity_token WHERE reference = ?", arguments: [reference])
        return db.changesCount > 0
    }

    static func removeAll(_ db: Connection, of account: AccountID) throws {
        try db.execute(sql: "DELETE FROM identity_token WHERE account = ?", arguments: [account.number])
    }

    /// Removes what has run out and notes each.
    static func expire(_ db: Connection, _ trail: inout TrailBook, at now: Instant) throws {
        for token in try list(db, nil) where now >= token.expiresAt {
            _ = try remove(db, token.reference)
            trail.note(TrailEntry("token.expire", .init("token", token.reference)))
        }
    }
}
