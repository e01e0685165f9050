public import Rulebook

/// What is known in a quarter of one item of one firm: whether it is kept, and if not, what shows it.
public struct GapStanding: Sendable, Hashable {
    /// What is known.
    public enum Finding: String, Sendable, CaseIterable {
        /// It is kept.
        case kept
        /// It does not bind the firm.
        case notApplicable = "not-applicable"
        /// The firm itself says no.
        case declared
        /// A check saw that it is not kept.
        case measured
        /// A part of it is kept.
        case partly
        /// Nobody can tell: missing data is never a pass.
        case undetermined
        /// It was asked and nothing was answered, or nothing was submitted.
        case unanswered

        /// Whether it is a gap.
        public var isGap: Bool { self != .kept && self != .notApplicable }
    }

    /// The firm, by its key in the register.
    public var firm: String
    /// The clause, or the question that stands for one.
    public var item: String
    /// What is known.
    public var finding: Finding

    /// A standing.
    public init(firm: String, item: String, finding: Finding) { (self.firm, self.item, self.finding) = (firm, item, finding) }
}

/// What a quarter's standings say of firms' items. Whoever keeps the standings is one.
public protocol GapSource: Sendable {
    /// What is known in a quarter, gaps and kept items alike: an item that is not in it is not known to be kept.
    func standings(of quarter: Quarter) async throws(SupervisionError) -> [GapStanding]
}

/// Standings that are at hand.
public struct GivenGaps: GapSource {
    private let quarters: [Quarter: [GapStanding]]

    /// Those standings, by quarter.
    public init(_ quarters: [Quarter: [GapStanding]]) { self.quarters = quarters }

    /// What was given for the quarter; nothing for another one.
    public func standings(of quarter: Quarter) async throws(SupervisionError) -> [GapStanding] { quarters[quarter] ?? [] }
}
