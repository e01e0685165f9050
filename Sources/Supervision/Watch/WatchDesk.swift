internal import Database
public import Rulebook
internal import Synchronization

/// The service watch: what may be probed, what came of it, and how it stands. Results are taken into memory and written down together, at once where an
/// outage begins or ends; a crash loses at most the last minutes before it, which are unknown then.
public final class WatchDesk: Sendable {
    /// Targets, approvals, days.
    public let targets: WatchStore
    /// The limits.
    public let policy: WatchPolicy
    let results: WatchResultStore
    private let book: Mutex<WatchBook>
    private let isLoaded = Mutex(false)

    init(_ targets: WatchStore) {
        self.targets = targets
        policy = targets.policy
        results = WatchResultStore(database: targets.database, policy: targets.policy)
        book = Mutex(WatchBook(limit: targets.policy.waitingLimit))
    }

    /// When results of a target count.
    func rule(_ target: WatchTarget) -> WatchMachine.Rule { .init(policy.confirm, interval: target.interval) }

    // MARK: Results

    /// Goes on from what was written down; does nothing when it did before.
    func load() async throws(SupervisionError) {
        guard !isLoaded.withLock({ $0 }) else { return }
        let states = try await results.states()
        isLoaded.withLock { isLoaded in
            guard !isLoaded else { return }
            isLoaded = true
            book.withLock { book in for (id, entry) in states where book.entries[id] == nil { book.entries[id] = entry } }
        }
    }

    /// Takes the result of a probe of a target.
    ///
    /// - Returns: whether it is news: an outage began, went on or ended, or the clock was set back.
    func take(_ result: WatchResult, of target: WatchTarget) -> Bool {
        book.withLock { $0.take(target.id, result, rule(target)) }
    }

    /// When the last result of a target came.
    func lastProbe(_ id: String) -> Instant? { book.withLock { $0.entries[id]?.last?.at } }

    /// Stops what may not be probed any more.
    ///
    /// - Returns: whether there was anything to stop.
    func stop(_ records: [WatchRecord], at now: Instant) -> Bool {
        var isNews = false
        for record in records where record.inForce(at: now) == nil {
            // Where the approval ended, its end is when the watch did.
            let end = min(now, record.retired ?? record.approvals.last?.end ?? now)
            isNews = book.withLock { $0.stop(record.id, at: end, rule(record.newest.target)) } || isNews
        }
        return isNews
    }

    /// Writes down what came since the last time.
    func flush() async throws(SupervisionError) {
        let (pages, dropped) = book.withLock { ($0.pages, $0.dropped) }
        try await results.write(pages, dropped: dropped)
        book.withLock { book in
            book.wrote(pages)
            book.dropped -= dropped
        }
    }

    // MARK: Looking

    /// How the targets stand.
    ///
    /// - Parameters:
    ///   - now: the instant.
    ///   - id: of one target; all when nil.
    ///   - range: minutes whose stretches are wanted besides those of the quarter.
    /// - Returns: each target; those that were retired before the quarter only when they are asked for.
    /// - Throws: `.notFound`, `.storage`.
    public func sights(
        at now: Instant, of id: String? = nil, range: Range<Int64>? = nil
    ) async throws(SupervisionError) -> [WatchSight] {
        try await load()
        let today = now.date(in: .taipei)
        let quarter = WatchSight.minute(of: Quarter(containing: today).firstDay)
        // Results of the minute before may still be on their way.
        let asOf = max(quarter, now.minute - 1)
        let wanted = min(range?.lowerBound ?? quarter, quarter)..<max(asOf + 1, range?.upperBound ?? 0)
        let found = try await results.snapshot(of: id, in: wanted, until: now)
        let entries = book.withLock { $0.entries }
        return found.records.compactMap { record in
            if id == nil, let retired = record.retired, retired.minute < quarter { return nil }
            return WatchSight(
                record, entries[record.id] ?? .init(), found, at: now, asOf: asOf, quarter: quarter, policy)
        }
    }

    /// The newest results of a target, those that wait to be written included.
    public func latest(_ id: String, limit: Int) async throws(SupervisionError) -> [WatchResult] {
        let waiting = book.withLock { $0.entries[id]?.results ?? [] }
        let written = try await results.results(of: id, limit: limit)
        return Array((waiting.reversed().filter { !written.prefix(waiting.count).contains($0) } + written).prefix(limit))
    }

    /// Counts of hours whose results are not kept one by one any more, newest first.
    public func hours(_ id: String) async throws(SupervisionError) -> [WatchHour] { try await results.hours(of: id) }
}
