/// A firm asks the response team for help.
public struct SupportRequest: CaseFile, Hashable {
    /// How far it is.
    public enum State: String, Sendable, CaseIterable {
        /// Nobody took it yet.
        case new
        /// Somebody is at it.
        case taken
        /// It waits for the firm.
        case waiting
        /// It was answered.
        case answered
        case closed
    }

    /// What is asked for.
    public struct Call: Sendable, Hashable, Codable {
        /// The firm.
        public var firm: String
        /// The kind: a name of the policy.
        public var kind: String
        /// What it is about.
        public var title: String
        /// What is asked for.
        public var text: String
        /// Who asks, and how to reach them.
        public var contact: String
        /// When it came, UTC microseconds.
        public var received: Int64

        /// A call.
        public init(firm: String, kind: String, title: String, text: String, contact: String, received: Int64) {
            (self.firm, self.kind, self.title, self.text) = (firm, kind, title, text)
            (self.contact, self.received) = (contact, received)
        }

        /// Everything that is wrong with it, by field, at a moment.
        public func problems(at moment: Int64) -> [String: FieldProblem] {
            var check = FieldCheck()
            check.demand(FirmReader.isIdentifier(firm), "firm", .unknown)
            check.line("kind", kind)
            check.line("title", title)
            check.text("text", text)
            check.line("contact", contact)
            check.demand(received <= moment, "received", .tooEarly)
            return check.problems
        }
    }

    /// Something that was said.
    public struct Post: Sendable, Hashable {
        /// The state after it.
        public var state: State
        /// The text.
        public var text: String
        /// When, and by whom.
        public var said: Said
    }

    /// What can happen.
    public enum Event: CaseEvent {
        case call(Call)
        case take(person: String)
        case wait(String)
        case resume(String)
        case answer(String)
        case close(String)
        case reopen(reason: String)

        /// What the trail calls it.
        public var action: String {
            switch self {
            case .call: "call"
            case .take: "take"
            case .wait: "wait"
            case .resume: "resume"
            case .answer: "answer"
            case .close: "close"
            case .reopen: "reopen"
            }
        }

        /// Why it was opened again.
        public var reason: String? { if case .reopen(let reason) = self { reason } else { nil } }
    }

    /// `support`.
    public static let kind = "support"
    /// Its number.
    public let id: Int64
    /// How much happened.
    public var revision = 0
    /// What is asked for.
    public private(set) var call: Call
    /// How far it is.
    public private(set) var state = State.new
    /// Who is at it; empty for nobody.
    public private(set) var person = ""
    /// When somebody took it first, UTC microseconds.
    public private(set) var taken: Int64?
    /// When it was answered first, UTC microseconds.
    public private(set) var answered: Int64?
    /// When it was closed, UTC microseconds; nil while it is not.
    public private(set) var closed: Int64?
    /// Everything that was said.
    public private(set) var posts: [Post] = []

    /// The firm.
    public var firms: Set<String> { [call.firm] }
    /// Seconds from the call to its being taken.
    public var secondsToTake: Int64? { taken.map { max(0, ($0 - call.received) / 1_000_000) } }
    /// Seconds from the call to the first answer.
    public var secondsToAnswer: Int64? { answered.map { max(0, ($0 - call.received) / 1_000_000) } }

    /// A request begins with a call.
    public init(_ id: Int64, _ event: Event, _ said: Said) throws(SupervisionError) {
        guard case .call(let call) = event else { throw .conflict("a request begins with a call") }
        let problems = call.problems(at: said.at)
        guard problems.isEmpty else { throw .fields(problems) }
        (self.id, self.call) = (id, call)
    }

    /// Whether something may happen in a state.
    public static func leads(_ event: Event, from state: State) -> Bool { step(event)?.from.contains(state) ?? false }

    /// From which states something may happen, and what state it leads to; nil for what happens only at the beginning.
    static func step(_ event: Event) -> (from: Set<State>, to: State)? {
        switch event {
        case .call: nil
        case .take: ([.new, .taken, .waiting], .taken)
        case .wait: ([.taken], .waiting)
        case .resume: ([.waiting], .taken)
        case .answer: ([.taken, .waiting], .answered)
        case .close: ([.answered], .closed)
        case .reopen: ([.answered, .closed], .taken)
        }
    }

    /// Takes it, waits, answers, closes.
    public mutating func apply(_ event: Event, _ said: Said) throws(SupervisionError) {
        guard let step = Self.step(event), step.from.contains(state) else { throw .conflict("the request is \(state.rawValue)") }
        var check = FieldCheck()
        let text: String
        switch event {
        case .call: text = ""
        case .take(let person):
            text = person
            check.line("person", person)
        case .wait(let said), .resume(let said), .answer(let said):
            text = said
            check.text("text", said)
        case .close(let said):
            text = said
            check.text("text", said, isRequired: false)
        case .reopen(let reason):
            text = reason
            check.text("text", reason)
        }
        check.demand(posts.count < 500, "text", .tooMany)
        try check.finish()
        state = step.to
        if case .take = event { (person, taken) = (text, taken ?? said.at) }
        if case .answer = event { answered = answered ?? said.at }
        closed = state == .closed ? said.at : nil
        posts.append(Post(state: state, text: text, said: said))
    }
}
