/// Follows what a log says of itself, record by record, and counts what the daily seals must have counted.
struct ControlWalk {
    let identity: LogIdentity
    /// The state so far; nil after records that could not be read, until the next control leaf tells it.
    private var state: VaultState?
    private var last: UInt64?
    private var counts: [String: UInt64] = [:]
    /// Whether the counts are those since the last seal.
    private var isCounting = true
    private var told: [String: UInt64] = [:]
    /// Whether every control leaf since the last seal was seen: pruning may take what a seal's counts begin with.
    private var isToldWhole = true
    private(set) var controls: UInt64 = 0
    private(set) var remarks: [String] = []
    private(set) var damages: [Damage] = []

    init(_ identity: LogIdentity) {
        self.identity = identity
        state = VaultState(epochKey: identity.epochKey)
    }

    /// Passes over records that cannot be read, or were pruned: what they said is known from the footer, if there is one.
    mutating func skip(to footer: SealedFooter?) {
        state = nil
        last = footer?.control
        isCounting = footer != nil
        counts = footer?.tally.sources.mapValues(\.count).filter { $0.value > 0 } ?? [:]
        (told, isToldWhole) = ([:], false)
    }

    mutating func take(_ pieces: [LogPiece]) {
        for piece in pieces {
            switch piece {
            case .records(let runs): for (source, count) in runs.runs { add(source, count) }
            case .control(let index, let leaf): control(index, leaf)
            }
        }
    }

    private mutating func add(_ source: String, _ count: UInt64) {
        let name = counts[source] != nil || counts.count < Tally.sourceLimit ? source : Tally.further
        counts[name, default: 0] += count
    }

    private mutating func control(_ index: UInt64, _ leaf: [UInt8]) {
        controls += 1
        do throws(VaultError) {
            let control = try Control(leaf: leaf)
            guard control.index == index else { throw VaultError(.notProven, "it says that it is record \(control.index)") }
            if let state {
                guard control.previous == last else {
                    throw VaultError(
                        .notProven, "it follows \(control.previous.map { "\($0)" } ?? "none"), not the one before it")
                }
                try control.verify(after: state, logKey: identity.verifier)
            }
            (last, state) = (index, control.state)
            try take(control.event, index)
        } catch {
            damages.append(
                Damage(
                    kind: .control, segment: nil, records: index..<index + 1,
                    what: "the control record does not hold: \(error.what)"))
            state = nil
        }
    }

    private mutating func take(_ event: ControlEvent, _ index: UInt64) throws(VaultError) {
        switch event {
        case .sources(let sources): for (name, tally) in sources where tally.count > 0 { told[name] = tally.count }
        case .seal(let seal):
            defer { (counts, told, isCounting, isToldWhole) = ([:], [:], true, true) }
            guard isCounting else { return }
            guard !isToldWhole || told == counts, seal.records == counts.values.reduce(0, +) else {
                throw VaultError(
                    .notProven, "the daily seal counts \(seal.records) records, the log holds \(counts.values.reduce(0, +))")
            }
        case .epochRestart(let reason):
            remarks.append("record \(index): a new epoch was begun under the log's own key: \(reason)")
        case .clockStep(_, _, let step, _):
            remarks.append("record \(index): the clock was set by \(Double(step / 1_000) / 1_000) s")
        default: break
        }
    }

    /// What the footer of a segment says must be what was found up to its end.
    mutating func compare(_ footer: SealedFooter, _ path: String) {
        guard isCounting, state != nil else { return }
        let said = footer.tally.sources.mapValues(\.count).filter { $0.value > 0 }
        guard said != counts || footer.control != last else { return }
        damages.append(
            Damage(
                kind: .control, segment: footer.segment, records: nil,
                what: "\(path): the footer counts other records, or names another control record, than the segment holds"))
    }
}
