internal import Documents
internal import HTML
internal import Reports
internal import Rulebook
internal import Supervision

/// What forms and tables of agreed actions share: corrective actions, what coaching agreed, resolutions.
enum ActionForm {
    // MARK: Agreeing

    /// The fields of an agreement.
    static func agreement(_ wording: Wording, items: [Form.Choice]? = nil) -> [EntryForm.Field] {
        var fields: [EntryForm.Field] = [.init("what", wording("actions.what"), .area, isRequired: true)]
        if let items {
            fields.append(
                .init(
                    "item", wording("followups.item"), .choice([("", "—")] + items), hint: wording("actions.item-hint")))
        }
        return fields + [
            .init("owner", wording("followups.owner"), isRequired: true),
            .init("due", wording("actions.due"), .day, isRequired: true),
            .init("note", wording("followups.note"), .area),
        ]
    }

    /// Reads an agreement.
    static func readAgreement(_ visit: Visit, _ reader: inout EntryReader) throws(SupervisionError) -> AgreedAction.Agreement {
        let word = AgreedAction.Word(owner: reader.text("owner"), due: reader.day("due"), note: reader.text("note"))
        let agreement = AgreedAction.Agreement(what: reader.text("what"), item: reader.text("item"), word: word)
        try reader.finish(ActionRules.problems(agreement, on: visit.today))
        return agreement
    }

    // MARK: Saying something

    /// The fields of a new word about an action.
    static func word(_ action: AgreedAction, _ wording: Wording) -> [EntryForm.Field] {
        let current = action.current
        return [
            .init(
                "state", wording("followups.state"),
                .choice(AgreedAction.State.allCases.map { ($0.rawValue, wording("actions.state.\($0.rawValue)")) }),
                value: current.state.rawValue, isRequired: true),
            .init("owner", wording("followups.owner"), value: current.owner, isRequired: true),
            .init("due", wording("actions.due"), .day, value: current.due.map { "\($0)" } ?? "", isRequired: true),
            .init("progress", wording("followups.progress-percent"), .number, value: "\(current.progress)", isRequired: true),
            .init("note", wording("followups.note"), .area, hint: wording("actions.note-hint")),
        ]
    }

    /// Reads a new word about an action.
    static func readWord(
        _ action: AgreedAction, _ visit: Visit, _ reader: inout EntryReader
    ) throws(SupervisionError) -> AgreedAction.Word {
        let state: AgreedAction.State? = reader.choice("state")
        let due = reader.day("due")
        let progress = reader.number("progress")
        let word = AgreedAction.Word(
            state: reader.need(state, "state", or: .open, .unknown), owner: reader.text("owner"), due: due,
            progress: reader.need(progress, "progress", or: 0), note: reader.text("note"))
        try reader.finish(ActionRules.problems(word, after: action.current, on: visit.today))
        return word
    }

    /// The action of an address.
    static func find(_ visit: Visit, in actions: [AgreedAction]) throws(Failure) -> AgreedAction {
        let number = try visit.number("action")
        guard let action = actions.first(where: { Int64($0.number) == number }) else {
            throw Failure.notFound("action \(number)")
        }
        return action
    }

    // MARK: Tables

    /// An action and where it stands.
    struct Row: Sendable {
        var action: AgreedAction
        /// What it belongs to, and the way there.
        var place: String
        var path: String
        /// The way to saying something of it; nil where nobody may.
        var say: String?
    }

    /// A list of actions; `isAlone` for one within the page of its case.
    static func listing(_ name: String, isAlone: Bool, _ visit: Visit) -> Listing<Row> {
        let wording = visit.wording
        let today = visit.today
        var columns: [Listing<Row>.Column] = [
            .init(
                "number", "#", isNumber: true, { .integer($0.action.number) }, isBefore: { $0.action.number < $1.action.number })
        ]
        if isAlone {
            columns.insert(
                .init("place", wording("actions.place"), { .text($0.place) }, isBefore: { $0.place < $1.place }) { row, page in
                    page.element("a", ("href", row.path), text: row.place)
                }, at: 0)
        }
        columns += [
            .init("what", wording("actions.what"), { .text($0.action.what) }),
            .init("item", wording("followups.item"), { .text($0.action.item) }),
            .init("owner", wording("followups.owner"), { .text($0.action.current.owner) }),
            .init(
                "due", wording("actions.due"), { $0.action.current.due.map { .text("\($0)") } ?? Node(.null) },
                isBefore: { ($0.action.current.due?.day ?? .max) < ($1.action.current.due?.day ?? .max) }
            ) { row, page in
                page.text(FollowUpNames.day(row.action.current.due))
                let slips = row.action.slips
                if slips.count > 0 {
                    page.element(
                        "p", text: wording("followups.slips-text", ["count": "\(slips.count)", "days": "\(slips.days)"]))
                }
            },
            .init("state", wording("followups.state"), { .text($0.action.current.state.rawValue) }) { row, page in
                let state = row.action.current.state
                Shapes.badge(state.isSettled ? "good" : "", wording("actions.state.\(state.rawValue)"), &page)
                if row.action.overdueDays(on: today) > 0 {
                    page.text(" ")
                    Shapes.badge("bad", wording("followups.mark.overdue"), &page)
                }
            },
            .init("progress", wording("followups.progress"), isNumber: true, { .integer($0.action.current.progress) }),
            .init(
                "overdue_days", wording("followups.overdue-days"), isNumber: true, { .integer($0.action.overdueDays(on: today)) },
                isBefore: { $0.action.overdueDays(on: today) < $1.action.overdueDays(on: today) }),
            .init("note", wording("followups.note"), { .text($0.action.current.note) }),
            .acts(wording("act.action")) { row, page in
                guard let say = row.say else { return }
                page.element("a", ("href", say)) { page in
                    page.text(wording("followups.say"))
                    page.element("span", ("class", "hidden"), text: " \(row.action.number)")
                }
            },
        ]
        var list = Listing<Row>(
            name: name, columns: columns, text: { "\($0.place) \($0.action.what) \($0.action.current.owner)" },
            schema: "plumbline.actions/1")
        list.filters = [
            .init(
                id: "state", title: wording("followups.state"),
                choices: [("overdue", wording("followups.mark.overdue")), ("unsettled", wording("actions.unsettled"))]
                    + AgreedAction.State.allCases.map { ($0.rawValue, wording("actions.state.\($0.rawValue)")) },
                matches: { row, value in
                    switch value {
                    case "overdue": row.action.overdueDays(on: today) > 0
                    case "unsettled": !row.action.current.state.isSettled
                    default: row.action.current.state.rawValue == value
                    }
                })
        ]
        return list
    }

    /// Everything that was said of an action, oldest first.
    static func history(_ action: AgreedAction, _ wording: Wording, _ page: inout HTMLWriter) {
        page.element("p", text: action.what)
        page.element("ol") { page in
            for step in action.words {
                page.element("li") { page in
                    Shapes.time(Instant(seconds: step.said.at / 1_000_000), &page)
                    page.text(
                        " \(step.said.by): \(wording("actions.state.\(step.word.state.rawValue)")), \(step.word.owner), "
                            + "\(FollowUpNames.day(step.word.due)), \(step.word.progress) % \(step.word.note)")
                }
            }
        }
    }
}

/// Everything that happened in a case, as a list at the end of its page.
enum CaseHistory {
    static func write<Case: CaseFile>(_ pages: [CaseStore<Case>.Page], _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        page.element("h2", text: wording("actions.history"))
        Listing<CaseStore<Case>.Page>(
            name: "history",
            columns: [
                .init("number", "#", isNumber: true, { .integer($0.number) }),
                .init("at", wording("followups.at"), { .text(Instant(seconds: $0.said.at / 1_000_000).description) }) {
                    Shapes.time(Instant(seconds: $0.said.at / 1_000_000), &$1)
                },
                .init("by", wording("followups.by"), { .text($0.said.by) }),
                .init("event", wording("actions.event"), { .text($0.event.action) }) { row, page in
                    page.text(wording("actions.event.\(row.event.action)"))
                },
                .init("reason", wording("act.reason"), { .text($0.event.reason ?? "") }),
            ], text: { $0.said.by }, schema: "plumbline.case-history/1"
        ).table(pages, wording("actions.history"), visit, &page)
    }
}
