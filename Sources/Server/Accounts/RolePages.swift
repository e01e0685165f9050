internal import Documents
internal import HTML
internal import Identity
internal import Reports
internal import Rulebook

/// What each role may do, as the roles' file says it.
struct RolePages: Sendable {
    let services: Services
    private var book: RoleBook { services.identity.roles }

    /// A permission, and what is known of it.
    struct Row: Sendable {
        var permission: Permission
        var rule: RoleBook.Rule
    }

    /// Roles of this installation.
    private var roles: [RoleBook.Role] { book.roles.filter { $0.sides.contains(services.identity.configuration.side) } }

    var routes: [Route] {
        [
            .page("/accounts/roles", .permitted(.accountsRead)) { visit in
                let wording = visit.wording
                // What no role here may do belongs to the other side.
                let rows = Permission.allCases.compactMap { permission -> Row? in
                    guard roles.contains(where: { $0.permissions.contains(permission) }) else { return nil }
                    return book.rules[permission].map { Row(permission: permission, rule: $0) }
                }
                let list = listing(wording)
                if let export = try list.export(rows, visit) { return export }
                var page = Page(visit, wording("role.title"), .accounts)
                page.crumbs = [(wording("web.accounts"), "/accounts")]
                return page.answer { page in
                    AccountTabs.write("/accounts/roles", visit, &page)
                    page.element("p", ("class", "lead"), text: wording("role.why"))
                    list.write(rows, visit, &page)
                    exclusions(wording, &page)
                }
            }
        ]
    }

    private func listing(_ wording: Wording) -> Listing<Row> {
        var list = Listing<Row>(
            name: "roles",
            columns: [
                .init("permission", wording("role.permission"), { .text($0.permission.rawValue) }) { row, page in
                    page.text(wording(row.rule.title))
                    if row.rule.needsFreshAuthentication {
                        page.text(" ")
                        Shapes.badge("", wording("role.fresh"), &page)
                    }
                }
            ], text: { "\($0.permission.rawValue) \($0.rule.title.chinese) \($0.rule.title.english)" },
            schema: "plumbline.role-matrix/1")
        list.pageSize = 100
        for role in roles {
            list.columns.append(
                .init(role.name.rawValue, wording(role.title), { .bool(role.permissions.contains($0.permission)) }) { row, page in
                    guard role.permissions.contains(row.permission) else { return }
                    page.element("span", ("class", "tick"), text: "✓")
                    page.element("span", ("class", "hidden"), text: wording("say.yes"))
                })
        }
        list.columns += [
            .exported("fresh", wording("role.fresh"), { .bool($0.rule.needsFreshAuthentication) }),
            .init("approver", wording("role.approver"), { .text($0.rule.approver?.rawValue ?? "") }) { row, page in
                if let approver = row.rule.approver { page.text(IdentityWords.permission(approver, book, wording)) }
            },
        ]
        list.filters = [
            .init(
                id: "role", title: wording("account.role"), choices: roles.map { ($0.name.rawValue, wording($0.title)) }
            ) { row, name in book[RoleName(rawValue: name)]?.permissions.contains(row.permission) ?? false },
            .init(
                id: "area", title: wording("role.area"),
                choices: RoleBook.Area.allCases.map { ($0.rawValue, wording("role.\($0.rawValue)")) }
            ) { $0.rule.area.rawValue == $1 },
        ]
        return list
    }

    /// What one person may not hold together.
    private func exclusions(_ wording: Wording, _ page: inout HTMLWriter) {
        guard !book.exclusions.isEmpty else { return }
        page.element("h2", text: wording("role.exclusions"))
        page.element("ul") { page in
            for exclusion in book.exclusions {
                let others = roles.filter { $0.name != exclusion.role && excluded($0, exclusion) }.map { wording($0.title) }
                page.element("li") { page in
                    page.element("strong", text: IdentityWords.role(exclusion.role, book, wording))
                    page.text(" — \(wording(exclusion.reason)) (\(others.joined(separator: wording("report.list-separator"))))")
                }
            }
        }
    }

    private func excluded(_ role: RoleBook.Role, _ exclusion: RoleBook.Exclusion) -> Bool {
        if role.name == exclusion.other { return true }
        return role.permissions.contains { permission in
            guard let rule = book.rules[permission] else { return false }
            return rule.area == exclusion.area || (exclusion.changes && rule.changes)
        }
    }
}
