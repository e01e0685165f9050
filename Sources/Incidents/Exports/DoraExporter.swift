public import Documents
internal import Rulebook

/// Writes a submission of an incident as a report of the European template.
public struct DoraExporter: Sendable {
    /// The template.
    public var format: DoraFormat
    /// What categories and causes mean in it.
    public var taxonomy: Taxonomy

    /// An exporter.
    public init(format: DoraFormat, taxonomy: Taxonomy) { (self.format, self.taxonomy) = (format, taxonomy) }

    /// Which report a notice is.
    public static func phase(of notice: NoticeKind) -> DoraFormat.Phase {
        switch notice {
        case .preliminary: .initial
        case .formal: .intermediate
        case .closing: .final
        }
    }

    /// The report: fields by their numbers, those that are not known left out.
    ///
    /// - Parameters:
    ///   - submission: what is told, one of the incident's.
    ///   - incident: the incident.
    ///   - party: who reports, and to whom.
    ///   - phase: which report it is; fields of later ones are left out.
    ///   - supplement: fields that only this template asks for, by their numbers; they count before what the incident says.
    /// - Returns: the report; whether it may be sent is for `DoraFormat.faults` to say.
    public func report(
        _ submission: IncidentSubmission, of incident: Incident, by party: ReportParty, phase: DoraFormat.Phase,
        supplement: [String: FieldValue] = [:]
    ) -> Node {
        var entries: [(String, Node?)] = []
        for field in format.fields where field.phase <= phase {
            let own =
                field.source.hasPrefix("$")
                ? known(field.source, submission, incident, party, phase)
                : submission.values[field.source].flatMap { written($0, field) }
            entries.append((field.id, supplement[field.id].flatMap { written($0, field) } ?? own))
        }
        return .object(entries)
    }

    private func written(_ value: FieldValue, _ field: DoraFormat.Field) -> Node? {
        switch field.kind {
        case .percent, .amount: FieldBook.decimal(value).map { Node(.number($0)) }
        case .time: value.text.flatMap { Instant($0) }.map { .text($0.text(in: .utc)) }
        default: value.node
        }
    }

    private func known(
        _ source: String, _ submission: IncidentSubmission, _ incident: Incident, _ party: ReportParty, _ phase: DoraFormat.Phase
    ) -> Node? {
        let values = submission.values
        func text(_ text: String?) -> Node? { text.flatMap { $0.isEmpty ? nil : .text($0) } }
        func moment(_ moment: Moment) -> Node? { submission[moment].map { .text($0.text(in: .utc)) } }
        func contact(_ index: Int) -> ReportParty.Contact? {
            party.contacts.indices.contains(index) ? party.contacts[index] : party.contacts.last
        }
        let category = taxonomy.categories.first { $0.id == values["category"]?.text }
        switch source {
        case "$submission": return .text(phase.rawValue)
        case "$entity-name": return text(party.name)
        case "$entity-code": return text(party.lei ?? party.localIdentifiers.first?.value)
        case "$lei": return text(party.lei)
        case "$entity-type":
            let types = party.types.filter { $0.scheme == "DORA" }.map(\.value)
            return types.isEmpty ? nil : .texts(types)
        case "$contact-name": return text(contact(0)?.name)
        case "$contact-email": return text(contact(0)?.email)
        case "$contact-phone": return text(contact(0)?.phone)
        case "$second-name": return text(contact(1)?.name)
        case "$second-email": return text(contact(1)?.email)
        case "$second-phone": return text(contact(1)?.phone)
        case "$parent": return text(party.parent)
        case "$currency": return text(party.currency)
        case "$incident": return text("INC-\(incident.id)")
        case "$detected": return moment(.detected) ?? moment(.aware)
        case "$classified": return moment(.classified)
        case "$occurred": return moment(.occurred)
        case "$resolved": return moment(.resolved)
        case "$duration": return duration(submission)
        case "$downtime": return values["outage_minutes"]?.number.map { .text(DoraFormat.duration(minutes: $0)) }
        case "$discovery": return text(Self.discovery[values["discovery"]?.text ?? ""])
        case "$transactions":
            let numbers = values["services"]?.list?.compactMap { $0.record?["transactions"]?.number } ?? []
            return numbers.isEmpty ? nil : .integer(numbers.reduce(0, +))
        case "$properties":
            let hit = values["hits"]?.list?.compactMap { $0.record?["property"]?.text } ?? []
            return hit.isEmpty ? nil : .texts(Set(hit).sorted())
        case "$data-losses": return text(values["accounts"]?.text)
        case "$dora-type": return category?.codes["dora_type"].map { .texts([$0]) }
        case "$technique": return Self.technique[category?.id ?? ""].map { .texts([$0]) }
        case "$systems": return text(values["systems"]?.list?.compactMap(\.text).joined(separator: ", "))
        case "$infrastructure": return text(values["equipment"] == nil ? "unknown" : "yes")
        case "$has-actions": return .bool(values["actions_taken"] != nil || values["actions_planned"] != nil)
        case "$root":
            let family = taxonomy.causes.first { $0.id == values["cause"]?.text }?.codes["fire"]?.prefix { $0 != "-" }
            return family.flatMap { Self.roots[String($0)] }.map { .texts([$0]) }
        case "$lessons":
            return text(values["lessons"]?.list?.compactMap { $0.record?["description"]?.text }.joined(separator: "\n"))
        case "$root-addressed": return moment(.resolved)
        default: return nil
        }
    }

    private func duration(_ submission: IncidentSubmission) -> Node? {
        guard let start = submission[.occurred] ?? submission[.detected], let end = submission[.resolved], end >= start else {
            return nil
        }
        return .text(DoraFormat.duration(minutes: Int((end - start) / 60)))
    }

    private static let discovery = [
        "external-actor": "attacker", "external-authority": "authority", "external-police": "authority",
        "external-third-party": "third-party", "external-customer": "clients", "external-peer": "counterparts",
        "external-audit": "external-audit", "external-monitoring": "monitoring", "internal-response": "it-security",
        "internal-soc": "it-security", "internal-detection": "monitoring", "internal-audit": "internal-audit",
        "internal-staff": "staff", "other": "other",
    ]
    private static let technique = ["ddos": "ddos", "malware": "ransomware", "defacement": "defacement"]
    private static let roots = [
        "malicious": "malicious-actions", "process": "process-failure", "system": "system-failure", "human": "human-error",
        "external": "external-event", "hazard": "external-event",
    ]
}
