public import Database
public import Documents
internal import GRDB
internal import Rulebook

/// One version of the firm's profile, without its systems.
public struct FirmVersion: Sendable {
    /// Counts from 1.
    public var version: Int
    /// The document (`Documentation/profiles.md`, `systems` left out).
    public var document: Node
    /// When it was decided, UTC microseconds.
    public var changed: Int64
    /// Who decided it.
    public var by: String
    /// Why.
    public var reason: String
}

/// The firm's profile: every version is kept, so that a verdict of any day can be understood.
public struct FirmStore: Sendable {
    static let migrations = [
        Migration("firm.0001-versions") { db in
            try db.execute(
                sql: """
                    CREATE TABLE firm_versions (
                        version INTEGER PRIMARY KEY, document TEXT NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL,
                        reason TEXT NOT NULL
                    ) STRICT
                    """)
        }
    ]

    let database: GovernanceDatabase
    let rulebook: Rulebook
    let now: @Sendable () -> Int64

    /// The newest version; nil before the first run has asked.
    public func current() async throws(WorkspaceError) -> FirmVersion? {
        try await database.read(throwing: WorkspaceError.self) { db in
            try Row.fetchOne(db.cachedStatement(sql: "SELECT * FROM firm_versions ORDER BY version DESC LIMIT 1")).map(
                Self.version)
        }
    }

    /// All versions, newest first; at most `limit`.
    public func history(limit: Int = 100) async throws(WorkspaceError) -> [FirmVersion] {
        try await database.read(throwing: WorkspaceError.self) { db in
            try Row.fetchAll(db, sql: "SELECT * FROM firm_versions ORDER BY version DESC LIMIT ?", arguments: [limit])
                .map(Self.version)
        }
    }

    /// Decides a new version.
    ///
    /// - Parameters:
    ///   - document: the whole profile without its systems.
    ///   - previous: the version it was made from; 0 for the first.
    ///   - reason: why, for the trail and whoever reads the history.
    ///   - actor: who decides.
    /// - Returns: its number.
    /// - Throws: `.document` when it is not a profile, `.conflict` when somebody else was faster.
    public func decide(_ document: Node, after previous: Int, reason: String, _ actor: TrailActor) async throws(WorkspaceError)
        -> Int
    {
        do throws(DocumentError) {
            _ = try ProfileReader.read(document, rulebook: rulebook, origin: "profile")
        } catch {
            throw .document(error)
        }
        let text = String(decoding: CanonicalJSON.bytes(of: document), as: UTF8.self)
        let (time, who) = (now(), actor.who)
        return try await database.change(actor, throwing: WorkspaceError.self) { db, trail in
            let newest = try Int.fetchOne(db, sql: "SELECT max(version) FROM firm_versions") ?? 0
            guard newest == previous else {
                throw WorkspaceError.conflict(
                    "the profile was changed meanwhile (version \(newest)); look at it and decide again")
            }
            try db.execute(
                sql: "INSERT INTO firm_versions VALUES (?, ?, ?, ?, ?)", arguments: [newest + 1, text, time, who, reason])
            trail.note(
                TrailEntry(
                    "firm.decide", .init("firm", String(newest + 1)), reason: reason, details: ["version": String(newest + 1)]))
            return newest + 1
        }
    }

    private static func version(_ row: Row) throws -> FirmVersion {
        let text: String = row["document"]
        return FirmVersion(
            version: row["version"], document: try JSONReader.read(Array(text.utf8)), changed: row["changed"],
            by: row["changed_by"],
            reason: row["reason"])
    }
}
