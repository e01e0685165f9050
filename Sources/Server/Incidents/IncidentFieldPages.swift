internal import HTML
internal import HTTPTypes
internal import Identity
internal import Incidents
internal import Reports
internal import Rulebook
internal import Supervision

/// What is known of an incident, in groups: read and written by the fields' own file.
extension IncidentDesk {
    /// Groups of fields, in the order of a case. A field that is in none stands in the last one.
    static let groups: [(id: String, fields: [String])] = [
        ("first", firstFields),
        (
            "scope",
            [
                "hits", "entity_severity", "systems", "core_system", "channels_usable", "customers", "help_needed", "ransom",
                "press_contact", "discovered_by", "aware_evidence", "fallback_call", "equipment",
            ]
        ),
        (
            "formal",
            [
                "types", "discovery", "triggers", "artefacts", "accounts", "resolution_estimate", "next_update", "actions_taken",
                "actions_planned", "public_reaction", "comms_issued", "bodies_notified", "customers_told", "personal_data",
                "personal_records",
            ]
        ),
        ("services", ["services", "resources", "service_notes"]),
        (
            "impact",
            [
                "affected_types", "related_entities", "affected_notes", "loss", "impact_financial", "impact_operational",
                "impact_reputational", "impact_external", "spread", "countries", "impact_notes",
            ]
        ),
        ("end", ["outage_minutes", "tolerance_minutes", "cause", "root_cause", "causes", "evidence", "lessons"]),
        ("other", []),
    ]

    /// The fields of a group.
    func fields(of group: String) -> [FieldBook.Field] {
        guard group != "other" else {
            let placed = Set(Self.groups.flatMap(\.fields))
            return rules.fields.fields.filter { !placed.contains($0.id) }
        }
        return (Self.groups.first { $0.id == group }?.fields ?? []).compactMap { rules.fields[$0] }
    }

    /// The group a field is in.
    func group(of field: String) -> String { Self.groups.first { $0.fields.contains(field) }?.id ?? "other" }

    var fieldRoutes: [Route] {
        entry(
            "/incidents/:id/fields/:group", .incidentsHandle,
            { visit in
                let (incident, words, group) = (try await find(visit), words(visit), visit["group"])
                let fields = fields(of: group)
                guard !fields.isEmpty else { throw Failure.notFound("no group of fields") }
                return form(
                    "group.\(group)", incident, visit, path: "fields/\(group)", lead: "group-why", button: "change",
                    fields.flatMap { inputs($0, $0.id, incident.values[$0.id], words) })
            }
        ) { visit, reader in
            var changes: [String: FieldValue?] = [:]
            for field in fields(of: visit["group"]) { changes[field.id] = .some(read(field, field.id, &reader)) }
            try reader.finish()
            return try await act(.write(changes), visit)
        }
    }

    // MARK: One field

    /// The inputs of a field: one, or those of its records and of one more.
    private func inputs(
        _ field: FieldBook.Field, _ name: String, _ value: FieldValue?, _ words: IncidentWords, above: String = ""
    ) -> [EntryForm.Field] {
        guard field.kind == .records else { return [input(field, name, value, words, above: above)] }
        let records = value?.list?.compactMap(\.record) ?? []
        return (0...records.count).flatMap { index in
            let record = index < records.count ? records[index] : [:]
            let title = "\(above)\(words.wording(field.title)) \(index + 1) › "
            return field.fields.flatMap { inputs($0, "\(name).\(index).\($0.id)", record[$0.id], words, above: title) }
        }
    }

    /// The input of a field that is no record.
    func input(
        _ field: FieldBook.Field, _ name: String, _ value: FieldValue?, _ words: IncidentWords, above: String = "",
        isRequired: Bool = false
    ) -> EntryForm.Field {
        let wording = words.wording
        let mark = field.required.contains(.formal) ? " ◇" : field.required.contains(.closing) ? " ◆" : ""
        let label = above + wording(field.title) + mark
        func made(_ kind: EntryForm.Field.Kind, _ text: String? = nil) -> EntryForm.Field {
            EntryForm.Field(name, label, kind, value: text ?? value?.text ?? "", isRequired: isRequired)
        }
        switch field.kind {
        case .flag:
            return made(
                .choice([
                    ("", wording("incidents.choose")), ("yes", wording("incidents.yes")), ("no", wording("incidents.no")),
                ]), value?.flag.map { $0 ? "yes" : "no" } ?? "")
        case .integer: return made(.number, value?.number.map(String.init) ?? "")
        case .decimal, .fraction: return made(.line, value?.number.map(String.init) ?? value?.text ?? "")
        case .short, .duration: return made(.line)
        case .long, .records: return made(.area)
        case .date: return made(.day)
        case .time: return made(.second, value?.text.flatMap { Instant($0) }.map { LocalTime.second($0) } ?? "")
        case .code: return made(.choice(words.choices(field.list)))
        case .codes:
            return made(
                .boxes(Array(words.choices(field.list).dropFirst())),
                (value?.list ?? []).compactMap(\.text).joined(separator: " "))
        case .texts: return made(.area, (value?.list ?? []).compactMap(\.text).joined(separator: "\n"))
        }
    }

    /// What a form says of a field; nil when it says nothing.
    func read(_ field: FieldBook.Field, _ name: String, _ reader: inout EntryReader) -> FieldValue? {
        let text = reader.text(name)
        switch field.kind {
        case .records: return records(field, name, &reader)
        case .codes:
            let words = reader.form.values(name)
            return words.isEmpty ? nil : .list(words.map { .text($0) })
        case .texts:
            let lines = reader.lines(name)
            return lines.isEmpty ? nil : .list(lines.map { .text($0) })
        case .integer: return reader.number(name).map { .number($0) }
        case .time: return reader.second(name).map { .text($0.text(in: .taipei)) }
        case .flag:
            reader.demand(["", "yes", "no"].contains(text), name, .unknown)
            return text.isEmpty ? nil : .flag(text == "yes")
        case .decimal, .fraction, .short, .long, .date, .duration, .code: return text.isEmpty ? nil : .text(text)
        }
    }

    /// Records whose inputs are not all empty, in their order.
    private func records(_ field: FieldBook.Field, _ name: String, _ reader: inout EntryReader) -> FieldValue? {
        let prefix = name + "."
        let numbers = Set(
            reader.form.all.compactMap { entry in
                entry.name.hasPrefix(prefix) ? Int(entry.name.dropFirst(prefix.count).prefix { $0 != "." }) : nil
            }
        ).sorted()
        var found: [FieldValue] = []
        for number in numbers {
            var record: [String: FieldValue] = [:]
            for inner in field.fields { record[inner.id] = read(inner, "\(prefix)\(number).\(inner.id)", &reader) }
            if !record.isEmpty { found.append(.record(record)) }
        }
        return found.isEmpty ? nil : .list(found)
    }
}
