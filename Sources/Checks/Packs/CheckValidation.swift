internal import Documents
internal import Rulebook

/// Whether the names in a check exist, and whether its comparisons can ever hold: paths and kinds against the facts schema, parameters and
/// clauses against the rulebook.
struct CheckValidation {
    let schema: FactSchema
    let rulebook: Rulebook

    static func validate(_ check: Check, path: String, schema: FactSchema, rulebook: Rulebook) throws(DocumentError) {
        let validation = CheckValidation(schema: schema, rulebook: rulebook)
        for coverage in check.covers {
            guard let clause = rulebook.clause(coverage.clause) else {
                throw DocumentError(
                    .badValue, position: check.position, key: "\(path).covers",
                    reason: "there is no clause \"\(coverage.clause.clipped)\"")
            }
            if let aspect = coverage.aspect, !clause.aspects.contains(where: { $0.name == aspect }) {
                let known = clause.aspects.map(\.name).joined(separator: ", ")
                throw DocumentError(
                    .badValue, position: check.position, key: "\(path).covers",
                    reason: "\(clause.id) has no aspect \"\(aspect.clipped)\"; it has: \(known)")
            }
        }
        let groups = Set(schema.groups.map(\.name))
        guard !check.requires.isEmpty else {
            throw DocumentError(
                .missingKey, position: check.position, key: "\(path).requires", reason: "a check names the groups it rests on")
        }
        for group in check.requires where !groups.contains(group) {
            throw DocumentError(
                .badValue, position: check.position, key: "\(path).requires",
                reason: "there is no facts group \"\(group.clipped)\"")
        }
        for fact in check.context where schema.type(of: fact.keys) == nil {
            throw DocumentError(
                .badValue, position: check.position, key: "\(path).context", reason: "the facts schema has no \(fact)")
        }
        if let when = check.when { try validation.visit(when, item: nil, path: "\(path).when") }
        try validation.visit(check.assert, item: nil, path: "\(path).assert")
    }

    private func visit(_ predicate: Predicate, item: [String]?, path: String) throws(DocumentError) {
        switch predicate {
        case .all(let parts), .any(let parts), .none(let parts): for part in parts { try visit(part, item: item, path: path) }
        case .not(let part): try visit(part, item: item, path: path)
        case .each(let quantified), .some(let quantified):
            let keys = try keys(quantified.path, item, quantified.position, path)
            guard let type = schema.type(of: keys), type.isList else {
                throw DocumentError(
                    .badValue, position: quantified.position, key: path,
                    reason: "\(keys.joined(separator: ".")) is not a list of the facts schema")
            }
            if let filter = quantified.filter { try visit(filter, item: keys, path: path) }
            if let condition = quantified.condition { try visit(condition, item: keys, path: path) }
        case .compare(let comparison): try check(comparison, item: item, path: path)
        }
    }

    private func keys(_ fact: FactPath, _ item: [String]?, _ position: Position, _ path: String) throws(DocumentError) -> [String]
    {
        guard fact.isRelative else { return fact.keys }
        guard let item else {
            throw DocumentError(
                .badValue, position: position, key: path, reason: "\(fact) is relative, but not inside each or some")
        }
        return item + fact.keys
    }

    private func check(_ comparison: Comparison, item: [String]?, path: String) throws(DocumentError) {
        func refuse(_ reason: String) -> DocumentError {
            DocumentError(.badValue, position: comparison.position, key: path, reason: reason)
        }
        let keys = try keys(comparison.path, item, comparison.position, path)
        let name = keys.joined(separator: ".")
        guard var type = schema.type(of: keys) else { throw refuse("the facts schema has no \(name)") }
        // The item of a list of scalars is one of them.
        if comparison.path.isRelative, comparison.path.keys.isEmpty { type.isList = false }
        switch comparison.operand {
        case .literal(let literal): try checkLiteral(literal, comparison.operation, type, name, refuse)
        case .seconds: if type.kind != .time && type.kind != .date { throw refuse("\(name) is not a time") }
        case .fact(let other):
            let otherKeys = try self.keys(other, item, comparison.position, path)
            if schema.type(of: otherKeys) == nil { throw refuse("the facts schema has no \(otherKeys.joined(separator: "."))") }
        case .profile(let other):
            if rulebook.fact(other.description) == nil { throw refuse("no rule pack declares the profile fact \(other)") }
        case .parameter(let id):
            guard let parameter = rulebook.parameters[id] else { throw refuse("there is no parameter \(id)") }
            if comparison.operation == .ageLe || comparison.operation == .ageGe {
                if parameter.quantity.converted(to: .second) == nil {
                    throw refuse("\(id) is not a time that can be counted in seconds")
                }
            } else {
                guard type.kind == .integer, !type.isList else { throw refuse("\(name) is not a number") }
                guard let unit = type.unit, parameter.quantity.converted(to: unit) != nil else {
                    throw refuse(
                        "\(id) (\(parameter.quantity.unit.rawValue)) cannot be compared with \(name) (\(type.unit?.rawValue ?? "no unit"))"
                    )
                }
            }
        }
    }

    private func checkLiteral(
        _ literal: Node, _ operation: Operator, _ type: FactType, _ name: String, _ refuse: (String) -> DocumentError
    ) throws(DocumentError) {
        func fits(_ node: Node) -> Bool {
            switch type.kind {
            case .text, .time, .date: node.text != nil
            case .bool: node.bool != nil
            case .integer: node.number != nil
            case .list, .object: false
            }
        }
        switch operation {
        case .eq, .ne: if type.isList || !fits(literal) { throw refuse("\(name) can never equal \(literal.shown)") }
        case .lt, .le, .gt, .ge: if type.isList || type.kind != .integer { throw refuse("\(name) is not a number") }
        case .isIn, .notIn:
            if type.isList { throw refuse("\(name) is a list; use subset_of, intersects or disjoint_from") }
            for item in literal.list ?? [] where !fits(item) { throw refuse("\(name) can never be \(item.shown)") }
        case .subsetOf, .supersetOf, .disjointFrom, .intersects:
            if !type.isList { throw refuse("\(name) is not a list") }
            for item in literal.list ?? [] where !fits(item) { throw refuse("\(name) can never hold \(item.shown)") }
        case .contains, .lacks:
            if !type.isList && type.kind != .text || !fits(literal) { throw refuse("\(name) can never contain \(literal.shown)") }
        case .countEq, .countLe, .countGe: if !type.isList { throw refuse("\(name) is not a list") }
        case .matches, .modeWithin: if type.isList || type.kind != .text { throw refuse("\(name) is not a text") }
        case .ageLe, .ageGe, .within, .exists, .known: break
        }
    }
}
