internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Incidents
internal import Reports
internal import Rulebook
internal import Workspace

/// All cases of a firm: those whose clocks run come first, the nearest deadline before the others.
extension IncidentDesk {
    /// How the clocks of a case stand.
    enum ClockState: String, CaseIterable {
        case running, overdue, owed, none
    }

    /// A row of the list.
    struct Row: Sendable {
        var incident: Incident
        /// The nearest deadline that is owed.
        var due: Instant?
        var dueName = ""
        var owed: [String] = []
        var clock: ClockState
    }

    var list: [Route] {
        [
            .page("/incidents", .permitted(.incidentsRead)) { visit in
                let rows = try await rows(visit)
                let list = listing(visit)
                if let export = try list.export(rows, visit) { return export }
                var page = Page(visit, visit.wording("web.incidents"), .incidents)
                page.live = "incidents"
                return page.answer { page in
                    Shapes.notice("warn", &page) { $0.element("p", text: visit.wording("incidents.not-sent")) }
                    list.write(rows, visit, &page)
                }
            }
        ]
    }

    private func rows(_ visit: Visit) async throws -> [Row] {
        let (now, words) = (store.instant, words(visit))
        let rows = try await store.all().map { incident in
            let open = incident.obligations(rules.clocks).filter(\.isOpen)
            let isLive = incident.phase != .closed && incident.phase != .withdrawn && !incident.isNearMiss
            let timed = open.compactMap { duty -> (due: Instant, id: ObligationID)? in
                guard case .running(.at(let due)) = duty.state else { return nil }
                return (due, duty.id)
            }
            let next = timed.min { $0.due < $1.due }
            let clock: ClockState =
                if !isLive || open.isEmpty { .none } else if let next { next.due < now ? .overdue : .running } else { .owed }
            return Row(
                incident: incident, due: isLive ? next?.due : nil, dueName: next.map { words.duty($0.id) } ?? "",
                owed: open.map { words.duty($0.id) }, clock: clock)
        }
        // Equals keep the order of the store, newest first.
        return rows.enumerated().sorted { left, right in
            let (first, second) = (left.element.due?.seconds ?? .max, right.element.due?.seconds ?? .max)
            return (first, left.offset) < (second, right.offset)
        }.map(\.element)
    }

    private func told(_ row: Row, _ field: String, _ words: IncidentWords) -> String {
        words.value(row.incident.values[field], rules.fields[field])
    }

    private func listing(_ visit: Visit) -> Listing<Row> {
        let (wording, words, now) = (visit.wording, words(visit), store.instant)
        func code(_ id: String, _ list: String) -> Listing<Row>.Column {
            .init(
                id, wording("incidents.\(id)"), { .text($0.incident.values[id]?.text ?? "") },
                isBefore: { told($0, id, words) < told($1, id, words) }, cell: { $1.text(told($0, id, words)) })
        }
        var list = Listing<Row>(
            name: "incidents",
            columns: [
                .init("id", "#", isNumber: true, { .integer(Int($0.incident.id)) }, isBefore: { $0.incident.id < $1.incident.id })
                {
                    row, page in
                    page.element("a", ("href", "/incidents/\(row.incident.id)"), text: String(row.incident.id))
                },
                .init("title", wording("incidents.title"), { .text($0.incident.values["title"]?.text ?? "") }) { row, page in
                    page.element(
                        "a", ("href", "/incidents/\(row.incident.id)"), text: row.incident.values["title"]?.text ?? "—")
                    if row.incident.isDrill { Shapes.badge("warn", wording("incidents.drill"), &page) }
                    if row.incident.isNearMiss { Shapes.badge("", wording("incidents.near-miss"), &page) }
                },
                .exported("drill", wording("incidents.drill")) { .bool($0.incident.isDrill) },
                .exported("near_miss", wording("incidents.near-miss")) { .bool($0.incident.isNearMiss) },
                .init(
                    "aware", wording("incidents.aware"), { .text($0.incident.aware.text(in: .taipei)) },
                    isBefore: { $0.incident.aware < $1.incident.aware }, cell: { Shapes.time($0.incident.aware, &$1) }),
                .init(
                    "phase", wording("incidents.phase"), { .text($0.incident.phase.rawValue) },
                    isBefore: { $0.incident.phase.rawValue < $1.incident.phase.rawValue },
                    cell: { $1.text(words.phase($0.incident.phase)) }),
                code("category", "categories"), code("impact", "impacts"), code("severity", "fire.severity"),
                .init(
                    "due", wording("incidents.next"), { .text($0.due?.text(in: .taipei) ?? "") },
                    isBefore: { ($0.due?.seconds ?? .max) < ($1.due?.seconds ?? .max) },
                    cell: { row, page in
                        guard let due = row.due else { return page.text(row.owed.joined(separator: "、")) }
                        page.text(row.dueName + " ")
                        clock(due, now, words, &page)
                    }),
                .exported("clock", wording("incidents.clock")) { .text($0.clock.rawValue) },
                .init("filed", wording("incidents.filed-count"), isNumber: true, { .integer($0.incident.submissions.count) }),
            ], text: { "\($0.incident.id) \($0.incident.values.values.compactMap(\.text).joined(separator: " "))" },
            schema: "plumbline.incidents/1")
        list.filters = [
            .init(
                id: "clock", title: wording("incidents.clock"),
                choices: ClockState.allCases.map { ($0.rawValue, wording("incidents.clock.\($0.rawValue)")) }
            ) { $0.clock.rawValue == $1 },
            .init(
                id: "phase", title: wording("incidents.phase"),
                choices: IncidentPhase.allCases.map { ($0.rawValue, words.phase($0)) }
            ) { $0.incident.phase.rawValue == $1 },
            .init(
                id: "category", title: wording("incidents.category"), choices: Array(words.choices("categories").dropFirst())
            ) { $0.incident.values["category"] == .text($1) },
            .init(
                id: "kind", title: wording("incidents.kind"),
                choices: [("real", wording("incidents.kind.real")), ("drill", wording("incidents.drill"))]
            ) { $0.incident.isDrill == ($1 == "drill") },
        ]
        return list
    }

    /// A running clock to the second: whole without a script, which only keeps it going.
    func clock(_ due: Instant, _ now: Instant, _ words: IncidentWords, _ page: inout HTMLWriter) {
        let left = due - now
        page.element(
            "span", ("class", left < 300 ? "clock bad" : "clock"), ("role", "timer"), ("data-due", String(due.seconds)),
            ("data-now", String(now.seconds)), ("data-left", words.wording("incidents.left")),
            ("data-over", words.wording("incidents.over")), text: words.left(left))
    }
}
