internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Submissions
internal import Supervision

/// One version at the supervisor: what it says, the versions beside it, questions and answers, returning and accepting.
struct InboxVersionPages: Sendable {
    let services: SupervisorServices
    private var exchange: ExchangeDesk { services.supervision.exchange }
    /// Questions of one form.
    private static let questionCount = 8

    var routes: [Route] {
        [
            .page("/submissions/versions/:payload", .permitted(.submissionsRead)) { visit in try await show(visit) },
            .page("/submissions/versions/:payload/manifest", .permitted(.submissionsRead)) { visit in
                let manifest = try await exchange.manifest(visit["payload"])
                return .download(
                    "\(manifest.firm.id)-\(manifest.quarter)-\(manifest.version).json", "application/json",
                    Message.submission(manifest).payload)
            },
        ]
            + services.common.act(
                "/submissions/versions/:payload/return", .submissionsAccept, { visit in try await ask(visit, wrong: "") },
                { visit in try await giveBack(visit) })
            + services.common.act(
                "/submissions/versions/:payload/accept", .submissionsAccept, { visit in try await askAccept(visit, wrong: "") },
                { visit in try await accept(visit) })
    }

    private func title(_ version: ReceivedVersion, _ names: [String: String], _ wording: Wording) -> String {
        "\(names[version.firm] ?? version.firm) · \(version.quarter) · \(wording("submissions.version")) \(version.version)"
    }

    private func show(_ visit: Visit) async throws -> Answer {
        let wording = visit.wording
        let version = try await exchange.version(visit["payload"])
        let manifest = try await exchange.manifest(version.payload)
        let view = ManifestView(
            manifest: manifest, payload: version.payload, rulebook: services.supervision.rulebook, visit: visit,
            download: "/submissions/versions/\(version.payload)/manifest")
        if let export = try view.listing.export(view.verdicts, visit) { return export }
        let names = try await InboxPages.names(services.supervision, visit)
        let questions = try await exchange.questions(version.payload)
        let others = try await exchange.versions(firm: version.firm).filter {
            $0.quarter == version.quarter && $0.payload != version.payload
        }
        var page = Page(visit, title(version, names, wording), .submissions)
        page.crumbs = [(wording("web.submissions"), "/submissions")]
        return page.answer { page in
            page.element("p") { SubmissionShapes.state(version.isNewest ? version.state.rawValue : "superseded", wording, &$0) }
            Shapes.links(acts(version, visit), &page)
            Shapes.facts(
                [
                    (wording("submissions.received"), Instant(seconds: version.received / 1_000_000).text(in: .taipei)),
                    (wording("submissions.way"), wording("submissions.way.\(version.origin)")),
                    (wording("exchange.key"), version.key),
                ], &page)
            view.head(&page)
            if !questions.isEmpty {
                page.element("h2", text: wording("submissions.questions"))
                self.questions(wording).table(questions, wording("submissions.questions"), visit, &page)
            }
            if !others.isEmpty {
                page.element("h2", text: wording("submissions.other-versions"))
                page.element("ul") { page in
                    for other in others {
                        page.element("li") {
                            $0.element(
                                "a", ("href", "/submissions/versions/\(other.payload)"),
                                text: "\(wording("submissions.version")) \(other.version)")
                        }
                    }
                }
            }
            view.body(&page)
        }
    }

    private func acts(_ version: ReceivedVersion, _ visit: Visit) -> [(title: String, path: String)] {
        var links: [(title: String, path: String)] = []
        let path = "/submissions/versions/\(version.payload)"
        if visit.may(.submissionsAccept), version.isNewest {
            if version.state == .submitted || version.state == .answered {
                links.append((visit.wording("submissions.accept"), path + "/accept"))
            }
            if version.state != .returned { links.append((visit.wording("submissions.return"), path + "/return")) }
        }
        return links + [(visit.wording("submissions.package-download"), "/submissions/packages/\(version.package)")]
    }

    private func questions(_ wording: Wording) -> Listing<AskedQuestion> {
        Listing<AskedQuestion>(
            name: "questions",
            columns: [
                .init("item", wording("submissions.item"), { .text($0.item) }) { row, page in
                    page.text(row.item.isEmpty ? wording("submissions.as-a-whole") : row.item)
                },
                .init("text", wording("submissions.question"), { .text($0.text) }),
                .init("asked", wording("submissions.asked"), { .text(Instant(seconds: $0.asked / 1_000_000).description) }) {
                    row, page in
                    Shapes.time(Instant(seconds: row.asked / 1_000_000), &page)
                    page.text(" " + row.by)
                },
                .init("answer", wording("submissions.answer"), { .text($0.answer) }) { row, page in
                    guard let answered = row.answered else { return page.text("—") }
                    page.element("p", text: row.answer)
                    page.element("p", ("class", "lead")) { page in
                        Shapes.time(Instant(seconds: answered / 1_000_000), &page)
                        page.text(" " + row.answeredBy)
                    }
                },
            ], text: { $0.text }, schema: "plumbline.questions-list/1")
    }

    private func page(_ visit: Visit, _ version: ReceivedVersion, _ title: String) -> Page {
        var page = Page(visit, title, .submissions)
        page.crumbs = [
            (visit.wording("web.submissions"), "/submissions"),
            ("\(version.firm) · \(version.quarter)", "/submissions/versions/\(version.payload)"),
        ]
        page.isNarrow = true
        return page
    }

    // MARK: Returning

    private func ask(_ visit: Visit, wrong: String) async throws -> Answer {
        let wording = visit.wording
        let version = try await exchange.version(visit["payload"])
        let items = try await exchange.manifest(version.payload).assessment?.verdicts.map(\.clause) ?? []
        var seen: Set<String> = []
        let choices =
            [("", wording("submissions.as-a-whole"))]
            + items.filter { seen.insert($0).inserted }.map { clause in
                (clause, "\(clause) \(services.supervision.rulebook.clause(clause).map { wording($0.title) } ?? "")")
            }
        return page(visit, version, wording("submissions.return")).answer { page in
            if !wrong.isEmpty { Shapes.alert(wrong, &page) }
            page.element("p", ("class", "lead"), text: wording("submissions.return-why"))
            Form.post("/submissions/versions/\(version.payload)/return", visit, &page) { page in
                for number in 1...Self.questionCount {
                    page.element("fieldset") { page in
                        page.element("legend", text: "\(wording("submissions.question")) \(number)")
                        Form.select(
                            "item-\(number)", wording("submissions.item"), choices, chosen: visit.form.text("item-\(number)"),
                            &page)
                        Form.prose(
                            "text-\(number)", wording("submissions.question-text"), value: visit.form.text("text-\(number)"),
                            rows: 3,
                            &page)
                    }
                }
                Form.actions(
                    wording("submissions.return"), cancel: (wording("web.cancel"), "/submissions/versions/\(version.payload)"),
                    &page)
            }
        }
    }

    private func giveBack(_ visit: Visit) async throws -> Answer {
        let questions = (1...Self.questionCount).compactMap { number -> (item: String, text: String)? in
            let text = visit.form.text("text-\(number)").replacing("\r\n", with: "\n")
            return text.isEmpty ? nil : (visit.form.text("item-\(number)"), text)
        }
        do throws(SupervisionError) {
            try await exchange.ask(visit["payload"], questions, visit.actor)
        } catch {
            switch error {
            case .document(let error): return try await ask(visit, wrong: error.reason)
            case .conflict(let reason): return try await ask(visit, wrong: reason)
            default: throw error
            }
        }
        services.hub.tell("market")
        return .see("/submissions/versions/\(FormFields.encode(visit["payload"]))")
    }

    // MARK: Accepting

    private func askAccept(_ visit: Visit, wrong: String) async throws -> Answer {
        let wording = visit.wording
        let version = try await exchange.version(visit["payload"])
        return page(visit, version, wording("submissions.accept")).answer { page in
            if !wrong.isEmpty { Shapes.alert(wrong, &page) }
            page.element("p", ("class", "lead"), text: wording("submissions.accept-why"))
            Form.post("/submissions/versions/\(version.payload)/accept", visit, &page) { page in
                Form.prose("note", wording("exchange.note"), value: visit.form.text("note"), &page)
                Form.actions(
                    wording("submissions.accept"), cancel: (wording("web.cancel"), "/submissions/versions/\(version.payload)"),
                    &page)
            }
        }
    }

    private func accept(_ visit: Visit) async throws -> Answer {
        do throws(SupervisionError) {
            try await exchange.accept(
                visit["payload"], note: visit.form.text("note").replacing("\r\n", with: "\n"), visit.actor)
        } catch {
            switch error {
            case .document(let error): return try await askAccept(visit, wrong: error.reason)
            case .conflict(let reason): return try await askAccept(visit, wrong: reason)
            default: throw error
            }
        }
        services.hub.tell("market")
        return .see("/submissions/versions/\(FormFields.encode(visit["payload"]))")
    }
}
