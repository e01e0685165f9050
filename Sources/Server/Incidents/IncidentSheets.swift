internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Incidents
internal import Reports
internal import Rulebook
internal import Workspace

/// What was filed, as it was filed: the printable form, and files for programs.
extension IncidentDesk {
    var sheets: [Route] {
        [
            .page("/incidents/:id/submissions/:number", .permitted(.incidentsRead)) { visit in
                let (incident, submission) = try await submission(visit)
                switch visit.query.text("format") {
                case "": return try await sheet(incident, submission, visit)
                case let form: return try await file(form, incident, submission)
                }
            }
        ]
    }

    private func submission(_ visit: Visit) async throws -> (Incident, IncidentSubmission) {
        let incident = try await find(visit)
        let number = try visit.number("number")
        guard let found = incident.submissions.first(where: { $0.number == number }) else { throw Failure.notFound("\(number)") }
        return (incident, found)
    }

    private func firm() async throws -> String { try await services.workspace.firm.current()?.document["name"]?.text ?? "" }

    // MARK: On paper

    private func sheet(_ incident: Incident, _ submission: IncidentSubmission, _ visit: Visit) async throws -> Answer {
        let (wording, words, firm) = (visit.wording, words(visit), try await firm())
        var page = Page(visit, title(submission, words), .incidents)
        page.crumbs = crumbs(incident, visit)
        page.band = band(incident.isDrill, visit)
        let kind = words.kind(submission.kind)
        return page.answer { page in
            let path = "/incidents/\(incident.id)/submissions/\(submission.number)"
            page.element("div", ("class", "actions")) { page in
                page.element(
                    "button", ("type", "button"), ("data-print", ""), ("hidden", ""), text: wording("incidents.print"))
                for form in ["json", "fire", "dora"] {
                    page.element("a", ("class", "button"), ("href", "\(path)?format=\(form)"), text: form.uppercased())
                }
                if visit.may(.noticesSign) {
                    page.element(
                        "a", ("class", "button"), ("href", "/incidents/\(incident.id)/correct/\(submission.number)"),
                        text: wording("incidents.correct"))
                }
            }
            page.element("p", ("class", "hint"), text: wording("incidents.export-why"))
            page.element("article", ("class", "letter")) { page in
                page.element("h2", text: wording("incidents.sheet"))
                page.element("h3", text: incident.isDrill ? "\(kind)（\(wording("incidents.drill"))）" : kind)
                Shapes.facts(head(incident, submission, firm, words), &page)
                Shapes.facts(
                    rules.fields.fields.compactMap { field in
                        submission.values[field.id].map { (wording(field.title), words.value($0, field)) }
                    }, &page)
                Shapes.facts(
                    [(wording("incidents.previous"), submission.previous), (wording("incidents.hash"), submission.hash)].filter {
                        !$0.1.isEmpty
                    }, &page)
            }
        }
    }

    private func head(
        _ incident: Incident, _ submission: IncidentSubmission, _ firm: String, _ words: IncidentWords
    ) -> [(String, String)] {
        let wording = words.wording
        var facts = [
            (wording("incidents.firm"), firm), (wording("incidents.number"), "\(incident.id)-\(submission.number)"),
            (wording("incidents.recipients"), submission.regimes.map(words.regime).joined(separator: "、")),
        ]
        for moment in Moment.allCases {
            if let at = submission[moment] { facts.append((words.moment(moment), words.time(at))) }
        }
        facts.append((wording("incidents.filed-at"), words.time(submission.at)))
        if submission.given != submission.at { facts.append((wording("incidents.given-at"), words.time(submission.given))) }
        facts += [
            (wording("incidents.channel"), wording("incidents.channel.\(submission.channel.rawValue)")),
            (wording("incidents.by"), submission.by),
        ]
        if !submission.note.isEmpty { facts.append((wording("incidents.note"), submission.note)) }
        for filed in submission.settled {
            facts.append((words.duty(filed.duty, version: filed.version), words.late(filed.late)))
        }
        return facts
    }

    // MARK: For programs

    private func file(_ form: String, _ incident: Incident, _ submission: IncidentSubmission) async throws -> Answer {
        let mark = incident.isDrill ? "drill-" : ""
        let name = "\(mark)incident-\(incident.id)-\(submission.number)-\(form).json"
        // What the profile does not hold is left out; whether the rest suffices is for the formats' own checks.
        let party = ReportParty(
            name: try await firm(), types: [.init("DORA", "investment-firm")], recipients: [], contacts: [])
        let node: Node
        switch form {
        case "json": node = try NodeEncoder.node(of: submission)
        case "fire":
            node = FireExporter(format: try FireFormat.shipped(), taxonomy: rules.taxonomy).report(
                submission, of: incident, by: party)
        case "dora":
            node = DoraExporter(format: try DoraFormat.shipped(), taxonomy: rules.taxonomy).report(
                submission, of: incident, by: party, phase: DoraExporter.phase(of: submission.kind.notice ?? .closing))
        default: throw Failure.notFound("no such form")
        }
        return .download(name, "application/json", CanonicalJSON.bytes(of: node))
    }
}
