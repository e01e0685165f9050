import Crypto
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Probes
import SwiftASN1
import Synchronization
import X509

/// What a server of a test does.
struct Behaviour: Sendable {
    /// When somebody connected (with TLS: before the handshake).
    var opened: @Sendable (any Channel) -> Void = { _ in }
    /// When bytes came.
    var heard: @Sendable (any Channel) -> Void = { _ in }

    /// Answers with these bytes, then closes or not.
    static func answer(_ text: String, closes: Bool = true) -> Behaviour {
        Behaviour(heard: { channel in
            let written = channel.writeAndFlush(ByteBuffer(string: text))
            if closes { written.whenComplete { _ in channel.close(promise: nil) } }
        })
    }

    /// A whole HTTP answer.
    static func http(_ status: String, body: String = "ok", headers: String = "") -> Behaviour {
        answer("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
    }

    /// Begins an answer and never ends it.
    static let endless = Behaviour(heard: { channel in
        @Sendable func more() {
            channel.writeAndFlush(ByteBuffer(repeating: UInt8(ascii: "x"), count: 8_192)).whenSuccess { more() }
        }
        channel.writeAndFlush(ByteBuffer(string: "HTTP/1.1 200 OK\r\n\r\n")).whenSuccess { more() }
    })

    /// Closes with a reset in the middle of a body.
    static let cut = Behaviour(heard: { channel in
        channel.writeAndFlush(ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")).whenComplete { _ in
            let provider = channel as? any SocketOptionProvider
            provider?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
        }
    })
}

/// A server on loopback.
struct LocalServer: Sendable {
    let channel: any Channel
    /// How many connections were made.
    let visits: Counter

    var port: Int { channel.localAddress?.port ?? 0 }

    static func start(_ behaviour: Behaviour, tls: NIOSSLContext? = nil) async throws -> LocalServer {
        let visits = Counter()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                visits.count()
                return channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.addHandler(Actor(behaviour))
                }
            }.bind(host: "127.0.0.1", port: 0).get()
        return LocalServer(channel: channel, visits: visits)
    }

    func stop() async { try? await channel.close() }

    private final class Actor: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let behaviour: Behaviour
        var heard: [UInt8] = []
        init(_ behaviour: Behaviour) { self.behaviour = behaviour }
        func channelActive(context: ChannelHandlerContext) { behaviour.opened(context.channel) }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            heard += unwrapInboundIn(data).readableBytesView
            Heard.shared.keep(String(decoding: heard, as: UTF8.self), context.channel.localAddress?.port ?? 0)
            // A request ends with an empty line; what is not HTTP is answered at once.
            let text = String(decoding: heard, as: UTF8.self)
            if !text.hasPrefix("GET ") || text.hasSuffix("\r\n\r\n") { behaviour.heard(context.channel) }
        }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

/// Requests as servers saw them, by the port they listen on.
final class Heard: Sendable {
    static let shared = Heard()
    private let texts = Mutex<[Int: String]>([:])
    func keep(_ text: String, _ port: Int) { texts.withLock { $0[port] = text } }
    func text(_ port: Int) -> String { texts.withLock { $0[port] ?? "" } }
}

final class Counter: Sendable {
    private let number = Mutex(0)
    func count() { number.withLock { $0 += 1 } }
    var value: Int { number.withLock { $0 } }
}

/// Certificates made for a test.
struct TestAuthority {
    let key = P256.Signing.PrivateKey()
    let name: DistinguishedName
    let certificate: Certificate

    init() throws {
        name = try DistinguishedName { CommonName("Test authority") }
        let signing = Certificate.PrivateKey(key)
        certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: signing.publicKey,
            notValidBefore: Date(timeIntervalSinceNow: -86_400),
            notValidAfter: Date(timeIntervalSinceNow: 86_400 * 30), issuer: name, subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try .init {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            }, issuerPrivateKey: signing)
    }

    var root: NIOSSLCertificate {
        get throws { try NIOSSLCertificate(bytes: Array(try certificate.serializeAsPEM().pemString.utf8), format: .pem) }
    }

    /// A server's side of TLS, with a certificate for a name that ends so many days from now.
    func server(_ host: String, days: Double = 20) throws -> NIOSSLContext {
        let own = P256.Signing.PrivateKey()
        let leaf = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: Certificate.PrivateKey(own).publicKey,
            notValidBefore: Date(timeIntervalSinceNow: -86_400 * 10), notValidAfter: Date(timeIntervalSinceNow: 86_400 * days),
            issuer: name, subject: try DistinguishedName { CommonName(host) }, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try .init {
                Critical(BasicConstraints.notCertificateAuthority)
                SubjectAlternativeNames([.dnsName(host)])
            }, issuerPrivateKey: Certificate.PrivateKey(key))
        let configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [
                .certificate(
                    try NIOSSLCertificate(bytes: Array(try leaf.serializeAsPEM().pemString.utf8), format: .pem))
            ],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(own.pemRepresentation.utf8), format: .pem)))
        return try NIOSSLContext(configuration: configuration)
    }
}
