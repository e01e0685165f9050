internal import ArgumentParser
internal import Rulebook
internal import Vault

extension VaultCommand {
    struct Search: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find records by words, fields, source and time; every record shown was rehashed.",
            discussion: """
                Each WORDS is a phrase that must occur in the record or in one of its plain fields: whole words, ASCII letters in either case; \
                Chinese is found anywhere in a run. --contains takes bytes anywhere in the record, in exactly that case. Everything given must \
                hold. Fields are those the record came with and those in its text: members of a JSON object (actor.name for nested ones) or \
                key=value pairs. Times are ISO 8601 with an offset, or a date in UTC; --to and --occurred-to are not included.

                Indexes (plumbline vault index) only make it faster. Whoever can write to the vault's directory can write a wrong index, \
                which could hide a record but never show a false one; --scan uses none. Reading needs no key and no lock.

                EXAMPLES
                  plumbline vault search /srv/logs/trading denied --field actor.name=alice --newest --limit 20
                  plumbline vault search /srv/logs/trading 資安 --from 2026-11-01 --to 2026-12-01
                  plumbline vault search /srv/logs/trading "login failed" --source web1 --json
                  plumbline vault search /srv/logs/trading --contains "order=4711;" --count

                EXIT STATUS
                  0  found   1  nothing found   65 bad input or damaged   66 no vault   74 file call failed
                """)

        @Argument(help: ArgumentHelp("The vault's directory.", valueName: "dir"))
        var directory: String
        @Argument(help: ArgumentHelp("Phrases that must all occur.", valueName: "words"))
        var words: [String] = []
        @Option(
            name: .customLong("field"),
            help: ArgumentHelp("A field and its exact value; may be repeated.", valueName: "name=value"))
        var fields: [String] = []
        @Option(help: ArgumentHelp("The source, exactly.", valueName: "name"))
        var source: String?
        @Option(help: ArgumentHelp("Received at or after this time.", valueName: "time"))
        var from: String?
        @Option(help: ArgumentHelp("Received before this time.", valueName: "time"))
        var to: String?
        @Option(help: ArgumentHelp("Happened, by the source's clock, at or after this time.", valueName: "time"))
        var occurredFrom: String?
        @Option(help: ArgumentHelp("Happened, by the source's clock, before this time.", valueName: "time"))
        var occurredTo: String?
        @Option(help: ArgumentHelp("Bytes anywhere in the record; may be repeated.", valueName: "text"))
        var contains: [String] = []
        @Option(
            help: ArgumentHelp(
                "A key commitment (64 hexadecimal digits): records with a field sealed under it.", valueName: "hex"))
        var commitment: [String] = []
        @Flag(help: "Only what the vault says itself: seals, holds, expiry, erasure.")
        var control = false
        @Option(help: ArgumentHelp("Most records to show.", valueName: "n"))
        var limit: Int?
        @Option(help: ArgumentHelp("The first index to look at; the summary says where to go on.", valueName: "index"))
        var start: UInt64?
        @Flag(help: "Newest first.")
        var newest = false
        @Flag(help: "One JSON object a line.")
        var json = false
        @Flag(help: "Print only how many there are.")
        var count = false
        @Flag(help: "Read every block, trusting no index.")
        var scan = false

        func validate() throws {
            guard !(json && count) else { throw ValidationError("--json or --count, not both") }
        }

        func run() async throws {
            try await VaultCommand.run {
                let query = try query()
                let searcher = VaultSearcher(try VaultReader(directory: directory), usesIndex: !scan)
                var output: [UInt8] = []
                let report = try searcher.search(query) { hit in
                    if !count { output += json ? HitText.json(hit) : HitText.line(hit) }
                    if output.count > 1 << 16 {
                        Terminal.write(output)
                        output.removeAll(keepingCapacity: true)
                    }
                    return true
                }
                Terminal.write(count ? Array("\(report.hits)\n".utf8) : output)
                Terminal.complain(HitText.summary(report, directory))
                Terminal.exitIfCut()
                if report.hits == 0 { throw ExitCode(1) }
            }
        }

        private func query() throws(VaultError) -> SearchQuery {
            var query = SearchQuery()
            query.texts = words
            for field in fields {
                guard let equals = field.firstIndex(of: "=") else {
                    throw VaultError(.badInput, "\(field) is not name=value", at: "--field")
                }
                query.fields.append(.init(String(field[..<equals]), String(field[field.index(after: equals)...])))
            }
            query.source = source
            query.received = try TimeText.range(from, to, "--from", "--to")
            query.occurred = try TimeText.range(occurredFrom, occurredTo, "--occurred-from", "--occurred-to")
            query.contains = contains.map { Array($0.utf8) }
            for text in commitment {
                guard let key = HitText.unhex(text) else {
                    throw VaultError(.badInput, "\(text) is not hexadecimal", at: "--commitment")
                }
                query.keys.append(key)
            }
            query.kind = control ? .control : nil
            (query.limit, query.start, query.isNewestFirst) = (limit ?? .max, start, newest)
            return query
        }
    }

    struct Index: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the indexes that search is missing.",
            discussion: """
                One file for each sealed segment, in DIR/index. They are made from the segments alone: they can be removed and made again \
                at any time. Needs no key; may run while the vault is written.

                EXAMPLES
                  plumbline vault index /srv/logs/trading
                  plumbline vault index /srv/logs/trading --rebuild
                """)

        @Argument(help: ArgumentHelp("The vault's directory.", valueName: "dir"))
        var directory: String
        @Flag(help: "Make all of them anew.")
        var rebuild = false

        func run() async throws {
            try await VaultCommand.run {
                let reader = try VaultReader(directory: directory)
                let indexer = VaultIndexer(reader)
                let wanted = rebuild ? Array(0..<reader.segments) : try indexer.missing()
                let line = ProgressLine()
                var (made, bytes, gone) = (0, 0, 0)
                for (place, number) in wanted.enumerated() {
                    do {
                        bytes += try indexer.index(number).bytes
                        made += 1
                    } catch let error as VaultError where error.code == .notFound {
                        gone += 1
                    }
                    line.show("segment \(place + 1) of \(wanted.count)")
                }
                line.clear()
                let rest = gone == 0 ? "" : "; \(gone) segments are gone"
                Terminal.write("indexed \(made) of \(reader.segments) segments, \(HitText.grouped(UInt64(bytes))) bytes\(rest)\n")
            }
        }
    }
}

/// Records as lines.
private enum HitText {
    static func line(_ hit: SearchHit) -> [UInt8] {
        let record = hit.record
        let source = record.source.isEmpty ? "-" : shown(Array(record.source.utf8))
        return Array("\(hit.index) \(TimeText.text(hit.received)) \(source) \(shown(record.body))\n".utf8)
    }

    /// Text in which nothing can move the cursor, change direction or begin a line; what is no UTF-8 as `\xNN`.
    private static func shown(_ bytes: [UInt8]) -> String {
        var text = ""
        var rest = bytes[...]
        while !rest.isEmpty {
            if let valid = String(validating: rest, as: UTF8.self) {
                append(valid, to: &text)
                return text
            }
            // The longest beginning that is UTF-8, then one byte that is not.
            var good = 0
            var decoder = UTF8()
            var iterator = rest.makeIterator()
            while case .scalarValue(let scalar) = decoder.decode(&iterator) { good += UTF8.width(scalar) }
            append(String(decoding: rest.prefix(good), as: UTF8.self), to: &text)
            rest = rest.dropFirst(good)
            if let byte = rest.popFirst() { text += "\\x" + hex([byte]) }
        }
        return text
    }

    private static func append(_ valid: String, to text: inout String) {
        for scalar in valid.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                text += scalar == "\n" ? "\\n" : scalar == "\t" ? "\\t" : "\\u{\(String(scalar.value, radix: 16))}"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }

    static func json(_ hit: SearchHit) -> [UInt8] {
        let record = hit.record
        var text = "{\"index\":\(hit.index),\"received\":\"\(TimeText.text(hit.received))\""
        if let occurred = record.occurred { text += ",\"occurred\":\"\(TimeText.text(occurred))\"" }
        text += ",\"kind\":\"\(record.kind == .control ? "control" : "record")\",\"source\":\(quoted(record.source))"
        if !record.fields.isEmpty {
            let fields = record.fields.map { field in
                "{\"name\":\(quoted(field.name)),\(value(field.isSealed ? "sealed" : "value", field.value, isHex: field.isSealed))}"
            }
            text += ",\"fields\":[\(fields.joined(separator: ","))]"
        }
        return Array((text + ",\(value("body", record.body, isHex: false))}\n").utf8)
    }

    /// `"name":"text"`, or `"name_hex":"…"` for what is not text.
    private static func value(_ name: String, _ bytes: [UInt8], isHex: Bool) -> String {
        guard !isHex, let text = String(validating: bytes, as: UTF8.self) else { return "\"\(name)_hex\":\"\(hex(bytes))\"" }
        return "\"\(name)\":\(quoted(text))"
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    static func unhex(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
    }

    static func summary(_ report: SearchReport, _ directory: String) -> String {
        var parts = ["\(grouped(report.hits)) hit\(report.hits == 1 ? "" : "s")"]
        parts.append("\(grouped(UInt64(report.blocksRead))) of \(grouped(UInt64(report.blocks))) blocks read")
        if report.segmentsWithoutIndex > 0 {
            let refused = report.refusedIndexes > 0 ? " (\(report.refusedIndexes) refused)" : ""
            parts.append("\(report.segmentsWithoutIndex) of \(report.segments) segments searched without an index\(refused)")
        }
        for range in report.expired { parts.append("records \(range.lowerBound)...\(range.upperBound - 1) are gone") }
        if let next = report.next { parts.append("go on with --start \(next)") }
        return parts[0] + "; " + parts.dropFirst().joined(separator: "; ")
    }

    static func grouped(_ number: UInt64) -> String {
        let digits = Array(String(number))
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }
}
