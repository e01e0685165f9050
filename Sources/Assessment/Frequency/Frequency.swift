internal import Documents
public import Rulebook

/// How dated completions meet a rhythm. "Twice a year" counts; "at least every half-year" measures gaps; they differ, so both are computed.
public enum Frequency {
    /// Completions of one calendar year against a number.
    public struct Count: Sendable, Hashable {
        /// How it stands.
        public enum State: String, Sendable {
            /// Enough completions.
            case met
            /// Not enough yet, and the year is not over.
            case atRisk = "at-risk"
            /// Not enough, and the year is over.
            case missed
        }

        /// The year.
        public var year: Int
        /// Completions in it up to the day asked.
        public var count: Int
        /// Completions wanted.
        public var required: Int
        /// How it stands.
        public var state: State
        /// Two of the counted completions lie so close together that they look like one campaign counted twice.
        public var looksLikeOneCampaign: Bool
    }

    /// Counts the completions of the year that `day` lies in.
    ///
    /// - Parameters:
    ///   - dates: days of completion, in any order; later ones than `day` are not counted.
    ///   - required: completions wanted in a calendar year.
    ///   - day: the day asked.
    ///   - campaign: completions at most this many days apart are taken for one campaign.
    /// - Returns: how the count stands.
    public static func count(_ dates: [CivilDate], required: Int, asOf day: CivilDate, campaign: Int = 14) -> Count {
        count(dates, required: required, year: day.parts.year, asOf: day, campaign: campaign)
    }

    /// Counts the completions of a year: those of one day count once. The year is over only when `day` lies in a later one.
    static func count(_ dates: [CivilDate], required: Int, year: Int, asOf day: CivilDate, campaign: Int = 14) -> Count {
        let inYear = Set(dates.filter { $0.parts.year == year && $0 <= day }).sorted()
        let state: Count.State = inYear.count >= required ? .met : day.parts.year > year ? .missed : .atRisk
        let close = zip(inYear, inYear.dropFirst()).contains { $1 - $0 <= campaign }
        return Count(
            year: year, count: inYear.count, required: required, state: state, looksLikeOneCampaign: required > 1 && close)
    }

    /// The time between completions against a longest gap.
    public struct Gap: Sendable, Hashable {
        /// How it stands.
        public enum State: String, Sendable {
            /// No completion is known.
            case noEvidence = "no-evidence"
            /// Every gap keeps the limit, the running one included.
            case within
            /// The running gap keeps the limit, an earlier one in the window did not.
            case exceededBefore = "exceeded-before"
            /// The next completion is overdue.
            case overdue
        }

        /// One stretch between two completions (or the last one and the day asked).
        public struct Stretch: Sendable, Hashable {
            /// Its first day.
            public var from: CivilDate
            /// Its last day.
            public var to: CivilDate
            /// Whether it keeps the limit.
            public var isWithin: Bool
            /// Its length in days.
            public var days: Int { to - from }
        }

        /// How it stands.
        public var state: State
        /// The stretches in the window, in order; the last one runs to the day asked.
        public var stretches: [Stretch]
        /// Last day for the next completion; nil without a completion.
        public var due: CivilDate?
        /// Days past `due`; 0 when not overdue.
        public var overdueDays: Int
    }

    /// Measures the gaps between completions.
    ///
    /// - Parameters:
    ///   - dates: days of completion, in any order; later ones than `day` are ignored.
    ///   - limit: the longest gap; months and years without a number of days are calendar months and years.
    ///   - window: first day of the window; the last completion before it begins the first stretch. nil looks at everything.
    ///   - day: the day asked.
    /// - Returns: how the gaps stand.
    public static func gap(_ dates: [CivilDate], limit: Quantity, since window: CivilDate? = nil, asOf day: CivilDate) -> Gap {
        let known = Set(dates.filter { $0 <= day }).sorted()
        guard let last = known.last else { return Gap(state: .noEvidence, stretches: [], due: nil, overdueDays: 0) }
        let first = window.flatMap { start in known.last { $0 < start } ?? known.first } ?? known[0]
        let relevant = known.filter { $0 >= first }
        func stretch(_ from: CivilDate, _ to: CivilDate) -> Gap.Stretch {
            Gap.Stretch(from: from, to: to, isWithin: Deadline.day(limit, after: from).map { to <= $0 } ?? false)
        }
        let stretches = zip(relevant, relevant.dropFirst()).map(stretch) + [stretch(last, day)]
        let due = Deadline.day(limit, after: last)
        let overdue = due.map { max(0, day - $0) } ?? 0
        let state: Gap.State = overdue > 0 ? .overdue : stretches.allSatisfy(\.isWithin) ? .within : .exceededBefore
        return Gap(state: state, stretches: stretches, due: due, overdueDays: overdue)
    }

    /// Days in a range on which a daily duty was due and no completion is known.
    public static func missingDays(
        _ dates: [CivilDate], from first: CivilDate, through last: CivilDate, calendar: BusinessCalendar
    ) -> [CivilDate] {
        guard first <= last else { return [] }
        let done = Set(dates)
        return (first.day...last.day).map { CivilDate(day: $0) }.filter { calendar.isDue(on: $0) && !done.contains($0) }
    }
}

/// Last days and last seconds.
public enum Deadline {
    /// Last day that is still in time, counted from a day; nil when the limit is no length of time.
    public static func day(_ limit: Quantity, after start: CivilDate) -> CivilDate? {
        if let days = limit.days { return start.adding(days: days) }
        guard let count = limit.number.integer, (0...100_000).contains(count) else { return nil }
        switch limit.unit {
        case .year: return start.adding(months: count * 12)
        case .month: return start.adding(months: count)
        default: return limit.converted(to: .day)?.integer.map { start.adding(days: $0) }
        }
    }

    /// Last second that is still in time, counted from an instant; nil when the limit is no fixed length of time.
    public static func instant(_ limit: Quantity, after start: Instant) -> Instant? {
        limit.converted(to: .second)?.integer.map { start.adding(seconds: Int64($0)) }
    }
}
