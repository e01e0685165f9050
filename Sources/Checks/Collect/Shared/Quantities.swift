/// Time spans as systemd.time(7) writes them.
enum TimeSpan {
    /// Whole seconds of `5min 20s`, `1month`, `2week`, `90d`, `3600`; `Int.max` for `infinity`; nil for what is not a time span.
    ///
    /// A number without a unit is in units of `unit` seconds. Fractions of a second are rounded down.
    static func seconds(_ text: some StringProtocol, unit: Int64 = 1) -> Int? {
        let text = Conf.unquote(text)
        if text == "infinity" { return Int.max }
        let bytes = Array(text.utf8)
        var index = 0
        var total: Int64 = 0
        var found = false
        while true {
            while index < bytes.count, Conf.isSpace(bytes[index]) { index += 1 }
            guard index < bytes.count else { break }
            guard let (whole, thousandths) = number(bytes, &index) else { return nil }
            while index < bytes.count, Conf.isSpace(bytes[index]) { index += 1 }
            let start = index
            while index < bytes.count, !Conf.isSpace(bytes[index]), !Conf.isDigit(bytes[index]) { index += 1 }
            let name = String(decoding: bytes[start..<index], as: UTF8.self)
            guard let micro = name.isEmpty ? unit * 1_000_000 : microseconds(name) else { return nil }
            let (product, overflow) = whole.multipliedReportingOverflow(by: micro)
            let (part, partOverflow) = thousandths.multipliedReportingOverflow(by: micro)
            let (sum, sumOverflow) = total.addingReportingOverflow(product)
            guard !overflow, !partOverflow, !sumOverflow, part / 1000 < Int64.max - sum else { return nil }
            total = sum + part / 1000
            found = true
        }
        return found ? Int(total / 1_000_000) : nil
    }

    private static func number(_ bytes: [UInt8], _ index: inout Int) -> (Int64, Int64)? {
        var whole: Int64 = 0
        let start = index
        while index < bytes.count, Conf.isDigit(bytes[index]) {
            guard whole < 1_000_000_000_000_000 else { return nil }
            whole = whole * 10 + Int64(bytes[index] - 0x30)
            index += 1
        }
        var thousandths: Int64 = 0
        var digits = index - start
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            var weight: Int64 = 100
            while index < bytes.count, Conf.isDigit(bytes[index]) {
                thousandths += Int64(bytes[index] - 0x30) * weight
                weight /= 10
                digits += 1
                index += 1
            }
        }
        return digits > 0 ? (whole, thousandths) : nil
    }

    private static func microseconds(_ unit: String) -> Int64? {
        switch unit {
        case "us", "usec", "µs", "μs": 1
        case "ms", "msec": 1000
        case "s", "sec", "second", "seconds": 1_000_000
        case "m", "min", "minute", "minutes": 60_000_000
        case "h", "hr", "hour", "hours": 3_600_000_000
        case "d", "day", "days": 86_400_000_000
        case "w", "week", "weeks": 604_800_000_000
        // systemd counts a month as 30.44 days and a year as 365.25.
        case "M", "month", "months": 2_629_800_000_000
        case "y", "year", "years": 31_557_600_000_000
        default: nil
        }
    }
}

/// Sizes with the suffixes K, M, G, T, P, E to the base 1024.
enum ByteSize {
    /// Bytes of `4G`, `512 M`, `1.5G`, `1048576`, `100kB`; nil for what is not a size (a percentage is none).
    static func bytes(_ text: some StringProtocol) -> Int? {
        let bytes = Array(Conf.unquote(text).utf8)
        var index = 0
        var whole = 0
        var tenths = 0
        while index < bytes.count, Conf.isDigit(bytes[index]) {
            guard whole < 1_000_000_000_000_000_000 / 10 else { return nil }
            whole = whole * 10 + Int(bytes[index] - 0x30)
            index += 1
        }
        guard index > 0 else { return nil }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            guard index < bytes.count, Conf.isDigit(bytes[index]) else { return nil }
            tenths = Int(bytes[index] - 0x30)
            while index < bytes.count, Conf.isDigit(bytes[index]) { index += 1 }
        }
        let suffix = Conf.trim(String(decoding: bytes[index...], as: UTF8.self)).lowercased()
        guard let factor = factor(suffix) else { return nil }
        let (product, overflow) = whole.multipliedReportingOverflow(by: factor)
        guard !overflow, product < Int.max - factor else { return nil }
        return product + tenths * (factor / 10)
    }

    private static func factor(_ suffix: String) -> Int? {
        switch suffix {
        case "", "b": 1
        case "k", "kb", "kib": 1 << 10
        case "m", "mb", "mib": 1 << 20
        case "g", "gb", "gib": 1 << 30
        case "t", "tb", "tib": 1 << 40
        case "p", "pb", "pib": 1 << 50
        case "e", "eb", "eib": 1 << 60
        default: nil
        }
    }
}
