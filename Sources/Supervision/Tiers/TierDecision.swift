public import Documents
public import Rulebook

/// What was decided of a firm's tier or class, with everything that went into it.
public struct TierDecision: Sendable, Hashable {
    /// Whether it counts.
    public enum Status: String, Sendable, CaseIterable {
        /// It waits for a second person.
        case proposed
        /// It holds from its day on, until another takes its place.
        case inForce = "in-force"
        /// A second person did not agree.
        case rejected
    }

    /// Reason codes that are not the rule pack's.
    public static let ownReasons: Set = [
        DecisionEngine.outsideReason, DecisionEngine.missingReason, supervisorReason, statedReason,
    ]
    /// A second person decided otherwise than the rule pack.
    static let supervisorReason = "supervisor"
    /// An imported list says so.
    static let statedReason = "stated"

    /// Its number.
    public var id: Int64
    /// The firm.
    public var firm: String
    /// The decision of the rule pack: `securities-tier`.
    public var decision: String
    /// How it ended: decided, undetermined, not applicable.
    public var state: DecisionOutcome.State
    /// The value, when decided.
    public var value: String?
    /// Reason code of the rule pack; `supervisor` where a second person decided otherwise.
    public var reason: String
    /// Flags that were raised.
    public var flags: [String]
    /// The facts it looked at, by name; null where unknown.
    public var inputs: Node
    /// Rule pack and version.
    public var pack: String
    /// The day whose facts it looked at.
    public var asOf: CivilDate
    /// The first day it holds.
    public var from: CivilDate
    /// Whether it counts.
    public var status: Status
    /// When it was decided, UTC microseconds.
    public var decidedAt: Int64
    /// By whom.
    public var decidedBy: String
    /// Who confirmed or rejected it; empty when nobody needed to, or did yet.
    public var confirmedBy: String
    /// When, UTC microseconds.
    public var confirmedAt: Int64?
    /// Why, in words.
    public var note: String

    /// Whether both say the same of the firm.
    func agrees(with other: TierDecision) -> Bool {
        state == other.state && value == other.value && reason == other.reason && flags == other.flags
    }

    /// A decision from what a rule pack's procedure gave.
    init(_ outcome: DecisionOutcome, firm: String, from: CivilDate, status: Status, at time: Int64, by who: String) {
        (id, self.firm, decision) = (0, firm, outcome.decision.id)
        (state, value, reason, flags) = (outcome.state, outcome.value, outcome.reason, outcome.flags)
        inputs = .object(outcome.inputs.map { ($0.fact.name, $0.value ?? Node(.null)) })
        (pack, asOf, self.from) = ("\(outcome.pack.id) \(outcome.pack.version)", outcome.asOf, from)
        (self.status, decidedAt, decidedBy) = (status, time, who)
        (confirmedBy, confirmedAt, note) = ("", nil, "")
    }

    init(
        id: Int64, firm: String, decision: String, state: DecisionOutcome.State, value: String?, reason: String, flags: [String],
        inputs: Node, pack: String, asOf: CivilDate, from: CivilDate, status: Status, decidedAt: Int64, decidedBy: String,
        confirmedBy: String, confirmedAt: Int64?, note: String
    ) {
        (self.id, self.firm, self.decision, self.state, self.value) = (id, firm, decision, state, value)
        (self.reason, self.flags, self.inputs, self.pack) = (reason, flags, inputs, pack)
        (self.asOf, self.from, self.status) = (asOf, from, status)
        (self.decidedAt, self.decidedBy) = (decidedAt, decidedBy)
        (self.confirmedBy, self.confirmedAt, self.note) = (confirmedBy, confirmedAt, note)
    }
}
