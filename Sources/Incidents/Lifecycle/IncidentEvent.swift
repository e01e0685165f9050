public import Rulebook

/// When something was done, and by whom.
public struct Stamp: Sendable, Hashable, Codable {
    /// What the clock showed.
    public var at: Instant
    /// Who: an account's name.
    public var by: String

    /// A stamp.
    public init(at: Instant, by: String) { (self.at, self.by) = (at, by) }
}

/// Where a case stands.
public enum IncidentPhase: String, Sendable, Hashable, Codable, CaseIterable {
    /// Someone began to write it down; the clocks run.
    case draft
    /// It is being handled.
    case open
    /// Services are back; the review is not done.
    case resolved
    /// The review is done and nothing is owed.
    case closed
    /// It was none.
    case withdrawn
}

/// How a case begins.
public struct IncidentStart: Sendable, Hashable, Codable {
    /// Whether it is an exercise; said once and for all.
    public var isDrill: Bool
    /// Whether nothing happened, but nearly did.
    public var isNearMiss: Bool
    /// When the firm came to know.
    public var aware: Instant
    /// Who must be told, beside those that always must.
    public var regimes: [String]
    /// Numbers of earlier cases that this one repeats.
    public var repeats: [Int64]

    /// A start.
    public init(aware: Instant, isDrill: Bool = false, isNearMiss: Bool = false, regimes: [String] = [], repeats: [Int64] = []) {
        (self.aware, self.isDrill, self.isNearMiss) = (aware, isDrill, isNearMiss)
        (self.regimes, self.repeats) = (regimes, repeats)
    }
}

/// What a submission is.
public enum SubmissionKind: Sendable, Hashable, Codable {
    /// A notice.
    case notice(NoticeKind)
    /// A correction of an earlier submission, by its number.
    case correction(of: Int)

    /// The notice, when it is one.
    public var notice: NoticeKind? { if case .notice(let notice) = self { notice } else { nil } }
}

/// How a submission left the firm.
public enum FilingChannel: String, Sendable, Hashable, Codable, CaseIterable {
    /// The pages.
    case web
    /// The interface for programs.
    case api
    /// A signed file that was carried.
    case offline
    /// A call to the fallback number, filed afterwards.
    case phone
}

/// What was told, as it was told; never changed.
public struct IncidentSubmission: Sendable, Hashable, Codable {
    /// Counts from 1 in its case.
    public var number: Int
    /// What it is.
    public var kind: SubmissionKind
    /// Counts from 1 among those of its kind.
    public var version: Int
    /// Whom it tells.
    public var regimes: [String]
    /// When it was filed, by the platform's clock.
    public var at: Instant
    /// When it counts as given: `at`, unless it was given earlier by another way.
    public var given: Instant
    /// How it left.
    public var channel: FilingChannel
    /// Why it was given another way, and what proves when; empty otherwise.
    public var note: String
    /// Who filed it.
    public var by: String
    /// Where the case stood.
    public var phase: IncidentPhase
    /// What was said.
    public var values: [String: FieldValue]
    /// The moments as they were known.
    public var moments: [String: Instant]
    /// The hash of the submission before; empty for the first.
    public var previous: String
    /// The duties it met, and how late.
    public var settled: [Filed]

    /// A moment as it was known.
    public subscript(moment: Moment) -> Instant? { moments[moment.rawValue] }
}

/// How the supervisor handles a case.
public enum Handling: String, Sendable, Hashable, Codable, CaseIterable {
    /// It has nothing yet.
    case none
    /// It has what was filed last.
    case received
    /// Somebody looked at it.
    case acknowledged
    /// It waits for answers.
    case queried
    /// All is answered.
    case answered
    /// It agrees.
    case accepted
    /// It wants something else filed.
    case returned
    /// It is done.
    case closed
}

/// Something that happened in a case; kept for ever, in the names of its cases and fields.
public enum IncidentEvent: Sendable, Hashable, Codable {
    /// It began, with everyone who must be told.
    case started(IncidentStart)
    /// It is an incident.
    case declared
    /// The near miss became an incident; these must be told.
    case upgraded(regimes: [String])
    /// One more must be told.
    case bound(regime: String)
    /// A moment became known, or was corrected for a reason.
    case marked(Moment, at: Instant, reason: String)
    /// Fields were written; those that were emptied stand beside.
    case wrote([String: FieldValue], emptied: [String])
    /// Something was filed.
    case filed(IncidentSubmission)
    /// Services are back since then.
    case resolved(at: Instant)
    /// It is not over after all.
    case reopened(reason: String)
    /// The review is done.
    case closed
    /// It was no incident.
    case withdrawn(reason: String)
    /// Somebody proposed that a notice need not be given.
    case excuseProposed(ObligationID, reason: String)
    /// Somebody else agreed.
    case excuseApproved(ObligationID)
    /// The proposal was turned down or taken back.
    case excuseRejected(ObligationID, reason: String)
    /// It repeats an earlier case.
    case linked(Int64)
    /// The supervisor has a submission.
    case received(submission: Int)
    /// Somebody there looked at it.
    case acknowledged
    /// The supervisor asks.
    case asked(question: Int, text: String, answerBy: Instant?)
    /// The firm answers.
    case answered(question: Int, text: String)
    /// The supervisor agrees.
    case accepted
    /// The supervisor wants something else filed.
    case returned(reason: String)
    /// The supervisor calls its emergency team.
    case escalated(reason: String)
    /// The supervisor is done.
    case handlingClosed

    /// What the trail calls it.
    public var action: String {
        switch self {
        case .started: "start"
        case .declared: "declare"
        case .upgraded: "upgrade"
        case .bound: "bind"
        case .marked: "mark"
        case .wrote: "write"
        case .filed: "file"
        case .resolved: "resolve"
        case .reopened: "reopen"
        case .closed: "close"
        case .withdrawn: "withdraw"
        case .excuseProposed: "excuse-propose"
        case .excuseApproved: "excuse-approve"
        case .excuseRejected: "excuse-reject"
        case .linked: "link"
        case .received: "receive"
        case .acknowledged: "acknowledge"
        case .asked: "ask"
        case .answered: "answer"
        case .accepted: "accept"
        case .returned: "return"
        case .escalated: "escalate"
        case .handlingClosed: "handling-close"
        }
    }
}
