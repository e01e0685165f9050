public import Documents
public import Rulebook

/// What a check saw on one host.
public struct CheckOutcome: Sendable {
    /// The result.
    public var result: CheckResult
    /// What decided it.
    public var evaluation: Evaluation
    /// Groups whose state decided it, with state and reason; empty when facts did.
    public var sources: [(group: String, source: HostFacts.Source)]
    /// Facts that decided nothing but help to understand; those that are not known are left out.
    public var context: [Finding] = []
}

/// What a check may ask: facts of the host, facts of the firm and the system, parameters.
struct CheckContext: EvaluationContext {
    var groups: [String: Node]
    var firm: [String: Node]
    var system: [String: Node]
    var parameters: [ParameterID: Parameter]
    var schema: FactSchema
    var instant: Instant

    func flat(_ path: FactPath) -> Node? { nil }
    func root(_ key: String) -> Node? { groups[key] }
    func isKnown(_ root: String) -> Bool { groups[root] != nil }
    func profileFact(_ path: FactPath) -> Node? {
        guard path.keys.count == 2 else { return nil }
        return path.keys[0] == "firm" ? firm[path.keys[1]] : path.keys[0] == "system" ? system[path.keys[1]] : nil
    }
    func parameter(_ id: ParameterID) -> Parameter? { parameters[id] }
    func unit(of path: [String]) -> Unit? { schema.type(of: path)?.unit }
}

/// Runs checks over facts. Pure: everything comes in by argument.
public struct CheckRunner: Sendable {
    private let context: CheckContext
    private let facts: HostFacts?
    private let states: [String: HostFacts.Source]

    /// A runner over the facts of a host that belongs to a system of a firm.
    public init(facts: HostFacts, firm: [String: Node], system: [String: Node], parameters: ParametersInForce, schema: FactSchema)
    {
        self.facts = facts
        states = facts.sources
        context = CheckContext(
            groups: Dictionary(
                uniqueKeysWithValues: facts.groups.compactMap { name, node in schema.conforming(node, [name]).map { (name, $0) } }
            ),
            firm: firm, system: system, parameters: parameters.values, schema: schema,
            instant: facts.collected)
    }

    init(fixture: Fixture, without removed: String?, parameters: [ParameterID: Parameter], schema: FactSchema, instant: Instant) {
        facts = nil
        var states: [String: HostFacts.Source] = [:]
        for group in fixture.facts.keys { states[group] = HostFacts.Source(state: .read, reason: nil, gaps: []) }
        for (group, state) in fixture.states { states[group] = HostFacts.Source(state: state, reason: nil, gaps: []) }
        if let removed { states[removed] = nil }
        self.states = states
        context = CheckContext(
            groups: fixture.facts.filter {
                $0.key != removed && (states[$0.key]?.state == .read || states[$0.key]?.state == .partial)
            },
            firm: fixture.firm, system: fixture.system, parameters: parameters, schema: schema, instant: instant)
    }

    private func source(_ group: String) -> HostFacts.Source {
        states[group] ?? HostFacts.Source(state: .absent, reason: nil, gaps: [])
    }

    /// Runs one check: concerns the host at all? are its sources there? does it hold?
    public func run(_ check: Check) -> CheckOutcome {
        var outcome = judge(check)
        let evaluator = Evaluator(context)
        outcome.context = check.context.map { evaluator.show($0) }.filter { $0.found != nil }
        return outcome
    }

    private func judge(_ check: Check) -> CheckOutcome {
        let evaluator = Evaluator(context)
        let missing = check.requires.map { ($0, source($0)) }.filter { $0.1.state != .read && $0.1.state != .partial }
        if let when = check.when {
            let concerns = evaluator.evaluate(when)
            // "Not here" is only known where everything was seen: a group that was not read, or only in part, cannot say so.
            let doubtful = when.roots.sorted().map { ($0, source($0)) }.filter {
                $0.1.state != .read && !(check.toleratesGaps && $0.1.state == .partial)
            }
            if concerns.truth == .no {
                return CheckOutcome(
                    result: doubtful.isEmpty ? .notApplicable : .undetermined, evaluation: concerns, sources: doubtful)
            }
            if concerns.truth == .unknown, missing.isEmpty {
                return CheckOutcome(result: .undetermined, evaluation: concerns, sources: [])
            }
        }
        guard missing.isEmpty else {
            return CheckOutcome(result: .undetermined, evaluation: Evaluation(.unknown), sources: missing)
        }
        let evaluation = evaluator.evaluate(check.assert)
        switch evaluation.truth {
        case .no: return CheckOutcome(result: .fail, evaluation: evaluation, sources: [])
        case .unknown: return CheckOutcome(result: .undetermined, evaluation: evaluation, sources: [])
        case .yes:
            // A "yes" over a list that was read only in part is a "yes" over what was seen: not enough.
            let partial = check.assert.roots.union(check.requires).sorted().map { ($0, source($0)) }.filter {
                $0.1.state == .partial
            }
            guard partial.isEmpty || check.toleratesGaps else {
                return CheckOutcome(result: .undetermined, evaluation: evaluation, sources: partial)
            }
            return CheckOutcome(result: .pass, evaluation: evaluation, sources: [])
        }
    }
}
