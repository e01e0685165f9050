internal import Glibc
internal import Vault

/// One writer that says on standard output what it begins and what was acknowledged, until it is killed:
///
///     open SIZE cut 0|1 recycled N resealed N pruned N      what opening had to put right
///     a FIRST LAST NUMBER                                   records FIRST...LAST are durable, the first one is of that number
///     begin WHAT / end WHAT                                 prune, seal, checkpoint, settle, hold, release; shred N
final class Ledger {
    private let directory: String
    private var random: Seeded

    init(directory: String, seed: UInt64) {
        (self.directory, random) = (directory, Seeded(seed))
    }

    private func tell(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        // One call for each line: what was told before the kill was told whole.
        _ = write(1, bytes, bytes.count)
    }

    func run(batches: Int) async throws {
        let clock = FastClock(Content.start)
        var number: UInt64 = 0
        if access(directory + "/identity", F_OK) == 0 {
            let reader = try VaultReader(directory: directory)
            clock.pass(max(0, reader.lastReceived - Content.start) + 1_000_000)
            number = try next(reader)
        }
        let (log, keys) = try openLog(directory, clock.files)
        let found = log.recovery
        tell(
            "open \(await log.size) cut \(found.cut == nil ? 0 : 1) recycled \(found.recycled) resealed \(found.resealed) "
                + "pruned \(found.pruned)")
        let order = try Order(by: "stress", reason: "ledger")
        if await log.snapshot().state.retention == nil { try await log.keep(Retention(name: "short", days: 10), order) }
        for _ in 0..<batches {
            let count = UInt64.random(in: 1...20, using: &random)
            let records = try (number..<number + count).map { number throws(VaultError) in try Content.record(number, keys) }
            let range = try await log.append(records)
            tell("a \(range.lowerBound) \(range.upperBound - 1) \(number)")
            number += count
            clock.pass(Int64.random(in: 0...5_400_000_000, using: &random))
            // A clock that is set, now and then: the log says so.
            try await orders(log, keys, order, number)
        }
    }

    /// The number of the next record: the vault's own leaves may stand at the end.
    private func next(_ reader: VaultReader) throws -> UInt64 {
        var index = reader.size
        while index > reader.state.retained {
            index -= 1
            let record = try VaultRecord(leaf: try reader.record(index))
            if record.kind == .record, let number = Content.number(of: record.body) { return number + 1 }
        }
        return 0
    }

    private func telling(_ what: String, _ body: () async throws -> Void) async throws {
        tell("begin " + what)
        try await body()
        tell("end " + what)
    }

    private func orders(_ log: VaultLog, _ keys: SubjectKeys, _ order: Order, _ number: UInt64) async throws {
        if random.once(in: 4) { try await telling("checkpoint") { _ = try await log.checkpoint() } }
        if random.once(in: 8) { try await telling("prune") { _ = try await log.prune(order) } }
        if random.once(in: 15) { try await telling("seal") { try await log.sealDay() } }
        if random.once(in: 30) { try await telling("settle") { try await log.settle() } }
        let holds = await log.snapshot().state.holds
        if let hold = holds.first, random.once(in: 3) {
            try await telling("release") { try await log.release(hold.id, order) }
        } else if holds.isEmpty, random.once(in: 40) {
            let size = await log.size
            try await telling("hold") { _ = try await log.hold(.records(0..<size), order) }
        } else if holds.isEmpty, random.once(in: 8), number >= 100 {
            // Only subjects that no further record will be about.
            let subject = UInt64.random(in: number / 100 - min(number / 100, 20)..<number / 100, using: &random)
            guard !keys.commitments(of: "S\(subject)").isEmpty else { return }
            try await telling("shred \(subject)") { _ = try await log.shred("S\(subject)", keys, order) }
        }
    }
}
