public import Database
internal import GRDB
public import Rulebook

/// Inspections, and what planning them needs.
public struct InspectionStore: Sendable {
    static let migrations = CaseStore<Inspection>.migrations("inspections")

    let database: GovernanceDatabase
    let register: RegisterStore
    let tiers: TierStore
    let followUps: FollowUpStore
    let rulebook: Rulebook
    /// Themes, severities, and how firms are ranked.
    public let policy: InspectionPolicy
    /// The inspections.
    public let cases: CaseStore<Inspection>

    /// Plans an inspection.
    ///
    /// - Throws: `.fields`, also for a theme that is none.
    @discardableResult
    public func plan(_ plan: Inspection.Plan, _ actor: TrailActor) async throws(SupervisionError) -> Int64 {
        try check(plan)
        return try await cases.begin(.plan(plan), actor)
    }

    /// Plans it otherwise, as long as it has not begun.
    public func change(
        _ id: Int64, _ plan: Inspection.Plan, after revision: Int, _ actor: TrailActor
    ) async throws(SupervisionError) {
        try check(plan)
        try await cases.apply(.plan(plan), to: id, after: revision, actor)
    }

    private func check(_ plan: Inspection.Plan) throws(SupervisionError) {
        guard plan.theme.isEmpty || policy.themes.contains(where: { $0.id == plan.theme }) else {
            throw .fields(plan.problems.merging(["theme": .unknown]) { first, _ in first })
        }
    }

    /// Begins an inspection: its checklist is made from the duties that bind the firm on the day.
    public func begin(
        _ id: Int64, on day: CivilDate, _ actor: TrailActor
    ) async throws(SupervisionError) {
        let inspection = try await cases.find(id)
        let (firm, _) = try await register.firm(inspection.plan.firm)
        let held = try await tiers.holding(on: day)[firm.id] ?? [:]
        let theme = policy.themes.first { $0.id == inspection.plan.theme }
        let lines = Checklist.lines(
            of: firm, held: held.compactMapValues(\.value), clauses: Set(theme?.clauses ?? []), rulebook, on: day)
        try await cases.apply(.begin(day: day, lines: lines), to: id, after: inspection.revision, actor)
    }

    /// Records a finding; its severity must be one of the policy's.
    public func find(
        _ id: Int64, clause: String, severity: String, text: String, _ actor: TrailActor
    ) async throws(SupervisionError) {
        guard policy.severities.contains(where: { $0.id == severity }) else { throw .fields(["severity": .unknown]) }
        try await cases.apply(.find(clause: clause, severity: severity, text: text), to: id, actor)
    }

    /// Signs an inspection's report: what it says is hashed into the trail, and stands from then on.
    public func sign(_ id: Int64, conclusion: String, _ actor: TrailActor) async throws(SupervisionError) {
        _ = try await cases.apply(.sign(conclusion: conclusion), to: id, after: nil, party: .supervisor, actor) {
            found, _, _, trail in
            trail.note(
                TrailEntry("inspection.report", .init(Inspection.kind, "\(id)"), details: ["sha256": found.reportHash]))
        }
    }

    /// Firms in business with their points, the most first.
    public func ranking(on day: CivilDate) async throws(SupervisionError) -> [InspectionScore] {
        let inspections = try await cases.all()
        let quarter = Quarter(containing: day)
        let gaps = try await followUps.differences(from: quarter.previous, to: quarter, asOf: day).filter(\.after.isOpen)
        let held = try await tiers.holding(on: day)
        let known = try await register.all().filter { $0.isInBusiness(asOf: day) }.map { firm in
            let own = gaps.filter { $0.firm == firm.id }
            return InspectionScore.Knowledge(
                firm: firm.id, tier: held[firm.id]?[policy.decision]?.value, gaps: own.count,
                slipping: own.count(where: followUps.policy.isSlipping),
                last: inspections.filter { $0.plan.firm == firm.id }.compactMap(\.asOf).filter { $0 <= day }.max())
        }
        return InspectionScore.ranked(known, policy, on: day)
    }
}
