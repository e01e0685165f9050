internal import HTML
internal import Reports
internal import Rulebook
internal import Supervision

/// The service watch in words and marks.
enum WatchWords {
    /// How a target stands, with a sign that is seen without colour.
    static func standing(_ sight: WatchSight, _ wording: Wording, _ page: inout HTMLWriter) {
        let (kind, sign) =
            switch sight.standing {
            case .down: ("bad", "✗")
            case .suspect: ("warn", "!")
            case .unknown: ("warn", "?")
            case .up: ("good", "✓")
            case .off: ("", "–")
            }
        Shapes.badge(kind, "\(sign) \(wording("watch.standing.\(sight.standing.rawValue)"))", &page)
        if sight.isFlapping { Shapes.badge("warn", wording("watch.flapping"), &page) }
        if sight.record.waiting != nil { Shapes.badge("warn", wording("watch.waits"), &page) }
    }

    /// Minutes of an outage against what it may last.
    static func measure(_ measure: WatchMeasure, _ wording: Wording, _ page: inout HTMLWriter) {
        var text = wording("watch.of-minutes", ["count": String(measure.down), "limit": String(measure.tolerance)])
        if measure.unknown > 0 { text += wording("watch.and-unknown", ["count": String(measure.unknown)]) }
        Shapes.short(text, &page)
        page.text(" ")
        switch measure.verdict {
        case .within: break
        case .undetermined: Shapes.badge("warn", wording("watch.verdict.undetermined"), &page)
        case .exceeded: Shapes.badge("bad", wording("watch.verdict.exceeded"), &page)
        }
    }

    /// A rate with its parts.
    static func availability(_ tally: WatchTally, _ wording: Wording) -> String {
        guard tally.known > 0 else { return "—" }
        return wording(
            "watch.rate",
            [
                "rate": Wording.rate(Int(tally.up), of: Int(tally.known)), "up": String(tally.up), "known": String(tally.known),
                "unknown": String(tally.unknown),
            ])
    }

    /// Days until a certificate ends.
    static func certificate(
        _ sight: WatchSight, at now: Instant, _ policy: WatchPolicy, _ wording: Wording, _ page: inout HTMLWriter
    ) {
        guard let days = sight.certificateDays(at: now) else { return page.text("—") }
        let text = days < 0 ? wording("watch.certificate-ended") : wording("watch.days", ["count": String(days)])
        guard days <= policy.certificate.warn else { return page.text(text) }
        Shapes.badge(days <= policy.certificate.urgent ? "bad" : "warn", text, &page)
    }

    /// How a probe ended.
    static func outcome(_ finding: WatchFinding, _ wording: Wording) -> String {
        let text = wording("watch.outcome.\(finding.outcome.rawValue)")
        return finding.status.map { "\(text) (\($0))" } ?? text
    }
}
