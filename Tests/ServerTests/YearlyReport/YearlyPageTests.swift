import Database
import Documents
import HTTPTypes
import Identity
import Rulebook
import Supervision
import Testing

@testable import Server

@Suite("The yearly report's pages")
struct YearlyPageTests {
    private static func isOurs(_ route: Route) -> Bool { route.path == "/reports" || route.path.hasPrefix("/reports/") }

    private static func target(_ route: Route) -> String {
        let known = ["year": "2017", "number": "1", "section": "market"]
        let path = route.path.split(separator: "/").map { segment in
            segment.hasPrefix(":") ? known[String(segment.dropFirst())] ?? "1" : String(segment)
        }
        return "/" + path.joined(separator: "/") + (route.path.hasSuffix("/file") ? "?format=html" : "")
    }

    /// Three firms with gaps, and a report of them that was frozen.
    private func world() async throws -> FollowUpWorld {
        let world = try await FollowUpWorld()
        try await world.settleGaps()
        world.impersonate(["secretary"])
        #expect(try await world.post("/reports/2017/freeze", [("reason", "核定")]).status == 303)
        return world
    }

    @Test("every role at every route: let in exactly where a permission says so; freezing asks for a fresh proof")
    func matrix() async throws {
        let world = try await world()
        var counts: [Bool: Int] = [:]
        let routes = world.routes.routes.filter(Self.isOurs)
        #expect(routes.count >= 11)
        for name in world.roles.roles.filter({ $0.sides.contains(.supervisor) }).map(\.name.rawValue) + [""] {
            world.impersonate(name.isEmpty ? [] : [name])
            let held = world.roles.permissions(of: name.isEmpty ? [] : [RoleName(rawValue: name)])
            for route in routes {
                guard case .permitted(let permission) = route.access else {
                    Issue.record("\(route.path) is open")
                    continue
                }
                let target = Self.target(route)
                let reply = try await route.method == .get ? world.get(target) : world.post(target)
                #expect((reply.status != 403) == held.contains(permission), "\(name) \(route.method) \(target): \(reply.status)")
                #expect(reply.status < 500, "\(name) \(route.method) \(target): \(reply.status) \(world.sink.all.last ?? "")")
                counts[reply.status == 403, default: 0] += 1
            }
        }
        #expect(counts[true, default: 0] > 30 && counts[false, default: 0] > 30, "\(counts)")
        world.impersonate(["secretary"], isFresh: false)
        let asked = try await world.get("/reports/2017/freeze")
        #expect(asked.status == 303 && asked.headers[.location]?.hasPrefix("/prove") == true)
        world.impersonate(["examiner"])
        #expect(try await world.post("/reports/2017/freeze", [("reason", "不行")]).status == 403)
        await world.services.database.close()
    }

    @Test("nothing of these pages lacks a word, in either language")
    func words() async throws {
        let world = try await world()
        world.impersonate(["examiner", "secretary"])
        for route in world.routes.routes.filter(Self.isOurs) where route.method == .get {
            for english in [false, true] {
                let reply = try await world.get(Self.target(route), english: english)
                #expect(reply.status == 200, "\(route.path)")
                if let found = reply.text.firstMatch(of: /[>"](web|problem|letters|yearly|chart)\.[a-z.-]+[<"]/) {
                    Issue.record("\(route.path): \(found.0)")
                }
            }
        }
        await world.services.database.close()
    }

    @Test("years with their issues, a draft with what is computed, and every list as data")
    func draft() async throws {
        let world = try await world()
        world.impersonate(["examiner"])
        let years = try #require(try await world.get("/reports?format=json").text.data)
        #expect(years["rows"]?.list?.contains { $0["year"]?.integer == 2017 && $0["issues"]?.integer == 1 } == true)
        let page = try await world.get("/reports/2017", english: true).text
        for text in ["3 securities firms are in business", "Firms by tier", "<figure class=\"chart\"", "Edit the text", "2017-1"]
        {
            #expect(page.contains(text), "\(text)")
        }
        // An examiner writes and does not publish.
        #expect(!page.contains("/reports/2017/freeze"))
        let published = try await world.get("/reports/2017?edition=public&language=en").text
        #expect(!published.contains("甲證"))
        #expect(try await world.get("/reports/1066").status == 404)
        #expect(try await world.get("/reports/2017/sections/none").status == 404)
        await world.services.database.close()
    }

    @Test("a text is written in both languages, refused with a figure nobody knows, and given back to the template")
    func text() async throws {
        let world = try await world()
        world.impersonate(["examiner"])
        let path = "/reports/2017/sections/market"
        #expect(try await world.get(path).text.contains("{market.firms}"))
        func send(_ english: String, version: String, _ more: [(String, String)] = []) async throws -> Reply {
            try await world.post(
                path, [("zh-TW", "共{market.firms}家。\n\n第二段。"), ("en", english), ("reason", "精簡"), ("version", version)] + more)
        }
        let refused = try await send("{market.secret} firms", version: "0")
        #expect(refused.status == 200 && refused.text.contains("role=\"alert\"") && refused.text.contains("market.secret"))
        #expect(try await send("{market.firms} in all.", version: "0").status == 303)
        #expect(try await world.get("/reports/2017", english: true).text.contains("3 in all."))
        // Whoever looked at an older one is told.
        #expect(try await send("again", version: "0").text.contains("role=\"alert\""))
        let versions = try #require(try await world.get("/reports/2017/texts?format=json").text.data)
        #expect(versions["rows"]?.list?.count == 1)
        #expect(try await send("x", version: "1", [("template", "yes")]).status == 303)
        #expect(try await !world.get("/reports/2017", english: true).text.contains("3 in all."))
        await world.services.database.close()
    }

    @Test("a frozen issue hands out what was frozen, and says what differs since")
    func issue() async throws {
        let world = try await world()
        world.impersonate(["secretary"])
        let page = try await world.get("/reports/2017/issues/1").text
        #expect(page.contains("核定") && page.contains("SHA-256"))
        let file = "/reports/2017/issues/1/file?edition=public&language=en&format="
        let before = try await world.get(file + "html")
        #expect(before.headers[.contentDisposition]?.contains("report-2017-1-public.en.html") == true)
        #expect(try await world.get(file + "json").text.data?["edition"]?.text == "public")
        #expect(try await world.get(file + "exe").status == 404)
        #expect(try await world.get("/reports/2017/issues/1/verify", english: true).text.contains("is what was frozen"))
        var (firm, version) = try await world.supervision.register.firm("alpha")
        firm.names[0].short = "新名"
        try await world.supervision.register.save([firm], after: ["alpha": version], reason: "test", .system("test"))
        let rows = try #require(try await world.get("/reports/2017/issues/1/verify?format=json").text.data)
        #expect(rows["rows"]?.list?.contains { $0["found"]?.text == "新名" } == true)
        let isSame = try await world.get(file + "html").body == before.body
        #expect(isSame)
        #expect(try await world.get("/reports/2017/issues/2").status == 404)
        await world.services.database.close()
    }
}
