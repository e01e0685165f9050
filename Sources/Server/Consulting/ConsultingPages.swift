internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Supervision

/// Questions about clauses: all threads, one thread, and the answers that everybody may read, which do not tell who asked.
struct ConsultingPages: Sendable {
    let services: SupervisorServices
    private var store: ConsultingStore { services.supervision.consulting }

    var routes: [Route] {
        [
            .page("/followups/questions", .permitted(.marketRead)) { visit in try await list(visit) },
            .page("/followups/questions/answers", .permitted(.marketRead)) { visit in try await published(visit) },
            .page("/followups/questions/:id", .permitted(.marketRead)) { visit in try await show(visit) },
        ]
            + services.common.entry(
                "/followups/questions/new", .followupsChange, { visit in try await form(visit) },
                { visit, reader in
                    let question = ConsultingThread.Question(
                        clause: reader.text("clause"), firm: reader.text("firm"), title: reader.text("title"),
                        text: reader.text("text"))
                    var rules = question.problems
                    if services.supervision.rulebook.clause(question.clause) == nil { rules["clause"] = .unknown }
                    try reader.finish(rules)
                    let party: Party = question.firm.isEmpty ? .supervisor : .firm
                    return Self.path(try await store.cases.begin(.ask(question), party: party, visit.actor))
                }) + acts
    }

    private static func path(_ id: Int64) -> String { "/followups/questions/\(id)" }

    private func crumbs(_ visit: Visit, _ thread: ConsultingThread? = nil) -> [(title: String, path: String)] {
        [(visit.wording("web.followups"), "/followups"), (visit.wording("consulting.title"), "/followups/questions")]
            + (thread.map { [("#\($0.id)", Self.path($0.id))] } ?? [])
    }

    private static func state(_ state: ConsultingThread.State, _ wording: Wording, _ page: inout HTMLWriter) {
        Shapes.badge(state == .open ? "warn" : "good", wording("consulting.state.\(state.rawValue)"), &page)
    }

    private func find(_ visit: Visit) async throws -> ConsultingThread { try await store.cases.find(try visit.number("id")) }

    // MARK: Lists

    private func list(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let names = try await FollowUpNames(services.supervision, on: visit.today)
        let threads = try await store.cases.all()
        var list = Listing<ConsultingThread>(
            name: "questions",
            columns: [
                .init("id", "#", isNumber: true, { .integer($0.id) }, isBefore: { $0.id < $1.id }) { row, page in
                    page.element("a", ("href", Self.path(row.id)), text: "\(row.id)")
                },
                .init("title", wording("consulting.subject"), { .text($0.question.title) }) { row, page in
                    page.element("a", ("href", Self.path(row.id)), text: row.question.title)
                },
                .init(
                    "clause", wording("followups.item"), { .text($0.question.clause) },
                    isBefore: { $0.question.clause < $1.question.clause }
                ) {
                    row, page in page.text(names.item(row.question.clause, wording))
                },
                .init("firm", wording("consulting.from"), { .text($0.question.firm) }) { row, page in
                    page.text(row.question.firm.isEmpty ? wording("party.supervisor") : names.firm(row.question.firm))
                },
                .init("state", wording("inspections.state"), { .text($0.state.rawValue) }) { row, page in
                    Self.state(row.state, wording, &page)
                    if row.publication != nil {
                        page.text(" ")
                        Shapes.badge("", wording("consulting.published"), &page)
                    }
                },
                .init(
                    "asked", wording("consulting.asked"),
                    { .text(Instant(seconds: ($0.posts.first?.said.at ?? 0) / 1_000_000).description) }
                ) { Shapes.time(Instant(seconds: ($0.posts.first?.said.at ?? 0) / 1_000_000), &$1) },
                .init("posts", wording("consulting.posts"), isNumber: true, { .integer($0.posts.count) }),
            ],
            text: { row in "\(row.question.title) \(row.question.clause) \(row.posts.map(\.text).joined(separator: " "))" },
            schema: "plumbline.questions/1")
        list.filters = [
            .init(
                id: "clause", title: wording("followups.item"), choices: names.items(wording),
                matches: { $0.question.clause == $1 }),
            .init(
                id: "state", title: wording("inspections.state"),
                choices: ConsultingThread.State.allCases.map { ($0.rawValue, wording("consulting.state.\($0.rawValue)")) },
                matches: { $0.state.rawValue == $1 }),
        ]
        if let export = try list.export(threads, visit) { return export }
        return Page(visit, wording("consulting.title"), .followups).answer { page in
            FollowUpTabs.write("/followups/questions", visit, &page)
            var links = [(wording("consulting.answers"), "/followups/questions/answers")]
            if visit.may(.followupsChange) { links.insert((wording("consulting.new"), "/followups/questions/new"), at: 0) }
            Shapes.links(links, &page)
            list.write(threads, visit, &page)
        }
    }

    /// A published answer: nothing in it names who asked.
    private struct Row: Sendable {
        var id: Int64
        var clause: String
        var publication: ConsultingThread.Publication
    }

    private func published(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let names = try await FollowUpNames(services.supervision, on: visit.today)
        let rows = try await store.published().map { Row(id: $0.id, clause: $0.clause, publication: $0.publication) }
        var list = Listing<Row>(
            name: "answers",
            columns: [
                .init("clause", wording("followups.item"), { .text($0.clause) }, isBefore: { $0.clause < $1.clause }) {
                    row, page in
                    page.text(names.item(row.clause, wording))
                },
                .init("question", wording("consulting.question"), { .text($0.publication.question) }),
                .init("answer", wording("consulting.answer"), { .text($0.publication.answer) }),
                .init("day", wording("consulting.published"), { .text("\($0.publication.said.day)") }) { row, page in
                    page.text(FollowUpNames.day(row.publication.said.day))
                },
            ], text: { "\($0.clause) \($0.publication.question) \($0.publication.answer)" }, schema: "plumbline.answers-for-all/1"
        )
        list.filters = [
            .init(id: "clause", title: wording("followups.item"), choices: names.items(wording), matches: { $0.clause == $1 })
        ]
        if let export = try list.export(rows, visit) { return export }
        var page = Page(visit, wording("consulting.answers"), .followups)
        page.crumbs = crumbs(visit)
        return page.answer { list.write(rows, visit, &$0) }
    }

    // MARK: One

    private func show(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let thread = try await find(visit)
        let names = try await FollowUpNames(services.supervision, on: visit.today)
        var page = Page(visit, thread.question.title, .followups)
        page.crumbs = crumbs(visit)
        return page.answer { page in
            page.element("p") { Self.state(thread.state, wording, &$0) }
            Shapes.facts(
                [
                    (wording("followups.item"), names.item(thread.question.clause, wording)),
                    (
                        wording("consulting.from"),
                        thread.question.firm.isEmpty ? wording("party.supervisor") : names.firm(thread.question.firm)
                    ),
                ], &page)
            for post in thread.posts {
                page.element("section", ("class", "card")) { page in
                    page.element("h2") { page in
                        page.text("\(wording(post.isAnswer ? "consulting.answer" : "consulting.question")) · ")
                        Shapes.time(Instant(seconds: post.said.at / 1_000_000), &page)
                        page.text(" \(post.said.by)")
                    }
                    for line in post.text.split(whereSeparator: \.isNewline) { page.element("p", text: String(line)) }
                }
            }
            if let publication = thread.publication {
                page.element("h2", text: wording("consulting.published"))
                Shapes.facts(
                    [
                        (wording("consulting.question"), publication.question),
                        (wording("consulting.answer"), publication.answer),
                        (wording("followups.at"), FollowUpNames.day(publication.said.day)),
                    ], &page)
            }
            if visit.may(.followupsChange) {
                Shapes.links(links(thread).map { (wording("consulting.\($0)"), "\(Self.path(thread.id))/\($0)") }, &page)
            }
        }
    }

    private func links(_ thread: ConsultingThread) -> [String] {
        let published = thread.publication == nil ? ["publish"] : ["publish", "withdraw"]
        switch thread.state {
        case .open: return ["answer", "more"] + published.filter { $0 == "withdraw" }
        case .answered: return ["answer", "more", "close"] + published
        case .closed: return ["reopen"] + published
        }
    }

    // MARK: Acts

    private func form(_ visit: Visit) async throws -> EntryForm {
        let wording = visit.wording
        let names = try await FollowUpNames(services.supervision, on: visit.today)
        return EntryForm(
            title: wording("consulting.new"), path: "/followups/questions/new", button: wording("web.save"),
            crumbs: crumbs(visit),
            place: .followups,
            fields: [
                .init(
                    "clause", wording("followups.item"), .choice(names.items(wording)), value: visit.query.text("clause"),
                    isRequired: true),
                .init(
                    "firm", wording("consulting.from"), .choice([("", wording("party.supervisor"))] + names.firms),
                    value: visit.query.text("firm")),
                .init("title", wording("consulting.subject"), isRequired: true),
                .init("text", wording("consulting.question"), .area, isRequired: true),
            ])
    }

    private func act(_ name: String, _ visit: Visit, lead: String = "", _ fields: [EntryForm.Field]) async throws -> EntryForm {
        let thread = try await find(visit)
        return EntryForm(
            title: visit.wording("consulting.\(name)"), lead: lead.isEmpty ? thread.question.title : lead,
            path: "\(Self.path(thread.id))/\(name)", button: visit.wording("consulting.\(name)"), crumbs: crumbs(visit, thread),
            place: .followups, fields: fields)
    }

    private var acts: [Route] {
        let simple: [(name: String, field: String, make: @Sendable (String) -> ConsultingThread.Event)] = [
            ("answer", "text", { .answer($0) }), ("more", "text", { .more($0) }),
            ("withdraw", "reason", { .withdraw(reason: $0) }),
            ("reopen", "reason", { .reopen(reason: $0) }), ("close", "", { _ in .close }),
        ]
        return simple.flatMap { name, field, make in
            services.common.entry(
                "/followups/questions/:id/\(name)", .followupsChange,
                { visit in
                    let label = visit.wording(field == "reason" ? "act.reason" : "consulting.\(name)")
                    return try await act(name, visit, field.isEmpty ? [] : [.init(field, label, .area, isRequired: true)])
                },
                { visit, reader in
                    let id = try visit.number("id")
                    try await store.cases.apply(make(reader.text(field)), to: id, visit.actor)
                    return Self.path(id)
                })
        }
            + services.common.entry(
                "/followups/questions/:id/publish", .followupsChange,
                { visit in
                    let (wording, thread) = (visit.wording, try await find(visit))
                    let answer = thread.posts.last(where: \.isAnswer)?.text ?? ""
                    return try await act(
                        "publish", visit, lead: wording("consulting.publish-why"),
                        [
                            .init(
                                "question", wording("consulting.question"), .area,
                                value: thread.publication?.question ?? thread.question.text, isRequired: true),
                            .init(
                                "answer", wording("consulting.answer"), .area, value: thread.publication?.answer ?? answer,
                                isRequired: true),
                        ])
                },
                { visit, reader in
                    let id = try visit.number("id")
                    try await store.publish(id, question: reader.text("question"), answer: reader.text("answer"), visit.actor)
                    return Self.path(id)
                })
    }
}
