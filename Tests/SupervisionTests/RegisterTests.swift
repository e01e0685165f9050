import Database
import Documents
import Glibc
import Rulebook
import Spreadsheets
import TestProcesses
import Testing

@testable import Supervision

/// A day that is one.
func date(_ text: String) throws -> CivilDate { try #require(CivilDate(text)) }

@Suite("The register as a table")
struct RegisterTableTests {
    /// The layout of the list by tier in the report of 2018: three columns of tier 4 and two of tier 3 share one heading, blank beside it
    /// (D-16). The names are invented.
    static func list(_ market: DemoMarket, _ held: [String: String]) -> Grid {
        var columns: [(heading: String, names: [String])] = []
        for (tier, title, parts) in [
            ("1", "第一級 (9家)", [9]), ("2", "第二級 (11家)", [11]), ("3", "第三級(24家)", [14, 10]), ("4", "第四級(30家)", [14, 14, 2]),
        ] {
            var names = market.firms.filter { held[$0.id] == tier }.compactMap { $0.names.first?.short }
            for (place, count) in parts.enumerated() {
                columns.append((place == 0 ? title : "", Array(names.prefix(count))))
                names = Array(names.dropFirst(count))
            }
        }
        var rows = [columns.map(\.heading)]
        for index in 0..<14 { rows.append(columns.map { index < $0.names.count ? $0.names[index] : "" }) }
        return Grid(rows)
    }

    @Test("D-16: a list by tier whose headings go on over blank columns gives all 74, and the tiers it says")
    func byTier() async throws {
        let world = try await SupervisionWorld.demo()
        let market = try DemoMarket.shipped(world.rulebook)
        let held = try await world.supervision.tiers.holding(on: try date("2017-06-30")).compactMapValues {
            $0["securities-tier"]?.value
        }
        let day = try date("2018-06-30")
        let table = RegisterTable(
            Self.list(market, held), known: [], rulebook: world.rulebook, columns: world.supervision.registerColumns,
            tiers: world.supervision.market.tierChoices, day: day)
        #expect(table.flaws.isEmpty && table.remarks.isEmpty, "\(table.flaws) \(table.remarks)")
        #expect(table.firms.count == 74 && Set(table.firms.map(\.id)).count == 74)
        let counts = Dictionary(grouping: table.statedTiers.values, by: { $0 }).mapValues(\.count)
        #expect(counts == ["1": 9, "2": 11, "3": 24, "4": 30])
        // Taken into an empty register, the tiers hold as the list says, and a later decision from facts takes their place.
        let other = try await SupervisionWorld()
        try await other.supervision.register.save(table.firms, after: [:], reason: "import", .system("test"))
        try await other.supervision.tiers.adopt(
            table.statedTiers, decision: "securities-tier", from: day, note: "list", .system("test"))
        let taken = try await other.supervision.tiers.holding(on: day)
        #expect(taken.count == 74 && taken.values.allSatisfy { $0["securities-tier"]?.reason == "stated" })
        await world.database.close()
        await other.database.close()
    }

    @Test(
        "what is written out is read again as the same firms, in either language, and changes nothing",
        arguments: Language.allCases)
    func roundTrip(language: Language) async throws {
        let world = try await SupervisionWorld.demo()
        let firms = try await world.supervision.register.all()
        let day = try date("2018-01-01")
        let sheet = RegisterTable.sheet(
            firms, rulebook: world.rulebook, columns: world.supervision.registerColumns, in: language, asOf: day, title: "名冊")
        let bytes = try Workbook(properties: .init(title: "名冊", created: 1_800_000_000), sheets: [sheet]).xlsx()
        let grid = try #require(try TableFile.read(bytes).visible.first).grid
        let table = RegisterTable(
            grid, known: firms, rulebook: world.rulebook, columns: world.supervision.registerColumns,
            tiers: world.supervision.market.tierChoices, day: day)
        #expect(table.flaws.isEmpty, "\(table.flaws)")
        #expect(table.firms.count == firms.count)
        for firm in table.firms { #expect(firm == firms.first { $0.id == firm.id }, "\(firm.id)") }
        await world.database.close()
    }

    @Test("rows that cannot be understood are told with their cells, and the whole table is refused")
    func flaws() async throws {
        let world = try await SupervisionWorld()
        let grid = Grid([
            ["代號", "公司名稱", "簡稱", "資本額或指撥營運資金（新臺幣元）", "金控子公司"], ["f001", "甲木證券股份有限公司", "甲木", "很多", "是"],
            ["f002", "乙石證券股份有限公司", "乙石", "5000000000", "或許"], ["f003", "丙水證券股份有限公司", "", "1", "否"],
        ])
        let table = RegisterTable(
            grid, known: [], rulebook: world.rulebook, columns: world.supervision.registerColumns,
            tiers: world.supervision.market.tierChoices,
            day: try date("2018-01-01"))
        #expect(table.flaws.map(\.place) == ["D2", "E3", "A4"], "\(table.flaws)")
        await world.database.close()
    }

    @Test("a number that is stated and is not found is told")
    func statedCount() async throws {
        let world = try await SupervisionWorld()
        let grid = Grid([["第一級 (3家)", "第二級 (2家)"], ["甲木", "丙水"], ["乙石", "丁火"]])
        let table = RegisterTable(
            grid, known: [], rulebook: world.rulebook, columns: world.supervision.registerColumns,
            tiers: world.supervision.market.tierChoices,
            day: try date("2018-01-01"))
        #expect(table.remarks.count == 1 && table.remarks.first?.contains("3 stated, 2 found") == true, "\(table.remarks)")
        #expect(table.firms.count == 4)
        await world.database.close()
    }
}

private let office = "/usr/bin/soffice"

@Suite(
    "The register in another program",
    .enabled(if: access(office, X_OK) == 0, "libreoffice-calc is not installed"), .serialized, .timeLimit(.minutes(10)))
struct RegisterOfficeTests {
    @Test(
        "LibreOffice opens the register's own workbook and saves it, and nothing of it changes",
        arguments: ["xlsx", "csv", "ods.xlsx"], Language.allCases)
    func saved(format: String, language: Language) async throws {
        let world = try await SupervisionWorld.demo()
        var firms = try await world.supervision.register.all()
        // What a spreadsheet would like to change: leading zeros, a formula, days, long numbers.
        firms[0].number = "00123450"
        firms[1].names = firms[1].names.map { .init(from: $0.from, legal: $0.legal, short: "=1+1") }
        firms[2].names = firms[2].names.map { .init(from: $0.from, legal: "2018-01-02", short: "3/4") }
        let day = try date("2018-01-01")
        let columns = world.supervision.registerColumns
        let sheet = RegisterTable.sheet(
            firms, rulebook: world.rulebook, columns: columns, in: language, asOf: day, title: "名冊")
        let scratch = try Scratch()
        var path = scratch.path + "/register.xlsx"
        try DocumentFile.write(
            try Workbook(properties: .init(title: "名冊", created: 1_800_000_000), sheets: [sheet]).xlsx(), to: path)
        for (place, step) in format.split(separator: ".").enumerated() {
            let filter = step == "csv" ? "csv:Text - txt - csv (StarCalc):44,34,76" : String(step)
            let out = "\(scratch.path)/\(place)"
            let run = try await Running(
                office,
                [
                    "-env:UserInstallation=file://\(scratch.path)/profile", "--headless", "--convert-to", filter, "--outdir", out,
                    path,
                ]
            ).finish()
            #expect(run.status == 0, "\(run.output)")
            path = "\(out)/register.\(step)"
        }
        let grid = try #require(try TableFile.read(try DocumentFile.read(path, limit: 16 << 20)).visible.first).grid
        let table = RegisterTable(
            grid, known: firms, rulebook: world.rulebook, columns: columns, tiers: world.supervision.market.tierChoices, day: day)
        #expect(table.flaws.isEmpty, "\(table.flaws)")
        #expect(table.firms.count == firms.count)
        for firm in table.firms { #expect(firm == firms.first { $0.id == firm.id }, "\(firm.id)") }
        await world.database.close()
    }
}

@Suite("The register and its tiers")
struct RegisterTests {
    static func firm(_ id: String, capital: Int, from: String = "2015-01-01") throws -> Firm {
        let day = try date(from)
        return Firm(
            id: id, names: [.init(from: day, legal: "\(id) 證券", short: id)],
            facts: [
                .init(
                    from: day,
                    values: [
                        "entity_kinds": .texts(["securities"]), "capital": .integer(capital), "fhc_subsidiary": false,
                        "custody_businesses": .texts(["own-margin-trading"]),
                    ])
            ])
    }

    @Test("every version of a firm stays; whoever changed it meanwhile is not overwritten")
    func versions() async throws {
        let world = try await SupervisionWorld()
        let register = world.supervision.register
        var firm = try Self.firm("f001", capital: 5_000_000_000)
        try await register.save([firm], after: [:], reason: "new", .system("test"))
        firm.group = "某金融控股"
        try await register.save([firm], after: ["f001": 1], reason: "group", .system("test"))
        #expect(try await register.history("f001").map(\.version) == [2, 1])
        let changed = firm
        await #expect(throws: SupervisionError.self) {
            try await register.save([changed], after: ["f001": 1], reason: "late", .system("test"))
        }
        await #expect(throws: SupervisionError.self) {
            try await register.save([changed], after: [:], reason: "again", .system("test"))
        }
        await world.database.close()
    }

    @Test("one firm that cannot be taken leaves all others of an import out")
    func wholeOrNothing() async throws {
        let world = try await SupervisionWorld()
        var wrong = try Self.firm("f002", capital: 1)
        wrong.names = []
        let firms = [try Self.firm("f001", capital: 1), wrong]
        await #expect(throws: SupervisionError.self) {
            try await world.supervision.register.save(firms, after: [:], reason: "import", .system("test"))
        }
        #expect(try await world.supervision.register.all().isEmpty)
        await world.database.close()
    }

    @Test("S22: capital is cut from 5 bn to 3.5 bn: tier 2 becomes 3 from that day on, and both stay in the history")
    func effectiveDating() async throws {
        let world = try await SupervisionWorld()
        var firm = try Self.firm("f001", capital: 5_000_000_000)
        let cut = try date("2017-07-01")
        firm.facts.append(.init(from: cut, values: ["capital": .integer(3_500_000_000)]))
        try await world.supervision.register.save([firm], after: [:], reason: "new", .system("test"))
        for day in ["2017-01-01", "2017-07-01"] {
            _ = try await world.supervision.tiers.decide(asOf: try date(day), .system("test"))
        }
        func tier(_ day: String) async throws -> String? {
            try await world.supervision.tiers.holding(on: try date(day))["f001"]?["securities-tier"]?.value
        }
        #expect(try await tier("2017-06-30") == "2")
        #expect(try await tier("2017-07-01") == "3")
        #expect(try await tier("2016-12-31") == nil)
        let changes = try await world.supervision.tiers.changes(
            from: try date("2017-06-30"), to: try date("2017-12-31"))
        #expect(changes.contains { $0.decision == "securities-tier" && $0.value == "3" })
        // Deciding again writes nothing new.
        let again = try await world.supervision.tiers.decide(asOf: try date("2017-08-01"), .system("test"))
        #expect(again.isEmpty)
        await world.database.close()
    }

    @Test("D-15: a tier 4 with the capital of tier 1 waits for a second person, who is not the first")
    func secondPerson() async throws {
        let world = try await SupervisionWorld()
        var firm = try Self.firm("f001", capital: 11_000_000_000)
        firm.facts[0].values["custody_businesses"] = .list([])
        firm.ratios = [2016: try #require(ExactNumber("0.1")), 2015: try #require(ExactNumber("0.1"))]
        try await world.supervision.register.save([firm], after: [:], reason: "new", .system("test"))
        let tiers = world.supervision.tiers
        _ = try await tiers.decide(asOf: try date("2017-01-01"), .system("one"))
        let waiting = try #require(try await tiers.waiting().first)
        #expect(waiting.value == "4" && waiting.flags == ["confirm-no-ceiling"])
        let before = try await tiers.holding(on: try date("2017-06-01"))
        #expect(before["f001"]?["securities-tier"] == nil)
        await #expect(throws: SupervisionError.self) { try await tiers.confirm(waiting.id, note: "", .system("one")) }
        await #expect(throws: SupervisionError.self) { try await tiers.confirm(waiting.id, as: "1", note: "", .system("two")) }
        try await tiers.confirm(waiting.id, as: "1", note: "capital", .system("two"))
        let after = try await tiers.holding(on: try date("2017-06-01"))
        let held = try #require(after["f001"]?["securities-tier"])
        #expect(held.value == "1" && held.reason == "supervisor" && held.confirmedBy != held.decidedBy)
        // The same facts do not bring the question back.
        let again = try await tiers.decide(asOf: try date("2017-02-01"), .system("one"))
        #expect(again.isEmpty)
        await #expect(throws: SupervisionError.self) { try await tiers.confirm(waiting.id, note: "", .system("three")) }
        await world.database.close()
    }

    @Test("S18: without capital the tier is undetermined, never the laxest")
    func undetermined() async throws {
        let world = try await SupervisionWorld()
        var firm = try Self.firm("f001", capital: 1)
        firm.facts[0].values["capital"] = nil
        try await world.supervision.register.save([firm], after: [:], reason: "new", .system("test"))
        _ = try await world.supervision.tiers.decide(asOf: try date("2017-01-01"), .system("one"))
        let held = try await world.supervision.tiers.holding(on: try date("2017-01-01"))["f001"]?["securities-tier"]
        #expect(held?.state == .undetermined && held?.value == nil)
        await world.database.close()
    }
}
