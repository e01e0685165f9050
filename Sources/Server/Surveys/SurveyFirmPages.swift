internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Submissions
internal import Supervision

/// The answers of one firm as the supervisor sees them: what was handed in, what was written about it, taking it or giving it back.
struct SurveyFirmPages: Sendable {
    let services: SupervisorServices
    private var supervision: Supervision { services.supervision }

    var routes: [Route] {
        [
            .page("/questionnaires/:round/:firm", .permitted(.submissionsRead)) { visit in try await show(visit, "") },
            .form("/questionnaires/:round/:firm", .permitted(.submissionsAccept)) { visit in try await decide(visit) },
        ]
    }

    private func show(_ visit: Visit, _ wrong: String) async throws -> Answer {
        let (wording, firm) = (visit.wording, visit["firm"])
        let round = try await supervision.surveys.round(try visit.number("round"), of: firm)
        let (versions, messages) = try await supervision.answers.history(round.id, of: firm)
        let version = Int(visit.query.text("version"))
        let shown = version.map { number in versions.first { $0.version == number } } ?? versions.first
        if let shown, visit.query.text("format") == "json" {
            return .download(
                "answers-\(round.id)-\(firm)-\(shown.version).json", "application/json",
                CanonicalJSON.bytes(of: shown.answers.node))
        }
        let view = try await supervision.answers.view(of: firm, on: round.asOf)
        let name = try await supervision.register.firm(firm).firm.name(asOf: round.asOf)?.short ?? firm
        var page = Page(visit, name, .questionnaires)
        page.crumbs = [
            (wording("web.questionnaires"), "/questionnaires"),
            (wording(round.questionnaire.title), "/questionnaires/\(round.id)"),
        ]
        return page.answer { page in
            if !wrong.isEmpty { Shapes.alert(wrong, &page) }
            Shapes.facts(SurveyWords.facts(round, wording), &page)
            Self.versions(versions, shown, visit.path, wording, &page)
            SurveyWords.messages(messages, isFirm: false, wording, &page)
            guard let shown else {
                page.element("p", ("class", "lead"), text: wording("survey.nothing-handed-in"))
                return
            }
            Shapes.facts(SurveyWords.facts(shown, wording), &page)
            Shapes.links([("JSON", "\(visit.path)?version=\(shown.version)&format=json")], &page)
            let check = AnswerCheck(round.questionnaire, firm: view, answers: shown.answers)
            SurveyWords.table(.init(check: check, handedIn: shown), round.questionnaire, visit, &page)
            guard shown.version == versions.first?.version, visit.may(.submissionsAccept) else { return }
            decision(shown, visit, &page)
        }
    }

    /// Versions beside each other; the newest first.
    static func versions(
        _ versions: [AnswersHandedIn], _ shown: AnswersHandedIn?, _ path: String, _ wording: Wording, _ page: inout HTMLWriter
    ) {
        guard versions.count > 1 else { return }
        page.element("nav", ("class", "tabs"), ("aria-label", wording("survey.versions"))) { page in
            for version in versions {
                page.element(
                    "a", ("href", "\(path)?version=\(version.version)"),
                    ("aria-current", version.version == shown?.version ? "page" : nil),
                    text: wording("survey.about-version", ["version": String(version.version)]))
            }
        }
    }

    private func decision(_ shown: AnswersHandedIn, _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        let open = AnswersHandedIn.Decision.allCases.filter { shown.state.deciding($0) != nil }
        guard !open.isEmpty else { return }
        page.element("h2", text: wording("survey.decide"))
        Form.post(visit.path, visit, &page) { page in
            page.void("input", ("type", "hidden"), ("name", "version"), ("value", String(shown.version)))
            Form.boxes(
                "radio", "decision", wording("survey.decision"),
                open.map { ($0.rawValue, wording("survey.decision.\($0.rawValue)")) }, chosen: [visit.form.text("decision")],
                &page)
            SurveyWords.area(
                "note", wording("survey.decision-note"), hint: wording("survey.decision-note-hint"),
                value: SurveyWords.text(visit.form, "note"), &page)
            Form.actions(wording("survey.send-decision"), &page)
        }
    }

    private func decide(_ visit: Visit) async throws -> Answer {
        guard let decision = AnswersHandedIn.Decision(rawValue: visit.form.text("decision")) else {
            return try await show(visit, visit.wording("survey.undecided"))
        }
        let (round, version) = (try visit.number("round"), Int(visit.form.text("version")) ?? 0)
        do throws(SupervisionError) {
            try await supervision.answers.decide(
                decision, version, round, of: visit["firm"], note: SurveyWords.text(visit.form, "note"), visit.actor)
        } catch {
            switch error {
            case .document(let error): return try await show(visit, "\(error.key): \(error.reason)")
            case .conflict(let reason): return try await show(visit, reason)
            default: throw error
            }
        }
        services.hub.tell("market")
        return .see(visit.path)
    }
}
