import Crypto
import Documents
import Rulebook
import Synchronization
import Testing

@testable import Identity

/// The regulation and house data as shipped; a failure to read them fails every test that uses them.
func shippedPolicy() throws -> IdentityPolicy { try PolicyReader.shipped(try ShippedFiles.rulebook()) }

/// A clock that only tests move.
final class TestClock: Sendable {
    private let seconds: Mutex<Int64>

    init(_ text: String = "2026-11-23T01:00:00Z") { seconds = Mutex(Instant(text)?.seconds ?? 0) }

    var now: Instant { Instant(seconds: seconds.withLock { $0 }) }

    func advance(_ count: Int) { seconds.withLock { $0 += Int64(count) } }

    func set(_ instant: Instant) { seconds.withLock { $0 = instant.seconds } }
}

/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) } }
}

func yaml(_ text: String) throws -> Node { try YAMLReader.read(Array(text.utf8)) }

func fromHex(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = text.filter { !$0.isWhitespace }[...]
    while rest.count >= 2 {
        bytes.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
        rest = rest.dropFirst(2)
    }
    return bytes
}
