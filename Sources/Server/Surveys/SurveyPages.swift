internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Submissions
internal import Supervision

/// The supervisor's rounds of questions: what was asked, opening and closing, how every firm stands, whom to remind.
struct SurveyPages: Sendable {
    let services: SupervisorServices
    private var supervision: Supervision { services.supervision }

    /// A firm in a round.
    struct Row: Sendable {
        var standing: SurveyStanding
        var short: String
        var tiers: [String: TierDecision]
        var overdue: Int?
        var respondents: Int
    }

    var routes: [Route] {
        [
            .page("/questionnaires", .permitted(.submissionsRead)) { visit in try await list(visit) },
            .page("/questionnaires/forms/:form", .permitted(.submissionsRead)) { visit in try show(visit) },
            .page("/questionnaires/open", .permitted(.submissionsAccept)) { visit in try await ask(visit, "") },
            .form("/questionnaires/open", .permitted(.submissionsAccept)) { visit in try await open(visit) },
            .page("/questionnaires/:round", .permitted(.submissionsRead)) { visit in try await round(visit) },
            .page("/questionnaires/:round/close", .permitted(.submissionsAccept)) { visit in
                try await closing(visit).answer(visit)
            },
            .form("/questionnaires/:round/close", .permitted(.submissionsAccept)) { visit in
                let id = try visit.number("round")
                try await supervision.surveys.close(id, visit.actor)
                services.hub.tell("market")
                return .see("/questionnaires/\(id)")
            },
        ]
    }

    // MARK: All rounds

    private func list(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let rounds = try await supervision.surveys.rounds()
        let list = Listing<SurveyRound>(
            name: "questionnaires",
            columns: [
                .init("id", wording("survey.round"), { .integer($0.id) }, isBefore: { $0.id < $1.id }) { round, page in
                    page.element("a", ("href", "/questionnaires/\(round.id)"), text: wording(round.questionnaire.title))
                },
                .init(
                    "quarter", wording("survey.quarter"), { .text($0.quarter.description) }, isBefore: { $0.quarter < $1.quarter }
                ),
                .init("questionnaire", wording("survey.form"), { .text($0.questionnaire.id) }),
                .init("version", wording("survey.version"), { .text($0.questionnaire.version) }),
                .init("due", wording("survey.due"), { .text($0.due.description) }, isBefore: { $0.due < $1.due }),
                .init("firms", wording("survey.firms"), isNumber: true, { .integer(Int64($0.firms.count)) }, isBefore: nil),
                .init("open", wording("survey.state-of-round"), { .text($0.isOpen ? "open" : "closed") }) { round, page in
                    Shapes.badge(round.isOpen ? "good" : "", wording(round.isOpen ? "survey.open" : "survey.closed"), &page)
                },
                .init("opened_by", wording("firms.by"), { .text($0.openedBy) }),
            ],
            text: { "\($0.questionnaire.id) \($0.quarter) \($0.questionnaire.title.chinese) \($0.questionnaire.title.english)" },
            schema: "plumbline.survey-rounds/1")
        if let export = try list.export(rounds, visit) { return export }
        let forms = try supervision.surveys.questionnaires()
        return Page(visit, wording("web.questionnaires"), .questionnaires).answer { page in
            if visit.may(.submissionsAccept) { Shapes.links([(wording("survey.open-round"), "/questionnaires/open")], &page) }
            list.write(rounds, visit, &page)
            page.element("h2", text: wording("survey.forms"))
            page.element("ul") { page in
                for form in forms {
                    page.element("li") {
                        $0.element(
                            "a", ("href", "/questionnaires/forms/\(form.id)"), text: "\(wording(form.title)) (\(form.version))")
                    }
                }
            }
        }
    }

    /// A questionnaire as it would be asked.
    private func show(_ visit: Visit) throws -> Answer {
        let wording = visit.wording
        guard let form = try supervision.surveys.questionnaires().first(where: { $0.id == visit["form"] }) else {
            throw Failure.notFound("questionnaire \(visit["form"].clipped)")
        }
        var page = Page(visit, wording(form.title), .questionnaires)
        page.crumbs = [(wording("web.questionnaires"), "/questionnaires")]
        let unasked = supervision.rulebook.packs.first { $0.id == form.pack }.map { pack in
            form.unasked(of: pack, groups: Set(form.questions.compactMap { supervision.rulebook.clause($0.clause)?.group }))
        }
        return page.answer { page in
            if let source = form.source { page.element("p", ("class", "lead"), text: wording(source)) }
            Shapes.facts(
                [
                    (wording("survey.form"), form.id), (wording("survey.version"), form.version),
                    (wording("tiers.pack"), "\(form.pack) \(form.packVersion)"), ("SHA-256", form.reference.sha256),
                ], &page)
            for section in form.sections {
                page.element("h2", text: wording(section.title))
                page.element("ol") { page in
                    for question in form.questions(in: section.id) {
                        page.element("li") { page in
                            page.text(wording(question.text))
                            page.element(
                                "p", ("class", "hint"),
                                text: "\(question.id) · \(question.clause)" + (question.aspect.map { " · \($0)" } ?? ""))
                            for difference in question.differs {
                                page.element(
                                    "p", ("class", "hint"), text: "≠ \(difference.reference) \(wording(difference.text))")
                            }
                        }
                    }
                }
            }
            page.element("h2", text: wording("survey.checks"))
            page.element("ul") { page in
                for check in form.checks {
                    page.element("li", text: "\(check.severity == .error ? "✗" : "!") \(wording(check.says))")
                }
            }
            guard let unasked, !unasked.isEmpty else { return }
            page.element("h2", text: wording("survey.unasked"))
            page.element("p", text: unasked.joined(separator: wording("report.list-separator")))
        }
    }

    // MARK: Opening and closing

    /// Who can be asked: all, or those that hold a value of a decision on the quarter's last day.
    private func choices(_ wording: Wording) -> [Form.Choice] {
        [("", wording("web.all"))]
            + supervision.decisions.flatMap { decision in
                decision.values.map { ("\(decision.id)=\($0.value)", "\(wording(decision.title)): \(wording($0.title))") }
            }
    }

    private func ask(_ visit: Visit, _ wrong: String) async throws -> Answer {
        let wording = visit.wording
        let forms = try supervision.surveys.questionnaires()
        let page = ActPage(
            title: wording("survey.open-round"), lead: wording("survey.open-why"), path: "/questionnaires/open",
            button: wording("survey.open-round"), crumbs: [(wording("web.questionnaires"), "/questionnaires")],
            place: .questionnaires,
            wrong: wrong)
        let quarter = Quarter(containing: visit.today).previous
        return page.answer(visit) { page in
            Form.select(
                "questionnaire", wording("survey.form"), forms.map { ($0.id, "\(wording($0.title)) (\($0.version))") },
                chosen: visit.form.text("questionnaire"), &page)
            Form.Field(
                name: "quarter", label: wording("survey.quarter"), hint: wording("survey.quarter-hint"),
                value: visit.form["quarter"] ?? quarter.description, isRequired: true, limit: 7
            ).write(&page)
            Form.Field(
                name: "due", label: wording("survey.due"), value: visit.form["due"] ?? visit.today.adding(days: 30).description,
                type: "date", isRequired: true, limit: 10
            ).write(&page)
            Form.boxes(
                "checkbox", "who", wording("survey.who"), hint: wording("survey.who-hint"), choices(wording),
                chosen: visit.method == .get ? [""] : visit.form.values("who"), &page)
            SurveyWords.area(
                "note", wording("survey.note-to-firms"), hint: wording("survey.note-to-firms-hint"),
                value: SurveyWords.text(visit.form, "note"), &page)
        }
    }

    private func open(_ visit: Visit) async throws -> Answer {
        guard let quarter = Quarter(visit.form.text("quarter")) else {
            return try await ask(visit, visit.wording("survey.quarter-wrong"))
        }
        guard let due = CivilDate(visit.form.text("due")) else { return try await ask(visit, visit.wording("survey.due-wrong")) }
        let firms = try await firms(visit.form.values("who"), visit.form.text("questionnaire"), on: quarter.lastDay)
        guard !firms.isEmpty else { return try await ask(visit, visit.wording("survey.nobody")) }
        do throws(SupervisionError) {
            let id = try await supervision.surveys.open(
                quarter, questionnaire: visit.form.text("questionnaire"), due: due, firms: firms,
                note: SurveyWords.text(visit.form, "note"), visit.actor)
            services.hub.tell("market")
            return .see("/questionnaires/\(id)")
        } catch {
            switch error {
            case .document(let error): return try await ask(visit, "\(error.key): \(error.reason)")
            case .conflict(let reason): return try await ask(visit, reason)
            default: throw error
            }
        }
    }

    /// Firms in business on the day that are meant, and whom the questionnaire may concern.
    private func firms(_ who: [String], _ form: String, on day: CivilDate) async throws -> [String] {
        guard let questionnaire = try supervision.surveys.questionnaires().first(where: { $0.id == form }) else { return [] }
        let held = try await supervision.tiers.holding(on: day)
        return try await supervision.register.all().filter { firm in
            guard firm.isInBusiness(asOf: day) else { return false }
            let decisions = (held[firm.id] ?? [:]).compactMapValues(\.value)
            let isMeant = who.contains("") || who.contains { chosen in decisions.contains { "\($0.key)=\($0.value)" == chosen } }
            guard isMeant, let applies = questionnaire.applies else { return isMeant }
            let context = ProfileContext(
                firm: firm.facts(asOf: day), system: [:], decisions: decisions.mapValues { .text($0) },
                parameters: supervision.rulebook.parameters)
            return Evaluator(context).truth(of: applies) != .no
        }.map(\.id)
    }

    private func closing(_ visit: Visit) async throws -> ActPage {
        let round = try await supervision.surveys.round(try visit.number("round"))
        return ActPage(
            title: visit.wording("survey.close"), lead: visit.wording("survey.close-why"),
            path: "/questionnaires/\(round.id)/close",
            button: visit.wording("survey.close"),
            crumbs: [
                (visit.wording("web.questionnaires"), "/questionnaires"),
                (visit.wording(round.questionnaire.title), "/questionnaires/\(round.id)"),
            ], place: .questionnaires, isDanger: true)
    }

    // MARK: One round

    private func round(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let round = try await supervision.surveys.round(try visit.number("round"))
        let held = try await supervision.tiers.holding(on: round.asOf)
        let respondents = try await services.identity.accounts.parties()
        let names = Dictionary(
            try await supervision.register.all().map { ($0.id, $0.name(asOf: round.asOf)?.short ?? $0.id) }
        ) { first, _ in first }
        let rows = try await supervision.answers.standings(round.id).map { standing in
            Row(
                standing: standing, short: names[standing.firm] ?? standing.firm, tiers: held[standing.firm] ?? [:],
                overdue: standing.overdue(round, on: visit.today), respondents: respondents[standing.firm] ?? 0)
        }
        let list = listing(round, wording)
        if let export = try list.export(rows, visit) { return export }
        var page = Page(visit, wording(round.questionnaire.title), .questionnaires)
        page.crumbs = [(wording("web.questionnaires"), "/questionnaires")]
        return page.answer { page in
            Shapes.facts(
                SurveyWords.facts(round, wording) + [(wording("survey.note-to-firms"), round.note)].filter { !$0.1.isEmpty },
                &page)
            let awaited = rows.count { $0.standing.isAwaited }
            page.element(
                "p", ("class", "lead"),
                text: wording("survey.progress", ["done": String(rows.count - awaited), "all": String(rows.count)]))
            var links = [
                (title: wording("survey.reminders", ["count": String(awaited)]), path: "/questionnaires/\(round.id)?awaited=true")
            ]
            if visit.may(.submissionsAccept), round.isOpen {
                links.append((wording("survey.close"), "/questionnaires/\(round.id)/close"))
            }
            Shapes.links(links, &page)
            list.write(rows, visit, &page)
        }
    }

    private func listing(_ round: SurveyRound, _ wording: Wording) -> Listing<Row> {
        func count(_ row: Row, _ state: AnswerCheck.State) -> Node {
            row.standing.newest.map { .integer(Int64($0.counts[state] ?? 0)) } ?? Node(.null)
        }
        var columns: [Listing<Row>.Column] = [
            .init("short", wording("firms.short"), { .text($0.short) }, isBefore: { $0.short < $1.short }) { row, page in
                page.element(
                    "a", ("href", "/questionnaires/\(round.id)/\(FormFields.encode(row.standing.firm))"), text: row.short)
            },
            .init("id", wording("firms.id"), { .text($0.standing.firm) }, isBefore: { $0.standing.firm < $1.standing.firm }),
            .init("step", wording("survey.step"), { .text($0.standing.step.rawValue) }) { row, page in
                SurveyWords.badge(row.standing.step, wording, &page)
            },
            .init(
                "overdue", wording("survey.overdue"), isNumber: true, { $0.overdue.map { .integer(Int64($0)) } ?? Node(.null) },
                isBefore: { ($0.overdue ?? -1) < ($1.overdue ?? -1) }),
            .init(
                "respondents", wording("survey.respondents"), isNumber: true, { .integer(Int64($0.respondents)) },
                isBefore: { $0.respondents < $1.respondents }),
            .init("answered", wording("survey.state.answered"), isNumber: true, { count($0, .answered) }, isBefore: nil),
            .init("no_answer", wording("survey.state.no-answer"), isNumber: true, { count($0, .noAnswer) }, isBefore: nil),
            .init(
                "not_applicable", wording("survey.answer.not-applicable"), isNumber: true, { count($0, .notApplicable) },
                isBefore: nil),
            .init(
                "remarks", wording("survey.remarks"), isNumber: true,
                { $0.standing.newest.map { .integer(Int64($0.remarks)) } ?? Node(.null) }, isBefore: nil),
            .init(
                "handed_in", wording("survey.handed-in"),
                { $0.standing.newest.map { .text(Instant(seconds: $0.at / 1_000_000).description) } ?? Node(.null) }
            ) { row, page in
                guard let newest = row.standing.newest else { return }
                Shapes.time(Instant(seconds: newest.at / 1_000_000), &page)
                if newest.isLate { Shapes.badge("warn", wording("survey.late"), &page) }
            },
        ]
        for decision in supervision.decisions {
            columns.append(
                .init(decision.id, wording(decision.title), { $0.tiers[decision.id]?.value.map { .text($0) } ?? Node(.null) }) {
                    row, page in
                    page.text(TierPages.value(row.tiers[decision.id], decision, wording))
                })
        }
        var list = Listing<Row>(
            name: "questionnaire-\(round.id)", columns: columns, text: { "\($0.short) \($0.standing.firm)" },
            schema: "plumbline.survey-standings/1")
        list.filters = [
            .init(
                id: "step", title: wording("survey.step"),
                choices: SurveyStanding.Step.allCases.map { ($0.rawValue, SurveyWords.step($0, wording)) }
            ) { $0.standing.step.rawValue == $1 },
            .init(
                id: "awaited", title: wording("survey.awaited"),
                choices: [("true", wording("say.yes")), ("false", wording("say.no"))]
            ) { "\($0.standing.isAwaited)" == $1 },
        ]
        for decision in supervision.decisions {
            list.filters.append(
                .init(
                    id: decision.id, title: wording(decision.title),
                    choices: decision.values.map { ($0.value, wording($0.title)) },
                    matches: { $0.tiers[decision.id]?.value == $1 }))
        }
        return list
    }
}
