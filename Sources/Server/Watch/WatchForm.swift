internal import Documents
internal import HTML
internal import Reports
internal import Rulebook
internal import Supervision

/// The form of a target: what shall be probed, and what is expected of it.
struct WatchForm {
    let services: SupervisorServices
    let visit: Visit
    /// Firms in business, by name.
    private let firms: [Form.Choice]

    init(_ services: SupervisorServices, _ visit: Visit) async throws {
        (self.services, self.visit) = (services, visit)
        firms = try await services.supervision.register.all().filter { $0.isInBusiness(asOf: visit.today) }.map {
            ($0.id, "\($0.name(asOf: visit.today)?.short ?? $0.id) (\($0.id))")
        }.sorted { $0.title < $1.title }
    }

    private var wording: Wording { visit.wording }
    private var policy: WatchPolicy { services.supervision.watch.policy }

    func answer(_ before: WatchRecord?, wrong: [String: String]) -> Answer {
        let target = before?.newest.target
        var page = Page(visit, wording(before == nil ? "watch.add" : "watch.change"), .watch)
        page.crumbs = [(wording("web.watch"), "/watch")]
        if let target { page.crumbs.append((target.name, "/watch/\(FormFields.encode(target.id))")) }
        page.isNarrow = true
        let path = target.map { "/watch/\(FormFields.encode($0.id))" }
        return page.answer { page in
            WatchPages.local(services, visit, &page)
            if !wrong.isEmpty { Shapes.alert(wrong[""] ?? wording("error.form"), &page) }
            page.element("p", ("class", "lead"), text: wording("watch.form-why"))
            Form.post(path.map { $0 + "/change" } ?? "/watch/new", visit, &page) { page in
                if let before {
                    page.void("input", ("type", "hidden"), ("name", "version"), ("value", String(before.newest.version)))
                }
                fields(target, wrong, &page)
                Form.reason(visit, wrong: wrong["reason"] ?? "", &page)
                Form.actions(wording("watch.ask"), cancel: (wording("web.cancel"), path ?? "/watch"), &page)
            }
        }
    }

    private func fields(_ target: WatchTarget?, _ wrong: [String: String], _ page: inout HTMLWriter) {
        func field(
            _ name: String, _ stored: String, hint: String = "", type: String = "text", isRequired: Bool = true, limit: Int = 200,
            _ page: inout HTMLWriter
        ) {
            Form.Field(
                name: name, label: wording("watch.\(name)"), hint: hint, value: visit.form[name] ?? stored, type: type,
                wrong: wrong[name] ?? "", isRequired: isRequired, mode: type == "text" ? nil : "numeric", limit: limit
            ).write(&page)
        }
        func number(_ name: String, _ stored: Int, _ range: ClosedRange<Int>, _ page: inout HTMLWriter) {
            field(
                name, String(stored),
                hint: wording("watch.range", ["least": String(range.lowerBound), "most": String(range.upperBound)]),
                type: "number",
                limit: 6, &page)
        }
        if target == nil {
            Form.select("firm", wording("watch.firm"), firms, chosen: visit.form.text("firm"), &page)
            if let reason = wrong["firm"] { page.element("p", ("class", "wrong"), text: "✗ " + reason) }
            field("id", "", hint: wording("firms.id-hint"), limit: 63, &page)
        }
        field("name", target?.name ?? "", &page)
        Form.select(
            "kind", wording("watch.kind"), WatchTarget.Kind.allCases.map { ($0.rawValue, wording("watch.kind.\($0.rawValue)")) },
            chosen: visit.form["kind"] ?? target?.kind.rawValue ?? "https", &page)
        field("host", target?.host ?? "", hint: wording("watch.host-hint"), limit: 253, &page)
        number("port", target?.port ?? 443, 1...65_535, &page)
        field("path", target?.path ?? "", hint: wording("watch.path-hint"), isRequired: false, limit: 500, &page)
        number("status_from", target?.status.lowerBound ?? 200, 100...599, &page)
        number("status_to", target?.status.upperBound ?? 399, 100...599, &page)
        field("text", target?.text ?? "", hint: wording("watch.text-hint"), isRequired: false, &page)
        number("interval", target?.interval ?? policy.standard.interval, policy.intervals, &page)
        number("timeout", target?.timeout ?? policy.standard.timeout, policy.timeouts, &page)
        number("tolerance", target?.tolerance ?? policy.standard.tolerance, policy.tolerances, &page)
        let typed = visit.form.values("hours")
        Form.boxes(
            "checkbox", "hours", wording("watch.hours"), hint: wording("watch.hours-hint"),
            policy.hours.map { ($0.id, wording($0.title)) },
            chosen: visit.form.all.isEmpty ? target?.hours ?? [policy.standard.hours] : typed, wrong: wrong["hours"] ?? "", &page)
    }

    /// The target as the form says it shall be.
    func read(_ before: WatchRecord?) -> (target: WatchTarget?, wrong: [String: String]) {
        let form = visit.form
        var wrong: [String: String] = [:]
        func number(_ name: String) -> Int {
            guard let number = Int(form.text(name)) else {
                wrong[name] = wording("web.number")
                return 0
            }
            return number
        }
        guard let kind = WatchTarget.Kind(rawValue: form.text("kind")) else { return (nil, ["": wording("error.form")]) }
        for name in ["name", "host", "reason"] + (before == nil ? ["id", "firm"] : []) where form.text(name).isEmpty {
            wrong[name] = wording("web.required")
        }
        var target = WatchTarget(
            id: before?.id ?? form.text("id"), firm: before?.newest.target.firm ?? form.text("firm"), name: form.text("name"),
            kind: kind, host: form.text("host").lowercased(), port: number("port"), interval: number("interval"),
            timeout: number("timeout"), tolerance: number("tolerance"), hours: form.values("hours"))
        if kind.asks {
            target.path = form.text("path").isEmpty ? "/" : form.text("path")
            target.text = form.text("text")
            let (low, high) = (number("status_from"), number("status_to"))
            if low <= high { target.status = low...high } else { wrong["status_to"] = wording("watch.wrong.status") }
        }
        return (target, wrong)
    }
}
