/// Reads one logical line of sudoers, character by character.
struct SudoersScanner {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

    /// Bytes not taken yet.
    var remaining: ArraySlice<UInt8> { bytes }

    /// Nothing is left.
    var isAtEnd: Bool { bytes.isEmpty }

    mutating func skipBlanks() { bytes = bytes.drop { $0 == 0x20 || (0x09...0x0D).contains($0) } }

    /// Takes a character if it comes next.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard let first = bytes.first, UInt32(first) == character.value else { return false }
        bytes = bytes.dropFirst()
        return true
    }

    /// What comes next, without taking it.
    mutating func peek() -> UInt8? {
        skipBlanks()
        return bytes.first
    }

    /// Text up to an unquoted, unescaped one of `stops`; quotes go, `\x` gives x.
    mutating func text(until stops: String) -> String {
        let stops = Array(stops.utf8)
        var found: [UInt8] = []
        var quoted = false
        skipBlanks()
        while let byte = bytes.first {
            if byte == UInt8(ascii: "\\"), bytes.count > 1 {
                found.append(bytes[bytes.startIndex + 1])
                bytes = bytes.dropFirst(2)
                continue
            }
            if byte == 0x22 {
                quoted.toggle()
            } else if !quoted, stops.contains(byte) {
                break
            } else {
                found.append(byte)
            }
            bytes = bytes.dropFirst()
        }
        return String(decoding: found, as: UTF8.self).trimmed
    }

    /// A comma-separated list of items that hold no blanks, each with its `!`s; ends where no comma follows.
    mutating func list() -> [String] {
        var items: [String] = []
        while items.count < 10_000 {
            var negated = false
            while take("!") { negated.toggle() }
            let item = text(until: " \t,=:()!\r\n")
            if !item.isEmpty { items.append(negated ? "!\(item)" : item) }
            guard take(",") else { break }
        }
        return items
    }

    /// The tag that comes next (`NOPASSWD:`), taken.
    mutating func tag() -> String? {
        skipBlanks()
        let name = bytes.prefix { (0x41...0x5A).contains($0) || $0 == UInt8(ascii: "_") }
        let rest = bytes[name.endIndex...].drop { $0 == 0x20 || $0 == 0x09 }
        guard !name.isEmpty, rest.first == UInt8(ascii: ":") else { return nil }
        let word = String(decoding: name, as: UTF8.self)
        guard Self.tags.contains(word) else { return nil }
        bytes = rest.dropFirst()
        return word
    }

    /// An option that comes next (`ROLE=x`, `CWD=/`), taken.
    mutating func skipOption() -> Bool {
        skipBlanks()
        let name = bytes.prefix { (0x41...0x5A).contains($0) || $0 == UInt8(ascii: "_") }
        let rest = bytes[name.endIndex...].drop { $0 == 0x20 || $0 == 0x09 }
        guard Self.options.contains(String(decoding: name, as: UTF8.self)), rest.first == UInt8(ascii: "=") else { return false }
        bytes = rest.dropFirst()
        _ = text(until: " \t,")
        return true
    }

    /// A command with its arguments; a digest before it is dropped.
    mutating func command() -> String {
        var negated = false
        while take("!") { negated.toggle() }
        for digest in ["sha224:", "sha256:", "sha384:", "sha512:"] where bytes.starts(with: digest.utf8) {
            bytes = bytes.dropFirst(digest.utf8.count)
            _ = text(until: " \t,")
            break
        }
        while take("!") { negated.toggle() }
        let command = text(until: ",:=").words.joined(separator: " ")
        return negated && !command.isEmpty ? "!\(command)" : command
    }

    /// Everything left.
    mutating func rest() -> String { text(until: "") }

    private static let tags: Set<String> = [
        "NOPASSWD", "PASSWD", "NOEXEC", "EXEC", "SETENV", "NOSETENV", "LOG_INPUT", "NOLOG_INPUT", "LOG_OUTPUT", "NOLOG_OUTPUT",
        "MAIL",
        "NOMAIL", "FOLLOW", "NOFOLLOW", "INTERCEPT", "NOINTERCEPT",
    ]
    private static let options: Set<String> = [
        "ROLE", "TYPE", "PRIVS", "LIMITPRIVS", "NOTBEFORE", "NOTAFTER", "TIMEOUT", "CWD", "CHROOT", "APPARMOR_PROFILE",
    ]
}

/// A logical line: continuations joined, comment cut.
struct SudoersLine: Sendable, Equatable {
    var text: String
    var number: Int

    /// Longest logical line that is read.
    static let limit = 262_144

    static func all(in lines: [Substring]) -> [SudoersLine] {
        var found: [SudoersLine] = []
        var pending: [UInt8] = []
        var start = 0
        for (index, raw) in lines.enumerated() {
            if start == 0 { start = index + 1 }
            var bytes = Array(raw.utf8.prefix(limit))
            if bytes.last == 0x0D { bytes.removeLast() }
            let joined = bytes.reversed().prefix { $0 == UInt8(ascii: "\\") }.count % 2 == 1
            if joined { bytes.removeLast() }
            pending += bytes
            if joined, pending.count < limit { continue }
            append(pending, start, to: &found)
            pending = []
            start = 0
        }
        append(pending, start, to: &found)
        return found
    }

    private static func append(_ bytes: [UInt8], _ number: Int, to found: inout [SudoersLine]) {
        let text = withoutComment(bytes).trimmed
        if !text.isEmpty { found.append(SudoersLine(text: text, number: number)) }
    }

    /// `#` begins a comment unless it is quoted, escaped, begins a user or group number, or is an old-style include.
    private static func withoutComment(_ bytes: [UInt8]) -> String {
        let blank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        let body = bytes.drop(while: blank)
        for directive in ["#include ", "#include\t", "#includedir ", "#includedir\t"] where body.starts(with: directive.utf8) {
            return String(decoding: body, as: UTF8.self)
        }
        var quoted = false
        var escaped = false
        for (index, byte) in bytes.enumerated() {
            if escaped {
                escaped = false
            } else if byte == UInt8(ascii: "\\") {
                escaped = true
            } else if byte == 0x22 {
                quoted.toggle()
            } else if byte == UInt8(ascii: "#"), !quoted {
                let isNumber = index + 1 < bytes.count && (0x30...0x39).contains(bytes[index + 1])
                let before = index > 0 ? bytes[index - 1] : 0x20
                if !isNumber || !(blank(before) || "%,(!:=".utf8.contains(before)) {
                    return String(decoding: bytes[..<index], as: UTF8.self)
                }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
