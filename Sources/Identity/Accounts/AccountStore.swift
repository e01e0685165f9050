internal import Documents
internal import GRDB
internal import Rulebook

/// Accounts, their roles and passwords in the database.
enum AccountStore {
    /// What only sign-in looks at.
    struct Credentials: Sendable {
        var password: PasswordHash?
        var deviceEpoch: Int
    }

    static func find(_ db: Connection, name: AccountName) throws -> Account? {
        try Row.fetchOne(db, sql: "SELECT * FROM identity_account WHERE name = ?", arguments: [name.text]).map {
            try account($0, db)
        }
    }

    static func find(_ db: Connection, _ id: AccountID) throws -> Account? {
        try Row.fetchOne(db, sql: "SELECT * FROM identity_account WHERE id = ?", arguments: [id.number]).map {
            try account($0, db)
        }
    }

    /// The oldest account: what is read in place of one that is not there.
    static func first(_ db: Connection) throws -> Account? {
        try Row.fetchOne(db, sql: "SELECT * FROM identity_account ORDER BY id LIMIT 1").map { try account($0, db) }
    }

    /// The account, or an error that it is not there.
    static func require(_ db: Connection, _ id: AccountID) throws -> Account {
        guard let account = try find(db, id) else { throw IdentityError(.notFound, "there is no such account") }
        return account
    }

    /// All accounts, also removed ones, in the order they were made.
    static func all(_ db: Connection) throws -> [Account] {
        try Row.fetchAll(db, sql: "SELECT * FROM identity_account ORDER BY id").map { try account($0, db) }
    }

    static func count(_ db: Connection) throws -> Int { try Int.fetchOne(db, sql: "SELECT count(*) FROM identity_account") ?? 0 }

    private static func account(_ row: Row, _ db: Connection) throws -> Account {
        let id: Int64 = row["id"]
        let text: String = row["name"]
        let conditions: String = row["conditions"]
        guard let name = AccountName(text), let state = Account.State(rawValue: row["state"]),
            let passwordState = Account.PasswordState(rawValue: row["password_state"])
        else { throw IdentityError(.storage, "the row of account \(id) cannot be read") }
        let roles = try String.fetchAll(db, sql: "SELECT role FROM identity_role WHERE account = ?", arguments: [id])
        return Account(
            id: AccountID(id), name: name, person: row["person"] ?? "", displayName: row["display_name"], mail: row["mail"],
            phone: row["phone"], state: state, stateReason: row["state_reason"], roles: Set(roles.map { RoleName(rawValue: $0) }),
            party: row["party"], isBreakGlass: row["is_break_glass"], temporaryUntil: row.instant("temporary_until"),
            conditions: try UseConditions(try JSONReader.read(Array(conditions.utf8)), path: "conditions"),
            createdAt: Instant(seconds: row["created_at"]), lastSignIn: row.instant("last_sign_in"), passwordState: passwordState,
            passwordSetAt: row.instant("password_set_at"), initialUntil: row.instant("initial_until"))
    }

    static func insert(_ db: Connection, _ new: NewAccount, at now: Instant) throws -> AccountID {
        let likeness = new.name.likeness
        let taken = try String.fetchOne(
            db, sql: "SELECT name FROM identity_account WHERE name = ? OR likeness = ?", arguments: [new.name.text, likeness])
        if let taken { throw IdentityError(.taken, "the name is, or looks like, that of another account: \(taken)") }
        if let other = try String.fetchOne(db, sql: "SELECT name FROM identity_account WHERE person = ?", arguments: [new.person])
        {
            throw IdentityError(.taken, "this person has an account: \(other)")
        }
        try db.execute(
            sql: """
                INSERT INTO identity_account (name, likeness, person, display_name, mail, phone, state, party, is_break_glass,
                    temporary_until, conditions, created_at, password_state)
                    VALUES (?, ?, ?, ?, ?, ?, 'active', ?, ?, ?, ?, ?, 'none')
                """,
            arguments: [
                new.name.text, likeness, new.person, tidied(new.displayName, 128), new.mail, new.phone, new.party,
                new.isBreakGlass,
                new.temporaryUntil?.seconds, text(new.conditions), now.seconds,
            ])
        let id = AccountID(db.lastInsertedRowID)
        try setRoles(db, id, new.roles)
        return id
    }

    private static func text(_ conditions: UseConditions) -> String {
        String(decoding: CanonicalJSON.bytes(of: conditions.node), as: UTF8.self)
    }

    static func setRoles(_ db: Connection, _ id: AccountID, _ roles: Set<RoleName>) throws {
        try db.execute(sql: "DELETE FROM identity_role WHERE account = ?", arguments: [id.number])
        for role in roles.sorted() {
            try db.execute(sql: "INSERT INTO identity_role (account, role) VALUES (?, ?)", arguments: [id.number, role.rawValue])
        }
    }

    static func setParty(_ db: Connection, _ id: AccountID, _ party: String?) throws {
        try db.execute(sql: "UPDATE identity_account SET party = ? WHERE id = ?", arguments: [party, id.number])
    }

    /// How many accounts that can be used act for each party.
    static func parties(_ db: Connection, at now: Instant) throws -> [String: Int] {
        try all(db).reduce(into: [:]) { counts, account in
            if let party = account.party, account.isUsable(at: now) { counts[party, default: 0] += 1 }
        }
    }

    static func setState(_ db: Connection, _ id: AccountID, _ state: Account.State, reason: String) throws {
        try db.execute(
            sql: "UPDATE identity_account SET state = ?, state_reason = ? WHERE id = ?",
            arguments: [state.rawValue, tidied(reason, 500), id.number])
    }

    /// Leaves the name, so that nobody else gets it, and takes away everything else.
    static func remove(_ db: Connection, _ id: AccountID, reason: String) throws {
        try setState(db, id, .removed, reason: reason)
        try db.execute(
            sql: """
                UPDATE identity_account SET person = NULL, mail = NULL, phone = NULL, password = NULL, password_state = 'none',
                    password_set_at = NULL, initial_until = NULL, is_break_glass = 0 WHERE id = ?
                """, arguments: [id.number])
        for table in ["identity_role", "identity_old_password", "identity_lockout", "identity_factor", "identity_message"] {
            try db.execute(sql: "DELETE FROM \(table) WHERE account = ?", arguments: [id.number])
        }
    }

    static func setContact(_ db: Connection, _ id: AccountID, displayName: String, mail: String?, phone: String?) throws {
        try db.execute(
            sql: "UPDATE identity_account SET display_name = ?, mail = ?, phone = ? WHERE id = ?",
            arguments: [tidied(displayName, 128), mail, phone, id.number])
    }

    static func setConditions(_ db: Connection, _ id: AccountID, _ conditions: UseConditions) throws {
        try db.execute(sql: "UPDATE identity_account SET conditions = ? WHERE id = ?", arguments: [text(conditions), id.number])
    }

    static func setTemporary(_ db: Connection, _ id: AccountID, until: Instant?) throws {
        try db.execute(
            sql: "UPDATE identity_account SET temporary_until = ? WHERE id = ?", arguments: [until?.seconds, id.number])
    }

    static func setBreakGlass(_ db: Connection, _ id: AccountID, _ isBreakGlass: Bool) throws {
        try db.execute(sql: "UPDATE identity_account SET is_break_glass = ? WHERE id = ?", arguments: [isBreakGlass, id.number])
    }

    static func signedIn(_ db: Connection, _ id: AccountID, at now: Instant) throws {
        try db.execute(sql: "UPDATE identity_account SET last_sign_in = ? WHERE id = ?", arguments: [now.seconds, id.number])
    }

    // MARK: Passwords

    static func credentials(_ db: Connection, _ id: AccountID) throws -> Credentials {
        guard
            let row = try Row.fetchOne(
                db, sql: "SELECT password, device_epoch FROM identity_account WHERE id = ?", arguments: [id.number])
        else { throw IdentityError(.notFound, "there is no such account") }
        let text: String? = row["password"]
        return Credentials(password: text.flatMap { PasswordHash($0) }, deviceEpoch: row["device_epoch"])
    }

    /// The present password and those before it, newest first: as many as may not be used again.
    static func generations(_ db: Connection, _ id: AccountID, limit: Int) throws -> [PasswordHash] {
        let old = try String.fetchAll(
            db, sql: "SELECT password FROM identity_old_password WHERE account = ? ORDER BY id DESC LIMIT ?",
            arguments: [id.number, limit])
        return old.compactMap { PasswordHash($0) }
    }

    /// Sets a password. One that the person chose is also remembered as a generation, beside `history` earlier ones.
    static func setPassword(
        _ db: Connection, _ id: AccountID, _ hash: PasswordHash, _ state: Account.PasswordState, at now: Instant,
        until: Instant? = nil,
        history: Int
    ) throws {
        try db.execute(
            sql:
                "UPDATE identity_account SET password = ?, password_state = ?, password_set_at = ?, initial_until = ? WHERE id = ?",
            arguments: [hash.text, state.rawValue, now.seconds, until?.seconds, id.number])
        guard state == .chosen else { return }
        try db.execute(
            sql: "INSERT INTO identity_old_password (account, password) VALUES (?, ?)", arguments: [id.number, hash.text])
        try db.execute(
            sql: """
                DELETE FROM identity_old_password WHERE account = ?1 AND id NOT IN
                    (SELECT id FROM identity_old_password WHERE account = ?1 ORDER BY id DESC LIMIT ?2)
                """, arguments: [id.number, history + 1])
    }

    /// Stores the same password under a stronger cost.
    static func rehash(_ db: Connection, _ id: AccountID, _ hash: PasswordHash) throws {
        try db.execute(sql: "UPDATE identity_account SET password = ? WHERE id = ?", arguments: [hash.text, id.number])
    }

    static func markCompromised(_ db: Connection, _ id: AccountID) throws {
        try db.execute(
            sql: "UPDATE identity_account SET password_state = 'compromised' WHERE id = ? AND password IS NOT NULL",
            arguments: [id.number])
    }

    /// Voids every device cookie of the account.
    static func raiseDeviceEpoch(_ db: Connection, _ id: AccountID) throws {
        try db.execute(sql: "UPDATE identity_account SET device_epoch = device_epoch + 1 WHERE id = ?", arguments: [id.number])
    }

    // MARK: Flags

    static func hasFlag(_ db: Connection, _ name: String) throws -> Bool {
        try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM identity_flag WHERE name = ?)", arguments: [name]) ?? false
    }

    static func setFlag(_ db: Connection, _ name: String) throws {
        try db.execute(sql: "INSERT OR IGNORE INTO identity_flag (name) VALUES (?)", arguments: [name])
    }
}

extension Row {
    /// An optional instant of a column of seconds.
    func instant(_ column: String) -> Instant? {
        let seconds: Int64? = self[column]
        return seconds.map { Instant(seconds: $0) }
    }
}
