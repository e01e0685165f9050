public import Database
internal import Documents
internal import GRDB
public import Rulebook

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
    /// The firms as they stand, and the number of each one's newest version.
    private struct Known {
        var firms: [Firm]
        var versions: [Int]
    }
    private let memory = MarketMemory<Int, Known>(limit: 1)
    private let named = MarketMemory<CivilDate, [String: String]>(limit: 4)

    init(database: GovernanceDatabase, rulebook: Rulebook, now: @escaping @Sendable () -> Int64) {
        (self.database, self.rulebook, self.now) = (database, rulebook, now)
    }

    /// Every firm there ever was, by id. They are remembered; after a change only what changed is read again.
    public func all() async throws(SupervisionError) -> [Firm] {
        let generation = try await database.read(throwing: SupervisionError.self) { db in try GenerationStore.firms(db) }
        return try await memory.value(0, at: [generation]) { last throws(SupervisionError) in
            try await load(after: last)
        }.firms
    }

    /// What every firm is called for short on a day, by id.
    public func names(on day: CivilDate) async throws(SupervisionError) -> [String: String] {
        let generation = try await database.read(throwing: SupervisionError.self) { db in try GenerationStore.firms(db) }
        return try await named.value(day, at: [generation]) { _ throws(SupervisionError) in
            Dictionary(
                try await all().map { ($0.id, $0.name(asOf: day)?.short ?? $0.id) }, uniquingKeysWith: { first, _ in first })
        }
    }

    private func load(after last: Known?) async throws(SupervisionError) -> Known {
        let places = Dictionary(
            (last?.firms ?? []).enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        let isNew = last == nil
        let found = try await database.read(throwing: SupervisionError.self) {
            db -> [(id: String, version: Int, document: String?)] in
            if isNew {
                return try Row.fetchCursor(db, sql: "SELECT id, version, document FROM firms ORDER BY id").map {
                    ($0[0], $0[1], $0[2])
                }.reduce(into: []) { $0.append($1) }
            }
            let document = try db.cachedStatement(sql: "SELECT document FROM firms WHERE id = ?")
            return try Row.fetchAll(db, sql: "SELECT id, version FROM firms ORDER BY id").map { row in
                let (id, version): (String, Int) = (row[0], row[1])
                // A version is never written twice.
                let isKnown = places[id].flatMap { place in last?.versions[place] } == version
                return (id, version, isKnown ? nil : try String.fetchOne(document, arguments: [id]))
            }
        }
        let read = try await decoded(found.compactMap { row in row.document.map { (row.id, $0) } })
        var known = Known(firms: [], versions: found.map(\.version))
        known.firms.reserveCapacity(found.count)
        var next = 0
        for row in found {
            if row.document == nil, let last, let place = places[row.id] {
                known.firms.append(last.firms[place])
            } else {
                known.firms.append(read[next])
                next += 1
            }
        }
        return known
    }

    /// Reads documents, many of them on all cores.
    private func decoded(_ documents: [(id: String, document: String)]) async throws(SupervisionError) -> [Firm] {
        let size = 512
        let parts = stride(from: 0, to: documents.count, by: size).map { documents[$0..<min($0 + size, documents.count)] }
        let results = await withTaskGroup(of: (Int, Result<[Firm], SupervisionError>).self) { group in
            for (number, part) in parts.enumerated() {
                group.addTask {
                    do throws(SupervisionError) {
                        var firms: [Firm] = []
                        for (id, document) in part {
                            guard let firm = try? firm(document) else {
                                throw .storage(StorageError(.damaged, "a firm's document cannot be read", at: "firms \(id)"))
                            }
                            firms.append(firm)
                        }
                        return (number, .success(firms))
                    } catch {
                        return (number, .failure(error))
                    }
                }
            }
            var results = [Result<[Firm], SupervisionError>](repeating: .success([]), count: parts.count)
            for await (number, result) in group { results[number] = result }
            return results
        }
        var firms: [Firm] = []
        for result in results { firms += try result.get() }
        return firms
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
