import Database
import Documents
import HTTPTypes
import Identity
import NIOCore
import NIOPosix
import Reports
import Rulebook
import Supervision
import Synchronization
import TestProcesses
import Testing

@testable import Server

@Suite("The service watch's pages")
struct WatchPageTests {
    static func prober(_ answer: @escaping @Sendable () -> WatchFinding) -> WatchProber { WatchProber { _, _ in answer() } }

    @Test("asked for, agreed to by a second person, probed, shown worst first with its numbers")
    func wholeWay() async throws {
        let site = try await WatchSite()
        site.become(["examiner"], account: "first.person")
        #expect(try await site.send(.get, "/watch").text.contains("Nothing is watched yet"))
        #expect(try await site.send(.get, "/watch/new").text.contains("name=\"host\""))
        let asked = try await site.send(.post, "/watch/new", form: WatchSite.fields())
        #expect(asked.status == 303 && asked.location == "/watch/orders", "\(asked.text)")
        let page = try await site.send(.get, "/watch/orders").text
        #expect(page.contains("waits for agreement") && page.contains("not watched") && page.contains("下單 &lt;網站&gt;"))
        #expect(page.contains("https://orders.mountain.example.com:443/login") && !page.contains("<網站>"))
        // Whoever asked cannot agree.
        let until = "2027-01-31"
        let own = try await site.send(
            .post, "/watch/orders/approve", form: [("version", "1"), ("until", until), ("outcome", "agree")])
        #expect(own.status == 200 && own.text.contains("a second person is needed"))
        site.become(["analyst"], account: "second.person")
        #expect(try await site.send(.get, "/watch/orders/approve").text.contains("first.person"))
        let agreed = try await site.send(
            .post, "/watch/orders/approve", form: [("version", "1"), ("until", until), ("outcome", "agree")])
        #expect(agreed.status == 303, "\(agreed.text)")

        try await site.watch([("id", "second"), ("name", "Quotes")])
        let isDown = Mutex(false)
        let prober = WatchProber { target, agent in
            #expect(agent.hasPrefix("Plumbline service watch"))
            if target.id == "orders", isDown.withLock({ $0 }) { return WatchFinding(.status, milliseconds: 30, status: 503) }
            return WatchFinding(
                .up, milliseconds: 20, status: 200, address: "192.0.2.9", certificateEnds: Instant("2027-01-20T00:00:00Z"))
        }
        await site.run(minutes: 10, prober)
        isDown.withLock { $0 = true }
        await site.run(minutes: 7, prober)
        let board = try await site.send(.get, "/watch").text
        let (bad, good) = (board.firstRange(of: "下單"), board.firstRange(of: "Quotes"))
        #expect(bad != nil && good != nil && (bad?.lowerBound ?? board.endIndex) < (good?.lowerBound ?? board.startIndex))
        #expect(board.contains("✗ down") && board.contains("✓ up") && board.contains("over tolerance"))
        #expect(board.contains("100.00 %") && board.contains("data-live=\"watch\"") && board.contains("4 days"))
        #expect(!board.contains("--watch-allow-local"))
        let shown = try await site.send(.get, "/watch/orders?days=7").text
        #expect(shown.contains("wrong status (503)") && shown.contains("<svg class=\"bar-chart\"") && shown.contains("goes on"))
        #expect(shown.contains("class=\"fill-non-compliant\"") && shown.contains("class=\"fill-not-applicable\""))
        await site.world.close()
    }

    @Test("numbers of the board are those of the export, and the rate is theirs")
    func export() async throws {
        let site = try await WatchSite()
        try await site.watch()
        let count = Mutex(0)
        await site.run(
            minutes: 40,
            Self.prober {
                let number = count.withLock { count in
                    count += 1
                    return count
                }
                return (10..<13).contains(number) ? WatchFinding(.timeout) : WatchFinding(.up)
            })
        let json = try JSONReader.read(try await site.send(.get, "/watch?format=json").body)
        let row = try #require(json["rows"]?.list?.first)
        func number(_ key: String) -> Int { row[key]?.integer ?? -1 }
        #expect(number("quarter_down") == 3 && number("tolerance") == 3 && number("breaches") == 0 && number("longest_down") == 3)
        #expect(number("quarter_required") == number("quarter_up") + number("quarter_down") + number("quarter_unknown"))
        let wanted = Wording.rate(number("quarter_up"), of: number("quarter_up") + 3)
        #expect(row["availability"]?.number.map { "\($0) %" } == wanted, "\(wanted)")
        let page = try await site.send(.get, "/watch").text
        #expect(page.contains("\(wanted) (\(number("quarter_up")) / \(number("quarter_up") + 3) min"), "\(wanted)")
        let csv = try await site.send(.get, "/watch?format=csv")
        #expect(csv.text.contains("quarter_unknown") && csv.headers[.contentDisposition]?.contains("service-watch.csv") == true)
        for part in ["days", "outages", "results", "hours"] {
            let list = try await site.send(.get, "/watch/orders/\(part)?format=json")
            #expect(list.status == 200)
            let rows = try JSONReader.read(list.body)["rows"]?.list ?? []
            #expect(rows.isEmpty == (part == "hours"), "\(part)")
            #expect(try await site.send(.get, "/watch/orders/\(part)").status == 200)
        }
        await site.world.close()
    }

    @Test("a form that is wrong says what, and stores nothing; what was typed stays")
    func wrongForm() async throws {
        let site = try await WatchSite()
        site.become(["examiner"])
        for (field, value, sentence) in [
            ("host", "127.0.0.1", "public address"), ("host", "localhost", "public address"), ("port", "22", "No order system"),
            ("path", "login", "slash"), ("interval", "0", "Out of range"), ("tolerance", "x", "number"), ("id", "new", "not new"),
            ("name", "", "required"), ("status_to", "100", "lower one first"), ("hours", "never", "at least one"),
            ("firm", "nobody", "firm nobody"),
        ] {
            let reply = try await site.send(.post, "/watch/new", form: WatchSite.fields([(field, value)]))
            #expect(
                reply.status == 200 && reply.text.lowercased().contains(sentence.lowercased()), "\(field) \(value): \(reply.text)"
            )
            #expect(reply.text.contains("yearly plan"))
        }
        #expect(try await site.services.supervision.watch.targets.all().isEmpty)
        let chinese = try await site.send(.post, "/watch/new", form: WatchSite.fields([("host", "10.0.0.1")]), language: "zh-TW")
        #expect(chinese.text.contains("須為完整的小寫主機名稱或公開位址"))
        await site.world.close()
    }

    @Test("changing, not agreeing, renewing, retiring")
    func changing() async throws {
        let site = try await WatchSite()
        try await site.watch()
        let changed = try await site.send(
            .post, "/watch/orders/change", form: WatchSite.fields([("host", "new.mountain.example.com")]) + [("version", "1")])
        #expect(changed.status == 303, "\(changed.text)")
        let late = try await site.send(.post, "/watch/orders/change", form: WatchSite.fields() + [("version", "1")])
        #expect(late.status == 200 && late.text.contains("changed meanwhile"))
        site.become(["examiner"], account: "first.person")
        let silent = try await site.send(
            .post, "/watch/orders/approve", form: [("version", "2"), ("until", "2027-01-31"), ("outcome", "reject")])
        #expect(silent.status == 200 && silent.text.contains("Needed here"))
        let no = try await site.send(
            .post, "/watch/orders/approve",
            form: [("version", "2"), ("until", "2027-01-31"), ("outcome", "reject"), ("note", "not theirs")])
        #expect(no.status == 303)
        let targets = site.services.supervision.watch.targets
        let now = Instant(seconds: site.clock.microseconds / 1_000_000)
        #expect(try await targets.record("orders").inForce(at: now)?.host == "orders.mountain.example.com")
        #expect(try await site.send(.post, "/watch/orders/retire", form: [("reason", "")]).status == 200)
        #expect(try await site.send(.post, "/watch/orders/retire", form: [("reason", "moved")]).status == 303)
        #expect(try await targets.record("orders").inForce(at: now) == nil)
        #expect(try await site.send(.get, "/watch/nothing").status == 404)
        #expect(try await site.send(.post, "/watch/nothing/retire", form: [("reason", "x")]).status == 404)
        await site.world.close()
    }

    @Test("closed days are entered and taken back")
    func days() async throws {
        let site = try await WatchSite()
        site.become(["analyst"])
        #expect(
            try await site.send(.post, "/watch/days", form: [("day", "2027-02-05"), ("markets", "closed")]).text.contains(
                "Needed here"))
        #expect(
            try await site.send(
                .post, "/watch/days", form: [("day", "2027-02-05"), ("markets", "closed"), ("note", "Lunar New Year")]
            )
            .status == 303)
        let page = try await site.send(.get, "/watch/days").text
        #expect(page.contains("2027-02-05") && page.contains("Lunar New Year") && page.contains("民國116年2月5日"))
        #expect(
            try await site.send(.post, "/watch/days", form: [("day", "2027-02-05"), ("markets", "as-weekday")]).status == 303)
        #expect(try await site.services.supervision.watch.targets.days().isEmpty)
        #expect(try await site.send(.post, "/watch/days", form: [("day", "soon"), ("markets", "closed")]).status == 200)
        await site.world.close()
    }

    @Test("several services that fail at once look like this installation's own network; the test option is seen")
    func notices() async throws {
        let site = try await WatchSite(allowsLocal: true)
        for number in 0..<3 { try await site.watch([("id", "t\(number)"), ("host", "127.0.0.1"), ("port", "8443")]) }
        await site.run(minutes: 5, Self.prober { WatchFinding(.unreachable) })
        let board = try await site.send(.get, "/watch").text
        #expect(board.contains("own network first") && board.contains("--watch-allow-local"))
        await site.world.close()
    }

    @Test("A1 every role of a supervisor at every address of the watch: let in exactly where a permission says so")
    func matrix() async throws {
        let site = try await WatchSite()
        try await site.watch()
        var counts: [Bool: Int] = [:]
        let roles = site.world.roles.roles.filter { $0.sides.contains(.supervisor) }.map { [$0.name.rawValue] } + [[]]
        let watched = site.world.routes.routes.filter { $0.path.hasPrefix("/watch") }
        #expect(watched.count == 16, "\(watched.count)")
        for names in roles {
            site.become(names)
            for route in watched {
                guard case .permitted(let permission) = route.access else {
                    Issue.record("\(route.path) is open")
                    continue
                }
                #expect(
                    permission
                        == (route.method == .get && !["/watch/new", "/watch/days"].contains(route.path)
                            && !["change", "approve", "retire"].contains(String(route.path.split(separator: "/").last ?? ""))
                            ? .marketRead : .watchChange),
                    "\(route.method) \(route.path)")
                let reply = try await site.send(
                    route.method, route.path.replacing(":target", with: "orders"), form: route.method == .post ? [] : nil)
                #expect((reply.status == 403) == !site.may(permission), "\(names) \(route.method) \(route.path): \(reply.status)")
                counts[site.may(permission), default: 0] += 1
            }
        }
        #expect(counts[true, default: 0] > 40 && counts[false, default: 0] > 40, "\(counts)")
        await site.world.close()
    }

    @Test("probes over real sockets: an answer, an error, a closed port; forbidden addresses are not connected to")
    func sockets() async throws {
        let policy = try WatchPolicy.shipped()
        let answer = Mutex("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        let visits = Mutex(0)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).childChannelInitializer { channel in
            visits.withLock { $0 += 1 }
            return channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Answering(answer.withLock { $0 }))
            }
        }.bind(host: "127.0.0.1", port: 0).get()
        var target = WatchTarget(
            id: "local", firm: "mountain", name: "Local", kind: .http, host: "127.0.0.1", port: server.localAddress?.port ?? 0,
            path: "/", text: "hello", interval: 1, timeout: 50, tolerance: 3, hours: ["always"])
        let prober = WatchService.prober(policy, allowsLocal: true)
        let found = await prober.probe(target, "Test")
        #expect(found.outcome == .up && found.status == 200 && found.address == "127.0.0.1", "\(found)")
        target.text = "goodbye"
        #expect(await prober.probe(target, "Test").outcome == .text)
        answer.withLock { $0 = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n" }
        #expect(await prober.probe(target, "Test").outcome == .status)
        target.kind = .https
        #expect(await prober.probe(target, "Test").outcome == .tls)
        target.kind = .tcp
        #expect(await prober.probe(target, "Test").outcome == .up)
        let before = visits.withLock { $0 }
        #expect(await WatchService.prober(policy, allowsLocal: false).probe(target, "Test").outcome == .forbidden)
        #expect(visits.withLock { $0 } == before)
        try await server.close()
        let closed = try ClosedPort()
        target.port = closed.number
        #expect(await prober.probe(target, "Test").outcome == .refused)
    }

    private final class Answering: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let text: String
        init(_ text: String) { self.text = text }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(NIOAny(ByteBuffer(string: text)), promise: nil)
            context.close(promise: nil)
        }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

@Suite("The service watch's texts")
struct WatchTextTests {
    @Test("every state, outcome and verdict has its words in both languages")
    func words() throws {
        let wording = try Wording.shipped(.chinese)
        var names: [String] = []
        names += WatchMachine.Standing.allCases.map { "watch.standing.\($0.rawValue)" }
        names += WatchFinding.Outcome.allCases.map { "watch.outcome.\($0.rawValue)" }
        names += WatchMeasure.Verdict.allCases.map { "watch.verdict.\($0.rawValue)" }
        names += WatchTarget.Kind.allCases.map { "watch.kind.\($0.rawValue)" }
        names += WatchStretch.State.allCases.map { "watch.\($0.rawValue)" }
        for name in names { #expect(wording(name) != name, "\(name)") }
    }
}
