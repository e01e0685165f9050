internal import HTML
internal import Identity
internal import Reports
internal import Rulebook
internal import Supervision

/// A form that is a list of fields: drawn, with what was typed and what was wrong beside each field, in one way for all features.
struct EntryForm {
    /// One field.
    struct Field {
        /// What it takes.
        enum Kind {
            case line, area, day, moment, number
            /// A moment to the second.
            case second
            /// One of given values, from a list.
            case choice([Form.Choice])
            /// Any number of given values, all of them seen.
            case boxes([Form.Choice])
            /// Sent along, not seen.
            case hidden
        }

        var name: String
        var label: String
        var kind = Kind.line
        var value = ""
        var hint = ""
        var isRequired = false

        init(
            _ name: String, _ label: String, _ kind: Kind = .line, value: String = "", hint: String = "", isRequired: Bool = false
        ) {
            (self.name, self.label, self.kind, self.value) = (name, label, kind, value)
            (self.hint, self.isRequired) = (hint, isRequired)
        }

        /// Sent along, not seen.
        static func hidden(_ name: String, _ value: String) -> Field { Field(name, "", .hidden, value: value) }
    }

    var title: String
    var lead = ""
    var path: String
    var button: String
    var crumbs: [(title: String, path: String)] = []
    var place: Page.Place
    var fields: [Field]
    var isDanger = false
    /// What stands above the page; empty for nothing.
    var band = ""

    /// The form as a page of its own; `above` stands between the heading and the form.
    func answer(_ visit: Visit, _ refusal: Refusal? = nil, above: (inout HTMLWriter) -> Void = { _ in }) -> Answer {
        var page = Page(visit, title, place)
        page.crumbs = crumbs
        page.isNarrow = true
        page.band = band
        return page.answer { page in
            if !lead.isEmpty { page.element("p", ("class", "lead"), text: lead) }
            above(&page)
            write(visit, refusal, &page)
        }
    }

    /// The form within a page.
    func write(_ visit: Visit, _ refusal: Refusal? = nil, _ page: inout HTMLWriter) {
        let wording = visit.wording
        if let refusal {
            Shapes.alert(refusal.sentence(wording), &page)
            // What concerns a field that is not on this form is told all the same.
            let shown = Set(fields.map(\.name))
            for (name, problem) in refusal.problems.sorted(by: { $0.key < $1.key }) where !shown.contains(name) {
                page.element("p", ("class", "wrong"), text: "✗ \(name): \(wording(problem))")
            }
        }
        Form.post(path, visit, &page) { page in
            for field in fields { write(field, visit, refusal?.problems[field.name], &page) }
            Form.actions(
                button, cancel: crumbs.last.map { (wording("web.cancel"), $0.path) }, isDanger: isDanger, &page)
        }
    }

    private func write(_ field: Field, _ visit: Visit, _ problem: FieldProblem?, _ page: inout HTMLWriter) {
        let isSent = !visit.form.all.isEmpty
        let value = isSent ? visit.form.text(field.name) : field.value
        let wrong = problem.map { visit.wording($0) } ?? ""
        func line(_ type: String, mode: String? = nil, limit: Int = 200, step: String? = nil) {
            Form.Field(
                name: field.name, label: field.label, hint: field.hint, value: value, type: type, wrong: wrong,
                isRequired: field.isRequired, mode: mode, limit: limit, step: step
            ).write(&page)
        }
        switch field.kind {
        case .line: line("text")
        case .day: line("date", limit: 10)
        case .moment: line("datetime-local", limit: 19)
        case .second: line("datetime-local", limit: 19, step: "1")
        case .number: line("text", mode: "numeric", limit: 12)
        case .area: Form.area(field, value: value, wrong: wrong, &page)
        case .choice(let choices): Form.choice(field, choices, chosen: value, wrong: wrong, &page)
        case .boxes(let choices):
            Form.boxes(
                "checkbox", field.name, field.label, hint: field.hint, choices,
                chosen: isSent ? visit.form.values(field.name) : field.value.split(separator: " ").map(String.init), wrong: wrong,
                &page)
        case .hidden: page.void("input", ("type", "hidden"), ("name", field.name), ("value", field.value))
        }
    }
}

extension Form {
    /// A text of several lines.
    static func area(_ field: EntryForm.Field, value: String, wrong: String, _ page: inout HTMLWriter) {
        page.element("div", ("class", "field")) { page in
            let described = describe(field, wrong, &page)
            page.element(
                "textarea", ("id", field.name), ("name", field.name), ("rows", "5"), ("maxlength", "8000"),
                ("required", field.isRequired ? "" : nil), ("aria-invalid", wrong.isEmpty ? nil : "true"),
                ("aria-describedby", described), text: value)
        }
    }

    /// A choice of one from a list, with what was wrong with it.
    static func choice(
        _ field: EntryForm.Field, _ choices: [Choice], chosen: String, wrong: String, _ page: inout HTMLWriter
    ) {
        page.element("div", ("class", "field")) { page in
            let described = describe(field, wrong, &page)
            page.element(
                "select", ("id", field.name), ("name", field.name), ("required", field.isRequired ? "" : nil),
                ("aria-invalid", wrong.isEmpty ? nil : "true"), ("aria-describedby", described)
            ) { page in
                for choice in choices {
                    page.element(
                        "option", ("value", choice.value), ("selected", choice.value == chosen ? "" : nil), text: choice.title)
                }
            }
        }
    }

    /// Label, hint and what was wrong; gives the ids of the last two.
    private static func describe(_ field: EntryForm.Field, _ wrong: String, _ page: inout HTMLWriter) -> String? {
        page.element("label", ("for", field.name), text: field.label)
        var described: [String] = []
        if !field.hint.isEmpty {
            described.append(field.name + "-hint")
            page.element("p", ("class", "hint"), ("id", field.name + "-hint"), text: field.hint)
        }
        if !wrong.isEmpty {
            described.append(field.name + "-wrong")
            page.element("p", ("class", "wrong"), ("id", field.name + "-wrong"), text: "✗ " + wrong)
        }
        return described.isEmpty ? nil : described.joined(separator: " ")
    }
}

/// Reads the fields of a form into values, and keeps what could not be read.
struct EntryReader {
    let form: FormFields
    private(set) var problems: [String: FieldProblem] = [:]

    init(_ visit: Visit) { form = visit.form }

    /// A text; the ends of its lines as one character each.
    func text(_ name: String) -> String { form.text(name).replacing("\r\n", with: "\n") }

    /// A day; nil when the field is empty.
    mutating func day(_ name: String) -> CivilDate? { read(name, .noDay) { CivilDate($0) } }

    /// A moment in Taipei's time, in UTC microseconds; nil when the field is empty.
    mutating func moment(_ name: String) -> Int64? {
        read(name, .noMoment) { text in
            text.contains { $0 == "T" || $0 == " " }
                ? LocalTime.instant(text, in: .taipei, endOfDay: false).map { $0.seconds * 1_000_000 } : nil
        }
    }

    /// A whole number; nil when the field is empty.
    mutating func number(_ name: String) -> Int? { read(name, .noNumber) { Int($0) } }

    /// A quarter; nil when the field is empty.
    mutating func quarter(_ name: String) -> Quarter? { read(name, .unknown) { Quarter($0) } }

    /// One of the cases of an enumeration; nil when the field is empty.
    mutating func choice<Choice: RawRepresentable>(_ name: String) -> Choice? where Choice.RawValue == String {
        read(name, .unknown) { Choice(rawValue: $0) }
    }

    /// Lines of a text that are not empty.
    func lines(_ name: String) -> [String] {
        text(name).split(whereSeparator: \.isNewline).map { String($0.trimmingSpaces) }.filter { !$0.isEmpty }
    }

    /// Says what is wrong with a field.
    mutating func demand(_ isSo: Bool, _ name: String, _ problem: FieldProblem) { if !isSo { problems[name] = problem } }

    private mutating func read<Value>(_ name: String, _ problem: FieldProblem, _ body: (String) -> Value?) -> Value? {
        let text = form.text(name)
        guard !text.isEmpty else { return nil }
        let value = body(text)
        if value == nil { problems[name] = problem }
        return value
    }
}

/// Why a form was not taken: nothing of it was stored.
struct Refusal {
    /// What is wrong, by field.
    var problems: [String: FieldProblem] = [:]
    /// What stood in the way besides; empty when it was the fields.
    var reason = ""
    /// Whether it stands in the way because something changed; otherwise rules forbid it.
    var isConflict = true

    /// What the visitor is told first.
    func sentence(_ wording: Wording) -> String {
        guard !reason.isEmpty else { return wording("error.form") }
        return wording(isConflict ? "error.conflict" : "error.refused", ["reason": reason])
    }

    /// Does something with what a form said, if it could be read.
    ///
    /// - Parameters:
    ///   - read: what could not be read.
    ///   - rules: what the rules say of what could be read.
    ///   - body: does it; is not called when something is wrong already.
    /// - Returns: nil when it was done; why not, when the form can say it.
    /// - Throws: everything else.
    static func of(
        _ read: [String: FieldProblem], rules: [String: FieldProblem] = [:],
        _ body: () async throws(SupervisionError) -> Void
    ) async throws -> Refusal? {
        let problems = rules.merging(read) { $1 }
        guard problems.isEmpty else { return Refusal(problems: problems) }
        do throws(SupervisionError) {
            try await body()
            return nil
        } catch {
            switch error {
            case .fields(let problems): return Refusal(problems: problems)
            case .conflict(let reason), .refused(let reason): return Refusal(reason: reason)
            default: throw error
            }
        }
    }
}

extension Wording {
    /// What is wrong with a field.
    func callAsFunction(_ problem: FieldProblem) -> String { self("problem.\(problem.rawValue)") }
}

extension EntryReader {
    /// - Throws: `.fields` with what could not be read and what the rules say of the rest, when there is anything.
    func finish(_ rules: [String: FieldProblem] = [:]) throws(SupervisionError) {
        let all = rules.merging(problems) { $1 }
        if !all.isEmpty { throw .fields(all) }
    }

    /// A value that must be there and readable; the stand-in where it is not, which `finish` then refuses.
    mutating func need<Value>(_ value: Value?, _ name: String, or standIn: Value, _ problem: FieldProblem = .missing) -> Value {
        if value == nil, problems[name] == nil { demand(false, name, problem) }
        return value ?? standIn
    }
}

extension Refusal {
    /// What a form can say of an error; nil for one that ends the visit.
    init?(_ error: SupervisionError) {
        switch error {
        case .fields(let problems): self.init(problems: problems)
        case .conflict(let reason), .refused(let reason): self.init(reason: reason)
        case .storage, .document, .notFound: return nil
        }
    }
}

extension Services {
    /// A form and what comes of it, both for holders of one permission. What is sent is done and leads on to another page, or the form comes
    /// back with what was typed and what was wrong.
    func entry(
        _ path: String, _ permission: Permission, _ form: @escaping @Sendable (Visit) async throws -> EntryForm,
        _ send: @escaping @Sendable (Visit, inout EntryReader) async throws -> String
    ) -> [Route] {
        act(path, permission, { visit in try await form(visit).answer(visit) }) { visit in
            do {
                var reader = EntryReader(visit)
                return .see(try await send(visit, &reader))
            } catch let error as SupervisionError {
                guard let refusal = Refusal(error) else { throw error }
                return try await form(visit).answer(visit, refusal)
            }
        }
    }
}
