public import Rulebook

/// What is to be filed.
public struct FilingRequest: Sendable, Hashable {
    /// What it is.
    public var kind: SubmissionKind
    /// Whom it tells; nil for everyone whose rules know such a notice and who does not have it.
    public var regimes: Set<String>?
    /// How it leaves.
    public var channel: FilingChannel
    /// When it was given, if that was earlier, by a call or a carried file.
    public var given: Instant?
    /// Why it was given another way, and what proves when.
    public var note: String

    /// A request.
    public init(
        _ kind: SubmissionKind, regimes: Set<String>? = nil, channel: FilingChannel = .web, given: Instant? = nil,
        note: String = ""
    ) {
        (self.kind, self.regimes, self.channel, self.given, self.note) = (kind, regimes, channel, given, note)
    }
}

/// What somebody wants to do in a case.
public enum IncidentAction: Sendable, Hashable {
    /// It is an incident.
    case declare
    /// The near miss became an incident; these must be told beside those that always must.
    case upgrade(regimes: Set<String>)
    /// One more must be told.
    case bind(String)
    /// A moment became known, or is corrected for a reason.
    case mark(Moment, at: Instant, reason: String)
    /// Writes fields; nil empties one.
    case write([String: FieldValue?])
    /// Files something.
    case file(FilingRequest)
    /// Services are back since then.
    case resolve(at: Instant)
    /// It is not over after all.
    case reopen(reason: String)
    /// The review is done.
    case close
    /// It was no incident.
    case withdraw(reason: String)
    /// Proposes that a notice need not be given.
    case proposeExcuse(ObligationID, reason: String)
    /// Agrees to a proposal of somebody else.
    case approveExcuse(ObligationID)
    /// Turns a proposal down, or takes it back.
    case rejectExcuse(ObligationID, reason: String)
    /// It repeats an earlier case.
    case link(Int64)
    /// The supervisor has a submission.
    case receive(submission: Int)
    /// Somebody there looked at it.
    case acknowledge
    /// The supervisor asks.
    case ask(String, answerBy: Instant?)
    /// The firm answers.
    case answer(question: Int, text: String)
    /// The supervisor agrees.
    case accept
    /// The supervisor wants something else filed.
    case sendBack(reason: String)
    /// The supervisor calls its emergency team.
    case escalate(reason: String)
    /// The supervisor is done.
    case closeHandling
}

/// Why something may not happen in a case; nothing changed.
public enum IncidentRefusal: Error, Sendable, Hashable {
    /// The case stands where this is not done.
    case phase(IncidentPhase)
    /// The supervisor's handling stands where this is not done.
    case handling(Handling)
    /// A near miss tells nobody.
    case nearMiss
    /// It is an incident already.
    case noNearMiss
    /// Something is owed still.
    case dutiesOpen([OpenDuty])
    /// Fields that the notice must have are empty.
    case missing([String])
    /// Fields hold what they cannot.
    case faults([FieldBook.Fault])
    /// There is no such regime, or none of its versions binds an incident of that day.
    case regime(String)
    /// It binds already.
    case boundAlready(String)
    /// Nobody of those asked for takes such a notice.
    case nobodyToTell
    /// An earlier notice must come first.
    case earlierFirst(ObligationID)
    /// That notice was given, or need not be.
    case settledAlready(ObligationID)
    /// There is no such duty, or it is not owed.
    case notOwed(ObligationID)
    /// There is a proposal about it that nobody decided.
    case proposedAlready(ObligationID)
    /// There is no proposal about it.
    case notProposed(ObligationID)
    /// Whoever proposed something cannot approve it.
    case samePerson
    /// A reason of 1 to 4,000 characters is wanted.
    case reason
    /// That time has not come.
    case future(Instant)
    /// One moment must come before the other.
    case order(Moment, Moment)
    /// When the services came back and when the review was done are said by resolving and closing.
    case moment(Moment)
    /// There is no such submission.
    case submission(Int)
    /// The supervisor has it already.
    case receivedAlready(Int)
    /// There is no such question, or it is answered.
    case question(Int)
    /// Questions are open.
    case questionsOpen([Int])
    /// The supervisor does not have everything that was filed.
    case notReceived([Int])
    /// A notice counts as given earlier only by a call or a carried file, with a note, after the firm knew.
    case given
    /// A case does not repeat itself, nor another twice.
    case link(Int64)
    /// More than a case may hold.
    case full
}
