/// Reads what `NodeEncoder` wrote.
package enum NodeDecoder {
    /// A value of a document.
    ///
    /// - Throws: `DecodingError` when something is missing or of another kind.
    package static func value<Value: Decodable>(_ type: Value.Type, _ node: Node) throws -> Value {
        try type.init(from: Reader(node: node, codingPath: []))
    }

    fileprivate struct Reader: Decoder {
        let node: Node
        let codingPath: [any CodingKey]
        var userInfo: [CodingUserInfoKey: Any] { [:] }

        func wrong(_ what: String) -> DecodingError {
            .dataCorrupted(.init(codingPath: codingPath, debugDescription: "\(what) is expected, not \(node.kindName)"))
        }

        func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
            guard node.entries != nil else { throw wrong("a mapping") }
            return KeyedDecodingContainer(Keyed<Key>(reader: self))
        }

        func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
            guard let items = node.list else { throw wrong("a list") }
            return Unkeyed(items: items, codingPath: codingPath)
        }

        func singleValueContainer() -> any SingleValueDecodingContainer { Single(reader: self) }
    }

    fileprivate struct Single: SingleValueDecodingContainer {
        let reader: Reader
        var codingPath: [any CodingKey] { reader.codingPath }

        func decodeNil() -> Bool { reader.node.isNull }

        func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
            let found: Any?
            switch type {
            case is Bool.Type: found = reader.node.bool
            case is String.Type: found = reader.node.text
            case is Int.Type: found = reader.node.integer
            case is Int64.Type: found = reader.node.integer.map { Int64($0) }
            default: return try type.init(from: reader)
            }
            guard let value = found as? Value else { throw reader.wrong("\(type)") }
            return value
        }
    }

    fileprivate struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let reader: Reader
        var codingPath: [any CodingKey] { reader.codingPath }
        var allKeys: [Key] { (reader.node.entries ?? []).compactMap { Key(stringValue: $0.key) } }

        func contains(_ key: Key) -> Bool { reader.node[key.stringValue] != nil }

        private func inner(_ key: Key) throws -> Reader {
            guard let node = reader.node[key.stringValue] else {
                throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: "the key is missing"))
            }
            return Reader(node: node, codingPath: codingPath + [key])
        }

        func decodeNil(forKey key: Key) throws -> Bool { try inner(key).node.isNull }

        func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
            try Single(reader: try inner(key)).decode(type)
        }

        func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws -> KeyedDecodingContainer<
            Nested
        > {
            try inner(key).container(keyedBy: type)
        }

        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { try inner(key).unkeyedContainer() }
        func superDecoder() -> any Decoder { reader }
        func superDecoder(forKey key: Key) throws -> any Decoder { try inner(key) }
    }

    fileprivate struct Unkeyed: UnkeyedDecodingContainer {
        let items: [Node]
        let codingPath: [any CodingKey]
        var currentIndex = 0
        var count: Int? { items.count }
        var isAtEnd: Bool { currentIndex >= items.count }

        init(items: [Node], codingPath: [any CodingKey]) { (self.items, self.codingPath) = (items, codingPath) }

        private mutating func next() throws -> Reader {
            guard !isAtEnd else {
                throw DecodingError.dataCorrupted(.init(codingPath: codingPath, debugDescription: "the list is too short"))
            }
            defer { currentIndex += 1 }
            return Reader(node: items[currentIndex], codingPath: codingPath)
        }

        mutating func decodeNil() throws -> Bool {
            guard !isAtEnd, items[currentIndex].isNull else { return false }
            currentIndex += 1
            return true
        }

        mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Single(reader: try next()).decode(type) }

        mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
            try next().container(keyedBy: type)
        }

        mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
        mutating func superDecoder() throws -> any Decoder { try next() }
    }
}
