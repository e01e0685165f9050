internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Supervision

/// What firms ask the response team for: the queue, and one request with everything that was said.
struct SupportPages: Sendable {
    let services: SupervisorServices
    private var store: ProgrammeStore { services.supervision.programme }

    var routes: [Route] {
        [
            .page("/programme/support", .permitted(.marketRead)) { visit in try await list(visit) },
            .page("/programme/support/:id", .permitted(.marketRead)) { visit in try await show(visit) },
        ]
            + services.common.entry(
                "/programme/support/new", .programmeChange, { visit in try await form(visit) },
                { visit, reader in
                    let received = reader.moment("received")
                    let call = SupportRequest.Call(
                        firm: reader.text("firm"), kind: reader.text("kind"), title: reader.text("title"),
                        text: reader.text("text"),
                        contact: reader.text("contact"), received: reader.need(received, "received", or: visit.now))
                    try reader.finish(call.problems(at: visit.now))
                    let id = try await store.call(call, visit.actor)
                    services.hub.tell("support")
                    return "/programme/support/\(id)"
                }) + acts
    }

    private static func crumbs(_ visit: Visit) -> [(title: String, path: String)] {
        [(visit.wording("web.programme"), "/programme"), (visit.wording("programme.support"), "/programme/support")]
    }

    private func kind(_ id: String, _ wording: Wording) -> String {
        store.policy.support.first { $0.id == id }.map { wording($0.title) } ?? id
    }

    /// A stretch of seconds as hours and minutes.
    static func span(_ seconds: Int64?) -> String {
        guard let seconds else { return "—" }
        let minutes = seconds / 60
        return "\(minutes / 60):\(minutes % 60 < 10 ? "0" : "")\(minutes % 60)"
    }

    private static func state(_ state: SupportRequest.State, _ wording: Wording, _ page: inout HTMLWriter) {
        Shapes.badge(
            state == .new ? "bad" : state == .closed || state == .answered ? "good" : "warn",
            wording("programme.support.\(state.rawValue)"), &page)
    }

    // MARK: The queue

    private func list(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let names = try await FollowUpNames(services.supervision, on: visit.today)
        // What nobody took comes first, then what waits, the oldest first.
        let rank: [SupportRequest.State] = [.new, .taken, .waiting, .answered, .closed]
        let rows = try await store.support.all().sorted { left, right in
            let (a, b) = (rank.firstIndex(of: left.state) ?? 0, rank.firstIndex(of: right.state) ?? 0)
            return (a, left.call.received, left.id) < (b, right.call.received, right.id)
        }
        let list = listing(names, visit)
        if let export = try list.export(rows, visit) { return export }
        return Page(visit, wording("programme.support"), .programme).answer { page in
            ProgrammeTabs.write("/programme/support", visit, &page)
            if visit.may(.programmeChange) {
                Shapes.links([(wording("programme.new-support"), "/programme/support/new")], isPrimary: true, &page)
            }
            list.write(rows, visit, &page)
        }
    }

    private func listing(_ names: FollowUpNames, _ visit: Visit) -> Listing<SupportRequest> {
        let wording = visit.wording
        func seconds(_ value: Int64?) -> Node { value.map { .integer($0) } ?? Node(.null) }
        var list = Listing<SupportRequest>(
            name: "support",
            columns: [
                .init("id", "#", isNumber: true, { .integer($0.id) }, isBefore: { $0.id < $1.id }) { row, page in
                    page.element("a", ("href", "/programme/support/\(row.id)"), text: "\(row.id)")
                },
                .init("title", wording("programme.title"), { .text($0.call.title) }) { row, page in
                    page.element("a", ("href", "/programme/support/\(row.id)"), text: row.call.title)
                },
                .init("firm", wording("firms.firm"), { .text($0.call.firm) }, isBefore: { $0.call.firm < $1.call.firm }) {
                    row, page in
                    page.text(names.firm(row.call.firm))
                },
                .init("kind", wording("programme.kind"), { .text($0.call.kind) }) { row, page in
                    page.text(kind(row.call.kind, wording))
                },
                .init("state", wording("inspections.state"), { .text($0.state.rawValue) }) { row, page in
                    Self.state(row.state, wording, &page)
                },
                .init("person", wording("programme.handler"), { .text($0.person) }),
                .init(
                    "received", wording("programme.received"),
                    { .text(Instant(seconds: $0.call.received / 1_000_000).text(in: .taipei)) },
                    isBefore: { $0.call.received < $1.call.received }
                ) { Shapes.time(Instant(seconds: $0.call.received / 1_000_000), &$1) },
                .init("seconds_to_take", wording("programme.to-take"), isNumber: true, { seconds($0.secondsToTake) }) {
                    row, page in
                    page.text(Self.span(row.secondsToTake))
                },
                .init("seconds_to_answer", wording("programme.to-answer"), isNumber: true, { seconds($0.secondsToAnswer) }) {
                    row, page in
                    page.text(Self.span(row.secondsToAnswer))
                },
            ], text: { "\($0.call.title) \($0.call.text) \($0.call.firm) \(names.firm($0.call.firm))" },
            schema: "plumbline.support/1")
        list.filters = [
            .init(
                id: "state", title: wording("inspections.state"),
                choices: SupportRequest.State.allCases.map { ($0.rawValue, wording("programme.support.\($0.rawValue)")) },
                matches: { $0.state.rawValue == $1 }),
            .init(
                id: "kind", title: wording("programme.kind"), choices: store.policy.support.map { ($0.id, wording($0.title)) },
                matches: { $0.call.kind == $1 }),
        ]
        return list
    }

    // MARK: One

    private func find(_ visit: Visit) async throws -> SupportRequest { try await store.support.find(try visit.number("id")) }

    private func show(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let request = try await find(visit)
        let names = try await FollowUpNames(services.supervision, on: visit.today)
        var page = Page(visit, request.call.title, .programme)
        page.crumbs = Self.crumbs(visit)
        return page.answer { page in
            page.element("p") { Self.state(request.state, wording, &$0) }
            Shapes.facts(
                [
                    (wording("firms.firm"), names.firm(request.call.firm)),
                    (wording("programme.kind"), kind(request.call.kind, wording)),
                    (wording("programme.contact"), request.call.contact),
                    (wording("programme.received"), Instant(seconds: request.call.received / 1_000_000).text(in: .taipei)),
                    (wording("programme.handler"), request.person),
                    (wording("programme.to-take"), Self.span(request.secondsToTake)),
                    (wording("programme.to-answer"), Self.span(request.secondsToAnswer)),
                ].filter { !$0.1.isEmpty }, &page)
            page.element("p", text: request.call.text)
            if visit.may(.programmeChange) {
                let names = Self.names.filter { SupportRequest.leads($0.event, from: request.state) }
                Shapes.links(
                    names.map { (wording("programme.support-\($0.name)"), "/programme/support/\(request.id)/\($0.name)") }, &page)
            }
            page.element("h2", text: wording("actions.history"))
            page.element("ol") { page in
                for post in request.posts {
                    page.element("li") { page in
                        Shapes.time(Instant(seconds: post.said.at / 1_000_000), &page)
                        page.text(" \(post.said.by) ")
                        Self.state(post.state, wording, &page)
                        page.element("p", text: post.text)
                    }
                }
            }
        }
    }

    // MARK: Acts

    private func form(_ visit: Visit) async throws -> EntryForm {
        let wording = visit.wording
        let names = try await FollowUpNames(services.supervision, on: visit.today)
        return EntryForm(
            title: wording("programme.new-support"), path: "/programme/support/new", button: wording("web.save"),
            crumbs: Self.crumbs(visit), place: .programme,
            fields: [
                .init("firm", wording("firms.firm"), .choice(names.firms), isRequired: true),
                .init(
                    "kind", wording("programme.kind"), .choice(store.policy.support.map { ($0.id, wording($0.title)) }),
                    isRequired: true),
                .init("title", wording("programme.title"), isRequired: true),
                .init("text", wording("programme.support-text"), .area, isRequired: true),
                .init("contact", wording("programme.contact"), isRequired: true),
                .init(
                    "received", wording("programme.received"), .moment,
                    value: LocalTime.text(Instant(seconds: visit.now / 1_000_000), in: .taipei), hint: wording("programme.zone"),
                    isRequired: true),
            ])
    }

    /// What can be done with a request, by the last word of the address.
    private static let names: [(name: String, event: SupportRequest.Event)] = [
        ("take", .take(person: "")), ("wait", .wait("")), ("resume", .resume("")), ("answer", .answer("")), ("close", .close("")),
        ("reopen", .reopen(reason: "")),
    ]

    private var acts: [Route] {
        Self.names.flatMap { name, event in
            services.common.entry(
                "/programme/support/:id/\(name)", .programmeChange,
                { visit in
                    let request = try await find(visit)
                    var field = EntryForm.Field(
                        "text", visit.wording("programme.support-said"), .area, isRequired: name != "close")
                    if name == "take" {
                        field = .init(
                            "person", visit.wording("programme.handler"),
                            value: visit.signedIn?.session?.account.displayName ?? "",
                            isRequired: true)
                    }
                    return EntryForm(
                        title: visit.wording("programme.support-\(name)"), lead: request.call.title,
                        path: "/programme/support/\(request.id)/\(name)", button: visit.wording("programme.support-\(name)"),
                        crumbs: Self.crumbs(visit) + [("#\(request.id)", "/programme/support/\(request.id)")], place: .programme,
                        fields: [field])
                },
                { visit, reader in
                    let id = try visit.number("id")
                    let text = reader.text("text")
                    let said: SupportRequest.Event =
                        switch event {
                        case .call, .take: .take(person: reader.text("person"))
                        case .wait: .wait(text)
                        case .resume: .resume(text)
                        case .answer: .answer(text)
                        case .close: .close(text)
                        case .reopen: .reopen(reason: text)
                        }
                    try await store.support.apply(said, to: id, visit.actor)
                    services.hub.tell("support")
                    return "/programme/support/\(id)"
                })
        }
    }
}
