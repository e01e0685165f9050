import Database
import Documents
import Rulebook
import Synchronization
import TestProcesses
import Testing
import Vault

@testable import Supervision

/// A supervisor's installation with one firm, whose clocks a test moves.
final class WatchWorld: Sendable {
    let scratch: Scratch
    let database: GovernanceDatabase
    let supervision: Supervision
    let desk: WatchDesk
    let clock: WatchTestClock
    static let actor = TrailActor.account(id: "1", name: "examiner.one")
    static let second = TrailActor.account(id: "2", name: "examiner.two")

    /// A new one, or another's data directory opened again, with its limits changed.
    init(again world: WatchWorld? = nil, _ change: (inout WatchPolicy) -> Void = { _ in }) async throws {
        let scratch = try world?.scratch ?? Scratch()
        let clock = world?.clock ?? WatchTestClock()
        (self.scratch, self.clock) = (scratch, clock)
        var settings = DatabaseSettings()
        settings.vault.activeBytes = 1 << 20
        settings.segmentHeight = 8
        database = try await GovernanceDatabase.open(
            try DataDirectory.openOrCreate(scratch.path + "/data"), migrations: Supervision.migrations, settings: settings,
            effects: DatabaseEffects(
                now: { clock.wall }, pause: { try await Task.sleep(for: .seconds(86_400)) }, trailFiles: .live))
        supervision = try Supervision(database, rulebook: try ShippedFiles.rulebook(), now: { clock.wall })
        var policy = try WatchPolicy.shipped()
        change(&policy)
        desk = WatchDesk(
            WatchStore(database: database, register: supervision.register, policy: policy, now: { clock.wall }))
        if world == nil {
            let day = try #require(CivilDate("2020-01-01"))
            try await supervision.register.save(
                [Firm(id: "mountain", names: [.init(from: day, legal: "範例山岳證券股份有限公司", short: "山岳證券")])], after: [:],
                reason: "test", Self.actor)
        }
    }

    static func target(_ id: String = "orders", interval: Int = 1, hours: [String] = ["always"]) -> WatchTarget {
        WatchTarget(
            id: id, firm: "mountain", name: "下單網站", kind: .https, host: "orders.mountain.example.com", port: 443, path: "/login",
            interval: interval, timeout: 10, tolerance: 3, hours: hours)
    }

    /// Asks for targets, and agrees to them.
    func approve(_ targets: WatchTarget...) async throws {
        for target in targets {
            try await desk.targets.save(target, after: nil, reason: "test", Self.actor)
            try await desk.targets.approve(
                target.id, version: 1, until: clock.day.adding(days: 30), note: "", Self.second)
        }
    }

    /// Runs the watch for some minutes of the test's clocks.
    func run(minutes: Int64, _ prober: WatchProber, complain: @escaping @Sendable (String) -> Void = { _ in }) async {
        let end = clock.steady + minutes * 60_000
        let clock = clock
        let effects = WatchEffects(
            now: { clock.wall }, steady: { clock.steady },
            sleep: { milliseconds in
                // Lets the probes that were begun come to their end.
                for _ in 0..<30 { await Task.yield() }
                guard clock.steady < end else { throw CancellationError() }
                clock.pass(milliseconds)
            }, random: { limit in limit / 2 }, tell: { clock.told() }, complain: complain)
        await WatchRunner(desk, supervision.institution, prober: prober, effects: effects).run()
    }

    /// How the one target stands.
    func sight(_ id: String = "orders") async throws -> WatchSight {
        try #require(try await desk.sights(at: clock.instant, of: id).first)
    }

    /// Actions in the trail that begin with a word, in order.
    func trail(_ prefix: String = "watch.") async throws -> [String] {
        try await database.flushTrail()
        return try await database.trail().find(TrailFilter(), limit: 1_000).hits.map(\.record.entry.action).filter {
            $0.hasPrefix(prefix)
        }
        .reversed()
    }
}

/// Two clocks: one that can be set, one that only goes on.
final class WatchTestClock: Sendable {
    private struct State {
        // Monday, 2027-01-18, 09:00 in Taipei.
        var wall: Int64 = 1_800_234_000_000
        var steady: Int64 = 5_000
        var told = 0
    }

    private let state = Mutex(State())

    /// Microseconds.
    var wall: Int64 { state.withLock { $0.wall * 1_000 } }
    /// Milliseconds.
    var steady: Int64 { state.withLock { $0.steady } }
    var instant: Instant { Instant(seconds: wall / 1_000_000) }
    var day: CivilDate { instant.date(in: .taipei) }
    var timesTold: Int { state.withLock { $0.told } }

    func pass(_ milliseconds: Int64) {
        state.withLock { state in
            state.wall += milliseconds
            state.steady += milliseconds
        }
    }

    /// Somebody sets the clock.
    func set(_ seconds: Int64) { state.withLock { $0.wall += seconds * 1_000 } }
    func told() { state.withLock { $0.told += 1 } }
}
