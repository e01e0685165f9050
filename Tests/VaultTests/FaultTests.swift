import Testing

@testable import Vault

/// What a workload was told, whatever happened to the disk.
private struct Ledger {
    var acknowledged: [Range<UInt64>] = []
    /// Number of the first record of each of them, where indices are not numbers.
    var numbers: [UInt64] = []
    var attempted: UInt64 = 0
    var signed: Checkpoint?
}

@Suite("Faults: every file call fails in turn; crashes lose what was not synced")
struct FaultTests {
    /// Appends, signs and seals; stops at the first error.
    private static func work(_ log: SimulatedLog, _ ledger: inout Ledger) async {
        do {
            let vault = try log.open()
            for count in [1, 40, 100, 130, 3, 260, 20] as [UInt64] {
                let start = await vault.size
                ledger.attempted = max(ledger.attempted, start + count)
                ledger.acknowledged.append(try await vault.append(records(start..<start + count)))
                ledger.signed = try Checkpoint.open(try await vault.checkpoint(), log.signer.verifier)
            }
        } catch {}
    }

    /// Opens the log again and checks that nothing acknowledged is lost, doubled or changed, and that what was signed still holds.
    private static func check(_ log: SimulatedLog, _ ledger: Ledger, _ note: Comment) async throws {
        let vault = try log.open()
        let reader = await vault.snapshot()
        let acknowledged = ledger.acknowledged.last?.upperBound ?? 0
        #expect(reader.size >= acknowledged, note)
        #expect(reader.size <= ledger.attempted, note)
        #expect(zip(ledger.acknowledged, ledger.acknowledged.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound }, note)
        #expect(reader.root == expectedRoot(reader.size), note)
        if let signed = ledger.signed { #expect(try reader.root(size: signed.size) == signed.root, note) }
        let size = reader.size
        let range = try await vault.append(records(size..<size + 300))
        #expect(range == size..<size + 300, note)
        _ = try await vault.checkpoint()
        let report = try log.verify()
        #expect(report.damages == [], note)
        #expect(report.root == expectedRoot(size + 300), note)
    }

    /// How many changing calls the workload makes when nothing fails.
    private static func calls() async throws -> Int {
        let log = try SimulatedLog()
        _ = try log.create()
        log.disk.fail(at: .max, .inputOutput)
        var ledger = Ledger()
        await work(log, &ledger)
        #expect(ledger.acknowledged.last?.upperBound == 554)
        return log.disk.calls
    }

    @Test(
        "every call that changes the disk fails once, then the same log is opened again", arguments: SimulatedDisk.Fault.allCases)
    func everyCall(fault: SimulatedDisk.Fault) async throws {
        let calls = try await Self.calls()
        #expect(calls > 60)
        for call in 1...calls {
            let log = try SimulatedLog()
            _ = try log.create()
            log.disk.fail(at: call, fault)
            var ledger = Ledger()
            await Self.work(log, &ledger)
            if fault == .shortWrite {
                // A short write is no failure: the rest is written, everything is acknowledged.
                #expect(ledger.acknowledged.last?.upperBound == 554, "call \(call)")
            } else {
                #expect(log.disk.calls >= call, "call \(call)")
            }
            log.disk.crash(seed: UInt64(call) &* 7919)
            try await Self.check(log, ledger, "call \(call), \(fault)")
        }
    }

    @Test("the machine stops at random calls, and again while recovering, and again")
    func repeatedCrashes() async throws {
        var random = Seeded(setting("VAULT_SEED", 20_261_121))
        for round in 0..<setting("VAULT_CRASHES", 50) {
            let log = try SimulatedLog()
            _ = try log.create()
            var ledger = Ledger()
            for _ in 0..<4 {
                log.disk.fail(at: Int.random(in: 1...80, using: &random), .crash)
                await Self.work(log, &ledger)
                log.disk.crash(seed: random.next())
            }
            try await Self.check(log, ledger, "round \(round)")
        }
    }

    /// Appends, and says everything a vault can say of itself; stops at the first error.
    private static func govern(_ log: SimulatedLog, _ ledger: inout Ledger, _ random: inout Seeded) async {
        do {
            let vault = try log.open()
            if await vault.snapshot().state.retention == nil {
                try await vault.keep(Retention(name: "short", days: 2), order())
            }
            for _ in 0..<8 {
                let number = ledger.attempted
                let count = UInt64.random(in: 1...150, using: &random)
                ledger.attempted += count
                ledger.acknowledged.append(try await vault.append(records(number..<number + count)))
                ledger.numbers.append(number)
                log.disk.advance(Int64.random(in: 0...UTCTime.day, using: &random))
                switch Int.random(in: 0..<6, using: &random) {
                case 0: try await vault.sealDay()
                case 1: _ = try await vault.prune(order())
                case 2:
                    let hold = try await vault.hold(.all, order())
                    try await vault.release(hold.id, order())
                case 3: ledger.signed = try Checkpoint.open(try await vault.checkpoint(), log.signer.verifier)
                default: break
                }
            }
        } catch {}
    }

    @Test("the machine stops at random calls while days are sealed and records pruned and held, and again, and again")
    func governedCrashes() async throws {
        var random = Seeded(setting("VAULT_SEED", 20_261_122))
        var said: Set<String> = []
        // Each takes ten times as long as one of the workload without orders.
        for round in 0..<max(12, setting("VAULT_CRASHES", 50) / 10) {
            let log = try SimulatedLog()
            _ = try log.create()
            var ledger = Ledger()
            for _ in 0..<4 {
                log.disk.fail(at: Int.random(in: 1...120, using: &random), .crash)
                await Self.govern(log, &ledger, &random)
                log.disk.crash(seed: random.next())
            }
            let vault = try log.open()
            _ = try await vault.append([record(0)])
            _ = try await vault.checkpoint()
            let reader = await vault.snapshot()
            for (range, number) in zip(ledger.acknowledged, ledger.numbers) {
                for index in range where index >= reader.state.retained {
                    #expect(
                        try reader.record(index) == record(number + index - range.lowerBound), "round \(round), record \(index)")
                }
            }
            #expect(zip(ledger.acknowledged, ledger.acknowledged.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
            // The root of a size among pruned records cannot be computed any more; the register is never there.
            if let signed = ledger.signed, signed.size >= reader.state.retained {
                #expect(try reader.root(size: signed.size) == signed.root, "round \(round)")
            }
            // The next pruning finishes what was begun: what expired reads as expired, and everything else is sound.
            let report = try log.verify()
            #expect(report.damages == [], "round \(round)")
            for index in reader.state.retained..<reader.size {
                let leaf = try reader.record(index)
                if leaf.withUnsafeBytes({ Control.isControl($0) }) { said.insert(try Control(leaf: leaf).event.name) }
            }
        }
        #expect(said.isSuperset(of: ["seal", "sources", "hold", "release", "prune", "retention"]), "\(said)")
    }

    @Test("the machine stops while a log is made: it can be made again, or is whole")
    func creation() async throws {
        for call in 1...40 {
            let log = try SimulatedLog()
            log.disk.fail(at: call, .crash)
            do { _ = try log.create() } catch {}
            log.disk.crash(seed: UInt64(call))
            let isMade = log.disk.contents("/log/identity") != nil
            let vault = isMade ? try log.open() : try log.create()
            #expect(try await vault.append([record(0)]) == 0..<1)
            _ = try await vault.checkpoint()
            let report = try log.verify()
            #expect(report.damages == [], "call \(call)")
        }
    }

    @Test("a failed sync stops acceptance for good; a new opening finds the truth")
    func poisoned() async throws {
        let log = try SimulatedLog()
        _ = try log.create()
        do {
            let vault = try log.open()
            #expect(try await vault.append([record(0)]) == 0..<1)
            // The next append is one write and one sync.
            log.disk.fail(at: 2, .inputOutput)
            #expect(await code { _ = try await vault.append([record(1)]) } == .file)
            log.disk.heal()
            #expect(await code { _ = try await vault.append([record(1)]) } == .stopped)
            #expect(await code { _ = try await vault.checkpoint() } == .stopped)
            #expect(await vault.stopped?.code == .file)
            #expect(await vault.size == 1)
        }
        let vault = try log.open()
        #expect([1, 2].contains(await vault.size))
    }

    @Test("a torn last frame is cut and told; the same damage before a right frame is refused and nothing is cut")
    func tornOrDamaged() async throws {
        let log = try SimulatedLog()
        do {
            let vault = try log.create()
            for index in 0..<UInt64(3) { _ = try await vault.append([record(index)]) }
        }
        let path = try VerifyTests.active(log)
        let whole = try #require(log.disk.contents(path))
        func damaged(frame: Int) throws {
            var bytes = whole
            bytes[ActiveHeader.page * (frame + 1) + FrameHeader.length + 3] ^= 1
            log.disk.put(path, bytes)
        }
        for frame in 0..<2 {
            try damaged(frame: frame)
            let before = log.disk.contents(path)
            #expect(code { _ = try log.open() } == .damaged)
            #expect(log.disk.contents(path) == before)
        }
        try damaged(frame: 2)
        let vault = try log.open()
        #expect(vault.recovery.cut == "\(path): byte \(ActiveHeader.page * 3)")
        #expect(await vault.size == 2)
        #expect(try await vault.append([record(2)]) == 2..<3)
        #expect(try log.verify().isSound)
    }

    @Test("a last frame that a checkpoint covers is not cut away: the register refuses")
    func tornButSigned() async throws {
        let log = try SimulatedLog()
        do {
            let vault = try log.create()
            _ = try await vault.append([record(0)])
            _ = try await vault.checkpoint()
        }
        let path = try VerifyTests.active(log)
        var bytes = try #require(log.disk.contents(path))
        bytes[ActiveHeader.page + FrameHeader.length] ^= 1
        log.disk.put(path, bytes)
        #expect(code { _ = try log.open() } == .rolledBack)
        #expect(log.disk.contents(path) == bytes)
    }

    @Test("seeded mutations of frames, footers and identities: no crash, no false acceptance")
    func mutations() async throws {
        let log = try await VerifyTests.log()
        var random = Seeded(5)
        let paths = log.disk.paths.filter { $0.hasPrefix("/log/sealed/") || $0.hasSuffix(".wal") || $0.hasSuffix("identity") }
        for round in 0..<400 {
            let path = try #require(paths.randomElement(using: &random))
            let whole = try #require(log.disk.contents(path))
            var bytes = whole
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                // Near the places where lengths and counts stand.
                let place = [0, max(0, bytes.count - 700), 4_096].randomElement(using: &random) ?? 0
                let offset = min(bytes.count - 1, place + Int.random(in: 0..<700, using: &random))
                bytes[offset] =
                    [0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &random)].randomElement(using: &random) ?? 0
            }
            log.disk.put(path, bytes)
            let report = try log.verify()
            // A log that is called sound has the root that was signed.
            #expect(!report.isSound || report.root == expectedRoot(830), "round \(round)")
            if let reader = try? VaultReader(directory: log.directory, files: log.disk.effects), reader.size > 700,
                let read = try? reader.record(700)
            {
                #expect(read == record(700), "round \(round)")
            }
            log.disk.put(path, whole)
        }
    }
}
