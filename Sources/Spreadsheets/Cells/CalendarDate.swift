/// A day of the Gregorian calendar, years 1 to 9999.
public struct CalendarDate: Sendable, Hashable, Comparable {
    private let yearNumber: Int16
    private let monthNumber: UInt8
    private let dayNumber: UInt8

    /// 1 to 9999.
    public var year: Int { Int(yearNumber) }
    /// 1 to 12.
    public var month: Int { Int(monthNumber) }
    /// 1 to 31.
    public var day: Int { Int(dayNumber) }

    /// A day; nil when the calendar has none like it.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...9_999).contains(year), (1...12).contains(month), day >= 1, day <= Self.length(year: year, month: month) else {
            return nil
        }
        (yearNumber, monthNumber, dayNumber) = (Int16(year), UInt8(month), UInt8(day))
    }

    /// Days since 1970-01-01.
    public var days: Int {
        // Years begin in March, so that the leap day is the last of one (the era algorithm for proleptic Gregorian days).
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The day so many days after 1970-01-01; nil outside of the years 1 to 9999.
    public init?(days: Int) {
        let shifted = days + 719_468
        guard shifted >= 0, shifted < 10_000 * 366 else { return nil }
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        self.init(
            year: yearOfEra + era * 400 + (month >= 10 ? 1 : 0), month: month < 10 ? month + 3 : month - 9,
            day: dayOfYear - (153 * month + 2) / 5 + 1)
    }

    private static func length(year: Int, month: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    /// Whether the left one is earlier.
    public static func < (left: CalendarDate, right: CalendarDate) -> Bool {
        (left.yearNumber, left.monthNumber, left.dayNumber) < (right.yearNumber, right.monthNumber, right.dayNumber)
    }
}

extension CalendarDate: CustomStringConvertible {
    /// `2017-12-31`
    public var description: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }
}

/// A day, perhaps with a time of it, as a cell holds them: in no time zone.
public struct CellDate: Sendable, Hashable {
    /// The day.
    public var date: CalendarDate
    private let time: Int32

    /// Milliseconds since midnight, below 86,400,000; nil when only the day is said.
    public var millisecond: Int? { time < 0 ? nil : Int(time) }

    /// A day.
    public init(_ date: CalendarDate) { (self.date, time) = (date, -1) }

    /// A time of a day; nil when `millisecond` is not of a day.
    public init?(_ date: CalendarDate, millisecond: Int) {
        guard (0..<86_400_000).contains(millisecond) else { return nil }
        (self.date, time) = (date, Int32(millisecond))
    }
}

extension CellDate: CustomStringConvertible {
    /// `2017-12-31`, `2017-12-31T14:05:09`, `2017-12-31T14:05:09.250`
    public var description: String { millisecond.map { "\(date)T\(clock($0))" } ?? date.description }
}

/// A time of day as `14:05:09`, with milliseconds where there are any; hours go on past 23 for lengths of time.
func clock(_ millisecond: Int) -> String {
    let (seconds, rest) = millisecond.quotientAndRemainder(dividingBy: 1_000)
    let text = "\(padded(seconds / 3_600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
    return rest == 0 ? text : "\(text).\(padded(rest, 3))"
}

func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
