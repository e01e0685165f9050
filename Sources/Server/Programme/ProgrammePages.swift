internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Supervision

/// The pages of one place beside each other.
enum ProgrammeTabs {
    static func write(_ current: String, _ visit: Visit, _ page: inout HTMLWriter) {
        Shapes.tabs(
            visit.wording("web.programme"),
            [
                (visit.wording("programme.events"), "/programme"), (visit.wording("meetings.title"), "/programme/meetings"),
                (visit.wording("programme.roster"), "/programme/roster"),
                (visit.wording("programme.support"), "/programme/support"),
            ], current: current, &page)
    }
}

/// What a supervisor holds for firms: briefings, awareness, workshops, and who came.
struct ProgrammePages: Sendable {
    let services: SupervisorServices
    private var store: ProgrammeStore { services.supervision.programme }

    var routes: [Route] {
        [
            .page("/programme", .permitted(.marketRead)) { visit in try await list(visit) },
            .page("/programme/events/:id", .permitted(.marketRead)) { visit in try await show(visit) },
        ] + planning + acts
    }

    private static func path(_ id: Int64) -> String { "/programme/events/\(id)" }

    private func crumbs(_ visit: Visit, _ event: ProgrammeEvent? = nil) -> [(title: String, path: String)] {
        [(visit.wording("web.programme"), "/programme")] + (event.map { [($0.plan.title, Self.path($0.id))] } ?? [])
    }

    private func kind(_ id: String, _ wording: Wording) -> String {
        store.policy.events.first { $0.id == id }.map { wording($0.title) } ?? id
    }

    private func region(_ id: String, _ wording: Wording) -> String {
        store.policy.regions.first { $0.id == id }.map { wording($0.title) } ?? id
    }

    // MARK: Lists

    private func list(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let events = try await store.events.all().sorted { ($1.plan.day, $1.id) < ($0.plan.day, $0.id) }
        var list = Listing<ProgrammeEvent>(
            name: "programme",
            columns: [
                .init("title", wording("programme.title"), { .text($0.plan.title) }, isBefore: { $0.plan.title < $1.plan.title })
                {
                    row, page in
                    page.element("a", ("href", Self.path(row.id)), text: row.plan.title)
                    if !row.cancelled.isEmpty { Shapes.badge("", wording("programme.cancelled"), &page) }
                },
                .init("kind", wording("programme.kind"), { .text($0.plan.kind) }) { row, page in
                    page.text(kind(row.plan.kind, wording))
                },
                .init("region", wording("programme.region"), { .text($0.plan.region) }) { row, page in
                    page.text(region(row.plan.region, wording))
                },
                .init("day", wording("programme.day"), { .text("\($0.plan.day)") }, isBefore: { $0.plan.day < $1.plan.day }) {
                    row, page in page.text(FollowUpNames.day(row.plan.day))
                },
                .init("place", wording("programme.place"), { .text($0.plan.place) }),
                .init(
                    "firms", wording("programme.firms"), isNumber: true, { .integer($0.attendance.count) },
                    isBefore: { $0.attendance.count < $1.attendance.count }),
                .init(
                    "persons", wording("programme.persons"), isNumber: true, { .integer($0.persons) },
                    isBefore: { $0.persons < $1.persons }),
                .exported("cancelled", wording("programme.cancelled")) { .text($0.cancelled) },
            ], text: { "\($0.plan.title) \($0.plan.place) \($0.plan.note)" }, schema: "plumbline.programme-events/1")
        list.filters = [
            .init(
                id: "kind", title: wording("programme.kind"), choices: store.policy.events.map { ($0.id, wording($0.title)) },
                matches: { $0.plan.kind == $1 }),
            .init(
                id: "year", title: wording("meetings.year"),
                choices: Set(events.map(\.plan.day.parts.year)).sorted(by: >).map { ("\($0)", "\($0)") },
                matches: { "\($0.plan.day.parts.year)" == $1 }),
        ]
        if let export = try list.export(events, visit) { return export }
        return Page(visit, wording("web.programme"), .programme).answer { page in
            ProgrammeTabs.write("/programme", visit, &page)
            if visit.may(.programmeChange) {
                Shapes.links([(wording("programme.new"), "/programme/events/new")], isPrimary: true, &page)
            }
            coverage(events, visit, &page)
            list.write(events, visit, &page)
        }
    }

    /// Which kinds were held this year, and in which regions.
    private func coverage(_ events: [ProgrammeEvent], _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        let year = visit.today.parts.year
        let held = events.filter { $0.plan.day.parts.year == year && $0.cancelled.isEmpty && $0.plan.day <= visit.today }
        page.element("div", ("class", "cards")) { page in
            for kind in store.policy.events where !kind.clause.isEmpty {
                let own = held.filter { $0.plan.kind == kind.id }
                page.element("section", ("class", "card")) { page in
                    page.element("h2", text: "\(wording(kind.title)) \(year)")
                    page.element("p", ("class", "figure"), text: "\(own.count)")
                    for region in store.policy.regions where kind.hasRegions {
                        let isHeld = own.contains { $0.plan.region == region.id }
                        Shapes.badge(
                            isHeld ? "good" : "warn",
                            "\(wording(region.title)) \(wording(isHeld ? "programme.held" : "programme.not-held"))", &page)
                        page.text(" ")
                    }
                }
            }
        }
    }

    // MARK: One

    private func find(_ visit: Visit) async throws -> ProgrammeEvent { try await store.events.find(try visit.number("id")) }

    private func show(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let event = try await find(visit)
        let history = try await store.events.history(event.id)
        let names = try await FollowUpNames(services.supervision, on: event.plan.day)
        let list = Listing<ProgrammeEvent.Attendance>(
            name: "attendance-\(event.id)",
            columns: [
                .init("firm", wording("firms.firm"), { .text($0.firm) }, isBefore: { $0.firm < $1.firm }) { row, page in
                    page.text(names.firm(row.firm))
                },
                .init("tier", wording("firms.tier"), { .text(names.tier($0.firm, wording)) }),
                .init(
                    "persons", wording("programme.persons"), isNumber: true, { .integer($0.persons) },
                    isBefore: { $0.persons < $1.persons }),
            ], text: { "\($0.firm) \(names.firm($0.firm))" }, schema: "plumbline.attendance/1")
        if let export = try list.export(event.attendance, visit) { return export }
        var page = Page(visit, event.plan.title, .programme)
        page.crumbs = crumbs(visit)
        return page.answer { page in
            Shapes.facts(
                [
                    (wording("programme.kind"), kind(event.plan.kind, wording)),
                    (wording("programme.region"), region(event.plan.region, wording)),
                    (wording("programme.day"), FollowUpNames.day(event.plan.day)), (wording("programme.place"), event.plan.place),
                    (wording("followups.note"), event.plan.note), (wording("programme.cancelled"), event.cancelled),
                    (wording("programme.persons"), "\(event.persons)"),
                ].filter { !$0.1.isEmpty }, &page)
            if visit.may(.programmeChange), event.cancelled.isEmpty {
                Shapes.links(
                    ["change", "attend", "cancel"].map { (wording("programme.\($0)"), "\(Self.path(event.id))/\($0)") }, &page)
            }
            page.element("h2", text: wording("programme.attendance"))
            list.write(event.attendance, visit, &page)
            CaseHistory.write(history, visit, &page)
        }
    }

    // MARK: Acts

    private func form(_ visit: Visit, _ event: ProgrammeEvent?) -> EntryForm {
        let (wording, plan) = (visit.wording, event?.plan)
        return EntryForm(
            title: wording(event == nil ? "programme.new" : "programme.change"),
            path: event.map { "\(Self.path($0.id))/change" } ?? "/programme/events/new", button: wording("web.save"),
            crumbs: crumbs(visit, event), place: .programme,
            fields: [
                .init(
                    "kind", wording("programme.kind"), .choice(store.policy.events.map { ($0.id, wording($0.title)) }),
                    value: plan?.kind ?? "", isRequired: true),
                .init(
                    "region", wording("programme.region"),
                    .choice([("", "—")] + store.policy.regions.map { ($0.id, wording($0.title)) }), value: plan?.region ?? "",
                    hint: wording("programme.region-hint")),
                .init("title", wording("programme.title"), value: plan?.title ?? "", isRequired: true),
                .init("day", wording("programme.day"), .day, value: plan.map { "\($0.day)" } ?? "", isRequired: true),
                .init("place", wording("programme.place"), value: plan?.place ?? "", isRequired: true),
                .init("note", wording("followups.note"), .area, value: plan?.note ?? ""),
                .hidden("revision", "\(event?.revision ?? 0)"),
            ])
    }

    private func read(_ reader: inout EntryReader) throws(SupervisionError) -> ProgrammeEvent.Plan {
        let day = reader.day("day")
        let plan = ProgrammeEvent.Plan(
            kind: reader.text("kind"), region: reader.text("region"), title: reader.text("title"),
            day: reader.need(day, "day", or: CivilDate(day: 0)), place: reader.text("place"), note: reader.text("note"))
        try reader.finish(plan.problems(store.policy))
        return plan
    }

    private var planning: [Route] {
        services.common.entry(
            "/programme/events/new", .programmeChange, { visit in form(visit, nil) },
            { visit, reader in Self.path(try await store.plan(try read(&reader), visit.actor)) })
            + services.common.entry(
                "/programme/events/:id/change", .programmeChange, { visit in form(visit, try await find(visit)) },
                { visit, reader in
                    let plan = try read(&reader)
                    let id = try visit.number("id")
                    try await store.change(id, plan, after: Int(visit.form.text("revision")) ?? 0, visit.actor)
                    return Self.path(id)
                })
    }

    private var acts: [Route] {
        services.common.entry(
            "/programme/events/:id/attend", .programmeChange,
            { visit in
                let event = try await find(visit)
                let lines = event.attendance.map { "\($0.firm) \($0.persons)" }.joined(separator: "\n")
                return EntryForm(
                    title: visit.wording("programme.attend"), lead: visit.wording("programme.attend-why"),
                    path: "\(Self.path(event.id))/attend", button: visit.wording("web.save"), crumbs: crumbs(visit, event),
                    place: .programme,
                    fields: [.init("attendance", visit.wording("programme.attendance"), .area, value: lines)])
            },
            { visit, reader in
                let attendance = try Self.attendance(&reader)
                let id = try visit.number("id")
                try await store.events.apply(.attend(attendance), to: id, visit.actor)
                return Self.path(id)
            })
            + services.common.entry(
                "/programme/events/:id/cancel", .programmeChange,
                { visit in
                    let event = try await find(visit)
                    return EntryForm(
                        title: visit.wording("programme.cancel"), path: "\(Self.path(event.id))/cancel",
                        button: visit.wording("programme.cancel"), crumbs: crumbs(visit, event), place: .programme,
                        fields: [.init("reason", visit.wording("act.reason"), .area, isRequired: true)], isDanger: true)
                },
                { visit, reader in
                    let id = try visit.number("id")
                    try await store.events.apply(.cancel(reason: reader.text("reason")), to: id, visit.actor)
                    return Self.path(id)
                })
    }

    /// Lines of a firm's key and a number.
    private static func attendance(_ reader: inout EntryReader) throws(SupervisionError) -> [ProgrammeEvent.Attendance] {
        var found: [ProgrammeEvent.Attendance] = []
        for line in reader.lines("attendance") {
            let parts = line.split(whereSeparator: { $0.isWhitespace || ",，、:：".contains($0) })
            guard parts.count == 2, FirmReader.isIdentifier(String(parts[0])), let persons = Int(parts[1]) else {
                reader.demand(false, "attendance", .unknown)
                break
            }
            found.append(.init(firm: String(parts[0]), persons: persons))
        }
        try reader.finish()
        return found
    }
}
