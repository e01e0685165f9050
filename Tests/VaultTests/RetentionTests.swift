import Glibc
import Synchronization
import Testing

@testable import Vault

@Suite("Retention, holds and erasure")
struct RetentionTests {
    /// A log of `days` days, 300 records a day.
    private static func grown(_ days: Int) async throws -> (TestLog, TestClock, VaultLog) {
        let (log, clock) = try TestLog.clocked()
        let vault = try log.create()
        var next: UInt64 = 0
        for _ in 0..<days {
            _ = try await vault.append(records(next..<next + 300))
            next += 300
            clock.pass(UTCTime.day)
        }
        _ = try await vault.checkpoint()
        return (log, clock, vault)
    }

    @Test(
        "pruning takes whole expired segments from the beginning; old proofs hold, kept records can be proved, pruned ones say so"
    )
    func prune() async throws {
        let (log, _, vault) = try await Self.grown(10)
        let old = await vault.snapshot()
        let proofs = try [0, 100, 700, 2_000].map { (index: UInt64) in
            (index, MerkleHash.leaf(try old.record(index)), try old.inclusionProof(index: index, size: old.size))
        }
        #expect(await code { _ = try await vault.prune(order()) } == .badInput)
        try await vault.keep(Retention(name: "short", days: 6), order())
        #expect(try await vault.prune(order(), isRehearsal: true).records == 0..<1_024)
        #expect(try log.names("sealed").allSatisfy { $0.hasSuffix(".segment") })
        #expect(try await vault.prune(order()).records == 0..<1_024)
        #expect(try await vault.prune(order()).records.isEmpty)
        _ = try await vault.checkpoint()
        let reader = try log.reader()
        #expect(reader.prunedSegments == 4 && reader.state.retained == 1_024)
        #expect(code { _ = try reader.record(1_023) } == .expired)
        #expect(try reader.record(1_024) == old.record(1_024))
        for (index, leaf, path) in proofs {
            try MerkleProof.verifyInclusion(leaf: leaf, index: index, size: old.size, path: path, root: old.root)
        }
        for index in [1_024, 2_000, reader.size - 1] {
            try MerkleProof.verifyInclusion(
                leaf: .leaf(reader.record(index)), index: index, size: reader.size,
                path: reader.inclusionProof(index: index, size: reader.size), root: reader.root)
        }
        try MerkleProof.verifyConsistency(
            first: old.size, firstRoot: old.root, second: reader.size, secondRoot: reader.root,
            path: reader.consistencyProof(first: old.size, second: reader.size))
        let report = try log.verify()
        #expect(report.isSound && report.expired == 1_024, "\(report.damages)")
        // An auditor's package of what is left proves itself, says what is not in it, and a record taken out of it is found.
        let package = log.scratch.path + "/package"
        #expect(try reader.export(to: package).checkpoint.size == reader.size)
        let verified = try Program.run(package + "/verify.py", package, program: "/usr/bin/python3")
        #expect(verified.status == 3 && verified.output.contains("first 1024"), "\(verified.output)")
        for path in ["tile/1/000.p/\(reader.size / 256)", "tile/entries/004", "tile/0/005"] {
            let whole = try FileEffects.live.contents(package + "/" + path, limit: 1 << 20)
            var changed = whole
            changed[whole.count / 2] ^= 1
            try FileEffects.live.replace(package + "/" + path, changed)
            #expect(try Program.run(package + "/verify.py", package, program: "/usr/bin/python3").status == 1, "\(path)")
            try FileEffects.live.replace(package + "/" + path, whole)
        }
        let sizes = try log.names("sealed").filter { $0.hasSuffix(".pruned") }.map { try log.bytes("sealed/" + $0).count }
        #expect(sizes.count == 4 && sizes.allSatisfy { $0 < 2_000 })
    }

    @Test("a clock set forward while the log is open expires nothing")
    func clockAhead() async throws {
        let (log, clock, vault) = try await Self.grown(10)
        try await vault.keep(Retention(name: "short", days: 30), order())
        clock.set(by: 400 * UTCTime.day)
        _ = try await vault.append(records(3_000..<3_010))
        #expect(try await vault.prune(order()).records.isEmpty)
        // It did pass: then they are old.
        clock.pass(31 * UTCTime.day)
        #expect(!(try await vault.prune(order(), isRehearsal: true).records.isEmpty))
        _ = try await vault.checkpoint()
        #expect(try log.verify().isSound)
    }

    @Test("a pruned log goes on, is opened again, grows and is pruned again")
    func prunedAndReopened() async throws {
        let (log, clock, _) = try await Self.grown(4)
        for round in 0..<6 as Range<UInt64> {
            let vault = try log.open()
            if round == 0 { try await vault.keep(Retention(name: "short", days: 2), order()) }
            _ = try await vault.append(records(round * 300..<round * 300 + 300))
            _ = try await vault.prune(order("round \(round)"))
            clock.pass(UTCTime.day)
            _ = try await vault.checkpoint()
            #expect(try log.verify().isSound, "round \(round)")
        }
        #expect(try log.reader().prunedSegments >= 5)
    }

    @Test("a hold keeps what it covers, and what comes after it; lifted, it no longer does")
    func hold() async throws {
        let (log, _, vault) = try await Self.grown(10)
        try await vault.keep(Retention(name: "short", days: 6), order())
        let hold = try await vault.hold(.records(300..<301), order("case 1"))
        let first = try await vault.prune(order())
        #expect(first.records == 0..<256 && first.blocking == hold)
        #expect(try await vault.prune(order()).records.isEmpty)
        #expect(await code { try await vault.release(7, order()) } == .badInput)
        try await vault.release(hold.id, order("closed"))
        let second = try await vault.prune(order())
        #expect(second.records == 256..<1_024 && second.blocking == nil)
        // By time: from the beginning of the fifth day on.
        let reader = try log.reader()
        let later = try await vault.hold(.received(reader.lastReceived - 4 * UTCTime.day..<Int64.max / 2), order("case 2"))
        #expect(later.id == 2)
        _ = try await vault.checkpoint()
        #expect(try log.verify().isSound)
    }

    @Test("the machine stops at every call of a pruning: opened again, the log is whole and pruned either way")
    func interrupted() async throws {
        for call in 1...60 {
            let log = try SimulatedLog()
            do {
                let vault = try log.create()
                _ = try await vault.append(records(0..<700))
                _ = try await vault.checkpoint()
                // The simulated clock goes on by milliseconds; a day is a long time.
                try await vault.keep(Retention(name: "none", days: 1), order())
            }
            log.disk.advance(3 * UTCTime.day)
            do {
                _ = try await log.open().append(records(700..<701))
                // Opened again, for only then has the log something to say of the days that went by.
                let vault = try log.open()
                log.disk.fail(at: call, .crash)
                _ = try await vault.prune(order())
                _ = try await vault.checkpoint()
            } catch {}
            let isDone = log.disk.calls < call
            log.disk.crash(seed: UInt64(call) &* 31)
            let vault = try log.open()
            _ = try await vault.append(records(701..<710))
            _ = try await vault.checkpoint()
            let report = try log.verify()
            #expect(report.isSound, "call \(call): \(report.damages)")
            let reader = await vault.snapshot()
            #expect(reader.state.retained == 0 || reader.prunedSegments == 2, "call \(call)")
            if isDone {
                #expect(reader.prunedSegments == 2)
                return
            }
        }
        Issue.record("a pruning makes more calls than were tried")
    }

    @Test("a copy of which some segments were copied before they were pruned, and later ones after, is restored")
    func mixedCopy() async throws {
        let (log, _, vault) = try await Self.grown(10)
        let first = try log.bytes("sealed/" + Path.number(0) + ".segment")
        try await vault.keep(Retention(name: "short", days: 6), order())
        _ = try await vault.prune(order())
        let note = try await vault.checkpoint()
        let target = log.scratch.path + "/restored"
        let restored = try RestoredVault(
            directory: target, identity: try log.bytes("identity"), note: note, key: log.signer.verifier, files: log.files)
        for number in 0..<restored.segments {
            let isPruned = try log.names("sealed").contains(Path.number(number) + ".pruned")
            let (_, path) = number > 0 && isPruned ? restored.prunedPlace(number) : restored.place(number)
            let name = isPruned ? ".pruned" : ".segment"
            try log.files.replace(path, number == 0 ? first : try log.bytes("sealed/" + Path.number(number) + name))
        }
        let reader = await vault.snapshot()
        let boundary = restored.segments << 8
        let path = try reader.consistencyProof(first: boundary, second: reader.size)
        let lines = ["proof"] + path.map { "\($0)" }
        #expect(try restored.finish(proof: Array((lines.joined(separator: "\n") + "\n").utf8)) == boundary)
        let back = try VaultReader(directory: target, files: log.files)
        #expect(back.prunedSegments == 4 && back.size == boundary)
        #expect(code { _ = try back.record(3) } == .expired)
        #expect(try back.record(1_024) == reader.record(1_024))
    }

    @Test("bits of a pruned segment's hashes, and a segment pruned without the log saying so, are found")
    func damagedStub() async throws {
        let (log, _, vault) = try await Self.grown(10)
        try await vault.keep(Retention(name: "short", days: 6), order())
        _ = try await vault.prune(order())
        _ = try await vault.checkpoint()
        let name = "sealed/" + Path.number(1) + ".pruned"
        let whole = try log.bytes(name)
        for offset in 0..<whole.count {
            try log.flip(name, at: offset, bit: offset % 8)
            let report = try log.verify()
            #expect(report.damages.contains { $0.segment == 1 }, "byte \(offset)")
            try log.put(whole, name)
        }
        // A segment that nobody ordered to be pruned.
        let kept = Path.number(5)
        let segment = try log.bytes("sealed/\(kept).segment")
        let image = try log.reader().image
        let footer = try SealedSegment(image, 5)
        footer.close()
        try log.put(footer.footer.header + footer.footer.end, "sealed/\(kept).pruned")
        try log.remove("sealed/\(kept).segment")
        #expect(try log.verify().damages.contains { $0.segment == 5 })
        try log.put(segment, "sealed/\(kept).segment")
        try log.remove("sealed/\(kept).pruned")
        #expect(try log.verify().isSound)
    }
}

@Suite("Personal fields under keys that can be erased")
struct PersonalTests {
    private static func keys(_ log: TestLog, _ vault: VaultLog) throws -> SubjectKeys {
        try SubjectKeys(path: log.directory + ".subjects", identity: vault.identity, files: log.files)
    }

    private static func personal(_ keys: SubjectKeys, _ subject: String, _ value: String, year: Int = 2026) throws -> VaultRecord
    {
        VaultRecord(
            source: "crm",
            fields: [.init("action", "read"), try keys.seal("name", Array(value.utf8), subject: subject, year: year)],
            body: Array("customer record read".utf8))
    }

    @Test("a personal field is nowhere in clear, is read with its key, and only as the field it is")
    func sealing() async throws {
        let (log, _) = try TestLog.clocked()
        let vault = try log.create()
        let keys = try Self.keys(log, vault)
        _ = try await vault.append([try Self.personal(keys, "C100", "王小明"), try Self.personal(keys, "C100", "王小明")])
        let leaves = try [0, 1].map { try log.reader().record($0) }
        for leaf in leaves {
            #expect(
                !String(decoding: leaf, as: UTF8.self).contains("王小明") && !String(decoding: leaf, as: UTF8.self).contains("C100"))
        }
        let fields = try leaves.map { try VaultRecord(leaf: $0).fields[1] }
        #expect(fields[0].value != fields[1].value && fields[0].value.prefix(32) == fields[1].value.prefix(32))
        #expect(try keys.open(fields[0]) == Array("王小明".utf8))
        #expect(keys.commitments(of: "C100").map(\.bytes) == [Array(fields[0].value.prefix(32))])
        // Moved to another field, or changed in any byte, it does not open.
        #expect(code { _ = try keys.open(.init(name: "phone", value: fields[0].value, isSealed: true)) } == .notProven)
        for place in fields[0].value.indices {
            var value = fields[0].value
            value[place] ^= 1
            let expected: VaultError.Code = place < 32 ? .notFound : .notProven
            #expect(code { _ = try keys.open(.init(name: "name", value: value, isSealed: true)) } == expected)
        }
        #expect(code { _ = try keys.open(.init("action", "read")) } == .badInput)
    }

    @Test("erasing the keys erases the data everywhere and leaves every proof valid; the log says that it was done")
    func shred() async throws {
        let (log, _) = try TestLog.clocked()
        let vault = try log.create()
        var keys: SubjectKeys? = try Self.keys(log, vault)
        do {
            let keys = try #require(keys)
            _ = try await vault.append(
                [
                    try Self.personal(keys, "C1", "one", year: 2025), try Self.personal(keys, "C1", "one"),
                    try Self.personal(keys, "C2", "two"),
                ])
            _ = try await vault.append(records(0..<600))
            _ = try await vault.checkpoint()
            let before = await vault.snapshot()
            let proof = try before.inclusionProof(index: 1, size: before.size)
            let hold = try await vault.hold(.records(5_000..<5_001), order())
            #expect(await code { _ = try await vault.shred("C1", keys, order()) } == .held)
            #expect(keys.commitments(of: "C1").count == 2)
            try await vault.release(hold.id, order())
            #expect(
                try await vault.reveal([1, 2], keys, order()).map { $0.map { $0.value } } == [
                    [Array("one".utf8)], [Array("two".utf8)],
                ])
            #expect(try await vault.shred("C1", keys, order("request 7")).count == 2)
            #expect(await code { _ = try await vault.shred("C1", keys, order()) } == .notFound)
            #expect(
                try await vault.reveal([0, 1, 2], keys, order()).map { $0.map { $0.value } } == [
                    [nil], [nil], [Array("two".utf8)],
                ])
            let field = try VaultRecord(leaf: try log.reader().record(1)).fields[1]
            #expect(code { _ = try keys.open(field) } == .erased)
            try MerkleProof.verifyInclusion(
                leaf: .leaf(log.reader().record(1)), index: 1, size: before.size, path: proof, root: before.root)
        }
        keys = nil
        let bytes = try FileEffects.live.contents(log.directory + ".subjects", limit: 1 << 20)
        #expect(!String(decoding: bytes, as: UTF8.self).contains("C1"))
        #expect(String(decoding: bytes, as: UTF8.self).contains("C2"))
        // Opened again it is still erased, and what is new gets a new key.
        let again = try Self.keys(log, vault)
        #expect(again.commitments(of: "C1").isEmpty && again.commitments(of: "C2").count == 1)
        _ = try await vault.append([try Self.personal(again, "C1", "new")])
        #expect(again.commitments(of: "C1").count == 1)
        _ = try await vault.checkpoint()
        #expect(try log.verify().isSound)
        let kinds = try log.controls().map(\.event.name)
        #expect(kinds == ["hold", "release", "reveal", "shred", "reveal"])
    }

    @Test("the machine stops anywhere in an erasure: the next one finishes it, and the log has said so before a key was gone")
    func interrupted() async throws {
        for call in 1...40 {
            let log = try SimulatedLog()
            let vault = try log.create()
            func open() throws -> SubjectKeys {
                try SubjectKeys(path: "/log.subjects", identity: vault.identity, files: log.disk.effects)
            }
            let field: VaultRecord.Field
            do {
                let keys = try open()
                field = try keys.seal("name", Array("one".utf8), subject: "C1", year: 2026)
                _ = try await vault.append([VaultRecord(source: "crm", fields: [field], body: [])])
                log.disk.fail(at: call, .crash)
                do { _ = try await vault.shred("C1", keys, order()) } catch {}
            }
            let isDone = log.disk.calls < call
            log.disk.crash(seed: UInt64(call) &* 17)
            let keys = try open()
            let reopened = try VaultLog(
                directory: log.directory + "", signer: log.signer, register: log.register, settings: TestLog.settings,
                files: Self.unlocked(log.disk.effects))
            let isErased = code { _ = try keys.open(field) } == .erased
            let reader = await reopened.snapshot()
            let isSaid = try (0..<reader.size).contains { index in
                let leaf = try reader.record(index)
                guard leaf.withUnsafeBytes({ Control.isControl($0) }) else { return false }
                return try Control(leaf: leaf).event.name == "shred"
            }
            // Marked keys count as erased at once; a key that is really gone was always announced.
            #expect(keys.commitments(of: "C1").isEmpty ? isSaid : true, "call \(call)")
            if isErased, !keys.condemned.isEmpty {
                #expect(try await reopened.shred("C1", keys, order("finish")).count == 1)
            }
            if isErased { #expect(code { _ = try keys.open(field) } == .erased) }
            if isDone {
                #expect(isErased && isSaid)
                return
            }
        }
        Issue.record("an erasure makes more calls than were tried")
    }

    /// The crashed writer is still alive in this test and would hold the lock.
    private static func unlocked(_ files: FileEffects) -> FileEffects {
        var files = files
        files.lock = { _ throws(VaultError) in true }
        return files
    }

    @Test("key files that are foreign, readable by others or damaged are refused")
    func foreign() async throws {
        let (log, _) = try TestLog.clocked()
        let vault = try log.create()
        let path = log.directory + ".subjects"
        do {
            let keys = try Self.keys(log, vault)
            _ = try keys.seal("name", [1], subject: "C1", year: 2026)
            _ = try keys.seal("name", [1], subject: "C2", year: 2026)
            #expect(code { _ = try Self.keys(log, vault) } == .locked)
            #expect(code { _ = try keys.seal("name", [1], subject: "", year: 2026) } == .badInput)
            #expect(
                code { _ = try keys.seal("name", [UInt8](repeating: 0, count: 4_037), subject: "C1", year: 2026) } == .badInput)
        }
        let whole = try FileEffects.live.contents(path, limit: 1 << 20)
        var random = Seeded(8)
        for _ in 0..<60 {
            var changed = whole
            changed[Int.random(in: 0..<512, using: &random)] ^= 1
            try FileEffects.live.replace(path, changed, secret: true)
            #expect([.damaged, .foreign].contains(code { _ = try Self.keys(log, vault) }))
        }
        try FileEffects.live.replace(path, whole, secret: true)
        #expect(chmod(path, 0o640) == 0)
        #expect(code { _ = try Self.keys(log, vault) } == .badInput)
        #expect(chmod(path, 0o600) == 0)
        let (other, _) = try TestLog.clocked()
        let stranger = try other.create()
        #expect(code { _ = try SubjectKeys(path: path, identity: stranger.identity) } == .foreign)
    }
}
