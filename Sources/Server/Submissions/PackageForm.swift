internal import HTML
internal import Reports
internal import Submissions

extension Form {
    /// A text of several lines.
    static func prose(
        _ name: String, _ label: String, hint: String = "", value: String = "", wrong: String = "", rows: Int = 4,
        limit: Int = 4_000,
        _ page: inout HTMLWriter
    ) {
        page.element("div", ("class", "field")) { page in
            page.element("label", ("for", name), text: label)
            if !hint.isEmpty { page.element("p", ("class", "hint"), ("id", name + "-hint"), text: hint) }
            if !wrong.isEmpty { page.element("p", ("class", "wrong"), ("id", name + "-wrong"), text: "✗ " + wrong) }
            let described = [hint.isEmpty ? nil : name + "-hint", wrong.isEmpty ? nil : name + "-wrong"].compactMap { $0 }
            page.element(
                "textarea", ("id", name), ("name", name), ("rows", String(rows)), ("maxlength", String(limit)),
                ("aria-invalid", wrong.isEmpty ? nil : "true"),
                ("aria-describedby", described.isEmpty ? nil : described.joined(separator: " ")), text: value)
        }
    }

    /// A form that hands in one file.
    static func file(
        _ path: String, _ label: String, _ button: String, accept: String, _ visit: Visit, _ page: inout HTMLWriter
    ) {
        page.element(
            "form", ("method", "post"), ("action", path + "?" + FormFields.query([("csrf", visit.signedIn?.csrf ?? "")])),
            ("enctype", "multipart/form-data")
        ) { page in
            page.element("div", ("class", "field")) { page in
                page.element("label", ("for", "file"), text: label)
                page.void("input", ("type", "file"), ("id", "file"), ("name", "file"), ("accept", accept), ("required", ""))
            }
            actions(button, &page)
        }
    }
}

/// Keys as people compare them.
enum KeyShapes {
    /// A fingerprint, to read out and to look at, under headings of a level.
    static func fingerprint(_ key: [UInt8], _ wording: Wording, _ page: inout HTMLWriter, heading: StaticString = "h3") {
        let (hex, spoken) = PublicKey.fingerprint(key)
        page.element(heading, text: wording("exchange.fingerprint-spoken"))
        page.element("p", ("class", "mono")) { $0.element("strong", text: lines(spoken, of: 6)) }
        page.element(heading, text: wording("exchange.fingerprint-hex"))
        page.element("p") { $0.element("code", text: lines(hex, of: 8)) }
    }

    private static func lines(_ groups: [String], of count: Int) -> String { groups.joined(separator: " ") }

    /// The beginning of a hash, whole in its title.
    static func short(_ hash: String, _ page: inout HTMLWriter) {
        guard !hash.isEmpty else { return }
        page.element("code", ("title", hash), text: String(hash.prefix(12)))
    }

    /// A hash that leads to the package.
    static func link(_ hash: String, _ page: inout HTMLWriter) {
        page.element("a", ("href", "/submissions/packages/\(hash)"), ("download", "")) {
            $0.element("code", ("title", hash), text: String(hash.prefix(12)))
        }
    }

    /// A package to keep, as a file.
    static func download(_ hash: String, _ bytes: [UInt8]) -> Answer {
        .download("\(hash.prefix(16)).plumbline", "application/json", bytes)
    }
}
