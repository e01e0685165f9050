public import Rulebook

/// One version of what was asked to be watched.
public struct WatchVersion: Sendable, Hashable {
    /// Counts from 1 for each target.
    public var version: Int
    /// What was asked.
    public var target: WatchTarget
    /// When.
    public var changed: Instant
    /// By whom.
    public var by: String
    /// Why.
    public var reason: String
    /// Who did not agree; empty when nobody said so.
    public var rejectedBy: String
}

/// The agreement of a second person to one version.
public struct WatchApproval: Sendable, Hashable {
    /// To which version.
    public var version: Int
    /// When.
    public var at: Instant
    /// By whom.
    public var by: String
    /// The last day, Asia/Taipei.
    public var until: CivilDate
    /// What they said.
    public var note: String

    /// The first instant after it.
    var end: Instant { Instant(seconds: Int64(until.adding(days: 1).day) * 86_400 - Int64(Zone.taipei.offset)) }
}

/// All that is known of a target's approval.
public struct WatchRecord: Sendable, Hashable {
    /// Versions, oldest first; never empty.
    public var versions: [WatchVersion]
    /// Approvals, oldest first.
    public var approvals: [WatchApproval]
    /// When it was retired; nil while it is not.
    public var retired: Instant?

    /// Key of the target.
    public var id: String { newest.target.id }
    /// The newest version.
    public var newest: WatchVersion { versions[versions.count - 1] }

    /// The approval that lets probes be made at an instant.
    public func approval(at now: Instant) -> WatchApproval? {
        if let retired, retired <= now { return nil }
        return approvals.last { $0.at <= now }.flatMap { $0.end > now ? $0 : nil }
    }

    /// The target as it may be probed at an instant; nil when it may not.
    public func inForce(at now: Instant) -> WatchTarget? {
        approval(at: now).flatMap { approval in versions.first { $0.version == approval.version }?.target }
    }

    /// The version that waits for a second person.
    public var waiting: WatchVersion? {
        guard retired == nil, newest.rejectedBy.isEmpty, !approvals.contains(where: { $0.version == newest.version }) else {
            return nil
        }
        return newest
    }

    /// The times in which it was approved, each with the target as it then was: whole minutes.
    public var terms: [WatchTerm] {
        approvals.indices.compactMap { place in
            let approval = approvals[place]
            guard let target = versions.first(where: { $0.version == approval.version })?.target else { return nil }
            var end = approval.end
            if place + 1 < approvals.count { end = min(end, approvals[place + 1].at) }
            if let retired { end = min(end, retired) }
            // The minute in which it was approved is not whole; the next approval takes over within its minute.
            let begin = place > 0 && approvals[place - 1].end > approval.at ? approval.at.minute : approval.at.minute + 1
            return begin < end.minute ? WatchTerm(begin..<end.minute, target) : nil
        }
    }
}

/// What came of one probe.
public struct WatchResult: Sendable, Hashable {
    /// When it began.
    public var at: Instant
    /// What it found.
    public var finding: WatchFinding

    /// A result.
    public init(at: Instant, _ finding: WatchFinding) { (self.at, self.finding) = (at, finding) }
}

/// Counts of the results of one hour, kept when the results themselves are not.
public struct WatchHour: Sendable, Hashable {
    /// Its first second.
    public var hour: Instant
    /// Good results.
    public var up: Int
    /// Failures.
    public var failed: Int
    /// Probes that said nothing of the service.
    public var silent: Int
    /// Milliseconds of all of them together.
    public var milliseconds: Int
    /// Those of the slowest one.
    public var slowest: Int
}
