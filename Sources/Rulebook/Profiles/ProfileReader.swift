public import Documents

/// Reads profiles (`Documentation/profiles.md`) against the facts that the rulebook declares.
public enum ProfileReader {
    /// The profile that `node` holds.
    public static func read(_ node: Node, rulebook: Rulebook, origin: String) throws(DocumentError) -> Profile {
        do throws(DocumentError) {
            return try profile(node, rulebook, origin)
        } catch {
            throw error.inSource(origin)
        }
    }

    private static func profile(_ node: Node, _ rulebook: Rulebook, _ origin: String) throws(DocumentError) -> Profile {
        var fields = try Fields(node, path: "")
        try fields.expectSchema(Profile.schema)
        var profile = Profile(
            name: try fields.text("name"), firm: try facts(&fields, "firm", rulebook, prefix: "firm"),
            systems: try RulePackReader.items(&fields, "systems") { node, path throws(DocumentError) in
                try system(node, path, rulebook)
            })
        profile.origin = origin
        profile.changes = try RulePackReader.items(&fields, "changes") { node, path throws(DocumentError) in
            var fields = try Fields(node, path: path)
            let change = Profile.Change(
                from: try fields.date("from"), firm: try facts(&fields, "firm", rulebook, prefix: "firm"), position: node.position
            )
            _ = try fields.optionalText("note")
            try fields.finish()
            return change
        }
        profile.policy = try policy(&fields, rulebook)
        profile.overrides = try overrides(&fields, rulebook)
        profile.waivers = try waivers(&fields, rulebook)
        profile.equivalences = try RulePackReader.items(&fields, "equivalences") { node, path throws(DocumentError) in
            try equivalence(node, path, rulebook, systems: Set(profile.systems.map(\.id)))
        }
        try fields.finish()
        var seen: Set<String> = []
        for system in profile.systems where !seen.insert(system.id).inserted {
            throw fields.error(.duplicateKey, at: "systems", "the system \"\(system.id.clipped)\" stands twice")
        }
        try checkTogether(profile)
        return profile
    }

    /// What single entries cannot show: that two of them contradict each other.
    private static func checkTogether(_ profile: Profile) throws(DocumentError) {
        var waived: Set<ParameterID> = []
        for (index, item) in profile.waivers.enumerated() {
            let id = item.waiver.parameter
            guard waived.insert(id).inserted else {
                throw DocumentError(
                    .duplicateKey, position: item.position, key: "waivers[\(index)]",
                    reason: "\(id) is waived twice; keep the one that holds")
            }
            guard !profile.overrides.contains(where: { $0.id == id }) else {
                throw DocumentError(
                    .badValue, position: item.position, key: "waivers[\(index)]",
                    reason: "\(id) is overridden too; it cannot be stricter and looser at once")
            }
        }
        var changed: Set<String> = []
        for (index, change) in profile.changes.enumerated() {
            func refuse(_ reason: String) -> DocumentError {
                DocumentError(.badValue, position: change.position, key: "changes[\(index)]", reason: reason)
            }
            guard !change.firm.isEmpty else { throw refuse("nothing changes") }
            for key in change.firm.keys where !changed.insert("\(change.from) \(key)").inserted {
                throw refuse("firm.\(key) changes twice on \(change.from)")
            }
        }
    }

    private static func facts(_ outer: inout Fields, _ key: String, _ rulebook: Rulebook, prefix: String) throws(DocumentError)
        -> [String: Node]
    {
        var facts: [String: Node] = [:]
        for entry in try outer.entries(key) {
            let path = "\(outer.path(key)).\(entry.key.clipped)"
            guard let definition = rulebook.fact("\(prefix).\(entry.key)") else {
                let known = rulebook.facts.filter { $0.key.hasPrefix("\(prefix).") }.map(\.name).sorted()
                throw DocumentError(
                    .unknownKey, position: entry.position, key: path,
                    reason: "no rule pack knows this fact; known: \(known.joined(separator: ", "))")
            }
            if entry.node.isNull { continue }
            try definition.check(entry.node, path: path)
            facts[entry.key] = entry.node
        }
        return facts
    }

    private static func system(_ node: Node, _ path: String, _ rulebook: Rulebook) throws(DocumentError) -> SystemProfile {
        var fields = try Fields(node, path: path)
        let id = try fields.text("id")
        let system = SystemProfile(
            id: id, name: try fields.optionalText("name") ?? id, hosts: try fields.texts("hosts"),
            facts: try facts(&fields, "facts", rulebook, prefix: "system"))
        try fields.finish()
        return system
    }

    private static func policy(_ outer: inout Fields, _ rulebook: Rulebook) throws(DocumentError) -> Policy {
        var policy = Policy()
        guard let node = outer.optional("policy") else { return policy }
        var fields = try Fields(node, path: "policy")
        for entry in try fields.entries("switches") {
            let path = "policy.switches.\(entry.key.clipped)"
            guard let decision = rulebook.decision(entry.key)?.decision else {
                throw DocumentError(.unknownKey, position: entry.position, key: path, reason: "there is no such decision")
            }
            for item in entry.node.entries ?? [] {
                guard let value = item.node.text,
                    decision.switches.first(where: { $0.name == item.key })?.values.contains(where: { $0.value == value }) == true
                else {
                    throw DocumentError(
                        .badValue, position: item.position, key: "\(path).\(item.key.clipped)",
                        reason: "no such switch, or no such reading of it")
                }
                policy.switches[entry.key, default: [:]][item.key] = value
            }
        }
        if let text = try fields.optionalText("facts_max_age") {
            guard let seconds = Unit.seconds(of: text), seconds > 0 else {
                throw fields.error(at: "facts_max_age", "a length of time is expected, such as \"7 d\"")
            }
            policy.factsMaximumAge = seconds
        }
        if let name = try fields.optionalText("zone") {
            guard let zone = Zone(name) else {
                throw fields.error(at: "zone", "Asia/Taipei, UTC or an offset such as +08:00 is expected")
            }
            policy.zone = zone
        }
        policy.calendar = try calendar(&fields)
        try fields.finish()
        return policy
    }

    private static func calendar(_ outer: inout Fields) throws(DocumentError) -> BusinessCalendar {
        guard let node = outer.optional("daily_duties") else { return .everyDay }
        var fields = try Fields(node, path: outer.path("daily_duties"))
        let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        var calendar = BusinessCalendar()
        for name in try fields.texts("closed_weekdays") {
            guard let index = names.firstIndex(of: name) else {
                throw fields.error(at: "closed_weekdays", "one of \(names.joined(separator: ", ")) is expected")
            }
            calendar.closedWeekdays.insert(index + 1)
        }
        for key in ["closed", "open"] {
            for text in try fields.texts(key) {
                guard let day = CivilDate(text) else { throw fields.error(at: key, "\"\(text.clipped)\" is not a date") }
                if key == "closed" { calendar.closed.insert(day) } else { calendar.open.insert(day) }
            }
        }
        try fields.finish()
        return calendar
    }

    private static func overrides(
        _ fields: inout Fields, _ rulebook: Rulebook
    ) throws(DocumentError) -> [(id: ParameterID, value: ExactNumber, position: Position)] {
        var overrides: [(id: ParameterID, value: ExactNumber, position: Position)] = []
        for entry in try fields.entries("overrides") {
            let path = "overrides.\(entry.key.clipped)"
            let parameter = try parameter(entry.key, rulebook, entry.position, path)
            guard let value = entry.node.number else {
                throw DocumentError(
                    .wrongType, position: entry.node.position, key: path,
                    reason: "a number is expected, not \(entry.node.kindName)")
            }
            guard value > .zero, !parameter.quantity.unit.isCounted || value.integer != nil else {
                throw DocumentError(
                    .badValue, position: entry.node.position, key: path,
                    reason:
                        "\(value) is no sensible value; more than 0 is expected\(parameter.quantity.unit.isCounted ? ", and a whole number" : "")"
                )
            }
            guard parameter.allows(value) else {
                throw DocumentError(
                    .badValue, position: entry.node.position, key: path,
                    reason:
                        "\(value) is looser than \(parameter.bound.sign) \(parameter.quantity); a looser value needs an entry under waivers"
                )
            }
            overrides.append((parameter.id, value, entry.position))
        }
        return overrides
    }

    private static func parameter(_ name: String, _ rulebook: Rulebook, _ position: Position, _ path: String)
        throws(DocumentError) -> Parameter
    {
        guard let id = ParameterID(name), let parameter = rulebook.parameters[id] else {
            throw DocumentError(
                .unknownKey, position: position, key: path, reason: "no rule pack has the parameter \"\(name.clipped)\"")
        }
        return parameter
    }

    private static func waivers(_ fields: inout Fields, _ rulebook: Rulebook) throws(DocumentError) -> [(
        waiver: Waiver, position: Position
    )] {
        try RulePackReader.items(&fields, "waivers") { node, path throws(DocumentError) in
            var fields = try Fields(node, path: path)
            let parameter = try parameter(try fields.text("parameter"), rulebook, node.position, "\(path).parameter")
            guard let value = try fields.required("value").number else {
                throw fields.error(.wrongType, at: "value", "a number is expected")
            }
            let waiver = Waiver(
                parameter: parameter.id, value: value, owner: try fields.text("owner"), approver: try fields.text("approver"),
                reason: try fields.text("reason"), expires: try fields.date("expires"))
            guard value > .zero, !parameter.allows(value) else {
                throw fields.error(
                    at: "value",
                    "\(value) is not looser than \(parameter.bound.sign) \(parameter.quantity); a stricter value belongs under overrides"
                )
            }
            guard waiver.owner != waiver.approver else {
                throw fields.error(at: "approver", "the owner cannot approve their own waiver")
            }
            try fields.finish()
            return (waiver, node.position)
        }
    }

    private static func equivalence(_ node: Node, _ path: String, _ rulebook: Rulebook, systems: Set<String>)
        throws(DocumentError) -> Equivalence
    {
        var fields = try Fields(node, path: path)
        let equivalence = Equivalence(
            clause: try fields.text("clause"), groupClause: try fields.text("group_clause"), reason: try fields.text("reason"),
            approver: try fields.text("approver"), expires: try fields.date("expires"), systems: try fields.texts("systems"))
        guard let clause = rulebook.clause(equivalence.clause) else {
            throw fields.error(at: "clause", "there is no clause \"\(equivalence.clause.clipped)\"")
        }
        guard clause.substitution != nil else {
            throw fields.error(at: "clause", "\(clause.id) allows no substitution by a group standard")
        }
        for system in equivalence.systems where !systems.contains(system) {
            throw fields.error(at: "systems", "there is no system \"\(system.clipped)\"")
        }
        try fields.finish()
        return equivalence
    }
}
