internal import Documents

/// Listening sockets with their programs, and the packet filter.
struct NetworkCollector: FactCollector {
    let group = "network"

    func collect(_ probe: Probe) async -> Collected {
        guard let listeners = SocketTable.listeners(probe) else { return .nothing(.absent, "/proc/net is not there") }
        let exposed = listeners.filter { $0.exposure != .loopback }.map { $0.port }
        return .facts(
            .object([
                (
                    "listeners",
                    .list(
                        listeners.sorted { ($0.transport, $0.port, $0.address) < ($1.transport, $1.port, $1.address) }.map(
                            Self.node))
                ),
                ("ports", .list(Set(exposed).sorted().map { .integer($0) })),
                (
                    "exposed",
                    .texts(Set(listeners.filter { $0.exposure != .loopback }.map { "\($0.transport)/\($0.port)" }).sorted())
                ),
                ("firewall", await FirewallProbe.collect(probe)),
            ]))
    }

    private static func node(_ listener: Listener) -> Node {
        let known = KnownSoftware.ports[listener.port].flatMap { $0.transports.contains(listener.transport) ? $0 : nil }
        return .object([
            ("protocol", .text(listener.transport)), ("address", .text(listener.address)), ("port", .integer(listener.port)),
            ("process", listener.process.map { .text($0) }), ("exposure", .text(listener.exposure.rawValue)),
            ("service", known.map { .text($0.name) }), ("clear_text", isClear(listener, known).map { .bool($0) }),
            ("from", .text("/proc/net/\(listener.transport)")),
        ])
    }

    /// A program is what it is on whatever port it listens; nil when neither the port nor the program tells.
    private static func isClear(_ listener: Listener, _ known: KnownSoftware.Port?) -> Bool? {
        if known?.clearText == true { return true }
        if let process = listener.process { return KnownSoftware.clearTextPrograms.contains(process) }
        return known == nil ? nil : false
    }
}
