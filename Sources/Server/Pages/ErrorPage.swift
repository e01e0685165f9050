internal import HTML
internal import HTTPTypes
internal import Reports

/// What a visitor sees when something went wrong: a sentence, a code, and a way on.
enum ErrorPage {
    static func bytes(_ failure: Failure, _ visit: Visit) -> [UInt8] {
        var page = Page(visit, visit.wording("error.title", ["status": String(failure.status.code)]))
        page.isNarrow = true
        return page.bytes { page in
            Shapes.notice(failure.status.code >= 500 ? "bad" : "warn", &page) { page in
                page.element("p", text: visit.wording("error.\(failure.sentence)", failure.values))
            }
            page.element("p", ("class", "lead")) { page in
                page.text(visit.wording("error.code"))
                page.element("code", text: " " + visit.code)
            }
            page.element("div", ("class", "actions")) { page in
                page.element("a", ("class", "button"), ("href", "/"), text: visit.wording("error.home"))
            }
        }
    }
}
