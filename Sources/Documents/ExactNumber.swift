/// A decimal number without rounding: up to 18 digits after the point, magnitude below 10^20.
///
/// Limits of a regulation are compared exactly: 0.29996 is less than 0.30, and the mean of 0.10 and 0.50 is not.
/// Binary floating point cannot promise that.
public struct ExactNumber: Sendable, Hashable, Comparable {
    // The number times 10^18, in two halves: Int128 itself would ask for 16-byte alignment and blow up every node.
    private let high: Int64
    private let low: UInt64
    private var scaled: Int128 { Int128(high) << 64 | Int128(low) }

    private static let fractionDigits = 18
    private static let one: Int128 = 1_000_000_000_000_000_000
    private static let magnitudeLimit: Int128 = 100_000_000_000_000_000_000 * one

    private init(scaled: Int128) {
        high = Int64(truncatingIfNeeded: scaled >> 64)
        low = UInt64(truncatingIfNeeded: scaled)
    }

    /// A whole number.
    public init(_ integer: Int) { self.init(scaled: Int128(integer) * Self.one) }

    /// Zero.
    public static let zero = ExactNumber(0)

    /// Reads `-12`, `0.30`, `1.5e3`; `nil` when the text is not a JSON number, has more than 18 digits after the point once
    /// the exponent is applied, or is 10^20 or more in magnitude.
    public init?(_ text: some StringProtocol) {
        var text = String(text)
        guard let parsed = text.withUTF8({ Self.parse($0) }) else { return nil }
        self.init(scaled: parsed)
    }

    /// Reads a JSON number from bytes; the same rules as `init(_:)` of a text.
    init?(utf8 bytes: UnsafeBufferPointer<UInt8>) {
        guard let parsed = Self.parse(bytes) else { return nil }
        self.init(scaled: parsed)
    }

    private static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Int128? {
        var index = 0
        let count = bytes.count
        func digit(_ at: Int) -> Int128? {
            at < count && bytes[at] >= 0x30 && bytes[at] <= 0x39 ? Int128(bytes[at] - 0x30) : nil
        }
        let negative = count > 0 && bytes[0] == UInt8(ascii: "-")
        if negative { index = 1 }
        guard let first = digit(index) else { return nil }
        var mantissa: Int128 = 0
        var exponent = 0
        if first == 0 {
            index += 1
            if digit(index) != nil { return nil }
        } else {
            while let next = digit(index) {
                guard mantissa < Self.magnitudeLimit / Self.one else { return nil }
                mantissa = mantissa * 10 + next
                index += 1
            }
        }
        if index < count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            guard digit(index) != nil else { return nil }
            while let next = digit(index) {
                // Trailing zeros carry nothing; anything else past the 36th digit cannot be kept exactly.
                guard mantissa < Int128.max / 100 else {
                    if next != 0 { return nil }
                    index += 1
                    continue
                }
                mantissa = mantissa * 10 + next
                exponent -= 1
                index += 1
            }
        }
        if index < count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            var down = false
            if index < count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
                down = bytes[index] == UInt8(ascii: "-")
                index += 1
            }
            guard digit(index) != nil else { return nil }
            var shift = 0
            while let next = digit(index) {
                shift = min(shift * 10 + Int(next), 1_000)
                index += 1
            }
            exponent += down ? -shift : shift
        }
        guard index == count else { return nil }
        return rescale(mantissa, exponent: exponent + fractionDigits).map { negative ? -$0 : $0 }
    }

    private static func rescale(_ mantissa: Int128, exponent: Int) -> Int128? {
        var value = mantissa
        if value == 0 { return 0 }
        var exponent = exponent
        while exponent > 0 {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            value = product
            exponent -= 1
        }
        while exponent < 0 {
            let (quotient, remainder) = value.quotientAndRemainder(dividingBy: 10)
            if remainder != 0 { return nil }
            value = quotient
            exponent += 1
        }
        return value < magnitudeLimit ? value : nil
    }

    /// The whole number, when there is no fraction and it fits 64 bits.
    public var integer: Int? {
        let (whole, fraction) = scaled.quotientAndRemainder(dividingBy: Self.one)
        return fraction == 0 ? Int(exactly: whole) : nil
    }

    /// The nearest binary floating point number, for drawing only.
    public var approximate: Double { Double(scaled) / Double(Self.one) }

    /// Whether the left one comes before the right one.
    public static func < (left: ExactNumber, right: ExactNumber) -> Bool { left.scaled < right.scaled }

    /// The sum, or `nil` when it is out of range.
    public func adding(_ other: ExactNumber) -> ExactNumber? {
        let sum = scaled + other.scaled  // two values below 2^127 / 1.7 each: cannot overflow
        return sum.magnitude < Self.magnitudeLimit.magnitude ? ExactNumber(scaled: sum) : nil
    }

    /// The product with a whole number, or `nil` when it is out of range.
    public func multiplied(by factor: Int) -> ExactNumber? {
        let (product, overflow) = scaled.multipliedReportingOverflow(by: Int128(factor))
        return !overflow && product.magnitude < Self.magnitudeLimit.magnitude ? ExactNumber(scaled: product) : nil
    }

    /// The quotient by a whole number, rounded toward zero at the 18th digit; `nil` when `divisor` is 0.
    public func divided(by divisor: Int) -> ExactNumber? {
        divisor == 0 ? nil : ExactNumber(scaled: scaled / Int128(divisor))
    }
}

extension ExactNumber: CustomStringConvertible {
    /// The shortest decimal form: `3`, `0.3`, `-1.25`.
    public var description: String {
        let magnitude = scaled.magnitude
        let (whole, fraction) = magnitude.quotientAndRemainder(dividingBy: Self.one.magnitude)
        let sign = scaled < 0 ? "-" : ""
        if fraction == 0 { return "\(sign)\(whole)" }
        var digits = String(fraction)
        digits = String(repeating: "0", count: Self.fractionDigits - digits.count) + digits
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(sign)\(whole).\(digits)"
    }
}
