public import Documents
public import Rulebook

/// Writes a submission of an incident as a report of the exchange format.
public struct FireExporter: Sendable {
    /// The format.
    public var format: FireFormat
    /// What categories, impacts and causes mean in it.
    public var taxonomy: Taxonomy
    /// The zone whose offset its times carry.
    public var zone: Zone

    /// An exporter.
    public init(format: FireFormat, taxonomy: Taxonomy, zone: Zone = .taipei) {
        (self.format, self.taxonomy, self.zone) = (format, taxonomy, zone)
    }

    /// The phase and the status that a submission has in the format.
    public static func phase(of submission: IncidentSubmission, in incident: Incident) -> (phase: String, status: String) {
        var notice = submission.kind
        while case .correction(let number) = notice {
            guard number < submission.number, let earlier = incident.submissions.first(where: { $0.number == number }) else {
                break
            }
            notice = earlier.kind
        }
        let status =
            switch submission.phase {
            case .closed: "closed"
            case .resolved: "resolved"
            default: "open"
            }
        switch notice.notice {
        // The case may have moved on since the notice that is corrected: what the format cannot say is told as the nearest it can.
        case .closing: return (status == "open" ? "intermediate" : "final", status)
        case .formal: return (status == "closed" ? "final" : "intermediate", status)
        default: return ("initial", status)
        }
    }

    /// The report: items by their keys, those that are not known left out, and those that the phase does not ask for.
    ///
    /// - Parameters:
    ///   - submission: what is told, one of the incident's.
    ///   - incident: the incident.
    ///   - party: who reports, and to whom.
    /// - Returns: the report; whether it may be sent is for `FireFormat.faults` to say.
    public func report(_ submission: IncidentSubmission, of incident: Incident, by party: ReportParty) -> Node {
        let (phase, status) = Self.phase(of: submission, in: incident)
        let column = format.column(phase: phase, status: status)
        let context = Context(
            submission: submission, incident: incident, party: party, phase: phase, status: status,
            values: suggested(submission, party))
        var entries: [(String, Node?)] = []
        for item in format.items where item.container.isEmpty && !item.source.isEmpty {
            let demand = column.flatMap { item.demands[$0] } ?? .optional
            guard demand == .essential || demand == .optional, format.notYet[status]?.contains(item.id) != true else { continue }
            entries.append((item.id, value(item, context)))
        }
        return .object(entries)
    }

    private struct Context {
        var submission: IncidentSubmission
        var incident: Incident
        var party: ReportParty
        var phase: String
        var status: String
        var values: [String: FieldValue]
    }

    /// What was said, and what follows from it where nothing was said: the kind of event from the category, the services from the impact, causes
    /// from the cause, a trigger from having to tell within a time.
    private func suggested(_ submission: IncidentSubmission, _ party: ReportParty) -> [String: FieldValue] {
        var values = submission.values
        let category = taxonomy.categories.first { $0.id == values["category"]?.text }
        if values["types"] == nil, let type = category?.codes["fire_type"] { values["types"] = .list([.text(type)]) }
        if values["causes"] == nil {
            let own = taxonomy.causes.first { $0.id == values["cause"]?.text }?.codes["fire"]
            if let cause = own ?? category?.codes["fire_cause"] {
                var record: [String: FieldValue] = ["type": .text(cause)]
                if own != nil { record["strength"] = .text("root") }
                record["origin"] = .text(cause.hasPrefix("malicious-") ? "threat-actor" : "unknown")
                values["causes"] = .list([.record(record)])
            }
        }
        if values["triggers"] == nil, let recipient = party.recipients.first {
            values["triggers"] = .list([.record(["trigger": .text("time-based"), "recipient": .text(recipient.value)])])
        }
        return values
    }

    // MARK: Items

    private func value(_ item: FireFormat.Item, _ context: Context) -> Node? {
        if item.source.hasPrefix("$") { return known(item.source, context) }
        guard let value = context.values[item.source] else { return nil }
        guard item.kind == .container else { return written(value, item) }
        return value.list.map { records in .list(records.map { record($0, item.id) }) }
    }

    private func record(_ value: FieldValue, _ container: String) -> Node {
        .object(
            format.items.filter { $0.container == container }.map { item in
                // A service without a downtime says so by null.
                let found = value.record?[item.source].flatMap { written($0, item) }
                return (item.id, found ?? (item.kind == .duration ? Node(.null) : nil))
            })
    }

    private func written(_ value: FieldValue, _ item: FireFormat.Item) -> Node? {
        switch item.kind {
        case .code: value.text.flatMap { format.label(item.list, $0) }.map { .text($0) }
        case .codes: value.list.map { .texts($0.compactMap { $0.text.flatMap { format.label(item.list, $0) } }) }
        case .pairs: value.list.map { .list($0.compactMap(\.text).map { Self.pair("", $0) }) }
        case .time: value.text.flatMap { Instant($0) }.map { .text($0.text(in: zone)) }
        case .decimal, .fraction: FieldBook.decimal(value).map { Node(.number($0)) }
        case .triggers:
            value.list.map { items in
                .list(
                    items.compactMap(\.record).map { trigger in
                        .object([
                            ("trigger", trigger["trigger"]?.text.flatMap { format.label(item.list, $0) }.map { .text($0) }),
                            ("recipient", trigger["recipient"]?.node), ("context", trigger["context"]?.node),
                        ])
                    })
            }
        case .actions:
            value.list.map { items in
                .list(items.compactMap(\.record).map { .object([("date", $0["due"]?.node), ("action", $0["action"]?.node)]) })
            }
        default: value.node
        }
    }

    private static func pair(_ name: String, _ value: String) -> Node {
        .object([("name", .text(name)), ("value", .text(value))])
    }

    private static func pairs(_ identifiers: [ReportParty.Identifier]) -> Node? {
        identifiers.isEmpty ? nil : .list(identifiers.map { pair($0.scheme, $0.value) })
    }

    private func contacts(_ party: ReportParty) -> Node {
        .list(
            party.contacts.enumerated().map { index, contact in
                .object([
                    ("contact_type", format.label("contact-type", index == 0 ? "primary" : "alternate").map { .text($0) }),
                    ("contact_name", .text(contact.name)), ("contact_email", .text(contact.email)),
                    ("contact_phone", .text(contact.phone)),
                    ("contact_role", contact.role.isEmpty ? nil : .text(contact.role)),
                ])
            })
    }

    /// What the exporter knows beside the fields.
    private func known(_ source: String, _ context: Context) -> Node? {
        let party = context.party
        func text(_ text: String?) -> Node? { text.flatMap { $0.isEmpty ? nil : .text($0) } }
        func moment(_ moment: Moment) -> Node? { context.submission[moment].map { .text($0.text(in: zone)) } }
        switch source {
        case "$version": return ExactNumber(format.version).map { Node(.number($0)) }
        case "$report-type": return text(format.label("report-type", "institution"))
        case "$language": return text(party.language)
        case "$country", "$entity-country": return text(party.country)
        case "$currency": return text(party.currency)
        case "$entity-name": return text(party.name)
        case "$global-identifiers": return Self.pairs(party.globalIdentifiers)
        case "$local-identifiers": return Self.pairs(party.localIdentifiers)
        case "$parent": return text(party.parent)
        case "$entity-types": return Self.pairs(party.types)
        case "$recipients": return Self.pairs(party.recipients)
        case "$recipient-history": return context.submission.number > 1 ? Self.pairs(party.recipients) : nil
        case "$contacts": return contacts(party)
        case "$incident": return text("INC-\(context.incident.id)")
        case "$related":
            return context.incident.repeats.isEmpty ? nil : .texts(context.incident.repeats.map { "INC-\($0)" })
        case "$phase": return text(format.label("phase", context.phase))
        case "$status": return text(format.label("status", context.status))
        case "$reported": return text(context.submission.at.text(in: zone))
        case "$occurred": return moment(.occurred)
        // The format has no time of knowing; a firm that never said when it saw the first sign knew by then.
        case "$detected": return moment(.detected) ?? moment(.aware)
        case "$resolved": return moment(.resolved)
        case "$closed": return moment(.closed)
        default: return nil
        }
    }
}
