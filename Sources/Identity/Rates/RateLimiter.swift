public import Rulebook
internal import Synchronization

/// Limits how often something is tried, before anything costly is done: token buckets by key, in memory. A restart forgets them; the
/// lockout, which counts failures, is in the database.
public final class RateLimiter: Sendable {
    /// What is limited apart.
    public enum Kind: Sendable, Hashable, CaseIterable {
        /// Attempts of one source: sign-ins, factors, resets, tokens.
        case source
        /// Attempts on one account, also on names nobody has.
        case account
        /// Messages asked for in one account's name.
        case message
    }

    private struct Key: Hashable {
        var kind: Kind
        var text: String
    }

    /// A bucket: what is in it is counted in seconds of refill, so that no fraction is lost.
    private struct Bucket {
        var debt: Int64
        var asOf: Instant
    }

    /// Guards the table.
    private let table = Mutex<[Key: Bucket]>([:])
    private let policy: IdentityPolicy

    /// A limiter with the rates of a policy.
    public init(_ policy: IdentityPolicy) { self.policy = policy }

    private func rate(_ kind: Kind) -> (burst: Int64, interval: Int64) {
        let (burst, interval): (PolicySetting, PolicySetting) =
            switch kind {
            case .source: (.sourceBurst, .sourceInterval)
            case .account: (.accountBurst, .accountInterval)
            case .message: (.messageBurst, .messageInterval)
            }
        return (Int64(policy[burst]), Int64(policy[interval]))
    }

    /// Takes one attempt.
    ///
    /// - Parameters:
    ///   - kind: what is limited.
    ///   - key: whose; a text of at most 128 bytes is kept.
    ///   - now: the time. When it goes backwards nothing is refilled.
    /// - Returns: nil when it may go on, else after how many seconds it may be tried again (1 or more).
    public func take(_ kind: Kind, _ key: String, at now: Instant) -> Int? {
        let (burst, interval) = rate(kind)
        let key = Key(kind: kind, text: String(decoding: key.utf8.prefix(128), as: UTF8.self))
        return table.withLock { table in
            var bucket = table[key] ?? Bucket(debt: 0, asOf: now)
            bucket.debt = max(0, bucket.debt - max(0, now - bucket.asOf))
            bucket.asOf = max(bucket.asOf, now)
            let over = bucket.debt + interval - burst * interval
            guard over <= 0 else {
                table[key] = bucket
                return Int(over)
            }
            if table[key] == nil, table.count >= policy[.rateTable] { Self.makeRoom(&table, at: now) }
            bucket.debt += interval
            table[key] = bucket
            return nil
        }
    }

    /// Keys remembered now.
    public var count: Int { table.withLock { $0.count } }

    /// Forgets what is full again; when that is not enough, those with the least debt: a flood of new sources pushes out other new ones and
    /// not the one that has been trying for long.
    private static func makeRoom(_ table: inout [Key: Bucket], at now: Instant) {
        table = table.filter { $0.value.debt > now - $0.value.asOf }
        let excess = table.count - table.count / 8 * 7
        guard table.count > 0, excess > 0 else { return }
        for (key, _) in table.sorted(by: { $0.value.debt < $1.value.debt }).prefix(excess) { table[key] = nil }
    }
}
