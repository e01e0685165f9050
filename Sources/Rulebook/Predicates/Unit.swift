public import Documents

/// A unit of a parameter or a fact.
public enum Unit: String, Sendable, CaseIterable {
    case millisecond = "ms"
    case second = "s"
    case minute = "min"
    case hour = "h"
    case day = "d"
    case month, year
    case failure, generation, count, `class`, character, bit, byte, percent, person, ratio
    case dollar = "TWD"

    /// Length in seconds, for the units of time that always have the same length.
    public var seconds: Int? {
        switch self {
        case .second: 1
        case .minute: 60
        case .hour: 3_600
        case .day: 86_400
        default: nil
        }
    }

    /// Length in milliseconds, as `seconds`.
    private var milliseconds: Int? { self == .millisecond ? 1 : seconds.map { $0 * 1000 } }

    /// Whether it counts whole things.
    public var isCounted: Bool {
        switch self {
        case .failure, .generation, .count, .class, .character, .bit, .person: true
        default: false
        }
    }

    /// Whether it measures time.
    public var isTime: Bool { milliseconds != nil || self == .month || self == .year }

    /// `number` of this unit in another; nil when one of them has no fixed length or the result is out of range.
    func convert(_ number: ExactNumber, to target: Unit) -> ExactNumber? {
        guard let own = milliseconds, let other = target.milliseconds else { return nil }
        return number.multiplied(by: own)?.divided(by: other)
    }

    /// Reads "36 h", "14 d", "900 s", "15 min"; nil for anything else.
    public static func seconds(of text: String) -> Int? {
        let parts = text.split(separator: " ")
        guard parts.count == 2, let number = Int(parts[0]), number >= 0, number < 1_000_000,
            let unit = Unit(rawValue: String(parts[1])),
            let length = unit.seconds
        else { return nil }
        return number * length
    }
}

/// A number with its unit, such as 3 months, which stand for 90 days where days are compared.
public struct Quantity: Sendable, Hashable, CustomStringConvertible {
    /// The number.
    public var number: ExactNumber
    /// Its unit.
    public var unit: Unit
    /// What a number of months or years means in days; given by the rule pack.
    public var days: Int?

    /// A number with a unit.
    public init(_ number: ExactNumber, _ unit: Unit, days: Int? = nil) {
        self.number = number
        self.unit = unit
        self.days = days
    }

    /// The number in another unit; nil when the units measure different things or the result is out of range.
    public func converted(to target: Unit) -> ExactNumber? {
        if target == unit { return number }
        if let days { return Unit.day.convert(ExactNumber(days), to: target) }
        return unit.convert(number, to: target)
    }

    /// Number and unit: `15 min`.
    public var description: String { "\(number) \(unit.rawValue)" }
}
