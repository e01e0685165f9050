public import Checks
internal import Documents
public import Rulebook

/// Judges clauses: obligations, evidence and an instant in, verdicts out. Pure; reads no clock, disk or network.
public struct Judge: Sendable {
    /// How long things hold, beyond what clauses say.
    public struct Terms: Sendable, Hashable {
        /// Facts older than this many seconds are stale.
        public var factsMaximumAge: Int
        /// Attestations of duties without a rhythm hold this many days.
        public var attestationDays: Int
        /// Daily duties are looked at this many days back.
        public var dailyWindow: Int
        /// Zone in which days begin.
        public var zone: Zone
        /// Days on which daily duties are due.
        public var calendar: BusinessCalendar

        /// The terms of a profile.
        public init(_ policy: Policy) {
            factsMaximumAge = policy.factsMaximumAge
            attestationDays = 366
            dailyWindow = 31
            zone = policy.zone
            calendar = policy.calendar
        }
    }

    /// A check that bears on a clause.
    struct Bearing: Sendable {
        var check: Int32
        /// Number of the aspect, -1 for the whole clause.
        var aspect: Int8
        var extent: Coverage.Extent
    }

    let rulebook: Rulebook
    /// The checks, in the order of results.
    public let checks: [Check]
    let bearings: [[Bearing]]
    let leaves: [Int]
    private let plans: [Plan]

    /// What judging needs of a clause, without its texts: copying a whole clause for each of a market's millions of verdicts would cost more than
    /// judging it.
    private struct Plan: Sendable {
        var subject: SubjectKind
        var aspects: [Force?]
        var peopleCanTell: Bool
    }

    /// A judge for a rulebook and a set of checks.
    public init(_ rulebook: Rulebook, checks: [Check]) {
        self.rulebook = rulebook
        self.checks = checks
        var bearings = [[Bearing]](repeating: [], count: rulebook.clauses.count)
        for (number, check) in checks.enumerated() {
            for coverage in check.covers {
                guard let index = rulebook.index(of: coverage.clause) else { continue }
                let aspect =
                    coverage.aspect.flatMap { name in rulebook.clauses[index].aspects.firstIndex { $0.name == name } } ?? -1
                bearings[index].append(
                    Bearing(check: Int32(number), aspect: Int8(clamping: aspect), extent: coverage.extent))
            }
        }
        self.bearings = bearings
        leaves = rulebook.clauses.indices.filter { rulebook.clauses[$0].isLeafDuty }
        plans = rulebook.clauses.map { clause in
            let people = [VerificationMethod.evidence, .attestation, .platform, .tool].contains { clause.canBeVerified(by: $0) }
            return Plan(subject: clause.subject, aspects: clause.aspects.map(\.force), peopleCanTell: people)
        }
    }

    /// Judges every leaf duty for every subject it is about.
    ///
    /// - Parameters:
    ///   - obligations: what binds the firm.
    ///   - evidence: what is known, by the same subjects.
    ///   - equivalences: recorded better group standards.
    ///   - policy: how long things hold.
    ///   - instant: the instant as of which is judged.
    /// - Returns: the assessment.
    public func assess(
        _ obligations: ObligationSet, evidence: FirmEvidence, equivalences: [Equivalence] = [], policy: Terms, at instant: Instant
    ) -> Assessment {
        var judgements: [Judgement] = []
        judgements.reserveCapacity(obligations.subjects.count * leaves.count)
        let records = Dictionary(grouping: evidence.records) { $0.clause }
        for (number, subject) in obligations.subjects.enumerated() {
            let kind: SubjectKind = number == 0 ? .firm : .system
            let hosts = number < evidence.hosts.count ? evidence.hosts[number] : []
            let scene = Scene(
                subject: subject, hosts: hosts.map { Scene.Host($0, instant: instant, maximumAge: policy.factsMaximumAge) },
                policy: policy, today: instant.date(in: policy.zone))
            for index in leaves where plans[index].subject == kind {
                let relevant =
                    records.isEmpty
                    ? [] : (records[rulebook.clauses[index].id] ?? []).filter { $0.system == nil || $0.system == subject.system }
                judgements.append(judge(index, number, scene, relevant, equivalences))
            }
        }
        return Assessment(
            judge: self, obligations: obligations, evidence: evidence, equivalences: equivalences, policy: policy,
            instant: instant, judgements: judgements)
    }

    /// What one subject's judgements have in common.
    struct Scene {
        var subject: ObligationSet.Subject
        var hosts: [Host]
        var policy: Terms
        var today: CivilDate

        /// A host with how old its facts are.
        struct Host {
            var results: [CheckResult]
            /// nil when fresh.
            var trouble: Reason?

            init(_ evidence: HostEvidence, instant: Instant, maximumAge: Int) {
                results = evidence.results
                guard let collected = evidence.collected, !evidence.results.isEmpty else {
                    trouble = .hostMissing
                    return
                }
                let age = instant - collected
                // Facts of the future (a wrong clock on one side) prove nothing of this instant either; five minutes are forgiven.
                trouble = age > Int64(maximumAge) || age < -300 ? .stale : nil
            }
        }
    }

    func judge(_ index: Int, _ number: Int, _ scene: Scene, _ records: [Record], _ equivalences: [Equivalence]) -> Judgement {
        let binding = scene.subject.bindings[index]
        var result = Judgement(
            clause: Int32(truncatingIfNeeded: index), subject: Int32(truncatingIfNeeded: number), verdict: .notApplicable,
            force: binding.force,
            reason: .outOfScope, declared: .nothing, measured: .nothing, signed: .nothing, accepted: .nothing)
        if binding.binds == .no {
            if binding.exemption >= 0 { result.reason = .exempt }
            return result
        }
        if plans[index].aspects.isEmpty {
            result.take(judge(Requirement(aspect: -1, force: binding.force), index, scene, records))
        } else {
            result.take(requirements(index, binding).map { judge($0, index, scene, records) })
        }
        result.force = binding.force == .mixed ? .shall : binding.force
        if binding.binds == .unknown {
            result.verdict = .undetermined
            result.reason = .scopeUnknown
        } else if binding.maySubstitute, !equivalences.isEmpty, holds(equivalences, rulebook.clauses[index].id, scene) {
            result.verdict = .equivalent
            result.reason = .equivalent
        }
        return result
    }

    /// Whether something other than a check can verify a clause.
    func peopleCanTell(_ index: Int) -> Bool { plans[index].peopleCanTell }

    private func holds(_ equivalences: [Equivalence], _ clause: String, _ scene: Scene) -> Bool {
        equivalences.contains { record in
            record.clause == clause && record.expires >= scene.today
                && (record.systems.isEmpty || scene.subject.system.map { record.systems.contains($0) } ?? false)
        }
    }

    /// One atomic requirement of a clause: an aspect, or (-1) the clause itself.
    struct Requirement {
        var aspect: Int
        var force: Force
    }

    func requirements(_ index: Int, _ binding: Binding) -> [Requirement] {
        let aspects = plans[index].aspects
        if aspects.isEmpty { return [Requirement(aspect: -1, force: binding.force)] }
        return aspects.indices.filter { $0 >= 32 || binding.absentAspects & (1 << $0) == 0 }.map {
            Requirement(aspect: $0, force: aspects[$0] ?? binding.force)
        }
    }
}

extension Judgement {
    /// Takes over the result of the one requirement of a clause.
    fileprivate mutating func take(_ part: RequirementResult) {
        verdict = part.verdict
        reason = part.reason
        declared = part.declared
        measured = part.measured
        signed = part.signed
        accepted = part.accepted
    }

    /// Takes over the combined results of the requirements of a compound clause.
    fileprivate mutating func take(_ parts: [RequirementResult]) {
        (verdict, reason) = Judge.combine(parts)
        declared = Self.weakest(parts.map(\.declared))
        measured = Self.weakest(parts.map(\.measured))
        signed = Self.weakest(parts.map(\.signed))
        accepted = Self.weakest(parts.map(\.accepted))
    }

    /// The least that was said of any requirement: a clause is measured only as far as its least measured part.
    private static func weakest(_ says: [Say]) -> Say {
        if says.contains(.no) { return .no }
        if says.count > 1, says.contains(.nothing), says.contains(where: { $0 != .nothing }) {
            return says.contains(.unknown) ? .unknown : .part
        }
        return says.min() ?? .nothing
    }
}
