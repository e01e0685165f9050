public import Documents
public import Rulebook

/// Hours of the week, such as `1-5 08:00-18:30` (Monday to Friday); a span may run past midnight.
public struct WeeklyHours: Sendable, Hashable, CustomStringConvertible {
    private let days: ClosedRange<Int>
    private let start: Int
    private let end: Int

    /// Reads `DAYS HH:MM-HH:MM` with days 1 (Monday) to 7, as `1-5` or `6`; nil for anything else. The end is not part of the span; `24:00`
    /// ends a day.
    public init?(_ text: String) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard text.utf8.count <= 32, parts.count == 2 else { return nil }
        let days = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { Self.number($0, 1...1, 1...7) }
        let times = parts[1].split(separator: "-", omittingEmptySubsequences: false).map(Self.minute)
        guard (1...2).contains(days.count), let first = days[0], let last = days[days.count - 1], first <= last, times.count == 2,
            let start = times[0], let end = times[1], start < 1_440, start != end, end > 0
        else { return nil }
        (self.days, self.start, self.end) = (first...last, start, end)
    }

    private static func number(_ text: some StringProtocol, _ digits: ClosedRange<Int>, _ range: ClosedRange<Int>) -> Int? {
        guard digits.contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text),
            range.contains(number)
        else { return nil }
        return number
    }

    private static func minute(_ text: some StringProtocol) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let hour = number(parts[0], 2...2, 0...24), let minute = number(parts[1], 2...2, 0...59),
            hour < 24 || minute == 0
        else { return nil }
        return hour * 60 + minute
    }

    /// Whether an instant lies in the hours, in a zone.
    public func contains(_ instant: Instant, in zone: Zone) -> Bool {
        let date = instant.date(in: zone)
        let minute = Int((instant.seconds + Int64(zone.offset) - Int64(date.day) * 86_400) / 60)
        if start < end { return days.contains(date.weekday) && (start..<end).contains(minute) }
        // Past midnight: the evening of a day of the span, or the morning after one.
        return (days.contains(date.weekday) && minute >= start) || (days.contains(date.adding(days: -1).weekday) && minute < end)
    }

    /// `1-5 08:00-18:30`.
    public var description: String {
        func time(_ minute: Int) -> String {
            "\(minute < 600 ? "0" : "")\(minute / 60):\(minute % 60 < 10 ? "0" : "")\(minute % 60)"
        }
        return "\(days.count == 1 ? "\(days.lowerBound)" : "\(days.lowerBound)-\(days.upperBound)") \(time(start))-\(time(end))"
    }
}

/// From where and when an account may be used. Judged before an attempt counts, so that nobody outside of them can lock the account.
public struct UseConditions: Sendable, Hashable {
    /// Addresses it may be used from; empty means all.
    public var sources: [AddressRange]
    /// Hours it may be used in; empty means all.
    public var hours: [WeeklyHours]

    /// Conditions; without arguments, none.
    public init(sources: [AddressRange] = [], hours: [WeeklyHours] = []) {
        self.sources = sources
        self.hours = hours
    }

    /// Whether the account may be used from there and then. An address that is not known meets no list.
    public func allow(_ source: SourceAddress?, at instant: Instant, in zone: Zone) -> Bool {
        let isPlace = sources.isEmpty || source.map { source in sources.contains { $0.contains(source) } } ?? false
        return isPlace && (hours.isEmpty || hours.contains { $0.contains(instant, in: zone) })
    }

    /// As a document: `{"hours": […], "sources": […]}`.
    public var node: Node {
        .object([("hours", .texts(hours.map(\.description))), ("sources", .texts(sources.map(\.description)))])
    }

    /// Reads what `node` wrote.
    public init(_ node: Node, path: String) throws(DocumentError) {
        var fields = try Fields(node, path: path)
        var sources: [AddressRange] = []
        for (index, text) in try fields.texts("sources").enumerated() {
            guard let range = AddressRange(text) else {
                throw fields.error(at: "sources[\(index)]", "\"\(text.clipped)\" is not a range such as 192.0.2.0/24")
            }
            sources.append(range)
        }
        var hours: [WeeklyHours] = []
        for (index, text) in try fields.texts("hours").enumerated() {
            guard let span = WeeklyHours(text) else {
                throw fields.error(at: "hours[\(index)]", "\"\(text.clipped)\" is not a span such as 1-5 08:00-18:30")
            }
            hours.append(span)
        }
        try fields.finish()
        self.init(sources: sources, hours: hours)
    }
}
