/// The way to a supervisor's server, as a closure, so that every fault can be made.
public struct ExchangeTransport: Sendable {
    /// Where a package goes.
    public struct Address: Sendable, Hashable {
        /// `https://host:port`, without the path.
        public var origin: String
        /// Certificates to trust, in PEM; empty for those of the system.
        public var trust: String

        /// An address.
        public init(origin: String, trust: String) { (self.origin, self.trust) = (origin, trust) }

        /// Whether a text is the origin of a server reached over TLS.
        public static func isOrigin(_ text: String) -> Bool {
            let host = text.dropFirst("https://".count)
            return text.hasPrefix("https://") && !host.isEmpty && text.utf8.count <= 300
                && host.utf8.allSatisfy {
                    (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) || (0x30...0x3A).contains($0)
                        || [0x2D, 0x2E, 0x5B, 0x5D].contains($0)
                }
        }
    }

    /// What came of it.
    public enum Outcome: Sendable, Hashable {
        /// The other side answered with a package of its own; nobody believed it yet.
        case answered([UInt8])
        /// No answer came, or one that is no package: why, in a few words. The package may have arrived.
        case unanswered(String)
    }

    /// Where packages are posted.
    public static let path = "/api/v1/exchange"
    /// Where the supervisor's own key is.
    public static let keyPath = "/api/v1/exchange/key"

    /// Posts a package.
    public var post: @Sendable (_ address: Address, _ package: [UInt8]) async -> Outcome
    /// Fetches the announcement of the supervisor's key.
    public var key: @Sendable (_ address: Address) async -> Outcome

    /// A way.
    public init(
        post: @escaping @Sendable (Address, [UInt8]) async -> Outcome, key: @escaping @Sendable (Address) async -> Outcome
    ) {
        (self.post, self.key) = (post, key)
    }

    /// No way at all: packages are carried as files.
    public static let none = ExchangeTransport(
        post: { _, _ in .unanswered("no network") }, key: { _ in .unanswered("no network") })
}
