public import Checks
internal import Documents
public import Rulebook

/// Why one clause was judged as it was for one subject, down to the fact and the file.
public struct Trace: Sendable {
    /// What one check saw on one host.
    public struct Observation: Sendable {
        /// The check.
        public var check: Check
        /// How much of the requirement it covers.
        public var extent: Coverage.Extent
        /// The host.
        public var host: String
        /// When.
        public var at: Instant?
        /// What it saw; nil when there are no facts.
        public var outcome: CheckOutcome?
        /// Whether the facts are too old to count.
        public var isStale: Bool
        /// SHA-256 of the facts.
        public var factsHash: String
        /// File of the facts.
        public var factsFile: String
    }

    /// One atomic requirement.
    public struct Requirement: Sendable {
        /// Its name; nil when the clause is one requirement.
        public var aspect: Aspect?
        /// shall or should.
        public var force: Force
        /// Its verdict.
        public var verdict: Verdict
        /// Why.
        public var reason: Reason
        /// What was declared, measured, signed and accepted.
        public var says: (declared: Say, measured: Say, signed: Say, accepted: Say)
        /// What checks saw.
        public var observations: [Observation]
        /// What people said.
        public var records: [Record]
        /// The gaps of the recurring duty.
        public var gap: Frequency.Gap?
        /// The count of the recurring duty.
        public var count: Frequency.Count?
    }

    /// The clause.
    public var clause: Clause
    /// Its pack.
    public var pack: RulePack
    /// Id of the system; nil for the firm.
    public var system: String?
    /// The judgement.
    public var judgement: Judgement
    /// Why it binds, or does not.
    public var scope: Evaluation
    /// The exemption that applies.
    public var exemption: Text?
    /// The group standard that stands for it.
    public var equivalence: Equivalence?
    /// Its requirements.
    public var requirements: [Requirement]
}

extension Assessment {
    /// The trace of a judgement. It is worked out again by the same functions, so that judging a market does not carry it along.
    public func trace(of judgement: Judgement) -> Trace {
        let index = Int(judgement.clause)
        let number = Int(judgement.subject)
        let clause = rulebook.clauses[index]
        let subject = obligations.subjects[number]
        let binding = subject.bindings[index]
        let hosts = number < evidence.hosts.count ? evidence.hosts[number] : []
        let scene = Judge.Scene(
            subject: subject, hosts: hosts.map { Judge.Scene.Host($0, instant: instant, maximumAge: policy.factsMaximumAge) },
            policy: policy,
            today: instant.date(in: policy.zone))
        let records = evidence.records.filter { $0.clause == clause.id && ($0.system == nil || $0.system == subject.system) }
        let exemption = binding.exemption >= 0 ? clause.exemptions[Int(binding.exemption)].reason : nil
        return Trace(
            clause: clause, pack: rulebook.pack(ofClause: index), system: subject.system, judgement: judgement,
            scope: obligations.reason(clause: index, subject: number), exemption: exemption,
            equivalence: judgement.verdict == .equivalent ? equivalences.first { $0.clause == clause.id } : nil,
            requirements: judge.requirements(index, binding).map { requirement in
                trace(requirement, index, scene, hosts, records)
            })
    }

    private func trace(
        _ requirement: Judge.Requirement, _ index: Int, _ scene: Judge.Scene, _ hosts: [HostEvidence], _ records: [Record]
    ) -> Trace.Requirement {
        let clause = rulebook.clauses[index]
        let result = judge.judge(requirement, index, scene, records)
        let aspect = requirement.aspect >= 0 ? clause.aspects[requirement.aspect] : nil
        var observations: [Trace.Observation] = []
        for bearing in judge.bearings[index] where bearing.aspect < 0 || Int(bearing.aspect) == requirement.aspect {
            for (host, state) in zip(hosts, scene.hosts) {
                observations.append(
                    Trace.Observation(
                        check: judge.checks[Int(bearing.check)], extent: bearing.extent, host: host.host,
                        at: host.collected,
                        outcome: host.outcomes.isEmpty ? nil : host.outcomes[Int(bearing.check)],
                        isStale: state.trouble == .stale,
                        factsHash: host.factsHash, factsFile: host.factsFile))
            }
        }
        let own = records.filter { $0.aspect == nil || $0.aspect == aspect?.name }.sorted { $0.date < $1.date }
        let dates = own.filter { $0.isFulfilled && $0.state != .declared && $0.date <= scene.today }.map(\.date)
        return Trace.Requirement(
            aspect: aspect, force: requirement.force, verdict: result.verdict, reason: result.reason,
            says: (result.declared, result.measured, result.signed, result.accepted), observations: observations, records: own,
            gap: dates.isEmpty ? nil : judge.gap(dates, clause, scene.subject.context, scene.today),
            count: dates.isEmpty ? nil : judge.count(dates, clause, scene.subject.context, scene.today))
    }
}
