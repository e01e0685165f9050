internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook

/// Tokens for one's own programs: made with a part of one's own permissions, shown once, revoked.
struct MeTokenPages: Sendable {
    let services: Services
    private var identity: IdentityService { services.identity }

    var routes: [Route] {
        [
            .page("/me/tokens/new", .signedIn, isFresh: true) { visit in try form(visit, "") },
            .form("/me/tokens/new", .signedIn, isFresh: true) { visit in try await make(visit) },
            .form("/me/tokens/:reference/revoke", .signedIn) { visit in
                try await identity.tokens.revoke(visit["reference"], by: try visit.principal())
                return .see("/me?done=token")
            },
        ]
    }

    private func form(_ visit: Visit, _ wrong: String) throws -> Answer {
        let (wording, book) = (visit.wording, identity.roles)
        let principal = try visit.principal()
        // What wants a fresh proof of identity a program can never do.
        let possible = Permission.allCases.filter { principal.may($0) && book.rules[$0]?.needsFreshAuthentication == false }
        let form = ActPage(
            title: wording("token.new"), lead: wording("token.new-why"), path: "/me/tokens/new", button: wording("token.make"),
            crumbs: MePages.crumbs(visit), place: nil, wrong: wrong)
        return form.answer(visit) { page in
            Form.Field(
                name: "label", label: wording("token.label"), hint: wording("token.label-hint"), value: visit.form.text("label"),
                isRequired: true, limit: 60
            ).write(&page)
            Form.boxes(
                "checkbox", "permission", wording("token.permissions"),
                possible.map { ($0.rawValue, IdentityWords.permission($0, book, wording)) },
                chosen: visit.form.values("permission"), &page)
            TokenLifetime.field(visit, most: identity.policy[.apiTokenLifetime], &page)
        }
    }

    private func make(_ visit: Visit) async throws -> Answer {
        let session = try visit.session()
        let permissions = Set(visit.form.values("permission").compactMap { Permission(rawValue: $0) })
        guard let lifetime = TokenLifetime.seconds(visit.form.text("days"), most: identity.policy[.apiTokenLifetime]) else {
            return try form(visit, visit.wording("token.days-wrong"))
        }
        var token: NewAccessToken?
        let wrong = try await IdentityError.refusal {
            token = try await identity.tokens.make(
                label: visit.form.text("label"), permissions: permissions, lifetime: lifetime, session)
        }
        guard let token else { return try form(visit, wrong?.text(visit.wording) ?? "") }
        return TokenPage.made(visit, token, crumbs: MePages.crumbs(visit), next: "/me")
    }
}

/// How long a token works, as a form asks for it: in days.
enum TokenLifetime {
    private static let day = 86_400

    static func field(_ visit: Visit, most: Int, _ page: inout HTMLWriter) {
        let days = String(most / day)
        Form.Field(
            name: "days", label: visit.wording("token.days"), hint: visit.wording("token.days-hint", ["count": days]),
            value: visit.form["days"] ?? days, isRequired: true, mode: "numeric", limit: 4
        ).write(&page)
    }

    /// Seconds of so many days; nil when it is no number of days that may be given.
    static func seconds(_ text: String, most: Int) -> Int? {
        guard text.utf8.count <= 4, let days = Int(text), days > 0, days * day <= most else { return nil }
        return days * day
    }
}

/// Columns that every list of tokens has.
enum TokenColumns {
    static func all(_ book: RoleBook, _ wording: Wording) -> [Listing<AccessToken>.Column] {
        [
            .init("label", wording("token.label"), { .text($0.label) }, isBefore: nil),
            .init("permissions", wording("token.permissions"), { .texts($0.permissions.sorted().map(\.rawValue)) }) {
                token, page in
                let names = token.permissions.sorted().map { IdentityWords.permission($0, book, wording) }
                page.text(names.joined(separator: wording("report.list-separator")))
            },
            .init("expires", wording("setup.until"), { .text($0.expiresAt.description) }) { token, page in
                page.text("\(token.expiresAt.date(in: .taipei))")
            },
            .init("used", wording("factor.used"), { .text($0.lastUsed?.description ?? "") }) { token, page in
                page.text(token.lastUsed.map { "\($0.date(in: .taipei))" } ?? wording("account.never"))
            },
        ]
    }
}

/// A token that was just made.
enum TokenPage {
    static func made(_ visit: Visit, _ token: NewAccessToken, crumbs: [(title: String, path: String)], next: String) -> Answer {
        let wording = visit.wording
        var page = Page(visit, wording("token.made"))
        page.crumbs = crumbs
        page.isNarrow = true
        return page.answer { page in
            Shapes.notice("warn", &page) { $0.element("p", text: wording("token.made-why")) }
            Shapes.facts(
                [
                    (wording("token.label"), token.token.label),
                    (wording("setup.until"), token.token.expiresAt.text(in: .taipei)),
                ], &page)
            page.element("pre", ("id", "token"), ("tabindex", "0"), text: token.text)
            page.element("div", ("class", "actions")) {
                $0.element("a", ("class", "button primary"), ("href", next), text: wording("token.kept"))
            }
        }
    }
}
