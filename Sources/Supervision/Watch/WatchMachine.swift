public import Rulebook

/// A stretch of minutes in which one thing was known of a target. What no stretch covers is unknown.
public struct WatchStretch: Sendable, Hashable {
    /// What was known. The later one of these wins where one minute saw several.
    public enum State: String, Sendable, CaseIterable, Comparable {
        /// It answered as it should.
        case up
        /// It failed, and no outage came of it: it counts neither for nor against the service.
        case unconfirmed
        /// It was in an outage.
        case down

        /// Whether the left one weighs less.
        public static func < (left: State, right: State) -> Bool { left.weight < right.weight }

        private var weight: Int {
            switch self {
            case .up: 0
            case .unconfirmed: 1
            case .down: 2
            }
        }
    }

    /// Minutes since 1970-01-01T00:00Z; never empty.
    public var minutes: Range<Int64>
    /// What was known.
    public var state: State

    /// A stretch.
    public init(_ minutes: Range<Int64>, _ state: State) { (self.minutes, self.state) = (minutes, state) }
}

/// Turns the results of one target's probes into minutes and outages. A value: nothing but its arguments comes in, and after a restart it goes on
/// from what was written down.
///
/// A result stands for the minutes from its own until the next result, at most for one interval. Minutes beyond that are unknown: a probe that was
/// not made is never an answer. `confirm` decides when failures are an outage; everything from its first failure to the first of the good results
/// that ended it is down, a lone good one between included. A failure of which no outage came is unconfirmed.
public struct WatchMachine: Sendable, Hashable {
    /// When a result counts, and for how long.
    public struct Rule: Sendable, Hashable {
        /// When failures are an outage.
        public var confirm: WatchPolicy.Confirm
        /// Minutes from one probe to the next.
        public var interval: Int

        /// A rule.
        public init(_ confirm: WatchPolicy.Confirm, interval: Int) { (self.confirm, self.interval) = (confirm, interval) }
    }

    /// What a result brought about, in the order it came about.
    public enum Event: Sendable, Hashable {
        /// These minutes are settled.
        case settled(WatchStretch)
        /// An outage began; that is certain only now.
        case began(Instant)
        /// The outage that began then was over, and goes on.
        case relapsed(Instant)
        /// The outage that began then ended.
        case ended(began: Instant, at: Instant)
        /// The clock was set back: what was settled of this minute and later ones is void.
        case withdrawn(from: Instant)
    }

    /// One result on its way to being settled.
    struct Sample: Sendable, Hashable {
        var at: Int64
        var isUp: Bool
        /// Nil while later results may change it.
        var state: WatchStretch.State?
        /// Whether it stands for minutes; not when the clock was set back behind it.
        var counts: Bool

        var minute: Int64 { Instant(seconds: at).minute }
    }

    /// An outage that is over.
    struct Past: Sendable, Hashable {
        var began: Instant
        var ended: Instant
    }

    /// Results that are not settled, in the order they came. Those without a state are the last ones.
    var samples: [Sample] = []
    /// When the last result came, in seconds.
    var last: Int64?
    /// When the outage began that is not over.
    public internal(set) var begun: Instant?
    /// The last outage that is over.
    var previous: Past?
    /// Since when results come without a silence or an outage.
    var calm: Instant?

    /// A machine that has seen nothing.
    public init() {}

    /// Takes the next result.
    ///
    /// - Parameters:
    ///   - isUp: whether the service answered as it should.
    ///   - instant: when the probe began, by the clock of then.
    ///   - rule: when results count.
    /// - Returns: what it brought about.
    public mutating func take(_ isUp: Bool, at instant: Instant, _ rule: Rule) -> [Event] {
        var events: [Event] = []
        if let last, instant.minute < Instant(seconds: last).minute { events.append(withdraw(to: instant)) }
        if let last, instant.minute - Instant(seconds: last).minute > Int64(rule.confirm.forget * rule.interval) { forget() }
        last = instant.seconds
        samples.append(Sample(at: instant.seconds, isUp: isUp, state: nil, counts: true))
        if begun == nil { judgeCalm(instant, rule, &events) } else { judgeOutage(isUp, rule, &events) }
        events += settle(rule).map { .settled($0) }
        return events
    }

    /// Stops: the target is not watched any more. An outage that is not over ends here, and nobody saw its end.
    ///
    /// - Returns: what is settled by it.
    public mutating func stop(at instant: Instant, _ rule: Rule) -> [Event] {
        var events = provisional(rule).map { stretch in
            let end = max(min(stretch.minutes.upperBound, instant.minute + 1), stretch.minutes.lowerBound + 1)
            return Event.settled(WatchStretch(stretch.minutes.lowerBound..<end, stretch.state))
        }
        if let begun { events.append(.ended(began: begun, at: max(begun, instant))) }
        self = WatchMachine()
        return events
    }

    // MARK: What results mean

    /// Places of the results that later ones may change.
    private var open: Range<Int> { (samples.lastIndex { $0.state != nil } ?? -1) + 1..<samples.count }

    private mutating func close(_ state: WatchStretch.State) { for place in open { samples[place].state = state } }

    private mutating func judgeCalm(_ now: Instant, _ rule: Rule, _ events: inout [Event]) {
        if calm == nil { calm = now }
        let open = open
        guard samples[open].count(where: { !$0.isUp }) < rule.confirm.failures else {
            // The first of them is a failure: good results before it were closed when they came.
            let first = Instant(seconds: samples[open].first { !$0.isUp }?.at ?? now.seconds)
            close(.down)
            if let previous, first - previous.ended < Int64(rule.confirm.rejoin) * 60 {
                begun = previous.began
                events.append(.relapsed(previous.began))
            } else {
                begun = first
                events.append(.began(first))
            }
            (self.previous, calm) = (nil, nil)
            return
        }
        for place in open {
            let rest = samples.count - place
            guard samples[place].isUp || rest >= rule.confirm.of else { break }
            samples[place].state = samples[place].isUp ? .up : .unconfirmed
        }
    }

    private mutating func judgeOutage(_ isUp: Bool, _ rule: Rule, _ events: inout [Event]) {
        guard isUp else { return close(.down) }
        guard let began = begun, open.count >= rule.confirm.successes else { return }
        let end = max(began, Instant(seconds: samples[open.lowerBound].at))
        close(.up)
        (begun, previous, calm) = (nil, Past(began: began, ended: end), end)
        events.append(.ended(began: began, at: end))
    }

    /// What came before a long silence confirms nothing any more.
    private mutating func forget() {
        if begun == nil {
            for place in open { samples[place].state = samples[place].isUp ? .up : .unconfirmed }
            calm = nil
        } else {
            close(.down)
        }
    }

    /// The clock was set back: what lies after the new time did not happen then.
    private mutating func withdraw(to instant: Instant) -> Event {
        for place in samples.indices where samples[place].minute >= instant.minute {
            samples[place].counts = false
            samples[place].at = min(samples[place].at, instant.seconds)
        }
        last = instant.seconds
        begun = begun.map { min($0, instant) }
        previous = previous.map { Past(began: min($0.began, instant), ended: min($0.ended, instant)) }
        calm = calm.map { min($0, instant) }
        return .withdrawn(from: instant)
    }

    // MARK: Minutes

    /// Takes out the minutes that nothing can change any more.
    private mutating func settle(_ rule: Rule) -> [WatchStretch] {
        var done: [WatchStretch] = []
        while let first = samples.first {
            guard first.counts else {
                guard first.state != nil else { break }
                samples.removeFirst()
                continue
            }
            guard let next = samples.firstIndex(where: { $0.counts && $0.minute > first.minute }),
                samples[..<next].allSatisfy({ $0.state != nil })
            else { break }
            done.append(Self.stretch(samples[..<next], until: samples[next].minute, rule))
            samples.removeSubrange(..<next)
        }
        fold()
        return done
    }

    /// Of many settled results in one minute the one that weighs most is enough.
    private mutating func fold() {
        var place = 1
        while place < samples.count {
            let (left, right) = (samples[place - 1], samples[place])
            guard let first = left.state, let second = right.state, left.counts == right.counts, left.minute == right.minute
            else {
                place += 1
                continue
            }
            samples[place - 1].state = max(first, second)
            samples.remove(at: place)
        }
    }

    /// What one minute's results say, for the minutes they stand for.
    private static func stretch(_ group: ArraySlice<Sample>, until next: Int64, _ rule: Rule) -> WatchStretch {
        let counting = group.filter(\.counts)
        let minute = counting.first?.minute ?? next - 1
        return WatchStretch(
            minute..<min(next, minute + Int64(rule.interval)), counting.compactMap(\.state).max() ?? .unconfirmed)
    }

    /// What is not settled, as it looks now: the last result stands for one interval, and what later ones may change counts for nothing, or for
    /// the outage that is not over.
    func provisional(_ rule: Rule) -> [WatchStretch] {
        var samples = samples
        for place in samples.indices where samples[place].state == nil {
            samples[place].state = begun == nil ? .unconfirmed : .down
        }
        samples.removeAll { !$0.counts }
        var found: [WatchStretch] = []
        while let first = samples.first {
            let next = samples.firstIndex { $0.minute > first.minute } ?? samples.count
            let end = next < samples.count ? samples[next].minute : Int64.max
            found.append(Self.stretch(samples[..<next], until: end, rule))
            samples.removeSubrange(..<next)
        }
        return found
    }

    // MARK: How it stands

    /// How a target stands.
    public enum Standing: String, Sendable, CaseIterable {
        /// In an outage.
        case down
        /// Failing, and not confirmed.
        case suspect
        /// No result for longer than one comes.
        case unknown
        /// Answering as it should.
        case up
        /// Not watched: not approved, past its end, or retired.
        case off
    }

    /// How it stands at an instant, and since when.
    ///
    /// - Parameters:
    ///   - now: the instant.
    ///   - rule: when results count.
    ///   - timeout: seconds that a probe may take.
    /// - Returns: both; nil for since when where nothing was ever seen.
    public func standing(at now: Instant, _ rule: Rule, timeout: Int) -> (standing: Standing, since: Instant?) {
        guard let last else { return (.unknown, nil) }
        let end = Instant(minute: Instant(seconds: last).minute + Int64(rule.interval))
        // The next probe begins within its minute, and takes its time.
        if now - end > Int64(60 + timeout) { return (.unknown, end) }
        if let begun { return (.down, begun) }
        if let first = samples[open].first { return (.suspect, Instant(seconds: first.at)) }
        return (.up, calm)
    }
}
