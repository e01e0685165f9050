internal import Documents

/// How well one group of facts could be read.
public enum SourceState: String, Sendable, CaseIterable {
    /// Read whole.
    case read
    /// Read, but with gaps: a "yes" over all of it cannot be trusted, a found "no" can.
    case partial
    /// What the group speaks of could not be found on this host.
    case absent
    /// Permission was missing.
    case denied
    /// The reading failed.
    case failed
}

/// What a collector gives back.
enum Collected: Sendable {
    /// The group's facts.
    case facts(Node)
    /// No facts, and why.
    case nothing(SourceState, String)
}

/// Collects one group of facts from a host, read-only.
protocol FactCollector: Sendable {
    /// Name of the group in the facts schema.
    var group: String { get }
    /// Reads the group. Whatever could not be read is noted on the probe.
    func collect(_ probe: Probe) async -> Collected
}

/// A value with where it comes from, as the facts schema calls "setting".
func setting(_ value: Node, from origin: String) -> Node { .object([("value", value), ("from", .text(origin))]) }
