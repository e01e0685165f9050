public import Rulebook

/// Something that was agreed: a corrective action of a finding, an action of a coaching visit, a resolution of a meeting. Somebody carries it,
/// there is a day, and what is said of it later stands beside what was said before.
public struct AgreedAction: Sendable, Hashable {
    /// How far it is.
    public enum State: String, Sendable, CaseIterable, Codable {
        /// Nothing was done yet.
        case open
        /// It is being carried out.
        case inProgress = "in-progress"
        /// It is done.
        case done
        /// It will not be done; the note says why.
        case dropped

        /// Whether nothing more is to be done.
        public var isSettled: Bool { self == .done || self == .dropped }
    }

    /// What is said of it.
    public struct Word: Sendable, Hashable, Codable {
        /// How far it is.
        public var state: State
        /// Who carries it.
        public var owner: String
        /// The day by which it shall be done; nil for nothing that can be said.
        public var due: CivilDate?
        /// How far it is, 0 to 100.
        public var progress: Int
        /// More, in words.
        public var note: String

        /// Something said of an action.
        public init(state: State = .open, owner: String, due: CivilDate?, progress: Int = 0, note: String = "") {
            (self.state, self.owner, self.due, self.progress, self.note) = (state, owner, due, progress, note)
        }
    }

    /// What is agreed.
    public struct Agreement: Sendable, Hashable, Codable {
        /// What will be done.
        public var what: String
        /// The item it is about; empty for none.
        public var item: String
        /// Who, by when.
        public var word: Word

        /// An agreement.
        public init(what: String, item: String = "", word: Word) { (self.what, self.item, self.word) = (what, item, word) }
    }

    /// What was said of it once.
    public struct Step: Sendable, Hashable {
        /// What was said.
        public var word: Word
        /// When, and by whom.
        public var said: Said
    }

    /// Counts from 1 within its case.
    public var number: Int
    /// What will be done.
    public var what: String
    /// The item it is about; empty for none.
    public var item: String
    /// What was said of it, oldest first; the first is how it was agreed.
    public var words: [Step]

    init(_ number: Int, _ agreement: Agreement, _ said: Said) {
        (self.number, what, item) = (number, agreement.what, agreement.item)
        words = [Step(word: agreement.word, said: said)]
    }

    /// What holds.
    public var current: Word { words.last?.word ?? Word(owner: "", due: nil) }
    /// Moves of its day.
    public var slips: Slips { Slips(words.map(\.word.due)) }

    /// Days since its day; 0 when it is settled or its day has not come.
    public func overdueDays(on day: CivilDate) -> Int {
        guard !current.state.isSettled, let due = current.due, due < day else { return 0 }
        return day - due
    }
}

/// What may be said of an action.
public enum ActionRules {
    /// Everything that is wrong with an agreement, by field.
    public static func problems(_ agreement: AgreedAction.Agreement, on day: CivilDate) -> [String: FieldProblem] {
        var check = FieldCheck()
        check.text("what", agreement.what)
        check.demand(agreement.item.isEmpty || FollowUpClaimReader.isItem(agreement.item), "item", .unknown)
        check.demand(!agreement.word.state.isSettled, "state", .order)
        return check.problems.merging(problems(agreement.word, after: nil, on: day)) { first, _ in first }
    }

    /// Everything that is wrong with a new word, by field.
    ///
    /// - Parameters:
    ///   - new: what is to be said.
    ///   - before: what holds until now; nil when it is being agreed.
    ///   - day: the day it is said.
    /// - Returns: what is wrong; empty when it may be said.
    public static func problems(
        _ new: AgreedAction.Word, after before: AgreedAction.Word?, on day: CivilDate
    ) -> [String: FieldProblem] {
        var check = FieldCheck()
        check.line("owner", new.owner)
        check.text("note", new.note, isRequired: false)
        check.demand(new.due != nil, "due", .missing)
        check.demand(new.due == before?.due || new.state.isSettled || day <= new.due ?? day, "due", .tooEarly)
        check.demand((0...100).contains(new.progress), "progress", .noNumber)
        check.demand((new.state == .done) == (new.progress == 100) || new.state == .dropped, "progress", .contradiction)
        let isExplained = new.note.contains { !$0.isWhitespace }
        check.demand(new.state != .dropped || isExplained, "note", .reason)
        // What was settled is taken up again only with a reason.
        check.demand(before?.state.isSettled != true || new.state.isSettled || isExplained, "note", .reason)
        return check.problems
    }
}

/// The actions of a case: what all cases do alike with them.
struct ActionList: Sendable, Hashable {
    private(set) var actions: [AgreedAction] = []

    /// Most actions of a case.
    static let limit = 500

    /// Adds one.
    mutating func agree(_ agreement: AgreedAction.Agreement, _ said: Said) throws(SupervisionError) {
        let problems = ActionRules.problems(agreement, on: said.day)
        guard problems.isEmpty else { throw .fields(problems) }
        guard actions.count < Self.limit else { throw .fields(["what": .tooMany]) }
        actions.append(AgreedAction(actions.count + 1, agreement, said))
    }

    /// Says something of one.
    mutating func say(_ word: AgreedAction.Word, of number: Int, _ said: Said) throws(SupervisionError) {
        guard actions.indices.contains(number - 1) else { throw .notFound("action \(number)") }
        let problems = ActionRules.problems(word, after: actions[number - 1].current, on: said.day)
        guard problems.isEmpty else { throw .fields(problems) }
        actions[number - 1].words.append(.init(word: word, said: said))
    }
}
