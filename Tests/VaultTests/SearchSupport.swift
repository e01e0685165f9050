import Testing

@testable import Vault

/// Makes records of many shapes, with words that come again and words that do not.
struct RecordMaker {
    var random: Seeded
    /// Bytes of filler behind some bodies, so that a small segment has several blocks.
    var filler = 0

    init(_ seed: UInt64) { random = Seeded(seed) }

    static let words = [
        "login", "Logout", "denied", "SUCCESS", "資安", "資訊安全", "交易系統", "安全", "naïve", "Ünïcode", "a", "x1", "order", "的", "beef",
        "face",
    ]

    mutating func pick<Element>(_ list: [Element]) -> Element { list[Int.random(in: 0..<list.count, using: &random)] }

    mutating func digits(_ count: Int) -> String { String((0..<count).map { _ in Character(String(random.next() % 10)) }) }

    mutating func hex(_ count: Int) -> String {
        String((0..<count).map { _ in Character(String(random.next() % 16, radix: 16)) })
    }

    mutating func value() -> String {
        switch random.next() % 12 {
        case 0: pick(Self.words)
        case 1: pick(Self.words) + pick([" ", "", ", ", "，", "-", "/"]) + pick(Self.words)
        case 2: digits(Int.random(in: 1...19, using: &random))
        case 3: "1" + digits(pick([9, 12, 15, 18]))
        case 4: [8, 4, 4, 4, 12].map { hex($0) }.joined(separator: "-")
        case 5: "2026-11-\(digits(2))T12:\(digits(2)):\(digits(2)).\(digits(pick([3, 6, 9])))" + pick(["Z", "+08:00", ""])
        case 6: "10.0.\(random.next() % 4).\(random.next() % 4)"
        case 7: hex(16)
        case 8: "/var/log/\(pick(Self.words))/\(hex(2)).log"
        case 9: "\(random.next() % 100).\(digits(2))"
        case 10: pick(["", " ", "*", "\"", "\\", "a\\b", "it's", "tab\there", "\u{1F600}", "e\u{301}"])
        default: String(random.next() % 30)
        }
    }

    /// A JSON string, with escapes where they must be and sometimes where they need not.
    mutating func json(_ text: String) -> String {
        var out = "\""
        for unit in text.utf16 {
            let isPlain = unit >= 0x20 && unit < 0x7F && unit != 0x22 && unit != 0x5C
            if isPlain, random.next() % 20 > 0 {
                out += String(UnicodeScalar(UInt8(unit)))
            } else if unit == 0x22 || unit == 0x5C, random.next() % 2 == 0 {
                out += "\\" + String(UnicodeScalar(UInt8(unit)))
            } else {
                let digits = String(unit, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return out + "\""
    }

    mutating func quoted(_ text: String) -> String {
        // Half of the strings keep their characters as they are, as most writers do.
        if random.next() % 2 == 0 { return json(text) }
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"": "\\\""
            case "\\": "\\\\"
            case "\t": "\\t"
            default: String(scalar)
            }
        }
        return "\"" + escaped.joined() + "\""
    }

    mutating func object(_ depth: Int) -> String {
        let members = (0..<Int.random(in: 0...5, using: &random)).map { _ in
            let name = quoted(pick(["actor", "ip", "id", "result", "time", "說明", "n", "a.b"]))
            let value: String =
                switch random.next() % 8 {
                case 0 where depth < 5: object(depth + 1)
                case 1: "[1, {\"x\": \(quoted(value()))}]"
                case 2: pick(["true", "false", "null", "-12.5e3", "0"])
                case 3: String(random.next() % 1_000_000_000)
                default: quoted(value())
                }
            return name + pick([":", " : "]) + value
        }
        return "{" + members.joined(separator: pick([",", ", "])) + "}"
    }

    mutating func body() -> [UInt8] {
        switch random.next() % 10 {
        case 0...3: return Array(object(1).utf8)
        case 4, 5:
            let pairs = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                let value = value()
                let plain = value.contains { $0 == " " || $0 == "\"" || $0 == "'" || $0 == "\t" } ? quoted(value) : value
                return "\(pick(["actor", "ip", "id", "uid", "msg"]))=\(plain)"
            }
            return Array(pairs.joined(separator: pick([" ", ", ", ","])).utf8)
        case 6, 7: return Array((0..<Int.random(in: 0...8, using: &random)).map { _ in value() }.joined(separator: " ").utf8)
        case 8: return random.bytes(Int.random(in: 0...60, using: &random))
        default:
            // Text with a byte gone wrong.
            var bytes = Array((object(1) + value()).utf8)
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8(truncatingIfNeeded: random.next())
            return bytes
        }
    }

    /// A leaf: with an envelope or as it came; now and then of a broken form.
    mutating func leaf(_ time: Int64) -> [UInt8] {
        var body = body()
        if filler > 0, random.next() % 2 == 0 { body += [UInt8](repeating: 0x2E, count: filler) }
        guard random.next() % 4 > 0 else { return body }
        var fields: [VaultRecord.Field] = []
        for _ in 0..<random.next() % 3 { fields.append(.init(pick(["actor", "tenant", "說明"]), value())) }
        if random.next() % 3 == 0 {
            fields.append(.init(name: "name", value: Self.key(random.next() % 40) + random.bytes(20), isSealed: true))
        }
        var record = VaultRecord(
            source: pick(["trading", "core", "", "web\(random.next() % 300)"]), occurred: random.next() % 2 == 0 ? time : nil,
            fields: fields, body: body)
        record.received = time
        var leaf = (try? record.leaf()) ?? body
        if random.next() % 30 == 0 { leaf[Int.random(in: 0..<leaf.count, using: &random)] ^= 1 << UInt8(random.next() % 8) }
        return leaf
    }

    /// The commitment of a subject's key.
    static func key(_ subject: UInt64) -> [UInt8] { MerkleHash.plain(Array("subject \(subject)".utf8)).bytes }

    /// A query that has some chance of a hit, for it is cut from a record.
    mutating func query(_ leaves: [[UInt8]]) -> SearchQuery {
        var query = SearchQuery()
        for _ in 0...(random.next() % 4 == 0 ? 1 : 0) { part(&query, pick(leaves)) }
        if random.next() % 6 == 0 {
            let low = Int64(random.next() % 2_000_000)
            query.occurred = low..<low + 1 + Int64(random.next() % 500_000)
        }
        if random.next() % 8 == 0 { query.kind = random.next() % 4 == 0 ? .control : .record }
        return query
    }

    private mutating func part(_ query: inout SearchQuery, _ leaf: [UInt8]) {
        let record = (try? VaultRecord(leaf: leaf)) ?? VaultRecord(source: "", body: leaf)
        switch random.next() % 8 {
        case 0: query.source = record.source
        case 1, 2:
            let found = namedValues(record)
            if !found.isEmpty {
                let (name, value) = pick(found)
                query.fields.append(.init(name, value))
            } else {
                query.fields.append(.init("actor", self.value()))
            }
        case 3: query.keys = (0...random.next() % 3).map { _ in Self.key(random.next() % 60) }
        case 4:
            let body = Array(record.body.prefix(300))
            let start = Int.random(in: 0...body.count, using: &random)
            let cut = Array(body[start...].prefix(Int.random(in: 1...12, using: &random)))
            if !cut.isEmpty { query.contains.append(cut) }
        default:
            let values = namedValues(record).map(\.1) + [String(decoding: record.body.prefix(300), as: UTF8.self), value()]
            let scalars = Array(pick(values).unicodeScalars)
            let start = Int.random(in: 0...scalars.count, using: &random)
            let end = Int.random(in: start...min(scalars.count, start + 30), using: &random)
            var text = String(String.UnicodeScalarView(scalars[start..<end]))
            if random.next() % 3 == 0 { text = text.uppercased() }
            if random.next() % 3 == 0 { text = String(text.split(separator: " ").first ?? "") }
            if Phrase.hasWord(text), text.utf8.count <= 1_024 { query.texts.append(text) }
        }
    }
}

/// Names and values of a record, as strings where they are text.
func namedValues(_ record: VaultRecord) -> [(String, String)] {
    var found: [(String, String)] = []
    for field in record.fields where !field.isSealed {
        if let value = String(validating: field.value, as: UTF8.self) { found.append((field.name, value)) }
    }
    var reader = BodyFieldReader()
    record.body.withUnsafeBytes { body in
        for field in reader.read(body) {
            if let name = String(validating: field.name, as: UTF8.self),
                let value = String(validating: field.value, as: UTF8.self)
            {
                found.append((name, value))
            }
        }
    }
    return found
}

/// The same question answered slowly and in another way: from the whole record, with copies, reading forward only.
enum Naive {
    static func holds(_ query: SearchQuery, _ leaf: [UInt8]) -> Bool {
        var record = (try? VaultRecord(leaf: leaf)) ?? VaultRecord(source: "", body: leaf)
        // Filler is passed over but for a little: what is looked for has fewer than 40 bytes, a letter among them, and no filler around it.
        if let end = record.body.lastIndex(where: { $0 != 0x2E }) { record.body = Array(record.body.prefix(end + 40)) }
        if let kind = query.kind, record.kind != kind { return false }
        if let source = query.source, source != record.source { return false }
        if let occurred = query.occurred {
            guard let time = record.occurred, occurred.contains(time) else { return false }
        }
        if !query.keys.isEmpty {
            guard record.fields.contains(where: { $0.isSealed && query.keys.contains(Array($0.value.prefix(32))) }) else {
                return false
            }
        }
        for part in query.contains where !contains(record.body, part) { return false }
        let (named, unescaped) = fields(record)
        for field in query.fields
        where !named.contains(where: { $0.0 == Array(field.name.utf8) && $0.1 == Array(field.value.utf8) }) { return false }
        return query.texts.allSatisfy { text in ([record.body] + unescaped).contains { phrase(text, in: $0) } }
    }

    private static func fields(_ record: VaultRecord) -> (named: [([UInt8], [UInt8])], texts: [[UInt8]]) {
        var named = record.fields.filter { !$0.isSealed }.map { (Array($0.name.utf8), $0.value) }
        var reader = BodyFieldReader()
        record.body.withUnsafeBytes { body in
            for field in reader.read(body) { named.append((Array(field.name), Array(field.value))) }
        }
        return (named, named.map(\.1))
    }

    static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
        guard part.count <= text.count else { return false }
        return (0...text.count - part.count).contains { text[$0..<$0 + part.count].elementsEqual(part) }
    }

    /// Reads the text forward into scalars and compares these.
    static func phrase(_ text: String, in bytes: [UInt8]) -> Bool {
        let wanted = Array(text.unicodeScalars.map { lower($0.value) })
        let given = scalars(bytes)
        guard wanted.count <= given.count else { return false }
        return (0...given.count - wanted.count).contains { start in
            guard given[start..<start + wanted.count].elementsEqual(wanted) else { return false }
            let isLetter = { (place: Int) in given.indices.contains(place) && Scalars.kind(given[place]) == .letter }
            let end = start + wanted.count - 1
            return !(isLetter(start) && isLetter(start - 1)) && !(isLetter(end) && isLetter(end + 1))
        }
    }

    private static func lower(_ value: UInt32) -> UInt32 { (0x41...0x5A).contains(value) ? value + 32 : value }

    /// Bytes that are no UTF-8 stand for a separator that no text has.
    private static func scalars(_ bytes: [UInt8]) -> [UInt32] {
        var found: [UInt32] = []
        bytes.withUnsafeBytes { text in
            var at = 0
            while at < text.count {
                let scalar = Scalars.decode(text, at: at)
                found.append(scalar.map { lower($0.value) } ?? 0x10_FFFF)
                at += scalar?.length ?? 1
            }
        }
        return found
    }
}

/// Records packed as a block holds them.
func packed(_ leaves: [[UInt8]]) throws -> (bytes: [UInt8], ranges: [Range<Int>]) {
    var bytes: [UInt8] = []
    for leaf in leaves { Entries.append(leaf, to: &bytes) }
    return (bytes, try #require(Entries.ranges(bytes, count: leaves.count)))
}

extension VaultLog {
    /// Appends leaves: those in the vault's form as records with their own time of reception, all others as they are.
    func append(leaves: [[UInt8]]) async throws {
        var batch = VaultBatch(frameBytes: TestLog.settings.frameBytes)
        for leaf in leaves {
            if leaf.starts(with: VaultRecord.magic), let record = try? VaultRecord(leaf: leaf), record.kind == .record {
                try batch.add(record, received: record.received)
            } else {
                try batch.add(leaf)
            }
        }
        _ = try await append(batch)
    }
}
