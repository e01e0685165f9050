public import Documents
public import Rulebook

/// What is known of a firm where its answers are looked at: the register's facts and the decisions in force, not what the firm answers.
public struct FirmView: Sendable {
    /// Facts by name without `firm.`; what is not here is not known.
    public var facts: [String: Node]
    /// Decisions by id, such as `securities-tier`: their values.
    public var decisions: [String: String]
    /// The numbers of the rules.
    public var parameters: [ParameterID: Parameter]

    /// What is known of a firm.
    public init(facts: [String: Node], decisions: [String: String], parameters: [ParameterID: Parameter] = [:]) {
        (self.facts, self.decisions, self.parameters) = (facts, decisions, parameters)
    }
}

/// Answers held against the questionnaire, the register and each other. A function of what it is given: nothing is looked up.
public struct AnswerCheck: Sendable {
    /// How a question stands.
    public enum State: String, Sendable, CaseIterable {
        /// It applies, or may apply, and was answered.
        case answered
        /// It applies, or may apply, and was not answered. That is no yes.
        case noAnswer = "no-answer"
        /// The register says that it does not concern the firm.
        case notApplicable = "not-applicable"
        /// The answer and the register cannot both be right.
        case contradiction
    }

    /// What a question counts as in a table of many firms.
    public enum Declared: String, Sendable, CaseIterable {
        case yes, no
        /// The question does not concern the firm; it is in no denominator.
        case notApplicable = "not-applicable"
        /// Nothing that can be counted was said.
        case noAnswer = "no-answer"
    }

    /// One question.
    public struct Item: Sendable {
        /// The question.
        public var question: Questionnaire.Question
        /// Whether it concerns the firm, and what decides that.
        public var applies: Evaluation
        /// What was answered; nil for nothing.
        public var entry: Answers.Entry?
        /// How it stands.
        public var state: State

        /// What it counts as: whether a question concerns a firm is decided by the register (D-03, D-04), and a contradiction counts as nothing
        /// said.
        public var declared: Declared {
            switch state {
            case .notApplicable: .notApplicable
            case .noAnswer: .noAnswer
            case .contradiction: applies.truth == .no ? .notApplicable : .noAnswer
            case .answered:
                switch entry?.answer {
                case .yes: .yes
                case .no: .no
                case .notApplicable: .notApplicable
                case nil: .noAnswer
                }
            }
        }
    }

    /// Something that whoever answers, or reads the answers, must know.
    public struct Remark: Sendable, Hashable {
        /// What kind it is.
        public enum Code: String, Sendable, CaseIterable {
            /// A check of the questionnaire; `says` is its text.
            case check
            /// Answered, though the register says that the question does not concern the firm.
            case answeredOutside = "answered-outside"
            /// Called not applicable, though the register says that it applies.
            case applies
            /// Called not applicable, and the register does not know whether it is.
            case unconfirmed
            /// Called not applicable for the firm's systems, without saying why.
            case unexplained
            /// An answer to something that was not asked.
            case notAsked = "not-asked"
            /// The answers belong to another questionnaire, or another version of it.
            case anotherQuestionnaire = "another-questionnaire"
        }

        /// What kind it is.
        public var code: Code
        /// The check's id, or the question's.
        public var id: String
        /// The check's text; nil for the other kinds.
        public var says: Text?
        /// How grave it is.
        public var severity: Questionnaire.Check.Severity
        /// The questions it stands beside.
        public var questions: [String]
    }

    /// The questions in the questionnaire's order.
    public let items: [Item]
    /// What there is to say, gravest first, then in the questionnaire's order.
    public let remarks: [Remark]

    /// Holds answers against what is known.
    ///
    /// - Parameters:
    ///   - questionnaire: what was asked.
    ///   - firm: what is known of the firm on the day the answers are about.
    ///   - answers: what it says.
    public init(_ questionnaire: Questionnaire, firm: FirmView, answers: Answers) {
        var context = AnswerContext(firm: firm)
        let entries = Dictionary(answers.entries.map { ($0.question, $0) }) { first, _ in first }
        var items: [Item] = []
        var remarks: [Remark] = []
        if answers.questionnaire != questionnaire.reference {
            remarks.append(Remark(code: .anotherQuestionnaire, id: answers.questionnaire.id, severity: .error, questions: []))
        }
        for question in questionnaire.questions {
            let parts = [questionnaire.applies, question.applies].compactMap { $0 }
            let applies = parts.isEmpty ? Evaluation(.yes) : Evaluator(context).evaluate(.all(parts))
            let entry = entries[question.id]
            let (state, code) = Self.state(question, applies.truth, entry)
            items.append(Item(question: question, applies: applies, entry: entry, state: state))
            if let code {
                remarks.append(
                    Remark(
                        code: code, id: question.id, severity: state == .contradiction ? .error : .warning,
                        questions: [question.id]))
            }
        }
        for item in items {
            context.answers[item.question.id] = item.entry?.answer.map { .text($0.rawValue) }
            context.applies[item.question.id] =
                item.applies.truth == .unknown ? nil : .text(item.applies.truth == .yes ? "yes" : "no")
        }
        for check in questionnaire.checks where Evaluator(context).truth(of: check.when) == .yes {
            remarks.append(
                Remark(code: .check, id: check.id, says: check.says, severity: check.severity, questions: check.questions))
        }
        for entry in answers.entries where questionnaire.question(entry.question) == nil {
            remarks.append(Remark(code: .notAsked, id: entry.question, severity: .error, questions: []))
        }
        self.items = items
        self.remarks = remarks.filter { $0.severity == .error } + remarks.filter { $0.severity == .warning }
    }

    /// How a question stands, and what there is to say about it by itself.
    private static func state(
        _ question: Questionnaire.Question, _ applies: Truth, _ entry: Answers.Entry?
    ) -> (State, Remark.Code?) {
        switch (applies, entry?.answer) {
        case (.no, nil), (.no, .notApplicable): (.notApplicable, nil)
        case (.no, _): (.contradiction, .answeredOutside)
        case (_, nil): (.noAnswer, nil)
        case (.unknown, .notApplicable): (.answered, .unconfirmed)
        case (.yes, .notApplicable):
            // The register knows the firm, not its systems: that none of them is concerned only the firm can say, and it says why.
            question.subject == .system
                ? (.answered, entry?.note.isEmpty == false ? nil : .unexplained) : (.contradiction, .applies)
        case (_, .yes), (_, .no): (.answered, nil)
        }
    }

    /// Remarks that stand beside a question.
    public func remarks(on question: String) -> [Remark] { remarks.filter { $0.questions.contains(question) } }

    /// Whether nothing stands in the way of handing the answers in. Questions without an answer do not: they are counted as that.
    public var isConsistent: Bool { !remarks.contains { $0.severity == .error } }

    /// How many questions stand so.
    public func count(_ state: State) -> Int { items.count { $0.state == state } }
}

/// What checks may ask: facts, decisions, answers, and whether questions apply.
struct AnswerContext: EvaluationContext {
    let firm: FirmView
    var answers: [String: Node] = [:]
    var applies: [String: Node] = [:]

    func flat(_ path: FactPath) -> Node? {
        guard path.keys.count == 2 else { return nil }
        let name = path.keys[1]
        switch path.keys[0] {
        case "firm": return firm.facts[name]
        case "decision": return firm.decisions[name].map { .text($0) }
        case "answer": return answers[name]
        case "applies": return applies[name]
        default: return nil
        }
    }

    func root(_ key: String) -> Node? { nil }
    /// What was not said is not known; whether it was said is.
    func isKnown(_ root: String) -> Bool { true }
    func profileFact(_ path: FactPath) -> Node? { flat(path) }
    func parameter(_ id: ParameterID) -> Parameter? { firm.parameters[id] }
    func unit(of path: [String]) -> Unit? { nil }
    /// Answers have no ages.
    var instant: Instant { Instant(seconds: 0) }
}
