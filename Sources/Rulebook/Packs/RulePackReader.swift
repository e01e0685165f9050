public import Documents

/// Reads rule packs (`Documentation/rule-packs.md`). A wrong pack is refused whole.
public enum RulePackReader {
    /// The pack that `node` holds.
    ///
    /// - Parameters:
    ///   - node: the document.
    ///   - origin: file or name, for messages.
    /// - Returns: the pack.
    /// - Throws: `DocumentError` at the first thing that is wrong.
    public static func read(_ node: Node, origin: String) throws(DocumentError) -> RulePack {
        do throws(DocumentError) {
            let pack = try pack(node, origin: origin)
            try RulePackCheck.check(pack)
            return pack
        } catch {
            throw error.inSource(origin)
        }
    }

    private static func pack(_ node: Node, origin: String) throws(DocumentError) -> RulePack {
        var fields = try Fields(node, path: "")
        try fields.expectSchema(RulePack.schema)
        let id = try fields.text("id")
        guard id.isIdentifier else { throw fields.error(at: "id", "lower-case letters, digits, '.', '-' only") }
        let prefix = try fields.text("prefix")
        guard prefix.isIdentifier else { throw fields.error(at: "prefix", "lower-case letters, digits, '.', '-' only") }
        let pack = RulePack(
            id: id, version: try fields.text("version"), effective: try fields.date("effective"),
            adopted: try fields.optionalDate("adopted"), prefix: prefix, title: try fields.bilingual("title"),
            issuer: try fields.bilingual("issuer"), source: try fields.bilingual("source"),
            applies: try fields.predicate("applies"),
            notes: try notes(&fields), facts: try items(&fields, "facts", FactReader.fact),
            groups: try items(&fields, "groups", group),
            decisions: try items(&fields, "decisions", DecisionReader.decision),
            clauses: try items(&fields, "clauses", ClauseReader.clause),
            origin: origin)
        guard !pack.clauses.isEmpty else { throw fields.error(.missingKey, at: "clauses", "a pack has at least one clause") }
        try fields.finish()
        return pack
    }

    /// A list of entries, each read by `read` with its place.
    package static func items<Item>(
        _ fields: inout Fields, _ key: String, _ read: (Node, String) throws(DocumentError) -> Item
    ) throws(DocumentError) -> [Item] {
        var items: [Item] = []
        for (index, node) in try fields.list(key).enumerated() { items.append(try read(node, "\(fields.path(key))[\(index)]")) }
        return items
    }

    static func notes(_ fields: inout Fields) throws(DocumentError) -> [Note] {
        try items(&fields, "notes") { node, path throws(DocumentError) in
            var fields = try Fields(node, path: path)
            let note = Note(reference: try fields.optionalText("ref"), text: try fields.bilingual("text"))
            try fields.finish()
            return note
        }
    }

    private static func group(_ node: Node, _ path: String) throws(DocumentError) -> RulePack.Group {
        var fields = try Fields(node, path: path)
        let group = RulePack.Group(id: try fields.text("id"), title: try fields.bilingual("title"))
        try fields.finish()
        return group
    }
}

enum FactReader {
    static func fact(_ node: Node, _ path: String) throws(DocumentError) -> FactDefinition {
        var fields = try Fields(node, path: path)
        let key = try fields.text("key")
        let parts = key.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "firm" || parts[0] == "system", !parts[1].isEmpty else {
            throw fields.error(at: "key", "\"\(key.clipped)\" is not firm.NAME or system.NAME")
        }
        let kind: FactDefinition.Kind = try fields.choice("type")
        let choices = try choices(&fields, "values")
        guard choices.isEmpty != (kind == .enum || kind == .enumList) else {
            throw fields.error(at: "values", "values belong to enum and enum-list, and only there")
        }
        let strict = fields.optional("strict")
        let isOptional = try fields.optionalBool("optional") ?? false
        guard (strict == nil) == isOptional else {
            throw fields.error(at: "strict", "a strict value, or optional: true, not both")
        }
        let fact = FactDefinition(
            key: key, kind: kind, title: try fields.bilingual("title"), question: try fields.optionalBilingual("question"),
            order: try fields.optionalInteger("order") ?? 1000, choices: choices, unit: try fields.optionalUnit("unit"),
            minimum: fields.optional("minimum")?.number, maximum: fields.optional("maximum")?.number, strict: strict,
            position: node.position)
        try fields.finish()
        if let strict { try fact.check(strict, path: "\(path).strict") }
        return fact
    }

    /// Values with titles, in order.
    static func choices(_ fields: inout Fields, _ key: String) throws(DocumentError) -> [FactDefinition.Choice] {
        var choices: [FactDefinition.Choice] = []
        for entry in try fields.entries(key) {
            choices.append(
                FactDefinition.Choice(
                    value: entry.key, title: try Text(entry.node, path: "\(fields.path(key)).\(entry.key.clipped)")))
        }
        return choices
    }
}

extension Fields {
    /// A predicate that may be missing.
    package mutating func predicate(_ key: String) throws(DocumentError) -> Predicate? {
        guard let node = optional(key) else { return nil }
        return try PredicateReader.read(node, path: path(key))
    }

    /// A date that may be missing.
    package mutating func optionalDate(_ key: String) throws(DocumentError) -> CivilDate? {
        guard let text = try optionalText(key) else { return nil }
        guard let date = CivilDate(text) else { throw error(at: key, "\"\(text.clipped)\" is not a date (2026-11-20)") }
        return date
    }

    /// A date that must be there.
    package mutating func date(_ key: String) throws(DocumentError) -> CivilDate {
        _ = try required(key)
        guard let date = try optionalDate(key) else { throw error(.missingKey, at: key, "the key is missing") }
        return date
    }

    /// A unit that may be missing.
    /// - Returns: the pack.
    mutating func optionalUnit(_ key: String) throws(DocumentError) -> Unit? {
        guard let text = try optionalText(key) else { return nil }
        guard let unit = Unit(rawValue: text) else {
            throw error(at: key, "\"\(text.clipped)\" is not one of: \(Unit.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return unit
    }
}

extension String {
    /// Whether the text is an id: lower-case letters, digits, dot, hyphen, underscore.
    package var isIdentifier: Bool {
        !isEmpty && utf8.count <= 100
            && utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || [0x2D, 0x2E, 0x5F].contains($0) }
    }
}
