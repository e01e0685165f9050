/// Builds ClientHello messages (RFC 5246 section 7.4.1.2, RFC 8446 section 4.1.2). They begin handshakes that are never finished:
/// what is asked for is only what the server would choose.
enum ClientHello {
    /// One record with a ClientHello.
    ///
    /// - Parameters:
    ///   - version: the only version that is offered.
    ///   - suites: the cipher suites that are offered, best first.
    ///   - share: our public key for x25519 (TLS 1.3); random bytes when nobody wants to read on after the server's hello.
    ///   - random: where random bytes come from.
    /// - Returns: the record's bytes.
    static func record(
        _ version: TLSVersion, _ suites: [CipherSuite], share: [UInt8]? = nil, random: inout some RandomNumberGenerator
    ) -> [UInt8] {
        // TLS 1.3 dresses as 1.2 and says so in an extension.
        let legacy = min(version, .tls12).rawValue
        var body = TLSBytes()
        body.add16(legacy)
        body.bytes += bytes(32, &random)
        // TLS 1.3 servers behind old middle boxes expect a session id.
        body.vector8(version == .tls13 ? bytes(32, &random) : [])
        var codes = TLSBytes()
        for suite in suites { codes.add16(suite.code) }
        // "Secure renegotiation understood": some servers refuse clients that do not say it.
        if version < .tls13 { codes.add16(0x00FF) }
        body.vector16(codes.bytes)
        body.vector8([0])
        if version > .ssl3 { body.vector16(extensions(version, share, &random)) }
        var message = TLSBytes()
        message.bytes.append(1)
        message.add24(body.bytes.count)
        message.bytes += body.bytes
        var record = TLSBytes()
        record.bytes.append(22)
        record.add16(version == .ssl3 ? 0x0300 : 0x0301)
        record.vector16(message.bytes)
        return record.bytes
    }

    private static func bytes(_ count: Int, _ random: inout some RandomNumberGenerator) -> [UInt8] {
        var made: [UInt8] = []
        for _ in 0..<count { made.append(UInt8.random(in: 0...255, using: &random)) }
        return made
    }

    private static func extensions(
        _ version: TLSVersion, _ share: [UInt8]?, _ random: inout some RandomNumberGenerator
    ) -> [UInt8] {
        var all = TLSBytes()
        func add(_ type: UInt16, _ content: TLSBytes) {
            all.add16(type)
            all.vector16(content.bytes)
        }
        // supported_groups: x25519, secp256r1, secp384r1, secp521r1, x448, ffdhe2048, ffdhe3072
        add(10, .list16([0x001D, 0x0017, 0x0018, 0x0019, 0x001E, 0x0100, 0x0101]))
        var formats = TLSBytes()
        formats.vector8([0])
        add(11, formats)
        if version >= .tls12 {
            // signature_algorithms, SHA-1 last: a server with an old certificate shall still show it.
            add(
                13,
                .list16([
                    0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B, 0x0401, 0x0501,
                    0x0601,
                    0x0303, 0x0301, 0x0203, 0x0201,
                ]))
        }
        if version == .tls13 {
            var versions = TLSBytes()
            versions.vector8([0x03, 0x04])
            add(43, versions)
            var entry = TLSBytes()
            entry.add16(0x001D)
            // Every 32 bytes are a point of x25519; the handshake ends before the secret would be needed.
            entry.vector16(share ?? bytes(32, &random))
            var shares = TLSBytes()
            shares.vector16(entry.bytes)
            add(51, shares)
        }
        return all.bytes
    }
}

/// Bytes under construction, with the length-prefixed vectors of TLS.
struct TLSBytes {
    var bytes: [UInt8] = []

    mutating func add16(_ value: UInt16) { bytes += [UInt8(value >> 8), UInt8(value & 0xFF)] }

    mutating func add24(_ value: Int) {
        bytes += [
            UInt8(truncatingIfNeeded: value >> 16), UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value),
        ]
    }

    mutating func vector8(_ content: [UInt8]) {
        bytes.append(UInt8(truncatingIfNeeded: content.count))
        bytes += content
    }

    mutating func vector16(_ content: [UInt8]) {
        add16(UInt16(truncatingIfNeeded: content.count))
        bytes += content
    }

    static func list16(_ values: [UInt16]) -> TLSBytes {
        var inner = TLSBytes()
        for value in values { inner.add16(value) }
        var outer = TLSBytes()
        outer.vector16(inner.bytes)
        return outer
    }
}
