internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports

/// Proving again who one is, before something sensitive: password and code, or password and security key.
struct ProvePages: Sendable {
    let services: Services
    private var desk: SessionDesk { services.identity.sessions }

    var routes: [Route] {
        [
            .page("/prove", .signedIn) { visit in try await page(visit, isWrong: visit.query["wrong"] != nil) },
            .form("/prove", .signedIn) { visit in
                let code = visit.form.text("code")
                let proof: FactorProof? = code.isEmpty ? nil : code.utf8.count == 6 ? .totp(code) : .recovery(code)
                return try await prove(visit, proof, ticket: nil)
            },
            .form("/prove/key", .signedIn) { visit in
                let (challenge, ticket) = try await desk.challenge(try visit.session())
                let next = next(visit)
                let other = "/prove?" + FormFields.query([("next", next)])
                return SecurityKeyPage.ask(visit, challenge, action: "/prove/key/answer", ticket: ticket, other: other) { page in
                    page.void("input", ("type", "hidden"), ("name", "next"), ("value", next))
                    password(visit, &page)
                }
            },
            .form("/prove/key/answer", .signedIn) { visit in
                guard let answer = SecurityKeyPage.answer(visit) else { throw Failure.bad("form") }
                return try await prove(visit, .securityKey(answer), ticket: visit.form.text("ticket"))
            },
        ]
    }

    /// Where somebody wanted to go.
    private func next(_ visit: Visit) -> String {
        let next = visit.method == .get ? visit.query.text("next") : visit.form.text("next")
        return next.isEmpty ? "/" : next
    }

    private func prove(_ visit: Visit, _ proof: FactorProof?, ticket: String?) async throws -> Answer {
        let answer = try await desk.stepUp(
            try visit.session(), password: Password(visit.form["password"] ?? ""), proof: proof, challenge: ticket,
            client: visit.client)
        guard case .proven(let renewed) = answer else {
            return .see("/prove?" + FormFields.query([("next", next(visit)), ("wrong", "1")]))
        }
        return SignInPages.entered(renewed, .see(next(visit)))
    }

    private func password(_ visit: Visit, _ page: inout HTMLWriter) {
        Form.Field(
            name: "password", label: visit.wording("sign-in.password"), type: "password", isRequired: true,
            autocomplete: "current-password",
            limit: 300, isFocused: true
        ).write(&page)
    }

    private func page(_ visit: Visit, isWrong: Bool) async throws -> Answer {
        let (wording, next) = (visit.wording, next(visit))
        let kinds = Set(try await services.identity.factors.list(try visit.session().account.id).map(\.kind))
        var page = Page(visit, wording("prove.title"))
        page.isNarrow = true
        return page.answer { page in
            page.element("p", ("class", "lead"), text: wording("prove.why"))
            if isWrong { Shapes.alert(wording("sign-in.failed"), &page) }
            Form.post("/prove", visit, &page) { page in
                page.void("input", ("type", "hidden"), ("name", "next"), ("value", next))
                password(visit, &page)
                if !kinds.isEmpty {
                    Form.Field(
                        name: "code", label: wording("factor.code"), hint: wording("factor.hint"), autocomplete: "one-time-code",
                        limit: 64
                    ).write(&page)
                }
                Form.actions(wording("web.continue"), cancel: (wording("web.cancel"), Page.home(visit)), &page)
            }
            guard kinds.contains(.securityKey) else { return }
            Form.post("/prove/key", visit, &page) { page in
                page.void("input", ("type", "hidden"), ("name", "next"), ("value", next))
                page.element("button", text: wording("factor.use-key"))
            }
        }
    }
}
