package import Documents

/// What holds between the parts of a pack, beyond the form of each.
enum RulePackCheck {
    static func check(_ pack: RulePack) throws(DocumentError) {
        var facts: Set<String> = []
        for fact in pack.facts where !facts.insert(fact.key).inserted {
            throw DocumentError(.duplicateKey, position: fact.position, key: fact.key, reason: "the fact is declared twice")
        }
        let clauses = try index(pack)
        let decisions = Set(pack.decisions.map(\.id))
        for decision in pack.decisions { try check(decision, facts: pack.facts, clauses: clauses) }
        let groups = Set(pack.groups.map(\.id))
        for (position, clause) in pack.clauses.enumerated() {
            let path = "clauses[\(position)]"
            guard groups.contains(clause.group) else {
                throw refuse(clause, "\(path).group", "there is no group \"\(clause.group.clipped)\"")
            }
            if let parent = clause.parent {
                guard clauses[parent]?.isParent == true else {
                    throw refuse(clause, "\(path).parent", "\"\(parent.clipped)\" is not a clause with parent_of: true")
                }
            }
            try checkForces(clause, path)
            try checkCadence(clause, path)
            for predicate in predicates(of: clause) {
                try PredicateCheck.check(
                    predicate, facts: pack.facts, decisions: decisions, extra: [], clauses: clauses, path: path)
            }
        }
        if let applies = pack.applies {
            try PredicateCheck.check(
                applies, facts: pack.facts, decisions: decisions, extra: [], clauses: clauses, path: "applies")
        }
    }

    private static func refuse(_ clause: Clause, _ path: String, _ reason: String) -> DocumentError {
        DocumentError(.badValue, position: clause.position, key: path, reason: "\(clause.id): \(reason)")
    }

    private static func index(_ pack: RulePack) throws(DocumentError) -> [String: Clause] {
        var clauses: [String: Clause] = [:]
        for (position, clause) in pack.clauses.enumerated() {
            guard clause.id.hasPrefix("\(pack.prefix)-") else {
                throw refuse(clause, "clauses[\(position)].id", "does not begin with \"\(pack.prefix)-\"")
            }
            guard clauses.updateValue(clause, forKey: clause.id) == nil else {
                throw DocumentError(
                    .duplicateKey, position: clause.position, key: "clauses[\(position)].id",
                    reason: "the clause \(clause.id) stands twice")
            }
        }
        return clauses
    }

    private static func checkForces(_ clause: Clause, _ path: String) throws(DocumentError) {
        if !clause.forceCases.isEmpty {
            guard clause.force == .mixed else { throw refuse(clause, "\(path).force_cases", "only a mixed clause has cases") }
            guard clause.forceCases.last?.when == nil else {
                throw refuse(clause, "\(path).force_cases", "the last case has no condition")
            }
            for item in clause.forceCases where item.force != .shall && item.force != .should {
                throw refuse(clause, "\(path).force_cases", "a case is shall or should")
            }
        } else if clause.force == .mixed, clause.aspects.isEmpty || clause.aspects.contains(where: { $0.force == nil }) {
            throw refuse(clause, "\(path).force", "a mixed clause has force_cases, or aspects that each have a force")
        }
        for aspect in clause.aspects where aspect.force.map({ $0 != .shall && $0 != .should }) == true {
            throw refuse(clause, "\(path).aspects.\(aspect.name)", "an aspect is shall or should")
        }
        if clause.isLeafDuty, clause.verification.isEmpty {
            throw refuse(clause, "\(path).verify", "a duty says how it can be verified")
        }
    }

    private static func checkCadence(_ clause: Clause, _ path: String) throws(DocumentError) {
        guard let cadence = clause.cadence else { return }
        let names = Set(clause.parameters.map(\.id.name))
        for name in cadence.maximumGap.map(\.parameter) + [cadence.minimumPerYear].compactMap({ $0 }) where !names.contains(name)
        {
            throw refuse(clause, "\(path).cadence", "the clause has no parameter \"\(name.clipped)\"")
        }
        for gap in cadence.maximumGap {
            let parameter = clause.parameters.first { $0.id.name == gap.parameter }
            guard parameter?.quantity.unit.isTime == true, parameter?.bound == .max else {
                throw refuse(clause, "\(path).cadence.max_gap", "\"\(gap.parameter)\" is not a time with bound max")
            }
        }
        if cadence.kind == .periodic, cadence.maximumGap.isEmpty, cadence.minimumPerYear == nil {
            throw refuse(clause, "\(path).cadence", "a periodic duty names max_gap or min_per_year")
        }
    }

    private static func predicates(of clause: Clause) -> [Predicate] {
        [clause.scope, clause.substitution].compactMap { $0 } + clause.exemptions.map(\.when)
            + clause.forceCases.compactMap(\.when)
            + clause.aspects.compactMap(\.scope) + (clause.cadence?.maximumGap.compactMap(\.when) ?? [])
    }

    private static func check(_ decision: Decision, facts: [FactDefinition], clauses: [String: Clause]) throws(DocumentError) {
        var extra = Set(decision.switches.map { "switch.\($0.name)" })
        if let applies = decision.applies {
            try PredicateCheck.check(
                applies, facts: facts, decisions: [], extra: extra, clauses: clauses, path: "decisions.\(decision.id).applies")
        }
        for step in decision.steps {
            let path = "decisions.\(decision.id).\(step.id)"
            if let when = step.when {
                try PredicateCheck.check(when, facts: facts, decisions: [], extra: extra, clauses: clauses, path: path)
            }
            for (name, value) in step.set {
                try check(value, step, facts: facts, extra: extra, clauses: clauses, path: path)
                extra.insert("let.\(name)")
            }
            if case .value(let value)? = step.end?.result {
                try check(value, step, facts: facts, extra: extra, clauses: clauses, path: path)
            }
        }
    }

    private static func check(
        _ expression: Decision.Expression, _ step: Decision.Step, facts: [FactDefinition], extra: Set<String>,
        clauses: [String: Clause], path: String
    ) throws(DocumentError) {
        let paths: [FactPath]
        switch expression {
        case .literal: return
        case .parameter(let id):
            guard clauses[id.clause]?.parameters.contains(where: { $0.id == id }) == true else {
                throw DocumentError(.badValue, position: step.position, key: path, reason: "there is no parameter \(id)")
            }
            return
        case .fact(let fact): paths = [fact]
        case .mean(let facts): paths = facts
        }
        for fact in paths where !extra.contains(fact.description) && !facts.contains(where: { $0.key == fact.description }) {
            throw DocumentError(.badValue, position: step.position, key: path, reason: "the fact \(fact) is not declared")
        }
    }
}

/// Whether the names in a predicate over a profile exist, and whether literals fit the declared kinds.
enum PredicateCheck {
    static func check(
        _ predicate: Predicate, facts: [FactDefinition], decisions: Set<String>, extra: Set<String>, clauses: [String: Clause],
        path: String
    ) throws(DocumentError) {
        switch predicate {
        case .all(let parts), .any(let parts), .none(let parts):
            for part in parts { try check(part, facts: facts, decisions: decisions, extra: extra, clauses: clauses, path: path) }
        case .not(let part): try check(part, facts: facts, decisions: decisions, extra: extra, clauses: clauses, path: path)
        case .each(let quantified), .some(let quantified):
            throw DocumentError(
                .badValue, position: quantified.position, key: path,
                reason: "profile facts have no lists of objects; use contains or intersects")
        case .compare(let comparison):
            try check(comparison, facts: facts, decisions: decisions, extra: extra, clauses: clauses, path: path)
        }
    }

    private static func check(
        _ comparison: Comparison, facts: [FactDefinition], decisions: Set<String>, extra: Set<String>, clauses: [String: Clause],
        path: String
    ) throws(DocumentError) {
        func refuse(_ reason: String) -> DocumentError {
            DocumentError(.badValue, position: comparison.position, key: path, reason: reason)
        }
        let name = comparison.path.description
        if case .parameter(let id) = comparison.operand {
            guard clauses[id.clause]?.parameters.contains(where: { $0.id == id }) == true else {
                throw refuse("there is no parameter \(id)")
            }
        }
        if extra.contains(name) { return }
        if comparison.path.keys.first == "decision" {
            guard comparison.path.keys.count == 2, decisions.contains(comparison.path.keys[1]) else {
                throw refuse("there is no decision \(name)")
            }
            return
        }
        guard let fact = facts.first(where: { $0.key == name }) else {
            throw refuse("the fact \(name.clipped) is not declared in this pack")
        }
        guard case .literal(let literal) = comparison.operand else { return }
        try checkLiteral(literal, comparison, fact, path: path)
    }

    private static func checkLiteral(_ literal: Node, _ comparison: Comparison, _ fact: FactDefinition, path: String)
        throws(DocumentError)
    {
        func fits(_ node: Node) -> Bool {
            switch fact.kind {
            case .bool: node.bool != nil
            case .integer, .number: node.number != nil
            case .text, .date, .textList: node.text != nil
            case .enum, .enumList: node.text.map { text in fact.choices.contains { $0.value == text } } ?? false
            }
        }
        let candidates: [Node]
        switch comparison.operation {
        case .eq, .ne, .lt, .le, .gt, .ge, .contains, .lacks: candidates = [literal]
        case .isIn, .notIn, .subsetOf, .supersetOf, .disjointFrom, .intersects: candidates = literal.list ?? []
        default: return
        }
        for candidate in candidates where !fits(candidate) {
            throw DocumentError(
                .badValue, position: candidate.position, key: path,
                reason: "\(candidate.shown) can never be a value of \(fact.key)")
        }
    }
}

extension Rulebook {
    /// Whether the names in a predicate about a firm exist, and whether literals fit what they are compared with.
    ///
    /// - Parameters:
    ///   - predicate: over facts of the firm, decisions, and the further names.
    ///   - names: further names with the values each may take.
    ///   - path: the predicate's place, for messages.
    /// - Throws: `DocumentError` at the comparison that is wrong. Facts of systems are none here: a question is put to a firm.
    package func check(_ predicate: Predicate, names: [String: [String]], path: String) throws(DocumentError) {
        let facts =
            self.facts.filter(\.isOfFirm)
            + names.map { name, values in
                FactDefinition(
                    key: name, kind: .enum, title: Text(name, name), question: nil, order: 0,
                    choices: values.map { .init(value: $0, title: Text($0, $0)) }, unit: nil, minimum: nil, maximum: nil,
                    strict: nil, position: .none)
            }
        try PredicateCheck.check(
            predicate, facts: facts, decisions: Set(packs.flatMap(\.decisions).map(\.id)), extra: [],
            clauses: Dictionary(clauses.map { ($0.id, $0) }) { first, _ in first }, path: path)
    }
}
