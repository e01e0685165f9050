internal import Assessment
internal import Checks
internal import Documents
internal import HTML
internal import Identity
internal import Reports
internal import Rulebook
internal import Workspace

/// One clause: what it asks, whom it binds and why, what stands for each subject, and for one subject everything down to the fact and its file.
struct ClausePage: Sendable {
    let services: FirmServices

    var routes: [Route] {
        [
            .page("/clauses/:id", .permitted(.complianceRead)) { visit in
                let rulebook = services.workspace.rulebook
                guard let index = rulebook.index(of: visit["id"]) else { throw Failure.notFound("clause \(visit["id"].clipped)") }
                let clause = rulebook.clauses[index]
                let standings = Array(services.workspace.boards.board.standings(of: clause.id))
                let system = visit.query["system"] ?? (standings.count == 1 ? standings[0].system : nil)
                guard let system, let standing = standings.first(where: { $0.system == system }) else {
                    return overview(clause, rulebook.pack(ofClause: index), standings, visit)
                }
                let opened = try await services.workspace.boards.open(clause: clause.id, system: system)
                let history = try await services.workspace.boards.store.history(clause: clause.id, system: system, limit: 50)
                return draw(opened, standing, history, visit)
            }
        ]
    }

    private func crumbs(_ visit: Visit) -> [(title: String, path: String)] {
        [(visit.wording("web.obligations"), "/obligations")]
    }

    // MARK: All subjects

    private func overview(_ clause: Clause, _ pack: RulePack, _ standings: [Standing], _ visit: Visit) -> Answer {
        let wording = visit.wording
        var page = Page(visit, "\(clause.id) \(wording(clause.title))", .obligations)
        page.crumbs = crumbs(visit)
        return page.answer { page in
            requirement(clause, pack, wording, &page)
            let children = services.workspace.rulebook.children(of: clause.id).map { services.workspace.rulebook.clauses[$0] }
            if !children.isEmpty {
                page.element("ul") { page in
                    for child in children {
                        page.element("li") {
                            $0.element("a", ("href", "/clauses/\(child.id)"), text: "\(child.id) \(wording(child.title))")
                        }
                    }
                }
            }
            guard !standings.isEmpty else { return }
            page.element("h2", text: wording("clause.subjects"))
            page.element(
                "div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", wording("clause.subjects"))
            ) { page in
                page.element("table") { page in
                    page.element("tbody") { page in
                        for standing in standings {
                            page.element("tr") { page in
                                page.element("th", ("scope", "row")) {
                                    $0.element(
                                        "a", ("href", "/clauses/\(clause.id)?" + FormFields.query([("system", standing.system)])),
                                        text: standing.system.isEmpty ? wording("report.whole-firm") : standing.system)
                                }
                                page.element("td") { Shapes.verdict(standing.verdict, wording, &$0) }
                                page.element("td", text: wording(standing.reason))
                            }
                        }
                    }
                }
            }
        }
    }

    private func requirement(_ clause: Clause, _ pack: RulePack, _ wording: Wording, _ page: inout HTMLWriter) {
        page.element("p", ("class", "lead"), text: "\(wording(clause.article)) · \(wording(pack.title)) (\(pack.version))")
        page.element("p", text: wording(clause.requirement))
    }

    // MARK: One subject

    private func draw(_ opened: BoardKeeper.Opened, _ standing: Standing, _ history: [VerdictSpan], _ visit: Visit) -> Answer {
        let wording = visit.wording
        let trace = opened.trace
        var page = Page(visit, "\(trace.clause.id) \(wording(trace.clause.title))", .obligations)
        page.crumbs = crumbs(visit)
        if !standing.system.isEmpty { page.crumbs.append((standing.system, "/systems/\(FormFields.encode(standing.system))")) }
        page.live = "board"
        return page.answer { page in
            requirement(trace.clause, trace.pack, wording, &page)
            page.element("p") { page in
                Shapes.verdict(standing.verdict, wording, &page)
                page.text(" · \(wording(standing.force)) · \(wording(standing.reason)) · ")
                page.text(standing.system.isEmpty ? wording("report.whole-firm") : standing.system)
            }
            says(standing.says, wording, &page)
            page.element("h2", text: wording("report.scope"))
            scope(opened, wording, &page)
            parameters(opened, wording, &page)
            evidence(opened, wording, &page)
            remedies(trace, wording, &page)
            self.history(history, wording, &page)
            notes(trace.clause, wording, &page)
        }
    }

    /// What was declared, measured, signed and accepted stands side by side, and their disagreement is told.
    private func says(_ says: Standing.Says, _ wording: Wording, _ page: inout HTMLWriter) {
        page.element("div", ("class", "states")) { page in
            for (name, say) in [
                ("declared", says.declared), ("measured", says.measured), ("signed", says.signed), ("accepted", says.accepted),
            ] {
                page.element("div") { page in
                    page.element("div", ("class", "name"), text: wording("state.\(name)"))
                    page.element("div", ("class", "says"), text: wording(say))
                }
            }
        }
        if says.isDisputed { Shapes.notice("warn", &page) { $0.element("p", text: wording("state.disputed")) } }
    }

    private func scope(_ opened: BoardKeeper.Opened, _ wording: Wording, _ page: inout HTMLWriter) {
        let trace = opened.trace
        if let exemption = trace.exemption { page.element("p", text: "\(wording("reason.exempt")): \(wording(exemption))") }
        guard !trace.scope.findings.isEmpty else { return page.element("p", text: wording("report.always")) }
        Shapes.facts(
            trace.scope.findings.map { finding in
                let title = opened.assessment.rulebook.fact(finding.path).map { wording($0.title) } ?? finding.path
                return ("\(title) (\(finding.path))", finding.found ?? wording("report.not-known"))
            }, &page)
    }

    private func parameters(_ opened: BoardKeeper.Opened, _ wording: Wording, _ page: inout HTMLWriter) {
        let parameters = opened.trace.clause.parameters.map { opened.assessment.obligations.parameters.values[$0.id] ?? $0 }
        guard !parameters.isEmpty else { return }
        page.element("h2", text: wording("report.parameters"))
        page.element("dl", ("class", "facts")) { page in
            for parameter in parameters {
                page.element("dt", text: wording(parameter.title))
                page.element("dd") { page in
                    page.text("\(parameter.bound.sign) \(parameter.quantity) ")
                    page.element("code", text: "\(parameter.id)")
                    if parameter.origin == .proposed { badge("", wording("report.proposed"), &page) }
                    if parameter.isOverridden { badge("", wording("report.overridden"), &page) }
                    if let waiver = parameter.waiver {
                        badge(
                            "warn", wording("report.waived", ["date": waiver.expires.description, "approver": waiver.approver]),
                            &page)
                    }
                }
            }
        }
    }

    private func badge(_ kind: String, _ text: String, _ page: inout HTMLWriter) {
        page.text(" ")
        page.element("span", ("class", "badge \(kind)"), text: text)
    }

    private func evidence(_ opened: BoardKeeper.Opened, _ wording: Wording, _ page: inout HTMLWriter) {
        page.element("h2", text: wording("clause.evidence"))
        if opened.hostsLeftOut > 0 {
            Shapes.notice("warn", &page) {
                $0.element("p", text: wording("clause.left-out", ["count": String(opened.hostsLeftOut)]))
            }
        }
        var isEmpty = true
        for requirement in opened.trace.requirements {
            if let aspect = requirement.aspect {
                page.element("h3") { page in
                    Shapes.verdict(requirement.verdict, wording, &page)
                    page.text(" \(wording(aspect.title)) — \(wording(requirement.reason))")
                }
            }
            for observation in requirement.observations {
                isEmpty = false
                self.observation(observation, wording, &page)
            }
        }
        if isEmpty {
            let methods = opened.trace.clause.verification.map { wording("method.\($0.method.rawValue)") }
            page.element("p", text: "\(wording("clause.no-check")) \(methods.joined(separator: ", "))")
        }
    }

    private func observation(_ observation: Trace.Observation, _ wording: Wording, _ page: inout HTMLWriter) {
        let result = observation.outcome.map { wording($0.result) } ?? wording("reason.host-missing")
        let isBad = observation.outcome?.result != .pass
        page.element("details", ("open", isBad ? "" : nil), ("class", "card")) { page in
            page.element("summary") { page in
                page.element("strong", text: "\(observation.host): \(result)")
                page.text(" — \(wording(observation.check.title)) (\(wording("extent.\(observation.extent.rawValue)")))")
                if observation.isStale { badge("warn", wording("reason.stale"), &page) }
            }
            page.element("p", ("class", "crumbs")) { page in
                page.element("code", text: observation.check.id)
                if let at = observation.at { page.text(" · \(wording("report.collected")) \(at.text(in: .taipei))") }
                page.text(" · sha256 ")
                page.element("code", text: String(observation.factsHash.prefix(16)))
            }
            guard let outcome = observation.outcome else { return }
            for source in outcome.sources {
                let detail = ([source.source.reason].compactMap { $0 } + source.source.gaps.prefix(5)).joined(separator: "; ")
                page.element("p", text: "\(source.group): \(wording("source.\(source.source.state.rawValue)")) \(detail)")
            }
            findings(outcome.evaluation.findings, observation, wording, &page)
        }
    }

    private func findings(
        _ findings: [Finding], _ observation: Trace.Observation, _ wording: Wording, _ page: inout HTMLWriter
    ) {
        guard !findings.isEmpty else { return }
        page.element(
            "div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", wording("clause.evidence"))
        ) { page in
            page.element("table") { page in
                page.element("thead") { page in
                    page.element("tr") { page in
                        for name in ["html.path", "html.found", "report.wanted", "html.origin"] {
                            page.element("th", ("scope", "col"), text: wording(name))
                        }
                    }
                }
                page.element("tbody") { page in
                    for finding in findings {
                        page.element("tr") { page in
                            page.element("td") { page in
                                let line = finding.line > 0 ? "#L\(finding.line)" : ""
                                page.element(
                                    "a",
                                    (
                                        "href",
                                        "/hosts/\(FormFields.encode(observation.host))/facts/\(observation.factsHash)\(line)"
                                    )
                                ) { $0.element("code", text: finding.path) }
                            }
                            page.element(
                                "td",
                                text:
                                    "\(finding.found ?? wording("report.not-known")) \(finding.found == nil ? "" : finding.unit ?? "")"
                            )
                            page.element("td", text: "\(finding.sign) \(finding.limit ?? "—") \(finding.limitSource ?? "")")
                            page.element("td") { $0.element("code", text: finding.origin ?? "") }
                        }
                    }
                }
            }
        }
    }

    private func remedies(_ trace: Trace, _ wording: Wording, _ page: inout HTMLWriter) {
        var seen: Set<String> = []
        let failed = trace.requirements.flatMap(\.observations).filter {
            $0.outcome?.result == .fail && seen.insert($0.check.id).inserted
        }
        guard !failed.isEmpty else { return }
        page.element("h2", text: wording("report.remedy"))
        for observation in failed {
            Shapes.notice("bad", &page) { page in
                page.element(
                    "strong",
                    text: "\(wording(observation.check.title)) (\(wording("severity.\(observation.check.severity.rawValue)")))")
                for line in wording(observation.check.remedy).split(separator: "\n") { page.element("p", text: String(line)) }
            }
        }
    }

    private func history(_ spans: [VerdictSpan], _ wording: Wording, _ page: inout HTMLWriter) {
        page.element("h2", text: wording("clause.history"))
        page.element("ul") { page in
            for span in spans {
                page.element("li") { page in
                    page.text(Instant(seconds: span.standing.since).text(in: .taipei))
                    page.text(span.until.map { " – \(Instant(seconds: $0).text(in: .taipei)) " } ?? " – ")
                    Shapes.verdict(span.standing.verdict, wording, &page)
                    page.text(" \(wording(span.standing.reason))")
                }
            }
        }
    }

    private func notes(_ clause: Clause, _ wording: Wording, _ page: inout HTMLWriter) {
        guard !clause.notes.isEmpty else { return }
        page.element("h2", text: wording("report.notes"))
        for note in clause.notes { page.element("p", text: (note.reference.map { "\($0): " } ?? "") + wording(note.text)) }
    }
}
