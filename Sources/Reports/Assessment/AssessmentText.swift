internal import Assessment
internal import Checks
internal import Documents
internal import Rulebook

extension AssessmentReport {
    /// The report as text: a table by heading, the numbers, and how to open one row.
    ///
    /// - Parameters:
    ///   - style: colours and width.
    ///   - all: whether clauses that do not apply are listed too.
    /// - Returns: the text, with a line end at its end.
    public func text(_ style: TextStyle, all: Bool) -> String {
        var lines = head(style)
        var hidden = 0
        for section in sections {
            let rows = section.rows.filter { all || $0.trace.judgement.verdict != .notApplicable }
            hidden += section.rows.count - rows.count
            guard !rows.isEmpty else { continue }
            lines.append("")
            lines.append(style.bold("\(wording(section.group.title))  \(style.dim(section.pack.id))"))
            for row in rows { lines.append(contentsOf: text(row, style)) }
        }
        lines.append("")
        lines.append(contentsOf: foot(style, hidden: hidden))
        return lines.joined(separator: "\n") + "\n"
    }

    private func head(_ style: TextStyle) -> [String] {
        let zone = Zone.taipei
        var lines = [style.bold("\(wording("report.title"))  plumbline \(version)")]
        if !firm.isEmpty { lines.append("\(wording("report.firm")): \(firm)") }
        for host in hosts {
            let file = host.file.isEmpty ? "" : "  \(host.file)"
            lines.append(
                "\(wording("report.host")): \(host.name) (\(host.system))  \(wording("report.collected")) \(host.collected.text(in: zone))\(file)"
            )
        }
        lines.append(
            "\(wording("report.as-of")): \(assessment.instant.text(in: zone)) (\(assessment.instant.date(in: zone).rocDescription))"
        )
        lines.append(
            "\(wording("report.rules")): " + assessment.rulebook.packs.map { "\($0.id) (\($0.version))" }.joined(separator: ", "))
        for outcome in assessment.obligations.decisions { lines.append(DecisionReport.line(outcome, wording)) }
        if let assumption {
            lines.append(contentsOf: TextColumns.wrapped("! \(assumption)", style.columns).map { style.paint($0, "33") })
        }
        for host in hosts where !host.isPrivileged {
            lines.append(style.paint("! \(host.name): \(wording("report.unprivileged"))", "33"))
        }
        for host in hosts where !host.gaps.isEmpty {
            lines.append(style.dim("! \(host.name): \(wording("report.partial", ["count": String(host.gaps.count)]))"))
        }
        return lines
    }

    private func text(_ row: Row, _ style: TextStyle) -> [String] {
        let judgement = row.trace.judgement
        let (sign, colour) = Self.sign(judgement.verdict)
        let verdict = TextColumns.padded(wording(judgement.verdict), wording.language == .chinese ? 9 : 18)
        let force = TextColumns.padded(wording(judgement.force), wording.language == .chinese ? 3 : 7)
        let id = TextColumns.padded(row.trace.clause.id, 15)
        var head = "\(style.paint(sign, colour)) \(id) \(force)\(style.paint(verdict, colour))\(wording(row.trace.clause.title))"
        if assessment.obligations.subjects.count > 2 { head += style.dim("  [\(subject(row.trace.system))]") }
        let detail = row.deciding.isEmpty ? wording(judgement.reason) : row.deciding
        return [head] + TextColumns.wrapped(detail, style.columns - 6).map { style.dim("      \($0)") }
    }

    static func sign(_ verdict: Verdict) -> (String, String) {
        switch verdict {
        case .compliant, .equivalent: ("✓", "32")
        case .nonCompliant: ("✗", "31;1")
        case .partly: ("◐", "31")
        case .undetermined: ("?", "33")
        case .adviceNotAdopted: ("·", "36")
        case .notApplicable: ("–", "2")
        }
    }

    private func foot(_ style: TextStyle, hidden: Int) -> [String] {
        var lines: [String] = []
        for pack in assessment.rulebook.packs {
            let summary = Assessment.Summary(
                sections.filter { $0.pack.id == pack.id }.flatMap { $0.rows.map(\.trace.judgement.verdict) })
            guard summary.applicable > 0 else { continue }
            let counts = Verdict.allCases.compactMap { verdict in summary.counts[verdict].map { "\(wording(verdict)) \($0)" } }
            lines.append(style.bold("\(wording("report.summary")) \(pack.id): ") + counts.joined(separator: "  "))
            lines.append(
                "  "
                    + wording(
                        "report.rate",
                        [
                            "fulfilled": String(summary.fulfilled), "applicable": String(summary.applicable),
                            "rate": Wording.rate(summary.fulfilled, of: summary.applicable),
                        ]) + " (\(assessment.instant.date(in: .taipei)))")
        }
        if hidden > 0 { lines.append(style.dim(wording("report.hidden", ["count": String(hidden)]))) }
        let worst = sections.flatMap(\.rows).min { $0.trace.judgement.verdict.rank < $1.trace.judgement.verdict.rank }
        if let worst { lines.append(style.dim(wording("report.hint", ["clause": worst.trace.clause.id]))) }
        lines.append(style.dim(wording("report.disclaimer")))
        return lines
    }
}
