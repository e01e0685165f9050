internal import Crypto
public import Database
public import Documents
internal import GRDB
public import Rulebook
internal import Submissions

/// A quarter that is closed: nothing is added to it any more.
public struct ClosedQuarter: Sendable, Hashable {
    /// The quarter.
    public var quarter: Quarter
    /// When it was closed, UTC microseconds.
    public var at: Int64
    /// By whom.
    public var by: String
    /// SHA-256 of its snapshots as canonical JSON, in lower-case hex; the trail has it, too.
    public var sha256: String
    /// How many snapshots it has.
    public var count: Int
}

/// Gaps and what is promised of them, quarter by quarter. Nothing in it is ever changed; what is said later stands beside it.
public struct FollowUpStore: Sendable {
    static let migrations = [
        Migration("followups.0001-gaps") { db in
            try db.execute(
                sql: """
                    CREATE TABLE gap_takes (
                        id INTEGER PRIMARY KEY, quarter INTEGER NOT NULL, origin TEXT NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL
                    ) STRICT;
                    CREATE TABLE gap_standings (
                        firm TEXT NOT NULL REFERENCES firms (id), item TEXT NOT NULL, quarter INTEGER NOT NULL,
                        take INTEGER NOT NULL REFERENCES gap_takes (id), finding TEXT NOT NULL,
                        PRIMARY KEY (firm, item, quarter, take)
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE followup_words (
                        firm TEXT NOT NULL REFERENCES firms (id), item TEXT NOT NULL, quarter INTEGER NOT NULL,
                        version INTEGER NOT NULL, state TEXT NOT NULL, plan TEXT NOT NULL, owner TEXT NOT NULL, due INTEGER,
                        progress INTEGER NOT NULL, note TEXT NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL, party TEXT NOT NULL,
                        origin TEXT NOT NULL, PRIMARY KEY (firm, item, quarter, version)
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX followup_words_quarter ON followup_words (quarter);
                    CREATE TABLE followup_quarters (
                        quarter INTEGER PRIMARY KEY, at INTEGER NOT NULL, by TEXT NOT NULL, sha256 TEXT NOT NULL,
                        count INTEGER NOT NULL
                    ) STRICT;
                    """)
        }
    ]

    let database: GovernanceDatabase
    /// How gaps are put in order.
    public let policy: FollowUpPolicy
    let now: @Sendable () -> Int64
    /// Sights of more gaps than this are made anew each time.
    private static let rememberedRows = 200_000
    private let sights = MarketMemory<FollowUpSight.Key, FollowUpSight>(limit: 4) { $0.rows.count <= rememberedRows }

    init(database: GovernanceDatabase, policy: FollowUpPolicy, now: @escaping @Sendable () -> Int64) {
        (self.database, self.policy, self.now) = (database, policy, now)
    }

    // MARK: Taking standings

    /// Takes what a source knows of a quarter.
    ///
    /// - Returns: how many standings are new or other than what was known.
    public func gather(from source: any GapSource, _ quarter: Quarter, _ actor: TrailActor) async throws(SupervisionError) -> Int
    {
        try await take(try await source.standings(of: quarter), quarter, origin: "standings", actor)
    }

    /// Takes standings of a quarter, all of them or none. What was known before stays beside it; the newest counts.
    ///
    /// - Parameters:
    ///   - standings: what is known; at most one for each firm and item.
    ///   - quarter: the quarter, which must not be closed.
    ///   - origin: where they come from, in a word or two.
    ///   - actor: who takes them.
    /// - Returns: how many are new or other than what was known.
    /// - Throws: `.notFound` for a firm that is not in the register, `.conflict` for a closed quarter, `.fields` for an item that is none.
    public func take(
        _ standings: [GapStanding], _ quarter: Quarter, origin: String, _ actor: TrailActor
    ) async throws(SupervisionError) -> Int {
        let time = now()
        return try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            try Self.take(standings, quarter, origin: origin, at: time, by: actor.who, db, &trail)
        }
    }

    /// As `take`, within a transaction that is under way.
    static func take(
        _ standings: [GapStanding], _ quarter: Quarter, origin: String, at time: Int64, by who: String, _ db: GRDB.Database,
        _ trail: inout TrailBook
    ) throws -> Int {
        try requireOpen(quarter, db)
        try db.execute(
            sql: "INSERT INTO gap_takes (quarter, origin, at, by) VALUES (?, ?, ?, ?)",
            arguments: [quarter.index, origin, time, who])
        let take = db.lastInsertedRowID
        let known = try db.cachedStatement(
            sql: """
                SELECT finding FROM gap_standings WHERE firm = ? AND item = ? AND quarter = ? ORDER BY take DESC LIMIT 1
                """)
        let insert = try db.cachedStatement(sql: "INSERT INTO gap_standings VALUES (?, ?, ?, ?, ?)")
        let firms = Set(try String.fetchAll(db, sql: "SELECT id FROM firms"))
        var (count, gaps) = (0, 0)
        for standing in standings {
            guard FollowUpClaimReader.isItem(standing.item) else { throw SupervisionError.fields(["item": .unknown]) }
            guard firms.contains(standing.firm) else { throw SupervisionError.notFound("firm \(standing.firm.clipped)") }
            if standing.finding.isGap { gaps += 1 }
            let before = try String.fetchOne(known, arguments: [standing.firm, standing.item, quarter.index])
            if before == standing.finding.rawValue { continue }
            try insert.execute(
                arguments: [standing.firm, standing.item, quarter.index, take, standing.finding.rawValue])
            count += 1
        }
        trail.note(
            TrailEntry(
                "followup.take", .init("quarter", quarter.description),
                details: ["origin": origin, "standings": "\(standings.count)", "gaps": "\(gaps)", "changed": "\(count)"]))
        return count
    }

    // MARK: Saying something

    /// Says something of a gap on the supervisor's side.
    ///
    /// - Parameters:
    ///   - content: what is said.
    ///   - firm: the firm.
    ///   - item: the item.
    ///   - quarter: the quarter, which must not be closed.
    ///   - version: the version of the quarter that was seen; 0 when nothing was said in it.
    ///   - origin: what it came with.
    ///   - actor: who says it.
    /// - Throws: `.fields` with what is wrong, `.conflict` when somebody said something meanwhile or the quarter is closed, `.notFound`.
    public func say(
        _ content: FollowUp.Content, firm: String, item: String, quarter: Quarter, after version: Int, origin: String = "form",
        _ actor: TrailActor
    ) async throws(SupervisionError) {
        let time = now()
        try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            let seen = try Self.version(firm, item, quarter, db)
            guard seen == version else { throw SupervisionError.conflict("something was said of \(item.clipped) meanwhile") }
            let said = Said(at: time, by: actor.who, party: .supervisor)
            let problems = try Self.problems(content, firm, item, quarter, said, db)
            guard problems.isEmpty else { throw SupervisionError.fields(problems) }
            try Self.add(content, firm, item, quarter, said, origin, db, &trail)
        }
    }

    /// As `say`, from another desk within a transaction that is under way, after whatever was said last. What may not be said is left out.
    ///
    /// - Returns: whether it was said.
    static func say(
        _ content: FollowUp.Content, firm: String, item: String, quarter: Quarter, said: Said, origin: String,
        _ db: GRDB.Database, _ trail: inout TrailBook
    ) throws -> Bool {
        guard try problems(content, firm, item, quarter, said, db).isEmpty else { return false }
        try add(content, firm, item, quarter, said, origin, db, &trail)
        return true
    }

    /// Takes what a firm's submission says of its gaps. A claim that may not be made (such as one about a gap the supervisor settled) is
    /// left out and named in the trail; the others stand. They are of now, or of `day` where what was said before this program is taken over.
    ///
    /// - Returns: the items whose claims were left out, with what is wrong.
    /// - Throws: `.conflict` for a closed quarter, `.notFound` for a firm that is not in the register.
    public func receive(
        _ claims: [FollowUpClaim], firm: String, quarter: Quarter, by who: String, origin: String, on day: CivilDate? = nil,
        _ actor: TrailActor
    ) async throws(SupervisionError) -> [String: [String: FieldProblem]] {
        // Noon in Taipei of a day that is told; now otherwise.
        let moment = day.map { Int64($0.day) * 86_400_000_000 + 14_400_000_000 } ?? now()
        let said = Said(at: moment, by: who, party: .firm)
        return try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            try Self.receive(claims, firm: firm, quarter: quarter, said: said, origin: origin, db, &trail)
        }
    }

    /// As `receive`, within a transaction that is under way.
    static func receive(
        _ claims: [FollowUpClaim], firm: String, quarter: Quarter, said: Said, origin: String, _ db: GRDB.Database,
        _ trail: inout TrailBook
    ) throws -> [String: [String: FieldProblem]] {
        try requireOpen(quarter, db)
        var left: [String: [String: FieldProblem]] = [:]
        for claim in claims {
            let problems = try problems(claim.content, firm, claim.item, quarter, said, db)
            if problems.isEmpty {
                _ = try insert(claim.content, firm, claim.item, quarter, said, origin, db)
            } else {
                left[claim.item] = problems
            }
        }
        trail.note(
            TrailEntry(
                "followup.receive", .init("firm", firm),
                details: [
                    "quarter": quarter.description, "origin": origin, "claims": "\(claims.count)",
                    "left-out": left.keys.sorted().joined(separator: " "),
                ]))
        return left
    }

    /// Takes what a submission says of a firm's gaps, within the transaction that takes the submission. A late submission for a closed quarter is
    /// taken, but its quarter stays as it was; the trail says so.
    static func file(
        _ manifest: SubmissionManifest, of payload: String, at time: Int64, _ db: GRDB.Database, _ trail: inout TrailBook
    ) throws {
        guard !manifest.followUps.isEmpty else { return }
        let (firm, quarter) = (manifest.firm.id, manifest.quarter)
        guard try !isClosed(quarter, db) else {
            trail.note(
                TrailEntry(
                    "followup.receive", .init("firm", firm), .refused, reason: "closed", details: ["quarter": quarter.description]
                ))
            return
        }
        let claims = manifest.followUps.compactMap { said in
            FollowUp.State(rawValue: said.state).map {
                FollowUpClaim(
                    item: said.item,
                    content: .init(state: $0, plan: said.plan, owner: said.owner, due: said.due, progress: said.progress))
            }
        }
        let unknown = manifest.followUps.filter { FollowUp.State(rawValue: $0.state) == nil }.map(\.item)
        if !unknown.isEmpty {
            trail.note(
                TrailEntry(
                    "followup.receive", .init("firm", firm), .refused, reason: "unknown-state",
                    details: ["quarter": quarter.description, "left-out": unknown.sorted().joined(separator: " ")]))
        }
        let said = Said(at: time, by: manifest.signer.name, party: .firm)
        _ = try receive(
            claims, firm: firm, quarter: quarter, said: said, origin: "submission \(payload.prefix(16))", db, &trail)
    }

    private static func problems(
        _ content: FollowUp.Content, _ firm: String, _ item: String, _ quarter: Quarter, _ said: Said, _ db: GRDB.Database
    ) throws -> [String: FieldProblem] {
        try requireOpen(quarter, db)
        let isKnown = try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM firms WHERE id = ?)", arguments: [firm])
        guard isKnown == true else { throw SupervisionError.notFound("firm \(firm.clipped)") }
        guard FollowUpClaimReader.isItem(item) else { return ["item": .unknown] }
        // What was said after the quarter does not bear on it; what was said before does.
        let before = try Self.words(
            db, "WHERE firm = ? AND item = ? AND quarter <= ? ORDER BY quarter DESC, version DESC LIMIT 1",
            [firm, item, quarter.index]
        ).first
        return FollowUpRules.problems(content, after: before?.content, by: said.party, on: said.day)
    }

    private static func insert(
        _ content: FollowUp.Content, _ firm: String, _ item: String, _ quarter: Quarter, _ said: Said, _ origin: String,
        _ db: GRDB.Database
    ) throws -> Int {
        let version = try version(firm, item, quarter, db) + 1
        try db.execute(
            sql: "INSERT INTO followup_words VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                firm, item, quarter.index, version, content.state.rawValue, content.plan, content.owner, content.due?.day,
                content.progress, content.note, said.at, said.by, said.party.rawValue, origin,
            ])
        return version
    }

    private static func add(
        _ content: FollowUp.Content, _ firm: String, _ item: String, _ quarter: Quarter, _ said: Said, _ origin: String,
        _ db: GRDB.Database, _ trail: inout TrailBook
    ) throws {
        let version = try insert(content, firm, item, quarter, said, origin, db)
        trail.note(
            TrailEntry(
                "followup.say", .init("firm", firm), reason: content.state == .withdrawn ? content.note : nil,
                details: [
                    "item": item, "quarter": quarter.description, "version": "\(version)", "state": content.state.rawValue,
                    "due": content.due?.description ?? "", "progress": "\(content.progress)", "origin": origin,
                ]))
    }

    // MARK: Closing a quarter

    /// Closes a quarter: what it says is hashed into the trail, and nothing is added to it any more.
    ///
    /// - Throws: `.conflict` when it is closed, or not over yet.
    public func close(_ quarter: Quarter, _ actor: TrailActor) async throws(SupervisionError) -> ClosedQuarter {
        let time = now()
        return try await database.change(actor, throwing: SupervisionError.self) { db, trail in
            try Self.requireOpen(quarter, db)
            guard Instant(seconds: time / 1_000_000).date(in: .taipei) > quarter.lastDay else {
                throw SupervisionError.conflict("\(quarter) is not over yet")
            }
            let records = try Self.records(db, firm: nil, item: nil).filter {
                $0.standings[quarter] != nil || $0.snapshot(quarter) != nil
            }
            let bytes = CanonicalJSON.bytes(of: Self.document(records, quarter))
            let closed = ClosedQuarter(
                quarter: quarter, at: time, by: actor.who, sha256: Hash.sha256(bytes), count: records.count)
            try db.execute(
                sql: "INSERT INTO followup_quarters VALUES (?, ?, ?, ?, ?)",
                arguments: [quarter.index, time, actor.who, closed.sha256, closed.count])
            trail.note(
                TrailEntry(
                    "followup.close", .init("quarter", quarter.description),
                    details: ["sha256": closed.sha256, "snapshots": "\(closed.count)"]))
            return closed
        }
    }

    /// What a quarter says, as it is hashed when the quarter is closed.
    ///
    /// - Parameters:
    ///   - records: the items of which the quarter says something, by firm and item.
    ///   - quarter: the quarter.
    /// - Returns: the document.
    public static func document(_ records: [GapRecord], _ quarter: Quarter) -> Node {
        .object([
            ("schema", "plumbline.follow-up-quarter/1"), ("quarter", .text(quarter.description)),
            (
                "gaps",
                .list(
                    records.map { record in
                        .object([
                            ("firm", .text(record.firm)), ("item", .text(record.item)),
                            ("finding", record.standings[quarter].map { .text($0.rawValue) }),
                            ("words", .list(record.words.filter { $0.quarter == quarter }.map(node))),
                        ])
                    })
            ),
        ])
    }

    private static func node(_ word: FollowUp) -> Node {
        let content = word.content
        return .object([
            ("version", .integer(word.version)), ("state", .text(content.state.rawValue)), ("plan", .text(content.plan)),
            ("owner", .text(content.owner)), ("due", content.due.map { .text($0.description) }),
            ("progress", .integer(content.progress)), ("note", .text(content.note)), ("at", .integer(word.said.at)),
            ("by", .text(word.said.by)), ("party", .text(word.said.party.rawValue)), ("origin", .text(word.origin)),
        ])
    }

    /// The quarters that are closed, newest first.
    public func closed() async throws(SupervisionError) -> [ClosedQuarter] {
        try await database.read(throwing: SupervisionError.self) { db in
            try Row.fetchAll(db, sql: "SELECT * FROM followup_quarters ORDER BY quarter DESC").map {
                ClosedQuarter(
                    quarter: Quarter(index: $0["quarter"]), at: $0["at"], by: $0["by"], sha256: $0["sha256"], count: $0["count"])
            }
        }
    }

    private static func isClosed(_ quarter: Quarter, _ db: GRDB.Database) throws -> Bool {
        try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM followup_quarters WHERE quarter = ?)", arguments: [quarter.index]) ?? false
    }

    private static func requireOpen(_ quarter: Quarter, _ db: GRDB.Database) throws {
        if try isClosed(quarter, db) { throw SupervisionError.conflict("\(quarter) is closed") }
    }

    // MARK: Reading

    /// Everything that is known of gaps, by firm and item; only of a firm or an item when one is named.
    public func records(firm: String? = nil, item: String? = nil) async throws(SupervisionError) -> [GapRecord] {
        try await database.read(throwing: SupervisionError.self) { db in try Self.records(db, firm: firm, item: item) }
    }

    /// The gaps of two quarters, slipping promises first, with the quarters of which anything is known. It is remembered for as long as nothing
    /// was said or taken.
    public func sight(from: Quarter, to: Quarter, asOf day: CivilDate) async throws(SupervisionError) -> FollowUpSight {
        let generation = try await database.read(throwing: SupervisionError.self) { db in try GenerationStore.read(db).gaps }
        let key = FollowUpSight.Key(from: from, to: to, day: day)
        return try await sights.value(key, at: [generation]) { _ throws(SupervisionError) in
            let records = try await records()
            return FollowUpSight(
                policy.sorted(records.compactMap { FollowUpDifference($0, from: from, to: to, asOf: day) }),
                quarters: Set(records.flatMap(\.quarters)).sorted(), policy: policy)
        }
    }

    /// The gaps of two quarters, slipping promises first.
    public func differences(
        from: Quarter, to: Quarter, asOf day: CivilDate, firm: String? = nil
    ) async throws(SupervisionError) -> [FollowUpDifference] {
        policy.sorted(
            try await records(firm: firm).compactMap { FollowUpDifference($0, from: from, to: to, asOf: day) })
    }

    static func records(_ db: GRDB.Database, firm: String?, item: String?) throws -> [GapRecord] {
        struct Key: Hashable { let firm, item: String }
        let (condition, arguments) = (
            "WHERE (?1 IS NULL OR firm = ?1) AND (?2 IS NULL OR item = ?2)", [firm, item] as StatementArguments
        )
        var standings: [Key: [Quarter: GapStanding.Finding]] = [:]
        // The newest take of each quarter counts.
        for row in try Row.fetchAll(
            db, sql: "SELECT firm, item, quarter, finding FROM gap_standings \(condition) ORDER BY take", arguments: arguments)
        {
            guard let finding = GapStanding.Finding(rawValue: row["finding"]) else { throw damaged("gap_standings") }
            standings[Key(firm: row["firm"], item: row["item"]), default: [:]][Quarter(index: row["quarter"])] = finding
        }
        var words: [Key: [FollowUp]] = [:]
        for word in try Self.words(db, condition, arguments) {
            words[Key(firm: word.firm, item: word.item), default: []].append(word)
        }
        return Set(standings.keys).union(words.keys).sorted { ($0.firm, $0.item) < ($1.firm, $1.item) }.map { key in
            GapRecord(firm: key.firm, item: key.item, standings: standings[key] ?? [:], words: words[key] ?? [])
        }
    }

    private static func version(_ firm: String, _ item: String, _ quarter: Quarter, _ db: GRDB.Database) throws -> Int {
        try Int.fetchOne(
            db, sql: "SELECT max(version) FROM followup_words WHERE firm = ? AND item = ? AND quarter = ?",
            arguments: [firm, item, quarter.index]) ?? 0
    }

    private static func words(_ db: GRDB.Database, _ rest: String, _ arguments: StatementArguments) throws -> [FollowUp] {
        try Row.fetchAll(db, sql: "SELECT * FROM followup_words \(rest)", arguments: arguments).map { row in
            guard let state = FollowUp.State(rawValue: row["state"]), let party = Party(rawValue: row["party"]) else {
                throw damaged("followup_words")
            }
            return FollowUp(
                firm: row["firm"], item: row["item"], quarter: Quarter(index: row["quarter"]), version: row["version"],
                content: .init(
                    state: state, plan: row["plan"], owner: row["owner"], due: (row["due"] as Int?).map { CivilDate(day: $0) },
                    progress: row["progress"], note: row["note"]),
                said: Said(at: row["at"], by: row["by"], party: party), origin: row["origin"])
        }
    }

    private static func damaged(_ table: String) -> SupervisionError {
        .storage(StorageError(.damaged, "a follow-up cannot be read", at: table))
    }
}

/// Hashes that name contents.
enum Hash {
    private static let digits = Array("0123456789abcdef".utf8)

    /// SHA-256 in lower-case hex.
    static func sha256(_ bytes: [UInt8]) -> String {
        String(
            decoding: SHA256.hash(data: bytes).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
