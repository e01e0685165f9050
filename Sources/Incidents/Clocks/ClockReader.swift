public import Documents
internal import Rulebook

/// Everyone who must be told, and the calendars their clocks count by (`Packs/incidents/clocks.yaml`).
public struct ClockBook: Sendable, Hashable {
    /// The schema of the file of clocks.
    public static let schema = "plumbline.incident-clocks/1"
    /// Most regimes, and most versions of one.
    static let regimeLimit = 64
    /// Longest span of a clock in seconds: ten years of 365 days.
    static let spanLimit = 315_360_000
    /// Most reminders before a deadline, and after it.
    static let reminderLimit = 16

    /// The regimes, in the order of the file.
    public var regimes: [ClockRegime]
    /// Calendars by name.
    public var calendars: [String: WorkCalendar]

    /// A regime by its name.
    public func regime(_ id: String) -> ClockRegime? { regimes.first { $0.id == id } }

    /// The clocks and the calendar that come with Plumbline.
    ///
    /// - Throws: `DocumentError` with file, line and key.
    public static func shipped() throws(DocumentError) -> ClockBook {
        let calendar = try WorkCalendar.shipped()
        return try ShippedIncidentFiles.read("clocks.yaml") { node throws(DocumentError) in
            try read(node, calendars: [calendar])
        }
    }

    /// Reads clocks.
    ///
    /// - Parameters:
    ///   - node: the document.
    ///   - calendars: those its rules may name.
    /// - Returns: the clocks.
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong.
    public static func read(_ node: Node, calendars: [WorkCalendar]) throws(DocumentError) -> ClockBook {
        var fields = try Fields(node, path: "")
        try fields.expectSchema(schema)
        let known = Dictionary(calendars.map { ($0.id, $0) }) { first, _ in first }
        let entries = try fields.named("regimes")
        guard entries.count <= regimeLimit else { throw fields.error(at: "regimes", "at most \(regimeLimit) are expected") }
        var regimes: [ClockRegime] = []
        for entry in entries {
            regimes.append(try regime(entry.key, Fields(entry.node, path: "regimes.\(entry.key)"), Set(known.keys)))
        }
        try fields.finish()
        return ClockBook(regimes: regimes, calendars: known)
    }

    private static func regime(
        _ id: String, _ found: Fields, _ calendars: Set<String>
    ) throws(DocumentError) -> ClockRegime {
        var fields = found
        let title = try fields.bilingual("title")
        guard let zone = Zone(try fields.text("zone")) else { throw fields.error(at: "zone", "a time zone is expected") }
        let scope: ClockRegime.Scope = try fields.choice("applies")
        var versions: [ClockVersion] = []
        let items = try fields.list("versions")
        guard (1...regimeLimit).contains(items.count) else {
            throw fields.error(at: "versions", "1 to \(regimeLimit) versions are expected")
        }
        for (index, item) in items.enumerated() {
            let version = try version(Fields(item, path: "\(fields.path).versions[\(index)]"), calendars)
            if let last = versions.last, version.from <= last.from || versions.contains(where: { $0.version == version.version })
            {
                throw DocumentError(
                    .badValue, position: item.position, key: "\(fields.path).versions[\(index)]",
                    reason: "versions go from the oldest to the newest, each with a name of its own")
            }
            versions.append(version)
        }
        try fields.finish()
        return ClockRegime(id: id, title: title, zone: zone, scope: scope, versions: versions)
    }

    private static func version(_ found: Fields, _ calendars: Set<String>) throws(DocumentError) -> ClockVersion {
        var fields = found
        let (name, from) = (try fields.text("version"), try fields.date("from"))
        let status: ClockVersion.Status = try fields.choice("status")
        let source = try fields.bilingual("source")
        var rules: [ClockRule] = []
        for entry in try fields.named("notices") {
            guard let notice = NoticeKind(rawValue: entry.key) else {
                let allowed = NoticeKind.allCases.map(\.rawValue).joined(separator: ", ")
                throw DocumentError(
                    .unknownKey, position: entry.position, key: fields.path("notices"),
                    reason: "\"\(entry.key.clipped)\" is not one of: \(allowed)")
            }
            rules.append(try rule(notice, Fields(entry.node, path: fields.path("notices.\(entry.key)")), calendars, rules))
        }
        try fields.finish()
        return ClockVersion(version: name, from: from, status: status, source: source, rules: rules)
    }

    private static func rule(
        _ notice: NoticeKind, _ found: Fields, _ calendars: Set<String>, _ earlier: [ClockRule]
    ) throws(DocumentError) -> ClockRule {
        var fields = found
        let title = try fields.bilingual("title")
        let clause = try fields.optionalIdentifier("clause") ?? ""
        let base: ClockRule.Base
        let name = try fields.text("base")
        if name == "filed" {
            let of: NoticeKind = try fields.choice("of")
            guard earlier.contains(where: { $0.notice == of }) else {
                throw fields.error(at: "of", "a notice that stands before this one is expected")
            }
            base = .filed(of)
        } else {
            let moment: Moment = try fields.choice("base")
            base = .moment(moment)
        }
        let span = try span(&fields)
        let business = try business(&fields, calendars)
        let (latest, roll) = (try latest(&fields), try roll(&fields, calendars))
        let before = try reminders("before", &fields)
        let after = try reminders("after", &fields)
        if span == nil, latest != nil || business != nil || roll != nil || !before.isEmpty || !after.isEmpty {
            throw fields.error(.missingKey, at: "span", "without a span nothing else of a deadline has a meaning")
        }
        if case .months = span, business != nil { throw fields.error(at: "business", "months are not counted in open hours") }
        try fields.finish()
        return ClockRule(
            notice: notice, title: title, clause: clause, base: base, span: span, latest: latest, business: business, roll: roll,
            before: before.sorted(by: >), after: after.sorted())
    }

    private static func span(_ fields: inout Fields) throws(DocumentError) -> ClockRule.Span? {
        guard let node = fields.optional("span") else { return nil }
        var inner = try Fields(node, path: fields.path("span"))
        let span: ClockRule.Span
        if node["months"] != nil {
            span = .months(try inner.integer("months", 1...120))
        } else {
            span = .seconds(Int64(try inner.integer("seconds", 1...spanLimit)))
        }
        try inner.finish()
        return span
    }

    private static func latest(_ fields: inout Fields) throws(DocumentError) -> ClockRule.Latest? {
        guard let node = fields.optional("latest") else { return nil }
        var inner = try Fields(node, path: fields.path("latest"))
        let moment: Moment = try inner.choice("base")
        let latest = ClockRule.Latest(moment: moment, seconds: Int64(try inner.integer("seconds", 1...spanLimit)))
        try inner.finish()
        return latest
    }

    private static func business(
        _ fields: inout Fields, _ calendars: Set<String>
    ) throws(DocumentError) -> ClockRule.BusinessTime? {
        guard let node = fields.optional("business") else { return nil }
        var inner = try Fields(node, path: fields.path("business"))
        let calendar = try calendarName(&inner, calendars)
        let opens = try inner.optional("opens") == nil ? 0 : inner.integer("opens", 0...86_399)
        let closes = try inner.optional("closes") == nil ? 86_400 : inner.integer("closes", 1...86_400)
        guard opens < closes else { throw inner.error(at: "closes", "a second of the day after opening is expected") }
        try inner.finish()
        return ClockRule.BusinessTime(calendar: calendar, opens: opens, closes: closes)
    }

    private static func roll(_ fields: inout Fields, _ calendars: Set<String>) throws(DocumentError) -> ClockRule.Roll? {
        guard let node = fields.optional("roll") else { return nil }
        var inner = try Fields(node, path: fields.path("roll"))
        let roll = ClockRule.Roll(calendar: try calendarName(&inner, calendars), at: try inner.integer("at", 0...86_399))
        try inner.finish()
        return roll
    }

    private static func calendarName(_ fields: inout Fields, _ calendars: Set<String>) throws(DocumentError) -> String {
        let name = try fields.identifier("calendar")
        guard calendars.contains(name) else { throw fields.error(at: "calendar", "there is no calendar \"\(name)\"") }
        return name
    }

    private static func reminders(_ key: String, _ fields: inout Fields) throws(DocumentError) -> [Int64] {
        guard let node = fields.optional("reminders") else { return [] }
        var inner = try Fields(node, path: fields.path("reminders"))
        var seconds: [Int64] = []
        for item in try inner.list(key) {
            guard let number = item.integer, (0...spanLimit).contains(number), !seconds.contains(Int64(number)),
                seconds.count < reminderLimit
            else {
                throw inner.error(at: key, "at most \(reminderLimit) different numbers of seconds are expected")
            }
            seconds.append(Int64(number))
        }
        _ = (inner.optional("before"), inner.optional("after"))
        try inner.finish()
        return seconds
    }
}
