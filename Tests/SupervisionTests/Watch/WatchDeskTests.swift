import Database
import Documents
import Rulebook
import Synchronization
import TestProcesses
import Testing

@testable import Supervision

@Suite("The watch: approval, running, writing down, starting again")
struct WatchDeskTests {
    /// Answers what a closure says of the minute it is, and counts.
    final class Script: Sendable {
        let asked = Mutex<[(id: String, minute: Int64)]>([])
        private let clock: WatchTestClock
        private let answer: @Sendable (_ minute: Int64) -> WatchFinding.Outcome

        init(_ world: WatchWorld, _ answer: @escaping @Sendable (_ minute: Int64) -> WatchFinding.Outcome = { _ in .up }) {
            (clock, self.answer) = (world.clock, answer)
        }

        var prober: WatchProber {
            WatchProber { target, _ in
                let minute = self.clock.instant.minute
                self.asked.withLock { $0.append((target.id, minute)) }
                return WatchFinding(self.answer(minute), milliseconds: 12, status: 200, address: "192.0.2.1")
            }
        }

        func count(_ id: String) -> Int { asked.withLock { $0.count { $0.id == id } } }
    }

    static func refusal(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "done"
        } catch let error as SupervisionError {
            switch error {
            case .storage: return "storage"
            case .document(let error): return "document \(error.key)"
            case .fields(let problems): return "fields \(problems.keys.sorted())"
            case .notFound: return "not found"
            case .conflict: return "conflict"
            case .refused: return "refused"
            }
        } catch { return "\(error)" }
    }

    @Test("nothing is probed before a second person agrees, nor after the approval ends or the target is retired")
    func approval() async throws {
        let world = try await WatchWorld()
        let script = Script(world)
        try await world.desk.targets.save(WatchWorld.target(), after: nil, reason: "test", WatchWorld.actor)
        await world.run(minutes: 3, script.prober)
        #expect(script.count("orders") == 0)
        let today = world.clock.day
        #expect(
            await Self.refusal {
                try await world.desk.targets.approve("orders", version: 1, until: today, note: "", WatchWorld.actor)
            } == "refused")
        #expect(
            await Self.refusal {
                try await world.desk.targets.approve(
                    "orders", version: 1, until: today.adding(days: 367), note: "", WatchWorld.second)
            } == "document until")
        #expect(
            await Self.refusal {
                try await world.desk.targets.approve(
                    "orders", version: 1, until: today.adding(days: -1), note: "", WatchWorld.second)
            } == "document until")
        try await world.desk.targets.approve("orders", version: 1, until: today, note: "", WatchWorld.second)
        await world.run(minutes: 3, script.prober)
        let seen = script.count("orders")
        #expect(seen >= 3, "\(seen)")
        // A minute before midnight it is probed, after it no more.
        world.clock.pass(14 * 3_600_000)
        #expect(world.clock.day != today || world.clock.instant.text(in: .taipei).contains("T23"))
        world.clock.pass(2 * 3_600_000)
        await world.run(minutes: 3, script.prober)
        #expect(script.count("orders") == seen)
        #expect(try await world.sight().standing == .off)
        try await world.desk.targets.approve("orders", version: 1, until: world.clock.day, note: "", WatchWorld.second)
        await world.run(minutes: 2, script.prober)
        #expect(script.count("orders") > seen)
        let before = script.count("orders")
        try await world.desk.targets.retire("orders", reason: "moved", WatchWorld.actor)
        await world.run(minutes: 2, script.prober)
        #expect(script.count("orders") == before)
        #expect(
            await Self.refusal {
                try await world.desk.targets.save(WatchWorld.target(), after: 1, reason: "test", WatchWorld.actor)
            } == "conflict")
        await world.database.close()
    }

    @Test("a change waits for its own approval; what was agreed to goes on until then")
    func change() async throws {
        let world = try await WatchWorld()
        try await world.approve(WatchWorld.target())
        var other = WatchWorld.target()
        other.host = "elsewhere.mountain.example.com"
        try await world.desk.targets.save(other, after: 1, reason: "moved", WatchWorld.second)
        let record = try await world.desk.targets.record("orders")
        #expect(record.inForce(at: world.clock.instant)?.host == "orders.mountain.example.com" && record.waiting?.version == 2)
        #expect(
            await Self.refusal {
                try await world.desk.targets.approve(
                    "orders", version: 1, until: world.clock.day, note: "", WatchWorld.actor)
            } == "conflict")
        #expect(
            await Self.refusal {
                try await world.desk.targets.save(other, after: 1, reason: "late", WatchWorld.actor)
            } == "conflict")
        #expect(
            await Self.refusal {
                try await world.desk.targets.approve(
                    "orders", version: 2, until: world.clock.day, isAgreed: false, note: "", WatchWorld.actor)
            } == "document note")
        try await world.desk.targets.approve(
            "orders", version: 2, until: world.clock.day, isAgreed: false, note: "not theirs", WatchWorld.actor)
        let rejected = try await world.desk.targets.record("orders")
        #expect(rejected.waiting == nil && rejected.newest.rejectedBy == "examiner.one")
        #expect(rejected.inForce(at: world.clock.instant)?.host == "orders.mountain.example.com")
        #expect(
            await Self.refusal {
                try await world.desk.targets.approve("orders", version: 2, until: world.clock.day, note: "", WatchWorld.actor)
            } == "conflict")
        #expect(try await world.trail() == ["watch.propose", "watch.approve", "watch.propose", "watch.reject"])
        await world.database.close()
    }

    @Test("targets are bounded, and belong to a firm of the register")
    func bounds() async throws {
        let world = try await WatchWorld { policy in (policy.targetLimit, policy.targetOfFirmLimit) = (3, 2) }
        try await world.approve(WatchWorld.target("a"), WatchWorld.target("b"))
        #expect(
            await Self.refusal {
                try await world.desk.targets.save(WatchWorld.target("c"), after: nil, reason: "test", WatchWorld.actor)
            } == "conflict")
        #expect(
            await Self.refusal {
                try await world.desk.targets.save(WatchWorld.target("a"), after: nil, reason: "test", WatchWorld.actor)
            } == "conflict")
        var stranger = WatchWorld.target("d")
        stranger.firm = "unknown"
        let lost = stranger
        #expect(
            await Self.refusal { try await world.desk.targets.save(lost, after: nil, reason: "test", WatchWorld.actor) }
                == "not found")
        try await world.desk.targets.retire("b", reason: "test", WatchWorld.actor)
        try await world.desk.targets.save(WatchWorld.target("c"), after: nil, reason: "test", WatchWorld.actor)
        await world.database.close()
    }

    @Test("each target is probed once in its interval, at a second that chance picks, and every result is written")
    func running() async throws {
        let world = try await WatchWorld()
        try await world.approve(WatchWorld.target("each"), WatchWorld.target("fifth", interval: 5))
        let script = Script(world)
        await world.run(minutes: 30, script.prober)
        let each = script.asked.withLock { $0.filter { $0.id == "each" }.map(\.minute) }
        #expect(Set(each).count == each.count && (29...31).contains(each.count), "\(each.count)")
        // The first look does not wait for its turn.
        #expect((6...8).contains(script.count("fifth")), "\(script.count("fifth"))")
        let sight = try await world.sight("each")
        #expect(sight.standing == .up && sight.quarter.down == 0)
        #expect(sight.quarter.required == sight.quarter.up + sight.quarter.unknown && sight.quarter.up >= 27, "\(sight.quarter)")
        #expect(sight.last?.finding.status == 200)
        #expect(try await world.desk.latest("each", limit: 500).count == each.count)
        #expect(try await world.trail().filter { $0 == "watch.record" }.count <= 8)
        await world.database.close()
    }

    @Test("an outage: begin and end in the trail and at once in the tables, minutes against tolerance")
    func outage() async throws {
        let world = try await WatchWorld()
        try await world.approve(WatchWorld.target())
        let start = world.clock.instant.minute
        let script = Script(world) { (10..<15).contains($0 - start) ? .refused : .up }
        await world.run(minutes: 13, script.prober)
        let during = try await world.sight()
        #expect(during.standing == .down && during.outages.count == 1 && during.outages[0].outage.ended == nil)
        #expect(during.outages[0].outage.reason == .refused)
        await world.run(minutes: 12, script.prober)
        let after = try await world.sight()
        #expect(after.standing == .up && after.quarter.down == 5, "\(after.quarter)")
        #expect(after.outages.map(\.measure) == [WatchMeasure(down: 5, unknown: 0, tolerance: 3)])
        #expect(after.breaches == 1 && after.longest?.measure.verdict == .exceeded)
        #expect(after.outages[0].outage.began.minute == start + 10 && after.outages[0].outage.ended?.minute == start + 15)
        #expect(try await world.trail("watch.outage") == ["watch.outage-begin", "watch.outage-end"])
        #expect(world.clock.timesTold >= 2)
        await world.database.close()
    }

    @Test("a server that was off leaves a gap that is unknown, and goes on with an outage it knew")
    func restart() async throws {
        let world = try await WatchWorld()
        try await world.approve(WatchWorld.target())
        let start = world.clock.instant.minute
        let script = Script(world) { (6..<40).contains($0 - start) ? .timeout : .up }
        await world.run(minutes: 10, script.prober)
        await world.database.close()
        world.clock.pass(20 * 60_000)
        let again = try await WatchWorld(again: world)
        #expect(try await again.sight().standing == .unknown)
        let more = Script(again) { (6..<40).contains($0 - start) ? .timeout : .up }
        await again.run(minutes: 20, more.prober)
        let sight = try await again.sight()
        #expect(sight.outages.count == 1 && sight.outages[0].outage.began.minute == start + 6)
        #expect(sight.outages[0].outage.ended?.minute == start + 40, "\(sight.outages)")
        let measure = sight.outages[0].measure
        #expect(measure.unknown >= 18 && measure.down + measure.unknown == 34 && measure.down < 16, "\(measure)")
        #expect(sight.standing == .up)
        await again.database.close()
    }

    @Test("probes that say nothing of the service are unknown, and no outage")
    func silent() async throws {
        let world = try await WatchWorld()
        try await world.approve(WatchWorld.target())
        let script = Script(world) { _ in .resolver }
        await world.run(minutes: 10, script.prober)
        let sight = try await world.sight()
        #expect(sight.standing == .unknown && sight.quarter.known == 0 && sight.outages.isEmpty)
        #expect(sight.last?.finding.outcome == .resolver && sight.quarter.unknown >= 8)
        await world.database.close()
    }

    @Test("a clock that is set: forward a gap, back nothing counts twice")
    func clock() async throws {
        let world = try await WatchWorld()
        try await world.approve(WatchWorld.target())
        let script = Script(world)
        await world.run(minutes: 10, script.prober)
        world.clock.set(3_600)
        await world.run(minutes: 10, script.prober)
        let forward = try await world.sight()
        #expect((15...20).contains(forward.quarter.up) && forward.quarter.unknown >= 58, "\(forward.quarter)")
        world.clock.set(-3_600)
        await world.run(minutes: 10, script.prober)
        let back = try await world.sight()
        #expect(
            back.quarter.required <= 31 && back.quarter.up <= back.quarter.required && back.quarter.up >= 16, "\(back.quarter)")
        #expect(try await world.trail("watch.clock").count == 1)
        await world.database.close()
    }

    @Test("no more probes at once than may be, and none of a target that is still under way")
    func crowd() async throws {
        let world = try await WatchWorld { policy in (policy.inFlight, policy.perSecond) = (4, 2) }
        for number in 0..<9 { try await world.approve(WatchWorld.target("t\(number)")) }
        let now = Mutex(0)
        let most = Mutex(0)
        let ids = Mutex<[String]>([])
        let prober = WatchProber { target, _ in
            let count = now.withLock { now in
                now += 1
                return now
            }
            most.withLock { $0 = max($0, count) }
            let isAlone = ids.withLock { ids in
                defer { ids.append(target.id) }
                return !ids.contains(target.id)
            }
            #expect(isAlone)
            for _ in 0..<200 { await Task.yield() }
            ids.withLock { ids in ids.removeAll { $0 == target.id } }
            now.withLock { $0 -= 1 }
            return WatchFinding(.up)
        }
        await world.run(minutes: 6, prober)
        #expect(most.withLock { $0 } <= 4)
        for number in 0..<9 { #expect(try await !world.desk.latest("t\(number)", limit: 10).isEmpty) }
        await world.database.close()
    }

    @Test("it ends when it is told to, though a probe hangs; what was given up is no result")
    func stopping() async throws {
        let world = try await WatchWorld()
        try await world.approve(WatchWorld.target())
        let begun = Mutex(false)
        let prober = WatchProber { _, _ in
            begun.withLock { $0 = true }
            try? await Task.sleep(for: .seconds(3_600))
            return WatchFinding(.timeout)
        }
        let clock = world.clock
        let runner = WatchRunner(
            world.desk, world.supervision.institution, prober: prober,
            effects: WatchEffects(
                now: { clock.wall }, steady: { clock.steady },
                sleep: { _ in
                    clock.pass(1_000)
                    try await Task.sleep(for: .milliseconds(1))
                }, random: { _ in 0 }, tell: {}, complain: { _ in }))
        let task = Task { await runner.run() }
        while !begun.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(2)) }
        task.cancel()
        await task.value
        #expect(try await world.desk.latest("orders", limit: 10).isEmpty)
        await world.database.close()
    }

    @Test("what cannot be written waits, within bounds, and is complained about")
    func unwritten() async throws {
        let world = try await WatchWorld { $0.waitingLimit = 20 }
        try await world.approve(WatchWorld.target())
        try await world.desk.load()
        await world.database.close()
        for minute in 0..<50 as Range<Int64> {
            _ = world.desk.take(
                WatchResult(at: world.clock.instant.adding(seconds: minute * 60), WatchFinding(.up)), of: WatchWorld.target())
        }
        #expect(await Self.refusal { try await world.desk.flush() } == "storage")
        let again = try await WatchWorld(again: world)
        #expect(try await again.desk.latest("orders", limit: 100).isEmpty)
        let complaints = Mutex<[String]>([])
        await world.run(minutes: 2, Script(world).prober) { complaint in complaints.withLock { $0.append(complaint) } }
        #expect(complaints.withLock { !$0.isEmpty })
        await again.database.close()
    }

    @Test("old results become counts of hours, once; what is older than those is forgotten")
    func compacting() async throws {
        let world = try await WatchWorld { policy in (policy.rawDays, policy.hourDays) = (1, 3) }
        try await world.approve(WatchWorld.target())
        let script = Script(world) { $0 % 10 == 0 ? .resolver : $0 % 7 == 0 ? .timeout : .up }
        await world.run(minutes: 120, script.prober)
        let all = try await world.desk.latest("orders", limit: 1_000)
        world.clock.pass(36 * 3_600_000)
        #expect(try await world.desk.results.compact(at: world.clock.instant))
        #expect(try await world.desk.results.compact(at: world.clock.instant) == false)
        #expect(try await world.desk.latest("orders", limit: 1_000).isEmpty)
        let hours = try await world.desk.hours("orders")
        #expect(hours.reduce(0) { $0 + $1.up } == all.count { $0.finding.outcome == .up })
        #expect(hours.reduce(0) { $0 + $1.failed } == all.count { $0.finding.outcome == .timeout })
        #expect(hours.reduce(0) { $0 + $1.silent } == all.count { $0.finding.outcome == .resolver })
        #expect(hours.allSatisfy { $0.slowest == 12 } && (2...4).contains(hours.count))
        // Minutes and outages stay as they were counted.
        #expect(try await world.sight().quarter.up > 80)
        await world.database.close()
    }

    @Test("days on which markets are closed are not required; the word can be taken back")
    func days() async throws {
        let world = try await WatchWorld()
        try await world.approve(WatchWorld.target(hours: ["securities"]))
        await world.run(minutes: 10, Script(world).prober)
        #expect(try await world.sight().quarter.required >= 8)
        try await world.desk.targets.mark(world.clock.day, isOpen: false, note: "typhoon", WatchWorld.actor)
        #expect(try await world.sight().quarter.required == 0)
        #expect(try await world.desk.targets.days().map(\.note) == ["typhoon"])
        try await world.desk.targets.mark(world.clock.day, isOpen: nil, note: "", WatchWorld.actor)
        #expect(try await world.sight().quarter.required >= 8)
        #expect(
            await Self.refusal { try await world.desk.targets.mark(world.clock.day, isOpen: true, note: "", WatchWorld.actor) }
                == "document note")
        await world.database.close()
    }

    @Test("when each target is due: in its own minute of its interval, after a step of the clock anew, never in a heap")
    func plan() {
        var plan = WatchPlan()
        func wasSet(_ wall: Int64, _ steady: Int64) -> Bool { plan.look(wall: wall, steady: steady) }
        let targets = (0..<40).map { WatchWorld.target("t\($0)", interval: $0 % 4 == 0 ? 1 : 5) }
        var generator = SeededGenerator(seed: 9)
        var (wall, steady, seen) = (Int64(1_800_234_000_000), Int64(0), [String: [Int64]]())
        #expect(!wasSet(wall, steady))
        for _ in 0..<1_800 {
            let picked = plan.pick(
                targets, wall: wall, steady: steady, busy: [], limit: 3
            ) { Int.random(in: 0..<max(1, $0), using: &generator) }
            #expect(picked.count <= 3)
            for target in picked { seen[target.id, default: []].append(wall / 60_000) }
            (wall, steady) = (wall + 1_000, steady + 1_000)
            #expect(!wasSet(wall, steady))
        }
        for target in targets {
            let minutes = (seen[target.id] ?? []).dropFirst()
            #expect(Set(minutes).count == minutes.count && minutes.count >= 30 / target.interval - 2, "\(target.id) \(minutes)")
            #expect(
                minutes.allSatisfy { ($0 - WatchPlan.phase(target)) % Int64(target.interval) == 0 }, "\(target.id) \(minutes)")
        }
        #expect(wasSet(wall + 3_600_000, steady))
        #expect(!wasSet(wall + 3_601_000, steady + 1_000))
    }
}
