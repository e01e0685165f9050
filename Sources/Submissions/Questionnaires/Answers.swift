public import Documents
public import Rulebook

/// What a firm says to a question. No answer is none of these: it is the lack of one.
public enum Answer: String, Sendable, CaseIterable {
    /// It is so.
    case yes
    /// It is not.
    case no
    /// The question does not concern the firm.
    case notApplicable = "not-applicable"
}

/// A firm's answers to a questionnaire (`plumbline.answers/1`), as a draft or signed by a named person.
public struct Answers: Sendable, Hashable {
    /// The answer to one question.
    public struct Entry: Sendable, Hashable {
        /// The question's id.
        public var question: String
        /// What was answered; nil when nothing was yet.
        public var answer: Answer?
        /// A remark; may be empty.
        public var note: String
        /// Hashes of files that show it: SHA-256, 64 hexadecimal digits each.
        public var evidence: [String]

        /// An answer.
        public init(question: String, answer: Answer?, note: String = "", evidence: [String] = []) {
            (self.question, self.answer, self.note, self.evidence) = (question, answer, note, evidence)
        }
    }

    /// Who put a name to the answers.
    public struct Signature: Sendable, Hashable {
        /// The person's name.
        public var name: String
        /// What the person is in the firm.
        public var role: String
        /// When.
        public var at: Instant

        /// A signature.
        public init(name: String, role: String, at: Instant) { (self.name, self.role, self.at) = (name, role, at) }
    }

    /// The schema of the document.
    public static let schema = "plumbline.answers/1"
    /// Longest remark in bytes.
    public static let noteLimit = 2_000
    /// Longest name or role of a signer in bytes.
    public static let nameLimit = 200
    /// Most files that show one answer.
    public static let evidenceLimit = 50
    /// What a document may be at most: 1 MiB is more than every question with the longest remark.
    public static let limits = DocumentLimits(bytes: 4 << 20, depth: 8, values: 50_000)

    /// What is answered.
    public var questionnaire: Questionnaire.Reference
    /// The day the answers are about.
    public var asOf: CivilDate
    /// The answers; a question that is not here has none.
    public var entries: [Entry]
    /// Who signed; nil for a draft.
    public var signature: Signature?

    /// Answers.
    public init(
        questionnaire: Questionnaire.Reference, asOf: CivilDate, entries: [Entry] = [], signature: Signature? = nil
    ) {
        (self.questionnaire, self.asOf, self.entries, self.signature) = (questionnaire, asOf, entries, signature)
    }

    /// The entry of a question.
    public subscript(question: String) -> Entry? { entries.first { $0.question == question } }

    /// The answers with some of them put in place of those before; the order stays that of the questionnaire.
    public func replacing(_ changed: [Entry], in questionnaire: Questionnaire) -> Answers {
        var byQuestion = Dictionary(entries.map { ($0.question, $0) }) { first, _ in first }
        for entry in changed { byQuestion[entry.question] = entry }
        var result = self
        result.entries = questionnaire.questions.compactMap { byQuestion[$0.id] }
        return result
    }

    /// The document.
    public var node: Node {
        .object([
            ("schema", .text(Self.schema)),
            (
                "questionnaire",
                .object([
                    ("id", .text(questionnaire.id)), ("version", .text(questionnaire.version)),
                    ("sha256", .text(questionnaire.sha256)),
                ])
            ),
            ("as_of", .text(asOf.description)), ("answers", .list(entries.map(\.node))),
            (
                "signed_by",
                signature.map {
                    .object([("name", .text($0.name)), ("role", .text($0.role)), ("at", .text($0.at.description))])
                }
            ),
        ])
    }
}

extension Answers.Entry {
    /// No answer is written down as null: that nothing was said is said.
    var node: Node {
        .object([
            ("question", .text(question)), ("answer", answer.map { .text($0.rawValue) } ?? Node(.null)),
            ("note", note.isEmpty ? nil : .text(note)), ("evidence", evidence.isEmpty ? nil : .texts(evidence)),
        ])
    }
}

/// Reads answers: bounded, strict, whole or not at all.
public enum AnswersReader {
    /// Answers in JSON.
    ///
    /// - Parameters:
    ///   - bytes: the document, at most `Answers.limits`.
    ///   - origin: for messages.
    /// - Returns: the answers.
    /// - Throws: `DocumentError` with line and key.
    public static func read(_ bytes: [UInt8], origin: String) throws(DocumentError) -> Answers {
        do throws(DocumentError) {
            guard bytes.count <= Answers.limits.bytes else {
                throw DocumentError(.tooLarge, reason: "\(bytes.count) bytes; at most \(Answers.limits.bytes) are read")
            }
            return try read(try JSONReader.read(bytes, limits: Answers.limits), path: "")
        } catch {
            throw error.inSource(origin)
        }
    }

    /// Answers as they stand in a document of another kind.
    ///
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong.
    public static func read(_ node: Node, path: String) throws(DocumentError) -> Answers {
        var fields = try Fields(node, path: path)
        try fields.expectSchema(Answers.schema)
        let reference = try reference(try fields.required("questionnaire"), fields.path("questionnaire"))
        let asOf = try fields.date("as_of")
        guard node["answers"] != nil else { throw fields.error(.missingKey, at: "answers", "the key is missing") }
        let items = try fields.list("answers")
        guard items.count <= Questionnaire.limit else {
            throw fields.error(at: "answers", "at most \(Questionnaire.limit) are read")
        }
        var entries: [Answers.Entry] = []
        var seen: Set<String> = []
        for (index, item) in items.enumerated() {
            let place = "\(fields.path("answers"))[\(index)]"
            let entry = try entry(item, place)
            guard seen.insert(entry.question).inserted else {
                throw DocumentError(
                    .duplicateKey, position: item.position, key: "\(place).question",
                    reason: "the question \(entry.question) is answered twice")
            }
            entries.append(entry)
        }
        var signature: Answers.Signature?
        if let node = fields.optional("signed_by") { signature = try signed(node, fields.path("signed_by")) }
        try fields.finish()
        return Answers(questionnaire: reference, asOf: asOf, entries: entries, signature: signature)
    }

    private static func reference(_ node: Node, _ path: String) throws(DocumentError) -> Questionnaire.Reference {
        var fields = try Fields(node, path: path)
        let id = try fields.text("id")
        guard QuestionnaireReader.isName(id) else { throw fields.error(at: "id", "is no questionnaire's id") }
        let reference = Questionnaire.Reference(
            id: id, version: try short(&fields, "version", 100), sha256: try hash(&fields, "sha256"))
        try fields.finish()
        return reference
    }

    private static func entry(_ node: Node, _ path: String) throws(DocumentError) -> Answers.Entry {
        var fields = try Fields(node, path: path)
        let question = try fields.text("question")
        guard QuestionnaireReader.isName(question) else { throw fields.error(at: "question", "is no question's id") }
        // A forgotten key and the word that nothing was answered are not the same.
        guard node["answer"] != nil else {
            throw fields.error(.missingKey, at: "answer", "the key is missing; null for no answer")
        }
        let answer: Answer? = fields.optional("answer") == nil ? nil : try fields.choice("answer")
        let note = try fields.optionalText("note") ?? ""
        guard isNote(note) else {
            throw fields.error(at: "note", "at most \(Answers.noteLimit) bytes without control characters are expected")
        }
        let evidence = try fields.texts("evidence")
        guard evidence.count <= Answers.evidenceLimit, Set(evidence).count == evidence.count, evidence.allSatisfy(isHash) else {
            throw fields.error(
                at: "evidence", "at most \(Answers.evidenceLimit) different hashes of 64 hexadecimal digits are expected")
        }
        try fields.finish()
        return Answers.Entry(question: question, answer: answer, note: note, evidence: evidence)
    }

    private static func signed(_ node: Node, _ path: String) throws(DocumentError) -> Answers.Signature {
        var fields = try Fields(node, path: path)
        let at = try fields.text("at")
        guard let instant = Instant(at) else { throw fields.error(at: "at", "\"\(at.clipped)\" is not an instant") }
        let signature = Answers.Signature(
            name: try short(&fields, "name", Answers.nameLimit), role: try short(&fields, "role", Answers.nameLimit), at: instant)
        try fields.finish()
        return signature
    }

    private static func short(_ fields: inout Fields, _ key: String, _ limit: Int) throws(DocumentError) -> String {
        let text = try fields.text(key)
        guard text.utf8.count <= limit, !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw fields.error(at: key, "at most \(limit) bytes without control characters are expected")
        }
        return text
    }

    private static func hash(_ fields: inout Fields, _ key: String) throws(DocumentError) -> String {
        let text = try fields.text(key)
        guard isHash(text) else { throw fields.error(at: key, "64 hexadecimal digits in lower case are expected") }
        return text
    }

    private static func isHash(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// Whether a text may be a remark: lines and tabs are allowed, other control characters are not.
    public static func isNote(_ text: String) -> Bool {
        text.utf8.count <= Answers.noteLimit
            && !text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" && $0 != "\t" || $0.value == 0x7F }
    }
}
