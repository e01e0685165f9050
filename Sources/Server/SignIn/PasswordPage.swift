internal import HTML
internal import Identity
internal import Reports

/// Choosing a new password: what is wanted is said before, and what was wrong after.
enum PasswordPage {
    static func form(
        _ visit: Visit, action: String, reason: String, faults: [PasswordFault], isDifferent: Bool = false,
        asksCurrent: Bool = false,
        isWrong: Bool = false, policy: IdentityPolicy, other: String = "", _ fields: (inout HTMLWriter) -> Void = { _ in }
    ) -> Answer {
        let wording = visit.wording
        var page = Page(visit, wording("password.title"))
        page.isNarrow = true
        let known = PasswordReason(rawValue: reason)
        return page.answer { page in
            if let known { page.element("p", ("class", "lead"), text: wording("password.\(known.rawValue)")) }
            if isDifferent { Shapes.alert(wording("password.different"), &page) }
            if isWrong { Shapes.alert(wording("sign-in.failed"), &page) }
            if !other.isEmpty { Shapes.alert(other, &page) }
            if !faults.isEmpty {
                Shapes.notice("bad", &page) { page in
                    page.element("p", ("role", "alert"), text: wording("password.refused"))
                    page.element("ul") { page in for fault in faults { page.element("li", text: text(fault, wording)) } }
                }
            }
            rules(policy, wording, &page)
            Form.post(action, visit, &page) { page in
                page.void("input", ("type", "hidden"), ("name", "reason"), ("value", known?.rawValue ?? ""))
                fields(&page)
                if asksCurrent {
                    Form.Field(
                        name: "current", label: wording("password.current"), type: "password", isRequired: true,
                        autocomplete: "current-password", limit: 300
                    ).write(&page)
                }
                Form.Field(
                    name: "new", label: wording("password.new"), type: "password", isRequired: true, autocomplete: "new-password",
                    limit: 300, isFocused: true
                ).write(&page)
                Form.Field(
                    name: "again", label: wording("password.again"), type: "password", isRequired: true,
                    autocomplete: "new-password",
                    limit: 300
                ).write(&page)
                Form.actions(wording("password.save"), &page)
            }
        }
    }

    private static func rules(_ policy: IdentityPolicy, _ wording: Wording, _ page: inout HTMLWriter) {
        page.element("ul") { page in
            page.element("li", text: wording("password.rule-length", ["count": String(policy[.passwordMinLength])]))
            page.element("li", text: wording("password.rule-classes", ["count": String(policy[.passwordMinClasses])]))
            page.element("li", text: wording("password.rule-history", ["count": String(policy[.passwordHistory])]))
            page.element("li", text: wording("password.rule-guess"))
        }
    }

    /// What was wrong, as a sentence.
    static func text(_ fault: PasswordFault, _ wording: Wording) -> String {
        switch fault {
        case .tooShort(let minimum): wording("fault.too-short", ["count": String(minimum)])
        case .tooLong(let bytes): wording("fault.too-long", ["count": String(bytes)])
        case .tooFewClasses(let minimum): wording("fault.too-few-classes", ["count": String(minimum)])
        case .unprintable: wording("fault.unprintable")
        case .containsPerson: wording("fault.contains-person")
        case .containsFirm: wording("fault.contains-firm")
        case .predictable: wording("fault.predictable")
        case .usedBefore(let generations): wording("fault.used-before", ["count": String(generations)])
        case .tooSoon(let seconds): wording("fault.too-soon", ["hours": String((seconds + 3_599) / 3_600)])
        }
    }
}
