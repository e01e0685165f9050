internal import Rulebook

/// What keeps a case from being closed.
public enum OpenDuty: Sendable, Hashable {
    /// A notice is owed, and nobody decided that it need not be given.
    case notice(ObligationID)
    /// A question of the supervisor has no answer.
    case question(Int)
    /// The supervisor sent a submission back, and nothing was filed since.
    case returned
}

/// A duty that would be judged otherwise today: a moment was corrected, or the rule of that time was.
public struct Recomputed: Sendable, Hashable {
    /// As it was judged when the notice was filed; this stands.
    public var filed: Filed
    /// The version that binds by what is known now; nil when none does.
    public var version: String?
    /// Seconds late by what is known now; nil when that cannot be said.
    public var late: Int64?
}

extension Incident {
    /// Facts for the clocks of a regime, from the submissions before one, or from all: of a notice that may be repeated, the last counts.
    func clockFacts(_ regime: String, before: Int? = nil) -> ClockFacts {
        var filed: [NoticeKind: Instant] = [:]
        for submission in submissions where submission.number < before ?? .max && submission.regimes.contains(regime) {
            if let notice = submission.kind.notice { filed[notice] = submission.given }
        }
        return ClockFacts(moments: moments, filed: filed)
    }

    /// Every duty to tell and how it stands, worked out from the rules in force when the firm came to know; what was met stands as it was met.
    public func obligations(_ book: ClockBook) -> [Obligation] {
        regimes.flatMap { id -> [Obligation] in
            guard let regime = book.regime(id) else { return [] }
            let version = regime.version(knownAt: aware)
            let facts = clockFacts(id)
            var duties = Set(settled.keys.filter { $0.regime == id })
            for rule in version?.rules ?? [] {
                duties.insert(ObligationID(id, rule.notice))
                if rule.notice == .closing { duties.insert(closing(id)) }
            }
            return duties.sorted().map { duty in
                obligation(duty, regime: regime, version: version, facts: facts, book)
            }
        }
    }

    private func obligation(
        _ duty: ObligationID, regime: ClockRegime, version: ClockVersion?, facts: ClockFacts, _ book: ClockBook
    ) -> Obligation {
        if let filed = settled[duty] {
            let bound = regime.versions.first { $0.version == filed.version }
            let state: Obligation.State =
                switch filed.late {
                case nil: .undetermined(filed)
                case 0: .met(filed)
                case let late?: .late(filed, seconds: late)
                }
            return Obligation(
                id: duty, version: filed.version, status: bound?.status ?? .inForce, clause: bound?[duty.notice]?.clause ?? "",
                state: state, proposal: nil, reminders: [])
        }
        let excuse = excuses[duty]
        let rule = version?[duty.notice]
        let deadline = rule.map { book.deadline($0, zone: regime.zone, facts) } ?? .asSoonAsPossible
        var found = Obligation(
            id: duty, version: version?.version ?? "", status: version?.status ?? .inForce, clause: rule?.clause ?? "",
            state: .running(deadline), proposal: nil, reminders: [])
        if let excuse, excuse.approvedBy != nil {
            found.state = .excused(excuse)
        } else {
            found.proposal = excuse
            if let rule { found.reminders = Obligation.reminders(rule, due: deadline.instant) }
        }
        return found
    }

    /// What keeps the case from being closed; nothing when it may be.
    public func openDuties(_ book: ClockBook) -> [OpenDuty] {
        var open = obligations(book).filter(\.isOpen).map { OpenDuty.notice($0.id) }
        open += openQuestions.map { .question($0) }
        if handling == .returned, returnedAfter == submissions.count { open.append(.returned) }
        return open
    }

    /// Duties that were met and would be judged otherwise by what is known now. Nothing of the case changes by it.
    public func recomputed(_ book: ClockBook) -> [Recomputed] {
        settled.values.sorted { $0.duty < $1.duty }.compactMap { filed in
            guard let regime = book.regime(filed.duty.regime) else { return nil }
            let version = regime.version(knownAt: aware)
            let (_, late) = Self.lateness(
                version?[filed.duty.notice], at: filed.at, zone: regime.zone,
                clockFacts(filed.duty.regime, before: filed.submission), book)
            guard version?.version != filed.version || late != filed.late else { return nil }
            return Recomputed(filed: filed, version: version?.version, late: late)
        }
    }

    /// The deadline of a notice given at an instant, and how late it was; late is nil when nobody can say.
    static func lateness(
        _ rule: ClockRule?, at: Instant, zone: Zone, _ facts: ClockFacts, _ book: ClockBook
    ) -> (due: Instant?, late: Int64?) {
        guard let rule else { return (nil, 0) }
        switch book.deadline(rule, zone: zone, facts) {
        case .asSoonAsPossible: return (nil, 0)
        // Nobody said since when: that is not the same as in time.
        case .waiting, .undetermined: return (nil, nil)
        case .at(let due): return (due, max(0, at - due))
        }
    }

    /// A field as it was first told, and as it was told last at the end.
    ///
    /// - Returns: nil for what was not told (yet).
    public func told(_ field: String) -> (reported: FieldValue?, final: FieldValue?) {
        let closing = submissions.firstIndex { $0.kind == .notice(.closing) }
        let last = closing.flatMap { index in
            submissions[index...].last { $0.kind.notice != .formal && $0.kind.notice != .preliminary }
        }
        return (submissions.first?.values[field], last?.values[field])
    }
}
