public import Database
internal import Documents
internal import GRDB
public import Rulebook

/// Tiers and classes of firms: who decided what from which facts, what waits for a second person, and what held on any day.
public struct TierStore: Sendable {
    static let migrations = [
        Migration("tiers.0001-decisions") { db in
            try db.execute(
                sql: """
                    CREATE TABLE tier_decisions (
                        id INTEGER PRIMARY KEY, firm TEXT NOT NULL REFERENCES firms (id), decision TEXT NOT NULL,
                        state TEXT NOT NULL, value TEXT, reason TEXT NOT NULL, flags TEXT NOT NULL, inputs TEXT NOT NULL,
                        pack TEXT NOT NULL, as_of INTEGER NOT NULL, from_day INTEGER NOT NULL, status TEXT NOT NULL,
                        decided_at INTEGER NOT NULL, decided_by TEXT NOT NULL, confirmed_by TEXT NOT NULL, confirmed_at INTEGER,
                        note TEXT NOT NULL
                    ) STRICT;
                    CREATE INDEX tier_decisions_firm ON tier_decisions (firm, decision, from_day);
                    CREATE INDEX tier_decisions_status ON tier_decisions (status);
                    """)
        }
    ]
    /// Longest note in bytes.
    static let noteLimit = 500

    let database: GovernanceDatabase
    let register: RegisterStore
    let rulebook: Rulebook
    let policy: SupervisionPolicy
    let now: @Sendable () -> Int64
    /// What holds on the days that were asked for last.
    private let held = MarketMemory<CivilDate, [String: [String: TierDecision]]>(limit: 4)
    private let listed = MarketMemory<CivilDate, [TierDecision]>(limit: 2)
    /// The values of decisions through time.
    private let columns = MarketMemory<String, TierColumn>(limit: 8)

    init(
        database: GovernanceDatabase, register: RegisterStore, rulebook: Rulebook, policy: SupervisionPolicy,
        now: @escaping @Sendable () -> Int64
    ) {
        (self.database, self.register, self.rulebook, self.policy, self.now) = (database, register, rulebook, policy, now)
    }

    /// Decides every firm that does business on a day anew, and writes down what differs from what holds.
    ///
    /// - Parameters:
    ///   - day: whose facts are looked at; what is decided holds from it on.
    ///   - wanted: only these firms, by id; nil for all.
    ///   - actor: who decides.
    /// - Returns: what was written, in the order of the firms.
    /// - Throws: `.storage`.
    public func decide(
        asOf day: CivilDate, firms wanted: Set<String>? = nil, _ actor: TrailActor
    ) async throws(SupervisionError) -> [TierDecision] {
        let time = now()
        return try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            let held = try Self.holding(db, on: day)
            let waiting = try Self.list(db, "WHERE status = 'proposed' ORDER BY id")
            var written: [TierDecision] = []
            for firm in try register.all(db) where wanted?.contains(firm.id) ?? true && firm.isInBusiness(asOf: day) {
                for outcome in DecisionEngine.decide(rulebook, profile: firm.profile(asOf: day), asOf: day)
                where policy.decisions.contains(outcome.decision.id) {
                    let needsSecond = outcome.flags.contains(where: policy.confirm.contains)
                    var decision = TierDecision(
                        outcome, firm: firm.id, from: day, status: needsSecond ? .proposed : .inForce, at: time, by: actor.who)
                    if held[firm.id]?[decision.decision]?.isAnsweredBy(decision) == true { continue }
                    if waiting.contains(where: {
                        $0.firm == firm.id && $0.decision == decision.decision && $0.agrees(with: decision)
                    }) {
                        continue
                    }
                    try Self.insert(&decision, db)
                    written.append(decision)
                    trail.note(
                        TrailEntry(
                            "tier.decide", .init("firm", firm.id), reason: decision.reason,
                            details: [
                                "decision": decision.decision, "value": decision.value ?? decision.state.rawValue,
                                "status": decision.status.rawValue, "as-of": day.description,
                            ]))
                }
            }
            if written.isEmpty {
                trail.note(TrailEntry("tier.review", .init("register"), reason: "no-change", details: ["as-of": day.description]))
            }
            return written
        }
    }

    /// A second person confirms a decision that waits, decides otherwise, or rejects it.
    ///
    /// - Parameters:
    ///   - id: its number.
    ///   - value: the value that shall hold; the proposed one when nil. One of the decision's own values.
    ///   - isAgreed: whether it takes force at all.
    ///   - note: why; at most 500 bytes, needed where it does not hold as it was proposed.
    ///   - actor: the second person.
    /// - Throws: `.notFound`; `.conflict` when it does not wait; `.refused` when the person decided it; `.document`.
    public func confirm(
        _ id: Int64, as value: String? = nil, isAgreed: Bool = true, note: String, _ actor: TrailActor
    ) async throws(SupervisionError) {
        let time = now()
        try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            guard var decision = try Self.list(db, "WHERE id = ?", [id]).first else {
                throw SupervisionError.notFound("decision \(id)")
            }
            guard decision.status == .proposed else { throw SupervisionError.conflict("decision \(id) waits for nobody") }
            guard decision.decidedBy != actor.who else {
                throw SupervisionError.refused("whoever decided cannot be the second person")
            }
            let isOther = value != nil && value != decision.value
            let known = rulebook.packs.flatMap(\.decisions).first { $0.id == decision.decision }?.values.map(\.value) ?? []
            if let value, !known.contains(value) {
                throw Self.refuse("value", "one of \(known.joined(separator: ", ")) is expected")
            }
            guard note.utf8.count <= Self.noteLimit, !note.isEmpty || isAgreed && !isOther else {
                throw Self.refuse("note", "why it does not hold as proposed, at most \(Self.noteLimit) bytes, is expected")
            }
            (decision.status, decision.confirmedBy, decision.confirmedAt, decision.note) = (
                isAgreed ? .inForce : .rejected, actor.who, time, note
            )
            if isAgreed, isOther {
                (decision.value, decision.state, decision.reason) = (value, .decided, TierDecision.supervisorReason)
            }
            try Self.update(decision, db)
            trail.note(
                TrailEntry(
                    isAgreed ? "tier.confirm" : "tier.reject", .init("firm", decision.firm), reason: note,
                    details: [
                        "decision": decision.decision, "value": decision.value ?? decision.state.rawValue, "number": "\(id)",
                    ]))
        }
    }

    /// Takes over the tiers that a list says, for firms of which nothing else is known: they hold until the facts are in the register and it is
    /// decided from them.
    ///
    /// - Parameters:
    ///   - values: by firm.
    ///   - decision: the decision of the rule pack.
    ///   - day: the first day they hold.
    ///   - note: where the list comes from.
    ///   - actor: who takes them over.
    /// - Throws: `.document` when a value is none of the decision's.
    public func adopt(
        _ values: [String: String], decision: String, from day: CivilDate, note: String, _ actor: TrailActor
    ) async throws(SupervisionError) {
        let time = now()
        let packs = rulebook.packs
        guard let pack = packs.first(where: { $0.decisions.contains { $0.id == decision } }),
            let known = pack.decisions.first(where: { $0.id == decision })?.values.map(\.value),
            values.values.allSatisfy(known.contains)
        else { throw Self.refuse("value", "a value of \(decision.clipped) is expected") }
        try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            for (firm, value) in values.sorted(by: { $0.key < $1.key }) {
                var row = TierDecision(
                    id: 0, firm: firm, decision: decision, state: .decided, value: value, reason: TierDecision.statedReason,
                    flags: [],
                    inputs: .object([]), pack: "\(pack.id) \(pack.version)", asOf: day, from: day, status: .inForce,
                    decidedAt: time,
                    decidedBy: actor.who, confirmedBy: "", confirmedAt: nil, note: note)
                try Self.insert(&row, db)
            }
            trail.note(
                TrailEntry(
                    "tier.adopt", .init("register"), reason: note,
                    details: ["decision": decision, "firms": "\(values.count)", "from": day.description]))
        }
    }

    /// What holds on a day: by firm, then by decision.
    public func holding(on day: CivilDate) async throws(SupervisionError) -> [String: [String: TierDecision]] {
        let generation = try await generation()
        return try await held.value(day, at: [generation]) { _ throws(SupervisionError) in
            try await database.read(throwing: SupervisionError.self) { db in try Self.holding(db, on: day) }
        }
    }

    /// What holds on a day and what waits for a second person, by firm and number; not what does not apply.
    public func list(on day: CivilDate) async throws(SupervisionError) -> [TierDecision] {
        let generation = try await generation()
        return try await listed.value(day, at: [generation]) { _ throws(SupervisionError) in
            let decisions = try await holding(on: day).values.flatMap(\.values) + waiting()
            return decisions.filter { $0.state != .notApplicable }.sorted { ($0.firm, $0.id) < ($1.firm, $1.id) }
        }
    }

    /// The values of a decision through time, for all firms.
    func column(_ decision: String) async throws(SupervisionError) -> TierColumn {
        let generation = try await generation()
        return try await columns.value(decision, at: [generation]) { _ throws(SupervisionError) in
            try await database.read(throwing: SupervisionError.self) { db in try Self.column(db, decision) }
        }
    }

    private func generation() async throws(SupervisionError) -> Int64 {
        try await database.read(throwing: SupervisionError.self) { db in try GenerationStore.tiers(db) }
    }

    /// Every decision about a firm, newest first.
    public func history(_ firm: String) async throws(SupervisionError) -> [TierDecision] {
        try await database.read(throwing: SupervisionError.self) { db in
            try Self.list(db, "WHERE firm = ? ORDER BY id DESC", [firm])
        }
    }

    /// Whether the register keeps a decision for every firm.
    public func keeps(_ decision: String) -> Bool { policy.decisions.contains(decision) }

    /// What waits for a second person, oldest first.
    public func waiting() async throws(SupervisionError) -> [TierDecision] {
        try await database.read(throwing: SupervisionError.self) { db in
            try Self.list(db, "WHERE status = 'proposed' ORDER BY id")
        }
    }

    /// How many wait for a second person.
    public func waitingCount() async throws(SupervisionError) -> Int {
        try await database.read(throwing: SupervisionError.self) { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM tier_decisions WHERE status = 'proposed'") ?? 0
        }
    }

    /// What changed between two days: what holds on the later one and did not on the earlier one, by firm.
    public func changes(from earlier: CivilDate, to later: CivilDate) async throws(SupervisionError) -> [TierDecision] {
        try await database.read(throwing: SupervisionError.self) { db in
            let before = try Self.holding(db, on: earlier)
            let after = try Self.holding(db, on: later)
            return after.sorted { $0.key < $1.key }.flatMap { firm, decisions in
                decisions.sorted { $0.key < $1.key }.map(\.value).filter {
                    $0.value != before[firm]?[$0.decision]?.value || $0.state != before[firm]?[$0.decision]?.state
                }
            }
        }
    }

    // MARK: Rows

    static func holding(_ db: GRDB.Database, on day: CivilDate) throws -> [String: [String: TierDecision]] {
        var held: [String: [String: TierDecision]] = [:]
        // Of two that begin on one day the later one holds.
        let newest = """
            WHERE id IN (SELECT id FROM (
                SELECT id, row_number() OVER (PARTITION BY firm, decision ORDER BY from_day DESC, id DESC) AS place
                FROM tier_decisions WHERE status = 'in-force' AND from_day <= ?) WHERE place = 1)
            """
        for decision in try list(db, newest, [day.day]) { held[decision.firm, default: [:]][decision.decision] = decision }
        return held
    }

    private static func column(_ db: GRDB.Database, _ decision: String) throws -> TierColumn {
        var column = TierColumn()
        let cursor = try Row.fetchCursor(
            db,
            sql: """
                SELECT firm, from_day, value FROM tier_decisions WHERE decision = ? AND status = 'in-force' ORDER BY firm, from_day, id
                """, arguments: [decision])
        while let row = try cursor.next() { column.append(row[0], from: CivilDate(day: row[1]), value: row[2]) }
        return column
    }

    private static func refuse(_ key: String, _ reason: String) -> SupervisionError {
        .document(DocumentError(.badValue, source: "decision", key: key, reason: reason))
    }

    private static func insert(_ decision: inout TierDecision, _ db: GRDB.Database) throws {
        try db.execute(
            sql: "INSERT INTO tier_decisions VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                decision.firm, decision.decision, decision.state.rawValue, decision.value, decision.reason,
                decision.flags.joined(separator: " "), String(decoding: CanonicalJSON.bytes(of: decision.inputs), as: UTF8.self),
                decision.pack, decision.asOf.day, decision.from.day, decision.status.rawValue, decision.decidedAt,
                decision.decidedBy, decision.confirmedBy, decision.confirmedAt, decision.note,
            ])
        decision.id = db.lastInsertedRowID
    }

    private static func update(_ decision: TierDecision, _ db: GRDB.Database) throws {
        try db.execute(
            sql: """
                UPDATE tier_decisions SET status = ?, value = ?, state = ?, reason = ?, confirmed_by = ?, confirmed_at = ?, note = ?
                WHERE id = ?
                """,
            arguments: [
                decision.status.rawValue, decision.value, decision.state.rawValue, decision.reason, decision.confirmedBy,
                decision.confirmedAt, decision.note, decision.id,
            ])
    }

    private static func list(_ db: GRDB.Database, _ rest: String, _ arguments: StatementArguments = []) throws -> [TierDecision] {
        try Row.fetchAll(db, sql: "SELECT * FROM tier_decisions \(rest)", arguments: arguments).map { row in
            guard let state = DecisionOutcome.State(rawValue: row["state"]),
                let status = TierDecision.Status(rawValue: row["status"])
            else {
                throw SupervisionError.storage(
                    StorageError(.damaged, "a decision about a tier cannot be read", at: "tier_decisions \(row["id"] as Int64)"))
            }
            let inputs: String = row["inputs"]
            return TierDecision(
                id: row["id"], firm: row["firm"], decision: row["decision"], state: state, value: row["value"],
                reason: row["reason"], flags: (row["flags"] as String).split(separator: " ").map(String.init),
                inputs: try JSONReader.read(Array(inputs.utf8)), pack: row["pack"], asOf: CivilDate(day: row["as_of"]),
                from: CivilDate(day: row["from_day"]), status: status, decidedAt: row["decided_at"], decidedBy: row["decided_by"],
                confirmedBy: row["confirmed_by"], confirmedAt: row["confirmed_at"], note: row["note"])
        }
    }
}

extension TierDecision {
    /// Whether a decision that holds already says what a new one would: also where a second person decided otherwise from the same facts.
    fileprivate func isAnsweredBy(_ new: TierDecision) -> Bool {
        agrees(with: new)
            || reason == TierDecision.supervisorReason
                && CanonicalJSON.bytes(of: inputs) == CanonicalJSON.bytes(of: new.inputs)
    }
}
