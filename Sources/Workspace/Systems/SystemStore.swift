public import Database
public import Documents
internal import GRDB
internal import Rulebook

/// A system of the firm as its inventory lists it.
public struct SystemEntry: Sendable, Hashable {
    /// Its id within the firm: lower-case letters, digits and hyphens, 1 to 63.
    public var id: String
    /// What it is called.
    public var name: String
    /// Who answers for it.
    public var owner: String
    /// What kind of system it is, in the firm's words.
    public var kind: String
    /// Names of its hosts, as they call themselves.
    public var hosts: [String]
    /// Its facts, by name without `system.`.
    public var facts: [String: Node]
    /// Most minutes it may stand still (RTO); nil when nobody decided.
    public var recoveryTime: Int?
    /// Most minutes of data that may be lost (RPO); nil when nobody decided.
    public var recoveryPoint: Int?
    /// When it was changed last, UTC microseconds.
    public var changed: Int64 = 0
    /// When it was taken out of service, UTC microseconds; nil while it serves.
    public var retired: Int64?

    /// A system.
    public init(
        id: String, name: String, owner: String = "", kind: String = "", hosts: [String] = [], facts: [String: Node] = [:],
        recoveryTime: Int? = nil, recoveryPoint: Int? = nil
    ) {
        (self.id, self.name, self.owner, self.kind, self.hosts, self.facts) = (id, name, owner, kind, hosts, facts)
        (self.recoveryTime, self.recoveryPoint) = (recoveryTime, recoveryPoint)
    }

    /// As a profile names it.
    var node: Node {
        .object([
            ("id", .text(id)), ("name", .text(name)), ("hosts", .texts(hosts)),
            ("facts", .object(facts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })),
        ])
    }

    /// A word that can stand in an address: the id a name suggests.
    public static func isIdentifier(_ id: String) -> Bool {
        (1...63).contains(id.utf8.count) && id.first != "-"
            && id.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E }
    }
}

/// The inventory of systems.
public struct SystemStore: Sendable {
    static let migrations = [
        Migration("systems.0001-inventory") { db in
            try db.execute(
                sql: """
                    CREATE TABLE systems (
                        id TEXT PRIMARY KEY, name TEXT NOT NULL, owner TEXT NOT NULL, kind TEXT NOT NULL, hosts TEXT NOT NULL,
                        facts TEXT NOT NULL, recovery_time INTEGER, recovery_point INTEGER, changed INTEGER NOT NULL, retired INTEGER
                    ) STRICT
                    """)
        }
    ]
    /// Longest name, owner or kind, in bytes.
    static let textLimit = 200
    /// Most hosts of one system.
    static let hostLimit = 1_000

    let database: GovernanceDatabase
    let rulebook: Rulebook
    let now: @Sendable () -> Int64

    /// Every system, by id; retired ones only when asked for.
    public func all(retired: Bool = false) async throws(WorkspaceError) -> [SystemEntry] {
        try await database.read(throwing: WorkspaceError.self) { db in try Self.all(db, retired: retired) }
    }

    static func all(_ db: Database, retired: Bool = false) throws -> [SystemEntry] {
        let filter = retired ? "" : "WHERE retired IS NULL"
        return try Row.fetchAll(db, sql: "SELECT * FROM systems \(filter) ORDER BY id").map(entry)
    }

    /// One system.
    ///
    /// - Throws: `.notFound`.
    public func system(_ id: String) async throws(WorkspaceError) -> SystemEntry {
        try await database.read(throwing: WorkspaceError.self) { db in
            guard let row = try Row.fetchOne(db, sql: "SELECT * FROM systems WHERE id = ?", arguments: [id]) else {
                throw WorkspaceError.notFound("system \(id.clipped)")
            }
            return try Self.entry(row)
        }
    }

    /// Puts a new system into the inventory, or changes one.
    ///
    /// - Throws: `.document` when a field is not as it should be, `.conflict` when a new one has the id of another.
    public func save(_ system: SystemEntry, isNew: Bool, _ actor: TrailActor) async throws(WorkspaceError) {
        try check(system)
        let time = now()
        try await database.change(actor, throwing: WorkspaceError.self) { db, trail in
            let before = try Row.fetchOne(db, sql: "SELECT * FROM systems WHERE id = ?", arguments: [system.id]).map(Self.entry)
            if isNew, before != nil { throw WorkspaceError.conflict("there is a system \(system.id) already") }
            if !isNew, before == nil { throw WorkspaceError.notFound("system \(system.id)") }
            let hosts = String(decoding: CanonicalJSON.bytes(of: .texts(system.hosts)), as: UTF8.self)
            let facts = String(
                decoding: CanonicalJSON.bytes(of: .object(system.facts.map { ($0.key, $0.value) })), as: UTF8.self)
            try db.execute(
                sql: """
                    INSERT INTO systems VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)
                    ON CONFLICT (id) DO UPDATE SET name = excluded.name, owner = excluded.owner, kind = excluded.kind,
                        hosts = excluded.hosts, facts = excluded.facts, recovery_time = excluded.recovery_time,
                        recovery_point = excluded.recovery_point, changed = excluded.changed
                    """,
                arguments: [
                    system.id, system.name, system.owner, system.kind, hosts, facts, system.recoveryTime, system.recoveryPoint,
                    time,
                ])
            trail.note(
                TrailEntry(
                    isNew ? "system.create" : "system.change", .init("system", system.id),
                    details: Self.difference(before, system)))
        }
    }

    /// Takes a system out of service, or puts it back; nothing of it is removed.
    public func retire(_ id: String, _ isRetired: Bool, reason: String, _ actor: TrailActor) async throws(WorkspaceError) {
        let time = now()
        try await database.change(actor, throwing: WorkspaceError.self) { db, trail in
            try db.execute(
                sql: "UPDATE systems SET retired = ?, changed = ? WHERE id = ?", arguments: [isRetired ? time : nil, time, id])
            guard db.changesCount == 1 else { throw WorkspaceError.notFound("system \(id.clipped)") }
            trail.note(TrailEntry(isRetired ? "system.retire" : "system.restore", .init("system", id), reason: reason))
        }
    }

    /// The rulebook's own reader says whether the facts fit.
    private func check(_ system: SystemEntry) throws(WorkspaceError) {
        func refuse(_ key: String, _ reason: String) -> WorkspaceError {
            .document(DocumentError(.badValue, source: "system", key: key, reason: reason))
        }
        guard SystemEntry.isIdentifier(system.id) else {
            throw refuse("id", "1 to 63 lower-case letters, digits, hyphens and dots are expected")
        }
        for (key, text, mayBeEmpty) in [
            ("name", system.name, false), ("owner", system.owner, true), ("kind", system.kind, true),
        ] {
            guard mayBeEmpty || !text.isEmpty, text.utf8.count <= Self.textLimit,
                !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
            else { throw refuse(key, "1 to \(Self.textLimit) bytes without control characters are expected") }
        }
        guard system.hosts.count <= Self.hostLimit, Set(system.hosts).count == system.hosts.count,
            system.hosts.allSatisfy({ (1...253).contains($0.utf8.count) && !$0.contains(where: \.isWhitespace) })
        else { throw refuse("hosts", "at most \(Self.hostLimit) different host names are expected") }
        for (key, minutes) in [("recovery_time", system.recoveryTime), ("recovery_point", system.recoveryPoint)] {
            if let minutes, !(0...5_256_000).contains(minutes) { throw refuse(key, "minutes from 0 to ten years are expected") }
        }
        do throws(DocumentError) {
            let profile: Node = .object([
                ("schema", .text(Profile.schema)), ("name", "check"), ("systems", .list([system.node])),
            ])
            _ = try ProfileReader.read(profile, rulebook: rulebook, origin: "system")
        } catch {
            throw .document(error)
        }
    }

    /// What changed, for the trail: the old and new value of each field that did.
    private static func difference(_ old: SystemEntry?, _ new: SystemEntry) -> [String: String] {
        var details: [String: String] = [:]
        func tell(_ name: String, _ before: String, _ after: String) {
            if before != after { details[name] = old == nil ? after : "\(before) -> \(after)" }
        }
        tell("name", old?.name ?? "", new.name)
        tell("owner", old?.owner ?? "", new.owner)
        tell("kind", old?.kind ?? "", new.kind)
        tell("hosts", (old?.hosts ?? []).joined(separator: " "), new.hosts.joined(separator: " "))
        tell("recovery-time", old?.recoveryTime.map { "\($0)" } ?? "", new.recoveryTime.map { "\($0)" } ?? "")
        tell("recovery-point", old?.recoveryPoint.map { "\($0)" } ?? "", new.recoveryPoint.map { "\($0)" } ?? "")
        let names = Set(new.facts.keys).union(old?.facts.keys.map { $0 } ?? [])
        let changed = names.filter { old?.facts[$0] != new.facts[$0] }.sorted()
        if !changed.isEmpty {
            details["facts"] = changed.map { "\($0)=\(new.facts[$0].map { $0.shown } ?? "unknown")" }.joined(separator: " ")
        }
        return details
    }

    private static func entry(_ row: Row) throws -> SystemEntry {
        func node(_ column: String) throws -> Node { try JSONReader.read(Array((row[column] as String).utf8)) }
        var entry = SystemEntry(
            id: row["id"], name: row["name"], owner: row["owner"], kind: row["kind"],
            hosts: try node("hosts").list?.compactMap(\.text) ?? [],
            facts: Dictionary(try node("facts").entries?.map { ($0.key, $0.node) } ?? []) { $1 },
            recoveryTime: row["recovery_time"],
            recoveryPoint: row["recovery_point"])
        (entry.changed, entry.retired) = (row["changed"], row["retired"])
        return entry
    }
}
