internal import Database
internal import Documents
internal import HTML
internal import Reports
internal import Rulebook

/// What an address asks of the trail.
struct TrailQuestion: Sendable {
    /// Fields that are texts, in the order they are shown.
    private static let texts = ["who", "action", "object", "code", "text"]
    /// Records of a page, and of an export.
    private static let (pageSize, exportSize) = (50, 1_000)

    private let fields: [(String, String)]
    /// What is looked for; nil when the address asks something that cannot be.
    let filter: TrailFilter?
    /// The field that cannot be; empty when there is none.
    let wrong: String
    /// Index where the page begins; nil for the newest.
    let start: UInt64?
    let isExport: Bool
    var limit: Int { isExport ? Self.exportSize : Self.pageSize }

    init(_ query: FormFields, zone: Zone = .taipei) {
        let names = Self.texts + ["account", "result", "after", "before"]
        fields = names.map { ($0, query.text($0)) }.filter { !$0.1.isEmpty }
        start = UInt64(query.text("from"))
        isExport = !query.text("format").isEmpty
        (filter, wrong) = Self.filter(Dictionary(fields) { first, _ in first }, zone)
    }

    private static func filter(_ fields: [String: String], _ zone: Zone) -> (TrailFilter?, String) {
        var filter = TrailFilter()
        (filter.who, filter.account, filter.action) = (fields["who"], fields["account"], fields["action"])
        (filter.code, filter.text) = (fields["code"], fields["text"])
        if let object = fields["object"] {
            // `account` is a kind, `account:account-7` one thing of it.
            let parts = object.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if parts.count == 2 { filter.object = .init(parts[0], parts[1]) } else { filter.kind = object }
        }
        if let result = fields["result"] {
            guard let known = TrailEntry.Result(rawValue: result) else { return (nil, "result") }
            filter.result = known
        }
        var bounds: [Int64?] = [nil, nil]
        for (place, name) in ["after", "before"].enumerated() {
            guard let text = fields[name] else { continue }
            guard let instant = LocalTime.instant(text, in: zone, endOfDay: name == "before") else { return (nil, name) }
            bounds[place] = instant.seconds * 1_000_000
        }
        let (after, before) = (bounds[0] ?? 0, bounds[1] ?? .max)
        guard after < before else { return (nil, "before") }
        if bounds[0] != nil || bounds[1] != nil { filter.occurred = after..<before }
        return (filter, "")
    }

    /// The same question from another place on.
    func address(from start: UInt64?, format: String? = nil) -> String {
        let all = fields + (start.map { [("from", String($0))] } ?? []) + (format.map { [("format", $0)] } ?? [])
        return all.isEmpty ? "/trail" : "/trail?" + FormFields.query(all)
    }

    private func value(_ name: String) -> String { fields.first { $0.0 == name }?.1 ?? "" }

    /// A time as its field takes it; what is none leaves the field empty.
    private func time(_ name: String) -> String {
        LocalTime.instant(value(name), in: .taipei, endOfDay: name == "before").map { LocalTime.text($0, in: .taipei) } ?? ""
    }

    /// The form.
    func write(_ visit: Visit, _ page: inout HTMLWriter) {
        let wording = visit.wording
        page.element("form", ("method", "get"), ("action", "/trail"), ("class", "filters"), ("role", "search")) { page in
            for name in Self.texts {
                page.element("label", ("class", name == "text" ? "grow" : nil)) { page in
                    page.text(wording("trail.\(name)"))
                    page.void(
                        "input", ("type", name == "text" ? "search" : "text"), ("name", name), ("value", value(name)),
                        ("maxlength", "200"))
                }
            }
            page.element("label") { page in
                page.text(wording("trail.result"))
                page.element("select", ("name", "result"), ("data-send", "")) { page in
                    page.element("option", ("value", ""), text: wording("web.all"))
                    for result in TrailEntry.Result.allCases {
                        page.element(
                            "option", ("value", result.rawValue), ("selected", value("result") == result.rawValue ? "" : nil),
                            text: wording("trail.result-\(result.rawValue)"))
                    }
                }
            }
            for name in ["after", "before"] {
                page.element("label") { page in
                    page.text(wording("trail.\(name)"))
                    page.void("input", ("type", "datetime-local"), ("name", name), ("value", time(name)))
                }
            }
            if !value("account").isEmpty {
                page.void("input", ("type", "hidden"), ("name", "account"), ("value", value("account")))
            }
            page.element("button", text: wording("web.show"))
            if !fields.isEmpty { page.element("a", ("class", "button quiet"), ("href", "/trail"), text: wording("trail.clear")) }
        }
    }
}

/// Columns of records of the trail.
enum TrailColumns {
    static func time(_ microseconds: Int64) -> String { Instant(seconds: microseconds / 1_000_000).text(in: .taipei) }

    static func result(_ result: TrailEntry.Result, _ wording: Wording, _ page: inout HTMLWriter) {
        Shapes.badge(
            result == .done ? "good" : result == .refused ? "warn" : "bad", wording("trail.result-\(result.rawValue)"), &page)
    }

    static func object(_ object: TrailEntry.Object) -> String { object.id.isEmpty ? object.kind : "\(object.kind):\(object.id)" }

    static func listing(_ wording: Wording) -> Listing<TrailHit> {
        Listing<TrailHit>(
            name: "trail",
            columns: [
                .init("index", wording("trail.index"), { .integer($0.index) }) { hit, page in
                    page.element("a", ("href", "/trail/\(hit.index)"), text: String(hit.index))
                },
                .init("at", wording("trail.time"), { .text(Instant(seconds: $0.record.occurred / 1_000_000).description) }) {
                    hit, page in
                    Shapes.time(Instant(seconds: hit.record.occurred / 1_000_000), &page)
                },
                .init("who", wording("trail.who"), { .text($0.record.actor.who) }) { hit, page in
                    page.element(
                        "a", ("href", "/trail?" + FormFields.query([("who", hit.record.actor.who)])), text: hit.record.actor.who)
                },
                .init("address", wording("session.address"), { .text($0.record.actor.address ?? "") }) { hit, page in
                    Shapes.short(hit.record.actor.address ?? "", &page)
                },
                .init("action", wording("trail.action"), { .text($0.record.entry.action) }) { hit, page in
                    page.element(
                        "a", ("class", "short"), ("href", "/trail?" + FormFields.query([("action", hit.record.entry.action)]))
                    ) {
                        $0.element("code", text: hit.record.entry.action)
                    }
                },
                .init("object", wording("trail.object"), { .text(object($0.record.entry.object)) }) { hit, page in
                    Shapes.short(object(hit.record.entry.object), &page)
                },
                .init("result", wording("trail.result"), { .text($0.record.entry.result.rawValue) }) { hit, page in
                    result(hit.record.entry.result, wording, &page)
                },
                .init("reason", wording("act.reason"), { .text($0.record.entry.reason ?? "") }, isBefore: nil),
                .init("details", wording("trail.details"), { .text(details($0.record.entry)) }, isBefore: nil),
            ], text: { _ in "" }, schema: "plumbline.trail/1")
    }

    static func details(_ entry: TrailEntry) -> String {
        entry.details.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    }
}
