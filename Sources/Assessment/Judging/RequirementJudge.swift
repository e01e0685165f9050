internal import Checks
internal import Documents
internal import Rulebook

/// What came of one atomic requirement.
struct RequirementResult {
    var verdict: Verdict
    var reason: Reason
    var declared = Say.nothing
    var measured = Say.nothing
    var signed = Say.nothing
    var accepted = Say.nothing
}

extension Judge {
    func judge(_ requirement: Requirement, _ index: Int, _ scene: Scene, _ records: [Record]) -> RequirementResult {
        let measured = measure(requirement, index, scene)
        var result = RequirementResult(verdict: .undetermined, reason: .noEvidence, measured: measured.say)
        var signed = (say: Say.nothing, reason: Reason.noEvidence)
        if !records.isEmpty {
            let clause = rulebook.clauses[index]
            let own = records.filter { record in
                record.date <= scene.today
                    && (record.aspect == nil
                        || (requirement.aspect >= 0 && clause.aspects[requirement.aspect].name == record.aspect))
            }
            result.declared = Self.latest(own)
            result.accepted = Self.latest(own.filter { $0.state == .accepted })
            signed = weigh(own.filter { $0.state != .declared }, clause, scene)
            result.signed = signed.say
        }
        (result.verdict, result.reason) = Self.decide(measured, signed, result.declared, peopleCanTell: peopleCanTell(index))
        if requirement.force == .should, result.verdict == .nonCompliant || result.verdict == .partly {
            result.verdict = .adviceNotAdopted
            if result.reason == .measuredFailure || result.reason == .signedFailure { result.reason = .adviceNotAdopted }
        }
        return result
    }

    /// Measured "no" is a breach whoever signed; signed "no" too. "Yes" needs every host, and for what checks cannot see, a signature.
    private static func decide(
        _ measured: (say: Say, reason: Reason), _ signed: (say: Say, reason: Reason), _ declared: Say, peopleCanTell: Bool
    ) -> (Verdict, Reason) {
        if measured.say == .no { return (.nonCompliant, .measuredFailure) }
        if signed.say == .no { return (.nonCompliant, signed.reason) }
        if measured.say == .yes { return (.compliant, .measured) }
        switch signed.say {
        case .yes, .part:
            // A check that should have seen and could not leaves it open: or leaving facts out would be better than handing them in.
            if measured.say == .unknown, measured.reason != .mayBeElsewhere { return (.undetermined, measured.reason) }
            if signed.reason == .gapExceeded { return (.partly, .gapExceeded) }
            if measured.say == .part { return (.compliant, .measuredAndSigned) }
            return peopleCanTell ? (.compliant, signed.reason) : (.undetermined, .needsMeasurement)
        case .unknown: return (.undetermined, measured.say == .unknown ? measured.reason : signed.reason)
        case .nothing, .no:
            if measured.say == .unknown || measured.say == .part { return (.undetermined, measured.reason) }
            return (.undetermined, declared == .nothing ? .noEvidence : .declaredOnly)
        }
    }

    // MARK: Measured

    /// What the checks say of a requirement over all hosts of the subject.
    private func measure(_ requirement: Requirement, _ index: Int, _ scene: Scene) -> (say: Say, reason: Reason) {
        let bearings = bearings[index]
        guard !bearings.isEmpty else { return (.nothing, .noEvidence) }
        var say = Say.nothing
        var reason = Reason.noEvidence
        var sawPart = false
        var unknown: Reason?
        for host in scene.hosts {
            var hostSay = Say.nothing
            var hostUnknown: Reason?
            var partUnknown: Reason?
            if let trouble = host.trouble {
                if bearings.contains(where: { $0.aspect < 0 || Int($0.aspect) == requirement.aspect }) { hostUnknown = trouble }
            } else {
                for bearing in bearings where bearing.aspect < 0 || Int(bearing.aspect) == requirement.aspect {
                    switch host.results[Int(bearing.check)] {
                    case .fail where bearing.extent == .hint: partUnknown = partUnknown ?? .mayBeElsewhere
                    case .fail: return (.no, .measuredFailure)
                    case .undetermined where bearing.extent == .whole: hostUnknown = .unreadable
                    case .undetermined: partUnknown = .unreadable
                    case .pass: hostSay = max(hostSay, bearing.extent == .whole ? .yes : .part)
                    case .notApplicable: break
                    }
                }
            }
            // What settles the requirement outranks a part of it that could not be seen.
            if hostUnknown == nil, hostSay != .yes { hostUnknown = partUnknown }
            if let trouble = hostUnknown {
                // What could not be read weighs more than a hint.
                if unknown == nil || unknown == .mayBeElsewhere { unknown = trouble }
            } else if hostSay == .part {
                sawPart = true
            } else if hostSay == .yes {
                say = .yes
                reason = .measured
            }
        }
        // A failure on a later host still outranks an unreadable earlier one; hence unknown is weighed last.
        if let unknown { return (.unknown, unknown) }
        if sawPart { return (.part, .partOnly) }
        return (say, reason)
    }

    // MARK: Signed

    private static func latest(_ records: [Record]) -> Say {
        guard let last = records.map(\.date).max() else { return .nothing }
        // Of statements about the same day the worse one counts, in whatever order they were written down.
        return records.contains { $0.date == last && !$0.isFulfilled } ? .no : .yes
    }

    /// What signed records say as of today, by the clause's rhythm.
    private func weigh(_ records: [Record], _ clause: Clause, _ scene: Scene) -> (say: Say, reason: Reason) {
        guard let last = records.map(\.date).max() else { return (.nothing, .noEvidence) }
        guard Self.latest(records) == .yes else { return (.no, .signedFailure) }
        let dates = records.filter(\.isFulfilled).map(\.date)
        switch clause.cadence?.kind {
        case .daily: return daily(dates, scene)
        case .periodic: return periodic(dates, clause, scene)
        default:
            return scene.today - last > scene.policy.attestationDays ? (.unknown, .recordStale) : (.yes, .signed)
        }
    }

    private func daily(_ dates: [CivilDate], _ scene: Scene) -> (say: Say, reason: Reason) {
        let yesterday = scene.today.adding(days: -1)
        let start = scene.today.adding(days: -scene.policy.dailyWindow)
        let missing = Frequency.missingDays(dates, from: start, through: yesterday, calendar: scene.policy.calendar)
        guard let last = missing.last else { return (.yes, .inTime) }
        // Done since the last missed day: in time again, but with a hole in the window.
        return dates.contains { $0 > last } ? (.part, .gapExceeded) : (.no, .overdue)
    }

    private func periodic(_ dates: [CivilDate], _ clause: Clause, _ scene: Scene) -> (say: Say, reason: Reason) {
        let context = scene.subject.context
        var say = (say: Say.nothing, reason: Reason.noEvidence)
        if let gap = gap(dates, clause, context, scene.today) {
            switch gap.state {
            case .noEvidence: return (.nothing, .noEvidence)
            case .overdue: return (.no, .overdue)
            case .exceededBefore: say = (.part, .gapExceeded)
            case .within: say = (.yes, .inTime)
            }
        }
        // Where a longest gap is set it decides; the count stands beside it in the trace.
        guard say.say == .nothing, let count = count(dates, clause, context, scene.today) else { return say }
        if count.state == .met { return (.yes, .inTime) }
        // The year is not over: last year tells whether the rhythm is kept.
        let before = Frequency.count(dates, required: count.required, year: count.year - 1, asOf: scene.today)
        if before.state == .met { return (.yes, .inTime) }
        return before.count == 0 ? (.unknown, .noEvidence) : (.no, .countMissed)
    }

    /// The gaps of a periodic duty in the calendar year of `today`; nil when the clause sets no longest gap.
    func gap(_ dates: [CivilDate], _ clause: Clause, _ context: ProfileContext, _ today: CivilDate) -> Frequency.Gap? {
        guard let id = clause.maximumGap(in: context), let limit = context.parameter(id)?.quantity else { return nil }
        return Frequency.gap(dates, limit: limit, since: CivilDate(year: today.parts.year, month: 1, day: 1), asOf: today)
    }

    /// The count of a periodic duty in the calendar year of `today`; nil when the clause sets no number.
    func count(_ dates: [CivilDate], _ clause: Clause, _ context: ProfileContext, _ today: CivilDate) -> Frequency.Count? {
        guard let name = clause.cadence?.minimumPerYear,
            let required = context.parameter(ParameterID(clause: clause.id, name: name))?.quantity.number.integer
        else { return nil }
        return Frequency.count(dates, required: required, asOf: today)
    }

    // MARK: Rolling up

    /// The verdict of a clause from its requirements.
    static func combine(_ parts: [RequirementResult]) -> (verdict: Verdict, reason: Reason) {
        guard let first = parts.first else { return (.notApplicable, .outOfScope) }
        let verdict = RollUp.combine(parts.map(\.verdict))
        if parts.count == 1 { return (verdict, first.reason) }
        if verdict == .partly, !parts.contains(where: { $0.verdict == .partly }) { return (verdict, .mixed) }
        // The reason of the part that decided.
        return (verdict, parts.first { $0.verdict == verdict }?.reason ?? first.reason)
    }
}

/// Rolls verdicts up: requirements into a clause, sub-items into a parent, systems into a firm.
public enum RollUp {
    /// One verdict for many. A known breach outranks what is unknown; beside something fulfilled it makes "partly"; what does
    /// not apply is left out; unknown is never a pass.
    public static func combine(_ verdicts: [Verdict]) -> Verdict {
        let counted = verdicts.filter { $0 != .notApplicable }
        guard !counted.isEmpty else { return .notApplicable }
        let fails = counted.contains(.nonCompliant) || counted.contains(.partly)
        if fails {
            let something = counted.contains { $0 == .compliant || $0 == .equivalent || $0 == .partly }
            return something ? .partly : .nonCompliant
        }
        if counted.contains(.undetermined) { return .undetermined }
        if counted.contains(.adviceNotAdopted) { return .adviceNotAdopted }
        return counted.allSatisfy { $0 == .equivalent } ? .equivalent : .compliant
    }
}
