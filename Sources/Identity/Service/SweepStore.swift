internal import GRDB
internal import Rulebook

/// Looks whether anything has run out, without changing anything.
enum SweepStore {
    static func hasWork(_ db: Connection, _ context: IdentityContext, at now: Instant) throws -> Bool {
        let checks = [
            "SELECT 1 FROM identity_lockout WHERE locked_until < ?1",
            "SELECT 1 FROM identity_account WHERE state = 'active' AND temporary_until <= ?1",
            "SELECT 1 FROM identity_token WHERE expires_at <= ?1", "SELECT 1 FROM identity_ticket WHERE expires_at <= ?1",
            "SELECT 1 FROM identity_message WHERE expires_at <= ?1",
            "SELECT 1 FROM identity_request WHERE state IN ('open', 'approved') AND expires_at <= ?1",
        ]
        for check in checks where try Bool.fetchOne(db, sql: "SELECT EXISTS (\(check))", arguments: [now.seconds]) == true {
            return true
        }
        return try SessionStore.all(db).contains {
            $0.isOver(at: now, seen: context.activity.latest($0.hash, stored: $0.seenAt), context.policy)
        }
    }
}
