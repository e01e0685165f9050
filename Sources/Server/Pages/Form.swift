internal import HTML
internal import Reports

/// Forms and their fields: each with its label, what it wants, and what was wrong with it.
enum Form {
    /// A form that changes something.
    static func post(_ path: String, _ visit: Visit, _ page: inout HTMLWriter, _ body: (inout HTMLWriter) -> Void) {
        page.element("form", ("method", "post"), ("action", path)) { page in
            if let csrf = visit.signedIn?.csrf, !csrf.isEmpty {
                page.void("input", ("type", "hidden"), ("name", "csrf"), ("value", csrf))
            }
            body(&page)
        }
    }

    /// One field.
    struct Field {
        var name: String
        var label: String
        var hint: String = ""
        var value: String = ""
        var type: String = "text"
        var wrong: String = ""
        var isRequired = false
        var autocomplete: String = "off"
        var mode: String?
        var limit: Int = 200
        var step: String?
        var isFocused = false

        func write(_ page: inout HTMLWriter) {
            page.element("div", ("class", "field")) { page in
                page.element("label", ("for", name), text: label)
                if !hint.isEmpty { page.element("p", ("class", "hint"), ("id", name + "-hint"), text: hint) }
                if !wrong.isEmpty { page.element("p", ("class", "wrong"), ("id", name + "-wrong"), text: "✗ " + wrong) }
                let described = [hint.isEmpty ? nil : name + "-hint", wrong.isEmpty ? nil : name + "-wrong"].compactMap { $0 }
                page.void(
                    "input", ("id", name), ("name", name), ("type", type), ("value", type == "password" ? nil : value),
                    ("required", isRequired ? "" : nil), ("maxlength", String(limit)), ("autocomplete", autocomplete),
                    ("inputmode", mode), ("step", step), ("aria-invalid", wrong.isEmpty ? nil : "true"),
                    ("aria-describedby", described.isEmpty ? nil : described.joined(separator: " ")),
                    ("autofocus", isFocused ? "" : nil))
            }
        }
    }

    /// A value of a choice and what it is called.
    typealias Choice = (value: String, title: String)

    /// A choice of one from a list.
    static func select(
        _ name: String, _ label: String, hint: String = "", _ choices: [Choice], chosen: String, _ page: inout HTMLWriter
    ) {
        page.element("div", ("class", "field")) { page in
            page.element("label", ("for", name), text: label)
            if !hint.isEmpty { page.element("p", ("class", "hint"), ("id", name + "-hint"), text: hint) }
            page.element("select", ("id", name), ("name", name), ("aria-describedby", hint.isEmpty ? nil : name + "-hint")) {
                page in
                for choice in choices {
                    page.element(
                        "option", ("value", choice.value), ("selected", choice.value == chosen ? "" : nil), text: choice.title)
                }
            }
        }
    }

    /// A choice of one (`radio`) or of any number (`checkbox`), all of them seen.
    static func boxes(
        _ type: String, _ name: String, _ label: String, hint: String = "", _ choices: [Choice], chosen: [String],
        wrong: String = "", _ page: inout HTMLWriter
    ) {
        page.element("fieldset", ("class", "field")) { page in
            page.element("legend", text: label)
            if !hint.isEmpty { page.element("p", ("class", "hint"), text: hint) }
            if !wrong.isEmpty { page.element("p", ("class", "wrong"), text: "✗ " + wrong) }
            for (number, choice) in choices.enumerated() {
                let id = "\(name)-\(number)"
                page.element("label", ("class", "choice"), ("for", id)) { page in
                    page.void(
                        "input", ("type", type), ("id", id), ("name", name), ("value", choice.value),
                        ("checked", chosen.contains(choice.value) ? "" : nil))
                    page.text(" " + choice.title)
                }
            }
        }
    }

    /// The buttons at the end.
    static func actions(
        _ label: String, cancel: (title: String, path: String)? = nil, isDanger: Bool = false, _ page: inout HTMLWriter
    ) {
        page.element("div", ("class", "actions")) { page in
            page.element("button", ("class", isDanger ? "danger" : "primary"), text: label)
            if let cancel { page.element("a", ("class", "button"), ("href", cancel.path), text: cancel.title) }
        }
    }
}
