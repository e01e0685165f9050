public import Rulebook

/// Coaching of a firm on its premises: which gaps are the reason, when somebody goes, what was agreed there.
public struct CoachingCase: CaseFile, Hashable {
    /// How far it is.
    public enum State: String, Sendable, CaseIterable { case planned, visited, closed, cancelled }

    /// What is planned.
    public struct Plan: Sendable, Hashable, Codable {
        /// The firm.
        public var firm: String
        /// The items that are the reason.
        public var items: [String]
        /// The reason in words.
        public var reason: String
        /// The planned day.
        public var day: CivilDate
        /// Who goes, one a line.
        public var participants: String

        /// A plan.
        public init(firm: String, items: [String], reason: String, day: CivilDate, participants: String) {
            (self.firm, self.items, self.reason, self.day) = (firm, items, reason, day)
            self.participants = participants
        }

        /// Everything that is wrong with it, by field.
        public var problems: [String: FieldProblem] {
            var check = FieldCheck()
            check.demand(FirmReader.isIdentifier(firm), "firm", .unknown)
            check.demand(!items.isEmpty, "items", .missing)
            check.demand(items.count <= 200, "items", .tooMany)
            check.demand(items.allSatisfy(FollowUpClaimReader.isItem) && Set(items).count == items.count, "items", .unknown)
            check.text("reason", reason)
            check.text("participants", participants)
            return check.problems
        }
    }

    /// What can happen.
    public enum Event: CaseEvent {
        case plan(Plan)
        case visit(day: CivilDate, participants: String, minutes: String)
        case agree(AgreedAction.Agreement)
        case say(action: Int, AgreedAction.Word)
        case close(note: String)
        case cancel(reason: String)

        /// What the trail calls it.
        public var action: String {
            switch self {
            case .plan: "plan"
            case .visit: "visit"
            case .agree: "agree"
            case .say: "say"
            case .close: "close"
            case .cancel: "cancel"
            }
        }

        /// Why it was cancelled.
        public var reason: String? { if case .cancel(let reason) = self { reason } else { nil } }
    }

    /// `coaching`.
    public static let kind = "coaching"
    /// Its number.
    public let id: Int64
    /// How much happened.
    public var revision = 0
    /// What is planned.
    public private(set) var plan: Plan
    /// How far it is.
    public private(set) var state = State.planned
    /// The day of the visit; nil before it.
    public private(set) var visited: CivilDate?
    /// Who was there.
    public private(set) var present = ""
    /// The minutes.
    public private(set) var minutes = ""
    /// What was said when it was closed or cancelled.
    public private(set) var ending = ""
    private var list = ActionList()

    /// The firm.
    public var firms: Set<String> { [plan.firm] }
    /// What was agreed.
    public var actions: [AgreedAction] { list.actions }

    /// A case begins with its plan.
    public init(_ id: Int64, _ event: Event, _ said: Said) throws(SupervisionError) {
        guard case .plan(let plan) = event else { throw .conflict("coaching begins with its plan") }
        guard plan.problems.isEmpty else { throw .fields(plan.problems) }
        (self.id, self.plan) = (id, plan)
    }

    /// Plans, visits, agrees, follows up, closes. A case closes when its actions are settled; those about an item go on in the follow-up.
    public mutating func apply(_ event: Event, _ said: Said) throws(SupervisionError) {
        switch event {
        case .plan(let plan):
            try require(.planned)
            var problems = plan.problems
            if plan.firm != self.plan.firm { problems["firm"] = .order }
            guard problems.isEmpty else { throw .fields(problems) }
            self.plan = plan
        case .visit(let day, let participants, let minutes):
            try require(.planned)
            var check = FieldCheck()
            check.demand(day <= said.day, "day", .tooEarly)
            check.text("participants", participants)
            check.text("minutes", minutes, limit: 32_000)
            try check.finish()
            (state, visited, present, self.minutes) = (.visited, day, participants, minutes)
        case .agree(let agreement):
            try require(.visited)
            try list.agree(agreement, said)
        case .say(let action, let word):
            try require(.visited)
            try list.say(word, of: action, said)
        case .close(let note):
            try require(.visited)
            var check = FieldCheck()
            check.text("note", note, isRequired: false)
            try check.finish()
            let left = list.actions.count { $0.item.isEmpty && !$0.current.state.isSettled }
            guard left == 0 else { throw .conflict("\(left) actions are neither done nor followed up as gaps") }
            (state, ending) = (.closed, note)
        case .cancel(let reason):
            try require(.planned)
            var check = FieldCheck()
            check.text("reason", reason)
            try check.finish()
            (state, ending) = (.cancelled, reason)
        }
    }

    private func require(_ wanted: State) throws(SupervisionError) {
        guard state == wanted else { throw .conflict("the coaching is \(state.rawValue), not \(wanted.rawValue)") }
    }
}
