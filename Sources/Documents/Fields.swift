/// The keys of one mapping, taken one after the other while a document is turned into a typed value.
///
/// Every failure carries the position and the full key path. `finish()` refuses keys that nobody took, so that a misspelt
/// key is an error and not silence.
public struct Fields {
    /// The mapping being read.
    public let node: Node
    /// Its place in the document, as `clauses[3].scope`.
    public let path: String
    private var taken: Set<String> = []

    /// The fields of `node`, which must be a mapping.
    public init(_ node: Node, path: String) throws(DocumentError) {
        self.node = node
        self.path = path
        guard node.entries != nil else {
            throw DocumentError(
                .wrongType, position: node.position, key: path, reason: "a mapping is expected, not \(node.kindName)")
        }
    }

    /// The key path of a field of this mapping.
    public func path(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// An error at a field (or at the mapping when the field is not there).
    public func error(_ code: DocumentError.Code = .badValue, at key: String, _ reason: String) -> DocumentError {
        DocumentError(code, position: node[key]?.position ?? node.position, key: path(key), reason: reason)
    }

    /// The field if it is there and not null.
    public mutating func optional(_ key: String) -> Node? {
        taken.insert(key)
        guard let value = node[key], !value.isNull else { return nil }
        return value
    }

    /// The field, which must be there.
    public mutating func required(_ key: String) throws(DocumentError) -> Node {
        guard let value = optional(key) else {
            throw DocumentError(.missingKey, position: node.position, key: path(key), reason: "the key is missing")
        }
        return value
    }

    /// A text that must be there; not empty.
    public mutating func text(_ key: String) throws(DocumentError) -> String {
        try Self.text(try required(key), path(key))
    }

    /// A text that may be missing.
    public mutating func optionalText(_ key: String) throws(DocumentError) -> String? {
        guard let value = optional(key) else { return nil }
        return try Self.text(value, path(key))
    }

    /// A true/false that may be missing.
    public mutating func optionalBool(_ key: String) throws(DocumentError) -> Bool? {
        guard let value = optional(key) else { return nil }
        guard let bool = value.bool else { throw wrong(value, key, "true or false") }
        return bool
    }

    /// A whole number that may be missing.
    public mutating func optionalInteger(_ key: String) throws(DocumentError) -> Int? {
        guard let value = optional(key) else { return nil }
        guard let number = value.integer else { throw wrong(value, key, "a whole number") }
        return number
    }

    /// A list that may be missing (then empty).
    public mutating func list(_ key: String) throws(DocumentError) -> [Node] {
        guard let value = optional(key) else { return [] }
        guard let items = value.list else { throw wrong(value, key, "a list") }
        return items
    }

    /// A list of texts that may be missing (then empty).
    public mutating func texts(_ key: String) throws(DocumentError) -> [String] {
        var texts: [String] = []
        for (index, item) in try list(key).enumerated() { texts.append(try Self.text(item, "\(path(key))[\(index)]")) }
        return texts
    }

    /// A mapping that may be missing (then empty), as entries in order.
    public mutating func entries(_ key: String) throws(DocumentError) -> [Node.Entry] {
        guard let value = optional(key) else { return [] }
        guard let entries = value.entries else { throw wrong(value, key, "a mapping") }
        return entries
    }

    /// One of the cases of an enumeration with text values; must be there.
    public mutating func choice<Choice>(_ key: String) throws(DocumentError) -> Choice
    where Choice: RawRepresentable & CaseIterable, Choice.RawValue == String {
        let name = try text(key)
        guard let choice = Choice(rawValue: name) else {
            let allowed = Choice.allCases.map { $0.rawValue }.joined(separator: ", ")
            throw error(at: key, "\"\(name.clipped)\" is not one of: \(allowed)")
        }
        return choice
    }

    /// Refuses the keys that were not taken.
    public func finish() throws(DocumentError) {
        for entry in node.entries ?? [] where !taken.contains(entry.key) {
            throw DocumentError(
                .unknownKey, position: entry.position, key: path(entry.key.clipped),
                reason: "unknown key; known here: \(taken.sorted().joined(separator: ", "))")
        }
    }

    /// `node` as a text that is not empty.
    public static func text(_ node: Node, _ path: String) throws(DocumentError) -> String {
        guard let text = node.text else {
            let hint = node.number != nil || node.bool != nil ? "; put it in quotes" : ""
            throw DocumentError(
                .wrongType, position: node.position, key: path, reason: "a text is expected, not \(node.kindName)\(hint)")
        }
        guard !text.isEmpty else {
            throw DocumentError(.badValue, position: node.position, key: path, reason: "the text is empty")
        }
        return text
    }

    private func wrong(_ value: Node, _ key: String, _ expected: String) -> DocumentError {
        DocumentError(
            .wrongType, position: value.position, key: path(key), reason: "\(expected) is expected, not \(value.kindName)")
    }
}

extension String {
    /// The text cut to 80 characters, for error messages about input that may be hostile; control characters become `?`.
    public var clipped: String {
        let shown = String(prefix(80).map { $0.isASCII && $0.asciiValue.map { $0 < 0x20 || $0 == 0x7F } == true ? "?" : $0 })
        return count > 80 ? shown + "…" : shown
    }
}
