public import Rulebook

/// A public key that somebody answers for.
public struct KnownKey: Sendable, Hashable {
    /// Whose key it is.
    public enum Owner: Sendable, Hashable {
        /// A firm, by its id in the supervisor's register.
        case firm(String)
        /// The supervisor.
        case supervisor
    }

    /// The 32 bytes.
    public var key: [UInt8]
    /// Whose.
    public var owner: Owner
    /// From when it is taken.
    public var from: Instant
    /// From when it is taken no more; nil while nobody decided.
    public var until: Instant?

    /// A known key.
    public init(key: [UInt8], owner: Owner, from: Instant, until: Instant? = nil) {
        (self.key, self.owner, self.from, self.until) = (key, owner, from, until)
    }

    /// Its id.
    public var id: String { PublicKey.id(key) }

    /// Whether what it signs is taken at an instant: when it arrives counts, for a stolen key can write any date.
    public func isValid(at now: Instant) -> Bool { from <= now && until.map { now < $0 } ?? true }
}

/// The keys that a side knows, by id.
public struct KeyBook: Sendable {
    private var keys: [String: KnownKey]

    /// A book of those keys.
    public init(_ keys: some Sequence<KnownKey> = [KnownKey]()) {
        self.keys = Dictionary(keys.map { ($0.id, $0) }) { _, last in last }
    }

    /// The key of an id.
    public subscript(id: String) -> KnownKey? { keys[id] }
}
