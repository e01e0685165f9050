internal import Documents
internal import Rulebook

extension WatchMachine {
    private static let schema = "plumbline.watch-machine/1"

    /// What it remembers, to be written down.
    var node: Node {
        func second(_ instant: Instant?) -> Node? { instant.map { .integer($0.seconds) } }
        return .object([
            ("schema", .text(Self.schema)), ("last", last.map { .integer($0) }), ("begun", second(begun)),
            ("previous", previous.map { .list([.integer($0.began.seconds), .integer($0.ended.seconds)]) }),
            ("calm", second(calm)),
            (
                "samples",
                .list(
                    samples.map { sample in
                        .object([
                            ("at", .integer(sample.at)), ("up", .bool(sample.isUp)),
                            ("state", sample.state.map { .text($0.rawValue) }),
                            ("counts", .bool(sample.counts)),
                        ])
                    })
            ),
        ])
    }

    /// Reads what was written down.
    ///
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong.
    init(_ node: Node) throws(DocumentError) {
        self.init()
        var fields = try Fields(node, path: "")
        let found = try fields.text("schema")
        guard found == Self.schema else { throw fields.error(at: "schema", "\"\(found.clipped)\" is not \"\(Self.schema)\"") }
        last = try fields.optionalInteger("last").map { Int64($0) }
        begun = try fields.optionalInteger("begun").map { Instant(seconds: Int64($0)) }
        calm = try fields.optionalInteger("calm").map { Instant(seconds: Int64($0)) }
        let ends = try fields.list("previous").map(\.integer)
        if ends.count == 2, let began = ends[0], let ended = ends[1] {
            previous = Past(began: Instant(seconds: Int64(began)), ended: Instant(seconds: Int64(ended)))
        } else if !ends.isEmpty {
            throw fields.error(at: "previous", "two times are expected")
        }
        for (index, item) in try fields.list("samples").enumerated() {
            var entry = try Fields(item, path: "samples[\(index)]")
            guard let at = try entry.optionalInteger("at"), let isUp = try entry.optionalBool("up"),
                let counts = try entry.optionalBool("counts")
            else { throw entry.error(.missingKey, at: "at", "time, result and weight are expected") }
            let state = try entry.optionalText("state")
            guard state.map({ WatchStretch.State(rawValue: $0) != nil }) ?? true else {
                throw entry.error(at: "state", "there is no such state")
            }
            samples.append(
                Sample(at: Int64(at), isUp: isUp, state: state.flatMap { WatchStretch.State(rawValue: $0) }, counts: counts))
            try entry.finish()
        }
        try fields.finish()
    }
}
