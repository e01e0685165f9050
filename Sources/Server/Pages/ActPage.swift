internal import HTML
internal import Identity
internal import Reports

/// A page that asks before something is done: what will happen, what must be known, one button. The form is sent to the page's own address,
/// so that whoever must first prove who they are comes back to it.
struct ActPage {
    var title: String
    var lead = ""
    var path: String
    var button: String
    var crumbs: [(title: String, path: String)] = []
    var place: Page.Place? = .accounts
    var isDanger = false
    /// What stood in the way; empty when nothing did.
    var wrong = ""

    /// The page with these fields.
    func answer(_ visit: Visit, _ fields: (inout HTMLWriter) -> Void = { _ in }) -> Answer {
        var page = Page(visit, title, place)
        page.crumbs = crumbs
        page.isNarrow = true
        return page.answer { page in
            if !wrong.isEmpty { Shapes.alert(wrong, &page) }
            if !lead.isEmpty { page.element("p", ("class", "lead"), text: lead) }
            Form.post(path, visit, &page) { page in
                fields(&page)
                Form.actions(
                    button, cancel: crumbs.last.map { (visit.wording("web.cancel"), $0.path) }, isDanger: isDanger, &page)
            }
        }
    }
}

extension Form {
    /// Why something is done: what the trail keeps.
    static func reason(
        _ visit: Visit, label: String = "act.reason", wrong: String = "", isRequired: Bool = true, _ page: inout HTMLWriter
    ) {
        Field(
            name: "reason", label: visit.wording(label), hint: visit.wording("act.reason-hint"), value: visit.form.text("reason"),
            wrong: wrong, isRequired: isRequired, limit: 160
        ).write(&page)
    }
}

extension IdentityError {
    /// Whether a form says it beside what was filled in; anything else ends the visit.
    var isForForm: Bool {
        switch code {
        case .badInput, .wrongState, .secondPerson, .lastAdministrator, .taken, .notProven: true
        default: false
        }
    }

    /// What a visitor is told, in their language; the sentence of the room below stands behind it.
    func text(_ wording: Wording) -> String { wording("refusal.\(code.rawValue)", ["reason": reason]) }

    /// Does something.
    ///
    /// - Returns: nil when it was done; why not, when a form can say it.
    /// - Throws: everything else.
    static func refusal(_ body: () async throws -> Void) async throws -> IdentityError? {
        do {
            try await body()
            return nil
        } catch let error as IdentityError {
            guard error.isForForm else { throw error }
            return error
        }
    }
}

extension Visit {
    /// Who acts; the route let nobody else in.
    func principal() throws(Failure) -> Principal {
        guard let signedIn else { throw Failure.forbidden() }
        return signedIn.principal
    }

    /// The session of a person; the route let nobody else in.
    func session() throws(Failure) -> Session {
        guard let session = signedIn?.session else { throw Failure.forbidden() }
        return session
    }

    /// The number in a field of the path.
    func number(_ parameter: String) throws(Failure) -> Int64 {
        guard let number = Int64(self[parameter]), number > 0 else { throw Failure.notFound("no number: \(parameter)") }
        return number
    }
}

extension Services {
    /// Whether whoever uses a permission must have proved shortly before who they are: the roles' file says so.
    func isFresh(_ permission: Permission) -> Bool { identity.roles.rules[permission]?.needsFreshAuthentication ?? false }

    /// A page that asks, and the form it sends, both for holders of one permission.
    func act(
        _ path: String, _ permission: Permission, _ show: @escaping Route.Handler, _ send: @escaping Route.Handler
    ) -> [Route] {
        let isFresh = isFresh(permission)
        return [
            .page(path, .permitted(permission), isFresh: isFresh, show),
            .form(path, .permitted(permission), isFresh: isFresh, send),
        ]
    }
}
