public import Vault

/// What the database reaches outside of itself, as closures: a test sets the clock and makes every file call of the trail fail.
public struct DatabaseEffects: Sendable {
    /// UTC, microseconds since 1970.
    public var now: @Sendable () -> Int64
    /// Waits before the trail is tried again, and between looks at what other processes noted.
    public var pause: @Sendable () async throws -> Void
    /// The trail's file calls.
    public var trailFiles: FileEffects

    /// Those effects.
    public init(
        now: @escaping @Sendable () -> Int64, pause: @escaping @Sendable () async throws -> Void, trailFiles: FileEffects
    ) {
        self.now = now
        self.pause = pause
        self.trailFiles = trailFiles
    }

    /// The machine's clock and disk; a pause is five seconds.
    public static let live = DatabaseEffects(
        now: FileEffects.live.now, pause: { try await Task.sleep(for: .seconds(5)) }, trailFiles: .live)
}

/// Sizes the database works with.
public struct DatabaseSettings: Sendable {
    /// Records that may wait for the trail; a change that would make it more is refused.
    public var outboxLimit: Int64 = 10_000
    /// Seconds that another process's lock on the database is waited for.
    public var busySeconds: Double = 5
    /// Connections for reading at the same time.
    public var readers = 5
    /// Records given to the trail at once.
    public var batch = 500
    /// Sizes of the trail's vault.
    public var vault = DatabaseSettings.vaultSettings
    /// A sealed segment of the trail holds two to this power records: 8 to 16. Used when the trail is made.
    public var segmentHeight = 14
    /// Where the trail's register lies; nil: beside the trail. On another disk or machine it tells that the whole directory was put back to
    /// an older state.
    public var register: CheckpointRegister?

    /// How long the trail is kept, and who decided so: told to its vault when it is opened and holds no decision, or a shorter time. A longer one
    /// stays. Nil: nothing is decided, and nothing expires.
    public var retention: (period: Retention, order: Order)?

    /// The usual sizes.
    public init() {}

    /// A trail grows slowly: its active files are small.
    private static var vaultSettings: VaultSettings {
        var settings = VaultSettings()
        settings.activeBytes = 4 << 20
        settings.frameBytes = 256 << 10
        settings.spareFiles = 1
        return settings
    }
}
