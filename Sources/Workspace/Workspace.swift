public import Checks
public import Database
public import Rulebook

/// A firm's own working data: profile, inventory of systems, facts of hosts, and what stands.
public struct Workspace: Sendable {
    /// The tables of all its features.
    public static let migrations = FirmStore.migrations + SystemStore.migrations + HostStore.migrations + BoardStore.migrations

    /// The rules.
    public let rulebook: Rulebook
    /// The checks.
    public let library: CheckLibrary
    /// The firm's profile.
    public let firm: FirmStore
    /// The inventory.
    public let systems: SystemStore
    /// Facts of hosts.
    public let hosts: HostStore
    /// What stands, and why.
    public let boards: BoardKeeper

    /// Opens the workspace of a database.
    ///
    /// - Parameters:
    ///   - database: open, with `migrations` applied.
    ///   - rulebook: the rules.
    ///   - library: the checks.
    ///   - now: UTC microseconds.
    /// - Throws: what reading what stood last throws.
    public init(
        _ database: GovernanceDatabase, rulebook: Rulebook, library: CheckLibrary, now: @escaping @Sendable () -> Int64
    ) async throws(WorkspaceError) {
        (self.rulebook, self.library) = (rulebook, library)
        firm = FirmStore(database: database, rulebook: rulebook, now: now)
        systems = SystemStore(database: database, rulebook: rulebook, now: now)
        hosts = HostStore(database: database, files: EvidenceFiles(database.directory), now: now)
        boards = BoardKeeper(
            firm: firm, systems: systems, hosts: hosts, store: BoardStore(database: database), rulebook: rulebook,
            library: library,
            now: now)
        try await boards.start()
    }
}
