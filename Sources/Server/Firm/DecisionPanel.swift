internal import HTML
internal import Reports
internal import Rulebook

/// Tier and class with their reasons, and how many clauses bind.
enum DecisionPanel {
    static func write(_ set: ObligationSet, _ wording: Wording, _ page: inout HTMLWriter) {
        page.element("div", ("class", "cards")) { page in
            for outcome in set.decisions where outcome.state != .notApplicable { card(outcome, wording, &page) }
        }
        page.element("div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", wording("firm.binding"))) {
            table(set, wording, &$0)
        }
    }

    private static func table(_ set: ObligationSet, _ wording: Wording, _ page: inout HTMLWriter) {
        page.element("table") { page in
            page.element("thead") { page in
                page.element("tr") { page in
                    page.element("th", ("scope", "col"), text: wording("report.rules"))
                    page.element("th", ("scope", "col"), ("class", "number"), text: wording("firm.binding"))
                    page.element("th", ("scope", "col"), ("class", "number"), text: wording("firm.unsure"))
                }
            }
            page.element("tbody") { page in
                for pack in set.rulebook.packs {
                    page.element("tr") { page in
                        page.element("th", ("scope", "row"), text: "\(wording(pack.title)) (\(pack.id), \(pack.version))")
                        page.element("td", ("class", "number"), text: String(set.applicable(pack: pack.id).count))
                        page.element("td", ("class", "number"), text: String(set.applicable(pack: pack.id, .unknown).count))
                    }
                }
            }
        }
    }

    private static func card(_ outcome: DecisionOutcome, _ wording: Wording, _ page: inout HTMLWriter) {
        let value = outcome.value.map { value in
            outcome.decision.values.first { $0.value == value }.map { wording($0.title) } ?? value
        }
        page.element("section", ("class", "card")) { page in
            page.element("h2", text: wording(outcome.decision.title))
            page.element("p", ("class", "figure"), text: value ?? wording("decision.\(outcome.state.rawValue)"))
            page.element("p", text: wording(outcome.reasonText))
            page.element("details") { page in
                page.element("summary", text: wording("firm.inputs"))
                Shapes.facts(
                    outcome.inputs.map { (wording($0.fact.title), $0.value?.plainText ?? wording("report.not-known")) }
                        + [(wording("report.steps"), outcome.steps.joined(separator: " → "))], &page)
            }
            for flag in outcome.flags {
                page.element("p", ("class", "badge warn"), text: outcome.decision.flags[flag].map { wording($0) } ?? flag)
            }
        }
    }
}
