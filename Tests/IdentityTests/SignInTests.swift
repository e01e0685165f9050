import Database
import Rulebook
import Testing

@testable import Identity

@Suite("Signing in")
struct SignInTests {
    @Test("L1 the third failure locks for 900 s: the right password is refused at 899 s and accepted at 901 s")
    func lock() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["officer"], by: admin)
        let stranger = person.stranger
        try await world.fail("mei.lin", 3, client: stranger)
        let right = Password(person.password)
        world.clock.advance(899)
        #expect(try await world.service.signIn.signIn(name: "mei.lin", password: right, client: stranger).isRefused)
        world.clock.advance(2)
        #expect(try await world.service.signIn.signIn(name: "MEI.Lin", password: right, client: stranger).isSignedIn)
        await world.close()
    }

    @Test("L2 three parallel wrong sign-ins lock exactly once; a success sets the count back")
    func parallel() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["officer"], by: admin)
        let (service, stranger) = (world.service, person.stranger)
        try await world.fail("mei.lin", 2, client: stranger)
        #expect(
            try await service.signIn.signIn(name: "mei.lin", password: Password(person.password), client: stranger).isSignedIn)
        let before = try await world.trail().count
        let answers = try await withThrowingTaskGroup(of: SignInAnswer.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    try await service.signIn.signIn(name: "mei.lin", password: Password("wrong"), client: stranger)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count { $0.isRefused } == 3)
        let locks = try await world.actions(from: before).filter { $0 == "lockout.lock" }
        #expect(locks.count == 1)
        #expect(try await service.signIn.signIn(name: "mei.lin", password: Password(person.password), client: stranger).isRefused)
        await world.close()
    }

    @Test("L2 a guess that runs beside the failures that lock is not let in")
    func race() async throws {
        let world = try await World(overrides: [.hashConcurrency: 1])
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["officer"], by: admin)
        let (service, stranger, right) = (world.service, person.stranger, person.password)
        let check = PasswordCheck(context: service.context)
        // The right password is evaluated while the account is open, and settled when it is locked.
        let attempt = try await check.attempt(Password(right), name: "mei.lin", client: stranger)
        #expect(attempt.isRight)
        try await world.fail("mei.lin", 3, client: stranger)
        let outcome = try await service.context.change(stranger.actor()) { db, trail in
            try check.settle(attempt, client: stranger, claimed: "mei.lin", action: "sign-in", db, &trail)
        }
        if case .right = outcome { Issue.record("a locked account was entered") }
        await world.close()
    }

    @Test("L2 a lock and a count survive a restart")
    func restart() async throws {
        var world = try await World()
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["officer"], by: admin)
        let other = try await world.person("jun.ho", ["officer"], by: admin)
        try await world.fail("mei.lin", 3, client: person.stranger)
        try await world.fail("jun.ho", 2, client: person.stranger)
        let (scratch, now) = (world.scratch, world.clock.now)
        await world.close()
        world = try await World(scratch, at: now.adding(seconds: 60), seed: 2)
        func enter(_ person: Person) async throws -> SignInAnswer {
            try await world.service.signIn.signIn(name: person.name, password: Password(person.password), client: person.stranger)
        }
        #expect(try await enter(person).isRefused)
        try await world.fail("jun.ho", 1, client: person.stranger)
        #expect(try await enter(other).isRefused)
        world.clock.advance(901)
        #expect(try await enter(person).isSignedIn)
        #expect(try await enter(other).isSignedIn)
        await world.close()
    }

    @Test("L3 attempts while locked neither extend the lock nor verify, and look the same")
    func whileLocked() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["officer"], by: admin)
        try await world.fail("mei.lin", 3, client: person.stranger)
        let locked = try await world.service.unlocks.list(for: try await admin.session().principal)
        #expect(locked.count == 1)
        world.clock.advance(600)
        try await world.fail("mei.lin", 5, client: person.stranger)
        let hashes = world.hasher.total
        let answer = try await world.service.signIn.signIn(
            name: "mei.lin", password: Password(person.password), client: person.stranger)
        #expect(world.hasher.total == hashes + 1)
        #expect(answer.isRefused)
        let unknown = try await world.fail("nobody.here", 1, client: person.stranger)
        #expect("\([answer])" == "\(unknown)")
        #expect(try await world.service.unlocks.list(for: try await admin.session().principal) == locked)
        world.clock.advance(301)
        #expect(
            try await world.service.signIn.signIn(name: "mei.lin", password: Password(person.password), client: person.stranger)
                .isSignedIn)
        await world.close()
    }

    @Test("L4 strangers lock themselves out, not the browser that signed in before; its own failures count apart")
    func victim() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["officer"], by: admin)
        let session = try await person.session()
        try await world.fail("mei.lin", 4, client: person.stranger)
        // The open session survives, and the browser enters.
        #expect(try await person.session().reference == session.reference)
        let answer = try await world.service.signIn.signIn(
            name: "mei.lin", password: Password(person.password), client: person.client)
        #expect(answer.isSignedIn)
        // Three failures in the victim's own browser lock that browser.
        try await world.fail("mei.lin", 3, client: person.client)
        #expect(
            try await world.service.signIn.signIn(name: "mei.lin", password: Password(person.password), client: person.client)
                .isRefused)
        world.clock.advance(901)
        // A cookie of another account gives nothing.
        try await world.fail("mei.lin", 3, client: person.stranger)
        let foreign = Client(address: SourceAddress("203.0.113.9"), device: admin.device)
        #expect(
            try await world.service.signIn.signIn(name: "mei.lin", password: Password(person.password), client: foreign).isRefused
        )
        await world.close()
    }

    @Test("L4 from outside the allowed places and hours nobody can lock the account, nor enter")
    func conditions() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        // Monday 2026-11-23, 09:00 in Taipei.
        let conditions = UseConditions(
            sources: [try #require(AddressRange("192.0.2.0/24"))], hours: [try #require(WeeklyHours("1-5 08:00-18:00"))])
        let person = try await world.person("mei.lin", ["officer"], by: admin, conditions: conditions)
        let inside = Client(address: SourceAddress("192.0.2.77"))
        try await world.fail("mei.lin", 5, client: person.stranger)
        #expect(
            try await world.service.signIn.signIn(name: "mei.lin", password: Password(person.password), client: person.stranger)
                .isRefused)
        #expect(
            try await world.service.signIn.signIn(name: "mei.lin", password: Password(person.password), client: inside).isSignedIn
        )
        world.clock.set(try #require(Instant("2026-11-23T19:00:00+08:00")))
        try await world.fail("mei.lin", 5, client: inside)
        #expect(
            try await world.service.signIn.signIn(name: "mei.lin", password: Password(person.password), client: inside).isRefused)
        world.clock.set(try #require(Instant("2026-11-24T09:00:00+08:00")))
        #expect(
            try await world.service.signIn.signIn(name: "mei.lin", password: Password(person.password), client: inside).isSignedIn
        )
        await world.close()
    }

    @Test("L5 every lock, its expiry by itself and every unlock is in the trail")
    func events() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["officer"], by: admin)
        let before = try await world.trail().count
        try await world.fail("mei.lin", 3, client: person.stranger)
        world.clock.advance(902)
        try await world.service.sweep()
        try await world.service.sweep()
        var actions = try await world.actions(from: before).filter { $0.hasPrefix("lockout") }
        #expect(actions == ["lockout.lock", "lockout.unlock: expired"])
        // An expiry that the next attempt finds is noted as well, and once.
        try await world.fail("mei.lin", 3, client: person.stranger)
        world.clock.advance(902)
        try await world.fail("mei.lin", 1, client: person.stranger)
        actions = try await world.actions(from: before).filter { $0.hasPrefix("lockout") }
        #expect(actions == ["lockout.lock", "lockout.unlock: expired", "lockout.lock", "lockout.unlock: expired"])
        await world.close()
    }

    @Test("L6 unknown names count to the source only; refusals that are no guesses never count")
    func notCounted() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["officer"], by: admin)
        for number in 0..<8 { try await world.fail("nobody\(number)", 1, client: person.stranger) }
        #expect(try await world.service.unlocks.list(for: try await admin.session().principal).isEmpty)
        // More sessions than allowed: the oldest goes, nothing is counted.
        for _ in 0..<5 {
            #expect(
                try await world.service.signIn.signIn(name: "mei.lin", password: Password(person.password), client: person.client)
                    .isSignedIn)
        }
        let account = try #require(
            try await world.service.context.read { db in try AccountStore.find(db, name: person.accountName) })
        let buckets = try await world.service.context.read { db in try LockoutStore.buckets(db, account.id).count }
        #expect(buckets == 0)
        await world.close()
    }

    @Test("R1 limits come before hashing and say when; capitals give no further attempts")
    func rates() async throws {
        let world = try await World()
        let policy = world.service.policy
        var client = Client(address: SourceAddress("198.51.100.1"))
        let hashes = world.hasher.total
        var refused: IdentityError?
        for number in 0..<policy[.accountBurst] + 1 {
            client.address = SourceAddress("198.51.100.\(number)")
            do throws(IdentityError) {
                _ = try await world.service.signIn.signIn(
                    name: number % 2 == 0 ? "ya.chen" : "YA.Chen", password: Password("x"), client: client)
            } catch { refused = error }
        }
        #expect(refused?.code == .limited)
        #expect(refused?.retryAfter ?? 0 > 0)
        #expect(world.hasher.total == hashes + policy[.accountBurst])
        client.address = SourceAddress("198.51.100.200")
        for number in 0..<policy[.sourceBurst] { try await world.fail("somebody\(number)", 1, client: client) }
        #expect(await refusal { try await world.fail("somebody.else", 1, client: client) } == .limited)
        #expect(await refusal { try await world.service.passwords.requestReset(name: "x.y", client: client) } == .limited)
        await world.close()
    }

    @Test("T1 exactly one hash on every path, and one answer")
    func work() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["officer"], by: admin)
        let disabled = try await world.person("jun.ho", ["officer"], by: admin, address: "192.0.2.30")
        let locked = try await world.person("ya.chen", ["officer"], by: admin, address: "192.0.2.40")
        let id = try await disabled.session().account.id
        try await world.service.accounts.disable(id, reason: "left the firm", by: try await admin.stepUp().principal)
        try await world.fail("ya.chen", 3, client: locked.stranger)
        let client = Client(address: SourceAddress("198.51.100.7"))
        let paths = [
            ("mei.lin", "wrong"), ("nobody.here", person.password), ("mei.lin", ""), ("jun.ho", disabled.password),
            ("ya.chen", locked.password), ("", "x"), ("not a name!", "x"), ("mei.lin", String(repeating: "a", count: 5_000)),
        ]
        var answers: Set<String> = []
        for (name, password) in paths {
            let before = (world.hasher.total, try await world.trail().count)
            let answer = try await world.service.signIn.signIn(name: name, password: Password(password), client: client)
            #expect(world.hasher.total - before.0 == 1, "\(name)")
            #expect(try await world.trail().count > before.1, "\(name)")
            answers.insert("\(answer)")
        }
        #expect(answers == ["refused"])
        await world.close()
    }

    @Test("P1 a weaker stored hash is made anew at the next sign-in, a stronger one stays")
    func rehash() async throws {
        let scratch: World = try await World()
        let admin = try await scratch.administrator()
        let person = try await scratch.person("mei.lin", ["officer"], by: admin)
        let (folder, now) = (scratch.scratch, scratch.clock.now)
        await scratch.close()
        let world = try await World(folder, overrides: [.hashMemory: 65_536], at: now, seed: 3)
        func cost() async throws -> UInt32? {
            try await world.service.context.read { db in
                try AccountStore.find(db, name: person.accountName).flatMap {
                    try AccountStore.credentials(db, $0.id).password?.cost.memory
                }
            }
        }
        #expect(try await cost() == 19_456)
        let before = world.hasher.total
        #expect(
            try await world.service.signIn.signIn(name: "mei.lin", password: Password(person.password), client: person.client)
                .isSignedIn)
        #expect(world.hasher.total == before + 2)
        #expect(try await cost() == 65_536)
        #expect(
            try await world.service.signIn.signIn(name: "mei.lin", password: Password(person.password), client: person.client)
                .isSignedIn)
        #expect(world.hasher.total == before + 3)
        await world.close()
    }

    @Test("K2 cnfa-6.3 an initial password lives a day, works for one sign-in and must be changed")
    func initial() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let (_, late) = try await world.make("mei.lin", ["officer"], by: admin)
        world.clock.advance(world.service.policy[.initialPasswordLifetime])
        let client = Client(address: SourceAddress("192.0.2.50"))
        #expect(try await world.service.signIn.signIn(name: "mei.lin", password: Password(late.text), client: client).isRefused)
        try await admin.signIn()
        let (_, initial) = try await world.make("jun.ho", ["officer"], by: admin)
        guard
            case .mustChangePassword(let ticket, .initial) = try await world.service.signIn.signIn(
                name: "jun.ho", password: Password(initial.text), client: client)
        else {
            Issue.record("no change was demanded")
            return
        }
        // The same password, and a weak one, are not taken; the ticket can be tried again, then it is used up.
        let desk = world.service.signIn
        if case .passwordFaults = try await desk.choosePassword(ticket, Password(initial.text), client: client) {
        } else {
            Issue.record("kept")
        }
        if case .passwordFaults = try await desk.choosePassword(ticket, Password("Password1234!"), client: client) {
        } else {
            Issue.record("weak")
        }
        #expect(try await desk.choosePassword(ticket, Password(goodPasswords[2]), client: client).isSignedIn)
        #expect(try await desk.choosePassword(ticket, Password(goodPasswords[3]), client: client).isRefused)
        #expect(try await desk.signIn(name: "jun.ho", password: Password(initial.text), client: client).isRefused)
        await world.close()
    }

    @Test("The next step: factor before password, password before enrolment")
    func order() {
        func next(_ hasFactor: Bool, _ shown: Bool, _ password: PasswordReason?, _ needs: Bool) -> SignInState.Step {
            SignInState.next(hasFactor: hasFactor, factorShown: shown, password: password, needsFactor: needs)
        }
        #expect(next(true, false, .expired, true) == .factor)
        #expect(next(true, true, .expired, true) == .password(.expired))
        #expect(next(false, false, .initial, true) == .password(.initial))
        #expect(next(false, false, nil, true) == .enrolment)
        #expect(next(false, false, nil, false) == .done)
        #expect(next(true, true, nil, true) == .done)
    }
}

extension Person {
    /// The person's account name; tests only make valid ones.
    var accountName: AccountName {
        get throws { try #require(AccountName(name)) }
    }
}
