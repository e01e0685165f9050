public import Rulebook

/// How far a submission has come.
public enum FilingState: String, Sendable, CaseIterable {
    /// The supervisor has it.
    case submitted
    /// It was returned with questions.
    case returned
    /// All questions are answered.
    case answered
    /// The supervisor accepted it.
    case accepted
}

/// What one firm filed for one quarter: the newest version, and whose turn it is. Both sides keep one and let the same events happen to it.
public struct Filing: Sendable, Hashable {
    /// What can happen.
    public enum Event: Sendable, Hashable {
        /// The firm hands in a version.
        case submit(sha256: String, version: Int, previous: String?)
        /// The supervisor returns the newest version with questions.
        case ask(of: String, message: String, questions: Set<String>)
        /// The firm answers some of them.
        case reply(of: String, to: String, questions: Set<String>)
        /// The supervisor accepts the newest version.
        case accept(of: String)
    }

    /// The quarter.
    public let quarter: Quarter
    /// The newest version; 0 before the first.
    public private(set) var version = 0
    /// SHA-256 of its payload; empty before the first.
    public private(set) var head = ""
    /// How far the newest version has come; nil before the first.
    public private(set) var state: FilingState?
    /// SHA-256 of the payload that asked last; empty when nobody did.
    public private(set) var asked = ""
    /// Questions of it that are not answered.
    public private(set) var open: Set<String> = []

    /// A quarter for which nothing was filed yet.
    public init(_ quarter: Quarter) { self.quarter = quarter }

    /// A filing as it was kept.
    public init(_ quarter: Quarter, version: Int, head: String, state: FilingState?, asked: String, open: Set<String>) {
        self.init(quarter)
        (self.version, self.head, self.state, self.asked, self.open) = (version, head, state, asked, open)
    }

    /// The filing after an event.
    ///
    /// A version follows the one before and may come as long as that is not accepted; returning an accepted one opens it again. Questions and
    /// answers are about the newest version, and answers about the questions that were asked last.
    ///
    /// - Throws: `.outOfOrder` when it is not its turn, `.replayed` when it happened already.
    public func after(_ event: Event) throws(PackageRefusal) -> Filing {
        var next = self
        switch event {
        case .submit(let sha256, let number, let previous):
            guard sha256 != head else { throw PackageRefusal(.replayed, "version \(number) is there") }
            guard state != .accepted else { throw PackageRefusal(.outOfOrder, "version \(version) is accepted") }
            guard number == version + 1 else {
                throw PackageRefusal(.outOfOrder, "version \(version + 1) is expected, not \(number)")
            }
            guard previous == (version == 0 ? nil : head) else {
                throw PackageRefusal(.outOfOrder, "the version before is another one")
            }
            (next.version, next.head, next.state, next.asked, next.open) = (number, sha256, .submitted, "", [])
        case .ask(let of, let message, let questions):
            try requireHead(of)
            guard state != .returned, !questions.isEmpty else {
                throw PackageRefusal(.outOfOrder, "questions are open")
            }
            (next.state, next.asked, next.open) = (.returned, message, questions)
        case .reply(let of, let to, let questions):
            try requireHead(of)
            guard state == .returned, to == asked, !questions.isEmpty, questions.isSubset(of: open) else {
                throw PackageRefusal(.outOfOrder, "these questions are not open")
            }
            next.open.subtract(questions)
            if next.open.isEmpty { next.state = .answered }
        case .accept(let of):
            try requireHead(of)
            guard state == .submitted || state == .answered else {
                throw PackageRefusal(.outOfOrder, "it waits for answers, or is accepted")
            }
            next.state = .accepted
        }
        return next
    }

    private func requireHead(_ of: String) throws(PackageRefusal) {
        guard version > 0, of == head else { throw PackageRefusal(.outOfOrder, "it is not about the newest version") }
    }
}
