/// A shift of the response team.
public struct DutyShift: CaseFile, Hashable {
    /// What is planned.
    public struct Plan: Sendable, Hashable, Codable {
        /// Who is on duty.
        public var person: String
        /// How to reach the person.
        public var contact: String
        /// From when, UTC microseconds.
        public var from: Int64
        /// Until when, UTC microseconds; not included.
        public var until: Int64

        /// A plan.
        public init(person: String, contact: String, from: Int64, until: Int64) {
            (self.person, self.contact, self.from, self.until) = (person, contact, from, until)
        }

        /// Longest shift, in microseconds: 31 days.
        static let longest: Int64 = 31 * 86_400_000_000

        /// Everything that is wrong with it, by field.
        public var problems: [String: FieldProblem] {
            var check = FieldCheck()
            check.line("person", person)
            check.line("contact", contact)
            check.demand(from < until, "until", .tooEarly)
            check.demand(until - from <= Self.longest, "until", .noMoment)
            return check.problems
        }
    }

    /// What can happen.
    public enum Event: CaseEvent {
        case plan(Plan)
        case cancel(reason: String)

        /// What the trail calls it.
        public var action: String { if case .plan = self { "plan" } else { "cancel" } }
        /// Why it was cancelled.
        public var reason: String? { if case .cancel(let reason) = self { reason } else { nil } }
    }

    /// `shift`.
    public static let kind = "shift"
    /// Its number.
    public let id: Int64
    /// How much happened.
    public var revision = 0
    /// What is planned.
    public private(set) var plan: Plan
    /// Why it was cancelled; empty when it was not.
    public private(set) var cancelled = ""

    /// None.
    public var firms: Set<String> { [] }

    /// A shift begins with its plan.
    public init(_ id: Int64, _ event: Event, _ said: Said) throws(SupervisionError) {
        guard case .plan(let plan) = event else { throw .conflict("a shift begins with its plan") }
        guard plan.problems.isEmpty else { throw .fields(plan.problems) }
        (self.id, self.plan) = (id, plan)
    }

    /// Plans it otherwise, or cancels it. A shift that is over stays as it was.
    public mutating func apply(_ event: Event, _ said: Said) throws(SupervisionError) {
        guard cancelled.isEmpty else { throw .conflict("the shift was cancelled") }
        guard said.at < plan.until else { throw .conflict("the shift is over") }
        switch event {
        case .plan(let plan):
            guard plan.problems.isEmpty else { throw .fields(plan.problems) }
            self.plan = plan
        case .cancel(let reason):
            var check = FieldCheck()
            check.text("reason", reason)
            try check.finish()
            cancelled = reason
        }
    }
}

/// Who is on duty when, worked out from shifts.
public struct DutyRoster: Sendable {
    /// Shifts that were not cancelled, by their beginning.
    public let shifts: [DutyShift]

    /// The roster of shifts.
    public init(_ shifts: some Sequence<DutyShift>) {
        self.shifts = shifts.filter(\.cancelled.isEmpty).sorted { ($0.plan.from, $0.id) < ($1.plan.from, $1.id) }
    }

    /// Who is on duty at a moment, UTC microseconds.
    public func onDuty(at moment: Int64) -> [DutyShift] {
        shifts.filter { $0.plan.from <= moment && moment < $0.plan.until }
    }

    /// The stretches of a window in which nobody is on duty, in order; UTC microseconds, the end not included.
    public func uncovered(from start: Int64, until end: Int64) -> [Range<Int64>] {
        var (gaps, reached): ([Range<Int64>], Int64) = ([], start)
        for shift in shifts where shift.plan.until > start && shift.plan.from < end {
            if shift.plan.from > reached { gaps.append(reached..<shift.plan.from) }
            reached = max(reached, shift.plan.until)
        }
        if reached < end { gaps.append(reached..<end) }
        return gaps
    }
}
