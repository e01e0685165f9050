import Crypto
import Database
import HTTPTypes
import Hummingbird
import NIOCore
import Reports
import Rulebook
import Supervision
import Synchronization
import TestProcesses
import Vault

@testable import Identity
@testable import Server

/// A supervisor's server without a network, with one firm.
final class WatchSite: Sendable {
    static let origin = "https://supervisor.example.com"

    let scratch: Scratch
    let clock = Clock()
    let services: SupervisorServices
    let routes: RouteTable
    let roles: RoleBook
    private let platform: Platform
    private let person = Mutex<SignedIn?>(nil)

    init(allowsLocal: Bool = false) async throws {
        let scratch = try Scratch()
        self.scratch = scratch
        let clock = clock
        var settings = DatabaseSettings()
        settings.vault.activeBytes = 1 << 20
        settings.segmentHeight = 8
        let database = try await GovernanceDatabase.open(
            try DataDirectory.openOrCreate(scratch.path + "/data"),
            migrations: IdentitySchema.migrations + Supervision.migrations, settings: settings,
            effects: DatabaseEffects(
                now: { clock.microseconds }, pause: { try await Task.sleep(for: .seconds(86_400)) }, trailFiles: .live))
        let rulebook = try ShippedFiles.rulebook()
        let effects = IdentityEffects(
            now: { Instant(seconds: clock.microseconds / 1_000_000) }, random: IdentityEffects.live.random)
        roles = try RoleReader.shipped()
        let identity = try IdentityService(
            database: database, keys: try IdentityKeys(path: scratch.path + "/data/keys/identity.key", effects: effects),
            policy: try PolicyReader.shipped(rulebook), roles: roles, guesses: try GuessList.shipped(),
            configuration: try IdentityConfiguration(side: .supervisor, origin: Self.origin, everyoneNeedsFactor: true),
            effects: effects,
            hasher: PasswordHasher { password, salt, _, length in Array(SHA256.hash(data: salt + password).prefix(length)) })
        let supervision = try Supervision(database, rulebook: rulebook, now: { clock.microseconds })
        services = SupervisorServices(
            Services(identity: identity, database: database, hub: EventHub()), supervision: supervision,
            watchAllowsLocal: allowsLocal)
        let metrics = Metrics()
        routes = try SupervisorServer.routes(services, metrics: metrics)
        platform = CommonServer.platform(
            services.common, routes: routes, catalog: try Wording.shipped(.chinese).catalog,
            log: ServerLog(now: { clock.microseconds }, write: { _ in }), metrics: metrics, now: { clock.microseconds },
            random: IdentityEffects.live.random)
        if let day = CivilDate("2020-01-01") {
            try await supervision.register.save(
                [Firm(id: "mountain", names: [.init(from: day, legal: "範例山岳證券股份有限公司", short: "山岳<證券>")])], after: [:],
                reason: "test", .system("test"))
        }
    }

    /// Everybody who asks is this one from now on.
    func become(_ names: [String], account: String = "test.person") {
        let names = Set(names.map { RoleName(rawValue: $0) })
        let now = Instant(seconds: clock.microseconds / 1_000_000)
        let id = AccountID(Int64(account.utf8.reduce(7) { $0 &* 31 &+ Int($1) } % 1_000 + 1))
        let stored = Account(
            id: id, name: ServerWorld.name(account), person: "E-1", displayName: "Test", mail: nil, phone: nil, state: .active,
            stateReason: "", roles: names, isBreakGlass: false, temporaryUntil: nil, conditions: UseConditions(), createdAt: now,
            lastSignIn: now, passwordState: .chosen, passwordSetAt: now, initialUntil: nil)
        let principal = Principal(
            kind: .person, account: id, permissions: roles.permissions(of: names), provenAt: now,
            trailActor: .account(id: id.description, name: account))
        let session = Session(
            principal: principal, account: stored, reference: "reference", formToken: "form-token", createdAt: now,
            endsAt: now.adding(seconds: 100_000), idleEndsAt: now.adding(seconds: 100_000), hasFactor: true, passwordEndsIn: nil)
        person.withLock { $0 = SignedIn(principal, session: session, isFresh: true) }
    }

    /// What the one who asks may do.
    func may(_ permission: Permission) -> Bool { person.withLock { $0?.principal.may(permission) ?? false } }

    /// Sends a request as a browser on one of our pages would.
    func send(_ method: HTTPRequest.Method, _ target: String, form: [(String, String)]? = nil, language: String = "en")
        async throws
        -> Reply
    {
        var head = HTTPRequest(method: method, scheme: "https", authority: "supervisor.example.com", path: target)
        var bytes: [UInt8] = []
        if let form {
            bytes = Array(FormFields.query(form + [("csrf", "form-token")]).utf8)
            head.headerFields[.contentType] = "application/x-www-form-urlencoded"
        }
        head.headerFields[SecurityHeaders.named("Sec-Fetch-Site")] = "same-origin"
        head.headerFields[.origin] = Self.origin
        head.headerFields[.acceptLanguage] = language
        head.headerFields[.cookie] = "\(Cookie.session)=any"
        let responder = Responder(platform: platform.asking(person.withLock { $0 }))
        let response = try await responder.respond(
            to: Request(head: head, body: RequestBody(buffer: ByteBuffer(bytes: bytes))),
            context: VisitSource(address: "192.0.2.7"))
        let box = BodyBox()
        if response.headers[.contentType] != "text/event-stream" { try await response.body.write(BoxWriter(box: box)) }
        return Reply(status: response.status.code, headers: response.headers, body: box.bytes)
    }

    /// What the form of a good target sends.
    static func fields(_ changes: [(String, String)] = []) -> [(String, String)] {
        let standard = [
            ("firm", "mountain"), ("id", "orders"), ("name", "下單 <網站>"), ("kind", "https"),
            ("host", "orders.mountain.example.com"), ("port", "443"), ("path", "/login"), ("status_from", "200"),
            ("status_to", "399"), ("text", ""), ("interval", "1"), ("timeout", "10"), ("tolerance", "3"), ("hours", "always"),
            ("reason", "yearly plan"),
        ]
        return standard.map { field in changes.first { $0.0 == field.0 } ?? field }
    }

    /// A target that is asked for and agreed to, through the pages.
    func watch(_ changes: [(String, String)] = []) async throws {
        become(["examiner"], account: "first.person")
        _ = try await send(.post, "/watch/new", form: Self.fields(changes))
        become(["analyst"], account: "second.person")
        let id = changes.first { $0.0 == "id" }?.1 ?? "orders"
        let until = Instant(seconds: clock.microseconds / 1_000_000).date(in: .taipei).adding(days: 30).description
        _ = try await send(
            .post, "/watch/\(id)/approve", form: [("version", "1"), ("until", until), ("outcome", "agree"), ("note", "")])
    }

    /// Probes what may be probed for some minutes of the clock.
    func run(minutes: Int, _ prober: WatchProber) async {
        let clock = clock
        let steady = Mutex<Int64>(0)
        let runner = WatchRunner(
            services.supervision, prober: prober,
            effects: WatchEffects(
                now: { clock.microseconds }, steady: { steady.withLock { $0 } },
                sleep: { milliseconds in
                    for _ in 0..<40 { await Task.yield() }
                    guard steady.withLock({ $0 }) < Int64(minutes) * 60_000 else { throw CancellationError() }
                    clock.pass(1)
                    steady.withLock { $0 += 1_000 }
                }, random: { $0 / 2 }, tell: {}, complain: { _ in }))
        await runner.run()
    }
}
