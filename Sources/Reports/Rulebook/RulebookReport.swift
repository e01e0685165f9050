public import Checks
public import Documents
public import Rulebook

/// Rule packs and checks made ready to be read.
public enum RulebookReport {
    /// Packs with their clauses, as text.
    public static func list(_ packs: [RulePack], _ wording: Wording, _ style: TextStyle) -> String {
        var lines: [String] = []
        for pack in packs {
            lines.append(style.bold("\(pack.id) (\(pack.version))  \(wording(pack.title))"))
            lines.append(style.dim("  \(wording(pack.issuer))  \(wording(pack.source))"))
            let leaves = pack.leafDuties
            let parts = [Force.shall, .mixed, .should].map { force in "\(wording(force)) \(leaves.count { $0.force == force })" }
            lines.append(
                "  "
                    + wording(
                        "list.counts",
                        [
                            "clauses": String(pack.clauses.count), "leaves": String(leaves.count),
                            "forces": parts.joined(separator: ", "),
                            "atomic": String(leaves.reduce(0) { $0 + $1.atomicCount }),
                        ]))
            for group in pack.groups {
                let clauses = pack.clauses.filter { $0.group == group.id }
                guard !clauses.isEmpty else { continue }
                lines.append("  " + style.bold(wording(group.title)))
                for clause in clauses {
                    lines.append(
                        "    \(TextColumns.padded(clause.id, 16)) \(TextColumns.padded(wording(clause.force), 12)) \(wording(clause.title))"
                    )
                }
            }
            lines.append("")
        }
        return lines.joined(separator: "\n")
    }

    /// A pack's clauses as a document.
    public static func node(_ pack: RulePack) -> Node {
        .object([
            ("id", .text(pack.id)), ("version", .text(pack.version)), ("effective", .text(pack.effective.description)),
            ("title", DecisionReport.bilingual(pack.title)),
            (
                "clauses",
                .list(
                    pack.clauses.map { clause in
                        .object([
                            ("id", .text(clause.id)), ("article", DecisionReport.bilingual(clause.article)),
                            ("group", .text(clause.group)),
                            ("title", DecisionReport.bilingual(clause.title)),
                            ("requirement", DecisionReport.bilingual(clause.requirement)),
                            ("force", .text(clause.force.rawValue)), ("subject", .text(clause.subject.rawValue)),
                            ("parent", clause.parent.map { .text($0) }), ("leaf", .bool(clause.isLeafDuty)),
                            (
                                "parameters",
                                .object(
                                    clause.parameters.map { parameter in
                                        (
                                            parameter.id.name,
                                            .object([
                                                ("value", Node(.number(parameter.quantity.number))),
                                                ("unit", .text(parameter.quantity.unit.rawValue)),
                                                ("bound", .text(parameter.bound.rawValue)),
                                                ("origin", .text(parameter.origin.rawValue)),
                                            ])
                                        )
                                    })
                            ),
                            ("aspects", .texts(clause.aspects.map(\.name))),
                            ("verify", .texts(clause.verification.map(\.method.rawValue))),
                            ("cadence", clause.cadence.map { .text($0.kind.rawValue) }),
                        ])
                    })
            ),
        ])
    }

    /// One clause in full, as text.
    public static func clause(_ index: Int, _ rulebook: Rulebook, _ library: CheckLibrary, _ wording: Wording, _ style: TextStyle)
        -> String
    {
        let clause = rulebook.clauses[index]
        let pack = rulebook.pack(ofClause: index)
        func block(_ name: String, _ texts: [String]) -> [String] {
            texts.isEmpty
                ? []
                : [style.bold(wording(name))] + texts.flatMap { TextColumns.wrapped($0, style.columns - 4) }.map { "    \($0)" }
        }
        var lines = [
            style.bold("\(clause.id)  \(wording(clause.title))"),
            style.dim(
                "\(wording(clause.article))  \(pack.id) (\(pack.version))  \(wording(clause.force))  \(wording("subject.\(clause.subject.rawValue)"))"
            ),
        ]
        lines += block("report.requirement", [wording(clause.requirement)])
        lines += block(
            "show.scope", clause.scope.map { [PredicateText.text($0, rulebook, wording)] } ?? [wording("report.always")])
        lines += block(
            "show.exemptions",
            clause.exemptions.map { "\(PredicateText.text($0.when, rulebook, wording)): \(wording($0.reason))" })
        lines += block(
            "show.aspects", clause.aspects.map { "\($0.name): \(wording($0.title))\($0.force.map { " (\(wording($0)))" } ?? "")" }
        )
        lines += block(
            "report.parameters",
            clause.parameters.map { parameter in
                "\(parameter.id): \(parameter.bound.sign) \(parameter.quantity)  \(wording(parameter.title))"
                    + (parameter.origin == .proposed ? " [\(wording("report.proposed"))]" : "")
            })
        if let cadence = clause.cadence {
            lines += block(
                "report.cadence", [wording("cadence.\(cadence.kind.rawValue)") + (cadence.note.map { ": \(wording($0))" } ?? "")])
        }
        lines += block(
            "report.verification", clause.verification.map { "\(wording("method.\($0.method.rawValue)")): \(wording($0.by))" })
        let checks = library.checks.filter { check in check.covers.contains { $0.clause == clause.id } }
        lines += block(
            "show.checks",
            checks.map { check in
                let parts = check.covers.filter { $0.clause == clause.id }.map {
                    "\($0.aspect.map { "\($0): " } ?? "")\(wording("extent.\($0.extent.rawValue)"))"
                }
                return "\(check.id)  \(wording(check.title)) (\(parts.joined(separator: ", ")))"
            })
        lines += block("report.notes", clause.notes.map { ($0.reference.map { "\($0): " } ?? "") + wording($0.text) })
        return lines.joined(separator: "\n") + "\n"
    }

    /// All checks, as text.
    public static func checks(_ library: CheckLibrary, _ wording: Wording, _ style: TextStyle) -> String {
        var lines: [String] = []
        for pack in library.packs {
            lines.append(style.bold("\(pack.id) (\(pack.version))  \(wording(pack.title))") + style.dim("  \(pack.origin)"))
            for check in pack.checks {
                let clauses = Set(check.covers.map(\.clause)).sorted().joined(separator: ", ")
                lines.append("  \(TextColumns.padded(check.id, 34)) \(TextColumns.padded(clauses, 26)) \(wording(check.title))")
            }
        }
        lines.append(
            wording(
                "list.checks",
                ["checks": String(library.checks.count), "fixtures": String(library.checks.reduce(0) { $0 + $1.fixtures.count })])
        )
        return lines.joined(separator: "\n") + "\n"
    }

    /// One check in full, as text.
    public static func check(_ check: Check, _ wording: Wording, _ style: TextStyle) -> String {
        var lines = [style.bold("\(check.id)  \(wording(check.title))")]
        func block(_ name: String, _ texts: [String]) {
            lines.append(style.bold(wording(name)))
            lines += texts.flatMap { TextColumns.wrapped($0, style.columns - 4) }.map { "    \($0)" }
        }
        block(
            "report.clause",
            check.covers.map { "\($0.clause)\($0.aspect.map { ".\($0)" } ?? ""): \(wording("extent.\($0.extent.rawValue)"))" })
        block("show.requires", [check.requires.joined(separator: ", ")])
        block("report.explain", [wording(check.explanation)])
        block("report.remedy", [wording(check.remedy)])
        block("show.fixtures", check.fixtures.map { "\($0.name): \(wording($0.expect))" })
        return lines.joined(separator: "\n") + "\n"
    }

    /// What changed between two packs, as text.
    public static func difference(_ changes: [RulePackDifference.Change], _ wording: Wording, _ style: TextStyle) -> String {
        guard !changes.isEmpty else { return wording("diff.none") + "\n" }
        return changes.map { change in
            "\(TextColumns.padded(change.clause, 16)) \(TextColumns.padded(wording("diff.\(change.kind.rawValue)"), 14)) \(wording(change.title))  \(style.dim(change.detail))"
        }.joined(separator: "\n") + "\n"
    }
}

/// A predicate over a profile in words.
enum PredicateText {
    static func text(_ predicate: Predicate, _ rulebook: Rulebook, _ wording: Wording) -> String {
        switch predicate {
        case .all(let parts): parts.map { nested($0, rulebook, wording) }.joined(separator: wording("predicate.and"))
        case .any(let parts): parts.map { nested($0, rulebook, wording) }.joined(separator: wording("predicate.or"))
        case .none(let parts):
            wording("predicate.not") + "("
                + parts.map { nested($0, rulebook, wording) }.joined(separator: wording("predicate.or")) + ")"
        case .not(let part): wording("predicate.not") + nested(part, rulebook, wording)
        case .each(let quantified), .some(let quantified): quantified.path.description
        case .compare(let comparison): compare(comparison, rulebook, wording)
        }
    }

    private static func nested(_ predicate: Predicate, _ rulebook: Rulebook, _ wording: Wording) -> String {
        switch predicate {
        case .all, .any: "(\(text(predicate, rulebook, wording)))"
        default: text(predicate, rulebook, wording)
        }
    }

    private static func compare(_ comparison: Comparison, _ rulebook: Rulebook, _ wording: Wording) -> String {
        let key = comparison.path.description
        let title =
            rulebook.fact(key).map { wording($0.title) } ?? rulebook.decision(comparison.path.keys.last ?? "").map {
                wording($0.decision.title)
            } ?? key
        let operand =
            switch comparison.operand {
            case .literal(let node): node.shown
            case .parameter(let id): id.description
            case .fact(let path), .profile(let path): path.description
            case .seconds(let seconds): "\(seconds) s"
            }
        return "\(title) \(comparison.operation.sign) \(operand)"
    }
}
