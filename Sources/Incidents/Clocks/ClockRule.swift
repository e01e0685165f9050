public import Rulebook

/// What a firm tells of an incident, in the order it tells it.
public enum NoticeKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// 初步通報: soon after knowing.
    case preliminary
    /// 正式通報: once it is understood; may be repeated.
    case formal
    /// 解除通報: when it was handled; may be repeated.
    case closing
}

/// A point in time of an incident.
public enum Moment: String, Sendable, Hashable, Codable, CaseIterable {
    /// When it began.
    case occurred
    /// When a person or a machine of the firm first saw a sign of it.
    case detected
    /// When the firm knew: what the market's clock runs from.
    case aware
    /// When it was classified as one that must be told.
    case classified
    /// When services were back.
    case resolved
    /// When the review after it was done.
    case closed
}

/// When one notice is due, as a version of a regime says.
public struct ClockRule: Sendable, Hashable {
    /// What the clock runs from.
    public enum Base: Sendable, Hashable {
        /// A moment of the incident.
        case moment(Moment)
        /// The filing of an earlier notice under the same regime.
        case filed(NoticeKind)
    }

    /// How long it runs.
    public enum Span: Sendable, Hashable {
        /// Seconds; of open hours when the rule counts business time.
        case seconds(Int64)
        /// Months of the calendar, in the regime's zone: the same time of the same day of the month, or of the month's last day.
        case months(Int)
    }

    /// Open hours of working days.
    public struct BusinessTime: Sendable, Hashable {
        /// The calendar's name.
        public var calendar: String
        /// Second of the day at which a working day begins, 0 to 86,399.
        public var opens: Int
        /// Second of the day at which it ends, up to 86,400.
        public var closes: Int
    }

    /// Where a deadline on a day off moves to.
    public struct Roll: Sendable, Hashable {
        /// The calendar's name.
        public var calendar: String
        /// Second of the next working day at which the notice is due.
        public var at: Int
    }

    /// A deadline from another moment.
    public struct Latest: Sendable, Hashable {
        /// The moment.
        public var moment: Moment
        /// Calendar seconds after it.
        public var seconds: Int64
    }

    /// Which notice.
    public var notice: NoticeKind
    /// What it is called.
    public var title: Text
    /// The clause that asks for it; empty for none.
    public var clause: String
    /// What the clock runs from.
    public var base: Base
    /// How long it runs; nil where the rule gives no number: as soon as possible, never late.
    public var span: Span?
    /// A deadline from another moment that counts when it is earlier, in calendar seconds.
    public var latest: Latest?
    /// Nil when every second counts.
    public var business: BusinessTime?
    /// Nil when a deadline stays on a day off.
    public var roll: Roll?
    /// Seconds before the deadline at which to remind, largest first.
    public var before: [Int64]
    /// Seconds after the deadline at which to remind again, smallest first.
    public var after: [Int64]
}

/// The notices of a regime as one version has them.
public struct ClockVersion: Sendable, Hashable {
    /// Whether it binds.
    public enum Status: String, Sendable, CaseIterable {
        /// It does.
        case inForce = "in-force"
        /// Its text is not final.
        case draft
    }

    /// Its name.
    public var version: String
    /// It binds incidents known from this day on, in the regime's zone.
    public var from: CivilDate
    /// Whether it binds.
    public var status: Status
    /// Where its numbers come from.
    public var source: Text
    /// One for each notice it asks for, in order.
    public var rules: [ClockRule]

    /// The rule for a notice.
    public subscript(notice: NoticeKind) -> ClockRule? { rules.first { $0.notice == notice } }
}

/// Someone who must be told of incidents, by rules that change through time.
public struct ClockRegime: Sendable, Hashable {
    /// When it binds an incident.
    public enum Scope: String, Sendable, CaseIterable {
        /// Always.
        case always
        /// When personal data are touched.
        case personalData = "personal-data"
        /// When the firm says so.
        case elected
    }

    /// Its name.
    public var id: String
    /// What it is called.
    public var title: Text
    /// In whose days its versions begin and its months are counted.
    public var zone: Zone
    /// When it binds an incident.
    public var scope: Scope
    /// Oldest first.
    public var versions: [ClockVersion]

    /// The version for an incident known at an instant; nil before the first one.
    public func version(knownAt aware: Instant) -> ClockVersion? {
        let day = aware.date(in: zone)
        return versions.last { $0.from <= day }
    }
}
