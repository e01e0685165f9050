import Documents
import Rulebook
import Testing

@testable import Incidents

/// A case that is written while a test tells its story.
struct Story {
    static let rules = Result { try IncidentRules.shipped() }

    let rules: IncidentRules
    var incident: Incident
    var events: [(event: IncidentEvent, stamp: Stamp)]
    /// What the clock shows.
    var now: Instant

    /// A case that the firm came to know of at 09:38:00 Taipei time on a Thursday, begun a minute later.
    init(drill: Bool = false, nearMiss: Bool = false, regimes: [String] = [], aware: String = "2026-11-19T09:38:00+08:00") throws
    {
        rules = try Self.rules.get()
        let known = try #require(Instant(aware))
        now = known.adding(seconds: 60)
        let stamp = Stamp(at: now, by: "chen")
        let begun = try Incident.begin(
            7, IncidentStart(aware: known, isDrill: drill, isNearMiss: nearMiss, regimes: regimes), stamp, rules)
        (incident, events) = (begun.incident, [(begun.event, stamp)])
    }

    mutating func act(_ action: IncidentAction, by: String = "chen") throws(IncidentRefusal) {
        let stamp = Stamp(at: now, by: by)
        for event in try incident.decide(action, stamp, rules) {
            incident.apply(event, stamp)
            events.append((event, stamp))
        }
    }

    /// Acts at a time of the same day.
    mutating func act(_ time: String, _ action: IncidentAction, by: String = "chen") throws {
        now = try #require(Instant("2026-11-19T\(time)+08:00"))
        try act(action, by: by)
    }

    func obligation(_ notice: NoticeKind, _ regime: String = "market", round: Int = 0) throws -> Obligation {
        try #require(incident.obligations(rules.clocks).first { $0.id == ObligationID(regime, notice, round: round) })
    }

    /// The six inputs beside the time of knowing.
    static let preliminary: [String: FieldValue?] = [
        "title": .text("下單網站無法連線"), "description": .text("自上午九時三十分起，網頁下單無法連線。"), "category": .text("ddos"),
        "impact": .text("trading"), "severity": .text("medium"), "state": .text("處理中"),
    ]
    static let formal: [String: FieldValue?] = [
        "types": .list([.text("business-disruption")]), "discovery": .text("internal-detection"),
        "actions_taken": .text("啟用流量清洗。"), "actions_planned": .text("持續監看。"),
    ]
    static let closing: [String: FieldValue?] = [
        "outage_minutes": .number(42), "cause": .text("ddos"), "root_cause": .text("未事先導流之連線遭大量封包阻塞。"),
        "lessons": .list([
            .record([
                "description": .text("清洗服務應預先啟用。"),
                "actions": .list([.record(["due": .text("2026-12-31"), "action": .text("與電信業者改約為常時啟用。")])]),
            ])
        ]),
    ]

    /// Everything until nothing is owed.
    static func whole(regimes: [String] = []) throws -> Story {
        var story = try Story(regimes: regimes)
        try story.act("09:40:00", .mark(.occurred, at: try #require(Instant("2026-11-19T09:30:00+08:00")), reason: ""))
        try story.act(.mark(.detected, at: try #require(Instant("2026-11-19T09:35:00+08:00")), reason: ""))
        try story.act(.declare)
        try story.act(.write(preliminary))
        try story.act("09:59:00", .file(FilingRequest(.notice(.preliminary), regimes: ["market"])))
        try story.act("11:00:00", .write(formal))
        try story.act(.file(FilingRequest(.notice(.formal), regimes: ["market"])))
        try story.act("12:00:00", .resolve(at: try #require(Instant("2026-11-19T10:12:00+08:00"))))
        try story.act("15:00:00", .write(closing))
        try story.act(.file(FilingRequest(.notice(.closing), regimes: ["market"])))
        return story
    }
}
