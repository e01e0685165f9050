import Documents
import Rulebook
import Testing

@testable import Checks

private let right = """
    schema: plumbline.checkpack/1
    id: house
    version: "1"
    facts: linux
    title: {zh-TW: 自訂, en: own}
    checks:
      - id: house.age
        title: {zh-TW: 效期, en: age}
        covers: [{clause: cnfa-6.7, aspect: max_age, extent: part}]
        severity: low
        requires: [accounts]
        assert:
          each: accounts.users
          at_least: 1
          where: {fact: .can_log_in, eq: true}
          must: {fact: .password.max_days, within: cnfa-6.7.max_age}
        explain: {zh-TW: 看, en: looks}
        remedy: {zh-TW: 改, en: change}
        fixtures:
          - {name: right, expect: pass, facts: {accounts: {users: [{name: a, can_log_in: true, password: {max_days: 90}}]}}}
          - {name: wrong, expect: fail, because: ["91"], facts: {accounts: {users: [{name: a, can_log_in: true, password: {max_days: 91}}]}}}

    """

private func read(_ text: String) throws(DocumentError) -> CheckPack {
    let rulebook = try ShippedFiles.rulebook()
    return try CheckPackReader.read(
        try YAMLReader.read(Array(text.utf8)), origin: "house.yaml", schema: try FactSchema.shipped(), rulebook: rulebook)
}

@Suite("Check packs")
struct CheckPackTests {
    @Test func theRightOneIsRead() throws { #expect(try read(right).checks.count == 1) }

    @Test(
        "A wrong pack is refused with file, line and reason",
        arguments: [
            (".password.max_days", ".password.maxdays", "has no accounts.users.password.maxdays"),
            ("each: accounts.users", "each: accounts.people", "not a list"),
            ("within: cnfa-6.7.max_age", "within: cnfa-6.7.max_aje", "no parameter"),
            ("within: cnfa-6.7.max_age", "within: cnfa-6.7.history", "cannot be compared"),
            ("within: cnfa-6.7.max_age", "eq: ninety", "can never equal"), ("clause: cnfa-6.7", "clause: cnfa-66.7", "no clause"),
            ("aspect: max_age", "aspect: age", "no aspect"),
            ("requires: [accounts]", "requires: [acounts]", "no facts group"),
            ("requires: [accounts]", "requires: []", "rests on"),
            ("max_days: 91", "max_days: 90", "gives pass, not fail"), ("because: [\"91\"]", "because: [\"92\"]", "does not name"),
            ("expect: fail", "expect: pass", "no fixture with expect: fail"),
            ("severity: low", "severity: mild", "not one of"), ("facts: linux", "facts: windows", "no facts schema"),
            ("must:", "most:", "does not belong here"),
            ("{fact: .can_log_in, eq: true}", "{fact: .can_log_in, eq: 1}", "can never equal"),
            ("extent: part", "extent: half", "not one of"),
            (
                "users: [{name: a, can_log_in: true, password: {max_days: 90}}]",
                "users: [{name: a, can_log_on: true, password: {max_days: 90}}]", "has no accounts.users.can_log_on"
            ),
        ])
    func refused(_ old: String, _ new: String, _ reason: String) throws {
        let text = right.replacing(old, with: new, maxReplacements: 1)
        #expect(text != right)
        var found: DocumentError?
        do throws(DocumentError) { _ = try read(text) } catch { found = error }
        let error = try #require(found)
        #expect(error.source == "house.yaml")
        #expect(error.position.line > 0, "\(error)")
        #expect(error.reason.contains(reason), "\(error)")
    }

    @Test("Nothing that was not looked at is \"not there\"")
    func absenceNeedsALook() throws {
        let start = try #require(right.firstRange(of: "    assert:"))
        let end = try #require(right.firstRange(of: "    explain:"))
        let fixtures = try #require(right.firstRange(of: "    fixtures:"))
        let text =
            right[..<start.lowerBound] + "    assert: {fact: media.automount, exists: false}\n"
            + right[end.lowerBound..<fixtures.lowerBound]
            + "    fixtures:\n      - {name: right, expect: pass, facts: {accounts: {}}}\n      - {name: wrong, expect: fail, facts: {accounts: {}, media: {automount: true}}}\n"
        var found: DocumentError?
        do throws(DocumentError) { _ = try read(String(text)) } catch { found = error }
        #expect(found?.reason.contains("gives undetermined, not pass") == true, "\(String(describing: found))")
    }
}

@Suite("The shipped checks")
struct ShippedCheckTests {
    private let rulebook: Rulebook
    private let library: CheckLibrary
    private let platform: CheckLibrary

    init() throws {
        rulebook = try ShippedFiles.rulebook()
        library = try CheckLibrary.load(rulebook: rulebook)
        platform = try CheckLibrary.load(rulebook: rulebook, facts: FactSchema.plumbline)
    }

    private var everything: [(check: Check, schema: FactSchema)] {
        library.checks.map { ($0, library.schema) } + platform.checks.map { ($0, platform.schema) }
    }

    @Test("Checks of hosts and of the platform stay apart, and a firm's pack joins those of its kind")
    func kinds() throws {
        #expect(library.packs.allSatisfy { $0.facts == FactSchema.linux } && library.packs.count == 5)
        #expect(platform.packs.map(\.id) == ["plumbline-platform"])
        #expect(Set(library.checks.map(\.id)).isDisjoint(with: platform.checks.map(\.id)))
        #expect(throws: DocumentError.self) { try CheckLibrary.load(rulebook: rulebook, facts: "windows") }
    }

    @Test("Every clause that a Linux host can tell something of has a check")
    func coverage() {
        let covered = Set(library.checks.flatMap(\.covers).map(\.clause))
        let automatic = rulebook.packs[0].leafDuties.filter { $0.canBeVerified(by: .automatic) }.map(\.id)
        // Those marked automatic whose source is no Linux host: outage records, application logs and forms, database grants, network
        // reachability between environments, egress logs.
        let elsewhere: Set = ["cnfa-5.7", "cnfa-6.6", "cnfa-6.9", "cnfa-7.14", "cnfa-8.2", "cnfa-10.2", "cnfa-10.4"]
        #expect(Set(automatic).subtracting(covered) == elsewhere)
        for clause in ["twse-av", "twse-fw", "twse-mail", "twse-waf"] { #expect(covered.contains(clause)) }
    }

    @Test("Every check has a right, a wrong and an absent case")
    func threeWays() {
        for (check, schema) in everything {
            #expect(check.fixtures.contains { $0.expect == .pass }, "\(check.id)")
            #expect(check.fixtures.contains { $0.expect == .fail }, "\(check.id)")
            // Without facts at all: never a pass, never a fail.
            let empty = Fixture(
                name: "nothing", expect: .undetermined, because: [], facts: [:], states: [:], firm: [:], system: [:],
                position: .none)
            let runner = CheckRunner(
                fixture: empty, without: nil, parameters: rulebook.parameters, schema: schema,
                instant: FixtureRunner.instant)
            #expect(runner.run(check).result == .undetermined, "\(check.id)")
        }
    }

    @Test(
        "No state of a source other than read makes a passing check pass",
        arguments: [SourceState.absent, .denied, .failed, .partial])
    func states(_ state: SourceState) {
        for (check, schema) in everything where !check.toleratesGaps {
            guard var fixture = check.fixtures.first(where: { $0.expect == .pass }) else { continue }
            for group in check.requires { fixture.states[group] = state }
            let runner = CheckRunner(
                fixture: fixture, without: nil, parameters: rulebook.parameters, schema: schema,
                instant: FixtureRunner.instant)
            #expect(runner.run(check).result != .pass, "\(check.id) passes on \(state)")
        }
    }

    @Test("No literal in a check repeats a number of the regulation that it compares with a limit of the same clause")
    func dataOverCode() {
        // Limits are references; this finds a check that compares a fact with a literal equal to one of its own clauses' parameters.
        for (check, _) in everything {
            let numbers = Set(
                check.covers.compactMap { rulebook.clause($0.clause) }.flatMap(\.parameters).filter { $0.origin == .regulation }
                    .compactMap { $0.quantity.number.integer })
            for comparison in comparisons(check.assert) {
                guard case .literal(let node) = comparison.operand, let number = node.integer, number > 2 else { continue }
                #expect(!numbers.contains(number), "\(check.id): \(comparison.path) \(comparison.operation.rawValue) \(number)")
            }
        }
    }

    private func comparisons(_ predicate: Predicate) -> [Comparison] {
        switch predicate {
        case .all(let parts), .any(let parts), .none(let parts): parts.flatMap(comparisons)
        case .not(let part): comparisons(part)
        case .each(let quantified), .some(let quantified):
            (quantified.filter.map(comparisons) ?? []) + (quantified.condition.map(comparisons) ?? [])
        case .compare(let comparison): [comparison]
        }
    }
}
