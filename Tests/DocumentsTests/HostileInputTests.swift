import Documents
import Testing

/// Which refusal a reader gave; nil when it accepted.
private func refusal(_ read: () throws(DocumentError) -> Node) -> DocumentError? {
    do throws(DocumentError) {
        _ = try read()
        return nil
    } catch { return error }
}

private func json(_ text: String) -> DocumentError? {
    refusal { () throws(DocumentError) in try JSONReader.read(Array(text.utf8)) }
}
private func yaml(_ text: String) -> DocumentError? {
    refusal { () throws(DocumentError) in try YAMLReader.read(Array(text.utf8)) }
}

@Suite("JSON: refused with a position (RFC 8259)")
struct JSONRefusalTests {
    @Test(arguments: [
        ("{\"a\": 1", DocumentError.Code.syntax, 1, 8), ("", .syntax, 1, 1), ("{\"a\": [1, 2}", .syntax, 1, 12),
        ("[1,\n 2,\n x]", .syntax, 3, 2),
        ("{\"a\": 1, \"a\": 2}", .duplicateKey, 1, 10), ("[1] 2", .syntax, 1, 5), ("\"\\ud800\"", .syntax, 1, 8),
        ("[01]", .syntax, 1, 2),
        ("[1e400]", .syntax, 1, 2), ("\"a\nb\"", .syntax, 1, 3), ("{a: 1}", .syntax, 1, 2), ("[1,]", .syntax, 1, 4),
        ("nul", .syntax, 1, 1),
        ("[0.0000000000000000001]", .syntax, 1, 2), ("{\"a\" 1}", .syntax, 1, 6), ("\"\\x\"", .syntax, 1, 4),
        ("-", .syntax, 1, 1),
    ])
    func refused(text: String, code: DocumentError.Code, line: Int32, column: Int32) throws {
        let error = try #require(json(text))
        #expect(error.code == code)
        #expect(error.position.line == line)
        #expect(error.position.column == column, "\(error)")
    }

    @Test("Nesting is bounded and does not use the stack", arguments: ["[", "{\"a\":"])
    func deep(_ open: String) throws {
        let error = try #require(json(String(repeating: open, count: 1_000_000)))
        #expect(error.code == .tooDeep)
    }

    @Test("Sixty-four levels are accepted, sixty-five are not")
    func depthLimit() {
        #expect(json(String(repeating: "[", count: 64) + String(repeating: "]", count: 64)) == nil)
        #expect(json(String(repeating: "[", count: 65) + String(repeating: "]", count: 65))?.code == .tooDeep)
    }

    @Test("Bytes that are not UTF-8 are refused where they stand")
    func utf8() throws {
        let bytes = Array("{\"a\":\n \"".utf8) + [0xC3, 0x28] + Array("\"}".utf8)
        let error = try #require(refusal { () throws(DocumentError) in try JSONReader.read(bytes) })
        #expect(error.code == .notUTF8)
        #expect(error.position.line == 2)
        #expect(error.position.column == 3)
    }

    @Test("Too many values are refused while they are read")
    func values() throws {
        let text = "[" + String(repeating: "1,", count: 300) + "1]"
        let limits = DocumentLimits(bytes: 10_000, depth: 8, values: 100)
        let error = try #require(refusal { () throws(DocumentError) in try JSONReader.read(Array(text.utf8), limits: limits) })
        #expect(error.code == .tooManyValues)
    }

    @Test("Every value survives writing and reading", arguments: 0..<300)
    func roundTrip(seed: Int) throws {
        var generator = Seeded(UInt64(seed))
        let node = Node.random(&generator, depth: 4)
        let bytes = CanonicalJSON.bytes(of: node)
        let again = try JSONReader.read(bytes)
        #expect(CanonicalJSON.bytes(of: again) == bytes)
    }

    @Test("No mutation of a document crashes the reader, and what it accepts it can write and read again", arguments: 0..<300)
    func mutated(seed: Int) throws {
        var generator = Seeded(UInt64(seed))
        var bytes = CanonicalJSON.bytes(of: Node.random(&generator, depth: 4))
        for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.remove(at: index)
            default: bytes.removeLast(bytes.count - index)
            }
        }
        guard let node = try? JSONReader.read(bytes) else { return }
        #expect(try JSONReader.read(CanonicalJSON.bytes(of: node)) == node.sorted)
    }
}

@Suite("YAML: refused with a position")
struct YAMLRefusalTests {
    @Test(arguments: [
        ("a: &x 1\nb: *x\n", DocumentError.Code.alias, 1), ("a: 1\na: 2\n", .duplicateKey, 2), ("a: !!str 1\n", .syntax, 1),
        ("a: [1, 2\n", .syntax, 2),
        ("", .syntax, 0), ("---\na: 1\n---\nb: 2\n", .syntax, 3), ("? [a]\n: 1\n", .syntax, 1), ("a:\n\t- 1\n", .syntax, 2),
        ("*x: 1", .alias, 1),
        ("a: 'open", .syntax, 1), ("<<: {a: 1}\nb: \"\\q\"", .syntax, 2),
    ])
    func refused(text: String, code: DocumentError.Code, line: Int32) throws {
        let error = try #require(yaml(text))
        #expect(error.code == code)
        if line > 0, code != .syntax || text.contains("---") { #expect(error.position.line == line, "\(error)") }
        if text != "" { #expect(error.position.line > 0) }
    }

    @Test("The classic alias bomb is refused at its first anchor")
    func bomb() throws {
        var text = "a: &a [x,x,x,x,x,x,x,x,x]\n"
        for (name, previous) in zip("bcdefghi", "abcdefgh") {
            text += "\(name): &\(name) [*\(previous),*\(previous),*\(previous),*\(previous),*\(previous)]\n"
        }
        #expect(yaml(text)?.code == .alias)
        #expect(yaml("? &k [1]\n: *k\n")?.code == .alias)
    }

    @Test("Nesting is bounded", arguments: ["[", "{a: ", "- "])
    func deep(_ open: String) {
        #expect(yaml(String(repeating: open, count: 100_000))?.code == .tooDeep)
    }

    @Test func utf8AndSize() {
        #expect(refusal { () throws(DocumentError) in try YAMLReader.read([0x61, 0x3A, 0x20, 0xFF]) }?.code == .notUTF8)
        let limits = DocumentLimits(bytes: 10, depth: 8, values: 8)
        #expect(
            refusal { () throws(DocumentError) in try YAMLReader.read(Array("a: bcdefghij".utf8), limits: limits) }?.code
                == .tooLarge)
        let few = DocumentLimits(bytes: 1000, depth: 8, values: 3)
        #expect(
            refusal { () throws(DocumentError) in try YAMLReader.read(Array("[1,2,3,4]".utf8), limits: few) }?.code
                == .tooManyValues)
    }

    @Test("Plain scalars follow the core schema; everything else is text")
    func scalars() throws {
        let node = try YAMLReader.read(
            Array("a: 0640\nb: 1.50\nc: yes\nd: true\ne: ~\nf: \"1\"\ng: 2026-11-20\nh: 1_000\ni: .5\n".utf8))
        #expect(node["a"]?.text == "0640")
        #expect(node["b"]?.number == ExactNumber("1.5"))
        #expect(node["c"]?.text == "yes")
        #expect(node["d"]?.bool == true)
        #expect(node["e"]?.isNull == true)
        #expect(node["f"]?.text == "1")
        #expect(node["g"]?.text == "2026-11-20")
        #expect(node["h"]?.text == "1_000")
        #expect(node["i"]?.text == ".5")
        #expect(node.entries?.last?.position == Position(line: 9, column: 1))
    }

    @Test("No random text crashes the reader", arguments: 0..<500)
    func random(seed: Int) {
        var generator = Seeded(UInt64(seed))
        let alphabet = Array("ab:-[]{}#&*!|>'\"%@`,? \n\t0\u{00}\u{7F}~<=é".utf8)
        let bytes = (0..<Int.random(in: 0..<200, using: &generator)).map { _ in
            alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
        }
        _ = try? YAMLReader.read(bytes)
    }
}

@Suite("Exact numbers")
struct ExactNumberTests {
    @Test(arguments: [
        ("0.29996", "0.30", true), ("0.30", "0.3", false), ("9999999999", "10000000000", true), ("-1", "0", true),
        ("1e3", "1000", false),
        ("0.1", "0.100000000000000001", true),
    ])
    func order(left: String, right: String, less: Bool) throws {
        let left = try #require(ExactNumber(left))
        let right = try #require(ExactNumber(right))
        #expect((left < right) == less)
    }

    @Test func meansAreExact() throws {
        let left = try #require(ExactNumber("0.05"))
        let right = try #require(ExactNumber("0.55"))
        #expect(left.adding(right)?.divided(by: 2) == ExactNumber("0.3"))
    }

    @Test(arguments: ["", "-", "1.", ".5", "01", "1e", "+1", "1 ", "0x1", "1e999", "99999999999999999999999", "NaN", "1..2"])
    func refused(_ text: String) { #expect(ExactNumber(text) == nil) }

    @Test(arguments: [("0.50", "0.5"), ("-0", "0"), ("12e-2", "0.12"), ("100", "100"), ("-1.25", "-1.25")])
    func written(text: String, form: String) { #expect(ExactNumber(text)?.description == form) }
}

extension Node {
    static func random(_ generator: inout Seeded, depth: Int) -> Node {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &generator) {
        case 0: return Node(.null)
        case 1: return .bool(Bool.random(using: &generator))
        case 2: return .integer(Int.random(in: -1_000_000...1_000_000, using: &generator))
        case 3:
            return ExactNumber("\(Int.random(in: 0..<1000, using: &generator)).\(Int.random(in: 1..<1000, using: &generator))")
                .map { Node(.number($0)) } ?? 0
        case 4:
            let scalars = ["a", "\"", "\\", "\n", "\u{1}", "資", "é", "😀", "/", " "]
            return .text(
                (0..<Int.random(in: 0..<8, using: &generator)).map { _ in
                    scalars[Int.random(in: 0..<scalars.count, using: &generator)]
                }.joined())
        case 5: return .list((0..<Int.random(in: 0..<4, using: &generator)).map { _ in random(&generator, depth: depth - 1) })
        default:
            return .object(
                (0..<Int.random(in: 0..<4, using: &generator)).map { ("k\($0)", random(&generator, depth: depth - 1)) })
        }
    }

    /// With keys in canonical order, everywhere.
    var sorted: Node {
        switch value {
        case .list(let items): return .list(items.map(\.sorted))
        case .object(let entries):
            return .object(entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { ($0.key, $0.node.sorted) })
        default: return self
        }
    }
}

/// A small repeatable source of randomness (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
