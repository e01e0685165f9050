import Documents
import Rulebook
import Testing

@testable import Incidents

@Suite("Lists of past incidents")
struct ImportTests {
    private let reader: PastIncidentReader
    private let now: Instant

    init() throws {
        reader = PastIncidentReader(taxonomy: try Taxonomy.shipped(), clocks: try ClockBook.shipped())
        now = try #require(Instant("2026-11-20T00:00:00Z"))
    }

    private static let heading = "reference,title,aware,notified,category,impact,outage_minutes\n"
    private static let row = "P-1,\"下單中斷, 兩小時\",2026-03-02T09:00:00+08:00,2026-03-02T09:30:00+08:00,ddos,trading,120\n"

    private func csv(_ text: String) -> PastIncidentReader.Outcome { reader.read(csv: Array(text.utf8), now: now) }

    @Test("A list is read, and whether the first notice was in time follows from the rule of that day")
    func read() throws {
        let outcome = csv(
            "\u{FEFF}" + Self.heading + Self.row + Self.row.replacing("P-1", with: "P-2").replacing("09:30:00", with: "09:30:01"))
        #expect(outcome.faults.isEmpty)
        #expect(outcome.incidents.map(\.isInTime) == [true, false])
        #expect(outcome.incidents.map(\.title) == ["下單中斷, 兩小時", "下單中斷, 兩小時"])
        #expect(outcome.incidents.map(\.outage) == [120, 120])
        let again = reader.read(.list(outcome.incidents.map(\.node)), now: now)
        #expect(again == outcome)
        // Before the first version of the rule nothing can be said.
        let old = csv(Self.heading + Self.row.replacing("2026-03", with: "2016-03"))
        #expect(old.incidents.map(\.isInTime) == [nil])
    }

    @Test(
        "Every fault is told with row and column, all at once",
        arguments: [
            ("P-1", "", "reference"), ("2026-03-02T09:00:00+08:00", "2026-03-02", "aware"), ("ddos", "flood", "category"),
            ("trading", "money", "impact"), ("120", "-1", "outage_minutes"), ("120", "long", "outage_minutes"),
            ("2026-03-02T09:30:00+08:00", "2026-03-02T08:59:59+08:00", "notified"),
            ("2026-03-02T09:30:00+08:00", "2027-01-01T00:00:00Z", "notified"),
            (",120", "", ""), ("120", "120,1", ""),
        ])
    func faults(_ part: String, _ other: String, _ column: String) {
        let good = Self.row.replacing("P-1", with: "P-9")
        let outcome = csv(Self.heading + good + Self.row.replacing(part, with: other))
        #expect(outcome.faults.map { "\($0.row) \($0.column)" } == ["2 \(column)"])
        #expect(outcome.incidents.map(\.reference) == ["P-9"])
    }

    @Test("All faults of a list come at once")
    func several() {
        let outcome = csv(
            Self.heading + Self.row + Self.row + Self.row.replacing("ddos", with: "x").replacing("trading", with: "y"))
        #expect(outcome.faults.map { "\($0.row) \($0.column)" } == ["2 reference", "3 category", "3 impact"])
    }

    @Test(
        "A list that is none is refused whole",
        arguments: [
            "", "reference,aware\n", "reference,aware,category,impact,colour\n", "reference,reference,aware,category,impact\n",
            "reference,aware,category,impact\n\"P", "reference,aware,category,impact\n\"P\"x,1,2,3\n",
            "reference,aware,category,impact\nP\"x,1,2,3\n",
            "reference,aware,category,impact\rP,1,2,3\n",
        ])
    func refused(_ text: String) {
        #expect(csv(text).faults.map(\.row) == [0])
        #expect(csv(text).incidents.isEmpty)
    }

    @Test("Bytes that are no UTF-8 are refused, and a list that is too long")
    func bounds() {
        #expect(reader.read(csv: Array(Self.heading.utf8) + [0xFF, 0x0A], now: now).faults.map(\.row) == [0])
        let long = [UInt8](repeating: 0x0A, count: PastIncidentReader.byteLimit + 1)
        #expect(reader.read(csv: long, now: now).faults.map(\.row) == [0])
        #expect(reader.read(.object([]), now: now).faults.map(\.row) == [0])
        #expect(reader.read([7, .object([("reference", [1])])], now: now).faults.contains { $0.row == 1 })
    }

    @Test("Whatever bytes come, nothing traps", arguments: 0..<200)
    func anything(_ seed: UInt64) {
        var random = Seeded(seed)
        var bytes = Array((Self.heading + Self.row).utf8)
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let at = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0...2, using: &random) {
            case 0: bytes[at] = .random(in: 0...255, using: &random)
            case 1: bytes.insert(Array("\",\n\r".utf8).randomElement(using: &random) ?? 0, at: at)
            default: bytes.remove(at: at)
            }
        }
        let outcome = reader.read(csv: bytes, now: now)
        #expect(outcome.incidents.count + outcome.faults.count <= 10)
    }
}
