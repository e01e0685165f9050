public import Rulebook

/// What a firm said of one item.
public enum DeclaredAnswer: UInt8, Sendable, CaseIterable {
    /// Nothing: no submission, or the question was left open. Never taken for a yes.
    case none = 0
    /// Yes.
    case yes = 1
    /// No.
    case no = 2
    /// The item does not apply to the firm.
    case notApplicable = 3
}

/// What checks of the firm saw of one item.
public enum MeasuredAnswer: UInt8, Sendable, CaseIterable {
    /// Nothing was measured.
    case none = 0
    /// Compliant, or an equivalent control.
    case compliant = 1
    /// In part.
    case partly = 2
    /// Not compliant.
    case nonCompliant = 3
    /// Looked at, and not to be determined.
    case undetermined = 4
    /// It does not bind the firm.
    case notApplicable = 5
}

/// The items that a row of answers speaks of, in order. A new list of items is a new layout; old rows keep theirs.
public struct StandingLayout: Sendable, Hashable {
    /// Its number in this database; 0 before it was stored.
    public var number: Int64
    /// What the items come from: id and version of a questionnaire or rule pack.
    public var source: String
    /// Ids of the items, each once.
    public var items: [String]

    /// A layout.
    public init(number: Int64 = 0, source: String, items: [String]) {
        (self.number, self.source, self.items) = (number, source, items)
    }
}

/// How far a submission has come.
public enum StandingState: UInt8, Sendable, CaseIterable {
    /// It was received.
    case received = 0
    /// Somebody responsible at the firm put a name to it.
    case signed = 1
    /// The supervisor accepted it.
    case accepted = 2
}

/// What one firm declared, and what was measured of it, in one quarter: a byte for each item of its layout.
public struct Standing: Sendable, Hashable {
    /// The firm's key in the register.
    public var firm: String
    /// The quarter.
    public var quarter: Quarter
    /// Number of the layout.
    public var layout: Int64
    /// Raw values of `DeclaredAnswer`, one an item.
    public var declared: [UInt8]
    /// Raw values of `MeasuredAnswer`, one an item.
    public var measured: [UInt8]
    /// How far the submission has come.
    public var state: StandingState
    /// Id of the submission.
    public var submission: String
    /// The day whose state it tells.
    public var asOf: CivilDate

    /// A standing.
    public init(
        firm: String, quarter: Quarter, layout: Int64, declared: [UInt8], measured: [UInt8], state: StandingState,
        submission: String, asOf: CivilDate
    ) {
        (self.firm, self.quarter, self.layout, self.declared) = (firm, quarter, layout, declared)
        (self.measured, self.state, self.submission, self.asOf) = (measured, state, submission, asOf)
    }
}
