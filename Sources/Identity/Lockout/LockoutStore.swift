internal import Database
internal import GRDB
internal import Rulebook

/// Lockout buckets in the database. Every function runs inside the transaction that also decides, so parallel attempts are counted one after
/// the other.
enum LockoutStore {
    static func machine(_ db: Connection, _ account: AccountID, _ bucket: LockoutBucket) throws -> LockoutMachine {
        guard
            let row = try Row.fetchOne(
                db, sql: "SELECT failures, locked_until FROM identity_lockout WHERE account = ? AND bucket = ?",
                arguments: [account.number, bucket.description])
        else { return LockoutMachine() }
        return LockoutMachine(failures: row["failures"], lockedUntil: row.instant("locked_until"))
    }

    static func put(_ db: Connection, _ account: AccountID, _ bucket: LockoutBucket, _ machine: LockoutMachine) throws {
        guard !machine.isClear else {
            try db.execute(
                sql: "DELETE FROM identity_lockout WHERE account = ? AND bucket = ?",
                arguments: [account.number, bucket.description])
            return
        }
        try db.execute(
            sql: "INSERT OR REPLACE INTO identity_lockout (account, bucket, failures, locked_until) VALUES (?, ?, ?, ?)",
            arguments: [account.number, bucket.description, machine.failures, machine.lockedUntil?.seconds])
    }

    /// Buckets of an account that hold anything.
    static func buckets(_ db: Connection, _ account: AccountID) throws -> [(bucket: LockoutBucket, machine: LockoutMachine)] {
        try Row.fetchAll(
            db, sql: "SELECT bucket, failures, locked_until FROM identity_lockout WHERE account = ? ORDER BY bucket",
            arguments: [account.number]
        ).compactMap { row in
            LockoutBucket(row["bucket"]).map {
                ($0, LockoutMachine(failures: row["failures"], lockedUntil: row.instant("locked_until")))
            }
        }
    }

    /// Clears buckets of an account.
    static func clear(_ db: Connection, _ account: AccountID, withFactor: Bool) throws {
        try db.execute(
            sql: "DELETE FROM identity_lockout WHERE account = ?\(withFactor ? "" : " AND bucket <> 'factor'")",
            arguments: [account.number])
    }

    /// Ends every lock that has run out and notes each.
    static func expire(_ db: Connection, _ trail: inout TrailBook, at now: Instant) throws -> Int {
        let rows = try Row.fetchAll(
            db, sql: "SELECT account, bucket FROM identity_lockout WHERE locked_until < ? ORDER BY account, bucket",
            arguments: [now.seconds])
        for row in rows {
            let account = AccountID(row["account"])
            guard let bucket = LockoutBucket(row["bucket"]) else { continue }
            var machine = try machine(db, account, bucket)
            if let change = machine.expire(at: now) { trail.note(.lockout(change, account, bucket)) }
            try put(db, account, bucket, machine)
        }
        return rows.count
    }

}

extension TrailEntry {
    /// What happened to a bucket, as the trail tells it. Devices are named by the bucket's kind only: the identifier is half of a secret.
    static func lockout(_ change: LockoutMachine.Change, _ account: AccountID, _ bucket: LockoutBucket) -> TrailEntry {
        let kind =
            switch bucket {
            case .shared: "shared"
            case .device: "device"
            case .factor: "factor"
            }
        let object = Object("account", account.description)
        return switch change {
        case .counted: TrailEntry("lockout.count", object, details: ["bucket": kind])
        case .locked(let until): TrailEntry("lockout.lock", object, details: ["bucket": kind, "until": until.description])
        case .expired(let at):
            TrailEntry("lockout.unlock", object, reason: "expired", details: ["bucket": kind, "at": at.description])
        case .cleared: TrailEntry("lockout.clear", object, details: ["bucket": kind])
        }
    }
}
