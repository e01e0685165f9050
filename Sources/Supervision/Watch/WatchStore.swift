public import Database
internal import Documents
internal import GRDB
public import Rulebook

/// What may be probed: targets in every version, the approvals of second persons, and the days on which markets are closed.
public struct WatchStore: Sendable {
    static let migrations = [
        Migration("watch.0001-targets") { db in
            try db.execute(
                sql: """
                    CREATE TABLE watch_targets (id TEXT PRIMARY KEY, firm TEXT NOT NULL, retired INTEGER) STRICT;
                    CREATE TABLE watch_versions (
                        target TEXT NOT NULL REFERENCES watch_targets (id), version INTEGER NOT NULL, document TEXT NOT NULL,
                        changed INTEGER NOT NULL, changed_by TEXT NOT NULL, reason TEXT NOT NULL, rejected_by TEXT NOT NULL,
                        PRIMARY KEY (target, version)
                    ) STRICT;
                    CREATE TABLE watch_approvals (
                        id INTEGER PRIMARY KEY, target TEXT NOT NULL, version INTEGER NOT NULL, approved INTEGER NOT NULL,
                        approved_by TEXT NOT NULL, until_day INTEGER NOT NULL, note TEXT NOT NULL,
                        FOREIGN KEY (target, version) REFERENCES watch_versions (target, version)
                    ) STRICT;
                    CREATE INDEX watch_approvals_target ON watch_approvals (target);
                    CREATE TABLE watch_days (
                        day INTEGER PRIMARY KEY, is_open INTEGER NOT NULL, note TEXT NOT NULL, changed INTEGER NOT NULL,
                        changed_by TEXT NOT NULL
                    ) STRICT;
                    """)
        },
        Migration("watch.0002-results") { db in
            try db.execute(
                sql: """
                    CREATE TABLE watch_states (
                        target TEXT PRIMARY KEY REFERENCES watch_targets (id), document TEXT NOT NULL
                    ) STRICT;
                    CREATE TABLE watch_results (
                        id INTEGER PRIMARY KEY, target TEXT NOT NULL, began INTEGER NOT NULL, outcome TEXT NOT NULL,
                        milliseconds INTEGER NOT NULL, status INTEGER, address TEXT NOT NULL
                    ) STRICT;
                    CREATE INDEX watch_results_target ON watch_results (target, began);
                    CREATE INDEX watch_results_began ON watch_results (began);
                    CREATE TABLE watch_hours (
                        target TEXT NOT NULL, hour INTEGER NOT NULL, up INTEGER NOT NULL, failed INTEGER NOT NULL,
                        silent INTEGER NOT NULL, milliseconds INTEGER NOT NULL, slowest INTEGER NOT NULL,
                        PRIMARY KEY (target, hour)
                    ) STRICT;
                    CREATE TABLE watch_stretches (
                        target TEXT NOT NULL, from_minute INTEGER NOT NULL, to_minute INTEGER NOT NULL, state TEXT NOT NULL,
                        PRIMARY KEY (target, from_minute)
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE watch_outages (
                        id INTEGER PRIMARY KEY, target TEXT NOT NULL, began INTEGER NOT NULL, ended INTEGER,
                        is_cut INTEGER NOT NULL, relapses INTEGER NOT NULL, reason TEXT NOT NULL
                    ) STRICT;
                    CREATE INDEX watch_outages_target ON watch_outages (target, began);
                    """)
        },
    ]
    /// Longest reason and note in bytes.
    static let noteLimit = 500

    let database: GovernanceDatabase
    let register: RegisterStore
    /// The limits.
    public let policy: WatchPolicy
    let now: @Sendable () -> Int64

    private var instant: Instant { Instant(seconds: now() / 1_000_000) }

    // MARK: Reading

    /// Every target there ever was, by its key.
    public func all() async throws(SupervisionError) -> [WatchRecord] {
        try await database.read(throwing: SupervisionError.self) { db in try Self.records(db, policy) }
    }

    /// One target.
    ///
    /// - Throws: `.notFound`.
    public func record(_ id: String) async throws(SupervisionError) -> WatchRecord {
        try await database.read(throwing: SupervisionError.self) { db in try Self.find(id, db, policy) }
    }

    /// The days of business.
    public func calendar() async throws(SupervisionError) -> BusinessCalendar {
        try await database.read(throwing: SupervisionError.self) { db in try Self.calendar(db, policy) }
    }

    /// A day that differs from its weekday.
    public struct Day: Sendable, Hashable {
        /// The day.
        public var day: CivilDate
        /// Whether markets are open although its weekday is closed; closed although it is open otherwise.
        public var isOpen: Bool
        /// Which day it is.
        public var note: String
        /// Who entered it.
        public var by: String
    }

    /// The days that differ from their weekdays, newest first.
    public func days() async throws(SupervisionError) -> [Day] {
        try await database.read(throwing: SupervisionError.self) { db in
            try Row.fetchAll(db, sql: "SELECT * FROM watch_days ORDER BY day DESC").map {
                Day(day: CivilDate(day: $0["day"]), isOpen: $0["is_open"] == 1, note: $0["note"], by: $0["changed_by"])
            }
        }
    }

    // MARK: Changing

    /// Asks that a target be watched, or be watched otherwise. Nothing changes until a second person agrees; what was agreed to before goes on.
    ///
    /// - Parameters:
    ///   - target: as it shall be.
    ///   - version: the version it was made from; nil for a new one.
    ///   - reason: why, 1 to 500 bytes.
    ///   - allowsLocal: whether the installation lets probes go anywhere, for tests.
    ///   - actor: who asks.
    /// - Throws: `.document`, `.notFound` for an unknown firm or target, `.conflict` when somebody changed it meanwhile, it is there already or
    ///   retired, or there are too many.
    public func save(
        _ target: WatchTarget, after version: Int?, reason: String, allowsLocal: Bool = false, _ actor: TrailActor
    ) async throws(SupervisionError) {
        do throws(DocumentError) {
            _ = try WatchTargetReader.read(target.node, policy: policy, allowsLocal: allowsLocal)
        } catch { throw .document(error) }
        try Self.check(reason, "reason")
        let time = instant
        let document = String(decoding: CanonicalJSON.bytes(of: target.node), as: UTF8.self)
        try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            _ = try register.find(target.firm, db)
            let next: Int
            if let version {
                let record = try Self.find(target.id, db, policy)
                guard record.retired == nil else { throw SupervisionError.conflict("target \(target.id) is retired") }
                guard record.newest.version == version else {
                    throw SupervisionError.conflict("target \(target.id) was changed meanwhile")
                }
                guard record.newest.target.firm == target.firm else { throw Self.refuse("firm", "a target stays with its firm") }
                next = version + 1
            } else {
                let known = try Self.records(db, policy)
                guard !known.contains(where: { $0.id == target.id }) else {
                    throw SupervisionError.conflict("there is a target \(target.id) already")
                }
                let living = known.filter { $0.retired == nil }
                guard living.count < policy.targetLimit else {
                    throw SupervisionError.conflict("there are \(policy.targetLimit) targets already")
                }
                guard living.count(where: { $0.newest.target.firm == target.firm }) < policy.targetOfFirmLimit else {
                    throw SupervisionError.conflict("firm \(target.firm) has \(policy.targetOfFirmLimit) targets already")
                }
                next = 1
                try db.execute(sql: "INSERT INTO watch_targets VALUES (?, ?, NULL)", arguments: [target.id, target.firm])
            }
            try db.execute(
                sql: "INSERT INTO watch_versions VALUES (?, ?, ?, ?, ?, ?, '')",
                arguments: [target.id, next, document, time.seconds, actor.who, reason])
            trail.note(
                TrailEntry(
                    "watch.propose", .init("watch-target", target.id), reason: reason,
                    details: ["version": "\(next)", "firm": target.firm, "address": target.address]))
        }
    }

    /// A second person agrees that a target is probed until a day, or does not.
    ///
    /// - Parameters:
    ///   - id: its key.
    ///   - version: which version; agreeing anew to one that is in force moves its end.
    ///   - until: the last day, Asia/Taipei.
    ///   - isAgreed: whether they agree.
    ///   - note: more; needed when they do not.
    ///   - actor: the second person.
    /// - Throws: `.notFound`; `.conflict` when it is another version now, retired, or was not agreed to; `.refused` when they asked for it
    ///   themselves; `.document`.
    public func approve(
        _ id: String, version: Int, until: CivilDate, isAgreed: Bool = true, note: String, _ actor: TrailActor
    ) async throws(SupervisionError) {
        let time = instant
        let today = time.date(in: .taipei)
        guard note.utf8.count <= Self.noteLimit, isAgreed || !note.isEmpty else {
            throw Self.refuse("note", "why not, at most \(Self.noteLimit) bytes, is expected")
        }
        if isAgreed, until < today || until > today.adding(days: policy.approvalDays) {
            throw Self.refuse("until", "a day from today to \(today.adding(days: policy.approvalDays)) is expected")
        }
        try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            let record = try Self.find(id, db, policy)
            guard record.retired == nil else { throw SupervisionError.conflict("target \(id) is retired") }
            guard record.newest.version == version, record.newest.rejectedBy.isEmpty else {
                throw SupervisionError.conflict("target \(id) was changed meanwhile")
            }
            guard isAgreed || record.waiting != nil else { throw SupervisionError.conflict("target \(id) waits for nobody") }
            guard record.newest.by != actor.who else {
                throw SupervisionError.refused("whoever asked cannot be the second person")
            }
            let details = ["version": "\(version)", "address": record.newest.target.address]
            if isAgreed {
                try db.execute(
                    sql: "INSERT INTO watch_approvals VALUES (NULL, ?, ?, ?, ?, ?, ?)",
                    arguments: [id, version, time.seconds, actor.who, until.day, note])
                trail.note(
                    TrailEntry(
                        "watch.approve", .init("watch-target", id), reason: note.isEmpty ? nil : note,
                        details: details.merging(["until": until.description]) { $1 }))
            } else {
                try db.execute(
                    sql: "UPDATE watch_versions SET rejected_by = ? WHERE target = ? AND version = ?",
                    arguments: [actor.who, id, version])
                trail.note(TrailEntry("watch.reject", .init("watch-target", id), reason: note, details: details))
            }
        }
    }

    /// Ends the watch of a target for good; at once, and by one person, for it only stops something.
    ///
    /// - Throws: `.notFound`, `.conflict` when it is retired already, `.document`.
    public func retire(_ id: String, reason: String, _ actor: TrailActor) async throws(SupervisionError) {
        try Self.check(reason, "reason")
        let time = instant
        try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            guard try Self.find(id, db, policy).retired == nil else {
                throw SupervisionError.conflict("target \(id) is retired")
            }
            try db.execute(sql: "UPDATE watch_targets SET retired = ? WHERE id = ?", arguments: [time.seconds, id])
            trail.note(TrailEntry("watch.retire", .init("watch-target", id), reason: reason))
        }
    }

    /// Says that markets are open or closed on a day, other than its weekday says; nil takes the word back.
    ///
    /// - Throws: `.document` when the note is missing or too long.
    public func mark(_ day: CivilDate, isOpen: Bool?, note: String, _ actor: TrailActor) async throws(SupervisionError) {
        if isOpen != nil { try Self.check(note, "note") }
        let time = instant
        try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            try db.execute(sql: "DELETE FROM watch_days WHERE day = ?", arguments: [day.day])
            if let isOpen {
                try db.execute(
                    sql: "INSERT INTO watch_days VALUES (?, ?, ?, ?, ?)",
                    arguments: [day.day, isOpen ? 1 : 0, note, time.seconds, actor.who])
            }
            trail.note(
                TrailEntry(
                    "watch.day", .init("day", day.description), reason: note.isEmpty ? nil : note,
                    details: ["markets": isOpen.map { $0 ? "open" : "closed" } ?? "as-weekday"]))
        }
    }

    private static func check(_ text: String, _ key: String) throws(SupervisionError) {
        guard (1...noteLimit).contains(text.utf8.count) else { throw refuse(key, "1 to \(noteLimit) bytes are expected") }
    }

    private static func refuse(_ key: String, _ reason: String) -> SupervisionError {
        .document(DocumentError(.badValue, source: "watch", key: key, reason: reason))
    }

    // MARK: Rows

    static func calendar(_ db: GRDB.Database, _ policy: WatchPolicy) throws -> BusinessCalendar {
        var calendar = BusinessCalendar(closedWeekdays: policy.closedWeekdays)
        for row in try Row.fetchAll(db, sql: "SELECT day, is_open FROM watch_days") {
            let day = CivilDate(day: row["day"])
            if row["is_open"] == 1 { calendar.open.insert(day) } else { calendar.closed.insert(day) }
        }
        return calendar
    }

    static func find(_ id: String, _ db: GRDB.Database, _ policy: WatchPolicy) throws -> WatchRecord {
        guard let record = try records(db, policy, id).first else { throw SupervisionError.notFound("target \(id.clipped)") }
        return record
    }

    static func records(_ db: GRDB.Database, _ policy: WatchPolicy, _ id: String? = nil) throws -> [WatchRecord] {
        let (filter, arguments): (String, StatementArguments) = id.map { ("WHERE target = ?", [$0]) } ?? ("", [])
        var versions: [String: [WatchVersion]] = [:]
        for row in try Row.fetchAll(
            db, sql: "SELECT * FROM watch_versions \(filter) ORDER BY target, version", arguments: arguments)
        {
            let document: String = row["document"]
            // What was allowed when it was written is read whatever the limits are now.
            let target = try WatchTargetReader.read(
                try JSONReader.read(Array(document.utf8)), policy: policy, allowsLocal: true)
            versions[target.id, default: []].append(
                WatchVersion(
                    version: row["version"], target: target, changed: Instant(seconds: row["changed"]), by: row["changed_by"],
                    reason: row["reason"], rejectedBy: row["rejected_by"]))
        }
        var approvals: [String: [WatchApproval]] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT * FROM watch_approvals \(filter) ORDER BY id", arguments: arguments) {
            approvals[row["target"], default: []].append(
                WatchApproval(
                    version: row["version"], at: Instant(seconds: row["approved"]), by: row["approved_by"],
                    until: CivilDate(day: row["until_day"]), note: row["note"]))
        }
        let filterTargets = id == nil ? "" : "WHERE id = ?"
        return try Row.fetchAll(db, sql: "SELECT * FROM watch_targets \(filterTargets) ORDER BY id", arguments: arguments)
            .compactMap {
                row in
                let id: String = row["id"]
                guard let known = versions[id] else { return nil }
                let retired: Int64? = row["retired"]
                return WatchRecord(
                    versions: known, approvals: approvals[id] ?? [], retired: retired.map { Instant(seconds: $0) })
            }
    }
}
