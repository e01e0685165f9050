internal import Crypto
internal import Rulebook

/// Time-based one-time passwords (RFC 6238): HMAC-SHA-1, six digits, steps of 30 s, which is what every authenticator program understands.
/// SHA-1 is safe in an HMAC.
enum TOTP {
    static let period: Int64 = 30
    static let digits = 6
    /// Bytes of a secret, as RFC 4226 recommends.
    static let secretLength = 20
    /// Steps that the person's clock may be off, each way.
    static let drift: Int64 = 1

    /// Number of the step an instant lies in.
    static func step(at now: Instant) -> Int64 { now.seconds >= 0 ? now.seconds / period : 0 }

    /// The code of a step, with `digits` digits (RFC 4226 section 5.3).
    static func code(secret: [UInt8], step: Int64, digits: Int = digits) -> String {
        let counter = (0..<8).map { UInt8(truncatingIfNeeded: step >> Int64(56 - 8 * $0)) }
        let mac = Array(HMAC<Insecure.SHA1>.authenticationCode(for: counter, using: SymmetricKey(data: secret)))
        let offset = Int(mac[19] & 15)
        var number = mac[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        var text: [UInt8] = []
        for _ in 0..<digits {
            text.insert(UInt8(ascii: "0") + UInt8(number % 10), at: 0)
            number /= 10
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The step whose code this is, looked for around now and after `used`, the last step that was used; nil when it is none. Each step works
    /// once, so a code that was watched is worth nothing.
    static func match(_ code: String, secret: [UInt8], at now: Instant, after used: Int64?) -> Int64? {
        let given = Array(code.utf8.filter { $0 != 0x20 })
        var found: Int64?
        let current = step(at: now)
        // All steps are computed, whichever matches.
        for step in max(0, current - drift)...current + drift {
            if Encodings.isSame(given, Array(Self.code(secret: secret, step: step).utf8)), step > used ?? -1 {
                found = found ?? step
            }
        }
        return found
    }

    /// What an authenticator program reads from a QR code (the key URI format of such programs).
    static func uri(secret: [UInt8], issuer: String, account: String) -> String {
        let label = "\(escaped(issuer)):\(escaped(account))"
        return
            "otpauth://totp/\(label)?secret=\(Encodings.base32(secret))&issuer=\(escaped(issuer))&algorithm=SHA1&digits=\(digits)&period=\(period)"
    }

    /// Percent encoding of everything but unreserved characters (RFC 3986 section 2.3).
    private static func escaped(_ text: String) -> String {
        var result: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                result.append(byte)
            default: result += Array("%\(Encodings.hex([byte]).uppercased())".utf8)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
