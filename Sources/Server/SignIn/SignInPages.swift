internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook

/// Coming in: name and password, second factor, a new password where one is due, a second factor where one is missing.
struct SignInPages: Sendable {
    let services: Services
    private var desk: SignInDesk { services.identity.signIn }
    private static let ticketAccess = Access.anyone(because: "the ticket of a sign-in under way says who it is")

    var routes: [Route] {
        [
            .page("/sign-in", .anyone(because: "nobody is signed in before")) { visit in
                if visit.signedIn != nil { return .see("/") }
                return form(visit, wrong: false)
            },
            .form("/sign-in", .anyone(because: "nobody is signed in before")) { visit in
                let answer = try await desk.signIn(
                    name: visit.form.text("name"), password: Password(visit.form["password"] ?? ""), client: visit.client)
                if case .refused = answer { return form(visit, wrong: true) }
                return go(answer, visit)
            },
            .page("/sign-in/factor", Self.ticketAccess) { visit in factor(visit, wrong: false) },
            .form("/sign-in/factor", Self.ticketAccess) { visit in
                let code = visit.form.text("code")
                let proof: FactorProof = code.utf8.count == 6 ? .totp(code) : .recovery(code)
                let answer = try await desk.showFactor(ticket(visit), proof, client: visit.client)
                if case .factorRefused = answer { return factor(visit, wrong: true) }
                return go(answer, visit)
            },
            .page("/sign-in/key", Self.ticketAccess) { visit in
                guard let challenge = try await desk.challenge(ticket(visit), client: visit.client) else {
                    return .see("/sign-in")
                }
                return SecurityKeyPage.ask(visit, challenge, action: "/sign-in/key")
            },
            .form("/sign-in/key", Self.ticketAccess) { visit in
                guard let answer = SecurityKeyPage.answer(visit) else { throw Failure.bad("form") }
                let next = try await desk.showFactor(ticket(visit), .securityKey(answer), client: visit.client)
                if case .factorRefused = next { return .see("/sign-in/key") }
                return go(next, visit)
            },
            .page("/sign-in/password", Self.ticketAccess) { visit in
                PasswordPage.form(
                    visit, action: "/sign-in/password", reason: visit.query.text("reason"), faults: [],
                    policy: services.identity.policy)
            },
            .form("/sign-in/password", Self.ticketAccess) { visit in
                let new = visit.form["new"] ?? ""
                guard new == visit.form["again"] else {
                    return PasswordPage.form(
                        visit, action: "/sign-in/password", reason: visit.form.text("reason"), faults: [], isDifferent: true,
                        policy: services.identity.policy)
                }
                let answer = try await desk.choosePassword(ticket(visit), Password(new), client: visit.client)
                if case .passwordFaults(_, let faults) = answer {
                    return PasswordPage.form(
                        visit, action: "/sign-in/password", reason: visit.form.text("reason"), faults: faults,
                        policy: services.identity.policy)
                }
                return go(answer, visit)
            },
            .page("/sign-in/enrol", Self.ticketAccess) { visit in
                guard let enrolment = try await desk.beginTOTP(ticket(visit), client: visit.client) else {
                    return .see("/sign-in")
                }
                return TOTPPage.form(visit, enrolment, action: "/sign-in/enrol", wrong: visit.query["wrong"] != nil)
            },
            .form("/sign-in/enrol", Self.ticketAccess) { visit in
                let (answer, codes) = try await desk.finishTOTP(
                    ticket(visit), visit.form.text("enrolment"), code: visit.form.text("code"), label: visit.form.text("label"),
                    client: visit.client)
                guard let codes else {
                    if case .mustEnrolFactor = answer { return .see("/sign-in/enrol?wrong=1") }
                    return go(answer, visit)
                }
                return enter(answer, visit, TOTPPage.codes(visit, codes, next: "/"))
            },
            .form("/sign-out", .signedIn) { visit in
                if let session = visit.signedIn?.session { try await services.identity.sessions.signOut(session) }
                var answer = Answer.see("/sign-in")
                answer.setCookie(Cookie.remove(Cookie.session))
                // The device's cookie stays: it is what keeps a stranger from locking its owner out.
                answer.headers[SecurityHeaders.named("Clear-Site-Data")] = "\"cache\", \"storage\""
                return answer
            },
        ]
    }

    private func ticket(_ visit: Visit) -> String { visit.cookie(Cookie.ticket) ?? "" }

    // MARK: From step to step

    /// Where a step leads. A ticket that holds no more leads back to the beginning.
    private func go(_ answer: SignInAnswer, _ visit: Visit) -> Answer {
        func hand(_ ticket: String, _ path: String) -> Answer {
            var answer = Answer.see(path)
            answer.setCookie(Cookie.set(Cookie.ticket, ticket, seconds: 900))
            return answer
        }
        switch answer {
        case .refused: return .see("/sign-in")
        case .needsFactor(let ticket, let kinds), .factorRefused(let ticket, let kinds):
            let names = kinds.sorted().map(\.rawValue).joined(separator: " ")
            return hand(ticket, "/sign-in/factor?" + FormFields.query([("kinds", names)]))
        case .mustChangePassword(let ticket, let reason):
            return hand(ticket, "/sign-in/password?" + FormFields.query([("reason", reason.rawValue)]))
        case .passwordFaults(let ticket, _): return hand(ticket, "/sign-in/password")
        case .mustEnrolFactor(let ticket): return hand(ticket, "/sign-in/enrol")
        case .signedIn: return enter(answer, visit, .see("/"))
        }
    }

    private func enter(_ answer: SignInAnswer, _ visit: Visit, _ page: Answer) -> Answer {
        guard case .signedIn(let session) = answer else { return go(answer, visit) }
        return Self.entered(session, page)
    }

    /// An answer that hands a session to the browser.
    static func entered(_ session: NewSession, _ page: Answer) -> Answer {
        var page = page
        page.setCookie(Cookie.set(Cookie.session, session.cookie))
        page.setCookie(Cookie.set(Cookie.device, session.device, seconds: session.deviceLifetime))
        page.setCookie(Cookie.remove(Cookie.ticket))
        return page
    }

    // MARK: Pages

    private func form(_ visit: Visit, wrong: Bool) -> Answer {
        let wording = visit.wording
        var page = Page(visit, wording("sign-in.title"))
        page.isNarrow = true
        return page.answer { page in
            if wrong { Shapes.notice("bad", &page) { $0.element("p", ("role", "alert"), text: wording("sign-in.failed")) } }
            Form.post("/sign-in", visit, &page) { page in
                Form.Field(
                    name: "name", label: wording("sign-in.name"), isRequired: true, autocomplete: "username", limit: 100,
                    isFocused: true
                ).write(&page)
                Form.Field(
                    name: "password", label: wording("sign-in.password"), type: "password", autocomplete: "current-password",
                    limit: 300
                ).write(&page)
                Form.actions(wording("sign-in.enter"), &page)
            }
            page.element("p") { $0.element("a", ("href", "/forgot"), text: wording("sign-in.forgot")) }
        }
    }

    private func factor(_ visit: Visit, wrong: Bool) -> Answer {
        let wording = visit.wording
        let kinds = visit.query.text("kinds")
        var page = Page(visit, wording("factor.title"))
        page.isNarrow = true
        return page.answer { page in
            if wrong { Shapes.notice("bad", &page) { $0.element("p", ("role", "alert"), text: wording("factor.failed")) } }
            if kinds.contains(FactorKind.securityKey.rawValue) {
                page.element("p") {
                    $0.element("a", ("class", "button primary"), ("href", "/sign-in/key"), text: wording("factor.use-key"))
                }
            }
            Form.post("/sign-in/factor?" + FormFields.query([("kinds", kinds)]), visit, &page) { page in
                Form.Field(
                    name: "code", label: wording("factor.code"), hint: wording("factor.hint"), isRequired: true,
                    autocomplete: "one-time-code", limit: 64, isFocused: true
                ).write(&page)
                Form.actions(wording("sign-in.enter"), cancel: (wording("web.back"), "/sign-in"), &page)
            }
        }
    }
}
