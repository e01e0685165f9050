internal import Documents
internal import Rulebook

/// What is known of each target since it was last written down, in memory.
struct WatchBook: Sendable {
    /// What came about, and how the probe ended that brought it about.
    struct Change: Sendable, Hashable {
        var event: WatchMachine.Event
        var outcome: WatchFinding.Outcome
        /// Whether the target is watched no longer.
        var isCut = false
    }

    /// One target.
    struct Entry: Sendable {
        var machine = WatchMachine()
        var last: WatchResult?
        /// When the last certificate that was seen ends.
        var certificateEnds: Instant?
        /// Results that are not written.
        var results: [WatchResult] = []
        /// What came about and is not written.
        var changes: [Change] = []
        var isDirty = false
    }

    /// What is to be written of one target.
    struct Page: Sendable {
        var id: String
        var entry: Entry
    }

    var entries: [String: Entry] = [:]
    /// Results that were given up because nothing could be written.
    var dropped = 0
    let limit: Int

    init(limit: Int) { self.limit = limit }

    var waiting: Int { entries.values.reduce(0) { $0 + $1.results.count } }

    /// Takes a result.
    ///
    /// - Returns: whether an outage began, went on or ended, or the clock was set back.
    mutating func take(_ id: String, _ result: WatchResult, _ rule: WatchMachine.Rule) -> Bool {
        var entry = entries[id] ?? Entry()
        if waiting >= limit, !entry.results.isEmpty {
            entry.results.removeFirst()
            dropped += 1
        }
        entry.results.append(result)
        entry.last = result
        entry.isDirty = true
        if let ends = result.finding.certificateEnds { entry.certificateEnds = ends }
        var isNews = false
        if let isUp = result.finding.outcome.isUp {
            for event in entry.machine.take(isUp, at: result.at, rule) {
                isNews = entry.note(Change(event: event, outcome: result.finding.outcome)) || isNews
            }
        }
        entries[id] = entry
        return isNews
    }

    /// Stops watching a target.
    ///
    /// - Returns: whether there was anything to stop.
    mutating func stop(_ id: String, at instant: Instant, _ rule: WatchMachine.Rule) -> Bool {
        guard var entry = entries[id], entry.machine != WatchMachine() else { return false }
        for event in entry.machine.stop(at: instant, rule) {
            _ = entry.note(Change(event: event, outcome: entry.last?.finding.outcome ?? .local, isCut: true))
        }
        entry.isDirty = true
        entries[id] = entry
        return true
    }

    /// What is to be written.
    var pages: [Page] { entries.filter(\.value.isDirty).map { Page(id: $0.key, entry: $0.value) }.sorted { $0.id < $1.id } }

    /// What was written is not written again; what came meanwhile is.
    mutating func wrote(_ pages: [Page]) {
        for page in pages {
            guard var entry = entries[page.id] else { continue }
            entry.results.removeFirst(min(page.entry.results.count, entry.results.count))
            entry.changes.removeFirst(min(page.entry.changes.count, entry.changes.count))
            entry.isDirty = !entry.results.isEmpty || !entry.changes.isEmpty || entry.machine != page.entry.machine
            entries[page.id] = entry
        }
    }
}

extension WatchBook.Entry {
    private static let changeLimit = 10_000

    /// Keeps what came about.
    ///
    /// - Returns: whether people want to know.
    fileprivate mutating func note(_ change: WatchBook.Change) -> Bool {
        // Where nothing can be written for days the oldest minutes are given up: they become unknown.
        if changes.count >= Self.changeLimit, case .settled = changes[0].event { changes.removeFirst() }
        changes.append(change)
        if case .settled = change.event { return false }
        return true
    }

    /// What is to be written down of it.
    var node: Node {
        .object([
            ("machine", machine.node), ("certificate", certificateEnds.map { .integer($0.seconds) }),
            (
                "last",
                last.map { last in
                    .object([
                        ("at", .integer(last.at.seconds)), ("outcome", .text(last.finding.outcome.rawValue)),
                        ("milliseconds", .integer(last.finding.milliseconds)),
                        ("status", last.finding.status.map { .integer($0) }),
                        ("address", last.finding.address.isEmpty ? nil : .text(last.finding.address)),
                    ])
                }
            ),
        ])
    }

    /// Reads what was written down.
    init(_ node: Node) throws(DocumentError) {
        var fields = try Fields(node, path: "")
        machine = try WatchMachine(try fields.required("machine"))
        certificateEnds = try fields.optionalInteger("certificate").map { Instant(seconds: Int64($0)) }
        if let node = fields.optional("last") {
            var found = try Fields(node, path: "last")
            let outcome: WatchFinding.Outcome = try found.choice("outcome")
            last = WatchResult(
                at: Instant(seconds: Int64(try found.optionalInteger("at") ?? 0)),
                WatchFinding(
                    outcome, milliseconds: try found.optionalInteger("milliseconds") ?? 0,
                    status: try found.optionalInteger("status"), address: try found.optionalText("address") ?? "",
                    certificateEnds: certificateEnds))
            try found.finish()
        }
        try fields.finish()
    }
}
