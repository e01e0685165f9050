import Database
import GRDB
import Glibc
import Synchronization
import TestProcesses
import Testing

@testable import Vault

/// A clock that stands still until it is moved.
final class TestClock: Sendable {
    private let time: Mutex<Int64>

    init(_ time: Int64 = 1_800_000_000_000_000) { self.time = Mutex(time) }

    var now: Int64 { time.withLock { $0 } }
    func advance(seconds: Int64) { time.withLock { $0 += seconds * 1_000_000 } }
}

/// A data directory in a scratch folder, with a clock of its own.
struct TestData {
    let scratch: Scratch
    let clock = TestClock()
    var settings = DatabaseSettings()
    var effects: DatabaseEffects

    init() throws {
        scratch = try Scratch()
        let clock = clock
        var files = FileEffects.live
        files.now = { clock.now }
        files.steady = { clock.now }
        // Only changes, and who waits, wake the trail: nothing here happens by the passing of time.
        // The folder lives as long as the database that is in it.
        effects = DatabaseEffects(
            now: { [scratch] in withExtendedLifetime(scratch) { clock.now } },
            pause: { try await Task.sleep(for: .seconds(86_400)) }, trailFiles: files)
        settings.vault.activeBytes = 256 << 10
        settings.vault.frameBytes = 64 << 10
        settings.segmentHeight = 8
        settings.busySeconds = 0.05
    }

    var path: String { scratch.path + "/data" }
    func directory() throws -> DataDirectory { try DataDirectory.openOrCreate(path) }

    func open(_ migrations: [Migration] = things) async throws -> GovernanceDatabase {
        try await GovernanceDatabase.open(directory(), migrations: migrations, settings: settings, effects: effects)
    }

    /// The file calls of the trail, changed.
    mutating func changeFiles(_ change: (inout FileEffects) -> Void) { change(&effects.trailFiles) }
}

/// A table for tests.
let things = [
    Migration("things.0001-make") { db in
        try db.execute(sql: "CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT")
    }
]

let alice = TrailActor.account(id: "a-1", name: "alice", address: "192.0.2.7", session: "s-9", code: "c-4711")

extension GovernanceDatabase {
    /// Adds a thing and notes it.
    func add(_ name: String, details: [String: String] = [:]) async throws(StorageError) {
        try await change(alice) { db, trail in
            try db.execute(sql: "INSERT INTO thing (name) VALUES (?)", arguments: [name])
            trail.note(TrailEntry("thing.add", .init("thing", name), details: details))
        }
    }

    func names() async throws -> [String] {
        try await read { db in try String.fetchAll(db, sql: "SELECT name FROM thing ORDER BY id") }
    }
}

/// The error a body throws; nil when it throws none.
func failure(_ body: () async throws -> Void) async -> StorageError? {
    do { try await body() } catch { return error as? StorageError ?? StorageError(.unexpected, "\(error)") }
    return nil
}

/// The code of the error a body throws; nil when it throws none.
func code(_ body: () async throws -> Void) async -> StorageError.Code? { await failure(body)?.code }

/// The program that makes random changes until it is killed; it lies beside the test bundle.
let stress = Plumbline.path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/database-stress"

/// The trail's own records in a vault, oldest first.
func trailRecords(_ directory: String) throws -> [TrailRecord] {
    let reader = try VaultReader(directory: directory)
    var records: [TrailRecord] = []
    // Block by block: record by record would read and hash the whole tile for each of its records.
    try reader.forEachRecord(0..<reader.size) { leaf throws(VaultError) in
        do { records += try TrailRecord(VaultRecord(leaf: leaf)).map { [$0] } ?? [] } catch {
            throw VaultError(.damaged, "record \(records.count): \(error)")
        }
    }
    return records
}
