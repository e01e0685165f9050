internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Supervision

/// Coaching on a firm's premises: the cases, one case, and what is done in it.
struct CoachingPages: Sendable {
    let services: SupervisorServices
    private var store: CoachingStore { services.supervision.coaching }

    var routes: [Route] {
        [
            .page("/followups/coaching", .permitted(.marketRead)) { visit in try await list(visit) },
            .page("/followups/coaching/:id", .permitted(.marketRead)) { visit in try await show(visit) },
        ] + planning + acts + actions
    }

    private static func path(_ id: Int64) -> String { "/followups/coaching/\(id)" }

    private func crumbs(_ visit: Visit, _ found: CoachingCase? = nil) -> [(title: String, path: String)] {
        [(visit.wording("web.followups"), "/followups"), (visit.wording("coaching.title"), "/followups/coaching")]
            + (found.map { [("#\($0.id)", Self.path($0.id))] } ?? [])
    }

    private static func state(_ state: CoachingCase.State, _ wording: Wording, _ page: inout HTMLWriter) {
        Shapes.badge(
            state == .closed ? "good" : state == .visited ? "warn" : "", wording("coaching.state.\(state.rawValue)"), &page)
    }

    private func find(_ visit: Visit) async throws -> CoachingCase { try await store.cases.find(try visit.number("id")) }

    // MARK: Lists

    private func list(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let names = try await FollowUpNames(services.supervision, on: visit.today)
        let cases = try await store.cases.all()
        var list = Listing<CoachingCase>(
            name: "coaching",
            columns: [
                .init("id", "#", isNumber: true, { .integer($0.id) }, isBefore: { $0.id < $1.id }) { row, page in
                    page.element("a", ("href", Self.path(row.id)), text: "\(row.id)")
                },
                .init("firm", wording("firms.firm"), { .text($0.plan.firm) }, isBefore: { $0.plan.firm < $1.plan.firm }) {
                    row, page in
                    page.element("a", ("href", FollowUpNames.path(row.plan.firm)), text: names.firm(row.plan.firm))
                },
                .init("tier", wording("firms.tier"), { .text(names.tier($0.plan.firm, wording)) }),
                .init("items", wording("coaching.items"), { .texts($0.plan.items) }),
                .init(
                    "day", wording("coaching.day"), { .text("\($0.visited ?? $0.plan.day)") },
                    isBefore: { $0.plan.day < $1.plan.day }
                ) {
                    row, page in page.text(FollowUpNames.day(row.visited ?? row.plan.day))
                },
                .init("state", wording("inspections.state"), { .text($0.state.rawValue) }) { row, page in
                    Self.state(row.state, wording, &page)
                },
                .init(
                    "open_actions", wording("actions.unsettled"), isNumber: true,
                    { row in .integer(row.actions.count { !$0.current.state.isSettled }) }),
            ], text: { "\($0.plan.firm) \(names.firm($0.plan.firm)) \($0.plan.reason)" }, schema: "plumbline.coaching/1")
        list.filters =
            names.tierFilters(wording) { $0.plan.firm } + [
                .init(
                    id: "state", title: wording("inspections.state"),
                    choices: CoachingCase.State.allCases.map { ($0.rawValue, wording("coaching.state.\($0.rawValue)")) },
                    matches: { $0.state.rawValue == $1 })
            ]
        if let export = try list.export(cases, visit) { return export }
        return Page(visit, wording("coaching.title"), .followups).answer { page in
            FollowUpTabs.write("/followups/coaching", visit, &page)
            if visit.may(.followupsChange) {
                Shapes.links([(wording("coaching.new"), "/followups/coaching/new")], isPrimary: true, &page)
            }
            list.write(cases, visit, &page)
        }
    }

    // MARK: One

    private func show(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let found = try await find(visit)
        let history = try await store.cases.history(found.id)
        let names = try await FollowUpNames(services.supervision, on: visit.today)
        let maySay = visit.may(.followupsChange) && found.state == .visited
        let rows = found.actions.map {
            ActionForm.Row(
                action: $0, place: "#\(found.id)", path: Self.path(found.id),
                say: maySay ? "\(Self.path(found.id))/actions/\($0.number)" : nil)
        }
        let list = ActionForm.listing("coaching-\(found.id)", isAlone: false, visit)
        if let export = try list.export(rows, visit) { return export }
        var page = Page(visit, "\(wording("coaching.title")) #\(found.id) \(names.firm(found.plan.firm))", .followups)
        page.crumbs = crumbs(visit)
        return page.answer { page in
            page.element("p") { Self.state(found.state, wording, &$0) }
            Shapes.facts(
                [
                    (wording("firms.firm"), names.firm(found.plan.firm)),
                    (wording("firms.tier"), names.tier(found.plan.firm, wording)),
                    (wording("coaching.reason"), found.plan.reason), (wording("coaching.day"), FollowUpNames.day(found.plan.day)),
                    (wording("coaching.participants"), found.present.isEmpty ? found.plan.participants : found.present),
                    (wording("coaching.visited"), found.visited.map { FollowUpNames.day($0) } ?? ""),
                    (wording("coaching.minutes"), found.minutes), (wording("inspections.ending"), found.ending),
                ].filter { !$0.1.isEmpty }, &page)
            page.element("h2", text: wording("coaching.items"))
            page.element("ul") { page in
                for item in found.plan.items {
                    page.element("li") {
                        $0.element("a", ("href", FollowUpNames.path(found.plan.firm, item)), text: names.item(item, wording))
                    }
                }
            }
            if visit.may(.followupsChange) {
                let names: [String] =
                    switch found.state {
                    case .planned: ["visit", "change", "cancel"]
                    case .visited: ["agree", "close"]
                    case .closed, .cancelled: []
                    }
                Shapes.links(names.map { (wording("coaching.\($0)"), "\(Self.path(found.id))/\($0)") }, &page)
            }
            page.element("h2", text: wording("actions.title"))
            list.write(rows, visit, &page)
            CaseHistory.write(history, visit, &page)
        }
    }

    // MARK: Planning

    private func form(_ visit: Visit, _ found: CoachingCase?) async throws -> EntryForm {
        let (wording, plan) = (visit.wording, found?.plan)
        let names = try await FollowUpNames(services.supervision, on: visit.today)
        return EntryForm(
            title: wording(found == nil ? "coaching.new" : "coaching.change"),
            path: found.map { "\(Self.path($0.id))/change" } ?? "/followups/coaching/new", button: wording("web.save"),
            crumbs: crumbs(visit, found), place: .followups,
            fields: [
                .init(
                    "firm", wording("firms.firm"),
                    .choice(plan.map { plan in names.firms.filter { $0.value == plan.firm } } ?? names.firms),
                    value: plan?.firm ?? visit.query.text("firm"), isRequired: true),
                .init(
                    "items", wording("coaching.items"), .area,
                    value: (plan?.items ?? visit.query.values("item")).joined(separator: "\n"),
                    hint: wording("coaching.items-hint"),
                    isRequired: true),
                .init("reason", wording("coaching.reason"), .area, value: plan?.reason ?? "", isRequired: true),
                .init("day", wording("coaching.day"), .day, value: plan.map { "\($0.day)" } ?? "", isRequired: true),
                .init(
                    "participants", wording("coaching.participants"), .area, value: plan?.participants ?? "",
                    hint: wording("meetings.lines"), isRequired: true),
                .hidden("revision", "\(found?.revision ?? 0)"),
            ])
    }

    private static func read(_ reader: inout EntryReader) throws(SupervisionError) -> CoachingCase.Plan {
        let day = reader.day("day")
        let plan = CoachingCase.Plan(
            firm: reader.text("firm"), items: reader.lines("items"), reason: reader.text("reason"),
            day: reader.need(day, "day", or: CivilDate(day: 0)), participants: reader.text("participants"))
        try reader.finish(plan.problems)
        return plan
    }

    private var planning: [Route] {
        services.common.entry(
            "/followups/coaching/new", .followupsChange, { visit in try await form(visit, nil) },
            { visit, reader in Self.path(try await store.cases.begin(.plan(try Self.read(&reader)), visit.actor)) })
            + services.common.entry(
                "/followups/coaching/:id/change", .followupsChange, { visit in try await form(visit, try await find(visit)) },
                { visit, reader in
                    let plan = try Self.read(&reader)
                    let id = try visit.number("id")
                    try await store.cases.apply(.plan(plan), to: id, after: Int(visit.form.text("revision")), visit.actor)
                    return Self.path(id)
                })
    }

    // MARK: Acts

    private func act(
        _ name: String, _ visit: Visit, path: String? = nil, lead: String = "", isDanger: Bool = false,
        _ fields: [EntryForm.Field]
    ) async throws -> EntryForm {
        let found = try await find(visit)
        return EntryForm(
            title: visit.wording("coaching.\(name)"), lead: lead, path: "\(Self.path(found.id))/\(path ?? name)",
            button: visit.wording("coaching.\(name)"), crumbs: crumbs(visit, found), place: .followups, fields: fields,
            isDanger: isDanger)
    }

    private func apply(_ event: CoachingCase.Event, _ visit: Visit) async throws -> String {
        let id = try visit.number("id")
        try await store.cases.apply(event, to: id, visit.actor)
        return Self.path(id)
    }

    private var acts: [Route] {
        let services = services.common
        return services.entry(
            "/followups/coaching/:id/visit", .followupsChange,
            { visit in
                let (wording, plan) = (visit.wording, try await find(visit).plan)
                return try await act(
                    "visit", visit,
                    [
                        .init("day", wording("coaching.visited"), .day, value: "\(min(plan.day, visit.today))", isRequired: true),
                        .init(
                            "participants", wording("coaching.participants"), .area, value: plan.participants, isRequired: true),
                        .init("minutes", wording("coaching.minutes"), .area, isRequired: true),
                    ])
            },
            { visit, reader in
                let day = reader.day("day")
                let visited = reader.need(day, "day", or: visit.today)
                try reader.finish()
                return try await apply(
                    .visit(day: visited, participants: reader.text("participants"), minutes: reader.text("minutes")), visit)
            })
            + services.entry(
                "/followups/coaching/:id/close", .followupsChange,
                { visit in
                    try await act(
                        "close", visit, lead: visit.wording("coaching.close-why"),
                        [.init("note", visit.wording("followups.note"), .area)])
                }, { visit, reader in try await apply(.close(note: reader.text("note")), visit) })
            + services.entry(
                "/followups/coaching/:id/cancel", .followupsChange,
                { visit in
                    try await act(
                        "cancel", visit, isDanger: true, [.init("reason", visit.wording("act.reason"), .area, isRequired: true)])
                }, { visit, reader in try await apply(.cancel(reason: reader.text("reason")), visit) })
    }

    private var actions: [Route] {
        let services = services.common
        return services.entry(
            "/followups/coaching/:id/agree", .followupsChange,
            { visit in
                let names = try await FollowUpNames(self.services.supervision, on: visit.today)
                let items = try await find(visit).plan.items.map { ($0, names.item($0, visit.wording)) }
                return try await act("agree", visit, ActionForm.agreement(visit.wording, items: items))
            },
            { visit, reader in
                let agreement = try ActionForm.readAgreement(visit, &reader)
                let id = try visit.number("id")
                try await store.agree(agreement, in: id, visit.actor)
                self.services.hub.tell("followups")
                return Self.path(id)
            })
            + services.entry(
                "/followups/coaching/:id/actions/:action", .followupsChange,
                { visit in
                    let action = try ActionForm.find(visit, in: try await find(visit).actions)
                    return try await act(
                        "say", visit, path: "actions/\(action.number)", lead: action.what, ActionForm.word(action, visit.wording))
                },
                { visit, reader in
                    let action = try ActionForm.find(visit, in: try await find(visit).actions)
                    let word = try ActionForm.readWord(action, visit, &reader)
                    let id = try visit.number("id")
                    try await store.say(word, of: action.number, in: id, visit.actor)
                    self.services.hub.tell("followups")
                    return Self.path(id)
                })
    }
}
