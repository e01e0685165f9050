internal import Documents
internal import Reports
internal import Rulebook

/// The first questions (J1): a few answers, and the clauses that bind are known. An empty answer means "not sure": the strictest is assumed.
struct Interview {
    let rulebook: Rulebook
    let wording: Wording
    let host: String

    func run() throws(DocumentError) -> Profile {
        Terminal.complain(wording("ask.intro"))
        var firm: [String: Node] = [:]
        var system: [String: Node] = [:]
        for fact in rulebook.facts.filter({ $0.question != nil }).sorted(by: { ($0.order, $0.key) < ($1.order, $1.key) }) {
            guard isWorthAsking(fact, firm), let answer = ask(fact) else { continue }
            if fact.isOfFirm { firm[fact.name] = answer } else { system[fact.name] = answer }
        }
        let profile = Profile(
            name: host, firm: firm, systems: [SystemProfile(id: host, name: host, hosts: [host], facts: system)])
        try offerToSave(profile)
        return profile
    }

    /// A question is worth its time when some pack that binds this kind of firm declares the fact, or the kinds are not known yet.
    private func isWorthAsking(_ fact: FactDefinition, _ firm: [String: Node]) -> Bool {
        let context = ProfileContext(firm: firm, system: [:], decisions: [:], parameters: rulebook.parameters)
        return rulebook.packs.contains { pack in
            pack.facts.contains { $0.key == fact.key } && (pack.applies.map { Evaluator(context).truth(of: $0) != .no } ?? true)
        }
    }

    private func ask(_ fact: FactDefinition) -> Node? {
        let question = fact.question.map { wording($0) } ?? fact.key
        while true {
            Terminal.complain("\n\(question)")
            switch fact.kind {
            case .bool: Terminal.complain("  \(wording("ask.yes-no"))")
            case .enum, .enumList:
                for (index, choice) in fact.choices.enumerated() {
                    Terminal.complain("  \(index + 1)  \(wording(choice.title))  (\(choice.value))")
                }
                if fact.kind == .enumList { Terminal.complain("  \(wording("ask.choices"))") }
            default: if let unit = fact.unit { Terminal.complain("  [\(unit.rawValue)]") }
            }
            Terminal.report("> ")
            guard let line = readLine()?[...].trimmed, !line.isEmpty else { return nil }
            let node = ProfileValue.parse(line, as: fact)
            if (try? fact.check(node, path: fact.key)) != nil { return node }
            Terminal.complain("  " + wording("ask.again", ["wanted": wanted(fact)]))
        }
    }

    /// What an answer must look like.
    private func wanted(_ fact: FactDefinition) -> String {
        switch fact.kind {
        case .enum, .enumList: return fact.choices.map(\.value).joined(separator: ", ")
        case .integer, .number:
            let range = [fact.minimum.map { "≥ \($0)" }, fact.maximum.map { "≤ \($0)" }].compactMap { $0 }.joined(separator: ", ")
            return wording("ask.wanted-number", ["range": range])
        case .bool, .text, .date, .textList: return wording("ask.wanted-\(fact.kind.rawValue)")
        }
    }

    private func offerToSave(_ profile: Profile) throws(DocumentError) {
        let path = "firm.yaml"
        guard !FolderListing.exists(path) else { return }
        Terminal.complain("\n\(wording("ask.save", ["path": path])) \(wording("ask.yes-no"))")
        Terminal.report("> ")
        guard let answer = readLine()?.lowercased(), answer.hasPrefix("y") || answer == "是" else { return }
        try DocumentFile.write(Array(ProfileValue.yaml(profile).utf8), to: path)
        Terminal.complain(wording("ask.saved", ["path": path]))
    }
}

/// Values of profile facts as people type them.
enum ProfileValue {
    /// The value that a text stands for, given the kind of fact; what does not fit comes back as text and is refused by the fact's own check.
    static func parse(_ text: String, as fact: FactDefinition) -> Node {
        switch fact.kind {
        case .bool:
            switch text.lowercased() {
            case "y", "yes", "true", "是", "1": return true
            case "n", "no", "false", "否", "0": return false
            default: return .text(text)
            }
        case .integer, .number: return ExactNumber(text.replacingCommas).map { Node(.number($0)) } ?? .text(text)
        case .enum: return choice(text, fact)
        case .enumList:
            if ["none", "無", "-"].contains(text) { return [] }
            return .list(text.split(whereSeparator: { $0 == "," || $0 == "、" || $0 == " " }).map { choice($0.trimmed, fact) })
        case .textList: return .texts(text.split(separator: ",").map { $0.trimmed })
        case .text, .date: return .text(text)
        }
    }

    private static func choice(_ text: String, _ fact: FactDefinition) -> Node {
        if let number = Int(text), fact.choices.indices.contains(number - 1) { return .text(fact.choices[number - 1].value) }
        return .text(text)
    }

    /// A profile as a file that `--profile` reads.
    static func yaml(_ profile: Profile) -> String {
        var lines = ["schema: \(Profile.schema)", "name: \(quoted(profile.name))", "firm:"]
        for (key, value) in profile.firm.sorted(by: { $0.key < $1.key }) { lines.append("  \(key): \(flow(value))") }
        if profile.firm.isEmpty { lines[2] = "firm: {}" }
        lines.append("systems:")
        for system in profile.systems {
            lines += [
                "  - id: \(quoted(system.id))", "    name: \(quoted(system.name))",
                "    hosts: [\(system.hosts.map(quoted).joined(separator: ", "))]",
            ]
            lines.append(system.facts.isEmpty ? "    facts: {}" : "    facts:")
            for (key, value) in system.facts.sorted(by: { $0.key < $1.key }) { lines.append("      \(key): \(flow(value))") }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func flow(_ node: Node) -> String {
        switch node.value {
        case .list(let items): "[\(items.map(flow).joined(separator: ", "))]"
        case .text(let text): quoted(text)
        default: node.shown
        }
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}

extension String {
    fileprivate var replacingCommas: String { filter { $0 != "," && $0 != "_" } }
}
