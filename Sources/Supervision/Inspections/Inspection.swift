public import Rulebook

/// An inspection of a firm: planned, carried out by a checklist, reported, and followed until nothing is open.
///
/// Its states follow one another: planned, under way, signed, closed; it may be cancelled until it is signed. Once signed, checklist and findings
/// stand as they are: only what the firm answers, what is done about findings, and how they end is added. It closes only when every finding is
/// closed or accepted.
public struct Inspection: CaseFile, Hashable {
    /// How far it is.
    public enum State: String, Sendable, CaseIterable {
        case planned
        case underWay = "under-way"
        case signed, closed, cancelled
    }

    /// Of which kind it is.
    public enum Occasion: String, Sendable, CaseIterable, Codable {
        /// Of the yearly plan.
        case yearly
        /// About one theme.
        case thematic
    }

    /// What is planned.
    public struct Plan: Sendable, Hashable, Codable {
        /// The year of the plan.
        public var year: Int
        /// Of which kind it is.
        public var occasion: Occasion
        /// The theme; empty for none.
        public var theme: String
        /// The firm.
        public var firm: String
        /// The planned day.
        public var day: CivilDate
        /// Who leads it.
        public var lead: String
        /// Why this firm.
        public var why: String

        /// A plan.
        public init(
            year: Int, occasion: Occasion, theme: String = "", firm: String, day: CivilDate, lead: String, why: String
        ) {
            (self.year, self.occasion, self.theme, self.firm) = (year, occasion, theme, firm)
            (self.day, self.lead, self.why) = (day, lead, why)
        }

        /// Everything that is wrong with it, by field.
        public var problems: [String: FieldProblem] {
            var check = FieldCheck()
            check.demand((1990...9999).contains(year), "year", .noNumber)
            check.demand(day.parts.year == year, "day", .contradiction)
            check.line("theme", theme, isRequired: occasion == .thematic)
            check.demand(FirmReader.isIdentifier(firm), "firm", .unknown)
            check.line("lead", lead)
            check.text("why", why)
            return check.problems
        }
    }

    /// What was found of a row of the checklist.
    public enum Answer: String, Sendable, CaseIterable, Codable {
        /// The firm keeps it.
        case conforming
        /// It does not: there is a finding.
        case finding
        /// It was not looked at.
        case notLooked = "not-looked"
        /// It does not bind the firm.
        case notApplicable = "not-applicable"
    }

    /// A row of the checklist.
    public struct Row: Sendable, Hashable {
        /// The clause.
        public var clause: String
        /// Whether it binds the firm for sure; otherwise a fact is not known.
        public var isCertain: Bool
        /// What was found; nil while nobody answered.
        public var answer: Answer?
        /// What was seen.
        public var note = ""
        /// Where the evidence lies.
        public var evidence = ""
        /// When and by whom it was answered.
        public var said: Said?
    }

    /// A finding.
    public struct Finding: Sendable, Hashable {
        /// How it stands.
        public enum State: String, Sendable, CaseIterable, Codable {
            case open
            /// What was to be done is done.
            case closed
            /// It stays as it is, for a reason.
            case accepted
        }

        /// Counts from 1 within the inspection.
        public var number: Int
        /// The clause; empty for none.
        public var clause: String
        /// How severe it is: a name of the policy.
        public var severity: String
        /// What was found.
        public var text: String
        /// What the firm answers.
        public var response = ""
        /// How it stands.
        public var state = State.open
        /// Why it ended so.
        public var reason = ""
        /// Why it was struck out before the report was signed; empty when it stands.
        public var struck = ""
        /// Numbers of its corrective actions.
        public var actions: [Int] = []
    }

    /// What can happen in an inspection.
    public enum Event: CaseEvent {
        /// A row of a checklist as it is made.
        public struct Line: Sendable, Hashable, Codable {
            /// The clause.
            public var clause: String
            /// Whether it binds the firm for sure.
            public var isCertain: Bool

            /// A row.
            public init(clause: String, isCertain: Bool) { (self.clause, self.isCertain) = (clause, isCertain) }
        }

        case plan(Plan)
        case begin(day: CivilDate, lines: [Line])
        case answer(clause: String, answer: Answer, note: String, evidence: String)
        case find(clause: String, severity: String, text: String)
        case strike(finding: Int, reason: String)
        case sign(conclusion: String)
        case respond(finding: Int, text: String)
        case agree(finding: Int, AgreedAction.Agreement)
        case say(action: Int, AgreedAction.Word)
        case settle(finding: Int, as: Finding.State, reason: String)
        case close(note: String)
        case cancel(reason: String)
    }

    /// `inspection`.
    public static let kind = "inspection"
    /// Its number.
    public let id: Int64
    /// How much happened.
    public var revision = 0
    /// What is planned.
    public private(set) var plan: Plan
    /// How far it is.
    public private(set) var state = State.planned
    /// The day whose facts the checklist was made from; nil before it is under way.
    public private(set) var asOf: CivilDate?
    /// The checklist.
    public private(set) var rows: [Row] = []
    /// Findings, also those that were struck out.
    public private(set) var findings: [Finding] = []
    private var list = ActionList()
    /// What the report concludes.
    public private(set) var conclusion = ""
    /// When and by whom it was signed.
    public private(set) var signed: Said?
    /// When and by whom it was closed or cancelled.
    public private(set) var ended: Said?
    /// What was said then.
    public private(set) var ending = ""

    /// The firm.
    public var firms: Set<String> { [plan.firm] }
    /// Corrective actions.
    public var actions: [AgreedAction] { list.actions }
    /// Findings that were not struck out.
    public var standing: [Finding] { findings.filter(\.struck.isEmpty) }
    /// Rows that nobody answered.
    public var unanswered: Int { rows.count { $0.answer == nil } }
    /// Findings that are neither closed nor accepted.
    public var openFindings: Int { standing.count { $0.state == .open } }

    /// An inspection begins with its plan.
    public init(_ id: Int64, _ event: Event, _ said: Said) throws(SupervisionError) {
        guard case .plan(let plan) = event else { throw .conflict("an inspection begins with its plan") }
        if !plan.problems.isEmpty { throw .fields(plan.problems) }
        (self.id, self.plan) = (id, plan)
    }

    /// What the inspection is after something happened; as it was when that is refused.
    public mutating func apply(_ event: Event, _ said: Said) throws(SupervisionError) {
        var next = self
        switch event {
        case .plan(let plan):
            try next.require(.planned)
            guard plan.problems.isEmpty else { throw .fields(plan.problems) }
            next.plan = plan
        case .begin(let day, let lines): try next.begin(day, lines)
        case .answer(let clause, let answer, let note, let evidence): try next.answer(clause, answer, note, evidence, said)
        case .find(let clause, let severity, let text): try next.find(clause, severity, text)
        case .strike(let number, let reason):
            try next.require(.underWay)
            let index = try next.index(number)
            try Self.explained(reason)
            next.findings[index].struck = reason
        case .sign(let conclusion): try next.sign(conclusion, said)
        case .respond(let number, let text):
            try next.require(.signed)
            let index = try next.index(number)
            try Self.check { $0.text("response", text) }
            next.findings[index].response = text
        case .agree(let number, let agreement):
            try next.require(.signed)
            let index = try next.openFinding(number)
            try next.list.agree(agreement, said)
            next.findings[index].actions.append(next.list.actions.count)
        case .say(let action, let word): try next.say(word, of: action, said)
        case .settle(let number, let state, let reason): try next.settle(number, state, reason)
        case .close(let note):
            try next.require(.signed)
            guard next.openFindings == 0 else { throw .conflict("\(next.openFindings) findings are open") }
            try Self.check { $0.text("note", note, isRequired: false) }
            (next.state, next.ended, next.ending) = (.closed, said, note)
        case .cancel(let reason):
            guard state == .planned || state == .underWay else { throw .conflict("it is \(state.rawValue)") }
            try Self.explained(reason)
            (next.state, next.ended, next.ending) = (.cancelled, said, reason)
        }
        self = next
    }
}

// MARK: What each event does

extension Inspection {
    private mutating func begin(_ day: CivilDate, _ lines: [Event.Line]) throws(SupervisionError) {
        try require(.planned)
        guard !lines.isEmpty, Set(lines.map(\.clause)).count == lines.count else {
            throw .conflict("a checklist has at least one row, and none twice")
        }
        (state, asOf) = (.underWay, day)
        rows = lines.map { Row(clause: $0.clause, isCertain: $0.isCertain) }
    }

    private mutating func answer(
        _ clause: String, _ answer: Answer, _ note: String, _ evidence: String, _ said: Said
    ) throws(SupervisionError) {
        try require(.underWay)
        guard let index = rows.firstIndex(where: { $0.clause == clause }) else { throw .notFound("row \(clause)") }
        try Self.check {
            // What was not looked at, or does not bind, is explained.
            $0.text("note", note, isRequired: answer == .notLooked || answer == .notApplicable)
            $0.line("evidence", evidence, isRequired: false, limit: 500)
        }
        (rows[index].answer, rows[index].note, rows[index].evidence, rows[index].said) = (answer, note, evidence, said)
    }

    private mutating func find(_ clause: String, _ severity: String, _ text: String) throws(SupervisionError) {
        try require(.underWay)
        try Self.check { check in
            check.demand(clause.isEmpty || rows.contains { $0.clause == clause }, "clause", .unknown)
            check.line("severity", severity)
            check.text("text", text)
            check.demand(findings.count < ActionList.limit, "text", .tooMany)
        }
        findings.append(Finding(number: findings.count + 1, clause: clause, severity: severity, text: text))
    }

    private mutating func sign(_ conclusion: String, _ said: Said) throws(SupervisionError) {
        try require(.underWay)
        try Self.check { $0.text("conclusion", conclusion) }
        guard unanswered == 0 else { throw .conflict("\(unanswered) rows of the checklist have no answer") }
        let found = Set(standing.map(\.clause))
        if let row = rows.first(where: { ($0.answer == .finding) != found.contains($0.clause) }) {
            throw .conflict("\(row.clause): answer and findings do not agree")
        }
        (state, signed, self.conclusion) = (.signed, said, conclusion)
    }

    private mutating func say(_ word: AgreedAction.Word, of action: Int, _ said: Said) throws(SupervisionError) {
        try require(.signed)
        guard let finding = findings.first(where: { $0.actions.contains(action) }) else { throw .notFound("action \(action)") }
        // A closed finding rests on its actions: whoever wants to say more opens it first.
        _ = try openFinding(finding.number)
        try list.say(word, of: action, said)
    }

    private mutating func settle(_ number: Int, _ state: Finding.State, _ reason: String) throws(SupervisionError) {
        try require(.signed)
        let index = try index(number)
        guard findings[index].state != state else { throw .conflict("finding \(number) is \(state.rawValue)") }
        try Self.explained(reason)
        if state != .open {
            guard findings[index].state == .open else {
                throw .conflict("finding \(number) is \(findings[index].state.rawValue)")
            }
        }
        if state == .closed {
            let left = findings[index].actions.filter { !list.actions[$0 - 1].current.state.isSettled }
            guard left.isEmpty else { throw .conflict("\(left.count) actions of finding \(number) are not done") }
        }
        (findings[index].state, findings[index].reason) = (state, reason)
    }

    private func require(_ wanted: State) throws(SupervisionError) {
        guard state == wanted else { throw .conflict("the inspection is \(state.rawValue), not \(wanted.rawValue)") }
    }

    private func index(_ number: Int) throws(SupervisionError) -> Int {
        guard findings.indices.contains(number - 1), findings[number - 1].struck.isEmpty else {
            throw .notFound("finding \(number)")
        }
        return number - 1
    }

    private func openFinding(_ number: Int) throws(SupervisionError) -> Int {
        let index = try index(number)
        guard findings[index].state == .open else { throw .conflict("finding \(number) is \(findings[index].state.rawValue)") }
        return index
    }

    private static func explained(_ reason: String) throws(SupervisionError) { try check { $0.text("reason", reason) } }

    private static func check(_ body: (inout FieldCheck) -> Void) throws(SupervisionError) {
        var check = FieldCheck()
        body(&check)
        try check.finish()
    }
}

extension Inspection.Event {
    /// What the trail calls it.
    public var action: String {
        switch self {
        case .plan: "plan"
        case .begin: "begin"
        case .answer: "answer"
        case .find: "find"
        case .strike: "strike"
        case .sign: "sign"
        case .respond: "respond"
        case .agree: "agree"
        case .say: "say"
        case .settle(_, let state, _): state == .open ? "reopen" : state == .closed ? "settle" : "accept"
        case .close: "close"
        case .cancel: "cancel"
        }
    }

    /// Why a finding was struck out, settled or opened again, or the inspection cancelled.
    public var reason: String? {
        switch self {
        case .strike(_, let reason), .settle(_, _, let reason), .cancel(let reason): reason
        default: nil
        }
    }
}
