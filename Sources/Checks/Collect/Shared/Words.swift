extension StringProtocol {
    /// The words between blanks: spaces, tabs, carriage returns.
    var words: [String] {
        utf8.split { $0 == 0x20 || (0x09...0x0D).contains($0) }.map { String(decoding: $0, as: UTF8.self) }
    }

    /// The text without blanks at both ends.
    var trimmed: String {
        let bytes = Array(utf8)
        let blank: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        guard let first = bytes.firstIndex(where: { !blank($0) }), let last = bytes.lastIndex(where: { !blank($0) }) else {
            return ""
        }
        return String(decoding: bytes[first...last], as: UTF8.self)
    }

    /// The whole number the text begins with, as scanf and strtol read it; nil when there is none or it does not fit.
    var leadingNumber: Int? {
        var digits = utf8.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
        var negative = false
        if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            negative = sign == UInt8(ascii: "-")
            digits = digits.dropFirst()
        }
        var value = 0
        var found = false
        for byte in digits {
            guard (0x30...0x39).contains(byte) else { break }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, tooLarge) = product.addingReportingOverflow(Int(byte - 0x30))
            if overflow || tooLarge { return nil }
            value = sum
            found = true
        }
        return found ? (negative ? -value : value) : nil
    }

    /// What stands before the first `#`.
    var withoutComment: SubSequence { prefix { $0 != "#" } }
}

/// A number or text that a program works with, and where it was set.
struct Origin<Value: Sendable>: Sendable {
    /// The value in force.
    var value: Value
    /// "file:line" or "default of …".
    var from: String

    init(_ value: Value, _ from: String) {
        self.value = value
        self.from = from
    }
}

/// One `name = value` or bare `name` line of the option files that PAM modules read.
struct OptionLine: Sendable, Equatable {
    let name: String
    let value: String
    let line: Int

    /// All option lines of a file, comments cut, with the reading of faillock.conf and pwquality.conf: the name ends at a blank or
    /// at `=`, and one `=` may stand before the value.
    static func all(in file: TextFile) -> [OptionLine] {
        var found: [OptionLine] = []
        for (index, raw) in file.lines.enumerated() {
            let text = raw.withoutComment.trimmed
            guard !text.isEmpty else { continue }
            let name = text.prefix { $0 != "=" && $0 != " " && $0 != "\t" }
            var rest = text[name.endIndex...].trimmed
            if rest.hasPrefix("=") { rest = rest.dropFirst().trimmed }
            found.append(OptionLine(name: String(name), value: rest, line: index + 1))
        }
        return found
    }
}
