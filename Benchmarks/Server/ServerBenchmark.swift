internal import Checks
internal import Database
internal import Documents
internal import Glibc
internal import Identity
internal import Rulebook
internal import Synchronization
internal import Workspace

/// Fills a data directory as years of use would, through the same stores as the server: systems, hosts, facts that change, an assessment a day.
/// Scripts/bench-server.sh measures the server on it.
///
///     server-benchmark fill DIR SYSTEMS DAYS FACTS.json     prints the session cookie of an officer
@main
struct ServerBenchmark {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            guard arguments.count == 6, arguments[0] == "fill", let systems = Int(arguments[2]), let days = Int(arguments[3])
            else {
                fail("usage: server-benchmark fill DIR SYSTEMS DAYS FACTS.json ORIGIN")
            }
            try await Filling(arguments[1], systems: systems, days: days, facts: arguments[4], origin: arguments[5]).run()
        } catch {
            fail("\(error)")
        }
    }

    static func fail(_ what: String) -> Never {
        let line = Array((what + "\n").utf8)
        _ = write(2, line, line.count)
        exit(1)
    }
}

/// A clock that is set to the past and goes on day by day.
private final class PastClock: Sendable {
    private let value: Mutex<Int64>

    init(_ seconds: Int64) { value = Mutex(seconds) }

    var seconds: Int64 { value.withLock { $0 } }
    func pass(_ seconds: Int64) { value.withLock { $0 += seconds } }
}

private struct Filling {
    let path: String
    let systems: Int
    let days: Int
    let origin: String
    let clock: PastClock
    let facts: HostFacts

    init(_ path: String, systems: Int, days: Int, facts file: String, origin: String) throws {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        (self.path, self.systems, self.days, self.origin) = (path, systems, days, origin)
        clock = PastClock(Int64(time.tv_sec) - Int64(days) * 86_400 - 600)
        facts = try HostFacts(try JSONReader.read(try DocumentFile.read(file, limit: 64 << 20)), origin: file)
    }

    func run() async throws {
        let clock = clock
        let actor = TrailActor.system("benchmark")
        var files = DatabaseEffects.live
        files.now = { clock.seconds * 1_000_000 }
        let database = try await GovernanceDatabase.open(
            try DataDirectory.create(path), migrations: IdentitySchema.migrations + Workspace.migrations, effects: files)
        let rulebook = try ShippedFiles.rulebook()
        let workspace = try await Workspace(
            database, rulebook: rulebook, library: try CheckLibrary.load(rulebook: rulebook, adding: []),
            now: { clock.seconds * 1_000_000 })
        _ = try await workspace.firm.decide(
            .object([
                ("schema", .text(Profile.schema)), ("name", "範例綜合證券"),
                ("firm", .object([("entity_kinds", ["securities", "fcm"])])),
            ]), after: 0, reason: "benchmark", actor)
        for number in 0..<systems {
            try await workspace.systems.save(
                SystemEntry(id: "system-\(number)", name: "系統 \(number)", owner: "負責人 \(number % 12)", hosts: ["host-\(number)"]),
                isNew: true, actor)
            _ = try await workspace.hosts.keep(try host(number, day: 0), origin: "benchmark", actor)
        }
        try await workspace.boards.assess(cause: "day 0", actor)
        for day in 1...days {
            clock.pass(86_400)
            // Each host is collected once in twenty days, so that something changes every day; facts of the last week are of the last week.
            for number in 0..<systems where day > days - 2 || number % 20 == day % 20 {
                _ = try await workspace.hosts.keep(try host(number, day: day), origin: "benchmark", actor)
            }
            try await workspace.boards.assess(cause: "day \(day)", actor)
            if day % 100 == 0 { try await database.flushTrail() }
        }
        let cookie = try await officer(database, rulebook)
        await database.close()
        print(cookie)
    }

    /// The facts of a host on a day: the same but for its name, its time, and a setting that changes.
    private func host(_ number: Int, day: Int) throws -> HostFacts {
        var text = String(decoding: facts.bytes, as: UTF8.self)
        text = text.replacing("\"name\": \"\(facts.host)\"", with: "\"name\": \"host-\(number)\"")
        text = text.replacing(
            "\"collected\": \"\(facts.collected)\"", with: "\"collected\": \"\(Instant(seconds: clock.seconds))\"")
        if (number + day / 20) % 3 == 0 { text = text.replacing("\"pass_max_days\": 99999", with: "\"pass_max_days\": 90") }
        return try HostFacts(try JSONReader.read(Array(text.utf8)), origin: "benchmark")
    }

    /// The first two accounts; the officer signed in, with a second factor.
    private func officer(_ database: GovernanceDatabase, _ rulebook: Rulebook) async throws -> String {
        let identity = try IdentityService(
            database: database, keys: try IdentityKeys(path: path + "/keys/identity.key", effects: .live),
            policy: try PolicyReader.shipped(rulebook), roles: try RoleReader.shipped(), guesses: try GuessList.shipped(),
            configuration: try IdentityConfiguration(side: .firm, origin: origin))
        let client = Client(address: SourceAddress("127.0.0.1"))
        guard let officer = AccountName("mei.lin"), let keeper = AccountName("keeper") else { return "" }
        let ticket = String(try await identity.setup.makeLink().split(separator: "#").last ?? "")
        let made = try await identity.setup.finish(
            ticket, administrator: NewPerson(name: keeper, person: "E-1", displayName: "Keeper"),
            worker: NewPerson(name: officer, person: "E-2", displayName: "林美"), role: RoleName(rawValue: "officer"),
            client: client)
        let first = try await identity.signIn.signIn(name: "mei.lin", password: Password(made[1].password.text), client: client)
        guard case .mustChangePassword(let next, _) = first else {
            ServerBenchmark.fail("no new password was asked for: \(first)")
        }
        let second = try await identity.signIn.choosePassword(next, Password("Larch7-Copper!Vellum_Ox"), client: client)
        guard case .signedIn(let session) = second else { ServerBenchmark.fail("not signed in: \(second)") }
        return session.cookie
    }
}
