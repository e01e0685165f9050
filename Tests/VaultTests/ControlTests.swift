import Glibc
import Synchronization
import Testing

@testable import Vault

/// A clock that goes on when it is told to; both readings agree unless one is set.
final class TestClock: Sendable {
    private let state = Mutex((now: UTCTime.time("2026-11-20T10:00:00.000000Z") ?? 0, steady: Int64(5_000_000)))

    var now: Int64 { state.withLock { $0.now } }

    func pass(_ microseconds: Int64) {
        state.withLock {
            $0.now += microseconds
            $0.steady += microseconds
        }
    }

    /// Sets the wall clock only.
    func set(by microseconds: Int64) { state.withLock { $0.now += microseconds } }

    func install(_ files: inout FileEffects) {
        files.now = { self.state.withLock { $0.now } }
        files.steady = { self.state.withLock { $0.steady } }
        files.clockHealth = { ClockHealth(isSynchronized: true, maximumError: 250, boot: "test") }
    }
}

extension TestLog {
    static func clocked(name: String = "example.com/log") throws -> (TestLog, TestClock) {
        let clock = TestClock()
        var log = try TestLog(name: name)
        clock.install(&log.files)
        return (log, clock)
    }

    func verify(withRegister: Bool = true) throws -> VerifyReport {
        try VaultVerifier(directory: directory, register: withRegister ? register : nil, files: files).verify()
    }

    /// Every control leaf of the log, oldest first.
    func controls() throws -> [Control] {
        let reader = try reader()
        return try (reader.state.retained..<reader.size).compactMap { index in
            let leaf = try reader.record(index)
            return try leaf.withUnsafeBytes({ Control.isControl($0) }) ? Control(leaf: leaf) : nil
        }
    }
}

func order(_ reason: String = "test") throws -> Order { try Order(by: "tester", reason: reason) }

func events(_ source: String, _ count: Int) -> [VaultRecord] {
    (0..<count).map { VaultRecord(source: source, body: Array("\(source) \($0)".utf8)) }
}

@Suite("What the log says of itself: daily seals, epochs, order of things")
struct ControlTests {
    @Test("the first record of a day seals the day before: counts of each source, silence, who sent nothing")
    func dailySeal() async throws {
        let (log, clock) = try TestLog.clocked()
        let vault = try log.create()
        _ = try await vault.append(events("web", 3))
        clock.pass(3_600_000_000)
        _ = try await vault.append(events("db", 2))
        _ = try await vault.append(records(0..<5))
        #expect(try log.controls().isEmpty)
        clock.pass(UTCTime.day)
        _ = try await vault.append(events("web", 1))
        clock.pass(UTCTime.day)
        _ = try await vault.append(events("web", 1))
        let seals = try log.controls().compactMap { if case .seal(let seal) = $0.event { seal } else { nil } }
        #expect(seals.count == 2)
        #expect(seals.map(\.records) == [10, 1] && seals.map(\.sources) == [3, 1] && seals.map(\.silent) == [0, 2])
        #expect(UTCTime.text(seals[0].period.upperBound) == "2026-11-21T00:00:00.000000Z")
        #expect(seals[1].period.lowerBound == seals[0].period.upperBound)
        #expect(seals[0].prior == nil && seals[1].prior != nil)
        let told = try log.controls().compactMap { if case .sources(let told) = $0.event { told } else { nil } }
        #expect(
            told[0].keys.sorted() == ["", "db", "web"] && told[0]["web"]?.count == 3 && told[0]["db"]?.silence == 3_600_000_000)
        #expect(told[1]["db"]?.count == 0 && told[1]["web"]?.count == 1)
        _ = try await vault.checkpoint()
        let report = try log.verify()
        #expect(report.isSound && report.controls == 4, "\(report.damages)")
    }

    @Test("a seal's key is erased: the file holds the next one, and the old one is nowhere")
    func epochs() async throws {
        let (log, _) = try TestLog.clocked()
        let path = log.directory + ".epoch"
        let vault = try log.create()
        let first = try FileEffects.live.contents(path, limit: 1_000)
        _ = try await vault.append(records(0..<3))
        try await vault.sealDay()
        let second = try FileEffects.live.contents(path, limit: 1_000)
        #expect(first != second && first.starts(with: Array("PRIVATE+KEY+".utf8)))
        #expect(try FileEffects.live.permissions(path) == 0o600)
        let state = await vault.snapshot().state
        #expect(state.epoch == 1)
        #expect(try KeyFile.read(path).verifier == state.epochKey)
        #expect(vault.identity.epochKey != state.epochKey)
        // What the first epoch signed can be checked, and cannot be signed again.
        let seal = try #require(try log.controls().last)
        try seal.note.verify(vault.identity.epochKey)
        #expect(code { try seal.note.verify(state.epochKey) } == .notProven)
    }

    @Test("a lost epoch key does not stop the log: the log's own key begins a new epoch, and verification says so for ever")
    func lostEpochKey() async throws {
        let (log, clock) = try TestLog.clocked()
        do {
            let vault = try log.create()
            _ = try await vault.append(records(0..<3))
            try await vault.sealDay()
        }
        #expect(unlink(log.directory + ".epoch") == 0)
        let vault = try log.open()
        clock.pass(UTCTime.day)
        _ = try await vault.append(records(3..<5))
        try await vault.sealDay()
        _ = try await vault.checkpoint()
        let report = try log.verify()
        #expect(report.isSound, "\(report.damages)")
        #expect(report.remarks.contains { $0.contains("new epoch") })
    }

    @Test("a control leaf that another key signed, that says another place, or that skips one is found")
    func forged() async throws {
        let (log, clock) = try TestLog.clocked()
        let vault = try log.create()
        _ = try await vault.append(records(0..<3))
        let before = await vault.snapshot().state
        _ = try await vault.hold(.all, order())
        let hold = try #require(try log.controls().last)
        try hold.verify(after: before, logKey: log.signer.verifier)
        let stranger = try NoteSigner(name: "example.com/log/epoch", seed: [UInt8](repeating: 9, count: 32))
        let forged = try Control(
            leaf: Control.leaf(
                log: hold.log, index: hold.index, previous: nil, time: clock.now, event: hold.event, state: hold.state,
                signer: stranger))
        #expect(code { try forged.verify(after: before, logKey: log.signer.verifier) } == .notProven)
        // The state that is told must follow from what happened.
        var lying = hold.state
        lying.holds = []
        let epoch = try KeyFile.read(log.directory + ".epoch")
        let liar = try Control(
            leaf: Control.leaf(
                log: hold.log, index: hold.index, previous: nil, time: clock.now, event: hold.event, state: lying, signer: epoch))
        #expect(code { try liar.verify(after: before, logKey: log.signer.verifier) } == .notProven)
        // One that was signed for another log under the same key.
        let foreign = try Control(
            leaf: Control.leaf(
                log: "example.com/other", index: hold.index, previous: nil, time: clock.now, event: hold.event, state: hold.state,
                signer: epoch))
        #expect(code { try foreign.verify(after: before, logKey: log.signer.verifier) } == .notProven)
    }

    @Test("with as many holds as may stand, each as long as may be, every control leaf still fits, at midnight too")
    func largest() async throws {
        let (log, clock) = try TestLog.clocked(name: String(repeating: "n", count: 200))
        let vault = try log.create()
        let most = String(repeating: "理", count: 66) + "xy"
        let long = try Order(by: most, reason: most)
        let far = UTCTime.time("9999-12-31T00:00:00.000000Z") ?? 0
        for _ in 0..<VaultState.holdLimit { _ = try await vault.hold(.received(0..<far), long) }
        #expect(await code { _ = try await vault.hold(.all, long) } == .badInput)
        // Bytes outside ASCII are written as three.
        let records = (0..<70).map { VaultRecord(source: String(repeating: "源", count: 83) + "\($0 + 100)", body: [7]) }
        _ = try await vault.append(records)
        clock.pass(UTCTime.day)
        _ = try await vault.append([VaultRecord(source: "x", body: [8])])
        let size = await vault.size
        let keys = (0..<ControlEvent.keysLimit).map { MerkleHash.leaf([UInt8(truncatingIfNeeded: $0)]) }
        let state = await vault.snapshot().state
        for event: ControlEvent in [
            .reveal([UInt64](repeating: .max, count: ControlEvent.recordsLimit), long), .shred(keys, long),
        ] {
            let leaf = try Control.leaf(
                log: log.signer.verifier.name, index: .max, previous: .max - 1, time: far, event: event, state: state,
                signer: log.signer)
            #expect(try Control(leaf: leaf).event == event)
        }
        #expect(try log.controls().filter { if case .sources = $0.event { true } else { false } }.count == 3)
        #expect(try log.verify().isSound && size == UInt64(VaultState.holdLimit) + 70 + 3 + 1 + 1)
    }

    @Test("after a day was sealed under a clock that was ahead, days are sealed again once it is right")
    func sealedAhead() async throws {
        let (log, clock) = try TestLog.clocked()
        let vault = try log.create()
        _ = try await vault.append(events("a", 3))
        clock.set(by: 40 * UTCTime.day)
        _ = try await vault.append(events("a", 3))
        clock.set(by: -40 * UTCTime.day)
        for _ in 0..<3 {
            _ = try await vault.append(events("a", 2))
            clock.pass(UTCTime.day)
        }
        _ = try await vault.checkpoint()
        let seals = try log.controls().compactMap { if case .seal(let seal) = $0.event { seal } else { nil } }
        #expect(seals.count >= 3, "\(seals.map(\.period))")
        #expect(seals.map(\.records).reduce(0, +) >= 10)
        #expect(try log.verify().isSound)
    }

    @Test("a record from outside that looks like one of the vault's own is only a record")
    func disguised() async throws {
        let (log, _) = try TestLog.clocked()
        let vault = try log.create()
        _ = try await vault.append(records(0..<3))
        let hold = try await vault.hold(.all, order())
        let leaf = try log.reader().record(3)
        #expect(leaf.withUnsafeBytes { Control.isControl($0) })
        _ = try await vault.release(hold.id, order())
        // The same bytes again, sent by a source.
        _ = try await vault.append([leaf])
        let stored = try log.reader().record(5)
        #expect(!stored.withUnsafeBytes { Control.isControl($0) })
        #expect(try VaultRecord(leaf: stored).body == leaf && VaultRecord(leaf: stored).kind == .record)
        #expect(await vault.snapshot().state.holds.isEmpty)
        _ = try await vault.checkpoint()
        #expect(try log.verify().isSound)
    }

    @Test("state, tallies and the chain of controls survive sealing and opening anew at every size")
    func reopened() async throws {
        let (log, clock) = try TestLog.clocked()
        _ = try log.create()
        var size: UInt64 = 0
        for round in 0..<24 {
            let vault = try log.open()
            _ = try await vault.append(events("source \(round % 5)", 37))
            if round % 6 == 2 { _ = try await vault.hold(.records(0..<UInt64(round)), order("round \(round)")) }
            if round % 8 == 5 { try await vault.sealDay() }
            clock.pass(7 * 3_600_000_000)
            _ = try await vault.checkpoint()
            size = await vault.size
        }
        let reader = try log.reader()
        #expect(reader.size == size && reader.state.holds.count == 4 && reader.sealedSize > 700)
        let report = try log.verify()
        #expect(report.isSound, "\(report.damages)")
        let all = try log.controls()
        #expect(UInt64(all.count) == report.controls)
        #expect(zip(all, all.dropFirst()).allSatisfy { $1.previous == $0.index })
        let counted = all.reduce(UInt64(0)) { sum, control in
            if case .seal(let seal) = control.event { sum + seal.records } else { sum }
        }
        #expect(counted + reader.image.tally.records == 24 * 37)
    }

    @Test("texts of control notes come back as they were; any other bytes are refused, not misread")
    func mutations() async throws {
        let (log, clock) = try TestLog.clocked()
        let vault = try log.create()
        _ = try await vault.append(events("a b%\u{1F600}\n-", 2) + events("", 1) + events("-", 1))
        _ = try await vault.hold(.received(0..<5), Order(by: "林", reason: "案 12 %"))
        try await vault.keep(Retention(name: "core", days: 1_096), order())
        clock.pass(UTCTime.day)
        _ = try await vault.append(events("x", 1))
        var random = Seeded(3)
        for control in try log.controls() {
            let leaf = try log.reader().record(control.index)
            #expect(try Control(leaf: leaf) == control)
            for _ in 0..<500 {
                var changed = leaf
                changed[Int.random(in: 0..<leaf.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                if let read = try? Control(leaf: changed) {
                    // Still read: then what it says was signed with other bytes.
                    #expect(
                        code { try read.note.verify(vault.identity.epochKey) } == .notProven
                            || read.note.text == control.note.text)
                }
            }
        }
        for text in ["", "-", "a b", "%", "%2d", "\u{7F}", "\n", "資安"] {
            #expect(ControlText.text(ofWord: ControlText.word(text)[...]) == text)
        }
        for word in ["", "a b", "%", "%2", "%zz", "%41"] { #expect(ControlText.text(ofWord: word[...]) == nil || word.isEmpty) }
    }

    @Test("an interrupted roll of the epoch's key is finished when the log is opened again")
    func interruptedSeal() async throws {
        for call in 1...40 {
            let log = try SimulatedLog()
            do { _ = try await log.create().append(events("web", 3)) }
            let sealed = try await {
                let vault = try log.open()
                log.disk.fail(at: call, .crash)
                do { try await vault.sealDay() } catch { return false }
                return true
            }()
            log.disk.crash(seed: UInt64(call))
            let vault = try log.open()
            _ = try await vault.append(events("web", 1))
            try await vault.sealDay()
            _ = try await vault.checkpoint()
            #expect(!vault.recovery.isEpochRestarted, "call \(call)")
            let report = try log.verify()
            #expect(report.isSound && report.remarks.isEmpty, "call \(call): \(report.damages) \(report.remarks)")
            if sealed, call > 30 { break }
        }
    }
}

@Suite("Times as text")
struct TimeTests {
    @Test("days of a thousand years come back, and only the exact form is read")
    func roundTrip() {
        #expect(UTCTime.text(0) == "1970-01-01T00:00:00.000000Z")
        #expect(UTCTime.text(951_782_400_000_001) == "2000-02-29T00:00:00.000001Z")
        #expect(UTCTime.time("2100-02-29T00:00:00.000000Z") == nil)
        #expect(UTCTime.time("2026-11-21T24:00:00.000000Z") == nil)
        #expect(UTCTime.time("2026-11-21 00:00:00.000000Z") == nil)
        for day in stride(from: Int64(0), to: 366 * 1_000, by: 1) {
            let time = day * UTCTime.day + day % 86_400 * 1_000_000
            #expect(UTCTime.time(UTCTime.text(time)) == time)
        }
        #expect(UTCTime.date(UTCTime.time("9999-12-31T23:59:59.999999Z") ?? 0) == "9999-12-31")
    }
}
