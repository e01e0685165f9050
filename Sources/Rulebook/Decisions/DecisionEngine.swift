public import Documents

/// What came of a decision, with everything that went into it.
public struct DecisionOutcome: Sendable {
    /// How it ended.
    public enum State: String, Sendable {
        case decided, undetermined
        case notApplicable = "not-applicable"
    }

    /// The decision.
    public var decision: Decision
    /// Id and version of its pack.
    public var pack: (id: String, version: String)
    /// How it ended.
    public var state: State
    /// The value, when decided.
    public var value: String?
    /// Reason code.
    public var reason: String
    /// What the reason code means.
    public var reasonText: Text
    /// Flags raised.
    public var flags: [String]
    /// The facts it looked at; nil where unknown.
    public var inputs: [(fact: FactDefinition, value: Node?)]
    /// Facts whose absence left it undetermined.
    public var missing: [String]
    /// Readings of the switches.
    public var switches: [(name: String, value: String)]
    /// The steps that were taken, in order.
    public var steps: [String]
    /// The day it is for.
    public var asOf: CivilDate
    /// Who decided: always the program with the pack here; a supervisor's own decision is recorded beside it.
    public var decidedBy: String
    /// Inputs that nobody answered and that were assumed.
    public var assumed: [String]
}

/// Runs the decision procedures of a rulebook.
public enum DecisionEngine {
    /// Reason code of a decision that stopped because a fact is not known.
    public static let missingReason = "missing-fact"
    /// Reason code of a decision that is not about this firm.
    public static let outsideReason = "outside"

    /// All decisions of a rulebook for a firm as it is on a day.
    public static func decide(_ rulebook: Rulebook, profile: Profile, asOf day: CivilDate) -> [DecisionOutcome] {
        let profile = profile.asOf(day)
        return rulebook.packs.flatMap { pack in
            pack.decisions.map { run($0, pack: pack, rulebook: rulebook, profile: profile, asOf: day) }
        }
    }

    private static func run(_ decision: Decision, pack: RulePack, rulebook: Rulebook, profile: Profile, asOf day: CivilDate)
        -> DecisionOutcome
    {
        var context = ProfileContext(firm: profile.firm, system: [:], decisions: [:], parameters: rulebook.parameters)
        let chosen = profile.policy.switches[decision.id] ?? [:]
        let switches = decision.switches.map { ($0.name, chosen[$0.name] ?? $0.standard) }
        for (name, value) in switches { context.switches[name] = .text(value) }
        let inputs = decision.inputs.compactMap { key in rulebook.fact(key).map { (fact: $0, value: profile.firm[$0.name]) } }
        var outcome = DecisionOutcome(
            decision: decision, pack: (pack.id, pack.version), state: .undetermined, value: nil, reason: missingReason,
            reasonText: Text("缺少判定所需的事實", "a fact that the decision needs is not known"), flags: [], inputs: inputs, missing: [],
            switches: switches, steps: [], asOf: day, decidedBy: "plumbline",
            assumed: decision.inputs.filter { profile.assumed.contains($0) })
        if let applies = decision.applies {
            let evaluation = Evaluator(context).evaluate(applies)
            if evaluation.truth == .no {
                outcome.state = .notApplicable
                outcome.reason = outsideReason
                outcome.reasonText = Text("本判定不適用於此類業者", "the decision is not about firms of this kind")
                return outcome
            }
            if evaluation.truth == .unknown {
                outcome.missing = unknownFacts(evaluation)
                return outcome
            }
        }
        walk(decision, &context, &outcome)
        return outcome
    }

    private static func walk(_ decision: Decision, _ context: inout ProfileContext, _ outcome: inout DecisionOutcome) {
        for step in decision.steps {
            if let when = step.when {
                let evaluation = Evaluator(context).evaluate(when)
                if evaluation.truth == .no { continue }
                if evaluation.truth == .unknown {
                    // Never a guess: a step that cannot be decided ends the decision.
                    outcome.missing = unknownFacts(evaluation)
                    outcome.steps.append(step.id)
                    return
                }
            }
            outcome.steps.append(step.id)
            for (name, expression) in step.set { context.variables[name] = value(of: expression, context) }
            outcome.flags.append(contentsOf: step.flags)
            guard let end = step.end else { continue }
            outcome.reason = end.reason
            outcome.reasonText = decision.reasons[end.reason] ?? Text(end.reason, end.reason)
            outcome.flags.append(contentsOf: end.flags)
            switch end.result {
            case .undetermined: outcome.state = .undetermined
            case .notApplicable: outcome.state = .notApplicable
            case .value(let expression):
                let text = value(of: expression, context)?.shown
                guard let text, decision.values.contains(where: { $0.value == text }) else { return }
                outcome.state = .decided
                outcome.value = text
            }
            return
        }
    }

    private static func unknownFacts(_ evaluation: Evaluation) -> [String] {
        var seen: [String] = []
        for finding in evaluation.findings where finding.found == nil && !seen.contains(finding.path) {
            seen.append(finding.path)
        }
        return seen
    }

    private static func value(of expression: Decision.Expression, _ context: ProfileContext) -> Node? {
        switch expression {
        case .literal(let node): return node
        case .fact(let path): return context.flat(path)
        case .parameter(let id): return context.parameters[id].map { Node(.number($0.quantity.number)) }
        case .mean(let paths):
            let numbers = paths.compactMap { context.flat($0)?.number }
            guard numbers.count == paths.count, let first = numbers.first else { return nil }
            var sum: ExactNumber? = first
            for number in numbers.dropFirst() { sum = sum?.adding(number) }
            return sum?.divided(by: numbers.count).map { Node(.number($0)) }
        }
    }
}

extension Decision {
    /// Facts of the firm that the procedure looks at, in order of first use.
    public var inputs: [String] {
        var keys: [String] = []
        func add(_ path: FactPath) {
            if path.keys.first == "firm", !keys.contains(path.description) { keys.append(path.description) }
        }
        func visit(_ predicate: Predicate) {
            switch predicate {
            case .all(let parts), .any(let parts), .none(let parts): parts.forEach(visit)
            case .not(let part): visit(part)
            case .each(let quantified), .some(let quantified): add(quantified.path)
            case .compare(let comparison): add(comparison.path)
            }
        }
        if let applies { visit(applies) }
        for step in steps {
            if let when = step.when { visit(when) }
            for (_, expression) in step.set {
                if case .fact(let path) = expression { add(path) }
                if case .mean(let paths) = expression { paths.forEach(add) }
            }
        }
        return keys
    }
}
