import Glibc
import Synchronization
import Testing

@testable import Vault

@Suite("Capacity and backup")
struct CareTests {
    @Test("a disk that is as good as full: an alarm at 80, refusal at 95 hundredths, and on again when there is room")
    func room() async throws {
        var (log, _) = try TestLog.clocked()
        let free = Mutex(UInt64(50))
        log.files.space = { _ in DiskSpace(total: 100 << 30, free: free.withLock { $0 } << 30) }
        let vault = try log.create()
        _ = try await vault.append(records(0..<3))
        #expect(await vault.alarm == nil)
        free.withLock { $0 = 20 }
        let alarm = await vault.alarm
        #expect(try #require(alarm).contains("80 %"))
        free.withLock { $0 = 5 }
        #expect(await code { _ = try await vault.append(records(3..<6)) } == .full)
        #expect(await vault.size == 3)
        // Refused is not lost and not broken: orders are still taken, records read, and later records accepted.
        _ = try await vault.hold(.all, order())
        #expect(try log.reader().record(2) == record(2))
        #expect(await vault.stopped == nil)
        free.withLock { $0 = 6 }
        #expect(try await vault.append(records(3..<6)) == 4..<7)
    }

    @Test("a file system that really runs full: refused or stopped, nothing acknowledged is lost, the log opens again with room")
    func tmpfs() async throws {
        let scratch = try Scratch()
        let mount = scratch.path + "/small"
        #expect(mkdir(mount, 0o700) == 0)
        guard Glibc.mount("tmpfs", mount, "tmpfs", 0, "size=6m") == 0 else {
            print("SKIPPED: mounting a small tmpfs needs root (\(String(cString: strerror(errno))))")
            return
        }
        defer { umount2(mount, Int32(MNT_DETACH)) }
        let signer = try testKey()
        let register = CheckpointRegister.file(scratch.path + "/register")
        let directory = mount + "/log"
        try VaultLog.create(directory: directory, signer: signer, register: register, segmentHeight: 8)
        func fill(_ percent: Double) async throws -> (known: UInt64, failure: VaultError?) {
            var settings = TestLog.settings
            settings.refusePercent = percent
            let vault = try VaultLog(directory: directory, signer: signer, register: register, settings: settings)
            var known = await vault.size
            var random = Seeded(known + 1)
            do throws(VaultError) {
                for _ in 0..<4_000 { known = try await vault.append([random.bytes(4_000)]).upperBound }
            } catch {
                return (known, error)
            }
            return (known, nil)
        }
        func readable(_ known: UInt64) throws {
            let reader = try VaultReader(directory: directory)
            #expect(reader.size >= known)
            #expect(try reader.record(known - 1).count == 4_000)
        }
        // Refused in time, at the usual mark ...
        let refused = try await fill(95)
        #expect(refused.failure?.code == .full && refused.known > 100)
        try readable(refused.known)
        // ... and when nobody looks at the mark, stopped by the disk itself: what was acknowledged is there.
        let stopped = try await fill(101)
        #expect([.file, .stopped].contains(stopped.failure?.code) && stopped.known >= refused.known)
        try readable(stopped.known)
        // Room is made, the log is opened again and goes on.
        #expect(Glibc.mount("tmpfs", mount, "tmpfs", UInt(MS_REMOUNT), "size=64m") == 0)
        let vault = try VaultLog(directory: directory, signer: signer, register: register, settings: TestLog.settings)
        let size = await vault.size
        #expect(try await vault.append(records(0..<300)) == size..<size + 300)
        _ = try await vault.checkpoint()
        #expect(try VaultVerifier(directory: directory, register: register).verify().isSound)
    }

    @Test("days to full are told from what was sealed lately, and not at all from too little")
    func forecast() async throws {
        let (base, clock) = try TestLog.clocked()
        var log = base
        log.files.space = { _ in DiskSpace(total: 10_000_000, free: 8_000_000) }
        let vault = try log.create()
        _ = try await vault.append(records(0..<100))
        #expect(try log.reader().forecast().basis == nil)
        for day in 0..<10 as Range<UInt64> {
            _ = try await vault.append(records(day * 256..<day * 256 + 256))
            clock.pass(UTCTime.day)
        }
        let forecast = try log.reader().forecast(days: 5)
        let basis = try #require(forecast.basis)
        #expect((200.0..<400).contains(basis.recordsPerDay), "\(basis)")
        let days = try #require(forecast.days(toPercent: 80))
        #expect(abs(days - 6_000_000 / basis.bytesPerDay) < 1)
        #expect(try #require(forecast.days(toPercent: 95)) > days)
        #expect(forecast.days(toPercent: 10) == 0 && forecast.fits(percent: 80) == nil)
        // Once records expire the log stops growing.
        try await vault.keep(Retention(name: "short", days: 30), order())
        let kept = try log.reader().forecast(days: 5)
        #expect(kept.days(toPercent: 80) == nil && kept.fits(percent: 80) == true)
        #expect(kept.bytesWhenFull == kept.basis.map { $0.bytesPerDay * 30 })
    }

    @Test("a backup taken while another task appends, seals and prunes is a whole log, and grows by what is new")
    func backup() async throws {
        let (log, clock) = try TestLog.clocked()
        let vault = try log.create()
        _ = try await vault.append(records(0..<500))
        try await vault.keep(Retention(name: "short", days: 2), order())
        let copy = log.scratch.path + "/copy"
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for start in stride(from: 500, to: 6_000, by: 50) as StrideTo<UInt64> {
                    _ = try await vault.append(records(start..<start + 50))
                    clock.pass(UTCTime.day / 20)
                    if start % 500 == 0 { _ = try await vault.prune(order()) }
                    if start % 250 == 0 { _ = try await vault.checkpoint() }
                }
            }
            group.addTask {
                var last: UInt64 = 0
                for _ in 0..<12 {
                    let report = try VaultBackup(of: log.directory, to: copy, files: log.files).run()
                    #expect(report.size >= last)
                    last = report.size
                    let verified = try VaultVerifier(directory: copy, register: nil, files: log.files).verify()
                    #expect(verified.isSound, "\(verified.damages)")
                    #expect(verified.root == report.root)
                }
            }
            try await group.waitForAll()
        }
        _ = try await vault.checkpoint()
        let first = try VaultBackup(of: log.directory, to: copy, files: log.files).run()
        let second = try VaultBackup(of: log.directory, to: copy, files: log.files).run()
        let size = await vault.size
        #expect(first.root == second.root && second.copied == 0 && second.size == size)
        // Somebody else's directory is left alone.
        let (other, _) = try TestLog.clocked()
        _ = try other.create()
        #expect(code { _ = try VaultBackup(of: other.directory, to: copy).run() } == .exists)
        #expect(code { _ = try VaultBackup(of: other.directory, to: log.scratch.path).run() } == .exists)
    }

    @Test("a backup can be written to when the register agrees, and is refused when the log went on")
    func restored() async throws {
        let (log, _) = try TestLog.clocked()
        let copy = log.scratch.path + "/copy"
        do {
            let vault = try log.create()
            _ = try await vault.append(records(0..<700))
            _ = try await vault.checkpoint()
            _ = try VaultBackup(of: log.directory, to: copy).run()
        }
        func open() throws -> VaultLog {
            try VaultLog(
                directory: copy, signer: log.signer, register: log.register, settings: TestLog.settings, files: log.files)
        }
        do {
            let vault = try open()
            #expect(try await vault.append(records(700..<703)) == 700..<703)
        }
        let vault = try log.open()
        _ = try await vault.append(records(700..<720))
        _ = try await vault.checkpoint()
        #expect(code { _ = try open() } == .rolledBack)
    }

    @Test("files with numbers that no log of this size has are told at once, not waited for")
    func farNumbers() async throws {
        let (log, _) = try TestLog.clocked()
        let vault = try log.create()
        _ = try await vault.append(records(0..<300))
        _ = try await vault.checkpoint()
        for name in ["sealed/999999999999.segment", "sealed/18446744073709551615.segment"] {
            try log.put([1], name)
            let report = try log.verify()
            #expect(report.damages.contains { $0.kind == .stray && $0.what.contains(Path.name(name)) }, "\(name)")
            try log.remove(name)
        }
        #expect(try log.verify().isSound)
    }

    @Test("a view that is kept while its records are sealed and pruned says that they expired, when read and when searched")
    func expiredUnderView() async throws {
        let (log, clock) = try TestLog.clocked()
        let vault = try log.create()
        _ = try await vault.append(records(0..<200))
        let view = await vault.snapshot()
        for day in 1..<6 as Range<UInt64> {
            clock.pass(UTCTime.day)
            _ = try await vault.append(records(day * 200..<day * 200 + 200))
        }
        try await vault.keep(Retention(name: "short", days: 1), order())
        #expect(try await vault.prune(order()).records.upperBound > 200)
        #expect(code { _ = try view.record(5) } == .expired)
        var query = SearchQuery()
        query.contains = [Array("record 5 ".utf8)]
        let report = try view.search(query) { _ in true }
        #expect(report.hits == 0 && report.expired.first?.lowerBound == 0)
    }
}
