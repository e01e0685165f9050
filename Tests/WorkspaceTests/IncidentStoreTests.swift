import Database
import Documents
import Incidents
import Rulebook
import Synchronization
import TestProcesses
import Testing
import Vault

@testable import Workspace

@Suite("A firm's incidents in its database")
struct IncidentStoreTests {
    private final class Clock: Sendable {
        private let value: Mutex<Int64>
        init(_ text: String) throws { value = Mutex(try #require(Instant(text)).seconds) }
        var now: Int64 { value.withLock { $0 } }
        func advance(_ seconds: Int64) { value.withLock { $0 += seconds } }
    }

    private let scratch: Scratch
    private let clock: Clock
    private let actor = TrailActor.system("test")

    init() throws {
        scratch = try Scratch()
        clock = try Clock("2026-11-19T09:39:00+08:00")
    }

    private func open() async throws -> (database: GovernanceDatabase, store: IncidentStore) {
        let clock = clock
        let database = try await GovernanceDatabase.open(
            try DataDirectory.openOrCreate(scratch.path + "/data"), migrations: IncidentStore.migrations,
            settings: DatabaseSettings(),
            effects: DatabaseEffects(
                now: { clock.now * 1_000_000 }, pause: { try await Task.sleep(for: .seconds(86_400)) }, trailFiles: .live))
        return (database, IncidentStore(database, rules: try IncidentRules.shipped(), now: { clock.now * 1_000_000 }))
    }

    private static let preliminary: [String: FieldValue?] = [
        "title": .text("下單網站無法連線"), "description": .text("網頁下單無法連線。"), "category": .text("ddos"), "impact": .text("trading"),
        "severity": .text("medium"), "state": .text("處理中"),
    ]

    @Test("A case outlives the program, to the last event; a refused action changes nothing; a stale page is told")
    func outlives() async throws {
        let aware = try #require(Instant("2026-11-19T09:38:00+08:00"))
        let (database, store) = try await open()
        let begun = try await store.begin(IncidentStart(aware: aware), actor)
        try await store.act(.declare, in: begun.id, actor)
        let written = try await store.act(.write(Self.preliminary), in: begun.id, after: 2, actor)
        await #expect { try await store.act(.close, in: begun.id, actor) } throws: {
            if case IncidentError.refused(.phase(.open)) = $0 { true } else { false }
        }
        await #expect { try await store.act(.link(9), in: begun.id, actor) } throws: {
            if case IncidentError.notFound(9) = $0 { true } else { false }
        }
        await #expect { try await store.act(.declare, in: begun.id, after: 2, actor) } throws: {
            if case IncidentError.meanwhile = $0 { true } else { false }
        }
        #expect(try await store.find(begun.id) == written)
        clock.advance(29 * 60 + 1)
        let filed = try await store.act(.file(FilingRequest(.notice(.preliminary))), in: begun.id, actor)
        #expect(filed.settled[ObligationID("market", .preliminary)]?.late == 1)
        await database.close()

        let (again, reopened) = try await open()
        #expect(try await reopened.find(begun.id) == filed)
        #expect(try await reopened.all() == [filed])
        let pages = try await reopened.history(begun.id)
        #expect(pages.map(\.event.action) == ["start", "declare", "write", "file"])
        // Begin, declare, write, file: one record each.
        let trail = try await again.changes(throwing: IncidentError.self)
        #expect(trail >= 4)
        await again.close()
    }

    @Test("Several cases are told apart, newest first, and counted without the drill")
    func several() async throws {
        let aware = try #require(Instant("2026-11-19T09:38:00+08:00"))
        let (database, store) = try await open()
        for drill in [false, true, false] {
            let begun = try await store.begin(IncidentStart(aware: aware, isDrill: drill), actor)
            try await store.act(.declare, in: begun.id, actor)
            try await store.act(.write(Self.preliminary), in: begun.id, actor)
            try await store.act(.file(FilingRequest(.notice(.preliminary))), in: begun.id, actor)
        }
        #expect(try await store.all().map(\.id) == [3, 2, 1])
        let month = try #require(YearMonth("2026-11"))
        let statistics = try await store.statistics(month...month, .reported)
        #expect(statistics.incidents.count == 2)
        #expect(statistics.inTime.numerator == 2)
        await database.close()
    }

    @Test("Two stores of one database see each other's events, however often they looked before")
    func twoStores() async throws {
        let (database, store) = try await open()
        let clock = clock
        let other = IncidentStore(database, rules: store.rules, now: { clock.now * 1_000_000 })
        let aware = try #require(Instant("2026-11-19T09:38:00+08:00"))
        let begun = try await store.begin(IncidentStart(aware: aware), actor)
        #expect(try await other.all() == [begun])
        let declared = try await store.act(.declare, in: begun.id, actor)
        #expect(try await other.all() == [declared])
        let second = try await other.begin(IncidentStart(aware: aware), actor)
        #expect(try await store.all() == [second, declared])
        #expect(try await other.all() == [second, declared])
        await database.close()
    }

    @Test("A list of the past is stored whole or not at all, and once")
    func past() async throws {
        let (database, store) = try await open()
        let reader = PastIncidentReader(taxonomy: store.rules.taxonomy, clocks: store.rules.clocks)
        let heading = "reference,aware,notified,category,impact\n"
        let good = "P-1,2026-03-02T09:00:00+08:00,2026-03-02T09:10:00+08:00,ddos,trading\n"
        let bad = reader.read(csv: Array((heading + good + good).utf8), now: store.instant)
        await #expect { try await store.importPast(bad, actor) } throws: {
            if case IncidentError.list = $0 { true } else { false }
        }
        #expect(try await store.past().isEmpty)
        let outcome = reader.read(csv: Array((heading + good).utf8), now: store.instant)
        #expect(try await store.importPast(outcome, actor) == 1)
        #expect(try await store.importPast(outcome, actor) == 0)
        #expect(try await store.past() == outcome.incidents)
        let (first, last) = (try #require(YearMonth("2026-01")), try #require(YearMonth("2026-12")))
        let statistics = try await store.statistics(first...last, .final)
        #expect((statistics.incidents.count, statistics.inTime.numerator, statistics.provisional) == (1, 1, 1))
        await database.close()
    }
}
