/// A quarter of a calendar year: what firms report by and supervisors follow up by.
public struct Quarter: Sendable, Hashable, Comparable {
    /// Quarters since the first one of year 0.
    public let index: Int

    /// The quarter that many quarters after the first one of year 0.
    public init(index: Int) { self.index = index }

    /// A quarter by year and number (1-4); `nil` outside of the years 1 to 9999.
    public init?(year: Int, number: Int) {
        guard (1...9999).contains(year), (1...4).contains(number) else { return nil }
        index = year * 4 + number - 1
    }

    /// Reads `2017-Q4`; `nil` for anything else.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 7, bytes[4] == UInt8(ascii: "-"), bytes[5] == UInt8(ascii: "Q"),
            let first = CivilDate("\(text.prefix(4))-01-01"), let number = Int(text.suffix(1))
        else { return nil }
        self.init(year: first.parts.year, number: number)
    }

    /// The quarter in which a day lies.
    public init(containing day: CivilDate) {
        let (year, month, _) = day.parts
        index = year * 4 + (month - 1) / 3
    }

    /// Its year.
    public var year: Int { index >> 2 }
    /// Its number within the year, 1 to 4.
    public var number: Int { index & 3 + 1 }
    /// Its first day.
    public var firstDay: CivilDate { CivilDate(year: year, month: number * 3 - 2, day: 1) ?? CivilDate(day: 0) }
    /// Its last day.
    public var lastDay: CivilDate { next.firstDay.adding(days: -1) }
    /// The one after it.
    public var next: Quarter { Quarter(index: index + 1) }
    /// The one before it.
    public var previous: Quarter { Quarter(index: index - 1) }

    /// The earlier one comes first.
    public static func < (left: Quarter, right: Quarter) -> Bool { left.index < right.index }
}

extension Quarter: CustomStringConvertible {
    /// `2017-Q4`.
    public var description: String { "\(firstDay.description.prefix(4))-Q\(number)" }

    /// In the Republic's years: `民國106年第4季`.
    public var rocDescription: String { "民國\(year - 1911)年第\(number)季" }
}
