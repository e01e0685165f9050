internal import HTML
internal import HTTPTypes
internal import Identity
internal import Incidents
internal import Reports
internal import Rulebook
internal import Supervision
internal import Workspace

/// Filing notices. Whoever handles incidents files the preliminary one, at night too; the others are signed by holders of `notices.sign`.
extension IncidentDesk {
    var filing: [Route] {
        notice(.preliminary, .incidentsHandle) + notice(.formal, .noticesSign) + notice(.closing, .noticesSign) + correction
    }

    private func notice(_ kind: NoticeKind, _ permission: Permission) -> [Route] {
        entry(
            "/incidents/:id/\(kind.rawValue)", permission,
            { visit in
                let incident = try await find(visit)
                return form(
                    "file.\(kind.rawValue)", incident, visit, path: kind.rawValue, lead: "file-why", ways(visit))
            },
            above: { visit in
                let (incident, words) = (try await find(visit), words(visit))
                return { page in preview(incident, kind, words, &page) }
            }
        ) { visit, reader in try await file(.notice(kind), visit, &reader) }
    }

    private var correction: [Route] {
        entry(
            "/incidents/:id/correct/:number", .noticesSign,
            { visit in
                let incident = try await find(visit)
                let number = try visit.number("number")
                guard incident.submissions.contains(where: { $0.number == number }) else { throw Failure.notFound("\(number)") }
                return form(
                    "correct", incident, visit, path: "correct/\(number)", lead: "correct-why", ways(visit))
            },
            above: { visit in
                let (incident, words) = (try await find(visit), words(visit))
                return { page in changes(incident, words, &page) }
            }
        ) { visit, reader in
            try await file(.correction(of: Int(try visit.number("number"))), visit, &reader)
        }
    }

    /// How it leaves.
    private func ways(_ visit: Visit) -> [EntryForm.Field] {
        let wording = visit.wording
        let choices = [FilingChannel.web, .phone, .offline].map { ($0.rawValue, wording("incidents.channel.\($0.rawValue)")) }
        return [
            .init("channel", wording("incidents.channel"), .choice(choices), value: FilingChannel.web.rawValue),
            .init("given", wording("incidents.given"), .second, hint: wording("incidents.given-hint")),
            .init("note", wording("incidents.note"), .area),
        ]
    }

    private func file(_ kind: SubmissionKind, _ visit: Visit, _ reader: inout EntryReader) async throws -> String {
        let channel: FilingChannel = reader.choice("channel") ?? .web
        // Programs have their own way in; nobody says here that they are one.
        reader.demand(channel != .api, "channel", .unknown)
        let request = FilingRequest(
            kind, channel: channel, given: reader.second("given"), note: reader.text("note"))
        try reader.finish()
        return try await act(.file(request), visit)
    }

    // MARK: What would be filed

    private func preview(_ incident: Incident, _ kind: NoticeKind, _ words: IncidentWords, _ page: inout HTMLWriter) {
        let wording = words.wording
        let now = store.instant
        for duty in incident.obligations(rules.clocks) where duty.id.notice == kind && duty.isOpen {
            page.element("p") { page in
                page.text("\(words.duty(duty.id, version: duty.version))（\(words.regime(duty.id.regime))）: ")
                if case .running(.at(let due)) = duty.state {
                    clock(due, now, words, &page)
                } else {
                    page.text(words.state(duty))
                }
            }
        }
        let missing = rules.fields.missing(for: kind, in: incident.values)
        if !missing.isEmpty {
            Shapes.notice("warn", &page) { page in
                page.element(
                    "p", text: wording("incidents.missing", ["fields": missing.map(words.field).joined(separator: "、")]))
                var groups: [String] = []
                for group in missing.map(group) where !groups.contains(group) { groups.append(group) }
                Shapes.links(
                    groups.map { (wording("incidents.group.\($0)"), "/incidents/\(incident.id)/fields/\($0)") }, &page)
            }
        }
        changes(incident, words, &page)
    }

    /// Everything that is known, with what is new since the last submission marked.
    private func changes(_ incident: Incident, _ words: IncidentWords, _ page: inout HTMLWriter) {
        let wording = words.wording
        let before = incident.submissions.last
        page.element("h2", text: wording(before == nil ? "incidents.values" : "incidents.changes"))
        let fields = rules.fields.fields.filter { incident.values[$0.id] != nil || before?.values[$0.id] != nil }
        if let before, before.values == incident.values {
            page.element("p", text: wording("incidents.unchanged"))
        }
        page.element("dl", ("class", "facts")) { page in
            for field in fields {
                let (now, then) = (incident.values[field.id], before?.values[field.id])
                let isChanged = before != nil && now != then
                page.element("dt", text: wording(field.title))
                page.element("dd") { page in
                    guard isChanged else { return page.text(words.value(now, field)) }
                    page.element("ins", ("class", "changed"), text: now == nil ? "—" : words.value(now, field))
                    page.text(" ")
                    Shapes.badge("warn", wording("incidents.changed-mark"), &page)
                    page.text(" \(wording("incidents.before")): ")
                    page.element("del", text: then == nil ? "—" : words.value(then, field))
                }
            }
        }
    }
}
