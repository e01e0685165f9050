import Documents
import Rulebook
import Testing

@testable import Submissions

/// A small right questionnaire; each test makes one thing wrong.
private let right = """
    schema: plumbline.questionnaire/1
    id: toy
    version: "1"
    effective: 2020-01-01
    title: {zh-TW: 玩具, en: Toy}
    rule_pack: {id: twse-2018, version: "2018-06-30"}
    applies: {fact: firm.entity_kinds, contains: securities}
    sections: [{id: s, title: {zh-TW: 節, en: section}}]
    questions:
      - {id: a, section: s, clause: twse-waf, kind: yes-no, title: {zh-TW: 甲, en: a}, text: {zh-TW: 甲, en: a}, applies: {fact: firm.online_orders, eq: true}}
      - {id: b, section: s, clause: twse-bcp-drill, aspect: drill, kind: yes-no, title: {zh-TW: 乙, en: b}, text: {zh-TW: 乙, en: b}}
    checks:
      - {id: c, severity: error, questions: [a, b], when: {fact: answer.a, eq: "yes"}, says: {zh-TW: 丙, en: c}}

    """

private func read(_ text: String) throws(DocumentError) -> Questionnaire {
    try QuestionnaireReader.read(
        try YAMLReader.read(Array(text.utf8)), rulebook: try ShippedFiles.rulebook(), origin: "toy.yaml")
}

@Suite("Questionnaires: read, or refused with file, line and key")
struct QuestionnaireReaderTests {
    @Test func theRightOneIsRead() throws {
        let found = try read(right)
        #expect(found.questions.map(\.id) == ["a", "b"] && found.checks.count == 1)
        // As a document of its own it is the same again.
        let again = try QuestionnaireReader.read(found.node, rulebook: nil, origin: "again")
        #expect(again.reference == found.reference && again.node == found.node)
    }

    @Test(arguments: [
        ("schema: plumbline.questionnaire/1", "schema: plumbline.questionnaire/2", "schema"),
        ("id: toy\n", "id: Toy\n", "id"),
        ("effective: 2020-01-01", "effective: 2020-13-01", "effective"),
        ("title: {zh-TW: 玩具, en: Toy}", "title: {zh-TW: 玩具}", "title.en"),
        ("version: \"2018-06-30\"}", "version: \"2019\"}", "rule_pack.version"),
        ("{id: twse-2018,", "{id: twse-2017,", "rule_pack.id"),
        ("firm.entity_kinds, contains: securities", "firm.entity_kinds, contains: bank", "applies"),
        ("firm.entity_kinds, contains", "firm.colour, eq", "applies"),
        ("firm.online_orders, eq: true", "system.key_system, eq: true", "questions[0].applies"),
        ("clause: twse-waf", "clause: twse-wall", "questions[0].clause"),
        ("clause: twse-waf", "clause: twse-ins-y", "questions[0].clause"),
        ("aspect: drill", "aspect: dril", "questions[1].aspect"),
        ("id: b, section: s", "id: a, section: s", "questions[1].id"),
        ("id: b, section: s", "id: b, section: t", "questions[1].section"),
        ("id: b, section", "id: b.c, section", "questions[1].id"),
        (
            "{id: b, section: s, clause: twse-bcp-drill, aspect: drill, kind: yes-no",
            "{id: b, section: s, clause: twse-bcp-drill, kind: text", "questions[1].kind"
        ),
        ("questions: [a, b], when", "questions: [a, d], when", "checks[0].questions"),
        ("questions: [a, b], when", "questions: [], when", "checks[0].questions"),
        ("fact: answer.a, eq: \"yes\"", "fact: answer.z, eq: \"yes\"", "checks[0].when"),
        ("fact: answer.a, eq: \"yes\"", "fact: answer.a, eq: \"maybe\"", "checks[0].when"),
        ("fact: answer.a, eq: \"yes\"", "fact: decision.rank, eq: \"1\"", "checks[0].when"),
        ("severity: error", "severity: fatal", "checks[0].severity"),
        ("severity: error,", "severity: error, colour: red,", "checks[0].colour"),
    ])
    func refused(from: String, to: String, key: String) throws {
        let broken = right.replacing(from, with: to)
        #expect(broken != right)
        do {
            _ = try read(broken)
            Issue.record("\(to) was read")
        } catch {
            #expect(error.key == key && error.source == "toy.yaml", "\(error)")
        }
    }

    @Test("what comes with Plumbline is right, and each version is named by what it says")
    func shipped() throws {
        let all = try QuestionnaireReader.shipped(try Shelf.rulebook())
        #expect(all.map(\.id) == ["market-2017", "twse-2018-standard"])
        #expect(
            all[0].questions.map(\.id) == [
                "class", "isms", "audit", "bcp", "av", "fw", "mail", "waf", "scrub", "soc", "va", "pt", "hc",
            ])
        var changed = all[0]
        changed.questions[0].text.english += " "
        #expect(changed.reference.sha256 != all[0].reference.sha256)
    }
}

@Suite("Questionnaires made from rule packs")
struct QuestionnaireGeneratorTests {
    private func make(_ pack: String, _ groups: [String]?, checks: [Questionnaire.Check] = []) throws -> Questionnaire {
        let rulebook = try Shelf.rulebook()
        let found = try #require(rulebook.packs.first { $0.id == pack })
        return try QuestionnaireGenerator.make(
            from: found, groups: groups, checks: checks, rulebook: rulebook, words: try Shelf.words())
    }

    @Test("the shipped file is what the generator writes today, byte for byte")
    func shippedIsGenerated() throws {
        let made = try make("twse-2018", ["standard"], checks: try QuestionnaireGenerator.shippedChecks(for: "twse-2018"))
        let file = try #require(
            ShippedFiles.files(in: "questionnaires").first { $0.name == "questionnaires/twse-2018-standard.yaml" })
        #expect(BlockYAML.text(made.node) == String(decoding: file.bytes, as: UTF8.self))
    }

    @Test("the same pack gives the same questionnaire", arguments: ["twse-2018", "cnfa-2022"])
    func deterministic(pack: String) throws {
        let (one, other) = (try make(pack, nil), try make(pack, nil))
        #expect(CanonicalJSON.bytes(of: one.node) == CanonicalJSON.bytes(of: other.node))
        // As YAML it is the same document.
        let read = try YAMLReader.read(Array(BlockYAML.text(one.node).utf8))
        #expect(read == one.node)
    }

    @Test(
        "every duty of firms is asked about once, whole or in each of its parts, and nothing else is",
        arguments: ["twse-2018", "cnfa-2022"])
    func complete(pack: String) throws {
        let rulebook = try Shelf.rulebook()
        let found = try #require(rulebook.packs.first { $0.id == pack })
        for groups in [nil] + found.groups.map({ [$0.id] }) {
            let duties = found.leafDuties.filter { $0.isOfFirms && groups?.contains($0.group) ?? true }
            guard !duties.isEmpty else {
                #expect(throws: DocumentError.self) { try make(pack, groups) }
                continue
            }
            let made = try make(pack, groups)
            let asked = made.questions.map { "\($0.clause)/\($0.aspect ?? "")" }
            let wanted = duties.flatMap { clause in
                clause.aspects.isEmpty ? ["\(clause.id)/"] : clause.aspects.map { "\(clause.id)/\($0.name)" }
            }
            #expect(Set(asked).count == asked.count && asked.sorted() == wanted.sorted())
            #expect(made.unasked(of: found, groups: groups.map { Set($0) }).isEmpty)
        }
    }

    @Test("a question is put where the rules bind the firm, for every firm there can be")
    func scope() throws {
        let rulebook = try Shelf.rulebook()
        let table = ScopeTable(rulebook)
        var generator = SplitMix(state: 5)
        var bound = 0
        for pack in ["twse-2018", "cnfa-2022"] {
            let made = try make(pack, nil)
            for _ in 0..<200 {
                let profile = Profile(name: "x", firm: Self.facts(rulebook, &generator), systems: [])
                let set = ObligationSet(rulebook, table: table, profile: profile, asOf: CivilDate(day: 20_000))
                var decisions: [String: String] = [:]
                for outcome in set.decisions { decisions[outcome.decision.id] = outcome.value }
                let check = AnswerCheck(
                    made, firm: FirmView(facts: profile.firm, decisions: decisions, parameters: rulebook.parameters),
                    answers: Answers(questionnaire: made.reference, asOf: CivilDate(day: 20_000)))
                for item in check.items where item.question.subject == .firm {
                    let index = try #require(rulebook.index(of: item.question.clause))
                    let binding = set.subjects[0].bindings[index]
                    let part = rulebook.clauses[index].aspects.firstIndex { $0.name == item.question.aspect }
                    let isAbsent = part.map { binding.absentAspects & 1 << $0 != 0 } ?? false
                    // An exemption that is not known exempts nobody there, and leaves the question open here.
                    if item.applies.truth == .no { #expect(binding.binds == .no || isAbsent, "\(item.question.id)") }
                    if binding.binds == .no || isAbsent { #expect(item.applies.truth != .yes, "\(item.question.id)") }
                    bound += item.applies.truth == .yes ? 1 : 0
                }
            }
        }
        #expect(bound > 1_000, "\(bound)")
    }

    /// Facts of a firm, each known or not.
    private static func facts(_ rulebook: Rulebook, _ generator: inout SplitMix) -> [String: Node] {
        var facts: [String: Node] = [:]
        for fact in rulebook.facts where fact.isOfFirm && generator.next() % 4 > 0 {
            switch fact.kind {
            case .bool: facts[fact.name] = .bool(generator.next() % 2 == 0)
            case .integer: facts[fact.name] = .integer(Int(generator.next() % 5))
            case .number where fact.unit == .ratio: facts[fact.name] = .integer(Int(generator.next() % 2))
            case .number: facts[fact.name] = .integer(Int(generator.next() % 12) * 1_000_000_000)
            case .enum: facts[fact.name] = .text(fact.choices[Int(generator.next() % UInt64(fact.choices.count))].value)
            case .enumList: facts[fact.name] = .texts(fact.choices.map(\.value).filter { _ in generator.next() % 2 == 0 })
            case .text, .date, .textList: continue
            }
        }
        return facts
    }

    @Test("a condition about systems is left open in favour of asking, on both sides of a not")
    func systems() throws {
        func relaxed(_ text: String) throws -> String? {
            let predicate = try PredicateReader.read(try YAMLReader.read(Array(text.utf8)), path: "")
            return QuestionnaireGenerator.forFirms(predicate).map {
                String(decoding: CanonicalJSON.line(of: PredicateWriter.node($0)).dropLast(), as: UTF8.self)
            }
        }
        let online = #"{"eq":true,"fact":"firm.online_orders"}"#
        #expect(try relaxed("all: [{fact: firm.online_orders, eq: true}, {fact: system.core, eq: true}]") == online)
        #expect(try relaxed("any: [{fact: firm.online_orders, eq: true}, {fact: system.core, eq: true}]") == nil)
        #expect(try relaxed("not: {fact: system.core, eq: true}") == nil)
        #expect(try relaxed("not: {all: [{fact: firm.online_orders, eq: true}, {fact: system.core, eq: true}]}") == nil)
        #expect(
            try relaxed("not: {any: [{fact: firm.online_orders, eq: true}, {fact: system.core, eq: true}]}")
                == #"{"not":\#(online)}"#)
        #expect(
            try relaxed("none: [{fact: firm.online_orders, eq: true}, {fact: system.core, eq: true}]") == #"{"not":\#(online)}"#)
    }

    @Test("every condition of the rule packs is written as what is read again")
    func predicates() throws {
        var count = 0
        for clause in try Shelf.rulebook().clauses {
            for predicate in [clause.scope, clause.substitution].compactMap({ $0 }) + clause.exemptions.map(\.when)
                + clause.aspects.compactMap(\.scope)
            {
                #expect(try PredicateReader.read(PredicateWriter.node(predicate), path: "") == predicate)
                count += 1
            }
        }
        #expect(count > 30)
        for text in [
            "{some: a.b, where: {fact: .x, eq: 1}, at_least: 2}", "{each: a, must: {fact: ., age_le: 14 d}}",
            "{fact: a.b, within: cnfa-6.5.lock_threshold}", "{fact: a.b, ge: {profile: firm.x}}",
        ] {
            let predicate = try PredicateReader.read(try YAMLReader.read(Array(text.utf8)), path: "")
            #expect(try PredicateReader.read(PredicateWriter.node(predicate), path: "") == predicate)
        }
    }

    @Test("a heading that is not there, or holds no duty of firms, makes no questionnaire")
    func headings() throws {
        #expect(throws: DocumentError.self) { try make("twse-2018", ["nothing"]) }
        #expect(throws: DocumentError.self) { try make("twse-2018", ["timeline"]) }
    }
}
