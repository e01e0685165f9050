import Rulebook
import Testing

@testable import Identity

@Suite("Lockout machine")
struct LockoutMachineTests {
    private let start = Instant(seconds: 1_000_000)

    @Test("L1 the third failure locks for 900 s: refused at 899, accepted at 901")
    func lock() throws {
        let policy = try shippedPolicy()
        var machine = LockoutMachine()
        func fail(_ second: Int64) -> LockoutMachine.Change? {
            machine.fail(at: start.adding(seconds: second), threshold: policy[.lockThreshold], duration: policy[.lockDuration])
        }
        #expect(fail(0) == .counted)
        #expect(fail(1) == .counted)
        #expect(fail(2) == .locked(until: start.adding(seconds: 902)))
        #expect(machine.isLocked(at: start.adding(seconds: 2 + 899)))
        #expect(!machine.isLocked(at: start.adding(seconds: 2 + 901)))
        // L3: attempts while locked neither count nor extend.
        #expect(fail(500) == nil)
        #expect(machine.lockedUntil == start.adding(seconds: 902))
        #expect(machine.expire(at: start.adding(seconds: 902)) == nil)
        #expect(machine.expire(at: start.adding(seconds: 903)) == .expired(at: start.adding(seconds: 903)))
        #expect(machine.expire(at: start.adding(seconds: 904)) == nil)
        #expect(machine.isClear)
        #expect(fail(905) == .counted)
    }

    /// The rule in the plainest words: walk over all that happened and say how it stands.
    private struct Model {
        var failuresInARow = 0
        var lockStart: Int64?

        mutating func attempt(_ second: Int64, isRight: Bool, threshold: Int, duration: Int64) -> Bool {
            if let start = lockStart {
                if second - start <= duration { return false }
                lockStart = nil
                failuresInARow = 0
            }
            if isRight {
                failuresInARow = 0
                return true
            }
            failuresInARow += 1
            if failuresInARow == threshold { lockStart = second }
            return false
        }
    }

    @Test("Random sequences agree with a naive model", arguments: 0..<40)
    func property(_ seed: Int) {
        var random = SeededGenerator(state: UInt64(seed))
        var machine = LockoutMachine()
        var model = Model()
        var second: Int64 = 0
        let threshold = Int.random(in: 1...4, using: &random)
        let duration = Int64.random(in: 1...50, using: &random)
        for _ in 0..<2_000 {
            second += Int64.random(in: 0...20, using: &random)
            let now = Instant(seconds: second)
            let isRight = Int.random(in: 0..<3, using: &random) == 0
            _ = machine.expire(at: now)
            let enters = isRight && !machine.isLocked(at: now)
            if isRight {
                _ = machine.succeed(at: now)
            } else {
                _ = machine.fail(at: now, threshold: threshold, duration: Int(duration))
            }
            #expect(enters == model.attempt(second, isRight: isRight, threshold: threshold, duration: duration))
            #expect(machine.failures <= threshold)
        }
    }

    @Test("L4 a device cookie is genuine, of this account, of this epoch and in date, or nothing")
    func cookie() throws {
        let keys = try IdentityKeys(master: [UInt8](repeating: 7, count: 32))
        let account = AccountID(12)
        let cookie = DeviceCookie(
            device: Encodings.base64url([UInt8](repeating: 3, count: 16)), account: account, epoch: 4,
            expires: start.adding(seconds: 60))
        let text = cookie.text(keys)
        func read(_ text: String, _ account: AccountID = account, _ epoch: Int = 4, _ second: Int64 = 0) -> DeviceCookie? {
            DeviceCookie(text, account: account, epoch: epoch, at: start.adding(seconds: second), keys: keys)
        }
        #expect(read(text) == cookie)
        #expect(read(text, AccountID(13)) == nil)
        #expect(read(text, account, 5) == nil)
        #expect(read(text, account, 4, 60) == nil)
        let other = try IdentityKeys(master: [UInt8](repeating: 8, count: 32))
        #expect(DeviceCookie(text, account: account, epoch: 4, at: start, keys: other) == nil)
        let bytes = Array(text.utf8)
        for index in bytes.indices {
            for flip in [UInt8(1), 2, 32] {
                var changed = bytes
                changed[index] ^= flip
                #expect(read(String(decoding: changed, as: UTF8.self)) == nil)
            }
        }
        #expect(read(text.replacing(".12.4.", with: ".+12.4.")) == nil)
        #expect(read(text.replacing(".12.4.", with: ".012.4.")) == nil)
        #expect(read(String(repeating: "a", count: 300)) == nil)
    }

    @Test("Random text is no cookie, and never crashes")
    func fuzz() throws {
        let keys = try IdentityKeys(master: [UInt8](repeating: 7, count: 32))
        var random = SeededGenerator(state: 3)
        let letters = Array("v1.0+-AZaz_9".utf8)
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0...90, using: &random)).map { _ in letters.randomElement(using: &random) ?? 0 }
            #expect(
                DeviceCookie(String(decoding: text, as: UTF8.self), account: AccountID(1), epoch: 0, at: start, keys: keys) == nil
            )
        }
    }
}

@Suite("Rates")
struct RateTests {
    private let start = Instant(seconds: 1_000_000)

    @Test("R1 a burst passes, then one in each interval, and the answer says when")
    func burst() throws {
        let policy = try shippedPolicy()
        let limiter = RateLimiter(policy)
        for _ in 0..<policy[.sourceBurst] { #expect(limiter.take(.source, "192.0.2.1", at: start) == nil) }
        #expect(limiter.take(.source, "192.0.2.1", at: start) == policy[.sourceInterval])
        #expect(limiter.take(.source, "192.0.2.2", at: start) == nil)
        #expect(limiter.take(.account, "192.0.2.1", at: start) == nil)
        let later = start.adding(seconds: Int64(policy[.sourceInterval]))
        #expect(limiter.take(.source, "192.0.2.1", at: later) == nil)
        #expect(limiter.take(.source, "192.0.2.1", at: later) == policy[.sourceInterval])
        // A clock that goes back gives nothing away.
        #expect(limiter.take(.source, "192.0.2.1", at: start) != nil)
    }

    @Test("Refused attempts do not make the wait longer")
    func steady() throws {
        let policy = try shippedPolicy()
        let limiter = RateLimiter(policy)
        var passed = 0
        for second in 0..<600 {
            for _ in 0..<10 where limiter.take(.source, "a", at: start.adding(seconds: Int64(second))) == nil { passed += 1 }
        }
        #expect(passed == policy[.sourceBurst] + 599 / policy[.sourceInterval])
    }

    @Test("The table is bounded, and a flood does not push out who tried for long")
    func bounded() throws {
        let policy = try shippedPolicy()
        let limiter = RateLimiter(policy)
        for _ in 0..<policy[.sourceBurst] { _ = limiter.take(.source, "attacker", at: start) }
        for number in 0..<policy[.rateTable] * 2 { _ = limiter.take(.source, "s\(number)", at: start) }
        #expect(limiter.count <= policy[.rateTable])
        #expect(limiter.take(.source, "attacker", at: start) != nil)
    }
}

@Suite("Puzzles")
struct PuzzleTests {
    private func solve(_ puzzle: Puzzle) -> String {
        var number = 0
        while Puzzles.zeroBits(Digest.sha256("\(puzzle.text).\(number)".utf8)) < puzzle.bits { number += 1 }
        return "\(puzzle.text).\(number)"
    }

    @Test("R1 a solved puzzle stands for one attempt, once, in its time")
    func once() async throws {
        // Twenty bits take seconds in a debug build; what is tested does not depend on how many they are.
        let clock = TestClock()
        let effects = IdentityEffects(now: { clock.now }, random: IdentityEffects.live.random)
        let keys = try IdentityKeys(master: [UInt8](repeating: 4, count: 32))
        let easy = PuzzleTests.policy(try shippedPolicy(), bits: 8)
        let puzzles = Puzzles(easy, keys, effects)
        let solution = solve(puzzles.make())
        #expect(!puzzles.accept(solution.replacing("v1.", with: "v2."), at: clock.now))
        #expect(puzzles.accept(solution, at: clock.now))
        #expect(!puzzles.accept(solution, at: clock.now))
        let wrong = puzzles.make()
        let misses = (0..<50).filter { Puzzles.zeroBits(Digest.sha256("\(wrong.text).\($0)".utf8)) < 8 }
        for number in misses { #expect(!puzzles.accept("\(wrong.text).\(number)", at: clock.now)) }
        let late = solve(puzzles.make())
        clock.advance(easy[.puzzleLifetime])
        #expect(!puzzles.accept(late, at: clock.now))
        // One that was made when puzzles were easier, and one of another installation.
        #expect(!Puzzles(try shippedPolicy(), keys, effects).accept(solve(puzzles.make()), at: clock.now))
        let other = Puzzles(easy, try IdentityKeys(master: [UInt8](repeating: 5, count: 32)), effects)
        #expect(!puzzles.accept(solve(other.make()), at: clock.now))
        #expect(Puzzles.zeroBits([0, 0x10]) == 11)
        #expect(Puzzles.zeroBits([0, 0]) == 16)
    }

    private static func policy(_ policy: IdentityPolicy, bits: Int) -> IdentityPolicy {
        var values = policy.values
        values[.puzzleBits]?.number = bits
        return IdentityPolicy(values: values, genericNames: policy.genericNames)
    }
}

@Suite("Conditions of use")
struct ConditionTests {
    @Test("Addresses")
    func addresses() throws {
        #expect(SourceAddress("192.0.2.7")?.bytes == [192, 0, 2, 7])
        #expect(SourceAddress("::ffff:192.0.2.7") == SourceAddress("192.0.2.7"))
        #expect(SourceAddress("2001:db8::1")?.description == "2001:db8:0:0:0:0:0:1")
        #expect(SourceAddress("fe80::1%eth0") != nil)
        #expect(SourceAddress("2001:db8::1")?.limitKey == SourceAddress("2001:db8::ffff:1")?.limitKey)
        #expect(SourceAddress("2001:db8:0:1::1")?.limitKey != SourceAddress("2001:db8::1")?.limitKey)
        for wrong in [
            "", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1", ":::", "1::2::3", "12345::", "2001:db8:0:0:0:0:0:0:1", "+1.2.3.4",
            "::+1",
        ] {
            #expect(SourceAddress(wrong) == nil, "\(wrong)")
        }
    }

    @Test("Ranges")
    func ranges() throws {
        let range = try #require(AddressRange("192.0.2.0/25"))
        #expect(range.contains(try #require(SourceAddress("192.0.2.127"))))
        #expect(!range.contains(try #require(SourceAddress("192.0.2.128"))))
        #expect(!range.contains(try #require(SourceAddress("2001:db8::1"))))
        #expect(try #require(AddressRange("2001:db8::/33")).contains(try #require(SourceAddress("2001:db8:7fff::1"))))
        #expect(!(try #require(AddressRange("2001:db8::/33")).contains(try #require(SourceAddress("2001:db8:8000::1")))))
        #expect(try #require(AddressRange("0.0.0.0/0")).contains(try #require(SourceAddress("8.8.8.8"))))
        for wrong in ["192.0.2.1/24", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "/24"] {
            #expect(AddressRange(wrong) == nil, "\(wrong)")
        }
    }

    @Test("Hours, also past midnight, in Taipei")
    func hours() throws {
        let day = try #require(WeeklyHours("1-5 08:00-18:30"))
        // 2026-11-20 is a Friday.
        #expect(day.contains(try #require(Instant("2026-11-20T08:00:00+08:00")), in: .taipei))
        #expect(!day.contains(try #require(Instant("2026-11-20T18:30:00+08:00")), in: .taipei))
        #expect(!day.contains(try #require(Instant("2026-11-21T09:00:00+08:00")), in: .taipei))
        let night = try #require(WeeklyHours("5 22:00-06:00"))
        #expect(night.contains(try #require(Instant("2026-11-20T23:00:00+08:00")), in: .taipei))
        #expect(night.contains(try #require(Instant("2026-11-21T05:59:00+08:00")), in: .taipei))
        #expect(!night.contains(try #require(Instant("2026-11-20T05:00:00+08:00")), in: .taipei))
        #expect(day.description == "1-5 08:00-18:30")
        for wrong in [
            "", "0-5 08:00-18:00", "1-5 8:00-18:00", "1-5 08:00-08:00", "5-1 08:00-09:00", "1-5 24:00-08:00", "1 08:60-09:00",
            "1-5",
        ] {
            #expect(WeeklyHours(wrong) == nil, "\(wrong)")
        }
    }

    @Test("Names that imitate one another share a likeness")
    func names() throws {
        #expect(AccountName("Mei.Lin")?.text == "mei.lin")
        #expect(AccountName("mei.l1n")?.likeness == AccountName("mei-lin")?.likeness)
        #expect(AccountName("corner")?.likeness == AccountName("comer")?.likeness)
        // Cyrillic a, fullwidth letters, leading digits, spaces.
        for wrong in ["a", "meі", "ｍｅｉ", "1mei", "mei lin", "mei.", ".mei", "", String(repeating: "a", count: 33), "mei\u{0}"] {
            #expect(AccountName(wrong) == nil, "\(wrong)")
        }
    }
}
