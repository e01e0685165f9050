internal import Assessment
internal import HTML
internal import Reports
internal import Rulebook

/// Small pictures and marks that pages share.
enum Shapes {
    /// The plumb line.
    static func plumb(_ page: inout HTMLWriter) {
        page.element("svg", ("viewBox", "0 0 14 20"), ("aria-hidden", "true"), ("focusable", "false")) { page in
            page.element(
                "path", ("d", "M1 1h12M7 1v9"), ("stroke", "currentColor"), ("stroke-width", "1.6"), ("fill", "none"), text: "")
            page.element("path", ("d", "M3.6 10h6.8l-1 3L7 19l-2.4-6z"), ("fill", "currentColor"), text: "")
        }
    }

    /// The sign of a verdict: seen without colour.
    static func sign(_ verdict: Verdict) -> String {
        switch verdict {
        case .compliant: "✓"
        case .equivalent: "≈"
        case .partly: "◐"
        case .nonCompliant: "✗"
        case .undetermined: "?"
        case .notApplicable: "–"
        case .adviceNotAdopted: "○"
        }
    }

    /// A verdict with its sign and name.
    static func verdict(_ verdict: Verdict, _ wording: Wording, _ page: inout HTMLWriter) {
        page.element("span", ("class", "verdict \(verdict.rawValue)"), text: "\(sign(verdict)) \(wording(verdict))")
    }

    /// In which order bars show verdicts.
    static let order: [Verdict] = [
        .compliant, .equivalent, .partly, .undetermined, .nonCompliant, .adviceNotAdopted, .notApplicable,
    ]

    /// A bar of how many there are of each verdict, with the numbers as its name.
    static func bar(_ counts: [Verdict: Int], _ wording: Wording, _ page: inout HTMLWriter) {
        let shown = order.filter { counts[$0, default: 0] > 0 }
        let total = shown.reduce(0) { $0 + counts[$1, default: 0] }
        guard total > 0 else { return }
        let name = shown.map { "\(wording($0)) \(counts[$0, default: 0])" }.joined(separator: ", ")
        page.element(
            "svg", ("class", "bar-chart"), ("viewBox", "0 0 \(total) 1"), ("preserveAspectRatio", "none"), ("role", "img"),
            ("aria-label", name)
        ) { page in
            var x = 0
            for verdict in shown {
                let width = counts[verdict, default: 0]
                page.element(
                    "rect", ("class", "fill-\(verdict.rawValue)"), ("x", String(x)), ("y", "0"), ("width", String(width)),
                    ("height", "1")
                ) { $0.element("title", text: "\(wording(verdict)) \(width)") }
                x += width
            }
        }
    }

    /// A remark with a mark at its side: `good`, `bad`, `warn` or plain.
    static func notice(_ kind: String, _ page: inout HTMLWriter, _ body: (inout HTMLWriter) -> Void) {
        page.element("div", ("class", "notice \(kind)"), ("role", "note"), body: body)
    }

    /// What went wrong, read out at once.
    static func alert(_ text: String, _ page: inout HTMLWriter) {
        notice("bad", &page) { $0.element("p", ("role", "alert"), text: text) }
    }

    /// What was done, read out when there is a pause.
    static func done(_ text: String, _ page: inout HTMLWriter) {
        notice("good", &page) { $0.element("p", ("role", "status"), text: text) }
    }

    /// A moment in a table: short, in one piece, whole in its attributes.
    static func time(_ instant: Instant, _ page: inout HTMLWriter) {
        let text = instant.text(in: .taipei)
        page.element(
            "time", ("datetime", instant.description), ("title", text), text: String(text.prefix(19)).replacing("T", with: " "))
    }

    /// A short text that stays in one piece.
    static func short(_ text: String, _ page: inout HTMLWriter) {
        guard !text.isEmpty else { return }
        page.element("span", ("class", "short"), text: text)
    }

    /// A small label: `good`, `bad`, `warn` or plain.
    static func badge(_ kind: String, _ text: String, _ page: inout HTMLWriter) {
        page.element("span", ("class", kind.isEmpty ? "badge" : "badge \(kind)"), text: text)
    }

    /// Pages of one place beside each other.
    static func tabs(_ name: String, _ tabs: [(title: String, path: String)], current: String, _ page: inout HTMLWriter) {
        page.element("nav", ("class", "tabs"), ("aria-label", name)) { page in
            for tab in tabs {
                page.element("a", ("href", tab.path), ("aria-current", tab.path == current ? "page" : nil), text: tab.title)
            }
        }
    }

    /// Links that look like buttons.
    static func links(_ links: [(title: String, path: String)], _ page: inout HTMLWriter) {
        guard !links.isEmpty else { return }
        page.element("div", ("class", "actions")) { page in
            for link in links { page.element("a", ("class", "button"), ("href", link.path), text: link.title) }
        }
    }

    /// Names and values.
    static func facts(_ pairs: [(String, String)], _ page: inout HTMLWriter) {
        page.element("dl", ("class", "facts")) { page in
            for (name, value) in pairs {
                page.element("dt", text: name)
                page.element("dd", text: value)
            }
        }
    }
}
