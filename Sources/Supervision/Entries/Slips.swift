public import Rulebook

/// How often a promised date was moved to a later day, and by how many days in all.
public struct Slips: Sendable, Hashable {
    /// How often it was moved to a later day.
    public var count: Int
    /// By how many days in all; days that were won back are not taken off.
    public var days: Int
    /// The first day that was promised.
    public var first: CivilDate?
    /// The day that is promised now.
    public var last: CivilDate?

    /// Counts the moves of a promise.
    ///
    /// - Parameter dues: the promised days in the order in which they were said; nil where none was.
    public init(_ dues: some Sequence<CivilDate?>) {
        (count, days) = (0, 0)
        for case let due? in dues {
            if let last, last < due {
                count += 1
                days += due - last
            }
            first = first ?? due
            last = due
        }
    }
}
