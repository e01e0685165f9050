internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports

/// What the first run of every installation has: the one-time link at its beginning, the first two accounts at its end.
struct SetUpFrame: Sendable {
    let services: Services
    /// Names of the steps in their order; the second is where the link leads.
    let steps: [String]
    /// What the person who works with the content is called in texts, and the role they get.
    let worker: (text: String, role: RoleName)

    var routes: [Route] {
        [
            .page("/setup", .anyone(because: "the link's secret is shown here first")) { visit in
                guard try await services.identity.setup.isNeeded() else { return .see("/sign-in") }
                return link(visit, wrong: false)
            },
            .form("/setup", .anyone(because: "the link's secret is shown here first")) { visit in
                let ticket = visit.form.text("ticket")
                guard try await services.identity.setup.isValid(ticket, client: visit.client) else {
                    return link(visit, wrong: true)
                }
                var answer = Answer.see("/setup/\(steps[1])")
                answer.setCookie(Cookie.set(Cookie.setup, ticket, seconds: 3_600))
                return answer
            },
            .page("/setup/people", .setUp) { visit in people(visit, wrong: "") },
            .form("/setup/people", .setUp) { visit in try await makePeople(visit) },
        ]
    }

    func page(_ visit: Visit, _ title: String) -> Page {
        var page = Page(visit, visit.wording(title))
        page.isNarrow = true
        return page
    }

    func steps(_ current: String, _ wording: Wording, _ page: inout HTMLWriter) {
        page.element("ol", ("class", "steps")) { page in
            for (number, step) in steps.enumerated() {
                page.element(
                    "li", ("aria-current", step == current ? "step" : nil), text: "\(number + 1) \(wording("setup.step-\(step)"))"
                )
            }
        }
    }

    private func link(_ visit: Visit, wrong: Bool) -> Answer {
        page(visit, "setup.title").answer { page in
            steps("link", visit.wording, &page)
            page.element("p", ("class", "lead"), text: visit.wording("setup.link-why"))
            if wrong {
                Shapes.notice("bad", &page) { $0.element("p", ("role", "alert"), text: visit.wording("setup.link-wrong")) }
            }
            Form.post("/setup", visit, &page) { page in
                Form.Field(
                    name: "ticket", label: visit.wording("setup.ticket"), hint: visit.wording("setup.ticket-hint"),
                    isRequired: true,
                    limit: 200, isFocused: true
                ).write(&page)
                Form.actions(visit.wording("web.continue"), &page)
            }
        }
    }

    // MARK: The first people

    private func people(_ visit: Visit, wrong: String) -> Answer {
        let wording = visit.wording
        return page(visit, "setup.people-title").answer { page in
            steps("people", wording, &page)
            page.element("p", ("class", "lead"), text: wording("setup.people-why"))
            if !wrong.isEmpty { Shapes.notice("bad", &page) { $0.element("p", ("role", "alert"), text: wrong) } }
            Form.post("/setup/people", visit, &page) { page in
                for kind in [worker.text, "administrator"] {
                    page.element("h2", text: wording("setup.\(kind)"))
                    page.element("p", ("class", "lead"), text: wording("setup.\(kind)-why"))
                    for field in ["display", "person", "name"] {
                        Form.Field(
                            name: "\(kind).\(field)", label: wording("account.\(field)"), hint: wording("account.\(field)-hint"),
                            value: visit.form.text("\(kind).\(field)"), isRequired: true, limit: 100
                        ).write(&page)
                    }
                }
                Form.actions(wording("setup.make"), &page)
            }
        }
    }

    private func makePeople(_ visit: Visit) async throws -> Answer {
        func person(_ kind: String) -> NewPerson? {
            AccountName(visit.form.text("\(kind).name")).map {
                NewPerson(name: $0, person: visit.form.text("\(kind).person"), displayName: visit.form.text("\(kind).display"))
            }
        }
        guard let officer = person(worker.text), let administrator = person("administrator") else {
            return people(visit, wrong: visit.wording("account.name-wrong"))
        }
        do {
            let made = try await services.identity.setup.finish(
                visit.cookie(Cookie.setup) ?? "", administrator: administrator, worker: officer, role: worker.role,
                client: visit.client)
            var answer = ready(visit, made)
            answer.setCookie(Cookie.remove(Cookie.setup))
            return answer
        } catch {
            guard error.code == .badInput || error.code == .taken else { throw error }
            return people(visit, wrong: error.reason)
        }
    }

    private func ready(_ visit: Visit, _ made: [(person: NewPerson, password: InitialPassword)]) -> Answer {
        let wording = visit.wording
        return page(visit, "setup.ready-title").answer { page in
            steps("ready", wording, &page)
            page.element("p", ("class", "lead"), text: wording("setup.ready-why"))
            for (person, password) in made {
                InitialPasswordPage.card(visit, name: person.name, displayName: person.displayName, password, &page)
            }
            page.element("div", ("class", "actions")) { page in
                page.element("a", ("class", "button primary"), ("href", "/sign-in"), text: wording("sign-in.title"))
                page.element("button", ("type", "button"), ("data-print", ""), ("hidden", ""), text: wording("web.print"))
            }
        }
    }
}
