internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import NIOTLS

/// The end of a probe's channel: sees the connection, the handshake and the answer, and gives one report.
final class ProbeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let probe: Probe
    private let once: Once<ProbeReport>
    private var report = ProbeReport()
    private var isShaken: Bool

    init(_ probe: Probe, _ once: Once<ProbeReport>) {
        (self.probe, self.once) = (probe, once)
        isShaken = !probe.isSecure
    }

    func channelActive(context: ChannelHandlerContext) {
        if !probe.isSecure { begin(context) }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent {
            isShaken = true
            report.certificateEnds = (try? context.pipeline.syncOperations.nioSSL_peerCertificate()).flatMap {
                $0.map { Int64($0.notValidAfter) }
            }
            begin(context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// The way is open: ask, or be done.
    private func begin(_ context: ChannelHandlerContext) {
        guard case .http(let path, _) = probe.depth else { return finish(context) }
        var headers = HTTPHeaders()
        let isStandard = probe.port == (probe.isSecure ? 443 : 80)
        let name = probe.host.contains(":") ? "[\(probe.host)]" : probe.host
        headers.add(name: "Host", value: isStandard ? name : "\(name):\(probe.port)")
        headers.add(name: "User-Agent", value: probe.agent)
        headers.add(name: "Accept", value: "*/*")
        headers.add(name: "Cache-Control", value: "no-cache")
        headers.add(name: "Connection", value: "close")
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // What comes without being asked for is not looked at.
        guard case .http = probe.depth else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): report.status = Int(head.status.code)
        case .body(let bytes):
            let room = probe.bodyLimit - report.body.count
            report.body += bytes.readableBytesView.prefix(room)
            if bytes.readableBytes > room {
                report.isCut = true
                finish(context)
            }
        case .end: finish(context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let (failure, detail) = Self.failure(error, isShaken: isShaken)
        finish(context, failure, detail)
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(context, isShaken ? .reset : .tls, isShaken ? "closed before the end" : "closed in the handshake")
        context.fireChannelInactive()
    }

    private func finish(_ context: ChannelHandlerContext, _ failure: ProbeFailure? = nil, _ detail: String = "") {
        report.failure = failure
        report.detail = String(detail.prefix(200))
        once.give(report)
        context.close(promise: nil)
    }

    /// What an error on a connection says.
    static func failure(_ error: any Error, isShaken: Bool) -> (ProbeFailure, String) {
        switch error {
        case let error as IOError: system(error.errnoCode)
        case is NIOSSLExtraError: (.certificate, "\(error)")
        case NIOSSLError.handshakeFailed(let inner):
            "\(inner)".contains("CERTIFICATE_VERIFY_FAILED") ? (.certificate, "not valid") : (.tls, "\(inner)")
        case NIOSSLError.uncleanShutdown: (isShaken ? .reset : .tls, "closed without an end")
        case is NIOSSLError: (.tls, "\(error)")
        case HTTPParserError.invalidEOFState: (.reset, "closed before the end")
        case is HTTPParserError: (.response, "\(error)")
        case is TooManyBytes: (.response, "more bytes than an answer has")
        case ChannelError.connectTimeout: (.timeout, "connecting")
        default: isShaken ? (.response, "\(type(of: error))") : (.tls, "\(type(of: error))")
        }
    }

    /// What an error of a system call says.
    static func system(_ code: CInt) -> (ProbeFailure, String) {
        let detail = "error \(code)"
        return switch code {
        case ECONNREFUSED: (.refused, detail)
        case ECONNRESET, EPIPE, ECONNABORTED: (.reset, detail)
        case ETIMEDOUT: (.timeout, detail)
        case EHOSTUNREACH, EHOSTDOWN: (.unreachable, detail)
        // No route, no socket, no memory: this machine's own affair.
        default: (.local, detail)
        }
    }
}

/// Ends a connection that sends more bytes than an answer with its head can have.
final class ByteLimit: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private var rest: Int

    init(_ limit: Int) { rest = limit }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        rest -= unwrapInboundIn(data).readableBytes
        guard rest >= 0 else { return context.fireErrorCaught(TooManyBytes()) }
        context.fireChannelRead(data)
    }
}

/// More bytes came than are read.
struct TooManyBytes: Error {}
