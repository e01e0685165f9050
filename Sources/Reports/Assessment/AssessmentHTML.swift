internal import Assessment
internal import Checks
internal import Documents
internal import HTML
internal import Rulebook

extension AssessmentReport {
    /// The report as one HTML file that needs nothing else: works without JavaScript and without a network, light and dark, and prints.
    public func html(all: Bool) -> [UInt8] {
        HTMLWriter.document(language: wording.language.rawValue) { page in
            page.element("head") { head in
                head.void("meta", ("charset", "utf-8"))
                head.void("meta", ("name", "viewport"), ("content", "width=device-width, initial-scale=1"))
                head.element("title", text: "\(wording("report.title")) \(firm) \(assessment.instant.date(in: .taipei))")
                head.style(Self.sheet)
            }
            page.element("body") { body in
                body.element("a", ("class", "skip"), ("href", "#content"), text: wording("html.skip"))
                body.element("header") { header(&$0) }
                body.element("main", ("id", "content")) { main in
                    totals(&main)
                    for section in sections { self.section(section, all: all, &main) }
                }
                body.element("footer") { $0.element("p", text: wording("report.disclaimer")) }
            }
        }
    }

    private func header(_ page: inout HTMLWriter) {
        page.element("h1", text: wording("report.title"))
        page.element("dl") { list in
            func line(_ name: String, _ value: String) {
                list.element("dt", text: wording(name))
                list.element("dd", text: value)
            }
            if !firm.isEmpty { line("report.firm", firm) }
            let day = assessment.instant.date(in: .taipei)
            line("report.as-of", "\(assessment.instant.text(in: .taipei)) (\(day.rocDescription))")
            for host in hosts {
                line(
                    "report.host",
                    "\(host.name) (\(host.system)), \(wording("report.collected")) \(host.collected.text(in: .taipei))")
                line("report.evidence", "\(host.file.isEmpty ? "" : "\(host.file) ")sha256 \(host.sha256)")
            }
            line("report.rules", assessment.rulebook.packs.map { "\($0.id) (\($0.version))" }.joined(separator: ", "))
            line("report.checks", checkPacks.map { "\($0.id) (\($0.version))" }.joined(separator: ", "))
            for outcome in assessment.obligations.decisions { line("report.decisions", DecisionReport.line(outcome, wording)) }
        }
        for warning in warnings { page.element("p", ("class", "warning"), ("role", "note"), text: warning) }
    }

    private var warnings: [String] {
        var lines: [String] = []
        if let assumption { lines.append(assumption) }
        for host in hosts {
            if !host.isPrivileged { lines.append("\(host.name): \(wording("report.unprivileged"))") }
            if !host.gaps.isEmpty {
                let names = host.gaps.map { "\($0.group) (\(wording("source.\($0.state.rawValue)")))" }.joined(separator: ", ")
                lines.append("\(host.name): \(names)")
            }
        }
        return lines
    }

    private func totals(_ page: inout HTMLWriter) {
        page.element("h2", text: wording("report.summary"))
        page.element("div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", wording("report.summary")))
        { page in
            page.element("table", ("class", "totals")) { table in
                table.element("thead") { head in
                    head.element("tr") { row in
                        row.element("th", ("scope", "col"), text: wording("report.rules"))
                        for verdict in Verdict.allCases { row.element("th", ("scope", "col"), text: wording(verdict)) }
                        row.element("th", ("scope", "col"), text: "%")
                    }
                }
                table.element("tbody") { body in
                    for section in sections {
                        body.element("tr") { row in
                            row.element("th", ("scope", "row")) { cell in
                                cell.element(
                                    "a", ("href", "#\(anchor(section))"),
                                    text: "\(section.pack.id) \(wording(section.group.title))")
                            }
                            for verdict in Verdict.allCases {
                                row.element("td", ("class", "number"), text: String(section.summary.counts[verdict] ?? 0))
                            }
                            let summary = section.summary
                            row.element(
                                "td", ("class", "number"),
                                text:
                                    "\(summary.fulfilled)/\(summary.applicable) \(Wording.rate(summary.fulfilled, of: summary.applicable))"
                            )
                        }
                    }
                }
            }
        }
    }

    private func anchor(_ section: Section) -> String { "\(section.pack.id)-\(section.group.id)" }

    private func section(_ section: Section, all: Bool, _ page: inout HTMLWriter) {
        let rows = section.rows.filter { all || $0.trace.judgement.verdict != .notApplicable }
        guard !rows.isEmpty else { return }
        page.element("section", ("id", anchor(section))) { part in
            part.element("h2", text: "\(wording(section.group.title)) (\(section.pack.id))")
            for row in rows { self.row(row, &part) }
        }
    }

    private func row(_ row: Row, _ page: inout HTMLWriter) {
        let trace = row.trace
        let verdict = trace.judgement.verdict
        page.element("details", ("class", "clause \(verdict.rawValue)")) { details in
            details.element("summary") { summary in
                summary.element("span", ("class", "verdict"), text: "\(Self.sign(verdict).0) \(wording(verdict))")
                summary.element("span", ("class", "id"), text: trace.clause.id)
                summary.element(
                    "span", ("class", "title"), text: "\(wording(trace.clause.title)) (\(wording(trace.judgement.force)))")
                if assessment.obligations.subjects.count > 2 {
                    summary.element("span", ("class", "system"), text: subject(trace.system))
                }
                summary.element(
                    "span", ("class", "why"), text: row.deciding.isEmpty ? wording(trace.judgement.reason) : row.deciding)
            }
            details.element("p", text: wording(trace.clause.requirement))
            details.element("dl") { list in
                func line(_ name: String, _ values: [String]) {
                    guard !values.isEmpty else { return }
                    list.element("dt", text: wording(name))
                    for value in values { list.element("dd", text: value) }
                }
                line("report.article", [wording(trace.clause.article)])
                line("report.reason", [wording(trace.judgement.reason)])
                line("report.scope", [scope(trace)])
                line("report.parameters", parameterLines(trace))
                line("report.notes", trace.clause.notes.map { ($0.reference.map { "\($0): " } ?? "") + wording($0.text) })
            }
            for requirement in trace.requirements { self.requirement(requirement, &details) }
            remedies(trace, &details)
        }
    }

    private func requirement(_ requirement: Trace.Requirement, _ page: inout HTMLWriter) {
        if let aspect = requirement.aspect {
            page.element(
                "h3",
                text:
                    "\(Self.sign(requirement.verdict).0) \(wording(aspect.title)): \(wording(requirement.verdict)) (\(wording(requirement.reason)))"
            )
        }
        for record in requirement.records {
            page.element(
                "p",
                text:
                    "\(record.date) \(wording("state.\(record.state.rawValue)")) \(wording(record.isFulfilled ? Say.yes : .no)) \(record.by)"
            )
        }
        for observation in requirement.observations { self.observation(observation, &page) }
    }

    private func observation(_ observation: Trace.Observation, _ page: inout HTMLWriter) {
        let result = observation.outcome.map { wording($0.result) } ?? wording("reason.host-missing")
        page.element("p") { line in
            line.element("code", text: observation.check.id)
            line.text(
                " \(observation.host): \(result) — \(wording(observation.check.title)); \(wording("extent.\(observation.extent.rawValue)"))"
            )
        }
        guard let outcome = observation.outcome else { return }
        for source in outcome.sources {
            let detail = ([source.source.reason].compactMap { $0 } + source.source.gaps.prefix(5)).joined(separator: "; ")
            page.element("p", text: "\(source.group): \(wording("source.\(source.source.state.rawValue)")) \(detail)")
        }
        guard !outcome.evaluation.findings.isEmpty else { return }
        page.element("table") { table in
            table.element("thead") { head in
                head.element("tr") { row in
                    for name in ["html.path", "html.found", "report.wanted", "html.origin"] {
                        row.element("th", ("scope", "col"), text: wording(name))
                    }
                }
            }
            table.element("tbody") { body in
                for finding in outcome.evaluation.findings {
                    body.element("tr") { row in
                        row.element("td") { $0.element("code", text: finding.path) }
                        row.element(
                            "td",
                            text:
                                "\(finding.found ?? wording("report.not-known")) \(finding.found == nil ? "" : finding.unit ?? "")"
                        )
                        row.element("td", text: "\(finding.sign) \(finding.limit ?? "—") \(finding.limitSource ?? "")")
                        row.element("td") { $0.element("code", text: place(finding, observation)) }
                    }
                }
            }
        }
    }

    private func place(_ finding: Finding, _ observation: Trace.Observation) -> String {
        let line = finding.line > 0 && !observation.factsFile.isEmpty ? " {\(observation.factsFile):\(finding.line)}" : ""
        return (finding.origin ?? "") + line
    }

    private func remedies(_ trace: Trace, _ page: inout HTMLWriter) {
        var seen: Set<String> = []
        for observation in trace.requirements.flatMap(\.observations) where seen.insert(observation.check.id).inserted {
            guard observation.outcome?.result == .fail else { continue }
            page.element("div", ("class", "remedy")) { part in
                part.element(
                    "strong", text: "\(wording("report.remedy")) (\(wording("severity.\(observation.check.severity.rawValue)")))")
                part.element("p", text: wording(observation.check.remedy))
            }
        }
    }

    private static let sheet: StaticString = """
        :root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--line:#d0d7de;--dim:#57606a;--good:#116329;--bad:#a40e26;--open:#7d4e00}
        @media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#0d1117;--line:#30363d;--dim:#9da7b3;--good:#56d364;--bad:#ff7b72;--open:#e3b341}}
        body{font:15px/1.55 system-ui,"Noto Sans TC","Noto Sans CJK TC",sans-serif;color:var(--ink);background:var(--paper);margin:0 auto;max-width:72rem;padding:1rem}
        h1{font-size:1.5rem}h2{font-size:1.15rem;border-bottom:2px solid var(--line);padding-bottom:.2rem;margin-top:2rem}h3{font-size:1rem;margin:.8rem 0 .2rem}
        dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:.3rem 0}dt{color:var(--dim);grid-column:1}dd{margin:0;grid-column:2;overflow-wrap:anywhere}
        table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{border:1px solid var(--line);padding:.2rem .5rem;text-align:start;overflow-wrap:anywhere}
        a{color:light-dark(#0550ae,#79c0ff)}.scroll{overflow-x:auto}.totals{min-width:52rem}.totals th{overflow-wrap:normal}.number{text-align:end;font-variant-numeric:tabular-nums}code{font:.88em ui-monospace,monospace}
        details{border-bottom:1px solid var(--line);padding:.35rem 0}details[open]{padding-bottom:1rem}
        summary{cursor:pointer;display:grid;grid-template-columns:11rem 9rem 1fr;gap:0 .6rem}summary .why{grid-column:3;color:var(--dim);font-size:.9rem;overflow-wrap:anywhere}
        summary .system{grid-column:2;color:var(--dim);font-size:.85rem}.verdict{font-weight:600;color:var(--dim)}
        .compliant>summary .verdict,.equivalent>summary .verdict{color:var(--good)}.non-compliant>summary .verdict,.partly>summary .verdict{color:var(--bad)}.undetermined>summary .verdict{color:var(--open)}
        .warning{border-inline-start:4px solid var(--open);padding:.2rem .8rem;margin:.4rem 0;overflow-wrap:anywhere}.remedy{border-inline-start:4px solid var(--bad);padding:.1rem .8rem;margin:.6rem 0}.remedy p{margin:.2rem 0;white-space:pre-line}
        .skip{position:absolute;inset-inline-start:-99rem}.skip:focus{position:static}:focus-visible{outline:3px solid #0969da;outline-offset:2px}footer{color:var(--dim);margin-top:2rem}
        @media(max-width:40rem){summary{grid-template-columns:1fr}summary .why,summary .system{grid-column:1}dl{grid-template-columns:1fr}dd{grid-column:1}}
        @media print{body{max-width:none;font-size:10pt}details{break-inside:avoid}a{color:inherit;text-decoration:none}details::details-content{content-visibility:visible;block-size:auto}.scroll{overflow:visible}.totals{min-width:0}}
        """
}
