internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdHTTP2
internal import Logging
internal import NIOCertificateReloading
internal import NIOCore
internal import NIOSSL
package import SelfCheck
internal import ServiceLifecycle
internal import UnixSignals

/// The server: TLS 1.2 and 1.3 with HTTP/1.1 and HTTP/2, until the process is asked to end.
package struct PlatformServer: Sendable {
    /// A connection on which nothing comes for this long is closed.
    private static let idleSeconds: Int64 = 75
    /// A connection on which no request is under way ends after this long, whatever comes on it.
    private static let patienceSeconds: Int64 = 60
    /// The certificate's files are looked at this often.
    private static let certificateSeconds: Int64 = 30

    private static let minimum = (TLSVersion.tlsv12, TransportSettings.Version.tls12)
    /// ECDHE with AEAD only: of TLS 1.2 what Mozilla's intermediate profile keeps.
    private static let suites: [NIOTLSCipher] = [
        .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]
    /// Those of TLS 1.3, which cannot be chosen from.
    private static let fixedSuites: [NIOTLSCipher] = [
        .TLS_AES_128_GCM_SHA256, .TLS_AES_256_GCM_SHA384, .TLS_CHACHA20_POLY1305_SHA256,
    ]
    /// What it listens on: the one port of `run`, which speaks TLS.
    package static let transport: TransportSettings = {
        // The names are the library's own.
        var names = TLSConfiguration.makeClientConfiguration()
        names.cipherSuiteValues = fixedSuites + suites
        return TransportSettings(
            minimum: minimum.1, suites: names.cipherSuites.split(separator: ":").map(String.init), plainListeners: 0)
    }()

    private let platform: Platform
    private let hub: EventHub

    /// A server.
    package init(_ platform: Platform, hub: EventHub) { (self.platform, self.hub) = (platform, hub) }

    /// Listens until SIGTERM or SIGINT; visits under way are answered first.
    ///
    /// - Parameters:
    ///   - host: the address to listen on.
    ///   - port: the port; 0 for one that is free.
    ///   - certificate: path of the certificates in PEM, the server's own first.
    ///   - key: path of its key in PEM.
    ///   - ready: called once with the port when visits are accepted.
    ///   - ending: called when the server begins to end.
    /// - Throws: what listening or reading the certificate throws.
    package func run(
        host: String, port: Int, certificate: String, key: String, ready: @escaping @Sendable (_ port: Int) -> Void,
        ending: @escaping @Sendable () -> Void
    ) async throws {
        let log = platform.log
        let reloader = try TimedCertificateReloader.makeReloaderValidatingSources(
            configuration: .init(
                refreshInterval: .seconds(Self.certificateSeconds),
                certificateSource: .init(location: .file(path: certificate), format: .pem),
                privateKeySource: .init(location: .file(path: key), format: .pem)
            ) { configuration in
                configuration.onCertificateLoaded = { difference in
                    // The first time it is only read; later ones are news.
                    if difference.previousCertificateChain != nil { log(.info, "certificate.replaced") }
                }
                configuration.onCertificateLoadFailed = { failure in
                    log(.error, "certificate.unusable", [("detail", "\(failure.error)")])
                }
            })
        var tls = try TLSConfiguration.makeServerConfiguration(certificateReloader: reloader)
        tls.minimumTLSVersion = Self.minimum.0
        tls.cipherSuiteValues = Self.suites
        let hub = hub
        let application = Application(
            responder: Responder(platform: platform),
            server: HTTPServerBuilder { [tls] responder in
                GuardedChannel(
                    base: try HTTP2UpgradeChannel(
                        tlsConfiguration: tls,
                        configuration: .init(
                            idleTimeout: .seconds(Self.idleSeconds), gracefulCloseTimeout: .seconds(10),
                            streamConfiguration: .init(
                                additionalChannelHandlers: [RequestMarks()], idleTimeout: .seconds(Self.idleSeconds))),
                        responder: responder),
                    patience: .seconds(Self.patienceSeconds))
            },
            configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
            services: [reloader, Pulse(hub: hub)],
            onServerRunning: { channel in ready(channel.localAddress?.port ?? port) },
            logger: Logger(label: "server") { _ in SwiftLogNoOpLogHandler() })
        // Services end in the order opposite to this one: streams of events must be ended before the server waits for what is under way.
        let ending = Ending {
            ending()
            hub.close()
        }
        try await ServiceGroup(
            configuration: .init(
                services: [application, ending], gracefulShutdownSignals: [.sigterm, .sigint], logger: application.logger)
        ).run()
    }
}

/// Lets open streams show a sign of life now and then.
private struct Pulse: Service {
    let hub: EventHub

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: .seconds(10))
                hub.beat()
            }
        }
    }
}

/// Does something when the server is asked to end, before visits under way are waited for: open streams would keep it for ever.
private struct Ending: Service {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    func run() async throws {
        try? await gracefulShutdown()
        body()
    }
}
