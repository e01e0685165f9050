/// Where something stands in a source text: 1-based line and column (column counts UTF-8 bytes). Line 0 means "made by a program".
public struct Position: Sendable, Hashable {
    /// 1-based line, 0 when the value was not read from a text.
    public var line: Int32
    /// 1-based column in bytes, 0 when the value was not read from a text.
    public var column: Int32

    /// A position in a text.
    public init(line: Int, column: Int) {
        self.line = Int32(clamping: line)
        self.column = Int32(clamping: column)
    }

    /// The position of values that programs made.
    public static let none = Position(line: 0, column: 0)
}

/// A value of a document (JSON or YAML) that remembers where it was written.
///
/// Equality ignores positions: two nodes are equal when they say the same.
public struct Node: Sendable {
    /// What a node can be.
    public enum Value: Sendable, Hashable {
        case null
        case bool(Bool)
        case number(ExactNumber)
        case text(String)
        case list([Node])
        case object([Entry])
    }

    /// One key of an object, in the order of the document.
    public struct Entry: Sendable, Hashable {
        /// The key.
        public var key: String
        /// Its value.
        public var node: Node
        /// Where the key stands.
        public var position: Position

        /// A key and its value.
        public init(key: String, node: Node, position: Position = .none) {
            self.key = key
            self.node = node
            self.position = position
        }
    }

    /// The value itself.
    public var value: Value
    /// Where it was written.
    public var position: Position

    /// A node with a value and, when it was read from a text, its position.
    public init(_ value: Value, at position: Position = .none) {
        self.value = value
        self.position = position
    }
}

extension Node: Hashable {
    /// Whether both say the same.
    public static func == (left: Node, right: Node) -> Bool { left.value == right.value }
    /// Feeds what equality looks at to the hasher.
    public func hash(into hasher: inout Hasher) { hasher.combine(value) }
}

extension Node.Entry {
    /// Whether both say the same.
    public static func == (left: Node.Entry, right: Node.Entry) -> Bool { left.key == right.key && left.node == right.node }
    /// Feeds what equality looks at to the hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(key)
        hasher.combine(node)
    }
}

extension Node {
    /// The text, when this is one.
    public var text: String? { if case .text(let text) = value { text } else { nil } }
    /// The number, when this is one.
    public var number: ExactNumber? { if case .number(let number) = value { number } else { nil } }
    /// The whole number, when this is one that fits 64 bits.
    public var integer: Int? { number?.integer }
    /// The truth value, when this is one.
    public var bool: Bool? { if case .bool(let bool) = value { bool } else { nil } }
    /// The items, when this is a list.
    public var list: [Node]? { if case .list(let items) = value { items } else { nil } }
    /// The entries, when this is an object.
    public var entries: [Entry]? { if case .object(let entries) = value { entries } else { nil } }
    /// Whether this is `null`.
    public var isNull: Bool { if case .null = value { true } else { false } }

    /// The value of `key` in an object; `nil` for other kinds and missing keys.
    public subscript(key: String) -> Node? {
        guard case .object(let entries) = value else { return nil }
        for entry in entries where entry.key == key { return entry.node }
        return nil
    }

    /// What a person would call the kind of this value, for error messages.
    public var kindName: String {
        switch value {
        case .null: "null"
        case .bool: "true/false"
        case .number: "number"
        case .text: "text"
        case .list: "list"
        case .object: "mapping"
        }
    }
}

// MARK: Building nodes in code

extension Node: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral {
    /// A text node.
    public init(stringLiteral value: String) { self.init(.text(value)) }
    /// A true/false node.
    public init(booleanLiteral value: Bool) { self.init(.bool(value)) }
    /// A whole number node.
    public init(integerLiteral value: Int) { self.init(.number(ExactNumber(value))) }
    /// A list node.
    public init(arrayLiteral elements: Node...) { self.init(.list(elements)) }

    /// A text node.
    public static func text(_ text: String) -> Node { Node(.text(text)) }
    /// A whole number node.
    public static func integer(_ integer: some BinaryInteger) -> Node { Node(.number(ExactNumber(Int(clamping: integer)))) }
    /// A true/false node.
    public static func bool(_ bool: Bool) -> Node { Node(.bool(bool)) }
    /// A list of nodes.
    public static func list(_ items: some Sequence<Node>) -> Node { Node(.list(Array(items))) }
    /// A list of texts.
    public static func texts(_ items: some Sequence<String>) -> Node { Node(.list(items.map { Node(.text($0)) })) }
    /// An object from pairs; pairs whose value is `nil` are left out, for "not known".
    public static func object(_ pairs: [(String, Node?)]) -> Node {
        Node(.object(pairs.compactMap { pair in pair.1.map { Entry(key: pair.0, node: $0) } }))
    }
}
