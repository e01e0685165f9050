public import Rulebook

/// Counts failures and locks: a state machine without clock and store. One exists for each account and bucket.
///
/// Times are whole seconds, rounded down, so a lock of 900 s holds through the 900th whole second: 899.1 s would otherwise pass for 900.
public struct LockoutMachine: Sendable, Hashable {
    /// What happened to a bucket.
    public enum Change: Sendable, Hashable {
        /// One more failure, not yet the last.
        case counted
        /// That failure locked it, until the end of this second.
        case locked(until: Instant)
        /// A lock ran out, counted from its end.
        case expired(at: Instant)
        /// A success set the count back.
        case cleared
    }

    /// Failures since the last success, lock or expiry.
    public private(set) var failures: Int
    /// The last second of the lock; nil when there is none.
    public private(set) var lockedUntil: Instant?

    /// A bucket, as it was stored; without arguments, a new one.
    public init(failures: Int = 0, lockedUntil: Instant? = nil) {
        (self.failures, self.lockedUntil) = (failures, lockedUntil)
    }

    /// Whether the bucket holds nothing that needs remembering.
    public var isClear: Bool { failures == 0 && lockedUntil == nil }

    /// Whether attempts are refused now.
    public func isLocked(at now: Instant) -> Bool { lockedUntil.map { now <= $0 } ?? false }

    /// Lets a lock end that has run out. To be called before anything else is done with the bucket.
    ///
    /// - Returns: `.expired` once, when there was such a lock.
    public mutating func expire(at now: Instant) -> Change? {
        guard let end = lockedUntil, now > end else { return nil }
        self = LockoutMachine()
        return .expired(at: end.adding(seconds: 1))
    }

    /// Counts a failure, which locks when it is the last one allowed. While locked nothing is counted and the lock is not extended.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - threshold: failures that lock; 1 or more.
    ///   - duration: seconds that the lock lasts at least.
    /// - Returns: what changed; nil while locked.
    public mutating func fail(at now: Instant, threshold: Int, duration: Int) -> Change? {
        guard !isLocked(at: now) else { return nil }
        failures += 1
        guard failures >= threshold else { return .counted }
        let end = now.adding(seconds: Int64(duration))
        lockedUntil = end
        return .locked(until: end)
    }

    /// Counts a success.
    ///
    /// - Returns: `.cleared` when there were failures; nil when not, or while locked, for then nothing succeeds.
    public mutating func succeed(at now: Instant) -> Change? {
        guard !isLocked(at: now), failures > 0 else { return nil }
        self = LockoutMachine()
        return .cleared
    }
}

/// Which failures count together.
public enum LockoutBucket: Sendable, Hashable, CustomStringConvertible {
    /// Every client without a device cookie of the account, together.
    case shared
    /// One browser that the account signed in from before.
    case device(String)
    /// Second factors, whoever hands them in: that takes the password.
    case factor

    /// `shared`, `device:…`, `factor`.
    public var description: String {
        switch self {
        case .shared: "shared"
        case .device(let id): "device:\(id)"
        case .factor: "factor"
        }
    }

    /// Reads what `description` wrote.
    init?(_ text: String) {
        switch text {
        case "shared": self = .shared
        case "factor": self = .factor
        default:
            guard text.hasPrefix("device:"), text.utf8.count > 7 else { return nil }
            self = .device(String(text.dropFirst(7)))
        }
    }
}
