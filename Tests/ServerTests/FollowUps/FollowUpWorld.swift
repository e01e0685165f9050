import Crypto
import Database
import Documents
import HTTPTypes
import Hummingbird
import NIOCore
import Reports
import Rulebook
import Supervision
import Synchronization
import TestProcesses
import Testing
import Vault

@testable import Identity
@testable import Server

/// A supervisor's server without a network, with three firms and their gaps: requests go through the same gates.
final class FollowUpWorld: Sendable {
    let scratch: Scratch
    let services: SupervisorServices
    let routes: RouteTable
    let roles: RoleBook
    let clock: Clock
    let sink = Sink()
    private let responder: Mutex<Responder>

    var supervision: Supervision { services.supervision }

    init(on day: String = "2018-01-10") async throws {
        let (scratch, clock) = (try Scratch(), Clock())
        (self.scratch, self.clock) = (scratch, clock)
        clock.pass(try #require(Instant("\(day)T01:00:00Z")).seconds - clock.microseconds / 1_000_000)
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
        let sink = sink
        let log = ServerLog(now: { clock.microseconds }) { line in sink.add(String(decoding: line, as: UTF8.self)) }
        responder = Mutex(
            Responder(
                platform: CommonServer.platform(
                    services.common, routes: routes, catalog: try Wording.shipped(.chinese).catalog, log: log, metrics: metrics,
                    now: { clock.microseconds }, random: IdentityEffects.live.random)))
        try await supervision.institution.decide(name: "範例證券監理中心", .system("test"))
        try await register()
    }

    private func register() async throws {
        let day = try #require(CivilDate("2010-01-01"))
        let firms = [("alpha", "甲證", 12_000_000_000), ("beta", "乙證", 5_000_000_000), ("gamma", "丙證", 900_000_000)].map {
            id, short, capital in
            Firm(
                id: id, names: [.init(from: day, legal: "\(short)股份有限公司", short: short)],
                facts: [
                    .init(
                        from: day,
                        values: [
                            "entity_kinds": .list([.text("securities")]), "capital": .integer(capital), "fhc_subsidiary": false,
                            "online_orders": true, "custody_businesses": .list([.text("own-margin-trading")]),
                        ])
                ], ratios: [2016: ExactNumber(1), 2017: ExactNumber(1)])
        }
        try await supervision.register.save(firms, after: [:], reason: "test", .system("test"))
        _ = try await supervision.tiers.decide(asOf: day, .system("test"))
    }

    /// Gaps of two quarters, one of them with a promise that slipped.
    func settleGaps() async throws {
        let (q3, q4) = (try #require(Quarter("2017-Q3")), try #require(Quarter("2017-Q4")))
        let store = supervision.followUps
        let gaps = [("alpha", "twse-waf"), ("alpha", "twse-hc"), ("beta", "twse-mail")].map {
            GapStanding(firm: $0.0, item: $0.1, finding: .declared)
        }
        _ = try await store.take(gaps, q3, origin: "answers", .system("test"))
        _ = try await store.take(gaps, q4, origin: "answers", .system("test"))
        for (quarter, due) in [(q3, "2018-01-31"), (q4, "2018-03-31")] {
            try await store.say(
                .init(state: .planned, plan: "導入 <WAF>", owner: "林資安", due: CivilDate(due)), firm: "alpha", item: "twse-waf",
                quarter: quarter, after: 0, .system("test"))
        }
    }

    /// One case of each kind, far enough on that its pages have something to show.
    func settleCases() async throws {
        let actor = TrailActor.system("test")
        let due = try #require(CivilDate("2018-06-30"))
        let today = try #require(CivilDate("2018-01-10"))
        let agreement = AgreedAction.Agreement(what: "建置", item: "twse-waf", word: .init(owner: "林", due: due))
        let inspections = supervision.inspections
        try await inspections.plan(
            .init(year: 2018, occasion: .thematic, theme: "online-orders", firm: "alpha", day: today, lead: "王", why: "展延"), actor
        )
        try await inspections.begin(1, on: today, actor)
        for row in try await inspections.cases.find(1).rows {
            try await inspections.cases.apply(
                .answer(clause: row.clause, answer: row.clause == "twse-waf" ? .finding : .notLooked, note: "看", evidence: ""),
                to: 1, actor)
        }
        try await inspections.find(1, clause: "twse-waf", severity: "major", text: "未建置", actor)
        try await inspections.sign(1, conclusion: "一項", actor)
        try await inspections.cases.apply(.agree(finding: 1, agreement), to: 1, actor)
        try await supervision.meetings.begin(
            .plan(
                .init(year: 2018, number: 1, title: "資安會議", day: today, place: "臺北", participants: "甲\n乙", agenda: "一\n二")), actor
        )
        try await supervision.meetings.apply(.resolve(agreement), to: 1, actor)
        let programme = supervision.programme
        try await programme.plan(
            .init(kind: "briefing", region: "north", title: "北區說明會", day: today, place: "臺北", note: ""), actor)
        try await programme.events.apply(.attend([.init(firm: "alpha", persons: 3)]), to: 1, actor)
        let now = clock.microseconds
        try await programme.shifts.begin(
            .plan(.init(person: "王值班", contact: "02-0000-0000", from: now - 3_600_000_000, until: now + 7_200_000_000)), actor)
        try await programme.call(
            .init(firm: "beta", kind: "incident", title: "遭 DDoS", text: "請協助", contact: "陳", received: now - 60_000_000), actor)
        let coaching = supervision.coaching
        try await coaching.cases.begin(
            .plan(.init(firm: "alpha", items: ["twse-waf"], reason: "展延", day: today, participants: "王")), actor)
        try await coaching.cases.apply(.visit(day: today, participants: "王", minutes: "談"), to: 1, actor)
        try await coaching.agree(agreement, in: 1, actor)
        try await supervision.consulting.cases.begin(
            .ask(.init(clause: "twse-waf", firm: "alpha", title: "雲端 WAF", text: "雲端可否？")), party: .firm, actor)
        try await supervision.consulting.cases.apply(.answer("可"), to: 1, actor)
    }

    /// Everybody who asks is this one from now on.
    func impersonate(_ names: [String], isFresh: Bool = true) {
        let roles = Set(names.map { RoleName(rawValue: $0) })
        let now = Instant(seconds: clock.microseconds / 1_000_000)
        let account = Account(
            id: AccountID(77), name: ServerWorld.name("test.person"), person: "E-1", displayName: "Test", mail: nil, phone: nil,
            state: .active, stateReason: "", roles: roles, isBreakGlass: false, temporaryUntil: nil, conditions: UseConditions(),
            createdAt: now, lastSignIn: now, passwordState: .chosen, passwordSetAt: now, initialUntil: nil)
        let principal = Principal(
            kind: .person, account: account.id, permissions: self.roles.permissions(of: roles), provenAt: now,
            trailActor: .account(id: "77", name: "test.person"))
        let session = Session(
            principal: principal, account: account, reference: "reference", formToken: "form-token", createdAt: now,
            endsAt: now.adding(seconds: 1_000), idleEndsAt: now.adding(seconds: 1_000), hasFactor: true, passwordEndsIn: nil)
        let signedIn = SignedIn(principal, session: session, isFresh: isFresh)
        responder.withLock { responder in responder = Responder(platform: responder.platform.asking(signedIn)) }
    }

    func get(_ target: String, english: Bool = false) async throws -> Reply {
        try await send(.get, target, nil, english: english)
    }

    func post(_ target: String, _ fields: [(String, String)] = []) async throws -> Reply {
        try await send(.post, target, [("csrf", "form-token")] + fields, english: false)
    }

    private func send(
        _ method: HTTPRequest.Method, _ target: String, _ form: [(String, String)]?, english: Bool
    ) async throws -> Reply {
        var head = HTTPRequest(method: method, scheme: "https", authority: "plumbline.example.com:8443", path: target)
        var bytes: [UInt8] = []
        if let form {
            bytes = Array(FormFields.query(form).utf8)
            head.headerFields[.contentType] = "application/x-www-form-urlencoded"
        }
        head.headerFields[SecurityHeaders.named("Sec-Fetch-Site")] = "same-origin"
        head.headerFields[.origin] = ServerWorld.origin
        head.headerFields[.cookie] = "\(Cookie.session)=any" + (english ? "; \(Cookie.language)=en" : "")
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(bytes: bytes)))
        let response = try await responder.withLock { $0 }.respond(to: request, context: VisitSource(address: "192.0.2.7"))
        let writer = BodyBox()
        if response.headers[.contentType] != "text/event-stream" { try await response.body.write(BoxWriter(box: writer)) }
        return Reply(status: response.status.code, headers: response.headers, body: writer.bytes)
    }
}

/// Addresses of the follow-up's features, and what every role may do there.
enum FollowUpRoutes {
    static let places = ["/followups", "/inspections", "/programme"]

    static func isOurs(_ route: Route) -> Bool { places.contains { route.path == $0 || route.path.hasPrefix($0 + "/") } }

    /// An address with something for its open segments.
    static func target(_ route: Route) -> String {
        let known = [
            "firm": "alpha", "item": "twse-waf", "clause": "twse-waf", "id": route.path.contains("letters") ? "2018-1" : "1",
        ]
        return "/"
            + route.path.split(separator: "/").map { segment in
                segment.hasPrefix(":") ? known[String(segment.dropFirst())] ?? "1" : String(segment)
            }.joined(separator: "/")
    }
}
