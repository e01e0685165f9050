internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Supervision

/// Letters: all that were issued, one as it was issued, and writing those of a quarter.
struct LetterPages: Sendable {
    let services: SupervisorServices
    private var supervision: Supervision { services.supervision }

    var routes: [Route] {
        [
            .page("/followups/letters", .permitted(.marketRead)) { visit in try await list(visit) },
            .page("/followups/letters/print", .permitted(.marketRead)) { visit in try await printAll(visit) },
            .page("/followups/letters/:id", .permitted(.marketRead)) { visit in try await show(visit) },
            .page("/followups/letters/:id/file", .permitted(.marketRead)) { visit in try await file(visit) },
        ]
            + services.common.act(
                "/followups/letters/new", .followupsChange, { visit in try await order(visit, nil) },
                { visit in try await send(visit) })
    }

    private func crumbs(_ visit: Visit) -> [(title: String, path: String)] {
        [(visit.wording("web.followups"), "/followups"), (visit.wording("letters.title"), "/followups/letters")]
    }

    /// Year and counting number of an address.
    private static func number(_ visit: Visit) throws(Failure) -> (year: Int, serial: Int) {
        let parts = visit["id"].split(separator: "-")
        guard parts.count == 2, let year = Int(parts[0]), let serial = Int(parts[1]), year > 0, serial > 0 else {
            throw Failure.notFound("letter \(visit["id"].clipped)")
        }
        return (year, serial)
    }

    // MARK: All

    private func list(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let names = try await FollowUpNames(supervision, on: visit.today)
        let letters = try await supervision.letters.all()
        var list = Self.listing(names, supervision.letters.writer.templates, visit)
        list.filters = [
            .init(
                id: "quarter", title: wording("followups.quarter"),
                choices: Set(letters.map(\.quarter)).sorted(by: >).map { ("\($0)", "\($0)") }, matches: { "\($0.quarter)" == $1 }),
            .init(
                id: "kind", title: wording("letters.kind"),
                choices: supervision.letters.writer.templates.kinds.map { ($0.id, wording($0.title)) }, matches: { $0.kind == $1 }
            ),
        ]
        if let export = try list.export(letters, visit) { return export }
        return Page(visit, wording("letters.title"), .followups).answer { page in
            FollowUpTabs.write("/followups/letters", visit, &page)
            if let count = Int(visit.query.text("issued")) {
                Shapes.done(wording("letters.issued-text", ["count": String(count)]), &page)
            }
            if visit.may(.followupsChange) {
                Shapes.links([(wording("letters.new"), "/followups/letters/new")], isPrimary: true, &page)
            }
            let query = visit.query.all.filter { ["quarter", "kind"].contains($0.name) && !$0.value.isEmpty }
            Shapes.links(
                [
                    (
                        wording("letters.print"),
                        "/followups/letters/print?" + FormFields.query(query.map { ($0.name, $0.value) })
                    )
                ], &page)
            list.write(letters, visit, &page)
        }
    }

    static func listing(_ names: FollowUpNames, _ templates: LetterTemplates, _ visit: Visit) -> Listing<Letter> {
        let wording = visit.wording
        return Listing<Letter>(
            name: "letters",
            columns: [
                .init(
                    "number", wording("letters.number"), { .text($0.id) },
                    isBefore: { ($0.year, $0.serial) < ($1.year, $1.serial) }
                ) {
                    row, page in
                    page.element(
                        "a", ("href", "/followups/letters/\(row.id)"), text: row.sheets[wording.language]?.head.last ?? row.id)
                },
                .init("firm", wording("firms.firm"), { .text($0.firm) }, isBefore: { names.firm($0.firm) < names.firm($1.firm) })
                {
                    row, page in
                    page.element("a", ("href", FollowUpNames.path(row.firm)), text: names.firm(row.firm))
                },
                .init("kind", wording("letters.kind"), { .text($0.kind) }) { row, page in
                    page.text(templates.kind(row.kind).map { wording($0.title) } ?? row.kind)
                },
                .init("quarter", wording("followups.quarter"), { .text("\($0.quarter)") }, isBefore: { $0.quarter < $1.quarter }),
                .init("day", wording("letters.day"), { .text("\($0.day)") }, isBefore: { $0.day < $1.day }) { row, page in
                    page.text(FollowUpNames.day(row.day))
                },
                .init("until", wording("letters.until"), { .text("\($0.until)") }, isBefore: { $0.until < $1.until }) {
                    row, page in
                    page.text(FollowUpNames.day(row.until))
                },
                .init("by", wording("letters.by"), { .text($0.issuedBy) }),
                .exported("at", wording("letters.at")) { .text(Instant(seconds: $0.issuedAt / 1_000_000).description) },
                .exported("sha256", "SHA-256") { .text($0.sha256) },
            ],
            text: { "\($0.id) \($0.firm) \(names.firm($0.firm))" }, schema: "plumbline.letters-issued/1")
    }

    // MARK: One

    private func show(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let (year, serial) = try Self.number(visit)
        let letter = try await supervision.letters.find(year: year, serial: serial)
        var page = Page(visit, letter.sheets[wording.language]?.head.last ?? letter.id, .followups)
        page.crumbs = crumbs(visit)
        let language = Language(rawValue: visit.query.text("language")) ?? wording.language
        return page.answer { page in
            Shapes.links(
                Language.allCases.map {
                    (
                        wording("letters.file", ["language": wording("letters.in.\($0.rawValue)")]),
                        "/followups/letters/\(letter.id)/file?language=\($0.rawValue)"
                    )
                }, &page)
            Shapes.links(
                Language.allCases.filter { $0 != language }.map {
                    (wording("letters.in.\($0.rawValue)"), "/followups/letters/\(letter.id)?language=\($0.rawValue)")
                }, &page)
            page.element("p", ("class", "crumbs")) { page in
                page.text("\(wording("letters.hash")) ")
                page.element("code", text: letter.sha256)
            }
            printButton(visit, &page)
            if let sheet = letter.sheets[language] { LetterSheet.write(sheet, language, &page) }
        }
    }

    private func file(_ visit: Visit) async throws -> Answer {
        let (year, serial) = try Self.number(visit)
        let language = Language(rawValue: visit.query.text("language")) ?? visit.wording.language
        let (html, _) = try await supervision.letters.page(year: year, serial: serial, language)
        return .download("\(year)-\(serial)-\(language.rawValue).html", "text/html; charset=utf-8", html)
    }

    private func printButton(_ visit: Visit, _ page: inout HTMLWriter) {
        page.element("div", ("class", "actions")) { page in
            page.element(
                "button", ("type", "button"), ("data-print", ""), ("hidden", ""), text: visit.wording("web.print"))
        }
    }

    /// Every letter of a quarter and kind, each on pages of its own.
    private func printAll(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let (quarter, kind) = (visit.query.text("quarter"), visit.query.text("kind"))
        let letters = try await supervision.letters.all().filter {
            (quarter.isEmpty || "\($0.quarter)" == quarter) && (kind.isEmpty || $0.kind == kind)
        }
        var page = Page(visit, wording("letters.print"), .followups)
        page.crumbs = crumbs(visit)
        return page.answer { page in
            printButton(visit, &page)
            if letters.isEmpty { page.element("p", ("class", "lead"), text: wording("web.empty")) }
            for letter in letters.reversed() {
                if let sheet = letter.sheets[wording.language] { LetterSheet.write(sheet, wording.language, &page) }
            }
        }
    }

    // MARK: Writing

    private func form(_ names: FollowUpNames, _ visit: Visit) -> EntryForm {
        let wording = visit.wording
        let templates = supervision.letters.writer.templates
        let last = Quarter(containing: visit.today).previous
        let today = visit.today
        return EntryForm(
            title: wording("letters.new"), lead: wording("letters.new-why"), path: "/followups/letters/new",
            button: wording("letters.preview"), crumbs: crumbs(visit), place: .followups,
            fields: [
                .init(
                    "kind", wording("letters.kind"), .choice(templates.kinds.map { ($0.id, wording($0.title)) }), isRequired: true
                ),
                .init(
                    "quarter", wording("followups.quarter"), value: visit.query["quarter"] ?? "\(last)",
                    hint: wording("followups.quarter-hint"), isRequired: true),
                .init(
                    "firm", wording("firms.firm"), .choice([("", wording("letters.every-firm"))] + names.firms),
                    value: visit.query.text("firm")),
                .init("day", wording("letters.day"), .day, value: "\(today)", isRequired: true),
                .init(
                    "until", wording("letters.until"), .day, value: "\(today.adding(days: templates.answerDays))",
                    isRequired: true),
                .init("again", wording("letters.again"), .boxes([("yes", wording("letters.again-yes"))])),
                .hidden("step", "preview"),
            ])
    }

    private func order(_ visit: Visit, _ refusal: Refusal?) async throws -> Answer {
        form(try await FollowUpNames(supervision, on: visit.today), visit).answer(visit, refusal)
    }

    private func send(_ visit: Visit) async throws -> Answer {
        var reader = EntryReader(visit)
        let (quarter, day, until) = (reader.quarter("quarter"), reader.day("day"), reader.day("until"))
        reader.demand(quarter != nil, "quarter", .unknown)
        reader.demand(day != nil, "day", .noDay)
        reader.demand(until != nil, "until", .noDay)
        guard let quarter, let day, let until, reader.problems.isEmpty else {
            return try await order(visit, Refusal(problems: reader.problems))
        }
        let firm = visit.form.text("firm")
        let wanted = LetterStore.Order(
            kind: visit.form.text("kind"), firms: firm.isEmpty ? nil : [firm], quarter: quarter, day: day, until: until,
            isAgain: visit.form.text("again") == "yes")
        var drafts: [LetterStore.Draft] = []
        var count = 0
        let isIssue = visit.form.text("step") == "issue"
        let refusal = try await Refusal.of([:], rules: wanted.problems(supervision.letters.writer.templates)) {
            () throws(SupervisionError) in
            if isIssue {
                count = try await supervision.letters.issue(wanted, render: LetterSheet.document, visit.actor).count
            } else {
                drafts = try await supervision.letters.drafts(wanted)
            }
        }
        if let refusal { return try await order(visit, refusal) }
        if isIssue { return .see("/followups/letters?" + FormFields.query([("issued", "\(count)"), ("quarter", "\(quarter)")])) }
        return try await preview(drafts, wanted, visit)
    }

    private func preview(_ drafts: [LetterStore.Draft], _ order: LetterStore.Order, _ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let names = try await FollowUpNames(supervision, on: order.day)
        let fresh = drafts.filter { order.isAgain || !$0.isAgain }
        var page = Page(visit, wording("letters.preview"), .followups)
        page.crumbs = crumbs(visit) + [(wording("letters.new"), "/followups/letters/new")]
        return page.answer { page in
            page.element(
                "p", ("class", "lead"),
                text: wording(
                    "letters.preview-text", ["count": "\(fresh.count)", "already": "\(drafts.count - fresh.count)"]))
            if !fresh.isEmpty {
                Form.post("/followups/letters/new", visit, &page) { page in
                    for name in ["kind", "quarter", "firm", "day", "until", "again"] {
                        page.void("input", ("type", "hidden"), ("name", name), ("value", visit.form.text(name)))
                    }
                    page.void("input", ("type", "hidden"), ("name", "step"), ("value", "issue"))
                    Form.actions(
                        wording("letters.issue", ["count": "\(fresh.count)"]),
                        cancel: (wording("web.cancel"), "/followups/letters/new"), &page)
                }
            }
            for draft in fresh {
                page.element("details") { page in
                    page.element("summary") { page in
                        page.text("\(names.firm(draft.firm)) (\(draft.sheets[wording.language]?.rows.count ?? 0))")
                        if draft.isAgain { Shapes.badge("warn", wording("letters.is-again"), &page) }
                    }
                    if let sheet = draft.sheets[wording.language] { LetterSheet.write(sheet, wording.language, &page) }
                }
            }
        }
    }
}
