public import Assessment
internal import Checks
public import Database
public import Documents
public import Rulebook
internal import Synchronization

/// Judges the firm again whenever something changed, and keeps what stands at hand. One assessment runs at a time; readers take the last board.
public actor BoardKeeper {
    /// What judging a firm starts from.
    public struct Scene: Sendable {
        /// The profile's version.
        public var version: Int
        /// The profile as of the day, strictest where nothing is known.
        public var profile: Profile
        /// What binds.
        public var obligations: ObligationSet
        /// Hosts that no system names.
        public var strays: [String]
    }

    /// A clause opened for one subject.
    public struct Opened: Sendable {
        /// Why it was judged so, down to the fact.
        public var trace: Trace
        /// The assessment it is part of: this subject only.
        public var assessment: Assessment
        /// Hosts of the subject that were left out, because it has more than are opened at once.
        public var hostsLeftOut: Int
    }

    private struct EvidenceKey: Hashable {
        var sha256: String
        var system: String
        var version: Int
        var facts: [String: Node]
    }

    /// Hosts that are opened at once for a trace of the firm as a whole.
    static let hostsOpened = 20

    let firm: FirmStore
    let systems: SystemStore
    let hosts: HostStore
    /// The history of what stood.
    public nonisolated let store: BoardStore
    let rulebook: Rulebook
    let library: CheckLibrary
    private let judge: Judge
    private let table: ScopeTable
    private let now: @Sendable () -> Int64
    private let current = Mutex(Board.empty)
    private var evidence: [EvidenceKey: HostEvidence] = [:]

    init(
        firm: FirmStore, systems: SystemStore, hosts: HostStore, store: BoardStore, rulebook: Rulebook, library: CheckLibrary,
        now: @escaping @Sendable () -> Int64
    ) {
        (self.firm, self.systems, self.hosts, self.store) = (firm, systems, hosts, store)
        (self.rulebook, self.library, self.now) = (rulebook, library, now)
        judge = Judge(rulebook, checks: library.checks)
        table = ScopeTable(rulebook)
    }

    /// What stands.
    public nonisolated var board: Board { current.withLock { $0 } }

    /// Takes what stood when the program ended.
    func start() async throws(WorkspaceError) {
        let board = try await store.load(rulebook)
        current.withLock { $0 = board }
    }

    /// The firm as it is now, or as of another profile; nil before the first run.
    ///
    /// - Parameter document: a profile to try instead of the one in force.
    /// - Returns: the scene; nil when nobody decided a profile yet.
    /// - Throws: `.document` when the profile tried is none, `.storage`.
    public func scene(trying document: Node? = nil) async throws(WorkspaceError) -> Scene? {
        let inForce = try await firm.current()
        guard let document = document ?? inForce?.document else { return nil }
        var profile: Profile
        let entries = try await systems.all()
        do throws(DocumentError) {
            let parts = (document.entries ?? []).filter { $0.key != "systems" }.map { ($0.key, $0.node as Node?) }
            profile = try ProfileReader.read(
                .object(parts + [("systems", .list(entries.map(\.node)))]), rulebook: rulebook, origin: "profile")
        } catch {
            throw .document(error)
        }
        let strays = profile.adopt(try await hosts.newest().map(\.host))
        let day = Instant(seconds: now() / 1_000_000).date(in: profile.policy.zone)
        profile = profile.asOf(day)
        profile.assumeStrict(rulebook)
        let obligations = ObligationSet(rulebook, table: table, profile: profile, asOf: day)
        return Scene(version: inForce?.version ?? 0, profile: profile, obligations: obligations, strays: strays)
    }

    /// Judges everything and records what changed.
    ///
    /// - Parameters:
    ///   - cause: what it is made for, for the trail.
    ///   - actor: who, or which part of the program, asked for it.
    /// - Returns: the new board; nil before the first run.
    /// - Throws: `.storage`; `.document` when a stored document cannot be read any more.
    @discardableResult
    public func assess(cause: String, _ actor: TrailActor) async throws(WorkspaceError) -> Board? {
        guard let scene = try await scene() else { return nil }
        let instant = Instant(seconds: now() / 1_000_000)
        let firmEvidence = try await gather(scene)
        let assessment = judge.assess(
            scene.obligations, evidence: firmEvidence, equivalences: scene.profile.equivalences,
            policy: Judge.Terms(scene.profile.policy), at: instant)
        let standings = assessment.judgements.map { judgement in
            Standing(
                clause: rulebook.clauses[Int(judgement.clause)].id,
                system: scene.obligations.subjects[Int(judgement.subject)].system ?? "", verdict: judgement.verdict,
                reason: judgement.reason, force: judgement.force,
                says: .init(
                    declared: judgement.declared, measured: judgement.measured, signed: judgement.signed,
                    accepted: judgement.accepted), since: instant.seconds)
        }
        let day = instant.date(in: scene.profile.policy.zone).description
        let recorded = try await store.record(
            board, standings, at: instant.seconds, day: day, version: scene.version, cause: cause, totals: totals(standings, day),
            actor)
        let board = Board(
            at: instant.seconds, version: scene.version, standings: recorded.standings, rulebook: rulebook)
        current.withLock { $0 = board }
        return board
    }

    /// Opens a clause for one subject as of the last assessment.
    ///
    /// - Parameters:
    ///   - clause: its id.
    ///   - system: the system; empty for the firm as a whole.
    /// - Returns: the clause with its trace.
    /// - Throws: `.notFound` when there is no such clause or system.
    public func open(clause: String, system: String) async throws(WorkspaceError) -> Opened {
        guard let scene = try await scene() else { throw .notFound("profile yet") }
        guard let index = rulebook.index(of: clause) else { throw .notFound("clause \(clause.clipped)") }
        let (assessment, leftOut) = try await look(scene, system: system)
        let obligations = assessment.obligations
        guard
            let judgement = assessment.judgements.first(where: {
                Int($0.clause) == index && (obligations.subjects[Int($0.subject)].system ?? "") == system
            })
        else { throw .notFound("judgement of \(clause.clipped) here") }
        return Opened(trace: assessment.trace(of: judgement), assessment: assessment, hostsLeftOut: leftOut)
    }

    /// Judges one subject again as of the last assessment, with all that its checks saw.
    ///
    /// - Parameters:
    ///   - scene: what judging starts from.
    ///   - system: the system; empty for the firm as a whole, of which at most `hostsOpened` hosts are opened.
    /// - Returns: the assessment, and how many hosts were left out.
    /// - Throws: `.notFound` when there is no such system; `.storage`.
    func look(_ scene: Scene, system: String) async throws(WorkspaceError) -> (assessment: Assessment, hostsLeftOut: Int) {
        var profile = scene.profile
        var leftOut = 0
        if !system.isEmpty { profile.systems = profile.systems.filter { $0.id == system } }
        guard system.isEmpty || !profile.systems.isEmpty else { throw .notFound("system \(system.clipped)") }
        var entries = try await newest(profile)
        if entries.count > Self.hostsOpened {
            leftOut = entries.count - Self.hostsOpened
            entries = Array(entries.sorted { $0.host < $1.host }.prefix(Self.hostsOpened))
            let opened = Set(entries.map(\.host))
            for number in profile.systems.indices { profile.systems[number].hosts.removeAll { !opened.contains($0) } }
        }
        var facts: [HostFacts] = []
        for entry in entries { facts.append(try hosts.facts(entry)) }
        let obligations = ObligationSet(rulebook, table: table, profile: profile, asOf: scene.obligations.asOf)
        let found = FirmEvidence(facts: facts, profile: profile, obligations: obligations, library: library, records: [])
        let assessment = judge.assess(
            obligations, evidence: found, equivalences: profile.equivalences, policy: Judge.Terms(profile.policy),
            at: Instant(seconds: board.at ?? now() / 1_000_000))
        return (assessment, leftOut)
    }

    // MARK: Evidence

    private func newest(_ profile: Profile) async throws(WorkspaceError) -> [FactsEntry] {
        let wanted = Set(profile.systems.flatMap(\.hosts))
        return try await hosts.newest().filter { wanted.contains($0.host) }
    }

    /// What checks see on every host. A document is opened only when it, the profile or its system changed: two hundred of them at once would
    /// take hundreds of megabytes.
    private func gather(_ scene: Scene) async throws(WorkspaceError) -> FirmEvidence {
        var known: [String: FactsEntry] = [:]
        for entry in try await newest(scene.profile) { known[entry.host] = entry }
        var kept: [EvidenceKey: HostEvidence] = [:]
        var bySystem: [[HostEvidence]] = []
        for system in scene.profile.systems {
            var found: [HostEvidence] = []
            for host in system.hosts {
                guard let entry = known[host] else {
                    found.append(.missing(host))
                    continue
                }
                let key = EvidenceKey(sha256: entry.sha256, system: system.id, version: scene.version, facts: system.facts)
                var seen: HostEvidence
                if let before = evidence[key] {
                    seen = before
                } else {
                    seen = HostEvidence(
                        facts: try hosts.facts(entry), library: library, firm: scene.profile.firm, system: system.facts,
                        parameters: scene.obligations.parameters)
                    // Outcomes are worked out again when somebody opens a clause.
                    seen.outcomes = []
                }
                kept[key] = seen
                found.append(seen)
            }
            bySystem.append(found)
        }
        evidence = kept
        var seen: Set<String> = []
        let all = bySystem.flatMap { $0 }.filter { seen.insert($0.host).inserted }
        return FirmEvidence(hosts: [all] + bySystem, records: [])
    }

    private func totals(_ standings: [Standing], _ day: String) -> [DayTotal] {
        struct Key: Hashable {
            var pack: String
            var group: String
            var verdict: Verdict
        }
        var counts: [Key: Int] = [:]
        for standing in standings {
            guard let index = rulebook.index(of: standing.clause) else { continue }
            let key = Key(
                pack: rulebook.pack(ofClause: index).id, group: rulebook.clauses[index].group, verdict: standing.verdict)
            counts[key, default: 0] += 1
        }
        return counts.map { DayTotal(day: day, pack: $0.key.pack, group: $0.key.group, verdict: $0.key.verdict, count: $0.value) }
    }
}
