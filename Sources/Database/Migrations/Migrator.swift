internal import GRDB

/// Brings a database to what the program knows: everything in one transaction.
struct Migrator {
    let migrations: [Migration]
    let now: Int64

    /// `PLMB`: a database of this program.
    static let applicationID: Int32 = 0x504C_4D42

    /// The tables of this target.
    static let own = Migration("database.0001-trail") { db in
        try db.execute(
            sql: """
                CREATE TABLE migration (
                    id TEXT NOT NULL PRIMARY KEY,
                    place INTEGER NOT NULL UNIQUE,
                    applied INTEGER NOT NULL
                ) STRICT;
                CREATE TABLE trail_state (
                    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
                    log TEXT,
                    allotted INTEGER NOT NULL CHECK (allotted >= drained),
                    drained INTEGER NOT NULL CHECK (drained >= 0),
                    drained_index INTEGER,
                    drained_leaf TEXT,
                    CHECK ((drained = 0) = (drained_index IS NULL) AND (drained_index IS NULL) = (drained_leaf IS NULL)),
                    CHECK (log IS NOT NULL OR drained = 0)
                ) STRICT;
                INSERT INTO trail_state (one, allotted, drained) VALUES (1, 0, 0);
                CREATE TABLE trail_outbox (
                    sequence INTEGER NOT NULL PRIMARY KEY,
                    occurred INTEGER NOT NULL,
                    body TEXT NOT NULL
                ) STRICT;
                """)
    }

    /// Refuses a database that is not ours, or newer.
    ///
    /// - Returns: whether it is a new one, without tables.
    func check(_ db: GRDB.Database) throws -> Bool {
        try Self.requireOurs(db)
        _ = try missing([Self.own] + migrations, db)
        return try !db.tableExists("trail_state")
    }

    /// Applies what is missing.
    ///
    /// - Parameter db: the writing connection, outside of a transaction.
    /// - Throws: `.foreign`, `.newer`, `.migration` naming the step that failed: nothing was changed then.
    func run(_ db: GRDB.Database) throws {
        let all = [Self.own] + migrations
        guard try !missing(all, db).isEmpty else { return }
        // Cannot be changed within a transaction. All references are checked before the commit instead.
        try db.execute(sql: "PRAGMA foreign_keys = OFF")
        let result = Result { try apply(all, db) }
        try db.execute(sql: "PRAGMA foreign_keys = ON")
        try result.get()
        guard try Int.fetchOne(db, sql: "PRAGMA foreign_keys") == 1 else {
            throw StorageError(.unexpected, "SQLite does not take its settings", remedy: "report this error")
        }
    }

    private func apply(_ all: [Migration], _ db: GRDB.Database) throws {
        try db.inTransaction(.immediate) {
            // Again, now that nobody else can change them.
            let missing = try missing(all, db)
            let isNew = missing.contains { $0.id == Self.own.id }
            try db.execute(sql: "PRAGMA application_id = \(Self.applicationID)")
            for migration in missing {
                do {
                    try migration.run(db)
                    try db.checkForeignKeys()
                } catch {
                    throw StorageError(
                        .migration, "the step failed: \(StorageError(any: error).what)", at: migration.id,
                        remedy: "the database is as it was; use the program as it was, and report this error")
                }
                try db.execute(
                    sql: "INSERT INTO migration (id, place, applied) SELECT ?, COALESCE(MAX(place), 0) + 1, ? FROM migration",
                    arguments: [migration.id, now])
            }
            let entries = missing.map {
                TrailEntry("database.migrate", .init("migration", $0.id), details: isNew ? ["database": "new"] : [:])
            }
            try TrailOutbox.put(entries, .system("start"), at: now, limit: .max, db)
            return .commit
        }
    }

    /// What is not applied yet.
    private func missing(_ all: [Migration], _ db: GRDB.Database) throws -> [Migration] {
        let applied = try Self.applied(db)
        let known = Set(all.map(\.id))
        if let newer = applied.first(where: { !known.contains($0) }) {
            throw StorageError(
                .newer, "a newer program, or one with more features, wrote the database", at: newer,
                remedy: "use that program; an older one cannot read what it wrote")
        }
        // Those of a feature are applied in their order, so a gap is no state that a program left behind.
        let missing = all.filter { !applied.contains($0.id) }
        var open: Set<Substring> = []
        for migration in all {
            guard let feature = Migration.parse(migration.id)?.feature else { continue }
            if !applied.contains(migration.id) {
                open.insert(feature)
            } else if open.contains(feature) {
                throw StorageError(
                    .migration, "it is applied, and one before it is not", at: migration.id, remedy: "restore a backup")
            }
        }
        return missing
    }

    /// Identifiers of what is applied, in order; none in a new database.
    static func applied(_ db: GRDB.Database) throws -> [String] {
        guard try db.tableExists("migration") else { return [] }
        return try String.fetchAll(db, sql: "SELECT id FROM migration ORDER BY place")
    }

    /// - Throws: `.foreign` when it is another program's database.
    static func requireOurs(_ db: GRDB.Database) throws {
        let id = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let tables = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM sqlite_schema") ?? 0
        guard id == applicationID || (id == 0 && tables == 0) else {
            throw StorageError(.foreign, "it is another program's database", at: nil, remedy: "name another data directory")
        }
    }
}
