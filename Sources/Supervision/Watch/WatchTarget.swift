public import Documents
internal import Rulebook

/// One address of a firm's service, and what is expected of it.
public struct WatchTarget: Sendable, Hashable {
    /// How far a probe goes.
    public enum Kind: String, Sendable, CaseIterable {
        /// Only the connection.
        case tcp
        /// The TLS handshake, with a certificate that is valid for the name.
        case tls
        /// A page without TLS.
        case http
        /// A page over TLS.
        case https

        /// Whether an answer is asked for.
        public var asks: Bool { self == .http || self == .https }
        /// Whether a certificate is seen.
        public var isSecure: Bool { self == .tls || self == .https }
    }

    /// The schema of its document.
    public static let schema = "plumbline.watch-target/1"

    /// Its key: lower-case letters, digits, hyphens and dots, 1 to 63.
    public var id: String
    /// Key of the firm in the register.
    public var firm: String
    /// What people call it.
    public var name: String
    /// How far a probe goes.
    public var kind: Kind
    /// A name in lower case, or an address.
    public var host: String
    /// 1 to 65535.
    public var port: Int
    /// Path and query of the page; empty where none is asked for.
    public var path: String
    /// Statuses of a good answer.
    public var status: ClosedRange<Int>
    /// What a good answer contains in its first 64 KiB; empty for anything.
    public var text: String
    /// Minutes from one probe to the next.
    public var interval: Int
    /// Seconds that a probe may take.
    public var timeout: Int
    /// Minutes an outage may last within the hours.
    public var tolerance: Int
    /// Names of the hours in which it must be up.
    public var hours: [String]

    /// A target.
    public init(
        id: String, firm: String, name: String, kind: Kind, host: String, port: Int, path: String = "",
        status: ClosedRange<Int> = 200...399, text: String = "", interval: Int, timeout: Int, tolerance: Int, hours: [String]
    ) {
        (self.id, self.firm, self.name, self.kind, self.host, self.port) = (id, firm, name, kind, host, port)
        (self.path, self.status, self.text) = (path, status, text)
        (self.interval, self.timeout, self.tolerance, self.hours) = (interval, timeout, tolerance, hours)
    }

    /// Where it is, as people write it.
    public var address: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return "\(kind.rawValue)://\(host):\(port)\(path)"
    }

    /// What an answer says of the service.
    ///
    /// - Parameters:
    ///   - code: its status.
    ///   - body: its beginning.
    /// - Returns: `.up`, `.status` or `.text`.
    public func judge(_ code: Int, _ body: [UInt8]) -> WatchFinding.Outcome {
        guard status.contains(code) else { return .status }
        guard !text.isEmpty else { return .up }
        return Self.contains(body, Array(text.utf8)) ? .up : .text
    }

    private static func contains(_ body: [UInt8], _ text: [UInt8]) -> Bool {
        guard let first = text.first, body.count >= text.count else { return false }
        for start in 0...body.count - text.count
        where body[start] == first && body[start..<start + text.count].elementsEqual(text) { return true }
        return false
    }

    /// Its document.
    public var node: Node {
        .object([
            ("schema", .text(Self.schema)), ("id", .text(id)), ("firm", .text(firm)), ("name", .text(name)),
            ("kind", .text(kind.rawValue)), ("host", .text(host)), ("port", .integer(port)),
            ("path", path.isEmpty ? nil : .text(path)),
            ("status", kind.asks ? .list([.integer(status.lowerBound), .integer(status.upperBound)]) : nil),
            ("text", text.isEmpty ? nil : .text(text)), ("interval", .integer(interval)), ("timeout", .integer(timeout)),
            ("tolerance", .integer(tolerance)), ("hours", .texts(hours)),
        ])
    }
}
