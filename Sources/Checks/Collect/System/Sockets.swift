/// A listening socket.
struct Listener: Sendable, Hashable {
    enum Exposure: String, Sendable { case loopback, address, all }

    let transport: String
    let address: String
    let port: Int
    let inode: Int
    let exposure: Exposure
    var process: String?
}

/// Reads the socket tables of /proc/net.
enum SocketTable {
    /// Listening sockets in the text of /proc/net/tcp, tcp6 (state 0A) or udp, udp6 (state 07, no peer).
    static func parse(_ text: some StringProtocol, transport: String) -> [Listener] {
        let wanted = transport == "tcp" ? "0A" : "07"
        return text.split(separator: "\n").dropFirst().compactMap { line in
            let words = line.split(separator: " ")
            guard words.count >= 10, words[3] == wanted, let inode = Int(words[9]) else { return nil }
            if transport == "udp", words[2].split(separator: ":").last != "0000" { return nil }
            let parts = words[1].split(separator: ":")
            guard parts.count == 2, let port = Int(parts[1], radix: 16), (1...65_535).contains(port),
                let address = address(parts[0])
            else {
                return nil
            }
            return Listener(
                transport: transport, address: text4or6(address), port: port, inode: inode, exposure: exposure(address),
                process: nil)
        }
    }

    /// The bytes of an address as the kernel prints it: 32-bit words in the order of this (little-endian) machine.
    static func address(_ hex: some StringProtocol) -> [UInt8]? {
        guard hex.utf8.count == 8 || hex.utf8.count == 32 else { return nil }
        var bytes: [UInt8] = []
        var rest = hex[...]
        while !rest.isEmpty {
            guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
            bytes += withUnsafeBytes(of: word) { Array($0) }
            rest = rest.dropFirst(8)
        }
        // ::ffff:a.b.c.d is an IPv4 address in disguise.
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        return bytes.count == 16 && bytes.starts(with: mapped) ? Array(bytes.suffix(4)) : bytes
    }

    private static func exposure(_ address: [UInt8]) -> Listener.Exposure {
        if address.allSatisfy({ $0 == 0 }) { return .all }
        if address.count == 4 { return address[0] == 127 ? .loopback : .address }
        return address.last == 1 && address.dropLast().allSatisfy { $0 == 0 } ? .loopback : .address
    }

    /// Text of an IPv4 or IPv6 address (RFC 5952: the longest run of zero groups, at least two, is written `::`).
    static func text4or6(_ address: [UInt8]) -> String {
        guard address.count == 16 else { return address.map { String($0) }.joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { Int(address[$0]) << 8 | Int(address[$0 + 1]) }
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > max(1, best.count) { best = start..<end }
            start = max(end, start + 1)
        }
        func join(_ range: Range<Int>) -> String { groups[range].map { String($0, radix: 16) }.joined(separator: ":") }
        return best.isEmpty ? join(0..<8) : "\(join(0..<best.lowerBound))::\(join(best.upperBound..<8))"
    }

    /// Listening sockets of the host; with the programs that hold them, as far as they may be seen, when `withPrograms`.
    static func listeners(_ probe: Probe, withPrograms: Bool = true) -> [Listener]? {
        var found: [Listener] = []
        var hasTable = false
        for name in ["tcp", "tcp6", "udp", "udp6"] {
            guard let file = probe.bytes("/proc/net/\(name)") else { continue }
            hasTable = true
            found += parse(String(decoding: file.bytes, as: UTF8.self), transport: String(name.prefix(3)))
        }
        guard hasTable else { return nil }
        if found.count > 5000 {
            probe.gap("/proc/net", "\(found.count) listening sockets; the first 5000 were taken")
            found.removeLast(found.count - 5000)
        }
        guard withPrograms else { return found }
        let owners = owners(of: Set(found.map { $0.inode }).subtracting([0]), probe)
        for index in found.indices { found[index].process = owners[found[index].inode] }
        // A socket whose program cannot be seen has none: only what asks for the program stays unknown, not the whole group.
        // One program may hold one port many times (SO_REUSEPORT).
        var seen: Set<String> = []
        return found.filter { seen.insert("\($0.transport) \($0.address) \($0.port) \($0.process ?? "")").inserted }
    }

    /// Names of the processes that hold sockets, by inode; stops when all are found.
    private static func owners(of wanted: Set<Int>, _ probe: Probe) -> [Int: String] {
        var missing = wanted
        var owners: [Int: String] = [:]
        guard !missing.isEmpty, case .success(let names) = probe.host.list("/proc") else { return [:] }
        var links = 0
        for id in names where id.utf8.first.map(Conf.isDigit) == true {
            guard !missing.isEmpty, links < 500_000 else { break }
            guard case .success(let descriptors) = probe.host.list("/proc/\(id)/fd") else { continue }
            links += descriptors.count
            var name: String?
            for descriptor in descriptors {
                guard let target = probe.host.linkTarget("/proc/\(id)/fd/\(descriptor)"), target.hasPrefix("socket:["),
                    let inode = Int(target.dropFirst(8).dropLast()), missing.contains(inode)
                else { continue }
                if name == nil, case .success(let comm) = probe.host.read("/proc/\(id)/comm", 64) {
                    name = Conf.trim(String(decoding: comm.bytes, as: UTF8.self))
                }
                owners[inode] = name
                missing.remove(inode)
            }
        }
        return owners
    }
}
