import Documents
import Rulebook
import Testing

/// One row of the tier table (domain 2.1); `nil` is a missing fact.
struct TierVector: Sendable, CustomTestStringConvertible {
    var name: String
    var capital: String?
    var fhc: Bool
    var ratios: (String?, String?)
    var custody: [String]?
    var switches: [String: String] = [:]
    var basis = "paid-in"
    var tier: String?
    var reason: String?
    var flags: Set<String> = []

    var testDescription: String { name }

    var profile: Profile {
        var firm: [String: Node] = ["entity_kinds": ["securities"], "fhc_subsidiary": .bool(fhc), "capital_basis": .text(basis)]
        if let capital { firm["capital"] = number(capital) }
        if let ratio = ratios.0 { firm["online_ratio_last_year"] = number(ratio) }
        if let ratio = ratios.1 { firm["online_ratio_year_before"] = number(ratio) }
        if let custody { firm["custody_businesses"] = .texts(custody) }
        var profile = Profile(name: name, firm: firm, systems: [])
        profile.policy.switches["securities-tier"] = switches
        return profile
    }
}

private let custody = ["own-margin-trading"]

let tierVectors: [TierVector] = [
    .init(
        name: "S01", capital: "10\(billion)", fhc: false, ratios: ("0.6", "0.6"), custody: custody, tier: "1", reason: "capital"),
    .init(name: "S02", capital: "9999999999", fhc: false, ratios: ("0.6", "0.6"), custody: custody, tier: "2", reason: "capital"),
    .init(
        name: "S03", capital: "4\(billion)", fhc: false, ratios: ("0.6", "0.6"), custody: custody, tier: "2", reason: "capital"),
    .init(name: "S04", capital: "3999999999", fhc: false, ratios: ("0.6", "0.6"), custody: custody, tier: "3", reason: "capital"),
    .init(
        name: "S05", capital: "3999999999", fhc: true, ratios: ("0.6", "0.6"), custody: custody, tier: "2", reason: "fhc-floor"),
    .init(name: "S06", capital: "12\(billion)", fhc: true, ratios: ("0.1", "0.1"), custody: [], tier: "1", reason: "capital"),
    .init(name: "S07", capital: "5\(billion)", fhc: true, ratios: ("0", "0"), custody: [], tier: "2", reason: "capital"),
    .init(name: "S08", capital: "1\(billion)", fhc: true, ratios: ("0", "0"), custody: [], tier: "2", reason: "fhc-floor"),
    .init(
        name: "S09", capital: "1\(billion)", fhc: false, ratios: ("0.2999", "0.2999"), custody: [], tier: "4",
        reason: "direct-listing"),
    .init(name: "S10", capital: "1\(billion)", fhc: false, ratios: ("0.30", "0.10"), custody: [], tier: "3", reason: "capital"),
    .init(
        name: "S11", capital: "1\(billion)", fhc: false, ratios: ("0.29996", "0.29996"), custody: [], tier: "4",
        reason: "direct-listing"),
    .init(
        name: "S12 each", capital: "1\(billion)", fhc: false, ratios: ("0.10", "0.31"), custody: [], tier: "3", reason: "capital"),
    .init(
        name: "S12 average", capital: "1\(billion)", fhc: false, ratios: ("0.10", "0.31"), custody: [],
        switches: ["P1": "average"], tier: "4"),
    .init(
        name: "S12 average at the limit", capital: "1\(billion)", fhc: false, ratios: ("0.05", "0.55"), custody: [],
        switches: ["P1": "average"], tier: "3"),
    .init(name: "S13", capital: "1\(billion)", fhc: false, ratios: ("0", "0"), custody: ["securities-lending"], tier: "3"),
    .init(name: "S14", capital: "1\(billion)", fhc: false, ratios: ("0", "0"), custody: [], tier: "4"),
    .init(
        name: "S15", capital: "1\(billion)", fhc: false, ratios: ("0.1", nil), custody: [], tier: "3",
        flags: ["tier-4-not-testable"]),
    .init(
        name: "S16 literal", capital: "6\(billion)", fhc: false, ratios: ("0.1", "0.1"), custody: [], tier: "4",
        flags: ["confirm-no-ceiling"]),
    .init(
        name: "S16 tier 3 only", capital: "6\(billion)", fhc: false, ratios: ("0.1", "0.1"), custody: [],
        switches: ["P2": "tier-3-only"], tier: "2", flags: ["confirm-no-ceiling"]),
    .init(
        name: "S17 literal", capital: "11\(billion)", fhc: false, ratios: ("0.1", "0.1"), custody: [], tier: "4",
        flags: ["confirm-no-ceiling"]),
    .init(
        name: "S17 tier 3 only", capital: "11\(billion)", fhc: false, ratios: ("0.1", "0.1"), custody: [],
        switches: ["P2": "tier-3-only"], tier: "1", flags: ["confirm-no-ceiling"]),
    .init(name: "S18", capital: nil, fhc: false, ratios: ("0.5", "0.5"), custody: custody, tier: nil, reason: "capital-missing"),
    .init(name: "S19", capital: "3\(billion)", fhc: false, ratios: ("0", "0"), custody: [], basis: "operating-funds", tier: "4"),
    .init(
        name: "S20", capital: "4\(billion)", fhc: true, ratios: ("0.5", "0.5"), custody: custody, basis: "operating-funds",
        tier: "2"),
]

@Suite("Tier of a securities firm (vectors S01-S22)")
struct TierVectorTests {
    private func tier(_ profile: Profile, asOf day: String = "2018-06-30") throws -> DecisionOutcome {
        let day = try #require(CivilDate(day))
        return try #require(
            DecisionEngine.decide(shipped, profile: profile, asOf: day).first { $0.decision.id == "securities-tier" })
    }

    @Test(arguments: tierVectors)
    func vector(_ vector: TierVector) throws {
        let outcome = try tier(vector.profile)
        #expect(outcome.value == vector.tier)
        #expect(outcome.state == (vector.tier == nil ? .undetermined : .decided))
        if let reason = vector.reason { #expect(outcome.reason == reason) }
        #expect(vector.flags.isSubset(of: outcome.flags), "\(outcome.flags)")
        if vector.flags.isEmpty { #expect(outcome.flags.isEmpty) }
        #expect(outcome.pack.id == "twse-2018")
        #expect(!outcome.pack.version.isEmpty)
        #expect(outcome.inputs.contains { $0.fact.key == "firm.capital" })
    }

    @Test("S21: a firm that joins a holding group mid-year moves from the day of the change")
    func effectiveDating() throws {
        let text = """
            schema: plumbline.profile/1
            name: S21
            firm: {entity_kinds: [securities], capital: 3000000000, fhc_subsidiary: false, online_ratio_last_year: 0.1, online_ratio_year_before: 0.1, custody_businesses: []}
            changes: [{from: "2018-07-01", firm: {fhc_subsidiary: true}}]
            """
        let profile = try ProfileReader.read(try YAMLReader.read(Array(text.utf8)), rulebook: shipped, origin: "S21")
        #expect(try tier(profile, asOf: "2018-06-30").value == "4")
        #expect(try tier(profile, asOf: "2018-07-01").value == "2")
    }

    @Test("S22: a capital cut moves the tier and lists the obligations that change")
    func capitalCut() throws {
        var before = tierVectors[2].profile
        before.firm["capital"] = number("5\(billion)")
        before.firm["online_orders"] = true
        before.systems = [
            SystemProfile(id: "order", name: "order", hosts: [], facts: ["key_system": true, "internet_facing": true])
        ]
        var after = before
        after.firm["capital"] = number("3500000000")
        #expect(try tier(before).value == "2")
        #expect(try tier(after).value == "3")
        let day = try #require(CivilDate("2018-06-30"))
        let difference = ObligationDifference(
            from: ObligationSet(shipped, table: shippedTable, profile: before, asOf: day),
            to: ObligationSet(shipped, table: shippedTable, profile: after, asOf: day))
        let removed = Set(difference.changes.filter { $0.kind == .removed }.map(\.clause))
        let added = Set(difference.changes.filter { $0.kind == .added }.map(\.clause))
        #expect(removed == ["twse-isms", "twse-mon", "twse-hc"])
        #expect(added == ["twse-func"])
    }

    @Test("A missing fact never leads to the laxer side", arguments: ["fhc_subsidiary", "entity_kinds"])
    func missingFacts(_ key: String) throws {
        var profile = tierVectors[8].profile
        profile.firm[key] = nil
        let outcome = try tier(profile)
        #expect(outcome.value == nil)
        #expect(outcome.state == .undetermined)
    }

    @Test("A firm that is no securities firm has no tier")
    func otherKinds() throws {
        var profile = tierVectors[0].profile
        profile.firm["entity_kinds"] = ["fcm"]
        #expect(try tier(profile).state == .notApplicable)
    }
}

@Suite("Tier × control matrix (domain 1.7, standard columns)")
struct TierMatrixTests {
    /// control → tiers it binds, with online orders; * = only with online orders.
    static let matrix: [(clause: String, tiers: Set<Int>, onlineOnly: Bool)] = [
        ("twse-class", [1, 2, 3, 4], false), ("twse-isms", [1, 2], false), ("twse-audit", [1, 2, 3, 4], false),
        ("twse-bcp-plan", [1, 2, 3, 4], false), ("twse-bcp-drill", [1, 2, 3, 4], false), ("twse-av", [1, 2, 3, 4], false),
        ("twse-fw", [1, 2, 3, 4], false), ("twse-mail", [1, 2, 3, 4], false), ("twse-waf", [1, 2, 3, 4], true),
        ("twse-scrub", [1, 2, 3, 4], true), ("twse-soc", [1], false), ("twse-mon", [2], false), ("twse-func", [3, 4], true),
        ("twse-va", [1, 2, 3, 4], false), ("twse-pt", [1, 2, 3], false), ("twse-hc", [1, 2], false),
    ]

    private func obligations(tier: Int, online: Bool) throws -> ObligationSet {
        let capital = [1: "10\(billion)", 2: "4\(billion)", 3: "1\(billion)", 4: "1\(billion)"][tier] ?? ""
        var profile = Profile(
            name: "T\(tier)",
            firm: [
                "entity_kinds": ["securities"], "capital": number(capital), "fhc_subsidiary": false,
                "online_orders": .bool(online),
                "online_ratio_last_year": number(tier == 4 ? "0.1" : "0.6"),
                "online_ratio_year_before": number(tier == 4 ? "0.1" : "0.6"),
                "custody_businesses": [],
            ],
            systems: [
                SystemProfile(
                    id: "order", name: "order", hosts: [], facts: ["core": true, "key_system": true, "internet_facing": true])
            ])
        profile.firm["dedicated_unit_ordered"] = false
        return ObligationSet(shipped, table: shippedTable, profile: profile, asOf: try #require(CivilDate("2018-06-30")))
    }

    @Test(arguments: 1...4, [true, false])
    func row(tier: Int, online: Bool) throws {
        let set = try obligations(tier: tier, online: online)
        #expect(set.decisions.first { $0.decision.id == "securities-tier" }?.value == String(tier))
        let bound = Set(set.applicable(pack: "twse-2018").map { shipped.clauses[$0].id })
        for (clause, tiers, onlineOnly) in Self.matrix {
            #expect(bound.contains(clause) == (tiers.contains(tier) && (online || !onlineOnly)), "\(clause)")
        }
        let index = try #require(shipped.index(of: "twse-pt"))
        if tier < 4 {
            let subject = try #require(set.subjects.last)
            let gap = shipped.clauses[index].maximumGap(in: subject.context).flatMap { set.parameters.values[$0] }
            #expect(gap?.quantity.number == ExactNumber(tier == 1 ? 12 : 24))
        }
    }
}
