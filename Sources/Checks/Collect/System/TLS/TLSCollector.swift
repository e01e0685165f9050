internal import Documents

/// TLS endpoints of this host: versions, weak suites and certificates, by asking each listening port.
struct TLSCollector: FactCollector {
    let group = "tls"
    private static let portLimit = 32
    private static let atOnce = 8

    /// Ports where TLS is usual are asked first.
    private static let usual: Set<Int> = [443, 465, 636, 853, 990, 993, 995, 2376, 5671, 6443, 6514, 8443, 8883, 9443]
    /// Protocols that begin in the clear: a ClientHello would only fill their logs with complaints.
    private static let neverTLS: Set<Int> = [20, 21, 22, 23, 25, 53, 88, 110, 111, 139, 143, 389, 445, 587, 2049, 3306, 5432]

    func collect(_ probe: Probe) async -> Collected {
        guard probe.host.isLive else { return .nothing(.absent, "ports of a mounted image cannot be asked") }
        guard let listeners = SocketTable.listeners(probe, withPrograms: false) else {
            return .nothing(.absent, "/proc/net is not there")
        }
        let targets = Self.targets(listeners)
        if targets.count > Self.portLimit {
            probe.gap("ports", "\(targets.count) ports listen; the first \(Self.portLimit) were asked for TLS")
        }
        let endpoints = await ask(Array(targets.prefix(Self.portLimit)), probe.host)
        let now = probe.host.now()
        return .facts(
            .object([
                (
                    "endpoints",
                    .list(
                        endpoints.map { endpoint in
                            let certificate = endpoint.leaf.flatMap { CertificateSummary(der: $0) }
                            if certificate == nil {
                                let why =
                                    endpoint.leaf == nil
                                    ? "it showed no certificate" : "its certificate could not be read"
                                probe.gap("\(endpoint.address) port \(endpoint.port)", why)
                            }
                            return .object([
                                ("address", .text(endpoint.address)), ("port", .integer(endpoint.port)),
                                ("protocols", .texts(endpoint.versions.map { $0.name })),
                                ("weak_ciphers", .texts(endpoint.weak.map { $0.name })),
                                ("forward_secrecy", endpoint.chosen.map { .bool($0.hasForwardSecrecy) }),
                                ("aead", endpoint.chosen.map { .bool($0.isAEAD) }), ("aes256", .bool(endpoint.acceptsAES256)),
                                ("certificate", certificate?.node(now)), ("from", .text("TLS handshake")),
                            ])
                        })
                )
            ]))
    }

    struct Target: Sendable, Hashable {
        let address: String
        let port: Int
    }

    /// One address for each port: loopback for sockets on all addresses. Ports where TLS is usual come first.
    static func targets(_ listeners: [Listener]) -> [Target] {
        var found: [Target] = []
        var openPorts: Set<Int> = []
        for listener in listeners where listener.transport == "tcp" && !neverTLS.contains(listener.port) {
            if listener.exposure == .all {
                guard openPorts.insert(listener.port).inserted else { continue }
                found.append(Target(address: listener.address.contains(":") ? "::1" : "127.0.0.1", port: listener.port))
            } else if !listener.address.hasPrefix("fe80:") {
                found.append(Target(address: listener.address, port: listener.port))
            }
        }
        // A wildcard socket answers on loopback too; a second question would be the same.
        var seen: Set<Target> = []
        return found.filter { seen.insert($0).inserted }.sorted { left, right in
            let ranks = (usual.contains(left.port) ? 0 : 1, usual.contains(right.port) ? 0 : 1)
            return (ranks.0, left.port, left.address) < (ranks.1, right.port, right.address)
        }
    }

    private func ask(_ targets: [Target], _ host: Host) async -> [TLSEndpoint] {
        let prober = TLSProber(exchange: host.exchange)
        return await withTaskGroup(of: TLSEndpoint?.self) { group in
            var waiting = targets.makeIterator()
            func start() {
                guard let target = waiting.next() else { return }
                group.addTask { await prober.probe(target.address, target.port) }
            }
            for _ in 0..<Self.atOnce { start() }
            var found: [TLSEndpoint] = []
            while let endpoint = await group.next() {
                if let endpoint { found.append(endpoint) }
                start()
            }
            return found.sorted { ($0.port, $0.address) < ($1.port, $1.address) }
        }
    }
}
