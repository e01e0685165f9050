public import Documents
public import Rulebook

/// Tier and class decisions made ready to be shown.
public enum DecisionReport {
    /// One line: what was decided and why.
    public static func line(_ outcome: DecisionOutcome, _ wording: Wording) -> String {
        let value = outcome.value.map { value in
            outcome.decision.values.first { $0.value == value }.map { wording($0.title) } ?? value
        }
        let flags = outcome.flags.map { outcome.decision.flags[$0].map { wording($0) } ?? $0 }
        return
            "\(wording(outcome.decision.title)): \(value ?? wording("decision.\(outcome.state.rawValue)")) — \(wording(outcome.reasonText))"
            + (flags.isEmpty ? "" : " [\(flags.joined(separator: "; "))]")
    }

    /// A decision with everything that went into it.
    public static func text(_ outcome: DecisionOutcome, _ wording: Wording, _ style: TextStyle) -> [String] {
        var lines = [style.bold(line(outcome, wording))]
        lines.append(
            "  \(outcome.pack.id) (\(outcome.pack.version))  \(wording("report.reason")): \(outcome.reason)  \(wording("report.as-of")): \(outcome.asOf)"
        )
        if outcome.state != .notApplicable {
            lines.append("  \(wording("report.inputs")):")
            for (fact, value) in outcome.inputs {
                let shown = value.map { $0.shown } ?? wording("report.not-known")
                let unit = fact.unit.map { " \($0.rawValue)" } ?? ""
                let assumed = outcome.assumed.contains(fact.key) ? " *" : ""
                lines.append("    \(fact.key) = \(shown)\(value == nil ? "" : unit)\(assumed)  \(style.dim(wording(fact.title)))")
            }
            for (name, value) in outcome.switches {
                guard let item = outcome.decision.switches.first(where: { $0.name == name }) else { continue }
                let reading = item.values.first { $0.value == value }.map { wording($0.title) } ?? value
                lines.append("    \(name) = \(value)  \(style.dim("\(wording(item.title)): \(reading)"))")
            }
            lines.append("  \(wording("report.steps")): \(outcome.steps.joined(separator: " → "))")
        }
        if !outcome.missing.isEmpty { lines.append("  \(wording("report.missing")): \(outcome.missing.joined(separator: ", "))") }
        for flag in outcome.flags { lines.append("  ! \(flag): \(outcome.decision.flags[flag].map { wording($0) } ?? flag)") }
        return lines
    }

    /// The decision as a document.
    public static func node(_ outcome: DecisionOutcome) -> Node {
        .object([
            ("decision", .text(outcome.decision.id)),
            ("pack", .text(outcome.pack.id)),
            ("pack_version", .text(outcome.pack.version)),
            ("state", .text(outcome.state.rawValue)),
            ("value", outcome.value.map { .text($0) }),
            ("reason", .text(outcome.reason)),
            ("reason_text", bilingual(outcome.reasonText)),
            (
                "flags",
                .list(
                    outcome.flags.map { flag in
                        .object([("flag", .text(flag)), ("text", outcome.decision.flags[flag].map { bilingual($0) })])
                    })
            ),
            ("inputs", .object(outcome.inputs.map { ($0.fact.key, $0.value ?? Node(.null)) })),
            ("assumed", .texts(outcome.assumed)),
            ("missing", .texts(outcome.missing)),
            ("switches", .object(outcome.switches.map { ($0.name, .text($0.value)) })),
            ("steps", .texts(outcome.steps)),
            ("as_of", .text(outcome.asOf.description)),
            ("decided_by", .text(outcome.decidedBy)),
        ])
    }

    static func bilingual(_ text: Text) -> Node { .object([("zh-TW", .text(text.chinese)), ("en", .text(text.english))]) }
}
