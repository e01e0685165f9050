internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Supervision

/// Frozen reports: one with its hashes and files, and what differs from it now.
struct YearlyIssuePages: Sendable {
    let services: SupervisorServices
    var printer = PDFPrinter.live
    private var desk: YearlyReportDesk { services.supervision.yearlyReports }

    var routes: [Route] {
        [
            .page("/reports/:year/issues/:number", .permitted(.marketRead)) { visit in try await show(visit) },
            .page("/reports/:year/issues/:number/file", .permitted(.reportsExport)) { visit in try await file(visit) },
            .page("/reports/:year/issues/:number/verify", .permitted(.marketRead)) { visit in try await verify(visit) },
            .page("/reports/verify.py", .permitted(.marketRead)) { _ in
                let bytes = ShippedFiles.files(in: "reports").first { $0.name == "reports/verify.py" }?.bytes ?? []
                return .download("verify.py", "text/x-python; charset=utf-8", bytes)
            },
        ]
    }

    static func path(_ issue: ReportIssue) -> String { "/reports/\(issue.year)/issues/\(issue.number)" }

    private func find(_ visit: Visit) async throws -> ReportIssue {
        try await desk.store.issue(try YearlyPages.year(visit), Int(try visit.number("number")))
    }

    private func crumbs(_ visit: Visit, _ issue: ReportIssue, isBelow: Bool = false) -> [(title: String, path: String)] {
        [(visit.wording("web.reports"), "/reports"), ("\(issue.year)", "/reports/\(issue.year)")]
            + (isBelow ? [(issue.name, Self.path(issue))] : [])
    }

    /// Links to the forms of an edition.
    static func links(
        _ path: String, _ edition: ReportEdition, _ language: Language, canPrint: Bool, _ visit: Visit, _ page: inout HTMLWriter
    ) {
        let formats = YearlyPrint.Format.allCases.filter { $0 != .pdf || canPrint }
        Shapes.links(
            formats.map { format in
                (
                    visit.wording("yearly.format.\(format.rawValue)"),
                    "\(path)?"
                        + FormFields.query([
                            ("format", format.rawValue), ("edition", edition.rawValue), ("language", language.rawValue),
                        ])
                )
            }, &page)
        if !canPrint { page.element("p", text: visit.wording("yearly.no-printer")) }
    }

    // MARK: One

    private func show(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let issue = try await find(visit)
        var page = Page(visit, wording("yearly.issue", ["number": issue.name]), .reports)
        page.crumbs = crumbs(visit, issue)
        return page.answer { page in
            if visit.query["frozen"] != nil { Shapes.done(wording("yearly.frozen"), &page) }
            Shapes.facts(
                [
                    (wording("yearly.at"), Instant(seconds: issue.at / 1_000_000).text(in: .taipei)),
                    (wording("yearly.by"), issue.by), (wording("yearly.reason"), issue.reason),
                    (wording("yearly.hash-snapshot"), issue.snapshot), (wording("yearly.hash-issue"), issue.sha256),
                ], &page)
            Shapes.links([(wording("yearly.verify"), Self.path(issue) + "/verify")], isPrimary: true, &page)
            guard visit.may(.reportsExport) else { return }
            for edition in ReportEdition.allCases {
                for language in Language.allCases {
                    page.element(
                        "h2",
                        text: "\(wording("yearly.edition-\(edition.rawValue)")), \(wording("letters.in.\(language.rawValue)"))")
                    Self.links(Self.path(issue) + "/file", edition, language, canPrint: printer.isHere, visit, &page)
                }
            }
            page.element("p", text: wording("yearly.verifier-why"))
            Shapes.links([("verify.py", "/reports/verify.py")], &page)
        }
    }

    private func file(_ visit: Visit) async throws -> Answer {
        let issue = try await find(visit)
        let (edition, language) = YearlyPages.wanted(visit)
        guard let format = YearlyPrint.Format(rawValue: visit.query.text("format")) else { throw Failure.notFound("format") }
        let name = YearlyPrint.name(edition, language, format == .pdf ? .html : format)
        var bytes: [UInt8]
        if issue.files[name] != nil {
            bytes = try desk.store.file(name, of: issue)
        } else {
            let print = YearlyPrint(Wording(language, catalog: visit.wording.catalog))
            bytes = try print.file(try desk.store.content(issue).content, edition, format, number: issue.name)
        }
        if format == .pdf { bytes = try await printer.pdf(bytes) }
        return .download("report-\(issue.name)-\(YearlyPrint.name(edition, language, format))", format.type, bytes)
    }

    // MARK: Verifying

    /// Something that differs.
    private struct Row: Sendable {
        var kind: String
        var what: String
        var frozen: String
        var found: String
    }

    private func verify(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let issue = try await find(visit)
        let found = try await desk.verify(issue)
        for name in issue.files.keys { _ = try desk.store.file(name, of: issue) }
        let rows =
            found.figures.map { Row(kind: "figure-\($0.source.rawValue)", what: $0.id, frozen: $0.frozen, found: $0.found) }
            + found.rows.map {
                Row(kind: "row", what: "\($0.table) \($0.row) \($0.column)", frozen: $0.frozen, found: $0.found)
            }
            + found.documents.map {
                Row(
                    kind: "document", what: "\($0.firm) \($0.quarter)", frozen: $0.sha256,
                    found: wording("yearly.problem.\($0.problem.rawValue)"))
            }
        let list = Listing<Row>(
            name: "report-\(issue.name)-differences",
            columns: [
                .init("kind", wording("yearly.kind"), { .text($0.kind) }) { row, page in
                    page.text(wording("yearly.kind.\(row.kind)"))
                },
                .init("what", wording("yearly.what"), { .text($0.what) }),
                .init("frozen", wording("yearly.was"), { .text($0.frozen) }),
                .init("found", wording("yearly.is"), { .text($0.found) }),
            ], text: { "\($0.what) \($0.frozen) \($0.found)" }, schema: "plumbline.report-differences/1")
        if let export = try list.export(rows, visit) { return export }
        var page = Page(visit, wording("yearly.verify"), .reports)
        page.crumbs = crumbs(visit, issue, isBelow: true)
        return page.answer { page in
            Shapes.notice(found.isSame ? "good" : "warn", &page) { page in
                page.element("p", text: wording(found.isSame ? "yearly.is-same" : "yearly.is-other"))
            }
            Shapes.facts(
                [
                    (wording("yearly.figures"), "\(found.figureCount)"), (wording("yearly.rows"), "\(found.rowCount)"),
                    (wording("yearly.signed"), "\(found.signedCount)"), (wording("yearly.imported"), "\(found.unsignedCount)"),
                    (wording("yearly.files"), "\(issue.files.count)"),
                ], &page)
            list.write(rows, visit, &page)
        }
    }
}
