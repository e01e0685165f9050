internal import Documents
internal import Rulebook

/// Longest texts and lists of messages.
enum MessageLimits {
    /// Names of firms, people, files.
    static let name = 200
    /// Questions, answers, reasons.
    static let text = 4_000
    /// Questions of one return, and answers of one reply.
    static let questions = 500
    /// Files that one answer names.
    static let evidence = 50
}

extension Fields {
    /// A text of one line.
    mutating func line(_ key: String, limit: Int = MessageLimits.name) throws(DocumentError) -> String {
        let text = try text(key)
        guard text.utf8.count <= limit, !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw error(at: key, "at most \(limit) bytes without control characters are expected")
        }
        return text
    }

    /// A text of one line that may be missing (then empty).
    mutating func optionalLine(_ key: String, limit: Int = MessageLimits.name) throws(DocumentError) -> String {
        optional(key) == nil ? "" : try line(key, limit: limit)
    }

    /// A text of several lines.
    mutating func prose(_ key: String, limit: Int = MessageLimits.text) throws(DocumentError) -> String {
        let text = try text(key)
        let isClean = !text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" && $0 != "\t" || $0.value == 0x7F }
        guard text.utf8.count <= limit, isClean else {
            throw error(at: key, "at most \(limit) bytes without control characters are expected")
        }
        return text
    }

    /// Words with hyphens and dots between them: what closed lists and clause ids are made of.
    mutating func word(_ key: String, limit: Int = 100) throws(DocumentError) -> String {
        let text = try text(key)
        guard text.utf8.count <= limit, text.utf8.first != 0x2D, text.utf8.allSatisfy(Self.isWordByte) else {
            throw error(at: key, "letters, digits, hyphens, dots, slashes and underscores are expected")
        }
        return text
    }

    /// A word that may be missing (then empty).
    mutating func optionalWord(_ key: String, limit: Int = 100) throws(DocumentError) -> String {
        optional(key) == nil ? "" : try word(key, limit: limit)
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
            || [0x2D, 0x2E, 0x2F, 0x5F].contains(byte)
    }

    /// A SHA-256 in hexadecimal.
    mutating func hash(_ key: String) throws(DocumentError) -> String {
        let text = try text(key)
        guard HexText.isHex(text) else { throw error(at: key, "64 hexadecimal digits in lower case are expected") }
        return text
    }

    /// A SHA-256 in hexadecimal that may be missing.
    mutating func optionalHash(_ key: String) throws(DocumentError) -> String? { optional(key) == nil ? nil : try hash(key) }

    /// SHA-256 of files, each named once.
    mutating func hashes(_ key: String, limit: Int = MessageLimits.evidence) throws(DocumentError) -> [String] {
        let texts = try texts(key)
        guard texts.count <= limit, Set(texts).count == texts.count, texts.allSatisfy({ HexText.isHex($0) }) else {
            throw error(at: key, "at most \(limit) different hashes of 64 hexadecimal digits are expected")
        }
        return texts
    }

    /// An instant, written as `Instant` writes it in UTC: one spelling.
    mutating func instant(_ key: String) throws(DocumentError) -> Instant {
        let text = try text(key)
        guard let instant = Instant(text), instant.description == text else {
            throw error(at: key, "\"\(text.clipped)\" is not of the form 2026-11-20T15:33:00Z")
        }
        return instant
    }

    /// An instant that may be missing.
    mutating func optionalInstant(_ key: String) throws(DocumentError) -> Instant? {
        optional(key) == nil ? nil : try instant(key)
    }

    /// A quarter.
    mutating func quarter(_ key: String) throws(DocumentError) -> Quarter {
        let text = try text(key)
        guard let quarter = Quarter(text), quarter.description == text else {
            throw error(at: key, "\"\(text.clipped)\" is not of the form 2026-Q4")
        }
        return quarter
    }

    /// A whole number in a range.
    mutating func number(_ key: String, _ range: ClosedRange<Int>) throws(DocumentError) -> Int {
        guard let number = try required(key).integer, range.contains(number) else {
            throw error(at: key, "a whole number from \(range.lowerBound) to \(range.upperBound) is expected")
        }
        return number
    }

    /// Items of a list, each read by `read` with its fields and finished.
    mutating func items<Item>(
        _ key: String, limit: Int, _ read: (inout Fields) throws(DocumentError) -> Item
    ) throws(DocumentError) -> [Item] {
        let nodes = try list(key)
        guard nodes.count <= limit else { throw error(at: key, "at most \(limit) entries are read") }
        var items: [Item] = []
        items.reserveCapacity(nodes.count)
        for (index, node) in nodes.enumerated() {
            var fields = try Fields(node, path: "\(path(key))[\(index)]")
            items.append(try read(&fields))
            try fields.finish()
        }
        return items
    }

    /// One mapping, read by `read` and finished; nil when it is missing.
    mutating func part<Part>(_ key: String, _ read: (inout Fields) throws(DocumentError) -> Part) throws(DocumentError) -> Part? {
        guard let node = optional(key) else { return nil }
        var fields = try Fields(node, path: path(key))
        let part = try read(&fields)
        try fields.finish()
        return part
    }
}

extension Node {
    /// The text's node; nil when it is empty, so that it is left out.
    static func unlessEmpty(_ text: String) -> Node? { text.isEmpty ? nil : .text(text) }
    /// The texts' node; nil when there are none.
    static func unlessEmpty(_ texts: [String]) -> Node? { texts.isEmpty ? nil : .texts(texts) }
    /// The list's node; nil when it is empty.
    static func unlessEmpty(_ items: [Node]) -> Node? { items.isEmpty ? nil : .list(items) }
}
