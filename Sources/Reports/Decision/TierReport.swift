public import Documents
public import Rulebook

/// Tier and class of a firm with the clauses that bind it, and what a change would change.
public enum TierReport {
    /// As text for a terminal.
    public static func text(
        _ before: ObligationSet, _ after: ObligationSet?, _ difference: ObligationDifference?, _ wording: Wording,
        _ style: TextStyle
    ) -> String {
        var lines: [String] = []
        for (name, set) in [("tier.before", before as ObligationSet?), ("tier.after", after)] {
            guard let set else { continue }
            if after != nil { lines.append(style.bold("— \(wording(name)) —")) }
            for outcome in set.decisions { lines += DecisionReport.text(outcome, wording, style) }
            for pack in set.rulebook.packs {
                lines.append(
                    "  "
                        + wording(
                            "tier.applicable",
                            [
                                "pack": pack.id, "count": String(set.applicable(pack: pack.id).count),
                                "unknown": String(set.applicable(pack: pack.id, .unknown).count),
                            ]))
            }
            lines.append("")
        }
        if let difference {
            lines.append(
                style.bold(
                    difference.changes.isEmpty
                        ? wording("tier.no-changes") : wording("tier.changes", ["count": String(difference.changes.count)])))
            for change in difference.changes {
                let title = before.rulebook.clause(change.clause).map { wording($0.title) } ?? ""
                let values = [change.before, change.after].filter { !$0.isEmpty }.joined(separator: " → ")
                lines.append(
                    "  \(TextColumns.padded(change.clause, 16)) \(wording("change.\(change.kind.rawValue)"))  \(title)"
                        + "  [\(change.system ?? wording("report.whole-firm"))]  \(values)")
            }
        } else {
            lines += clauses(before, wording, style)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func clauses(_ set: ObligationSet, _ wording: Wording, _ style: TextStyle) -> [String] {
        var lines: [String] = []
        for (number, subject) in set.subjects.enumerated() {
            let bound = subject.bindings.indices.filter {
                subject.bindings[$0].binds != .no && set.rulebook.clauses[$0].isLeafDuty
            }
            guard !bound.isEmpty else { continue }
            lines.append(style.bold("[\(subject.system ?? wording("report.whole-firm"))]"))
            for index in bound {
                let clause = set.rulebook.clauses[index]
                let unsure = subject.bindings[index].binds == .unknown ? " ?" : ""
                let why = set.reason(clause: index, subject: number).findings.map {
                    "\($0.path) = \($0.found ?? wording("report.not-known"))"
                }
                lines.append(
                    "  \(TextColumns.padded(clause.id, 16)) \(wording(subject.bindings[index].force))\(unsure)  \(wording(clause.title))"
                        + style.dim("  \(why.isEmpty ? wording("report.always") : why.joined(separator: "; "))"))
            }
        }
        return lines
    }

    /// As a document.
    public static func node(_ before: ObligationSet, _ after: ObligationSet?, _ difference: ObligationDifference?) -> Node {
        func node(_ set: ObligationSet) -> Node {
            .object([
                ("decisions", .list(set.decisions.map(DecisionReport.node))),
                (
                    "obligations",
                    .list(
                        set.subjects.enumerated().flatMap { number, subject in
                            subject.bindings.indices.filter {
                                subject.bindings[$0].binds != .no && set.rulebook.clauses[$0].isLeafDuty
                            }.map { index in
                                .object([
                                    ("clause", .text(set.rulebook.clauses[index].id)),
                                    ("system", subject.system.map { .text($0) }),
                                    ("force", .text(subject.bindings[index].force.rawValue)),
                                    ("certain", .bool(subject.bindings[index].binds == .yes)),
                                    (
                                        "because",
                                        .texts(
                                            set.reason(clause: index, subject: number).findings.map {
                                                "\($0.path) = \($0.found ?? "null")"
                                            })
                                    ),
                                ])
                            }
                        })
                ),
            ])
        }
        return .object([
            ("schema", "plumbline.tier/1"), ("as_of", .text(before.asOf.description)), ("now", node(before)),
            ("what_if", after.map(node)),
            (
                "changes",
                difference.map { difference in
                    .list(
                        difference.changes.map { change in
                            .object([
                                ("clause", .text(change.clause)), ("system", change.system.map { .text($0) }),
                                ("kind", .text(change.kind.rawValue)),
                                ("before", .text(change.before)), ("after", .text(change.after)),
                            ])
                        })
                }
            ),
        ])
    }
}
