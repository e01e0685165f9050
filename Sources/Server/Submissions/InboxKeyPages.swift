internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Submissions
internal import Supervision

/// Keys at the supervisor: its own, and those of firms, which count after somebody compared them by phone.
struct InboxKeyPages: Sendable {
    let services: SupervisorServices
    private var exchange: ExchangeDesk { services.supervision.exchange }

    var routes: [Route] {
        [
            .page("/submissions/keys", .permitted(.submissionsRead)) { visit in try await list(visit) },
            .page("/submissions/key/file", .permitted(.submissionsRead)) { _ in
                .download("supervisor.plumbline", "application/json", try await exchange.announcement().package)
            },
        ]
            + services.common.act(
                "/submissions/key/replace", .keysRegister, { visit in try await askReplace(visit, wrong: "") },
                { visit in try await replace(visit) })
            + ["register", "reject", "revoke"].flatMap { act in
                services.common.act(
                    "/submissions/keys/:key/\(act)", .keysRegister, { visit in try await ask(visit, act, wrong: "") },
                    { visit in try await decide(visit, act) })
            }
    }

    private func crumbs(_ visit: Visit) -> [(title: String, path: String)] {
        [(visit.wording("web.submissions"), "/submissions"), (visit.wording("submissions.keys"), "/submissions/keys")]
    }

    private func list(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let names = try await InboxPages.names(services.supervision, visit)
        let keys = try await exchange.keys()
        let listing = listing(names, visit)
        if let export = try listing.export(keys, visit) { return export }
        let own = try await exchange.announcement().registration
        return Page(visit, wording("submissions.keys"), .submissions).answer { page in
            InboxPages.tabs("/submissions/keys", visit, &page)
            page.element("h2", text: wording("exchange.own-key"))
            page.element("p", ("class", "lead"), text: wording("exchange.own-key-why"))
            KeyShapes.fingerprint(own.key, wording, &page)
            var links = [(title: wording("exchange.key-file"), path: "/submissions/key/file")]
            if visit.may(.keysRegister) { links.append((wording("exchange.replace-key"), "/submissions/key/replace")) }
            Shapes.links(links, &page)
            page.element("h2", text: wording("exchange.firm-keys"))
            listing.write(keys, visit, &page)
        }
    }

    private func listing(_ names: [String: String], _ visit: Visit) -> Listing<RegisteredKey> {
        let wording = visit.wording
        func time(_ seconds: Int64?) -> Node { seconds.map { .text(Instant(seconds: $0).description) } ?? Node(.null) }
        var list = Listing<RegisteredKey>(
            name: "firm-keys",
            columns: [
                .init("firm", wording("submissions.firm"), { .text($0.firm) }, isBefore: { $0.firm < $1.firm }) { row, page in
                    page.text(names[row.firm] ?? "\(row.firm) · \(wording("exchange.not-in-register"))")
                },
                .init("id", wording("exchange.key"), { .text($0.id) }) { row, page in KeyShapes.short(row.id, &page) },
                .init("state", wording("submissions.state"), { .text($0.state.rawValue) }) { row, page in
                    SubmissionShapes.state(row.state.rawValue, wording, &page)
                },
                .init("received", wording("submissions.received"), { time($0.received / 1_000_000) }) { row, page in
                    Shapes.time(Instant(seconds: row.received / 1_000_000), &page)
                },
                .init("from", wording("exchange.valid-from"), { time($0.from) }) { row, page in
                    if let from = row.from { Shapes.time(Instant(seconds: from), &page) }
                },
                .init("until", wording("exchange.valid-until"), { time($0.until) }) { row, page in
                    if let until = row.until { Shapes.time(Instant(seconds: until), &page) }
                },
                .init("by", wording("firms.by"), { .text($0.by) }),
                .init("reason", wording("firms.reason"), { .text($0.reason) }),
            ], text: { "\($0.firm) \(names[$0.firm] ?? "") \($0.id) \($0.name)" }, schema: "plumbline.firm-keys/1")
        list.filters = [
            .init(
                id: "state", title: wording("submissions.state"),
                choices: RegisteredKey.State.allCases.map { ($0.rawValue, wording("submissions.state.\($0.rawValue)")) },
                matches: { $0.state.rawValue == $1 })
        ]
        if visit.may(.keysRegister) {
            list.columns.append(
                .acts(wording("act.action")) { row, page in
                    let acts = row.state == .waiting ? ["register", "reject"] : row.state == .registered ? ["revoke"] : []
                    page.element("div", ("class", "row-acts")) { page in
                        for act in acts {
                            page.element("a", ("href", "/submissions/keys/\(row.id)/\(act)"), text: wording("exchange.\(act)"))
                        }
                    }
                })
        }
        return list
    }

    // MARK: Firms' keys

    private func ask(_ visit: Visit, _ act: String, wrong: String) async throws -> Answer {
        let wording = visit.wording
        let key = try await exchange.key(visit["key"])
        let names = try await InboxPages.names(services.supervision, visit)
        let page = ActPage(
            title: wording("exchange.\(act)"), lead: wording("exchange.\(act)-why"), path: "/submissions/keys/\(key.id)/\(act)",
            button: wording("exchange.\(act)"), crumbs: crumbs(visit), place: .submissions, isDanger: act != "register",
            wrong: wrong)
        return page.answer(visit) { page in
            Shapes.facts(
                [
                    (wording("firms.id"), key.firm),
                    (wording("exchange.in-register"), names[key.firm] ?? wording("exchange.not-in-register")),
                    (wording("exchange.claimed-name"), key.name), (wording("exchange.contact"), key.contact),
                    (wording("exchange.replaces"), key.replaces),
                    (wording("submissions.state"), wording("submissions.state.\(key.state.rawValue)")),
                ].filter { !$0.1.isEmpty }, &page)
            KeyShapes.fingerprint(key.key, wording, &page, heading: "h2")
            Form.reason(visit, &page)
        }
    }

    private func decide(_ visit: Visit, _ act: String) async throws -> Answer {
        let reason = visit.form.text("reason")
        do throws(SupervisionError) {
            switch act {
            case "register": try await exchange.confirmKey(visit["key"], reason: reason, visit.actor)
            case "reject": try await exchange.rejectKey(visit["key"], reason: reason, visit.actor)
            default: try await exchange.revokeKey(visit["key"], reason: reason, visit.actor)
            }
        } catch {
            switch error {
            case .document(let error): return try await ask(visit, act, wrong: error.reason)
            case .conflict(let reason): return try await ask(visit, act, wrong: reason)
            default: throw error
            }
        }
        return .see("/submissions/keys")
    }

    // MARK: The supervisor's key

    private func askReplace(_ visit: Visit, wrong: String) async throws -> Answer {
        let wording = visit.wording
        let page = ActPage(
            title: wording("exchange.replace-key"), lead: wording("exchange.replace-key-why"), path: "/submissions/key/replace",
            button: wording("exchange.replace-key"), crumbs: crumbs(visit), place: .submissions, isDanger: true, wrong: wrong)
        return page.answer(visit) { page in Form.reason(visit, &page) }
    }

    private func replace(_ visit: Visit) async throws -> Answer {
        let reason = visit.form.text("reason")
        guard !reason.isEmpty, reason.utf8.count <= 200 else {
            return try await askReplace(visit, wrong: visit.wording("web.required"))
        }
        try await exchange.replaceKey(reason: reason, visit.actor)
        return .see("/submissions/keys")
    }
}
