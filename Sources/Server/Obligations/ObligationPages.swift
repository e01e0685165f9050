internal import Assessment
internal import Documents
internal import HTML
internal import Identity
internal import Reports
internal import Rulebook
internal import Workspace

/// Every clause for every subject, as a list and as a map of colours; and the changes of verdicts.
struct ObligationPages: Sendable {
    let services: FirmServices

    /// A row of the list.
    struct Row: Sendable {
        var standing: Standing
        var clause: Clause
        var pack: String
        var group: String
        var owner: String
        var systemName: String
        var order: Int
    }

    var routes: [Route] {
        [
            .page("/obligations", .permitted(.complianceRead)) { visit in
                let rows = try await rows(visit.wording)
                let list = listing(visit.wording, rows)
                if let export = try list.export(rows, visit) { return export }
                let isMap = visit.query.text("view") == "map"
                return Page(visit, visit.wording("web.obligations"), .obligations).answer { page in
                    views(isMap, visit, &page)
                    if isMap { map(list, rows, visit, &page) } else { list.write(rows, visit, &page) }
                }
            },
            .page("/changes", .permitted(.complianceRead)) { visit in
                let changes = try await services.workspace.boards.store.changes(since: 0, limit: 10_000)
                let list = changeListing(visit.wording)
                if let export = try list.export(changes, visit) { return export }
                var page = Page(visit, visit.wording("today.changed-title"), .today)
                page.crumbs = [(visit.wording("web.today"), "/")]
                return page.answer { list.write(changes, visit, &$0) }
            },
        ]
    }

    func rows(_ wording: Wording) async throws -> [Row] {
        let workspace = services.workspace
        let systems = try await workspace.systems.all(retired: true)
        let byID = Dictionary(systems.map { ($0.id, $0) }) { first, _ in first }
        return workspace.boards.board.standings.compactMap { standing in
            guard let index = workspace.rulebook.index(of: standing.clause) else { return nil }
            let clause = workspace.rulebook.clauses[index]
            let system = byID[standing.system]
            return Row(
                standing: standing, clause: clause, pack: workspace.rulebook.pack(ofClause: index).id, group: clause.group,
                owner: system?.owner ?? "",
                systemName: standing.system.isEmpty ? wording("report.whole-firm") : system?.name ?? standing.system,
                order: index)
        }
    }

    func listing(_ wording: Wording, _ rows: [Row]) -> Listing<Row> {
        let rulebook = services.workspace.rulebook
        let headings: [Form.Choice] = rulebook.packs.flatMap { pack in
            pack.groups.map { ("\(pack.id)/\($0.id)", "\(pack.id) \(wording($0.title))") }
        }
        let systems = Set(rows.map(\.standing.system)).sorted()
        let owners = Set(rows.map(\.owner)).filter { !$0.isEmpty }.sorted()
        let reasons = Set(rows.map(\.standing.reason)).sorted { $0.rawValue < $1.rawValue }
        var list = Listing<Row>(
            name: "obligations",
            columns: [
                .init("clause", wording("obligation.clause"), { .text($0.standing.clause) }, isBefore: { $0.order < $1.order }) {
                    row, page in
                    page.element("a", ("href", Self.path(row.standing)), text: row.standing.clause)
                },
                .init("title", wording("obligation.title"), { .text(wording($0.clause.title)) }),
                .init(
                    "system", wording("obligation.system"), { .text($0.standing.system) },
                    isBefore: { $0.standing.system < $1.standing.system }
                ) { row, page in page.text(row.systemName) },
                .init("force", wording("obligation.force"), { .text(wording($0.standing.force)) }),
                .init(
                    "verdict", wording("obligation.verdict"), { .text($0.standing.verdict.rawValue) },
                    isBefore: { $0.standing.verdict.rank < $1.standing.verdict.rank }
                ) { row, page in Shapes.verdict(row.standing.verdict, wording, &page) },
                .init("reason", wording("report.reason"), { .text(wording($0.standing.reason)) }),
                .init(
                    "since", wording("obligation.since"), { .text(Instant(seconds: $0.standing.since).description) },
                    isBefore: { $0.standing.since < $1.standing.since }
                ) { row, page in page.text("\(Instant(seconds: row.standing.since).date(in: .taipei))") },
                .init("owner", wording("system.owner"), { .text($0.owner) }, isBefore: { $0.owner < $1.owner }),
            ],
            text: { "\($0.standing.clause) \($0.clause.title.chinese) \($0.clause.title.english) \($0.systemName) \($0.owner)" },
            schema: "plumbline.obligations/1")
        list.filters = [
            .init(id: "heading", title: wording("obligation.article"), choices: headings) { "\($0.pack)/\($0.group)" == $1 },
            .init(
                id: "verdict", title: wording("obligation.verdict"), choices: Verdict.allCases.map { ($0.rawValue, wording($0)) }
            ) { $0.standing.verdict.rawValue == $1 },
            .init(
                id: "force", title: wording("obligation.force"),
                choices: [Force.shall, .should].map { ($0.rawValue, wording($0)) }
            ) { $0.standing.force.rawValue == $1 },
            .init(
                id: "system", title: wording("obligation.system"),
                choices: systems.map { ($0.isEmpty ? "-" : $0, $0.isEmpty ? wording("report.whole-firm") : $0) }
            ) { $0.standing.system == ($1 == "-" ? "" : $1) },
            .init(id: "owner", title: wording("system.owner"), choices: owners.map { ($0, $0) }) { $0.owner == $1 },
            .init(id: "reason", title: wording("report.reason"), choices: reasons.map { ($0.rawValue, wording($0)) }) {
                $0.standing.reason.rawValue == $1
            },
        ]
        return list
    }

    /// The page of a clause for its subject.
    static func path(_ standing: Standing) -> String {
        "/clauses/\(FormFields.encode(standing.clause))"
            + (standing.system.isEmpty ? "" : "?" + FormFields.query([("system", standing.system)]))
    }

    private func views(_ isMap: Bool, _ visit: Visit, _ page: inout HTMLWriter) {
        let fields = visit.query.all.filter { !["view", "page", "format"].contains($0.name) }.map { ($0.name, $0.value) }
        page.element("p") { page in
            for (name, title, isCurrent) in [
                ("list", "obligation.as-list", !isMap), ("map", "obligation.as-map", isMap),
            ] {
                page.element(
                    "a", ("class", "button"), ("aria-current", isCurrent ? "true" : nil),
                    ("href", "/obligations?" + FormFields.query(fields + [("view", name)])), text: visit.wording(title))
                page.text(" ")
            }
        }
    }

    /// A square for each clause and subject, heading by heading.
    private func map(_ list: Listing<Row>, _ rows: [Row], _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        let found = list.select(rows, .init(visit.query, size: 1)).filter { $0.standing.verdict != .notApplicable }
        page.element("p") { page in
            for verdict in Shapes.order where verdict != .notApplicable {
                Shapes.verdict(verdict, wording, &page)
                page.text("　")
            }
        }
        let groups = Dictionary(grouping: found) { "\($0.pack)/\($0.group)" }
        for pack in services.workspace.rulebook.packs {
            for group in pack.groups {
                guard let rows = groups["\(pack.id)/\(group.id)"] else { continue }
                page.element("h2", text: "\(wording(group.title)) (\(pack.id))")
                page.element("div", ("class", "heat")) { page in
                    for row in rows {
                        let name = "\(row.standing.clause) \(row.systemName): \(wording(row.standing.verdict))"
                        page.element(
                            "a", ("class", row.standing.verdict.rawValue), ("href", Self.path(row.standing)), ("title", name),
                            ("aria-label", name), text: Shapes.sign(row.standing.verdict))
                    }
                }
            }
        }
    }

    private func changeListing(_ wording: Wording) -> Listing<VerdictChange> {
        var list = Listing<VerdictChange>(
            name: "changes",
            columns: [
                .init("at", wording("trail.time"), { .text(Instant(seconds: $0.at).description) }, isBefore: { $0.at < $1.at }) {
                    change, page in page.text(Instant(seconds: change.at).text(in: .taipei))
                },
                .init("clause", wording("obligation.clause"), { .text($0.clause) }, isBefore: { $0.clause < $1.clause }) {
                    change, page in
                    let query = change.system.isEmpty ? "" : "?" + FormFields.query([("system", change.system)])
                    page.element("a", ("href", "/clauses/\(change.clause)\(query)"), text: change.clause)
                },
                .init("system", wording("obligation.system"), { .text($0.system) }, isBefore: { $0.system < $1.system }),
                .init("before", wording("obligation.before"), { $0.before.map { .text($0.rawValue) } ?? Node(.null) }) {
                    change, page in
                    if let before = change.before { Shapes.verdict(before, wording, &page) }
                },
                .init("after", wording("obligation.after"), { .text($0.after.rawValue) }) { change, page in
                    Shapes.verdict(change.after, wording, &page)
                },
            ], text: { "\($0.clause) \($0.system)" }, schema: "plumbline.changes/1")
        list.filters = [
            .init(
                id: "after", title: wording("obligation.after"), choices: Verdict.allCases.map { ($0.rawValue, wording($0)) }
            ) { $0.after.rawValue == $1 }
        ]
        return list
    }
}
