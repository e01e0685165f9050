internal import Documents

enum DecisionReader {
    static func decision(_ node: Node, _ path: String) throws(DocumentError) -> Decision {
        var fields = try Fields(node, path: path)
        let order = try fields.texts("strictest_first")
        let titles = try FactReader.choices(&fields, "values")
        guard Set(order) == Set(titles.map(\.value)), order.count == titles.count, !order.isEmpty else {
            throw fields.error(at: "strictest_first", "names every value once")
        }
        let decision = Decision(
            id: try fields.text("id"), title: try fields.bilingual("title"),
            values: order.compactMap { value in titles.first { $0.value == value } },
            applies: try fields.predicate("applies"), switches: try switches(&fields),
            steps: try RulePackReader.items(&fields, "steps", step),
            reasons: try fields.bilinguals("reasons"), flags: try fields.bilinguals("flags"), position: node.position)
        try fields.finish()
        try check(decision, path)
        return decision
    }

    private static func switches(_ outer: inout Fields) throws(DocumentError) -> [Decision.Switch] {
        var switches: [Decision.Switch] = []
        for entry in try outer.entries("switches") {
            var fields = try Fields(entry.node, path: "\(outer.path("switches")).\(entry.key.clipped)")
            let result = Decision.Switch(
                name: entry.key, title: try fields.bilingual("title"), standard: try fields.text("default"),
                values: try FactReader.choices(&fields, "values"))
            guard result.values.contains(where: { $0.value == result.standard }) else {
                throw fields.error(at: "default", "is not one of the values")
            }
            try fields.finish()
            switches.append(result)
        }
        return switches
    }

    private static func step(_ node: Node, _ path: String) throws(DocumentError) -> Decision.Step {
        var fields = try Fields(node, path: path)
        var variables: [(name: String, value: Decision.Expression)] = []
        for entry in try fields.entries("set") {
            variables.append((entry.key, try expression(entry.node, "\(fields.path("set")).\(entry.key.clipped)")))
        }
        var end: Decision.Return?
        if let node = fields.optional("return") { end = try ending(node, fields.path("return")) }
        let step = Decision.Step(
            id: try fields.text("id"), when: try fields.predicate("when"), set: variables, flags: try fields.texts("flag"),
            end: end,
            position: node.position)
        try fields.finish()
        return step
    }

    private static func ending(_ node: Node, _ path: String) throws(DocumentError) -> Decision.Return {
        var fields = try Fields(node, path: path)
        let undetermined = try fields.optionalBool("undetermined") ?? false
        let notApplicable = try fields.optionalBool("not_applicable") ?? false
        let value = fields.optional("value")
        guard [undetermined, notApplicable, value != nil].count(where: { $0 }) == 1 else {
            throw fields.error(at: "", "exactly one of: value, undetermined: true, not_applicable: true")
        }
        var result = Decision.Result.undetermined
        if notApplicable { result = .notApplicable }
        if let value { result = .value(try expression(value, fields.path("value"))) }
        let end = Decision.Return(result: result, reason: try fields.text("reason"), flags: try fields.texts("flag"))
        try fields.finish()
        return end
    }

    private static func expression(_ node: Node, _ path: String) throws(DocumentError) -> Decision.Expression {
        guard node.entries != nil else { return .literal(node) }
        var fields = try Fields(node, path: path)
        func paths(_ texts: [String], _ key: String) throws(DocumentError) -> [FactPath] {
            var result: [FactPath] = []
            for text in texts {
                guard let path = FactPath(text), !path.isRelative else {
                    throw fields.error(at: key, "\"\(text.clipped)\" is not a path")
                }
                result.append(path)
            }
            return result
        }
        var result: Decision.Expression?
        if let fact = try fields.optionalText("fact") { result = try paths([fact], "fact").first.map { .fact($0) } }
        if let name = try fields.optionalText("param") {
            guard let id = ParameterID(name) else { throw fields.error(at: "param", "is not clause.name") }
            result = .parameter(id)
        }
        let mean = try fields.texts("mean")
        if !mean.isEmpty { result = .mean(try paths(mean, "mean")) }
        try fields.finish()
        guard let result else { throw fields.error(at: "", "one of: a value, {fact: …}, {param: …}, {mean: […]}") }
        return result
    }

    private static func check(_ decision: Decision, _ path: String) throws(DocumentError) {
        for (index, step) in decision.steps.enumerated() {
            let key = "\(path).steps[\(index)]"
            func refuse(_ reason: String) -> DocumentError {
                DocumentError(.badValue, position: step.position, key: key, reason: reason)
            }
            if let reason = step.end?.reason, decision.reasons[reason] == nil {
                throw refuse("the reason \"\(reason.clipped)\" has no text")
            }
            for flag in step.flags + (step.end?.flags ?? []) where decision.flags[flag] == nil {
                throw refuse("the flag \"\(flag.clipped)\" has no text")
            }
        }
        guard let last = decision.steps.last, last.when == nil, last.end != nil else {
            throw DocumentError(
                .badValue, position: decision.position, key: "\(path).steps", reason: "the last step has no condition and returns"
            )
        }
    }
}
