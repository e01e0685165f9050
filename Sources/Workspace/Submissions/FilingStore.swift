internal import Database
internal import Documents
internal import GRDB
internal import Rulebook
internal import Submissions

/// What a firm files with its supervisor: versions, keys, what leaves and what comes.
struct FilingStore: Sendable {
    static let migrations = [
        Migration("filings.0001-exchange") { db in
            try db.execute(
                sql: """
                    CREATE TABLE filing_partners (
                        version INTEGER PRIMARY KEY, address TEXT NOT NULL, trust TEXT NOT NULL, firm TEXT NOT NULL,
                        name TEXT NOT NULL, key TEXT, key_name TEXT NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL
                    ) STRICT;
                    CREATE TABLE filing_keys (
                        id TEXT PRIMARY KEY, key TEXT NOT NULL, state TEXT NOT NULL, created INTEGER NOT NULL,
                        created_by TEXT NOT NULL, registration TEXT NOT NULL, reason TEXT NOT NULL
                    ) STRICT;
                    CREATE TABLE filing_versions (
                        id INTEGER PRIMARY KEY AUTOINCREMENT, quarter INTEGER NOT NULL, version INTEGER NOT NULL, previous TEXT,
                        payload TEXT NOT NULL UNIQUE, package TEXT UNIQUE, state TEXT NOT NULL, prepared INTEGER NOT NULL,
                        prepared_by TEXT NOT NULL, signed INTEGER, signed_by TEXT NOT NULL, received INTEGER, refusal TEXT
                    ) STRICT;
                    CREATE UNIQUE INDEX filing_versions_live ON filing_versions (quarter, version)
                        WHERE state NOT IN ('refused', 'discarded');
                    CREATE TABLE filing_quarters (
                        quarter INTEGER PRIMARY KEY, version INTEGER NOT NULL, head TEXT NOT NULL, state TEXT,
                        asked TEXT NOT NULL, open TEXT NOT NULL
                    ) STRICT;
                    CREATE TABLE filing_outbox (
                        package TEXT PRIMARY KEY, payload TEXT NOT NULL, kind TEXT NOT NULL, quarter INTEGER, state TEXT NOT NULL,
                        attempts INTEGER NOT NULL, next INTEGER NOT NULL, trouble TEXT NOT NULL, created INTEGER NOT NULL,
                        refusal TEXT
                    ) STRICT;
                    CREATE TABLE filing_mail (
                        package TEXT PRIMARY KEY, message TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, quarter INTEGER,
                        received INTEGER NOT NULL, origin TEXT NOT NULL
                    ) STRICT;
                    CREATE TABLE filing_cursor (one INTEGER PRIMARY KEY CHECK (one = 1), last INTEGER NOT NULL) STRICT;
                    INSERT INTO filing_cursor VALUES (1, 0);
                    """)
        }
    ]

    let database: GovernanceDatabase
    let files: EvidenceFiles
    let now: @Sendable () -> Int64

    func read<T: Sendable>(_ body: @Sendable (GRDB.Database) throws -> T) async throws(WorkspaceError) -> T {
        try await database.read(throwing: WorkspaceError.self, body)
    }

    func change<T: Sendable>(
        _ actor: TrailActor, _ body: @escaping @Sendable (GRDB.Database, inout TrailBook) throws -> T
    ) async throws(WorkspaceError) -> T {
        try await database.change(actor, throwing: WorkspaceError.self, body)
    }

    /// Keeps bytes as a file named by their hash.
    func keep(_ bytes: [UInt8]) throws(WorkspaceError) -> String {
        do throws(StorageError) { return try files.store(bytes) } catch { throw .storage(error) }
    }

    /// The bytes of that hash.
    func bytes(_ hash: String) throws(WorkspaceError) -> [UInt8] {
        do throws(StorageError) { return try files.read(hash) } catch { throw .storage(error) }
    }

    // MARK: Versions

    /// All versions, newest first.
    func versions() async throws(WorkspaceError) -> [FiledVersion] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM filing_versions ORDER BY id DESC").map(Self.version)
        }
    }

    /// One version.
    func version(_ id: Int64) async throws(WorkspaceError) -> FiledVersion {
        try await read { db in try Self.version(id, db) }
    }

    private static func version(_ id: Int64, _ db: GRDB.Database) throws -> FiledVersion {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM filing_versions WHERE id = ?", arguments: [id]) else {
            throw WorkspaceError.notFound("version \(id)")
        }
        return version(row)
    }

    /// What was filed for a quarter.
    func filing(_ quarter: Quarter) async throws(WorkspaceError) -> Filing {
        try await read { db in try Self.filing(quarter, db) }
    }

    static func filing(_ quarter: Quarter, _ db: GRDB.Database) throws -> Filing {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM filing_quarters WHERE quarter = ?", arguments: [quarter.index])
        else { return Filing(quarter) }
        return Filing(
            quarter, version: row["version"], head: row["head"],
            state: (row["state"] as String?).flatMap(FilingState.init(rawValue:)), asked: row["asked"],
            open: Set((row["open"] as String).split(separator: " ").map(String.init)))
    }

    static func save(_ filing: Filing, _ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                INSERT INTO filing_quarters VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (quarter) DO UPDATE SET version = excluded.version,
                    head = excluded.head, state = excluded.state, asked = excluded.asked, open = excluded.open
                """,
            arguments: [
                filing.quarter.index, filing.version, filing.head, filing.state?.rawValue, filing.asked,
                filing.open.sorted().joined(separator: " "),
            ])
    }

    /// What may be prepared for a quarter: version and predecessor.
    ///
    /// - Throws: `.conflict` when a version is on its way, or the newest is accepted.
    func turn(_ quarter: Quarter) async throws(WorkspaceError) -> (version: Int, previous: String?) {
        try await read { db in try Self.turn(quarter, db) }
    }

    private static func turn(_ quarter: Quarter, _ db: GRDB.Database) throws -> (version: Int, previous: String?) {
        let isUnderWay =
            try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM filing_versions WHERE quarter = ? AND state = 'queued')",
                arguments: [quarter.index]) ?? false
        guard !isUnderWay else { throw WorkspaceError.conflict("a version of \(quarter) is on its way") }
        let filing = try filing(quarter, db)
        guard filing.state != .accepted else { throw WorkspaceError.conflict("\(quarter) is accepted") }
        return (filing.version + 1, filing.version == 0 ? nil : filing.head)
    }

    /// Keeps a version that was put together; it takes the place of one that was not signed.
    func prepare(_ manifest: SubmissionManifest, payload: String, _ actor: TrailActor) async throws(WorkspaceError) -> Int64 {
        let time = now()
        return try await change(actor) { db, trail in
            let turn = try Self.turn(manifest.quarter, db)
            guard turn == (manifest.version, manifest.previous) else {
                throw WorkspaceError.conflict("\(manifest.quarter) went on meanwhile")
            }
            try db.execute(
                sql: "UPDATE filing_versions SET state = 'discarded' WHERE quarter = ? AND state = 'prepared'",
                arguments: [manifest.quarter.index])
            try db.execute(
                sql: """
                    INSERT INTO filing_versions (quarter, version, previous, payload, state, prepared, prepared_by, signed_by)
                    VALUES (?, ?, ?, ?, 'prepared', ?, ?, '')
                    """,
                arguments: [manifest.quarter.index, manifest.version, manifest.previous, payload, time, actor.who])
            trail.note(Self.entry("submission.prepare", manifest.quarter, manifest.version, payload))
            return db.lastInsertedRowID
        }
    }

    /// Throws away a version that was not signed.
    func discard(_ id: Int64, _ actor: TrailActor) async throws(WorkspaceError) {
        try await change(actor) { db, trail in
            let version = try Self.version(id, db)
            guard version.state == .prepared else { throw WorkspaceError.conflict("it is signed") }
            try db.execute(sql: "UPDATE filing_versions SET state = 'discarded' WHERE id = ?", arguments: [id])
            trail.note(Self.entry("submission.discard", version.quarter, version.version, version.payload))
        }
    }

    /// Notes that a version was signed, and puts the package on its way.
    func sign(_ id: Int64, _ envelope: Envelope, package: String, _ actor: TrailActor) async throws(WorkspaceError) {
        let time = now()
        try await change(actor) { db, trail in
            let version = try Self.version(id, db)
            guard version.state == .prepared, version.payload == envelope.payloadHash else {
                throw WorkspaceError.conflict("it was changed meanwhile")
            }
            let turn = try Self.turn(version.quarter, db)
            guard turn == (version.version, version.previous) else {
                throw WorkspaceError.conflict("\(version.quarter) went on meanwhile; prepare it again")
            }
            try db.execute(
                sql: "UPDATE filing_versions SET state = 'queued', package = ?, signed = ?, signed_by = ? WHERE id = ?",
                arguments: [package, time, actor.who, id])
            try Self.enqueue(envelope, package, version.quarter, time, db)
            trail.note(
                Self.entry(
                    "submission.sign", version.quarter, version.version, version.payload,
                    ["package": package, "key": envelope.signatures.first?.key ?? ""]))
        }
    }

    /// Puts a package on its way.
    static func enqueue(
        _ envelope: Envelope, _ package: String, _ quarter: Quarter?, _ time: Int64, _ db: GRDB.Database
    ) throws {
        try db.execute(
            sql: "INSERT INTO filing_outbox VALUES (?, ?, ?, ?, 'waiting', 0, 0, '', ?, NULL)",
            arguments: [package, envelope.payloadHash, envelope.kind.rawValue, quarter?.index, time])
    }

    static func entry(
        _ action: String, _ quarter: Quarter, _ version: Int, _ payload: String, _ more: [String: String] = [:]
    ) -> TrailEntry {
        let details = ["quarter": quarter.description, "version": String(version), "sha256": payload]
        return TrailEntry(action, .init("submission", payload), details: details.merging(more) { $1 })
    }

    static func version(_ row: Row) -> FiledVersion {
        FiledVersion(
            id: row["id"], quarter: Quarter(index: row["quarter"]), version: row["version"], previous: row["previous"],
            payload: row["payload"], package: row["package"], state: FiledVersion.State(rawValue: row["state"]) ?? .discarded,
            prepared: row["prepared"], preparedBy: row["prepared_by"], signed: row["signed"], signedBy: row["signed_by"],
            received: row["received"], refusal: (row["refusal"] as String?).flatMap(RefusalCode.init(rawValue:)))
    }
}
