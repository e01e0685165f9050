/// The name by which one person signs in, in its one canonical form: 2 to 32 of `a-z`, `0-9`, `.`, `_`, `-`, beginning with a letter and
/// ending with a letter or digit.
///
/// Only ASCII is accepted, so that no letter of another script can imitate one; capitals are folded. What cannot be read is no account's
/// name, and a sign-in with it is refused like one with an unknown name.
public struct AccountName: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The canonical form.
    public let text: String

    /// Reads a name; nil when it cannot be one.
    public init?(_ input: String) {
        guard (2...32).contains(input.utf8.count) else { return nil }
        var bytes: [UInt8] = []
        for byte in input.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                bytes.append(byte)
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): bytes.append(byte | 0x20)
            default: return nil
            }
        }
        func isLetter(_ byte: UInt8?) -> Bool { byte.map { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) } ?? false }
        func isDigit(_ byte: UInt8?) -> Bool { byte.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false }
        guard isLetter(bytes.first), isLetter(bytes.last) || isDigit(bytes.last) else { return nil }
        text = String(decoding: bytes, as: UTF8.self)
    }

    /// What is left when signs that look alike are one: two accounts may not share it.
    ///
    /// `o` and `0`; `i`, `l` and `1`; `rn` and `m`; `vv` and `w`; and signs between letters do not count.
    public var likeness: String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): continue
            case UInt8(ascii: "0"): bytes.append(UInt8(ascii: "o"))
            case UInt8(ascii: "1"), UInt8(ascii: "i"): bytes.append(UInt8(ascii: "l"))
            case UInt8(ascii: "n") where bytes.last == UInt8(ascii: "r"): bytes[bytes.count - 1] = UInt8(ascii: "m")
            case UInt8(ascii: "v") where bytes.last == UInt8(ascii: "v"): bytes[bytes.count - 1] = UInt8(ascii: "w")
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The canonical form.
    public var description: String { text }

    /// In the order of the bytes.
    public static func < (left: AccountName, right: AccountName) -> Bool { left.text < right.text }
}

/// Number of an account: given once, never given again.
public struct AccountID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The number.
    public let number: Int64

    /// The account of that number.
    public init(_ number: Int64) { self.number = number }

    /// As a text for trail entries: `account-12`.
    public var description: String { "account-\(number)" }

    /// In the order of creation.
    public static func < (left: AccountID, right: AccountID) -> Bool { left.number < right.number }
}
