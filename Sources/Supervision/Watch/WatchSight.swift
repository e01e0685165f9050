public import Rulebook

/// How one target stands, and what is known of it in this quarter.
public struct WatchSight: Sendable {
    /// An outage against its tolerance.
    public struct Outage: Sendable, Hashable {
        /// The outage.
        public var outage: WatchOutage
        /// Its minutes.
        public var measure: WatchMeasure
    }

    /// Its versions and approvals.
    public var record: WatchRecord
    /// As it is probed; as it was last asked for when it is not.
    public var target: WatchTarget
    /// How it stands.
    public var standing: WatchMachine.Standing
    /// Since when; nil when it was never probed.
    public var since: Instant?
    /// The last result.
    public var last: WatchResult?
    /// When its certificate ends.
    public var certificateEnds: Instant?
    /// The minute, since 1970-01-01T00:00Z, before which everything is counted.
    public var asOf: Int64
    /// This month's minutes.
    public var month: WatchTally
    /// This quarter's minutes.
    public var quarter: WatchTally
    /// Outages that reach into what was asked for, oldest first.
    public var outages: [Outage]
    /// Whether outages begin again and again.
    public var isFlapping: Bool
    /// What is known, in order.
    public var stretches: [WatchStretch]
    /// What must be kept, and when.
    public var duty: WatchDuty

    init(
        _ record: WatchRecord, _ entry: WatchBook.Entry, _ found: WatchResultStore.Snapshot, at now: Instant, asOf: Int64,
        quarter: Int64, _ policy: WatchPolicy
    ) {
        self.record = record
        let inForce = record.inForce(at: now)
        let target = inForce ?? record.newest.target
        self.target = target
        let rule = WatchMachine.Rule(policy.confirm, interval: target.interval)
        var stretches = found.stretches[record.id] ?? []
        for change in entry.changes { Self.apply(change.event, to: &stretches) }
        for stretch in entry.machine.provisional(rule) { Self.apply(.settled(stretch), to: &stretches) }
        self.stretches = stretches
        let seen = entry.machine.standing(at: now, rule, timeout: target.timeout)
        (standing, since) = inForce == nil ? (.off, record.retired ?? record.approvals.last?.end) : seen
        (last, certificateEnds) = (entry.last, target.kind.isSecure ? entry.certificateEnds : nil)
        let duty = WatchDuty(terms: record.terms, policy: policy, calendar: found.calendar)
        self.duty = duty
        self.asOf = asOf
        let day = now.date(in: .taipei)
        let first = CivilDate(year: day.parts.year, month: day.parts.month, day: 1) ?? day
        month = duty.tally(stretches, in: min(Self.minute(of: first), asOf)..<asOf)
        self.quarter = duty.tally(stretches, in: quarter..<asOf)
        let outages = found.outages[record.id] ?? []
        self.outages = outages.map { Outage(outage: $0, measure: duty.measure($0, stretches, asOf: asOf)) }
        let window = now.adding(seconds: -Int64(policy.flapping.minutes) * 60)
        let recent = outages.filter { $0.began >= window || ($0.ended ?? now) >= window }
        isFlapping = recent.reduce(0) { $0 + 1 + $1.relapses } >= policy.flapping.outages
    }

    /// Outages of this quarter that lasted longer than they may.
    public var breaches: Int {
        outages.count { $0.measure.verdict == .exceeded && ($0.outage.ended?.minute ?? asOf) >= quarterStart }
    }

    /// The outage of this quarter that lasted longest.
    public var longest: Outage? {
        outages.filter { ($0.outage.ended?.minute ?? asOf) >= quarterStart }.max {
            ($0.measure.down, $0.measure.unknown) < ($1.measure.down, $1.measure.unknown)
        }
    }

    private var quarterStart: Int64 {
        Self.minute(of: Quarter(containing: Instant(minute: asOf).date(in: .taipei)).firstDay)
    }

    /// Whole days until the certificate ends; below zero when it has.
    public func certificateDays(at now: Instant) -> Int? {
        certificateEnds.map { Int(WatchHours.floorDivide($0 - now, 86_400)) }
    }

    /// The minutes of each day of the quarter until now, newest first.
    public var days: [(day: CivilDate, tally: WatchTally)] {
        let first = Instant(minute: quarterStart).date(in: .taipei).day
        let last = Instant(minute: max(asOf - 1, quarterStart)).date(in: .taipei).day
        return (first...max(first, last)).reversed().map { number in
            let day = CivilDate(day: number)
            return (
                day,
                duty.tally(
                    stretches,
                    in: Self.minute(of: day)..<min(Self.minute(of: day) + WatchHours.dayMinutes, max(asOf, Self.minute(of: day))))
            )
        }
    }

    /// Whether several services fail and none answers: then it may be this installation's own network.
    public static func allFail(_ sights: [WatchSight]) -> Bool {
        let watched = sights.filter { $0.standing != .off && $0.standing != .unknown }
        return watched.count >= 3 && watched.allSatisfy { $0.standing == .down || $0.standing == .suspect }
    }

    /// Worst first: how bad it is, as a number that grows.
    public var severity: Int {
        switch standing {
        case .down: outages.last?.measure.verdict == .exceeded ? 90 : 80
        case .suspect: 70
        case .unknown: 60
        case .up: breaches > 0 ? 50 : isFlapping ? 40 : quarter.down > 0 ? 30 : 20
        case .off: 10
        }
    }

    /// The first minute of a day in Taipei.
    public static func minute(of day: CivilDate) -> Int64 { Int64(day.day) * 1_440 - Int64(Zone.taipei.offset / 60) }

    /// Adds what came about to what is known.
    static func apply(_ event: WatchMachine.Event, to stretches: inout [WatchStretch]) {
        switch event {
        case .settled(let stretch):
            let begin = max(stretch.minutes.lowerBound, stretches.last?.minutes.upperBound ?? stretch.minutes.lowerBound)
            guard begin < stretch.minutes.upperBound else { return }
            if let last = stretches.last, last.state == stretch.state, last.minutes.upperBound == begin {
                stretches[stretches.count - 1].minutes = last.minutes.lowerBound..<stretch.minutes.upperBound
            } else {
                stretches.append(WatchStretch(begin..<stretch.minutes.upperBound, stretch.state))
            }
        case .withdrawn(let instant):
            stretches.removeAll { $0.minutes.lowerBound >= instant.minute }
            if let last = stretches.last, last.minutes.upperBound > instant.minute {
                stretches[stretches.count - 1].minutes = last.minutes.lowerBound..<instant.minute
            }
        case .began, .relapsed, .ended: break
        }
    }
}
