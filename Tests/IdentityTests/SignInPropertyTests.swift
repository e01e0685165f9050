import Rulebook
import Testing

@testable import Identity

@Suite("Signing in, at random")
struct SignInPropertyTests {
    /// The rule in plain words: each browser that is known has its own count, all others one together.
    private struct Model {
        struct Bucket {
            var failures = 0
            var lockedSince: Int64?
        }
        var buckets: [String: Bucket] = [:]

        mutating func attempt(_ bucket: String, isRight: Bool, at second: Int64, _ policy: IdentityPolicy) -> Bool {
            var state = buckets[bucket, default: Bucket()]
            defer { buckets[bucket] = state }
            if let since = state.lockedSince {
                guard second - since > Int64(policy[.lockDuration]) else { return false }
                state = Bucket()
            }
            if isRight {
                state = Bucket()
                return true
            }
            state.failures += 1
            if state.failures == policy[.lockThreshold] { state.lockedSince = second }
            return false
        }
    }

    @Test("L1 L2 L4 whatever strangers and known browsers do, who gets in is what the rule says", arguments: [1, 2, 3])
    func model(_ seed: Int) async throws {
        let world = try await World()
        let admin = try await world.administrator()
        let first = try await world.person("mei.lin", ["officer"], by: admin)
        let second = Person(world, "mei.lin", password: first.password, address: "192.0.2.21")
        try await second.signIn()
        let policy = world.service.policy
        var (random, model, number) = (SeededGenerator(state: UInt64(seed)), Model(), 0)
        for _ in 0..<60 {
            // Long enough that the limits of source and account never come in between.
            world.clock.advance(Int.random(in: policy[.accountInterval]...240, using: &random))
            number += 1
            let browser = Int.random(in: 0..<4, using: &random)
            let person: Person? = browser == 0 ? first : browser == 1 ? second : nil
            let client =
                person?.client
                ?? Client(address: SourceAddress("198.51.100.\(number % 250)"), device: browser == 2 ? "v1.x" : nil)
            let isRight = Int.random(in: 0..<3, using: &random) == 0
            let answer = try await world.service.signIn.signIn(
                name: "mei.lin", password: Password(isRight ? first.password : "wrong"), client: client)
            let expected = model.attempt(
                person.map { $0.address } ?? "others", isRight: isRight, at: world.clock.now.seconds, policy)
            #expect(answer.isSignedIn == expected)
            if case .signedIn(let session) = answer { person?.keep(session) }
        }
        // The trail tells of as many locks as unlocks by time, but for those that hold still.
        try await world.service.sweep()
        let actions = try await world.actions()
        let held = try await world.service.context.read { db in
            try LockoutStore.buckets(db, AccountID(2)).count { $0.machine.lockedUntil != nil }
        }
        #expect(actions.count { $0 == "lockout.lock" } == actions.count { $0 == "lockout.unlock: expired" } + held)
        await world.close()
    }
}
