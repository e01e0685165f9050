internal import Assessment
internal import Documents
internal import HTML
internal import HTTPTypes
internal import Identity
internal import Reports
internal import Rulebook

/// Every shared component shown together, for whoever makes pages: with it one sees at a glance what there is, and that it holds in light, dark,
/// narrow and in print.
struct StylePage: Sendable {
    /// A row of the list that is shown.
    private struct Sample: Sendable {
        var name: String
        var verdict: Verdict
        var count: Int
    }

    var routes: [Route] {
        [.page("/style", .signedIn) { visit in draw(visit) }]
    }

    private func draw(_ visit: Visit) -> Answer {
        let wording = visit.wording
        var page = Page(visit, wording("style.title"))
        page.crumbs = [(wording("me.title"), "/me")]
        return page.answer { page in
            page.element("p", ("class", "lead"), text: wording("style.why"))
            Shapes.tabs(
                wording("style.tabs"), [(wording("style.title"), "/style"), (wording("me.title"), "/me")], current: "/style",
                &page)
            part("style.notices", visit, &page, notices)
            part("style.marks", visit, &page, marks)
            part("style.figures", visit, &page, figures)
            part("style.charts", visit, &page) { visit, page in ChartSamples(wording: visit.wording).write(&page) }
            part("style.list", visit, &page, list)
            part("style.form", visit, &page, form)
            part("style.texts", visit, &page, texts)
        }
    }

    private func part(_ title: String, _ visit: Visit, _ page: inout HTMLWriter, _ body: (Visit, inout HTMLWriter) -> Void) {
        page.element("section") { page in
            page.element("h2", text: visit.wording(title))
            body(visit, &page)
        }
    }

    private func notices(_ visit: Visit, _ page: inout HTMLWriter) {
        for kind in ["", "good", "warn", "bad"] {
            Shapes.notice(kind, &page) { $0.element("p", text: "Shapes.notice(\"\(kind)\")") }
        }
    }

    private func marks(_ visit: Visit, _ page: inout HTMLWriter) {
        page.element("p") { page in
            for verdict in Shapes.order {
                Shapes.verdict(verdict, visit.wording, &page)
                page.text("　")
            }
        }
        page.element("p") { page in
            for kind in ["", "good", "warn", "bad"] {
                Shapes.badge(kind, kind.isEmpty ? "badge" : "badge \(kind)", &page)
                page.text(" ")
            }
        }
    }

    private func figures(_ visit: Visit, _ page: inout HTMLWriter) {
        let counts: [Verdict: Int] = [.compliant: 31, .partly: 4, .undetermined: 9, .nonCompliant: 6]
        Shapes.bar(counts, visit.wording, &page)
        page.element("div", ("class", "cards")) { page in
            for (verdict, count) in counts.sorted(by: { $0.value > $1.value }) {
                page.element("section", ("class", "card")) { page in
                    page.element("h3", text: visit.wording(verdict))
                    page.element("div", ("class", "figure"), text: String(count))
                }
            }
        }
        page.element("div", ("class", "heat")) { page in
            for verdict in Shapes.order {
                page.element(
                    "a", ("class", verdict.rawValue), ("href", "/style"), ("aria-label", visit.wording(verdict)),
                    text: Shapes.sign(verdict))
            }
        }
        page.element("div", ("class", "states")) { page in
            for name in ["declared", "measured", "signed", "accepted"] {
                page.element("div") { page in
                    page.element("div", ("class", "name"), text: visit.wording("state.\(name)"))
                    page.element("div", ("class", "says"), text: visit.wording(Say.yes))
                }
            }
        }
        QRPicture.write("https://plumbline.example", "QR", &page)
    }

    private func list(_ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        var list = Listing<Sample>(
            name: "style",
            columns: [
                .init("name", wording("system.name"), { .text($0.name) }, isBefore: { $0.name < $1.name }),
                .init("verdict", wording("obligation.verdict"), { .text($0.verdict.rawValue) }) { sample, page in
                    Shapes.verdict(sample.verdict, wording, &page)
                },
                .init("count", wording("style.count"), isNumber: true, { .integer($0.count) }, isBefore: { $0.count < $1.count }),
            ], text: { $0.name }, schema: "plumbline.style/1")
        list.filters = [
            .init(
                id: "verdict", title: wording("obligation.verdict"), choices: Shapes.order.map { ($0.rawValue, wording($0)) }
            ) { $0.verdict.rawValue == $1 }
        ]
        list.pageSize = 4
        let rows = Shapes.order.enumerated().map {
            Sample(name: "sample-\($0.offset + 1)", verdict: $0.element, count: $0.offset * 7)
        }
        list.write(rows, visit, &page)
    }

    private func form(_ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        page.element("form", ("method", "get"), ("action", "/style")) { page in
            Form.Field(name: "text", label: wording("system.name"), hint: wording("system.id-hint"), value: "trading").write(
                &page)
            Form.Field(name: "wrong", label: wording("firm.reason"), wrong: wording("web.required"), isRequired: true).write(
                &page)
            Form.select("choice", wording("obligation.force"), [("a", "A"), ("b", "B")], chosen: "b", &page)
            Form.boxes(
                "radio", "one", wording("system.core"), [("yes", wording("say.yes")), ("no", wording("say.no"))], chosen: ["yes"],
                &page)
            Form.boxes(
                "checkbox", "many", wording("system.hosts"), [("1", "host-1"), ("2", "host-2")], chosen: ["1", "2"], &page)
            Form.actions(wording("web.save"), cancel: (wording("web.cancel"), "/style"), &page)
            Form.actions(wording("act.remove"), isDanger: true, &page)
        }
    }

    private func texts(_ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        Shapes.facts([(wording("system.id"), "trading"), (wording("system.owner"), "mei.lin")], &page)
        page.element("h3", text: "h3")
        page.element("p") { page in
            page.text("p ")
            page.element("a", ("href", "/style"), text: "a")
            page.text(" ")
            page.element("code", text: "code")
        }
        page.element("ol", ("class", "steps")) { page in
            page.element("li", text: "1")
            page.element("li", ("aria-current", "step"), text: "2")
        }
        page.element("details") { page in
            page.element("summary", text: "details")
            page.element("pre", ("tabindex", "0"), text: "pre\n  line")
        }
        page.element("ul", ("class", "codes")) { page in
            for text in ["ABCD-EFGH", "JKLM-NPQR"] { page.element("li", text: text) }
        }
    }
}
