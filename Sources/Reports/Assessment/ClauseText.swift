internal import Assessment
internal import Checks
internal import Documents
internal import Rulebook

extension AssessmentReport {
    /// One clause opened: what it asks, why it binds, each requirement with what checks saw down to file and line, records, and what to change.
    public func clauseText(_ style: TextStyle) -> String {
        sections.flatMap(\.rows).map { open($0, style).joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
    }

    private func open(_ row: Row, _ style: TextStyle) -> [String] {
        let trace = row.trace
        let clause = trace.clause
        let (sign, colour) = Self.sign(trace.judgement.verdict)
        func field(_ name: String, _ text: String) -> [String] {
            let lines = TextColumns.wrapped(text, style.columns - 4)
            return [style.bold(wording(name))] + lines.map { "    \($0)" }
        }
        var lines = [
            style.bold("\(clause.id)  \(wording(clause.title))")
                + style.dim("  \(wording(clause.article))  \(trace.pack.id) (\(trace.pack.version))"),
            style.paint("\(sign) \(wording(trace.judgement.verdict))", colour)
                + "  \(wording(trace.judgement.force))  [\(subject(trace.system))]"
                + "  \(wording(trace.judgement.reason))",
        ]
        lines += field("report.requirement", wording(clause.requirement))
        lines += field("report.scope", scope(trace))
        lines += states(trace, style)
        lines += parameters(trace, style)
        for requirement in trace.requirements { lines += self.requirement(requirement, style) }
        lines += remedies(trace, style)
        if !clause.notes.isEmpty {
            lines.append(style.bold(wording("report.notes")))
            for note in clause.notes {
                lines += TextColumns.wrapped((note.reference.map { "\($0): " } ?? "") + wording(note.text), style.columns - 4).map
                { "    \($0)" }
            }
        }
        return lines
    }

    func scope(_ trace: Trace) -> String {
        if let exemption = trace.exemption { return "\(wording("reason.exempt")): \(wording(exemption))" }
        guard !trace.scope.findings.isEmpty else { return wording("report.always") }
        return trace.scope.findings.map { finding in
            let key = finding.path
            let title =
                assessment.rulebook.fact(key).map { wording($0.title) }
                ?? key.split(separator: ".").last.flatMap { assessment.rulebook.decision(String($0)) }.map {
                    wording($0.decision.title)
                }
            return "\(title ?? key) (\(key)) = \(finding.found ?? wording("report.not-known"))"
        }.joined(separator: "; ")
    }

    private func states(_ trace: Trace, _ style: TextStyle) -> [String] {
        let judgement = trace.judgement
        let parts = [
            ("state.declared", judgement.declared), ("state.measured", judgement.measured), ("state.signed", judgement.signed),
            ("state.accepted", judgement.accepted),
        ].map { "\(wording($0.0)) \(wording($0.1))" }
        var text = parts.joined(separator: "  ")
        if judgement.isDisputed { text += "  ! \(wording("state.disputed"))" }
        return [style.bold(wording("report.states")), "    \(text)"]
    }

    /// One line for each parameter in force.
    func parameterLines(_ trace: Trace) -> [String] {
        trace.clause.parameters.map { given in
            let parameter = assessment.obligations.parameters.values[given.id] ?? given
            var line = "\(given.id): \(parameter.bound.sign) \(parameter.quantity)  \(wording(parameter.title))"
            if parameter.origin == .proposed { line += " [\(wording("report.proposed"))]" }
            if parameter.isOverridden { line += " [\(wording("report.overridden"))]" }
            if let waiver = parameter.waiver {
                line += " [\(wording("report.waived", ["date": waiver.expires.description, "approver": waiver.approver]))]"
            }
            return line
        }
    }

    private func parameters(_ trace: Trace, _ style: TextStyle) -> [String] {
        let lines = parameterLines(trace)
        return lines.isEmpty ? [] : [style.bold(wording("report.parameters"))] + lines.map { "    \($0)" }
    }

    private func requirement(_ requirement: Trace.Requirement, _ style: TextStyle) -> [String] {
        var lines: [String] = []
        if let aspect = requirement.aspect {
            let (sign, colour) = Self.sign(requirement.verdict)
            lines.append(
                style.paint("  \(sign) \(wording(requirement.verdict))", colour)
                    + "  \(aspect.name)  \(wording(aspect.title))  \(style.dim(wording(requirement.reason)))")
        }
        for observation in requirement.observations { lines += self.observation(observation, style) }
        for record in requirement.records {
            let fulfilled = wording(record.isFulfilled ? Say.yes : .no)
            lines.append(
                "    \(wording("report.records")) \(record.date) \(wording("state.\(record.state.rawValue)")) \(fulfilled) \(record.by)"
                    + (record.note.map { " (\($0))" } ?? ""))
        }
        if let gap = requirement.gap {
            lines.append(
                "    "
                    + wording("report.gap", ["state": wording("gap.\(gap.state.rawValue)"), "due": gap.due?.description ?? "—"]))
        }
        if let count = requirement.count {
            lines.append(
                "    "
                    + wording(
                        "report.count",
                        [
                            "year": String(count.year), "count": String(count.count), "required": String(count.required),
                            "state": wording("count.\(count.state.rawValue)"),
                        ]) + (count.looksLikeOneCampaign ? " ! \(wording("report.one-campaign"))" : ""))
        }
        return lines
    }

    private func observation(_ observation: Trace.Observation, _ style: TextStyle) -> [String] {
        let result = observation.outcome.map { wording($0.result) } ?? wording("reason.host-missing")
        let stale = observation.isStale ? " (\(wording("reason.stale")))" : ""
        var lines = [
            "    \(observation.check.id) [\(observation.host)]: \(result)\(stale)  "
                + style.dim("\(wording(observation.check.title)); \(wording("extent.\(observation.extent.rawValue)"))")
        ]
        guard let outcome = observation.outcome else { return lines }
        for source in outcome.sources {
            let details = source.source.gaps.prefix(5).joined(separator: "; ")
            lines.append(
                "        \(source.group): \(wording("source.\(source.source.state.rawValue)")) \(source.source.reason ?? "") \(details)"
            )
        }
        // Why a check does not concern the host is told by its first reasons; all the others say the same.
        let shown = outcome.result == .notApplicable ? Array(outcome.evaluation.findings.prefix(3)) : outcome.evaluation.findings
        for finding in shown {
            let place = finding.line > 0 && !observation.factsFile.isEmpty ? "  {\(observation.factsFile):\(finding.line)}" : ""
            lines += TextColumns.wrapped(wording(finding) + place, style.columns - 8).map { "        \($0)" }
        }
        for finding in outcome.context { lines.append("        \(wording("report.context")) \(wording(finding))") }
        let rest = outcome.evaluation.total - shown.count
        if rest > 0 { lines.append("        \(wording("report.more", ["count": String(rest)]))") }
        return lines
    }

    private func remedies(_ trace: Trace, _ style: TextStyle) -> [String] {
        var lines: [String] = []
        var seen: Set<String> = []
        for observation in trace.requirements.flatMap(\.observations) where seen.insert(observation.check.id).inserted {
            lines.append(style.bold("\(wording("report.explain")) \(observation.check.id)"))
            lines += TextColumns.wrapped(wording(observation.check.explanation), style.columns - 4).map { "    \($0)" }
            guard observation.outcome?.result == .fail || observation.outcome?.result == .undetermined else { continue }
            lines.append(
                style.bold("\(wording("report.remedy")) (\(wording("severity.\(observation.check.severity.rawValue)")))"))
            lines += TextColumns.wrapped(wording(observation.check.remedy), style.columns - 4).map { "    \($0)" }
        }
        if lines.isEmpty {
            let methods = trace.clause.verification.map { "\(wording("method.\($0.method.rawValue)")): \(wording($0.by))" }
            lines = [style.bold(wording("report.verification"))] + methods.map { "    \($0)" }
        }
        return lines
    }
}
