import Database
import HTTPTypes
import Identity
import Testing

@testable import Server

@Suite("Routes: who may, in every role")
struct RouteTests {
    /// Addresses with something for their open segments.
    static func target(_ route: Route) -> String {
        let known = ["clause": "cnfa-6.5", "id": "order", "host": "host-1", "index": "0"]
        let path = route.path.split(separator: "/").map { segment in
            guard segment.hasPrefix(":") else { return String(segment) }
            let name = String(segment.dropFirst())
            return route.path.hasPrefix("/clauses/") && name == "id" ? "cnfa-6.5" : known[name] ?? "1"
        }
        return "/" + path.joined(separator: "/")
    }

    /// How a visit was received: let in (whatever came of it), sent to sign in, or refused.
    enum Reception: Equatable {
        case admitted, signIn, refused, proof, hidden
    }

    static func reception(_ reply: Reply, _ route: Route) -> Reception {
        if reply.status == 303, reply.location.hasPrefix("/sign-in") || reply.location == "/setup",
            !route.path.hasPrefix("/sign-in"), route.path != "/setup",
            reply.headers[SecurityHeaders.named("Clear-Site-Data")] == nil
        {
            return .signIn
        }
        if reply.status == 303, reply.location.hasPrefix("/prove") { return .proof }
        if reply.status == 401 { return .signIn }
        if reply.status == 403 { return .refused }
        if reply.status == 404, route.access == .setUp { return .hidden }
        return .admitted
    }

    @Test("A1 every role at every route: let in exactly where a permission of the role says so")
    func matrix() async throws {
        let world = try await ServerWorld()
        try await world.settle()
        let counts = try await Self.matrix(world.roles, .firm, world.routes, world.person, world.impersonate) {
            try await world.send($0, $1, form: $2, cookies: [Cookie.session: "any"])
        }
        #expect(counts["refused", default: 0] > 100 && counts["admitted", default: 0] > 100, "\(counts)")
        await world.services.database.close()
    }

    /// Tries every role of a side at every route.
    ///
    /// - Returns: how often each reception was wanted.
    static func matrix(
        _ book: RoleBook, _ side: Side, _ routes: RouteTable, _ person: ([String], Bool, Int64) -> SignedIn,
        _ impersonate: (SignedIn?) -> Void,
        _ send: (HTTPRequest.Method, String, [(String, String)]?) async throws -> Reply
    ) async throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for names in book.roles.filter({ $0.sides.contains(side) }).map({ [$0.name.rawValue] }) + [[]] {
            let person = person(names, true, 77)
            impersonate(person)
            // What only people of a party may is tried with two parties (`TenancyTests`).
            for route in routes.routes where route.access != .permitted(.answersGive) {
                let form: [(String, String)]? = route.body == .form ? [("csrf", "form-token")] : nil
                let query = route.method != .get && route.body != .form ? "?csrf=form-token" : ""
                let reply = try await send(route.method, Self.target(route) + query, form)
                let wanted: Reception =
                    switch route.access {
                    case .anyone, .signedIn: .admitted
                    case .setUp: .hidden
                    case .permitted(let permission): person.principal.may(permission) ? .admitted : .refused
                    }
                let found = Self.reception(reply, route)
                // A desk below may refuse once more what its own rules forbid; it never lets in whom the route refuses.
                #expect(
                    found == wanted || wanted == .admitted && found == .refused && route.isFresh,
                    "\(names) \(route.method) \(route.path): \(found)")
                counts["\(wanted)", default: 0] += 1
            }
        }
        return counts
    }

    @Test("nobody signed in is let in nowhere but where a reason stands in the code")
    func nobody() async throws {
        let world = try await ServerWorld()
        try await world.settle()
        for route in world.routes.routes {
            let reply = try await world.send(route.method, Self.target(route), form: route.body == .form ? [] : nil)
            let found = Self.reception(reply, route)
            switch route.access {
            case .anyone(let reason): #expect(!reason.isEmpty && found != .refused, "\(route.path): \(found)")
            case .setUp: #expect(found == .hidden, "\(route.path): \(found)")
            case .signedIn, .permitted: #expect(found == .signIn, "\(route.method) \(route.path): \(found) \(reply.status)")
            }
        }
        await world.services.database.close()
    }

    @Test("S4 what is sensitive asks again who one is")
    func fresh() async throws {
        let world = try await ServerWorld()
        try await world.settle()
        world.impersonate(world.person(["administrator", "officer", "ciso"], isFresh: false))
        for route in world.routes.routes where route.isFresh {
            let reply = try await world.send(
                route.method, Self.target(route), form: route.body == .form ? [("csrf", "form-token")] : nil,
                cookies: [Cookie.session: "any"])
            #expect(Self.reception(reply, route) == .proof, "\(route.path)")
        }
        await world.services.database.close()
    }

    @Test("a table of routes that contradicts itself is no table")
    func flaws() throws {
        let nothing: Route.Handler = { _ in .nothing() }
        #expect(throws: RouteTable.Flaw.self) {
            try RouteTable([.page("/a/:x", .signedIn, nothing), .page("/a/:y", .signedIn, nothing)])
        }
        #expect(throws: RouteTable.Flaw.self) { try RouteTable([.page("/a", .anyone(because: ""), nothing)]) }
        #expect(throws: RouteTable.Flaw.self) { try RouteTable([.page("a", .signedIn, nothing)]) }
        let table = try RouteTable([.page("/a/:x", .signedIn, nothing), .page("/a/new", .signedIn, nothing)])
        guard case .route(let route, _) = table.match(.get, ["a", "new"]) else {
            Issue.record("no route")
            return
        }
        #expect(route.path == "/a/new")
    }
}
