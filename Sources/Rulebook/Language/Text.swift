public import Documents

/// A text that people read, in both languages.
public struct Text: Sendable, Hashable {
    /// The text in Traditional Chinese.
    public var chinese: String
    /// The text in English.
    public var english: String

    /// A text in both languages.
    public init(_ chinese: String, _ english: String) {
        self.chinese = chinese
        self.english = english
    }

    /// The text in a language.
    public subscript(language: Language) -> String { language == .chinese ? chinese : english }

    /// Reads `{zh-TW: …, en: …}`; both must be there.
    public init(_ node: Node, path: String) throws(DocumentError) {
        var fields = try Fields(node, path: path)
        chinese = try fields.text(Language.chinese.rawValue)
        english = try fields.text(Language.english.rawValue)
        try fields.finish()
    }
}

extension Fields {
    /// A bilingual text that must be there.
    package mutating func bilingual(_ key: String) throws(DocumentError) -> Text { try Text(try required(key), path: path(key)) }

    /// A bilingual text that may be missing.
    package mutating func optionalBilingual(_ key: String) throws(DocumentError) -> Text? {
        guard let node = optional(key) else { return nil }
        return try Text(node, path: path(key))
    }

    /// A mapping from names to bilingual texts, in order.
    mutating func bilinguals(_ key: String) throws(DocumentError) -> [String: Text] {
        var texts: [String: Text] = [:]
        for entry in try entries(key) { texts[entry.key] = try Text(entry.node, path: "\(path(key)).\(entry.key)") }
        return texts
    }
}
