public import GRDB

/// What a data directory belongs to: said once, when its server first starts, and never changed.
public struct InstallationStore: Sendable {
    /// Its table.
    public static let migrations = [
        Migration("installation.0001-role") { db in
            try db.execute(sql: "CREATE TABLE installation (one INTEGER PRIMARY KEY CHECK (one = 1), role TEXT NOT NULL) STRICT")
        }
    ]

    private let database: GovernanceDatabase

    /// Of that database, opened with `migrations` among its migrations.
    public init(_ database: GovernanceDatabase) { self.database = database }

    /// The role that was said; nil before.
    public func role() async throws(StorageError) -> String? {
        try await database.read { db in try Self.role(db) }
    }

    /// The role that was said in a state of the tables; nil before, and in tables older than roles.
    public static func role(_ db: GRDB.Database) throws -> String? {
        guard try db.tableExists("installation") else { return nil }
        return try String.fetchOne(db, sql: "SELECT role FROM installation")
    }

    /// Says the role, if nobody has.
    ///
    /// - Parameters:
    ///   - wanted: the role this server shall have; nil for the one that was said.
    ///   - standard: the role of a directory whose role nobody ever said or wants.
    /// - Returns: the role.
    /// - Throws: `.foreign` when the directory has another role.
    public func settle(_ wanted: String?, standard: String) async throws(StorageError) -> String {
        if let known = try await role() {
            guard wanted == nil || wanted == known else {
                throw StorageError(
                    .foreign, "the directory is a \(known)'s", at: database.directory.path,
                    remedy: "start without --role, or name another directory")
            }
            return known
        }
        let role = wanted ?? standard
        try await database.change(.system("serve")) { db, trail in
            try db.execute(sql: "INSERT INTO installation (one, role) VALUES (1, ?)", arguments: [role])
            trail.note(TrailEntry("installation.begin", .init("installation"), details: ["role": role]))
        }
        return role
    }
}
