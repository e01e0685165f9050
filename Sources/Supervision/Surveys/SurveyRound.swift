public import Rulebook
public import Submissions

/// A questionnaire put to firms about a quarter: what was asked, of whom, until when. What was asked stays as it was, however the rules go on.
public struct SurveyRound: Sendable, Identifiable {
    /// Its number.
    public var id: Int64
    /// The quarter it is about.
    public var quarter: Quarter
    /// What is asked.
    public var questionnaire: Questionnaire
    /// The last day on which answers are in time.
    public var due: CivilDate
    /// More, in words, shown to whoever answers; may be empty.
    public var note: String
    /// When it was opened, UTC microseconds.
    public var opened: Int64
    /// Who opened it.
    public var openedBy: String
    /// When it was closed; nil while it is open.
    public var closed: Int64?
    /// Who closed it; nil while it is open.
    public var closedBy: String?
    /// Keys of the firms that must answer, in order.
    public var firms: [String]

    /// The day the answers are about: the quarter's last one.
    public var asOf: CivilDate { quarter.lastDay }
    /// Whether answers are taken.
    public var isOpen: Bool { closed == nil }
}

/// How answers came.
public enum AnswerWay: String, Sendable, CaseIterable {
    /// Through the pages.
    case browser
    /// In a workbook that was filled in elsewhere.
    case workbook
}

/// One version of what a firm has written so far. Nobody but the firm sees it.
public struct AnswerDraft: Sendable {
    /// Counts from 1 for each firm and round; 0 for the empty one before anything was written.
    public var version: Int
    /// What is written.
    public var answers: Answers
    /// When it was saved, UTC microseconds.
    public var saved: Int64
    /// Who saved it.
    public var by: String
    /// How it came.
    public var way: AnswerWay
}

/// Answers as a firm handed them in: signed, numbered, never changed.
public struct AnswersHandedIn: Sendable {
    /// How they stand with the supervisor.
    public enum State: String, Sendable, CaseIterable {
        /// Handed in, not looked at yet.
        case submitted
        /// Given back with questions.
        case returned
        /// Handed in again after they were given back.
        case answered
        /// The supervisor agrees.
        case accepted

        /// Whether the supervisor may decide about them.
        public var isWaiting: Bool { self == .submitted || self == .answered }

        /// The state of answers handed in when the version before them stands so, or there is none; nil when no more are taken. What was given
        /// back may be answered also when the round takes no others (`isOpen`).
        public static func afterHandingIn(_ before: State?, isOpen: Bool) -> State? {
            switch before {
            case nil, .submitted: isOpen ? .submitted : nil
            case .answered: isOpen ? .answered : nil
            case .returned: .answered
            case .accepted: nil
            }
        }

        /// The state after the supervisor's decision; nil when there is nothing to decide.
        public func deciding(_ decision: Decision) -> State? {
            switch decision {
            case .accept: isWaiting ? .accepted : nil
            // Also what was accepted may be given back: something came to light.
            case .giveBack: self == .returned ? nil : .returned
            }
        }
    }

    /// What a supervisor decides.
    public enum Decision: String, Sendable, CaseIterable {
        /// They are taken as they are.
        case accept
        /// They are given back with questions.
        case giveBack = "return"
    }

    /// The round.
    public var round: Int64
    /// The firm's key.
    public var firm: String
    /// Counts from 1 for each firm and round.
    public var version: Int
    /// The answers with the name under them.
    public var answers: Answers
    /// SHA-256 of their canonical document, 64 hexadecimal digits: the receipt.
    public var sha256: String
    /// The hash of the version before; nil for the first.
    public var previous: String?
    /// When they were handed in, UTC microseconds.
    public var at: Int64
    /// The account that handed them in.
    public var by: String
    /// How they came.
    public var way: AnswerWay
    /// Whether they came after the last day of the round.
    public var isLate: Bool
    /// How they stand.
    public var state: State
    /// When that was decided; nil before.
    public var decidedAt: Int64?
    /// Who decided; nil before.
    public var decidedBy: String?
    /// Questions by how they stand, as of the handing in.
    public var counts: [AnswerCheck.State: Int]
    /// Remarks that stood beside them.
    public var remarks: Int
}

/// What a supervisor and a firm wrote to each other about answers.
public struct AnswerMessage: Sendable {
    /// Which version it is about.
    public var version: Int
    /// When, UTC microseconds.
    public var at: Int64
    /// Who wrote it.
    public var by: String
    /// Whether the firm wrote it, else the supervisor.
    public var isOfFirm: Bool
    /// What it says.
    public var text: String
}

/// How a firm stands in a round.
public struct SurveyStanding: Sendable {
    /// Where it is.
    public enum Step: String, Sendable, CaseIterable {
        /// Nothing was written.
        case nothing
        /// Something was written and not handed in.
        case draft
        /// As `AnswersHandedIn.State`.
        case submitted, returned, answered, accepted
    }

    /// The firm's key.
    public var firm: String
    /// What the supervisor sees of drafts: when the last one was saved; nil when there is none.
    public var drafted: Int64?
    /// The newest version that was handed in; nil when there is none.
    public var newest: AnswersHandedIn?

    /// How a firm stands.
    public init(firm: String, drafted: Int64?, newest: AnswersHandedIn?) {
        (self.firm, self.drafted, self.newest) = (firm, drafted, newest)
    }

    /// Where it is.
    public var step: Step {
        guard let newest else { return drafted == nil ? .nothing : .draft }
        return Step(rawValue: newest.state.rawValue) ?? .submitted
    }

    /// Whether the firm must do something: hand in, or answer what was given back.
    public var isAwaited: Bool { [.nothing, .draft, .returned].contains(step) }

    /// Days since the last day of the round on which something is still awaited; nil when nothing is, or the day is not past.
    public func overdue(_ round: SurveyRound, on day: CivilDate) -> Int? {
        guard isAwaited, step != .returned, day > round.due else { return nil }
        return day - round.due
    }
}
