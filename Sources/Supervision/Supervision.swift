public import Database
internal import Documents
public import Rulebook
public import Submissions

/// A supervisor's own working data: who it is, the firms it answers for, and what is known of them.
public struct Supervision: Sendable {
    /// The tables of all its features.
    public static let migrations =
        InstitutionStore.migrations + RegisterStore.migrations + TierStore.migrations + StandingStore.migrations
        + SurveyStore.migrations + AnswerStore.migrations + FollowUpStore.migrations + LetterStore.migrations
        + InboxStore.migrations
        + InspectionStore.migrations + CaseStore<Meeting>.migrations("meetings") + ProgrammeStore.migrations
        + CoachingStore.migrations + ConsultingStore.migrations + WatchStore.migrations
        + YearlyReportStore.migrations + GenerationStore.migrations

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
    /// What the columns of the register as a table are called.
    public let registerColumns: RegisterColumns
    /// The market's tables.
    public let market: MarketDesk
    /// Rounds of questions to firms.
    public let surveys: SurveyStore
    /// What firms answer.
    public let answers: AnswerStore
    /// Gaps and what is promised of them, quarter by quarter.
    public let followUps: FollowUpStore
    /// Letters as they were issued.
    public let letters: LetterStore
    /// What firms file, and their keys.
    public let exchange: ExchangeDesk
    /// Inspections of firms.
    public let inspections: InspectionStore
    /// Meetings and what they resolved.
    public let meetings: CaseStore<Meeting>
    /// Events, the response team's roster, and support.
    public let programme: ProgrammeStore
    /// Coaching of firms on their premises.
    public let coaching: CoachingStore
    /// Questions about clauses.
    public let consulting: ConsultingStore
    /// Probes of firms' services.
    public let watch: WatchDesk
    /// The yearly report.
    public let yearlyReports: YearlyReportDesk

    /// Opens the rooms of a database.
    ///
    /// - Parameters:
    ///   - database: open, with `migrations` applied.
    ///   - rulebook: the rules.
    ///   - program: the program's version, as packages name it.
    ///   - answersSink: takes answers that are handed in, and decisions about them, to whoever keeps them as submissions.
    ///   - filed: is told of each submission that came or went on, within the same transaction.
    ///   - now: UTC microseconds.
    /// - Throws: what reading the supervisor's policies and rule packs throws.
    public init(
        _ database: GovernanceDatabase, rulebook: Rulebook, program: String = "0",
        answersSink: @escaping AnswersSink = { _, _, _ in }, standings filed: StandingSink? = nil,
        now: @escaping @Sendable () -> Int64
    ) throws(SupervisionError) {
        self.rulebook = rulebook
        let followUpPolicy: FollowUpPolicy
        let templates: LetterTemplates
        let exchangePolicy: ExchangePolicy
        let rulePacks: [SubmissionManifest.PackReference]
        let inspectionPolicy: InspectionPolicy
        let programmePolicy: ProgrammePolicy
        let watching: WatchPolicy
        let template: ReportTemplate
        do throws(DocumentError) {
            policy = try SupervisionPolicy.shipped()
            registerColumns = try RegisterColumns.shipped()
            watching = try WatchPolicy.shipped()
            template = try ReportTemplate.shipped()
            questionnaires = try QuestionnaireReader.shipped(rulebook)
            followUpPolicy = try FollowUpPolicy.shipped()
            templates = try LetterTemplates.shipped()
            exchangePolicy = try ExchangePolicy.shipped()
            rulePacks = try SubmissionManifest.PackReference.all(of: rulebook)
            inspectionPolicy = try InspectionPolicy.shipped()
            programmePolicy = try ProgrammePolicy.shipped()
        } catch {
            throw .document(error)
        }
        standings = StandingStore(database: database)
        institution = InstitutionStore(database: database, now: now)
        register = RegisterStore(database: database, rulebook: rulebook, now: now)
        tiers = TierStore(database: database, register: register, rulebook: rulebook, policy: policy, now: now)
        surveys = SurveyStore(database: database, register: register, rulebook: rulebook, now: now)
        market = MarketDesk(
            standings: standings, register: register, tiers: tiers, surveys: surveys, rulebook: rulebook,
            shipped: questionnaires, remembered: MarketRemembered())
        answers = AnswerStore(database: database, register: register, rulebook: rulebook, now: now) { db, handedIn, round in
            try StandingStore.take(db, handedIn, round)
            try answersSink(db, handedIn, round)
        }
        followUps = FollowUpStore(database: database, policy: followUpPolicy, now: now)
        let writer = LetterWriter(templates: templates, policy: followUpPolicy) { rulebook.itemTitle($0) }
        letters = LetterStore(database: database, register: register, writer: writer, now: now)
        let files = EvidenceFiles(database.directory)
        exchange = ExchangeDesk(
            store: InboxStore(
                database: database, files: files, policy: exchangePolicy, rulePacks: Set(rulePacks),
                standings: SubmissionStandings(questionnaires: questionnaires), sink: filed, now: now),
            institution: institution, program: program, folder: database.directory.keys, now: now)
        inspections = InspectionStore(
            database: database, register: register, tiers: tiers, followUps: followUps, rulebook: rulebook,
            policy: inspectionPolicy, cases: CaseStore(database: database, now: now))
        meetings = CaseStore(database: database, now: now)
        programme = ProgrammeStore(
            policy: programmePolicy, events: CaseStore(database: database, now: now),
            shifts: CaseStore(database: database, now: now), support: CaseStore(database: database, now: now))
        coaching = CoachingStore(cases: CaseStore(database: database, now: now))
        consulting = ConsultingStore(register: register, cases: CaseStore(database: database, now: now))
        watch = WatchDesk(WatchStore(database: database, register: register, policy: watching, now: now))
        yearlyReports = YearlyReportDesk(
            store: YearlyReportStore(database: database, files: files, now: now), template: template,
            snapshots: ReportSnapshotStore(
                database: database, register: register, rulebook: rulebook, questionnaires: questionnaires,
                followUps: followUpPolicy,
                inspections: inspectionPolicy, programme: programmePolicy, watch: watching),
            documents: ReportDocumentStore(database: database, files: files), rule: policy.smallCell, now: now)
    }
}

extension Rulebook {
    /// What an item is called: the title of its clause, or its own name where it stands for none.
    public func itemTitle(_ item: String) -> Text { clause(item)?.title ?? Text(item, item) }
}
