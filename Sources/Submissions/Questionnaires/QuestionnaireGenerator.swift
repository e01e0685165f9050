public import Documents
public import Rulebook

/// Makes a questionnaire from a rule pack: one question for each duty of firms, or for each of its parts. The same pack gives the same
/// questionnaire, byte for byte.
public enum QuestionnaireGenerator {
    /// The questionnaire of a pack.
    ///
    /// - Parameters:
    ///   - pack: the rules.
    ///   - groups: only clauses under these headings, in the pack's order; nil for all that hold duties of firms.
    ///   - checks: what must hold between the answers besides; they name the questions made here.
    ///   - rulebook: what the result is checked against; holds the pack.
    ///   - words: the frame of the questions (`questionnaire.…`).
    /// - Returns: the questionnaire.
    /// - Throws: `DocumentError` when there is no such heading, no duty under them, or a check names what is not there.
    public static func make(
        from pack: RulePack, groups: [String]? = nil, checks: [Questionnaire.Check] = [], rulebook: Rulebook, words: TextCatalog
    ) throws(DocumentError) -> Questionnaire {
        for group in groups ?? [] where !pack.groups.contains(where: { $0.id == group }) {
            throw DocumentError(.badValue, source: pack.origin, key: "groups", reason: "there is no heading \"\(group.clipped)\"")
        }
        let headings = pack.groups.filter { groups?.contains($0.id) ?? true }
        let duties = pack.leafDuties.filter { clause in clause.isOfFirms && headings.contains { $0.id == clause.group } }
        guard !duties.isEmpty else {
            throw DocumentError(.badValue, source: pack.origin, key: "groups", reason: "there is no duty of firms under them")
        }
        let sections = headings.filter { heading in duties.contains { $0.group == heading.id } }
        let questions = sections.flatMap { heading in
            duties.filter { $0.group == heading.id }.flatMap { clause in self.questions(clause, pack, words) }
        }
        let suffix = groups.map { "-" + $0.joined(separator: "-") } ?? ""
        let made = Questionnaire(
            id: identifier(pack.id + suffix), version: pack.version, effective: pack.effective,
            title: frame("questionnaire.title", words, { ["pack": pack.title[$0]] }),
            source: frame("questionnaire.source", words, { _ in ["id": pack.id, "version": pack.version] }), pack: pack.id,
            packVersion: pack.version, applies: pack.applies.flatMap(forFirms),
            sections: sections.map { .init(id: identifier($0.id), title: $0.title) }, questions: questions,
            checks: populations(questions, words) + checks, origin: pack.origin)
        // What was made passes the reader like anything else.
        return try QuestionnaireReader.read(made.node, rulebook: rulebook, origin: made.id)
    }

    /// The checks that come with Plumbline for a pack's generated questionnaire (`Packs/questionnaire-checks`).
    ///
    /// - Throws: `DocumentError` of a file that is wrong.
    public static func shippedChecks(for pack: String) throws(DocumentError) -> [Questionnaire.Check] {
        var checks: [Questionnaire.Check] = []
        for (name, bytes) in ShippedFiles.files(in: "questionnaire-checks") {
            do throws(DocumentError) {
                let (about, found) = try readChecks(try YAMLReader.read(bytes))
                if about == pack { checks += found }
            } catch {
                throw error.inSource(name)
            }
        }
        return checks
    }

    /// The schema of a file of checks for generated questionnaires.
    public static let checksSchema = "plumbline.questionnaire-checks/1"

    /// Reads a file of checks.
    ///
    /// - Returns: the rule pack whose questionnaire they belong to, and the checks.
    /// - Throws: `DocumentError` at the first key that is wrong.
    public static func readChecks(_ node: Node) throws(DocumentError) -> (pack: String, checks: [Questionnaire.Check]) {
        var fields = try Fields(node, path: "")
        try fields.expectSchema(checksSchema)
        let pack = try fields.text("rule_pack")
        let checks = try RulePackReader.items(&fields, "checks", QuestionnaireReader.check)
        try fields.finish()
        return (pack, checks)
    }

    // MARK: Questions

    private static func questions(_ clause: Clause, _ pack: RulePack, _ words: TextCatalog) -> [Questionnaire.Question] {
        let exempt = clause.exemptions.compactMap { forFirms($0.when, isTrue: false) }
        let parts = [clause.scope.flatMap(forFirms)].compactMap { $0 } + (exempt.isEmpty ? [] : [Predicate.none(exempt)])
        let ask = clause.subject == .system ? "questionnaire.ask-systems" : "questionnaire.ask-firm"
        func question(_ aspect: Aspect?) -> Questionnaire.Question {
            let own = parts + [aspect?.scope.flatMap(forFirms)].compactMap { $0 }
            let name = [shortened(clause.id, pack), aspect?.name].compactMap { $0 }.joined(separator: "-")
            return Questionnaire.Question(
                id: identifier(name), section: identifier(clause.group), clause: clause.id, aspect: aspect?.name,
                subject: clause.subject,
                title: aspect.map { part in
                    frame("questionnaire.part-title", words) { ["clause": clause.title[$0], "part": part.title[$0]] }
                } ?? clause.title,
                text: frame(aspect == nil ? ask : ask + "-part", words) {
                    ["requirement": clause.requirement[$0], "part": aspect?.title[$0] ?? ""]
                },
                applies: own.count > 1 ? .all(own) : own.first, differs: [], evidence: evidence(clause), position: .none)
        }
        return clause.aspects.isEmpty ? [question(nil)] : clause.aspects.map(question)
    }

    private static func shortened(_ id: String, _ pack: RulePack) -> String {
        id.hasPrefix("\(pack.prefix)-") ? String(id.dropFirst(pack.prefix.count + 1)) : id
    }

    /// Dots separate the keys of a path, so an id has none.
    private static func identifier(_ text: String) -> String { text.replacing(".", with: "_") }

    /// Placeholders of a frame are filled in each language with what that language says.
    private static func frame(_ name: String, _ words: TextCatalog, _ values: (Language) -> [String: String]) -> Text {
        Text(words(name, .chinese, values(.chinese)), words(name, .english, values(.english)))
    }

    private static func evidence(_ clause: Clause) -> Text? {
        guard !clause.verification.isEmpty else { return nil }
        return Text(
            clause.verification.map(\.by.chinese).joined(separator: "；"),
            clause.verification.map(\.by.english).joined(separator: "; "))
    }

    // MARK: Conditions

    /// A condition as far as it is about the firm: a question is put to a firm, so what depends on single systems is left open, in favour of
    /// asking. nil when nothing is left.
    static func forFirms(_ predicate: Predicate) -> Predicate? { forFirms(predicate, isTrue: true) }

    /// `isTrue` is what an open part counts as, so that the question is asked.
    private static func forFirms(_ predicate: Predicate, isTrue: Bool) -> Predicate? {
        switch relaxed(predicate, isTrue) {
        case .predicate(let rest): rest
        case .constant: nil
        }
    }

    private enum Relaxed {
        case predicate(Predicate)
        case constant(Bool)
    }

    private static func relaxed(_ predicate: Predicate, _ open: Bool) -> Relaxed {
        switch predicate {
        case .all(let parts): return combined(parts.map { relaxed($0, open) }, decisive: false) { .all($0) }
        case .any(let parts): return combined(parts.map { relaxed($0, open) }, decisive: true) { .any($0) }
        case .none(let parts): return negated(combined(parts.map { relaxed($0, !open) }, decisive: true) { .any($0) })
        case .not(let part): return negated(relaxed(part, !open))
        case .each, .some: return .constant(open)
        case .compare(let comparison):
            var roots = predicate.roots
            if case .profile(let path) = comparison.operand { roots.formUnion(path.keys.prefix(1)) }
            return roots.contains("system") ? .constant(open) : .predicate(predicate)
        }
    }

    private static func combined(_ parts: [Relaxed], decisive: Bool, _ make: ([Predicate]) -> Predicate) -> Relaxed {
        var rest: [Predicate] = []
        for part in parts {
            switch part {
            case .constant(decisive): return .constant(decisive)
            case .constant: continue
            case .predicate(let predicate): rest.append(predicate)
            }
        }
        guard let first = rest.first else { return .constant(!decisive) }
        return .predicate(rest.count == 1 ? first : make(rest))
    }

    private static func negated(_ part: Relaxed) -> Relaxed {
        switch part {
        case .constant(let value): .constant(!value)
        case .predicate(.any(let parts)): .predicate(.none(parts))
        case .predicate(let predicate): .predicate(.not(predicate))
        }
    }

    // MARK: Checks

    /// Questions with one and the same condition address one population: none of them can be inapplicable where another is answered (D-03).
    private static func populations(_ questions: [Questionnaire.Question], _ words: TextCatalog) -> [Questionnaire.Check] {
        var order: [Predicate] = []
        var groups: [Predicate: [Questionnaire.Question]] = [:]
        // Only what the firm itself knows; a decision of the supervisor is not the firm's to answer, and systems differ.
        for question in questions where question.subject == .firm {
            guard let condition = question.applies, condition.roots == ["firm"] else { continue }
            if groups[condition] == nil { order.append(condition) }
            groups[condition, default: []].append(question)
        }
        return order.compactMap { condition in
            guard let group = groups[condition], group.count > 1, let first = group.first else { return nil }
            func some(_ operation: String, _ value: Node) -> Node {
                .object([
                    ("any", .list(group.map { .object([("fact", .text("answer.\($0.id)")), (operation, value)]) }))
                ])
            }
            let node = Node.object([
                (
                    "all",
                    .list([
                        some("eq", .text(Answer.notApplicable.rawValue)), some("in", .texts([Answer.yes, .no].map(\.rawValue))),
                    ])
                )
            ])
            guard let when = try? PredicateReader.read(node, path: "") else { return nil }
            return Questionnaire.Check(
                id: "population-\(first.id)", when: when,
                says: frame("questionnaire.population", words) { language in
                    ["titles": group.map { $0.title[language] }.joined(separator: language == .chinese ? "、" : ", ")]
                }, severity: .error, questions: group.map(\.id), position: .none)
        }
    }
}
