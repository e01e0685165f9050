/// What one probe tries: one connection to one checked address, and at most one request.
public struct Probe: Sendable, Hashable {
    /// How far it goes.
    public enum Depth: Sendable, Hashable {
        /// Only the connection.
        case tcp
        /// The TLS handshake, with the certificate checked against the name.
        case tls
        /// A GET of the path; over TLS or not.
        case http(path: String, isSecure: Bool)
    }

    /// A name, or an address in its usual form.
    public var host: String
    /// 1 to 65535.
    public var port: Int
    /// How far it goes.
    public var depth: Depth
    /// All of it, from the look-up of the name to the end of the body, is given this long.
    public var milliseconds: Int
    /// Bytes of a body that are read; what follows is not waited for.
    public var bodyLimit: Int
    /// Who asks, for the one header that says so; visible ASCII.
    public var agent: String

    /// A probe.
    public init(host: String, port: Int, depth: Depth, milliseconds: Int, bodyLimit: Int, agent: String) {
        (self.host, self.port, self.depth) = (host, port, depth)
        (self.milliseconds, self.bodyLimit, self.agent) = (milliseconds, bodyLimit, agent)
    }

    var isSecure: Bool {
        switch depth {
        case .tcp: false
        case .tls: true
        case .http(_, let isSecure): isSecure
        }
    }
}

/// Why a probe did not reach its end.
public enum ProbeFailure: String, Sendable, CaseIterable {
    /// The name has no address.
    case name
    /// Names cannot be looked up now: it says nothing of the other side.
    case resolver
    /// No address of the name may be connected to; nothing was sent.
    case forbidden
    /// This machine could not try: it says nothing of the other side.
    case local
    /// The port is closed.
    case refused
    /// There is no way to the address.
    case unreachable
    /// The time was over.
    case timeout
    /// The connection was closed in the middle.
    case reset
    /// The other side does not speak TLS as clients do.
    case tls
    /// The certificate is not valid, or for another name.
    case certificate
    /// The answer is not HTTP, or its head is too long.
    case response
}

/// What a probe found.
public struct ProbeReport: Sendable, Hashable {
    /// Why it did not reach its end; nil when it did.
    public var failure: ProbeFailure?
    /// More for the log: never anything of a body.
    public var detail = ""
    /// The address it was connected to; empty when to none.
    public var address = ""
    /// How long it took, milliseconds.
    public var milliseconds = 0
    /// The status that was answered; nil when none was, or none was asked for. Redirections are never followed.
    public var status: Int?
    /// The beginning of the body.
    public var body: [UInt8] = []
    /// Whether the body went on beyond the limit.
    public var isCut = false
    /// When the certificate that was shown ends, seconds since 1970; nil when none was seen.
    public var certificateEnds: Int64?

    /// A report.
    public init(_ failure: ProbeFailure? = nil, detail: String = "") {
        self.failure = failure
        self.detail = String(detail.prefix(200))
    }
}
