internal import Crypto
internal import Documents

/// A public key that lets someone in.
struct AuthorizedKey: Sendable, Equatable {
    var type: String
    var bits: Int?
    /// `SHA256:` and base64 without padding, as ssh-keygen shows it.
    var fingerprint: String
    /// Has `from=` or `restrict`.
    var isRestricted: Bool

    private static let types: Set<String> = [
        "ssh-rsa", "ssh-dss", "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
    ]

    /// Longest line that is looked at.
    private static let lineLimit = 32_768

    /// Reads a line of authorized_keys: options, type, key, comment; nil for anything else.
    init?(_ line: Substring) {
        guard line.utf8.count <= Self.lineLimit else { return nil }
        var bytes = Array(line.utf8)[...].drop { $0 == 0x20 || $0 == 0x09 }
        guard let first = bytes.first, first != UInt8(ascii: "#") else { return nil }
        var options: [String] = []
        var word = Self.word(&bytes)
        if !Self.isType(word) {
            options = Self.options(word)
            word = Self.word(&bytes)
        }
        guard Self.isType(word), let blob = Base64.decode(Self.word(&bytes).utf8) else { return nil }
        var reader = Blob(bytes: blob[...])
        // The name inside the key must be the name outside it.
        guard let inner = reader.string(), String(decoding: inner, as: UTF8.self) == word else { return nil }
        type = word
        bits = Self.bits(word, &reader)
        fingerprint = "SHA256:" + Base64.encode(SHA256.hash(data: blob), padded: false)
        isRestricted = options.contains { $0 == "restrict" || $0.hasPrefix("from=") }
    }

    private static func isType(_ word: String) -> Bool {
        types.contains(word) || (word.hasSuffix("-cert-v01@openssh.com") && word.utf8.count < 80)
    }

    /// The next word; blanks inside quotes belong to it.
    private static func word(_ bytes: inout ArraySlice<UInt8>) -> String {
        bytes = bytes.drop { $0 == 0x20 || $0 == 0x09 }
        var word: [UInt8] = []
        var quoted = false
        while let byte = bytes.first, quoted || (byte != 0x20 && byte != 0x09 && byte != 0x0D) {
            if byte == 0x22, word.last != UInt8(ascii: "\\") { quoted.toggle() }
            word.append(byte)
            bytes = bytes.dropFirst()
        }
        return String(decoding: word, as: UTF8.self)
    }

    private static func options(_ text: String) -> [String] {
        var found: [String] = []
        var current: [UInt8] = []
        var quoted = false
        for byte in text.utf8 {
            if byte == 0x22 { quoted.toggle() }
            if byte == UInt8(ascii: ","), !quoted {
                found.append(String(decoding: current, as: UTF8.self).lowercased())
                current = []
            } else {
                current.append(byte)
            }
        }
        return found + [String(decoding: current, as: UTF8.self).lowercased()]
    }

    private static func bits(_ type: String, _ reader: inout Blob) -> Int? {
        switch type {
        case "ssh-rsa":
            guard reader.string() != nil, let modulus = reader.string() else { return nil }
            return length(modulus)
        case "ssh-dss": return reader.string().map(length)
        case let name where name.contains("ed25519"): return 256
        case let name where name.contains("nistp256"): return 256
        case let name where name.contains("nistp384"): return 384
        case let name where name.contains("nistp521"): return 521
        default: return nil
        }
    }

    /// Bits of a number of big-endian bytes.
    private static func length(_ number: ArraySlice<UInt8>) -> Int {
        let digits = number.drop { $0 == 0 }
        return digits.first.map { digits.count * 8 - $0.leadingZeroBitCount } ?? 0
    }

    private struct Blob {
        var bytes: ArraySlice<UInt8>

        /// The next field: a length of four bytes and its bytes.
        mutating func string() -> ArraySlice<UInt8>? {
            guard bytes.count >= 4 else { return nil }
            let count = bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            bytes = bytes.dropFirst(4)
            guard count <= bytes.count else { return nil }
            defer { bytes = bytes.dropFirst(count) }
            return bytes.prefix(count)
        }
    }
}
