internal import Rulebook
internal import Synchronization

/// A computation that costs a program as much as a person's browser (cnfa-6.8): nobody else is asked, and nobody is tracked.
///
/// The solution is the text, a dot, and a decimal number of at most 20 digits, such that SHA-256 of all of it begins with so many zero bits.
public struct Puzzle: Sendable, Hashable {
    /// `v1.EXPIRES.NONCE.BITS.MAC`.
    public let text: String
    /// Zero bits that are wanted.
    public let bits: Int
}

/// Makes puzzles and checks solutions, each of which works once.
final class Puzzles: Sendable {
    /// Solutions that were used and have not run out: nonce and end. Guarded by its mutex.
    private let used = Mutex<[String: Instant]>([:])
    /// Most that are remembered; beyond it none is accepted until some have run out.
    static let limit = 65_536

    private let policy: IdentityPolicy
    private let keys: IdentityKeys
    private let effects: IdentityEffects

    init(_ policy: IdentityPolicy, _ keys: IdentityKeys, _ effects: IdentityEffects) {
        (self.policy, self.keys, self.effects) = (policy, keys, effects)
    }

    func make() -> Puzzle {
        let bits = policy[.puzzleBits]
        let end = effects.now().adding(seconds: Int64(policy[.puzzleLifetime])).seconds
        let signed = "v1.\(end).\(Encodings.base64url(effects.random(12))).\(bits)"
        return Puzzle(text: "\(signed).\(mac(signed))", bits: bits)
    }

    private func mac(_ signed: String) -> String { Encodings.base64url(keys.sign(Array(signed.utf8), .puzzle).prefix(16)) }

    /// Whether the solution is right, in date and new; then it is used up.
    func accept(_ solution: String, at now: Instant) -> Bool {
        guard solution.utf8.count <= 160 else { return false }
        let parts = solution.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, (1...20).contains(parts[5].utf8.count), parts[5].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            Encodings.isSame(Array(parts[4].utf8), Array(mac(parts[..<4].joined(separator: ".")).utf8)),
            let end = Int64(parts[1]),
            let bits = Int(parts[3]), bits >= policy[.puzzleBits], now.seconds < end,
            Self.zeroBits(Digest.sha256(solution.utf8)) >= bits
        else { return false }
        return used.withLock { used in
            if used.count >= Self.limit { used = used.filter { now < $0.value } }
            guard used.count < Self.limit, used[parts[2]] == nil else { return false }
            used[parts[2]] = Instant(seconds: end)
            return true
        }
    }

    /// Zero bits at the beginning.
    static func zeroBits(_ bytes: [UInt8]) -> Int {
        let zeros = bytes.prefix { $0 == 0 }.count
        return zeros * 8 + (zeros < bytes.count ? bytes[zeros].leadingZeroBitCount : 0)
    }
}
