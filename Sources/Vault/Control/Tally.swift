/// What a source sent since the last daily seal.
public struct SourceTally: Hashable, Sendable {
    /// Records.
    public var count: UInt64 = 0
    /// When the first was received, UTC microseconds; 0 when there was none.
    public var first: Int64 = 0
    /// When the last was received; 0 when there was none.
    public var last: Int64 = 0
    /// Longest time without a record, in microseconds, the beginning and end of the sealed time included.
    public var silence: Int64 = 0
    /// Daily seals before this one in which the source was silent.
    public var silentSeals: UInt64 = 0

    mutating func count(_ records: UInt64, at time: Int64, since start: Int64) {
        silence = max(silence, time - (count == 0 ? start : last))
        if count == 0 { first = time }
        last = time
        count += records
    }
}

/// Running counts of a log since its last daily seal: what the next seal will say.
struct Tally: Hashable, Sendable {
    /// Most sources that are told apart; records of further ones are counted under `further`.
    static let sourceLimit = 4_096
    /// Most bytes a tally takes in a footer.
    static let byteLimit = 36 + (sourceLimit + 1) * (41 + VaultRecord.sourceLimit)
    /// No count comes near this; read from a file it is made up, and must not make sums overflow.
    static let countLimit: UInt64 = 1 << 48
    static let further = "(further sources)"
    /// A source that was silent in so many seals one after the other is no longer expected.
    static let patience: UInt64 = 30

    /// Since when is counted: the end of the last seal, or the first record.
    var from: Int64 = 0
    /// Records given to the vault; its own are not counted.
    var records: UInt64 = 0
    var sources: [String: SourceTally] = [:]
    /// Steps of the clock, and the largest of them in microseconds (its sign tells the direction).
    var steps: UInt64 = 0
    var largestStep: Int64 = 0

    mutating func count(source: String, _ records: UInt64, at time: Int64) {
        if from == 0 { from = time }
        let name = sources[source] != nil || sources.count < Self.sourceLimit ? source : Self.further
        sources[name, default: SourceTally()].count(records, at: time, since: from)
        self.records += records
    }

    mutating func step(_ step: Int64, to time: Int64) {
        steps += 1
        // After a seal under a clock that was ahead, the next period would otherwise begin in the future and no day would end until then.
        if from > 0 { from = min(from, time) }
        if step.magnitude > largestStep.magnitude { largestStep = step }
    }

    /// What is counted on after a seal: the same sources are expected.
    func afterSeal(until: Int64) -> Tally {
        var next = Tally(from: until)
        for (name, tally) in sources {
            let silent = tally.count > 0 ? 0 : tally.silentSeals + 1
            if silent < Self.patience { next.sources[name] = SourceTally(silentSeals: silent) }
        }
        return next
    }

    /// The bytes of a footer: from (8), records (8), steps (8), largest step (8), sources (4); for each, in order of name: length of name (1),
    /// name, count, first, last, silence, silent seals (8 each).
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.put(from)
        bytes.put(records)
        bytes.put(steps)
        bytes.put(largestStep)
        bytes.put(UInt32(sources.count))
        for (name, tally) in sources.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            bytes.append(UInt8(name.utf8.count))
            bytes += name.utf8
            bytes.put(tally.count)
            bytes.put(tally.first)
            bytes.put(tally.last)
            bytes.put(tally.silence)
            bytes.put(tally.silentSeals)
        }
        return bytes
    }

    /// Reads those bytes; nil when they are not exactly what `bytes` writes.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 36 else { return nil }
        from = bytes.number(Int64.self, at: 0)
        records = bytes.number(UInt64.self, at: 8)
        steps = bytes.number(UInt64.self, at: 16)
        largestStep = bytes.number(Int64.self, at: 24)
        let count = Int(bytes.number(UInt32.self, at: 32))
        guard count <= Self.sourceLimit + 1, from >= 0, max(records, steps) < Self.countLimit else { return nil }
        var offset = 36
        for _ in 0..<count {
            guard offset < bytes.count, offset + 41 + Int(bytes[offset]) <= bytes.count,
                let name = String(validating: bytes[offset + 1..<offset + 1 + Int(bytes[offset])], as: UTF8.self)
            else { return nil }
            offset += 1 + Int(bytes[offset])
            sources[name] = SourceTally(
                count: bytes.number(UInt64.self, at: offset), first: bytes.number(Int64.self, at: offset + 8),
                last: bytes.number(Int64.self, at: offset + 16), silence: bytes.number(Int64.self, at: offset + 24),
                silentSeals: bytes.number(UInt64.self, at: offset + 32))
            offset += 40
            guard let tally = sources[name], max(tally.count, tally.silentSeals) < Self.countLimit,
                min(tally.first, tally.last, tally.silence) >= 0
            else { return nil }
        }
        guard offset == bytes.count, self.bytes == bytes else { return nil }
    }

    init(from: Int64 = 0) { self.from = from }
}
