internal import Rulebook

/// What one line of a text log says of time, place and kind.
struct LogStamp: Sendable, Equatable {
    /// The instant; nil when there is none or it cannot be told.
    var instant: Instant?
    var hasTime = false
    /// The time carries its zone: an offset, Z, or seconds since the epoch.
    var hasZone = false
    var hasHost = false
    var hasKind = false

    /// Time, place and kind are all there.
    var conforms: Bool { hasTime && hasHost && hasKind }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Reads a line of syslog (traditional or RFC 3339), RFC 5424 or auditd form.
    ///
    /// - Parameters:
    ///   - line: the line.
    ///   - notAfter: when the file was last written: a date without a year belongs to the last such date before that.
    ///   - zone: the host's zone, for times that name none.
    init(_ line: some StringProtocol, notAfter: Instant, zone: Zone) {
        let text = String(line.prefix(4096))
        if let audit = Self.audit(text) {
            self = audit
            return
        }
        var words = Conf.words(text.prefix(400))
        // RFC 5424: "<34>1 2026-…" keeps its priority when a template writes it.
        if let first = words.first, first.hasPrefix("<") {
            words.removeFirst()
            if first.hasSuffix(">"), words.first == "1" { words.removeFirst() }
        }
        guard let first = words.first else { return }
        if let time = Self.isoTime(first, words.count > 1 ? words[1] : "", zone) {
            hasTime = true
            hasZone = time.zoned
            instant = time.instant
            place(Array(words.dropFirst(time.words)))
        } else if let month = Self.months.firstIndex(of: first), words.count >= 3 {
            guard let day = Int(words[1]), let clock = Self.clock(words[2]) else { return }
            hasTime = true
            instant = Self.dated(month: month + 1, day: day, clock: clock, notAfter: notAfter, zone: zone)
            place(Array(words.dropFirst(3)))
        }
    }

    /// `host program[pid]: text`, or `host program pid msgid` of RFC 5424.
    private mutating func place(_ words: [String]) {
        guard words.count >= 2 else { return }
        let host = words[0]
        guard !host.hasSuffix(":"), host != "-" else { return }
        hasHost = true
        let kind = words[1]
        hasKind = kind.contains(":") || kind.hasSuffix("]") || (words.count > 3 && kind != "-")
    }

    private static func audit(_ text: String) -> LogStamp? {
        let words = Conf.words(text.prefix(400))
        guard let at = words.prefix(3).firstIndex(where: { $0.hasPrefix("msg=audit(") }) else { return nil }
        let number = words[at].dropFirst("msg=audit(".count).prefix { $0.isASCII && $0.isNumber }
        var stamp = LogStamp()
        guard let seconds = Int64(number), seconds > 0, seconds < 1 << 40 else { return stamp }
        stamp.instant = Instant(seconds: seconds)
        stamp.hasTime = true
        stamp.hasZone = true
        stamp.hasKind = words.prefix(at).contains { $0.hasPrefix("type=") }
        stamp.hasHost = words.prefix(at).contains { $0.hasPrefix("node=") && $0.utf8.count > 5 }
        return stamp
    }

    private init() {}

    /// `2026-11-20T15:33:00.5+08:00`, or `2026-11-20 15:33:00,123` in two words.
    private static func isoTime(_ first: String, _ second: String, _ zone: Zone) -> (instant: Instant?, zoned: Bool, words: Int)?
    {
        if let instant = Instant(first) { return (instant, true, 1) }
        guard let date = CivilDate(first.prefix(10)) else { return nil }
        let isJoined = first.utf8.count > 11
        let rest = isJoined ? String(first.dropFirst(11)) : second
        guard let clock = clock(String(rest.prefix { $0 != "," && $0 != "." && $0 != "+" })) else { return nil }
        let seconds = Int64(date.day) * 86_400 + Int64(clock) - Int64(zone.offset)
        return (Instant(seconds: seconds), false, isJoined ? 1 : 2)
    }

    private static func clock(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let hour = Int(parts[0]), let minute = Int(parts[1]), let second = Int(parts[2].prefix(2)),
            (0..<24).contains(hour), (0..<60).contains(minute), (0...60).contains(second)
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    private static func dated(month: Int, day: Int, clock: Int, notAfter: Instant, zone: Zone) -> Instant? {
        let latest = notAfter.adding(seconds: 86_400)
        let year = latest.date(in: zone).parts.year
        for candidate in [year, year - 1] {
            guard let date = CivilDate(year: candidate, month: month, day: day) else { continue }
            let instant = Instant(seconds: Int64(date.day) * 86_400 + Int64(clock) - Int64(zone.offset))
            if instant <= latest { return instant }
        }
        return nil
    }
}
