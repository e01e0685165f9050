import Testing

@testable import Vault

@Suite("Verification finds and locates every damage")
struct VerifyTests {
    /// Three sealed segments, an active one with three frames, and a checkpoint of everything.
    static func log() async throws -> SimulatedLog {
        let log = try SimulatedLog()
        let vault = try log.create()
        for range in [0..<300, 300..<700, 700..<800, 800..<820, 820..<830] as [Range<UInt64>] {
            _ = try await vault.append(records(range))
        }
        _ = try await vault.checkpoint()
        return log
    }

    /// The file of the active segment that holds frames.
    static func active(_ log: SimulatedLog) throws -> String {
        try #require(log.disk.paths.last { $0.hasSuffix(".wal") })
    }

    /// Changes one bit in each of the bytes chosen, one at a time; gives the offsets whose change was not found.
    static func unseen(_ log: SimulatedLog, _ path: String, _ offsets: some Sequence<Int>, _ isLocated: (Damage) -> Bool) throws
        -> [Int]
    {
        let whole = try #require(log.disk.contents(path))
        var unseen: [Int] = []
        for offset in offsets {
            var changed = whole
            changed[offset] ^= 1 << UInt8(offset % 8)
            log.disk.put(path, changed)
            if try !log.verify().damages.contains(where: isLocated) { unseen.append(offset) }
        }
        log.disk.put(path, whole)
        #expect(try log.verify().isSound)
        return unseen
    }

    @Test("a whole log is sound, and its root is that of its records")
    func sound() async throws {
        let log = try await Self.log()
        let report = try log.verify()
        #expect(report.damages == [])
        #expect(report.size == 830 && report.records == 830)
        #expect(report.root == expectedRoot(830))
        #expect(report.checkpoint?.size == 830)
        #expect(
            code { _ = try VaultVerifier(directory: "/nowhere", register: nil, files: log.disk.effects).verify() } == .notFound)
    }

    @Test("one bit in bytes of every class of a sealed segment: header, blocks, footer, trailer", arguments: [UInt64(0), 1, 2])
    func sealedFlips(segment: UInt64) async throws {
        let log = try await Self.log()
        let path = "/log/sealed/\(Path.number(segment)).segment"
        let count = try #require(log.disk.contents(path)).count
        let blocksEnd = count - SealedFooter.trailerLength - 72 - BlockEntry.length - MerkleHash.byteCount
        // Every byte that has a meaning of its own; of the compressed bytes every ninth.
        let offsets = (0..<count).filter { $0 < SealedFooter.headerLength || $0 >= blocksEnd || $0 % 9 == 0 }
        #expect(try Self.unseen(log, path, offsets) { $0.kind == .sealed && $0.segment == segment } == [])
    }

    @Test("one bit in bytes of every class of the active segment: first page, frames, padding")
    func activeFlips() async throws {
        let log = try await Self.log()
        let path = try Self.active(log)
        let bytes = try #require(log.disk.contents(path))
        // The records up to 768 are sealed; three frames follow the first page.
        var end = ActiveHeader.page
        var frames = 0
        while let header = FrameHeader(Array(bytes[end..<end + FrameHeader.length])), header.first >= 768 {
            end += header.span
            frames += 1
        }
        #expect(frames == 3)
        // Every byte of the first page's and the frames' headers; of payload and padding every eleventh.
        let offsets = (0..<end).filter { $0 % ActiveHeader.page < FrameHeader.length || $0 % 11 == 0 }
        #expect(try Self.unseen(log, path, offsets) { [.active, .torn].contains($0.kind) && $0.segment == 3 } == [])
    }

    @Test("one bit in every byte of identity, checkpoint and register")
    func smallFiles() async throws {
        let log = try await Self.log()
        for (path, kind) in [("/log/identity", Damage.Kind.identity), ("/log/checkpoint", .checkpoint), ("/register", .rollback)]
        {
            let count = try #require(log.disk.contents(path)).count
            #expect(try Self.unseen(log, path, 0..<count) { $0.kind == kind } == [], "\(path)")
        }
    }

    @Test("truncation of a sealed segment at lengths seven apart, and bytes added to it")
    func truncated() async throws {
        let log = try await Self.log()
        let path = "/log/sealed/\(Path.number(1)).segment"
        let whole = try #require(log.disk.contents(path))
        for count in stride(from: 0, to: whole.count, by: 7) {
            log.disk.put(path, Array(whole.prefix(count)))
            #expect(try log.verify().damages.contains { $0.kind == .sealed && $0.segment == 1 }, "\(count)")
        }
        log.disk.put(path, whole + [0])
        #expect(try log.verify().damages.contains { $0.kind == .sealed && $0.segment == 1 })
    }

    @Test("the active file cut at every page")
    func activeTruncated() async throws {
        let log = try await Self.log()
        let path = try Self.active(log)
        let whole = try #require(log.disk.contents(path))
        for pages in 0..<4 {
            log.disk.put(path, Array(whole.prefix(pages * ActiveHeader.page)))
            let damages = try log.verify().damages
            #expect(damages.contains { $0.segment == 3 }, "\(pages)")
        }
    }

    @Test("segments swapped, deleted, duplicated, replaced by another log's, or left over")
    func files() async throws {
        let log = try await Self.log()
        let paths = (UInt64(0)..<3).map { "/log/sealed/\(Path.number($0)).segment" }
        let whole = try paths.map { try #require(log.disk.contents($0)) }
        func found(_ changes: [(path: String, bytes: [UInt8]?)]) throws -> [Damage] {
            let before = changes.map { ($0.path, log.disk.contents($0.path)) }
            for change in changes { log.disk.put(change.path, change.bytes) }
            let damages = try log.verify().damages
            for (path, bytes) in before { log.disk.put(path, bytes) }
            return damages
        }
        let swapped = try found([(paths[0], whole[1]), (paths[1], whole[0])])
        #expect(Set(swapped.filter { $0.kind == Damage.Kind.sealed }.map { $0.segment }) == [0, 1])
        let deleted = try found([(paths[1], nil)])
        #expect(deleted.contains { $0.kind == Damage.Kind.missing && $0.segment == 1 && $0.records == 256..<512 })
        let lastDeleted = try found([(paths[2], nil)])
        #expect(lastDeleted.contains { $0.kind == Damage.Kind.active && $0.segment == 2 })
        let copied = try found([(paths[2], whole[0])])
        #expect(copied.contains { $0.kind == Damage.Kind.sealed && $0.segment == 2 })
        let added = try found([("/log/sealed/\(Path.number(3)).segment", whole[2])])
        #expect(added.contains { $0.kind == Damage.Kind.sealed && $0.segment == 3 })
        let stray = try found([("/log/sealed/copy.segment", whole[2])])
        #expect(stray.contains { $0.kind == Damage.Kind.stray })
        // Another log with the same key, name and records has another random identifier.
        let other = try SimulatedLog()
        other.disk.put("/unused", [0])
        _ = other.disk.effects.random(7)
        _ = try await other.create().append(records(0..<300))
        let foreign = try #require(other.disk.contents(paths[0]))
        let replaced = try found([(paths[0], foreign)])
        #expect(replaced.contains { $0.kind == Damage.Kind.sealed && $0.segment == 0 })
        #expect(try found([]).isEmpty)
    }

    @Test("several damages are all told, each at its place, and the segments between them are still verified")
    func several() async throws {
        let log = try await Self.log()
        for (segment, offset) in [(UInt64(0), 100), (2, 70)] {
            let path = "/log/sealed/\(Path.number(segment)).segment"
            var bytes = try #require(log.disk.contents(path))
            bytes[offset] ^= 1
            log.disk.put(path, bytes)
        }
        let report = try log.verify()
        #expect(report.damages.map(\.segment) == [0, 2])
        #expect(report.damages.map(\.records) == [0..<256, 512..<768])
        #expect(report.records == 256 + 62)
        #expect(report.root == nil)
    }

    @Test("damage is located to the block of a segment of many")
    func blocks() async throws {
        let log = try SimulatedLog()
        let vault = try log.create()
        var random = Seeded(11)
        for _ in 0..<8 { _ = try await vault.append((0..<32).map { _ in random.bytes(12_000) }) }
        let path = "/log/sealed/\(Path.number(0)).segment"
        let segment = try SealedSegment(await vault.snapshot().image, 0)
        #expect(segment.footer.blocks.count == 3)
        for block in segment.footer.blocks {
            var bytes = try #require(log.disk.contents(path))
            bytes[Int(block.offset) + block.stored / 2] ^= 4
            log.disk.put(path, bytes)
            let damages = try log.verify().damages
            #expect(damages.map(\.records) == [UInt64(block.first)..<UInt64(block.first + block.count)])
            bytes[Int(block.offset) + block.stored / 2] ^= 4
            log.disk.put(path, bytes)
        }
    }

    @Test("a directory rolled back to an older copy is found through the register, with the records that are gone")
    func rollback() async throws {
        let log = try SimulatedLog()
        let vault = try log.create()
        _ = try await vault.append(records(0..<270))
        _ = try await vault.checkpoint()
        let old = log.disk.paths.filter { $0.hasPrefix("/log/") }.map { ($0, log.disk.contents($0)) }
        _ = try await vault.append(records(270..<600))
        _ = try await vault.checkpoint()
        for path in log.disk.paths where path.hasPrefix("/log/") { log.disk.put(path, nil) }
        for (path, bytes) in old { log.disk.put(path, bytes) }
        #expect(try log.verify().damages.map(\.kind) == [.rollback])
        #expect(try log.verify().damages.map(\.records) == [270..<600])
        // Without the register the copy is whole in itself: that is why there is one.
        #expect(try log.verify(withRegister: false).isSound)
    }

    @Test("a log rewritten with fresh checksums and hashes is found by the checkpoint")
    func rewritten() async throws {
        let log = try SimulatedLog()
        let vault = try log.create()
        _ = try await vault.append(records(0..<10))
        _ = try await vault.checkpoint()
        let path = try Self.active(log)
        var bytes = try #require(log.disk.contents(path))
        let header = try #require(FrameHeader(Array(bytes[4_096..<4_096 + FrameHeader.length])))
        var payload = Array(bytes[4_096 + FrameHeader.length..<4_096 + FrameHeader.length + header.stored])
        payload[10] ^= 1
        bytes.replaceSubrange(4_096..<4_096 + header.span, with: header.frame(payload).bytes)
        log.disk.put(path, bytes)
        #expect(Set(try log.verify().damages.map(\.kind)) == [.checkpoint, .rollback])
    }
}
