public import Rulebook

/// What is wrong with one field of what somebody filled in; pages say it in the reader's language.
public enum FieldProblem: String, Sendable, CaseIterable {
    /// It must be filled in.
    case missing
    /// It is longer than is kept.
    case tooLong = "too-long"
    /// It holds characters that no text has.
    case characters
    /// No day of the calendar.
    case noDay = "no-day"
    /// No moment.
    case noMoment = "no-moment"
    /// Not a number of the range that is asked for.
    case noNumber = "no-number"
    /// None of the values there are.
    case unknown
    /// It comes before what it must follow.
    case tooEarly = "too-early"
    /// Why must be said in words.
    case reason
    /// Only a supervisor may say so.
    case supervisorOnly = "supervisor-only"
    /// What went before does not lead there.
    case order
    /// It says both that it is done and that it is not.
    case contradiction
    /// It is there already.
    case taken
    /// It would tell whom it is about.
    case names
    /// Too many of them.
    case tooMany = "too-many"
}

/// Looks at every field and collects what is wrong, so that whoever filled them in is told everything at once.
struct FieldCheck {
    /// Longest line, such as a name or a title, in bytes.
    static let lineLimit = 200
    /// Longest text of several lines, in bytes.
    static let textLimit = 8_000

    private(set) var problems: [String: FieldProblem] = [:]

    /// A text of one line.
    mutating func line(_ key: String, _ text: String, isRequired: Bool = true, limit: Int = lineLimit) {
        check(key, text, isRequired, limit) { $0.value < 0x20 || $0.value == 0x7F }
    }

    /// A text that may have several lines.
    mutating func text(_ key: String, _ text: String, isRequired: Bool = true, limit: Int = textLimit) {
        check(key, text, isRequired, limit) { $0.value < 0x20 && ![0x09, 0x0A, 0x0D].contains($0.value) || $0.value == 0x7F }
    }

    /// Something that must be so; the first problem of a field stays.
    mutating func demand(_ isSo: Bool, _ key: String, _ problem: FieldProblem) {
        if !isSo, problems[key] == nil { problems[key] = problem }
    }

    private mutating func check(
        _ key: String, _ text: String, _ isRequired: Bool, _ limit: Int, isWrong: (Unicode.Scalar) -> Bool
    ) {
        demand(!isRequired || text.contains { !$0.isWhitespace }, key, .missing)
        demand(text.utf8.count <= limit, key, .tooLong)
        demand(!text.unicodeScalars.contains(where: isWrong), key, .characters)
    }

    /// - Throws: `.fields` when something is wrong.
    func finish() throws(SupervisionError) {
        if !problems.isEmpty { throw .fields(problems) }
    }
}

/// Who said something: a firm, or the supervisor's own people.
public enum Party: String, Sendable, CaseIterable {
    /// The firm, in a submission.
    case firm
    /// The supervisor.
    case supervisor
}

/// When and by whom something was said.
public struct Said: Sendable, Hashable {
    /// UTC microseconds.
    public var at: Int64
    /// The person or program, as the trail names it.
    public var by: String
    /// On which side.
    public var party: Party

    /// Something said.
    public init(at: Int64, by: String, party: Party) { (self.at, self.by, self.party) = (at, by, party) }

    /// The day it was in Taipei.
    public var day: CivilDate { Instant(seconds: at / 1_000_000).date(in: .taipei) }
}
