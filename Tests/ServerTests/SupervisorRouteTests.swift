import Database
import Documents
import HTTPTypes
import Identity
import Rulebook
import Submissions
import Supervision
import Testing

@testable import Server

@Suite("Routes of a supervisor: who may, in every role; and the exchange as programs meet it")
struct SupervisorRouteTests {
    private static let cookie = [Cookie.session: "any"]

    @Test("every role at every route: let in exactly where a permission of the role says so")
    func matrix() async throws {
        let world = try await InboxWorld()
        try await world.settle()
        let counts = try await RouteTests.matrix(world.roles, .supervisor, world.routes, world.person, world.impersonate) {
            try await world.send($0, $1, form: $2, cookies: Self.cookie)
        }
        #expect(counts["refused", default: 0] > 100 && counts["admitted", default: 0] > 100, "\(counts)")
        await world.services.database.close()
    }

    @Test("nobody signed in is let in nowhere but where a reason stands in the code")
    func nobody() async throws {
        let world = try await InboxWorld()
        try await world.settle()
        for route in world.routes.routes {
            let reply = try await world.send(route.method, RouteTests.target(route), form: route.body == .form ? [] : nil)
            let found = RouteTests.reception(reply, route)
            switch route.access {
            case .anyone(let reason): #expect(!reason.isEmpty && found != .refused, "\(route.path): \(found)")
            case .setUp: #expect(found == .hidden, "\(route.path): \(found)")
            case .signedIn, .permitted: #expect(found == .signIn, "\(route.method) \(route.path): \(found) \(reply.status)")
            }
        }
        await world.services.database.close()
    }

    @Test("what is sensitive asks again who one is; no page changes anything")
    func fresh() async throws {
        let world = try await InboxWorld()
        try await world.settle()
        world.impersonate(world.person(["administrator", "examiner", "secretary"], isFresh: false))
        var isFresh = 0
        for route in world.routes.routes where route.isFresh && route.access != .permitted(.answersGive) {
            let reply = try await world.send(
                route.method, RouteTests.target(route), form: route.body == .form ? [("csrf", "form-token")] : nil,
                cookies: Self.cookie)
            #expect(RouteTests.reception(reply, route) == .proof, "\(route.path)")
            isFresh += 1
        }
        #expect(isFresh > 5)
        world.impersonate(world.person(["administrator", "examiner", "secretary"]))
        try await world.services.database.flushTrail()
        let before = try await world.services.database.trail().size
        for route in world.routes.routes where route.method == .get && !route.path.hasPrefix("/sign-in") && route.path != "/setup"
        {
            _ = try await world.send(.get, RouteTests.target(route), cookies: Self.cookie)
        }
        try await world.services.database.flushTrail()
        #expect(try await world.services.database.trail().size == before)
        await world.services.database.close()
    }

    @Test("an agent's address for packages: any sender, JSON alone, bounded, signed answers, and limited by source")
    func exchange() async throws {
        let world = try await InboxWorld()
        try await world.settle()
        let json = [("Content-Type", "application/json")]
        func post(_ body: [UInt8], _ headers: [(String, String)]) async throws -> Reply {
            try await world.send(.post, "/api/v1/exchange", body: body, headers: headers, isBrowser: false)
        }
        let refused = try await post(Array("{}".utf8), json)
        #expect(refused.status == 422 && refused.headers[.contentType] == "application/json")
        let envelope = try Envelope.read(refused.body, limit: 1 << 20)
        let key = try await world.send(.get, "/api/v1/exchange/key", isBrowser: false)
        let announcement = try Envelope.read(key.body, limit: 1 << 20)
        guard case .registration(let registration) = try Message.read(announcement.payload, .registration, limits: .authored)
        else {
            Issue.record("no key")
            return
        }
        #expect(
            envelope.kind == .refusal && envelope.isSigned(by: registration.key) && announcement.isSigned(by: registration.key))
        #expect(registration.role == .supervisor && registration.name == "Supervisor" || registration.name == "範例中心")
        #expect(try await post(Array("{}".utf8), []).status == 415)
        #expect(try await post(Array("{}".utf8), [("Content-Type", "text/plain")]).status == 415)
        let policy = world.services.supervision.exchange.policy
        var limited = 0
        for _ in 0..<(policy.sourceBurst + 5) where try await post([], json).status == 429 { limited += 1 }
        #expect(limited >= 5)
        world.clock.pass(Int64(policy.sourceInterval))
        #expect(try await post([], json).status == 422)
        await world.services.database.close()
    }

    @Test("pages of a submission: shown, returned, accepted; keys compared and registered; a file read in")
    func pages() async throws {
        let world = try await InboxWorld()
        try await world.settle()
        let exchange = world.services.supervision.exchange
        world.impersonate(world.person(["examiner"]))
        let key = SigningKey()
        let seconds = world.clock.microseconds / 1_000_000
        func header(_ id: String) async throws -> MessageHeader {
            MessageHeader(
                id: String(repeating: id, count: 32), created: Instant(seconds: seconds), program: "other 1.0",
                firm: .init(id: "alpha", name: "<b>alpha"),
                recipient: PublicKey.id(try await exchange.announcement().registration.key))
        }
        let registration = Message.registration(
            KeyRegistration(try await header("1"), role: .firm, name: "<b>alpha", contact: "", key: key.publicKey, replaces: nil))
        func file(_ bytes: [UInt8]) async throws -> Reply {
            let body =
                Array("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n".utf8) + bytes
                + Array("\r\n--x--\r\n".utf8)
            return try await world.send(
                .post, "/submissions/import?csrf=form-token", body: body,
                headers: [("Content-Type", "multipart/form-data; boundary=x")], cookies: Self.cookie)
        }
        func get(_ path: String) async throws -> String {
            let reply = try await world.send(.get, path, cookies: Self.cookie)
            #expect(reply.status == 200, "\(path)")
            return reply.text
        }
        func post(_ path: String, _ form: [(String, String)]) async throws -> Reply {
            try await world.send(.post, path, form: [("csrf", "form-token")] + form, cookies: Self.cookie)
        }
        #expect(try await get("/").contains("待核對金鑰") == false)
        #expect(try await file(registration.signed(by: key).bytes).text.contains("notice good"))
        // Where a supervisor's day begins, it stands until it is done.
        #expect(try await get("/").contains("待核對金鑰"))
        let ask = try await get("/submissions/keys/\(key.id)/register")
        #expect(ask.contains(PublicKey.fingerprint(key.publicKey).spoken.joined(separator: " ")) && !ask.contains("<b>alpha"))
        #expect(try await post("/submissions/keys/\(key.id)/register", [("reason", "")]).text.contains("role=\"alert\""))
        #expect(try await post("/submissions/keys/\(key.id)/register", [("reason", "compared")]).status == 303)
        let quarter = Quarter(containing: Instant(seconds: seconds).date(in: .taipei))
        var manifest = SubmissionManifest(
            try await header("2"), quarter: quarter, version: 1, previous: nil, signer: .init(name: "林", role: "長"))
        manifest.rulePacks = try SubmissionManifest.PackReference.all(of: world.services.supervision.rulebook)
        var entry = SubmittedAssessment.Entry(clause: "twse-waf", system: "", verdict: .partly, reason: "mixed", force: "shall")
        entry.trace = String(repeating: "a", count: 64)
        manifest.assessment = SubmittedAssessment(at: Instant(seconds: seconds), profileVersion: 1, verdicts: [entry])
        let envelope = try Message.submission(manifest).signed(by: key)
        let imported = try await file(envelope.bytes).text
        #expect(imported.contains("/submissions/versions/\(envelope.payloadHash)"))
        let answer = try #require(imported.firstMatch(of: /\/submissions\/packages\/([0-9a-f]{64})/)).1
        let receipt = try await world.send(.get, "/submissions/packages/\(answer)", cookies: Self.cookie)
        #expect(try Envelope.read(receipt.body, limit: 1 << 20).kind == .receipt)
        let path = "/submissions/versions/\(envelope.payloadHash)"
        let home = try await get("/")
        #expect(home.contains("/submissions?state=submitted") && !home.contains("待核對金鑰"))
        #expect(try await get("/submissions").contains(path))
        let shown = try await get(path)
        #expect(shown.contains("twse-waf") && shown.contains("&lt;b&gt;alpha") && shown.contains(path + "/accept"))
        let raw = try await world.send(.get, path + "/manifest", cookies: Self.cookie)
        #expect(HexText.sha256(raw.body) == envelope.payloadHash)
        #expect(try await get(path + "?format=json").contains("plumbline.submitted-verdicts/1"))
        #expect(try await post(path + "/return", []).text.contains("role=\"alert\""))
        #expect(try await post(path + "/return", [("item-1", "twse-waf"), ("text-1", "為何部分？")]).status == 303)
        #expect(try await get(path).contains("為何部分？"))
        #expect(try await get("/").contains("目前沒有待辦事項"))
        #expect(try await post(path + "/accept", [("note", "")]).text.contains("role=\"alert\""))
        #expect(try await file(envelope.bytes).text.contains("role=\"alert\""))
        for list in ["/submissions/refused", "/submissions/outgoing", "/submissions/keys"] {
            #expect(try await get(list + "?format=csv").hasPrefix("\u{FEFF}"))
            #expect(try await get(list).contains("<table"))
        }
        #expect(try await post("/submissions/keys/\(key.id)/revoke", [("reason", "lost")]).status == 303)
        #expect(try await exchange.key(key.id).state == .ended)
        // Whoever only reads sees and does nothing.
        world.impersonate(world.person(["auditor"]))
        #expect(try await get(path).contains(path + "/accept") == false)
        #expect(try await post(path + "/accept", [("note", "")]).status == 403)
        await world.services.database.close()
    }
}
