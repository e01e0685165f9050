internal import Database
internal import Documents
internal import GRDB
internal import Rulebook

/// What came of probes: results one by one and by hours, minutes, outages, and what each machine remembers.
struct WatchResultStore: Sendable {
    let database: GovernanceDatabase
    let policy: WatchPolicy
    static let actor = TrailActor.system("watch")

    // MARK: Writing

    /// Writes what is known of targets: all of it or nothing. The trail keeps how many results there were, and every outage; not each probe.
    func write(_ pages: [WatchBook.Page], dropped: Int) async throws(SupervisionError) {
        guard !pages.isEmpty else { return }
        try await database.change(Self.actor, throwing: SupervisionError.self) { db, trail in
            for page in pages {
                for result in page.entry.results { try Self.insert(page.id, result, db) }
                for change in page.entry.changes { try Self.apply(page.id, change, db, &trail) }
                try db.execute(
                    sql: """
                        INSERT INTO watch_states VALUES (?, ?) ON CONFLICT (target) DO UPDATE SET document = excluded.document
                        """,
                    arguments: [page.id, String(decoding: CanonicalJSON.bytes(of: page.entry.node), as: UTF8.self)])
            }
            let results = pages.reduce(0) { $0 + $1.entry.results.count }
            var details = ["targets": "\(pages.count)", "results": "\(results)"]
            if dropped > 0 { details["dropped"] = "\(dropped)" }
            trail.note(TrailEntry("watch.record", .init("watch"), details: details))
        }
    }

    private static func insert(_ id: String, _ result: WatchResult, _ db: GRDB.Database) throws {
        try db.execute(
            sql: "INSERT INTO watch_results VALUES (NULL, ?, ?, ?, ?, ?, ?)",
            arguments: [
                id, result.at.seconds, result.finding.outcome.rawValue, result.finding.milliseconds, result.finding.status,
                result.finding.address,
            ])
    }

    private static func apply(
        _ id: String, _ change: WatchBook.Change, _ db: GRDB.Database, _ trail: inout TrailBook
    ) throws {
        let object = TrailEntry.Object("watch-target", id)
        switch change.event {
        case .settled(let stretch): try add(id, stretch, db)
        case .began(let instant):
            try db.execute(
                sql: "INSERT INTO watch_outages VALUES (NULL, ?, ?, NULL, 0, 0, ?)",
                arguments: [id, instant.seconds, change.outcome.rawValue])
            trail.note(
                TrailEntry(
                    "watch.outage-begin", object, details: ["began": "\(instant)", "outcome": change.outcome.rawValue]))
        case .relapsed(let began):
            try db.execute(
                sql: """
                    UPDATE watch_outages SET ended = NULL, relapses = relapses + 1
                    WHERE id = (SELECT MAX(id) FROM watch_outages WHERE target = ?)
                    """, arguments: [id])
            trail.note(
                TrailEntry(
                    "watch.outage-relapse", object, details: ["began": "\(began)", "outcome": change.outcome.rawValue]))
        case .ended(let began, let end):
            try db.execute(
                sql: "UPDATE watch_outages SET ended = ?, is_cut = ? WHERE target = ? AND ended IS NULL",
                arguments: [end.seconds, change.isCut ? 1 : 0, id])
            trail.note(
                TrailEntry(
                    "watch.outage-end", object, reason: change.isCut ? "not-watched-any-more" : nil,
                    details: ["began": "\(began)", "ended": "\(end)"]))
        case .withdrawn(let instant):
            try db.execute(
                sql: "DELETE FROM watch_stretches WHERE target = ? AND from_minute >= ?", arguments: [id, instant.minute])
            try db.execute(
                sql: "UPDATE watch_stretches SET to_minute = ? WHERE target = ? AND to_minute > ?",
                arguments: [instant.minute, id, instant.minute])
            try db.execute(
                sql: "UPDATE watch_outages SET began = MIN(began, ?), ended = MIN(ended, ?) WHERE target = ?",
                arguments: [instant.seconds, instant.seconds, id])
            trail.note(TrailEntry("watch.clock", object, reason: "set-back", details: ["to": "\(instant)"]))
        }
    }

    /// Goes on with the last stretch, or begins one.
    private static func add(_ id: String, _ stretch: WatchStretch, _ db: GRDB.Database) throws {
        let last = try Row.fetchOne(
            db, sql: "SELECT * FROM watch_stretches WHERE target = ? ORDER BY from_minute DESC LIMIT 1", arguments: [id])
        let end: Int64? = last?["to_minute"]
        let begin = max(stretch.minutes.lowerBound, end ?? stretch.minutes.lowerBound)
        guard begin < stretch.minutes.upperBound else { return }
        if let last, end == begin, last["state"] == stretch.state.rawValue {
            try db.execute(
                sql: "UPDATE watch_stretches SET to_minute = ? WHERE target = ? AND from_minute = ?",
                arguments: [stretch.minutes.upperBound, id, last["from_minute"] as Int64])
        } else {
            try db.execute(
                sql: "INSERT INTO watch_stretches VALUES (?, ?, ?, ?)",
                arguments: [id, begin, stretch.minutes.upperBound, stretch.state.rawValue])
        }
    }

    /// Makes counts of hours from results that are old enough, and forgets what is older than that.
    ///
    /// - Returns: whether there was anything to do.
    func compact(at now: Instant) async throws(SupervisionError) -> Bool {
        // Whole hours, so that no hour is counted twice.
        let cut = now.adding(seconds: -Int64(policy.rawDays) * 86_400).seconds / 3_600 * 3_600
        let end = now.adding(seconds: -Int64(policy.hourDays) * 86_400)
        let isDue = try await database.read(throwing: SupervisionError.self) { db in
            try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM watch_results WHERE began < ?)", arguments: [cut]) ?? false
        }
        guard isDue else { return false }
        try await database.change(Self.actor, throwing: SupervisionError.self) { db, trail in
            try db.execute(
                sql: """
                    INSERT INTO watch_hours
                    SELECT target, began / 3600, SUM(outcome = 'up'), SUM(outcome NOT IN ('up', 'resolver', 'forbidden', 'local')),
                        SUM(outcome IN ('resolver', 'forbidden', 'local')), SUM(milliseconds), MAX(milliseconds)
                    FROM watch_results WHERE began < ? GROUP BY target, began / 3600
                    ON CONFLICT (target, hour) DO UPDATE SET up = up + excluded.up, failed = failed + excluded.failed,
                        silent = silent + excluded.silent, milliseconds = milliseconds + excluded.milliseconds,
                        slowest = MAX(slowest, excluded.slowest)
                    """, arguments: [cut])
            try db.execute(sql: "DELETE FROM watch_results WHERE began < ?", arguments: [cut])
            let results = db.changesCount
            try db.execute(sql: "DELETE FROM watch_hours WHERE hour < ?", arguments: [end.seconds / 3_600])
            let hours = db.changesCount
            try db.execute(sql: "DELETE FROM watch_stretches WHERE to_minute < ?", arguments: [end.minute])
            trail.note(
                TrailEntry(
                    "watch.compact", .init("watch"), details: ["results": "\(results)", "hours-forgotten": "\(hours)"]))
        }
        return true
    }

    // MARK: Reading

    /// What each machine remembered when it was last written down.
    func states() async throws(SupervisionError) -> [String: WatchBook.Entry] {
        try await database.read(throwing: SupervisionError.self) { db in
            var found: [String: WatchBook.Entry] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT * FROM watch_states") {
                let document: String = row["document"]
                found[row["target"]] = try WatchBook.Entry(try JSONReader.read(Array(document.utf8)))
            }
            return found
        }
    }

    /// What was written, in one state of the database.
    struct Snapshot: Sendable {
        var calendar: BusinessCalendar
        var records: [WatchRecord]
        var stretches: [String: [WatchStretch]]
        var outages: [String: [WatchOutage]]
    }

    /// What was written of targets.
    ///
    /// - Parameters:
    ///   - id: of one target; all when nil.
    ///   - minutes: what reaches into these.
    ///   - now: outages that began until then.
    /// - Returns: what was written.
    /// - Throws: `.notFound`, `.storage`.
    func snapshot(
        of id: String?, in minutes: Range<Int64>, until now: Instant
    ) async throws(SupervisionError) -> Snapshot {
        try await database.read(throwing: SupervisionError.self) { db in
            Snapshot(
                calendar: try WatchStore.calendar(db, policy),
                records: try id.map { [try WatchStore.find($0, db, policy)] } ?? WatchStore.records(db, policy),
                stretches: try Self.stretches(db, in: minutes, of: id),
                outages: try Self.outages(
                    db, in: Instant(minute: minutes.lowerBound)..<max(now, Instant(minute: minutes.upperBound)), of: id))
        }
    }

    /// Minutes that are settled and reach into a range, by target; of one target when it is named.
    static func stretches(
        _ db: GRDB.Database, in range: Range<Int64>, of target: String?
    ) throws -> [String: [WatchStretch]] {
        var found: [String: [WatchStretch]] = [:]
        for row in try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM watch_stretches WHERE to_minute > ? AND from_minute < ? AND (?3 IS NULL OR target = ?3)
                ORDER BY target, from_minute
                """, arguments: [range.lowerBound, range.upperBound, target])
        {
            guard let state = WatchStretch.State(rawValue: row["state"]) else { throw damaged("watch_stretches") }
            let (from, to): (Int64, Int64) = (row["from_minute"], row["to_minute"])
            if from < to { found[row["target"], default: []].append(WatchStretch(from..<to, state)) }
        }
        return found
    }

    /// Outages that reach into a range, oldest first, by target; of one target when it is named.
    static func outages(
        _ db: GRDB.Database, in range: Range<Instant>, of target: String?
    ) throws -> [String: [WatchOutage]] {
        var found: [String: [WatchOutage]] = [:]
        for row in try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM watch_outages WHERE (ended IS NULL OR ended >= ?) AND began < ? AND (?3 IS NULL OR target = ?3)
                ORDER BY target, began, id
                """, arguments: [range.lowerBound.seconds, range.upperBound.seconds, target])
        {
            guard let reason = WatchFinding.Outcome(rawValue: row["reason"]) else { throw damaged("watch_outages") }
            let ended: Int64? = row["ended"]
            found[row["target"], default: []].append(
                WatchOutage(
                    id: row["id"], target: row["target"], began: Instant(seconds: row["began"]),
                    ended: ended.map { Instant(seconds: $0) }, isCut: row["is_cut"] == 1, relapses: row["relapses"],
                    reason: reason))
        }
        return found
    }

    /// Results of a target, newest first.
    func results(of target: String, limit: Int) async throws(SupervisionError) -> [WatchResult] {
        try await database.read(throwing: SupervisionError.self) { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM watch_results WHERE target = ? ORDER BY id DESC LIMIT ?", arguments: [target, limit]
            ).map { row in
                guard let outcome = WatchFinding.Outcome(rawValue: row["outcome"]) else { throw Self.damaged("watch_results") }
                return WatchResult(
                    at: Instant(seconds: row["began"]),
                    WatchFinding(
                        outcome, milliseconds: row["milliseconds"], status: row["status"], address: row["address"]))
            }
        }
    }

    /// Counts of hours of a target, newest first.
    func hours(of target: String) async throws(SupervisionError) -> [WatchHour] {
        try await database.read(throwing: SupervisionError.self) { db in
            try Row.fetchAll(db, sql: "SELECT * FROM watch_hours WHERE target = ? ORDER BY hour DESC", arguments: [target]).map {
                WatchHour(
                    hour: Instant(seconds: ($0["hour"] as Int64) * 3_600), up: $0["up"], failed: $0["failed"],
                    silent: $0["silent"], milliseconds: $0["milliseconds"], slowest: $0["slowest"])
            }
        }
    }

    private static func damaged(_ table: String) -> SupervisionError {
        .storage(StorageError(.damaged, "what was written of the service watch cannot be read", at: table))
    }
}
