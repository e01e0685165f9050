internal import Glibc

/// Instants as stores write them: UTC, whole seconds since 1970.
package enum UTCTime {
    /// Seconds since 1970, now.
    package static var now: Int64 { Int64(time(nil)) }

    /// `2013-05-24T00:00:00Z`.
    package static func text(_ seconds: Int64) -> String {
        let (year, month, day) = date(seconds)
        let second = Int(((seconds % 86_400) + 86_400) % 86_400)
        return "\(pad(year, 4))-\(pad(month))-\(pad(day))T\(pad(second / 3_600)):\(pad(second / 60 % 60)):\(pad(second % 60))Z"
    }

    /// `20130524T000000Z`.
    static func stamp(_ seconds: Int64) -> String { text(seconds).filter { $0 != "-" && $0 != ":" } }

    /// The first instant of a day `2013-05-24`; nil when there is no such day.
    package static func day(_ text: String) -> Int64? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count == 10, parts.count == 3, let year = Int64(parts[0]), let month = Int64(parts[1]),
            let day = Int64(parts[2]),
            (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        let seconds = days(year, month, day) * 86_400
        return self.text(seconds).hasPrefix(text) ? seconds : nil
    }

    /// Days from 1970-01-01 in the Gregorian calendar; years are counted from March, so that a leap day is the last of its year.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let ofYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + ofYear - 719_468
    }

    private static func date(_ seconds: Int64) -> (year: Int, month: Int, day: Int) {
        let day = (seconds - ((seconds % 86_400) + 86_400) % 86_400) / 86_400
        var year = Int64(1970) + day / 366
        while days(year + 1, 1, 1) <= day { year += 1 }
        var month = Int64(1)
        while month < 12, days(year, month + 1, 1) <= day { month += 1 }
        return (Int(year), Int(month), Int(day - days(year, month, 1) + 1))
    }

    private static func pad(_ number: Int, _ width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
