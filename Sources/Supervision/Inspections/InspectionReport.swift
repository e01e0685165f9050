public import Documents

extension Inspection {
    /// What the signed report says: plan, checklist, findings and conclusion, without what followed.
    public var reportDocument: Node {
        .object([
            ("schema", "plumbline.inspection-report/1"), ("inspection", .integer(id)), ("year", .integer(plan.year)),
            ("occasion", .text(plan.occasion.rawValue)), ("theme", .text(plan.theme)), ("firm", .text(plan.firm)),
            ("lead", .text(plan.lead)), ("why", .text(plan.why)), ("as_of", asOf.map { .text("\($0)") }),
            (
                "rows",
                .list(
                    rows.map { row in
                        .object([
                            ("clause", .text(row.clause)), ("certain", .bool(row.isCertain)),
                            ("answer", row.answer.map { .text($0.rawValue) }), ("note", .text(row.note)),
                            ("evidence", .text(row.evidence)), ("by", row.said.map { .text($0.by) }),
                            ("at", row.said.map { .integer($0.at) }),
                        ])
                    })
            ),
            (
                "findings",
                .list(
                    standing.map { finding in
                        .object([
                            ("number", .integer(finding.number)), ("clause", .text(finding.clause)),
                            ("severity", .text(finding.severity)), ("text", .text(finding.text)),
                        ])
                    })
            ),
            ("conclusion", .text(conclusion)), ("signed_by", signed.map { .text($0.by) }),
            ("signed_at", signed.map { .integer($0.at) }),
        ])
    }

    /// SHA-256 of the report as canonical JSON, in lower-case hex: the same from its signing on, and in the trail.
    public var reportHash: String { Hash.sha256(CanonicalJSON.bytes(of: reportDocument)) }
}
