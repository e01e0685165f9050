internal import Documents
internal import Rulebook

extension Incident {
    /// What would be filed now.
    func submission(
        _ request: FilingRequest, now: Instant, by: String, _ rules: IncidentRules
    ) throws(IncidentRefusal) -> IncidentSubmission {
        guard !isNearMiss else { throw .nearMiss }
        guard submissions.count < Self.countLimit else { throw .full }
        let given = try given(request, now)
        let told: [String]
        let notice: NoticeKind
        switch request.kind {
        case .notice(let kind):
            try expectPhase(for: kind)
            (told, notice) = (try addressees(kind, request.regimes, rules), kind)
        case .correction(let number):
            guard let corrected = submissions.first(where: { $0.number == number }) else { throw .submission(number) }
            (told, notice) = (corrected.regimes, base(of: corrected))
        }
        let missing = rules.fields.missing(for: notice, in: values)
        guard missing.isEmpty else { throw .missing(missing) }
        let number = submissions.count + 1
        return IncidentSubmission(
            number: number, kind: request.kind, version: submissions.count { isSameKind($0.kind, request.kind) } + 1,
            regimes: told,
            at: now, given: given, channel: request.channel, note: request.note, by: by, phase: phase, values: values,
            moments: Dictionary(moments.map { ($0.key.rawValue, $0.value) }) { $1 }, previous: submissions.last?.hash ?? "",
            settled: request.kind.notice.map { settle($0, told, number, given, rules.clocks) } ?? [])
    }

    private func isSameKind(_ left: SubmissionKind, _ right: SubmissionKind) -> Bool {
        switch (left, right) {
        case (.notice(let left), .notice(let right)): left == right
        case (.correction, .correction): true
        default: false
        }
    }

    /// The notice that a chain of corrections goes back to.
    private func base(of submission: IncidentSubmission) -> NoticeKind {
        var current = submission
        while case .correction(let number) = current.kind {
            guard number < current.number, let earlier = submissions.first(where: { $0.number == number }) else { break }
            current = earlier
        }
        return current.kind.notice ?? .preliminary
    }

    private func given(_ request: FilingRequest, _ now: Instant) throws(IncidentRefusal) -> Instant {
        guard request.note.unicodeScalars.count <= Self.reasonLimit else { throw .reason }
        guard let given = request.given else { return now }
        guard request.channel == .phone || request.channel == .offline, request.note.contains(where: { !$0.isWhitespace }),
            given >= aware
        else { throw .given }
        guard given <= now else { throw .future(given) }
        return given
    }

    private func expectPhase(for notice: NoticeKind) throws(IncidentRefusal) {
        switch (notice, phase) {
        case (.preliminary, .open), (.preliminary, .resolved), (.formal, .open), (.formal, .resolved), (.closing, .resolved),
            (.closing, .closed):
            break
        default: throw .phase(phase)
        }
    }

    /// Whom a notice tells, in the order they were bound.
    private func addressees(
        _ notice: NoticeKind, _ asked: Set<String>?, _ rules: IncidentRules
    ) throws(IncidentRefusal) -> [String] {
        var told: [String] = []
        let duties = obligations(rules.clocks)
        for id in (asked ?? []).sorted() where !regimes.contains(id) { throw .regime(id) }
        for id in regimes where asked?.contains(id) ?? true {
            let own = duties.filter { $0.id.regime == id }
            guard let duty = own.last(where: { $0.id.notice == notice }) else {
                if asked != nil { throw .nobodyToTell }
                continue
            }
            // The first notice is given once; what is learnt later is told by the others.
            if notice == .preliminary, !duty.isOpen {
                if asked != nil { throw .settledAlready(duty.id) }
                continue
            }
            if let earlier = own.first(where: { $0.isOpen && $0.id.notice.order < notice.order }) {
                if asked != nil { throw .earlierFirst(earlier.id) }
                continue
            }
            told.append(id)
        }
        guard !told.isEmpty else {
            let blocking = duties.first { $0.isOpen && $0.id.notice.order < notice.order }
            throw blocking.map { .earlierFirst($0.id) } ?? .nobodyToTell
        }
        return told
    }

    /// The duties a notice meets: those still owed. How late it is stands from here on.
    private func settle(
        _ notice: NoticeKind, _ told: [String], _ number: Int, _ given: Instant, _ book: ClockBook
    ) -> [Filed] {
        obligations(book).compactMap { duty in
            guard duty.isOpen, duty.id.notice == notice, told.contains(duty.id.regime), let regime = book.regime(duty.id.regime)
            else {
                return nil
            }
            let version = regime.version(knownAt: aware)
            let (due, late) = Self.lateness(version?[notice], at: given, zone: regime.zone, clockFacts(regime.id), book)
            return Filed(
                duty: duty.id, submission: number, at: given, version: version?.version ?? "", due: due, late: late)
        }
    }
}
