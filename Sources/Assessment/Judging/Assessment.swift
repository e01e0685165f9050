public import Checks
internal import Documents
public import Rulebook

/// All verdicts of a firm as of one instant.
public struct Assessment: Sendable {
    let judge: Judge
    /// What bound the firm.
    public let obligations: ObligationSet
    /// What was known.
    public let evidence: FirmEvidence
    let equivalences: [Equivalence]
    let policy: Judge.Terms
    /// The instant as of which was judged.
    public let instant: Instant
    /// The judgements of leaf duties, subject by subject, in the order of clauses.
    public let judgements: [Judgement]

    /// The rulebook.
    public var rulebook: Rulebook { obligations.rulebook }
    /// The checks.
    public var checks: [Check] { judge.checks }

    /// The judgements of one clause, one for each subject it is about.
    public func judgements(of clause: Int) -> [Judgement] {
        let children = rulebook.clauses[clause].isParent ? Set(rulebook.children(of: rulebook.clauses[clause].id)) : [clause]
        return judgements.filter { children.contains(Int($0.clause)) }
    }

    /// The verdict of a clause over all its subjects (and, for a parent, its sub-items).
    public func verdict(of clause: Int) -> Verdict { RollUp.combine(judgements(of: clause).map(\.verdict)) }

    /// Counts of verdicts, with the numbers a rate is made of.
    public struct Summary: Sendable, Hashable {
        /// How many judgements there are of each verdict.
        public var counts: [Verdict: Int]
        /// Judgements that apply: all but "not applicable".
        public var applicable: Int
        /// Compliant or equivalent.
        public var fulfilled: Int

        /// Sums up verdicts.
        public init(_ verdicts: some Sequence<Verdict>) {
            var counts: [Verdict: Int] = [:]
            for verdict in verdicts { counts[verdict, default: 0] += 1 }
            self.counts = counts
            applicable = counts.filter { $0.key != .notApplicable }.values.reduce(0, +)
            fulfilled = (counts[.compliant] ?? 0) + (counts[.equivalent] ?? 0)
        }
    }

    /// Counts over all judgements, or those of one pack, or of one heading of a pack.
    public func summary(pack: String? = nil, group: String? = nil) -> Summary {
        Summary(
            judgements.lazy.filter { judgement in
                let index = Int(judgement.clause)
                return (pack.map { rulebook.pack(ofClause: index).id == $0 } ?? true)
                    && (group.map { rulebook.clauses[index].group == $0 } ?? true)
            }.map(\.verdict))
    }

    /// What a program that asks gets back: 0 everything that applies is compliant (or equivalent, or advice), 1 something is not, 2 nothing is known to be wrong but
    /// something is undetermined.
    public var exitStatus: Int32 {
        if judgements.contains(where: { $0.verdict == .nonCompliant || $0.verdict == .partly }) { return 1 }
        return judgements.contains { $0.verdict == .undetermined } ? 2 : 0
    }
}
