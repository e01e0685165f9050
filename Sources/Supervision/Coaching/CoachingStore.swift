public import Database
internal import GRDB
internal import Rulebook

/// Coaching cases. What is agreed about an item is said in the follow-up of the quarter, in the same transaction.
public struct CoachingStore: Sendable {
    static let migrations = CaseStore<CoachingCase>.migrations("coaching")

    /// The cases.
    public let cases: CaseStore<CoachingCase>

    /// Agrees something with the firm.
    ///
    /// - Throws: as the case; `.conflict` when the quarter is closed, or what is agreed may not be said of the gap.
    public func agree(
        _ agreement: AgreedAction.Agreement, in id: Int64, _ actor: TrailActor
    ) async throws(SupervisionError) {
        try await apply(.agree(agreement), of: nil, in: id, actor)
    }

    /// Says something of what was agreed.
    public func say(
        _ word: AgreedAction.Word, of action: Int, in id: Int64, _ actor: TrailActor
    ) async throws(SupervisionError) {
        try await apply(.say(action: action, word), of: action, in: id, actor)
    }

    private func apply(
        _ event: CoachingCase.Event, of number: Int?, in id: Int64, _ actor: TrailActor
    ) async throws(SupervisionError) {
        _ = try await cases.apply(event, to: id, after: nil, party: .supervisor, actor) { found, said, db, trail in
            let index = (number ?? found.actions.count) - 1
            guard found.actions.indices.contains(index), !found.actions[index].item.isEmpty else { return }
            let action = found.actions[index]
            guard let content = FollowUp.Content(action) else { return }
            let isSaid = try FollowUpStore.say(
                content, firm: found.plan.firm, item: action.item, quarter: Quarter(containing: said.day), said: said,
                origin: "coaching \(id)", db, &trail)
            guard isSaid else { throw SupervisionError.conflict("the follow-up of \(action.item) does not take this") }
        }
    }
}

extension FollowUp.Content {
    /// What an agreed action says of its gap; nil for one that was dropped, which says nothing of the gap.
    init?(_ action: AgreedAction) {
        let word = action.current
        let state: FollowUp.State
        switch word.state {
        case .open: state = .planned
        case .inProgress: state = .inProgress
        case .done: state = .doneClaimed
        case .dropped: return nil
        }
        self.init(state: state, plan: action.what, owner: word.owner, due: word.due, progress: word.progress, note: word.note)
    }
}
