public import GRDB
internal import Rulebook

/// Reads the survey from the tables.
public enum IdentitySurveyStore {
    /// The survey of one state of the tables.
    ///
    /// - Parameter db: a connection within a read.
    /// - Returns: what was found.
    /// - Throws: what reading throws; `IdentityError` when a row is not as this program writes it.
    public static func read(_ db: GRDB.Database) throws -> IdentitySurvey {
        let accounts = try AccountStore.all(db)
        var factors: [AccountID: [Factor]] = [:]
        for account in accounts { factors[account.id] = try FactorStore.list(db, account.id) }
        return IdentitySurvey(
            accounts: accounts, factors: factors, passwords: try passwords(db), locks: try locks(db),
            sessions: try SessionStore.all(db).map { session in
                .init(
                    reference: session.reference, account: session.account, began: session.createdAt,
                    hasFactor: session.hasFactor,
                    address: session.address)
            },
            tickets: try Row.fetchAll(
                db, sql: "SELECT purpose, created_at, expires_at FROM identity_ticket ORDER BY created_at, purpose"
            ).map {
                .init(
                    purpose: $0["purpose"], made: Instant(seconds: $0["created_at"]), expires: Instant(seconds: $0["expires_at"]))
            },
            tokens: try TokenStore.list(db, nil), reviews: try ReviewStore.list(db))
    }

    private static func passwords(_ db: GRDB.Database) throws -> [IdentitySurvey.StoredPassword] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT id AS account, password, 1 AS current FROM identity_account WHERE password IS NOT NULL
                UNION ALL SELECT account, password, 0 FROM identity_old_password ORDER BY account, current DESC
                """)
        return rows.map { row in
            let text: String = row["password"]
            return .init(
                account: AccountID(row["account"]), isCurrent: row["current"], scheme: PasswordScheme.name(text),
                cost: PasswordHash(text)?.cost)
        }
    }

    private static func locks(_ db: GRDB.Database) throws -> [IdentitySurvey.Lock] {
        try Row.fetchAll(db, sql: "SELECT account, bucket, failures, locked_until FROM identity_lockout ORDER BY account, bucket")
            .map { row in
                let bucket: String = row["bucket"]
                // The rest of a device's bucket is half of a secret.
                return .init(
                    account: AccountID(row["account"]), bucket: String(bucket.prefix { $0 != ":" }), failures: row["failures"],
                    until: row.instant("locked_until"))
            }
    }
}
