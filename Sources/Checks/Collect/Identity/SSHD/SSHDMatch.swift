/// A connection that Match lines are tried against.
struct SSHDConnection: Sendable, Equatable {
    var user: String
    var groups: [String]
    var host: String
    var address: String
    var localAddress: String
    var localPort: String

    /// A stranger from a documentation address, whom only blocks for everybody match.
    static let stranger = SSHDConnection(
        user: "plumbline-probe", groups: [], host: "probe.invalid", address: "192.0.2.1", localAddress: "192.0.2.2",
        localPort: "22")

    /// The form that `sshd -T -C` takes; nil when a value would not survive it.
    var specification: String? {
        let values = [user, host, address, localAddress, localPort]
        guard !values.contains(where: { $0.contains(",") || $0.contains("=") || $0.contains(" ") }) else { return nil }
        return "user=\(user),host=\(host),addr=\(address),laddr=\(localAddress),lport=\(localPort)"
    }
}

/// The criteria of a Match line.
struct SSHDMatch: Sendable {
    /// What sshd can compare.
    enum Criterion: String, Sendable { case user, group, host, address, localaddress, localport }

    private(set) var criteria: [(Criterion, [String])] = []
    /// `Match all`.
    private(set) var isAll = false
    /// Criteria of a kind this program does not know; then only sshd can tell.
    private(set) var hasUnknown = false

    init(_ words: [String]) {
        var rest = words[...]
        while let word = rest.popFirst() {
            // Newer versions also take "User=bob".
            let parts = word.split(separator: "=", maxSplits: 1)
            let name = parts.first.map { $0.lowercased() } ?? ""
            if name == "all" {
                isAll = true
            } else if let criterion = Criterion(rawValue: name), let value = parts.count > 1 ? String(parts[1]) : rest.popFirst()
            {
                criteria.append((criterion, value.split(separator: ",").map { String($0) }))
            } else {
                hasUnknown = true
                if parts.count < 2 { _ = rest.popFirst() }
            }
        }
        if criteria.isEmpty, !isAll { hasUnknown = true }
    }

    /// Whether addresses are restricted by it: an Address criterion that is more than exceptions and more than everything.
    var namesAddresses: Bool {
        criteria.contains { criterion, patterns in
            let positive = patterns.filter { !$0.hasPrefix("!") }
            return criterion == .address && !positive.isEmpty && !positive.contains { ["*", "0.0.0.0/0", "::/0"].contains($0) }
        }
    }

    /// Whether a connection satisfies every criterion; false when one is not known.
    func holds(_ connection: SSHDConnection) -> Bool {
        if isAll { return criteria.isEmpty }
        guard !hasUnknown else { return false }
        return criteria.allSatisfy { criterion, patterns in
            switch criterion {
            case .user: Self.list(patterns) { Glob.matches(connection.user, $0) }
            case .group: Self.group(patterns, connection.groups)
            case .host: Self.list(patterns) { Glob.matches(connection.host.lowercased(), $0.lowercased()) }
            case .address: Self.list(patterns) { Self.address(connection.address, $0) }
            case .localaddress: Self.list(patterns) { Self.address(connection.localAddress, $0) }
            case .localport: patterns.contains(connection.localPort)
            }
        }
    }

    /// A pattern list holds when a pattern matches and no `!` pattern does.
    private static func list(_ patterns: [String], _ matches: (String) -> Bool) -> Bool {
        var found = false
        for pattern in patterns {
            if pattern.hasPrefix("!") {
                if matches(String(pattern.dropFirst())) { return false }
            } else if matches(pattern) {
                found = true
            }
        }
        return found
    }

    private static func group(_ patterns: [String], _ groups: [String]) -> Bool {
        var found = false
        for group in groups {
            for pattern in patterns {
                if pattern.hasPrefix("!") {
                    if Glob.matches(group, pattern.dropFirst()) { return false }
                } else if Glob.matches(group, pattern) {
                    found = true
                }
            }
        }
        return found
    }

    private static func address(_ address: String, _ pattern: String) -> Bool {
        let parts = pattern.split(separator: "/", maxSplits: 1)
        guard parts.count == 2, let length = Int(parts[1]), let network = IPAddress(parts[0]), let own = IPAddress(address) else {
            return Glob.matches(address.lowercased(), pattern.lowercased())
        }
        return own.lies(in: network, prefix: length)
    }

    // MARK: A connection that satisfies it

    /// A connection that satisfies this line and everything in `others`; nil when none is found.
    static func sample(_ matches: [SSHDMatch], _ members: (_ groupPattern: String) -> [(user: String, groups: [String])])
        -> SSHDConnection?
    {
        guard !matches.contains(where: { $0.hasUnknown }) else { return nil }
        var candidates = [SSHDConnection.stranger]
        for (criterion, patterns) in matches.flatMap({ $0.criteria }) {
            let positive = patterns.filter { !$0.hasPrefix("!") }.prefix(20)
            candidates = Array(
                candidates.flatMap { connection in
                    positive.flatMap { pattern in Self.filled(connection, criterion, pattern, members) }
                }.prefix(400))
        }
        return candidates.first { candidate in matches.allSatisfy { $0.holds(candidate) } }
    }

    private static func filled(
        _ connection: SSHDConnection, _ criterion: Criterion, _ pattern: String,
        _ members: (String) -> [(user: String, groups: [String])]
    ) -> [SSHDConnection] {
        var copy = connection
        let plain = pattern.replacing("*", with: "x").replacing("?", with: "x")
        switch criterion {
        case .user:
            if copy.groups.isEmpty {
                copy.user = Glob.matches(connection.user, pattern) ? connection.user : plain
                // The groups of a named user count for a Group criterion that follows.
                copy.groups = members("*").first { $0.user == copy.user }?.groups ?? []
            }
            return [copy]
        case .group:
            if copy.groups.contains(where: { Glob.matches($0, pattern) }) { return [copy] }
            return members(pattern).prefix(20).map { user, groups in
                var copy = connection
                (copy.user, copy.groups) = (user, groups)
                return copy
            }
        case .host: copy.host = plain
        case .address:
            return addresses(pattern).map { address in
                copy.address = address
                return copy
            }
        case .localaddress:
            return addresses(pattern).map { address in
                copy.localAddress = address
                return copy
            }
        case .localport: copy.localPort = pattern
        }
        return [copy]
    }

    private static func addresses(_ pattern: String) -> [String] {
        let base = String(pattern.split(separator: "/").first ?? "")
        if IPAddress(base) != nil { return [base] }
        return ["1", "1.1", "1.1.1", "192.0.2.1"].map { base.replacing("*", with: $0).replacing("?", with: "1") }
            .filter { IPAddress($0) != nil }
    }
}

/// An IPv4 or IPv6 address as bytes.
struct IPAddress: Sendable, Equatable {
    let bytes: [UInt8]

    init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 64 else { return nil }
        if let four = Self.four(text[...]) {
            bytes = four
        } else if text.contains(":"), let six = Self.six(text) {
            bytes = six
        } else {
            return nil
        }
    }

    private static func four(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { UInt8($0) }
        return parts.count == 4 && bytes.count == 4 ? bytes : nil
    }

    private static func six(_ text: some StringProtocol) -> [UInt8]? {
        let zone = text.split(separator: "%").first.map { String($0) } ?? ""
        let halves = zone.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        func groups(_ half: Substring) -> [UInt8]? {
            var bytes: [UInt8] = []
            let parts = half.split(separator: ":", omittingEmptySubsequences: !half.isEmpty ? false : true)
            for (index, part) in parts.enumerated() {
                if index == parts.count - 1, let last = four(part) {
                    bytes += last
                } else if part.utf8.count <= 4, let value = UInt16(part, radix: 16) {
                    bytes += [UInt8(value >> 8), UInt8(value & 0xFF)]
                } else {
                    return nil
                }
            }
            return bytes
        }
        guard let left = groups(halves[0]), let right = halves.count > 1 ? groups(halves[1]) : [] else { return nil }
        let missing = 16 - left.count - right.count
        guard halves.count > 1 ? missing >= 2 : missing == 0 else { return nil }
        return left + [UInt8](repeating: 0, count: missing) + right
    }

    /// Whether it lies in a network.
    func lies(in network: IPAddress, prefix: Int) -> Bool {
        guard bytes.count == network.bytes.count, (0...bytes.count * 8).contains(prefix) else { return false }
        return bytes.indices.allSatisfy { index in
            let bits = min(8, max(0, prefix - index * 8))
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
            return bytes[index] & mask == network.bytes[index] & mask
        }
    }
}
