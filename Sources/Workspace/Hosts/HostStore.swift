public import Checks
public import Database
internal import Documents
internal import GRDB
public import Rulebook

/// What is known of a facts document without opening it.
public struct FactsEntry: Sendable, Hashable {
    /// Counts up in the order of arrival.
    public var id: Int64
    /// The host it is about.
    public var host: String
    /// Its operating system, as it calls itself.
    public var system: String
    /// When the collection ended.
    public var collected: Instant
    /// When it came here, UTC microseconds.
    public var received: Int64
    /// Name of its file among the evidence.
    public var sha256: String
    /// Length in bytes.
    public var bytes: Int
    /// Program and version that collected.
    public var collector: String
    /// Whether it was collected with full rights.
    public var isPrivileged: Bool
    /// How it came: `this host`, `agent NAME`, `upload`.
    public var origin: String
}

/// Facts of hosts: every document is kept as evidence.
public struct HostStore: Sendable {
    static let migrations = [
        Migration("hosts.0001-facts") { db in
            try db.execute(
                sql: """
                    CREATE TABLE facts (
                        id INTEGER PRIMARY KEY AUTOINCREMENT, host TEXT NOT NULL, system TEXT NOT NULL, collected INTEGER NOT NULL,
                        received INTEGER NOT NULL, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL, collector TEXT NOT NULL,
                        privileged INTEGER NOT NULL, origin TEXT NOT NULL
                    ) STRICT;
                    CREATE UNIQUE INDEX facts_host ON facts (host, collected, sha256);
                    """)
        }
    ]
    /// A document this far in the future is refused: one of the two clocks is wrong, and nobody could tell later which.
    static let futureSeconds: Int64 = 300

    let database: GovernanceDatabase
    let files: EvidenceFiles
    let now: @Sendable () -> Int64

    /// Reads a facts document as it came from outside.
    ///
    /// - Throws: `.document` with line, key and reason.
    public static func read(_ bytes: [UInt8], origin: String) throws(WorkspaceError) -> HostFacts {
        do throws(DocumentError) {
            guard bytes.count <= DocumentLimits.collected.bytes else {
                throw DocumentError(.tooLarge, reason: "more than \(DocumentLimits.collected.bytes) bytes")
            }
            let facts = try HostFacts(try JSONReader.read(bytes), origin: origin)
            guard (1...253).contains(facts.host.utf8.count),
                facts.host.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F })
            else { throw DocumentError(.badValue, source: origin, key: "host.name", reason: "not a name of a host") }
            return facts
        } catch {
            throw .document(error)
        }
    }

    /// Keeps a document. The same one again changes nothing.
    ///
    /// - Parameters:
    ///   - facts: what was collected.
    ///   - origin: how it came.
    ///   - actor: who brought it.
    /// - Returns: whether it is new.
    /// - Throws: `.document` when it is of the future.
    public func keep(_ facts: HostFacts, origin: String, _ actor: TrailActor) async throws(WorkspaceError) -> Bool {
        let time = now()
        guard facts.collected.seconds <= time / 1_000_000 + Self.futureSeconds else {
            throw .document(
                DocumentError(
                    .badValue, source: facts.origin, key: "collected",
                    reason: "the facts were collected in the future (\(facts.collected)); set the clocks of both machines"))
        }
        let bytes = facts.bytes
        let hash: String
        do throws(StorageError) { hash = try files.store(bytes) } catch { throw .storage(error) }
        return try await database.change(actor, throwing: WorkspaceError.self) { db, trail in
            try db.execute(
                sql: """
                    INSERT INTO facts (host, system, collected, received, sha256, bytes, collector, privileged, origin)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                    """,
                arguments: [
                    facts.host, facts.system, facts.collected.seconds, time, hash, bytes.count, facts.collector, facts.user == 0,
                    origin,
                ])
            let isNew = db.changesCount == 1
            trail.note(
                TrailEntry(
                    "facts.receive", .init("host", facts.host), reason: isNew ? nil : "known already",
                    details: ["sha256": hash, "collected": "\(facts.collected)", "origin": origin]))
            return isNew
        }
    }

    /// The newest document of every host, by host.
    public func newest() async throws(WorkspaceError) -> [FactsEntry] {
        try await database.read(throwing: WorkspaceError.self) { db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: Self.eachHost + """
                        SELECT f.* FROM each JOIN facts AS f ON f.id = (
                            SELECT id FROM facts AS g WHERE g.host = each.host ORDER BY collected DESC, id DESC LIMIT 1)
                        ORDER BY f.host
                        """)
            ).map(Self.entry)
        }
    }

    /// Names of the hosts of which there are facts, sorted.
    public func names() async throws(WorkspaceError) -> [String] {
        try await database.read(throwing: WorkspaceError.self) { db in
            try String.fetchAll(
                db.cachedStatement(sql: Self.eachHost + "SELECT host FROM each WHERE host IS NOT NULL ORDER BY host"))
        }
    }

    /// A step for each host instead of a look at every document of its history.
    private static let eachHost = """
        WITH RECURSIVE each (host) AS (SELECT min(host) FROM facts
            UNION ALL SELECT (SELECT min(host) FROM facts WHERE host > each.host) FROM each WHERE host IS NOT NULL)

        """

    /// Documents of one host, newest first.
    public func history(_ host: String, limit: Int = 50) async throws(WorkspaceError) -> [FactsEntry] {
        try await database.read(throwing: WorkspaceError.self) { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM facts WHERE host = ? ORDER BY collected DESC, id DESC LIMIT ?", arguments: [host, limit]
            ).map(Self.entry)
        }
    }

    /// One document's entry.
    ///
    /// - Throws: `.notFound`.
    public func entry(_ id: Int64) async throws(WorkspaceError) -> FactsEntry {
        try await database.read(throwing: WorkspaceError.self) { db in
            guard let row = try Row.fetchOne(db, sql: "SELECT * FROM facts WHERE id = ?", arguments: [id]) else {
                throw WorkspaceError.notFound("facts document \(id)")
            }
            return Self.entry(row)
        }
    }

    /// Opens a document; its bytes are rehashed.
    public func facts(_ entry: FactsEntry) throws(WorkspaceError) -> HostFacts {
        let bytes: [UInt8]
        do throws(StorageError) { bytes = try files.read(entry.sha256) } catch { throw .storage(error) }
        return try Self.read(bytes, origin: "\(entry.host) \(entry.sha256.prefix(12)).json")
    }

    private static func entry(_ row: Row) -> FactsEntry {
        FactsEntry(
            id: row["id"], host: row["host"], system: row["system"], collected: Instant(seconds: row["collected"]),
            received: row["received"], sha256: row["sha256"], bytes: row["bytes"], collector: row["collector"],
            isPrivileged: row["privileged"], origin: row["origin"])
    }
}
