internal import Assessment
internal import Database
internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Supervision

/// The register of firms: the list, one firm through time, adding and changing.
struct RegisterPages: Sendable {
    let services: SupervisorServices
    private var supervision: Supervision { services.supervision }

    /// A row of the list.
    struct Row: Sendable {
        var firm: Firm
        var name: Firm.Name
        var isInBusiness: Bool
        var tiers: [String: TierDecision]
    }

    var routes: [Route] {
        [
            .page("/firms", .permitted(.marketRead)) { visit in
                let rows = try await rows(visit)
                let list = listing(visit.wording)
                if let export = try list.export(rows, visit) { return export }
                return Page(visit, visit.wording("web.firms"), .firms).answer { page in
                    var links = [(visit.wording("firms.export"), "/firms/export")]
                    if visit.may(.firmsChange) {
                        links =
                            [(visit.wording("firms.add"), "/firms/new"), (visit.wording("firms.import"), "/firms/import")] + links
                    }
                    Shapes.links(links, &page)
                    list.write(rows, visit, &page)
                }
            },
            .page("/firms/new", .permitted(.firmsChange)) { visit in RegisterForm(supervision, visit).answer(nil, wrong: [:]) },
            .form("/firms/new", .permitted(.firmsChange)) { visit in try await save(visit, id: nil) },
            .page("/firms/:firm", .permitted(.marketRead)) { visit in try await show(visit) },
            .page("/firms/:firm/change", .permitted(.firmsChange)) { visit in
                RegisterForm(supervision, visit).answer(try await supervision.register.firm(visit["firm"]), wrong: [:])
            },
            .form("/firms/:firm/change", .permitted(.firmsChange)) { visit in try await save(visit, id: visit["firm"]) },
        ]
    }

    private func rows(_ visit: Visit) async throws -> [Row] {
        let day = visit.today
        let held = try await supervision.tiers.holding(on: day)
        return try await supervision.register.all().compactMap { firm in
            guard let name = firm.name(asOf: day) else { return nil }
            return Row(firm: firm, name: name, isInBusiness: firm.isInBusiness(asOf: day), tiers: held[firm.id] ?? [:])
        }
    }

    private func listing(_ wording: Wording) -> Listing<Row> {
        var columns: [Listing<Row>.Column] = [
            .init("short", wording("firms.short"), { .text($0.name.short) }, isBefore: { $0.name.short.precedes($1.name.short) })
            {
                row, page in
                page.element("a", ("href", "/firms/" + FormFields.encode(row.firm.id)), text: row.name.short)
                if !row.isInBusiness { Shapes.badge("", wording("firms.gone"), &page) }
            },
            .init("legal", wording("firms.legal"), { .text($0.name.legal) }, isBefore: { $0.name.legal.precedes($1.name.legal) }),
            .init("id", wording("firms.id"), { .text($0.firm.id) }, isBefore: { $0.firm.id < $1.firm.id }),
            .init("number", wording("firms.number"), { .text($0.firm.number) }, isBefore: { $0.firm.number < $1.firm.number }),
            .init("group", wording("firms.group"), { .text($0.firm.group) }, isBefore: { $0.firm.group.precedes($1.firm.group) }),
        ]
        for decision in supervision.decisions {
            let id = decision.id
            columns.append(
                .init(id, wording(decision.title), { $0.tiers[id]?.value.map { .text($0) } ?? Node(.null) }) {
                    ($0.tiers[id]?.value ?? "~") < ($1.tiers[id]?.value ?? "~")
                } cell: { row, page in
                    page.text(TierPages.value(row.tiers[id], decision, wording))
                })
        }
        var list = Listing<Row>(
            name: "firms", columns: columns,
            text: { "\($0.firm.id) \($0.name.legal) \($0.name.short) \($0.firm.number) \($0.firm.group)" },
            schema: "plumbline.firms/1")
        for decision in supervision.decisions {
            let id = decision.id
            list.filters.append(
                .init(
                    id: id, title: wording(decision.title), choices: decision.values.map { ($0.value, wording($0.title)) },
                    matches: { $0.tiers[id]?.value == $1 }))
        }
        list.filters.append(
            .init(
                id: "state", title: wording("firms.state"),
                choices: [("in-business", wording("firms.in-business")), ("gone", wording("firms.gone"))],
                matches: { $0.isInBusiness == ($1 == "in-business") }))
        return list
    }

    // MARK: One firm

    private func show(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let (firm, _) = try await supervision.register.firm(visit["firm"])
        let history = try await supervision.register.history(firm.id)
        let decisions = try await supervision.tiers.history(firm.id)
        var page = Page(visit, firm.name(asOf: visit.today)?.short ?? firm.id, .firms)
        page.crumbs = [(wording("web.firms"), "/firms")]
        return page.answer { page in
            if visit.may(.firmsChange) {
                Shapes.links([(wording("firms.change"), "/firms/\(FormFields.encode(firm.id))/change")], &page)
            }
            Shapes.facts(
                [
                    (wording("firms.id"), firm.id), (wording("firms.number"), firm.number),
                    (wording("firms.group"), firm.group),
                    (
                        wording("firms.state"),
                        wording(firm.isInBusiness(asOf: visit.today) ? "firms.in-business" : "firms.gone")
                    ),
                ].filter { !$0.1.isEmpty }, &page)
            page.element("h2", text: wording("firms.tier"))
            TierPages.history(supervision, visit).table(decisions, wording("firms.tier"), visit, &page)
            page.element("h2", text: wording("firms.names"))
            Shapes.facts(firm.names.map { ($0.from.description, "\($0.legal)（\($0.short)）") }, &page)
            page.element("h2", text: wording("firms.facts"))
            for step in firm.facts.reversed() {
                page.element("h3", text: "\(step.from) (\(step.from.rocDescription))")
                Shapes.facts(
                    step.values.sorted { $0.key < $1.key }.map { name, value in
                        (
                            supervision.rulebook.fact("firm.\(name)").map { wording($0.title) } ?? name,
                            value.isNull
                                ? wording("fact.unknown")
                                : FactText.text(value, supervision.rulebook.fact("firm.\(name)"), wording)
                        )
                    }, &page)
            }
            if !firm.ratios.isEmpty {
                page.element("h2", text: wording("firms.ratios"))
                Shapes.facts(firm.ratios.sorted { $0.key > $1.key }.map { (String($0.key), $0.value.description) }, &page)
            }
            if !firm.events.isEmpty {
                page.element("h2", text: wording("firms.events"))
                Shapes.facts(
                    firm.events.map { event in
                        (
                            event.day.description,
                            [wording("firms.event.\(event.kind.rawValue)"), event.other, event.note].filter { !$0.isEmpty }
                                .joined(separator: " · ")
                        )
                    }, &page)
            }
            page.element("h2", text: wording("firms.history"))
            versions(wording).table(history, wording("firms.history"), visit, &page)
        }
    }

    private func versions(_ wording: Wording) -> Listing<FirmVersion> {
        Listing<FirmVersion>(
            name: "versions",
            columns: [
                .init("version", "#", isNumber: true, { .integer($0.version) }),
                .init("changed", wording("firms.when"), { .text(Instant(seconds: $0.changed / 1_000_000).description) }) {
                    Shapes.time(Instant(seconds: $0.changed / 1_000_000), &$1)
                },
                .init("by", wording("firms.by"), { .text($0.by) }),
                .init("reason", wording("firms.reason"), { .text($0.reason) }),
            ],
            text: { $0.reason }, schema: "plumbline.firm-versions/1")
    }

    private func save(_ visit: Visit, id: String?) async throws -> Answer {
        let form = RegisterForm(supervision, visit)
        let before = id == nil ? nil : try await supervision.register.firm(id ?? "")
        let (firm, wrong) = form.read(before?.firm)
        guard wrong.isEmpty, let firm else { return form.answer(before, wrong: wrong) }
        let version = Int(visit.form.text("version"))
        do throws(SupervisionError) {
            try await supervision.register.save(
                [firm], after: version.map { [firm.id: $0] } ?? [:], reason: visit.form.text("reason"), visit.actor)
        } catch {
            switch error {
            case .document(let error): return form.answer(before, wrong: [error.key: error.reason])
            case .conflict(let reason): return form.answer(before, wrong: ["id": reason])
            default: throw error
            }
        }
        services.hub.tell("market")
        return .see("/firms/\(FormFields.encode(firm.id))")
    }
}

extension Supervision {
    /// The decisions that the register keeps for every firm, as their rule packs describe them.
    var decisions: [Decision] { rulebook.packs.flatMap(\.decisions).filter { tiers.keeps($0.id) } }
}

extension Visit {
    /// The day it is in Taipei.
    var today: CivilDate { Instant(seconds: now / 1_000_000).date(in: .taipei) }
}

/// Values of facts as people read them.
enum FactText {
    static func text(_ value: Node, _ fact: FactDefinition?, _ wording: Wording) -> String {
        if let bool = SystemPages.yesOrNo(value) { return wording(bool ? Say.yes : .no) }
        func title(_ text: String) -> String { fact?.choices.first { $0.value == text }.map { wording($0.title) } ?? text }
        if let items = value.list {
            let titles = items.compactMap(\.text).map(title)
            return titles.isEmpty ? wording("fact.none-of-these") : titles.joined(separator: wording("report.list-separator"))
        }
        return value.text.map(title) ?? value.plainText
    }
}
