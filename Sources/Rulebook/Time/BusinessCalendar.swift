/// On which days a daily duty is due.
public struct BusinessCalendar: Sendable, Hashable {
    /// Weekdays on which it is not due (1 = Monday … 7 = Sunday).
    public var closedWeekdays: Set<Int>
    /// Single days on which it is not due.
    public var closed: Set<CivilDate>
    /// Single days on which it is due although the weekday is closed (make-up workdays).
    public var open: Set<CivilDate>

    /// A calendar.
    public init(closedWeekdays: Set<Int> = [], closed: Set<CivilDate> = [], open: Set<CivilDate> = []) {
        self.closedWeekdays = closedWeekdays
        self.closed = closed
        self.open = open
    }

    /// Every calendar day.
    public static let everyDay = BusinessCalendar()

    /// Whether the duty is due on a day.
    public func isDue(on day: CivilDate) -> Bool {
        open.contains(day) || (!closed.contains(day) && !closedWeekdays.contains(day.weekday))
    }
}
