internal import Assessment
internal import Checks
public import Documents
internal import Rulebook

extension AssessmentReport {
    /// Schema of the document that `node` makes.
    public static let schema = "plumbline.assessment/1"

    /// The report as a document: everything, in both languages, with traces.
    public var node: Node {
        .object([
            ("schema", .text(Self.schema)),
            ("program", .object([("name", "plumbline"), ("version", .text(version))])),
            ("at", .text(assessment.instant.description)),
            ("firm", .text(firm)),
            ("assumed", .texts(assumed)),
            (
                "rule_packs",
                .list(assessment.rulebook.packs.map { .object([("id", .text($0.id)), ("version", .text($0.version))]) })
            ),
            ("check_packs", .list(checkPacks.map { .object([("id", .text($0.id)), ("version", .text($0.version))]) })),
            ("hosts", .list(hosts.map(Self.node))),
            ("decisions", .list(assessment.obligations.decisions.map(DecisionReport.node))),
            ("summary", .object(assessment.rulebook.packs.map { ($0.id, Self.node(assessment.summary(pack: $0.id))) })),
            ("verdicts", .list(sections.flatMap { section in section.rows.map { node($0) } })),
        ])
    }

    private static func node(_ host: HostLine) -> Node {
        .object([
            ("name", .text(host.name)), ("system", .text(host.system)), ("collected", .text(host.collected.description)),
            ("facts_sha256", .text(host.sha256)), ("facts_file", host.file.isEmpty ? nil : .text(host.file)),
            ("privileged", .bool(host.isPrivileged)),
            (
                "gaps",
                .list(
                    host.gaps.map { gap in
                        .object([("group", .text(gap.group)), ("state", .text(gap.state.rawValue)), ("what", .texts(gap.what))])
                    })
            ),
        ])
    }

    private static func node(_ summary: Assessment.Summary) -> Node {
        .object([
            ("fulfilled", .integer(summary.fulfilled)), ("applicable", .integer(summary.applicable)),
            ("counts", .object(Verdict.allCases.map { ($0.rawValue, .integer(summary.counts[$0] ?? 0)) })),
        ])
    }

    private func node(_ row: Row) -> Node {
        let trace = row.trace
        let judgement = trace.judgement
        return .object([
            ("clause", .text(trace.clause.id)),
            ("pack", .text(trace.pack.id)),
            ("article", DecisionReport.bilingual(trace.clause.article)),
            ("title", DecisionReport.bilingual(trace.clause.title)),
            ("system", trace.system.map { .text($0) }),
            ("verdict", .text(judgement.verdict.rawValue)),
            ("force", .text(judgement.force.rawValue)),
            ("reason", .text(judgement.reason.rawValue)),
            ("deciding", row.deciding.isEmpty ? nil : .text(row.deciding)),
            (
                "states",
                .object([
                    ("declared", .text("\(judgement.declared)")), ("measured", .text("\(judgement.measured)")),
                    ("signed", .text("\(judgement.signed)")), ("accepted", .text("\(judgement.accepted)")),
                    ("disputed", .bool(judgement.isDisputed)),
                ])
            ),
            ("scope", trace.scope.node),
            ("exemption", trace.exemption.map { DecisionReport.bilingual($0) }),
            ("parameters", parameters(trace)),
            ("requirements", .list(trace.requirements.map(\.node))),
        ])
    }

    private func parameters(_ trace: Trace) -> Node? {
        guard !trace.clause.parameters.isEmpty else { return nil }
        return .object(
            trace.clause.parameters.map { given in
                let parameter = assessment.obligations.parameters.values[given.id] ?? given
                return (
                    given.id.name,
                    .object([
                        ("value", Node(.number(parameter.quantity.number))), ("unit", .text(parameter.quantity.unit.rawValue)),
                        ("bound", .text(parameter.bound.rawValue)), ("origin", .text(parameter.origin.rawValue)),
                        ("overridden", parameter.isOverridden ? true : nil),
                        ("waived_until", parameter.waiver.map { .text($0.expires.description) }),
                    ])
                )
            })
    }
}
