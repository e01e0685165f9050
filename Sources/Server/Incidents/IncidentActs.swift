internal import HTML
internal import HTTPTypes
internal import Identity
internal import Incidents
internal import Reports
internal import Rulebook
internal import Supervision
internal import Workspace

/// What is done in a case beside filing: moments, resolving, closing, withdrawing, whom to tell, excuses.
extension IncidentDesk {
    var acts: [Route] { moments + ends + more }

    private func reason(_ visit: Visit, isRequired: Bool = true) -> EntryForm.Field {
        .init("reason", visit.wording("incidents.reason"), .area, isRequired: isRequired)
    }

    private var moments: [Route] {
        entry(
            "/incidents/:id/mark", .incidentsHandle,
            { visit in
                let (incident, words) = (try await find(visit), words(visit))
                let choices = Moment.allCases.filter { $0 != .closed && ($0 != .resolved || incident.phase == .resolved) }
                return form(
                    "mark", incident, visit, path: "mark", lead: "mark-why",
                    [
                        .init(
                            "moment", visit.wording("incidents.moment"),
                            .choice(choices.map { ($0.rawValue, words.moment($0)) }), isRequired: true),
                        .init(
                            "time", visit.wording("incidents.time"), .second, value: LocalTime.second(store.instant),
                            isRequired: true),
                        reason(visit, isRequired: false),
                    ])
            }
        ) { visit, reader in
            let moment = reader.need(reader.choice("moment"), "moment", or: Moment.occurred)
            let time = reader.need(reader.second("time"), "time", or: store.instant)
            try reader.finish()
            return try await act(.mark(moment, at: time, reason: reader.text("reason")), visit)
        }
    }

    private var ends: [Route] {
        entry(
            "/incidents/:id/resolve", .incidentsHandle,
            { visit in
                form(
                    "resolve", try await find(visit), visit, path: "resolve",
                    [
                        .init(
                            "time", visit.wording("incidents.time"), .second, value: LocalTime.second(store.instant),
                            isRequired: true)
                    ])
            }
        ) { visit, reader in
            let time = reader.need(reader.second("time"), "time", or: store.instant)
            try reader.finish()
            return try await act(.resolve(at: time), visit)
        }
            + entry(
                "/incidents/:id/reopen", .incidentsHandle,
                { visit in
                    form("reopen", try await find(visit), visit, path: "reopen", lead: "reopen-why", [reason(visit)])
                }
            ) { visit, reader in try await act(.reopen(reason: reader.text("reason")), visit) }
            + entry(
                "/incidents/:id/close", .incidentsHandle,
                { visit in form("close", try await find(visit), visit, path: "close", lead: "close-why", []) },
                above: { visit in try await open(visit) }
            ) { visit, _ in try await act(.close, visit) }
            + entry(
                "/incidents/:id/withdraw", .incidentsHandle,
                { visit in
                    form(
                        "withdraw", try await find(visit), visit, path: "withdraw", lead: "withdraw-why", isDanger: true,
                        [reason(visit)])
                }, above: { visit in try await open(visit) }
            ) { visit, reader in try await act(.withdraw(reason: reader.text("reason")), visit) }
    }

    /// What is still open.
    private func open(_ visit: Visit) async throws -> @Sendable (inout HTMLWriter) -> Void {
        let (open, words) = (try await find(visit).openDuties(rules.clocks), words(visit))
        return { page in
            guard !open.isEmpty else { return page.element("p", text: words.wording("incidents.nothing-open")) }
            page.element("ul", ("class", "open")) { page in for duty in open { page.element("li", text: words.open(duty)) } }
        }
    }

    private var more: [Route] {
        entry(
            "/incidents/:id/declare", .incidentsHandle,
            { visit in form("declare", try await find(visit), visit, path: "declare", lead: "declare-why", []) }
        ) { visit, _ in try await act(.declare, visit) }
            + entry(
                "/incidents/:id/bind", .incidentsHandle,
                { visit in
                    let (incident, words) = (try await find(visit), words(visit))
                    let choices = rules.clocks.regimes.map(\.id).filter { !incident.regimes.contains($0) }
                    return form(
                        "bind", incident, visit, path: "bind", lead: "bind-why",
                        [
                            .init(
                                "regime", visit.wording("incidents.regime"), .choice(choices.map { ($0, words.regime($0)) }),
                                isRequired: true)
                        ])
                }
            ) { visit, reader in try await act(.bind(reader.text("regime")), visit) }
    }

    // MARK: That a notice need not be given

    var excuses: [Route] {
        entry(
            "/incidents/:id/excuse", .incidentsHandle,
            { visit in
                let incident = try await find(visit)
                return form(
                    "excuse", incident, visit, path: "excuse", lead: "excuse-why",
                    [owed(incident, isProposed: false, visit), reason(visit)])
            }
        ) { visit, reader in
            let duty = try await duty(visit, &reader)
            return try await act(.proposeExcuse(duty, reason: reader.text("reason")), visit)
        }
            + entry(
                "/incidents/:id/decide", .incidentsHandle,
                { visit in
                    let (incident, wording) = (try await find(visit), visit.wording)
                    return form(
                        "decide", incident, visit, path: "decide", lead: "excuse-why",
                        [
                            owed(incident, isProposed: true, visit),
                            .init(
                                "decision", wording("incidents.decision"),
                                .choice([
                                    ("", wording("incidents.choose")), ("approve", wording("incidents.approve")),
                                    ("reject", wording("incidents.reject")),
                                ]), isRequired: true),
                            .init("reason", wording("incidents.decide-reason"), .area),
                        ])
                }
            ) { visit, reader in
                let decision = reader.text("decision")
                reader.demand(["approve", "reject"].contains(decision), "decision", decision.isEmpty ? .missing : .unknown)
                let duty = try await duty(visit, &reader)
                return try await act(
                    decision == "approve" ? .approveExcuse(duty) : .rejectExcuse(duty, reason: reader.text("reason")), visit)
            }
    }

    private func key(_ id: ObligationID) -> String { "\(id.regime) \(id.notice.rawValue) \(id.round)" }

    private func owed(_ incident: Incident, isProposed: Bool, _ visit: Visit) -> EntryForm.Field {
        let words = words(visit)
        let duties = incident.obligations(rules.clocks).filter { $0.isOpen && ($0.proposal != nil) == isProposed }
        let choices = duties.map { duty in
            let proposal = duty.proposal.map { " · \($0.by): \($0.reason)" } ?? ""
            return (key(duty.id), "\(words.duty(duty.id, version: duty.version))（\(words.regime(duty.id.regime))）\(proposal)")
        }
        return .init("duty", visit.wording("incidents.duty"), .choice(choices), isRequired: true)
    }

    /// The duty a form names: one of the case's own.
    private func duty(_ visit: Visit, _ reader: inout EntryReader) async throws -> ObligationID {
        let (incident, text) = (try await find(visit), reader.text("duty"))
        let found = incident.obligations(rules.clocks).first { key($0.id) == text }?.id
        let duty = reader.need(found, "duty", or: ObligationID("", .preliminary), text.isEmpty ? .missing : .unknown)
        try reader.finish()
        return duty
    }
}
