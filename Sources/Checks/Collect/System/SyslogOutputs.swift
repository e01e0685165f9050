/// What a syslog configuration does with messages, whichever program reads it.
struct SyslogOutputs: Sendable, Equatable {
    /// One forwarding to another host.
    struct Forward: Sendable, Equatable {
        var target: String
        var protocolName: String
        var tls: Bool
        var queueOnDisk: Bool
        var from: String

        /// Whether it leaves this host.
        var isRemote: Bool {
            !(target == "localhost" || target == "::1" || target == "[::1]" || target.hasPrefix("127.") || target.hasPrefix("/"))
        }
    }

    var forwards: [Forward] = []
    var files: [String] = []
    /// Whether some file is written without year and zone; nil when a template of the site's own decides.
    var traditionalTime: Bool? = false
    var createMode: (mode: String, from: String)?
    /// A module that sends records elsewhere in a way not listed under `forwards`.
    var otherRemote = false

    static func == (left: SyslogOutputs, right: SyslogOutputs) -> Bool {
        left.forwards == right.forwards && left.files == right.files && left.traditionalTime == right.traditionalTime
            && left.createMode?.mode == right.createMode?.mode && left.otherRemote == right.otherRemote
    }
}

/// A piece of rsyslog configuration: an object such as `action(type="omfwd" …)`, or a line in the old form.
enum RsyslogStatement: Equatable {
    case object(name: String, parameters: [String: String], from: String)
    case line(String, from: String)
}

/// Cuts rsyslog configuration into statements. What it does not know (conditions, braces) passes as lines that mean nothing.
struct RsyslogScanner {
    private let bytes: [UInt8]
    private let path: String
    private var index = 0
    private var line = 1

    private static let objects: Set<String> = [
        "action", "module", "include", "global", "input", "template", "ruleset", "main_queue", "parser", "timezone",
        "lookup_table",
        "dyn_stats", "property", "constant",
    ]

    init(_ file: TextFile) {
        bytes = Array(file.lines.joined(separator: "\n").utf8)
        path = file.path
    }

    /// All statements in order.
    static func statements(of file: TextFile) -> [RsyslogStatement] {
        var scanner = RsyslogScanner(file)
        var found: [RsyslogStatement] = []
        while scanner.index < scanner.bytes.count { scanner.next(&found) }
        return found
    }

    private mutating func next(_ found: inout [RsyslogStatement]) {
        var text: [UInt8] = []
        let start = line
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\n") {
                index += 1
                line += 1
                if text.last == UInt8(ascii: "\\") {
                    text.removeLast()
                    continue
                }
                break
            }
            if byte == UInt8(ascii: "#"), text.isEmpty || text.last.map(Conf.isSpace) == true {
                skipLine()
                continue
            }
            if byte == UInt8(ascii: "/"), index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "*"),
                text.allSatisfy(Conf.isSpace)
            {
                skipComment()
                continue
            }
            if byte == UInt8(ascii: "("), let name = Self.trailingWord(text), Self.objects.contains(name) {
                index += 1
                let at = line
                found.append(.object(name: name, parameters: parameters(), from: "\(path):\(at)"))
                text.removeLast(min(text.count, name.utf8.count))
                continue
            }
            // A brace begins a new statement: `if … then { action(…) }`.
            if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}"), Self.isScript(text) {
                index += 1
                break
            }
            text.append(byte)
            index += 1
        }
        let rest = Conf.trim(String(decoding: text, as: UTF8.self))
        if !rest.isEmpty { found.append(.line(rest, from: "\(path):\(start)")) }
    }

    private static func isScript(_ text: [UInt8]) -> Bool {
        let first = Conf.words(String(decoding: text, as: UTF8.self)).first ?? ""
        return first.isEmpty || ["if", "else", "then", "ruleset", "foreach", "template"].contains(first)
    }

    private static func trailingWord(_ text: [UInt8]) -> String? {
        let word = text.reversed().prefix { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A || $0 == 0x5F }
        return word.isEmpty ? nil : String(decoding: word.reversed(), as: UTF8.self).lowercased()
    }

    private mutating func skipLine() {
        while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
    }

    private mutating func skipComment() {
        index += 2
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\n") { line += 1 }
            if bytes[index] == UInt8(ascii: "*"), index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "/") {
                index += 2
                return
            }
            index += 1
        }
    }

    /// `key="value" …` up to the closing bracket; keys in lower case.
    private mutating func parameters() -> [String: String] {
        var found: [String: String] = [:]
        var key: [UInt8] = []
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: ")"): return found
            case UInt8(ascii: "\n"): line += 1
            case UInt8(ascii: "#"): skipLine()
            case UInt8(ascii: "="):
                let value = value()
                found[Conf.trim(String(decoding: key, as: UTF8.self)).lowercased()] = value
                key = []
            default: if !Conf.isSpace(byte) { key.append(byte) }
            }
        }
        return found
    }

    private mutating func value() -> String {
        while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
        var text: [UInt8] = []
        guard index < bytes.count, bytes[index] == 0x22 || bytes[index] == 0x27 else {
            // A bare or list value: up to the next space or bracket.
            while index < bytes.count, !Conf.isSpace(bytes[index]), bytes[index] != UInt8(ascii: ")") {
                text.append(bytes[index])
                index += 1
            }
            return String(decoding: text, as: UTF8.self)
        }
        let quote = bytes[index]
        index += 1
        while index < bytes.count, bytes[index] != quote {
            if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count { index += 1 }
            if bytes[index] == UInt8(ascii: "\n") { line += 1 }
            text.append(bytes[index])
            index += 1
        }
        index += 1
        return String(decoding: text, as: UTF8.self)
    }
}
