public import Documents

/// What a field of an incident holds. Numbers with a fraction are kept as their decimal text, so that nothing is rounded.
public enum FieldValue: Sendable, Hashable {
    /// Yes or no.
    case flag(Bool)
    /// A whole number.
    case number(Int)
    /// A text, a code, a day, a time or a decimal number.
    case text(String)
    /// Several of them.
    case list([FieldValue])
    /// Several fields that belong together.
    case record([String: FieldValue])

    /// The text, when this is one.
    public var text: String? { if case .text(let text) = self { text } else { nil } }
    /// The number, when this is one.
    public var number: Int? { if case .number(let number) = self { number } else { nil } }
    /// The truth value, when this is one.
    public var flag: Bool? { if case .flag(let flag) = self { flag } else { nil } }
    /// The items, when this is a list.
    public var list: [FieldValue]? { if case .list(let items) = self { items } else { nil } }
    /// The fields, when this is a record.
    public var record: [String: FieldValue]? { if case .record(let fields) = self { fields } else { nil } }

    /// About how many bytes it takes.
    var size: Int {
        switch self {
        case .flag, .number: 8
        case .text(let text): text.utf8.count
        case .list(let items): items.reduce(8) { $0 + $1.size }
        case .record(let fields): fields.reduce(8) { $0 + $1.key.utf8.count + $1.value.size }
        }
    }

    /// As a document.
    public var node: Node {
        switch self {
        case .flag(let flag): .bool(flag)
        case .number(let number): .integer(number)
        case .text(let text): .text(text)
        case .list(let items): .list(items.map(\.node))
        case .record(let fields): .object(fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value.node) })
        }
    }

    /// Reads a document. A number with a fraction becomes its decimal text.
    ///
    /// - Returns: nil for `null`, which says nothing.
    public init?(_ node: Node) {
        switch node.value {
        case .null: return nil
        case .bool(let flag): self = .flag(flag)
        case .number(let number): self = number.integer.map(Self.number) ?? .text(number.description)
        case .text(let text): self = .text(text)
        case .list(let items): self = .list(items.compactMap { FieldValue($0) })
        case .object(let entries):
            self = .record(Dictionary(entries.compactMap { entry in FieldValue(entry.node).map { (entry.key, $0) } }) { $1 })
        }
    }
}

extension FieldValue: Codable {
    /// Reads what `encode` wrote.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Int.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let items = try? container.decode([FieldValue].self) {
            self = .list(items)
        } else {
            self = .record(try container.decode([String: FieldValue].self))
        }
    }

    /// Writes the value itself, without a word about its kind.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .flag(let flag): try container.encode(flag)
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        case .list(let items): try container.encode(items)
        case .record(let fields): try container.encode(fields)
        }
    }
}
