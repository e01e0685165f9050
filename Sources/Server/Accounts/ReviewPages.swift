internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook

/// The half-yearly review of the platform's own accounts: begin, decide about each account, sign off, and all that were.
struct ReviewPages: Sendable {
    let services: Services
    private var desk: ReviewDesk { services.identity.reviews }
    private var book: RoleBook { services.identity.roles }

    var routes: [Route] {
        [
            .page("/accounts/reviews", .permitted(.accountsRead)) { visit in try await list(visit) },
            .form("/accounts/reviews", .permitted(.accountsReview), isFresh: services.isFresh(.accountsReview)) { visit in
                let id = try await desk.open(by: try visit.principal())
                return .see("/accounts/reviews/\(id)")
            },
            .page("/accounts/reviews/:id", .permitted(.accountsRead)) { visit in try await show(visit, "") },
            .form("/accounts/reviews/:id/sign", .permitted(.accountsReview), isFresh: services.isFresh(.accountsReview)) {
                visit in
                let (id, principal) = (try visit.number("id"), try visit.principal())
                let wrong = try await IdentityError.refusal { try await desk.sign(id, by: principal) }
                if let wrong { return try await show(visit, wrong.text(visit.wording)) }
                return .see("/accounts/reviews/\(id)")
            },
        ]
            + services.act(
                "/accounts/reviews/:id/:account", .accountsReview, { visit in try await decision(visit, "") },
                { visit in try await decide(visit) })
    }

    private func names(_ visit: Visit) async throws -> [AccountID: Account] {
        Dictionary(try await services.identity.accounts.list(for: try visit.principal()).map { ($0.id, $0) }) { first, _ in first
        }
    }

    // MARK: All reviews

    private func list(_ visit: Visit) async throws -> Answer {
        let (wording, people) = (visit.wording, try await names(visit))
        let (reviews, status) = (try await desk.list(for: try visit.principal()), try await desk.status())
        let list = Listing<AccountReview>(
            name: "reviews",
            columns: [
                .init("id", wording("review.number"), { .integer($0.id) }, isBefore: { $0.id < $1.id }) { review, page in
                    page.element(
                        "a", ("href", "/accounts/reviews/\(review.id)"), text: wording("review.of", ["number": String(review.id)])
                    )
                },
                .init("opened", wording("review.opened"), { .text($0.openedAt.description) }) { review, page in
                    Shapes.time(review.openedAt, &page)
                },
                .init("opened_by", wording("review.opened-by"), { .text(RequestWords.person($0.openedBy, people, wording)) }),
                .init("accounts", wording("web.accounts"), isNumber: true, { .integer(Int64($0.items.count)) }, isBefore: nil),
                .init("undecided", wording("review.undecided"), isNumber: true, { .integer(Int64($0.undecided)) }, isBefore: nil),
                .init("signed", wording("review.signed"), { .text($0.signedAt?.description ?? "") }) { review, page in
                    if let signed = review.signedAt {
                        Shapes.time(signed, &page)
                    } else {
                        Shapes.badge("warn", wording("review.going-on"), &page)
                    }
                },
                .init(
                    "signed_by", wording("review.signed-by"),
                    { .text($0.signedBy.map { RequestWords.person($0, people, wording) } ?? "") }),
            ], text: { "\($0.id)" }, schema: "plumbline.account-reviews/1")
        let rows = Array(reviews.reversed())
        if let export = try list.export(rows, visit) { return export }
        var page = Page(visit, wording("review.title"), .accounts)
        page.crumbs = [(wording("web.accounts"), "/accounts")]
        return page.answer { page in
            AccountTabs.write("/accounts/reviews", visit, &page)
            standing(status, visit, &page)
            list.write(rows, visit, &page)
        }
    }

    /// When the next one is due, and the way to it.
    private func standing(_ status: ReviewStatus, _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        let date = ["date": "\(status.due.date(in: .taipei))"]
        Shapes.notice(status.isOverdue ? "bad" : status.isNear ? "warn" : "good", &page) { page in
            page.element(
                "p", text: wording(status.isOverdue ? "review.overdue" : status.isNear ? "review.near" : "review.due", date))
            page.element(
                "p",
                text: status.lastSigned.map { wording("review.last", ["date": "\($0.date(in: .taipei))"]) }
                    ?? wording("review.none"))
        }
        if let open = status.open {
            Shapes.links([(wording("review.go-on"), "/accounts/reviews/\(open)")], &page)
        } else if visit.may(.accountsReview) {
            Form.post("/accounts/reviews", visit, &page) { Form.actions(wording("review.open"), &$0) }
        }
    }

    // MARK: One review

    private func review(_ visit: Visit) async throws -> AccountReview {
        try await desk.find(try visit.number("id"), for: try visit.principal())
    }

    private func show(_ visit: Visit, _ wrong: String) async throws -> Answer {
        let (wording, review, people) = (visit.wording, try await review(visit), try await names(visit))
        let list = listing(review, people, try await services.parties.names(), visit)
        if let export = try list.export(review.items, visit) { return export }
        var page = Page(visit, wording("review.of", ["number": String(review.id)]), .accounts)
        page.crumbs = [(wording("web.accounts"), "/accounts"), (wording("review.title"), "/accounts/reviews")]
        return page.answer { page in
            if !wrong.isEmpty { Shapes.alert(wrong, &page) }
            if let signed = review.signedAt {
                Shapes.done(
                    wording(
                        "review.signed-text",
                        ["time": signed.text(in: .taipei), "person": RequestWords.person(review.signedBy, people, wording)]),
                    &page)
            } else {
                page.element("p", ("class", "lead"), text: wording("review.why"))
            }
            page.element(
                "p",
                text: wording(
                    "review.progress", ["done": String(review.items.count - review.undecided), "all": String(review.items.count)])
            )
            list.write(review.items, visit, &page)
            guard review.signedAt == nil, visit.may(.accountsReview) else { return }
            Form.post("/accounts/reviews/\(review.id)/sign", visit, &page) { page in
                page.element("div", ("class", "actions")) { page in
                    page.element(
                        "button", ("class", "primary"), ("disabled", review.undecided == 0 ? nil : ""),
                        text: wording("review.sign"))
                }
                if review.undecided > 0 { page.element("p", ("class", "lead"), text: wording("review.sign-later")) }
            }
        }
    }

    private func listing(
        _ review: AccountReview, _ people: [AccountID: Account], _ parties: [String: String], _ visit: Visit
    ) -> Listing<AccountReview.Item> {
        let (wording, book) = (visit.wording, book)
        var list = Listing<AccountReview.Item>(
            name: "review-\(review.id)",
            columns: [
                .init("name", wording("account.name"), { .text($0.name) }, isBefore: { $0.name < $1.name }) { item, page in
                    page.element("a", ("href", "/accounts/\(item.account.number)"), text: item.name)
                },
                .init("display", wording("account.display"), { .text($0.displayName) }, isBefore: nil),
                .init("roles", wording("account.roles"), { .texts($0.roles) }) { item, page in
                    page.text(IdentityWords.roles(item.roles.map { RoleName(rawValue: $0) }, book, wording))
                },
                .init("party", wording("account.party"), { .text($0.party ?? "") }) { item, page in
                    Shapes.short(item.party.map { PartyField.title($0, parties) } ?? "", &page)
                },
                .init("state", wording("account.state"), { .text($0.state) }) { item, page in marks(item, wording, &page) },
                .init("last_sign_in", wording("account.last"), { .text($0.lastSignIn?.description ?? "") }) { item, page in
                    page.text(item.lastSignIn.map { "\($0.date(in: .taipei))" } ?? wording("account.never"))
                },
                .init("decision", wording("review.decision"), { .text($0.decision?.rawValue ?? "") }) { item, page in
                    decided(item, people, wording, &page)
                },
                .init("note", wording("request.note"), { .text($0.note) }, isBefore: nil),
            ], text: { "\($0.name) \($0.displayName) \($0.note)" }, schema: "plumbline.account-review/1")
        list.filters = [
            .init(
                id: "decision", title: wording("review.decision"),
                choices: [("none", wording("review.undecided"))]
                    + AccountReview.Decision.allCases.map { ($0.rawValue, wording("review.\($0.rawValue)")) }
            ) { ($0.decision?.rawValue ?? "none") == $1 }
        ]
        if parties.isEmpty { list.columns.removeAll { $0.id == "party" } }
        if review.signedAt == nil, visit.may(.accountsReview) {
            list.columns.append(.acts(wording("act.action")) { item, page in act(review, item, visit, &page) })
        }
        return list
    }

    private func marks(_ item: AccountReview.Item, _ wording: Wording, _ page: inout HTMLWriter) {
        let state = Account.State(rawValue: item.state)
        Shapes.badge(state == .active ? "good" : "warn", state.map { IdentityWords.state($0, wording) } ?? item.state, &page)
        for (isSo, text) in [
            (item.isInactive, "account.inactive"), (!item.hasFactor, "factor.none"),
            (item.temporaryUntil != nil, "account.temporary"),
        ] where isSo {
            page.text(" ")
            Shapes.badge("warn", wording(text), &page)
        }
    }

    private func decided(
        _ item: AccountReview.Item, _ people: [AccountID: Account], _ wording: Wording, _ page: inout HTMLWriter
    ) {
        guard let decision = item.decision else { return page.text(wording("review.undecided")) }
        Shapes.badge(decision == .keep ? "good" : "warn", wording("review.\(decision.rawValue)"), &page)
        page.text(" \(RequestWords.person(item.reviewer, people, wording))")
    }

    /// To keep takes one click; anything else says why on a page of its own.
    private func act(_ review: AccountReview, _ item: AccountReview.Item, _ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        guard item.account != visit.signedIn?.principal.account else { return page.text(wording("review.not-own")) }
        let path = "/accounts/reviews/\(review.id)/\(item.account.number)"
        page.element("div", ("class", "row-acts")) { page in
            if item.decision == nil {
                Form.post(path, visit, &page) { page in
                    page.void("input", ("type", "hidden"), ("name", "decision"), ("value", AccountReview.Decision.keep.rawValue))
                    page.element("button", ("aria-label", "\(wording("review.keep")) \(item.name)"), text: wording("review.keep"))
                }
            }
            page.element("a", ("href", path)) { page in
                page.text(wording("review.decide"))
                page.element("span", ("class", "hidden"), text: " \(item.name)")
            }
        }
    }

    // MARK: Deciding

    private func decision(_ visit: Visit, _ wrong: String) async throws -> Answer {
        let (wording, review, id) = (visit.wording, try await review(visit), try visit.number("account"))
        guard let item = review.items.first(where: { $0.account.number == id }) else {
            throw Failure.notFound("account of review")
        }
        let form = ActPage(
            title: wording("review.decide-title", ["name": item.displayName]), lead: wording("review.decide-why"),
            path: "/accounts/reviews/\(review.id)/\(id)", button: wording("web.save"),
            crumbs: [
                (wording("web.accounts"), "/accounts"), (wording("review.title"), "/accounts/reviews"),
                (wording("review.of", ["number": String(review.id)]), "/accounts/reviews/\(review.id)"),
            ], wrong: wrong)
        return form.answer(visit) { page in
            Shapes.facts(
                [
                    (wording("account.name"), item.name),
                    (wording("account.roles"), IdentityWords.roles(item.roles.map { RoleName(rawValue: $0) }, book, wording)),
                    (wording("account.last"), item.lastSignIn.map { $0.text(in: .taipei) } ?? wording("account.never")),
                ], &page)
            Form.boxes(
                "radio", "decision", wording("review.decision"),
                AccountReview.Decision.allCases.map { ($0.rawValue, wording("review.\($0.rawValue)-long")) },
                chosen: [visit.form["decision"] ?? item.decision?.rawValue ?? ""], &page)
            Form.Field(
                name: "note", label: wording("request.note"), hint: wording("review.note-hint"),
                value: visit.form["note"] ?? item.note, limit: 160
            ).write(&page)
        }
    }

    private func decide(_ visit: Visit) async throws -> Answer {
        let (id, account, principal) = (try visit.number("id"), AccountID(try visit.number("account")), try visit.principal())
        guard let choice = AccountReview.Decision(rawValue: visit.form.text("decision")) else {
            return try await decision(visit, visit.wording("request.undecided"))
        }
        let wrong = try await IdentityError.refusal {
            try await desk.decide(id, account, choice, note: visit.form.text("note"), by: principal)
        }
        if let wrong { return try await decision(visit, wrong.text(visit.wording)) }
        return .see("/accounts/reviews/\(id)")
    }
}
