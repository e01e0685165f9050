import Glibc
import Synchronization
import Testing

@testable import Vault

@Suite("The log: append, seal, reopen, prove")
struct LogTests {
    @Test("CRC-32C gives the published values (RFC 3720 appendix B.4)")
    func checksum() {
        #expect(CRC32C.sum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.sum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(CRC32C.sum((0..<32).map { UInt8($0) }) == 0x46DD_794E)
        #expect(CRC32C.sum(Array("123456789".utf8)) == 0xE306_9283)
        for length in 0..<70 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ length) }
            bytes.withUnsafeBytes {
                #expect(CRC32C.tabled($0, seed: 7) == CRC32C.sum($0, seed: 7))
                let half = CRC32C.sum(UnsafeRawBufferPointer(rebasing: $0[..<(length / 2)]))
                #expect(CRC32C.sum(UnsafeRawBufferPointer(rebasing: $0[(length / 2)...]), seed: half) == CRC32C.sum($0))
            }
        }
        #expect(CRC32C.sum(Array("56789".utf8), seed: CRC32C.sum(Array("1234".utf8))) == 0xE306_9283)
    }

    @Test("records come back as they went in, over sealed and active segments, and after opening anew")
    func roundTrip() async throws {
        let log = try TestLog()
        do {
            let vault = try log.create()
            var next: UInt64 = 0
            for count in [1, 2, 300, 255, 1, 500] as [UInt64] {
                #expect(try await vault.append(records(next..<next + count)) == next..<next + count)
                next += count
            }
            #expect(await vault.size == 1_059)
            #expect(try log.names("sealed").count == 4)
        }
        let vault = try log.open()
        #expect(vault.recovery == Recovery())
        #expect(try await vault.append([record(1_059)]) == 1_059..<1_060)
        let reader = try log.reader()
        #expect(reader.size == 1_060 && reader.sealedSize == 1_024)
        for index in 0..<reader.size { #expect(try reader.record(index) == record(index)) }
        #expect(reader.root == expectedRoot(1_060))
        #expect(code { _ = try reader.record(1_060) } == .outOfRange)
    }

    @Test("proofs from disk hold at every size that matters")
    func proofs() async throws {
        let log = try TestLog()
        let vault = try log.create()
        _ = try await vault.append(records(0..<900))
        let reader = await vault.snapshot()
        for size in [1, 2, 255, 256, 257, 511, 512, 768, 769, 900] as [UInt64] {
            let root = try reader.root(size: size)
            #expect(root == expectedRoot(size))
            for index in [0, size / 3, size / 2, size - 1] {
                try MerkleProof.verifyInclusion(
                    leaf: .leaf(record(index)), index: index, size: size, path: reader.inclusionProof(index: index, size: size),
                    root: root)
            }
            try MerkleProof.verifyConsistency(
                first: size, firstRoot: root, second: 900, secondRoot: reader.root,
                path: reader.consistencyProof(first: size, second: 900))
        }
        for tile in Tile.all(size: 900) { #expect(try reader.hashes(of: tile).count == tile.width) }
    }

    @Test("records of every length from 0 to 65,535; one more is refused and nothing is written")
    func lengths() async throws {
        let log = try TestLog()
        let vault = try log.create()
        let lengths = [0, 1, 2, 100, 4_095, 4_096, 32_768, 65_534, 65_535]
        var random = Seeded(3)
        let given = lengths.map { random.bytes($0) }
        #expect(try await vault.append(given) == 0..<9)
        #expect(await code { _ = try await vault.append([[1], [UInt8](repeating: 0, count: 65_536)]) } == .badInput)
        #expect(await code { _ = try await vault.append([] as [[UInt8]]) } == .badInput)
        #expect(await vault.size == 9)
        let reader = try log.reader()
        for (index, bytes) in given.enumerated() { #expect(try reader.record(UInt64(index)) == bytes) }
    }

    @Test("two hundred tasks append at once: every index is given once, every record lies at its index")
    func concurrent() async throws {
        let log = try TestLog()
        let vault = try log.create()
        let given = try await withThrowingTaskGroup(of: (Int, Range<UInt64>).self) { group in
            for task in 0..<200 {
                group.addTask { (task, try await vault.append((0..<5).map { Array("task \(task) record \($0)".utf8) })) }
            }
            var given: [(Int, Range<UInt64>)] = []
            for try await answer in group { given.append(answer) }
            return given
        }
        #expect(Set(given.flatMap { Array($0.1) }) == Set(0..<1_000))
        let reader = try log.reader()
        for (task, range) in given {
            for (place, index) in range.enumerated() {
                #expect(try reader.record(index) == Array("task \(task) record \(place)".utf8))
            }
        }
        // Group commit: far fewer writes than appends would need, or at worst as many.
        #expect(reader.frames + Int(reader.segments) <= 204)
    }

    @Test("files of the active segment are used again, and old frames in them are not taken for new")
    func recycled() async throws {
        let log = try TestLog()
        for round in 0..<UInt64(6) {
            let vault = try log.create(orOpen: round > 0)
            _ = try await vault.append(records(round * 300..<round * 300 + 300))
        }
        #expect(try log.names("active").count <= 3)
        #expect(try log.reader().root == expectedRoot(1_800))
    }

    @Test("one writer: a second is refused, readers are not")
    func locked() async throws {
        let log = try TestLog()
        let vault = try log.create()
        #expect(code { _ = try log.open() } == .locked)
        #expect(try log.reader().size == 0)
        _ = try await vault.append([record(0)])
        #expect(try log.reader().size == 1)
    }

    @Test("a snapshot stays as it was while the log is sealed under it")
    func snapshot() async throws {
        let log = try TestLog()
        let vault = try log.create()
        _ = try await vault.append(records(0..<200))
        let (early, reader) = (await vault.snapshot(), try log.reader())
        for start in stride(from: 200, to: 2_000, by: 100) as StrideTo<UInt64> {
            _ = try await vault.append(records(start..<start + 100))
        }
        for view in [early, reader] {
            #expect(view.size == 200 && view.root == expectedRoot(200))
            for index in 0..<UInt64(200) { #expect(try view.record(index) == record(index)) }
        }
    }

    @Test("readers opened while another task appends and seals always see a whole prefix")
    func readersDuringSealing() async throws {
        let log = try TestLog()
        let vault = try log.create()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for start in stride(from: 0, to: 4_000, by: 50) as StrideTo<UInt64> {
                    _ = try await vault.append(records(start..<start + 50))
                }
            }
            for _ in 0..<2 {
                group.addTask {
                    for _ in 0..<15 {
                        let reader = try log.reader()
                        #expect(reader.root == expectedRoot(reader.size))
                        if reader.size > 0 { #expect(try reader.record(reader.size - 1) == record(reader.size - 1)) }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(await vault.size == 4_000)
    }

    @Test("a clock set back or forward keeps the order, and the step is a record of the log")
    func clock() async throws {
        var log = try TestLog()
        // Each append looks at the clock twice, and once more for its frame: the values come three at a time.
        let times = Mutex((now: Int64(0), steady: Int64(0)))
        log.files.now = { times.withLock { $0.now } }
        log.files.steady = { times.withLock { $0.steady } }
        let (files, second) = (log.files, Int64(1_000_000))
        let vault = try log.create()
        func at(_ now: Int64, _ steady: Int64) async throws {
            times.withLock { $0 = (now * second, steady * second) }
            _ = try await vault.append([Array("at \(now)".utf8)])
        }
        try await at(100, 10)
        try await at(105, 15)
        try await at(50, 20)
        try await at(55, 25)
        try await at(5_000, 30)
        // Half a second in an hour is slewing, no step.
        try await at(8_600, 3_630)
        let reader = try VaultReader(directory: log.directory, files: files)
        let steps = try (0..<reader.size).compactMap { index -> (UInt64, Int64)? in
            let leaf = try reader.record(index)
            guard leaf.withUnsafeBytes({ Control.isControl($0) }),
                case .clockStep(_, _, let step, let isOpening) = try Control(leaf: leaf).event
            else { return nil }
            #expect(!isOpening)
            return (index, step / second)
        }
        #expect(steps.map(\.0) == [2, 5] && steps.map(\.1) == [-60, 4_940])
        #expect(reader.lastReceived == 8_600 * second)
        let texts = try [0, 1, 3, 4, 6, 7].map { String(decoding: try reader.record($0), as: UTF8.self) }
        #expect(texts == ["at 100", "at 105", "at 50", "at 55", "at 5000", "at 8600"])
        let report = try VaultVerifier(directory: log.directory, register: nil, files: files).verify()
        #expect(report.isSound && report.controls == 2 && report.remarks.count == 2)
    }

    @Test("a clock that was set back while the log was closed is told when it is opened")
    func clockWhileClosed() async throws {
        var log = try TestLog()
        let now = Mutex(Int64(9_000_000_000))
        log.files.now = { now.withLock { $0 } }
        log.files.steady = { 0 }
        do { _ = try await log.create().append([record(0)]) }
        now.withLock { $0 = 1_000_000_000 }
        let vault = try log.open()
        #expect(try await vault.append([record(1)]) == 2..<3)
        let control = try Control(leaf: log.reader().record(1))
        #expect(control.event == .clockStep(from: 9_000_000_000, to: 1_000_000_000, step: -8_000_000_000, isOpening: true))
        #expect(await vault.snapshot().lastReceived == 9_000_000_000)
    }
}

@Suite("Checkpoints and the register")
struct RegisterTests {
    @Test("a checkpoint commits to what was appended, is in the register, and repeats itself while nothing grows")
    func checkpoint() async throws {
        let log = try TestLog()
        let vault = try log.create()
        _ = try await vault.append(records(0..<600))
        let note = try await vault.checkpoint()
        #expect(
            try Checkpoint.open(note, log.signer.verifier)
                == Checkpoint(origin: "example.com/log", size: 600, root: expectedRoot(600)))
        #expect(try log.register.read() == note)
        #expect(try log.reader().checkpoint().note == note)
        #expect(try await vault.checkpoint() == note)
        _ = try await vault.append([record(600)])
        #expect(try await vault.checkpoint() != note)
    }

    @Test("an older copy of the directory is refused, and the refused copy is not changed")
    func rollback() async throws {
        let log = try TestLog()
        do {
            let vault = try log.create()
            _ = try await vault.append(records(0..<300))
            _ = try await vault.checkpoint()
            try log.copy("old")
            _ = try await vault.append(records(300..<310))
            _ = try await vault.checkpoint()
        }
        try log.restore("old")
        let before = try log.bytes("active/" + (log.names("active").first ?? ""))
        #expect(code { _ = try log.open() } == .rolledBack)
        #expect(try log.bytes("active/" + (log.names("active").first ?? "")) == before)
    }

    @Test("a fork of the same length is refused")
    func fork() async throws {
        let log = try TestLog()
        do { _ = try await log.create().append(records(0..<10)) }
        try log.copy("fork")
        do {
            let vault = try log.open()
            _ = try await vault.append([record(10)])
            _ = try await vault.checkpoint()
        }
        try log.restore("fork")
        #expect(code { _ = try log.open() } == .rolledBack)
        // Grown to the same size with another record, without its register.
        let other = CheckpointRegister(
            read: { () throws(VaultError) in try SignedNoteMaker.empty() }, swap: { (_, _) throws(VaultError) in true })
        do {
            let vault = try VaultLog(directory: log.directory, signer: log.signer, register: other, settings: TestLog.settings)
            _ = try await vault.append([record(99)])
        }
        #expect(code { _ = try log.open() } == .rolledBack)
    }

    @Test("an emptied or rolled-back register is refused")
    func registerLost() async throws {
        let log = try TestLog()
        let old = try {
            _ = try log.create(); return try log.register.read()
        }()
        do {
            let vault = try log.open()
            _ = try await vault.append([record(0)])
            _ = try await vault.checkpoint()
        }
        let current = try #require(try log.register.read())
        #expect(try log.register.swap(current, #require(old)))
        #expect(code { _ = try log.open() } == .rolledBack)
        #expect(unlink(log.registerPath) == 0)
        #expect(code { _ = try log.open() } == .rolledBack)
    }

    @Test("when somebody else moved the register, nothing is signed and the writer stops")
    func race() async throws {
        let log = try TestLog()
        let vault = try log.create()
        _ = try await vault.append([record(0)])
        let held = try log.register.read()
        let foreign = try SignedNote(
            signing: Checkpoint(origin: "example.com/log", size: 1, root: .leaf([7])).description, with: log.signer
        ).bytes
        #expect(try log.register.swap(held, foreign))
        #expect(await code { _ = try await vault.checkpoint() } == .rolledBack)
        #expect(await code { _ = try await vault.append([record(1)]) } == .stopped)
    }

    @Test("compare-and-swap takes only what is expected")
    func swap() throws {
        let log = try TestLog()
        #expect(try log.register.read() == nil)
        #expect(try !log.register.swap([1], [2]))
        #expect(try log.register.swap(nil, [2]))
        #expect(try !log.register.swap(nil, [3]))
        #expect(try log.register.swap([2], [3]))
        #expect(try log.register.read() == [3])
    }

    @Test("the second root computation sees a byte that changed on its way to the disk")
    func bitFlipBeforeSigning() async throws {
        var log = try TestLog()
        let live = FileEffects.live
        let shouldFlip = Flag()
        // Memory that fails: one bit of a record is flipped after it was hashed, before frame checksum: here, by a frame rebuilt around it.
        log.files.write = { (file, bytes, offset) throws(VaultError) in
            guard shouldFlip.isSet, let header = FrameHeader(Array(bytes)) else { return try live.write(file, bytes, offset) }
            var payload = Array(bytes[FrameHeader.length..<FrameHeader.length + header.stored])
            payload[payload.count - 1] ^= 1
            let frame = header.frame(payload).bytes
            try live.writeAll(file, frame, at: offset)
            return bytes.count
        }
        let vault = try log.create()
        _ = try await vault.append([record(0)])
        _ = try await vault.checkpoint()
        shouldFlip.isSet = true
        _ = try await vault.append([record(1)])
        // In the caller's thread the append sees it already; on a thread of its own the checkpoint does.
        #expect([.rootMismatch, .stopped].contains(await code { _ = try await vault.checkpoint() }))
        #expect(await vault.stopped?.code == .rootMismatch)
        #expect(try Checkpoint.open(#require(try log.register.read()), log.signer.verifier).size == 1)
        #expect(await code { _ = try await vault.append([record(2)]) } == .stopped)
    }
}

@Suite("Keys and directories that are not right")
struct ForeignTests {
    @Test("a key file has mode 0600, is never overwritten, and is refused when others may read it")
    func keyFiles() throws {
        let scratch = try Scratch()
        let path = scratch.path + "/log.key"
        let key = try KeyFile.create(path, name: "example.com/log")
        #expect(try FileEffects.live.permissions(path) == 0o600)
        #expect(try KeyFile.read(path).verifier == key.verifier)
        #expect(code { _ = try KeyFile.create(path, name: "example.com/log") } == .exists)
        #expect(chmod(path, 0o640) == 0)
        #expect(code { _ = try KeyFile.read(path) } == .badInput)
        #expect(code { _ = try KeyFile.read(scratch.path + "/none") } == .notFound)
    }

    @Test("absent, foreign and other directories are refused and left alone")
    func directories() async throws {
        let log = try TestLog()
        #expect(code { _ = try log.open() } == .notFound)
        _ = try log.create()
        #expect(code { _ = try log.create() } == .exists)
        #expect(code { _ = try VaultLog(directory: log.directory, signer: testKey(seed: 5), register: log.register) } == .foreign)
        try log.put(Array("something else".utf8), "identity")
        #expect(code { _ = try log.open() } == .foreign)
        let other = try TestLog()
        #expect(mkdir(other.directory, 0o700) == 0)
        try other.put([1], "important")
        #expect(code { _ = try other.create() } == .exists)
        #expect(try other.names("") == ["important"])
    }

    @Test("an interrupted creation can be done again")
    func createdHalf() throws {
        let log = try TestLog()
        _ = try log.create()
        try log.remove("identity")
        #expect(try log.create().recovery == Recovery())
    }
}

extension TestLog {
    func create(orOpen isMade: Bool) throws -> VaultLog { isMade ? try open() : try create() }
}

/// Notes that tests put in registers of their own.
private enum SignedNoteMaker {
    static func empty() throws(VaultError) -> [UInt8] {
        let key = try NoteSigner(name: "example.com/log", seed: [UInt8](repeating: 0, count: 32))
        return try SignedNote(signing: Checkpoint(origin: "example.com/log", size: 0, root: .empty).description, with: key).bytes
    }
}
