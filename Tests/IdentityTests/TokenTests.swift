import Database
import Glibc
import Rulebook
import TestProcesses
import Testing

@testable import Identity

@Suite("Tokens of programs")
struct TokenDeskTests {
    @Test("A token does what it is for, as long as its owner may, and never what wants a fresh proof")
    func person() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["officer"], by: admin)
        let (tokens, session) = (world.service.tokens, try await person.session())
        func make(_ permissions: Set<Permission>, _ lifetime: Int = 3_600) async -> IdentityError.Code? {
            await refusal { _ = try await tokens.make(label: "script", permissions: permissions, lifetime: lifetime, session) }
        }
        #expect(await make([.rolesGrant]) == .forbidden)
        #expect(await make([.retentionChange]) == .forbidden)
        #expect(await make([]) == .badInput)
        #expect(await make([.logsRead], world.service.policy[.apiTokenLifetime] + 1) == .badInput)
        let made = try await tokens.make(label: "script", permissions: [.logsRead, .firmChange], lifetime: 3_600, session)
        #expect(made.text.hasPrefix("plumbline_person_"))
        #expect(!"\(made)".contains(made.text))
        let client = Client(address: SourceAddress("192.0.2.99"))
        let found = try #require(try await tokens.find(made.text, client: client))
        #expect(found.principal.permissions == [.logsRead, .firmChange])
        #expect(await refusal { try world.service.require(.logsRead, of: found.principal) } == nil)
        #expect(await refusal { try world.service.require(.statementsSign, of: found.principal) } == .forbidden)
        // The owner loses a role: so does the token.
        let request = try await world.service.requests.ask(
            .setRoles(session.account.id, [RoleName(rawValue: "duty-officer")]), reason: "new duties",
            by: try await admin.stepUp().principal)
        _ = try await world.service.requests.carryOut(request, by: try await admin.session().principal)
        #expect(try await tokens.find(made.text, client: client)?.principal.permissions == [.logsRead])
        world.clock.advance(3_600)
        #expect(try await tokens.find(made.text, client: client) == nil)
        #expect(try await tokens.find("plumbline_person_x", client: client) == nil)
        await world.close()
    }

    @Test("An agent's token hands in facts of one host; its use is noted once a day; it ends when revoked or its owner goes")
    func agent() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let tokens = world.service.tokens
        let made = try await tokens.makeAgent(host: "db1", lifetime: 86_400 * 30, by: try await admin.stepUp().principal)
        let client = Client(address: SourceAddress("192.0.2.99"))
        for _ in 0..<3 {
            let found = try #require(try await tokens.find(made.text, client: client))
            #expect(found.token.host == "db1")
            #expect(found.principal.permissions == [.factsUpload])
        }
        world.clock.advance(86_400)
        _ = try await tokens.find(made.text, client: client)
        #expect(try await world.actions().count { $0 == "token.use" } == 2)
        let stranger = try await {
            try await admin.signIn(); return try await world.person("mei.lin", ["officer"], by: admin)
        }()
        #expect(
            await refusal { try await tokens.revoke(made.token.reference, by: try await stranger.session().principal) }
                == .forbidden)
        try await tokens.revoke(made.token.reference, by: try await admin.session().principal)
        #expect(try await tokens.find(made.text, client: client) == nil)
        await world.close()
    }

    @Test("Guessing tokens is limited")
    func limited() async throws {
        let world = try await World()
        let client = Client(address: SourceAddress("198.51.100.9"))
        let burst = world.service.policy[.sourceBurst]
        for _ in 0..<burst { #expect(try await world.service.tokens.find("plumbline_agent_guess", client: client) == nil) }
        #expect(await refusal { _ = try await world.service.tokens.find("plumbline_agent_guess", client: client) } == .limited)
    }
}

@Suite("Reviews of accounts")
struct ReviewTests {
    @Test("cnfa-3.3 every account gets a decision by somebody else, and the next review is due half a year after the sign-off")
    func review() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let chief = try await world.person("mei.lin", ["ciso"], by: admin)
        let (idle, _) = try await world.make("jun.ho", ["officer"], by: admin, approver: chief)
        let (reviews, policy) = (world.service.reviews, world.service.policy)
        #expect(try await !reviews.status().isNear)
        world.clock.advance(policy[.accountIdle] + 60)
        try await admin.signIn(choosing: goodPasswords[5])
        try await chief.signIn(choosing: goodPasswords[5])
        let (one, two) = (try await admin.session(), try await chief.session())
        let id = try await reviews.open(by: two.principal)
        #expect(await refusal { _ = try await reviews.open(by: one.principal) } == .wrongState)
        let items = try await reviews.find(id, for: two.principal).items
        #expect(items.map(\.name) == ["wei.chang", "mei.lin", "jun.ho"])
        #expect(items.map(\.isInactive) == [false, false, true])
        #expect(items.map(\.hasFactor) == [true, false, false])
        #expect(await refusal { try await reviews.decide(id, two.account.id, .keep, by: two.principal) } == .secondPerson)
        #expect(await refusal { try await reviews.decide(id, idle, .disable, by: two.principal) } == .badInput)
        #expect(await refusal { try await reviews.sign(id, by: two.principal) } == .wrongState)
        try await reviews.decide(id, one.account.id, .keep, by: two.principal)
        try await reviews.decide(id, two.account.id, .change, note: "no longer signs", by: one.principal)
        try await reviews.decide(id, idle, .disable, note: "never used", by: two.principal)
        #expect(try await world.service.accounts.find(idle, for: one.principal).state == .disabled)
        try await reviews.sign(id, by: two.principal)
        #expect(await refusal { try await reviews.decide(id, idle, .keep, by: two.principal) } == .wrongState)
        let status = try await reviews.status()
        #expect(status.lastSigned == world.clock.now)
        #expect(status.due == world.clock.now.adding(seconds: Int64(policy[.reviewGap])))
        world.clock.advance(policy[.reviewGap] - policy[.reviewNotice])
        #expect(try await reviews.status().isNear)
        world.clock.advance(policy[.reviewNotice] + 1)
        #expect(try await reviews.status().isOverdue)
        await world.close()
    }
}

@Suite("Secrets")
struct SecretTests {
    @Test("G1 no secret is in the trail, in the database's files, or in a description")
    func nowhere() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["officer"], by: admin)
        try await world.fail("mei.lin", 3, client: person.stranger, password: "Typed-Wr0ng_Orbit")
        try await world.fail("Typed-As-Name_0rbit", 1, client: person.stranger)
        try await world.fail("typedasname0rbit", 1, client: person.stranger)
        try await world.service.passwords.requestReset(name: "mei.lin", client: person.stranger)
        let link = try #require(try await world.service.messages.waiting().last { $0.kind == .reset }?.link)
        let token = try await world.service.tokens.make(
            label: "script", permissions: [.logsRead], lifetime: 600, try await person.session())
        let secrets = [
            admin.password, person.password, admin.cookie, person.cookie, "Typed-Wr0ng_Orbit", "Typed-As-Name_0rbit",
            "typedasname0rbit",
            String(link.split(separator: "#")[1]), token.text, String(token.text.dropFirst(17).prefix(40)),
            Encodings.base32(admin.totp ?? []), admin.recovery[0], admin.device ?? "none",
        ]
        for record in try await world.trail() {
            let text = String(decoding: record.body, as: UTF8.self) + "\(record)"
            for secret in secrets { #expect(!text.contains(secret), "\(record.entry.action) holds \(secret)") }
        }
        let path = "\(world.scratch.path)/data/plumbline.sqlite"
        for file in [path, path + "-wal"] {
            let text = String(decoding: try contents(file), as: UTF8.self)
            #expect(!text.isEmpty)
            for secret in secrets { #expect(!text.contains(secret), "\(file) holds \(secret)") }
            #expect(!text.contains(String(decoding: admin.totp ?? [], as: UTF8.self)))
        }
        let shown = ["\(Password(person.password))", "\(token)", String(reflecting: FactorProof.totp("123456"))]
        #expect(!shown.contains { text in secrets.contains { text.contains($0) } || text.contains("123456") })
        await world.close()
    }

    private func contents(_ path: String) throws -> [UInt8] {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return bytes
    }

    @Test("The master key is made once, readable by its owner only, and a wrong one is refused")
    func key() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/identity.key"
        let keys = try IdentityKeys(path: path, effects: .live)
        let again = try IdentityKeys(path: path, effects: .live)
        #expect(keys.sign([1], .device) == again.sign([1], .device))
        #expect(keys.sign([1], .device) != keys.sign([1], .recovery))
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(truncate(path, 31) == 0)
        #expect(throws: IdentityError.self) { try IdentityKeys(path: path, effects: .live) }
    }
}
