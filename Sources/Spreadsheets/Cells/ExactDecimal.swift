/// A decimal number without rounding: up to 18 significant digits and a power of ten, -2,000 to 2,000.
///
/// What a table says is compared and added up exactly; binary floating point cannot promise that.
public struct ExactDecimal: Sendable, Hashable {
    /// Without trailing zeros, below 10^18 in magnitude.
    let significand: Int64
    /// The power of ten; 0 for zero.
    let exponent: Int16

    /// Significant digits that are kept.
    public static let digits = 18
    private static let limit: Int64 = 1_000_000_000_000_000_000
    private static let exponentLimit = 2_000

    /// `significand` times ten to the power of `exponent`; nil when it has more than 18 significant digits or is out of range.
    public init?(_ significand: Int128, exponent: Int) {
        var (significand, exponent) = (significand, exponent)
        if significand == 0 { exponent = 0 }
        while significand != 0, significand % 10 == 0 {
            significand /= 10
            exponent += 1
        }
        guard significand.magnitude < Self.limit.magnitude, abs(exponent) <= Self.exponentLimit else { return nil }
        (self.significand, self.exponent) = (Int64(significand), Int16(exponent))
    }

    /// A whole number below 10^18 in magnitude; larger ones that do not end in zeros are nil.
    public init?(_ integer: Int) { self.init(Int128(integer), exponent: 0) }

    /// Zero.
    public static let zero = ExactDecimal()

    private init() { (significand, exponent) = (0, 0) }

    /// Reads `-12`, `+0.30`, `.5`, `1.5E-3`; nil when the text is no such number or has more than 18 significant digits.
    public init?(_ text: some StringProtocol) {
        var text = String(text)
        guard let found = text.withUTF8({ DecimalDigits($0) })?.exact else { return nil }
        self = found
    }

    /// The whole number, when there is no fraction and it fits 64 bits.
    public var integer: Int? {
        guard exponent >= 0, exponent <= 18 else { return significand == 0 ? 0 : nil }
        return Self.scaled(Int128(significand), by: Int(exponent)).flatMap { Int(exactly: $0) }
    }

    /// The nearest binary floating point number, for drawing and for what Excel keeps.
    public var approximate: Double { Double(scientific) ?? 0 }

    private var scientific: String { "\(significand)e\(exponent)" }

    /// Whether Excel, which keeps 15 significant digits, keeps it exactly.
    public var fitsExcel: Bool { significand.magnitude < 1_000_000_000_000_000 && abs(Int(exponent)) <= 290 }

    /// The product with a power of ten; nil when out of range.
    public func shifted(_ places: Int) -> ExactDecimal? { ExactDecimal(Int128(significand), exponent: Int(exponent) + places) }

    /// The sum; nil when it has more than 18 significant digits.
    public func adding(_ other: ExactDecimal) -> ExactDecimal? {
        if significand == 0 { return other }
        if other.significand == 0 { return self }
        let lower = min(exponent, other.exponent)
        guard let left = Self.scaled(Int128(significand), by: Int(exponent - lower)),
            let right = Self.scaled(Int128(other.significand), by: Int(other.exponent - lower))
        else { return nil }
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? nil : ExactDecimal(sum, exponent: Int(lower))
    }

    /// The number with its sign turned.
    public var negated: ExactDecimal { ExactDecimal(-Int128(significand), exponent: Int(exponent)) ?? .zero }

    static func scaled(_ value: Int128, by places: Int) -> Int128? {
        var value = value
        for _ in 0..<min(places, 60) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            value = product
        }
        return places > 60 && value != 0 ? nil : value
    }
}

extension ExactDecimal: Comparable {
    /// Whether the left one is less.
    public static func < (left: ExactDecimal, right: ExactDecimal) -> Bool {
        let signs = (left.significand.signum(), right.significand.signum())
        if signs.0 != signs.1 { return signs.0 < signs.1 }
        if signs.0 == 0 { return false }
        let (leftPlace, rightPlace) = (left.leadingPlace, right.leadingPlace)
        if leftPlace != rightPlace { return (leftPlace < rightPlace) == (signs.0 > 0) }
        // The same number of digits before the point: the exponents are within 18 of each other.
        let lower = min(left.exponent, right.exponent)
        let one = scaled(Int128(left.significand), by: Int(left.exponent - lower)) ?? 0
        let other = scaled(Int128(right.significand), by: Int(right.exponent - lower)) ?? 0
        return one < other
    }

    private var leadingPlace: Int {
        var (count, rest) = (0, significand.magnitude)
        while rest > 0 {
            count += 1
            rest /= 10
        }
        return count + Int(exponent)
    }
}

extension ExactDecimal: CustomStringConvertible {
    /// The shortest decimal form, `3`, `0.3`, `-1250`; with a power of ten (`1e40`) only beyond 30 places on either side.
    public var description: String {
        if abs(Int(exponent)) > 30 { return scientific }
        var digits = String(significand.magnitude)
        if exponent > 0 {
            digits += String(repeating: "0", count: Int(exponent))
        } else if exponent < 0 {
            let places = -Int(exponent)
            if digits.utf8.count <= places { digits = String(repeating: "0", count: places - digits.utf8.count + 1) + digits }
            digits.insert(".", at: digits.index(digits.endIndex, offsetBy: -places))
        }
        return significand < 0 ? "-" + digits : digits
    }
}

/// The digits of a number as it was written, before anything is decided about rounding.
struct DecimalDigits {
    var isNegative = false
    /// The first 38 significant digits at most.
    var significand: Int128 = 0
    /// How many digits `significand` has.
    var count = 0
    var exponent = 0
    /// Whether digits other than zero follow those kept.
    var isCut = false
    /// Whether it was written with digits only, perhaps a sign.
    var isPlainInteger = true

    /// Reads `-12`, `+0.30`, `.5`, `5.`, `1.5E-3`; nil for anything else.
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        var index = 0
        func digit() -> UInt8? {
            guard index < bytes.count, bytes[index] &- 0x30 < 10 else { return nil }
            return bytes[index] - 0x30
        }
        if let sign = bytes.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            index = 1
        }
        let from = index
        while let next = digit() {
            add(next, isFraction: false)
            index += 1
        }
        var digits = index - from
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            isPlainInteger = false
            index += 1
            let fraction = index
            while let next = digit() {
                add(next, isFraction: true)
                index += 1
            }
            digits += index - fraction
        }
        guard digits > 0 else { return nil }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            isPlainInteger = false
            index += 1
            var down = false
            if index < bytes.count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
                down = bytes[index] == UInt8(ascii: "-")
                index += 1
            }
            guard digit() != nil else { return nil }
            var shift = 0
            while let next = digit() {
                shift = min(shift * 10 + Int(next), 100_000)
                index += 1
            }
            exponent += down ? -shift : shift
        }
        guard index == bytes.count else { return nil }
    }

    private mutating func add(_ digit: UInt8, isFraction: Bool) {
        if count == 38 {
            if digit != 0 { isCut = true }
            if !isFraction { exponent += 1 }
            return
        }
        if count > 0 || digit != 0 {
            significand = significand * 10 + Int128(digit)
            count += 1
        }
        if isFraction { exponent -= 1 }
    }

    private var signed: Int128 { isNegative ? -significand : significand }

    /// The number, when its digits can be kept.
    var exact: ExactDecimal? { isCut ? nil : ExactDecimal(signed, exponent: exponent) }

    /// What a spreadsheet program means by it. Such programs calculate in binary and write up to 17 digits of what comes out,
    /// `0.30000000000000004` for 0.3, and show 15: a number of more than 15 digits is rounded half up to 15 of them. Whole numbers
    /// written out are kept as long as they fit.
    var sensible: ExactDecimal? {
        if count <= 15 || isPlainInteger && count <= ExactDecimal.digits { return exact }
        var divisor: Int128 = 1
        for _ in 0..<(count - 15) { divisor *= 10 }
        let rounded = (significand + divisor / 2) / divisor
        return ExactDecimal(isNegative ? -rounded : rounded, exponent: exponent + count - 15)
    }
}
