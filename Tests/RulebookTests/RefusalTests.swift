import Documents
import Rulebook
import Testing

/// A small right pack; each test makes one thing wrong.
private let right = """
    schema: plumbline.rulepack/1
    id: toy-1
    version: "1"
    effective: 2020-01-01
    prefix: toy
    title: {zh-TW: 玩具, en: Toy}
    issuer: {zh-TW: 無, en: nobody}
    source: {zh-TW: 無, en: none}
    facts:
      - {key: firm.size, type: number, title: {zh-TW: 大小, en: size}, minimum: 0, strict: 1}
      - {key: system.core, type: bool, title: {zh-TW: 核心, en: core}, strict: true}
    groups: [{id: g, title: {zh-TW: 組, en: group}}]
    decisions:
      - id: rank
        title: {zh-TW: 級, en: rank}
        strictest_first: ["1", "2"]
        values: {"1": {zh-TW: 一, en: one}, "2": {zh-TW: 二, en: two}}
        steps:
          - {id: big, when: {fact: firm.size, ge: {param: toy-1.1.floor}}, return: {value: "1", reason: size}}
          - {id: rest, return: {value: "2", reason: size}}
        reasons: {size: {zh-TW: 大小, en: size}}
    clauses:
      - id: toy-1.1
        article: {zh-TW: 一, en: "1"}
        group: g
        title: {zh-TW: 甲, en: a}
        requirement: {zh-TW: 甲, en: a}
        force: shall
        subject: system
        scope: {fact: system.core, eq: true}
        parameters:
          floor: {value: 10, unit: count, bound: min, origin: regulation, title: {zh-TW: 底, en: floor}}
          gap: {value: 6, unit: month, as_days: 183, bound: max, origin: regulation, title: {zh-TW: 隔, en: gap}}
        cadence: {kind: periodic, max_gap: gap}
        verify: [{method: evidence, by: {zh-TW: 甲, en: a}}]

    """

private func read(_ text: String) throws(DocumentError) -> RulePack {
    try RulePackReader.read(try YAMLReader.read(Array(text.utf8)), origin: "toy.yaml")
}

@Suite("A wrong rule pack is refused with file, line, key and reason")
struct RulePackRefusalTests {
    @Test func theRightOneIsRead() throws {
        let pack = try read(right)
        #expect(pack.leafDuties.count == 1)
    }

    @Test(arguments: [
        ("id: toy-1\n", "ID: toy-1\n", "unknown-key|missing-key", "id"),
        ("version: \"1\"", "version: 1", "wrong-type", "version"),
        ("effective: 2020-01-01", "effective: 2020-02-30", "bad-value", "effective"),
        ("prefix: toy", "prefix: tic", "bad-value", "clauses[0].id"),
        ("title: {zh-TW: 玩具, en: Toy}", "title: {zh-TW: 玩具}", "missing-key", "title.en"),
        ("force: shall", "force: must", "bad-value", "clauses[0].force"),
        ("force: shall", "force: mixed", "bad-value", "clauses[0].force"),
        ("group: g\n", "group: h\n", "bad-value", "clauses[0].group"),
        ("subject: system", "subject: cat", "bad-value", "clauses[0].subject"),
        ("scope: {fact: system.core, eq: true}", "scope: {fact: system.cor, eq: true}", "bad-value", "clauses[0]"),
        ("scope: {fact: system.core, eq: true}", "scope: {fact: system.core, eq: 1}", "bad-value", "clauses[0]"),
        (
            "scope: {fact: system.core, eq: true}", "scope: {fact: system.core, equals: true}", "unknown-key",
            "clauses[0].scope.equals"
        ),
        ("scope: {fact: system.core, eq: true}", "scope: {all: []}", "bad-value", "clauses[0].scope.all"),
        ("scope: {fact: system.core, eq: true}", "scope: {fact: decision.class, eq: \"1\"}", "bad-value", "clauses[0]"),
        ("max_gap: gap", "max_gap: gab", "bad-value", "clauses[0].cadence"),
        ("max_gap: gap", "note: {zh-TW: 無, en: none}", "bad-value", "clauses[0].cadence"),
        ("max_gap: gap", "max_gap: floor", "bad-value", "clauses[0].cadence.max_gap"),
        ("bound: max", "bound: upper", "bad-value", "clauses[0].parameters.gap.bound"),
        ("unit: count", "unit: cows", "bad-value", "clauses[0].parameters.floor.unit"),
        ("value: 10", "value: ten", "wrong-type", "clauses[0].parameters.floor.value"),
        ("unit: count,", "unit: count, as_days: 3,", "bad-value", "clauses[0].parameters.floor.as_days"),
        ("verify: [{method: evidence, by: {zh-TW: 甲, en: a}}]", "notes: []", "bad-value", "clauses[0].verify"),
        ("{param: toy-1.1.floor}", "{param: toy-1.1.roof}", "bad-value", "decisions.rank.big"),
        ("reasons: {size:", "reasons: {sise:", "bad-value", "decisions[0].steps[0]"),
        ("- {id: rest, return", "- {id: rest, when: {fact: firm.size, lt: 1}, return", "bad-value", "decisions[0].steps"),
        ("strictest_first: [\"1\", \"2\"]", "strictest_first: [\"1\"]", "bad-value", "decisions[0].strictest_first"),
        ("type: number,", "type: numeral,", "bad-value", "facts[0].type"),
        ("strict: true}", "strict: maybe}", "wrong-type", "facts[1].strict"),
        ("minimum: 0, strict: 1", "minimum: 0, strict: -1", "bad-value", "facts[0].strict"),
        ("strict: true}", "note: 1}", "bad-value", "facts[1].strict"),
        ("subject: system\n", "subject: system\n    parent: toy-9\n", "bad-value", "clauses[0].parent"),
        ("key: system.core", "key: core", "bad-value", "facts[1].key"),
    ])
    func refused(_ old: String, _ new: String, _ codes: String, _ key: String) throws {
        let text = right.replacing(old, with: new, maxReplacements: 1)
        #expect(text != right, "the test changes something")
        var found: DocumentError?
        do throws(DocumentError) { _ = try read(text) } catch { found = error }
        let error = try #require(found)
        #expect(codes.split(separator: "|").map(String.init).contains(error.code.rawValue), "\(error)")
        #expect(error.key.hasPrefix(key), "\(error)")
        #expect(error.source == "toy.yaml")
        #expect(error.position.line > 0, "\(error)")
        #expect(!error.reason.isEmpty)
    }

    @Test("Two packs that mean different things by one fact, share a clause, or a decision, cannot stand together")
    func together() throws {
        let first = try read(right)
        #expect(throws: DocumentError.self) { try Rulebook([first, first]) }
        let other = right.replacing("toy", with: "tic").replacing("type: bool", with: "type: text").replacing(
            "strict: true", with: "strict: yes"
        )
        .replacing("eq: true", with: "eq: a").replacing("id: rank", with: "id: order")
        #expect(throws: DocumentError.self) { try Rulebook([first, try read(other)]) }
    }

    @Test("A shipped pack with a line lost, doubled, or cut off never crashes the reader", arguments: 0..<120)
    func mutilated(seed: Int) throws {
        let file = ShippedFiles.files(in: "rulebooks")[seed % 2]
        var lines = file.bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        let index = (seed &* 7919 + 13) % lines.count
        if seed % 3 == 0 {
            lines.remove(at: index)
        } else if seed % 3 == 1 {
            lines.insert(lines[index], at: index)
        } else {
            lines = Array(lines[..<index])
        }
        let bytes = Array(lines.joined(separator: [0x0A]))
        guard let node = try? YAMLReader.read(bytes) else { return }
        _ = try? RulePackReader.read(node, origin: file.name)
    }
}

@Suite("Profiles")
struct ProfileTests {
    private func read(_ text: String) throws(DocumentError) -> Profile {
        try ProfileReader.read(try YAMLReader.read(Array(text.utf8)), rulebook: shipped, origin: "firm.yaml")
    }

    private let head = "schema: plumbline.profile/1\nname: x\n"

    @Test(arguments: [
        ("firm: {size: 1}\n", "unknown-key", "firm.size"), ("firm: {fcm_tier: 9}\n", "bad-value", "firm.fcm_tier"),
        ("firm: {fcm_tier: two}\n", "wrong-type", "firm.fcm_tier"),
        ("firm: {entity_kinds: [bank]}\n", "bad-value", "firm.entity_kinds[0]"),
        ("firm: {online_ratio_last_year: 1.5}\n", "bad-value", "firm.online_ratio_last_year"),
        ("overrides: {cnfa-6.5.lock_threshold: 4}\n", "bad-value", "overrides.cnfa-6.5.lock_threshold"),
        ("overrides: {cnfa-6.5.lock_duration: 14}\n", "bad-value", "overrides.cnfa-6.5.lock_duration"),
        ("overrides: {cnfa-6.5.lock_threshold: 0}\n", "bad-value", "overrides.cnfa-6.5.lock_threshold"),
        ("overrides: {cnfa-6.5.lock_threshold: 2.5}\n", "bad-value", "overrides.cnfa-6.5.lock_threshold"),
        ("overrides: {cnfa-6.5.nothing: 1}\n", "unknown-key", "overrides.cnfa-6.5.nothing"),
        (
            "waivers: [{parameter: cnfa-6.5.lock_threshold, value: 5, owner: a, approver: a, reason: r, expires: 2027-01-01}]\n",
            "bad-value", "waivers[0].approver"
        ),
        (
            "waivers: [{parameter: cnfa-6.5.lock_threshold, value: 5, owner: a, reason: r, expires: 2027-01-01}]\n",
            "missing-key", "waivers[0].approver"
        ),
        (
            "waivers: [{parameter: cnfa-6.5.lock_threshold, value: 5, owner: a, approver: b, reason: r}]\n", "missing-key",
            "waivers[0].expires"
        ),
        (
            "equivalences: [{clause: cnfa-3.1, group_clause: g, reason: r, approver: a, expires: 2027-01-01}]\n", "bad-value",
            "equivalences[0].clause"
        ),
        (
            "waivers: [{parameter: cnfa-6.5.lock_threshold, value: 2, owner: a, approver: b, reason: r, expires: 2027-01-01}]\n",
            "bad-value", "waivers[0].value"
        ),
        ("changes: [{from: 2027-01-01}]\n", "bad-value", "changes[0]"),
        (
            "changes: [{from: 2027-01-01, firm: {fcm_tier: 3}}, {from: 2027-01-01, firm: {fcm_tier: 4}}]\n", "bad-value",
            "changes[1]"
        ),
        ("systems: [{id: a}, {id: a}]\n", "duplicate-key", "systems"),
        ("policy: {switches: {securities-tier: {P9: each}}}\n", "bad-value", "policy.switches"),
        ("policy: {zone: Europe/Paris}\n", "bad-value", "policy.zone"),
        ("policy: {facts_max_age: 7}\n", "wrong-type", "policy.facts_max_age"),
        (
            "equivalences: [{clause: cnfa-99, group_clause: g, reason: r, approver: a, expires: 2027-01-01}]\n", "bad-value",
            "equivalences[0].clause"
        ),
    ])
    func refused(_ tail: String, _ code: String, _ key: String) throws {
        var found: DocumentError?
        do throws(DocumentError) { _ = try read(head + tail) } catch { found = error }
        let error = try #require(found)
        #expect(error.code.rawValue == code, "\(error)")
        #expect(error.key.hasPrefix(key), "\(error)")
        #expect(error.position.line == 3, "\(error)")
    }

    @Test("Overrides only toward the strict side; waivers loosen until the last day")
    func parametersInForce() throws {
        let id = ParameterID(clause: "cnfa-6.7", name: "max_age")
        let day = try #require(CivilDate("2026-11-20"))
        let strict = try read(head + "overrides: {cnfa-6.7.max_age: 2}\n")
        let inForce = ParametersInForce(shipped, profile: strict, asOf: day)
        #expect(inForce.values[id]?.isOverridden == true)
        #expect(inForce.values[id]?.quantity.days == 60, "two of the three months that stand for 90 days")
        let waived = try read(
            head + "waivers: [{parameter: cnfa-6.7.max_age, value: 6, owner: a, approver: b, reason: r, expires: 2026-11-20}]\n")
        #expect(ParametersInForce(shipped, profile: waived, asOf: day).values[id]?.quantity.days == 180)
        let later = ParametersInForce(shipped, profile: waived, asOf: day.adding(days: 1))
        #expect(later.values[id]?.waiver == nil)
        #expect(later.expired.count == 1)
    }
}

@Suite("Civil dates and instants")
struct TimeTests {
    @Test("Every day of four centuries keeps its parts, and its successor is the next day")
    func calendar() throws {
        var expected = (year: 1900, month: 1, day: 1)
        var date = try #require(CivilDate(year: 1900, month: 1, day: 1))
        for _ in 0..<146_097 {
            #expect(date.parts == expected)
            if expected.day < CivilDate.length(ofMonth: expected.month, year: expected.year) {
                expected.day += 1
            } else {
                expected = expected.month == 12 ? (expected.year + 1, 1, 1) : (expected.year, expected.month + 1, 1)
            }
            date = date.adding(days: 1)
        }
    }

    @Test(arguments: [
        ("2026-11-20T15:33:00Z", 1_795_188_780), ("2026-11-20T23:33:00+08:00", 1_795_188_780),
        ("2026-11-20T23:33:00.999+08:00", 1_795_188_780),
        ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59Z", -1), ("2016-12-31T23:59:60Z", 1_483_228_800),
    ])
    func instants(_ text: String, _ seconds: Int64) { #expect(Instant(text)?.seconds == seconds) }

    @Test(arguments: [
        "2026-11-20", "2026-11-20T15:33:00", "2026-11-31T00:00:00Z", "2026-11-20T24:00:00Z", "2026-11-20T15:33:00+8", "", "x",
    ])
    func refused(_ text: String) { #expect(Instant(text) == nil) }

    @Test func monthsAndZones() throws {
        #expect(CivilDate("2026-01-31")?.adding(months: 1) == CivilDate("2026-02-28"))
        #expect(CivilDate("2024-11-19")?.adding(months: 24) == CivilDate("2026-11-19"))
        #expect(CivilDate("2026-03-31")?.adding(months: -13) == CivilDate("2025-02-28"))
        #expect(CivilDate("2026-11-20")?.rocDescription == "民國115年11月20日")
        let late = try #require(Instant("2026-11-20T16:00:00Z"))
        #expect(late.date(in: .taipei) == CivilDate("2026-11-21"))
        #expect(late.text(in: .taipei) == "2026-11-21T00:00:00+08:00")
        #expect(Zone("-03:30")?.offset == -12_600)
        #expect(Zone("Mars") == nil)
    }
}

@Suite("Regular expressions")
struct PatternTests {
    private func reads(_ pattern: String) -> Bool {
        let node = Node.object([("fact", "firm.name"), ("matches", .text(pattern))])
        return (try? PredicateReader.read(node, path: "")) != nil
    }

    @Test(
        "Expressions that can take forever are refused when they are read",
        arguments: [
            "^(a+)+$", "(a*)*", "(a|b)*c", "((a+)b)+", "(a?)+", "(x+x+)+y", #"(a)\1"#, "(a{1,})*", "(",
            String(repeating: "a", count: 501),
        ])
    func refused(_ pattern: String) { #expect(!reads(pattern)) }

    @Test(
        "Ordinary ones are not",
        arguments: [
            "^[0-9]{4}(-[0-9]{4}){3}$", #"^/var/log/(auth\.log|secure)$"#, "^[A-Z][12][0-9]{8}$", "a+b*", "(abc)+", "[(+*)]+",
            #"\(a+\)"#, "(?i)root",
        ])
    func accepted(_ pattern: String) { #expect(reads(pattern)) }
}
