internal import Documents

/// The mail server of this host and its filters.
struct MailCollector: FactCollector {
    let group = "mail"

    func collect(_ probe: Probe) async -> Collected {
        let server = KnownSoftware.mailServers.first { probe.has($0) }
        let filters = KnownSoftware.mailFilters.filter { probe.has($0) }.map { $0.name }
        return .facts(.object([("server", server.map { .text($0.name) }), ("filters", .texts(filters))]))
    }
}
