/// Reads JSON (RFC 8259) into a `Node`, strictly: UTF-8 only, no duplicate keys, no lone surrogates, nothing after the value,
/// depth and size bounded. Nesting is followed by a loop, not by recursion, so a hostile document cannot exhaust the stack.
public enum JSONReader {
    /// The value that `bytes` hold.
    ///
    /// - Parameters:
    ///   - bytes: the whole document.
    ///   - limits: what is accepted at most.
    /// - Returns: the root of the document.
    /// - Throws: `DocumentError` with the position of the first offence.
    public static func read(_ bytes: [UInt8], limits: DocumentLimits = .collected) throws(DocumentError) -> Node {
        guard bytes.count <= limits.bytes else {
            throw DocumentError(.tooLarge, reason: "\(bytes.count) bytes; at most \(limits.bytes) are read")
        }
        try UTF8Check.validate(bytes)
        var scanner = JSONScanner(bytes: bytes, limits: limits)
        return try scanner.document()
    }
}

/// The state of one reading.
private struct JSONScanner {
    let bytes: [UInt8]
    let limits: DocumentLimits
    var index = 0
    var line = 1
    var lineStart = 0
    var values = 0

    /// An object or list that is still open.
    private struct Open {
        var isObject: Bool
        var items: [Node] = []
        var entries: [Node.Entry] = []
        var keys: Set<String> = []
        var key: (text: String, position: Position)?
        var position: Position
    }

    init(bytes: [UInt8], limits: DocumentLimits) {
        self.bytes = bytes
        self.limits = limits
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            index = 3
            lineStart = 3
        }
    }

    private var position: Position { Position(line: line, column: index - lineStart + 1) }

    private func failure(_ code: DocumentError.Code, _ reason: String, at place: Position? = nil) -> DocumentError {
        DocumentError(code, position: place ?? position, reason: reason)
    }

    private mutating func skipSpace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0D: index += 1
            case 0x0A:
                index += 1
                line += 1
                lineStart = index
            default: return
            }
        }
    }

    mutating func document() throws(DocumentError) -> Node {
        var stack: [Open] = []
        while true {
            var finished = try next(&stack)
            while let node = finished {
                guard var top = stack.popLast() else {
                    skipSpace()
                    guard index == bytes.count else { throw failure(.syntax, "something follows after the end of the document") }
                    return node
                }
                finished = try add(node, to: &top)
                if finished == nil { stack.append(top) }
            }
        }
    }

    /// Reads one value, or opens a list or object on the stack and returns nil; an empty one is returned at once.
    private mutating func next(_ stack: inout [Open]) throws(DocumentError) -> Node? {
        skipSpace()
        if let top = stack.last, top.isObject, top.key == nil { try readKey(&stack[stack.count - 1]) }
        skipSpace()
        values += 1
        guard values <= limits.values else { throw failure(.tooManyValues, "more than \(limits.values) values") }
        guard index < bytes.count else { throw failure(.syntax, "the document ends in the middle") }
        let place = position
        switch bytes[index] {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            let isObject = bytes[index] == UInt8(ascii: "{")
            guard stack.count < limits.depth else { throw failure(.tooDeep, "nested deeper than \(limits.depth) levels") }
            index += 1
            skipSpace()
            let close = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
            if index < bytes.count, bytes[index] == close {
                index += 1
                return Node(isObject ? .object([]) : .list([]), at: place)
            }
            stack.append(Open(isObject: isObject, position: place))
            return nil
        case UInt8(ascii: "\""): return Node(.text(try string()), at: place)
        case UInt8(ascii: "t"): return try word("true", .bool(true), place)
        case UInt8(ascii: "f"): return try word("false", .bool(false), place)
        case UInt8(ascii: "n"): return try word("null", .null, place)
        default: return try number(place)
        }
    }

    private mutating func readKey(_ open: inout Open) throws(DocumentError) {
        let place = position
        guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
            throw failure(.syntax, "a key in quotes is expected")
        }
        let key = try string()
        guard open.keys.insert(key).inserted else {
            throw DocumentError(.duplicateKey, position: place, key: key, reason: "the key stands twice in one object")
        }
        skipSpace()
        guard index < bytes.count, bytes[index] == UInt8(ascii: ":") else {
            throw failure(.syntax, "':' is expected after a key")
        }
        index += 1
        open.key = (key, place)
    }

    /// Puts a finished value into its container; returns the container when that ends with it.
    private mutating func add(_ node: Node, to open: inout Open) throws(DocumentError) -> Node? {
        if let key = open.key {
            open.entries.append(Node.Entry(key: key.text, node: node, position: key.position))
            open.key = nil
        } else {
            open.items.append(node)
        }
        skipSpace()
        guard index < bytes.count else { throw failure(.syntax, "the document ends in the middle") }
        let close = open.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
        if bytes[index] == close {
            index += 1
            return Node(open.isObject ? .object(open.entries) : .list(open.items), at: open.position)
        }
        guard bytes[index] == UInt8(ascii: ",") else {
            throw failure(.syntax, "',' or '\(open.isObject ? "}" : "]")' is expected")
        }
        index += 1
        skipSpace()
        return nil
    }

    private mutating func word(_ word: StaticString, _ value: Node.Value, _ place: Position) throws(DocumentError) -> Node {
        let length = word.utf8CodeUnitCount
        let matches = index + length <= bytes.count && (0..<length).allSatisfy { bytes[index + $0] == word.utf8Start[$0] }
        guard matches else { throw failure(.syntax, "not a JSON value") }
        index += length
        return Node(value, at: place)
    }

    private mutating func number(_ place: Position) throws(DocumentError) -> Node {
        let start = index
        while index < bytes.count {
            switch bytes[index] {
            case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
                index += 1
            default:
                return try finishNumber(start, place)
            }
        }
        return try finishNumber(start, place)
    }

    private func finishNumber(_ start: Int, _ place: Position) throws(DocumentError) -> Node {
        let parsed = bytes.withUnsafeBufferPointer { ExactNumber(utf8: UnsafeBufferPointer(rebasing: $0[start..<index])) }
        guard index > start, let parsed else {
            throw failure(.syntax, index > start ? "not a number that can be kept exactly" : "not a JSON value", at: place)
        }
        return Node(.number(parsed), at: place)
    }

    private mutating func string() throws(DocumentError) -> String {
        index += 1
        let start = index
        while index < bytes.count, bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: "\\"), bytes[index] >= 0x20 {
            index += 1
        }
        guard index < bytes.count else { throw failure(.syntax, "a text is not closed") }
        if bytes[index] == UInt8(ascii: "\"") {
            index += 1
            return String(decoding: bytes[start..<(index - 1)], as: UTF8.self)
        }
        var out = Array(bytes[start..<index])
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                index += 1
                return String(decoding: out, as: UTF8.self)
            }
            guard byte >= 0x20 else { throw failure(.syntax, "a control character stands in a text; write it as \\u00XX") }
            index += 1
            if byte == UInt8(ascii: "\\") { try escape(&out) } else { out.append(byte) }
        }
        throw failure(.syntax, "a text is not closed")
    }

    private mutating func escape(_ out: inout [UInt8]) throws(DocumentError) {
        guard index < bytes.count else { throw failure(.syntax, "a text is not closed") }
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0C)
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "u"):
            var code = try hexUnit()
            if code >= 0xD800, code < 0xDC00, index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
                bytes[index + 1] == UInt8(ascii: "u")
            {
                index += 2
                let low = try hexUnit()
                guard low >= 0xDC00, low < 0xE000 else { throw failure(.syntax, "a surrogate without its partner") }
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw failure(.syntax, "a surrogate without its partner") }
            out.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        default: throw failure(.syntax, "an unknown escape in a text")
        }
    }

    private mutating func hexUnit() throws(DocumentError) -> UInt32 {
        guard index + 4 <= bytes.count else { throw failure(.syntax, "\\u needs four hexadecimal digits") }
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue else {
                throw failure(.syntax, "\\u needs four hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
            index += 1
        }
        return code
    }
}
