internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook
internal import Supervision

/// The service watch: the board, one target through time, adding, changing, agreeing, retiring, and the days on which markets are closed.
struct WatchPages: Sendable {
    let services: SupervisorServices
    private var desk: WatchDesk { services.supervision.watch }

    var routes: [Route] {
        [
            WatchBoard(services: services).route,
            .page("/watch/new", .permitted(.watchChange)) { visit in
                try await WatchForm(services, visit).answer(nil, wrong: [:])
            },
            .form("/watch/new", .permitted(.watchChange)) { visit in try await save(visit, nil) },
            .page("/watch/days", .permitted(.watchChange)) { visit in try await days(visit, wrong: [:]) },
            .form("/watch/days", .permitted(.watchChange)) { visit in try await mark(visit) },
            .page("/watch/:target/change", .permitted(.watchChange)) { visit in
                try await WatchForm(services, visit).answer(try await desk.targets.record(visit["target"]), wrong: [:])
            },
            .form("/watch/:target/change", .permitted(.watchChange)) { visit in
                try await save(visit, try await desk.targets.record(visit["target"]))
            },
            .page("/watch/:target/approve", .permitted(.watchChange)) { visit in try await askApproval(visit, wrong: [:]) },
            .form("/watch/:target/approve", .permitted(.watchChange)) { visit in try await approve(visit) },
            .page("/watch/:target/retire", .permitted(.watchChange)) { visit in try await askRetirement(visit, wrong: "") },
            .form("/watch/:target/retire", .permitted(.watchChange)) { visit in try await retire(visit) },
        ] + WatchTargetPages(services: services).routes
    }

    // MARK: Shared

    /// Short names of firms, by key.
    static func names(_ services: SupervisorServices, _ visit: Visit) async throws -> [String: String] {
        Dictionary(
            try await services.supervision.register.all().map { ($0.id, $0.name(asOf: visit.today)?.short ?? $0.id) },
            uniquingKeysWith: { $1 })
    }

    /// A moment in Taipei, to the minute.
    static func time(_ instant: Instant) -> String {
        String(instant.text(in: .taipei).prefix(16)).replacing("T", with: " ")
    }

    /// Says that this installation lets probes go anywhere.
    static func local(_ services: SupervisorServices, _ visit: Visit, _ page: inout HTMLWriter) {
        guard services.watchAllowsLocal else { return }
        Shapes.notice("warn", &page) { $0.element("p", text: visit.wording("watch.allows-local")) }
    }

    /// What a refusal means for a form: by field, or under "" for the whole of it.
    static func wrong(_ error: SupervisionError, _ wording: Wording) throws(SupervisionError) -> [String: String] {
        switch error {
        case .document(let error):
            let name = "watch.wrong.\(error.key)"
            let text = wording(name)
            return [error.key: text == name ? error.reason : text]
        case .conflict(let reason): return ["": wording("error.conflict", ["reason": reason])]
        case .refused: return ["": wording("watch.same-person")]
        case .fields(let problems): return problems.mapValues { wording($0) }
        case .notFound(let what): return ["": wording("error.not-found") + " (\(what))"]
        case .storage: throw error
        }
    }

    private func told(_ path: String) -> Answer {
        services.hub.tell("watch")
        return .see(path)
    }

    // MARK: Adding and changing

    private func save(_ visit: Visit, _ before: WatchRecord?) async throws -> Answer {
        let form = try await WatchForm(services, visit)
        let (target, wrong) = form.read(before)
        guard let target, wrong.isEmpty else { return form.answer(before, wrong: wrong) }
        do throws(SupervisionError) {
            try await desk.targets.save(
                target, after: before == nil ? nil : Int(visit.form.text("version")) ?? 0, reason: visit.form.text("reason"),
                allowsLocal: services.watchAllowsLocal, visit.actor)
        } catch { return form.answer(before, wrong: try Self.wrong(error, visit.wording)) }
        return told("/watch/\(FormFields.encode(target.id))")
    }

    // MARK: The second person

    private func askApproval(_ visit: Visit, wrong: [String: String]) async throws -> Answer {
        let wording = visit.wording
        let record = try await desk.targets.record(visit["target"])
        let newest = record.newest
        let path = "/watch/\(FormFields.encode(record.id))"
        let names = try await Self.names(services, visit)
        let act = ActPage(
            title: "\(wording(record.waiting == nil ? "watch.renew" : "watch.approve")): \(newest.target.name)",
            lead: wording("watch.approve-why"), path: path + "/approve", button: wording("watch.decide"),
            crumbs: [(wording("web.watch"), "/watch"), (newest.target.name, path)], place: .watch,
            wrong: wrong[""] ?? "")
        let last = visit.today.adding(days: desk.policy.approvalDays)
        return act.answer(visit) { page in
            page.void("input", ("type", "hidden"), ("name", "version"), ("value", String(newest.version)))
            Shapes.facts(
                WatchTargetPages.facts(newest.target, names, desk.policy, wording) + [
                    (wording("watch.asked-by"), newest.by), (wording("watch.reason"), newest.reason),
                ], &page)
            Form.Field(
                name: "until", label: wording("watch.until"),
                hint: wording("watch.until-hint", ["day": last.description]),
                value: visit.form["until"] ?? last.description, type: "date", wrong: wrong["until"] ?? "", isRequired: true,
                limit: 10
            ).write(&page)
            if record.waiting != nil {
                Form.boxes(
                    "radio", "outcome", wording("watch.outcome-of"),
                    [("agree", wording("watch.agree")), ("reject", wording("watch.reject"))],
                    chosen: [visit.form["outcome"] ?? "agree"], &page)
            }
            Form.Field(
                name: "note", label: wording("watch.note"), value: visit.form.text("note"), wrong: wrong["note"] ?? "", limit: 160
            ).write(&page)
        }
    }

    private func approve(_ visit: Visit) async throws -> Answer {
        guard let until = CivilDate(visit.form.text("until")) else {
            return try await askApproval(visit, wrong: ["until": visit.wording("fact.date")])
        }
        do throws(SupervisionError) {
            try await desk.targets.approve(
                visit["target"], version: Int(visit.form.text("version")) ?? 0, until: until,
                isAgreed: visit.form.text("outcome") != "reject", note: visit.form.text("note"), visit.actor)
        } catch {
            if case .notFound = error { throw error }
            return try await askApproval(visit, wrong: try Self.wrong(error, visit.wording))
        }
        return told("/watch/\(FormFields.encode(visit["target"]))")
    }

    // MARK: The end

    private func askRetirement(_ visit: Visit, wrong: String) async throws -> Answer {
        let wording = visit.wording
        let record = try await desk.targets.record(visit["target"])
        let path = "/watch/\(FormFields.encode(record.id))"
        let act = ActPage(
            title: "\(wording("watch.retire")): \(record.newest.target.name)", lead: wording("watch.retire-why"),
            path: path + "/retire", button: wording("watch.retire"),
            crumbs: [(wording("web.watch"), "/watch"), (record.newest.target.name, path)], place: .watch, isDanger: true,
            wrong: wrong)
        return act.answer(visit) { page in Form.reason(visit, &page) }
    }

    private func retire(_ visit: Visit) async throws -> Answer {
        do throws(SupervisionError) {
            try await desk.targets.retire(visit["target"], reason: visit.form.text("reason"), visit.actor)
        } catch {
            if case .notFound = error { throw error }
            return try await askRetirement(
                visit, wrong: try Self.wrong(error, visit.wording).values.sorted().joined(separator: " "))
        }
        return told("/watch/\(FormFields.encode(visit["target"]))")
    }

    // MARK: Closed days

    private func days(_ visit: Visit, wrong: [String: String]) async throws -> Answer {
        let wording = visit.wording
        let days = try await desk.targets.days()
        let listing = Listing<WatchStore.Day>(
            name: "market-days",
            columns: [
                .init("day", wording("watch.day"), { .text($0.day.description) }, isBefore: { $0.day < $1.day }) { row, page in
                    Shapes.short("\(row.day) (\(row.day.rocDescription))", &page)
                },
                .init("markets", wording("watch.markets"), { .text($0.isOpen ? "open" : "closed") }) { row, page in
                    page.text(wording(row.isOpen ? "watch.open" : "watch.closed"))
                },
                .init("note", wording("watch.day-note"), { .text($0.note) }), .init("by", wording("watch.by"), { .text($0.by) }),
            ], text: { "\($0.day) \($0.note)" }, schema: "plumbline.market-days/1")
        if let export = try listing.export(days, visit) { return export }
        var page = Page(visit, wording("watch.closed-days"), .watch)
        page.crumbs = [(wording("web.watch"), "/watch")]
        return page.answer { page in
            page.element("p", ("class", "lead"), text: wording("watch.closed-days-why"))
            Form.post("/watch/days", visit, &page) { page in
                Form.Field(
                    name: "day", label: wording("watch.day"), value: visit.form["day"] ?? visit.today.description, type: "date",
                    wrong: wrong["day"] ?? "", isRequired: true, limit: 10
                ).write(&page)
                Form.select(
                    "markets", wording("watch.markets"),
                    [
                        ("closed", wording("watch.closed")), ("open", wording("watch.open")),
                        ("as-weekday", wording("watch.as-weekday")),
                    ], chosen: visit.form.text("markets"), &page)
                Form.Field(
                    name: "note", label: wording("watch.day-note"), hint: wording("watch.day-note-hint"),
                    value: visit.form.text("note"), wrong: wrong["note"] ?? "", limit: 160
                ).write(&page)
                Form.actions(wording("web.save"), &page)
            }
            listing.write(days, visit, &page)
        }
    }

    private func mark(_ visit: Visit) async throws -> Answer {
        guard let day = CivilDate(visit.form.text("day")) else {
            return try await days(visit, wrong: ["day": visit.wording("fact.date")])
        }
        let word = visit.form.text("markets")
        do throws(SupervisionError) {
            try await desk.targets.mark(
                day, isOpen: word == "open" ? true : word == "closed" ? false : nil, note: visit.form.text("note"), visit.actor)
        } catch { return try await days(visit, wrong: try Self.wrong(error, visit.wording)) }
        return told("/watch/days")
    }
}
