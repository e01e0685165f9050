import Rulebook
import Testing

@testable import Identity

@Suite("Sessions")
struct SessionTests {
    @Test("S1 idle for 15 min ends a session; polling does not keep it alive")
    func idle() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let idle = world.service.policy[.sessionIdle]
        world.clock.advance(idle - 1)
        let used = try await admin.session()
        #expect(used.idleEndsAt == world.clock.now.adding(seconds: Int64(idle)))
        for _ in 0..<10 {
            world.clock.advance(idle / 10)
            _ = try await world.service.sessions.find(admin.cookie, client: admin.client, isPolling: true)
        }
        #expect(try await world.service.sessions.find(admin.cookie, client: admin.client, isPolling: false) == nil)
        try await world.service.sweep()
        #expect(try await world.actions().contains("session.end: over"))
        await world.close()
    }

    @Test("S1 a session ends after 8 h although it is used, and proofs do not lengthen it")
    func absolute() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let begun = try await admin.session().createdAt
        while world.clock.now - begun < Int64(world.service.policy[.sessionAbsolute]) - 700 {
            world.clock.advance(600)
            _ = try await admin.session()
        }
        #expect(try await admin.stepUp().createdAt == begun)
        world.clock.advance(700)
        #expect(try await world.service.sessions.find(admin.cookie, client: admin.client, isPolling: false) == nil)
        await world.close()
    }

    @Test("S1 the secret is renewed at every proof, stored as a hash, and worth nothing afterwards")
    func renewal() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let (old, form) = (admin.cookie, try await admin.session().formToken)
        #expect(old.utf8.count == 43)
        let session = try await admin.stepUp()
        #expect(admin.cookie != old)
        #expect(session.formToken != form)
        #expect(world.service.sessions.isFormToken(session.formToken, of: session))
        #expect(!world.service.sessions.isFormToken(form, of: session))
        #expect(try await world.service.sessions.find(old, client: admin.client, isPolling: false) == nil)
        let stored = try await world.service.context.read { db in try SessionStore.all(db).map(\.hash) }
        #expect(stored == [Digest.sha256(admin.cookie.utf8)])
        for wrong in ["", "x", String(repeating: "A", count: 43), String(repeating: "A", count: 10_000)] {
            #expect(try await world.service.sessions.find(wrong, client: admin.client, isPolling: false) == nil)
        }
        await world.close()
    }

    @Test("S1 more sessions than allowed end the oldest, and the new one says so")
    func cap() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["officer"], by: admin)
        var cookies = [person.cookie]
        for _ in 1..<world.service.policy[.sessionLimit] {
            world.clock.advance(1)
            try await person.signIn()
            cookies.append(person.cookie)
        }
        for cookie in cookies {
            #expect(try await world.service.sessions.find(cookie, client: person.client, isPolling: true) != nil)
        }
        world.clock.advance(1)
        guard
            case .signedIn(let session) = try await world.service.signIn.signIn(
                name: "mei.lin", password: Password(person.password), client: person.client)
        else {
            Issue.record("refused")
            return
        }
        #expect(session.displaced == 1)
        #expect(try await world.service.sessions.find(cookies[0], client: person.client, isPolling: true) == nil)
        #expect(try await world.service.sessions.find(cookies[1], client: person.client, isPolling: true) != nil)
        #expect(try await world.service.sessions.list(session.account).count == world.service.policy[.sessionLimit])
        await world.close()
    }

    @Test("S1 sign-out, disabling and a changed password end sessions at once")
    func endings() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["officer"], by: admin)
        func isOpen(_ cookie: String) async throws -> Bool {
            try await world.service.sessions.find(cookie, client: person.client, isPolling: true) != nil
        }
        let first = person.cookie
        try await world.service.sessions.signOut(try await person.session())
        #expect(try await !isOpen(first))
        try await person.signIn()
        let second = person.cookie
        world.clock.advance(86_400)
        try await person.signIn()
        let third = person.cookie
        let answer = try await world.service.passwords.change(
            try await person.session(), from: Password(person.password), to: Password(goodPasswords[5]), client: person.client)
        guard case .changed(let renewed) = answer else {
            Issue.record("\(answer)")
            return
        }
        for cookie in [second, third] { #expect(try await !isOpen(cookie)) }
        #expect(try await isOpen(renewed.cookie))
        try await admin.signIn()
        try await world.service.accounts.disable(renewed.account, reason: "left the firm", by: try await admin.stepUp().principal)
        #expect(try await !isOpen(renewed.cookie))
        await world.close()
    }

    @Test("A1 a changed role holds from the next request; its sessions end")
    func roles() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["officer"], by: admin)
        let old = person.cookie
        #expect(try await person.session().principal.may(.firmChange))
        let id = try await person.session().account.id
        let session = try await admin.stepUp()
        let request = try await world.service.requests.ask(
            .setRoles(id, [RoleName(rawValue: "duty-officer")]), reason: "new duties", by: session.principal)
        _ = try await world.service.requests.carryOut(request, by: session.principal)
        #expect(try await world.service.sessions.find(old, client: person.client, isPolling: false) == nil)
        try await person.signIn()
        let principal = try await person.session().principal
        #expect(!principal.may(.firmChange) && principal.may(.alertsHandle))
        #expect(await refusal { try world.service.require(.firmChange, of: principal) } == .forbidden)
        await world.close()
    }

    @Test("A session outside the conditions of use is not found")
    func conditions() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let person = try await world.person(
            "mei.lin", ["officer"], by: admin, conditions: UseConditions(sources: [try #require(AddressRange("192.0.2.0/24"))]))
        #expect(try await world.service.sessions.find(person.cookie, client: person.client, isPolling: false) != nil)
        #expect(try await world.service.sessions.find(person.cookie, client: person.stranger, isPolling: false) == nil)
        await world.close()
    }

    @Test("S4 a proof is fresh for five minutes; a wrong one counts and renews nothing")
    func fresh() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let principal = try await admin.session().principal
        try world.service.require(.rolesGrant, of: principal)
        world.clock.advance(world.service.policy[.freshAuthentication] + 1)
        #expect(await refusal { try world.service.require(.rolesGrant, of: principal) } == .notFresh)
        #expect(await refusal { try world.service.require(.accountsRead, of: principal) } == nil)
        let session = try await admin.session()
        let right = FactorProof.totp(try admin.code())
        for (password, proof) in [("wrong", right), (admin.password, nil), (admin.password, .totp("000000"))] {
            let answer = try await world.service.sessions.stepUp(
                session, password: Password(password), proof: proof, client: admin.client)
            if case .proven = answer { Issue.record("proven") }
        }
        #expect(try await admin.session().reference == session.reference)
        _ = try await admin.stepUp()
        #expect(await refusal { try world.service.require(.rolesGrant, of: try await admin.session().principal) } == nil)
        await world.close()
    }

    @Test("An orderly stop saves when sessions were used; a crash only ends them earlier")
    func restart() async throws {
        var world = try await World()
        let admin = try await world.administrator()
        world.clock.advance(800)
        _ = try await admin.session()
        try await world.service.sessions.saveActivity()
        let (scratch, now, cookie, client) = (world.scratch, world.clock.now, admin.cookie, admin.client)
        await world.close()
        world = try await World(scratch, at: now.adding(seconds: 800), seed: 5)
        #expect(try await world.service.sessions.find(cookie, client: client, isPolling: false) != nil)
        world.clock.advance(600)
        await world.close()
        world = try await World(scratch, at: now.adding(seconds: 1_400), seed: 6)
        #expect(try await world.service.sessions.find(cookie, client: client, isPolling: false) == nil)
        await world.close()
    }
}
