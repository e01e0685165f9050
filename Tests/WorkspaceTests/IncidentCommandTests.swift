import Database
import Documents
import TestProcesses
import Testing

@testable import Workspace

@Suite("The command line of incidents")
struct IncidentCommandTests {
    private let scratch: Scratch
    private var data: String { scratch.path + "/data" }

    init() throws {
        scratch = try Scratch()
        _ = try DataDirectory.openOrCreate(scratch.path + "/data")
    }

    @Test("From the start to the statistics, with the real program and the real clock")
    func whole() async throws {
        let started = try await Plumbline.run(
            "incident", "start", "--data", data, "--aware", "2026-11-19T09:38:00+08:00", "--set", "title=下單網站無法連線", "--set",
            "category=ddos")
        #expect(started.status == 0, "\(started.output)")
        #expect(started.output.contains("OVERDUE since 2026-11-19T10:08:00+08:00"))
        let early = try await Plumbline.run("incident", "file", "1", "preliminary", "--data", data)
        #expect(early.status == 1)
        #expect(early.output.contains("description, impact, severity, state"))
        let set = try await Plumbline.run(
            "incident", "set", "1", "--data", data, "description=無法連線", "impact=trading", "severity=medium", "state=處理中",
            "customers=3000")
        #expect(set.status == 0, "\(set.output)")
        let wrong = try await Plumbline.run("incident", "set", "1", "--data", data, "customers=many")
        #expect((wrong.status, wrong.output.contains("customers: a whole number")) == (1, true))
        let filed = try await Plumbline.run(
            "incident", "file", "1", "preliminary", "--data", data, "--channel", "phone", "--given", "2026-11-19T10:08:00+08:00",
            "--note", "電洽值班窗口")
        #expect(filed.status == 0, "\(filed.output)")
        #expect(filed.output.contains("in time, 2026-11-19T10:08:00+08:00"))
        let closed = try await Plumbline.run("incident", "close", "1", "--data", data)
        #expect((closed.status, closed.output.contains("the case is open")) == (1, true))
        let drill = try await Plumbline.run("incident", "start", "--data", data, "--drill")
        #expect(drill.output.contains("DRILL"))
        let list = try await Plumbline.run("incident", "list", "--data", data)
        #expect(list.output.split(separator: "\n").map { $0.prefix(1) } == ["2", "1"])
        let stats = try await Plumbline.run("incident", "stats", "--data", data, "--from", "2026-11", "--to", "2026-11", "--json")
        let node = try JSONReader.read(Array(stats.output.utf8))
        #expect(node["incidents"]?.integer == 1)
        #expect(node["in_time"]?["numerator"]?.integer == 1)
        #expect(node["by_class"]?["ddos"]?.integer == 1)
        let report = try await Plumbline.run(
            "incident", "export", "1", "--data", data, "--form", "fire", "--contact", "陳值班,duty@example.invalid,+886212345678")
        // The directory has no profile, so the firm's name is missing, and nothing else.
        #expect(report.status == 1)
        #expect(
            report.output.split(separator: "\n").filter { $0.hasSuffix("]") && $0.contains("[missing") } == [
                "entity_name: it is essential in this phase [missing]"
            ])
        #expect(report.output.contains("\"report_phase\": \"Initial\""))
        let none = try await Plumbline.run("incident", "show", "9", "--data", data)
        #expect(none.status == 66)
    }

    @Test("A list of the past is tried without storing, and stored whole or not at all")
    func past() async throws {
        let heading = "reference,aware,notified,category,impact\n"
        let row = "P-1,2026-03-02T09:00:00+08:00,2026-03-02T09:10:00+08:00,ddos,trading\n"
        let good = try scratch.write(heading + row, "good.csv")
        let bad = try scratch.write(heading + row + row.replacing("ddos", with: "flood"), "bad.csv")
        let tried = try await Plumbline.run("incident", "import", bad, "--data", data, "--dry-run")
        #expect((tried.status, tried.output.contains("row 2, category: one of")) == (65, true))
        let refused = try await Plumbline.run("incident", "import", bad, "--data", data)
        #expect((refused.status, refused.output.contains("row 2, category")) == (65, true))
        let taken = try await Plumbline.run("incident", "import", good, "--data", data)
        #expect((taken.status, taken.output) == (0, "1 read, 1 new\n"))
        let stats = try await Plumbline.run(
            "incident", "stats", "--data", data, "--from", "2026-01", "--to", "2026-12", "--basis", "final")
        #expect(stats.output.contains("in time          1 of 1 (100.0 %), 0 undetermined"))
    }
}
