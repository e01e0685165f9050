internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Supervision

/// The quarterly follow-up: the board of a quarter, a firm through the quarters, one gap through time, and what may be said of it.
struct FollowUpPages: Sendable {
    let services: SupervisorServices
    private var supervision: Supervision { services.supervision }

    var routes: [Route] {
        [
            .page("/followups", .permitted(.marketRead)) { visit in
                try await FollowUpBoard(services: services).answer(visit)
            },
            .page("/followups/new", .permitted(.followupsChange)) { visit in try await add(visit, nil) },
            .form("/followups/new", .permitted(.followupsChange)) { visit in
                let (firm, item) = (visit.form.text("firm"), visit.form.text("item"))
                return try await say(visit, firm: firm, item: item) { refusal in try await add(visit, refusal) }
            },
            .page("/followups/firms/:firm", .permitted(.marketRead)) { visit in try await firm(visit) },
            .page("/followups/firms/:firm/:item", .permitted(.marketRead)) { visit in try await gap(visit) },
            .page("/followups/firms/:firm/:item/say", .permitted(.followupsChange)) { visit in try await ask(visit, nil) },
            .form("/followups/firms/:firm/:item/say", .permitted(.followupsChange)) { visit in
                try await say(visit, firm: visit["firm"], item: visit["item"]) { refusal in try await ask(visit, refusal) }
            },
        ]
            + services.common.act(
                "/followups/close", .followupsChange, { visit in close(visit, "") }, { visit in try await closeNow(visit) })
    }

    private func crumbs(_ visit: Visit) -> [(title: String, path: String)] { [(visit.wording("web.followups"), "/followups")] }

    // MARK: A firm through the quarters

    private func firm(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let (firm, _) = try await supervision.register.firm(visit["firm"])
        let names = try await FollowUpNames(supervision, on: visit.today)
        let records = try await supervision.followUps.records(firm: firm.id)
        let quarters = Set(records.flatMap(\.quarters)).sorted()
        let current = Quarter(containing: visit.today)
        let differences = Dictionary(
            records.compactMap { FollowUpDifference($0, from: current.previous, to: current, asOf: visit.today) }
                .map { ($0.item, $0) }, uniquingKeysWith: { $1 })
        let order = supervision.followUps.policy.sorted(Array(differences.values)).map(\.item)
        let rows = records.sorted { left, right in
            let (a, b) = (order.firstIndex(of: left.item) ?? .max, order.firstIndex(of: right.item) ?? .max)
            return (a, left.item) < (b, right.item)
        }
        let list = Self.sideBySide(rows, quarters, differences, names, visit)
        if let export = try list.export(rows, visit) { return export }
        let letters = try await supervision.letters.all(firm: firm.id)
        var page = Page(visit, "\(names.firm(firm.id)): \(wording("web.followups"))", .followups)
        page.crumbs = crumbs(visit)
        return page.answer { page in
            page.element("p", ("class", "lead")) { page in
                page.element(
                    "a", ("href", "/firms/\(FormFields.encode(firm.id))"), text: firm.name(asOf: visit.today)?.legal ?? firm.id)
                page.text(" · \(names.tier(firm.id, wording)) · \(wording("report.as-of")) \(FollowUpNames.day(visit.today))")
            }
            list.write(rows, visit, &page)
            page.element("h2", text: wording("letters.title"))
            LetterPages.listing(names, supervision.letters.writer.templates, visit).table(
                letters, wording("letters.title"), visit, &page)
        }
    }

    private static func sideBySide(
        _ rows: [GapRecord], _ quarters: [Quarter], _ differences: [String: FollowUpDifference], _ names: FollowUpNames,
        _ visit: Visit
    ) -> Listing<GapRecord> {
        let wording = visit.wording
        var columns: [Listing<GapRecord>.Column] = [
            .init("item", wording("followups.item"), { .text($0.item) }, isBefore: { $0.item < $1.item }) { row, page in
                page.element("a", ("href", FollowUpNames.path(row.firm, row.item)), text: names.item(row.item, wording))
            },
            .init("marks", wording("followups.marks"), { .texts((differences[$0.item]?.marks ?? []).map(\.rawValue).sorted()) }) {
                row, page in FollowUpBoard.marks(differences[row.item]?.marks ?? [], wording, &page)
            },
        ]
        for quarter in quarters {
            columns.append(
                .init("\(quarter)", "\(quarter)", { cell($0, quarter) }) { row, page in
                    if let finding = row.standings[quarter] {
                        page.text(wording("followups.finding.\(finding.rawValue)"))
                    }
                    if let content = row.snapshot(quarter)?.content {
                        page.element("p") { FollowUpBoard.state(content.state, wording, &$0) }
                        page.element("p", text: "\(content.due.map { "\($0)" } ?? "—") · \(content.progress) %")
                    } else if row.state(at: quarter).isOpen {
                        page.element("p") { Shapes.badge("warn", wording("followups.mark.silent"), &$0) }
                    }
                })
        }
        return Listing<GapRecord>(
            name: "follow-up-firm", columns: columns, text: { names.item($0.item, wording) }, schema: "plumbline.follow-up-firm/1"
        )
    }

    private static func cell(_ record: GapRecord, _ quarter: Quarter) -> Node {
        let content = record.snapshot(quarter)?.content
        return .object([
            ("finding", record.standings[quarter].map { .text($0.rawValue) }),
            ("state", content.map { .text($0.state.rawValue) }), ("due", content?.due.map { .text("\($0)") }),
            ("progress", content.map { .integer($0.progress) }),
        ])
    }

    // MARK: One gap through time

    private func record(_ visit: Visit) async throws -> (firm: Firm, record: GapRecord) {
        let (firm, _) = try await supervision.register.firm(visit["firm"])
        guard FollowUpClaimReader.isItem(visit["item"]) else { throw Failure.notFound("item") }
        let record = try await supervision.followUps.records(firm: firm.id, item: visit["item"]).first
        return (firm, record ?? GapRecord(firm: firm.id, item: visit["item"]))
    }

    private func gap(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let (firm, record) = try await record(visit)
        guard !record.quarters.isEmpty else { throw Failure.notFound("gap \(record.item)") }
        let names = try await FollowUpNames(supervision, on: visit.today)
        let list = words(visit)
        if let export = try list.export(record.words.reversed(), visit) { return export }
        let current = Quarter(containing: visit.today)
        let difference = FollowUpDifference(record, from: current.previous, to: current, asOf: visit.today)
        var page = Page(visit, names.item(record.item, wording), .followups)
        page.crumbs = crumbs(visit) + [(names.firm(firm.id), FollowUpNames.path(firm.id))]
        return page.answer { page in
            page.element("p", ("class", "lead"), text: "\(names.firm(firm.id)) · \(names.tier(firm.id, wording))")
            if let clause = supervision.rulebook.clause(record.item) { page.element("p", text: wording(clause.requirement)) }
            if let difference {
                page.element("p") { FollowUpBoard.marks(difference.marks, wording, &$0) }
                Shapes.facts(
                    [
                        (wording("followups.first-due"), FollowUpNames.day(difference.slips.first)),
                        (wording("followups.due"), FollowUpNames.day(difference.slips.last)),
                        (
                            wording("followups.slips"),
                            wording(
                                "followups.slips-text",
                                ["count": "\(difference.slips.count)", "days": "\(difference.slips.days)"])
                        ), (wording("followups.overdue-days"), "\(difference.overdueDays)"),
                    ], &page)
            }
            if visit.may(.followupsChange) {
                Shapes.links(
                    [(wording("followups.say"), FollowUpNames.path(firm.id, record.item) + "/say")], isPrimary: true, &page)
            }
            page.element("h2", text: wording("followups.standings"))
            Shapes.facts(
                record.standings.sorted { $0.key > $1.key }.map {
                    ("\($0.key) \($0.key.rocDescription)", wording("followups.finding.\($0.value.rawValue)"))
                }, &page)
            page.element("h2", text: wording("followups.words"))
            list.write(record.words.reversed(), visit, &page)
        }
    }

    private func words(_ visit: Visit) -> Listing<FollowUp> {
        let wording = visit.wording
        return Listing<FollowUp>(
            name: "follow-up-gap",
            columns: [
                .init("quarter", wording("followups.quarter"), { .text("\($0.quarter)") }, isBefore: { $0.quarter < $1.quarter }),
                .init("version", "#", isNumber: true, { .integer($0.version) }),
                .init("state", wording("followups.state"), { .text($0.content.state.rawValue) }) { row, page in
                    FollowUpBoard.state(row.content.state, wording, &page)
                },
                .init("plan", wording("followups.plan"), { .text($0.content.plan) }),
                .init("owner", wording("followups.owner"), { .text($0.content.owner) }),
                .init("due", wording("followups.due"), { $0.content.due.map { .text("\($0)") } ?? Node(.null) }) { row, page in
                    page.text(FollowUpNames.day(row.content.due))
                },
                .init("progress", wording("followups.progress"), isNumber: true, { .integer($0.content.progress) }),
                .init("note", wording("followups.note"), { .text($0.content.note) }),
                .init("said_at", wording("followups.at"), { .text(Instant(seconds: $0.said.at / 1_000_000).description) }) {
                    Shapes.time(Instant(seconds: $0.said.at / 1_000_000), &$1)
                },
                .init("said_by", wording("followups.by"), { .text($0.said.by) }) { row, page in
                    page.text("\(row.said.by) (\(wording("party.\(row.said.party.rawValue)")))")
                },
                .exported("party", wording("followups.by")) { .text($0.said.party.rawValue) },
                .init("origin", wording("followups.origin"), { .text($0.origin) }),
            ],
            text: { "\($0.content.plan) \($0.content.owner) \($0.content.note)" }, schema: "plumbline.follow-up-gap/1")
    }

    // MARK: Saying something

    private func fields(_ content: FollowUp.Content?, _ visit: Visit) -> [EntryForm.Field] {
        let wording = visit.wording
        return [
            .init(
                "state", wording("followups.state"),
                .choice(FollowUp.State.allCases.map { ($0.rawValue, wording("followups.state.\($0.rawValue)")) }),
                value: content?.state.rawValue ?? "open", isRequired: true),
            .init("plan", wording("followups.plan"), .area, value: content?.plan ?? "", hint: wording("followups.plan-hint")),
            .init("owner", wording("followups.owner"), value: content?.owner ?? ""),
            .init("due", wording("followups.due"), .day, value: content?.due.map { "\($0)" } ?? ""),
            .init(
                "progress", wording("followups.progress-percent"), .number, value: "\(content?.progress ?? 0)", isRequired: true),
            .init("note", wording("followups.note"), .area, value: "", hint: wording("followups.note-hint")),
        ]
    }

    private func ask(_ visit: Visit, _ refusal: Refusal?) async throws -> Answer {
        let wording = visit.wording
        let (firm, record) = try await record(visit)
        let names = try await FollowUpNames(supervision, on: visit.today)
        let quarter =
            Quarter(visit.query.text("quarter")) ?? Quarter(visit.form.text("quarter")) ?? Quarter(containing: visit.today)
        let path = FollowUpNames.path(firm.id, record.item)
        return EntryForm(
            title: wording("followups.say"), lead: "\(names.firm(firm.id)) · \(names.item(record.item, wording))",
            path: path + "/say", button: wording("web.save"),
            crumbs: crumbs(visit) + [(names.firm(firm.id), FollowUpNames.path(firm.id)), (record.item, path)], place: .followups,
            fields: [
                .init("quarter", wording("followups.quarter"), value: "\(quarter)", hint: wording("followups.quarter-hint")),
                .hidden("version", "\(record.snapshot(quarter)?.version ?? 0)"),
            ] + fields(record.promise(until: quarter)?.content, visit)
        ).answer(visit, refusal)
    }

    private func add(_ visit: Visit, _ refusal: Refusal?) async throws -> Answer {
        let wording = visit.wording
        let names = try await FollowUpNames(supervision, on: visit.today)
        let quarter = Quarter(visit.query.text("quarter")) ?? Quarter(containing: visit.today)
        return EntryForm(
            title: wording("followups.add"), lead: wording("followups.add-why"), path: "/followups/new",
            button: wording("web.save"),
            crumbs: crumbs(visit), place: .followups,
            fields: [
                .init("firm", wording("firms.firm"), .choice(names.firms), isRequired: true),
                .init("item", wording("followups.item"), .choice(names.items(wording)), isRequired: true),
                .init("quarter", wording("followups.quarter"), value: "\(quarter)", hint: wording("followups.quarter-hint")),
                .hidden("version", "0"),
            ] + fields(nil, visit)
        ).answer(visit, refusal)
    }

    private func say(
        _ visit: Visit, firm: String, item: String, refused: (Refusal) async throws -> Answer
    ) async throws -> Answer {
        var reader = EntryReader(visit)
        let state: FollowUp.State? = reader.choice("state")
        let quarter = reader.quarter("quarter")
        var content = FollowUp.Content(state: state ?? .open, plan: reader.text("plan"), owner: reader.text("owner"))
        content.due = reader.day("due")
        content.progress = reader.number("progress") ?? 0
        content.note = reader.text("note")
        reader.demand(state != nil, "state", .unknown)
        reader.demand(quarter != nil, "quarter", .unknown)
        let known = try await supervision.followUps.records(firm: firm, item: item).first
        let before = quarter.flatMap { known?.promise(until: $0)?.content }
        let rules = FollowUpRules.problems(content, after: before, by: .supervisor, on: visit.today)
        let refusal = try await Refusal.of(reader.problems, rules: rules) { () throws(SupervisionError) in
            guard let quarter else { return }
            try await supervision.followUps.say(
                content, firm: firm, item: item, quarter: quarter, after: Int(visit.form.text("version")) ?? 0, visit.actor)
        }
        if let refusal { return try await refused(refusal) }
        services.hub.tell("followups")
        return .see(FollowUpNames.path(firm, item))
    }

    // MARK: Closing a quarter

    private func close(_ visit: Visit, _ wrong: String) -> Answer {
        let wording = visit.wording
        let quarter = visit.query["quarter"] ?? visit.form.text("quarter")
        var act = ActPage(
            title: wording("followups.close"), lead: wording("followups.close-why"), path: "/followups/close",
            button: wording("followups.close"), crumbs: crumbs(visit), place: .followups, wrong: wrong)
        act.isDanger = true
        return act.answer(visit) { page in
            Form.Field(
                name: "quarter", label: wording("followups.quarter"), hint: wording("followups.quarter-hint"), value: quarter,
                isRequired: true, limit: 7
            ).write(&page)
        }
    }

    private func closeNow(_ visit: Visit) async throws -> Answer {
        guard let quarter = Quarter(visit.form.text("quarter")) else { return close(visit, visit.wording("problem.unknown")) }
        let refusal = try await Refusal.of([:]) { () throws(SupervisionError) in
            _ = try await supervision.followUps.close(quarter, visit.actor)
        }
        if let refusal { return close(visit, refusal.sentence(visit.wording)) }
        return .see("/followups?quarter=\(quarter)")
    }
}
