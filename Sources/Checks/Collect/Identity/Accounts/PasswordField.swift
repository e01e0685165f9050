/// What the password field of passwd or shadow says, without any part of a hash: the text is judged here and then dropped.
struct PasswordField: Sendable, Equatable {
    /// As the facts schema calls it.
    enum State: String, Sendable { case set, locked, none, empty, unknown }

    var state: State
    /// Hash scheme, when there is a hash.
    var scheme: String?

    /// The field is kept in shadow (`x` in passwd).
    static func isShadowed(_ field: some StringProtocol) -> Bool { field == "x" || field == "*NP*" || field.hasPrefix("##") }

    init(state: State) { self.state = state }

    init(_ field: some StringProtocol) {
        let bytes = Array(field.utf8)
        guard !bytes.isEmpty else {
            state = .empty
            return
        }
        let rest = bytes.drop { $0 == UInt8(ascii: "!") || $0 == UInt8(ascii: "*") }
        scheme = Self.scheme(rest)
        if rest.count < bytes.count {
            // "!" before a hash locks it and can be taken away; "!", "!!", "*" never was a password.
            state = scheme == nil ? .none : .locked
        } else {
            state = scheme == nil ? .none : .set
        }
    }

    /// The scheme by the hash's prefix; nil when no password can ever give such a text.
    private static func scheme(_ hash: ArraySlice<UInt8>) -> String? {
        let known: [(String, String)] = [
            ("$y$", "yescrypt"), ("$gy$", "gost-yescrypt"), ("$7$", "scrypt"), ("$2$", "bcrypt"), ("$2a$", "bcrypt"),
            ("$2b$", "bcrypt"),
            ("$2x$", "bcrypt"), ("$2y$", "bcrypt"), ("$6$", "sha512"), ("$5$", "sha256"), ("$md5", "sunmd5"), ("$1$", "md5"),
            ("$3$", "nt"),
        ]
        for (prefix, name) in known where hash.starts(with: prefix.utf8) { return name }
        if hash.first == UInt8(ascii: "$") { return hash.count > 8 ? "unknown" : nil }
        func isDigit(_ byte: UInt8) -> Bool {
            (0x2E...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        if hash.first == UInt8(ascii: "_") { return hash.count == 20 && hash.dropFirst().allSatisfy(isDigit) ? "bsdi" : nil }
        // bigcrypt is a longer DES hash of 13 + 11n characters.
        return hash.count >= 13 && (hash.count - 13) % 11 == 0 && hash.allSatisfy(isDigit) ? "des" : nil
    }
}
