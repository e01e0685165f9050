/// The lines of events.
extension ControlEvent {
    /// The word on the line `event`.
    public var name: String {
        switch self {
        case .seal: "seal"
        case .sources: "sources"
        case .clockStep: "clock-step"
        case .retention: "retention"
        case .hold: "hold"
        case .release: "release"
        case .prune: "prune"
        case .shred: "shred"
        case .reveal: "reveal"
        case .epochRestart: "epoch-restart"
        }
    }

    var lines: [String] {
        switch self {
        case .seal(let seal): seal.lines
        case .sources(let sources):
            sources.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { name, tally in
                "source \(tally.count) \(tally.first) \(tally.last) \(tally.silence) \(tally.silentSeals) \(ControlText.word(name))"
            }
        case .clockStep(let from, let to, let step, let isOpening):
            ["from \(UTCTime.text(from))", "to \(UTCTime.text(to))", "step \(step)", "seen \(isOpening ? "opening" : "running")"]
        case .retention(let retention, let order): ["class \(retention.name)", "days \(retention.days)"] + order.lines
        case .hold(let hold):
            ["hold \(hold.id) \(hold.scope.text)", "since \(UTCTime.text(hold.since))"] + hold.order.lines
        case .release(let id, let order): ["hold \(id)"] + order.lines
        case .prune(let retained, let root, let order): ["retained \(retained)", "root \(root)"] + order.lines
        case .shred(let keys, let order): keys.map { "key \($0)" } + order.lines
        case .reveal(let records, let order): records.map { "record \($0)" } + order.lines
        case .epochRestart(let reason): ["reason \(reason)"]
        }
    }

    init(name: String, _ lines: inout ControlLines) throws(VaultError) {
        switch name {
        case "seal": self = .seal(try DailySeal(&lines))
        case "sources":
            var sources: [String: SourceTally] = [:]
            while let text = lines.optional("source") {
                let parts = text.split(separator: " ")
                guard parts.count == 6, let count = UInt64(parts[0]), let first = Int64(parts[1]), let last = Int64(parts[2]),
                    let silence = Int64(parts[3]), let seals = UInt64(parts[4]), let name = ControlText.text(ofWord: parts[5])
                else { throw lines.damaged }
                sources[name] = SourceTally(count: count, first: first, last: last, silence: silence, silentSeals: seals)
            }
            self = .sources(sources)
        case "clock-step":
            let (from, to, step) = (try lines.time("from"), try lines.time("to"), try lines.signed("step"))
            let seen = try lines.text("seen")
            guard ["opening", "running"].contains(seen) else { throw lines.damaged }
            self = .clockStep(from: from, to: to, step: step, isOpening: seen == "opening")
        case "retention":
            let (name, days) = (try lines.text("class"), try lines.number("days"))
            guard days <= 36_500 else { throw lines.damaged }
            self = .retention(try Retention(name: name, days: Int(days)), try Order(&lines))
        case "hold":
            let text = try lines.text("hold")
            guard let space = text.firstIndex(of: " "), let id = UInt64(text[..<space]) else { throw lines.damaged }
            let scope = try HoldScope(String(text[text.index(after: space)...]), lines)
            self = .hold(Hold(id: id, scope: scope, since: try lines.time("since"), order: try Order(&lines)))
        case "release": self = .release(try lines.number("hold"), try Order(&lines))
        case "prune":
            let retained = try lines.number("retained")
            self = .prune(retained, root: try lines.hash("root"), try Order(&lines))
        case "shred":
            var keys: [MerkleHash] = []
            while let key = try lines.optionalHash("key") { keys.append(key) }
            self = .shred(keys, try Order(&lines))
        case "reveal":
            var records: [UInt64] = []
            while let text = lines.optional("record") {
                guard let index = UInt64(text) else { throw lines.damaged }
                records.append(index)
            }
            self = .reveal(records, try Order(&lines))
        case "epoch-restart": self = .epochRestart(try lines.text("reason"))
        default: throw lines.damaged
        }
    }
}

extension DailySeal {
    fileprivate var lines: [String] {
        [
            "from \(UTCTime.text(period.lowerBound))", "to \(UTCTime.text(period.upperBound))", "size \(size)", "root \(root)",
            "prior \(prior.map { "\($0)" } ?? "none")", "records \(records)", "sources \(sources)", "silent \(silent)",
            "steps \(steps)", "largest-step \(largestStep)", "synchronized \(clock.isSynchronized ? "yes" : "no")",
            "maximum-error \(clock.maximumError)", "boot \(ControlText.word(clock.boot))", "next \(next)",
        ]
    }

    fileprivate init(_ lines: inout ControlLines) throws(VaultError) {
        let (from, to) = (try lines.time("from"), try lines.time("to"))
        guard from <= to else { throw lines.damaged }
        period = from..<to
        (size, root) = (try lines.number("size"), try lines.hash("root"))
        prior = try lines.optionalHash("prior")
        if prior == nil, try lines.text("prior") != "none" { throw lines.damaged }
        (records, sources, silent) = (try lines.number("records"), try lines.number("sources"), try lines.number("silent"))
        (steps, largestStep) = (try lines.number("steps"), try lines.signed("largest-step"))
        let synchronized = try lines.text("synchronized")
        guard ["yes", "no"].contains(synchronized) else { throw lines.damaged }
        let error = try lines.signed("maximum-error")
        guard let boot = ControlText.text(ofWord: try lines.text("boot")[...]) else { throw lines.damaged }
        clock = ClockHealth(isSynchronized: synchronized == "yes", maximumError: error, boot: boot)
        next = try NoteVerifier(text: try lines.text("next"))
    }
}

extension Order {
    fileprivate var lines: [String] { ["by \(by)", "reason \(reason)"] }

    fileprivate init(_ lines: inout ControlLines) throws(VaultError) {
        try self.init(by: try lines.text("by"), reason: try lines.text("reason"))
    }
}

extension ControlLines {
    /// The hash on the next line if that is its name and it holds one.
    mutating func optionalHash(_ name: String) throws(VaultError) -> MerkleHash? {
        var ahead = self
        guard let text = ahead.optional(name), let bytes = Base64.decode(Array(text.utf8)), let hash = MerkleHash(bytes) else {
            return nil
        }
        self = ahead
        return hash
    }

    mutating func hash(_ name: String) throws(VaultError) -> MerkleHash {
        guard let hash = try optionalHash(name) else { throw damaged }
        return hash
    }
}
