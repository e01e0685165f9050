import Documents
import Rulebook
import Testing

@testable import Incidents

@Suite("The exchange format of the Financial Stability Board")
struct FireTests {
    private let format: FireFormat
    private let now: Instant

    init() throws {
        format = try FireFormat.shipped()
        now = try #require(Instant("2026-11-20T12:00:00+08:00"))
    }

    private static let combinations = [
        ("initial", "open"), ("initial", "resolved"), ("initial", "closed"), ("intermediate", "open"),
        ("intermediate", "resolved"),
        ("final", "resolved"), ("final", "closed"),
    ]

    /// A value that fits an item.
    private func sample(_ item: FireFormat.Item, _ column: FireFormat.Column) throws -> Node {
        func word() throws -> Node { .text(try #require(format.words[item.list]?.first?.label)) }
        switch item.kind {
        case .decimal, .fraction: return Node(.number(try #require(ExactNumber("0.5"))))
        case .integer: return 5
        case .short: return "短文"
        case .long: return "一段文字\n第二行"
        case .email: return "duty@example.invalid"
        case .phone: return "+886212345678"
        case .time: return .text(try #require(Self.times[item.id]))
        case .duration: return "PT3H30M"
        case .code: return try word()
        case .codes: return [try word()]
        case .texts: return ["一"]
        case .language: return "zh"
        case .country: return "TW"
        case .countries: return ["TW", "JP"]
        case .currency: return "TWD"
        case .pairs: return [.object([("name", "LEI"), ("value", "549300MLUDYVRQOOXS22")])]
        case .recipients: return ["549300MLUDYVRQOOXS22"]
        case .triggers: return [.object([("trigger", try word()), ("recipient", "549300MLUDYVRQOOXS22")])]
        case .actions: return [.object([("date", "2026-12-31"), ("action", "改善")])]
        case .files: return ["AAAA"]
        case .container:
            return [
                .object(
                    try format.items.filter { $0.container == item.id && allowed($0, column, []) }.map {
                        ($0.id, try sample($0, column))
                    })
            ]
        }
    }

    private static let times = [
        "time_of_report": "2026-11-20T11:00:00+08:00", "time_of_occurrence": "2026-11-19T09:30:00+08:00",
        "time_of_detection": "2026-11-19T09:35:00+08:00", "time_of_resolution": "2026-11-19T10:12:00+08:00",
        "time_of_closure": "2026-11-20T10:00:00+08:00", "time_of_next_update": "2026-11-21T10:00:00+08:00",
    ]

    private func allowed(_ item: FireFormat.Item, _ column: FireFormat.Column, _ later: Set<String>) -> Bool {
        [.essential, .optional].contains(item.demands[column]) && !later.contains(item.id)
    }

    /// A report with everything that may be in it.
    private func full(_ phase: String, _ status: String) throws -> Node {
        let column = try #require(format.column(phase: phase, status: status))
        let later = format.notYet[status] ?? []
        var entries: [(String, Node?)] = []
        for item in format.items where item.container.isEmpty && allowed(item, column, later) {
            switch item.id {
            case "report_phase": entries.append((item.id, format.label("phase", phase).map { .text($0) }))
            case "incident_status": entries.append((item.id, format.label("status", status).map { .text($0) }))
            case "impact_geographic_spread": entries.append((item.id, "multi-jurisdictional"))
            default: entries.append((item.id, try sample(item, column)))
            }
        }
        return .object(entries)
    }

    private func without(_ report: Node, _ key: String) -> Node {
        .object((report.entries ?? []).filter { $0.key != key }.map { ($0.key, $0.node) })
    }

    private func with(_ report: Node, _ key: String, _ value: Node) -> Node {
        .object((report.entries ?? []).filter { $0.key != key }.map { ($0.key, $0.node) } + [(key, value)])
    }

    @Test("There are 87 items; 19, 33 and 48 are essential, and the rest of the last column is 39")
    func counts() {
        #expect(format.items.map(\.number) == Array(1...87))
        let essential = FireFormat.Column.allCases.map { column in format.items.count { $0.demands[column] == .essential } }
        #expect(essential == [19, 33, 48])
        #expect(format.items.count { $0.demands[.final] != .essential } == 39)
        #expect(format.items.count { $0.demands.values.contains(.notCollected) } == 2)
        #expect(format.items.first { $0.id == "actions_planned" }?.demands[.intermediate] == .essential)
        #expect(format.items.first { $0.id == "actions_planned" }?.demands[.final] == .notApplicable)
        #expect(format.words["cause"]?.count { !$0.key.hasSuffix("unspecified") } == 27)
        #expect(format.words["cause"]?.count == 33)
    }

    @Test("Every essential item of every phase: without it the report is refused for it alone", arguments: combinations)
    func essential(_ phase: String, _ status: String) throws {
        let report = try full(phase, status)
        #expect(format.faults(report, now: now) == [])
        let column = try #require(format.column(phase: phase, status: status))
        let later = format.notYet[status] ?? []
        var tried = 0
        for item in format.items where !["report_phase", "incident_status"].contains(item.id) && !later.contains(item.id) {
            let isEssential = item.demands[column] == .essential
            tried += isEssential ? 1 : 0
            guard !item.container.isEmpty else {
                let faults = format.faults(without(report, item.id), now: now).filter { $0.code == .missing }.map(\.item)
                #expect(faults == (isEssential ? [item.id] : []), "\(item.id)")
                continue
            }
            guard let record = report[item.container]?.list?.first else { continue }
            let faults = format.faults(with(report, item.container, [without(record, item.id)]), now: now).filter {
                $0.code == .missing
            }
            #expect(faults.map(\.item) == (isEssential ? ["\(item.container)[0].\(item.id)"] : []), "\(item.id)")
        }
        let demanded = format.items.count { $0.demands[column] == .essential && !later.contains($0.id) }
        #expect(tried == demanded - 2)
    }

    @Test("Every item that a phase does not ask for is refused when it is there", arguments: combinations)
    func notApplicable(_ phase: String, _ status: String) throws {
        let column = try #require(format.column(phase: phase, status: status))
        let report = try full(phase, status)
        let later = format.notYet[status] ?? []
        for item in format.items where item.container.isEmpty && !allowed(item, column, later) {
            let faults = format.faults(with(report, item.id, try sample(item, .final)), now: now)
            #expect(faults.contains { $0.code == .notApplicable && $0.item == item.id }, "\(item.id)")
        }
    }

    @Test(
        "Intermediate does not go with closed, nor final with open", arguments: [("intermediate", "closed"), ("final", "open")])
    func rejected(_ phase: String, _ status: String) throws {
        var report = try full("final", "closed")
        report = with(report, "report_phase", .text(try #require(format.label("phase", phase))))
        report = with(report, "incident_status", .text(try #require(format.label("status", status))))
        #expect(format.faults(report, now: now).map(\.code) == [.combination])
        #expect(format.faults(without(report, "report_phase"), now: now).map(\.code) == [.missing])
    }

    @Test(
        "Moments have their order, and what must have passed has",
        arguments: [
            ("time_of_occurrence", "2026-11-19T09:35:00+08:00", nil),
            ("time_of_occurrence", "2026-11-19T09:35:01+08:00", "time_of_detection"),
            ("time_of_resolution", "2026-11-19T09:30:00+08:00", "time_of_resolution"),
            ("time_of_closure", "2026-11-19T10:12:00+08:00", "time_of_closure"),
            ("time_of_detection", "2026-11-20T10:00:00+08:00", "time_of_closure"),
            ("time_of_report", "2026-11-20T12:00:01+08:00", "time_of_report"),
            ("time_of_closure", "2026-11-20T12:00:01+08:00", "time_of_closure"),
            ("time_of_resolution", "2026-11-19T01:30:01Z", nil),
        ] as [(String, String, String?)])
    func order(_ item: String, _ time: String, _ fault: String?) throws {
        let report = with(try full("final", "closed"), item, .text(time))
        let found = format.faults(report, now: now)
        #expect(Set(found.map(\.item)) == Set(fault.map { [$0] } ?? []))
        #expect(found.allSatisfy { $0.code == .order })
    }

    @Test("The next update lies after the report")
    func nextUpdate() throws {
        let report = with(try full("initial", "open"), "time_of_next_update", "2026-11-20T11:00:00+08:00")
        #expect(format.faults(report, now: now).map(\.item) == ["time_of_next_update"])
    }

    @Test(
        "A value of another kind is refused",
        arguments: [
            ("fire_version", "\"one\""), ("fire_report_language_code", "\"ZH\""), ("fire_report_currency", "\"NTD1\""),
            ("entity_name", "\"\""),
            ("entity_name", "7"), ("global_identifiers", "[{\"name\":\"LEI\",\"value\":\"549300MLUDYVRQOOXS23\"}]"),
            ("entity_types", "[]"),
            ("entity_contacts", "{}"), ("entity_contacts", "[]"), ("incident_type", "[\"Flood\"]"),
            ("incident_type", "\"Data Breach\""),
            ("incident_reporting_triggers", "[{\"trigger\":\"financial\",\"recipient\":\"nobody\"}]"),
            ("standardised_severity", "\"medium\""),
            ("time_of_report", "\"2026-11-19\""), ("estimated_timeframe_for_resolution", "\"soon\""),
            ("impact_financial_loss", "\"much\""),
            ("impact_geographic_countries", "[\"TWN\"]"), ("services_affected", "[{\"service_name\":\"x\"}]"),
            ("services_affected", "[7]"),
            ("related_affected_entities", "[{\"name\":\"\",\"value\":\"x\",\"more\":1}]"), ("bodies_notified", "[\"\"]"),
            ("lessons", "[]"),
        ])
    func values(_ item: String, _ json: String) throws {
        let report = with(try full("initial", "resolved"), item, try JSONReader.read(Array(json.utf8)))
        #expect(!format.faults(report, now: now).isEmpty)
    }

    @Test("Items that contradict each other are refused")
    func contradictions() throws {
        let report = try full("final", "closed")
        var contact = try #require(report["entity_contacts"]?.list?.first)
        contact = with(contact, "contact_type", "Alternate")
        #expect(format.faults(with(report, "entity_contacts", [contact]), now: now).map(\.code) == [.contradiction])
        var cause = try #require(report["causes_identified"]?.list?.first)
        cause = with(cause, "causal_strength", "Contributory")
        #expect(format.faults(with(report, "causes_identified", [cause]), now: now).map(\.code) == [.contradiction])
        for (spread, countries, fits) in [
            ("national", 1, true), ("national", 2, false), ("multi-jurisdictional", 1, false), ("multi-jurisdictional", 2, true),
            ("local", 1, false),
        ] {
            var changed = with(report, "impact_geographic_spread", .text(spread))
            changed = with(changed, "impact_geographic_countries", .texts(["TW", "JP"].prefix(countries)))
            #expect(format.faults(changed, now: now).isEmpty == fits, "\(spread) \(countries)")
        }
        #expect(format.faults(with(report, "services_affected", []), now: now) == [])
        #expect(format.faults(with(report, "causes_identified", []), now: now).map(\.code) == [.missing])
    }

    @Test("A file of the format that contradicts itself is refused")
    func refusedFile() throws {
        let file = try #require(ShippedFiles.files(in: "incidents").first { $0.name == "incidents/fire.yaml" })
        let text = String(decoding: file.bytes, as: UTF8.self)
        for (part, other) in [
            ("in: services_affected", "in: incident_title"),
            ("phases: [essential, essential, essential]", "phases: [essential, essential]"),
            ("past: [time_of_report", "past: [time_of_tea"), ("type: duration", "type: hours"),
            ("list: severity", "list: severities"),
        ] {
            let changed = text.replacing(part, with: other, maxReplacements: 1)
            #expect(changed != text)
            #expect(throws: DocumentError.self) { try FireFormat.read(try YAMLReader.read(Array(changed.utf8))) }
        }
    }
}
