public import Checks
public import Documents
public import Rulebook

/// What all checks saw on one host that belongs to a subject.
public struct HostEvidence: Sendable {
    /// The host's name.
    public var host: String
    /// When its facts were collected; nil when there are none.
    public var collected: Instant?
    /// Result of every check, by its number in the library; empty when there are no facts.
    public var results: [CheckResult]
    /// The full outcome of every check; empty when nobody will ask for a trace.
    public var outcomes: [CheckOutcome]
    /// SHA-256 of the facts; empty when there are none.
    public var factsHash: String
    /// File of the facts; empty when they were just collected.
    public var factsFile: String

    /// Evidence made of results alone, without traces.
    public init(host: String, collected: Instant?, results: [CheckResult]) {
        self.host = host
        self.collected = collected
        self.results = results
        outcomes = []
        factsHash = ""
        factsFile = ""
    }

    /// Runs all checks of a library over the facts of a host.
    ///
    /// - Parameters:
    ///   - facts: the host's facts.
    ///   - library: the checks.
    ///   - firm: facts of the firm, which checks may refer to.
    ///   - system: facts of the system it belongs to.
    ///   - parameters: limits in force.
    public init(
        facts: HostFacts, library: CheckLibrary, firm: [String: Node], system: [String: Node], parameters: ParametersInForce
    ) {
        let runner = CheckRunner(facts: facts, firm: firm, system: system, parameters: parameters, schema: library.schema)
        host = facts.host
        collected = facts.collected
        outcomes = library.checks.map { runner.run($0) }
        results = outcomes.map(\.result)
        factsHash = facts.sha256
        factsFile = facts.origin
    }

    /// A host of which there are no facts.
    public static func missing(_ host: String) -> HostEvidence { HostEvidence(host: host, collected: nil, results: []) }
}

/// Everything that is known of a firm: what checks saw, by subject, and what people said.
public struct FirmEvidence: Sendable {
    /// Hosts of each subject: the firm first (all of them), then its systems in order.
    public var hosts: [[HostEvidence]]
    /// Records, in any order.
    public var records: [Record]

    /// Evidence by subject.
    public init(hosts: [[HostEvidence]], records: [Record]) {
        self.hosts = hosts
        self.records = records
    }

    /// Assigns facts to the systems whose hosts they are, runs the checks, and notes hosts without facts.
    ///
    /// - Parameters:
    ///   - facts: facts of hosts; of several for one host the newest counts.
    ///   - profile: the firm's systems.
    ///   - obligations: for the parameters in force.
    ///   - library: the checks.
    ///   - records: what people said.
    public init(facts: [HostFacts], profile: Profile, obligations: ObligationSet, library: CheckLibrary, records: [Record]) {
        var newest: [String: HostFacts] = [:]
        for item in facts where newest[item.host].map({ $0.collected < item.collected }) ?? true { newest[item.host] = item }
        let bySystem = profile.systems.map { system in
            system.hosts.map { name -> HostEvidence in
                guard let facts = newest[name] else { return .missing(name) }
                return HostEvidence(
                    facts: facts, library: library, firm: profile.firm, system: system.facts, parameters: obligations.parameters)
            }
        }
        var seen: Set<String> = []
        let all = bySystem.flatMap { $0 }.filter { seen.insert($0.host).inserted }
        self.init(hosts: [all] + bySystem, records: records)
    }
}
