import Database
import Documents
import Rulebook
import Testing

@testable import Identity

@Suite("Accounts that act for a party: bound to one, and to nothing else")
struct PartyTests {
    private static let respondent: Set<RoleName> = [RoleName(rawValue: "respondent")]

    @Test("a respondent acts for one party: the session, the lists, the review and the trail say so")
    func bound() async throws {
        let world = try await World(side: .supervisor)
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["respondent"], by: admin, party: "firm-a")
        let session = try await person.session()
        #expect(session.principal.party == "firm-a" && session.principal.permissions == [.answersGive])
        #expect(try await admin.session().principal.party == nil)
        #expect(try await world.service.accounts.parties() == ["firm-a": 1])
        let created = try #require(try await world.trail().last { $0.entry.action == "account.create" })
        #expect(created.entry.details["party"] == "firm-a")
        let asked = try #require(try await world.trail().last { $0.entry.action == "request.ask" })
        #expect(asked.entry.details["party"] == "firm-a")
        let review = try await world.service.reviews.open(by: try await admin.session().principal)
        let items = try await world.service.reviews.find(review, for: try await admin.session().principal).items
        #expect(items.map(\.party) == [nil, "firm-a"])
        await world.close()
    }

    @Test(
        "roles and party go together, or nothing is made",
        arguments: [
            (["respondent"], nil), (["examiner"], "firm-a"), (["administrator"], "firm-a"),
            (["respondent", "examiner"], "firm-a"),
            (["respondent", "administrator"], "firm-a"), (["respondent", "auditor"], nil), (["respondent"], ""),
            (["respondent"], "firm a"),
            (["respondent"], "firm\"a"), (["respondent"], String(repeating: "f", count: 64)),
        ] as [([String], String?)])
    func refused(roles: [String], party: String?) async throws {
        let world = try await World(side: .supervisor)
        let admin = try await world.administrator()
        #expect(await refusal { _ = try await world.make("mei.lin", roles, by: admin, party: party) } == .badInput)
        let person = try await world.person("ya.chen", ["respondent"], by: admin, party: "firm-a")
        let id = try await person.session().account.id
        let session = try await admin.stepUp()
        let names = Set(roles.map { RoleName(rawValue: $0) })
        #expect(
            await refusal {
                _ = try await world.service.requests.ask(
                    .setRoles(id, names, party: party), reason: "other duties", by: session.principal)
            } == .badInput)
        #expect(try await person.session().principal.party == "firm-a")
        await world.close()
    }

    @Test("a firm's installation knows no such role")
    func side() async throws {
        let world = try await World(side: .firm)
        let admin = try await world.administrator()
        #expect(await refusal { _ = try await world.make("mei.lin", ["respondent"], by: admin, party: "firm-a") } == .badInput)
        await world.close()
    }

    @Test("when the party changes, sessions and tokens end; the next one acts for the new party, and the trail names both")
    func changed() async throws {
        let world = try await World(side: .supervisor)
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["respondent"], by: admin, party: "firm-a")
        let token = try await world.service.tokens.make(
            label: "sheet", permissions: [.answersGive], lifetime: 3_600, try await person.stepUp())
        #expect(try await world.service.tokens.find(token.text, client: person.client)?.principal.party == "firm-a")
        let id = try await person.session().account.id
        let session = try await admin.stepUp()
        let request = try await world.service.requests.ask(
            .setRoles(id, Self.respondent, party: "firm-b"), reason: "moves to another firm", by: session.principal)
        _ = try await world.service.requests.carryOut(request, by: session.principal)
        #expect(try await world.service.sessions.find(person.cookie, client: person.client, isPolling: false) == nil)
        #expect(try await world.service.tokens.find(token.text, client: person.client) == nil)
        try await person.signIn()
        #expect(try await person.session().principal.party == "firm-b")
        let entry = try #require(try await world.trail().last { $0.entry.action == "account.roles" }).entry
        #expect(entry.details["party-before"] == "firm-a" && entry.details["party-after"] == "firm-b")
        await world.close()
    }

    @Test("whoever comes to act for the installation itself loses the party, and the other way round")
    func leaving() async throws {
        let world = try await World(side: .supervisor)
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["respondent"], by: admin, party: "firm-a")
        let id = try await person.session().account.id
        for (roles, party) in [(["examiner"], nil), (["respondent"], "firm-b")] as [([String], String?)] {
            let session = try await admin.stepUp()
            let request = try await world.service.requests.ask(
                .setRoles(id, Set(roles.map { RoleName(rawValue: $0) }), party: party), reason: "other duties",
                by: session.principal)
            _ = try await world.service.requests.carryOut(request, by: session.principal)
            try await person.signIn()
            let principal = try await person.session().principal
            #expect(principal.party == party && principal.may(.answersGive) == (party != nil))
        }
        await world.close()
    }

    @Test("a row that contradicts itself gives nothing: a respondent without a party, an examiner with one")
    func contradiction() async throws {
        let world = try await World(side: .supervisor)
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["respondent"], by: admin, party: "firm-a")
        let examiner = try await world.person("jun.ho", ["examiner"], by: admin, address: "192.0.2.30")
        let ids = (try await person.session().account.id, try await examiner.session().account.id)
        try await world.database.change(.system("test"), throwing: IdentityError.self) { db, trail in
            try AccountStore.setParty(db, ids.0, nil)
            try AccountStore.setParty(db, ids.1, "firm-a")
            trail.note(TrailEntry("test.forge", .init("account")))
        }
        #expect(try await person.session().principal.permissions.isEmpty)
        #expect(try await examiner.session().principal.permissions.isEmpty)
        await world.close()
    }

    @Test("a file that gives a role of a party more than what concerns that party is refused")
    func file() throws {
        let name = "identity/roles.yaml"
        let file = try #require(ShippedFiles.files(in: "identity").first { $0.name == name })
        let text = String(decoding: file.bytes, as: UTF8.self)
        for (from, to) in [
            ("permissions: [answers.give]", "permissions: [answers.give, market.read]"),
            ("    party: true\n", "    party: true\n    administers: true\n"),
        ] {
            let broken = text.replacing(from, with: to)
            #expect(broken != text)
            #expect(throws: DocumentError.self) { try RoleReader.read(try YAMLReader.read(Array(broken.utf8))) }
        }
    }
}
