/// A value of CBOR (RFC 8949), as far as authenticators use it (CTAP2 canonical form): no floating point, no tags, no indefinite lengths.
enum CBOR: Sendable, Hashable {
    case unsigned(UInt64)
    /// -1 - n.
    case negative(UInt64)
    case bytes([UInt8])
    case text(String)
    case array([CBOR])
    case map([CBOR: CBOR])
    case bool(Bool)
    case null

    /// Nesting and number of values that are read at most.
    static let depthLimit = 8
    static let valueLimit = 1_000

    /// The number, when it fits 64 signed bits.
    var integer: Int64? {
        switch self {
        case .unsigned(let number): Int64(exactly: number)
        case .negative(let number): Int64(exactly: number).map { -1 - $0 }
        default: nil
        }
    }

    var byteString: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
    var string: String? { if case .text(let text) = self { text } else { nil } }

    /// The value under an integer key of a map.
    subscript(key: Int64) -> CBOR? {
        guard case .map(let entries) = self else { return nil }
        return entries[key >= 0 ? .unsigned(UInt64(key)) : .negative(UInt64(-1 - key))]
    }

    /// The value under a text key of a map.
    subscript(key: String) -> CBOR? {
        guard case .map(let entries) = self else { return nil }
        return entries[.text(key)]
    }

    /// Reads one value that fills the bytes; nil for anything else.
    static func read(_ bytes: [UInt8]) -> CBOR? {
        guard let (value, end) = readFirst(bytes, from: 0), end == bytes.count else { return nil }
        return value
    }

    /// Reads one value at a place, and says where it ends; nil when there is none, or it is not in canonical form.
    static func readFirst(_ bytes: [UInt8], from start: Int) -> (value: CBOR, end: Int)? {
        var reader = Reader(bytes: bytes, place: start)
        guard start <= bytes.count, let value = reader.value(depth: 0) else { return nil }
        return (value, reader.place)
    }

    private struct Reader {
        let bytes: [UInt8]
        var place: Int
        var values = 0

        mutating func value(depth: Int) -> CBOR? {
            values += 1
            guard depth < CBOR.depthLimit, values <= CBOR.valueLimit, place < bytes.count else { return nil }
            let first = bytes[place]
            place += 1
            if first >> 5 == 7 {
                switch first {
                case 0xF4: return .bool(false)
                case 0xF5: return .bool(true)
                case 0xF6: return .null
                default: return nil
                }
            }
            guard let number = argument(first & 31) else { return nil }
            switch first >> 5 {
            case 0: return .unsigned(number)
            case 1: return .negative(number)
            case 2: return run(number).map { .bytes($0) }
            case 3: return run(number).flatMap { String(validating: $0, as: UTF8.self) }.map { .text($0) }
            case 4: return array(number, depth)
            case 5: return map(number, depth)
            default: return nil
            }
        }

        /// The number after the first byte, in its shortest form.
        private mutating func argument(_ low: UInt8) -> UInt64? {
            guard low >= 24 else { return UInt64(low) }
            guard low <= 27 else { return nil }
            let width = 1 << Int(low - 24)
            guard bytes.count - place >= width else { return nil }
            let number = bytes[place..<place + width].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            place += width
            let least: UInt64 = width == 1 ? 24 : 1 << UInt64(width * 4)
            return number >= least ? number : nil
        }

        private mutating func run(_ length: UInt64) -> [UInt8]? {
            guard let length = Int(exactly: length), length <= bytes.count - place else { return nil }
            defer { place += length }
            return Array(bytes[place..<place + length])
        }

        private mutating func array(_ count: UInt64, _ depth: Int) -> CBOR? {
            // Each item takes at least a byte, so a count that promises more is a lie.
            guard count <= UInt64(bytes.count - place) else { return nil }
            var items: [CBOR] = []
            for _ in 0..<count {
                guard let item = value(depth: depth + 1) else { return nil }
                items.append(item)
            }
            return .array(items)
        }

        private mutating func map(_ count: UInt64, _ depth: Int) -> CBOR? {
            guard count <= UInt64(bytes.count - place) / 2 else { return nil }
            var entries: [CBOR: CBOR] = [:]
            for _ in 0..<count {
                guard let key = value(depth: depth + 1), let item = value(depth: depth + 1),
                    entries.updateValue(item, forKey: key) == nil
                else { return nil }
            }
            return .map(entries)
        }
    }
}
