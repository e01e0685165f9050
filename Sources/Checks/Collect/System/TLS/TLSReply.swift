/// What a server answered to a ClientHello, from bytes that may be anything.
struct TLSReply: Sendable, Equatable {
    /// The server's choice.
    struct Hello: Sendable, Equatable {
        /// Version on the wire, `supported_versions` applied.
        var version: UInt16
        var suite: UInt16
    }

    var hello: Hello?
    /// The first certificate of the server's list, DER.
    var leaf: [UInt8]?
    /// Number of an alert.
    var alert: UInt8?
    /// The bytes are no TLS records.
    var isForeign = false
    /// The server has said all it says in the clear.
    var isDone = false

    /// Nothing more is to be expected.
    var isComplete: Bool { isForeign || isDone || alert != nil }
    /// It speaks TLS: it sent a hello or an alert.
    var speaksTLS: Bool { hello != nil || alert != nil }

    /// Longest handshake text that is put together from records.
    private static let handshakeLimit = 200_000

    /// Reads what has come so far; an incomplete end is no error.
    init(_ bytes: [UInt8]) {
        var handshake: [UInt8] = []
        var reader = ByteReader(bytes)
        while let type = reader.byte() {
            guard (20...23).contains(type) else {
                isForeign = hello == nil && alert == nil
                break
            }
            guard let major = reader.byte() else { break }
            guard major == 3 else {
                isForeign = hello == nil && alert == nil
                break
            }
            guard reader.byte() != nil, let length = reader.integer(2) else { break }
            guard length <= 18_432 else {
                isForeign = hello == nil
                break
            }
            if type == 22, handshake.count < Self.handshakeLimit {
                // A record that is still coming in may already hold whole messages.
                handshake += reader.upTo(length)
                continue
            }
            guard let content = reader.take(length) else { break }
            if type == 21 {
                if content.count == 2 { alert = content[1] }
                break
            }
            // Encrypted from here on.
            isDone = hello != nil
            break
        }
        messages(handshake)
        if let version = hello?.version, version >= TLSVersion.tls13.rawValue { isDone = true }
    }

    private mutating func messages(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        while let type = reader.byte(), let length = reader.integer(3), let body = reader.take(length) {
            switch type {
            case 2: hello = hello ?? Self.hello(body)
            case 11: leaf = leaf ?? Self.leaf(body)
            case 14: isDone = true
            default: continue
            }
        }
    }

    private static func hello(_ body: [UInt8]) -> Hello? {
        var reader = ByteReader(body)
        guard let version = reader.integer(2), reader.take(32) != nil, let idLength = reader.byte(),
            reader.take(Int(idLength)) != nil,
            let suite = reader.integer(2), reader.byte() != nil
        else { return nil }
        var hello = Hello(version: UInt16(version), suite: UInt16(suite))
        guard let length = reader.integer(2), let extensions = reader.take(length) else { return hello }
        var fields = ByteReader(extensions)
        while let type = fields.integer(2), let length = fields.integer(2), let content = fields.take(length) {
            if type == 43, content.count == 2 { hello.version = UInt16(content[0]) << 8 | UInt16(content[1]) }
        }
        return hello
    }

    private static func leaf(_ body: [UInt8]) -> [UInt8]? {
        var reader = ByteReader(body)
        guard reader.integer(3) != nil, let length = reader.integer(3), length > 0 else { return nil }
        return reader.take(length)
    }
}

/// Takes bytes one after the other; every step past the end gives nil.
struct ByteReader {
    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func byte() -> UInt8? {
        guard index < bytes.count else { return nil }
        defer { index += 1 }
        return bytes[index]
    }

    /// A big-endian number of `width` bytes (at most 4).
    mutating func integer(_ width: Int) -> Int? {
        guard let part = take(width) else { return nil }
        return part.reduce(0) { $0 << 8 | Int($1) }
    }

    mutating func take(_ count: Int) -> [UInt8]? {
        guard count >= 0, bytes.count - index >= count else { return nil }
        defer { index += count }
        return Array(bytes[index..<(index + count)])
    }

    /// As many of `count` bytes as there are.
    mutating func upTo(_ count: Int) -> [UInt8] {
        let end = min(bytes.count, index + max(0, count))
        defer { index = end }
        return Array(bytes[index..<end])
    }
}
