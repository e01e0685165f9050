public import Database
internal import Documents
internal import GRDB
internal import Rulebook

/// One version of what the register says of a firm.
public struct FirmVersion: Sendable {
    /// Counts from 1 for each firm.
    public var version: Int
    /// What it says.
    public var firm: Firm
    /// When it was written, UTC microseconds.
    public var changed: Int64
    /// Who wrote it.
    public var by: String
    /// Why.
    public var reason: String
}

/// The register of firms: every version is kept, so that what was known on any day can be understood.
public struct RegisterStore: Sendable {
    static let migrations = [
        Migration("register.0001-firms") { db in
            try db.execute(
                sql: """
                    CREATE TABLE firms (
                        id TEXT PRIMARY KEY, number TEXT UNIQUE, document TEXT NOT NULL, version INTEGER NOT NULL
                    ) STRICT;
                    CREATE TABLE firm_history (
                        firm TEXT NOT NULL REFERENCES firms (id), version INTEGER NOT NULL, document TEXT NOT NULL,
                        changed INTEGER NOT NULL, changed_by TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (firm, version)
                    ) STRICT;
                    """)
        }
    ]
    /// Longest reason in bytes.
    static let reasonLimit = 500

    let database: GovernanceDatabase
    let rulebook: Rulebook
    let now: @Sendable () -> Int64

    /// Every firm there ever was, by id.
    public func all() async throws(SupervisionError) -> [Firm] {
        try await database.read(throwing: SupervisionError.self) { db in try all(db) }
    }

    func all(_ db: GRDB.Database) throws -> [Firm] {
        try String.fetchAll(db, sql: "SELECT document FROM firms ORDER BY id").map(firm)
    }

    /// One firm and the number of its newest version.
    ///
    /// - Throws: `.notFound`.
    public func firm(_ id: String) async throws(SupervisionError) -> (firm: Firm, version: Int) {
        try await database.read(throwing: SupervisionError.self) { db in try find(id, db) }
    }

    func find(_ id: String, _ db: GRDB.Database) throws -> (firm: Firm, version: Int) {
        guard let row = try Row.fetchOne(db, sql: "SELECT document, version FROM firms WHERE id = ?", arguments: [id]) else {
            throw SupervisionError.notFound("firm \(id.clipped)")
        }
        return (try firm(row["document"]), row["version"])
    }

    /// All versions of a firm, newest first.
    public func history(_ id: String) async throws(SupervisionError) -> [FirmVersion] {
        try await database.read(throwing: SupervisionError.self) { db in
            try Row.fetchAll(db, sql: "SELECT * FROM firm_history WHERE firm = ? ORDER BY version DESC", arguments: [id]).map {
                FirmVersion(
                    version: $0["version"], firm: try firm($0["document"]), changed: $0["changed"], by: $0["changed_by"],
                    reason: $0["reason"])
            }
        }
    }

    /// Writes firms into the register, all of them or none: an import, or one form.
    ///
    /// - Parameters:
    ///   - firms: each as it shall stand.
    ///   - versions: by id, the version a change was made from; a firm without one is new.
    ///   - reason: why, 1 to 500 bytes.
    ///   - actor: who writes.
    /// - Throws: `.document` when one is not as it should be, `.conflict` when somebody changed it meanwhile, it is there already, or its number
    ///   is that of another.
    public func save(
        _ firms: [Firm], after versions: [String: Int], reason: String, _ actor: TrailActor
    ) async throws(SupervisionError) {
        guard !reason.isEmpty, reason.utf8.count <= Self.reasonLimit else {
            throw .document(
                DocumentError(.badValue, source: "register", key: "reason", reason: "1 to \(Self.reasonLimit) bytes are expected")
            )
        }
        for firm in firms {
            do throws(DocumentError) { _ = try FirmReader.read(firm.node, rulebook: rulebook) } catch {
                throw .document(error.inSource(firm.id.clipped))
            }
        }
        let time = now()
        try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            for firm in firms { try save(firm, after: versions[firm.id], reason, actor, time, db, &trail) }
            if firms.isEmpty { trail.note(TrailEntry("register.import", .init("register"), reason: "no-change")) }
        }
    }

    private func save(
        _ firm: Firm, after version: Int?, _ reason: String, _ actor: TrailActor, _ time: Int64, _ db: GRDB.Database,
        _ trail: inout TrailBook
    ) throws {
        let document = String(decoding: CanonicalJSON.bytes(of: firm.node), as: UTF8.self)
        let current = try Row.fetchOne(db, sql: "SELECT version, document FROM firms WHERE id = ?", arguments: [firm.id])
        if current == nil, version != nil { throw SupervisionError.notFound("firm \(firm.id)") }
        if let current {
            guard let version else { throw SupervisionError.conflict("there is a firm \(firm.id) already") }
            guard current["version"] == version else {
                throw SupervisionError.conflict("firm \(firm.id) was changed meanwhile")
            }
            if current["document"] == document { return }
        }
        let other = try String.fetchOne(
            db, sql: "SELECT id FROM firms WHERE number = ? AND id <> ?", arguments: [firm.number, firm.id])
        if let other, !firm.number.isEmpty { throw SupervisionError.conflict("firm \(other) has the number \(firm.number)") }
        let next = (version ?? 0) + 1
        try db.execute(
            sql: """
                INSERT INTO firms VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET number = excluded.number,
                    document = excluded.document, version = excluded.version
                """, arguments: [firm.id, firm.number.isEmpty ? nil : firm.number, document, next])
        try db.execute(
            sql: "INSERT INTO firm_history VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [firm.id, next, document, time, actor.who, reason])
        trail.note(
            TrailEntry(
                version == nil ? "firm.register" : "firm.change", .init("firm", firm.id), reason: reason,
                details: ["version": "\(next)", "short": firm.names.last?.short ?? ""]))
    }

    private func firm(_ document: String) throws -> Firm {
        try FirmReader.read(try JSONReader.read(Array(document.utf8)), rulebook: rulebook)
    }
}
