import Glibc
import Testing

@testable import Vault

@Suite("kill -9 while segments are sealed, days are sealed, records pruned and keys erased", .serialized)
struct StressKillTests {
    /// What the killed writer said.
    private struct Told {
        var acknowledged: [(range: ClosedRange<UInt64>, number: UInt64)] = []
        /// What had begun and not ended when it was killed; nil when nothing had.
        var under: String?
        var erased: [UInt64] = []
        /// Subjects whose erasure had begun.
        var condemned: [UInt64] = []
        var resealed = 0
        var pruned = 0
        var recycled = 0
        var cut = 0

        init(_ lines: [Substring]) {
            for line in lines {
                let words = line.split(separator: " ")
                let numbers = words.compactMap { UInt64($0) }
                switch (words.first, numbers.count) {
                case ("a", 3): acknowledged.append((numbers[0]...numbers[1], numbers[2]))
                case ("open", 5):
                    (cut, recycled, resealed, pruned) = (Int(numbers[1]), Int(numbers[2]), Int(numbers[3]), Int(numbers[4]))
                case ("begin", _):
                    under = String(words[1])
                    if under == "shred" { condemned += numbers }
                case ("end", _):
                    under = nil
                    if words[1] == "shred" { erased += numbers }
                default: break
                }
            }
        }
    }

    /// What is known of the log from one round to the next.
    private struct Known {
        var leaves = CompactRange()
        var number: UInt64 = 0
        var erased: Set<UInt64> = []
        var condemned: Set<UInt64> = []
        var controls: [String: Int] = [:]
        var counts: [String: Int] = [:]
        var personal: [(number: UInt64, field: VaultRecord.Field)] = []

        mutating func count(_ what: String, _ more: Int = 1) { if more > 0 { counts[what, default: 0] += more } }
    }

    @Test(
        "whatever was under way, nothing acknowledged is lost, doubled or changed, and what is erased stays erased"
    )
    func kills() throws {
        let kills = setting("VAULT_KILLS", 24)
        let scratch = try Scratch()
        let log = scratch.path + "/log"
        var random = Seeded(setting("VAULT_SEED", 5))
        var known = Known()
        for round in 0..<kills {
            let lines = try Self.killed(log, round, &random, &known)
            let told = Told(lines)
            known.count("killed during \(told.under ?? "append")")
            known.count("segments sealed by recovery", told.resealed)
            known.count("segments pruned by recovery", told.pruned)
            known.count("files recycled by recovery", told.recycled)
            known.count("torn writes cut", told.cut)
            known.erased.formUnion(told.erased)
            known.condemned.formUnion(told.condemned)
            guard try FileEffects.live.exists(log + "/identity") else { continue }
            try Self.check(log, told, &known, "round \(round)")
            if round % 25 == 0 || round == kills - 1 { try Self.verify(log, "round \(round)") }
        }
        #expect(known.number > 0 && known.controls["prune"] ?? 0 >= (kills > 100 ? 1 : 0))
        let all = known.counts.merging(known.controls.map { ("leaves: " + $0.key, $0.value) }) { $0 + $1 }
        print(
            "\(kills) rounds, \(known.leaves.size) leaves; "
                + all.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
    }

    /// Runs the writer, kills it at a moment of the seed's choosing, and gives the lines it wrote.
    private static func killed(_ log: String, _ round: UInt64, _ random: inout Seeded, _ known: inout Known) throws -> [Substring]
    {
        let (process, output) = try Program.start(
            ["--ledger", log, "--seed", String(random.next() >> 1), "--batches", "150"],
            program: Path.parent(Program.path) + "/vault-stress")
        // Either after so many acknowledgements, or when something rare begins, and then a little later.
        let rare = ["begin prune", "begin seal", "begin shred", "begin checkpoint", "begin settle", "begin hold", "open"]
        let target = Bool.random(using: &random) ? "a " : try #require(rare.randomElement(using: &random))
        let enough = target == "a " ? Int.random(in: 1...80, using: &random) : 1
        var bytes: [UInt8] = []
        var seen = 0
        while seen < enough, let more = Program.readSome(output) {
            bytes += more
            seen = String(decoding: bytes, as: UTF8.self).split(separator: "\n").count { $0.hasPrefix(target) }
        }
        usleep(UInt32.random(in: 0...4_000, using: &random))
        kill(process, SIGKILL)
        while let more = Program.readSome(output) { bytes += more }
        close(output)
        let status = Program.wait(process)
        #expect(status == -SIGKILL || status == 0, "round \(round): the writer ended with \(status)")
        known.count(status == -SIGKILL ? "killed" : "ended before the kill")
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }

    /// Reads everything that is new, and compares it with what was acknowledged.
    private static func check(_ log: String, _ told: Told, _ known: inout Known, _ note: Comment) throws {
        let reader = try VaultReader(directory: log)
        if reader.image.open.count > 1 { known.count("killed with segments waiting to be sealed") }
        if try FileEffects.live.list(log + "/sealed").contains(where: { $0.hasSuffix(".tmp") }) {
            known.count("killed with a segment half written")
        }
        var numbers: [UInt64: UInt64] = [:]
        #expect(reader.size >= known.leaves.size, note)
        for index in known.leaves.size..<reader.size {
            let leaf = try reader.record(index)
            known.leaves.append(.leaf(leaf))
            let record = try VaultRecord(leaf: leaf)
            if record.kind == .control {
                known.controls[try Control(leaf: leaf).event.name, default: 0] += 1
                continue
            }
            #expect(record.body.starts(with: Array("n=\(known.number) ".utf8)), "\(note): records follow one another")
            numbers[index] = known.number
            known.personal += record.fields.filter(\.isSealed).map { (known.number, $0) }
            known.number += 1
        }
        // Every leaf ever seen, in its place: nothing was lost, doubled, changed or forked.
        #expect(reader.root == known.leaves.root, note)
        for (range, first) in told.acknowledged {
            #expect(numbers[range.lowerBound] == first, note)
            #expect(numbers[range.upperBound] == first + range.upperBound - range.lowerBound, note)
        }
        let (_, checkpoint) = try reader.checkpoint()
        #expect(try reader.root(size: checkpoint.size) == checkpoint.root, note)
        try personal(log, reader, &known, note)
    }

    /// Fields of erased subjects never open again, all others always do.
    private static func personal(_ log: String, _ reader: VaultReader, _ known: inout Known, _ note: Comment) throws {
        known.personal.removeFirst(max(0, known.personal.count - 300))
        guard !known.personal.isEmpty else { return }
        let keys = try SubjectKeys(path: log + ".subjects", identity: reader.identity)
        for (number, field) in known.personal {
            var value: [UInt8]?
            let found = code { value = try keys.open(field) }
            #expect(value == nil || value == Array("v\(number)".utf8), "\(note): record \(number)")
            if known.erased.contains(number / 100) {
                #expect(found == .erased, "\(note): record \(number)")
            } else if !known.condemned.contains(number / 100) {
                #expect(found == nil, "\(note): record \(number)")
            }
        }
    }

    private static func verify(_ log: String, _ note: Comment) throws {
        let report = try VaultVerifier(directory: log, register: .file(log + ".register")).verify()
        let damages = report.damages.filter { damage in
            // What a kill leaves under a temporary name is told, and removed at the next opening.
            damage.kind != .torn
        }
        #expect(damages.isEmpty, "\(note): \(damages)")
    }
}
