internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Spreadsheets
internal import Supervision

/// The register in and out as a table: a file is looked at first, and taken whole or not at all.
struct RegisterImportPages: Sendable {
    let services: SupervisorServices
    private var supervision: Supervision { services.supervision }
    /// Largest file.
    private static let limit = 16 << 20

    var routes: [Route] {
        [
            .page("/firms/import", .permitted(.firmsChange)) { visit in page(visit, nil) },
            .form("/firms/import/check", .permitted(.firmsChange), upload: Self.limit) { visit in
                let (table, known) = try await read(visit)
                return page(visit, (table, known, false))
            },
            .form("/firms/import/take", .permitted(.firmsChange), upload: Self.limit) { visit in
                let (table, known) = try await read(visit)
                guard table.flaws.isEmpty else { return page(visit, (table, known, false)) }
                try await take(table, known, visit)
                services.hub.tell("market")
                return page(visit, (table, known, true))
            },
            .page("/firms/export", .permitted(.marketRead)) { visit in try await export(visit) },
        ]
    }

    private func read(_ visit: Visit) async throws -> (RegisterTable, [String: Int]) {
        guard let file = Multipart.file(visit.body, visit.headers[.contentType] ?? "", name: "file") else {
            throw Failure.bad("form")
        }
        let firms = try await supervision.register.all()
        var versions: [String: Int] = [:]
        for firm in firms { versions[firm.id] = try await supervision.register.firm(firm.id).version }
        do {
            guard let sheet = try TableFile.read(file).visible.first(where: { $0.grid.cellCount > 0 }) else {
                throw Failure.bad("document", ["reason": visit.wording("firms.import-empty")])
            }
            let tiers = supervision.market.tierChoices
            return (
                RegisterTable(
                    sheet.grid, known: firms, rulebook: supervision.rulebook, columns: supervision.registerColumns, tiers: tiers,
                    day: visit.today), versions
            )
        } catch let error as SpreadsheetError {
            throw Failure.bad("document", ["reason": "\(error)"], detail: "\(error)")
        }
    }

    private func take(_ table: RegisterTable, _ known: [String: Int], _ visit: Visit) async throws {
        let reason = "import"
        try await supervision.register.save(
            table.firms, after: known.filter { key, _ in table.firms.contains { $0.id == key } }, reason: reason, visit.actor)
        if !table.statedTiers.isEmpty {
            try await supervision.tiers.adopt(
                table.statedTiers, decision: MarketDesk.tierDecision, from: visit.today, note: reason, visit.actor)
        }
    }

    private func page(_ visit: Visit, _ result: (table: RegisterTable, known: [String: Int], isTaken: Bool)?) -> Answer {
        let wording = visit.wording
        var page = Page(visit, wording("firms.import"), .firms)
        page.crumbs = [(wording("web.firms"), "/firms")]
        page.isNarrow = true
        return page.answer { page in
            page.element("p", ("class", "lead"), text: wording("firms.import-why"))
            if let result { tell(result, wording, &page) }
            for (action, label) in [("check", "firms.import-check"), ("take", "firms.import-take")] {
                page.element(
                    "form", ("method", "post"),
                    ("action", "/firms/import/\(action)?" + FormFields.query([("csrf", visit.signedIn?.csrf ?? "")])),
                    ("enctype", "multipart/form-data")
                ) { page in
                    page.element("div", ("class", "field")) { page in
                        page.element("label", ("for", "file-\(action)"), text: wording("firms.import-file"))
                        page.void(
                            "input", ("type", "file"), ("id", "file-\(action)"), ("name", "file"),
                            ("accept", ".xlsx,.csv,.tsv,.txt"),
                            ("required", ""))
                    }
                    Form.actions(wording(label), cancel: (wording("web.cancel"), "/firms"), &page)
                }
            }
        }
    }

    private func tell(
        _ result: (table: RegisterTable, known: [String: Int], isTaken: Bool), _ wording: Wording, _ page: inout HTMLWriter
    ) {
        let table = result.table
        if !table.flaws.isEmpty {
            Shapes.notice("bad", &page) { page in
                page.element("p", ("role", "alert"), text: wording("firms.import-refused", ["count": String(table.flaws.count)]))
                page.element("ul") { page in for flaw in table.flaws { page.element("li", text: flaw.description) } }
            }
        } else {
            let new = table.firms.count { result.known[$0.id] == nil }
            Shapes.done(
                wording(
                    result.isTaken ? "firms.import-done" : "firms.import-fit",
                    ["count": String(table.firms.count), "new": String(new)]), &page)
        }
        if !table.remarks.isEmpty {
            Shapes.notice("warn", &page) { page in
                page.element("ul") { page in for remark in table.remarks { page.element("li", text: remark) } }
            }
        }
    }

    private func export(_ visit: Visit) async throws -> Answer {
        guard Workbook.canWrite else { throw Failure(.notImplemented, "workbook", detail: "libxlsxwriter is not installed") }
        let firms = try await supervision.register.all()
        let title = visit.wording("web.firms")
        let sheet = RegisterTable.sheet(
            firms, rulebook: supervision.rulebook, columns: supervision.registerColumns, in: visit.wording.language,
            asOf: visit.today, title: title)
        let workbook = Workbook(
            properties: .init(title: title, created: visit.now / 1_000_000), sheets: [sheet])
        return .download(
            "firms-\(visit.today).xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", try workbook.xlsx())
    }
}
