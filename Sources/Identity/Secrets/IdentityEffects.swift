internal import Glibc
public import Rulebook

/// What the room needs of the world: the time and randomness. Tests give their own.
public struct IdentityEffects: Sendable {
    /// The time, in whole seconds.
    public var now: @Sendable () -> Instant
    /// So many bytes that nobody can guess.
    public var random: @Sendable (_ count: Int) -> [UInt8]

    /// Effects made of closures.
    public init(now: @escaping @Sendable () -> Instant, random: @escaping @Sendable (_ count: Int) -> [UInt8]) {
        self.now = now
        self.random = random
    }

    /// The machine's clock, and the system's random numbers.
    public static let live = IdentityEffects(
        now: {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Instant(seconds: Int64(time.tv_sec))
        },
        random: { count in
            var generator = SystemRandomNumberGenerator()
            return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        })
}
