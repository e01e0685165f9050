public import Database
internal import Documents
public import Rulebook
public import Submissions

/// A supervisor's own working data: who it is, the firms it answers for, and what is known of them.
public struct Supervision: Sendable {
    /// The tables of all its features.
    public static let migrations =
        InstitutionStore.migrations + RegisterStore.migrations + TierStore.migrations + StandingStore.migrations
        + SurveyStore.migrations + AnswerStore.migrations + WatchStore.migrations

    /// The rules.
    public let rulebook: Rulebook
    /// How the installation works.
    public let policy: SupervisionPolicy
    /// What the institution says of itself.
    public let institution: InstitutionStore
    /// The register of firms.
    public let register: RegisterStore
    /// Tiers and classes of firms, and who decided them.
    public let tiers: TierStore
    /// What firms declared, and what was measured of them.
    public let standings: StandingStore
    /// Questionnaires that come with the program.
    public let questionnaires: [Questionnaire]
    /// The market's tables.
    public var market: MarketDesk { MarketDesk(standings: standings, register: register, tiers: tiers, rulebook: rulebook) }
    /// Rounds of questions to firms.
    public let surveys: SurveyStore
    /// What firms answer.
    public let answers: AnswerStore
    /// Probes of firms' services.
    public let watch: WatchDesk

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
        let watching: WatchPolicy
        do throws(DocumentError) {
            policy = try SupervisionPolicy.shipped()
            watching = try WatchPolicy.shipped()
            questionnaires = try QuestionnaireReader.shipped(rulebook)
        } catch {
            throw .document(error)
        }
        standings = StandingStore(database: database)
        institution = InstitutionStore(database: database, now: now)
        register = RegisterStore(database: database, rulebook: rulebook, now: now)
        tiers = TierStore(database: database, register: register, rulebook: rulebook, policy: policy, now: now)
        surveys = SurveyStore(database: database, register: register, rulebook: rulebook, now: now)
        answers = AnswerStore(database: database, register: register, rulebook: rulebook, now: now) { db, handedIn, round in
            try StandingStore.take(db, handedIn, round)
            try answersSink(db, handedIn, round)
        }
        watch = WatchDesk(WatchStore(database: database, register: register, policy: watching, now: now))
    }
}
