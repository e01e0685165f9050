public import Rulebook

/// Something the supervisor holds for firms: a briefing, a workshop. Who came is counted by firm.
public struct ProgrammeEvent: CaseFile, Hashable {
    /// What is planned.
    public struct Plan: Sendable, Hashable, Codable {
        /// The kind: a name of the policy.
        public var kind: String
        /// The region; empty for none.
        public var region: String
        /// What it is called.
        public var title: String
        /// The day.
        public var day: CivilDate
        /// The place.
        public var place: String
        /// More, in words.
        public var note: String

        /// A plan.
        public init(kind: String, region: String, title: String, day: CivilDate, place: String, note: String) {
            (self.kind, self.region, self.title, self.day) = (kind, region, title, day)
            (self.place, self.note) = (place, note)
        }

        /// Everything that is wrong with it, by field.
        public func problems(_ policy: ProgrammePolicy) -> [String: FieldProblem] {
            var check = FieldCheck()
            let kind = policy.events.first { $0.id == self.kind }
            check.demand(kind != nil, "kind", .unknown)
            check.demand(kind?.hasRegions != true || !region.isEmpty, "region", .missing)
            check.demand(region.isEmpty || policy.regions.contains { $0.id == region }, "region", .unknown)
            check.demand(region.isEmpty || kind?.hasRegions != false, "region", .contradiction)
            return check.problems.merging(own) { first, _ in first }
        }

        /// What is wrong with it whatever the policy says.
        var own: [String: FieldProblem] {
            var check = FieldCheck()
            check.line("kind", kind)
            check.line("title", title)
            check.line("place", place)
            check.text("note", note, isRequired: false)
            return check.problems
        }
    }

    /// Who came from a firm.
    public struct Attendance: Sendable, Hashable, Codable {
        /// The firm.
        public var firm: String
        /// How many persons.
        public var persons: Int

        /// Who came.
        public init(firm: String, persons: Int) { (self.firm, self.persons) = (firm, persons) }
    }

    /// What can happen.
    public enum Event: CaseEvent {
        case plan(Plan)
        case attend([Attendance])
        case cancel(reason: String)

        /// What the trail calls it.
        public var action: String {
            switch self {
            case .plan: "plan"
            case .attend: "attend"
            case .cancel: "cancel"
            }
        }

        /// Why it was cancelled.
        public var reason: String? { if case .cancel(let reason) = self { reason } else { nil } }
    }

    /// `programme`.
    public static let kind = "programme"
    /// Its number.
    public let id: Int64
    /// How much happened.
    public var revision = 0
    /// What is planned.
    public private(set) var plan: Plan
    /// Who came, by firm.
    public private(set) var attendance: [Attendance] = []
    /// Why it was cancelled; empty when it was not.
    public private(set) var cancelled = ""

    /// The firms of which somebody came.
    public var firms: Set<String> { Set(attendance.map(\.firm)) }
    /// How many persons came.
    public var persons: Int { attendance.reduce(0) { $0 + $1.persons } }

    /// An event begins with its plan.
    public init(_ id: Int64, _ event: Event, _ said: Said) throws(SupervisionError) {
        guard case .plan(let plan) = event else { throw .conflict("an event begins with its plan") }
        guard plan.own.isEmpty else { throw .fields(plan.own) }
        (self.id, self.plan) = (id, plan)
    }

    /// Plans it otherwise, counts who came, cancels it.
    public mutating func apply(_ event: Event, _ said: Said) throws(SupervisionError) {
        guard cancelled.isEmpty else { throw .conflict("the event was cancelled") }
        var check = FieldCheck()
        switch event {
        case .plan(let plan):
            guard plan.own.isEmpty else { throw .fields(plan.own) }
            self.plan = plan
        case .attend(let attendance):
            check.demand(plan.day <= said.day, "attendance", .tooEarly)
            check.demand(attendance.count <= 20_000, "attendance", .tooMany)
            check.demand(attendance.allSatisfy { (1...100_000).contains($0.persons) }, "attendance", .noNumber)
            check.demand(Set(attendance.map(\.firm)).count == attendance.count, "attendance", .taken)
            try check.finish()
            self.attendance = attendance
        case .cancel(let reason):
            check.text("reason", reason)
            check.demand(attendance.isEmpty, "reason", .contradiction)
            try check.finish()
            cancelled = reason
        }
    }
}
