internal import Database
internal import HTML
internal import Reports
internal import Rulebook
internal import Vault

/// One record of the trail: everything it says, and how anyone can check it without trusting this server.
enum TrailRecordPage {
    /// What the page shows.
    struct Model: Sendable {
        var hit: TrailHit
        /// nil while no checkpoint covers the record.
        var proof: TrailProof?
        /// The records before and after it; between them may be some of the vault's own.
        var earlier: UInt64?
        var later: UInt64?
        /// Where the trail's vault lies on the server.
        var directory: String
    }

    static func draw(_ model: Model, _ visit: Visit) -> Answer {
        let (wording, hit) = (visit.wording, model.hit)
        var page = Page(visit, wording("trail.record", ["index": String(hit.index)]), .trail)
        page.crumbs = [(wording("web.trail"), "/trail")]
        return page.answer { page in
            page.element("p") { page in
                TrailColumns.result(hit.record.entry.result, wording, &page)
                page.text(" ")
                page.element("code", text: hit.record.entry.action)
            }
            Shapes.facts(facts(hit, wording), &page)
            if !hit.record.entry.details.isEmpty {
                page.element("h2", text: wording("trail.details"))
                Shapes.facts(hit.record.entry.details.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, &page)
            }
            proof(model, visit, &page)
            page.element("h2", text: wording("trail.document"))
            page.element("pre", ("tabindex", "0"), text: String(decoding: hit.record.body, as: UTF8.self))
            neighbours(model, wording, &page)
        }
    }

    private static func facts(_ hit: TrailHit, _ wording: Wording) -> [(String, String)] {
        let (actor, entry) = (hit.record.actor, hit.record.entry)
        let pairs: [(String, String?)] = [
            ("trail.time", TrailColumns.time(hit.record.occurred)), ("trail.who", actor.who),
            ("trail.account", actor.kind == .account || actor.kind == .agent ? actor.id : nil),
            ("session.address", actor.address),
            ("trail.session", actor.session), ("trail.code", actor.code), ("trail.object", TrailColumns.object(entry.object)),
            ("act.reason", entry.reason), ("trail.sequence", String(hit.record.sequence)),
            ("trail.received", UTCTime.text(hit.received)),
        ]
        return pairs.compactMap { name, value in value.map { (wording(name), $0) } }
    }

    private static func proof(_ model: Model, _ visit: Visit, _ page: inout HTMLWriter) {
        let (wording, index) = (visit.wording, model.hit.index)
        page.element("h2", text: wording("trail.proof"))
        guard let proof = model.proof else {
            return Shapes.notice("warn", &page) { $0.element("p", text: wording("trail.unsigned")) }
        }
        Shapes.notice("good", &page) {
            $0.element("p", text: wording("trail.proven", ["index": String(index), "size": String(proof.size)]))
        }
        page.element("p", text: wording("trail.proof-why"))
        Shapes.links(
            [(wording("trail.proof-get"), "/trail/\(index)/proof"), (wording("trail.leaf-get"), "/trail/\(index)/leaf")], &page)
        page.element("p", text: wording("trail.commands"))
        page.element(
            "pre", ("tabindex", "0"),
            text: "plumbline vault prove \(model.directory) \(index)\nplumbline vault verify \(model.directory)")
        Shapes.facts([(wording("trail.key"), proof.key)], &page)
        page.element("details") { page in
            page.element("summary", text: wording("trail.proof-text"))
            page.element("pre", ("id", "proof"), ("tabindex", "0"), text: proof.text)
        }
    }

    private static func neighbours(_ model: Model, _ wording: Wording, _ page: inout HTMLWriter) {
        page.element("nav", ("class", "pager"), ("aria-label", wording("web.pages"))) { page in
            for (index, relation, name) in [(model.earlier, "prev", "trail.earlier"), (model.later, "next", "trail.later")] {
                guard let index else { continue }
                page.element("a", ("href", "/trail/\(index)"), ("rel", relation), text: wording(name))
            }
        }
    }
}

/// What a verification of the whole trail found.
enum TrailVerifyPage {
    static func draw(_ report: VerifyReport, at now: Instant, took: Duration, directory: String, _ visit: Visit) -> Answer {
        let wording = visit.wording
        var page = Page(visit, wording("trail.verify-title"), .trail)
        page.crumbs = [(wording("web.trail"), "/trail")]
        return page.answer { page in
            if report.isSound {
                Shapes.done(wording("trail.sound", ["count": String(report.records)]), &page)
            } else {
                Shapes.alert(wording("trail.damaged", ["count": String(report.damages.count)]), &page)
                page.element("ul") { page in for damage in report.damages.prefix(100) { page.element("li", text: "\(damage)") } }
            }
            for remark in report.remarks { Shapes.notice("", &page) { $0.element("p", text: remark) } }
            Shapes.facts(
                [
                    (wording("trail.verified-at"), now.text(in: .taipei)), (wording("trail.took"), seconds(took)),
                    (wording("trail.rehashed"), String(report.records)), (wording("trail.expired-count"), String(report.expired)),
                    (wording("trail.controls"), String(report.controls)),
                    (wording("trail.root"), report.root.map { "\($0)" } ?? "—"),
                ], &page)
            if let checkpoint = report.checkpoint {
                page.element("h2", text: wording("trail.checkpoint"))
                page.element("pre", ("tabindex", "0"), text: checkpoint.description)
            }
            page.element("p", text: wording("trail.verify-else"))
            page.element("pre", ("tabindex", "0"), text: "plumbline vault verify \(directory)")
            Shapes.links([(wording("web.trail"), "/trail")], &page)
        }
    }

    /// `0.42 s`.
    static func seconds(_ duration: Duration) -> String {
        let hundredths = duration.components.seconds * 100 + duration.components.attoseconds / 10_000_000_000_000_000
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100) s"
    }
}
