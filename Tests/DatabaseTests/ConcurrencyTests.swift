import Database
import Dispatch
import GRDB
import Synchronization
import TestProcesses
import Testing

@Suite("Many at once")
struct ConcurrencyTests {
    @Test("trail records follow in the order of commits, without gaps, whoever changes at the same time")
    func order() async throws {
        let data = try TestData()
        let database = try await data.open()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<40 {
                        // Some of them fail, and take no number.
                        _ = await code { try await database.add(number % 10 == 9 ? "same" : "\(task)-\(number)") }
                        if number % 16 == 0 { try await database.flushTrail() }
                    }
                }
            }
            try await group.waitForAll()
        }
        try await database.flushTrail()
        let records = try trailRecords(database.directory.trail)
        #expect(records.map(\.sequence) == Array(1...Int64(records.count)))
        let names = try await database.names()
        #expect(names.count == 8 * 36 + 1)
        #expect(records.filter { $0.entry.action == "thing.add" }.map(\.entry.object.id) == names)
        await database.close()
    }

    @Test("reading does not wait for a change that goes on, and a change not for reading that goes on")
    func neverBlocks() async throws {
        let data = try TestData()
        let database = try await data.open()
        try await database.add("before")
        let (entered, release) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let changing = Task {
            try await database.change(alice) { db, trail in
                try db.execute(sql: "INSERT INTO thing (name) VALUES ('during')")
                trail.note(TrailEntry("thing.add", .init("thing", "during")))
                entered.signal()
                release.wait()
            }
        }
        await wait(entered)
        #expect(try await database.names() == ["before"])
        release.signal()
        try await changing.value
        #expect(try await database.names() == ["before", "during"])

        let reading = Task {
            try await database.read { db in
                let first = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM thing")
                entered.signal()
                release.wait()
                return try [first, Int.fetchOne(db, sql: "SELECT COUNT(*) FROM thing")]
            }
        }
        await wait(entered)
        try await database.add("after")
        release.signal()
        // One state, from its beginning to its end.
        #expect(try await reading.value == [2, 2])
        await database.close()
    }

    @Test("a change that has begun is committed and told, though its task is cancelled; reading is given up")
    func cancelled() async throws {
        let data = try TestData()
        let database = try await data.open()
        let (entered, release) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let changing = Task {
            try await database.change(alice) { db, trail in
                entered.signal()
                release.wait()
                try db.execute(sql: "INSERT INTO thing (name) VALUES ('kept')")
                trail.note(TrailEntry("thing.add", .init("thing", "kept")))
                return 7
            }
        }
        await wait(entered)
        changing.cancel()
        release.signal()
        #expect(try await changing.value == 7)
        #expect(try await database.names() == ["kept"])
        let reading = Task {
            await code {
                _ = try await database.read { db in
                    entered.signal()
                    release.wait()
                    return try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM thing")
                }
            }
        }
        await wait(entered)
        reading.cancel()
        release.signal()
        #expect(await reading.value == .cancelled)
        await database.close()
    }

    private func wait(_ semaphore: DispatchSemaphore) async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                semaphore.wait()
                continuation.resume()
            }
        }
    }
}
