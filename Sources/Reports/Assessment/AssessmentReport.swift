public import Assessment
public import Checks
internal import Documents
public import Rulebook

/// An assessment made ready to be shown: rows by heading, each with the setting that decided it. Text, JSON and HTML are drawn from it.
public struct AssessmentReport: Sendable {
    /// One judged clause of one subject.
    public struct Row: Sendable {
        /// The trace behind it.
        public var trace: Trace
        /// The finding that decided it, as one line; empty when a reason says it all.
        public var deciding: String
    }

    /// The clauses under one heading.
    public struct Section: Sendable {
        /// The pack.
        public var pack: RulePack
        /// The heading.
        public var group: RulePack.Group
        /// Its rows.
        public var rows: [Row]
        /// Its numbers.
        public var summary: Assessment.Summary
    }

    /// A host that was looked at.
    public struct HostLine: Sendable {
        /// Its name.
        public var name: String
        /// Its operating system.
        public var system: String
        /// When.
        public var collected: Instant
        /// SHA-256 of the facts.
        public var sha256: String
        /// File of the facts; empty when just collected.
        public var file: String
        /// Whether it was collected with full rights.
        public var isPrivileged: Bool
        /// Groups with gaps or without facts: name, state, what is missing.
        public var gaps: [(group: String, state: SourceState, what: [String])]
    }

    let wording: Wording
    /// The assessment.
    public let assessment: Assessment
    /// Name of the firm; empty without a profile.
    public let firm: String
    /// Facts that were assumed.
    public let assumed: [String]
    /// Whether there was no profile at all.
    public let hasNoProfile: Bool
    /// Version of the program.
    public let version: String
    /// Packs of checks: id and version.
    public let checkPacks: [(id: String, version: String)]
    /// Hosts that were looked at.
    public let hosts: [HostLine]
    /// Rows by heading.
    public let sections: [Section]

    /// A report.
    ///
    /// - Parameters:
    ///   - assessment: what is shown.
    ///   - profile: the firm.
    ///   - facts: the hosts.
    ///   - library: the checks.
    ///   - clause: only this clause (or its sub-items); nil for all.
    ///   - wording: language and words.
    ///   - version: version of the program.
    public init(
        _ assessment: Assessment, profile: Profile, facts: [HostFacts], library: CheckLibrary, clause: String? = nil,
        wording: Wording, version: String
    ) {
        self.wording = wording
        self.assessment = assessment
        self.version = version
        firm = profile.name
        assumed = profile.assumed.sorted()
        hasNoProfile = profile.origin.isEmpty && profile.name.isEmpty
        checkPacks = library.packs.map { ($0.id, $0.version) }
        hosts = facts.map { facts in
            let gaps = facts.sources.filter { $0.value.state != .read }.sorted { $0.key < $1.key }
                .map { (group: $0.key, state: $0.value.state, what: ($0.value.reason.map { [$0] } ?? []) + $0.value.gaps) }
            return HostLine(
                name: facts.host, system: facts.system, collected: facts.collected, sha256: facts.sha256, file: facts.origin,
                // What others may read of a host depends on who looks; what could not be read of the platform itself stands under its gaps.
                isPrivileged: facts.user == 0 || facts.facts == FactSchema.plumbline, gaps: gaps)
        }
        var byGroup: [String: [Judgement]] = [:]
        let rulebook = assessment.rulebook
        for judgement in assessment.judgements {
            let index = Int(judgement.clause)
            if let clause, rulebook.clauses[index].id != clause, rulebook.clauses[index].parent != clause { continue }
            byGroup["\(rulebook.pack(ofClause: index).id)/\(rulebook.clauses[index].group)", default: []].append(judgement)
        }
        sections = rulebook.packs.flatMap { pack in
            pack.groups.compactMap { group -> Section? in
                guard let judgements = byGroup["\(pack.id)/\(group.id)"] else { return nil }
                let sorted = judgements.sorted { ($0.clause, $0.subject) < ($1.clause, $1.subject) }
                let rows = sorted.map { judgement in
                    let trace = assessment.trace(of: judgement)
                    return Row(trace: trace, deciding: Self.deciding(trace, wording))
                }
                return Section(pack: pack, group: group, rows: rows, summary: Assessment.Summary(judgements.map(\.verdict)))
            }
        }
    }

    /// The warning that facts were assumed, with what they are called; nil when none were.
    var assumption: String? {
        guard !assumed.isEmpty else { return nil }
        // A fact that only packs for other kinds of firm ask for says nothing here.
        let packs = assessment.rulebook.packs.filter { pack in
            pack.applies.map { applies in
                assessment.obligations.subjects.first.map { Evaluator($0.context).truth(of: applies) != .no } ?? true
            } ?? true
        }
        let relevant = assumed.filter { key in packs.contains { $0.facts.contains { $0.key == key } } }
        guard !relevant.isEmpty else { return nil }
        let titles = relevant.map { key in assessment.rulebook.fact(key).map { wording($0.title) } ?? key }
        return wording(
            hasNoProfile ? "report.assumed" : "report.assumed-some",
            ["count": String(relevant.count), "facts": titles.joined(separator: wording("report.list-separator"))])
    }

    /// Name of a subject for people.
    func subject(_ system: String?) -> String { system ?? wording("report.whole-firm") }

    /// The one line that explains a verdict: the first deciding finding of a requirement that made it what it is.
    private static func deciding(_ trace: Trace, _ wording: Wording) -> String {
        let judgement = trace.judgement
        if judgement.reason == .exempt, let exemption = trace.exemption { return wording(exemption) }
        if judgement.reason == .scopeUnknown || judgement.reason == .outOfScope {
            return trace.scope.findings.first.map { wording($0) } ?? ""
        }
        if let equivalence = trace.equivalence { return equivalence.groupClause }
        let wanted: CheckResult =
            switch judgement.verdict {
            case .compliant, .equivalent: .pass
            case .undetermined: judgement.reason == .mayBeElsewhere ? .fail : .undetermined
            default: .fail
            }
        let order = trace.requirements.sorted { $0.verdict.rank < $1.verdict.rank }
        for requirement in judgement.verdict == .compliant ? trace.requirements : order {
            for observation in requirement.observations where observation.outcome?.result == wanted && !observation.isStale {
                if let line = line(observation, wording) { return line }
            }
        }
        guard judgement.reason == .noEvidence || judgement.reason == .declaredOnly else { return "" }
        // Nothing is known: say what would tell.
        let methods = trace.clause.verification.filter {
            $0.method != .automatic || trace.requirements.contains { !$0.observations.isEmpty }
        }
        let names = methods.map { wording("method.\($0.method.rawValue)") }
        return names.isEmpty ? "" : "\(wording(judgement.reason)); \(wording("report.needs")) \(names.joined(separator: ", "))"
    }

    /// One line for what a check saw: a source that could not be read, or the first deciding finding.
    static func line(_ observation: Trace.Observation, _ wording: Wording) -> String? {
        guard let outcome = observation.outcome else { return nil }
        if let source = outcome.sources.first {
            let detail = source.source.gaps.first ?? source.source.reason ?? ""
            return "\(source.group): \(wording("source.\(source.source.state.rawValue)"))\(detail.isEmpty ? "" : " (\(detail))")"
        }
        guard let finding = outcome.evaluation.findings.first else { return nil }
        let more = outcome.evaluation.total - 1
        let context = outcome.context.first.map { " [\(wording("report.context")) \(wording($0))]" } ?? ""
        return wording(finding) + context + (more > 0 ? " (\(wording("report.more", ["count": String(more)])))" : "")
    }
}
