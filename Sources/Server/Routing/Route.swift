package import HTTPTypes
package import Identity

/// Who may use a route. There is no default: a route without an access does not compile, and `RouteTable` refuses what contradicts itself.
package enum Access: Sendable, Hashable {
    /// Anyone, for the reason given.
    case anyone(because: String)
    /// Whoever holds the one-time link, as long as nobody has an account.
    case setUp
    /// Whoever is signed in, for what concerns only themselves.
    case signedIn
    /// Whoever holds the permission, signed in or by a token of that scope.
    case permitted(Permission)
}

/// One address, who may use it, and what it does.
package struct Route: Sendable {
    /// What handles a visit.
    package typealias Handler = @Sendable (Visit) async throws -> Answer

    /// What a body may be.
    package enum Body: Sendable, Hashable {
        /// None is read.
        case none
        /// A form of a page: fields, at most 64 KiB.
        case form
        /// Raw bytes, at most so many.
        case bytes(limit: Int)
    }

    /// The method.
    package let method: HTTPRequest.Method
    /// The path, `/systems/:id`; a segment that begins with a colon takes anything.
    package let path: String
    /// Who may.
    package let access: Access
    /// Whether the person must have proved shortly before who they are.
    package let isFresh: Bool
    /// What is read of a body.
    package let body: Body
    /// Whether the visit keeps a session alive; what a page asks by itself does not.
    package let isActivity: Bool
    /// What the address does, for the API's document; nil for pages.
    package let operation: Operation?
    /// Looks at a visit before its body is read: whoever comes too often is not listened to.
    let gate: (@Sendable (Visit) throws -> Void)?
    let handler: Handler
    let segments: [Substring]

    private init(
        _ method: HTTPRequest.Method, _ path: String, _ access: Access, isFresh: Bool, body: Body, isActivity: Bool,
        operation: Operation?, gate: (@Sendable (Visit) throws -> Void)? = nil, _ handler: @escaping Handler
    ) {
        (self.method, self.path, self.access, self.isFresh, self.body) = (method, path, access, isFresh, body)
        (self.isActivity, self.operation, self.gate, self.handler) = (isActivity, operation, gate, handler)
        segments = path.split(separator: "/")
    }

    /// A page that is looked at. It changes nothing.
    package static func page(_ path: String, _ access: Access, isFresh: Bool = false, _ handler: @escaping Handler) -> Route {
        Route(.get, path, access, isFresh: isFresh, body: .none, isActivity: true, operation: nil, handler)
    }

    /// Something a page fetches by itself.
    package static func background(_ path: String, _ access: Access, _ handler: @escaping Handler) -> Route {
        Route(.get, path, access, isFresh: false, body: .none, isActivity: false, operation: nil, handler)
    }

    /// A form that is sent.
    package static func form(
        _ path: String, _ access: Access, isFresh: Bool = false, upload limit: Int? = nil, _ handler: @escaping Handler
    ) -> Route {
        Route(
            .post, path, access, isFresh: isFresh, body: limit.map { .bytes(limit: $0) } ?? .form, isActivity: true,
            operation: nil, handler)
    }

    /// A call of the API.
    package static func api(
        _ method: HTTPRequest.Method, _ path: String, _ access: Access, body: Body = .none,
        gate: (@Sendable (Visit) throws -> Void)? = nil, _ operation: Operation, _ handler: @escaping Handler
    ) -> Route {
        Route(
            method, "/api/v1" + path, access, isFresh: false, body: body, isActivity: true, operation: operation, gate: gate,
            handler)
    }

    /// Whether the answer is for a program.
    var isForPrograms: Bool { path.hasPrefix("/api/") }
}

/// All routes of a server.
package struct RouteTable: Sendable {
    /// What is wrong with a list of routes: an error of the program, found when it starts.
    package struct Flaw: Error, CustomStringConvertible, Equatable {
        /// What, and where.
        package let description: String
    }

    /// The routes in the order they were given.
    package let routes: [Route]

    /// A table of routes.
    ///
    /// - Throws: `Flaw` when two routes take the same visits, a route for anyone gives no reason, or a page would change something.
    package init(_ routes: [Route]) throws(Flaw) {
        var seen: Set<String> = []
        for route in routes {
            let place = "\(route.method.rawValue) \(route.path)"
            let shape = route.segments.map { $0.hasPrefix(":") ? ":" : String($0) }.joined(separator: "/")
            guard seen.insert("\(route.method.rawValue) \(shape)").inserted else {
                throw Flaw(description: "\(place): another route takes this address")
            }
            guard route.path.hasPrefix("/") else { throw Flaw(description: "\(place): a path begins with a slash") }
            if case .anyone(let reason) = route.access, reason.isEmpty {
                throw Flaw(description: "\(place): open to anyone, and no reason is given")
            }
            if route.method == .get, route.body != .none { throw Flaw(description: "\(place): a GET reads no body") }
            if route.isFresh, route.access == .setUp { throw Flaw(description: "\(place): nobody is signed in during set-up") }
        }
        self.routes = routes
    }

    /// What a visit meets.
    enum Match {
        case route(Route, parameters: [String: String])
        /// The address is there, for these methods.
        case otherMethods([HTTPRequest.Method])
        case nothing
    }

    /// The route for a path that is split and decoded. Fixed segments come before those that take anything.
    func match(_ method: HTTPRequest.Method, _ segments: [String]) -> Match {
        var others: [HTTPRequest.Method] = []
        var best: (route: Route, parameters: [String: String])?
        for route in routes where route.segments.count == segments.count {
            var parameters: [String: String] = [:]
            var isMatch = true
            for (pattern, segment) in zip(route.segments, segments) {
                if pattern.hasPrefix(":") {
                    parameters[String(pattern.dropFirst())] = segment
                } else if pattern != segment[...] {
                    isMatch = false
                    break
                }
            }
            guard isMatch else { continue }
            guard route.method == method || method == .head && route.method == .get else {
                others.append(route.method)
                continue
            }
            if best.map({ $0.parameters.count > parameters.count }) ?? true { best = (route, parameters) }
        }
        if let best { return .route(best.route, parameters: best.parameters) }
        return others.isEmpty ? .nothing : .otherMethods(others)
    }
}
