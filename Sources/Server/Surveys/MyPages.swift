internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Submissions
internal import Supervision

/// What a respondent sees and does for the one firm they act for. No address of these pages names a firm: it comes from the account.
struct MyPages: Sendable {
    let services: SupervisorServices
    private var supervision: Supervision { services.supervision }
    private var answers: AnswerStore { services.supervision.answers }

    /// Most questions of one form.
    private static let sheetSize = 8

    /// Questions that one form holds.
    struct Sheet: Sendable {
        var number: Int
        var title: Text
        var questions: [Questionnaire.Question]
    }

    /// Everything that a page of a round needs.
    struct Model: Sendable {
        var firm: String
        var round: SurveyRound
        var draft: AnswerDraft
        var view: FirmView
        var versions: [AnswersHandedIn]
        var messages: [AnswerMessage]

        var sheets: [Sheet] { MyPages.sheets(round.questionnaire) }
        var check: AnswerCheck { AnswerCheck(round.questionnaire, firm: view, answers: draft.answers) }
        var path: String { "/my/\(round.id)" }
        /// Whether answers are taken.
        var takesAnswers: Bool { AnswersHandedIn.State.afterHandingIn(versions.first?.state, isOpen: round.isOpen) != nil }
        var standing: SurveyStanding {
            SurveyStanding(firm: firm, drafted: draft.version > 0 ? draft.saved : nil, newest: versions.first)
        }
    }

    var routes: [Route] {
        [
            .page("/my", .permitted(.answersGive)) { visit in try await list(visit) },
            .page("/my/:round", .permitted(.answersGive)) { visit in try await overview(visit) },
            .page("/my/:round/sheets/:sheet", .permitted(.answersGive)) { visit in
                try sheet(visit, try await model(visit), nil, "")
            },
            .form("/my/:round/sheets/:sheet", .permitted(.answersGive)) { visit in try await save(visit) },
            .page("/my/:round/preview", .permitted(.answersGive)) { visit in try await preview(visit) },
            .page("/my/:round/hand-in", .permitted(.answersGive), isFresh: true) { visit in
                handingIn(visit, try await model(visit), "")
            },
            .form("/my/:round/hand-in", .permitted(.answersGive), isFresh: true) { visit in try await handIn(visit) },
            .page("/my/:round/versions/:version", .permitted(.answersGive)) { visit in try await version(visit) },
        ]
    }

    /// A questionnaire in forms of a bounded size, section by section.
    static func sheets(_ questionnaire: Questionnaire) -> [Sheet] {
        var sheets: [Sheet] = []
        for section in questionnaire.sections {
            var rest = questionnaire.questions(in: section.id)[...]
            while !rest.isEmpty {
                sheets.append(Sheet(number: sheets.count + 1, title: section.title, questions: Array(rest.prefix(sheetSize))))
                rest = rest.dropFirst(sheetSize)
            }
        }
        return sheets
    }

    func model(_ visit: Visit) async throws -> Model {
        let (firm, id) = (try visit.party(), try visit.number("round"))
        let round = try await supervision.surveys.round(id, of: firm)
        let history = try await answers.history(id, of: firm)
        return Model(
            firm: firm, round: round, draft: try await answers.draft(id, of: firm),
            view: try await answers.view(of: firm, on: round.asOf), versions: history.versions, messages: history.messages)
    }

    func crumbs(_ model: Model, _ visit: Visit) -> [(title: String, path: String)] {
        [(visit.wording("web.my"), "/my"), (visit.wording(model.round.questionnaire.title), model.path)]
    }

    // MARK: All rounds of the firm

    private func list(_ visit: Visit) async throws -> Answer {
        let (wording, firm) = (visit.wording, try visit.party())
        let name = try await supervision.register.firm(firm).firm.name(asOf: visit.today)
        var rows: [(round: SurveyRound, standing: SurveyStanding)] = []
        for round in try await supervision.surveys.rounds(of: firm) {
            let draft = try await answers.draft(round.id, of: firm)
            let newest = try await answers.history(round.id, of: firm).versions.first
            rows.append((round, SurveyStanding(firm: firm, drafted: draft.version > 0 ? draft.saved : nil, newest: newest)))
        }
        return Page(visit, wording("web.my"), .my).answer { page in
            page.element("p", ("class", "lead"), text: name.map { "\($0.legal)（\($0.short)）" } ?? firm)
            if rows.isEmpty { page.element("p", text: wording("survey.none-for-you")) }
            page.element("div", ("class", "cards")) { page in
                for (round, standing) in rows {
                    page.element("section", ("class", "card")) { page in
                        page.element("h2") {
                            $0.element(
                                "a", ("href", "/my/\(round.id)"), text: "\(round.quarter) \(wording(round.questionnaire.title))")
                        }
                        page.element("p") { page in
                            SurveyWords.badge(standing.step, wording, &page)
                            if !round.isOpen { Shapes.badge("", wording("survey.closed"), &page) }
                        }
                        page.element("p") { due(round, standing, visit, &$0) }
                    }
                }
            }
        }
    }

    private func due(_ round: SurveyRound, _ standing: SurveyStanding, _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        page.text("\(wording("survey.due")) \(round.due) (\(round.due.rocDescription)) ")
        if let overdue = standing.overdue(round, on: visit.today) {
            Shapes.badge("bad", wording("survey.days-over", ["days": String(overdue)]), &page)
        } else if standing.isAwaited, round.isOpen {
            Shapes.badge("warn", wording("survey.days-left", ["days": String(round.due - visit.today)]), &page)
        }
    }

    // MARK: One round

    private func overview(_ visit: Visit) async throws -> Answer {
        let (wording, model) = (visit.wording, try await model(visit))
        var page = Page(visit, wording(model.round.questionnaire.title), .my)
        page.crumbs = [(wording("web.my"), "/my")]
        let check = model.check
        return page.answer { page in
            if visit.query.text("done") == "handed-in" { Shapes.done(wording("survey.done"), &page) }
            page.element("p") { page in
                SurveyWords.badge(model.standing.step, wording, &page)
                page.text(" ")
                due(model.round, model.standing, visit, &page)
            }
            Shapes.facts(SurveyWords.facts(model.round, wording), &page)
            if !model.round.note.isEmpty {
                Shapes.notice("", &page) { $0.element("p") { SurveyWords.lines(model.round.note, &$0) } }
            }
            SurveyWords.messages(model.messages, isFirm: true, wording, &page)
            if model.takesAnswers {
                steps(model, check, visit, &page)
            } else {
                page.element("p", text: wording("survey.no-more"))
            }
            handedIn(model, wording, &page)
        }
    }

    /// The forms in order, how far each is, and what comes after them.
    private func steps(_ model: Model, _ check: AnswerCheck, _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        page.element("h2", text: wording("survey.sheets"))
        page.element("ul") { page in
            for sheet in model.sheets {
                let items = check.items.filter { item in sheet.questions.contains { $0.id == item.question.id } }
                let asked = items.filter { $0.state != .notApplicable }
                page.element("li") { page in
                    page.element("a", ("href", "\(model.path)/sheets/\(sheet.number)"), text: title(sheet, model, wording))
                    page.text(" ")
                    let left = asked.count { $0.state == .noAnswer }
                    Shapes.badge(
                        left == 0 ? "good" : "warn",
                        wording("survey.answered-of", ["done": String(asked.count - left), "all": String(asked.count)]), &page)
                    page.text(" ")
                    if items.contains(where: { $0.state == .contradiction }) {
                        Shapes.badge("bad", wording("survey.state.contradiction"), &page)
                    }
                }
            }
        }
        Shapes.links([(wording("survey.preview"), model.path + "/preview")], isPrimary: true, &page)
        Shapes.links([(wording("workbook.title"), model.path + "/workbook")], &page)
    }

    private func title(_ sheet: Sheet, _ model: Model, _ wording: Wording) -> String {
        let same = model.sheets.filter { $0.title == sheet.title }
        guard same.count > 1, let place = same.firstIndex(where: { $0.number == sheet.number }) else {
            return wording(sheet.title)
        }
        return "\(wording(sheet.title)) (\(place + 1)/\(same.count))"
    }

    private func handedIn(_ model: Model, _ wording: Wording, _ page: inout HTMLWriter) {
        guard !model.versions.isEmpty else { return }
        page.element("h2", text: wording("survey.receipts"))
        page.element("ul") { page in
            for made in model.versions {
                page.element("li") { page in
                    page.element(
                        "a", ("href", "\(model.path)/versions/\(made.version)"),
                        text: wording("survey.about-version", ["version": String(made.version)]))
                    page.text(" ")
                    Shapes.time(Instant(seconds: made.at / 1_000_000), &page)
                    page.text(" ")
                    page.element("code", text: made.sha256)
                }
            }
        }
    }

    // MARK: Filling in

    /// What a form said; what is wrong with it, by question.
    private func entries(_ sheet: Sheet, _ visit: Visit) -> (entries: [Answers.Entry], wrong: [String: String]) {
        var wrong: [String: String] = [:]
        let entries = sheet.questions.map { question in
            let note = SurveyWords.text(visit.form, "n-\(question.id)")
            if !AnswersReader.isNote(note) {
                wrong[question.id] = visit.wording("survey.note-wrong", ["limit": String(Answers.noteLimit)])
            }
            return Answers.Entry(
                question: question.id, answer: GivenAnswer(rawValue: visit.form.text("a-\(question.id)")), note: note)
        }
        return (entries, wrong)
    }

    private func find(_ visit: Visit, _ model: Model) throws(Failure) -> Sheet {
        let number = try visit.number("sheet")
        guard let sheet = model.sheets.first(where: { Int64($0.number) == number }) else { throw Failure.notFound("sheet") }
        return sheet
    }

    private func save(_ visit: Visit) async throws -> Answer {
        let model = try await model(visit)
        let sheet = try find(visit, model)
        let isAutomatic = visit.form.text("auto") == "1"
        let (entries, wrong) = entries(sheet, visit)
        if !wrong.isEmpty, isAutomatic { throw Failure.bad("form") }
        guard wrong.isEmpty else { return try self.sheet(visit, model, (entries, wrong), visit.wording("error.form")) }
        let draft: AnswerDraft
        do throws(SupervisionError) {
            draft = try await answers.save(
                entries, over: Int(visit.form.text("version")) ?? 0, model.round.id, of: model.firm, way: .browser, visit.actor)
        } catch {
            guard case .conflict = error, !isAutomatic else { throw error }
            // What was typed is not lost: it stands in the form, over the version it would now replace.
            let text = visit.wording(model.takesAnswers ? "survey.changed-meanwhile" : "survey.no-more")
            return try self.sheet(visit, model, (entries, [:]), text)
        }
        if isAutomatic { return .json(.object([("version", .integer(Int64(draft.version)))])) }
        let goesOn = visit.form.text("go") == "next"
        guard goesOn else { return .see("\(model.path)/sheets/\(sheet.number)?saved=1") }
        return .see(sheet.number < model.sheets.count ? "\(model.path)/sheets/\(sheet.number + 1)" : model.path + "/preview")
    }

    /// One form. `typed` is what was sent and could not be kept as it is.
    private func sheet(
        _ visit: Visit, _ model: Model, _ typed: (entries: [Answers.Entry], wrong: [String: String])?, _ alert: String
    ) throws -> Answer {
        let (wording, sheet) = (visit.wording, try find(visit, model))
        var shown = model.draft.answers
        if let typed { shown = shown.replacing(typed.entries, in: model.round.questionnaire) }
        let check = AnswerCheck(model.round.questionnaire, firm: model.view, answers: shown)
        var page = Page(visit, title(sheet, model, wording), .my)
        page.crumbs = crumbs(model, visit)
        return page.answer { page in
            if !alert.isEmpty { Shapes.alert(alert, &page) }
            if visit.query.text("saved") == "1" { Shapes.done(wording("survey.saved"), &page) }
            guard model.takesAnswers else {
                page.element("p", text: wording("survey.no-more"))
                return
            }
            page.element(
                "form", ("method", "post"), ("action", "\(model.path)/sheets/\(sheet.number)"),
                ("data-autosave", wording("survey.saved")), ("data-failed", wording("survey.not-saved"))
            ) { page in
                page.void("input", ("type", "hidden"), ("name", "csrf"), ("value", visit.signedIn?.csrf ?? ""))
                page.void("input", ("type", "hidden"), ("name", "version"), ("value", String(model.draft.version)))
                for item in check.items where sheet.questions.contains(where: { $0.id == item.question.id }) {
                    question(item, check, typed?.wrong[item.question.id] ?? "", wording, &page)
                }
                page.element("div", ("class", "actions")) { page in
                    page.element(
                        "button", ("class", "primary"), ("name", "go"), ("value", "next"), text: wording("survey.save-next"))
                    page.element("button", ("name", "go"), ("value", "stay"), text: wording("web.save"))
                    page.element("a", ("class", "button"), ("href", model.path), text: wording("survey.to-overview"))
                }
                page.element("p", ("class", "hint"), ("data-saved", ""), ("role", "status"), text: "")
            }
        }
    }

    private func question(
        _ item: AnswerCheck.Item, _ check: AnswerCheck, _ wrong: String, _ wording: Wording, _ page: inout HTMLWriter
    ) {
        let question = item.question
        page.element("section", ("class", "card"), ("id", "q-\(question.id)")) { page in
            page.element("h2", text: wording(question.title))
            page.element("p") { SurveyWords.state(item.state, wording, &$0) }
            if item.applies.truth == .no { page.element("p", ("class", "hint"), text: wording("survey.outside")) }
            for difference in question.differs {
                page.element("p", ("class", "hint"), text: "≠ \(difference.reference) \(wording(difference.text))")
            }
            Form.boxes(
                "radio", "a-\(question.id)", wording(question.text),
                GivenAnswer.allCases.map { ($0.rawValue, SurveyWords.answer($0, wording)) } + [
                    ("", SurveyWords.answer(nil, wording))
                ],
                chosen: [item.entry?.answer?.rawValue ?? ""], &page)
            SurveyWords.area(
                "n-\(question.id)", wording("survey.note"),
                hint: question.evidence.map { "\(wording("survey.evidence"))：\(wording($0))" } ?? "",
                value: item.entry?.note ?? "",
                wrong: wrong, rows: 2, &page)
            SurveyWords.remarks(check.remarks(on: question.id), wording, &page)
        }
    }

    // MARK: Looking at all of it, and handing it in

    private func preview(_ visit: Visit) async throws -> Answer {
        let (wording, model) = (visit.wording, try await model(visit))
        let check = model.check
        var page = Page(visit, wording("survey.preview"), .my)
        page.crumbs = crumbs(model, visit)
        return page.answer { page in
            page.element("p", ("class", "lead"), text: wording("survey.preview-why"))
            page.element("p") { page in
                for state in AnswerCheck.State.allCases where check.count(state) > 0 {
                    SurveyWords.state(state, wording, &page)
                    page.text(" \(check.count(state)) ")
                }
            }
            SurveyWords.remarks(check.remarks.filter(\.questions.isEmpty), wording, &page)
            SurveyWords.table(.init(check: check, handedIn: nil), model.round.questionnaire, visit, &page)
            guard model.takesAnswers, model.draft.version > 0 else { return }
            guard check.isConsistent else { return Shapes.alert(wording("survey.inconsistent"), &page) }
            if check.count(.noAnswer) > 0 {
                Shapes.notice("warn", &page) {
                    $0.element("p", text: wording("survey.unanswered", ["count": String(check.count(.noAnswer))]))
                }
            }
            Shapes.links([(wording("survey.hand-in"), model.path + "/hand-in")], isPrimary: true, &page)
        }
    }

    private func handingIn(_ visit: Visit, _ model: Model, _ wrong: String) -> Answer {
        let (wording, check) = (visit.wording, model.check)
        let page = ActPage(
            title: wording("survey.hand-in"), lead: wording("survey.hand-in-why"), path: model.path + "/hand-in",
            button: wording("survey.hand-in"),
            crumbs: crumbs(model, visit) + [(wording("survey.preview"), model.path + "/preview")],
            place: .my, wrong: wrong)
        return page.answer(visit) { page in
            Shapes.facts(
                SurveyWords.facts(model.round, wording)
                    + AnswerCheck.State.allCases.map { (wording("survey.state.\($0.rawValue)"), String(check.count($0))) }
                    + [(wording("survey.signer"), visit.signedIn?.session?.account.displayName ?? "")], &page)
            page.void("input", ("type", "hidden"), ("name", "version"), ("value", String(model.draft.version)))
            Form.Field(
                name: "role", label: wording("survey.signer-role"), hint: wording("survey.signer-role-hint"),
                value: visit.form.text("role"), isRequired: true, limit: 60
            ).write(&page)
            if model.standing.step == .returned {
                SurveyWords.area(
                    "reply", wording("survey.reply"), hint: wording("survey.reply-hint"),
                    value: SurveyWords.text(visit.form, "reply"),
                    &page)
            }
        }
    }

    private func handIn(_ visit: Visit) async throws -> Answer {
        let model = try await model(visit)
        let name = try visit.session().account.displayName
        do throws(SupervisionError) {
            _ = try await answers.handIn(
                Int(visit.form.text("version")) ?? 0, model.round.id, of: model.firm, name: name, role: visit.form.text("role"),
                reply: SurveyWords.text(visit.form, "reply"), visit.actor)
        } catch {
            let wording = visit.wording
            switch error {
            case .document(let error): return handingIn(visit, model, "\(error.key): \(error.reason)")
            case .refused: return handingIn(visit, model, wording("survey.inconsistent"))
            case .conflict: return handingIn(visit, model, wording(model.takesAnswers ? "survey.look-again" : "survey.no-more"))
            default: throw error
            }
        }
        services.hub.tell("market")
        return .see(model.path + "?done=handed-in")
    }

    private func version(_ visit: Visit) async throws -> Answer {
        let (wording, model, number) = (visit.wording, try await model(visit), try visit.number("version"))
        guard let made = model.versions.first(where: { Int64($0.version) == number }) else { throw Failure.notFound("version") }
        if visit.query.text("format") == "json" {
            // These bytes are what the receipt's hash is of.
            return .download(
                "answers-\(model.round.quarter)-\(made.version).json", "application/json",
                CanonicalJSON.bytes(of: made.answers.node))
        }
        var page = Page(visit, wording("survey.about-version", ["version": String(made.version)]), .my)
        page.crumbs = crumbs(model, visit)
        return page.answer { page in
            Shapes.facts(SurveyWords.facts(made, wording), &page)
            Shapes.links([("JSON", "\(visit.path)?format=json")], &page)
            SurveyWords.messages(model.messages.filter { $0.version == made.version }, isFirm: true, wording, &page)
            let check = AnswerCheck(model.round.questionnaire, firm: model.view, answers: made.answers)
            SurveyWords.table(.init(check: check, handedIn: made), model.round.questionnaire, visit, &page)
        }
    }
}
