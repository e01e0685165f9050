public import Rulebook

/// Which duty to tell: one notice under one regime. A closing notice is owed again when a handled incident comes back to life.
public struct ObligationID: Sendable, Hashable, Codable, Comparable {
    /// The regime.
    public var regime: String
    /// The notice.
    public var notice: NoticeKind
    /// 0 at first; one more each time the incident came back to life after its closing notice.
    public var round: Int

    /// A duty.
    public init(_ regime: String, _ notice: NoticeKind, round: Int = 0) {
        (self.regime, self.notice, self.round) = (regime, notice, round)
    }

    /// By regime, then in the order notices are given.
    public static func < (left: ObligationID, right: ObligationID) -> Bool {
        (left.regime, left.round, left.notice.order) < (right.regime, right.round, right.notice.order)
    }
}

extension NoticeKind {
    var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// How a duty was met, as it stood when the notice was filed; never changed afterwards.
public struct Filed: Sendable, Hashable, Codable {
    /// The duty.
    public var duty: ObligationID
    /// The submission's number.
    public var submission: Int
    /// When it counts as given.
    public var at: Instant
    /// The version of the regime that bound then.
    public var version: String
    /// The deadline; nil where there was none or nobody could say.
    public var due: Instant?
    /// Seconds after the deadline, 0 in time; nil when the deadline could not be determined.
    public var late: Int64?
}

/// A decision that a notice need not be given: proposed with a reason, approved by somebody else.
public struct Excuse: Sendable, Hashable, Codable {
    /// Why.
    public var reason: String
    /// Who proposed it, and when.
    public var by: String
    /// When it was proposed.
    public var at: Instant
    /// Who approved it; nil while nobody did.
    public var approvedBy: String?
    /// When it was approved.
    public var approvedAt: Instant?
}

/// How a duty stands at an instant.
public struct Obligation: Sendable, Hashable {
    /// Where it stands.
    public enum State: Sendable, Hashable {
        /// The notice is owed.
        case running(Deadline)
        /// It was given in time.
        case met(Filed)
        /// It was given, that many seconds too late.
        case late(Filed, seconds: Int64)
        /// It was given; whether in time could not be determined.
        case undetermined(Filed)
        /// It need not be given.
        case excused(Excuse)
    }

    /// Which one.
    public var id: ObligationID
    /// The version of the regime that binds; of a filed one, that which bound then.
    public var version: String
    /// Whether that version's text is final.
    public var status: ClockVersion.Status
    /// The clause that asks for it; empty for none.
    public var clause: String
    /// Where it stands.
    public var state: State
    /// A proposal to excuse it that nobody decided yet.
    public var proposal: Excuse?
    /// When to remind of it, in order; none when it is not owed any more.
    public var reminders: [Instant]

    /// Whether the notice is still owed.
    public var isOpen: Bool { if case .running = state { true } else { false } }

    /// Seconds until its deadline, negative when it has passed; nil when there is none, or the notice is not owed.
    public func secondsLeft(at now: Instant) -> Int64? {
        guard case .running(.at(let due)) = state else { return nil }
        return due - now
    }

    /// The reminders of a span of time: after `start`, up to and with `end`.
    public func reminders(after start: Instant, upTo end: Instant) -> [Instant] {
        reminders.filter { start < $0 && $0 <= end }
    }

    static func reminders(_ rule: ClockRule, due: Instant?) -> [Instant] {
        guard let due else { return [] }
        return rule.before.map { due.adding(seconds: -$0) } + rule.after.filter { $0 > 0 }.map { due.adding(seconds: $0) }
    }
}
