/// What the vault says in its own log. Each is one leaf, signed by the key of the epoch, and names the one before it.
public enum ControlEvent: Hashable, Sendable {
    /// The day is over: what was counted since the last seal, and the key of the next epoch.
    case seal(DailySeal)
    /// A part of a seal's counts; the seal follows.
    case sources([String: SourceTally])
    /// The clock was set: it showed `from` and then `to`; `step` is what it jumped by, in microseconds. `isOpening`: seen when the log was
    /// opened, against the last time received.
    case clockStep(from: Int64, to: Int64, step: Int64, isOpening: Bool)
    /// How long records are kept was decided.
    case retention(Retention, Order)
    /// A hold was placed.
    case hold(Hold)
    /// A hold was lifted.
    case release(UInt64, Order)
    /// Records before this index expired and were pruned; the root over them was this.
    case prune(UInt64, root: MerkleHash, Order)
    /// The keys of a data subject were erased; these are their commitments.
    case shred([MerkleHash], Order)
    /// Personal fields of these records were read in clear.
    case reveal([UInt64], Order)
    /// The epoch's key was lost or refused; the log's own key began a new epoch.
    case epochRestart(String)

    // Beside a state of 50 holds (26 KB at most) a leaf of 65,535 bytes has room for so many lines.
    /// Most sources of one leaf, at up to 880 bytes each.
    static let sourcesLimit = 30
    /// Most erased keys of one leaf, at 50 bytes each.
    static let keysLimit = 500
    /// Most records of one leaf, at up to 28 bytes each.
    static let recordsLimit = 1_000
}

/// What a daily seal says.
public struct DailySeal: Hashable, Sendable {
    /// The time that is sealed, UTC microseconds.
    public var period: Range<Int64>
    /// Records of the log before this seal, and the root over them.
    public var size: UInt64
    /// The root.
    public var root: MerkleHash
    /// Leaf hash of the seal before; nil for the first.
    public var prior: MerkleHash?
    /// Records received in the period; the vault's own are not counted.
    public var records: UInt64
    /// How many sources sent some, and how many that were expected sent none. Counts of each stand in the control leaves before this one.
    public var sources: UInt64
    /// Expected sources without a record.
    public var silent: UInt64
    /// Steps of the clock and the largest, in microseconds.
    public var steps: UInt64
    /// The largest step; negative when the clock was set back.
    public var largestStep: Int64
    /// The machine's clock when the seal was made.
    public var clock: ClockHealth
    /// The key of the next epoch.
    public var next: NoteVerifier
}

/// A control leaf, read.
public struct Control: Hashable, Sendable {
    static let firstLine = "plumbline vault control 1"

    /// Origin of the log it speaks of.
    public let log: String
    /// Index of its leaf.
    public let index: UInt64
    /// Index of the control leaf before it.
    public let previous: UInt64?
    /// When it was written, UTC microseconds.
    public let time: Int64
    /// What happened.
    public let event: ControlEvent
    /// The state from then on.
    public let state: VaultState
    /// The signed note it was read from.
    let note: SignedNote

    /// Writes and signs a control leaf.
    static func leaf(
        log: String, index: UInt64, previous: UInt64?, time: Int64, event: ControlEvent, state: VaultState, signer: NoteSigner
    ) throws(VaultError) -> [UInt8] {
        let text = text(log: log, index: index, previous: previous, time: time, event: event, state: state)
        let note = try SignedNote(signing: text, with: signer)
        var record = VaultRecord(source: "", body: note.bytes)
        record.kind = .control
        record.received = time
        return try record.leaf()
    }

    /// The text that is signed.
    static func text(
        log: String, index: UInt64, previous: UInt64?, time: Int64, event: ControlEvent, state: VaultState
    ) -> String {
        let lines =
            [
                firstLine, "log \(log)", "index \(index)", "previous \(previous.map { String($0) } ?? "none")",
                "time \(UTCTime.text(time))", "event \(event.name)",
            ] + event.lines + ["state"] + state.lines
        return lines.joined(separator: "\n") + "\n"
    }

    /// Whether a leaf is the vault's own: cheap, for every record passes here.
    static func isControl(_ leaf: UnsafeRawBufferPointer) -> Bool {
        leaf.count > 4 && leaf[0] == 0 && leaf[1] == 0x50 && leaf[2] == 0x4C && leaf[3] == 1
            && leaf[4] == VaultRecord.Kind.control.rawValue
    }

    /// Reads a control leaf strictly. Its signature is not checked here: call `verify`.
    ///
    /// - Throws: `.damaged` when it is not exactly what the vault writes.
    public init(leaf: [UInt8]) throws(VaultError) {
        let damaged = VaultError(.damaged, "a control record of the log is not as the vault writes it")
        let record = try VaultRecord(leaf: leaf)
        guard record.kind == .control else { throw damaged }
        note = try SignedNote(record.body)
        let all = note.text.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
        guard let split = all.firstIndex(of: "state"), all.first == Self.firstLine[...] else { throw damaged }
        var head = ControlLines(all[1..<split])
        log = try head.text("log")
        index = try head.number("index")
        let before = try head.text("previous")
        previous = before == "none" ? nil : UInt64(before)
        guard (previous == nil) == (before == "none") else { throw damaged }
        time = try head.time("time")
        event = try ControlEvent(name: try head.text("event"), &head)
        state = try VaultState(ControlLines(all[(split + 1)...]))
        // Numbers have other spellings (+9, 007) that readers of text take; the vault writes one.
        let again = Self.text(log: log, index: index, previous: previous, time: time, event: event, state: state)
        guard head.isAtEnd, again.utf8.elementsEqual(note.text.utf8) else { throw damaged }
    }

    /// Checks the signature, that this leaf speaks of the log, and that it follows from the state before it.
    ///
    /// - Parameters:
    ///   - before: the state of the control leaf before; at the first, that of the log's identity.
    ///   - logKey: the log's own key, which alone may restart an epoch.
    /// - Throws: `.notProven` when it does not.
    func verify(after before: VaultState, logKey: NoteVerifier) throws(VaultError) {
        guard log.utf8.elementsEqual(logKey.name.utf8) else {
            throw VaultError(.notProven, "the control record at \(index) speaks of another log")
        }
        if case .epochRestart = event {
            try note.verify(logKey)
        } else {
            try note.verify(before.epochKey)
        }
        guard before.applying(event, at: index, key: state.epochKey) == state else {
            throw VaultError(.notProven, "the state of the control record at \(index) does not follow from the one before")
        }
    }
}

extension VaultState {
    /// The state after an event; nil when the event cannot happen in this state. `key` is used by a restart only.
    func applying(_ event: ControlEvent, at index: UInt64, key: NoteVerifier) -> VaultState? {
        // Only someone who made the numbers up comes to their end.
        guard epoch < .max, holdsPlaced < .max else { return nil }
        var next = self
        switch event {
        case .seal(let seal):
            (next.sealedUntil, next.lastSeal) = (seal.period.upperBound, index)
            (next.epoch, next.epochKey) = (epoch + 1, seal.next)
        case .sources, .clockStep, .reveal: break
        case .retention(let retention, _): next.retention = retention
        case .hold(let hold):
            guard hold.id == holdsPlaced + 1, holds.count < Self.holdLimit else { return nil }
            next.holds.append(hold)
            next.holdsPlaced += 1
        case .release(let id, _):
            guard holds.contains(where: { $0.id == id }) else { return nil }
            next.holds.removeAll { $0.id == id }
        case .prune(let retained, _, _):
            guard retained > self.retained else { return nil }
            next.retained = retained
        case .shred:
            guard holds.isEmpty else { return nil }
        case .epochRestart: (next.epoch, next.epochKey) = (epoch + 1, key)
        }
        return next
    }
}
