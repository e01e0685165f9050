public import Checks
public import Database
internal import Documents
internal import Incidents
public import Rulebook
public import Submissions

/// A firm's own working data: profile, inventory of systems, facts of hosts, and what stands.
public struct Workspace: Sendable {
    /// The tables of all its features.
    public static let migrations =
        FirmStore.migrations + SystemStore.migrations + HostStore.migrations + BoardStore.migrations
        + FilingStore.migrations + IncidentStore.migrations

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
    /// What a day begins with.
    public let morning: MorningKeeper
    /// What is filed with the supervisor.
    public let submissions: SubmissionDesk
    /// What brings it there.
    public let courier: ExchangeCourier
    /// Incidents.
    public let incidents: IncidentStore

    /// Opens the workspace of a database.
    ///
    /// - Parameters:
    ///   - database: open, with `migrations` applied.
    ///   - rulebook: the rules.
    ///   - library: the checks.
    ///   - program: the program's version, as packages name it.
    ///   - transport: the way to the supervisor.
    ///   - now: UTC microseconds.
    /// - Throws: what reading what stood last, or the policy of the exchange, throws.
    public init(
        _ database: GovernanceDatabase, rulebook: Rulebook, library: CheckLibrary, program: String = "0",
        transport: ExchangeTransport = .none, now: @escaping @Sendable () -> Int64
    ) async throws(WorkspaceError) {
        (self.rulebook, self.library) = (rulebook, library)
        firm = FirmStore(database: database, rulebook: rulebook, now: now)
        systems = SystemStore(database: database, rulebook: rulebook, now: now)
        hosts = HostStore(database: database, files: EvidenceFiles(database.directory), now: now)
        boards = BoardKeeper(
            firm: firm, systems: systems, hosts: hosts, store: BoardStore(database: database), rulebook: rulebook,
            library: library,
            now: now)
        morning = MorningKeeper(database: database, firm: firm, systems: systems, hosts: hosts, store: boards.store)
        let policy: ExchangePolicy
        do throws(DocumentError) { policy = try ExchangePolicy.shipped() } catch { throw .document(error) }
        let files = EvidenceFiles(database.directory)
        submissions = SubmissionDesk(
            store: FilingStore(database: database, files: files, now: now), boards: boards,
            composer: SubmissionComposer(boards: boards, hosts: hosts, files: files), rulebook: rulebook, policy: policy,
            transport: transport, program: program, folder: database.directory.keys, now: now)
        courier = ExchangeCourier(submissions)
        do throws(DocumentError) {
            incidents = IncidentStore(database, rules: try IncidentRules.shipped(), now: now)
        } catch { throw .document(error) }
        try await boards.start()
    }
}
