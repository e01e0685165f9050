internal import Crypto
public import Documents
public import Rulebook

/// Questions put to firms, at one version, as data (`Documentation/questionnaires.md`).
public struct Questionnaire: Sendable {
    /// A heading with questions under it.
    public struct Section: Sendable, Hashable {
        /// Its id.
        public var id: String
        /// What it is called.
        public var title: Text
    }

    /// Where a question asks something else than the standard it stands for.
    public struct Difference: Sendable, Hashable {
        /// Which oddity of the source it is: `D-05`.
        public var reference: String
        /// What differs.
        public var text: Text
    }

    /// One question.
    public struct Question: Sendable {
        /// Its id within the questionnaire: lower-case letters, digits, hyphens, underscores.
        public var id: String
        /// The heading it stands under.
        public var section: String
        /// The clause it asks about.
        public var clause: String
        /// The part of the clause it asks about; nil for the whole.
        public var aspect: String?
        /// Whether it asks about the firm as a whole or about each of its systems.
        public var subject: SubjectKind
        /// A few words for lists and tables.
        public var title: Text
        /// The question, in our own words.
        public var text: Text
        /// Which firms it is put to; nil for all.
        public var applies: Predicate?
        /// Where it asks something else than the standard.
        public var differs: [Difference]
        /// What would show it; nil when nothing is suggested.
        public var evidence: Text?
        /// Where it stands in its file.
        public var position: Position
    }

    /// Something that must, or should, hold between answers.
    public struct Check: Sendable {
        /// How grave it is when it does not.
        public enum Severity: String, Sendable, CaseIterable {
            /// The answers contradict each other or what the register knows: they cannot be handed in so.
            case error
            /// Something that whoever reads the answers must know.
            case warning
        }

        /// Its id.
        public var id: String
        /// What is wrong when this is true.
        public var when: Predicate
        /// What it then says.
        public var says: Text
        /// How grave it is.
        public var severity: Severity
        /// The questions it stands beside.
        public var questions: [String]
        /// Where it stands in its file.
        public var position: Position
    }

    /// What names it: a version of a questionnaire and the hash of all it says.
    public struct Reference: Sendable, Hashable {
        /// Its id.
        public var id: String
        /// Its version.
        public var version: String
        /// SHA-256 of its canonical document, 64 hexadecimal digits.
        public var sha256: String

        /// A reference.
        public init(id: String, version: String, sha256: String) { (self.id, self.version, self.sha256) = (id, version, sha256) }
    }

    /// The schema every questionnaire names.
    public static let schema = "plumbline.questionnaire/1"
    /// Most questions, and most checks.
    public static let limit = 500
    /// Longest text in bytes.
    public static let textLimit = 4_000

    /// Its id.
    public var id: String
    /// Its version.
    public var version: String
    /// The day it was drawn up.
    public var effective: CivilDate
    /// What it is called.
    public var title: Text
    /// Where it comes from; nil when there is nothing to say.
    public var source: Text?
    /// The rule pack it asks about.
    public var pack: String
    /// The version of that rule pack.
    public var packVersion: String
    /// Which firms it is for at all; nil for all.
    public var applies: Predicate?
    /// Its headings in order.
    public var sections: [Section]
    /// Its questions in order.
    public var questions: [Question]
    /// What must hold between answers.
    public var checks: [Check]
    /// File or name it was read from.
    public var origin: String

    /// A question by its id.
    public func question(_ id: String) -> Question? { questions.first { $0.id == id } }

    /// Questions under a heading, in order.
    public func questions(in section: String) -> [Question] { questions.filter { $0.section == section } }

    /// What names it.
    public var reference: Reference { Reference(id: id, version: version, sha256: SHA256.hex(of: CanonicalJSON.bytes(of: node))) }

    /// Duties of firms in the rule pack that no question asks about: what is not asked is not known, and never compliant (D-10).
    ///
    /// - Parameters:
    ///   - pack: the rule pack.
    ///   - groups: only clauses under these headings; nil for all.
    /// - Returns: clauses, or aspects as `clause.aspect`, in the order of the pack.
    public func unasked(of pack: RulePack, groups: Set<String>? = nil) -> [String] {
        let whole = Set(questions.filter { $0.aspect == nil }.map(\.clause))
        let parts = Set(questions.compactMap { question in question.aspect.map { "\(question.clause).\($0)" } })
        return pack.leafDuties.filter { $0.isOfFirms && groups?.contains($0.group) ?? true && !whole.contains($0.id) }.flatMap {
            clause in
            clause.aspects.isEmpty ? [clause.id] : clause.aspects.map { "\(clause.id).\($0.name)" }.filter { !parts.contains($0) }
        }
    }
}

extension Clause {
    /// Whether it binds firms, as a whole or through their systems.
    public var isOfFirms: Bool { subject == .firm || subject == .system }
}

extension SHA256 {
    /// The hash as 64 hexadecimal digits.
    static func hex(of bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: hash(data: bytes).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

// MARK: As a document

extension Questionnaire {
    /// Its document: what is hashed, stored with each round, and read again.
    public var node: Node {
        .object([
            ("schema", .text(Self.schema)), ("id", .text(id)), ("version", .text(version)),
            ("effective", .text(effective.description)), ("title", title.node), ("source", source?.node),
            ("rule_pack", .object([("id", .text(pack)), ("version", .text(packVersion))])),
            ("applies", applies.map(PredicateWriter.node)),
            ("sections", .list(sections.map { .object([("id", .text($0.id)), ("title", $0.title.node)]) })),
            ("questions", .list(questions.map(\.node))), ("checks", .list(checks.map(\.node))),
        ])
    }
}

extension Questionnaire.Question {
    var node: Node {
        .object([
            ("id", .text(id)), ("section", .text(section)), ("clause", .text(clause)), ("aspect", aspect.map { .text($0) }),
            ("subject", .text(subject.rawValue)), ("kind", "yes-no"), ("title", title.node), ("text", text.node),
            ("applies", applies.map(PredicateWriter.node)),
            (
                "differs",
                differs.isEmpty
                    ? nil : .list(differs.map { .object([("ref", .text($0.reference)), ("text", $0.text.node)]) })
            ),
            ("evidence", evidence?.node),
        ])
    }
}

extension Questionnaire.Check {
    var node: Node {
        .object([
            ("id", .text(id)), ("severity", .text(severity.rawValue)), ("questions", .texts(questions)),
            ("when", PredicateWriter.node(when)), ("says", says.node),
        ])
    }
}

extension Text {
    /// `{zh-TW: …, en: …}`.
    var node: Node { .object([(Language.chinese.rawValue, .text(chinese)), (Language.english.rawValue, .text(english))]) }
}
