internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports

/// One's own second factors: adding, removing, new recovery codes. Every step wants a fresh proof of identity.
struct MeFactorPages: Sendable {
    let services: Services
    private var desk: FactorDesk { services.identity.factors }

    var routes: [Route] {
        [
            .page("/me/factors/add", .signedIn, isFresh: true) { visit in choose(visit) },
            .form("/me/factors/totp", .signedIn, isFresh: true) { visit in
                TOTPPage.form(
                    visit, try await desk.beginTOTP(try visit.session()), action: "/me/factors/totp/finish",
                    why: "enrol.why-more", wrong: false)
            },
            .form("/me/factors/totp/finish", .signedIn, isFresh: true) { visit in try await finishTOTP(visit) },
            .form("/me/factors/key", .signedIn, isFresh: true) { visit in
                let session = try visit.session()
                let (challenge, ticket) = try await desk.beginSecurityKey(session)
                return SecurityKeyPage.register(
                    visit, challenge, ticket: ticket, name: session.account.name.text, action: "/me/factors/key/finish")
            },
            .form("/me/factors/key/finish", .signedIn, isFresh: true) { visit in try await finishKey(visit) },
            .page("/me/factors/:id/remove", .signedIn, isFresh: true) { visit in try await remove(visit, "") },
            .form("/me/factors/:id/remove", .signedIn, isFresh: true) { visit in
                let (session, id) = (try visit.session(), try visit.number("id"))
                let wrong = try await IdentityError.refusal { try await desk.remove(id, session) }
                if let wrong { return try await remove(visit, wrong.text(visit.wording)) }
                return .see("/me?done=factor-removed")
            },
            .page("/me/codes", .signedIn, isFresh: true) { visit in renew(visit, "") },
            .form("/me/codes", .signedIn, isFresh: true) { visit in
                var codes: RecoveryCodes?
                let wrong = try await IdentityError.refusal { codes = try await desk.renewRecoveryCodes(try visit.session()) }
                guard let codes else { return renew(visit, wrong?.text(visit.wording) ?? "") }
                return TOTPPage.codes(visit, codes, next: "/me?done=codes")
            },
        ]
    }

    private func choose(_ visit: Visit) -> Answer {
        let wording = visit.wording
        var page = Page(visit, wording("me.add-factor"))
        page.crumbs = MePages.crumbs(visit)
        page.isNarrow = true
        return page.answer { page in
            if visit.query["wrong"] != nil { Shapes.alert(wording("key.failed"), &page) }
            page.element("p", ("class", "lead"), text: wording("me.add-factor-why"))
            for (kind, path) in [(FactorKind.securityKey, "/me/factors/key"), (.totp, "/me/factors/totp")] {
                page.element("section", ("class", "card")) { page in
                    page.element("h2", text: IdentityWords.factor(kind, wording))
                    page.element("p", text: wording("me.about-\(kind.rawValue)"))
                    Form.post(path, visit, &page) { Form.actions(wording("me.add-\(kind.rawValue)"), &$0) }
                }
            }
        }
    }

    private func finishTOTP(_ visit: Visit) async throws -> Answer {
        let (session, ticket, label) = (try visit.session(), visit.form.text("enrolment"), visit.form.text("label"))
        var codes: RecoveryCodes?
        let wrong = try await IdentityError.refusal {
            codes = try await desk.finishTOTP(session, ticket, code: visit.form.text("code"), label: label)
        }
        if wrong != nil {
            return TOTPPage.again(visit, ticket, label: label, action: "/me/factors/totp/finish", from: "/me/factors/add")
        }
        return added(codes, visit)
    }

    private func finishKey(_ visit: Visit) async throws -> Answer {
        guard let answer = SecurityKeyPage.registration(visit) else { throw Failure.bad("form") }
        let session = try visit.session()
        var codes: RecoveryCodes?
        let wrong = try await IdentityError.refusal {
            codes = try await desk.finishSecurityKey(session, visit.form.text("ticket"), answer, label: visit.form.text("label"))
        }
        return wrong == nil ? added(codes, visit) : .see("/me/factors/add?wrong=key")
    }

    /// With the first factor come recovery codes.
    private func added(_ codes: RecoveryCodes?, _ visit: Visit) -> Answer {
        codes.map { TOTPPage.codes(visit, $0, next: "/me?done=factor") } ?? .see("/me?done=factor")
    }

    private func remove(_ visit: Visit, _ wrong: String) async throws -> Answer {
        let (session, id) = (try visit.session(), try visit.number("id"))
        guard let factor = try await desk.list(session.account.id).first(where: { $0.id == id && $0.kind != .recovery }) else {
            throw Failure.notFound("factor")
        }
        let wording = visit.wording
        let form = ActPage(
            title: wording("me.remove-factor"), lead: wording("me.remove-factor-why"), path: "/me/factors/\(id)/remove",
            button: wording("act.remove"), crumbs: MePages.crumbs(visit), place: nil, isDanger: true, wrong: wrong)
        return form.answer(visit) { page in
            Shapes.facts(
                [(wording("enrol.label"), factor.label), (wording("factor.kind"), IdentityWords.factor(factor.kind, wording))],
                &page)
        }
    }

    private func renew(_ visit: Visit, _ wrong: String) -> Answer {
        let wording = visit.wording
        return ActPage(
            title: wording("me.renew-codes"), lead: wording("me.renew-codes-why"), path: "/me/codes",
            button: wording("me.renew-codes"),
            crumbs: MePages.crumbs(visit), place: nil, wrong: wrong
        ).answer(visit)
    }
}
