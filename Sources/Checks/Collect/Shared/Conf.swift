/// Small steps that every configuration reader here takes: trimming, splitting, unquoting. ASCII only, because that is what the
/// programs that own these files understand.
enum Conf {
    /// The text without white space at both ends.
    static func trim(_ text: some StringProtocol) -> String {
        text.trimmed
    }

    /// The words of a line, split at white space.
    static func words(_ text: some StringProtocol) -> [String] {
        text.words
    }

    /// The words of a line where quotes (single or double) hold words together; the quotes are taken off.
    static func quotedWords(_ text: some StringProtocol) -> [String] {
        var words: [String] = []
        var word: [UInt8]?
        var quote: UInt8?
        for byte in text.utf8 {
            if let open = quote {
                if byte == open { quote = nil } else { word?.append(byte) }
            } else if byte == 0x22 || byte == 0x27 {
                quote = byte
                word = word ?? []
            } else if isSpace(byte) {
                if let done = word { words.append(String(decoding: done, as: UTF8.self)) }
                word = nil
            } else {
                word = (word ?? []) + [byte]
            }
        }
        if let done = word { words.append(String(decoding: done, as: UTF8.self)) }
        return words
    }

    /// The text without one pair of quotes around it.
    static func unquote(_ text: some StringProtocol) -> String {
        let text = trim(text)
        guard text.utf8.count >= 2, let first = text.first, first == text.last, first == "\"" || first == "'" else { return text }
        return String(text.dropFirst().dropLast())
    }

    /// `key` and `value` around the first separator; nil when there is none or the key is empty.
    static func pair(_ line: some StringProtocol, separator: Character = "=") -> (key: String, value: String)? {
        let text = trim(line)
        guard let index = text.firstIndex(of: separator) else { return nil }
        let key = trim(text[..<index])
        return key.isEmpty ? nil : (key, trim(text[text.index(after: index)...]))
    }

    /// Whether a trimmed line says nothing: empty or a comment that begins with one of `marks`.
    static func isSilent(_ line: String, marks: String = "#") -> Bool {
        guard let first = line.first else { return true }
        return marks.contains(first)
    }

    /// yes/no as configuration files write it; nil for other words.
    static func bool(_ text: some StringProtocol) -> Bool? {
        switch unquote(text).lowercased() {
        case "yes", "y", "true", "t", "on", "1": true
        case "no", "n", "false", "f", "off", "0": false
        default: nil
        }
    }

    /// A whole number in decimal; nil for anything else.
    static func int(_ text: some StringProtocol) -> Int? {
        let text = unquote(text)
        guard let first = text.utf8.first, first == 0x2D || (0x30...0x39).contains(first) else { return nil }
        return Int(text)
    }

    /// A decimal number such as `-0.000123` or `12`, times `factor`, rounded away from zero; nil for anything else.
    static func scaledUp(_ text: some StringProtocol, by factor: Double) -> Int? {
        let text = trim(text)
        guard let first = text.utf8.first, first == 0x2D || first == 0x2B || first == 0x2E || (0x30...0x39).contains(first),
            let number = Double(text), number.isFinite
        else { return nil }
        let scaled = number * factor
        return Int(exactly: scaled.rounded(.awayFromZero))
    }

    /// Last part of a path.
    static func base(_ path: some StringProtocol) -> String {
        path.split(separator: "/", omittingEmptySubsequences: true).last.map { String($0) } ?? String(path)
    }

    /// A path without doubled or trailing slashes.
    static func normalPath(_ path: some StringProtocol) -> String {
        "/" + path.split(separator: "/", omittingEmptySubsequences: true).filter { $0 != "." }.joined(separator: "/")
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// Whether `name` matches a shell pattern with `*` and `?` (classes are not known and match nothing), in linear steps per star.
    static func matches(_ name: some StringProtocol, glob: some StringProtocol) -> Bool {
        let name = Array(name.utf8)
        let glob = Array(glob.utf8)
        var at = 0
        var mark = 0
        var star = -1
        var starAt = 0
        while at < name.count {
            if mark < glob.count, glob[mark] == UInt8(ascii: "*") {
                star = mark
                starAt = at
                mark += 1
            } else if mark < glob.count, glob[mark] == UInt8(ascii: "?") || glob[mark] == name[at] {
                mark += 1
                at += 1
            } else if star >= 0 {
                starAt += 1
                at = starAt
                mark = star + 1
            } else {
                return false
            }
        }
        while mark < glob.count, glob[mark] == UInt8(ascii: "*") { mark += 1 }
        return mark == glob.count
    }
}

extension Probe {
    /// Files that a path with a shell pattern in its last part names, sorted; the path itself when it has no pattern.
    func paths(matching pattern: String) -> [String] {
        guard pattern.contains(where: { $0 == "*" || $0 == "?" }), let slash = pattern.lastIndex(of: "/") else {
            return [pattern]
        }
        let folder = String(pattern[..<slash])
        let glob = pattern[pattern.index(after: slash)...]
        return names(in: folder.isEmpty ? "/" : folder).filter { !$0.hasPrefix(".") && Conf.matches($0, glob: glob) }
            .map { "\(folder)/\($0)" }
    }

    /// Whether a program of this name lies in one of the system's program folders.
    func hasProgram(_ name: String) -> Bool {
        ["/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/", "/usr/local/sbin/", "/usr/local/bin/"].contains { exists($0 + name) }
    }
}
