public import Database
internal import Documents
public import Rulebook

/// A supervisor's own working data: who it is, the firms it answers for, and what is known of them.
public struct Supervision: Sendable {
    /// The tables of all its features.
    public static let migrations =
        InstitutionStore.migrations + RegisterStore.migrations + TierStore.migrations + FollowUpStore.migrations
        + LetterStore.migrations

    /// The rules.
    public let rulebook: Rulebook
    /// What the institution says of itself.
    public let institution: InstitutionStore
    /// The register of firms.
    public let register: RegisterStore
    /// Tiers and classes of firms, and who decided them.
    public let tiers: TierStore
    /// Gaps and what is promised of them, quarter by quarter.
    public let followUps: FollowUpStore
    /// Letters as they were issued.
    public let letters: LetterStore

    /// Opens the rooms of a database.
    ///
    /// - Parameters:
    ///   - database: open, with `migrations` applied.
    ///   - rulebook: the rules.
    ///   - now: UTC microseconds.
    /// - Throws: what reading the supervisor's policy throws.
    public init(
        _ database: GovernanceDatabase, rulebook: Rulebook, now: @escaping @Sendable () -> Int64
    ) throws(SupervisionError) {
        self.rulebook = rulebook
        let policy: SupervisionPolicy
        let followUpPolicy: FollowUpPolicy
        let templates: LetterTemplates
        do throws(DocumentError) {
            policy = try SupervisionPolicy.shipped()
            followUpPolicy = try FollowUpPolicy.shipped()
            templates = try LetterTemplates.shipped()
        } catch { throw .document(error) }
        institution = InstitutionStore(database: database, now: now)
        register = RegisterStore(database: database, rulebook: rulebook, now: now)
        tiers = TierStore(database: database, register: register, rulebook: rulebook, policy: policy, now: now)
        followUps = FollowUpStore(database: database, register: register, policy: followUpPolicy, now: now)
        let writer = LetterWriter(templates: templates, policy: followUpPolicy) { rulebook.itemTitle($0) }
        letters = LetterStore(database: database, register: register, writer: writer, now: now)
    }
}

extension Rulebook {
    /// What an item is called: the title of its clause, or its own name where it stands for none.
    public func itemTitle(_ item: String) -> Text { clause(item)?.title ?? Text(item, item) }
}
