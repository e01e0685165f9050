internal import Dispatch
internal import Glibc
internal import Vault

/// One log: two tasks append, one gives orders, and readers of every kind look on from threads of their own.
final class Stress: Sendable {
    let directory: String
    let clock = FastClock(Content.start)
    let truth = Truth()
    private let seed: UInt64
    private let end: ContinuousClock.Instant
    private let isScratch: Bool
    private let numbers = Mutex<UInt64>(0)

    init(_ arguments: Arguments) throws {
        seed = arguments.seed
        end = .now + .seconds(arguments.seconds)
        isScratch = arguments.directory == nil
        var template = Array("/tmp/vault-stress-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let scratch = arguments.directory ?? made else { throw VaultError(.file, "no scratch folder") }
        directory = scratch + "/log"
    }

    func run() async throws {
        let (log, keys) = try openLog(directory, clock.files)
        try await log.keep(Retention(name: "short", days: 2), Order(by: "stress", reason: "start"))
        try truth.take(await log.snapshot())
        let group = DispatchGroup()
        let readers = Readers(self, keys)
        for (place, work) in readers.all.enumerated() {
            DispatchQueue(label: work.name).async(group: group) { [seed, end, truth] in
                var random = Seeded(seed &* 1_000 + UInt64(place))
                while ContinuousClock.now < end {
                    do throws(VaultError) { try work.body(&random) } catch { violation("\(work.name): \(error)") }
                    truth.count(work.name)
                }
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for appender in 0..<2 as Range<UInt64> { tasks.addTask { try await self.append(log, keys, appender) } }
            tasks.addTask { try await self.orders(log, keys) }
            try await tasks.waitForAll()
        }
        await withCheckedContinuation { done in group.notify(queue: .global()) { done.resume() } }
        try await finish(log)
    }

    private func append(_ log: VaultLog, _ keys: SubjectKeys, _ appender: UInt64) async throws {
        var random = Seeded(seed &* 77 + appender)
        while ContinuousClock.now < end {
            let count = UInt64.random(in: 1...24, using: &random)
            let first = numbers.withLock { numbers in
                defer { numbers += count }
                return numbers
            }
            let records = try (first..<first + count).map { number throws(VaultError) in try Content.record(number, keys) }
            let range = try await log.append(records)
            require(range.count == Int(count), "\(count) records were given \(range.count) indices")
            truth.acknowledge(range, first: first)
            if random.once(in: 6) { try truth.take(await log.snapshot()) }
            truth.count("records", Int(count))
            clock.pass(Int64.random(in: 0...10_800_000_000, using: &random))
        }
    }

    private func orders(_ log: VaultLog, _ keys: SubjectKeys) async throws {
        var random = Seeded(seed &* 99)
        let order = try Order(by: "stress", reason: "order")
        var hold: Hold?
        while ContinuousClock.now < end {
            switch Int.random(in: 0..<9, using: &random) {
            case 0, 1: _ = try await log.checkpoint()
            case 2: truth.count("pruned", try await log.prune(order).records.count)
            case 3: try await log.sealDay()
            case 4: try await log.settle()
            case 5 where hold == nil: hold = try await log.hold(.records(0..<1 << 40), order)
            case 6: try await reveal(log, keys, order, &random)
            default:
                if let held = hold {
                    try await log.release(held.id, order)
                    hold = nil
                } else {
                    try await shred(log, keys, order, &random)
                }
            }
            truth.count("orders")
            try truth.take(await log.snapshot())
            try await Task.sleep(for: .milliseconds(Int.random(in: 1...40, using: &random)))
        }
    }

    /// Erases a subject that no further record will be about.
    private func shred(_ log: VaultLog, _ keys: SubjectKeys, _ order: Order, _ random: inout Seeded) async throws {
        let newest = numbers.withLock { $0 } / 100
        guard newest > 2 else { return }
        let subject = "S\(UInt64.random(in: newest - min(newest, 30)..<newest - 1, using: &random))"
        guard !keys.commitments(of: subject).isEmpty else { return }
        _ = try await log.shred(subject, keys, order)
        truth.shred(subject)
        truth.count("shredded")
        require(keys.commitments(of: subject).isEmpty, "\(subject) still has keys")
    }

    private func reveal(_ log: VaultLog, _ keys: SubjectKeys, _ order: Order, _ random: inout Seeded) async throws {
        let size = await log.size
        let index = UInt64.random(in: size - min(size, 300)..<size, using: &random)
        guard let number = truth.number(at: index) else { return }
        for field in try await log.reveal([index], keys, order)[0] {
            require(field.value ?? Array("v\(number)".utf8) == Array("v\(number)".utf8), "record \(index) reveals something else")
        }
    }

    private func finish(_ log: VaultLog) async throws {
        try await log.settle()
        _ = try await log.checkpoint()
        try truth.take(await log.snapshot())
        let files = clock.files
        let report = try VaultVerifier(directory: directory, register: .file(directory + ".register", files), files: files)
            .verify()
        require(report.isSound, "the log is not sound in the end: \(report.damages)")
        let reader = try VaultReader(directory: directory, files: files)
        truth.check(reader.size, reader.root, "the end")
        // Each reads and rehashes a tile; the verification has read them all.
        for index in stride(from: reader.state.retained, to: reader.size, by: 61) {
            truth.check(index, try reader.record(index), "the end")
        }
        let counts = truth.counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        print(
            "held: \(reader.size) leaves, \(reader.segments) segments, \(reader.prunedSegments) pruned, "
                + "\(report.controls) controls kept, epoch \(reader.state.epoch); \(counts)")
        if isScratch { removeAll(Self.parent(directory)) }
    }

    private static func parent(_ path: String) -> String { String(path.dropLast("/log".count)) }
}
