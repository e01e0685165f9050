import Rulebook
import Testing

@testable import Identity

@Suite("Second factors in use")
struct FactorDeskTests {
    /// A ticket that waits for a second factor.
    private func pending(_ world: World, _ person: Person) async throws -> String {
        let answer = try await world.service.signIn.signIn(
            name: person.name, password: Password(person.password), client: person.client)
        guard case .needsFactor(let ticket, _) = answer else { throw IdentityError(.notProven, "\(answer)") }
        return ticket
    }

    @Test("cnfa-6.2 an administrator gets nowhere without a second factor")
    func required() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        #expect(try await admin.session().hasFactor)
        let (_, initial) = try await world.make("jun.ho", ["administrator"], by: admin)
        let client = Client(address: SourceAddress("192.0.2.60"))
        let desk = world.service.signIn
        guard
            case .mustChangePassword(let first, _) = try await desk.signIn(
                name: "jun.ho", password: Password(initial.text), client: client),
            case .mustEnrolFactor(let ticket) = try await desk.choosePassword(first, Password(goodPasswords[3]), client: client)
        else {
            Issue.record("no enrolment was demanded")
            return
        }
        // The ticket of an enrolment opens no other step.
        #expect(try await desk.showFactor(ticket, .totp("000000"), client: client).isRefused)
        #expect(try await desk.choosePassword(ticket, Password(goodPasswords[4]), client: client).isRefused)
        let enrolment = try #require(try await desk.beginTOTP(ticket, client: client))
        let (wrong, none) = try await desk.finishTOTP(ticket, enrolment.ticket, code: "000000", label: "", client: client)
        #expect(!wrong.isSignedIn && none == nil)
        await world.close()
    }

    @Test("K3 a code works once, also for somebody who watched; each step has its own")
    func once() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let first = try await pending(world, admin)
        let second = try await pending(world, admin)
        let code = try admin.code()
        #expect(try await world.service.signIn.showFactor(first, .totp(code), client: admin.client).isSignedIn)
        #expect(!(try await world.service.signIn.showFactor(second, .totp(code), client: admin.client).isSignedIn))
        #expect(try await world.service.signIn.showFactor(second, .totp(try admin.code()), client: admin.client).isSignedIn)
        // The ticket is used up.
        #expect(try await world.service.signIn.showFactor(second, .totp(try admin.code()), client: admin.client).isRefused)
        await world.close()
    }

    @Test("L6 wrong codes have a counter of their own, whoever enters them")
    func counter() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let limit = world.service.policy[.factorLockThreshold]
        let ticket = try await pending(world, admin)
        for _ in 0..<limit {
            if case .factorRefused = try await world.service.signIn.showFactor(ticket, .totp("000000"), client: admin.client) {
            } else {
                Issue.record("another answer")
            }
        }
        // Locked: the right code looks like a wrong one, and is not used up. The password is not locked.
        let code = TOTP.code(secret: try #require(admin.totp), step: TOTP.step(at: world.clock.now) + 1)
        if case .factorRefused = try await world.service.signIn.showFactor(ticket, .totp(code), client: admin.client) {
        } else {
            Issue.record("in")
        }
        _ = try await pending(world, admin)
        world.clock.advance(world.service.policy[.lockDuration] + 1)
        let later = try await pending(world, admin)
        #expect(try await world.service.signIn.showFactor(later, .totp(try admin.code()), client: admin.client).isSignedIn)
        await world.close()
    }

    @Test("Recovery codes stand in once each, however they are typed")
    func recovery() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let codes = admin.recovery
        #expect(codes.count == world.service.policy[.recoveryCodes])
        #expect(Set(codes).count == codes.count)
        var ticket = try await pending(world, admin)
        let typed = codes[3].lowercased().replacing("-", with: " ")
        #expect(try await world.service.signIn.showFactor(ticket, .recovery(typed), client: admin.client).isSignedIn)
        ticket = try await pending(world, admin)
        #expect(!(try await world.service.signIn.showFactor(ticket, .recovery(codes[3]), client: admin.client).isSignedIn))
        #expect(try await world.service.signIn.showFactor(ticket, .recovery(codes[4]), client: admin.client).isSignedIn)
        let session = try await admin.stepUp()
        let fresh = try await world.service.factors.renewRecoveryCodes(session)
        ticket = try await pending(world, admin)
        #expect(!(try await world.service.signIn.showFactor(ticket, .recovery(codes[5]), client: admin.client).isSignedIn))
        #expect(try await world.service.signIn.showFactor(ticket, .recovery(fresh.texts[0]), client: admin.client).isSignedIn)
        await world.close()
    }

    @Test("A security key is set up, signs in, answers each challenge once, and is flagged when it counts backwards")
    func securityKey() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let key = SoftAuthenticator()
        let session = try await admin.stepUp()
        let (ask, ticket) = try await world.service.factors.beginSecurityKey(session)
        #expect(ask.site == World.site)
        let registration = key.registration(ask.challenge, site: World.site, origin: World.origin)
        let answer = SecurityKeyRegistration(clientData: registration.clientData, attestation: registration.attestation)
        // Recovery codes are there already.
        #expect(try await world.service.factors.finishSecurityKey(session, ticket, answer, label: "blue key") == nil)
        #expect(
            await refusal { _ = try await world.service.factors.finishSecurityKey(session, ticket, answer, label: "again") }
                == .notProven)
        func proof(_ challenge: [UInt8], _ count: UInt32) throws -> FactorProof {
            let assertion = try key.assertion(challenge, site: World.site, origin: World.origin, count: count)
            return .securityKey(
                SecurityKeyAnswer(
                    credential: assertion.credential, clientData: assertion.clientData,
                    authenticatorData: assertion.authenticatorData,
                    signature: assertion.signature))
        }
        let desk = world.service.signIn
        var waiting = try await pending(world, admin)
        let first = try #require(try await desk.challenge(waiting, client: admin.client))
        #expect(first.credentials == [key.id])
        // A newer challenge voids the older one.
        let second = try #require(try await desk.challenge(waiting, client: admin.client))
        #expect(!(try await desk.showFactor(waiting, try proof(first.challenge, 5), client: admin.client).isSignedIn))
        // That attempt used the challenge up.
        #expect(!(try await desk.showFactor(waiting, try proof(second.challenge, 6), client: admin.client).isSignedIn))
        let third = try #require(try await desk.challenge(waiting, client: admin.client))
        #expect(try await desk.showFactor(waiting, try proof(third.challenge, 7), client: admin.client).isSignedIn)
        // A copy of the key lags behind.
        waiting = try await pending(world, admin)
        let fourth = try #require(try await desk.challenge(waiting, client: admin.client))
        #expect(!(try await desk.showFactor(waiting, try proof(fourth.challenge, 7), client: admin.client).isSignedIn))
        let factors = try await world.service.factors.list(session.account.id)
        #expect(factors.first { $0.kind == .securityKey }?.flaggedAt != nil)
        #expect(try await desk.challenge(waiting, client: admin.client) == nil)
        #expect(try await world.actions().contains("factor.flag: counted-backwards"))
        await world.close()
    }

    @Test("A flagged security key is not accepted and not forgotten: the password alone is never enough again")
    func flagged() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["officer"], by: admin)
        let (key, session) = (SoftAuthenticator(), try await person.session())
        let (ask, ticket) = try await world.service.factors.beginSecurityKey(session)
        let registration = key.registration(ask.challenge, site: World.site, origin: World.origin, count: 9)
        let answer = SecurityKeyRegistration(clientData: registration.clientData, attestation: registration.attestation)
        let codes = try #require(try await world.service.factors.finishSecurityKey(session, ticket, answer, label: "key"))
        var waiting = try await pending(world, person)
        let challenge = try #require(try await world.service.signIn.challenge(waiting, client: person.client)).challenge
        let copy = try key.assertion(challenge, site: World.site, origin: World.origin, count: 9)
        let proof = FactorProof.securityKey(
            SecurityKeyAnswer(
                credential: copy.credential, clientData: copy.clientData, authenticatorData: copy.authenticatorData,
                signature: copy.signature))
        #expect(!(try await world.service.signIn.showFactor(waiting, proof, client: person.client).isSignedIn))
        waiting = try await pending(world, person)
        #expect(try await world.service.signIn.showFactor(waiting, .recovery(codes.texts[0]), client: person.client).isSignedIn)
        await world.close()
    }

    @Test("The last factor of an administrator cannot be removed; others can, with a fresh proof")
    func removal() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let factor = try #require(
            try await world.service.factors.list(try await admin.session().account.id).first { $0.kind == .totp })
        world.clock.advance(world.service.policy[.freshAuthentication] + 1)
        let stale = try await admin.session()
        #expect(await refusal { try await world.service.factors.remove(factor.id, stale) } == .notFresh)
        #expect(await refusal { _ = try await world.service.factors.beginTOTP(stale) } == .notFresh)
        let session = try await admin.stepUp()
        #expect(await refusal { try await world.service.factors.remove(factor.id, session) } == .wrongState)
        #expect(await refusal { try await world.service.factors.remove(99_999, session) } == .notFound)
        let person = try await world.person("mei.lin", ["officer"], by: admin)
        let own = try await person.session()
        let enrolment = try await world.service.factors.beginTOTP(own)
        person.totp = Encodings.base32(enrolment.secret)
        person.keep(try await world.service.factors.finishTOTP(own, enrolment.ticket, code: try person.code(), label: "phone"))
        #expect(person.recovery.count == 10)
        #expect(await refusal { try await world.service.factors.remove(factor.id, try await person.stepUp()) } == .notFound)
        let mine = try #require(try await world.service.factors.list(own.account.id).first { $0.kind == .totp })
        try await world.service.factors.remove(mine.id, try await person.session())
        #expect(try await world.service.factors.list(own.account.id).isEmpty)
        await world.close()
    }

    @Test("Codes and answers read from random text never crash")
    func fuzz() {
        var random = SeededGenerator(state: 11)
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567- plumbline_agent_person_01".utf8)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...100, using: &random)).map { _ in letters.randomElement(using: &random) ?? 0 }
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(TokenText.read(text) == nil)
            #expect(TokenText.read("plumbline_agent_" + text) == nil)
            if let code = RecoveryCodes.bytes(text) { #expect(code.count == RecoveryCodes.length) }
        }
        let secret = random.bytes(TokenText.length)
        let text = TokenText.write(.agent, secret)
        #expect(TokenText.read(text)?.secret == secret)
        #expect(TokenText.read(text)?.kind == .agent)
        for index in text.indices {
            var changed = text
            changed.replaceSubrange(index...index, with: text[index] == "A" ? "B" : "A")
            #expect(TokenText.read(changed) == nil)
        }
    }
}
