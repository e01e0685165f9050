internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Submissions
internal import Workspace

/// One version at the firm: prepared, looked at exactly as it leaves, signed and sent; and the answers to questions.
struct FilingVersionPages: Sendable {
    let services: FirmServices
    private var desk: SubmissionDesk { services.workspace.submissions }

    var routes: [Route] {
        [
            .page("/submissions/versions/:id", .permitted(.submissionsRead)) { visit in try await show(visit) },
            .page("/submissions/versions/:id/manifest", .permitted(.submissionsRead)) { visit in
                let version = try await desk.version(try visit.number("id"))
                return .download(
                    "\(version.quarter)-\(version.version).json", "application/json", try await desk.file(version.payload))
            },
            .form(
                "/submissions/versions/:id/discard", .permitted(.submissionsSend),
                isFresh: services.common.isFresh(.submissionsSend)
            ) {
                visit in
                try await desk.discard(try visit.number("id"), visit.actor)
                return .see("/submissions")
            },
        ]
            + services.common.act(
                "/submissions/new", .submissionsSend, { visit in form(visit, wrong: [:]) }, { visit in try await prepare(visit) })
            + services.common.act(
                "/submissions/versions/:id/sign", .submissionsSend, { visit in try await ask(visit, wrong: "") },
                { visit in try await sign(visit) })
            + services.common.act(
                "/submissions/quarters/:quarter/reply", .submissionsSend, { visit in try await questions(visit, wrong: [:]) },
                { visit in try await reply(visit) })
    }

    private func page(_ visit: Visit, _ title: String) -> Page {
        var page = Page(visit, title, .submissions)
        page.crumbs = [(visit.wording("web.submissions"), "/submissions")]
        return page
    }

    // MARK: Preparing

    private func form(_ visit: Visit, wrong: [String: String]) -> Answer {
        let wording = visit.wording
        let current = Quarter(containing: visit.today)
        // In the first month of a quarter it is the one before that is filed.
        let usual = visit.today.parts.month % 3 == 1 ? current.previous : current
        let chosen = visit.form.text("quarter").isEmpty ? usual.description : visit.form.text("quarter")
        let choices = (0...min(8, desk.policy.quartersBack)).map { back in
            let quarter = Quarter(index: current.index - back)
            return (quarter.description, "\(quarter) · \(quarter.rocDescription)")
        }
        var page = page(visit, wording("submissions.prepare"))
        page.isNarrow = true
        return page.answer { page in
            if let reason = wrong[""] { Shapes.alert(reason, &page) }
            page.element("p", ("class", "lead"), text: wording("submissions.prepare-why"))
            Form.post("/submissions/new", visit, &page) { page in
                Form.select("quarter", wording("submissions.quarter"), choices, chosen: chosen, &page)
                Form.Field(
                    name: "name", label: wording("submissions.signer-name"), hint: wording("submissions.signer-hint"),
                    value: visit.form.text("name").isEmpty
                        ? visit.signedIn?.session?.account.displayName ?? "" : visit.form.text("name"),
                    wrong: wrong["name"] ?? "",
                    isRequired: true
                ).write(&page)
                Form.Field(
                    name: "role", label: wording("submissions.signer-role"), value: visit.form.text("role"),
                    wrong: wrong["role"] ?? "", isRequired: true
                ).write(&page)
                Form.actions(wording("submissions.prepare"), cancel: (wording("web.cancel"), "/submissions"), &page)
            }
        }
    }

    private func prepare(_ visit: Visit) async throws -> Answer {
        let (name, role) = (visit.form.text("name"), visit.form.text("role"))
        var wrong: [String: String] = [:]
        for (key, text) in [("name", name), ("role", role)] where text.isEmpty || text.utf8.count > 200 {
            wrong[key] = visit.wording("web.required")
        }
        guard let quarter = Quarter(visit.form.text("quarter")) else { throw Failure.bad("parameter", ["name": "quarter"]) }
        guard wrong.isEmpty else { return form(visit, wrong: wrong) }
        do throws(WorkspaceError) {
            let version = try await desk.prepare(quarter, signer: .init(name: name, role: role), visit.actor)
            services.hub.tell("board")
            return .see("/submissions/versions/\(version.id)")
        } catch {
            switch error {
            case .conflict(let reason): return form(visit, wrong: ["": reason])
            case .document(let error): return form(visit, wrong: ["": error.reason])
            default: throw error
            }
        }
    }

    // MARK: Looking

    private func show(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let version = try await desk.version(try visit.number("id"))
        guard version.state != .discarded else { throw Failure.notFound("discarded") }
        let view = ManifestView(
            manifest: try desk.manifest(version), payload: version.payload, rulebook: services.workspace.rulebook, visit: visit,
            download: "/submissions/versions/\(version.id)/manifest")
        if let export = try view.listing.export(view.verdicts, visit) { return export }
        let filing = try await desk.filing(version.quarter)
        return page(visit, "\(version.quarter) · \(wording("submissions.version")) \(version.version)").answer { page in
            if version.state == .prepared {
                Shapes.notice("warn", &page) { $0.element("p", text: wording("submissions.preview-why")) }
                acts(version, visit, &page)
            } else {
                page.element("p") { page in
                    let isNewest = version.state == .received && filing.head == version.payload
                    SubmissionShapes.state(
                        isNewest
                            ? filing.state?.rawValue ?? "" : version.state == .received ? "superseded" : version.state.rawValue,
                        wording, &page)
                }
                if let refusal = version.refusal { Shapes.alert(wording("exchange.refusal.\(refusal.rawValue)"), &page) }
                if let package = version.package {
                    Shapes.links([(wording("submissions.package-download"), "/submissions/packages/\(package)")], &page)
                }
            }
            view.head(&page)
            view.body(&page)
        }
    }

    private func acts(_ version: FiledVersion, _ visit: Visit, _ page: inout HTMLWriter) {
        guard visit.may(.submissionsSend) else { return }
        page.element("div", ("class", "actions")) { page in
            page.element(
                "a", ("class", "button primary"), ("href", "/submissions/versions/\(version.id)/sign"),
                text: visit.wording("submissions.sign"))
            Form.post("/submissions/versions/\(version.id)/discard", visit, &page) { page in
                page.element("button", text: visit.wording("submissions.discard"))
            }
        }
    }

    private func ask(_ visit: Visit, wrong: String) async throws -> Answer {
        let wording = visit.wording
        let version = try await desk.version(try visit.number("id"))
        guard version.state == .prepared else { throw Failure(.conflict, "conflict", ["reason": "it is signed"]) }
        let manifest = try desk.manifest(version)
        let act = ActPage(
            title: wording("submissions.sign"), lead: wording("submissions.sign-why"),
            path: "/submissions/versions/\(version.id)/sign", button: wording("submissions.sign-button"),
            crumbs: [
                (wording("web.submissions"), "/submissions"),
                ("\(version.quarter) · \(version.version)", "/submissions/versions/\(version.id)"),
            ], place: .submissions, wrong: wrong)
        return act.answer(visit) { page in
            page.void("input", ("type", "hidden"), ("name", "payload"), ("value", version.payload))
            Shapes.facts(
                [
                    (wording("submissions.quarter"), version.quarter.description),
                    (wording("submissions.version"), String(version.version)),
                    (wording("submissions.signer"), "\(manifest.signer.name)，\(manifest.signer.role)"),
                    (wording("submissions.sha256"), version.payload),
                ], &page)
        }
    }

    private func sign(_ visit: Visit) async throws -> Answer {
        do throws(WorkspaceError) {
            try await desk.sign(try number(visit), payload: visit.form.text("payload"), visit.actor)
        } catch {
            guard case .conflict(let reason) = error else { throw error }
            return try await ask(visit, wrong: reason)
        }
        // What cannot be delivered now waits and is tried again.
        try await services.workspace.courier.round(isForced: false)
        services.hub.tell("submissions")
        return .see("/submissions")
    }

    private func number(_ visit: Visit) throws(WorkspaceError) -> Int64 {
        do throws(Failure) { return try visit.number("id") } catch { throw .notFound("version") }
    }

    // MARK: Answering

    private func open(_ visit: Visit) async throws -> (quarter: Quarter, filing: Filing, questions: Questions) {
        guard let quarter = Quarter(visit["quarter"]) else { throw Failure.notFound("no quarter") }
        let filing = try await desk.filing(quarter)
        for entry in try await desk.mail() where entry.kind == .questions && entry.quarter == quarter {
            let message = try await desk.message(package: entry.package)
            if case .questions(let questions) = message, HexText.sha256(message.payload) == filing.asked {
                return (quarter, filing, questions)
            }
        }
        throw Failure.notFound("no questions")
    }

    private func questions(_ visit: Visit, wrong: [String: String]) async throws -> Answer {
        let wording = visit.wording
        let (quarter, filing, asked) = try await open(visit)
        var page = page(visit, wording("submissions.reply"))
        page.isNarrow = true
        return page.answer { page in
            if let reason = wrong[""] { Shapes.alert(reason, &page) }
            page.element("p", ("class", "lead"), text: wording("submissions.reply-why", ["quarter": quarter.description]))
            Form.post("/submissions/quarters/\(quarter)/reply", visit, &page) { page in
                for question in asked.questions where filing.open.contains(question.id) {
                    Form.prose(
                        "answer-\(question.id)", question.item.isEmpty ? question.id : "\(question.id) · \(question.item)",
                        hint: question.text, value: visit.form.text("answer-\(question.id)"), &page)
                }
                Form.Field(
                    name: "by", label: wording("exchange.answered-by"),
                    value: visit.form.text("by").isEmpty
                        ? visit.signedIn?.session?.account.displayName ?? "" : visit.form.text("by"),
                    wrong: wrong["by"] ?? "", isRequired: true
                ).write(&page)
                Form.actions(wording("submissions.reply-button"), cancel: (wording("web.cancel"), "/submissions"), &page)
            }
        }
    }

    private func reply(_ visit: Visit) async throws -> Answer {
        let (quarter, filing, asked) = try await open(visit)
        let by = visit.form.text("by")
        guard !by.isEmpty else { return try await questions(visit, wrong: ["by": visit.wording("web.required")]) }
        let entries = asked.questions.filter { filing.open.contains($0.id) }.compactMap { question -> Reply.Entry? in
            let text = visit.form.text("answer-\(question.id)").replacing("\r\n", with: "\n")
            return text.isEmpty ? nil : Reply.Entry(question: question.id, text: text)
        }
        do throws(WorkspaceError) {
            try await desk.reply(quarter, entries, by: by, visit.actor)
        } catch {
            switch error {
            case .conflict(let reason): return try await questions(visit, wrong: ["": reason])
            case .document(let error): return try await questions(visit, wrong: ["": error.reason])
            default: throw error
            }
        }
        try await services.workspace.courier.round(isForced: false)
        services.hub.tell("submissions")
        return .see("/submissions")
    }
}
