internal import Rulebook
internal import Synchronization

/// What the watch needs of the machine, as closures: a test moves the clocks and decides what chance picks.
public struct WatchEffects: Sendable {
    /// UTC microseconds since 1970; may be set by anybody.
    public var now: @Sendable () -> Int64
    /// Milliseconds of a clock that only goes on.
    public var steady: @Sendable () -> Int64
    /// Waits so many milliseconds.
    public var sleep: @Sendable (_ milliseconds: Int64) async throws -> Void
    /// A number from 0 to below another one.
    public var random: @Sendable (_ limit: Int) -> Int
    /// Tells open pages that something is new.
    public var tell: @Sendable () -> Void
    /// Notes in the log what could not be done.
    public var complain: @Sendable (_ what: String) -> Void

    /// Those effects.
    public init(
        now: @escaping @Sendable () -> Int64, steady: @escaping @Sendable () -> Int64,
        sleep: @escaping @Sendable (_ milliseconds: Int64) async throws -> Void,
        random: @escaping @Sendable (_ limit: Int) -> Int, tell: @escaping @Sendable () -> Void,
        complain: @escaping @Sendable (_ what: String) -> Void
    ) {
        (self.now, self.steady, self.sleep) = (now, steady, sleep)
        (self.random, self.tell, self.complain) = (random, tell, complain)
    }
}

/// Probes what may be probed until its task is cancelled; what was found is written down before it ends.
public struct WatchRunner: Sendable {
    /// Between two looks at what is due, milliseconds.
    private static let tick: Int64 = 1_000
    /// Targets are read again after so many milliseconds though nobody changed them: approvals end.
    private static let reading: Int64 = 15_000
    /// After a failure to write, so many milliseconds pass before the next attempt.
    private static let patience: Int64 = 30_000
    /// Results that are old enough are looked for this often, milliseconds.
    private static let compacting: Int64 = 3_600_000

    let desk: WatchDesk
    let institution: InstitutionStore
    let prober: WatchProber
    let effects: WatchEffects

    /// A runner.
    ///
    /// - Parameters:
    ///   - supervision: the supervisor's rooms.
    ///   - prober: makes probes.
    ///   - effects: clocks, chance, and who is told.
    public init(_ supervision: Supervision, prober: WatchProber, effects: WatchEffects) {
        self.init(supervision.watch, supervision.institution, prober: prober, effects: effects)
    }

    init(_ desk: WatchDesk, _ institution: InstitutionStore, prober: WatchProber, effects: WatchEffects) {
        (self.desk, self.institution, self.prober, self.effects) = (desk, institution, prober, effects)
    }

    /// What it goes by.
    private struct State {
        var plan = WatchPlan()
        var records: [WatchRecord] = []
        var agent = WatchProber.agent("")
        var readAt: Int64?
        var wroteAt: Int64
        var compactedAt: Int64?
        var failedAt: Int64?
    }

    /// What probes tell while they are on their way.
    private final class Traffic: Sendable {
        let busy = Mutex<Set<String>>([])
        let isNews = Atomic(false)
    }

    /// Probes until the task is cancelled.
    public func run() async {
        let traffic = Traffic()
        await withDiscardingTaskGroup { group in
            var state = State(wroteAt: effects.steady())
            while !Task.isCancelled {
                await look(&state, traffic)
                begin(&state, traffic, &group)
                do { try await effects.sleep(Self.tick) } catch { break }
            }
            group.cancelAll()
        }
        do { try await desk.flush() } catch { effects.complain("\(error)") }
    }

    /// Reads what may be probed, and writes down what was found, when it is time.
    private func look(_ state: inout State, _ traffic: Traffic) async {
        let steady = effects.steady()
        if let failed = state.failedAt, steady - failed < Self.patience { return }
        do {
            if state.plan.look(wall: effects.now() / 1_000, steady: steady) { state.readAt = nil }
            if state.readAt.map({ steady - $0 >= Self.reading }) ?? true { try await read(&state, traffic) }
            let isNews = traffic.isNews.exchange(false, ordering: .relaxed)
            if isNews || steady - state.wroteAt >= Int64(desk.policy.writeSeconds) * 1_000 {
                state.wroteAt = steady
                do { try await desk.flush() } catch {
                    if isNews { traffic.isNews.store(true, ordering: .relaxed) }
                    throw error
                }
                effects.tell()
            }
            if state.compactedAt.map({ steady - $0 >= Self.compacting }) ?? true {
                state.compactedAt = steady
                _ = try await desk.results.compact(at: Instant(seconds: effects.now() / 1_000_000))
            }
            state.failedAt = nil
        } catch {
            if Task.isCancelled { return }
            state.failedAt = steady
            effects.complain("\(error)")
        }
    }

    private func read(_ state: inout State, _ traffic: Traffic) async throws {
        try await desk.load()
        let now = Instant(seconds: effects.now() / 1_000_000)
        state.records = try await desk.targets.all()
        if desk.stop(state.records, at: now) { traffic.isNews.store(true, ordering: .relaxed) }
        state.agent = WatchProber.agent(try await institution.current()?.name ?? "")
        state.readAt = effects.steady()
    }

    /// Begins the probes that are due.
    private func begin(_ state: inout State, _ traffic: Traffic, _ group: inout DiscardingTaskGroup) {
        let busy = traffic.busy.withLock { $0 }
        let room = min(desk.policy.inFlight - busy.count, desk.policy.perSecond)
        let now = effects.now()
        let targets = state.records.compactMap { $0.inForce(at: Instant(seconds: now / 1_000_000)) }
        let due = state.plan.pick(
            targets, wall: now / 1_000, steady: effects.steady(), busy: busy, limit: max(0, room),
            random: effects.random)
        for target in due {
            traffic.busy.withLock { _ = $0.insert(target.id) }
            let agent = state.agent
            let at = Instant(seconds: now / 1_000_000)
            group.addTask {
                let finding = await prober.probe(target, agent)
                traffic.busy.withLock { _ = $0.remove(target.id) }
                // What was given up says nothing.
                guard !Task.isCancelled else { return }
                if desk.take(WatchResult(at: at, finding), of: target) {
                    traffic.isNews.store(true, ordering: .relaxed)
                }
            }
        }
    }
}
