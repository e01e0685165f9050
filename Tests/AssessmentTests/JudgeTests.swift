import Documents
import Testing

@testable import Assessment
@testable import Checks
@testable import Rulebook

/// A small regulation with one clause of each kind that judging tells apart.
private let pack = """
    schema: plumbline.rulepack/1
    id: toy-1
    version: "1"
    effective: 2020-01-01
    prefix: toy
    title: {zh-TW: 玩具, en: Toy}
    issuer: {zh-TW: 無, en: nobody}
    source: {zh-TW: 無, en: none}
    facts:
      - {key: firm.foreign_group, type: bool, title: {zh-TW: 外資, en: foreign}, strict: false}
      - {key: system.core, type: bool, title: {zh-TW: 核心, en: core}, strict: true}
    groups: [{id: g, title: {zh-TW: 組, en: group}}]
    clauses:
      - {id: toy-auto, article: {zh-TW: 一, en: "1"}, group: g, title: {zh-TW: 自動, en: auto}, requirement: {zh-TW: 一, en: one}, force: shall, subject: system,
         substitution: {fact: firm.foreign_group, eq: true}, verify: [{method: automatic, by: {zh-TW: 一, en: one}}]}
      - {id: toy-both, article: {zh-TW: 二, en: "2"}, group: g, title: {zh-TW: 兩者, en: both}, requirement: {zh-TW: 一, en: one}, force: shall, subject: system,
         verify: [{method: automatic, by: {zh-TW: 一, en: one}}, {method: evidence, by: {zh-TW: 一, en: one}}]}
      - {id: toy-advice, article: {zh-TW: 三, en: "3"}, group: g, title: {zh-TW: 建議, en: advice}, requirement: {zh-TW: 一, en: one}, force: should, subject: system,
         verify: [{method: automatic, by: {zh-TW: 一, en: one}}]}
      - {id: toy-aspects, article: {zh-TW: 四, en: "4"}, group: g, title: {zh-TW: 複合, en: compound}, requirement: {zh-TW: 一, en: one}, force: mixed, subject: system,
         aspects: {must: {title: {zh-TW: 應, en: must}, force: shall}, may: {title: {zh-TW: 宜, en: may}, force: should}},
         verify: [{method: automatic, by: {zh-TW: 一, en: one}}]}
      - {id: toy-core, article: {zh-TW: 五, en: "5"}, group: g, title: {zh-TW: 核心, en: core}, requirement: {zh-TW: 一, en: one}, force: shall, subject: system,
         scope: {fact: system.core, eq: true}, verify: [{method: evidence, by: {zh-TW: 一, en: one}}],
         cadence: {kind: periodic, max_gap: gap}, parameters: {gap: {value: 6, unit: month, as_days: 183, bound: max, origin: regulation, title: {zh-TW: 隔, en: gap}}}}
      - {id: toy-parent, article: {zh-TW: 六, en: "6"}, group: g, title: {zh-TW: 上, en: parent}, requirement: {zh-TW: 一, en: one}, force: shall, subject: firm, parent_of: true}
      - {id: toy-child-1, article: {zh-TW: 六, en: "6"}, group: g, title: {zh-TW: 一, en: one}, requirement: {zh-TW: 一, en: one}, force: shall, subject: firm, parent: toy-parent,
         verify: [{method: attestation, by: {zh-TW: 一, en: one}}]}
      - {id: toy-child-2, article: {zh-TW: 六, en: "6"}, group: g, title: {zh-TW: 二, en: two}, requirement: {zh-TW: 一, en: one}, force: shall, subject: firm, parent: toy-parent,
         verify: [{method: attestation, by: {zh-TW: 一, en: one}}]}
    """

private struct World {
    let rulebook: Rulebook
    let judge: Judge
    let now = Instant(seconds: 1_795_132_800)
    var profile: Profile
    var results: [String: CheckResult] = [:]
    var hosts = ["h1"]
    var age = 0
    var records: [Record] = []

    static let standardCovers: [(String, [Coverage])] = [
        ("c.auto", [Coverage(clause: "toy-auto", aspect: nil, extent: .whole)]),
        ("c.both", [Coverage(clause: "toy-both", aspect: nil, extent: .part)]),
        ("c.advice", [Coverage(clause: "toy-advice", aspect: nil, extent: .whole)]),
        ("c.must", [Coverage(clause: "toy-aspects", aspect: "must", extent: .whole)]),
        ("c.may", [Coverage(clause: "toy-aspects", aspect: "may", extent: .whole)]),
    ]

    let covers: [(String, [Coverage])]

    init(hint: Bool = false, extra: (String, [Coverage])? = nil) throws {
        covers = Self.standardCovers + [extra].compactMap { $0 }
        let text = pack.replacing("\n    ", with: "\n")
        rulebook = try Rulebook([try RulePackReader.read(try YAMLReader.read(Array(text.utf8)), origin: "toy")])
        let yes = try PredicateReader.read(try YAMLReader.read(Array("{fact: a.b, eq: 1}".utf8)), path: "")
        let checks = covers.map { id, given in
            let covers = given.map { hint ? Coverage(clause: $0.clause, aspect: $0.aspect, extent: .hint) : $0 }
            return Check(
                id: id, title: Text("", ""), covers: covers, severity: .high, requires: [], toleratesGaps: false, when: nil,
                assert: yes, context: [],
                explanation: Text("", ""), remedy: Text("", ""), fixtures: [], position: .none)
        }
        judge = Judge(rulebook, checks: checks)
        profile = Profile(
            name: "toy", firm: ["foreign_group": false],
            systems: [SystemProfile(id: "s", name: "s", hosts: ["h1"], facts: ["core": true])])
    }

    /// The judgement of a clause; hosts named "missing…" have no facts.
    func judge(_ clause: String) throws -> Judgement {
        let assessment = assess()
        let index = try #require(rulebook.index(of: clause))
        return try #require(assessment.judgements(of: index).first)
    }

    func assess() -> Assessment {
        let day = now.date(in: .taipei)
        let obligations = ObligationSet(rulebook, table: ScopeTable(rulebook), profile: profile, asOf: day)
        let evidence = hosts.map { host -> HostEvidence in
            host.hasPrefix("missing")
                ? .missing(host)
                : HostEvidence(
                    host: host, collected: now.adding(seconds: Int64(-age)),
                    results: covers.map { results["\($0.0)@\(host)"] ?? results[$0.0] ?? .notApplicable })
        }
        return judge.assess(
            obligations, evidence: FirmEvidence(hosts: [evidence, evidence], records: records),
            equivalences: profile.equivalences,
            policy: Judge.Terms(profile.policy), at: now)
    }

    func record(
        _ clause: String, daysAgo: Int, state: Record.State = .signed, kind: Record.Kind = .attestation, fulfilled: Bool = true
    ) -> Record {
        Record(
            clause: clause, aspect: nil, system: nil, kind: kind, state: state,
            date: now.date(in: .taipei).adding(days: -daysAgo),
            isFulfilled: fulfilled, by: "a person", evidence: [], note: nil)
    }
}

@Suite("Judging")
struct JudgeTests {
    @Test("Measured on every host, or not at all")
    func measured() throws {
        var world = try World()
        #expect(try world.judge("toy-auto").verdict == .undetermined)
        world.results["c.auto"] = .pass
        #expect(try world.judge("toy-auto").verdict == .compliant)
        world.hosts = ["h1", "h2"]
        world.results["c.auto@h2"] = .fail
        #expect(try world.judge("toy-auto").verdict == .nonCompliant)
        world.results["c.auto@h2"] = .undetermined
        #expect(try world.judge("toy-auto").verdict == .undetermined)
        #expect(try world.judge("toy-auto").reason == .unreadable)
        world.hosts = ["h1", "missing"]
        #expect(try world.judge("toy-auto").reason == .hostMissing)
        world.hosts = ["missing", "h2"]
        world.results["c.auto@h2"] = .fail
        #expect(try world.judge("toy-auto").verdict == .nonCompliant, "a breach is a breach though another host is unknown")
    }

    @Test(
        "Facts that are too old, or of the future, prove nothing",
        arguments: [(7 * 86_400, true), (7 * 86_400 + 1, false), (-300, true), (-301, false)])
    func stale(age: Int, counts: Bool) throws {
        var world = try World()
        world.results["c.auto"] = .pass
        world.age = age
        let judgement = try world.judge("toy-auto")
        #expect(judgement.verdict == (counts ? .compliant : .undetermined))
        if !counts { #expect(judgement.reason == .stale) }
        world.results["c.auto"] = .fail
        #expect(try world.judge("toy-auto").verdict == (counts ? .nonCompliant : .undetermined))
    }

    @Test("A check that shows a part needs a signature for the rest")
    func parts() throws {
        var world = try World()
        world.results["c.both"] = .pass
        #expect(try world.judge("toy-both").reason == .partOnly)
        #expect(try world.judge("toy-both").verdict == .undetermined)
        world.records = [world.record("toy-both", daysAgo: 10, state: .declared)]
        #expect(try world.judge("toy-both").verdict == .undetermined)
        #expect(try world.judge("toy-both").declared == .yes)
        world.records = [world.record("toy-both", daysAgo: 10)]
        #expect(try world.judge("toy-both").verdict == .compliant)
        #expect(try world.judge("toy-both").reason == .measuredAndSigned)
        world.results["c.both"] = .fail
        let disputed = try world.judge("toy-both")
        #expect(disputed.verdict == .nonCompliant)
        #expect(disputed.isDisputed)
        world.results["c.both"] = .pass
        world.records = [world.record("toy-both", daysAgo: 367)]
        #expect(try world.judge("toy-both").verdict == .undetermined)
        world.records = [world.record("toy-both", daysAgo: 40), world.record("toy-both", daysAgo: 2, fulfilled: false)]
        #expect(try world.judge("toy-both").verdict == .nonCompliant)
        world.records = [world.record("toy-both", daysAgo: -1)]
        #expect(try world.judge("toy-both").verdict == .undetermined, "a record of tomorrow says nothing today")
    }

    @Test("A signature cannot stand for a measurement that only a check can make")
    func needsMeasurement() throws {
        var world = try World()
        world.records = [world.record("toy-auto", daysAgo: 1)]
        #expect(try world.judge("toy-auto").verdict == .undetermined)
        #expect(try world.judge("toy-auto").reason == .needsMeasurement)
        #expect(try world.judge("toy-auto").signed == .yes)
    }

    @Test("Advice is never a breach, and unknown advice is unknown")
    func advice() throws {
        var world = try World()
        #expect(try world.judge("toy-advice").verdict == .undetermined)
        world.results["c.advice"] = .fail
        #expect(try world.judge("toy-advice").verdict == .adviceNotAdopted)
        #expect(world.assess().exitStatus == 2)
    }

    @Test(
        "Compound clauses",
        arguments: [
            (CheckResult.pass, CheckResult.pass, Verdict.compliant), (.pass, .fail, .adviceNotAdopted), (.fail, .pass, .partly),
            (.fail, .fail, .nonCompliant),
            (.fail, .undetermined, .nonCompliant), (.undetermined, .pass, .undetermined), (.pass, .undetermined, .undetermined),
        ])
    func aspects(must: CheckResult, may: CheckResult, verdict: Verdict) throws {
        var world = try World()
        world.results = ["c.must": must, "c.may": may]
        #expect(try world.judge("toy-aspects").verdict == verdict)
    }

    @Test(
        "Recurring duties",
        arguments: [
            ([Int](), Verdict.undetermined, Reason.noEvidence), ([183], .compliant, .inTime), ([184], .nonCompliant, .overdue),
            ([10, 250], .partly, .gapExceeded), ([10, 190], .compliant, .inTime),
        ])
    func cadence(daysAgo: [Int], verdict: Verdict, reason: Reason) throws {
        var world = try World()
        world.records = daysAgo.map { world.record("toy-core", daysAgo: $0, kind: .duty) }
        let judgement = try world.judge("toy-core")
        #expect(judgement.verdict == verdict)
        #expect(judgement.reason == reason)
    }

    @Test("Scope: out, unknown, and a group standard that stands for the clause until it expires")
    func scope() throws {
        var world = try World()
        world.profile.systems[0].facts["core"] = false
        #expect(try world.judge("toy-core").verdict == .notApplicable)
        world.profile.systems[0].facts["core"] = nil
        #expect(try world.judge("toy-core").reason == .scopeUnknown)
        world.results["c.auto"] = .fail
        let today = world.now.date(in: .taipei)
        world.profile.equivalences = [
            Equivalence(clause: "toy-auto", groupClause: "G-1", reason: "r", approver: "a", expires: today, systems: [])
        ]
        #expect(try world.judge("toy-auto").verdict == .nonCompliant, "only a foreign firm may substitute")
        world.profile.firm["foreign_group"] = true
        #expect(try world.judge("toy-auto").verdict == .equivalent)
        world.profile.equivalences[0].expires = today.adding(days: -1)
        #expect(try world.judge("toy-auto").verdict == .nonCompliant)
    }

    @Test("A parent is rolled up from its children")
    func rollUp() throws {
        var world = try World()
        let parent = try #require(world.rulebook.index(of: "toy-parent"))
        #expect(world.assess().verdict(of: parent) == .undetermined)
        world.records = [world.record("toy-child-1", daysAgo: 1)]
        #expect(world.assess().verdict(of: parent) == .undetermined)
        world.records.append(world.record("toy-child-2", daysAgo: 1))
        #expect(world.assess().verdict(of: parent) == .compliant)
        world.records.append(world.record("toy-child-2", daysAgo: 0, fulfilled: false))
        #expect(world.assess().verdict(of: parent) == .partly)
    }

    @Test("Rolling up never turns anything unknown into a pass")
    func monotone() {
        let all = Verdict.allCases
        for first in all {
            for second in all {
                let result = RollUp.combine([first, second])
                #expect(result == RollUp.combine([second, first]))
                if first == .undetermined || second == .undetermined { #expect(result != .compliant && result != .equivalent) }
                if first == .nonCompliant || second == .nonCompliant { #expect(result == .nonCompliant || result == .partly) }
            }
        }
        #expect(RollUp.combine([]) == .notApplicable)
    }

    @Test("The trace names the same verdict as the judgement")
    func traces() throws {
        var world = try World()
        world.results = ["c.auto": .pass, "c.both": .pass, "c.advice": .fail, "c.must": .pass, "c.may": .fail]
        let assessment = world.assess()
        for judgement in assessment.judgements where judgement.verdict != .notApplicable {
            let trace = assessment.trace(of: judgement)
            #expect(RollUp.combine(trace.requirements.map(\.verdict)) == judgement.verdict)
        }
    }
}

@Suite("What signatures and records cannot do")
struct SignatureLimitTests {
    @Test("A signature does not stand for facts that are stale, missing or unreadable")
    func notForMissingFacts() throws {
        var world = try World()
        world.records = [world.record("toy-both", daysAgo: 1)]
        world.results["c.both"] = .undetermined
        #expect(try world.judge("toy-both").verdict == .undetermined)
        world.results["c.both"] = .pass
        world.age = 8 * 86_400
        #expect(try world.judge("toy-both").reason == .stale)
        world.age = 0
        world.hosts = ["missing"]
        #expect(try world.judge("toy-both").reason == .hostMissing)
        world.hosts = ["h1"]
        world.results["c.both"] = .notApplicable
        #expect(try world.judge("toy-both").verdict == .compliant, "no check concerns the host: people tell")
    }

    @Test("Of contradicting records of one day the worse one counts, in either order")
    func sameDay() throws {
        var world = try World()
        let yes = world.record("toy-child-1", daysAgo: 3)
        let no = world.record("toy-child-1", daysAgo: 3, fulfilled: false)
        for records in [[yes, no], [no, yes]] {
            world.records = records
            #expect(try world.judge("toy-child-1").verdict == .nonCompliant)
        }
    }
}

@Suite("Whole and part")
struct WholeAndPartTests {
    @Test("What settles a requirement outranks a part that could not be seen, but not one that fails")
    func wholeOutranks() throws {
        var world = try World(extra: ("c.extra", [Coverage(clause: "toy-auto", aspect: nil, extent: .part)]))
        world.results = ["c.auto": .pass, "c.extra": .undetermined]
        #expect(try world.judge("toy-auto").verdict == .compliant)
        world.results = ["c.auto": .pass, "c.extra": .fail]
        #expect(try world.judge("toy-auto").verdict == .nonCompliant)
        world.results = ["c.auto": .undetermined, "c.extra": .pass]
        #expect(try world.judge("toy-auto").verdict == .undetermined)
    }
}

@Suite("Hints")
struct HintTests {
    @Test("A check that is only a hint never makes a breach, and never settles a clause")
    func hints() throws {
        var world = try World(hint: true)
        world.results["c.both"] = .fail
        #expect(try world.judge("toy-both").verdict == .undetermined)
        #expect(try world.judge("toy-both").reason == .mayBeElsewhere)
        world.records = [world.record("toy-both", daysAgo: 1)]
        #expect(try world.judge("toy-both").verdict == .compliant)
        world.records = []
        world.results["c.both"] = .pass
        #expect(try world.judge("toy-both").reason == .partOnly)
    }
}
