/// UTC times as text, `2026-11-21T08:30:00.000000Z`: microseconds since 1970 both ways, for the years 1970 to 9999. Leap seconds do not exist
/// here, as in POSIX time.
public enum UTCTime {
    /// Microseconds of a day.
    public static let day: Int64 = 86_400_000_000

    /// The text of a time; times outside of the years 1970 to 9999 are brought to the nearest end.
    public static func text(_ time: Int64) -> String {
        let time = min(max(time, 0), 253_402_300_799_999_999)
        let (year, month, date) = civil(time / day)
        let seconds = time % day / 1_000_000
        return "\(digits(year, 4))-\(digits(month, 2))-\(digits(date, 2))T\(digits(seconds / 3600, 2)):"
            + "\(digits(seconds / 60 % 60, 2)):\(digits(seconds % 60, 2)).\(digits(time % 1_000_000, 6))Z"
    }

    /// The day of a time, `2026-11-21`.
    public static func date(_ time: Int64) -> String { String(text(time).prefix(10)) }

    /// The time of a text; nil unless it is exactly what `text` writes.
    public static func time(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 27 else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            var value: Int64 = 0
            for byte in bytes[range] {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            return value
        }
        guard let year = number(0..<4), let month = number(5..<7), let date = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19), let micro = number(20..<26), (1...12).contains(month),
            (1...31).contains(date), hour < 24, minute < 60, second < 60
        else { return nil }
        let time = days(year, month, date) * day + ((hour * 60 + minute) * 60 + second) * 1_000_000 + micro
        return time >= 0 && Self.text(time) == text ? time : nil
    }

    private static func digits(_ value: Int64, _ count: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, count - digits.utf8.count)) + digits
    }

    /// Days from 1970-01-01 to a date of the Gregorian calendar, counted in eras of 400 years that begin on 1 March.
    private static func days(_ year: Int64, _ month: Int64, _ date: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let (era, inEra) = (year / 400, year % 400)
        let inYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + date - 1
        return era * 146_097 + inEra * 365 + inEra / 4 - inEra / 100 + inYear - 719_468
    }

    private static func civil(_ days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let (era, inEra) = (shifted / 146_097, shifted % 146_097)
        let year = (inEra - inEra / 1_460 + inEra / 36_524 - inEra / 146_096) / 365
        let inYear = inEra - (365 * year + year / 4 - year / 100)
        let month = (5 * inYear + 2) / 153
        let date = inYear - (153 * month + 2) / 5 + 1
        let isEarly = month >= 10
        return (era * 400 + year + (isEarly ? 1 : 0), isEarly ? month - 9 : month + 3, date)
    }
}
