/// What one port offers.
struct TLSEndpoint: Sendable {
    var address: String
    var port: Int
    var versions: [TLSVersion] = []
    var weak: [CipherSuite] = []
    /// What was chosen from the usual offer at the highest version.
    var chosen: CipherSuite?
    var acceptsAES256 = false
    var leaf: [UInt8]?
}

/// Asks a port which versions and suites it accepts, with handshakes that end after the server's first answer.
struct TLSProber: Sendable {
    /// How long one question may take.
    static let milliseconds = 1500

    let exchange: @Sendable (String, Int, [UInt8], Int, @Sendable ([UInt8]) -> Bool) async -> [UInt8]?

    private func ask(_ address: String, _ port: Int, _ version: TLSVersion, _ suites: [CipherSuite]) async -> TLSReply? {
        var random = SystemRandomNumberGenerator()
        let hello = ClientHello.record(version, suites, random: &random)
        return await exchange(address, port, hello, Self.milliseconds) { TLSReply($0).isComplete }.map { TLSReply($0) }
    }

    /// The endpoint behind a port; nil when nobody answers or what answers is not TLS.
    func probe(_ address: String, _ port: Int) async -> TLSEndpoint? {
        guard let first = await ask(address, port, .tls12, CipherSuite.usual), first.speaksTLS else { return nil }
        var endpoint = TLSEndpoint(address: address, port: port)
        var chosen: [TLSVersion: CipherSuite] = [:]
        for version in TLSVersion.allCases {
            let suites = version == .tls13 ? CipherSuite.tls13 : CipherSuite.usual + CipherSuite.weak
            let reply = version == .tls12 ? first : await ask(address, port, version, suites)
            guard let hello = reply?.hello, hello.version == version.rawValue else { continue }
            endpoint.versions.append(version)
            chosen[version] = CipherSuite.named(hello.suite)
            if let leaf = reply?.leaf { endpoint.leaf = leaf }
        }
        let old = endpoint.versions.filter { $0 <= .tls12 }
        // Both ends of the range: some servers allow more to older clients.
        for version in Set([old.first, old.last].compactMap { $0 }) {
            endpoint.weak += await accepted(address, port, version, CipherSuite.weak)
        }
        // A server with weak suites only refuses the usual offer of TLS 1.2 and yet speaks it.
        if !endpoint.versions.contains(.tls12) {
            let weak = await accepted(address, port, .tls12, CipherSuite.weak)
            if !weak.isEmpty { endpoint.versions.append(.tls12) }
            endpoint.weak += weak
        }
        endpoint.versions.sort()
        if endpoint.leaf == nil, endpoint.versions.contains(.tls13) { endpoint.leaf = await sealedLeaf(address, port) }
        guard let highest = endpoint.versions.last else { return nil }
        endpoint.weak = Array(Set(endpoint.weak)).sorted { $0.name < $1.name }
        endpoint.chosen = chosen[highest]
        let strong = (highest == .tls13 ? CipherSuite.tls13 : CipherSuite.usual).filter { $0.isAES256 }
        endpoint.acceptsAES256 = await ask(address, port, highest, strong)?.hello?.version == highest.rawValue
        return endpoint
    }

    /// The certificate of a server that sends it encrypted only.
    private func sealedLeaf(_ address: String, _ port: Int) async -> [UInt8]? {
        let flight = TLS13Flight()
        let answer = await exchange(address, port, flight.record, Self.milliseconds) { flight.read($0) != .more }
        guard let answer, case .leaf(let leaf) = flight.read(answer) else { return nil }
        return leaf
    }

    /// Which of `offered` a server accepts: it picks one, that one is taken off the offer, and so on.
    private func accepted(_ address: String, _ port: Int, _ version: TLSVersion, _ offered: [CipherSuite]) async -> [CipherSuite]
    {
        var rest = offered
        var found: [CipherSuite] = []
        while !rest.isEmpty {
            guard let hello = await ask(address, port, version, rest)?.hello, hello.version == version.rawValue,
                let index = rest.firstIndex(where: { $0.code == hello.suite })
            else { break }
            found.append(rest.remove(at: index))
        }
        return found
    }
}
