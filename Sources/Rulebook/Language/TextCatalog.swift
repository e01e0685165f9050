public import Documents

/// The texts of the interface, read from `Packs/texts`: a name for each, both languages, `{placeholders}` filled in by the caller.
public struct TextCatalog: Sendable {
    /// The schema every text file names.
    public static let schema = "plumbline.texts/1"

    private let texts: [String: Text]

    /// A catalogue of several files.
    ///
    /// - Throws: `DocumentError` when a text stands in two of them, or one of them is wrong.
    public init(_ nodes: [Node]) throws(DocumentError) {
        var texts: [String: Text] = [:]
        for node in nodes {
            for (name, text) in try TextCatalog(node).texts {
                guard texts.updateValue(text, forKey: name) == nil else {
                    throw DocumentError(
                        .duplicateKey, position: node["texts"]?[name]?.position ?? .none, key: "texts.\(name)",
                        reason: "the text stands in another file, too")
                }
            }
        }
        self.texts = texts
    }

    /// Reads a catalogue.
    ///
    /// - Throws: `DocumentError` at the first text that lacks a language, or whose languages name different placeholders.
    public init(_ node: Node) throws(DocumentError) {
        var fields = try Fields(node, path: "")
        try fields.expectSchema(Self.schema)
        let texts = try fields.bilinguals("texts")
        for (name, text) in texts where Self.placeholders(text.chinese) != Self.placeholders(text.english) {
            throw DocumentError(
                .badValue, position: node["texts"]?[name]?.position ?? .none, key: "texts.\(name)",
                reason: "the languages name different placeholders")
        }
        try fields.finish()
        self.texts = texts
    }

    /// Names of all texts, sorted.
    public var names: [String] { texts.keys.sorted() }

    /// A text with its placeholders filled in. A name that is not in the catalogue comes back as itself, so that a forgotten text is seen
    /// and nothing else breaks; a test looks every name up.
    public func callAsFunction(_ name: String, _ language: Language, _ values: [String: String] = [:]) -> String {
        guard let text = texts[name] else { return name }
        guard !values.isEmpty else { return text[language] }
        var result = ""
        var rest = text[language][...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            result += rest[..<open]
            let key = String(rest[rest.index(after: open)..<close])
            result += values[key] ?? "{\(key)}"
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    private static func placeholders(_ text: String) -> Set<String> {
        var found: Set<String> = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            found.insert(String(rest[rest.index(after: open)..<close]))
            rest = rest[rest.index(after: close)...]
        }
        return found
    }
}

extension Fields {
    /// Demands that `schema` names what the reader understands.
    package mutating func expectSchema(_ schema: String) throws(DocumentError) {
        let found = try text("schema")
        guard found == schema else { throw error(at: "schema", "\"\(found.clipped)\" is not \"\(schema)\"") }
    }
}
