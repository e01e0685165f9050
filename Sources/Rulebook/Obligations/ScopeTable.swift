internal import Documents

/// Whether and how a clause binds one subject.
public struct Binding: Sendable, Hashable {
    /// Yes, no (out of scope or exempt), or not known because a profile fact is missing.
    public var binds: Truth
    /// shall or should, for this subject.
    public var force: Force
    /// Number of the exemption that applies, -1 when none does.
    public var exemption: Int8 = -1
    /// Whether a better group standard may stand instead.
    public var maySubstitute = false
    /// Bits of the aspects that do not concern this subject.
    public var absentAspects: UInt32 = 0

    /// Out of scope.
    static let outside = Binding(binds: .no, force: .information)
}

/// All conditions of a rulebook's clauses, each distinct one once.
///
/// Ninety clauses share about thirty distinct conditions; evaluating those once for a subject and looking the answers up for each clause
/// is what lets a market of forty thousand systems be judged in seconds.
public struct ScopeTable: Sendable {
    private let rulebook: Rulebook
    private let predicates: [Predicate]
    private let plans: [Plan]

    private struct Plan: Sendable {
        var packApplies: Int?
        var scope: Int?
        var forceCases: [(when: Int?, force: Force)]
        var exemptions: [Int]
        var substitution: Int?
        var aspects: [Int?]
        var force: Force
        var subject: SubjectKind
    }

    /// The table of a rulebook.
    public init(_ rulebook: Rulebook) {
        self.rulebook = rulebook
        var predicates: [Predicate] = []
        var numbers: [Predicate: Int] = [:]
        func number(_ predicate: Predicate?) -> Int? {
            guard let predicate else { return nil }
            if let known = numbers[predicate] { return known }
            numbers[predicate] = predicates.count
            predicates.append(predicate)
            return predicates.count - 1
        }
        plans = rulebook.clauses.enumerated().map { index, clause in
            Plan(
                packApplies: number(rulebook.pack(ofClause: index).applies), scope: number(clause.scope),
                forceCases: clause.forceCases.map { (number($0.when), $0.force) },
                exemptions: clause.exemptions.compactMap { number($0.when) },
                substitution: number(clause.substitution), aspects: clause.aspects.map { number($0.scope) }, force: clause.force,
                subject: clause.subject)
        }
        self.predicates = predicates
    }

    /// How every clause (by number) binds the subject that the context describes.
    public func bindings(_ context: ProfileContext, subject: SubjectKind) -> [Binding] {
        let evaluator = Evaluator(context)
        let truths = predicates.map { evaluator.truth(of: $0) }
        return plans.map { plan in
            guard plan.subject == subject, plan.force.isDuty else { return .outside }
            func truth(_ index: Int?) -> Truth { index.map { truths[$0] } ?? .yes }
            let binds = min(truth(plan.packApplies), truth(plan.scope))
            guard binds != .no else { return .outside }
            var binding = Binding(binds: binds, force: plan.force)
            // Of undecided cases the stricter one holds: `shall` comes first in the packs.
            for item in plan.forceCases where truth(item.when) != .no {
                binding.force = item.force
                break
            }
            for (index, exemption) in plan.exemptions.enumerated() where truths[exemption] == .yes {
                binding.binds = .no
                binding.exemption = Int8(clamping: index)
                break
            }
            binding.maySubstitute = plan.substitution.map { truths[$0] == .yes } ?? false
            for (index, aspect) in plan.aspects.enumerated() where index < 32 && truth(aspect) == .no {
                binding.absentAspects |= 1 << index
            }
            return binding
        }
    }

    /// Why a clause binds or does not: the deciding facts.
    public func reason(ofClause index: Int, in context: ProfileContext) -> Evaluation {
        let clause = rulebook.clauses[index]
        let parts = [rulebook.pack(ofClause: index).applies, clause.scope].compactMap { $0 }
        guard !parts.isEmpty else { return Evaluation(.yes) }
        let evaluation = Evaluator(context).evaluate(.all(parts))
        // The pack and the clause may ask the same; one answer is enough.
        var seen: Set<Finding> = []
        return Evaluation(evaluation.truth, evaluation.findings.filter { seen.insert($0).inserted })
    }
}
