public import Rulebook

/// What was said in one quarter of how a firm closes one gap. It is never changed: whoever says something else adds another version, and the
/// newest one of the quarter counts.
public struct FollowUp: Sendable, Hashable {
    /// How far it is.
    public enum State: String, Sendable, CaseIterable {
        /// Nothing is promised yet.
        case open
        /// There is a plan, somebody who carries it, and a day.
        case planned
        /// It is being carried out.
        case inProgress = "in-progress"
        /// The firm says that it is done.
        case doneClaimed = "done-claimed"
        /// The supervisor saw that it is done.
        case verified
        /// The supervisor asks for it no more; the note says why.
        case withdrawn

        /// Whether the supervisor asks for it no more.
        public var isSettled: Bool { self == .verified || self == .withdrawn }
    }

    /// What is said, without where and by whom.
    public struct Content: Sendable, Hashable {
        /// How far it is.
        public var state: State
        /// What will be done; up to 8,000 bytes.
        public var plan: String
        /// Who carries it.
        public var owner: String
        /// The day by which it shall be done.
        public var due: CivilDate?
        /// How far it is, 0 to 100.
        public var progress: Int
        /// More, in words; why, for what is withdrawn.
        public var note: String

        /// What is said.
        public init(
            state: State, plan: String = "", owner: String = "", due: CivilDate? = nil, progress: Int = 0, note: String = ""
        ) {
            (self.state, self.plan, self.owner, self.due, self.progress, self.note) = (state, plan, owner, due, progress, note)
        }
    }

    /// The firm.
    public var firm: String
    /// The item.
    public var item: String
    /// The quarter in which it was said.
    public var quarter: Quarter
    /// Counts from 1 for each firm, item and quarter.
    public var version: Int
    /// What is said.
    public var content: Content
    /// When, and by whom.
    public var said: Said
    /// What it came with: `form`, `submission …`, `coaching …`.
    public var origin: String

    /// Something said of a gap.
    public init(
        firm: String, item: String, quarter: Quarter, version: Int, content: Content, said: Said, origin: String
    ) {
        (self.firm, self.item, self.quarter, self.version) = (firm, item, quarter, version)
        (self.content, self.said, self.origin) = (content, said, origin)
    }
}

/// What may be said of a gap, after what was said before.
public enum FollowUpRules {
    /// Everything that is wrong with a new word.
    ///
    /// - Parameters:
    ///   - new: what is to be said.
    ///   - before: what was said last, in this quarter or an earlier one; nil when nothing was.
    ///   - party: who says it.
    ///   - day: the day it is said.
    /// - Returns: what is wrong, by field; empty when it may be said.
    public static func problems(
        _ new: FollowUp.Content, after before: FollowUp.Content?, by party: Party, on day: CivilDate
    ) -> [String: FieldProblem] {
        var check = FieldCheck()
        let isPromise = [.planned, .inProgress, .doneClaimed].contains(new.state)
        check.text("plan", new.plan, isRequired: isPromise)
        check.line("owner", new.owner, isRequired: isPromise)
        check.text("note", new.note, isRequired: false)
        check.demand(!isPromise || new.due != nil, "due", .missing)
        // A day that is gone may stand as it was promised; it cannot be promised anew.
        check.demand(new.due == nil || new.due == before?.due || new.state.isSettled || day <= new.due ?? day, "due", .tooEarly)
        check.demand((0...100).contains(new.progress), "progress", .noNumber)
        check.demand(new.state != .doneClaimed || new.progress == 100, "progress", .contradiction)
        check.demand(![.open, .planned, .inProgress].contains(new.state) || new.progress < 100, "progress", .contradiction)
        check.demand(new.state != .withdrawn || new.note.contains { !$0.isWhitespace }, "note", .reason)
        check.demand(party == .supervisor || !new.state.isSettled, "state", .supervisorOnly)
        // What the supervisor settled, only the supervisor opens again.
        check.demand(party == .supervisor || before?.state.isSettled != true, "state", .supervisorOnly)
        let leadsToVerified: [FollowUp.State] = [.doneClaimed, .verified]
        check.demand(new.state != .verified || before.map { leadsToVerified.contains($0.state) } == true, "state", .order)
        return check.problems
    }
}
