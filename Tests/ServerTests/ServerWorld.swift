import Checks
import Crypto
import Database
import Documents
import HTTPTypes
import Hummingbird
import NIOCore
import Reports
import Rulebook
import Synchronization
import TestProcesses
import Vault
import Workspace

@testable import Identity
@testable import Server

/// A server without a network: requests go through the same gates, the clock moves when a test moves it, and passwords hash fast.
final class ServerWorld: Browsing {
    static let origin = "https://plumbline.example.com:8443"

    let scratch: Scratch
    let services: FirmServices
    let routes: RouteTable
    let roles: RoleBook
    private let responder: Mutex<Responder>

    init() async throws {
        let scratch = try Scratch()
        self.scratch = scratch
        let clock = Clock()
        self.clock = clock
        var settings = DatabaseSettings()
        settings.vault.activeBytes = 1 << 20
        settings.segmentHeight = 8
        let database = try await GovernanceDatabase.open(
            try DataDirectory.openOrCreate(scratch.path + "/data"), migrations: IdentitySchema.migrations + Workspace.migrations,
            settings: settings,
            effects: DatabaseEffects(
                now: { clock.microseconds }, pause: { try await Task.sleep(for: .seconds(86_400)) }, trailFiles: .live))
        let rulebook = try ShippedFiles.rulebook()
        let workspace = try await Workspace(
            database, rulebook: rulebook, library: try CheckLibrary.load(rulebook: rulebook, adding: []),
            now: { clock.microseconds })
        let effects = IdentityEffects(
            now: { Instant(seconds: clock.microseconds / 1_000_000) }, random: IdentityEffects.live.random)
        roles = try RoleReader.shipped()
        let identity = try IdentityService(
            database: database, keys: try IdentityKeys(path: scratch.path + "/data/keys/identity.key", effects: effects),
            policy: try PolicyReader.shipped(rulebook), roles: roles, guesses: try GuessList.shipped(),
            configuration: try IdentityConfiguration(side: .firm, origin: Self.origin, everyoneNeedsFactor: true),
            effects: effects,
            hasher: PasswordHasher { password, salt, _, length in Array(SHA256.hash(data: salt + password).prefix(length)) })
        services = FirmServices(
            Services(identity: identity, database: database, hub: EventHub()), workspace: workspace,
            collect: { try Self.facts("host-1", deny: 5, at: clock.microseconds / 1_000_000) })
        let metrics = Metrics()
        routes = try FirmServer.routes(services, metrics: metrics)
        let sink = Sink()
        self.sink = sink
        let log = ServerLog(now: { clock.microseconds }) { line in sink.add(String(decoding: line, as: UTF8.self)) }
        responder = Mutex(
            Responder(
                platform: CommonServer.platform(
                    services.common, routes: routes, catalog: try Wording.shipped(.chinese).catalog, log: log, metrics: metrics,
                    now: { clock.microseconds }, random: IdentityEffects.live.random)))
    }

    let clock: Clock
    let sink: Sink

    /// Everybody who asks is this one from now on; nil for whoever they say they are.
    func impersonate(_ signedIn: SignedIn?) {
        responder.withLock { responder in
            responder = Responder(platform: responder.platform.asking(signedIn))
        }
    }

    func respond(to request: Request, from address: String) async throws -> Response {
        try await responder.withLock { $0 }.respond(to: request, context: VisitSource(address: address))
    }

    /// Sends a request to a responder.
    static func send(
        _ responder: Responder, _ method: HTTPRequest.Method, _ target: String, form: [(String, String)]? = nil,
        body: [UInt8] = [], headers: [(String, String)] = [], cookies: [String: String] = [:], address: String = "192.0.2.7",
        isBrowser: Bool = true
    ) async throws -> Reply {
        var head = HTTPRequest(method: method, scheme: "https", authority: "plumbline.example.com:8443", path: target)
        var bytes = body
        if let form {
            bytes = Array(FormFields.query(form).utf8)
            head.headerFields[.contentType] = "application/x-www-form-urlencoded"
        }
        if isBrowser {
            head.headerFields[SecurityHeaders.named("Sec-Fetch-Site")] = "same-origin"
            head.headerFields[.origin] = Self.origin
        }
        if !cookies.isEmpty {
            head.headerFields[.cookie] = cookies.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(
                separator: "; ")
        }
        for (name, value) in headers { head.headerFields[SecurityHeaders.named(name)] = value.isEmpty ? nil : value }
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(bytes: bytes)))
        let response = try await responder.respond(to: request, context: VisitSource(address: address))
        let writer = BodyBox()
        // A stream of events has no end: its head is the answer.
        if response.headers[.contentType] != "text/event-stream" { try await response.body.write(BoxWriter(box: writer)) }
        return Reply(status: response.status.code, headers: response.headers, body: writer.bytes)
    }

    /// A small facts document.
    static func facts(_ host: String, deny: Int, at seconds: Int64) throws -> HostFacts {
        let text = """
            {"schema":"plumbline.facts/1","facts_schema":"linux/1","collected":"\(Instant(seconds: seconds))",
             "collector":{"name":"plumbline","version":"0","user":0},"host":{"name":"\(host)","system":"Test Linux 1"},
             "sources":{"audit":{"state":"read"}},"facts":{"audit":{"running":false,"days":\(deny)}}}
            """
        return try HostFacts(try JSONReader.read(Array(text.utf8)), origin: "test")
    }

    /// Somebody with the permissions of some roles.
    func person(_ names: [String], isFresh: Bool = true, number: Int64 = 77) -> SignedIn {
        Self.person(names, roles, clock, isFresh: isFresh, number: number)
    }

    /// Somebody with the permissions of some roles of a book.
    static func person(
        _ names: [String], _ roles: RoleBook, _ clock: Clock, isFresh: Bool = true, number: Int64 = 77
    ) -> SignedIn {
        let names = Set(names.map { RoleName(rawValue: $0) })
        let now = Instant(seconds: clock.microseconds / 1_000_000)
        let name = Self.name("test.person")
        let account = Account(
            id: AccountID(number), name: name, person: "E-1", displayName: "Test", mail: nil, phone: nil,
            state: .active,
            stateReason: "", roles: names, party: nil, isBreakGlass: false, temporaryUntil: nil, conditions: UseConditions(),
            createdAt: now,
            lastSignIn: now, passwordState: .chosen, passwordSetAt: now, initialUntil: nil)
        let principal = Principal(
            kind: .person, account: account.id, permissions: roles.permissions(of: names), provenAt: now,
            trailActor: .account(id: "77", name: "test.person"))
        let session = Session(
            principal: principal, account: account, reference: "reference", formToken: "form-token", createdAt: now,
            endsAt: now.adding(seconds: 1_000), idleEndsAt: now.adding(seconds: 1_000), hasFactor: true, passwordEndsIn: nil)
        return SignedIn(principal, session: session, isFresh: isFresh)
    }

    /// An account's name that is one.
    static func name(_ text: String) -> AccountName {
        guard let name = AccountName(text) else { preconditionFailure("\(text) is no name") }
        return name
    }

    /// A firm with a profile, a host, and what stands.
    func settle() async throws {
        let document: Node = .object([
            ("schema", .text(Profile.schema)), ("name", "範例期貨"), ("firm", .object([("entity_kinds", ["fcm"])])),
        ])
        _ = try await services.workspace.firm.decide(document, after: 0, reason: "test", .system("test"))
        try await services.workspace.systems.save(
            SystemEntry(id: "order", name: "下單系統", hosts: ["host-1"]), isNew: true, .system("test"))
        _ = try await services.workspace.hosts.keep(
            try Self.facts("host-1", deny: 99_999, at: clock.microseconds / 1_000_000), origin: "test", .system("test"))
        try await services.workspace.boards.assess(cause: "test", .system("test"))
        // So that nobody is sent to the first run.
        let link = try await services.identity.setup.makeLink()
        _ = try await services.identity.setup.finish(
            String(link.split(separator: "#").last ?? ""),
            administrator: NewPerson(name: Self.name("keeper"), person: "E-1", displayName: "Keeper"),
            worker: NewPerson(name: Self.name("mei.lin"), person: "E-2", displayName: "林美"),
            role: RoleName(rawValue: "officer"),
            client: Client(address: SourceAddress("192.0.2.1")))
    }
}

/// A server that is asked without a network.
protocol Browsing: Sendable {
    /// Answers a request from an address.
    func respond(to request: Request, from address: String) async throws -> Response
}

extension Browsing {
    /// Sends a request as a browser on one of our pages would.
    func send(
        _ method: HTTPRequest.Method, _ target: String, form: [(String, String)]? = nil, body: [UInt8] = [],
        headers: [(String, String)] = [], cookies: [String: String] = [:], address: String = "192.0.2.7", isBrowser: Bool = true
    ) async throws -> Reply {
        var head = HTTPRequest(method: method, scheme: "https", authority: "plumbline.example.com:8443", path: target)
        var bytes = body
        if let form {
            bytes = Array(FormFields.query(form).utf8)
            head.headerFields[.contentType] = "application/x-www-form-urlencoded"
        }
        if isBrowser {
            head.headerFields[SecurityHeaders.named("Sec-Fetch-Site")] = "same-origin"
            head.headerFields[.origin] = ServerWorld.origin
        }
        if !cookies.isEmpty {
            head.headerFields[.cookie] = cookies.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(
                separator: "; ")
        }
        for (name, value) in headers { head.headerFields[SecurityHeaders.named(name)] = value.isEmpty ? nil : value }
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(bytes: bytes)))
        let response = try await respond(to: request, from: address)
        let writer = BodyBox()
        // A stream of events has no end: its head is the answer.
        if response.headers[.contentType] != "text/event-stream" { try await response.body.write(BoxWriter(box: writer)) }
        return Reply(status: response.status.code, headers: response.headers, body: writer.bytes)
    }
}

/// What came back.
struct Reply: Sendable {
    var status: Int
    var headers: HTTPFields
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    var location: String { headers[.location] ?? "" }

    /// Value of a cookie that was set.
    func cookie(_ name: String) -> String? {
        headers[values: .setCookie].compactMap { line in
            line.hasPrefix(name + "=") ? String(line.dropFirst(name.count + 1).prefix { $0 != ";" }) : nil
        }.first
    }
}

/// A clock that stands still until it is moved.
final class Clock: Sendable {
    private let value = Mutex<Int64>(1_800_000_000_000_000)

    var microseconds: Int64 { value.withLock { $0 } }
    func pass(_ seconds: Int64) { value.withLock { $0 += seconds * 1_000_000 } }
}

/// Lines of the log.
final class Sink: Sendable {
    private let lines = Mutex<[String]>([])

    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}

final class BodyBox: Sendable {
    private let content = Mutex<[UInt8]>([])

    func add(_ bytes: [UInt8]) { content.withLock { $0 += bytes } }
    var bytes: [UInt8] { content.withLock { $0 } }
}

struct BoxWriter: ResponseBodyWriter {
    let box: BodyBox

    mutating func write(_ buffer: ByteBuffer) async throws { box.add(Array(buffer.readableBytesView)) }
    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

extension Platform {
    /// The same platform on which everybody who sends a session cookie is one person; nil for nobody.
    func asking(_ signedIn: SignedIn?) -> Platform {
        var platform = self
        let before = authenticator
        platform.authenticator = Authenticator(
            session: { _, _, _ in signedIn }, token: { _, _ in nil }, isSetUp: { visit in try await before.isSetUp(visit) })
        return platform
    }
}
