internal import Documents

/// The comparisons themselves: two known values in, yes or no out, unknown when the values cannot be compared.
enum Comparing {
    static func truth(
        _ operation: Operator, _ value: Node, _ operand: Node, bound: Parameter.Bound?, pattern: Pattern?, instant: Instant
    ) -> Truth {
        switch operation {
        case .eq: return equal(value, operand)
        case .ne: return equal(value, operand).negated
        case .lt: return order(value, operand) { $0 < $1 }
        case .le: return order(value, operand) { $0 <= $1 }
        case .gt: return order(value, operand) { $0 > $1 }
        case .ge: return order(value, operand) { $0 >= $1 }
        case .within:
            switch bound {
            case .max: return order(value, operand) { $0 <= $1 }
            case .min: return order(value, operand) { $0 >= $1 }
            case .exact: return order(value, operand) { $0 == $1 }
            case nil: return .unknown
            }
        case .isIn: return operand.list.map { Truth($0.contains(value)) } ?? .unknown
        case .notIn: return operand.list.map { Truth(!$0.contains(value)) } ?? .unknown
        case .contains: return contains(value, operand)
        case .lacks: return contains(value, operand).negated
        case .subsetOf: return sets(value, operand) { $0.isSubset(of: $1) }
        case .supersetOf: return sets(value, operand) { $0.isSuperset(of: $1) }
        case .disjointFrom: return sets(value, operand) { $0.isDisjoint(with: $1) }
        case .intersects: return sets(value, operand) { !$0.isDisjoint(with: $1) }
        case .countEq: return count(value, operand) { $0 == $1 }
        case .countLe: return count(value, operand) { $0 <= $1 }
        case .countGe: return count(value, operand) { $0 >= $1 }
        case .matches: return matches(value, pattern)
        case .modeWithin: return mode(value, operand)
        case .ageLe: return age(value, operand, instant) { $0 <= $1 }
        case .ageGe: return age(value, operand, instant) { $0 >= $1 }
        case .exists, .known: return .unknown
        }
    }

    private static func equal(_ value: Node, _ operand: Node) -> Truth {
        switch (value.value, operand.value) {
        case (.number(let left), .number(let right)): Truth(left == right)
        case (.text(let left), .text(let right)): Truth(left == right)
        case (.bool(let left), .bool(let right)): Truth(left == right)
        default: .unknown
        }
    }

    private static func order(_ value: Node, _ operand: Node, _ holds: (ExactNumber, ExactNumber) -> Bool) -> Truth {
        guard let left = value.number, let right = operand.number else { return .unknown }
        return Truth(holds(left, right))
    }

    private static func contains(_ value: Node, _ operand: Node) -> Truth {
        if let items = value.list { return Truth(items.contains(operand)) }
        guard let text = value.text, let part = operand.text else { return .unknown }
        return Truth(text.contains(part))
    }

    private static func sets(_ value: Node, _ operand: Node, _ holds: (Set<Node>, Set<Node>) -> Bool) -> Truth {
        guard let left = value.list, let right = operand.list else { return .unknown }
        return Truth(holds(Set(left), Set(right)))
    }

    private static func count(_ value: Node, _ operand: Node, _ holds: (Int, Int) -> Bool) -> Truth {
        guard let left = value.list?.count, let right = operand.integer else { return .unknown }
        return Truth(holds(left, right))
    }

    private static func matches(_ value: Node, _ pattern: Pattern?) -> Truth {
        guard let text = value.text, let pattern else { return .unknown }
        return Truth(pattern.matches(text))
    }

    private static func mode(_ value: Node, _ operand: Node) -> Truth {
        guard let found = value.text.flatMap({ UInt32($0, radix: 8) }),
            let allowed = operand.text.flatMap({ UInt32($0, radix: 8) })
        else {
            return .unknown
        }
        return Truth(found & ~allowed == 0)
    }

    /// Ages in seconds; a date counts from its first second in UTC.
    private static func age(_ value: Node, _ operand: Node, _ instant: Instant, _ holds: (ExactNumber, ExactNumber) -> Bool)
        -> Truth
    {
        guard let text = value.text, let limit = operand.number else { return .unknown }
        // A recorded time of the future proves no freshness (a clock is wrong somewhere); five minutes are forgiven. A date may well lie
        // in the future: an end of support, an expiry.
        if let then = Instant(text) {
            let age = Int(instant - then)
            return age < -300 ? .unknown : Truth(holds(ExactNumber(age), limit))
        }
        guard let day = CivilDate(text) else { return .unknown }
        return Truth(holds(ExactNumber(Int(instant.seconds) - day.day * 86_400), limit))
    }
}
