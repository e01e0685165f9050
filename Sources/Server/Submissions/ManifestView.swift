internal import Assessment
internal import Documents
internal import HTML
internal import Reports
internal import Rulebook
internal import Submissions

/// What a submission says, as a table people read and as the document that is signed: the same on both sides.
struct ManifestView {
    /// Most lines of the document that a page shows.
    private static let lineLimit = 5_000

    let manifest: SubmissionManifest
    let payload: String
    let rulebook: Rulebook
    let visit: Visit
    /// Where the document's bytes can be had.
    let download: String
    private var wording: Wording { visit.wording }

    /// The verdicts as a list, for exports.
    var verdicts: [SubmittedAssessment.Entry] { manifest.assessment?.verdicts ?? [] }

    /// Names and values at the head.
    func head(_ page: inout HTMLWriter) {
        var pairs: [(String, String)] = [
            (wording("submissions.firm"), "\(manifest.firm.name) (\(manifest.firm.id))"),
            (wording("submissions.quarter"), "\(manifest.quarter) · \(manifest.quarter.rocDescription)"),
            (wording("submissions.version"), String(manifest.version)),
            (wording("submissions.signer"), "\(manifest.signer.name)，\(manifest.signer.role)"),
            (wording("submissions.made"), manifest.header.created.text(in: .taipei)),
            (wording("submissions.origin"), wording("submissions.origin.\(manifest.origin.rawValue)")),
            (wording("submissions.sha256"), payload),
        ]
        if let previous = manifest.previous { pairs.append((wording("submissions.previous"), previous)) }
        pairs.append((wording("submissions.recipient"), manifest.header.recipient ?? ""))
        pairs += manifest.rulePacks.map { (wording("submissions.rule-pack"), "\($0.id) \($0.version) · \($0.sha256.prefix(12))") }
        pairs += manifest.decisions.map { decision in
            let known = rulebook.decision(decision.id)?.decision
            let value = known?.values.first { $0.value == decision.value }.map { wording($0.title) } ?? decision.value
            return (known.map { wording($0.title) } ?? decision.id, value.isEmpty ? wording("decision.\(decision.state)") : value)
        }
        Shapes.facts(pairs.filter { !$0.1.isEmpty }, &page)
    }

    /// Everything below the head.
    func body(_ page: inout HTMLWriter) {
        profile(&page)
        if let assessment = manifest.assessment {
            page.element("h2", text: wording("submissions.verdicts"))
            page.element(
                "p", ("class", "lead"),
                text: wording(
                    "submissions.judged",
                    ["at": assessment.at.text(in: .taipei), "count": String(assessment.verdicts.count)]))
            var counts: [Verdict: Int] = [:]
            for entry in assessment.verdicts { counts[Self.verdict(entry.verdict), default: 0] += 1 }
            Shapes.bar(counts, wording, &page)
            listing.write(assessment.verdicts, visit, &page)
        }
        answers(&page)
        promises(&page)
        evidence(&page)
        document(&page)
    }

    private static func verdict(_ verdict: SubmittedAssessment.Verdict) -> Verdict {
        Verdict(rawValue: verdict.rawValue) ?? .undetermined
    }

    private func profile(_ page: inout HTMLWriter) {
        guard !manifest.profile.isEmpty else { return }
        page.element("h2", text: wording("submissions.profile"))
        let assumed = Set(manifest.assumed)
        Shapes.facts(
            manifest.profile.sorted { $0.key < $1.key }.map { name, value in
                let fact = rulebook.fact("firm.\(name)")
                let mark = assumed.contains("firm.\(name)") ? " (\(wording("firm.assumed")))" : ""
                return (fact.map { wording($0.title) } ?? name, FactText.text(value, fact, wording) + mark)
            }, &page)
    }

    /// The verdicts.
    var listing: Listing<SubmittedAssessment.Entry> {
        let wording = wording
        func say(_ id: String, _ value: KeyPath<SubmittedAssessment.Entry, SubmittedAssessment.Say>)
            -> Listing<SubmittedAssessment.Entry>.Column
        {
            .init(id, wording("submissions.\(id)"), { .text($0[keyPath: value].rawValue) }) { row, page in
                page.text(wording("say.\(row[keyPath: value].rawValue)"))
            }
        }
        var list = Listing<SubmittedAssessment.Entry>(
            name: "verdicts",
            columns: [
                .init("clause", wording("submissions.clause"), { .text($0.clause) }, isBefore: { $0.clause < $1.clause }) {
                    row, page in
                    page.element("span", ("class", "short"), text: row.clause)
                    if let clause = rulebook.clause(row.clause) {
                        page.element("p", ("class", "lead"), text: wording(clause.title))
                    }
                },
                .init("system", wording("submissions.system"), { .text($0.system) }, isBefore: { $0.system < $1.system }) {
                    row, page in
                    page.text(row.system.isEmpty ? wording("report.whole-firm") : row.system)
                },
                .init(
                    "verdict", wording("submissions.verdict"), { .text($0.verdict.rawValue) },
                    isBefore: { Self.verdict($0.verdict).rank < Self.verdict($1.verdict).rank }
                ) { row, page in Shapes.verdict(Self.verdict(row.verdict), wording, &page) },
                .init("reason", wording("submissions.reason"), { .text($0.reason) }) { row, page in
                    page.text(Reason(rawValue: row.reason).map { wording($0) } ?? row.reason)
                },
                say("declared", \.declared), say("measured", \.measured), say("signed", \.signed), say("accepted", \.accepted),
                .init("trace", wording("submissions.trace"), { $0.trace.map { .text($0) } ?? Node(.null) }) { row, page in
                    requirements(row, &page)
                },
            ],
            text: { "\($0.clause) \($0.system) \($0.reason) \(rulebook.clause($0.clause).map { wording($0.title) } ?? "")" },
            schema: "plumbline.submitted-verdicts/1")
        list.filters = [
            .init(
                id: "verdict", title: wording("submissions.verdict"),
                choices: Shapes.order.map { ($0.rawValue, wording($0)) }, matches: { $0.verdict.rawValue == $1 })
        ]
        return list
    }

    private func requirements(_ row: SubmittedAssessment.Entry, _ page: inout HTMLWriter) {
        guard let trace = row.trace else { return }
        page.element("details") { page in
            page.element("summary") { KeyShapes.short(trace, &$0) }
            page.element("ul", ("class", "plain")) { page in
                for requirement in row.requirements {
                    let parts =
                        [requirement.aspect, wording(Self.verdict(requirement.verdict))]
                        + requirement.observations.map {
                            "\($0.check): \($0.result.isEmpty ? "—" : wording("result.\($0.result)"))"
                        }
                        + requirement.records.map { "\($0.kind) \($0.date)" }
                    page.element("li", text: parts.filter { !$0.isEmpty }.joined(separator: " · "))
                }
            }
        }
    }

    private func answers(_ page: inout HTMLWriter) {
        guard let answers = manifest.answers else { return }
        page.element("h2", text: wording("submissions.answers"))
        let count = answers.entries.count { $0.answer != nil }
        Shapes.facts(
            [
                (wording("submissions.questionnaire"), "\(answers.questionnaire.id) \(answers.questionnaire.version)"),
                (wording("submissions.answered"), "\(count) / \(answers.entries.count)"),
                (wording("submissions.as-of"), answers.asOf.description),
            ], &page)
    }

    private func promises(_ page: inout HTMLWriter) {
        guard !manifest.followUps.isEmpty else { return }
        page.element("h2", text: wording("submissions.promises"))
        Listing<SubmissionManifest.FollowUp>(
            name: "promises",
            columns: [
                .init("item", wording("submissions.item"), { .text($0.item) }),
                .init("state", wording("submissions.state"), { .text($0.state) }),
                .init("plan", wording("submissions.plan"), { .text($0.plan) }),
                .init("owner", wording("submissions.owner"), { .text($0.owner) }),
                .init("due", wording("submissions.due"), { .text($0.due?.description ?? "") }),
                .init("progress", wording("submissions.progress"), isNumber: true, { .integer($0.progress) }),
            ], text: { $0.item }, schema: "plumbline.promises/1"
        ).table(manifest.followUps, wording("submissions.promises"), visit, &page)
    }

    private func evidence(_ page: inout HTMLWriter) {
        guard !manifest.evidence.isEmpty else { return }
        page.element("h2", text: wording("submissions.evidence"))
        page.element("p", ("class", "lead"), text: wording("submissions.evidence-why"))
        page.element("details") { page in
            page.element("summary", text: wording("submissions.files", ["count": String(manifest.evidence.count)]))
            Listing<SubmissionManifest.Evidence>(
                name: "evidence",
                columns: [
                    .init("sha256", "SHA-256", { .text($0.sha256) }) { row, page in page.element("code", text: row.sha256) },
                    .init("name", wording("submissions.name"), { .text($0.name) }),
                    .init("bytes", wording("submissions.bytes"), isNumber: true, { .integer($0.bytes) }),
                ], text: { $0.name }, schema: "plumbline.evidence-list/1"
            ).table(manifest.evidence, wording("submissions.evidence"), visit, &page)
        }
    }

    private func document(_ page: inout HTMLWriter) {
        page.element("h2", text: wording("submissions.document"))
        page.element("p", ("class", "lead"), text: wording("submissions.document-why"))
        Shapes.links([(wording("submissions.document-download"), download)], &page)
        page.element("details") { page in
            page.element("summary", text: wording("submissions.document-show"))
            let lines = String(decoding: CanonicalJSON.bytes(of: Message.submission(manifest).node), as: UTF8.self).split(
                separator: "\n", omittingEmptySubsequences: false)
            page.element("pre", ("tabindex", "0"), text: lines.prefix(Self.lineLimit).joined(separator: "\n"))
            if lines.count > Self.lineLimit {
                page.element(
                    "p", ("class", "lead"),
                    text: wording("submissions.document-cut", ["count": String(Self.lineLimit), "all": String(lines.count)]))
            }
        }
    }
}
