internal import Documents
internal import GRDB
internal import Rulebook

/// Messages that wait to be sent, sealed, because links in them open something.
enum MessageStore {
    /// What is told to a person.
    enum Kind {
        /// A link to choose a new password.
        case reset(ticket: String)
        /// A link to end a lock.
        case unlock(ticket: String)
        /// The account is locked until then.
        case locked(until: Instant)
        /// The password was changed.
        case passwordChanged
        /// Second factors were changed.
        case factorsChanged
        /// This address is no longer the account's; goes to the old one.
        case addressChanged
        /// An account for emergencies signed in; goes to administrators.
        case emergencySignIn(name: AccountName)

        var name: Message.Kind {
            switch self {
            case .reset: .reset
            case .unlock: .unlock
            case .locked: .locked
            case .passwordChanged: .passwordChanged
            case .factorsChanged: .factorsChanged
            case .addressChanged: .addressChanged
            case .emergencySignIn: .emergencySignIn
            }
        }
    }

    /// Puts a message to an account's address, if it has one.
    static func put(_ db: Connection, _ kind: Kind, to account: Account, _ context: IdentityContext) throws {
        guard let mail = account.mail else { return }
        let now = context.now
        let origin = context.configuration.origin
        var link: String?
        var detail: String?
        // After that there is no use in sending it.
        var lifetime = 86_400
        switch kind {
        case .reset(let ticket): (link, lifetime) = ("\(origin)/reset#\(ticket)", context.policy[.tokenLifetime])
        case .unlock(let ticket): (link, lifetime) = ("\(origin)/unlock#\(ticket)", context.policy[.tokenLifetime])
        case .locked(let until): detail = until.text(in: context.configuration.zone)
        case .emergencySignIn(let name): detail = name.text
        case .passwordChanged, .factorsChanged, .addressChanged: break
        }
        let node = Node.object([
            ("address", .text(mail)), ("detail", detail.map { .text($0) }), ("link", link.map { .text($0) }),
            ("name", .text(account.displayName)),
        ])
        let sealed = try context.keys.seal(
            CanonicalJSON.bytes(of: node), .message, context: "\(account.id)", effects: context.effects)
        try db.execute(
            sql: "INSERT INTO identity_message (account, kind, sealed, created_at, expires_at) VALUES (?, ?, ?, ?, ?)",
            arguments: [
                account.id.number, kind.name.rawValue, blob(sealed), now.seconds, now.adding(seconds: Int64(lifetime)).seconds,
            ])
    }

    static func waiting(_ db: Connection, limit: Int, _ context: IdentityContext) throws -> [Message] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM identity_message WHERE expires_at > ? ORDER BY id LIMIT ?",
            arguments: [context.now.seconds, limit]
        ).compactMap { row in
            let account = AccountID(row["account"])
            guard let kind = Message.Kind(rawValue: row["kind"]) else { return nil }
            let node = try JSONReader.read(try context.keys.open(bytes(row["sealed"]), .message, context: "\(account)"))
            return Message(
                id: row["id"], account: account, kind: kind, address: node["address"]?.text ?? "", name: node["name"]?.text ?? "",
                link: node["link"]?.text, detail: node["detail"]?.text, expires: Instant(seconds: row["expires_at"]))
        }
    }

    static func remove(_ db: Connection, _ id: Int64) throws -> AccountID? {
        try Int64.fetchOne(db, sql: "DELETE FROM identity_message WHERE id = ? RETURNING account", arguments: [id]).map {
            AccountID($0)
        }
    }

    static func removeExpired(_ db: Connection, at now: Instant) throws -> Int {
        try db.execute(sql: "DELETE FROM identity_message WHERE expires_at <= ?", arguments: [now.seconds])
        return db.changesCount
    }
}
