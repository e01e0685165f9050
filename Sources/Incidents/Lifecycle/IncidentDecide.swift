internal import Documents
internal import Rulebook

extension Incident {
    /// Most submissions, questions, regimes or links of one case.
    static let countLimit = 500
    /// Most bytes of all fields of one case: every submission holds them all.
    static let valueLimit = 1 << 20
    /// Longest reason, question or answer in characters.
    static let reasonLimit = 4_000

    /// How a case begins.
    ///
    /// - Parameters:
    ///   - id: its number.
    ///   - start: what is said at the start.
    ///   - stamp: who says it, and when.
    ///   - rules: what it is judged by.
    /// - Returns: the case and what happened: the start with everyone who must be told.
    /// - Throws: why it cannot begin so.
    public static func begin(
        _ id: Int64, _ start: IncidentStart, _ stamp: Stamp, _ rules: IncidentRules
    ) throws(IncidentRefusal) -> (incident: Incident, event: IncidentEvent) {
        guard start.aware <= stamp.at else { throw .future(start.aware) }
        if start.isNearMiss, !start.regimes.isEmpty { throw .nearMiss }
        guard start.repeats.count <= countLimit, Set(start.repeats).count == start.repeats.count, !start.repeats.contains(id)
        else {
            throw .link(id)
        }
        var begun = start
        if !start.isNearMiss {
            begun.regimes = try binding(Set(start.regimes), aware: start.aware, rules)
        }
        return (Incident(id, begun, stamp), .started(begun))
    }

    /// Those that always bind and those asked for, in the order of the book.
    private static func binding(
        _ asked: Set<String>, aware: Instant, _ rules: IncidentRules
    ) throws(IncidentRefusal) -> [String] {
        let ids = rules.clocks.regimes.filter { $0.scope == .always }.map(\.id) + asked.sorted()
        var bound: [String] = []
        for id in ids where !bound.contains(id) {
            guard let regime = rules.clocks.regime(id), regime.version(knownAt: aware) != nil else { throw .regime(id) }
            bound.append(id)
        }
        return bound
    }

    /// What happens when somebody does something. Nothing changes until the events are applied, in order and with the same stamp.
    ///
    /// - Parameters:
    ///   - action: what they want to do.
    ///   - stamp: who, and what the clock shows; a clock that went back counts as standing still.
    ///   - rules: what the case is judged by.
    /// - Returns: what happens.
    /// - Throws: why it may not happen.
    public func decide(
        _ action: IncidentAction, _ stamp: Stamp, _ rules: IncidentRules
    ) throws(IncidentRefusal) -> [IncidentEvent] {
        let now = max(stamp.at, latest)
        switch action {
        case .declare:
            try expect(.draft)
            return [.declared]
        case .upgrade(let more):
            try expect(.draft, .open, .resolved)
            guard isNearMiss else { throw .noNearMiss }
            return [.upgraded(regimes: try Self.binding(more, aware: aware, rules))]
        case .bind(let regime): return [try bind(regime, rules)]
        case .mark(let moment, let at, let reason): return [try mark(moment, at, reason, now, rules)]
        case .write(let changes): return try write(changes, rules)
        case .file(let request): return [.filed(try submission(request, now: now, by: stamp.by, rules))]
        case .resolve(let at):
            try expect(.open)
            guard at <= now else { throw .future(at) }
            try check(moments.merging([.resolved: at]) { $1 })
            return [.resolved(at: at)]
        case .reopen(let reason):
            try expect(.resolved)
            return [.reopened(reason: try checked(reason))]
        case .close:
            try expect(.resolved)
            try check(moments.merging([.closed: now]) { $1 })
            let open = openDuties(rules.clocks)
            guard open.isEmpty else { throw .dutiesOpen(open) }
            return [.closed]
        case .withdraw(let reason):
            try expect(.draft, .open, .resolved)
            let open = openDuties(rules.clocks)
            guard open.isEmpty else { throw .dutiesOpen(open) }
            return [.withdrawn(reason: try checked(reason))]
        case .link(let other):
            guard other != id, !repeats.contains(other) else { throw .link(other) }
            guard repeats.count < Self.countLimit else { throw .full }
            return [.linked(other)]
        case .proposeExcuse, .approveExcuse, .rejectExcuse: return [try decideExcuse(action, stamp, rules)]
        default: return [try decideHandling(action)]
        }
    }

    // MARK: The case

    private func expect(_ phases: IncidentPhase...) throws(IncidentRefusal) {
        guard phases.contains(phase) else { throw .phase(phase) }
    }

    private func checked(_ reason: String) throws(IncidentRefusal) -> String {
        guard reason.contains(where: { !$0.isWhitespace }), reason.unicodeScalars.count <= Self.reasonLimit else { throw .reason }
        return reason
    }

    private func bind(_ regime: String, _ rules: IncidentRules) throws(IncidentRefusal) -> IncidentEvent {
        try expect(.draft, .open, .resolved)
        guard !isNearMiss else { throw .nearMiss }
        guard !regimes.contains(regime) else { throw .boundAlready(regime) }
        guard rules.clocks.regime(regime)?.version(knownAt: aware) != nil else { throw .regime(regime) }
        return .bound(regime: regime)
    }

    private func mark(
        _ moment: Moment, _ at: Instant, _ reason: String, _ now: Instant, _ rules: IncidentRules
    ) throws(IncidentRefusal) -> IncidentEvent {
        try expect(.draft, .open, .resolved)
        guard moment != .closed, moment != .resolved || phase == .resolved else { throw .moment(moment) }
        guard at <= now else { throw .future(at) }
        if let before = moments[moment], before != at { _ = try checked(reason) }
        try check(moments.merging([moment: at]) { $1 })
        if moment == .aware {
            for id in regimes where rules.clocks.regime(id)?.version(knownAt: at) == nil { throw .regime(id) }
        }
        return .marked(moment, at: at, reason: reason)
    }

    /// It occurs before it is seen or known, services come back after it occurred, and the review ends after all of that.
    private func check(_ moments: [Moment: Instant]) throws(IncidentRefusal) {
        for (earlier, later, mayBeEqual) in [
            (Moment.occurred, Moment.detected, true), (.occurred, .aware, true), (.occurred, .resolved, false),
            (.detected, .closed, false), (.resolved, .closed, false), (.aware, .classified, true),
        ] {
            guard let first = moments[earlier], let second = moments[later] else { continue }
            guard first < second || mayBeEqual && first == second else { throw .order(earlier, later) }
        }
    }

    private func write(_ changes: [String: FieldValue?], _ rules: IncidentRules) throws(IncidentRefusal) -> [IncidentEvent] {
        if phase == .withdrawn { throw .phase(phase) }
        let written = changes.compactMapValues { $0 }
        let faults = rules.fields.faults(written)
        guard faults.isEmpty else { throw .faults(faults) }
        let size = values.merging(written) { $1 }.reduce(0) { $0 + $1.key.utf8.count + $1.value.size }
        guard size <= Self.valueLimit else { throw .full }
        let emptied = changes.filter { $0.value == nil }.map(\.key).sorted().filter { values[$0] != nil }
        var events: [IncidentEvent] = [.wrote(written, emptied: emptied)]
        // Whoever says that personal data are touched says who must be told.
        if written["personal_data"] == .flag(true), !isNearMiss, phase != .closed {
            for regime in rules.clocks.regimes where regime.scope == .personalData && !regimes.contains(regime.id) {
                if regime.version(knownAt: aware) != nil { events.append(.bound(regime: regime.id)) }
            }
        }
        return events
    }

    // MARK: Excuses

    private func decideExcuse(
        _ action: IncidentAction, _ stamp: Stamp, _ rules: IncidentRules
    ) throws(IncidentRefusal) -> IncidentEvent {
        func owed(_ duty: ObligationID) throws(IncidentRefusal) -> Excuse? {
            guard let found = obligations(rules.clocks).first(where: { $0.id == duty }), found.isOpen else {
                throw .notOwed(duty)
            }
            return found.proposal
        }
        switch action {
        case .proposeExcuse(let duty, let reason):
            guard try owed(duty) == nil else { throw .proposedAlready(duty) }
            return .excuseProposed(duty, reason: try checked(reason))
        case .approveExcuse(let duty):
            guard let proposal = try owed(duty) else { throw .notProposed(duty) }
            guard proposal.by != stamp.by else { throw .samePerson }
            return .excuseApproved(duty)
        case .rejectExcuse(let duty, let reason):
            guard try owed(duty) != nil else { throw .notProposed(duty) }
            return .excuseRejected(duty, reason: try checked(reason))
        default: throw .phase(phase)
        }
    }

    // MARK: The supervisor

    private func decideHandling(_ action: IncidentAction) throws(IncidentRefusal) -> IncidentEvent {
        func expect(_ states: Handling...) throws(IncidentRefusal) {
            guard states.contains(handling) else { throw .handling(handling) }
        }
        switch action {
        case .receive(let number):
            guard submissions.contains(where: { $0.number == number }) else { throw .submission(number) }
            guard !received.contains(number) else { throw .receivedAlready(number) }
            return .received(submission: number)
        case .acknowledge:
            try expect(.received)
            return .acknowledged
        case .ask(let text, let answerBy):
            try expect(.received, .acknowledged, .queried, .answered, .accepted)
            guard questions.count < Self.countLimit else { throw .full }
            return .asked(question: questions.count + 1, text: try checked(text), answerBy: answerBy)
        case .answer(let number, let text):
            guard openQuestions.contains(number) else { throw .question(number) }
            return .answered(question: number, text: try checked(text))
        case .accept:
            try expect(.received, .acknowledged, .answered)
            let waiting = submissions.map(\.number).filter { !received.contains($0) }
            guard waiting.isEmpty else { throw .notReceived(waiting) }
            return .accepted
        case .sendBack(let reason):
            try expect(.received, .acknowledged, .answered)
            return .returned(reason: try checked(reason))
        case .escalate(let reason):
            try expect(.received, .acknowledged, .queried, .answered, .accepted, .returned)
            return .escalated(reason: try checked(reason))
        case .closeHandling:
            try expect(.accepted)
            guard phase == .closed || phase == .withdrawn else { throw .phase(phase) }
            guard openQuestions.isEmpty else { throw .questionsOpen(openQuestions) }
            return .handlingClosed
        default: throw .phase(phase)
        }
    }
}
