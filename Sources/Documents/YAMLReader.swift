internal import CYAML

/// Reads one YAML document into a `Node` through libyaml's events.
///
/// A strict part of YAML is accepted, enough for files that people write: block and flow style, all scalar styles, comments. Refused are
/// anchors and aliases (a few lines of them can stand for gigabytes), tags, duplicate keys, keys that are not plain
/// texts, and more than one document. Plain scalars follow the core schema for null, true/false and decimal numbers; everything else,
/// and everything in quotes, is text. A number with a leading zero (`0640`) is text.
public enum YAMLReader {
    /// The document that `bytes` hold.
    ///
    /// - Parameters:
    ///   - bytes: the whole file, UTF-8.
    ///   - limits: what is accepted at most.
    /// - Returns: the root of the document.
    /// - Throws: `DocumentError` with the position of the first offence.
    public static func read(_ bytes: [UInt8], limits: DocumentLimits = .authored) throws(DocumentError) -> Node {
        guard bytes.count <= limits.bytes else {
            throw DocumentError(.tooLarge, reason: "\(bytes.count) bytes; at most \(limits.bytes) are read")
        }
        try UTF8Check.validate(bytes)
        var parser = yaml_parser_t()
        guard yaml_parser_initialize(&parser) == 1 else {
            throw DocumentError(.unreadable, reason: "no memory for the YAML parser")
        }
        defer { yaml_parser_delete(&parser) }
        // The closure's result carries the error out, because withUnsafeBufferPointer does not pass typed errors through here.
        let result: Result<Node, DocumentError> = bytes.withUnsafeBufferPointer { buffer in
            yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
            yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
            var builder = YAMLBuilder(limits: limits)
            do throws(DocumentError) {
                return .success(try builder.document(&parser))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

/// Builds nodes from events with a stack of its own, so that depth is a number and not the machine's stack.
private struct YAMLBuilder {
    let limits: DocumentLimits
    var values = 0
    private var stack: [Open] = []

    private struct Open {
        var isMapping: Bool
        var items: [Node] = []
        var entries: [Node.Entry] = []
        var keys: Set<String> = []
        var key: (text: String, position: Position)?
        var position: Position
    }

    init(limits: DocumentLimits) { self.limits = limits }

    mutating func document(_ parser: inout yaml_parser_t) throws(DocumentError) -> Node {
        var root: Node?
        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(&parser, &event) == 1 else { throw Self.failure(of: parser) }
            defer { yaml_event_delete(&event) }
            let place = Position(line: Int(event.start_mark.line) + 1, column: Int(event.start_mark.column) + 1)
            switch event.type {
            case YAML_STREAM_END_EVENT:
                guard let root else { throw DocumentError(.syntax, reason: "the file is empty") }
                return root
            case YAML_DOCUMENT_START_EVENT:
                if root != nil {
                    throw DocumentError(.syntax, position: place, reason: "only one document is expected in the file")
                }
            case YAML_ALIAS_EVENT:
                throw DocumentError(.alias, position: place, reason: "aliases (*name) are not accepted; write the value out")
            case YAML_MAPPING_START_EVENT:
                let start = event.data.mapping_start
                try refuse(anchor: start.anchor, tag: start.tag, at: place)
                try open(isMapping: true, at: place)
            case YAML_SEQUENCE_START_EVENT:
                let start = event.data.sequence_start
                try refuse(anchor: start.anchor, tag: start.tag, at: place)
                try open(isMapping: false, at: place)
            case YAML_MAPPING_END_EVENT, YAML_SEQUENCE_END_EVENT:
                if let top = stack.popLast() {
                    try finish(Node(top.isMapping ? .object(top.entries) : .list(top.items), at: top.position), root: &root)
                }
            case YAML_SCALAR_EVENT:
                let scalar = event.data.scalar
                try refuse(anchor: scalar.anchor, tag: scalar.tag, at: place)
                let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
                try add(text, plain: scalar.style == YAML_PLAIN_SCALAR_STYLE, at: place, root: &root)
            default: break
            }
        }
    }

    private mutating func count(at place: Position) throws(DocumentError) {
        values += 1
        if values > limits.values {
            throw DocumentError(.tooManyValues, position: place, reason: "more than \(limits.values) values")
        }
    }

    private mutating func open(isMapping: Bool, at place: Position) throws(DocumentError) {
        try count(at: place)
        guard stack.count < limits.depth else {
            throw DocumentError(.tooDeep, position: place, reason: "nested deeper than \(limits.depth) levels")
        }
        if let top = stack.last, top.isMapping, top.key == nil {
            throw DocumentError(.syntax, position: place, reason: "a key must be a plain text")
        }
        stack.append(Open(isMapping: isMapping, position: place))
    }

    private mutating func add(_ text: String, plain: Bool, at place: Position, root: inout Node?) throws(DocumentError) {
        try count(at: place)
        if let top = stack.last, top.isMapping, top.key == nil {
            guard stack[stack.count - 1].keys.insert(text).inserted else {
                throw DocumentError(.duplicateKey, position: place, key: text, reason: "the key stands twice in one mapping")
            }
            stack[stack.count - 1].key = (text, place)
            return
        }
        try finish(Node(plain ? Self.resolve(text) : .text(text), at: place), root: &root)
    }

    private mutating func finish(_ node: Node, root: inout Node?) throws(DocumentError) {
        guard !stack.isEmpty else {
            root = node
            return
        }
        let last = stack.count - 1
        if let key = stack[last].key {
            stack[last].entries.append(Node.Entry(key: key.text, node: node, position: key.position))
            stack[last].key = nil
        } else {
            stack[last].items.append(node)
        }
    }

    private func refuse(anchor: UnsafePointer<UInt8>?, tag: UnsafePointer<UInt8>?, at place: Position) throws(DocumentError) {
        if anchor != nil {
            throw DocumentError(.alias, position: place, reason: "anchors (&name) are not accepted; write the value out")
        }
        if tag != nil { throw DocumentError(.syntax, position: place, reason: "tags (!name) are not accepted") }
    }

    /// The core schema's reading of a plain scalar.
    private static func resolve(_ text: String) -> Node.Value {
        switch text {
        case "", "~", "null", "Null", "NULL": .null
        case "true", "True", "TRUE": .bool(true)
        case "false", "False", "FALSE": .bool(false)
        default: ExactNumber(text).map { .number($0) } ?? .text(text)
        }
    }

    private static func failure(of parser: yaml_parser_t) -> DocumentError {
        let problem = parser.problem.map { String(cString: $0) } ?? "not YAML"
        let mark = parser.problem_mark
        return DocumentError(
            problem.contains("nesting") ? .tooDeep : .syntax,
            position: Position(line: Int(mark.line) + 1, column: Int(mark.column) + 1), reason: "not valid YAML: \(problem)")
    }
}
