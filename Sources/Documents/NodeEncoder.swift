/// Writes what happens in cases as documents, so that what is kept is canonical JSON without a word about it in each feature. Takes texts, truth
/// values and whole numbers; anything else is refused.
package enum NodeEncoder {
    /// The document of a value.
    package static func node(of value: some Encodable) throws -> Node {
        let slot = Slot()
        try value.encode(to: Writer(slot: slot, codingPath: []))
        return slot.node
    }

    /// A place in the document that is being written.
    fileprivate final class Slot {
        enum Content {
            case nothing
            case node(Node)
            case object([(key: String, slot: Slot)])
            case list([Slot])
        }

        var content = Content.nothing

        var node: Node {
            switch content {
            case .nothing: .object([])
            case .node(let node): node
            case .object(let entries): .object(entries.map { ($0.key, $0.slot.node) })
            case .list(let slots): .list(slots.map(\.node))
            }
        }

        func child(_ key: String) -> Slot {
            let slot = Slot()
            if case .object(let entries) = content {
                content = .object(entries + [(key, slot)])
            } else {
                content = .object([(key, slot)])
            }
            return slot
        }

        func next() -> Slot {
            let slot = Slot()
            if case .list(let slots) = content { content = .list(slots + [slot]) } else { content = .list([slot]) }
            return slot
        }
    }

    fileprivate struct Writer: Encoder {
        let slot: Slot
        let codingPath: [any CodingKey]
        var userInfo: [CodingUserInfoKey: Any] { [:] }

        func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
            if case .nothing = slot.content { slot.content = .object([]) }
            return KeyedEncodingContainer(Keyed<Key>(slot: slot, codingPath: codingPath))
        }

        func unkeyedContainer() -> any UnkeyedEncodingContainer {
            if case .nothing = slot.content { slot.content = .list([]) }
            return Unkeyed(slot: slot, codingPath: codingPath)
        }

        func singleValueContainer() -> any SingleValueEncodingContainer { Single(slot: slot, codingPath: codingPath) }
    }

    fileprivate struct Single: SingleValueEncodingContainer {
        let slot: Slot
        let codingPath: [any CodingKey]

        func encodeNil() { slot.content = .node(Node(.null)) }
        func encode(_ value: Bool) { slot.content = .node(.bool(value)) }
        func encode(_ value: String) { slot.content = .node(.text(value)) }
        func encode(_ value: Int) { slot.content = .node(.integer(value)) }
        func encode(_ value: Int64) { slot.content = .node(.integer(value)) }

        func encode(_ value: some Encodable) throws {
            switch value {
            case let value as Bool: encode(value)
            case let value as String: encode(value)
            case let value as any BinaryInteger: slot.content = .node(.integer(value))
            case is any BinaryFloatingPoint:
                throw EncodingError.invalidValue(
                    value, .init(codingPath: codingPath, debugDescription: "no number with a fraction is kept"))
            default: try value.encode(to: Writer(slot: slot, codingPath: codingPath))
            }
        }
    }

    fileprivate struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let slot: Slot
        let codingPath: [any CodingKey]

        private func single(_ key: Key) -> Single { Single(slot: slot.child(key.stringValue), codingPath: codingPath + [key]) }

        func encodeNil(forKey key: Key) { single(key).encodeNil() }
        func encode(_ value: some Encodable, forKey key: Key) throws { try single(key).encode(value) }

        func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
            Writer(slot: slot.child(key.stringValue), codingPath: codingPath + [key]).container(keyedBy: type)
        }

        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
            Writer(slot: slot.child(key.stringValue), codingPath: codingPath + [key]).unkeyedContainer()
        }

        func superEncoder() -> any Encoder { Writer(slot: slot, codingPath: codingPath) }
        func superEncoder(forKey key: Key) -> any Encoder { Writer(slot: slot.child(key.stringValue), codingPath: codingPath) }
    }

    fileprivate struct Unkeyed: UnkeyedEncodingContainer {
        let slot: Slot
        let codingPath: [any CodingKey]
        var count: Int { if case .list(let slots) = slot.content { slots.count } else { 0 } }

        func encodeNil() { Single(slot: slot.next(), codingPath: codingPath).encodeNil() }
        func encode(_ value: some Encodable) throws { try Single(slot: slot.next(), codingPath: codingPath).encode(value) }

        func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
            Writer(slot: slot.next(), codingPath: codingPath).container(keyedBy: type)
        }

        func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
            Writer(slot: slot.next(), codingPath: codingPath).unkeyedContainer()
        }

        func superEncoder() -> any Encoder { Writer(slot: slot, codingPath: codingPath) }
    }
}
