internal import Checks
public import Documents
public import Rulebook

extension Trace.Requirement {
    /// The requirement as a document: what decided it, down to the fact.
    public var node: Node {
        .object([
            ("aspect", aspect.map { .text($0.name) }),
            ("force", .text(force.rawValue)),
            ("verdict", .text(verdict.rawValue)),
            ("reason", .text(reason.rawValue)),
            ("observations", observations.isEmpty ? nil : .list(observations.map(\.node))),
            ("records", records.isEmpty ? nil : .list(records.map(\.node))),
            (
                "gap",
                gap.map { gap in
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
                count.map { count in
                    .object([
                        ("year", .integer(count.year)), ("count", .integer(count.count)), ("required", .integer(count.required)),
                        ("state", .text(count.state.rawValue)), ("looks_like_one_campaign", .bool(count.looksLikeOneCampaign)),
                    ])
                }
            ),
        ])
    }
}

extension Trace.Observation {
    /// What one check saw on one host, as a document.
    var node: Node {
        .object([
            ("check", .text(check.id)), ("extent", .text(extent.rawValue)),
            ("host", .text(host)),
            ("at", at.map { .text($0.description) }), ("stale", isStale ? true : nil),
            ("result", outcome.map { .text($0.result.rawValue) }),
            ("severity", .text(check.severity.rawValue)),
            ("findings", outcome.flatMap { $0.evaluation.findings.isEmpty ? nil : $0.evaluation.node["findings"] }),
            ("findings_total", outcome.map { .integer($0.evaluation.total) }),
            (
                "context",
                outcome.flatMap { $0.context.isEmpty ? nil : Evaluation(.yes, $0.context).node["findings"] }
            ),
            (
                "sources",
                outcome.flatMap { outcome in
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
            ("remedy", outcome?.result == .fail ? check.remedy.bothLanguages : nil),
        ])
    }
}

extension Record {
    /// The record as a document.
    var node: Node {
        .object([
            ("kind", .text(kind.rawValue)), ("state", .text(state.rawValue)),
            ("date", .text(date.description)),
            ("fulfilled", .bool(isFulfilled)), ("by", .text(by)),
            ("evidence", evidence.isEmpty ? nil : .texts(evidence)), ("note", note.map { .text($0) }),
        ])
    }
}

extension Evaluation {
    /// What was found and wanted, as a document.
    public var node: Node {
        .object([
            ("truth", .text("\(truth)")),
            (
                "findings",
                .list(
                    findings.map { finding in
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

extension Text {
    /// Both languages, as a document.
    fileprivate var bothLanguages: Node { .object([("zh-TW", .text(chinese)), ("en", .text(english))]) }
}
