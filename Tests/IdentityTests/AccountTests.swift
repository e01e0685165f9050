import Database
import Documents
import Rulebook
import Testing

@testable import Identity

@Suite("Accounts")
struct AccountTests {
    @Test("A2 cnfa-3.1 who asks does not decide, nobody decides about themselves, and nothing is done before")
    func secondPerson() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let chief = try await world.person("mei.lin", ["ciso"], by: admin)
        let requests = world.service.requests
        // From now on there is a second person who may approve.
        let new = NewAccount(
            name: try #require(AccountName("jun.ho")), person: "E-9", displayName: "Ho", roles: [RoleName(rawValue: "officer")])
        let session = try await admin.stepUp()
        let id = try await requests.ask(.create(new), reason: "joins the desk", by: session.principal)
        #expect(await refusal { _ = try await requests.carryOut(id, by: session.principal) } == .secondPerson)
        #expect(await refusal { try await requests.decide(id, approve: true, by: session.principal) } == .secondPerson)
        let other = try await chief.stepUp()
        #expect(await refusal { _ = try await requests.carryOut(id, by: other.principal) } == .forbidden)
        try await requests.decide(id, approve: true, note: "agreed", by: other.principal)
        #expect(await refusal { try await requests.decide(id, approve: false, by: other.principal) } == .wrongState)
        guard case .created(let account, _) = try await requests.carryOut(id, by: session.principal) else { return }
        #expect(await refusal { _ = try await requests.carryOut(id, by: session.principal) } == .wrongState)
        #expect(try await world.service.accounts.find(account, for: session.principal).name.text == "jun.ho")
        // About oneself: roles of the approver.
        let own = try await requests.ask(
            .setRoles(other.account.id, [RoleName(rawValue: "officer")]), reason: "fewer duties", by: session.principal)
        #expect(
            await refusal { try await requests.decide(own, approve: true, by: try await chief.stepUp().principal) }
                == .secondPerson)
        let steps = try await world.actions().filter { $0.hasPrefix("request") || $0.hasPrefix("account") }
        #expect(
            Array(steps.suffix(5)) == [
                "request.ask: joins the desk", "request.approve: agreed", "request.done", "account.create: joins the desk",
                "request.ask: fewer duties",
            ])
        await world.close()
    }

    @Test("A2 refused, withdrawn and lapsed requests are never carried out")
    func ended() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let chief = try await world.person("mei.lin", ["ciso"], by: admin)
        let target = try await chief.session().account.id
        let requests = world.service.requests
        func ask() async throws -> (Int64, Session) {
            let session = try await admin.stepUp()
            let id = try await requests.ask(
                .other(.retentionChange, object: "vault orders", payload: .object([("years", 5)])), reason: "longer",
                by: try await chief.stepUp().principal)
            return (id, session)
        }
        // Only another holder of the permission may agree to this one; an administrator is none.
        let (first, session) = try await ask()
        #expect(await refusal { try await requests.decide(first, approve: true, by: session.principal) } == .forbidden)
        let officer = try await world.person("jun.ho", ["officer"], by: admin, approver: chief, address: "192.0.2.31")
        try await requests.decide(first, approve: true, by: try await officer.stepUp().principal)
        // The other room carries it out in its own transaction, for the object that was agreed to, once.
        func use(_ object: String) async -> IdentityError.Code? {
            let now = world.clock.now
            return await refusal {
                _ = try await world.database.change(.system("test"), throwing: IdentityError.self) { db, trail in
                    try RequestStore.use(db, &trail, first, permission: .retentionChange, object: object, at: now).id
                }
            }
        }
        #expect(await use("vault trades") == .wrongState)
        #expect(await use("vault orders") == nil)
        #expect(await use("vault orders") == .wrongState)
        let roles = try await requests.ask(
            .setRoles(target, [RoleName(rawValue: "signatory")]), reason: "new duties", by: try await admin.stepUp().principal)
        try await requests.decide(roles, approve: false, note: "no", by: try await world.second(admin, chief).stepUp().principal)
        #expect(await refusal { _ = try await requests.carryOut(roles, by: try await admin.stepUp().principal) } == .wrongState)
        let late = try await requests.ask(
            .setRoles(target, [RoleName(rawValue: "signatory")]), reason: "new duties", by: try await admin.stepUp().principal)
        world.clock.advance(world.service.policy[.requestLifetime])
        try await admin.signIn()
        #expect(await refusal { _ = try await requests.carryOut(late, by: try await admin.session().principal) } == .wrongState)
        try await world.service.sweep()
        #expect(try await requests.list([.lapsed], for: try await admin.session().principal).map(\.id) == [late])
        await world.close()
    }

    @Test("cnfa-6.1 one person, one account; no shared, no look-alike names")
    func unique() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        _ = try await world.make("mei.lin", ["officer"], by: admin)
        let session = try await admin.stepUp()
        func ask(_ name: String, _ person: String) async -> IdentityError.Code? {
            await refusal {
                let new = NewAccount(
                    name: try #require(AccountName(name)), person: person, displayName: "Somebody",
                    roles: [RoleName(rawValue: "officer")])
                let id = try await world.service.requests.ask(.create(new), reason: "joins", by: session.principal)
                _ = try await world.service.requests.carryOut(id, by: session.principal)
            }
        }
        #expect(await ask("root", "E-2") == .badInput)
        #expect(await ask("shared", "E-2") == .badInput)
        #expect(await ask("mei.lin", "E-2") == .taken)
        #expect(await ask("mei-l1n", "E-2") == .taken)
        #expect(await ask("mei.wang", "E-mei.lin") == .taken)
        #expect(await ask("mei.wang", "") == .badInput)
        #expect(await ask("mei.wang", "E-2") == nil)
        await world.close()
    }

    @Test("cnfa-3.2 a temporary account stops by itself at its end, to the second")
    func temporary() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let end = world.clock.now.adding(seconds: 7_200)
        let person = try await world.person("mei.lin", ["officer"], by: admin, until: end)
        let id = try await person.session().account.id
        let principal = try await admin.stepUp().principal
        #expect(await refusal { try await world.service.accounts.setEnd(id, end.adding(seconds: 1), by: principal) } == .badInput)
        world.clock.set(end.adding(seconds: -1))
        try await person.signIn()
        world.clock.set(end)
        #expect(try await world.service.sessions.find(person.cookie, client: person.client, isPolling: false) == nil)
        #expect(
            try await world.service.signIn.signIn(name: "mei.lin", password: Password(person.password), client: person.client)
                .isRefused)
        try await world.service.sweep()
        try await admin.signIn()
        let account = try await world.service.accounts.find(id, for: try await admin.session().principal)
        #expect(account.state == .disabled)
        #expect(
            await refusal {
                try await world.service.accounts.enable(id, reason: "goes on", by: try await admin.session().principal)
            }
                == .wrongState)
        let far = world.clock.now.adding(seconds: Int64(world.service.policy[.temporaryLongest]) + 60)
        #expect(await refusal { _ = try await world.make("jun.ho", ["officer"], by: admin, until: far) } == .badInput)
        await world.close()
    }

    @Test("cnfa-3.1 disabling and enabling are immediate, reasoned and noted; removal keeps the name for ever")
    func lifecycle() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["officer"], by: admin)
        let (id, accounts) = (try await person.session().account.id, world.service.accounts)
        let principal = try await admin.stepUp().principal
        #expect(await refusal { try await accounts.disable(id, reason: "", by: principal) } == .badInput)
        try await accounts.disable(id, reason: "on leave", by: principal)
        #expect(await refusal { try await accounts.disable(id, reason: "on leave", by: principal) } == .wrongState)
        #expect(
            try await world.service.signIn.signIn(name: "mei.lin", password: Password(person.password), client: person.client)
                .isRefused)
        try await accounts.enable(id, reason: "is back", by: principal)
        try await person.signIn()
        let request = try await world.service.requests.ask(.remove(id), reason: "left the firm", by: principal)
        _ = try await world.service.requests.carryOut(request, by: principal)
        let removed = try await accounts.find(id, for: principal)
        #expect(removed.state == .removed && removed.roles.isEmpty && removed.mail == nil && removed.person.isEmpty)
        #expect(await refusal { try await accounts.enable(id, reason: "is back", by: principal) } == .wrongState)
        #expect(await refusal { _ = try await world.make("mei.lin", ["officer"], by: admin) } == .taken)
        await world.close()
    }

    @Test("L7 the last administrator and the accounts for emergencies cannot be lost; the console helps when all are locked")
    func lastAdministrator() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let own = try await admin.session().account.id
        let accounts = world.service.accounts
        var principal = try await admin.stepUp().principal
        #expect(await refusal { try await accounts.disable(own, reason: "test it", by: principal) } == .lastAdministrator)
        let second = try await world.person("jun.ho", ["administrator"], by: admin, isBreakGlass: true, address: "192.0.2.31")
        let other = try await second.session().account.id
        principal = try await admin.stepUp().principal
        #expect(await refusal { try await accounts.setBreakGlass(other, false, by: principal) } == .lastAdministrator)
        #expect(await refusal { try await accounts.disable(other, reason: "test it", by: principal) } == .lastAdministrator)
        #expect(
            await refusal { _ = try await world.service.requests.ask(.remove(other), reason: "test it", by: principal) }
                == .lastAdministrator)
        // An emergency sign-in is told to whoever may approve.
        #expect(try await world.service.messages.waiting().contains { $0.kind == .emergencySignIn && $0.detail == "jun.ho" })
        let stranger = Client(address: SourceAddress("203.0.113.9"))
        for name in ["wei.chang", "jun.ho"] {
            try await world.fail(name, 3, client: stranger)
            let person = name == "wei.chang" ? admin : second
            #expect(
                try await world.service.signIn.signIn(name: name, password: Password(person.password), client: stranger).isRefused
            )
        }
        #expect(
            await refusal {
                try await world.service.unlocks.unlockAtConsole(try admin.accountName, reason: "", uid: 0, user: "root")
            }
                == .badInput)
        try await world.service.unlocks.unlockAtConsole(
            try admin.accountName, reason: "all administrators locked", uid: 0, user: "root")
        guard
            case .needsFactor = try await world.service.signIn.signIn(
                name: "wei.chang", password: Password(admin.password), client: stranger)
        else {
            Issue.record("still locked")
            return
        }
        let record = try #require(try await world.trail().last { $0.entry.action == "lockout.unlock" })
        #expect(record.actor == .console(uid: 0, name: "root"))
        let rescue = try await world.service.unlocks.rescueAtConsole(
            try admin.accountName, reason: "lost the phone", uid: 0, user: "root")
        admin.password = rescue.text
        #expect(try await admin.signIn(choosing: goodPasswords[4]).hasFactor)
        await world.close()
    }

    @Test("S4 one's own address changes only with a fresh proof, voids links, and the old address is told")
    func contact() async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let person = try await world.person("mei.lin", ["officer"], by: admin)
        let id = try await person.session().account.id
        try await world.service.passwords.requestReset(name: "mei.lin", client: person.client)
        let link = try #require(try await world.service.messages.waiting().last { $0.kind == .reset }?.link)
        world.clock.advance(301)
        let accounts = world.service.accounts
        func change(_ mail: String?, _ session: Session) async -> IdentityError.Code? {
            await refusal {
                try await accounts.setContact(
                    id, displayName: "林美玲", mail: mail, phone: "+886 2 1234-5678", by: session.principal)
            }
        }
        #expect(await change("new@example.com", try await person.session()) == .notFresh)
        let session = try await person.stepUp()
        for wrong in ["x", "a@b", "a b@example.com", "a@b@example.com", "a@.example.com", "<a>@example.com"] {
            #expect(await change(wrong, session) == .badInput, "\(wrong)")
        }
        #expect(await change("new@example.com", session) == nil)
        let told = try #require(try await world.service.messages.waiting().last { $0.kind == .addressChanged })
        #expect(told.address == "mei.lin@example.com")
        let ticket = String(link.split(separator: "#")[1])
        #expect(
            try await world.service.passwords.reset(ticket, to: Password(goodPasswords[3]), client: person.client) == .refused)
        await world.close()
    }

    @Test("The set-up link works once, and only while there is no account")
    func setup() async throws {
        let world = try await World()
        let (setup, client) = (world.service.setup, Client(address: SourceAddress("192.0.2.1")))
        let name = try #require(AccountName("wei.chang"))
        #expect(try await setup.isNeeded())
        let first = try await setup.makeLink()
        let second = try await setup.makeLink()
        func ticket(_ link: String) -> String { String(link.split(separator: "#").last ?? "") }
        func finish(_ ticket: String) async -> IdentityError.Code? {
            await refusal {
                _ = try await setup.finish(ticket, name: name, person: "E-1", displayName: "張偉", mail: nil, client: client)
            }
        }
        #expect(first.hasPrefix("\(World.origin)/setup#"))
        #expect(await finish(ticket(first)) == .notProven)
        #expect(try await setup.isValid(ticket(second), client: client))
        world.clock.advance(world.service.policy[.setupLinkLifetime])
        #expect(await finish(ticket(second)) == .notProven)
        let third = try await setup.makeLink()
        #expect(await finish(ticket(third)) == nil)
        #expect(await finish(ticket(third)) == .notProven)
        #expect(try await !setup.isNeeded())
        #expect(await refusal { _ = try await setup.makeLink() } == .wrongState)
        await world.close()
    }

    @Test("A request's change is written and read alike")
    func payload() throws {
        let new = NewAccount(
            name: try #require(AccountName("mei.lin")), person: "E-1", displayName: "林美玲", mail: "a@example.com", phone: nil,
            roles: [RoleName(rawValue: "officer"), RoleName(rawValue: "signatory")], temporaryUntil: Instant(seconds: 77),
            conditions: UseConditions(
                sources: [try #require(AddressRange("2001:db8::/32"))], hours: [try #require(WeeklyHours("1-5 08:00-18:00"))]))
        var bound = new
        (bound.roles, bound.party) = ([RoleName(rawValue: "respondent")], "firm-a")
        let changes: [RequestedChange] = [
            .create(new), .setRoles(AccountID(4), [RoleName(rawValue: "ciso")]), .remove(AccountID(5)), .create(bound),
            .setRoles(AccountID(4), [RoleName(rawValue: "respondent")], party: "firm-a"),
            .other(.retentionChange, object: "vault orders", payload: .object([("years", 5)])),
        ]
        for change in changes {
            let bytes = CanonicalJSON.bytes(of: change.payload)
            let read = try RequestedChange(
                permission: change.permission, object: change.object, subject: change.subject, payload: try JSONReader.read(bytes)
            )
            #expect(read == change)
        }
    }
}

extension World {
    /// Somebody besides these who may approve.
    func second(_ admin: Person, _ chief: Person) async throws -> Person {
        try await person("ya.chen", ["administrator"], by: admin, approver: chief, address: "192.0.2.41")
    }
}
