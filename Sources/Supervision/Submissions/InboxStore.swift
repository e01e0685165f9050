internal import Database
internal import Documents
public import GRDB
internal import Rulebook
public import Submissions

/// Is told of each submission that came or went on, within the same transaction: what it says and how far it has come.
public typealias StandingSink = @Sendable (GRDB.Database, SubmissionManifest, FilingState) throws -> Void

/// What firms filed with the supervisor: keys, packages, versions, questions, what waits for them.
struct InboxStore: Sendable {
    static let migrations = [
        Migration("inbox.0001-exchange") { db in
            try db.execute(
                sql: """
                    CREATE TABLE inbox_own_keys (
                        id TEXT PRIMARY KEY, key TEXT NOT NULL, created INTEGER NOT NULL, created_by TEXT NOT NULL,
                        announcement TEXT NOT NULL
                    ) STRICT;
                    CREATE TABLE inbox_keys (
                        id TEXT PRIMARY KEY, key TEXT NOT NULL, firm TEXT NOT NULL, name TEXT NOT NULL, contact TEXT NOT NULL,
                        state TEXT NOT NULL, replaces TEXT NOT NULL, received INTEGER NOT NULL, origin TEXT NOT NULL,
                        package TEXT NOT NULL, payload TEXT NOT NULL, valid_from INTEGER, valid_until INTEGER,
                        changed_by TEXT NOT NULL, reason TEXT NOT NULL
                    ) STRICT;
                    CREATE INDEX inbox_keys_firm ON inbox_keys (firm);
                    CREATE TABLE inbox_packages (
                        package TEXT PRIMARY KEY, firm TEXT NOT NULL, message TEXT NOT NULL, kind TEXT NOT NULL,
                        key TEXT NOT NULL, received INTEGER NOT NULL, origin TEXT NOT NULL, UNIQUE (firm, message)
                    ) STRICT;
                    CREATE TABLE inbox_versions (
                        payload TEXT PRIMARY KEY, package TEXT NOT NULL, firm TEXT NOT NULL REFERENCES firms (id),
                        quarter INTEGER NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL, received INTEGER NOT NULL,
                        key TEXT NOT NULL, origin TEXT NOT NULL, UNIQUE (firm, quarter, version)
                    ) STRICT;
                    CREATE TABLE inbox_filings (
                        firm TEXT NOT NULL, quarter INTEGER NOT NULL, version INTEGER NOT NULL, head TEXT NOT NULL, state TEXT,
                        asked TEXT NOT NULL, open TEXT NOT NULL, PRIMARY KEY (firm, quarter)
                    ) STRICT;
                    CREATE TABLE inbox_questions (
                        submission TEXT NOT NULL REFERENCES inbox_versions (payload), message TEXT NOT NULL, id TEXT NOT NULL,
                        item TEXT NOT NULL, text TEXT NOT NULL, asked INTEGER NOT NULL, asked_by TEXT NOT NULL,
                        answer TEXT NOT NULL, evidence TEXT NOT NULL, answered_by TEXT NOT NULL, answered INTEGER,
                        PRIMARY KEY (message, id)
                    ) STRICT;
                    CREATE INDEX inbox_questions_submission ON inbox_questions (submission);
                    CREATE TABLE inbox_outgoing (
                        number INTEGER PRIMARY KEY AUTOINCREMENT, firm TEXT NOT NULL, package TEXT NOT NULL UNIQUE,
                        kind TEXT NOT NULL, quarter INTEGER, created INTEGER NOT NULL, fetched INTEGER
                    ) STRICT;
                    CREATE INDEX inbox_outgoing_firm ON inbox_outgoing (firm, number);
                    CREATE TABLE inbox_refusals (
                        id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL,
                        package TEXT NOT NULL, bytes INTEGER NOT NULL, address TEXT NOT NULL, firm TEXT NOT NULL
                    ) STRICT;
                    """)
        }
    ]

    let database: GovernanceDatabase
    let files: EvidenceFiles
    let policy: ExchangePolicy
    let rulePacks: Set<SubmissionManifest.PackReference>
    let standings: SubmissionStandings
    let sink: StandingSink?
    let now: @Sendable () -> Int64

    func read<T: Sendable>(_ body: @Sendable (GRDB.Database) throws -> T) async throws(SupervisionError) -> T {
        try await database.read(throwing: SupervisionError.self, body)
    }

    func change<T: Sendable>(
        _ actor: TrailActor, _ body: @escaping @Sendable (GRDB.Database, inout TrailBook) throws -> T
    ) async throws(SupervisionError) -> T {
        try await database.change(actor, throwing: SupervisionError.self, body)
    }

    /// The bytes of that hash.
    func bytes(_ hash: String) throws(SupervisionError) -> [UInt8] {
        do throws(StorageError) { return try files.read(hash) } catch { throw .storage(error) }
    }

    // MARK: Filings

    static func filing(_ firm: String, _ quarter: Quarter, _ db: GRDB.Database) throws -> Filing {
        let found = try Row.fetchOne(
            db, sql: "SELECT * FROM inbox_filings WHERE firm = ? AND quarter = ?", arguments: [firm, quarter.index])
        guard let row = found else { return Filing(quarter) }
        return Filing(
            quarter, version: row["version"], head: row["head"],
            state: (row["state"] as String?).flatMap(FilingState.init(rawValue:)), asked: row["asked"],
            open: Set((row["open"] as String).split(separator: " ").map(String.init)))
    }

    /// Keeps what was filed, and tells whoever counts.
    func save(_ filing: Filing, of firm: String, _ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                INSERT INTO inbox_filings VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (firm, quarter) DO UPDATE SET
                    version = excluded.version, head = excluded.head, state = excluded.state, asked = excluded.asked,
                    open = excluded.open
                """,
            arguments: [
                firm, filing.quarter.index, filing.version, filing.head, filing.state?.rawValue, filing.asked,
                filing.open.sorted().joined(separator: " "),
            ])
        guard let state = filing.state else { return }
        try db.execute(
            sql: "UPDATE inbox_versions SET state = ? WHERE payload = ?", arguments: [state.rawValue, filing.head])
        let manifest = try manifest(filing.head, db)
        try standings.take(db, manifest, state)
        try sink?(db, manifest, state)
    }

    /// What a version says.
    func manifest(_ payload: String, _ db: GRDB.Database) throws -> SubmissionManifest {
        let package = try String.fetchOne(
            db, sql: "SELECT package FROM inbox_versions WHERE payload = ?", arguments: [payload])
        guard let package else { throw SupervisionError.notFound("submission \(payload.clipped)") }
        let envelope = try Envelope.read(try bytes(package), limit: .max)
        let limits = DocumentLimits(bytes: .max, depth: 24, values: .max)
        guard case .submission(let manifest) = try Message.read(envelope.payload, .submission, limits: limits) else {
            throw SupervisionError.notFound("submission \(payload.clipped)")
        }
        return manifest
    }

    /// Keeps a package as a file and in the list of those that came.
    ///
    /// - Returns: its hash.
    func keep(
        _ envelope: Envelope, _ header: MessageHeader, firm: String, key: String, origin: String, _ db: GRDB.Database
    ) throws -> String {
        let package = try files.store(envelope.bytes)
        try db.execute(
            sql: "INSERT INTO inbox_packages VALUES (?, ?, ?, ?, ?, ?, ?)",
            arguments: [package, firm, header.id, envelope.kind.rawValue, key, now(), origin])
        return package
    }

    /// Keeps a new version.
    func add(
        _ manifest: SubmissionManifest, _ envelope: Envelope, package: String, key: String, origin: String, filing: Filing,
        _ db: GRDB.Database, _ trail: inout TrailBook
    ) throws {
        let firm = manifest.firm.id
        let isFirm =
            try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM firms WHERE id = ?)", arguments: [firm]) ?? false
        guard isFirm else { throw PackageRefusal(.unknownFirm) }
        try db.execute(
            sql: "INSERT INTO inbox_versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                envelope.payloadHash, package, firm, manifest.quarter.index, manifest.version, FilingState.submitted.rawValue,
                now(), key, origin,
            ])
        try save(filing, of: firm, db)
        trail.note(
            Self.entry(
                "submission.receive", firm, filing,
                ["sha256": envelope.payloadHash, "package": package, "key": key, "origin": origin]))
        try FollowUpStore.file(manifest, of: envelope.payloadHash, at: now(), db, &trail)
    }

    /// Writes the answers of a reply beside their questions.
    func answer(_ reply: Reply, _ db: GRDB.Database) throws {
        for entry in reply.entries {
            try db.execute(
                sql:
                    "UPDATE inbox_questions SET answer = ?, evidence = ?, answered_by = ?, answered = ? WHERE message = ? AND id = ?",
                arguments: [
                    entry.text, entry.evidence.joined(separator: " "), reply.by, now(), reply.questions, entry.question,
                ])
        }
    }

    /// Puts a package into a firm's mailbox.
    func post(
        _ envelope: Envelope, to firm: String, _ quarter: Quarter?, _ db: GRDB.Database
    ) throws -> String {
        let package = try files.store(envelope.bytes)
        try db.execute(
            sql: "INSERT INTO inbox_outgoing (firm, package, kind, quarter, created) VALUES (?, ?, ?, ?, ?)",
            arguments: [firm, package, envelope.kind.rawValue, quarter?.index, now()])
        return package
    }

    static func entry(
        _ action: String, _ firm: String, _ filing: Filing, _ more: [String: String], reason: String? = nil
    ) -> TrailEntry {
        let details = ["firm": firm, "quarter": filing.quarter.description, "version": String(filing.version)]
        return TrailEntry(action, .init("submission", filing.head), reason: reason, details: details.merging(more) { $1 })
    }

    // MARK: Lists

    /// Versions, newest first.
    func versions(firm: String? = nil) async throws(SupervisionError) -> [ReceivedVersion] {
        try await read { db in
            let filter = firm == nil ? "" : "WHERE v.firm = ?"
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT v.*, f.head AS newest FROM inbox_versions AS v JOIN inbox_filings AS f USING (firm, quarter)
                    \(filter) ORDER BY v.quarter DESC, v.firm, v.version DESC
                    """, arguments: firm.map { [$0] } ?? []
            ).map(Self.version)
        }
    }

    /// One version.
    func version(_ payload: String) async throws(SupervisionError) -> ReceivedVersion {
        try await read { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT v.*, f.head AS newest FROM inbox_versions AS v JOIN inbox_filings AS f USING (firm, quarter)
                    WHERE v.payload = ?
                    """, arguments: [payload])
            guard let row else { throw SupervisionError.notFound("submission \(payload.clipped)") }
            return Self.version(row)
        }
    }

    private static func version(_ row: Row) -> ReceivedVersion {
        ReceivedVersion(
            payload: row["payload"], package: row["package"], firm: row["firm"], quarter: Quarter(index: row["quarter"]),
            version: row["version"], state: FilingState(rawValue: row["state"]) ?? .submitted,
            isNewest: row["payload"] == (row["newest"] as String), received: row["received"], key: row["key"],
            origin: row["origin"])
    }

    /// Questions about a version, oldest first.
    func questions(_ payload: String) async throws(SupervisionError) -> [AskedQuestion] {
        try await read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM inbox_questions WHERE submission = ? ORDER BY asked, rowid", arguments: [payload]
            ).map { row in
                AskedQuestion(
                    message: row["message"], id: row["id"], item: row["item"], text: row["text"], asked: row["asked"],
                    by: row["asked_by"], answer: row["answer"],
                    evidence: (row["evidence"] as String).split(separator: " ").map(String.init), answeredBy: row["answered_by"],
                    answered: row["answered"])
            }
        }
    }

    /// Packages that were refused, newest first.
    func refusals() async throws(SupervisionError) -> [RefusedPackage] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM inbox_refusals ORDER BY id DESC").map { row in
                RefusedPackage(
                    id: row["id"], at: row["at"], code: RefusalCode(rawValue: row["code"]) ?? .malformed, detail: row["detail"],
                    package: row["package"], bytes: row["bytes"], address: row["address"], firm: row["firm"])
            }
        }
    }

    /// Packages for firms, newest first.
    func outgoing(firm: String? = nil) async throws(SupervisionError) -> [OutgoingPackage] {
        try await read { db in
            let filter = firm == nil ? "" : "WHERE firm = ?"
            return try Row.fetchAll(
                db, sql: "SELECT * FROM inbox_outgoing \(filter) ORDER BY number DESC LIMIT 2000",
                arguments: firm.map { [$0] } ?? []
            ).map(Self.outgoing)
        }
    }

    static func outgoing(_ row: Row) -> OutgoingPackage {
        OutgoingPackage(
            number: row["number"], firm: row["firm"], package: row["package"],
            kind: PackageKind(rawValue: row["kind"]) ?? .receipt, quarter: (row["quarter"] as Int?).map { Quarter(index: $0) },
            created: row["created"], fetched: row["fetched"])
    }

    /// Whether a file is a package that came or went.
    func isKept(_ hash: String) async throws(SupervisionError) -> Bool {
        try await read { db in
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM inbox_packages WHERE package = :hash)
                        OR EXISTS (SELECT 1 FROM inbox_outgoing WHERE package = :hash)
                        OR EXISTS (SELECT 1 FROM inbox_keys WHERE package = :hash)
                    """, arguments: ["hash": hash]) ?? false
        }
    }
}
