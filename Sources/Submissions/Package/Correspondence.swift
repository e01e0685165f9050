internal import Documents
public import Rulebook

/// Which submission a message is about.
public struct SubmissionReference: Sendable, Hashable {
    /// SHA-256 of the submission's payload.
    public var sha256: String
    /// Its quarter.
    public var quarter: Quarter
    /// Its version.
    public var version: Int

    /// A reference.
    public init(sha256: String, quarter: Quarter, version: Int) {
        (self.sha256, self.quarter, self.version) = (sha256, quarter, version)
    }

    var pair: (String, Node?) {
        (
            "submission",
            .object([
                ("sha256", .text(sha256)), ("quarter", .text(quarter.description)), ("version", .integer(version)),
            ])
        )
    }

    static func required(_ fields: inout Fields) throws(DocumentError) -> SubmissionReference {
        guard let reference = try optional(&fields) else {
            throw fields.error(.missingKey, at: "submission", "the key is missing")
        }
        return reference
    }

    static func optional(_ fields: inout Fields) throws(DocumentError) -> SubmissionReference? {
        try fields.part("submission") { (fields) throws(DocumentError) in
            SubmissionReference(
                sha256: try fields.hash("sha256"), quarter: try fields.quarter("quarter"),
                version: try fields.number("version", 1...SubmissionManifest.versionLimit))
        }
    }
}

/// The supervisor returns a submission with questions.
public struct Questions: MessageBody, Hashable {
    /// One question.
    public struct Question: Sendable, Hashable {
        /// Its id within the return: `q1`.
        public var id: String
        /// The clause or question it is about; empty for the submission as a whole.
        public var item: String
        /// What is asked.
        public var text: String

        /// A question.
        public init(id: String, item: String, text: String) { (self.id, self.item, self.text) = (id, item, text) }
    }

    /// What every message says first.
    public var header: MessageHeader
    /// The submission that is returned.
    public var submission: SubmissionReference
    /// What is asked; at least one.
    public var questions: [Question]

    /// A return.
    public init(_ header: MessageHeader, _ submission: SubmissionReference, _ questions: [Question]) {
        (self.header, self.submission, self.questions) = (header, submission, questions)
    }

    var pairs: [(String, Node?)] {
        [
            submission.pair,
            (
                "questions",
                .list(
                    questions.map {
                        .object([("id", .text($0.id)), ("item", .unlessEmpty($0.item)), ("text", .text($0.text))])
                    })
            ),
        ]
    }

    init(_ header: MessageHeader, _ fields: inout Fields) throws(DocumentError) {
        self.header = header
        submission = try .required(&fields)
        questions = try fields.items("questions", limit: MessageLimits.questions) { (fields) throws(DocumentError) in
            Question(id: try fields.word("id", limit: 20), item: try fields.optionalWord("item"), text: try fields.prose("text"))
        }
        guard !questions.isEmpty, Set(questions.map(\.id)).count == questions.count else {
            throw fields.error(at: "questions", "at least one question, each with an id of its own, is expected")
        }
    }
}

/// The firm answers questions.
public struct Reply: MessageBody, Hashable {
    /// The answer to one question.
    public struct Entry: Sendable, Hashable {
        /// The question's id.
        public var question: String
        /// What is answered.
        public var text: String
        /// SHA-256 of files that show it.
        public var evidence: [String]

        /// An answer.
        public init(question: String, text: String, evidence: [String] = []) {
            (self.question, self.text, self.evidence) = (question, text, evidence)
        }
    }

    /// What every message says first.
    public var header: MessageHeader
    /// The submission that was returned.
    public var submission: SubmissionReference
    /// SHA-256 of the payload that asked.
    public var questions: String
    /// The answers; at least one.
    public var entries: [Entry]
    /// Who answers for the firm.
    public var by: String

    /// A reply.
    public init(_ header: MessageHeader, _ submission: SubmissionReference, to questions: String, _ entries: [Entry], by: String)
    {
        (self.header, self.submission, self.questions) = (header, submission, questions)
        (self.entries, self.by) = (entries, by)
    }

    var pairs: [(String, Node?)] {
        [
            submission.pair, ("questions", .text(questions)), ("by", .text(by)),
            (
                "answers",
                .list(
                    entries.map {
                        .object([
                            ("question", .text($0.question)), ("text", .text($0.text)), ("evidence", .unlessEmpty($0.evidence)),
                        ])
                    })
            ),
        ]
    }

    init(_ header: MessageHeader, _ fields: inout Fields) throws(DocumentError) {
        self.header = header
        submission = try .required(&fields)
        questions = try fields.hash("questions")
        by = try fields.line("by")
        entries = try fields.items("answers", limit: MessageLimits.questions) { (fields) throws(DocumentError) in
            Entry(
                question: try fields.word("question", limit: 20), text: try fields.prose("text"),
                evidence: try fields.hashes("evidence"))
        }
        guard !entries.isEmpty, Set(entries.map(\.question)).count == entries.count else {
            throw fields.error(at: "answers", "at least one answer, and one for each question, is expected")
        }
    }
}

/// The supervisor accepts a submission.
public struct Acceptance: MessageBody, Hashable {
    /// What every message says first.
    public var header: MessageHeader
    /// The submission that is accepted.
    public var submission: SubmissionReference
    /// A remark; may be empty.
    public var note: String

    /// An acceptance.
    public init(_ header: MessageHeader, _ submission: SubmissionReference, note: String) {
        (self.header, self.submission, self.note) = (header, submission, note)
    }

    var pairs: [(String, Node?)] { [submission.pair, ("note", .unlessEmpty(note))] }

    init(_ header: MessageHeader, _ fields: inout Fields) throws(DocumentError) {
        self.header = header
        submission = try .required(&fields)
        note = fields.optional("note") == nil ? "" : try fields.prose("note")
    }
}

/// The supervisor has a package of the firm.
public struct Receipt: MessageBody, Hashable {
    /// What was done with it.
    public enum Outcome: String, Sendable, CaseIterable {
        /// It was taken.
        case taken
        /// It waits for a person: a key whose fingerprint somebody must compare.
        case waiting
    }

    /// What every message says first; when it was made is when the package was taken.
    public var header: MessageHeader
    /// SHA-256 of the payload that was taken.
    public var of: String
    /// SHA-256 of the package's bytes.
    public var package: String
    /// What it is.
    public var kind: PackageKind
    /// What was done with it.
    public var outcome: Outcome
    /// The submission, where it is one, or about one.
    public var submission: SubmissionReference?

    /// A receipt.
    public init(
        _ header: MessageHeader, of: String, package: String, kind: PackageKind, outcome: Outcome = .taken,
        submission: SubmissionReference? = nil
    ) {
        (self.header, self.of, self.package) = (header, of, package)
        (self.kind, self.outcome, self.submission) = (kind, outcome, submission)
    }

    var pairs: [(String, Node?)] {
        [
            ("of", .text(of)), ("package", .text(package)), ("kind", .text(kind.rawValue)), ("outcome", .text(outcome.rawValue)),
            submission?.pair ?? ("submission", nil),
        ]
    }

    init(_ header: MessageHeader, _ fields: inout Fields) throws(DocumentError) {
        self.header = header
        (of, package) = (try fields.hash("of"), try fields.hash("package"))
        (kind, outcome) = (try fields.choice("kind"), try fields.choice("outcome"))
        submission = try .optional(&fields)
    }
}

/// The supervisor refuses a package.
public struct RefusalNotice: MessageBody, Hashable {
    /// What every message says first.
    public var header: MessageHeader
    /// SHA-256 of the bytes that were refused.
    public var package: String
    /// Why.
    public var code: RefusalCode

    /// A refusal.
    public init(_ header: MessageHeader, package: String, code: RefusalCode) {
        (self.header, self.package, self.code) = (header, package, code)
    }

    var pairs: [(String, Node?)] { [("package", .text(package)), ("code", .text(code.rawValue))] }

    init(_ header: MessageHeader, _ fields: inout Fields) throws(DocumentError) {
        self.header = header
        (package, code) = (try fields.hash("package"), try fields.choice("code"))
    }
}

/// The firm asks for its mail.
public struct MailboxPoll: MessageBody, Hashable {
    /// What every message says first.
    public var header: MessageHeader
    /// Number of the last message it has; 0 for none.
    public var after: Int

    /// A question for mail.
    public init(_ header: MessageHeader, after: Int) { (self.header, self.after) = (header, after) }

    var pairs: [(String, Node?)] { [("after", .integer(after))] }

    init(_ header: MessageHeader, _ fields: inout Fields) throws(DocumentError) {
        self.header = header
        after = try fields.number("after", 0...(1 << 48))
    }
}

/// What waited for the firm.
public struct Mail: MessageBody, Hashable {
    /// What every message says first.
    public var header: MessageHeader
    /// SHA-256 of the poll's payload: an older answer is none.
    public var of: String
    /// Number of the last message in it, to ask for what comes after.
    public var last: Int
    /// Whether more waits.
    public var hasMore: Bool
    /// The packages, in their order.
    public var packages: [[UInt8]]

    /// Mail.
    public init(_ header: MessageHeader, of: String, last: Int, hasMore: Bool, packages: [[UInt8]]) {
        (self.header, self.of, self.last) = (header, of, last)
        (self.hasMore, self.packages) = (hasMore, packages)
    }

    var pairs: [(String, Node?)] {
        [
            ("of", .text(of)), ("last", .integer(last)), ("more", .bool(hasMore)),
            ("packages", .texts(packages.map { Base64URL.encode($0) })),
        ]
    }

    init(_ header: MessageHeader, _ fields: inout Fields) throws(DocumentError) {
        self.header = header
        of = try fields.hash("of")
        last = try fields.number("last", 0...(1 << 48))
        guard let more = try fields.optionalBool("more") else {
            throw fields.error(.missingKey, at: "more", "the key is missing")
        }
        hasMore = more
        packages = []
        for text in try fields.texts("packages") {
            guard packages.count < 100, let bytes = Base64URL.decode(text) else {
                throw fields.error(at: "packages", "at most 100 packages in base64url are expected")
            }
            packages.append(bytes)
        }
    }
}
