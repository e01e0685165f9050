/// Base64 (RFC 4648) and the PEM blocks that carry certificates.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The text of bytes, with or without padding.
    static func encode(_ bytes: some Sequence<UInt8>, padded: Bool = true) -> String {
        var text: [UInt8] = []
        var (held, count) = (0, 0)
        for byte in bytes {
            held = held << 8 | Int(byte)
            count += 8
            while count >= 6 {
                count -= 6
                text.append(alphabet[held >> count & 63])
            }
            held &= (1 << count) - 1
        }
        if count > 0 { text.append(alphabet[held << (6 - count) & 63]) }
        while padded, text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of a base64 text, white space ignored; nil for other characters or a wrong length.
    static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var held: UInt32 = 0
        var count = 0
        var padding = 0
        for byte in text {
            let value: UInt32
            switch byte {
            case 0x41...0x5A: value = UInt32(byte - 0x41)
            case 0x61...0x7A: value = UInt32(byte - 0x61) + 26
            case 0x30...0x39: value = UInt32(byte - 0x30) + 52
            case 0x2B: value = 62
            case 0x2F: value = 63
            case 0x3D:
                padding += 1
                continue
            case 0x09...0x0D, 0x20: continue
            default: return nil
            }
            guard padding == 0 else { return nil }
            held = held << 6 | value
            count += 1
            if count == 4 {
                bytes += [
                    UInt8(truncatingIfNeeded: held >> 16), UInt8(truncatingIfNeeded: held >> 8), UInt8(truncatingIfNeeded: held),
                ]
                held = 0
                count = 0
            }
        }
        switch count {
        case 0: break
        case 2: bytes.append(UInt8(truncatingIfNeeded: held >> 4))
        case 3: bytes += [UInt8(truncatingIfNeeded: held >> 10), UInt8(truncatingIfNeeded: held >> 2)]
        default: return nil
        }
        return padding <= 2 ? bytes : nil
    }

    /// The first certificate of a file: PEM, or DER as it is.
    static func firstCertificate(_ file: [UInt8]) -> [UInt8]? {
        if file.first == 0x30 { return file }
        let lines = String(decoding: file, as: UTF8.self).split(whereSeparator: { $0.isNewline })
        let begins = ["-----BEGIN CERTIFICATE-----", "-----BEGIN TRUSTED CERTIFICATE-----", "-----BEGIN X509 CERTIFICATE-----"]
        guard let begin = lines.firstIndex(where: { begins.contains(Conf.trim($0)) }),
            let end = lines[begin...].firstIndex(where: { $0.hasPrefix("-----END") })
        else { return nil }
        return decode(lines[(begin + 1)..<end].joined().utf8)
    }
}
