internal import Documents
internal import HTML
internal import Reports
internal import Rulebook

/// The facts of a firm or system as fields of a form, made from what the rule packs declare: a new pack brings its questions along.
struct FactForm {
    /// What the box "none of these" sends.
    private static let none = "-"

    let facts: [FactDefinition]
    let wording: Wording

    /// The questions of the first minutes, in their order.
    static func questions(_ rulebook: Rulebook, ofFirm: Bool) -> [FactDefinition] {
        rulebook.facts.filter { $0.question != nil && $0.isOfFirm == ofFirm }.sorted { ($0.order, $0.key) < ($1.order, $1.key) }
    }

    /// Every fact of firms or systems, questions first.
    static func all(_ rulebook: Rulebook, ofFirm: Bool) -> [FactDefinition] {
        questions(rulebook, ofFirm: ofFirm)
            + rulebook.facts.filter { $0.question == nil && $0.isOfFirm == ofFirm }.sorted { $0.key < $1.key }
    }

    /// The fields. Nothing chosen means that it is not known.
    func write(_ values: [String: Node], wrong: [String: String] = [:], _ page: inout HTMLWriter) {
        for fact in facts { field(fact, values[fact.name], wrong[fact.name] ?? "", &page) }
    }

    private func field(_ fact: FactDefinition, _ value: Node?, _ wrong: String, _ page: inout HTMLWriter) {
        let name = "fact." + fact.name
        let label = wording(fact.title)
        let question = fact.question.map { wording($0) } ?? ""
        switch fact.kind {
        case .bool:
            Form.boxes(
                "radio", name, label, hint: question == label ? "" : question,
                [("true", wording("say.yes")), ("false", wording("say.no")), ("", wording("fact.unknown"))],
                chosen: [SystemPages.yesOrNo(value).map { $0 ? "true" : "false" } ?? ""], &page)
        case .enum:
            Form.select(
                name, label, hint: question, [("", wording("fact.unknown"))] + fact.choices.map { ($0.value, wording($0.title)) },
                chosen: value?.text ?? "", &page)
        case .enumList:
            let chosen = value?.list?.compactMap(\.text)
            Form.boxes(
                "checkbox", name, label, hint: question,
                fact.choices.map { ($0.value, wording($0.title)) } + [(Self.none, wording("fact.none-of-these"))],
                chosen: chosen?.isEmpty == true ? [Self.none] : chosen ?? [], &page)
        case .integer, .number, .text, .date, .textList:
            Form.Field(
                name: name, label: label + (fact.unit.map { " (\($0.rawValue))" } ?? ""), hint: hint(fact, question),
                value: value?.plainText ?? "", wrong: wrong, mode: fact.kind == .integer ? "numeric" : nil,
                limit: fact.kind == .textList ? 4_000 : 200
            ).write(&page)
        }
        if !wrong.isEmpty, fact.kind == .bool || fact.kind == .enum || fact.kind == .enumList {
            page.element("p", ("class", "wrong"), text: "✗ " + wrong)
        }
    }

    private func hint(_ fact: FactDefinition, _ question: String) -> String {
        let shape: String
        switch fact.kind {
        case .date: shape = wording("fact.date")
        case .textList: shape = wording("fact.list")
        default: shape = ""
        }
        return [question, shape].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// The facts that a form holds; those left open are left out. What does not fit is told by the name of the fact.
    func read(_ form: FormFields) -> (values: [String: Node], wrong: [String: String]) {
        var (values, wrong): ([String: Node], [String: String]) = ([:], [:])
        for fact in facts {
            guard let node = node(fact, form) else { continue }
            do throws(DocumentError) {
                try fact.check(node, path: fact.key)
                values[fact.name] = node
            } catch {
                wrong[fact.name] = error.reason
            }
        }
        return (values, wrong)
    }

    private func node(_ fact: FactDefinition, _ form: FormFields) -> Node? {
        let name = "fact." + fact.name
        let text = form.text(name)
        switch fact.kind {
        case .enumList:
            let chosen = form.values(name).filter { !$0.isEmpty }
            // Nothing ticked is not known; "none of these" is a box of its own, so that the two cannot be taken for one another.
            return chosen.isEmpty ? nil : .texts(chosen.filter { $0 != Self.none })
        case .bool: return text == "true" ? true : text == "false" ? false : nil
        case .enum, .text, .date: return text.isEmpty ? nil : .text(text)
        case .integer, .number:
            guard !text.isEmpty else { return nil }
            return ExactNumber(text.replacing(",", with: "")).map { Node(.number($0)) } ?? .text(text)
        case .textList:
            let items = text.split(whereSeparator: { $0.isWhitespace || $0 == "," || $0 == "、" }).map(String.init)
            return items.isEmpty ? nil : .texts(items)
        }
    }
}
