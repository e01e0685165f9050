public import Rulebook

/// Hours in which a service must be up: the same ones on every day, or on every day of business.
public struct WatchHours: Sendable, Hashable {
    /// Minutes of a day.
    static let dayMinutes: Int64 = 1_440

    /// Its name in targets.
    public var id: String
    /// What people call it.
    public var title: Text
    /// Whether it leaves out the days on which markets are closed.
    public var isBusinessOnly: Bool
    /// The first minute of the day, Asia/Taipei.
    public var from: Int
    /// The minute after the last one; over 1440 where it lies in the next day, at most 2880.
    public var to: Int

    /// The required minutes of some hours in a range, in order, without overlaps.
    ///
    /// - Parameters:
    ///   - hours: together; a minute of any of them is required.
    ///   - calendar: days of business.
    ///   - range: minutes since 1970-01-01T00:00Z.
    /// - Returns: the minutes.
    static func required(_ hours: [WatchHours], _ calendar: BusinessCalendar, in range: Range<Int64>) -> [Range<Int64>] {
        guard !range.isEmpty else { return [] }
        let offset = Int64(Zone.taipei.offset / 60)
        func day(_ minute: Int64) -> Int { Int(floorDivide(minute + offset, dayMinutes)) }
        var found: [Range<Int64>] = []
        // Hours that began two days before may reach into the first one.
        for number in day(range.lowerBound) - 2...day(range.upperBound) {
            let date = CivilDate(day: number)
            let midnight = Int64(number) * dayMinutes - offset
            for entry in hours where !entry.isBusinessOnly || calendar.isDue(on: date) {
                let part = (midnight + Int64(entry.from)..<midnight + Int64(entry.to)).clamped(to: range)
                if !part.isEmpty { found.append(part) }
            }
        }
        found.sort { $0.lowerBound < $1.lowerBound }
        var merged: [Range<Int64>] = []
        for part in found {
            if let last = merged.last, part.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, part.upperBound)
            } else {
                merged.append(part)
            }
        }
        return merged
    }

    /// Rounds down, also below zero.
    static func floorDivide(_ left: Int64, _ right: Int64) -> Int64 {
        left >= 0 ? left / right : -((right - 1 - left) / right)
    }
}

extension Instant {
    /// The minute it lies in, since 1970-01-01T00:00Z.
    public var minute: Int64 { WatchHours.floorDivide(seconds, 60) }

    /// The first second of a minute.
    public init(minute: Int64) { self.init(seconds: minute * 60) }
}
