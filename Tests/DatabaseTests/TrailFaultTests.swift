import Database
import GRDB
import Glibc
import Synchronization
import TestProcesses
import Testing
import Vault

@Suite("A trail that takes no records")
struct TrailFaultTests {
    private static let refused = VaultError(.file, "the disk does not answer")

    /// What the trail must hold after `names` were added: each once, in order, nothing else.
    private static func check(_ database: GovernanceDatabase, _ names: [String]) async throws {
        try await database.flushTrail()
        #expect(try await database.names() == names)
        let records = try trailRecords(database.directory.trail)
        #expect(records.map(\.sequence) == Array(1...Int64(records.count)))
        #expect(records.filter { $0.entry.action == "thing.add" }.map(\.entry.object.id) == names)
        #expect(database.trailHealth == .flowing)
    }

    @Test("failing before or after the bytes are durable, records wait, and none is lost or doubled", arguments: [false, true])
    func failingSync(_ isDurable: Bool) async throws {
        var data = try TestData()
        let flag = Flag()
        let sync = data.effects.trailFiles.sync
        data.changeFiles { files in
            files.sync = { file throws(VaultError) in
                if flag.isSet, !isDurable { throw Self.refused }
                try sync(file)
                if flag.isSet { throw Self.refused }
            }
        }
        let database = try await data.open()
        try await database.add("a")
        try await database.flushTrail()
        flag.set()
        for name in ["b", "c"] { try await database.add(name) }
        #expect(await code { try await database.flushTrail() } == .file)
        guard case .waiting = database.trailHealth else {
            Issue.record("\(database.trailHealth)")
            return
        }
        try await database.add("d")
        #expect(try await database.trailWaiting() > 0)
        flag.clear()
        try await Self.check(database, ["a", "b", "c", "d"])
        #expect(try await database.trailWaiting() == 0)
        await database.close()
        #expect(try DataVerifier(data.path).run().isSound)
    }

    @Test("each sync of the trail failing in turn, durable or not, once", arguments: [false, true])
    func everySync(_ isDurable: Bool) async throws {
        var failed = 0
        for number in 0..<14 {
            var data = try TestData()
            let counter = Counter()
            let armed = Flag()
            let sync = data.effects.trailFiles.sync
            data.changeFiles { files in
                files.sync = { file throws(VaultError) in
                    let isChosen = armed.isSet && counter.next() == number
                    if isChosen, !isDurable { throw Self.refused }
                    try sync(file)
                    if isChosen { throw Self.refused }
                }
            }
            let database = try await data.open()
            armed.set()
            for name in ["a", "b", "c", "d"] {
                try await database.add(name)
                if await code({ try await database.flushTrail() }) != nil { failed += 1 }
            }
            try await Self.check(database, ["a", "b", "c", "d"])
            await database.close()
            #expect(try DataVerifier(data.path).run().isSound, "sync \(number)")
        }
        #expect(failed > 5, "\(failed)")
    }

    @Test("what is read back after a failed sync is not believed before it really was written", arguments: [false, true])
    func lyingDisk(_ isForgetful: Bool) async throws {
        var data = try TestData()
        let disk = LyingDisk(isForgetful: isForgetful)
        data.changeFiles { disk.watch(&$0) }
        var database = try await data.open()
        try await database.add("a")
        try await database.flushTrail()
        disk.fails.set()
        try await database.add("b")
        #expect(await code { try await database.flushTrail() } == .file)
        if !isForgetful {
            // A process that was killed before its sync leaves the same; the next one knows of no failure.
            await database.close()
            #expect(disk.isBehind)
            disk.fails.clear()
            database = try await data.open()
        }
        disk.fails.clear()
        try await Self.check(database, ["a", "b"])
        #expect(await database.trailRecovered > 0 && !disk.isBehind)
        await database.close()
    }

    @Test("the database failing after the trail took the records: they are not appended again")
    func failingDelete() async throws {
        let data = try TestData()
        let database = try await data.open()
        try await database.add("a")
        try await database.flushTrail()
        // A trigger stands in for every reason for which the outbox cannot be written.
        @Sendable func trigger(_ sql: String) async throws {
            try await database.change(alice) { db, trail in
                try db.execute(sql: sql)
                trail.note(TrailEntry("fault.set", .init("fault")))
            }
        }
        try await trigger(
            "CREATE TRIGGER stop BEFORE DELETE ON trail_outbox BEGIN SELECT RAISE(ABORT, 'stopped'); END")
        try await database.add("b")
        #expect(await code { try await database.flushTrail() } != nil)
        try await database.add("c")
        #expect(await code { try await database.flushTrail() } != nil)
        try await trigger("DROP TRIGGER stop")
        try await Self.check(database, ["a", "b", "c"])
        #expect(await database.trailRecovered > 0)
        await database.close()
    }

    @Test("a full disk: as many records wait as may, then changes are refused and undone; room again, everything goes on")
    func bound() async throws {
        var data = try TestData()
        data.settings.outboxLimit = 10
        let flag = Flag()
        let space = data.effects.trailFiles.space
        data.changeFiles { files in
            files.space = { path throws(VaultError) in flag.isSet ? DiskSpace(total: 100, free: 1) : try space(path) }
        }
        var database = try await data.open()
        try await database.flushTrail()
        flag.set()
        for number in 0..<10 { try await database.add("\(number)") }
        let error = await failure { try await database.add("10") }
        #expect(error?.code == .trailFull && error?.remedy != nil)
        #expect(try await database.names().count == 10)
        #expect(await code { try await database.flushTrail() } == .full)
        #expect(try await database.trailWaiting() == 10)
        // Closed and opened in that state, it is the same.
        await database.close()
        database = try await data.open()
        #expect(await code { try await database.add("10") } == .trailFull)
        #expect(try await database.names().count == 10)
        flag.clear()
        try await database.flushTrail()
        try await database.add("10")
        try await Self.check(database, (0...10).map(String.init))
        await database.close()
    }

    @Test("a trail that is exchanged while the server runs stops every change, and reading goes on")
    func exchanged() async throws {
        var data = try TestData()
        let flag = Flag()
        let sync = data.effects.trailFiles.sync
        data.changeFiles { files in
            files.sync = { file throws(VaultError) in
                if flag.isSet { throw Self.refused }
                try sync(file)
            }
        }
        let database = try await data.open()
        try await database.add("a")
        try await database.flushTrail()
        flag.set()
        try await database.add("b")
        #expect(await code { try await database.flushTrail() } == .file)
        #expect(rename(data.path + "/vault/trail", data.path + "/vault/elsewhere") == 0)
        flag.clear()
        #expect(await code { try await database.flushTrail() } == .trailBroken)
        #expect(await code { try await database.add("c") } == .trailBroken)
        guard case .broken = database.trailHealth else {
            Issue.record("\(database.trailHealth)")
            return
        }
        #expect(try await database.names() == ["a", "b"])
        // Put right, it goes on without a new start.
        #expect(rename(data.path + "/vault/elsewhere", data.path + "/vault/trail") == 0)
        try await Self.check(database, ["a", "b"])
        try await database.add("c")
        try await Self.check(database, ["a", "b", "c"])
        await database.close()
    }

    @Test("what another process notes is drained with the rest, in its place")
    func otherProcess() async throws {
        let data = try TestData()
        let database = try await data.open()
        try await database.add("a")
        _ = try DataBackup(
            of: database.directory, to: data.scratch.path + "/backup", program: "test", actor: .console(uid: 7, name: "bob"),
            effects: data.effects
        ).run()
        try await database.add("b")
        try await database.flushTrail()
        let records = try trailRecords(database.directory.trail)
        #expect(records.map(\.entry.action).suffix(3) == ["thing.add", "data.backup", "thing.add"])
        #expect(records.map(\.sequence) == Array(1...Int64(records.count)))
        await database.close()
    }
}

/// Counts calls.
final class Counter: Sendable {
    private let value = Mutex(-1)

    func next() -> Int {
        value.withLock {
            $0 += 1
            return $0
        }
    }
}

/// A disk whose syncs fail: what was written can be read, and is not on it. A forgetful one, like Linux, takes the pages of a failed sync for
/// clean, so that the next sync says yes without having written them.
final class LyingDisk: Sendable {
    private struct Pages {
        var dirty: Set<UInt64> = []
        var lost: Set<UInt64> = []
    }

    private struct State {
        var names: [Int32: String] = [:]
        var pages: [String: Pages] = [:]
    }

    let fails = Flag()
    private let isForgetful: Bool
    private let state = Mutex(State())

    init(isForgetful: Bool) { self.isForgetful = isForgetful }

    /// Whether some page of a file that holds records is not on the disk.
    var isBehind: Bool {
        state.withLock { $0.pages.contains { $0.key.hasSuffix(".wal") && !($0.value.dirty.isEmpty && $0.value.lost.isEmpty) } }
    }

    func watch(_ files: inout FileEffects) {
        let (open, write, sync, rename, remove) = (files.open, files.write, files.sync, files.rename, files.remove)
        files.open = { (path, mode) throws(VaultError) in
            let file = try open(path, mode)
            self.state.withLock { $0.names[file] = path }
            return file
        }
        files.write = { (file, bytes, offset) throws(VaultError) in
            let count = try write(file, bytes, offset)
            self.state.withLock { state in
                guard let name = state.names[file], count > 0 else { return }
                for page in offset / 4_096...(offset + UInt64(count) - 1) / 4_096 {
                    state.pages[name, default: Pages()].dirty.insert(page)
                    state.pages[name]?.lost.remove(page)
                }
            }
            return count
        }
        files.sync = { file throws(VaultError) in
            let isFailing = self.fails.isSet
            if !isFailing { try sync(file) }
            self.state.withLock { state in
                guard let name = state.names[file], let pages = state.pages[name], !isFailing || self.isForgetful else { return }
                state.pages[name]?.dirty = []
                if isFailing { state.pages[name]?.lost.formUnion(pages.dirty) }
            }
            if isFailing { throw VaultError(.file, "the disk does not answer") }
        }
        files.rename = { (from, to) throws(VaultError) in
            try rename(from, to)
            self.state.withLock { state in
                state.pages[to] = state.pages.removeValue(forKey: from)
                for (file, name) in state.names where name == from { state.names[file] = to }
            }
        }
        files.remove = { path throws(VaultError) in
            try remove(path)
            self.state.withLock { _ = $0.pages.removeValue(forKey: path) }
        }
    }
}
