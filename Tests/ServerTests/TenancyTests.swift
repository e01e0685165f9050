import Database
import Documents
import HTTPTypes
import Rulebook
import Spreadsheets
import Submissions
import Supervision
import Testing

@testable import Identity
@testable import Server

/// Two firms with data of every kind, each with words of its own that stand nowhere else.
private struct Market {
    static let firms = ["firm-aaa", "firm-bbb"]

    let world: SupervisorWorld
    /// A round for both, one for each alone.
    let (both, alone): (Int64, [String: Int64])

    /// Words that stand in everything a firm has, without those that stand in addresses.
    static func words(_ firm: String) -> [String] {
        let mark = firm.suffix(3)
        return ["NAME", "NOTE", "ROLE", "QUESTION", "REPLY", "DRAFT", "PERSON"].map { "\($0)-\(mark)" }
    }

    /// What was handed in and written about it: content, which an administrator does not see.
    static func content(_ firm: String) -> [String] {
        words(firm).filter { !$0.hasPrefix("NAME") && !$0.hasPrefix("PERSON") }
    }

    init() async throws {
        let world = try await SupervisorWorld()
        self.world = world
        try await world.settle()
        for firm in Self.firms { try await world.register(firm, short: "NAME-\(firm.suffix(3))") }
        _ = try await world.supervision.tiers.decide(asOf: try #require(CivilDate("2026-12-31")), .system("test"))
        both = try await world.open(Self.firms)
        var alone: [String: Int64] = [:]
        for (firm, quarter) in zip(Self.firms, ["2026-Q3", "2026-Q2"]) {
            alone[firm] = try await world.open([firm], quarter: quarter)
        }
        self.alone = alone
        for firm in Self.firms {
            try await Self.account(firm, world)
            for round in [both, alone[firm] ?? 0] { try await Self.answer(firm, round, world) }
        }
    }

    private static func account(_ firm: String, _ world: SupervisorWorld) async throws {
        let new = NewAccount(
            name: ServerWorld.name("person.\(firm.suffix(3))"), person: "\(firm)/1", displayName: "PERSON-\(firm.suffix(3))",
            roles: [RoleName(rawValue: "respondent")], party: firm)
        try await world.services.database.change(.system("test"), throwing: IdentityError.self) { db, trail in
            _ = try AccountStore.insert(db, new, at: Instant(seconds: 1_790_000_000))
            trail.note(TrailEntry("test.account", .init("account")))
        }
    }

    /// Handed in, given back, answered; and a draft after that, which nobody else may see.
    private static func answer(_ firm: String, _ round: Int64, _ world: SupervisorWorld) async throws {
        let (answers, actor, mark) = (world.supervision.answers, TrailActor.account(id: "9", name: "person"), firm.suffix(3))
        func save(_ note: String) async throws -> Int {
            let base = try await answers.draft(round, of: firm).version
            return try await answers.save(
                [.init(question: "class", answer: .yes, note: note)], over: base, round, of: firm, way: .browser, actor
            ).version
        }
        let first = try await answers.handIn(
            try await save("NOTE-\(mark)"), round, of: firm, name: "PERSON-\(mark)", role: "ROLE-\(mark)", reply: "", actor)
        try await answers.decide(
            .giveBack, first.version, round, of: firm, note: "QUESTION-\(mark)", .account(id: "8", name: "mei.lin"))
        _ = try await answers.handIn(
            try await save("NOTE-\(mark) more"), round, of: firm, name: "PERSON-\(mark)", role: "ROLE-\(mark)",
            reply: "REPLY-\(mark)",
            actor)
        _ = try await save("DRAFT-\(mark)")
    }

    /// All addresses of a route, with everything there is in its open segments.
    func targets(_ route: Route) -> [String] {
        let rounds = ([both] + Self.firms.compactMap { alone[$0] }).map(String.init)
        var paths = [""]
        for segment in route.segments {
            let choices: [String]
            switch segment.first == ":" ? String(segment.dropFirst()) : nil {
            case nil: choices = [String(segment)]
            case "firm": choices = Self.firms
            case "round": choices = rounds
            case "sheet", "version", "decision", "account": choices = ["1", "2"]
            case "form": choices = ["market-2017"]
            case "id": choices = ["1", "2", "3", "4"]
            default: choices = ["1"] + Self.firms
            }
            paths = paths.flatMap { path in choices.map { "\(path)/\($0)" } }
        }
        return paths
    }

    /// A form that names the other firm wherever a name could count.
    func form(_ other: String) -> [(String, String)] {
        [
            ("csrf", "form-token"), ("firm", other), ("party", other), ("round", String(alone[other] ?? 0)), ("version", "2"),
            ("decision", "return"), ("note", "x"), ("role", "x"), ("a-class", "no"), ("n-class", "touched"), ("who", ""),
        ]
    }

    /// Everything kept about a firm's answers, as one text.
    func kept(_ firm: String) async throws -> String {
        func text(_ node: Node) -> String { String(decoding: CanonicalJSON.line(of: node), as: UTF8.self) }
        var out = ""
        for round in [both, alone[firm] ?? 0] {
            let (versions, messages) = try await world.supervision.answers.history(round, of: firm)
            let draft = try await world.supervision.answers.draft(round, of: firm)
            for version in versions {
                out += "\(version.version) \(version.state) \(version.sha256) \(text(version.answers.node))"
            }
            out += "\(messages.map { "\($0.version) \($0.text)" }) \(draft.version) \(text(draft.answers.node))"
        }
        return out + text(try await world.supervision.register.firm(firm).firm.node)
    }
}

@Suite("Tenancy: one firm never sees another's data, whoever may see what")
struct TenancyTests {
    /// Everything a reply says; of a workbook, what its cells say, hidden ones too, because the file itself is packed.
    private static func text(_ reply: Reply) throws -> String {
        var text = reply.text + reply.headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
        if reply.headers[.contentType]?.contains("spreadsheetml") == true {
            for sheet in try XLSXReader.read(reply.body).sheets {
                text += sheet.grid.filledRows.flatMap { $0.cells.map(\.value.description) }.joined(separator: "\n")
            }
        }
        return text
    }

    @Test(
        "a respondent receives no byte of another firm, from no route, by no form, and changes nothing of it", arguments: [0, 1])
    func respondent(number: Int) async throws {
        let market = try await Market()
        let (world, own, other) = (market.world, Market.firms[number], Market.firms[1 - number])
        let before = try await market.kept(other)
        world.impersonate(world.person(["respondent"], party: own))
        var (answered, workbooks, seen): (Int, Int, Set<String>) = (0, 0, [])
        for route in world.routes.routes {
            for target in market.targets(route) {
                for query in ["", "?firm=\(other)&party=\(other)&version=1&format=json"] {
                    let form: [(String, String)]? = route.body == .form ? market.form(other) : nil
                    let reply = try await world.send(
                        route.method, target + (route.method == .get ? query : "?csrf=form-token"), form: form,
                        cookies: [Cookie.session: "any"])
                    let text = try Self.text(reply)
                    for word in Market.words(other) {
                        #expect(!text.contains(word), "\(own) \(route.method) \(target)\(query): \(word)")
                    }
                    // A page may repeat an address it was asked for; of itself it never names the other firm.
                    let isEcho = target.contains(other) || !query.isEmpty || form != nil
                    if !isEcho { #expect(!text.contains(other), "\(own) \(route.method) \(target)") }
                    if reply.status == 200 { answered += 1 }
                    if text.contains("plumbline.workbook/1") { workbooks += 1 }
                    for word in Market.words(own) where text.contains(word) { seen.insert(word) }
                }
            }
        }
        #expect(try await market.kept(other) == before)
        // The same search finds the firm's own words, so that it could have found the other's.
        #expect(seen.isSuperset(of: Market.words(own).filter { !$0.hasPrefix("DRAFT") }), "\(seen)")
        #expect(answered > 20 && (workbooks > 0) == Workbook.canWrite, "\(answered) \(workbooks)")
        await world.close()
    }

    @Test("a round for another firm does not exist, and neither does its answer: the same words as for one that nobody has")
    func unknown() async throws {
        let market = try await Market()
        let (world, own, other) = (market.world, Market.firms[0], Market.firms[1])
        world.impersonate(world.person(["respondent"], party: own))
        let foreign = try #require(market.alone[other])
        for path in ["", "/sheets/1", "/preview", "/hand-in", "/versions/1"] {
            let (found, none) = (try await world.get("/my/\(foreign)\(path)"), try await world.get("/my/9999\(path)"))
            #expect(found.status == 404 && none.status == 404, "\(path)")
        }
        await world.close()
    }

    @Test("the supervisor's roles at every route: let in exactly where a permission of the role says so")
    func roles() async throws {
        let world = try await SupervisorWorld()
        try await world.settle()
        var counts: [String: Int] = [:]
        for role in world.roles.roles where role.sides.contains(.supervisor) {
            let person = world.person([role.name.rawValue], party: role.isOfParty ? "firm-aaa" : nil)
            world.impersonate(person)
            for route in world.routes.routes {
                let form: [(String, String)]? = route.body == .form ? [("csrf", "form-token")] : nil
                let query = route.method != .get && route.body != .form ? "?csrf=form-token" : ""
                let reply = try await world.send(
                    route.method, RouteTests.target(route) + query, form: form, cookies: [Cookie.session: "any"])
                let wanted: RouteTests.Reception =
                    switch route.access {
                    case .anyone, .signedIn: .admitted
                    case .setUp: .hidden
                    case .permitted(let permission): person.principal.may(permission) ? .admitted : .refused
                    }
                let found = RouteTests.reception(reply, route)
                #expect(
                    found == wanted || wanted == .admitted && found == .refused && route.isFresh,
                    "\(role.name.rawValue) \(route.method) \(route.path): \(found)")
                counts["\(wanted)", default: 0] += 1
            }
        }
        #expect(counts["refused", default: 0] > 100 && counts["admitted", default: 0] > 100, "\(counts)")
        await world.close()
    }

    @Test("examiner, secretary and auditor see every firm's answers; nobody but the firm sees a draft")
    func supervisors() async throws {
        let market = try await Market()
        let world = market.world
        for role in ["examiner", "secretary", "auditor"] {
            world.impersonate(world.person([role]))
            for firm in Market.firms {
                let reply = try await world.get("/questionnaires/\(market.both)/\(firm)")
                for word in ["NOTE", "ROLE", "QUESTION", "REPLY"] {
                    #expect(reply.status == 200 && reply.text.contains("\(word)-\(firm.suffix(3))"), "\(role) \(firm) \(word)")
                }
            }
        }
        for role in world.roles.roles where role.sides.contains(.supervisor) && !role.isOfParty {
            world.impersonate(world.person([role.name.rawValue]))
            for route in world.routes.routes where route.method == .get {
                for target in market.targets(route) {
                    for query in ["", "?format=json", "?format=csv"] {
                        let text = try Self.text(try await world.get(target + query))
                        for firm in Market.firms {
                            #expect(!text.contains("DRAFT-\(firm.suffix(3))"), "\(role.name) \(target)\(query)")
                        }
                    }
                }
            }
        }
        await world.close()
    }

    @Test("an administrator binds accounts to firms and sees nothing of what the firms say, not in the trail either")
    func administrator() async throws {
        let market = try await Market()
        let world = market.world
        try await world.services.database.flushTrail()
        world.impersonate(world.person(["administrator"]))
        var named = false
        for route in world.routes.routes where route.method == .get {
            for target in market.targets(route) {
                for query in ["", "?format=json", "?format=csv"] {
                    let text = try Self.text(try await world.get(target + query))
                    for word in Market.firms.flatMap(Market.content) {
                        #expect(!text.contains(word), "\(target)\(query): \(word)")
                    }
                    named = named || text.contains("firm-bbb")
                }
            }
        }
        #expect(named)
        await world.close()
    }

    @Test("whoever holds the permission and acts for no firm is refused, and so is one who acts for a firm that is none")
    func withoutParty() async throws {
        let market = try await Market()
        let world = market.world
        for (party, status) in [(nil, 403), ("firm-zzz", 404)] as [(String?, Int)] {
            world.impersonate(world.person(["respondent"], party: party))
            for path in ["/my", "/my/\(market.both)", "/my/\(market.both)/preview", "/my/\(market.both)/sheets/1"] {
                #expect(try await world.get(path).status == status, "\(path)")
            }
            #expect(try await world.post("/my/\(market.both)/sheets/1", [("a-class", "no")]).status == status)
        }
        await world.close()
    }
}
