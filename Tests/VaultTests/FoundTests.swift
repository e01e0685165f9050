import Testing

@testable import Vault

/// What fuzzing, crashes and readers beside a writer found, each in its smallest form.
@Suite("Found by fuzzing, crashes and stress")
struct FoundTests {
    @Test("a log whose every sealed record expired opens again: what it said last stands behind them")
    func everythingPruned() async throws {
        let (log, clock) = try TestLog.clocked()
        do {
            let vault = try log.create()
            try await vault.keep(Retention(name: "short", days: 2), order())
            _ = try await vault.append(records(0..<520))
            _ = try await vault.checkpoint()
            clock.pass(5 * UTCTime.day)
            _ = try await vault.append(records(520..<521))
            #expect(try await vault.prune(order()).records == 0..<512)
        }
        #expect(try log.reader().state.retained == 512)
        let vault = try log.open()
        _ = try await vault.append(records(521..<522))
        _ = try await vault.checkpoint()
        #expect(try log.verify().isSound)
    }

    @Test("what is pruned was signed before: a log without a recent checkpoint can still be compared with its register")
    func prunedBeyondTheCheckpoint() async throws {
        let (log, clock) = try TestLog.clocked()
        do {
            let vault = try log.create()
            try await vault.keep(Retention(name: "short", days: 2), order())
            _ = try await vault.append(records(0..<100))
            _ = try await vault.checkpoint()
            _ = try await vault.append(records(100..<600))
            clock.pass(5 * UTCTime.day)
            _ = try await vault.append(records(600..<601))
            #expect(try await vault.prune(order()).records == 0..<512)
        }
        #expect(try log.reader().checkpoint().checkpoint.size > 512)
        #expect(code { _ = try log.open() } == nil)
        #expect(try log.verify().isSound)
    }

    @Test("a checkpoint file that a crash left behind the register is brought up before records are pruned")
    func staleCheckpointFile() async throws {
        let (log, clock) = try TestLog.clocked()
        do {
            let vault = try log.create()
            try await vault.keep(Retention(name: "short", days: 2), order())
            _ = try await vault.append(records(0..<100))
            let old = try await vault.checkpoint()
            _ = try await vault.append(records(100..<600))
            clock.pass(5 * UTCTime.day)
            _ = try await vault.append(records(600..<601))
            _ = try await vault.checkpoint()
            try log.put(old, "checkpoint")
            #expect(try await vault.prune(order()).records == 0..<512)
        }
        #expect(code { _ = try log.open() } == nil)
    }

    @Test("a daily seal whose counts of sources were pruned just before it is no damage")
    func seamOfPruning() async throws {
        let (log, clock) = try TestLog.clocked()
        let vault = try log.create()
        // The retention is leaf 0, so that the counts are leaf 255, the last of their segment, and the seal is leaf 256.
        try await vault.keep(Retention(name: "short", days: 2), order())
        _ = try await vault.append(records(0..<254))
        clock.pass(UTCTime.day)
        _ = try await vault.append(records(254..<255))
        let reader = try log.reader()
        #expect(try Control(leaf: reader.record(255)).event.name == "sources")
        #expect(try Control(leaf: reader.record(256)).event.name == "seal")
        _ = try await vault.append(records(255..<600))
        clock.pass(3 * UTCTime.day)
        _ = try await vault.append(records(600..<601))
        try await vault.release(try await vault.hold(.records(256..<257), order()).id, order())
        let hold = try await vault.hold(.records(256..<257), order())
        #expect(try await vault.prune(order()).records == 0..<256)
        try await vault.release(hold.id, order())
        _ = try await vault.checkpoint()
        let report = try log.verify()
        #expect(report.isSound, "\(report.damages)")
    }

    @Test("a view taken while two frames are written, the first looked at too early, is no damage")
    func writtenMeanwhile() async throws {
        let log = try SimulatedLog()
        do {
            let vault = try log.create()
            for index in 0..<UInt64(3) { _ = try await vault.append([record(index)]) }
        }
        let isWritten = Flag()
        var files = log.disk.effects
        let read = files.read
        files.read = { (file, buffer, offset) throws(VaultError) in
            let count = try read(file, buffer, offset)
            // The second frame, as it is before it is written: once.
            if offset == UInt64(2 * ActiveHeader.page), count == ActiveHeader.page, !isWritten.isSet {
                buffer.initializeMemory(as: UInt8.self, repeating: 0)
                isWritten.isSet = true
            }
            return count
        }
        let reader = try VaultReader(directory: log.directory, files: files)
        #expect(isWritten.isSet && reader.size == 3 && reader.root == expectedRoot(3))
    }

    @Test("numbers at their end in a control record are refused, not counted on")
    func endlessNumbers() throws {
        let key = try testKey().verifier
        var state = VaultState(epochKey: key)
        state.epoch = .max
        #expect(state.applying(.epochRestart("x"), at: 1, key: key) == nil)
        (state.epoch, state.holdsPlaced) = (0, .max)
        let hold = Hold(id: .max, scope: .all, since: 0, order: try order())
        #expect(state.applying(.hold(hold), at: 1, key: key) == nil)
    }

    @Test("counts and times that nobody can have counted are refused when read, not added up")
    func madeUpCounts() {
        var tally = Tally(from: 1)
        tally.count(source: "a", 3, at: 5)
        #expect(Tally(tally.bytes) == tally)
        // From, records, steps; of the source count, first, last, silence, silent seals.
        for offset in [0, 8, 16, 38, 46, 54, 62, 70] {
            var bytes = tally.bytes
            bytes[offset + 7] = 0x80
            #expect(Tally(bytes) == nil, "\(offset)")
        }
        var header = FrameHeader(
            isCompressed: false, logID: [UInt8](repeating: 1, count: 16), nonce: [UInt8](repeating: 1, count: 16), first: 0,
            count: 1, stored: 2, packed: 2, received: 0, previous: .empty)
        #expect(FrameHeader(header.frame([0, 0]).bytes) != nil)
        header.received = -1
        #expect(FrameHeader(header.frame([0, 0]).bytes) == nil)
    }

    @Test("a control record with a number spelt otherwise is refused")
    func otherSpelling() throws {
        let signer = try testKey()
        let state = VaultState(epochKey: signer.verifier)
        let leaf = try Control.leaf(
            log: "log", index: 9, previous: 3, time: 7, event: .epochRestart("x"), state: state, signer: signer)
        #expect(try Control(leaf: leaf).index == 9)
        let text = try SignedNote(try VaultRecord(leaf: leaf).body).text
        for (from, to) in [
            ("index 9", "index +9"), ("index 9", "index 09"), ("previous 3", "previous 03"), ("retained 0", "retained +0"),
        ] {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { $0 == from[...] ? to[...] : $0 }
            #expect(lines.joined(separator: "\n") != text)
            var record = VaultRecord(source: "", body: try SignedNote(signing: lines.joined(separator: "\n"), with: signer).bytes)
            record.kind = .control
            let changed = try record.leaf()
            #expect(code { _ = try Control(leaf: changed) } == .damaged, "\(to)")
        }
    }
}
