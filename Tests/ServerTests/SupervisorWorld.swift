import Crypto
import Database
import Documents
import HTTPTypes
import Hummingbird
import Reports
import Rulebook
import Submissions
import Supervision
import Synchronization
import TestProcesses
import Testing
import Vault

@testable import Identity
@testable import Server

/// A supervisor's server without a network.
final class SupervisorWorld: Browsing {
    let scratch: Scratch
    let services: SupervisorServices
    let routes: RouteTable
    let roles: RoleBook
    let clock: Clock
    let sink = Sink()
    private let responder: Mutex<Responder>

    var supervision: Supervision { services.supervision }

    init(watchAllowsLocal: Bool = false, answersSink: @escaping AnswersSink = { _, _, _ in }) async throws {
        let (scratch, clock) = (try Scratch(), Clock())
        (self.scratch, self.clock) = (scratch, clock)
        var settings = DatabaseSettings()
        settings.vault.activeBytes = 1 << 20
        settings.segmentHeight = 8
        let database = try await GovernanceDatabase.open(
            try DataDirectory.openOrCreate(scratch.path + "/data"),
            migrations: IdentitySchema.migrations + Supervision.migrations,
            settings: settings,
            effects: DatabaseEffects(
                now: { clock.microseconds }, pause: { try await Task.sleep(for: .seconds(86_400)) }, trailFiles: .live))
        let rulebook = try ShippedFiles.rulebook()
        let supervision = try Supervision(database, rulebook: rulebook, answersSink: answersSink, now: { clock.microseconds })
        let effects = IdentityEffects(
            now: { Instant(seconds: clock.microseconds / 1_000_000) }, random: IdentityEffects.live.random)
        roles = try RoleReader.shipped()
        let identity = try IdentityService(
            database: database, keys: try IdentityKeys(path: scratch.path + "/data/keys/identity.key", effects: effects),
            policy: try PolicyReader.shipped(rulebook), roles: roles, guesses: try GuessList.shipped(),
            configuration: try IdentityConfiguration(side: .supervisor, origin: ServerWorld.origin, everyoneNeedsFactor: true),
            effects: effects,
            hasher: PasswordHasher { password, salt, _, length in Array(SHA256.hash(data: salt + password).prefix(length)) })
        services = SupervisorServices(
            Services(
                identity: identity, database: database, hub: EventHub(),
                parties: .firms(of: supervision, now: { clock.microseconds })),
            supervision: supervision, watchAllowsLocal: watchAllowsLocal)
        let metrics = Metrics()
        routes = try SupervisorServer.routes(services, metrics: metrics)
        let sink = sink
        let log = ServerLog(now: { clock.microseconds }) { line in sink.add(String(decoding: line, as: UTF8.self)) }
        responder = Mutex(
            Responder(
                platform: CommonServer.platform(
                    services.common, routes: routes, catalog: try Wording.shipped(.chinese).catalog, log: log, metrics: metrics,
                    now: { clock.microseconds }, random: IdentityEffects.live.random)))
    }

    func respond(to request: Request, from address: String) async throws -> Response {
        try await responder.withLock { $0 }.respond(to: request, context: VisitSource(address: address))
    }

    /// Everybody who asks is this one from now on.
    func impersonate(_ signedIn: SignedIn?) {
        responder.withLock { responder in responder = Responder(platform: responder.platform.asking(signedIn)) }
    }

    /// Somebody with some roles, who acts for a party or for none.
    func person(
        _ names: [String], party: String? = nil, isFresh: Bool = true, display: String = "Test", number: Int64 = 77,
        name: String = "test.person"
    ) -> SignedIn {
        let names = Set(names.map { RoleName(rawValue: $0) })
        let now = Instant(seconds: clock.microseconds / 1_000_000)
        let account = Account(
            id: AccountID(number), name: ServerWorld.name(name), person: "E-1", displayName: display, mail: nil,
            phone: nil,
            state: .active, stateReason: "", roles: names, party: party, isBreakGlass: false, temporaryUntil: nil,
            conditions: UseConditions(), createdAt: now, lastSignIn: now, passwordState: .chosen, passwordSetAt: now,
            initialUntil: nil)
        let principal = Principal(
            kind: .person, account: account.id, permissions: roles.permissions(of: names), party: party, provenAt: now,
            trailActor: .account(id: "\(number)", name: name))
        let session = Session(
            principal: principal, account: account, reference: "reference", formToken: "form-token", createdAt: now,
            endsAt: now.adding(seconds: 1_000), idleEndsAt: now.adding(seconds: 1_000), hasFactor: true, passwordEndsIn: nil)
        return SignedIn(principal, session: session, isFresh: isFresh)
    }

    /// Asks as somebody who is signed in.
    func get(_ target: String) async throws -> Reply { try await send(.get, target, cookies: [Cookie.session: "any"]) }

    /// Sends a form as somebody who is signed in.
    func post(_ target: String, _ fields: [(String, String)]) async throws -> Reply {
        try await send(.post, target, form: [("csrf", "form-token")] + fields, cookies: [Cookie.session: "any"])
    }

    /// The accounts of the first run, so that nobody is sent to it.
    func settle() async throws {
        let link = try await services.identity.setup.makeLink()
        _ = try await services.identity.setup.finish(
            String(link.split(separator: "#").last ?? ""),
            administrator: NewPerson(name: ServerWorld.name("keeper"), person: "E-1", displayName: "Keeper"),
            worker: NewPerson(name: ServerWorld.name("mei.lin"), person: "E-2", displayName: "林美"),
            role: RoleName(rawValue: "examiner"), client: Client(address: SourceAddress("192.0.2.1")))
    }

    /// A securities firm in the register.
    func register(_ id: String, short: String, online: Bool = true, capital: Int = 12_000_000_000) async throws {
        let day = try #require(CivilDate("2020-01-01"))
        let firm = Firm(
            id: id, names: [.init(from: day, legal: "\(short)證券股份有限公司", short: short)],
            facts: [
                .init(
                    from: day,
                    values: [
                        "entity_kinds": ["securities"], "capital": .integer(capital), "fhc_subsidiary": false,
                        "online_orders": .bool(online), "custody_businesses": ["own-margin-trading"],
                    ])
            ])
        try await supervision.register.save([firm], after: [:], reason: "test", .system("test"))
    }

    /// A round about the last quarter of 2026, due at the end of January 2027.
    func open(_ firms: [String], questionnaire: String = "market-2017", quarter: String = "2026-Q4") async throws -> Int64 {
        try await supervision.surveys.open(
            try #require(Quarter(quarter)), questionnaire: questionnaire, due: try #require(CivilDate("2027-01-31")),
            firms: firms,
            note: "", .system("test"))
    }

    func close() async { await services.database.close() }
}
