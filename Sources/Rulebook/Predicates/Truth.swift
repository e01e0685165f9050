/// The three values of evidence: yes, no, and not known. Missing data is unknown, never a yes and never a no.
public enum Truth: UInt8, Sendable, CaseIterable {
    case no
    case unknown
    case yes

    /// A known truth.
    public init(_ bool: Bool) { self = bool ? .yes : .no }

    /// Yes becomes no, no becomes yes, unknown stays.
    public var negated: Truth {
        switch self {
        case .no: .yes
        case .unknown: .unknown
        case .yes: .no
        }
    }
}
