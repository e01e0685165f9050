public import Database
internal import Documents
internal import GRDB
public import Incidents
public import Rulebook
internal import Submissions

/// A firm's incidents: everything that happened in them, in order, and lists of the past. Each event is one change with its trail record.
public struct IncidentStore: Sendable {
    static let migrations = [
        Migration("incidents.0001-events") { db in
            try db.execute(
                sql: """
                    CREATE TABLE incident_events (
                        id INTEGER NOT NULL, number INTEGER NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL, event TEXT NOT NULL,
                        PRIMARY KEY (id, number)
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE past_incidents (
                        reference TEXT PRIMARY KEY, document TEXT NOT NULL, imported INTEGER NOT NULL, imported_by TEXT NOT NULL
                    ) STRICT;
                    """)
        },
        // How much happened in each case, so that nothing of a case is read that was read before.
        Migration("incidents.0002-heads") { db in
            try db.execute(
                sql: """
                    CREATE TABLE incident_heads (id INTEGER PRIMARY KEY, number INTEGER NOT NULL) STRICT;
                    INSERT INTO incident_heads SELECT id, max(number) FROM incident_events GROUP BY id;
                    """)
        },
    ]

    /// Something that happened.
    public struct Page: Sendable {
        /// Counts from 1.
        public var number: Int
        /// What happened.
        public var event: IncidentEvent
        /// When, and by whom.
        public var stamp: Stamp
    }

    /// What cases are judged by.
    public let rules: IncidentRules
    let database: GovernanceDatabase
    let now: @Sendable () -> Int64
    /// Cases that were worked out, by their numbers; a case with more events than its copy is worked out again.
    private let cache = IncidentCache()

    /// The store of a database.
    ///
    /// - Parameters:
    ///   - database: open, with the workspace's migrations applied.
    ///   - rules: what cases are judged by.
    ///   - now: UTC microseconds.
    public init(_ database: GovernanceDatabase, rules: IncidentRules, now: @escaping @Sendable () -> Int64) {
        (self.database, self.rules, self.now) = (database, rules, now)
    }

    /// What the clock shows.
    public var instant: Instant { Instant(seconds: now() / 1_000_000) }

    // MARK: Reading

    /// All cases, newest first.
    public func all() async throws(IncidentError) -> [Incident] {
        let known = cache.all
        let cases = try await database.read(throwing: IncidentError.self) { db in
            try Row.fetchAll(db, sql: "SELECT id, number FROM incident_heads ORDER BY id DESC").map { row in
                let (id, number): (Int64, Int) = (row["id"], row["number"])
                if let incident = known[id], incident.revision == number { return incident }
                return try Self.find(id, db)
            }
        }
        cache.keep(cases)
        return cases
    }

    /// A case.
    ///
    /// - Throws: `.notFound`.
    public func find(_ id: Int64) async throws(IncidentError) -> Incident {
        try await database.read(throwing: IncidentError.self) { db in try Self.find(id, db) }
    }

    /// Everything that happened in a case, oldest first.
    ///
    /// - Throws: `.notFound`.
    public func history(_ id: Int64) async throws(IncidentError) -> [Page] {
        try await database.read(throwing: IncidentError.self) { db in
            let pages = try Self.pages(db, id)
            guard !pages.isEmpty else { throw IncidentError.notFound(id) }
            return pages
        }
    }

    private static func find(_ id: Int64, _ db: GRDB.Database) throws -> Incident {
        let pages = try pages(db, id)
        guard !pages.isEmpty else { throw IncidentError.notFound(id) }
        return try incident(id, pages)
    }

    private static func incident(_ id: Int64, _ pages: [Page]) throws -> Incident {
        guard let incident = Incident(id, pages.map { ($0.event, $0.stamp) }), pages.map(\.number) == Array(1...pages.count)
        else {
            throw damaged(id, "its events are not in order")
        }
        return incident
    }

    private static func pages(_ db: GRDB.Database, _ id: Int64) throws -> [Page] {
        try Row.fetchAll(db, sql: "SELECT * FROM incident_events WHERE id = ? ORDER BY number", arguments: [id]).map { row in
            let text: String = row["event"]
            guard let at = Instant(row["at"] as String) else { throw damaged(id, "at") }
            do {
                let event = try NodeDecoder.value(IncidentEvent.self, try JSONReader.read(Array(text.utf8)))
                return Page(number: row["number"], event: event, stamp: Stamp(at: at, by: row["by"]))
            } catch { throw damaged(id, "\(error)") }
        }
    }

    private static func damaged(_ id: Int64, _ detail: String) -> IncidentError {
        .storage(StorageError(.damaged, "an incident cannot be read: \(detail.clipped)", at: "incident_events \(id)"))
    }

    // MARK: Writing

    /// Begins a case.
    ///
    /// - Parameters:
    ///   - start: what is said at the start.
    ///   - actor: who begins it.
    /// - Returns: the case.
    /// - Throws: `.refused`.
    @discardableResult
    public func begin(_ start: IncidentStart, _ actor: TrailActor) async throws(IncidentError) -> Incident {
        let (rules, stamp) = (rules, Stamp(at: instant, by: actor.who))
        return try await database.change(actor, throwing: IncidentError.self) { db, trail in
            let id = (try Int64.fetchOne(db, sql: "SELECT max(id) FROM incident_heads") ?? 0) + 1
            for other in start.repeats { _ = try Self.find(other, db) }
            let begun: (incident: Incident, event: IncidentEvent)
            do throws(IncidentRefusal) { begun = try Incident.begin(id, start, stamp, rules) } catch {
                throw IncidentError.refused(error)
            }
            try Self.write(id, 1, begun.event, stamp, isDrill: start.isDrill, db, &trail)
            return begun.incident
        }
    }

    /// Does something in a case.
    ///
    /// - Parameters:
    ///   - action: what is done.
    ///   - id: the case.
    ///   - revision: how much had happened when whoever acts looked at it; nil where that does not matter.
    ///   - actor: who acts.
    /// - Returns: the case after it.
    /// - Throws: `.notFound`, `.meanwhile`, `.refused`; nothing changed then.
    @discardableResult
    public func act(
        _ action: IncidentAction, in id: Int64, after revision: Int? = nil, _ actor: TrailActor
    ) async throws(IncidentError) -> Incident {
        let (rules, stamp) = (rules, Stamp(at: instant, by: actor.who))
        return try await database.change(actor, throwing: IncidentError.self) { db, trail in
            var incident = try Self.find(id, db)
            if let revision, revision != incident.revision { throw IncidentError.meanwhile(id) }
            if case .link(let other) = action { _ = try Self.find(other, db) }
            let events: [IncidentEvent]
            do throws(IncidentRefusal) { events = try incident.decide(action, stamp, rules) } catch {
                throw IncidentError.refused(error)
            }
            for event in events {
                incident.apply(event, stamp)
                try Self.write(id, incident.revision, event, stamp, isDrill: incident.isDrill, db, &trail)
            }
            return incident
        }
    }

    private static func write(
        _ id: Int64, _ number: Int, _ event: IncidentEvent, _ stamp: Stamp, isDrill: Bool, _ db: GRDB.Database,
        _ trail: inout TrailBook
    ) throws {
        let bytes = CanonicalJSON.line(of: try NodeEncoder.node(of: event))
        try db.execute(
            sql: "INSERT INTO incident_events VALUES (?, ?, ?, ?, ?)",
            arguments: [id, number, stamp.at.description, stamp.by, String(decoding: bytes, as: UTF8.self)])
        try db.execute(
            sql: "INSERT INTO incident_heads VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET number = excluded.number",
            arguments: [id, number])
        var details = ["number": "\(number)", "sha256": HexText.sha256(bytes), "drill": isDrill ? "yes" : "no"]
        if case .filed(let submission) = event {
            details["submission"] = "\(submission.number)"
            details["late"] = submission.settled.map { "\($0.duty.regime)=\($0.late.map(String.init) ?? "?")" }.joined(
                separator: " ")
        }
        trail.note(TrailEntry("incident.\(event.action)", .init("incident", "\(id)"), details: details))
    }

    // MARK: The past

    /// The lists of past incidents, by reference.
    public func past() async throws(IncidentError) -> [PastIncident] {
        let reader = PastIncidentReader(taxonomy: rules.taxonomy, clocks: rules.clocks)
        let now = instant
        return try await database.read(throwing: IncidentError.self) { db in
            let rows = try String.fetchAll(db, sql: "SELECT document FROM past_incidents ORDER BY reference")
            let outcome = reader.read(.list(try rows.map { try JSONReader.read(Array($0.utf8)) }), now: now)
            guard outcome.faults.isEmpty else {
                throw IncidentError.storage(
                    StorageError(.damaged, "a past incident cannot be read: \(outcome.faults[0])".clipped, at: "past_incidents"))
            }
            return outcome.incidents
        }
    }

    /// Stores a list of past incidents; those whose references are there already stay as they were.
    ///
    /// - Parameters:
    ///   - outcome: as the reader read it.
    ///   - actor: who imports.
    /// - Returns: how many were new.
    /// - Throws: `.list` when it has faults; nothing is stored then.
    public func importPast(_ outcome: PastIncidentReader.Outcome, _ actor: TrailActor) async throws(IncidentError) -> Int {
        guard outcome.faults.isEmpty else { throw .list(outcome.faults) }
        let (time, who) = (now(), actor.who)
        return try await database.change(actor, throwing: IncidentError.self) { db, trail in
            var added = 0
            for incident in outcome.incidents {
                let document = String(decoding: CanonicalJSON.line(of: incident.node), as: UTF8.self)
                try db.execute(
                    sql: "INSERT INTO past_incidents VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    arguments: [incident.reference, document, time, who])
                added += db.changesCount
            }
            trail.note(
                TrailEntry(
                    "incident.import", .init("incident"),
                    details: ["read": "\(outcome.incidents.count)", "added": "\(added)"]))
            return added
        }
    }

    // MARK: Counting

    /// What happened in a span of months: the firm's cases and its past, without drills.
    ///
    /// - Parameters:
    ///   - months: the first and the last month.
    ///   - basis: which of two values counts.
    ///   - tier: the firm's tier; empty when nobody decided.
    /// - Returns: the statistics as of now.
    /// - Throws: what reading throws.
    public func statistics(
        _ months: ClosedRange<YearMonth>, _ basis: ValueBasis, tier: String = ""
    ) async throws(IncidentError) -> IncidentStatistics {
        let asOf = instant
        let counted = try await all().compactMap {
            CountedIncident($0, firm: "", tier: tier, asOf: asOf, rules.clocks)
        }
        return IncidentStatistics(
            counted + (try await past().map { CountedIncident($0) }), months: months, basis: basis, asOf: asOf,
            taxonomy: rules.taxonomy)
    }
}
