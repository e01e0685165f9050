public import Rulebook

/// When a notice is due.
public enum Deadline: Sendable, Hashable {
    /// The rule gives no number: as soon as possible, never late.
    case asSoonAsPossible
    /// The clock does not run yet: what it runs from did not happen, or nobody said when.
    case waiting(ClockRule.Base)
    /// At an instant; one second later is late.
    case at(Instant)
    /// Nobody can say: the calendar of this name does not reach that far.
    case undetermined(calendar: String)

    /// The instant, where there is one.
    public var instant: Instant? { if case .at(let instant) = self { instant } else { nil } }
}

/// What a clock needs to know of an incident.
public struct ClockFacts: Sendable, Hashable {
    /// What is known of its moments.
    public var moments: [Moment: Instant]
    /// When the first notice of a kind was filed under the regime.
    public var filed: [NoticeKind: Instant]

    /// Facts.
    public init(moments: [Moment: Instant], filed: [NoticeKind: Instant] = [:]) {
        (self.moments, self.filed) = (moments, filed)
    }
}

extension ClockBook {
    /// When a notice is due. A pure function of rule and facts, so that it can be worked out again at any time.
    ///
    /// - Parameters:
    ///   - rule: one of a regime of this book.
    ///   - zone: the regime's.
    ///   - facts: what is known of the incident.
    /// - Returns: the deadline, or why there is none.
    public func deadline(_ rule: ClockRule, zone: Zone, _ facts: ClockFacts) -> Deadline {
        let base: Instant? =
            switch rule.base {
            case .moment(let moment): facts.moments[moment]
            case .filed(let notice): facts.filed[notice]
            }
        guard let base else { return .waiting(rule.base) }
        var due: Instant
        switch rule.span {
        case nil: return .asSoonAsPossible
        case .months(let months): due = Self.adding(months: months, to: base, zone: zone)
        case .seconds(let seconds):
            if let business = rule.business {
                guard let calendar = calendars[business.calendar],
                    let end = Self.adding(openSeconds: seconds, to: base, business, calendar)
                else { return .undetermined(calendar: business.calendar) }
                due = end
            } else {
                due = base.adding(seconds: seconds)
            }
        }
        if let roll = rule.roll {
            guard let calendar = calendars[roll.calendar], let rolled = Self.rolled(due, roll, calendar) else {
                return .undetermined(calendar: roll.calendar)
            }
            due = rolled
        }
        // A limit that had passed before the clock began cannot bind it.
        if let latest = rule.latest, let from = facts.moments[latest.moment] {
            let limit = from.adding(seconds: latest.seconds)
            if base <= limit { due = min(due, limit) }
        }
        return .at(due)
    }

    static func adding(months: Int, to base: Instant, zone: Zone) -> Instant {
        let day = base.date(in: zone)
        let second = base.seconds + Int64(zone.offset) - Int64(day.day) * 86_400
        return start(of: day.adding(months: months), zone).adding(seconds: second)
    }

    /// The end of so many open seconds; nil when the calendar ends before.
    static func adding(
        openSeconds: Int64, to base: Instant, _ hours: ClockRule.BusinessTime, _ calendar: WorkCalendar
    ) -> Instant? {
        var left = openSeconds
        var day = base.date(in: calendar.zone)
        while let isOpen = calendar.isOpen(day) {
            let midnight = start(of: day, calendar.zone)
            let begin = max(base, midnight.adding(seconds: Int64(hours.opens)))
            let end = midnight.adding(seconds: Int64(hours.closes))
            if isOpen, begin < end {
                if end - begin >= left { return begin.adding(seconds: left) }
                left -= end - begin
            }
            day = day.adding(days: 1)
        }
        return nil
    }

    static func rolled(_ due: Instant, _ roll: ClockRule.Roll, _ calendar: WorkCalendar) -> Instant? {
        let day = due.date(in: calendar.zone)
        guard let open = calendar.firstOpen(from: day) else { return nil }
        return open == day ? due : start(of: open, calendar.zone).adding(seconds: Int64(roll.at))
    }

    static func start(of day: CivilDate, _ zone: Zone) -> Instant {
        Instant(seconds: Int64(day.day) * 86_400 - Int64(zone.offset))
    }
}
