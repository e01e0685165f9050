public import Documents
public import Rulebook

/// A clause (or one aspect of it) that a check bears on.
public struct Coverage: Sendable, Hashable {
    /// How much a pass shows.
    public enum Extent: String, Sendable, CaseIterable {
        /// A pass settles the clause or aspect for the host.
        case whole
        /// A pass shows a part; the rest needs something else.
        case part
        /// As `part`, but the duty may as well be met elsewhere (a network firewall, a gateway): a failure leaves it undetermined.
        case hint
    }

    /// The clause.
    public var clause: String
    /// The aspect; nil for the whole clause.
    public var aspect: String?
    /// How much a pass shows.
    public var extent: Extent
}

/// How much a failure matters.
public enum Severity: String, Sendable, CaseIterable {
    case high, medium, low
}

/// What came of a check.
public enum CheckResult: String, Sendable, CaseIterable {
    case pass, fail, undetermined
    case notApplicable = "not-applicable"
}

/// An embedded example with the result it must give.
public struct Fixture: Sendable {
    /// Its name.
    public var name: String
    /// What must come out.
    public var expect: CheckResult
    /// Parts that the trace must contain.
    public var because: [String]
    /// Facts, by group.
    public var facts: [String: Node]
    /// States of groups that differ from "read where given".
    public var states: [String: SourceState]
    /// Facts of the firm and the system.
    public var firm: [String: Node]
    /// Facts of the system.
    public var system: [String: Node]
    /// Where it stands.
    public var position: Position
}

/// A predicate over a host's facts, with what it shows, what to do when it fails, and examples.
public struct Check: Sendable {
    /// Its id: `linux.lockout`.
    public var id: String
    /// Its title.
    public var title: Text
    /// What it bears on.
    public var covers: [Coverage]
    /// How much a failure matters.
    public var severity: Severity
    /// Groups that must have been read.
    public var requires: [String]
    /// Whether a pass stands although a required group was read only in part.
    public var toleratesGaps: Bool
    /// Whether it concerns the host; nil always.
    public var when: Predicate?
    /// What must hold.
    public var assert: Predicate
    /// Facts that decide nothing but help to understand, shown beside the result.
    public var context: [FactPath]
    /// What is looked at and why that shows it.
    public var explanation: Text
    /// What to change.
    public var remedy: Text
    /// Examples.
    public var fixtures: [Fixture]
    /// Where it stands.
    public var position: Position
}

/// A set of checks, as data.
public struct CheckPack: Sendable {
    /// The schema every check pack names.
    public static let schema = "plumbline.checkpack/1"

    /// Its id.
    public var id: String
    /// Its version.
    public var version: String
    /// The facts schema it speaks of.
    public var facts: String
    /// Its title.
    public var title: Text
    /// The checks in order.
    public var checks: [Check]
    /// File or name it was read from.
    public var origin: String
}
