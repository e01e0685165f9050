import Crypto
import Database
import Documents
import Rulebook
import Synchronization
import TestProcesses
import Testing
import Vault

@testable import Identity

/// Counts what is hashed, and hashes fast: what Argon2id computes is tested elsewhere.
final class CountingHasher: Sendable {
    private let count = Mutex(0)

    var total: Int { count.withLock { $0 } }

    var hasher: PasswordHasher {
        PasswordHasher { [self] password, salt, cost, length in
            count.withLock { $0 += 1 }
            return Array(SHA256.hash(data: Array("\(cost.memory) \(cost.passes)\n".utf8) + salt + password).prefix(length))
        }
    }
}

/// An installation in a scratch folder, with a clock that only tests move and random numbers that are the same in every run.
final class World: Sendable {
    let scratch: Scratch
    let clock = TestClock()
    let hasher = CountingHasher()
    let database: GovernanceDatabase
    let service: IdentityService

    init(
        _ scratch: Scratch? = nil, side: Side = .firm, overrides: [PolicySetting: Int] = [:], everyoneNeedsFactor: Bool = false,
        at start: Instant? = nil, seed: UInt64 = 1
    ) async throws {
        self.scratch = try scratch ?? Scratch()
        if let start { clock.set(start) }
        let (clock, path) = (clock, "\(self.scratch.path)/data")
        var settings = DatabaseSettings()
        settings.vault.activeBytes = 1 << 20
        settings.segmentHeight = 8
        let effects = DatabaseEffects(
            now: { clock.now.seconds * 1_000_000 }, pause: { try await Task.sleep(for: .seconds(86_400)) }, trailFiles: .live)
        database = try await GovernanceDatabase.open(
            try DataDirectory.openOrCreate(path), migrations: IdentitySchema.migrations, settings: settings, effects: effects)
        let box = RandomBox(seed: seed)
        let identityEffects = IdentityEffects(now: { clock.now }, random: { box.bytes($0) })
        service = try IdentityService(
            database: database, keys: try IdentityKeys(path: "\(path)/keys/identity.key", effects: identityEffects),
            policy: try shippedPolicy().stricter(overrides), roles: try RoleReader.shipped(), guesses: try GuessList.shipped(),
            configuration: try IdentityConfiguration(
                side: side, origin: World.origin, firmWords: ["Evergreen Futures"], everyoneNeedsFactor: everyoneNeedsFactor),
            effects: identityEffects, hasher: hasher.hasher)
    }

    static let origin = "https://plumbline.example.com:8443"
    static let site = "plumbline.example.com"

    /// Everything that the trail holds, oldest first.
    func trail() async throws -> [TrailRecord] {
        try await database.flushTrail()
        let reader = try await database.trail()
        var (records, next): ([TrailRecord], UInt64?) = ([], nil)
        repeat {
            let page = try reader.find(TrailFilter(), from: next, limit: 1_000)
            records += page.hits.map(\.record)
            next = page.next
        } while next != nil
        return records.reversed()
    }

    /// Actions of the trail from some record on, as `action` or `action: reason`.
    func actions(from start: Int = 0) async throws -> [String] {
        try await trail().dropFirst(start).map { record in
            record.entry.reason.map { "\(record.entry.action): \($0)" } ?? record.entry.action
        }
    }

    func close() async { await database.close() }
}

/// Random numbers for effects; every value once, as a good generator's would be.
final class RandomBox: Sendable {
    private let generator: Mutex<SeededGenerator>

    init(seed: UInt64) { generator = Mutex(SeededGenerator(state: seed)) }

    func bytes(_ count: Int) -> [UInt8] { generator.withLock { $0.bytes(count) } }
}

/// A person at a browser: remembers the cookies, and how to prove who they are.
final class Person: Sendable {
    struct State {
        var session: NewSession?
        var password = ""
        var totp: [UInt8]?
        var recovery: [String] = []
        var device: String?
    }

    let world: World
    let name: String
    let address: String
    private let state: Mutex<State>

    init(_ world: World, _ name: String, password: String = "", address: String = "192.0.2.10") {
        (self.world, self.name, self.address) = (world, name, address)
        state = Mutex(State(password: password))
    }

    var password: String {
        get { state.withLock { $0.password } }
        set { state.withLock { $0.password = newValue } }
    }
    var totp: [UInt8]? {
        get { state.withLock { $0.totp } }
        set { state.withLock { $0.totp = newValue } }
    }
    var recovery: [String] { state.withLock { $0.recovery } }
    var cookie: String { state.withLock { $0.session?.cookie ?? "" } }
    var device: String? { state.withLock { $0.device } }
    var client: Client { Client(address: SourceAddress(address), device: device, agent: "Test browser") }
    /// Another browser at the same place, without cookies.
    var stranger: Client { Client(address: SourceAddress("203.0.113.9"), agent: "Other browser") }

    func keep(_ session: NewSession) {
        state.withLock {
            $0.session = session
            $0.device = session.device
        }
    }

    func keep(_ codes: RecoveryCodes?) { if let codes { state.withLock { $0.recovery = codes.texts } } }

    /// The code of now; the clock is moved to a step that was not used yet.
    func code() throws -> String {
        world.clock.advance(Int(TOTP.period))
        return TOTP.code(secret: try #require(totp), step: TOTP.step(at: world.clock.now))
    }

    /// The present session, as a request would find it.
    func session(isPolling: Bool = false) async throws -> Session {
        try #require(try await world.service.sessions.find(cookie, client: client, isPolling: isPolling))
    }

    /// Walks through every step of a sign-in; a new password is chosen where one is due.
    @discardableResult
    func signIn(choosing next: String? = nil) async throws -> Session {
        let desk = world.service.signIn
        var answer = try await desk.signIn(name: name, password: Password(password), client: client)
        for _ in 0..<5 {
            switch answer {
            case .needsFactor(let ticket, _): answer = try await desk.showFactor(ticket, .totp(try code()), client: client)
            case .mustChangePassword(let ticket, _):
                let next = try #require(next, "a new password is due")
                answer = try await desk.choosePassword(ticket, Password(next), client: client)
                password = next
            case .mustEnrolFactor(let ticket):
                let enrolment = try #require(try await desk.beginTOTP(ticket, client: client))
                totp = try #require(Encodings.base32(enrolment.secret) as [UInt8]?)
                let (next, codes) = try await desk.finishTOTP(
                    ticket, enrolment.ticket, code: try code(), label: "phone", client: client)
                keep(codes)
                answer = next
            case .signedIn(let session):
                keep(session)
                return try await self.session()
            case .refused, .factorRefused, .passwordFaults:
                Issue.record("\(name) could not sign in: \(answer)")
                throw IdentityError(.notProven, "\(answer)")
            }
        }
        throw IdentityError(.notProven, "the sign-in does not end")
    }

    /// Proves again who they are, and gives the renewed session.
    func stepUp() async throws -> Session {
        let proof: FactorProof? = totp == nil ? nil : .totp(try code())
        let answer = try await world.service.sessions.stepUp(
            try await session(), password: Password(password), proof: proof, client: client)
        guard case .proven(let session) = answer else { throw IdentityError(.notProven, "step-up refused") }
        keep(session)
        return try await self.session()
    }
}

let goodPasswords = [
    "Tw!st3d-Kelp_Orbit", "Vx9!mKqz#Rtwp-Lamp", "Qu1et^Moth-Below_Ten", "Br@ss-Kettle8Vowel~", "Nimble_Fjord!42-Chalk",
    "Ozone?Pillar7-Quartz",
    "Velvet%Anchor3-Dusk",
]

extension World {
    /// The first administrator, signed in with a second factor.
    func administrator(_ name: String = "wei.chang") async throws -> Person {
        let link = try await service.setup.makeLink()
        let ticket = try #require(link.split(separator: "#").last.map(String.init))
        let made = try await service.setup.finish(
            ticket, name: try #require(AccountName(name)), person: "E-1", displayName: "張偉", mail: "wei@example.com",
            client: Client(address: SourceAddress("192.0.2.10")))
        let person = Person(self, name, password: made.password.text)
        try await person.signIn(choosing: goodPasswords[0])
        return person
    }

    /// A new person, made by the administrator and signed in once. Before there is a second person the administrator acts alone; afterwards
    /// `approver` agrees.
    func person(
        _ name: String, _ roles: [String], by administrator: Person, approver: Person? = nil, mail: String? = nil,
        isBreakGlass: Bool = false, party: String? = nil,
        until: Instant? = nil, conditions: UseConditions = UseConditions(), address: String = "192.0.2.20"
    ) async throws -> Person {
        let initial = try await make(
            name, roles, by: administrator, approver: approver, mail: mail, party: party, isBreakGlass: isBreakGlass,
            until: until,
            conditions: conditions)
        let person = Person(self, name, password: initial.1.text, address: address)
        try await person.signIn(choosing: goodPasswords[1])
        return person
    }

    func make(
        _ name: String, _ roles: [String], by administrator: Person, approver: Person? = nil, mail: String? = nil,
        party: String? = nil, isBreakGlass: Bool = false,
        until: Instant? = nil, conditions: UseConditions = UseConditions()
    ) async throws -> (AccountID, InitialPassword) {
        let new = NewAccount(
            name: try #require(AccountName(name)), person: "E-\(name)", displayName: "Person \(name)",
            mail: mail ?? "\(name)@example.com",
            roles: Set(roles.map { RoleName(rawValue: $0) }), party: party, isBreakGlass: isBreakGlass, temporaryUntil: until,
            conditions: conditions)
        let session = try await administrator.stepUp()
        let id = try await service.requests.ask(.create(new), reason: "needed for work", by: session.principal)
        if let approver {
            try await service.requests.decide(id, approve: true, by: try await approver.stepUp().principal)
        }
        guard
            case .created(let account, let initial) = try await service.requests.carryOut(
                id, by: try await administrator.session().principal)
        else { throw IdentityError(.wrongState, "nothing was made") }
        return (account, initial)
    }

    /// Attempts with a wrong password; the answers.
    @discardableResult
    func fail(_ name: String, _ count: Int, client: Client, password: String = "Wr0ng-Kelp_Orbit!") async throws -> [SignInAnswer]
    {
        var answers: [SignInAnswer] = []
        for _ in 0..<count {
            answers.append(try await service.signIn.signIn(name: name, password: Password(password), client: client))
        }
        return answers
    }
}

extension SignInAnswer {
    var isRefused: Bool { if case .refused = self { true } else { false } }
    var isSignedIn: Bool { if case .signedIn = self { true } else { false } }
}

/// The code of the error a body throws; nil when it throws none.
func refusal(_ body: () async throws -> Void) async -> IdentityError.Code? {
    do { try await body() } catch { return (error as? IdentityError)?.code }
    return nil
}
