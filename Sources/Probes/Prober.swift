internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
public import NIOSSL

/// Makes probes. Knows nothing of what is probed or why.
///
/// A name is looked up once, its addresses are checked, and the connection goes to a checked address itself: a name that points elsewhere a moment
/// later changes nothing. Nothing is kept between probes; no credentials, cookies or bodies are sent, and no redirection is followed.
public struct Prober: Sendable {
    /// Addresses of one name that are tried.
    private static let addressLimit = 3
    /// Room for the head of an answer and what TLS adds, bytes.
    private static let headLimit = 256 << 10
    /// Where systems keep the certificates they trust.
    private static let bundles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"]

    private let resolver: NameResolver
    private let isAllowed: @Sendable (_ address: [UInt8]) -> Bool
    /// Nil where certificates cannot be checked.
    private let trusting: NIOSSLContext?
    private let looking: NIOSSLContext?
    private let group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton

    /// A prober.
    ///
    /// - Parameters:
    ///   - resolver: looks names up.
    ///   - roots: certificates to trust; those of the machine when nil.
    ///   - isAllowed: whether an address (4 or 16 bytes) may be connected to.
    public init(
        resolver: NameResolver = .system, roots: [NIOSSLCertificate]? = nil,
        isAllowed: @escaping @Sendable (_ address: [UInt8]) -> Bool
    ) {
        (self.resolver, self.isAllowed) = (resolver, isAllowed)
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if let roots { configuration.trustRoots = .certificates(roots) }
        // Without anything to trust every certificate would look wrong, which would be this machine's fault.
        let canCheck = roots != nil || Self.bundles.contains { access($0, R_OK) == 0 }
        trusting = canCheck ? try? NIOSSLContext(configuration: configuration) : nil
        configuration.trustRoots = .certificates([])
        configuration.certificateVerification = .none
        looking = try? NIOSSLContext(configuration: configuration)
    }

    /// Makes a probe. It ends in its time; at once when the task is cancelled.
    ///
    /// - Returns: what was found; never throws, for every failure is a finding.
    public func run(_ probe: Probe) async -> ProbeReport {
        let start = ContinuousClock.now
        let end = start + .milliseconds(probe.milliseconds)
        let once = Once<ProbeReport>()
        let work = Task { once.give(await find(probe, until: end)) }
        var report = await withTaskCancellationHandler {
            await once.value()
        } onCancel: {
            once.give(ProbeReport(.local, detail: "cancelled"))
        }
        work.cancel()
        let took = (ContinuousClock.now - start).components
        report.milliseconds = Int(took.seconds * 1_000 + took.attoseconds / 1_000_000_000_000_000)
        return report
    }

    private func find(_ probe: Probe, until end: ContinuousClock.Instant) async -> ProbeReport {
        let addresses: [[UInt8]]
        switch await lookUp(probe.host, until: end) {
        case .success(let found): addresses = found
        case .failure(.noSuchName): return ProbeReport(.name)
        case .failure(.unavailable(let detail)): return ProbeReport(.resolver, detail: detail)
        }
        let allowed = addresses.filter(isAllowed).prefix(Self.addressLimit)
        guard !allowed.isEmpty else {
            return ProbeReport(.forbidden, detail: addresses.prefix(3).map(NameResolver.text).joined(separator: " "))
        }
        if probe.isSecure, trusting == nil { return ProbeReport(.local, detail: "there are no certificates to trust") }
        var report = ProbeReport(.timeout)
        for (number, address) in allowed.enumerated() {
            let rest = Self.milliseconds(until: end)
            guard rest > 0 else { return report }
            // An address that swallows everything leaves half of the time to the others.
            let share = number == allowed.count - 1 ? rest : max(1, rest / 2)
            report = await attempt(probe, address, trusting, milliseconds: share)
            switch report.failure {
            case .refused, .unreachable, .local: continue
            case .timeout where report.detail == "connecting": continue
            case .certificate:
                // Seen once more, without trusting it: when it ends may be what is wrong with it.
                var look = probe
                look.depth = .tls
                let rest = Self.milliseconds(until: end)
                if rest > 0 {
                    report.certificateEnds = await attempt(look, address, looking, milliseconds: rest).certificateEnds
                }
                return report
            default: return report
            }
        }
        return report
    }

    private static func milliseconds(until end: ContinuousClock.Instant) -> Int64 {
        let rest = (end - ContinuousClock.now).components
        return rest.seconds * 1_000 + rest.attoseconds / 1_000_000_000_000_000
    }

    private func lookUp(_ host: String, until end: ContinuousClock.Instant) async -> Result<[[UInt8]], NameResolver.Failure> {
        // Nothing to look up, so that nothing can take too long.
        if let address = NameResolver.literal(host) { return .success([address]) }
        let once = Once<Result<[[UInt8]], NameResolver.Failure>>()
        let resolver = resolver
        let work = Task {
            do throws(NameResolver.Failure) { once.give(.success(try await resolver.lookUp(host))) } catch {
                once.give(.failure(error))
            }
        }
        let timer = group.next().scheduleTask(in: .milliseconds(max(0, Self.milliseconds(until: end)))) {
            _ = once.give(.failure(.unavailable("the look-up took too long")))
        }
        let result = await once.value()
        timer.cancel()
        work.cancel()
        return result
    }

    private func attempt(
        _ probe: Probe, _ address: [UInt8], _ context: NIOSSLContext?, milliseconds: Int64
    ) async -> ProbeReport {
        let once = Once<ProbeReport>()
        let loop = group.next()
        guard let target = try? SocketAddress(packedIPAddress: ByteBuffer(bytes: address), port: probe.port) else {
            return ProbeReport(.local, detail: "no address")
        }
        let isName = NameResolver.literal(probe.host) == nil
        let connected = ClientBootstrap(group: loop).connectTimeout(.milliseconds(milliseconds)).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                try pipeline.addHandler(ByteLimit(probe.bodyLimit + Self.headLimit))
                if probe.isSecure, let context {
                    try pipeline.addHandler(
                        NIOSSLClientHandler(context: context, serverHostname: isName ? probe.host : nil))
                }
                if case .http = probe.depth {
                    var limits = NIOHTTPDecoderLimitConfiguration()
                    limits.maxHeaderListSize = 64 << 10
                    try pipeline.addHandlers(
                        HTTPRequestEncoder(),
                        ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits)))
                }
                try pipeline.addHandler(ProbeHandler(probe, once))
            }
        }.connect(to: target)
        connected.whenFailure { error in
            let (failure, detail) = ProbeHandler.failure(error, isShaken: true)
            once.give(ProbeReport(failure, detail: detail))
        }
        let timer = loop.scheduleTask(in: .milliseconds(milliseconds)) {
            _ = once.give(ProbeReport(.timeout, detail: "answering"))
        }
        var report = await withTaskCancellationHandler {
            await once.value()
        } onCancel: {
            once.give(ProbeReport(.local, detail: "cancelled"))
        }
        timer.cancel()
        connected.whenSuccess { $0.close(promise: nil) }
        report.address = NameResolver.text(address)
        return report
    }
}
