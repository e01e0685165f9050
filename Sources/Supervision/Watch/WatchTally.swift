public import Rulebook

/// A time in which a target was approved as it then was.
public struct WatchTerm: Sendable, Hashable {
    /// Whole minutes since 1970-01-01T00:00Z.
    public var minutes: Range<Int64>
    /// The target as it then was.
    public var target: WatchTarget

    /// A term.
    public init(_ minutes: Range<Int64>, _ target: WatchTarget) { (self.minutes, self.target) = (minutes, target) }
}

/// Minutes of some time: how many were required, and what is known of them.
public struct WatchTally: Sendable, Hashable {
    /// Minutes in which the service had to be up and was watched.
    public var required: Int64 = 0
    /// Those in which it was.
    public var up: Int64 = 0
    /// Those in which it was not.
    public var down: Int64 = 0
    /// Those in which it failed without an outage; part of the unknown ones.
    public var unconfirmed: Int64 = 0

    /// An empty tally.
    public init() {}

    /// Those of which nothing certain is known: they count neither for nor against.
    public var unknown: Int64 { required - up - down }
    /// The denominator of the availability, `up` being its numerator.
    public var known: Int64 { up + down }

    /// Counts.
    ///
    /// - Parameters:
    ///   - stretches: in order, without overlaps.
    ///   - required: minutes in order, without overlaps.
    init(_ stretches: [WatchStretch], required: [Range<Int64>]) {
        self.required = required.reduce(0) { $0 + Int64($1.count) }
        var place = 0
        for stretch in stretches {
            while place < required.count, required[place].upperBound <= stretch.minutes.lowerBound { place += 1 }
            var next = place
            while next < required.count, required[next].lowerBound < stretch.minutes.upperBound {
                let minutes = Int64(required[next].clamped(to: stretch.minutes).count)
                switch stretch.state {
                case .up: up += minutes
                case .down: down += minutes
                case .unconfirmed: unconfirmed += minutes
                }
                next += 1
            }
        }
    }
}

/// What must be kept, and when: for one target through its terms.
public struct WatchDuty: Sendable {
    /// The terms, in order, without overlaps.
    public var terms: [WatchTerm]
    let policy: WatchPolicy
    let calendar: BusinessCalendar

    /// The minutes of a range in which the target had to be up and was watched.
    func required(in range: Range<Int64>) -> [Range<Int64>] {
        terms.flatMap { term in
            WatchHours.required(policy.hours(term.target.hours), calendar, in: term.minutes.clamped(to: range))
        }
    }

    /// Counts the minutes of a range.
    public func tally(_ stretches: [WatchStretch], in range: Range<Int64>) -> WatchTally {
        WatchTally(stretches, required: required(in: range))
    }

    /// The tolerance that held at a minute.
    func tolerance(at minute: Int64) -> Int? {
        (terms.last { $0.minutes.lowerBound <= minute } ?? terms.first)?.target.tolerance
    }

    /// Measures an outage against the tolerance that held when it began.
    ///
    /// - Parameters:
    ///   - outage: the outage.
    ///   - stretches: what is known.
    ///   - asOf: the minute up to which things are known.
    /// - Returns: its minutes.
    public func measure(_ outage: WatchOutage, _ stretches: [WatchStretch], asOf: Int64) -> WatchMeasure {
        let begin = outage.began.minute
        let end = max(outage.ended?.minute ?? asOf, begin + 1)
        let tally = tally(stretches, in: begin..<end)
        return WatchMeasure(
            down: tally.down, unknown: tally.unknown, tolerance: Int64(tolerance(at: begin) ?? 0))
    }
}

/// A time in which a service did not answer as it should.
public struct WatchOutage: Sendable, Hashable {
    /// Its number.
    public var id: Int64
    /// Key of the target.
    public var target: String
    /// When the first failure began.
    public var began: Instant
    /// When the first of the good results that ended it came; nil while it goes on.
    public var ended: Instant?
    /// Whether the target was watched no longer before an end was seen.
    public var isCut: Bool
    /// How often it seemed over and went on.
    public var relapses: Int
    /// How the probe that confirmed it ended.
    public var reason: WatchFinding.Outcome
}

/// An outage against its tolerance, in required minutes.
public struct WatchMeasure: Sendable, Hashable {
    /// What a tolerance says of an outage.
    public enum Verdict: String, Sendable, CaseIterable {
        /// It lasted no longer, even if every unknown minute was one of it.
        case within
        /// With the unknown minutes it may have lasted longer.
        case undetermined
        /// It lasted longer.
        case exceeded
    }

    /// Minutes that it lasted for certain.
    public var down: Int64
    /// Minutes within it of which nothing is known.
    public var unknown: Int64
    /// Minutes that it may last.
    public var tolerance: Int64

    /// Those minutes.
    public init(down: Int64, unknown: Int64, tolerance: Int64) {
        (self.down, self.unknown, self.tolerance) = (down, unknown, tolerance)
    }

    /// What the tolerance says.
    public var verdict: Verdict { down > tolerance ? .exceeded : down + unknown > tolerance ? .undetermined : .within }
}
