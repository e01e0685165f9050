internal import Rulebook

/// A question about a clause, and what was answered. An answer may be made known to everybody: then only the wording chosen for that is shown,
/// never who asked.
public struct ConsultingThread: CaseFile, Hashable {
    /// How far it is.
    public enum State: String, Sendable, CaseIterable { case open, answered, closed }

    /// What is asked.
    public struct Question: Sendable, Hashable, Codable {
        /// The clause.
        public var clause: String
        /// The firm that asks; empty for a question of the supervisor's own people.
        public var firm: String
        /// What it is about.
        public var title: String
        /// What is asked.
        public var text: String

        /// A question.
        public init(clause: String, firm: String, title: String, text: String) {
            (self.clause, self.firm, self.title, self.text) = (clause, firm, title, text)
        }

        /// Everything that is wrong with it, by field.
        public var problems: [String: FieldProblem] {
            var check = FieldCheck()
            check.demand(FollowUpClaimReader.isItem(clause), "clause", .unknown)
            check.demand(firm.isEmpty || FirmReader.isIdentifier(firm), "firm", .unknown)
            check.line("title", title)
            check.text("text", text)
            return check.problems
        }
    }

    /// Something that was written.
    public struct Post: Sendable, Hashable {
        /// The text.
        public var text: String
        /// Whether it answers; otherwise it asks.
        public var isAnswer: Bool
        /// When, and by whom.
        public var said: Said
    }

    /// What everybody may read.
    public struct Publication: Sendable, Hashable {
        /// The question, in words that do not tell who asks.
        public var question: String
        /// The answer.
        public var answer: String
        /// When, and by whom it was made known.
        public var said: Said
    }

    /// What can happen.
    public enum Event: CaseEvent {
        case ask(Question)
        case more(String)
        case answer(String)
        case publish(question: String, answer: String)
        case withdraw(reason: String)
        case close
        case reopen(reason: String)

        /// What the trail calls it.
        public var action: String {
            switch self {
            case .ask: "ask"
            case .more: "more"
            case .answer: "answer"
            case .publish: "publish"
            case .withdraw: "withdraw"
            case .close: "close"
            case .reopen: "reopen"
            }
        }

        /// Why it was withdrawn or opened again.
        public var reason: String? {
            switch self {
            case .withdraw(let reason), .reopen(let reason): reason
            default: nil
            }
        }
    }

    /// `question`.
    public static let kind = "question"
    /// Its number.
    public let id: Int64
    /// How much happened.
    public var revision = 0
    /// What is asked.
    public private(set) var question: Question
    /// How far it is.
    public private(set) var state = State.open
    /// Everything that was written, the question first.
    public private(set) var posts: [Post]
    /// What everybody may read; nil when nothing.
    public private(set) var publication: Publication?

    /// The firm that asks.
    public var firms: Set<String> { question.firm.isEmpty ? [] : [question.firm] }

    /// A thread begins with a question.
    public init(_ id: Int64, _ event: Event, _ said: Said) throws(SupervisionError) {
        guard case .ask(let question) = event else { throw .conflict("a thread begins with a question") }
        guard question.problems.isEmpty else { throw .fields(question.problems) }
        (self.id, self.question) = (id, question)
        posts = [Post(text: question.text, isAnswer: false, said: said)]
    }

    /// Asks more, answers, makes known, closes.
    public mutating func apply(_ event: Event, _ said: Said) throws(SupervisionError) {
        var check = FieldCheck()
        switch event {
        case .ask: throw .conflict("the question was asked")
        case .more(let text), .answer(let text): check.text("text", text)
        case .publish(let question, let answer):
            check.text("question", question)
            check.text("answer", answer)
        case .withdraw(let reason), .reopen(let reason): check.text("reason", reason)
        case .close: break
        }
        check.demand(posts.count < 500, "text", .tooMany)
        try check.finish()
        try change(event, said)
    }

    private mutating func change(_ event: Event, _ said: Said) throws(SupervisionError) {
        switch event {
        case .ask: break
        case .more(let text):
            try require(state != .closed)
            posts.append(Post(text: text, isAnswer: false, said: said))
            state = .open
        case .answer(let text):
            try require(state != .closed)
            posts.append(Post(text: text, isAnswer: true, said: said))
            state = .answered
        case .publish(let question, let answer):
            try require(state != .open)
            publication = Publication(question: question, answer: answer, said: said)
        case .withdraw:
            try require(publication != nil)
            publication = nil
        case .close:
            try require(state == .answered)
            state = .closed
        case .reopen:
            try require(state == .closed)
            state = .open
        }
    }

    private func require(_ isSo: Bool) throws(SupervisionError) {
        guard isSo else { throw .conflict("the question is \(state.rawValue)") }
    }
}

/// Whether a text tells which firm it speaks of.
public enum Anonymity {
    /// Names that a text for everybody may not hold: key, number, and every legal and short name of a firm.
    public static func names(of firm: Firm) -> [String] {
        ([firm.id, firm.number] + firm.names.flatMap { [$0.legal, $0.short] }).filter { $0.count >= 2 }
    }

    /// Whether a text holds one of the names, in capital or small letters.
    public static func isTold(_ names: [String], by text: String) -> Bool {
        let text = text.lowercased()
        return names.contains { text.contains($0.lowercased()) }
    }
}
