public import Database
internal import Documents
internal import GRDB
internal import Rulebook

/// Cases of one kind: everything that happened in them, in order.
public struct CaseStore<Case: CaseFile>: Sendable {
    /// The table of a kind of case.
    ///
    /// - Parameter feature: what its migrations are called.
    /// - Returns: the migrations.
    static func migrations(_ feature: String) -> [Migration] {
        let table = table
        return [
            Migration("\(feature).0001-events") { db in
                try db.execute(
                    sql: """
                        CREATE TABLE \(table) (
                            id INTEGER NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL, party TEXT NOT NULL,
                            event TEXT NOT NULL, PRIMARY KEY (id, number)
                        ) STRICT, WITHOUT ROWID
                        """)
            }
        ]
    }

    private static var table: String { Case.kind.replacing("-", with: "_") + "_events" }

    let database: GovernanceDatabase
    let now: @Sendable () -> Int64

    /// Everything that happened in a case.
    public struct Page: Sendable {
        /// Counts from 1.
        public var number: Int
        /// What happened.
        public var event: Case.Event
        /// When, and by whom.
        public var said: Said
    }

    // MARK: Reading

    /// All cases, newest first.
    public func all() async throws(SupervisionError) -> [Case] {
        try await database.read(throwing: SupervisionError.self) { db in try Self.all(db) }
    }

    /// A case.
    ///
    /// - Throws: `.notFound`.
    public func find(_ id: Int64) async throws(SupervisionError) -> Case {
        try await database.read(throwing: SupervisionError.self) { db in try Self.find(id, db) }
    }

    /// Everything that happened in a case, oldest first.
    ///
    /// - Throws: `.notFound`.
    public func history(_ id: Int64) async throws(SupervisionError) -> [Page] {
        try await database.read(throwing: SupervisionError.self) { db in
            let pages = try Self.pages(db, id)
            guard !pages.isEmpty else { throw SupervisionError.notFound("\(Case.kind) \(id)") }
            return pages.map(\.page)
        }
    }

    static func all(_ db: GRDB.Database) throws -> [Case] {
        var cases: [Case] = []
        for (id, page) in try pages(db, nil) {
            if page.number > 1, var last = cases.popLast(), last.id == id {
                try apply(page, to: &last)
                cases.append(last)
            } else {
                cases.append(try begin(id, page))
            }
        }
        return cases.reversed()
    }

    static func find(_ id: Int64, _ db: GRDB.Database) throws -> Case {
        let pages = try pages(db, id)
        guard let first = pages.first else { throw SupervisionError.notFound("\(Case.kind) \(id)") }
        var found = try begin(id, first.page)
        for (_, page) in pages.dropFirst() { try apply(page, to: &found) }
        return found
    }

    private static func begin(_ id: Int64, _ page: Page) throws -> Case {
        do throws(SupervisionError) {
            var found = try Case(id, page.event, page.said)
            found.revision = 1
            return found
        } catch { throw damaged(id, "\(error)") }
    }

    private static func apply(_ page: Page, to found: inout Case) throws {
        do throws(SupervisionError) { try found.apply(page.event, page.said) } catch { throw damaged(found.id, "\(error)") }
        found.revision += 1
    }

    private static func pages(_ db: GRDB.Database, _ id: Int64?) throws -> [(id: Int64, page: Page)] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM \(table) WHERE ?1 IS NULL OR id = ?1 ORDER BY id, number", arguments: [id]
        ).map { row in
            let (id, text): (Int64, String) = (row["id"], row["event"])
            guard let party = Party(rawValue: row["party"]) else { throw damaged(id, "party") }
            let event: Case.Event
            do {
                event = try NodeDecoder.value(Case.Event.self, try JSONReader.read(Array(text.utf8)))
            } catch { throw damaged(id, "\(error)") }
            return (id, Page(number: row["number"], event: event, said: Said(at: row["at"], by: row["by"], party: party)))
        }
    }

    private static func damaged(_ id: Int64, _ detail: String) -> SupervisionError {
        .storage(StorageError(.damaged, "a case cannot be read: \(detail.clipped)", at: "\(table) \(id)"))
    }

    // MARK: Writing

    /// Begins a case.
    ///
    /// - Parameters:
    ///   - event: how it begins.
    ///   - party: whose word it is.
    ///   - actor: who begins it.
    /// - Returns: its number.
    /// - Throws: `.fields`, `.conflict` as the case says; `.notFound` for a firm that is not in the register.
    @discardableResult
    public func begin(
        _ event: Case.Event, party: Party = .supervisor, _ actor: TrailActor
    ) async throws(SupervisionError) -> Int64 {
        let said = Said(at: now(), by: actor.who, party: party)
        return try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            let id = (try Int64.fetchOne(db, sql: "SELECT max(id) FROM \(Self.table)") ?? 0) + 1
            var begun = try Case(id, event, said)
            begun.revision = 1
            try Self.check(begun, db)
            try Self.write(begun, event, said, db, &trail)
            return id
        }
    }

    /// Lets something happen in a case.
    ///
    /// - Parameters:
    ///   - event: what happens.
    ///   - id: the case.
    ///   - revision: how much had happened when whoever acts looked at it; nil where that does not matter.
    ///   - party: whose word it is.
    ///   - actor: who acts.
    /// - Returns: the case after it.
    /// - Throws: `.notFound`; `.fields`, `.conflict` as the case says; `.conflict` when something happened meanwhile.
    @discardableResult
    public func apply(
        _ event: Case.Event, to id: Int64, after revision: Int? = nil, party: Party = .supervisor, _ actor: TrailActor
    ) async throws(SupervisionError) -> Case {
        try await apply(event, to: id, after: revision, party: party, actor) { _, _, _, _ in }
    }

    /// As `apply`, with something else in the same transaction.
    func apply(
        _ event: Case.Event, to id: Int64, after revision: Int?, party: Party, _ actor: TrailActor,
        also: @escaping @Sendable (Case, Said, GRDB.Database, inout TrailBook) throws -> Void
    ) async throws(SupervisionError) -> Case {
        let said = Said(at: now(), by: actor.who, party: party)
        return try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            var found = try Self.find(id, db)
            if let revision, revision != found.revision {
                throw SupervisionError.conflict("something happened in \(Case.kind) \(id) meanwhile")
            }
            try found.apply(event, said)
            found.revision += 1
            try Self.check(found, db)
            try Self.write(found, event, said, db, &trail)
            try also(found, said, db, &trail)
            return found
        }
    }

    private static func check(_ found: Case, _ db: GRDB.Database) throws {
        for firm in found.firms.sorted() {
            let isThere = try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM firms WHERE id = ?)", arguments: [firm])
            guard isThere == true else { throw SupervisionError.fields(["firm": .unknown]) }
        }
        if let name = found.name, try all(db).contains(where: { $0.id != found.id && $0.name == name }) {
            throw SupervisionError.conflict("there is a \(Case.kind) \(name) already")
        }
    }

    private static func write(
        _ found: Case, _ event: Case.Event, _ said: Said, _ db: GRDB.Database, _ trail: inout TrailBook
    ) throws {
        let bytes = CanonicalJSON.bytes(of: try NodeEncoder.node(of: event))
        try db.execute(
            sql: "INSERT INTO \(table) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [found.id, found.revision, said.at, said.by, said.party.rawValue, String(decoding: bytes, as: UTF8.self)])
        trail.note(
            TrailEntry(
                "\(Case.kind).\(event.action)", .init(Case.kind, "\(found.id)"), reason: event.reason,
                details: [
                    "number": "\(found.revision)", "firms": found.firms.sorted().joined(separator: " "),
                    "sha256": Hash.sha256(bytes),
                ]))
    }
}
