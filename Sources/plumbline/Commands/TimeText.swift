internal import Rulebook
internal import Vault

/// Times as people give and read them.
enum TimeText {
    static func range(_ from: String?, _ to: String?, _ first: String, _ second: String) throws(VaultError) -> Range<Int64>? {
        guard from != nil || to != nil else { return nil }
        let low = try from.map { (text) throws(VaultError) in try microseconds(text, first) } ?? .min
        let high = try to.map { (text) throws(VaultError) in try microseconds(text, second) } ?? .max
        guard low < high else { throw VaultError(.badInput, "the range ends before it begins", at: second) }
        return low..<high
    }

    /// UTC microseconds of `2026-11-20T15:33:00.5+08:00`, or of a date's first moment in UTC.
    static func microseconds(_ text: String, _ option: String) throws(VaultError) -> Int64 {
        guard let instant = Instant(text.utf8.count == 10 ? text + "T00:00:00Z" : text) else {
            throw VaultError(
                .badInput, "\(text) is not a time", at: option,
                remedy: "such as 2026-11-20T15:33:00Z, 2026-11-20T23:33:00+08:00, 2026-11-20")
        }
        var fraction: Int64 = 0
        if let point = text.firstIndex(of: ".") {
            let digits = text[text.index(after: point)...].prefix { $0.isNumber }.prefix(6)
            fraction = Int64(digits + String(repeating: "0", count: 6 - digits.count)) ?? 0
        }
        return instant.seconds * 1_000_000 + fraction
    }

    static func text(_ microseconds: Int64) -> String {
        let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        let (seconds, rest) = remainder < 0 ? (quotient - 1, remainder + 1_000_000) : (quotient, remainder)
        let digits = String(rest)
        let whole = Instant(seconds: min(max(seconds, -62_135_596_800), 253_402_300_799)).description.dropLast()
        return "\(whole).\(String(repeating: "0", count: 6 - digits.count))\(digits)Z"
    }
}
