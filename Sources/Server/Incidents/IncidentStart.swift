internal import HTML
internal import Identity
internal import Incidents
internal import Reports
internal import Rulebook
internal import Supervision
internal import Workspace

/// Beginning a case: seven inputs and one press.
extension IncidentDesk {
    /// What a case begins with, beside the time of knowing.
    static let firstFields = ["title", "description", "category", "impact", "severity", "state"]

    var start: [Route] {
        entry(
            "/incidents/new", .incidentsHandle, { visit in newForm(visit) },
            above: { visit in
                let text = visit.wording("incidents.not-sent")
                return { page in Shapes.notice("warn", &page) { $0.element("p", text: text) } }
            }
        ) { visit, reader in try await begin(visit, &reader) }
    }

    private func newForm(_ visit: Visit) -> EntryForm {
        let (wording, words) = (visit.wording, words(visit))
        var fields: [EntryForm.Field] = [
            .init(
                "aware", wording("incidents.aware"), .second, value: LocalTime.second(store.instant),
                hint: wording("incidents.aware-hint"), isRequired: true)
        ]
        for id in Self.firstFields {
            guard let field = rules.fields[id] else { continue }
            fields.append(input(field, id, nil, words, isRequired: id == "title"))
        }
        fields.append(
            .init("drill", wording("incidents.drill"), .boxes([("yes", wording("incidents.drill-box"))])))
        return EntryForm(
            title: wording("incidents.new"), lead: wording("incidents.new-why"), path: "/incidents/new",
            button: wording("incidents.begin"), crumbs: crumbs(visit), place: .incidents, fields: fields)
    }

    private func begin(_ visit: Visit, _ reader: inout EntryReader) async throws -> String {
        let aware = reader.need(reader.second("aware"), "aware", or: store.instant)
        reader.demand(!reader.text("title").isEmpty, "title", .missing)
        var values: [String: FieldValue?] = [:]
        for id in Self.firstFields {
            if let field = rules.fields[id], let value = read(field, id, &reader) { values[id] = .some(value) }
        }
        try reader.finish()
        // Nothing is begun when a field could not be written afterwards.
        let faults = rules.fields.faults(values.compactMapValues { $0 })
        guard faults.isEmpty else { throw IncidentError.refused(.faults(faults)) }
        let isDrill = !visit.form.values("drill").isEmpty
        let incident = try await store.begin(IncidentStart(aware: aware, isDrill: isDrill), visit.actor)
        try await store.act(.write(values), in: incident.id, visit.actor)
        try await store.act(.declare, in: incident.id, visit.actor)
        services.hub.tell("incidents")
        return "/incidents/\(incident.id)"
    }
}
