internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Submissions
internal import Workspace

/// The firm's submissions: versions and their states, what is on its way, what came back, and files that are carried.
struct FilingPages: Sendable {
    let services: FirmServices
    private var desk: SubmissionDesk { services.workspace.submissions }

    var routes: [Route] {
        [
            .page("/submissions", .permitted(.submissionsRead)) { visit in try await list(visit) },
            .page("/submissions/mail", .permitted(.submissionsRead)) { visit in try await mail(visit) },
            .page("/submissions/mail/:hash", .permitted(.submissionsRead)) { visit in try await message(visit) },
            .page("/submissions/packages/:hash", .permitted(.submissionsRead)) { visit in
                KeyShapes.download(visit["hash"], try await desk.file(visit["hash"]))
            },
            .form("/submissions/deliver", .permitted(.submissionsSend), isFresh: services.common.isFresh(.submissionsSend)) {
                visit in
                let report = try await services.workspace.courier.round(isForced: true)
                services.hub.tell("submissions")
                return .see(
                    "/submissions?" + FormFields.query([("tried", report.map { $0.trouble.isEmpty ? "ok" : "failed" } ?? "busy")])
                )
            },
            .page("/submissions/import", .permitted(.submissionsSend), isFresh: services.common.isFresh(.submissionsSend)) {
                visit in
                self.import(visit, nil)
            },
            .form(
                "/submissions/import", .permitted(.submissionsSend), isFresh: services.common.isFresh(.submissionsSend),
                upload: desk.policy.packageBytes
            ) { visit in try await take(visit) },
        ]
    }

    /// The pages of the place.
    static func tabs(_ current: String, _ visit: Visit, _ page: inout HTMLWriter) {
        Shapes.tabs(
            visit.wording("web.submissions"),
            [
                (visit.wording("submissions.versions"), "/submissions"), (visit.wording("submissions.mail"), "/submissions/mail"),
                (visit.wording("submissions.keys"), "/submissions/keys"),
            ], current: current, &page)
    }

    // MARK: Versions

    /// A version and how far its quarter has come.
    private struct Row: Sendable {
        var version: FiledVersion
        var filing: Filing

        /// What people see: of the newest version what the supervisor did with it, of the others what became of them.
        var state: String {
            guard version.state == .received else { return version.state.rawValue }
            guard filing.head == version.payload else { return "superseded" }
            return filing.state?.rawValue ?? version.state.rawValue
        }
    }

    private func list(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        var rows: [Row] = []
        for version in try await desk.versions() where version.state != .discarded {
            rows.append(Row(version: version, filing: try await desk.filing(version.quarter)))
        }
        let listing = listing(visit)
        if let export = try listing.export(rows, visit) { return export }
        let (partner, keys, outbox) = (try await desk.partner(), try await desk.keys(), try await desk.outbox())
        var page = Page(visit, wording("web.submissions"), .submissions)
        page.live = "submissions"
        return page.answer { page in
            Self.tabs("/submissions", visit, &page)
            switch visit.query.text("tried") {
            case "ok": Shapes.done(wording("submissions.tried"), &page)
            case "failed":
                Shapes.notice("warn", &page) { $0.element("p", ("role", "status"), text: wording("submissions.tried-failed")) }
            default: break
            }
            nextStep(partner, keys, visit, &page)
            for row in rows where row.state == FilingState.returned.rawValue {
                Shapes.notice("warn", &page) { page in
                    page.element("p", text: wording("submissions.returned-why", ["quarter": row.version.quarter.description]))
                    page.element("p") {
                        $0.element(
                            "a", ("href", "/submissions/quarters/\(row.version.quarter)/reply"),
                            text: wording("submissions.reply"))
                    }
                }
            }
            queue(outbox.filter { $0.state == .waiting }, visit, &page)
            if visit.may(.submissionsSend) {
                Shapes.links(
                    [
                        (wording("submissions.prepare"), "/submissions/new"),
                        (wording("submissions.import"), "/submissions/import"),
                    ],
                    &page)
            }
            listing.write(rows, visit, &page)
        }
    }

    private func nextStep(_ partner: Partner?, _ keys: [OwnKey], _ visit: Visit, _ page: inout HTMLWriter) {
        let step: String
        if partner == nil {
            step = "partner"
        } else if partner?.key == nil {
            step = "pin"
        } else if !keys.contains(where: { $0.state == .registered }) {
            step = keys.contains { $0.state == .made || $0.state == .waiting } ? "key-waits" : "key"
        } else {
            return
        }
        Shapes.notice("", &page) { page in
            page.element("p", text: visit.wording("submissions.next.\(step)"))
            page.element("p") { $0.element("a", ("href", "/submissions/keys"), text: visit.wording("submissions.keys")) }
        }
    }

    /// What is on its way, and what stands in the way.
    private func queue(_ waiting: [OutboxEntry], _ visit: Visit, _ page: inout HTMLWriter) {
        guard !waiting.isEmpty else { return }
        let wording = visit.wording
        page.element("h2", text: wording("submissions.queue"))
        Listing<OutboxEntry>(
            name: "queue",
            columns: [
                .init("kind", wording("submissions.kind"), { .text($0.kind.rawValue) }) { row, page in
                    page.text(wording("exchange.kind.\(row.kind.word)") + (row.quarter.map { " \($0)" } ?? ""))
                },
                .init(
                    "created", wording("submissions.signed-at"), { .text(Instant(seconds: $0.created / 1_000_000).description) }
                ) {
                    Shapes.time(Instant(seconds: $0.created / 1_000_000), &$1)
                },
                .init("attempts", wording("submissions.attempts"), isNumber: true, { .integer($0.attempts) }),
                .init("trouble", wording("submissions.trouble"), { .text($0.trouble) }) { row, page in
                    page.text(
                        RefusalCode(rawValue: row.trouble).map { wording("exchange.refusal.\($0.rawValue)") } ?? row.trouble)
                },
                .init("next", wording("submissions.next-try"), { .text(Instant(seconds: $0.next).description) }) { row, page in
                    if row.next > 0 { Shapes.time(Instant(seconds: row.next), &page) }
                },
                .init("package", wording("submissions.package"), { .text($0.package) }) { row, page in
                    KeyShapes.link(row.package, &page)
                },
            ], text: { $0.package }, schema: "plumbline.outbox/1"
        ).table(waiting, wording("submissions.queue"), visit, &page)
        if visit.may(.submissionsSend) {
            Form.post("/submissions/deliver", visit, &page) { Form.actions(wording("submissions.deliver"), &$0) }
        }
    }

    private func listing(_ visit: Visit) -> Listing<Row> {
        let wording = visit.wording
        var list = Listing<Row>(
            name: "submissions",
            columns: [
                .init(
                    "quarter", wording("submissions.quarter"), { .text($0.version.quarter.description) },
                    isBefore: { $0.version.quarter < $1.version.quarter }
                ) { row, page in
                    page.element("a", ("href", "/submissions/versions/\(row.version.id)"), text: row.version.quarter.description)
                },
                .init("version", wording("submissions.version"), isNumber: true, { .integer($0.version.version) }),
                .init("state", wording("submissions.state"), { .text($0.state) }) { row, page in
                    SubmissionShapes.state(row.state, wording, &page)
                    if let refusal = row.version.refusal {
                        page.element("p", ("class", "lead"), text: wording("exchange.refusal.\(refusal.rawValue)"))
                    }
                },
                .init(
                    "prepared", wording("submissions.made"),
                    { .text(Instant(seconds: $0.version.prepared / 1_000_000).description) }
                ) {
                    Shapes.time(Instant(seconds: $0.version.prepared / 1_000_000), &$1)
                },
                .init("signed_by", wording("submissions.signed-by"), { .text($0.version.signedBy) }),
                .init(
                    "received", wording("submissions.received"),
                    { $0.version.received.map { .text(Instant(seconds: $0).description) } ?? Node(.null) }
                ) { row, page in
                    if let received = row.version.received { Shapes.time(Instant(seconds: received), &page) }
                },
                .init("package", wording("submissions.package"), { $0.version.package.map { .text($0) } ?? Node(.null) }) {
                    row, page in
                    if let package = row.version.package { KeyShapes.link(package, &page) }
                },
            ], text: { "\($0.version.quarter) \($0.version.payload)" }, schema: "plumbline.submissions/1")
        let states = FiledVersion.State.allCases.map(\.rawValue) + FilingState.allCases.map(\.rawValue) + ["superseded"]
        list.filters = [
            .init(
                id: "state", title: wording("submissions.state"),
                choices: states.filter { $0 != "received" && $0 != "discarded" }.map { ($0, wording("submissions.state.\($0)")) },
                matches: { $0.state == $1 })
        ]
        return list
    }

    // MARK: Mail

    private func mail(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let entries = try await desk.mail()
        let canFetch = try await desk.partner().map { !$0.address.isEmpty } ?? false
        let listing = Listing<MailEntry>(
            name: "mail",
            columns: [
                .init(
                    "received", wording("submissions.received"), { .text(Instant(seconds: $0.received / 1_000_000).description) }
                ) {
                    Shapes.time(Instant(seconds: $0.received / 1_000_000), &$1)
                },
                .init("kind", wording("submissions.kind"), { .text($0.kind.rawValue) }) { row, page in
                    page.element(
                        "a", ("href", "/submissions/mail/\(row.package)"), text: wording("exchange.kind.\(row.kind.word)"))
                },
                .init("quarter", wording("submissions.quarter"), { .text($0.quarter?.description ?? "") }),
                .init("origin", wording("submissions.way"), { .text($0.origin) }) { row, page in
                    page.text(wording("submissions.way.\(row.origin)"))
                },
                .init("package", wording("submissions.package"), { .text($0.package) }) { row, page in
                    KeyShapes.link(row.package, &page)
                },
            ], text: { "\($0.kind.rawValue) \($0.quarter?.description ?? "") \($0.package)" }, schema: "plumbline.mail-list/1")
        if let export = try listing.export(entries, visit) { return export }
        return Page(visit, wording("submissions.mail"), .submissions).answer { page in
            Self.tabs("/submissions/mail", visit, &page)
            if visit.may(.submissionsSend) {
                // By itself the firm looks only now and then.
                if canFetch {
                    Form.post("/submissions/deliver", visit, &page) { Form.actions(wording("submissions.deliver"), &$0) }
                }
                Shapes.links([(wording("submissions.import"), "/submissions/import")], &page)
            }
            listing.write(entries, visit, &page)
        }
    }

    private func message(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        guard try await desk.mail().contains(where: { $0.package == visit["hash"] }) else { throw Failure.notFound() }
        let message = try await desk.message(package: visit["hash"])
        var page = Page(visit, wording("exchange.kind.\(message.kind.word)"), .submissions)
        page.crumbs = [(wording("web.submissions"), "/submissions"), (wording("submissions.mail"), "/submissions/mail")]
        return page.answer { page in
            SubmissionShapes.message(message, wording, &page)
            if case .questions(let questions) = message, visit.may(.submissionsSend) {
                Shapes.links(
                    [(wording("submissions.reply"), "/submissions/quarters/\(questions.submission.quarter)/reply")],
                    isPrimary: true,
                    &page)
            }
            Shapes.links([(wording("submissions.package-download"), "/submissions/packages/\(visit["hash"])")], &page)
        }
    }

    // MARK: Files

    private func `import`(_ visit: Visit, _ taken: TakenPackage?) -> Answer {
        let wording = visit.wording
        var page = Page(visit, wording("submissions.import"), .submissions)
        page.crumbs = [(wording("web.submissions"), "/submissions")]
        page.isNarrow = true
        return page.answer { page in
            page.element("p", ("class", "lead"), text: wording("submissions.import-firm-why"))
            switch taken {
            case .kept(let message):
                Shapes.done(wording("submissions.imported"), &page)
                SubmissionShapes.message(message, wording, &page)
            case .known:
                Shapes.notice("", &page) { $0.element("p", ("role", "status"), text: wording("exchange.refusal.replayed")) }
            case .refused(let refusal): Shapes.alert(SubmissionShapes.refusal(refusal, wording), &page)
            case nil: break
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
        let taken = try await desk.take(file, origin: "file", visit.actor)
        services.hub.tell("submissions")
        return self.import(visit, taken)
    }
}
