internal import Rulebook

/// Which target is probed when: each once in its interval, in a minute of its own, at a second that chance picks, so that probes neither come all at
/// once nor can be told in advance. Due times are of the clock that no one sets; when the other one was set, they are worked out anew.
struct WatchPlan: Sendable {
    /// Seconds of its minute in which a probe may begin; the rest is for waiting.
    static let seconds = 2...45
    /// The first look at a target comes within so many milliseconds.
    static let early = 10_000
    /// Both clocks may drift apart by so many milliseconds between two looks.
    static let drift: Int64 = 2_000

    /// When each target is due, in milliseconds of the clock that no one sets.
    private var due: [String: Int64] = [:]
    /// What the clock shows more than the other one, in milliseconds.
    private var offset: Int64?

    /// A plan of nothing.
    init() {}

    /// Whether the clock was set since the last look.
    mutating func look(wall: Int64, steady: Int64) -> Bool {
        let now = wall - steady
        defer { offset = now }
        guard let offset, abs(now - offset) > Self.drift else { return false }
        due = [:]
        return true
    }

    /// Picks what is due.
    ///
    /// - Parameters:
    ///   - targets: what may be probed.
    ///   - wall: milliseconds since 1970 by the clock.
    ///   - steady: milliseconds by the other one.
    ///   - busy: those whose last probe has not ended.
    ///   - limit: most of them.
    ///   - random: a number below another one.
    /// - Returns: keys of targets, those that wait longest first; each is planned anew.
    mutating func pick(
        _ targets: [WatchTarget], wall: Int64, steady: Int64, busy: Set<String>, limit: Int, random: (Int) -> Int
    ) -> [WatchTarget] {
        let known = Set(targets.map(\.id))
        due = due.filter { known.contains($0.key) }
        var ready: [(at: Int64, target: WatchTarget)] = []
        for target in targets {
            guard let at = due[target.id] else {
                // The first look at a target does not wait for its turn.
                due[target.id] = steady + Int64(random(Self.early))
                continue
            }
            if at <= steady { ready.append((at, target)) }
        }
        var picked: [WatchTarget] = []
        for (_, target) in ready.sorted(by: { ($0.at, $0.target.id) < ($1.at, $1.target.id) }) {
            let isBusy = busy.contains(target.id)
            // What is still on its way is left alone, and comes again with its next turn.
            guard isBusy || picked.count < limit else { continue }
            if !isBusy { picked.append(target) }
            let minute = Self.slot(after: WatchHours.floorDivide(wall, 60_000), target)
            due[target.id] = Self.moment(in: minute, wall, steady, random) ?? steady
        }
        return picked
    }

    /// The next minute after one that is the target's own.
    static func slot(after minute: Int64, _ target: WatchTarget) -> Int64 {
        let interval = Int64(target.interval)
        return WatchHours.floorDivide(minute + 1 - phase(target) + interval - 1, interval) * interval + phase(target)
    }

    /// Which minute of its interval is a target's own.
    static func phase(_ target: WatchTarget) -> Int64 {
        Int64(target.id.utf8.reduce(UInt64(5_381)) { $0 &* 33 &+ UInt64($1) } % UInt64(target.interval))
    }

    /// A moment within a minute; nil when there is none left in it.
    private static func moment(in minute: Int64, _ wall: Int64, _ steady: Int64, _ random: (Int) -> Int) -> Int64? {
        let first = max(wall + 1, minute * 60_000 + Int64(seconds.lowerBound) * 1_000)
        let end = minute * 60_000 + Int64(seconds.upperBound) * 1_000
        guard first < end else { return nil }
        return steady + first - wall + Int64(random(Int(end - first)))
    }
}
