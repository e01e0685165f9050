internal import Documents

/// How long logrotate keeps each log.
struct LogrotateCollector: FactCollector {
    let group = "logrotate"

    func collect(_ probe: Probe) async -> Collected {
        guard probe.hasProgram("logrotate") else {
            return .facts(.object([("installed", false), ("entries", [])]))
        }
        let config = LogrotateConfig(probe)
        return .facts(
            .object([
                ("installed", true),
                (
                    "entries",
                    .list(
                        config.entries.map { entry in
                            .object([
                                ("path", .text(entry.path)), ("frequency", .text(entry.rules.frequency)),
                                ("rotate", .integer(entry.rules.rotate)), ("maxage", entry.rules.maxage.map { .integer($0) }),
                                ("keeps", entry.rules.keeps.map { .integer($0) }), ("from", .text(entry.from)),
                            ])
                        })
                ),
            ]))
    }
}
