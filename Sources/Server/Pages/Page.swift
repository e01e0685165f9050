internal import HTML
internal import Identity
internal import Reports
internal import Rulebook

/// The frame of every page: heading, navigation, tools, footer.
struct Page {
    /// Places of the navigation.
    enum Place: String, CaseIterable {
        case today, obligations, systems, incidents, firm
        case market, firms, tiers, questionnaires, followups, inspections, programme, watch, reports, my
        case submissions
        case trail, accounts

        var path: String { self == .today || self == .market ? "/" : "/" + rawValue }

        /// Whether an installation of that side has the place.
        func belongs(to side: Side) -> Bool {
            switch self {
            case .today, .obligations, .systems, .incidents, .firm: side == .firm
            case .market, .firms, .tiers, .questionnaires, .followups, .inspections, .programme, .watch, .reports, .my:
                side == .supervisor
            case .submissions, .trail, .accounts: true
            }
        }

        var permission: Permission {
            switch self {
            case .today, .obligations: .complianceRead
            case .systems: .systemsRead
            case .incidents: .incidentsRead
            case .firm: .firmRead
            case .market, .firms, .tiers, .followups, .inspections, .programme, .watch, .reports: .marketRead
            case .questionnaires, .submissions: .submissionsRead
            case .my: .answersGive
            case .trail: .trailRead
            case .accounts: .accountsRead
            }
        }
    }

    var visit: Visit
    var title: String
    var place: Place?
    /// Pages above this one: title and path.
    var crumbs: [(title: String, path: String)] = []
    /// What the page wants to be told of; nil when it stays as it is.
    var live: String?
    var isNarrow = false
    /// What stands above everything else, on paper too: that it is only an exercise. Empty for nothing.
    var band = ""

    init(_ visit: Visit, _ title: String, _ place: Place? = nil) { (self.visit, self.title, self.place) = (visit, title, place) }

    private var wording: Wording { visit.wording }

    /// Where somebody's work begins.
    static func home(_ visit: Visit) -> String {
        ([.today, .market, .accounts] + Place.allCases).first { $0.belongs(to: visit.side) && visit.may($0.permission) }?.path
            ?? "/me"
    }

    /// As an answer.
    func answer(_ body: (inout HTMLWriter) -> Void) -> Answer { .html(bytes(body)) }

    /// The whole document.
    func bytes(_ body: (inout HTMLWriter) -> Void) -> [UInt8] {
        let theme = visit.cookie(Cookie.theme).flatMap { ["light", "dark"].contains($0) ? $0 : nil }
        return HTMLWriter.document(language: wording.language.rawValue, theme: theme) { page in
            page.element("head") { head(&$0) }
            page.element("body") { page in
                page.element("a", ("class", "skip"), ("href", "#content"), text: wording("web.skip"))
                page.element("header", ("class", "top")) { page in page.element("div", ("class", "bar")) { bar(&$0) } }
                page.element("main", ("id", "content"), ("class", isNarrow ? "narrow" : nil)) { page in
                    if !band.isEmpty { page.element("p", ("class", "band"), ("role", "note"), text: band) }
                    trail(&page)
                    page.element("h1", text: title)
                    body(&page)
                }
                if let live {
                    page.element("div", ("class", "live"), ("data-live", live), ("hidden", ""), ("role", "status")) { page in
                        page.element("a", ("href", visit.path), text: wording("web.new"))
                    }
                }
                page.element(
                    "footer", text: "\(wording("web.brand")) \(ServerIdentity.version) · \(wording("report.disclaimer"))")
            }
        }
    }

    private func trail(_ page: inout HTMLWriter) {
        guard !crumbs.isEmpty else { return }
        page.element("nav", ("class", "crumbs"), ("aria-label", wording("web.crumbs"))) { page in
            for crumb in crumbs {
                page.element("a", ("href", crumb.path), text: crumb.title)
                page.text(" › ")
            }
            page.text(title)
        }
    }

    private func head(_ head: inout HTMLWriter) {
        head.void("meta", ("charset", "utf-8"))
        head.void("meta", ("name", "viewport"), ("content", "width=device-width, initial-scale=1"))
        head.void("meta", ("name", "robots"), ("content", "noindex"))
        head.element("title", text: "\(title) · \(wording("web.brand"))")
        head.void("link", ("rel", "stylesheet"), ("href", Assets.style.path))
        head.void("link", ("rel", "icon"), ("href", Assets.icon.path), ("type", "image/svg+xml"))
        head.element("script", ("src", Assets.script.path), ("nonce", visit.nonce), ("defer", ""), text: "")
    }

    private func bar(_ page: inout HTMLWriter) {
        page.element("a", ("class", "brand"), ("href", "/")) { page in
            Shapes.plumb(&page)
            page.text(wording("web.brand"))
        }
        if visit.signedIn != nil {
            page.element("nav", ("aria-label", wording("web.navigation")), ("class", "nav-box")) { page in
                page.element("ul", ("class", "nav")) { page in
                    for place in Place.allCases where place.belongs(to: visit.side) && visit.may(place.permission) {
                        page.element("li") {
                            $0.element(
                                "a", ("href", place.path), ("aria-current", place == self.place ? "page" : nil),
                                text: wording("web.\(place.rawValue)"))
                        }
                    }
                }
            }
        }
        page.element("div", ("class", "tools")) { page in
            alarm(&page)
            tools(&page)
        }
    }

    /// The way to the first notice, on every page of whoever may begin a case.
    private func alarm(_ page: inout HTMLWriter) {
        guard visit.side == .firm, visit.may(.incidentsHandle) else { return }
        page.element(
            "a", ("class", "button alarm"), ("href", "/incidents/new"),
            ("aria-current", visit.path == "/incidents/new" ? "page" : nil), text: wording("incidents.alarm"))
    }

    private func tools(_ page: inout HTMLWriter) {
        let other: Language = wording.language == .chinese ? .english : .chinese
        Form.post("/language", visit, &page) { page in
            page.void("input", ("type", "hidden"), ("name", "next"), ("value", visit.path))
            page.element(
                "button", ("class", "quiet"), ("name", "language"), ("value", other.rawValue), ("lang", other.rawValue),
                text: other == .chinese ? "中文" : "English")
        }
        let isDark = visit.cookie(Cookie.theme) == "dark"
        Form.post("/theme", visit, &page) { page in
            page.void("input", ("type", "hidden"), ("name", "next"), ("value", visit.path))
            page.element(
                "button", ("class", "quiet"), ("name", "theme"), ("value", isDark ? "light" : "dark"),
                ("aria-label", wording(isDark ? "web.light" : "web.dark")), text: isDark ? "☀" : "☾")
        }
        guard let signedIn = visit.signedIn else { return }
        page.element(
            "a", ("class", "button quiet"), ("href", "/me"), text: signedIn.session?.account.displayName ?? signedIn.name)
        Form.post("/sign-out", visit, &page) { page in
            page.element("button", ("class", "quiet"), text: wording("web.sign-out"))
        }
    }
}

/// What the program calls itself on its pages.
package enum ServerIdentity {
    /// The version.
    package static let version = "0.2.0"
}
