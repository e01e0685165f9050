public import Documents

/// Reads predicates from documents. Depth is bounded by the document reader.
public enum PredicateReader {
    /// The predicate that `node` holds.
    public static func read(_ node: Node, path: String) throws(DocumentError) -> Predicate {
        let fields = try Fields(node, path: path)
        guard let entries = node.entries, let first = entries.first else { throw fields.error(at: "", "an empty predicate") }
        if let form = ["all", "any", "none"].first(where: { node[$0] != nil }) {
            return try combination(form, fields)
        }
        if let inner = node["not"] {
            try only(fields, ["not"])
            return .not(try read(inner, path: fields.path("not")))
        }
        if node["each"] != nil || node["some"] != nil { return try quantified(fields) }
        guard node["fact"] != nil else {
            throw DocumentError(
                .badValue, position: first.position, key: fields.path(first.key.clipped),
                reason: "a predicate has one of: all, any, none, not, each, some, fact")
        }
        return .compare(try comparison(fields))
    }

    private static func only(_ fields: Fields, _ keys: Set<String>) throws(DocumentError) {
        for entry in fields.node.entries ?? [] where !keys.contains(entry.key) {
            throw DocumentError(
                .unknownKey, position: entry.position, key: fields.path(entry.key.clipped),
                reason: "does not belong here; known here: \(keys.sorted().joined(separator: ", "))")
        }
    }

    private static func combination(_ form: String, _ fields: Fields) throws(DocumentError) -> Predicate {
        try only(fields, [form])
        var fields = fields
        let items = try fields.list(form)
        guard !items.isEmpty else { throw fields.error(at: form, "the list is empty") }
        var parts: [Predicate] = []
        for (index, item) in items.enumerated() { parts.append(try read(item, path: "\(fields.path(form))[\(index)]")) }
        return form == "all" ? .all(parts) : form == "any" ? .any(parts) : .none(parts)
    }

    private static func quantified(_ given: Fields) throws(DocumentError) -> Predicate {
        var fields = given
        let isEach = fields.node["each"] != nil
        let form = isEach ? "each" : "some"
        let condition = isEach ? "must" : "that"
        try only(fields, [form, condition, "where", "at_least"])
        let path = try factPath(&fields, form)
        var filter: Predicate?
        if let node = fields.optional("where") { filter = try read(node, path: fields.path("where")) }
        var inner: Predicate?
        if let node = fields.optional(condition) { inner = try read(node, path: fields.path(condition)) }
        if isEach, inner == nil { throw fields.error(.missingKey, at: "must", "the key is missing") }
        let atLeast = try fields.optionalInteger("at_least") ?? (isEach ? 0 : 1)
        guard atLeast >= 0 else { throw fields.error(at: "at_least", "a count is not negative") }
        let result = Quantified(path: path, filter: filter, condition: inner, atLeast: atLeast, position: fields.node.position)
        return isEach ? .each(result) : .some(result)
    }

    private static func factPath(_ fields: inout Fields, _ key: String) throws(DocumentError) -> FactPath {
        let text = try fields.text(key)
        guard let path = FactPath(text) else { throw fields.error(at: key, "\"\(text.clipped)\" is not a path") }
        return path
    }

    private static func comparison(_ given: Fields) throws(DocumentError) -> Comparison {
        var fields = given
        let path = try factPath(&fields, "fact")
        let others = (fields.node.entries ?? []).filter { $0.key != "fact" }
        guard others.count == 1, let entry = others.first else {
            throw fields.error(at: "", "exactly one operator is expected beside \"fact\"")
        }
        guard let operation = Operator(rawValue: entry.key) else {
            throw DocumentError(
                .unknownKey, position: entry.position, key: fields.path(entry.key.clipped),
                reason: "unknown operator; known: \(Operator.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let key = fields.path(entry.key)
        let operand = try operand(entry.node, for: operation, path: key)
        var pattern: Pattern?
        if operation == .matches, case .literal(let node) = operand, let text = node.text {
            guard let compiled = Pattern(text) else {
                throw DocumentError(
                    .badValue, position: node.position, key: key,
                    reason: "not a regular expression, too long, or one that repeats a repetition: \(text.clipped)")
            }
            pattern = compiled
        }
        return Comparison(path: path, operation: operation, operand: operand, position: fields.node.position, pattern: pattern)
    }

    private static func operand(_ node: Node, for operation: Operator, path: String) throws(DocumentError) -> Operand {
        if operation == .within {
            guard let text = node.text, let id = ParameterID(text) else {
                throw DocumentError(
                    .wrongType, position: node.position, key: path, reason: "the name of a parameter is expected (clause.name)")
            }
            return .parameter(id)
        }
        if node.entries != nil { return try reference(node, path: path) }
        try checkLiteral(node, for: operation, path: path)
        if operation == .ageLe || operation == .ageGe {
            guard let seconds = node.text.flatMap(Unit.seconds(of:)) else {
                throw DocumentError(
                    .badValue, position: node.position, key: path,
                    reason: "a length of time is expected, such as \"36 h\" or \"14 d\"")
            }
            return .seconds(seconds)
        }
        return .literal(node)
    }

    private static func reference(_ node: Node, path: String) throws(DocumentError) -> Operand {
        var fields = try Fields(node, path: path)
        let result: Operand
        if let parameter = try fields.optionalText("param") {
            guard let id = ParameterID(parameter) else {
                throw fields.error(at: "param", "\"\(parameter.clipped)\" is not clause.name")
            }
            result = .parameter(id)
        } else if fields.optional("fact") != nil {
            result = .fact(try factPath(&fields, "fact"))
        } else if fields.optional("profile") != nil {
            result = .profile(try factPath(&fields, "profile"))
        } else {
            throw fields.error(at: "", "a reference is one of: {param: …}, {fact: …}, {profile: …}")
        }
        try only(fields, fields.node["param"] != nil ? ["param"] : fields.node["fact"] != nil ? ["fact"] : ["profile"])
        return result
    }

    private static func checkLiteral(_ node: Node, for operation: Operator, path: String) throws(DocumentError) {
        func refuse(_ expected: String) -> DocumentError {
            DocumentError(.wrongType, position: node.position, key: path, reason: "\(expected) is expected, not \(node.kindName)")
        }
        switch operation {
        case .eq, .ne, .contains, .lacks:
            if node.list != nil || node.isNull { throw refuse("a single value") }
        case .lt, .le, .gt, .ge:
            if node.number == nil { throw refuse("a number") }
        case .countEq, .countLe, .countGe:
            guard let count = node.integer, count >= 0 else { throw refuse("a whole number") }
        case .isIn, .notIn, .subsetOf, .supersetOf, .disjointFrom, .intersects:
            guard let items = node.list else { throw refuse("a list") }
            for item in items where item.list != nil || item.entries != nil || item.isNull {
                throw refuse("a list of single values")
            }
        case .matches:
            if node.text == nil { throw refuse("a text") }
        case .modeWithin:
            guard let text = node.text, !text.isEmpty, UInt32(text, radix: 8).map({ $0 <= 0o7777 }) == true else {
                throw refuse("octal digits in quotes")
            }
        case .exists, .known:
            if node.bool == nil { throw refuse("true or false") }
        case .ageLe, .ageGe, .within: break
        }
    }
}
