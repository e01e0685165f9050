import Database
import Documents
import HTTPTypes
import Rulebook
import Submissions
import Supervision
import Synchronization
import Testing

@testable import Identity
@testable import Server

@Suite("Questionnaires in the browser")
struct SurveyTests {
    private static let firm = "firm-aaa"

    /// A world with one firm of tier 1 that takes internet orders, and a round for it.
    private func world(sink: @escaping AnswersSink = { _, _, _ in }) async throws -> (SupervisorWorld, Int64) {
        let world = try await SupervisorWorld(answersSink: sink)
        try await world.settle()
        try await world.register(Self.firm, short: "甲")
        _ = try await world.supervision.tiers.decide(asOf: try #require(CivilDate("2026-12-31")), .system("test"))
        return (world, try await world.open([Self.firm]))
    }

    private func respondent(_ world: SupervisorWorld, number: Int64 = 77) {
        world.impersonate(world.person(["respondent"], party: Self.firm, display: "林 美玲", number: number))
    }

    private func version(_ world: SupervisorWorld, _ round: Int64) async throws -> String {
        String(try await world.supervision.answers.draft(round, of: Self.firm).version)
    }

    @Test("opened, filled in sheet by sheet, looked at, handed in, given back, answered, accepted")
    func whole() async throws {
        let handed = Mutex<[String]>([])
        let (world, _) = try await world { _, made, _ in handed.withLock { $0.append("\(made.version) \(made.state.rawValue)") } }
        world.impersonate(world.person(["examiner"]))
        let opened = try await world.post(
            "/questionnaires/open",
            [
                ("questionnaire", "twse-2018-standard"), ("quarter", "2026-Q4"), ("due", "2027-01-31"),
                ("who", "securities-tier=1"), ("note", "請準時"),
            ])
        let path = try #require(opened.location.split(separator: "/").last.map(String.init))
        let round = try #require(Int64(path))
        #expect(opened.status == 303)
        respondent(world)
        let overview = try await world.get("/my/\(round)")
        #expect(overview.text.contains("請準時") && overview.text.contains("/my/\(round)/sheets/3"))
        for sheet in 1...3 {
            let page = try await world.get("/my/\(round)/sheets/\(sheet)")
            let names = Self.names(page.text)
            #expect(!names.isEmpty)
            var fields = names.map { ($0, "yes") }
            fields += [("version", try await version(world, round)), ("go", "next")]
            let saved = try await world.post("/my/\(round)/sheets/\(sheet)", fields)
            #expect(saved.location == (sheet < 3 ? "/my/\(round)/sheets/\(sheet + 1)" : "/my/\(round)/preview"))
        }
        // Answered though the register says it does not concern the firm (tier 1 has no monitoring question): refused until it is corrected.
        let preview = try await world.get("/my/\(round)/preview")
        #expect(preview.text.contains("矛盾") && !preview.text.contains("/hand-in\""))
        let refused = try await world.post(
            "/my/\(round)/hand-in", [("version", try await version(world, round)), ("role", "資安長")])
        #expect(refused.status == 200 && refused.text.contains("✗"))
        for question in ["mon", "func"] { try await clear(question, world, round) }
        #expect(try await world.get("/my/\(round)/preview").text.contains("/my/\(round)/hand-in"))
        let sent = try await world.post("/my/\(round)/hand-in", [("version", try await version(world, round)), ("role", "資安長")])
        #expect(sent.location == "/my/\(round)?done=handed-in")
        world.impersonate(world.person(["examiner"]))
        let seen = try await world.get("/questionnaires/\(round)/\(Self.firm)")
        #expect(seen.text.contains("林 美玲（資安長）") && seen.text.contains("未量測"))
        _ = try await world.post(
            "/questionnaires/\(round)/\(Self.firm)", [("version", "1"), ("decision", "return"), ("note", "請補充演練日期")])
        respondent(world)
        #expect(try await world.get("/my/\(round)").text.contains("請補充演練日期"))
        _ = try await world.post(
            "/my/\(round)/hand-in", [("version", try await version(world, round)), ("role", "資安長"), ("reply", "十二月三日")])
        world.impersonate(world.person(["examiner"]))
        #expect(try await world.get("/questionnaires/\(round)/\(Self.firm)").text.contains("十二月三日"))
        _ = try await world.post("/questionnaires/\(round)/\(Self.firm)", [("version", "2"), ("decision", "accept")])
        let standing = try #require(try await world.supervision.answers.standings(round).first)
        #expect(standing.step == .accepted && standing.newest?.version == 2)
        #expect(handed.withLock { $0 } == ["1 submitted", "1 returned", "2 answered", "2 accepted"])
        respondent(world)
        let late = try await world.post(
            "/my/\(round)/sheets/1", [("version", try await version(world, round)), ("a-class", "no")])
        #expect(late.text.contains("目前不收答案"))
        await world.close()
    }

    /// Names of the choices of a form.
    private static func names(_ text: String) -> [String] {
        var names: [String] = []
        for part in text.split(separator: "name=\"a-").dropFirst() {
            let name = "a-" + part.prefix { $0 != "\"" }
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    private func clear(_ question: String, _ world: SupervisorWorld, _ round: Int64) async throws {
        let answers = world.supervision.answers
        let base = try await answers.draft(round, of: Self.firm).version
        _ = try await answers.save(
            [.init(question: question, answer: nil)], over: base, round, of: Self.firm, way: .browser,
            .account(id: "77", name: "test"))
    }

    @Test("the receipt is the hash of what can be downloaded, and each version names the one before")
    func receipt() async throws {
        let (world, round) = try await world()
        let answers = world.supervision.answers
        var made: [AnswersHandedIn] = []
        for note in ["甲", "乙"] {
            let draft = try await answers.save(
                [.init(question: "class", answer: .no, note: note)], over: try await answers.draft(round, of: Self.firm).version,
                round,
                of: Self.firm, way: .browser, .account(id: "77", name: "test"))
            made.append(
                try await answers.handIn(
                    draft.version, round, of: Self.firm, name: "林", role: "長", reply: "", .account(id: "77", name: "test")))
        }
        respondent(world)
        for version in made {
            let reply = try await world.get("/my/\(round)/versions/\(version.version)?format=json")
            #expect(Self.sha256(reply.body) == version.sha256)
            let read = try AnswersReader.read(reply.body, origin: "download")
            #expect(read == version.answers && read.entries.count == 13 && read["waf"]?.answer == nil)
        }
        #expect(made[0].previous == nil && made[1].previous == made[0].sha256 && made[1].version == 2)
        let trail = try await trail(world)
        #expect(trail.filter { $0.entry.action == "answers.hand-in" }.map { $0.entry.details["sha256"] } == made.map(\.sha256))
        await world.close()
    }

    private static func sha256(_ bytes: [UInt8]) -> String {
        Encodings.hex(Digest.sha256(bytes))
    }

    private func trail(_ world: SupervisorWorld) async throws -> [TrailRecord] {
        try await world.services.database.flushTrail()
        return try await world.services.database.trail().find(TrailFilter(), from: nil, limit: 1_000).hits.map(\.record)
            .reversed()
    }

    @Test("a page saves by itself: answers get versions, the same again gets none, and each change is in the trail")
    func autosave() async throws {
        let (world, round) = try await world()
        respondent(world)
        let first = try await world.post("/my/\(round)/sheets/1", [("auto", "1"), ("version", "0"), ("a-class", "yes")])
        #expect(first.status == 200 && first.text.contains("\"version\": 1"))
        let same = try await world.post("/my/\(round)/sheets/1", [("auto", "1"), ("version", "1"), ("a-class", "yes")])
        #expect(same.text.contains("\"version\": 1"))
        let more = try await world.post(
            "/my/\(round)/sheets/1", [("auto", "1"), ("version", "1"), ("a-class", "yes"), ("n-class", "第一行\r\n第二行")])
        #expect(more.text.contains("\"version\": 2"))
        let draft = try await world.supervision.answers.draft(round, of: Self.firm)
        #expect(draft.version == 2 && draft.answers["class"]?.note == "第一行\n第二行")
        let drafts = try await trail(world).filter { $0.entry.action == "answers.draft" }
        #expect(drafts.count == 2 && drafts.allSatisfy { $0.entry.object.id == Self.firm })
        // What people write is in the answers and nowhere else.
        #expect(try await !trail(world).contains { "\($0)".contains("第一行") } && !world.sink.all.contains { $0.contains("第一行") })
        let long = String(repeating: "長", count: 700)
        let refused = try await world.post("/my/\(round)/sheets/1", [("version", "2"), ("a-class", "no"), ("n-class", long)])
        #expect(refused.status == 200 && refused.text.contains("備註過長") && refused.text.contains(long))
        #expect(try await world.supervision.answers.draft(round, of: Self.firm).version == 2)
        await world.close()
    }

    @Test("two people of one firm: other answers are merged, the same answer is asked about, and nothing typed is lost")
    func colleagues() async throws {
        let (world, round) = try await world()
        respondent(world)
        let base = [("version", "0")]
        _ = try await world.post("/my/\(round)/sheets/1", base + [("a-class", "yes")])
        // From the same empty page, another sheet: both stand.
        _ = try await world.post("/my/\(round)/sheets/3", base + [("a-av", "no")])
        let draft = try await world.supervision.answers.draft(round, of: Self.firm).answers
        #expect(draft["class"]?.answer == .yes && draft["av"]?.answer == .no)
        let clash = try await world.post("/my/\(round)/sheets/1", base + [("a-class", "no"), ("n-class", "我的說明")])
        #expect(clash.status == 200 && clash.text.contains("同事") && clash.text.contains("我的說明"))
        #expect(try await world.supervision.answers.draft(round, of: Self.firm).answers["class"]?.answer == .yes)
        let automatic = try await world.post("/my/\(round)/sheets/1", base + [("auto", "1"), ("a-class", "no")])
        #expect(automatic.status == 409)
        let again = try await world.post(
            "/my/\(round)/sheets/1", [("version", try await version(world, round)), ("a-class", "no"), ("n-class", "我的說明")])
        #expect(again.status == 303)
        await world.close()
    }

    @Test("what was looked at is what is handed in: a draft that changed since is refused, and a form sent twice hands in once")
    func lookedAt() async throws {
        let (world, round) = try await world()
        respondent(world)
        _ = try await world.post("/my/\(round)/sheets/1", [("version", "0"), ("a-class", "yes")])
        _ = try await world.post("/my/\(round)/sheets/1", [("version", "1"), ("a-class", "no")])
        #expect(try await world.post("/my/\(round)/hand-in", [("version", "1"), ("role", "長")]).text.contains("重新預覽"))
        #expect(try await world.post("/my/\(round)/hand-in", [("version", "2"), ("role", "")]).status == 200)
        #expect(try await world.supervision.answers.history(round, of: Self.firm).versions.isEmpty)
        #expect(try await world.post("/my/\(round)/hand-in", [("version", "2"), ("role", "長")]).status == 303)
        #expect(try await world.post("/my/\(round)/hand-in", [("version", "2"), ("role", "長")]).status == 200)
        #expect(try await world.supervision.answers.history(round, of: Self.firm).versions.count == 1)
        await world.close()
    }

    @Test("signing wants a fresh proof; filling in does not")
    func fresh() async throws {
        let (world, round) = try await world()
        world.impersonate(world.person(["respondent"], party: Self.firm, isFresh: false))
        #expect(try await world.get("/my/\(round)/sheets/1").status == 200)
        #expect(try await world.get("/my/\(round)/hand-in").location.hasPrefix("/prove"))
        #expect(try await world.post("/my/\(round)/hand-in", [("version", "1")]).location.hasPrefix("/prove"))
        await world.close()
    }

    @Test("answers after the last day are late, and say so; a closed round takes none but those to what was given back")
    func lateAndClosed() async throws {
        let (world, round) = try await world()
        let (answers, actor) = (world.supervision.answers, TrailActor.account(id: "77", name: "test"))
        func handIn(_ note: String) async throws -> AnswersHandedIn {
            let draft = try await answers.save(
                [.init(question: "class", answer: .yes, note: note)], over: try await answers.draft(round, of: Self.firm).version,
                round,
                of: Self.firm, way: .browser, actor)
            return try await answers.handIn(draft.version, round, of: Self.firm, name: "林", role: "長", reply: "", actor)
        }
        #expect(try await !handIn("一").isLate)
        world.clock.pass(20 * 86_400)
        #expect(try await handIn("二").isLate)
        world.impersonate(world.person(["examiner"]))
        #expect(try await world.post("/questionnaires/\(round)/close", []).status == 303)
        await #expect(throws: SupervisionError.self) { _ = try await handIn("三") }
        try await answers.decide(.giveBack, 2, round, of: Self.firm, note: "請說明", actor)
        #expect(try await handIn("四").state == .answered)
        await #expect(throws: SupervisionError.self) {
            try await answers.decide(.accept, 2, round, of: Self.firm, note: "", actor)
        }
        try await answers.decide(.accept, 3, round, of: Self.firm, note: "", actor)
        await world.close()
    }

    @Test("the list of those to be reminded: who has nothing, who has a draft, how many days over, who has nobody to answer")
    func reminders() async throws {
        let (world, _) = try await world()
        for (id, short) in [("firm-bbb", "乙"), ("firm-ccc", "丙")] { try await world.register(id, short: short) }
        let round = try await world.open([Self.firm, "firm-bbb", "firm-ccc"], questionnaire: "twse-2018-standard")
        let (answers, actor) = (world.supervision.answers, TrailActor.account(id: "77", name: "test"))
        for firm in [Self.firm, "firm-bbb"] {
            _ = try await answers.save([.init(question: "class", answer: .yes)], over: 0, round, of: firm, way: .browser, actor)
        }
        _ = try await answers.handIn(1, round, of: Self.firm, name: "林", role: "長", reply: "", actor)
        world.clock.pass(20 * 86_400)
        world.impersonate(world.person(["examiner"]))
        let reply = try await world.get("/questionnaires/\(round)?awaited=true&format=csv")
        let lines = reply.text.split(whereSeparator: \.isNewline).dropFirst().map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        #expect(lines.map { $0[1] } == ["firm-bbb", "firm-ccc"])
        // 2027-01-15 and twenty days are four days after the end of January.
        #expect(lines.map { "\($0[2]) \($0[3]) \($0[4])" } == ["draft 4 0", "nothing 4 0"])
        await world.close()
    }

    @Test("who is asked: by the decision in force on the quarter's last day, in business, and concerned by the questionnaire")
    func who() async throws {
        let (world, _) = try await world()
        try await world.register("firm-small", short: "小", capital: 1_000_000_000)
        let day = try #require(CivilDate("2020-01-01"))
        let futures = Firm(
            id: "firm-fcm", names: [.init(from: day, legal: "期", short: "期")],
            facts: [.init(from: day, values: ["entity_kinds": ["fcm"]])])
        let gone = Firm(
            id: "firm-gone", names: [.init(from: day, legal: "終", short: "終")],
            facts: [.init(from: day, values: ["entity_kinds": ["securities"]])],
            events: [.init(day: try #require(CivilDate("2026-06-30")), kind: .closed)])
        try await world.supervision.register.save([futures, gone], after: [:], reason: "test", .system("test"))
        _ = try await world.supervision.tiers.decide(asOf: try #require(CivilDate("2026-12-31")), .system("test"))
        world.impersonate(world.person(["examiner"]))
        func firms(_ who: [String], _ quarter: String) async throws -> [String]? {
            let fields = [("questionnaire", "market-2017"), ("quarter", quarter), ("due", "2027-02-28"), ("note", "")]
            let reply = try await world.post("/questionnaires/open", fields + who.map { ("who", $0) })
            guard reply.status == 303, let id = reply.location.split(separator: "/").last.flatMap({ Int64($0) }) else {
                return nil
            }
            return try await world.supervision.surveys.round(id).firms
        }
        #expect(try await firms(["securities-tier=3"], "2026-Q4") == nil)
        try await world.supervision.surveys.close(1, .system("test"))
        #expect(try await firms(["securities-tier=3"], "2026-Q4") == ["firm-small"])
        try await world.supervision.surveys.close(2, .system("test"))
        #expect(try await firms([""], "2026-Q4") == ["firm-aaa", "firm-small"])
        #expect(try await firms([], "2026-Q3") == nil)
        #expect(try await firms([""], "2026-Q0") == nil)
        #expect(try await firms([""], "2026-Q2") == ["firm-aaa", "firm-small"])
        #expect(try await firms([""], "2026-Q1") == ["firm-aaa", "firm-gone", "firm-small"])
        await world.close()
    }

    @Test("a failing store of submissions leaves nothing: answers are handed in there as well, or not at all")
    func sinkFails() async throws {
        struct Full: Error {}
        let (world, round) = try await world { _, _, _ in throw Full() }
        let (answers, actor) = (world.supervision.answers, TrailActor.account(id: "77", name: "test"))
        _ = try await answers.save([.init(question: "class", answer: .yes)], over: 0, round, of: Self.firm, way: .browser, actor)
        await #expect(throws: SupervisionError.self) {
            _ = try await answers.handIn(1, round, of: Self.firm, name: "林", role: "長", reply: "", actor)
        }
        #expect(try await answers.history(round, of: Self.firm).versions.isEmpty)
        #expect(try await !trail(world).contains { $0.entry.action == "answers.hand-in" })
        await world.close()
    }

    @Test("what was asked stays as it was, and every page of it has its words")
    func words() async throws {
        let (world, round) = try await world()
        respondent(world)
        _ = try await world.post("/my/\(round)/sheets/1", [("version", "0"), ("a-class", "yes")])
        _ = try await world.post("/my/\(round)/hand-in", [("version", "1"), ("role", "長")])
        var pages = ["/my", "/my/\(round)", "/my/\(round)/preview", "/my/\(round)/versions/1", "/my/\(round)/hand-in"]
        pages += (1...5).map { "/my/\(round)/sheets/\($0)" }
        for language in ["zh-TW", "en"] {
            respondent(world)
            for path in pages { try await look(path, language, world) }
            world.impersonate(world.person(["examiner"]))
            for path in [
                "/questionnaires", "/questionnaires/open", "/questionnaires/forms/market-2017", "/questionnaires/\(round)",
                "/questionnaires/\(round)/\(Self.firm)", "/questionnaires/\(round)/close",
            ] { try await look(path, language, world) }
        }
        await world.close()
    }

    /// A page is there and names no text that the catalogue lacks.
    private func look(_ path: String, _ language: String, _ world: SupervisorWorld) async throws {
        let reply = try await world.send(.get, path, cookies: [Cookie.session: "any", Cookie.language: language])
        #expect(reply.status == 200, "\(path)")
        for prefix in ["survey.", "web.", "account.", "firms."] {
            let missing = reply.text.split(whereSeparator: { ">\"< ".contains($0) }).filter {
                $0.hasPrefix(prefix) && !$0.contains("/")
            }
            #expect(missing.isEmpty, "\(path) \(language): \(missing)")
        }
    }
}

@Suite("States of answers that were handed in")
struct AnswerStateTests {
    @Test("every step a firm and a supervisor can take, from every state")
    func steps() {
        typealias State = AnswersHandedIn.State
        for isOpen in [true, false] {
            #expect(State.afterHandingIn(nil, isOpen: isOpen) == (isOpen ? .submitted : nil))
            #expect(State.afterHandingIn(.submitted, isOpen: isOpen) == (isOpen ? .submitted : nil))
            #expect(State.afterHandingIn(.answered, isOpen: isOpen) == (isOpen ? .answered : nil))
            #expect(State.afterHandingIn(.returned, isOpen: isOpen) == .answered)
            #expect(State.afterHandingIn(.accepted, isOpen: isOpen) == nil)
        }
        #expect(State.allCases.map { $0.deciding(.accept) } == [.accepted, nil, .accepted, nil])
        #expect(State.allCases.map { $0.deciding(.giveBack) } == [.returned, nil, .returned, .returned])
    }
}
