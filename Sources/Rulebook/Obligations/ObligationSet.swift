internal import Documents

/// What binds a firm: its decisions, and the bindings of every clause for the firm and each of its systems.
public struct ObligationSet: Sendable {
    /// A subject with its context and the binding of each clause (by number).
    public struct Subject: Sendable {
        /// Id of the system; nil for the firm as a whole.
        public var system: String?
        /// Facts its scope was judged on.
        public var context: ProfileContext
        /// The binding of each clause.
        public var bindings: [Binding]
    }

    /// The rulebook.
    public let rulebook: Rulebook
    /// Decisions of the firm.
    public let decisions: [DecisionOutcome]
    /// The firm first, then its systems in order.
    public let subjects: [Subject]
    /// Parameters in force.
    public let parameters: ParametersInForce
    /// The day it is for.
    public let asOf: CivilDate
    let table: ScopeTable

    /// Works out what binds the firm of `profile` on a day.
    public init(_ rulebook: Rulebook, table: ScopeTable, profile: Profile, asOf day: CivilDate) {
        let profile = profile.asOf(day)
        self.rulebook = rulebook
        self.table = table
        asOf = day
        decisions = DecisionEngine.decide(rulebook, profile: profile, asOf: day)
        parameters = ParametersInForce(rulebook, profile: profile, asOf: day)
        var values: [String: Node] = [:]
        for outcome in decisions { if let value = outcome.value { values[outcome.decision.id] = .text(value) } }
        let inForce = parameters.values
        func subject(_ system: SystemProfile?) -> Subject {
            let context = ProfileContext(firm: profile.firm, system: system?.facts ?? [:], decisions: values, parameters: inForce)
            return Subject(
                system: system?.id, context: context, bindings: table.bindings(context, subject: system == nil ? .firm : .system))
        }
        subjects = [subject(nil)] + profile.systems.map(subject)
    }

    /// Why a clause binds (or does not) a subject.
    public func reason(clause: Int, subject: Int) -> Evaluation { table.reason(ofClause: clause, in: subjects[subject].context) }

    /// Numbers of the leaf duties of a pack that bind at least one subject (`.yes`), or may (`.unknown`).
    public func applicable(pack: String, _ truth: Truth = .yes) -> [Int] {
        rulebook.clauses.indices.filter { index in
            rulebook.pack(ofClause: index).id == pack && rulebook.clauses[index].isLeafDuty
                && subjects.map { $0.bindings[index].binds }.max() == truth
        }
    }
}

/// What changes between two sets of obligations, such as before and after a change of tier.
public struct ObligationDifference: Sendable {
    /// One change.
    public struct Change: Sendable, Hashable {
        /// Kinds of change.
        public enum Kind: String, Sendable {
            /// Binds now and did not.
            case added
            /// Bound and does so no longer; evidence is kept.
            case removed
            /// Binds with another force.
            case force
            /// The longest gap between completions changed.
            case cadence
            /// It can no longer, or only now, be told.
            case certainty
        }

        /// The clause.
        public var clause: String
        /// The system; nil for the firm.
        public var system: String?
        /// What changed.
        public var kind: Kind
        /// Before, as a short text.
        public var before: String
        /// After, as a short text.
        public var after: String
    }

    /// The changes, in the order of clauses.
    public let changes: [Change]

    /// Compares two sets over the same rulebook; subjects are matched by their ids.
    public init(from old: ObligationSet, to new: ObligationSet) {
        var changes: [Change] = []
        let before = Dictionary(old.subjects.map { ($0.system ?? "", $0) }) { first, _ in first }
        let after = Dictionary(new.subjects.map { ($0.system ?? "", $0) }) { first, _ in first }
        for (index, clause) in new.rulebook.clauses.enumerated() where clause.isLeafDuty {
            for id in Set(before.keys).union(after.keys).sorted() {
                let left = before[id]?.bindings[index] ?? .outside
                let right = after[id]?.bindings[index] ?? .outside
                let gaps = (
                    before[id].flatMap { Self.gap(clause, $0.context) }, after[id].flatMap { Self.gap(clause, $0.context) }
                )
                guard let kind = Self.kind(left, right, gaps) else { continue }
                changes.append(
                    Change(
                        clause: clause.id, system: id.isEmpty ? nil : id, kind: kind.0, before: kind.1, after: kind.2))
            }
        }
        self.changes = changes
    }

    private static func gap(_ clause: Clause, _ context: ProfileContext) -> Quantity? {
        clause.maximumGap(in: context).flatMap { context.parameters[$0]?.quantity }
    }

    private static func kind(_ left: Binding, _ right: Binding, _ gaps: (Quantity?, Quantity?)) -> (Change.Kind, String, String)?
    {
        if left.binds == .no, right.binds == .no { return nil }
        if left.binds == .no { return (.added, "", right.force.rawValue) }
        if right.binds == .no { return (.removed, left.force.rawValue, "") }
        if left.binds != right.binds { return (.certainty, "\(left.binds)", "\(right.binds)") }
        if left.force != right.force { return (.force, left.force.rawValue, right.force.rawValue) }
        if gaps.0 != gaps.1 { return (.cadence, gaps.0?.description ?? "", gaps.1?.description ?? "") }
        return nil
    }
}

extension Clause {
    /// The parameter that holds the longest gap between two completions for a subject; nil when the clause has none, or the case that
    /// applies cannot be told.
    public func maximumGap(in context: ProfileContext) -> ParameterID? {
        for item in cadence?.maximumGap ?? [] {
            switch item.when.map({ Evaluator(context).truth(of: $0) }) ?? .yes {
            case .yes: return ParameterID(clause: id, name: item.parameter)
            case .unknown: return nil
            case .no: continue
            }
        }
        return nil
    }
}
