import Database
import Glibc
import Identity
import NIOCore
import NIOPosix
import Rulebook
import Supervision
import Synchronization
import TestProcesses
import Testing
import Workspace

@testable import Server

@Suite("The service watch in a real server")
struct WatchProcessTests {
    /// Answers every request, and counts them.
    private final class Answering: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let seen: @Sendable (String) -> Void
        init(_ seen: @escaping @Sendable (String) -> Void) { self.seen = seen }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            seen(String(decoding: Array(unwrapInboundIn(data).readableBytesView), as: UTF8.self))
            context.writeAndFlush(NIOAny(ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")), promise: nil)
        }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    @Test("probes what was agreed to, stops in order, and what it found is written down", .timeLimit(.minutes(3)))
    func wholeServer() async throws {
        let requests = Mutex<[String]>([])
        let service = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Answering { text in requests.withLock { $0.append(text) } })
            }
        }.bind(host: "127.0.0.1", port: 0).get()
        let scratch = try Scratch()
        let data = scratch.path + "/data"
        // A first start makes the directory and its tables.
        let first = try Plumbline.start("serve", "--data", data, "--role", "supervisor", "--port", "0", "--public-port", "8443")
        while let line = await first.line(), !line.contains("set-up link") {}
        first.signal(SIGTERM)
        #expect(await first.finish().status == 0)
        try await Self.prepare(data, port: service.localAddress?.port ?? 0)

        let server = try Plumbline.start(
            "serve", "--data", data, "--role", "supervisor", "--port", "0", "--public-port", "8443", "--watch-allow-local")
        while let line = await server.line(), !line.contains("set-up link") {}
        while requests.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(50)) }
        // The probe's answer is on its way.
        try await Task.sleep(for: .milliseconds(300))
        server.signal(SIGTERM)
        let end = await server.finish()
        #expect(end.status == 0 && !end.output.contains("\"level\":\"error\""), "\(end.output)")
        let request = requests.withLock { $0.first ?? "" }
        #expect(request.hasPrefix("GET /login HTTP/1.1\r\n") && request.contains("Plumbline service watch"), "\(request)")
        try await service.close()

        let (database, supervision) = try await Self.open(data)
        let results = try await supervision.watch.latest("orders", limit: 10)
        #expect(
            results.count >= 1 && results.allSatisfy { $0.finding.outcome == .up && $0.finding.address == "127.0.0.1" },
            "\(results)")
        #expect(try await supervision.watch.latest("never", limit: 10).isEmpty)
        await database.close()
    }

    private static func open(_ path: String) async throws -> (GovernanceDatabase, Supervision) {
        let now: @Sendable () -> Int64 = { Int64(time(nil)) * 1_000_000 }
        let database = try await GovernanceDatabase.open(
            try DataDirectory.openOrCreate(path),
            migrations: InstallationStore.migrations + IdentitySchema.migrations + Workspace.migrations + Supervision.migrations)
        return (database, try Supervision(database, rulebook: try ShippedFiles.rulebook(), now: now))
    }

    /// A firm, one target that is agreed to, and one that waits.
    private static func prepare(_ path: String, port: Int) async throws {
        let (database, supervision) = try await open(path)
        let day = try #require(CivilDate("2020-01-01"))
        try await supervision.register.save(
            [Firm(id: "mountain", names: [.init(from: day, legal: "範例山岳證券股份有限公司", short: "山岳證券")])], after: [:], reason: "test",
            .system("test"))
        for id in ["orders", "never"] {
            try await supervision.watch.targets.save(
                WatchTarget(
                    id: id, firm: "mountain", name: "Orders", kind: .http, host: "127.0.0.1", port: port, path: "/login",
                    interval: 1,
                    timeout: 5, tolerance: 3, hours: ["always"]), after: nil, reason: "test", allowsLocal: true,
                .account(id: "1", name: "one"))
        }
        try await supervision.watch.targets.approve(
            "orders", version: 1, until: Instant(seconds: Int64(time(nil))).date(in: .taipei).adding(days: 1), note: "",
            .account(id: "2", name: "two"))
        await database.close()
    }
}
