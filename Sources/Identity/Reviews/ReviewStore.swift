internal import Documents
internal import GRDB
internal import Rulebook

/// Reviews in the database; the accounts of a review are kept as they were.
enum ReviewStore {
    static func find(_ db: Connection, _ id: Int64) throws -> AccountReview {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM identity_review WHERE id = ?", arguments: [id]) else {
            throw IdentityError(.notFound, "there is no such review")
        }
        let signedBy: Int64? = row["signed_by"]
        let items = try Row.fetchAll(
            db, sql: "SELECT * FROM identity_review_item WHERE review = ? ORDER BY account", arguments: [id])
        return AccountReview(
            id: id, openedBy: AccountID(row["opened_by"]), openedAt: Instant(seconds: row["opened_at"]),
            signedBy: signedBy.map { AccountID($0) }, signedAt: row.instant("signed_at"), items: try items.map { try item($0) })
    }

    private static func item(_ row: Row) throws -> AccountReview.Item {
        let snapshot: String = row["snapshot"]
        let (decision, reviewer): (String?, Int64?) = (row["decision"], row["reviewer"])
        var fields = try Fields(try JSONReader.read(Array(snapshot.utf8)), path: "")
        func instant(_ seconds: Int?) -> Instant? { seconds.map { Instant(seconds: Int64($0)) } }
        return AccountReview.Item(
            account: AccountID(row["account"]), name: try fields.text("name"), displayName: try fields.text("display_name"),
            state: try fields.text("state"), roles: try fields.texts("roles"), party: try fields.optionalText("party"),
            lastSignIn: instant(try fields.optionalInteger("last_sign_in")),
            isInactive: try fields.optionalBool("inactive") ?? false,
            hasFactor: try fields.optionalBool("factor") ?? false,
            temporaryUntil: instant(try fields.optionalInteger("temporary_until")),
            decision: decision.flatMap { AccountReview.Decision(rawValue: $0) }, reviewer: reviewer.map { AccountID($0) },
            decidedAt: row.instant("decided_at"), note: row["note"])
    }

    static func list(_ db: Connection) throws -> [AccountReview] {
        try Int64.fetchAll(db, sql: "SELECT id FROM identity_review ORDER BY id").map { try find(db, $0) }
    }

    static func open(_ db: Connection, by account: AccountID, at now: Instant, _ policy: IdentityPolicy) throws -> Int64 {
        try db.execute(
            sql: "INSERT INTO identity_review (opened_by, opened_at) VALUES (?, ?)", arguments: [account.number, now.seconds])
        let id = db.lastInsertedRowID
        for account in try AccountStore.all(db) where account.state != .removed {
            let snapshot = Node.object([
                ("display_name", .text(account.displayName)), ("factor", .bool(try FactorStore.hasFactor(db, account.id))),
                ("inactive", .bool(account.isInactive(at: now, policy))),
                ("last_sign_in", account.lastSignIn.map { .integer($0.seconds) }), ("name", .text(account.name.text)),
                ("party", account.party.map { .text($0) }), ("roles", .texts(account.roles.sorted().map(\.rawValue))),
                ("state", .text(account.state.rawValue)),
                ("temporary_until", account.temporaryUntil.map { .integer($0.seconds) }),
            ])
            try db.execute(
                sql: "INSERT INTO identity_review_item (review, account, snapshot) VALUES (?, ?, ?)",
                arguments: [id, account.id.number, String(decoding: CanonicalJSON.bytes(of: snapshot), as: UTF8.self)])
        }
        return id
    }

    static func decide(
        _ db: Connection, _ review: Int64, _ account: AccountID, _ decision: AccountReview.Decision, note: String,
        by reviewer: AccountID,
        at now: Instant
    ) throws {
        try db.execute(
            sql:
                "UPDATE identity_review_item SET decision = ?, reviewer = ?, decided_at = ?, note = ? WHERE review = ? AND account = ?",
            arguments: [decision.rawValue, reviewer.number, now.seconds, tidied(note, 500), review, account.number])
    }

    static func sign(_ db: Connection, _ review: Int64, by account: AccountID, at now: Instant) throws {
        try db.execute(
            sql: "UPDATE identity_review SET signed_by = ?, signed_at = ? WHERE id = ?",
            arguments: [account.number, now.seconds, review])
    }
}
