internal import Database
internal import GRDB
internal import Glibc
internal import Synchronization
internal import Vault

/// Makes random changes of a data directory and tells which were acknowledged, to be killed by who reads that.
///
///     database-stress DIR [--changes N] [--seed N] [--die-after-syncs N] [--tasks N]
///     database-stress FILE --hold 1        holds the lock of a database until a line comes
///
/// Lines: `open N` (records of the trail that opening found in the vault and not in the database), `a NUMBER` for each acknowledged change,
/// `done`. With `--die-after-syncs` it ends by itself, at once, after so many syncs of the trail's files.
struct Arguments {
    var directory = ""
    var changes = 200
    var seed: UInt64 = 1
    var syncs: Int?
    var tasks = 4
    var isHolding = false

    init?(_ words: ArraySlice<String>) {
        guard let first = words.first else { return nil }
        directory = first
        var rest = words.dropFirst()
        while let name = rest.popFirst() {
            guard let value = rest.popFirst().flatMap({ UInt64($0) }) else { return nil }
            switch name {
            case "--changes": changes = Int(value)
            case "--seed": seed = value
            case "--die-after-syncs": syncs = Int(value)
            case "--tasks": tasks = Int(value)
            case "--hold": isHolding = value == 1
            default: return nil
            }
        }
    }
}

/// SplitMix64, so that a run can be repeated as far as scheduling allows.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// One write call for each line, so that a kill leaves no half of one.
func say(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    _ = write(1, bytes, bytes.count)
}

/// Every change has a row of its own that is never removed (`change.number`), and random others that come, change and go.
let tables = [
    Migration("stress.0001-tables") { db in
        try db.execute(
            sql: """
                CREATE TABLE change (number INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
                CREATE TABLE thing (id INTEGER PRIMARY KEY, number INTEGER NOT NULL REFERENCES change(number), size INTEGER) STRICT;
                """)
    }
]

/// Makes one random change; its number is the next one, so that numbers follow the order of commits.
@Sendable func change(_ database: GovernanceDatabase, _ seed: UInt64) async throws -> Int64 {
    try await database.change(.system("stress")) { db, trail in
        var random = Seeded(state: seed)
        let number = (try Int64.fetchOne(db, sql: "SELECT MAX(number) FROM change") ?? 0) + 1
        let name = String(repeating: "x", count: Int.random(in: 0...200, using: &random))
        try db.execute(sql: "INSERT INTO change (number, name) VALUES (?, ?)", arguments: [number, name])
        switch Int.random(in: 0...2, using: &random) {
        case 0: try db.execute(sql: "INSERT INTO thing (number, size) VALUES (?, 1)", arguments: [number])
        case 1: try db.execute(sql: "UPDATE thing SET size = size + 1 WHERE id % 7 = ?", arguments: [number % 7])
        default: try db.execute(sql: "DELETE FROM thing WHERE id % 13 = ?", arguments: [number % 13])
        }
        let entries = Int.random(in: 1...3, using: &random)
        for entry in 1...entries {
            trail.note(
                TrailEntry(
                    "stress.change", .init("change", String(number)),
                    details: ["entry": String(entry), "of": String(entries), "name": name]))
        }
        return number
    }
}

guard let arguments = Arguments(CommandLine.arguments.dropFirst()) else {
    print("usage: database-stress DIR [--changes N] [--seed N] [--die-after-syncs N] [--tasks N]")
    exit(2)
}
if arguments.isHolding {
    let queue = try DatabaseQueue(path: arguments.directory)
    try queue.inDatabase { db in
        try db.inTransaction(.immediate) {
            say("held")
            _ = readLine()
            return .commit
        }
    }
    exit(0)
}
do {
    var effects = DatabaseEffects.live
    if let limit = arguments.syncs {
        let count = Atomic(0)
        let sync = effects.trailFiles.sync
        effects.trailFiles.sync = { file throws(VaultError) in
            try sync(file)
            if count.add(1, ordering: .relaxed).newValue >= limit { _exit(9) }
        }
    }
    var settings = DatabaseSettings()
    settings.vault.activeBytes = 256 << 10
    settings.vault.frameBytes = 16 << 10
    settings.segmentHeight = 8
    settings.batch = 20
    let database = try await GovernanceDatabase.open(
        try DataDirectory.openOrCreate(arguments.directory), migrations: tables, settings: settings, effects: effects)
    say("open \(await database.trailRecovered)")
    try await withThrowingTaskGroup(of: Void.self) { group in
        for task in 0..<arguments.tasks {
            group.addTask {
                var random = Seeded(state: arguments.seed &+ UInt64(task) &* 7919)
                for _ in 0..<arguments.changes / arguments.tasks { say("a \(try await change(database, random.next()))") }
            }
        }
        try await group.waitForAll()
    }
    await database.close()
    say("done")
} catch {
    say("ERROR \(error)")
    exit(1)
}
