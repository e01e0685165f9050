import Documents
import Rulebook
import Testing

@testable import Incidents

@Suite("An incident in the formats of others")
struct ExportTests {
    private let fire: FireFormat
    private let dora: DoraFormat
    private let taxonomy: Taxonomy

    init() throws { (fire, dora, taxonomy) = (try FireFormat.shipped(), try DoraFormat.shipped(), try Taxonomy.shipped()) }

    private let party = ReportParty(
        name: "磐石證券股份有限公司", types: [.init("", "證券商"), .init("DORA", "investment-firm")],
        recipients: [.init("", "臺灣證券交易所")],
        contacts: [.init(name: "陳值班", email: "duty@example.invalid", phone: "+886212345678", role: "值班主管")],
        globalIdentifiers: [.init("LEI", "549300MLUDYVRQOOXS22")], localIdentifiers: [.init("統一編號", "00000000")])

    private static let more: [String: FieldValue?] = [
        "spread": .text("national"), "countries": .list([.text("TW")]), "public_reaction": .text("社群有零星討論。"),
        "comms_issued": .text("官網公告。"), "bodies_notified": .list([.text("刑事警察局")]), "affected_types": .list([.text("customers")]),
        "related_entities": .list([.text("磐石投顧")]), "systems": .list([.text("網頁下單")]), "customers": .number(3_000),
        "services": .list([
            .record([
                "name": .text("網頁下單"), "types": .list([.text("證券經紀")]), "disruption": .list([.text("availability-total")]),
                "downtime": .text("PT42M"), "users": .number(3_000), "users_share": .text("0.25"),
            ])
        ]),
        "resources": .list([.record(["type": .text("ict-hardware"), "properties": .list([.text("availability")])])]),
        "service_notes": .text("網頁下單"), "loss": .text("120000.5"),
    ]

    private func story() throws -> Story {
        var story = try Story.whole()
        try story.act("15:00:01", .write(Self.more))
        try story.act(.file(FilingRequest(.notice(.formal), regimes: ["market"])))
        try story.act(.file(FilingRequest(.notice(.closing), regimes: ["market"])))
        try story.act("15:00:02", .close)
        try story.act("15:30:00", .file(FilingRequest(.notice(.closing), regimes: ["market"])))
        return story
    }

    @Test("The six inputs of a preliminary notice and the firm's profile make a valid initial report")
    func preliminary() throws {
        let story = try Story.whole()
        let exporter = FireExporter(format: fire, taxonomy: taxonomy)
        let report = exporter.report(story.incident.submissions[0], of: story.incident, by: party)
        #expect(fire.faults(report, now: story.now) == [])
        #expect(report["report_phase"]?.text == "Initial")
        #expect(report["incident_status"]?.text == "Open")
        #expect(report["time_of_detection"]?.text == "2026-11-19T09:35:00+08:00")
        #expect(report["incident_type"]?.list?.first?.text == "Business Disruption, System or Execution Failure")
        #expect(report["causes_identified"]?.list?.first?["cause_type"]?.text == "Malicious Acts - DoS / DDoS")
        #expect(report["causes_identified"]?.list?.first?["causal_strength"] == nil)
        let bytes = CanonicalJSON.bytes(of: report)
        #expect(CanonicalJSON.bytes(of: try JSONReader.read(bytes)) == bytes)
    }

    @Test("What a later phase asks for and is not there yet is listed by name")
    func unfinished() throws {
        let story = try Story.whole()
        let report = FireExporter(format: fire, taxonomy: taxonomy).report(
            story.incident.submissions[1], of: story.incident, by: party)
        #expect(Set(fire.faults(report, now: story.now).map(\.item)) == ["services_affected", "impact_geographic_spread"])
    }

    @Test("A whole incident exports as valid reports of every phase it went through")
    func whole() throws {
        let story = try story()
        let exporter = FireExporter(format: fire, taxonomy: taxonomy)
        let expected = [
            (0, "Initial", "Open"), (3, "Intermediate", "Resolved"), (4, "Final", "Resolved"), (5, "Final", "Closed"),
        ]
        for (index, phase, status) in expected {
            let report = exporter.report(story.incident.submissions[index], of: story.incident, by: party)
            #expect(fire.faults(report, now: story.now) == [], "\(phase) \(status)")
            #expect((report["report_phase"]?.text, report["incident_status"]?.text) == (phase, status))
        }
        let last = exporter.report(story.incident.submissions[5], of: story.incident, by: party)
        #expect(last["time_of_closure"]?.text == "2026-11-19T15:00:02+08:00")
        #expect(last["impact_financial_loss"]?.number == ExactNumber("120000.5"))
        #expect(last["lessons_identified"]?.list?.first?["remedial_actions"]?.list?.first?["date"]?.text == "2026-12-31")
        #expect(last["causes_identified"]?.list?.first?["causal_strength"]?.text == "Root")
    }

    @Test("Nothing that a correction can be told as is a combination the format rejects")
    func corrections() throws {
        var story = try Story.whole()
        let exporter = FireExporter(format: fire, taxonomy: taxonomy)
        for number in 1...3 { try story.act(.file(FilingRequest(.correction(of: number)))) }
        try story.act("15:10:00", .reopen(reason: "攻擊再起"))
        for number in 1...3 { try story.act(.file(FilingRequest(.correction(of: number)))) }
        try story.act("16:00:00", .resolve(at: try #require(Instant("2026-11-19T15:50:00+08:00"))))
        try story.act(.file(FilingRequest(.notice(.closing))))
        try story.act("16:01:00", .close)
        for number in 1...4 { try story.act(.file(FilingRequest(.correction(of: number)))) }
        for submission in story.incident.submissions {
            let report = exporter.report(submission, of: story.incident, by: party)
            #expect(!fire.faults(report, now: story.now).contains { $0.code == .combination }, "\(submission.number)")
        }
    }

    // MARK: DORA

    /// A report with every field of a phase.
    private func full(_ phase: DoraFormat.Phase) throws -> Node {
        let times = [
            "2.2": "2026-11-19T01:35:00Z", "2.3": "2026-11-19T02:00:00Z", "3.2": "2026-11-19T01:30:00Z",
            "3.3": "2026-11-19T02:12:00Z",
            "4.7": "2026-11-19T03:00:00Z", "4.8": "2026-11-19T03:00:00Z", "4.16": "2026-11-01T00:00:00Z",
        ]
        var entries: [(String, Node?)] = []
        for field in dora.fields where field.phase <= phase {
            let words = dora.words[field.list]?.map(\.key) ?? []
            let value: Node =
                switch field.kind {
                case .text: "文字"
                case .texts: ["文字"]
                case .flag: true
                case .integer, .percent, .amount: 5
                case .time: .text(try #require(times[field.id]))
                case .duration: "00:00:42"
                case .code: .text(words.contains("yes") ? "yes" : words[0])
                case .codes: .texts(words)
                case .countries: ["DE"]
                case .lei: "549300MLUDYVRQOOXS22"
                case .email: "duty@example.invalid"
                case .currency: "EUR"
                }
            entries.append((field.id, value))
        }
        return .object(entries)
    }

    @Test("The template has 76 fields: 15 general, 10, 35 and 16 of its reports")
    func fieldCounts() {
        #expect(dora.fields.count == 76)
        #expect(["1.", "2.", "3.", "4."].map { part in dora.fields.count { $0.id.hasPrefix(part) } } == [15, 10, 35, 16])
        #expect(DoraFormat.Phase.allCases.map { phase in dora.fields.count { $0.phase == phase } } == [25, 35, 16])
    }

    @Test("Every field a report demands: without it the report is refused for it", arguments: DoraFormat.Phase.allCases)
    func demanded(_ phase: DoraFormat.Phase) throws {
        let (report, now) = (try full(phase), try #require(Instant("2026-11-20T00:00:00Z")))
        #expect(dora.faults(report, phase: phase, now: now) == [])
        for field in dora.fields {
            let rest = Node.object((report.entries ?? []).filter { $0.key != field.id }.map { ($0.key, $0.node) })
            let missing = dora.faults(rest, phase: phase, now: now).filter { $0.code == .missing }.map(\.item)
            #expect(missing == (dora.isDemanded(field, in: phase, rest) ? [field.id] : []), "\(field.id)")
        }
    }

    @Test("A field that depends on another is demanded when that says so, and only then")
    func conditions() throws {
        let now = try #require(Instant("2026-11-20T00:00:00Z"))
        let full = try full(.final)
        func faults(_ change: (inout [(String, Node?)]) -> Void) -> [String] {
            var entries: [(String, Node?)] = (full.entries ?? []).map { ($0.key, $0.node) }
            change(&entries)
            return dora.faults(.object(entries), phase: .final, now: now).map(\.item)
        }
        for field in dora.fields {
            guard case .field(let other, _) = field.condition else { continue }
            #expect(faults { $0.removeAll { $0.0 == field.id } } == [field.id])
            let both = faults { $0.removeAll { $0.0 == field.id || $0.0 == other } }
            #expect(!both.contains(field.id))
        }
        #expect(faults { $0.append(("9.9", "x")) } == ["9.9"])
        #expect(
            faults {
                $0.removeAll { $0.0 == "2.3" }; $0.append(("2.3", "2026-11-19T01:34:59Z"))
            } == ["2.3"])
        #expect(
            faults {
                $0.removeAll { $0.0 == "1.6" }; $0.append(("1.6", "549300MLUDYVRQOOXS21"))
            } == ["1.6"])
        #expect(
            faults {
                $0.removeAll { $0.0 == "3.16" }; $0.append(("3.16", "42 minutes"))
            } == ["3.16"])
    }

    @Test("A whole incident with what only the template asks for exports as three valid reports")
    func doraExport() throws {
        var story = try story()
        let classified = try #require(Instant("2026-11-19T10:00:00+08:00"))
        var submission = try #require(story.incident.submissions.last)
        submission.moments[Moment.classified.rawValue] = classified
        submission.values["actions_taken"] = .text("啟用流量清洗。")
        story.now = try #require(Instant("2026-11-20T00:00:00Z"))
        let supplement: [String: FieldValue] = [
            "2.5": .list([.text("critical-services"), .text("duration-downtime")]), "3.5": .text("25"), "3.6": .number(0),
            "3.7": .number(0),
            "3.12": .list([.text("estimate-clients")]), "3.17": .text("actual"), "3.25": .list([.text("ddos")]),
            "3.30": .text("no"),
            "3.31": .list([.text("police")]), "4.2": .list([.text("network")]), "4.12": .text("未達門檻"), "4.14": .number(0),
        ]
        let exporter = DoraExporter(format: dora, taxonomy: taxonomy)
        for phase in DoraFormat.Phase.allCases {
            let report = exporter.report(submission, of: story.incident, by: party, phase: phase, supplement: supplement)
            #expect(dora.faults(report, phase: phase, now: story.now) == [], "\(phase)")
        }
        let report = exporter.report(submission, of: story.incident, by: party, phase: .final, supplement: supplement)
        #expect(report["3.16"]?.text == "00:00:42")
        #expect(report["3.15"]?.text == "00:00:42")
        #expect(report["2.3"]?.text == "2026-11-19T02:00:00Z")
        #expect(report["4.1"]?.list?.map(\.text) == ["malicious-actions"])
        #expect(DoraFormat.duration(minutes: 1_440 + 61) == "01:01:01")
    }

    @Test("Whatever document comes, both checkers answer and nothing traps", arguments: 0..<150)
    func anything(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let story = try story()
        let submission = try #require(story.incident.submissions.last)
        let whole = FireExporter(format: fire, taxonomy: taxonomy).report(submission, of: story.incident, by: party)
        let other = DoraExporter(format: dora, taxonomy: taxonomy).report(
            submission, of: story.incident, by: party, phase: .final)
        for report in [whole, other] {
            var bytes = CanonicalJSON.bytes(of: report)
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                bytes[at] = Array("0\"{}[],:-en9Z ".utf8).randomElement(using: &random) ?? 0
            }
            guard let read = try? JSONReader.read(bytes) else { continue }
            let faults = fire.faults(read, now: story.now) + dora.faults(read, phase: .final, now: story.now)
            #expect(faults.count < 10_000)
        }
        let odd: [Node] = [.object([]), [], 7, Node(.null), .object([("report_phase", 7), ("incident_status", [])])]
        for node in odd {
            #expect(!fire.faults(node, now: story.now).isEmpty)
            #expect(!dora.faults(node, phase: .initial, now: story.now).isEmpty)
        }
    }
}
