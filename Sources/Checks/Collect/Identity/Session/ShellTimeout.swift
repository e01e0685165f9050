internal import Documents

/// What the shells' start files make of TMOUT, read statement by statement.
struct ShellTimeout {
    /// The value in force: seconds, and where it was set.
    private(set) var seconds: Origin<Int>?
    private(set) var isReadonly = false
    private(set) var isExported = false
    /// Whether the value is one that cannot be seen from the text.
    private(set) var isUnclear = false

    /// Reads the files in the order a login shell meets them.
    static func read(_ probe: Probe) -> ShellTimeout {
        var timeout = ShellTimeout()
        if let file = probe.file("/etc/environment") { timeout.environment(file) }
        let profile = probe.file("/etc/profile")
        if let profile { timeout.script(profile, probe) }
        if let file = probe.file("/etc/bash.bashrc") { timeout.script(file, probe) }
        // The folder counts only when /etc/profile reads it, as every distribution's does.
        if profile?.lines.contains(where: { $0.contains("profile.d") && !$0.trimmed.hasPrefix("#") }) ?? false {
            for name in probe.names(in: "/etc/profile.d") where name.hasSuffix(".sh") {
                if let file = probe.file("/etc/profile.d/\(name)") { timeout.script(file, probe) }
            }
        }
        if let file = probe.file("/etc/bashrc") { timeout.script(file, probe) }
        return timeout
    }

    private mutating func environment(_ file: TextFile) {
        for (index, line) in file.lines.enumerated() {
            var text = line.trimmed
            if text.hasPrefix("export ") { text = text.dropFirst(7).trimmed }
            guard text.hasPrefix("TMOUT=") else { continue }
            assign(String(text.dropFirst(6)).filter { $0 != "\"" && $0 != "'" }, file.from(index + 1))
            isExported = true
        }
    }

    private mutating func script(_ file: TextFile, _ probe: Probe) {
        var depth = 0
        for (line, text) in Self.logicalLines(file) {
            // Most lines have nothing to do with it; those that open and close blocks must be seen.
            for words in Self.statements(text) {
                guard let first = words.first else { continue }
                if ["if", "case", "for", "while", "until", "select"].contains(first) { depth += 1 }
                if ["fi", "esac", "done"].contains(first) { depth = max(0, depth - 1) }
                let body = ["then", "else", "do", "{", "!", "builtin", "command"].contains(first) ? words[1...] : words[...]
                guard statement(body, file.from(line)) else { continue }
                if depth > 0 { probe.gap(file.from(line), "TMOUT is set under a condition; it may not hold for everybody") }
            }
        }
    }

    /// Lines with their continuations; only the first megabyte's worth.
    private static func logicalLines(_ file: TextFile) -> [(Int, String)] {
        var found: [(Int, String)] = []
        var pending = ""
        var start = 0
        var total = 0
        for (index, raw) in file.lines.enumerated() {
            total += raw.utf8.count
            guard total < 1 << 20 else { break }
            if pending.isEmpty { start = index + 1 }
            let line = raw.utf8.last == 0x0D ? String(decoding: raw.utf8.dropLast(), as: UTF8.self) : String(raw)
            if line.utf8.last == UInt8(ascii: "\\") {
                pending += line.dropLast() + " "
                continue
            }
            found.append((start, pending + line))
            pending = ""
        }
        if !pending.isEmpty { found.append((start, pending)) }
        return found
    }

    /// Simple commands of a line, in words, quotes removed. Expansions are kept as text.
    static func statements(_ line: String) -> [[String]] {
        var found: [[String]] = []
        var words: [String] = []
        var word: [UInt8] = []
        var quote: UInt8?
        var hasWord = false
        func flushed() -> [String] { hasWord ? words + [String(decoding: word, as: UTF8.self)] : words }
        var bytes = Array(line.utf8)[...]
        while let byte = bytes.popFirst() {
            if let open = quote {
                if byte == open { quote = nil } else { word.append(byte) }
            } else if byte == 0x22 || byte == 0x27 {
                quote = byte
                hasWord = true
            } else if byte == 0x20 || byte == 0x09 || [0x3B, 0x26, 0x7C, 0x28, 0x29].contains(byte) {
                words = flushed()
                (word, hasWord) = ([], false)
                if byte != 0x20, byte != 0x09 {
                    found.append(words)
                    words = []
                }
            } else if byte == UInt8(ascii: "#"), !hasWord {
                break
            } else {
                word.append(byte)
                hasWord = true
            }
        }
        found.append(flushed())
        return found.filter { !$0.isEmpty }
    }

    /// Takes one simple command; whether it set or marked TMOUT.
    private mutating func statement(_ words: ArraySlice<String>, _ from: String) -> Bool {
        guard let first = words.first else { return false }
        var (marksReadonly, marksExported) = (false, false)
        var rest = words.dropFirst()
        switch first {
        case "readonly": marksReadonly = true
        case "export": marksExported = true
        case "declare", "typeset", "local":
            for flag in rest where flag.hasPrefix("-") {
                marksReadonly = marksReadonly || flag.contains("r")
                marksExported = marksExported || flag.contains("x")
            }
        case "unset":
            guard rest.contains("TMOUT"), !isReadonly else { return false }
            (seconds, isExported, isUnclear) = (nil, false, false)
            return true
        default:
            // An assignment before a command holds for that command only.
            guard words.allSatisfy({ $0.contains("=") }) else { return false }
            rest = words
        }
        if rest.first == "-n", marksExported { marksExported = false }
        var touched = false
        for word in rest where word == "TMOUT" || word.hasPrefix("TMOUT=") {
            touched = true
            if word.hasPrefix("TMOUT=") { assign(String(word.dropFirst(6)), from) }
            isReadonly = isReadonly || marksReadonly
            isExported = isExported || marksExported
        }
        return touched
    }

    private mutating func assign(_ text: String, _ from: String) {
        // The shell refuses to change a read-only variable: what came first stays.
        guard !isReadonly else { return }
        if let value = Int(text.trimmed), value >= 0 {
            (seconds, isUnclear) = (Origin(value, from), false)
        } else if text.isEmpty {
            (seconds, isUnclear) = (Origin(0, from), false)
        } else if text.hasPrefix("${TMOUT:-") || text.hasPrefix("${TMOUT:="),
            let value = Int(text.dropFirst(9).prefix { $0 != "}" })
        {
            if seconds == nil || seconds?.value == 0 { (seconds, isUnclear) = (Origin(value, from), false) }
        } else {
            (seconds, isUnclear) = (nil, true)
        }
    }
}
