internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Submissions
internal import Supervision

/// What firms filed: the newest version of each quarter, packages that were refused, and files that are carried.
struct InboxPages: Sendable {
    let services: SupervisorServices
    private var exchange: ExchangeDesk { services.supervision.exchange }

    var routes: [Route] {
        [
            .page("/submissions", .permitted(.submissionsRead)) { visit in try await list(visit) },
            .page("/submissions/refused", .permitted(.submissionsRead)) { visit in try await refused(visit) },
            .page("/submissions/outgoing", .permitted(.submissionsRead)) { visit in try await outgoing(visit) },
            .page("/submissions/packages/:hash", .permitted(.submissionsRead)) { visit in
                KeyShapes.download(visit["hash"], try await exchange.file(visit["hash"]))
            },
            .page("/submissions/import", .permitted(.submissionsAccept)) { visit in self.import(visit, nil) },
            .form("/submissions/import", .permitted(.submissionsAccept), upload: exchange.policy.packageBytes) { visit in
                try await take(visit)
            },
        ]
    }

    /// The pages of the place.
    static func tabs(_ current: String, _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        Shapes.tabs(
            wording("web.submissions"),
            [
                (wording("submissions.versions"), "/submissions"), (wording("submissions.outgoing"), "/submissions/outgoing"),
                (wording("submissions.refused"), "/submissions/refused"), (wording("submissions.keys"), "/submissions/keys"),
            ], current: current, &page)
    }

    /// Short names of firms, by id.
    static func names(_ supervision: Supervision, _ visit: Visit) async throws -> [String: String] {
        try await supervision.register.names(on: visit.today)
    }

    // MARK: Versions

    private struct Row: Sendable {
        var version: ReceivedVersion
        var short: String
        var state: String { version.isNewest ? version.state.rawValue : "superseded" }
    }

    private func list(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let names = try await Self.names(services.supervision, visit)
        let rows = try await exchange.versions().map { Row(version: $0, short: names[$0.firm] ?? $0.firm) }
        let waiting = try await exchange.keys().filter { $0.state == .waiting }.count
        let quarters = Set(rows.map(\.version.quarter)).sorted(by: >)
        var listing = Self.listing(wording)
        listing.filters.insert(
            .init(
                id: "quarter", title: wording("submissions.quarter"), choices: quarters.map { ($0.description, $0.description) },
                matches: { $0.version.quarter.description == $1 }), at: 0)
        if let export = try listing.export(rows, visit) { return export }
        var page = Page(visit, wording("web.submissions"), .submissions)
        page.live = "market"
        return page.answer { page in
            Self.tabs("/submissions", visit, &page)
            if waiting > 0 {
                Shapes.notice("warn", &page) { page in
                    page.element("p", text: wording("submissions.keys-wait", ["count": String(waiting)]))
                    page.element("p") { $0.element("a", ("href", "/submissions/keys"), text: wording("submissions.keys")) }
                }
            }
            if visit.may(.submissionsAccept) { Shapes.links([(wording("submissions.import"), "/submissions/import")], &page) }
            listing.write(rows, visit, &page)
        }
    }

    private static func listing(_ wording: Wording) -> Listing<Row> {
        var list = Listing<Row>(
            name: "submissions",
            columns: [
                .init("firm", wording("submissions.firm"), { .text($0.version.firm) }, isBefore: { $0.short < $1.short }) {
                    row, page in
                    page.element("a", ("href", "/submissions/versions/\(row.version.payload)"), text: row.short)
                },
                .init(
                    "quarter", wording("submissions.quarter"), { .text($0.version.quarter.description) },
                    isBefore: { $0.version.quarter < $1.version.quarter }),
                .init("version", wording("submissions.version"), isNumber: true, { .integer($0.version.version) }),
                .init("state", wording("submissions.state"), { .text($0.state) }, isBefore: { $0.state < $1.state }) {
                    row, page in
                    SubmissionShapes.state(row.state, wording, &page)
                },
                .init(
                    "received", wording("submissions.received"),
                    { .text(Instant(seconds: $0.version.received / 1_000_000).description) },
                    isBefore: { $0.version.received < $1.version.received }
                ) { row, page in Shapes.time(Instant(seconds: row.version.received / 1_000_000), &page) },
                .init("origin", wording("submissions.way"), { .text($0.version.origin) }) { row, page in
                    page.text(wording("submissions.way.\(row.version.origin)"))
                },
                .init("sha256", "SHA-256", { .text($0.version.payload) }) { row, page in
                    KeyShapes.short(row.version.payload, &page)
                },
                .init("package", wording("submissions.package"), { .text($0.version.package) }) { row, page in
                    KeyShapes.link(row.version.package, &page)
                },
            ], text: { "\($0.version.firm) \($0.short) \($0.version.quarter) \($0.version.payload)" },
            schema: "plumbline.received-submissions/1")
        list.filters = [
            .init(
                id: "state", title: wording("submissions.state"),
                choices: (FilingState.allCases.map(\.rawValue) + ["superseded"]).map {
                    ($0, wording("submissions.state.\($0)"))
                },
                matches: { $0.state == $1 })
        ]
        return list
    }

    // MARK: Other packages

    private func refused(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let rows = try await exchange.refusals()
        var listing = Listing<RefusedPackage>(
            name: "refused",
            columns: [
                .init("at", wording("submissions.received"), { .text(Instant(seconds: $0.at / 1_000_000).description) }) {
                    Shapes.time(Instant(seconds: $0.at / 1_000_000), &$1)
                },
                .init("code", wording("exchange.refused-because"), { .text($0.code.rawValue) }) { row, page in
                    page.text(wording("exchange.refusal.\(row.code.rawValue)"))
                    if !row.detail.isEmpty { page.element("p", ("class", "lead"), text: row.detail) }
                },
                .init("firm", wording("submissions.firm"), { .text($0.firm) }),
                .init("address", wording("exchange.source"), { .text($0.address) }) { row, page in
                    page.text(row.address.isEmpty ? wording("submissions.way.file") : row.address)
                },
                .init("bytes", wording("submissions.bytes"), isNumber: true, { .integer($0.bytes) }),
                .init("package", "SHA-256", { .text($0.package) }) { row, page in KeyShapes.short(row.package, &page) },
            ], text: { "\($0.code.rawValue) \($0.firm) \($0.address) \($0.package)" }, schema: "plumbline.refused-packages/1")
        listing.filters = [
            .init(
                id: "code", title: wording("exchange.refused-because"),
                choices: RefusalCode.allCases.map { ($0.rawValue, $0.rawValue) },
                matches: { $0.code.rawValue == $1 })
        ]
        if let export = try listing.export(rows, visit) { return export }
        return Page(visit, wording("submissions.refused"), .submissions).answer { page in
            Self.tabs("/submissions/refused", visit, &page)
            page.element("p", ("class", "lead"), text: wording("submissions.refused-why"))
            listing.write(rows, visit, &page)
        }
    }

    private func outgoing(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let names = try await Self.names(services.supervision, visit)
        let rows = try await exchange.outgoing()
        let listing = Listing<OutgoingPackage>(
            name: "outgoing",
            columns: [
                .init("firm", wording("submissions.firm"), { .text($0.firm) }) { row, page in
                    page.text(names[row.firm] ?? row.firm)
                },
                .init("kind", wording("submissions.kind"), { .text($0.kind.rawValue) }) { row, page in
                    page.text(wording("exchange.kind.\(row.kind.word)"))
                },
                .init("quarter", wording("submissions.quarter"), { .text($0.quarter?.description ?? "") }),
                .init("created", wording("submissions.made"), { .text(Instant(seconds: $0.created / 1_000_000).description) }) {
                    Shapes.time(Instant(seconds: $0.created / 1_000_000), &$1)
                },
                .init(
                    "fetched", wording("exchange.fetched"),
                    { $0.fetched.map { .text(Instant(seconds: $0 / 1_000_000).description) } ?? Node(.null) }
                ) { row, page in if let fetched = row.fetched { Shapes.time(Instant(seconds: fetched / 1_000_000), &page) } },
                .init("package", wording("submissions.package"), { .text($0.package) }) { row, page in
                    KeyShapes.link(row.package, &page)
                },
            ], text: { "\($0.firm) \(names[$0.firm] ?? "") \($0.kind.rawValue) \($0.quarter?.description ?? "")" },
            schema: "plumbline.outgoing/1")
        if let export = try listing.export(rows, visit) { return export }
        return Page(visit, wording("submissions.outgoing"), .submissions).answer { page in
            Self.tabs("/submissions/outgoing", visit, &page)
            page.element("p", ("class", "lead"), text: wording("submissions.outgoing-why"))
            listing.write(rows, visit, &page)
        }
    }

    // MARK: Files

    private func `import`(_ visit: Visit, _ answer: ExchangeAnswer?) -> Answer {
        let wording = visit.wording
        var page = Page(visit, wording("submissions.import"), .submissions)
        page.crumbs = [(wording("web.submissions"), "/submissions")]
        page.isNarrow = true
        return page.answer { page in
            page.element("p", ("class", "lead"), text: wording("submissions.import-why"))
            if let answer {
                if let refusal = answer.refusal {
                    Shapes.alert(wording("exchange.refusal.\(refusal.rawValue)"), &page)
                } else {
                    Shapes.done(wording("submissions.imported"), &page)
                }
                page.element("p", text: wording("submissions.carry-back"))
                var links = [
                    (title: wording("submissions.answer-download"), path: "/submissions/packages/\(HexText.sha256(answer.bytes))")
                ]
                if let payload = answer.submission {
                    links.append((wording("submissions.open"), "/submissions/versions/\(payload)"))
                }
                Shapes.links(links, &page)
            }
            Form.file(
                "/submissions/import", wording("submissions.file"), wording("submissions.import-button"),
                accept: ".plumbline,.json",
                visit, &page)
        }
    }

    private func take(_ visit: Visit) async throws -> Answer {
        guard let file = Multipart.file(visit.body, visit.headers[.contentType] ?? "", name: "file") else {
            throw Failure.bad("form")
        }
        let answer = try await exchange.receive(file, from: nil, code: visit.code, bearer: visit.actor)
        if answer.refusal == nil { services.hub.tell("market") }
        return self.import(visit, answer)
    }
}
