/// What Argon2id costs: it is stored with each hash, so that stronger settings take over at the next sign-in.
public struct HashCost: Sendable, Hashable {
    /// Memory in KiB: 8 times the lanes up to 1 GiB.
    public var memory: UInt32
    /// Passes over the memory: 1 to 64.
    public var passes: UInt32
    /// Lanes: 1 to 16.
    public var lanes: UInt32

    /// A cost; nil when it is outside the ranges.
    public init?(memory: Int, passes: Int, lanes: Int) {
        guard (1...16).contains(lanes), (8 * lanes...1 << 20).contains(memory), (1...64).contains(passes) else { return nil }
        (self.memory, self.passes, self.lanes) = (UInt32(memory), UInt32(passes), UInt32(lanes))
    }

    /// Whether this costs a guesser less than `other` in memory or passes.
    func isWeaker(than other: HashCost) -> Bool { memory < other.memory || passes < other.passes }
}

/// A stored password: Argon2id in the PHC string format, `$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`.
struct PasswordHash: Sendable, Hashable {
    static let hashLength = 32
    static let saltLength = 16
    /// Longest text that is read; ours has 97 bytes.
    static let textLimit = 256

    var cost: HashCost
    var salt: [UInt8]
    var hash: [UInt8]

    init(cost: HashCost, salt: [UInt8], hash: [UInt8]) {
        (self.cost, self.salt, self.hash) = (cost, salt, hash)
    }

    /// Reads a PHC string strictly; nil for other algorithms, versions, orders of parameters, and for salts outside 8 to 64 bytes and hashes of other than 32.
    init?(_ text: String) {
        guard text.utf8.count <= Self.textLimit else { return nil }
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0].isEmpty, parts[1] == "argon2id", parts[2] == "v=19",
            let numbers = Self.numbers(parts[3]), let cost = HashCost(memory: numbers.0, passes: numbers.1, lanes: numbers.2),
            let salt = Self.base64(parts[4]), let hash = Self.base64(parts[5]), (8...64).contains(salt.count),
            hash.count == Self.hashLength
        else { return nil }
        self.init(cost: cost, salt: salt, hash: hash)
    }

    /// The PHC string.
    var text: String {
        "$argon2id$v=19$m=\(cost.memory),t=\(cost.passes),p=\(cost.lanes)$\(Self.base64(salt))$\(Self.base64(hash))"
    }

    private static func numbers(_ text: Substring) -> (Int, Int, Int)? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        var numbers: [Int] = []
        for (part, name) in zip(parts, ["m=", "t=", "p="]) {
            let digits = part.dropFirst(2)
            guard part.hasPrefix(name), (1...7).contains(digits.utf8.count),
                digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                digits.utf8.first != UInt8(ascii: "0"), let number = Int(digits)
            else { return nil }
            numbers.append(number)
        }
        return (numbers[0], numbers[1], numbers[2])
    }

    // PHC writes standard base64 without padding: base64url with two other signs.
    private static func base64(_ bytes: [UInt8]) -> String {
        String(Encodings.base64url(bytes).map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
    }

    private static func base64(_ text: Substring) -> [UInt8]? {
        guard !text.utf8.contains(where: { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }) else { return nil }
        return Encodings.base64url(String(text.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }))
    }
}
