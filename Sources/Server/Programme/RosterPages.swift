internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Supervision

/// The response team's roster: who is on duty now, what is coming, and when nobody is.
struct RosterPages: Sendable {
    let services: SupervisorServices
    private var store: ProgrammeStore { services.supervision.programme }

    var routes: [Route] {
        [.page("/programme/roster", .permitted(.marketRead)) { visit in try await show(visit) }]
            + services.common.entry(
                "/programme/roster/new", .programmeChange, { visit in form(visit, nil) },
                { visit, reader in
                    let plan = try Self.read(&reader)
                    try await store.shifts.begin(.plan(plan), visit.actor)
                    services.hub.tell("roster")
                    return "/programme/roster"
                })
            + services.common.entry(
                "/programme/roster/:id/change", .programmeChange,
                { visit in form(visit, try await store.shifts.find(try visit.number("id"))) },
                { visit, reader in
                    let plan = try Self.read(&reader)
                    try await store.shifts.apply(
                        .plan(plan), to: try visit.number("id"), after: Int(visit.form.text("revision")), visit.actor)
                    return "/programme/roster"
                })
            + services.common.entry(
                "/programme/roster/:id/cancel", .programmeChange,
                { visit in
                    let shift = try await store.shifts.find(try visit.number("id"))
                    return EntryForm(
                        title: visit.wording("programme.cancel-shift"), lead: Self.span(shift.plan.from..<shift.plan.until),
                        path: "/programme/roster/\(shift.id)/cancel", button: visit.wording("programme.cancel-shift"),
                        crumbs: Self.crumbs(visit), place: .programme,
                        fields: [.init("reason", visit.wording("act.reason"), .area, isRequired: true)], isDanger: true)
                },
                { visit, reader in
                    try await store.shifts.apply(.cancel(reason: reader.text("reason")), to: try visit.number("id"), visit.actor)
                    return "/programme/roster"
                })
    }

    private static func crumbs(_ visit: Visit) -> [(title: String, path: String)] {
        [(visit.wording("web.programme"), "/programme"), (visit.wording("programme.roster"), "/programme/roster")]
    }

    /// A stretch of time as people in Taipei read it.
    private static func span(_ range: Range<Int64>) -> String {
        func text(_ moment: Int64) -> String {
            LocalTime.text(Instant(seconds: moment / 1_000_000), in: .taipei).replacing("T", with: " ")
        }
        return "\(text(range.lowerBound)) – \(text(range.upperBound))"
    }

    private func show(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let all = try await store.shifts.all()
        let roster = DutyRoster(all)
        let (now, day) = (visit.now, Int64(86_400_000_000))
        let gaps = roster.uncovered(from: now, until: now + Int64(store.policy.rosterDays) * day)
        let coming = roster.shifts.filter { $0.plan.until > now }
        let past = all.filter { $0.plan.until <= now || !$0.cancelled.isEmpty }
        let list = listing(visit)
        if let export = try list.export(coming + past, visit) { return export }
        return Page(visit, wording("programme.roster"), .programme).answer { page in
            ProgrammeTabs.write("/programme/roster", visit, &page)
            let onDuty = roster.onDuty(at: now)
            if onDuty.isEmpty {
                Shapes.notice("bad", &page) { $0.element("p", text: wording("programme.nobody")) }
            } else {
                Shapes.notice("good", &page) { page in
                    for shift in onDuty {
                        page.element(
                            "p",
                            text:
                                "\(wording("programme.on-duty")) \(shift.plan.person) \(shift.plan.contact) (\(Self.span(shift.plan.from..<shift.plan.until)))"
                        )
                    }
                }
            }
            if gaps.isEmpty {
                page.element("p", text: wording("programme.covered", ["days": "\(store.policy.rosterDays)"]))
            } else {
                Shapes.notice("warn", &page) { page in
                    page.element(
                        "p", text: wording("programme.gaps", ["days": "\(store.policy.rosterDays)", "count": "\(gaps.count)"]))
                    page.element("ul") { page in for gap in gaps { page.element("li", text: Self.span(gap)) } }
                }
            }
            if visit.may(.programmeChange) {
                Shapes.links([(wording("programme.new-shift"), "/programme/roster/new")], isPrimary: true, &page)
            }
            list.write(coming + past, visit, &page)
        }
    }

    private func listing(_ visit: Visit) -> Listing<DutyShift> {
        let (wording, now) = (visit.wording, visit.now)
        func moment(_ at: Int64) -> Node { .text(Instant(seconds: at / 1_000_000).text(in: .taipei)) }
        return Listing<DutyShift>(
            name: "roster",
            columns: [
                .init(
                    "person", wording("programme.person"), { .text($0.plan.person) },
                    isBefore: { $0.plan.person < $1.plan.person }),
                .init("contact", wording("programme.contact"), { .text($0.plan.contact) }),
                .init("from", wording("programme.from"), { moment($0.plan.from) }, isBefore: { $0.plan.from < $1.plan.from }) {
                    Shapes.time(Instant(seconds: $0.plan.from / 1_000_000), &$1)
                },
                .init("until", wording("programme.until"), { moment($0.plan.until) }, isBefore: { $0.plan.until < $1.plan.until })
                {
                    Shapes.time(Instant(seconds: $0.plan.until / 1_000_000), &$1)
                },
                .init("state", wording("inspections.state"), { .text($0.cancelled.isEmpty ? "planned" : "cancelled") }) {
                    row, page in
                    if !row.cancelled.isEmpty {
                        Shapes.badge("", "\(wording("programme.cancelled")): \(row.cancelled)", &page)
                    } else if row.plan.from <= now, now < row.plan.until {
                        Shapes.badge("good", wording("programme.now"), &page)
                    }
                },
                .acts(wording("act.action")) { row, page in
                    guard visit.may(.programmeChange), row.cancelled.isEmpty, row.plan.until > now else { return }
                    page.element("div", ("class", "row-acts")) { page in
                        for name in ["change", "cancel"] {
                            page.element("a", ("href", "/programme/roster/\(row.id)/\(name)")) { page in
                                page.text(wording("programme.\(name)-shift"))
                                page.element("span", ("class", "hidden"), text: " \(row.plan.person) \(row.id)")
                            }
                        }
                    }
                },
            ], text: { "\($0.plan.person) \($0.plan.contact)" }, schema: "plumbline.roster/1")
    }

    private func form(_ visit: Visit, _ shift: DutyShift?) -> EntryForm {
        let wording = visit.wording
        func text(_ moment: Int64?) -> String {
            moment.map { LocalTime.text(Instant(seconds: $0 / 1_000_000), in: .taipei) } ?? ""
        }
        return EntryForm(
            title: wording(shift == nil ? "programme.new-shift" : "programme.change-shift"),
            path: shift.map { "/programme/roster/\($0.id)/change" } ?? "/programme/roster/new", button: wording("web.save"),
            crumbs: Self.crumbs(visit), place: .programme,
            fields: [
                .init("person", wording("programme.person"), value: shift?.plan.person ?? "", isRequired: true),
                .init("contact", wording("programme.contact"), value: shift?.plan.contact ?? "", isRequired: true),
                .init(
                    "from", wording("programme.from"), .moment, value: text(shift?.plan.from), hint: wording("programme.zone"),
                    isRequired: true),
                .init(
                    "until", wording("programme.until"), .moment, value: text(shift?.plan.until), hint: wording("programme.zone"),
                    isRequired: true),
                .hidden("revision", "\(shift?.revision ?? 0)"),
            ])
    }

    private static func read(_ reader: inout EntryReader) throws(SupervisionError) -> DutyShift.Plan {
        let (from, until) = (reader.moment("from"), reader.moment("until"))
        let plan = DutyShift.Plan(
            person: reader.text("person"), contact: reader.text("contact"), from: reader.need(from, "from", or: 0),
            until: reader.need(until, "until", or: 1))
        try reader.finish(plan.problems)
        return plan
    }
}
