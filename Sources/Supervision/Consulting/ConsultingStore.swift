public import Database
internal import GRDB

/// Questions about clauses.
public struct ConsultingStore: Sendable {
    static let migrations = CaseStore<ConsultingThread>.migrations("consulting")

    let register: RegisterStore
    /// The threads.
    public let cases: CaseStore<ConsultingThread>

    /// Makes an answer known to everybody.
    ///
    /// - Throws: `.fields` with `.names` when the wording tells which firm asked; otherwise as the thread.
    public func publish(
        _ id: Int64, question: String, answer: String, _ actor: TrailActor
    ) async throws(SupervisionError) {
        let thread = try await cases.find(id)
        if !thread.question.firm.isEmpty {
            let names = Anonymity.names(of: try await register.firm(thread.question.firm).firm)
            var problems: [String: FieldProblem] = [:]
            for (field, text) in [("question", question), ("answer", answer)] where Anonymity.isTold(names, by: text) {
                problems[field] = .names
            }
            guard problems.isEmpty else { throw .fields(problems) }
        }
        try await cases.apply(.publish(question: question, answer: answer), to: id, after: thread.revision, actor)
    }

    /// What everybody may read, newest first: number, clause, title-free question and answer.
    public func published() async throws(SupervisionError) -> [(
        id: Int64, clause: String, publication: ConsultingThread.Publication
    )] {
        try await cases.all().compactMap { thread in
            thread.publication.map { (thread.id, thread.question.clause, $0) }
        }
    }
}
