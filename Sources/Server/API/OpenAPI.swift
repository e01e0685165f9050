package import Documents
internal import HTTPTypes

/// The API's document (OpenAPI 3.1.0), made from the routes: what is served and what is described cannot differ.
package enum OpenAPI {
    /// The address of the document itself.
    static func route(_ others: [Route]) -> Route {
        let own = operation
        let bytes = CanonicalJSON.bytes(
            of: document(others + [.api(.get, "/openapi.json", .anyone(because: why), own) { _ in .nothing() }]))
        return .api(.get, "/openapi.json", .anyone(because: why), own) { _ in Answer(.ok, "application/json", bytes) }
    }

    private static let why = "it describes addresses, and holds nothing of the firm"

    private static let operation = Operation(
        "getOpenAPI", "This document", gives: .object([("type", "object")]))

    /// The document of those routes; pages are left out.
    package static func document(_ routes: [Route]) -> Node {
        var paths: [String: [(String, Node?)]] = [:]
        for route in routes {
            guard let operation = route.operation else { continue }
            paths[path(route), default: []].append((route.method.rawValue.lowercased(), node(route, operation)))
        }
        return .object([
            ("openapi", "3.1.0"),
            (
                "info",
                .object([
                    ("title", "Plumbline"), ("version", .text(ServerIdentity.version)),
                    ("summary", "What binds a firm, what stands, and the facts behind it"),
                    ("license", .object([("name", "Apache-2.0"), ("identifier", "Apache-2.0")])),
                ])
            ),
            ("paths", .object(paths.sorted { $0.key < $1.key }.map { ($0.key, .object($0.value)) })),
            (
                "components",
                .object([
                    ("schemas", .object(Schemas.all.map { ($0.0, $0.1) })),
                    (
                        "securitySchemes",
                        .object([
                            ("token", .object([("type", "http"), ("scheme", "bearer")])),
                            ("session", .object([("type", "apiKey"), ("in", "cookie"), ("name", .text(Cookie.session))])),
                        ])
                    ),
                ])
            ),
        ])
    }

    /// What a segment of a path may be (`Responder.segments`): no control characters, slashes or dots alone.
    private static let segment: Node = .object([
        ("type", "string"), ("pattern", #"^(?!\.{1,2}$)[^\u0000-\u001f\u007f/\\]+$"#),
    ])

    private static func path(_ route: Route) -> String {
        "/" + route.segments.map { $0.hasPrefix(":") ? "{\($0.dropFirst())}" : String($0) }.joined(separator: "/")
    }

    private static func node(_ route: Route, _ operation: Operation) -> Node {
        let inPath = Set(route.segments.filter { $0.hasPrefix(":") }.map { String($0.dropFirst()) })
        let parameters: [Node] = operation.parameters.map { parameter in
            .object([
                ("name", .text(parameter.name)), ("in", inPath.contains(parameter.name) ? "path" : "query"),
                ("required", .bool(inPath.contains(parameter.name))), ("description", .text(parameter.meaning)),
                ("schema", inPath.contains(parameter.name) ? segment : parameter.schema),
            ])
        }
        var responses: [(String, Node?)] = [
            (
                String(operation.status),
                .object([
                    ("description", "Done"),
                    ("content", .object([(operation.type, .object([("schema", operation.gives)]))])),
                ])
            )
        ]
        for (status, meaning) in [
            ("400", "What was sent is not as it should be"), ("401", "Nobody is signed in"), ("403", "Not permitted"),
            ("404", "There is no such thing"), ("413", "Too large"), ("415", "Another media type is wanted"),
            ("429", "Too often"),
            ("503", "Busy"),
        ] {
            responses.append(
                (
                    status,
                    .object([
                        ("description", .text(meaning)),
                        ("content", .object([("application/json", .object([("schema", Schemas.reference("Error"))]))])),
                    ])
                ))
        }
        let isOpen = if case .anyone = route.access { true } else { false }
        return .object([
            ("operationId", .text(operation.id)), ("summary", .text(operation.summary)),
            ("parameters", parameters.isEmpty ? nil : .list(parameters)),
            (
                "requestBody",
                operation.takes.map { schema in
                    .object([
                        ("required", true), ("content", .object([("application/json", .object([("schema", schema)]))])),
                    ])
                }
            ),
            ("responses", .object(responses)),
            (
                "security",
                .list(isOpen ? [] : [.object([("token", .list([]))]), .object([("session", .list([]))])])
            ),
        ])
    }
}
