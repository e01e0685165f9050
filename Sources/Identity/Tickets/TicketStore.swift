internal import Documents
internal import GRDB
internal import Rulebook

/// One-time proofs of 256 random bits, stored as their SHA-256 (K1): the steps of a sign-in, reset and unlock links, challenges, the set-up
/// link. Each belongs to a purpose and, but for the set-up link, to an account.
enum TicketStore {
    /// What a ticket is for.
    enum Purpose: String {
        /// The password was right; more is to come.
        case signIn = "sign-in"
        /// A new password may be chosen.
        case reset
        /// A lock may be ended, with a second factor.
        case unlock
        /// A new factor is being set up.
        case enrol
        /// A security key is being asked within a session.
        case challenge
        /// The first administrator may be made.
        case setup

        /// Whether a newer ticket voids an older one. Not for the steps of a sign-in: who knows the password could keep the other out.
        var isSingle: Bool { self != .signIn && self != .challenge }
    }

    struct Ticket {
        var hash: [UInt8]
        var account: AccountID?
        var payload: Node
        var expires: Instant
    }

    /// Makes a ticket; earlier ones of the same purpose and account are void.
    static func issue(
        _ db: Connection, _ secret: String, _ purpose: Purpose, _ account: AccountID?, _ payload: Node = .object([]),
        at now: Instant,
        lifetime: Int
    ) throws {
        if purpose.isSingle {
            try db.execute(
                sql: "DELETE FROM identity_ticket WHERE purpose = ? AND account IS ?",
                arguments: [purpose.rawValue, account?.number])
        }
        try db.execute(
            sql:
                "INSERT INTO identity_ticket (hash, purpose, account, payload, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [
                blob(Digest.sha256(secret.utf8)), purpose.rawValue, account?.number, blob(CanonicalJSON.bytes(of: payload)),
                now.seconds,
                now.adding(seconds: Int64(lifetime)).seconds,
            ])
    }

    /// The ticket, when it is genuine, of this purpose and in date.
    static func find(_ db: Connection, _ secret: String, _ purpose: Purpose, at now: Instant) throws -> Ticket? {
        guard secret.utf8.count <= 64,
            let row = try Row.fetchOne(
                db, sql: "SELECT * FROM identity_ticket WHERE hash = ? AND purpose = ? AND expires_at > ?",
                arguments: [blob(Digest.sha256(secret.utf8)), purpose.rawValue, now.seconds])
        else { return nil }
        let account: Int64? = row["account"]
        return Ticket(
            hash: bytes(row["hash"]), account: account.map { AccountID($0) }, payload: try JSONReader.read(bytes(row["payload"])),
            expires: Instant(seconds: row["expires_at"]))
    }

    static func use(_ db: Connection, _ ticket: Ticket) throws {
        try db.execute(sql: "DELETE FROM identity_ticket WHERE hash = ?", arguments: [blob(ticket.hash)])
    }

    static func setPayload(_ db: Connection, _ ticket: Ticket, _ payload: Node) throws {
        try db.execute(
            sql: "UPDATE identity_ticket SET payload = ? WHERE hash = ?",
            arguments: [blob(CanonicalJSON.bytes(of: payload)), blob(ticket.hash)])
    }

    /// Voids every ticket of an account.
    static func void(_ db: Connection, _ account: AccountID) throws {
        try db.execute(sql: "DELETE FROM identity_ticket WHERE account = ?", arguments: [account.number])
    }

    static func removeExpired(_ db: Connection, at now: Instant) throws -> Int {
        try db.execute(sql: "DELETE FROM identity_ticket WHERE expires_at <= ?", arguments: [now.seconds])
        return db.changesCount
    }
}
