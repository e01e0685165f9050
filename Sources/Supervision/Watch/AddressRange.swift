internal import Glibc

/// Addresses that begin with the same bits: `10.0.0.0/8`, `fc00::/7`.
public struct AddressRange: Sendable, Hashable {
    /// 4 or 16 bytes.
    let bytes: [UInt8]
    /// How many bits count.
    let bits: Int

    /// Reads a range; nil for anything else, and where bits behind the counted ones are set.
    public init?(_ text: String) {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, let bits = Int(halves[1]), let bytes = Self.address(String(halves[0])),
            (0...bytes.count * 8).contains(bits)
        else { return nil }
        for bit in bits..<bytes.count * 8 where bytes[bit / 8] & (0x80 >> UInt8(bit % 8)) != 0 { return nil }
        (self.bytes, self.bits) = (bytes, bits)
    }

    /// Whether an address lies in it. An IPv4 address in IPv6 clothes (`::ffff:0:0/96`) is looked at as what it is.
    public func contains(_ address: [UInt8]) -> Bool {
        let address = Self.plain(address)
        guard address.count == bytes.count else { return false }
        let whole = bits / 8
        guard address[..<whole] == bytes[..<whole] else { return false }
        guard bits % 8 > 0 else { return true }
        return (address[whole] ^ bytes[whole]) >> UInt8(8 - bits % 8) == 0
    }

    /// The bytes of an address in its usual form; nil for a name.
    static func address(_ text: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }

    private static func plain(_ address: [UInt8]) -> [UInt8] {
        guard address.count == 16, address[..<10].allSatisfy({ $0 == 0 }), address[10] == 0xFF, address[11] == 0xFF else {
            return address
        }
        return Array(address[12...])
    }
}
