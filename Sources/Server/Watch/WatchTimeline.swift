internal import HTML
internal import Reports
internal import Rulebook
internal import Supervision

/// A target's line of time: a strip, and its numbers as a table beneath.
struct WatchTimeline {
    let sight: WatchSight
    let range: Range<Int64>
    /// Days.
    let span: Int64
    let visit: Visit

    /// Rows of the table.
    private static let rowLimit = 100
    private var wording: Wording { visit.wording }

    /// What was known when, unknown times included.
    private struct Part {
        var minutes: Range<Int64>
        /// Nil for unknown.
        var state: WatchStretch.State?

        var name: String { state?.rawValue ?? "unknown" }
    }

    private var parts: [Part] {
        var parts: [Part] = []
        var at = range.lowerBound
        for stretch in sight.stretches where stretch.minutes.overlaps(range) {
            let minutes = stretch.minutes.clamped(to: range)
            if at < minutes.lowerBound { parts.append(Part(minutes: at..<minutes.lowerBound)) }
            parts.append(Part(minutes: minutes, state: stretch.state))
            at = minutes.upperBound
        }
        if at < range.upperBound { parts.append(Part(minutes: at..<range.upperBound)) }
        return parts
    }

    func write(_ page: inout HTMLWriter) {
        let parts = parts
        page.element("h2", text: wording("watch.timeline"))
        let path = visit.path
        Shapes.tabs(
            wording("watch.timeline"),
            [1, 7, 31].map { (wording("watch.last-days", ["count": String($0)]), "\(path)?days=\($0)") },
            current: "\(path)?days=\(span)", &page)
        let name = ["up", "down", "unconfirmed", "unknown"].map { name in
            let count = parts.filter { $0.name == name }.reduce(0) { $0 + $1.minutes.count }
            return "\(wording("watch.\(name)")) \(count)"
        }.joined(separator: ", ")
        page.element("figure", ("class", "strip")) { page in
            page.element(
                "svg", ("class", "bar-chart"), ("viewBox", "0 0 \(range.count) 10"), ("preserveAspectRatio", "none"),
                ("role", "img"),
                ("aria-label", name)
            ) { page in
                for part in parts { rectangle(part, &page) }
            }
            page.element("figcaption", ("class", "lead")) { page in
                page.text(
                    "\(WatchPages.time(Instant(minute: range.lowerBound))) – \(WatchPages.time(Instant(minute: range.upperBound)))"
                        + " · \(name) (\(wording("watch.in-minutes")))")
            }
        }
        table(parts, &page)
    }

    private func rectangle(_ part: Part, _ page: inout HTMLWriter) {
        let fill =
            switch part.state {
            case .up: "fill-compliant"
            case .down: "fill-non-compliant"
            case .unconfirmed: "fill-undetermined"
            case nil: "fill-not-applicable"
            }
        page.element(
            "rect", ("class", fill), ("x", String(part.minutes.lowerBound - range.lowerBound)), ("y", "0"),
            ("width", String(part.minutes.count)), ("height", "10")
        ) { page in
            page.element(
                "title", text: "\(wording("watch.\(part.name)")) \(WatchPages.time(Instant(minute: part.minutes.lowerBound)))")
        }
    }

    private func table(_ parts: [Part], _ page: inout HTMLWriter) {
        page.element("details") { page in
            page.element("summary", text: wording("watch.as-table"))
            page.element(
                "div", ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", wording("watch.as-table"))
            ) {
                page in
                page.element("table") { page in
                    page.element("thead") { page in
                        page.element("tr") { page in
                            for name in ["began", "ended", "state"] {
                                page.element("th", ("scope", "col"), text: wording("watch.\(name)"))
                            }
                            for name in ["in-minutes", "required"] {
                                page.element("th", ("scope", "col"), ("class", "number"), text: wording("watch.\(name)"))
                            }
                        }
                    }
                    page.element("tbody") { page in
                        for part in parts.reversed().prefix(Self.rowLimit) { row(part, &page) }
                    }
                }
            }
            if parts.count > Self.rowLimit {
                page.element("p", ("class", "lead"), text: wording("watch.newest-only", ["count": String(Self.rowLimit)]))
            }
        }
    }

    private func row(_ part: Part, _ page: inout HTMLWriter) {
        page.element("tr") { page in
            page.element("th", ("scope", "row")) { Shapes.time(Instant(minute: part.minutes.lowerBound), &$0) }
            page.element("td") { Shapes.time(Instant(minute: part.minutes.upperBound), &$0) }
            page.element("td", text: wording("watch.\(part.name)"))
            page.element("td", ("class", "number"), text: String(part.minutes.count))
            page.element(
                "td", ("class", "number"), text: String(sight.duty.tally(sight.stretches, in: part.minutes).required))
        }
    }
}
