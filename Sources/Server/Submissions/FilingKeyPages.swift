internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Submissions
internal import Workspace

/// The firm's keys, and the supervisor it believes: both compared by phone before they count.
struct FilingKeyPages: Sendable {
    let services: FirmServices
    private var desk: SubmissionDesk { services.workspace.submissions }

    var routes: [Route] {
        [.page("/submissions/keys", .permitted(.submissionsRead)) { visit in try await list(visit) }]
            + services.common.act(
                "/submissions/partner", .keysRegister, { visit in try await partner(visit, wrong: [:]) },
                { visit in try await setPartner(visit) })
            + services.common.act(
                "/submissions/pin", .keysRegister, { visit in try await fetch(visit) }, { visit in try await pin(visit) })
            + [
                .page("/submissions/pin/file", .permitted(.keysRegister), isFresh: services.common.isFresh(.keysRegister)) {
                    visit in
                    file(visit, wrong: "")
                },
                .form(
                    "/submissions/pin/file", .permitted(.keysRegister), isFresh: services.common.isFresh(.keysRegister),
                    upload: 65_536
                ) { visit in
                    guard let bytes = Multipart.file(visit.body, visit.headers[.contentType] ?? "", name: "file") else {
                        throw Failure.bad("form")
                    }
                    return try await compare(visit, bytes)
                },
            ]
            + services.common.act(
                "/submissions/keys/new", .keysRegister, { visit in ask(visit, wrong: "") }, { visit in try await make(visit) })
            + services.common.act(
                "/submissions/keys/:key/end", .keysRegister, { visit in try await askEnd(visit, wrong: "") },
                { visit in try await end(visit) })
    }

    private func crumbs(_ visit: Visit) -> [(title: String, path: String)] {
        [(visit.wording("web.submissions"), "/submissions"), (visit.wording("submissions.keys"), "/submissions/keys")]
    }

    private func list(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let (partner, keys) = (try await desk.partner(), try await desk.keys())
        let listing = listing(visit)
        if let export = try listing.export(keys, visit) { return export }
        return Page(visit, wording("submissions.keys"), .submissions).answer { page in
            FilingPages.tabs("/submissions/keys", visit, &page)
            page.element("h2", text: wording("exchange.supervisor"))
            if let partner {
                Shapes.facts(
                    [
                        (wording("exchange.address"), partner.address.isEmpty ? wording("exchange.by-file") : partner.address),
                        (wording("exchange.firm-id"), partner.firm), (wording("exchange.firm-name"), partner.name),
                        (wording("exchange.pinned"), partner.key == nil ? wording("exchange.not-pinned") : partner.keyName),
                    ], &page)
                if let key = partner.key { KeyShapes.fingerprint(key, wording, &page) }
            } else {
                page.element("p", ("class", "lead"), text: wording("submissions.next.partner"))
            }
            if visit.may(.keysRegister) {
                var links = [(wording("exchange.set-partner"), "/submissions/partner")]
                if let partner {
                    if !partner.address.isEmpty { links.append((wording("exchange.pin-fetch"), "/submissions/pin")) }
                    links.append((wording("exchange.pin-file"), "/submissions/pin/file"))
                }
                Shapes.links(links.map { (title: $0.0, path: $0.1) }, &page)
            }
            page.element("h2", text: wording("exchange.own-keys"))
            if partner != nil, visit.may(.keysRegister) {
                Shapes.links([(wording("exchange.make-key"), "/submissions/keys/new")], &page)
            }
            if let key = keys.first(where: { $0.state != .ended }) {
                Shapes.notice("", &page) { page in
                    page.element("p", text: wording("exchange.compare-own"))
                    KeyShapes.fingerprint(key.key, wording, &page)
                }
            }
            listing.write(keys, visit, &page)
        }
    }

    private func listing(_ visit: Visit) -> Listing<OwnKey> {
        let wording = visit.wording
        var list = Listing<OwnKey>(
            name: "keys",
            columns: [
                .init("id", wording("exchange.key"), { .text($0.id) }) { row, page in KeyShapes.short(row.id, &page) },
                .init("state", wording("submissions.state"), { .text($0.state.rawValue) }) { row, page in
                    SubmissionShapes.state(row.state.rawValue, wording, &page)
                    page.text(row.reason.isEmpty ? "" : " " + row.reason)
                },
                .init("created", wording("submissions.made"), { .text(Instant(seconds: $0.created / 1_000_000).description) }) {
                    Shapes.time(Instant(seconds: $0.created / 1_000_000), &$1)
                },
                .init("by", wording("firms.by"), { .text($0.by) }),
                .init("registration", wording("exchange.registration"), { .text($0.registration) }) { row, page in
                    KeyShapes.link(row.registration, &page)
                },
            ], text: { $0.id }, schema: "plumbline.own-keys/1")
        if visit.may(.keysRegister) {
            list.columns.append(
                .acts(wording("act.action")) { row, page in
                    guard row.state != .ended else { return }
                    page.element("a", ("href", "/submissions/keys/\(row.id)/end"), text: wording("exchange.end-key"))
                })
        }
        return list
    }

    // MARK: The supervisor

    private func partner(_ visit: Visit, wrong: [String: String]) async throws -> Answer {
        let wording = visit.wording
        let before = try await desk.partner()
        let name = try await services.workspace.firm.current()?.document["name"]?.text ?? ""
        func value(_ key: String, _ old: String?) -> String { visit.form[key] ?? old ?? "" }
        var page = Page(visit, wording("exchange.set-partner"), .submissions)
        page.crumbs = crumbs(visit)
        page.isNarrow = true
        return page.answer { page in
            page.element("p", ("class", "lead"), text: wording("exchange.set-partner-why"))
            Form.post("/submissions/partner", visit, &page) { page in
                Form.Field(
                    name: "address", label: wording("exchange.address"), hint: wording("exchange.address-hint"),
                    value: value("address", before?.address), wrong: wrong["address"] ?? "", limit: 300
                ).write(&page)
                Form.prose(
                    "trust", wording("exchange.trust"), hint: wording("exchange.trust-hint"),
                    value: value("trust", before?.trust),
                    wrong: wrong["trust"] ?? "", rows: 6, limit: 32_768, &page)
                Form.Field(
                    name: "firm", label: wording("exchange.firm-id"), hint: wording("exchange.firm-id-hint"),
                    value: value("firm", before?.firm), wrong: wrong["firm"] ?? "", isRequired: true, limit: 63
                ).write(&page)
                Form.Field(
                    name: "name", label: wording("exchange.firm-name"), value: value("name", before?.name ?? name),
                    wrong: wrong["name"] ?? "", isRequired: true
                ).write(&page)
                Form.actions(wording("web.save"), cancel: (wording("web.cancel"), "/submissions/keys"), &page)
            }
        }
    }

    private func setPartner(_ visit: Visit) async throws -> Answer {
        let form = visit.form
        do throws(WorkspaceError) {
            try await desk.setPartner(
                address: form.text("address").hasSuffix("/") ? String(form.text("address").dropLast()) : form.text("address"),
                trust: form.text("trust").replacing("\r\n", with: "\n"), firm: form.text("firm"), name: form.text("name"),
                visit.actor)
        } catch {
            guard case .document(let error) = error else { throw error }
            return try await partner(visit, wrong: [error.key: error.reason])
        }
        return .see("/submissions/keys")
    }

    private func file(_ visit: Visit, wrong: String) -> Answer {
        var page = Page(visit, visit.wording("exchange.pin-file"), .submissions)
        page.crumbs = crumbs(visit)
        page.isNarrow = true
        return page.answer { page in
            if !wrong.isEmpty { Shapes.alert(wrong, &page) }
            Form.file(
                "/submissions/pin/file", visit.wording("submissions.file"), visit.wording("web.continue"),
                accept: ".plumbline,.json",
                visit, &page)
        }
    }

    private func fetch(_ visit: Visit) async throws -> Answer {
        do throws(WorkspaceError) {
            return try await compare(visit, try await desk.fetchAnnouncement())
        } catch {
            guard case .conflict(let reason) = error else { throw error }
            var page = Page(visit, visit.wording("exchange.pin-fetch"), .submissions)
            page.crumbs = crumbs(visit)
            return page.answer { page in
                Shapes.alert(visit.wording("exchange.unreachable", ["reason": reason]), &page)
                Shapes.links([(visit.wording("exchange.pin-file"), "/submissions/pin/file")], &page)
            }
        }
    }

    private func compare(_ visit: Visit, _ bytes: [UInt8]) async throws(WorkspaceError) -> Answer {
        let wording = visit.wording
        let registration: KeyRegistration
        do throws(WorkspaceError) { registration = try desk.announcement(bytes) } catch {
            guard case .refused(let refusal) = error else { throw error }
            return file(visit, wrong: SubmissionShapes.refusal(refusal, wording))
        }
        let act = ActPage(
            title: wording("exchange.pin"), lead: wording("exchange.pin-why"), path: "/submissions/pin",
            button: wording("exchange.pin-button"), crumbs: crumbs(visit), place: .submissions)
        return act.answer(visit) { page in
            page.void(
                "input", ("type", "hidden"), ("name", "announcement"), ("value", String(decoding: bytes, as: UTF8.self)))
            Shapes.facts([(wording("exchange.supervisor"), registration.name)], &page)
            KeyShapes.fingerprint(registration.key, wording, &page, heading: "h2")
        }
    }

    private func pin(_ visit: Visit) async throws -> Answer {
        // Browsers send the line's end as two characters.
        let sent = (visit.form["announcement"] ?? "").replacing("\r\n", with: "\n")
        let registration = try desk.announcement(Array(sent.utf8))
        try await desk.pin(registration, visit.actor)
        return .see("/submissions/keys")
    }

    // MARK: Own keys

    private func ask(_ visit: Visit, wrong: String) -> Answer {
        let wording = visit.wording
        let act = ActPage(
            title: wording("exchange.make-key"), lead: wording("exchange.make-key-why"), path: "/submissions/keys/new",
            button: wording("exchange.make-key"), crumbs: crumbs(visit), place: .submissions, wrong: wrong)
        return act.answer(visit) { page in
            Form.Field(
                name: "contact", label: wording("exchange.contact"), hint: wording("exchange.contact-hint"),
                value: visit.form.text("contact"), isRequired: true
            ).write(&page)
        }
    }

    private func make(_ visit: Visit) async throws -> Answer {
        do throws(WorkspaceError) {
            _ = try await desk.makeKey(contact: visit.form.text("contact"), visit.actor)
        } catch {
            switch error {
            case .conflict(let reason): return ask(visit, wrong: reason)
            case .document(let error): return ask(visit, wrong: error.reason)
            default: throw error
            }
        }
        try await services.workspace.courier.round(isForced: false)
        return .see("/submissions/keys")
    }

    private func askEnd(_ visit: Visit, wrong: String) async throws -> Answer {
        let wording = visit.wording
        guard let key = try await desk.keys().first(where: { $0.id == visit["key"] && $0.state != .ended }) else {
            throw Failure.notFound("no key in use")
        }
        let act = ActPage(
            title: wording("exchange.end-key"), lead: wording("exchange.end-key-why"), path: "/submissions/keys/\(key.id)/end",
            button: wording("exchange.end-key"), crumbs: crumbs(visit), place: .submissions, isDanger: true, wrong: wrong)
        return act.answer(visit) { page in
            Shapes.facts([(wording("exchange.key"), key.id)], &page)
            Form.reason(visit, &page)
        }
    }

    private func end(_ visit: Visit) async throws -> Answer {
        do throws(WorkspaceError) {
            try await desk.endKey(visit["key"], reason: visit.form.text("reason"), visit.actor)
        } catch {
            guard case .document(let error) = error else { throw error }
            return try await askEnd(visit, wrong: error.reason)
        }
        try await services.workspace.courier.round(isForced: false)
        return .see("/submissions/keys")
    }
}
