import Database
import HTTPTypes
import Identity
import Rulebook
import Testing

@testable import Server

@Suite("Accounts and the trail, through the gates")
struct AccountPageTests {
    private static let cookie = [Cookie.session: "any"]

    @Test("forgotten: the same answer for whoever is known and whoever is not")
    func forgotten() async throws {
        let world = try await ServerWorld()
        try await world.settle()
        var answers: Set<String> = []
        for (name, what) in [
            ("mei.lin", "reset"), ("nobody.here", "reset"), ("mei.lin", "unlock"), ("", "unlock"), ("mei.lin", "other"),
        ] {
            let reply = try await world.send(.post, "/forgot", form: [("name", name), ("what", what)])
            #expect(reply.status == 200)
            answers.insert(reply.text.replacing(/nonce="[^"]*"/, with: ""))
        }
        #expect(answers.count == 1)
        await world.services.database.close()
    }

    @Test("a ticket that is none opens nothing, and stays in the form only")
    func tickets() async throws {
        let world = try await ServerWorld()
        try await world.settle()
        let reset = try await world.send(
            .post, "/reset",
            form: [("ticket", "nothing"), ("new", "Larch7-Copper!Vellum_Ox"), ("again", "Larch7-Copper!Vellum_Ox")])
        #expect(reset.status == 200 && reset.text.contains("role=\"alert\"") && !reset.text.contains("Larch7"))
        let unlock = try await world.send(.post, "/unlock", form: [("ticket", "nothing"), ("code", "123456")])
        #expect(unlock.status == 200 && unlock.text.contains("role=\"alert\""))
        let key = try await world.send(.post, "/unlock/key", form: [("ticket", "nothing")])
        #expect(key.status == 200 && key.text.contains("role=\"alert\""))
        await world.services.database.close()
    }

    @Test("whoever has no part in the content begins with their own place")
    func home() async throws {
        let world = try await ServerWorld()
        try await world.settle()
        for (roles, place) in [(["administrator"], "/accounts"), ([], "/me")] {
            world.impersonate(world.person(roles))
            #expect(try await world.send(.get, "/", cookies: Self.cookie).location == place)
        }
        world.impersonate(world.person(["officer"]))
        #expect(try await world.send(.get, "/", cookies: Self.cookie).status == 200)
        await world.services.database.close()
    }

    @Test("whose proof is too old comes back to the page whose form they sent")
    func cameBack() async throws {
        let world = try await ServerWorld()
        try await world.settle()
        world.impersonate(world.person(["administrator"], isFresh: false))
        let form = [("csrf", "form-token"), ("reason", "gone")]
        let reply = try await world.send(.post, "/accounts/1/disable", form: form, cookies: Self.cookie)
        #expect(reply.location == "/prove?next=%2Faccounts%2F1%2Fdisable")
        let other = try await world.send(.post, "/me/factors/totp", form: form, cookies: Self.cookie)
        #expect(other.location == "/prove?next=%2F")
        await world.services.database.close()
    }

    @Test("the trail is found, opened, proven and verified; what it cannot be asked is said")
    func trail() async throws {
        let world = try await ServerWorld()
        try await world.settle()
        world.impersonate(world.person(["auditor"]))
        func get(_ target: String) async throws -> Reply { try await world.send(.get, target, cookies: Self.cookie) }
        let found = try await get("/trail?action=account.create")
        let link = try #require(found.text.firstMatch(of: /href="\/trail\/(\d+)"/))
        let opened = try await get("/trail/\(link.1)")
        #expect(opened.status == 200 && opened.text.contains("account.create") && opened.text.contains("mei.lin"))
        let proof = try await get("/trail/\(link.1)/proof")
        #expect(proof.text.hasPrefix("c2sp.org/tlog-proof@v1\nindex \(link.1)\n"))
        #expect(try await get("/trail/\(link.1)/leaf").body.count > 100)
        #expect(try await get("/trail?action=account.create&format=json").text.contains("plumbline.trail/1"))
        #expect(try await get("/trail?after=yesterday").text.contains("role=\"alert\""))
        #expect(try await get("/trail/999999").status == 404)
        #expect(try await get("/trail/x").status == 404)
        let verified = try await world.send(.post, "/trail/verify", form: [("csrf", "form-token")], cookies: Self.cookie)
        #expect(verified.status == 200 && verified.text.contains("notice good"), "\(verified.text)")
        #expect(try await get("/trail?action=trail.verify").text.contains("trail.verify"))
        await world.services.database.close()
    }
}
