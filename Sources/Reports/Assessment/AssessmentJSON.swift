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
            ("scope", Self.node(trace.scope)),
            ("exemption", trace.exemption.map { DecisionReport.bilingual($0) }),
            ("parameters", parameters(trace)),
            ("requirements", .list(trace.requirements.map(Self.node))),
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

    private static func node(_ requirement: Trace.Requirement) -> Node {
        .object([
            ("aspect", requirement.aspect.map { .text($0.name) }),
            ("force", .text(requirement.force.rawValue)),
            ("verdict", .text(requirement.verdict.rawValue)),
            ("reason", .text(requirement.reason.rawValue)),
            ("observations", requirement.observations.isEmpty ? nil : .list(requirement.observations.map(node))),
            ("records", requirement.records.isEmpty ? nil : .list(requirement.records.map(node))),
            (
                "gap",
                requirement.gap.map { gap in
                    .object([
                        ("state", .text(gap.state.rawValue)), ("due", gap.due.map { .text($0.description) }),
                        ("overdue_days", .integer(gap.overdueDays)),
                        (
                            "stretches",
                            .list(
                                gap.stretches.map { stretch in
                                    .object([
                                        ("from", .text(stretch.from.description)), ("to", .text(stretch.to.description)),
                                        ("days", .integer(stretch.days)),
                                        ("within", .bool(stretch.isWithin)),
                                    ])
                                })
                        ),
                    ])
                }
            ),
            (
                "count",
                requirement.count.map { count in
                    .object([
                        ("year", .integer(count.year)), ("count", .integer(count.count)), ("required", .integer(count.required)),
                        ("state", .text(count.state.rawValue)), ("looks_like_one_campaign", .bool(count.looksLikeOneCampaign)),
                    ])
                }
            ),
        ])
    }

    private static func node(_ observation: Trace.Observation) -> Node {
        .object([
            ("check", .text(observation.check.id)), ("extent", .text(observation.extent.rawValue)),
            ("host", .text(observation.host)),
            ("at", observation.at.map { .text($0.description) }), ("stale", observation.isStale ? true : nil),
            ("result", observation.outcome.map { .text($0.result.rawValue) }),
            ("severity", .text(observation.check.severity.rawValue)),
            ("findings", observation.outcome.flatMap { $0.evaluation.findings.isEmpty ? nil : node($0.evaluation)["findings"] }),
            ("findings_total", observation.outcome.map { .integer($0.evaluation.total) }),
            (
                "context",
                observation.outcome.flatMap { $0.context.isEmpty ? nil : node(Evaluation(.yes, $0.context))["findings"] }
            ),
            (
                "sources",
                observation.outcome.flatMap { outcome in
                    outcome.sources.isEmpty
                        ? nil
                        : .list(
                            outcome.sources.map { source in
                                .object([
                                    ("group", .text(source.group)), ("state", .text(source.source.state.rawValue)),
                                    ("reason", source.source.reason.map { .text($0) }), ("gaps", .texts(source.source.gaps)),
                                ])
                            })
                }
            ),
            ("remedy", observation.outcome?.result == .fail ? DecisionReport.bilingual(observation.check.remedy) : nil),
        ])
    }

    private static func node(_ record: Record) -> Node {
        .object([
            ("kind", .text(record.kind.rawValue)), ("state", .text(record.state.rawValue)),
            ("date", .text(record.date.description)),
            ("fulfilled", .bool(record.isFulfilled)), ("by", .text(record.by)),
            ("evidence", record.evidence.isEmpty ? nil : .texts(record.evidence)), ("note", record.note.map { .text($0) }),
        ])
    }

    private static func node(_ evaluation: Evaluation) -> Node {
        .object([
            ("truth", .text("\(evaluation.truth)")),
            (
                "findings",
                .list(
                    evaluation.findings.map { finding in
                        .object([
                            ("path", .text(finding.path)), ("found", finding.found.map { .text($0) }),
                            ("unit", finding.unit.map { .text($0) }),
                            ("sign", finding.sign.isEmpty ? nil : .text(finding.sign)),
                            ("limit", finding.limit.map { .text($0) }),
                            ("limit_source", finding.limitSource.map { .text($0) }), ("origin", finding.origin.map { .text($0) }),
                            ("facts_line", finding.line > 0 ? .integer(finding.line) : nil), ("truth", .text("\(finding.truth)")),
                        ])
                    })
            ),
        ])
    }
}
