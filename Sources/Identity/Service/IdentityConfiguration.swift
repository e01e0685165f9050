public import Rulebook

/// What an installation says of itself.
public struct IdentityConfiguration: Sendable, Hashable {
    /// Firm or supervisor.
    public var side: Side
    /// Where people reach it, as `https://plumbline.example.com:8443`: links in messages begin with it, never with what a request claims.
    public var origin: String
    /// Name of the platform in authenticator programs.
    public var issuer: String
    /// Words of the firm that no password may contain: its names, products, systems.
    public var firmWords: [String]
    /// The zone of hours of use.
    public var zone: Zone
    /// Whether everybody needs a second factor, not only administrators.
    public var everyoneNeedsFactor: Bool

    /// A configuration.
    ///
    /// - Throws: `.badInput` when the origin is not `https://HOST` or `https://HOST:PORT`.
    public init(
        side: Side, origin: String, issuer: String = "Plumbline 準繩", firmWords: [String] = [], zone: Zone = .taipei,
        everyoneNeedsFactor: Bool = false
    ) throws(IdentityError) {
        (self.side, self.origin, self.issuer) = (side, origin, issuer)
        (self.firmWords, self.zone, self.everyoneNeedsFactor) = (firmWords, zone, everyoneNeedsFactor)
        guard origin.hasPrefix("https://"), !site.isEmpty, site.utf8.count <= 253,
            site.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E }),
            port.map({ !$0.isEmpty && UInt16($0) != nil }) ?? true
        else { throw IdentityError(.badInput, "the origin is not of the form https://host:port in small letters") }
    }

    private var authority: Substring { origin.dropFirst("https://".count) }
    private var port: Substring? { authority.firstIndex(of: ":").map { authority[authority.index(after: $0)...] } }
    /// The host alone: what security keys are bound to.
    public var site: String { String(authority.prefix { $0 != ":" }) }
}
