internal import HTML
internal import Identity
internal import Reports
internal import Supervision

/// The first run of a supervisor: who it is, and the first two accounts.
struct SupervisorSetUpPages: Sendable {
    let services: SupervisorServices
    private var frame: SetUpFrame {
        SetUpFrame(
            services: services.common, steps: ["link", "institution", "people", "ready"],
            worker: ("examiner", RoleName(rawValue: "examiner")))
    }

    var routes: [Route] {
        frame.routes + [
            .page("/setup/institution", .setUp) { visit in
                institution(visit, name: try await services.supervision.institution.current()?.name ?? "", wrong: "")
            },
            .form("/setup/institution", .setUp) { visit in
                let name = visit.form.text("name")
                do throws(SupervisionError) {
                    try await services.supervision.institution.decide(name: name, visit.actor)
                } catch {
                    guard case .document = error else { throw error }
                    return institution(visit, name: name, wrong: visit.wording("web.required"))
                }
                return .see("/setup/people")
            },
        ]
    }

    private func institution(_ visit: Visit, name: String, wrong: String) -> Answer {
        let wording = visit.wording
        return frame.page(visit, "setup.institution-title").answer { page in
            frame.steps("institution", wording, &page)
            page.element("p", ("class", "lead"), text: wording("setup.institution-why"))
            Form.post("/setup/institution", visit, &page) { page in
                Form.Field(
                    name: "name", label: wording("institution.name"), value: name, wrong: wrong, isRequired: true, limit: 200,
                    isFocused: true
                ).write(&page)
                Form.actions(wording("web.continue"), &page)
            }
        }
    }
}
