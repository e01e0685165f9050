public import Database
internal import Documents
public import Rulebook
internal import Submissions

/// A supervisor's own working data: who it is, the firms it answers for, and what is known of them.
public struct Supervision: Sendable {
    /// The tables of all its features.
    public static let migrations = InstitutionStore.migrations + RegisterStore.migrations + TierStore.migrations
        + InboxStore.migrations

    /// The rules.
    public let rulebook: Rulebook
    /// What the institution says of itself.
    public let institution: InstitutionStore
    /// The register of firms.
    public let register: RegisterStore
    /// Tiers and classes of firms, and who decided them.
    public let tiers: TierStore
    /// What firms file, and their keys.
    public let exchange: ExchangeDesk

    /// Opens the rooms of a database.
    ///
    /// - Parameters:
    ///   - database: open, with `migrations` applied.
    ///   - rulebook: the rules.
    ///   - program: the program's version, as packages name it.
    ///   - standings: is told of each submission that came or went on, within the same transaction.
    ///   - now: UTC microseconds.
    /// - Throws: what reading the supervisor's policies and rule packs throws.
    public init(
        _ database: GovernanceDatabase, rulebook: Rulebook, program: String = "0", standings: StandingSink? = nil,
        now: @escaping @Sendable () -> Int64
    ) throws(SupervisionError) {
        self.rulebook = rulebook
        let policy: SupervisionPolicy
        let exchangePolicy: ExchangePolicy
        let rulePacks: [SubmissionManifest.PackReference]
        do throws(DocumentError) {
            policy = try SupervisionPolicy.shipped()
            exchangePolicy = try ExchangePolicy.shipped()
            rulePacks = try SubmissionManifest.PackReference.all(of: rulebook)
        } catch { throw .document(error) }
        institution = InstitutionStore(database: database, now: now)
        register = RegisterStore(database: database, rulebook: rulebook, now: now)
        tiers = TierStore(database: database, register: register, rulebook: rulebook, policy: policy, now: now)
        exchange = ExchangeDesk(
            store: InboxStore(
                database: database, files: EvidenceFiles(database.directory), policy: exchangePolicy, rulePacks: Set(rulePacks),
                sink: standings, now: now), institution: institution, program: program, folder: database.directory.keys, now: now)
    }
}
