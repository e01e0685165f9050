public import Rulebook

/// A market meeting: who met, what was on the agenda, and what was resolved.
public struct Meeting: CaseFile, Hashable {
    /// What is known before it is held.
    public struct Plan: Sendable, Hashable, Codable {
        /// The year in which it is counted.
        public var year: Int
        /// Counts within the year.
        public var number: Int
        /// What it is called.
        public var title: String
        /// The day.
        public var day: CivilDate
        /// The place.
        public var place: String
        /// Who takes part, one a line.
        public var participants: String
        /// The agenda, one point a line.
        public var agenda: String

        /// A plan.
        public init(
            year: Int, number: Int, title: String, day: CivilDate, place: String, participants: String, agenda: String
        ) {
            (self.year, self.number, self.title, self.day) = (year, number, title, day)
            (self.place, self.participants, self.agenda) = (place, participants, agenda)
        }

        /// Everything that is wrong with it, by field.
        public var problems: [String: FieldProblem] {
            var check = FieldCheck()
            check.demand((1990...9999).contains(year), "year", .noNumber)
            check.demand((1...999).contains(number), "number", .noNumber)
            check.line("title", title)
            check.line("place", place, isRequired: false)
            check.text("participants", participants, isRequired: false)
            check.text("agenda", agenda)
            return check.problems
        }
    }

    /// What can happen.
    public enum Event: CaseEvent {
        case plan(Plan)
        case minutes(String)
        case resolve(AgreedAction.Agreement)
        case say(action: Int, AgreedAction.Word)

        /// What the trail calls it.
        public var action: String {
            switch self {
            case .plan: "plan"
            case .minutes: "minutes"
            case .resolve: "resolve"
            case .say: "say"
            }
        }

        /// Nothing besides.
        public var reason: String? { nil }
    }

    /// `meeting`.
    public static let kind = "meeting"
    /// Its number among all meetings.
    public let id: Int64
    /// How much happened.
    public var revision = 0
    /// What is known before it is held.
    public private(set) var plan: Plan
    /// The minutes; empty while there are none.
    public private(set) var minutes = ""
    private var list = ActionList()

    /// None.
    public var firms: Set<String> { [] }
    /// `2018-1`.
    public var name: String? { "\(plan.year)-\(plan.number)" }
    /// What was resolved.
    public var resolutions: [AgreedAction] { list.actions }

    /// A meeting begins with its plan.
    public init(_ id: Int64, _ event: Event, _ said: Said) throws(SupervisionError) {
        guard case .plan(let plan) = event else { throw .conflict("a meeting begins with its plan") }
        guard plan.problems.isEmpty else { throw .fields(plan.problems) }
        (self.id, self.plan) = (id, plan)
    }

    /// Plans it otherwise, keeps minutes, resolves, follows up.
    public mutating func apply(_ event: Event, _ said: Said) throws(SupervisionError) {
        switch event {
        case .plan(let plan):
            guard plan.problems.isEmpty else { throw .fields(plan.problems) }
            self.plan = plan
        case .minutes(let text):
            var check = FieldCheck()
            check.text("minutes", text, limit: 32_000)
            try check.finish()
            minutes = text
        case .resolve(let agreement): try list.agree(agreement, said)
        case .say(let action, let word): try list.say(word, of: action, said)
        }
    }
}
