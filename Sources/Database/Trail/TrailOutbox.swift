internal import GRDB

/// What the database knows of its trail. `drained < sequence <= allotted` lie in the outbox, one row each.
struct TrailState: Equatable, Sendable {
    /// Identifier of the vault the trail goes to; nil before the first.
    var log: String?
    /// Last sequence that was given to a record.
    var allotted: Int64
    /// Last sequence known to be durable in the vault; 0 when there is none.
    var drained: Int64
    /// Where that record lies in the vault, and its hash in the tree, base64.
    var last: Place?

    struct Place: Equatable, Sendable {
        var index: UInt64
        var leaf: String
    }

    /// Records that wait.
    var waiting: Int64 { allotted - drained }
}

/// The records that wait for the trail's vault, in the database and in the transactions that made them.
enum TrailOutbox {
    static func state(_ db: GRDB.Database) throws -> TrailState {
        let statement = try db.cachedStatement(
            sql: "SELECT log, allotted, drained, drained_index, drained_leaf FROM trail_state WHERE one = 1")
        guard let row = try Row.fetchOne(statement) else {
            throw StorageError(.damaged, "the state of the trail is missing", at: "trail_state", remedy: "restore a backup")
        }
        var last: TrailState.Place?
        if let index = row[3] as Int64?, let leaf = row[4] as String? { last = .init(index: UInt64(clamping: index), leaf: leaf) }
        return TrailState(log: row[0], allotted: row[1], drained: row[2], last: last)
    }

    /// Puts entries into the outbox, within the transaction that made them.
    ///
    /// - Throws: `.notNoted` when there is none; `.badEntry`; `.trailFull` when more than `limit` records would wait.
    static func put(_ entries: [TrailEntry], _ actor: TrailActor, at now: Int64, limit: Int64, _ db: GRDB.Database) throws {
        guard !entries.isEmpty else {
            throw StorageError(.notNoted, "the change noted nothing in the trail", remedy: "report this error")
        }
        let state = try state(db)
        guard state.waiting <= limit - Int64(entries.count) else {
            throw StorageError(
                .trailFull, "\(state.waiting) records wait for the trail; nothing is changed that cannot be recorded",
                remedy: "see why the trail takes no records: its disk may be full")
        }
        let insert = try db.cachedStatement(sql: "INSERT INTO trail_outbox (sequence, occurred, body) VALUES (?, ?, ?)")
        var sequence = state.allotted
        for entry in entries {
            try entry.validate()
            sequence += 1
            let record = TrailRecord(sequence: sequence, occurred: now, actor, entry)
            try insert.execute(arguments: [sequence, record.occurred, String(decoding: record.body, as: UTF8.self)])
        }
        try db.execute(sql: "UPDATE trail_state SET allotted = ? WHERE one = 1", arguments: [sequence])
    }

    /// Records after a sequence, oldest first.
    ///
    /// - Throws: `.damaged` when one is missing or not as it was written.
    static func records(after sequence: Int64, limit: Int, _ db: GRDB.Database) throws -> [TrailRecord] {
        let statement = try db.cachedStatement(
            sql: "SELECT sequence, body FROM trail_outbox WHERE sequence > ? ORDER BY sequence LIMIT ?")
        var records: [TrailRecord] = []
        for row in try Row.fetchAll(statement, arguments: [sequence, limit]) {
            let body: String = row[1]
            let record = try TrailRecord(body: Array(body.utf8))
            guard record.sequence == row[0], record.sequence == sequence + Int64(records.count) + 1 else {
                throw StorageError(
                    .damaged, "the outbox is not in order", at: "sequence \(sequence + Int64(records.count) + 1)",
                    remedy: "restore a backup")
            }
            records.append(record)
        }
        return records
    }

    /// Whether this very record waits.
    static func holds(_ record: TrailRecord, _ db: GRDB.Database) throws(StorageError) -> Bool {
        do {
            return try records(after: record.sequence - 1, limit: 1, db).first == record
        } catch {
            throw StorageError(any: error)
        }
    }

    /// Puts records that were taken out back, into the copy of a database.
    static func putBack(_ records: [TrailRecord], _ db: GRDB.Database) throws {
        for record in records {
            try db.execute(
                sql: "INSERT INTO trail_outbox (sequence, occurred, body) VALUES (?, ?, ?)",
                arguments: [record.sequence, record.occurred, String(decoding: record.body, as: UTF8.self)])
        }
    }

    /// Forgets what is durable in the vault.
    static func settle(_ state: TrailState, _ db: GRDB.Database) throws {
        try db.execute(sql: "DELETE FROM trail_outbox WHERE sequence <= ?", arguments: [state.drained])
        try db.execute(
            sql: "UPDATE trail_state SET log = ?, drained = ?, drained_index = ?, drained_leaf = ? WHERE one = 1",
            arguments: [state.log, state.drained, state.last.map { Int64($0.index) }, state.last?.leaf])
    }

    /// Whether the outbox holds exactly what the state says.
    ///
    /// - Throws: `.damaged` when it does not.
    static func check(_ state: TrailState, _ db: GRDB.Database) throws {
        let row = try Row.fetchOne(db, sql: "SELECT COUNT(*), MIN(sequence), MAX(sequence) FROM trail_outbox")
        let count: Int64 = row?[0] ?? 0
        let (first, last) = (row?[1] as Int64?, row?[2] as Int64?)
        let isRight = count == 0 ? state.waiting == 0 : first == state.drained + 1 && last == state.allotted
        guard isRight, count == state.waiting else {
            throw StorageError(
                .damaged, "\(count) records wait in the outbox, \(state.waiting) must", at: "trail_outbox",
                remedy: "restore a backup; records of the trail may have been removed by hand")
        }
    }
}
