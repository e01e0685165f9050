/// Where a request comes from: an IPv4 or IPv6 address. An IPv4 address inside IPv6 (`::ffff:192.0.2.1`) is the IPv4 address.
public struct SourceAddress: Sendable, Hashable, CustomStringConvertible {
    /// 4 or 16 bytes in network order.
    public let bytes: [UInt8]

    /// Reads an address as people and sockets write it (with an optional IPv6 zone, which is dropped); nil for anything else.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 64 else { return nil }
        let address = text.prefix { $0 != "%" }
        if !address.contains(":") {
            guard address.utf8.count == text.utf8.count, let bytes = Self.four(address) else { return nil }
            self.bytes = bytes
        } else {
            guard let bytes = Self.sixteen(String(address)) else { return nil }
            let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
            self.bytes = bytes.starts(with: mapped) ? Array(bytes[12...]) : bytes
        }
    }

    init(bytes: [UInt8]) { self.bytes = bytes }

    private static func four(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            // A leading zero means octal to some readers and decimal to others, so it means nothing here.
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let byte = UInt8(part),
                part.utf8.count == 1 || part.utf8.first != UInt8(ascii: "0")
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func sixteen(_ text: String) -> [UInt8]? {
        let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
        guard (1...2).contains(halves.count) else { return nil }
        var sides: [[UInt8]] = []
        for half in halves {
            var bytes: [UInt8] = []
            let groups = half.isEmpty ? [] : half.split(separator: ":", omittingEmptySubsequences: false)
            for (index, group) in groups.enumerated() {
                if index == groups.count - 1, group.contains("."), let last = four(group) {
                    bytes += last
                } else {
                    guard (1...4).contains(group.utf8.count),
                        group.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
                        let value = UInt16(group, radix: 16)
                    else { return nil }
                    bytes += [UInt8(value >> 8), UInt8(value & 0xFF)]
                }
            }
            sides.append(bytes)
        }
        if sides.count == 1 { return sides[0].count == 16 ? sides[0] : nil }
        let missing = 16 - sides[0].count - sides[1].count
        // "::" stands for at least one group.
        return missing >= 2 ? sides[0] + [UInt8](repeating: 0, count: missing) + sides[1] : nil
    }

    /// What rate limits count by: an IPv4 address, or the /64 of an IPv6 one, for a single host has a whole /64 to hide in.
    public var limitKey: String {
        bytes.count == 4 ? description : SourceAddress(bytes: bytes.prefix(8) + [UInt8](repeating: 0, count: 8)).description
    }

    /// The usual text form; IPv6 without abbreviation.
    public var description: String {
        if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
        return stride(from: 0, to: bytes.count, by: 2).map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }
            .joined(separator: ":")
    }
}

/// A range of addresses, as `192.0.2.0/24` or a single address.
public struct AddressRange: Sendable, Hashable, CustomStringConvertible {
    private let address: SourceAddress
    private let length: Int

    /// Reads a range; nil when it is none, or when bits beyond the length are set (a slip of the pen).
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = SourceAddress(parts[0]), !text.contains("%") else { return nil }
        let bits = address.bytes.count * 8
        var length = bits
        if parts.count == 2 {
            guard (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let given = Int(parts[1]), given <= bits
            else { return nil }
            length = given
        }
        for bit in length..<max(length, bits) where address.bytes[bit / 8] >> UInt8(7 - bit % 8) & 1 == 1 { return nil }
        self.address = address
        self.length = length
    }

    /// Whether an address lies in the range.
    public func contains(_ other: SourceAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        for index in 0..<length / 8 where other.bytes[index] != address.bytes[index] { return false }
        guard length % 8 > 0 else { return true }
        return (other.bytes[length / 8] ^ address.bytes[length / 8]) >> UInt8(8 - length % 8) == 0
    }

    /// `192.0.2.0/24`.
    public var description: String { "\(address)/\(length)" }
}
