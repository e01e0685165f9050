internal import HTML
internal import HTTPTypes
internal import Identity
internal import Incidents
internal import Reports
internal import Rulebook
internal import Workspace

/// One case: its axes, its duties with their clocks, what was filed, what is known, and everything that happened.
extension IncidentDesk {
    var caseRoute: Route {
        .page("/incidents/:id", .permitted(.incidentsRead)) { visit in
            let id = try visit.number("id")
            let history = try await store.history(id)
            guard let incident = Incident(id, history.map { ($0.event, $0.stamp) }) else { throw Failure.notFound("\(id)") }
            return show(incident, history, visit)
        }
    }

    private func show(_ incident: Incident, _ history: [IncidentStore.Page], _ visit: Visit) -> Answer {
        let title = incident.values["title"]?.text ?? ""
        var page = Page(visit, title.isEmpty ? name(incident, visit) : "#\(incident.id) \(title)", .incidents)
        page.crumbs = crumbs(visit)
        page.live = "incidents"
        page.band = band(incident.isDrill, visit)
        let (words, now) = (words(visit), store.instant)
        return page.answer { page in
            let duties = incident.obligations(rules.clocks)
            first(incident, duties, now, words, visit, &page)
            axes(incident, words, &page)
            self.duties(incident, duties, now, words, &page)
            links(incident, visit, &page)
            submissions(incident, words, &page)
            values(incident, words, visit, &page)
            moments(incident, words, &page)
            timeline(history, words, &page)
        }
    }

    // MARK: What is wanted now

    /// The nearest clock, and the button that stops it.
    private func first(
        _ incident: Incident, _ duties: [Obligation], _ now: Instant, _ words: IncidentWords, _ visit: Visit,
        _ page: inout HTMLWriter
    ) {
        let wording = visit.wording
        let next = duties.compactMap { duty -> (due: Instant, id: ObligationID)? in
            guard case .running(.at(let due)) = duty.state else { return nil }
            return (due, duty.id)
        }.min { $0.due < $1.due }
        page.element("div", ("class", next == nil ? "card" : "card urgent")) { page in
            if let next {
                page.element("h2", text: words.duty(next.id))
                clock(next.due, now, words, &page)
                page.element("p", text: wording("incidents.due", ["time": words.time(next.due)]))
            }
            let owed = duties.first { $0.isOpen && $0.id.notice == .preliminary && !waits($0) }
            if owed != nil, incident.phase == .open || incident.phase == .resolved, visit.may(.incidentsHandle) {
                let missing = rules.fields.missing(for: .preliminary, in: incident.values)
                if missing.isEmpty {
                    Form.post("/incidents/\(incident.id)/preliminary", visit, &page) { page in
                        page.void("input", ("type", "hidden"), ("name", "revision"), ("value", String(incident.revision)))
                        page.element(
                            "div", ("class", "actions")
                        ) { page in
                            page.element("button", ("class", "alarm"), text: wording("incidents.file.preliminary"))
                            page.element(
                                "a", ("class", "button"), ("href", "/incidents/\(incident.id)/preliminary"),
                                text: wording("incidents.channel"))
                        }
                    }
                } else {
                    page.element(
                        "p", text: wording("incidents.missing", ["fields": missing.map(words.field).joined(separator: "、")]))
                    Shapes.links(
                        [(wording("incidents.complete"), "/incidents/\(incident.id)/fields/first")], isPrimary: true, &page)
                }
            }
            page.element("p", ("class", "hint"), text: wording("incidents.not-sent"))
        }
    }

    private func waits(_ duty: Obligation) -> Bool { if case .running(.waiting) = duty.state { true } else { false } }

    // MARK: How it stands

    private func axes(_ incident: Incident, _ words: IncidentWords, _ page: inout HTMLWriter) {
        let wording = words.wording
        let owed = incident.obligations(rules.clocks).count(where: \.isOpen)
        let states = [
            (wording("incidents.phase"), words.phase(incident.phase)),
            (wording("incidents.filed-count"), String(incident.submissions.count)),
            (wording("incidents.handling"), wording("incidents.handling.\(incident.handling.rawValue)")),
            (wording("incidents.owed"), String(owed)),
        ]
        page.element("div", ("class", "states")) { page in
            for (name, says) in states {
                page.element("div") { page in
                    page.element("div", ("class", "name"), text: name)
                    page.element("div", ("class", "says"), text: says)
                }
            }
        }
    }

    /// A table that stacks on narrow screens.
    func table(_ label: String, _ heads: [String], _ rows: [[(inout HTMLWriter) -> Void]], _ page: inout HTMLWriter) {
        page.element("div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", label)) { page in
            page.element("table", ("class", "stack")) { page in
                page.element("thead") { page in
                    page.element("tr") { page in for head in heads { page.element("th", ("scope", "col"), text: head) } }
                }
                page.element("tbody") { page in
                    for row in rows {
                        page.element("tr") { page in
                            for (head, cell) in zip(heads, row) {
                                page.element("td", ("data-label", head)) { $0.element("div", body: cell) }
                            }
                        }
                    }
                }
            }
        }
    }

    private func duties(
        _ incident: Incident, _ duties: [Obligation], _ now: Instant, _ words: IncidentWords, _ page: inout HTMLWriter
    ) {
        let wording = words.wording
        page.element("h2", text: wording("incidents.duties"))
        let rows = duties.map { duty -> [(inout HTMLWriter) -> Void] in
            [
                { $0.text(words.duty(duty.id, version: duty.version)) },
                { page in
                    page.text("\(words.regime(duty.id.regime)) \(duty.version)")
                    if duty.status == .draft { Shapes.badge("warn", wording("incidents.draft-rule"), &page) }
                    if !duty.clause.isEmpty { page.element("a", ("href", "/clauses/\(duty.clause)"), text: duty.clause) }
                },
                { page in
                    if case .running(.at(let due)) = duty.state {
                        clock(due, now, words, &page)
                        page.text(" ")
                    }
                    page.text(words.state(duty))
                    if let proposal = duty.proposal {
                        page.element(
                            "p",
                            text: wording("incidents.duty.proposal", ["by": proposal.by, "reason": proposal.reason]))
                    }
                },
            ]
        }
        table(
            wording("incidents.duties"), [wording("incidents.duty"), wording("incidents.regime"), wording("incidents.state")],
            rows, &page)
        for other in incident.recomputed(rules.clocks) {
            page.element(
                "p", ("class", "hint"),
                text: wording(
                    "incidents.differs", ["what": words.duty(other.filed.duty), "late": words.late(other.late)]))
        }
    }

    // MARK: What can be done

    private func links(_ incident: Incident, _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        let (isLive, duties) = (incident.phase == .open || incident.phase == .resolved, incident.obligations(rules.clocks))
        var links: [(title: String, path: String)] = []
        func add(_ isShown: Bool, _ name: String, _ path: String) {
            if isShown { links.append((wording("incidents.\(name)"), "/incidents/\(incident.id)/\(path)")) }
        }
        let isEnded = incident.phase == .closed || incident.phase == .withdrawn
        if visit.may(.noticesSign), !incident.isNearMiss {
            add(isLive && !incident.submissions.isEmpty, "file.formal", "formal")
            add(incident.phase == .resolved || incident.phase == .closed, "file.closing", "closing")
        }
        if visit.may(.incidentsHandle) {
            add(incident.phase == .draft, "declare", "declare")
            add(!isEnded, "mark", "mark")
            add(incident.phase == .open, "resolve", "resolve")
            add(incident.phase == .resolved, "reopen", "reopen")
            add(incident.phase == .resolved, "close", "close")
            add(!isEnded, "withdraw", "withdraw")
            add(!isEnded && !incident.isNearMiss, "bind", "bind")
            add(duties.contains { $0.isOpen && $0.proposal == nil }, "excuse", "excuse")
            add(duties.contains { $0.isOpen && $0.proposal != nil }, "decide", "decide")
        }
        Shapes.links(links, &page)
        if isLive, visit.may(.incidentsHandle), !visit.may(.noticesSign) {
            page.element("p", ("class", "hint"), text: wording("incidents.sign-needed"))
        }
    }

    // MARK: What was filed and what is known

    private func submissions(_ incident: Incident, _ words: IncidentWords, _ page: inout HTMLWriter) {
        let wording = words.wording
        page.element("h2", text: wording("incidents.submissions"))
        guard !incident.submissions.isEmpty else {
            return page.element("p", ("class", "lead"), text: wording("incidents.nothing-filed"))
        }
        let heads = ["duty", "filed-at", "lateness", "by", "hash"].map { wording("incidents.\($0)") }
        let rows = incident.submissions.map { submission -> [(inout HTMLWriter) -> Void] in
            [
                { page in
                    page.element(
                        "a", ("href", "/incidents/\(incident.id)/submissions/\(submission.number)"),
                        text: title(submission, words))
                },
                { Shapes.time(submission.at, &$0) },
                { $0.text(submission.settled.map { words.late($0.late) }.joined(separator: "、")) },
                { $0.text(submission.by) },
                { $0.element("code", text: submission.hash) },
            ]
        }
        table(wording("incidents.submissions"), heads, rows, &page)
    }

    func title(_ submission: IncidentSubmission, _ words: IncidentWords) -> String {
        words.wording(
            "incidents.submission", ["number": String(submission.number), "kind": words.kind(submission.kind)])
    }

    private func values(_ incident: Incident, _ words: IncidentWords, _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = words.wording
        page.element("h2", text: wording("incidents.values"))
        for (group, _) in Self.groups {
            let fields = fields(of: group)
            guard !fields.isEmpty else { continue }
            let known = fields.filter { incident.values[$0.id] != nil }
            page.element("details", ("open", known.isEmpty ? nil : "")) { page in
                page.element(
                    "summary", text: "\(wording("incidents.group.\(group)")) (\(known.count)/\(fields.count))")
                Shapes.facts(known.map { (wording($0.title), words.value(incident.values[$0.id], $0)) }, &page)
                if visit.may(.incidentsHandle), incident.phase != .withdrawn {
                    Shapes.links([(wording("incidents.change"), "/incidents/\(incident.id)/fields/\(group)")], &page)
                }
            }
        }
    }

    private func moments(_ incident: Incident, _ words: IncidentWords, _ page: inout HTMLWriter) {
        page.element("h2", text: words.wording("incidents.moments"))
        Shapes.facts(
            Moment.allCases.compactMap { moment in
                incident.moments[moment].map { (words.moment(moment), words.time($0)) }
            }, &page)
    }

    private func timeline(_ history: [IncidentStore.Page], _ words: IncidentWords, _ page: inout HTMLWriter) {
        let wording = words.wording
        page.element("h2", text: wording("incidents.timeline"))
        let rows = history.reversed().map { entry -> [(inout HTMLWriter) -> Void] in
            [
                { Shapes.time(entry.stamp.at, &$0) }, { $0.text(entry.stamp.by) },
                { $0.text(wording("incidents.event.\(entry.event.action)")) },
                { $0.text(says(entry.event, words)) },
            ]
        }
        table(
            wording("incidents.timeline"), ["time", "by", "event", "note"].map { wording("incidents.\($0)") }, rows, &page)
    }

    /// What an event says, in a line.
    private func says(_ event: IncidentEvent, _ words: IncidentWords) -> String {
        switch event {
        case .upgraded(let regimes): regimes.map(words.regime).joined(separator: "、")
        case .started(let start): words.time(start.aware)
        case .bound(let regime): words.regime(regime)
        case .marked(let moment, let at, let reason): "\(words.moment(moment)) \(words.time(at)) \(reason)"
        case .wrote(let values, let emptied):
            (values.keys.sorted().map(words.field) + emptied.map { "−" + words.field($0) }).joined(separator: "、")
        case .filed(let submission): title(submission, words)
        case .resolved(let at): words.time(at)
        case .reopened(let reason), .withdrawn(let reason), .returned(let reason), .escalated(let reason): reason
        case .excuseProposed(let duty, let reason), .excuseRejected(let duty, let reason): "\(words.duty(duty)): \(reason)"
        case .excuseApproved(let duty): words.duty(duty)
        case .linked(let other): "#\(other)"
        case .received(let number): "\(number)"
        case .asked(let number, let text, _), .answered(let number, let text): "\(number): \(text)"
        case .declared, .closed, .acknowledged, .accepted, .handlingClosed: ""
        }
    }
}
