import Documents
import Rulebook
import Testing

@testable import Incidents

@Suite("Files of rules for incidents")
struct RuleFileTests {
    private static func shipped(_ name: String) throws -> String {
        let file = try #require(ShippedFiles.files(in: "incidents").first { $0.name == "incidents/\(name)" })
        return String(decoding: file.bytes, as: UTF8.self)
    }

    private func clocks(_ text: String) throws(DocumentError) -> ClockBook {
        try ClockBook.read(try YAMLReader.read(Array(text.utf8)), calendars: [try WorkCalendar.shipped()])
    }

    @Test(
        "A file of clocks that is not as it should be is refused, with its line",
        arguments: [
            ("seconds: 1800}", "seconds: 0}", "seconds"), ("seconds: 1800}", "seconds: 999999999999}", "seconds"),
            ("seconds: 1800}", "seconds: \"1800\"}", "seconds"), ("seconds: 1800}", "hours: 1}", "seconds"),
            ("base: aware\n            span", "base: told\n            span", "base"),
            ("from: 2018-06-30", "from: 2018-06-31", "from"), ("status: in-force", "status: maybe", "status"),
            ("zone: Asia/Taipei", "zone: Asia/Nowhere", "zone"), ("of: preliminary", "of: closing", "of"),
            ("[900, 300, 0]", "[900, 900]", "before"), ("[900, 300, 0]", "[-1]", "before"),
            ("applies: always", "applies: often", "applies"),
            ("      preliminary:", "      first:", "notices"), ("clause: twse-inc-1", "clause: Twse Inc", "clause"),
            ("schema: plumbline.incident-clocks/1", "schema: plumbline.incident-clocks/2", "schema"),
            ("            base: resolved", "            base: resolved\n            reminders: {before: [1]}", "span"),
            ("span: {months: 1}", "span: {months: 1}\n            business: {calendar: taiwan}", "business"),
            ("span: {months: 1}", "span: {months: 1}\n            roll: {calendar: nowhere, at: 0}", "calendar"),
        ])
    func refusedClocks(_ part: String, _ other: String, _ key: String) throws {
        let text = try Self.shipped("clocks.yaml")
        #expect(text.contains(part))
        let error = #expect(throws: DocumentError.self) { try clocks(text.replacing(part, with: other)) }
        #expect(error?.key.contains(key) == true, "\(error.map(String.init(describing:)) ?? "")")
        #expect((error?.position.line ?? 0) > 0)
    }

    @Test(
        "Every cut of a shipped file is read or refused, and nothing traps",
        arguments: ["clocks.yaml", "calendar-tw.yaml", "taxonomy.yaml"])
    func cuts(_ name: String) throws {
        let bytes = Array(try Self.shipped(name).utf8)
        for length in stride(from: 0, to: bytes.count, by: 97) {
            guard let node = try? YAMLReader.read(Array(bytes[..<length])) else { continue }
            _ = try? ClockBook.read(node, calendars: [])
            _ = try? WorkCalendar.read(node)
            _ = try? Taxonomy.read(node)
        }
    }

    @Test(
        "A calendar that contradicts itself is refused",
        arguments: [
            ("last: 2027-12-31", "last: 2022-12-31", "last"), ("last: 2027-12-31", "last: 9999-12-31", "last"),
            ("last: 2027-12-31", "last: 2027-11-30", "closed"), ("- 2024-02-17", "- 2024-02-19", "open"),
            ("- 2023-01-02", "- 2023-01-01", "closed"), ("- 2023-01-20", "- 2023-01-02", "closed[1]"),
            ("weekend: [6, 7]", "weekend: [6, 8]", "weekend"), ("weekend: [6, 7]", "weekend: [6, 6]", "weekend"),
        ])
    func refusedCalendar(_ part: String, _ other: String, _ key: String) throws {
        let text = try Self.shipped("calendar-tw.yaml").replacing(part, with: other, maxReplacements: 1)
        let error = #expect(throws: DocumentError.self) { try WorkCalendar.read(try YAMLReader.read(Array(text.utf8))) }
        #expect(error?.key == key)
    }

    @Test(
        "The government's level is the highest of the properties",
        arguments: [
            ([("availability", "non-core", "minor")], 1), ([("availability", "non-core", "serious")], 2),
            ([("integrity", "core", "minor")], 2), ([("integrity", "core", "serious")], 3),
            ([("availability", "critical", "minor")], 3),
            ([("confidentiality", "critical", "serious")], 4), ([("confidentiality", "secret", "minor")], 4),
            ([("availability", "core", "serious"), ("confidentiality", "non-core", "minor")], 3),
            ([("availability", "core", "serious"), ("comfort", "core", "minor")], nil),
            ([("availability", "garden", "minor")], nil),
            ([], nil),
        ])
    func severity(_ hits: [(String, String, String)], _ level: Int?) throws {
        let table = try Taxonomy.shipped().severity
        let hits = try hits.map { SeverityTable.Hit($0.0, $0.1, try #require(SeverityTable.Degree(rawValue: $0.2))) }
        #expect(table.level(hits) == level)
    }

    @Test("Every category lies in one of the market's two classes, and only denial of service in DDoS")
    func classes() throws {
        let taxonomy = try Taxonomy.shipped()
        #expect(taxonomy.classes.map(\.id) == ["ddos", "other"])
        #expect(taxonomy.categories.filter { $0.group == "ddos" }.map(\.id) == ["ddos"])
        #expect(taxonomy.group(of: "nothing") == nil)
        #expect(taxonomy.impacts.map(\.id) == ["trading", "non-trading", "other"])
    }

    @Test(
        "A file of fields, or of DORA's, that is not as it should be is refused",
        arguments: [
            ("fields.yaml", "list: categories", "list: kinds", "fields.category.list"),
            ("fields.yaml", "type: short", "type: line", "fields.title.type"),
            ("fields.yaml", "required: [closing]", "required: [last]", "fields.outage_minutes.required"),
            ("fields.yaml", "  channels:", "  categories:", "lists.categories"),
            ("dora.yaml", "list: criteria", "list: criterion", "fields.2.5.list"),
            ("dora.yaml", "when: conditional", "when: sometimes", "fields.1.13.when"),
            ("dora.yaml", "phase: final", "phase: last", "fields.4.1.phase"),
            ("dora.yaml", "{field: \"3.16\"}", "{field: \"3.99\"}", "fields"),
            ("dora.yaml", "past: [\"2.2\"", "past: [\"2.99\"", "fields"),
        ])
    func refusedFields(_ file: String, _ part: String, _ other: String, _ key: String) throws {
        let text = try Self.shipped(file)
        #expect(text.contains(part))
        let node = try YAMLReader.read(Array(text.replacing(part, with: other, maxReplacements: 1).utf8))
        let lists = try Taxonomy.shipped().fieldLists.merging(try FireFormat.shipped().fieldLists) { first, _ in first }
        let error = #expect(throws: DocumentError.self) {
            if file == "dora.yaml" { _ = try DoraFormat.read(node) } else { _ = try FieldBook.read(node, lists: lists) }
        }
        #expect(error?.key == key)
    }
}
