import Documents
import Rulebook
import Testing

@testable import Submissions

/// What the tests of questionnaires stand on.
enum Shelf {
    static func rulebook() throws -> Rulebook { try ShippedFiles.rulebook() }

    static func words() throws -> TextCatalog {
        try TextCatalog(try ShippedFiles.files(in: "texts").map { try YAMLReader.read($0.bytes) })
    }

    /// A shipped questionnaire.
    static func questionnaire(_ id: String) throws -> Questionnaire {
        try #require(try QuestionnaireReader.shipped(try rulebook()).first { $0.id == id })
    }

    /// A securities firm as the register may know it; nil leaves a fact or decision unknown.
    static func firm(tier: String?, online: Bool?) -> FirmView {
        var facts: [String: Node] = ["entity_kinds": ["securities"]]
        facts["online_orders"] = online.map { .bool($0) }
        return FirmView(facts: facts, decisions: tier.map { ["securities-tier": $0] } ?? [:])
    }

    /// Answers by question; a question that is not named has none.
    static func answers(_ questionnaire: Questionnaire, _ given: [String: Answer], notes: [String: String] = [:]) throws
        -> Answers
    {
        Answers(
            questionnaire: questionnaire.reference, asOf: try #require(CivilDate("2017-12-31")),
            entries: questionnaire.questions.compactMap { question in
                guard given[question.id] != nil || notes[question.id] != nil else { return nil }
                return Answers.Entry(question: question.id, answer: given[question.id], note: notes[question.id] ?? "")
            })
    }
}

extension AnswerCheck {
    func item(_ question: String) throws -> Item { try #require(items.first { $0.question.id == question }) }
    func has(_ check: String) -> Bool { remarks.contains { $0.code == .check && $0.id == check } }
}

/// Random numbers that are the same in every run (SplitMix64).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
