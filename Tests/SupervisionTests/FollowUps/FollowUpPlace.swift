import Database
import Documents
import Rulebook
import Synchronization
import TestProcesses
import Testing
import Vault

@testable import Supervision

/// A supervisor in a scratch folder, with three firms and a clock that a test moves.
final class FollowUpPlace: Sendable {
    let scratch: Scratch
    let database: GovernanceDatabase
    let supervision: Supervision
    let actor = TrailActor.account(id: "1", name: "mei.lin")

    init(on day: String = "2018-01-10") async throws {
        let scratch = try Scratch()
        self.scratch = scratch
        let start = try #require(Instant("\(day)T01:00:00Z")).seconds
        let box = MomentBox(start)
        self.box = box
        var settings = DatabaseSettings()
        settings.vault.activeBytes = 1 << 20
        settings.segmentHeight = 8
        database = try await GovernanceDatabase.open(
            try DataDirectory.openOrCreate(scratch.path + "/data"), migrations: Supervision.migrations, settings: settings,
            effects: DatabaseEffects(
                now: { box.now * 1_000_000 }, pause: { try await Task.sleep(for: .seconds(86_400)) }, trailFiles: .live))
        supervision = try Supervision(database, rulebook: try ShippedFiles.rulebook(), now: { box.now * 1_000_000 })
        try await supervision.institution.decide(name: "範例證券監理中心", actor)
        var firms: [Firm] = []
        for (id, short, capital) in [
            ("alpha", "甲證", 12_000_000_000), ("beta", "乙證", 5_000_000_000), ("gamma", "丙證", 900_000_000),
        ] {
            firms.append(try Self.firm(id, short, capital: capital))
        }
        try await supervision.register.save(firms, after: [:], reason: "test", actor)
    }

    let box: MomentBox

    static func firm(_ id: String, _ short: String, capital: Int) throws -> Firm {
        let day = try #require(CivilDate("2010-01-01"))
        return Firm(
            id: id, names: [.init(from: day, legal: "\(short)股份有限公司", short: short)],
            facts: [
                .init(
                    from: day,
                    values: [
                        "entity_kinds": .list([.text("securities")]), "capital": .integer(capital), "fhc_subsidiary": false,
                        "online_orders": true, "custody_businesses": .list([.text("own-margin-trading")]),
                    ])
            ], ratios: [2016: try #require(ExactNumber("0.5")), 2017: try #require(ExactNumber("0.6"))])
    }

    /// What the trail says of an action, newest last.
    func trail(_ action: String) async throws -> [TrailRecord] {
        try await database.flushTrail()
        var filter = TrailFilter()
        filter.action = action
        return try await database.trail().find(filter, limit: 1_000).hits.map(\.record).reversed()
    }
}

/// A clock that stands still until it is moved.
final class MomentBox: Sendable {
    private let value: Mutex<Int64>

    init(_ seconds: Int64) { value = Mutex(seconds) }

    var now: Int64 { value.withLock { $0 } }
    func go(to day: String) throws {
        let seconds = try #require(Instant("\(day)T01:00:00Z")).seconds
        value.withLock { $0 = seconds }
    }
}

/// Numbers that look random and are the same in every run (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

func quarter(_ text: String) throws -> Quarter { try #require(Quarter(text)) }
func day(_ text: String) throws -> CivilDate { try #require(CivilDate(text)) }

extension SupervisionError {
    /// What is wrong with fields; empty for another error.
    var problems: [String: FieldProblem] { if case .fields(let problems) = self { problems } else { [:] } }
    var isConflict: Bool { if case .conflict = self { true } else { false } }
    var isNotFound: Bool { if case .notFound = self { true } else { false } }
}

/// The error of a body; nil when there was none.
func refusal(_ body: () async throws -> Void) async -> SupervisionError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? SupervisionError
    }
}
