import Assessment
import Checks
import Crypto
import Database
import Documents
import GRDB
import Glibc
import Rulebook
import SelfCheck
import Synchronization
import TestProcesses
import Testing
import Vault
import Workspace

@testable import Identity
@testable import Server

/// A clock that only tests move. It begins now, because the files of a data directory have their times from the machine.
final class TestClock: Sendable {
    private let time = Mutex(Int64(Glibc.time(nil)) * 1_000_000)

    var microseconds: Int64 { time.withLock { $0 } }
    var now: Instant { Instant(seconds: microseconds / 1_000_000) }
    func advance(seconds: Int64) { time.withLock { $0 += seconds * 1_000_000 } }
    func advance(days: Int64) { advance(seconds: days * 86_400) }
}

/// A data directory after a first run: an administrator, and an officer of a firm or an examiner of a supervisor, both signed in with a password of their own and a second
/// factor. The server is stopped.
final class PlatformWorld: Sendable {
    let scratch: Scratch
    let clock = TestClock()
    let effects: FileEffects
    let rulebook: Rulebook
    let policy: IdentityPolicy
    let side: Side

    static let passwords = ["Tw!st3d-Kelp_Orbit", "Vx9!mKqz#Rtwp-Lamp"]
    static let persons = ["EMPLOYEE-7001", "EMPLOYEE-7002"]
    static let names = ["wei.chang", "mei.lin"]

    var path: String { scratch.path + "/data" }

    init(retention days: Int? = nil, side: Side = .firm) async throws {
        self.side = side
        scratch = try Scratch()
        rulebook = try ShippedFiles.rulebook()
        policy = try PolicyReader.shipped(rulebook)
        var files = FileEffects.live
        let clock = clock
        files.now = { clock.microseconds }
        files.steady = { clock.microseconds }
        files.space = { _ in DiskSpace(total: 100 << 30, free: 60 << 30) }
        files.clockHealth = { ClockHealth(isSynchronized: true, maximumError: 12_000, boot: "") }
        effects = files
        try await serve(retention: days) { house in try await house.firstRun(side) }
    }

    /// Runs a server on the directory, without a network, and stops it in order unless told otherwise.
    func serve(
        retention days: Int? = nil, stopping: Bool = true, _ body: @Sendable (RunningPlatform) async throws -> Void = { _ in }
    ) async throws {
        let house = try await RunningPlatform(self, retention: days)
        try await body(house)
        if stopping { try await house.diary.stopped() }
        await house.database.close()
    }

    /// Looks at the platform.
    func collect(
        policy: IdentityPolicy? = nil, transport: TransportSettings = PlatformServer.transport,
        _ change: (inout FileEffects) -> Void = { _ in }
    ) throws -> HostFacts {
        var files = effects
        change(&files)
        return try PlatformCollector(
            path, policy: policy ?? self.policy, roles: try RoleReader.shipped(), transport: transport, version: "test",
            files: files
        ).collect()
    }

    /// Judges what was found, beside what somebody signed every day about one clause; verdicts by clause.
    func judge(_ facts: HostFacts, signed clause: String? = nil) throws -> [String: Verdict] {
        let library = try CheckLibrary.load(rulebook: rulebook, facts: FactSchema.plumbline)
        let profile = PlatformProfile.make(rulebook)
        let day = facts.collected.date(in: profile.policy.zone)
        let obligations = ObligationSet(rulebook, table: ScopeTable(rulebook), profile: profile, asOf: day)
        var evidence = FirmEvidence(facts: [facts], profile: profile, obligations: obligations, library: library, records: [])
        if let clause {
            // On each of the last forty days, for duties of every day; of the firm as well, for what binds the firm.
            let lines = (0..<40).map { back in
                "  - {clause: \(clause), kind: attestation, state: signed, date: \"\(day.adding(days: -back))\", by: 林美}\n"
            }
            let text = "schema: plumbline.records/1\nrecords:\n" + lines.joined()
            evidence.records = try RecordReader.read(
                try YAMLReader.read(Array(text.utf8)), rulebook: rulebook, origin: "records.yaml")
        }
        let assessment = Judge(rulebook, checks: library.checks).assess(
            obligations, evidence: evidence, policy: Judge.Terms(profile.policy), at: facts.collected)
        var verdicts: [String: Verdict] = [:]
        for judgement in assessment.judgements { verdicts[rulebook.clauses[Int(judgement.clause)].id] = judgement.verdict }
        return verdicts
    }

    /// Changes the tables behind the platform's back, as whoever can write the file can.
    func forge(_ sql: String) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: path + "/plumbline.sqlite", configuration: configuration)
        try queue.write { db in try db.execute(sql: sql) }
        // The last connection takes the write-ahead log away.
        try queue.close()
    }

    /// Everything in the directory: paths with mode, time of change and contents.
    func snapshot() async throws -> String {
        let run = try await Running(
            "/bin/sh",
            ["-c", "cd '\(path)' && find . -printf '%p %m %U %s %T@ %C@\\n' | sort && find . -type f | sort | xargs sha256sum"]
        ).finish()
        return run.output
    }
}

/// A platform that runs.
struct RunningPlatform: Sendable {
    let database: GovernanceDatabase
    let identity: IdentityService
    let diary: PlatformDiary
    private let clock: TestClock
    private let path: String

    init(_ world: PlatformWorld, retention days: Int?) async throws {
        let (clock, path) = (world.clock, world.path)
        (self.clock, self.path) = (clock, path)
        var settings = DatabaseSettings()
        settings.vault.activeBytes = 1 << 20
        settings.segmentHeight = 8
        settings.retention = (
            try Retention(name: "trail", days: days ?? world.policy[.trailRetention] / 86_400),
            try Order(by: "test", reason: "clause")
        )
        let directory = try DataDirectory.openOrCreate(path)
        database = try await GovernanceDatabase.open(
            directory, migrations: InstallationStore.migrations + IdentitySchema.migrations + Workspace.migrations,
            settings: settings,
            effects: DatabaseEffects(
                now: { clock.microseconds }, pause: { try await Task.sleep(for: .seconds(86_400)) }, trailFiles: world.effects))
        _ = try await InstallationStore(database).settle(world.side.rawValue, standard: world.side.rawValue)
        let effects = IdentityEffects(now: { clock.now }, random: IdentityEffects.live.random)
        identity = try IdentityService(
            database: database, keys: try IdentityKeys(path: directory.keys + "/identity.key", effects: effects),
            policy: world.policy,
            roles: try RoleReader.shipped(), guesses: try GuessList.shipped(),
            configuration: try IdentityConfiguration(
                side: world.side, origin: "https://localhost:8443", everyoneNeedsFactor: true),
            effects: effects,
            // Argon2id is tested elsewhere; what is stored has its form and its cost.
            hasher: PasswordHasher { password, salt, _, length in Array(SHA256.hash(data: salt + password).prefix(length)) })
        diary = PlatformDiary(
            database, version: "test", everyoneNeedsFactor: true, transport: PlatformServer.transport)
        _ = try ServerCertificate.ensure(
            certificate: directory.tls + "/server.pem", key: directory.tls + "/server.key", host: "localhost",
            now: clock.now.seconds)
        try await diary.started()
    }

    /// Two people get accounts, sign in, choose passwords and set up second factors.
    func firstRun(_ side: Side) async throws {
        let link = try await identity.setup.makeLink()
        let ticket = try #require(link.split(separator: "#").last.map(String.init))
        let people = try await identity.setup.finish(
            ticket,
            administrator: NewPerson(
                name: try #require(AccountName(PlatformWorld.names[0])), person: PlatformWorld.persons[0], displayName: "張偉偉"),
            worker: NewPerson(
                name: try #require(AccountName(PlatformWorld.names[1])), person: PlatformWorld.persons[1], displayName: "林美美",
                mail: "secret.mail@example.com"),
            role: RoleName(rawValue: side == .firm ? "officer" : "examiner"), client: client)
        for (index, made) in people.enumerated() {
            try await signIn(made.person.name.text, made.password.text, choosing: PlatformWorld.passwords[index])
        }
    }

    private var client: Client { Client(address: SourceAddress("192.0.2.10"), agent: "Test browser") }

    private func signIn(_ name: String, _ password: String, choosing next: String) async throws {
        var answer = try await identity.signIn.signIn(name: name, password: Password(password), client: client)
        for _ in 0..<4 {
            switch answer {
            case .mustChangePassword(let ticket, _):
                answer = try await identity.signIn.choosePassword(ticket, Password(next), client: client)
            case .mustEnrolFactor(let ticket):
                let enrolment = try #require(try await identity.signIn.beginTOTP(ticket, client: client))
                let secret = try #require(Encodings.base32(enrolment.secret) as [UInt8]?)
                let code = TOTP.code(secret: secret, step: TOTP.step(at: clock.now))
                (answer, _) = try await identity.signIn.finishTOTP(
                    ticket, enrolment.ticket, code: code, label: "phone", client: client)
            case .signedIn: return
            default: throw Failure("\(name) could not sign in: \(answer)")
            }
        }
        throw Failure("the sign-in of \(name) does not end")
    }
}
