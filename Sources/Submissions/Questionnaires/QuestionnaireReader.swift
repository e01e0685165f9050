public import Documents
public import Rulebook

/// Reads questionnaires. A wrong one is refused whole, with file, line and key.
public enum QuestionnaireReader {
    /// What an answer may be, as checks compare it.
    static let answers = Answer.allCases.map(\.rawValue)

    /// The questionnaire that `node` holds.
    ///
    /// - Parameters:
    ///   - node: the document.
    ///   - rulebook: what the clauses, facts and decisions it names are looked up in; nil for a document of our own that was checked when
    ///     it was stored, because the rules go on while what was once asked stays as it was.
    ///   - origin: file or name, for messages.
    /// - Returns: the questionnaire.
    /// - Throws: `DocumentError` at the first thing that is wrong.
    public static func read(_ node: Node, rulebook: Rulebook?, origin: String) throws(DocumentError) -> Questionnaire {
        do throws(DocumentError) {
            let found = try questionnaire(node, origin)
            try checkTogether(found)
            if let rulebook { try check(found, rulebook) }
            return found
        } catch {
            throw error.inSource(origin)
        }
    }

    /// The questionnaires that come with Plumbline, in the order of their names.
    ///
    /// - Throws: `DocumentError` of the first that is wrong, which a test would have shown.
    public static func shipped(_ rulebook: Rulebook) throws(DocumentError) -> [Questionnaire] {
        var all: [Questionnaire] = []
        for (name, bytes) in ShippedFiles.files(in: "questionnaires") {
            do throws(DocumentError) {
                all.append(try read(try YAMLReader.read(bytes), rulebook: rulebook, origin: name))
            } catch {
                throw error.inSource(name)
            }
        }
        return all.sorted { $0.id < $1.id }
    }

    // MARK: The form

    private static func questionnaire(_ node: Node, _ origin: String) throws(DocumentError) -> Questionnaire {
        var fields = try Fields(node, path: "")
        try fields.expectSchema(Questionnaire.schema)
        let id = try name(&fields, "id")
        var pack = try Fields(try fields.required("rule_pack"), path: "rule_pack")
        let found = Questionnaire(
            id: id, version: try text(&fields, "version"), effective: try fields.date("effective"),
            title: try bilingual(&fields, "title"),
            source: try optionalBilingual(&fields, "source"), pack: try text(&pack, "id"),
            packVersion: try text(&pack, "version"),
            applies: try fields.predicate("applies"), sections: try items(&fields, "sections", section),
            questions: try items(&fields, "questions", question), checks: try items(&fields, "checks", check), origin: origin)
        try pack.finish()
        try fields.finish()
        guard !found.questions.isEmpty else {
            throw fields.error(.missingKey, at: "questions", "a questionnaire has at least one question")
        }
        return found
    }

    private static func items<Item>(
        _ fields: inout Fields, _ key: String, _ read: (Node, String) throws(DocumentError) -> Item
    ) throws(DocumentError) -> [Item] {
        let items = try RulePackReader.items(&fields, key, read)
        guard items.count <= Questionnaire.limit else { throw fields.error(at: key, "at most \(Questionnaire.limit) are read") }
        return items
    }

    private static func section(_ node: Node, _ path: String) throws(DocumentError) -> Questionnaire.Section {
        var fields = try Fields(node, path: path)
        let section = Questionnaire.Section(id: try name(&fields, "id"), title: try bilingual(&fields, "title"))
        try fields.finish()
        return section
    }

    private static func question(_ node: Node, _ path: String) throws(DocumentError) -> Questionnaire.Question {
        var fields = try Fields(node, path: path)
        let kind = try fields.text("kind")
        guard kind == "yes-no" else { throw fields.error(at: "kind", "\"\(kind.clipped)\" is not yes-no") }
        let question = Questionnaire.Question(
            id: try name(&fields, "id"), section: try text(&fields, "section"), clause: try text(&fields, "clause"),
            aspect: try fields.optionalText("aspect"),
            subject: fields.node["subject"] == nil ? .firm : try fields.choice("subject"), title: try bilingual(&fields, "title"),
            text: try bilingual(&fields, "text"), applies: try fields.predicate("applies"),
            differs: try RulePackReader.items(&fields, "differs", difference),
            evidence: try optionalBilingual(&fields, "evidence"),
            position: node.position)
        try fields.finish()
        return question
    }

    private static func difference(_ node: Node, _ path: String) throws(DocumentError) -> Questionnaire.Difference {
        var fields = try Fields(node, path: path)
        let difference = Questionnaire.Difference(reference: try text(&fields, "ref"), text: try bilingual(&fields, "text"))
        try fields.finish()
        return difference
    }

    static func check(_ node: Node, _ path: String) throws(DocumentError) -> Questionnaire.Check {
        var fields = try Fields(node, path: path)
        let check = Questionnaire.Check(
            id: try name(&fields, "id"), when: try PredicateReader.read(try fields.required("when"), path: fields.path("when")),
            says: try bilingual(&fields, "says"), severity: try fields.choice("severity"),
            questions: try fields.texts("questions"),
            position: node.position)
        guard !check.questions.isEmpty else {
            throw fields.error(.missingKey, at: "questions", "a check stands beside at least one question")
        }
        try fields.finish()
        return check
    }

    private static func name(_ fields: inout Fields, _ key: String) throws(DocumentError) -> String {
        let text = try fields.text(key)
        guard isName(text) else { throw fields.error(at: key, "1 to 64 lower-case letters, digits, hyphens and underscores") }
        return text
    }

    /// Whether a text names a questionnaire, section, question or check. Dots are none of it: they separate the keys of a path.
    static func isName(_ text: String) -> Bool { text.isIdentifier && text.utf8.count <= 64 && !text.utf8.contains(0x2E) }

    private static func text(_ fields: inout Fields, _ key: String) throws(DocumentError) -> String {
        let text = try fields.text(key)
        guard text.utf8.count <= 100 else { throw fields.error(at: key, "at most 100 bytes are expected") }
        return text
    }

    private static func bilingual(_ fields: inout Fields, _ key: String) throws(DocumentError) -> Text {
        guard let text = try optionalBilingual(&fields, key) else {
            throw fields.error(.missingKey, at: key, "the key is missing")
        }
        return text
    }

    private static func optionalBilingual(_ fields: inout Fields, _ key: String) throws(DocumentError) -> Text? {
        guard let text = try fields.optionalBilingual(key) else { return nil }
        guard max(text.chinese.utf8.count, text.english.utf8.count) <= Questionnaire.textLimit else {
            throw fields.error(at: key, "at most \(Questionnaire.textLimit) bytes are expected")
        }
        return text
    }

    // MARK: What holds between the parts

    private static func checkTogether(_ found: Questionnaire) throws(DocumentError) {
        func refuse(_ position: Position, _ key: String, _ reason: String, _ code: DocumentError.Code = .badValue)
            -> DocumentError
        {
            DocumentError(code, position: position, key: key, reason: reason)
        }
        var sections: Set<String> = []
        for (index, section) in found.sections.enumerated() where !sections.insert(section.id).inserted {
            throw refuse(.none, "sections[\(index)].id", "the section \(section.id) stands twice", .duplicateKey)
        }
        var questions: Set<String> = []
        for (index, question) in found.questions.enumerated() {
            let path = "questions[\(index)]"
            guard questions.insert(question.id).inserted else {
                throw refuse(question.position, "\(path).id", "the question \(question.id) stands twice", .duplicateKey)
            }
            guard sections.contains(question.section) else {
                throw refuse(question.position, "\(path).section", "there is no section \"\(question.section.clipped)\"")
            }
            guard question.subject == .firm || question.subject == .system else {
                throw refuse(question.position, "\(path).subject", "a question is about a firm or its systems")
            }
        }
        var checks: Set<String> = []
        for (index, check) in found.checks.enumerated() {
            guard checks.insert(check.id).inserted else {
                throw refuse(check.position, "checks[\(index)].id", "the check \(check.id) stands twice", .duplicateKey)
            }
            for name in check.questions where !questions.contains(name) {
                throw refuse(check.position, "checks[\(index)].questions", "there is no question \"\(name.clipped)\"")
            }
        }
    }

    /// Looks up what it names.
    static func check(_ found: Questionnaire, _ rulebook: Rulebook) throws(DocumentError) {
        func refuse(_ position: Position, _ key: String, _ reason: String) -> DocumentError {
            DocumentError(.badValue, position: position, key: key, reason: reason)
        }
        guard let pack = rulebook.packs.first(where: { $0.id == found.pack }) else {
            throw refuse(.none, "rule_pack.id", "there is no rule pack \"\(found.pack.clipped)\"")
        }
        guard pack.version == found.packVersion else {
            throw refuse(
                .none, "rule_pack.version", "it asks about version \(found.packVersion.clipped); \(pack.version) is here")
        }
        if let applies = found.applies { try rulebook.check(applies, names: [:], path: "applies") }
        for (index, question) in found.questions.enumerated() {
            let path = "questions[\(index)]"
            guard let clause = pack.clauses.first(where: { $0.id == question.clause }), clause.isLeafDuty, clause.isOfFirms else {
                throw refuse(
                    question.position, "\(path).clause", "\"\(question.clause.clipped)\" is no duty of firms in \(pack.id)")
            }
            if let aspect = question.aspect, !clause.aspects.contains(where: { $0.name == aspect }) {
                throw refuse(question.position, "\(path).aspect", "\(clause.id) has no aspect \"\(aspect.clipped)\"")
            }
            if let applies = question.applies { try rulebook.check(applies, names: [:], path: "\(path).applies") }
        }
        let names = names(of: found)
        for (index, check) in found.checks.enumerated() {
            try rulebook.check(check.when, names: names, path: "checks[\(index)].when")
        }
    }

    /// What checks may ask besides facts and decisions: answers, and whether a question applies.
    private static func names(of found: Questionnaire) -> [String: [String]] {
        var names: [String: [String]] = [:]
        for question in found.questions {
            names["answer.\(question.id)"] = answers
            names["applies.\(question.id)"] = ["yes", "no"]
        }
        return names
    }
}
