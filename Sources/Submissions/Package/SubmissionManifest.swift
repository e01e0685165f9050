public import Documents
public import Rulebook

/// A firm's status of a quarter, as it leaves the firm.
///
/// What was declared, measured, signed and accepted stays apart for each item; what is missing is not in it, and is no answer.
public struct SubmissionManifest: MessageBody, Hashable {
    /// How it came about.
    public enum Origin: String, Sendable, CaseIterable {
        /// The firm signed it with its own key.
        case package
        /// A named respondent answered in the supervisor's browser pages; the supervisor's key signs on their behalf.
        case browser
        /// A named respondent sent a workbook; the supervisor's key signs on their behalf.
        case workbook
    }

    /// A rule pack that something was judged by.
    public struct PackReference: Sendable, Hashable {
        /// Its id.
        public var id: String
        /// Its version.
        public var version: String
        /// SHA-256 of its file.
        public var sha256: String

        /// A reference.
        public init(id: String, version: String, sha256: String) { (self.id, self.version, self.sha256) = (id, version, sha256) }
    }

    /// A tier or class as the firm itself works it out.
    public struct Decision: Sendable, Hashable {
        /// The decision.
        public var id: String
        /// How it ended.
        public var state: String
        /// What was decided; empty when it was not.
        public var value: String
        /// Reason code.
        public var reason: String

        /// A decision.
        public init(id: String, state: String, value: String, reason: String) {
            (self.id, self.state, self.value, self.reason) = (id, state, value, reason)
        }
    }

    /// A promise to fix something.
    public struct FollowUp: Sendable, Hashable {
        /// The clause or question.
        public var item: String
        /// How it is, as a word.
        public var state: String
        /// What will be done.
        public var plan: String
        /// Who answers for it.
        public var owner: String
        /// By which day; nil when nobody said.
        public var due: CivilDate?
        /// 0 to 100.
        public var progress: Int

        /// A promise.
        public init(item: String, state: String, plan: String, owner: String, due: CivilDate?, progress: Int) {
            (self.item, self.state, self.plan) = (item, state, plan)
            (self.owner, self.due, self.progress) = (owner, due, progress)
        }
    }

    /// A file that stays with the firm, and what it is.
    public struct Evidence: Sendable, Hashable {
        /// SHA-256 of its bytes.
        public var sha256: String
        /// How many bytes it has.
        public var bytes: Int
        /// What it is, in a few words.
        public var name: String
        /// The clause or question it is for; empty for several.
        public var item: String

        /// A file.
        public init(sha256: String, bytes: Int, name: String, item: String = "") {
            (self.sha256, self.bytes, self.name, self.item) = (sha256, bytes, name, item)
        }
    }

    /// Most versions of a quarter.
    public static let versionLimit = 999
    /// Most files named.
    static let evidenceLimit = 20_000

    /// What every message says first.
    public var header: MessageHeader
    /// How it came about.
    public var origin: Origin
    /// The quarter.
    public var quarter: Quarter
    /// 1 for the first of the quarter.
    public var version: Int
    /// SHA-256 of the payload of the version before; nil for the first.
    public var previous: String?
    /// The rules that were used.
    public var rulePacks: [PackReference]
    /// Facts of the firm, by name without `firm.`.
    public var profile: [String: Node]
    /// Facts that nobody answered and that were assumed at their strictest, by key.
    public var assumed: [String]
    /// Tiers and classes as the firm works them out.
    public var decisions: [Decision]
    /// What was judged; nil when nothing was.
    public var assessment: SubmittedAssessment?
    /// The answers to a questionnaire, as they are signed; nil when there are none.
    public var answers: Answers?
    /// Promises.
    public var followUps: [FollowUp]
    /// Files that what is said rests on.
    public var evidence: [Evidence]
    /// Who puts a name to it.
    public var signer: Signer

    /// Who puts a name to a submission.
    public struct Signer: Sendable, Hashable {
        /// The person.
        public var name: String
        /// What the person is in the firm.
        public var role: String

        /// A signer.
        public init(name: String, role: String) { (self.name, self.role) = (name, role) }
    }

    /// A submission without content.
    public init(
        _ header: MessageHeader, origin: Origin = .package, quarter: Quarter, version: Int, previous: String?, signer: Signer
    ) {
        (self.header, self.origin, self.quarter, self.version) = (header, origin, quarter, version)
        (self.previous, self.signer) = (previous, signer)
        (rulePacks, profile, assumed, decisions, followUps, evidence) = ([], [:], [], [], [], [])
    }

    /// Its document.
    public var node: Node { Message.submission(self).node }

    /// The firm; a submission always names one.
    public var firm: MessageHeader.Party { header.firm ?? .init(id: "", name: "") }
}
