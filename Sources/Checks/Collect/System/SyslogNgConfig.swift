/// What syslog-ng does with messages: the destinations that a log path uses.
struct SyslogNgConfig {
    private let probe: Probe
    private(set) var outputs = SyslogOutputs()
    private var visited: Set<String> = []
    private var tokens: [Token] = []

    /// A word, a quoted text or a mark, with its place.
    private struct Token {
        var text: String
        var isQuoted: Bool
        var from: String
        func isMark(_ mark: String) -> Bool { !isQuoted && text == mark }
    }

    init(_ probe: Probe) {
        self.probe = probe
        read("/etc/syslog-ng/syslog-ng.conf", depth: 0)
        interpret()
    }

    private mutating func read(_ path: String, depth: Int) {
        guard depth < 6, visited.count < 200, visited.insert(path).inserted, let file = probe.file(path) else { return }
        for (index, raw) in file.lines.enumerated() where tokens.count < 200_000 {
            let line = Conf.trim(raw)
            if line.hasPrefix("@include") {
                let target = Conf.unquote(line.dropFirst("@include".count))
                let whole = target.hasPrefix("/") ? target : "/etc/syslog-ng/\(target)"
                for path in probe.paths(matching: whole) { read(path, depth: depth + 1) }
            } else if !line.hasPrefix("@") {
                tokenize(line, file.from(index + 1))
            }
        }
    }

    private mutating func tokenize(_ line: String, _ from: String) {
        var word: [UInt8] = []
        var quote: UInt8?
        func flush(_ tokens: inout [Token], quoted: Bool) {
            if !word.isEmpty || quoted {
                tokens.append(Token(text: String(decoding: word, as: UTF8.self), isQuoted: quoted, from: from))
            }
            word = []
        }
        for byte in line.utf8 {
            if let open = quote {
                if byte == open {
                    flush(&tokens, quoted: true)
                    quote = nil
                } else {
                    word.append(byte)
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "#"):
                flush(&tokens, quoted: false)
                return
            case 0x22, 0x27:
                flush(&tokens, quoted: false)
                quote = byte
            case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: ";"):
                flush(&tokens, quoted: false)
                tokens.append(Token(text: String(decoding: [byte], as: UTF8.self), isQuoted: false, from: from))
            case let byte where Conf.isSpace(byte): flush(&tokens, quoted: false)
            default: word.append(byte)
            }
        }
        flush(&tokens, quoted: quote != nil)
    }

    private mutating func interpret() {
        var used: Set<String> = []
        for index in tokens.indices.dropLast(3)
        where tokens[index].isMark("destination") && tokens[index + 1].isMark("(") { used.insert(tokens[index + 2].text) }
        var format = "bsd"
        for index in tokens.indices.dropLast(2)
        where ["ts_format", "ts-format"].contains(tokens[index].text) && tokens[index + 1].isMark("(") {
            format = tokens[index + 2].text
        }
        var index = 0
        while index + 2 < tokens.count {
            if tokens[index].isMark("destination"), tokens[index + 2].isMark("{") {
                let isUsed = used.contains(tokens[index + 1].text)
                index = destination(from: index + 3, isUsed: isUsed)
            } else {
                index += 1
            }
        }
        outputs.traditionalTime = outputs.files.isEmpty ? false : ["bsd", "rfc3164"].contains(format)
    }

    /// Reads the drivers of one destination; gives the index behind it.
    private mutating func destination(from start: Int, isUsed: Bool) -> Int {
        var index = start
        var braces = 1
        while index < tokens.count, braces > 0 {
            if tokens[index].isMark("{") { braces += 1 }
            if tokens[index].isMark("}") { braces -= 1 }
            if index + 1 < tokens.count, braces == 1, !tokens[index].isQuoted, tokens[index + 1].isMark("(") {
                let end = closing(of: index + 1)
                if isUsed { driver(tokens[index].text.lowercased(), Array(tokens[(index + 2)..<end])) }
                index = end
            }
            index += 1
        }
        return index
    }

    private func closing(of open: Int) -> Int {
        var depth = 0
        for index in open..<tokens.count {
            if tokens[index].isMark("(") { depth += 1 }
            if tokens[index].isMark(")") {
                depth -= 1
                if depth == 0 { return index }
            }
        }
        return tokens.count
    }

    private mutating func driver(_ name: String, _ body: [Token]) {
        guard let first = body.first else { return }
        func option(_ names: String...) -> String? {
            for index in body.indices.dropLast(2)
            where !body[index].isQuoted && names.contains(body[index].text.lowercased()) && body[index + 1].isMark("(") {
                return body[index + 2].text.lowercased()
            }
            return nil
        }
        switch name {
        case "file": outputs.files.append(first.text)
        case "network", "syslog", "tcp", "tcp6", "udp", "udp6":
            let standard = name.hasPrefix("udp") ? "udp" : "tcp"
            let transport = option("transport") ?? standard
            let tls = transport.contains("tls") || option("tls") != nil && transport == "tcp"
            outputs.forwards.append(
                .init(
                    target: first.text, protocolName: transport.contains("udp") ? "udp" : "tcp", tls: tls,
                    queueOnDisk: option("disk-buffer", "disk_buffer") != nil, from: first.from))
        case "kafka", "kafka-c", "elasticsearch-http", "elasticsearch2", "http", "mongodb", "sql", "amqp", "redis", "loki",
            "splunk-hec-event",
            "opentelemetry", "syslog-ng-otlp", "stomp", "graphite", "riemann":
            outputs.otherRemote = true
        default: return
        }
    }
}
