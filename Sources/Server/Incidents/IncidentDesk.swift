internal import Database
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Incidents
internal import Reports
internal import Rulebook
internal import Supervision
internal import Workspace

/// The pages of a firm's incidents, and what they share.
struct IncidentDesk: Sendable {
    let services: FirmServices
    var store: IncidentStore { services.workspace.incidents }
    var rules: IncidentRules { store.rules }

    var routes: [Route] { list + start + [caseRoute] + filing + fieldRoutes + acts + excuses + sheets }

    func words(_ visit: Visit) -> IncidentWords { IncidentWords(wording: visit.wording, rules: rules) }

    func find(_ visit: Visit) async throws -> Incident { try await store.find(try visit.number("id")) }

    func name(_ incident: Incident, _ visit: Visit) -> String {
        visit.wording("incidents.one", ["id": String(incident.id)])
    }

    func band(_ isDrill: Bool, _ visit: Visit) -> String { isDrill ? visit.wording("incidents.drill-band") : "" }

    /// Pages above those of a case.
    func crumbs(_ incident: Incident, _ visit: Visit) -> [(title: String, path: String)] {
        crumbs(visit) + [(name(incident, visit), "/incidents/\(incident.id)")]
    }

    /// Pages above those of no case.
    func crumbs(_ visit: Visit) -> [(title: String, path: String)] { [(visit.wording("web.incidents"), "/incidents")] }

    /// Does something in a case, if nothing happened in it since the form was drawn, and leads back to it.
    func act(_ action: IncidentAction, _ visit: Visit) async throws -> String {
        let id = try visit.number("id")
        try await store.act(action, in: id, after: Int(visit.form.text("revision")), visit.actor)
        services.hub.tell("incidents")
        return "/incidents/\(id)"
    }

    /// A form about a case: with its band, and with what had happened in the case when it was drawn.
    func form(
        _ name: String, _ incident: Incident, _ visit: Visit, path: String, lead: String? = nil, button: String? = nil,
        isDanger: Bool = false, _ fields: [EntryForm.Field]
    ) -> EntryForm {
        let wording = visit.wording
        var form = EntryForm(
            title: wording("incidents.\(name)"), lead: lead.map { wording("incidents.\($0)") } ?? "",
            path: "/incidents/\(incident.id)/\(path)", button: wording("incidents.\(button ?? name)"),
            crumbs: crumbs(incident, visit), place: .incidents,
            fields: [.hidden("revision", String(incident.revision))] + fields, isDanger: isDanger)
        form.band = band(incident.isDrill, visit)
        return form
    }

    /// A form and what comes of it: done, or back with what was typed and why not.
    func entry(
        _ path: String, _ permission: Permission, _ form: @escaping @Sendable (Visit) async throws -> EntryForm,
        above: @escaping @Sendable (Visit) async throws -> @Sendable (inout HTMLWriter) -> Void = { _ in { _ in } },
        _ send: @escaping @Sendable (Visit, inout EntryReader) async throws -> String
    ) -> [Route] {
        services.common.act(
            path, permission, { visit in try await form(visit).answer(visit, above: try await above(visit)) }
        ) { visit in
            let refusal: Refusal
            do {
                var reader = EntryReader(visit)
                return .see(try await send(visit, &reader))
            } catch let error as SupervisionError {
                guard let found = Refusal(error) else { throw error }
                refusal = found
            } catch let error as IncidentError {
                guard let found = self.refusal(error, visit) else { throw error }
                refusal = found
            }
            return try await form(visit).answer(visit, refusal, above: try await above(visit))
        }
    }

    /// What a form can say of an error; nil for one that ends the visit.
    func refusal(_ error: IncidentError, _ visit: Visit) -> Refusal? {
        switch error {
        case .refused(let refusal):
            let problems: [String: FieldProblem] =
                switch refusal {
                case .missing(let fields): Dictionary(fields.map { ($0, .missing) }) { first, _ in first }
                case .faults(let faults): Dictionary(faults.map { (Self.input($0.path), .unknown) }) { first, _ in first }
                case .reason: ["reason": .reason]
                default: [:]
                }
            return Refusal(problems: problems, reason: words(visit).text(refusal), isConflict: false)
        case .meanwhile: return Refusal(reason: visit.wording("incidents.no.meanwhile"))
        case .storage, .document, .notFound, .list: return nil
        }
    }

    /// The input of a value by its path: `services[0].downtime` is that of `services.0.downtime`.
    static func input(_ path: String) -> String { path.replacing("[", with: ".").replacing("]", with: "") }
}

extension IncidentError: FailureConvertible {
    package var failure: Failure {
        switch self {
        case .storage(let error): error.failure
        case .document(let error): error.failure
        case .notFound: Failure.notFound(description)
        case .refused, .meanwhile, .list: Failure(.conflict, "conflict", ["reason": description], detail: description)
        }
    }
}

extension EntryReader {
    /// A moment to the second; nil when the field is empty.
    mutating func second(_ name: String) -> Instant? { moment(name).map { Instant(seconds: $0 / 1_000_000) } }
}

extension LocalTime {
    /// As a field for a moment to the second takes it, in Taipei's time.
    static func second(_ instant: Instant) -> String { String(instant.text(in: .taipei).prefix(19)) }
}
