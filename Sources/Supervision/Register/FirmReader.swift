public import Documents
public import Rulebook

/// Reads a firm's document (`Documentation/supervision.md`).
public enum FirmReader {
    /// Longest text of a name, group or note, in bytes.
    static let textLimit = 200
    /// Most entries of one of its lists.
    static let listLimit = 500

    /// Reads a firm.
    ///
    /// - Parameters:
    ///   - node: the document.
    ///   - rulebook: knows the facts of firms, and what values they take.
    /// - Returns: the firm.
    /// - Throws: `DocumentError` at the first key that is unknown, missing or wrong.
    public static func read(_ node: Node, rulebook: Rulebook) throws(DocumentError) -> Firm {
        var fields = try Fields(node, path: "")
        let schema = try fields.text("schema")
        guard schema == Firm.schema else {
            throw fields.error(at: "schema", "\"\(schema.clipped)\" is not \"\(Firm.schema)\"")
        }
        let id = try fields.text("id")
        guard isIdentifier(id) else {
            throw fields.error(at: "id", "1 to 63 lower-case letters, digits, hyphens and dots are expected")
        }
        let number = try fields.optionalText("number") ?? ""
        guard number.isEmpty || number.utf8.count == 8 && number.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw fields.error(at: "number", "eight digits are expected")
        }
        var firm = Firm(id: id, number: number, names: [])
        for (index, item) in try list(&fields, "names").enumerated() {
            var entry = try Fields(item, path: "names[\(index)]")
            firm.names.append(
                .init(from: try day(&entry, "from"), legal: try text(&entry, "legal"), short: try text(&entry, "short")))
            try entry.finish()
        }
        guard !firm.names.isEmpty else { throw fields.error(.missingKey, at: "names", "a firm has at least one name") }
        try inOrder(firm.names.map(\.from), "names", fields)
        for (index, item) in try list(&fields, "facts").enumerated() {
            firm.facts.append(try facts(item, "facts[\(index)]", rulebook))
        }
        try inOrder(firm.facts.map(\.from), "facts", fields)
        for (index, item) in try list(&fields, "ratios").enumerated() {
            let (year, share) = try ratio(item, "ratios[\(index)]", rulebook)
            guard firm.ratios.updateValue(share, forKey: year) == nil else {
                throw fields.error(at: "ratios[\(index)].year", "the year stands here twice")
            }
        }
        if let group = fields.optional("group") { firm.group = try bounded(group, "group") }
        for (index, item) in try list(&fields, "events").enumerated() {
            firm.events.append(try event(item, "events[\(index)]"))
        }
        try inOrder(firm.events.map(\.day), "events", fields)
        try fields.finish()
        return firm
    }

    /// Whether a text can be a firm's key.
    public static func isIdentifier(_ id: String) -> Bool {
        (1...63).contains(id.utf8.count) && id.first != "-" && id.first != "."
            && id.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E }
    }

    private static func list(_ fields: inout Fields, _ key: String) throws(DocumentError) -> [Node] {
        guard fields.node[key] != nil else { return [] }
        let items = try fields.list(key)
        guard items.count <= listLimit else { throw fields.error(at: key, "at most \(listLimit) entries are expected") }
        return items
    }

    private static func facts(_ node: Node, _ path: String, _ rulebook: Rulebook) throws(DocumentError) -> Firm.Facts {
        var entry = try Fields(node, path: path)
        var step = Firm.Facts(from: try day(&entry, "from"), values: [:])
        for item in try entry.entries("firm") {
            let place = "\(path).firm.\(item.key.clipped)"
            guard let fact = rulebook.fact("firm.\(item.key)"), !item.key.hasPrefix("online_ratio_") else {
                throw DocumentError(
                    .unknownKey, position: item.node.position, key: place,
                    reason: "no rule pack knows this fact of a firm (shares of internet orders stand under \"ratios\")")
            }
            if !item.node.isNull { try fact.check(item.node, path: place) }
            step.values[item.key] = item.node
        }
        try entry.finish()
        return step
    }

    private static func ratio(_ node: Node, _ path: String, _ rulebook: Rulebook) throws(DocumentError) -> (Int, ExactNumber) {
        var entry = try Fields(node, path: path)
        guard let year = try entry.optionalInteger("year"), (1900...9999).contains(year) else {
            throw entry.error(at: "year", "a year with four digits is expected")
        }
        let share = try entry.required("share")
        guard let number = share.number else {
            throw DocumentError(.wrongType, position: share.position, key: "\(path).share", reason: "a number is expected")
        }
        try rulebook.fact("firm.online_ratio_last_year")?.check(share, path: "\(path).share")
        try entry.finish()
        return (year, number)
    }

    private static func event(_ node: Node, _ path: String) throws(DocumentError) -> Firm.Event {
        var entry = try Fields(node, path: path)
        var event = Firm.Event(day: try day(&entry, "day"), kind: try entry.choice("kind"))
        event.other = try entry.optionalText("other") ?? ""
        guard event.other.isEmpty || isIdentifier(event.other) else { throw entry.error(at: "other", "a firm's key is expected") }
        guard ![.merged, .absorbed].contains(event.kind) || !event.other.isEmpty else {
            throw entry.error(.missingKey, at: "other", "the other firm is expected")
        }
        if let note = entry.optional("note") { event.note = try bounded(note, "\(path).note") }
        try entry.finish()
        return event
    }

    private static func day(_ fields: inout Fields, _ key: String) throws(DocumentError) -> CivilDate {
        let text = try fields.text(key)
        guard let day = CivilDate(text) else { throw fields.error(at: key, "a date (2026-11-20) is expected") }
        return day
    }

    private static func text(_ fields: inout Fields, _ key: String) throws(DocumentError) -> String {
        try bounded(try fields.required(key), fields.path(key))
    }

    private static func bounded(_ node: Node, _ path: String) throws(DocumentError) -> String {
        let text = try Fields.text(node, path)
        guard (1...textLimit).contains(text.utf8.count),
            !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
        else {
            throw DocumentError(
                .badValue, position: node.position, key: path,
                reason: "1 to \(textLimit) bytes without control characters are expected")
        }
        return text
    }

    private static func inOrder(_ days: [CivilDate], _ key: String, _ fields: Fields) throws(DocumentError) {
        for (index, pair) in zip(days, days.dropFirst()).enumerated() where pair.1 < pair.0 {
            throw fields.error(at: "\(key)[\(index + 1)]", "the oldest comes first")
        }
    }
}
