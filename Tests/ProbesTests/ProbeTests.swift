import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Probes
import TestProcesses
import Testing

@Suite("Probes: what real sockets do")
struct ProbeTests {
    /// Everything may be connected to, and every name is this machine.
    static func prober(roots: [NIOSSLCertificate] = []) -> Prober {
        Prober(
            resolver: NameResolver { host async throws(NameResolver.Failure) in [NameResolver.literal(host) ?? [127, 0, 0, 1]] },
            roots: roots, isAllowed: { _ in true })
    }

    static func probe(
        _ port: Int, _ depth: Probe.Depth = .http(path: "/", isSecure: false), host: String = "orders.example",
        milliseconds: Int = 20_000
    ) -> Probe {
        Probe(
            host: host, port: port, depth: depth, milliseconds: milliseconds, bodyLimit: 64 << 10, agent: "Watch (Test authority)"
        )
    }

    /// What a probe of a server finds.
    static func find(
        _ behaviour: Behaviour, _ depth: Probe.Depth = .http(path: "/", isSecure: false), tls: NIOSSLContext? = nil,
        roots: [NIOSSLCertificate] = [], host: String = "orders.example", milliseconds: Int = 20_000
    ) async throws -> ProbeReport {
        let server = try await LocalServer.start(behaviour, tls: tls)
        let report = await prober(roots: roots).run(probe(server.port, depth, host: host, milliseconds: milliseconds))
        await server.stop()
        return report
    }

    @Test("an answer in order: its status, its body, the address, and who asked")
    func answer() async throws {
        let server = try await LocalServer.start(.http("200 OK", body: "welcome"))
        let report = await Self.prober().run(Self.probe(server.port, .http(path: "/login?x=1", isSecure: false)))
        #expect(report.failure == nil && report.status == 200, "\(report)")
        #expect(String(decoding: report.body, as: UTF8.self) == "welcome" && !report.isCut)
        #expect(report.address == "127.0.0.1")
        let request = Heard.shared.text(server.port)
        #expect(request.hasPrefix("GET /login?x=1 HTTP/1.1\r\n"), "\(request)")
        #expect(request.contains("User-Agent: Watch (Test authority)\r\n"))
        #expect(request.contains("Host: orders.example:\(server.port)\r\n"))
        for word in ["cookie", "authorization", "referer"] { #expect(!request.lowercased().contains(word)) }
        await server.stop()
    }

    @Test("only a connection, where no more is asked for")
    func connection() async throws {
        let report = try await Self.find(Behaviour(), .tcp)
        #expect(report.failure == nil && report.status == nil, "\(report)")
    }

    @Test("a closed port is refused, at every depth")
    func closed() async throws {
        let port = try ClosedPort()
        for depth in [Probe.Depth.tcp, .tls, .http(path: "/", isSecure: true)] {
            #expect(await Self.prober().run(Self.probe(port.number, depth)).failure == .refused)
        }
    }

    @Test("a server that accepts and says nothing is a time that is over, not an answer")
    func silent() async throws {
        for depth in [Probe.Depth.http(path: "/", isSecure: false), .tls, .http(path: "/", isSecure: true)] {
            let report = try await Self.find(Behaviour(), depth, host: "127.0.0.1", milliseconds: 300)
            #expect(report.failure == .timeout, "\(depth): \(report)")
        }
    }

    @Test("a listener whose queue is full: the connection itself times out")
    func full() async throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bound -> Int in
                guard bind(listener, bound, length) == 0, listen(listener, 0) == 0,
                    getsockname(listener, bound, &length) == 0
                else { return 0 }
                return Int(UInt16(bigEndian: pointer.pointee.sin_port))
            }
        }
        #expect(port > 0)
        // Nobody accepts: what the queue takes is connected, what it does not take hangs.
        var waiting: [Int32] = []
        defer { for socket in waiting { close(socket) } }
        for _ in 0..<4 {
            let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            waiting.append(client)
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = connect(client, $0, length) }
            }
        }
        let report = await Self.prober().run(Self.probe(port, .tcp, host: "127.0.0.1", milliseconds: 400))
        #expect(report.failure == .timeout, "\(report)")
    }

    @Test("a server error is an answer: its status says so")
    func serverError() async throws {
        let report = try await Self.find(.http("500 Internal Server Error", body: "sorry"))
        #expect(report.failure == nil && report.status == 500, "\(report)")
    }

    @Test("a redirection is not followed, wherever it leads")
    func redirect() async throws {
        let other = try await LocalServer.start(.http("200 OK"))
        let report = try await Self.find(
            .http("302 Found", body: "", headers: "Location: http://127.0.0.1:\(other.port)/\r\n"))
        #expect(report.failure == nil && report.status == 302, "\(report)")
        #expect(other.visits.value == 0)
        await other.stop()
    }

    @Test("an endless body is read to the limit and no further")
    func endless() async throws {
        let report = try await Self.find(.endless)
        #expect(report.failure == nil && report.status == 200 && report.isCut, "\(report.detail)")
        #expect(report.body.count == 64 << 10)
    }

    @Test("an endless head, and endless provisional answers, are no answer")
    func endlessHead() async throws {
        let lines = (0..<400).map { "X-\($0): \(String(repeating: "y", count: 1_000))\r\n" }.joined()
        let head = try await Self.find(.answer("HTTP/1.1 200 OK\r\n" + lines, closes: false))
        #expect(head.failure == .response, "\(head)")
        let provisional = String(repeating: "HTTP/1.1 102 Processing\r\n\r\n", count: 20_000)
        let early = try await Self.find(.answer(provisional, closes: false))
        #expect(early.failure == .response, "\(early)")
    }

    @Test("a reset in the middle of an answer, and an answer cut short, are no answer")
    func cut() async throws {
        let reset = try await Self.find(.cut)
        #expect(reset.failure == .reset, "\(reset)")
        let short = try await Self.find(.answer("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf"))
        #expect(short.failure == .reset, "\(short)")
        let nothing = try await Self.find(.answer(""))
        #expect(nothing.failure == .reset, "\(nothing)")
    }

    @Test("what is not HTTP is no answer")
    func garbage() async throws {
        for text in ["SSH-2.0-Server\r\n\r\n", "\u{0}\u{1}\u{2}\u{3}\r\n\r\n", "HTTP/9.9 yes\r\n\r\n"] {
            let report = try await Self.find(.answer(text))
            #expect(report.failure == .response || report.failure == .reset, "\(text): \(report)")
        }
    }

    // MARK: TLS

    @Test("TLS in order: an answer through it, and when the certificate ends")
    func secure() async throws {
        let authority = try TestAuthority()
        let context = try authority.server("orders.example", days: 20)
        let roots = [try authority.root]
        let report = try await Self.find(
            .http("200 OK"), .http(path: "/", isSecure: true), tls: context, roots: roots)
        #expect(report.failure == nil && report.status == 200, "\(report)")
        let days = (Double(report.certificateEnds ?? 0) - Date().timeIntervalSince1970) / 86_400
        #expect((19.9...20.1).contains(days), "\(days)")
        let handshake = try await Self.find(Behaviour(), .tls, tls: context, roots: roots)
        #expect(handshake.failure == nil && handshake.certificateEnds == report.certificateEnds, "\(handshake)")
    }

    @Test("a certificate for another name, of an unknown issuer, or past its end is wrong; its end is noted all the same")
    func wrongCertificate() async throws {
        let (authority, stranger) = (try TestAuthority(), try TestAuthority())
        let roots = [try authority.root]
        for (context, what) in [
            (try authority.server("other.example"), "name"), (try stranger.server("orders.example"), "issuer"),
            (try authority.server("orders.example", days: -2), "end"),
        ] {
            for depth in [Probe.Depth.tls, .http(path: "/", isSecure: true)] {
                let report = try await Self.find(.http("200 OK"), depth, tls: context, roots: roots)
                #expect(report.failure == .certificate, "\(what): \(report)")
                #expect(report.status == nil && report.body.isEmpty)
                #expect(report.certificateEnds != nil, "\(what)")
            }
        }
    }

    @Test("plain text on a port for TLS is not TLS")
    func plain() async throws {
        let report = try await Self.find(
            Behaviour(heard: { channel in
                channel.writeAndFlush(ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\n\r\n")).whenComplete { _ in
                    channel.close(promise: nil)
                }
            }), .http(path: "/", isSecure: true))
        #expect(report.failure == .tls, "\(report)")
        let closed = try await Self.find(Behaviour(opened: { $0.close(promise: nil) }), .tls)
        #expect(closed.failure == .tls || closed.failure == .reset, "\(closed)")
    }

    // MARK: Names and addresses

    @Test("a name that is not there is the name's failure; a resolver that does not answer says nothing")
    func names() async {
        func report(_ failure: NameResolver.Failure) async -> ProbeFailure? {
            let prober = Prober(
                resolver: NameResolver { _ async throws(NameResolver.Failure) in throw failure }, roots: [],
                isAllowed: { _ in true })
            return await prober.run(Self.probe(80)).failure
        }
        #expect(await report(.noSuchName) == .name)
        #expect(await report(.unavailable("test")) == .resolver)
        let hanging = Prober(
            resolver: NameResolver { _ async throws(NameResolver.Failure) in
                try? await Task.sleep(for: .seconds(3_600))
                throw .unavailable("late")
            }, roots: [], isAllowed: { _ in true })
        #expect(await hanging.run(Self.probe(80, milliseconds: 200)).failure == .resolver)
    }

    @Test("an address that is not allowed is not connected to; of several the allowed one is")
    func forbidden() async throws {
        let server = try await LocalServer.start(.http("200 OK"))
        let local = NameResolver { _ async throws(NameResolver.Failure) in [[127, 0, 0, 1]] }
        let refusing = Prober(resolver: local, roots: [], isAllowed: { _ in false })
        let report = await refusing.run(Self.probe(server.port))
        #expect(report.failure == .forbidden && report.detail == "127.0.0.1" && report.address.isEmpty, "\(report)")
        #expect(server.visits.value == 0)
        let mixed = Prober(
            resolver: NameResolver { _ async throws(NameResolver.Failure) in [[10, 0, 0, 1], [127, 0, 0, 1]] }, roots: [],
            isAllowed: { $0[0] == 127 })
        #expect(await mixed.run(Self.probe(server.port)).status == 200)
        #expect(server.visits.value == 1)
        await server.stop()
    }

    @Test("a name is looked up once: what it points to a moment later changes nothing")
    func rebinding() async throws {
        let server = try await LocalServer.start(.http("200 OK"))
        let asked = Counter()
        let prober = Prober(
            resolver: NameResolver { _ async throws(NameResolver.Failure) in
                asked.count()
                return asked.value == 1 ? [[127, 0, 0, 1]] : [[169, 254, 169, 254]]
            }, roots: [], isAllowed: { $0 != [169, 254, 169, 254] })
        let report = await prober.run(Self.probe(server.port))
        #expect(report.status == 200 && report.address == "127.0.0.1" && asked.value == 1, "\(report)")
        await server.stop()
    }

    @Test("the next address is tried where one is refused")
    func several() async throws {
        let server = try await LocalServer.start(.http("200 OK"))
        let prober = Prober(
            resolver: NameResolver { _ async throws(NameResolver.Failure) in [[127, 0, 0, 2], [127, 0, 0, 1]] }, roots: [],
            isAllowed: { _ in true })
        let report = await prober.run(Self.probe(server.port))
        #expect(report.status == 200 && report.address == "127.0.0.1", "\(report)")
        await server.stop()
    }

    @Test("the machine's resolver takes addresses as they are, and knows that an invalid name is none")
    func system() async throws {
        #expect(try await NameResolver.system.lookUp("192.0.2.7") == [[192, 0, 2, 7]])
        #expect(try await NameResolver.system.lookUp("::1").first?.count == 16)
        #expect(NameResolver.literal("127.1") == nil && NameResolver.literal("0x7f000001") == nil)
        #expect(NameResolver.text([192, 0, 2, 7]) == "192.0.2.7" && NameResolver.text([1]).isEmpty)
    }

    @Test("a probe that is given up ends at once and leaves nothing open")
    func cancelled() async throws {
        let server = try await LocalServer.start(Behaviour())
        let task = Task { await Self.prober().run(Self.probe(server.port, milliseconds: 3_600_000)) }
        while server.visits.value == 0 { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        #expect(await task.value.failure == .local)
        await server.stop()
    }
}
