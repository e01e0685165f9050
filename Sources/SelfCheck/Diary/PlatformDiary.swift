public import Database

/// What the server notes of itself in its trail: that it started, and with what; that it is there; that it stopped in order. So the trail tells a quiet
/// server from one that is gone, every day gets its seal, and the settings of a running server can be known without asking it.
public struct PlatformDiary: Sendable {
    enum Action: String {
        case start = "platform.start"
        case alive = "platform.alive"
        case stop = "platform.stop"
    }

    /// Names of details, and their two values.
    enum Detail {
        static let version = "version"
        static let factorForAll = "factor-for-all"
        static let minimum = "minimum-tls"
        static let yes = "yes"
        static let no = "no"
    }

    private let database: GovernanceDatabase
    private let details: [String: String]

    /// A diary.
    ///
    /// - Parameters:
    ///   - database: open.
    ///   - version: of the program.
    ///   - everyoneNeedsFactor: whether a second factor is demanded of everybody.
    ///   - transport: how connections are taken.
    public init(_ database: GovernanceDatabase, version: String, everyoneNeedsFactor: Bool, transport: TransportSettings) {
        self.database = database
        details = [
            Detail.version: version, Detail.factorForAll: everyoneNeedsFactor ? Detail.yes : Detail.no,
            Detail.minimum: transport.minimum.rawValue,
        ]
    }

    /// Notes that the server starts, and with which settings.
    ///
    /// - Throws: what a change throws.
    public func started() async throws(StorageError) { try await note(.start, details) }

    /// Notes that it is there.
    ///
    /// - Throws: what a change throws.
    public func alive() async throws(StorageError) { try await note(.alive, [:]) }

    /// Notes that it stops in order.
    ///
    /// - Throws: what a change throws.
    public func stopped() async throws(StorageError) { try await note(.stop, [:]) }

    private func note(_ action: Action, _ details: [String: String]) async throws(StorageError) {
        try await database.change(.system("server")) { _, trail in
            trail.note(TrailEntry(action.rawValue, .init("platform"), details: details))
        }
    }
}
