public import Rulebook
public import Submissions

/// What the market's answers say of firms' items in a quarter: where follow-up begins.
public struct MarketGaps: GapSource {
    private let market: MarketDesk
    private let questionnaire: Questionnaire

    /// The answers to a questionnaire.
    public init(_ market: MarketDesk, _ questionnaire: Questionnaire) {
        (self.market, self.questionnaire) = (market, questionnaire)
    }

    /// Every firm of the market with every question that was put to its tier: a no is a gap, and so is silence. Questions that nobody of a tier
    /// answered were not put to it.
    public func standings(of quarter: Quarter) async throws(SupervisionError) -> [GapStanding] {
        let status = try await market.status(quarter, questionnaire)
        var found: [GapStanding] = []
        for row in status.rows {
            for (index, question) in questionnaire.questions.enumerated() {
                let column = row.tier.flatMap { status.table.tiers.firstIndex(of: $0) }
                if let column, status.table.cells[index][column].answered == 0 { continue }
                let answer = index < row.declared.count ? DeclaredAnswer(rawValue: row.declared[index] & 3) ?? .none : .none
                let finding: GapStanding.Finding =
                    switch answer {
                    case .yes: .kept
                    case .no: .declared
                    case .notApplicable: .notApplicable
                    case .none: .unanswered
                    }
                found.append(GapStanding(firm: row.firm, item: question.clause, finding: finding))
            }
        }
        return found
    }
}
