internal import Documents

enum ClauseReader {
    static func clause(_ node: Node, _ path: String) throws(DocumentError) -> Clause {
        var fields = try Fields(node, path: path)
        let id = try fields.text("id")
        guard id.isIdentifier else { throw fields.error(at: "id", "lower-case letters, digits, '.', '-' only") }
        let force: Force = try fields.choice("force")
        let clause = Clause(
            id: id, article: try fields.bilingual("article"), group: try fields.text("group"),
            title: try fields.bilingual("title"),
            requirement: try fields.bilingual("requirement"), force: force,
            forceCases: try RulePackReader.items(&fields, "force_cases", forceCase),
            isImplicit: try fields.optionalBool("implicit") ?? false,
            subject: try fields.choice("subject"), parent: try fields.optionalText("parent"),
            isParent: try fields.optionalBool("parent_of") ?? false, scope: try fields.predicate("scope"),
            exemptions: try RulePackReader.items(&fields, "unless", exemption),
            substitution: try fields.predicate("substitution"),
            parameters: try parameters(&fields, clause: id), cadence: try cadence(&fields), aspects: try aspects(&fields),
            verification: try RulePackReader.items(&fields, "verify", verification), notes: try RulePackReader.notes(&fields),
            position: node.position)
        try fields.finish()
        return clause
    }

    private static func forceCase(_ node: Node, _ path: String) throws(DocumentError) -> ForceCase {
        var fields = try Fields(node, path: path)
        let result = ForceCase(when: try fields.predicate("when"), force: try fields.choice("force"))
        try fields.finish()
        return result
    }

    private static func exemption(_ node: Node, _ path: String) throws(DocumentError) -> Exemption {
        var fields = try Fields(node, path: path)
        guard let when = try fields.predicate("when") else { throw fields.error(.missingKey, at: "when", "the key is missing") }
        let result = Exemption(when: when, reason: try fields.bilingual("reason"))
        try fields.finish()
        return result
    }

    private static func verification(_ node: Node, _ path: String) throws(DocumentError) -> Verification {
        var fields = try Fields(node, path: path)
        let result = Verification(method: try fields.choice("method"), by: try fields.bilingual("by"))
        try fields.finish()
        return result
    }

    private static func parameters(_ outer: inout Fields, clause: String) throws(DocumentError) -> [Parameter] {
        var parameters: [Parameter] = []
        for entry in try outer.entries("parameters") {
            var fields = try Fields(entry.node, path: "\(outer.path("parameters")).\(entry.key.clipped)")
            guard entry.key.isIdentifier, !entry.key.contains(".") else {
                throw fields.error(at: "", "a parameter's name has lower-case letters, digits, '_' only")
            }
            let value = try fields.required("value")
            guard let number = value.number else {
                throw fields.error(.wrongType, at: "value", "a number is expected, not \(value.kindName)")
            }
            guard let unit = try fields.optionalUnit("unit") else {
                throw fields.error(.missingKey, at: "unit", "the key is missing")
            }
            let days = try fields.optionalInteger("as_days")
            parameters.append(
                Parameter(
                    id: ParameterID(clause: clause, name: entry.key), quantity: Quantity(number, unit, days: days),
                    bound: try fields.choice("bound"),
                    origin: try fields.choice("origin"), title: try fields.bilingual("title")))
            if days != nil, unit != .month, unit != .year { throw fields.error(at: "as_days", "only months and years need it") }
            try fields.finish()
        }
        return parameters
    }

    private static func cadence(_ outer: inout Fields) throws(DocumentError) -> Cadence? {
        guard let node = outer.optional("cadence") else { return nil }
        var fields = try Fields(node, path: outer.path("cadence"))
        var gaps: [Cadence.GapCase] = []
        if let gap = fields.optional("max_gap") {
            if let name = gap.text {
                gaps = [Cadence.GapCase(when: nil, parameter: name)]
            } else {
                gaps = try RulePackReader.items(&fields, "max_gap") { node, path throws(DocumentError) in
                    var fields = try Fields(node, path: path)
                    let result = Cadence.GapCase(when: try fields.predicate("when"), parameter: try fields.text("use"))
                    try fields.finish()
                    return result
                }
            }
        }
        let cadence = Cadence(
            kind: try fields.choice("kind"), maximumGap: gaps, minimumPerYear: try fields.optionalText("min_per_year"),
            note: try fields.optionalBilingual("note"))
        try fields.finish()
        return cadence
    }

    private static func aspects(_ outer: inout Fields) throws(DocumentError) -> [Aspect] {
        var aspects: [Aspect] = []
        for entry in try outer.entries("aspects") {
            var fields = try Fields(entry.node, path: "\(outer.path("aspects")).\(entry.key.clipped)")
            guard entry.key.isIdentifier else {
                throw fields.error(at: "", "an aspect's name has lower-case letters, digits, '_' only")
            }
            let force: Force? = fields.node["force"] == nil ? nil : try fields.choice("force")
            aspects.append(
                Aspect(name: entry.key, title: try fields.bilingual("title"), force: force, scope: try fields.predicate("scope")))
            try fields.finish()
        }
        return aspects
    }
}
