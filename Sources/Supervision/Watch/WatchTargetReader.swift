public import Documents

/// Reads a target's document.
public enum WatchTargetReader {
    /// Longest name, path and expected text, in bytes.
    static let textLimit = 200
    static let pathLimit = 500
    /// Names of pages beside those of targets.
    static let reserved: Set<String> = ["new", "days"]

    /// Reads a target.
    ///
    /// - Parameters:
    ///   - node: the document.
    ///   - policy: the limits.
    ///   - allowsLocal: whether the installation lets probes go anywhere, for tests.
    /// - Returns: the target.
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong.
    public static func read(
        _ node: Node, policy: WatchPolicy, allowsLocal: Bool = false
    ) throws(DocumentError) -> WatchTarget {
        var fields = try Fields(node, path: "")
        let schema = try fields.text("schema")
        guard schema == WatchTarget.schema else {
            throw fields.error(at: "schema", "\"\(schema.clipped)\" is not \"\(WatchTarget.schema)\"")
        }
        let kind: WatchTarget.Kind = try fields.choice("kind")
        var target = WatchTarget(
            id: try identifier(&fields, "id"), firm: try identifier(&fields, "firm"), name: try text(&fields, "name"),
            kind: kind, host: try host(&fields, policy, allowsLocal), port: try fields.number("port", 1...65_535),
            interval: try fields.number("interval", policy.intervals), timeout: try fields.number("timeout", policy.timeouts),
            tolerance: try fields.number("tolerance", policy.tolerances), hours: try fields.texts("hours"))
        guard !reserved.contains(target.id) else { throw fields.error(at: "id", "a page has this name") }
        guard allowsLocal || !policy.refusedPorts.contains(target.port) else {
            throw fields.error(at: "port", "no order system is behind this port")
        }
        guard !target.hours.isEmpty, Set(target.hours).count == target.hours.count,
            policy.hours(target.hours).count == target.hours.count
        else { throw fields.error(at: "hours", "one or more of \(policy.hours.map(\.id).joined(separator: ", ")) are expected") }
        if kind.asks {
            target.path = try path(&fields)
            target.status = try status(&fields)
            if let found = try fields.optionalText("text") {
                guard found.utf8.count <= textLimit else {
                    throw fields.error(at: "text", "at most \(textLimit) bytes are expected")
                }
                target.text = found
            }
        }
        try fields.finish()
        return target
    }

    private static func identifier(_ fields: inout Fields, _ key: String) throws(DocumentError) -> String {
        let id = try fields.text(key)
        guard FirmReader.isIdentifier(id) else {
            throw fields.error(at: key, "1 to 63 lower-case letters, digits, hyphens and dots are expected")
        }
        return id
    }

    private static func text(_ fields: inout Fields, _ key: String) throws(DocumentError) -> String {
        let text = try fields.text(key)
        guard text.utf8.count <= textLimit, !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw fields.error(at: key, "1 to \(textLimit) bytes without control characters are expected")
        }
        return text
    }

    private static func host(
        _ fields: inout Fields, _ policy: WatchPolicy, _ allowsLocal: Bool
    ) throws(DocumentError) -> String {
        let host = try fields.text("host")
        if let address = AddressRange.address(host) {
            guard policy.allows(address, allowsLocal: allowsLocal) else {
                throw fields.error(at: "host", "no probe goes to this address")
            }
            return host
        }
        guard isName(host), allowsLocal || host.contains(".") else {
            throw fields.error(at: "host", "a full name in lower case, or an address, is expected")
        }
        return host
    }

    /// Whether a text is a name of a host (RFC 1123), in lower case; one that ends in digits would be read as an address.
    static func isName(_ text: String) -> Bool {
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard text.utf8.count <= 253, let last = labels.last, last.contains(where: { (0x61...0x7A).contains($0) }),
            !last.starts(with: "0x".utf8)
        else { return false }
        return labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
        }
    }

    private static func path(_ fields: inout Fields) throws(DocumentError) -> String {
        let path = try fields.optionalText("path") ?? "/"
        // Visible ASCII without a fragment: nothing that could become a second line of a request.
        guard path.hasPrefix("/"), path.utf8.count <= pathLimit,
            path.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") })
        else { throw fields.error(at: "path", "a path such as /login is expected, in ASCII, at most \(pathLimit) bytes") }
        return path
    }

    private static func status(_ fields: inout Fields) throws(DocumentError) -> ClosedRange<Int> {
        let numbers = try fields.list("status").map(\.integer)
        if numbers.isEmpty { return 200...399 }
        guard numbers.count == 2, let low = numbers[0], let high = numbers[1], (100...599).contains(low),
            (low...599).contains(high)
        else { throw fields.error(at: "status", "the least and the highest status, 100 to 599, are expected") }
        return low...high
    }
}
