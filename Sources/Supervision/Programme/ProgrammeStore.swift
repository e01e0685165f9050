public import Database

/// What a supervisor does for the market: events, the response team's roster, and support.
public struct ProgrammeStore: Sendable {
    static let migrations =
        CaseStore<ProgrammeEvent>.migrations("programme") + CaseStore<DutyShift>.migrations("shifts")
        + CaseStore<SupportRequest>.migrations("support")

    /// Kinds of events and of support.
    public let policy: ProgrammePolicy
    /// Events.
    public let events: CaseStore<ProgrammeEvent>
    /// Shifts of the response team.
    public let shifts: CaseStore<DutyShift>
    /// What firms ask for.
    public let support: CaseStore<SupportRequest>

    /// Plans an event.
    @discardableResult
    public func plan(_ plan: ProgrammeEvent.Plan, _ actor: TrailActor) async throws(SupervisionError) -> Int64 {
        let problems = plan.problems(policy)
        guard problems.isEmpty else { throw .fields(problems) }
        return try await events.begin(.plan(plan), actor)
    }

    /// Plans an event otherwise.
    public func change(
        _ id: Int64, _ plan: ProgrammeEvent.Plan, after revision: Int, _ actor: TrailActor
    ) async throws(SupervisionError) {
        let problems = plan.problems(policy)
        guard problems.isEmpty else { throw .fields(problems) }
        try await events.apply(.plan(plan), to: id, after: revision, actor)
    }

    /// Takes a call for support; its kind must be one of the policy's.
    @discardableResult
    public func call(_ call: SupportRequest.Call, _ actor: TrailActor) async throws(SupervisionError) -> Int64 {
        guard policy.support.contains(where: { $0.id == call.kind }) else { throw .fields(["kind": .unknown]) }
        return try await support.begin(.call(call), party: .firm, actor)
    }
}
