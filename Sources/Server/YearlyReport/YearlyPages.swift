internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Supervision

/// The yearly report: years, a year's draft with its sections as they would be now, their texts, and freezing it.
struct YearlyPages: Sendable {
    let services: SupervisorServices
    var printer = PDFPrinter.live
    private var supervision: Supervision { services.supervision }
    private var desk: YearlyReportDesk { supervision.yearlyReports }

    var routes: [Route] {
        [
            .page("/reports", .permitted(.marketRead)) { visit in try await list(visit) },
            .page("/reports/:year", .permitted(.marketRead)) { visit in try await show(visit) },
            .page("/reports/:year/file", .permitted(.reportsExport)) { visit in try await file(visit) },
            .page("/reports/:year/texts", .permitted(.marketRead)) { visit in try await texts(visit) },
        ] + editing + freezing
    }

    // MARK: Years

    private struct YearRow: Sendable {
        var year: Int
        var quarters: Int
        var sections: Int
        var issues: [ReportIssue]
    }

    private func list(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let quarters = try await supervision.market.quarters()
        let issues = try await desk.store.issues()
        var rows: [YearRow] = []
        let last = visit.today.parts.year
        for year in Set(quarters.map(\.year) + [last] + (try await desk.store.years())).sorted(by: >) {
            rows.append(
                YearRow(
                    year: year, quarters: quarters.count { $0.year == year }, sections: try await desk.store.texts(year).count,
                    issues: issues.filter { $0.year == year }))
        }
        let list = Listing<YearRow>(
            name: "reports",
            columns: [
                .init("year", wording("yearly.year"), { .integer($0.year) }, isBefore: { $0.year < $1.year }) { row, page in
                    page.element("a", ("href", "/reports/\(row.year)"), text: "\(row.year)")
                },
                .init("quarters", wording("yearly.quarters"), isNumber: true, { .integer($0.quarters) }),
                .init("texts", wording("yearly.written"), isNumber: true, { .integer($0.sections) }),
                .init("issues", wording("yearly.issues"), isNumber: true, { .integer($0.issues.count) }) { row, page in
                    for issue in row.issues {
                        page.element("a", ("href", YearlyIssuePages.path(issue)), text: issue.name)
                        page.text(" ")
                    }
                },
            ], text: { "\($0.year)" }, schema: "plumbline.reports/1")
        if let export = try list.export(rows, visit) { return export }
        return Page(visit, wording("yearly.title"), .reports).answer { page in
            page.element("p", ("class", "lead"), text: wording("yearly.lead"))
            list.write(rows, visit, &page)
        }
    }

    // MARK: A year

    private func crumbs(_ visit: Visit, _ year: Int? = nil) -> [(title: String, path: String)] {
        [(visit.wording("web.reports"), "/reports")] + (year.map { [("\($0)", "/reports/\($0)")] } ?? [])
    }

    static func year(_ visit: Visit) throws(Failure) -> Int {
        guard let year = Int(visit["year"]), (1990...9999).contains(year) else {
            throw Failure.notFound("report \(visit["year"].clipped)")
        }
        return year
    }

    /// The edition and language that an address asks for.
    static func wanted(_ visit: Visit) -> (edition: ReportEdition, language: Language) {
        (
            ReportEdition(rawValue: visit.query.text("edition")) ?? .full,
            Language(rawValue: visit.query.text("language")) ?? visit.wording.language
        )
    }

    private func show(_ visit: Visit) async throws -> Answer {
        let (wording, year) = (visit.wording, try Self.year(visit))
        let content = try await desk.draft(year)
        let issues = try await desk.store.issues(year)
        let (edition, language) = Self.wanted(visit)
        let words = Wording(language, catalog: wording.catalog)
        let document = content.document(edition, language, words.catalog, number: nil)
        let printed = try YearlyPrint(words).printed(document)
        var page = Page(visit, "\(wording("yearly.title")) \(year)", .reports)
        page.crumbs = crumbs(visit)
        return page.answer { page in
            if visit.query["saved"] != nil { Shapes.done(wording("yearly.saved"), &page) }
            if !issues.isEmpty {
                page.element("h2", text: wording("yearly.issues"))
                page.element("ul", ("class", "plain")) { page in
                    for issue in issues {
                        page.element("li") { page in
                            page.element("a", ("href", YearlyIssuePages.path(issue)), text: issue.name)
                            page.text(
                                " \(FollowUpNames.day(Instant(seconds: issue.at / 1_000_000).date(in: .taipei))) \(issue.reason)")
                        }
                    }
                }
            }
            page.element("h2", text: wording("yearly.draft-of", ["year": "\(year)"]))
            page.element("p", ("class", "lead"), text: document.lines.joined(separator: " · "))
            var links = [(wording("yearly.texts"), "/reports/\(year)/texts")]
            if visit.may(.reportsPublish) { links.insert((wording("yearly.freeze"), "/reports/\(year)/freeze"), at: 0) }
            Shapes.links(links, &page)
            Self.choose("/reports/\(year)", edition, language, visit, &page)
            if visit.may(.reportsExport) { downloads("/reports/\(year)/file", edition, language, visit, &page) }
            for section in printed.sections {
                write(section, year, content.texts[section.id] != nil, words, visit, &page)
            }
        }
    }

    private func write(
        _ section: PrintedDocument.Section, _ year: Int, _ isWritten: Bool, _ words: Wording, _ visit: Visit,
        _ page: inout HTMLWriter
    ) {
        let wording = visit.wording
        page.element("section", ("id", section.id)) { page in
            page.element("h2", text: section.title)
            if isWritten { Shapes.badge("", wording("yearly.is-written"), &page) }
            if visit.may(.reportsWrite) {
                Shapes.links([(wording("yearly.edit"), "/reports/\(year)/sections/\(section.id)")], &page)
            }
            section.writeScreen(words, &page)
        }
    }

    static func choose(
        _ path: String, _ edition: ReportEdition, _ language: Language, _ visit: Visit, _ page: inout HTMLWriter
    ) {
        let wording = visit.wording
        page.element("form", ("method", "get"), ("action", path), ("class", "filters")) { page in
            for (name, title, choices, chosen) in [
                (
                    "edition", wording("yearly.edition"),
                    ReportEdition.allCases.map { ($0.rawValue, wording("yearly.edition-\($0.rawValue)")) },
                    edition.rawValue
                ),
                (
                    "language", wording("yearly.language"),
                    Language.allCases.map { ($0.rawValue, wording("letters.in.\($0.rawValue)")) },
                    language.rawValue
                ),
            ] {
                page.element("label") { page in
                    page.text(title)
                    page.element("select", ("name", name), ("data-send", "")) { page in
                        for (value, text) in choices {
                            page.element("option", ("value", value), ("selected", value == chosen ? "" : nil), text: text)
                        }
                    }
                }
            }
            page.element("button", text: wording("web.show"))
        }
    }

    private func downloads(
        _ path: String, _ edition: ReportEdition, _ language: Language, _ visit: Visit, _ page: inout HTMLWriter
    ) {
        YearlyIssuePages.links(path, edition, language, canPrint: printer.isHere, visit, &page)
    }

    private func file(_ visit: Visit) async throws -> Answer {
        let year = try Self.year(visit)
        let (edition, language) = Self.wanted(visit)
        guard let format = YearlyPrint.Format(rawValue: visit.query.text("format")) else { throw Failure.notFound("format") }
        let print = YearlyPrint(Wording(language, catalog: visit.wording.catalog))
        var bytes = try print.file(try await desk.draft(year), edition, format, number: nil)
        if format == .pdf { bytes = try await printer.pdf(bytes) }
        return .download("report-\(year)-draft-\(YearlyPrint.name(edition, language, format))", format.type, bytes)
    }

    // MARK: Texts

    private func texts(_ visit: Visit) async throws -> Answer {
        let (wording, year) = (visit.wording, try Self.year(visit))
        var rows: [ReportTextVersion] = []
        for section in desk.template.sections { rows += try await desk.store.history(year, section.id) }
        rows.sort { $0.at > $1.at }
        let titles = Dictionary(
            desk.template.sections.map { ($0.id, $0.title[wording.language]) }, uniquingKeysWith: { $1 })
        let list = Listing<ReportTextVersion>(
            name: "report-texts-\(year)",
            columns: [
                .init("section", wording("yearly.section"), { .text($0.section) }) { row, page in
                    page.text(titles[row.section] ?? row.section)
                },
                .init("version", wording("yearly.version"), isNumber: true, { .integer($0.version) }),
                .init(
                    "at", wording("yearly.at"), { .text(Instant(seconds: $0.at / 1_000_000).description) },
                    isBefore: { $0.at < $1.at }
                ) {
                    row, page in Shapes.time(Instant(seconds: row.at / 1_000_000), &page)
                },
                .init("by", wording("yearly.by"), { .text($0.by) }),
                .init("reason", wording("yearly.reason"), { .text($0.reason) }),
                .init(
                    "text", wording("yearly.text"),
                    { row in
                        .text(row.texts?[wording.language].joined(separator: "\n\n") ?? wording("yearly.of-template"))
                    }),
            ], text: { "\($0.section) \($0.reason)" }, schema: "plumbline.report-texts/1")
        if let export = try list.export(rows, visit) { return export }
        var page = Page(visit, wording("yearly.texts"), .reports)
        page.crumbs = crumbs(visit, year)
        return page.answer { page in list.write(rows, visit, &page) }
    }

    private func section(_ visit: Visit) throws(Failure) -> ReportTemplate.Section {
        guard let section = desk.template.sections.first(where: { $0.id == visit["section"] }) else {
            throw Failure.notFound("section \(visit["section"].clipped)")
        }
        return section
    }

    private var editing: [Route] {
        services.common.entry(
            "/reports/:year/sections/:section", .reportsWrite,
            { visit in
                let (wording, year, section) = (visit.wording, try Self.year(visit), try section(visit))
                let versions = try await desk.store.history(year, section.id)
                let current =
                    versions.first?.texts
                    ?? ReportTexts(chinese: section.paragraphs.map(\.chinese), english: section.paragraphs.map(\.english))
                return EntryForm(
                    title: section.title[wording.language], lead: wording("yearly.edit-why"),
                    path: "/reports/\(year)/sections/\(section.id)", button: wording("web.save"), crumbs: crumbs(visit, year),
                    place: .reports,
                    fields: Language.allCases.map { language in
                        .init(
                            language.rawValue, wording("letters.in.\(language.rawValue)"), .area,
                            value: current[language].joined(separator: "\n\n"), hint: wording("yearly.paragraphs"))
                    } + [
                        .init("template", wording("yearly.template"), .boxes([("yes", wording("yearly.template-yes"))])),
                        .init("reason", wording("yearly.reason"), isRequired: true),
                        .hidden("version", "\(versions.first?.version ?? 0)"),
                    ])
            },
            { visit, reader in
                let (year, section) = (try Self.year(visit), try section(visit))
                let texts = ReportTexts(
                    chinese: Self.paragraphs(visit.form.text("zh-TW")), english: Self.paragraphs(visit.form.text("en")))
                try await desk.store.write(
                    visit.form.text("template") == "yes" ? nil : texts, section: section.id, year: year,
                    after: Int(visit.form.text("version")) ?? 0, reason: reader.text("reason"), visit.actor)
                return "/reports/\(year)?saved=1"
            })
    }

    /// Texts between blank lines.
    static func paragraphs(_ text: String) -> [String] {
        var found: [[Substring]] = [[]]
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let trimmed = line.drop(while: \.isWhitespace)
            if trimmed.isEmpty { found.append([]) } else { found[found.count - 1].append(trimmed) }
        }
        return found.filter { !$0.isEmpty }.map { $0.joined(separator: " ") }
    }

    // MARK: Freezing

    private var freezing: [Route] {
        services.common.entry(
            "/reports/:year/freeze", .reportsPublish,
            { visit in
                let (wording, year) = (visit.wording, try Self.year(visit))
                return EntryForm(
                    title: wording("yearly.freeze"), lead: wording("yearly.freeze-why"), path: "/reports/\(year)/freeze",
                    button: wording("yearly.freeze"), crumbs: crumbs(visit, year), place: .reports,
                    fields: [.init("reason", wording("yearly.reason"), isRequired: true)])
            },
            { visit, reader in
                let issue = try await desk.freeze(
                    try Self.year(visit), reason: reader.text("reason"), visit.actor, render: YearlyPrint.freeze)
                return YearlyIssuePages.path(issue) + "?frozen=1"
            })
    }
}
