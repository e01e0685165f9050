import Documents
import Rulebook
import Testing

/// One row of the class table (domain 2.2).
struct ClassVector: Sendable, CustomTestStringConvertible {
    var name: String
    var kind: String
    var ciso: Bool?
    var tier: Int?
    var foreign: Bool
    var online: Bool
    var trading: Bool
    var abroad: Bool
    var state: DecisionOutcome.State
    var value: String?
    var leaves: Int?

    var testDescription: String { name }

    var profile: Profile {
        var firm: [String: Node] = [
            "entity_kinds": [.text(kind)], "foreign_group": .bool(foreign), "online_orders": .bool(online),
            "electronic_trading": .bool(trading),
            "sends_data_abroad": .bool(abroad), "intra_group_transfer_lawful": false,
        ]
        if let ciso { firm["ciso_required"] = .bool(ciso) }
        if let tier { firm["fcm_tier"] = .integer(tier) }
        let facts: [String: Node] = [
            "core": true, "customer_facing": true, "internet_facing": true, "internet_administration": true,
            "electronic_trading": true,
            "personal_data": true, "outsourced_development": true, "key_system": true, "physically_protected": false,
        ]
        return Profile(name: name, firm: firm, systems: [SystemProfile(id: "core", name: "core", hosts: [], facts: facts)])
    }
}

let classVectors: [ClassVector] = [
    .init(
        name: "F01", kind: "fcm", ciso: true, tier: 1, foreign: false, online: true, trading: true, abroad: true, state: .decided,
        value: "1", leaves: 79),
    .init(
        name: "F02", kind: "fcm", ciso: false, tier: 3, foreign: false, online: true, trading: true, abroad: false,
        state: .decided, value: "1", leaves: 78),
    .init(
        name: "F03", kind: "fcm", ciso: false, tier: 4, foreign: false, online: true, trading: true, abroad: false,
        state: .decided, value: "2", leaves: 73),
    .init(
        name: "F04", kind: "fcm", ciso: true, tier: 4, foreign: false, online: false, trading: false, abroad: false,
        state: .decided, value: "1", leaves: 73),
    .init(
        name: "F05", kind: "fcm", ciso: false, tier: 4, foreign: false, online: false, trading: false, abroad: false,
        state: .decided, value: "2", leaves: 68),
    .init(
        name: "F06", kind: "fcm", ciso: false, tier: 4, foreign: true, online: true, trading: true, abroad: true, state: .decided,
        value: "2", leaves: 74),
    .init(
        name: "F07", kind: "leverage", ciso: nil, tier: nil, foreign: false, online: true, trading: true, abroad: false,
        state: .notApplicable, value: nil, leaves: 73),
    .init(
        name: "F08", kind: "futures-service", ciso: nil, tier: nil, foreign: false, online: false, trading: false, abroad: false,
        state: .notApplicable, value: nil, leaves: 68),
    .init(
        name: "F09", kind: "fcm", ciso: false, tier: nil, foreign: false, online: true, trading: true, abroad: false,
        state: .undetermined, value: nil, leaves: nil),
]

@Suite("Class of a futures firm (vectors F01-F10)")
struct ClassVectorTests {
    private func obligations(_ profile: Profile) throws -> ObligationSet {
        ObligationSet(shipped, table: shippedTable, profile: profile, asOf: try #require(CivilDate("2022-12-30")))
    }

    @Test(arguments: classVectors)
    func vector(_ vector: ClassVector) throws {
        let set = try obligations(vector.profile)
        let outcome = try #require(set.decisions.first { $0.decision.id == "futures-class" })
        #expect(outcome.state == vector.state)
        #expect(outcome.value == vector.value)
        if let leaves = vector.leaves { #expect(set.applicable(pack: "cnfa-2022").count == leaves) }
    }

    @Test("F06: seven clauses are open to substitution, and 8.2 is exempt when intra-group and lawful at home")
    func foreign() throws {
        let set = try obligations(classVectors[5].profile)
        let open = shipped.clauses.indices.filter { index in
            set.subjects.contains { $0.bindings[index].maySubstitute && $0.bindings[index].binds == .yes }
        }
        #expect(
            Set(open.map { shipped.clauses[$0].id }) == [
                "cnfa-3.9", "cnfa-3.10", "cnfa-3.11", "cnfa-3.12", "cnfa-3.13", "cnfa-6.5", "cnfa-6.7",
            ])
        var lawful = classVectors[5].profile
        lawful.firm["intra_group_transfer_lawful"] = true
        let exempt = try obligations(lawful)
        let index = try #require(shipped.index(of: "cnfa-8.2"))
        #expect(exempt.subjects[0].bindings[index].binds == .no)
        #expect(exempt.subjects[0].bindings[index].exemption == 0)
    }

    @Test("F09: an unknown class leaves the class-1 clauses undetermined, neither bound nor off")
    func unknownClass() throws {
        let set = try obligations(classVectors[8].profile)
        let unsure = Set(set.applicable(pack: "cnfa-2022", .unknown).map { shipped.clauses[$0].id })
        #expect(unsure == ["cnfa-3.4", "cnfa-3.5", "cnfa-5.4", "cnfa-5.5", "cnfa-8.7"])
    }

    @Test("F10: tier 3 to tier 4 takes the five class-1 leaves away and nothing else")
    func declassified() throws {
        var after = classVectors[1].profile
        after.firm["fcm_tier"] = 4
        let difference = ObligationDifference(from: try obligations(classVectors[1].profile), to: try obligations(after))
        #expect(difference.changes.allSatisfy { $0.kind == .removed })
        #expect(Set(difference.changes.map(\.clause)) == ["cnfa-3.4", "cnfa-3.5", "cnfa-5.4", "cnfa-5.5", "cnfa-8.7"])
    }

    @Test("A CISO duty that is not known is no matter when the tier already makes class 1")
    func tierSuffices() throws {
        var profile = classVectors[1].profile
        profile.firm["ciso_required"] = nil
        #expect(try obligations(profile).decisions.first { $0.decision.id == "futures-class" }?.value == "1")
    }
}

@Suite("Counts of the packs (domain 0)")
struct PackCountTests {
    private var baseline: RulePack { shipped.packs[0] }

    @Test func leaves() {
        #expect(baseline.clauses.count == 91)
        #expect(baseline.leafDuties.count == 79)
        #expect(baseline.leafDuties.count { $0.force == .shall } == 73)
        #expect(baseline.leafDuties.filter { $0.force == .mixed }.map(\.id) == ["cnfa-3.5", "cnfa-6.8", "cnfa-6.9"])
        #expect(baseline.leafDuties.filter { $0.force == .should }.map(\.id) == ["cnfa-8.5", "cnfa-8.6", "cnfa-9.4"])
        #expect(baseline.leafDuties.filter(\.isImplicit).map(\.id) == ["cnfa-4.10", "cnfa-6.4", "cnfa-6.5", "cnfa-9.1"])
        #expect(baseline.clauses.count { $0.force == .definition } == 7)
        #expect(baseline.leafDuties.reduce(0) { $0 + $1.atomicCount } == 126)
    }

    @Test func verification() {
        let leaves = baseline.leafDuties
        let automatic = leaves.filter { $0.canBeVerified(by: .automatic) }
        #expect(automatic.count == 57)
        #expect(leaves.count { $0.canBeVerified(by: .automatic) || $0.canBeVerified(by: .tool) } == 64)
    }

    @Test func market() {
        let market = shipped.packs[1]
        #expect(market.clauses.count == 66)
        #expect(market.clauses.count { $0.group == "standard" || TierMatrixTests.matrix.map(\.clause).contains($0.id) } >= 16)
    }
}
