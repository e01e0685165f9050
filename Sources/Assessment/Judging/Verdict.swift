public import Rulebook

/// What a clause's judgement can be.
public enum Verdict: String, Sendable, CaseIterable {
    /// 符合
    case compliant
    /// 部分符合
    case partly
    /// 不符合
    case nonCompliant = "non-compliant"
    /// 不適用
    case notApplicable = "not-applicable"
    /// 無法判定: missing, unreadable or stale data. Never a pass.
    case undetermined
    /// 等效控制: a recorded better group standard stands for it.
    case equivalent
    /// 未採建議: advice that was not followed; no breach.
    case adviceNotAdopted = "advice-not-adopted"

    /// Rank for rolling up and sorting: the worst first.
    public var rank: Int {
        switch self {
        case .nonCompliant: 0
        case .partly: 1
        case .undetermined: 2
        case .adviceNotAdopted: 3
        case .equivalent: 4
        case .compliant: 5
        case .notApplicable: 6
        }
    }
}

/// What one of the four kinds of knowledge says of a requirement.
public enum Say: UInt8, Sendable, Comparable {
    /// Nothing was said.
    case nothing
    /// It says no.
    case no
    /// It was looked for and could not be known.
    case unknown
    /// It says yes of a part.
    case part
    /// It says yes.
    case yes

    /// Whether the left one comes before the right one.
    public static func < (left: Say, right: Say) -> Bool { left.rawValue < right.rawValue }
}

/// Why a verdict is what it is, as a code; its texts are in the catalogue under `reason.CODE`.
public enum Reason: String, Sendable, CaseIterable {
    case outOfScope = "out-of-scope"
    case exempt
    case scopeUnknown = "scope-unknown"
    case equivalent
    /// A check says yes on every host.
    case measured
    /// A check says no on at least one host.
    case measuredFailure = "measured-failure"
    /// A signed record says yes.
    case signed
    /// A check says yes of a part and a signed record says yes of the rest.
    case measuredAndSigned = "measured-and-signed"
    /// A signed record says no.
    case signedFailure = "signed-failure"
    /// Some requirements of the clause are fulfilled, others are not.
    case mixed
    /// Advice that is not followed.
    case adviceNotAdopted = "advice-not-adopted"
    /// A check could not see what it needs.
    case unreadable
    /// A check fails on the host, but the duty may be met elsewhere.
    case mayBeElsewhere = "may-be-elsewhere"
    /// The facts are older than the firm allows.
    case stale
    /// A host of the system has no facts.
    case hostMissing = "host-missing"
    /// Checks pass, but show only a part; the rest needs a record.
    case partOnly = "part-only"
    /// Nothing was measured and nothing signed.
    case noEvidence = "no-evidence"
    /// Only declared: nobody put a name to it, and no check saw it.
    case declaredOnly = "declared-only"
    /// Signed, but this clause needs a measurement.
    case needsMeasurement = "needs-measurement"
    /// The signed record is too old.
    case recordStale = "record-stale"
    /// The recurring duty is overdue.
    case overdue
    /// The recurring duty is in time again, but a gap in the window was too long.
    case gapExceeded = "gap-exceeded"
    /// The recurring duty was done too few times in the year.
    case countMissed = "count-missed"
    /// The recurring duty is done in time.
    case inTime = "in-time"
    /// Rolled up from sub-items.
    case rolledUp = "rolled-up"
}

/// The judgement of one clause for one subject.
public struct Judgement: Sendable, Hashable {
    /// Number of the clause in the rulebook.
    public var clause: Int32
    /// Number of the subject: 0 the firm, then its systems.
    public var subject: Int32
    /// The verdict.
    public var verdict: Verdict
    /// shall or should, for this subject.
    public var force: Force
    /// Why.
    public var reason: Reason
    /// What was declared.
    public var declared: Say
    /// What checks saw.
    public var measured: Say
    /// What was signed.
    public var signed: Say
    /// What the supervisor accepted.
    public var accepted: Say

    /// Whether two of the four kinds of knowledge contradict each other.
    public var isDisputed: Bool {
        let says = [declared, measured, signed, accepted]
        return says.contains(.no) && (says.contains(.yes) || says.contains(.part))
    }
}
