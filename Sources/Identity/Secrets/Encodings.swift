/// The alphabets in which secrets are shown.
enum Encodings {
    private static let base64Letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    private static let base32Letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    /// Base64url without padding (RFC 4648 section 5).
    static func base64url(_ bytes: some Sequence<UInt8>) -> String { grouped(bytes, bits: 6, base64Letters) }

    /// The bytes of a canonical base64url text; nil for anything else.
    static func base64url(_ text: some StringProtocol) -> [UInt8]? { ungrouped(text.utf8, bits: 6, base64Letters) }

    /// Base32 in capitals without padding (RFC 4648 section 6).
    static func base32(_ bytes: some Sequence<UInt8>) -> String { grouped(bytes, bits: 5, base32Letters) }

    /// The bytes of a canonical base32 text in capitals; nil for anything else.
    static func base32(_ text: some StringProtocol) -> [UInt8]? { ungrouped(text.utf8, bits: 5, base32Letters) }

    /// Lower-case hexadecimal.
    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private static func grouped(_ bytes: some Sequence<UInt8>, bits: Int, _ letters: [UInt8]) -> String {
        var text: [UInt8] = []
        var group: UInt32 = 0
        var held = 0
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            held += 8
            while held >= bits {
                held -= bits
                text.append(letters[Int(group >> UInt32(held)) & (letters.count - 1)])
            }
            group &= (1 << UInt32(held)) - 1
        }
        if held > 0 { text.append(letters[Int(group << UInt32(bits - held)) & (letters.count - 1)]) }
        return String(decoding: text, as: UTF8.self)
    }

    private static func ungrouped(_ text: some Sequence<UInt8>, bits: Int, _ letters: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        var group: UInt32 = 0
        var held = 0
        for letter in text {
            guard let value = letters.firstIndex(of: letter) else { return nil }
            group = group << UInt32(bits) | UInt32(value)
            held += bits
            if held >= 8 {
                held -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(held)))
                group &= (1 << UInt32(held)) - 1
            }
        }
        // Bits left over are fewer than one letter and zero, else two texts would mean the same bytes.
        return held < bits && group == 0 ? bytes : nil
    }

    /// Whether both are equal, in a time that depends on their lengths only.
    static func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }
}
