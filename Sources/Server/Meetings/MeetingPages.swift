internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Supervision

/// Market meetings: all of them, one with what it resolved, and every resolution that waits.
struct MeetingPages: Sendable {
    let services: SupervisorServices
    private var store: CaseStore<Meeting> { services.supervision.meetings }

    var routes: [Route] {
        [
            .page("/programme/meetings", .permitted(.marketRead)) { visit in try await list(visit) },
            .page("/programme/meetings/resolutions", .permitted(.marketRead)) { visit in try await resolutions(visit) },
            .page("/programme/meetings/:id", .permitted(.marketRead)) { visit in try await show(visit) },
        ] + planning + acts
    }

    private func crumbs(_ visit: Visit, _ meeting: Meeting? = nil) -> [(title: String, path: String)] {
        [(visit.wording("web.programme"), "/programme"), (visit.wording("meetings.title"), "/programme/meetings")]
            + (meeting.map { [(Self.name($0, visit.wording), Self.path($0.id))] } ?? [])
    }

    private static func path(_ id: Int64) -> String { "/programme/meetings/\(id)" }

    /// What a meeting is called: year and number within it, in both calendars.
    private static func name(_ meeting: Meeting, _ wording: Wording) -> String {
        wording(
            "meetings.name",
            ["year": "\(meeting.plan.year)", "roc": "\(meeting.plan.year - 1911)", "number": "\(meeting.plan.number)"])
    }

    // MARK: Lists

    private func list(_ visit: Visit) async throws -> Answer {
        let (wording, today) = (visit.wording, visit.today)
        let meetings = try await store.all()
        var list = Listing<Meeting>(
            name: "meetings",
            columns: [
                .init(
                    "number", wording("meetings.number"), { .text($0.name ?? "") },
                    isBefore: { ($0.plan.year, $0.plan.number) < ($1.plan.year, $1.plan.number) }
                ) { row, page in page.element("a", ("href", Self.path(row.id)), text: Self.name(row, wording)) },
                .init("title", wording("meetings.subject"), { .text($0.plan.title) }),
                .init("day", wording("meetings.day"), { .text("\($0.plan.day)") }, isBefore: { $0.plan.day < $1.plan.day }) {
                    row, page in page.text(FollowUpNames.day(row.plan.day))
                },
                .init("place", wording("meetings.place"), { .text($0.plan.place) }),
                .init("resolutions", wording("meetings.resolutions"), isNumber: true, { .integer($0.resolutions.count) }),
                .init(
                    "overdue", wording("followups.mark.overdue"), isNumber: true,
                    { row in .integer(row.resolutions.count { $0.overdueDays(on: today) > 0 }) }),
            ], text: { "\($0.plan.title) \($0.plan.agenda) \($0.minutes)" }, schema: "plumbline.meetings/1")
        list.filters = [
            .init(
                id: "year", title: wording("meetings.year"),
                choices: Set(meetings.map(\.plan.year)).sorted(by: >).map { ("\($0)", "\($0)") },
                matches: { "\($0.plan.year)" == $1 })
        ]
        if let export = try list.export(meetings, visit) { return export }
        return Page(visit, wording("meetings.title"), .programme).answer { page in
            ProgrammeTabs.write("/programme/meetings", visit, &page)
            var links = [(wording("meetings.resolutions"), "/programme/meetings/resolutions")]
            if visit.may(.meetingsChange) { links.insert((wording("meetings.new"), "/programme/meetings/new"), at: 0) }
            Shapes.links(links, &page)
            list.write(meetings, visit, &page)
        }
    }

    private func resolutions(_ visit: Visit) async throws -> Answer {
        let (wording, today) = (visit.wording, visit.today)
        // The longest overdue first, then by due date.
        let rows = try await store.all().flatMap { self.rows($0, visit) }.sorted { left, right in
            let (a, b) = (left.action, right.action)
            let late = (a.overdueDays(on: today), b.overdueDays(on: today))
            return late.0 != late.1
                ? late.0 > late.1 : (a.current.due?.day ?? .max, left.place) < (b.current.due?.day ?? .max, right.place)
        }
        let list = ActionForm.listing("resolutions", isAlone: true, visit)
        if let export = try list.export(rows, visit) { return export }
        var page = Page(visit, wording("meetings.resolutions"), .programme)
        page.crumbs = crumbs(visit)
        return page.answer { page in
            let late = rows.count { $0.action.overdueDays(on: today) > 0 }
            page.element(
                "p", ("class", "lead"),
                text: wording(
                    "meetings.overdue-count",
                    [
                        "late": "\(late)", "open": "\(rows.count { !$0.action.current.state.isSettled })",
                        "day": FollowUpNames.day(today),
                    ]))
            list.write(rows, visit, &page)
        }
    }

    private func rows(_ meeting: Meeting, _ visit: Visit) -> [ActionForm.Row] {
        meeting.resolutions.map {
            ActionForm.Row(
                action: $0, place: Self.name(meeting, visit.wording), path: Self.path(meeting.id),
                say: visit.may(.meetingsChange) ? "\(Self.path(meeting.id))/resolutions/\($0.number)" : nil)
        }
    }

    // MARK: One

    private func find(_ visit: Visit) async throws -> Meeting { try await store.find(try visit.number("id")) }

    private func show(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let meeting = try await find(visit)
        let history = try await store.history(meeting.id)
        let rows = rows(meeting, visit)
        let list = ActionForm.listing("resolutions-\(meeting.id)", isAlone: false, visit)
        if let export = try list.export(rows, visit) { return export }
        var page = Page(visit, "\(Self.name(meeting, wording)) \(meeting.plan.title)", .programme)
        page.crumbs = crumbs(visit)
        return page.answer { page in
            Shapes.facts(
                [
                    (wording("meetings.day"), FollowUpNames.day(meeting.plan.day)),
                    (wording("meetings.place"), meeting.plan.place),
                ].filter { !$0.1.isEmpty }, &page)
            if visit.may(.meetingsChange) {
                Shapes.links(
                    ["change", "minutes", "resolve"].map { (wording("meetings.\($0)"), "\(Self.path(meeting.id))/\($0)") }, &page)
            }
            for (title, text) in [
                ("meetings.participants", meeting.plan.participants), ("meetings.agenda", meeting.plan.agenda),
                ("meetings.minutes", meeting.minutes),
            ] where !text.isEmpty {
                page.element("h2", text: wording(title))
                page.element("ul", ("class", "plain")) { page in
                    for line in text.split(whereSeparator: \.isNewline) { page.element("li", text: String(line)) }
                }
            }
            page.element("h2", text: wording("meetings.resolutions"))
            list.write(rows, visit, &page)
            CaseHistory.write(history, visit, &page)
        }
    }

    // MARK: Acts

    private func form(_ visit: Visit, _ meeting: Meeting?) -> EntryForm {
        let (wording, plan) = (visit.wording, meeting?.plan)
        return EntryForm(
            title: wording(meeting == nil ? "meetings.new" : "meetings.change"),
            path: meeting.map { "\(Self.path($0.id))/change" } ?? "/programme/meetings/new", button: wording("web.save"),
            crumbs: crumbs(visit, meeting), place: .programme,
            fields: [
                .init(
                    "year", wording("meetings.year"), .number, value: "\(plan?.year ?? visit.today.parts.year)", isRequired: true),
                .init("number", wording("meetings.number"), .number, value: plan.map { "\($0.number)" } ?? "", isRequired: true),
                .init("title", wording("meetings.subject"), value: plan?.title ?? "", isRequired: true),
                .init("day", wording("meetings.day"), .day, value: plan.map { "\($0.day)" } ?? "", isRequired: true),
                .init("place", wording("meetings.place"), value: plan?.place ?? ""),
                .init(
                    "participants", wording("meetings.participants"), .area, value: plan?.participants ?? "",
                    hint: wording("meetings.lines")),
                .init(
                    "agenda", wording("meetings.agenda"), .area, value: plan?.agenda ?? "", hint: wording("meetings.lines"),
                    isRequired: true),
                .hidden("revision", "\(meeting?.revision ?? 0)"),
            ])
    }

    private static func read(_ reader: inout EntryReader) throws(SupervisionError) -> Meeting.Plan {
        let (year, number, day) = (reader.number("year"), reader.number("number"), reader.day("day"))
        let plan = Meeting.Plan(
            year: reader.need(year, "year", or: 0), number: reader.need(number, "number", or: 0), title: reader.text("title"),
            day: reader.need(day, "day", or: CivilDate(day: 0)), place: reader.text("place"),
            participants: reader.text("participants"),
            agenda: reader.text("agenda"))
        try reader.finish(plan.problems)
        return plan
    }

    private var planning: [Route] {
        services.common.entry(
            "/programme/meetings/new", .meetingsChange, { visit in form(visit, nil) },
            { visit, reader in Self.path(try await store.begin(.plan(try Self.read(&reader)), visit.actor)) })
            + services.common.entry(
                "/programme/meetings/:id/change", .meetingsChange, { visit in form(visit, try await find(visit)) },
                { visit, reader in
                    let plan = try Self.read(&reader)
                    let id = try visit.number("id")
                    try await store.apply(.plan(plan), to: id, after: Int(visit.form.text("revision")), visit.actor)
                    return Self.path(id)
                })
    }

    private func act(
        _ name: String, _ visit: Visit, path: String? = nil, lead: String = "", _ fields: [EntryForm.Field]
    ) async throws -> EntryForm {
        let meeting = try await find(visit)
        return EntryForm(
            title: visit.wording("meetings.\(name)"), lead: lead, path: "\(Self.path(meeting.id))/\(path ?? name)",
            button: visit.wording("web.save"), crumbs: crumbs(visit, meeting), place: .programme, fields: fields)
    }

    private func apply(_ event: Meeting.Event, _ visit: Visit) async throws -> String {
        let id = try visit.number("id")
        try await store.apply(event, to: id, visit.actor)
        return Self.path(id)
    }

    private var acts: [Route] {
        let services = services.common
        return services.entry(
            "/programme/meetings/:id/minutes", .meetingsChange,
            { visit in
                try await act(
                    "minutes", visit,
                    [
                        .init(
                            "minutes", visit.wording("meetings.minutes"), .area, value: try await find(visit).minutes,
                            isRequired: true)
                    ])
            }, { visit, reader in try await apply(.minutes(reader.text("minutes")), visit) })
            + services.entry(
                "/programme/meetings/:id/resolve", .meetingsChange,
                { visit in try await act("resolve", visit, ActionForm.agreement(visit.wording)) },
                { visit, reader in
                    let agreement = try ActionForm.readAgreement(visit, &reader)
                    return try await apply(.resolve(agreement), visit)
                })
            + services.entry(
                "/programme/meetings/:id/resolutions/:action", .meetingsChange,
                { visit in
                    let action = try ActionForm.find(visit, in: try await find(visit).resolutions)
                    return try await act(
                        "say", visit, path: "resolutions/\(action.number)", lead: action.what,
                        ActionForm.word(action, visit.wording))
                },
                { visit, reader in
                    let action = try ActionForm.find(visit, in: try await find(visit).resolutions)
                    let word = try ActionForm.readWord(action, visit, &reader)
                    return try await apply(.say(action: action.number, word), visit)
                })
    }
}
