import Database
import Rulebook
import Testing

@testable import Identity

@Suite("Changing and resetting passwords")
struct PasswordDeskTests {
    private func resetTicket(_ world: World, _ kind: Message.Kind = .reset) async throws -> String? {
        let messages = try await world.service.messages.waiting().filter { $0.kind == kind }
        for message in messages { try await world.service.messages.sent(message) }
        return messages.last?.link?.split(separator: "#").last.map(String.init)
    }

    @Test("P2 the last three passwords and the present one are refused; the fourth before is free again")
    func history() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["officer"], by: admin)
        let day = world.service.policy[.passwordMinAge]
        func change(_ next: String) async throws -> PasswordDesk.ChangeAnswer {
            world.clock.advance(day)
            try await person.signIn()
            return try await world.service.passwords.change(
                try await person.session(), from: Password(person.password), to: Password(next), client: person.client)
        }
        let used = [person.password] + goodPasswords[2...5]
        for next in goodPasswords[2...5] {
            guard case .changed(let session) = try await change(next) else {
                Issue.record("\(next) was refused")
                return
            }
            person.keep(session)
            person.password = next
        }
        for old in used.suffix(4) {
            guard case .faults([.usedBefore(generations: 3)]) = try await change(old) else {
                Issue.record("an old password was taken")
                return
            }
        }
        if case .changed = try await change(used[0]) {} else { Issue.record("the fourth before is still refused") }
        await world.close()
    }

    @Test("P2 cnfa-6.7 a password may not be changed twice in a day, must be changed after 90 days, and says so before")
    func age() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["officer"], by: admin)
        let policy = world.service.policy
        let tooSoon = try await world.service.passwords.change(
            try await person.session(), from: Password(person.password), to: Password(goodPasswords[3]), client: person.client)
        guard case .faults(let faults) = tooSoon, faults.count == 1, case .tooSoon(let seconds)? = faults.first else {
            Issue.record("\(tooSoon)")
            return
        }
        #expect(seconds > 0 && seconds <= policy[.passwordMinAge])
        let set = try #require(try await person.session().account.passwordSetAt)
        world.clock.set(set.adding(seconds: Int64(policy[.passwordMaxAge] - policy[.passwordWarning] - 1)))
        #expect(try await person.signIn().passwordEndsIn == nil)
        world.clock.advance(2)
        #expect(try await person.session().passwordEndsIn == policy[.passwordWarning] - 1)
        world.clock.set(set.adding(seconds: Int64(policy[.passwordMaxAge]) - 1))
        #expect(
            try await world.service.signIn.signIn(name: "mei.lin", password: Password(person.password), client: person.client)
                .isSignedIn)
        world.clock.advance(1)
        guard
            case .mustChangePassword(_, .expired) = try await world.service.signIn.signIn(
                name: "mei.lin", password: Password(person.password), client: person.client)
        else {
            Issue.record("an expired password was taken")
            return
        }
        await world.close()
    }

    @Test("A wrong present password counts; the third one locks this browser")
    func wrongPresent() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["officer"], by: admin)
        world.clock.advance(86_400)
        try await person.signIn()
        let session = try await person.session()
        for _ in 0..<3 {
            let answer = try await world.service.passwords.change(
                session, from: Password("wrong"), to: Password(goodPasswords[4]), client: person.client)
            if case .refused = answer {} else { Issue.record("\(answer)") }
        }
        let locked = try await world.service.passwords.change(
            session, from: Password(person.password), to: Password(goodPasswords[4]), client: person.client)
        if case .refused = locked {} else { Issue.record("\(locked)") }
        await world.close()
    }

    @Test("K1 a reset ticket works once, for ten minutes, for its owner, and a newer one or a change voids it")
    func reset() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["officer"], by: admin)
        let (desk, client) = (world.service.passwords, person.stranger)
        _ = try await world.service.messages.waiting()
        // Unknown names leave no message, and look the same.
        try await desk.requestReset(name: "nobody.here", client: client)
        #expect(try await resetTicket(world) == nil)
        try await desk.requestReset(name: "mei.lin", client: client)
        let first = try #require(try await resetTicket(world))
        #expect(first.utf8.count == 43)
        try await desk.requestReset(name: "mei.lin", client: client)
        let second = try #require(try await resetTicket(world))
        #expect(try await desk.reset(first, to: Password(goodPasswords[3]), client: client) == .refused)
        // Its purpose is bound: it opens no sign-in and no unlock.
        #expect(try await world.service.signIn.choosePassword(second, Password(goodPasswords[3]), client: client).isRefused)
        #expect(try await !world.service.unlocks.confirm(second, .totp("000000"), client: client))
        world.clock.advance(world.service.policy[.tokenLifetime] - 1)
        if case .faults = try await desk.reset(second, to: Password("short"), client: client) {} else { Issue.record("taken") }
        let device = person.device
        #expect(try await desk.reset(second, to: Password(goodPasswords[3]), client: client) == .done)
        #expect(try await desk.reset(second, to: Password(goodPasswords[4]), client: client) == .refused)
        // No automatic sign-in; sessions are over, the old password and the old device cookie are worth nothing.
        #expect(try await world.service.sessions.find(person.cookie, client: person.client, isPolling: false) == nil)
        #expect(
            try await world.service.signIn.signIn(name: "mei.lin", password: Password(goodPasswords[1]), client: client).isRefused
        )
        let id = try #require(
            try await world.service.context.read { db in try AccountStore.find(db, name: person.accountName)?.id })
        let epoch = try await world.service.context.read { db in try AccountStore.credentials(db, id).deviceEpoch }
        #expect(
            DeviceCookie(device ?? "", account: id, epoch: epoch, at: world.clock.now, keys: world.service.context.keys) == nil)
        #expect(
            try await world.service.signIn.signIn(name: "mei.lin", password: Password(goodPasswords[3]), client: client)
                .isSignedIn)
        world.clock.advance(3_600)
        try await desk.requestReset(name: "mei.lin", client: client)
        let third = try #require(try await resetTicket(world))
        world.clock.advance(world.service.policy[.tokenLifetime])
        #expect(try await desk.reset(third, to: Password(goodPasswords[4]), client: client) == .refused)
        await world.close()
    }

    @Test("A reset waives the minimum age, ends neither a lock nor the second factor")
    func resetLimits() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let client = admin.stranger
        try await world.fail("wei.chang", 3, client: client)
        try await world.service.passwords.requestReset(name: "wei.chang", client: client)
        let ticket = try #require(try await resetTicket(world))
        #expect(try await world.service.passwords.reset(ticket, to: Password(goodPasswords[3]), client: client) == .done)
        let desk = world.service.signIn
        #expect(try await desk.signIn(name: "wei.chang", password: Password(goodPasswords[3]), client: client).isRefused)
        world.clock.advance(901)
        guard case .needsFactor = try await desk.signIn(name: "wei.chang", password: Password(goodPasswords[3]), client: client)
        else {
            Issue.record("the second factor is gone")
            return
        }
        await world.close()
    }

    @Test("T2 asking for a reset hashes nothing and sends nothing; every name leaves one trail entry")
    func silent() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let before = (world.hasher.total, try await world.trail().count)
        for name in ["wei.chang", "nobody.here", "", "not a name!"] {
            try await world.service.passwords.requestReset(name: name, client: admin.stranger)
        }
        #expect(world.hasher.total == before.0)
        #expect(try await world.trail().count == before.1 + 4)
        await world.close()
    }

    @Test("L5 self-unlock takes the message and a second factor; neither alone is enough")
    func selfUnlock() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let client = admin.stranger
        let unlocks = world.service.unlocks
        try await unlocks.request(name: "wei.chang", client: client)
        #expect(try await resetTicket(world, .unlock) == nil)
        try await world.fail("wei.chang", 3, client: client)
        try await unlocks.request(name: "wei.chang", client: client)
        let ticket = try #require(try await resetTicket(world, .unlock))
        #expect(try await !unlocks.confirm(ticket, .totp("000000"), client: client))
        #expect(try await !unlocks.confirm("x", .totp(try admin.code()), client: client))
        #expect(try await unlocks.confirm(ticket, .totp(try admin.code()), client: client))
        #expect(try await !unlocks.confirm(ticket, .totp(try admin.code()), client: client))
        guard
            case .needsFactor = try await world.service.signIn.signIn(
                name: "wei.chang", password: Password(admin.password), client: client)
        else {
            Issue.record("still locked")
            return
        }
        #expect(try await world.actions().contains("lockout.unlock: by-owner"))
        await world.close()
    }

    @Test("K2 L5 an administrator helps only after an identity check, with method, checker and reason in the trail")
    func helped() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["officer"], by: admin)
        try await world.fail("mei.lin", 3, client: person.stranger)
        let principal = try await admin.stepUp().principal
        let (own, theirs) = (try await admin.session().account.id, try await person.session().account.id)
        let unlocks = world.service.unlocks
        let checks: [(IdentityCheck, AccountID, IdentityError.Code)] = [
            (IdentityCheck(method: .callBack, checker: own, reason: ""), theirs, .badInput),
            (IdentityCheck(method: .callBack, checker: theirs, reason: "forgot it"), theirs, .secondPerson),
            (IdentityCheck(method: .callBack, checker: AccountID(99), reason: "forgot it"), theirs, .badInput),
            (IdentityCheck(method: .callBack, checker: theirs, reason: "forgot it"), own, .secondPerson),
        ]
        for (check, account, code) in checks {
            #expect(await refusal { try await unlocks.unlock(account, after: check, by: principal) } == code)
        }
        let check = IdentityCheck(method: .callBack, checker: own, reason: "called back at the desk")
        #expect(
            await refusal { try await unlocks.unlock(theirs, after: check, by: try await person.session().principal) }
                == .forbidden)
        try await unlocks.unlock(theirs, after: check, by: principal)
        let entry = try #require(try await world.trail().last { $0.entry.action == "lockout.unlock" }).entry
        #expect(entry.reason == "called back at the desk")
        #expect(entry.details == ["method": "call-back", "checker": own.description])
        let initial = try await world.service.passwords.replace(theirs, after: check, by: principal)
        #expect(try await world.service.sessions.find(person.cookie, client: person.client, isPolling: false) == nil)
        guard
            case .mustChangePassword(_, .initial) = try await world.service.signIn.signIn(
                name: "mei.lin", password: Password(initial.text), client: person.stranger)
        else {
            Issue.record("no change was demanded")
            return
        }
        await world.close()
    }

    @Test("A password that others may know is changed at the next sign-in, however young")
    func compromised() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["officer"], by: admin)
        let id = try await person.session().account.id
        try await world.service.passwords.markCompromised(id, reason: "seen in a leak", by: try await admin.stepUp().principal)
        #expect(try await world.service.sessions.find(person.cookie, client: person.client, isPolling: false) == nil)
        guard
            case .mustChangePassword(let ticket, .compromised) = try await world.service.signIn.signIn(
                name: "mei.lin", password: Password(person.password), client: person.client)
        else {
            Issue.record("no change was demanded")
            return
        }
        #expect(
            try await world.service.signIn.choosePassword(ticket, Password(goodPasswords[4]), client: person.client).isSignedIn)
        await world.close()
    }

    @Test("K1 links begin with the configured origin, whatever a request claims")
    func origin() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        try await world.service.passwords.requestReset(name: "wei.chang", client: admin.client)
        let message = try #require(try await world.service.messages.waiting().last { $0.kind == .reset })
        #expect(message.link?.hasPrefix("\(World.origin)/reset#") == true)
        #expect(!"\(message)".contains("reset#") && !String(reflecting: message).contains("wei@"))
        for wrong in [
            "http://a.example", "https://", "https://A.example", "https://a.example/", "https://a.example:99999", "https://a b",
        ] {
            #expect(throws: IdentityError.self) { try IdentityConfiguration(side: .firm, origin: wrong) }
        }
        await world.close()
    }
}
