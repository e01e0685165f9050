/// What numbers are counted in: a power of ten, with its name.
public struct MeasureUnit: Sendable, Hashable {
    /// The power of ten that one of it is worth: 8 for 億, -2 for %.
    public let power: Int

    /// Ones.
    public static let one = MeasureUnit(power: 0)

    init(power: Int) { self.power = power }

    /// The unit that a text names as a whole (`億元`, `新台幣千元`, `%`, `百萬`); nil when it names none.
    public init?(_ text: String) {
        var key = TextFolding.key(text)
        for prefix in ["單位:", "單位", "新台幣", "台幣", "nt$", "ntd", "twd", "新台幣"] where key.hasPrefix(prefix) {
            key.removeFirst(prefix.count)
        }
        key = TextFolding.key(key)
        if let power = Self.powers.first(where: { key == $0.name })?.power {
            self.init(power: power)
        } else if key.hasSuffix("元"), let power = Self.powers.first(where: { key.dropLast() == $0.name && $0.power > 0 })?.power {
            self.init(power: power)
        } else {
            return nil
        }
    }

    /// Longer names first, so that one is not taken for the end of another.
    static let powers: [(name: String, power: Int)] = [
        ("百億", 10), ("十億", 9), ("千萬", 7), ("仟萬", 7), ("百萬", 6), ("十萬", 5), ("兆", 12), ("億", 8), ("萬", 4), ("千", 3), ("仟", 3),
        ("百", 2), ("元", 0), ("%", -2), ("‰", -3),
    ]
}

/// Numbers as people write them in tables.
enum NumberText {
    static func read(_ plain: String, _ unit: MeasureUnit) -> ValueReading<ExactDecimal> {
        var text = plain
        if text.isEmpty || CellValue.text(text).isBlank { return .blank }
        let refusal = ValueReading<ExactDecimal>.refused("\(plain.prefix(40)) is no number")
        var isNegative = false
        if text.hasPrefix("("), text.hasSuffix(")") {
            (isNegative, text) = (true, String(text.dropFirst().dropLast()))
        }
        for sign in ["NT$", "NTD", "TWD", "$", "新臺幣", "新台幣"] where text.uppercased().hasPrefix(sign) {
            text = TextFolding.plain(String(text.dropFirst(sign.count)))
            break
        }
        if let first = text.first, first == "-" || first == "−" || first == "+" {
            if first != "+" { isNegative.toggle() }
            text = TextFolding.plain(String(text.dropFirst()))
        }
        guard let found = sum(Substring(text), unit) else { return refusal }
        return .value(isNegative ? found.negated : found)
    }

    /// A number, or several with units that get smaller, added up.
    private static func sum(_ text: Substring, _ unit: MeasureUnit) -> ExactDecimal? {
        var rest = text
        var total: ExactDecimal?
        var last = Int.max
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == "," || $0 == ".") }
            guard let number = grouped(digits) else { return nil }
            rest = rest[digits.endIndex...].drop { $0 == " " }
            // A power of ten as spreadsheets write it stands alone.
            if let first = rest.first, first == "e" || first == "E", total == nil {
                return ExactDecimal(text).flatMap { $0.shifted(unit.power) }
            }
            var power = unit.power
            if let named = MeasureUnit.powers.first(where: { rest.hasPrefix($0.name) }) {
                power = named.power
                rest = rest.dropFirst(named.name.count)
                // `億元` is one unit; 元 behind the last part belongs to all of them.
                if power > 0, rest.hasPrefix("元") {
                    rest = rest.dropFirst()
                    guard rest.allSatisfy({ $0 == " " }) else { return nil }
                }
            } else if total != nil {
                return nil
            }
            guard power < last, total == nil || power >= 0, let part = number.shifted(power) else { return nil }
            last = power
            guard let sum = (total ?? .zero).adding(part) else { return nil }
            total = sum
            rest = rest.drop { $0 == " " }
        }
        return total
    }

    /// Digits, with commas before each three or nowhere, and a point at most.
    private static func grouped(_ text: Substring) -> ExactDecimal? {
        let halves = text.split(separator: ".", omittingEmptySubsequences: false)
        guard halves.count <= 2, !text.isEmpty, let whole = halves.first else { return nil }
        if halves.count == 2, halves[1].contains(",") || halves[1].isEmpty { return nil }
        if whole.contains(",") {
            let groups = whole.split(separator: ",", omittingEmptySubsequences: false)
            guard let first = groups.first, (1...3).contains(first.count), groups.dropFirst().allSatisfy({ $0.count == 3 }) else {
                return nil
            }
        }
        return ExactDecimal(String(text.filter { $0 != "," }))
    }
}
