internal import Documents
internal import HTML
internal import Reports
internal import Rulebook
internal import Submissions
internal import Supervision

/// What a firm says to a question; an `Answer` of this room is what a handler gives back.
typealias GivenAnswer = Submissions.Answer

/// Questions and answers as both sides read them.
enum SurveyWords {
    /// The answers of one firm, with what there is to say about them.
    struct Sheet {
        var check: AnswerCheck
        /// What was handed in; nil for a draft.
        var handedIn: AnswersHandedIn?
    }

    static func step(_ step: SurveyStanding.Step, _ wording: Wording) -> String { wording("survey.step.\(step.rawValue)") }

    static func badge(_ step: SurveyStanding.Step, _ wording: Wording, _ page: inout HTMLWriter) {
        let kind: String =
            switch step {
            case .nothing, .draft: "warn"
            case .submitted, .answered: ""
            case .returned: "bad"
            case .accepted: "good"
            }
        Shapes.badge(kind, self.step(step, wording), &page)
    }

    static func answer(_ answer: GivenAnswer?, _ wording: Wording) -> String {
        wording("survey.answer.\(answer?.rawValue ?? "none")")
    }

    static func state(_ state: AnswerCheck.State, _ wording: Wording, _ page: inout HTMLWriter) {
        let kind: String =
            switch state {
            case .answered: "good"
            case .noAnswer: "warn"
            case .notApplicable: ""
            case .contradiction: "bad"
            }
        Shapes.badge(kind, wording("survey.state.\(state.rawValue)"), &page)
    }

    static func says(_ remark: AnswerCheck.Remark, _ wording: Wording) -> String {
        remark.says.map { wording($0) } ?? wording("survey.remark.\(remark.code.rawValue)", ["id": remark.id])
    }

    /// What there is to say, one paragraph each.
    static func remarks(_ remarks: [AnswerCheck.Remark], _ wording: Wording, _ page: inout HTMLWriter) {
        for remark in remarks {
            Shapes.notice(remark.severity == .error ? "bad" : "warn", &page) { page in
                page.element("p", text: (remark.severity == .error ? "✗ " : "! ") + says(remark, wording))
            }
        }
    }

    /// What whoever looks at a round must know of it.
    static func facts(_ round: SurveyRound, _ wording: Wording) -> [(String, String)] {
        [
            (wording("survey.quarter"), "\(round.quarter)（\(round.quarter.rocDescription)）"),
            (wording("survey.as-of"), "\(round.asOf) (\(round.asOf.rocDescription))"),
            (wording("survey.due"), "\(round.due) (\(round.due.rocDescription))"),
            (wording("survey.version"), round.questionnaire.version),
        ]
    }

    /// Who put a name to answers, when, and what they are known by.
    static func facts(_ made: AnswersHandedIn, _ wording: Wording) -> [(String, String)] {
        var pairs = [
            (wording("survey.number"), String(made.version)),
            (
                wording("survey.signed"),
                made.answers.signature.map { "\($0.name)（\($0.role)） \($0.at.text(in: .taipei))" } ?? ""
            ), (wording("survey.way"), wording("survey.way.\(made.way.rawValue)")), (wording("survey.receipt"), made.sha256),
        ]
        if let previous = made.previous { pairs.append((wording("survey.previous"), previous)) }
        pairs.append((wording("survey.accepted"), wording("survey.step.\(made.state.rawValue)") + decided(made)))
        if made.isLate { pairs.append((wording("survey.late"), wording("say.yes"))) }
        return pairs
    }

    private static func decided(_ made: AnswersHandedIn) -> String {
        made.decidedAt.map { " " + Instant(seconds: $0 / 1_000_000).text(in: .taipei) } ?? ""
    }

    /// All answers in a table: what was declared and what else is known, each in its own column.
    static func table(_ sheet: Sheet, _ questionnaire: Questionnaire, _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        page.element(
            "div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", wording(questionnaire.title))
        ) { page in
            page.element("table", ("class", "stack")) { page in
                head(["survey.question", "survey.declared", "survey.note", "survey.measured", "survey.stands"], wording, &page)
                for section in questionnaire.sections {
                    let items = sheet.check.items.filter { $0.question.section == section.id }
                    guard !items.isEmpty else { continue }
                    page.element("tbody") { page in
                        page.element("tr") {
                            $0.element("th", ("scope", "rowgroup"), ("colspan", "5"), text: wording(section.title))
                        }
                        for item in items { row(item, sheet.check, wording, &page) }
                    }
                }
            }
        }
    }

    private static func head(_ names: [String], _ wording: Wording, _ page: inout HTMLWriter) {
        page.element("thead") { page in
            page.element("tr") { page in
                for name in names { page.element("th", ("scope", "col"), text: wording(name)) }
            }
        }
    }

    private static func row(_ item: AnswerCheck.Item, _ check: AnswerCheck, _ wording: Wording, _ page: inout HTMLWriter) {
        page.element("tr", ("id", "q-\(item.question.id)")) { page in
            page.element("th", ("scope", "row"), ("data-label", wording("survey.question"))) { page in
                page.element("div") { page in
                    page.text(wording(item.question.title))
                    page.element(
                        "p", ("class", "hint"), text: item.question.clause + (item.question.aspect.map { " · \($0)" } ?? ""))
                }
            }
            page.element("td", ("data-label", wording("survey.declared"))) { page in
                page.element("div", text: answer(item.entry?.answer, wording))
            }
            page.element("td", ("data-label", wording("survey.note"))) { page in
                page.element("div") { page in
                    lines(item.entry?.note ?? "", &page)
                    for hash in item.entry?.evidence ?? [] {
                        page.element("p") { $0.element("code", text: String(hash.prefix(16))) }
                    }
                }
            }
            // Nobody measures a firm that only answers: that is said, not left out.
            page.element("td", ("data-label", wording("survey.measured"))) { page in
                page.element("div", text: wording("survey.not-measured"))
            }
            page.element("td", ("data-label", wording("survey.stands"))) { page in
                page.element("div") { page in
                    state(item.state, wording, &page)
                    for remark in check.remarks(on: item.question.id) {
                        page.element(
                            "p", ("class", "hint"), text: (remark.severity == .error ? "✗ " : "! ") + says(remark, wording))
                    }
                }
            }
        }
    }

    /// A text with its lines.
    static func lines(_ text: String, _ page: inout HTMLWriter) {
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if number > 0 { page.void("br") }
            page.text(String(line))
        }
    }

    /// What both sides wrote, oldest first. A firm sees the supervisor, not who of its people.
    static func messages(
        _ messages: [AnswerMessage], isFirm: Bool, _ wording: Wording, _ page: inout HTMLWriter
    ) {
        guard !messages.isEmpty else { return }
        page.element("h2", text: wording("survey.messages"))
        for message in messages {
            page.element("section", ("class", "card")) { page in
                page.element("p", ("class", "hint")) { page in
                    let who = wording(message.isOfFirm ? "survey.by-firm" : "survey.by-supervisor")
                    page.text(message.isOfFirm || !isFirm ? "\(who) (\(message.by)) · " : "\(who) · ")
                    Shapes.time(Instant(seconds: message.at / 1_000_000), &page)
                    page.text(" · " + wording("survey.about-version", ["version": String(message.version)]))
                }
                page.element("p") { lines(message.text, &$0) }
            }
        }
    }

    /// A field of several lines.
    static func area(
        _ name: String, _ label: String, hint: String = "", value: String, wrong: String = "", isRequired: Bool = false,
        rows: Int = 3,
        _ page: inout HTMLWriter
    ) {
        page.element("div", ("class", "field")) { page in
            page.element("label", ("for", name), text: label)
            if !hint.isEmpty { page.element("p", ("class", "hint"), ("id", name + "-hint"), text: hint) }
            if !wrong.isEmpty { page.element("p", ("class", "wrong"), ("id", name + "-wrong"), text: "✗ " + wrong) }
            let described = [hint.isEmpty ? nil : name + "-hint", wrong.isEmpty ? nil : name + "-wrong"].compactMap { $0 }
            page.element(
                "textarea", ("id", name), ("name", name), ("rows", String(rows)), ("maxlength", String(Answers.noteLimit)),
                ("required", isRequired ? "" : nil), ("aria-invalid", wrong.isEmpty ? nil : "true"),
                ("aria-describedby", described.isEmpty ? nil : described.joined(separator: " ")), text: "\n" + value)
        }
    }

    /// Lines of a form's text as we keep them, without spaces at the ends.
    static func text(_ form: FormFields, _ name: String) -> String {
        // Browsers send carriage returns, which no document of ours holds.
        String((form[name] ?? "").replacing("\r\n", with: "\n").replacing("\r", with: "\n")[...].trimmingSpaces)
    }
}
