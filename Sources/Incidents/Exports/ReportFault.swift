/// What is wrong with a report.
public struct ReportFault: Sendable, Hashable {
    /// The kinds of faults, for programs.
    public enum Code: String, Sendable {
        /// Phase and status do not go together.
        case combination
        /// The item must be there in this phase.
        case missing
        /// The item must not be there in this phase.
        case notApplicable = "not-applicable"
        /// The format has no such item.
        case unknown
        /// It is of another kind, too long, or no word of its list.
        case value
        /// Two moments are in the wrong order, or one has not come.
        case order
        /// Items contradict each other.
        case contradiction
    }

    /// What kind of fault.
    public var code: Code
    /// The item: `services_affected[0].service_name`.
    public var item: String
    /// What is expected, in words.
    public var reason: String

    /// A fault.
    public init(_ code: Code, _ item: String, _ reason: String) { (self.code, self.item, self.reason) = (code, item, reason) }
}

/// A moment that must come before another.
struct ReportOrder: Sendable, Hashable {
    var earlier: String
    var later: String
    var mayBeEqual: Bool
}
