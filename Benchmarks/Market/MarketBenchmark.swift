import Assessment
import CReference
import Checks
import Documents
import Rulebook

/// Judges a synthetic market and reports verdicts per second beside the C-speed limit of the same walk.
@main
struct MarketBenchmark {
    static let firms = 1_000
    static let systemsPerFirm = 40

    static func main() throws {
        let rulebook = try ShippedFiles.rulebook()
        let library = try CheckLibrary.load(rulebook: rulebook)
        let judge = Judge(rulebook, checks: library.checks)
        let table = ScopeTable(rulebook)
        let instant = Instant(seconds: 1_795_132_800)
        let day = instant.date(in: .taipei)
        var generator = Generator(state: 42)
        let clock = ContinuousClock()
        var scoping = Duration.zero
        var judging = Duration.zero
        var verdicts = 0
        var obligationCount = 0
        var counts: [Verdict: Int] = [:]
        for number in 0..<firms {
            let profile = firm(number, rulebook, &generator)
            let evidence = FirmEvidence(hosts: hosts(profile, library.checks.count, instant, &generator), records: [])
            var obligations: ObligationSet?
            scoping += clock.measure { obligations = ObligationSet(rulebook, table: table, profile: profile, asOf: day) }
            guard let obligations else { continue }
            judging += clock.measure {
                let assessment = judge.assess(obligations, evidence: evidence, policy: Judge.Terms(profile.policy), at: instant)
                verdicts += assessment.judgements.count
                for judgement in assessment.judgements { counts[judgement.verdict, default: 0] += 1 }
            }
            obligationCount += obligations.subjects.reduce(0) { $0 + $1.bindings.count { $0.binds != .no } }
        }
        let total = seconds(scoping) + seconds(judging)
        let reference = reference(rulebook, library, &generator)
        print("verdicts          \(verdicts)")
        print("obligations       \(obligationCount)")
        print("scope             \(round(seconds(scoping))) s")
        print("judge             \(round(seconds(judging))) s")
        print("verdicts/s        \(Int(Double(verdicts) / total))  (scope and judging together)")
        print("obligations/s     \(Int(Double(obligationCount) / total))")
        print("C limit rows/s    \(Int(reference))  (table walk alone)")
        print("ratio to C limit  \(round(Double(verdicts) / total / reference * 100)) %")
        print("target 1,000,000 verdicts/s on one core: \(Double(verdicts) / total >= 1_000_000 ? "yes" : "NO")")
        print(counts.map { "\($0.key.rawValue) \($0.value)" }.sorted().joined(separator: "  "))
    }

    private static func firm(_ number: Int, _ rulebook: Rulebook, _ generator: inout Generator) -> Profile {
        var firm: [String: Node] = [:]
        func facts(_ prefix: String) -> [String: Node] {
            var facts: [String: Node] = [:]
            for fact in rulebook.facts where fact.key.hasPrefix(prefix) {
                switch fact.kind {
                case .bool: facts[fact.name] = .bool(Bool.random(using: &generator))
                default: facts[fact.name] = fact.strict
                }
            }
            return facts
        }
        firm = facts("firm.")
        firm["capital"] = .integer(Int.random(in: 1...15, using: &generator) * 1_000_000_000)
        firm["fcm_tier"] = .integer(Int.random(in: 1...4, using: &generator))
        let systems = (0..<systemsPerFirm).map {
            SystemProfile(id: "s\($0)", name: "s\($0)", hosts: ["h\($0)"], facts: facts("system."))
        }
        return Profile(name: "firm \(number)", firm: firm, systems: systems)
    }

    private static func hosts(_ profile: Profile, _ checks: Int, _ instant: Instant, _ generator: inout Generator)
        -> [[HostEvidence]]
    {
        let bySystem = profile.systems.map { system in
            [HostEvidence(host: system.hosts[0], collected: instant, results: (0..<checks).map { _ in result(&generator) })]
        }
        return [bySystem.flatMap { $0 }] + bySystem
    }

    private static func result(_ generator: inout Generator) -> CheckResult {
        switch Int.random(in: 0..<20, using: &generator) {
        case 0: .fail
        case 1: .undetermined
        case 2: .notApplicable
        default: .pass
        }
    }

    /// Rows per second of the table walk in C.
    private static func reference(_ rulebook: Rulebook, _ library: CheckLibrary, _ generator: inout Generator) -> Double {
        var starts: [Int32] = [0]
        var checks: [Int32] = []
        var whole: [UInt8] = []
        let leaves = rulebook.clauses.filter { $0.isLeafDuty && $0.subject == .system }
        for clause in leaves {
            for (number, check) in library.checks.enumerated() {
                for coverage in check.covers where coverage.clause == clause.id {
                    checks.append(Int32(number))
                    whole.append(coverage.extent == .whole ? 1 : 0)
                }
            }
            starts.append(Int32(checks.count))
        }
        let systems = 4_000
        let results = (0..<(systems * library.checks.count)).map { _ in UInt8.random(in: 0..<4, using: &generator) }
        let scope = leaves.map { _ in UInt8.random(in: 0..<2, using: &generator) }
        var rows = [creference_row](repeating: creference_row(), count: systems * leaves.count)
        let clock = ContinuousClock()
        var written = 0
        let time = clock.measure {
            for _ in 0..<10 {
                written += creference_judge(
                    scope, leaves.count, starts, checks, whole, results, systems, library.checks.count, &rows)
            }
        }
        return Double(written) / seconds(time)
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    private static func round(_ value: Double) -> Double { (value * 100).rounded() / 100 }

    /// SplitMix64: the same market in every run.
    struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}
