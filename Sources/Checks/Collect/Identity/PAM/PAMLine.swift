/// One logical line of a PAM configuration file, in tokens.
struct PAMLine: Sendable, Equatable {
    /// A token; a bracketed one has lost its brackets.
    struct Token: Sendable, Equatable {
        var text: String
        var bracketed: Bool

        /// The token as it was written.
        var written: String { bracketed ? "[\(text)]" : text }
    }

    var tokens: [Token]
    /// Line on which it begins.
    var number: Int

    /// Longest logical line that is read; libpam itself once stopped at 1024 bytes.
    static let limit = 65_536

    /// The logical lines of a file: comments cut, lines that end in `\` joined (a comment ends the joining), blanks skipped.
    static func all(in lines: [Substring]) -> [PAMLine] {
        var found: [PAMLine] = []
        var pending: [UInt8] = []
        var start = 0
        for (index, line) in lines.enumerated() {
            if start == 0 { start = index + 1 }
            var bytes = Array(line.utf8.prefix(limit))
            var joined = false
            if let last = bytes.lastIndex(where: { $0 != 0x20 && $0 != 0x09 }), bytes[last] == UInt8(ascii: "\\") {
                joined = !bytes.contains(UInt8(ascii: "#"))
                bytes[last] = 0x20
            }
            pending += bytes.drop { $0 == 0x20 || $0 == 0x09 }.prefix { $0 != UInt8(ascii: "#") }
            if joined, pending.count < limit { continue }
            let tokens = tokens(of: pending[...])
            if !tokens.isEmpty { found.append(PAMLine(tokens: tokens, number: start)) }
            pending.removeAll(keepingCapacity: true)
            start = 0
        }
        let tokens = tokens(of: pending[...])
        if !tokens.isEmpty { found.append(PAMLine(tokens: tokens, number: start)) }
        return found
    }

    /// Splits at blanks; `[…]` is one token, in which `\]` stands for `]`.
    static func tokens(of bytes: ArraySlice<UInt8>) -> [Token] {
        var tokens: [Token] = []
        var index = bytes.startIndex
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        while true {
            while index < bytes.endIndex, isBlank(bytes[index]) { index += 1 }
            guard index < bytes.endIndex else { return tokens }
            var text: [UInt8] = []
            let bracketed = bytes[index] == UInt8(ascii: "[")
            if bracketed {
                index += 1
                while index < bytes.endIndex, bytes[index] != UInt8(ascii: "]") {
                    if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.endIndex, bytes[index + 1] == UInt8(ascii: "]") {
                        index += 1
                    }
                    text.append(bytes[index])
                    index += 1
                }
                index += 1
            } else {
                while index < bytes.endIndex, !isBlank(bytes[index]) {
                    text.append(bytes[index])
                    index += 1
                }
            }
            tokens.append(Token(text: String(decoding: text, as: UTF8.self), bracketed: bracketed))
            index = min(index, bytes.endIndex)
        }
    }
}
