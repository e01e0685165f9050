internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Spreadsheets
internal import Submissions
internal import Supervision

/// The same questions as a workbook: taken along, filled in elsewhere, sent back, looked at, and only then taken.
struct MyWorkbookPages: Sendable {
    let services: SupervisorServices
    private var answers: AnswerStore { services.supervision.answers }
    private var pages: MyPages { MyPages(services: services) }

    var routes: [Route] {
        [
            .page("/my/:round/workbook", .permitted(.answersGive)) { visit in
                try await show(visit, try await pages.model(visit), [], "")
            },
            .form("/my/:round/workbook", .permitted(.answersGive)) { visit in try await take(visit) },
            .page("/my/:round/workbook/file", .permitted(.answersGive)) { visit in try await file(visit) },
            .form("/my/:round/workbook/file", .permitted(.answersGive), upload: AnswerWorkbook.limits.bytes + 4_096) { visit in
                try await read(visit)
            },
        ]
    }

    private func workbook(_ model: MyPages.Model, _ visit: Visit) -> AnswerWorkbook {
        AnswerWorkbook(model.round, of: model.firm, words: visit.wording.catalog)
    }

    private func file(_ visit: Visit) async throws -> Answer {
        let model = try await pages.model(visit)
        let name = try await services.supervision.register.firm(model.firm).firm.name(asOf: model.round.asOf)
        let made = workbook(model, visit).make(
            title: name?.legal ?? model.firm, answers: model.draft.answers, view: model.view, language: visit.wording.language,
            at: visit.now / 1_000_000)
        do throws(SpreadsheetError) {
            return .download(
                "questionnaire-\(model.round.quarter).xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                try made.xlsx())
        } catch {
            throw Failure(.serviceUnavailable, "workbook", detail: "\(error)")
        }
    }

    /// What came is read and shown; nothing of it counts until it is taken.
    private func read(_ visit: Visit) async throws -> Answer {
        let model = try await pages.model(visit)
        guard let bytes = Multipart.file(visit.body, visit.headers[.contentType] ?? "", name: "file") else {
            throw Failure.bad("form")
        }
        let reading: AnswerWorkbook.Reading
        do throws(SpreadsheetError) { reading = try workbook(model, visit).read(bytes) } catch {
            return try await show(visit, model, [], visit.wording("workbook.unreadable", ["reason": error.reason.clipped]))
        }
        guard reading.problems.isEmpty else {
            return try await show(visit, model, reading.problems, visit.wording("workbook.refused"))
        }
        do throws(SupervisionError) {
            try await answers.keep(reading.entries, model.round.id, of: model.firm, visit.actor)
        } catch {
            guard case .conflict = error else { throw error }
            return try await show(visit, model, [], visit.wording("survey.no-more"))
        }
        return .see(model.path + "/workbook")
    }

    private func take(_ visit: Visit) async throws -> Answer {
        let model = try await pages.model(visit)
        do throws(SupervisionError) {
            _ = try await answers.take(model.round.id, of: model.firm, visit.actor)
        } catch {
            guard case .conflict = error else { throw error }
            return try await show(visit, model, [], visit.wording(model.takesAnswers ? "workbook.stale" : "survey.no-more"))
        }
        return .see(model.path + "/preview")
    }

    private func show(
        _ visit: Visit, _ model: MyPages.Model, _ problems: [AnswerWorkbook.Problem], _ alert: String
    ) async throws -> Answer {
        let wording = visit.wording
        let upload = problems.isEmpty ? try await answers.upload(model.round.id, of: model.firm, visit.actor) : nil
        var page = Page(visit, wording("workbook.title"), .my)
        page.crumbs = pages.crumbs(model, visit)
        return page.answer { page in
            if !alert.isEmpty { Shapes.alert(alert, &page) }
            list(problems, wording, &page)
            page.element("p", ("class", "lead"), text: wording("workbook.why"))
            if Workbook.canWrite {
                Shapes.links([(wording("workbook.get"), model.path + "/workbook/file")], &page)
            } else {
                page.element("p", text: wording("workbook.unavailable"))
            }
            guard model.takesAnswers else {
                page.element("p", text: wording("survey.no-more"))
                return
            }
            send(model, visit, &page)
            if let upload { dryRun(upload, model, visit, &page) }
        }
    }

    private func list(_ problems: [AnswerWorkbook.Problem], _ wording: Wording, _ page: inout HTMLWriter) {
        guard !problems.isEmpty else { return }
        page.element("ul", ("class", "wrong")) { page in
            for problem in problems.prefix(100) {
                let place = problem.cell.isEmpty ? "" : problem.cell + " "
                page.element(
                    "li", text: "✗ \(place)\(wording("workbook.problem.\(problem.code.rawValue)", ["found": problem.found]))")
            }
        }
        if problems.count > 100 { page.element("p", text: wording("workbook.more", ["count": String(problems.count - 100)])) }
    }

    private func send(_ model: MyPages.Model, _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        page.element(
            "form", ("method", "post"),
            ("action", model.path + "/workbook/file?" + FormFields.query([("csrf", visit.signedIn?.csrf ?? "")])),
            ("enctype", "multipart/form-data")
        ) { page in
            page.element("div", ("class", "field")) { page in
                page.element("label", ("for", "file"), text: wording("workbook.file"))
                page.void("input", ("type", "file"), ("id", "file"), ("name", "file"), ("accept", ".xlsx"), ("required", ""))
            }
            Form.actions(wording("workbook.send"), &page)
        }
    }

    /// What would change, and what would then be said about it.
    private func dryRun(_ upload: AnswerStore.Upload, _ model: MyPages.Model, _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        let check = AnswerCheck(model.round.questionnaire, firm: model.view, answers: upload.answers)
        let changed = upload.answers.entries.filter { model.draft.answers[$0.question] != $0 }
        page.element("h2", text: wording("workbook.dry-run"))
        page.element("p", text: wording("workbook.changes", ["count": String(changed.count)]))
        if !changed.isEmpty {
            page.element(
                "div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", wording("workbook.dry-run"))
            ) {
                page in
                page.element("table", ("class", "stack")) { page in
                    page.element("thead") { page in
                        page.element("tr") { page in
                            for name in ["survey.question", "workbook.before", "workbook.after"] {
                                page.element("th", ("scope", "col"), text: wording(name))
                            }
                        }
                    }
                    page.element("tbody") { page in
                        for entry in changed { change(entry, model, wording, &page) }
                    }
                }
            }
        }
        SurveyWords.remarks(check.remarks, wording, &page)
        Form.post(model.path + "/workbook", visit, &page) { Form.actions(wording("workbook.take"), &$0) }
    }

    private func change(_ entry: Answers.Entry, _ model: MyPages.Model, _ wording: Wording, _ page: inout HTMLWriter) {
        let question = model.round.questionnaire.question(entry.question)
        page.element("tr") { page in
            page.element("th", ("scope", "row"), text: question.map { wording($0.title) } ?? entry.question)
            for shown in [model.draft.answers[entry.question], entry] {
                page.element("td") { page in
                    page.text(SurveyWords.answer(shown?.answer, wording))
                    if let note = shown?.note, !note.isEmpty {
                        page.element("p", ("class", "hint")) { SurveyWords.lines(note, &$0) }
                    }
                }
            }
        }
    }
}
