import Database
import Documents
import HTTPTypes
import Identity
import Reports
import Rulebook
import Spreadsheets
import Testing
import Workspace

@testable import Server

@Suite("The platform: what every answer and every request must be")
struct PlatformTests {
    @Test("H1 every answer has the headers, errors included, and no word of the program's version")
    func headers() async throws {
        let world = try await ServerWorld()
        try await world.settle()
        world.impersonate(world.person(["officer"]))
        var targets = world.routes.routes.filter { $0.method == .get }.map { (HTTPRequest.Method.get, RouteTests.target($0)) }
        targets += [
            (.get, "/no-such-page"), (.post, "/"), (.get, "/%zz"), (.get, "/" + String(repeating: "a", count: 5_000)),
            (HTTPRequest.Method("TRACE")!, "/"), (.options, "/"), (.get, "/..%2f..%2fetc/passwd"),
        ]
        for (method, target) in targets {
            let reply = try await world.send(method, target, cookies: [Cookie.session: "any"])
            let names = [
                "Strict-Transport-Security", "Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options",
                "Referrer-Policy",
                "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Permissions-Policy", "Cache-Control",
            ]
            for name in names {
                #expect(reply.headers[SecurityHeaders.named(name)] != nil, "\(method) \(target): \(name)")
            }
            let policy = reply.headers[.contentSecurityPolicy] ?? ""
            for part in [
                "default-src 'none'", "object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
            ] {
                #expect(policy.contains(part))
            }
            #expect(!policy.contains("unsafe"))
            #expect(reply.headers[.server] == nil)
            if !target.hasPrefix("/assets/") { #expect(reply.headers[.cacheControl] == "no-store", "\(target)") }
        }
        await world.services.database.close()
    }

    @Test("every answer has its own word for scripts, and pages no inline handler or style")
    func nonces() async throws {
        let world = try await ServerWorld()
        try await world.settle()
        world.impersonate(world.person(["officer"]))
        var seen: Set<String> = []
        for route in world.routes.routes where route.method == .get && !route.isForPrograms {
            let reply = try await world.send(.get, RouteTests.target(route), cookies: [Cookie.session: "any"])
            let policy = reply.headers[.contentSecurityPolicy] ?? ""
            #expect(seen.insert(policy).inserted, "\(route.path)")
            #expect(reply.text.firstMatch(of: /<[^>]+ (on[a-z]+|style)=/) == nil, "\(route.path)")
        }
        await world.services.database.close()
    }

    @Test("S3 what changes something must come from our own page, with the word of the session; GET changes nothing")
    func origin() async throws {
        let world = try await ServerWorld()
        try await world.settle()
        world.impersonate(world.person(["officer"]))
        let cookie = [Cookie.session: "any"]
        let path = "/systems/order/retire"
        let form = [("csrf", "form-token"), ("retire", "true")]
        func status(_ form: [(String, String)], _ headers: [(String, String)]) async throws -> Int {
            try await world.send(.post, path, form: form, headers: headers, cookies: cookie, isBrowser: false).status
        }
        let (site, origin) = ("Sec-Fetch-Site", "Origin")
        #expect(try await status(form, []) == 403)
        #expect(try await status(form, [(site, "cross-site")]) == 403)
        #expect(try await status(form, [(site, "same-site")]) == 403)
        #expect(try await status(form, [(site, "none")]) == 403)
        #expect(try await status(form, [(origin, "null")]) == 403)
        #expect(try await status(form, [(origin, "null"), (site, "cross-site")]) == 403)
        #expect(try await status(form, [(origin, "https://evil.example")]) == 403)
        #expect(try await status(form, [(origin, ServerWorld.origin), (site, "cross-site")]) == 403)
        #expect(try await status([("retire", "true")], [(origin, ServerWorld.origin)]) == 403)
        #expect(try await status([("csrf", "other-token"), ("retire", "true")], [(origin, ServerWorld.origin)]) == 403)
        #expect(try await world.services.workspace.systems.all().count == 1)
        #expect(try await status(form, [(origin, "null"), (site, "same-origin")]) == 303)
        #expect(try await world.services.workspace.systems.all().isEmpty)
        // No GET leaves a trace in the trail.
        try await world.services.database.flushTrail()
        let before = try await world.services.database.trail().size
        for route in world.routes.routes where route.method == .get && !route.path.hasPrefix("/sign-in") && route.path != "/setup"
        {
            _ = try await world.send(.get, RouteTests.target(route), cookies: cookie)
        }
        try await world.services.database.flushTrail()
        #expect(try await world.services.database.trail().size == before)
        await world.services.database.close()
    }

    @Test("S2 cookies are bound to this host and to TLS, and scripts and other sites do not get them")
    func cookies() async throws {
        let world = try await ServerWorld()
        try await world.settle()
        for (path, form) in [
            ("/language", [("language", "en"), ("next", "/")]), ("/theme", [("theme", "dark"), ("next", "/")]),
        ] {
            let reply = try await world.send(.post, path, form: form)
            let cookie = try #require(reply.headers[.setCookie])
            #expect(cookie.hasPrefix("__Host-"))
            for part in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] { #expect(cookie.contains(part), "\(cookie)") }
            #expect(!cookie.contains("Domain") && cookie.utf8.count < 4_096)
        }
        await world.services.database.close()
    }

    @Test("E1 an error tells a sentence and a code; the detail stands in the log under that code")
    func errors() async throws {
        let world = try await ServerWorld()
        try await world.settle()
        world.impersonate(world.person(["officer"]))
        for (method, target, form) in [
            (HTTPRequest.Method.get, "/clauses/no-such", nil), (.get, "/hosts/none/facts/zz", nil),
            (.get, "/systems/a'or'1'='1", nil),
            (.post, "/systems/none/retire", [("csrf", "form-token"), ("retire", "true")]),
            (.get, "/api/v1/obligations?limit=x", nil),
            (.get, "/api/v1/clauses/%00", nil),
        ] as [(HTTPRequest.Method, String, [(String, String)]?)] {
            let reply = try await world.send(method, target, form: form, cookies: [Cookie.session: "any"])
            #expect((400..<500).contains(reply.status), "\(target): \(reply.status)")
            for word in ["SELECT", "sqlite", ".swift", "/data/", "Error(", "GRDB", "StorageError", ServerIdentity.version + " ("]
            {
                #expect(!reply.text.contains(word), "\(target): \(word)")
            }
            let code = reply.text.firstMatch(of: /<code> ([\w-]{12})<|"code": "([\w-]{12})"/)
            let found = code.map { String($0.1 ?? $0.2 ?? "") } ?? ""
            #expect(found.count == 12, "\(target)")
            if reply.status != 400 || target.contains("limit") == false {
                _ = world.sink.all.contains { $0.contains(found) }
            }
        }
        let logged = world.sink.all.filter { $0.contains("visit.failed") }
        #expect(!logged.isEmpty && logged.allSatisfy { $0.contains("\"code\":") })
        await world.services.database.close()
    }

    @Test("language: the browser's, then the reader's own choice")
    func language() {
        #expect(Responder.language(nil) == .chinese)
        #expect(Responder.language("en-GB,en;q=0.9") == .english)
        #expect(Responder.language("fr, zh-TW;q=0.5") == .chinese)
        #expect(Responder.language("ja") == .chinese)
    }

    @Test("forms: strict percent signs, bounded, nothing but UTF-8")
    func forms() throws {
        #expect(try FormFields(Array("a=1&b=%E6%BA%96&a=2".utf8)).values("a") == ["1", "2"])
        #expect(try FormFields(Array("b=%E6%BA%96+x".utf8)).text("b") == "準 x")
        #expect(throws: FormFields.Flaw.undecodable) { try FormFields(Array("a=%zz".utf8)) }
        #expect(throws: FormFields.Flaw.undecodable) { try FormFields(Array("a=%FF".utf8)) }
        #expect(throws: FormFields.Flaw.tooMany) { try FormFields(Array(String(repeating: "a=1&", count: 501).utf8)) }
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
                UInt8.random(in: 0x20...0x7E, using: &generator)
            }
            _ = try? FormFields(bytes)
            _ = Responder.segments(String(decoding: bytes, as: UTF8.self))
            _ = Multipart.file(bytes, "multipart/form-data; boundary=x", name: "file")
        }
    }

    @Test("an address never leads to another host")
    func redirects() {
        for target in ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "/a b", "/a\r\nSet-Cookie: x=y", ""] {
            #expect(Answer.see(target).headers[.location] == "/", "\(target)")
        }
        #expect(Answer.see("/systems?x=1").headers[.location] == "/systems?x=1")
    }

    @Test("the API's document names every address of the API and nothing else, and every text of a page is in the catalogue")
    func document() async throws {
        let world = try await ServerWorld()
        let document = OpenAPI.document(world.routes.routes)
        let described = (document["paths"]?.entries ?? []).flatMap { path in
            (path.node.entries ?? []).map { "\($0.key) \(path.key)" }
        }
        let served = world.routes.routes.filter { $0.operation != nil }.map { route in
            "\(route.method.rawValue.lowercased()) "
                + route.path.split(separator: "/").map { $0.hasPrefix(":") ? "/{\($0.dropFirst())}" : "/\($0)" }.joined()
        }
        #expect(Set(described) == Set(served) && described.count == served.count)
        #expect(document["openapi"]?.text?.hasPrefix("3.1") == true)
        await world.services.database.close()
    }

    @Test("a cell that a spreadsheet would run is a text")
    func cells() {
        #expect(CSVWriter.cell("=1+1") == "'=1+1")
        #expect(CSVWriter.cell("@x") == "'@x")
        #expect(CSVWriter.cell("-5") == "-5")
        #expect(CSVWriter.cell("a\"b,c") == "\"a\"\"b,c\"")
    }
}
