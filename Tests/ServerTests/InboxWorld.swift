import Crypto
import Database
import HTTPTypes
import Reports
import Rulebook
import Supervision
import Synchronization
import TestProcesses

@testable import Identity
@testable import Server

/// A supervisor's server without a network.
final class InboxWorld: Sendable {
    let scratch: Scratch
    let clock = Clock()
    let sink = Sink()
    let services: SupervisorServices
    let routes: RouteTable
    let roles: RoleBook
    private let responder: Mutex<Responder>

    init() async throws {
        let (scratch, clock, sink) = (try Scratch(), clock, sink)
        self.scratch = scratch
        let database = try await ExchangeWorld.database(
            scratch.path + "/data", IdentitySchema.migrations + Supervision.migrations, clock)
        let rulebook = try ShippedFiles.rulebook()
        let supervision = try Supervision(database, rulebook: rulebook, now: { clock.microseconds })
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
            Services(identity: identity, database: database, hub: EventHub()), supervision: supervision)
        let metrics = Metrics()
        routes = try SupervisorServer.routes(services, metrics: metrics)
        let log = ServerLog(now: { clock.microseconds }) { line in sink.add(String(decoding: line, as: UTF8.self)) }
        responder = Mutex(
            Responder(
                platform: CommonServer.platform(
                    services.common, routes: routes, catalog: try Wording.shipped(.chinese).catalog, log: log, metrics: metrics,
                    now: { clock.microseconds }, random: IdentityEffects.live.random)))
    }

    /// Everybody who asks is this one from now on.
    func impersonate(_ signedIn: SignedIn?) {
        responder.withLock { responder in responder = Responder(platform: responder.platform.asking(signedIn)) }
    }

    /// Somebody with the permissions of some roles.
    func person(_ names: [String], isFresh: Bool = true, number: Int64 = 77) -> SignedIn {
        ServerWorld.person(names, roles, clock, isFresh: isFresh, number: number)
    }

    func send(
        _ method: HTTPRequest.Method, _ target: String, form: [(String, String)]? = nil, body: [UInt8] = [],
        headers: [(String, String)] = [], cookies: [String: String] = [:], isBrowser: Bool = true
    ) async throws -> Reply {
        try await ServerWorld.send(
            responder.withLock { $0 }, method, target, form: form, body: body, headers: headers, cookies: cookies,
            isBrowser: isBrowser)
    }

    /// Two firms, and the first two accounts.
    func settle() async throws {
        let actor = TrailActor.system("test")
        try await services.supervision.exchange.prepare()
        try await services.supervision.institution.decide(name: "範例中心", actor)
        let firms = ["alpha", "beta"].map { id in
            Firm(id: id, names: [.init(from: CivilDate(day: 10_000), legal: "\(id) 證券", short: id)])
        }
        try await services.supervision.register.save(firms, after: [:], reason: "test", actor)
        let link = try await services.identity.setup.makeLink()
        _ = try await services.identity.setup.finish(
            String(link.split(separator: "#").last ?? ""),
            administrator: NewPerson(name: ServerWorld.name("keeper"), person: "E-1", displayName: "Keeper"),
            worker: NewPerson(name: ServerWorld.name("mei.lin"), person: "E-2", displayName: "林美"),
            role: RoleName(rawValue: "examiner"), client: Client(address: SourceAddress("192.0.2.1")))
    }
}
