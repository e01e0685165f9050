public import Database
internal import Documents
public import Rulebook

/// A supervisor's own working data: who it is, the firms it answers for, and what is known of them.
public struct Supervision: Sendable {
    /// The tables of all its features.
    public static let migrations =
        InstitutionStore.migrations + RegisterStore.migrations + TierStore.migrations + SurveyStore.migrations
        + AnswerStore.migrations

    /// The rules.
    public let rulebook: Rulebook
    /// What the institution says of itself.
    public let institution: InstitutionStore
    /// The register of firms.
    public let register: RegisterStore
    /// Tiers and classes of firms, and who decided them.
    public let tiers: TierStore
    /// Rounds of questions to firms.
    public let surveys: SurveyStore
    /// What firms answer.
    public let answers: AnswerStore

    /// Opens the rooms of a database.
    ///
    /// - Parameters:
    ///   - database: open, with `migrations` applied.
    ///   - rulebook: the rules.
    ///   - answersSink: takes answers that are handed in, and decisions about them, to whoever keeps them as submissions.
    ///   - now: UTC microseconds.
    /// - Throws: what reading the supervisor's policy throws.
    public init(
        _ database: GovernanceDatabase, rulebook: Rulebook, answersSink: @escaping AnswersSink = { _, _, _ in },
        now: @escaping @Sendable () -> Int64
    ) throws(SupervisionError) {
        self.rulebook = rulebook
        let policy: SupervisionPolicy
        do throws(DocumentError) { policy = try SupervisionPolicy.shipped() } catch { throw .document(error) }
        institution = InstitutionStore(database: database, now: now)
        register = RegisterStore(database: database, rulebook: rulebook, now: now)
        tiers = TierStore(database: database, register: register, rulebook: rulebook, policy: policy, now: now)
        surveys = SurveyStore(database: database, register: register, rulebook: rulebook, now: now)
        answers = AnswerStore(database: database, register: register, rulebook: rulebook, now: now, sink: answersSink)
    }
}
