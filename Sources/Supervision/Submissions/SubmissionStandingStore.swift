internal import Database
internal import Documents
internal import GRDB
internal import Rulebook
internal import Submissions

/// What a signed submission says to the market's tables.
struct SubmissionStandings: Sendable {
    let questionnaires: [Questionnaire]

    /// Takes what a submission declares and what was measured into the market's tables, within the transaction that keeps it.
    ///
    /// Answers go to the questionnaire they are about. Verdicts go beside what was declared to every questionnaire: they measure, and declare
    /// nothing. What neither says stays no answer.
    func take(_ db: GRDB.Database, _ manifest: SubmissionManifest, _ state: FilingState) throws {
        let answers = manifest.answers
        for questionnaire in questionnaires {
            let isAnswered =
                answers?.questionnaire.id == questionnaire.id && answers?.questionnaire.version == questionnaire.version
            let measured = measured(manifest.assessment, questionnaire)
            guard isAnswered || measured.contains(where: { $0 != MeasuredAnswer.none.rawValue }) else { continue }
            let declared = isAnswered ? questionnaire.questions.map { Self.declared(answers?[$0.id]?.answer).rawValue } : []
            let layout = try StandingStore.layout(
                db, source: MarketDesk.source(questionnaire), items: questionnaire.questions.map(\.id))
            let asOf = isAnswered ? answers?.asOf : manifest.assessment?.at.date(in: .taipei)
            try StandingStore.put(
                db,
                Standing(
                    firm: manifest.firm.id, quarter: manifest.quarter, layout: layout.number, declared: declared,
                    measured: measured,
                    state: state == .accepted ? .accepted : .signed, submission: "\(manifest.quarter)-\(manifest.version)",
                    asOf: asOf ?? manifest.quarter.lastDay), layout)
        }
    }

    private static func declared(_ answer: Answer?) -> DeclaredAnswer {
        switch answer {
        case .yes: .yes
        case .no: .no
        case .notApplicable: .notApplicable
        case nil: .none
        }
    }

    /// The worst that was measured of each question's clause, over the firm and its systems; none where nothing was judged.
    private func measured(_ assessment: SubmittedAssessment?, _ questionnaire: Questionnaire) -> [UInt8] {
        var worst: [String: MeasuredAnswer] = [:]
        for entry in assessment?.verdicts ?? [] {
            let answer = Self.measured(entry)
            if let known = worst[entry.clause], Self.rank(known) <= Self.rank(answer) { continue }
            worst[entry.clause] = answer
        }
        return questionnaire.questions.map { (worst[$0.clause] ?? .none).rawValue }
    }

    private static func measured(_ entry: SubmittedAssessment.Entry) -> MeasuredAnswer {
        switch entry.verdict {
        case .compliant, .equivalent: .compliant
        case .partly: .partly
        case .nonCompliant: .nonCompliant
        case .undetermined: .undetermined
        case .notApplicable: .notApplicable
        // Advice that is not followed is no breach, and nothing that was kept either.
        case .adviceNotAdopted: .undetermined
        }
    }

    private static func rank(_ answer: MeasuredAnswer) -> Int {
        switch answer {
        case .nonCompliant: 0
        case .partly: 1
        case .undetermined: 2
        case .compliant: 3
        case .notApplicable: 4
        case .none: 5
        }
    }
}
