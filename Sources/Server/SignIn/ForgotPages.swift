internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports

/// A forgotten password, or a lock: asking for a link, and what the link opens. The secret of a link stands behind the hash, where no server and
/// no log sees it; the page's script puts it into the form, or the person pastes it.
struct ForgotPages: Sendable {
    let services: Services
    private var identity: IdentityService { services.identity }
    private static let forgotten = Access.anyone(because: "whoever forgot the password cannot sign in")
    private static let ticketed = Access.anyone(because: "the secret of a message says who it is")

    var routes: [Route] {
        [
            .page("/forgot", Self.forgotten) { visit in ask(visit) },
            .form("/forgot", Self.forgotten) { visit in try await request(visit) },
            .page("/reset", Self.ticketed) { visit in reset(visit) },
            .form("/reset", Self.ticketed) { visit in try await choosePassword(visit) },
            .page("/unlock", Self.ticketed) { visit in unlock(visit, isWrong: false) },
            .form("/unlock", Self.ticketed) { visit in
                let code = visit.form.text("code")
                let proof: FactorProof = code.utf8.count == 6 ? .totp(code) : .recovery(code)
                return try await confirm(visit, proof)
            },
            .form("/unlock/key", Self.ticketed) { visit in
                let ticket = visit.form.text("ticket")
                guard let challenge = try await identity.unlocks.challenge(ticket, client: visit.client) else {
                    return unlock(visit, isWrong: true)
                }
                return SecurityKeyPage.ask(visit, challenge, action: "/unlock/key/answer", ticket: ticket, other: "/forgot")
            },
            .form("/unlock/key/answer", Self.ticketed) { visit in
                guard let answer = SecurityKeyPage.answer(visit) else { throw Failure.bad("form") }
                return try await confirm(visit, .securityKey(answer))
            },
        ]
    }

    // MARK: Asking

    private func ask(_ visit: Visit) -> Answer {
        let wording = visit.wording
        let page = ActPage(
            title: wording("forgot.title"), lead: wording("forgot.why"), path: "/forgot", button: wording("forgot.send"),
            crumbs: [(wording("sign-in.title"), "/sign-in")], place: nil)
        return page.answer(visit) { page in
            Form.Field(
                name: "name", label: wording("sign-in.name"), isRequired: true, autocomplete: "username", limit: 100,
                isFocused: true
            ).write(&page)
            Form.boxes(
                "radio", "what", wording("forgot.what"),
                [("reset", wording("forgot.reset")), ("unlock", wording("forgot.unlock"))],
                chosen: ["reset"], &page)
        }
    }

    /// The same answer whoever asks for whom.
    private func request(_ visit: Visit) async throws -> Answer {
        let name = visit.form.text("name")
        if visit.form.text("what") == "unlock" {
            try await identity.unlocks.request(name: name, client: visit.client)
        } else {
            try await identity.passwords.requestReset(name: name, client: visit.client)
        }
        return told(visit, "forgot.title", "forgot.done")
    }

    private func told(_ visit: Visit, _ title: String, _ text: String) -> Answer {
        var page = Page(visit, visit.wording(title))
        page.isNarrow = true
        return page.answer { page in
            Shapes.done(visit.wording(text), &page)
            Shapes.links([(visit.wording("sign-in.title"), "/sign-in")], &page)
        }
    }

    // MARK: With the secret of a message

    static func ticket(_ visit: Visit, _ page: inout HTMLWriter) {
        Form.Field(
            name: "ticket", label: visit.wording("forgot.ticket"), hint: visit.wording("forgot.ticket-hint"),
            value: visit.form.text("ticket"),
            isRequired: true, limit: 100
        ).write(&page)
    }

    private func reset(
        _ visit: Visit, faults: [PasswordFault] = [], isDifferent: Bool = false, isRefused: Bool = false
    ) -> Answer {
        PasswordPage.form(
            visit, action: "/reset", reason: "", faults: faults, isDifferent: isDifferent, policy: identity.policy,
            other: isRefused ? visit.wording("forgot.refused") : ""
        ) { Self.ticket(visit, &$0) }
    }

    private func choosePassword(_ visit: Visit) async throws -> Answer {
        let new = visit.form["new"] ?? ""
        guard new == visit.form["again"] else { return reset(visit, isDifferent: true) }
        switch try await identity.passwords.reset(visit.form.text("ticket"), to: Password(new), client: visit.client) {
        case .done: return told(visit, "password.title", "forgot.reset-done")
        case .refused: return reset(visit, isRefused: true)
        case .faults(let faults): return reset(visit, faults: faults)
        }
    }

    private func confirm(_ visit: Visit, _ proof: FactorProof) async throws -> Answer {
        let isDone = try await identity.unlocks.confirm(visit.form.text("ticket"), proof, client: visit.client)
        return isDone ? told(visit, "forgot.unlock", "forgot.unlock-done") : unlock(visit, isWrong: true)
    }

    private func unlock(_ visit: Visit, isWrong: Bool) -> Answer {
        let wording = visit.wording
        var page = Page(visit, wording("forgot.unlock"))
        page.isNarrow = true
        return page.answer { page in
            if isWrong { Shapes.alert(wording("forgot.unlock-refused"), &page) }
            page.element("p", ("class", "lead"), text: wording("forgot.unlock-why"))
            Form.post("/unlock", visit, &page) { page in
                Self.ticket(visit, &page)
                Form.Field(
                    name: "code", label: wording("factor.code"), hint: wording("factor.hint"), autocomplete: "one-time-code",
                    limit: 64
                ).write(&page)
                page.element("div", ("class", "actions")) { page in
                    page.element("button", ("class", "primary"), text: wording("forgot.unlock"))
                    page.element("button", ("formaction", "/unlock/key"), text: wording("factor.use-key"))
                }
            }
        }
    }
}
