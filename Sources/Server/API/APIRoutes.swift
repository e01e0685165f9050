internal import Assessment
internal import Checks
internal import Documents
internal import HTTPTypes
internal import Identity
internal import Rulebook
internal import Workspace

/// The JSON API: what programs read, and what agents send.
struct APIRoutes: Sendable {
    let services: FirmServices
    private var workspace: Workspace { services.workspace }

    var routes: [Route] { [status, standings, clause, systems, hosts, facts, send] }

    private static func page(_ visit: Visit) throws -> (offset: Int, limit: Int) {
        func number(_ name: String, _ range: ClosedRange<Int>, _ usual: Int) throws -> Int {
            guard let text = visit.query[name] else { return usual }
            guard let number = Int(text), range.contains(number) else { throw Failure.bad("parameter", ["name": name]) }
            return number
        }
        return (try number("offset", 0...1_000_000, 0), try number("limit", 1...1_000, 100))
    }

    /// A page of a list, with how many there are in all.
    private static func list(_ rows: [Node], _ visit: Visit) throws -> Answer {
        let (offset, limit) = try page(visit)
        return .json(
            .object([
                ("total", .integer(rows.count)), ("offset", .integer(offset)),
                ("items", .list(rows.dropFirst(offset).prefix(limit))),
            ]))
    }

    private var status: Route {
        .api(
            .get, "/status", .permitted(.complianceRead),
            Operation(
                "getStatus", "What stands, counted by heading, as of the last assessment", gives: Schemas.reference("Status"))
        ) { _ in
            let board = workspace.boards.board
            return .json(
                .object([
                    ("as_of", board.at.map { .text(Instant(seconds: $0).description) }),
                    ("profile_version", .integer(board.version)),
                    (
                        "headings",
                        .list(
                            board.headings.map { heading in
                                .object([
                                    ("pack", .text(heading.pack)), ("heading", .text(heading.group)),
                                    ("fulfilled", .integer(heading.fulfilled)), ("applicable", .integer(heading.applicable)),
                                    (
                                        "counts",
                                        .object(
                                            heading.counts.sorted { $0.key.rawValue < $1.key.rawValue }.map {
                                                ($0.key.rawValue, .integer($0.value))
                                            })
                                    ),
                                ])
                            })
                    ),
                ]))
        }
    }

    private static func node(_ standing: Standing) -> Node {
        .object([
            ("clause", .text(standing.clause)), ("system", standing.system.isEmpty ? Node(.null) : .text(standing.system)),
            ("verdict", .text(standing.verdict.rawValue)), ("reason", .text(standing.reason.rawValue)),
            ("force", .text(standing.force.rawValue)), ("since", .text(Instant(seconds: standing.since).description)),
            ("declared", .text("\(standing.says.declared)")), ("measured", .text("\(standing.says.measured)")),
            ("signed", .text("\(standing.says.signed)")), ("accepted", .text("\(standing.says.accepted)")),
        ])
    }

    private var standings: Route {
        .api(
            .get, "/obligations", .permitted(.complianceRead),
            Operation(
                "listObligations", "What stands of every clause for every subject",
                parameters: Schemas.paging + [
                    .init("clause", "Only this clause"), .init("system", "Only this system; empty for the firm as a whole"),
                    .init("verdict", "Only this verdict", Schemas.choice(Verdict.allCases.map(\.rawValue))),
                ], gives: Schemas.list("Standing"))
        ) { visit in
            var verdict: Verdict?
            if let text = visit.query["verdict"] {
                guard let known = Verdict(rawValue: text) else { throw Failure.bad("parameter", ["name": "verdict"]) }
                verdict = known
            }
            let rows = workspace.boards.board.standings.filter { standing in
                (visit.query["clause"].map { standing.clause == $0 } ?? true)
                    && (visit.query["system"].map { standing.system == $0 } ?? true)
                    && (verdict.map { standing.verdict == $0 } ?? true)
            }
            return try Self.list(rows.map(Self.node), visit)
        }
    }

    private var clause: Route {
        .api(
            .get, "/clauses/:clause", .permitted(.complianceRead),
            Operation(
                "getClause", "A clause: what it asks, and what stands for each subject",
                parameters: [.init("clause", "Its id, such as cnfa-6.5")], gives: Schemas.reference("Clause"))
        ) { visit in
            guard let clause = workspace.rulebook.clause(visit["clause"]) else { throw Failure.notFound() }
            func both(_ text: Text) -> Node { .object([("zh-TW", .text(text.chinese)), ("en", .text(text.english))]) }
            return .json(
                .object([
                    ("clause", .text(clause.id)), ("title", both(clause.title)), ("article", both(clause.article)),
                    ("requirement", both(clause.requirement)),
                    ("standings", .list(workspace.boards.board.standings(of: clause.id).map(Self.node))),
                ]))
        }
    }

    private var systems: Route {
        .api(
            .get, "/systems", .permitted(.systemsRead),
            Operation("listSystems", "The inventory of systems", parameters: Schemas.paging, gives: Schemas.list("System"))
        ) { visit in
            try Self.list(
                try await workspace.systems.all().map { system in
                    .object([
                        ("id", .text(system.id)), ("name", .text(system.name)), ("owner", .text(system.owner)),
                        ("kind", .text(system.kind)),
                        ("hosts", .texts(system.hosts)), ("facts", .object(system.facts.map { ($0.key, $0.value) })),
                        ("recovery_time", system.recoveryTime.map { .integer($0) } ?? Node(.null)),
                        ("recovery_point", system.recoveryPoint.map { .integer($0) } ?? Node(.null)),
                    ])
                }, visit)
        }
    }

    private static func node(_ entry: FactsEntry) -> Node {
        .object([
            ("host", .text(entry.host)), ("system", .text(entry.system)), ("collected", .text(entry.collected.description)),
            ("sha256", .text(entry.sha256)), ("bytes", .integer(entry.bytes)), ("collector", .text(entry.collector)),
            ("privileged", .bool(entry.isPrivileged)), ("origin", .text(entry.origin)),
        ])
    }

    private var hosts: Route {
        .api(
            .get, "/hosts", .permitted(.systemsRead),
            Operation(
                "listHosts", "The newest facts document of every host", parameters: Schemas.paging, gives: Schemas.list("Facts"))
        ) { visit in try Self.list(try await workspace.hosts.newest().map(Self.node), visit) }
    }

    private var facts: Route {
        .api(
            .get, "/hosts/:host/facts", .permitted(.systemsRead),
            Operation(
                "listFacts", "Facts documents of a host, newest first",
                parameters: [.init("host", "The host's name")] + Schemas.paging, gives: Schemas.list("Facts"))
        ) { visit in
            let entries = try await workspace.hosts.history(visit["host"], limit: 1_000)
            guard !entries.isEmpty else { throw Failure.notFound() }
            return try Self.list(entries.map(Self.node), visit)
        }
    }

    private var send: Route {
        .api(
            .post, "/facts", .permitted(.factsUpload), body: .bytes(limit: DocumentLimits.collected.bytes),
            Operation(
                "sendFacts", "Keep a facts document; an agent may only speak of its own host",
                takes: .object([("type", "object")]),
                gives: Schemas.reference("Kept"), status: 201)
        ) { visit in
            guard visit.headers[.contentType].map({ $0.hasPrefix("application/json") }) ?? false else {
                throw Failure(.unsupportedMediaType, "media-type")
            }
            let facts = try HostStore.read(visit.body, origin: visit.signedIn?.host.map { "agent \($0)" } ?? "api")
            if let host = visit.signedIn?.host, host != facts.host {
                throw Failure.forbidden("the token is for \(host), the facts are of \(facts.host)")
            }
            let origin = visit.signedIn?.host == nil ? "api" : "agent"
            let isNew = try await workspace.hosts.keep(facts, origin: origin, visit.actor)
            if isNew {
                try await workspace.boards.assess(cause: "facts of \(facts.host)", visit.actor)
                services.hub.tell("board")
            }
            return .json(
                .object([("host", .text(facts.host)), ("sha256", .text(facts.sha256)), ("new", .bool(isNew))]), .created)
        }
    }
}

/// Schemas of the API's document.
enum Schemas {
    static func reference(_ name: String) -> Node { .object([("$ref", .text("#/components/schemas/\(name)"))]) }
    static func choice(_ values: [String]) -> Node { .object([("type", "string"), ("enum", .texts(values))]) }

    /// A page of a list of those.
    static func list(_ name: String) -> Node {
        object([
            ("total", integer), ("offset", integer), ("items", .object([("type", "array"), ("items", reference(name))])),
        ])
    }

    static let paging: [Operation.Parameter] = [
        .init(
            "offset", "How many to pass over",
            .object([("type", "integer"), ("minimum", 0), ("maximum", 1_000_000), ("default", 0)])),
        .init(
            "limit", "Most that are given", .object([("type", "integer"), ("minimum", 1), ("maximum", 1_000), ("default", 100)])),
    ]

    static let text: Node = .object([("type", "string")])
    static let integer: Node = .object([("type", "integer")])
    static let bool: Node = .object([("type", "boolean")])
    static let instant: Node = .object([("type", "string"), ("format", "date-time")])
    static let say = choice(["nothing", "no", "unknown", "part", "yes"])
    static func maybe(_ type: String) -> Node { .object([("type", .texts([type, "null"]))]) }

    static func object(_ properties: [(String, Node)], optional: Set<String> = []) -> Node {
        .object([
            ("type", "object"), ("properties", .object(properties.map { ($0.0, $0.1) })),
            ("required", .texts(properties.map(\.0).filter { !optional.contains($0) })), ("additionalProperties", false),
        ])
    }

    static var all: [(String, Node)] {
        let verdict = choice(Verdict.allCases.map(\.rawValue))
        let both = object([("zh-TW", text), ("en", text)])
        let standing = object([
            ("clause", text), ("system", maybe("string")), ("verdict", verdict),
            ("reason", choice(Reason.allCases.map(\.rawValue))),
            ("force", text), ("since", instant), ("declared", say), ("measured", say), ("signed", say), ("accepted", say),
        ])
        return [
            (
                "Clause",
                object([
                    ("clause", text), ("title", both), ("article", both), ("requirement", both),
                    ("standings", .object([("type", "array"), ("items", reference("Standing"))])),
                ])
            ),
            ("Error", object([("error", text), ("message", text), ("code", text)])),
            (
                "Facts",
                object([
                    ("host", text), ("system", text), ("collected", instant), ("sha256", text), ("bytes", integer),
                    ("collector", text),
                    ("privileged", bool), ("origin", text),
                ])
            ),
            ("Kept", object([("host", text), ("sha256", text), ("new", bool)])),
            ("Standing", standing),
            (
                "Status",
                object(
                    [
                        ("as_of", instant), ("profile_version", integer),
                        (
                            "headings",
                            .object([
                                ("type", "array"),
                                (
                                    "items",
                                    object([
                                        ("pack", text), ("heading", text), ("fulfilled", integer), ("applicable", integer),
                                        ("counts", .object([("type", "object"), ("additionalProperties", integer)])),
                                    ])
                                ),
                            ])
                        ),
                    ], optional: ["as_of"])
            ),
            (
                "System",
                object([
                    ("id", text), ("name", text), ("owner", text), ("kind", text),
                    ("hosts", .object([("type", "array"), ("items", text)])), ("facts", .object([("type", "object")])),
                    ("recovery_time", maybe("integer")), ("recovery_point", maybe("integer")),
                ])
            ),
        ]
    }
}
