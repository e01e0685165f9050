import Assessment
import Checks
import Database
import Documents
import Rulebook
import Synchronization
import TestProcesses
import Testing
import Vault

@testable import Workspace

/// A firm in a scratch folder, with a clock that a test moves.
private final class Place: Sendable {
    let scratch: Scratch
    let database: GovernanceDatabase
    let workspace: Workspace
    let time: Mutex<Int64>
    let actor = TrailActor.system("test")

    init(_ scratch: Scratch? = nil) async throws {
        let scratch = try scratch ?? Scratch()
        self.scratch = scratch
        time = Mutex(1_800_000_000)
        let clock = ClockBox()
        self.clock = clock
        var settings = DatabaseSettings()
        settings.vault.activeBytes = 1 << 20
        settings.segmentHeight = 8
        database = try await GovernanceDatabase.open(
            try DataDirectory.openOrCreate(scratch.path + "/data"), migrations: Workspace.migrations, settings: settings,
            effects: DatabaseEffects(
                now: { clock.now * 1_000_000 }, pause: { try await Task.sleep(for: .seconds(86_400)) }, trailFiles: .live))
        let rulebook = try ShippedFiles.rulebook()
        workspace = try await Workspace(
            database, rulebook: rulebook, library: try CheckLibrary.load(rulebook: rulebook, adding: []),
            now: { clock.now * 1_000_000 })
    }

    let clock: ClockBox

    func decide(_ kinds: [String] = ["fcm"], after version: Int = 0) async throws {
        _ = try await workspace.firm.decide(
            .object([
                ("schema", .text(Profile.schema)), ("name", "範例期貨"), ("firm", .object([("entity_kinds", .texts(kinds))])),
            ]), after: version, reason: "test", actor)
    }

    func facts(_ host: String, maximumAge days: Int) throws -> HostFacts {
        let text = """
            {"schema":"plumbline.facts/1","facts_schema":"linux/1","collected":"\(Instant(seconds: clock.now))",
             "collector":{"name":"plumbline","version":"0","user":0},"host":{"name":"\(host)","system":"Test Linux 1"},
             "sources":{"audit":{"state":"read"}},"facts":{"audit":{"running":false,"days":\(days)}}}
            """
        return try HostFacts(try JSONReader.read(Array(text.utf8)), origin: "test")
    }
}

private final class ClockBox: Sendable {
    private let value = Mutex<Int64>(1_800_000_000)
    var now: Int64 { value.withLock { $0 } }
    func pass(_ seconds: Int64) { value.withLock { $0 += seconds } }
}

@Suite("The workspace of a firm")
struct WorkspaceTests {
    @Test("a system without facts is undetermined, never a pass; a verdict stands until it changes, also over a restart")
    func standing() async throws {
        let place = try await Place()
        #expect(try await place.workspace.boards.assess(cause: "early", place.actor) == nil)
        try await place.decide()
        try await place.workspace.systems.save(
            SystemEntry(id: "order", name: "下單", hosts: ["web-1"]), isNew: true, place.actor)
        let first = try #require(try await place.workspace.boards.assess(cause: "first", place.actor))
        let systems = first.standings.filter { $0.system == "order" && $0.verdict != .notApplicable }
        #expect(!systems.isEmpty && systems.allSatisfy { $0.verdict == .undetermined })
        place.clock.pass(60)
        let second = try #require(try await place.workspace.boards.assess(cause: "again", place.actor))
        #expect(second.standings == first.standings)
        #expect(try await place.workspace.boards.store.changes(since: 1_800_000_001).isEmpty)
        let board = try await place.workspace.boards.store.load(place.workspace.rulebook)
        #expect(board.standings == second.standings && board.at == second.at)
        await place.database.close()
        // Opened again, the same stands.
        let again = try await Place(place.scratch)
        #expect(again.workspace.boards.board.standings == second.standings)
        #expect(try await again.workspace.boards.store.assessments().map(\.cause) == ["again", "first"])
        await again.database.close()
    }

    @Test("the morning is remembered, but never older than the last change; hosts that say nothing are named")
    func morning() async throws {
        let place = try await Place()
        let keeper = place.workspace.morning
        let now = place.clock.now
        #expect(try await keeper.morning(at: now).firm.isEmpty)
        try await place.decide()
        let named = try await keeper.morning(at: now)
        #expect(named.firm == "範例期貨" && named.changes.isEmpty && named.silentHosts.isEmpty)
        try await place.workspace.systems.save(
            SystemEntry(id: "order", name: "下單", hosts: ["zeta", "web-1", "alpha"]), isNew: true, place.actor)
        #expect(try await keeper.morning(at: now).silentHosts == ["alpha", "web-1", "zeta"])
        for days in 1...3 {
            place.clock.pass(60)
            for host in ["web-1", "beta"] {
                _ = try await place.workspace.hosts.keep(
                    try place.facts(host, maximumAge: days), origin: "test", place.actor)
            }
        }
        #expect(try await place.workspace.hosts.names() == ["beta", "web-1"])
        let newest = try await place.workspace.hosts.newest()
        #expect(newest.map(\.host) == ["beta", "web-1"] && newest.allSatisfy { $0.collected.seconds == place.clock.now })
        #expect(try await keeper.morning(at: now).silentHosts == ["alpha", "zeta"])
        try await place.workspace.boards.assess(cause: "first", place.actor)
        #expect(try await !keeper.morning(at: place.clock.now).changes.isEmpty)
        try await place.workspace.systems.retire("order", true, reason: "gone", place.actor)
        #expect(try await keeper.morning(at: place.clock.now).silentHosts.isEmpty)
        place.clock.pass(86_460)
        let later = try await keeper.morning(at: place.clock.now)
        #expect(later.changes.isEmpty && place.clock.now - later.since >= 86_400 && place.clock.now - later.since < 86_460)
        await place.database.close()
    }

    @Test("what changed is told with what it was, ends the stretch before, and a system that goes leaves no open one")
    func changes() async throws {
        let place = try await Place()
        try await place.decide()
        try await place.workspace.systems.save(SystemEntry(id: "order", name: "下單"), isNew: true, place.actor)
        try await place.workspace.boards.assess(cause: "first", place.actor)
        place.clock.pass(100)
        try await place.decide(["securities"], after: 1)
        try await place.workspace.boards.assess(cause: "other kind", place.actor)
        let changes = try await place.workspace.boards.store.changes(since: 1_800_000_050, limit: 10_000)
        #expect(!changes.isEmpty && changes.allSatisfy { $0.at == 1_800_000_100 && $0.before != $0.after })
        let change = try #require(changes.first { $0.before != nil })
        let spans = try await place.workspace.boards.store.history(clause: change.clause, system: change.system)
        #expect(spans.count == 2 && spans[0].until == nil && spans[1].until == 1_800_000_100)
        #expect(spans[1].standing.verdict == change.before && spans[0].standing.verdict == change.after)
        place.clock.pass(100)
        try await place.workspace.systems.retire("order", true, reason: "gone", place.actor)
        try await place.workspace.boards.assess(cause: "gone", place.actor)
        #expect(!place.workspace.boards.board.standings.contains { $0.system == "order" })
        let ended = try await place.workspace.boards.store.history(clause: change.clause, system: "order")
        #expect(ended.allSatisfy { $0.until != nil })
        await place.database.close()
    }

    @Test("facts are kept once, as evidence that is rehashed when it is read; a changed byte and a future clock are refused")
    func facts() async throws {
        let place = try await Place()
        let hosts = place.workspace.hosts
        let facts = try place.facts("web-1", maximumAge: 90)
        #expect(try await hosts.keep(facts, origin: "test", place.actor))
        #expect(try await !hosts.keep(facts, origin: "test", place.actor))
        let entry = try #require(try await hosts.newest().first)
        #expect(try hosts.facts(entry).sha256 == facts.sha256)
        let path = "\(place.scratch.path)/data/evidence/sha256/\(entry.sha256.prefix(2))/\(entry.sha256)"
        var bytes = try Files.read(path)
        bytes[bytes.count / 2] ^= 1
        try Files.write(bytes, path)
        #expect(throws: WorkspaceError.self) { try hosts.facts(entry) }
        place.clock.pass(-86_400)
        await #expect(throws: WorkspaceError.self) {
            try await hosts.keep(place.facts("web-1", maximumAge: 1).shifted(), origin: "test", place.actor)
        }
        for text in ["", "{}", "{\"schema\":\"plumbline.facts/1\"}", "[", String(repeating: "[", count: 5_000)] {
            #expect(throws: WorkspaceError.self) { try HostStore.read(Array(text.utf8), origin: "test") }
        }
        #expect(try await hosts.newest().count == 1)
        await place.database.close()
    }

    @Test("two people who decide on the same version: the second one is told")
    func conflict() async throws {
        let place = try await Place()
        try await place.decide()
        await #expect(throws: WorkspaceError.self) { try await place.decide(["securities"], after: 0) }
        #expect(try await place.workspace.firm.current()?.version == 1)
        await #expect(throws: WorkspaceError.self) { try await place.decide(["no-such-kind"], after: 1) }
        await place.database.close()
    }

    @Test("the inventory refuses what is not a system, and says which field")
    func inventory() async throws {
        let place = try await Place()
        for system in [
            SystemEntry(id: "", name: "x"), SystemEntry(id: "A B", name: "x"), SystemEntry(id: "a/../b", name: "x"),
            SystemEntry(id: "a", name: ""),
            SystemEntry(id: "a", name: "x\u{0}y"), SystemEntry(id: "a", name: "x", hosts: ["h", "h"]),
            SystemEntry(id: "a", name: "x", facts: ["no_such_fact": true]),
            SystemEntry(id: "a", name: "x", facts: ["core": "yes"]),
            SystemEntry(id: "a", name: "x", recoveryTime: -1), SystemEntry(id: "a", name: String(repeating: "x", count: 201)),
        ] {
            await #expect(throws: WorkspaceError.self, "\(system)") {
                try await place.workspace.systems.save(system, isNew: true, place.actor)
            }
        }
        #expect(try await place.workspace.systems.all().isEmpty)
        try await place.workspace.systems.save(SystemEntry(id: "a", name: "x"), isNew: true, place.actor)
        await #expect(throws: WorkspaceError.self) {
            try await place.workspace.systems.save(SystemEntry(id: "a", name: "y"), isNew: true, place.actor)
        }
        await #expect(throws: WorkspaceError.self) {
            try await place.workspace.systems.save(SystemEntry(id: "b", name: "y"), isNew: false, place.actor)
        }
        await place.database.close()
    }

    @Test("a clause opened shows the fact that decided it, and hosts nobody named are judged as systems of their own")
    func opened() async throws {
        let place = try await Place()
        try await place.decide()
        _ = try await place.workspace.hosts.keep(try place.facts("stray", maximumAge: 99_999), origin: "test", place.actor)
        try await place.workspace.boards.assess(cause: "first", place.actor)
        let board = place.workspace.boards.board
        let broken = try #require(board.standings.first { $0.system == "stray" && $0.says.measured == .no })
        let opened = try await place.workspace.boards.open(clause: broken.clause, system: "stray")
        #expect(opened.trace.judgement.verdict == broken.verdict)
        let found = opened.trace.requirements.flatMap(\.observations).compactMap(\.outcome).flatMap(\.evaluation.findings)
        #expect(found.contains { $0.line > 0 })
        await #expect(throws: WorkspaceError.self) { try await place.workspace.boards.open(clause: "no-such", system: "stray") }
        await #expect(throws: WorkspaceError.self) {
            try await place.workspace.boards.open(clause: broken.clause, system: "none")
        }
        await place.database.close()
    }
}

extension HostFacts {
    /// The same facts; their time is that of the clock before it was set back.
    fileprivate func shifted() throws -> HostFacts {
        let text = String(decoding: bytes, as: UTF8.self).replacing("\(collected)", with: "\(collected.adding(seconds: 90_000))")
        return try HostFacts(try JSONReader.read(Array(text.utf8)), origin: "test")
    }
}
