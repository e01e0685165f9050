import Database
import Documents
import HTTPTypes
import Rulebook
import Spreadsheets
import Supervision
import Testing

@testable import Identity
@testable import Server

/// Every list that can be reached, found by following links from page to page.
private struct Crawl {
    let routes: RouteTable
    let get: (String) async throws -> Reply

    /// The route of an address; nil for an address that is none.
    private func route(_ path: Substring) -> Route? {
        let parts = path.split(separator: "/")
        return routes.routes.first { route in
            route.method == .get && route.segments.count == parts.count
                && zip(route.segments, parts).allSatisfy { $0.first == ":" || $0 == $1 }
        }
    }

    static func links(_ text: String) -> [String] {
        text.matches(of: /href="(\/[^"#]*)"/).map { String($0.1).replacing("&amp;", with: "&") }
    }

    /// Calls the body with every page that has a list: one address of each route.
    func lists(_ body: (_ path: String, _ page: String) async throws -> Void) async throws -> Int {
        var queue = routes.routes.filter { $0.method == .get && !$0.path.contains(":") }.map(\.path)
        var (seen, count) = (Set(queue), 0)
        while let path = queue.popLast() {
            let reply = try await get(path)
            guard reply.status == 200, reply.headers[.contentType]?.hasPrefix("text/html") == true else { continue }
            // Samples of shapes are exported nowhere.
            if reply.text.contains("format=csv"), path != "/style" {
                count += 1
                try await body(path, reply.text)
            }
            for link in Self.links(reply.text) {
                guard let route = route(link.prefix { $0 != "?" }), seen.insert(route.path).inserted else { continue }
                queue.append(link)
            }
        }
        return count
    }
}

@Suite("Every list as CSV, JSON and workbook")
struct ListingExportTests {
    private static let all = ["administrator", "examiner", "secretary", "analyst"]

    /// The same rows in every format, numbers as numbers.
    private static func compare(_ path: String, _ page: String, _ get: (String) async throws -> Reply) async throws {
        let links = Crawl.links(page).filter { $0.contains("format=") }
        guard let csv = links.first(where: { $0.contains("format=csv") }) else {
            Issue.record("\(path): no link to CSV")
            return
        }
        let text = try await get(csv)
        #expect(text.status == 200 && links.contains { $0.contains("format=json") }, "\(path)")
        let book = csv.replacing("format=csv", with: "format=xlsx")
        #expect(links.contains(book) == Workbook.canWrite, "\(path)")
        let reply = try await get(book)
        guard Workbook.canWrite else {
            #expect(reply.status == 501 && reply.text.contains("libxlsxwriter"), "\(path)")
            return
        }
        #expect(reply.status == 200 && reply.headers[.contentDisposition]?.contains(".xlsx") == true, "\(path) \(reply.status)")
        let content = try XLSXReader.read(reply.body)
        #expect(content.metadata()["schema"]?.hasPrefix("plumbline.") == true, "\(path)")
        let grid = try #require(content.visible.first).grid
        let plain = try CSVReader.read(text.body, options: .init(separator: ",", removesGuards: true)).grid
        #expect(grid.rowCount == plain.rowCount + 1, "\(path): \(grid.rowCount) and \(plain.rowCount)")
        for row in 0..<plain.rowCount {
            for column in 0..<plain.columnCount {
                let wanted = plain[CellAddress(row: row, column: column)]?.plainText ?? ""
                let found = grid[CellAddress(row: row + 1, column: column)] ?? .text("")
                let isSame =
                    found.plainText == wanted || found.decimal().value != nil && found.decimal().value == ExactDecimal(wanted)
                    || found.date().value.map { "\($0)" } == wanted
                #expect(isSame, "\(path) row \(row) column \(column): \(found.plainText) and \(wanted)")
            }
        }
    }

    @Test("at a supervisor")
    func supervisor() async throws {
        let world = try await SupervisorWorld()
        try await world.settle()
        try await DemoMarket.shipped(world.supervision.rulebook).load(into: world.supervision) { _ in }
        world.impersonate(world.person(Self.all))
        let count = try await Crawl(routes: world.routes, get: world.get).lists { path, page in
            try await Self.compare(path, page, world.get)
        }
        #expect(count > 10, "\(count)")
        await world.close()
    }

    @Test("at a firm")
    func firm() async throws {
        let world = try await ServerWorld()
        try await world.settle()
        world.impersonate(world.person(["administrator", "ciso", "officer"]))
        let get = { (path: String) in try await world.send(.get, path, cookies: [Cookie.session: "any"]) }
        let count = try await Crawl(routes: world.routes, get: get).lists { path, page in try await Self.compare(path, page, get)
        }
        #expect(count > 5, "\(count)")
        await world.services.database.close()
    }

    @Test("numbers are numbers, days are days, and what begins like a formula is a text")
    func cells() throws {
        #expect(ListingCell.cell(.integer(-3), isNumber: false) == .decimal(try #require(ExactDecimal("-3"))))
        #expect(ListingCell.cell("72.73", isNumber: true) == .decimal(try #require(ExactDecimal("72.73"))))
        #expect(ListingCell.cell("72.73", isNumber: false) == .text("72.73"))
        #expect(ListingCell.cell("12345678", isNumber: false) == .text("12345678"))
        let day = try #require(CalendarDate(year: 2017, month: 12, day: 31))
        #expect(ListingCell.cell("2017-12-31", isNumber: false) == .date(day))
        #expect(ListingCell.cell("2017-13-31", isNumber: false) == .text("2017-13-31"))
        #expect(ListingCell.cell("=1+1", isNumber: true) == .text("=1+1"))
        #expect(ListingCell.cell(Node(.null), isNumber: true) == .blank && ListingCell.cell("", isNumber: false) == .blank)
        #expect(ListingCell.cell(["a", "b"], isNumber: false) == .text("a b"))
    }

    @Test(
        "whatever begins like a formula reaches the workbook as a text",
        .enabled(if: Workbook.canWrite, "libxlsxwriter is not here"))
    func formulas() async throws {
        let world = try await SupervisorWorld()
        try await world.settle()
        try await world.register("firm-aaa", short: "=HYPERLINK(\"x\")")
        world.impersonate(world.person(Self.all))
        let bytes = try await world.get("/firms?format=xlsx").body
        let grid = try #require(try XLSXReader.read(bytes).visible.first).grid
        #expect(grid[CellAddress(row: 2, column: 0)]?.plainText == "=HYPERLINK(\"x\")")
        // As a text of the shared ones, not as a formula: the sheet's own part has none.
        #expect(!bytes.isEmpty && grid[CellAddress(row: 1, column: 0)]?.plainText == "short")
        await world.close()
    }
}

@Suite("Sorting a list")
struct ListingOrderTests {
    @Test("equals stay as they were, whichever way and however many", arguments: [0, 1, 2, 3, 7, 8, 9, 100, 1_001])
    func stable(count: Int) {
        var state: UInt64 = 42
        let rows = (0..<count).map { place -> (key: Int, place: Int) in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (Int(state >> 60), place)
        }
        let up = Listing<(key: Int, place: Int)>.sorted(rows) { $0.key < $1.key }
        let down = Listing<(key: Int, place: Int)>.sorted(rows) { $1.key < $0.key }
        #expect(zip(up, up.dropFirst()).allSatisfy { ($0.key, $0.place) < ($1.key, $1.place) } && up.count == count)
        #expect(zip(down, down.dropFirst()).allSatisfy { (-$0.key, $0.place) < (-$1.key, $1.place) } && down.count == count)
    }
}
