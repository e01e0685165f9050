internal import Documents
internal import HTML
internal import Reports
internal import Rulebook
internal import Supervision

/// The form of a firm in the register. A change says from which day it holds; what held before stays in the firm's history.
struct RegisterForm {
    let supervision: Supervision
    let visit: Visit

    init(_ supervision: Supervision, _ visit: Visit) { (self.supervision, self.visit) = (supervision, visit) }

    private var wording: Wording { visit.wording }

    /// The facts that the register asks for: shares of internet orders are given by year instead.
    private var facts: [FactDefinition] {
        FactForm.all(supervision.rulebook, ofFirm: true).filter { !$0.name.hasPrefix("online_ratio_") }
    }

    /// The years whose shares the form asks for: those that a tier of this year looks at, and this one.
    private var years: [Int] {
        let year = visit.today.parts.year
        return [year, year - 1, year - 2]
    }

    func answer(_ before: (firm: Firm, version: Int)?, wrong: [String: String]) -> Answer {
        var page = Page(visit, wording(before == nil ? "firms.add" : "firms.change"), .firms)
        page.crumbs = [(wording("web.firms"), "/firms")]
        page.isNarrow = true
        let path = before.map { "/firms/\(FormFields.encode($0.firm.id))/change" } ?? "/firms/new"
        return page.answer { page in
            if !wrong.isEmpty {
                Shapes.alert(wording("error.form"), &page)
                let shown = Set(["id", "legal", "short", "number", "group", "from", "reason"])
                for (key, reason) in wrong.sorted(by: { $0.key < $1.key }) where !shown.contains(key) {
                    page.element("p", ("class", "wrong"), text: "✗ \(key): \(reason)")
                }
            }
            Form.post(path, visit, &page) { page in
                if let before { page.void("input", ("type", "hidden"), ("name", "version"), ("value", String(before.version))) }
                fields(before?.firm, wrong, &page)
                Form.actions(
                    wording("web.save"), cancel: (wording("web.cancel"), before.map { "/firms/\($0.firm.id)" } ?? "/firms"), &page
                )
            }
        }
    }

    private func fields(_ firm: Firm?, _ wrong: [String: String], _ page: inout HTMLWriter) {
        let name = firm?.name(asOf: visit.today)
        func value(_ field: String, _ stored: String) -> String { visit.form[field] ?? stored }
        if firm == nil {
            Form.Field(
                name: "id", label: wording("firms.id"), hint: wording("firms.id-hint"), value: value("id", ""),
                wrong: wrong["id"] ?? "", isRequired: true, limit: 63, isFocused: true
            ).write(&page)
        } else if let reason = wrong["id"] {
            Shapes.alert(reason, &page)
        }
        Form.Field(
            name: "from", label: wording("firms.from"), hint: wording("firms.from-hint"),
            value: value("from", visit.today.description), type: "date", wrong: wrong["from"] ?? "", isRequired: true, limit: 10
        ).write(&page)
        for (field, stored, isRequired) in [
            ("legal", name?.legal ?? "", true), ("short", name?.short ?? "", true), ("number", firm?.number ?? "", false),
            ("group", firm?.group ?? "", false),
        ] {
            Form.Field(
                name: field, label: wording("firms.\(field)"), value: value(field, stored), wrong: wrong[field] ?? "",
                isRequired: isRequired
            ).write(&page)
        }
        let known = firm?.facts(asOf: visit.today) ?? [:]
        let typed = FactForm(facts: facts, wording: wording).read(visit.form).values
        FactForm(facts: facts, wording: wording).write(visit.form.all.isEmpty ? known : typed, wrong: wrong, &page)
        for year in years {
            Form.Field(
                name: "ratio.\(year)", label: wording("firms.ratio", ["year": String(year)]),
                value: value("ratio.\(year)", firm?.ratios[year]?.description ?? ""), wrong: wrong["ratio.\(year)"] ?? "",
                mode: "decimal", limit: 40
            ).write(&page)
        }
        page.element("fieldset", ("class", "field")) { page in
            page.element("legend", text: wording("firms.event-add"))
            Form.select(
                "event.kind", wording("firms.event-kind"),
                [("", "—")] + Firm.Event.Kind.allCases.map { ($0.rawValue, wording("firms.event.\($0.rawValue)")) },
                chosen: visit.form.text("event.kind"), &page)
            for (field, type) in [("day", "date"), ("other", "text"), ("note", "text")] {
                Form.Field(
                    name: "event.\(field)", label: wording("firms.event-\(field)"), value: visit.form.text("event.\(field)"),
                    type: type, wrong: wrong["event.\(field)"] ?? ""
                ).write(&page)
            }
        }
        Form.reason(visit, wrong: wrong["reason"] ?? "", &page)
    }

    /// The firm as the form says it shall stand, made from how it stood.
    func read(_ before: Firm?) -> (firm: Firm?, wrong: [String: String]) {
        let form = visit.form
        var wrong: [String: String] = [:]
        for name in ["legal", "short", "reason"] where form.text(name).isEmpty { wrong[name] = wording("web.required") }
        guard let from = CivilDate(form.text("from")) else { return (nil, wrong.merging(["from": wording("fact.date")]) { $1 }) }
        let (values, unfit) = FactForm(facts: facts, wording: wording).read(form)
        wrong.merge(unfit) { $1 }
        var firm = before ?? Firm(id: form.text("id"), names: [])
        if before == nil, !FirmReader.isIdentifier(firm.id) { wrong["id"] = wording("firms.id-hint") }
        (firm.number, firm.group) = (form.text("number"), form.text("group"))
        let name = Firm.Name(from: from, legal: form.text("legal"), short: form.text("short"))
        if let known = firm.name(asOf: from), known.legal == name.legal, known.short == name.short {
        } else {
            firm.names.removeAll { $0.from == from }
            firm.names.append(name)
            firm.names.sort { $0.from < $1.from }
        }
        change(&firm, from, values)
        for year in years {
            let text = form.text("ratio.\(year)")
            guard !text.isEmpty else { firm.ratios[year] = nil; continue }
            if let share = ExactNumber(text) { firm.ratios[year] = share } else { wrong["ratio.\(year)"] = wording("web.number") }
        }
        if let kind = Firm.Event.Kind(rawValue: form.text("event.kind")) {
            if let day = CivilDate(form.text("event.day")) {
                firm.events.append(.init(day: day, kind: kind, other: form.text("event.other"), note: form.text("event.note")))
                firm.events.sort { $0.day < $1.day }
            } else {
                wrong["event.day"] = wording("fact.date")
            }
        }
        return (firm, wrong)
    }

    /// Only what differs from what held on that day becomes a new step.
    private func change(_ firm: inout Firm, _ from: CivilDate, _ values: [String: Node]) {
        let known = firm.facts(asOf: from)
        var step: [String: Node] = [:]
        for fact in facts {
            let (old, new) = (known[fact.name], values[fact.name])
            if old != new { step[fact.name] = new ?? Node(.null) }
        }
        guard !step.isEmpty else { return }
        if let index = firm.facts.firstIndex(where: { $0.from == from }) {
            firm.facts[index].values.merge(step) { $1 }
        } else {
            firm.facts.append(.init(from: from, values: step))
            firm.facts.sort { $0.from < $1.from }
        }
    }
}
